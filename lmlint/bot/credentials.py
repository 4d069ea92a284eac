"""Who the bot is to the server that takes its mails: from the environment, or from a file that no one else can read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USER, PASSWORD = "LMLINT_SMTP_USER", "LMLINT_SMTP_PASSWORD"
_MOST = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def credentials(path: Path | None, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return user and password, None where neither the environment nor a file gives any; the environment wins.

    InputError where only half is given, or where the file cannot be read, is not the caller's own, or could be read
    by others. No message quotes what the file holds.
    """
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    if user and password:
        return _checked(user, password, f"{USER} and {PASSWORD}")
    if user or password:
        raise InputError(f"{USER if user else PASSWORD} is set and {PASSWORD if user else USER} is not; set both")
    if path is None:
        return None
    lines = _read(path).splitlines()
    user, colon, password = lines[0].partition(":") if len(lines) == 1 else ("", "", "")
    if len(lines) == 2:  # noqa: PLR2004  # the user on one line, the password on the other
        user, colon, password = lines[0], ":", lines[1]
    if not (user and colon and password):
        raise InputError(f"{path}: must hold `user:password`, or the user on one line and the password on the next")
    return _checked(user, password, str(path))


def _read(path: Path) -> str:
    """Return what the file holds; what is looked at is the very file that is read."""
    try:
        # A FIFO that nobody writes to would be waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: not a regular file; give a file of credentials")
            if status.st_uid != os.geteuid():
                raise InputError(f"{path}: belongs to another user; credentials must be the bot's own (chown)")
            if status.st_mode & _OTHERS:
                mode = f"{stat.S_IMODE(status.st_mode):04o}"
                raise InputError(f"{path}: others can read or change it (mode {mode}); chmod 600 it")
            data = stream.read(_MOST + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a file of credentials") from error
    if len(data) > _MOST:
        raise InputError(f"{path}: more than {_MOST} bytes; give a file of credentials")
    return data.decode("utf-8", "replace")


def _checked(user: str, password: str, where: str) -> tuple[str, str]:
    """Return both; InputError where one holds what no server takes."""
    if not all(word.isascii() and word.isprintable() for word in (user, password)):
        raise InputError(f"{where}: user and password must be printable ASCII")
    return user, password
