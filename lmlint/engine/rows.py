"""The rows of a callee's summary, in the terms of a call: what a path takes over from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import rebuild
from lmlint.engine.effects import account_at, told_to_count
from lmlint.engine.operators import as_number, contiguous_bit
from lmlint.engine.premises import take_over
from lmlint.engine.state import Carried, Ledger, Region, State, region
from lmlint.engine.summary import Row, Uniform, settled
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

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Paths
    from lmlint.engine.execute import Executor
    from lmlint.engine.program import Program
    from lmlint.engine.trace import Place
    from lmlint.source import Function, Node


@dataclass(frozen=True, slots=True)
class Use:
    """A call whose summary is applied: where it stands, its arguments by parameter, and the path before it."""

    node: Node
    function: Function
    env: dict[str, Value]
    before: State


def reach(executor: Executor, use: Use, row: Row) -> Paths:
    """Note that a row which nobody settles is reached; where that is up to the caller's own caller, hand it on."""
    handed = _is_handed_on(executor, use, row)
    place = _here(executor, use)
    if not handed and (place is None or place in executor.reached.get(id(row), {})):
        return []
    paths = apply_row(executor, use, settled(row))
    if handed:
        for path, _ in paths:
            path.carried |= {Carried(id(row), executor.running[-1].partition(":")[0], use.node)}
        return paths
    if paths and place is not None:
        executor.reached.setdefault(id(row), {})[place] = None
    return []


def _is_handed_on(executor: Executor, use: Use, row: Row) -> bool:
    """Whether it is up to the caller's own caller that a row is reached: by an entry or a flag that it hands over."""
    change = substitution(executor.program, use.env, use.before)
    flags = executor.flags[-1]
    return any(
        _is_handed(actual) and not use.before.kinds_of(actual) <= kinds
        for version, kinds in row.kinds.items()
        if (actual := change.version(version))
    ) or any(_is_flag(f, flags) for f in map(change.formula, row.facts))


def _here(executor: Executor, use: Use) -> Place | None:
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


def apply_row(executor: Executor, use: Use, row: Row) -> Paths:
    """Return the paths on which a call ends in one of its function's ways."""
    executor.count(use.node)
    if not _is_at_level(executor.program, use, row):
        return []
    change = substitution(executor.program, use.env, use.before.copy())
    was = {v: use.before.kinds_of(change.version(v)) for v in row.kinds}
    handed = row.carried if row.carried and _is_handed_on(executor, use, row) else frozenset()
    out: Paths = []
    for path in _met(row, change, use.before.copy()):
        new = path.copy()
        if row.round is not None and not new.delta():
            done, recorded = ({a: change.amount(n) for a, n in ledger.items()} for ledger in row.round)
            new.round = (done, recorded)
        regions = _regions(executor.program, row, change, use.before)
        roots = {root for root, _ in regions}
        added = _count(executor.program, row, change, new, next(iter(roots)) if len(roots) == 1 else ("param",))
        for premise in row.uniform:
            take_over(executor.program, _run_here(use.node, premise, change, was, new), new)
        new.failed |= row.failed
        new.carried |= handed
        _note_reached(executor, use, row.carried - handed)
        new.unknown += row.unknown
        replaced = _leave(executor.program, row, change, regions, new)
        unknown = executor.program.unknown("call", use.function.name)
        returns = unknown if row.returns is None else change.value(row.returns)
        fresh = frozenset(root[1] for root in roots if root[0] == "fresh" and row.balanced)
        told = told_to_count(executor.program, new)
        if told is not None and any(p.name in executor.program.rule.where for p in use.function.parameters):
            _mistold(executor.program, use, row, new, counts=told)
        said = {"function": use.function, "row": row, "returns": returns, "added": added}
        new.log("call", use.node, **said, replaced=replaced, inside=fresh)
        out.append((new, returns))
    return out


def _met(row: Row, change: Substitution, state: State) -> list[State]:
    """Return the paths on which the conditions of a row hold."""
    paths = [state]
    for fact, truth in row.facts.items():
        formula = change.formula(fact)
        paths = [b for a in paths for b in a.assume(formula, truth=truth)]
    for version, kinds in row.kinds.items():
        actual = change.version(version)
        paths = [b for a in paths for b in a.narrow(actual, kinds)]
    return paths


def _count(
    program: Program, row: Row, change: Substitution, state: State, root: tuple[Any, ...]
) -> tuple[Ledger, Ledger]:
    """Note in a path's ledgers what a row does below a root and records, and return it."""
    added: tuple[Ledger, Ledger] = ({}, {})
    told = told_to_count(program, state)
    if told is False:
        state.apart |= row.apart | set(row.done.items())
    elif told:
        state.noted |= row.noted
    done = {} if told is False else row.done
    sides = ((done, state.done, root), (row.recorded, state.recorded, ("param",)))
    for (ledger, total, base), into in zip(sides, added, strict=True):
        for account, amount in ledger.items():
            known = change.account(account) if isinstance(account, Symbol) else account
            name = account_at(program, state, base, known)
            share = state.norm(change.amount(amount))
            state.add(into, name, share)
            state.add(total, name, share)
    return added


def _note_reached(executor: Executor, use: Use, rows: frozenset[Carried]) -> None:
    """Note that rows which were handed on are reached."""
    place = _here(executor, use)
    if place is not None:
        for lost in sorted(rows, key=lambda one: one.order):
            executor.reached.setdefault(lost.row, {}).update({(lost.function, lost.node): None, place: None})


def _leave(
    program: Program, row: Row, change: Substitution, regions: list[Region], state: State
) -> tuple[Version, ...]:
    """Let a path's memory hold what a row leaves behind, and return what is replaced."""
    places = {change.loc(loc): kinds for loc, kinds in row.left.items()}
    runs = {change.loc(u.version.origin[1]) for u in row.uniform if u.version.origin[0] == "at"}
    replaced = tuple(state.memory[loc] for loc in places if loc in state.memory)
    state.forget(regions)
    for loc, kinds in places.items():
        # A run over a contiguous block leaves the entry that the block was reached from as it leaves the first.
        for entry in (loc, loc.base[1]) if loc.base[0] == "block" and loc in runs else (loc,):
            version = Version(loc.level, ("left", program.fresh("fresh", "left")))
            state.put(entry, version)
            state.kinds[version] = kinds
    return replaced


def _is_at_level(program: Program, use: Use, row: Row) -> bool:
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


def _mistold(program: Program, use: Use, row: Row, state: State, *, counts: bool) -> None:
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
