"""The mails of commits, gone through the sieve: in this process, or in several of their own.

A process reads on standard input a line of commits at a time, and writes for each mail a line of words and then the
bytes that it counts; an empty line ends the answer. It ends with its input, whatever becomes of who started it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lmlint.bot.epoch import Mails
from lmlint.bot.sieve import NOTHING, Look, Sieve, head
from lmlint.error import InputError
from lmlint.patch.process import end

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Sequence

_CHUNK = 256
"""How many commits a process is given at once."""
_QUEUED = 2
"""How many such chunks wait for it at most: a pipe holds their names."""
_PIPE = 1 << 20
"""Bytes of answers that a process writes ahead."""
_MOST_LINE = 4096


@dataclass(frozen=True, slots=True)
class Sifted:
    """What the sieve says of the mail of a commit; `data` is its header alone where it is not wanted."""

    commit: str
    look: Look
    data: bytes
    error: str = ""


def sift(folder: Path, commits: Iterable[str], sieve: Sieve, most: int) -> Iterator[Sifted]:
    """Yield what the sieve says of the mails of the commits, in order; a mail may have so many bytes at most."""
    with Mails(folder, most) as mails:
        yield from _sifted(mails, commits, sieve)


def sift_in_processes(folder: Path, commits: Iterable[str], sieve: Sieve, most: int, jobs: int) -> Iterator[Sifted]:
    """Yield the same, found in several processes."""
    import subprocess  # noqa: PLC0415 (slow to import)

    command = [sys.executable, "-P", "-m", "lmlint.bot.sift", str(folder), str(most), *sieve.globs]
    rest = iter(commits)
    running: list[subprocess.Popen[bytes]] = []
    try:
        pipe = subprocess.PIPE
        running.extend(subprocess.Popen(command, stdin=pipe, stdout=pipe, pipesize=_PIPE) for _ in range(jobs))
        turns = cycle(running)
        waiting: deque[subprocess.Popen[bytes]] = deque()
        while True:
            while len(waiting) < _QUEUED * jobs and (chunk := list(islice(rest, _CHUNK))):
                process = next(turns)
                _ask(process, chunk)
                waiting.append(process)
            if not waiting:
                return
            yield from _answers(waiting.popleft(), folder)
    finally:
        for process in running:
            end(process, os.getpid())


def main(arguments: Sequence[str]) -> int:
    """Answer lines of commits until there are no more; returns the exit status."""
    # Who started it is told to stop, too, and closes the pipe when it does; git takes this after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, most, *globs = arguments
    sieve = Sieve(globs)
    out = sys.stdout.buffer
    with Mails(Path(folder), int(most)) as mails, suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            for one in _sifted(mails, line.decode("ascii").split(), sieve):
                error = one.error.encode()
                words = (one.commit, one.look.wanted or "-", int(one.look.patch), len(one.data), len(error))
                out.write(" ".join(map(str, words)).encode("ascii") + b"\n" + one.data + error)
            out.write(b"\n")
            out.flush()
    return 0


def _sifted(mails: Mails, commits: Iterable[str], sieve: Sieve) -> Iterator[Sifted]:
    for mail in mails.fetch(commits):
        if mail.error:
            yield Sifted(mail.commit, Look(NOTHING, patch=False), head(mail.data), mail.error)
            continue
        look = sieve.look(mail.data)
        yield Sifted(mail.commit, look, mail.data if look.wanted else head(mail.data))


def _ask(process: subprocess.Popen[bytes], chunk: Sequence[str]) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # the answer that does not come tells
            process.stdin.write(" ".join(chunk).encode("ascii") + b"\n")
            process.stdin.flush()


def _answers(process: subprocess.Popen[bytes], folder: Path) -> Iterator[Sifted]:
    """Yield the answer to one line of commits."""
    stream: IO[bytes] | None = process.stdout
    while stream is not None and (line := stream.readline(_MOST_LINE)) != b"\n":
        words = line.decode("ascii").split()
        if len(words) != 5:  # noqa: PLR2004 (see `main`)
            break
        commit, wanted, patch, size, rest = words
        data, error = stream.read(int(size)), stream.read(int(rest))
        yield Sifted(commit, Look("" if wanted == "-" else wanted, patch=patch == "1"), data, error.decode())
    else:
        return
    raise InputError(f"{folder}: a process that reads it has ended; see what it says, or use one job")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
