"""Functions that no operation reaches, called by themselves on a table that is set up by hand."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from lmlint.witness.machine import Discarded, NotListed
from lmlint.witness.search import Drift
from lmlint.witness.session import CALL, LEAF, Broken, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.source import Function
    from lmlint.witness.session import Session

ROUNDS = 120
"""How many tables and arguments are tried in one geometry."""


def attempts(session: Session, name: str, seed: int, rounds: int = ROUNDS) -> Iterator[tuple[Step, ...]]:
    """Yield setups and a call of the function, drawn at random."""
    function = session.program.own_functions().get(name)
    if function is None:
        return
    random = Random(f"{seed} {name} {session.geometry}")  # noqa: S311  # it draws test cases
    for _ in range(rounds):
        yield _attempt(session, function, random)


def _attempt(session: Session, function: Function, random: Random) -> tuple[Step, ...]:
    table, levels = session.table, session.table.levels
    depths = [session.model.entries[each.type] for each in function.parameters if each.type in session.model.entries]
    leafy = [depth for depth, level in enumerate(levels) if level.plain >= 0]
    depth = max(depths, default=random.choice(leafy))
    depth = depth if depth in leafy else random.choice(leafy)
    level = levels[depth]
    unit = 1 << level.shift
    span = level.entries << level.shift
    where = random.random()
    base = table.low if where < 0.75 or not any(table.other) else table.other[0]  # noqa: PLR2004
    start = base + random.randrange(2) * span + random.randrange(level.entries) * unit
    if where > 0.9:  # noqa: PLR2004  # the last ones of the region
        start = table.high - unit * random.choice((1, 1, 2, level.block))
    if random.random() < 0.5:  # noqa: PLR2004
        start -= start % (unit * level.block)
    bottom = len(levels) - 1
    steps = []
    if random.random() < 0.8:  # noqa: PLR2004
        steps.append(_leaf(start, bottom - depth, 2))
    for _ in range(random.randrange(3)):
        at = start + unit * random.choice((0, 0, 0, 1, 2))
        where = random.choice((depth, depth, depth, *leafy))
        cont = random.randrange(2)
        size = (levels[where].block if cont else 1) << levels[where].shift
        steps.append(_leaf(at - at % size, bottom - where, cont))
    odd = random.random() < 0.15  # noqa: PLR2004
    virt = start + (table.page * random.randrange(max(1, unit // table.page)) if odd else 0)
    limit = (virt // span + 1) * span
    size = random.choice((unit, unit, 2 * unit, unit * level.block, table.page, 3 * table.page))
    end = min(virt + max(size, table.page), limit)
    picks = (("prot", _rarely(random, len(session.model.prots))), ("small", random.randrange(1 << 24)))
    failing = random.choice((0, 0, 1, 2))
    return (*steps, Step(CALL + function.name, virt, max(end, virt + table.page), picks, failing))


def _leaf(start: int, level: int, cont: int) -> Step:
    return Step(LEAF, start, start + 1, (("level", level), ("cont", cont)))


def _rarely(random: Random, count: int) -> int:
    return 0 if random.random() < 0.6 else random.randrange(count)  # noqa: PLR2004


def directly(session: Session, name: str, seed: int) -> tuple[list[Drift], str]:
    """Return the drifts of a function that is called by itself, and what kept it from running, always or at times."""
    found: list[Drift] = []
    ran, reason, missing = False, "", ""
    for steps in attempts(session, name, seed):
        session.reset()
        done_steps = []
        try:
            for step in steps:
                try:
                    done = session.run(step)
                except Broken:
                    continue
                done_steps.append(replace(step, failing=step.failing if step.failing <= done.asked else 0))
                if step.name.startswith(CALL):
                    ran = True
                    if done.drifts:
                        found.append(Drift(session.geometry, tuple(done_steps), done.drift))
        except Discarded as error:
            reason = reason or str(error)
        except NotListed as error:
            missing = str(error)
    return found, missing or ("" if ran else reason)
