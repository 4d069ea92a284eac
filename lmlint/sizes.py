"""The sizes in a rule: C expressions of its constants, each with a value in every geometry."""

from __future__ import annotations

import operator
import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from lmlint.schema import Mistake
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lmlint.source import Node
    from lmlint.toml import Key

_WIDTH = 64
_MOST = 1 << _WIDTH
"""What a size is below; what is as large as this is no size, and would only cost time."""
_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv, "%": operator.mod,
    "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
_UNARY: dict[str, Callable[[int], int]] = {"-": operator.neg, "~": operator.invert, "+": operator.pos}
_ZERO = frozenset({"/", "%"})
_SHIFTS = frozenset({"<<", ">>"})


def mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the constants and sizes of a rule that are none."""
    found = [*_constants(data), *_names(data)]
    yield from found or _values(data)


@cache
def _parsed(text: str) -> Node | None:
    return parse_expression(text)


def _sizes(data: Mapping[str, Any]) -> Iterator[tuple[Key, str, str]]:
    """Yield every key whose value is a size, how messages name it, and that value; constants before their users."""
    for section in ("constant", "account"):
        for name, text in data.get(section, {}).items():
            yield (section, name), f"{section}.{name}", text
    for name, level in data.get("level", {}).items():
        for key in ("entries", "block"):
            if key in level:
                yield ("level", name, key), f"level.{name}.{key}", level[key]
        for pattern, unit in level.get("step", {}).items():
            if unit != "":
                yield ("level", name, "step", pattern), f"level.{name}.step.{pattern}", unit


def _names(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the sizes that are no expression of the constants."""
    known = {*(name for numbers in data.get("geometry", {}).values() for name in numbers), *data.get("constant", {})}
    for key, shown, text in _sizes(data):
        node = _parsed(text)
        if node is None:
            yield Mistake(key, f"key `{shown}`: `{text}` is not a C expression")
            continue
        for name in dict.fromkeys(n.text for n in node.walk() if n.type == "identifier" and n.text not in known):
            near = get_close_matches(name, known, 1)
            meant = f"; is `{near[0]}` meant?" if near else "; define it in one of them"
            yield Mistake(key, f"key `{shown}`: `{name}` is neither in [constant] nor in [geometry.*]{meant}")


def _constants(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the constants that a geometry misses, and those that are defined by themselves."""
    geometries = data.get("geometry", {})
    everywhere = dict.fromkeys(name for numbers in geometries.values() for name in numbers)
    for geometry, numbers in geometries.items():
        for name in (one for one in everywhere if one not in numbers):
            there = next(other for other, has in geometries.items() if name in has)
            what = f"misses `{name}`, which [geometry.{there}] has; every geometry must define the same constants"
            yield Mistake(("geometry", geometry), f"key `geometry.{geometry}` {what}")
    uses = {
        name: frozenset(node.text for node in parsed.walk() if node.type == "identifier")
        for name, text in data.get("constant", {}).items()
        if (parsed := _parsed(text)) is not None
    }
    for name in uses:
        if name in everywhere:
            yield Mistake(("constant", name), f"key `constant.{name}` is in [geometry.*] as well; keep one of the two")
        seen: set[str] = set()
        work = [name]
        while work:
            new = uses.get(work.pop(), frozenset()) - seen
            seen |= new
            work += new
        if name in seen:
            yield Mistake(("constant", name), f"key `constant.{name}` is defined by itself; give its value")


def _values(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the sizes without a value, and those that no leaf has."""
    told: set[Key] = set()
    for geometry, numbers in data.get("geometry", {}).items():
        values = _Values(numbers, data.get("constant", {}))
        for key, shown, text in _sizes(data):
            node = _parsed(text)
            value = None if node is None else values.of(node)
            if key in told:
                continue
            if value is None and not (node is not None and values.spoiled(node)):
                told.add(key)
                what = f"`{text}` has no value; use numbers, the constants, and {' '.join((*_BINARY, '~'))}"
                yield Mistake(key, f"key `{shown}`: {what}")
            elif key[0] == "account" and value is not None and value <= 0:
                told.add(key)
                yield Mistake(key, f"key `{shown}`: `{text}` is {value} in geometry {geometry}; a leaf has a size")


class _Values:
    """The values of expressions in one geometry."""

    def __init__(self, numbers: Mapping[str, int], constants: Mapping[str, str]) -> None:
        self.known: dict[str, int | None] = dict(numbers)
        self.constants = constants

    def of(self, node: Node) -> int | None:
        """Return the value of an expression, None where it has none."""
        value = self._of(node)
        return value if value is not None and -_MOST < value < _MOST else None

    def spoiled(self, node: Node) -> bool:
        """Whether an expression uses a constant that has no value itself."""
        names = (n.text for n in node.walk() if n.type == "identifier")
        return any(self._named(name) is None for name in names)

    def _named(self, name: str) -> int | None:
        if name not in self.known:
            node = _parsed(self.constants.get(name, ""))
            self.known[name] = None
            self.known[name] = None if node is None else self.of(node)
        return self.known[name]

    def _of(self, node: Node) -> int | None:
        if node.type == "number_literal":
            return _number(node.text)
        if node.type == "identifier":
            return self._named(node.text)
        if node.type == "parenthesized_expression" and len(node.kids) == 1:
            return self.of(node.kids[0])
        if node.type == "unary_expression" and node.op in _UNARY:
            inner = self.of(node.field("argument"))
            return None if inner is None else _UNARY[node.op](inner)
        if node.type == "binary_expression" and node.op in _BINARY:
            left, right = self.of(node.field("left")), self.of(node.field("right"))
            bad = right is None or (node.op in _ZERO and not right) or (node.op in _SHIFTS and not 0 <= right < _WIDTH)
            return None if left is None or right is None or bad else _BINARY[node.op](left, right)
        return self.of(node.field("value")) if node.type == "cast_expression" else None


def _number(text: str) -> int | None:
    """Return the value of a C number."""
    digits = re.sub(r"(?i)[ul]+$", "", text)
    try:
        return int(re.sub(r"^0(?=[0-7]+$)", "0o", digits), 0)
    except ValueError:
        return None
