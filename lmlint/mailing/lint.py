"""The rules for a mail that goes out to a kernel list: what is wrong with it, line by line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mailing.compose import COLUMNS, SCISSORS, SIGNATURE
from lmlint.mailing.heading import check_heading, read_heading
from lmlint.mailing.quote import CONTEXT, LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_BYTES = 100_000
"""Of one mail: what kernel lists have long refused is larger."""

# The trailers by which people vouch for a patch (Reviewed-by, Acked-by, ...), as tools find them in a mail.
_TAG = re.compile(r"\s*[a-z]+(?:-[a-z]+)*-by\s*:", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]|\r(?!\Z)")
_PW_BOT = re.compile(r"\s*pw-bot\s*:", re.IGNORECASE)
_HTML = re.compile(r"\s*<(?:!doctype html|html|body|div|p|br|table)\b[^>]*>", re.IGNORECASE)
_MARKS = re.compile(r"(?:> ?)+")
_HEADER_LINE = re.compile(
    r"(?:diff --git |index [0-9a-f]+\.\.|--- |\+\+\+ |@@ -|new file mode |deleted file mode |old mode |new mode "
    r"|similarity index |dissimilarity index |rename (?:from|to) |copy (?:from|to) )"
)
_CUT = re.compile(r"\s*\[\s*(?:\.\.\.|\u2026|snip)\s*\]\s*", re.IGNORECASE)
_SCISSORS = re.compile(r"-+ *(?:>8|8<) *-+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a mail (counted from 1), and the name of the rule that says so."""

    line: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules hold: those for a program's mail (None: where the mail says that lmlint wrote it), for a draft.

    A `draft` may lack what is filled in when it is sent: Date and recipients. In a person's mail, `tags` may stand.
    """

    program: bool | None = None
    draft: bool = False
    tags: bool = False


def lint(mail: bytes, rules: Rules) -> tuple[Fault, ...]:
    """Return what is wrong with one mail, in the order of its lines."""
    heading = read_heading(mail)
    program = rules.program if rules.program is not None else heading.by_lmlint
    found = [Fault(*one) for one in check_heading(heading, program=program, draft=rules.draft)]
    found += _bytes(mail)
    lines = [raw.decode("utf-8", "replace") for raw in heading.body]
    if lines and not lines[-1]:
        lines.pop()
    body = _Body(lines, heading.first, tags=rules.tags and not program)
    found += body.faults()
    return tuple(sorted(set(found), key=lambda fault: (fault.line, fault.rule, fault.message)))


def _bytes(mail: bytes) -> Iterator[Fault]:
    """Yield what is wrong with the bytes of a mail, whatever they say."""
    if len(mail) > MOST_BYTES:
        yield Fault(1, "size", f"the mail has {len(mail)} bytes, more than {MOST_BYTES}")
    for number, line in enumerate(mail.split(b"\n"), 1):
        if len(line) > LONGEST:
            yield Fault(number, "line-length", f"has {len(line)} bytes, and mail takes {LONGEST}")
        if _CONTROL.search(line):
            yield Fault(number, "control", "holds a control character, or a carriage return inside it")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            yield Fault(number, "encoding", "is no UTF-8")
    if mail and not mail.endswith(b"\n"):
        yield Fault(mail.count(b"\n") + 1, "line-length", "the last line has no end")


@dataclass(frozen=True, slots=True)
class _Body:
    """The lines of a body, of which the first is line `first` of the mail."""

    lines: Sequence[str]
    first: int
    tags: bool

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the body."""
        ends = [at for at, line in enumerate(self.lines) if line == SIGNATURE]
        yield from (self.fault(at, "signature", "a second signature delimiter") for at in ends[1:])
        end = ends[0] if ends else len(self.lines)
        cuts = [at for at in range(end) if self.lines[at] == SCISSORS or _SCISSORS.fullmatch(self.lines[at])]
        said = cuts[0] if cuts else end
        for at, line in enumerate(self.lines):
            if line.startswith(">") and at > said:
                yield self.fault(at, "quote-end", "quoted below the last words of one's own: cut it")
            elif not line.startswith(">"):
                yield from self.prose(at, line)
            exempt = line.startswith(">") or said <= at < end or (at > end and line.startswith((" ", "\t")))
            if not exempt and columns(line) > COLUMNS and _breakable(line):
                yield self.fault(at, "columns", f"{columns(line)} columns, more than {COLUMNS}: wrap it")
        yield from self.quotes(said)

    def prose(self, at: int, line: str) -> Iterator[Fault]:
        """Yield what is wrong with a line of one's own, wherever it stands."""
        if not self.tags and _TAG.match(line):
            yield self.fault(at, "review-tag", "a trailer that vouches for or tracks a patch")
        if _PW_BOT.match(line):
            yield self.fault(at, "pw-bot", "a command to patchwork")
        if _HTML.match(line):
            yield self.fault(at, "html", "HTML; mail to kernel lists is plain text")

    def quotes(self, end: int) -> Iterator[Fault]:
        """Yield what is wrong with the quoting above line `end`."""
        run, hunk, last_own, last_quote = 0, False, -1, -1
        for at, line in enumerate(self.lines[:end]):
            if line.startswith(">"):
                inner = _MARKS.sub("", line, count=1)
                hunk = inner.startswith("@@ -") or (hunk and not _HEADER_LINE.match(inner))
                run = 0 if _HEADER_LINE.match(inner) else run + 1
                last_quote = at
                if inner == "-- " or (inner == "--" and not hunk):  # in a hunk, a line that was a dash may be removed
                    yield self.fault(at, "quote-signature", "a quoted signature: cut it")
            elif line.strip():
                if hunk and run > CONTEXT + 1 and not _CUT.fullmatch(line):
                    what = f"{run} lines of a hunk are quoted above this comment: {CONTEXT} and its own are enough"
                    yield self.fault(at, "quote-long", f"{what}, cut with [ ... ]")
                last_own = last_own if _CUT.fullmatch(line) else at
                run = 0
        if last_quote > last_own:
            yield self.fault(last_quote, "quote-end", "quoted below the last words of one's own: cut it")

    def fault(self, at: int, rule: str, what: str) -> Fault:
        """Return the fault of a line."""
        return Fault(self.first + at, rule, what)


def columns(line: str) -> int:
    """Return how many characters a line has, tabs up to every eighth and marks on others not counted."""
    return len(line.expandtabs()) - sum(unicodedata.combining(c) > 0 for c in line)


def _breakable(line: str) -> bool:
    """Whether a line can be wrapped: not one that is a single word, such as a link, behind a mark or a short key."""
    words = line.split()
    if len(words) > 1 and (words[0].endswith(":") or len(words[0]) <= len("[10]")):
        words = words[1:]
    return len(words) > 1
