"""The report as GitHub's workflow commands: an annotation for each new finding.

The runner takes a line for a command where it begins with `::`, and decodes `%0A` and its like in what follows: in a
property also `%3A` and `%2C`, since `:` and `,` end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.report import brief
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_TEXT | str.maketrans({":": "%3A", ",": "%2C"})


def render(reports: Sequence[InputReport]) -> str:
    """Return one command a line; the column is left out where the text of the line is not known."""
    return "".join(f"{_command(report, finding)}\n" for report, finding in brief.new(reports))


def _command(report: InputReport, finding: Finding) -> str:
    properties = {"file": printable(finding.place.file), "line": str(finding.place.line)}
    column = brief.column(finding.place, brief.lines_of(report))
    if column is not None:
        properties["col"] = str(column)
    properties["title"] = f"{finding.kind} {finding.id}"
    given = ",".join(f"{name}={value.translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {given}::{brief.paragraph(finding).translate(_IN_TEXT)}"
