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

    from lmlint.finding import Finding, InputReport
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
    return {
        "message": brief.paragraph(finding),
        "location": {
            "path": printable(place.file),
            "range": {"start": {"line": place.line, "column": place.column}},
        },
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.kind},
        "original_output": terse.line(finding),
    }
