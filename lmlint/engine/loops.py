"""Loops: one representative round is run, then scaled; nothing is unrolled.

The round has entry symbols of its own. How the loop's variables move is read from their values after a round, minus
before. Rounds that balance add up to nothing; a round that does not is multiplied by the number of rounds, and tied to
the first entry of the run, which is what a caller can know about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lmlint.engine.adopted import adopt
from lmlint.engine.afterloop import finish, left_behind
from lmlint.engine.amount import Amount, Symbol, constant, of
from lmlint.engine.conditions import agrees
from lmlint.engine.induction import Induction, Rounds, change, distance, how_often, is_entry, moves, scale, truth
from lmlint.engine.looptext import Text, has_effect, is_zero, read_text
from lmlint.engine.premises import in_block, is_left_alike, settle
from lmlint.engine.program import Undecided
from lmlint.engine.raised import loop_details
from lmlint.engine.state import Event, Ledger, State, ordered, region
from lmlint.engine.summary import UNSUMMED, Uniform
from lmlint.engine.tallies import Sums, Way, sums
from lmlint.engine.value import (
    COUNT,
    PART,
    Compare,
    Entry,
    Loc,
    Pointer,
    Prot,
    Value,
    Version,
    negated,
)
from lmlint.engine.value import Atom as AtomFormula

if TYPE_CHECKING:
    from lmlint.engine.execute import Executor
    from lmlint.engine.statements import Outcome, Signal
    from lmlint.source import Node


def loop(executor: Executor, node: Node, state: State) -> list[Outcome]:
    """Return the ways through a loop."""
    if node.type == "do_statement" and is_zero(node.field("condition")):  # not a loop, but a block in a macro's clothes
        ends = executor.statement(node.field("body"), state)
        return [
            (s, None if signal is not None and signal[0] in {"break", "continue"} else signal) for s, signal in ends
        ]
    starts = [state]
    if node.type == "for_statement" and "initializer" in node.fields:
        initializer = node.field("initializer")
        starts = [s for s, _ in executor.statement(initializer, state)]
    out: list[Outcome] = []
    for start in starts:
        out += _Loop(executor, node, start).run()
    return out


def again(executor: Executor, kids: tuple[Node, ...], label: str, state: State) -> list[Outcome]:
    """Return the ways through statements of which the first has a label that others jump back to."""
    first = [k for k in kids[0].kids if k.type != "statement_identifier"]
    body = replace(kids[0], type="compound_statement", kids=(*first, *kids[1:]), fields={})
    return _Loop(executor, body, state, Text([], None, body, None, until=False, checks_first=True), label).run()


MOST_GROUPS = 8
"""Into how many groups the rounds of a loop are told apart by what is known of them, besides what they do."""

PASSES = 2
"""How often statements that a jump repeats are followed one after the other."""


class _Loop:
    def __init__(self, executor: Executor, node: Node, start: State, text: Text | None = None, label: str = "") -> None:
        self.executor, self.node, self.start, self.label = executor, node, start, label
        self.program = executor.program
        self.width = executor.program.width
        self.id = executor.program.fresh("loop")
        self.text = read_text(node) if text is None else text
        self.writes = self.text.assigns_memory or bool(
            self.text.names & (self.program.rule.writers | self.program.touching)
        )
        self.assigned = sorted(self.text.assigned & start.env.keys())

    def run(self) -> list[Outcome]:
        """Return the ways through the loop from its start."""
        out: list[Outcome] = []
        entries = [self.start]
        if self.text.checks_first and self.text.test is not None:
            decided = self._decide(self.start)
            out += [(after, None) for s, truth in decided if not truth for after in self._no_round(s)]
            entries = [after for after, truth in decided if truth]
            if has_effect(self.text.test):  # the first values are those before the test
                entries = [self.start] if entries else []
        for entry in entries:
            self.start = entry
            made = self._rounds()
            if self.label and any(row.delta() != entry.delta() for row in made.normal):
                out += self._unrolled(entry)
                continue
            often = how_often(self.executor, self.text, made)
            tallied = sums(self.executor, self.text, made, often)
            if tallied:
                out += [(s, None) for one in tallied for s in self._tallied(made, often, one)]
                out += self._leave_tallied(made, tallied)
            else:
                out += self._finish(made, often)
                out += self._leave(made, often)
        return out

    def _unrolled(self, entry: State) -> list[Outcome]:
        """Return the ways through the first passes of what a jump repeats, where one pass does not balance by itself.

        A pass more would only repeat what is wrong already. What a later pass alone does wrong may be due to what was
        forgotten of the pass before, and nobody can tell.
        """
        out: list[Outcome] = []
        paths, wrong, lost = [entry], False, False
        for _ in range(PASSES):
            more: list[State] = []
            for path in paths:
                for after, signal in self.executor.statement(self.text.body, path.copy()):
                    if self._goes_on(signal):
                        more.append(after)
                    elif path is entry or after.delta() == path.delta():
                        out.append((after, signal))
                        wrong |= after.delta() != entry.delta()
                    else:
                        lost = True
                self.program.few(len(out) + len(more), self.node)
            paths = more
        if (paths or lost) and not wrong:
            raise Undecided(f"what the goto to `{self.label}` runs again does not balance by itself", self.node)
        return out

    # loops that keep a tally

    def _tallied(self, made: Rounds, induction: Induction | None, one: Sums) -> list[State]:
        """Return the paths after all rounds of a loop with a tally."""
        if self.text.test is None:
            return []
        rows = list(one.rows)
        out = []
        for path in self._after(rows):
            for new in one.enter(path):
                finish(self.executor, made, induction, rows, new)
                for symbol, left in one.tallies.items():
                    new.env[str(symbol.args[1])] = left
                details = loop_details(self.program, one)
                new.log("loop", self.node, **details, own=any(r.own for r in rows), equal=new.equal)
                out.append(new)
        return out

    def _leave_tallied(self, made: Rounds, tallied: list[Sums]) -> list[Outcome]:
        """Return the ways out of the middle of a loop with a tally, whatever rounds came before."""
        out: list[Outcome] = []
        self.program.few(len(made.exits) * len(tallied), self.node)
        for state, signal in made.exits:
            told_apart = [one for one in tallied if all(state.facts.get(f, t) is t for f, t in one.facts.items())]
            for one in told_apart:
                for new in one.enter(state):
                    before = self.start.copy()
                    details = loop_details(self.program, one)
                    before.log("loop", self.node, **details, own=any(r.own for r in one.rows), equal=new.equal)
                    new.events = _graft(before, state)
                    new.touched |= self.start.touched
                    new.equal |= one.tallies
                    new.carried = new.carried.union(*(r.carried for r in one.rows))
                    new.notes += tuple(n for r in one.rows for n in r.notes if n not in new.notes)
                    out.append((new, signal))
            if not told_apart:
                back = state.copy()
                back.events = _graft(self.start, state)
                back.touched |= self.start.touched
                back.equal |= {
                    s: self.start.norm(old) for s in tallied[0].tallies if isinstance(old := made.names[s], Amount)
                }
                out.append((back, signal))
        return out

    def _no_round(self, state: State) -> list[State]:
        """Return the path on which the loop does not run: a range that is not ahead is taken to be empty."""
        values = self.executor.evaluator.value(self.text.test, state) if self.text.test is not None else []
        formula = truth(values[0][1]) if len(values) == 1 else True
        far = distance(negated(formula) if self.text.until else formula)
        if far is None or far[1]:
            return [state]
        return state.assume(Compare("==", far[0]), truth=True)

    def _decide(self, state: State) -> list[tuple[State, bool]]:
        """Return the paths on which the loop goes on, and those on which it does not."""
        if self.text.test is None:
            return [(state, True)]
        return [
            (s, truth is not self.text.until) for s, truth in self.executor.evaluator.condition(self.text.test, state)
        ]

    # the representative round

    def _rounds(self) -> Rounds:
        begin = self.start.copy()
        begin.events = begin.raised = None
        begin.touched = frozenset()
        names: dict[Symbol, Value] = {}
        if self.writes:  # what earlier rounds have written is unknown
            begin.forget({region(loc) for loc in begin.memory if loc.base[0] != "fresh"})
            begin.touched = frozenset()
        for name in self.assigned:
            symbol = Symbol("round", (self.id, name))
            names[symbol] = begin.env[name]
            begin.env[name] = self._round_value(symbol, begin.env[name])
        paths = [begin.copy()]
        if self.text.checks_first and self.text.test is not None:
            paths = [s for s, truth in self._decide(paths[0]) if truth]
        normal: list[State] = []
        exits: list[Outcome] = []
        for path in paths:
            for after, signal in self.executor.statement(self.text.body, path):
                if self._goes_on(signal):
                    normal += self._step(after)
                elif self.label:
                    exits.append((after, signal))
                else:
                    exits.append((after, None if signal == ("break", None) else signal))
        normal = [end for s in normal for one in adopt(self.executor, s, self.id) for end in settle(self.program, one)]
        exits = [
            (end, signal)
            for s, signal in exits
            for one in adopt(self.executor, s, self.id)
            for end in settle(self.program, one)
        ]
        return Rounds(self.id, names, self.start, self.writes, begin, normal, exits)

    def _goes_on(self, signal: Signal) -> bool:
        """Whether another round follows."""
        if self.label:
            return signal == ("goto", self.label)
        return signal is None or signal[0] == "continue"

    def _round_value(self, symbol: Symbol, old: Value) -> Value:
        if isinstance(old, Pointer):
            return Pointer(Loc(old.loc.base, of(symbol, self.width), old.loc.level))
        if isinstance(old, Entry):
            return Entry(Version(old.version.level, ("left", symbol)))
        if isinstance(old, Prot):
            return Prot(AtomFormula(symbol))
        return of(symbol, self.width)

    def _step(self, state: State) -> list[State]:
        parts = [self.text.update] if self.text.update is not None else []
        paths = [state]
        for part in [*parts, *([] if self.text.checks_first else self.text.before)]:
            paths = [after for path in paths for after, _ in self.executor.evaluator.value(part, path)]
        if not self.text.checks_first and self.text.test is not None and has_effect(self.text.test):
            paths = [after for path in paths for after, _ in self.executor.evaluator.value(self.text.test, path)]
        return paths

    # how often

    # what comes after all rounds

    def _finish(self, made: Rounds, induction: Induction | None) -> list[Outcome]:
        if not made.normal or (self.text.test is None):
            return []
        groups = self._groups(made)
        out: list[Outcome] = []
        for key, rows in groups:
            out += [(s, None) for s in self._all_rounds(made, induction, key, rows, groups)]
        return out

    def _groups(self, made: Rounds) -> list[tuple[Any, list[State]]]:
        groups: dict[Any, list[State]] = {}
        for row in made.normal:
            done, recorded = row.norm_ledger(row.done), row.norm_ledger(row.recorded)
            if done == recorded and row.carried == self.start.carried:
                key: Any = None
            else:
                facts = frozenset(
                    (f, t) for f, t in row.facts.items() if f not in self.start.facts and not moves(f, self.id)
                )
                kinds = frozenset(
                    (v, k) for v, k in row.kinds.items() if self.start.kinds.get(v) != k and not moves(v, self.id)
                )
                key = (ordered(done), ordered(recorded), facts, kinds)
            groups.setdefault(key, []).append(row)
        return list(groups.items()) if len(groups) <= MOST_GROUPS else _alike(groups)

    def _all_rounds(
        self,
        made: Rounds,
        induction: Induction | None,
        key: Any,
        rows: list[State],
        groups: list[tuple[Any, list[State]]],
    ) -> list[State]:
        out = []
        for path in self._after(rows):
            new = path.copy()
            added: tuple[Ledger, Ledger] = ({}, {})
            if key is not None:
                added = self._scaled(new, key, None if self._chosen(rows, groups) else induction, rows)
                new.round = self._round_ledger(rows)
            tied = self._tie(made, induction, rows, groups, new)
            for one in tied:
                finish(self.executor, made, induction, rows, one)
                settled = self._settled(induction, rows) if key is None and len(groups) == 1 else {}
                told = {"balanced": key is None, "ways": _ways(rows), "added": added, "settled": settled}
                one.log("loop", self.node, **told, own=rows[0].own, equal=rows[0].equal)
                out.append(one)
        return out

    def _after(self, rows: list[State]) -> list[State]:
        """Return what is known after rounds of these kinds, less what they did."""
        state = self.start.copy()
        state.own |= any(r.own for r in rows)
        state.carried = state.carried.union(*(r.carried for r in rows))
        state.apart = state.apart.union(*(r.apart for r in rows))
        state.noted = state.noted.union(*(r.noted for r in rows))
        state.notes = tuple(dict.fromkeys(n for r in rows for n in r.notes))
        state.unknown += tuple(u for r in rows for u in r.unknown if u not in state.unknown)
        state.tested |= frozenset(v for r in rows for v in r.tested if not moves(v, self.id))
        state.walked |= frozenset(v for v in rows[0].walked if all(v in r.walked for r in rows))
        facts = [{f: t for f, t in r.facts.items() if not moves(f, self.id)} for r in rows]
        state.facts |= {f: t for f, t in facts[0].items() if all(other.get(f) is t for other in facts)}
        paths = [state]
        shared = [v for v in rows[0].kinds if not moves(v, self.id) and all(v in r.kinds for r in rows)]
        for version in shared:
            kinds = frozenset().union(*(r.kinds[version] for r in rows))
            paths = [b for a in paths for b in a.narrow(version, kinds)]
        return paths

    def _chosen(self, rows: list[State], groups: list[tuple[Any, list[State]]]) -> bool:
        """Whether something other than an entry, which changes from round to round, decides which rounds these are."""
        facts = [(f, t) for f, t in rows[0].facts.items() if moves(f, self.id)]
        shared = [(f, t) for f, t in facts if all(r.facts.get(f) is t for r in rows)]
        others = (row for _, group in groups if group is not rows for row in group)
        return bool(shared) and any(other.facts.get(f) is (not t) for other in others for f, t in shared)

    def _round_ledger(self, rows: list[State]) -> tuple[Ledger, Ledger] | None:
        """Return what one round does and records, where the loop records and nothing before it is open."""
        if rows[0].round is not None and not rows[0].own and not self.start.delta():
            return rows[0].round
        if not rows[0].own or self.start.own or self.start.delta():
            return None
        return rows[0].norm_ledger(rows[0].done), rows[0].norm_ledger(rows[0].recorded)

    def _scaled(self, state: State, key: Any, induction: Induction | None, rows: list[State]) -> tuple[Ledger, Ledger]:
        """Note in the ledgers what all rounds do and record, and return it."""
        added: tuple[Ledger, Ledger] = ({}, {})
        way = Way(self.executor, self.id, {})
        shares = [
            {account: self._share(amount, account, before) for account, amount in items}
            for items, before in zip(key[:2], (self.start.done, self.start.recorded), strict=True)
        ]
        for ledger, side, other, into in ((state.done, *shares, added[0]), (state.recorded, *shares[::-1], added[1])):
            for account, share in side.items():
                total = scale(share, induction, rows[0], self.id)
                if total is None and (other.get(account) == share or any(s.op == COUNT for s in share.symbols())):
                    total = way.total(share)
                elif total is None:
                    total = of(self.program.fresh("sum", account), self.width)
                    state.unknown += ((f"{UNSUMMED} and cannot be summed", self.node),)
                into[account] = state.norm(total)
                state.add(ledger, account, into[account])
        return added

    def _share(self, amount: Amount, account: Any, before: Ledger) -> Amount:
        """Return what a round itself adds to an account that held something before the loop."""
        return amount - self.start.norm(before[account]) if account in before else amount

    def _tie(
        self,
        made: Rounds,
        induction: Induction | None,
        rows: list[State],
        groups: list[tuple[Any, list[State]]],
        state: State,
    ) -> list[State]:
        """Tie the rounds' entry to the first entry of the run, where the groups of rounds differ in what they do."""
        alone = len(groups) < 2  # noqa: PLR2004 - rounds of one group are all alike, or die
        if alone and groups[0][0] is None:
            return [state]
        records = made.records and not self.start.own
        paths = [state]
        for version in sorted({v for r in rows for v in r.kinds if is_entry(v, self.id)}, key=repr):
            kinds = frozenset().union(*(r.kinds_of(version) for r in rows))
            first = change(self.executor, made, {}).loc(version.origin[1])
            new: list[State] = []
            for path in paths:
                tied = (
                    path.narrow(path.read(first), kinds)
                    if alone
                    else self._tie_one(path, first, kinds, induction, records=records)
                )
                if any(version in r.tested | r.sampled for r in rows):
                    for one in tied:
                        one.sampled |= {one.read(first)}
                new += tied
            paths = new
        return paths

    def _tie_one(
        self, state: State, first: Loc, kinds: frozenset[str], induction: Induction | None, *, records: bool
    ) -> list[State]:
        state = state.copy()
        version = state.read(first)
        full = self.program.levels[first.level]
        was = state.kinds_of(version)
        if version.origin[0] == "none":
            return state.narrow(version, kinds)
        start = induction.start if induction is not None else self.program.unknown("fresh", "start")
        end = induction.end if induction is not None else self.program.unknown("fresh", "end")
        run = Uniform(version, kinds, start, end, self.node, guarded=was != full)
        free = in_block(self.program, run, state) or is_left_alike(run, state)
        if was != full and records and not free:
            return [state]  # an older test of another entry says nothing about this round's
        paths = state.narrow(version, kinds)
        for path in paths:
            if free:
                continue
            path.uniform += (run,)
        return paths

    # what leaves in the middle

    def _leave(self, made: Rounds, induction: Induction | None) -> list[Outcome]:
        out: list[Outcome] = []
        groups = self._groups(made)
        earlier = [(key, rows) for key, rows in groups if key is not None]
        if not earlier and len(groups) == 1:
            earlier = self._settled_rounds(groups[0][1])
        alike = len(earlier) == len(groups) == 1  # then no round without an effect comes before
        self.program.few(len(made.exits) * (len(earlier) + 1), self.node)
        for state, signal in made.exits:
            back = state.copy()
            back.events = _graft(self.start, state)
            back.touched |= self.start.touched
            back.apart = back.apart.union(*(r.apart for r in made.normal))
            back.noted = back.noted.union(*(r.noted for r in made.normal))
            if alike:
                back.equal |= self._reached(made, induction, None)
            if agrees(back):
                out.append((back, signal))
            for key, rows in earlier:
                after = back.copy()
                before_exit = self.start.copy()
                added: tuple[Ledger, Ledger] = ({}, {})
                balanced = key[0] == key[1] and rows[0].carried == self.start.carried
                told = {"balanced": balanced, "ways": _ways(rows), "added": added}
                before_exit.log("loop", self.node, **told, own=rows[0].own, equal=rows[0].equal)
                after.events = _graft(before_exit, state)
                part = self._part_symbol(induction, rows[0])
                if alike:
                    after.equal |= self._reached(made, induction, part)
                    if not agrees(after) or not left_behind(self.executor, made, part, state, after):
                        continue
                sides = () if balanced else ((after.done, key[0], added[0]), (after.recorded, key[1], added[1]))
                for ledger, items, into in sides:
                    for account, amount in items:
                        before = (self.start.done if ledger is after.done else self.start.recorded).get(account)
                        share = amount if before is None else amount - self.start.norm(before)
                        into[account] = self._part(share, induction, rows[0], part)
                        after.add(ledger, account, into[account])
                after.notes += tuple(n for n in rows[0].notes if n not in after.notes)
                after.own |= rows[0].own
                after.carried = after.carried.union(*(r.carried for r in rows))
                after.round = None if balanced else self._round_ledger(rows)
                out.append((after, signal))
        return out

    def _settled_rounds(self, rows: list[State]) -> list[tuple[Any, list[State]]]:
        """Return the rounds of a loop that balance, where all do the same and what they do may be undone later."""
        ledgers = {ordered(row.norm_ledger(row.done)) for row in rows}
        if len(ledgers) > 1 or rows[0].norm_ledger(rows[0].done) == self.start.norm_ledger(self.start.done):
            return []
        done = ledgers.pop()
        return [((done, ordered(rows[0].norm_ledger(rows[0].recorded))), rows)]

    def _settled(self, induction: Induction | None, rows: list[State]) -> Ledger:
        """Return what all rounds do, and record, of a loop whose rounds balance and are alike."""
        found: Ledger = {}
        for (done, _), _ in self._settled_rounds(rows):
            for account, amount in done:
                total = scale(self._share(amount, account, self.start.done), induction, rows[0], self.id)
                if total is None:
                    return {}
                if not total.is_zero:
                    found[account] = self.start.norm(total)
        return found

    def _part_symbol(self, induction: Induction | None, row: State) -> Symbol:
        """Return the symbol for a part of the rounds, which knows how far one of them goes at least."""
        least = (1,) * self.width if induction is None else row.norm(induction.stride).constant
        return Symbol(PART, (self.id, least or ()))

    def _part(self, share: Amount, induction: Induction | None, row: State, part: Symbol) -> Amount:
        """Return what a round's share comes to over a part of the rounds: how far they go, or how many they are."""
        if part.args[1]:
            whole = share.over(part.args[1])  # type: ignore[arg-type]
            if whole is not None:
                return of(part, self.width) * whole
        stride = None if induction is None else row.norm(induction.stride)
        ratio = None if stride is None else share.ratio(stride)
        if ratio is not None:
            return of(part, self.width) * constant(ratio)
        return of(Symbol(PART, (self.id, (1,) * self.width, "rounds")), self.width) * share

    def _reached(self, made: Rounds, induction: Induction | None, part: Symbol | None) -> dict[Symbol, Amount]:
        """Return what the variables hold that every round changes alike, after a part of the rounds, or after none."""
        found = {}
        for symbol, old in made.names.items():
            ends = {row.env.get(str(symbol.args[1])) for row in made.normal}
            end = ends.pop() if len(ends) == 1 else None
            pointed = isinstance(old, Pointer) and isinstance(end, Pointer) and old.loc.base == end.loc.base
            start, end = (old.loc.index, end.loc.index) if pointed else (old, end)  # type: ignore[union-attr]
            if not isinstance(start, Amount) or not isinstance(end, Amount):
                continue
            change = end - of(symbol, self.width)
            if part is None:
                found[symbol] = made.start.norm(start)
            elif not any(moves(s, self.id) for s in change.symbols()) or change == (induction and induction.stride):
                found[symbol] = made.start.norm(start) + self._part(change, induction, made.normal[0], part)
        return found


def _alike(groups: dict[Any, list[State]]) -> list[tuple[Any, list[State]]]:
    """Return the rounds by what they do and record, known by what all that do the same have in common."""
    found: dict[Any, list[tuple[Any, list[State]]]] = {}
    for key, rows in groups.items():
        found.setdefault(None if key is None else key[:2], []).append((key, rows))
    out = []
    for ledgers, each in found.items():
        shared = [frozenset.intersection(*(key[i] for key, _ in each)) for i in (2, 3)] if ledgers is not None else []
        out.append((None if ledgers is None else (*ledgers, *shared), [row for _, rows in each for row in rows]))
    return out


def _graft(start: State, state: State) -> Any:
    events = start.events
    for event in state.events.all() if state.events else []:
        events = Event(event.what, event.node, event.stack, event.data, events)
    return events


def _ways(rows: list[State]) -> list[list[Event]]:
    """Return the steps of each round, those that write something first."""
    ways = [row.events.all() if row.events else [] for row in rows]
    return sorted(ways, key=lambda way: not any(e.what == "write" or e.data.get("replaced") for e in way))
