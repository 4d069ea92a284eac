"""A folder of pages that is exchanged as a whole: a reader sees the old one or the new one, and never a part."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = ".lmlint-site"
"""Stands in every folder that is ours to replace."""
_HERE = -100
"""AT_FDCWD: a path is taken from the current folder."""
_EXCHANGE = 2
_LACKING = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


class Draft:
    """The folder that is to take the place of the one that is there.

    A file that is the same as before stays the same file, with its date: caches need not fetch it again, and a disk
    need not write it.
    """

    def __init__(self, old: Path, new: Path) -> None:
        """Begin with an empty folder `new`, beside `old`, which may be absent."""
        self._old, self._new = old, new
        self._folders: set[str] = set()
        self.files = self.same = 0

    def put(self, name: str, data: bytes) -> None:
        """Add a file; `name` is its path in the folder, made of nothing that a mail holds."""
        folder = name.rpartition("/")[0]
        path = f"{self._new}/{name}"
        if folder not in self._folders:
            self._folders.add(folder)
            (self._new / folder).mkdir(parents=True, exist_ok=True)
        self.files += 1
        if self._linked(f"{self._old}/{name}", path, data):
            self.same += 1
            return
        with Path(path).open("xb") as stream:
            stream.write(data)

    @staticmethod
    def _linked(old: str, path: str, data: bytes) -> bool:
        """Whether the file of before is the same, and is now in the new folder as well."""
        try:
            found = os.open(old, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        with open(found, "rb") as stream:  # noqa: PTH123  # a descriptor
            size = os.fstat(found).st_size
            if size != len(data) or stream.read(size + 1) != data:
                return False
        try:
            os.link(old, path, follow_symlinks=False)
        except OSError:  # a file system without links: it is written like a new one
            return False
        return True


@contextmanager
def published(folder: Path) -> Iterator[Draft]:
    """Give a draft, which takes the place of `folder` at the end, unless anything is raised.

    InputError where the folder is there and is neither empty nor a site, where another program writes one beside it, or
    where the folder around it cannot be written.
    """
    target = Path(os.path.realpath(folder))
    new = target.parent / f".{target.name}.lmlint-new"
    try:
        with _alone(target.parent):
            _ours(target)
            shutil.rmtree(new, ignore_errors=True)  # what a run that was killed has left
            new.mkdir()
            try:
                draft = Draft(target, new)
                draft.put(MARKER, b"lmlint bot site replaces this folder as a whole.\n")
                yield draft
                _exchange(target, new)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        what = f"the site cannot be written ({error.strerror or error})"
        raise InputError(f"{folder}: {what}; the folder around it must be writable, and it no mount point") from error


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Let no other run write a site into the same folder meanwhile."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{parent}: another lmlint writes a site there; wait until it is done") from None
        yield
    finally:
        os.close(handle)


def _ours(target: Path) -> None:
    """Raise InputError where a folder holds what is not ours to delete."""
    if not os.path.lexists(target) or (target.is_dir() and (target / MARKER).is_file()):
        return
    if not target.is_dir() or any(target.iterdir()):
        raise InputError(f"{target}: is there and is no site of lmlint bot; give an empty folder, or a new one")


def _exchange(target: Path, new: Path) -> None:
    """Put the new folder into the place of the old one; what was there is then at `new`."""
    if not target.exists():
        new.rename(target)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    swap = getattr(libc, "renameat2", None)
    if swap is not None and not swap(_HERE, os.fsencode(new), _HERE, os.fsencode(target), _EXCHANGE):
        return
    code = errno.ENOSYS if swap is None else ctypes.get_errno()
    if code not in _LACKING:
        raise OSError(code, os.strerror(code))
    # Without the one step, for a moment there is no folder: still no half of one.
    aside = new.with_name(f"{new.name}-old")
    shutil.rmtree(aside, ignore_errors=True)
    target.rename(aside)
    new.rename(target)
    aside.rename(new)
