"""A file as the families of edits see it: its functions, what their nodes mean, and how text goes in and out."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from lmlint.engine.elsewhere import look_up
from lmlint.engine.program import Program
from lmlint.limits import DEFAULT, Limits
from lmlint.mutate.body import Body
from lmlint.mutate.edit import Edit, indent, line_start
from lmlint.pattern import bare
from lmlint.source import convert, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.rule import Meaning, Rule
    from lmlint.source import Node

NOTHING: Mapping[str, bytes] = MappingProxyType({})
"""No other file."""
CHANGES = frozenset({"write", "fill", "clear", "populate", "map", "unmap"})
"""What a primitive does when it changes an entry."""


class Code:
    """A file under a rule."""

    def __init__(
        self, data: bytes, path: str, rule: Rule, others: Mapping[str, bytes] = NOTHING, *, limits: Limits = DEFAULT
    ) -> None:
        """Parse the file; `others` are the files, by path, that it finds definitions in."""
        self.text = data.decode("latin-1")
        self.path = path
        self.rule = rule
        source = parse(data, path, rule.dialect, limits=limits)
        self.program = Program(source, rule, look_up(source, rule, others), limits=limits)

    @cached_property
    def bodies(self) -> Mapping[str, Body]:
        """The functions that touch the rule, by name, in the order of the file."""
        touching = self.program.touching
        own = {name: f for name, f in self.program.functions.items() if name not in self.program.elsewhere}
        found = {name: f for name, f in own.items() if name in touching and not f.macro}
        made = {f.name: Body(f) for f in sorted(found.values(), key=lambda f: (f.line, f.name))}
        return {name: body for name, body in made.items() if not body.definition.broken}

    @cached_property
    def root(self) -> Node:
        """The whole file as a tree."""
        function = self.program.source.functions[0]
        raw = function.raw
        while raw.parent is not None:
            raw = raw.parent
        return convert(raw, function.source, self.path)

    @cached_property
    def working(self) -> tuple[Body, ...]:
        """The functions that write leaves or record, less those that only record."""
        acting, recorders = self.program.acting, self.program.recorders
        leafy = {name for name, acts in acting.items() if any(self._moves(*act) for act in acts)}
        return tuple(
            body
            for name, body in self.bodies.items()
            if name not in recorders and (name in leafy or body.function.names & recorders)
        )

    def _moves(self, action: str, levels: frozenset[str]) -> bool:
        return action in {"add", "sub"} or (bool(levels) and self._leafy(levels))

    def _leafy(self, levels: frozenset[str]) -> bool:
        return not levels or any(self.rule.levels[level].leaf for level in levels)

    @cached_property
    def near(self) -> tuple[Body, ...]:
        """The functions that work, and those that call one, less what stands outside the region."""
        names = {body.name for body in self.working}
        bodies = self.bodies.values()
        return tuple(
            body
            for body in bodies
            if body.name not in self.program.recorders
            and body.name not in self.rule.outside
            and (body.name in names or body.function.names & names)
        )

    def slice(self, node: Node) -> str:
        """Return the text of a node as it stands in the file."""
        return self.text[node.start : node.end]

    def meaning(self, node: Node) -> Meaning | None:
        """Return what a node does as a primitive of the rule."""
        found = self.rule.primitives.find(node)
        return None if found is None else found[0]

    def means(self, node: Node, actions: Iterable[str]) -> bool:
        """Whether a node, or something in it, is a primitive that does one of these actions."""
        wanted = frozenset(actions)
        return any((found := self.meaning(bare(one))) is not None and found.action in wanted for one in node.walk())

    def called(self, node: Node) -> str:
        """Return the name that a call calls, "" where it is none."""
        node = bare(node)
        if node.type != "call_expression" or node.field("function").type != "identifier":
            return ""
        return node.field("function").text

    def changes(self, node: Node) -> bool:
        """Whether a node is a primitive that writes, clears or populates an entry, or a call of what does."""
        found = self.meaning(node)
        if found is not None:
            levels = found.detail if isinstance(found.detail, frozenset) else frozenset()
            return found.action in CHANGES and (found.action != "populate" or self._leafy(levels))
        name = self.called(node)
        return name in self.program.touching and name not in self.program.recorders

    def sites(self, body: Body) -> list[Node]:
        """Return where a function changes entries: primitives, and calls of functions that do."""
        return [
            n for n in body.block.walk() if n.type in {"call_expression", "assignment_expression"} and self.changes(n)
        ]

    # where an edit goes

    def alone(self, node: Node) -> tuple[int, int] | None:
        """Return the range of the lines that hold a node and nothing else, None where they hold more."""
        low = line_start(self.text, node.start)
        high = self.text.find("\n", node.end) + 1 or len(self.text)
        if self.text[low : node.start].strip() or self.text[node.end : high].strip():
            return None
        return low, high

    def without(self, body: Body, statement: Node) -> Edit:
        """Return the edit that takes a statement away."""
        if body.in_block(statement):
            low, high = self.alone(statement) or (statement.start, statement.end)
            return Edit(low, high, "")
        return Edit(statement.start, statement.end, ";")

    def before(self, statement: Node, new: str) -> Edit:
        """Return the edit that puts text before a statement of a block."""
        return Edit(statement.start, statement.start, f"{new}\n{indent(self.text, statement.start)}")

    def after(self, statement: Node, new: str) -> Edit:
        """Return the edit that puts text after a statement of a block."""
        return Edit(statement.end, statement.end, f"\n{indent(self.text, statement.start)}{new}")

    def block(self, statement: Node, lines: Iterable[str]) -> str:
        """Return a block of these lines, to stand where a statement stands."""
        margin = indent(self.text, statement.start)
        return "{\n" + "".join(f"{margin}\t{line}\n" for line in lines) + f"{margin}}}"

    def free(self, name: str) -> str:
        """Return a name like this one that occurs nowhere in the file."""
        mentions = self.program.source.mentions
        number = 1
        while f"{name}_{number}" in mentions:
            number += 1
        return f"{name}_{number}"


def pure(code: Code, node: Node) -> bool:
    """Whether an expression only reads: no assignment, and calls of known primitives that read alone."""
    for one in node.walk():
        if one.type in {"assignment_expression", "update_expression", "comma_expression"}:
            return False
        if one.type == "call_expression":
            found = code.meaning(one)
            if found is None or found.action not in _READING:
                return False
    return True


_READING = frozenset({"read", "test", "keep", "make", "cont", "noncont", "walk", "step", "index", "aligned",
                      "align_down", "same_block", "expand", "region", "on"})  # fmt: skip
