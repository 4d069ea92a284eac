"""Variables inside functions, and objects that live as long as the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.witness.blocks import STATEMENTS
from lmlint.witness.calls import lay_out
from lmlint.witness.declare import complete, declarators, declared, initial, type_of, words
from lmlint.witness.machine import NotListed
from lmlint.witness.operators import assign
from lmlint.witness.scope import Ex, Local, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.source import Node
    from lmlint.witness.blocks import Step
    from lmlint.witness.ctype import CType
    from lmlint.witness.scope import Frame, Scope


def declaration(scope: Scope, node: Node) -> Step:
    """Compile the declaration of variables inside a function."""
    storage = {kid.text for kid in node.kids if kid.type == "storage_class_specifier"}
    if "extern" in storage:
        return lambda _: 0
    base = type_of(scope, node.field("type"))
    steps: list[Callable[[Frame], object]] = []
    for each in declarators(node):
        value = each.fields.get("value") if each.type == "init_declarator" else None
        declarator = each.field("declarator") if each.type == "init_declarator" else each
        name, kind = declared(scope, base, declarator)
        kind = complete(kind, value)
        if kind.kind == "func":
            continue
        if "static" in storage:
            scope.blocks[-1][name] = Local(kind, 0, fixed=fixed(scope, kind, value))
            continue
        steps.append(_variable(scope, name, kind, value))

    def run(frame: Frame) -> int:
        for step in steps:
            step(frame)
        return 0

    return run


def _variable(scope: Scope, name: str, kind: CType, value: Node | None) -> Callable[[Frame], object]:
    if name in scope.addressed or not kind.scalar:
        local = scope.new(name, kind)
        return lay_out(scope, local, kind, value)
    made = None if value is None else next((made for _, made in initial(scope, kind, value)), None)
    local = scope.new(name, kind)
    slot = local.slot
    if made is None:

        def clear(frame: Frame) -> None:
            frame[slot] = 0

        return clear
    return assign(scope, Ex(made.run, kind, None, slot), made.run)


def fixed(scope: Scope, kind: CType, value: Node | None) -> int:
    """Return the address of an object that lives as long as the program, set to what its initialiser says."""
    values = dict.fromkeys(words(scope.names, kind), 0)
    if value is not None:
        for offset, made in initial(scope, kind, value):
            try:
                values[offset] = made.run([])
            except IndexError as error:
                raise NotListed(f"`{short(value)}` is not constant") from error
    return scope.machine.place(max(kind.size, 1), values)


def _typedef(scope: Scope, node: Node) -> Step:
    base = type_of(scope, node.field("type"))
    for each in declarators(node):
        name, kind = declared(scope, base, each)
        scope.blocks[-1][name] = Local(kind, 0, typedef=True)
    return lambda _: 0


STATEMENTS.update({"declaration": declaration, "type_definition": _typedef})
