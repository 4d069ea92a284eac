"""Rows as they stand in the tables: their columns, links that are NULL there and 0 here, and lists as JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from lmlint.bot.rows import FindingRow, MailRow, Objection, OutboxRow, PatchRow, SeriesRow
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmlint.bot.database import Database, Value

Cell = str | int | float | bytes | tuple[str, ...] | None
Row = TypeVar("Row", MailRow, SeriesRow, PatchRow, FindingRow, OutboxRow, Objection)

_TABLES: Mapping[type, str] = {
    MailRow: "mail",
    SeriesRow: "series",
    PatchRow: "patch",
    FindingRow: "finding",
    OutboxRow: "outbox",
    Objection: "objection",
}
_LINKS = frozenset(("previous", "series", "patch", "mail", "told"))
"""Columns that hold the id of a row of another table."""
_LISTS = frozenset(("recipients", "findings"))
_NAMES: Mapping[type, tuple[str, ...]] = {kind: tuple(field.name for field in fields(kind)) for kind in _TABLES}
"""The columns of each kind of row, the id first."""
_READ: Mapping[type, str] = {
    kind: ", ".join(f"ifnull({name}, 0)" if name in _LINKS else name for name in names)
    for kind, names in _NAMES.items()
}


def read(database: Database, kind: type[Row], where: str, values: Sequence[Value] = ()) -> tuple[Row, ...]:
    """Return rows; `where` is what follows the name of the table in the query."""
    query = f"SELECT {_READ[kind]} FROM {_TABLES[kind]} {where}"  # noqa: S608  # names of our own; values are bound
    found = database.rows(query, values)
    if not _LISTS.isdisjoint(_NAMES[kind]):
        found = [_unpacked(row, _NAMES[kind]) for row in found]
    return tuple(kind(*row) for row in found)


def one(database: Database, kind: type[Row], which: int) -> Row:
    """Return the row with an id; InputError where there is none."""
    found = read(database, kind, "WHERE id = ?", (which,))
    if not found:
        raise _absent(database, kind, which)
    return found[0]


def add(database: Database, row: Row, **more: Cell) -> int:
    """Return the id that a row gets, whatever id it has; `more` are columns of which the row knows nothing."""
    columns = {**columns_of(row), **more}
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    query = f"INSERT INTO {_TABLES[type(row)]} ({names}) VALUES ({places})"  # noqa: S608  # the same
    return database.change(query, [_packed(name, cell) for name, cell in columns.items()])[1]


def change(database: Database, kind: type[Row], which: int, columns: Mapping[str, Cell]) -> None:
    """Set columns of the row with an id; InputError where there is none."""
    what = ", ".join(f"{name} = ?" for name in columns)
    query = f"UPDATE {_TABLES[kind]} SET {what} WHERE id = ?"  # noqa: S608  # the same
    changed, _ = database.change(query, [*(_packed(name, cell) for name, cell in columns.items()), which])
    if not changed:
        raise _absent(database, kind, which)


def columns_of(row: Row) -> dict[str, Cell]:
    """Return what a row says of its columns, the id left out."""
    return {name: getattr(row, name) for name in _NAMES[type(row)][1:]}


def _unpacked(row: tuple[Any, ...], names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return a row in which lists are no longer JSON."""
    return tuple(tuple(json.loads(cell)) if name in _LISTS else cell for name, cell in zip(names, row, strict=True))


def _packed(name: str, cell: Cell) -> Value:
    """Return a cell as it stands in its column."""
    if isinstance(cell, tuple):
        return json.dumps(cell)
    return None if name in _LINKS and not cell else cell


def _absent(database: Database, kind: type, which: int) -> InputError:
    """Return the error that says that no row has an id."""
    return InputError(f"{database.name}: there is no {_TABLES[kind]} {which}")
