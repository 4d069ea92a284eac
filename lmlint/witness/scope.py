"""What the compiler passes around: compiled expressions, the names in sight, and who handles which kind of node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lmlint.witness.ctype import INT, ULONG, VOID, CType, fits, wrapping
from lmlint.witness.machine import Discarded, Machine, NotListed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.source import Function, Node

Frame = list[int]
Run = Callable[[Frame], int]

MAX_EXPANSIONS = 24
"""How deep macros may nest."""


@dataclass(eq=False, slots=True)
class Ex:
    """A compiled expression: how it runs, its type, its value where that is constant, and where it stands.

    A register has a `slot` of the frame; what is in memory has an `addr`.
    """

    run: Callable[[Frame], int]
    type: CType
    const: int | None = None
    slot: int = -1
    addr: Callable[[Frame], int] | None = None


@dataclass(frozen=True, slots=True)
class Local:
    """A name inside a function: a register, the address of an object kept in one, or a fixed address or type."""

    type: CType
    slot: int
    memory: bool = False
    fixed: int = 0
    typedef: bool = False


@dataclass(eq=False, slots=True)
class Cell:
    """A function: how it runs, which changes once it has been compiled, and what its callers must know of it."""

    name: str
    run: Callable[[Frame], int]
    parameters: tuple[CType, ...]
    returns: CType
    own: bool = True
    """Whether it stands in the file, and not in the model."""


class Names(Protocol):
    """What the compiler asks of the program that it compiles a part of."""

    machine: Machine

    def named(self, name: str) -> Ex | None:
        """Return a constant, an enumerator, a variable or a function outside functions."""

    def remember(self, name: str, value: Ex) -> None:
        """Keep the number that an object-like macro stands for."""

    def expression(self, name: str) -> Node | None:
        """Return the expression that an object-like macro stands for."""

    def macro(self, name: str) -> Function | None:
        """Return a macro with parameters."""

    def cell(self, name: str) -> Cell | None:
        """Return a function."""

    def type(self, name: str) -> CType | None:
        """Return a type that has a name of its own."""

    def structure(self, name: str) -> CType:
        """Return a structure by its tag."""

    def fields(self, kind: CType) -> Mapping[str, tuple[int, CType]]:
        """Return the offset and type of every member of a structure."""

    def holds(self, condition: str) -> bool:
        """Whether a preprocessor condition holds."""

    def special(self, scope: Scope, name: str, arguments: tuple[Node, ...]) -> Ex | None:
        """Return a call of what the model provides itself; None where it does not."""

    def trace(self, function: str, line: int, outcome: int) -> Callable[[], None] | None:
        """Return what notes that a line ran, or that a test there came out so; None where nobody asks."""


EXPRESSIONS: dict[str, Callable[[Scope, Node], Ex]] = {}
"""By the type of a node, what compiles it."""


@dataclass(eq=False, slots=True)
class Scope:
    """The inside of one function while it is compiled."""

    names: Names
    function: str
    addressed: frozenset[str] = frozenset()
    returns: CType = VOID
    blocks: list[dict[str, Local]] = field(default_factory=lambda: [{}])
    slots: int = 1
    """Registers so far; the first holds what the function returns."""
    expanding: list[str] = field(default_factory=list)
    line: int = 0
    """The line of the outermost macro that is being expanded; 0 outside."""

    @property
    def machine(self) -> Machine:
        """The machine that the code will run on."""
        return self.names.machine

    def expr(self, node: Node) -> Ex:
        """Compile an expression; raises NotListed where it cannot be interpreted."""
        handler = EXPRESSIONS.get(node.type)
        if handler is None or node.broken:
            raise NotListed(f"`{short(node)}` is not C that the witness interprets")
        return handler(self, node)

    def careful(self, node: Node) -> Ex:
        """Compile an expression that may never run: where it cannot be interpreted, running it says so."""
        try:
            return self.expr(node)
        except NotListed as error:
            return failing(str(error))

    def find(self, name: str) -> Local | None:
        """Return a local name."""
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        return None

    def new(self, name: str, kind: CType) -> Local:
        """Declare a variable in the innermost block."""
        memory = name in self.addressed or not kind.scalar
        local = Local(kind, self.slots, memory)
        self.slots += 1
        self.blocks[-1][name] = local
        return local

    def entered(self, name: str) -> Scope:
        """Return the scope, one macro deeper; raises NotListed where they nest without end."""
        if len(self.expanding) >= MAX_EXPANSIONS:
            raise NotListed(f"macros nest too deeply at `{name}`")
        self.expanding.append(name)
        return self


def short(node: Node, size: int = 50) -> str:
    """Return the text of a node in one line, cut."""
    text = " ".join(node.text.split())
    return text if len(text) <= size else text[: size - 1] + "…"


def constant(value: int, kind: CType = INT) -> Ex:
    """Return a number."""
    return Ex(lambda _: value, kind, value)


def failing(reason: str) -> Ex:
    """Return an expression that cannot run."""

    def run(_: Frame) -> int:
        raise NotListed(reason)

    return Ex(run, ULONG)


def in_memory(machine: Machine, addr: Callable[[Frame], int], kind: CType) -> Ex:
    """Return the object of a type at an address: a number is read, of anything else the address is its value."""
    if not kind.scalar or kind.kind == "func":
        decayed = CType("ptr", of=kind.of) if kind.kind == "array" else kind
        return Ex(addr, decayed if kind.kind == "array" else kind, None, -1, addr)
    memory = machine.memory

    def load(frame: Frame) -> int:
        address = addr(frame)
        if address in memory:
            return memory[address]
        raise Discarded("it reads memory that is not there")

    return Ex(load, kind, None, -1, addr)


def convert(value: Ex, kind: CType) -> Ex:
    """Return a value as one of another type."""
    if kind.kind in {"void", "struct", "array"} or fits(value.type, kind):
        return value if value.type == kind else Ex(value.run, kind, value.const)
    wrap, run = wrapping(kind), value.run
    if value.const is not None:
        return constant(wrap(value.const), kind)
    return Ex(lambda frame: wrap(run(frame)), kind)


def fold(value: Ex) -> Ex:
    """Return an expression of constants as the constant that it is."""
    return constant(value.run([]), value.type)


def below(node: Node, *types: str) -> Iterator[Node]:
    """Yield the nodes of some types in a tree."""
    return (each for each in node.walk() if each.type in types)
