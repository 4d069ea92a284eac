"""C expressions with `$metavariables`, matched against syntax nodes.

`$x` matches any expression and binds it; the same name twice must match the same text; `...` as the last argument
matches the rest of the arguments. A name may contain `*`, which stands for any run of identifier characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Generic, TypeVar

from lmlint.error import InputError
from lmlint.source import Node, parse_expression

_META = "metavariable_"
_REST = "metavariable__"
_STAR = "_any_run_"
_GLOB = re.compile(r"(?<=\w)\*(?=[\w*]*\()|(?<![\s\w)])\*(?=\w[\w*]*\()")
"""A `*` in the name of a call: next to the name, or to the parenthesis; one between spaces multiplies."""
_CALLEES = frozenset({"identifier", "field_identifier"})

Bindings = Mapping[str, Node]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `head` is what a node must show at first sight: its type and callee or operator."""

    text: str
    node: Node
    head: tuple[str, str]
    variables: tuple[str, ...]

    def match(self, node: Node) -> Bindings | None:
        """Return what the metavariables stand for, or None."""
        found: dict[str, Node] = {}
        return found if _match(self.node, bare(node), found) else None


@cache
def compile_pattern(text: str) -> Pattern:
    """Return the pattern; raises InputError when it is not a C expression."""
    code = re.sub(r"\$(\w+)", lambda m: _META + m[1], text).replace("...", _REST)
    node = parse_expression(re.sub(_GLOB, _STAR, code))
    if node is None or node.broken:
        message = f"pattern `{text}` is not a C expression"
        raise InputError(message)
    return Pattern(text, node, head(node), tuple(dict.fromkeys(re.findall(r"\$(\w+)", text))))


def metavariable(name: str) -> str:
    """Return the identifier that stands for `$name` in the tree of a pattern."""
    return _META + name


def is_metavariable(node: Node) -> bool:
    """Whether a node of a pattern stands for something else: a `$name`, or `...`."""
    return node.text.startswith(_META)


def names_in(pattern: Pattern) -> frozenset[str]:
    """Return the identifiers of a pattern, `*` standing for any run of identifier characters."""
    found = (n.text for n in pattern.node.walk() if n.type == "identifier" and not is_metavariable(n))
    return frozenset(name.replace(_STAR, "*") for name in found)


def words_in(pattern: Pattern) -> frozenset[str]:
    """Return the identifiers and the names of members in a pattern."""
    kinds = {"identifier", "field_identifier"}
    return frozenset(n.text for n in pattern.node.walk() if n.type in kinds and not is_metavariable(n))


def compile_expression(text: str) -> Node:
    """Return a C expression with metavariables as a tree; raises InputError when it is none."""
    return compile_pattern(text).node


def head(node: Node) -> tuple[str, str]:
    """Return the type of a node and the name it calls, or its operator."""
    if node.type == "call_expression":
        callee = node.field("function")
        named = callee.fields.get("field", callee)  # of a function that a structure holds, the name it has there
        return (node.type, named.text if named.type in _CALLEES and _STAR not in named.text else "")
    return (node.type, "" if node.type == "field_expression" else node.op)


def bare(node: Node) -> Node:
    """Return the node without parentheses around it."""
    while node.type == "parenthesized_expression" and len(node.kids) == 1:
        node = node.kids[0]
    return node


def _match(pattern: Node, node: Node, found: dict[str, Node]) -> bool:  # noqa: PLR0911 - one case a kind of node
    pattern, node = bare(pattern), bare(node)
    node = _by_pointer(node) if pattern.op == "->" else node
    if pattern.type == "identifier":
        if pattern.text.startswith(_META):
            name = pattern.text[len(_META) :]
            bound = found.setdefault(name, node)
            return bound is node or bound.text == node.text
        if _STAR in pattern.text:
            glob = re.escape(pattern.text).replace(_STAR, r"\w*")
            return node.type == "identifier" and re.fullmatch(glob, node.text) is not None
    if pattern.type != node.type or pattern.op != node.op:
        return False
    if not pattern.kids:
        return pattern.text == node.text
    wanted = pattern.kids
    if wanted[-1].text == _REST:
        wanted = wanted[:-1]
        if len(node.kids) < len(wanted):
            return False
    elif len(wanted) != len(node.kids):
        return False
    if pattern.type == "update_expression" and pattern.text.startswith(pattern.op) != node.text.startswith(node.op):
        return False
    return all(_match(a, b, found) for a, b in zip(wanted, node.kids, strict=False))


def covers(general: Pattern, special: Pattern) -> bool:
    """Whether a pattern matches all that another one does."""
    rest = special.text.rstrip().endswith("...)")
    return general.match(special.node) is not None and (not rest or general.text.rstrip().endswith("...)"))


def _by_pointer(node: Node) -> Node:
    """Return the member of a structure as that of what a pointer points to: `s.x` is `(&s)->x`."""
    if node.type != "field_expression" or node.op != ".":
        return node
    whole, member = bare(node.kids[0]), node.kids[1]
    if whole.type == "pointer_expression" and whole.op == "*":
        pointer = whole.kids[0]
    else:
        text, fields = f"&{whole.text}", {"argument": whole}
        pointer = replace(whole, type="pointer_expression", kids=(whole,), fields=fields, op="&", text=text)
    return replace(node, op="->", kids=(pointer, member), fields={**node.fields, "argument": pointer})


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Patterns by head, each with what it means."""

    entries: Mapping[tuple[str, str], tuple[tuple[Pattern, T], ...]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, T]]) -> Table[T]:
        """Return the table of these pattern texts and meanings, in order; but a special one before a general one."""
        entries: dict[tuple[str, str], list[tuple[Pattern, T]]] = {}
        for text, meaning in pairs:
            pattern = compile_pattern(text)
            row = entries.setdefault(pattern.head, [])
            general = (at for at, (other, _) in enumerate(row) if covers(other, pattern) and not covers(pattern, other))
            row.insert(next(general, len(row)), (pattern, meaning))
        return cls({key: tuple(value) for key, value in entries.items()})

    def find(self, node: Node) -> tuple[T, Bindings] | None:
        """Return the meaning of the first pattern that matches, with its bindings."""
        key = head(node)
        candidates = self.entries.get(key, ())
        if key[0] == "call_expression" and key[1]:
            candidates += self.entries.get((key[0], ""), ())
        for pattern, meaning in candidates:
            found = pattern.match(node)
            if found is not None:
                return meaning, found
        return None
