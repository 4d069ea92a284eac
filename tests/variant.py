"""A variant of a C file: a few regex replacements, each inside one named function, and what a check must say of it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

NEUTRAL = "neutral"


class VariantError(Exception):
    """The text does not hold what an edit names."""


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the `nth` match of the regex `old` in `function` by the template `new` (0: all; "": the whole file)."""

    function: str
    old: str
    new: str
    nth: int = 1


@dataclass(frozen=True, slots=True)
class At:
    """The lines of `function` that match the regex `line`, in the text after the edit."""

    function: str
    line: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One edit and its truth.

    `kinds`: acceptable kinds, the ideal one first; empty for a rewrite that must stay silent. `functions`: where the
    finding may be. `at`: acceptable lines besides the edited ones. `also`: kinds of further findings that the same edit
    causes, such as the other half of an inverted guard.
    """

    name: str
    family: str
    changes: tuple[Change, ...]
    kinds: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    at: tuple[At, ...] = ()
    also: tuple[str, ...] = ()


def put(function: str, old: str, new: str, nth: int = 1) -> Change:
    """Replace literal text."""
    return Change(function, re.escape(old), new.replace("\\", r"\\"), nth)


def rename(function: str, **names: str) -> tuple[Change, ...]:
    """Rename identifiers throughout a function, or throughout the file."""
    return tuple(Change(function, rf"(?<!->)(?<!\.)\b{old}\b", new, 0) for old, new in names.items())


def span(text: str, function: str) -> tuple[int, int]:
    """Return the offsets of the first definition of a function, from its type to past its closing brace."""
    for match in re.finditer(rf"\b{re.escape(function)}\(", text):
        close = _closing(text, match.end() - 1)
        body = re.compile(r"\s*\{").match(text, close)
        start = text.rfind("\n", 0, match.start()) + 1
        if body is None or text[start : start + 1].isspace():
            continue
        before = text[:start].splitlines()[-1:]
        if start == match.start() and before and re.match(r"[\w][\w \t*]*$", before[0]):
            start -= len(before[0]) + 1
        end = text.find("\n}", body.end())
        if end >= 0:
            return start, end + 3
    message = f"no function {function}"
    raise VariantError(message)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for offset in range(opening, len(text)):
        depth += (text[offset] == "(") - (text[offset] == ")")
        if depth == 0:
            return offset + 1
    return len(text)


def apply(text: str, variant: Variant) -> str:
    """Return the text with the variant's changes, in their order."""
    for change in variant.changes:
        start, end = span(text, change.function) if change.function else (0, len(text))
        text = text[:start] + _replace(text[start:end], change, variant.name) + text[end:]
    return text


def _replace(text: str, change: Change, name: str) -> str:
    matches = list(re.finditer(change.old, text, re.MULTILINE))
    if len(matches) < max(change.nth, 1):
        message = f"{name}: {change.function or 'the file'} has {len(matches)} of {change.old!r}"
        raise VariantError(message)
    for match in reversed(matches if change.nth == 0 else matches[change.nth - 1 : change.nth]):
        text = text[: match.start()] + match.expand(change.new) + text[match.end() :]
    return text


def added_lines(before: str, after: str) -> frozenset[int]:
    """Return the lines of `after`, counted from 1, that `before` does not have."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    changed = (range(low, high) for tag, _, _, low, high in matcher.get_opcodes() if tag != "equal")
    return frozenset(line + 1 for lines in changed for line in lines)


def as_patch(before: str, after: str, path: str) -> bytes:
    """Return the patch that makes `after` of `before`."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(lines).encode()


def lines_at(text: str, places: tuple[At, ...]) -> frozenset[int]:
    """Return the lines, counted from 1, that the places name."""
    found: set[int] = set()
    for place in places:
        start, end = span(text, place.function)
        first = text.count("\n", 0, start) + 1
        lines = text[start:end].split("\n")
        found.update(first + offset for offset, line in enumerate(lines) if re.search(place.line, line))
    return frozenset(found)


def quoted_run(text: str, source: str, length: int = 5) -> str:
    """Return a run of `length` lines of `source` that `text` holds too, or ""; empty lines and margins do not count."""
    own = [line.strip().strip('"\\n') for line in text.splitlines() if line.strip()]
    kernel = [line.strip() for line in source.splitlines() if line.strip()]
    runs = {tuple(kernel[low : low + length]) for low in range(len(kernel) - length + 1)}
    return next(("\n".join(run) for low in range(len(own)) if (run := tuple(own[low : low + length])) in runs), "")
