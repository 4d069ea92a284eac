"""A maildir, which is only ever read: its mails stay where they are, and as they are.

Names alone tell what was seen, but a mark that held all of them would grow for ever. So the mark holds a hash of the
names of the files that came, or were moved, within the last days; by the clock of the file system, as it stands in
what the user cannot set: the time of a file's last change of place or flags. Older files are only counted: should
there be more of them than there were, or should the clock have been set back, all are read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from lmlint.bot.incoming import BEGINNING, Asked, Incoming, too_large
from lmlint.bot.sieve import head
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lmlint.bot.settings import Source

RECENT = 3 * 24 * 3600 * 10**9
"""For how long a file is known by its name, in nanoseconds."""

_PLACES = ("new", "cur")
_STEP = 500
"""How many mails are yielded between two marks, each of which holds many names."""
_DIGITS = 16
"""Of the hash of a name: 64 bits."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is known of a maildir: when it was looked at, and which files were seen.

    Of the files that changed since `cut` the hashes of their names, of those before it how many they were.
    """

    looked: int = 0
    cut: int = 0
    older: int = 0
    names: frozenset[str] = field(default=frozenset())

    def text(self) -> str:
        """Return the mark as it is kept."""
        names = "".join(sorted(self.names))
        return json.dumps({"looked": self.looked, "cut": self.cut, "older": self.older, "names": names})


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a maildir; times are in nanoseconds since 1970."""

    place: str
    name: str
    changed: int
    written: int

    @property
    def key(self) -> str:
        """The hash of its name without the flags, which stays as it is when the mail is read or moved to cur/."""
        base = os.fsencode(self.name).partition(b":")[0]
        return hashlib.sha256(base).hexdigest()[:_DIGITS]


def read_maildir(source: Source, mark: str, asked: Asked) -> Iterator[Incoming]:
    """Yield the mails that came since the mark, the oldest first; InputError where the folder is no maildir."""
    seen = _read_mark(mark, source, asked)
    looked, files = _list(source)
    older = sum(one.changed < seen.cut for one in files)
    if looked < seen.looked or older > seen.older:
        asked.tell(f"{source.name}: the clock was set back, or old files were put into it; all mails are read again")
        seen = _Mark()
    fresh = [one for one in files if one.changed >= seen.cut and one.key not in seen.names]
    fresh.sort(key=attrgetter("written", "name"))
    names = set(seen.names)
    text = mark
    waits = False
    for done, file in enumerate(fresh, 1):
        mail = _mail(source, file, asked)
        asked.done(done, len(fresh))
        if mail is None:
            waits = True
            continue
        names.add(file.key)
        if done == len(fresh) and not waits:
            text = _closed(files, looked).text()
        elif done % _STEP == 0 or done == len(fresh):
            text = replace(seen, names=frozenset(names)).text()
        yield replace(mail, mark=text)


def behind_maildir(source: Source, mark: str, asked: Asked) -> int:
    """Return how many files came since the mark; InputError as for `read_maildir`."""
    seen = _read_mark(mark, source, asked)
    _, files = _list(source)
    return sum(one.changed >= seen.cut and one.key not in seen.names for one in files)


def _closed(files: list[_File], looked: int) -> _Mark:
    """Return the mark once all files are dealt with."""
    cut = max(looked - RECENT, 0)
    names = frozenset(one.key for one in files if one.changed >= cut)
    return _Mark(looked, cut, sum(one.changed < cut for one in files), names)


def _list(source: Source) -> tuple[int, list[_File]]:
    """Return the time of the last change of the folders, and their files."""
    files: list[_File] = []
    looked = 0
    for place in _PLACES:
        try:
            # The time comes first: what is put there meanwhile is then found the next time.
            looked = max(looked, (source.path / place).stat().st_mtime_ns)
            with os.scandir(source.path / place) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        files += _listed(entry, place)
        except OSError as error:
            what = f"no maildir that can be read: {place}/: {error.strerror}"
            raise InputError(f"{source.path}: {what}; give the folder that holds new/ and cur/") from None
    return looked, files


def _listed(entry: os.DirEntry[str], place: str) -> list[_File]:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # moved meanwhile
        return []
    return [_File(place, entry.name, found.st_ctime_ns, found.st_mtime_ns)]


def _mail(source: Source, file: _File, asked: Asked) -> Incoming | None:
    """Return the mail in a file, the mark left out; None where it is not there or not readable yet."""
    name = f"{source.name}: {file.place}/{_printable(file.name)}"
    error = ""
    try:
        data, regular = _bytes(source.path / file.place / file.name, asked.limits.bytes)
    except FileNotFoundError:
        return None
    except OSError as failed:
        asked.tell(f"{name}: cannot be read ({failed.strerror}); it waits until it can")
        return None
    if not regular:
        error = f"{name}: not a regular file"
    elif len(data) > asked.limits.bytes:
        error = f"{name}: {too_large(asked.limits.bytes)}"
    if error:
        return Incoming(source.name, asked.list, name, head(data[:BEGINNING]), "", error=error)
    look = asked.sieve.look(data)
    return Incoming(source.name, asked.list, name, data if look.wanted else head(data), "", look.wanted, look.patch)


def _bytes(path: Path, most: int) -> tuple[bytes, bool]:
    """Return what a file holds, up to one byte more than `most`, and whether it is a regular one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        if path.is_symlink():
            return b"", False
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return b"", False
    with open(descriptor, "rb") as stream:  # noqa: PTH123 (a descriptor)
        return stream.read(most + 1), True


def _read_mark(mark: str, source: Source, asked: Asked) -> _Mark:
    if not mark:
        return _Mark()
    try:
        data: Any = json.loads(mark)
        names = str(data["names"])
        hashes = frozenset(names[at : at + _DIGITS] for at in range(0, len(names), _DIGITS))
        return _Mark(int(data["looked"]), int(data["cut"]), int(data["older"]), hashes)
    except (ValueError, KeyError, TypeError):
        asked.tell(f"{source.name}: its mark cannot be read; all mails are read again")
        return _Mark()


def _printable(name: str) -> str:
    """Return a file name as one line of text."""
    return "".join(c if c.isprintable() else "?" for c in name)
