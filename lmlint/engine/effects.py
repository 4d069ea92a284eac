"""What changes a path: writes of entries, with what they do to the ledger, and records in the counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount
from lmlint.engine.program import Undecided
from lmlint.engine.state import BELOW, State, region
from lmlint.engine.value import Loc, Pointer, Value, Version

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Paths
    from lmlint.engine.program import Program
    from lmlint.source import Node

TABLE = frozenset({"table"})


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
    new.log("record", node, account=account, amount=signed, action=action, filtered=new.filtered)
    return [(new, amount)]


def store(program: Program, node: Node, pointer: Value, version: Version, state: State) -> Paths:
    """Return the paths through a write: one for each kind that the old and the new entry can be.

    Done on each: minus the size of the old leaf from its account, plus that of the new leaf to its account.
    """
    if not isinstance(pointer, Pointer):
        raise Undecided(f"`{node.text}` writes through a pointer lmlint cannot follow", node)
    loc = pointer.loc
    out: Paths = []
    old = read_at(loc, state)
    kinds = state.kinds_of(old)
    if old in state.walked and "table" in kinds:
        kinds = TABLE
    if version.origin[0] == "unknown":
        state = state.copy()
        state.unknown += ((f"`{node.text}` writes a value lmlint cannot follow", node),)
    for kind in sorted(kinds):
        for one in state.narrow(old, frozenset({kind})):
            for after in sorted(one.kinds_of(version)):
                for two in one.narrow(version, frozenset({after})):
                    new = two.copy()
                    moved = {} if old == version else _move(program, new, loc, kind, after)
                    new.put(loc, version)
                    new.log("write", node, loc=loc, old=kind, new=after, replaced=(old,), moved=moved)
                    out.append((new, program.number(0)))
    return out


def _move(program: Program, state: State, loc: Loc, old: str, new: str) -> dict[str, Amount]:
    """Note in the ledger what a write takes away and brings; return it."""
    level = program.rule.levels[loc.level]
    gone, come = level.leaf.get(old), level.leaf.get(new)
    moved: dict[str, Amount] = {}
    if old == "table" and loc not in state.empty and level.below:
        moved[BELOW] = -program.unknown("below", loc.level)
    if gone != come:
        size = leaf_size(program, loc.level)
        if gone is not None:
            moved[gone] = -size
        if come is not None:
            moved[come] = size
    root, _ = region(loc)
    for account, amount in moved.items():
        state.add(state.done, state.account_at(root, account), amount)
    return moved


def leaf_size(program: Program, level: str) -> Amount:
    """Return the bytes that one entry of a level maps: the size of its plain leaf."""
    leaf = program.rule.levels[level].leaf
    return program.size(leaf["plain"]) if leaf else program.number(0)


def block_entries(program: Program, name: str) -> Amount | None:
    """Return how many entries of a level make a contiguous block, None where it has none."""
    level = program.rule.levels[name]
    unit = leaf_size(program, name).constant
    return program.level_sizes(level.block).over(unit) if level.block and unit else None
