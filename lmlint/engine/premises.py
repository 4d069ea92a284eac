"""Premises: a run of entries that are alike, and a clipped range that is a whole block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.effects import block_entries
from lmlint.engine.summary import Premise, Uniform

if TYPE_CHECKING:
    from lmlint.engine.program import Program
    from lmlint.engine.state import Frame, State
    from lmlint.source import Node

SAMPLED = "every entry of the run is as the first one, which alone is looked at"
CLIPPED = "the range covers the contiguous block that is recorded, although its end may cut the block"


def in_block(program: Program, run: Uniform, state: State) -> bool:
    """Whether a run lies in one contiguous block, and its kinds only tell contiguous from other."""
    level, start, end = run.version.level, run.start, run.end
    if not (run.kinds == {"cont"} or run.kinds >= program.levels[level] - {"cont", "table"}):
        return False
    block = program.rule.levels[level].block
    if not block:
        return False
    unit = program.level_sizes(block)
    if run.version.origin[0] == "like" and start.is_zero and end == block_entries(program, level):
        return True  # counted in entries, from the first one of a block
    ends = [end, *(of(s, program.width) for s, known in state.equal.items() if known == end)]
    for candidate in ends:
        symbol = candidate.symbol
        if symbol is not None and symbol.op == "step" and symbol.args[2] == unit.constant and symbol.args[0] == start:
            return True
    return end - start == unit


def is_left_alike(run: Uniform, state: State) -> bool:
    """Whether the rounds of an earlier loop, all alike, have left what a run holds: just as many as the run is long."""
    origin = run.version.origin
    if origin[0] != "left" or len(origin) < 3:  # noqa: PLR2004 - with the part of the rounds
        return False
    far = state.norm(run.end - run.start)
    return origin[2] in {far.symbol, (-far).symbol}


def take_over(program: Program, run: Uniform, state: State) -> None:
    """Discharge a callee's premise about a run of entries, or let the verdict of this path rest on it."""
    if run.version.origin[0] != "none" and not (in_block(program, run, state) or is_left_alike(run, state)):
        state.uniform += (run,)


def settle(program: Program, state: State) -> list[State]:
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
    levels = program.rule.levels
    for symbol in sorted({s for amount in delta.values() for s in _all_symbols(amount) if s.op == "step"}, key=repr):
        if symbol in state.equal:
            continue
        for name, level in levels.items():
            if not level.block or program.level_sizes(level.block).constant != symbol.args[2]:
                continue
            if not any(v.level == name and state.kinds_of(v) == {"cont"} for v in state.kinds):
                continue
            whole = state.copy()
            whole.equal[symbol] = symbol.args[0] + program.level_sizes(level.block)  # type: ignore[operator]
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


def _all_symbols(item: Any) -> set[Symbol]:
    if isinstance(item, Symbol):
        return {item}.union(*(_all_symbols(a) for a in item.args))
    if isinstance(item, Amount):
        return set().union(*(_all_symbols(s) for s in item.symbols()))
    if isinstance(item, tuple):
        return set().union(*(_all_symbols(i) for i in item))
    return set()
