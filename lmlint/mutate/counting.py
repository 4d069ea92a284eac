"""Edits of how leaves are tallied: not, twice, elsewhere, in the wrong unit; and of where the tally is recorded."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from lmlint.mutate import truth
from lmlint.mutate.body import JUMPS, LOOPS, own
from lmlint.mutate.edit import Edit, Truth, Variant, of
from lmlint.mutate.tally import anchor, said, tallies
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.mutate.tally import Raise, Tally
    from lmlint.source import Node

LESS = ("missing-add", "missing-sub", "phantom-count", "wrong-amount")
"""What too low a tally may be told as."""
MORE = ("double-count", "phantom-count", "wrong-amount", "missing-sub", "missing-add")
"""What too high a tally may be told as; one that counts what is gone leaves less than there is."""
OTHER = ("wrong-amount", "wrong-account", "missing-add", "missing-sub", "double-count", "phantom-count")


def tally(code: Code, records: Records) -> Iterator[Variant]:
    """Raise a tally where it should not be, or not where it should be; in another unit, from another start."""
    every = tallies(code, records)
    for one in every:
        for number, spot in enumerate(one.raises, 1):
            where = f"{one.body.name}-{one.name}-{number}"
            for name, kinds, edits in (*_raised(code, one, spot), *_moved(code, one, spot)):
                yield of("tally", f"{where}-{name}", one.body.name, edits, told(code, records, one, kinds))
        others = [other.name for other in every if other.body is one.body and other.name != one.name]
        for name, kinds, edits in (*_started(one), *_recorded(code, one, others)):
            yield of(
                "tally", f"{one.body.name}-{one.name}-{name}", one.body.name, edits, told(code, records, one, kinds)
            )


def told(code: Code, records: Records, one: Tally, kinds: tuple[str, ...]) -> Truth:
    """Return the truth of an edit of a tally: it shows in its function, or in one that records what it returns."""
    body = one.body
    at = {site.start for site in code.sites(body)} | {r.node.start for r in records.of[body.name]}
    at |= {spot.statement.start for spot in one.raises}
    at |= {node.start for node in body.block.walk() if node.type in {"return_statement", "goto_statement"}}
    callers = [] if one.records else [c for c in code.near if any(code.called(s) == body.name for s in code.sites(c))]
    for caller in callers:
        at |= {s.start for s in code.sites(caller)} | {r.node.start for r in records.of.get(caller.name, ())}
    return Truth(kinds, (body.name, *(caller.name for caller in callers)), frozenset(at))


def _raised(code: Code, one: Tally, spot: Raise) -> Iterator[tuple[str, tuple[str, ...], list[Edit]]]:
    """Yield edits of one statement that raises a tally."""
    body, statement = one.body, spot.statement
    text = code.slice(statement)
    yield "gone", LESS, [code.without(body, statement)]
    again = Edit(statement.start, statement.end, code.block(statement, [text, text]))
    yield "twice", MORE, [code.after(statement, text) if body.in_block(statement) else again]
    op = {1: "-=", -1: "+="}[spot.sign]
    yield "turned", ("wrong-amount", *LESS), [Edit(statement.start, statement.end, f"{one.name} {op} {spot.step};")]
    op = {1: "+=", -1: "-="}[spot.sign]
    if code.rule.unit == "entries":
        sizes = dict.fromkeys(code.rule.accounts[a] for r in one.records for a in r.accounts)
        for size in islice(sizes or dict.fromkeys(code.rule.accounts.values()), 1):
            yield "by-size", OTHER, [Edit(statement.start, statement.end, f"{one.name} {op} {size};")]
    elif spot.step != "1":
        yield "by-one", OTHER, [Edit(statement.start, statement.end, f"{one.name} {op} 1;")]


def _moved(code: Code, one: Tally, spot: Raise) -> Iterator[tuple[str, tuple[str, ...], list[Edit]]]:
    """Yield edits that raise a tally in another place."""
    body, statement = one.body, spot.statement
    text, gone = code.slice(statement), code.without(body, statement)
    loop = body.loop(statement)
    if body.in_block(statement):
        earlier = [node for node in body.siblings(statement) if node.end <= statement.start]
        skip = next((node for node in reversed(earlier) if _skips(node)), None)
        if skip is not None:
            yield "before-guard", MORE, [gone, code.before(skip, text)]
            arm = skip.field("consequence")
            yield "in-the-other-arm", OTHER, [gone, _first_in(code, arm, text)]
        if loop is not None and loop.type == "for_statement":
            yield "after-continue", LESS, [code.before(statement, "continue;")]
    guard = _around(one, statement)
    if guard is not None and body.in_block(guard):
        yield "above-if", MORE, [gone, code.before(guard, text)]
        yield "below-if", MORE, [gone, code.after(guard, text)]
        other = guard.fields.get("alternative")
        if other is not None and other.kids:
            yield "in-the-other-arm", OTHER, [gone, _first_in(code, other.kids[0], text)]
    if loop is not None and body.in_block(loop):
        yield "behind-loop", OTHER, [gone, code.after(loop, text)]
        inside = loop.field("body")
        if inside.type == "compound_statement" and inside.kids:
            yield "reset", LESS, [_first_in(code, inside, f"{one.name} = 0;", after_declarations=True)]


def _skips(node: Node) -> bool:
    """Whether a statement is an `if` that leaves the round."""
    if node.type != "if_statement" or "alternative" in node.fields:
        return False
    arm = node.field("consequence")
    last = arm.kids[-1] if arm.type == "compound_statement" and arm.kids else arm
    return last.type in JUMPS


def _around(one: Tally, statement: Node) -> Node | None:
    """Return the `if` that a statement is an arm of, or stands in one."""
    parent = one.body.parent(statement)
    if parent is not None and parent.type == "compound_statement":
        parent = one.body.parent(parent)
    return parent if parent is not None and parent.type == "if_statement" else None


def _first_in(code: Code, arm: Node, text: str, *, after_declarations: bool = False) -> Edit:
    """Return the edit that puts a statement first in an arm or a loop."""
    if arm.type != "compound_statement" or not arm.kids:
        return Edit(arm.start, arm.end, code.block(arm, [text, code.slice(arm)]))
    first = arm.kids[0]
    if after_declarations:
        first = next((kid for kid in arm.kids if kid.type not in {"declaration", "comment"}), first)
    return code.before(first, text)


def _started(one: Tally) -> Iterator[tuple[str, tuple[str, ...], list[Edit]]]:
    if one.initial is not None and one.initial.text == "0":
        yield "from-one", MORE, [Edit(one.initial.start, one.initial.end, "1")]


def _recorded(code: Code, one: Tally, others: list[str]) -> Iterator[tuple[str, tuple[str, ...], list[Edit]]]:
    """Yield edits of what a record says of a tally."""
    for number, record in enumerate(one.records, 1):
        size, name = record.size, "" if len(one.records) == 1 else f"-{number}"
        if size is None:
            continue
        yield f"recorded{name}-and-one", OTHER, [Edit(size.start, size.end, said(one, record, f"({one.name} + 1)"))]
        yield f"recorded{name}-as-one", OTHER, [Edit(size.start, size.end, said(one, record, "1"))]
        for other in others:
            yield f"recorded{name}-{other}", OTHER, [Edit(size.start, size.end, said(one, record, other))]
        choice = bare(size)
        if choice.type == "conditional_expression":
            yes, no = (choice.field(way) for way in ("consequence", "alternative"))
            turned = [Edit(yes.start, yes.end, code.slice(no)), Edit(no.start, no.end, code.slice(yes))]
            yield f"recorded{name}-arms-turned", OTHER, turned
            yield f"recorded{name}-first-arm", OTHER, turned[1:]
            yield f"recorded{name}-second-arm", OTHER, turned[:1]


def leave(code: Code, records: Records) -> Iterator[Variant]:
    """Leave before a tally is recorded: where the loop is left, or where an error is known."""
    for one in tallies(code, records):
        body = one.body
        for number, record in enumerate(one.records, 1):
            last = anchor(code, record)
            if body.loop(last) is not None or not body.in_block(last):
                continue
            value = _final(one)
            back = "return;" if body.function.returns == "void" else None if value is None else f"return {value};"
            kinds = ("error-path", *LESS, "wrong-account")
            name = f"{body.name}-{one.name}-{number}"
            for many, jump in enumerate(_jumps(one, last) if back is not None else (), 1):
                edit = Edit(jump.start, jump.end, str(back))
                yield of("leave", f"{name}-{jump.type.split('_')[0]}-{many}", body.name, [edit],
                         told(code, records, one, kinds))  # fmt: skip
            local = body.locals.get(value or "")
            if local is not None and not local.parameter and value != one.name and body.visible(last, local.name):
                edit = code.before(last, f"if ({value})\n{_margin(code, last)}\t{back}")
                yield of("leave", f"{name}-on-error", body.name, [edit], told(code, records, one, kinds))


def _margin(code: Code, node: Node) -> str:
    start = code.text.rfind("\n", 0, node.start) + 1
    return code.text[start : node.start] if not code.text[start : node.start].strip() else ""


def _final(one: Tally) -> str | None:
    """Return what the function returns at its end."""
    last = one.body.block.kids[-1] if one.body.block.kids else one.body.block
    last = last.kids[-1] if last.type == "labeled_statement" else last
    return bare(last.kids[0]).text if last.type == "return_statement" and last.kids else None


def _jumps(one: Tally, last: Node) -> list[Node]:
    """Return where the loops that count are left on the way to the record."""
    body = one.body
    loops = dict.fromkeys(id(loop) for spot in one.raises for loop in body.above(spot.statement) if loop.type in LOOPS)
    found = []
    for loop in (node for node in body.block.walk() if node.type in LOOPS and id(node) in loops):
        found += own(loop, "break_statement") if loop.end <= last.start and body.loop(loop) is None else []
        found += [node for node in loop.walk() if node.type == "goto_statement" and body.loop(loop) is None]
    return sorted(found, key=lambda node: node.start)


def repeat(code: Code, records: Records) -> Iterator[Variant]:
    """Record a running tally in every round, as well as at the end, or instead."""
    for one in tallies(code, records):
        body = one.body
        for number, record in enumerate(one.records, 1):
            last = anchor(code, record)
            loop = body.loop(one.raises[0].statement)
            if loop is None or not body.in_block(last) or body.loop(last) is not None:
                continue
            inner = loop.field("body")
            if inner.type != "compound_statement" or not inner.kids:
                continue
            more = code.after(inner.kids[-1], code.slice(last).replace("\n", "\n\t"))
            kinds = told(code, records, one, (*MORE, "wrong-account"))
            name = f"{body.name}-{one.name}-{number}"
            yield of("repeat", f"{name}-as-well", body.name, [more], kinds)
            yield of("repeat", f"{name}-instead", body.name, [more, code.without(body, last)], kinds)


__all__ = ["leave", "repeat", "tally", "truth"]
