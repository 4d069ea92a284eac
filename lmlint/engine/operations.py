"""Operators of C on concrete values."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from lmlint.engine.concrete import Count, Integer, Named, Unknown, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmlint.engine.concrete import Value

MAX_SHIFT = 64

_INTEGERS: Mapping[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "&&": lambda a, b: bool(a and b), "||": lambda a, b: bool(a or b),
}  # fmt: skip


def calculate(op: str, left: Value, right: Value) -> Value:
    """Return the result of a binary operator."""
    if isinstance(left, Integer) and isinstance(right, Integer):
        return _integers(op, left, right)
    if isinstance(left, Named) and isinstance(right, Named) and op in {"==", "!="}:
        return Integer(int((left == right) is (op == "==")))
    if isinstance(left, Count) and isinstance(right, Integer):
        return _scaled(op, left, right.value)
    if isinstance(right, Count) and isinstance(left, Integer) and op == "*":
        return _scaled(op, right, left.value)
    return mixed([left, right])


def _integers(op: str, left: Integer, right: Integer) -> Value:
    a, b = left.value, right.value
    if op in _INTEGERS:
        return Integer(int(_INTEGERS[op](a, b)), left.origin, left.key)
    if op in {"<<", ">>"} and 0 <= b < MAX_SHIFT:
        return Integer(a << b if op == "<<" else a >> b, left.origin, left.key)
    if op in {"/", "%"} and b:
        quotient = abs(a) // abs(b) * (1 if (a < 0) is (b < 0) else -1)  # C rounds towards zero
        return Integer(quotient if op == "/" else a - quotient * b, left.origin, left.key)
    return Unknown()


def _scaled(op: str, count: Count, by: int) -> Value:
    factor = {"*": Fraction(by), "/": Fraction(1, by) if by else None}.get(op)
    if op in {"<<", ">>"} and 0 <= by < MAX_SHIFT:
        factor = Fraction(1 << by) if op == "<<" else Fraction(1, 1 << by)
    return mixed([count]) if not factor else Count(count.account, count.factor * factor)


def converted(op: str, value: Value) -> Value:
    """Return the result of a unary operator."""
    if not isinstance(value, Integer):
        return mixed([value])
    changed = {"-": -value.value, "~": ~value.value, "!": int(not value.value), "+": value.value}
    return Integer(changed[op], value.origin, value.key) if op in changed else Unknown()
