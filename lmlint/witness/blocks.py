"""Blocks: statements one after the other, labels, `#if`, and how a run is watched and limited."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lmlint.witness.machine import NotListed
from lmlint.witness.scope import Frame, failing, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmlint.source import Node
    from lmlint.witness.scope import Scope

Step = Callable[[Frame], int | str]
"""A compiled statement; it returns how it ends: 0, or what leaves the loop, the function or the block."""
STATEMENTS: dict[str, Callable[[Scope, Node], Step]] = {}
"""By the type of a node, what compiles it."""
CONDITIONALS = frozenset({"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef"})
_NOTHING = frozenset({"preproc_def", "preproc_function_def", "preproc_call", "preproc_include", "attributed_statement"})
_INSIDE = frozenset({"compound_statement", "if_statement", "for_statement", "while_statement", "do_statement",
                     "switch_statement", "labeled_statement"})  # fmt: skip
"""Statements in which a part that does not parse stops the run only where it is reached."""


def spliced(scope: Scope, nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield statements, those under `#if` only where its condition holds."""
    for node in nodes:
        if node.type in CONDITIONALS:
            yield from spliced(scope, chosen(scope, node))
        elif node.type not in _NOTHING:
            yield node


def chosen(scope: Scope, node: Node) -> Sequence[Node]:
    """Return what an `#if` leaves of its statements."""
    alternative = node.fields.get("alternative")
    condition = node.fields.get("condition") or node.fields.get("name")
    inside = [kid for kid in node.kids if kid is not alternative and kid is not condition]
    if condition is None:
        return inside
    text, word = condition.text, node.text.lstrip().split(None, 1)[0]
    holds = scope.names.holds(f"defined({text})" if word.endswith("def") else text) is not word.endswith("ndef")
    if holds:
        return inside
    return [] if alternative is None else [alternative]


def block(scope: Scope, nodes: Sequence[Node]) -> Step:
    """Compile statements that follow each other, in a scope of their own."""
    scope.blocks.append({})
    try:
        return sequence(scope, list(spliced(scope, nodes)))
    finally:
        scope.blocks.pop()


def sequence(scope: Scope, nodes: list[Node]) -> Step:
    """Compile statements that follow each other, in the scope that is there."""
    steps: list[Step] = []
    labels: dict[str, int] = {}
    queue = list(reversed(nodes))
    while queue:
        node = queue.pop()
        if node.type == "labeled_statement":
            labels[node.field("label").text] = len(steps)
            queue.extend(reversed([kid for kid in node.kids if kid is not node.field("label")]))
        else:
            steps.append(statement(scope, node))
    if labels:
        return _with_labels(scope, tuple(steps), labels)
    if len(steps) == 1:
        return steps[0]
    if len(steps) == 2:  # noqa: PLR2004
        one, two = steps
        return lambda frame: one(frame) or two(frame)
    every = tuple(steps)

    def run(frame: Frame) -> int | str:
        for step in every:
            if end := step(frame):
                return end
        return 0

    return run


def _with_labels(scope: Scope, steps: tuple[Step, ...], labels: dict[str, int]) -> Step:
    tick = ticker(scope)

    def run(frame: Frame) -> int | str:
        at = 0
        while at < len(steps):
            end = steps[at](frame)
            at += 1
            if end:
                if end not in labels:
                    return end
                tick()
                at = labels[str(end)]
        return 0

    return run


def ticker(scope: Scope) -> Callable[[], None]:
    """Return what spends one step, and stops the run when there are none left."""
    machine = scope.machine

    def tick() -> None:
        machine.steps -= 1
        if machine.steps < 0:
            raise machine.exhausted()

    return tick


def statement(scope: Scope, node: Node) -> Step:
    """Compile a statement; where it cannot be interpreted, running it says so."""
    handler = STATEMENTS.get(node.type)
    step: Step
    if handler is None or (node.broken and node.type not in _INSIDE):
        step = failing(f"`{short(node)}` is not C that the witness interprets").run
    else:
        try:
            step = handler(scope, node)
        except NotListed as error:
            step = failing(str(error)).run
    note = None if node.type == "compound_statement" else scope.names.trace(scope.function, scope.line or node.line, -1)
    if note is None:
        return step
    seen = note

    def noted(frame: Frame) -> int | str:
        seen()
        return step(frame)

    return noted


def test(scope: Scope, node: Node) -> Callable[[Frame], int]:
    """Compile a condition."""
    value = scope.careful(node)
    run, line = value.run, scope.line or node.line
    yes, no = (scope.names.trace(scope.function, line, outcome) for outcome in (1, 0))
    if yes is None or no is None:
        return run
    true, false = yes, no

    def noted(frame: Frame) -> int:
        result = run(frame)
        (true if result else false)()
        return result

    return noted
