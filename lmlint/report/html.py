"""The report as one page to look at: it needs no network, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined

from lmlint import __version__
from lmlint.finding import BALANCED, CANNOT_TELL, geometry_text
from lmlint.kinds import KINDS
from lmlint.report import diffview, picture, shown
from lmlint.report.diffview import FileView, Gap, Row, Wanted
from lmlint.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.finding import Finding, FunctionVerdict, InputReport, LedgerLine, Note, Place
    from lmlint.kinds import Kind
    from lmlint.report.picture import Bar, Picture

MOST_CARDS = 300
"""How many findings of one input are shown with their paths: those of the highest severity, in source order."""
MOST_LINES = 40_000
"""How many lines of code a page shows, beside those near findings; a browser has to lay them all out."""
SEVERITIES = ("error", "warning", "note")
_HUES = 6
"""How many colours style.css has for accounts; more of them share."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a path: its number, from 1, and the row of the page that it is taken on, "" where none is shown."""

    number: int
    note: Note
    row: str
    within: int = 0
    """The number of the loop or the call that has what it adds already; 0 where none does."""


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the ledger, and the steps of the path that move it, each with the amount."""

    line: LedgerLine
    done: tuple[tuple[Step, str], ...]
    recorded: tuple[tuple[Step, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A finding as the page shows it: `anchor` and `row` are ids of the page."""

    finding: Finding
    anchor: str
    row: str
    steps: tuple[Step, ...]
    ledger: tuple[Account, ...]
    geometry: str
    bars: tuple[Bar, ...]
    shots: tuple[tuple[str, Picture], ...] = ()
    counters: tuple[Bar, ...] = ()
    """For a finding that was replayed: mapped against counted in the end."""
    drawn: frozenset[str] = frozenset()
    """The accounts that the page tables show."""


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says of one input."""

    at: int
    report: InputReport
    status: str
    verdict: str
    counts: tuple[tuple[str, int], ...]
    cards: tuple[Card, ...]
    left_out: int
    files: tuple[FileView, ...]
    hues: dict[str, int]
    old: tuple[Finding, ...]
    besides: tuple[tuple[str, int], ...]
    """How many of the `old` findings have which state."""
    untold: tuple[FunctionVerdict, ...]
    balanced: tuple[FunctionVerdict, ...]
    rows: _Rows

    @property
    def title(self) -> str:
        """The subject of the patch, or the name of the file."""
        return self.report.subject or self.report.name


@dataclass(slots=True)
class _Rows:
    """Which row of the page is which line of which file, which tokens of it matter, and what is said below it."""

    section: int
    paths: dict[str, int] = field(default_factory=dict)
    shown: set[tuple[str, int]] = field(default_factory=set)
    columns: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    remarks: dict[tuple[str, int], list[Card]] = field(default_factory=dict)

    def of(self, place: Place) -> str:
        """Return the id of the row of a place, "" where the page does not show it."""
        return self.id(place.file, place.line) if (place.file, place.line) in self.shown else ""

    def id(self, path: str, line: int) -> str:
        """Return the id of the row of a line."""
        return f"r{self.section}-{self.paths.setdefault(path, len(self.paths) + 1)}-{line}"


def render(reports: Sequence[InputReport], errors: Sequence[str] = ()) -> str:
    """Return the page, in ASCII; `errors` are a line each on what could not be checked."""
    seen: Counter[str] = Counter()
    sections: list[Section] = []
    left = MOST_LINES
    for at, report in enumerate(reports, 1):
        sections.append(_section(at, report, seen, min(left, diffview.MOST)))
        left = max(left - sum(len(block.rows) for file in sections[-1].files for block in file.blocks), 0)
    style, script = _own("style.css"), _own("script.js")
    kinds = dict.fromkeys(card.finding.kind for section in sections for card in section.cards)
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(
            sections=sections,
            errors=errors,
            kinds=_known(kinds),
            counts=_sum(section.counts for section in sections),
            version=__version__,
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    )
    # Tabs are written out as well: a mailer or an editor may change them, and the hashes of the policy with them.
    return page.replace("\t", "&#9;").encode("ascii", "xmlcharrefreplace").decode("ascii")


def _section(at: int, report: InputReport, seen: Counter[str], lines: int) -> Section:
    new = [finding for finding in report.findings if finding.state == "new"]
    ranked = sorted(range(len(new)), key=lambda number: (SEVERITIES.index(new[number].severity), number))
    told = [new[number] for number in sorted(ranked[:MOST_CARDS])]
    rows = _Rows(at)
    wanted: Wanted = {}
    for finding in told:
        for place, function in ((finding.place, finding.function), *((n.place, n.function) for n in finding.notes)):
            wanted.setdefault(place.file, {}).setdefault(place.line, function)
            rows.columns.setdefault((place.file, place.line), set()).add(place.column)
    shown_files = diffview.views(report, wanted, lines)
    rows.shown |= {
        (file.path, row.new) for file in shown_files for block in file.blocks for row in block.rows
        if isinstance(row, Row) and row.new
    }  # fmt: skip
    cards = tuple(_card(finding, rows, seen) for finding in told)
    for card in cards:
        rows.remarks.setdefault((card.finding.place.file, card.finding.place.line), []).append(card)
    status, line = verdict([report], ())
    found = Counter(finding.severity for finding in new)
    old = tuple(finding for finding in report.findings if finding.state != "new")
    return Section(
        at=at,
        report=report,
        status=status,
        verdict=line,
        counts=tuple((severity, found[severity]) for severity in SEVERITIES),
        cards=cards,
        left_out=len(new) - len(told),
        files=shown_files,
        hues=_hues(told),
        old=old,
        besides=tuple(sorted(Counter(finding.state for finding in old).items())),
        untold=tuple(said for said in report.functions if said.verdict == CANNOT_TELL),
        balanced=tuple(said for said in report.functions if said.verdict == BALANCED),
        rows=rows,
    )


def _card(finding: Finding, rows: _Rows, seen: Counter[str]) -> Card:
    seen[finding.id] += 1
    again = f"-{seen[finding.id]}" if seen[finding.id] > 1 else ""
    steps = _steps(finding, rows)
    geometry, bars = picture.path_bars(finding.ledger)
    shots: tuple[tuple[str, Picture], ...] = ()
    counters: tuple[Bar, ...] = ()
    drawn: frozenset[str] = frozenset()
    replay = finding.replay
    if replay is not None and replay.after is not None:
        counters = picture.bars(replay.after.accounts)
        if replay.before is not None:
            was, now = picture.pictures(replay.before, replay.after)
            shots = ("before", was), ("after", now)
            drawn = frozenset(cell.account for cell in (*replay.before.cells, *replay.after.cells))
    return Card(
        finding=finding,
        anchor=f"f-{finding.id}{again}",
        row=rows.of(finding.place),
        steps=steps,
        ledger=tuple(_account(line, steps) for line in finding.ledger),
        geometry=geometry,
        bars=bars,
        shots=shots,
        counters=counters,
        drawn=drawn,
    )


def _steps(finding: Finding, rows: _Rows) -> tuple[Step, ...]:
    steps = []
    opener = 0
    for number, note in enumerate(finding.notes, 1):
        steps.append(Step(number, note, rows.of(note.place), opener if note.within else 0))
        opener = opener if note.within else number
    return tuple(steps)


def _account(line: LedgerLine, steps: Sequence[Step]) -> Account:
    return Account(
        line,
        tuple((step, move.amount) for step in steps for move in step.note.done if move.account == line.account),
        tuple((step, move.amount) for step in steps for move in step.note.recorded if move.account == line.account),
    )


def _hues(findings: Sequence[Finding]) -> dict[str, int]:
    """Return a colour for each account, the same all over an input."""
    names: dict[str, None] = {}
    for finding in findings:
        for shot in (finding.replay.before, finding.replay.after) if finding.replay else ():
            if shot is not None:
                names |= dict.fromkeys(name for name, _, _ in shot.accounts)
                names |= dict.fromkeys(cell.account for cell in shot.cells if cell.account)
    return {name: at % _HUES for at, name in enumerate(names)}


def _known(kinds: dict[str, None]) -> tuple[Kind, ...]:
    return tuple(kind for name, kind in KINDS.items() if name in kinds)


def _sum(counted: Iterable[tuple[tuple[str, int], ...]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for counts in counted:
        total.update(dict(counts))
    return tuple((severity, total[severity]) for severity in SEVERITIES)


def _policy(style: str, script: str) -> str:
    """Return what a browser may do with the page: apply its own style, run its own script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _own(name: str) -> str:
    """Return a part of the page that came with this package."""
    return files("lmlint").joinpath("report", "page", name).read_text(encoding="ascii")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_own),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "sentence": shown.sentence,
        "source_line": shown.source_line,
        "flat": shown.flat,
        "full_name": shown.full_name,
        "human": picture.human,
        "geometry": geometry_text,
    }
    made.tests |= {"gap": lambda row: isinstance(row, Gap)}
    return made
