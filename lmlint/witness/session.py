"""One program on one machine in one geometry: operations run on it in turn, and are held to their contracts."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lmlint.witness.ctype import MASK, wrapping
from lmlint.witness.declare import words
from lmlint.witness.machine import Discarded, NotListed
from lmlint.witness.model import prelude
from lmlint.witness.program import Watch, started
from lmlint.witness.table import Table
from lmlint.witness.watch import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lmlint.source import Item, Parameter
    from lmlint.witness.ctype import CType
    from lmlint.witness.model import Model, Operation


LEAF, CALL = "leaf", "call "
"""Names of steps that are no operations: a leaf is put into the table by hand; a function is called by itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation with its values: a range of addresses, the places of its choices, which request fails (0: none)."""

    name: str
    start: int
    end: int
    picks: tuple[tuple[str, int], ...] = ()
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What a step came to: what it returned, and by how much it put each counter off."""

    result: int
    drift: tuple[int, ...]
    asked: int
    """How many requests it made that could have failed."""

    @property
    def drifts(self) -> bool:
        """Whether a counter is off."""
        return any(self.drift)


class Broken(Exception):  # noqa: N818  # the step is out of place, nothing is wrong
    """A step that its contract does not allow here."""


class Session:
    """A program in one geometry; raises NotListed where there is nothing to run or to compare."""

    def __init__(
        self,
        items: Sequence[Item],
        model: Model,
        geometry: str,
        watch: Watch | None = None,
        around: Sequence[Item] = (),
    ) -> None:
        """Take up the file, and from what is around it what it lacks, and lay out the machine."""
        self.model, self.geometry = model, geometry
        self.watch = watch if watch is not None else Watch()
        self.program = started(model, self.watch, prelude(model, geometry))
        self.program.load(items, own=True)
        self.program.complete(around)
        self.table = Table(self.program)
        if isinstance(self.watch, Trace):
            self.watch.table = self.table
        self.machine = self.program.machine
        names = frozenset(name for name, meaning in self.program.meanings.items() if meaning.own)
        self.operations: Mapping[str, Operation] = model.applicable(names)
        self._calls: dict[str, Callable[[Mapping[str, int]], int]] = {}
        self._opaque: dict[str, int] = {}
        self.past: set[str] = set()
        """The operations that have run since the table was empty."""
        self.machine.reset()

    def reset(self) -> None:
        """Start again with an empty table."""
        self.machine.reset()
        self.past.clear()

    def run(self, step: Step) -> Done:
        """Run one step; raises Discarded, NotListed, or Broken where its contract forbids it."""
        if step.name == LEAF:
            return self._leaf(step)
        if step.name.startswith(CALL):
            return self._measured(self._direct, step, step.failing)
        operation = self.operations.get(step.name)
        if operation is None:
            raise NotListed(f"the file has nothing to run `{step.name}` with")
        if self.past & operation.before or not allowed(self.table, operation, step):
            raise Broken
        values = {"start": step.start, "virt": step.start, "addr": step.start, "end": step.end,
                  "size": step.end - step.start, "phys": step.start - self.table.offset}  # fmt: skip
        values["phys"] &= MASK
        if operation.draws.startswith("other"):
            values["phys"] = step.start - self.table.other[0]
        for name, place in step.picks:
            values[name] = self.choice(operation, name, place)
        call = self._compiled(operation.call)
        done = self._measured(call, values, step.failing)
        self.past.add(step.name)
        return done

    def _measured(self, call: Callable[[Any], int], given: object, failing: int) -> Done:
        before = self.table.balance()
        self.machine.begin(failing)
        try:
            result = call(given)
        except RecursionError as error:
            raise Discarded("its calls nest too deeply") from error
        drift = tuple([after - old for after, old in zip(self.table.balance(), before, strict=True)])
        if self.table.torn() and not any(drift):
            raise Discarded("it leaves a contiguous block in pieces")
        return Done(result, drift, self.machine.asked)

    def _leaf(self, step: Step) -> Done:
        """Put a leaf into the table by hand, and count it."""
        if not self.model.leaf:
            raise Broken
        picks = dict(step.picks)
        self.machine.begin(0)
        before = self.machine.memory.copy()
        self._compiled(self.model.leaf)({"virt": step.start, "level": picks["level"], "cont": picks["cont"]})
        if self.machine.memory == before:
            raise Broken
        self.table.settle()
        return Done(0, (0,) * len(self.table.accounts), 0)

    def _compiled(self, text: str) -> Callable[[Mapping[str, int]], int]:
        if text not in self._calls:
            self._calls[text] = self.program.compiled(text)
        return self._calls[text]

    def _direct(self, step: Step) -> int:
        """Call a function of the file by itself, with arguments that fit its parameters."""
        name = step.name.removeprefix(CALL)
        function, cell = self.program.own_functions().get(name), self.program.cell(name)
        if function is None or cell is None:
            raise NotListed(f"`{name}` is not a function of the file")
        arguments = [
            self.argument(place, each, kind, step)
            for place, (each, kind) in enumerate(zip(function.parameters, cell.parameters, strict=False))
        ]
        result = cell.run([0, *[wrapping(kind)(value) for value, kind in zip(arguments, cell.parameters, strict=True)]])
        return result if cell.returns.kind == "int" else 0

    def argument(self, place: int, parameter: Parameter, kind: CType, step: Step) -> int:
        """Return what a parameter is given: an entry's address or value by its type, the rest as the rule says.

        What says whether anything is counted is true where the addresses are counted.
        """
        if parameter.name in self.model.where:
            counted = int(self.program.evaluate(self.model.where[parameter.name] or "1"))
            return counted if self.table.low <= step.start < self.table.high else int(not counted)
        depth = self.model.entries.get(parameter.type)
        if depth is not None and parameter.stars < 2 and not parameter.function:  # noqa: PLR2004
            slot = self.table.slot(step.start, depth)
            if not slot:
                raise Broken
            return slot if parameter.stars else self.machine.memory[slot]
        stars = " *" * parameter.stars
        text = f"{parameter.type}{stars} {parameter.name}"
        if parameter.function or kind.target.kind == "func":
            text = f"(*) {parameter.name}"
        values = {"virt": step.start, "end": step.end, "size": step.end - step.start,
                  "phys": (step.start - self.table.offset) & MASK, **dict(step.picks)}  # fmt: skip
        values["small"] = (values["small"] >> 3 * place & 7) % len(self.table.accounts)
        values["prot"] = self.program.evaluate(self.model.prots[values["prot"]])
        for pattern, expression in self.model.direct:
            if fnmatchcase(text, pattern):
                return self._compiled(expression)(values)
        if kind.kind == "int":
            return values["small"]
        if kind.target.kind == "struct":
            if kind.target.name not in self._opaque:
                zeros = dict.fromkeys(words(self.program, kind.target), 0)
                self._opaque[kind.target.name] = self.machine.place(kind.target.size, zeros)
            return self._opaque[kind.target.name]
        return 0

    def choice(self, operation: Operation, name: str, place: int) -> int:
        """Return the value of a choice."""
        text = operation.choose[name][place % len(operation.choose[name])]
        return self.program.evaluate(text)


def allowed(table: Table, operation: Operation, step: Step) -> bool:
    """Whether the contract of an operation allows a step as the table stands."""
    other = operation.draws.startswith("other-")
    draws = operation.draws.removeprefix("other-")
    low, high = table.other if other else (table.low, table.high)
    if not low <= step.start < step.end <= high:
        return False
    if draws not in {"empty", "mapped", "whole"}:
        return True
    inside = [leaf for leaf in table.leaves(other=other) if leaf.end > step.start and leaf.start < step.end]
    if draws == "empty":
        return not inside
    if draws == "mapped":
        pages = sum(min(leaf.end, step.end) - max(leaf.start, step.start) for leaf in inside)
        return pages == step.end - step.start
    cut = any(leaf.first < at < leaf.first + leaf.block for leaf in inside for at in (step.start, step.end))
    return bool(inside) and not cut
