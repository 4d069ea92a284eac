"""The records of a file: calls of functions that move the counter, or statements that do, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.engine.amount import Amount
    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.source import Function, Node

POPULATE, CONVERT, CLEAR, CORRECT = "populate", "convert", "clear", "correct"
"""What a record stands for: a new leaf, one side of a conversion, a cleared leaf, or one half of a correction before
(or after) another function that records changes the entries."""

_OPPOSITES = {"+=": "-=", "-=": "+=", "++": "--", "--": "++", " + ": " - ", " - ": " + ", "add": "sub", "sub": "add",
              "inc": "dec", "dec": "inc"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorder:
    """A function or macro that only records: its sign (0 where it can do both), and which arguments say what."""

    function: Function
    sign: int
    account: int | None
    size: int | None


@dataclass(eq=False, slots=True)
class Record:
    """One record in a function that does more than record."""

    body: Body
    node: Node
    statement: Node
    sign: int
    account: Node | None
    size: Node | None
    callee: str
    accounts: tuple[str, ...]
    role: str = ""
    number: int = 0
    either: bool = False
    """Whether it may add as well as take away: a condition decides of its size, or its callee does both."""

    @property
    def operation(self) -> str:
        """`add` or `sub`, or `move` where it may be either."""
        if self.either:
            return "move"
        return "add" if self.sign > 0 else "sub"

    @property
    def name(self) -> str:
        """Name it for a reader."""
        return f"{self.body.name}-{self.number}-{self.operation}{''.join(f'-{a}' for a in self.accounts)}"


class Records:
    """The records of a file, and the functions that make them."""

    def __init__(self, code: Code) -> None:
        """Find the records."""
        self.code = code
        self.recorders: dict[str, Recorder] = {}
        for name in sorted(code.program.recorders):
            self._recorder(name, frozenset())
        self.of: dict[str, list[Record]] = {}
        for body in code.working:
            found = sorted(self._records(body), key=lambda r: r.node.start)
            for number, record in enumerate(found, 1):
                record.number = number
            self.of[body.name] = found
        for records in self.of.values():
            for record in records:
                record.role = self._role(record, records)

    @property
    def all(self) -> list[Record]:
        """Every record, in the order of the file."""
        return [record for records in self.of.values() for record in records]

    def opposite(self, record: Record) -> str | None:
        """Return the text of a record that moves the counter the other way."""
        code = self.code
        if not record.callee:
            return self.turned(self.code.slice(record.node))
        mine = self.recorders[record.callee]
        for name, other in self.recorders.items():
            same = (other.account, other.size, len(other.function.parameters)) == (
                mine.account, mine.size, len(mine.function.parameters))  # fmt: skip
            if same and other.sign == -mine.sign != 0:
                callee = record.node.field("function")
                return name + code.text[callee.end : record.node.end]
        if record.size is None:
            return None
        low, high = record.size.start - record.node.start, record.size.end - record.node.start
        text = code.slice(record.node)
        return f"{text[:low]}-({text[low:high]}){text[high:]}"

    def turned(self, text: str) -> str | None:
        """Return a direct record with its sign turned, None where it is spelt in another way."""
        for old, new in _OPPOSITES.items():
            if old in text:
                return text.replace(old, new, 1)
        return None

    def value(self, size: Node | None) -> Amount | None:
        """Return what a size is, where it is a constant."""
        return None if size is None else self.code.program.evaluate(size)

    def worth(self, record: Record) -> Amount | None:
        """Return how many bytes a record speaks of, whichever way it goes, where that is a constant."""
        value = self.value(record.size)
        if value is None or self.code.rule.unit == "bytes":
            return value
        if len(record.accounts) != 1:
            return None
        worth = value * self.code.program.size(record.accounts[0])
        return -worth if _negative(record.size) else worth

    def _recorder(self, name: str, busy: frozenset[str]) -> Recorder | None:
        if name in self.recorders or name in busy:
            return self.recorders.get(name)
        function = self.code.program.named[name]
        places = {p.name: n for n, p in enumerate(function.parameters)}
        signs: set[int] = set()
        account: int | None = None
        size: int | None = None
        for sign, where, what in self._moves(function, busy | {name}):
            signs.add(sign)
            account = _argument(where, places) if account is None else account
            size = _argument(what, places) if size is None else size
        if not signs:
            return None
        made = Recorder(function, next(iter(signs)) if len(signs) == 1 else 0, account, size)
        self.recorders[name] = made
        return made

    def _moves(self, function: Function, busy: frozenset[str]) -> Iterator[tuple[int, Node | None, Node | None]]:
        """Yield the sign, the account and the size of every record in a function that only records."""
        for node in function.body.walk():
            found = self.code.rule.primitives.find(node)
            if found is not None and found[0].action in {"add", "sub"}:
                yield (1 if found[0].action == "add" else -1), found[1].get("a"), found[1].get("n")
            name = self.code.called(node) if node.type == "call_expression" else ""
            inner = self._recorder(name, busy) if name in self.code.program.recorders else None
            if inner is not None:
                yield inner.sign, _at(node, inner.account), _at(node, inner.size)

    def _records(self, body: Body) -> Iterator[Record]:
        for node in body.block.walk():
            found = self.code.rule.primitives.find(node)
            statement = body.statement(node)
            whole = statement.type == "expression_statement" and statement.kids and statement.kids[0] is node
            if not whole:
                continue
            if found is not None and found[0].action in {"add", "sub"}:
                sign = 1 if found[0].action == "add" else -1
                yield self._record(body, node, sign, (found[1].get("a"), found[1].get("n")), "")
            name = self.code.called(node)
            recorder = self.recorders.get(name)
            if recorder is not None:
                size = _at(node, recorder.size)
                sign = -(recorder.sign or 1) if _negative(size) else recorder.sign or 1
                made = self._record(body, node, sign, (_at(node, recorder.account), size), name)
                made.either = recorder.sign == 0 or (size is not None and bare(size).type == "conditional_expression")
                yield made

    def _record(self, body: Body, node: Node, sign: int, what: tuple[Node | None, Node | None], callee: str) -> Record:
        account, size = what
        named = () if account is None else tuple(n.text for n in account.walk() if n.text in self.code.rule.accounts)
        return Record(body, node, body.statement(node), sign, account, size, callee, named)

    def _role(self, record: Record, records: list[Record]) -> str:
        if record.either and self.recorders[record.callee].sign == 0:
            return CONVERT
        if not any(other.sign != record.sign and self._same_size(record, other) for other in records):
            return POPULATE if record.sign > 0 else CLEAR
        code = self.code
        for site in code.sites(record.body):
            name = code.called(site)
            if name not in code.bodies or code.meaning(site) is not None or name not in self.recording:
                return CONVERT
        return CORRECT

    def _same_size(self, one: Record, other: Record) -> bool:
        if one.size is None or other.size is None:
            return one.size is other.size
        mine, its = self.worth(one), self.worth(other)
        return bare(one.size).text == bare(other.size).text or (mine is not None and mine == its)

    @cached_property
    def recording(self) -> frozenset[str]:
        """The functions that record, themselves or through others."""
        found = set(self.code.program.recording)
        while True:
            more = {name for name, body in self.code.bodies.items() if body.function.names & found} - found
            if not more:
                return frozenset(found)
            found |= more

    def correctors(self, name: str) -> list[Body]:
        """Return the functions that call one and correct what it records."""
        return [
            body
            for body in self.code.working
            if any(record.role == CORRECT for record in self.of.get(body.name, ()))
            and any(self.code.called(site) == name for site in self.code.sites(body))
        ]


def _negative(size: Node | None) -> bool:
    """Whether a size is written with a minus."""
    return size is not None and bare(size).text.startswith("-")


def _argument(node: Node | None, places: Mapping[str, int]) -> int | None:
    """Return which parameter says an account or a size."""
    if node is None:
        return None
    return next((places[one.text] for one in node.walk() if one.type == "identifier" and one.text in places), None)


def _at(call: Node, number: int | None) -> Node | None:
    arguments = call.field("arguments").kids if call.type == "call_expression" else ()
    return None if number is None or number >= len(arguments) else arguments[number]
