"""The model machine: its memory as words at addresses, allocation that can fail, and a budget of steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from lmlint.witness.ctype import MASK, WORD

if TYPE_CHECKING:
    from collections.abc import Callable

GLOBALS, STACK, TEXTS, FUNCTIONS, PAGES = 1 << 16, 1 << 32, 1 << 34, 1 << 35, 1 << 40
"""Where each kind of object has its addresses, far from each other."""

STEPS = 60_000
"""Rounds of loops and calls that one operation may take."""
PATIENCE = 12
"""How often an operation may use them up, before the machine is trusted with no more."""
DEPTH = 24
"""How deep calls may nest."""
MAX_WORDS = 4096
"""How large one object may be."""


class Stopped(Exception):  # noqa: N818  # a run that ends is no error of the program
    """A run that cannot go on; the text is the reason."""


class Discarded(Stopped):
    """A run that the code itself stops, or that does what no C program may: it says nothing of the counters."""


class NotListed(Stopped):
    """A run that reaches what cannot be interpreted."""


@dataclass(eq=False, slots=True)
class Machine:
    """The state of one machine; `base` is the memory before anything ran."""

    memory: dict[int, int] = field(default_factory=dict)
    base: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    functions: dict[int, Callable[[list[int]], int]] = field(default_factory=dict)
    steps: int = 0
    depth: int = 0
    stack: int = STACK
    heap: int = PAGES
    statics: int = GLOBALS
    asked: int = 0
    failing: int = 0
    """Which of the requests that may fail does, counted from one; 0 for none."""
    endless: int = 0
    """How many operations have used up their steps."""
    until: float = inf
    """When the last operation may start, by the monotonic clock."""
    printed: list[str] = field(default_factory=list)
    version: int = 0
    """Rises with every write, where writes are watched."""

    def reset(self) -> None:
        """Go back to the state before anything ran."""
        self.memory.clear()
        self.memory.update(self.base)
        self.heap = PAGES
        self.printed.clear()
        self.version += 1
        self.steps, self.depth, self.stack, self.asked, self.failing = STEPS, 0, STACK, 0, 0

    def begin(self, failing: int) -> None:
        """Start an operation whose nth request fails; raises NotListed where too many have run for too long."""
        if monotonic() > self.until:
            raise NotListed("the time is up (limit `seconds`)")
        if self.endless > PATIENCE:
            raise NotListed(f"operations take more than {STEPS} steps each, again and again")
        self.steps, self.depth, self.stack, self.asked, self.failing = STEPS, 0, STACK, 0, failing

    def exhausted(self) -> Stopped:
        """Return what to raise where an operation has used up its steps."""
        self.endless += 1
        return Discarded("it runs for too long")

    def snapshot(self) -> tuple[dict[int, int], int]:
        """Return the state between two operations."""
        return self.memory.copy(), self.heap

    def restore(self, saved: tuple[dict[int, int], int]) -> None:
        """Go back to a state; what has been laid out since is as it was at first."""
        memory, self.heap = saved
        self.memory.clear()
        self.memory.update(self.base)
        self.memory.update(memory)
        self.version += 1

    def place(self, size: int, values: dict[int, int]) -> int:
        """Return the address of a new object that lives as long as the program; `values` by offset."""
        if size > WORD * MAX_WORDS:
            raise NotListed(f"an object of {size} bytes is larger than the model machine allows")
        address = self.statics
        self.statics += (size + 2 * WORD - 1) // WORD * WORD  # a word between two objects belongs to neither
        for offset, value in values.items():
            self.base[address + offset] = self.memory[address + offset] = value
        return address

    def text(self, value: str) -> int:
        """Return the address of a string."""
        address = TEXTS + len(self.texts) * WORD
        self.texts[address] = value
        return address

    def function(self, run: Callable[[list[int]], int]) -> int:
        """Return an address for a function."""
        address = FUNCTIONS + len(self.functions) * WORD
        self.functions[address] = run
        return address

    def fails(self) -> bool:
        """Whether this request is the one that fails."""
        self.asked += 1
        return self.asked == self.failing

    def page(self, size: int, words: int) -> int:
        """Return the address of a new page of `size` bytes of which the first words can be used; 0: none left."""
        if self.fails():
            return 0
        if not 0 < size <= 1 << 20 or not 0 < words <= MAX_WORDS:
            raise NotListed("a page of such a size is not what the model machine has")
        address = (self.heap + size - 1) // size * size
        self.heap = address + size
        self.memory.update((address + WORD * i, 0) for i in range(words))
        return address

    def zero(self, start: int, size: int) -> int:
        """Set the words in a range to zero."""
        memory = self.memory
        if start not in memory:
            raise Discarded("it clears memory that is not there")
        for address in range(start, start + min(size, WORD * MAX_WORDS), WORD):
            if address in memory:
                memory[address] = 0
        self.version += 1
        return start & MASK
