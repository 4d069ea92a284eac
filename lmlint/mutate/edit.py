"""A variant of a file: byte ranges and what replaces them, and what follows: the text, the diff, the lines.

Texts are str of one character a byte (latin-1), so that the offsets of the tree hold in them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lmlint.patch.diff import apply_diff, parse_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

NEUTRAL = "neutral"
"""The family of the rewrites that leave the counters right."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes from `start` up to `end` by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a finding about a drifting variant may be.

    `kinds`: acceptable kinds, the ideal one first; `functions`: where it may stand; `at`: offsets in the correct file
    whose lines are acceptable besides the edited ones.
    """

    kinds: tuple[str, ...]
    functions: tuple[str, ...]
    at: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Variant:
    """One edit of a correct file; without a truth it is a rewrite that must stay silent."""

    family: str
    name: str
    function: str
    edits: tuple[Edit, ...]
    truth: Truth | None = None

    def text(self, before: str) -> str:
        """Return the file with the edits."""
        out, last = [], 0
        for edit in self.edits:
            out += [before[last : edit.start], edit.new]
            last = edit.end
        return "".join([*out, before[last:]])

    def moved(self, offset: int) -> int | None:
        """Return where an offset of the correct file is after the edits, None where they take it away."""
        shift = 0
        for edit in self.edits:
            if edit.end <= offset and (edit.start < offset or not edit.new):
                shift += len(edit.new) - (edit.end - edit.start)
            elif edit.start < offset < edit.end:
                return None
            elif edit.start == offset and edit.start == edit.end:
                shift += len(edit.new)
        return offset + shift

    def edited(self, before: str) -> frozenset[int]:
        """Return the lines, from 1, of the text after the edits that hold something new, or follow what is gone."""
        after, found, shift = self.text(before), set[int](), 0
        for edit in self.edits:
            low = edit.start + shift
            high = low + len(edit.new)
            shift += len(edit.new) - (edit.end - edit.start)
            new = after[low:high]
            if new.strip():
                low += len(new) - len(new.lstrip())
                high -= len(new) - len(new.rstrip())
                found.update(range(line_of(after, low), line_of(after, high - 1) + 1))
            else:
                found.add(line_of(after, low))
        return frozenset(found)


def of(family: str, name: str, function: str, edits: Iterable[Edit], truth: Truth | None = None) -> Variant:
    """Return the variant of these edits, in the order of the file; raises ValueError where they overlap."""
    ordered = tuple(sorted(edits))
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise ValueError(f"{family}-{name}: the edits overlap at {other.start}")
    return Variant(family, name, function, ordered, truth)


def line_of(text: str, offset: int) -> int:
    """Return the line, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1


def line_start(text: str, offset: int) -> int:
    """Return the offset at which the line of an offset starts."""
    return text.rfind("\n", 0, offset) + 1


def indent(text: str, offset: int) -> str:
    """Return the white space that the line of an offset starts with."""
    line = text[line_start(text, offset) :].partition("\n")[0]
    return line[: len(line) - len(line.lstrip())]


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def unified(before: str, after: str, path: str, context: int = 3) -> str:
    """Return the patch that makes `after` of `before`."""
    old, new = _lines(before), _lines(after)
    low = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    rest = zip(reversed(old[low:]), reversed(new[low:]), strict=False)
    high = next((n for n, (a, b) in enumerate(rest) if a != b), min(len(old), len(new)) - low)
    low, high = max(low - context, 0), max(high - context, 0)
    out = [f"--- a/{path}\n", f"+++ b/{path}\n"]
    matcher = difflib.SequenceMatcher(None, old[low : len(old) - high], new[low : len(new) - high], autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        (_, i, _, j, _), (_, _, k, _, m) = group[0], group[-1]
        out.append(f"@@ -{_range(low + i, k - i)} +{_range(low + j, m - j)} @@\n")
        for tag, a, b, c, d in group:
            if tag == "equal":
                out += [f" {line}" for line in old[low + a : low + b]]
                continue
            out += [f"-{line}" for line in old[low + a : low + b]]
            out += [f"+{line}" for line in new[low + c : low + d]]
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in out)


def _range(start: int, length: int) -> str:
    return f"{start + (length > 0)},{length}"


def changed(before: str, diff: str) -> frozenset[int]:
    """Return the lines that the engine takes for changed when this diff comes as a patch."""
    files = parse_diff(diff.encode("latin-1"), "edit")
    return apply_diff(files[0], before.encode("latin-1")).changed if files else frozenset()


def lines_at(variant: Variant, before: str, offsets: Iterable[int]) -> frozenset[int]:
    """Return the lines after the edits of offsets in the correct file."""
    after = variant.text(before)
    places = (variant.moved(offset) for offset in offsets)
    return frozenset(line_of(after, place) for place in places if place is not None)
