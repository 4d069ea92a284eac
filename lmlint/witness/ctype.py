"""C types as the interpreter knows them: sizes in bytes, signs, and how an integer is brought into range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORD = 8
MASK = (1 << 64) - 1
INT_SIZE = 4


@dataclass(frozen=True, slots=True)
class CType:
    """A type: `int`, `ptr`, `array`, `struct`, `func` or `void`; `of` is what it points to, holds or returns."""

    kind: str
    size: int = WORD
    signed: bool = False
    of: CType | None = None
    name: str = ""
    truth: bool = False
    """Whether it is 0 or 1, whatever it is made of."""

    @property
    def scalar(self) -> bool:
        """Whether a value of the type is one number."""
        return self.kind in {"int", "ptr", "func"}

    @property
    def target(self) -> CType:
        """What a pointer or an array leads to; void where that is unknown."""
        return self.of if self.of is not None else VOID

    @property
    def step(self) -> int:
        """How many bytes one element of a pointer's target takes; those of void count as one."""
        return max(1, self.target.size)


VOID = CType("void", 1)
INT = CType("int", INT_SIZE, signed=True)
UINT = CType("int", INT_SIZE)
LONG = CType("int", WORD, signed=True)
ULONG = CType("int", WORD)
BOOL = CType("int", 1, truth=True)
CHAR = CType("int", 1)
VOID_POINTER = CType("ptr", of=VOID)
TEXT = CType("ptr", of=CHAR)

_WORDS: Mapping[frozenset[str], CType] = {
    frozenset({"char"}): CHAR,
    frozenset({"signed", "char"}): CType("int", 1, signed=True),
    frozenset({"short"}): CType("int", 2, signed=True),
    frozenset({"unsigned", "short"}): CType("int", 2),
    frozenset({"int"}): INT,
    frozenset({"signed"}): INT,
    frozenset({"unsigned"}): UINT,
    frozenset({"long"}): LONG,
    frozenset({"unsigned", "long"}): ULONG,
    frozenset({"bool"}): BOOL,
    frozenset({"_Bool"}): BOOL,
    frozenset({"void"}): VOID,
}
_FIXED = {f"{sign}{bits}": CType("int", bits // 8, signed=sign == "s") for sign in "su" for bits in (8, 16, 32, 64)}
_NAMED = {**_FIXED, **{f"__{name}": kind for name, kind in _FIXED.items()}, "size_t": ULONG, "ssize_t": LONG}


def basic(text: str) -> CType | None:
    """Return the type that C's own words name, in whatever order, or one of the fixed sizes; None for another.

    What a macro is handed as a type is read as a name, `Unsigned_long`.
    """
    if text in _NAMED:
        return _NAMED[text]
    if text[:1].isupper():
        text = text.lower().replace("_", " ")
    words = frozenset(text.split())
    if len(words) > 1:
        words -= {"int"}
        words = words - {"signed"} if "char" not in words else words
    return _WORDS.get(words)


def pointer(of: CType) -> CType:
    """Return the type of a pointer."""
    return CType("ptr", of=of)


def array(of: CType, count: int) -> CType:
    """Return the type of an array of so many elements."""
    return CType("array", of.size * count, of=of)


def promoted(kind: CType) -> CType:
    """Return what an integer becomes in an expression."""
    return INT if kind.kind == "int" and kind.size < INT_SIZE else kind


def common(left: CType, right: CType) -> CType:
    """Return the type in which C computes with two integers."""
    left, right = promoted(left), promoted(right)
    if left.size != right.size:
        return left if left.size > right.size else right
    return left if not left.signed else right


def fits(value_of: CType, into: CType) -> bool:
    """Whether every value of one type is one of the other, so that nothing need be done to it."""
    if into.kind != "int":
        return value_of.kind != "int" or not value_of.signed
    if value_of.kind != "int":
        return into.size == WORD and not into.signed and not into.truth
    if into.truth or value_of.truth:
        return value_of.truth
    if value_of.signed == into.signed:
        return value_of.size <= into.size
    return not value_of.signed and value_of.size < into.size


@cache
def wrapping(kind: CType) -> Callable[[int], int]:
    """Return what brings a whole number into the range of a type."""
    if kind.truth:
        return lambda value: 1 if value else 0
    bits = 8 * (kind.size if kind.kind == "int" else WORD)
    mask, half, full = (1 << bits) - 1, 1 << (bits - 1), 1 << bits
    if kind.kind == "int" and kind.signed:
        return lambda value: value if -half <= value < half else (value + half) % full - half
    return lambda value: value & mask
