"""The hunks that carry a comment, quoted from the mail that is answered, each comment below its line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.diff import read_diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.finding import Finding, Place
    from lmlint.mailing.answered import Answered
    from lmlint.patch.diff import FileDiff
    from lmlint.patch.scan import Hunk

CONTEXT = 5
"""How many lines are quoted above a commented one, at most."""
CUT = "[ ... ]"
LONGEST = 998
"""Bytes of a line of mail, as RFC 5322 has it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a diff are: by file and line after the patch, the index of the line in the clean diff."""

    files: tuple[FileDiff, ...]
    context: dict[tuple[str, int], int] = field(default_factory=dict)
    added: dict[tuple[str, int], int] = field(default_factory=dict)

    def find(self, place: Place) -> int | None:
        """Return the index of a place's line, None where the diff does not show it."""
        key = place.file, place.line
        return self.added.get(key, self.context.get(key))

    def anchor(self, finding: Finding) -> int:
        """Return the line below which to tell a finding.

        That is its own, else an added line of its argument, else any line of that, else the last header line of its
        file, or of the first one.
        """
        if (own := self.find(finding.place)) is not None:
            return own
        steps = [(note.place.file, note.place.line) for note in finding.notes]
        for known in (self.added, self.context):
            if (step := next((known[key] for key in steps if key in known), None)) is not None:
                return step
        paths = [finding.place.file, *(path for path, _ in steps)]
        shown = [one for path in paths for one in self.files if one.path == path and one.hunks] or [
            one for one in self.files if one.hunks
        ]
        if not shown:
            raise InputError(
                f"{finding.place.file}: the patch shows no line of a file to comment on; see `lmlint check`"
            )
        return shown[0].hunks[0].places[0] - 1


def lines_of(diff: bytes, name: str, limits: Limits = DEFAULT) -> Lines:
    """Return where the lines of a clean diff are."""
    found = Lines(read_diff(diff, name, limits).files)
    for one in found.files:
        for hunk in one.hunks:
            number = hunk.new_index + 1
            for line, at in zip(hunk.lines, hunk.places[1:], strict=True):
                if line[:1] != b"-":
                    (found.added if line[:1] == b"+" else found.context)[one.path, number] = at
                    number += 1
    return found


def quote(answered: Answered, lines: Lines, comments: Iterable[tuple[int, str]]) -> str:
    """Return the quoted hunks with the comments below their lines, in the order of the diff; it ends with a comment.

    A comment is an index of the clean diff and a text without quotes. InputError where a line that it needs cannot be
    sent in a mail.
    """
    below: dict[int, list[str]] = defaultdict(list)
    for at, text in comments:
        below[at].append(text)
    writer = _Writer(answered, below)
    for one in lines.files:
        if one.hunks:
            writer.file(one.first, one.hunks)
    return "\n".join(writer.out)


@dataclass(slots=True)
class _Writer:
    """Writes what is quoted, and keeps where in the diff it is."""

    answered: Answered
    below: dict[int, list[str]]
    out: list[str] = field(default_factory=list)
    done: int = -1
    """The last line of the diff that was quoted."""

    def file(self, first: int, hunks: Sequence[Hunk]) -> None:
        """Quote the header lines of a file and those of its hunks that carry a comment."""
        head = range(first, hunks[0].places[0])
        carrying = [hunk for hunk in hunks if any(at in self.below for at in _span(hunk))]
        if not carrying and head[-1] not in self.below:
            return
        for at in head:
            self.line(at, mark=False)
        self.comment(head[-1])
        for hunk in carrying:
            self.line(hunk.places[0], mark=False)
            for at in sorted(self.below.keys() & set(_span(hunk))):
                for near in self.context(hunk.places[0] + 1, at):
                    self.line(near)
                self.line(at)
                self.comment(at)

    def context(self, first: int, at: int) -> range:
        """Return the lines above one of a hunk that are quoted with it: few, and none that a mail cannot hold."""
        start, count = at, 0
        while start > max(first, self.done + 1):
            count += len(self.answered.places[start - 1])
            if count > CONTEXT or any(unfit(self.answered.lines[n]) for n in self.answered.places[start - 1]):
                break
            start -= 1
        return range(start, at)

    def line(self, at: int, *, mark: bool = True) -> None:
        """Quote a line of the diff; a mark says that lines were left out before it, where its text does not."""
        if mark and at > self.done + 1:
            self.out.append(CUT)
        for n in self.answered.places[at]:
            raw = self.answered.lines[n]
            if raw is None or (why := unfit(raw)):
                why = "is not in the charset that its mail names" if raw is None else why
                raise InputError(
                    f"{self.answered.name}: line {at + 1} of its diff {why}, so that it cannot be quoted; "
                    "comment on this one by hand"
                )
            self.out.append(f"> {raw.decode()}" if raw else ">")
        self.done = at

    def comment(self, at: int) -> None:
        """Write the comments on a line, with blank lines around them."""
        for text in self.below.get(at, ()):
            self.out += ["", text, ""]


def _span(hunk: Hunk) -> range:
    """Return the lines of a hunk, without its `@@` line."""
    return range(hunk.places[0] + 1, hunk.places[-1] + 1)


def unfit(raw: bytes | None) -> str:
    """Return why a line cannot stand in a mail, or nothing."""
    if raw is None:
        return "cannot be decoded"
    if len(raw) + 2 > LONGEST:
        return f"has more than {LONGEST - 2} bytes"
    if any(not (32 <= ord(c) != 127 or c in "\t\f") or 128 <= ord(c) < 160 for c in raw.decode()):  # noqa: PLR2004  # controls of ASCII and of Latin-1
        return "holds a control character"
    return ""
