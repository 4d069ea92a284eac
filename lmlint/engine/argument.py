"""A cause as a finding: the message, the steps of the path, the ledger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.engine.amount import Amount
from lmlint.engine.balance import ledger_lines, moves, signed_text
from lmlint.engine.message import is_negative, message_of
from lmlint.engine.shapes import rewrites
from lmlint.engine.state import BELOW, Ledger, State
from lmlint.engine.trace import DOES, Step, record_sign, steps, told_way
from lmlint.engine.value import And, Atom, Compare, Not, Or, Safe, Same, Test
from lmlint.engine.words import account_text, amount_text, kinds_text, ledger_amount, ledger_text
from lmlint.finding import Finding, Note, Place
from lmlint.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.engine.blame import Cause
    from lmlint.engine.program import Program
    from lmlint.engine.state import Event
    from lmlint.engine.value import Formula
    from lmlint.source import Function, Node

MAX_STEPS = 14
"""How many steps are told: of those that the ledger is not made of, the first are left out."""


def argue(cause: Cause, program: Program, path: str) -> Finding:
    """Return the finding that tells a cause."""
    name, node = cause.place
    kind = cause.shape.kind
    way = steps(cause.function, cause.row)
    return Finding(
        rule=program.rule.name,
        kind=kind,
        severity=KINDS[kind].severity,
        function=name,
        place=place_of(node, path),
        message=message_of(cause, program),
        notes=tuple(_notes(cause, way, program, path)),
        ledger=ledger_lines(cause.row.view, way, program),
        construct=f"{cause.usual[0]}: {construct(cause.usual[1])}",
    )


def plain(  # noqa: PLR0913, PLR0917  # what every finding has that shows no ledger
    program: Program, kind: str, function: str, place: Place, message: str, notes: Iterable[Note], about: str
) -> Finding:
    """Return a finding that is no imbalance; `about` is the text of the construct that it is about."""
    severity = KINDS[kind].severity
    return Finding(
        program.rule.name, kind, severity, function, place, message, tuple(notes), (), f"{function}: {about}"
    )


def place_of(at: Node | Function, path: str) -> Place:
    """Return where something stands; `path` is the checked file, and it may have been found in another one."""
    return Place(at.path or path, at.line, at.column)


def construct(node: Node) -> str:
    """Return the text of a construct as it is told apart from others: white space folded, cut to 200 characters."""
    return re.sub(r"\s+", " ", node.text)[:200]


def _notes(cause: Cause, way: list[Step], program: Program, path: str) -> list[Note]:
    told: list[tuple[Step, str]] = []
    for step in way:
        sentence = _sentence(step, program)
        again = bool(told) and told[-1][1] == sentence and told[-1][0].event.node is step.event.node
        if sentence and not (again and not _adds(step)):
            told.append((step, sentence))
    if len(told) > MAX_STEPS:
        vital = [t for t in told if _adds(t[0])]
        rest = [t for t in told if t not in vital][-(MAX_STEPS - len(vital)) :] if len(vital) < MAX_STEPS else []
        told = [t for t in told if t in vital or t in rest]
    opened = _opened(cause, way)
    known = State({}, equal=dict(opened[-1].data["equal"] if opened else cause.row.equal))
    notes = [_note(step, sentence, program, path, opened, known) for step, sentence in told]
    end = _end(cause, way, program)
    if end is not None:
        notes.append(Note(place_of(end[0], path), end[1], "end", cause.function))
    return notes


def _adds(step: Step) -> bool:
    """Whether a step adds to the ledger."""
    if step.what == "call":
        return bool(step.event.data["row"].delta)
    told = step.what in DOES or step.what in {"record", "lost", "tally"}
    return told or (step.what == "loop" and not step.event.data["balanced"])


def _opened(cause: Cause, way: list[Step]) -> list[Event]:
    """Return the loops and calls of which the ledger holds only one round: down to the loop that records itself."""
    if cause.row.view is cause.row:
        return []
    loops = (s for s in way if s.what == "loop" and not s.event.data["balanced"] and s.event.data["own"])
    return next(([*step.inside, step.event] for step in loops), [])


def _note(  # noqa: PLR0913, PLR0917  # a step, how it is told, and what the ledger holds of its kind
    step: Step, sentence: str, program: Program, path: str, opened: list[Event], known: State
) -> Note:
    """Return a step with what it adds to the ledger; for a loop or a call, what all of its steps do."""
    data = step.event.data
    function, node = _place(step, program)
    done, recorded, parts, subject = step.moved, Ledger(), [step.event], ""
    if step.what == "record":
        recorded = {data["account"]: data["amount"]}
    elif step.what == "branch":
        subject = construct(step.event.node)
    elif step.what == "call":
        subject = data["function"].name
    elif step.what == "tally":
        subject = data["name"]
    elif step.what == "lost":
        done = {account: -amount for account, amount in data["lost"].items()}
    if step.what in {"loop", "call"} and step.event not in opened:
        parts = told_way(step.event) if step.what == "loop" else [s.event for s in steps(subject, data["row"])]
        done, recorded = data["added"]
    did, counted = (moves(known.norm_ledger(ledger), program, parts) for ledger in (done, recorded))
    within = any(outer not in opened for outer in step.inside)
    return Note(place_of(node, path), sentence, step.what, function, subject, did, counted, within)


def _place(step: Step, program: Program) -> tuple[str, Node]:
    """Return where a step is told: a record at the call of the function that makes it for others."""
    depth = len(step.frames) - 1
    while depth and step.what == "record" and step.frames[depth][0] in program.recorders:
        depth -= 1
    return step.frames[depth]


def _sentence(step: Step, program: Program) -> str:
    data = step.event.data
    function = step.frames[-1][0]
    if step.what == "branch":
        return _branch(step) if data["free"] else ""
    if step.what == "write":
        none = "no account changes" if data.get("counted", True) else "nothing is to be counted here"
        effect = ledger_text(step.moved, program) if step.moved else none
        was, now = (kinds_text(frozenset({data[key]})) for key in ("old", "new"))
        return f"`{function}` writes an entry that was {was} and is now {now}: {effect}"
    if step.what == "adopt":
        return f"`{function}` comes across a leaf that nobody has counted yet: {ledger_text(step.moved, program)}"
    if step.what == "untold":
        told = f"`{data['function']}` is told that nothing is counted, and changes leaves"
        return f"{told}: {ledger_text(step.moved, program)}"
    if step.what == "tally":
        less = data["change"].constant is not None and is_negative(data["change"])
        much = ledger_amount(-data["change"] if less else data["change"], program, sign=False)
        return f"`{function}` {'subtracts' if less else 'adds'} {much} {'from' if less else 'to'} `{data['name']}`"
    if step.what == "record":
        account = account_text(data["account"], program)
        caller = step.frames[-2][0] if len(step.frames) > 1 and function in program.recorders else function
        return f"`{caller}` records {account} {signed_text(data['amount'], program, record_sign(step.event))}"
    if step.what == "lost":
        return "the table that was filled is linked nowhere, so what was written into it maps nothing"
    if step.what == "loop" and not data["balanced"]:
        return "one round of this loop:"
    if step.what == "call":
        row = data["row"]
        name = data["function"].name
        if row.delta:
            done, recorded = ledger_text(row.done, program), ledger_text(row.recorded, program)
            return f"`{name}` is called, does {done} and records {recorded}"
        if rewrites(step.event):
            return f"`{name}` writes what was mapped already: no account changes"
        return f"`{name}` is called and fails" if row.failed else ""
    return ""


def _branch(step: Step) -> str:
    formula, truth = step.event.data["formula"], step.event.data["truth"]
    if not _telling(formula):
        return ""
    text = re.sub(r"\s+", " ", step.event.node.text)
    return f"take it that `{text}` is {str(truth).lower()}"


def _telling(formula: Formula) -> bool:
    if isinstance(formula, Not):
        return _telling(formula.inner)
    if isinstance(formula, And | Or):
        return _telling(formula.left) or _telling(formula.right)
    if isinstance(formula, Atom):
        return formula.symbol.op in {"bit", "null", "holds"}
    if isinstance(formula, Compare):
        return any(s.op in {"param", "alloc", "call"} for s in formula.amount.symbols())
    return isinstance(formula, Test | Safe | Same)


def _end(cause: Cause, way: list[Step], program: Program) -> tuple[Node, str] | None:
    last = next((s for s in reversed(way) if s.what == "return" and len(s.frames) == 1), None)
    missing = _missing(cause, program)
    if last is not None:
        value = last.event.data.get("value")
        text = amount_text(value, program) if isinstance(value, Amount) else ""
        return last.event.node, f"`{cause.function}` returns{' ' + text if text else ''}; {missing}"
    return cause.place[1], f"`{cause.function}` ends; {missing}"


def _missing(cause: Cause, program: Program) -> str:
    row = cause.row.view
    each = "" if row is cause.row else "each round, "
    return f"{each}recorded less done: {ledger_text({a: d for a, d in row.delta.items() if a != BELOW}, program)}"
