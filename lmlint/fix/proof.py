"""Whether an edit cures a finding: the whole file proved again, with nothing new said of it and nothing less known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lmlint.engine.check import analyse
from lmlint.error import InputError
from lmlint.finding import BALANCED, CANNOT_TELL, FINDING
from lmlint.limits import DEFAULT, Limits
from lmlint.source import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.engine.check import Analysis
    from lmlint.finding import Finding, FunctionVerdict, Suggestion
    from lmlint.rule import Rule

_WORSE = (BALANCED, FINDING, CANNOT_TELL)


@dataclass(frozen=True)
class Subject:
    """A file after a patch, or as it is, whole, and all that it was checked with.

    `changed` are the lines (from 1) that the patch has changed, `others` the files that definitions are looked up in.
    """

    text: bytes
    path: str
    rule: Rule
    changed: frozenset[int] = frozenset()
    others: Mapping[str, bytes] = field(default_factory=dict)
    strict: bool = False
    limits: Limits = DEFAULT

    def analysis(self, text: bytes, changed: frozenset[int]) -> Analysis:
        """Return what is said of a version of the file."""
        return analyse(text, self.path, self.rule, changed, strict=self.strict, others=self.others, limits=self.limits)

    @cached_property
    def base(self) -> Analysis:
        """What is said of the file itself."""
        return self.analysis(self.text, self.changed)

    @cached_property
    def unreadable(self) -> int:
        """At how many places the grammar cannot read the file itself."""
        return unreadable(self.text, self.rule.dialect)


Look = tuple[str, str, str]
"""The rule, the kind and the construct of a finding."""


def same(finding: Finding) -> Look:
    """Return what a finding has in common with those that look like it, in any version of a file."""
    return finding.rule, finding.kind, finding.construct


def cured(subject: Subject, text: bytes, made: tuple[Suggestion, ...]) -> Counter[Look] | None:
    """Return which findings are gone from a version that suggestions make of a file; None where something is worse.

    Worse is a finding that was not there, a verdict that is weaker, and code that the grammar cannot read. A note on a
    line that was there before is not new, nor is one of a kind that the function had: what a finding hides is told
    where the finding goes.
    """
    changed = moved(subject.changed, made) if subject.changed else frozenset[int]()
    if unreadable(text, subject.rule.dialect) > subject.unreadable:
        return None
    try:
        analysis = subject.analysis(text, changed)
    except InputError:  # the edit has brought it beyond a limit
        return None
    if not _as_known(subject.base.functions, analysis.functions):
        return None
    before, after = Counter(map(same, subject.base.findings)), Counter(map(same, analysis.findings))
    notes = Counter((f.kind, f.function) for f in subject.base.findings if f.severity == "note")
    notes.subtract((f.kind, f.function) for f in analysis.findings if f.severity == "note")
    own = added_lines(made)
    for finding in analysis.findings:
        if after[same(finding)] <= before[same(finding)]:
            continue
        old = finding.place.file == subject.path and finding.place.line not in own
        if finding.severity != "note" or not (old or notes[finding.kind, finding.function] >= 0):
            return None
    return before - after


def _as_known(before: tuple[FunctionVerdict, ...], after: tuple[FunctionVerdict, ...]) -> bool:
    """Whether of every function as much is known as before: what was balanced is, and nothing else cannot be told.

    A function that is not told of any more has nothing left that would have to be.
    """
    told = {said.name for said in after}
    left = Counter[tuple[str, int]]()
    for said in after:
        for rank in range(_WORSE.index(said.verdict), len(_WORSE)):
            left[said.name, rank] += 1
    needed = Counter[tuple[str, int]]()
    for said in (one for one in before if one.name in told):
        for rank in range(_WORSE.index(said.verdict), len(_WORSE)):
            needed[said.name, rank] += 1
    known = {said.name for said in before}
    return (
        bool(told) and needed <= left and all(said.verdict != CANNOT_TELL for said in after if said.name not in known)
    )


def moved(lines: frozenset[int], made: tuple[Suggestion, ...]) -> frozenset[int]:
    """Return lines of a file where they are after suggestions, with those that these bring."""
    found = set(added_lines(made))
    for line in lines:
        over = any(one.line <= line < one.line + one.count for one in made)
        if not over:
            found.add(line + sum(len(one.lines) - one.count for one in made if one.line + one.count <= line))
    return frozenset(found)


def added_lines(made: tuple[Suggestion, ...]) -> frozenset[int]:
    """Return the lines that suggestions bring, in the text after all of them."""
    found: set[int] = set()
    shift = 0
    for one in sorted(made, key=lambda each: each.line):
        found.update(range(one.line + shift, one.line + shift + len(one.lines)))
        shift += len(one.lines) - one.count
    return frozenset(found)
