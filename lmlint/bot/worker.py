"""Reviews in processes of their own: one that hangs or dies takes its series with it, and nothing else."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Self

from lmlint.bot.judge import Judged, judge, prepare
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from lmlint.bot.case import Case


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a case: the verdict, or why there is none; and the seconds that it took."""

    case: Case
    verdict: Judged | str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Work:
    """A review under way; times are in seconds of a clock that nobody sets."""

    case: Case
    process: BaseProcess
    answer: Connection
    began: float
    limit: int


class Workers:
    """So many processes at most, each of which judges one case; to be used in a `with` statement."""

    def __init__(self, jobs: int, work: Callable[[Case], Judged] = judge) -> None:
        """Start none yet; `work` is what each of them does."""
        self._jobs = jobs
        self._does = work
        # A fork needs nothing to be pickled on its way in and loads nothing anew. It must not touch the state: SQLite's
        # connections do not outlive a fork; and it cannot, since a case is all that it is given.
        self._context = multiprocessing.get_context("fork")
        self._work: list[_Work] = []

    def __enter__(self) -> Self:
        """Return the workers themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what they have not answered yet is lost."""
        for one in self._work:
            one.process.kill()
            one.process.join()
            one.answer.close()
        self._work.clear()

    @property
    def cases(self) -> tuple[Case, ...]:
        """What is under way."""
        return tuple(one.case for one in self._work)

    @property
    def free(self) -> int:
        """How many more cases can be taken."""
        return self._jobs - len(self._work)

    def start(self, case: Case) -> None:
        """Have a case judged."""
        prepare()
        limit = limit_of(case)
        answer, given = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_judge, args=(self._does, case, given, limit), daemon=True)
        process.start()
        given.close()
        self._work.append(_Work(case, process, answer, time.monotonic(), limit))

    def done(self, timeout: float) -> Iterator[Done]:
        """Yield what is done by now, or after so many seconds at most; a case that took too long is ended."""
        ready = wait([one.answer for one in self._work], timeout)
        for one in tuple(self._work):
            seconds = time.monotonic() - one.began
            late = seconds > one.limit
            if one.answer not in ready and not late:
                continue
            self._work.remove(one)
            verdict = _answer(one) if one.answer in ready else _late(one.limit)
            one.process.kill()
            one.process.join()
            one.answer.close()
            yield Done(one.case, verdict, seconds)


def limit_of(case: Case) -> int:
    """Return the seconds that a case may take: the limit for a file for each patch of each version, and one more."""
    return case.desk.settings.config.limits.seconds * (1 + sum(len(one.patches) for one in case.versions))


def _late(limit: int) -> str:
    return f"the review took more than {limit} seconds (limit `seconds`)"


def _answer(work: _Work) -> Judged | str:
    """Return what a process has to say; one that died says nothing."""
    try:
        said: Judged | str = work.answer.recv()
    except (EOFError, OSError):
        work.process.join()
        code = work.process.exitcode or 0
        if code == -signal.SIGXCPU:
            return _late(work.limit)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
        return f"the review {how}: a bug of lmlint; report it, with the series"
    return said


def _judge(work: Callable[[Case], Judged], case: Case, answer: Connection, limit: int) -> None:
    """Judge a case and send the verdict."""
    # A key or a service manager signals every process of the bot; it ends those itself that it waits for in vain.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))  # it ends even where nobody is left to end it
    try:
        said: Judged | str = work(case)
    except InputError as error:
        said = str(error)
    answer.send(said)
