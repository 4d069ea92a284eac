"""The steps of a row, in order, with the functions they were taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.engine.amount import Symbol
    from lmlint.engine.state import Event, Frame
    from lmlint.engine.summary import Row
    from lmlint.source import Node

Place = tuple[str, "Node"]
DOES = frozenset({"write", "adopt", "untold"})
"""Steps that do something to leaves: one is written, taken over uncounted, or changed by who is told not to count."""


@dataclass(frozen=True)
class Step:
    """An event and where it happened: (function, node) pairs, from the row's function inwards.

    `inside` are the loops and calls of summaries that it is a step of, outermost first: those that do not balance.
    """

    frames: tuple[Place, ...]
    event: Event
    inside: tuple[Event, ...] = ()

    @property
    def what(self) -> str:
        """What happened."""
        return self.event.what

    @property
    def moved(self) -> dict[Any, Any]:
        """What the step did to leaves, per account."""
        return self.event.data.get("moved", {}) if self.event.what in DOES else {}


def record_sign(event: Event) -> int:
    """Return which way a record moves the counter: a helper that adds may be given what is below zero."""
    terms = event.data["amount"].terms
    if event.data.get("sign"):
        return int(event.data["sign"])
    if len(terms) == 1:
        return 1 if terms[0][1][0] > 0 else -1
    return 1 if event.data["action"] == "add" else -1


def steps(function: str, row: Row) -> list[Step]:
    """Return the steps of a row of a function; calls and loops that balance are steps, not what happens in them."""
    return list(_walk(function, (), row.events.all() if row.events else [], unequal=_unequal(row)))


def all_steps(function: str, row: Row) -> Iterator[list[Step]]:
    """Yield the steps of a row, and those of every way through the loops it contains."""
    yield steps(function, row)
    for event in row.events.all() if row.events else []:
        for way in event.data["ways"] if event.what == "loop" else ():
            yield list(_walk(function, (), way))


def frames_of(function: str, stack: tuple[Frame, ...], node: Node) -> tuple[Place, ...]:
    """Return the places that lead to a node, outermost first."""
    names = [function, *(frame.function for frame in stack)]
    nodes = [*(frame.node for frame in stack), node]
    return tuple(zip(names, nodes, strict=True))


def _unequal(row: Row) -> frozenset[Symbol]:
    """Return the symbols in what a row does not balance by."""
    return frozenset(symbol for amount in row.delta.values() for symbol in amount.symbols())


def _walk(
    function: str,
    outer: tuple[Place, ...],
    events: Iterable[Event],
    inside: tuple[Event, ...] = (),
    unequal: frozenset[Symbol] = frozenset(),
) -> Iterator[Step]:
    for event in events:
        frames = (*outer, *frames_of(function, event.stack, event.node))
        yield Step(frames, event, inside)
        if event.what == "loop" and not event.data["balanced"]:
            yield from _walk(function, outer, told_way(event, unequal), (*inside, event), unequal)
        elif event.what == "call" and event.data["row"].delta:
            row, callee = event.data["row"], event.data["function"].name
            steps_in = row.events.all() if row.events else []
            yield from _walk(callee, frames, steps_in, (*inside, event), _unequal(row))


def told_way(event: Event, unequal: frozenset[Symbol] = frozenset()) -> list[Event]:
    """Return the steps of a round of a loop: one of those whose number is in what does not balance, where one is."""
    counts: dict[Symbol, list[Event]] = event.data.get("counts", {})
    ways: list[list[Event]] = event.data["ways"]
    return next((way for symbol, way in counts.items() if symbol in unequal), ways[0] if ways else [])
