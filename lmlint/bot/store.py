"""The bot's state: one SQLite file, in which every step is kept whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

from lmlint.bot.database import Database
from lmlint.bot.rows import FindingRow, MailRow, Objection, OutboxRow, PatchRow, SeriesRow
from lmlint.bot.schema import prepare
from lmlint.bot.tables import add, change, columns_of, one, read
from lmlint.bot.tally import figures
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lmlint.bot.rows import Figures
    from lmlint.bot.tables import Cell


class Store:
    """The state in a file, to be used in a `with` statement.

    Every method may raise InputError where the file, the disk or its locks fail, and where there is no row with an id.
    What a method does outside a transaction is kept at once; inside one it is kept with all else, or not at all. A step
    that is kept outlives a kill and a loss of power.
    """

    def __init__(self, path: Path, *, create: bool = True, wait: float = 30.0) -> None:
        """Open the state, or make it, and bring it to the newest version.

        Of two processes that write, one waits for the other, for `wait` seconds at most. InputError where the file is
        not there and not to be made, is no state, or is one of a newer lmlint.
        """
        self._database = Database(path, create=create, wait=wait)
        try:
            prepare(self._database)
        except InputError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; a transaction that has not ended is undone."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all that is done inside, or nothing where anything is raised; one inside another is undone by itself."""
        return self._database.transaction()

    def mark(self, source: str) -> str:
        """Return how far a source has been read, in the source's own words, "" at first."""
        found = self._database.rows("SELECT mark FROM mark WHERE source = ?", (source,))
        return str(found[0][0]) if found else ""

    def set_mark(self, source: str, mark: str) -> None:
        """Note how far a source has been read, in one transaction with the mails before that mark."""
        query = "INSERT INTO mark VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET mark = excluded.mark"
        self._database.change(query, (source, mark))

    def seen(self, message_id: str, body: str) -> MailRow | None:
        """Return the mail with this message id, or, where there is none, the first with this body."""
        return self.mail_of(message_id) or self._mail("body_key", body)

    def mail_of(self, message_id: str) -> MailRow | None:
        """Return the first mail with this message id, a duplicate only where there is no other."""
        return self._mail("id_key", message_id)

    def mail(self, which: int, /) -> MailRow:
        """Return a mail by its id."""
        return one(self._database, MailRow, which)

    def mails(self, series: int) -> tuple[MailRow, ...]:
        """Return the mails of a series, by number."""
        return read(self._database, MailRow, "WHERE series = ? ORDER BY number, id", (series,))

    def kept_mails(self, *kinds: str) -> tuple[int, ...]:
        """Return the ids of the mails of these kinds that are kept whole, the oldest first."""
        among = ", ".join("?" * len(kinds))
        query = f"SELECT id FROM mail WHERE kind IN ({among}) AND length(data) > 0 ORDER BY id"  # noqa: S608  # marks
        return tuple(which for (which,) in self._database.rows(query, kinds))

    def add_mail(self, row: MailRow) -> int:
        """Return the id of a mail, which is kept whole only where it is of use later, see MailRow."""
        keys = {"id_key": _key(row.message_id), "body_key": _key(row.body)}
        if not (row.data or row.series or row.kind == "bad"):
            row = replace(row, message_id="", body="", author="", subject="", sent=0, number=0, total=0)
        return add(self._database, row, **keys)

    def set_mail(self, which: int, /, *, kind: str, reason: str) -> None:
        """Change what a mail is held to be."""
        change(self._database, MailRow, which, {"kind": kind, "reason": reason})

    def add_series(self, row: SeriesRow) -> int:
        """Return the id of a series that is new."""
        return add(self._database, row)

    def series(self, which: int, /) -> SeriesRow:
        """Return a series by its id."""
        return one(self._database, SeriesRow, which)

    def find_series(
        self,
        *,
        list: str,  # noqa: A002  # the name of the column
        author: str,
        title: str,
        change_id: str,
        version: int,
    ) -> tuple[SeriesRow, ...]:
        """Return the series with this change-id, and those with this author and title; the oldest version first.

        A `list` of "" is any list, a `version` of 0 is any version; a `change_id` of "" is nobody's.
        """
        query = """WHERE id IN (
            SELECT id FROM series WHERE title = ? AND author = ?
            UNION SELECT id FROM series WHERE change_id = ? AND change_id != ''
        ) AND ? IN ('', list) AND ? IN (0, version) ORDER BY version, id"""
        return read(self._database, SeriesRow, query, (title, author, change_id, list, version))

    def set_series(self, row: SeriesRow) -> None:
        """Put a row in the place of the one with its id."""
        change(self._database, SeriesRow, row.id, columns_of(row))

    def open_series(self) -> tuple[SeriesRow, ...]:
        """Return the series that wait for their review, the oldest first."""
        return read(self._database, SeriesRow, "WHERE state = 'open' ORDER BY id")

    def all_series(self, limit: int, before: int = 0) -> tuple[SeriesRow, ...]:
        """Return at most `limit` series, the newest first, all with ids below `before` unless that is 0."""
        below = "WHERE id < ?" if before else "WHERE id > ?"
        return read(self._database, SeriesRow, f"{below} ORDER BY id DESC LIMIT ?", (before, limit))

    def series_of_thread(self, references: Sequence[str]) -> SeriesRow | None:
        """Return the series that holds one of these message ids, or was answered with it; the last one counts first."""
        for reference in reversed(references):
            mail = self.mail_of(reference)
            answer = None if mail is not None and mail.series else self.outbox_of(reference)
            series = answer.series if answer is not None else mail.series if mail is not None else 0
            if series:
                return self.series(series)
        return None

    def series_of_root(self, root: str) -> tuple[SeriesRow, ...]:
        """Return the series of the thread that this message id begins, the oldest first."""
        return read(self._database, SeriesRow, "WHERE root = ? ORDER BY id", (root,))

    def note_outside(self, posting: str, number: int) -> None:
        """Keep that a patch of a posting, which is any text that no other has, touches no file of a rule."""
        self._database.change("INSERT OR IGNORE INTO outside VALUES (?, ?)", (_key(posting), number))

    def outside(self, posting: str) -> frozenset[int]:
        """Return the numbers of the patches of a posting that touch no file of a rule."""
        found = self._database.rows("SELECT number FROM outside WHERE posting = ?", (_key(posting),))
        return frozenset(number for (number,) in found)

    def replace_review(
        self, series: int, patches: Sequence[PatchRow], findings: Sequence[FindingRow]
    ) -> tuple[int, ...]:
        """Return the ids of patches, which take the place of the series' patches and findings of before.

        A patch of the same mail and number keeps its id. A finding's `patch` is the place of its patch in `patches`,
        from 0, or -1 where none of them holds it.
        """
        with self.transaction():
            self._database.change("DELETE FROM finding WHERE series = ?", (series,))
            known = {(patch.mail, patch.number): patch.id for patch in self.patches(series)}
            ids = [self._patch(replace(patch, series=series), known) for patch in patches]
            for gone in known.values():
                self._database.change("DELETE FROM patch WHERE id = ?", (gone,))
            for finding in findings:
                patch = ids[finding.patch] if finding.patch >= 0 else 0
                add(self._database, replace(finding, series=series, patch=patch))
        return tuple(ids)

    def patch(self, which: int, /) -> PatchRow:
        """Return the review of a patch by its id."""
        return one(self._database, PatchRow, which)

    def patches(self, series: int) -> tuple[PatchRow, ...]:
        """Return the reviews of a series' patches, by number."""
        return read(self._database, PatchRow, "WHERE series = ? ORDER BY number, id", (series,))

    def findings(self, series: int) -> tuple[FindingRow, ...]:
        """Return the findings of a series, in the order in which they were given."""
        return read(self._database, FindingRow, "WHERE series = ? ORDER BY id", (series,))

    def findings_of(self, finding: str) -> tuple[FindingRow, ...]:
        """Return what every series says of a finding, the oldest first."""
        return read(self._database, FindingRow, "WHERE finding = ? ORDER BY series, id", (finding,))

    def told(self, thread: str) -> Mapping[str, OutboxRow]:
        """Return by finding the first mail of a thread that tells it; only a dropped mail tells nothing."""
        found: dict[str, OutboxRow] = {}
        for row in read(self._database, OutboxRow, "WHERE thread = ? AND state != 'dropped' ORDER BY id", (thread,)):
            for finding in row.findings:
                found.setdefault(finding, row)
        return found

    def queue(self, row: OutboxRow) -> int:
        """Return the id of a mail in the outbox: a mail with a message id that is there is not added again."""
        with self.transaction():
            known = self.outbox_of(row.message_id)
            return add(self._database, row) if known is None else known.id

    def outbox(self, *states: str) -> tuple[OutboxRow, ...]:
        """Return the mails of the outbox in these states, or all of them; the oldest first."""
        within = f"WHERE state IN ({', '.join('?' * len(states))}) " if states else ""
        return read(self._database, OutboxRow, f"{within}ORDER BY id", states)

    def answers(self, series: int) -> tuple[OutboxRow, ...]:
        """Return the mails of the outbox that answer a series, the oldest first."""
        return read(self._database, OutboxRow, "WHERE series = ? ORDER BY id", (series,))

    def outbox_mail(self, which: int, /) -> OutboxRow:
        """Return a mail of the outbox by its id."""
        return one(self._database, OutboxRow, which)

    def outbox_of(self, message_id: str) -> OutboxRow | None:
        """Return the mail of the outbox with this message id, None where it is not one of the bot's own."""
        found = read(self._database, OutboxRow, "WHERE message_id = ?", (message_id,))
        return found[0] if found else None

    def due(self, now: int) -> tuple[OutboxRow, ...]:
        """Return the mails that are to be sent now, the oldest first."""
        return read(self._database, OutboxRow, "WHERE state = 'waiting' AND due <= ? ORDER BY id", (now,))

    def set_outbox(  # noqa: PLR0913  # one for each column that may change
        self,
        which: int,
        /,
        *,
        state: str | None = None,
        reason: str | None = None,
        attempts: int | None = None,
        due: int | None = None,
        sent: int | None = None,
        recipients: tuple[str, ...] | None = None,
    ) -> None:
        """Change what became of a mail of the outbox; what is None stays as it is."""
        given: dict[str, Cell] = {"state": state, "reason": reason, "attempts": attempts, "due": due, "sent": sent}
        columns = {name: cell for name, cell in {**given, "recipients": recipients}.items() if cell is not None}
        if columns:
            change(self._database, OutboxRow, which, columns)

    def sent_since(
        self,
        when: int,
        *,
        list: str = "",  # noqa: A002  # the name of the column
        thread: str = "",
        series: int = 0,
        waiting: bool = False,
    ) -> int:
        """Return how many mails were sent at `when` or later, of a list, a thread and a series unless these are empty.

        Mails of a dry run count as sent. With `waiting` those that were queued at `when` or later, and are to be sent,
        count as well.
        """
        where, values = "state IN ('sent', 'dry') AND sent >= ?", [when]
        if waiting:
            where, values = f"({where} OR state IN ('held', 'waiting') AND created >= ?)", [when, when]
        given = {name: value for name, value in (("list", list), ("thread", thread), ("series", series)) if value}
        where += "".join(f" AND {name} = ?" for name in given)
        query = f"SELECT count(*) FROM outbox WHERE {where}"  # noqa: S608  # names of our own; values are bound
        return int(self._database.rows(query, (*values, *given.values()))[0][0])

    def object(self, row: Objection) -> int:
        """Return the id of an objection; the same command of the same mail is kept once."""
        same = "WHERE message_id = ? AND verb = ? AND finding = ?"
        with self.transaction():
            known = read(self._database, Objection, same, (row.message_id, row.verb, row.finding))
            return known[0].id if known else add(self._database, row)

    def objections(self) -> tuple[Objection, ...]:
        """Return every command that was obeyed, the oldest first."""
        return read(self._database, Objection, "ORDER BY id")

    def silenced(self) -> Mapping[str, Objection]:
        """Return the findings that are never told again, each with the first objection to it."""
        found: dict[str, Objection] = {}
        for row in read(self._database, Objection, "WHERE verb IN ('wrong', 'wontfix') ORDER BY id"):
            found.setdefault(row.finding, row)
        return found

    def stopped(self, thread: str) -> bool:
        """Whether the bot was told to keep out of a thread."""
        return bool(self._database.rows("SELECT 1 FROM objection WHERE thread = ? AND verb = 'stop'", (thread,)))

    def replies(self, limit: int) -> tuple[MailRow, ...]:
        """Return at most `limit` replies with a command, the newest first; their `reason` says what was done."""
        query = "WHERE kind = 'reply' AND length(data) > 0 ORDER BY id DESC LIMIT ?"
        return read(self._database, MailRow, query, (limit,))

    def moment(self) -> AbstractContextManager[None]:
        """Show the state of one moment to all that is read inside, and wait for nobody."""
        return self._database.transaction(reading=True)

    def figures(self) -> Figures:
        """Return the counts for status, pages and metrics."""
        return figures(self._database)

    def _patch(self, row: PatchRow, known: dict[tuple[int, int], int]) -> int:
        """Return the id of a patch: that of the one which it replaces, taken out of `known`, or a new one."""
        old = known.pop((row.mail, row.number), 0)
        if not old:
            return add(self._database, row)
        change(self._database, PatchRow, old, columns_of(row))
        return old

    def _mail(self, column: str, text: str) -> MailRow | None:
        """Return the first mail with a key, duplicates last; None for no text."""
        key = _key(text)
        query = f"WHERE {column} = ? ORDER BY kind = 'duplicate', id LIMIT 1"
        found = () if key is None else read(self._database, MailRow, query, (key,))
        return found[0] if found else None


def _key(text: str) -> bytes | None:
    """Return what finds a text again, in 16 bytes; None for no text."""
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest() if text else None
