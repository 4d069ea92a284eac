"""Edits of records that make the counter drift: gone, doubled, turned, in another account, of another size, moved."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from lmlint.mutate import truth
from lmlint.mutate.body import names
from lmlint.mutate.edit import Edit, Truth, Variant, of
from lmlint.mutate.record import CONVERT, CORRECT
from lmlint.mutate.tally import tallies_of
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node


def delete(code: Code, records: Records) -> Iterator[Variant]:
    """Delete any one record."""
    for record in records.all:
        told = truth.truth(code, records, record, truth.deleted(record))
        yield of("delete", record.name, record.body.name, [code.without(record.body, record.statement)], told)


def duplicate(code: Code, records: Records) -> Iterator[Variant]:
    """Make any one record twice."""
    for record in records.all:
        same = {
            other.node.start
            for other in records.of[record.body.name]
            if other.sign == record.sign and other.accounts == record.accounts
        }
        told = truth.truth(code, records, record, truth.doubled(record), at=same)
        yield of("duplicate", record.name, record.body.name, [again(code, record)], told)


def again(code: Code, record: Record) -> Edit:
    """Return the edit that makes a record a second time."""
    text = code.slice(record.statement)
    if record.body.in_block(record.statement):
        return code.after(record.statement, text)
    start, end = record.statement.start, record.statement.end
    return Edit(start, end, code.block(record.statement, [text, text]))


def swap(code: Code, records: Records) -> Iterator[Variant]:
    """Turn any one add into a sub, and any one sub into an add."""
    for record in records.all:
        other = records.opposite(record)
        if other is not None:
            told = truth.truth(code, records, record, truth.turned(record))
            edit = Edit(record.node.start, record.node.end, other)
            yield of("swap", record.name, record.body.name, [edit], told)


def account(code: Code, records: Records) -> Iterator[Variant]:
    """Put any one record into each other account."""
    for record in records.all:
        if record.account is None:
            continue
        spots: list[Node] = [n for n in record.account.walk() if n.text in code.rule.accounts] or [record.account]
        others = {a for r in records.of[record.body.name] if r.sign != record.sign for a in r.accounts}
        for spot in spots:
            for other in code.rule.accounts:
                if other == spot.text:
                    continue
                told = truth.truth(code, records, record, truth.misplaced(record, other, others))
                was = f"-{spot.text}" if len(spots) > 1 else ""
                name = f"{record.name}{was}-as-{other}"
                yield of("account", name, record.body.name, [Edit(spot.start, spot.end, other)], told)


def size(code: Code, records: Records) -> Iterator[Variant]:
    """Give any one record another size: of each account, of another record of the file, or entries for bytes."""
    for record in records.all:
        if record.size is None:
            continue
        minus = code.rule.unit == "entries" and record.sign < 0 and bare(record.size).text.startswith("-")
        for other in _sizes(code, records, record):
            text = f"-{other}" if minus else other
            if text == code.slice(record.size):
                continue
            told = truth.truth(code, records, record, truth.resized(record, counted=_counted(records, record)))
            name = f"{record.name}-{re.sub(r'[^0-9A-Za-z_]+', '-', other).strip('-')}"
            yield of("size", name, record.body.name, [Edit(record.size.start, record.size.end, text)], told)


def _counted(records: Records, record: Record) -> bool:
    """Whether a record says a tally."""
    return any(record in tally.records for tally in tallies_of(records, record.body))


def _sizes(code: Code, records: Records, record: Record) -> list[str]:
    """Return other sizes that can stand in a record: constants, and sizes whose variables are at hand there."""
    mine = record.size
    if mine is None:
        return []
    known = records.value(mine)
    texts = dict.fromkeys(code.rule.accounts.values())
    for other in records.all:
        if other.size is None:
            continue
        local = [name for name in names(other.size) if name in other.body.locals]
        if all(record.body.visible(record.statement, name) for name in local):
            texts[bare(other.size).text] = None
    found = []
    for text in texts:
        value = code.program.level_sizes(text) if text in code.rule.accounts.values() else None
        if text != bare(mine).text and (known is None or value != known):
            found.append(text if re.fullmatch(r"\w+", text) else f"({text})")
    smallest = code.program.size(next(iter(code.rule.accounts)))
    counts = ((name, code.program.constant(name)) for name in code.rule.constants)
    entries = (name for name, count in counts if count is not None and count != known and count * smallest == known)
    return [*found, *islice(entries, 1)]


def half_conversion(code: Code, records: Records) -> Iterator[Variant]:
    """Drop one half of a conversion, both halves, or confuse the two; make the conversion never, or always."""
    for body in code.working:
        mine = [r for r in records.of[body.name] if r.role in {CONVERT, CORRECT}]
        subs, adds = [r for r in mine if r.sign < 0], [r for r in mine if r.sign > 0]
        if not subs or not adds:
            continue
        at = {r.node.start for r in mine}
        for name, gone, kinds in (
            ("sub", subs, truth.deleted(subs[0])),
            ("add", adds, truth.deleted(adds[0])),
            ("both", mine, ("wrong-account", "missing-sub", "missing-add")),
        ):
            told = truth.truth(code, records, gone[0], kinds, at=at)
            edits = [code.without(body, r.statement) for r in gone]
            yield of("half-conversion", f"{body.name}-no-{name}", body.name, edits, told)
        turned = [(r, text) for r in mine if (text := records.opposite(r)) is not None]
        kinds = ("wrong-amount", "wrong-account", "missing-sub", "missing-add")
        told = truth.truth(code, records, mine[0], kinds, at=at)
        edits = [Edit(r.node.start, r.node.end, text) for r, text in turned]
        if len(turned) == len(mine):
            yield of("half-conversion", f"{body.name}-crossed", body.name, edits, told)
        yield from _accounts_turned(code, records, subs, adds)
        yield from _conversion_calls(code, mine[0])


def _accounts_turned(code: Code, records: Records, subs: list[Record], adds: list[Record]) -> Iterator[Variant]:
    """Let the two sides of a conversion of entries change accounts; in bytes that is the same as to turn both."""
    if code.rule.unit == "bytes" or len(subs) != 1 or len(adds) != 1:
        return
    (sub,), (add,) = subs, adds
    if sub.account is None or add.account is None or bare(sub.account).text == bare(add.account).text:
        return
    kinds = ("wrong-account", "wrong-amount", "missing-sub", "missing-add")
    told = truth.truth(code, records, sub, kinds, at={sub.node.start, add.node.start})
    edits = [
        Edit(sub.account.start, sub.account.end, code.slice(add.account)),
        Edit(add.account.start, add.account.end, code.slice(sub.account)),
    ]
    yield of("half-conversion", f"{sub.body.name}-accounts-turned", sub.body.name, edits, told)


def _conversion_calls(code: Code, record: Record) -> Iterator[Variant]:
    """Skip each call of a function that converts, and make each one without its condition."""
    name = record.body.name
    if record.role != CONVERT:
        return
    for caller in code.near:
        calls = [s for s in code.sites(caller) if code.called(s) == name]
        for number, call in enumerate(calls, 1):
            statement = caller.statement(call)
            if statement.type != "expression_statement" or statement.kids[0] is not call:
                continue
            inside, inner = truth.callees(code, caller)
            at = inner | {s.start for s in code.sites(caller)}
            where = f"{caller.name}-{name}-{number}"
            kinds = ("wrong-account", "missing-sub", "missing-add")
            told = Truth(kinds, (caller.name, *inside), at)
            yield of("half-conversion", f"{where}-skipped", caller.name, [code.without(caller, statement)], told)
            parent = caller.parent(statement)
            if parent is not None and parent.type == "if_statement" and "alternative" not in parent.fields:
                told = Truth(("phantom-count", "wrong-account", "double-count"), (caller.name, *inside), at)
                edit = Edit(parent.start, parent.end, code.slice(statement))
                yield of("half-conversion", f"{where}-always", caller.name, [edit], told)


def above_allocation(code: Code, records: Records) -> Iterator[Variant]:
    """Move a record above the allocation that can fail, or above the test of its failure; undo it wrongly there."""
    for record in records.all:
        body = record.body
        if not body.in_block(record.statement):
            continue
        statements = body.siblings(record.statement)
        for number, (allocation, test) in enumerate(_allocations(code, record, statements), 1):
            name = record.name + (f"-{number}" if number > 1 else "")
            leave = code.without(body, record.statement)
            text = code.slice(record.statement)
            jumps = {node.start for node in test.walk() if node.type in {"return_statement", "goto_statement"}}
            at = {r.node.start for r in records.of[body.name]} | jumps
            told = truth.truth(code, records, record, ("error-path",), at=at)
            if all(body.visible(allocation, n) or n not in body.locals for n in names(record.node)):
                up = code.before(allocation, text)
                yield of("above-alloc", f"{name}-before", body.name, [leave, up], told)
            up = code.before(test, text)
            yield of("above-alloc", f"{name}-between", body.name, [leave, up], told)
            undo = records.opposite(record)
            if undo is not None:
                yield from _undone(code, record, test, told, name, f"{undo};", up)


def _undone(  # noqa: PLR0913, PLR0917  # one edit in its parts
    code: Code, record: Record, test: Node, told: Truth, name: str, undo: str, up: Edit
) -> Iterator[Variant]:
    """Undo a record on the failing path without having made it; or twice; or make it once more instead."""
    body, text, arm = record.body, code.slice(record.statement), test.field("consequence")
    told = Truth((*told.kinds, *truth.EXTRA), told.functions, told.at)
    leave = code.without(body, record.statement)
    for how, first, moved in (
        ("undo-without", [undo], False),
        ("undo-twice", [undo, undo], True),
        ("undo-again", [text], True),
    ):
        edits = [*([leave, up] if moved else []), _prefixed(code, arm, first)]
        yield of("above-alloc", f"{name}-{how}", body.name, edits, told)


def _prefixed(code: Code, arm: Node, lines: list[str]) -> Edit:
    """Return the edit that puts statements first in an arm of an `if`."""
    if arm.type == "compound_statement" and arm.kids:
        return Edit(arm.kids[0].start, arm.kids[0].start, "".join(f"{line}\n\t\t" for line in lines))
    return Edit(arm.start, arm.end, code.block(arm, [*lines, code.slice(arm)]))


def _allocations(code: Code, record: Record, statements: tuple[Node, ...]) -> list[tuple[Node, Node]]:
    """Return the allocations before a record in its block, each with the test that leaves when it has failed."""
    found = []
    for n, one in enumerate(statements):
        if one is record.statement:
            break
        if not any(code.rule.allocates(code.called(node)) for node in one.walk() if node.type == "call_expression"):
            continue
        if one.type not in {"declaration", "expression_statement"}:
            continue
        target = _target(one)
        for test in statements[n + 1 :]:
            if test.start > record.statement.start:
                break
            leaves = test.type == "if_statement" and any(
                node.type in {"return_statement", "goto_statement"} for node in test.field("consequence").walk()
            )
            if leaves and target in names(test.field("condition")):
                found.append((one, test))
                break
    return found


def _target(statement: Node) -> str:
    for node in statement.walk():
        if node.type == "init_declarator" and any(n.type == "call_expression" for n in node.field("value").walk()):
            return bare(node.field("declarator")).text.lstrip("* ")
        if node.type == "assignment_expression":
            return bare(node.field("left")).text
    return ""
