"""The report for programs: JSON of the shape that schema.json describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from lmlint import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, FunctionVerdict, InputReport

SCHEMA_VERSION = 1

Json: TypeAlias = str | int | list["Json"] | dict[str, "Json"]


def render(reports: Sequence[InputReport]) -> str:
    """Return all reports as one JSON document, in ASCII."""
    document: Json = {
        "schema": SCHEMA_VERSION,
        "tool": {"name": "lmlint", "version": __version__},
        "inputs": [_input(report) for report in reports],
    }
    return json.dumps(document, indent=2) + "\n"


def _input(report: InputReport) -> Json:
    base = report.base
    made: dict[str, Json] = {
        "name": report.name,
        "kind": report.kind,
        "subject": report.subject,
        "message_id": report.message_id,
        "base": {
            "state": base.state,
            "path": base.path,
            "blob": base.blob,
            "result": base.result,
            "source": base.source,
            "offsets": list(base.offsets),
        },
        "rules": list(report.rules),
        "functions": [_function(verdict) for verdict in report.functions],
        "findings": [_finding(finding) for finding in report.findings],
    }
    if report.notices:
        made["notices"] = list(report.notices)
    if report.contradictions:
        made["contradictions"] = [
            {"file": one.file, "function": one.function, "rule": one.rule, "story": list(one.story)}
            for one in report.contradictions
        ]
    return made


def _function(verdict: FunctionVerdict) -> Json:
    made: dict[str, Json] = {
        "file": verdict.file,
        "name": verdict.name,
        "rule": verdict.rule,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "assumptions": list(verdict.assumptions),
    }
    if verdict.proof:
        made["proof"] = list(verdict.proof)
    return made


def _finding(finding: Finding) -> Json:
    made: dict[str, Json] = {
        "id": finding.id,
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "state": finding.state,
        "file": finding.place.file,
        "function": finding.function,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "notes": [
            {"file": note.place.file, "line": note.place.line, "message": note.message} for note in finding.notes
        ],
        "ledger": [{"account": line.account, "done": line.done, "recorded": line.recorded} for line in finding.ledger],
    }
    if finding.repaired:
        made["repaired"] = finding.repaired
    if finding.allowed:
        made["allowed"] = finding.allowed
    if finding.replay is not None:
        replay = finding.replay
        made["witness"] = {"state": replay.state, "reason": replay.reason, "story": list(replay.story)}
    return made
