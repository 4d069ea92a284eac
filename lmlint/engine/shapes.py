"""What kind of fault an imbalance is: read from the shape of the difference, account by account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.engine.crossed import covered, crossed
from lmlint.engine.signs import LEAVES, facts_of, known_sign, meets_leaf
from lmlint.engine.state import BELOW
from lmlint.engine.trace import DOES, all_steps, record_sign
from lmlint.engine.value import COUNT, And, Not, Or, Test
from lmlint.finding import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmlint.engine.amount import Amount
    from lmlint.engine.effects import Facts
    from lmlint.engine.program import Program
    from lmlint.engine.state import Event, Ledger
    from lmlint.engine.summary import Row
    from lmlint.engine.trace import Step
    from lmlint.engine.value import Formula, Version

REACH = 3
"""How many calls deep it is looked for what a callee did to an entry without moving anything."""


@dataclass(frozen=True)
class Shape:
    """One part of an imbalance: its kind and the accounts it concerns."""

    kind: str
    accounts: tuple[Any, ...]
    record: Any
    """The account whose record is to blame, None where a record is missing."""
    repeated: bool = False
    """Whether a callee does and records all of it already."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rows of a program are judged on.

    Where one of the facts `elsewhere` holds, nothing is to be counted; `balanced` are, of each function, the ledgers of
    the ways through it that record what they do.
    """

    program: Program
    elsewhere: Facts
    balanced: Mapping[str, Sequence[Ledger]]


def shapes_of(row: Row, way: list[Step], usual: set[Any], ground: Ground) -> list[Shape]:
    """Return the parts of a row's imbalance; `usual` gathers what goes wrong on the paths that succeed."""
    row = row.view
    delta = {a: d for a, d in row.delta.items() if a != BELOW}
    if not ground.elsewhere.isdisjoint(row.facts.items()):
        return [Shape("unfiltered-region", tuple(delta), next(iter(delta)))] if delta else []
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
    pairs = crossed(row, delta, ground.program)
    told = covered(pairs, row)
    return [
        *(Shape("wrong-account", pair, pair[1]) for pair in pairs),
        *(_single(account, row, way, ground) for account in delta if account not in told),
    ]


def _single(account: Any, row: Row, way: list[Step], ground: Ground) -> Shape:
    done, recorded = row.done.get(account), row.recorded.get(account)
    if recorded is None or (recorded.is_zero):
        if done is None:
            return Shape("wrong-amount", (account,), account)
        kind = "missing-add" if sign(account, done, way, records=False) > 0 else "missing-sub"
        return Shape(kind, (account,), None)
    if done is None or done.is_zero:
        if _is_repeated(row, way, ground):
            return Shape("double-count", (account,), account, repeated=True)
        return Shape(_unfounded(account, row, way, ground), (account,), account)
    tallied = _tallied(account, row, way, ground)
    if tallied is not None:
        return tallied
    ratio = recorded.ratio(done)
    times = ratio[0] if ratio is not None and len(set(ratio)) == 1 else 0
    several = sum(s.what == "record" and s.event.data["account"] == account for s in way) > 1
    if times > 1 and int(times) == times and several:
        return Shape("double-count", (account,), account)
    return Shape("wrong-amount", (account,), account)


def _tallied(account: Any, row: Row, way: list[Step], ground: Ground) -> Shape | None:
    """Return what is wrong where some rounds of a loop do what they do not count, or count what they do not do."""
    done, recorded = row.done[account].symbols(), row.recorded[account].symbols()
    odd = row.delta[account].symbols()
    if not odd or any(symbol.op != COUNT for symbol in odd) or odd & done & recorded:
        return None
    if any(not monomial for monomial, _ in row.delta[account].terms):
        return None  # it is off by more than what rounds do
    high = sign(account, row.delta[account], way) > 0
    if odd <= done:
        return Shape("missing-sub" if high else "missing-add", (account,), None)
    if odd <= recorded:
        if high is not (sign(account, row.done[account], way, records=False) > 0):
            return Shape("wrong-amount", (account,), account)  # the tally forgets what earlier rounds did
        again = any(rewrites(s.event) for s in way) or meets_leaf((s.event for s in way), ground.program)
        return Shape("double-count" if high and again else "phantom-count", (account,), account)
    return None


def _unfounded(account: Any, row: Row, way: list[Step], ground: Ground) -> str:
    """Return the kind of a record in an account to whose leaves nothing was done."""
    difference = row.delta[account]
    high = sign(account, difference, way) > 0
    moved = {a: d for a, d in row.done.items() if a != account}
    if not moved:
        conversion = any((sign(a, d, way) > 0) is not high for a, d in row.delta.items() if a != account)
        again = _mapped(row, way) or (
            ground.program.rule.unit == ENTRIES
            and any(meets_leaf((s.event for s in one), ground.program) for one in all_steps("", row))
        )
        return "double-count" if high and not conversion and again else "phantom-count"
    alike = [d for a, d in moved.items() if (sign(a, d, way, records=False) > 0) is high]
    if difference in alike:
        return "double-count" if high else "missing-add"
    return "phantom-count" if difference in [-d for d in moved.values()] else "wrong-amount"


def _is_repeated(row: Row, way: list[Step], ground: Ground) -> bool:
    """Whether a callee on the way may do and record just what is recorded once more, or a loop does."""
    if repeats(row, way) is not None:
        return True
    callees = (step.event.data["function"].name for step in way if step.what == "call")
    return any(row.delta == ledger for callee in callees for ledger in ground.balanced.get(callee, ()))


def repeats(row: Row, way: list[Step]) -> Event | None:
    """Return the loop on a way, if there is one, whose rounds do and record just what is recorded once more."""
    loops = (step.event for step in way if step.what == "loop")
    return next((loop for loop in loops if loop.data.get("settled") and loop.data["settled"] == row.delta), None)


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
            asked = [gone[v] for v in tested(step.event.data["formula"]) if v in gone]
            # A guard on what the last change replaced asks about that change, which is what a guard is for.
            if any(not _one_change(change, last, len(step.frames) - 1) for change in asked):
                return True
    return False


def rewrites(event: Event, reach: int = REACH) -> bool:
    """Whether a step writes a leaf over a leaf of the same account, itself or in the callee that it calls."""
    if event.what == "write":
        return event.data["old"] in LEAVES and not event.data["moved"] and event.data.get("counted", True)
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
    certain = known_sign(amount, facts_of(step.event for step in way))
    if certain:
        return certain
    for step in reversed(way):
        if records and step.what == "record" and step.event.data["account"] == account:
            return record_sign(step.event)
        if account in step.moved and (not records or step.what in DOES):
            return moved_sign(step.event, step.moved[account])
    return 1 if amount.terms[0][1][0] > 0 else -1


def moved_sign(event: Event, amount: Amount) -> int:
    """Return whether a step brings or takes away what it moves, which may be a number that nobody knows."""
    signs = {c > 0 for _, coefficients in amount.terms for c in coefficients if c}
    if len(signs) > 1 and amount.constant is None:
        return -1 if event.data.get("new") == "none" else 1
    return 1 if amount.terms[0][1][0] > 0 else -1


def tested(formula: Formula) -> list[Version]:
    """Return the entries that a condition asks about."""
    if isinstance(formula, Test):
        return [formula.version]
    if isinstance(formula, Not):
        return tested(formula.inner)
    if isinstance(formula, And | Or):
        return tested(formula.left) + tested(formula.right)
    return []
