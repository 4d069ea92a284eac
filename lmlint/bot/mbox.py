"""An mbox that grows while it is read, and the mail or mbox on standard input.

The mark is an offset, and a hash of what stands before it: where that is not there any more, the file was cut off or
another one stands in its place, which is then read from its start. No lock is taken, so the last mail of the file is
taken only when nothing was written for a while.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from typing import IO, TYPE_CHECKING, Any

from lmlint.bot.incoming import Asked, Incoming, too_large
from lmlint.bot.pieces import Piece, pieces
from lmlint.bot.sieve import head
from lmlint.error import InputError
from lmlint.patch.box import is_separator, taken_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.bot.settings import Source

QUIET = 10
"""For how many seconds nothing must have been written to a file for its last mail to be taken."""
UNFINISHED = 300
"""The same, where the mail is not followed by a blank line."""

_BEFORE = 4096
"""How many bytes before the mark are remembered, by a hash."""


def read_mbox(source: Source, mark: str, asked: Asked) -> Iterator[Incoming]:
    """Yield the mails that were added since the mark; InputError where the file cannot be read or is no mbox."""
    path = source.path
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123 (see folder)
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise InputError(f"{path}: not a regular file; give an mbox")
            yield from _mails(stream, _start(stream, mark, source, asked), source, asked)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give an mbox") from None


def behind_mbox(source: Source, mark: str, asked: Asked) -> int:
    """Return how many bytes came since the mark; InputError where the file cannot be read."""
    try:
        with source.path.open("rb") as stream:
            return max(os.fstat(stream.fileno()).st_size - _start(stream, mark, source, asked), 0)
    except OSError as error:
        raise InputError(f"{source.path}: cannot be read ({error.strerror}); give an mbox") from None


def feed(stream: IO[bytes], name: str, asked: Asked) -> Iterator[Incoming]:
    """Yield the mail that a stream gives, or the mails of an mbox; there is no mark."""
    for number, piece in enumerate(pieces(stream, asked.limits.bytes), 1):
        alone = number == 1 and not piece.followed
        yield _incoming(piece, name, name if alone else f"{name}: mail {number}", asked, "")


def _mails(stream: IO[bytes], start: int, source: Source, asked: Asked) -> Iterator[Incoming]:
    """Yield the mails of a file from an offset on."""
    stream.seek(start)
    total = os.fstat(stream.fileno()).st_size
    for piece in pieces(stream, asked.limits.bytes, boxed=True):
        if not piece.followed and not _finished(stream, start, piece, source, asked):
            return
        if not is_separator(piece.data, 0):
            if not start:
                raise InputError(
                    f"{source.path}: line 1: no mbox; its first line must start with `From ` and have a date"
                )
            asked.tell(f"{source.name}: byte {start}: the rest of a mail that was taken too early is passed over")
            continue
        end = start + piece.end
        # The hash is of what stands there now, so that it is the mail which is handed over that the mark stands behind.
        mark = json.dumps({"at": end, "before": _hash(stream, end)})
        yield _incoming(piece, source.name, f"{source.name}: byte {start + piece.start}", asked, mark)
        asked.done(end, max(total, end))


def _incoming(piece: Piece, source: str, name: str, asked: Asked, mark: str) -> Incoming:
    """Return a mail as it came, gone through the sieve."""
    if not piece.whole:
        error = f"{name}: {too_large(asked.limits.bytes)}"
        return Incoming(source, asked.list, name, head(piece.data), mark, error=error)
    data = taken_out(piece.data) if is_separator(piece.data, 0) else piece.data
    look = asked.sieve.look(data)
    return Incoming(source, asked.list, name, data if look.wanted else head(data), mark, look.wanted, look.patch)


def _finished(stream: IO[bytes], start: int, piece: Piece, source: Source, asked: Asked) -> bool:
    """Whether the last mail of a file is all there."""
    now = os.fstat(stream.fileno())
    if now.st_size != start + piece.end:
        return False
    blank = piece.whole and piece.data.endswith((b"\n\n", b"\n\r\n"))
    # A time far in the future is one before the clock was set back.
    if abs(asked.now - int(now.st_mtime)) >= (QUIET if blank else UNFINISHED):
        return True
    if not blank:
        asked.tell(
            f"{source.name}: byte {start + piece.start}: no blank line below the last mail; it waits for the rest"
        )
    return False


def _start(stream: IO[bytes], mark: str, source: Source, asked: Asked) -> int:
    """Return the offset from which to read."""
    if not mark:
        return 0
    try:
        data: Any = json.loads(mark)
        at, before = int(data["at"]), str(data["before"])
    except (ValueError, KeyError, TypeError):
        asked.tell(f"{source.name}: its mark cannot be read; all mails are read again")
        return 0
    if _hash(stream, at) == before:
        return at
    asked.tell(f"{source.name}: the file was cut off or replaced; it is read from its start")
    return 0


def _hash(stream: IO[bytes], end: int) -> str:
    """Return a hash of what stands before an offset of a file."""
    start = max(end - _BEFORE, 0)
    data = os.pread(stream.fileno(), end - start, start)
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"
