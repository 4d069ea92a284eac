"""What kind of fault an imbalance is: read from the shape of the difference, account by account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.state import BELOW
from lmlint.engine.trace import all_steps
from lmlint.engine.value import And, Not, Or, Test

if TYPE_CHECKING:
    from lmlint.engine.amount import Amount
    from lmlint.engine.state import Event
    from lmlint.engine.summary import Row
    from lmlint.engine.trace import Step
    from lmlint.engine.value import Formula, Version

REACH = 3
"""How many calls deep it is looked for what a callee did to an entry without moving anything."""
LEAVES = frozenset({"plain", "cont"})


@dataclass(frozen=True)
class Shape:
    """One part of an imbalance: its kind and the accounts it concerns."""

    kind: str
    accounts: tuple[Any, ...]
    record: Any
    """The account whose record is to blame, None where a record is missing."""


def shapes_of(row: Row, way: list[Step], usual: set[Any]) -> list[Shape]:
    """Return the parts of a row's imbalance; `usual` gathers what goes wrong on the paths that succeed."""
    row = row.view
    delta = {a: d for a, d in row.delta.items() if a != BELOW}
    if row.failed:
        rest = tuple(a for a in delta if (a, sign(a, delta[a], way)) not in usual)
        # What goes wrong on success too is no news on the failing path.
        return [Shape("error-path", rest, rest[-1] if any(a in row.recorded for a in rest) else None)] if rest else []
    if is_part(row):  # earlier rounds of a loop that ends here: told already where all rounds go wrong the same way
        delta = {a: d for a, d in delta.items() if (a, sign(a, d, way)) not in usual}
    usual |= {(a, sign(a, delta[a], way)) for a in delta}
    if _stale(way):
        blamed = next((a for a in delta if a in row.recorded), None)
        return [Shape("stale-guard", tuple(delta), blamed)]
    shapes = []
    left = dict(delta)
    for done_in in list(delta):
        for recorded_in in list(delta):
            if (
                done_in in left
                and recorded_in in left
                and done_in != recorded_in
                and _crossed(done_in, recorded_in, row)
            ):
                shapes.append(Shape("wrong-account", (done_in, recorded_in), recorded_in))
                del left[done_in], left[recorded_in]
    return shapes + [_single(a, row, way) for a in left]


def _single(account: Any, row: Row, way: list[Step]) -> Shape:
    done, recorded = row.done.get(account), row.recorded.get(account)
    if recorded is None or (recorded.is_zero):
        if done is None:
            return Shape("wrong-amount", (account,), account)
        kind = "missing-add" if sign(account, done, way, records=False) > 0 else "missing-sub"
        return Shape(kind, (account,), None)
    if done is None or done.is_zero:
        return Shape(_unfounded(account, row, way), (account,), account)
    ratio = recorded.ratio(done)
    times = ratio[0] if ratio is not None and len(set(ratio)) == 1 else 0
    several = sum(s.what == "record" and s.event.data["account"] == account for s in way) > 1
    if times > 1 and int(times) == times and several:
        return Shape("double-count", (account,), account)
    return Shape("wrong-amount", (account,), account)


def _unfounded(account: Any, row: Row, way: list[Step]) -> str:
    """Return the kind of a record in an account to whose leaves nothing was done."""
    difference = row.delta[account]
    high = sign(account, difference, way) > 0
    moved = {a: d for a, d in row.done.items() if a != account}
    if not moved:
        conversion = any((sign(a, d, way) > 0) is not high for a, d in row.delta.items() if a != account)
        return "double-count" if high and not conversion and _mapped(row, way) else "phantom-count"
    alike = [d for a, d in moved.items() if (sign(a, d, way, records=False) > 0) is high]
    if difference in alike:
        return "double-count" if high else "missing-add"
    return "phantom-count" if difference in [-d for d in moved.values()] else "wrong-amount"


def _mapped(row: Row, way: list[Step]) -> bool:
    """Whether a leaf is written over a leaf on the way, here or in a callee that does nothing more."""
    return any(rewrites(s.event) for inner in (way, *all_steps("", row)) for s in inner)


def _stale(way: list[Step]) -> bool:
    """Whether a record hangs on a test of what an entry held before it was changed by something else."""
    gone: dict[Version, Step] = {}
    last: Step | None = None
    for step in way:
        for version in step.event.data.get("replaced", ()):
            gone.setdefault(version, step)
            last = step
        if step.what == "branch" and last is not None:
            tested = [gone[v] for v in _tested(step.event.data["formula"]) if v in gone]
            # A guard on what the last change replaced asks about that change, which is what a guard is for.
            if any(not _one_change(change, last, len(step.frames) - 1) for change in tested):
                return True
    return False


def rewrites(event: Event, reach: int = REACH) -> bool:
    """Whether a step writes a leaf over a leaf of the same account, itself or in the callee that it calls."""
    if event.what == "write":
        return event.data["old"] in LEAVES and not event.data["moved"]
    if event.what == "call" and reach:
        row = event.data["row"]
        return any(rewrites(s.event, reach - 1) for inner in all_steps("", row) for s in inner)
    return False


def is_part(row: Row) -> bool:
    """Whether the imbalance is that of earlier rounds of a loop which is left in the middle."""
    return any(s.op == "part" for amount in row.delta.values() for s in amount.symbols())


def _one_change(a: Step, b: Step, depth: int) -> bool:
    """Whether two steps belong to the same statement of the function at a depth of the calls."""
    return len(a.frames) > depth and len(b.frames) > depth and a.frames[depth][1] is b.frames[depth][1]


def sign(account: Any, amount: Amount, way: list[Step], *, records: bool = True) -> int:
    """Return the sign of an amount of an account; of a symbolic one, that of the last step that moved the account."""
    constant = amount.constant
    if constant is not None:
        return 1 if constant[0] > 0 else -1
    for step in reversed(way):
        if records and step.what == "record" and step.event.data["account"] == account:
            return 1 if step.event.data["action"] == "add" else -1
        if account in step.moved and (not records or step.what == "write"):
            return 1 if (step.moved[account].constant or (1,))[0] > 0 else -1
    return 1 if amount.terms[0][1][0] > 0 else -1


def _crossed(done_in: Any, recorded_in: Any, row: Row) -> bool:
    """Whether what one account lacks stands in another: done there, recorded here."""
    recorded = row.recorded.get(recorded_in)
    done = row.done.get(done_in)
    if recorded is None or recorded.is_zero or row.delta[done_in] != -row.delta[recorded_in]:
        return False
    if done is None:  # what another account lacks was recorded here instead
        return (
            bool(row.done)
            and row.done.get(recorded_in) is None
            and recorded_in not in row.done
            and _is_given(row, recorded_in)
        )
    return not (_same_way(row, done_in) and _same_way(row, recorded_in))


def _is_given(row: Row, account: Any) -> bool:
    return row.delta[account] == row.recorded[account] and row.delta[account].terms[0][1][0] > 0


def _same_way(row: Row, account: Any) -> bool:
    """Whether an account is recorded in the direction in which it was done, only not as much."""
    done, recorded = row.done.get(account), row.recorded.get(account)
    ratio = recorded.ratio(done) if done is not None and recorded is not None else None
    return ratio is not None and all(r > 0 for r in ratio)


def _tested(formula: Formula) -> list[Version]:
    if isinstance(formula, Test):
        return [formula.version]
    if isinstance(formula, Not):
        return _tested(formula.inner)
    if isinstance(formula, And | Or):
        return _tested(formula.left) + _tested(formula.right)
    return []
