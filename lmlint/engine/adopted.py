"""Leaves that nobody has counted yet: whoever comes across one, where the rule says so, takes it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.effects import is_counted, leaf_worth
from lmlint.engine.induction import is_entry
from lmlint.engine.shapes import tested
from lmlint.engine.state import BELOW, region
from lmlint.engine.value import Pointer

if TYPE_CHECKING:
    from lmlint.engine.amount import Symbol
    from lmlint.engine.execute import Executor
    from lmlint.engine.state import State
    from lmlint.engine.value import Version
    from lmlint.source import Node


def adopt(executor: Executor, state: State, loop: Symbol | None = None) -> list[State]:
    """Return the paths on which the leaves that a path came across are counted as mapped, where they have to be.

    In a round of a loop these are the entries that differ from round to round, at the end of a function all others.
    """
    name = executor.running[-1].partition(":")[0]
    if name in executor.program.rule.repaints:
        return [
            after for path in _repainted(executor, name, state, loop) for after in _adopted(executor, name, path, loop)
        ]
    return _adopted(executor, name, state, loop)


def _repainted(executor: Executor, name: str, state: State, loop: Symbol | None) -> list[State]:
    """Return the paths on which what was replaced were leaves, where the rule says that they are."""
    steps = state.events.all() if state.events is not None else []
    written = {version for step in steps if step.what == "write" for version in step.data["replaced"]}
    gone = sorted((v for v in written if v in state.kinds and _is_met(state, v, loop)), key=repr)
    out: list[State] = []
    for path, holds in executor.evaluator.condition(executor.program.rule.repaints[name][0], state) if gone else ():
        paths = [path]
        for version in gone if holds else ():
            leaves = frozenset(executor.program.rule.levels[version.level].leaf)
            paths = [after for before in paths for after in before.narrow(version, leaves)]
        out += paths
    return out if gone else [state]


def _adopted(executor: Executor, name: str, state: State, loop: Symbol | None) -> list[State]:
    known = executor.program.rule.adopts.get(name)
    if known is None:
        return [state]
    met = sorted((v for v in state.kinds if _is_met(state, v, loop)), key=repr)
    if not met and BELOW not in state.done:
        return [state]
    when, _ = known
    out: list[State] = []
    for path, holds in executor.evaluator.condition(when, state):
        paths = [path.copy()]
        for version in met if holds else ():
            paths = [after for before in paths for after in _taken(executor, before, version)]
        for after in paths if holds else ():
            after.done.pop(BELOW, None)  # what hangs below was there as well, and nobody has counted it
        out += paths
    return out


def _looked_at(state: State, version: Version) -> Node:
    """Return where a path has asked what an entry holds, or else where it is."""
    steps = state.events.all() if state.events is not None else []
    asking = [step.node for step in steps if step.what == "branch" and version in tested(step.data["formula"])]
    return asking[0] if asking else steps[-1].node


def _is_met(state: State, version: Version, loop: Symbol | None) -> bool:
    """Whether a version is what an entry held when a path came to it, and the path has looked at it or replaced it."""
    if version.origin[0] != "at" or region(version.origin[1])[0][0] == "fresh":
        return False
    if loop is not None:
        return is_entry(version, loop)
    return version not in state.sampled and version in state.tested


def _taken(executor: Executor, state: State, version: Version) -> list[State]:
    """Return the paths on which an entry holds a leaf, which is counted, and on which it does not."""
    program, leaf = executor.program, executor.program.rule.levels[version.level].leaf
    rest = state.kinds_of(version) - leaf.keys()
    below = ("table", version.origin[1])
    if any(isinstance(value, Pointer) and value.loc.base == below for value in state.env.values()):
        return state.narrow(version, rest)  # whoever goes on below it takes it for a table
    out: list[State] = []
    for kind in sorted(state.kinds_of(version) & leaf.keys()):
        for path in state.narrow(version, frozenset({kind})):
            new = path.copy()
            if is_counted(program, new) and new.events is not None:
                moved = {leaf[kind]: leaf_worth(program, version.level)}
                for account, amount in moved.items():
                    new.add(new.done, account, amount)
                new.log("adopt", _looked_at(new, version), loc=version.origin[1], kind=kind, moved=moved)
            out.append(new)
    return out + state.narrow(version, rest)
