"""Who the user is, as git's configuration says."""

from __future__ import annotations

import os
from pathlib import Path

from lmlint.patch.process import end, launch, read, safe_environment

_LONGEST = 1000


def identity() -> tuple[str, str]:
    """Return git's user.name and user.email in the current folder, "" for one that is not set."""
    return _setting("user.name"), _setting("user.email")


def _setting(key: str) -> str:
    from subprocess import PIPE  # noqa: PLC0415 (slow to import, and an option can say it)

    process = launch(["config", "--get", key], None, PIPE, Path.cwd(), safe_environment(current=True))
    try:
        said = read(process.stdout, _LONGEST)
    finally:
        end(process, os.getpid(), kill=False)
    return said.decode("utf-8", "replace").strip()
