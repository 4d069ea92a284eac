"""Plots in SVG: bars over labels, stacked where there is more than one series, with their axes and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 560, 250
"""The drawing's size in its own units; a page scales it."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 12, 54
_BASE = HEIGHT - _BOTTOM
_ACROSS = WIDTH - _LEFT - _RIGHT
_UP = _BASE - _TOP
_TICKS = 4
_GAP = 0.22
"""How much of a bar's share of the width is left empty."""
_LABEL = 58
"""How much width a label below the axis needs."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, its name, and the class that gives its colour."""

    name: str
    look: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot: one value of each series for each of the labels."""

    name: str
    """An id of the page."""
    title: str
    what: str
    """What there is to see, for those who do not see it."""
    across: str
    up: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def total(self) -> int:
        """The sum of all values."""
        return sum(sum(one.values) for one in self.series)

    @property
    def rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The values by labels, those left out for which all are nought."""
        columns = zip(self.labels, zip(*(one.values for one in self.series), strict=True), strict=True)
        return tuple((label, values) for label, values in columns if any(values))


def step_of(most: int) -> int:
    """Return the distance of two ticks: 1, 2 or 5 times a power of ten, with at most a few ticks below `most`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * _TICKS >= most:
                return step * factor
        step *= 10


def draw(chart: Chart) -> str:
    """Return the plot as an SVG element, in ASCII."""
    return "".join(_parts(chart)).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _parts(chart: Chart) -> Iterator[str]:
    stacks = [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]
    most = max(stacks, default=0)
    step = step_of(most)
    top = step * max(-(-most // step), 1)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    yield f' aria-labelledby="{chart.name}-title {chart.name}-what">'
    yield f'<title id="{chart.name}-title">{escape(chart.title)}</title>'
    yield f'<desc id="{chart.name}-what">{escape(chart.what)}</desc>'
    for value in range(0, top + 1, step):
        y = _BASE - _UP * value / top
        look = "axis" if not value else "grid"
        yield f'<line class="{look}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>'
    yield from _bars(chart, top)
    yield from _labels(chart.labels)
    middle = _TOP + _UP / 2
    yield f'<text class="name" x="{_LEFT + _ACROSS / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
    yield f"{escape(chart.across)}</text>"
    yield f'<text class="name" x="14" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 14 {middle:.1f})">'
    yield f"{escape(chart.up)}</text></svg>"


def _bars(chart: Chart, top: int) -> Iterator[str]:
    share = _ACROSS / max(len(chart.labels), 1)
    for at, label in enumerate(chart.labels):
        y = float(_BASE)
        for one in chart.series:
            if not (value := one.values[at]):
                continue
            high = _UP * value / top
            y -= high
            x = _LEFT + share * (at + _GAP / 2)
            wide = share * (1 - _GAP)
            yield f'<rect class="{one.look}" x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{high:.2f}">'
            yield f"<title>{escape(label)}: {value} {escape(one.name)}</title></rect>"


def _labels(labels: Sequence[str]) -> Iterator[str]:
    """Yield the labels below the axis, as many as there is room for, the last of them always."""
    share = _ACROSS / max(len(labels), 1)
    every = max(-(-_LABEL // int(max(share, 1))), 1)
    for at in range(len(labels) - 1, -1, -every):
        x = min(_LEFT + share * (at + 0.5), WIDTH - _LABEL / 2)
        if x >= _LEFT + _LABEL / 4 or every == 1:
            yield f'<text class="tick" x="{x:.1f}" y="{_BASE + 18}" text-anchor="middle">{escape(labels[at])}</text>'


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u2009") if value >= 10_000 else str(value)  # noqa: PLR2004  # as numbers are printed
