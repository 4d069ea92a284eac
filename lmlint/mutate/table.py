"""The results of a run, counted: a table for people, and data for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.finding import CANNOT_TELL
from lmlint.mutate.edit import NEUTRAL
from lmlint.mutate.judge import CANNOT_RUN, CRASHED, DRIFTS, FOUND, HOLDS, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.mutate.edit import Variant
    from lmlint.mutate.judge import Outcome

SCHEMA = 1

RIGHT = 0.95
"""How many of the drifting variants are to be told as a right kind at a right place."""

MISSED, KIND, PLACE = "drifting and not found", "found, and told as another kind", "found, and told at another place"
DISAGREE, NEITHER = "the judges disagree: it holds, and is flagged", "decided by neither"
REWRITE_FLAGGED, REWRITE_DRIFTS = "a rewrite that is flagged", "a rewrite that drifts"
WRONG = (MISSED, KIND, PLACE, DISAGREE, NEITHER, REWRITE_FLAGGED, REWRITE_DRIFTS)
"""What can be wrong about an answer."""

COLUMNS = (
    "variants",
    "drifting",
    "found",
    "kind",
    "line",
    "unsure",
    "holding",
    "flagged",
    "not run",
    "found",
    "neither",
)
"""What is counted of a family: its variants; those that really drift, and of these how many are found, with a right
kind, at a right line too, and of how many nothing can be told; those that hold, and how many of these are flagged all
the same; those that cannot be run, how many of these are found, and how many neither judge decides."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is made of one variant."""

    variant: Variant
    outcome: Outcome
    line: int
    diff: str
    kind: bool
    place: bool

    @property
    def found(self) -> bool:
        """Whether the proof says that something is wrong."""
        return self.outcome.static == FOUND

    @property
    def flagged(self) -> bool:
        """Whether the proof says or doubts something that it does not of the correct file."""
        return self.outcome.static in {FOUND, CANNOT_TELL, CRASHED, UNREADABLE}

    @property
    def neutral(self) -> bool:
        """Whether it is a rewrite that leaves the counters right."""
        return self.variant.family == NEUTRAL

    @property
    def wrong(self) -> str:
        """What is not right about the answer, one of WRONG, or ""."""
        witness = self.outcome.witness
        if self.neutral:
            flagged = REWRITE_FLAGGED if self.flagged else ""
            return REWRITE_DRIFTS if witness == DRIFTS else flagged
        if witness == DRIFTS and self.found:
            return "" if self.place else PLACE if self.kind else KIND
        if witness == HOLDS:
            return DISAGREE if self.found else ""
        return "" if self.found else MISSED if witness == DRIFTS else NEITHER

    @property
    def text(self) -> str:
        """What the proof says of the variant, and what it should say, in a line."""
        told = [f"{one.kind} {one.function}:{one.line}" for one in self.outcome.told if one.severity != "note"]
        said = "; ".join([*told, *self.outcome.unsure]) or self.outcome.static
        truth = self.variant.truth
        wanted = "" if truth is None else f" (wanted: {'|'.join(truth.kinds)})"
        return f"{self.variant.name}, line {self.line}: {said}{wanted}"

    def data(self) -> dict[str, Any]:
        """Return the result as data."""
        outcome = self.outcome
        return {
            "family": self.variant.family,
            "name": self.variant.name,
            "function": self.variant.function,
            "line": self.line,
            "witness": outcome.witness,
            "reason": outcome.reason,
            "static": outcome.static,
            "findings": [
                {"kind": t.kind, "severity": t.severity, "function": t.function, "line": t.line, "message": t.message}
                for t in outcome.told
            ],
            "cannot_tell": list(outcome.unsure),
            "found": self.found,
            "kind": self.kind,
            "place": self.place,
            "accepted_kinds": [] if self.variant.truth is None else list(self.variant.truth.kinds),
            "story": list(outcome.story),
            "seconds": round(outcome.seconds, 3),
            "diff": self.diff.encode("latin-1").decode("utf-8", "replace"),
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of all variants of a file, in the order of the families."""

    path: str
    rule: str
    results: tuple[Result, ...]
    before: tuple[str, ...] = ()
    """What the proof says of the file itself, which ought to be nothing: it hides what variants add to it."""

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the numbers of every family, and of all that ought to drift."""
        drifting = [one for one in self.results if not one.neutral]
        families = dict.fromkeys(one.variant.family for one in drifting)
        found = {family: _count([one for one in drifting if one.variant.family == family]) for family in families}
        return found | {"all": _count(drifting)}

    def neutral(self) -> dict[str, int]:
        """Return the numbers of the rewrites."""
        return _neutral([one for one in self.results if one.neutral])

    def text(self) -> str:
        """Return the table, and below it every answer that is not right."""
        counts = self.counts()
        width = max(map(len, counts))
        lines = [f"the file itself has a finding: {one}" for one in self.before]
        lines += [f"{'family':{width}}" + "".join(f"{name:>10}" for name in COLUMNS)]
        for family, row in counts.items():
            lines.append(f"{family:{width}}" + "".join(f"{number:10}" for number in row.values()))
        neutral = self.neutral()
        if neutral["variants"]:
            lines += ["", "rewrites: " + ", ".join(f"{number} {name}" for name, number in neutral.items())]
        for title in WRONG:
            chosen = [one for one in self.results if one.wrong == title]
            if chosen:
                lines += ["", f"{title}:", *(f"  {one.text}" for one in chosen)]
        return "\n".join(lines) + "\n"

    @property
    def ok(self) -> bool:
        """Whether every drifting variant is found, nearly all rightly told, and no rewrite flagged."""
        told = self.counts()["all"]
        right = told["line"] >= RIGHT * told["drifting"]
        return (
            told["found"] == told["drifting"] and right and not any(one.neutral and one.wrong for one in self.results)
        )

    def data(self) -> dict[str, Any]:
        """Return everything as data that JSON can hold."""
        return {
            "schema": SCHEMA,
            "file": self.path,
            "rule": self.rule,
            "findings_before": list(self.before),
            "families": self.counts(),
            "neutral": self.neutral(),
            "variants": [one.data() for one in self.results],
        }


def bar(done: int, count: int, width: int = 30) -> str:
    """Return how far a run is, as a line for a terminal."""
    full = width * done // max(count, 1)
    return f"[{'#' * full}{'.' * (width - full)}] {done} of {count}"


def _count(results: Sequence[Result]) -> dict[str, int]:
    drifting = [one for one in results if one.outcome.witness == DRIFTS]
    holding = [one for one in results if one.outcome.witness == HOLDS]
    rest = [one for one in results if one.outcome.witness == CANNOT_RUN]
    return {
        "variants": len(results),
        "drifting": len(drifting),
        "found": sum(one.found for one in drifting),
        "kind": sum(one.found and one.kind for one in drifting),
        "line": sum(one.found and one.place for one in drifting),
        "unsure": sum(one.outcome.static == CANNOT_TELL for one in drifting),
        "holding": len(holding),
        "flagged": sum(one.found for one in holding),
        "not_run": len(rest),
        "not_run_found": sum(one.found for one in rest),
        "neither": sum(not one.found for one in rest),
    }


def _neutral(results: Sequence[Result]) -> dict[str, int]:
    return {
        "variants": len(results),
        "flagged": sum(one.flagged for one in results),
        "drifting": sum(one.outcome.witness == DRIFTS for one in results),
        "holding": sum(one.outcome.witness == HOLDS for one in results),
        "not_run": sum(one.outcome.witness == CANNOT_RUN for one in results),
    }
