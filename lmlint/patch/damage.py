"""What transport does to the C in a diff that still scans: each damage is named, and the diff refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.scan import ADVICE, Section, show

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOTALS = re.compile(rb"\s*(\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?\s*")
_INDENTED = re.compile(rb"[ +-]( *)\S")
_C_NAME = re.compile(rb"\.[chS](?:\s|\Z)")
# None of these stands at the start of a line in C: they are statements.
_STATEMENT = re.compile(rb"[ +-](?:return\b[^:]*;|(?:if|for|while|switch) \(|goto \w+;|break;|continue;)")
_ONE_BLANK = re.compile(rb"[ +-] [^\s*]")
_HARD_BLANK = re.compile(rb"[ +][ \t]*(?:\xc2\xa0|\xa0)")
# "&lt;" alone could be the address of a variable.
_ENTITY = re.compile(rb"-&gt;|&amp;&amp;|#include &lt;")
_QUOTED_PRINTABLE = re.compile(rb"=3D|(?<![=<>!])=(?:09|20)\Z")
_TAB = 8
_WITNESSES = 3
_PAIR = 2


def check_totals(above: Sequence[bytes], sections: Sequence[Section], place: str) -> None:
    """Refuse a diff that has lost files or lines that the diffstat above it counts."""
    said = next((m for line in reversed(above) if (m := _TOTALS.fullmatch(line.lstrip(b"> ")))), None)
    if said is None:
        return
    lines = [line[:1] for section in sections for hunk in section.hunks for line in hunk.lines]
    counts = (len(sections), lines.count(b"+"), lines.count(b"-"))
    for what, count, claim in zip(("files", "added lines", "removed lines"), counts, said.groups(b"0"), strict=True):
        if count < int(claim):
            raise InputError(f"{place}: {count} {what} where the diffstat counts {int(claim)}: cut short; {ADVICE}")


def check_c(section: Section, place: str) -> None:
    """Refuse C as a binary file, and C whose blanks or characters are no longer the author's."""
    if section.binary and _C_NAME.search(section.git):
        shown = show(section.new or section.git)
        raise InputError(f"{place}: a C file is changed as a binary file, {shown}; make a diff of its text")
    lines = [line.rstrip(b"\n") for hunk in section.hunks for line in hunk.lines]
    if not _C_NAME.search(section.new + b" " + section.old):
        return
    what = _blanks(lines) or _characters(lines)
    if what:
        raise InputError(f"{place}: {what.format(show(section.new))}; {ADVICE}")


def _blanks(lines: Sequence[bytes]) -> str:
    """Return what has become of the blanks of C, where one line proves nothing but several agree."""
    if any(_HARD_BLANK.match(line) for line in lines):
        return "non-breaking spaces stand in place of the blanks of {}"
    if any(b"\t" in line for line in lines):
        return ""
    indents = [len(match[1]) for line in lines if (match := _INDENTED.match(line))]
    # One space is the comment's own (" * text").
    if indents.count(_TAB) >= _WITNESSES and all(i <= 1 or i >= _TAB for i in indents):
        return "the tabs of {} have become spaces"
    wide = any(i > 1 for i in indents) or any(b"  " in line[1:].strip() for line in lines)
    if not wide and sum(bool(_ONE_BLANK.match(line)) for line in lines) >= _WITNESSES:
        return "the blanks of {} have been squeezed to one"
    bare = not wide and sum(bool(_STATEMENT.match(line)) for line in lines) >= _PAIR
    return "the lines of {} have lost their indent" if bare else ""


def _characters(lines: Sequence[bytes]) -> str:
    """Return what has become of other characters of C."""
    if any(_ENTITY.search(line) for line in lines):
        return "{} has HTML entities in place of its characters"
    if sum(bool(_QUOTED_PRINTABLE.search(line)) for line in lines) >= _PAIR:
        return "{} is quoted-printable whose header is lost"
    return ""
