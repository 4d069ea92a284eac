"""Edits of what is done while the records stay: writes gone or doubled, loops one off; and of the bodies of helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.edit import Edit, Truth, Variant, indent, of
from lmlint.mutate.record import CONVERT, CORRECT
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.source import Node


def write(code: Code, records: Records) -> Iterator[Variant]:
    """Drop or double a write, a clear or a populate of an entry."""
    for body in code.working:
        if body.name in code.rule.outside:
            continue
        for number, site in enumerate(_writes(code, records, body), 1):
            statement = body.statement(site)
            name = f"{body.name}-{number}"
            told = _told(code, records, body, ("phantom-count", "double-count", "wrong-account", "wrong-amount"))
            yield of("write", f"{name}-gone", body.name, [code.without(body, statement)], told)
            text = code.slice(statement)
            told = _told(code, records, body, ("double-count", "wrong-amount", "missing-add", "missing-sub"))
            if body.in_block(statement):
                edit = code.after(statement, text)
            else:
                edit = Edit(statement.start, statement.end, code.block(statement, [text, text]))
            yield of("write", f"{name}-twice", body.name, [edit], told)


def _writes(code: Code, records: Records, body: Body) -> Iterator[Node]:
    """Yield what changes entries and does not count: primitives and calls, each a statement of its own."""
    for site in code.sites(body):
        statement = body.statement(site)
        if statement.type != "expression_statement" or statement.kids[0] is not site:
            continue
        if code.meaning(site) is not None or code.called(site) not in records.recording:
            yield site


def _told(code: Code, records: Records, body: Body, kinds: tuple[str, ...]) -> Truth:
    """Return the truth of what is done in a function: its own records speak of it, or those of its callers."""
    told = {body.name: body}
    work = [body]
    while work:  # up to those that record what their callees do
        inner = work.pop()
        callers = [c for c in code.near if any(code.called(s) == inner.name for s in code.sites(c))]
        new = [c for c in callers if c.name not in told]
        told |= {c.name: c for c in new}
        work += [c for c in new if not records.of.get(c.name)]
    at: set[int] = set()
    for one in told.values():
        at |= {r.node.start for r in records.of.get(one.name, ())} | {s.start for s in code.sites(one)}
    mine = records.of[body.name]
    if any(r.role in {CONVERT, CORRECT} for r in mine):
        kinds += ("missing-sub", "missing-add")
    return Truth(tuple(dict.fromkeys(kinds)), tuple(told), frozenset(at))


def bound(code: Code, records: Records) -> Iterator[Variant]:
    """Run a loop that writes entries once too often, once too little, from the second one on, or of another level."""
    for body in code.working:
        if body.name in code.rule.outside:
            continue
        loops = [n for n in body.block.walk() if n.type in {"for_statement", "while_statement", "do_statement"}]
        for number, loop in enumerate(loops, 1):
            changes = any(loop.start <= site.start < loop.end for site in code.sites(body))
            if not changes or "condition" not in loop.fields:
                continue
            told = _told(code, records, body, ("wrong-amount", "missing-sub", "missing-add", "phantom-count",
                                               "double-count", "wrong-account"))  # fmt: skip
            for name, edit in (*_off_by_one(code, loop), *_of_another_level(code, loop)):
                yield of("bound", f"{body.name}-{number}-{name}", body.name, [edit], told)


def _off_by_one(code: Code, loop: Node) -> Iterator[tuple[str, Edit]]:
    test = _last(loop.field("condition"))
    if test.type == "binary_expression" and test.op in {"<", "<=", ">", ">="}:
        other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[test.op]
        left, right = test.field("left"), test.field("right")
        yield ("long" if "=" in other else "short"), Edit(left.end, right.start, f" {other} ")
    if loop.type != "for_statement":
        return
    if test.type == "binary_expression" and test.op in {"<", "!="}:
        right = test.field("right")
        yield "one-less", Edit(right.start, right.end, f"{code.slice(right)} - 1")
    for node in loop.fields.get("initializer", loop.field("body")).walk():
        value = node.fields.get("right") if node.type == "assignment_expression" else node.fields.get("value")
        if node.type in {"assignment_expression", "init_declarator"} and value is not None and value.text == "0":
            yield "from-one", Edit(value.start, value.end, "1")


def _of_another_level(code: Code, loop: Node) -> Iterator[tuple[str, Edit]]:
    """Run over as many entries as another level's tables have."""
    counts = {
        level.entries: code.program.constant(level.entries) for level in code.rule.levels.values() if level.entries
    }
    for node in loop.field("condition").walk():
        mine = counts.get(node.text)
        for other, count in counts.items():
            if mine is not None and count is not None and count != mine:
                yield f"as-{other}", Edit(node.start, node.end, other)


def _last(node: Node) -> Node:
    """Return what decides of a condition: the last part of a comma expression."""
    node = bare(node)
    while node.type == "comma_expression":
        node = bare(node.field("right"))
    return node


def helper(code: Code, records: Records) -> Iterator[Variant]:
    """Make the body of a helper add where it subtracts, count twice, in one account, or not at all."""
    for name, recorder in records.recorders.items():
        body = code.bodies.get(name)
        if recorder.function.macro or body is None:
            continue
        for node in body.block.walk():
            found = code.rule.primitives.find(node)
            if found is None or found[0].action not in {"add", "sub"}:
                continue
            statement = body.statement(node)
            operation = found[0].action
            told = _helper_truth(code, records, name, ("wrong-amount", f"missing-{operation}"))
            turned = records.turned(code.slice(node))
            if turned is not None:
                yield of("helper-body", f"{name}-turned", name, [Edit(node.start, node.end, turned)], told)
            empty = _helper_truth(code, records, name, (f"missing-{operation}",))
            yield of("helper-body", f"{name}-empty", name, [Edit(statement.start, statement.end, ";")], empty)
            twice = _helper_truth(code, records, name, ("wrong-amount", "double-count"))
            again = f"{code.slice(statement)}\n{indent(code.text, statement.start)}"
            block = code.block(statement, [again.strip(), again.strip()])
            yield of("helper-body", f"{name}-twice", name, [Edit(statement.start, statement.end, block)], twice)
            account = found[1].get("a")
            if account is not None and account.text not in code.rule.accounts:
                fixed = _helper_truth(code, records, name, ("wrong-account",))
                for other in code.rule.accounts:
                    edit = Edit(account.start, account.end, other)
                    yield of("helper-body", f"{name}-as-{other}", name, [edit], fixed)


def _helper_truth(code: Code, records: Records, name: str, kinds: tuple[str, ...]) -> Truth:
    """Return the truth of what a helper does: it shows in the helper, or wherever it is used."""
    users = [body for body in code.working if any(code.called(r.node) == name for r in records.of[body.name])]
    at = {site.start for body in users for site in code.sites(body)}
    at |= {r.node.start for body in users for r in records.of[body.name]}
    return Truth(kinds, (name, *(body.name for body in users)), frozenset(at))
