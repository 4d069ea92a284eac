"""Types as declarations spell them, and the values that initialisers give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.witness.ctype import INT, ULONG, VOID, CType, array, basic, pointer
from lmlint.witness.machine import MAX_WORDS, NotListed
from lmlint.witness.scope import Ex, convert, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.source import Node, Parameter
    from lmlint.witness.scope import Names, Scope

_WRAPPERS = frozenset({"parenthesized_declarator", "abstract_parenthesized_declarator", "attributed_declarator"})
_SKIPPED = frozenset({"type_qualifier", "storage_class_specifier", "attribute_specifier"})
QUALIFIERS = re.compile(r"\b(const|volatile|struct|enum|union|static|extern|register)\b")


def type_of(scope: Scope, node: Node) -> CType:
    """Return the type that a specifier names; raises NotListed where the rule lists none of that name."""
    if node.type == "type_descriptor":
        kind = type_of(scope, node.field("type"))
        declarator = node.fields.get("declarator")
        return kind if declarator is None else declared(scope, kind, declarator)[1]
    if node.type in {"struct_specifier", "union_specifier"} and "name" in node.fields:
        return scope.names.structure(node.field("name").text)
    if node.type == "enum_specifier":
        return INT
    name = " ".join(node.text.split())
    local = scope.find(name)
    found = local.type if local is not None and local.typedef else basic(name) or scope.names.type(name)
    if found is None:
        raise NotListed(f"`{short(node)}` is not a type that the rule lists")
    return found


def declared(scope: Scope, kind: CType, node: Node) -> tuple[str, CType]:
    """Return the name that a declarator declares, and its type, out of the type to its left."""
    while True:
        inner = node.fields.get("declarator")
        if node.type in {"identifier", "field_identifier", "type_identifier", "primitive_type"}:
            return node.text, kind
        if node.type in {"pointer_declarator", "abstract_pointer_declarator"}:
            kind = pointer(kind)
            inner = inner or next((kid for kid in node.kids if kid.type not in _SKIPPED), None)
        elif node.type in {"array_declarator", "abstract_array_declarator"}:
            kind = array(kind, _count(scope, node))
        elif node.type in {"function_declarator", "abstract_function_declarator"}:
            kind = CType("func", of=kind)
        elif node.type in _WRAPPERS:
            inner = inner or next((kid for kid in node.kids if kid.type not in _SKIPPED), None)
        else:
            raise NotListed(f"`{short(node)}` is not a declaration that the witness interprets")
        if inner is None:
            return "", kind
        node = inner


def _count(scope: Scope, node: Node) -> int:
    size = node.fields.get("size")
    if size is None:
        return 0
    count = scope.expr(size).const
    if count is None or not 0 <= count <= MAX_WORDS:
        raise NotListed(f"`{short(node)}` is an array of a size that the model machine does not have")
    return count


def declarators(node: Node) -> Iterator[Node]:
    """Yield the declarators of a declaration."""
    kind = node.fields.get("type")
    return (kid for kid in node.kids if kid is not kind and kid.type not in _SKIPPED)


def parameter_type(names: Names, parameter: Parameter) -> CType:
    """Return the type of a parameter; one that the rule does not know is an opaque number or a pointer to one."""
    text = " ".join(QUALIFIERS.sub(" ", parameter.type).split())
    kind = basic(text)
    if kind is None:
        if "struct" in parameter.type:
            kind = names.structure(text)
        else:
            kind = INT if "enum" in parameter.type else names.type(text) or ULONG
    if parameter.function:
        return pointer(CType("func", of=kind))
    if kind.kind == "func":
        return pointer(kind)
    for _ in range(parameter.stars):
        kind = pointer(kind)
    return VOID if kind.kind == "void" else kind


def returned_type(names: Names, text: str) -> CType:
    """Return the type of what a function returns, from the text of it."""
    stars = text.count("*")
    bare = " ".join(QUALIFIERS.sub(" ", text.replace("*", " ")).split())
    kind = basic(bare)
    if kind is None:
        if "struct" in text:
            kind = names.structure(bare)
        else:
            kind = INT if "enum" in text else names.type(bare) or (VOID if not bare else ULONG)
    for _ in range(stars):
        kind = pointer(kind)
    return kind


def initial(scope: Scope, kind: CType, node: Node) -> Iterator[tuple[int, Ex]]:
    """Yield the offset and the value of every number that an initialiser sets."""
    if node.type != "initializer_list":
        if not kind.scalar:
            raise NotListed(f"`{short(node)}` initialises an object as a whole")
        yield 0, convert(scope.expr(node), kind)
        return
    if kind.scalar:
        for first in node.kids[:1]:
            yield from initial(scope, kind, first)
        return
    names = list(scope.names.fields(kind)) if kind.kind == "struct" else []
    position = 0
    for each in node.kids:
        value, designator = each, None
        if each.type == "initializer_pair":
            value = each.field("value")
            designator = next((kid for kid in each.kids if kid is not value), None)
        if designator is not None:
            position = _place(scope, designator, names)
        offset, of = _member(scope, kind, names, position, node)
        for more, made in initial(scope, of, value):
            yield offset + more, made
        position += 1


def _member(scope: Scope, kind: CType, names: list[str], position: int, node: Node) -> tuple[int, CType]:
    """Return the offset and the type of what stands at a place of an object."""
    if kind.kind != "struct":
        return position * kind.target.size, kind.target
    if position >= len(names):
        raise NotListed(f"`{short(node)}` has more values than the structure has members")
    return scope.names.fields(kind)[names[position]]


def _place(scope: Scope, designator: Node, names: list[str]) -> int:
    """Return the place that a designator names."""
    name = designator.kids[0].text if designator.kids else ""
    if designator.type == "field_designator" and name in names:
        return names.index(name)
    index = scope.expr(designator.kids[0]).const if designator.type == "subscript_designator" else None
    if index is None:
        raise NotListed(f"`{short(designator)}` names a member that the rule does not list")
    return index


def complete(kind: CType, node: Node | None) -> CType:
    """Return an array's type with the size that its initialiser gives it."""
    if kind.kind == "array" and kind.size == 0 and node is not None and node.type == "initializer_list":
        return array(kind.target, len(node.kids))
    return kind


def words(names: Names, kind: CType) -> Iterator[int]:
    """Yield the offset of every number that an object consists of."""
    if kind.kind == "struct":
        for offset, of in names.fields(kind).values():
            yield from (offset + more for more in words(names, of))
    elif kind.kind == "array" and kind.target.size:
        for index in range(kind.size // kind.target.size):
            yield from (index * kind.target.size + more for more in words(names, kind.target))
    else:
        yield 0
