"""What became of the findings of a series from version to version, for people and as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from lmlint import __version__
from lmlint.compare import FIXED, NEW, PRESENT, STATUSES, UNSURE
from lmlint.report.layout import BOLD, COLORS, Layout
from lmlint.report.text import printable, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmlint.compare import Comparison, Standing
    from lmlint.finding import InputReport
    from lmlint.report.machine import Json

SCHEMA_VERSION = 1
_INDENT = 2


def render(
    comparison: Comparison,
    inputs: Sequence[tuple[str, Sequence[InputReport]]],
    *,
    color: bool,
    width: int,
    terminal: bool = False,
) -> str:
    """Return the comparison as text; `inputs` are, oldest first, what each version was read from and its reports."""
    return "".join(f"{line}\n" for line in _lines(comparison, inputs, Layout(width, color=color, terminal=terminal)))


def as_json(
    comparison: Comparison,
    inputs: Sequence[tuple[str, Sequence[InputReport]]],
    errors: Sequence[Sequence[str]],
) -> str:
    """Return the comparison as one JSON document, in ASCII, of the shape that versions.json describes.

    `errors` are, for each version, what could not be reviewed of it.
    """
    versions: list[Json] = [
        {
            "name": name,
            "input": given,
            "patches": [
                {"name": one.name, "subject": one.subject, "message_id": one.message_id, "base": one.base.state}
                for one in reports
            ],
            "errors": list(failed),
        }
        for name, (given, reports), failed in zip(comparison.names, inputs, errors, strict=True)
    ]
    document: Json = {
        "schema": SCHEMA_VERSION,
        "tool": {"name": "lmlint", "version": __version__},
        "versions": versions,
        "findings": [_standing(one) for one in comparison.standings],
    }
    return json.dumps(document, indent=2) + "\n"


def _lines(
    comparison: Comparison, inputs: Sequence[tuple[str, Sequence[InputReport]]], layout: Layout
) -> Iterator[str]:
    several = any(len(reports) > 1 for _, reports in inputs)
    for name, (given, reports) in zip(comparison.names, inputs, strict=True):
        yield from layout.flow(f"{name}: ", f"{printable(given)}: {_what(reports)}")
        for notice in dict.fromkeys(notice for report in reports for notice in report.notices):
            yield from layout.wrap(f"{name}: notice: ", printable(notice))
    newest = comparison.names[-1]
    for (status, since), group in groupby(comparison.standings, lambda one: (one.status, one.since)):
        yield ""
        yield layout.paint(BOLD, f"{_HEADS[status].format(since=since, newest=newest)}:")
        for one in group:
            yield from _told(one, layout, several=several)
    yield ""
    yield from layout.flow("lmlint: ", f"{comparison.names[0]} to {newest}: {_summary(comparison)}")


_HEADS = {
    NEW: "new in {newest}",
    PRESENT: "still present since {since}",
    UNSURE: "not found any more since {since}, but not proved fixed",
    FIXED: "fixed since {since}",
}


def _what(reports: Sequence[InputReport]) -> str:
    """Return what a version is: its one patch, or how many there are, and where their bases leave a doubt."""
    said = printable(reports[0].subject) or reports[0].kind if len(reports) == 1 else f"{len(reports)} patches"
    states = Counter(report.base.state for report in reports)
    if states["hunks"]:
        return f"{said}; from the hunks alone"
    return f"{said}; base not proved" if states["applied"] else said


def _told(one: Standing, layout: Layout, *, several: bool) -> Iterator[str]:
    """Yield the lines of a finding: its sentence, the patch that brings it where there are more, and the remark."""
    label = f"{one.finding.severity}[{one.finding.kind}]"
    patch = f", brought by `{printable(one.patch)}`" if several else ""
    first, *rest = layout.hang(_INDENT, f"{sentence(one.finding)}{patch}")
    yield first.replace(label, layout.paint(COLORS[one.finding.severity], label), 1)
    yield from rest
    if one.remark:
        yield from layout.wrap(" " * _INDENT + "  = ", printable(one.remark))


def _summary(comparison: Comparison) -> str:
    counts = Counter(one.status for one in comparison.standings)
    told = [f"{counts[status]} {_WORDS[status]}" for status in STATUSES if counts[status]]
    return ", ".join(told) or "nothing found in any of them"


_WORDS = {NEW: "new", PRESENT: "still present", UNSURE: "not found any more, but not proved fixed", FIXED: "fixed"}


def _standing(one: Standing) -> Json:
    finding = one.finding
    return {
        "status": one.status,
        "since": one.since,
        "remark": one.remark,
        "patch": one.patch,
        "id": finding.id,
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "file": finding.place.file,
        "function": finding.function,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
    }
