"""One path: what the variables hold, what is known, what was done and recorded so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.value import (
    Aligned,
    And,
    Compare,
    Entry,
    Formula,
    Loc,
    Low,
    Not,
    Or,
    Safe,
    Same,
    Test,
    Truth,
    Value,
    Version,
    both,
    either,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.source import Node

NONE = frozenset({"none"})
BELOW = "whatever the table holds"
"""The account of what a table takes away with it when nothing shows that it is empty."""


@dataclass(frozen=True)
class Frame:
    """A call that was followed into: where it stands, and the function it calls."""

    node: Node
    function: str


@dataclass(frozen=True, eq=False)
class Event:
    """A step of a path: what happened (`branch`, `write`, `record`, `enter`, `call`, `loop`, `return`), where, details.

    `stack` holds the calls that were followed into, outermost first.
    """

    what: str
    node: Node
    stack: tuple[Frame, ...]
    data: dict[str, Any]
    before: Event | None

    def all(self) -> list[Event]:
        """Return the steps up to this one, first one first."""
        steps: list[Event] = []
        event: Event | None = self
        while event is not None:
            steps.append(event)
            event = event.before
        return steps[::-1]


Ledger = dict[Any, Amount]
Region = tuple[Any, int]
"""Entries that may alias: what the pointer to them was made from, and how many tables down they are."""


def region(loc: Loc) -> Region:
    """Return the region of a location."""
    depth = 0
    base = loc.base
    while base[0] in {"table", "block"}:
        depth += base[0] == "table"
        base = base[1].base
    return (base, depth)


_CHANGING = ("env", "memory", "epochs", "facts", "kinds", "equal", "done", "recorded")
"""The fields of a path that are changed in place; all others are replaced."""


@dataclass
class State:
    """A path so far. Copied at every fork; what it refers to is immutable."""

    levels: Mapping[str, frozenset[str]]
    env: dict[str, Value] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    memory: dict[Loc, Version] = field(default_factory=dict)
    epochs: dict[Region, int] = field(default_factory=dict)
    touched: frozenset[Region] = frozenset()
    facts: dict[Formula, bool] = field(default_factory=dict)
    kinds: dict[Version, frozenset[str]] = field(default_factory=dict)
    equal: dict[Symbol, Amount] = field(default_factory=dict)
    done: Ledger = field(default_factory=dict)
    recorded: Ledger = field(default_factory=dict)
    walked: frozenset[Version] = frozenset()
    empty: frozenset[Loc] = frozenset()
    tested: frozenset[Version] = frozenset()
    sampled: frozenset[Version] = frozenset()
    stack: tuple[Frame, ...] = ()
    macro: Node | None = None
    outer: tuple[tuple[dict[str, Value], dict[str, str]], ...] = ()
    events: Event | None = None
    notes: tuple[Any, ...] = ()
    uniform: tuple[Any, ...] = ()
    failed: bool = False
    own: bool = False
    round: tuple[Ledger, Ledger] | None = None
    """What one round of the loop that does not balance does and records, where the loop itself records."""
    unknown: tuple[tuple[str, Node], ...] = ()

    def copy(self) -> State:
        """Return an independent path with the same past."""
        new = object.__new__(State)
        fields = new.__dict__
        fields.update(self.__dict__)
        for name in _CHANGING:
            fields[name] = dict(fields[name])
        return new

    def log(self, what: str, node: Node, **data: Any) -> None:
        """Append a step."""
        self.events = Event(what, self.macro or node, self.stack, data, self.events)

    # amounts

    def norm(self, amount: Amount) -> Amount:
        """Return the amount with every symbol that is known to equal another amount replaced."""
        for _ in range(8):
            if not self.equal:
                return amount
            new = amount.replace(self._known)
            if new is amount or new == amount:
                return amount
            amount = new
        return amount

    def _known(self, symbol: Symbol) -> Amount | None:
        known = self.equal.get(symbol)
        if known is None and symbol.op == "rounds":
            start, end, unit = symbol.args
            return rounds(self.norm(start), self.norm(end), unit)  # type: ignore[arg-type]
        return known

    def add(self, ledger: Ledger, account: Any, amount: Amount) -> None:
        """Add an amount to an account of `done` or `recorded`."""
        total = ledger[account] + amount if account in ledger else amount
        ledger[account] = total

    def delta(self) -> Ledger:
        """Return recorded minus done per account, zeros left out."""
        return difference(self.norm_ledger(self.recorded), self.norm_ledger(self.done))

    def norm_ledger(self, ledger: Ledger) -> Ledger:
        """Return the ledger in known terms, zeros left out."""
        return {account: total for account, amount in ledger.items() if not (total := self.norm(amount)).is_zero}

    # memory

    def read(self, loc: Loc) -> Version:
        """Return what the entry at a location holds."""
        version = self.memory.get(loc)
        if version is None:
            base = loc.base
            if base[0] == "fresh":
                version = Version(loc.level, ("none",))
            elif base[0] == "block":
                version = Version(loc.level, ("like", base[2], loc.index))
            else:
                version = Version(loc.level, ("at", loc, self._epoch(loc)))
            self.memory[loc] = version
        return version

    def _epoch(self, loc: Loc) -> int:
        root, depth = region(loc)
        return sum(self.epochs.get((root, d), 0) for d in range(depth + 1))

    def put(self, loc: Loc, version: Version) -> None:
        """Let the entry at a location hold another version; forget what it may alias and what hung below it."""
        here = region(loc)
        self.touched |= {here}
        for other in list(self.memory):
            if other.base == loc.base and other.index != loc.index:
                if (other.index - loc.index).constant is None:
                    del self.memory[other]
                    self.epochs[here] = self.epochs.get(here, 0) + 1
            elif _below(other, loc):
                del self.memory[other]
                under = region(other)
                self.epochs[under] = self.epochs.get(under, 0) + 1
        self.empty = frozenset(table for table in self.empty if table != loc and not _below(table, loc))
        self.memory[loc] = version

    def forget(self, regions: Iterable[Region]) -> None:
        """Forget what entries of these regions hold, and what hangs below them."""
        for gone in regions:
            self.touched |= {gone}
            self.epochs[gone] = self.epochs.get(gone, 0) + 1
            self.memory = {loc: v for loc, v in self.memory.items() if not _covers(gone, region(loc))}
            self.empty = frozenset(loc for loc in self.empty if not _covers(gone, region(loc)))

    # kinds

    def kinds_of(self, version: Version) -> frozenset[str]:
        """Return the kinds that a version can have on this path."""
        known = self.kinds.get(version)
        base = self._base_kinds(version)
        return base if known is None else known & base

    def _base_kinds(self, version: Version) -> frozenset[str]:
        origin = version.origin
        full = self.levels[version.level]
        if origin[0] == "make":
            if "cont" not in full:
                return full & {"plain"}
            known = self.knows(origin[1])
            return frozenset({"plain", "cont"} if known is None else {"cont"} if known else {"plain"})
        if origin[0] in {"cont", "noncont"}:
            return frozenset(map(_mapping(origin[0]), self.kinds_of(origin[1]))) & full
        if origin[0] == "like":
            other = self.kinds_of(origin[1])
            return frozenset({"cont"}) if other == {"cont"} else full if "cont" in other else full - {"cont"}
        if origin[0] == "none":
            return NONE
        if origin[0] == "table":
            return frozenset({"table"})
        return full

    def narrow(self, version: Version, kinds: frozenset[str]) -> list[State]:
        """Return the path on which the version has one of these kinds: one state, or none when it cannot."""
        old = self.kinds_of(version)
        new = old & kinds
        if not new:
            return []
        if new == old:
            return [self]
        state = self.copy()
        state.kinds[version] = new
        origin = version.origin
        if origin[0] == "make" and "cont" in state.levels[version.level]:
            return state.assume(origin[1], truth="cont" in new)
        if origin[0] in {"cont", "noncont"}:
            mapping = _mapping(origin[0])
            inner = frozenset(k for k in state.kinds_of(origin[1]) if mapping(k) in new)
            return state.narrow(origin[1], inner)
        if origin[0] == "like":
            if new == {"cont"}:
                return state.narrow(origin[1], new)
            if "cont" not in new:
                return state.narrow(origin[1], state.levels[version.level] - {"cont"})
        return [state]

    # conditions

    def positive(self, amount: Amount) -> bool:
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
        return self.facts.get(Compare("<", -amount)) is True

    def knows(self, formula: Formula) -> bool | None:
        """Return whether the condition holds on this path, None when it may or may not."""
        if isinstance(formula, bool):
            return formula
        if isinstance(formula, Not):
            inner = self.knows(formula.inner)
            return None if inner is None else not inner
        if isinstance(formula, And | Or):
            left, right = self.knows(formula.left), self.knows(formula.right)
            decisive = isinstance(formula, Or)
            if decisive in (left, right):
                return decisive
            return None if left is None or right is None else not decisive
        if isinstance(formula, Test):
            kinds = self.kinds_of(formula.version)
            return True if kinds <= formula.kinds else None if kinds & formula.kinds else False
        if isinstance(formula, Compare):
            condition = _inner(formula)
            if condition is not None:
                return self.knows(Not(condition))
            return self._knows_compare(formula.op, self.norm(formula.amount))
        if isinstance(formula, Aligned):
            return self._knows_aligned(self.norm(formula.amount), formula.unit)
        if isinstance(formula, Same):
            left_kinds, right_kinds = self.kinds_of(formula.left), self.kinds_of(formula.right)
            if formula.left == formula.right or left_kinds == right_kinds == NONE:
                return True
            return self.facts.get(formula) if left_kinds & right_kinds else False
        if isinstance(formula, Safe):
            return self._knows_safe(formula)
        return self.facts.get(formula)

    def _knows_compare(self, op: str, amount: Amount) -> bool | None:
        constant = amount.constant
        if op == "==":
            if constant is not None:
                return True if amount.is_zero else False if all(constant) else None
            if self.positive(amount) or self.positive(-amount):
                return False
            known = self.facts.get(Compare("==", amount))
            return self.facts.get(Compare("==", -amount)) if known is None else known
        if constant is not None:
            return True if all(c < 0 for c in constant) else False if all(c >= 0 for c in constant) else None
        if self.positive(-amount):
            return True
        if self.positive(amount) or self.facts.get(Compare("<", -amount)) is True:
            return False
        return self.facts.get(Compare("<", amount))

    def _knows_aligned(self, amount: Amount, unit: tuple[Any, ...]) -> bool | None:
        rest = Amount(
            tuple((m, cs) for m, cs in amount.terms if not all(c % u == 0 for c, u in zip(cs, unit, strict=True))),
            amount.width,
        )
        if rest.is_zero:
            return True
        if rest.constant is not None:
            return False if all(c % u for c, u in zip(rest.constant, unit, strict=True)) else None
        known: bool | None = None
        for fact, truth in self.facts.items():
            if isinstance(fact, Aligned) and self.norm(fact.amount) in (rest, amount):
                if truth and all(a % b == 0 for a, b in zip(fact.unit, unit, strict=True)):
                    return True
                if not truth and all(b % a == 0 for a, b in zip(fact.unit, unit, strict=True)):
                    known = False
        return known

    def _knows_safe(self, formula: Safe) -> bool | None:
        old, new = self.kinds_of(formula.old), self.kinds_of(formula.new)
        if NONE in (old, new):
            return True
        if formula.old == formula.new:
            return True if "cont" not in old else False if old == {"cont"} else None
        if "none" not in old and "none" not in new and (not old & new or (old & new) == {"cont"}):
            return False
        return self.facts.get(formula)

    def assume(self, formula: Formula, *, truth: bool) -> list[State]:
        """Return the paths on which the condition is so: none where it cannot be, several where in several ways."""
        if isinstance(formula, Not):
            return self.assume(formula.inner, truth=not truth)
        inner = _inner(formula) if isinstance(formula, Compare) else None
        if inner is not None:
            return self.assume(inner, truth=not truth)
        known = self.knows(formula)
        if known is not None:
            return [self] if known is truth else []
        if isinstance(formula, And | Or):
            first = isinstance(formula, And)
            if truth is first:
                return [b for a in self.assume(formula.left, truth=truth) for b in a.assume(formula.right, truth=truth)]
            rest = [b for a in self.assume(formula.left, truth=first) for b in a.assume(formula.right, truth=truth)]
            return self.assume(formula.left, truth=truth) + rest
        if isinstance(formula, Test):
            full = self.levels[formula.version.level]
            return self.narrow(formula.version, formula.kinds if truth else full - formula.kinds)
        if isinstance(formula, Safe):
            return self._assume_safe(formula, truth=truth)
        if isinstance(formula, Same) and truth:
            shared = self.kinds_of(formula.left) & self.kinds_of(formula.right)
            return [b for a in self.narrow(formula.left, shared) for b in a.narrow(formula.right, shared)]
        state = self.copy()
        state.facts[_plain(state, formula)] = truth
        if isinstance(formula, Compare) and formula.op == "==" and truth:
            return [state] if state._solve(formula.amount) else []
        if isinstance(formula, Aligned) and truth:
            state._close_steps(formula.unit)
        return [state]

    def _assume_safe(self, formula: Safe, *, truth: bool) -> list[State]:
        old, new = formula.old, formula.new
        rest = frozenset({"table", "plain", "cont"})
        if old == new:
            return self.narrow(old, frozenset({"none", "table", "plain"}) if truth else frozenset({"cont"}))
        if truth:
            out = self.narrow(old, NONE)
            out += [b for a in self.narrow(old, rest) for b in a.narrow(new, NONE)]
            pairs = [("table", "table"), ("plain", "plain")]
        else:
            out = []
            pairs = [(a, b) for a in ("table", "plain", "cont") for b in ("table", "plain", "cont")]
        for kind, after in pairs:
            for one in self.narrow(old, frozenset({kind})):
                for two in one.narrow(new, frozenset({after})):
                    sure = two if two is not self else two.copy()
                    sure.facts[formula] = truth
                    out.append(sure)
        return out

    def _solve(self, amount: Amount) -> bool:
        """Note what an amount that is zero says of one of its symbols; return False when that is absurd."""
        amount = self.norm(amount)
        choices = []
        for monomial, coefficients in amount.terms:
            if len(monomial) == 1 and (all(c == 1 for c in coefficients) or all(c == -1 for c in coefficients)):
                ranks = {"step": 0, "fresh": 1, "call": 2}
                choices.append((ranks.get(monomial[0].op, 3), repr(monomial[0]), monomial[0], coefficients[0]))
        for _, _, symbol, sign in sorted(choices, key=lambda c: c[:2]):
            rest = amount - of(symbol, amount.width) if sign == 1 else amount + of(symbol, amount.width)
            if symbol not in rest.symbols():
                self.equal[symbol] = -rest if sign == 1 else rest
                return True
        return True

    def _close_steps(self, unit: tuple[Any, ...]) -> None:
        """Where a step's start and end are both aligned to its unit, the step is a whole one."""
        for fact, truth in list(self.facts.items()):
            if not (truth and isinstance(fact, Aligned)):
                continue
            symbol = fact.amount.symbol
            if symbol is None or symbol.op != "step" or symbol in self.equal:
                continue
            start, _, size = symbol.args
            if isinstance(size, tuple) and fact.unit == size == unit and self.knows(Aligned(start, size)):  # type: ignore[arg-type]
                self.equal[symbol] = start + _constant(size)  # type: ignore[operator]


def _inner(formula: Compare) -> Formula | None:
    """Return the condition whose truth value is compared with zero, None where the amount is something else."""
    symbol = formula.amount.symbol
    return symbol.args[0] if formula.op == "==" and symbol is not None and symbol.op == "truth" else None  # type: ignore[return-value]


def _constant(values: tuple[Any, ...]) -> Amount:
    return Amount((((), values),), len(values))


def rounds(start: Amount, end: Amount, unit: tuple[Any, ...]) -> Amount:
    """Return how many steps of at most `unit` bytes lead from start to end."""
    span = (end - start).constant
    if span is not None and all(unit) and all(s % u == 0 for s, u in zip(span, unit, strict=True)):
        return _constant(tuple(s // u for s, u in zip(span, unit, strict=True)))
    return of(Symbol("rounds", (start, end, unit)), start.width)


def _plain(state: State, formula: Formula) -> Formula:
    return Compare(formula.op, state.norm(formula.amount)) if isinstance(formula, Compare) else formula


def _mapping(name: str) -> Any:
    if name == "noncont":
        return lambda kind: "plain" if kind == "cont" else kind
    return lambda kind: "cont" if kind == "plain" else kind


def _covers(upper: Region, lower: Region) -> bool:
    return upper[0] == lower[0] and upper[1] <= lower[1]


def _below(loc: Loc, parent: Loc) -> bool:
    while loc.base[0] in {"table", "block"}:
        loc = loc.base[1]
        if loc == parent:
            return True
    return False


def difference(recorded: Ledger, done: Ledger) -> Ledger:
    """Return recorded minus done per account, zeros left out."""
    total = dict(recorded)
    for account, amount in done.items():
        total[account] = total[account] - amount if account in total else -amount
    return {account: amount for account, amount in total.items() if not amount.is_zero}


def truth_of(value: Value | None) -> Formula | None:
    """Return the condition that a value is not zero, None when a pointer or the like says nothing."""
    if isinstance(value, Amount):
        return Not(Compare("==", value)) if value.constant is None or not all(value.constant) else True
    if isinstance(value, Truth):
        return value.formula
    if isinstance(value, Low):
        formula: Formula = True
        for part in value.parts:
            formula = both(formula, Aligned(part, value.unit))
        return Not(formula) if not isinstance(formula, bool) else not formula
    if isinstance(value, Entry):
        return Not(Test(value.version, NONE))
    return None


def any_of(formulas: Iterable[Formula]) -> Formula:
    """Return the disjunction of conditions."""
    total: Formula = False
    for formula in formulas:
        total = either(total, formula)
    return total
