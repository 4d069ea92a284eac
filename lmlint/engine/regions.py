"""Records whose region filter is asked about something else than the address that the entry maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount
from lmlint.engine.argument import construct, place_of, plain
from lmlint.engine.trace import frames_of
from lmlint.engine.value import Pointer
from lmlint.finding import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.engine.program import Program
    from lmlint.engine.state import Event
    from lmlint.engine.summary import Summary
    from lmlint.engine.trace import Place as Frame
    from lmlint.finding import Finding, Place
    from lmlint.source import Function

KIND = "unfiltered-region"


def address_findings(program: Program, path: str, summaries: Iterable[Summary]) -> list[Finding]:
    """Return the records that are filtered by what is certainly not the mapped address."""
    found: dict[Place, Finding] = {}
    for function, event in records(summaries):
        if function.name in program.recorders:
            continue
        for asked in event.data["filtered"]:
            wrong = _wrong(program, function, asked)
            if wrong:
                frames = frames_of(function.name, event.stack, event.node)
                frame = next(f for f in reversed(frames) if f[0] not in program.recorders)
                found.setdefault(place_of(frame[1], path), _finding(program, path, frame, wrong))
    return list(found.values())


def records(summaries: Iterable[Summary]) -> Iterator[tuple[Function, Event]]:
    """Yield the records on the paths of functions and in the rounds of their loops, each once."""
    seen: set[int] = set()
    for summary in summaries:
        work = [event for row in summary.rows for event in (row.events.all() if row.events else [])]
        while work:
            event = work.pop()
            if id(event) in seen:
                continue
            seen.add(id(event))
            if event.what == "record":
                yield summary.function, event
            elif event.what == "loop":
                work += [inner for way in event.data["ways"] for inner in way]


def _wrong(program: Program, function: Function, asked: Any) -> str:
    """Return what the filter is asked about, where that is certainly not the mapped address, or ""."""
    if isinstance(asked, Pointer):
        return "the address of the entry itself"
    symbol = asked.symbol if isinstance(asked, Amount) else None
    if symbol is None:
        return ""
    if symbol.op == "step":
        return "the end of the range, which the entry does not map"
    name = symbol.args[0] if symbol.op == "param" else symbol.args[1] if symbol.op == "round" else None
    types = {p.name: p.type for p in function.parameters if not p.stars}
    return f"`{name}`, a physical address" if types.get(str(name)) in program.rule.physical else ""


def _finding(program: Program, path: str, frame: Frame, wrong: str) -> Finding:
    name, node = frame
    place = place_of(node, path)
    message = f"`{name}` has the region filter asked about {wrong}, and not about the address that the entry maps"
    notes = [Note(place, "whether this is counted depends on an address that has nothing to do with it")]
    return plain(program, KIND, name, place, message, notes, construct(node))
