"""The page table and the counters of a machine at one moment, as data for whoever draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.finding import Cell, Shot

if TYPE_CHECKING:
    from lmlint.witness.table import Table

MAX_CELLS = 600
"""How many entries a shot may have; nobody could look at more."""


def shot(table: Table, most: int = MAX_CELLS) -> Shot | None:
    """Return what the region that is counted holds, by address, tables before what is in them; None for too much."""
    found = table.filled(most + 1)
    if len(found) > most:
        return None
    cells = tuple(
        Cell(table.levels[depth].name, start - table.low, 1 << table.levels[depth].shift, account)
        for start, depth, account in found
    )
    amounts = enumerate(zip(table.accounts, table.mapped(), table.counted(), strict=True))
    return Shot(
        cells, tuple((name, table.bytes_of(n, have), table.bytes_of(n, count)) for n, (name, have, count) in amounts)
    )
