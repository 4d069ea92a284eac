"""A series as it goes before the judge: its versions, and all of the state that the verdict and the mails depend on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.bot.dates import DAY, newest_date
from lmlint.bot.intake import answers_us
from lmlint.bot.policy import Sent, muted
from lmlint.bot.series import covers, kin, outside
from lmlint.bot.settings import HOUR
from lmlint.patch.mail import read_letter

if TYPE_CHECKING:
    from lmlint.bot.desk import Desk
    from lmlint.bot.rows import MailRow, SeriesRow
    from lmlint.bot.series import Kin
    from lmlint.bot.settings import ListSettings
    from lmlint.bot.store import Store

MOST_VERSIONS = 5
"""How many versions of a series are held against each other, the newest included."""
STALE = 14 * DAY
"""In seconds; what is older than that by the dates of the list's own mails is history, and answered no more."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One version of a series: its patches in scope by number, its cover letters, and the numbers out of scope."""

    row: SeriesRow
    patches: tuple[MailRow, ...]
    covers: tuple[MailRow, ...]
    outside: frozenset[int]


@dataclass(frozen=True, slots=True)
class Case:
    """What the judge is given; it looks at nothing else but the trees.

    `versions` are the oldest first, the series itself last. `silent` is why nobody is answered, "" where somebody may
    be. `told` are the findings that a mail of this thread tells, `before` those that one of an older version's thread
    does, `silenced` those that were objected to; `praised` are the mails that were answered without any finding.
    """

    desk: Desk = field(compare=False)
    sent: Sent = field(compare=False)
    versions: tuple[Posted, ...]
    silent: str
    told: frozenset[str]
    before: frozenset[str]
    silenced: frozenset[str]
    praised: frozenset[int]
    now: int

    @property
    def row(self) -> SeriesRow:
        """The series that is judged."""
        return self.versions[-1].row

    @property
    def newest(self) -> Posted:
        """What is judged; the versions before it are what it is compared with."""
        return self.versions[-1]


def case_of(store: Store, desk: Desk, series: int, now: int) -> Case:
    """Return a series as it stands in the state; to be called in a transaction, so that it is of one moment."""
    row = store.series(series)
    family = kin(store, row)
    rows = [replace(row, previous=0 if family.older is None else family.older.id)]
    older = family.older
    while older is not None and len(rows) < MOST_VERSIONS and older.id not in {one.id for one in rows}:
        rows.append(older)
        if not older.reviewed:  # it came later than what follows it, or is judged after it
            older = kin(store, older).older
        else:
            older = store.series(older.previous) if older.previous else None
    versions = tuple(_posted(store, one) for one in reversed(rows))
    return Case(
        desk,
        Sent(
            store.sent_since(now - HOUR, list=row.list, waiting=True),
            store.sent_since(0, thread=row.root, waiting=True) if row.root else 0,
            store.sent_since(0, series=row.id, waiting=True),
        ),
        versions,
        _silent(store, desk.list, versions[-1], family),
        frozenset(store.told(row.root)) if row.root else frozenset(),
        frozenset(finding for one in rows[1:] if one.root for finding in store.told(one.root)),
        frozenset(store.silenced()),
        _praised(store, row),
        now,
    )


def is_current(store: Store, case: Case) -> bool:
    """Whether the state is still what a case was made of; to be called in the transaction that keeps the verdict."""
    return case == case_of(store, case.desk, case.row.id, case.now)


def _posted(store: Store, row: SeriesRow) -> Posted:
    mails = store.mails(row.id)
    patches = tuple(one for one in mails if one.kind == "patch")
    return Posted(row, patches, covers(store, mails), outside(store, row))


def _silent(store: Store, list_settings: ListSettings, posted: Posted, family: Kin) -> str:
    """Return why nobody is answered, "" where somebody may be."""
    row = posted.row
    for one in posted.patches:
        if reason := muted(list_settings, one.author, one.subject):
            return reason
    if row.root and store.stopped(row.root):
        return "the bot was told to keep out of the thread"
    if family.newer is not None:
        return f"v{family.newer.version} is here"
    dates = [one.sent for one in posted.patches if one.sent]
    if dates and max(dates) < newest_date(store, row.list) - STALE:
        return f"it is more than {STALE // DAY} days older than the newest mail of the list"
    if any(answers_us(store, read_letter(one.data, one.message_id).mail, row.author) for one in posted.patches):
        return "it answers a mail of the bot, in a thread that somebody else began"
    return ""


def _praised(store: Store, row: SeriesRow) -> frozenset[int]:
    patches = {one.id: one.mail for one in store.patches(row.id)}
    answers = [one for one in store.answers(row.id) if not one.findings and one.state != "dropped"]
    return frozenset(patches[one.patch] for one in answers if one.patch in patches)
