"""Expressions: each evaluation gives the paths it can take, with a value on each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import literal, unary
from lmlint.engine.assignments import assignment, is_counter, shows_counter, subscripts, update
from lmlint.engine.effects import read_at
from lmlint.engine.operators import (
    account_of,
    as_pointer,
    as_type,
    combine,
    element,
    failed,
    pointer_truth,
    split_type,
    versions_tested,
)
from lmlint.engine.primitives import primitive
from lmlint.engine.program import Program, Undecided
from lmlint.engine.state import State, tables_in, truth_of
from lmlint.engine.value import Account, Entry, Formula, Pointer, Slot, Truth, Value, is_found, negated
from lmlint.engine.walks import renamed
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.source import Node

Paths = list[tuple[State, Value]]
Caller = Callable[["Node", str, "list[Node]", State], "Paths | None"]

_OFTEN = 256
"""How many expressions are evaluated between two looks at the clock."""
_MATCHED = frozenset({"call_expression", "assignment_expression", "update_expression", "subscript_expression",
                      "binary_expression", "field_expression"})  # fmt: skip


@dataclass
class Evaluator:
    """Evaluates expressions of a program; `call` follows calls of the file's own functions."""

    program: Program
    call: Caller
    evaluated: int = 0

    def value(self, node: Node, state: State) -> Paths:
        """Return the paths through an expression, with its value; raises Undecided where they or the time run out."""
        self.evaluated += 1
        if not self.evaluated % _OFTEN:
            self.program.in_time(node)
        if node.type in _MATCHED:
            found = self.program.primitive(node)
            if found is not None:
                return primitive(self, node, found[0], found[1], state)
        handler = _HANDLERS.get(node.type)
        paths: Paths = self.opaque(node, state) if handler is None else handler(self, node, state)
        self.program.few(len(paths), node)
        return paths

    def condition(self, node: Node, state: State) -> list[tuple[State, bool]]:
        """Return the paths on which a condition is true and those on which it is false."""
        inner = bare(node)
        if inner.type == "binary_expression" and inner.op in {"&&", "||"}:
            decisive = inner.op == "||"
            out: list[tuple[State, bool]] = []
            for after, truth in self.condition(inner.field("left"), state):
                if truth is decisive:
                    out.append((after, truth))
                else:
                    out += self.condition(inner.field("right"), after)
                self.program.few(len(out), node)
            return out
        if inner.type == "unary_expression" and inner.op == "!":
            return [(s, not truth) for s, truth in self.condition(inner.field("argument"), state)]
        if inner.type == "comma_expression":
            return [
                p for s, _ in self.value(inner.field("left"), state) for p in self.condition(inner.field("right"), s)
            ]
        if inner.type == "pointer_expression" and inner.op == "&":  # nothing has the address zero
            return [(state, True)]
        out = []
        for after, value in self.value(inner, state):
            formula = truth_of(value)
            if formula is None:
                formula = pointer_truth(self.program, value)
            out += self.decide(inner, formula, after)
        return out

    def decide(self, node: Node, formula: Formula, state: State) -> list[tuple[State, bool]]:
        """Return the paths on which a condition holds and those on which it does not, each with the step noted."""
        out = []
        known = state.knows(formula)
        for truth in (True, False):
            for path in state.assume(formula, truth=truth):
                new = path.copy() if path is state else path
                new.tested |= versions_tested(formula)
                new.failed |= failed(formula, self.program.rule.fail, truth=truth)
                new.log("branch", node, formula=formula, truth=truth, free=known is None)
                out.append((new, truth))
        return out

    def values(self, nodes: list[Node], state: State) -> list[tuple[State, list[Value]]]:
        """Return the paths through expressions in order, with their values."""
        paths: list[tuple[State, list[Value]]] = [(state, [])]
        for node in nodes:
            paths = [(after, [*values, value]) for s, values in paths for after, value in self.value(node, s)]
            self.program.few(len(paths), node)
        return paths

    def opaque(self, node: Node, state: State) -> Paths:
        """Return the path past an expression that is not followed."""
        if node.broken:
            raise Undecided("C that lmlint cannot parse", node)
        return [(state, self.program.unknown("call", node.text))]


def _parenthesized(evaluator: Evaluator, node: Node, state: State) -> Paths:
    if len(node.kids) == 1 and node.kids[0].type != "compound_statement":
        return evaluator.value(node.kids[0], state)
    if any(k.text for n in node.walk() if (k := n).type == "identifier" and k.text in evaluator.program.rule.writers):
        raise Undecided("a statement expression", node)
    return evaluator.opaque(node, state)


def _identifier(evaluator: Evaluator, node: Node, state: State) -> Paths:
    name = node.text
    if name in state.env:
        return [(state, state.env[name])]
    if name in evaluator.program.rule.accounts and name not in state.types:
        return [(state, Account(name))]
    if name == evaluator.program.rule.array and name not in state.types:
        found = evaluator.program.primitive(node)
        if found is not None and found[0].action == "read":  # a counter of one account may be a variable
            return evaluator.opaque(node, state)
        raise Undecided(f"the counter `{name}` is used in a way the rule does not list", node)
    if name in evaluator.program.rule.table_bits and name not in state.types:  # whatever it is worth
        return [(state, of(Symbol("name", (name,)), evaluator.program.width))]
    known = None if name in state.types else evaluator.program.constant(name)
    if known is not None:
        return [(state, known)]
    if name in {"true", "false", "NULL"}:
        return [(state, evaluator.program.number(int(name == "true")))]
    macro = None if name in state.types else evaluator.program.source.constants.get(name)
    if macro is not None and macro.type != "identifier" and state.macro is None:
        inside = state.copy()
        inside.macro = node
        return [(_back(after, state), value) for after, value in evaluator.value(macro, inside)]
    if evaluator.program.rule.error and re.fullmatch(evaluator.program.rule.error, name):
        return [(state, of(Symbol("errno", (name,)), evaluator.program.width))]
    value = of(Symbol("name", (name,)), evaluator.program.width)
    if name in state.types:
        value = evaluator.program.unknown("uninit", name)
        state.env[name] = as_type(evaluator.program, value, *split_type(state.types[name]))
        return [(state, state.env[name])]
    return [(state, value)]


def _true(evaluator: Evaluator, _node: Node, state: State) -> Paths:
    return [(state, evaluator.program.number(1))]


def _zero(evaluator: Evaluator, _node: Node, state: State) -> Paths:
    return [(state, evaluator.program.number(0))]


def _number(evaluator: Evaluator, node: Node, state: State) -> Paths:
    return [(state, literal(node.text, evaluator.program.width) or evaluator.program.unknown("call", node.text))]


def _name(evaluator: Evaluator, node: Node, state: State) -> Paths:
    if shows_counter(evaluator.program, node, state):
        raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
    if node.text in state.env:
        return [(state, state.env[node.text])]
    return [(state, of(Symbol("name", (node.text,)), evaluator.program.width))]


def _sizeof(evaluator: Evaluator, node: Node, state: State) -> Paths:
    return [(state, of(Symbol("sizeof", (node.text,)), evaluator.program.width))]


def _comma(evaluator: Evaluator, node: Node, state: State) -> Paths:
    return [p for s, _ in evaluator.value(node.field("left"), state) for p in evaluator.value(node.field("right"), s)]


def _cast(evaluator: Evaluator, node: Node, state: State) -> Paths:
    kind, stars = split_type(node.field("type").text)
    levels = evaluator.program.rule.level_of_type
    out: Paths = []
    for after, value in evaluator.value(node.field("value"), state):
        cast = as_pointer(evaluator.program, value, levels[kind]) if stars == 1 and kind in levels else value
        out.append((after, cast))
    return out


def _unary(evaluator: Evaluator, node: Node, state: State) -> Paths:
    out: Paths = []
    for after, value in evaluator.value(node.field("argument"), state):
        if node.op == "!":
            formula = truth_of(value)
            out.append((after, Truth(negated(pointer_truth(evaluator.program, value) if formula is None else formula))))
        elif isinstance(value, Amount):
            out.append((after, unary(node.op, value)))
        else:
            out.append((after, evaluator.program.unknown("call", node.text)))
    return out


def _pointer(evaluator: Evaluator, node: Node, state: State) -> Paths:
    target = bare(node.field("argument"))
    if node.op == "*":
        return [_deref(evaluator.program, node, s, v, None) for s, v in evaluator.value(target, state)]
    if target.type == "subscript_expression" and is_counter(evaluator.program, target.field("argument"), state):
        return [(s, Slot(account_of(v))) for s, v in evaluator.value(target.field("index"), state)]
    if target.type == "subscript_expression":
        return [(s, element(evaluator.program, a, i)) for s, (a, i) in subscripts(evaluator, target, state)]
    if target.type == "pointer_expression" and target.op == "*":
        return evaluator.value(target.field("argument"), state)
    if target.type == "identifier" and target.text in state.types:
        return [(state, of(Symbol("address", (target.text,)), evaluator.program.width))]
    return _name(evaluator, target, state)


def _deref(program: Program, node: Node, state: State, pointer: Value, index: Value | None) -> tuple[State, Value]:
    target = pointer if index is None else element(program, pointer, index)
    if isinstance(target, Pointer):
        return (state, Entry(read_at(target.loc, state)))
    return (state, of(Symbol("name", (node.text,)), program.width))


def _subscript(evaluator: Evaluator, node: Node, state: State) -> Paths:
    return [_deref(evaluator.program, node, s, a, i) for s, (a, i) in subscripts(evaluator, node, state)]


def _conditional(evaluator: Evaluator, node: Node, state: State) -> Paths:
    out: Paths = []
    for after, truth in evaluator.condition(node.field("condition"), state):
        branch = node.fields.get("consequence" if truth else "alternative", node.field("condition"))
        out += evaluator.value(branch, after)
    return out


def _binary(evaluator: Evaluator, node: Node, state: State) -> Paths:
    if node.op in {"&&", "||"}:
        return [(s, evaluator.program.number(int(truth))) for s, truth in evaluator.condition(node, state)]
    out: Paths = []
    for after, (left, right) in (
        (s, vs) for s, vs in evaluator.values([node.field("left"), node.field("right")], state)
    ):
        if node.op in {"==", "!="} and isinstance(left, Pointer) and isinstance(right, Pointer):
            one, other = (left, right) if is_found(left.loc) else (right, left)
            if is_found(one.loc) and one.loc.base != other.loc.base:  # the one that was looked up, or another one
                equal = evaluator.program.number(int(node.op == "=="))
                if not is_found(other.loc) or other.loc.level == one.loc.level:
                    out.append((renamed(one, other, after), equal))
                out.append((after, evaluator.program.number(1) - equal))
                continue
        out.append((after, combine(evaluator.program, node.op, left, right, node)))
    return out


def _call(evaluator: Evaluator, node: Node, state: State) -> Paths:
    callee, arguments = node.field("function"), list(node.field("arguments").kids)
    name = callee.text if callee.type == "identifier" else ""
    if name and name not in state.env:
        paths = evaluator.call(node, name, arguments, state)
        if paths is not None:
            return paths
    for argument in arguments:
        _check_counter(evaluator.program, argument, state)
    out: Paths = []
    for after, values in evaluator.values([a for a in arguments if a.type != "type_descriptor"], state):
        if any(isinstance(v, Slot) for v in values):
            raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        changed = [v.symbol.args[0] for v in values if isinstance(v, Amount) and v.symbol and v.symbol.op == "address"]
        tables = frozenset[Symbol]().union(*map(tables_in, values))
        new = after.copy() if changed or tables else after
        if tables and any(_leads_on(v) for v in values):  # it may be the one that links the table
            new.escaped |= tables
        for variable in changed:
            new.env.pop(str(variable), None)
        if arguments or not name:
            out.append((new, evaluator.program.unknown("call", name or callee.text)))
        else:  # a question without arguments is taken to be answered the same way twice
            out.append((new, of(Symbol("name", (node.text,)), evaluator.program.width)))
    return out


def _leads_on(value: Value) -> bool:
    """Whether whoever is handed a value may find a page table by it; a number or a global name does not lead there."""
    if isinstance(value, Amount):
        known = value.constant is not None or (value.symbol is not None and value.symbol.op == "name")
        return not known and not tables_in(value)
    return not tables_in(value)


def _check_counter(program: Program, node: Node, state: State) -> None:
    inner = bare(node)
    while inner.type in {"subscript_expression", "pointer_expression"}:
        inner = bare(inner.field("argument"))
    if inner.type == "identifier" and inner.text == program.rule.array and inner.text not in state.types:
        raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)


def _back(state: State, caller: State) -> State:
    new = state.copy()
    new.macro = caller.macro
    return new


_HANDLERS: dict[str, Callable[[Evaluator, Node, State], Paths]] = {
    "parenthesized_expression": _parenthesized, "identifier": _identifier,
    "number_literal": _number, "true": _true, "false": _zero, "null": _zero,
    "comma_expression": _comma, "cast_expression": _cast, "unary_expression": _unary,
    "pointer_expression": _pointer, "subscript_expression": _subscript,
    "assignment_expression": assignment, "update_expression": update,
    "conditional_expression": _conditional, "binary_expression": _binary,
    "call_expression": _call, "field_expression": _name,
    "sizeof_expression": _sizeof,
}  # fmt: skip
