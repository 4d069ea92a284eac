"""Loops: one representative round is run, then scaled; nothing is unrolled.

The round has entry symbols of its own. How the loop's variables move is read from their values after a round, minus
before. Rounds that balance add up to nothing; a round that does not is multiplied by the number of rounds, and tied to
the first entry of the run, which is what a caller can know about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, constant, of
from lmlint.engine.state import Event, Frame, Ledger, State, region, rounds, truth_of
from lmlint.engine.summary import UNSUMMED, Premise, Uniform
from lmlint.engine.value import (
    And,
    Compare,
    Entry,
    Formula,
    Loc,
    Not,
    Pointer,
    Prot,
    Substitution,
    Value,
    Version,
    negated,
)
from lmlint.engine.value import Atom as AtomFormula
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.execute import Executor, Outcome
    from lmlint.source import Node


@dataclass(frozen=True)
class Induction:
    """How often a loop runs: `span` is how far the tested value has to go, `stride` how far a round takes it.

    `start` and `end` are what the variable goes from and to, where it is one variable; `extra` counts rounds beyond
    span / stride.
    """

    span: Amount
    stride: Amount
    start: Amount
    end: Amount
    extra: int


@dataclass
class _Rounds:
    """The representative round: its symbols, the state it starts in, and the ways it ends."""

    names: dict[Symbol, Value]
    begin: State
    normal: list[State]
    exits: list[Outcome]


def loop(executor: Executor, node: Node, state: State) -> list[Outcome]:
    """Return the ways through a loop."""
    if node.type == "do_statement" and _is_zero(
        node.field("condition")
    ):  # not a loop, but a block in a macro's clothes
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
        self.checks_first = node.type != "do_statement"
        condition = node.fields.get("condition")
        self.before, self.test = _split_test(condition)
        self.body = node.field("body")
        self.until = self.test is None or bare(self.test).text in {"1", "true"}
        """Whether the loop's test is a `break` that opens or closes its body: it runs until that test is true."""
        if self.until:
            self.before, (self.test, self.body, self.checks_first) = (
                [],
                _broken_test(self.body, first=self.checks_first),
            )
        self.update = node.fields.get("update")
        parts = [
            self.body,
            *([condition] if condition is not None else []),
            *([self.update] if self.update is not None else []),
        ]
        self.writes = any(_names(part) & (self.program.rule.writers | self.program.touching) for part in parts)
        self.writes |= any(_assigns_memory(part) for part in parts)
        self.assigned = sorted({n for part in parts for n in _assigned(part)} & start.env.keys())

    def run(self) -> list[Outcome]:
        """Return the ways through the loop from its start."""
        out: list[Outcome] = []
        entries = [self.start]
        if self.checks_first and self.test is not None:
            decided = self._decide(self.start)
            out += [(after, None) for s, truth in decided if not truth for after in self._no_round(s)]
            entries = [after for after, truth in decided if truth]
            if _has_effect(self.test):  # the first values are those before the test
                entries = [self.start] if entries else []
        for entry in entries:
            self.start = entry
            made = self._rounds()
            induction = self._induction(made)
            out += self._finish(made, induction)
            out += self._leave(made, induction)
        return out

    def _no_round(self, state: State) -> list[State]:
        """Return the path on which the loop does not run: a range that is not ahead is taken to be empty."""
        values = self.executor.evaluator.value(self.test, state) if self.test is not None else []
        formula = _truth(values[0][1]) if len(values) == 1 else True
        distance = _distance(negated(formula) if self.until else formula)
        if distance is None or distance[1]:
            return [state]
        return state.assume(Compare("==", distance[0]), truth=True)

    def _decide(self, state: State) -> list[tuple[State, bool]]:
        """Return the paths on which the loop goes on, and those on which it does not."""
        if self.test is None:
            return [(state, True)]
        return [(s, truth is not self.until) for s, truth in self.executor.evaluator.condition(self.test, state)]

    # the representative round

    def _rounds(self) -> _Rounds:
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
        if self.checks_first and self.test is not None:
            paths = [s for s, truth in self._decide(paths[0]) if truth]
        normal: list[State] = []
        exits: list[Outcome] = []
        for path in paths:
            for after, signal in self.executor.statement(self.body, path):
                if signal is None or signal[0] == "continue":
                    normal += self._step(after)
                else:
                    exits.append((after, None if signal[0] == "break" else signal))
        normal = [settled for s in normal for settled in settle(self.executor, s)]
        exits = [(settled, signal) for s, signal in exits for settled in settle(self.executor, s)]
        return _Rounds(names, begin, normal, exits)

    def _round_value(self, symbol: Symbol, old: Value) -> Value:
        if isinstance(old, Pointer):
            return Pointer(Loc(old.loc.base, of(symbol, self.width), old.loc.level))
        if isinstance(old, Entry):
            return Entry(Version(old.version.level, ("left", symbol)))
        if isinstance(old, Prot):
            return Prot(AtomFormula(symbol))
        return of(symbol, self.width)

    def _step(self, state: State) -> list[State]:
        parts = [self.update] if self.update is not None else []
        paths = [state]
        for part in [*parts, *([] if self.checks_first else self.before)]:
            paths = [after for path in paths for after, _ in self.executor.evaluator.value(part, path)]
        if not self.checks_first and self.test is not None and _has_effect(self.test):
            paths = [after for path in paths for after, _ in self.executor.evaluator.value(self.test, path)]
        return paths

    # how often

    def _change(self, made: _Rounds, values: dict[Symbol, Value]) -> Substitution:
        def symbol(item: Symbol) -> Amount | None:
            if item not in made.names:
                return None
            value = values.get(item, made.names[item])
            if isinstance(value, Pointer):
                return value.loc.index
            return value if isinstance(value, Amount) else self.program.unknown("call", "round")

        def none(_item: Any) -> None:
            return None

        return Substitution(
            symbol, self.executor.rebuild, none, none, none, lambda loc: Version(loc.level, ("at", loc, 0)), none
        )

    def _induction(self, made: _Rounds) -> Induction | None:
        if self.test is None or not made.normal:
            return None
        after_effect = not self.checks_first and _has_effect(self.test)
        at_end = made.normal[0] if after_effect else made.begin
        probe = made.begin.copy()
        if after_effect:
            probe.env = dict(_before_test(self, made) or at_end.env)
        values = self.executor.evaluator.value(self.test, probe)
        if len(values) != 1:
            conjunct = _first_compare(self.executor, self.test, probe)
            distance = None if conjunct is None else _distance(conjunct)
        else:
            formula = _truth(values[0][1])
            distance = _distance(negated(formula) if self.until else formula)
        if distance is None:
            return None
        amount, inclusive = distance
        strides = {self._stride(made, amount, s) for s in made.normal}
        if len(strides) != 1:
            return None
        stride = next(iter(strides))
        if stride is None or stride.is_zero:
            return None
        if inclusive:
            amount -= stride
        first = self._change(made, {})
        moving = [s for s in amount.symbols() if s in made.names]
        start = self.start.norm(first.amount(amount))
        low, high = start, self.program.number(0)
        if len(moving) == 1 and isinstance(made.names[moving[0]], Amount):
            low = self.start.norm(made.names[moving[0]])  # type: ignore[arg-type]
            high = low - start
        return Induction(_whole_rounds(-start, stride), stride, low, high, int(after_effect))

    def _stride(self, made: _Rounds, amount: Amount, end: State) -> Amount | None:
        values = {}
        for symbol in made.names:
            name = str(symbol.args[1])
            if name in end.env:
                values[symbol] = end.env[name]
        if any(isinstance(values.get(s), Amount) is False and s in values and not isinstance(values[s], Pointer)
               for s in amount.symbols() if s in made.names):  # fmt: skip
            return None
        return self._change(made, values).amount(amount) - amount

    def _scale(self, amount: Amount, induction: Induction | None, state: State) -> Amount | None:
        """Return what a round's amount comes to over all rounds, None where that cannot be said."""
        if amount.is_zero:
            return amount
        if induction is None:
            return None
        stride = state.norm(induction.stride)
        for unit in (stride, induction.stride):
            ratio = amount.ratio(unit)
            if ratio is not None:
                extra = amount if induction.extra else self.program.number(0)
                return constant(ratio) * induction.span + extra
        if any(_moves(s, self.id) for s in amount.symbols()):
            return None
        known = stride.constant
        if known is not None:
            times = induction.span.over(known)
            return None if times is None else amount * times + (amount if induction.extra else self.program.number(0))
        step = next((s for s in induction.stride.symbols() if s.op == "step"), None)
        if step is not None and amount.constant is not None:
            return amount * rounds(induction.start, induction.end, step.args[2])  # type: ignore[arg-type]
        return None

    # what comes after all rounds

    def _finish(self, made: _Rounds, induction: Induction | None) -> list[Outcome]:
        if not made.normal or (self.test is None):
            return []
        groups = self._groups(made)
        out: list[Outcome] = []
        for key, rows in groups:
            out += [(s, None) for s in self._all_rounds(made, induction, key, rows, groups)]
        return out

    def _groups(self, made: _Rounds) -> list[tuple[Any, list[State]]]:
        groups: dict[Any, list[State]] = {}
        for row in made.normal:
            done, recorded = row.norm_ledger(row.done), row.norm_ledger(row.recorded)
            if done == recorded:
                key: Any = None
            else:
                facts = frozenset(
                    (f, t) for f, t in row.facts.items() if f not in self.start.facts and not _moves(f, self.id)
                )
                kinds = frozenset(
                    (v, k) for v, k in row.kinds.items() if self.start.kinds.get(v) != k and not _moves(v, self.id)
                )
                key = (frozenset(done.items()), frozenset(recorded.items()), facts, kinds)
            groups.setdefault(key, []).append(row)
        return list(groups.items())

    def _all_rounds(
        self,
        made: _Rounds,
        induction: Induction | None,
        key: Any,
        rows: list[State],
        groups: list[tuple[Any, list[State]]],
    ) -> list[State]:
        state = self.start.copy()
        state.own |= any(r.own for r in rows)
        state.notes = tuple(dict.fromkeys(n for r in rows for n in r.notes))
        state.unknown += tuple(u for r in rows for u in r.unknown if u not in state.unknown)
        state.tested |= frozenset(v for r in rows for v in r.tested if not _moves(v, self.id))
        state.walked |= frozenset(v for v in rows[0].walked if all(v in r.walked for r in rows))
        facts = [{f: t for f, t in r.facts.items() if not _moves(f, self.id)} for r in rows]
        state.facts |= {f: t for f, t in facts[0].items() if all(other.get(f) is t for other in facts)}
        paths = [state]
        shared = [v for v in rows[0].kinds if not _moves(v, self.id) and all(v in r.kinds for r in rows)]
        for version in shared:
            kinds = frozenset().union(*(r.kinds[version] for r in rows))
            paths = [b for a in paths for b in a.narrow(version, kinds)]
        out = []
        for path in paths:
            new = path.copy()
            if key is not None:
                self._scaled(new, key, None if self._chosen(rows, groups) else induction, rows)
                new.round = self._round_ledger(rows)
            tied = self._tie(made, induction, rows, groups, new)
            for one in tied:
                self._after(made, induction, rows, one)
                one.log("loop", self.node, balanced=key is None, ways=_ways(rows))
                out.append(one)
        return out

    def _chosen(self, rows: list[State], groups: list[tuple[Any, list[State]]]) -> bool:
        """Whether something other than an entry, which changes from round to round, decides which rounds these are."""
        others = [row for _, group in groups for row in group if not any(row is r for r in rows)]
        shared = {
            f: t for f, t in rows[0].facts.items() if _moves(f, self.id) and all(r.facts.get(f) is t for r in rows)
        }
        return any(other.facts.get(f) is (not t) for f, t in shared.items() for other in others)

    def _round_ledger(self, rows: list[State]) -> tuple[Ledger, Ledger] | None:
        """Return what one round does and records, where the loop records and nothing before it is open."""
        if rows[0].round is not None and not rows[0].own and not self.start.delta():
            return rows[0].round
        if not rows[0].own or self.start.own or self.start.delta():
            return None
        return rows[0].norm_ledger(rows[0].done), rows[0].norm_ledger(rows[0].recorded)

    def _scaled(self, state: State, key: Any, induction: Induction | None, rows: list[State]) -> None:
        for ledger, items in ((state.done, key[0]), (state.recorded, key[1])):
            for account, amount in items:
                before = (self.start.done if ledger is state.done else self.start.recorded).get(account)
                share = amount if before is None else amount - self.start.norm(before)
                total = self._scale(share, induction, rows[0])
                if total is None:
                    total = of(self.program.fresh("sum", account), self.width)
                    state.unknown += ((f"{UNSUMMED} and cannot be summed", self.node),)
                state.add(ledger, account, state.norm(total))

    def _tie(
        self,
        made: _Rounds,
        induction: Induction | None,
        rows: list[State],
        groups: list[tuple[Any, list[State]]],
        state: State,
    ) -> list[State]:
        """Tie the rounds' entry to the first entry of the run, where the groups of rounds differ in what they do."""
        alone = len(groups) < 2  # noqa: PLR2004 - rounds of one group are all alike, or die
        if alone and groups[0][0] is None:
            return [state]
        records = any(r.own for r in made.normal) and not self.start.own
        paths = [state]
        for version in sorted({v for r in rows for v in r.kinds if _is_entry(v, self.id)}, key=repr):
            kinds = frozenset().union(*(r.kinds_of(version) for r in rows))
            first = self._change(made, {}).loc(version.origin[1])
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
        free = self.executor.in_block(first.level, kinds, start, end, state)
        if was != full and records and not free:
            return [state]  # an older test of another entry says nothing about this round's
        paths = state.narrow(version, kinds)
        for path in paths:
            if free:
                continue
            path.uniform += (Uniform(version, kinds, start, end, self.node, guarded=was != full),)
        return paths

    def _after(self, made: _Rounds, induction: Induction | None, rows: list[State], state: State) -> None:
        """Set the variables and the memory to what they are after the last round."""
        for symbol, old in made.names.items():
            name = str(symbol.args[1])
            state.env[name] = self._last(symbol, name, old, induction, rows)
        if not self.writes:
            self._shown_empty(made, induction, rows, state)
            return
        written = frozenset().union(*(r.touched for r in made.normal))
        state.forget(sorted((w for w in written if w[0][0] != "fresh"), key=repr))
        left: dict[Loc, frozenset[str]] = {}
        for row in rows:
            for loc, version in row.memory.items():
                if _moves(loc, self.id) and version.origin[0] != "at":
                    first = self._change(made, {}).loc(loc)
                    left[first] = left.get(first, frozenset()) | row.kinds_of(version)
        for loc, kinds in left.items():
            if region(loc) not in written:
                continue
            targets = [loc] + ([loc.base[1]] if loc.base[0] == "block" else [])
            for target in targets:
                version = Version(target.level, ("left", self.program.fresh("fresh", "left")))
                state.memory[target] = version
                state.kinds[version] = kinds

    def _last(self, symbol: Symbol, name: str, old: Value, induction: Induction | None, rows: list[State]) -> Value:
        ends = {row.env.get(name) for row in rows}
        if len(ends) == 1:
            end = next(iter(ends))
            if end is not None and not _moves(end, self.id):
                return end
        changes: set[Amount | None] = set()
        for row in rows:
            end = row.env.get(name)
            if isinstance(end, Amount):
                changes.add(end - of(symbol, self.width))
            elif isinstance(end, Pointer) and isinstance(old, Pointer) and end.loc.base == old.loc.base:
                changes.add(end.loc.index - of(symbol, self.width))
            else:
                changes.add(None)
        change = next(iter(changes)) if len(changes) == 1 else None
        if change is not None and isinstance(old, Amount | Pointer):
            total = self._scale(change, induction, rows[0])
            if total is not None:
                if isinstance(old, Pointer):
                    return Pointer(Loc(old.loc.base, old.loc.index + total, old.loc.level))
                return old + total
        if isinstance(old, Pointer):
            return Pointer(Loc(old.loc.base, self.program.unknown("fresh", name), old.loc.level))
        if isinstance(old, Entry):
            return Entry(Version(old.version.level, ("left", self.program.fresh("fresh", name))))
        if isinstance(old, Prot):
            return Prot(AtomFormula(self.program.fresh("fresh", name)))
        return self.program.unknown("fresh", name)

    def _shown_empty(self, made: _Rounds, induction: Induction | None, rows: list[State], state: State) -> None:
        """Note the tables whose every entry the loop has found to be none."""
        if induction is None:
            return
        stride = induction.stride.constant
        times = None if stride is None else induction.span.over(stride)
        for version in {v for r in rows for v in r.kinds if _is_entry(v, self.id)}:
            loc = version.origin[1]
            if loc.base[0] != "table" or any(r.kinds_of(version) != {"none"} for r in rows):
                continue
            entries = self.program.rule.levels[loc.base[1].level].entries
            first = self._change(made, {}).loc(loc)
            if entries and times == self.program.level_sizes(entries) and first.index.is_zero:
                state.empty |= {loc.base[1]}

    # what leaves in the middle

    def _leave(self, made: _Rounds, induction: Induction | None) -> list[Outcome]:
        out: list[Outcome] = []
        open_rows = [(key, rows) for key, rows in self._groups(made) if key is not None]
        for state, signal in made.exits:
            back = state.copy()
            back.events = _graft(self.start, state)
            back.touched |= self.start.touched
            out.append((back, signal))
            for key, rows in open_rows:
                after = back.copy()
                before_exit = self.start.copy()
                before_exit.log("loop", self.node, balanced=False, ways=_ways(rows))
                after.events = _graft(before_exit, state)
                part = of(Symbol("part", (self.id,)), self.width)
                for ledger, items in ((after.done, key[0]), (after.recorded, key[1])):
                    for account, amount in items:
                        before = (self.start.done if ledger is after.done else self.start.recorded).get(account)
                        share = amount if before is None else amount - self.start.norm(before)
                        stride = None if induction is None else rows[0].norm(induction.stride)
                        ratio = None if stride is None else share.ratio(stride)
                        after.add(ledger, account, part * (constant(ratio) if ratio is not None else share))
                after.notes += tuple(n for n in rows[0].notes if n not in after.notes)
                after.own |= rows[0].own
                after.round = self._round_ledger(rows)
                out.append((after, signal))
        return out


SAMPLED = "every entry of the run is as the first one, which alone is looked at"
CLIPPED = "the range covers the contiguous block that is recorded, although its end may cut the block"


def settle(executor: Executor, state: State) -> list[State]:
    """Return the path, balanced by the premise that a clipped range is a whole block where that is needed."""
    guarded = [u for u in state.uniform if u.guarded or u.version in state.tested]
    if guarded:
        state = state.copy()
        state.uniform = tuple(u for u in state.uniform if u not in guarded)
        for uniform in guarded:
            node, stack = _first_record(state) or (uniform.node, state.stack)
            state.notes += (Premise("sampled-guard", uniform.node, node, stack, SAMPLED),)
    delta = state.delta()
    if not delta:
        return [state]
    levels = executor.program.rule.levels
    for symbol in sorted({s for amount in delta.values() for s in _all_symbols(amount) if s.op == "step"}, key=repr):
        if symbol in state.equal:
            continue
        for name, level in levels.items():
            if not level.block or executor.program.level_sizes(level.block).constant != symbol.args[2]:
                continue
            if not any(v.level == name and state.kinds_of(v) == {"cont"} for v in state.kinds):
                continue
            whole = state.copy()
            whole.equal[symbol] = symbol.args[0] + executor.program.level_sizes(level.block)  # type: ignore[operator]
            if len(whole.delta()) < len(delta):
                if whole.delta():
                    return [whole]
                first = _first_record(whole)
                whole.notes += (Premise("clipped-range", first[0], *first, CLIPPED),) if first is not None else ()
                return [whole]
    return [state]


def _first_record(state: State) -> tuple[Node, tuple[Frame, ...]] | None:
    steps = [e for e in (state.events.all() if state.events else []) if e.what == "record"]
    return (steps[0].node, steps[0].stack) if steps else None


def _graft(start: State, state: State) -> Any:
    events = start.events
    for event in state.events.all() if state.events else []:
        events = Event(event.what, event.node, event.stack, event.data, events)
    return events


def _ways(rows: list[State]) -> list[list[Event]]:
    """Return the steps of each round, those that write something first."""
    ways = [row.events.all() if row.events else [] for row in rows]
    return sorted(ways, key=lambda way: not any(e.what == "write" or e.data.get("replaced") for e in way))


def _all_symbols(item: Any) -> set[Symbol]:
    if isinstance(item, Symbol):
        return {item}.union(*(_all_symbols(a) for a in item.args))
    if isinstance(item, Amount):
        return set().union(*(_all_symbols(s) for s in item.symbols()))
    if isinstance(item, tuple):
        return set().union(*(_all_symbols(i) for i in item))
    return set()


def _moves(item: Any, loop_id: Symbol) -> bool:
    """Whether anything that changes from round to round occurs in an item."""
    if isinstance(item, Symbol):
        return (item.op == "round" and item.args[0] == loop_id) or any(_moves(a, loop_id) for a in item.args)
    if isinstance(item, Amount):
        return any(_moves(s, loop_id) for s in item.symbols())
    if isinstance(item, tuple):
        return any(_moves(i, loop_id) for i in item)
    if hasattr(item, "__dataclass_fields__"):
        return any(_moves(getattr(item, name), loop_id) for name in item.__dataclass_fields__)
    return False


def _is_entry(version: Version, loop_id: Symbol) -> bool:
    return version.origin[0] == "at" and _moves(version.origin[1], loop_id) and not _deep(version.origin[1], loop_id)


def _deep(loc: Loc, loop_id: Symbol) -> bool:
    """Whether the entry lies below an entry that itself changes from round to round."""
    return loc.base[0] in {"table", "block"} and _moves(loc.base[1], loop_id)


def _truth(value: Value) -> Formula:
    formula = truth_of(value)
    return formula if formula is not None else True


def _distance(formula: Formula) -> tuple[Amount, bool] | None:
    """Return the amount that grows (or falls) to zero while the condition holds, and whether zero itself still runs."""
    if isinstance(formula, Not) and isinstance(formula.inner, Compare):
        if formula.inner.op == "==":
            return formula.inner.amount, False
        return -formula.inner.amount, True
    if isinstance(formula, Compare) and formula.op == "<":
        return formula.amount, False
    if isinstance(formula, And):
        return _distance(formula.left) or _distance(formula.right)
    return None


def _first_compare(executor: Executor, test: Node, state: State) -> Formula | None:
    inner = bare(test)
    if inner.type == "binary_expression" and inner.op == "&&":
        return _first_compare(executor, inner.field("left"), state) or _first_compare(
            executor, inner.field("right"), state
        )
    values = executor.evaluator.value(inner, state)
    if len(values) == 1:
        formula = _truth(values[0][1])
        return formula if _distance(formula) is not None else None
    return None


def _before_test(one: _Loop, made: _Rounds) -> dict[str, Value] | None:
    """Return the variables as they are when the test at the end of a round begins."""
    state = made.begin.copy()
    paths = [state]
    for part in [*([one.update] if one.update is not None else []), *one.before]:
        paths = [after for path in paths for after, _ in one.executor.evaluator.value(part, path)]
    return paths[0].env if len(paths) == 1 else None


def _broken_test(body: Node, *, first: bool) -> tuple[Node | None, Node, bool]:
    """Return the condition of a `break` that opens or closes a body, the body without it, and whether it opens."""
    kids = body.kids if body.type == "compound_statement" else ()
    for index, opens in ((0, True), (len(kids) - 1, False)):
        if kids and kids[index].type == "if_statement" and "alternative" not in kids[index].fields:
            then = kids[index].field("consequence")
            then = then.kids[0] if then.type == "compound_statement" and len(then.kids) == 1 else then
            if then.type == "break_statement":
                rest = tuple(k for i, k in enumerate(kids) if i != (index if opens else len(kids) - 1))
                return bare(kids[index].field("condition")), replace(body, kids=rest), opens
    return None, body, first


def _whole_rounds(span: Amount, stride: Amount) -> Amount:
    """Return the span rounded up to whole rounds, where both are known."""
    far, step = span.constant, stride.constant
    if far is None or step is None or not all(step):
        return span
    return constant(-(-f // s) * s for f, s in zip(far, step, strict=True))


def _is_zero(condition: Node) -> bool:
    return bare(condition).text in {"0", "false"}


def _split_test(condition: Node | None) -> tuple[list[Node], Node | None]:
    """Return what a loop's condition does before it tests, and the test."""
    if condition is None:
        return [], None
    inner = bare(condition)
    before: list[Node] = []
    while inner.type == "comma_expression":
        before.append(inner.field("left"))
        inner = bare(inner.field("right"))
    return before, inner


def _names(node: Node) -> set[str]:
    return {n.text for n in node.walk() if n.type == "identifier"}


def _assigned(node: Node) -> set[str]:
    out = set()
    for n in node.walk():
        target = None
        if n.type == "assignment_expression":
            target = n.field("left")
        elif n.type == "update_expression" or (n.type == "pointer_expression" and n.op == "&"):
            target = n.field("argument")
        if target is not None:
            out |= {k.text for k in target.walk() if k.type == "identifier"}
            out.add(bare(target).text)
    return out


def _assigns_memory(node: Node) -> bool:
    return any(
        n.type == "assignment_expression"
        and bare(n.field("left")).type in {"pointer_expression", "subscript_expression"}
        for n in node.walk()
    )


def _has_effect(node: Node) -> bool:
    return any(n.type in {"assignment_expression", "update_expression"} for n in node.walk())
