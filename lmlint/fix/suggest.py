"""Findings with what would cure them, where a single statement does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from lmlint.engine.amount import TooLarge
from lmlint.error import InputError
from lmlint.fix.candidates import KINDS, candidates
from lmlint.fix.combine import applied, suggestion
from lmlint.fix.proof import cured, same
from lmlint.fix.spelling import Speller
from lmlint.mutate.code import Code
from lmlint.mutate.edit import of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence

    from lmlint.finding import Finding, Suggestion
    from lmlint.fix.candidates import Candidate
    from lmlint.fix.proof import Look, Subject

TRIES = 64
"""How many edits are proved for one finding."""


def suggested(
    findings: Sequence[Finding], subjects: Sequence[Subject], also: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Return the findings of a report, those that a single statement cures with a suggestion.

    `subjects` are the files of the report that are known whole. Findings that are not new get one where they are
    `also` asked for, by id. All suggestions of a file hold together.
    """
    made: dict[tuple[str, str], Suggestion] = {}
    for subject in subjects:
        mine = [
            one
            for one in findings
            if (one.rule, one.place.file) == (subject.rule.name, subject.path)
            and one.severity != "note"
            and (one.state == "new" or (one.state == "unchanged" and one.id in also))
        ]
        if any(one.kind in KINDS for one in mine):
            with suppress(InputError, TooLarge):  # told as such where it is checked: what is too much to edit gets none
                made |= {(subject.rule.name, id_): one for id_, one in _Bench(subject).cures(mine).items()}
    return tuple(replace(one, suggestion=made.get((one.rule, one.id))) for one in findings)


@dataclass(slots=True)
class _Bench:
    """Tries edits of one file."""

    subject: Subject

    def cures(self, findings: Sequence[Finding]) -> dict[str, Suggestion]:
        """Return the suggestions for findings, by id; what cures one may cure another one as well."""
        subject = self.subject
        end = monotonic() + subject.limits.seconds
        speller = Speller(Code(subject.text, subject.path, subject.rule, subject.others, limits=subject.limits))
        kept: dict[Suggestion, Counter[Look]] = {}
        for finding in findings:
            if finding.kind in KINDS and not any(gone[same(finding)] for gone in kept.values()):
                kept |= self._first(finding, tuple(kept), speller, end)
        return {finding.id: one for finding in findings for one, gone in kept.items() if gone[same(finding)]}

    def _first(
        self, finding: Finding, kept: tuple[Suggestion, ...], speller: Speller, end: float
    ) -> dict[Suggestion, Counter[Look]]:
        """Return the first candidate that cures a finding, alone and beside others, with all that it cures."""
        for one in islice(self._attempts(candidates(finding, speller), speller.code.text), TRIES):
            if monotonic() > end:
                break
            gone = self._gone(finding, (one,))
            if gone and (not kept or self._gone(finding, (*kept, one))):
                return {one: gone}
        return {}

    def _attempts(self, found: Iterable[Candidate], before: str) -> Iterator[Suggestion]:
        """Yield candidates as suggestions, each text that they make of the file once."""
        tried = {before}
        for candidate in found:
            after = of("fix", "", "", candidate.edits).text(before)
            if after not in tried:
                tried.add(after)
                one = suggestion(self.subject.path, _text(before), _text(after))
                if one is not None:
                    yield one

    def _gone(self, finding: Finding, made: tuple[Suggestion, ...]) -> Counter[Look] | None:
        """Return what suggestions cure, None where the finding stays or something is worse."""
        after = applied(self.subject.text.decode(errors="surrogateescape"), made)
        gone = None if after is None else cured(self.subject, after.encode(errors="surrogateescape"), made)
        return gone if gone is not None and gone[same(finding)] else None


def _text(latin: str) -> str:
    """Return text that has a character for each byte as what the bytes say."""
    return latin.encode("latin-1").decode(errors="surrogateescape")
