"""Sequences of steps: played at random, replayed, and shrunk to what still shows the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from lmlint.witness.draw import Dealer
from lmlint.witness.machine import Discarded, NotListed
from lmlint.witness.session import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmlint.witness.session import Done, Session, Step

LENGTH = 7
ATTEMPTS = 14
"""How many steps are drawn for one sequence; those that are discarded or drift are taken back."""
MAX_REPLAYS = 400
"""How often a sequence is replayed to shrink it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Steps of which the last puts counters off, in one geometry."""

    geometry: str
    steps: tuple[Step, ...]
    drift: tuple[int, ...]


@dataclass(slots=True)
class Played:
    """What playing one sequence came to: the steps that stand, the drifts on the way, why others did not run."""

    steps: tuple[Step, ...]
    drifts: tuple[Drift, ...]
    stops: tuple[str, ...]
    discarded: int


def play(session: Session, seed: str, note: Callable[[Step], None] | None = None, *, wide: bool = False) -> Played:
    """Play one random sequence; a step that is discarded or drifts is taken back, and the sequence goes on.

    `wide`: on ranges that hold large leaves, and more.
    """
    random = Random(seed)  # noqa: S311  # it draws test cases
    session.reset()
    dealer = Dealer(session, random, wide=wide)
    steps: list[Step] = []
    drifts: list[Drift] = []
    stops: dict[str, None] = {}
    discarded = 0
    for _ in range(ATTEMPTS if dealer.names else 0):
        step = dealer.step()
        if step is None:
            continue
        saved = session.machine.snapshot()
        try:
            done = session.run(step)
        except Discarded:
            discarded += 1
        except NotListed as error:
            stops.setdefault(str(error))
        else:
            if not done.drifts:
                steps.append(step if step.failing <= done.asked else replace(step, failing=0))
                if note is not None:
                    note(step)
                if len(steps) >= LENGTH:
                    break
                continue
            drifts.append(Drift(session.geometry, (*steps, step), done.drift))
        session.machine.restore(saved)
        session.past = {each.name for each in steps}
    return Played(tuple(steps), tuple(drifts), tuple(stops), discarded)


def replay(session: Session, steps: tuple[Step, ...]) -> Iterator[tuple[Step, Done]]:
    """Run steps from an empty table and yield each with what it came to; what its contract forbids is left out."""
    session.reset()
    for step in steps:
        try:
            yield step, session.run(step)
        except Broken:
            continue


def shrink(
    session: Session,
    steps: tuple[Step, ...],
    keeps: Callable[[Session, tuple[Step, ...]], bool],
    replays: int = MAX_REPLAYS,
) -> tuple[Step, ...]:
    """Return fewer and plainer steps that still show what is to be kept."""
    left = replays

    def good(candidate: tuple[Step, ...]) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and bool(candidate) and keeps(session, candidate)

    changed = True
    while changed and left > 0:
        changed = False
        for candidate in _plainer(session, steps):
            if good(candidate):
                steps, changed = candidate, True
                break
    return steps


def _plainer(session: Session, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield simpler sequences, the boldest first."""
    for index in range(len(steps) - 1):
        yield steps[:index] + steps[index + 1 :]
    table = session.table
    lowest = min(step.start for step in steps)
    for size in reversed(table.sizes):
        shift = (lowest - table.low) // size * size
        if shift > 0 and all(table.low <= step.start < table.high for step in steps):
            yield tuple(replace(step, start=step.start - shift, end=step.end - shift) for step in steps)
    for index, step in enumerate(steps):
        for plainer in _plainer_step(session, step):
            yield (*steps[:index], plainer, *steps[index + 1 :])


def _plainer_step(session: Session, step: Step) -> Iterator[Step]:
    if step.failing:
        yield replace(step, failing=0)
        if step.failing > 1:
            yield replace(step, failing=step.failing - 1)
    for name, place in step.picks:
        if place:
            yield replace(step, picks=tuple((key, 0 if key == name else value) for key, value in step.picks))
    size = step.end - step.start
    for unit in reversed(session.table.sizes):
        for many in (8, 4, 2, 1):
            if unit * many < size:
                yield replace(step, end=step.end - unit * many)
                yield replace(step, start=step.start + unit * many)
        if step.start % unit:
            yield replace(step, start=step.start - step.start % unit)
        if step.end % unit and step.end - step.end % unit > step.start:
            yield replace(step, end=step.end - step.end % unit)
