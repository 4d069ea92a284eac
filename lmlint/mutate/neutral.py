"""Every rewrite of a file that leaves the counters right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lmlint.mutate import calls, move, retold, shape, words
from lmlint.mutate.edit import NEUTRAL, Variant, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.edit import Edit
    from lmlint.mutate.record import Records

REWRITES: tuple[Callable[[Code, Records, Body], Iterator[tuple[str, list[Edit]]]], ...] = (
    words.variables,
    words.functions,
    words.operands,
    words.negations,
    words.sums,
    words.steps,
    words.parentheses,
    words.comments,
    words.declarations,
    shape.inverted,
    shape.decided,
    shape.loops,
    shape.early,
    shape.error_paths,
    move.loops_left,
    calls.wrapped,
    calls.accounts,
    move.inlined,
    move.extracted,
    move.neighbours,
    move.callers,
    retold.counted_down,
    retold.in_two,
    retold.round_by_round,
    retold.by_choice,
    retold.asked_first,
    retold.by_helper,
)


def rewrites(code: Code, records: Records) -> Iterator[Variant]:
    """Yield the rewrites of the functions that write leaves or record, and of those that call one."""
    for rewrite in REWRITES:
        for body in code.near:
            seen: Counter[str] = Counter()
            for name, edits in rewrite(code, records, body):
                seen[name] += 1
                yield of(NEUTRAL, f"{name}-{body.name}-{seen[name]}", body.name, edits)
