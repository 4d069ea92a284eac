"""Calls: a function of the file is run in place, or the rows of its summary are applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import rebuild
from lmlint.engine.effects import TABLE, account_at, decided, told_to_count
from lmlint.engine.operators import as_number, as_type, contiguous_bit
from lmlint.engine.premises import take_over
from lmlint.engine.program import Undecided
from lmlint.engine.state import Carried, Frame, Ledger, Region, State, region, tables_in
from lmlint.engine.summary import Row, Summary, Uniform, settled
from lmlint.engine.value import (
    COUNT,
    Account,
    Compare,
    Entry,
    Formula,
    Loc,
    Not,
    Pointer,
    Substitution,
    Truth,
    Value,
    Version,
    is_found,
)
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Paths
    from lmlint.engine.execute import Executor
    from lmlint.engine.program import Program
    from lmlint.engine.trace import Place
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


@dataclass(frozen=True, slots=True)
class _Use:
    """A call whose summary is applied: where it stands, its arguments by parameter, and the path before it."""

    node: Node
    function: Function
    env: dict[str, Value]
    before: State


def _apply(executor: Executor, node: Node, summary: Summary, arguments: list[Node], state: State) -> Paths:
    out: Paths = []
    handed = _arguments(executor, summary.function, arguments, state)
    for path, env in [(path, values) for after, values in handed for path in _below_tables(values, after)]:
        if _is_other(executor.program, summary.function, arguments, env):
            out += _run(executor, node, summary.function, env, path)
            continue
        before = path.copy()
        before.escaped |= _handed(env)
        use = _Use(node, summary.function, env, before)
        for row in summary.compressed:
            out += _apply_row(executor, use, row)
        for row in summary.closed:
            out += _reach(executor, use, row)
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


def _reach(executor: Executor, use: _Use, row: Row) -> Paths:
    """Note that a row which nobody settles is reached; where that is up to the caller's own caller, hand it on."""
    handed = _is_handed_on(executor, use, row)
    place = _here(executor, use)
    if not handed and (place is None or place in executor.reached.get(id(row), {})):
        return []
    paths = _apply_row(executor, use, settled(row))
    if handed:
        for path, _ in paths:
            path.carried |= {Carried(id(row), executor.running[-1].partition(":")[0], use.node)}
        return paths
    if paths and place is not None:
        executor.reached.setdefault(id(row), {})[place] = None
    return []


def _is_handed_on(executor: Executor, use: _Use, row: Row) -> bool:
    """Whether it is up to the caller's own caller that a row is reached: by an entry or a flag that it hands over."""
    change = substitution(executor.program, use.env, use.before)
    flags = executor.flags[-1]
    return any(
        _is_handed(actual) and not use.before.kinds_of(actual) <= kinds
        for version, kinds in row.kinds.items()
        if (actual := change.version(version))
    ) or any(_is_flag(f, flags) for f in map(change.formula, row.facts))


def _here(executor: Executor, use: _Use) -> Place | None:
    """Return where a call stands, None where the function that calls serves another region."""
    name = executor.running[-1].partition(":")[0]
    return (name, use.node) if name in executor.program.counted else None


def substitution(program: Program, env: dict[str, Value], state: State) -> Substitution:
    """Return the callee's symbols in the caller's terms."""
    counts: dict[Symbol, Amount] = {}

    def symbol(item: Symbol) -> Amount | None:
        if item.op == COUNT:  # how often a loop of this call does something says nothing of the next call's
            if item not in counts:
                counts[item] = program.unknown(COUNT, item.args[0])
                program.name_like(counts[item], item)
            return counts[item]
        if item.op == "param":
            value = env.get(str(item.args[0]))
            if isinstance(value, Amount):
                return state.norm(value)
            if isinstance(value, Truth):
                return of(Symbol("truth", (value.formula,)), program.width)
            if isinstance(value, Account):
                return as_number(program, value)  # type: ignore[return-value]
            return program.unknown("call", item.args[0])
        return None

    def parameter(name: str) -> Loc | None:
        value = env.get(name)
        if isinstance(value, Amount) and value.symbol is not None and value.symbol.op == "alloc":
            return Loc(("fresh", value.symbol), program.number(0), next(iter(program.levels)))
        return value.loc if isinstance(value, Pointer) else None

    def entry(name: str) -> Version | None:
        value = env.get(name)
        return value.version if isinstance(value, Entry) else None

    def bit(item: Symbol) -> Formula | None:
        return contiguous_bit(program, env[str(item.args[0])]) if item.op == "bit" and item.args[0] in env else None

    def account(item: Symbol) -> Any:
        value = env.get(str(item.args[0])) if item.op == "param" else None
        if isinstance(value, Account):
            return value.name
        return value.symbol if isinstance(value, Amount) and value.symbol is not None else item

    return Substitution(symbol, rebuild, parameter, entry, bit, state.read, account)


def _apply_row(executor: Executor, use: _Use, row: Row) -> Paths:
    executor.count(use.node)
    if not _is_at_level(executor.program, use, row):
        return []
    start = use.before.copy()
    place = _here(executor, use)
    carried = row.carried if row.carried and _is_handed_on(executor, use, row) else frozenset()
    change = substitution(executor.program, use.env, start)
    paths = [start]
    was = {v: start.kinds_of(change.version(v)) for v in row.kinds}
    for fact, truth in row.facts.items():
        formula = change.formula(fact)
        paths = [b for a in paths for b in a.assume(formula, truth=truth)]
    for version, kinds in row.kinds.items():
        actual = change.version(version)
        paths = [b for a in paths for b in a.narrow(actual, kinds)]
    out: Paths = []
    for path in paths:
        new = path.copy()
        if row.round is not None and not new.delta():
            done, recorded = ({a: change.amount(n) for a, n in ledger.items()} for ledger in row.round)
            new.round = (done, recorded)
        regions = _regions(executor.program, row, change, use.before)
        roots = {root for root, _ in regions}
        only = next(iter(roots)) if len(roots) == 1 else ("param",)  # all that is written is in one table
        added: tuple[Ledger, Ledger] = ({}, {})
        told = told_to_count(executor.program, new)
        if told is False:
            new.apart |= row.apart | set(row.done.items())
        elif told:
            new.noted |= row.noted
        done_here = {} if told is False else row.done
        sides = ((done_here, new.done, only), (row.recorded, new.recorded, ("param",)))
        for (ledger, total, base), into in zip(sides, added, strict=True):
            for account, amount in ledger.items():
                known = change.account(account) if isinstance(account, Symbol) else account
                name = account_at(executor.program, new, base, known)
                share = new.norm(change.amount(amount))
                new.add(into, name, share)
                new.add(total, name, share)
        for premise in row.uniform:
            take_over(executor.program, _run_here(use.node, premise, change, was, new), new)
        new.failed |= row.failed
        new.carried |= carried
        if place is not None:
            for lost in sorted(row.carried - carried, key=lambda one: one.order):
                executor.reached.setdefault(lost.row, {}).update({(lost.function, lost.node): None, place: None})
        new.unknown += row.unknown
        places = {change.loc(loc): kinds for loc, kinds in row.left.items()}
        runs = {change.loc(u.version.origin[1]) for u in row.uniform if u.version.origin[0] == "at"}
        replaced = tuple(new.memory[loc] for loc in places if loc in new.memory)
        new.forget(regions)
        for loc, kinds in places.items():
            # A run over a contiguous block leaves the entry that the block was reached from as it leaves the first.
            for entry in (loc, loc.base[1]) if loc.base[0] == "block" and loc in runs else (loc,):
                version = Version(loc.level, ("left", executor.program.fresh("fresh", "left")))
                new.put(entry, version)
                new.kinds[version] = kinds
        returns = (
            executor.program.unknown("call", use.function.name) if row.returns is None else change.value(row.returns)
        )
        fresh = frozenset(root[1] for root in roots if root[0] == "fresh" and row.balanced)
        if told is not None and any(p.name in executor.program.rule.where for p in use.function.parameters):
            _mistold(executor.program, use, row, new, counts=told)
        said = {"function": use.function, "row": row, "returns": returns, "added": added}
        new.log("call", use.node, **said, replaced=replaced, inside=fresh)
        out.append((new, returns))
    return out


def _is_at_level(program: Program, use: _Use, row: Row) -> bool:
    """Whether a row that is about an entry of another level than its pointer's type says meets such an entry here."""
    types = {p.name: program.rule.level_of_type.get(p.type) for p in use.function.parameters}
    places = [*row.left, *(v.origin[1] for v in row.kinds if v.origin[0] == "at")]
    for loc in places:
        value = use.env.get(str(loc.base[1])) if loc.base[0] == "param" else None
        if (
            isinstance(value, Pointer)
            and is_found(value.loc)
            and loc.level not in {types.get(loc.base[1]), value.loc.level}
        ):
            return False
    return True


def _mistold(program: Program, use: _Use, row: Row, state: State, *, counts: bool) -> None:
    """Note what a callee does or records that is told otherwise than its caller is whether anything is counted.

    How much that is nobody knows: only in which account, and which way.
    """
    for account, one in sorted(row.apart if counts else row.noted, key=repr):
        much = one * program.unknown("apart", use.function.name, account)
        (symbol,) = much.symbols()
        program.labels.setdefault(symbol, f"(what `{use.function.name}` {'changes' if counts else 'counts'})")
        state.add(state.done if counts else state.recorded, account, much)
        if counts:
            state.log("untold", use.node, moved={account: much}, function=use.function.name)
        else:
            way = 1 if one.terms[0][1][0] > 0 else -1
            told = {"account": account, "amount": much, "action": "add" if way > 0 else "sub", "sign": way}
            state.own = True
            state.log("record", use.node, **told, filtered=())


def _run_here(
    node: Node, premise: Uniform, change: Substitution, was: dict[Version, frozenset[str]], state: State
) -> Uniform:
    """Return a callee's premise about a run of entries in the caller's terms."""
    actual = change.version(premise.version)
    start, end = state.norm(change.amount(premise.start)), state.norm(change.amount(premise.end))
    before = was.get(premise.version)
    guarded = before is not None and before != state.levels[actual.level]
    return Uniform(actual, premise.kinds, start, end, node, guarded)


def _regions(program: Program, row: Row, change: Substitution, state: State) -> list[Region]:
    """Return the regions that a callee's row has written to, in the caller's terms."""
    out = []
    for base, depth in sorted(row.touched, key=repr):
        if base[0] == "fresh":
            continue
        loc = change.loc(Loc(base, program.number(0), next(iter(program.levels))))
        root, above = region(loc)
        if base[0] != "param" or loc.base != base or base[1] not in state.env:
            out.append((root, above + depth))
    return out


def _is_handed(version: Version) -> bool:
    """Whether a version is that of an entry which the caller hands over."""
    origin = version.origin
    return bool(origin[0] == "param" or (origin[0] == "at" and origin[1].base[0] == "param"))


def _is_flag(fact: Formula, flags: set[str]) -> bool:
    """Whether a fact is about a boolean parameter."""
    inner = fact.inner if isinstance(fact, Not) else fact
    symbol = inner.amount.symbol if isinstance(inner, Compare) else None
    return symbol is not None and symbol.op == "param" and symbol.args[0] in flags
