"""A file and the model's code as one program: what each name means, compiled when it is first needed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.source import parse_expression
from lmlint.witness.calls import function_value
from lmlint.witness.ctype import INT, VOID, WORD, CType, wrapping
from lmlint.witness.declare import complete, declarators, declared, parameter_type, returned_type, type_of
from lmlint.witness.machine import DEPTH, Discarded, Machine, NotListed
from lmlint.witness.model import PREFIX, VARIABLE, spelled
from lmlint.witness.names import Meaning, bare, meanings
from lmlint.witness.provided import provides, special
from lmlint.witness.scope import Cell, Ex, Local, Scope, below, constant, failing, in_memory
from lmlint.witness.statements import compiled_body
from lmlint.witness.variables import fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lmlint.source import Function, Item, Node
    from lmlint.witness.model import Model
    from lmlint.witness.scope import Frame

_DEFINED = re.compile(r"\bdefined\s+(\w+)")
_COMPARES: Mapping[str, Callable[[int, int], object]] = {
    "&&": lambda a, b: a and b, "||": lambda a, b: a or b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b, "-": lambda a, b: a - b,
}  # fmt: skip


class Watch:
    """Who wants to know what runs; this one does not, and costs nothing."""

    def line(self, function: str, line: int, outcome: int) -> Callable[[], None] | None:
        """Return what notes that a line ran (-1), or that a test there failed (0) or held (1)."""
        del function, line, outcome
        return None

    def activation(self, cell: Cell, run: Callable[[Frame], int]) -> Callable[[Frame], int]:
        """Return a function's body, with what is to be done before and after it."""
        del cell
        return run


@dataclass(eq=False)
class Program:
    """The program; it compiles what it is asked for, and keeps it."""

    model: Model
    watch: Watch
    machine: Machine = field(default_factory=Machine)
    meanings: dict[str, Meaning] = field(default_factory=dict)
    tags: dict[str, Meaning] = field(default_factory=dict)
    _values: dict[str, Ex | None] = field(default_factory=dict)
    _cells: dict[str, Cell] = field(default_factory=dict)
    _types: dict[str, CType | None] = field(default_factory=dict)
    _fields: dict[str, dict[str, tuple[int, CType]]] = field(default_factory=dict)
    _bodies: dict[str, Node] = field(default_factory=dict)

    def load(self, items: Iterable[Item], *, own: bool) -> None:
        """Take up what a text defines; the file's own definitions replace the model's, of two in one text the first."""
        seen: set[tuple[str, bool]] = set()
        for item in items:
            if not all(self.holds(guard.condition) is guard.wanted for guard in item.guards):
                continue
            for name, tag, meaning in meanings(item, own=own):
                where = self.tags if tag else self.meanings
                if (name, tag) not in seen and (own or name not in where):
                    where[name] = meaning
                    seen.add((name, tag))

    def complete(self, items: Iterable[Item]) -> None:
        """Take up what another text defines, as far as nothing does yet and the model does not provide it."""
        for item in items:
            if not all(self.holds(guard.condition) is guard.wanted for guard in item.guards):
                continue
            for name, tag, meaning in meanings(item, own=False):
                if tag:
                    self.tags.setdefault(name, meaning)
                elif not provides(self.model, name):
                    self.meanings.setdefault(name, meaning)

    def knows(self, name: str) -> bool:
        """Whether code says what a name stands for."""
        return name in self.meanings

    def replace(self, function: Function, item: Item) -> None:
        """Put another definition of a function in the place of one."""
        self.meanings[function.name] = Meaning("function", item, own=True)
        cell = self._cells.get(function.name)
        if cell is not None:
            cell.run = self._starter(cell, function)

    def own_functions(self) -> dict[str, Function]:
        """Return the functions that the file defines and that are on."""
        return {
            name: meaning.item.function
            for name, meaning in self.meanings.items()
            if meaning.own and meaning.kind == "function" and meaning.item.function is not None
        }

    def holds(self, condition: str) -> bool:
        """Whether a preprocessor condition holds; one that cannot be evaluated does not."""
        node = parse_expression(_DEFINED.sub(r"defined(\1)", condition))
        return node is not None and bool(self._condition(node, 0))

    def _condition(self, node: Node, depth: int) -> int:
        kind = node.type
        if kind == "parenthesized_expression" and node.kids:
            return self._condition(node.kids[0], depth)
        if kind == "identifier":
            meaning = self.meanings.get(node.text)
            inner = meaning.item.node if meaning is not None and meaning.kind == "constant" else None
            return 0 if inner is None or depth > DEPTH else self._condition(inner, depth + 1)
        if kind == "call_expression":
            names = [each.text for each in node.field("arguments").kids]
            return int(node.field("function").text in {"defined", *self.model.enabled} and names[0] in self.meanings)
        if kind == "unary_expression" and node.op == "!":
            return int(not self._condition(node.field("argument"), depth))
        if kind == "binary_expression" and node.op in _COMPARES:
            left, right = (self._condition(node.field(side), depth) for side in ("left", "right"))
            return int(bool(_COMPARES[node.op](left, right))) if node.op not in "+-" else left
        match = re.match(r"(0[xX][\da-fA-F]+|\d+)", node.text)
        return int(match[1], 0 if match[1].lower().startswith("0x") else 10) if match is not None else 0

    def named(self, name: str) -> Ex | None:
        """Return a constant, an enumerator, a variable or a function outside functions."""
        if name not in self._values:
            meaning = self.meanings.get(name)
            if meaning is None or meaning.kind in {"constant", "macro", "typedef"}:
                return None
            self._values[name] = failing(f"`{name}` is defined by itself")
            try:
                self._values[name] = self._named(name, meaning)
            except NotListed as error:
                self._values[name] = failing(str(error))
        return self._values[name]

    def _named(self, name: str, meaning: Meaning) -> Ex | None:
        scope = Scope(self, name)
        if meaning.kind == "function":
            cell = self.cell(name)
            return None if cell is None else function_value(cell, self.machine.function(_converting(cell)))
        if meaning.kind == "enumerator" and meaning.node is not None:
            return constant(self._enumerator(scope, meaning.node, meaning.index), INT)
        if meaning.kind != "variable" or meaning.node is None:
            return None
        declaration = meaning.node
        each = list(declarators(declaration))[meaning.index]
        value = each.fields.get("value") if each.type == "init_declarator" else None
        kind = declared(scope, type_of(scope, declaration.field("type")), bare(each))[1]
        kind = complete(kind, value)
        address = fixed(scope, kind, value)
        return in_memory(self.machine, lambda _: address, kind)

    def _enumerator(self, scope: Scope, enumerators: Node, index: int) -> int:
        value = -1
        for each in enumerators.kids[: index + 1]:
            if each.type != "enumerator":
                continue
            said = each.fields.get("value")
            if said is not None:
                known = scope.expr(said).const
                if known is None:
                    raise NotListed(f"`{each.field('name').text}` is not constant")
                value = known
            else:
                value += 1
        return value

    def remember(self, name: str, value: Ex) -> None:
        """Keep the number that an object-like macro stands for."""
        self._values[name] = value

    def expression(self, name: str) -> Node | None:
        """Return the expression that an object-like macro stands for."""
        meaning = self.meanings.get(name)
        if meaning is None or meaning.kind != "constant":
            return None
        if name not in self._bodies:
            node = meaning.item.node
            if node is None:
                return None
            self._bodies[name] = node
        return self._bodies[name]

    def macro(self, name: str) -> Function | None:
        """Return a macro with parameters."""
        meaning = self.meanings.get(name)
        return meaning.item.function if meaning is not None and meaning.kind == "macro" else None

    def type(self, name: str) -> CType | None:
        """Return a type that has a name of its own."""
        if name not in self._types:
            self._types[name] = None
            meaning = self.meanings.get(name)
            if meaning is not None and meaning.kind == "typedef" and meaning.node is not None:
                scope = Scope(self, name)
                kind = meaning.node.field("type")
                inline = kind.type == "struct_specifier" and "name" not in kind.fields
                base = self.structure(f"typedef {name}") if inline else type_of(scope, kind)
                each = list(declarators(meaning.node))[meaning.index]
                self._types[name] = declared(scope, base, each)[1]
        return self._types[name]

    def structure(self, name: str) -> CType:
        """Return a structure by its tag."""
        if name not in self._fields:
            self._fields[name] = {}
            meaning = self.tags.get(name)
            if meaning is not None and meaning.node is not None:
                self._fields[name] = self._members(Scope(self, name), meaning.node)
        size = max((offset + kind.size for offset, kind in self._fields[name].values()), default=WORD)
        return CType("struct", (size + WORD - 1) // WORD * WORD, name=name)

    def _members(self, scope: Scope, body: Node) -> dict[str, tuple[int, CType]]:
        found: dict[str, tuple[int, CType]] = {}
        offset = 0
        for member in body.kids:
            if member.type != "field_declaration":
                continue
            base = type_of(scope, member.field("type"))
            for each in declarators(member):
                name, kind = declared(scope, base, each)
                found[name] = (offset, kind)
                offset += (max(kind.size, 1) + WORD - 1) // WORD * WORD
        return found

    def fields(self, kind: CType) -> Mapping[str, tuple[int, CType]]:
        """Return the offset and type of every member of a structure."""
        self.structure(kind.name)
        return self._fields[kind.name]

    def special(self, scope: Scope, name: str, arguments: tuple[Node, ...]) -> Ex | None:
        """Return a call of what the model provides itself; None where it does not."""
        return special(self.model, self, scope, name, arguments)

    def trace(self, function: str, line: int, outcome: int) -> Callable[[], None] | None:
        """Return what notes that a line ran, or that a test there came out so; None where nobody asks."""
        meaning = self.meanings.get(function)
        return self.watch.line(function, line, outcome) if meaning is not None and meaning.own else None

    def cell(self, name: str) -> Cell | None:
        """Return a function."""
        if name not in self._cells:
            meaning = self.meanings.get(name)
            function = meaning.item.function if meaning is not None and meaning.kind == "function" else None
            if meaning is None or function is None:
                return None
            kinds = tuple(parameter_type(self, each) for each in function.parameters)
            if kinds == (VOID,):
                kinds = ()
            cell = Cell(name, lambda _: 0, kinds, returned_type(self, function.returns), meaning.own)
            cell.run = self._starter(cell, function)
            self._cells[name] = cell
        return self._cells[name]

    def _starter(self, cell: Cell, function: Function) -> Callable[[Frame], int]:
        """Return what compiles a function when it is first called."""

        def start(frame: Frame) -> int:
            try:
                cell.run = self.watch.activation(cell, self._compiled(cell, function))
            except (InputError, RecursionError):
                cell.run = failing(f"`{cell.name}` nests too deeply to be interpreted").run
            return cell.run(frame)

        return start

    def _compiled(self, cell: Cell, function: Function) -> Callable[[Frame], int]:
        body = function.body
        taken = (each.field("argument") for each in below(body, "pointer_expression") if each.op == "&")
        names = frozenset(name.text for each in taken for name in below(each, "identifier"))
        scope = Scope(self, cell.name, names, cell.returns)
        moved = []
        for parameter, kind in zip(function.parameters, cell.parameters, strict=False):
            local = Local(kind, scope.slots, memory=False)
            scope.blocks[-1][parameter.name] = local
            scope.slots += 1
            if parameter.name in names:
                moved.append((local.slot, parameter.name, kind))
        for slot, name, kind in moved:
            scope.blocks[-1][name] = Local(kind, slot, memory=True)
        step = compiled_body(scope, body)
        machine, memory, arguments = self.machine, self.machine.memory, len(cell.parameters) + 1
        blank = [0] * (scope.slots - arguments)
        slots = tuple(slot for slot, _, _ in moved)
        keeps = bool(slots) or any(True for _ in below(body, "declaration"))

        def run(frame: Frame) -> int:
            machine.steps -= 1
            if machine.steps < 0:
                raise machine.exhausted()
            if machine.depth >= DEPTH:
                raise Discarded("its calls nest too deeply")
            machine.depth += 1
            stack = machine.stack
            del frame[arguments:]
            frame += blank
            for slot in slots:
                memory[machine.stack] = frame[slot]
                frame[slot] = machine.stack
                machine.stack += 2 * WORD
            if isinstance(step(frame), str):
                raise NotListed(f"`{cell.name}` jumps into a block")
            if keeps:
                machine.stack = stack
            machine.depth -= 1
            return frame[0]

        return run

    def evaluate(self, text: str) -> int:
        """Return the value of a C expression of the model."""
        return self.compiled(text)({})

    def compiled(self, text: str) -> Callable[[Mapping[str, int]], int]:
        """Return a C expression with `$variables` as a function of their values; raises NotListed where it is none."""
        names = list(dict.fromkeys(VARIABLE.findall(text)))
        node = parse_expression(spelled(text))
        if node is None:
            raise NotListed(f"`{text}` is not a C expression")
        scope = Scope(self, "")
        for name in names:
            scope.new(PREFIX + name, CType("int"))
        run = scope.expr(node).run
        slots = scope.slots

        def call(values: Mapping[str, int]) -> int:
            frame = [0, *[values[name] for name in names]]
            frame += [0] * (slots - len(frame))
            return int(run(frame))

        return call


@lru_cache(maxsize=8)
def base(model: Model, items: tuple[Item, ...]) -> Program:
    """Return the model's own code as a program that others start from."""
    program = Program(model, Watch())
    program.load(items, own=False)
    return program


def started(model: Model, watch: Watch, items: tuple[Item, ...]) -> Program:
    """Return a program that consists of the model's code so far."""
    first = base(model, items)
    return Program(model, watch, meanings=dict(first.meanings), tags=dict(first.tags))


def _converting(cell: Cell) -> Callable[[Frame], int]:
    """Return a function that is called through a pointer: what it is given is brought into its parameters' types."""
    wraps = [wrapping(kind) for kind in cell.parameters]

    def run(frame: Frame) -> int:
        return cell.run([0, *[wrap(value) for wrap, value in zip(wraps, frame[1:], strict=False)]])

    return run
