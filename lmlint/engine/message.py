"""What a cause of an imbalance is, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.quantity import Quantity, quantity
from lmlint.engine.shapes import sign
from lmlint.engine.trace import steps
from lmlint.engine.value import COUNT
from lmlint.engine.words import account_text, ledger_amount
from lmlint.finding import ENTRIES

if TYPE_CHECKING:
    from lmlint.engine.amount import Amount
    from lmlint.engine.blame import Cause
    from lmlint.engine.program import Program


def message_of(cause: Cause, program: Program) -> str:
    """Return what is wrong, in a sentence without a full stop."""
    name = f"`{cause.place[0]}`"
    row, accounts = cause.row.view, list(cause.shape.accounts)
    first = accounts[0]
    way = steps(cause.function, cause.row)
    difference = quantity(row.delta[first], program, sign(first, row.delta[first], way))
    label = account_text(first, program)
    done = row.done.get(first)
    recorded = row.recorded.get(first)
    others = ", ".join(account_text(a, program) for a in cause.accounts if a not in accounts)
    more = f" (and likewise {others})" if others else ""
    if cause.shape.kind == "missing-add" and (done is None or done.is_zero):
        return f"{name} leaves the counter of {label} {difference} low: what is subtracted there was never added{more}"
    if cause.shape.kind == "missing-add":
        much = _done(cause, program)
        adopts = any(step.what == "adopt" for step in way)
        did = f"comes across {much.much} of {label}" if adopts else f"maps {much.much} as {label}"
        return f"{name} {did}{much.where} and never adds {much.them} to the counter{more}"
    if cause.shape.kind == "missing-sub":
        much = _done(cause, program)
        taken = f"takes {much.much} of {label} away{much.where}"
        return f"{name} {taken} and never subtracts {much.them} from the counter{more}"
    if cause.shape.kind == "double-count":
        if cause.shape.repeated and program.rule.unit == ENTRIES:
            return f"{name} counts {difference.of(label)} more than once{more}"
        if done is None or done.is_zero or _apart(done, row.delta[first]):
            were = "was" if difference.single else "were"
            again = f"that {were} mapped, and counted, before{difference.aside}"
            return f"{name} counts {difference.much} of {label} {again}{more}"
        return f"{name} counts {quantity(done, program).of(label)} more than once{more}"
    if cause.shape.kind == "phantom-count":
        return f"{name} counts {difference.of(label)} on a path that changes no such leaf{more}"
    if cause.shape.kind == "unfiltered-region":
        where = program.rule.where
        flags = " or ".join(
            f"`{flag}` is not `{where[flag]}`" if where[flag] else f"`{flag}` is false"
            for flag in sorted(where.keys() & _parameters(cause, program))
        )
        although = f"although {flags}" if flags else "where nothing is to be counted"
        return f"{name} counts {difference.of(label)} {although}{more}"
    if cause.shape.kind == "wrong-account":
        second = account_text(accounts[1], program)
        counts = program.rule.unit == ENTRIES
        if done is not None and (recorded is None or counts) and row.recorded.get(accounts[1]) == done:
            difference = quantity(done, program)
            return f"{name} changes {difference.of(label)} and records {difference.them} as {second}{more}"
        instead = row.recorded.get(accounts[1])
        if program.rule.unit == ENTRIES and done is not None and instead is not None and done != instead:
            much = quantity(done, program)
            known = done.constant is not None and instead.constant is not None
            records = f"{quantity(instead, program).of(second)} instead" if known else f"{much.them} as {second}"
            return f"{name} changes {much.of(label)} and records {records}{more}"
        return f"{name} records as {second} what belongs to {label}: each is off by {difference}{more}"
    if cause.shape.kind == "error-path":
        return f"{name} fails and leaves the counter of {label} off by {difference}{more}"
    if cause.shape.kind == "stale-guard":
        return f"{name} decides by what an entry held before it was changed; {label} is off by {difference}{more}"
    if done is not None and recorded is not None and recorded == -done:
        down = sign(first, done, way, records=False) < 0 if program.rule.unit == ENTRIES else is_negative(done)
        verbs = ("adds", "subtracts") if down else ("subtracts", "adds")
        much = quantity(done, program, -1 if verbs[0] == "adds" else 1)
        return f"{name} {verbs[0]} {much.of(label)} where it must {verbs[1][:-1]} {much.them}{more}"
    was = f"changes {label} by {_change(done, program)}" if done else f"does nothing to {label}"
    now = ledger_amount(recorded, program) if recorded is not None else "nothing"
    units = ", which is bytes where entries are counted" if _in_bytes(first, done, recorded, program) else ""
    return f"{name} {was} and records {now}{units}: off by {difference}{more}"


def _apart(done: Amount, delta: Amount) -> bool:
    """Whether what is off has to do with other rounds of a loop than what is done."""
    off = delta.symbols()
    return bool(off) and all(symbol.op == COUNT for symbol in off) and not off & done.symbols()


def _parameters(cause: Cause, program: Program) -> frozenset[str]:
    function = program.named.get(cause.function)
    return frozenset(p.name for p in function.parameters) if function is not None else frozenset(program.rule.where)


def _change(amount: Amount, program: Program) -> str:
    """Return an amount of the ledger with its sign and its unit."""
    unit = program.rule.unit
    one = unit == ENTRIES and amount.constant is not None and all(abs(value) == 1 for value in amount.constant)
    return f"{ledger_amount(amount, program)} {'entry' if one else unit}"


def _in_bytes(account: Any, done: Amount | None, recorded: Amount | None, program: Program) -> bool:
    """Whether the counter is given in bytes what is done in entries."""
    if program.rule.unit != ENTRIES or not done or not recorded or account not in program.rule.accounts:
        return False
    return done * program.size(account) == recorded != done


def _done(cause: Cause, program: Program) -> Quantity:
    """Return what was done to the first account and is not recorded, without a sign."""
    account, row = cause.shape.accounts[0], cause.row.view
    high = 1 if cause.shape.kind == "missing-sub" else -1
    if account in row.recorded and not row.recorded[account].is_zero:
        return quantity(row.delta[account], program, high)
    done = row.done.get(account, row.delta[account])
    return quantity(-done if cause.shape.kind == "missing-sub" else done, program)


def is_negative(amount: Amount) -> bool:
    """Whether an amount reads as what is taken away."""
    return amount.terms[0][1][0] < 0
