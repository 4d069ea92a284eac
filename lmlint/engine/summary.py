"""Summaries: what a call of a function can do, as rows, and how a caller takes one over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol
from lmlint.engine.state import Carried, Event, Frame, Ledger, Pending, Region, State, difference, tables_in
from lmlint.engine.value import (
    Aligned,
    And,
    Atom,
    Compare,
    Entry,
    Formula,
    Loc,
    Low,
    Not,
    Or,
    Pointer,
    Prot,
    Safe,
    Same,
    Test,
    Truth,
    Value,
    Version,
    Virtual,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.source import Function, Node

OPEN_SYMBOLS = frozenset({"fresh", "round", "call", "alloc", "part", "uninit", "below", "null", "address", "sum"})
"""Operators of symbols that mean nothing outside the function that made them."""


@dataclass(frozen=True)
class Uniform:
    """The premise that every entry of a run [start, end) is of the kinds that the first one, `version`, is of."""

    version: Version
    kinds: frozenset[str]
    start: Amount
    end: Amount
    node: Node = field(compare=False)
    guarded: bool = False
    """Whether what is done or recorded already hangs on the first entry's kind."""


@dataclass(frozen=True)
class Premise:
    """An assumption that a verdict needed: `sampled-guard` or `clipped-range`, where, and as a sentence.

    `origin` is the construct that made it necessary, `node` the place to show.
    """

    kind: str
    origin: Node
    node: Node
    stack: tuple[Frame, ...]
    text: str


@dataclass(frozen=True)
class Row:
    """One way a call can end."""

    facts: dict[Formula, bool]
    kinds: dict[Version, frozenset[str]]
    done: Ledger
    recorded: Ledger
    delta: Ledger
    returns: Value | None
    left: dict[Loc, frozenset[str]]
    touched: frozenset[Region]
    failed: bool
    own: bool
    premises: tuple[Premise, ...]
    uniform: tuple[Uniform, ...]
    unknown: tuple[tuple[str, Node], ...]
    events: Event | None
    tested: frozenset[Version]
    round: tuple[Ledger, Ledger] | None
    unlinked: frozenset[Symbol] = frozenset()
    """The tables that were written to and that no entry points to in the end."""
    carried: frozenset[Carried] = frozenset()
    """The rows of callees that nobody settles and that this one comes to under its own conditions."""
    apart: frozenset[tuple[Any, Amount]] = frozenset()
    """What single entries that changed would have come to, by account, if a parameter did not say otherwise."""
    noted: frozenset[tuple[Any, Amount]] = frozenset()
    """What single records come to where a parameter says that something is counted, of a row that balances."""
    equal: Mapping[Symbol, Amount] = field(default_factory=dict, compare=False)
    """What symbols came to be known to stand for."""

    @property
    def view(self) -> Row:
        """The row as it is told: with what one round does, where one loop's rounds are all that does not balance."""
        if self.round is None:
            return self
        done, recorded = self.round
        delta = difference(recorded, done)
        if not delta or delta.keys() != self.delta.keys():
            return self
        return replace(self, done=done, recorded=recorded, delta=delta, round=None)

    @property
    def balanced(self) -> bool:
        """Whether bytes done equal bytes recorded in every account."""
        return not self.delta

    @property
    def doubtful(self) -> bool:
        """Whether something adds up to an unknown amount that other amounts may make up for."""
        if self.view is not self:
            return any(not reason.startswith(UNSUMMED) for reason, _ in self.unknown)
        mixed = [a for a in self.delta.values() if any(s.op == "sum" for s in a.symbols()) and len(a.terms) > 1]
        return bool(mixed) or any(not reason.startswith(UNSUMMED) for reason, _ in self.unknown)


UNSUMMED = "the rounds of a loop do not balance"


@dataclass(frozen=True)
class Summary:
    """A function's rows: all of them, and compressed for its callers."""

    function: Function
    rows: tuple[Row, ...]
    compressed: tuple[Row, ...]
    closed: tuple[Row, ...]
    """Rows that do not balance and that nobody above can settle; callers see them as balanced."""
    paths: int
    loops: bool


def settled(row: Row) -> Row:
    """Return the row as a caller sees it that has nothing more to do with its imbalance."""
    return replace(row, done={}, recorded={}, delta={}, unknown=(), own=False)


def is_closed(item: Any) -> bool:
    """Whether an expression means something outside its function: it is made of parameters and what they point to."""
    if isinstance(item, Symbol):
        return item.op not in OPEN_SYMBOLS and all(is_closed(a) for a in item.args)
    if isinstance(item, Amount):
        return all(is_closed(s) for s in item.symbols())
    if isinstance(item, Version):
        kind = item.origin[0]
        if kind == "at":
            return item.origin[2] == 0 and is_closed(item.origin[1])
        return kind in {"param", "none", "cont", "noncont", "like"} and all(is_closed(o) for o in item.origin[1:])
    if isinstance(item, Loc):
        return (
            item.base[0] in {"param", "table", "block"}
            and is_closed(item.index)
            and all(is_closed(b) for b in item.base[1:])
        )
    if isinstance(item, tuple):
        return all(is_closed(i) for i in item)
    if isinstance(item, Test):
        return is_closed(item.version)
    if isinstance(item, Compare | Aligned):
        return is_closed(item.amount)
    if isinstance(item, Same):
        return is_closed(item.left) and is_closed(item.right)
    if isinstance(item, Safe):
        return is_closed(item.old) and is_closed(item.new)
    if isinstance(item, Atom):
        return is_closed(item.symbol)
    if isinstance(item, Not):
        return is_closed(item.inner)
    if isinstance(item, And | Or):
        return is_closed(item.left) and is_closed(item.right)
    return _closed_value(item)


def _closed_value(item: Any) -> bool:
    if isinstance(item, Pointer):
        return is_closed(item.loc)
    if isinstance(item, Entry):
        return is_closed(item.version)
    if isinstance(item, Prot):
        return is_closed(item.bit)
    if isinstance(item, Truth):
        return is_closed(item.formula)
    if isinstance(item, Low):
        return is_closed(item.parts)
    return not isinstance(item, Virtual)


def make_row(state: State, returns: Value | None) -> Row:
    """Return a path that has ended as a row, in terms of the function's parameters."""
    reachable = state.linked | state.escaped | tables_in(returns)
    if any(isinstance(account, Pending) for account in state.done):
        state = state.copy()
        lost = state.close_tables(tables_in(returns))
        if lost and state.events is not None:
            state.log("lost", state.events.node, lost=lost)
    if isinstance(returns, Amount):
        returns = state.norm(returns)
    if isinstance(returns, Truth):
        known = state.knows(returns.formula)
        if known is not None:
            returns = Amount((((), (1,) * _width(state)),), _width(state)) if known else Amount((), _width(state))
    left = {
        loc: state.kinds_of(version)
        for loc, version in state.memory.items()
        if is_closed(loc) and not (version.origin[0] == "at" and version.origin[2] == 0)
    }
    failed = state.failed or is_error(returns) or _is_refusal(state, returns)
    return Row(
        facts={f: t for f, t in state.facts.items() if is_closed(f)},
        kinds={v: k for v, k in state.kinds.items() if is_closed(v)},
        done=state.norm_ledger(state.done),
        recorded=state.norm_ledger(state.recorded),
        delta=state.delta(),
        returns=returns if returns is not None and is_closed(returns) else None,
        left=left,
        touched=frozenset(region for region in state.touched if region[0][0] != "fresh"),
        failed=failed,
        own=state.own,
        premises=state.notes,
        uniform=tuple(u for u in state.uniform if is_closed(u.version) and is_closed(u.start) and is_closed(u.end)),
        unknown=state.unknown,
        events=state.events,
        tested=frozenset(v for v in state.tested | state.sampled if is_closed(v)),
        round=state.round,
        carried=state.carried,
        apart=state.apart,
        noted=state.noted,
        unlinked=frozenset(base[1] for base, _ in state.touched if base[0] == "fresh") - reachable,
        equal=state.equal,
    )


def _width(state: State) -> int:
    for ledger in (state.done, state.recorded):
        for amount in ledger.values():
            return amount.width
    return 0


def is_error(value: Value | None) -> bool:
    """Whether a return value is a negated errno."""
    if isinstance(value, Amount):
        symbol = (-value).symbol
        return symbol is not None and symbol.op == "errno"
    return False


def merge(rows: Iterable[Row]) -> list[Row]:
    """Return the rows, those that do and leave the same merged where they differ in one condition."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault((_effect(row), row.premises), []).append(row)
    return [merged for group in groups.values() for merged in (_merged(group) if group[0].delta else group)]


def _effect(row: Row) -> Any:
    ledgers = (_items(row.done), _items(row.recorded), _items(row.left))
    return (
        *ledgers,
        _return_class(row.returns),
        row.touched,
        row.failed,
        row.uniform,
        bool(row.unknown),
        row.own,
        row.carried,
        row.apart,
        row.noted,
    )


def _is_refusal(state: State, value: Value | None) -> bool:
    """Whether a return value is one that another function gave and that is known not to be zero."""
    if not isinstance(value, Amount) or value.constant is not None or state.knows(Compare("==", value)) is not False:
        return False
    return value.symbol is not None and value.symbol.op == "call"


def compress(rows: Iterable[Row], *, flagged: bool) -> tuple[Row, ...]:
    """Return fewer rows that say the same to a caller: balanced ones lose what they do, alike ones are merged.

    `flagged`: a parameter says whether anything is counted, and a caller may have been told otherwise.
    """
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        plain = replace(row, done={}, recorded={}, own=False) if row.balanced else row
        if flagged and row.balanced:
            plain = replace(plain, noted=row.noted | {(account, _one(n)) for account, n in row.recorded.items()})
        groups.setdefault(_effect(plain), []).append(plain)
    out: list[Row] = []
    for group in groups.values():
        out += [_union(group)] if group[0].balanced else _merged(group)
    return tuple(out)


def _one(amount: Amount) -> Amount:
    """Return one, with the sign of an amount."""
    number = 1 if amount.terms[0][1][0] > 0 else -1
    return Amount((((), (number,) * amount.width),), amount.width)


def _items(mapping: dict[Any, Any]) -> frozenset[tuple[Any, Any]]:
    return frozenset(mapping.items())


def _return_class(value: Value | None) -> Any:
    return "an errno" if is_error(value) else value


def _union(rows: list[Row]) -> Row:
    first = rows[0]
    facts = {f: t for f, t in first.facts.items() if all(r.facts.get(f) is t for r in rows)}
    kinds = {v: frozenset().union(*(r.kinds[v] for r in rows)) for v in first.kinds if all(v in r.kinds for r in rows)}
    return replace(first, facts=facts, kinds=kinds, premises=(), tested=frozenset().union(*(r.tested for r in rows)))


def _merged(rows: list[Row]) -> list[Row]:
    """Merge rows that differ in one condition only, as long as there are any."""
    rows = list(rows)
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(rows):
            for j in range(i + 1, len(rows)):
                both = _pair(a, rows[j])
                if both is not None:
                    rows[i] = both
                    del rows[j]
                    merged = True
                    break
            if merged:
                break
    return rows


def _pair(a: Row, b: Row) -> Row | None:
    if _same_or_wider(a, b):
        return a
    if _same_or_wider(b, a):
        return b
    if a.kinds == b.kinds and a.facts.keys() == b.facts.keys():
        odd = [f for f in a.facts if a.facts[f] != b.facts[f]]
        if len(odd) == 1:
            return replace(a, facts={f: t for f, t in a.facts.items() if f != odd[0]})
    if a.facts == b.facts and a.kinds.keys() == b.kinds.keys():
        differing = [v for v in a.kinds if a.kinds[v] != b.kinds[v]]
        if len(differing) == 1:
            version = differing[0]
            return replace(a, kinds={**a.kinds, version: a.kinds[version] | b.kinds[version]})
    return None


def _same_or_wider(a: Row, b: Row) -> bool:
    return all(b.facts.get(f) is t for f, t in a.facts.items()) and all(
        v in b.kinds and b.kinds[v] <= k for v, k in a.kinds.items()
    )
