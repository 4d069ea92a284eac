"""The report for programs: JSON of the shape that schema.json describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from lmlint import __version__
from lmlint.finding import BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, FunctionVerdict, InputReport, LedgerLine, Move, Note, Replay, Shot

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
        "notes": [_note(note) for note in finding.notes],
        "ledger": [_line(line) for line in finding.ledger],
    }
    if finding.entries:
        made["entries"] = list(finding.entries)
    if finding.repaired:
        made["repaired"] = finding.repaired
    if finding.allowed:
        made["allowed"] = finding.allowed
    if finding.replay is not None:
        made["witness"] = _replay(finding.replay)
    if finding.suggestion is not None:
        edit = finding.suggestion
        made["suggestion"] = {
            "file": edit.file,
            "line": edit.line,
            "count": edit.count,
            "lines": list(edit.lines),
            "diff": edit.diff,
        }
    return made


def _note(note: Note) -> Json:
    made: dict[str, Json] = {
        "file": note.place.file,
        "line": note.place.line,
        "column": note.place.column,
        "message": note.message,
    }
    made |= {key: text for key in ("step", "function", "subject") if (text := getattr(note, key))}
    made |= {key: _moves(found) for key in ("done", "recorded") if (found := getattr(note, key))}
    if note.within:
        made["within"] = True
    return made


def _moves(moves: Sequence[Move]) -> Json:
    return [{"account": move.account, "amount": move.amount} for move in moves]


def _line(line: LedgerLine) -> Json:
    made: dict[str, Json] = {
        "account": line.account,
        "done": line.done,
        "recorded": line.recorded,
        "difference": line.difference,
    }
    if line.unit != BYTES:
        made["unit"] = line.unit
    if line.drift:
        made["drift"] = line.drift
    if line.figures:
        made["figures"] = [{"geometry": name, "done": did, "recorded": counted} for name, did, counted in line.figures]
    if line.labels:
        made["labels"] = [{"geometry": name, "label": label} for name, label in line.labels]
    return made


def _replay(replay: Replay) -> Json:
    made: dict[str, Json] = {"state": replay.state, "reason": replay.reason, "story": list(replay.story)}
    if replay.before is not None and replay.after is not None:
        made["before"], made["after"] = _shot(replay.before), _shot(replay.after)
    return made


def _shot(shot: Shot) -> Json:
    return {
        "cells": [
            {"level": cell.level, "start": cell.start, "size": cell.size, "account": cell.account}
            for cell in shot.cells
        ],
        "accounts": [
            {"account": name, "mapped": mapped, "counted": counted} for name, mapped, counted in shot.accounts
        ],
    }
