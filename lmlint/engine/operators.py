"""Values: how operators combine them, and what they are as another type or as a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import binary, low_mask, mentions, ored
from lmlint.engine.state import truth_of
from lmlint.engine.value import (
    Account,
    Atom,
    Compare,
    Entry,
    Formula,
    Loc,
    Low,
    Not,
    Pointer,
    Prot,
    Safe,
    Same,
    Test,
    Truth,
    Value,
    Version,
    Virtual,
    either,
    is_small,
    negated,
)

if TYPE_CHECKING:
    from lmlint.engine.program import Program
    from lmlint.source import Node

BITS = "bits"
"""The operator of symbols that stand for entries made of numbers."""


def as_pointer(program: Program, value: Value, level: str) -> Value:
    """Return a value as a pointer to entries of a level; a pointer to entries of another one stays what it is."""
    if isinstance(value, Pointer):
        return value
    zero = program.number(0)
    if isinstance(value, Virtual):
        symbol = value.table.symbol
        if symbol is not None and symbol.op == "param":  # a table that the caller hands over
            return Pointer(Loc(("param", symbol.args[0]), zero, level))
        kind = "fresh" if symbol is not None and symbol.op == "alloc" else "unknown"
        return Pointer(Loc((kind, symbol or value.table), zero, level))
    if isinstance(value, Amount):
        symbol = value.symbol
        if symbol is not None and symbol.op == "alloc":
            return Pointer(Loc(("fresh", symbol), zero, level))
        if value.is_zero:
            return value
        return Pointer(Loc(("unknown", value), zero, level))
    return as_pointer(program, program.unknown("call", "pointer"), level)


def as_type(program: Program, value: Value, kind: str, stars: int) -> Value:
    """Return a value as a variable of a C type holds it."""
    rule = program.rule
    if kind in rule.level_of_type:
        level = rule.level_of_type[kind]
        if stars:
            return as_pointer(program, value, level)
        return (
            value
            if isinstance(value, Entry | Prot)
            else Entry(Version(level, ("unknown", program.fresh("fresh", kind))))
        )
    if kind in rule.prot_types and not stars and not isinstance(value, Prot):
        return Prot(contiguous_bit(program, value))
    return value


def contiguous_bit(program: Program, value: Value) -> Formula:
    """Return the contiguous bit of a protection value; one from outside the file has none (the rule assumes it)."""
    if isinstance(value, Prot):
        return value.bit
    if isinstance(value, Entry):
        return Test(value.version, frozenset({"cont"}))
    if isinstance(value, Amount) and value.symbol is not None and value.symbol.op == "|":
        return any(isinstance(a, Amount) and a.symbol == Symbol("name", (program.rule.bit,)) for a in value.symbol.args)
    return _outside_bit(value)


def _outside_bit(value: Value) -> Formula:
    if isinstance(value, Amount) and value.symbol is not None and value.symbol.op == "param":
        return Atom(Symbol("bit", value.symbol.args))
    return isinstance(value, Truth) and value.formula


def pointer_truth(program: Program, value: Value) -> Formula:
    """Return the condition that a pointer is not null."""
    if isinstance(value, Pointer) and value.loc.base[0] in {"fresh", "unknown"}:
        return Not(Atom(Symbol("null", (value.loc.base[1],))))
    if isinstance(value, Virtual):
        return Not(Atom(Symbol("null", (value.table,))))
    return True if isinstance(value, Pointer) else Atom(program.fresh("call", "truth"))


def account_of(value: Value) -> Any:
    """Return the account that a value names: one of the rule, or a symbol."""
    if isinstance(value, Account):
        return value.name
    if isinstance(value, Amount) and value.symbol is not None:
        return value.symbol
    return Symbol("fresh", ("account", repr(value)))


def split_type(kind: str) -> tuple[str, int]:
    """Return a C type without its stars, and how many there are."""
    return kind.replace("*", "").replace("const ", "").strip(), kind.count("*")


def element(program: Program, array: Value, index: Value) -> Value:
    """Return a pointer to an element of an array."""
    if isinstance(array, Pointer) and isinstance(index, Amount):
        return Pointer(Loc(array.loc.base, array.loc.index + index, array.loc.level))
    return program.unknown("call", "element")


def combine(program: Program, op: str, left: Value, right: Value, node: Node) -> Value:
    """Return the value of a binary operator."""
    beside = _beside(program, op, left, right)
    if beside is not None:
        return beside
    if op in {"==", "!=", "<", ">", "<=", ">="}:
        formula = compare(program, op, left, right)
        return Truth(Atom(program.fresh("call", node.text)) if formula is None else formula)
    left, right = as_number(program, left), as_number(program, right)
    if isinstance(left, Entry | Prot) or isinstance(right, Entry | Prot):
        return _bits(program, op, left, right, node)
    if isinstance(left, Pointer) and isinstance(right, Amount) and op in {"+", "-"}:
        index = left.loc.index + right if op == "+" else left.loc.index - right
        return Pointer(Loc(left.loc.base, index, left.loc.level))
    if isinstance(left, Pointer) and isinstance(right, Pointer) and op == "-" and left.loc.base == right.loc.base:
        return left.loc.index - right.loc.index
    if isinstance(left, Amount) and isinstance(right, Amount):
        unit = low_mask(right) if op == "&" else None
        if unit is not None and left.constant is None:
            return Low(ored(left), unit)
        made = binary(op, left, right)
        if made is not None:
            return made
    return program.unknown("call", node.text)


def as_number(program: Program, value: Value) -> Value:
    """Return an account as the number that its name is worth; any other value as it is."""
    if not isinstance(value, Account):
        return value
    place = program.rule.index.get(value.name)
    return of(Symbol("name", (value.name,)), program.width) if place is None else program.number(place)


def _beside(program: Program, op: str, left: Value, right: Value) -> Account | None:
    """Return the account that stands so many places before or after another, None where there is none."""
    index = program.rule.index
    if op not in {"+", "-"} or not isinstance(left, Account) or not isinstance(right, Amount) or left.name not in index:
        return None
    far = right if op == "+" else -right
    return next((Account(a) for a, i in index.items() if far == program.number(i - index[left.name])), None)


def _bits(program: Program, op: str, left: Value, right: Value, node: Node) -> Value:
    """Combine an entry or a protection with bits: only the contiguous bit is followed."""
    if not isinstance(left, Entry | Prot):
        left, right = right, left
    known = isinstance(right, Amount) and (op == "|" or (right.symbol is not None and right.symbol.op == "~"))
    if known and isinstance(left, Entry) and any(mentions(right, name) for name in program.rule.asked):  # type: ignore[arg-type]
        return Entry(Version(left.version.level, ("unknown", program.fresh("fresh", node.text))))
    bit = program.rule.bit
    if isinstance(right, Amount) and right.is_zero and op == "&":
        return right
    if op == "|" and isinstance(left, Entry) and _is_number(left.version):  # of which nothing is known but this bit
        return Entry(
            Version(left.version.level, ("make", contiguous_bit(program, right), program.fresh("fresh", "entry")))
        )
    if isinstance(right, Amount):
        named = mentions(right, bit)
        inverse = right.symbol is not None and right.symbol.op == "~"
        if op == "&" and right.symbol == Symbol("name", (bit,)):
            return Truth(contiguous_bit(program, left))
        mask = right.constant is not None and all(c < 0 for c in right.constant)
        if op == "&" and (inverse or mask):
            return _with_bit(left, "noncont") if named else left
        if op == "|":
            return _with_bit(left, "cont") if named else left
        if op == "&" and not named:
            return program.unknown("call", node.text)
    if op == "|" and isinstance(right, Prot | Entry):
        formula = either(contiguous_bit(program, left), contiguous_bit(program, right))
        return Prot(formula if is_small(formula) else Atom(program.fresh("call", node.text)))
    return Prot(Atom(program.fresh("call", node.text)))


def _is_number(version: Version) -> bool:
    """Whether an entry was made of a number of which nothing is known."""
    return version.origin[0] == "unknown" and isinstance(version.origin[1], Symbol) and version.origin[1].op == BITS


def _with_bit(value: Value, action: str) -> Value:
    if isinstance(value, Entry):
        return Entry(Version(value.version.level, (action, value.version)))
    return Prot(action == "cont")


def compare(program: Program, op: str, left: Value, right: Value) -> Formula | None:
    """Return what a comparison says, None where that is not followed."""
    if op == "==" and isinstance(left, Account) and isinstance(right, Account):
        return left == right
    left, right = as_number(program, left), as_number(program, right)
    if op in {"!=", ">=", "<="}:
        formula = compare(program, {"!=": "==", ">=": "<", "<=": ">"}[op], left, right)
        return None if formula is None else negated(formula)
    if op == ">":
        return compare(program, "<", right, left)
    for one, two in ((left, right), (right, left)):
        if op == "==" and isinstance(two, Amount) and two.is_zero and not isinstance(one, Amount):
            formula = truth_of(one)
            return negated(pointer_truth(program, one) if formula is None else formula)
        if op == "==" and isinstance(one, Truth) and two == program.number(1):
            return one.formula
    if isinstance(left, Pointer) and isinstance(right, Pointer) and left.loc.base == right.loc.base:
        return Compare(op, left.loc.index - right.loc.index)
    if op == "==" and isinstance(left, Entry) and isinstance(right, Entry):
        return Same(left.version, right.version)
    if isinstance(left, Amount) and isinstance(right, Amount):
        return Compare(op, left - right)
    return None


def versions_tested(formula: Formula) -> frozenset[Version]:
    """Return the entries that a condition asks about."""
    if isinstance(formula, Test):
        return frozenset({formula.version})
    if isinstance(formula, Safe):
        return frozenset({formula.old})
    if isinstance(formula, Not):
        return versions_tested(formula.inner)
    return frozenset()


def failed(formula: Formula, fail: frozenset[str], *, truth: bool) -> bool:
    """Whether a condition says, being true or not, that an allocation has failed."""
    if isinstance(formula, Not):
        return failed(formula.inner, fail, truth=not truth)
    if isinstance(formula, Atom):
        return truth and formula.symbol.op == "null"
    if truth and isinstance(formula, Compare) and formula.op == "==":
        symbols = formula.amount.symbols()
        alone = len(formula.amount.terms) == 1
        return any(s.op == "alloc" for s in symbols) and (
            alone or any(s.args[0] in fail for s in symbols if s.op == "name")
        )
    return False
