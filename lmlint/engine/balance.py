"""The ledger of an imbalance, account by account: what was done and recorded, and which way the counter is off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lmlint.engine.quantity import geometry_sizes, in_bytes
from lmlint.engine.shapes import moved_sign
from lmlint.engine.signs import facts_of, known_sign
from lmlint.engine.state import BELOW, Pending
from lmlint.engine.trace import DOES, record_sign
from lmlint.engine.words import account_text, ledger_amount
from lmlint.finding import ENTRIES, LedgerLine, Move

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.engine.amount import Amount
    from lmlint.engine.program import Program
    from lmlint.engine.state import Event, Ledger
    from lmlint.engine.summary import Row
    from lmlint.engine.trace import Step

_QUOTIENT = re.compile(r"\([^()]*\) / \w+")
DRIFTS = {1: "high", -1: "low", 0: ""}


def ledger_lines(row: Row, way: list[Step], program: Program) -> tuple[LedgerLine, ...]:
    """Return the ledger of a row, in the rule's order of accounts; `way` are the steps that lead to it."""
    accounts: list[Any] = [a for a in program.rule.accounts if a in row.done or a in row.recorded]
    accounts += [a for a in (*row.done, *row.recorded) if a not in accounts and not isinstance(a, str)]
    return tuple(_line(account, row, way, program) for account in dict.fromkeys(accounts))


def _line(account: Any, row: Row, way: list[Step], program: Program) -> LedgerLine:
    done, recorded, delta = row.done.get(account), row.recorded.get(account), row.delta.get(account)
    known = _geometries(account, delta, program)
    direction = 0 if delta is None else _direction(account, delta, row, way)
    return LedgerLine(
        account_text(account, program),
        ledger_amount(done, program) if done is not None else "0",
        ledger_amount(recorded, program) if recorded is not None else "0",
        _difference(delta, direction, program) if delta is not None else "0",
        geometry_sizes(delta, account, program, known) if delta is not None else (),
        DRIFTS[direction],
        tuple(figure for figure in _figures(account, done, recorded, program) if figure[0] in known),
        unit=program.rule.unit,
    )


def _difference(delta: Amount, direction: int, program: Program) -> str:
    """Return a difference with its sign in front, as far as that is known of entries."""
    return signed_text(delta, program, direction if program.rule.unit == ENTRIES else 0)


def _geometries(account: Any, delta: Amount | None, program: Program) -> frozenset[str]:
    """Return the geometries in which an account has leaves; all of them where it is off in others alone."""
    every = frozenset(program.rule.geometries)
    known = frozenset(name for name in every if program.rule.has_leaves(account, name))
    if delta is None or delta.constant is None:
        return known
    pairs = zip(program.rule.geometries, delta.constant, strict=True)
    off = {name for name, value in pairs if value}
    return known if off & known or not off else every


def _figures(
    account: Any, done: Amount | None, recorded: Amount | None, program: Program
) -> tuple[tuple[str, int, int], ...]:
    """Return the bytes done and recorded in each geometry, nothing where they are not known or not whole."""
    zero = program.number(0)
    did, counted = (in_bytes(amount or zero, account, program) for amount in (done, recorded))
    figures = []
    for geometry, *pair in zip(program.rule.geometries, did, counted, strict=True):
        known = [int(value) for value in pair if value is not None and value == int(value)]
        if len(known) < len(pair):
            return ()
        figures.append((geometry, known[0], known[1]))
    return tuple(figures)


def _direction(account: Any, delta: Amount, row: Row, way: list[Step]) -> int:
    """Return the sign of recorded less done, 0 where it is not the same everywhere or cannot be told.

    A symbolic amount has the sign of the steps that it adds up from, where these agree.
    """
    if delta.constant is not None:
        return _agreed((value > 0) - (value < 0) for value in delta.constant if value)
    certain = known_sign(delta, {**row.facts, **facts_of(step.event for step in way)})
    if certain:
        return certain
    done, recorded = row.done.get(account), row.recorded.get(account)
    did, counted = (_agreed(_signs(account, (s.event for s in way if s.what in what))) for what in (DOES, {"record"}))
    for amount, sign in ((recorded, counted), (done, did)):
        ratio = None if amount is None else delta.ratio(amount)
        if sign and ratio is not None and all(ratio):
            return sign * _agreed(1 if part > 0 else -1 for part in ratio)
    return counted if counted and counted == -did else 0


def _constant_sign(amount: Amount) -> int:
    return _agreed((value > 0) - (value < 0) for value in amount.constant or () if value)


def _agreed(signs: Iterable[int]) -> int:
    """Return the sign that all have, 0 where they differ or there is none."""
    found = set(signs)
    return found.pop() if len(found) == 1 else 0


def moves(ledger: Ledger, program: Program, ways: Iterable[Event] = ()) -> tuple[Move, ...]:
    """Return what a step adds to the ledger, zeros left out; `ways` are the steps that a loop's rounds add up from."""
    total: Ledger = {}
    for key, amount in ledger.items():
        account = key.account if isinstance(key, Pending) else key
        total[account] = total[account] + amount if account in total else amount
    parts = list(ways)
    return tuple(
        Move(account_text(account, program), signed_text(amount, program, _agreed(_signs(account, parts))))
        for account, amount in total.items()
        if account != BELOW and not amount.is_zero
    )


def signed_text(amount: Amount, program: Program, sign: int) -> str:
    """Return an amount with its sign in front; one that is known to be below zero as what is taken away."""
    text = ledger_amount(amount, program)
    below = len(amount.terms) > 1 and all(c <= 0 for _, cs in amount.terms for c in cs)
    if (sign >= 0 and not below) or (text.startswith("-") and not (below and program.rule.unit == ENTRIES)):
        return text
    less = ledger_amount(-amount, program, sign=False)
    return f"-{less}" if _QUOTIENT.fullmatch(less) else f"-({less})"


def _signs(account: Any, events: Iterable[Event]) -> Iterator[int]:
    """Yield the signs of what steps do to or record in an account."""
    for event in events:
        if event.what == "record" and event.data["account"] == account:
            yield record_sign(event)
        elif event.what in DOES and account in event.data["moved"]:
            amount = event.data["moved"][account]
            yield moved_sign(event, amount) if amount.constant is None else _constant_sign(amount)
