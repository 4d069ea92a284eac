"""Amounts, conditions and steps as people read them."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Coefficients, Symbol, constant
from lmlint.engine.state import BELOW
from lmlint.engine.value import Aligned, And, Atom, Compare, Not, Safe, Same, Test
from lmlint.finding import ENTRIES

if TYPE_CHECKING:
    from lmlint.engine.program import Program
    from lmlint.engine.state import Ledger
    from lmlint.engine.value import Formula

KILO = 1024


def amount_text(amount: Amount, program: Program, *, sign: bool = False, entries: bool = False) -> str:
    """Return an amount in the rule's and the file's words: `-PMD_SIZE`, `next - addr`, `2 * PAGE_SIZE`.

    One that counts `entries` is made of other names: `PTRS_PER_PTE`, `(next - addr) / PMD_SIZE`.
    """
    if amount.is_zero:
        return "0"
    divisor = _divisor(amount) if entries else ()
    if any(part != 1 for part in divisor):
        inner = amount_text(amount * constant(divisor), program)
        inner = f"({inner})" if len(amount.terms) > 1 else inner
        mark = "+" if sign and not inner.startswith("-") else ""
        return f"{mark}{inner} / {_coefficient(divisor, program)}"
    parts = []
    for monomial, coefficients in sorted(amount.terms, key=lambda term: (term[1][0] < 0, repr(term[0]))):
        negative = coefficients[0] < 0
        positive = tuple(-c for c in coefficients) if negative else coefficients
        size = _count(positive, program) if entries else _coefficient(positive, program)
        names = [symbol_text(s, program) for s in monomial]
        text = " * ".join([*([size] if size != "1" or not names else []), *names])
        parts.append(("-" if negative else "+", text))
    head, *rest = parts
    text = (head[0] if head[0] == "-" or sign else "") + head[1]
    return text + "".join(f" {mark} {part}" for mark, part in rest)


def ledger_amount(amount: Amount, program: Program, *, sign: bool = True) -> str:
    """Return an amount of a ledger, in the unit of the counter; what a tally comes to is called by its name."""
    for one, mark in ((amount, "+" if sign else ""), (-amount, "-")):
        if one in program.sums:
            return f"{mark}{program.sums[one]}"
    return amount_text(amount, program, sign=sign, entries=program.rule.unit == ENTRIES)


def _divisor(amount: Amount) -> tuple[int, ...]:
    """Return by what an amount was divided in each geometry: its least common denominator."""
    columns = zip(*(coefficients for _, coefficients in amount.terms), strict=True)
    return tuple(lcm(*(Fraction(c).denominator for c in column)) for column in columns)


def _count(values: Coefficients, program: Program) -> str:
    """Return a number of entries: by the name of how many a table has, or as a number where all geometries agree."""
    alike = len(set(values)) == 1
    levels = program.rule.levels.values()
    names = dict.fromkeys(level.entries for level in levels if level.entries.isidentifier())
    known = {name: found.constant for name in names if (found := program.constant(name)) is not None}
    named = next((name for name, number in known.items() if number == values), "")
    if named and values != (1,) * len(values):
        return named
    text = _coefficient(values, program)
    return str(values[0]) if alike and not text.isidentifier() else text


def _coefficient(values: Coefficients, program: Program) -> str:
    if len(set(values)) == 1 and values[0] < KILO:
        return str(values[0])
    for name in program.sizes:
        known = program.constant(name)
        if known is None or known.constant is None or not all(known.constant):
            continue
        times = {v / c if v % c else v // c for v, c in zip(values, known.constant, strict=True)}
        if times == {1}:
            return name
    for name in program.sizes:
        known = program.constant(name)
        if known is None or known.constant is None or not all(known.constant):
            continue
        times = {v // c for v, c in zip(values, known.constant, strict=True) if v % c == 0}
        if len(times) == 1 and all(v % c == 0 for v, c in zip(values, known.constant, strict=True)):
            return f"{next(iter(times))} * {name}"
    if len(values) == 1:
        return str(values[0])
    geometries = list(program.rule.geometries)
    return "{" + ", ".join(f"{g}: {v}" for g, v in zip(geometries, values, strict=True)) + "}"


def symbol_text(symbol: Symbol, program: Program) -> str:
    """Return a symbol as the file calls it."""
    label = program.labels.get(symbol)
    if label is not None:
        return label
    if symbol.op in {"param", "name", "errno", "uninit", "bit"}:
        return str(symbol.args[0])
    if symbol.op == "round":
        return str(symbol.args[1])
    if symbol.op == "step":
        return "next"
    if symbol.op in {"rounds", "count"}:
        return "rounds" if symbol.op == "rounds" else "(rounds of one kind)"
    if symbol.op == "part":
        return "(what earlier rounds covered)"
    if symbol.op == "below":
        return "(what the table maps)"
    if symbol.op == "sum":
        return "(what the rounds add up to)"
    if symbol.op in {"fresh", "call", "alloc"}:
        return str(symbol.args[0]) if symbol.args and isinstance(symbol.args[0], str) else "?"
    args = [amount_text(a, program) if isinstance(a, Amount) else str(a) for a in symbol.args]
    if len(args) == 2 and not symbol.op.isidentifier():  # noqa: PLR2004 - a binary operator
        return f"({args[0]} {symbol.op} {args[1]})"
    return f"{symbol.op}({', '.join(args)})"


def ledger_text(ledger: Ledger, program: Program) -> str:
    """Return a ledger in the rule's order of accounts: `PMD -PMD_SIZE, PTE +PMD_SIZE`, or `nothing`."""
    names = [*program.rule.accounts, BELOW]
    known = sorted((a for a in ledger if isinstance(a, str)), key=names.index)
    parts = [f"{name} {ledger_amount(ledger[name], program)}" for name in known]
    parts += [
        f"{account_text(a, program)} {ledger_amount(ledger[a], program)}" for a in ledger if not isinstance(a, str)
    ]
    return ", ".join(parts) or "nothing"


def account_text(account: Any, program: Program) -> str:
    """Return the name of an account, which may be a parameter's."""
    return account if isinstance(account, str) else symbol_text(account, program)


def kinds_text(kinds: frozenset[str]) -> str:
    """Return kinds of entries in words."""
    words = {"none": "empty", "table": "a table", "plain": "a leaf", "cont": "a contiguous leaf"}
    if kinds >= {"plain", "cont"}:
        words = {"none": "empty", "table": "a table", "plain": "a leaf, contiguous or not"}
    return " or ".join(words[k] for k in words if k in kinds) or "nothing that an entry can be"


def condition_text(formula: Formula, program: Program, *, truth: bool = True) -> str:
    """Return a condition of a row in words."""
    if isinstance(formula, bool):
        return str(formula is truth).lower()
    if isinstance(formula, Not):
        return condition_text(formula.inner, program, truth=not truth)
    if isinstance(formula, Test):
        return f"{version_text(formula.version, program)} is {'' if truth else 'not '}{kinds_text(formula.kinds)}"
    if isinstance(formula, Compare):
        return _comparison(formula, program, truth=truth)
    if isinstance(formula, Aligned):
        unit = _coefficient(formula.unit, program)
        return f"`{amount_text(formula.amount, program)}` is {'' if truth else 'not '}a multiple of {unit}"
    if isinstance(formula, Atom):
        if formula.symbol.op == "bit":
            return f"`{formula.symbol.args[0]}` has {'' if truth else 'no '}{program.rule.bit}"
        return f"`{symbol_text(formula.symbol, program)}` is {str(truth).lower()}"
    if isinstance(formula, Same):
        left, right = version_text(formula.left, program), version_text(formula.right, program)
        return f"{left} {'equals' if truth else 'differs from'} {right}"
    if isinstance(formula, Safe):
        old, new = version_text(formula.old, program), version_text(formula.new, program)
        return f"the change from {old} to {new} is {'' if truth else 'not '}safe"
    joint = " and " if isinstance(formula, And) is truth else " or "
    return joint.join(condition_text(f, program, truth=truth) for f in (formula.left, formula.right))


def _comparison(formula: Compare, program: Program, *, truth: bool) -> str:
    """Return a comparison with zero as one of two sides: what is subtracted stands on the right."""
    relation = {("==", True): "==", ("==", False): "!=", ("<", True): "<", ("<", False): ">="}[formula.op, truth]
    amount = formula.amount
    if all(all(c <= 0 for c in cs) for _, cs in amount.terms) and formula.op == "==":
        amount = -amount
    minus = Amount(tuple((m, cs) for m, cs in amount.terms if all(c < 0 for c in cs)), amount.width)
    return f"`{amount_text(amount - minus, program)} {relation} {amount_text(-minus, program)}`"


def version_text(version: Any, program: Program) -> str:
    """Return a version of an entry as the file calls the entry."""
    kind = version.origin[0]
    if kind == "param":
        return f"`{version.origin[1]}`"
    if kind in {"at", "like"}:
        loc = version.origin[1]
        return location_text(loc, program) if kind == "at" else f"the block of {version_text(loc, program)}"
    return "the entry"


def location_text(loc: Any, program: Program) -> str:
    """Return a location as the file calls it: `*pmdp`, or the entry below another."""
    if loc.base[0] == "param":
        index = "" if loc.index.is_zero else f"[{amount_text(loc.index, program)}]"
        return f"`{loc.base[1]}{index}`" if index else f"`*{loc.base[1]}`"
    if loc.base[0] == "table":
        return f"the {loc.level} entry below {location_text(loc.base[1], program)}"
    if loc.base[0] == "block":
        return f"the block of {location_text(loc.base[1], program)}"
    return f"a new {loc.level} entry" if loc.base[0] == "fresh" else f"a {loc.level} entry"
