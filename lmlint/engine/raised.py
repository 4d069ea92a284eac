"""Loops with a tally, as they are told: what each kind of round does, and where it adds to the tally or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount
from lmlint.engine.signs import meets_leaf
from lmlint.engine.state import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lmlint.engine.program import Program
    from lmlint.engine.state import State
    from lmlint.engine.tallies import Kind, Sums
    from lmlint.engine.value import Value
    from lmlint.source import Node

_VERBS = {("none", True): "map an entry", ("leaf", False): "clear an entry", ("leaf", True): "write over a leaf"}
"""What a round does, by what an entry was and whether it is a leaf now."""


def note(state: State, node: Node, name: str, value: Value, old: Value | None) -> None:
    """Note that a variable gets another value, which may be what a round adds to a tally."""
    if not isinstance(value, Amount) or not isinstance(old, Amount):
        return
    data = {"name": name, "change": value - old, "after": state.events}
    state.raised = Event("tally", state.macro or node, state.stack, data, state.raised)


def loop_details(program: Program, one: Sums) -> dict[str, Any]:
    """Return the details of the step that is a loop with tallies; name its symbols."""
    names = {str(tally.args[1]) for tally in one.tallies}
    counts = {}
    for kind in sorted(one.kinds, key=_is_right):
        steps = round_steps(kind.row, names)
        for symbol in kind.symbols:
            program.labels.setdefault(symbol, _label(kind, one, program))
            counts[symbol] = steps
    for tally, left in one.tallies.items():
        program.sums.setdefault(left, str(tally.args[1]))
    rest = [round_steps(row, names) for row in one.rows if all(row is not kind.row for kind in one.kinds)]
    ways = [*{id(steps): steps for steps in counts.values()}.values(), *rest]
    return {"balanced": False, "ways": ways, "counts": counts, "added": (one.done, one.recorded)}


def round_steps(row: State, names: Collection[str]) -> list[Event]:
    """Return the steps of a round, with those that add to the tallies of these names where they are taken."""
    steps = row.events.all() if row.events else []
    raised = [e for e in (row.raised.all() if row.raised else []) if e.data["name"] in names]
    out = [e for e in raised if e.data["after"] is None]
    for step in steps:
        out += [step, *(e for e in raised if e.data["after"] is step)]
    return out


def _is_right(kind: Kind) -> bool:
    """Whether rounds count where they do something, and only there; the others are told first."""
    return bool(kind.done) is bool(kind.recorded or any(not change.is_zero for change in kind.changes.values()))


def _label(kind: Kind, one: Sums, program: Program) -> str:
    """Return what the number of such rounds is called: by the tally that counts just these, else by what they do."""
    own = [str(tally.args[1]) for tally, left in one.tallies.items() if left.symbol in kind.symbols]
    if own:
        return own[0]
    counted = bool(kind.recorded) or any(not change.is_zero for change in kind.changes.values())
    events = kind.row.events.all() if kind.row.events else []
    did = _did(events)
    if not did and counted and meets_leaf(events, program):
        return "(rounds that count a leaf and write nothing)"
    if not did:
        return "(rounds that count and write nothing)" if counted else "(rounds of one kind)"
    return f"(rounds that {did}{'' if counted else ' and count nothing'})"


def _did(events: Iterable[Event]) -> str:
    """Return what a round does to entries, in words."""
    verbs: dict[str, None] = {}
    for event in events:
        if event.what == "adopt":
            verbs["come across a leaf"] = None
        if event.what == "untold":
            verbs[f"tell {event.data['function']}() that nothing is counted"] = None
        if event.what == "write" and (event.data["moved"] or event.data["old"] in {"plain", "cont"}):
            old = "none" if event.data["old"] == "none" else "leaf"
            now = event.data["new"]
            verbs["split a leaf" if now == "table" else _VERBS.get((old, now != "none"), "write an entry")] = None
        if event.what == "call" and (event.data["row"].done or event.data["row"].recorded):
            verbs[f"call {event.data['function'].name}()"] = None
    return " and ".join(verbs)
