"""The text of a loop: its test, what stands around it, and what a round assigns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.source import Node


@dataclass(frozen=True, slots=True)
class Text:
    """A loop as it is written: `before` is what its condition does before the test.

    Where `until` is set, the loop's test is a `break` that opens or closes its body: it runs until that test is true.
    """

    before: list[Node]
    test: Node | None
    body: Node
    update: Node | None
    until: bool
    checks_first: bool

    @property
    def parts(self) -> list[Node]:
        """Return all that a round runs."""
        return [self.body, *self.before, *(part for part in (self.test, self.update) if part is not None)]

    @property
    def names(self) -> set[str]:
        """Return every name that occurs in the loop."""
        return {n.text for part in self.parts for n in part.walk() if n.type == "identifier"}

    @property
    def assigned(self) -> set[str]:
        """Return the variables that a round may change."""
        return {name for part in self.parts for name in _assigned(part)}

    @property
    def assigns_memory(self) -> bool:
        """Whether a round stores through a pointer."""
        return any(_assigns_memory(part) for part in self.parts)


def read_text(node: Node) -> Text:
    """Return the parts of a loop."""
    checks_first, body = node.type != "do_statement", node.field("body")
    before, test = _split_test(node.fields.get("condition"))
    until = test is None or bare(test).text in {"1", "true"}
    if until:
        before, (test, body, checks_first) = [], _broken_test(body, first=checks_first)
        while test is not None and not checks_first and test.type == "unary_expression" and test.op == "!":
            test, until = bare(test.field("argument")), not until
        if not checks_first:
            before, test = _split_test(test)
    return Text(before, test, body, node.fields.get("update"), until, checks_first)


def _split_test(condition: Node | None) -> tuple[list[Node], Node | None]:
    """Return what a loop's condition does before it tests, and the test."""
    if condition is None:
        return [], None
    inner = bare(condition)
    before: list[Node] = []
    while inner.type == "comma_expression":
        before.append(inner.field("left"))
        inner = bare(inner.field("right"))
    return before, inner


def _broken_test(body: Node, *, first: bool) -> tuple[Node | None, Node, bool]:
    """Return the condition of a `break` that opens or closes a body, the body without it, and whether it opens."""
    kids = body.kids if body.type == "compound_statement" else ()
    for index, opens in ((0, True), (len(kids) - 1, False)):
        if kids and kids[index].type == "if_statement" and "alternative" not in kids[index].fields:
            then = kids[index].field("consequence")
            then = then.kids[0] if then.type == "compound_statement" and len(then.kids) == 1 else then
            if then.type == "break_statement" and (opens or not _continues(body)):
                rest = tuple(k for i, k in enumerate(kids) if i != (index if opens else len(kids) - 1))
                return bare(kids[index].field("condition")), replace(body, kids=rest), opens
    return None, body, first


def _continues(body: Node) -> bool:
    """Whether a round may go on to the next one before it comes to its end."""
    inner = [k for k in body.kids if k.type not in {"for_statement", "while_statement", "do_statement"}]
    return body.type == "continue_statement" or any(map(_continues, inner))


def is_zero(condition: Node) -> bool:
    """Whether a condition is plainly false."""
    return bare(condition).text in {"0", "false"}


def has_effect(node: Node) -> bool:
    """Whether an expression assigns anything."""
    return any(n.type in {"assignment_expression", "update_expression"} for n in node.walk())


def _assigned(node: Node) -> set[str]:
    out = set()
    for n in node.walk():
        target = None
        if n.type == "assignment_expression":
            target = n.field("left")
        elif n.type == "update_expression" or (n.type == "pointer_expression" and n.op == "&"):
            target = n.field("argument")
        if target is not None:
            if n.type != "pointer_expression" or not _is_element(target):
                out |= {k.text for k in target.walk() if k.type == "identifier"}
            out.add(bare(target).text)
    return out


def _is_element(node: Node) -> bool:
    """Whether an expression is an element of an array, or a member of one: to take its address changes no variable."""
    inner = bare(node)
    while inner.type == "field_expression":
        inner = bare(inner.field("argument"))
    return inner.type == "subscript_expression"


def _assigns_memory(node: Node) -> bool:
    return any(
        n.type == "assignment_expression"
        and bare(n.field("left")).type in {"pointer_expression", "subscript_expression"}
        for n in node.walk()
    )
