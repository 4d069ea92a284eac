"""The mails of one git repository: the file `m` of each commit, read from one process of git."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

from lmlint.bot.incoming import BEGINNING, too_large
from lmlint.error import InputError
from lmlint.patch.process import end, launch, read, safe_environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_AHEAD = 64
"""How many commits git is asked for before the first answer is read: few enough for a pipe to hold their names."""
_MOST_LINE = 4096
_MOST_TRIES = 3
_KEPT = 1 << 20
"""Bytes of an answer of git that are read."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The mail of a commit, or the beginning of one that is too large; `error` is what is wrong, "" for nothing."""

    commit: str
    data: bytes
    error: str = ""


def git(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the status of git in a repository, and the beginning of what it prints."""
    import subprocess  # noqa: PLC0415 (slow to import)

    process = _launch(folder, arguments, subprocess.PIPE)
    try:
        text = read(process.stdout, _KEPT).decode("ascii", "replace")
    finally:
        end(process, os.getpid(), kill=False)
    return process.returncode, text.strip()


def commits(folder: Path, newest: str, after: str) -> Iterator[str]:
    """Yield the commits of a history in order, those up to `after` ("" for none) left out.

    It may end early where git is interrupted.
    """
    import subprocess  # noqa: PLC0415 (slow to import)

    wanted = [newest, f"^{after}"] if after else [newest]
    process = _launch(folder, ["rev-list", "--reverse", "--first-parent", *wanted, "--"], subprocess.PIPE)
    whole = False
    try:
        for line in process.stdout or ():
            yield line.decode("ascii", "replace").strip()
        whole = True
    finally:
        end(process, os.getpid(), kill=not whole)
    if process.returncode > 0:
        raise InputError(f"{folder}: git cannot read the history; fetch this epoch again")


class Mails:
    """Reads mails by the ids of their commits; a context, at whose end git is ended."""

    def __init__(self, folder: Path, most: int) -> None:
        """Read from the repository in a folder mails of at most so many bytes."""
        self.folder, self.most = folder, most
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = os.getpid()

    def __enter__(self) -> Self:
        """Return itself; git is started when the first mail is asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """End git."""
        self._end()

    def fetch(self, wanted: Iterable[str]) -> Iterator[Fetched]:
        """Yield the mails of the commits, in order.

        A commit that only takes a mail away brings none, nor does one whose mail was purged, of which an empty file is
        left.
        """
        rest = iter(wanted)
        flight: deque[str] = deque()
        tries = 0
        while True:
            if len(flight) <= _AHEAD and (more := list(islice(rest, _AHEAD))):
                flight += more
                self._ask(more)
            if not flight:
                return
            try:
                found = self._answer(flight[0])
            except EOFError:
                found = None
                tries += 1
                if not self._died(flight[0], tries):
                    self._ask(flight)
                    continue
                found = Fetched(flight[0], b"", "git cannot read this mail; check the repository with git fsck")
                self._ask(list(flight)[1:])
            tries = 0
            flight.popleft()
            if found is not None:
                yield found

    def _ask(self, wanted: Iterable[str]) -> None:
        """Ask for mails; git is started where it does not run."""
        import subprocess  # noqa: PLC0415 (slow to import)

        if self.process is None:
            arguments = ["cat-file", "--batch"]
            self.process = _launch(self.folder, arguments, subprocess.PIPE, subprocess.PIPE)
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):  # the answer that does not come tells
                self.process.stdin.write(b"".join(f"{commit}:m\n".encode("ascii") for commit in wanted))
                self.process.stdin.flush()

    def _answer(self, commit: str) -> Fetched | None:
        """Return the next mail, or None where the commit has none; EOFError where git has ended."""
        stream = None if self.process is None else self.process.stdout
        line = b"" if stream is None else stream.readline(_MOST_LINE)
        if stream is None or not line.endswith(b"\n"):
            raise EOFError
        words = line.split()
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004 (id, type, size)
            return None
        size = int(words[2])
        if not size:  # a mail that was purged
            stream.read(1)
            return None
        keep = size if size <= self.most else BEGINNING
        data = stream.read(keep)
        left = size - keep
        while left > 0 and (part := stream.read(min(left, _KEPT))):
            left -= len(part)
        if len(data) < keep or left or stream.read(1) != b"\n":
            raise EOFError
        if words[1] != b"blob":
            return Fetched(commit, b"", "the commit holds no mail")
        return Fetched(commit, data, too_large(self.most) if size > self.most else "")

    def _died(self, commit: str, tries: int) -> bool:
        """Whether it is the mail of a commit that git has died of; it is ended."""
        self._end()
        status, _ = git(self.folder, "rev-parse", "--verify", "--quiet", "HEAD^{tree}")
        if status:
            raise InputError(f"{self.folder}: git cannot read this epoch at commit {commit[:12]}; fetch it again")
        return tries >= _MOST_TRIES

    def _end(self) -> None:
        if self.process is not None:
            end(self.process, self.owner)
            self.process = None


def _launch(folder: Path, arguments: Iterable[str], stdout: int, stdin: int | None = None) -> subprocess.Popen[bytes]:
    # With the repository named, nothing around it is searched, and whose it is does not matter: nothing of it is run.
    # Large files are streamed, so that one which is packed small takes no memory.
    settings = ["-c", "core.bigFileThreshold=16m", f"--git-dir={folder}"]
    return launch([*settings, *arguments], stdin, stdout, folder, safe_environment(current=False))
