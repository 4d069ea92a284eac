"""Concrete values of C for one geometry: numbers, texts that know where they were written, counters, tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.source import Node

Key = int | str
"""What tells the elements of a table apart: a number, or the name of an enumerator or a member."""

_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]+|.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_SPEC = re.compile(r"%(?:%|[-+ #0]*(\*|\d+)?(?:\.(\*|\d+)?)?(?:hh|h|ll|l|z|t|j|L)?([diouxXcsp]))")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text: the node that it comes from, and the key under which a table holds it."""

    text: str
    origin: Node | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        """Return the characters."""
        return "".join(piece.text for piece in self.pieces)

    def cut(self, start: int, end: int) -> Text:
        """Return the characters from `start` up to `end`."""
        out, at = [], 0
        for piece in self.pieces:
            part = piece.text[max(0, start - at) : max(0, end - at)]
            if part:
                out.append(Piece(part, piece.origin, piece.key))
            at += len(piece.text)
        return Text(tuple(out))


@dataclass(frozen=True, slots=True)
class Integer:
    """A number, the node that it was written as, and the key under which a table holds it."""

    value: int
    origin: Node | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An enumerator whose number nobody in sight gives."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """What the counter holds of an account, times a factor."""

    account: str
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value nobody can tell, and the accounts that may have gone into it."""

    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unset:
    """What a variable holds before it is set."""


@dataclass(frozen=True, slots=True)
class Counters:
    """The array of counters itself."""


@dataclass(frozen=True, slots=True)
class Table:
    """An array or a struct: its elements by index or member, the value of the others, and its length."""

    items: tuple[tuple[Key, Value], ...]
    rest: Value
    length: int | None = None

    def get(self, key: Key) -> Value:
        """Return an element, which is unknown where the others have keys of another kind."""
        items = dict(self.items)
        if key not in items and any(isinstance(k, str) is not isinstance(key, str) for k in items):
            return Unknown()
        return items.get(key, self.rest)

    def set(self, key: Key, value: Value) -> Table:
        """Return the table with another element."""
        return Table(tuple({**dict(self.items), key: value}.items()), self.rest, self.length)


Value = Union[Text, Integer, Named, Count, Unknown, Unset, Counters, Table]  # noqa: UP007 - it refers to itself


@dataclass(frozen=True, slots=True)
class Shown:
    """A counter that was printed; `call` is what the report function calls for it."""

    count: Count
    call: Node


@dataclass(frozen=True, slots=True)
class Gap:
    """Something printed that nobody can tell; `unset` where it is a string that was never set."""

    accounts: frozenset[str] = frozenset()
    unset: bool = False


Segment = Union[Piece, Shown, Gap]  # noqa: UP007 - as above


def accounts_in(value: Value) -> frozenset[str]:
    """Return the accounts that went into a value; the array itself stands for none by name."""
    if isinstance(value, Count):
        return frozenset({value.account})
    if isinstance(value, Unknown):
        return value.accounts
    if isinstance(value, Table):
        return frozenset().union(*(accounts_in(v) for _, v in value.items), accounts_in(value.rest))
    return frozenset()


def mixed(values: Iterable[Value]) -> Unknown:
    """Return what nobody can tell and these values went into."""
    return Unknown(frozenset().union(*map(accounts_in, values)))


def unescaped(text: str) -> str:
    """Return the characters that the inside of a C literal stands for."""
    return _ESCAPE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    if code in _PLAIN:
        return _PLAIN[code]
    if code[0] in "01234567":
        return chr(int(code, 8))
    return chr(int(code[1:], 16) % 0x110000) if code[0] == "x" and len(code) > 1 else code


def keyed(value: Value, key: Key) -> Value:
    """Return a value that remembers the key under which a table holds it."""
    if isinstance(value, Text):
        return Text(tuple(Piece(p.text, p.origin, key) for p in value.pieces))
    return Integer(value.value, value.origin, key) if isinstance(value, Integer) else value


def printed(value: Value, call: Node) -> tuple[Segment, ...]:
    """Return what appears when a value is printed."""
    if isinstance(value, Text):
        return value.pieces
    if isinstance(value, Integer):
        return (Piece(str(value.value), value.origin, value.key),)
    if isinstance(value, Count):
        return (Shown(value, call),)
    return (Gap(accounts_in(value), isinstance(value, Unset)),)


def formatted(form: Value, arguments: Iterable[Value], call: Node) -> tuple[Segment, ...]:
    """Return what appears when arguments are printed with a format."""
    left = list(arguments)
    if not isinstance(form, Text):
        return (Gap(mixed([form, *left]).accounts),)
    text, at = str(form), 0
    out: list[Segment] = []
    for spec in _SPEC.finditer(text):
        out += form.cut(at, spec.start()).pieces
        at = spec.end()
        if spec[3] is None:
            out.append(Piece("%"))
            continue
        for _ in range((spec[1] or "").count("*") + (spec[2] or "").count("*")):
            del left[:1]
        value = left.pop(0) if left else Unknown()
        if spec[3] == "c" and isinstance(value, Integer) and 0 <= value.value < 256:  # noqa: PLR2004 - a character
            out.append(Piece(chr(value.value), value.origin, value.key))
        elif spec[3] == "s" and isinstance(value, Integer):
            out.append(Gap(unset=not value.value))
        elif spec[3] in "xXop" and not isinstance(value, Count):
            out.append(Gap(accounts_in(value)))
        else:
            out += printed(value, call)
    rest = form.cut(at, len(text))
    if "%" in str(rest):
        return (*out, Gap(mixed(left).accounts))
    return (*out, *rest.pieces)
