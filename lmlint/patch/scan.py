"""The files and hunks of a unified diff, delimited by the hunks' own counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ADVICE = "get the unaltered mail (b4 am, or the archive's raw view) or make the diff again with git"
EMPTY_BLOB = b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_BINARY = re.compile(rb"Binary files (.+) and (.+) differ\r?")
_ONLY = re.compile(rb"Only in [^\s:]+: \S+")
_C_FILE = re.compile(rb"\.[chS](?:\s|\Z)")
_BLANK = (b"\xc2\xa0", b"\xa0")
_NEXT = (b" ", b"+", b"-", b"\t", b"diff ", b"Only in ", b"Binary files ")
_EXTENDED = re.compile(
    rb"(?P<key>old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to"
    rb"|similarity index|dissimilarity index|index) (?P<value>.+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk; a line carries its prefix and its newline, and lacks the newline where the file ends without one."""

    old_start: int
    old_length: int
    new_start: int
    new_length: int
    lines: tuple[bytes, ...]
    section: bytes = b""
    """What stands behind the `@@`: as a rule, the head of the function before the hunk or around it."""
    places: tuple[int, ...] = field(default=(), compare=False)
    """Among the lines that were scanned, the indexes of its `@@` line and of each of its lines."""

    @property
    def header(self) -> str:
        """The hunk's `@@` line, without the section name."""
        return f"@@ -{self.old_start},{self.old_length} +{self.new_start},{self.new_length} @@"

    @property
    def old_index(self) -> int:
        """How many lines of the old file stand before the hunk: an empty range names the line before it."""
        return self.old_start - 1 if self.old_length else self.old_start

    @property
    def new_index(self) -> int:
        """How many lines of the new file stand before the hunk."""
        return self.new_start - 1 if self.new_length else self.new_start


@dataclass(frozen=True, slots=True)
class Section:
    """What a diff says of one file: `first` counts from 0, `raw` holds every line as it was, less its newline.

    `only` is a line of `diff -r` that tells of a file on one side and shows nothing of it.
    """

    first: int
    git: bytes
    headers: Mapping[bytes, bytes]
    old: bytes
    new: bytes
    binary: bool
    hunks: tuple[Hunk, ...]
    raw: tuple[bytes, ...]
    only: bytes = b""
    places: tuple[int, ...] = ()
    """Among the lines that were scanned, the index of each of `raw`."""


def show(text: bytes) -> str:
    """Return text from a patch in quotes, short and printable, for a message."""
    plain = text.decode("utf-8", "replace")
    cut = plain if len(plain) <= 60 else plain[:57] + "..."  # noqa: PLR2004
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in cut) + '"'


def scan(
    lines: Sequence[bytes | None],
    where: Callable[[int], str],
    stray: frozenset[int] = frozenset(),
    limits: Limits = DEFAULT,
) -> tuple[Section, ...]:
    """Return the sections of a diff given as lines without newlines, or refuse it whole.

    None is a line that is no part of the diff (a comment between quoted lines); `stray` holds the indexes of lines that
    may stand anywhere but inside a hunk.
    """
    return _Scanner(lines, where, stray, limits).sections()


class _Scanner:
    """A cursor over the lines of one diff."""

    def __init__(
        self, lines: Sequence[bytes | None], where: Callable[[int], str], stray: frozenset[int], limits: Limits
    ) -> None:
        """Start before the first line."""
        self.lines = lines
        self.where = where
        self.stray = stray
        self.limits = limits
        self.count = 0
        self.at = 0
        self.raw: list[bytes] = []
        self.places: list[int] = []

    def fail(self, at: int, what: str, advice: str = ADVICE) -> InputError:
        """Return the error that names the line."""
        return InputError(f"{self.where(min(at, max(len(self.lines) - 1, 0)))}: {what}; {advice}")

    def peek(self, ahead: int = 0) -> bytes:
        """Return a line, or an empty one where there is none."""
        at = self.at + ahead
        return (self.lines[at] or b"") if at < len(self.lines) and at not in self.stray else b""

    def take(self) -> bytes:
        """Return the line at the cursor and keep it."""
        line = self.peek()
        self.raw.append(line)
        self.places.append(self.at)
        self.at += 1
        return line

    def starts(self) -> bool:
        """Whether a file's diff starts here."""
        if self.peek().startswith(b"diff --git "):
            return True
        return self.peek().startswith(b"--- ") and self.peek(1).startswith(b"+++ ") and self.peek(2).startswith(b"@@ -")

    def sections(self) -> tuple[Section, ...]:
        """Return all sections; text between them is passed over, a hunk between them is refused."""
        found: list[Section] = []
        while self.at < len(self.lines):
            line = self.peek()
            if self.starts():
                found.append(self.section())
            elif line.startswith((b"diff --cc ", b"diff --combined ")):
                raise self.fail(self.at, "a combined diff of a merge", "give the diff against one parent")
            elif match := _BINARY.fullmatch(line):
                if _C_FILE.search(match[1]) or _C_FILE.search(match[2]):
                    shown = show(match[2] if _C_FILE.search(match[2]) else match[1])
                    raise self.fail(
                        self.at, f"a C file is changed as a binary file, {shown}", "make a diff of its text"
                    )
                found.append(self.told(line, match[1], match[2]))
                self.at += 1
            elif found and _ONLY.fullmatch(line):
                if _C_FILE.search(line):
                    raise self.fail(self.at, f"{show(line)} shows nothing of a C file", "make the diff with git")
                found.append(replace(self.told(line), only=line))
                self.at += 1
            elif _HUNK.match(line):
                raise self.fail(self.at, f"hunk {show(line)} stands apart from its file's diff")
            else:
                self.at += 1
            if len(found) > self.limits.files:
                what = f"more than {self.limits.files} files (limit `files`)"
                raise self.fail(found[-1].first, what, "give a smaller patch")
        return tuple(found)

    def told(self, line: bytes, old: bytes = b"", new: bytes = b"") -> Section:
        """Return the section that is the line at the cursor alone."""
        return Section(self.at, b"", {}, old, new, binary=True, hunks=(), raw=(line,), places=(self.at,))

    def section(self) -> Section:
        """Return the section that starts at the cursor."""
        first, self.raw, self.places = self.at, [], []
        git = self.take() if self.peek().startswith(b"diff --git ") else b""
        headers: dict[bytes, bytes] = {}
        while git and (match := _EXTENDED.match(self.peek())):
            headers[match["key"]] = match["value"]
            self.take()
        old = new = b""
        binary = self.peek() == b"GIT binary patch" or self.peek().startswith(b"Binary files ")
        hunks: tuple[Hunk, ...] = ()
        if self.peek().startswith(b"--- "):
            if not self.peek(1).startswith(b"+++ "):
                raise self.fail(self.at + 1, 'no "+++" line after the "---" line')
            old, new = self.take()[4:], self.take()[4:]
            hunks = self.hunks()
        elif binary:
            self.take()
        else:
            self.check_empty(first, headers)
        return Section(
            first,
            git[len(b"diff --git ") :],
            headers,
            old,
            new,
            binary,
            hunks,
            tuple(self.raw),
            places=tuple(self.places),
        )

    def check_empty(self, first: int, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a diff without hunks that must have some."""
        if not headers.keys() - {b"index"}:
            raise self.fail(first, "a file's diff has no hunk")
        for blob in headers.get(b"index", b"").split(b" ")[0].split(b".."):
            if blob.strip(b"0") and not EMPTY_BLOB.startswith(blob):
                raise self.fail(first, "a file's diff has no hunk, and its index line says that its text changes")

    def hunks(self) -> tuple[Hunk, ...]:
        """Return the hunks of one file, which follow each other."""
        hunks: list[Hunk] = []
        end = delta = 0
        while match := _HUNK.match(self.peek()):
            at = self.at
            hunk = self.hunk(match)
            if hunk.old_index < end:
                raise self.fail(at, f"hunk {hunk.header} overlaps the one before it or is out of order")
            # In a whole diff each hunk's new position follows from the hunks before it, so a hunk that somebody cut
            # out shows in the next one even where all counts match.
            if hunk.new_index != hunk.old_index + delta:
                raise self.fail(at, f"hunk {hunk.header} does not follow from the one before: one is missing or edited")
            end = hunk.old_index + hunk.old_length
            delta += hunk.new_length - hunk.old_length
            hunks.append(hunk)
            self.count += 1
            if self.count > self.limits.hunks:
                raise self.fail(at, f"more than {self.limits.hunks} hunks (limit `hunks`)", "give a smaller patch")
            self.check_tail(hunk)
            self.pass_blank()
        if not hunks:
            raise self.fail(self.at, 'no hunk after the "+++" line')
        self.check_surplus(hunks[-1])
        return tuple(hunks)

    def pass_blank(self) -> None:
        """Move over blank lines and comments, which may stand between hunks."""
        while self.at < len(self.lines) and not self.peek().strip():
            self.at += 1

    def check_tail(self, hunk: Hunk) -> None:
        """Refuse text right below a hunk that may be the wrapped end of its last line.

        Where the last line is context, applying it would show the damage.
        """
        line = self.lines[self.at] if self.at < len(self.lines) else None
        if not line or not line.strip() or hunk.lines[-1][:1] == b" " or self.starts() or _HUNK.match(line):
            return
        if line.rstrip() != b"--" and not line.startswith(_NEXT):
            raise self.fail(self.at, f"{show(line)} right below hunk {hunk.header} may be a wrapped part of it")

    def check_surplus(self, last: Hunk) -> None:
        """Refuse lines of a hunk that its header did not count: wrapped, doubled or added by hand."""
        line = self.peek()
        if self.starts() or line.startswith((b"-- ", b"--- ")) or line.rstrip() == b"--":
            return
        if line[:1] in {b" ", b"+", b"-", b"\t"}:
            raise self.fail(self.at, f"hunk {last.header} has more lines than its header counts")

    def hunk(self, match: re.Match[bytes]) -> Hunk:
        """Return the hunk whose header is at the cursor: the counts say where it ends."""
        old_start, old_length, new_start, new_length = (1 if n is None else int(n) for n in match.groups())
        section = match.string[match.end() :].strip()
        at, title = self.at, f"hunk {show(self.take())}"
        if not old_length and not new_length:
            raise self.fail(at, f"{title} is empty")
        if (old_length and not old_start) or (new_length and not new_start):
            raise self.fail(at, f"{title} starts at line 0")
        old, new, lines, places = old_length, new_length, list[bytes](), [at]
        while old or new:
            line = self.hunk_line(title, max(old, new))
            sign = line[:1]
            if sign == b"\\":
                self.no_newline(lines, title)
                continue
            old -= sign != b"+"
            new -= sign != b"-"
            if old < 0 or new < 0:
                raise self.fail(self.at - 1, f"the lines of {title} do not match its counts: lost, doubled or edited")
            lines.append(line + b"\n")
            places.append(self.at - 1)
        if self.peek().startswith(b"\\"):
            self.take()
            self.no_newline(lines, title)
        self.check_ends(at, lines, title)
        return Hunk(old_start, old_length, new_start, new_length, tuple(lines), section, tuple(places))

    def hunk_line(self, title: str, missing: int) -> bytes:
        """Return the next line of a hunk that is not complete."""
        while self.at < len(self.lines) and self.lines[self.at] is None:
            self.at += 1
        if self.at >= len(self.lines):
            raise self.fail(self.at, f"{title} is cut off: {missing} or more of its lines are missing")
        if self.at in self.stray:
            raise self.fail(self.at, f"a line without the quote prefix stands inside {title}: wrapped")
        # A mailer that strips trailing blanks leaves nothing of an empty context line; git reads it so, too.
        line = self.take() or b" "
        if line.startswith(_BLANK):
            raise self.fail(self.at - 1, f"non-breaking spaces stand in place of blanks inside {title}")
        if line[:1] not in {b" ", b"+", b"-", b"\\"}:
            raise self.fail(self.at - 1, f"{show(line)} inside {title} has no prefix: wrapped, glued or cut off")
        return line

    def no_newline(self, lines: list[bytes], title: str) -> None:
        """Take the newline from the last line, as the marker at the cursor says."""
        if not lines or not lines[-1].endswith(b"\n"):
            raise self.fail(self.at - 1, f'a "no newline" marker in {title} belongs to no line')
        lines[-1] = lines[-1][:-1]

    def check_ends(self, at: int, lines: list[bytes], title: str) -> None:
        """Refuse a line without a newline that is not the last of its side."""
        for other in (b"+", b"-"):
            side = [line for line in lines if line[:1] != other]
            if not all(line.endswith(b"\n") for line in side[:-1]):
                raise self.fail(at, f'a "no newline" marker in {title} stands before the end of the file')
