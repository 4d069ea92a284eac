"""From an imbalance to its causes, and the place that each is told at.

The place is where the two flows meet: the record
where something is recorded that was not done, the write (or the call that writes) where something is done that is not
recorded. Lines that a patch has changed are preferred among the places that an imbalance involves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lmlint.engine.effects import uncounted
from lmlint.engine.shapes import Ground, Shape, is_part, repeats, shapes_of, sign
from lmlint.engine.state import Event
from lmlint.engine.trace import DOES, Place, Step, all_steps, record_sign, steps, told_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from lmlint.engine.program import Program
    from lmlint.engine.state import Ledger
    from lmlint.engine.summary import Row, Summary
    from lmlint.source import Node

ORDER = ("unfiltered-region", "error-path", "stale-guard", "wrong-account", "double-count", "missing-sub",
         "missing-add", "wrong-amount", "phantom-count")  # fmt: skip


@dataclass
class Cause:
    """Imbalances that are told once: the same kind of fault at the same place.

    `usual` is the place without regard to what a patch has changed, `anchor` what tells causes of one kind apart.
    """

    shape: Shape
    place: Place
    usual: Place
    anchor: Place
    row: Row
    function: str
    accounts: list[Any] = field(default_factory=list)


class Blame:
    """Finds the causes of the imbalances of a program's roots."""

    def __init__(
        self,
        program: Program,
        summaries: Mapping[str, Summary],
        changed: frozenset[int],
        reached: Mapping[int, Iterable[Place]],
    ) -> None:
        """Take what is known of all functions, the changed lines, and where closed rows are reached from."""
        self.program = program
        self.changed = changed
        self._summaries = summaries
        self._reached = reached
        self._known: dict[str, frozenset[int]] = {}

    def _settles(self, function: str, site: Node) -> bool:
        """Whether a write is part of something that balances in a function, with a record of the function's own."""
        known = self._known.get(function)
        if known is None:
            known = frozenset(
                id(write.event.node)
                for summary in self._summaries.values()
                if summary.function.name == function
                for records, writes in self._balanced_ways(summary)
                for write in writes
                if any(function in {name for name, _ in _shared(write.frames, record.frames)} for record in records)
            )
            self._known[function] = known
        return id(site) in known

    @cached_property
    def _sound(self) -> frozenset[int]:
        """The records that are part of something that balances, if only in their account."""
        summaries = self._summaries.values()
        whole = {id(r.event.node) for s in summaries for records, _ in self._balanced_ways(s) for r in records}
        return frozenset(whole | {id(node) for s in summaries for row in s.rows for node in _right(s, row)})

    def _balanced_ways(self, summary: Summary) -> Iterator[tuple[list[Step], list[Step]]]:
        """Yield the records and the writes of every balanced way through a function that does and records something."""
        for row in summary.rows:
            if row.delta:
                continue
            for way in all_steps(summary.function.name, row):
                records = [s for s in way if s.what == "record"]
                writes = [s for s in way if s.moved]
                if _sums_up(records, writes):
                    yield records, writes

    @cached_property
    def _ground(self) -> Ground:
        balanced: dict[str, list[Ledger]] = {}
        for summary in self._summaries.values():
            balanced.setdefault(summary.function.name, []).extend(
                r.done for r in summary.rows if r.done and not r.delta
            )
        return Ground(self.program, uncounted(self.program), balanced)

    # causes

    def causes(self, name: str, rows: Iterable[Row]) -> list[Cause]:
        """Return what is wrong with the rows of a function that nobody settles, told once for each cause."""
        open_rows = sorted(
            rows, key=lambda r: (r.failed, is_part(r), len(r.delta), len(r.events.all()) if r.events else 0)
        )
        told: dict[Any, Cause] = {}
        alike: dict[Any, Any] = {}
        seen: set[Any] = set()
        for outer in open_rows:
            function, row = self.origin(name, outer)
            way = steps(function, row)
            for shape in shapes_of(row, way, seen, self._ground):
                usual, anchor, others = self._places(shape, row, way)
                place = self._prefer([usual, *others, *self._reached.get(id(outer), ())])
                key = (_class(shape.kind), anchor[0], id(anchor[1]))
                same = _same(shape, row, usual)
                key = alike.setdefault(same, key) if same is not None else key
                cause = told.get(key)
                shown = _opened(row, way) if shape.repeated else row
                if cause is None:
                    told[key] = Cause(shape, place, usual, anchor, shown, function, list(shape.accounts))
                    continue
                cause.accounts += [a for a in shape.accounts if a not in cause.accounts]
                if ORDER.index(shape.kind) < ORDER.index(cause.shape.kind):
                    cause.shape, cause.place, cause.usual = shape, place, usual
                    cause.row, cause.function = shown, function
        return list(told.values())

    def origin(self, function: str, row: Row) -> tuple[str, Row]:
        """Return the innermost function that an imbalance comes from: what only hands it on has no part in it."""
        events = row.events.all() if row.events else []
        while True:
            parts = [e for e in events if _contributes(e, row.delta.keys())]
            if len(parts) == 1 and parts[0].what == "loop":
                events = told_way(parts[0], frozenset(s for amount in row.delta.values() for s in amount.symbols()))
                continue
            if row.failed and function not in self.program.recording:
                own = self._own(parts, row)
                if own is not None:
                    return self.origin(*own)
            if len(parts) != 1 or parts[0].what != "call" or parts[0].stack:
                return function, row
            inner, callee = parts[0].data["row"], parts[0].data["function"].name
            if any(isinstance(account, str) and account not in row.delta for account in inner.delta):
                return function, row  # it settles a part of what the callee leaves open
            if self.program.is_tool(callee):
                return function, row
            inside = steps(callee, inner)
            if self._changed(parts[0].node) and not any(self._changed(s.event.node) for s in inside):
                return function, row
            recording = self.program.recording
            if function in recording and callee not in recording and self._may_mean(function, inner):
                return function, row
            if self.program.serves_others(callee):
                return function, row
            sites = [s.event.node for s in inside if s.moved]
            if any(self._settles(function, site) and not self._settles(callee, site) for site in sites):
                return function, row
            return self.origin(callee, inner)

    def _own(self, parts: list[Event], row: Row) -> tuple[str, Row] | None:
        """Return the callee that was followed into and that leaves all this open by itself, where it does not fail."""
        calls = {(id(event.stack[0].node), event.stack[0].function) if event.stack else None for event in parts}
        call = calls.pop() if len(calls) == 1 else None
        callee = call[1] if call is not None else ""
        nodes = {id(event.node) for event in parts}
        for summary in self._summaries.values():
            for inner in summary.rows if summary.function.name == callee else ():
                events = inner.events.all() if inner.events else []
                alike = {id(e.node) for e in events if _contributes(e, inner.delta.keys())} == nodes
                if alike and not inner.failed and inner.delta.keys() == row.delta.keys():
                    return callee, inner
        return None

    def _may_mean(self, function: str, row: Row) -> bool:
        """Whether a function records in an account that a row of a callee has done something to."""
        return bool(self.program.recorded.get(function, frozenset()) & row.done.keys())

    # places

    def first_causes(self, causes: list[Cause]) -> list[Cause]:
        """Return the causes less those that only follow from another one, in a function that they call.

        Of two halves of one change, each in a function of its own, neither follows from the other.
        """
        return [
            cause
            for cause in causes
            if not any(self._follows(cause, other) and not self._follows(other, cause) for other in causes)
        ]

    def _follows(self, cause: Cause, other: Cause) -> bool:
        way = steps(cause.function, cause.row)
        if any(self._changed(s.frames[0][1]) for s in way if s.what in {"write", "record"}):
            return False  # what a patch has changed is told, whatever else is wrong
        inner = {id(node) for s in way for _, node in s.frames[1:]}
        return other is not cause and other.usual[0] != cause.usual[0] and id(other.usual[1]) in inner

    def _places(self, shape: Shape, row: Row, way: list[Step]) -> tuple[Place, Place, list[Place]]:
        """Return the usual place of an imbalance, what tells it apart, and the other places that it involves."""
        records = [s for s in way if s.what == "record"]
        writes = [s for s in way if s.what in DOES]
        if shape.record is not None and records:
            return self._record_place(shape, row, records, way)
        done = [s for s in writes if any(a in s.moved for a in shape.accounts)] or writes
        if not done:
            step = (records or way)[-1]
            return step.frames[-1], step.frames[-1], []
        step = done[-1] if shape.kind == "missing-sub" else done[0]
        depth = self._depth(step, records)
        place = step.frames[depth]
        return place, place, [*step.frames, *(frame for s in records for frame in s.frames)]

    def _depth(self, step: Step, records: list[Step]) -> int:
        """Return how far down the calls the function stands that ought to have recorded a write."""
        frames = step.frames
        shared = max((len(_shared(frames, record.frames)) for record in records), default=0)
        if shared:
            return shared - 1
        recording = self.program.recording
        for depth, (name, _) in enumerate(frames[:-1]):
            if name in recording and frames[depth + 1][0] not in recording:
                return depth
        for depth, (name, _) in enumerate(frames[:-1]):
            if self._settles(name, step.event.node) and not any(
                self._settles(inner, step.event.node) for inner, _ in frames[depth + 1 :]
            ):
                return depth
        depth = len(frames) - 1
        while depth and self._leaves_it(frames[depth][0]):
            depth -= 1
        return depth

    def _leaves_it(self, name: str) -> bool:
        """Whether a function that writes entries leaves it to its callers to count them."""
        program = self.program
        return name in program.rule.outside or program.is_tool(name) or program.serves_others(name)

    def _record_place(
        self, shape: Shape, row: Row, records: list[Step], way: list[Step]
    ) -> tuple[Place, Place, list[Place]]:
        account = shape.record
        row = row.view
        high = sign(account, row.delta[account], way) > 0
        of_account = [s for s in records if s.event.data["account"] == account] or records
        if shape.kind in {"double-count", "phantom-count", "error-path"}:
            matching = [s for s in of_account if (record_sign(s.event) > 0) is high] or of_account
        else:
            matching = of_account
        alone = [s for s in matching if s.event.data["amount"] == row.delta[account]]
        odd = shape.kind == "error-path" and len(alone) == 1  # all else balances
        step = alone[0] if odd else matching[-1]
        place = self._record_frame(step)
        outer = step.frames[0]
        if not odd and place[0] != outer[0] and any(self._record_frame(s)[0] == outer[0] for s in records):
            place = outer  # where a caller records too, the two flows meet in the caller
        helper = step.frames[-1]
        uses = self.program.uses(helper[0])
        if (
            helper[0] in self.program.recorders
            and uses > 1
            and self._backwards(shape, row)
            and id(helper[1]) not in self._sound
        ):
            place = helper
        anchor = place
        if _class(shape.kind) == "extra":
            index = way.index(step)
            near = [s for s in way if s.what in {"write", "enter", "call"} and s.frames[0][0] == step.frames[0][0]]
            before = [s for s in near if way.index(s) < index]
            chosen = (before or near)[-1:] if before or not near else near[:1]
            anchor = self._same_function(chosen[0].frames, place) if chosen else place
        return place, anchor, [*step.frames, *(frame for s in (*matching, *records) for frame in s.frames)]

    def _same_function(self, frames: tuple[Place, ...], place: Place) -> Place:
        return next((frame for frame in frames if frame[0] == place[0]), place)

    def _record_frame(self, step: Step) -> Place:
        """Return the place of a record in the innermost function that does more than record."""
        depth = len(step.frames) - 1
        while depth and step.frames[depth][0] in self.program.recorders:
            depth -= 1
        return step.frames[depth]

    def _backwards(self, shape: Shape, row: Row) -> bool:
        account = shape.record
        done, recorded = row.done.get(account), row.recorded.get(account)
        return done is not None and recorded is not None and recorded == -done

    def _prefer(self, places: list[Place]) -> Place:
        """Return the first place on a changed line, the usual one where none is."""
        return next((place for place in places if self._changed(place[1])), places[0])

    def _changed(self, node: Node) -> bool:
        return self.program.is_changed(node, self.changed)


def _opened(row: Row, way: list[Step]) -> Row:
    """Return a row with what the rounds of a loop do and record that is recorded once more, where there is one."""
    loop = repeats(row, way)
    if loop is None:
        return row
    settled: Ledger = loop.data["settled"]
    events: Event | None = None
    for event in row.events.all() if row.events else []:
        data = event.data | ({"balanced": False, "added": (settled, settled)} if event is loop else {})
        events = Event(event.what, event.node, event.stack, data, events)
    done, recorded = (
        ledger | {a: ledger[a] + amount if a in ledger else amount for a, amount in settled.items()}
        for ledger in (row.done, row.recorded)
    )
    return replace(row, done=done, recorded=recorded, events=events)


def _contributes(event: Event, accounts: AbstractSet[Any]) -> bool:
    """Whether a step has a part in what does not balance in these accounts; one whose account is not known may have."""
    if event.what == "call":
        found = event.data["row"].delta.keys()
    elif event.what == "loop":
        done, recorded = event.data["added"]
        found = () if event.data["balanced"] else {*done, *recorded}
    elif event.what == "record":
        found = {event.data["account"]}
    else:
        found = event.data["moved"].keys() if event.what in DOES else ()
    return any(account in accounts or not isinstance(account, str) for account in found)


def _same(shape: Shape, row: Row, place: Place) -> Any:
    """Return by what an extra record is the same on all paths, its place and by how much it is off; None of others."""
    if shape.record is None or shape.kind not in {"phantom-count", "wrong-amount"} or row.failed:
        return None
    return shape.record, row.view.delta.get(shape.record), id(place[1])


def _class(kind: str) -> str:
    if kind in {"double-count", "phantom-count"}:
        return "extra"
    return "missing" if kind in {"missing-add", "missing-sub"} else kind


def _right(summary: Summary, row: Row) -> Iterator[Node]:
    """Yield the records of a row that does not balance in accounts in which it does."""
    for way in all_steps(summary.function.name, row) if row.delta else ():
        right = {account for step in way for account in step.moved} - row.delta.keys()
        yield from (s.event.node for s in way if s.what == "record" and s.event.data["account"] in right)


def _sums_up(records: list[Step], writes: list[Step]) -> bool:
    accounts = {s.event.data["account"] for s in records}
    return any(a in s.moved for s in writes for a in accounts)


def _shared(one: tuple[Place, ...], other: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the frames of one up to the function where the two part."""
    out: list[Place] = []
    for a, b in zip(one, other, strict=False):
        if a[0] != b[0]:
            break
        out.append(a)
        if a[1] is not b[1]:
            break
    return tuple(out)
