"""The second judge: it runs a file on a model machine and tells how its counters drift."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from lmlint.witness.direct import directly
from lmlint.witness.machine import NotListed, Stopped
from lmlint.witness.model import NONE, around, items_of, model_of
from lmlint.witness.search import Drift, play, replay, shrink
from lmlint.witness.session import CALL, LEAF, Session
from lmlint.witness.story import Story, machine_of, told
from lmlint.witness.watch import Activation, Calls, Trace, blamed, keepers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lmlint.finding import Finding, LedgerLine
    from lmlint.rule import Rule
    from lmlint.witness.model import Model
    from lmlint.witness.session import Step

MAX_DRIFTS = 12
"""How many different drifts are told."""
MAX_ALIKE = 3
"""How many drifts are looked at closely that one operation shows in one geometry with one set of signs."""
MAX_LEARNED = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """A drift, run again under watch: the accounts that it puts off, who is to blame, what ran."""

    raw: Drift
    signs: tuple[tuple[int, int], ...]
    """Account and sign (recorded less done) of each that is off."""
    blamed: frozenset[str]
    uneven: frozenset[str]
    lines: frozenset[tuple[str, int]]
    did: bool
    """Whether it maps or unmaps anything, rather than only record."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other drifts."""
        return (self.signs, self.blamed)


class Witness:
    """Runs one file; whatever the C holds, what cannot be interpreted is a reason and never an error."""

    def __init__(  # noqa: PLR0913  # what is run, and how long
        self,
        text: bytes,
        path: str,
        rule: Rule,
        *,
        others: Mapping[str, bytes] = NONE,
        seed: int = 0,
        sequences: int = 200,
        seconds: float = inf,
    ) -> None:
        """Take the file; nothing runs before it is asked for, and nothing more once the seconds are over.

        `others` are the files, by path, in which definitions are found that it lacks.
        """
        self._until = monotonic() + seconds
        self.text, self.path, self.rule, self.seed, self.sequences = text, path, rule, seed, sequences
        self.others = others
        self.reasons: dict[str, str] = {}
        self.trouble = ""
        """Why nothing can be run; "" where something can."""
        self._keepers: set[str] = set()
        self._direct: dict[str, tuple[Seen, ...]] = {}
        self._reached: set[str] = set()
        self._ran: set[str] = set()
        self.model: Model | None = model_of(rule)
        if self.model is None:
            self.trouble = f"the rule {rule.name} describes no machine to run a file on"

    @cached_property
    def _fast(self) -> tuple[Session, ...]:
        return self._sessions(traced=False)

    @cached_property
    def _traced(self) -> Mapping[str, Session]:
        return {session.geometry: session for session in self._sessions(traced=True)}

    def _sessions(self, *, traced: bool) -> tuple[Session, ...]:
        found: list[Session] = []
        if self.model is None:
            return ()
        items, rest = items_of(self.model, self.text, self.path), around(self.model, self.path, self.others)
        try:
            for geometry in self.model.geometries:
                watch = Trace() if traced else Calls()
                found.append(Session(items, self.model, geometry, watch, rest))
                found[-1].machine.until = self._until
        except (Stopped, RecursionError) as error:
            self.trouble = str(error)
            return ()
        return tuple(found)

    @cached_property
    def _seen(self) -> tuple[Seen, ...]:
        """Every drift that the operations come upon, watched."""
        raw: list[Drift] = []
        for session in self._fast:
            watch = session.watch
            if not session.operations or not isinstance(watch, Calls):
                continue
            clean: list[tuple[Step, ...]] = []
            for number in range(-(-self.sequences // len(self._fast))):
                watch.functions.clear()
                played = play(session, f"{self.seed} {session.geometry} {number}")
                raw += played.drifts
                self._reached |= watch.functions
                clean.append(played.steps)
                for stop in played.stops:
                    self.reasons.setdefault("", stop)
            for steps in clean[:6]:
                self._learn(session.geometry, steps)
        return self._watched(_varied(raw))

    def _learn(self, geometry: str, steps: tuple[Step, ...]) -> None:
        """Note which functions are in charge of both mapping and counting."""
        session = self._traced.get(geometry)
        if session is None or not isinstance(session.watch, Trace):
            return
        session.watch.begin()
        for _ in _harmless(session, steps):
            self._keepers |= keepers_of(session.watch.root)
            session.watch.begin()

    def _watched(self, raw: Iterable[Drift]) -> tuple[Seen, ...]:
        every = list(raw)
        for each in every[:MAX_LEARNED]:
            self._learn(each.geometry, each.steps)
        return tuple(seen for each in every if (seen := self._look(each)) is not None)

    def _look(self, raw: Drift) -> Seen | None:
        """Run a drift under watch; None where it does not drift in its last step and there alone."""
        session = self._traced.get(raw.geometry)
        if session is None or not isinstance(session.watch, Trace):
            return None
        watch = session.watch
        last: tuple[Step, tuple[int, ...]] | None = None
        watch.begin()
        for step, done in _harmless(session, raw.steps):
            if last is not None and any(last[1]):
                return None
            last = (step, done)
            top, lines = watch.root, frozenset(watch.lines)
            watch.begin()
        if last is None or last[0] != raw.steps[-1] or not any(last[1]):
            return None
        signs = _signs(last[1])
        keepers = frozenset(self._keepers)
        guilty = frozenset[str]().union(*(blamed(top, account, keepers) for account, _ in signs))
        did = any(any(each.done) for each in top.inner)
        return Seen(
            Drift(raw.geometry, raw.steps, last[1]), signs, guilty, _uneven(top, [a for a, _ in signs]), lines, did
        )

    def _story(self, seen: Seen, keeps: Callable[[Seen], bool]) -> Story:
        """Shrink a drift as long as it stays what it is, and tell it."""
        session = self._traced[seen.raw.geometry]

        quick = next(each for each in self._fast if each.geometry == session.geometry)

        def same(_: Session, steps: tuple[Step, ...]) -> bool:
            ends = [done for _, done in _harmless(quick, steps)]
            if not ends or any(map(any, ends[:-1])) or _signs(ends[-1]) != seen.signs:
                return False
            again = self._look(Drift(seen.raw.geometry, steps, seen.raw.drift))
            return again is not None and again.signs == seen.signs and keeps(again)

        steps = shrink(session, seen.raw.steps, same)
        final = self._look(Drift(seen.raw.geometry, steps, seen.raw.drift)) or seen
        run = told(session, steps)
        called = next((s.name.removeprefix(CALL) for s in steps if s.name.startswith(CALL)), "")
        return Story(seen.raw.geometry, run.lines, run.accounts, run.meminfo, final.uneven, final.lines, called,
                     machine_of(session), final.blamed, run.before, run.after, run.sizes)  # fmt: skip

    def drifts(self) -> tuple[Story, ...]:
        """Return the different drifts that the operations come upon, each shrunk."""
        return self._drifts

    @cached_property
    def _drifts(self) -> tuple[Story, ...]:
        plainest: dict[tuple[object, ...], Seen] = {}
        for each in self._seen:
            known = plainest.get(each.key)
            if known is None or len(each.raw.steps) < len(known.raw.steps):
                plainest[each.key] = each
        simple = [each for each in plainest.values() if not _composed(each, plainest.values())]
        return tuple(self._story(each, partial(_alike, each)) for each in simple[:MAX_DRIFTS])

    @property
    def reached(self) -> frozenset[str]:
        """The functions that some sequence runs."""
        _ = self._seen
        return frozenset(self._reached)

    @property
    def unreached(self) -> tuple[str, ...]:
        """The functions that no operation runs and that nothing in the file calls: they can only be called directly."""
        own = self._fast[0].program.own_functions() if self._fast else {}
        named = {name: {other for other, f in own.items() if name in f.names and other != name} for name in own}
        return tuple(name for name in own if not named[name] and name not in self.reached)

    def drift_of(self, function: str) -> Story | None:
        """Return a drift for which this function is to blame, by operations or else by calls that its callers may make.

        Such a call stays within the counted region, and what the rule says of callers holds: a protection from outside
        the file is not contiguous, and a function that other functions call, or that is outside, is not called alone.
        """
        found = list(self._seen)
        if function not in self.reached and function not in self.rule.outside:
            for name in self._ways_to(function):
                if name not in self._called_inside and name not in self.rule.outside:
                    found += [seen for seen in self._called(name) if self._fair(seen)]
        for seen in found:
            if function in seen.blamed:
                return self._story(seen, partial(self._stays, function, self._fair(seen)))
        return None

    def _stays(self, function: str, fair: bool, again: Seen) -> bool:  # noqa: FBT001  # bound before it is called
        return function in again.blamed and (self._fair(again) or not fair)

    def _fair(self, seen: Seen) -> bool:
        """Whether a direct call is one that a caller may make."""
        session, step = self._traced[seen.raw.geometry], seen.raw.steps[-1]
        table, prot = session.table, dict(step.picks).get("prot", 0)
        cont = session.program.evaluate(session.model.prots[prot]) & table.cont
        return not cont and table.low <= step.start < step.end <= table.high

    def confirm(self, finding: Finding) -> Story | str:
        """Return the story that replays a finding, or the reason why none does."""
        wanted = _wanted(finding, self.model)
        line = finding.place.line
        by_operation = self._seen
        if self.trouble:
            return self.trouble
        ways = () if finding.function in self.reached else self._ways_to(finding.function)
        for candidates in (by_operation, *(self._called(name) for name in ways)):
            for seen in candidates:
                if self._shows(seen, finding.function, line, wanted):
                    return self._story(seen, lambda again: self._shows(again, finding.function, line, wanted))
        return self._why(finding)

    def _shows(self, seen: Seen, function: str, line: int, wanted: Mapping[int, int]) -> bool:
        session = self._traced[seen.raw.geometry]
        low, high = session.table.other
        elsewhere = low <= seen.raw.steps[-1].start < high  # then whoever records is to blame
        active = seen.uneven if wanted or elsewhere else seen.blamed
        if function not in active or not isinstance(session.watch, Trace):
            return False
        if (function, session.watch.statement(function, line)) not in seen.lines:
            return False
        return not wanted or any(wanted.get(account, 2) in {0, sign} for account, sign in seen.signs)

    def _why(self, finding: Finding) -> str:
        name = finding.function
        if name in self.reasons:
            return self.reasons[name]
        if not finding.ledger:
            return "no sequence that the rule's contracts allow makes a counter drift there"
        if name in self.reached or name in self._ran:
            return f"`{name}` runs, and no sequence makes the counters drift as the finding says"
        return self.reasons.get("", f"nothing that the rule can run reaches `{name}`")

    @cached_property
    def _called_inside(self) -> frozenset[str]:
        own = self._fast[0].program.own_functions() if self._fast else {}
        return frozenset(name for name in own for other, f in own.items() if name != other and name in f.names)

    def _ways_to(self, function: str) -> list[str]:
        """Return the functions to call for reaching one: those above it that nothing in the file calls, then itself."""
        own = self._fast[0].program.own_functions() if self._fast else {}
        if function not in own:
            return []
        callers = {name: {other for other, f in own.items() if name in f.names and other != name} for name in own}
        above, queue = [function], [function]
        while queue:
            for caller in sorted(callers[queue.pop()]):
                if caller not in above:
                    above.append(caller)
                    queue.append(caller)
        roots = [name for name in above if not callers[name] and name != function]
        return [*sorted(roots), function]

    def _called(self, function: str) -> tuple[Seen, ...]:
        """Return the drifts of a function called by itself; where it only records, its callers do the rest."""
        if function not in self._direct:
            raw: list[Drift] = []
            for session in self._fast:
                drifts, reason = directly(session, function, self.seed)
                raw += drifts[:20]
                if reason:
                    self.reasons.setdefault(function, reason)
                else:
                    self._ran.add(function)
            alone = function not in self._called_inside
            self._direct[function] = tuple(seen for seen in self._watched(_varied(raw)) if alone or seen.did)
        return self._direct[function]


def _harmless(session: Session, steps: tuple[Step, ...]) -> Iterable[tuple[Step, tuple[int, ...]]]:
    """Yield steps with their drifts until one stops."""
    try:
        for step, done in replay(session, steps):
            yield step, done.drift
    except (Stopped, NotListed):
        return


def _alike(one: Seen, other: Seen) -> bool:
    return one.key == other.key


def _signs(drift: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((account, 1 if value > 0 else -1) for account, value in enumerate(drift) if value)


def _varied(raw: Iterable[Drift]) -> list[Drift]:
    """Return drifts of every sort, not too many of one."""
    found: list[Drift] = []
    count: dict[object, int] = {}
    for each in raw:
        sort = (each.geometry, each.steps[-1].name, tuple((value > 0) - (value < 0) for value in each.drift))
        count[sort] = count.get(sort, 0) + 1
        if count[sort] <= MAX_ALIKE:
            found.append(each)
    return found


def _uneven(top: Activation, accounts: list[int]) -> frozenset[str]:
    return frozenset(each.function for each in top.walk() if each.function and any(map(each.difference, accounts)))


def _composed(one: Seen, others: Iterable[Seen]) -> bool:
    """Whether a drift is two others at once."""
    parts = [other for other in others if other is not one and set(other.signs) < set(one.signs)
             and other.blamed <= one.blamed]  # fmt: skip
    return {sign for part in parts for sign in part.signs} == set(one.signs)


def _wanted(finding: Finding, model: Model | None) -> Mapping[int, int]:
    """Return the sign of each account's difference in a finding; 0 where that depends."""
    accounts = {} if model is None else {name: index for index, name in enumerate(model.accounts)}
    return {accounts[line.account]: _sign(line) for line in finding.ledger if line.account in accounts and _off(line)}


def _off(line: LedgerLine) -> bool:
    return line.difference.strip() not in {"", "0"}


def _sign(line: LedgerLine) -> int:
    signs = {1 if size.startswith("+") or ": +" in size else -1 for size in line.sizes}
    return signs.pop() if len(signs) == 1 else 0


__all__ = ["LEAF", "Seen", "Witness"]
