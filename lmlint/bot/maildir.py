"""Mails delivered into a maildir, for people to look at: each whole or not at all, and once."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lmlint.bot.outcome import AGAIN, PARKED, REFUSED, SENT, Outcome
from lmlint.error import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from lmlint.bot.rows import OutboxRow

_PARTS = ("tmp", "new", "cur")


def made(path: Path) -> Path:
    """Return the maildir, which is made where nothing is there; InputError where it cannot be."""
    try:
        if path.is_dir() and any(path.iterdir()) and not all((path / part).is_dir() for part in _PARTS):
            raise InputError(f"{path}: is a folder and no maildir; give a maildir, or a name that is free")
        for part in _PARTS:
            (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made a maildir ({error.strerror})") from error
    return path


def delivered(path: Path, row: OutboxRow) -> Outcome:
    """Put one mail into the maildir; one that is there already, read or not, is left as it is."""
    # The same mail has the same name, whenever and by whichever process it is delivered.
    name = f"lmlint-{hashlib.sha256(row.message_id.encode()).hexdigest()[:32]}"
    temporary = path / "tmp" / name
    try:
        there = next((one for part in _PARTS[1:] for one in (path / part).iterdir() if _named(one, name)), None)
        if there is not None:
            same = there.read_bytes() == row.data
            return Outcome(SENT) if same else Outcome(PARKED, f"{there}: another mail has this Message-ID")
        try:
            with temporary.open("wb") as stream:  # what a crash left there is written anew
                stream.write(row.data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.rename(path / "new" / name)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        _kept(path / "new")
    except OSError as error:
        return Outcome(AGAIN, f"{path}: cannot be written ({error.strerror})", ends=REFUSED)
    return Outcome(SENT)


def _named(file: Path, name: str) -> bool:
    """Whether a file of a maildir has this name, whatever flags a reader has given it."""
    return file.name.partition(":")[0] == name


def _kept(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
