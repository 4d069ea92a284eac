"""Assumptions that verdicts rest on, as findings: notes where one construct calls for it, and more when asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lmlint.engine.argument import construct, place_of, plain
from lmlint.engine.trace import frames_of
from lmlint.finding import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.engine.program import Program
    from lmlint.engine.summary import Premise, Summary
    from lmlint.finding import Finding
    from lmlint.source import Function

PRESUMED = "presumption"


def premise_findings(program: Program, path: str, summaries: Iterable[Summary]) -> list[Finding]:
    """Return a note for every premise that a balanced way through a function needs."""
    notes: list[Finding] = []
    for summary in summaries:
        if summary.function.name in program.rule.outside:
            continue
        premises = [p for row in summary.rows if row.balanced for p in row.premises]
        told: dict[Any, Finding] = {}  # the last record that rests on a premise stands for it
        for premise in sorted(premises, key=lambda p: p.node is not p.origin):
            note = _premise(program, path, summary.function, premise)
            old = told.get((premise.kind, id(premise.origin)))
            if old is None or premise.node is premise.origin or old.place < note.place:
                told[premise.kind, id(premise.origin)] = note
        notes += told.values()
    return notes


def _premise(program: Program, path: str, function: Function, premise: Premise) -> Finding:
    frames = frames_of(function.name, premise.stack, premise.node)
    depth = len(frames) - 1
    while depth and frames[depth][0] in program.recorders:
        depth -= 1
    name, node = frames[depth]
    place = place_of(node, path)
    message = f"`{name}` balances only if {premise.text}"
    notes = [Note(place, "the premise stands here; lmlint cannot see what guarantees it")]
    return plain(program, premise.kind, name, place, message, notes, construct(node))


def stricter(
    findings: Iterable[Finding], presumed: Mapping[str, Iterable[str]], program: Program, path: str
) -> list[Finding]:
    """Return the findings with every note a warning, and a warning for everything else that a verdict presumes."""
    out = [replace(finding, severity="warning") if finding.severity == "note" else finding for finding in findings]
    for name, sentences in presumed.items():
        function = program.functions[name]
        place = place_of(function, path)
        for sentence in sentences:
            message = f"`{name}` is right only if {sentence}"
            notes = [Note(place, "nothing in this file shows that it is so")]
            out.append(plain(program, PRESUMED, name, place, message, notes, sentence))
    return out
