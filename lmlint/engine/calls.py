"""Calls: a function of the file is run in place, or the rows of its summary are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.effects import TABLE, decided
from lmlint.engine.operators import as_type
from lmlint.engine.program import Undecided
from lmlint.engine.rows import Use, apply_row, reach
from lmlint.engine.state import Frame, State, region, tables_in
from lmlint.engine.value import (
    Entry,
    Pointer,
    Value,
)
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.amount import Symbol
    from lmlint.engine.evaluate import Paths
    from lmlint.engine.execute import Executor
    from lmlint.engine.program import Program
    from lmlint.engine.summary import Summary
    from lmlint.source import Function, Node

MAX_DEPTH = 12
INLINE_PATHS = 12


def call(executor: Executor, node: Node, name: str, arguments: list[Node], state: State) -> Paths | None:
    """Return the paths through a call of a function or macro of the file, None where there is nothing to follow."""
    function = executor.program.named.get(name)
    if function is None:
        return None
    touches = name in executor.program.touching
    if not touches and not function.names & executor.program.telling:
        return None
    if touches and not executor.matters(function):
        return None  # it leaves nothing open, and is handed no entry
    if touches and _is_foreign(executor.program, function):
        return None
    if len(state.stack) >= MAX_DEPTH:
        raise Undecided(f"calls nested more than {MAX_DEPTH} deep at `{name}`", node)
    if function.macro:
        return _inline(executor, node, function, arguments, state)
    if executor.runs(function) and not any(p.type in executor.program.rule.level_of_type for p in function.parameters):
        return None  # it calls itself again and is handed no entry: it balances if it does where it does not
    try:
        summary = executor.summary(function)
    except Undecided as reason:
        if not touches:
            return None
        message = reason.reason if reason.reason.startswith("calls ") else f"calls `{name}`: {reason.reason}"
        raise Undecided(message, node) from reason
    if not summary.loops and summary.paths <= INLINE_PATHS:
        return _inline(executor, node, function, arguments, state)
    if not touches:
        return None
    return _apply(executor, node, summary, arguments, state)


def _is_foreign(program: Program, function: Function) -> bool:
    """Whether a function serves another region only: it moves no counter, and is handed no entry."""
    handed = any(p.stars and p.type in program.rule.level_of_type for p in function.parameters)
    return function.name in program.rule.outside and function.name not in program.recording_below and not handed


def _arguments(
    executor: Executor, function: Function, arguments: list[Node], state: State
) -> list[tuple[State, dict[str, Value]]]:
    paths: list[tuple[State, dict[str, Value]]] = [(state, {})]
    for parameter, argument in zip(function.parameters, arguments, strict=False):
        new = []
        for path, env in paths:
            for after, value in executor.evaluator.value(argument, path):
                held = as_type(executor.program, value, parameter.type, parameter.stars) if parameter.type else value
                new.append((after, {**env, parameter.name: held}))
        paths = new
    return paths


def _inline(executor: Executor, node: Node, function: Function, arguments: list[Node], state: State) -> Paths:
    handed = _arguments(executor, function, arguments, state)
    return [end for after, env in handed for end in _run(executor, node, function, env, after)]


def _run(executor: Executor, node: Node, function: Function, env: dict[str, Value], after: State) -> Paths:
    """Return the paths through a function that is run in place, with its arguments by parameter."""
    out: Paths = []
    types = {p.name: p.type + "*" * p.stars for p in function.parameters if p.name}
    new = after.copy()
    new.outer = (*new.outer, (new.env, new.types))
    new.env, new.types = dict(env), types
    if function.macro:  # a macro sees the names around it, and stands where it is used
        new.env = {**after.env, **env}
        new.types = {**after.types, **types}
        new.macro = new.macro or node
    else:
        new.stack = (*new.stack, Frame(new.macro or node, function.name))
        new.macro = None
        if function.name in executor.program.touching - executor.program.recorders:
            new.log("enter", function.body)
    body = function.body
    single = body.kids[0] if function.macro and body.kids and body.kids[0].type == "expression_statement" else None
    if single is not None and single.kids:
        ends = [(s, ("return", v)) for s, v in executor.evaluator.value(single.kids[0], new)]
    else:
        starts = decided(executor.program, function, new)
        ends = [end for start in starts for end in executor.statement(body, start)]  # type: ignore[misc]
    for end, signal in ends:
        done = end.copy()
        env_back, types_back = done.outer[-1]
        done.env, done.types, done.outer, done.stack = dict(env_back), types_back, done.outer[:-1], after.stack
        done.macro = after.macro
        if function.name in executor.program.recorders:  # what it asked of its own record says nothing of others
            done.filtered = after.filtered
        value = (
            signal[1]
            if signal is not None and signal[1] is not None
            else executor.program.unknown("call", function.name)
        )
        out.append((done, value))
    return out


def _apply(executor: Executor, node: Node, summary: Summary, arguments: list[Node], state: State) -> Paths:
    out: Paths = []
    handed = _arguments(executor, summary.function, arguments, state)
    for path, env in [(path, values) for after, values in handed for path in _below_tables(values, after)]:
        if _is_other(executor.program, summary.function, arguments, env):
            out += _run(executor, node, summary.function, env, path)
            continue
        before = path.copy()
        before.escaped |= _handed(env)
        use = Use(node, summary.function, env, before)
        for row in summary.compressed:
            out += apply_row(executor, use, row)
        for row in summary.closed:
            out += reach(executor, use, row)
    return out


def _is_other(program: Program, function: Function, arguments: list[Node], env: dict[str, Value]) -> bool:
    """Whether a callee is handed an entry of another level than its types say, and no cast says so as well.

    One that looks the entry up for itself finds out.
    """
    if function.name in program.finding:
        return False
    for parameter, node in zip(function.parameters, arguments, strict=False):
        level, value = program.rule.level_of_type.get(parameter.type), env.get(parameter.name)
        if level is None or bare(node).type == "cast_expression":
            continue
        if isinstance(value, Pointer) and value.loc.level != level:
            return True
        if isinstance(value, Entry) and (
            value.version.level != level
            or (value.version.origin[0] == "table" and "table" not in program.levels[level])
        ):
            return True
    return False


def _below_tables(env: dict[str, Value], state: State) -> list[State]:
    """Return the path on which whatever holds an entry that a callee is handed is a table; none where it cannot be."""
    paths = [state]
    for value in env.values():
        loc = value.loc if isinstance(value, Pointer) else None
        while loc is not None and loc.base[0] == "table":
            loc = loc.base[1]
            paths = [after for path in paths for after in path.narrow(path.read(loc), TABLE)]
    return paths


def _handed(env: dict[str, Value]) -> frozenset[Symbol]:
    """Return the new tables that a callee could link: by their physical address, or by it and another entry."""
    by_number = [tables_in(value) for value in env.values() if not isinstance(value, Pointer)]
    roots = {region(value.loc)[0] for value in env.values() if isinstance(value, Pointer)}
    by_entry = [tables_in(value) for value in env.values() if isinstance(value, Pointer) and len(roots) > 1]
    return frozenset().union(*by_number, *by_entry)
