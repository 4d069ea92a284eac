"""Expressions: each evaluation gives the paths it can take, with a value on each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.program import Program, Undecided, binary, literal, unary
from lmlint.engine.state import BELOW, State, truth_of
from lmlint.engine.value import (
    Account,
    Aligned,
    Atom,
    Compare,
    Entry,
    Formula,
    Loc,
    Low,
    Not,
    Pointer,
    Prot,
    Safe,
    Same,
    Slot,
    Test,
    Truth,
    Value,
    Version,
    Virtual,
    both,
    either,
    negated,
)
from lmlint.pattern import bare, metavariable

if TYPE_CHECKING:
    from lmlint.rule import Meaning
    from lmlint.source import Node

Paths = list[tuple[State, Value]]
Caller = Callable[["Node", str, "list[Node]", State], "Paths | None"]

_MATCHED = frozenset({"call_expression", "assignment_expression", "update_expression", "subscript_expression"})
TABLE = frozenset({"table"})


@dataclass
class Evaluator:
    """Evaluates expressions of a program; `call` follows calls of the file's own functions."""

    program: Program
    call: Caller

    # entry points

    def value(self, node: Node, state: State) -> Paths:
        """Return the paths through an expression, with its value."""
        if node.type in _MATCHED:
            found = self.program.rule.primitives.find(node)
            if found is not None:
                return self._primitive(node, found[0], found[1], state)
        handler = _HANDLERS.get(node.type)
        paths: Paths = self._opaque(node, state) if handler is None else handler(self, node, state)
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
            return out
        if inner.type == "unary_expression" and inner.op == "!":
            return [(s, not truth) for s, truth in self.condition(inner.field("argument"), state)]
        if inner.type == "comma_expression":
            return [
                p for s, _ in self.value(inner.field("left"), state) for p in self.condition(inner.field("right"), s)
            ]
        out = []
        for after, value in self.value(inner, state):
            formula = truth_of(value)
            if formula is None:
                formula = self._pointer_truth(value)
            out += self.decide(inner, formula, after)
        return out

    def decide(self, node: Node, formula: Formula, state: State) -> list[tuple[State, bool]]:
        """Return the paths on which a condition holds and those on which it does not, each with the step noted."""
        out = []
        known = state.knows(formula)
        for truth in (True, False):
            for path in state.assume(formula, truth=truth):
                new = path.copy() if path is state else path
                new.tested |= _versions(formula)
                new.failed |= _failed(formula, self.program.rule.fail, truth=truth)
                new.log("branch", node, formula=formula, truth=truth, free=known is None)
                out.append((new, truth))
        return out

    # conversions

    def pointer(self, value: Value, level: str) -> Value:
        """Return a value as a pointer to entries of a level."""
        if isinstance(value, Pointer) and value.loc.level == level:
            return value
        zero = self.program.number(0)
        if isinstance(value, Virtual):
            symbol = value.table.symbol
            kind = "fresh" if symbol is not None and symbol.op == "alloc" else "unknown"
            return Pointer(Loc((kind, symbol or value.table), zero, level))
        if isinstance(value, Amount):
            symbol = value.symbol
            if symbol is not None and symbol.op == "alloc":
                return Pointer(Loc(("fresh", symbol), zero, level))
            if value.is_zero:
                return value
            return Pointer(Loc(("unknown", value), zero, level))
        if isinstance(value, Pointer):
            return Pointer(Loc(("unknown", Symbol("cast", (value.loc, level))), zero, level))
        return self.pointer(self.program.unknown("call", "pointer"), level)

    def typed(self, value: Value, kind: str, stars: int) -> Value:
        """Return a value as a variable of a C type holds it."""
        rule = self.program.rule
        if kind in rule.level_of_type:
            level = rule.level_of_type[kind]
            if stars:
                return self.pointer(value, level)
            return (
                value
                if isinstance(value, Entry | Prot)
                else Entry(Version(level, ("unknown", self.program.fresh("fresh", kind))))
            )
        if kind in rule.prot_types and not stars and not isinstance(value, Prot):
            return Prot(self.prot(value))
        return value

    def prot(self, value: Value) -> Formula:
        """Return the contiguous bit of a protection value; one from outside the file has none (the rule assumes it)."""
        if isinstance(value, Prot):
            return value.bit
        if isinstance(value, Entry):
            return Test(value.version, frozenset({"cont"}))
        if isinstance(value, Amount) and value.symbol is not None and value.symbol.op == "|":
            return any(
                isinstance(a, Amount) and a.symbol == Symbol("name", (self.program.rule.bit,))
                for a in value.symbol.args
            )
        return _outside_bit(value)

    def _pointer_truth(self, value: Value) -> Formula:
        if isinstance(value, Pointer) and value.loc.base[0] in {"fresh", "unknown"}:
            return Not(Atom(Symbol("null", (value.loc.base[1],))))
        if isinstance(value, Virtual):
            return Not(Atom(Symbol("null", (value.table,))))
        return True if isinstance(value, Pointer) else Atom(self.program.fresh("call", "truth"))

    # primitives of the rule

    def _primitive(self, node: Node, meaning: Meaning, found: Any, state: State) -> Paths:
        action = meaning.action
        if action in {"add", "sub"}:
            return self._record(node, action, found, state)
        if action == "stops":
            return [(s, self.program.number(0)) for s, truth in self.condition(found["c"], state) if not truth]
        handler = _PRIMITIVES.get(action)
        if handler is None:
            return self._opaque(node, state)
        out: Paths = []
        names = tuple(found)
        for after, values in self._all([found[n] for n in names], state):
            out += handler(self, node, meaning, dict(zip(names, values, strict=True)), after)
        return out

    def _all(self, nodes: list[Node], state: State) -> list[tuple[State, list[Value]]]:
        paths: list[tuple[State, list[Value]]] = [(state, [])]
        for node in nodes:
            paths = [(after, [*values, value]) for s, values in paths for after, value in self.value(node, s)]
        return paths

    def _record(self, node: Node, action: str, found: Any, state: State) -> Paths:
        one = self.program.number(1)
        nodes = [found["a"], *([found["n"]] if "n" in found else [])]
        out: Paths = []
        for after, values in self._all(nodes, state):
            amount = values[1] if len(values) > 1 else one
            out += self._record_in(node, action, _account(values[0]), amount, after)
        return out

    def _record_in(self, node: Node, action: str, account: Any, amount: Value, state: State) -> Paths:
        if not isinstance(amount, Amount):
            raise Undecided(f"the amount of `{node.text}` is not a number lmlint can follow", node)
        new = state.copy()
        amount = new.norm(amount)
        signed = amount if action == "add" else -amount
        new.add(new.recorded, account, signed)
        new.own = True
        new.log("record", node, account=account, amount=signed, action=action)
        return [(new, amount)]

    def _read(self, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        pointer = found.get("p")
        if not meaning.level:
            return [(state, self.program.unknown("call", node.text))]
        if not isinstance(pointer, Pointer):
            return [(state, Entry(Version(meaning.level, ("unknown", self.program.fresh("fresh", node.text)))))]
        return [(state, Entry(self._at(pointer.loc, state)))]

    def _at(self, loc: Loc, state: State) -> Version:
        if loc.base[0] == "table":
            state.walked |= {state.read(loc.base[1])}
        return state.read(loc)

    def _write(self, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        pointer, value = found["p"], found["v"]
        if isinstance(pointer, Pointer) and len(meaning.detail) > 1:
            level = pointer.loc.level
        else:
            level = value.version.level if isinstance(value, Entry) and len(meaning.detail) > 1 else meaning.level
        if level not in meaning.detail or (len(meaning.detail) > 1 and not isinstance(pointer, Pointer | Virtual)):
            return [(state, self.program.number(0))]  # a general spelling, used for something that is no entry
        pointer = self.pointer(pointer, level)
        if isinstance(value, Entry):
            version = value.version
        elif isinstance(value, Prot):
            version = Version(level, ("make", value.bit, self.program.fresh("fresh", "value")))
        elif isinstance(value, Amount) and value.is_zero:
            version = Version(level, ("none",))
        else:
            raise Undecided(f"`{node.text}` writes a value lmlint cannot follow", node)
        return self.store(node, pointer, version, state)

    def _clear(self, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        version = Version(meaning.level, ("none",))
        paths = self.store(node, self.pointer(found["p"], meaning.level), version, state)
        return [(s, self.program.number(0)) for s, _ in paths]

    def _populate(self, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        version = Version(meaning.level, ("table", self.program.fresh("fresh", "table")))
        return self.store(node, self.pointer(found["p"], meaning.level), version, state)

    def store(self, node: Node, pointer: Value, version: Version, state: State) -> Paths:
        """Return the paths through a write: one for each kind that the old and the new entry can be.

        Done on each: minus the size of the old leaf from its account, plus that of the new leaf to its account.
        """
        if not isinstance(pointer, Pointer):
            raise Undecided(f"`{node.text}` writes through a pointer lmlint cannot follow", node)
        loc = pointer.loc
        out: Paths = []
        old = self._at(loc, state)
        kinds = state.kinds_of(old)
        if old in state.walked and "table" in kinds:
            kinds = TABLE
        if version.origin[0] == "unknown":
            state = state.copy()
            state.unknown += ((f"`{node.text}` writes a value lmlint cannot follow", node),)
        for kind in sorted(kinds):
            for one in state.narrow(old, frozenset({kind})):
                for after in sorted(one.kinds_of(version)):
                    for two in one.narrow(version, frozenset({after})):
                        new = two.copy()
                        moved = self._move(new, loc, kind, after)
                        new.put(loc, version)
                        new.log("write", node, loc=loc, old=kind, new=after, replaced=(old,), moved=moved)
                        out.append((new, self.program.number(0)))
        return out

    def _move(self, state: State, loc: Loc, old: str, new: str) -> dict[str, Amount]:
        """Note in the ledger what a write takes away and brings; return it."""
        level = self.program.rule.levels[loc.level]
        gone, come = level.leaf.get(old), level.leaf.get(new)
        moved: dict[str, Amount] = {}
        if old == "table" and loc not in state.empty and level.below:
            moved[BELOW] = -self.program.unknown("below", loc.level)
        if gone != come:
            size = self._leaf_size(loc.level)
            if gone is not None:
                moved[gone] = -size
            if come is not None:
                moved[come] = size
        for account, amount in moved.items():
            state.add(state.done, account, amount)
        return moved

    def _leaf_size(self, level: str) -> Amount:
        """Return the bytes that one entry of a level maps: the size of its plain leaf."""
        leaf = self.program.rule.levels[level].leaf
        return self.program.size(leaf["plain"]) if leaf else self.program.number(0)

    def _walk(self, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        parent = self.pointer(found["p"], meaning.level)
        address = found["a"]
        if not isinstance(parent, Pointer):
            return [(state, self.program.unknown("call", node.text))]
        index = address if isinstance(address, Amount) else self.program.unknown("fresh", "index")
        index = state.norm(index)
        if index.constant is None:
            index = of(Symbol("index", (index,)), self.program.width)
        return [(state, Pointer(Loc(("table", parent.loc), index, meaning.detail)))]

    def _step(self, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        start, end = found["a"], found["e"]
        if not isinstance(start, Amount) or not isinstance(end, Amount):
            return [(state, self.program.unknown("call", "step"))]
        unit: Any = ""
        if meaning.detail:
            unit = self.program.level_sizes(meaning.detail).constant
        return [(state, of(Symbol("step", (state.norm(start), state.norm(end), unit)), self.program.width))]

    def _test(self, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value = found["x"]
        if isinstance(value, Entry):
            return [(state, Truth(Test(value.version, meaning.detail & self.program.levels[value.version.level])))]
        return [(state, Truth(Atom(self.program.fresh("call", "test"))))]

    def _keep(self, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        return [(state, found["x"])]

    def _contiguous(self, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value = found["x"]
        if isinstance(value, Entry):
            return [(state, Entry(Version(value.version.level, (meaning.action, value.version))))]
        return [(state, Prot(meaning.action == "cont"))]

    def _make(self, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        bit = self.prot(found["prot"])
        return [(state, Entry(Version(meaning.level, ("make", bit, self.program.fresh("fresh", "entry")))))]

    def _block(self, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        pointer, size = found["p"], found["n"]
        if isinstance(pointer, Pointer) and isinstance(size, Amount):
            level = self.program.rule.levels[pointer.loc.level]
            entries = self._block_entries(pointer.loc.level)
            if level.block and entries is not None and _entries(size) == entries:
                return [
                    (
                        state,
                        Pointer(
                            Loc(
                                ("block", pointer.loc, self._at(pointer.loc, state)),
                                self.program.number(0),
                                pointer.loc.level,
                            )
                        ),
                    )
                ]
            return [(state, self.pointer(self.program.unknown("call", node.text), pointer.loc.level))]
        return [(state, self.program.unknown("call", node.text))]

    def _block_entries(self, name: str) -> Amount | None:
        level = self.program.rule.levels[name]
        unit = self._leaf_size(name).constant
        return self.program.level_sizes(level.block).over(unit) if level.block and unit else None

    def _safe(self, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        old, new = found["old"], found["new"]
        if isinstance(old, Entry) and isinstance(new, Entry):
            return [(state, Truth(Safe(old.version, new.version)))]
        return [(state, Truth(Atom(self.program.fresh("call", "safe"))))]

    def _aligned(self, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value, unit = found["x"], found["n"]
        if isinstance(value, Amount) and isinstance(unit, Amount) and unit.constant is not None and all(unit.constant):
            formula: Formula = True
            for part in _ored(value):
                formula = both(formula, Aligned(state.norm(part), unit.constant))
            return [(state, Truth(formula))]
        return [(state, Truth(Atom(self.program.fresh("call", "aligned"))))]

    def _align_down(self, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value, unit = found["x"], found["n"]
        if isinstance(value, Amount) and isinstance(unit, Amount):
            return [(state, of(Symbol("align", (state.norm(value), unit)), self.program.width))]
        return [(state, self.program.unknown("call", "align"))]

    def _index(self, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value = found["a"]
        if isinstance(value, Amount):
            return [(state, of(Symbol("index", (state.norm(value),)), self.program.width))]
        return [(state, self.program.unknown("call", node.text))]

    def _alloc(self, _node: Node, _meaning: Meaning, _found: dict[str, Value], state: State) -> Paths:
        return [(state, self.program.unknown("alloc"))]

    def _virt(self, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        table = found["t"]
        return [(state, Virtual(table) if isinstance(table, Amount) else self.program.unknown("call", node.text))]

    def _phys(self, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        value = found["t"]
        if isinstance(value, Virtual):
            return [(state, value.table)]
        if isinstance(value, Pointer) and value.loc.base[0] == "fresh":
            return [(state, of(value.loc.base[1], self.program.width))]
        return [(state, self.program.unknown("call", node.text))]

    def _dies(self, _node: Node, _meaning: Meaning, _found: dict[str, Value], _state: State) -> Paths:
        return []

    def _passes(self, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        return [(state, found["c"])]

    def _region(self, _node: Node, _meaning: Meaning, _found: dict[str, Value], state: State) -> Paths:
        # What is outside the counted region is not in the ledger, so only the paths inside it are followed.
        return [(state, Truth(formula=True))]

    # C

    def _parenthesized(self, node: Node, state: State) -> Paths:
        if len(node.kids) == 1 and node.kids[0].type != "compound_statement":
            return self.value(node.kids[0], state)
        if any(k.text for n in node.walk() if (k := n).type == "identifier" and k.text in self.program.rule.writers):
            raise Undecided("a statement expression", node)
        return self._opaque(node, state)

    def _identifier(self, node: Node, state: State) -> Paths:
        name = node.text
        if name in state.env:
            return [(state, state.env[name])]
        if name in self.program.rule.accounts and name not in state.types:
            return [(state, Account(name))]
        if name == self.program.rule.array and name not in state.types:
            raise Undecided(f"the counter `{name}` is used in a way the rule does not list", node)
        known = None if name in state.types else self.program.constant(name)
        if known is not None:
            return [(state, known)]
        if name in {"true", "false", "NULL"}:
            return [(state, self.program.number(int(name == "true")))]
        macro = None if name in state.types else self.program.source.constants.get(name)
        if macro is not None and macro.type != "identifier" and state.macro is None:
            inside = state.copy()
            inside.macro = node
            return [(_back(after, state), value) for after, value in self.value(macro, inside)]
        if self.program.rule.error and re.fullmatch(self.program.rule.error, name):
            return [(state, of(Symbol("errno", (name,)), self.program.width))]
        value = of(Symbol("name", (name,)), self.program.width)
        if name in state.types:
            value = self.program.unknown("uninit", name)
            state.env[name] = self.typed(value, *_split(state.types[name]))
            return [(state, state.env[name])]
        return [(state, value)]

    def _true(self, _node: Node, state: State) -> Paths:
        return [(state, self.program.number(1))]

    def _zero(self, _node: Node, state: State) -> Paths:
        return [(state, self.program.number(0))]

    def _number(self, node: Node, state: State) -> Paths:
        return [(state, literal(node.text, self.program.width) or self.program.unknown("call", node.text))]

    def _name(self, node: Node, state: State) -> Paths:
        for kid in node.walk():
            if kid.type == "identifier" and kid.text == self.program.rule.array and kid.text not in state.types:
                raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        if node.text in state.env:
            return [(state, state.env[node.text])]
        return [(state, of(Symbol("name", (node.text,)), self.program.width))]

    def _expand(self, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
        inside = state.copy()
        inside.env = {metavariable(name): value for name, value in found.items()}
        return [(state, value) for _, value in self.value(meaning.detail, inside)[:1]]

    def _sizeof(self, node: Node, state: State) -> Paths:
        return [(state, of(Symbol("sizeof", (node.text,)), self.program.width))]

    def _comma(self, node: Node, state: State) -> Paths:
        return [p for s, _ in self.value(node.field("left"), state) for p in self.value(node.field("right"), s)]

    def _cast(self, node: Node, state: State) -> Paths:
        kind, stars = _split(node.field("type").text)
        levels = self.program.rule.level_of_type
        out: Paths = []
        for after, value in self.value(node.field("value"), state):
            cast = self.pointer(value, levels[kind]) if stars == 1 and kind in levels else value
            out.append((after, cast))
        return out

    def _unary(self, node: Node, state: State) -> Paths:
        out: Paths = []
        for after, value in self.value(node.field("argument"), state):
            if node.op == "!":
                formula = truth_of(value)
                out.append((after, Truth(negated(self._pointer_truth(value) if formula is None else formula))))
            elif isinstance(value, Amount):
                out.append((after, unary(node.op, value)))
            else:
                out.append((after, self.program.unknown("call", node.text)))
        return out

    def _pointer(self, node: Node, state: State) -> Paths:
        target = bare(node.field("argument"))
        if node.op == "*":
            return [self._deref(node, s, v, None) for s, v in self.value(target, state)]
        if target.type == "subscript_expression" and self._is_counter(target.field("argument"), state):
            return [(s, Slot(_account(v))) for s, v in self.value(target.field("index"), state)]
        if target.type == "subscript_expression":
            return [(s, self._element(a, i)) for s, (a, i) in self._subscripts(target, state)]
        if target.type == "pointer_expression" and target.op == "*":
            return self.value(target.field("argument"), state)
        if target.type == "identifier" and target.text in state.types:
            return [(state, of(Symbol("address", (target.text,)), self.program.width))]
        return self._name(target, state)

    def _subscripts(self, node: Node, state: State) -> list[tuple[State, tuple[Value, Value]]]:
        nodes = [node.field("argument"), node.field("index")]
        if self._is_counter(nodes[0], state):
            raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        return [(s, (vs[0], vs[1])) for s, vs in self._all(nodes, state)]

    def _is_counter(self, node: Node, state: State) -> bool:
        return node.type == "identifier" and node.text == self.program.rule.array and node.text not in state.types

    def _element(self, array: Value, index: Value) -> Value:
        if isinstance(array, Pointer) and isinstance(index, Amount):
            return Pointer(Loc(array.loc.base, array.loc.index + index, array.loc.level))
        return self.program.unknown("call", "element")

    def _deref(self, node: Node, state: State, pointer: Value, index: Value | None) -> tuple[State, Value]:
        target = pointer if index is None else self._element(pointer, index)
        if isinstance(target, Pointer):
            return (state, Entry(self._at(target.loc, state)))
        return (state, of(Symbol("name", (node.text,)), self.program.width))

    def _subscript(self, node: Node, state: State) -> Paths:
        return [self._deref(node, s, a, i) for s, (a, i) in self._subscripts(node, state)]

    def _assignment(self, node: Node, state: State) -> Paths:
        left, op = bare(node.field("left")), node.op
        out: Paths = []
        for after, value in self.value(node.field("right"), state):
            if op != "=":
                slot = self._slot(left, after)
                if slot is not None and op in {"+=", "-="}:
                    out += self._record_in(node, "add" if op == "+=" else "sub", slot, value, after)
                    continue
                for s, old in self.value(left, after):
                    out += self.assign(node, left, self._combine(op[:-1], old, value, node), s)
            else:
                out += self.assign(node, left, value, after)
        return out

    def _slot(self, left: Node, state: State) -> Any:
        """Return the account that `*p` stands for where p points into the counter."""
        if left.type != "pointer_expression" or left.op != "*":
            return None
        inner = bare(left.field("argument"))
        value = state.env.get(inner.text) if inner.type == "identifier" else None
        return value.account if isinstance(value, Slot) else None

    def assign(self, node: Node, left: Node, value: Value, state: State) -> Paths:
        """Return the paths through a store to an lvalue: a variable, an entry, or something that is not followed."""
        left = bare(left)
        found = self.program.rule.primitives.find(left) if left.type == "call_expression" else None
        if found is not None and found[0].action == "keep":
            return self.assign(node, found[1]["x"], value, state)
        if left.type == "identifier":
            if left.text == self.program.rule.array and left.text not in state.types:
                raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
            new = state.copy()
            kind = new.types.get(left.text)
            new.env[left.text] = value if kind is None else self.typed(value, *_split(kind))
            self.label(value, left.text)
            return [(new, new.env[left.text])]
        if left.type in {"pointer_expression", "subscript_expression"}:
            return self._store_through(node, left, value, state)
        for kid in left.walk():
            if kid.type == "identifier" and kid.text == self.program.rule.array and kid.text not in state.types:
                raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
        new = state.copy()
        new.env[left.text] = value
        return [(new, value)]

    def label(self, value: Value, name: str) -> None:
        """Remember a variable's name for the symbol it holds, to be used in sentences."""
        if isinstance(value, Amount) and value.symbol is not None and value.symbol.op in {"step", "call", "alloc"}:
            self.program.labels.setdefault(value.symbol, name)

    def _store_through(self, node: Node, left: Node, value: Value, state: State) -> Paths:
        if left.type == "subscript_expression":
            targets = [(s, self._element(a, i)) for s, (a, i) in self._subscripts(left, state)]
        else:
            targets = self.value(left.field("argument"), state)
        out: Paths = []
        for after, target in targets:
            if isinstance(target, Slot):
                raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
            if isinstance(target, Pointer) and isinstance(value, Entry):
                out += self.store(node, target, value.version, after)
            elif isinstance(target, Pointer):
                raise Undecided(f"`{node.text}` writes a value lmlint cannot follow", node)
            else:
                out.append((after, value))
        return out

    def _update(self, node: Node, state: State) -> Paths:
        target = node.field("argument")
        out: Paths = []
        one = self.program.number(1)
        for after, old in self.value(target, state):
            new = self._combine("+" if node.op == "++" else "-", old, one, node)
            for s, _ in self.assign(node, target, new, after):
                out.append((s, new if node.text.startswith(node.op) else old))
        return out

    def _conditional(self, node: Node, state: State) -> Paths:
        out: Paths = []
        for after, truth in self.condition(node.field("condition"), state):
            branch = node.fields.get("consequence" if truth else "alternative", node.field("condition"))
            out += self.value(branch, after)
        return out

    def _binary(self, node: Node, state: State) -> Paths:
        if node.op in {"&&", "||"}:
            return [(s, self.program.number(int(truth))) for s, truth in self.condition(node, state)]
        out: Paths = []
        for after, (left, right) in ((s, vs) for s, vs in self._all([node.field("left"), node.field("right")], state)):
            out.append((after, self._combine(node.op, left, right, node)))
        return out

    def _combine(self, op: str, left: Value, right: Value, node: Node) -> Value:
        if op in {"==", "!=", "<", ">", "<=", ">="}:
            formula = self._compare(op, left, right)
            return Truth(Atom(self.program.fresh("call", node.text)) if formula is None else formula)
        if isinstance(left, Entry | Prot) or isinstance(right, Entry | Prot):
            return self._bits(op, left, right, node)
        if isinstance(left, Pointer) and isinstance(right, Amount) and op in {"+", "-"}:
            index = left.loc.index + right if op == "+" else left.loc.index - right
            return Pointer(Loc(left.loc.base, index, left.loc.level))
        if isinstance(left, Pointer) and isinstance(right, Pointer) and op == "-" and left.loc.base == right.loc.base:
            return left.loc.index - right.loc.index
        if isinstance(left, Amount) and isinstance(right, Amount):
            unit = low_mask(right) if op == "&" else None
            if unit is not None and left.constant is None:
                return Low(_ored(left), unit)
            made = binary(op, left, right)
            if made is not None:
                return made
        return self.program.unknown("call", node.text)

    def _bits(self, op: str, left: Value, right: Value, node: Node) -> Value:
        """Combine an entry or a protection with bits: only the contiguous bit is followed."""
        if not isinstance(left, Entry | Prot):
            left, right = right, left
        bit = self.program.rule.bit
        if isinstance(right, Amount):
            named = _mentions(right, bit)
            inverse = right.symbol is not None and right.symbol.op == "~"
            if op == "&" and right.symbol == Symbol("name", (bit,)):
                return Truth(self.prot(left))
            if op == "&" and inverse:
                return self._set(left, "noncont") if named else left
            if op == "|":
                return self._set(left, "cont") if named else left
            if op == "&" and not named:
                return self.program.unknown("call", node.text)
        if op == "|" and isinstance(right, Prot | Entry):
            return Prot(either(self.prot(left), self.prot(right)))
        return Prot(Atom(self.program.fresh("call", node.text)))

    def _set(self, value: Value, action: str) -> Value:
        if isinstance(value, Entry):
            return Entry(Version(value.version.level, (action, value.version)))
        return Prot(action == "cont")

    def _compare(self, op: str, left: Value, right: Value) -> Formula | None:
        if op in {"!=", ">=", "<="}:
            formula = self._compare({"!=": "==", ">=": "<", "<=": ">"}[op], left, right)
            return None if formula is None else negated(formula)
        if op == ">":
            return self._compare("<", right, left)
        for one, two in ((left, right), (right, left)):
            if op == "==" and isinstance(two, Amount) and two.is_zero and not isinstance(one, Amount):
                formula = truth_of(one)
                return negated(self._pointer_truth(one) if formula is None else formula)
            if op == "==" and isinstance(one, Truth) and two == self.program.number(1):
                return one.formula
        if isinstance(left, Pointer) and isinstance(right, Pointer) and left.loc.base == right.loc.base:
            return Compare(op, left.loc.index - right.loc.index)
        if op == "==" and isinstance(left, Entry) and isinstance(right, Entry):
            return Same(left.version, right.version)
        if op == "==" and isinstance(left, Account) and isinstance(right, Account):
            return left == right
        if isinstance(left, Amount) and isinstance(right, Amount):
            return Compare(op, left - right)
        return None

    def _call(self, node: Node, state: State) -> Paths:
        callee, arguments = node.field("function"), list(node.field("arguments").kids)
        name = callee.text if callee.type == "identifier" else ""
        if name and name not in state.env:
            paths = self.call(node, name, arguments, state)
            if paths is not None:
                return paths
        for argument in arguments:
            self._check_counter(argument, state)
        out: Paths = []
        for after, values in self._all([a for a in arguments if a.type != "type_descriptor"], state):
            if any(isinstance(v, Slot) for v in values):
                raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)
            changed = [
                v.symbol.args[0] for v in values if isinstance(v, Amount) and v.symbol and v.symbol.op == "address"
            ]
            new = after.copy() if changed else after
            for variable in changed:
                new.env.pop(str(variable), None)
            if arguments or not name:
                out.append((new, self.program.unknown("call", name or callee.text)))
            else:  # a question without arguments is taken to be answered the same way twice
                out.append((new, of(Symbol("name", (node.text,)), self.program.width)))
        return out

    def _check_counter(self, node: Node, state: State) -> None:
        inner = bare(node)
        while inner.type in {"subscript_expression", "pointer_expression"}:
            inner = bare(inner.field("argument"))
        if inner.type == "identifier" and inner.text == self.program.rule.array and inner.text not in state.types:
            raise Undecided(f"the counter is used in a way the rule does not list: `{node.text}`", node)

    def _opaque(self, node: Node, state: State) -> Paths:
        if node.broken:
            raise Undecided("C that lmlint cannot parse", node)
        return [(state, self.program.unknown("call", node.text))]


MAX_DEPTH = 12


def _back(state: State, caller: State) -> State:
    new = state.copy()
    new.macro = caller.macro
    return new


def _outside_bit(value: Value) -> Formula:
    if isinstance(value, Amount) and value.symbol is not None and value.symbol.op == "param":
        return Atom(Symbol("bit", value.symbol.args))
    return isinstance(value, Truth) and value.formula


def _account(value: Value) -> Any:
    if isinstance(value, Account):
        return value.name
    if isinstance(value, Amount) and value.symbol is not None:
        return value.symbol
    return Symbol("fresh", ("account", repr(value)))


def _split(kind: str) -> tuple[str, int]:
    return kind.replace("*", "").replace("const ", "").strip(), kind.count("*")


def _ored(amount: Amount) -> tuple[Amount, ...]:
    symbol = amount.symbol
    if symbol is not None and symbol.op == "|":
        return tuple(part for a in symbol.args if isinstance(a, Amount) for part in _ored(a))
    return (amount,)


def low_mask(amount: Amount) -> tuple[Any, ...] | None:
    """Return 2^k per geometry where the amount is the mask of the k lowest bits, k above zero."""
    values = amount.constant
    if values is None or not all(isinstance(v, int) and v > 0 and v & (v + 1) == 0 for v in values):
        return None
    return tuple(v + 1 for v in values) if all(v > 1 for v in values) else None


def _entries(size: Amount) -> Amount | None:
    """Return n where the amount is `sizeof(x) * n`."""
    if len(size.terms) == 1 and len(size.terms[0][0]) == 1 and size.terms[0][0][0].op == "sizeof":
        return Amount((((), size.terms[0][1]),), size.width)
    return None


def _mentions(amount: Amount, name: str) -> bool:
    return any(
        symbol == Symbol("name", (name,)) or any(isinstance(a, Amount) and _mentions(a, name) for a in symbol.args)
        for symbol in amount.symbols()
    )


def _versions(formula: Formula) -> frozenset[Version]:
    if isinstance(formula, Test):
        return frozenset({formula.version})
    if isinstance(formula, Safe):
        return frozenset({formula.old})
    if isinstance(formula, Not):
        return _versions(formula.inner)
    return frozenset()


def _failed(formula: Formula, fail: frozenset[str], *, truth: bool) -> bool:
    if isinstance(formula, Not):
        return _failed(formula.inner, fail, truth=not truth)
    if isinstance(formula, Atom):
        return truth and formula.symbol.op == "null"
    if truth and isinstance(formula, Compare) and formula.op == "==":
        symbols = formula.amount.symbols()
        alone = len(formula.amount.terms) == 1
        return any(s.op == "alloc" for s in symbols) and (
            alone or any(s.args[0] in fail for s in symbols if s.op == "name")
        )
    return False


_PRIMITIVES: dict[str, Any] = {
    "read": Evaluator._read, "write": Evaluator._write, "clear": Evaluator._clear, "populate": Evaluator._populate,
    "walk": Evaluator._walk, "step": Evaluator._step, "test": Evaluator._test, "keep": Evaluator._keep,
    "cont": Evaluator._contiguous, "noncont": Evaluator._contiguous, "make": Evaluator._make,
    "same_block": Evaluator._block, "safe_change": Evaluator._safe, "aligned": Evaluator._aligned,
    "align_down": Evaluator._align_down, "index": Evaluator._index, "alloc": Evaluator._alloc, "virt": Evaluator._virt,
    "phys": Evaluator._phys, "dies": Evaluator._dies, "passes": Evaluator._passes,
    "region": Evaluator._region, "on": Evaluator._region,
    "expand": Evaluator._expand,
}  # fmt: skip

_HANDLERS: dict[str, Any] = {
    "parenthesized_expression": Evaluator._parenthesized, "identifier": Evaluator._identifier,
    "number_literal": Evaluator._number, "true": Evaluator._true, "false": Evaluator._zero, "null": Evaluator._zero,
    "comma_expression": Evaluator._comma, "cast_expression": Evaluator._cast, "unary_expression": Evaluator._unary,
    "pointer_expression": Evaluator._pointer, "subscript_expression": Evaluator._subscript,
    "assignment_expression": Evaluator._assignment, "update_expression": Evaluator._update,
    "conditional_expression": Evaluator._conditional, "binary_expression": Evaluator._binary,
    "call_expression": Evaluator._call, "field_expression": Evaluator._name,
    "sizeof_expression": Evaluator._sizeof,
}  # fmt: skip
