"""What an expression can be worth: amounts, entries, pointers to entries, protections and conditions.

Everything here is immutable and built from symbols, so a callee's row is applied by substitution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Coefficients, Symbol, of

if TYPE_CHECKING:
    from collections.abc import Callable

NONE = frozenset({"none"})
"""The kinds of an entry that is empty."""


COUNT = "count"
"""The operator of symbols that stand for how often the rounds of a loop take a way."""
PART = "part"
"""The operator of symbols that stand for what some rounds of a loop, one at least, cover before it is left."""
MAX_PARTS = 64
"""How many parts a condition may have."""


@dataclass(frozen=True)
class Loc:
    """Where an entry is: a base, and an index into the entries that start there.

    Bases: ("param", name), ("table", Loc of the entry that points to it), ("fresh", allocation), ("block", Loc of any
    entry of a contiguous block, what that entry held) and ("unknown", symbol).
    """

    base: tuple[Any, ...]
    index: Amount
    level: str


FOUND = "found"
"""The operator of the symbol behind a pointer to an entry that was looked up by its address."""


def is_found(loc: Loc) -> bool:
    """Whether an entry was looked up by its address, so that its level is known whatever type points to it."""
    kind, *rest = loc.base
    return kind == "unknown" and isinstance(rest[0], Symbol) and rest[0].op == FOUND


@dataclass(frozen=True)
class Version:
    """What an entry held at one time; a write makes a new one.

    Origins: ("at", Loc, epoch), ("param", name), ("make", bit, symbol), ("cont"|"noncont", Version), ("like", Version,
    symbol) for an entry of the same contiguous block, ("table", symbol), ("none",), ("left", symbol, ...) where only
    the kinds are known, and ("unknown", symbol) where nothing is.
    """

    level: str
    origin: tuple[Any, ...]


@dataclass(frozen=True)
class Pointer:
    """A pointer to an entry."""

    loc: Loc


@dataclass(frozen=True)
class Virtual:
    """The virtual address of a table whose physical address is known; the type of its user gives the level."""

    table: Amount


@dataclass(frozen=True)
class Entry:
    """The value of an entry; `switched` where its valid bit was set or cleared since it was read."""

    version: Version
    switched: bool = False


@dataclass(frozen=True)
class Prot:
    """A protection value, known by its contiguous bit."""

    bit: Formula


@dataclass(frozen=True)
class Low:
    """The low bits of amounts, or-ed: zero when each is a multiple of the unit."""

    parts: tuple[Amount, ...]
    unit: Coefficients


@dataclass(frozen=True)
class Account:
    """A bucket of the counter."""

    name: str


@dataclass(frozen=True)
class Slot:
    """A pointer to a bucket of the counter."""

    account: Any


@dataclass(frozen=True)
class Truth:
    """A condition used as a value."""

    formula: Formula


@dataclass(frozen=True)
class Test:
    """The entry's kind is one of these."""

    version: Version
    kinds: frozenset[str]


@dataclass(frozen=True)
class Compare:
    """The amount is zero (`==`) or below zero (`<`)."""

    op: str
    amount: Amount


@dataclass(frozen=True)
class Aligned:
    """The amount is a multiple of the unit."""

    amount: Amount
    unit: Coefficients


@dataclass(frozen=True)
class Same:
    """Two entries are equal."""

    left: Version
    right: Version


@dataclass(frozen=True)
class Safe:
    """The rule's safe-change check passes from the old to the new entry."""

    old: Version
    new: Version


@dataclass(frozen=True)
class Atom:
    """A condition that nothing is known about, but that agrees with itself."""

    symbol: Symbol


@dataclass(frozen=True)
class Not:
    """The contrary."""

    inner: Formula


@dataclass(frozen=True)
class And:
    """Both."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Or:
    """At least one."""

    left: Formula
    right: Formula


Formula = bool | Test | Compare | Aligned | Same | Safe | Atom | Not | And | Or
Value = Amount | Pointer | Virtual | Entry | Prot | Low | Account | Slot | Truth


def negated(formula: Formula) -> Formula:
    """Return the contrary, without double negation."""
    if isinstance(formula, bool):
        return not formula
    return formula.inner if isinstance(formula, Not) else Not(formula)


def both(left: Formula, right: Formula) -> Formula:
    """Return the conjunction, simplified."""
    if left is False or right is False:
        return False
    if left is True:
        return right
    return left if right is True else And(left, right)


def either(left: Formula, right: Formula) -> Formula:
    """Return the disjunction, simplified."""
    return (
        negated(both(negated(left), negated(right)))
        if isinstance(left, bool) or isinstance(right, bool)
        else Or(left, right)
    )


def is_small(formula: Formula) -> bool:
    """Whether a condition has few enough parts to be worth following."""
    work = [formula]
    for _ in range(MAX_PARTS):
        if not work:
            return True
        part = work.pop()
        if isinstance(part, And | Or):
            work += [part.left, part.right]
        elif isinstance(part, Not):
            work.append(part.inner)
    return False


@dataclass
class Substitution:
    """Symbols of one function in terms of another: `symbol` maps leaf symbols, the rest is rebuilt."""

    symbol: Callable[[Symbol], Amount | None]
    rebuild: Callable[[str, tuple[Any, ...]], Amount | None]
    parameter: Callable[[str], Loc | None]
    entry: Callable[[str], Version | None]
    bit: Callable[[Symbol], Formula | None]
    read: Callable[[Loc], Version]
    account: Callable[[Symbol], Any]

    def amount(self, amount: Amount) -> Amount:
        """Return the amount in the new terms."""
        return amount.replace(self._symbol)

    def _symbol(self, symbol: Symbol) -> Amount | None:
        new = self.symbol(symbol)
        if new is not None or not symbol.args:
            return new
        args = tuple(self.any(a) for a in symbol.args)
        if args == symbol.args:
            return None
        made = self.rebuild(symbol.op, args)
        if made is not None:
            return made
        width = next(a.width for a in args if isinstance(a, Amount)) if any(isinstance(a, Amount) for a in args) else 0
        return of(Symbol(symbol.op, args), width) if width else None

    def any(self, item: Any) -> Any:
        """Return anything that a symbol, version or formula is made of in the new terms."""
        if isinstance(item, Amount):
            return self.amount(item)
        if isinstance(item, Symbol):
            changed = self._symbol(item)
            return item if changed is None or changed.symbol is None else changed.symbol
        if isinstance(item, Loc):
            return self.loc(item)
        if isinstance(item, Version):
            return self.version(item)
        if isinstance(item, tuple):
            return tuple(self.any(i) for i in item)
        if isinstance(item, Test | Compare | Aligned | Same | Safe | Atom | Not | And | Or):
            return self.formula(item)
        return item

    def _question(self, symbol: Symbol) -> Symbol:
        """Return a symbol that stands for no amount, but for something to be asked, in the new terms."""
        if not symbol.args or any(isinstance(a, Amount) for a in symbol.args):
            return self.any(symbol)  # type: ignore[no-any-return]
        return Symbol(symbol.op, tuple(self.any(a) for a in symbol.args))

    def loc(self, loc: Loc) -> Loc:
        """Return the location in the new terms."""
        index = self.amount(loc.index)
        if loc.base[0] == "param":
            root = self.parameter(loc.base[1])
            if root is None:
                return Loc(loc.base, index, loc.level)
            return Loc(root.base, root.index + index, root.level if is_found(root) else loc.level)
        return Loc((loc.base[0], *(self.any(b) for b in loc.base[1:])), index, loc.level)

    def version(self, version: Version) -> Version:
        """Return the version in the new terms: what the caller's memory holds there."""
        kind = version.origin[0]
        if kind == "param":
            return self.entry(version.origin[1]) or version
        if kind == "at":
            return self.read(self.loc(version.origin[1])) if version.origin[2] == 0 else version
        return Version(version.level, tuple(self.any(o) for o in version.origin))

    def formula(self, formula: Formula) -> Formula:
        """Return the condition in the new terms."""
        if isinstance(formula, Test):
            return Test(self.version(formula.version), formula.kinds)
        if isinstance(formula, Compare):
            return Compare(formula.op, self.amount(formula.amount))
        if isinstance(formula, Aligned):
            return Aligned(self.amount(formula.amount), formula.unit)
        if isinstance(formula, Same):
            return Same(self.version(formula.left), self.version(formula.right))
        if isinstance(formula, Safe):
            return Safe(self.version(formula.old), self.version(formula.new))
        if isinstance(formula, Atom):
            bit = self.bit(formula.symbol)
            return Atom(self._question(formula.symbol)) if bit is None else bit
        if isinstance(formula, Not):
            return negated(self.formula(formula.inner))
        if isinstance(formula, And):
            return both(self.formula(formula.left), self.formula(formula.right))
        if isinstance(formula, Or):
            return either(self.formula(formula.left), self.formula(formula.right))
        return formula

    def value(self, value: Value) -> Value:
        """Return the value in the new terms."""
        if isinstance(value, Amount):
            return self.amount(value)
        if isinstance(value, Pointer):
            return Pointer(self.loc(value.loc))
        if isinstance(value, Virtual):
            return Virtual(self.amount(value.table))
        if isinstance(value, Entry):
            return Entry(self.version(value.version))
        if isinstance(value, Prot):
            return Prot(self.formula(value.bit))
        if isinstance(value, Low):
            return Low(tuple(self.amount(p) for p in value.parts), value.unit)
        if isinstance(value, Truth):
            return Truth(self.formula(value.formula))
        return value
