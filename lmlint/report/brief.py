"""A finding in few words, for programs that show one text beside a line; all of it printable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmlint.finding import Finding, InputReport, Place, Suggestion

Lines = dict[str, list[str]]
"""The lines of each file that is known, by path."""


def new(reports: Sequence[InputReport]) -> Iterator[tuple[InputReport, Finding]]:
    """Yield what is new, with the report that it stands in."""
    return ((report, finding) for report in reports for finding in report.findings if finding.state == "new")


def sentence(finding: Finding) -> str:
    """Return the message, the kind and the id of a finding, in one line."""
    return f"{printable(finding.message)} [{finding.kind} {finding.id}]"


def paragraph(finding: Finding) -> str:
    """Return the sentence of a finding and, a line each, the steps of its argument."""
    steps = [f"{where(note.place, finding.place.file)}: {printable(note.message)}" for note in finding.notes]
    return "\n".join([sentence(finding), *steps])


def is_text(edit: Suggestion) -> bool:
    """Whether a suggestion is text that JSON can hold: a byte that is not UTF-8 has no place there."""
    return not any("\ud800" <= char <= "\udfff" for line in edit.lines for char in line)


def where(place: Place, file: str) -> str:
    """Return the line of a place, with its path unless that is `file`."""
    return str(place.line) if place.file == file else f"{printable(place.file)}:{place.line}"


def lines_of(report: InputReport) -> Lines:
    """Return the lines of the files whose text the report brings."""
    return {path: text.split("\n") for path, text in report.sources}


def column(place: Place, lines: Mapping[str, list[str]]) -> int | None:
    """Return the column of a place in UTF-16 code units, from 1; None where its line is not known.

    A byte that is not UTF-8 counts as one.
    """
    known = lines.get(place.file, [])
    if not 1 <= place.line <= len(known):
        return None
    before = known[place.line - 1].encode(errors="surrogateescape")[: place.column - 1]
    return len(before.decode(errors="replace").encode("utf-16-le")) // 2 + 1
