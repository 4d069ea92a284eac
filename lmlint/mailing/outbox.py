"""Mails as a file: an mbox that git am, b4 and mutt read."""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.box import is_separator, read_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.limits import Limits

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]+>)", re.MULTILINE | re.IGNORECASE)
_BOX = 16
"""How many times the limit `bytes` a mailbox may have."""


def mbox(mails: Sequence[tuple[bytes, int | None]]) -> bytes:
    """Return mails as an mbox, `From ` lines in them quoted as mboxrd has it; each comes with its date, or None."""
    return b"".join(_separator(date) + _FROM.sub(rb">\1", mail).rstrip(b"\n") + b"\n\n" for mail, date in mails)


def add(path: Path, mails: Sequence[tuple[bytes, int | None]], limits: Limits) -> None:
    """Add mails to an mbox, or make it; one that it holds already, by its Message-ID, is not added again.

    The file is replaced as a whole: who reads it meanwhile finds the old one or the new one. InputError where it is
    there and no mbox, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    old = b""
    if os.path.lexists(target):
        if not target.is_file():
            raise InputError(f"{path}: is no file; give --to-mbox a file, or use --stdout")
        old = _read(target, path, limits)
    known = {match[1] for one in read_box(old, str(path), limits) for match in [_ID.search(_head(one.data))] if match}
    new = [(mail, date) for mail, date in mails if (match := _ID.search(_head(mail))) and match[1] not in known]
    if new or not old:
        _replace(target, path, old + mbox(new))


def _separator(date: int | None) -> bytes:
    return f"From lmlint {time.asctime(time.gmtime(date or 0))}\n".encode("ascii")


def _head(mail: bytes) -> bytes:
    return mail.partition(b"\n\n")[0]


def _read(target: Path, path: Path, limits: Limits) -> bytes:
    """Return the mailbox that is there, ending in a blank line."""
    try:
        with target.open("rb") as stream:
            old = stream.read(limits.bytes * _BOX + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(old) > limits.bytes * _BOX:
        raise InputError(f"{path}: more than {limits.bytes * _BOX} bytes (limit `bytes`); give another file")
    if old and not is_separator(old, 0):
        raise InputError(f"{path}: is there, and is no mailbox; give another file")
    if not old or old.endswith(b"\n\n"):
        return old
    return old + (b"\n" if old.endswith(b"\n") else b"\n\n")


def _replace(target: Path, path: Path, data: bytes) -> None:
    """Write a file beside another one and put it in its place."""
    made = None
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".lmlint-", delete=False) as stream:
            made = Path(stream.name)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        made.chmod(mode)
        made.replace(target)
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
