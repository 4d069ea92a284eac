"""One version of a series: what it is called, and whether what it does not show is proved not to be in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lmlint.finding import CANNOT_TELL
from lmlint.patch.diff import read_diff
from lmlint.patch.subject import read_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport
    from lmlint.limits import Limits

_TEENS = range(11, 14)

Key: TypeAlias = tuple[str, str, str]
"""What of an id stays when another finding that looks alike comes or goes: all of it but the ordinal."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the series: its name, and all that is said of its patches."""

    name: str
    reports: Sequence[InputReport]
    errors: Sequence[str]
    limits: Limits

    def doubt(self, finding: Finding) -> str:
        """Return why it is not proved that a finding is not in the version; "" where it is."""
        if self.errors:
            return f"a part of {self.name} could not be reviewed"
        tags = [read_subject(report.subject) for report in self.reports if report.kind == "patch"]
        there, total = len({tag.number for tag in tags if tag.number}), max((tag.total for tag in tags), default=0)
        if there < total:
            return f"of {self.name}, {there} of {total} patches are given"
        if any(report.base.state == "hunks" for report in self.reports):
            return f"{self.name} was judged from its hunks alone"
        involved = {finding.function, *finding.entries, *(note.function for note in finding.notes)} - {""}
        for report in self.reports:
            for said in report.functions:
                if said.verdict == CANNOT_TELL and said.rule == finding.rule and said.name in involved:
                    return f"in {self.name}, lmlint cannot tell what `{said.name}` does"
            for one in report.contradictions:
                if one.rule == finding.rule and one.function in involved:
                    return f"in {self.name}, the witness contradicts what is proved of `{one.function}`"
        return ""

    def hidden(self, finding: Finding, other: Version) -> str:
        """Return why a finding of another version that is not new here is there all the same; "" where it is not."""
        for state, told in (
            ("allowed", f"it is allowed in {self.name}"),
            ("unchanged", f"it is there before {self.name} already"),
        ):
            if self.count(finding, state) > other.count(finding, state):
                return told
        return ""

    def lost(self, finding: Finding, other: Version) -> str:
        """Return why a finding of another version may be here under another name or unseen; "" where it cannot."""
        file, rule = finding.place.file, finding.rule
        here = [said for report in self.reports for said in report.functions if said.rule == rule]
        if not any(said.file == file or said.name == finding.function for said in here):
            if file not in self._paths():
                return f"{self.name} does not change {file}"
            return f"the rule {rule} sleeps in {file} of {self.name}: the counter may be gone, or have another name"
        if any(said.name == finding.function for said in here):
            return ""
        known = {said.name for report in other.reports for said in report.functions}
        strange = next((said for said in here if said.verdict == CANNOT_TELL and said.name not in known), None)
        return f"`{finding.function}` is gone, and lmlint cannot tell what `{strange.name}` does" if strange else ""

    def has(self, finding: Finding) -> bool:
        """Whether the rule of a finding says anything of a function of that name in the version."""
        return any(
            (s.rule, s.name) == (finding.rule, finding.function) for report in self.reports for s in report.functions
        )

    def repaired(self, finding: Finding) -> str:
        """Return what is to be said of a finding that a patch brings and a later one of the version repairs."""
        by = (
            f.repaired
            for report in self.reports
            for f in report.findings
            if f.repaired and key_of(f) == key_of(finding)
        )
        return next((f"`{one}` repairs what an earlier patch of {self.name} brings" for one in by), "")

    def count(self, finding: Finding, state: str) -> int:
        """Return how many findings of a state the version has that look like this one."""
        found = (f for report in self.reports for f in report.findings if f.state == state)
        return sum(key_of(f) == key_of(finding) for f in found)

    def _paths(self) -> set[str]:
        paths = {report.name for report in self.reports if report.kind == "file"}
        for report in self.reports:
            if report.diff:
                paths |= {one.path for one in read_diff(report.diff, report.name, self.limits).files}
        return paths


def names(versions: Sequence[Sequence[InputReport]]) -> tuple[str, ...]:
    """Return what the versions are called: "v7" as their subjects say, or "the 1st" where these do not tell them."""
    told = []
    for reports in versions:
        tags = [read_subject(report.subject) for report in reports]
        told.append(max((tag.version for tag in tags if tag.patch or tag.version > 1), default=0))
    if told and all(told) and len(set(told)) == len(told):
        return tuple(f"v{number}" for number in told)
    return tuple(map(_ordinal, range(1, len(told) + 1)))


def is_split(versions: Sequence[Sequence[InputReport]]) -> bool:
    """Whether versions are the patches of one series: as many in all, of one number, and told apart in it."""
    found = [read_subject(reports[0].subject) for reports in versions if len(reports) == 1]
    numbers = {(tag.version, tag.total): tag.number for tag in found if tag.total > 1}
    return any(numbers.get((tag.version, tag.total), tag.number) != tag.number for tag in found)


def is_backwards(versions: Sequence[Sequence[InputReport]]) -> bool:
    """Whether the subjects say that a version is older than one before it."""
    numbers = [int(name[1:]) for name in names(versions) if name.startswith("v")]
    return numbers != sorted(numbers)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"the {number}{ending}"


def key_of(finding: Finding) -> Key:
    """Return by what findings of two versions are taken for the same."""
    return finding.rule, finding.kind, finding.construct
