"""The subject of a patch mail, and what the tags in its brackets say."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

MAX_SUBJECT = 998

_REPLY = re.compile(r"(?:re|aw|sv|antw|fwd?|wg)(?:\[\d{1,3}\])?\s?:\s*", re.IGNORECASE)
_GROUP = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*")
_NUMBER = re.compile(r"(?<![\w./])(\d{1,4})\s?(?:/|of)\s?(\d{1,4})(?=v\d|[^\w./]|\Z)", re.IGNORECASE)
# A kernel version ("v6.1") is none of a patch.
_VERSION = re.compile(
    r"(?:(?<![a-z0-9.])|(?<=patch)|(?<=rfc)|(?<=\d/\d)|(?<=\d/\d\d))v(\d{1,4})(?![\w]|\.\d)", re.IGNORECASE
)
_PATCH = re.compile(r"(?<![a-z])patch", re.IGNORECASE)
_RESEND = re.compile(r"(?<![a-z])(?:resend|repost)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a subject says: `number` of `total` (0 and 0 without a count), `version` (1 without one), and the rest.

    `patch` is whether it calls itself a patch, `cover` whether it is number 0, and `title` has neither tags nor "Re:".
    """

    title: str
    number: int = 0
    total: int = 0
    version: int = 1
    patch: bool = False
    resend: bool = False
    reply: bool = False

    @property
    def cover(self) -> bool:
        """Whether this is the letter that introduces a series."""
        return self.total > 0 and self.number == 0


def read_subject(subject: str) -> Tags:
    """Return the tags of a decoded subject; a later bracket adds only what no earlier one said."""
    at, groups, reply = 0, list[str](), False
    while match := _REPLY.match(subject, at) or _GROUP.match(subject, at):
        if match.re is _GROUP:
            groups.append(match[1])
        else:
            reply = True
        at = match.end()
    text = " ; ".join(groups)
    counts = [(int(m[1]), int(m[2])) for m in _NUMBER.finditer(text)]
    number, total = next(((a, b) for a, b in counts if a <= b and b), (0, 0))
    version = _VERSION.search(text)
    return Tags(
        title=subject[at:].strip(),
        number=number,
        total=total,
        version=max(int(version[1]), 1) if version else 1,
        patch=_PATCH.search(text) is not None,
        resend=_RESEND.search(text) is not None,
        reply=reply,
    )


def decode(raw: bytes) -> str:
    """Return a header field as one line of text, its encoded words decoded."""
    try:
        text = raw[:MAX_SUBJECT].decode("utf-8")
    except UnicodeDecodeError:
        text = raw[:MAX_SUBJECT].decode("latin-1")
    if "=?" in text:
        from email.errors import HeaderParseError  # noqa: PLC0415 (rare, and slow to import)
        from email.header import decode_header  # noqa: PLC0415

        with suppress(HeaderParseError, ValueError):  # damaged base64: shown as it stands
            text = "".join(_word(word, charset) for word, charset in decode_header(text)) or text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _word(word: bytes | str, charset: str | None) -> str:
    """Return an encoded word as text; its charset is a claim."""
    if isinstance(word, str):
        return word
    try:
        return word.decode(charset or "ascii", "replace")
    except (LookupError, ValueError):  # no such charset, or one that cannot be decoded so
        return word.decode("latin-1")
