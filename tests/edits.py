"""Run lmlint over every edit and rewrite of the real v8 result and count: `python -m tests.edits --help`."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import tree_sitter_c
from tree_sitter import Language, Parser

from lmlint.patch.base import Rebuilt, rebuild
from lmlint.patch.diff import apply_diff, parse_diff
from lmlint.patch.tree import open_trees
from tests.drifts import DRIFTS
from tests.rewrites import REWRITES
from tests.variant import NEUTRAL, Variant, added_lines, apply, as_patch, lines_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.engine.check import Analysis
    from lmlint.finding import Finding
    from lmlint.rule import Rule
    from lmlint.witness import Pool

SHARED = Path(__file__).parents[2] / "shared"
INPUTS = SHARED / "inputs"
RULE = "arm64-lm-meminfo"
ASSUMED = frozenset({"sampled-guard", "clipped-range"})
STANDING = frozenset({"racy-counter"})
"""Kinds that v8 has of its own: no edit of a ledger adds to them."""

ENOUGH = 10
"""Functions that are balanced in every rewrite: silence must not come from not looking; v8 has twelve."""

SLOW = 2.0
"""Seconds from which the time of an edit is shown."""

EDITS: tuple[Variant, ...] = (*DRIFTS, *REWRITES)


def version(mail: str) -> Rebuilt:
    """Return the file before and after one version of the real patch."""
    from lmlint.patch.mail import read_mail  # noqa: PLC0415  # the table of edits is of use without the mail reader

    message = read_mail((INPUTS / "mail" / mail).read_bytes(), mail)
    (rebuilt,) = rebuild(parse_diff(message.diff, mail), open_trees([str(INPUTS / "tree")]), mail)
    return rebuilt


@cache
def v8() -> tuple[str, str]:
    """Return the v8 result: its path and its text."""
    rebuilt = version("v8-reply.txt")
    assert rebuilt.after is not None
    return rebuilt.path, rebuilt.after.decode()


@cache
def rule() -> Rule:
    """Return the rule of this patch."""
    from lmlint.rule import builtin_rules, load_rules  # noqa: PLC0415

    (found,) = load_rules([builtin_rules()], [RULE])
    return found


def check(before: str, after: str, path: str, *, changed: bool) -> Analysis:
    """Analyse `after` as the result of a patch to `before`, or as a file on its own."""
    from lmlint.engine.check import analyse  # noqa: PLC0415

    lines: frozenset[int] = frozenset()
    if changed:
        (diff,) = parse_diff(as_patch(before, after, path), "edit")
        lines = apply_diff(diff, before.encode()).changed
    return analyse(after.encode(), path, rule(), lines)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What lmlint made of one variant: found, with a right kind, the ideal kind, at a right place, and no more."""

    variant: Variant
    found: bool
    kind: bool
    ideal: bool
    place: bool
    extra: tuple[str, ...]
    got: tuple[str, ...]
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the answer is right."""
        return not self.extra and (self.variant.family == NEUTRAL or self.place)


def judge(variant: Variant, text: str, after: str, analysis: Analysis) -> Verdict:
    """Hold an analysis against what is true of the variant."""
    found = [finding for finding in analysis.findings if finding.kind not in STANDING]
    unsure = [f"cannot-tell {one.name}: {one.reason}" for one in analysis.functions if one.verdict == "cannot-tell"]
    notes = ASSUMED - set(variant.kinds)
    news = [finding for finding in found if finding.kind not in notes]
    got = (*map(_show, news), *unsure)
    if variant.family == NEUTRAL:
        balanced = sum(one.verdict == "balanced" for one in analysis.functions)
        if balanced < ENOUGH:
            got += (f"only {balanced} functions balanced",)
        return Verdict(variant, not got, not got, not got, not got, got, got)
    kinds = [finding for finding in news if finding.kind in variant.kinds]
    accepted = added_lines(text, after) | lines_at(after, variant.at)
    placed = [one for one in kinds if one.function in variant.functions and one.place.line in accepted]
    ideal = any(one.kind == variant.kinds[0] for one in placed)
    extra = tuple(_show(one) for one in news if not _explained(variant, one))
    return Verdict(variant, bool(news), bool(kinds), ideal, bool(placed), extra, got)


def _explained(variant: Variant, finding: Finding) -> bool:
    return finding.function in variant.functions and finding.kind in {*variant.kinds, *variant.also}


def _show(finding: Finding) -> str:
    return f"{finding.kind} {finding.function}:{finding.place.line}"


def _expected(variant: Variant, text: str, after: str) -> str:
    if variant.family == NEUTRAL:
        return "silence"
    lines = sorted(added_lines(text, after) | lines_at(after, variant.at))
    return f"{'|'.join(variant.kinds)} in {'|'.join(variant.functions)} at {','.join(map(str, lines))}"


def errors(text: str) -> int:
    """Return how many places of a text the grammar cannot read."""
    stack, count = [Parser(Language(tree_sitter_c.language())).parse(text.encode()).root_node], 0
    while stack:
        node = stack.pop()
        count += node.is_error or node.is_missing
        stack.extend(node.children if node.has_error else ())
    return count


HOLDS = {
    name: why
    for names, why in (
        (
            ("size-unmap_hotplug_pmd_range-sub-PMD-next-addr", "size-unmap_hotplug_pud_range-sub-PUD-next-addr"),
            "the same bytes wherever a range ends on the border of a leaf, and hot-remove keeps to that",
        ),
        (
            ("writes-unmap_hotplug_pmd_range-not-cleared", "writes-unmap_hotplug_pud_range-not-cleared"),
            "the code then takes the leaf for a table and walks into it, which ends the run",
        ),
    )
    for name in names
}
"""Why the witness sees no drift in an edit that the proof finds: the two judges may disagree here, and nowhere else."""


@cache
def _pool() -> Pool:
    from lmlint.witness import Pool  # noqa: PLC0415

    path, text = v8()
    return Pool.of(text.encode(), path, rule())


def disagreement(variant: Variant) -> str:
    """Return where the witness says something else of a variant than the proof does and HOLDS has no reason; or ""."""
    after = apply(v8()[1], variant).encode()
    wanted = "holds" if variant.family == NEUTRAL or variant.name in HOLDS else "drifts"
    judgement = _pool().judge(after)
    if (judgement.verdict, wanted) == ("holds", "drifts"):
        judgement = _pool().hunt(v8()[1].encode(), after)
    return "" if judgement.verdict == wanted else f"{judgement.verdict}: {judgement.reason}, should be: {wanted}"


def _witnessed(number: int) -> tuple[int, str]:
    return number, disagreement(EDITS[number])


def _run_witness(variants: Sequence[Variant], jobs: int) -> int:
    """Run the witness alone over the variants; return how many disagreements have no reason."""
    numbers = [EDITS.index(variant) for variant in variants]
    bad = 0
    with ProcessPoolExecutor(jobs) as pool:
        for number, told in pool.map(_witnessed, numbers, chunksize=8):
            if told:
                bad += 1
                print(f"DISAGREE {EDITS[number].family}: {EDITS[number].name}: {told}", flush=True)
    print(f"{len(numbers)} variants run by the witness, {bad} of which it judges otherwise for no reason given")
    return bad


def _chosen(only: Sequence[str]) -> list[Variant]:
    return [one for one in EDITS if not only or any(part in f"{one.family} {one.name}" for part in only)]


def _write(variants: Iterable[Variant], folder: Path) -> int:
    path, text = v8()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "v8.c").write_text(text)
    limit, bad = errors(text), 0
    for variant in variants:
        after = apply(text, variant)
        (folder / f"{variant.name}.c").write_text(after)
        (folder / f"{variant.name}.diff").write_bytes(as_patch(text, after, path))
        if (count := errors(after)) > limit:
            bad += 1
            print(f"{variant.name}: {count} places do not parse, v8 has {limit}")
    return bad


def _answer(number: int, *, changed: bool) -> Verdict:
    """Return the verdict on one of EDITS; run in a process of its own."""
    variant = EDITS[number]
    path, text = v8()
    after = apply(text, variant)
    start = time.perf_counter()
    try:
        verdict = judge(variant, text, after, check(text, after, path, changed=changed))
    except Exception as error:  # noqa: BLE001  # one that breaks the engine does not hide the others
        where = traceback.extract_tb(error.__traceback__)[-1]
        crash = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        verdict = Verdict(variant, found=False, kind=False, ideal=False, place=False, extra=(crash,), got=(crash,))
    return replace(verdict, seconds=time.perf_counter() - start)


def _run(variants: Sequence[Variant], jobs: int, *, changed: bool) -> list[Verdict]:
    numbers = [EDITS.index(variant) for variant in variants]
    answer = partial(_answer, changed=changed)
    if jobs == 1:
        return [_report(answer(number)) for number in numbers]
    with ProcessPoolExecutor(jobs) as pool:
        return [_report(verdict) for verdict in pool.map(answer, numbers, chunksize=4)]


def _report(verdict: Verdict) -> Verdict:
    variant, text = verdict.variant, v8()[1]
    if not verdict.good:
        print(f"FAIL {variant.family}: {variant.name}\n  expected {_expected(variant, text, apply(text, variant))}")
        print(f"  got      {'; '.join(verdict.got) or 'nothing'}", flush=True)
    if verdict.seconds > SLOW:
        print(f"SLOW {variant.name}: {verdict.seconds:.1f} s")
    return verdict


def _table(verdicts: list[Verdict]) -> None:
    print(f"\n{'family':17}{'n':>5}{'found':>7}{'kind':>7}{'ideal':>7}{'line':>7}{'extra':>7}")
    for family in dict.fromkeys(verdict.variant.family for verdict in verdicts):
        of = [verdict for verdict in verdicts if verdict.variant.family == family]
        if family == NEUTRAL:
            print(f"{family:17}{len(of):5}  flagged {sum(not one.good for one in of)}")
            continue
        counts = [sum(getattr(one, name) for one in of) for name in ("found", "kind", "ideal", "place")]
        counts.append(sum(bool(one.extra) for one in of))
        print(f"{family:17}{len(of):5}" + "".join(f"{count:7}" for count in counts))


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.edits", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="families or names that hold TEXT")
    parser.add_argument("--no-changed", action="store_true", help="give the engine no changed lines")
    parser.add_argument("--witness", action="store_true", help="hold the witness against the proof, and do no more")
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="write each variant and its diff to DIR, and run nothing"
    )
    parser.add_argument(
        "-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes; 1: in this one"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show every answer")
    arguments = parser.parse_args()
    if not INPUTS.is_dir():
        print(f"{INPUTS} is not there", file=sys.stderr)
        return 2
    variants = _chosen(arguments.only)
    if arguments.write:
        return int(_write(variants, arguments.write) > 0)
    if arguments.witness:
        return int(_run_witness(variants, arguments.jobs) > 0)
    verdicts = _run(variants, arguments.jobs, changed=not arguments.no_changed)
    if arguments.verbose:
        for verdict in verdicts:
            print(f"{'ok  ' if verdict.good else 'FAIL'} {verdict.variant.name}: {'; '.join(verdict.got) or 'nothing'}")
    _table(verdicts)
    return int(not all(verdict.good for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
