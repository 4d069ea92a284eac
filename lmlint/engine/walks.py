"""Ways to an entry: from the entry above, from that entry's value, along a block, and by an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import counted
from lmlint.engine.effects import TABLE, block_entries, read_at
from lmlint.engine.operators import as_pointer
from lmlint.engine.program import Undecided
from lmlint.engine.value import FOUND, NONE, Account, Entry, Loc, Pointer, Value, Version

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Evaluator, Paths
    from lmlint.engine.state import State
    from lmlint.rule import Meaning
    from lmlint.source import Node


def walk(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a pointer to an entry of the table below another entry."""
    parent = as_pointer(evaluator.program, found["p"], meaning.level)
    if not isinstance(parent, Pointer):
        return [(state, evaluator.program.unknown("call", node.text))]
    return [(state, Pointer(Loc(("table", parent.loc), _place(evaluator, found["a"], state), meaning.detail)))]


def grow(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return what `walk` does, with a table made where there is none, and the path on which that fails with NULL."""
    parent, program = as_pointer(evaluator.program, found["p"], meaning.level), evaluator.program
    out: Paths = []
    if not isinstance(parent, Pointer):
        return walk(evaluator, node, meaning, found, state)
    for path in state.narrow(read_at(parent.loc, state), NONE | TABLE):
        new = path.copy()
        if path.kinds_of(path.read(parent.loc)) != TABLE:
            new.put(parent.loc, Version(parent.loc.level, ("table", program.fresh("fresh", "table"))))
        out.append((new, Pointer(Loc(("table", parent.loc), _place(evaluator, found["a"], new), meaning.detail))))
    failing = state.copy()
    failing.failed = True
    return [*(out or walk(evaluator, node, meaning, found, state)), (failing, program.number(0))]


def enter(evaluator: Evaluator, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a pointer to the first entry of the table that an entry's value points to."""
    program, value = evaluator.program, found["v"]
    base: tuple[Any, ...] = ("unknown", program.unknown("fresh", "table"))
    if isinstance(value, Entry):
        holding = [loc for loc, version in state.memory.items() if version == value.version]
        if holding:
            base = ("table", holding[0])
            read_at(Loc(base, program.number(0), meaning.detail), state)
    return [(state, Pointer(Loc(base, program.number(0), meaning.detail)))]


def find(evaluator: Evaluator, node: Node, found: dict[str, Node], state: State) -> Paths:
    """Return the paths on which the entry that maps an address is found, one a level with leaves; NULL is a way too.

    The variable behind `$level` is set to the account of what was found; what is found there is not a table.
    """
    program, target = evaluator.program, found["level"]
    if target.type != "identifier":
        raise Undecided(f"`{node.text}` stores a level where lmlint cannot follow", node)
    out: Paths = []
    for after, _ in evaluator.value(found["a"], state):
        for name, level in program.rule.levels.items():
            if not level.leaf:
                continue
            base = ("unknown", program.fresh(FOUND, name))
            loc = Loc(base, program.number(0), name)
            for path in after.narrow(after.read(loc), program.levels[name] - TABLE):
                new = path.copy()
                new.env[target.text] = Account(level.leaf["plain"])
                out.append((new, Pointer(loc)))
    return out


def renamed(pointer: Pointer, known: Pointer, state: State) -> State:
    """Return the path on which a pointer that was found is another one: it is at the level that was found."""
    loc = Loc(known.loc.base, known.loc.index, pointer.loc.level)
    paths = state.narrow(state.read(loc), state.kinds_of(state.read(pointer.loc)))
    new = (paths[0] if paths else state).copy()
    for name, value in new.env.items():
        if isinstance(value, Pointer) and value in (pointer, known):
            new.env[name] = Pointer(loc)
    return new


def block(evaluator: Evaluator, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a pointer to the first entry of the contiguous block of another one."""
    pointer, size = found["p"], found["n"]
    if isinstance(pointer, Pointer) and isinstance(size, Amount):
        level = evaluator.program.rule.levels[pointer.loc.level]
        entries = block_entries(evaluator.program, pointer.loc.level)
        if level.block and entries is not None and counted(size) == entries:
            return [
                (
                    state,
                    Pointer(
                        Loc(
                            ("block", pointer.loc, read_at(pointer.loc, state)),
                            evaluator.program.number(0),
                            pointer.loc.level,
                        )
                    ),
                )
            ]
        return [(state, as_pointer(evaluator.program, evaluator.program.unknown("call", node.text), pointer.loc.level))]
    return [(state, evaluator.program.unknown("call", node.text))]


def _place(evaluator: Evaluator, address: Value, state: State) -> Amount:
    """Return the index of the entry that maps an address."""
    index = address if isinstance(address, Amount) else evaluator.program.unknown("fresh", "index")
    index = state.norm(index)
    return index if index.constant is not None else of(Symbol("index", (index,)), evaluator.program.width)
