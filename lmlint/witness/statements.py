"""Statements as functions of a frame that return how they end: 0, or what leaves the loop, the function, the block."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.witness.blocks import STATEMENTS, Step, block, sequence, spliced, statement, test
from lmlint.witness.calls import macro_called, opened
from lmlint.witness.ctype import VOID
from lmlint.witness.machine import NotListed
from lmlint.witness.scope import EXPRESSIONS, Ex, convert, short
from lmlint.witness.variables import declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmlint.source import Node
    from lmlint.witness.scope import Frame, Scope

BREAK, CONTINUE, RETURN = 1, 2, 3
_LOOP_MACRO = re.compile(r"(while|if) {2,}\(")
"""What the parser makes of the name of a loop macro: a keyword, padded."""


def compiled_body(scope: Scope, node: Node) -> Step:
    """Compile the body of a function."""
    return block(scope, node.kids)


def _compound(scope: Scope, node: Node) -> Step:
    return block(scope, node.kids)


def _expression(scope: Scope, node: Node) -> Step:
    if not node.kids:
        return lambda _: 0
    inner = node.kids[0]
    while inner.type == "parenthesized_expression" and len(inner.kids) == 1:
        inner = inner.kids[0]
    if inner.type == "call_expression" and inner.field("function").type == "identifier":
        name = inner.field("function").text
        macro = macro_called(scope, name) if scope.find(name) is None else None
        if macro is not None:
            body = opened(macro, inner.field("arguments").kids)
            if len(body) != 1 or body[0].type != "expression_statement":
                return _macro(scope, name, body, inner)
    if inner.type == "comma_expression":
        return _sequence_of(scope, inner)
    run = scope.expr(inner).run

    def step(frame: Frame) -> int:
        run(frame)
        return 0

    return step


def _sequence_of(scope: Scope, node: Node) -> Step:
    parts: list[Node] = []
    while node.type == "comma_expression":
        parts.append(node.field("right"))
        node = node.field("left")
    runs = [scope.expr(each).run for each in (node, *reversed(parts))]

    def step(frame: Frame) -> int:
        for run in runs:
            run(frame)
        return 0

    return step


def _macro(scope: Scope, name: str, body: Sequence[Node], use: Node) -> Step:
    line, scope.line = scope.line, scope.line or use.line
    scope.entered(name)
    try:
        return block(scope, body)
    finally:
        scope.expanding.pop()
        scope.line = line


def _if(scope: Scope, node: Node) -> Step:
    yes = node.field("consequence")
    if _LOOP_MACRO.match(node.text):  # a guard that is held while its block runs
        return statement(scope, yes)
    check = test(scope, node.field("condition"))
    one = statement(scope, yes)
    other = node.fields.get("alternative")
    if other is None:
        return lambda frame: one(frame) if check(frame) else 0
    two = block(scope, other.kids)
    return lambda frame: one(frame) if check(frame) else two(frame)


def _loop(scope: Scope, node: Node) -> Step:
    if _LOOP_MACRO.match(node.text):
        raise NotListed(f"`{short(node.field('condition'))}` is the head of a loop macro, which is not run")
    check = test(scope, node.field("condition"))
    return _rounds(scope, check, statement(scope, node.field("body")), None, first=node.type == "while_statement")


def _rounds(
    scope: Scope,
    check: Callable[[Frame], int] | None,
    body: Step,
    update: Callable[[Frame], int] | None,
    *,
    first: bool,
) -> Step:
    machine = scope.machine

    def run(frame: Frame) -> int | str:
        if first and check is not None and not check(frame):
            return 0
        while True:
            machine.steps -= 1
            if machine.steps < 0:
                raise machine.exhausted()
            end = body(frame)
            if end:
                if end == BREAK:
                    return 0
                if end != CONTINUE:
                    return end
            if update is not None:
                update(frame)
            if check is not None and not check(frame):
                return 0

    return run


def _for(scope: Scope, node: Node) -> Step:
    scope.blocks.append({})
    try:
        start = node.fields.get("initializer")
        begin: Step | None = None
        if start is not None:
            begin = declaration(scope, start) if start.type == "declaration" else _sequence_of(scope, start)
        condition, update = node.fields.get("condition"), node.fields.get("update")
        check = None if condition is None else test(scope, condition)
        body = statement(scope, node.field("body"))
        after = None if update is None else _sequence_of(scope, update)
        rounds = _rounds(scope, check, body, after, first=True)  # type: ignore[arg-type]
    finally:
        scope.blocks.pop()
    if begin is None:
        return rounds
    opening = begin

    def run(frame: Frame) -> int | str:
        opening(frame)
        return rounds(frame)

    return run


def _return(scope: Scope, node: Node) -> Step:
    value = next(iter(node.kids), None)
    if value is None:
        return lambda _: RETURN
    made = scope.expr(value)
    if made.type.kind == "struct":
        raise NotListed(f"`{short(node)}` returns a structure")
    run = made.run if scope.returns == VOID else convert(made, scope.returns).run

    def step(frame: Frame) -> int:
        frame[0] = run(frame)
        return RETURN

    return step


def _goto(_: Scope, node: Node) -> Step:
    label = node.field("label").text
    return lambda _: label


def _switch(scope: Scope, node: Node) -> Step:
    run = scope.expr(node.field("condition")).run
    steps: list[Step] = []
    cases: dict[int, int] = {}
    default = -1
    scope.blocks.append({})
    try:
        for each in spliced(scope, node.field("body").kids):
            if each.type != "case_statement":
                raise NotListed(f"`{short(each)}` stands in a switch outside its cases")
            value = each.fields.get("value")
            if value is None:
                default = len(steps)
            else:
                known = scope.expr(value).const
                if known is None:
                    raise NotListed(f"`{short(value)}` is not constant")
                cases[known] = len(steps)
            steps.append(sequence(scope, list(spliced(scope, [kid for kid in each.kids if kid is not value]))))
    finally:
        scope.blocks.pop()

    def step(frame: Frame) -> int | str:
        at = cases.get(run(frame), default)
        if at < 0:
            return 0
        for each in steps[at:]:
            end = each(frame)
            if end:
                return 0 if end == BREAK else end
        return 0

    return step


def _value(scope: Scope, node: Node) -> Ex:
    """Compile a block that is an expression; its value is that of its last statement."""
    scope.blocks.append({})
    try:
        *before, last = list(spliced(scope, node.kids)) or [node]
        steps = [statement(scope, each) for each in before]
        if last.type != "expression_statement" or not last.kids:
            raise NotListed(f"`{short(node)}` is a block without a value")
        made = scope.expr(last.kids[0])
    finally:
        scope.blocks.pop()
    value = made.run

    def run(frame: Frame) -> int:
        for step in steps:
            if step(frame):
                raise NotListed("a block that is an expression is left in its middle")
        return value(frame)

    return Ex(run, made.type)


STATEMENTS.update({
    "compound_statement": _compound, "expression_statement": _expression,
    "if_statement": _if, "while_statement": _loop, "do_statement": _loop,
    "for_statement": _for, "return_statement": _return, "goto_statement": _goto, "switch_statement": _switch,
    "break_statement": lambda _, __: lambda _: BREAK, "continue_statement": lambda _, __: lambda _: CONTINUE,
    "labeled_statement": lambda scope, node: sequence(scope, [node]),
})  # fmt: skip
EXPRESSIONS["compound_statement"] = _value
