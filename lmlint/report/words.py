"""Names, lists and bytes as a sentence of a mail has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.finding import BYTES, geometry_text
from lmlint.report.paragraphs import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.finding import Finding

_UNITS = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_QUOTED = re.compile(r"`([^`]*)`")
_PER_GEOMETRY = re.compile(r"([+-]?)\{([\w.-]+): (\d+)(?:, [\w.-]+: \d+)*\}(?: bytes)?")
_OF_ENTRIES = re.compile(r"([+-]?)\{([\w.-]+): (\d+)(?:, [\w.-]+: \d+)*\}((?: \* [\w ]+?)?(?: entries)?)(?!\w| \*)")
_ROUNDS = re.compile(r"(?<!\* )\((what (?:the rounds add up to|the table maps))\)(?: bytes)?(?! \*)")
_CHAIN = re.compile(r"reached through (`\w+`(?:, `\w+`)*)")
_DOERS = re.compile(r"`(\w+)` (?:calls|uses|updates|is called|and \d+ more use)\b")
_CALLEES = re.compile(r"(?:calls|has) `(\w+)`")
_KEPT = 4


def human(number: int) -> str:
    """Return bytes in the largest unit that divides them: `2 MB`, `64 kB`, `1 byte`."""
    for unit, name in _UNITS:
        if number and number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number} byte{'' if number == 1 else 's'}"


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return names as a sentence lists them: `a, b and c`."""
    every = list(names)
    return f" {word} ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def few(names: Sequence[str], most: int = _KEPT) -> str:
    """Return names as a sentence lists them; of more than `most`, the first ones and how many there are besides."""
    return listed(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"


def functions_in(finding: Finding) -> frozenset[str]:
    """Return the names that are known, by the finding alone, to be those of functions."""
    names = {finding.function, *finding.entries}
    for note in finding.notes:
        names |= {note.function, note.subject if note.step == "call" else ""}
    for text in (finding.message, *(note.message for note in finding.notes)):
        names |= {*_DOERS.findall(text), *_CALLEES.findall(text)}
        names |= {name for chain in _CHAIN.findall(text) for name in _QUOTED.findall(chain)}
    return frozenset(names - {""})


def spoken(text: str, functions: frozenset[str], unit: str = BYTES) -> str:
    """Return a message as a sentence of a mail has it, without its full stop; `unit` is what the counter counts in.

    A quoted name of a function gets its parentheses; other names and expressions stand as they are, and what else is
    quoted keeps quotation marks.
    """

    def name(match: re.Match[str]) -> str:
        return named(match[1], functions)

    text = _CHAIN.sub(_shortened, text)
    return clean(_QUOTED.sub(name, _ROUNDS.sub(r"\1", sized(text, unit))))


def sized(text: str, unit: str = BYTES) -> str:
    """Return a text in which an amount that each geometry has its own of is that of the first one."""

    def first(found: re.Match[str]) -> str:
        much = human(int(found[3])) if unit == BYTES else f"{found[3]}{found[4]}"
        return f"{found[1]}{much} ({geometry_text(found[2])})"

    return (_PER_GEOMETRY if unit == BYTES else _OF_ENTRIES).sub(first, text)


def unit_of(finding: Finding) -> str:
    """Return what the counter counts in that a finding is about."""
    return next((line.unit for line in finding.ledger), BYTES)


def cause_of(text: str) -> str:
    """Return a message with all that it quotes left out: what messages of one cause have in common."""
    return _QUOTED.sub("``", text)


def named(text: str, functions: frozenset[str]) -> str:
    """Return a name or an expression without its quotes."""
    if text in functions:
        return f"{text}()"
    return f'"{text}"' if " " in text and not text.endswith(")") else text


def sentence(text: str) -> str:
    """Return the text with a full stop, and its first letter a capital one unless it is that of a name."""
    first, _, _ = text.partition(" ")
    plain = first.isalpha() and first.islower() and "_" not in first
    text = text[:1].upper() + text[1:] if plain else text
    return text if text.endswith((".", "?")) else f"{text}."


def _shortened(match: re.Match[str]) -> str:
    names = match[1].split(", ")
    return f"reached through {listed(names if len(names) <= _KEPT else [*names[:2], '...', *names[-2:]])}"
