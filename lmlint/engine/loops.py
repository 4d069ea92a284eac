"""Loops: one representative round is run, then scaled; nothing is unrolled.

The round has entry symbols of its own. How the loop's variables move is read from their values after a round, minus
before. Rounds that balance add up to nothing; a round that does not is multiplied by the number of rounds, and tied to
the first entry of the run, which is what a caller can know about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.afterloop import finish
from lmlint.engine.amount import Symbol, constant, of
from lmlint.engine.induction import Induction, Rounds, change, distance, how_often, is_entry, moves, scale, truth
from lmlint.engine.looptext import has_effect, is_zero, read_text
from lmlint.engine.premises import in_block, settle
from lmlint.engine.state import Event, Ledger, State, region
from lmlint.engine.summary import UNSUMMED, Uniform
from lmlint.engine.value import Atom as AtomFormula
from lmlint.engine.value import (
    Compare,
    Entry,
    Loc,
    Pointer,
    Prot,
    Value,
    Version,
    negated,
)

if TYPE_CHECKING:
    from lmlint.engine.execute import Executor
    from lmlint.engine.statements import Outcome
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


class _Loop:
    def __init__(self, executor: Executor, node: Node, start: State) -> None:
        self.executor, self.node, self.start = executor, node, start
        self.program = executor.program
        self.width = executor.program.width
        self.id = executor.program.fresh("loop")
        self.text = read_text(node)
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
            often = how_often(self.executor, self.text, made)
            out += self._finish(made, often)
            out += self._leave(made, often)
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
        begin.events = None
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
                if signal is None or signal[0] == "continue":
                    normal += self._step(after)
                else:
                    exits.append((after, None if signal[0] == "break" else signal))
        normal = [settled for s in normal for settled in settle(self.program, s)]
        exits = [(settled, signal) for s, signal in exits for settled in settle(self.program, s)]
        return Rounds(self.id, names, self.start, self.writes, begin, normal, exits)

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
            if done == recorded:
                key: Any = None
            else:
                facts = frozenset(
                    (f, t) for f, t in row.facts.items() if f not in self.start.facts and not moves(f, self.id)
                )
                kinds = frozenset(
                    (v, k) for v, k in row.kinds.items() if self.start.kinds.get(v) != k and not moves(v, self.id)
                )
                key = (frozenset(done.items()), frozenset(recorded.items()), facts, kinds)
            groups.setdefault(key, []).append(row)
        return list(groups.items())

    def _all_rounds(
        self,
        made: Rounds,
        induction: Induction | None,
        key: Any,
        rows: list[State],
        groups: list[tuple[Any, list[State]]],
    ) -> list[State]:
        state = self.start.copy()
        state.own |= any(r.own for r in rows)
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
        out = []
        for path in paths:
            new = path.copy()
            added: tuple[Ledger, Ledger] = ({}, {})
            if key is not None:
                added = self._scaled(new, key, None if self._chosen(rows, groups) else induction, rows)
                new.round = self._round_ledger(rows)
            tied = self._tie(made, induction, rows, groups, new)
            for one in tied:
                finish(self.executor, made, induction, rows, one)
                told = {"balanced": key is None, "ways": _ways(rows), "added": added}
                one.log("loop", self.node, **told, own=rows[0].own, equal=rows[0].equal)
                out.append(one)
        return out

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
        for ledger, items, into in ((state.done, key[0], added[0]), (state.recorded, key[1], added[1])):
            for account, amount in items:
                before = (self.start.done if ledger is state.done else self.start.recorded).get(account)
                share = amount if before is None else amount - self.start.norm(before)
                total = scale(share, induction, rows[0], self.id)
                if total is None:
                    total = of(self.program.fresh("sum", account), self.width)
                    state.unknown += ((f"{UNSUMMED} and cannot be summed", self.node),)
                into[account] = state.norm(total)
                state.add(ledger, account, into[account])
        return added

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
        free = in_block(self.program, run, state)
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
        open_rows = [(key, rows) for key, rows in self._groups(made) if key is not None]
        self.program.few(len(made.exits) * (len(open_rows) + 1), self.node)
        for state, signal in made.exits:
            back = state.copy()
            back.events = _graft(self.start, state)
            back.touched |= self.start.touched
            out.append((back, signal))
            for key, rows in open_rows:
                after = back.copy()
                before_exit = self.start.copy()
                added: tuple[Ledger, Ledger] = ({}, {})
                told = {"balanced": False, "ways": _ways(rows), "added": added}
                before_exit.log("loop", self.node, **told, own=rows[0].own, equal=rows[0].equal)
                after.events = _graft(before_exit, state)
                part = of(Symbol("part", (self.id,)), self.width)
                for ledger, items, into in ((after.done, key[0], added[0]), (after.recorded, key[1], added[1])):
                    for account, amount in items:
                        before = (self.start.done if ledger is after.done else self.start.recorded).get(account)
                        share = amount if before is None else amount - self.start.norm(before)
                        stride = None if induction is None else rows[0].norm(induction.stride)
                        ratio = None if stride is None else share.ratio(stride)
                        into[account] = part * (constant(ratio) if ratio is not None else share)
                        after.add(ledger, account, into[account])
                after.notes += tuple(n for n in rows[0].notes if n not in after.notes)
                after.own |= rows[0].own
                after.round = self._round_ledger(rows)
                out.append((after, signal))
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
