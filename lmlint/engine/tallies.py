"""Tallies: variables that some rounds of a loop add to, recorded once the loop is over.

What the rounds do and what they add to a tally are sums over the same rounds. How many rounds take each way nobody
knows, but it is one number for both: each way has a symbol for it, and the two sums differ where the ways do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.induction import moves, scale
from lmlint.engine.state import ordered
from lmlint.engine.value import COUNT, Compare, Formula, Not

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lmlint.engine.execute import Executor
    from lmlint.engine.induction import Induction, Rounds
    from lmlint.engine.looptext import Text
    from lmlint.engine.state import Ledger, State

MAX_FLAGS = 3
"""By how many conditions that no round changes the rounds of a loop are told apart."""
_STEADY = frozenset({"param", "name"})


@dataclass(frozen=True, slots=True)
class Kind:
    """Rounds that do, record and tally the same, of which a row is one; `symbols` stand for how many they are."""

    row: State
    done: Ledger
    recorded: Ledger
    changes: Mapping[Symbol, Amount]
    symbols: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What all rounds of a loop do and record, and what they leave in its tallies, under conditions that stay."""

    facts: Mapping[Formula, bool]
    rows: tuple[State, ...]
    done: Ledger
    recorded: Ledger
    tallies: Mapping[Symbol, Amount]
    kinds: tuple[Kind, ...]

    def enter(self, state: State) -> list[State]:
        """Return the paths on which the conditions hold, with the sums in the ledgers."""
        paths = [state]
        for fact, truth in self.facts.items():
            paths = [b for a in paths for b in a.assume(fact, truth=truth)]
        out = []
        for path in paths:
            new = path.copy()
            for ledger, added in ((new.done, self.done), (new.recorded, self.recorded)):
                for account, amount in added.items():
                    new.add(ledger, account, amount)
            new.own |= any(row.own for row in self.rows)
            new.apart = new.apart.union(*(row.apart for row in self.rows))
            new.noted = new.noted.union(*(row.noted for row in self.rows))
            out.append(new)
        return out


def sums(executor: Executor, text: Text, made: Rounds, induction: Induction | None) -> list[Sums]:
    """Return what the rounds of a loop with tallies come to, once for each setting of the flags; [] without a tally."""
    found = _tallies(text, made, induction)
    if not found:
        return []
    flags = _flags(executor, made)
    settings = [dict(zip(flags, values, strict=True)) for values in product((True, False), repeat=len(flags))]
    out = []
    for facts in settings:
        rows = [r for r in made.normal if all(r.facts.get(f, t) is t for f, t in facts.items())]
        if rows:
            out.append(_summed(executor, made, facts, rows, found))
    return out


def _tallies(text: Text, made: Rounds, induction: Induction | None) -> list[Symbol]:
    """Return the variables that rounds add different amounts to, or set back, or that cannot be summed otherwise."""
    tested = set() if text.test is None else {n.text for n in text.test.walk() if n.type == "identifier"}
    found = []
    for symbol, old in made.names.items():
        changes = [_change(row, symbol) for row in made.normal]
        if str(symbol.args[1]) in tested or not isinstance(old, Amount) or not changes:
            continue
        known = [c for c in changes if c is not None and not any(s in made.names for s in _leaves(c))]
        set_back = [c for c in changes if c is not None and (c + of(symbol, c.width)).constant is not None]
        if len(known) + len(set_back) < len(changes) or all(c.is_zero for c in known):
            continue
        alike = len(set(known)) == 1 and not set_back
        if alike and scale(known[0], induction, made.normal[0], made.id) is not None:
            continue
        found.append(symbol)
    return found


def _change(row: State, symbol: Symbol) -> Amount | None:
    """Return what a round adds to a variable, None where it holds no number."""
    end = row.env.get(str(symbol.args[1]))
    return end - of(symbol, end.width) if isinstance(end, Amount) else None


def _leaves(amount: Amount) -> Iterator[Symbol]:
    """Yield the symbols that an amount is a sum or a product of, not those within them."""
    return iter(amount.symbols())


def _flags(executor: Executor, made: Rounds) -> list[Formula]:
    """Return the conditions that no round changes and that rounds differ in: boolean parameters, and a rule's own."""
    asked = {n.text for when, _ in executor.program.rule.adopts.values() for n in when.walk() if n.type == "identifier"}
    names = executor.flags[-1] | asked
    found: dict[Formula, None] = {}
    for row in made.normal:
        for fact, truth in row.facts.items():
            if moves(fact, made.id) or fact in made.start.facts or not _is_about(fact, names):
                continue
            if any(other.facts.get(fact) is (not truth) for other in made.normal):
                found[fact] = None
    return list(found)[:MAX_FLAGS]


def _is_about(fact: Formula, names: Iterable[str]) -> bool:
    inner = fact.inner if isinstance(fact, Not) else fact
    symbol = inner.amount.symbol if isinstance(inner, Compare) else None
    return symbol is not None and symbol.op in _STEADY and str(symbol.args[0]) in names


def _summed(
    executor: Executor, made: Rounds, facts: Mapping[Formula, bool], rows: list[State], tallies: list[Symbol]
) -> Sums:
    ways: dict[Any, State] = {}
    for row in rows:
        shares = [_shares(made.start, side, row) for side in ("done", "recorded")]
        changes = tuple(row.norm(_change(row, t) or executor.program.number(0)) for t in tallies)
        ways.setdefault((*map(ordered, shares), changes), row)
    totals: tuple[Ledger, Ledger] = ({}, {})
    added = {t: executor.program.number(0) for t in tallies}
    sides: list[Way] = []
    for done, recorded, changes in ways:
        way = Way(executor, made.id, {})
        sides.append(way)
        for items, total in zip((done, recorded), totals, strict=True):
            for account, amount in items:
                summed = way.total(amount)
                total[account] = total[account] + summed if account in total else summed
        for tally, change in zip(tallies, changes, strict=True):
            added[tally] = added[tally] + way.total(change)
    left = {t: made.start.norm(made.names[t]) + added[t] for t in tallies}  # type: ignore[arg-type]
    kinds = []
    for ((done, recorded, changes), row), way in zip(ways.items(), sides, strict=True):
        symbols = tuple(s for amount in way.symbols.values() for s in amount.symbols())
        kinds.append(Kind(row, dict(done), dict(recorded), dict(zip(tallies, changes, strict=True)), symbols))
    return Sums(facts, tuple(rows), *totals, left, tuple(kinds))


def _shares(start: State, side: str, row: State) -> Ledger:
    """Return what a round itself adds to a ledger, zeros left out."""
    before: Ledger = getattr(start, side)
    shares = {}
    for account, amount in getattr(row, side).items():
        share = row.norm(amount if account not in before else amount - before[account])
        if not share.is_zero:
            shares[account] = share
    return shares


@dataclass(frozen=True, slots=True)
class Way:
    """The rounds that take one way: a symbol for how many they are, and one for each amount that differs in them."""

    executor: Executor
    loop: Symbol
    symbols: dict[tuple[Symbol, ...], Amount]

    def total(self, amount: Amount) -> Amount:
        """Return what an amount comes to over all rounds that take the way."""
        total = self.executor.program.number(0)
        for monomial, coefficients in amount.terms:
            varying = tuple(s for s in monomial if s.op not in _STEADY)
            if varying not in self.symbols:
                self.symbols[varying] = self.executor.program.unknown(COUNT, self.loop)
            share = Amount(((tuple(s for s in monomial if s.op in _STEADY), coefficients),), amount.width)
            total = total + share * self.symbols[varying]
        return total
