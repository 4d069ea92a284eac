"""The report for reviewdog: its `rdjson`, the JSON of a DiagnosticResult of the Reviewdog Diagnostic Format.

reviewdog itself leaves out what stands on no line of the diff; here, only what is new is told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lmlint.report import brief, terse
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport, Suggestion
    from lmlint.report.machine import Json

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(reports: Sequence[InputReport]) -> str:
    """Return one JSON document, in ASCII; columns are in bytes, as the format has it."""
    document: Json = {
        "source": {"name": "lmlint"},
        "diagnostics": [_diagnostic(finding) for _, finding in brief.new(reports)],
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(finding: Finding) -> Json:
    place = finding.place
    made: dict[str, Json] = {
        "message": brief.paragraph(finding),
        "location": {
            "path": printable(place.file),
            "range": {"start": {"line": place.line, "column": place.column}},
        },
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.kind},
        "original_output": terse.line(finding),
    }
    if finding.suggestion is not None and brief.is_text(finding.suggestion):
        made["suggestions"] = [_suggestion(finding.suggestion)]
    return made


def _suggestion(edit: Suggestion) -> Json:
    """Return an edit in the way in which reviewdog makes one of a diff.

    What is inserted stands before the first column of a line and brings its line break; what is replaced are lines,
    the last one included, without the line break behind it.
    """
    text = "\n".join(edit.lines)
    if not edit.count:
        here: Json = {"line": edit.line, "column": 1}
        return {"range": {"start": here, "end": here}, "text": f"{text}\n"}
    last = edit.line + edit.count - 1
    return {"range": {"start": {"line": edit.line}, "end": {"line": last}}, "text": text}
