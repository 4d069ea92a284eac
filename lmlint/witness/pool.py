"""Sequences chosen on a file that is right, to hold variants of it against."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.witness.machine import Discarded, Stopped
from lmlint.witness.model import NONE, around, items_of, model_of
from lmlint.witness.search import Drift, play, replay, shrink
from lmlint.witness.session import Session
from lmlint.witness.story import Story, machine_of, told
from lmlint.witness.watch import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.rule import Rule
    from lmlint.witness.model import Model
    from lmlint.witness.session import Step

_MODELS: dict[int, tuple[Rule, Model | None]] = {}
"""Models by their rules: what has been parsed for one variant serves the next."""
DRIFTS, HOLDS, CANNOT_RUN = "drifts", "holds", "cannot-run"
CANDIDATES = 3
"""How many sequences are played for one that is kept."""
QUICK = 60
"""How often a drift is replayed to shrink it: there are many files to judge."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the sequences say of a file: `drifts` with a story, `holds`, or `cannot-run` with a reason."""

    verdict: str
    reason: str = ""
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Sequences by geometry, those that cover most first; `left_out` counts the steps that drift on the file itself."""

    path: str
    rule: Rule
    sequences: tuple[tuple[str, tuple[Step, ...]], ...]
    left_out: int
    others: Mapping[str, bytes] = field(default_factory=dict)
    """The files in which definitions are found that the file lacks."""

    @property
    def _model(self) -> Model | None:
        key = id(self.rule)
        if key not in _MODELS:
            _MODELS[key] = (self.rule, model_of(self.rule))
        return _MODELS[key][1]

    @classmethod
    def of(  # noqa: PLR0913  # what is run, and how much
        cls,
        text: bytes,
        path: str,
        rule: Rule,
        *,
        others: Mapping[str, bytes] = NONE,
        seed: int = 0,
        size: int = 160,
    ) -> Pool:
        """Return sequences that run on a file without drift, and together run as much of it as can be."""
        model = model_of(rule)
        found: list[tuple[str, tuple[Step, ...], frozenset[object]]] = []
        left_out = 0
        for geometry in () if model is None else model.geometries:
            if model is None:
                break
            watch = Trace()
            session = Session(items_of(model, text, path), model, geometry, watch, around(model, path, others))
            watch.table = None  # only what runs counts here
            for number in range(-(-size * CANDIDATES // len(model.geometries))):
                covered: set[object] = set()

                def note(step: Step, into: set[object] = covered, from_watch: Trace = watch) -> None:
                    into.update((step.name, each) for each in from_watch.tests)
                    into.update(from_watch.lines)
                    from_watch.begin()

                watch.begin()
                played = play(session, f"pool {seed} {geometry} {number}", note)
                left_out += len(played.drifts)
                if played.steps:
                    found.append((geometry, played.steps, frozenset((geometry, each) for each in covered)))
        return cls(path, rule, tuple(_chosen(found, size)), left_out, dict(others))

    def first(self, count: int) -> Pool:
        """Return the pool of the sequences that cover most."""
        return replace(self, sequences=self.sequences[:count])

    def judge(self, text: bytes) -> Judgement:
        """Run the sequences on another version of the file until one drifts.

        It cannot be run where at least half of them stop at something that cannot be interpreted.
        """
        model = self._model
        if model is None:
            return Judgement(CANNOT_RUN, f"the rule {self.rule.name} describes no machine to run a file on")
        items, rest = items_of(model, text, self.path), around(model, self.path, self.others)
        sessions: dict[str, Session] = {}
        reason, stopped = "", 0
        for geometry, steps in self.sequences:
            try:
                if geometry not in sessions:
                    sessions[geometry] = Session(items, model, geometry, around=rest)
                session = sessions[geometry]
                for number, (_, done) in enumerate(replay(session, steps)):
                    if done.drifts:
                        return Judgement(DRIFTS, story=_told(session, steps[: number + 1 + _skipped(steps, number)]))
            except Discarded:
                continue
            except Stopped as error:
                reason = str(error)
                stopped += 1
        return Judgement(CANNOT_RUN, reason) if 2 * stopped >= len(self.sequences) else Judgement(HOLDS)

    def hunt(self, before: bytes, after: bytes, *, seed: int = 0, sequences: int = 600) -> Judgement:
        """Play new sequences on a version of the file and return the first drift that the file itself does not show.

        Slower than the pool, and not bound to what was drawn for the file: for versions that seem to hold.
        """
        model = self._model
        if model is None:
            return Judgement(CANNOT_RUN, f"the rule {self.rule.name} describes no machine to run a file on")
        texts = [items_of(model, text, self.path) for text in (before, after)]
        rest = around(model, self.path, self.others)
        try:
            pairs = [[Session(items, model, geometry, around=rest) for items in texts] for geometry in model.geometries]
        except Stopped as error:
            return Judgement(CANNOT_RUN, str(error))
        count = -(-sequences // len(pairs))
        for number in range(count + count // 3):
            for old, new in pairs:
                for drift in play(new, f"hunt {seed} {new.geometry} {number}", wide=number >= count).drifts:
                    if _first(new, drift.steps) and not _first(old, drift.steps):
                        return Judgement(DRIFTS, story=_told(new, drift.steps, unless=old))
        return Judgement(HOLDS)


def _skipped(steps: tuple[Step, ...], number: int) -> int:
    return len(steps) - number - 1  # the steps that a contract forbids are not numbered: keep all that may be needed


def _told(session: Session, steps: tuple[Step, ...], unless: Session | None = None) -> Story:
    def drifts(on: Session, candidate: tuple[Step, ...]) -> bool:
        return bool(_first(on, candidate)) and not (unless is not None and _first(unless, candidate))

    first = _first(session, steps)
    steps = shrink(session, first, drifts, QUICK) if first else steps
    run = told(session, _first(session, steps) or steps)
    nobody = frozenset[str]()
    return Story(session.geometry, run.lines, run.accounts, run.meminfo, nobody, frozenset(), "", machine_of(session),
                 sizes=run.sizes)  # fmt: skip


def _first(session: Session, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps up to the first that drifts; none where nothing does."""
    ran: list[Step] = []
    try:
        for step, done in replay(session, steps):
            ran.append(step)
            if done.drifts:
                return tuple(ran)
    except Stopped:
        return ()
    return ()


def _chosen(
    found: list[tuple[str, tuple[Step, ...], frozenset[object]]], size: int
) -> Iterable[tuple[str, tuple[Step, ...]]]:
    """Yield the sequences that add most to what those before them run, and then the rest, up to a number."""
    left = dict(enumerate(found))
    covered: set[object] = set()
    for _ in range(min(size, len(found))):
        best = max(left, key=lambda number: (len(left[number][2] - covered), -number))
        if not left[best][2] - covered:
            covered.clear()
        geometry, steps, more = left.pop(best)
        covered |= more
        yield geometry, steps


__all__ = ["Drift", "Judgement", "Pool"]
