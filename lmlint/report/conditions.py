"""The branches that a path takes, as the conditions of a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Note

_CONDITIONS = 3
_LONG = 60
_TRUTH = re.compile(r" is (true|false)$")
_COMPARED = re.compile(r"[^=!<>&|?]+ (==|!=|<=|>=|<|>) [^=!<>&|?]+")
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_CALL = re.compile(r"\w+\(")


def conditions(waiting: Sequence[Note], function: str) -> str:
    """Return branches as conditions, those of one outcome together; the last ones where there are many."""
    taken = {note.subject: note for note in waiting if _shortened(note.subject)}  # a later test of the same counts
    kept = list(taken.values())[-_CONDITIONS:]
    places = [name for name in dict.fromkeys(note.function for note in kept) if name not in {function, ""}]
    if not places:
        return listed(_outcomes(kept))
    if {note.function for note in kept} == set(places[:1]):
        return f"{listed(_outcomes(kept))} in {places[0]}()"
    out = _outcomes([note for note in kept if note.function not in places])
    for name in places:
        out.append(f"in {name}() {listed(_outcomes([note for note in kept if note.function == name]))}")
    return listed(out)


def _outcomes(branches: Sequence[Note]) -> list[str]:
    """Return each outcome of branches with the conditions that have it."""
    out: list[str] = []
    for truth in dict.fromkeys(map(_truth, branches)):
        alike = [note for note in branches if _truth(note) == truth]
        plain = [_shortened(note.subject) for note in alike if not _COMPARED.fullmatch(note.subject)]
        out += [f"{listed(plain)} {'is' if len(plain) == 1 else 'are'} {truth}"] if plain else []
        out += [_comparison(note) for note in alike if _COMPARED.fullmatch(note.subject)]
    return out


def _truth(note: Note) -> str:
    found = _TRUTH.search(note.message)
    return found[1] if found else "true"


def _comparison(note: Note) -> str:
    found = _COMPARED.fullmatch(note.subject)
    if found is None or _truth(note) == "true":
        return note.subject
    return f"{note.subject[: found.start(1)]}{_OPPOSITE[found[1]]}{note.subject[found.end(1) :]}"


def _shortened(text: str) -> str:
    """Return a condition that is not too long to be read in a sentence; of a long call the name; else nothing."""
    if len(text) <= _LONG:
        return text
    name = _CALL.match(text)
    whole = name is not None and closing(text, name.end() - 1) == len(text) - 1
    return f"{name[0]}...)" if name is not None and whole and len(name[0]) < _LONG else ""


def closing(text: str, start: int) -> int:
    """Return where the parenthesis that opens at `start` is closed, -1 where it is not."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if not depth:
            return at
    return -1
