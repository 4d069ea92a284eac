"""What a function has at hand at one place: locals that have a value, tests of entries, what others say of the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mutate.code import pure
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.source import Node


@dataclass(frozen=True, slots=True)
class Hand:
    """A function of a file, at the node where a statement is to stand."""

    code: Code
    body: Body
    at: Node

    def settled(self, name: str) -> bool:
        """Whether a local is declared here and has been given a value before."""
        local = self.body.locals.get(name)
        if local is None or not self.body.visible(self.at, name):
            return False
        if local.parameter or local.value is not None:
            return True
        return any(
            bare(one.field("left")).text == name
            for one in self.body.block.walk()
            if one.type == "assignment_expression" and one.end <= self.at.start
        )

    def is_address(self, text: str) -> bool:
        """Whether an expression can be a virtual address, by its type where it is a local."""
        local = self.body.locals.get(text)
        return local is None or not (local.stars or local.odd or local.type in self.code.rule.physical)

    def is_flag(self, name: str) -> bool:
        """Whether a name is a truth value."""
        return self.settled(name) and (self.body.locals[name].type, self.body.locals[name].stars) == ("bool", 0)

    def asked(self) -> Iterator[str]:
        """Yield the conditions of the function's branches."""
        return (bare(one.field("condition")).text for one in self.body.block.walk() if one.type == "if_statement")

    def around(self) -> Iterator[str]:
        """Yield the conditions of the branches around the place."""
        return (bare(one.field("condition")).text for one in self.body.above(self.at) if one.type == "if_statement")

    def tests(self, level: str, kinds: frozenset[str]) -> list[str]:
        """Return tests of the entries of a level that hold for just these kinds."""
        rule = self.code.rule
        entries = [name for name in self.body.locals if self._is_of(name, rule.levels[level].type, 0)]
        tests = [
            key[1]
            for key, pairs in rule.primitives.entries.items()
            for _, meaning in pairs
            if meaning.action == "test" and meaning.level == level and meaning.detail == kinds
        ]
        return [f"{test}({entry})" for test in tests for entry in entries]

    def fitted(self, node: Node, home: Body, *, renamed: bool = False) -> str | None:
        """Return an expression of a function as it can be said here, None where it cannot.

        Its locals are those of the same name and type; where they may be `renamed`, also the only one of the type.
        """
        if not pure(self.code, node):
            return None
        text = self.code.slice(node)
        pieces, last = [], 0
        for one in (each for each in node.walk() if each.type == "identifier"):
            local = home.locals.get(one.text)
            if local is None:
                continue
            name = self._like(one.text, local.type, local.stars, renamed=renamed)
            if name is None:
                return None
            pieces += [text[last : one.start - node.start], name]
            last = one.end - node.start
        return "".join([*pieces, text[last:]])

    def _like(self, name: str, kind: str, stars: int, *, renamed: bool) -> str | None:
        if self._is_of(name, kind, stars):
            return name
        same = [other for other in self.body.locals if self._is_of(other, kind, stars)]
        return same[0] if renamed and len(same) == 1 else None

    def _is_of(self, name: str, kind: str, stars: int) -> bool:
        local = self.body.locals.get(name)
        return local is not None and (local.type, local.stars, local.odd) == (kind, stars, False) and self.settled(name)
