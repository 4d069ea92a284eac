"""The mails of an mbox one after another, as a stream gives them, by the rules of mboxrd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from lmlint.bot.incoming import BEGINNING
from lmlint.patch.box import is_separator

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 20
_LINES = 1024
"""Bytes that are looked at to tell whether a mail starts; there are more of them than it takes."""
_MARK = b"\nFrom "


@dataclass(frozen=True, slots=True)
class Piece:
    """A mail as it stands in an mbox: where it starts and ends, and whether another one follows.

    `data` is only its beginning where it is not `whole`, being too large.
    """

    start: int
    end: int
    data: bytes
    followed: bool
    whole: bool


def pieces(stream: IO[bytes], most: int, *, boxed: bool | None = None) -> Iterator[Piece]:
    """Yield the mails of a stream, in memory for little more than a mail of `most` bytes.

    Without `boxed` it is one mail, whatever it holds, unless it starts as an mbox does. Offsets are from where the
    stream stands now.
    """
    held = bytearray(stream.read(_CHUNK))
    begin = len(held) - len(held.lstrip(b"\r\n"))
    if boxed is None:
        boxed = is_separator(bytes(held[begin : begin + _LINES]), 0)
    begin = begin if boxed else 0
    del held[:begin]
    start = offset = begin  # of the mail, and of what is held
    cut = b""  # the beginning of a mail that is too large to be held
    searched = 0
    ended = False
    while True:
        found, searched = _next(held, searched, ended=ended) if boxed else (-1, 0)
        if found > 0:
            size = offset + found - start
            yield Piece(
                start, offset + found, cut or bytes(held[:found]), followed=True, whole=not cut and size <= most
            )
            del held[:found]
            start = offset = offset + found
            cut, searched = b"", 0
            continue
        if ended:
            break
        if len(held) > most + _LINES:
            cut = cut or bytes(held[:BEGINNING])
            gone = len(held) - _LINES
            del held[:gone]
            offset += gone
            searched = max(searched - gone, 0)
        part = stream.read(_CHUNK)
        ended = not part
        held += part
    if held:
        end = offset + len(held)
        yield Piece(start, end, cut or bytes(held), followed=False, whole=not cut and end - start <= most)


def _next(held: bytearray, searched: int, *, ended: bool) -> tuple[int, int]:
    """Return where the next mail starts (-1: not in what is held), and from where to search when there is more."""
    at = searched
    while (at := held.find(_MARK, at)) >= 0:
        if len(held) < at + _LINES and not ended:
            return -1, at
        blank = bytes(held[max(at - 2, 0) : at]).removesuffix(b"\r").endswith(b"\n")
        if blank and is_separator(bytes(held[at + 1 : at + _LINES]), 0):
            return at + 1, 0
        at += 1
    return -1, max(len(held) - len(_MARK), searched, 0)
