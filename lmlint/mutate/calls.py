"""Rewrites of how a record is made: by a helper or a macro, its account or size chosen first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.code import pure
from lmlint.mutate.edit import Edit, line_start
from lmlint.mutate.guards import guards
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node


def above(code: Code, body: Body, text: str) -> Edit:
    """Return the edit that puts a definition above a function."""
    at = line_start(code.text, body.definition.start)
    return Edit(at, at, f"{text}\n\n")


def instead(node: Node, text: str) -> Edit:
    """Return the edit that puts text in the place of a node."""
    return Edit(node.start, node.end, text)


def arguments_of(call: Node) -> tuple[Node, ...]:
    """Return the arguments of a call."""
    return call.field("arguments").kids if call.type == "call_expression" else ()


def _declared(code: Code, name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the parameters of a function, as they are written and by name."""
    body = code.bodies.get(name)
    if body is None or body.function.macro or not body.function.parameters:
        return None
    lists = [node for node in body.definition.walk() if node.type == "parameter_list"]
    spelt = tuple(p.name for p in body.function.parameters)
    return (code.slice(lists[0])[1:-1], spelt) if all(spelt) else None


def wrapped(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put a record into a helper or a macro of its own, with its guard or without."""
    for record in records.of.get(body.name, ()):
        known, call = _declared(code, record.callee), record.node
        text = code.slice(record.statement)
        block = code.block(record.statement, [text])
        yield "record-block", [instead(record.statement, block)]
        yield "record-do-while", [instead(record.statement, f"do {block} while (0);")]
        if known is None:
            continue
        parameters, spelt = known
        inside, name = ", ".join(spelt), code.free("count")
        arguments = ", ".join(code.slice(one) for one in arguments_of(call))
        helper = f"static void {name}({parameters})\n{{\n\t{record.callee}({inside});\n}}"
        yield "record-helper", [above(code, body, helper), instead(record.statement, f"{name}({arguments});")]
        macro = f"#define {name.upper()}({inside}) \\\n\tdo {{ {record.callee}({inside}); }} while (0)"
        yield "record-macro", [above(code, body, macro), instead(call, f"{name.upper()}({arguments})")]
        name = code.free("count_if")
        wanted = code.free("wanted")
        guarded = (
            f"static void {name}(bool {wanted}, {parameters})\n{{\n\tif ({wanted})\n\t\t{record.callee}({inside});\n}}"
        )
        for guard in guards(code, records):
            single = guard.records == (record,) and not guard.choice and guard.node.type == "if_statement"
            lone = bare_statement(guard.node.field("consequence")) if single else None
            if lone is not record.statement or not all(pure(code, one) for one in arguments_of(call)):
                continue
            if "alternative" not in guard.node.fields:
                use = f"{name}({code.slice(guard.condition)}, {arguments});"
                yield "guard-helper", [above(code, body, guarded), instead(guard.node, use)]


def bare_statement(node: Node) -> Node:
    """Return the only statement of a block, or what is no block as it is."""
    while node.type == "compound_statement" and len(node.kids) == 1:
        node = node.kids[0]
    return node


def accounts(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Choose the account, or the size, in a local variable first; write a `?:` as an `if`, and an `if` as a `?:`."""
    for record in records.of.get(body.name, ()):
        recorder = records.recorders.get(record.callee)
        for what, node, place in (
            ("account", record.account, None if recorder is None else recorder.account),
            ("size", record.size, None if recorder is None else recorder.size),
        ):
            if recorder is None or node is None or place is None or recorder.function.macro:
                continue
            kind, name = recorder.function.parameters[place].type, code.free(what)
            before, after = code.text[record.statement.start : node.start], code.text[node.end : record.statement.end]
            text = code.block(record.statement, [f"{kind} {name} = {code.slice(node)};", f"{before}{name}{after}"])
            yield f"{what}-first", [instead(record.statement, text)]
            if what == "size":
                yield "size-cast", [instead(node, f"({kind})({code.slice(node)})")]
        choice = None if record.account is None else bare(record.account)
        if choice is not None and choice.type == "conditional_expression" and record.account is not None:
            low, high = record.account.start, record.account.end
            ways = [code.text[record.statement.start : low] + code.slice(choice.field(way))
                    + code.text[high : record.statement.end] for way in ("consequence", "alternative")]  # fmt: skip
            lines = [f"if ({code.slice(choice.field('condition'))})", f"\t{ways[0]}", "else", f"\t{ways[1]}"]
            yield "account-by-if", [instead(record.statement, code.block(record.statement, lines))]
    yield from _by_choice(code, records, body)


def _by_choice(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    for guard in guards(code, records):
        node = guard.node
        if guard.body is not body or node.type != "if_statement" or len(guard.records) != 2:  # noqa: PLR2004  # two arms
            continue
        one, other = guard.records
        clause = node.fields.get("alternative")
        lone = bare_statement(node.field("consequence")) is one.statement and clause is not None
        if not lone or bare_statement(clause.kids[0]) is not other.statement:  # type: ignore[union-attr]
            continue
        if one.account is None or other.account is None or _less(code, one) != _less(code, other):
            continue
        choice = f"({code.slice(guard.condition)}) ? {code.slice(one.account)} : {code.slice(other.account)}"
        head = code.text[one.statement.start : one.account.start]
        tail = code.text[one.account.end : one.statement.end]
        yield "account-by-choice", [instead(node, f"{head}{choice}{tail}")]
        recorder = records.recorders.get(one.callee)
        if recorder is not None and recorder.account is not None and not recorder.function.macro:
            kind, name = recorder.function.parameters[recorder.account].type, code.free("account")
            lines = [
                f"{kind} {name} = {code.slice(other.account)};",
                "",
                f"if ({code.slice(guard.condition)})",
                f"\t{name} = {code.slice(one.account)};",
                f"{head}{name}{tail}",
            ]
            yield "account-by-default", [instead(node, code.block(node, lines))]


def _less(code: Code, record: Record) -> tuple[str, str]:
    """Return what a record says beside its account."""
    account = record.account or record.node
    return code.text[record.node.start : account.start], code.text[account.end : record.node.end]
