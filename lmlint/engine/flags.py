"""Calls that say, by a flag, that nothing of what they do is counted, from where all is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.argument import construct, place_of, plain
from lmlint.engine.reach import LITERALS
from lmlint.finding import Note
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.engine.program import Program
    from lmlint.finding import Finding
    from lmlint.source import Function, Node

_COMING, _GOING = frozenset({"write", "fill", "map"}), frozenset({"clear", "unmap"})


def flag_findings(program: Program, path: str) -> list[Finding]:
    """Return the calls below a function inside the region that hand a flag down by which nothing is counted."""
    found = []
    for function in program.source.functions:
        roots = ({function.name} | program.above(function.name)) & program.rule.inside.keys()
        if not roots or function.name in program.rule.outside:
            continue
        for call, callee in _calls(program, function):
            kind = _kind(program, callee.name)
            if kind and says_counted(program, call, callee) is False:
                found.append(_finding(program, path, function, call, callee, min(roots), kind))
    return found


def says_counted(program: Program, call: Node, callee: Function) -> bool | None:
    """Return whether a call says by a constant that what it does is counted, None where it says nothing."""
    where = program.rule.where
    for parameter, argument in zip(callee.parameters, call.field("arguments").kids, strict=False):
        if parameter.name in where:
            text, constant = bare(argument).text, where[parameter.name]
            if not constant:
                return LITERALS.get(text)
            return text == constant if text == constant or program.constant(text) is not None else None
    return None


def _calls(program: Program, function: Function) -> Iterator[tuple[Node, Function]]:
    """Yield the calls in a function of those that touch the rule, with what they call."""
    for node in function.body.walk():
        name = node.field("function").text if node.type == "call_expression" else ""
        if name in program.touching and name in program.functions:
            yield node, program.functions[name]


def _kind(program: Program, name: str) -> str:
    """Return what is missing where nothing of what a function does is counted: adds, unless it can only take away."""
    below, work = {name}, [name]
    while work:
        function = program.named.get(work.pop())
        more = set() if function is None else (function.names & program.touching) - below
        below |= more
        work += more
    acts = {action for one in below for action, _ in program.acting.get(one, ())}
    return "missing-add" if acts & _COMING else "missing-sub" if acts & _GOING else ""


def _finding(  # noqa: PLR0913, PLR0917  # what a finding of a call is about
    program: Program, path: str, function: Function, call: Node, callee: Function, root: str, kind: str
) -> Finding:
    place = place_of(call, path)
    flags = ", ".join(f"`{p.name}`" for p in callee.parameters if p.name in program.rule.where)
    message = f"`{function.name}` tells `{callee.name}` by {flags} that nothing it does is counted, and all of it is"
    notes = [Note(place, f"`{root}` comes here: {program.rule.inside[root]}")]
    return plain(program, kind, function.name, place, message, notes, construct(call))
