"""Conditions: what a path knows of one, and what becomes of the path when one is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Coefficients, number, of
from lmlint.engine.value import NONE, PART, Aligned, And, Atom, Compare, Formula, Loc, Not, Or, Safe, Same, Test

HOLDS = "holds"
"""The operator of the symbol that asks whether an entry points to the table that starts with another one."""

if TYPE_CHECKING:
    from lmlint.engine.state import State


def positive(state: State, amount: Amount) -> bool:
    """Whether the amount is above zero: a step's end lies beyond its start."""
    constant = amount.constant
    if constant is not None:
        return all(c > 0 for c in constant)
    if all(len(m) == 1 and m[0].op == "errno" and all(c > 0 for c in cs) for m, cs in amount.terms):
        return True
    for symbol in amount.symbols():
        if symbol.op == "step":
            rest = amount - of(symbol, amount.width) + symbol.args[0]  # type: ignore[operator]
            if rest.is_zero or (rest.constant is not None and all(c >= 0 for c in rest.constant or ())):
                return True
    least = _least(amount)
    if least is not None and all(part > 0 for part in least):
        return True
    return state.facts.get(Compare("<", -amount)) is True


def _least(amount: Amount) -> Coefficients | None:
    """Return what an amount is at least that grows with a part of a loop's rounds: one round, that is."""
    least: Coefficients = (0,) * amount.width
    for monomial, coefficients in amount.terms:
        share = coefficients
        if monomial:
            one: Any = monomial[0].args[1] if len(monomial) == 1 and monomial[0].op == PART else ()
            share = tuple(c * part for c, part in zip(coefficients, one or coefficients, strict=True))
            if not one or any(part < 0 for part in share):
                return None
        least = tuple(a + b for a, b in zip(least, share, strict=True))
    return least


def knows(state: State, formula: Formula) -> bool | None:
    """Return whether the condition holds on this path, None when it may or may not."""
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Not):
        inner = knows(state, formula.inner)
        return None if inner is None else not inner
    if isinstance(formula, And | Or):
        left, right = knows(state, formula.left), knows(state, formula.right)
        decisive = isinstance(formula, Or)
        if decisive in (left, right):
            return decisive
        return None if left is None or right is None else not decisive
    if isinstance(formula, Test):
        kinds = state.kinds_of(formula.version)
        return True if kinds <= formula.kinds else None if kinds & formula.kinds else False
    if isinstance(formula, Compare):
        condition = _inner(formula)
        if condition is not None:
            return knows(state, Not(condition))
        return _knows_compare(state, formula.op, state.norm(formula.amount))
    if isinstance(formula, Aligned):
        return _knows_aligned(state, state.norm(formula.amount), formula.unit)
    if isinstance(formula, Same):
        left_kinds, right_kinds = state.kinds_of(formula.left), state.kinds_of(formula.right)
        if formula.left == formula.right or left_kinds == right_kinds == NONE:
            return True
        return state.facts.get(formula) if left_kinds & right_kinds else False
    if isinstance(formula, Safe):
        return _knows_safe(state, formula)
    if isinstance(formula, Atom) and formula.symbol.op == HOLDS:
        return _knows_holds(state, formula)
    return state.facts.get(formula)


def _knows_holds(state: State, formula: Atom) -> bool | None:
    """Return whether an entry points to the table that starts with another one."""
    holder, first = formula.symbol.args
    assert isinstance(first, Loc)  # noqa: S101  # whoever asks gives the first entry's place
    if first.base[0] == "table":
        return bool(first.base[1] == holder)
    return False if first.base[0] == "fresh" else state.facts.get(formula)


def _knows_compare(state: State, op: str, amount: Amount) -> bool | None:
    constant = amount.constant
    if op == "==":
        if constant is not None:
            return True if amount.is_zero else False if all(constant) else None
        if positive(state, amount) or positive(state, -amount):
            return False
        known = state.facts.get(Compare("==", amount))
        return state.facts.get(Compare("==", -amount)) if known is None else known
    if constant is not None:
        return True if all(c < 0 for c in constant) else False if all(c >= 0 for c in constant) else None
    if positive(state, -amount):
        return True
    least = _least(amount)
    if positive(state, amount) or (least is not None and all(part >= 0 for part in least)):
        return False
    return state.facts.get(Compare("<", amount))


def _knows_aligned(state: State, amount: Amount, unit: tuple[Any, ...]) -> bool | None:
    rest = Amount(
        tuple((m, cs) for m, cs in amount.terms if not all(c % u == 0 for c, u in zip(cs, unit, strict=True))),
        amount.width,
    )
    if rest.is_zero:
        return True
    if rest.constant is not None:
        return False if all(c % u for c, u in zip(rest.constant, unit, strict=True)) else None
    known: bool | None = None
    for fact, truth in state.facts.items():
        if isinstance(fact, Aligned) and state.norm(fact.amount) in (rest, amount):
            if truth and all(a % b == 0 for a, b in zip(fact.unit, unit, strict=True)):
                return True
            if not truth and all(b % a == 0 for a, b in zip(fact.unit, unit, strict=True)):
                known = False
    return known


def _knows_safe(state: State, formula: Safe) -> bool | None:
    old, new = state.kinds_of(formula.old), state.kinds_of(formula.new)
    if NONE in (old, new):
        return True
    if formula.old == formula.new:
        return True if "cont" not in old else False if old == {"cont"} else None
    if "none" not in old and "none" not in new and (not old & new or (old & new) == {"cont"}):
        return False
    return state.facts.get(formula)


def assume(state: State, formula: Formula, *, truth: bool) -> list[State]:
    """Return the paths on which the condition is so: none where it cannot be, several where in several ways."""
    if isinstance(formula, Not):
        return assume(state, formula.inner, truth=not truth)
    inner = _inner(formula) if isinstance(formula, Compare) else None
    if inner is not None:
        return assume(state, inner, truth=not truth)
    known = knows(state, formula)
    if known is not None:
        return [state] if known is truth else []
    if isinstance(formula, And | Or):
        first = isinstance(formula, And)
        if truth is first:
            return [b for a in assume(state, formula.left, truth=truth) for b in assume(a, formula.right, truth=truth)]
        rest = [b for a in assume(state, formula.left, truth=first) for b in assume(a, formula.right, truth=truth)]
        return assume(state, formula.left, truth=truth) + rest
    if isinstance(formula, Test):
        full = state.levels[formula.version.level]
        return state.narrow(formula.version, formula.kinds if truth else full - formula.kinds)
    if isinstance(formula, Safe):
        return _assume_safe(state, formula, truth=truth)
    if isinstance(formula, Same) and truth:
        shared = state.kinds_of(formula.left) & state.kinds_of(formula.right)
        return [b for a in state.narrow(formula.left, shared) for b in a.narrow(formula.right, shared)]
    new = state.copy()
    new.facts[_plain(new, formula)] = truth
    if isinstance(formula, Compare) and formula.op == "==" and truth:
        return [new] if _solve(new, formula.amount) and agrees(new) else []
    if isinstance(formula, Aligned) and truth:
        _close_steps(new, formula.unit)
    return [new]


def _assume_safe(state: State, formula: Safe, *, truth: bool) -> list[State]:
    old, new = formula.old, formula.new
    rest = frozenset({"table", "plain", "cont"})
    if old == new:
        return state.narrow(old, frozenset({"none", "table", "plain"}) if truth else frozenset({"cont"}))
    if truth:
        out = state.narrow(old, NONE)
        out += [b for a in state.narrow(old, rest) for b in a.narrow(new, NONE)]
        pairs = [("table", "table"), ("plain", "plain")]
    else:
        out = []
        pairs = [(a, b) for a in ("table", "plain", "cont") for b in ("table", "plain", "cont")]
    for kind, after in pairs:
        for one in state.narrow(old, frozenset({kind})):
            for two in one.narrow(new, frozenset({after})):
                sure = two if two is not state else two.copy()
                sure.facts[formula] = truth
                out.append(sure)
    return out


def _solve(state: State, amount: Amount) -> bool:
    """Note what an amount that is zero says of one of its symbols; return False when that is absurd."""
    amount = state.norm(amount)
    if len(amount.terms) == 1 and len(amount.terms[0][0]) == 1 and all(amount.terms[0][1]):
        state.equal[amount.terms[0][0][0]] = number(0, amount.width)  # so many times it is zero: it is zero itself
        return True
    choices = []
    for monomial, coefficients in amount.terms:
        if len(monomial) == 1 and all(coefficients):
            ranks = {"step": 0, "fresh": 1, "call": 2}
            plain = coefficients[0] in {1, -1} and len(set(coefficients)) == 1
            choices.append((not plain, ranks.get(monomial[0].op, 3), repr(monomial[0]), monomial[0], coefficients))
    for *_, symbol, coefficients in sorted(choices, key=lambda c: c[:3]):
        rest = amount - Amount((((symbol,), coefficients),), amount.width)
        known = (-rest).over(coefficients)
        if known is not None and symbol not in rest.symbols():
            state.equal[symbol] = known
            return True
    return True


def agrees(state: State) -> bool:
    """Whether what is known of amounts still holds, now that one of their symbols is known to be something else."""
    for fact, truth in state.facts.items():
        if isinstance(fact, Compare) and (amount := state.norm(fact.amount)) != fact.amount:
            known = _knows_compare(state, fact.op, amount)
            if known is not None and known is not truth:
                return False
    return True


def _close_steps(state: State, unit: tuple[Any, ...]) -> None:
    """Where a step's start and end are both aligned to its unit, the step is a whole one."""
    for fact, truth in list(state.facts.items()):
        if not (truth and isinstance(fact, Aligned)):
            continue
        symbol = fact.amount.symbol
        if symbol is None or symbol.op != "step" or symbol in state.equal:
            continue
        start, _, size = symbol.args
        if isinstance(size, tuple) and fact.unit == size == unit and knows(state, Aligned(start, size)):  # type: ignore[arg-type]
            state.equal[symbol] = start + Amount((((), size),), len(size))  # type: ignore[operator]


def _inner(formula: Compare) -> Formula | None:
    """Return the condition whose truth value is compared with zero, None where the amount is something else."""
    symbol = formula.amount.symbol
    return symbol.args[0] if formula.op == "==" and symbol is not None and symbol.op == "truth" else None  # type: ignore[return-value]


def _plain(state: State, formula: Formula) -> Formula:
    return Compare(formula.op, state.norm(formula.amount)) if isinstance(formula, Compare) else formula
