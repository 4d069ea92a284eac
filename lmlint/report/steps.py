"""The path of a finding as plain sentences: on which conditions, what is written, what is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.report.conditions import closing, conditions
from lmlint.report.paragraphs import clean
from lmlint.report.remarks import remarks
from lmlint.report.words import listed, sized, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, Move, Note

MOST = 5
"""Sentences; of more, those are told that have to do with what does not balance."""
_CLAUSES = 2
_WRITE = re.compile(r"writes an entry that was (.+) and is now ([^:]+)")
_LOST = "never links the table that was filled, so that what was written into it maps nothing"
_TALLY = re.compile(r"^`[^`]*` ")
_RETURNS = re.compile(r"returns ([^;]+);")


@dataclass(slots=True)
class _Sentence:
    """A sentence as it grows: what one function does on some conditions; whether it must be told."""

    head: str
    function: str
    clauses: list[str] = field(default_factory=list)
    vital: bool = False
    within: bool = False
    """Whether it tells a part of a round of a loop whose sum is told beside it."""


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop that begins, and the conditions on which it is come to, in words."""

    note: Note
    outside: str


def path_of(finding: Finding, functions: frozenset[str]) -> tuple[str, ...]:
    """Return the path of a finding in sentences, MOST at the most; `functions` are the names known to be functions."""
    steps = [note for note in finding.notes if note.step]
    if not steps:
        return tuple(remarks(finding.notes, functions, finding.message))
    made = _told(finding, steps)
    said = remarks([note for note in finding.notes if not note.step], functions)
    most = MOST - len(said)
    if len(made) > most:
        made = [one for one in made if one.vital][-most:]
    return (*_rendered(made, finding.function), *said)


def conditions_of(finding: Finding) -> str:
    """Return on which conditions the path of a finding is taken, in words; the last ones where there are many."""
    loops = {note.place.line for note in finding.notes if note.step == "loop"}
    branches = [note for note in finding.notes if note.step == "branch" and note.place.line not in loops]
    return clean(conditions(branches, finding.function))


def shape(finding: Finding) -> tuple[str, ...]:
    """Return what happens on the path, step by step, whatever it happens to, and by how much."""
    return tuple(_kind(note) for note in finding.notes if note.step not in {"", "branch", "end"})


def _told(finding: Finding, steps: Sequence[Note]) -> list[_Sentence]:
    """Return the steps as sentences; what several conditions lead to comes after them."""
    unequal = frozenset(line.account for line in finding.ledger if line.difference != "0")
    unit = unit_of(finding)
    made: list[_Sentence] = []
    said: set[str] = set()
    waiting: list[Note] = []
    loop: _Loop | None = None
    for note, after in zip(steps, (*steps[1:], None), strict=True):
        if note.step == "branch":
            waiting += [note] if loop is None or note.place.line != loop.note.place.line else []
        elif note.step == "loop":
            # What is tested at the loop itself, here or above, only says that there is a round.
            loop = _Loop(note, conditions([one for one in waiting if one.place.line != note.place.line], note.function))
            waiting = []
        clause = _clause(note, unit, failing=finding.kind == "error-path")
        if not clause:
            continue
        again = " once more" if note.step == "record" and clause in said else ""
        said.add(clause)
        total = _in_all(steps, note, unit) if note.within and not (after and after.within) else ""
        clause = clause.replace(")", f"{total})") if total and clause.endswith(")") else f"{clause}{again}"
        _add(made, note, _head(waiting, note, loop), clause, vital=_is_vital(note, unequal))
        waiting, loop = [], None
    trailing = conditions(waiting, finding.function)
    if trailing:
        made.append(_Sentence(f"this is the path on which {trailing}", "", [], vital=True))
    return made


def _add(made: list[_Sentence], note: Note, head: str, clause: str, *, vital: bool) -> None:
    before = made[-1] if made else None
    alike = before is not None and (before.function, before.within) == (note.function, note.within)
    if not head and before and alike and len(before.clauses) < _CLAUSES:
        before.clauses.append(clause)
        before.vital |= vital
    else:
        made.append(_Sentence(head, note.function, [clause], vital, note.within))


def _rendered(made: Sequence[_Sentence], before: str) -> list[str]:
    """Return the sentences; `before` is the function that the one before them is about."""
    out = []
    for index, one in enumerate(made):
        subject = "it" if one.function == before else f"{one.function}()"
        then = "then " if index and not one.head else ""
        before = one.function
        told = f"{subject} {then}{_chained(one.clauses, ' and ' if then else ' and then ')}" if one.clauses else ""
        text = f"{one.head}, {told}" if one.head and told else one.head or told
        text = text.removesuffix(",")
        out.append(clean(f"{text[:1].upper()}{text[1:]}." if one.head or subject == "it" else f"{text}."))
    return out


def _chained(clauses: Sequence[str], link: str) -> str:
    """Return what a function does, one after the other; a remark on it ends with a comma."""
    parts = [f"{clause}," if ", which" in clause and not clause.endswith(",") else clause for clause in clauses[:-1]]
    return link.join([*parts, clauses[-1]])


def _head(waiting: Sequence[Note], note: Note, loop: _Loop | None) -> str:
    """Return the circumstances of what a step does, in front of it."""
    words = conditions(waiting, note.function)
    if loop is None:
        return f"when {words}" if words else ""
    name = loop.note.function
    each = f"in each round of {'its loop' if name == note.function else f'the loop in {name}()'}"
    if loop.outside:
        return f"when {loop.outside}, {f'and {each} where {words}' if words else each}"
    return f"{each}{f', when {words}' if words else ''}"


def _clause(note: Note, unit: str, *, failing: bool) -> str:
    """Return what a step does, as said of its function; "" where nothing need be said."""
    if note.step == "record":
        return listed(_recorded(move, unit) for move in note.recorded)
    if note.step in {"write", "adopt", "untold"}:
        return _written(note, unit)
    if note.step == "call":
        return _outcome(note)
    if note.step in {"tally", "lost"}:
        return _TALLY.sub("", note.message).replace("`", "") if note.step == "tally" else _LOST
    found = _RETURNS.search(note.message) if note.step == "end" else None
    return f"returns {found[1]}" if found and (failing or found[1].startswith("-E")) else ""


def _outcome(note: Note) -> str:
    if "writes what was mapped already" in note.message:
        return f"calls {note.subject}(), which writes what was mapped already,"
    return f"calls {note.subject}(), which fails" if note.message.endswith("and fails") else ""


def _written(note: Note, unit: str) -> str:
    if note.step in {"untold", "adopt"}:
        callee = note.message.split("`")[1]
        taken = f"comes across a leaf that nobody has counted yet ({moved(note.done, unit)})"
        return f"tells {callee}() that nothing is counted, which changes leaves" if note.step == "untold" else taken
    found = _WRITE.search(note.message)
    if found is None:
        return ""
    was, now = found[1], found[2]
    effect = f" ({moved(note.done, unit)})" if note.done else ""
    if was == "empty":
        return f"writes {now} into an empty entry{effect}"
    if now == "empty":
        return f"clears an entry that was {was}{effect}"
    if note.done:
        return f"replaces {was} with {now}{effect}"
    return f"writes {now} over {was}, which changes no account" if "leaf" in was else f"writes {now} over {was}"


def moved(moves: Sequence[Move], unit: str) -> str:
    """Return what is moved, account by account: `PMD -PMD_SIZE, PTE +PMD_SIZE`."""
    return ", ".join(f"{move.account} {sized(move.amount, unit)}" for move in moves)


def _in_all(steps: Sequence[Note], last: Note, unit: str) -> str:
    """Return what all rounds of the loop add, where `last` is the last step of one, and where that is known."""
    loop = next((note for note in reversed(steps[: steps.index(last)]) if note.step == "loop"), last)
    known = [move for move in loop.done if "(what" not in move.amount and "(rounds" not in move.amount]
    return f"; in all rounds {moved(known, unit)}" if known else ""


def _recorded(move: Move, unit: str) -> str:
    amount = sized(move.amount, unit)[1:]
    if amount.startswith("(") and closing(amount, 0) == len(amount) - 1:
        amount = amount[1:-1]
    if move.amount.startswith("-"):
        return f"subtracts {amount} from the {move.account} counter"
    return f"adds {amount} to the {move.account} counter"


def _is_vital(note: Note, unequal: frozenset[str]) -> bool:
    moves = {move.account for move in (*note.done, *note.recorded)}
    rewrite = note.step in {"write", "call"} and not note.done
    return bool(moves & unequal) or rewrite or note.step in {"lost", "end", "tally"}


def _kind(note: Note) -> str:
    """Return what a step is, with the directions in which it moves accounts."""
    if note.step in {"write", "call"} and not note.done:  # a leaf over a leaf, a table over whatever was there
        return f"{note.step} over" if "table" not in note.message else "table"
    signs = sorted({move.amount[:1] for move in (*note.done, *note.recorded)})
    return f"{note.step} {''.join(signs)}"
