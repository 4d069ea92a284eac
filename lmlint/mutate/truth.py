"""What a finding about an edit of a record may be: the acceptable kinds by what the record stands for, and the places.

As narrow as what a reviewer would accept: the kind must name the fault, and the place must be the edit, or the change
of the entries that is no longer recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.edit import Truth
from lmlint.mutate.record import CLEAR, CONVERT, CORRECT, POPULATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records

EXTRA = ("double-count", "phantom-count")
ACCOUNT = ("wrong-account", "phantom-count", "double-count", "missing-sub")


def deleted(record: Record) -> tuple[str, ...]:
    """Return the kinds for a record that is gone; without its add, a correction subtracts its block twice."""
    if record.role == CORRECT and record.sign > 0:
        return (*EXTRA, "missing-add")
    return lost(record)


def lost(record: Record) -> tuple[str, ...]:
    """Return the kinds for a record that is not made."""
    if record.either:
        return ("missing-add", "missing-sub", *(("wrong-account",) if record.role == CONVERT else ()))
    return (f"missing-{record.operation}",)


def doubled(record: Record) -> tuple[str, ...]:
    """Return the kinds for a record that is made twice."""
    if record.either and record.role == CONVERT:
        return ("double-count", "wrong-account", "wrong-amount")
    return EXTRA if record.role == CORRECT and record.sign > 0 else ("double-count",)


def turned(record: Record) -> tuple[str, ...]:
    """Return the kinds for an add that subtracts, or a sub that adds."""
    if record.role == CORRECT and record.sign > 0:
        return ("wrong-amount", *EXTRA, "missing-add")
    return ("wrong-amount", *lost(record))


def misplaced(record: Record, account: str, others: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds for a record in another account; in that of the other side, the two records may cancel."""
    if record.role == CORRECT and record.sign > 0:
        return ("wrong-account", "phantom-count", "double-count")
    if record.role == CONVERT and account in others:
        return ("wrong-account", "missing-sub", "missing-add")
    return ("wrong-account",)


def resized(record: Record, *, counted: bool = False) -> tuple[str, ...]:
    """Return the kinds for a record of another size; in place of what was counted, it may stand where nothing was."""
    if counted and record.role != CORRECT:
        return ("wrong-amount", "phantom-count")
    return ("wrong-amount", *EXTRA) if record.role == CORRECT and record.sign > 0 else ("wrong-amount",)


def unguarded(record: Record) -> tuple[str, ...]:
    """Return the kinds for a record that is made where it should not be."""
    return {
        POPULATE: EXTRA,
        CLEAR: ("phantom-count", "double-count"),
        CORRECT: ACCOUNT,
        CONVERT: ("phantom-count", "double-count", "wrong-account"),
    }[record.role]


def withheld(record: Record) -> tuple[str, ...]:
    """Return the kinds for a record that is not made where it should be."""
    return {
        POPULATE: lost(record),
        CLEAR: lost(record),
        CORRECT: ("wrong-account", "missing-sub", "double-count", "phantom-count"),
        CONVERT: tuple(dict.fromkeys((*lost(record), "wrong-account"))),
    }[record.role]


def places(code: Code, records: Records, record: Record) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the functions and the offsets at which the fault of a record shows.

    These are the changes of entries around it, and the calls of its function by those that correct it; for a half of a
    correction, what is left of it, and the callee that changes the entries.
    """
    body = record.body
    at = {site.start for site in code.sites(body)}
    correctors = records.correctors(body.name)
    for caller in correctors:
        at |= {site.start for site in code.sites(caller) if code.called(site) == body.name}
    inside: tuple[str, ...] = ()
    if record.role == CORRECT:
        inside, inner = callees(code, body)
        at |= {other.node.start for other in records.of[body.name]} | inner
    return (body.name, *(caller.name for caller in correctors), *inside), frozenset(at)


def truth(  # noqa: PLR0913  # what a truth is made of
    code: Code,
    records: Records,
    record: Record,
    kinds: tuple[str, ...],
    *,
    functions: Iterable[str] = (),
    at: Iterable[int] = (),
) -> Truth:
    """Return the truth of an edit of a record, with further functions and places."""
    where, offsets = places(code, records, record)
    return Truth(tuple(dict.fromkeys(kinds)), tuple(dict.fromkeys((*where, *functions))), offsets | frozenset(at))


def callees(code: Code, body: Body) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the functions that change entries for a function, and where they and their records stand."""
    found: dict[str, frozenset[int]] = {}
    for site in code.sites(body):
        name = code.called(site)
        if code.meaning(site) is None and name in code.bodies and name != body.name:
            inner = code.bodies[name]
            calls = (node for node in inner.block.walk() if code.called(node) in code.program.recorders)
            found[name] = frozenset({*(s.start for s in code.sites(inner)), *(call.start for call in calls)})
    return tuple(found), frozenset().union(*found.values())
