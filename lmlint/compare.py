"""What became of the findings of a series from version to version: new, still present, fixed, or not to be told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from lmlint.limits import DEFAULT as LIMITS
from lmlint.version import Version, key_of, names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence

    from lmlint.finding import Finding, InputReport
    from lmlint.limits import Limits
    from lmlint.version import Key

NEW, PRESENT, UNSURE, FIXED = "new", "present", "unsure", "fixed"
STATUSES = (NEW, PRESENT, UNSURE, FIXED)
_SEVERITIES = ("error", "warning", "note")
_AROUND = 3
"""How many lines above and below tell findings apart that look alike."""
_ALIKE = "it is one of several that look alike; which of them, cannot be told"


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding, and what became of it up to the newest version.

    `new` and `present` ones are those of the newest version; `fixed` and `unsure` ones are not found in it, and it is
    proved, or not, that they are gone. `since` is the earliest version since which it is there without a gap, or the
    last one that has it. `patch` is the subject, or else the name, of the patch that brings it; for a file its name.
    `remark` is what else is to be said, such as why it is `unsure`; mostly "".
    """

    finding: Finding
    status: str
    since: str
    patch: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of every finding, in the order in which it is told; `names` are the versions, oldest first."""

    names: tuple[str, ...]
    standings: tuple[Standing, ...]

    @property
    def new(self) -> tuple[Finding, ...]:
        """What the newest version has and the one before it has not."""
        return self._of(NEW)

    @property
    def present(self) -> tuple[Finding, ...]:
        """What stands in the newest version and stood in the one before it, as the newest has it."""
        return self._of(PRESENT)

    @property
    def fixed(self) -> tuple[Finding, ...]:
        """What stood in an earlier version, as the last that had it, and is proved to be gone."""
        return self._of(FIXED)

    @property
    def unsure(self) -> tuple[Finding, ...]:
        """What stood in an earlier version and is not found any more, but may well be there."""
        return self._of(UNSURE)

    @property
    def since(self) -> Mapping[str, str]:
        """By the id of a finding that is not new, the version since which it is there, or the last that had it."""
        told = {one.finding.id: one.since for one in self.standings if one.status in {FIXED, UNSURE}}
        return MappingProxyType(told | {one.finding.id: one.since for one in self.standings if one.status == PRESENT})

    def _of(self, status: str) -> tuple[Finding, ...]:
        return tuple(one.finding for one in self.standings if one.status == status)


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding of a version, the report that it stands in, and the first of the versions that have it, by number."""

    finding: Finding
    report: InputReport
    first: int

    @property
    def key(self) -> Key:
        return key_of(self.finding)


@dataclass(frozen=True, slots=True)
class _Gone:
    """A finding that is not found any more, the number of the last version that has it, and a remark."""

    found: _Found
    last: int
    remark: str


def compare(
    versions: Sequence[Sequence[InputReport]], errors: Sequence[Sequence[str]] = (), limits: Limits = LIMITS
) -> Comparison:
    """Return what became of the findings; the oldest version comes first.

    `errors` are, for each version, what could not be reviewed of it. `limits` are those of the reviews. Only what a
    version brings as a whole counts: neither what stood there before it nor what a later patch of it repairs.
    """
    named = names(versions)
    series = [
        Version(name, reports, errors[at] if errors else (), limits)
        for at, (name, reports) in enumerate(zip(named, versions, strict=True))
    ]
    came = [(one, "") for one in _found(series[0], 0)] if series else []
    gone: list[_Gone] = []
    for number in range(1, len(series)):
        came, gone = _step([one for one, _ in came], gone, series[: number + 1])
    standings = [
        Standing(one.finding, NEW if one.first == len(series) - 1 else PRESENT, named[one.first], _patch(one), remark)
        for one, remark in came
    ]
    beside = {
        (one.finding.rule, one.finding.function): one.finding
        for one, _ in reversed(came)
        if one.first == len(series) - 1
    }
    standings += [_departed(one, series, beside) for one in gone]
    return Comparison(named, tuple(sorted(standings, key=lambda one: _order(one, named))))


def _step(
    old: Sequence[_Found], gone: Sequence[_Gone], series: Sequence[Version]
) -> tuple[list[tuple[_Found, str]], list[_Gone]]:
    """Return what the last of the versions has, with a remark, and what it has not and earlier ones had.

    `old` is what the one before it has, and `gone` what had gone by then.
    """
    before, version, number = series[-2], series[-1], len(series) - 1
    now = _found(version, number)
    pairs, doubtful = _pairs(old, now)
    for gone_here, come_here in _groups(old, now, pairs, partial(_sense, before, version)):
        if len(gone_here) == len(come_here) == 1:
            pairs |= zip(come_here, gone_here, strict=True)
    rest = [at for at in range(len(now)) if at not in pairs]
    again, _ = _pairs([one.found for one in gone], [now[at] for at in rest])
    back = {rest[at]: gone[was] for at, was in again.items()}
    came = []
    for at, one in enumerate(now):
        first, remark = (old[pairs[at]].first, "") if at in pairs else (number, _unseen(one, before, version))
        was = back.get(at)
        if was is not None and remark:  # whether it was away is not known
            first = was.found.first
        elif was is not None:
            remark = f"it stood in {series[was.last].name}, and not in {before.name}"
        elif remark:
            remark = f"it may not be new: {remark}"
        elif at in rest and one.key in doubtful:
            remark = _ALIKE
        came.append((replace(one, first=first), remark))
    went = [one for at, one in enumerate(old) if at not in pairs.values()]
    away = [one for at, one in enumerate(gone) if at not in again.values()]
    return came, [*away, *(_Gone(one, number - 1, _ALIKE if one.key in doubtful else "") for one in went)]


def _pairs(old: Sequence[_Found], now: Sequence[_Found]) -> tuple[dict[int, int], set[Key]]:
    """Return, by the place of a finding in `now`, that in `old` of the one that it is.

    Of findings that look alike, those are one that also say the same amid the same lines; then those that say the same;
    then they are taken in their order. The keys returned are those where that last step had to leave one out.
    """
    pairs: dict[int, int] = {}
    sides = [Counter([one.key for one in side]) for side in (old, now)]
    alike = {key for side in sides for key, count in side.items() if count > 1}
    for look in (_surroundings, _argument):
        for was, stands in _groups(old, now, pairs, partial(_among, alike, look)):
            if len(was) == len(stands):
                pairs |= zip(stands, was, strict=True)
    doubtful = set()
    for was, stands in _groups(old, now, pairs, lambda one: one.key):
        pairs |= zip(stands, was, strict=False)
        if len(was) != len(stands):
            doubtful.add(old[was[0]].key)
    return pairs, doubtful


def _sense(before: Version, version: Version, one: _Found) -> Hashable:
    """Return what a finding says, whatever the names are that its function and the helpers have in one version only."""
    finding = one.finding
    stays = before.has(finding) and version.has(finding)
    said = finding.message.replace(f"`{finding.function}`", "")
    return finding.rule, finding.kind, finding.function if stays else "", said


def _argument(one: _Found) -> Hashable:
    """Return what a finding says, wherever it stands in its file."""
    finding = one.finding
    steps = tuple((note.step, note.function, note.subject, note.message) for note in finding.notes)
    return finding.place.file, finding.message, steps


def _surroundings(one: _Found) -> Hashable:
    """Return what a finding says, and the lines around its place; None where these are not known."""
    lines = dict(one.report.sources).get(one.finding.place.file, "").split("\n")
    at = one.finding.place.line - 1
    around = tuple(line.strip() for line in lines[max(at - _AROUND, 0) : at + _AROUND + 1])
    return (_argument(one), around) if at < len(lines) else None


def _among(keys: Collection[Key], look: Callable[[_Found], Hashable], one: _Found) -> Hashable:
    """Return how a finding looks, or None where its key is none of these, or nothing is known."""
    seen = look(one) if one.key in keys else None
    return None if seen is None else (one.key, seen)


def _groups(
    old: Sequence[_Found], now: Sequence[_Found], pairs: Mapping[int, int], look: Callable[[_Found], Hashable]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the places in `old` and in `now` of those that look the same, where both have some that have no pair."""
    groups: dict[Hashable, tuple[list[int], list[int]]] = {}
    paired = set(pairs.values())
    for side, found, done in ((0, old, paired), (1, now, pairs.keys())):
        for at, one in enumerate(found):
            if at not in done and (seen := look(one)) is not None:
                groups.setdefault(seen, ([], []))[side].append(at)
    return ((was, stands) for was, stands in groups.values() if was and stands)


def _unseen(one: _Found, before: Version, version: Version) -> str:
    """Return why a finding may not be new in a version, although the version before it does not have it; mostly ""."""
    return before.hidden(one.finding, version) or before.doubt(one.finding)


def _found(version: Version, number: int) -> list[_Found]:
    """Return what a version as a whole brings."""
    return [_Found(f, report, number) for report in version.reports for f in report.findings if f.state == NEW]


def _departed(gone: _Gone, series: Sequence[Version], beside: Mapping[tuple[str, str], Finding]) -> Standing:
    """Return the standing of a finding that one version has, and neither the next one nor the newest.

    `beside` are findings that came with the newest, one for each rule and function.
    """
    finding, had = gone.found.finding, series[gone.last]
    without = [series[gone.last + 1], series[-1]]
    doubts = [one.hidden(finding, had) or one.doubt(finding) or one.lost(finding, had) for one in without]
    doubt = doubts[-1] if all(doubts) else ""  # what one version proves, the others need not prove again
    other = beside.get((finding.rule, finding.function))
    also = f"`{finding.function}` has {other.kind} now (id {other.id})" if other is not None else ""
    remark = doubt or gone.remark or series[-1].repaired(finding) or also
    return Standing(finding, UNSURE if doubt else FIXED, had.name, _patch(gone.found), remark)


def _patch(one: _Found) -> str:
    return one.report.subject or one.report.name


def _order(one: Standing, named: Sequence[str]) -> tuple[int, int, int, str, int, int, str]:
    """Return by what standings are sorted: the status, the oldest first, the gravest first, the place."""
    place = one.finding.place
    status, severity = STATUSES.index(one.status), _SEVERITIES.index(one.finding.severity)
    since = named.index(one.since) * (-1 if one.status in {FIXED, UNSURE} else 1)
    return status, since, severity, place.file, place.line, place.column, one.finding.id
