"""What changes a path: writes of entries, with what they do to the ledger, and records in the counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.conditions import HOLDS
from lmlint.engine.operators import compare, split_type
from lmlint.engine.program import Undecided
from lmlint.engine.signs import known_sign
from lmlint.engine.state import BELOW, Pending, State, region, truth_of
from lmlint.engine.value import Atom, Formula, Loc, Not, Pointer, Value, Version

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Paths
    from lmlint.engine.program import Program
    from lmlint.source import Function, Node

TABLE = frozenset({"table"})

Facts = frozenset[tuple[Formula, bool]]
"""Conditions, each with whether it holds."""


def read_at(loc: Loc, state: State) -> Version:
    """Return what the entry at a location holds; whoever looks below an entry has seen that it is a table."""
    if loc.base[0] == "table":
        state.walked |= {state.read(loc.base[1])}
    return state.read(loc)


def record(node: Node, action: str, account: Any, amount: Value, state: State) -> Paths:
    """Return the path on which an amount is added to or taken from an account of the counter."""
    if not isinstance(amount, Amount):
        raise Undecided(f"the amount of `{node.text}` is not a number lmlint can follow", node)
    new = state.copy()
    amount = new.norm(amount)
    signed = amount if action == "add" else -amount
    new.add(new.recorded, account, signed)
    new.own = True
    sign = known_sign(signed, new.facts)
    new.log("record", node, account=account, amount=signed, action=action, sign=sign, filtered=new.filtered)
    return [(new, amount)]


def store(program: Program, node: Node, pointer: Value, version: Version, state: State) -> Paths:
    """Return the paths through a write: one for each kind that the old and the new entry can be.

    Done on each: minus the size of the old leaf from its account, plus that of the new leaf to its account.
    """
    if not isinstance(pointer, Pointer):
        raise Undecided(f"`{node.text}` writes through a pointer lmlint cannot follow", node)
    loc = pointer.loc
    version = at_level(version, loc.level)
    out: Paths = []
    old = read_at(loc, state)
    kinds = state.kinds_of(old)
    if old in state.walked and "table" in kinds:
        kinds = TABLE
    if version.origin[0] == "unknown" and is_counted(program, state):
        state = state.copy()
        state.unknown += ((f"`{node.text}` writes a value lmlint cannot follow", node),)
    for kind in sorted(kinds):
        for one in state.narrow(old, frozenset({kind})):
            for after in sorted(one.kinds_of(version)):
                for two in _sorted_out(one, loc, kind, version, after):
                    new = two.copy()
                    if version.origin[0] == "table":
                        link(program, new, version.origin[1], loc.level)
                    moved = {} if old == version else _move(program, new, loc, kind, after)
                    new.put(loc, version)
                    counted = is_counted(program, new)
                    new.log("write", node, loc=loc, old=kind, new=after, replaced=(old,), moved=moved, counted=counted)
                    out.append((new, program.number(0)))
    return out


def is_counted(program: Program, state: State) -> bool:
    """Whether what is done here is in the ledger: not where a parameter that the rule names says otherwise."""
    return told_to_count(program, state) is not False


def told_to_count(program: Program, state: State) -> bool | None:
    """Return what a parameter says of whether what is done here is counted; None where there is none.

    What a function is told holds for all that it calls, whatever it tells them.
    """
    for env in (*(outer for outer, _ in state.outer), state.env):
        for name in program.rule.where.keys() & env.keys():
            formula = _flag(program, name, env[name])
            return formula is None or state.knows(formula) is not False
    return None


def decided(program: Program, function: Function, state: State) -> list[State]:
    """Return the paths on which it is known whether what a function does is counted."""
    paths = [state]
    for name in [p.name for p in function.parameters if p.name in program.rule.where and p.name in state.env]:
        formula = _flag(program, name, state.env[name])
        if formula is not None:
            paths = [new for path in paths for truth in (True, False) for new in path.assume(formula, truth=truth)]
    return paths


def uncounted(program: Program) -> Facts:
    """Return the facts each of which says that what is done on a path is not counted."""
    found = set()
    for name in program.rule.where:
        formula = _flag(program, name, of(Symbol("param", (name,)), program.width))
        if formula is not None:
            found.add((formula.inner, True) if isinstance(formula, Not) else (formula, False))
    return frozenset(found)


def _flag(program: Program, name: str, value: Value) -> Formula | None:
    """Return the condition under which a parameter says that what is done is counted."""
    constant = program.rule.where[name]
    if not constant:
        return truth_of(value)
    known = program.constant(constant)
    return compare(program, "==", value, of(Symbol("name", (constant,)), program.width) if known is None else known)


def at_level(version: Version, level: str) -> Version:
    """Return what was made for entries of one level as what it is in an entry of another: a leaf there, or nothing."""
    if version.level == level or version.origin[0] not in {"make", "none", "table"}:
        return version
    return Version(level, version.origin)


def _sorted_out(state: State, loc: Loc, old: str, version: Version, new: str) -> list[State]:
    """Return the paths on which a write turns one kind into another, told apart by the table that it takes away."""
    paths = state.narrow(version, frozenset({new}))
    if old != "table" or loc in state.empty:
        return paths
    for first in sorted((e for e in state.empty if e.base[0] == "param"), key=repr):
        question = Atom(Symbol(HOLDS, (loc, first)))
        paths = [after for path in paths for truth in (True, False) for after in path.assume(question, truth=truth)]
    return paths


def _is_empty(state: State, loc: Loc) -> bool:
    """Whether the table that an entry points to was shown to be empty."""
    handed = (e for e in state.empty if e.base[0] == "param")
    return loc in state.empty or any(state.knows(Atom(Symbol(HOLDS, (loc, first)))) for first in handed)


def _move(program: Program, state: State, loc: Loc, old: str, new: str) -> dict[str, Amount]:
    """Note in the ledger what a write takes away and brings; return it."""
    level = program.rule.levels[loc.level]
    gone, come = level.leaf.get(old), level.leaf.get(new)
    moved: dict[str, Amount] = {}
    if old == "table" and level.below and not _is_empty(state, loc):
        filled = next((account for table, account in state.full if table == loc), None)
        if filled is None:
            moved[BELOW] = -program.unknown("below", loc.level)
        else:
            moved[filled] = -program.level_sizes(level.entries) * leaf_worth(program, level.below)
    if gone != come:
        worth = leaf_worth(program, loc.level)
        if gone is not None:
            moved[gone] = -worth
        if come is not None:
            moved[come] = worth
    if not is_counted(program, state):
        state.apart |= {(account, amount) for account, amount in moved.items() if account != BELOW}
        return {}
    root, _ = region(loc)
    for account, amount in moved.items():
        state.add(state.done, account_at(program, state, root, account), amount)
    return moved


def account_at(program: Program, state: State, base: tuple[Any, ...], account: Any) -> Any:
    """Return the account of a write below a base: a pending one while the table there is linked nowhere.

    A table that the caller hands over as what is no pointer to entries, such as its page, is linked nowhere either.
    """
    table = None
    if base[0] == "fresh":
        table = base[1]
    elif base[0] == "param" and len(base) > 1:
        types = state.outer[0][1] if state.outer else state.types
        kind, _ = split_type(types.get(base[1], ""))
        table = None if kind in program.rule.level_of_type or not kind else Symbol("param", (base[1],))
    return account if table is None or table in state.linked else Pending(table, account)


def link(program: Program, state: State, table: Symbol, level: str) -> None:
    """Note that an entry of a level points to a table: what was written there are entries of the level below."""
    levels = program.rule.levels
    below = levels.get(levels[level].below)

    def seen_as(account: Any, amount: Amount) -> tuple[Any, Amount]:
        if below is None or account in below.leaf.values():
            return account, amount
        for name, other in levels.items():
            for kind, known in other.leaf.items():
                factor = amount.over(leaf_worth(program, name).constant or ())
                if known == account and kind in below.leaf and factor is not None:
                    return below.leaf[kind], factor * leaf_worth(program, below.name)
        return account, amount

    state.link(table, seen_as)


def leaf_size(program: Program, level: str) -> Amount:
    """Return the bytes that one entry of a level maps: the size of its plain leaf."""
    leaf = program.rule.levels[level].leaf
    return program.size(leaf["plain"]) if leaf else program.number(0)


def leaf_worth(program: Program, level: str) -> Amount:
    """Return what one entry of a level is worth in the ledger, in the counter's unit."""
    return leaf_size(program, level) if program.rule.unit == "bytes" else program.number(1)


def block_entries(program: Program, name: str) -> Amount | None:
    """Return how many entries of a level make a contiguous block, None where it has none."""
    level = program.rule.levels[name]
    unit = leaf_size(program, name).constant
    return program.level_sizes(level.block).over(unit) if level.block and unit else None
