"""Rewrites of where things are done: helpers inlined, loops extracted, records beside others or in the callers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from lmlint.mutate.body import JUMPS, LOOPS, assigned, names, own, plain
from lmlint.mutate.calls import above, arguments_of, instead
from lmlint.mutate.code import pure
from lmlint.mutate.edit import Edit, indent
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record, Records
    from lmlint.source import Node


def _renamed(code: Code, node: Node, chosen: Mapping[str, str]) -> str:
    """Return the text of a node with some of its identifiers replaced, and with `break` for `return`."""
    out, last = [], node.start
    for one in node.walk():
        new = chosen.get(one.text) if one.type == "identifier" else None
        new = "break;" if one.type == "return_statement" else new
        if new is not None:
            out += [code.text[last : one.start], new]
            last = one.end
    return "".join([*out, code.text[last : node.end]])


def inlined(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put the body of a helper in the place of its call."""
    for node in body.block.walk():
        inner = code.bodies.get(code.called(node)) if node.type == "call_expression" else None
        statement = body.statement(node)
        if inner is None or inner is body or statement.type != "expression_statement" or statement.kids[0] is not node:
            continue
        if not _inlinable(inner) or inner.name in code.rule.outside or _configured(code, inner.name):
            continue
        chosen = {name: code.free(name) for name in inner.locals}
        heads = [
            f"{inner.locals[p.name].plain}{chosen[p.name]} = {code.slice(argument)};"
            for p, argument in zip(inner.function.parameters, arguments_of(node), strict=False)
        ]
        whole = _renamed(code, inner.block, chosen).replace("\n", f"\n{indent(code.text, statement.start)}\t")
        if any(one.type == "return_statement" for one in inner.block.walk()):
            whole = f"do {whole} while (0);"
        text = code.block(statement, [*heads, whole])
        what = "record-inlined" if inner.name in records.recorders else "callee-inlined"
        yield what, [instead(statement, text)]


def _configured(code: Code, name: str) -> bool:
    """Whether a function has another body where the kernel is configured otherwise."""
    return sum(function.name == name for function in code.program.source.functions) > 1


def _inlinable(inner: Body) -> bool:
    simple = all(p.name in inner.locals and not inner.locals[p.name].odd for p in inner.function.parameters)
    odd = {"labeled_statement", "goto_statement"}
    whole = not any(n.type in odd or n.text == "static" for n in inner.block.walk())
    leaves = [n for n in inner.block.walk() if n.type == "return_statement"]
    whole &= not any(one.type in {*LOOPS, "switch_statement"} for n in leaves for one in inner.above(n))
    return inner.function.returns == "void" and inner.function.static and simple and whole and plain(inner.definition)


def extracted(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put a loop that writes entries into a function of its own."""
    for loop in body.block.walk():
        if loop.type not in {"for_statement", "do_statement"} or not plain(loop) or body.loop(loop) is not None:
            continue
        inside = [site for site in code.sites(body) if loop.start <= site.start < loop.end]
        if not inside or any(code.meaning(site) is None for site in inside):
            continue
        if any(node.type in {"return_statement", "goto_statement"} for node in loop.walk()):
            continue
        if any(loop.start <= record.node.start < loop.end for record in records.of.get(body.name, ())):
            continue
        free = [
            n for n in dict.fromkeys(x.text for x in loop.walk() if x.type == "identifier") if _outer(body, n, loop)
        ]
        if any(body.locals[n].odd for n in free) or any(
            use.start >= loop.end for n in free if n in assigned(loop) for use in body.uses(n)
        ):
            continue
        first = loop.fields.get("initializer")
        fresh = frozenset[str]() if first is None else assigned(first) - _read(first)
        parameters = ", ".join(f"{body.locals[n].plain}{n}" for n in free if n not in fresh)
        local = "".join(f"\t{body.locals[n].plain}{n};\n" for n in free if n in fresh)
        name = code.free("fill")
        helper = f"static void {name}({parameters or 'void'})\n{{\n{local}\t{code.slice(loop)}\n}}"
        use = f"{name}({', '.join(n for n in free if n not in fresh)});"
        yield "loop-extracted", [above(code, body, helper), instead(loop, use)]


def _outer(body: Body, name: str, loop: Node) -> bool:
    local = body.locals.get(name)
    return local is not None and not loop.start <= local.declaration.start < loop.end


def _read(node: Node) -> frozenset[str]:
    """Return the variables that an initialiser reads."""
    found: set[str] = set()
    for one in node.walk():
        if one.type == "assignment_expression":
            found |= names(one.field("right"))
    return frozenset(found)


def neighbours(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Turn a record and the statement after it, or before it, round."""
    mine = {id(record.statement): record for record in records.of.get(body.name, ())}
    for block in (node for node in body.block.walk() if node.type == "compound_statement"):
        for one, other in pairwise(block.kids):
            record = mine.get(id(one)) or mine.get(id(other))
            if record is None or one.type != "expression_statement" or other.type != "expression_statement":
                continue
            rest = other if id(one) in mine else one
            if assigned(rest) & names(record.node) or not pure_record(code, record) or not plain(block):
                continue
            if any(code.rule.allocates(code.called(n)) for n in rest.walk() if n.type == "call_expression"):
                continue
            yield "record-neighbour", [instead(one, code.slice(other)), instead(other, code.slice(one))]


def pure_record(code: Code, record: Record) -> bool:
    """Whether the arguments of a record read nothing that another statement may change but local variables."""
    parts = arguments_of(record.node) if record.callee else (record.node,)
    return not record.callee or not any(
        n.type == "call_expression" and not _by_value(code, n) for part in parts for n in part.walk()
    )


def _by_value(code: Code, call: Node) -> bool:
    found = code.meaning(call)
    return found is not None and found.action in {"test", "keep", "make", "expand"} and pure(code, call)


def callers(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Move what a function records to all of its callers."""
    mine = records.of.get(body.name, [])
    if not mine or body.function.returns != "void" or not body.function.static or not plain(body.block):
        return
    if any(n.type in JUMPS for n in body.block.walk()) or any(body.parent(r.statement) is not body.block for r in mine):
        return
    calls = [
        (caller, node)
        for caller in code.bodies.values()
        for node in caller.block.walk()
        if node.type == "call_expression" and code.called(node) == body.name
    ]
    if code.program.source.mentions[body.name] != len(calls) + 1 or not calls:
        return
    places = {p.name: n for n, p in enumerate(body.function.parameters)}
    changed = assigned(body.block)
    for chosen, what in ((mine, "all"), *(([one], str(one.number)) for one in mine)):
        used = frozenset().union(*(names(argument) for one in chosen for argument in arguments_of(one.node)))
        if used & changed or any(n in body.locals and n not in places for n in used):
            continue
        edits = _at_calls(code, chosen, calls, places)
        if edits is not None:
            gone = [code.without(body, one.statement) for one in chosen]
            yield f"records-to-callers-{what}" if len(mine) > 1 else "records-to-callers", [*gone, *edits]


def _at_calls(
    code: Code, chosen: list[Record], calls: list[tuple[Body, Node]], places: Mapping[str, int]
) -> list[Edit] | None:
    edits = []
    for caller, call in calls:
        statement, arguments = caller.statement(call), arguments_of(call)
        whole = statement.type == "expression_statement" and statement.kids[0] is call
        if not whole or not all(argument.type == "identifier" for argument in arguments):
            return None
        chosen_names = {name: code.slice(arguments[n]) for name, n in places.items() if n < len(arguments)}
        lines = [f"{_renamed(code, record.node, chosen_names)};" for record in chosen]
        edits.append(instead(statement, code.block(statement, [code.slice(statement), *lines])))
    return edits


def loops_left(code: Code, records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Leave a loop by a `break` at the end of its body, where its condition stands at the end."""
    for loop in body.block.walk():
        inner = loop.fields.get("body")
        if loop.type != "do_statement" or inner is None or inner.type != "compound_statement" or not plain(loop):
            continue
        if own(loop, "continue_statement") or not records.of.get(body.name):
            continue
        condition, end = code.slice(bare(loop.field("condition"))), inner.end - 1
        margin = indent(code.text, loop.start)
        leave = f"\tif (!({condition}))\n{margin}\t\tbreak;\n{margin}"
        head = Edit(loop.start, inner.start, "while (true) ")
        yield "do-while-true", [head, Edit(end, end, leave), Edit(inner.end, loop.end, "")]
