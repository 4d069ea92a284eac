"""One round of the bot: what is new is taken in, what is ready is judged, what is due is sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from lmlint.bot.case import Case, case_of
from lmlint.bot.desk import Desk, desk_of
from lmlint.bot.feedback import retry
from lmlint.bot.incoming import Asked
from lmlint.bot.intake import BATCH, take_all
from lmlint.bot.post import send_due
from lmlint.bot.record import fail, keep
from lmlint.bot.series import is_ready
from lmlint.bot.source import poll
from lmlint.bot.worker import Workers
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmlint.bot.incoming import Incoming
    from lmlint.bot.judge import Judged
    from lmlint.bot.rows import SeriesRow
    from lmlint.bot.settings import Settings, Source
    from lmlint.bot.store import Store

GRACE = 20
"""Seconds that a review may still take once the bot is asked to end; it is made again the next time."""
_TICK = 1.0
_WORDS = {
    "clean": "clean",
    "findings": "with findings",
    "cannot-tell": "not to be told",
    "out-of-scope": "out of scope",
    "failed": "not reviewed",
}
_MODERATED = "waits for a moderator"


class Out(Protocol):
    """What a run tells of itself, as it goes."""

    def say(self, line: str) -> None:
        """Say a line."""

    def progress(self, done: int, count: int) -> None:
        """Say how far it is."""


@dataclass(slots=True)
class Round:
    """The state, the settings, and how a round is to be made.

    `clock` gives the time in seconds since 1970. `going` says whether to go on; it is asked between steps, and told by
    `alive` that there was one. `held` is why every mail is held, "" where a list's own settings decide. `hurry` is
    whether a series is judged before it is whole. `watch` is told of every mail before it is kept, in the same step.
    """

    store: Store
    settings: Settings
    out: Out
    clock: Callable[[], int]
    going: Callable[[], bool] = lambda: True
    alive: Callable[[], None] = lambda: None
    jobs: int = 1
    held: str = ""
    hurry: bool = False
    watch: Callable[[Desk, Incoming], None] = lambda _desk, _came: None
    errors: list[str] = field(default_factory=list)
    _desks: dict[str, Desk] = field(default_factory=dict)
    _shown: set[int] = field(default_factory=set)
    _treeless: set[str] = field(default_factory=set)

    def desk(self, name: str) -> Desk:
        """Return what mails of a list are held against."""
        if name not in self._desks:
            self._desks[name] = desk_of(self.settings, name)
        return self._desks[name]

    def read(self) -> None:
        """Take in what came to every source; one that cannot be read keeps no other from being read.

        What people said and could not be proved to be theirs for the moment is looked at again.
        """
        for one in self.settings.lists:
            for source in one.sources:
                if not self.going():
                    return
                self.read_source(self.desk(one.name), source)
        for said in retry(self.store, self.settings, self.clock()):
            self.out.say(said)

    def read_source(self, desk: Desk, source: Source) -> None:
        """Take in what came to one source."""
        try:
            self._source(desk, source)
        except InputError as error:
            self.errors.append(str(error))

    def judge(self) -> None:
        """Judge every series that is ready, the oldest first, and keep the verdicts.

        What a tree is missing for waits until it is there: a disk that is not mounted is no reason to give a series up.
        """
        self._treeless = {one.name for one in self.settings.lists if not self._has_trees(one.name)}
        with Workers(self.jobs) as workers:
            tried: set[int] = set()
            grace = GRACE / _TICK
            while self.going() or (workers.cases and grace > 0):
                if self.going():
                    self._start(workers, tried)
                else:
                    grace -= 1
                if not workers.cases:
                    return
                for done in workers.done(_TICK):
                    self._keep(done.case, done.verdict, done.seconds)
                self.alive()

    def send(self, *, send: bool) -> None:
        """Send what is due; or say what would be sent, each mail once."""
        now = self.clock()
        made = send_due(self.store, self.settings, now, send=send, going=self.going)
        for step in made.steps:
            if send or step.id not in self._shown:
                self._shown.add(step.id)
                what = {"dry": "would be sent"}.get(step.state, step.state)
                if step.state:
                    self.out.say(f"mail {step.id}: {what}{f' ({step.reason})' if step.reason else ''}")
        if made.stopped and send:
            self.out.say(f"nothing more is sent: {made.stopped}")
        self.alive()

    def _source(self, desk: Desk, source: Source) -> None:
        """Take in what came to a source, step by step."""
        asked = Asked(
            desk.list.name,
            desk.sieve,
            self.clock(),
            self.settings.config.limits,
            self.jobs,
            self.out.say,
            self.out.progress,
        )
        mails = poll(source, self.store.mark(source.name), asked)
        count, kinds = 0, dict[str, int]()
        try:
            while batch := list(islice(mails, BATCH)):
                watch = partial(self.watch, desk)
                for row in take_all(self.store, desk, batch, self.clock(), source=source.name, watch=watch):
                    kinds[row.kind] = kinds.get(row.kind, 0) + 1
                count += len(batch)
                self.alive()
                if not self.going():
                    break
        finally:
            _close(mails)
        if count:
            told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
            self.out.say(f"{desk.list.name}: {count} mails from {source.path} ({told})")

    def _start(self, workers: Workers, tried: set[int]) -> None:
        """Hand out what is ready; of one author's series, or one thread's, an older one comes first."""
        under_way = {case.row.id for case in workers.cases}
        busy = {key for case in workers.cases for key in _keys(case.row)}
        cases: list[Case] = []
        with self.store.transaction():
            waiting = [row for row in self.store.open_series() if row.id not in tried | under_way]
            for row in waiting:
                keys = _keys(row)
                room = workers.free - len(cases)
                if room > 0 and row.list not in self._treeless and not busy & keys and self._ready(row):
                    tried.add(row.id)
                    cases.append(case_of(self.store, self.desk(row.list), row.id, self.clock()))
                busy |= keys
        for case in cases:  # not in the transaction: a process that is forked in one would have it open as well
            workers.start(case)

    def _has_trees(self, name: str) -> bool:
        """Whether the trees of a list are there; what is not is one of the errors."""
        try:
            self.desk(name).open_trees().close()
        except InputError as error:
            self.errors.append(str(error))
            return False
        return True

    def _ready(self, row: SeriesRow) -> bool:
        """Whether a series can be judged now; one of a list that is followed no more never can, and is put aside."""
        if row.list not in {one.name for one in self.settings.lists}:
            self.store.set_series(replace(row, state="muted", error=f"its list {row.list} is followed no more"))
            return False
        return self.hurry or is_ready(self.store, row, self.desk(row.list).list.settle, self.clock())

    def _keep(self, case: Case, verdict: Judged | str, seconds: float) -> None:
        """Keep a verdict, and say what it is."""
        held = self.held or (_MODERATED if case.desk.list.moderate else None)
        if isinstance(verdict, str):
            kept = fail(self.store, case, seconds, verdict)
            said = f"failed: {verdict}"
        else:
            kept = keep(self.store, case, verdict, seconds, held)
            said = _said(case, verdict)
        row = case.row
        which = f'series {row.id} ({row.list}, v{row.version} of "{row.title}")'
        self.out.say(f"{which}: {said}" if kept else f"{which}: changed while it was judged; judged again")


def _said(case: Case, verdict: Judged) -> str:
    """Return what a verdict is, in a few words."""
    counts = dict[str, int]()
    for patch in verdict.patches:
        counts[patch.verdict] = counts.get(patch.verdict, 0) + 1
    told = ", ".join(f"{number} {_WORDS[what]}" for what, number in sorted(counts.items()))
    mails = f"{len(verdict.drafts)} mail{'' if len(verdict.drafts) == 1 else 's'}"
    why = f"; nobody is answered: {case.silent}" if case.silent else ""
    return "; ".join([f"{told}; {mails}{why}", *verdict.notices])


def _keys(row: SeriesRow) -> set[str]:
    """Return what series have in common that must be judged one after the other."""
    return {f"author {row.author}", f"thread {row.root}"} - {"thread "}


def _close(mails: Iterator[Incoming]) -> None:
    """End what a source has started."""
    close = getattr(mails, "close", None)
    if close is not None:
        close()
