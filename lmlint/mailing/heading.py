"""The header of a mail that goes out, read strictly: what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mailing.address import read_addresses
from lmlint.patch.subject import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_ID = re.compile(rb"<[!-;=?A-~]+@[!-;=?A-~]+>")
_REPLY = re.compile(r"re: \S", re.IGNORECASE)
_LMLINT = re.compile(rb"lmlint\b", re.IGNORECASE)
_PLAIN = re.compile(rb"text/plain\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb";\s*charset\s*=\s*\"?([\w-]+)\"?", re.IGNORECASE)
_FLOWED = re.compile(rb";\s*format\s*=\s*\"?flowed", re.IGNORECASE)
_ONCE = (
    "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject", "date",
    "mime-version", "content-type", "content-transfer-encoding", "auto-submitted",
)  # fmt: skip
_SHOWN = {"id": "ID", "mime": "MIME"}
_WRONG = tuple[int, str, str]
"""A line of the mail, a rule, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The fields of a mail by name in lower case, each with its line and its unfolded value, and the body's lines.

    `first` is the line of the mail at which the body starts; `stray` are lines that are none of a field.
    """

    fields: dict[str, list[tuple[int, bytes]]]
    body: tuple[bytes, ...]
    first: int
    stray: tuple[int, ...] = ()

    def value(self, name: str) -> bytes:
        """Return the value of the first field of a name, or nothing."""
        return self.fields[name][0][1] if name in self.fields else b""

    def line(self, name: str) -> int:
        """Return the line of a field, the first line of the mail where it has none."""
        return self.fields[name][0][0] if name in self.fields else 1

    @property
    def by_lmlint(self) -> bool:
        """Whether the mail says that lmlint wrote it."""
        return any(_LMLINT.match(self.value(name).strip()) for name in ("x-mailer", "user-agent"))


def read_heading(mail: bytes) -> Heading:
    """Return the header of a mail, and the lines below it without their carriage returns."""
    lines = [line.removesuffix(b"\r") for line in mail.split(b"\n")]
    at = 1 if lines[0].startswith(b"From ") else 0
    fields: dict[str, list[tuple[int, bytes]]] = {}
    stray: list[int] = []
    last: list[tuple[int, bytes]] | None = None
    while at < len(lines) and lines[at]:
        line = lines[at]
        if line[:1] in {b" ", b"\t"} and last is not None:
            last[-1] = last[-1][0], last[-1][1] + b" " + line.strip()
        elif match := _FIELD.fullmatch(line):
            last = fields.setdefault(match[1].decode("ascii").lower(), [])
            last.append((at + 1, match[2].strip()))
        else:
            stray.append(at + 1)
        at += 1
    return Heading(fields, tuple(lines[at + 1 :]), at + 2, tuple(stray))


def check_heading(head: Heading, *, program: bool, draft: bool) -> Iterator[_WRONG]:
    """Yield what is wrong with the header of a mail: of a `program`, or of a `draft` that is to be completed."""
    yield from _fields(head)
    for name in ("from", "subject", "message-id", *(() if draft else ("date",))):
        if not head.value(name):
            yield head.line(name), "header", f"no {_shown(name)}"
    if not (draft or head.value("to") or head.value("cc")):
        yield 1, "header", "no recipient: neither To nor Cc"
    for name in ("from", "to", "cc", "reply-to"):
        for bad in read_addresses(head.value(name)).bad:
            yield head.line(name), "header", f"{_shown(name)} holds {bad[:60]!a}, which is no address"
    yield from _thread(head)
    yield from _date(head)
    yield from _content(head)
    if program:
        yield from _program(head)


def _fields(head: Heading) -> Iterator[_WRONG]:
    """Yield what is wrong with fields, whatever they are."""
    yield from ((line, "header", "is no field of a header") for line in head.stray)
    for name, found in head.fields.items():
        yield from ((line, "header", f"a second {_shown(name)}") for line, _ in found[1:] if name in _ONCE)
        for line, value in found:
            if not value.isascii():
                yield line, "header", f"{_shown(name)} holds bytes that are not ASCII: encode them (RFC 2047)"


def _thread(head: Heading) -> Iterator[_WRONG]:
    """Yield what is wrong with the fields that tell what is answered."""
    known = []
    for name in ("message-id", "in-reply-to", "references"):
        ids = head.value(name).split()
        known.append(ids)
        if not all(map(_ID.fullmatch, ids)) or (name == "message-id" and len(ids) > 1):
            yield head.line(name), "thread", f"{_shown(name)} is not made of ids in angle brackets"
    _, parent, chain = known
    if parent and parent[-1] not in chain:
        yield head.line("in-reply-to"), "thread", "In-Reply-To does not stand in References"
    if parent and not _REPLY.match(decode(head.value("subject"))):
        yield head.line("subject"), "subject", 'an answer, and its subject does not start with "Re: "'


def _date(head: Heading) -> Iterator[_WRONG]:
    from email.utils import parsedate_tz  # noqa: PLC0415  # of use only here, and slow to import

    if head.value("date") and parsedate_tz(head.value("date").decode("ascii", "replace")) is None:
        yield head.line("date"), "header", "Date is none"


def _content(head: Heading) -> Iterator[_WRONG]:
    """Yield what is wrong with how the body is written."""
    kind, how = head.value("content-type"), head.value("content-transfer-encoding").lower()
    eight = not all(line.isascii() for line in head.body)
    if kind and not _PLAIN.fullmatch(kind):
        yield head.line("content-type"), "encoding", "the body is not text/plain in one part"
    if _FLOWED.search(kind):
        yield head.line("content-type"), "encoding", "format=flowed: lines of a patch would be changed"
    charset = match[1].lower() if (match := _CHARSET.search(kind)) else b""
    if charset not in ({b"utf-8"} if eight else {b"utf-8", b"us-ascii", b""}):
        what = charset.decode() if charset else "not named"
        yield head.line("content-type"), "encoding", f"the charset is {what}: it must be utf-8"
    if how not in ({b"8bit"} if eight else {b"8bit", b"7bit", b""}):
        what = how.decode("ascii", "replace") if how else "not named"
        yield head.line("content-transfer-encoding"), "encoding", f"the transfer encoding is {what}: it must be 8bit"


def _program(head: Heading) -> Iterator[_WRONG]:
    """Yield what a mail that a program wrote lacks."""
    if head.value("auto-submitted").lower() not in {b"auto-replied", b"auto-generated"}:
        yield head.line("auto-submitted"), "program", "a program wrote it, and Auto-Submitted does not say so"
    if not head.value("x-loop"):
        yield 1, "program", "no X-Loop, by which a program knows its own mails"
    if not (head.value("x-mailer") or head.value("user-agent")):
        yield 1, "program", "no X-Mailer, which names the program"


def _shown(name: str) -> str:
    return "-".join(_SHOWN.get(part, part.capitalize()) for part in name.split("-"))
