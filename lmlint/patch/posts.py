"""The messages of a mailbox sorted into patches, cover letters, and what is neither."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.mail import Letter, Mail, read_letter, read_mail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.patch.box import Message

# git format-patch gives each mail this date, so that it is known by it.
_FORMAT_PATCH = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\r?\n")
_PATCH_FILE = re.compile(r"(?P<folder>.*?)(?:v\d+-)?\d{4,}-[^/]*\.[a-z]+", re.DOTALL)
_NTH_MAIL = re.compile(r": mail \d+\Z")


@dataclass(frozen=True, slots=True)
class Post:
    """One mail that is a patch or a cover letter.

    `order` is its place among all messages, `error` why its diff cannot be read, and `batch` names the file or folder
    in which git format-patch has put patches in their order, or is empty.
    """

    mail: Mail
    order: int
    error: str = ""
    batch: str = ""

    @property
    def key(self) -> tuple[str, int, int, bool]:
        """What a copy or a reply has in common with the patch."""
        return self.mail.title, self.mail.number, self.mail.version, self.mail.resend

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the mails that this one answers directly."""
        return self.mail.in_reply_to or self.mail.references[-1:]


@dataclass(slots=True)
class Sorted:
    """What the messages hold: `known` has the references of every mail by its id, `other` counts what is no patch."""

    patches: list[Post] = field(default_factory=list)
    covers: list[Post] = field(default_factory=list)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    other: int = 0

    def add(self, post: Post, places: dict[tuple[object, ...], int]) -> None:
        """Keep a patch unless it is here already; a copy that can be read replaces one that cannot."""
        mail = post.mail
        same: list[tuple[object, ...]] = [(*post.key, mail.total, mail.author, mail.diff)] if not post.error else []
        same += [(mail.message_id,)] if mail.message_id else []
        at = next((places[key] for key in same if key in places), None)
        if at is None:
            at = len(self.patches)
            self.patches.append(post)
        elif self.patches[at].error and not post.error:
            self.patches[at] = replace(post, order=self.patches[at].order)
        elif not post.error and self.patches[at].mail.diff != mail.diff:
            first = self.patches[at].mail.name
            self.notices.append(f"{mail.name}: has the Message-ID of {first} and another diff; the first is taken")
        for key in same:
            places.setdefault(key, at)


def sort_messages(messages: Sequence[Message], limits: Limits = DEFAULT) -> Sorted:
    """Return the patches and cover letters among the messages, each once, in the order of arrival."""
    found = Sorted()
    places: dict[tuple[object, ...], int] = {}
    replies: list[tuple[Message, Letter, int]] = []
    covers: set[str] = set()
    for order, message in enumerate(messages):
        try:
            letter = read_letter(message.data, message.name, limits)
        except InputError as error:
            found.errors.append(str(error))
            continue
        mail = letter.mail
        if mail.message_id:
            found.known.setdefault(mail.message_id, (*mail.references, *mail.in_reply_to))
        cover = mail.total and not mail.number
        if cover and mail.reply:
            found.other += 1
        elif mail.reply:
            replies.append((message, letter, order))
        elif cover:
            if mail.message_id not in covers:
                found.covers.append(Post(mail, order))
            covers |= {mail.message_id} - {""}
        elif letter.holds == "diff" or mail.patch or mail.number:
            found.add(_post(message, mail, order, limits), places)
        else:
            found.other += 1
    _add_replies(found, replies, places, limits)
    return found


def _add_replies(
    found: Sorted,
    replies: Sequence[tuple[Message, Letter, int]],
    places: dict[tuple[object, ...], int],
    limits: Limits,
) -> None:
    """Keep the replies that quote a whole patch which is not here itself."""
    ids = {post.mail.message_id for post in found.patches}
    keys = {post.key for post in found.patches}
    for message, letter, order in replies:
        post = Post(letter.mail, order)
        answers = post.key in keys or not ids.isdisjoint(post.parents)
        if not answers and letter.holds in {"diff", "quoted"}:
            post = _post(message, letter.mail, order, limits)
            if not post.error:  # else it quotes a part, or wraps what it quotes
                found.add(post, places)
                keys.add(post.key)
                continue
        found.other += 1


def _post(message: Message, mail: Mail, order: int, limits: Limits) -> Post:
    """Return a message as a patch, damaged or not."""
    batch = _NTH_MAIL.sub("", message.name) if _FORMAT_PATCH.match(message.data) else ""
    if file := _PATCH_FILE.fullmatch(message.name):
        batch = file["folder"] or "."
    try:
        return Post(read_mail(message.data, message.name, limits), order, batch=batch)
    except InputError as error:
        return Post(mail, order, str(error), batch)
