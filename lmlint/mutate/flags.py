"""Edits of the flags by which callers say whether what is done is counted: the wrong constant, or the flag turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.edit import Edit, Truth, Variant, of
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.source import Node

COUNTED = ("unfiltered-region", "phantom-count", "double-count", "wrong-amount", "missing-sub", "missing-add")
UNCOUNTED = ("missing-add", "missing-sub", "unfiltered-region", "phantom-count")


def flag(code: Code, records: Records) -> Iterator[Variant]:
    """Give a callee another word on whether it counts.

    Where the caller has no flag itself, it is its word that decides: only that another region counts is wrong then.
    """
    for body in code.bodies.values():
        if body.name in code.program.recorders:
            continue
        for number, (argument, parameter, callee) in enumerate(_flags(code, body), 1):
            said = code.rule.where[parameter]
            own = any(one.name in code.rule.where for one in body.function.parameters)
            for name, text in _values(code, argument, parameter, said) if said else _others(argument):
                if not own and (name != "always" or body.name not in code.rule.outside):
                    continue
                kinds = UNCOUNTED if name == "never" else COUNTED
                where = f"{body.name}-{callee}-{number}-{name}"
                yield of("flag", where, body.name, [Edit(argument.start, argument.end, text)],
                         _told(code, records, body, callee, kinds))  # fmt: skip


def _flags(code: Code, body: Body) -> Iterator[tuple[Node, str, str]]:
    """Yield the arguments that say whether a callee counts, each with the parameter's name and the callee's."""
    for call in body.block.walk():
        inner = code.bodies.get(code.called(call)) if call.type == "call_expression" else None
        if inner is None or inner.name in code.program.recorders:
            continue
        for parameter, argument in zip(inner.function.parameters, call.field("arguments").kids, strict=False):
            if parameter.name in code.rule.where:
                yield argument, parameter.name, inner.name


def _others(argument: Node) -> Iterator[tuple[str, str]]:
    """Yield other words: always, never, and the other way round; a constant has one other only."""
    text = bare(argument).text
    if text not in {"true", "1"}:
        yield "always", "true"
    if text not in {"false", "0"}:
        yield "never", "false"
    if text not in {"true", "1", "false", "0"}:
        yield "turned", f"!({text})"


def _values(code: Code, argument: Node, parameter: str, said: str) -> Iterator[tuple[str, str]]:
    """Yield other values of a flag that is no truth: the one that counts, and the others that the file gives it."""
    mine = bare(argument).text
    if mine != said:
        yield "always", said
    given = [one for body in code.bodies.values() for one, name, _ in _flags(code, body) if name == parameter]
    for text in dict.fromkeys(bare(one).text for one in given):
        if text not in {said, mine} and text.isidentifier() and text.isupper():
            yield "never", text


def _told(code: Code, records: Records, body: Body, callee: str, kinds: tuple[str, ...]) -> Truth:
    """Return the truth of a wrong word: it shows where it is said, where it is heard, and above."""
    names = {body.name, callee, *(c.name for c in code.bodies.values() if body.name in c.function.names)}
    at: set[int] = set()
    for name in names:
        one = code.bodies[name]
        at |= {site.start for site in code.sites(one)} | {r.node.start for r in records.of.get(name, ())}
    return Truth(kinds, (body.name, *sorted(names - {body.name})), frozenset(at))
