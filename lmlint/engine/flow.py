"""The control flow of a function body, for walks that need less than the proof does.

A walk says what an expression does to a way (a path so far) and how a condition decides; this follows the statements.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.source import Node

W = TypeVar("W")
Signal = tuple[str, Any] | None
"""A jump: `return` and what is known of its value, `goto` and its label, `break`, `continue`; None for none."""

DECLARATORS = frozenset({"init_declarator", "identifier", "pointer_declarator", "array_declarator"})
"""What declares a variable in a declaration."""
_LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})
_ROUNDS = 3
"""Rounds of a loop after which nothing new is expected of it."""
_TEXT_ARMS = frozenset({"preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef"})
_SKIPPED = frozenset({"preproc_def", "preproc_function_def", "preproc_call", "preproc_include", "type_definition"})


class Flow(ABC, Generic[W]):
    """Follows statements; both arms of an `#if` are taken, and a loop runs until it brings nothing new."""

    block: Node | None = None
    """The innermost block that is being followed."""

    @abstractmethod
    def effects(self, node: Node, way: W) -> list[W]:
        """Return the ways through an expression."""

    @abstractmethod
    def branch(self, node: Node, way: W) -> list[tuple[W, bool]]:
        """Return the ways on which a condition is true, and those on which it is false."""

    @abstractmethod
    def assigned(self, name: str, value: Node | None, way: W) -> list[W]:
        """Return the ways past the declaration of a variable."""

    @abstractmethod
    def returned(self, value: Node, way: W) -> list[tuple[W, bool | None]]:
        """Return the ways past a `return`, with what it returns where that is known."""

    @abstractmethod
    def scoped(self, node: Node, way: W) -> W | None:
        """Return the way into a block that a guard opens, None where the condition is no guard."""

    @abstractmethod
    def left_block(self, node: Node, way: W) -> W:
        """Return the way past the end of a block."""

    @abstractmethod
    def thinned(self, ways: Iterable[W]) -> list[W]:
        """Return the ways without doubles, and no more than can be followed."""

    def statement(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        """Return every way a statement can end, with the jump it takes."""
        kind = node.type
        if kind == "compound_statement":
            return self._compound(node, way)
        if kind == "if_statement":
            return self._if(node, way)
        if kind in _LOOPS:
            return self._loop(node, way)
        if kind in _TEXT_ARMS:
            return self._text_arms(node, way)
        if kind == "return_statement":
            ends = self.returned(node.kids[0], way) if node.kids else [(way, None)]
            return [(after, ("return", value)) for after, value in ends]
        if kind == "goto_statement":
            return [(way, ("goto", node.field("label").text))]
        if kind in {"break_statement", "continue_statement"}:
            return [(way, (kind.removesuffix("_statement"), None))]
        if kind == "declaration":
            return [(after, None) for after in self._declaration(node, way)]
        if kind == "switch_statement":
            return self._switch(node, way)
        if kind in {"labeled_statement", "else_clause"}:
            return self._sequence([k for k in node.kids if k.type != "statement_identifier"], way)
        if kind in _SKIPPED:
            return [(way, None)]
        return [(after, None) for kid in node.kids[:1] for after in self.effects(kid, way)] or [(way, None)] * (
            not node.kids
        )

    def _sequence(self, kids: list[Node], way: W) -> list[tuple[W, Signal]]:
        labels = {k.field("label").text: i for i, k in enumerate(kids) if k.type == "labeled_statement"}
        work: dict[tuple[int, W], None] = {(0, way): None}
        seen: set[tuple[int, W]] = set()
        out: dict[tuple[W, Signal], None] = {}
        while work:
            index = min(place for place, _ in work)
            ways = self.thinned(one for place, one in work if place == index)
            work = {key: None for key in work if key[0] != index}
            for one in ways:
                if (index, one) in seen:
                    continue
                seen.add((index, one))
                if index == len(kids):
                    out[one, None] = None
                    continue
                for after, signal in self.statement(kids[index], one):
                    if signal is None:
                        work[index + 1, after] = None
                    elif signal[0] == "goto" and signal[1] in labels:
                        work[labels[signal[1]], after] = None
                    else:
                        out[after, signal] = None
        return list(out)

    def _compound(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        outer, self.block = self.block, node
        ends = self._sequence(list(node.kids), way)
        self.block = outer
        return list(dict.fromkeys((self.left_block(node, after), signal) for after, signal in ends))

    def _if(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        condition = node.field("condition")
        inside = self.scoped(condition, way)
        if inside is not None:
            ends = self.statement(node.field("consequence"), inside)
            return [(self.left_block(condition, after), signal) for after, signal in ends]
        out: list[tuple[W, Signal]] = []
        for after, truth in self.branch(condition, way):
            arm = node.fields.get("consequence" if truth else "alternative")
            out += [(after, None)] if arm is None else self.statement(arm, after)
        return list(dict.fromkeys(out))

    def _loop(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        first, test, update = (node.fields.get(name) for name in ("initializer", "condition", "update"))
        starts = [way] if first is None else [after for after, _ in self.statement(first, way)]
        out: dict[tuple[W, Signal], None] = {}
        ways = starts
        body_first = node.type == "do_statement"
        for _ in range(_ROUNDS):
            inside = ways if body_first else self._tested(test, ways, out)
            ends = [end for one in inside for end in self.statement(node.field("body"), one)]
            again = [after for after, signal in ends if signal is None or signal[0] == "continue"]
            out |= {
                (after, None if signal[0] == "break" else signal): None
                for after, signal in ends
                if signal is not None and signal[0] != "continue"
            }
            if update is not None:
                again = [after for one in again for after in self.effects(update, one)]
            more = [one for one in self.thinned(again) if one not in ways]
            if body_first:
                self._tested(test, again, out)
            if not more:
                break
            ways = more
        else:
            self._tested(test, ways, out)
        return list(out)

    def _tested(self, test: Node | None, ways: list[W], out: dict[tuple[W, Signal], None]) -> list[W]:
        """Return the ways on which a loop goes on; those on which it ends are added to `out`."""
        inside: list[W] = []
        for way in ways:
            for after, truth in [(way, True)] if test is None else self.branch(test, way):
                if truth:
                    inside.append(after)
                else:
                    out[after, None] = None
        return self.thinned(inside)

    def _text_arms(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        alternative = node.fields.get("alternative")
        skip = {id(node.fields.get("condition")), id(node.fields.get("name")), id(alternative)}
        out = self._sequence([k for k in node.kids if id(k) not in skip], way)
        if alternative is None:
            out.append((way, None))
        elif alternative.type == "preproc_else":
            out += self._sequence(list(alternative.kids), way)
        else:
            out += self._text_arms(alternative, way)
        return list(dict.fromkeys(out))

    def _declaration(self, node: Node, way: W) -> list[W]:
        ways = [way]
        for kid in node.kids:
            if kid.type not in DECLARATORS:
                continue
            declarator = kid.fields.get("declarator", kid) if kid.type == "init_declarator" else kid
            name = next((n.text for n in declarator.walk() if n.type == "identifier"), "")
            ways = self.thinned(after for one in ways for after in self.assigned(name, kid.fields.get("value"), one))
        return ways

    def _switch(self, node: Node, way: W) -> list[tuple[W, Signal]]:
        cases = node.field("body").kids
        out: dict[tuple[W, Signal], None] = {}
        default = False
        for start in self.effects(node.field("condition"), way):
            for index, case in enumerate(cases):
                if case.type != "case_statement":
                    continue
                default |= "value" not in case.fields
                kids = [k for c in cases[index:] for k in c.kids if k is not c.fields.get("value")]
                for after, signal in self._sequence(kids, start):
                    out[after, None if signal == ("break", None) else signal] = None
            if not default:
                out[start, None] = None
        return list(out)
