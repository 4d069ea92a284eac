"""The program git as a process: what it is told, and nothing that a configuration names is run."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CHUNK = 1 << 20

# What a user sets for every repository, and what git tells its hooks about the current one. All else that begins with
# GIT_ would change the output or run a program.
_ALWAYS = (
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
)
HOOK_PATHS = ("GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE")
_HOOK = (*HOOK_PATHS, "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG_PARAMETERS", "GIT_QUARANTINE_PATH")

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.disambiguate=blob",  # so that a short id in an index line names a blob
    "core.quotePath=true",
    "diff.suppressBlankEmpty=false",
)


def safe_environment(*, current: bool) -> dict[str, str]:
    """Return the environment for git: nothing is asked, fetched, locked or translated.

    What git tells its hooks is kept for the `current` repository only.
    """
    wanted = {*_ALWAYS, *(_HOOK if current else ())}
    keep = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in wanted or name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))
    }
    keep |= {name: os.path.abspath(keep[name]) for name in HOOK_PATHS if keep.get(name)}  # noqa: PTH100 (see above)
    return keep | {
        "GIT_ALLOW_PROTOCOL": "none",  # older gits know nothing of GIT_NO_LAZY_FETCH
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",  # an id names one text
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def launch(  # noqa: PLR0913, PLR0917 (what a process needs)
    arguments: Sequence[str],
    stdin: IO[bytes] | int | None,
    stdout: int,
    directory: Path,
    environment: Mapping[str, str],
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    """Return git, started; InputError where it cannot be."""
    import subprocess  # noqa: PLC0415 (slow to import, and a directory needs no git)

    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    try:
        return subprocess.Popen(
            ["git", "--no-pager", *settings, *arguments],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL if stderr is None else stderr,
            cwd=directory,
            env=environment,
        )
    except OSError as error:
        reason = "git is not installed" if isinstance(error, FileNotFoundError) else f"git: {error.strerror}"
        raise InputError(f"{directory}: {reason}; install git, or give a directory with --tree DIR") from None


def read(stream: IO[bytes] | None, most: int) -> bytes:
    """Return what a stream gives, up to one byte more than `most`."""
    parts: list[bytes] = []
    left = most + 1
    while stream is not None and left > 0 and (part := stream.read(min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def end(process: subprocess.Popen[bytes], owner: int, *, kill: bool = True) -> None:
    """End a process and close what it is read by; a process forked from its owner leaves it alone."""
    if os.getpid() != owner:
        return
    if kill:
        process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:  # what was still to be written is of no use
                continue
    process.wait()
