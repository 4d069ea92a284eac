"""Amounts that were recorded in the account of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.state import BELOW
from lmlint.finding import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.engine.amount import Amount
    from lmlint.engine.program import Program
    from lmlint.engine.summary import Row


def crossed(row: Row, delta: Mapping[Any, Amount], program: Program) -> list[tuple[Any, Any]]:
    """Return pairs of accounts: what was done to the one of which is recorded in the other. None is in two of them."""
    shifted = _shifted(row)
    if shifted is not None and shifted[0] in delta and shifted[1] in delta:
        return [shifted]
    pairs: list[tuple[Any, Any]] = []
    left = list(delta)
    for test in (_is_crossed, _is_exchanged):
        for done_in in list(left):
            for recorded_in in list(left):
                there = done_in in left and recorded_in in left and done_in != recorded_in
                if there and test(done_in, recorded_in, row, program):
                    pairs.append((done_in, recorded_in))
                    left = [account for account in left if account not in {done_in, recorded_in}]
    return pairs


def covered(pairs: list[tuple[Any, Any]], row: Row) -> set[Any]:
    """Return the accounts of which pairs say what is wrong: all of them where everything stands one level off."""
    shifted = _shifted(row)
    return (
        set(row.delta) if shifted is not None and shifted in pairs else {account for pair in pairs for account in pair}
    )


def _shifted(row: Row) -> tuple[Any, Any] | None:
    """Return an account that is recorded in another one, where all that was done, two at least, is recorded so.

    Of these it is the first one that something was taken from.
    """
    done, recorded = ({a: n for a, n in ledger.items() if not n.is_zero} for ledger in (row.done, row.recorded))
    if len(done) < 2 or done.keys() == recorded.keys() or BELOW in done:  # noqa: PLR2004 - a pair is crossed
        return None
    pairs = []
    for account, amount in sorted(done.items(), key=lambda item: item[1].terms[0][1][0] > 0):
        taken = next((other for other, n in recorded.items() if n == amount), None)
        if taken is None:
            return None
        pairs.append((account, taken))
        del recorded[taken]
    return None if recorded else next(((one, other) for one, other in pairs if one != other), None)


def _is_exchanged(done_in: Any, recorded_in: Any, row: Row, program: Program) -> bool:
    """Whether entries of one account are recorded as those of another, as many as map just as much."""
    done, recorded = row.done.get(done_in), row.recorded.get(recorded_in)
    if program.rule.unit != ENTRIES or done is None or recorded is None or done_in == BELOW:
        return False
    other = row.recorded.get(done_in), row.done.get(recorded_in)
    if any(amount is not None and not amount.is_zero for amount in other):
        return False
    if (done.terms[0][1][0] > 0) is not (recorded.terms[0][1][0] > 0):
        return False
    known = {done_in, recorded_in} <= program.rule.accounts.keys()
    return not known or done * program.size(done_in) == recorded * program.size(recorded_in)


def _is_crossed(done_in: Any, recorded_in: Any, row: Row, _: Program) -> bool:
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
