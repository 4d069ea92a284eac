"""Amounts of a ledger in the counter's unit, as a sentence has them: bytes, or entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.signs import NUMBERS
from lmlint.engine.words import KILO, amount_text, ledger_amount, symbol_text
from lmlint.finding import ENTRIES, geometry_text

if TYPE_CHECKING:
    from lmlint.engine.amount import Amount, Number
    from lmlint.engine.program import Program

UNITS = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_WHAT = re.compile(r"\(what ([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much, in words, without a sign; `often` says in which rounds of a loop, where it is that much in each."""

    much: str
    often: str = ""

    def __str__(self) -> str:
        """Return all of it."""
        return f"{self.much}{self.often}"

    def of(self, label: str) -> str:
        """Return it as a part of an account."""
        return f"{self.much} of {label}{self.often}"

    @property
    def aside(self) -> str:
        """In which rounds it is, behind a comma."""
        return f",{self.often}" if self.often else ""

    @property
    def where(self) -> str:
        """In which rounds it is, before something else is said of it."""
        return f"{self.often}," if self.often else ""

    @property
    def single(self) -> bool:
        """Whether it is one thing."""
        return self.much == "1 entry"

    @property
    def them(self) -> str:
        """The pronoun for it."""
        return "it" if self.single else "them"


def quantity(amount: Amount, program: Program, sign: int = 0) -> Quantity:
    """Return an amount without its sign: `2 MB (4K pages)`, `next - addr bytes`, `512 entries`.

    Where nobody would see it otherwise, `sign` tells which way the amount goes.
    """
    if program.rule.unit != ENTRIES:
        return Quantity(_bytes(amount, program))
    return _entries(-amount if sign < 0 and len(amount.terms) > 1 else amount, program)


def human(number: Number) -> str:
    """Return bytes in the largest unit that divides them: `2 MB`, `64 kB`, `1 byte`."""
    for unit, name in UNITS:
        if number and number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number} byte{'' if number == 1 else 's'}"


def geometry_sizes(amount: Amount, account: Any, program: Program, geometries: frozenset[str]) -> tuple[str, ...]:
    """Return an amount per geometry, in the counter's unit and in kB as /proc/meminfo shows it; empty when symbolic."""
    if amount.constant is None:
        return ()
    counts = program.rule.unit == ENTRIES
    sizes = _sizes(account, program)
    out = []
    for name, value, size in zip(program.rule.geometries, amount.constant, sizes, strict=True):
        if not value or name not in geometries:
            continue
        kilo = "" if size is None else f" ({int(value * size) // KILO:+d} kB)"
        much = _signed(value) if counts else f"{int(value):+d} bytes"
        out.append(f"{name}: {much}{kilo}" if len(sizes) > 1 or not counts else f"{much}{kilo}")
    return tuple(out)


def _sizes(account: Any, program: Program) -> tuple[Number | None, ...]:
    """Return how many bytes one of the counter's units is of an account, None where nobody knows the account."""
    if program.rule.unit != ENTRIES:
        return (1,) * program.width
    known = program.size(account).constant if account in program.rule.accounts else None
    return known or (None,) * program.width


def in_bytes(amount: Amount, account: Any, program: Program) -> tuple[Number | None, ...]:
    """Return an amount of an account in bytes, per geometry, None where that is not known."""
    sizes = _sizes(account, program)
    values = amount.constant or (0,) * program.width
    if amount.constant is None:
        return (None,) * program.width
    return tuple(None if size is None else value * size for value, size in zip(values, sizes, strict=True))


def _bytes(amount: Amount, program: Program) -> str:
    constant = amount.constant
    if constant is None:
        return f"{amount_text(_positive(amount), program)} bytes"
    sizes: tuple[Number, ...] = tuple(c if c > 0 else -c for c in constant)
    if len(set(sizes)) == 1:
        return human(sizes[0])
    name, size = next((name, size) for name, size in zip(program.rule.geometries, sizes, strict=True) if size)
    return f"{human(size)} ({geometry_text(name)})"


def _positive(amount: Amount) -> Amount:
    return -amount if amount.terms[0][1][0] < 0 and len(amount.terms) == 1 else amount


def _entries(amount: Amount, program: Program) -> Quantity:
    sizes = None if amount.constant is None else tuple(c if c > 0 else -c for c in amount.constant)
    if sizes is not None:
        name, number = next((n, c) for n, c in zip(program.rule.geometries, sizes, strict=True) if c)
        alike = len(set(sizes)) == 1
        return Quantity(_numbered(number) + ("" if alike else f" ({geometry_text(name)})"))
    amount = _positive(amount)
    if amount in program.sums:
        return Quantity(f"`{program.sums[amount]}` entries")
    ((monomial, coefficients), *rest) = amount.terms
    if not rest and len(monomial) == 1 and monomial[0].op in NUMBERS and len(set(coefficients)) == 1:
        text = symbol_text(monomial[0], program)
        if text.startswith(("rounds", "(rounds")):
            return Quantity(_numbered(coefficients[0]), f" in each of the {text.strip('()')}")
    text = ledger_amount(amount, program, sign=False)
    unknown = _WHAT.fullmatch(text)
    if unknown:
        return Quantity("entries", f", as many as {unknown[1]}")
    return Quantity(f"`{text}` entries" if text.isidentifier() else f"{text} entries")


def _numbered(number: Number) -> str:
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def _signed(number: Number) -> str:
    return f"{'+' if number > 0 else ''}{number} entr{'y' if abs(number) == 1 else 'ies'}"
