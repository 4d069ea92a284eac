"""Assignments: to variables, through pointers to entries, and to the counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.effects import record, store
from lmlint.engine.operators import as_type, combine, element, split_type
from lmlint.engine.program import Undecided
from lmlint.engine.raised import note
from lmlint.engine.state import tables_in
from lmlint.engine.value import Entry, Pointer, Slot, Value, Virtual
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Evaluator, Paths
    from lmlint.engine.program import Program
    from lmlint.engine.state import State
    from lmlint.source import Node


def assignment(evaluator: Evaluator, node: Node, state: State) -> Paths:
    """Return the paths through an assignment."""
    left, op = bare(node.field("left")), node.op
    out: Paths = []
    for after, value in evaluator.value(node.field("right"), state):
        if op != "=":
            slot = _slot(left, after)
            if slot is not None and op in {"+=", "-="}:
                out += record(node, "add" if op == "+=" else "sub", slot, value, after)
                continue
            for s, old in evaluator.value(left, after):
                out += assign(evaluator, node, left, combine(evaluator.program, op[:-1], old, value, node), s)
        else:
            out += assign(evaluator, node, left, value, after)
    return out


def update(evaluator: Evaluator, node: Node, state: State) -> Paths:
    """Return the paths through `++` or `--`."""
    target = node.field("argument")
    out: Paths = []
    one = evaluator.program.number(1)
    for after, old in evaluator.value(target, state):
        new = combine(evaluator.program, "+" if node.op == "++" else "-", old, one, node)
        for s, _ in assign(evaluator, node, target, new, after):
            out.append((s, new if node.text.startswith(node.op) else old))
    return out


def _slot(left: Node, state: State) -> Any:
    """Return the account that `*p` stands for where p points into the counter."""
    if left.type != "pointer_expression" or left.op != "*":
        return None
    inner = bare(left.field("argument"))
    value = state.env.get(inner.text) if inner.type == "identifier" else None
    return value.account if isinstance(value, Slot) else None


def assign(evaluator: Evaluator, node: Node, left: Node, value: Value, state: State) -> Paths:
    """Return the paths through a store to an lvalue: a variable, an entry, or something that is not followed."""
    left = bare(left)
    found = evaluator.program.primitive(left) if left.type == "call_expression" else None
    if found is not None and found[0].action == "keep":
        return assign(evaluator, node, found[1]["x"], value, state)
    if left.type == "identifier":
        if left.text == evaluator.program.rule.array and left.text not in state.types:
            raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        new = state.copy()
        kind = new.types.get(left.text)
        new.env[left.text] = value if kind is None else as_type(evaluator.program, value, *split_type(kind))
        note(new, node, left.text, value, state.env.get(left.text))
        evaluator.program.label(value, left.text)
        return [(new, new.env[left.text])]
    if left.type in {"pointer_expression", "subscript_expression"}:
        return _store_through(evaluator, node, left, value, state)
    if shows_counter(evaluator.program, left, state):
        raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
    new = state.copy()
    new.env[left.text] = value
    new.escaped |= tables_in(value)
    return [(new, value)]


def _store_through(evaluator: Evaluator, node: Node, left: Node, value: Value, state: State) -> Paths:
    if left.type == "subscript_expression":
        targets = [(s, element(evaluator.program, a, i)) for s, (a, i) in subscripts(evaluator, left, state)]
    else:
        targets = evaluator.value(left.field("argument"), state)
    out: Paths = []
    for after, target in targets:
        if isinstance(target, Slot):
            raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        if isinstance(target, Pointer) and isinstance(value, Entry):
            out += store(evaluator.program, node, target, value.version, after)
        elif isinstance(target, Pointer):
            raise Undecided(f"`{node.text}` writes a value lmlint cannot follow", node)
        elif isinstance(value, Entry) and not isinstance(target, Virtual) and not _is_local(left, after):
            raise Undecided(
                f"`{node.text}` writes an entry where lmlint cannot follow: through no pointer of its type", node
            )
        else:
            new = after.copy()
            new.escaped |= tables_in(value)
            out.append((new, value))
    return out


def _is_local(left: Node, state: State) -> bool:
    """Whether an lvalue is part of a local variable, such as an array that values are kept in."""
    inner = left
    while inner.type in {"subscript_expression", "parenthesized_expression"}:
        inner = inner.field("argument") if inner.type == "subscript_expression" else inner.kids[0]
    return inner.type == "identifier" and inner.text in state.types


def subscripts(evaluator: Evaluator, node: Node, state: State) -> list[tuple[State, tuple[Value, Value]]]:
    """Return the paths through `array[index]`, with the array and the index."""
    nodes = [node.field("argument"), node.field("index")]
    if is_counter(evaluator.program, nodes[0], state):
        raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
    return [(s, (vs[0], vs[1])) for s, vs in evaluator.values(nodes, state)]


def shows_counter(program: Program, node: Node, state: State) -> bool:
    """Whether the counter occurs in an expression."""
    array = program.rule.array
    kinds = {"identifier", "field_identifier"} if program.rule.member else {"identifier"}
    return any(kid.type in kinds and kid.text == array for kid in node.walk()) and array not in state.types


def is_counter(program: Program, node: Node, state: State) -> bool:
    """Whether an expression is the counter itself."""
    return node.type == "identifier" and node.text == program.rule.array and node.text not in state.types
