"""Which way symbolic amounts go, and what conditions show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.value import COUNT, And, Compare, Not, Or, Test

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.engine.amount import Amount
    from lmlint.engine.program import Program
    from lmlint.engine.state import Event
    from lmlint.engine.value import Formula, Version

NUMBERS = frozenset({COUNT, "rounds", "apart"})
"""Symbols that say how often something happens, in rounds of a loop or in a callee: they are never below zero."""
LEAVES = frozenset({"plain", "cont"})


def known_sign(amount: Amount, facts: Mapping[Formula, bool]) -> int:
    """Return the sign of a symbolic amount where conditions show it, 0 elsewhere."""
    certain = sign_of_counts(amount)
    if certain or not amount.terms:
        return certain
    for fact, truth in facts.items():
        if isinstance(fact, Compare) and fact.op == "<" and truth:
            ratio = amount.ratio(fact.amount) or ()
            signs = {(part > 0) - (part < 0) for part in ratio}
            if len(signs) == 1:
                return -signs.pop()
    return 0


def sign_of_counts(amount: Amount) -> int:
    """Return the sign of an amount that is made of numbers of rounds alone, 0 where that is not certain."""
    if not amount.terms or any(symbol.op not in NUMBERS for symbol in amount.symbols()):
        return 0
    signs = {(c > 0) - (c < 0) for _, coefficients in amount.terms for c in coefficients if c}
    return signs.pop() if len(signs) == 1 else 0


def facts_of(events: Iterable[Event]) -> dict[Formula, bool]:
    """Return the conditions that were decided on a way, each with its outcome."""
    found: dict[Formula, bool] = {}
    for event in events:
        if event.what == "branch":
            formula, truth = event.data["formula"], event.data["truth"]
            while isinstance(formula, Not):
                formula, truth = formula.inner, not truth
            if not isinstance(formula, bool):
                found[formula] = truth
    return found


def meets_leaf(events: Iterable[Event], program: Program) -> bool:
    """Whether an entry is shown to be a leaf on a way that does nothing to any."""
    shown: dict[Version, frozenset[str]] = {}
    for event in events:
        if event.data.get("moved"):
            return False
        if event.what == "branch":
            for version, kinds, truth in _shown(event.data["formula"], truth=event.data["truth"]):
                known = shown.get(version, program.levels[version.level])
                shown[version] = known & kinds if truth else known - kinds
    return any(kinds <= LEAVES for kinds in shown.values())


def _shown(formula: Formula, *, truth: bool) -> list[tuple[Version, frozenset[str], bool]]:
    """Return what entries are shown to hold, or not to hold, where a condition is decided."""
    if isinstance(formula, Test):
        return [(formula.version, formula.kinds, truth)]
    if isinstance(formula, Not):
        return _shown(formula.inner, truth=not truth)
    if isinstance(formula, And | Or) and isinstance(formula, And) is truth:
        return [*_shown(formula.left, truth=truth), *_shown(formula.right, truth=truth)]
    return []
