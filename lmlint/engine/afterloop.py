"""After a loop: what the variables and the memory hold when all rounds are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.induction import Induction, Rounds, change, is_entry, moves, scale
from lmlint.engine.state import State, region
from lmlint.engine.value import Atom, Entry, Loc, Pointer, Prot, Value, Version

if TYPE_CHECKING:
    from lmlint.engine.execute import Executor
    from lmlint.engine.program import Program


def finish(executor: Executor, made: Rounds, induction: Induction | None, rows: list[State], state: State) -> None:
    """Set the variables and the memory to what they are after the last round."""
    for symbol in made.names:
        state.env[str(symbol.args[1])] = _last(executor, made, symbol, induction, rows)
    if not made.writes:
        _shown_empty(executor, made, induction, rows, state)
        return
    written = made.touched
    state.touched |= frozenset(
        w for r in rows for w in r.touched if w[0][0] == "fresh" and w[0][1] not in r.linked | r.escaped
    )
    state.forget(sorted((w for w in written if w[0][0] != "fresh"), key=repr))
    _leave(executor, made, rows, state, {})


def left_behind(executor: Executor, made: Rounds, covered: Symbol, last: State, state: State) -> bool:
    """Set the memory to what rounds that were all alike have left in the first entry and the last one they `covered`.

    The variables hold what the round that comes next finds, which is the `last` one, and may have changed the entries.
    Return whether it may find them so.
    """
    if not made.writes:
        return True
    values: dict[Symbol, Value] = {}
    for symbol in made.names:
        changes = {_moved(row, symbol) for row in made.normal}
        by = changes.pop() if len(changes) == 1 else None
        unknown = executor.program.unknown("fresh", str(symbol.args[1]))
        values[symbol] = unknown if by is None else of(symbol, by.width) - by
    now = state if made.touched.isdisjoint(last.touched) else state.copy()  # what it has changed is not left so
    found = [_leave(executor, made, made.normal, now, each, covered) for each in ({}, values)]
    return all(
        state.kinds_of(before) & kinds
        for left in found
        for loc, kinds in left.items()
        if (before := made.begin.copy().read(loc)) in state.kinds
    )


def _moved(row: State, symbol: Symbol) -> Amount | None:
    """Return how far a round takes a variable, None where that is no number or not the same in every round."""
    end = row.env.get(str(symbol.args[1]))
    end = end.loc.index if isinstance(end, Pointer) else end
    change = end - of(symbol, end.width) if isinstance(end, Amount) else None
    return None if change is None or moves(change, symbol.args[0]) else change  # type: ignore[arg-type]


def _leave(
    executor: Executor, made: Rounds, rows: list[State], state: State, values: dict[Symbol, Value], *covered: Symbol
) -> dict[Loc, frozenset[str]]:
    """Note what a round with these values of the variables leaves in the entries, and return it."""
    left: dict[Loc, frozenset[str]] = {}
    for row in rows:
        for loc, version in row.memory.items():
            if moves(loc, made.id) and version.origin[0] != "at":
                here = change(executor, made, values).loc(loc)
                left[here] = left.get(here, frozenset()) | row.kinds_of(version)
    for loc, kinds in left.items():
        if region(loc) not in made.touched:
            continue
        targets = [loc] + ([loc.base[1]] if loc.base[0] == "block" else [])
        for target in targets:
            version = Version(target.level, ("left", executor.program.fresh("fresh", "left"), *covered))
            state.memory[target] = version
            state.kinds[version] = kinds
    return left


def _last(executor: Executor, made: Rounds, symbol: Symbol, induction: Induction | None, rows: list[State]) -> Value:
    name, old = str(symbol.args[1]), made.names[symbol]
    ends = {row.env.get(name) for row in rows}
    if len(ends) == 1:
        end = next(iter(ends))
        if end is not None and not moves(end, made.id):
            return end
    changes: set[Amount | None] = set()
    for row in rows:
        end = row.env.get(name)
        if isinstance(end, Amount):
            changes.add(end - of(symbol, executor.program.width))
        elif isinstance(end, Pointer) and isinstance(old, Pointer) and end.loc.base == old.loc.base:
            changes.add(end.loc.index - of(symbol, executor.program.width))
        else:
            changes.add(None)
    only = next(iter(changes)) if len(changes) == 1 else None
    if only is not None and isinstance(old, Amount | Pointer):
        total = scale(only, induction, rows[0], made.id)
        if total is not None:
            if isinstance(old, Pointer):
                return Pointer(Loc(old.loc.base, old.loc.index + total, old.loc.level))
            return old + total
    if isinstance(old, Pointer):
        return Pointer(Loc(old.loc.base, executor.program.unknown("fresh", name), old.loc.level))
    if isinstance(old, Entry):
        return Entry(Version(old.version.level, ("left", executor.program.fresh("fresh", name))))
    if isinstance(old, Prot):
        return Prot(Atom(executor.program.fresh("fresh", name)))
    return executor.program.unknown("fresh", name)


def _shown_empty(
    executor: Executor, made: Rounds, induction: Induction | None, rows: list[State], state: State
) -> None:
    """Note the tables whose every entry the loop has found to be none."""
    if induction is None:
        return
    stride = induction.stride.constant
    times = None if stride is None else induction.span.over(stride)
    for version in {v for r in rows for v in r.kinds if is_entry(v, made.id)}:
        loc = version.origin[1]
        shown = {kind for r in rows for kind in r.kinds_of(version)}
        leaf = executor.program.rule.levels[loc.level].leaf
        if loc.base[0] not in {"table", "param"} or len(shown) > 1 or not shown <= {"none", *leaf}:
            continue
        first = change(executor, made, {}).loc(loc)
        if first.index.constant is not None and not first.index.is_zero:
            continue
        # So many entries from one that an address leads to would run past the end of the table were it not the first.
        if times is None or times not in _lengths(executor.program, loc):
            continue
        if shown <= leaf.keys():
            state.full |= {(loc.base[1], leaf[kind]) for kind in shown if loc.base[0] == "table"}
        else:
            state.empty |= {
                loc.base[1] if loc.base[0] == "table" else Loc(loc.base, executor.program.number(0), loc.level)
            }


def _lengths(program: Program, loc: Loc) -> list[Amount]:
    """Return how many entries the tables have that an entry may lie in."""
    levels = program.rule.levels
    above = (
        [levels[loc.base[1].level]] if loc.base[0] == "table" else [u for u in levels.values() if u.below == loc.level]
    )
    return [program.level_sizes(level.entries) for level in above if level.entries]
