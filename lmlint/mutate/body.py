"""A function definition as a tree: what its nodes stand in, its locals, what a piece of it assigns and names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.source import Function, Node

LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})
JUMPS = frozenset({"return_statement", "goto_statement", "continue_statement", "break_statement"})

_DECLARATORS = frozenset({"identifier", "init_declarator", "pointer_declarator", "array_declarator",
                          "function_declarator", "parenthesized_declarator"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Local:
    """A parameter or a local variable: its type, how many `*`, whether it is an array or points to a function."""

    name: str
    type: str
    stars: int
    odd: bool
    parameter: bool
    declaration: Node
    declarator: Node
    value: Node | None

    @property
    def plain(self) -> str:
        """The type as it is written in front of the name."""
        return f"{self.type} {'*' * self.stars}"


class Body:
    """A function definition, with what its nodes stand in."""

    def __init__(self, function: Function) -> None:
        """Convert the definition."""
        self.function = function
        self.name = function.name
        self.definition = function.definition
        self.block = self.definition.field("body")
        self.parents: dict[int, Node] = {}
        for node in self.definition.walk():
            for kid in node.kids:
                self.parents[id(kid)] = node

    def parent(self, node: Node) -> Node | None:
        """Return what a node stands in, None for the definition."""
        return self.parents.get(id(node))

    def above(self, node: Node) -> Iterator[Node]:
        """Yield what a node stands in, from the inside to the outside."""
        parent = self.parent(node)
        while parent is not None:
            yield parent
            parent = self.parent(parent)

    def statement(self, node: Node) -> Node:
        """Return the innermost statement or declaration that a node is part of."""
        for one in (node, *self.above(node)):
            if one.type.endswith("_statement") or one.type == "declaration":
                return one
        return node

    def in_block(self, statement: Node) -> bool:
        """Whether a statement stands in a block, among others."""
        parent = self.parent(statement)
        return parent is not None and parent.type == "compound_statement"

    def loop(self, node: Node) -> Node | None:
        """Return the innermost loop around a node."""
        return next((one for one in self.above(node) if one.type in LOOPS), None)

    def siblings(self, statement: Node) -> tuple[Node, ...]:
        """Return the statements of the block that a statement stands in."""
        parent = self.parent(statement)
        return () if parent is None else parent.kids

    @cached_property
    def locals(self) -> Mapping[str, Local]:
        """The parameters and local variables by name; names that are declared twice are left out."""
        found: dict[str, Local] = {}
        twice: set[str] = set()
        for node in self.definition.walk():
            for one in _declared(node):
                twice |= {one.name} & found.keys()
                found[one.name] = one
        return {name: one for name, one in found.items() if name and name not in twice}

    def uses(self, name: str, within: Node | None = None) -> list[Node]:
        """Return the identifiers that name a variable."""
        root = self.definition if within is None else within
        return [node for node in root.walk() if node.type == "identifier" and node.text == name]

    def visible(self, node: Node, name: str) -> bool:
        """Whether a local variable is declared at a node."""
        local = self.locals.get(name)
        if local is None or local.parameter:
            return local is not None
        scope = self.parent(local.declaration)
        return local.declaration.end <= node.start and (scope is None or node.end <= scope.end)


def _declared(node: Node) -> Iterator[Local]:
    if node.type not in {"declaration", "parameter_declaration"} or "type" not in node.fields:
        return
    kind = node.field("type")
    for kid in node.kids:
        if kid is kind or kid.type not in _DECLARATORS:
            continue
        value = kid.fields.get("value") if kid.type == "init_declarator" else None
        name, stars, odd = _unwrapped(kid.field("declarator") if kid.type == "init_declarator" else kid)
        if name is not None:
            yield Local(name.text, kind.text, stars, odd, node.type == "parameter_declaration", node, kid, value)


def _unwrapped(node: Node) -> tuple[Node | None, int, bool]:
    stars, odd = 0, False
    while node.type != "identifier":
        stars += node.type == "pointer_declarator"
        odd |= node.type not in {"pointer_declarator", "parenthesized_declarator"}
        inner = node.fields.get("declarator") or next((k for k in node.kids if k.type in _DECLARATORS), None)
        if inner is None:
            return None, stars, odd
        node = inner
    return node, stars, odd


def plain(node: Node) -> bool:
    """Whether no line of a node belongs to the preprocessor, and the grammar reads all of it."""
    return not node.broken and not any(one.type.startswith("preproc") for one in node.walk())


def assigned(node: Node) -> frozenset[str]:
    """Return the names of the variables that a piece of code assigns, steps or takes the address of."""
    found: set[str] = set()
    for one in node.walk():
        if one.type == "assignment_expression":
            found |= _target(one.field("left"))
        elif one.type in {"update_expression", "pointer_expression"} and one.op != "*" and one.kids:
            found |= _target(one.kids[0])
        elif one.type == "init_declarator":
            name, _, _ = _unwrapped(one.field("declarator"))
            found |= {name.text} if name is not None else set()
    return frozenset(found)


def _target(node: Node) -> set[str]:
    node = bare(node)
    return {node.text} if node.type == "identifier" else set()


def names(node: Node) -> frozenset[str]:
    """Return the identifiers in a piece of code."""
    return frozenset(one.text for one in node.walk() if one.type == "identifier")


def own(loop: Node, kind: str) -> list[Node]:
    """Return the `continue` or `break` statements of a loop that belong to it and to no loop or switch inside."""
    inside = LOOPS | ({"switch_statement"} if kind == "break_statement" else frozenset())
    found, stack = [], [loop.field("body")]
    while stack:
        node = stack.pop()
        if node.type == kind:
            found.append(node)
        if node.type not in inside:
            stack.extend(node.kids)
    return sorted(found, key=lambda node: node.start)
