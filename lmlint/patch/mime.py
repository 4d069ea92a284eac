"""The texts of a mail that can hold a patch, with their transfer encoding undone."""

# The standard library's parser is not used: it recurses once per nested part, tells damage only in `.defects`, lets
# ValueError and LookupError of hostile charsets out, ends lines at a bare carriage return, and costs 30 ms to import.

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.scan import ADVICE, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_PARTS = 100
MAX_DEPTH = 10
MAX_FIELD = 4000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_KNOWN = {"from", "to", "subject", "date", "message-id", "content-type", "mime-version", "received", "return-path"}
_PARAMETER = re.compile(rb';\s*([\w*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s]*))', re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]*")
_BAD_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\Z)")
_FILES = {b"application/octet-stream", b"application/x-patch", b"application/x-diff", b"application/mbox"}
# Charsets in which the bytes of ASCII mean other things. In every other the bytes of a diff stay as they are, whatever
# the header claims.
_WIDE = re.compile(rb"utf-?(?:7|16|32)(?:-?[bl]e)?|ucs-?[24]|cp(?:037|273|424|500|875|1026|1140)|ibm(?:037|273|500)|hz")
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = {b"text/html", b"text/calendar", b"text/enriched", b"text/rtf"}


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a mail, as lines without newlines.

    `first` is the line of the mail where it starts, or 0 where it was encoded; `flowed` is None where nothing says, and
    `delsp` is whether the blank of a soft line break is none of the text.
    """

    lines: list[bytes]
    first: int
    flowed: bool | None
    delsp: bool = False
    charset: str = ""
    """As its header claims, in lower case; utf-8 where it was converted, "" where nothing says."""

    def place(self, at: int) -> str:
        """Return the name of a line in a message."""
        return f"line {self.first + at}" if self.first else f"line {at + 1} of the decoded text"


@dataclass(slots=True)
class _Reader:
    """What is counted and met while the parts of one mail are read."""

    name: str
    texts: list[Text] = field(default_factory=list)
    parts: int = 0
    html: bool = False

    def part(self, headers: dict[str, bytes], lines: list[bytes], first: int, depth: int) -> None:
        """Keep the texts of a part whose body is `lines`, starting at line `first`."""
        self.parts += 1
        for what, many in ((f"{MAX_PARTS} parts", self.parts > MAX_PARTS), (f"{MAX_DEPTH} levels", depth > MAX_DEPTH)):
            if many:
                raise InputError(f"{self.name}: line {first}: the mail has more than {what}; give the patch alone")
        content = headers.get("content-type", b"text/plain")[:MAX_FIELD]
        kind = content.split(b";", 1)[0].strip().lower()
        parameters = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAMETER.finditer(content)}
        if kind.startswith(b"multipart/"):
            for at, piece in self.split(lines, parameters.get(b"boundary", b""), first):
                self.nested(piece, first + at, depth + 1)
        elif kind == b"message/rfc822":
            self.nested(lines, first, depth + 1)
        elif kind in _NOT_TEXT:
            self.html |= kind == b"text/html"
        elif kind.startswith(b"text/") or kind in _FILES or b"/" not in kind:
            encoding = headers.get("content-transfer-encoding", b"").strip().lower()
            said = parameters.get(b"format", b"").lower() == b"flowed"
            plain = encoding in {b"", b"7bit", b"8bit", b"binary"}
            body = lines if plain else self.decode(lines, encoding, first)
            charset = parameters.get(b"charset", b"").strip().lower()
            narrow = self.narrow(body, charset, first)
            delsp = parameters.get(b"delsp", b"").lower() == b"yes"
            at = first if plain and narrow is None else 0
            said_charset = charset.decode("ascii", "replace") if narrow is None else "utf-8"
            self.texts.append(Text(_trim(body if narrow is None else narrow), at, said, delsp, said_charset))

    def nested(self, lines: list[bytes], first: int, depth: int) -> None:
        """Read a part that starts with its own headers."""
        headers, used = read_headers(lines)
        self.part(headers, lines[used:], first + used, depth)

    def narrow(self, lines: list[bytes], charset: bytes, first: int) -> list[bytes] | None:
        """Return a text in a charset that does not contain ASCII as UTF-8, or None where it can stay as it is."""
        name = charset.replace(b"_", b"-")
        if not _WIDE.fullmatch(name):
            return None
        data = b"\n".join(lines)
        if name == b"hz":  # all ASCII but for one character, which C has a use for
            if b"~" not in data:
                return None
        elif b"+++ " in data and b"@@ -" in data:  # the claim is a lie: these are bytes of ASCII
            return None
        try:
            text = data.decode(name.decode("ascii")).removeprefix("\ufeff")
            return text.encode("utf-8").split(b"\n")
        except (LookupError, ValueError):
            what = f"the text is no valid {name.decode('ascii')}, or is in none that can be read"
            raise InputError(f"{self.name}: line {first}: {what}; {ADVICE}") from None

    def split(self, lines: list[bytes], boundary: bytes, first: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the parts of a multipart body with the index where each starts."""
        start = None
        for at, line in enumerate(lines):
            mark = line.rstrip()
            if not mark.startswith(b"--" + boundary) or not boundary:
                continue
            if mark in {b"--" + boundary, b"--" + boundary + b"--"}:
                if start is not None:
                    yield start, lines[start:at]
                start = at + 1
                if mark.endswith(boundary + b"--"):
                    return
        raise InputError(f"{self.name}: line {first}: the end of a multipart body is missing; {ADVICE}")

    def decode(self, lines: list[bytes], encoding: bytes, first: int) -> list[bytes]:
        """Return the lines of an encoded body, refused where it is damaged."""
        if encoding == b"base64":
            for at, line in enumerate(lines):
                if not _BASE64.fullmatch(line):
                    raise InputError(f"{self.name}: line {first + at}: {show(line)} is not base64; {ADVICE}")
            try:
                data = binascii.a2b_base64(b"".join(b"".join(lines).split()), strict_mode=True)
            except binascii.Error as error:
                raise InputError(f"{self.name}: line {first}: damaged base64 ({error}); {ADVICE}") from None
        elif encoding == b"quoted-printable":
            for at, line in enumerate(lines):
                if _BAD_QUOTED.search(line):
                    raise InputError(f"{self.name}: line {first + at}: {show(line)} is not quoted-printable; {ADVICE}")
            data = binascii.a2b_qp(re.sub(rb"=[ \t]*\r?\n", b"=\n", b"\n".join(lines)))
        else:
            what = f"unknown transfer encoding {show(encoding)}"
            raise InputError(f"{self.name}: line {first}: {what}; {ADVICE}")
        return data.split(b"\n")


def _trim(lines: list[bytes]) -> list[bytes]:
    """Return the lines of a text without its byte order mark and the empty rest behind its last newline.

    A cut hunk could take that rest for a line, and the mark hides the first line of a diff.
    """
    if lines and lines[0].startswith(_UTF8_BOM):
        lines = [lines[0].removeprefix(_UTF8_BOM), *lines[1:]]
    return lines[:-1] if lines and not lines[-1].strip(b"\r") else lines


def read_headers(lines: Sequence[bytes]) -> tuple[dict[str, bytes], int]:
    """Return the first field of each name, in lower case and unfolded, and how many lines they and the blank one take.

    The header of a part may be empty; lines that are no header fields end it.
    """
    fields: dict[str, list[bytes]] = {}
    last, used = "", len(lines)
    for at, raw in enumerate(lines):
        line = raw.removesuffix(b"\r")
        if not line:
            used = at + 1
            break
        if line[:1] in {b" ", b"\t"} and last:
            fields[last].append(line.strip())
        elif match := _FIELD.fullmatch(line):
            last = match[1].decode("ascii").lower()
            # Of a repeated field the first counts; its copies are kept apart so that their folds do not join it.
            last = last if last not in fields else f"{last} {at}"
            fields[last] = [match[2].strip()]
        else:
            used = at
            break
    return {key: b" ".join(folds) for key, folds in fields.items()}, used


def open_mail(lines: Sequence[bytes]) -> tuple[dict[str, bytes], int]:
    """Return the headers of a mail and the index of its body, or no headers and 0 for what is not a mail."""
    skip = 1 if lines[0].startswith(b"From ") else 0
    headers, used = read_headers(lines[skip:])
    used += skip
    if not headers.keys() & _KNOWN or (used < len(lines) and lines[used - 1].strip()):
        return {}, 0
    return headers, used


def read_texts(lines: list[bytes], name: str) -> tuple[dict[str, bytes], list[Text]]:
    """Return the headers and the texts of a mail, or no headers and the one text of what is not a mail."""
    if lines[0].startswith(_BOMS):
        raise InputError(f"{name}: line 1: a file in UTF-16, as PowerShell writes it; {ADVICE}")
    headers, used = open_mail(lines)
    if not headers:
        return {}, [Text(_trim(lines), 1, None)]
    reader = _Reader(name)
    reader.part(headers, lines[used:], used + 1, 0)
    if not reader.texts:
        what = "the mail is HTML only" if reader.html else "the mail has no text"
        raise InputError(f"{name}: line {used}: {what}; ask for the patch as plain text")
    return headers, reader.texts
