"""Amounts form a ring, one number per geometry, and every one of them can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lmlint.engine.amount import Amount, Symbol, constant, number, of
from lmlint.engine.quantity import geometry_sizes, quantity
from lmlint.engine.words import amount_text
from tests.small import checker

if TYPE_CHECKING:
    from fractions import Fraction

PROGRAM = checker("").program
WIDTH = PROGRAM.width
SYMBOLS = [Symbol("param", (name,)) for name in ("addr", "end", "size")]

coefficients = st.lists(st.integers(-8192, 8192), min_size=WIDTH, max_size=WIDTH).map(tuple)
monomials = st.lists(st.sampled_from(SYMBOLS), max_size=2)


def term(values: tuple[int, ...], symbols: list[Symbol]) -> Amount:
    total = constant(values)
    for symbol in symbols:
        total *= of(symbol, WIDTH)
    return total


def total(parts: list[Amount]) -> Amount:
    return sum(parts, number(0, WIDTH))


amounts = st.lists(st.builds(term, coefficients, monomials), max_size=4).map(total)


def value(amount: Amount, **known: int) -> tuple[int | Fraction, ...]:
    """Return what an amount comes to, in each geometry, where these parameters have these values."""
    found = amount.replace(lambda symbol: number(known[str(symbol.args[0])], WIDTH)).constant
    assert found is not None
    return found


@given(amounts, amounts, amounts)
def test_amounts_are_a_commutative_ring(a: Amount, b: Amount, c: Amount) -> None:
    zero, one = number(0, WIDTH), number(1, WIDTH)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a + zero == a == a * one
    assert (a - a).is_zero
    assert a - b == -(b - a)
    assert (a * zero).is_zero


@given(amounts, amounts)
def test_equal_amounts_have_one_form_and_one_hash(a: Amount, b: Amount) -> None:
    there_and_back = (a + b) - b
    assert there_and_back == a
    assert hash(there_and_back) == hash(a)
    assert all(any(cs) for _, cs in there_and_back.terms)


@given(amounts, amounts, st.integers(-99, 99), st.integers(-99, 99))
def test_arithmetic_agrees_with_numbers(a: Amount, b: Amount, addr: int, end: int) -> None:
    known = {"addr": addr, "end": end, "size": 7}
    left, right = value(a, **known), value(b, **known)
    assert value(a + b, **known) == tuple(x + y for x, y in zip(left, right, strict=True))
    assert value(a * b, **known) == tuple(x * y for x, y in zip(left, right, strict=True))


@given(amounts, coefficients)
def test_over_undoes_a_product_and_never_divides_by_zero(a: Amount, divisor: tuple[int, ...]) -> None:
    quotient = a.over(divisor)
    if all(divisor):
        assert quotient is not None
        assert quotient * constant(divisor) == a
        assert (a * constant(divisor)).over(divisor) == a
    else:
        assert quotient is None


@given(amounts, coefficients)
def test_ratio_finds_the_factor(a: Amount, factor: tuple[int, ...]) -> None:
    found = (a * constant(factor)).ratio(a)
    if found is not None:
        assert a * constant(found) == a * constant(factor)
    elif not a.is_zero:
        assert any(not all(cs) for _, cs in a.terms)  # a coefficient that is zero in one geometry has no factor


@given(amounts, amounts)
def test_a_ratio_is_never_wrong(a: Amount, b: Amount) -> None:
    found = a.ratio(b)
    assert found is None or b * constant(found) == a


@given(amounts, amounts, amounts)
def test_replacing_keeps_sums_and_products(a: Amount, b: Amount, new: Amount) -> None:
    def change(symbol: Symbol) -> Amount | None:
        return new if symbol == SYMBOLS[0] else None

    assert (a + b).replace(change) == a.replace(change) + b.replace(change)
    assert (a * b).replace(change) == a.replace(change) * b.replace(change)
    assert a.replace(lambda _: None) is a
    assert a.replace(lambda symbol: of(symbol, WIDTH)) == a


@given(coefficients, coefficients)
def test_amounts_are_equal_only_where_they_are_in_every_geometry(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    assert (constant(a) == constant(b)) is (a == b)
    assert constant(a).constant == a


def test_sizes_differ_by_geometry() -> None:
    page, block = PROGRAM.size("PTE"), PROGRAM.size("PMD")
    assert page.constant == (1 << 12, 1 << 14, 1 << 16)
    assert block.ratio(page) == (1 << 9, 1 << 11, 1 << 13)
    assert PROGRAM.size("CONT_PTE") != number(16, WIDTH) * page  # so with 4K and 32 otherwise


@given(amounts)
def test_every_amount_can_be_said(a: Amount) -> None:
    assert amount_text(a, PROGRAM)
    assert amount_text(a, PROGRAM, sign=True)
    assert a.is_zero or str(quantity(a, PROGRAM))
    geometry_sizes(a, "PMD", PROGRAM, frozenset(PROGRAM.rule.geometries))
    half = a.over((2,) * WIDTH)
    assert half is not None
    assert amount_text(half, PROGRAM)


@given(amounts, amounts)
def test_what_is_said_tells_amounts_apart(a: Amount, b: Amount) -> None:
    assert (amount_text(a, PROGRAM) == amount_text(b, PROGRAM)) is (a == b)
