"""A cheap look at a mail: whether it may be of any interest at all.

A mail that is passed over is never read again, so every doubt lets it through. What makes a mail one of interest is
read by the same readers as later, or by a search that finds at least as much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.mail import MAX_LINES
from lmlint.patch.mime import Text, read_texts
from lmlint.patch.subject import Tags, decode, read_subject

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING, PATCH, COVER, COMMAND, OWN = "", "patch", "cover", "command", "own"

_MOST_HEADER = 256 * 1024
"""Bytes of a header that `head` looks at."""
_MOST_FIELDS = 16 * 1024
_END = re.compile(rb"\n\r?\n")
_FIELD = rb"\n%s[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*"
_SUBJECT = re.compile(_FIELD % rb"(?i:subject)")
_KEPT = re.compile(_FIELD % rb"(?i:from|subject|date|message-id|in-reply-to|references)")
_MAILER = re.compile(rb"\nx-mailer[ \t]*+:\s*+lmlint")

# Where one of these stands in a mail, its text may be written otherwise than it is read.
_ENCODED = (b"base64", b"quoted-printable", b"flowed", b"delsp")
_WIDE = re.compile(rb'charset\s*+=\s*+"?+\s*+(?:utf[-_]?(?:7|16|32)|ucs|cp\d|ibm|hz)')

_NAMING = rb"\n[> \t]*+(?:diff --|--- |\+\+\+ |rename |copy )"
# git writes a name with unusual bytes in quotes, and may escape any byte of it.
_QUOTES = (b'--- "', b'+++ "', b'git "', b'from "', b'to "')
_QUOTED = re.compile(rb'(?:--- |\+\+\+ |git |from |to ) *+"[^"\\\n]*+\\')
_SOFT = re.compile(rb" \r?\n[> ]*+")
_COMMAND = re.compile(rb"\n[^\n>#]{0,8}#\s?lmlint")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a mail shows: why it is wanted, "" where it is not, and whether it is a patch of any kind."""

    wanted: str
    patch: bool


class Sieve:
    """Tells the mails that may touch a file of some rule, introduce a series, command the bot, or come from one."""

    def __init__(self, globs: Iterable[str]) -> None:
        """Let through what may touch a path that one of the globs matches: of `files` and of `lookup`."""
        self.globs = tuple(globs)
        self._literals = tuple(dict.fromkeys(map(_literal, self.globs)))
        names = b"|".join(map(re.escape, self._literals))
        self._named = re.compile(_NAMING + rb"[^\n]*?(?:" + names + rb")")

    def look(self, data: bytes) -> Look:
        """Return what a look at a mail shows, in time that grows no faster than the mail."""
        lower = data.lower()
        end = _END.search(data)
        header = data[: end.start() if end else len(data)]
        tags = _tags(header)
        sent = tags.patch and not tags.reply and not tags.cover
        if _MAILER.search(b"\n" + lower[: len(header)]):
            return Look(OWN, patch=False)
        texts = [Text(data.split(b"\n", 0), 1, None)]
        if any(word in lower for word in _ENCODED) or _WIDE.search(lower):
            try:
                texts = read_texts(data.split(b"\n", MAX_LINES), "")[1]
            except InputError:  # whoever reads it says what is wrong, which is of interest where it may be a patch
                texts = [replace(texts[0], flowed=True)]
                if sent:
                    return Look(PATCH, patch=True)
        told = [self._tell(b"\n" + b"\n".join(text.lines), text) for text in texts]
        wanted = next((why for why in (PATCH, COMMAND) if any(one.wanted == why for one in told)), NOTHING)
        patch = sent or any(one.patch for one in told)
        return Look(wanted or (COVER if tags.cover and not tags.reply else NOTHING), patch=patch)

    def _tell(self, text: bytes, read: Text) -> Look:
        """Return what one text of a mail shows, a newline before it."""
        patch = b"\ndiff --git " in text or (b"\n+++ " in text and b"\n@@ -" in text)
        if (b"diff --" in text or b"+++ " in text) and self._touches(text, read):
            return Look(PATCH, patch=patch)
        spoken = b"lmlint" in (lower := text.lower()) and _COMMAND.search(lower) is not None
        return Look(COMMAND if spoken else NOTHING, patch=patch)

    def _touches(self, text: bytes, read: Text) -> bool:
        """Whether a text that holds a diff may name a file of interest."""
        if read.delsp:  # a line break may stand within a name
            return True
        if read.flowed:  # or before it
            return any(name in text for name in self._literals) or _QUOTED.search(_SOFT.sub(b" ", text)) is not None
        if any(name in text for name in self._literals) and self._named.search(text):
            return True
        return b"\\" in text and any(start in text for start in _QUOTES) and _QUOTED.search(text) is not None


def head(data: bytes) -> bytes:
    """Return the header fields of a mail that say who, when, what and in which thread; without a blank line."""
    end = _END.search(data, 0, _MOST_HEADER)
    header = b"\n" + data[: end.start() if end else _MOST_HEADER]
    return b"".join(match[0] for match in _KEPT.finditer(header))[1 : _MOST_FIELDS + 1]


def _tags(header: bytes) -> Tags:
    """Return what the subject in a header says."""
    match = _SUBJECT.search(b"\n" + header)
    if match is None or not (b"[" in match[0] or b"=?" in match[0]):  # most subjects have no tags
        return Tags("")
    raw = match[0].partition(b":")[2]
    return read_subject(decode(b" ".join(part.strip() for part in raw.split(b"\n"))))


def _literal(glob: str) -> bytes:
    """Return the longest piece of text that every path has which the glob matches."""
    pieces = re.split(r"[*?]", glob.partition("[")[0])
    return max(pieces, key=len).encode("utf-8", "surrogateescape")
