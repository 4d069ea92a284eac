"""Amounts and page tables as geometry: what a page draws as bars and as nested rows of cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.finding import Cell, LedgerLine, Shot

TABLE = "table"
_UNITS = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_LETTER = 2.2
"""How wide a letter may be, in hundredths of the narrowest picture."""
_MOST_TICKS = 64
_WIDE, _NARROW = 5, 2
"""How wide a piece of a leaf and an empty stretch are drawn, in shares of the whole."""
MOST_RUNS = 400
"""How many runs of cells one row of a picture shows."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An account's bytes as two bars on one scale, in hundredths of the width: where each starts and how long it is."""

    account: str
    real: int
    counted: int
    zero: str
    real_at: tuple[str, str]
    counted_at: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """Like cells side by side: their place in hundredths of the width, and what they are in words."""

    at: str
    wide: str
    kind: str
    """The account, or `TABLE`."""
    label: str
    title: str
    changed: bool
    ticks: tuple[str, ...]
    """Where one cell ends and the next begins, in hundredths of the run."""


@dataclass(frozen=True, slots=True)
class Level:
    """A row of a picture, the largest entries first."""

    name: str
    runs: tuple[Run, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A page table, in rows."""

    levels: tuple[Level, ...]


def human(number: int, *, sign: bool = False) -> str:
    """Return bytes in the largest unit that divides them: `2 MB`, `-64 kB`, `1 byte`."""
    mark = "-" if number < 0 else "+" if sign and number else ""
    size = abs(number)
    for unit, name in _UNITS:
        if size and size % unit == 0:
            return f"{mark}{size // unit} {name}"
    return f"{mark}{size} byte{'' if size == 1 else 's'}"


def bars(accounts: Iterable[tuple[str, int, int]]) -> tuple[Bar, ...]:
    """Return the bars of accounts, each with the bytes that there are and those counted; all on one scale.

    What is neither there nor counted is left out.
    """
    shown = [one for one in accounts if one[1] or one[2]]
    low = min((0, *(number for _, *pair in shown for number in pair)))
    high = max((0, *(number for _, *pair in shown for number in pair)))
    span = (high - low) or 1

    def place(number: int) -> tuple[str, str]:
        return _part(min(number, 0) - low, span), _part(abs(number), span)

    return tuple(
        Bar(account, real, counted, _part(-low, span), place(real), place(counted)) for account, real, counted in shown
    )


def path_bars(ledger: Sequence[LedgerLine]) -> tuple[str, tuple[Bar, ...]]:
    """Return the first geometry in which the bytes of a path are known, and their bars; "" and nothing without one."""
    names = [name for line in ledger for name, _, _ in line.figures]
    if not names:
        return "", ()
    known = [
        (line.account, done, counted) for line in ledger for name, done, counted in line.figures if name == names[0]
    ]
    return names[0], bars(known)


def pictures(before: Shot, after: Shot) -> tuple[Picture, Picture]:
    """Return the page tables of two moments in one layout; cells that only one of them has are marked as changed.

    They are not to scale, or a page would be a hair below the root: what is mapped is wide, what is empty narrow.
    """
    cells = (*before.cells, *after.cells)
    largest: dict[str, int] = {}
    for cell in cells:
        largest[cell.level] = max(largest.get(cell.level, 0), cell.size)
    levels = sorted(largest, key=lambda name: (-largest[name], name))
    scale = _scale(cells)
    first, last = frozenset(before.cells), frozenset(after.cells)
    return (
        Picture(tuple(_level(name, before.cells, last, scale) for name in levels)),
        Picture(tuple(_level(name, after.cells, first, scale) for name in levels)),
    )


def _scale(cells: Iterable[Cell]) -> dict[int, int]:
    """Return where each address at which a cell starts or ends is drawn: what is mapped is wide, any other narrow."""
    edges = sorted({0} | {edge for cell in cells for edge in (cell.start, cell.start + cell.size)})
    mapped = {cell.start: cell.start + cell.size for cell in sorted(cells, key=lambda one: one.size) if cell.account}
    scale, at, until = {edges[0]: 0}, 0, 0
    for start, end in pairwise(edges):
        until = max(until, mapped.get(start, 0))
        at += _WIDE if start < until else _NARROW
        scale[end] = at
    return scale


def _level(name: str, cells: Iterable[Cell], other: frozenset[Cell], scale: Mapping[int, int]) -> Level:
    own = sorted((cell for cell in cells if cell.level == name), key=lambda cell: cell.start)
    groups: list[list[Cell]] = []
    for cell in own:
        if groups and _joined(groups[-1][-1], cell, other):
            groups[-1].append(cell)
        else:
            groups.append([cell])
    runs = tuple(_run(group, scale, changed=group[0] not in other) for group in groups[:MOST_RUNS])
    return Level(name, runs, len(groups) - len(runs))


def _joined(one: Cell, two: Cell, other: frozenset[Cell]) -> bool:
    """Whether two cells are alike and side by side."""
    alike = (one.account, one.size, one in other) == (two.account, two.size, two in other)
    return alike and one.start + one.size == two.start


def _run(group: Sequence[Cell], scale: Mapping[int, int], *, changed: bool) -> Run:
    first, count = group[0], len(group)
    end = first.start + first.size * count
    at, wide, whole = scale[first.start], scale[end] - scale[first.start], max(scale.values()) or 1
    kind = first.account or TABLE
    label = kind if count == 1 else f"{kind} x{count}"
    shown = next((text for text in (label, kind) if len(text) * _LETTER <= wide * 100 / whole), "")
    entries = f"{count} entries" if count > 1 else "1 entry"
    title = f"{first.level}: {kind}, {entries} of {human(first.size)}, {first.start:#x} to {end:#x}"
    ticks = tuple(_part(scale[cell.start] - at, wide) for cell in group[1:]) if count <= _MOST_TICKS else ()
    return Run(_part(at, whole), _part(wide, whole), kind, shown, title, changed, ticks)


def _part(number: int, whole: int) -> str:
    """Return a share of a whole as a percentage, to a hundredth; no float, so that every machine writes the same."""
    share = (number * 10_000 + whole // 2) // whole
    return f"{share // 100}.{share % 100:02}%"
