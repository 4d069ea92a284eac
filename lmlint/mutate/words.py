"""Rewrites of how things are written: names, operands, parentheses, comments, the order of declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.body import names, plain
from lmlint.mutate.code import pure
from lmlint.mutate.edit import Edit, indent, line_start
from lmlint.witness.model import model_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.source import Node

_TURNED = {"|": "|", "&": "&", "==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def variables(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Rename the parameters and local variables of a function."""
    macros = frozenset().union(*(macro.names for macro in code.program.source.macros.values()))
    chosen = {
        name: code.free(name)
        for name, local in body.locals.items()
        if not local.odd and name not in macros and not code.rule.allocates(name) and name not in code.rule.where
    }
    edits = [Edit(n.start, n.end, chosen[n.text]) for n in _identifiers(body.definition) if n.text in chosen]
    if edits:
        yield "rename", edits


def _identifiers(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "identifier":
            yield node
        name = node.fields.get("name") if node.type.startswith("preproc") else None
        stack.extend(kid for kid in node.kids if kid is not name)


def functions(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Rename a static function throughout the file."""
    name = body.name
    if not body.function.static or name in code.rule.outside or code.rule.allocates(name):
        return
    model = model_of(code.rule)
    driven = frozenset[str]() if model is None else frozenset().union(*(one.needs for one in model.operations))
    if name in driven or any(head[1] == name for head in code.rule.primitives.entries):
        return  # the rule knows it by this name
    found = [n for n in _identifiers(code.root) if n.text == name]
    if len(found) == code.program.source.mentions[name]:
        new = code.free(name)
        yield "rename-function", [Edit(node.start, node.end, new) for node in found]


def _apart(spots: Iterable[tuple[Node, str]]) -> list[Edit]:
    """Return the edits of the nodes that hold no other one."""
    edits: list[Edit] = []
    for node, text in sorted(spots, key=lambda spot: (spot[0].end - spot[0].start, spot[0].start)):
        if not any(edit.start < node.end and node.start < edit.end for edit in edits):
            edits.append(Edit(node.start, node.end, text))
    return edits


def operands(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Turn the operands of comparisons and of `|` and `&` round."""
    spots = []
    for node in body.block.walk():
        if node.type == "binary_expression" and node.op in _TURNED and pure(code, node) and plain(node):
            left, right = _grouped(code, node.field("left")), _grouped(code, node.field("right"))
            spots.append((node, f"{right} {_TURNED[node.op]} {left}"))
    if spots:
        yield "operands-turned", _apart(spots)


def _grouped(code: Code, node: Node) -> str:
    simple = {"identifier", "number_literal", "call_expression", "parenthesized_expression", "field_expression"}
    return code.slice(node) if node.type in simple else f"({code.slice(node)})"


def negations(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Write `!x` as `x == 0`."""
    spots = [
        (node, f"({_grouped(code, node.field('argument'))} == 0)")
        for node in body.block.walk()
        if node.type == "unary_expression" and node.op == "!"
    ]
    if spots:
        yield "not-as-zero", _apart(spots)


def sums(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Write `x += n` as `x = x + n`."""
    spots = []
    for node in body.block.walk():
        if node.type == "assignment_expression" and node.op in {"+=", "-=", "|=", "&="}:
            left, right = node.field("left"), node.field("right")
            if left.type == "identifier":
                spots.append((node, f"{left.text} = {left.text} {node.op[0]} ({code.slice(right)})"))
    if spots:
        yield "sum-spelt-out", _apart(spots)


def steps(_code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Write `x++` as `x += 1` where nobody reads its value."""
    spots = []
    for node in body.block.walk():
        parent = body.parent(node)
        if node.type != "update_expression" or parent is None or node.kids[0].type != "identifier":
            continue
        unread = parent.type == "expression_statement" or parent.fields.get("update") is node
        unread |= parent.type == "comma_expression" and parent.fields.get("left") is node
        if unread:
            spots.append((node, f"{node.kids[0].text} {node.op[0]}= 1"))
    if spots:
        yield "step-by-one", _apart(spots)


def parentheses(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put the arguments of every call in parentheses."""
    spots = []
    for node in body.block.walk():
        if node.type == "call_expression" and plain(node) and code.called(node) not in code.program.source.macros:
            known = code.called(node) in code.bodies
            kinds = {"identifier", "binary_expression", "number_literal"}
            spots += [(a, f"({code.slice(a)})") for a in node.field("arguments").kids if known and a.type in kinds]
    if spots:
        yield "parentheses", _apart(spots)


def comments(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put a comment before every statement, or an empty line."""
    heads = [kid for node in body.block.walk() if node.type == "compound_statement" for kid in node.kids]
    heads = [kid for kid in heads if code.alone(kid) and not kid.type.startswith("preproc")]
    if heads:
        margins = [(kid, indent(code.text, kid.start)) for kid in heads]
        yield "comments", [Edit(kid.start, kid.start, f"/* {kid.type} */\n{margin}") for kid, margin in margins]
        yield "empty-lines", [Edit(at, at, "\n") for kid in heads for at in [line_start(code.text, kid.start)]]


def declarations(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Turn two declarations round that do not need each other."""
    for block in (node for node in body.block.walk() if node.type == "compound_statement"):
        for one, other in zip(block.kids, block.kids[1:], strict=False):
            if one.type == other.type == "declaration" and code.alone(one) and code.alone(other):
                apart = not _declares(body, one) & names(other) and not _declares(body, other) & names(one)
                still = not any(node.type == "init_declarator" for node in one.walk()) or not any(
                    node.type == "init_declarator" for node in other.walk()
                )
                if apart and still and plain(one) and plain(other):
                    yield (
                        "declarations-turned",
                        [
                            Edit(one.start, one.end, code.slice(other)),
                            Edit(other.start, other.end, code.slice(one)),
                        ],
                    )
                    break


def _declares(body: Body, node: Node) -> frozenset[str]:
    return frozenset(name for name, local in body.locals.items() if local.declaration is node)
