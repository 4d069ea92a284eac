"""Updates of the counter that two entry points can make at the same time, and updates that no region filter guards."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from lmlint.engine.argument import construct, place_of, plain
from lmlint.engine.program import TOO_DEEP, Undecided
from lmlint.engine.reach import LITERALS, UNKNOWN, Arrival, Held, Reach, roots
from lmlint.finding import Note
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.engine.program import Program
    from lmlint.engine.trace import Place as Frame
    from lmlint.finding import Finding, Place
    from lmlint.source import Function

_STATIC = re.compile(rb"^static\b([^;{}()=]*+(?:(?<=\w)\([^;{}()=]*+)?)", re.MULTILINE)
_WORD = re.compile(r"\w+")
RACY, UNFILTERED = "racy-counter", "unfiltered-region"


def shared_updates(program: Program) -> list[Arrival]:
    """Return how entry points come to plain updates of the counter while others may run."""
    found: list[Arrival] = []
    reach = Reach(program)
    for root in roots(program):
        if root.name not in program.rule.outside and not root.attributes & program.rule.single:
            found += [a for a in _arrivals(reach, root) if not a.alone and not a.atomic]
    return found


def race_findings(program: Program, path: str, updates: list[Arrival], changed: frozenset[int]) -> list[Finding]:
    """Return at most one finding: two entry points that update the counter and hold no lock in common."""
    locks: dict[str, set[frozenset[Held]]] = {}
    for update in updates:
        locks.setdefault(update.root, set()).add(update.locks)
    spread = {root: len(each) for root, each in locks.items()}
    unguarded = _unguarded(program, updates)
    pairs = ((a, b) for a, b in unguarded if _is_known(program, a, b) and _is_known(program, b, a))
    worst = min(pairs, key=lambda pair: _rank(program, pair, spread, changed), default=None)
    return [] if worst is None else [_racy(program, path, *worst)]


def _arrivals(reach: Reach, root: Function) -> list[Arrival]:
    try:
        return reach.arrivals(root)
    except Undecided:
        return []
    except RecursionError:
        reach.program.undone = TOO_DEEP
        return []


def unknown_locks(program: Program, updates: list[Arrival]) -> dict[str, str]:
    """Return, for entry points of which it is not known what their callers hold, what has to be presumed."""
    sentences: dict[str, str] = {}
    for pair in _unguarded(program, updates):
        for one, other in (pair, pair[::-1]):
            if not _is_known(program, one, other):
                sentences.setdefault(
                    one.root, f"its callers and `{other.root}` hold a lock in common, for both update the counter"
                )
    return sentences


def _unguarded(program: Program, updates: list[Arrival]) -> Iterator[tuple[Arrival, Arrival]]:
    """Yield the updates of two entry points that no lock in sight keeps apart."""
    for index, one in enumerate(updates):
        program.in_time()
        yield from ((one, other) for other in updates[index + 1 :] if one.root != other.root and not _apart(one, other))


def _apart(one: Arrival, other: Arrival) -> bool:
    """Whether both hold a lock that is not merely shared by both."""
    return any(a.name == b.name != UNKNOWN and not (a.shared and b.shared) for a in one.locks for b in other.locks)


def _is_known(program: Program, one: Arrival, other: Arrival) -> bool:
    """Whether callers outside the file cannot hold, for the one, what keeps it apart from the other."""
    if any(held.name == UNKNOWN for held in one.locks | other.locks):
        return False
    if one.locks or one.root in program.rule.holds:
        return True
    return bool(other.locks) and all(held.name in _private(program) for held in other.locks)


@lru_cache(maxsize=1)
def _private(program: Program) -> frozenset[str]:
    """Return the words among which are the locks that only this file can take: static objects outside functions."""
    heads = (match[1].decode("utf-8", "replace") for match in _STATIC.finditer(program.source.text))
    return frozenset(word for head in heads for word in _WORD.findall(head))


def _rank(
    program: Program, pair: tuple[Arrival, Arrival], spread: dict[str, int], changed: frozenset[int]
) -> tuple[object, ...]:
    """Return what orders the pairs: the clearest first, then those on changed lines, then by where they stand."""
    bare = sum(not arrival.locks for arrival in pair)
    told = sum(arrival.root in program.rule.holds for arrival in pair)
    locks = sum(len(arrival.locks) for arrival in pair)
    lines = [arrival.frames[-1][1].line for arrival in pair]
    starts = [program.functions[arrival.root].line for arrival in pair]
    untouched = not any(program.is_changed(arrival.frames[-1][1], changed) for arrival in pair)
    return (bare, untouched, -told, locks, sum(spread[a.root] for a in pair), lines, starts)


def _racy(program: Program, path: str, one: Arrival, other: Arrival) -> Finding:
    array = program.rule.array
    function, node = min(one, other, key=lambda a: a.frames[-1][1].line).frames[-1]
    notes = [note for arrival in (one, other) for note in _approach(program, path, arrival)]
    message = (
        f"`{array}` is changed by a plain read-modify-write from `{one.root}` {_under(one)} and from "
        f"`{other.root}` {_under(other)}: with no lock in common, an update can get lost"
    )
    finding = plain(program, RACY, function, place_of(node, path), message, notes, construct(node))
    both = sorted((one.root, other.root), key=lambda name: program.functions[name].line)
    return replace(finding, entries=tuple(both))


def _under(arrival: Arrival) -> str:
    names = [
        f"`{held.name}`{' (shared)' if held.shared else ''}"
        for held in sorted(arrival.locks, key=lambda held: held.name)
    ]
    return f"under {' and '.join(names)}" if names else "under no lock"


def _approach(program: Program, path: str, arrival: Arrival) -> list[Note]:
    """Return how an entry point comes to its update: the locks, in the order they are taken, and the calls."""
    root = program.functions[arrival.root]
    start = place_of(root, path)
    notes = []
    given = program.rule.holds.get(arrival.root, ())
    if given:
        names = ", ".join(f"`{name}`" for name in given)
        notes.append(Note(start, f"`{arrival.root}` is called with {names} held, says the rule"))
    else:
        notes.append(Note(start, f"`{arrival.root}` is called from outside this file"))
    notes += [
        Note(place_of(held.node, path), f"`{held.name}` is taken")
        for held in sorted(arrival.locks, key=lambda held: held.name)
        if held.node is not None
    ]
    function, node = arrival.frames[-1]
    chain = [name for name, _ in arrival.frames[1:-1]]
    through = f" through {', '.join(f'`{name}`' for name in chain)}" if chain else ""
    notes.append(Note(place_of(node, path), f"`{function}` updates the counter, reached{through}"))
    return notes


def unfiltered_findings(program: Program, path: str) -> list[Finding]:
    """Return the records that a function outside the counted region reaches without asking the region filter."""
    findings: dict[Place, Finding] = {}
    reach = Reach(program)
    unasked = (program.rule.outside.keys() | program.rule.shared.keys()) & program.recording_below
    for function in program.functions.values():
        if function.name not in unasked or function.name in program.elsewhere:
            continue
        for arrival in _arrivals(reach, function):
            if not arrival.filtered:
                found = _unfiltered(program, path, arrival)
                findings.setdefault(found.place, found)
    return list(findings.values())


def _told_at(program: Program, arrival: Arrival) -> Frame:
    """Return where an unfiltered record is told: at the update, or where it is to be said whether something counts.

    That is the call which says of another region that it counts, else the use of the helper.
    """
    if not program.rule.where:
        return arrival.frames[-1]
    for frame, (callee, _) in zip(arrival.frames, arrival.frames[1:], strict=False):
        arguments = frame[1].fields["arguments"].kids if "arguments" in frame[1].fields else ()
        pairs = zip(program.named[callee].parameters, arguments, strict=False)
        if any(_says_counted(program, p.name, bare(argument).text) for p, argument in pairs):
            return frame
    return next((f for f in reversed(arrival.frames) if f[0] not in program.recorders), arrival.frames[-1])


def _says_counted(program: Program, parameter: str, argument: str) -> bool:
    """Whether what a parameter is given says that what is done is counted."""
    value = program.rule.where.get(parameter)
    if value is None:
        return False
    return argument == value if value else LITERALS.get(argument, argument not in program.rule.where)


def _unfiltered(program: Program, path: str, arrival: Arrival) -> Finding:
    function, node = _told_at(program, arrival)
    root = program.functions[arrival.root]
    why = program.rule.outside.get(root.name) or program.rule.shared[root.name]
    notes = [Note(place_of(root, path), f"`{root.name}`: {why}")]
    for (name, call), (callee, _) in zip(arrival.frames, arrival.frames[1:], strict=False):
        notes.append(Note(place_of(call, path), f"`{name}` calls `{callee}`"))
    notes.append(Note(place_of(arrival.frames[-1][1], path), "the counter moves, whatever the address"))
    serves = "serves another region" if root.name in program.rule.outside else "serves other regions as well"
    unasked = "moves the counter without asking the region filter"
    if program.rule.where:
        unasked = "has moved the counter"
    if function == root.name:
        message = f"`{function}` {unasked}, and {serves}"
    else:
        message = f"`{function}` {unasked}, and `{root.name}` comes here, which {serves}"
    finding = plain(program, UNFILTERED, function, place_of(node, path), message, notes, construct(node))
    return replace(finding, entries=(root.name,))
