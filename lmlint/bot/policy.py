"""Who is answered, when, and how often at most: decisions that follow from the settings and a mail alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.bot.settings import LIST, NOBODY, RECIPIENTS
from lmlint.mailing.address import Address, distinct
from lmlint.reply import MOST_RECIPIENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.bot.settings import ListSettings, Settings
    from lmlint.mailing.answered import Answered

MAX_TEXT = 1000
"""How many characters of a subject are held against a pattern."""

# Addresses that programs read: a mail to one of them could subscribe somebody, or be bounced for ever. Whoever sends a
# patch chooses who is in its Cc.
_PROGRAM = re.compile(
    r"mailer-daemon|majordomo|listserv|mlmmj|postmaster|no-?reply|do-?not-?reply|owner-.*"
    r"|.*-(?:request|bounces|confirm|join|leave|subscribe|unsubscribe|owner)"
    r"|.*-(?:bounces|confirm)\+.*"
    r"|.*\+(?:help|faq|owner|(?:subscribe|unsubscribe|confsub|confunsub|bounces|get|moderate|release|reject)(?:-.*)?)"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many mails were made already: on the list in the last hour, in the thread, and for the series."""

    hour: int = 0
    thread: int = 0
    series: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What becomes of mails that are due to a series, in order: some go out as they are, the next as one digest.

    `silent` are told in the state and on the pages only: the thread has had its fill.
    """

    single: int
    digest: int
    silent: int

    @property
    def mails(self) -> int:
        """How many mails go out."""
        return self.single + (self.digest > 0)


def recipients(
    settings: Settings, list_settings: ListSettings, answered: Answered
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return To and Cc of the answer to a mail, both empty where nobody is answered.

    Neither ever names the bot, a muted address or one that a program reads. No more than `MOST_RECIPIENTS` are kept.
    """
    if list_settings.answer == NOBODY:
        return (), ()
    to: tuple[Address, ...] = _author(settings, list_settings, answered)
    cc: tuple[Address, ...] = ()
    if list_settings.answer == LIST and list_settings.address:
        to, cc = (Address("", list_settings.address),), to
    elif list_settings.answer == RECIPIENTS:
        to = answered.reply_to.good or answered.author.good
        cc = (*answered.to.good, *answered.cc.good)
    to = _answerable(settings, list_settings, to)
    cc = distinct(_answerable(settings, list_settings, cc), to)
    if not to:
        to, cc = cc, ()
    to = to[:MOST_RECIPIENTS]
    return to, cc[: MOST_RECIPIENTS - len(to)]


def muted(list_settings: ListSettings, author: str, subject: str) -> str:
    """Return why a mail is not answered, as its author's address or its subject has it; "" where nothing is said."""
    for pattern in list_settings.mute:
        if matches(pattern, author):
            return f"the address matches `{pattern}` of `mute`"
    for pattern in list_settings.mute_subjects:
        if matches(pattern, " ".join(subject.split())):
            return f"the subject matches `{pattern}` of `mute-subjects`"
    return ""


def due(list_settings: ListSettings, now: int) -> int:
    """Return when an answer that is made now may go out, in seconds since 1970."""
    return now + list_settings.embargo


def allowance(list_settings: ListSettings, wanted: int, sent: Sent) -> Allowance:
    """Return how many of the mails that are wanted for a series go out, so that no cap is ever exceeded.

    What the thread or the series has no room for is told in one digest, which counts as a mail. A full hour silences
    nothing: it leaves one mail, which waits for its turn.
    """
    room = max(0, min(list_settings.per_series - sent.series, list_settings.per_thread - sent.thread))
    if not room:
        return Allowance(0, 0, wanted)
    room = max(1, min(room, list_settings.per_hour - sent.hour))
    if wanted <= room:
        return Allowance(wanted, 0, 0)
    return Allowance(room - 1, wanted - room + 1, 0)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, in which `*` stands for any text; case makes no difference.

    Other signs stand for themselves: subjects are full of brackets. It takes time in the length of the text times that
    of the pattern at most, whatever both are.
    """
    text = text[:MAX_TEXT].lower()
    first, *rest = pattern.lower().split("*")
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    *middle, last = rest
    at = len(first)
    for part in middle:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(text) - at >= len(last) and text.endswith(last)


def _author(settings: Settings, list_settings: ListSettings, answered: Answered) -> tuple[Address, ...]:
    """Return the one address at which the author of a mail is answered, none where it is not told.

    Reply-To counts only where it names one address that is no list: others have no business with a mail to the author,
    and some lists put themselves there.
    """
    lists = {one.address for one in settings.lists} - {""}
    wanted = [answered.reply_to.good] if len(answered.reply_to.good) == 1 else []
    for good in (*wanted, answered.author.good[:1]):
        found = _answerable(settings, list_settings, [one for one in good if one.key not in lists])
        if found:
            return found
    return ()


def _answerable(settings: Settings, list_settings: ListSettings, addresses: Sequence[Address]) -> tuple[Address, ...]:
    """Return the addresses that may be written to, each once."""
    return tuple(
        one
        for one in distinct(addresses, [settings.sender])
        if not _PROGRAM.fullmatch(one.key.rpartition("@")[0])
        and not any(matches(pattern, one.key) for pattern in list_settings.mute)
    )
