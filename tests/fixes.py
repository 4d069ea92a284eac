"""Break a correct file and count what is suggested: `python -m tests.fixes --help`.

Every single edit of some families of `lmlint mutate` is made, and each suggestion is held against the file as it was,
and against the witness, which knows nothing of how it was made.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from lmlint.corpus import builtin_corpus
from lmlint.expect import INCLUDE, LOOKUP, expectations
from lmlint.finding import number
from lmlint.fix.combine import applied
from lmlint.fix.proof import Subject
from lmlint.fix.suggest import suggested
from lmlint.mutate.families import variants
from lmlint.review import Options
from lmlint.session import Session
from lmlint.witness import Pool
from tests.edits import INPUTS, RULE, rule, v8

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lmlint.finding import Finding
    from lmlint.mutate.edit import Variant

PAGETABLE = "pagetable.c"
REAL = "v8"
FAMILIES = ("delete", "half-conversion", "account", "size", "swap")
"""The families of edits that a single statement may mend."""
_SEQUENCES = 100
"""How many runs a file with suggestions is held against."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of one edit: whether it was found, and mended; as it was before; and what is wrong with that."""

    variant: str
    family: str
    found: bool
    mended: bool
    same: bool
    wrong: str
    diff: str


@cache
def correct(name: str) -> bytes:
    """Return a file that is right."""
    return v8()[1].encode() if name == REAL else (builtin_corpus() / RULE / PAGETABLE).read_bytes()


@cache
def _pool(name: str) -> Pool:
    return Pool.of(correct(name), name, rule(), size=_SEQUENCES)


def broken(name: str, families: Sequence[str]) -> tuple[Variant, ...]:
    """Return the edits of a file that belong to these families."""
    return tuple(one for one in variants(correct(name), name, rule(), families) if one.family in families)


def mended(name: str, variant: Variant, *, witness: bool = True) -> Mended:
    """Return what suggestions make of an edit of a file."""
    before = correct(name).decode()
    text = variant.text(correct(name).decode("latin-1")).encode("latin-1")
    subject = Subject(text, name, rule())
    standing = {finding.id for finding in number(Subject(correct(name), name, rule()).base.findings)}
    told = suggested(number(subject.base.findings), [subject])
    loud = [one for one in told if one.severity != "note" and one.id not in standing]
    made = tuple(dict.fromkeys(one.suggestion for one in loud if one.suggestion is not None))
    after = applied(text.decode(), made)
    if not made or after is None:
        return Mended(variant.name, variant.family, bool(loud), mended=False, same=False, wrong="", diff="")
    whole = all(one.suggestion is not None for one in loud)
    wrong = ""
    if whole:
        left = [one for one in number(subject.analysis(after.encode(), frozenset()).findings) if one.severity != "note"]
        wrong = "; ".join(f"{one.kind} in {one.function}" for one in left if one.id not in standing)
        judged = _pool(name).judge(after.encode()) if witness else None
        if judged is not None and judged.verdict != "holds":
            wrong = f"{wrong} witness: {judged.verdict} {judged.reason}".strip()
    diff = "".join(one.diff for one in made)
    return Mended(variant.name, variant.family, bool(loud), whole, _words(after) == _words(before), wrong, diff)


def _words(text: str) -> str:
    return "".join(text.split())


def _numbered(number: int, *, name: str, families: Sequence[str], witness: bool) -> Mended:
    return mended(name, broken(name, families)[number], witness=witness)


def table(results: Sequence[Mended]) -> str:
    """Return the counts by family."""
    head = f"{'family':17}{'edits':>7}{'found':>7}{'mended':>8}{'as before':>11}{'wrong':>7}\n"
    rows = []
    for family in (*dict.fromkeys(one.family for one in results), "all"):
        of = [one for one in results if family in {one.family, "all"}]
        counts = [sum(bool(getattr(one, key)) for one in of) for key in ("found", "mended", "same", "wrong")]
        rows.append(f"{family:17}{len(of):7}{counts[0]:7}{counts[1]:8}{counts[2]:11}{counts[3]:7}\n")
    return head + "".join(rows)


def of_case(path: Path) -> tuple[Finding, ...]:
    """Return what is said of a case of the corpus, with suggestions."""
    if path.suffix == ".patch":
        session = Session([rule()], [str(path.parent / "tree")], Options(suggest=True))
        return tuple(one for report in session.check([str(path)]).reports for one in report.findings)
    said = expectations(path.read_bytes())
    parts = [*((path.parent / one.text).read_bytes() for one in said.of(INCLUDE)), path.read_bytes()]
    others = {one.text: (path.parent / one.text).read_bytes() for one in said.of(LOOKUP)}
    subject = Subject(b"\n".join(parts), path.name, rule(), others=others)
    return suggested(number(subject.base.findings), [subject])


def _corpus() -> int:
    """Print what is suggested for each case that has findings; return how many findings have a suggestion."""
    count = 0
    for path in sorted((builtin_corpus() / RULE).iterdir()):
        if path.suffix not in {".c", ".patch"}:
            continue
        for one in of_case(path):
            if one.severity == "note" or one.state != "new":
                continue
            count += one.suggestion is not None
            diff = "" if one.suggestion is None else one.suggestion.diff
            lines = [line for line in diff.splitlines()[2:] if line[:1] in {"+", "-"}]
            print(f"{path.name}: {one.kind}: {'; '.join(line.strip() for line in lines) or 'no suggestion'}")
    return count


def main() -> int:
    """Run what the command line asks for; return 1 where a suggestion is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fixes", description=__doc__)
    parser.add_argument("--only", action="append", default=[], choices=FAMILIES, help="this family")
    parser.add_argument("--corpus", action="store_true", help="show what is suggested for each case, and do no more")
    parser.add_argument("--no-witness", action="store_true", help="hold nothing against the witness")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is suggested where it is not as before")
    arguments = parser.parse_args()
    if arguments.corpus:
        print(f"{_corpus()} findings have a suggestion")
        return 0
    wrong = 0
    families = arguments.only or FAMILIES
    for name in (PAGETABLE, *([REAL] if INPUTS.is_dir() else [])):
        work = partial(_numbered, name=name, families=families, witness=not arguments.no_witness)
        with ProcessPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(work, range(len(broken(name, families)))))
        for one in results:
            if one.wrong:
                print(f"WRONG {one.variant}: {one.wrong}\n{one.diff}")
            elif arguments.verbose and not one.same:
                print(f"{one.variant}: {one.diff or 'no suggestion'}")
        print(f"{name}\n{table(results)}", flush=True)
        wrong += sum(bool(one.wrong) for one in results)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
