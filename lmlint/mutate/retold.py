"""Rewrites of how leaves are tallied and recorded: counted down, in two variables, round by round, by a helper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.body import assigned, names, plain
from lmlint.mutate.calls import above, instead
from lmlint.mutate.code import pure
from lmlint.mutate.edit import Edit
from lmlint.mutate.tally import anchor, said, tallies_of
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.mutate.tally import Tally
    from lmlint.source import Node


def counted_down(_code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Count a tally down from zero, and record what it is below it."""
    for one in tallies_of(records, body):
        if one.initial is None or one.initial.text != "0" or not _only_recorded(one):
            continue
        turned = {1: "-=", -1: "+="}
        edits = [Edit(r.statement.start, r.statement.end, f"{one.name} {turned[r.sign]} {r.step};") for r in one.raises]
        yield "tally-down", [*edits, *_sizes(one, f"(-{one.name})")]


def in_two(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Count in a second variable in every other place, and record the sum."""
    for one in tallies_of(records, body):
        local = body.locals[one.name]
        if (
            one.initial is None
            or one.initial.text != "0"
            or not _only_recorded(one)
            or not code.alone(local.declaration)
        ):
            continue
        other = code.free(one.name)
        places = one.raises[1::2] or one.raises
        edits = [Edit(use.start, use.end, other) for spot in places for use in body.uses(one.name, spot.statement)]
        made = code.after(local.declaration, f"{local.plain}{other} = 0;")
        yield "tally-in-two", [made, *edits, *_sizes(one, f"({one.name} + {other})")]


def round_by_round(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Record each raise of a tally where it is made, and nothing at the end."""
    for one in tallies_of(records, body):
        if not _only_recorded(one) or len(one.records) != 1 or one.initial is None or one.initial.text != "0":
            continue
        (record,) = one.records
        last = anchor(code, record)
        changed = assigned(body.block)
        others = (names(last) - {one.name}) & body.locals.keys()
        if others & changed or not all(pure(code, c) for c in _conditions(body, record.statement, last)):
            continue
        if record.size is None or any(one.name in names(c) for c in _conditions(body, record.statement, last)):
            continue
        edits = [code.without(body, last)]
        for spot in one.raises:
            step = spot.step if spot.sign > 0 else f"-({spot.step})"
            low, high = record.size.start - last.start, record.size.end - last.start
            text = code.slice(last)
            text = text[:low] + said(one, record, f"({step})" if step != "1" else "1") + text[high:]
            text = text.replace("\n", "\n\t\t")
            edits.append(instead(spot.statement, code.block(spot.statement, [text])))
        yield "record-each-round", edits


def by_choice(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Record a tally or nothing by a `?:`, where an `if` decides whether it is recorded."""
    for one in tallies_of(records, body):
        for record in one.records:
            last = anchor(code, record)
            conditions = _conditions(body, record.statement, last)
            if len(conditions) != 1 or record.size is None or not pure(code, conditions[0]):
                continue
            size = f"({code.slice(conditions[0])}) ? {code.slice(record.size)} : 0"
            low, high = record.size.start, record.size.end
            text = code.text[record.statement.start : low] + size + code.text[high : record.statement.end]
            yield "tally-or-nothing", [instead(last, text)]
            break


def asked_first(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Record a tally only where it is not zero."""
    for one in tallies_of(records, body):
        for record in one.records:
            last = anchor(code, record)
            if any(one.name in names(c) for c in _conditions(body, record.statement, last)):
                continue
            yield (
                "tally-if-any",
                [
                    instead(
                        last, code.block(last, [f"if ({one.name})", "\t" + code.slice(last).replace("\n", "\n\t\t")])
                    )
                ],
            )


def by_helper(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put a loop that counts into a function of its own, which returns the tally."""
    for one in tallies_of(records, body):
        loop = _outermost(one)
        if loop is None or not plain(loop) or loop.type == "while_statement":
            continue
        if any(n.type in {"return_statement", "goto_statement"} for n in loop.walk()):
            continue
        used = dict.fromkeys(n.text for n in loop.walk() if n.type == "identifier" and n.text in body.locals)
        free = [n for n in used if not loop.start <= body.locals[n].declaration.start < loop.end]
        changed = assigned(loop)
        later = [n for n in free if n in changed and n != one.name and any(u.start >= loop.end for u in body.uses(n))]
        if later or any(body.locals[n].odd for n in free):
            continue
        first = loop.fields.get("initializer")
        fresh = frozenset[str]() if first is None else assigned(first) - _read(first)
        fresh |= {n for n in free if _only_inside(body, n, loop)}
        parameters = ", ".join(f"{body.locals[n].plain}{n}" for n in free if n not in fresh)
        local = "".join(f"\t{body.locals[n].plain}{n};\n" for n in free if n in fresh)
        name, kind = code.free("tallied"), body.locals[one.name].plain
        helper = f"static {kind}{name}({parameters})\n{{\n{local}\t{code.slice(loop)}\n\treturn {one.name};\n}}"
        use = f"{one.name} = {name}({', '.join(n for n in free if n not in fresh)});"
        yield "tally-returned", [above(code, body, helper), instead(loop, use)]


def _only_inside(body: Body, name: str, loop: Node) -> bool:
    """Whether a variable has no value before a loop, and is not used behind it."""
    local = body.locals[name]
    if local.parameter or local.value is not None:
        return False
    low, high = local.declaration.start, local.declaration.end
    return all(loop.start <= use.start < loop.end or low <= use.start < high for use in body.uses(name))


def _read(node: Node) -> frozenset[str]:
    found: set[str] = set()
    for each in node.walk():
        if each.type == "assignment_expression":
            found |= names(each.field("right"))
    return frozenset(found)


def _outermost(one: Tally) -> Node | None:
    """Return the loop around all raises of a tally that stands in no other loop."""
    loops = []
    for spot in one.raises:
        around = [node for node in one.body.above(spot.statement) if one.body.loop(spot.statement) is not None]
        loops.append(
            next(
                (n for n in reversed(around) if n.type.endswith(("for_statement", "do_statement", "while_statement"))),
                None,
            )
        )
    first = loops[0]
    return first if first is not None and all(loop is first for loop in loops) else None


def _only_recorded(one: Tally) -> bool:
    """Whether a tally is set once, to zero, and else only raised and recorded."""
    body = one.body
    inside = [(spot.statement.start, spot.statement.end) for spot in one.raises]
    inside += [(r.size.start, r.size.end) for r in one.records if r.size is not None]
    declared = body.locals[one.name].declaration
    inside.append((declared.start, declared.end))
    if one.initial is not None:
        statement = body.statement(one.initial)
        inside.append((statement.start, statement.end))
    return bool(one.records) and all(any(a <= use.start < b for a, b in inside) for use in body.uses(one.name))


def _sizes(one: Tally, text: str) -> list[Edit]:
    """Return the edits that put another text in the place of a tally in its records."""
    return [Edit(use.start, use.end, text) for r in one.records if r.size is not None for use in body_uses(one, r.size)]


def body_uses(one: Tally, within: Node) -> list[Node]:
    """Return where a piece of code names the tally."""
    return one.body.uses(one.name, within)


def _conditions(body: Body, inner: Node, outer: Node) -> list[Node]:
    """Return the conditions of the `if`s between a statement and one around it."""
    found, node = [], inner
    while node is not outer:
        parent = body.parent(node)
        if parent is None:
            break
        if parent.type == "if_statement":
            found.append(bare(parent.field("condition")))
        node = parent
    return found
