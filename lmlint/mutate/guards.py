"""Edits of what decides whether and how to count: guards dropped, inverted, or speaking of an entry that is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mutate import truth
from lmlint.mutate.body import LOOPS, names, plain
from lmlint.mutate.edit import Edit, Truth, Variant, of
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node


@dataclass(frozen=True, slots=True)
class Guard:
    """An `if` around records alone, or the `?:` that chooses an account.

    `choice`: both ways record, and the condition says where; else it says whether.
    """

    body: Body
    node: Node
    condition: Node
    records: tuple[Record, ...]
    choice: bool
    number: int

    @property
    def name(self) -> str:
        """Name it for a reader."""
        return f"{self.body.name}-{self.number}"


def guards(code: Code, records: Records) -> list[Guard]:
    """Return the guards of a file."""
    found: list[Guard] = []
    for body in code.working:
        mine, number = records.of[body.name], 0
        for node in body.block.walk():
            inside = tuple(r for r in mine if node.start <= r.node.start and r.node.end <= node.end)
            if node.type == "if_statement" and inside and plain(node) and _only_records(code, node):
                number += 1
                other = node.fields.get("alternative")
                both = other is not None and any(other.start <= r.node.start for r in inside)
                found.append(Guard(body, node, bare(node.field("condition")), inside, both, number))
            around = tuple(r for r in mine if r.account is not None and holds(r.account, node))
            if node.type == "conditional_expression" and around:
                number += 1
                found.append(Guard(body, node, node.field("condition"), around, choice=True, number=number))
    return found


def holds(outer: Node, inner: Node) -> bool:
    """Whether one node stands in another."""
    return outer.start <= inner.start and inner.end <= outer.end


def _only_records(code: Code, node: Node) -> bool:
    """Whether what an `if` decides is what is recorded, and nothing else."""
    arms = [node.field("consequence"), *([node.fields["alternative"]] if "alternative" in node.fields else [])]
    for arm in arms:
        for one in arm.walk():
            if one.type in LOOPS or one.type.endswith(("return_statement", "goto_statement", "continue_statement")):
                return False
            if one.type == "call_expression" and code.changes(one):
                return False
    return True


def drop(code: Code, records: Records) -> Iterator[Variant]:
    """Drop a guard, a part of its condition, or one of the two ways it chooses from."""
    for guard in guards(code, records):
        first, node = guard.records[0], guard.node
        told = _told(code, records, guard, truth.unguarded(first), truth.misplaced(first, "", ()))
        for name, edits in _dropped(code, guard):
            yield of("guard-drop", f"{guard.name}-{name}", guard.body.name, edits, told)
        if guard.choice or node.type != "if_statement":
            continue
        never = _told(code, records, guard, truth.withheld(first), ())
        edit = Edit(guard.condition.start, guard.condition.end, "false")
        yield of("guard-drop", f"{guard.name}-never", guard.body.name, [edit], never)


def _dropped(code: Code, guard: Guard) -> Iterator[tuple[str, list[Edit]]]:
    node, condition = guard.node, guard.condition
    if guard.choice:
        yield "first", [Edit(condition.start, condition.end, "true")]
        yield "second", [Edit(condition.start, condition.end, "false")]
        return
    arm = node.field("consequence")
    yield "if", [Edit(node.start, node.end, code.slice(arm))]
    for number, part in enumerate(_parts(condition), 1):
        if part is not condition:
            yield f"part-{number}", [Edit(part.start, part.end, "true")]
    value = _definition(guard)
    if value is not None:
        yield "definition", [Edit(value.start, value.end, "true")]


def _parts(condition: Node) -> list[Node]:
    condition = bare(condition)
    if condition.type == "binary_expression" and condition.op == "&&":
        return [*_parts(condition.field("left")), *_parts(condition.field("right"))]
    return [condition]


def _definition(guard: Guard) -> Node | None:
    """Return the initial value of a local variable that is the whole condition, and is never assigned again."""
    local = guard.body.locals.get(guard.condition.text)
    if local is None or local.value is None or local.parameter:
        return None
    rest = [n for n in guard.body.block.walk() if n.type == "assignment_expression"]
    return None if any(bare(n.field("left")).text == local.name for n in rest) else local.value


def invert(code: Code, records: Records) -> Iterator[Variant]:
    """Invert a guard, a part of its condition, or the definition of the variable that it tests."""
    for guard in guards(code, records):
        first = guard.records[0]
        kinds = (*truth.withheld(first), *truth.unguarded(first))
        told = _told(code, records, guard, kinds, truth.misplaced(first, "", ()))
        parts = [part for part in _parts(guard.condition) if part is not guard.condition]
        spots = [("if", guard.condition), *((f"part-{n}", part) for n, part in enumerate(parts, 1))]
        value = _definition(guard)
        spots += [("definition", value)] if value is not None else []
        for name, spot in spots:
            edit = Edit(spot.start, spot.end, f"!({code.slice(spot)})")
            yield of("guard-invert", f"{guard.name}-{name}", guard.body.name, [edit], told)


def _told(code: Code, records: Records, guard: Guard, kinds: tuple[str, ...], chosen: tuple[str, ...]) -> Truth:
    if names(guard.condition) & code.rule.where.keys() or code.means(guard.condition, {"region"}):
        kinds = ("unfiltered-region", *kinds)
    at = {record.node.start for record in guard.records}
    return truth.truth(code, records, guard.records[0], chosen if guard.choice else kinds, at=at)
