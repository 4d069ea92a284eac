"""The report as SARIF 2.1.0, errata 01: one run for each input, since each is held against a base of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from lmlint import __version__
from lmlint.finding import BYTES, CANNOT_TELL
from lmlint.kinds import KINDS
from lmlint.report import brief
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport, Place, Suggestion
    from lmlint.kinds import Kind
    from lmlint.report.machine import Json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "lmlintId/v1"

_INDEX = {name: index for index, name in enumerate(KINDS)}
_BASELINE = {"new": "new", "repaired": "new", "unchanged": "unchanged", "fixed": "absent"}
"""By state. What is allowed may be new or old: that is not known any more."""
_SENTENCE = re.compile(r".*?[.:](?=\s|$)", re.DOTALL)


def render(reports: Sequence[InputReport]) -> str:
    """Return one JSON document, in ASCII."""
    document: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report) for report in reports]}
    return json.dumps(document, indent=2) + "\n"


def _run(report: InputReport) -> Json:
    lines = brief.lines_of(report)
    return {
        "tool": {
            "driver": {"name": "lmlint", "version": __version__, "rules": [_rule(kind) for kind in KINDS.values()]}
        },
        "automationDetails": {"id": f"lmlint/{printable(report.name)}"},
        "invocations": [
            {
                "executionSuccessful": not (report.contradictions or report.complaints),
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, report, lines) for finding in report.findings],
        "properties": {
            "kind": report.kind,
            "subject": printable(report.subject),
            "messageId": printable(report.message_id),
            "base": report.base.state,
            "rules": list(report.rules),
        },
    }


def _rule(kind: Kind) -> Json:
    first = _SENTENCE.match(kind.meaning)
    return {
        "id": kind.name,
        "shortDescription": {"text": f"{first[0].rstrip('.:')}." if first else kind.meaning},
        "fullDescription": {"text": kind.meaning},
        "help": {"text": kind.remedy},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(finding: Finding, report: InputReport, lines: brief.Lines) -> Json:
    made: dict[str, Json] = {
        "ruleId": finding.kind,
        "ruleIndex": _INDEX[finding.kind],
        "level": finding.severity,
        "message": {"text": _literal(brief.sentence(finding))},
        "locations": [
            {
                "physicalLocation": _place(finding.place, lines, quoted=True),
                "logicalLocations": [{"name": printable(finding.function), "kind": "function"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: finding.id},
    }
    if finding.notes:
        steps: list[Json] = [
            {
                "location": {
                    "physicalLocation": _place(note.place, lines),
                    "message": {"text": _literal(printable(note.message))},
                },
                "nestingLevel": int(note.within),
            }
            for note in finding.notes
        ]
        made["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if finding.suggestion is not None and brief.is_text(finding.suggestion):
        made["fixes"] = [_fix(finding.suggestion)]
    if report.kind == "patch" and finding.state in _BASELINE:
        made["baselineState"] = _BASELINE[finding.state]
    # An absent list would say that nobody knows; an empty one says that nobody silences it.
    made["suppressions"] = [_suppression(finding)] if finding.state == "allowed" else []
    made["properties"] = _properties(finding)
    return made


def _fix(edit: Suggestion) -> Json:
    """Return an edit as whole lines: what stands from the start of a line to the start of another one is replaced."""
    region: Json = {
        "startLine": edit.line,
        "startColumn": 1,
        "endLine": edit.line + edit.count,
        "endColumn": 1,  # nothing is deleted where it ends as it starts
    }
    replacement: Json = {
        "deletedRegion": region,
        "insertedContent": {"text": "".join(f"{line}\n" for line in edit.lines)},
    }
    return {
        "description": {"text": "Record it as the file records elsewhere; lmlint proved the result balanced."},
        "artifactChanges": [{"artifactLocation": {"uri": _uri(edit.file)}, "replacements": [replacement]}],
    }


def _suppression(finding: Finding) -> Json:
    kind = "inSource" if finding.in_source else "external"
    return {"kind": kind, "status": "accepted", "justification": printable(finding.allowed)}


def _properties(finding: Finding) -> Json:
    made: dict[str, Json] = {"rule": finding.rule, "state": finding.state}
    if finding.ledger:
        made["ledger"] = [
            {
                "account": printable(line.account),
                "done": printable(line.done),
                "recorded": printable(line.recorded),
                "difference": printable(line.difference),
                **({} if line.unit == BYTES else {"unit": line.unit}),
            }
            for line in finding.ledger
        ]
    if finding.repaired:
        made["repaired"] = printable(finding.repaired)
    if finding.replay is not None:
        replay = finding.replay
        story: list[Json] = [printable(line) for line in replay.story]
        made["witness"] = {"state": replay.state, "reason": printable(replay.reason), "story": story}
    return made


def _place(place: Place, lines: brief.Lines, *, quoted: bool = False) -> Json:
    """Return where a place is: to the end of its line, which is `quoted` as far as it is UTF-8."""
    region: dict[str, Json] = {"startLine": place.line}
    column = brief.column(place, lines)
    if column is not None:
        region["startColumn"] = column
        if quoted:
            raw = lines[place.file][place.line - 1].encode(errors="surrogateescape")[place.column - 1 :]
            region["snippet"] = {"text": raw.decode(errors="replace").rstrip("\r")}
    return {"artifactLocation": {"uri": _uri(place.file)}, "region": region}


def _uri(path: str) -> str:
    """Return a path as a URI, byte for byte; a relative one stays relative to the top of the tree."""
    return ("file://" if path.startswith("/") else "") + quote(path, errors="surrogateescape")


def _literal(text: str) -> str:
    """Return text that no reader takes for a placeholder or a link (3.11.5 and 3.11.6 of the standard)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _notifications(report: InputReport) -> list[Json]:
    """Return what is to be said beside the findings: faults, what cannot be told, and what was left out."""
    told = [
        ("error", f"{one.function} in {one.file} was proved balanced, and drifts: {'; '.join(one.story)}")
        for one in report.contradictions
    ]
    told += [("error", line) for line in report.complaints]
    told += [
        ("note", f"cannot tell: {said.name} in {said.file}: {said.reason}")
        for said in report.functions
        if said.verdict == CANNOT_TELL
    ]
    told += [("note", line) for line in report.notices]
    return [{"level": level, "message": {"text": _literal(printable(line))}} for level, line in told]
