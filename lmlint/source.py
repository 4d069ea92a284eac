"""C text as a tree: functions, macros and initialisers, with positions in the text as it was given.

Kernel attributes are unknown to the grammar, so they are blanked before parsing, without moving a byte.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

import tree_sitter_c
from tree_sitter import Language, Parser

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node as Raw
    from tree_sitter import TreeCursor

MAX_NESTING = 100
"""How deep code may nest; what people write stays below 20, and what follows a tree calls itself at every level."""

SKIPPED = frozenset({"comment"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What to blank or rewrite before parsing: names of attributes, of attribute calls, and of loop macros (globs)."""

    attributes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Node:
    """A syntax node: its type, its named children less comments, and where it stands (line and column from 1)."""

    type: str
    kids: tuple[Node, ...]
    fields: Mapping[str, Node]
    op: str
    text: str
    line: int
    column: int
    broken: bool = False

    def field(self, name: str) -> Node:
        """Return the child in a field that the grammar requires."""
        return self.fields[name]

    def walk(self) -> Iterator[Node]:
        """Yield the node and everything below it, in source order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.kids))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, the name of its type, and how many `*` (a function pointer counts as one)."""

    name: str
    type: str
    stars: int
    function: bool = False


@dataclass(eq=False)
class Function:
    """A function definition, or a macro that is used like one; its body is converted when first asked for."""

    name: str
    parameters: tuple[Parameter, ...]
    line: int
    column: int
    text: str
    """The body, comments blanked."""
    static: bool
    attributes: frozenset[str]
    returns: str
    raw: Raw = field(repr=False)
    source: bytes = field(repr=False)
    path: str = ""
    macro: bool = False

    @cached_property
    def body(self) -> Node:
        """The body as a tree; raises InputError where it nests too deeply."""
        return convert(self.raw, self.source, self.path, self.line - self.raw.start_point.row - 1 if self.macro else 0)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier in the text of the function."""
        return frozenset(_NAME.findall(self.text))


@dataclass(frozen=True)
class Source:
    """A parsed file."""

    path: str
    text: bytes
    functions: tuple[Function, ...]
    macros: Mapping[str, Function]
    constants: Mapping[str, Node]
    """Object-like macros that are expressions."""
    initialised: frozenset[str]
    """Identifiers that occur in initialisers outside functions: functions whose address is taken there."""
    mentions: Mapping[str, int]
    """How often each identifier occurs in the code, comments left out."""

    @property
    def names(self) -> frozenset[str]:
        """Every identifier that occurs in the code."""
        return frozenset(self.mentions)


_NAME = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(rb"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*""", re.DOTALL)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_c.language()))


def parse(text: bytes, path: str, dialect: Dialect) -> Source:
    """Return the file as functions, macros and initialisers."""
    clean = _ended(blank(text, dialect))
    code = _COMMENT.sub(_spaces, clean)
    root = _parser().parse(clean).root_node
    functions: list[Function] = []
    macros: dict[str, Function] = {}
    constants: dict[str, Node] = {}
    initialised: set[str] = set()
    known = set(dialect.attributes)
    for raw in _top(root):
        if raw.type == "function_definition":
            made = _function(raw, clean, code, text, known, path)
            if made is not None:
                functions.append(made)
        elif raw.type == "preproc_function_def":
            macro = _macro(raw, clean, path)
            if macro is not None:
                macros.setdefault(macro.name, macro)
        elif raw.type == "preproc_def":
            name, value = raw.child_by_field_name("name"), raw.child_by_field_name("value")
            if name is not None and value is not None:
                expression = parse_expression(_joined(_str(value, clean)))
                if expression is not None:
                    constants.setdefault(_str(name, clean), expression)
        elif raw.type == "declaration" and b"=" in clean[raw.start_byte : raw.end_byte]:
            initialised.update(_NAME.findall(_str(raw, clean)))
    mentions = Counter(_NAME.findall(code.decode("utf-8", "replace")))
    return Source(path, text, tuple(functions), macros, constants, frozenset(initialised), mentions)


def blank(text: bytes, dialect: Dialect) -> bytes:
    """Return text of the same length in which the dialect's words no longer confuse the grammar."""
    if dialect.calls:
        pattern = rb"\b(?:" + _either(dialect.calls) + rb")[ \t]*\([^()\n]*\)"
        text = re.sub(pattern, lambda m: b" " * len(m[0]), text)
    if dialect.attributes:
        text = re.sub(rb"\b(?:" + _either(dialect.attributes) + rb")\b", lambda m: b" " * len(m[0]), text)
    if dialect.loops:
        text = re.sub(rb"\b(?:" + _either(dialect.loops) + rb")(?=[ \t]*\()", _loop, text)
    return text


def _ended(text: bytes) -> bytes:
    """Return the text without a comment that nothing ends: the grammar would look for its end again at every byte."""
    last = text.rfind(b"/*")
    if last < 0 or b"*/" in text[last + 2 :]:
        return text
    open_at = (m.start() for m in _COMMENT.finditer(text) if m[0].startswith(b"/*") and not m[0][2:].endswith(b"*/"))
    start = next(open_at, len(text))
    return text[:start] + re.sub(rb"[^\n]", b" ", text[start:])


def _spaces(match: re.Match[bytes]) -> bytes:
    return match[0] if match[1] else re.sub(rb"[^\n]", b" ", match[0])


def _loop(match: re.Match[bytes]) -> bytes:
    line = match.string[match.string.rfind(b"\n", 0, match.start()) + 1 : match.start()]
    return match[0] if line.lstrip().startswith(b"#") else b"while".ljust(len(match[0]))


def _either(names: Sequence[str]) -> bytes:
    return "|".join(re.escape(n).replace(r"\*", r"\w*") for n in sorted(names, key=len, reverse=True)).encode()


def parse_expression(text: str) -> Node | None:
    """Return a C expression as a tree, or None when it is not one."""
    node = _body(f"({text});")  # in parentheses, or `A * B;` would be a declaration
    if node is None or len(node.kids) != 1 or node.kids[0].type != "expression_statement":
        return None
    outer = node.kids[0].kids[0] if node.kids[0].kids else None
    return outer.kids[0] if outer is not None and len(outer.kids) == 1 and not outer.broken else None


def _body(text: str) -> Node | None:
    """Return the body of a function that consists of this text, None where it is not C or nests too deeply."""
    source = b"void f(void) {" + text.encode() + b"}"
    root = _parser().parse(source).root_node
    if root.has_error or root.named_child_count != 1:
        return None
    raw = root.named_children[0].child_by_field_name("body")
    try:
        return None if raw is None else convert(raw, source)
    except InputError:
        return None


_CONTAINERS = frozenset({"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "preproc_elifdef",
                         "translation_unit", "declaration_list", "linkage_specification"})  # fmt: skip


def _top(root: Raw) -> Iterator[Raw]:
    stack = [root]
    while stack:
        raw = stack.pop()
        if raw.type in _CONTAINERS:
            stack.extend(reversed(raw.named_children))
        else:
            yield raw


def _str(raw: Raw, source: bytes) -> str:
    return source[raw.start_byte : raw.end_byte].decode("utf-8", "replace")


def _joined(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text.replace("\\\n", " "), flags=re.DOTALL)


def _function(  # noqa: PLR0913, PLR0917  # one text in its three forms
    raw: Raw, clean: bytes, code: bytes, text: bytes, known: set[str], path: str
) -> Function | None:
    declarator, body = raw.child_by_field_name("declarator"), raw.child_by_field_name("body")
    stars = 0
    while declarator is not None and declarator.type in {"pointer_declarator", "parenthesized_declarator"}:
        stars += declarator.type == "pointer_declarator"
        declarator = declarator.child_by_field_name("declarator") or next(reversed(declarator.named_children), None)
    if declarator is None or body is None or declarator.type != "function_declarator":
        return None
    name, parameters = declarator.child_by_field_name("declarator"), declarator.child_by_field_name("parameters")
    if name is None or name.type != "identifier" or parameters is None:
        return None
    head = text[raw.start_byte : body.start_byte].decode("utf-8", "replace")
    before = clean[raw.start_byte : declarator.start_byte].decode("utf-8", "replace")
    kind = raw.child_by_field_name("type")
    return Function(
        name=_str(name, clean),
        parameters=tuple(_parameters(parameters, clean)),
        line=name.start_point.row + 1,
        column=name.start_point.column + 1,
        text=_str(body, code),
        static=bool(re.search(r"\bstatic\b", before)),
        attributes=frozenset(word for word in _NAME.findall(head) if word in known),
        returns="" if kind is None else _str(kind, clean) + "*" * stars,
        raw=body,
        source=clean,
        path=path,
    )


def _parameters(raw: Raw, source: bytes) -> Iterator[Parameter]:
    for child in raw.named_children:
        if child.type != "parameter_declaration":
            continue
        kind, declarator = child.child_by_field_name("type"), child.child_by_field_name("declarator")
        name, stars, function = declared(declarator, source) if declarator is not None else ("", 0, False)
        yield Parameter(name, _str(kind, source) if kind is not None else "", stars, function)


def declared(raw: Raw | None, source: bytes) -> tuple[str, int, bool]:
    """Return the name that a declarator declares, its `*` count, and whether it points to a function."""
    stars, function = 0, False
    while raw is not None and raw.type != "identifier":
        stars += raw.type in {"pointer_declarator", "array_declarator"}
        function |= raw.type == "function_declarator"
        inner = raw.child_by_field_name("declarator")
        raw = inner if inner is not None else next(iter(raw.named_children), None)
    return (_str(raw, source) if raw is not None else "", stars, function)


def _macro(raw: Raw, clean: bytes, path: str) -> Function | None:
    name, parameters, value = (raw.child_by_field_name(f) for f in ("name", "parameters", "value"))
    if name is None or parameters is None or value is None:
        return None
    text = _joined(_str(value, clean)).strip()
    source = b"void f(void) {" + text.encode() + b";}"
    root = _parser().parse(source).root_node
    body = root.named_children[0].child_by_field_name("body") if root.named_child_count else None
    if root.has_error or body is None:
        return None
    names = tuple(Parameter(_str(p, clean), "", 0) for p in parameters.named_children if p.type == "identifier")
    row, column = raw.start_point
    return Function(
        name=_str(name, clean),
        parameters=names,
        line=row + 1,
        column=column + 1,
        text=text,
        static=True,
        attributes=frozenset(),
        returns="",
        raw=body,
        source=source,
        path=path,
        macro=True,
    )


def convert(raw: Raw, source: bytes, path: str = "", below: int = 0) -> Node:
    """Return a grammar node as a `Node`, with everything below it; raises InputError where that nests too deeply.

    The error names the path, and the line of the node plus `below`.
    """
    cursor = raw.walk()
    node = _convert(cursor, source, MAX_NESTING)
    if node is None:
        current = cursor.node
        line = (raw if current is None else current).start_point.row + 1 + below
        raise InputError(f"{path}:{line}: code nested more than {MAX_NESTING} deep, which lmlint does not follow")
    return node


def _convert(cursor: TreeCursor, source: bytes, room: int) -> Node | None:
    """Return the node under the cursor; None, the cursor left there, where it nests deeper than there is room."""
    raw = cursor.node
    if raw is None or not room:
        return None
    kids: list[Node] = []
    fields: dict[str, Node] = {}
    op = ""
    broken = raw.is_missing or raw.type == "ERROR"
    for child, name in _children(cursor):
        if not child.is_named:
            op = child.type if name == "operator" else op
            broken |= child.is_missing
        elif child.type not in SKIPPED:
            node = _convert(cursor, source, room - 1)
            if node is None:
                return None
            kids.append(node)
            if name:
                fields.setdefault(name, node)
            broken |= node.broken
    row, column = raw.start_point
    return Node(raw.type, tuple(kids), fields, op, _str(raw, source), row + 1, column + 1, broken)


def _children(cursor: TreeCursor) -> Iterator[tuple[Raw, str | None]]:
    """Yield the children of the node under the cursor, each with its field, the cursor on it."""
    more = cursor.goto_first_child()
    if not more:
        return
    while more:
        child = cursor.node
        if child is not None:
            yield child, cursor.field_name
        more = cursor.goto_next_sibling()
    cursor.goto_parent()
