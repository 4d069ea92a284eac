"""Arithmetic of C on amounts: what stays a number, and what becomes a symbol."""

from __future__ import annotations

import re
from typing import Any

from lmlint.engine.amount import Amount, Symbol, TooLarge, constant, number, of

MAX_SHIFT = 256
MAX_WEIGHT = 2_000
"""How much an amount may be made of that is computed with: its symbols hold whole amounts, and these again."""


def literal(text: str, width: int) -> Amount | None:
    """Return the value of a C number."""
    digits = re.sub(r"(?i)[ul]+$", "", text)
    digits = re.sub(r"^(-?)0(?=[0-7]+$)", r"\g<1>0o", digits)
    try:
        return number(int(digits, 0), width)
    except ValueError:
        return None


def unary(op: str, value: Amount) -> Amount:
    """Return `-x` or `~x`."""
    known = value.constant
    if op == "-":
        return -value
    if op == "+":
        return value
    if known is not None and all(isinstance(c, int) for c in known):
        return constant(~int(c) for c in known)
    return of(Symbol(op, (value,)), value.width)


def binary(op: str, left: Amount, right: Amount) -> Amount | None:
    """Return the result of an arithmetic operator, None where the operator is none or the result too large."""
    if left.weight + right.weight > MAX_WEIGHT:
        return None
    try:
        return _binary(op, left, right)
    except TooLarge:
        return None


def _binary(op: str, left: Amount, right: Amount) -> Amount | None:
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    a, b = left.constant, right.constant
    if b is not None and op in {"<<", ">>"} and all(isinstance(c, int) and 0 <= c < MAX_SHIFT for c in b):
        power = constant(1 << int(c) for c in b)
        if op == "<<":
            return left * power
        if a is None:
            return left.over(power.constant or ())
        return constant(int(x) >> int(y) for x, y in zip(a, b, strict=True))
    if op == "/" and b is not None and all(b):
        return left.over(b) if a is None else constant(int(x) // int(y) for x, y in zip(a, b, strict=True))
    if op == "%" and a is not None and b is not None and all(b):
        return constant(int(x) % int(y) for x, y in zip(a, b, strict=True))
    if op in {"&", "|", "^"} and a is not None and b is not None:
        table = {"&": int.__and__, "|": int.__or__, "^": int.__xor__}
        return constant(table[op](int(x), int(y)) for x, y in zip(a, b, strict=True))
    if op in {"&", "|", "^", "<<", ">>", "/", "%"}:
        parts = (left, right)
        if op in {"|", "^"} or (op == "&" and a is not None):
            parts = tuple(sorted(parts, key=repr))  # type: ignore[assignment]
        return of(Symbol(op, parts), left.width)
    return None


def low_mask(amount: Amount) -> tuple[Any, ...] | None:
    """Return 2^k per geometry where the amount is the mask of the k lowest bits, k above zero."""
    values = amount.constant
    if values is None or not all(isinstance(v, int) and v > 0 and v & (v + 1) == 0 for v in values):
        return None
    return tuple(v + 1 for v in values) if all(v > 1 for v in values) else None


def ored(amount: Amount) -> tuple[Amount, ...]:
    """Return the amounts that are or-ed together."""
    symbol = amount.symbol
    if symbol is not None and symbol.op == "|":
        return tuple(part for a in symbol.args if isinstance(a, Amount) for part in ored(a))
    return (amount,)


def counted(size: Amount) -> Amount | None:
    """Return n where the amount is `sizeof(x) * n`."""
    if len(size.terms) == 1 and len(size.terms[0][0]) == 1 and size.terms[0][0][0].op == "sizeof":
        return Amount((((), size.terms[0][1]),), size.width)
    return None


def mentions(amount: Amount, name: str) -> bool:
    """Whether a name occurs in an amount."""
    return any(
        symbol == Symbol("name", (name,)) or any(isinstance(a, Amount) and mentions(a, name) for a in symbol.args)
        for symbol in amount.symbols()
    )


def rounds(start: Amount, end: Amount, unit: tuple[Any, ...]) -> Amount:
    """Return how many steps of at most `unit` bytes lead from start to end."""
    span = (end - start).constant
    if span is not None and all(unit) and all(s % u == 0 for s, u in zip(span, unit, strict=True)):
        return constant(tuple(s // u for s, u in zip(span, unit, strict=True)))
    return of(Symbol("rounds", (start, end, unit)), start.width)


def rebuild(op: str, args: tuple[Any, ...]) -> Amount | None:
    """Return a symbol's worth again after its operands have changed."""
    if op == "rounds":
        return rounds(*args)
    if len(args) == 2 and all(isinstance(a, Amount) for a in args):  # noqa: PLR2004 - a binary operator
        if op == "&" and low_mask(args[1]) is not None:
            return None
        return binary(op, *args)
    if op in {"~", "-"} and isinstance(args[0], Amount):
        return unary(op, args[0])
    return None
