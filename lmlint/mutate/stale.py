"""Edits that test an entry which is no longer there: read before it is changed and tested after, or read too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate import truth
from lmlint.mutate.body import assigned, names
from lmlint.mutate.edit import Edit, Truth, Variant, indent, of
from lmlint.mutate.guards import guards, holds
from lmlint.mutate.record import CLEAR, CORRECT, POPULATE
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node

DEPTH = 4
"""How many assignments back the text of a condition is followed."""


def stale(code: Code, records: Records) -> Iterator[Variant]:
    """Read the entry before it is changed and test it after, or test it only when it has been changed."""
    for body in code.working:
        if records.of[body.name]:
            yield from _hoisted(code, records, body)
            yield from _late(code, records, body)
            yield from _moved_down(code, records, body)
            yield from _snapshots(code, records, body)


def _stale_kinds(record: Record) -> tuple[str, ...]:
    more = {POPULATE: ("double-count", "missing-add"), CLEAR: ("phantom-count", "double-count", "missing-sub")}
    return ("stale-guard", *more.get(record.role, ("wrong-account", "phantom-count", "missing-sub", "missing-add")))


def _stale_told(code: Code, records: Records, record: Record) -> Truth:
    body = record.body
    at = {r.node.start for r in records.of[body.name]} | {
        node.field("condition").start for node in body.block.walk() if node.type == "if_statement"
    }
    kinds = _stale_kinds(record)
    if records.correctors(body.name):
        kinds += ("wrong-account",)
    return truth.truth(code, records, record, kinds, at=at)


def _reads(code: Code, body: Body) -> Iterator[tuple[str, Node, Node]]:
    """Yield the local variables that say what an entry was: the name, the statement that sets it, and the value."""
    for node in body.block.walk():
        if node.type == "declaration" and sum(kid.type.endswith("declarator") for kid in node.kids) == 1:
            for local in body.locals.values():
                if local.declaration is node and local.value is not None and _of_entry(code, body, local.value):
                    yield local.name, node, local.value
        inner = node.kids[0] if node.type == "expression_statement" and node.kids else node
        if inner.type == "assignment_expression" and inner.op == "=" and body.in_block(node):
            left, value = bare(inner.field("left")), inner.field("right")
            target = body.locals.get(left.text)
            if target is not None and not target.stars and target.type in code.rule.level_of_type:
                yield left.text, node, value


def _of_entry(code: Code, body: Body, value: Node) -> bool:
    """Whether an expression says what an entry is."""
    kinds = (body.locals[n].type for n in names(value) if n in body.locals)
    entry = any(kind in code.rule.level_of_type for kind in kinds)
    return entry and code.means(value, {"read", "test", "keep"})


def _hoisted(code: Code, records: Records, body: Body) -> Iterator[Variant]:
    """Read the entry once, before the loop that changes one after the other."""
    for name, statement, value in _reads(code, body):
        loop, parent = body.loop(statement), body.parent(statement)
        if loop is None or parent is None or parent is not loop.field("body") or not body.in_block(loop):
            continue
        inside = [r for r in records.of[body.name] if holds(loop, r.node)]
        if not inside or not any(code.changes(site) and holds(loop, site) for site in code.sites(body)):
            continue
        text = _earlier(code, body, value, statement, loop)
        if text is None or not any(use.start > value.end for use in body.uses(name)):
            continue
        before = (
            f"{body.locals[name].plain}{name} = {text};" if statement.type == "declaration" else f"{name} = {text};"
        )
        edits = [code.without(body, statement), code.before(loop, before)]
        told = _stale_told(code, records, inside[0])
        yield of("stale-guard", f"{body.name}-{name}-hoisted", body.name, edits, told)


def _earlier(code: Code, body: Body, value: Node, statement: Node, at: Node) -> str | None:
    """Return the text of a value with variables that are set in the same round replaced by what they are set to."""
    sets: dict[str, Node] = {}
    for one in body.siblings(statement):
        if one is statement:
            break
        for node in one.walk():
            if node.type == "init_declarator":
                sets[bare(node.field("declarator")).text.lstrip("* ")] = node.field("value")
        inner = one.kids[0] if one.type == "expression_statement" and one.kids else one
        if inner.type == "assignment_expression" and inner.op == "=":
            sets[inner.field("left").text] = inner.field("right")
    text = _filled(code, value, sets, DEPTH)
    local = [n for n in names(value) if n in body.locals and n not in sets]
    return text if text is not None and all(body.visible(at, n) for n in local) else None


def _filled(code: Code, value: Node, sets: dict[str, Node], depth: int) -> str | None:
    out, last = [], value.start
    for node in value.walk():
        if node.type == "identifier" and node.text in sets:
            inner = None if not depth else _filled(code, sets[node.text], sets, depth - 1)
            if inner is None:
                return None
            out += [code.text[last : node.start], inner]
            last = node.end
    return "".join([*out, code.text[last : value.end]])


def _late(code: Code, records: Records, body: Body) -> Iterator[Variant]:
    """Test the entry as it is when it has been changed, where the guard tests what it was before."""
    sites = code.sites(body)
    for guard in (g for g in guards(code, records) if g.body is body and not g.choice):
        if not any(site.end <= guard.node.start for site in sites) or guard.records[0].role == CORRECT:
            continue
        sets = {local.name: local.value for local in body.locals.values() if local.value is not None}
        sets |= {name: value for name, _, value in _reads(code, body)}
        sets = {n: v for n, v in sets.items() if _of_entry(code, body, v) and not body.locals[n].stars}
        text = _filled(code, guard.condition, sets, DEPTH)
        if text is None or text == code.slice(guard.condition):
            continue
        edit = Edit(guard.condition.start, guard.condition.end, text)
        told = _stale_told(code, records, guard.records[0])
        yield of("stale-guard", f"{guard.name}-late", body.name, [edit], told)
    for record in records.of[body.name]:
        if record.role == CLEAR and body.in_block(record.statement):
            yield from _asked_again(code, records, record)


def _asked_again(code: Code, records: Records, record: Record) -> Iterator[Variant]:
    """Take a cleared leaf out of the counter only if the entry, read again, still is one."""
    body = record.body
    for name, statement, value in _reads(code, body):
        local = body.locals[name]
        level = code.rule.level_of_type.get(local.type)
        test = None if level is None else _test(code, level, leaf=True)
        cleared = any(statement.end <= site.start < record.node.start for site in code.sites(body))
        if test is None or not cleared or not holds(body.parent(statement) or body.block, record.node):
            continue
        text = f"if ({test}({code.slice(value)}))\n{indent(code.text, record.statement.start)}\t"
        edit = Edit(record.statement.start, record.statement.start, text)
        told = _stale_told(code, records, record)
        yield of("stale-guard", f"{record.name}-{name}-again", body.name, [edit], told)


def _test(code: Code, level: str, *, leaf: bool) -> str | None:
    """Return the name of the test that is true of every leaf of a level, or of its contiguous ones alone."""
    kinds = frozenset(code.rule.levels[level].leaf) if leaf else frozenset({"cont"})
    for head, pairs in code.rule.primitives.entries.items():
        for _, meaning in pairs:
            if meaning.action == "test" and meaning.level == level and meaning.detail == kinds and head[1]:
                return head[1]
    return None


def _moved_down(code: Code, records: Records, body: Body) -> Iterator[Variant]:
    """Move a guard with its records behind the change of the entries, with what it tests read again there."""
    for guard in (g for g in guards(code, records) if g.body is body and g.node.type == "if_statement"):
        if not body.in_block(guard.node):
            continue
        after = body.siblings(guard.node)
        later = [s for s in after if s.start >= guard.node.end and s.type == "expression_statement"]
        target = next((s for s in later if s.kids and code.changes(s.kids[0])), None)
        if target is None or assigned(target) & names(guard.node):
            continue
        again = [
            f"{name} = {code.slice(value)};"
            for name, statement, value in _reads(code, body)
            if name in names(guard.condition) and statement.end <= guard.node.start
        ]
        margin = indent(code.text, guard.node.start)
        text = f"\n{margin}".join([*again, code.slice(guard.node)])
        edits = [code.without(body, guard.node), code.after(target, text)]
        told = _stale_told(code, records, guard.records[0])
        yield of("stale-guard", f"{guard.name}-after", body.name, edits, told)


def _snapshots(code: Code, records: Records, body: Body) -> Iterator[Variant]:
    """Choose the account by an entry that is handed in or was read earlier, and may have been converted since."""
    for record in records.of[body.name]:
        found = [level for level in code.rule.levels.values() if level.leaf.get("plain") == bare_text(record.account)]
        for level in found:
            test, other = _test(code, level.name, leaf=False), level.leaf.get("cont")
            entries = [v for v in body.locals.values() if v.type == level.type and not v.stars and not v.odd]
            for local in entries:
                if test is None or other is None or not body.visible(record.statement, local.name):
                    continue
                if record.account is None:
                    continue
                text = f"{test}({local.name}) ? {other} : {record.account.text}"
                edit = Edit(record.account.start, record.account.end, text)
                more = truth.EXTRA if records.correctors(body.name) else ()
                told = truth.truth(code, records, record, ("stale-guard", "wrong-account", *more))
                callers = [c for c in code.near if any(code.called(s) == body.name for s in code.sites(c))]
                at = {s.start for c in callers for s in code.sites(c) if code.called(s) == body.name}
                at |= {r.node.start for c in records.correctors(body.name) for r in records.of[c.name]}
                told = Truth(told.kinds, (*told.functions, *(c.name for c in callers)), told.at | at)
                yield of("stale-guard", f"{record.name}-by-{local.name}", body.name, [edit], told)


def bare_text(node: Node | None) -> str:
    """Return the text of a node without parentheses around it."""
    return "" if node is None else bare(node).text
