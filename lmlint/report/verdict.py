"""The verdict on patches in one word and one line, for programs that show it in a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lmlint.finding import CANNOT_TELL
from lmlint.report import brief
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import InputReport

SUMMARY = 79
"""How many characters a summary has at most."""
PASS, WARN, FAIL = "pass", "warn", "fail"


def verdict(reports: Sequence[InputReport], errors: Sequence[str]) -> tuple[str, str]:
    """Return `pass`, `warn` or `fail`, and one line that says why.

    Only what is new counts. A function that cannot be told passes, and is counted in the line; what could not be
    checked fails, with the reason.
    """
    if errors:
        return FAIL, _short(f"not checked: {printable(errors[0])}")
    contradicted = sum(len(report.contradictions) for report in reports)
    if contradicted:
        return FAIL, _short(f"not checked: {_count(contradicted, 'verdict')} contradicted; this is a fault of lmlint")
    counts = Counter(finding.severity for _, finding in brief.new(reports))
    untold = sum(said.verdict == CANNOT_TELL for report in reports for said in report.functions)
    told = [_count(counts[severity], severity) for severity in ("error", "warning", "note") if counts[severity]]
    if not any(report.rules for report in reports):
        told = ["no file of a rule is changed"]
    elif not told:
        told = ["nothing new"]
    if untold:
        told.append(f"{_count(untold, 'function')} cannot be told")
    if any(report.base.state == "hunks" for report in reports):
        told.append("from the hunks alone")
    status = FAIL if counts["error"] else WARN if counts["warning"] else PASS
    return status, _short("; ".join(told))


def _short(line: str) -> str:
    return line if len(line) <= SUMMARY else line[: SUMMARY - 3] + "..."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
