"""Amounts: polynomials over symbols whose coefficients are one number per geometry.

This file knows no C. A geometry is one set of constants (arm64 with 4K, 16K or 64K pages): two amounts are equal when
they are equal in every geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_TERMS = 1_000
"""How many terms an amount may have."""
MAX_NUMBER = 1 << 1024
"""How large its coefficients may be."""

Number = int | Fraction
Coefficients = tuple[Number, ...]


class TooLarge(Exception):  # noqa: N818 - not an error of the user's: the amount is as good as unknown
    """An amount grows beyond what anybody means."""


@dataclass(frozen=True)
class Symbol:
    """An unknown: an operator and its operands; two symbols are the same when these are."""

    op: str
    args: tuple[object, ...] = ()

    @cached_property
    def _hash(self) -> int:
        return hash((self.op, self.args))

    def __hash__(self) -> int:
        """Return the hash, computed once: symbols nest deeply and are looked up often."""
        return self._hash

    @cached_property
    def weight(self) -> int:
        """How many symbols and terms it is made of, operands and all."""
        return 1 + sum(arg.weight for arg in self.args if isinstance(arg, Symbol | Amount))


Monomial = tuple[Symbol, ...]


@dataclass(frozen=True)
class Amount:
    """A polynomial: (monomial, coefficients) pairs, sorted, none of them zero everywhere."""

    terms: tuple[tuple[Monomial, Coefficients], ...]
    width: int

    @cached_property
    def _hash(self) -> int:
        return hash((self.terms, self.width))

    def __hash__(self) -> int:
        """Return the hash, computed once."""
        return self._hash

    @cached_property
    def weight(self) -> int:
        """How many symbols and terms it is made of, operands and all."""
        return sum(1 + sum(symbol.weight for symbol in monomial) for monomial, _ in self.terms)

    @property
    def is_zero(self) -> bool:
        """Whether the amount is zero in every geometry."""
        return not self.terms

    @property
    def constant(self) -> Coefficients | None:
        """The value per geometry, or None when a symbol is left."""
        if not self.terms:
            return (0,) * self.width
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    @property
    def symbol(self) -> Symbol | None:
        """The symbol, when the amount is one symbol and nothing else."""
        if len(self.terms) == 1:
            monomial, coefficients = self.terms[0]
            if len(monomial) == 1 and all(c == 1 for c in coefficients):
                return monomial[0]
        return None

    def symbols(self) -> set[Symbol]:
        """Return the symbols that occur in it (not those inside their operands)."""
        return {symbol for monomial, _ in self.terms for symbol in monomial}

    def __add__(self, other: Amount) -> Amount:
        """Return the sum; raises TooLarge."""
        if not other.terms:
            return self
        if not self.terms:
            return other
        total = dict(self.terms)
        for monomial, coefficients in other.terms:
            old = total.get(monomial)
            total[monomial] = coefficients if old is None else tuple(map(_plus, old, coefficients))
        return _made(total, self.width)

    def __neg__(self) -> Amount:
        """Return the amount with the other sign."""
        return Amount(tuple((m, tuple(-c for c in cs)) for m, cs in self.terms), self.width)

    def __sub__(self, other: Amount) -> Amount:
        """Return the difference."""
        return self + -other

    def __mul__(self, other: Amount) -> Amount:
        """Return the product; raises TooLarge."""
        if len(self.terms) * len(other.terms) > MAX_TERMS:
            raise TooLarge
        total: dict[Monomial, Coefficients] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                monomial = tuple(sorted(left + right, key=_order))
                product = tuple(x * y for x, y in zip(a, b, strict=True))
                old = total.get(monomial)
                total[monomial] = product if old is None else tuple(map(_plus, old, product))
        return _made(total, self.width)

    def over(self, divisor: Coefficients) -> Amount | None:
        """Return the exact quotient by a constant, or None where that constant is zero somewhere."""
        if not all(divisor):
            return None
        return Amount(
            tuple(
                (m, tuple(_whole(Fraction(c) / d) for c, d in zip(cs, divisor, strict=True))) for m, cs in self.terms
            ),
            self.width,
        )

    def ratio(self, other: Amount) -> Coefficients | None:
        """Return c per geometry such that self == c * other, or None."""
        if not other.terms:
            return None
        if not self.terms:
            return (0,) * self.width
        first = dict(self.terms).get(other.terms[0][0])
        if first is None or not all(other.terms[0][1]):
            return None
        factor = tuple(_whole(Fraction(a) / b) for a, b in zip(first, other.terms[0][1], strict=True))
        return factor if self == other * constant(factor) else None

    def replace(self, change: Callable[[Symbol], Amount | None]) -> Amount:
        """Return the amount with every symbol for which `change` gives an amount replaced by it."""
        swaps = {symbol: new for symbol in self.symbols() if (new := change(symbol)) is not None}
        if not swaps:
            return self
        total = Amount(tuple(term for term in self.terms if swaps.keys().isdisjoint(term[0])), self.width)
        for monomial, coefficients in self.terms:
            if swaps.keys().isdisjoint(monomial):
                continue
            product = constant(coefficients)
            for symbol in monomial:
                product *= swaps.get(symbol) or of(symbol, self.width)
            total += product
        return total


def constant(values: Iterable[Number]) -> Amount:
    """Return the amount with these values per geometry."""
    coefficients = tuple(values)
    return Amount((((), coefficients),) if any(coefficients) else (), len(coefficients))


def number(value: Number, width: int) -> Amount:
    """Return the amount that is `value` in each of `width` geometries."""
    return constant((value,) * width)


def of(symbol: Symbol, width: int) -> Amount:
    """Return the amount that is one symbol."""
    return Amount((((symbol,), (1,) * width),), width)


def _plus(a: Number, b: Number) -> Number:
    return a + b


def _whole(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value


def _order(symbol: Symbol) -> tuple[str, str]:
    return (symbol.op, repr(symbol.args))


def _made(total: dict[Monomial, Coefficients], width: int) -> Amount:
    kept = [(m, cs) for m, cs in total.items() if any(cs)]
    if len(kept) > MAX_TERMS or any(not -MAX_NUMBER <= c <= MAX_NUMBER for _, cs in kept for c in cs):
        raise TooLarge
    if len(kept) > 1:
        kept.sort(key=lambda term: [_order(s) for s in term[0]])
    return Amount(tuple(kept), width)
