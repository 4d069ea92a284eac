"""Local tallies: variables that a function counts in, to record them, or to return them to one that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mutate.body import names, plain
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node


@dataclass(frozen=True, slots=True)
class Raise:
    """A statement that raises (or lowers) a tally: `sign`, and by how much, as text."""

    statement: Node
    sign: int
    step: str


@dataclass(frozen=True, slots=True)
class Tally:
    """A local variable that is counted up in some places and only recorded, returned or set elsewhere."""

    body: Body
    name: str
    raises: tuple[Raise, ...]
    records: tuple[Record, ...]
    """The records that say it; none where it is returned."""
    initial: Node | None
    """The value that it is declared with, or set to before it is counted."""


def tallies(code: Code, records: Records) -> list[Tally]:
    """Return the tallies of a file, by function and in the order in which they are raised."""
    return [tally for body in code.working for tally in tallies_of(records, body)]


def tallies_of(records: Records, body: Body) -> Iterator[Tally]:
    """Yield the tallies of a function."""
    found: dict[str, list[Raise]] = {}
    for node in body.block.walk():
        if node.type == "expression_statement" and (one := _raise(node)) is not None:
            found.setdefault(one[0], []).append(one[1])
    for name, raises in found.items():
        local = body.locals.get(name)
        if local is None or local.odd or local.stars or local.parameter or not plain(body.definition):
            continue
        mine = tuple(r for r in records.of.get(body.name, ()) if r.size is not None and name in names(r.size))
        if all(_counts(body, mine, use, raises) for use in body.uses(name)) and (mine or _returned(body, name)):
            yield Tally(body, name, tuple(raises), mine, local.value or _set(body, name))


def _raise(statement: Node) -> tuple[str, Raise] | None:
    """Return the variable that a statement raises or lowers, and by what."""
    node = statement.kids[0] if statement.kids else statement
    if node.type == "update_expression" and bare(node.kids[0]).type == "identifier":
        return bare(node.kids[0]).text, Raise(statement, 1 if node.op == "++" else -1, "1")
    if node.type == "assignment_expression" and node.op in {"+=", "-="} and node.field("left").type == "identifier":
        return node.field("left").text, Raise(statement, 1 if node.op == "+=" else -1, node.field("right").text)
    return None


def _counts(body: Body, mine: tuple[Record, ...], use: Node, raises: list[Raise]) -> bool:
    """Whether a use of a variable is what one does with a tally: declare, set, raise, test, record or return it."""
    if any(one.statement.start <= use.start < one.statement.end for one in raises):
        return True
    if any(record.statement.start <= use.start < record.statement.end for record in mine):
        return True
    parent = body.parent(use)
    while parent is not None and parent.type in {"parenthesized_expression", "unary_expression"}:
        parent = body.parent(parent)
    if parent is None:
        return False
    if parent.type == "assignment_expression":
        return parent.op == "=" and bare(parent.field("left")) is use
    if parent.type == "if_statement":
        return any(parent.start <= record.node.start < parent.end for record in mine)
    return parent.type in {"init_declarator", "declaration", "return_statement"}


def _returned(body: Body, name: str) -> bool:
    returns = (node for node in body.block.walk() if node.type == "return_statement" and node.kids)
    return any(bare(node.kids[0]).text == name for node in returns)


def _set(body: Body, name: str) -> Node | None:
    for node in body.block.walk():
        if node.type == "assignment_expression" and node.op == "=" and bare(node.field("left")).text == name:
            return node.field("right")
    return None


def anchor(code: Code, record: Record) -> Node:
    """Return the statement that makes a record and nothing else: the record, or the guards around it."""
    body, node = record.body, record.statement
    while True:
        parent = body.parent(node)
        if parent is not None and parent.type == "compound_statement" and len(parent.kids) == 1:
            parent = body.parent(parent)
        guard = parent is not None and parent.type == "if_statement" and "alternative" not in parent.fields
        if parent is None or not guard or any(code.changes(one) for one in parent.walk()):
            return node
        node = parent


def said(tally: Tally, record: Record, text: str) -> str:
    """Return the size that a record says with another text in the place of the tally."""
    assert record.size is not None  # noqa: S101  # only such records are a tally's
    whole, low = record.size.text, record.size.start
    for use in reversed(tally.body.uses(tally.name, record.size)):
        whole = whole[: use.start - low] + text + whole[use.end - low :]
    return whole
