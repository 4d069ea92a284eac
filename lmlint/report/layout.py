"""How text is laid out: in columns as a terminal counts them, wrapped, cut to the width, and in colours."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESET, BOLD, FRAME = "\033[0m", "\033[1m", "\033[1;34m"
# Neither yellow nor cyan: on a light background nobody reads them. A note has the colour of the text.
COLORS = {"error": "\033[1;31m", "warning": "\033[1;35m", "note": BOLD}
CUT = "..."
NARROWEST = 20
"""What is narrower than this many columns is laid out as if it had them."""
READABLE = 120
"""Sentences are wrapped at this many columns at the latest, where a terminal is wider."""
_SLIM = 28
"""A sentence is not squeezed into fewer columns than these, nor into less than half of the width."""
_HANG, _STEP = 4, 2
_NEARER = 4
"""What stands in by eight columns stands in by two where there is little room."""
_FLAT = {"Mn", "Me", "Cf"}
_WIDE = {"W", "F"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a report is shown: how wide it is, in columns, and whether in colours.

    Where it is no `terminal`, only sentences keep to the width: who reads the rest in a file or a pipe may want to
    search it, and scrolls.
    """

    width: int
    color: bool = False
    terminal: bool = False

    def paint(self, code: str, text: str) -> str:
        """Return the text in a colour, where there are colours."""
        return f"{code}{text}{RESET}" if self.color and text else text

    def wrap(self, head: str, sentence: str, hang: int = _HANG) -> list[str]:
        """Return the lines of `head` and a sentence that hangs from it; a word wider than a line is left whole.

        Where that would leave little of the width to the sentence, or too little for one of its words, its other lines
        stand in by `hang` columns only.
        """
        width, beside = min(self.width, READABLE) if self.terminal else self.width, columns(head)
        words = [(blank, word, columns(word)) for blank, word in re.findall(r"( *)([^ ]+)", sentence)]
        widest = max((size for _, _, size in words), default=0)
        narrow = beside > width - max(width // 2, _SLIM) or width - beside < widest <= width - hang
        indent = min(hang, beside) if narrow else beside
        lines, line, room, begun = list[str](), head, width - beside, False
        for blank, word, size in words:
            if room < (len(blank) if begun else 0) + size and (begun or (not lines and indent < beside)):
                lines.append(line.rstrip())
                line, room, begun = " " * indent, width - indent, False
            if begun:
                line, room = line + blank, room - len(blank)
            line, room, begun = line + word, room - size, True
        return [*lines, line if begun else line.rstrip()]

    def flow(self, head: str, sentence: str, hang: int = _HANG) -> list[str]:
        """Return the same where this is a terminal, and elsewhere one line."""
        return self.wrap(head, sentence, hang) if self.terminal else [head + sentence]

    def hang(self, indent: int, sentence: str) -> list[str]:
        """Return the lines of a sentence that stands in by `indent` columns, all but the first by two more."""
        whole = " " * indent + sentence
        first, *rest = self.wrap(" " * (indent + _STEP), sentence)
        return [whole] if columns(whole) <= self.width else [first[_STEP:], *rest]

    def fits(self, lines: Iterable[str], margin: int) -> bool:
        """Whether lines may stand beside so many columns: no terminal would break them."""
        return not self.terminal or all(columns(line) <= self.width - margin for line in lines)

    def table(self, rows: Sequence[Sequence[str]], gap: int = _STEP) -> list[str]:
        """Return rows of cells in columns, `gap` blanks apart."""
        widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
        return [(" " * gap).join(map(_pad, row, widths)).rstrip() for row in rows]

    def listed(self, rows: Sequence[Sequence[str]], margin: int) -> list[str]:
        """Return a table, the first row being the heads, as a list: a row's first cell, and below it the others.

        A row without a first cell goes on with the one above.
        """
        (_, *heads), *below = rows
        wide = max(map(columns, heads))
        inner, lines = self._inside(margin), list[str]()
        for first, *cells in below:
            lines += [first] * bool(first)
            for head, cell in zip(heads, cells, strict=True):
                if cell:
                    lines += inner.wrap(f"  {_pad(head, wide)}  " if first else "    ", cell, _HANG + 2)
        return lines

    def squeeze(self, lines: Sequence[str], margin: int) -> list[str]:
        """Return lines that were laid out in columns; those that a terminal cannot hold lose blanks, or are wrapped."""
        if self.fits(lines, margin):
            return list(lines)
        inner, made = self._inside(margin), list[str]()
        for indent, rows in _blocks(lines):
            loose = self.table(rows)
            for line in loose if self.fits(loose, margin + len(indent)) else self.table(rows, gap=1):
                made += inner.hang(len(indent), line)
        return made

    def hunks(self, lines: Sequence[str], margin: int) -> list[str]:
        """Return the lines of a diff, without tabs; where a terminal cannot hold them, all of them stand in by less.

        What is still too wide is wrapped, each line with its mark, where it changes something, and cut elsewhere.
        """
        if self.fits(lines, margin):
            return list(lines)
        inner, made = self._inside(margin + 1), list[str]()
        for line in lines:
            mark, text = ("", line) if line.startswith("@@") else (line[:1], line[1:].lstrip(" "))
            indent = (len(line) - len(text)) // _NEARER
            if mark in {"+", "-"}:
                made += (mark + part for part in inner.wrap(" " * indent, text, indent))
            else:
                made.append((mark + excerpt(" " * indent + text, indent, indent, inner.width)[0]).rstrip())
        return made

    def _inside(self, margin: int) -> Layout:
        return Layout(max(self.width - margin, NARROWEST))


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes; every character of it is printable."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def excerpt(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return as much of a line as has room, and where in it the part from `start` to `end` stands, and its size.

    `start` and `end` count characters, all else columns. The blanks at its beginning go first, then both sides are cut.
    """
    if columns(line) > room:
        blank = min(len(line) - len(line.lstrip(" ")), start)
        line, start, end = line[blank:], start - blank, end - blank
    first, last = 0, len(line)
    if columns(line) > room:
        most = room - 2 * len(CUT)
        first, last = start, max(end, start + 1)
        while first and columns(line[first - 1 : last]) <= most // 2:
            first -= 1
        while last < len(line) and columns(line[first : last + 1]) <= most:
            last += 1
        while first and columns(line[first - 1 : last]) <= most:
            first -= 1
        while last > first + 1 and columns(line[first:last]) > most:  # the part itself is wider
            last -= 1
        while not first and columns(line[: last + 1]) <= room - len(CUT):
            last += 1
        while last == len(line) and columns(line[first - 1 :]) <= room - len(CUT):
            first -= 1
    left, right = CUT * bool(first), CUT * (last < len(line))
    before = columns(left + line[first:start])
    return f"{left}{line[first:last]}{right}", before, columns(line[start : min(end, last)])


def _columns(char: str) -> int:
    if unicodedata.category(char) in _FLAT:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _pad(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _blocks(lines: Iterable[str]) -> list[tuple[str, list[list[str]]]]:
    """Return the lines as tables, each with the blanks before it; cells are two blanks or more apart."""
    blocks: list[tuple[str, list[list[str]]]] = []
    for line in lines:
        text = line.strip(" ")
        indent, row = line[: len(line) - len(line.lstrip(" "))], re.split(r" {2,}", text)
        if blocks and (blocks[-1][0], len(blocks[-1][1][0])) == (indent, len(row)):
            blocks[-1][1].append(row)
        else:
            blocks.append((indent, [row]))
    return blocks
