"""Concrete evaluation of C expressions and declarations, in one geometry and one configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from lmlint.engine import concrete
from lmlint.engine.arithmetic import literal
from lmlint.engine.concrete import Count, Counters, Integer, Named, Table, Text, Unknown, Unset, mixed
from lmlint.engine.definitions import Definitions
from lmlint.engine.operations import calculate, converted
from lmlint.engine.program import Undecided
from lmlint.pattern import Table as Patterns
from lmlint.pattern import bare
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.engine.arms import Arms
    from lmlint.engine.concrete import Key, Segment, Value
    from lmlint.engine.program import Program
    from lmlint.source import Node

RUNS, BREAKS, CONTINUES, RETURNS = "runs", "breaks", "continues", "returns"


@cache
def patterns(texts: tuple[str, ...]) -> Patterns[str]:
    """Return the patterns of these texts, which mean no more than that they match."""
    return Patterns.of((text, text) for text in texts)


@dataclass
class Path:
    """One way through the function: the variables, what was printed, how unknown conditions were decided."""

    names: dict[str, Value] = field(default_factory=dict)
    out: tuple[Segment, ...] = ()
    taken: tuple[tuple[str, bool], ...] = ()
    flow: str = RUNS
    result: Value = field(default_factory=Unknown)

    def fork(self) -> Path:
        """Return a copy that goes its own way."""
        return replace(self, names=dict(self.names))


class Expressions:
    """The values of a file's expressions."""

    def __init__(self, program: Program, arms: Arms, geometry: int, on: frozenset[str], known: frozenset[str]) -> None:
        """Keep what is known; nothing is looked up before it is needed."""
        self.program, self.arms, self.geometry, self.on = program, arms, geometry, on
        self.definitions = Definitions(program, arms, on, known)
        self._globals: dict[str, Value | None] = {}

    def call(self, node: Node, path: Path) -> list[Path]:
        """Return the ways on from a call that is no primitive."""
        raise NotImplementedError

    def decide(self, node: Node, path: Path) -> list[tuple[Path, bool]]:
        """Return the ways on from a condition, each with how it is decided; where nobody can tell, there are two."""
        node = bare(node)
        if node.type == "unary_expression" and node.op == "!":
            return [(p, not truth) for p, truth in self.decide(node.field("argument"), path)]
        value = self.value(node, path)
        if isinstance(value, Integer):
            return [(path, bool(value.value))]
        if isinstance(value, Text | Table | Counters):
            return [(path, True)]
        text = " ".join(node.text.split())
        known = dict(path.taken)
        if text in known:
            return [(path, known[text])]
        other = path.fork()
        path.taken, other.taken = (*path.taken, (text, True)), (*other.taken, (text, False))
        return [(path, True), (other, False)]

    def declare(self, node: Node, path: Path) -> None:
        """Set the variables of a declaration."""
        still = any(k.type == "storage_class_specifier" and k.text == "static" for k in node.kids)
        members = _members(node.fields.get("type"))
        for kid in node.kids:
            declarator = kid.field("declarator") if kid.type == "init_declarator" else kid
            if kid.type not in {"init_declarator", "array_declarator", "pointer_declarator", "identifier"}:
                continue
            length: Value | None = None
            while declarator.type != "identifier":
                if declarator.type == "array_declarator":
                    size = declarator.fields.get("size")
                    length = Unknown() if size is None else self.value(size, path)
                inner = declarator.fields.get("declarator") or next(iter(declarator.kids[-1:]), None)
                if inner is None:
                    return
                declarator = inner
            value: Value = Unset() if not still else Integer(0)
            if length is not None:
                value = Table((), value, length.value if isinstance(length, Integer) else None)
            if kid.type == "init_declarator":
                value = self._initial(kid.field("value"), path, members, value)
            path.names[declarator.text] = value

    def _initial(self, node: Node, path: Path, members: tuple[str, ...], shape: Value) -> Value:
        if node.type != "initializer_list":
            return self.value(node, path)
        length = shape.length if isinstance(shape, Table) else None
        items: dict[Key, Value] = {}
        at = 0
        for kid in node.kids:
            key: Key = members[at] if not isinstance(shape, Table) and at < len(members) else at
            value = kid
            if kid.type == "initializer_pair":
                value = kid.field("value")
                designator = kid.kids[0]
                if designator.type == "field_designator":
                    key = designator.kids[0].text
                elif designator.type == "subscript_designator":
                    found = key_of(self.value(designator.kids[0], path))
                    if found is None:
                        return Unknown()
                    key = found
                else:
                    return Unknown()
            items[key] = concrete.keyed(self._initial(value, path, members, Unset()), key)
            at = key + 1 if isinstance(key, int) else at + 1
        numbers = [k for k in items if isinstance(k, int)]
        known = length if length is not None else (max(numbers, default=-1) + 1 if len(numbers) == len(items) else None)
        return Table(tuple(items.items()), Integer(0), known)

    def value(self, node: Node, path: Path) -> Value:
        """Return what an expression is worth; assignments in it take effect."""
        node = bare(node)
        match node.type:
            case "number_literal":
                number = literal(node.text, 1)
                return (
                    Unknown() if number is None or number.constant is None else Integer(int(number.constant[0]), node)
                )
            case "string_literal":
                return Text((concrete.Piece(concrete.unescaped(node.text[1:-1]), node),))
            case "char_literal":
                return Text((concrete.Piece(concrete.unescaped(node.text[1:-1]), node),))
            case "concatenated_string":
                parts = [self.value(k, path) for k in node.kids]
                texts = [p for p in parts if isinstance(p, Text)]
                return Text(tuple(x for t in texts for x in t.pieces)) if len(texts) == len(parts) else mixed(parts)
            case "identifier":
                return self._identifier(node.text, path)
            case "cast_expression":
                return self.value(node.field("value"), path)
            case "subscript_expression":
                return self._element(node, path)
            case "field_expression":
                held = self.value(node.field("argument"), path)
                return held.get(node.field("field").text) if isinstance(held, Table) else mixed([held])
            case "call_expression":
                return self._called(node, path)
            case "conditional_expression":
                return self._chosen(node, path)
            case "assignment_expression" | "update_expression":
                return self._assigned(node, path)
            case "binary_expression":
                return self._binary(node, path)
            case "unary_expression":
                inner = self.value(node.field("argument"), path)
                return converted(node.op, inner)
            case "pointer_expression" if node.op == "&":
                return self.value(node.field("argument"), path)
            case "comma_expression":
                self.value(node.field("left"), path)
                return self.value(node.field("right"), path)
            case _:
                return self._rest(node, path)

    def _rest(self, node: Node, path: Path) -> Value:
        """Return what nothing is known of, but for the accounts that may be in it."""
        array = self.program.rule.array
        names = {k.text for k in node.walk() if k.type == "identifier"}
        held = mixed([path.names[n] for n in names if n in path.names]).accounts
        every = frozenset(self.program.rule.accounts) if array in names or _counters(names, path) else frozenset()
        return Unknown(held | every)

    def _identifier(self, name: str, path: Path) -> Value:
        if name in path.names:
            return path.names[name]
        if name == self.program.rule.array:
            return Counters()
        if name not in self._globals:
            self._globals[name] = None  # what refers to itself is unknown
            self._globals[name] = self._global(name)
        found = self._globals[name]
        return Unknown() if found is None else found

    def _global(self, name: str) -> Value | None:
        if name in self.enumerators:
            return self.enumerators[name]
        if name in {"NULL", "false", "true"}:
            return Integer(int(name == "true"))
        amount = self.program.constant(name)
        if amount is not None and amount.constant is not None:
            number = amount.constant[self.geometry]
            return Integer(number) if isinstance(number, int) else Unknown()
        macro = self.definitions.macro(name)
        if macro is not None and macro[0] is None:
            body = macro[1]
            return self.value(body.kids[0].kids[0], Path()) if body.kids and body.kids[0].kids else Unknown()
        report = self.program.rule.report
        size = None if report is None else re.fullmatch(report.size, name)
        if size is not None:
            return Integer(int(size[1]) * unit_of(size[2]))
        if name in self.program.rule.accounts:
            place = self.program.rule.index.get(name)
            return Named(name) if place is None else Integer(place)
        declaration = self.definitions.declaration(name)
        if declaration is None or declaration.type != "declaration":
            return None
        path = Path()
        self.declare(declaration, path)
        return path.names.get(name)

    def truth(self, node: Node) -> bool | None:
        """Return whether a condition of the preprocessor holds, None where nobody can tell."""
        value = self.value(node, Path())
        return bool(value.value) if isinstance(value, Integer) else None

    def account_of(self, key: Key) -> str | None:
        """Return the account that stands at a key of a table by account."""
        return self._account(Integer(key) if isinstance(key, int) else Named(key))

    def _account(self, key: Value) -> str | None:
        """Return the account that an index of the counter means."""
        if isinstance(key, Named):
            return key.name if key.name in self.program.rule.accounts else None
        if not isinstance(key, Integer):
            return None
        rule = self.program.rule
        places = {**rule.index, **{a: self.enumerators[a].value for a in rule.accounts if a in self.enumerators}}
        return next((account for account, place in places.items() if place == key.value), None)

    def _element(self, node: Node, path: Path) -> Value:
        held = self.value(node.field("argument"), path)
        index = self.value(node.field("index"), path)
        if isinstance(held, Counters):
            account = self._account(index)
            return Unknown(frozenset(self.program.rule.accounts)) if account is None else Count(account)
        key = key_of(index)
        if isinstance(held, Table):
            return mixed([held]) if key is None else held.get(key)
        return mixed([held, index])

    def _called(self, node: Node, path: Path) -> Value:
        name, arguments = node.field("function").text, node.field("arguments").kids
        found = self.program.rule.primitives.find(node)
        if found is not None and found[0].action == "read" and not found[0].level and "a" in found[1]:
            account = self._account(self.value(found[1]["a"], path))
            return Unknown(frozenset(self.program.rule.accounts)) if account is None else Count(account)
        if found is not None and found[0].action in {"passes", "keep"} and len(arguments) == 1:
            return self.value(arguments[0], path)
        if name in self.arms.build.enabled and len(arguments) == 1:
            option = arguments[0].text
            known = option in self.on or option in {*self.arms.build.geometry.values(), *self.arms.build.always}
            return Integer(int(option in self.on | self.arms.build.always)) if known else Unknown()
        report = self.program.rule.report
        length = None if report is None else patterns(report.length).find(node)
        if length is not None:
            held = self.value(length[1]["a"], path)
            return Integer(held.length) if isinstance(held, Table) and held.length is not None else Unknown()
        before = path.out
        ends = self.call(node, path)
        if len(ends) > 1:
            if any(e.out != before for e in ends):
                raise Undecided(f"what `{name}` prints depends on what nobody can tell", node)
            return mixed([e.result for e in ends])
        path.names, path.out, path.taken = ends[0].names, ends[0].out, ends[0].taken
        return ends[0].result

    def _chosen(self, node: Node, path: Path) -> Value:
        ways = self.decide(node.field("condition"), path.fork())
        sides = [self.value(node.field("consequence" if t else "alternative"), path) for _, t in ways]
        return sides[0] if len({repr(s) for s in sides}) == 1 else mixed(sides)

    def _assigned(self, node: Node, path: Path) -> Value:
        target = bare(node.fields["left"] if "left" in node.fields else node.field("argument"))
        value = self.value(node.fields["right"], path) if "right" in node.fields else Integer(1)
        before = Unknown() if node.op == "=" else self.value(target, path)
        if node.op != "=":
            op = node.op[:1] if node.type == "update_expression" else node.op[:-1]
            value = calculate(op, before, value)
        if target.type == "identifier":
            path.names[target.text] = value
        elif target.type in {"subscript_expression", "field_expression"}:
            base = bare(target.field("argument"))
            is_field = target.type == "field_expression"
            key = target.field("field").text if is_field else key_of(self.value(target.field("index"), path))
            held = path.names.get(base.text) if base.type == "identifier" else None
            if isinstance(held, Table) and key is not None:
                path.names[base.text] = held.set(key, concrete.keyed(value, key))
            else:
                _spoil(path, value)
        else:
            _spoil(path, value)
        after = node.type == "update_expression" and not node.text.startswith(node.op)
        return before if after else value

    def _binary(self, node: Node, path: Path) -> Value:
        left_node, right_node = bare(node.field("left")), bare(node.field("right"))
        if node.op == "/" and left_node.type == right_node.type == "sizeof_expression":
            held = self.value(left_node.fields["value"], path) if "value" in left_node.fields else Unknown()
            return Integer(held.length) if isinstance(held, Table) and held.length is not None else Unknown()
        left = self.value(left_node, path)
        if node.op in {"&&", "||"} and isinstance(left, Integer):
            if bool(left.value) is (node.op == "||"):
                return Integer(int(bool(left.value)))
            right = self.value(right_node, path)
            return Integer(int(bool(right.value))) if isinstance(right, Integer) else mixed([right])
        return calculate(node.op, left, self.value(right_node, path))

    @cached_property
    def enumerators(self) -> Mapping[str, Integer]:
        """The numbers of the enumerators of this file."""
        out: dict[str, Integer] = {}
        at: int | None = 0
        for name, text, first in self.definitions.enumerators:
            at = 0 if first else at
            if text:
                node = parse_expression(text)
                value = None if node is None else self.value(node, Path(dict(out)))
                at = value.value if isinstance(value, Integer) else None
            if at is not None:
                out[name] = Integer(at)
                at += 1
        return out


def unit_of(letter: str) -> int:
    """Return what a letter of a size multiplies by."""
    return 1 << (10 * " KMGT".index(letter.upper() or " "))


def _spoil(path: Path, value: Value) -> None:
    """Forget the tables: one of them may have been written."""
    for name, held in path.names.items():
        if isinstance(held, Table):
            path.names[name] = mixed([value, held])


def key_of(value: Value) -> Key | None:
    """Return the key that a value is as an index, or None."""
    return value.value if isinstance(value, Integer) else value.name if isinstance(value, Named) else None


def _counters(names: set[str], path: Path) -> bool:
    return any(isinstance(path.names.get(name), Counters) for name in names)


def _members(kind: Node | None) -> tuple[str, ...]:
    """Return the members of a struct that is spelled out, in order."""
    body = None if kind is None else kind.fields.get("body")
    names = [n.text for k in (body.kids if body else ()) for n in k.walk() if n.type == "field_identifier"]
    return tuple(names)
