"""Suggestions as text: a file with them, and one patch of them all."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from lmlint.finding import Suggestion
from lmlint.mutate.edit import unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.finding import Finding

_SAFE = re.compile(r"[\w@%+,.:/=~-]+", re.ASCII)


def name_in_diff(path: str) -> str | None:
    """Return a path as a patch names it, None where a patch cannot name it without quotes."""
    name = posixpath.normpath(path).lstrip("/")
    return name if _SAFE.fullmatch(name) and not name.startswith("../") else None


def suggestion(path: str, before: str, after: str) -> Suggestion | None:
    """Return the step from one text of a file to another; None where there is none, or no patch can name the file."""
    name = name_in_diff(path)
    old, new = before.split("\n"), after.split("\n")
    if old == new or name is None:
        return None
    low = next(n for n, pair in enumerate(zip([*old, None], [*new, None], strict=False)) if pair[0] != pair[1])
    most = min(len(old), len(new)) - low
    high = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    lines = tuple(new[low : len(new) - high])
    return Suggestion(path, low + 1, len(old) - high - low, lines, unified(before, after, name))


def applied(text: str, made: Sequence[Suggestion]) -> str | None:
    """Return a file's text with suggestions, None where two of them change the same lines."""
    lines = text.split("\n")
    ordered = sorted(dict.fromkeys(made), key=lambda one: (one.line, one.count, one.lines))
    for one, other in pairwise(ordered):
        if other.line < one.line + max(one.count, 1):
            return None
    for one in reversed(ordered):
        lines[one.line - 1 : one.line - 1 + one.count] = one.lines
    return "\n".join(lines)


def combined(findings: Iterable[Finding], sources: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """Return one patch of all suggestions of a report's findings, "" where none has one.

    `sources` are the texts by file, as an InputReport has them. It applies to the tree after the reviewed patch, and
    what it holds was checked together.
    """
    texts = dict(sources)
    made: dict[str, dict[Suggestion, None]] = {}
    for finding in findings:
        if finding.suggestion is not None:
            made.setdefault(finding.suggestion.file, {})[finding.suggestion] = None
    parts = []
    for path in sorted(made):
        name, text = name_in_diff(path), texts.get(path)
        after = None if text is None else applied(text, list(made[path]))
        if name is not None and text is not None and after is not None:
            parts.append(unified(text, after, name))
    return "".join(parts)
