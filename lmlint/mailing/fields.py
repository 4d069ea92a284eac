"""The header fields of a mail as bytes: ASCII, folded, and of one line each whatever stands in them."""

# The standard library's EmailMessage is not used: it folds long message ids into encoded words, which no mail reader
# takes for ids.

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.mailing.address import Address

WIDTH = 76
_SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")


def words(name: str, text: str) -> bytes:
    """Return a field of free text: as it stands as far as it is ASCII and can be folded, the rest in encoded words."""
    every = text.split()
    longest = WIDTH - 2 - len(name)
    end = next((at for at, word in enumerate(every) if _needs_encoding(word) or len(word) > longest), len(every))
    lines = [f"{name}:"]
    for word in every[:end]:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    if end < len(every):
        if len(lines[-1]) > WIDTH // 2:
            lines.append("")
        lines[-1] += f" {_encoded(' '.join(every[end:]), len(lines[-1]) + 1)}"
    return ("\n".join(lines) + "\n").encode("ascii")


def addresses(name: str, who: Sequence[Address]) -> bytes:
    """Return a field of addresses, one a line."""
    return f"{name}: {(',' + chr(10) + ' ').join(map(shown, who))}\n".encode("ascii")


def ids(name: str, message_ids: Sequence[str]) -> bytes:
    """Return a field of message ids, one a line: they cannot be folded."""
    return f"{name}: {(chr(10) + ' ').join(message_ids)}\n".encode("ascii")


def shown(address: Address) -> str:
    """Return an address as it stands in a field, its name quoted or encoded where it has to be."""
    name = address.name
    if not name:
        return address.spec
    if _needs_encoding(name):
        name = _encoded(name, 0)
    elif _SPECIAL.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name}{chr(10) if len(name) + len(address.spec) > WIDTH else ''} <{address.spec}>"


def _needs_encoding(text: str) -> bool:
    """Whether a text is no ASCII, or would be taken for an encoded one."""
    return not text.isascii() or "=?" in text


def _encoded(text: str, before: int) -> str:
    """Return a text as encoded words of UTF-8, folded; `before` columns of the first line are taken."""
    from email.charset import SHORTEST, Charset  # noqa: PLC0415  # most subjects and names are ASCII
    from email.header import Header  # noqa: PLC0415  # as above

    charset = Charset("utf-8")
    charset.header_encoding = SHORTEST  # the default of the process may be another: b4 changes it
    return Header(text, charset, maxlinelen=WIDTH - 1, header_name="x" * max(before - 2, 0) or None).encode()
