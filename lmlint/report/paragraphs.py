"""Text as the body of a mail: 72 columns, and no line that a reader's program would take for something else."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 72
MARK = "|"
"""Stands before the first word of a paragraph that would otherwise be taken for something else."""
_MOST = 600
_CUT = " [...]"
_MARKS = (">", "|>", "#", "+", "-", "8<", "%<", "@@")
"""Of a quote, a command to a bot, a diff or a signature, scissors, a hunk."""
_TAG = re.compile(r"[\w.-]+:")
_BINDS = re.compile(r"[(\[]?\d{1,20}K?|\[\w{1,20},")
_WORDS = frozenset({"From", "diff"})


def clean(text: str, most: int = _MOST) -> str:
    """Return text that others wrote as one line: white space folded, nothing that drives a terminal, cut to `most`."""
    folded = printable(re.sub(r"\s+", " ", text[: 2 * most])).strip()
    return folded if len(folded) <= most else f"{folded[: most - len(_CUT)]}{_CUT}"


def laid_out(text: str) -> str:
    """Return the text in lines of at most WIDTH columns, without a newline at its end.

    Paragraphs are separated by blank lines. A line that is indented is one of its own and keeps its indentation; all
    else is filled anew. No line begins like a quote, a signature, a tag, a command to a bot or the line of a patch.
    """
    return "\n\n".join("\n".join(lines) for lines in map(_paragraph, re.split(r"\n[ \t]*\n", text)) if lines)


def _paragraph(text: str) -> list[str]:
    lines: list[str] = []
    filled: list[str] = []
    for line in text.split("\n"):
        if line.startswith((" ", "\t")) and line.strip():
            lines += [*_fill(filled), *_indented(line)]
            filled = []
        else:
            filled += line.split()
    return lines + _fill(filled)


def _indented(line: str) -> list[str]:
    words = line.split()
    indent = " " * min(len(line.expandtabs()) - len(line.expandtabs().lstrip()), WIDTH // 2)
    return [f"{indent}{one}" for one in _fill(words, WIDTH - len(indent))]


def _fill(words: Sequence[str], width: int = WIDTH) -> list[str]:
    """Return the words in lines; one that must not begin a line takes those before it along."""
    lines: list[list[str]] = []
    for piece in [piece for word in _bound(words) for piece in _pieces(word, width)]:
        line = lines[-1] if lines else []
        if line and len(" ".join([*line, piece])) <= width:
            line.append(piece)
            continue
        taken = _taken(line, piece, width)
        del line[len(line) - taken[0] :]
        lines.append(taken[1])
    return [" ".join(line) for line in lines]


def _taken(line: Sequence[str], piece: str, width: int) -> tuple[int, list[str]]:
    """Return how many words of a full line go over to the next one, and how that begins."""
    for number in range(len(line)):
        begun = [*line[len(line) - number :], piece]
        if not _misleads(begun[0]) and len(" ".join(begun)) <= width:
            return number, begun
    return 0, [MARK, piece] if _misleads(piece) else [piece]


def _bound(words: Sequence[str]) -> list[str]:
    """Return the words, a number bound to its unit, and the start of a range to its end."""
    out: list[str] = []
    for word in words:
        if out and _BINDS.fullmatch(out[-1]) and len(word) < WIDTH // 2:
            out[-1] += f" {word}"
        else:
            out.append(word)
    return out


def _pieces(word: str, width: int) -> list[str]:
    """Return a word, in pieces where it is wider than a line."""
    most = width - len(MARK) - 1
    shown = printable(word)
    return [shown] if len(shown) <= most else textwrap.wrap(shown, most, break_on_hyphens=False)


def _misleads(word: str) -> bool:
    """Whether a line that begins with this word would be read as something else than a sentence."""
    return word.startswith(_MARKS) or word in _WORDS or _TAG.match(word) is not None
