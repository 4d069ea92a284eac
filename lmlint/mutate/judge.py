"""What the two judges make of one variant: the proof over its text, and the runs on a small page table."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lmlint.engine.check import analyse
from lmlint.finding import BALANCED, CANNOT_TELL, number
from lmlint.mutate.edit import changed, unified
from lmlint.source import unreadable

if TYPE_CHECKING:
    from lmlint.engine.check import Analysis
    from lmlint.finding import Finding
    from lmlint.mutate.edit import Variant
    from lmlint.rule import Rule

DRIFTS, HOLDS, CANNOT_RUN = "drifts", "holds", "cannot-run"
FOUND, SILENT, CRASHED, UNREADABLE = "found", "silent", "crashed", "unreadable"


class Witness(Protocol):
    """A judge that runs a text."""

    def __call__(self, text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
        """Return `drifts`, `holds` or `cannot-run`, the reason, and the operations that show a drift.

        `closely`: whether to run all that there is, where the text seems to hold.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """One new finding."""

    kind: str
    severity: str
    function: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both judges say of one text.

    `static` is `found`, `cannot-tell`, `silent`, `crashed` or `unreadable`; `told` holds what the correct file does not
    have; `unsure` the functions of which nothing can be told any more.
    """

    static: str
    told: tuple[Told, ...] = ()
    unsure: tuple[str, ...] = ()
    balanced: int = 0
    witness: str = CANNOT_RUN
    reason: str = ""
    story: tuple[str, ...] = ()
    seconds: float = 0.0


class Judge:
    """Both judges, made ready for the variants of one file."""

    def __init__(self, data: bytes, path: str, rule: Rule, witness: Witness) -> None:
        """Look at the correct file."""
        self.before = data.decode("latin-1")
        self.path, self.rule = path, rule
        self.errors = unreadable(data, rule.dialect)
        self.base = analyse(data, path, rule)
        self.unsure = {one.name for one in self.base.functions if one.verdict == CANNOT_TELL}
        self.witness = witness

    def judge(self, variant: Variant) -> Outcome:
        """Return what both make of a variant."""
        start = time.perf_counter()
        after = variant.text(self.before)
        text = after.encode("latin-1")
        if unreadable(text, self.rule.dialect) > self.errors:
            return Outcome(UNREADABLE)
        lines = changed(self.before, unified(self.before, after, "file.c"))
        analysis = analyse(text, self.path, self.rule, lines)
        told = self._new(analysis)
        unsure = tuple(
            f"{one.name}: {one.reason}"
            for one in analysis.functions
            if one.verdict == CANNOT_TELL and one.name not in self.unsure
        )
        loud = any(one.severity != "note" for one in told)
        static = FOUND if loud else CANNOT_TELL if unsure else SILENT
        # What ought to drift is looked at closely whatever the proof says, or the count would favour the proof.
        verdict, reason, story = self.witness(text, closely=variant.truth is not None or static != SILENT)
        return Outcome(
            static=static,
            told=tuple(Told(f.kind, f.severity, f.function, f.place.line, f.message) for f in told),
            unsure=unsure,
            balanced=sum(one.verdict == BALANCED for one in analysis.functions),
            witness=verdict,
            reason=reason,
            story=story,
            seconds=time.perf_counter() - start,
        )

    def _new(self, analysis: Analysis) -> list[Finding]:
        """Return the findings that the correct file does not have; one that an edit has only renamed is not new."""
        before, after = number(self.base.findings), number(analysis.findings)
        old, now = {finding.id for finding in before}, {finding.id for finding in after}
        gone = Counter(finding.kind for finding in before if finding.id not in now)
        found = []
        for finding in after:
            if finding.id in old:
                continue
            if gone[finding.kind]:
                gone[finding.kind] -= 1
            else:
                found.append(finding)
        return found
