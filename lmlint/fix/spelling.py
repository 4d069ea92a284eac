"""How a file spells a record: by its own helper, with addresses, sizes and accounts as its other records have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from operator import itemgetter
from typing import TYPE_CHECKING

from lmlint.mutate.record import Records
from lmlint.pattern import bare
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lmlint.engine.amount import Amount
    from lmlint.fix.hand import Hand
    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Record
    from lmlint.source import Node

CONT = "cont"
"""The kind of a leaf that is part of a run of them."""
_ASKING = frozenset({"walk", "step", "index", "clear"})
"""What is asked about the address that an entry maps."""
FEW = 4
"""How many addresses, sizes or conditions are tried at one place."""


@dataclass(frozen=True, slots=True)
class Way:
    """A function that records; which of its arguments, `count` in all, say the account, the size and the address."""

    name: str
    count: int
    account: int
    size: int | None
    address: int | None
    parameter: str
    """The name of the parameter that is the address, "" where there is none."""

    def text(self, account: str, size: str, address: str) -> str:
        """Return a record as a statement."""
        texts = {self.account: account}
        texts |= {} if self.size is None else {self.size: size}
        texts |= {} if self.address is None else {self.address: address}
        return f"{self.name}({', '.join(texts[at] for at in range(self.count))});"


class Speller:
    """Spells records that a file does not have yet."""

    def __init__(self, code: Code) -> None:
        """Find the records that it has."""
        self.code = code
        self.records = Records(code)

    def spelt(self, hand: Hand, sign: int, account: str, amounts: Sequence[str]) -> list[tuple[int, str]]:
        """Return records of an account that move the counter one way, each with what it costs: less is better.

        `amounts` are sizes that they may be about.
        """
        found: dict[str, int] = {}
        for number, way in enumerate(self.ways(sign)):
            addresses = self.addresses(hand) if way.address is not None else [""]
            sizes = self.sizes(hand, sign, account, amounts) if way.size is not None else [""]
            for (a, text), (b, size), (c, address) in product(
                enumerate(self.accounts(hand, account)), enumerate(sizes), enumerate(addresses)
            ):
                found.setdefault(way.text(text, size, address), number + 2 * a + b + 2 * c)
        for number, text in enumerate(self._direct(hand, sign, account, amounts)):
            found.setdefault(text, number)
        return sorted(((cost, text) for text, cost in found.items()), key=itemgetter(0))

    def ways(self, sign: int) -> list[Way]:
        """Return the functions that move the counter one way, those that the file uses most first."""
        used = [record.callee for record in self.records.all]
        found = []
        for name, recorder in self.records.recorders.items():
            if recorder.sign != sign or recorder.account is None:
                continue
            count = len(recorder.function.parameters)
            rest = [at for at in range(count) if at not in {recorder.account, recorder.size}]
            if len(rest) <= 1:
                address = rest[0] if rest else None
                parameter = recorder.function.parameters[rest[0]].name if rest else ""
                found.append((used.count(name), Way(name, count, recorder.account, recorder.size, address, parameter)))
        return [way for _, way in sorted(found, key=lambda one: (-one[0], one[1].name))]

    def accounts(self, hand: Hand, account: str) -> Iterator[str]:
        """Yield the account, and choices between those of its level; those that the function makes come first."""
        own = set(hand.asked()) - set(hand.around())
        choices: dict[str, str] = {}
        for level in self.code.rule.levels.values():
            plain = next((name for kind, name in level.leaf.items() if kind != CONT), None)
            if account in level.leaf.values() and CONT in level.leaf and plain is not None:
                for condition in islice(self._choices(hand, level.name), FEW):
                    choices[f"{condition} ? {level.leaf[CONT]} : {plain}"] = condition
        yield from dict.fromkeys([*(text for text, asked in choices.items() if asked in own), account, *choices])

    def addresses(self, hand: Hand) -> list[str]:
        """Return what may name the mapped address: what records name, walks and steps are asked, a helper calls so."""
        found: dict[str, None] = {}
        ways = {way.name: way for sign in (1, -1) for way in self.ways(sign)}
        for record in (*self.records.of.get(hand.body.name, ()), *self.records.all):
            way = ways.get(record.callee)
            if way is not None and way.address is not None:
                text = hand.fitted(record.node.field("arguments").kids[way.address], record.body)
                found |= {} if text is None else {text: None}
        for node in hand.body.block.walk():
            match = self.code.rule.primitives.find(node)
            if match is not None and match[0].action in _ASKING and "a" in match[1]:
                found[bare(match[1]["a"]).text] = None
        found |= dict.fromkeys(way.parameter for way in ways.values())
        named = hand.body.locals
        return [text for text in found if (text not in named or hand.settled(text)) and self._may_be(hand, text)][:FEW]

    def _may_be(self, hand: Hand, text: str) -> bool:
        """Whether a text names an address here: a local does, or an expression that a record of the file has."""
        return hand.is_address(text) and (text in hand.body.locals or not text.isidentifier()) and bool(text)

    def sizes(self, hand: Hand, sign: int, account: str, amounts: Sequence[str]) -> list[str]:
        """Return sizes for a record: the function's own, those of others like it, the amounts, the size of one leaf.

        Of constants, only those that are one of the amounts, where any of these is one.
        """
        own, like, spans = list[str](), list[str](), list[str]()
        for record in self.records.all:
            text = None if record.size is None else hand.fitted(record.size, record.body)
            if text is None:
                continue
            if record.body.name == hand.body.name:
                own.append(text)
            elif record.sign == sign and account in record.accounts:
                like.append(text)
            elif record.sign == sign and self.value(text) is None:
                spans.append(text)
        wanted = {text: value for text in amounts if (value := self.value(text)) is not None}
        known = [text for text in wanted if self.code.program.constant(text) is not None]
        found = dict.fromkeys([*own, *like, *spans, *known, self.code.rule.accounts[account]])
        values = [(text, self.value(text)) for text in found]
        return [t for t, value in values if value is None or not wanted or value in wanted.values()][: FEW + 1]

    def value(self, text: str) -> Amount | None:
        """Return what a constant expression is, None where it is none."""
        node = parse_expression(text)
        return None if node is None else self.code.program.evaluate(node)

    def guards(self, hand: Hand, sign: int) -> list[str]:
        """Return conditions that a record may need: truth values at hand, and tests of what entries at hand were."""
        found = [name for name, one in hand.body.locals.items() if not one.parameter and hand.is_flag(name)]
        for level in self.code.rule.levels.values():
            found += hand.tests(level.name, frozenset({"none"}) if sign > 0 else frozenset(level.leaf))
        return found[:FEW]

    def _choices(self, hand: Hand, level: str) -> Iterator[str]:
        """Yield conditions by which the leaves of a level are told apart: those of the file, then the rule's tests."""
        fitted = [hand.fitted(node, owner, renamed=True) for owner, node in self._conditions]
        flags = [text for text in hand.asked() if hand.is_flag(text)]
        found = [*(text for text in fitted if text is not None), *flags, *hand.tests(level, frozenset({CONT}))]
        yield from dict.fromkeys(found)

    @cached_property
    def _conditions(self) -> tuple[tuple[Body, Node], ...]:
        """The conditions that choose between accounts: within records, and of the branches around them."""
        within: list[tuple[Body, Node]] = []
        around: list[tuple[Body, Node]] = []
        for record in self.records.all:
            account = None if record.account is None else bare(record.account)
            if account is not None and account.type == "conditional_expression":
                within.append((record.body, bare(account.field("condition"))))
            above = record.body.above(record.statement)
            branch = next((one for one in above if one.type == "if_statement" and "alternative" in one.fields), None)
            if branch is not None:
                around.append((record.body, bare(branch.field("condition"))))
        return (*within, *around)

    def _direct(self, hand: Hand, sign: int, account: str, amounts: Sequence[str]) -> Iterator[str]:
        """Yield records as the file spells those that it makes in place."""
        for record in self.records.all:
            if record.callee or record.account is None or record.size is None:
                continue
            for size in self.sizes(hand, sign, account, amounts):
                text = self._replaced(record, ((record.account, account), (record.size, size)))
                turned = text if record.sign == sign else self.records.turned(text)
                if turned is not None:
                    yield f"{turned};"

    def _replaced(self, record: Record, parts: Iterable[tuple[Node, str]]) -> str:
        """Return a record with other texts in the place of parts of it."""
        text = self.code.slice(record.node)
        for node, new in sorted(parts, key=lambda part: -part[0].start):
            text = text[: node.start - record.node.start] + new + text[node.end - record.node.start :]
        return text
