"""The diff in one text of a mail, without quoting, format=flowed and the carriage returns of the transport."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.damage import check_c, check_totals
from lmlint.patch.scan import Section, scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.patch.mime import Text

_START = re.compile(rb"((?:> ?)*)(diff --git |diff --cc |diff --combined |--- )")
_DIFFSTAT = re.compile(rb"( +)\S.* \| +\d+ [+-]*\s*")
_MARKS = re.compile(rb">*")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A clean diff, and for each of its lines the indexes of the lines of the text that it was read from."""

    diff: bytes
    places: tuple[range, ...]


def find_starts(lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Return where the diff of a file starts, each with the quote prefix that stands before it."""
    starts = []
    for at, line in enumerate(lines):
        if match := _START.match(line):
            prefix = match[1]
            if match[2] == b"--- ":
                after = [other.removeprefix(prefix) for other in lines[at + 1 : at + 3]]
                if len(after) < 2 or not after[0].startswith(b"+++ ") or not after[1].startswith(b"@@ -"):  # noqa: PLR2004
                    continue
            starts.append((at, prefix))
    return starts


def clean(text: Text, starts: Sequence[tuple[int, bytes]], name: str, limits: Limits = DEFAULT) -> Cleaned:
    """Return the diff that starts at the first of the starts; damage is refused.

    Soft line breaks are joined only where the text calls itself flowed and does not scan as it stands: then the counts
    of its hunks decide.
    """
    try:
        return _clean(text, starts, name, limits)
    except InputError:
        if not text.flowed:
            raise
        flowed, spans = _unflow(text, starts[0][1].count(b">"))
        again = find_starts(flowed.lines)
        try:
            made = _clean(flowed, again, name, limits)
            return replace(made, places=tuple(spans[place.start] for place in made.places))
        except (InputError, IndexError):
            pass
        raise


def _clean(text: Text, starts: Sequence[tuple[int, bytes]], name: str, limits: Limits) -> Cleaned:
    """Return the diff of a text whose lines are whole."""
    at, prefix = starts[0]

    def place(at: int) -> str:
        return f"{name}: {text.place(at)}"

    for other, differs in starts:
        if differs.count(b">") != prefix.count(b">"):
            raise InputError(f"{place(other)}: a second diff is quoted differently; give one of them alone")
    lines, stray = _unquote(text.lines, prefix)
    lines[:at] = [None] * at
    if (lines[at] or b"").endswith(b"\r"):  # a header line of the diff ends in one only where the transport added it
        lines = [line.removesuffix(b"\r") if line is not None else None for line in lines]
    sections = scan(lines, place, stray, limits)
    check_totals(text.lines[:at], sections, place(at))
    for section in sections:
        check_c(section, place(section.first))
    raw = [line for section in sections for line in section.raw]
    if _is_stuffed(sections, text, at, prefix):
        raw = [line[1:] if line.startswith(b"  ") else line for line in raw]
    places = tuple(range(at, at + 1) for section in sections for at in section.places)
    return Cleaned(b"".join(line + b"\n" for line in raw), places)


def _unquote(lines: Sequence[bytes], prefix: bytes) -> tuple[list[bytes | None], frozenset[int]]:
    """Return the lines without their quote prefix, None for comments between them, and the indexes of stray lines.

    A comment has blank lines around it. Other lines without the prefix may be the wrapped ends of quoted ones.
    """
    if not prefix:
        return list(lines), frozenset()
    bare = prefix.rstrip()
    inner: list[bytes | None] = []
    for line in lines:
        rest = line[len(bare) :]
        if line.startswith(prefix):
            inner.append(line[len(prefix) :])
        elif line.startswith(bare) and rest[:1] not in {b">", b" "}:
            inner.append(rest)
        else:
            inner.append(None)
    stray: set[int] = set()
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and inner[end] is None:
            end += 1
        if end > at and (lines[at].strip() or (end < len(lines) and lines[end - 1].strip())):
            stray.update(range(at, end))
            inner[at:end] = lines[at:end]
        at = max(end, at + 1)
    return inner, frozenset(stray)


def _unflow(text: Text, depth: int) -> tuple[Text, list[range]]:
    """Return a flowed text by the rules of RFC 3676: unstuffed, soft-broken lines joined; it is quoted as it was.

    With it come, for each of its lines, the indexes of the lines that it is made of.
    """
    prefix = b">" * depth + b" " * bool(depth)
    out: list[list[bytes]] = []
    spans: list[range] = []
    soft = False
    for at, raw in enumerate(text.lines):
        line = raw.removesuffix(b"\r")
        level = len((_MARKS.match(line) or [b""])[0])
        if level != depth:
            out.append([line])
            spans.append(range(at, at + 1))
            soft = False
            continue
        inner = line[level:].removeprefix(b" ")
        joins = soft and inner != b"-- "
        # A blank context line is one blank: mailers that should have trimmed it leave it, and it is not soft.
        soft = inner.endswith(b" ") and inner.strip() != b"" and inner != b"-- "
        if soft and text.delsp:
            inner = inner[:-1]
        if joins:
            out[-1].append(inner)
            spans[-1] = range(spans[-1].start, at + 1)
        else:
            out.append([prefix, inner])
            spans.append(range(at, at + 1))
    # Some mailers put a blank between a quote mark and the stuffing: what is left of it must be guessed.
    joined = [b"".join(pieces) for pieces in out]
    return replace(text, lines=joined, flowed=None if depth else False, first=0), spans


def _is_stuffed(sections: Sequence[Section], text: Text, start: int, prefix: bytes) -> bool:
    """Whether context lines carry the extra space of format=flowed, decided once for the mail.

    A wrong answer alters every context line, so that nothing applies: it cannot go unseen.
    """
    context = [
        line.rstrip(b"\n") for section in sections for hunk in section.hunks for line in hunk.lines if line[:1] == b" "
    ]
    full = [line for line in context if line != b" "]
    if not full or not all(line.startswith(b"  ") for line in full):
        return False
    if text.flowed or (text.flowed is False and not prefix):
        return bool(text.flowed)
    # Without a header to ask, the diffstat tells, which has one space of its own; else context lines that a kernel
    # file does not have, blank but for a space or a space before a tab.
    stats = [m for line in text.lines[:start] if (m := _DIFFSTAT.fullmatch(line.removeprefix(prefix)))]
    if stats:
        return len(stats[-1][1]) > 1
    return any(line == b"  " or line.startswith(b"  \t") for line in full)
