"""Printed text as lines: which counter stands under which label and before which unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lmlint.engine.concrete import Gap, Piece, Shown, Text
from lmlint.finding import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lmlint.engine.concrete import Key, Segment
    from lmlint.rule import Report
    from lmlint.source import Node

SIZES = "BkMGT"
LEAF = "its leaf"


@dataclass(frozen=True, slots=True)
class Entry:
    """A counter that was printed: its label, the unit after it, and what the report function calls to print it.

    `gap` says that something unknown stands in the label, `unset` that it is a string nobody has set. `labelled` is
    where the size in the label was written, if that is not in the call and not in another account's label.
    """

    account: str
    factor: Fraction
    label: Text
    gap: bool
    unset: bool
    unit: str
    call: Node
    labelled: Node | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry, where that was written, what appears, and the size that it says."""

    what: str
    node: Node
    shown: str
    entry: Entry
    size: int = 0


def size_text(size: int) -> str:
    """Return a size as labels have it: 4k, 16G."""
    power = 0
    while size and size % 1024 == 0 and power < len(SIZES) - 1:
        size, power = size // 1024, power + 1
    return f"{size}{SIZES[power]}"


def mentioned(out: Iterable[Segment]) -> frozenset[str]:
    """Return the accounts that may have been printed."""
    found: set[str] = set()
    for segment in out:
        if isinstance(segment, Shown):
            found.add(segment.count.account)
        elif isinstance(segment, Gap):
            found |= segment.accounts
    return frozenset(found)


def entries(out: Iterable[Segment], report: Report, account_of: Callable[[Key], str | None]) -> Iterator[Entry]:
    """Yield the counters that were printed; a label stands before its number, on the same line."""
    for line in _lines(out):
        at = 0
        for index, segment in enumerate(line):
            if isinstance(segment, Shown):
                after = next((i for i in range(index + 1, len(line)) if not isinstance(line[i], Piece)), len(line))
                unit = "".join(s.text for s in line[index + 1 : after] if isinstance(s, Piece))
                yield _entry(line[at:index], segment, unit, report, account_of)
                at = index + 1


def _lines(out: Iterable[Segment]) -> Iterator[list[Segment]]:
    line: list[Segment] = []
    for segment in out:
        if not isinstance(segment, Piece):
            line.append(segment)
            continue
        first, *rest = segment.text.split("\n")
        line.append(Piece(first, segment.origin, segment.key))
        for part in rest:
            yield line
            line = [Piece(part, segment.origin, segment.key)]
    yield line


def _entry(
    before: list[Segment], shown: Shown, unit: str, report: Report, account_of: Callable[[Key], str | None]
) -> Entry:
    gaps = [s for s in before if not isinstance(s, Piece)]
    label = Text(tuple(s for s in before if isinstance(s, Piece) and s.text))
    unset = bool(gaps) and all(isinstance(s, Gap) and s.unset for s in gaps)
    origin = None
    match = re.search(report.label, str(label))
    if match is not None:
        piece = label.cut(match.start(), match.end()).pieces[0]
        account = None if piece.key is None else account_of(piece.key)
        inside = {id(node) for node in shown.call.walk()}
        if piece.origin is not None and id(piece.origin) not in inside and account in {None, shown.count.account}:
            origin = piece.origin
    return Entry(shown.count.account, shown.count.factor, label, bool(gaps), unset, unit, shown.call, origin)


def wrong(entry: Entry, size: int, report: Report, counted: str) -> Fault | None:
    """Return what is wrong with an entry whose leaf has a size; `counted` is what the counter counts in."""
    if entry.unset:
        return Fault("unset", entry.call, "", entry)
    text = str(entry.label)
    sizes = list(re.finditer(report.label, text))
    if not entry.gap and len(sizes) == 1 and not re.search(r"\d", text.replace(sizes[0][0], "", 1)):
        stated = int(sizes[0][1]) << (10 * max(0, SIZES.upper().find(sizes[0][2].upper())))
        if stated != size:
            return Fault("size", entry.labelled or entry.call, sizes[0][1] + sizes[0][2], entry, stated)
    unit = re.match(r"\s*([A-Za-z]+)", entry.unit)
    divisor = None if unit is None else report.unit.get(unit[1])
    if unit is not None and divisor and entry.factor * divisor != (size if counted == ENTRIES else 1):
        return Fault("unit", entry.call, _told(entry, size, unit[1], divisor, counted), entry)
    return None


def _told(entry: Entry, size: int, unit: str, divisor: int, counted: str) -> str:
    """Return as what an entry is printed, in the wrong unit."""
    if counted != ENTRIES:
        return f"in units of {_bytes(entry.factor)} as {unit}"
    leaf = Fraction(size, divisor)
    right = f"{leaf} {unit}" if leaf.denominator == 1 else size_text(size)
    return f"as {entry.factor} {unit} an entry where {LEAF} is {right}"


def _bytes(factor: Fraction) -> str:
    unit = 1 / factor
    if unit.denominator == 1:
        return f"{unit} byte{'s' if unit != 1 else ''}"
    return f"1/{unit.denominator // unit.numerator or 1} byte"
