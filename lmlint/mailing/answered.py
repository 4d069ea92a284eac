"""The mail that is answered: who wrote it to whom, and the lines that an answer can quote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.limits import DEFAULT, Limits
from lmlint.mailing.address import NOBODY, Address, Addresses, read_addresses
from lmlint.patch.mail import open_patch, read_letter
from lmlint.patch.mime import read_texts
from lmlint.patch.subject import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.patch.mime import Text

MAX_IDS = 30
"""How many of its references an answer names: the first, and the last ones."""

_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_DATE = re.compile(r"[\w ,:+()-]{1,64}", re.ASCII)
# Charsets in which a line means the same whatever stands before it. Any other claim is taken for one of UTF-8: among
# what Python knows are some that turn an escape in a C string into the end of a line.
_CHARSET = re.compile(
    r"utf-?8|(?:us-?)?ascii|iso-?8859-\d{1,2}|latin-?\d|(?:windows-?|cp)125\d|koi8-[rut]|gb2312|gbk|gb18030|big5"
    r"|euc-(?:jp|kr)|iso-2022-(?:jp|kr)|shift-jis|tis-620|mac-?roman|cp(?:437|850|852|866|932|949)"
)
_REPLY = re.compile(r"(?:(?:re|aw|sv|antw)(?:\[\d{1,3}\])?\s?:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answered:
    """A patch as it came: what its header tells, "" or empty where it tells nothing, and the lines of its text.

    `headed` is whether it has a header at all. `lines` are in UTF-8, None for one that cannot be decoded; `places` are,
    for each line of the clean diff, the indexes of its lines there. Message ids keep their angle brackets.
    """

    name: str
    headed: bool
    lines: tuple[bytes | None, ...]
    places: tuple[range, ...]
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    author: Addresses = NOBODY
    reply_to: Addresses = NOBODY
    to: Addresses = NOBODY
    cc: Addresses = NOBODY
    date: str = ""
    sent: int = 0
    """The date in seconds since 1970, 0 where none is told."""

    @property
    def writer(self) -> Address | None:
        """Who wrote it."""
        return next(iter(self.author.good), None)

    @property
    def chain(self) -> tuple[str, ...]:
        """The ids that an answer names as its references, its own last; a long chain lacks some in the middle."""
        known = [one for one in dict.fromkeys(self.references) if one != self.message_id]
        known += [self.message_id] if self.message_id else []
        return tuple(known if len(known) <= MAX_IDS else [known[0], *known[1 - MAX_IDS :]])


def read_answered(data: bytes, name: str, limits: Limits = DEFAULT) -> Answered:
    """Return a mail with a patch as what is answered; InputError where its diff is damaged or missing."""
    opened = open_patch(data, name, limits)
    mail = read_letter(data, name, limits).mail
    headers = opened.headers
    date = " ".join(decode(headers.get("date", b"")).split())
    return Answered(
        name,
        bool(headers),
        decoded(opened.text),
        opened.cleaned.places,
        subject=mail.subject,
        message_id=mail.message_id if is_id(mail.message_id) else "",
        references=tuple(filter(is_id, mail.references or mail.in_reply_to[:1])),
        author=_field(headers, "from"),
        reply_to=_field(headers, "reply-to"),
        to=_field(headers, "to"),
        cc=_field(headers, "cc"),
        date=date if _DATE.fullmatch(date) else "",
        sent=mail.sent,
    )


def bare(diff: bytes, name: str, subject: str) -> Answered:
    """Return a patch that came in no mail as what is answered: its lines are those of the diff."""
    lines = tuple(_utf8(line) for line in diff.removesuffix(b"\n").split(b"\n"))
    return Answered(name, False, lines, tuple(range(at, at + 1) for at in range(len(lines))), subject=subject)  # noqa: FBT003  # a field


def every_line(data: bytes, name: str) -> tuple[bytes, ...]:
    """Return the lines of all texts of a mail, or of a plain diff, in UTF-8: what an answer to it may quote."""
    _, texts = read_texts(data.split(b"\n"), name)
    return tuple(line for text in texts for line in decoded(text) if line is not None)


def decoded(text: Text) -> tuple[bytes | None, ...]:
    """Return the lines of a text in UTF-8, without carriage returns at their ends; None where one cannot be decoded."""
    charset = text.charset.replace("_", "-")
    if not _CHARSET.fullmatch(charset) or charset in {"utf-8", "utf8", "ascii", "us-ascii", "usascii"}:
        return tuple(map(_utf8, text.lines))
    return tuple(_converted(line.removesuffix(b"\r"), charset) for line in text.lines)


def is_id(text: str) -> bool:
    """Whether a text is a message id, its angle brackets included, that a header can hold."""
    return _ID.fullmatch(text) is not None


def answered_subject(subject: str) -> str:
    """Return the subject of an answer, with one `Re:`."""
    title = subject[match.end() :] if (match := _REPLY.match(subject)) else subject
    return f"Re: {title.strip() or '(no subject)'}"


def _utf8(line: bytes) -> bytes | None:
    line = line.removesuffix(b"\r")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return line


def _converted(line: bytes, charset: str) -> bytes | None:
    try:
        text = line.decode(charset)
    except (LookupError, ValueError):  # no codec of this name, or bytes that are none of it
        return None
    return None if "\n" in text else text.encode("utf-8", "strict")


def _field(headers: Mapping[str, bytes], key: str) -> Addresses:
    """Return the addresses of a field; where it stands more than once, of all of them."""
    found = [read_addresses(value) for name, value in headers.items() if name.partition(" ")[0] == key]
    return Addresses(
        tuple(address for one in found for address in one.good), tuple(piece for one in found for piece in one.bad)
    )
