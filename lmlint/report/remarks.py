"""What stands beside the path of a finding, or in its place: remarks, as sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.report.words import sentence, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.finding import Note

_CALLED = re.compile(r"`(\w+)` calls `(\w+)`")
_WHY = re.compile(r"`(\w+)`: (.+)")
ALONE = "from the hunks alone"
"""How what is said without a tree begins."""
_USE = re.compile(r"`\w+` uses ")
_DEFINED = re.compile(r"the definition (where .+): (`.+`)")
_HERE = re.compile(r"\bhere( as well)?(; lmlint cannot see .+)?$")


def remarks(notes: Iterable[Note], functions: frozenset[str], message: str = "") -> list[str]:
    """Return what stands beside a path, or in its place, as sentences; what only points at a line is left out."""
    groups: list[list[str]] = []
    callee = ""
    for note in notes:
        text = _DEFINED.sub(r"\1, the definition is \2", note.message).replace(", says the rule", " (so says the rule)")
        call, why = _CALLED.fullmatch(text), _WHY.fullmatch(text)
        use = _USE.match(text)
        if _HERE.search(text) or (use and use[0] in message):
            continue
        if why and why[1] in functions:
            groups.append([f"of `{why[1]}` the rule says: {why[2]}"])
        elif text.startswith(ALONE):
            groups.append([f"this is said {text}"])
        elif call and groups and callee == call[1]:
            groups[-1][-1] += f", which calls `{call[2]}`"
        elif groups and (callee or (groups[-1][0].startswith("`") and _continues(text))):
            groups[-1].append(text)
        else:
            groups.append([text])
        callee = call[2] if call else ""
    return [sentence(spoken(_joined(group), functions)) for group in groups]


def _continues(text: str) -> bool:
    """Whether a remark goes on with how an entry point comes to the counter."""
    return text.endswith(" is taken") or "reached" in text


def _joined(group: Sequence[str]) -> str:
    return ", ".join(group) if len(group) < 2 else f"{', '.join(group[:-1])}, and {group[-1]}"  # noqa: PLR2004 - a list
