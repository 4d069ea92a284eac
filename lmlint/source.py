"""C text as a tree: functions, macros and initialisers, with positions in the text as it was given.

Kernel attributes are unknown to the grammar, so they are blanked before parsing, without moving a byte.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from math import inf
from operator import itemgetter
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from typing import TYPE_CHECKING

import tree_sitter_c
from tree_sitter import Language, Parser

from lmlint.error import InputError
from lmlint.limits import DEFAULT, MOST_NESTING, Limits
from lmlint.pasting import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node as Raw
    from tree_sitter import TreeCursor

MAX_NESTING = DEFAULT.nesting
"""How deep code may nest by default; what people write stays below 20, and what follows a tree calls itself there."""
MAX_OPEN = 100_000
"""How many brackets may be open at once: the grammar tries many readings, and takes all memory for more."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"([{)]}"))
MAX_TREE = 256 * 1024 * 1024
"""How much the trees of one file may take, about, in bytes of memory."""
_NODE = 400
"""What a node takes besides its text, about, in bytes of memory."""
_PIECE = 4096
"""How many bytes the grammar is handed at a time."""
_MOST_COMMENTS = 1_000
"""How many comments a macro may hold."""
_TOO_MUCH = "too much code to be followed in one file; give a smaller file"

SKIPPED = frozenset({"comment"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What to blank or rewrite before parsing: names (globs) of attributes, of attribute calls, and of block macros.

    Loop macros become `while`, and those whose block runs once, such as a scoped guard's, become `if`.
    """

    attributes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Node:
    """A syntax node: its type, its named children less comments, and where it stands.

    `line` and `column` count from 1; `start` and `end` are offsets in bytes, into the file or the text of a macro.
    `path` is the file, "" for an expression that was parsed by itself.
    """

    type: str
    kids: tuple[Node, ...]
    fields: Mapping[str, Node]
    op: str
    text: str
    line: int
    column: int
    broken: bool = False
    start: int = 0
    end: int = 0
    path: str = ""

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


@dataclass(slots=True)
class Room:
    """What the trees of one file may still take: levels of nesting below each other, and bytes of memory in all.

    `end` is when reading the file must be done, by the monotonic clock.
    """

    levels: int = MAX_NESTING
    left: int = MAX_TREE
    end: float = inf


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
    room: Room = field(default_factory=Room, repr=False)

    @cached_property
    def body(self) -> Node:
        """The body as a tree; raises InputError where it nests too deeply or the file's trees grow too large."""
        below = self.line - self.raw.start_point.row - 1 if self.macro else 0
        return convert(self.raw, self.source, self.path, below, self.room)

    @cached_property
    def definition(self) -> Node:
        """The whole definition as a tree, from its type to its closing brace; only of what is no macro."""
        return convert(self.raw if self.raw.parent is None else self.raw.parent, self.source, self.path, 0, self.room)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier in the text of the function."""
        return frozenset(_NAME.findall(self.text))

    @property
    def span(self) -> tuple[int, int]:
        """Where the body begins and ends, in bytes of the file; only of what is no macro."""
        return self.raw.start_byte, self.raw.end_byte

    @property
    def damaged(self) -> bool:
        """Whether the grammar cannot read all of the definition: it may then be another, or more than one."""
        return (self.raw if self.raw.parent is None else self.raw.parent).has_error


@dataclass(frozen=True)
class Source:
    """A parsed file."""

    path: str
    text: bytes
    functions: tuple[Function, ...]
    macros: Mapping[str, Function]
    constants: Mapping[str, Node]
    """Object-like macros that are expressions, and enumerators."""
    initialisers: Mapping[str, frozenset[str]]
    """For every variable outside functions that is initialised, the identifiers in its initialiser."""
    mentions: Mapping[str, int]
    """How often each identifier occurs in the code, comments left out."""
    code: bytes = b""
    """The text as it was parsed, byte for byte, its comments blanked."""

    @cached_property
    def initialised(self) -> frozenset[str]:
        """The identifiers in those initialisers: among them, the functions whose address is taken there."""
        return frozenset().union(*self.initialisers.values())

    @property
    def names(self) -> frozenset[str]:
        """Every identifier that occurs in the code."""
        return frozenset(self.mentions)


_NAME = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(
    rb"""(?<!\\)("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*""", re.DOTALL
)


_ENUMS = frozenset({"enum_specifier", "declaration", "type_definition"})
"""What an enum may be declared in."""


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_c.language()))


def _tree(text: bytes, path: str, limits: Limits, end: float) -> Raw:
    """Return the root of the grammar's tree; raises InputError where the grammar takes too long or too much memory.

    The grammar asks for a piece at a time, which is when to look: there are texts that it reads over and over, and
    what it does not understand it understands in many ways at once. It gives up where a piece is empty.
    """
    most = _memory() + MAX_TREE
    trouble = ""

    def piece(start: int, _point: object) -> bytes:
        nonlocal trouble
        if monotonic() > end:
            trouble = _too_slow(limits)
        elif _memory() > most:
            trouble = "too much memory to parse"
        return b"" if trouble else text[start : start + _PIECE]

    root = _parser().parse(piece).root_node
    if trouble:
        raise InputError(f"{path}: {trouble}; leave the file out")
    return root


def _too_slow(limits: Limits) -> str:
    return f"more than {limits.seconds} seconds to parse (limit `seconds`)"


def _memory() -> int:
    """Return the most memory that the process has held, in bytes."""
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def parse(text: bytes, path: str, dialect: Dialect, *, limits: Limits = DEFAULT) -> Source:
    """Return the file as functions, macros and initialisers; InputError names the limit that it goes beyond."""
    room = _room(text, path, limits)
    clean = _ended(blank(text, dialect))
    code = _COMMENT.sub(_spaces, clean)
    _check_brackets(code, path)
    root = _tree(clean, path, limits, room.end)
    functions: list[Function] = []
    macros: dict[str, Function] = {}
    constants: dict[str, Node] = {}
    initialisers: dict[str, frozenset[str]] = {}
    known = set(dialect.attributes)
    for raw in _top(root):
        if raw.type == "function_definition":
            made = _function(raw, clean, code, text, known, path)
            if made is not None:
                functions.append(replace(made, room=room))
        elif raw.type == "preproc_function_def":
            macro = _macro(raw, clean, path)
            if macro is not None:
                macros.setdefault(macro.name, replace(macro, room=room))
        elif raw.type == "preproc_def":
            constants = _constant(raw, clean, room) | constants
        elif raw.type == "declaration" and b"=" in clean[raw.start_byte : raw.end_byte]:
            initialisers |= _initialised(raw, clean)
        if raw.type in _ENUMS and b"enum" in clean[raw.start_byte : raw.end_byte]:
            constants = _enumerators(raw, clean, room) | constants
        _check_room(room, len(functions) + len(macros), limits, f"{path}:{raw.start_point.row + 1}")
    for macro in _pasted(code, path, limits, room):
        macros.setdefault(macro.name, macro)
    mentions = Counter(map(itemgetter(0), _NAME.finditer(code.decode("utf-8", "replace"))))
    return Source(path, text, tuple(functions), macros, constants, initialisers, mentions, code)


def _pasted(code: bytes, path: str, limits: Limits, room: Room) -> Iterator[Function]:
    """Yield the functions that macros paste together, each as a macro."""
    for definition in pasted(code):
        for raw in _tree(definition, path, limits, room.end).named_children[:1]:
            macro = _macro(raw, definition, path) if raw.type == "preproc_function_def" else None
            if macro is not None:
                yield replace(macro, room=room)


def _constant(raw: Raw, clean: bytes, room: Room) -> dict[str, Node]:
    """Return the name of an object-like macro, with its expression; nothing where it is none."""
    name, value = raw.child_by_field_name("name"), raw.child_by_field_name("value")
    expression = None if name is None or value is None else parse_expression(_joined(_str(value, clean)), room)
    return {} if name is None or expression is None else {_str(name, clean): expression}


def _room(text: bytes, path: str, limits: Limits) -> Room:
    """Return how much of a file may be followed; raises InputError where it is too large to begin with."""
    if len(text) > limits.bytes:
        raise InputError(f"{path}: more than {limits.bytes} bytes (limit `bytes`); raise it, or give a smaller file")
    return Room(min(limits.nesting, MOST_NESTING), end=monotonic() + limits.seconds)


def _check_brackets(code: bytes, path: str) -> None:
    """Raise InputError where more brackets are open at once than the grammar can take."""
    depth = 0
    for bracket in code.translate(None, _NO_BRACKETS):
        depth = depth + 1 if bracket in b"([{" else max(depth - 1, 0)
        if depth > MAX_OPEN:
            raise InputError(f"{path}: more than {MAX_OPEN} brackets are open at once; this is no C that people write")


def _check_room(room: Room, functions: int, limits: Limits, where: str) -> None:
    """Raise InputError where a file holds more than is followed."""
    if room.left < 0:
        raise InputError(f"{where}: {_TOO_MUCH}")
    if monotonic() > room.end:
        raise InputError(f"{where}: {_too_slow(limits)}; leave the file out")
    if functions > limits.functions:
        many = f"more than {limits.functions} functions and macros (limit `functions`)"
        raise InputError(f"{where}: {many}; raise it, or give a smaller file")


def unreadable(text: bytes, dialect: Dialect) -> int:
    """Return at how many places the grammar cannot read a text, outside macros."""
    stack, count = [_parser().parse(_ended(blank(text, dialect))).root_node], 0
    while stack:
        raw = stack.pop()
        count += raw.is_error or raw.is_missing
        stack.extend(raw.children if raw.has_error else ())
    return count


def first_unreadable(text: bytes, dialect: Dialect) -> int:
    """Return the first line, from 1, that the grammar cannot read, outside macros; 0 where it can read all."""
    stack, lines = [_parser().parse(_ended(blank(text, dialect))).root_node], []
    while stack:
        raw = stack.pop()
        if raw.is_error or raw.is_missing:
            lines.append(raw.start_point.row + 1)
        stack.extend(raw.children if raw.has_error else ())
    return min(lines, default=0)


def blank(text: bytes, dialect: Dialect) -> bytes:
    """Return text of the same length in which the dialect's words no longer confuse the grammar."""
    if dialect.calls:
        pattern = rb"\b(?:" + _either(dialect.calls) + rb")[ \t]*\([^()\n]*\)"
        text = re.sub(pattern, lambda m: b" " * len(m[0]), text)
    if dialect.attributes:
        text = re.sub(rb"\b(?:" + _either(dialect.attributes) + rb")\b", lambda m: b" " * len(m[0]), text)
    for names, keyword in ((dialect.loops, b"while"), (dialect.scopes, b"if")):
        if names:
            text = re.sub(rb"\b(?:" + _either(names) + rb")(?=[ \t]*\()", partial(_keyword, keyword), text)
    text = _HANDED_TYPE.sub(lambda m: m[0].capitalize().replace(b" ", b"_"), text)
    return _rejoined(text)


_HANDED_TYPE = re.compile(rb"(?<=\w\()(?:(?:unsigned|signed|long|short|int|char)\b *)+(?<! )(?=[ \t]*,)")
"""A type of C's own that a macro is handed as its first argument, `min_t(unsigned long, a, b)`: read as a name."""

_OTHERWISE = re.compile(
    rb"^[ \t]*+#[ \t]*+if(?:n?def)?\b(?![ \t]*0)[^\n\\]*+$(?=\s*+(?>/\*.{0,2000}?\*/\s*+)*+(?:\}\s*+)?else\b)",
    re.MULTILINE | re.DOTALL,
)
"""A conditional of the preprocessor in which an `if` goes on that begins before it."""
_DIRECTIVE = re.compile(rb"^[ \t]*+#[ \t]*+(if|el|endif)[^\n]*+$", re.MULTILINE)


def _rejoined(text: bytes) -> bytes:
    """Return the text with each `else` that only some configurations have taken to be there, as the grammar asks."""
    wanted = {match.start() for match in _OTHERWISE.finditer(text)}
    if not wanted:
        return text
    out, within = bytearray(text), list[re.Match[bytes]]()
    for line in _DIRECTIVE.finditer(text):
        if line[1] == b"if":
            within.append(line)
        elif within and line[1] == b"el":  # in the other arm there is another text: both cannot be there
            wanted.discard(within[-1].start())
        elif within:
            opening = within.pop()
            for each in (opening, line) if opening.start() in wanted else ():
                out[each.start() : each.end()] = b" " * (each.end() - each.start())
    return bytes(out)


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


def _keyword(keyword: bytes, match: re.Match[bytes]) -> bytes:
    line = match.string[match.string.rfind(b"\n", 0, match.start()) + 1 : match.start()]
    return match[0] if line.lstrip().startswith(b"#") else keyword.ljust(len(match[0]))


def _either(names: Sequence[str]) -> bytes:
    return "|".join(re.escape(n).replace(r"\*", r"\w*") for n in sorted(names, key=len, reverse=True)).encode()


def parse_expression(text: str, room: Room | None = None) -> Node | None:
    """Return a C expression as a tree, or None when it is not one, or there is no room for it."""
    node = _body(f"({text});", room)  # in parentheses, or `A * B;` would be a declaration
    if node is None or len(node.kids) != 1 or node.kids[0].type != "expression_statement":
        return None
    outer = node.kids[0].kids[0] if node.kids[0].kids else None
    return outer.kids[0] if outer is not None and len(outer.kids) == 1 and not outer.broken else None


def _body(text: str, room: Room | None) -> Node | None:
    """Return the body of a function that consists of this text, None where it is not C or there is no room for it."""
    source = b"void f(void) {" + text.encode() + b"}"
    root = _parser().parse(source).root_node
    if root.has_error or root.named_child_count != 1:
        return None
    raw = root.named_children[0].child_by_field_name("body")
    try:
        return None if raw is None else convert(raw, source, room=room)
    except InputError:
        return None


def parse_block(text: str, line: int) -> Node | None:
    """Return a `{...}` as a tree whose first line is `line`, None where it is not C or nests too deeply."""
    source = b"\n" * (line - 2) + b"void f(void)\n" + text.encode()
    root = _parser().parse(source).root_node
    raw = root.named_children[0].child_by_field_name("body") if root.named_child_count == 1 else None
    if raw is None or root.has_error:
        return None
    try:
        return convert(raw, source)
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
    if text.count("/*") > _MOST_COMMENTS:  # of which most are none, but text: each would look for its end
        return text
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text.replace("\\\n", " "), flags=re.DOTALL)


def _initialised(raw: Raw, source: bytes) -> dict[str, frozenset[str]]:
    """Return the variables that a declaration initialises, each with the identifiers in its initialiser."""
    out = {}
    for declarator in raw.named_children:
        name, value = (declarator.child_by_field_name(f) for f in ("declarator", "value"))
        if declarator.type == "init_declarator" and value is not None:
            out[declared(name, source)[0]] = frozenset(_NAME.findall(_str(value, source)))
    return out


def _enumerators(raw: Raw, source: bytes, room: Room) -> dict[str, Node]:
    """Return the values of the enumerators that are declared; those under a condition are counted as if it held."""
    out: dict[str, Node] = {}
    base, after = "", 0
    for inner in _inside(raw, "enumerator"):
        name, value = (inner.child_by_field_name(f) for f in ("name", "value"))
        if name is None:
            continue
        if value is not None:
            base, after = f"({_joined(_str(value, source))})", 0
        expression = parse_expression(f"{base} + {after}" if base else str(after), room)
        after += 1
        if expression is not None:
            out[_str(name, source)] = expression
    return out


def _inside(raw: Raw, kind: str) -> Iterator[Raw]:
    """Yield what is of a type in a part of the tree, in order."""
    stack = [raw]
    while stack:
        inner = stack.pop()
        if inner.type == kind:
            yield inner
        stack.extend(reversed(inner.named_children))


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


def convert(raw: Raw, source: bytes, path: str = "", below: int = 0, room: Room | None = None) -> Node:
    """Return a grammar node as a `Node`, with everything below it; raises InputError where there is no room for that.

    The error names the path, and the line of the node plus `below`.
    """
    room = Room() if room is None else room
    cursor = raw.walk()
    node = _convert(cursor, source, path, room, room.levels)
    if node is None:
        current = cursor.node
        line = (raw if current is None else current).start_point.row + 1 + below
        if room.left < 0:
            raise InputError(f"{path}:{line}: {_TOO_MUCH}")
        deep = f"code nested more than {room.levels} deep (limit `nesting`), which lmlint does not follow"
        raise InputError(f"{path}:{line}: {deep}")
    return node


def _convert(cursor: TreeCursor, source: bytes, path: str, room: Room, levels: int) -> Node | None:
    """Return the node under the cursor; None, the cursor left there, where there is no room for it."""
    raw = cursor.node
    if raw is None or not levels:
        return None
    start, end = raw.start_byte, raw.end_byte
    room.left -= _NODE + end - start
    if room.left < 0:
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
            node = _convert(cursor, source, path, room, levels - 1)
            if node is None:
                return None
            kids.append(node)
            if name:
                fields.setdefault(name, node)
            broken |= node.broken
    row, column = raw.start_point
    text = source[start:end].decode("utf-8", "replace")
    return Node(raw.type, tuple(kids), fields, op, text, row + 1, column + 1, broken, start, end, path)


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


@dataclass(frozen=True, slots=True)
class Guard:
    """A preprocessor condition around a piece of a file, and whether the piece counts where it holds."""

    condition: str
    wanted: bool


@dataclass(eq=False)
class Item:
    """One thing that a file says outside functions, with the conditions that it stands under.

    A function or a macro with parameters is a `function`; an object-like macro has a `name`; the rest are declarations.
    """

    guards: tuple[Guard, ...]
    function: Function | None
    name: str
    raw: Raw = field(repr=False)
    source: bytes = field(repr=False)
    path: str

    @cached_property
    def node(self) -> Node | None:
        """The declaration, or the macro's expression; None where there is none; raises InputError as `convert` does."""
        if self.raw.type != "preproc_def":
            return convert(self.raw, self.source, self.path)
        value = self.raw.child_by_field_name("value")
        return None if value is None else parse_expression(_joined(_str(value, self.source)))


def outline(text: bytes, path: str, dialect: Dialect) -> Iterator[Item]:
    """Yield what a file says outside functions, in its order, whatever configuration it is for."""
    clean = _ended(blank(text, dialect))
    known = set(dialect.attributes)
    room = Room()
    for raw, guards in _guarded(_tree(clean, path, DEFAULT, monotonic() + DEFAULT.seconds), clean):
        if raw.type == "function_definition":
            function = _function(raw, clean, clean, clean, known, path)
            if function is not None:
                yield Item(guards, replace(function, room=room), function.name, raw, clean, path)
        elif raw.type == "preproc_function_def":
            function = _macro(raw, clean, path)
            if function is not None:
                yield Item(guards, replace(function, room=room), function.name, raw, clean, path)
        else:
            name = raw.child_by_field_name("name") if raw.type == "preproc_def" else None
            yield Item(guards, None, "" if name is None else _str(name, clean), raw, clean, path)


def _guarded(root: Raw, source: bytes) -> Iterator[tuple[Raw, tuple[Guard, ...]]]:
    stack: list[tuple[Raw, tuple[Guard, ...]]] = [(root, ())]
    while stack:
        raw, guards = stack.pop()
        if raw.type not in _CONTAINERS:
            yield raw, guards
            continue
        condition = raw.child_by_field_name("condition") or raw.child_by_field_name("name")
        alternative = raw.child_by_field_name("alternative")
        inside = outside = guards
        if raw.type.startswith("preproc_") and condition is not None:
            text = _str(condition, source)
            first = raw.children[0].type
            if first in {"#ifdef", "#ifndef", "#elifdef", "#elifndef"}:
                text = f"defined({text})"
            wanted = first not in {"#ifndef", "#elifndef"}
            inside, outside = (*guards, Guard(text, wanted)), (*guards, Guard(text, not wanted))
        for child in reversed(raw.named_children):
            if alternative is not None and child.id == alternative.id:
                stack.append((child, outside))
            elif condition is None or child.id != condition.id:
                stack.append((child, inside))
