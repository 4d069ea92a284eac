"""The report as GitLab's Code Quality: a JSON array of what is found after the last input.

GitLab holds the reports of two branches against each other, by fingerprint. So what was there before is told as well,
what is fixed or allowed is not, and a finding that several patches of a series meet is told once.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from lmlint.report import brief
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport
    from lmlint.report.machine import Json

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(reports: Sequence[InputReport]) -> str:
    """Return one JSON array, in ASCII, without a byte order mark."""
    standing: dict[str, Finding] = {}
    for report in reports:
        for finding in report.findings:
            standing.pop(_fingerprint(finding), None)
            if finding.state in {"new", "unchanged"}:
                standing[_fingerprint(finding)] = finding
    document: Json = [_issue(finding) for finding in standing.values()]
    return json.dumps(document, indent=2) + "\n"


def _issue(finding: Finding) -> Json:
    path = printable(finding.place.file)
    return {
        "description": brief.sentence(finding),
        "check_name": finding.kind,
        "fingerprint": _fingerprint(finding),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": path, "lines": {"begin": finding.place.line}},
    }


def _fingerprint(finding: Finding) -> str:
    """Return the id and a hash of the path, since the same function may stand in two files."""
    path = finding.place.file.encode(errors="surrogateescape")
    return finding.id + hashlib.sha256(path).hexdigest()[:24]
