"""The series of patches in a mailbox, a folder or a thread: in order, each in its newest version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.mail import Mail, read_mail
from lmlint.patch.posts import Post, sort_messages
from lmlint.patch.thread import Posting, families, postings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.patch.box import Message

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Series:
    """Patches that build on each other, in order; one that is damaged or missing is an error in place of a patch.

    `patches` is empty where all of them are damaged. A notice or an error is one line that names its mail or series.
    """

    name: str
    patches: tuple[Mail, ...]
    notices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def arrange(messages: Sequence[Message], name: str, limits: Limits = DEFAULT) -> tuple[Series, ...]:
    """Return the series among the messages in the order of arrival; InputError where no patch can be read.

    Covers, replies, copies and older versions are left out. A single message is a patch as it stands, of whatever
    series it was taken.
    """
    if len(messages) == 1:
        return (_single(messages[0], name, limits),)
    found = sort_messages(messages, limits)
    if not any(not post.error for post in found.patches):
        damaged = [*(post.error for post in found.patches), *found.errors]
        what = f"{name}: none of {len(messages)} mails holds a whole patch; give the patches or the thread they are in"
        raise InputError(damaged[0] if damaged else what)
    named: list[tuple[int, Series]] = []
    ignored = found.other
    for family in families(postings(found), found.known):
        newest = next((posting for posting in reversed(family) if posting.patches), None)
        if newest is None:
            ignored += sum(len(posting.covers) for posting in family)
        else:
            named.append((min(post.order for post in newest.patches), _series(family, newest, name)))
    series = [one for _, one in sorted(named, key=lambda pair: pair[0])]
    if len(series) == 1:
        series[0] = replace(series[0], name=name)
    notices = found.notices
    if ignored:
        plural = "s" * (ignored > 1)
        notices = [
            *notices,
            f"{name}: {ignored} mail{plural} without a patch of {'their' if plural else 'its'} own ignored",
        ]
    first = series[0]
    series[0] = replace(first, notices=(*first.notices, *notices), errors=(*first.errors, *found.errors))
    return tuple(series)


def _single(message: Message, name: str, limits: Limits) -> Series:
    """Return the series of one message; its own damage is raised."""
    mail = read_mail(message.data, message.name, limits)
    if mail.total and not mail.number:
        raise InputError(f"{message.name}: line 1: a cover letter, not a patch; give the whole series")
    one = mail.total > 1
    notice = f"{name}: patch {mail.number}/{mail.total} of v{mail.version} without the rest of its series"
    return Series(name, (mail,), (notice,) if one else ())


def _series(family: Sequence[Posting], newest: Posting, name: str) -> Series:
    """Return the newest posting of a family, and what is said of the others."""
    notices: list[str] = []
    chosen: dict[int, Post] = {}
    for place, post in enumerate(newest.patches):
        number = post.mail.number if post.mail.total else place
        if (other := chosen.get(number)) is None:
            chosen[number] = post
            continue
        # The later one wins, but one that can be read wins over any that cannot.
        late, early = sorted((post, other), key=lambda p: (not p.error, p.mail.sent, p.order), reverse=True)
        chosen[number] = late
        notices.append(f"{early.mail.name}: left out: {late.mail.name} has the same number and is later")
    total = newest.patches[0].mail.total
    version = f"v{newest.version[0]}"
    for posting in reversed(family):
        if posting is newest:
            continue
        older = f"v{posting.version[0]}"
        if not posting.patches:
            if posting.rank > newest.rank:
                notices.append(
                    f'{name}: of {older} of "{posting.title}" only the cover letter is here: {version} is taken'
                )
            continue
        if _replaces(chosen, posting, total):
            notices.append(f"{name}: {version} has {len(chosen)} of {total} patches; the others are those of {older}")
            chosen = {post.mail.number: post for post in posting.patches} | chosen
            continue
        kept = f"{version} is here" if older != version else "it was sent again later"
        notices.append(f'{name}: {older} of "{posting.title}" left out: {kept}')
    posts = [chosen[number] for number in sorted(chosen)]
    errors = [post.error for post in posts if post.error]
    missing = sorted(set(range(1, total + 1)) - chosen.keys()) if total > 1 else []
    if missing:
        said = ", ".join(f"{number}/{total}" for number in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        which = f"patches {said}{more} of {version} are" if missing[1:] else f"patch {said} of {version} is"
        errors.append(f"{name}: {which} missing; give the whole series")
    mails = _based([post.mail for post in newest.covers], [post.mail for post in posts if not post.error])
    return Series(posts[0].mail.name, tuple(mails), tuple(notices), tuple(errors))


def _replaces(chosen: dict[int, Post], older: Posting, total: int) -> bool:
    """Whether a version with patches missing answers patches of an older one, each the patch of its own number."""
    ids = {post.mail.number: post.mail.message_id for post in older.patches if post.mail.total == total}
    return 0 < len(chosen) < total and all(ids.get(number) in post.parents for number, post in chosen.items())


def _based(covers: Sequence[Mail], mails: Sequence[Mail]) -> list[Mail]:
    """Return the patches, each with what the cover letter or the first of them says of the series."""
    said = [*covers, *mails]
    base = next((mail.base_commit for mail in said if mail.base_commit), "")
    change = next((mail.change_id for mail in said if mail.change_id), "")
    needs = next((mail.prerequisites for mail in said if mail.prerequisites), ())
    return [
        replace(
            mail,
            base_commit=mail.base_commit or base,
            change_id=mail.change_id or change,
            prerequisites=mail.prerequisites or needs,
        )
        for mail in mails
    ]
