"""The patch in a mail: a plain diff, a format-patch mail, or a reply that quotes one."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.mime import Text, read_texts
from lmlint.patch.scan import ADVICE, Section, scan, show

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 400_000
MAX_SUBJECT = 998

_MBOX = re.compile(rb"^From [^\n]*\d\d:\d\d:\d\d[^\n]*\n(?=[A-Za-z-]+:)", re.MULTILINE)
_START = re.compile(rb"((?:> ?)*)(diff --git |diff --cc |diff --combined |--- )")
_PATCH = re.compile(r"\[[^\]]*PATCH[^\]]*\]\s*\S", re.IGNORECASE)
_TOTALS = re.compile(rb"\s*(\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?\s*")
_DIFFSTAT = re.compile(rb"( +)\S.* \| +\d+ [+-]*\s*")
_INDENTED = re.compile(rb"[ +-]( *)\S")
_C_NAME = re.compile(rb"\.[chS](?:\s|\Z)")
_TAB = 8
_PEEK = 512
_WITNESSES = 3


@dataclass(frozen=True, slots=True)
class Mail:
    """A patch as it came; subject and message id (with its angle brackets) are empty where nothing tells them."""

    name: str
    subject: str
    message_id: str
    diff: bytes


def read_mail(data: bytes, name: str) -> Mail:
    """Return the mail with the clean diff that it holds; a diff that is damaged or missing is refused."""
    if data[:_PEEK].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{name}: line 1: a page of HTML; give the raw mail")
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: more than {MAX_BYTES} bytes; give a smaller mail")
    lines = data.split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        raise InputError(f"{name}: more than {MAX_LINES} lines; give a smaller mail")
    if (mails := len(_MBOX.findall(data))) > 1:
        raise InputError(f"{name}: holds {mails} mails; split it (git mailsplit) and give one patch at a time")
    headers, texts = read_texts(lines, name)
    found = [(text, starts) for text in texts if (starts := _starts(text.lines))]
    if not found:
        raise InputError(f"{name}: line 1: no diff found; give a unified diff or a mail that holds one, unaltered")
    if len(found) > 1:
        raise InputError(f"{name}: {len(found)} parts of the mail hold a diff; give one of them alone")
    text, starts = found[0]
    diff = _clean(text, starts, name)
    if not headers:
        headers = _written_headers(text.lines[: starts[0][0]])
    message_id = re.search(rb"<[^<>\s]+>", headers.get("message-id", b""))
    return Mail(
        name, _decode(headers.get("subject", b"")), message_id[0].decode("ascii", "replace") if message_id else "", diff
    )


def _starts(lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
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


def _clean(text: Text, starts: Sequence[tuple[int, bytes]], name: str) -> bytes:
    """Return the diff without quoting, stuffing and the carriage returns of the transport."""
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
    sections = scan(lines, place, stray)
    _check_totals(text.lines[:at], sections, place(at))
    for section in sections:
        _check_c(section, place(section.first))
    raw = [line for section in sections for line in section.raw]
    if _is_stuffed(sections, text, at, prefix):
        raw = [line[1:] if line.startswith(b"  ") else line for line in raw]
    return b"".join(line + b"\n" for line in raw)


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


def _check_totals(above: Sequence[bytes], sections: Sequence[Section], place: str) -> None:
    """Refuse a diff that has lost files or lines that the diffstat above it counts."""
    said = next((m for line in reversed(above) if (m := _TOTALS.fullmatch(line.lstrip(b"> ")))), None)
    if said is None:
        return
    lines = [line[:1] for section in sections for hunk in section.hunks for line in hunk.lines]
    counts = (len(sections), lines.count(b"+"), lines.count(b"-"))
    for what, count, claim in zip(("files", "added lines", "removed lines"), counts, said.groups(b"0"), strict=True):
        if count < int(claim):
            raise InputError(f"{place}: {count} {what} where the diffstat counts {int(claim)}: cut short; {ADVICE}")


def _check_c(section: Section, place: str) -> None:
    """Refuse C as a binary file, or with tabs become spaces: each indent is a tab or more, and there is no tab."""
    if section.binary and _C_NAME.search(section.git):
        raise InputError(f"{place}: a C file is changed as a binary file; make a diff of its text")
    lines = [line for hunk in section.hunks for line in hunk.lines]
    if not _C_NAME.search(section.new + b" " + section.old) or any(b"\t" in line for line in lines):
        return
    indents = [len(match[1]) for line in lines if (match := _INDENTED.match(line))]
    # One space is the comment's own (" * text").
    if indents.count(_TAB) >= _WITNESSES and all(i <= 1 or i >= _TAB for i in indents):
        raise InputError(f"{place}: the tabs of {show(section.new)} have become spaces; {ADVICE}")


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


def _decode(raw: bytes) -> str:
    """Return a subject as one line of text."""
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
