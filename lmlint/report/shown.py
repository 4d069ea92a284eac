"""Untrusted text cut into pieces that a page can show: what cannot be seen is spelt out, and nothing is markup."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PLAIN, CODE, ODD, CUT, AMOUNT = "", "code", "odd", "cut", "amount"
LONGEST = 2000
"""How many characters of one line or sentence are shown."""

_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Characters that Python calls printable, and that no reader sees."""
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_MARKED = re.compile(r"`[^`]+`|(?<!\S)[+-]\w+")
"""What is quoted, and amounts: a line that ends behind a minus would hide it."""
_TOKEN = re.compile(r"\w+|.", re.DOTALL | re.ASCII)
_TAB = "\t"
_BYTE = 0xDC00
"""A byte that is not UTF-8 is kept as a surrogate above this one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text and how it is shown; `column` is where a token of a source line starts, in bytes from 1."""

    text: str
    look: str = PLAIN
    column: int = 0


def sentence(text: str) -> tuple[Piece, ...]:
    """Return a sentence, what stands in backticks as code; an amount with a sign is not to be broken."""
    cut = text[:LONGEST]
    pieces: list[Piece] = []
    at = 0
    for marked in _MARKED.finditer(cut):
        pieces += _visible(cut[at : marked.start()], PLAIN)
        ticked = marked[0].startswith("`")
        pieces += _visible(marked[0].strip("`"), CODE if ticked else AMOUNT)
        at = marked.end()
    return (*pieces, *_visible(cut[at:], PLAIN), *_rest(text))


def source_line(text: str, columns: Collection[int] = ()) -> tuple[Piece, ...]:
    """Return a line of a file as pieces, with the tokens that start at `columns` (in bytes, from 1) each for itself."""
    cut = text[:LONGEST]
    starts = _starts(cut) if columns else {}
    pieces: list[Piece] = []
    at = 0
    for column in sorted(columns):
        token = _TOKEN.match(cut, starts[column]) if starts.get(column, -1) >= at else None
        if token is not None:
            pieces += _visible(cut[at : token.start()], PLAIN, keep=_TAB)
            pieces += _visible(token[0], PLAIN, keep=_TAB, column=column)
            at = token.end()
    return (*pieces, *_visible(cut[at:], PLAIN, keep=_TAB), *_rest(text))


def flat(text: str) -> str:
    """Return text for an attribute or a title: one string, what cannot be seen spelt out."""
    return "".join(piece.text for piece in (*_visible(text[:LONGEST], PLAIN), *_rest(text)))


def name_of(char: str) -> str:
    """Return what stands for a character that cannot be seen: `<U+202E>`, or `<E9>` for a byte that is not UTF-8."""
    return f"<{ord(char) - _BYTE:02X}>" if _byte(char) else f"<U+{ord(char):04X}>"


def full_name(text: str) -> str:
    """Return in words which characters `text` stands for: what `name_of` made of one."""
    code = int(text.strip("<>").removeprefix("U+"), 16)
    if not text.startswith("<U+"):
        return "a byte that is not UTF-8"
    return unicodedata.name(chr(code), "a control character").lower()


def _visible(text: str, look: str, *, keep: str = "", column: int = 0) -> Iterator[Piece]:
    """Yield the text, each character that cannot be seen as a piece of its own; those in `keep` pass."""
    run: list[str] = []
    for char in text:
        if char in keep or (char.isprintable() and _HIDDEN.match(char) is None):
            run.append(char)
            continue
        if run:
            yield Piece("".join(run), look, column)
            run.clear()
        yield Piece(name_of(char), ODD)
    if run:
        yield Piece("".join(run), look, column)


def _rest(text: str) -> tuple[Piece, ...]:
    left = len(text) - LONGEST
    return (Piece(f" ({left} characters left out)", CUT),) if left > 0 else ()


def _starts(text: str) -> dict[int, int]:
    """Return the character that starts at each column, in bytes from 1."""
    widths = (1 if _byte(char) else len(char.encode(errors="surrogatepass")) for char in text)
    return {column: index for index, column in enumerate(accumulate(widths, initial=1))}


def _byte(char: str) -> bool:
    return _BYTE + 0x80 <= ord(char) <= _BYTE + 0xFF
