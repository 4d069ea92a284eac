"""A series with all of its versions, as a page shows it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.bot.rows import FindingRow, OutboxRow, PatchRow, SeriesRow
    from lmlint.bot.store import Store

FAILED, FINDINGS, CANNOT_TELL, CLEAN, OUT = "failed", "findings", "cannot-tell", "clean", "out-of-scope"
_WORST = (FAILED, FINDINGS, CANNOT_TELL, CLEAN, OUT)
_HERE = frozenset(("new", "present", "unsure"))


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A patch in scope; `review` is the name of its page in the site, "" where there is none."""

    row: PatchRow
    review: str
    findings: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version: `verdict` is the worst of its patches, or the state of the series where there is none."""

    row: SeriesRow
    verdict: str
    patches: tuple[Reviewed, ...]
    outside: int
    findings: tuple[FindingRow, ...]
    mails: tuple[OutboxRow, ...]

    @property
    def gone(self) -> tuple[FindingRow, ...]:
        """The findings that no patch of this version has."""
        return tuple(one for one in self.findings if not one.patch)

    @property
    def count(self) -> int:
        """How many findings this version has, or may still have."""
        return len({one.finding for one in self.findings if one.standing in _HERE})

    @property
    def standings(self) -> dict[str, FindingRow]:
        """What became of each finding here, by its id."""
        return {one.finding: one for one in self.findings}


@dataclass(frozen=True, slots=True)
class Chain:
    """A series: its versions, the oldest first."""

    versions: tuple[Version, ...]

    @property
    def newest(self) -> SeriesRow:
        """The newest version."""
        return self.versions[-1].row

    @property
    def findings(self) -> tuple[FindingRow, ...]:
        """Each finding once, as the newest version that knows it has it."""
        found: dict[str, FindingRow] = {}
        for one in self.versions:
            found |= one.standings
        return tuple(found.values())


def name_of(root: int) -> str:
    """Return the name of the page of a series in the site; `root` is the id of its first version."""
    return f"series/{root}.html"


def roots(rows: Iterable[SeriesRow]) -> dict[int, int]:
    """Return for each version of a series the id of the first one."""
    previous = {row.id: row.previous for row in rows}
    found: dict[int, int] = {}
    for row in sorted(previous):
        way = [row]
        while (before := previous.get(way[-1], 0)) in previous and before not in way and way[-1] not in found:
            way.append(before)
        root = found.get(way[-1], way[-1])
        found |= dict.fromkeys(way, root)
    return found


def read_version(store: Store, row: SeriesRow) -> tuple[Version, list[tuple[str, bytes]]]:
    """Return a version, and the pages of its reviews by their names in the site."""
    pages: list[tuple[str, bytes]] = []
    findings = store.findings(row.id)
    patches = store.patches(row.id)
    reviewed = []
    for patch in patches:
        if patch.verdict == OUT:
            continue
        name = f"review/{hashlib.sha256(patch.page).hexdigest()[:32]}.html" if patch.page else ""
        if patch.page:
            pages.append((name, _unpacked(patch)))
        reviewed.append(Reviewed(patch, name, tuple(one for one in findings if one.patch == patch.id)))
    verdicts = {patch.verdict for patch in patches}
    verdict = next((one for one in _WORST if one in verdicts), row.state)
    if row.state == "open":
        verdict = row.state
    mails = store.answers(row.id)
    return Version(row, verdict, tuple(reviewed), len(patches) - len(reviewed), findings, mails), pages


def _unpacked(patch: PatchRow) -> bytes:
    """Return the page of a review."""
    try:
        return zlib.decompress(patch.page)
    except zlib.error as error:
        what = f"the page of patch {patch.id} (series {patch.series}) is damaged ({error})"
        raise InputError(f"{what}; restore the state with `lmlint bot rebuild`") from error
