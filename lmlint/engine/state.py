"""One path: what the variables hold, what is known, what was done and recorded so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol
from lmlint.engine.arithmetic import rounds
from lmlint.engine.conditions import assume, knows
from lmlint.engine.value import (
    NONE,
    Aligned,
    Compare,
    Entry,
    Formula,
    Loc,
    Low,
    Not,
    Pointer,
    Test,
    Truth,
    Value,
    Version,
    Virtual,
    both,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lmlint.source import Node

BELOW = "whatever the table holds"
"""The account of what a table takes away with it when nothing shows that it is empty."""


@dataclass(frozen=True)
class Pending:
    """The account of what is written into a table that no entry points to yet: it maps nothing before it is linked."""

    table: Symbol
    account: Any


@dataclass(frozen=True)
class Carried:
    """A row, by its identity, that nobody settles, and the call that came to it first: the caller's name, and where."""

    row: int
    function: str
    node: Node

    @property
    def order(self) -> tuple[str, int, int]:
        """What to sort by."""
        return self.function, self.node.line, self.node.column


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
    linked: frozenset[Symbol] = frozenset()
    """The tables allocated here that an entry points to by now."""
    escaped: frozenset[Symbol] = frozenset()
    """Those that something else knows of, which may have linked them."""
    facts: dict[Formula, bool] = field(default_factory=dict)
    kinds: dict[Version, frozenset[str]] = field(default_factory=dict)
    equal: dict[Symbol, Amount] = field(default_factory=dict)
    done: Ledger = field(default_factory=dict)
    recorded: Ledger = field(default_factory=dict)
    walked: frozenset[Version] = frozenset()
    empty: frozenset[Loc] = frozenset()
    """The entries whose tables were shown to be empty, and the first entries of tables handed over that are."""
    tested: frozenset[Version] = frozenset()
    sampled: frozenset[Version] = frozenset()
    stack: tuple[Frame, ...] = ()
    macro: Node | None = None
    outer: tuple[tuple[dict[str, Value], dict[str, str]], ...] = ()
    events: Event | None = None
    full: frozenset[tuple[Loc, str]] = frozenset()
    """The entries whose tables were shown to be full of leaves, each with the account of these."""
    raised: Event | None = None
    """The values that variables got, last one first: what adds to a tally is among them."""
    notes: tuple[Any, ...] = ()
    uniform: tuple[Any, ...] = ()
    failed: bool = False
    own: bool = False
    filtered: tuple[Value, ...] = ()
    """What the region filter was asked about."""
    round: tuple[Ledger, Ledger] | None = None
    """What one round of the loop that does not balance does and records, where the loop itself records."""
    unknown: tuple[tuple[str, Node], ...] = ()
    carried: frozenset[Carried] = frozenset()
    """The rows that nobody settles and that this path comes to if its own caller lets it."""
    apart: frozenset[tuple[Any, Amount]] = frozenset()
    """What single changes of entries would come to, by account, where a parameter says that nothing is counted."""
    noted: frozenset[tuple[Any, Amount]] = frozenset()
    """What single records of callees that balance come to, where a parameter says that something is counted."""

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

    def link(self, table: Symbol, seen_as: Callable[[Any, Amount], tuple[Any, Amount]]) -> None:
        """Note that an entry points to a table: what was written into it is done from now on.

        `seen_as` gives the account and the amount of an entry that was written as one of another level.
        """
        self.linked |= {table}
        for key in [key for key in self.done if isinstance(key, Pending) and key.table == table]:
            self.add(self.done, *seen_as(key.account, self.done.pop(key)))

    def close_tables(self, returned: frozenset[Symbol]) -> Ledger:
        """Forget what was written into tables that nobody can link any more, and return it."""
        known = self.escaped | returned
        lost: Ledger = {}
        self._settle(lambda pending: pending.table not in known and pending.table.op != "param", lost)
        self._settle(lambda _: True, self.done)
        return lost

    def _settle(self, chosen: Callable[[Pending], bool], into: Ledger) -> None:
        for key in [key for key in self.done if isinstance(key, Pending) and chosen(key)]:
            self.add(into, key.account, self.done.pop(key))

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
        self.full = frozenset((t, a) for t, a in self.full if t != loc and not _below(t, loc) and not _below(loc, t))
        self.memory[loc] = version

    def forget(self, regions: Iterable[Region]) -> None:
        """Forget what entries of these regions hold, and what hangs below them."""
        for gone in regions:
            self.touched |= {gone}
            self.epochs[gone] = self.epochs.get(gone, 0) + 1
            self.memory = {loc: v for loc, v in self.memory.items() if not _covers(gone, region(loc))}
            self.empty = frozenset(loc for loc in self.empty if not _covers(gone, region(loc)))
            self.full = frozenset((loc, a) for loc, a in self.full if gone[0] != region(loc)[0])

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

    def knows(self, formula: Formula) -> bool | None:
        """Return whether the condition holds on this path, None when it may or may not."""
        return knows(self, formula)

    def assume(self, formula: Formula, *, truth: bool) -> list[State]:
        """Return the paths on which the condition is so: none where it cannot be, several where in several ways."""
        return assume(self, formula, truth=truth)


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


def ordered(ledger: Ledger) -> tuple[tuple[Any, Amount], ...]:
    """Return a ledger as a key: equal for equal ledgers, and in the same order in every run."""
    return tuple(sorted(ledger.items(), key=lambda item: repr(item[0])))


def difference(recorded: Ledger, done: Ledger) -> Ledger:
    """Return recorded minus done per account, zeros left out."""
    total = dict(recorded)
    for account, amount in done.items():
        total[account] = total[account] - amount if account in total else -amount
    return {account: amount for account, amount in total.items() if not amount.is_zero}


def tables_in(value: Value | None) -> frozenset[Symbol]:
    """Return the newly allocated tables that a value leads to."""
    if isinstance(value, Virtual):
        return tables_in(value.table)
    if isinstance(value, Pointer):
        base, _ = region(value.loc)
        return frozenset({base[1]}) if base[0] == "fresh" else frozenset()
    return frozenset(s for s in value.symbols() if s.op == "alloc") if isinstance(value, Amount) else frozenset()


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
