"""The report as checks for Patchwork: a line of JSON for each patch, to be posted to `patches/ID/checks/`.

`msgid` says which patch it is, as Patchwork's own list of patches has it; a check has no such field, and Patchwork
passes over it. What could not be read has no check here: the exit status says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lmlint.report import brief
from lmlint.report.text import printable
from lmlint.report.verdict import FAIL, PASS, WARN, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import InputReport

CONTEXT = "lmlint"
IDS = 20
"""How many ids a description names at most."""

_STATES = {PASS: "success", WARN: "warning", FAIL: "fail"}


def render(reports: Sequence[InputReport]) -> str:
    """Return one JSON object a line, in ASCII; a C file that was checked as it is belongs to no patch."""
    return "".join(f"{_check(report)}\n" for report in reports if report.kind == "patch")


def _check(report: InputReport) -> str:
    state, summary = verdict([report], ())
    ids = list(dict.fromkeys(finding.id for _, finding in brief.new([report])))
    named = " ".join(ids[:IDS]) + (f" and {len(ids) - IDS} more" if len(ids) > IDS else "")
    return json.dumps(
        {
            "msgid": printable(report.message_id),
            "state": _STATES[state],
            "context": CONTEXT,
            "description": f"{summary} ({named})" if ids else summary,
            "target_url": None,
        }
    )
