"""Names, literals, casts, members and calls; macros are expanded where they stand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.witness.ctype import INT, LONG, TEXT, UINT, ULONG, VOID_POINTER, CType, basic, wrapping
from lmlint.witness.declare import initial, type_of, words
from lmlint.witness.machine import NotListed
from lmlint.witness.operators import binary_node, store
from lmlint.witness.scope import EXPRESSIONS, Ex, constant, convert, in_memory, short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lmlint.source import Function, Node
    from lmlint.witness.scope import Cell, Frame, Local, Scope

_NUMBER = re.compile(r"(0[xX][\da-fA-F]+|0[bB][01]+|\d+)([uUlL]*)")
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\", "'": "'", '"': '"'}


def number(text: str) -> Ex | None:
    """Return an integer literal, with the type that C gives it; the grammar takes a sign before it for a part of it."""
    if text[:1] in {"-", "+"}:
        plain = number(text[1:])
        if plain is None or plain.const is None:
            return None
        return constant(wrapping(plain.type)(-plain.const), plain.type) if text[0] == "-" else plain
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    digits, suffix = match[1], match[2].lower()
    octal = digits.startswith("0") and digits.isdigit() and len(digits) > 1
    value = int(digits, 8) if octal and "8" not in digits and "9" not in digits else int(digits, 10 if octal else 0)
    hexadecimal = not digits.isdigit() or octal
    choices = [INT, UINT, LONG, ULONG]
    if "u" in suffix:
        choices = [UINT, ULONG]
    elif not hexadecimal:
        choices = [INT, LONG]
    if "l" in suffix:
        choices = [kind for kind in choices if kind.size > INT.size]
    kind = next((k for k in choices if value < 1 << (8 * k.size - k.signed)), ULONG)
    return constant(value, kind)


def _number(_: Scope, node: Node) -> Ex:
    found = number(node.text.replace("'", ""))
    if found is None:
        raise NotListed(f"`{short(node)}` is not a whole number")
    return found


def _char(_: Scope, node: Node) -> Ex:
    text = node.text.strip("'")
    text = _ESCAPES.get(text[1:], "?") if text.startswith("\\") else text
    return constant(ord(text[:1] or "?"), INT)


def _string(scope: Scope, node: Node) -> Ex:
    parts = [kid for kid in node.kids if kid.type == "string_literal"] or [node]
    text = "".join(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), part.text.strip('"')) for part in parts)
    return constant(scope.machine.text(text), TEXT)


def _identifier(scope: Scope, node: Node) -> Ex:
    name = node.text
    local = scope.find(name)
    if local is not None:
        return _local(scope, name, local)
    found = scope.names.named(name)
    if found is not None:
        return found
    macro = scope.names.expression(name) if name not in scope.expanding else None
    if macro is not None:
        inside = scope.entered(name)
        try:
            value = inside.expr(macro)
        finally:
            scope.expanding.pop()
        if value.const is not None and not _sees(scope, macro):
            scope.names.remember(name, value)
        return value
    special = scope.names.special(scope, name, ())
    if special is not None:
        return special
    raise NotListed(f"`{name}` is not a name that the rule lists")


def _sees(scope: Scope, macro: Node) -> bool:
    return any(n.type == "identifier" and scope.find(n.text) is not None for n in macro.walk())


def _local(scope: Scope, name: str, local: Local) -> Ex:
    slot, kind = local.slot, local.type
    if local.typedef:
        raise NotListed(f"`{name}` is a type")
    if local.fixed:
        fixed = local.fixed
        return in_memory(scope.machine, lambda _: fixed, kind)
    if local.memory:
        return in_memory(scope.machine, lambda frame: frame[slot], kind)
    return Ex(lambda frame: frame[slot], kind, None, slot)


def _parenthesised(scope: Scope, node: Node) -> Ex:
    if len(node.kids) != 1:
        raise NotListed(f"`{short(node)}` is not C that the witness interprets")
    return scope.expr(node.kids[0])


def _cast(scope: Scope, node: Node) -> Ex:
    kind = type_of(scope, node.field("type"))
    value = scope.expr(node.field("value"))
    if kind.kind == "struct":
        raise NotListed(f"`{short(node)}` is not C that the witness interprets")
    made = convert(value, kind)
    return Ex(made.run, kind, made.const)


def _sizeof(scope: Scope, node: Node) -> Ex:
    if "type" in node.fields:
        kind = type_of(scope, node.field("type"))
    else:
        inner = node.field("value")
        while inner.type == "parenthesized_expression" and len(inner.kids) == 1:
            inner = inner.kids[0]
        named = scope.find(inner.text) if inner.type == "identifier" else None
        if inner.type == "identifier" and named is None and (known := scope.names.type(inner.text)) is not None:
            kind = known
        else:
            kind = named.type if named is not None else scope.expr(inner).type
    return constant(kind.size, ULONG)


def _member(scope: Scope, node: Node) -> Ex:
    value, name = scope.expr(node.field("argument")), node.field("field").text
    arrow = node.op == "->" or (not node.op and "->" in node.text.replace(node.field("argument").text, "", 1))
    kind = value.type.target if arrow else value.type
    if not arrow and kind.kind == "int":  # what the model keeps as a number is a structure of one member elsewhere
        return value
    if kind.kind != "struct":
        raise NotListed(f"`{short(node)}` is not a member that the rule lists")
    member = scope.names.fields(kind).get(name)
    where = value.run if arrow else value.addr
    if member is None or where is None:
        raise NotListed(f"`{short(node)}` is not a member that the rule lists")
    offset, of = member
    return in_memory(scope.machine, lambda frame: where(frame) + offset, of)


def _literal(scope: Scope, node: Node) -> Ex:
    kind = type_of(scope, node.field("type"))
    if kind.scalar:
        values = list(initial(scope, kind, node.field("value")))
        return convert(values[0][1], kind) if values else constant(0, kind)
    local = scope.new("", kind)
    fill = lay_out(scope, local, kind, node.field("value"))
    slot = local.slot

    def place(frame: Frame) -> int:
        fill(frame)
        return frame[slot]

    return in_memory(scope.machine, place, kind)


def lay_out(scope: Scope, local: Local, kind: CType, value: Node | None) -> Callable[[Frame], None]:
    """Return what makes room for a local object and sets it to what its initialiser says."""
    machine, memory, slot = scope.machine, scope.machine.memory, local.slot
    offsets = tuple(words(scope.names, kind))
    room = (max(kind.size, 1) + 15) // 8 * 8
    writes = [] if value is None else [
        (lambda frame, o=offset: frame[slot] + o, made.run) for offset, made in initial(scope, kind, value)
    ]  # fmt: skip
    stores = [store(scope, where, run) for where, run in writes]

    def run(frame: Frame) -> None:
        frame[slot] = start = machine.stack
        machine.stack += room
        for offset in offsets:
            memory[start + offset] = 0
        for each in stores:
            each(frame)

    return run


def _call(scope: Scope, node: Node) -> Ex:
    target = node.field("function")
    arguments = node.field("arguments").kids
    kind = named_type(scope, target) if len(arguments) == 1 else None
    if kind is not None:  # the grammar cannot tell a cast from a call
        made = convert(scope.expr(arguments[0]), kind)
        return Ex(made.run, kind, made.const)
    while target.type == "parenthesized_expression" and len(target.kids) == 1:
        target = target.kids[0]
    if target.type == "call_expression" and target.field("function").type == "identifier":  # such as a guard's
        special = scope.names.special(scope, target.field("function").text, target.field("arguments").kids)
        if special is not None and special.const is not None:
            return special
    if target.type == "identifier" and scope.find(target.text) is None:
        name = target.text
        macro = macro_called(scope, name)
        if macro is not None:
            return expanded(scope, macro, arguments, node)
        cell = scope.names.cell(name)
        if cell is not None:
            return _called(scope, cell, arguments)
        special = scope.names.special(scope, name, arguments)
        if special is not None:
            return special
        if scope.names.named(name) is None and scope.names.expression(name) is None:
            raise NotListed(f"`{name}` is not a primitive that the rule lists")
    return _through(scope, scope.expr(target), arguments, node)


def named_type(scope: Scope, node: Node) -> CType | None:
    """Return the type that a name in parentheses means; None where it means no type."""
    if node.type != "parenthesized_expression" or len(node.kids) != 1 or node.kids[0].type != "identifier":
        return None
    name = node.kids[0].text
    local = scope.find(name)
    if local is not None:
        return local.type if local.typedef else None
    return scope.names.type(name) or basic(name)


def _called(scope: Scope, cell: Cell, arguments: Sequence[Node]) -> Ex:
    values = [scope.expr(each) for each in arguments]
    if len(values) < len(cell.parameters):
        raise NotListed(f"`{cell.name}` is called with too few arguments")
    runs = [convert(value, kind).run for value, kind in zip(values, cell.parameters, strict=False)]
    return Ex(_invocation(cell, runs), cell.returns)


def _invocation(cell: Cell, runs: Sequence[Callable[[Frame], int]]) -> Callable[[Frame], int]:
    if not runs:
        return lambda _: cell.run([0])
    if len(runs) == 1:
        (one,) = runs
        return lambda f: cell.run([0, one(f)])
    if len(runs) == 2:  # noqa: PLR2004
        one, two = runs
        return lambda f: cell.run([0, one(f), two(f)])
    return lambda f: cell.run([0, *[each(f) for each in runs]])


def _through(scope: Scope, target: Ex, arguments: Sequence[Node], node: Node) -> Ex:
    kind = target.type if target.type.kind == "func" else target.type.target
    if kind.kind != "func":
        raise NotListed(f"`{short(node)}` calls what is no function")
    runs = [scope.expr(each).run for each in arguments]
    run, functions = target.run, scope.machine.functions

    def call(frame: Frame) -> int:
        address = run(frame)
        if address not in functions:
            raise NotListed("it calls a function through a pointer that leads nowhere")
        return functions[address]([0, *[each(frame) for each in runs]])

    return Ex(call, kind.target)


def macro_called(scope: Scope, name: str) -> Function | None:
    """Return the macro of this name; one that names itself means something else inside itself."""
    macro = scope.names.macro(name)
    return None if macro is not None and name in scope.expanding and name in macro.names else macro


def substitute(node: Node, names: Mapping[str, Node]) -> Node:
    """Return a tree in which identifiers are replaced."""
    if not node.kids:
        return names.get(node.text, node) if node.type in {"identifier", "type_identifier"} else node
    kids = tuple(substitute(kid, names) for kid in node.kids)
    if all(a is b for a, b in zip(kids, node.kids, strict=True)):
        return node
    where = {id(old): new for old, new in zip(node.kids, kids, strict=True)}
    return replace(node, kids=kids, fields={key: where.get(id(old), old) for key, old in node.fields.items()})


def opened(macro: Function, arguments: Sequence[Node]) -> tuple[Node, ...]:
    """Return the statements of a macro with its arguments put in; raises NotListed where there are too few."""
    names = [parameter.name for parameter in macro.parameters]
    if len(arguments) < len(names):
        raise NotListed(f"`{macro.name}` is called with too few arguments")
    found = dict(zip(names, arguments, strict=False))
    return tuple(substitute(kid, found) for kid in macro.body.kids if kid.kids or kid.type != "expression_statement")


def expanded(scope: Scope, macro: Function, arguments: Sequence[Node], node: Node) -> Ex:
    """Compile a macro as the expression that it is; raises NotListed where it consists of statements."""
    body = opened(macro, arguments)
    if len(body) != 1 or body[0].type != "expression_statement":
        raise NotListed(f"`{short(node)}` is a macro of statements inside an expression")
    inside = scope.entered(macro.name)
    try:
        return inside.expr(body[0].kids[0])
    finally:
        scope.expanding.pop()


def function_value(cell: Cell, address: int) -> Ex:
    """Return a function's name as a value."""
    return Ex(lambda _: address, CType("func", of=cell.returns), address)


def _joined(scope: Scope, node: Node) -> Ex:
    """Compile two operands; `(type)-x` and the like look like two and are a cast."""
    left = node.field("left")
    kind = named_type(scope, left) if node.op in {"-", "+", "*", "&"} else None
    if kind is None:
        return binary_node(scope, node)
    one = replace(node, type="pointer_expression" if node.op in {"*", "&"} else "unary_expression",
                  kids=(node.field("right"),), fields={"argument": node.field("right")})  # fmt: skip
    made = convert(scope.expr(one), kind)
    return Ex(made.run, kind, made.const)


EXPRESSIONS.update({
    "binary_expression": _joined,
    "identifier": _identifier, "number_literal": _number, "char_literal": _char, "string_literal": _string,
    "concatenated_string": _string, "parenthesized_expression": _parenthesised, "cast_expression": _cast,
    "sizeof_expression": _sizeof, "field_expression": _member, "compound_literal_expression": _literal,
    "call_expression": _call, "true": lambda _, __: constant(1, INT), "false": lambda _, __: constant(0, INT),
    "null": lambda _, __: constant(0, VOID_POINTER),
})  # fmt: skip
