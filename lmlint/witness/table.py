"""The page table of a machine, walked: how much of the region each kind of leaf maps, and what is counted.

Both are told in the unit of the counter: bytes, or entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lmlint.witness.ctype import MASK, WORD
from lmlint.witness.machine import NotListed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.witness.program import Program

ROUND_TRIP = 64
"""How deep tables may be linked; a table that is linked to itself would never end."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A mapped piece of the region: from where to where, in which account, and as one of how many in a block."""

    start: int
    end: int
    account: int
    block: int
    """The size of what cannot be cut: the leaf, or the contiguous block that it is part of."""

    @property
    def first(self) -> int:
        """The start of its block."""
        return self.start - self.start % self.block


@dataclass(frozen=True, slots=True)
class _Level:
    name: str
    shift: int
    entries: int
    block: int
    plain: int
    cont: int
    below: bool
    worth: int
    """What one leaf is worth in the counter."""


class Table:
    """The table and the counters of one program; raises NotListed where the file has no counter to compare with."""

    def __init__(self, program: Program) -> None:
        """Read the constants of the model."""
        model, value = program.model, program.evaluate
        self.machine = program.machine
        self.accounts = model.accounts
        index = {name: number for number, name in enumerate(model.accounts)}
        self.levels = tuple(
            _Level(each.name, shift := value(each.shift), value(each.entries), value(each.block),
                   index.get(each.plain, -1), index.get(each.cont, -1), bool(each.below),
                   1 if model.by_entry else 1 << shift)
            for each in model.stages
        )  # fmt: skip
        self.root = value(model.root) & MASK
        self.low, self.high = value(model.region[0]) & MASK, value(model.region[1]) & MASK
        self.other = (value(model.other[0]) & MASK, value(model.other[1]) & MASK)
        self.bits, self.leaf_bits = value(model.table_bits or "0") & MASK, value(model.leaf_bits) & MASK
        self.mask = value(model.table_mask) & MASK
        self.cont = value(model.cont_bit) & MASK
        self.offset = -program.compiled(model.physical)({"virt": 0})
        self.page = 1 << self.levels[-1].shift
        self.sizes = tuple(sorted({
            size
            for level in self.levels
            if level.plain >= 0
            for size in (1 << level.shift, level.block << level.shift)
        }))  # fmt: skip
        self.sizes = self.sizes or (self.page,)
        self.leaf_sizes = tuple(self._size(program, number) for number in range(len(self.accounts)))
        """By account, the size of a leaf in bytes."""
        self.beside = tuple((index[name], program.compiled(text)) for name, text in model.mapped.items())
        self.by_entry = model.by_entry
        self.counters = self._counters(program)
        self._seen = (-1, (0,) * len(self.accounts))
        self._torn = False

    def _counters(self, program: Program) -> tuple[int | None, ...]:
        """Return where each account is counted; None where the same place has been named for another one before."""
        name = program.model.counter
        array = program.named(name)
        if array is None or array.addr is None or array.type.kind != "ptr":
            raise NotListed(f"`{name}` is not an array that the file defines")
        start = array.addr([])
        found: list[int | None] = []
        for account in self.accounts:
            place = program.evaluate(account) if program.knows(account) else program.model.index.get(account, -1)
            address = start + place * array.type.step
            if address not in self.machine.memory:
                raise NotListed(f"`{name}` has no place for `{account}`")
            found.append(None if address in found else address)
        return tuple(found)

    def _size(self, program: Program, number: int) -> int:
        """Return the size of a leaf of an account: of the level that has it, or else as the rule says."""
        for level in self.levels:
            if number in {level.plain, level.cont}:
                return 1 << level.shift
        return program.evaluate(program.model.worth[self.accounts[number]])

    def bytes_of(self, number: int, amount: int) -> int:
        """Return an amount of an account, in the unit of the counter, in bytes as the counter's type can say it."""
        return amount * self.leaf_sizes[number] & MASK if self.by_entry else amount

    def _entries(
        self, low: int, high: int, tables: list[tuple[int, int]] | None = None
    ) -> Iterator[tuple[int, int, _Level]]:
        """Yield the address, the value and the level of every leaf in a range.

        The address and the depth of each entry that is a table are added to `tables`, where they are asked for.
        """
        memory, levels, mask, bits, offset = self.machine.memory, self.levels, self.mask, self.bits, self.offset
        leaf_bits = self.leaf_bits
        top = levels[0]
        base = low - low % (top.entries << top.shift)
        stack = [(0, base, self.root)]
        budget = ROUND_TRIP * ROUND_TRIP
        while stack:
            depth, start, table = stack.pop()
            level = levels[depth]
            step = 1 << level.shift
            budget -= 1
            if budget < 0:
                return
            for index in range(level.entries):
                value = memory.get(table + WORD * index, 0)
                if not value:
                    continue
                where = start + index * step
                if where >= high or where + step <= low:
                    continue
                if level.below and value & bits == bits and not value & leaf_bits:
                    if tables is not None:
                        tables.append((where, depth))
                    stack.append((depth + 1, where, ((value & mask) + offset) & MASK))
                elif level.plain >= 0:
                    yield where, value, level

    def mapped(self) -> tuple[int, ...]:
        """Return how much of the region is mapped, by account."""
        if self._seen[0] != self.machine.version:
            totals = [0] * len(self.accounts)
            cont, blocks = self.cont, dict[tuple[int, int], int]()
            for where, value, level in self._entries(self.low, self.high):
                account = level.plain
                if value & cont and level.cont >= 0:
                    account = level.cont
                    block = (account, where // (level.block << level.shift))
                    blocks[block] = blocks.get(block, level.block) - 1
                totals[account] += level.worth
            for account, amount in self.beside:
                totals[account] += amount({})
            self._seen = (self.machine.version, tuple(totals))
            self._torn = any(blocks.values())
        return self._seen[1]

    def torn(self) -> bool:
        """Whether a contiguous block has entries that are not: no machine allows that, and nothing may follow."""
        self.mapped()
        return self._torn

    def counted(self) -> tuple[int, ...]:
        """Return what the counters say, by account."""
        memory = self.machine.memory
        return tuple([0 if address is None else memory[address] for address in self.counters])

    def balance(self) -> tuple[int, ...]:
        """Return by how much each counter is above what is mapped."""
        return tuple([signed(count - have) for count, have in zip(self.counted(), self.mapped(), strict=True)])

    def settle(self) -> None:
        """Set the counters to what is mapped."""
        for address, total in zip(self.counters, self.mapped(), strict=True):
            if address is not None:
                self.machine.memory[address] = total

    def leaves(self, *, other: bool = False) -> list[Leaf]:
        """Return the leaves of the region, or of the other one, by address."""
        found = []
        for where, value, level in self._entries(*(self.other if other else (self.low, self.high))):
            size = 1 << level.shift
            whole = bool(value & self.cont) and level.cont >= 0
            account = level.cont if whole else level.plain
            found.append(Leaf(where, where + size, account, size * level.block if whole else size))
        return sorted(found, key=lambda leaf: leaf.start)

    def filled(self, most: int) -> list[tuple[int, int, str]]:
        """Return the entries of the region that are not empty, up to a number of leaves and of tables.

        Each is its address, its depth, and the account of its leaf, "" for a table; by address, tables first.
        """
        tables: list[tuple[int, int]] = []
        found = [
            (where, self.levels.index(level), self.accounts[self._account(value, level)])
            for where, value, level in islice(self._entries(self.low, self.high, tables), most)
        ]
        return sorted([*found, *((where, depth, "") for where, depth in tables[:most])])

    def _account(self, value: int, level: _Level) -> int:
        return level.cont if value & self.cont and level.cont >= 0 else level.plain

    def slot(self, virt: int, depth: int) -> int:
        """Return the address of the entry for an address at a level, counted from the top; 0 where no table is."""
        table = self.root
        for number, level in enumerate(self.levels):
            entry = table + WORD * ((virt >> level.shift) % level.entries)
            if number == depth:
                return entry
            value = self.machine.memory.get(entry, 0)
            if not value or value & self.bits != self.bits or value & self.leaf_bits:
                return 0
            table = ((value & self.mask) + self.offset) & MASK
        return 0


def signed(value: int) -> int:
    """Return a difference of two words as a number with a sign."""
    value &= MASK
    return value - MASK - 1 if value >> 63 else value
