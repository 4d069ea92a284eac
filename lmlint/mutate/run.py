"""Runs both judges over the variants of a file, in processes of their own, and hands over the results as they come."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mutate.edit import lines_at, unified
from lmlint.mutate.families import variants
from lmlint.mutate.judge import CRASHED, HOLDS, Judge, Outcome
from lmlint.mutate.table import Result, Summary
from lmlint.witness import Pool

FEW, MANY = 100, 200
"""How many sequences a text is run on that ought to hold, and one that ought to drift."""

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmlint.mutate.edit import Variant
    from lmlint.mutate.judge import Witness
    from lmlint.rule import Rule


def run(  # noqa: PLR0913  # what a run needs to know
    text: bytes,
    path: str,
    rule: Rule,
    *,
    jobs: int,
    only: Sequence[str] = (),
    progress: Callable[[int, int, Result], None] | None = None,
    witness: Callable[[bytes, str, Rule], Witness] | None = None,
) -> Summary:
    """Return what both judges make of every variant; `progress` gets each result, how many there are, and of how many.

    Variants of one text are judged once. A variant that breaks a judge is counted as such, and hides no other.
    """
    found = variants(text, path, rule, only)
    before = text.decode("latin-1")
    same: dict[str, list[Variant]] = {}
    for one in found:
        same.setdefault(one.text(before), []).append(one)
    results: dict[str, Result] = {}
    judge = Judge(text, path, rule, (witness or run_on_tables)(text, path, rule))
    pool = ProcessPoolExecutor(max(jobs, 1), initializer=_begin, initargs=(judge,))
    try:
        tasks = {pool.submit(_judge, group[0]): group for group in same.values()}
        for task in as_completed(tasks):
            error = task.exception()
            crash = f"{type(error).__name__}: {error}"
            outcome = task.result() if error is None else Outcome(CRASHED, reason=crash)
            for one in tasks[task]:
                results[one.name] = assess(one, before, outcome)
                if progress is not None:
                    progress(len(results), len(found), results[one.name])
    finally:
        pool.shutdown(cancel_futures=True)
    already = [one for one in judge.base.findings if one.severity != "note"]
    told = tuple(f"{one.kind} in {one.function}, line {one.place.line}" for one in already)
    return Summary(path, rule.name, tuple(results[one.name] for one in found), told)


def assess(variant: Variant, before: str, outcome: Outcome) -> Result:
    """Return the result of a variant: whether what was told is of a right kind, and at a right place."""
    diff = unified(before, variant.text(before), "file.c")
    function_line = min(variant.edited(before) or lines_at(variant, before, {variant.edits[0].start}) or {0})
    kind = place = False
    if variant.truth is not None:
        lines = variant.edited(before) | lines_at(variant, before, variant.truth.at)
        right = [one for one in outcome.told if one.kind in variant.truth.kinds]
        kind = bool(right)
        place = any(one.function in variant.truth.functions and one.line in lines for one in right)
    return Result(variant, outcome, function_line, diff, kind=kind, place=place)


@dataclass(slots=True)
class _Worker:
    judge: Judge | None = None


_WORKER = _Worker()
"""The judges of this process."""


def _begin(judge: Judge) -> None:
    _WORKER.judge = judge


def _judge(variant: Variant) -> Outcome:
    assert _WORKER.judge is not None  # noqa: S101  # what starts a process sets it
    return _WORKER.judge.judge(variant)


@dataclass(frozen=True, slots=True)
class OnTables:
    """The witness that runs a text on small page tables, by sequences that hold on the correct file."""

    before: bytes
    pool: Pool
    """All sequences, those that cover most first."""

    def __call__(self, text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
        """Return what the sequences say of a text, and the story of a drift."""
        judged = (self.pool if closely else self.pool.first(FEW)).judge(text)
        if closely and judged.verdict == HOLDS:
            judged = self.pool.hunt(self.before, text)
        return judged.verdict, judged.reason, () if judged.story is None else tuple(judged.story.text.splitlines())


def run_on_tables(data: bytes, path: str, rule: Rule) -> Witness:
    """Return the witness for variants of a file."""
    return OnTables(data, Pool.of(data, path, rule, size=MANY))
