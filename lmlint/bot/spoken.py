"""What a mail tells the bot: the `#lmlint:` commands that its author wrote, and nothing that the mail repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lmlint.error import InputError
from lmlint.patch.mail import MAX_LINES
from lmlint.patch.mime import MAX_DEPTH, MAX_FIELD, open_mail, read_headers, read_texts
from lmlint.report.text import printable

MOST = 20
"""How many commands of one mail are looked at."""
LONGEST_REASON = 200

_BOUNDARY = re.compile(rb';\s*boundary\s*=\s*(?:"([^"\\]*)"|([^;\s"]+))', re.IGNORECASE)
_COMMAND = re.compile(r"#lmlint[ \t]*:[ \t]*(.*)", re.ASCII | re.IGNORECASE)
_WHY = r"[.!]?(?:[ \t]+(?:-{1,3}|\u2013|\u2014)[ \t]+(.*))?"
_OF_FINDING = re.compile(rf"(wrong|wontfix)[ \t]+\[?([0-9a-f]{{8}})\]?{_WHY}", re.ASCII | re.IGNORECASE)
_OF_THREAD = re.compile(rf"(stop|recheck)(){_WHY}", re.ASCII | re.IGNORECASE)
# Below these nothing is the author's own word to the bot: a diff, a signature, a mail that is repeated without marks.
# A blank behind the dashes of a signature does not survive every relay, and few DKIM signatures insist on it.
_END = re.compile(
    r"--\s*\Z|diff -|index: |@@ -|-{2,} ?(?:original|forwarded|begin forwarded)\b|begin forwarded message|_{10,}\s*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it was written: `verb` is "" where it is none that is known, `why` is then what stands there."""

    verb: str
    finding: str
    """Eight hex digits in lower case, "" for `stop` and `recheck`."""
    line: int
    """Of the text, from 1."""
    why: str
    """What follows the dash, in one printable line."""


def commands(data: bytes, name: str) -> tuple[Command, ...]:
    """Return the commands that stand at the start of a line in the author's own words, `MOST` + 1 of them at most.

    Only the first text of the mail counts; lines that are quoted, a signature and what follows a diff do not.
    InputError where the text is damaged.
    """
    return of_lines(_first_text(data, name))


def of_lines(lines: list[bytes]) -> tuple[Command, ...]:
    """Return the commands in the lines of a text."""
    found: list[Command] = []
    for number, raw in enumerate(lines, 1):
        line = _text(raw)
        following = lines[number] if number < len(lines) else b""
        if _END.match(line) or (raw.startswith(b"--- ") and following.startswith(b"+++ ")):
            break
        if match := _COMMAND.fullmatch(line.rstrip()):
            found.append(_read(match[1], number))
            if len(found) > MOST:
                break
    return tuple(found)


def _read(text: str, line: int) -> Command:
    """Return the command that a text is."""
    match = _OF_FINDING.fullmatch(text) or _OF_THREAD.fullmatch(text)
    if match is None:
        return Command("", "", line, _short(text))
    return Command(match[1].lower(), match[2].lower(), line, _short(match[3] or ""))


def _short(text: str) -> str:
    return printable(" ".join(text.split()))[:LONGEST_REASON]


def _text(raw: bytes) -> str:
    """Return a line as text."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _first_text(data: bytes, name: str) -> list[bytes]:
    """Return the lines of the first part of a mail, decoded, where that is its text; none where it is anything else.

    What follows the first part is an attachment, another form of the same text, or what a list has added.
    """
    lines = data.split(b"\n", MAX_LINES)
    headers, used = open_mail(lines)
    if not headers:
        return []
    lines = lines[used:]
    for _ in range(MAX_DEPTH):
        content = headers.get("content-type", b"text/plain")[:MAX_FIELD]
        kind = content.partition(b";")[0].strip().lower()
        if not kind.startswith(b"multipart/"):
            break
        match = _BOUNDARY.search(content)
        mark = b"--" + ((match[1] or match[2] or b"") if match else b"")
        ends = [at for at, line in enumerate(lines) if line.startswith(mark) and line.rstrip() in {mark, mark + b"--"}]
        if mark == b"--" or len(ends) < len(("its start", "its end")):
            raise InputError(f"{name}: the first part of the mail has no end")
        lines = lines[ends[0] + 1 : ends[1]]
        headers, used = read_headers(lines)
        lines = lines[used:]
    disposition = headers.get("content-disposition", b"").partition(b";")[0].strip().lower()
    if kind != b"text/plain" or disposition not in {b"", b"inline"}:
        return []
    encoding = headers.get("content-transfer-encoding", b"7bit")
    made = [b"Content-Type: " + content, b"Content-Transfer-Encoding: " + encoding, b"", *lines]
    return read_texts(made, name)[1][0].lines
