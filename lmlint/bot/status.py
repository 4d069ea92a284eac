"""How the bot is: how far each source is read, what was made of the mails, and what waits for a person."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lmlint import __version__
from lmlint.bot.database import VERSION
from lmlint.bot.dates import newest_date
from lmlint.bot.post import halted
from lmlint.bot.schema import STEPS
from lmlint.bot.settings import load_settings
from lmlint.bot.source import behind
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, Answer
from lmlint.error import InputError
from lmlint.mails import hashes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lmlint.bot.rows import OutboxRow, SeriesRow
    from lmlint.bot.settings import Settings, Source

MOST = 10
"""How many of a kind are named; the rest are counted."""
_SCANNED = 1000
"""How many of the newest replies with a command are looked at."""
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source: how much came since its mark, in mails or bytes; `error` is why that cannot be told."""

    list: str
    kind: str
    path: str
    mark: str
    behind: int
    unit: str
    error: str


@dataclass(frozen=True, slots=True)
class ListStatus:
    """One list: the newest date of its mails as they say it, in seconds since 1970, 0 where it has none."""

    name: str
    answer: str
    newest: int


@dataclass(frozen=True, slots=True)
class SeriesStatus:
    """One series, as far as it is named."""

    id: int
    list: str
    author: str
    title: str
    version: int
    state: str
    mails: int
    total: int
    first: int
    reviewed: int
    seconds: float
    patches: int
    findings: int
    error: str


@dataclass(frozen=True, slots=True)
class ParkedMail:
    """A mail that could not be sent, and waits for a person."""

    id: int
    list: str
    recipients: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class IgnoredCommand:
    """A reply with a command that was not obeyed, and why."""

    message_id: str
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, of one moment; the fields named in tuples hold the newest, `MOST` at most."""

    now: int
    settings: str
    state: str
    stopped: str
    """Why nothing is sent for now, "" where mails go out."""
    transport: str
    versions: Mapping[str, str]
    rules: Mapping[str, str]
    """The hash of each rule's text."""
    lists: tuple[ListStatus, ...]
    sources: tuple[SourceStatus, ...]
    mails: Mapping[str, int]
    series: Mapping[str, int]
    patches: Mapping[str, int]
    findings: Mapping[str, int]
    standings: Mapping[str, int]
    outbox: Mapping[str, int]
    objections: Mapping[str, int]
    open: tuple[SeriesStatus, ...]
    reviewed: tuple[SeriesStatus, ...]
    failed: tuple[SeriesStatus, ...]
    parked: tuple[ParkedMail, ...]
    unknown: tuple[str, ...]
    """The ids that objections name and no series has."""
    ignored: tuple[IgnoredCommand, ...]


def command(config: Path | None, form: str, now: int) -> Answer:
    """Return the status of the bot of a settings file as text or JSON; InputError where there is no state yet."""
    settings = load_settings(config)
    with Store(settings.state, create=False) as store:
        status = gather(store, settings, now)
    if form == "json":
        return Answer(CLEAN, json.dumps({"format": 1, **asdict(status)}, indent=2) + "\n")
    from lmlint.bot.glance import shown  # noqa: PLC0415  # of no use to JSON

    return Answer(CLEAN, shown(status))


def gather(store: Store, settings: Settings, now: int) -> Status:
    """Return the status; a source that cannot be read is told with its error."""
    marks = {source.name: store.mark(source.name) for one in settings.lists for source in one.sources}
    sources = tuple(_source(one.name, source, marks[source.name]) for one in settings.lists for source in one.sources)
    with store.moment():
        figures = store.figures()
        recent = store.all_series(_SCANNED)
        obeyed = store.objections()
        done = {one.message_id for one in obeyed}
        ids = dict.fromkeys(one.finding for one in reversed(obeyed) if one.finding)
        ignored = [one for one in store.replies(_SCANNED) if one.reason and one.message_id not in done]
        reviewed = sorted((one for one in recent if one.reviewed), key=lambda one: (-one.reviewed, -one.id))
        return Status(
            now,
            str(settings.path),
            str(settings.state),
            halted(store, settings, now),
            settings.transport.kind,
            {
                "lmlint": __version__,
                "schema": str(len(STEPS)),
                "python": platform.python_version(),
                "sqlite": VERSION,
            },
            _rules(settings),
            tuple(ListStatus(one.name, one.answer, newest_date(store, one.name)) for one in settings.lists),
            sources,
            figures.mails,
            figures.series,
            figures.patches,
            figures.findings,
            figures.standings,
            figures.outbox,
            figures.objections,
            tuple(_series(store, one) for one in store.open_series()[-MOST:][::-1]),
            tuple(_series(store, one) for one in reviewed[:MOST]),
            tuple(_series(store, one) for one in [one for one in recent if one.state == "failed"][:MOST]),
            tuple(_parked(one) for one in store.outbox("parked")[-MOST:][::-1]),
            tuple(one for one in ids if not store.findings_of(one))[:MOST],
            tuple(IgnoredCommand(one.message_id, one.author, one.reason) for one in ignored[:MOST]),
        )


def _source(name: str, source: Source, mark: str) -> SourceStatus:
    """Return how far a source is read."""
    count, unit, error = 0, "mails", ""
    try:
        count, unit = behind(source, mark)
    except InputError as reason:
        error = str(reason)
    return SourceStatus(name, source.kind, str(source.path), mark, count, unit, error)


def _rules(settings: Settings) -> dict[str, str]:
    """Return the rules of all lists with a hash of their text each."""
    hashes = hashes_of({rule for one in settings.lists for rule in one.rules}, settings.config)
    return {name: text[:_SHORT_HASH] for name, text in hashes.items()}


def _series(store: Store, row: SeriesRow) -> SeriesStatus:
    """Return what is told of a series."""
    patches = store.patches(row.id) if row.reviewed else ()
    found = {one.finding for one in store.findings(row.id) if one.standing in {"new", "present", "unsure"}}
    mails = sum(one.kind == "patch" for one in store.mails(row.id))
    return SeriesStatus(
        row.id,
        row.list,
        row.author,
        row.title,
        row.version,
        row.state,
        mails,
        row.total,
        row.first,
        row.reviewed,
        round(row.seconds, 3),
        sum(one.verdict != "out-of-scope" for one in patches),
        len(found),
        row.error,
    )


def _parked(row: OutboxRow) -> ParkedMail:
    return ParkedMail(row.id, row.list, row.recipients, row.reason)
