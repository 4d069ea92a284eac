"""Who watches a run: which functions and lines it executes, and what each activation does and records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.witness.program import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmlint.witness.scope import Cell, Frame
    from lmlint.witness.table import Table

Line = tuple[str, int]


class Calls(Watch):
    """Notes the functions of the file that run."""

    def __init__(self) -> None:
        """Start with none."""
        self.functions: set[str] = set()

    def activation(self, cell: Cell, run: Callable[[Frame], int]) -> Callable[[Frame], int]:
        """Return the body, with a note that it runs."""
        if not cell.own:
            return run
        add, name = self.functions.add, cell.name

        def noted(frame: Frame) -> int:
            add(name)
            return run(frame)

        return noted


@dataclass(eq=False, slots=True)
class Activation:
    """One run of one function: by how much each account was mapped and counted while it ran, and what it called."""

    function: str
    inner: list[Activation] = field(default_factory=list)
    done: tuple[int, ...] = ()
    recorded: tuple[int, ...] = ()

    def difference(self, account: int) -> int:
        """Return what it recorded less what it did, in bytes."""
        return self.recorded[account] - self.done[account] if self.done else 0

    def walk(self) -> Iterator[Activation]:
        """Yield the activation and all below it."""
        stack = [self]
        while stack:
            each = stack.pop()
            yield each
            stack.extend(reversed(each.inner))


class Trace(Watch):
    """Notes lines, how tests come out, and activations with what they do and record."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.known: dict[str, set[int]] = {}
        """The lines of each function that statements start on."""
        self.lines: set[Line] = set()
        self.tests: set[tuple[str, int, int]] = set()
        self.table: Table | None = None
        self.root = Activation("")
        self._open = [self.root]

    def begin(self) -> None:
        """Forget what has been noted."""
        self.lines.clear()
        self.tests.clear()
        self.root = Activation("")
        self._open = [self.root]

    def line(self, function: str, line: int, outcome: int) -> Callable[[], None] | None:
        """Return what notes that a line ran (-1), or that a test there failed (0) or held (1)."""
        self.known.setdefault(function, set()).add(line)
        lines, tests = self.lines, self.tests
        if outcome < 0:
            key = (function, line)
            return lambda: lines.add(key)
        test = (function, line, outcome)
        return lambda: tests.add(test)

    def activation(self, cell: Cell, run: Callable[[Frame], int]) -> Callable[[Frame], int]:
        """Return the body, with its account of what it did and recorded."""
        if not cell.own:
            return run

        def traced(frame: Frame) -> int:
            table = self.table
            if table is None:
                return run(frame)
            here = Activation(cell.name)
            self._open[-1].inner.append(here)
            self._open.append(here)
            mapped, counted = table.mapped(), table.counted()
            try:
                return run(frame)
            finally:
                self._open.pop()
                here.done = tuple(b - a for a, b in zip(mapped, table.mapped(), strict=True))
                here.recorded = tuple(_moved(a, b) for a, b in zip(counted, table.counted(), strict=True))

        return traced

    def statement(self, function: str, line: int) -> int:
        """Return the line on which the statement starts that a line of a function belongs to."""
        return max((each for each in self.known.get(function, ()) if each <= line), default=line)


def _moved(before: int, after: int) -> int:
    from lmlint.witness.table import signed  # noqa: PLC0415  # the table needs the program, which needs its watch

    return signed(after - before)


def blamed(top: Activation, account: int, keepers: frozenset[str]) -> frozenset[str]:
    """Return where the two flows of an account fail to meet: the deepest functions in charge of both.

    `keepers` are the functions that have been seen to do and to record in one activation.
    """
    found: set[str] = set()
    stack = [each for each in top.inner if each.difference(account)]
    fallback = {each.function for each in stack}
    while stack:
        here = stack.pop()
        uneven = [each for each in here.inner if each.difference(account)]
        deeper = [each for each in uneven if _has(each, account, keepers)]
        settled = sum(each.difference(account) for each in uneven) == here.difference(account)
        if deeper and settled and len(deeper) == len(uneven):
            stack.extend(deeper)
        else:
            found.add(here.function)
    return frozenset(found or fallback)


def _has(here: Activation, account: int, keepers: frozenset[str]) -> bool:
    return any(each.function in keepers and each.difference(account) for each in here.walk())


def keepers_of(top: Activation) -> set[str]:
    """Return the functions that do and record something in one activation."""
    return {each.function for each in top.walk() if any(each.done) and any(each.recorded)}
