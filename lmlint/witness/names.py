"""What the items of a text define: names outside functions, and what each stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.witness.declare import declarators
from lmlint.witness.scope import below

if TYPE_CHECKING:
    from lmlint.source import Item, Node


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for outside functions: a kind, what defines it, and whether that is the file's `own`."""

    kind: str
    item: Item
    node: Node | None = None
    index: int = 0
    own: bool = False


def bare(node: Node) -> Node:
    """Return a declarator without what it is set to."""
    return node.field("declarator") if node.type == "init_declarator" else node


def meanings(item: Item, *, own: bool) -> list[tuple[str, bool, Meaning]]:
    """Return what an item defines: names, whether each is a tag, and their meanings."""
    if item.function is not None:
        kind = "macro" if item.function.macro else "function"
        return [(item.name, False, Meaning(kind, item, own=own))]
    if item.name:
        return [(item.name, False, Meaning("constant", item, own=own))]
    node = _declaration(item)
    if node is None:
        return []
    found: list[tuple[str, bool, Meaning]] = []
    for each in below(node, "enumerator_list", "struct_specifier"):
        if each.type == "enumerator_list":
            found += [
                (kid.field("name").text, False, Meaning("enumerator", item, each, index, own))
                for index, kid in enumerate(each.kids)
                if kid.type == "enumerator"
            ]
        elif "body" in each.fields and ("name" in each.fields or node.type == "type_definition"):
            tag = each.field("name").text if "name" in each.fields else f"typedef {next(declarators(node)).text}"
            found.append((tag, True, Meaning("struct", item, each.field("body"), own=own)))
    if node.type in {"declaration", "type_definition"}:
        found += _declared_names(item, node, own=own)
    return found


def _declaration(item: Item) -> Node | None:
    if item.raw.type not in {"declaration", "type_definition", "enum_specifier", "struct_specifier"}:
        return None
    try:
        node = item.node
    except InputError:
        return None
    return None if node is None or node.broken else node


def _declared_names(item: Item, node: Node, *, own: bool) -> list[tuple[str, bool, Meaning]]:
    storage = {kid.text for kid in node.kids if kid.type == "storage_class_specifier"}
    found = []
    for index, each in enumerate(declarators(node)):
        inner, function = bare(each), False
        while inner.type not in {"identifier", "type_identifier"}:
            function = inner.type == "function_declarator"
            following = inner.fields.get("declarator") or next(iter(inner.kids), None)
            if following is None:
                break
            inner = following
        kind = "typedef" if node.type == "type_definition" else "variable"
        if inner.type in {"identifier", "type_identifier"} and (
            kind == "typedef" or not (function or "extern" in storage)
        ):
            found.append((inner.text, False, Meaning(kind, item, node, index, own)))
    return found
