"""The edits that might cure a finding, those that a kernel developer would write first; none of them is proved yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.fix.hand import Hand
from lmlint.fix.spot import AFTER, BEFORE, FILL, Spot, climb, put
from lmlint.mutate.body import LOOPS, assigned
from lmlint.mutate.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.finding import Finding, Place
    from lmlint.fix.spelling import Speller
    from lmlint.mutate.body import Body
    from lmlint.mutate.record import Record
    from lmlint.source import Node

MISSING = ("missing-add", "missing-sub", "error-path")
WRONG = ("wrong-account", "wrong-amount")
KINDS = frozenset({*MISSING, *WRONG})
"""The kinds of findings that a single statement can cure."""
_SIGNS = {"low": 1, "high": -1}
_NEAR, _EARLY, _WRITE, _FIRST, _ROUND, _GUARD = 2, 5, 4, 3, 3, 12
"""What it costs to stand beside a record, and there before what it counts; beside a write, and there before it, or in a
loop of nothing else; and behind a condition of its own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The edits of one attempt; less `cost` is better."""

    edits: tuple[Edit, ...]
    cost: int


def candidates(finding: Finding, speller: Speller) -> list[Candidate]:
    """Return the attempts at a finding, the best first, each text of them once."""
    wishes = wanted(finding)
    if finding.kind in MISSING:
        found = [one for sign, account in wishes for one in _added(finding, speller, sign, account)]
    else:
        found = list(_mended(finding, speller, [account for _, account in wishes]))
    best: dict[tuple[Edit, ...], Candidate] = {}
    for one in sorted(found, key=lambda each: each.cost):
        best.setdefault(one.edits, one)
    return list(best.values())


def wanted(finding: Finding) -> list[tuple[int, str]]:
    """Return which way (1 or -1) the counter of which account has to move for the ledger to be right."""
    told = {"missing-add": 1, "missing-sub": -1}.get(finding.kind, 0)
    return [
        (sign, line.account)
        for line in finding.ledger
        if line.difference != "0" and (sign := told or _SIGNS.get(line.drift, 0))
    ]


# a record more


def _added(finding: Finding, speller: Speller, sign: int, account: str) -> Iterator[Candidate]:
    if account not in speller.code.rule.accounts or (
        finding.kind == "error-path" and not _forgotten(finding, sign, account)
    ):
        return
    amounts = list(dict.fromkeys(_amounts(finding, account)))
    for spot in _spots(finding, speller, sign, account):
        hand = Hand(speller.code, spot.body, spot.node)
        for cost, text in speller.spelt(hand, sign, account, amounts):
            if spot.how == AFTER and _words(text) & assigned(spot.node):
                continue  # what it names is another thing there
            yield Candidate(put(speller.code, spot, [text]), spot.cost + cost)
            if spot.how == AFTER and not _recorded(speller, spot.body, sign, account):
                for number, guard in enumerate(speller.guards(hand, sign)):
                    lines = [f"if ({guard})", f"\t{text}"]
                    yield Candidate(put(speller.code, spot, lines), spot.cost + cost + _GUARD + number)


def _forgotten(finding: Finding, sign: int, account: str) -> bool:
    """Whether a path that fails takes back what it has done to an account and recorded, and does not record that."""
    done, recorded = (
        [move for note in finding.notes if note.step == step for move in getattr(note, key) if move.account == account]
        for step, key in (("write", "done"), ("record", "recorded"))
    )
    back = "+" if sign > 0 else "-"
    undone, told = (sum(move.amount.startswith(back) for move in moves) for moves in (done, recorded))
    return undone > told and any(not move.amount.startswith(back) for move in recorded)


def _amounts(finding: Finding, account: str) -> Iterator[str]:
    """Yield what the steps of a path do to an account, and what the ledger lacks, in the words of the file."""
    yield from (move.amount.lstrip("+-") for note in finding.notes for move in note.done if move.account == account)
    yield from (line.difference.lstrip("+-") for line in finding.ledger if line.account == account)


def _recorded(speller: Speller, body: Body, sign: int, account: str) -> bool:
    """Whether a function records the like already: then its condition is wrong, and no other one is missing."""
    return any(one.sign == sign and account in one.accounts for one in speller.records.of.get(body.name, ()))


def _words(text: str) -> set[str]:
    return set("".join(one if one.isalnum() or one == "_" else " " for one in text).split())


def _spots(finding: Finding, speller: Speller, sign: int, account: str) -> Iterator[Spot]:
    """Yield where a record may be missing: an empty branch, beside its other half, beside the writes of the path."""
    bodies = _bodies(finding, speller)
    for body in bodies:
        for node in body.block.walk():
            parent = body.parent(node)
            empty = node.type == "expression_statement" and not node.kids
            if empty and parent is not None and parent.type in {"if_statement", "else_clause"}:
                yield Spot(body, node, FILL, 0)
    writes = _writes(finding, speller, account)
    for body in bodies:
        for record in speller.records.of.get(body.name, ()):
            if record.sign != sign:
                # What is added is recorded once it is there, not where its other half was taken away before.
                early = sign > 0 and any(owner is body and record.node.end <= node.start for owner, node in writes[:1])
                for number, node in enumerate(climb(body, record.statement)):
                    yield Spot(body, node, BEFORE if sign < 0 else AFTER, _NEAR + number + _EARLY * early)
    for far, (body, node) in enumerate(writes):
        for number, each in enumerate(climb(body, node)):
            parent = body.parent(each)
            lone = parent is not None and parent.type in LOOPS  # better once behind it, than braces and in each round
            cost = _WRITE + number + far + _ROUND * lone
            yield Spot(body, each, AFTER, cost)
            yield Spot(body, each, BEFORE, cost + _FIRST)


def _bodies(finding: Finding, speller: Speller) -> list[Body]:
    """Return the functions that a path goes through, the one that the finding is told of first."""
    names = dict.fromkeys([finding.function, *(note.function for note in finding.notes if note.step)])
    return [speller.code.bodies[name] for name in names if name in speller.code.bodies]


def _writes(finding: Finding, speller: Speller, account: str) -> list[tuple[Body, Node]]:
    """Return the statements at which a path does what is not recorded, those that change the account first.

    Of several, the last comes first. Behind them stand the place of the finding and, for a path that fails, where it
    leaves.
    """
    moving = [note for note in reversed(finding.notes) if note.step == "write" and note.done]
    if not moving:
        return []  # nothing was done: what is recorded is wrong, and more of it is no cure
    moving.sort(key=lambda note: account not in {move.account for move in note.done})
    places = [*((note.function, note.place) for note in moving), (finding.function, finding.place)]
    if finding.kind == "error-path":
        places += [(note.function, note.place) for note in finding.notes if note.step == "end"]
    found: dict[int, tuple[Body, Node]] = {}
    for name, place in places:
        body = speller.code.bodies.get(name)
        node = None if body is None else statement_at(body, place, speller.code.path)
        if body is not None and node is not None:
            found.setdefault(id(node), (body, node))
    return list(found.values())


def statement_at(body: Body, place: Place, path: str) -> Node | None:
    """Return the statement of a function that holds the code at a place, None where the place is elsewhere."""
    if place.file != path:
        return None
    at = next((n for n in body.block.walk() if (n.line, n.column) == (place.line, place.column)), None)
    return None if at is None else body.statement(at)


# a record less wrong


def _mended(finding: Finding, speller: Speller, accounts: list[str]) -> Iterator[Candidate]:
    """Yield edits of one record on the path: another account, another size, the other way."""
    code = speller.code
    for far, record in enumerate(_records(finding, speller)):
        node, hand = record.node, Hand(code, record.body, record.node)
        for account in accounts:
            if record.account is not None and account not in record.accounts:
                for cost, text in enumerate(speller.accounts(hand, account)):
                    yield Candidate((Edit(record.account.start, record.account.end, text),), far + cost)
        if record.size is not None and speller.records.value(record.size) is not None:
            for account in record.accounts:
                amounts = list(_amounts(finding, account))
                for cost, text in enumerate(speller.sizes(hand, record.sign, account, amounts)):
                    if text != code.slice(record.size):
                        yield Candidate((Edit(record.size.start, record.size.end, text),), far + 2 * cost + 1)
        turned = speller.records.opposite(record)
        if turned is not None and not turned.startswith(f"{record.callee}("):
            yield Candidate((Edit(node.start, node.end, turned),), far + 2)


def _records(finding: Finding, speller: Speller) -> list[Record]:
    """Return the records on a path, the one that the finding is told at first."""
    places = [finding.place, *(note.place for note in finding.notes if note.step == "record")]
    found: dict[int, Record] = {}
    for place in places:
        for record in speller.records.all:
            if place.file == speller.code.path and (record.node.line, record.node.column) == (place.line, place.column):
                found.setdefault(id(record), record)
    return list(found.values())
