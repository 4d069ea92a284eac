"""The patch in a mail: a plain diff, a format-patch mail, or a reply that quotes one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.box import is_separator
from lmlint.patch.clean import Cleaned, clean, find_starts
from lmlint.patch.mime import Text, open_mail, read_texts
from lmlint.patch.scan import ADVICE
from lmlint.patch.subject import decode, read_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LINES = 400_000

_PATCH = re.compile(r"\[[^\]]*PATCH[^\]]*\]\s*\S", re.IGNORECASE)
_ID = re.compile(rb"<[^<>\s]+>")
_STRING = re.compile(rb'"(?:\\.|[^"\\])*"|\([^()]*\)', re.DOTALL)
_ADDRESS = re.compile(rb"<\s*([^<>\s@]+@[^<>\s@]+)\s*>|([^\s<>,;:@]+@[^\s<>,;:@]+)")
_DATE = re.compile(rb"(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d?):(\d\d)(?::(\d\d))?\s*([+-]\d{4})?")
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_TRAILER = re.compile(
    rb"^(?:> ?)*(base-commit|prerequisite-patch-id|change-id): ?(\S{1,200})[ \t\r]*$", re.MULTILINE | re.IGNORECASE
)
_COMMIT = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_HARD_BLANK = re.compile(rb"\xc2\xa0|\xa0")
_PEEK = 512
_MAX_FIELD = 2000


@dataclass(frozen=True, slots=True)
class Mail:
    """A patch as it came, and what its headers, its subject's tags and its trailers say.

    What nothing tells is empty, 0, or version 1. Message ids keep their angle brackets; `author` is the address in
    lower case, `sent` the time in seconds since 1970, `title` the subject without tags and "Re:", and `patch` whether
    the subject calls the mail one. A `reply` says so in its subject, or quotes its diff.
    """

    name: str
    subject: str
    message_id: str
    diff: bytes
    author: str = ""
    sent: int = 0
    title: str = ""
    number: int = 0
    total: int = 0
    version: int = 1
    patch: bool = False
    resend: bool = False
    reply: bool = False
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    base_commit: str = ""
    prerequisites: tuple[str, ...] = ()
    change_id: str = ""
    data: bytes = b""
    """The mail that the diff was read from, byte for byte."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of any kind, its diff not read yet.

    It holds a `diff`, a `quoted` one, `nothing` of the kind, or is `unreadable`.
    """

    mail: Mail
    holds: Literal["diff", "quoted", "nothing", "unreadable"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The header fields of a mail (none for a plain diff), its texts, the one that holds the diff, and the diff."""

    headers: dict[str, bytes]
    texts: tuple[Text, ...]
    text: Text
    cleaned: Cleaned
    start: int
    """The index of the line at which the diff starts."""
    quoted: bool
    """Whether the mail quotes the diff."""


def open_patch(data: bytes, name: str, limits: Limits = DEFAULT) -> Opened:
    """Return the mail taken apart; a diff that is damaged or missing is refused."""
    if data[:_PEEK].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{name}: line 1: a page of HTML; give the raw mail")
    lines = _lines(data, name, limits)
    if (mails := _count(data)) > 1:
        raise InputError(f"{name}: holds {mails} mails; split it (git mailsplit) and give one patch at a time")
    headers, texts = read_texts(lines, name)
    found = [(text, starts) for text in texts if (starts := find_starts(text.lines))]
    if not found:
        if any(find_starts([_HARD_BLANK.sub(b" ", line) for line in text.lines]) for text in texts):
            raise InputError(f"{name}: line 1: non-breaking spaces stand in place of the diff's blanks; {ADVICE}")
        raise InputError(f"{name}: line 1: no diff found; give a unified diff or a mail that holds one, unaltered")
    if len(found) > 1:
        raise InputError(f"{name}: {len(found)} parts of the mail hold a diff; give one of them alone")
    text, starts = found[0]
    at, prefix = starts[0]
    return Opened(headers, tuple(texts), text, clean(text, starts, name, limits), at, b">" in prefix)


def read_mail(data: bytes, name: str, limits: Limits = DEFAULT) -> Mail:
    """Return the mail with the clean diff that it holds; a diff that is damaged or missing is refused."""
    opened = open_patch(data, name, limits)
    mail = _described(name, opened.headers or _written_headers(opened.text.lines[: opened.start]), opened.texts)
    return replace(mail, diff=opened.cleaned.diff, reply=mail.reply or opened.quoted, data=data)


def read_letter(data: bytes, name: str, limits: Limits = DEFAULT) -> Letter:
    """Return what a mail of any kind says of itself; InputError only where a cap is reached."""
    lines = _lines(data, name, limits)
    try:
        headers, texts = read_texts(lines, name)
    except InputError:
        return Letter(_described(name, open_mail(lines)[0], ()), "unreadable")
    found = [(text, starts) for text in texts if (starts := find_starts(text.lines))]
    if not found:
        return Letter(_described(name, headers, texts), "nothing")
    text, starts = found[0]
    mail = _described(name, headers or _written_headers(text.lines[: starts[0][0]]), texts)
    quoted = b">" in starts[0][1]
    return Letter(replace(mail, reply=mail.reply or quoted), "quoted" if quoted else "diff")


def _lines(data: bytes, name: str, limits: Limits) -> list[bytes]:
    """Return the lines of a mail, without newlines."""
    if len(data) > limits.bytes:
        raise InputError(f"{name}: more than {limits.bytes} bytes (limit `bytes`); give a smaller mail")
    lines = data.split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        raise InputError(f"{name}: more than {MAX_LINES} lines; give a smaller mail")
    return lines


def _count(data: bytes) -> int:
    """Return how many mails the separators of an mbox in the data make."""
    count, at = 0, -1
    while (at := data.find(b"From ", at + 1)) >= 0:
        count += (at == 0 or data[at - 1 : at] == b"\n") and is_separator(data, at)
    return count


def _described(name: str, headers: dict[str, bytes], texts: Sequence[Text]) -> Mail:
    """Return a mail without its diff."""
    subject = decode(headers.get("subject", b""))
    tags = read_subject(subject)
    ids = [
        tuple(found.decode("ascii", "replace") for found in _ID.findall(headers.get(key, b"")))
        for key in ("message-id", "in-reply-to", "references")
    ]
    said = _trailers(texts)
    return Mail(
        name,
        subject,
        ids[0][0] if ids[0] else "",
        b"",
        author=_author(headers.get("from", b"")),
        sent=_seconds(headers.get("date", b"")),
        title=tags.title,
        number=tags.number,
        total=tags.total,
        version=tags.version,
        patch=tags.patch,
        resend=tags.resend,
        reply=tags.reply,
        in_reply_to=ids[1],
        references=ids[2],
        base_commit=next(iter(said["base-commit"]), ""),
        prerequisites=tuple(said["prerequisite-patch-id"]),
        change_id=next(iter(said["change-id"]), ""),
    )


def _trailers(texts: Sequence[Text]) -> dict[str, list[str]]:
    """Return the values of the trailers that git and b4 write below a patch or a cover letter."""
    said: dict[str, list[str]] = {"base-commit": [], "prerequisite-patch-id": [], "change-id": []}
    for text in texts:
        for key, value in _TRAILER.findall(b"\n".join(text.lines)):
            kind = key.decode("ascii").lower()
            if kind == "change-id" or _COMMIT.fullmatch(value):
                said[kind].append("".join(c for c in value.decode("utf-8", "replace") if c.isprintable()))
    return said


def _author(raw: bytes) -> str:
    """Return the address of a From field, in lower case: quoted names and comments may hold anything."""
    match = _ADDRESS.search(_STRING.sub(b" ", raw[:_MAX_FIELD]))
    return decode(match[1] or match[2]).lower() if match else ""


def _seconds(raw: bytes) -> int:
    """Return a Date field in seconds since 1970, or 0; a time zone that is no number is taken for UTC."""
    match = _DATE.search(raw[:_MAX_FIELD])
    if not match or match[2].lower() not in _MONTHS:
        return 0
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 (of use to mails with a date only)

    day, year, hour, minute = (int(match[n]) for n in (1, 3, 4, 5))
    second = min(int(match[6] or 0), 59)  # 60 is a leap second
    zone = match[7] or b"+0000"
    shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    try:
        moment = datetime(year, _MONTHS.index(match[2].lower()) + 1, day, hour, minute, second, tzinfo=UTC)
        return int((moment - shift if zone.startswith(b"+") else moment + shift).timestamp())
    except (ValueError, OverflowError):
        return 0


def _written_headers(above: Sequence[bytes]) -> dict[str, bytes]:
    """Return what the top of a web archive's page tells: the subject is its first line, or is written out."""
    headers: dict[str, bytes] = {}
    first = next((line.strip() for line in above if line.strip()), b"")
    if _PATCH.match(first.decode("utf-8", "replace")):
        headers["subject"] = first
    for line in above:
        key, colon, value = line.partition(b":")
        if colon and key.lower() in {b"subject", b"message-id"}:
            headers.setdefault(key.decode("ascii").lower(), value.strip())
    return headers
