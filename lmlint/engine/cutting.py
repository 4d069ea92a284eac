"""What stands whole in the hunks of a patch, and the fragments of functions that only begin, go on or end there.

A file of which only some lines are known is cut into the items that are there from their first line to their last, and
the fragments of functions that are not. Each fragment becomes a function that can be parsed: what opens or closes
outside the visible lines is opened or closed by `unseen()`, and every visible line keeps its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UNSEEN = "unseen"
"""The name of the call that stands for what is not visible."""

_HEAD = re.compile(r"[A-Za-z_][\w\s*]*?\b([A-Za-z_]\w*)\s*\(")
_UNTYPED = re.compile(r"[A-Za-z_]\w*[a-z]\w*\s*\((?!.*;\s*$)")
"""A line that names a function and not its type."""
_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?(?:\*/|\Z)|//[^\n]*', re.DOTALL)
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
_LABEL = re.compile(r"[A-Za-z_]\w*\s*:(?!:)")
_GOTO = re.compile(r"\bgoto\s+([A-Za-z_]\w*)\s*;")
_ARM = re.compile(r"\s*#\s*(if|ifdef|ifndef|else|elif|endif)\b")
_DO = re.compile(r"\bdo\s*\Z")
_INCOMPLETE = re.compile(r"(?:\b(?:else|do)|\b(?:if|while|for|switch)\s*\(.*\))\s*\Z", re.DOTALL)


_LONGEST = 2_000
"""Characters that the head of a statement may have."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that stand together in a file, from line `first` (from 1) on; `section` is the line that names where."""

    first: int
    lines: tuple[str, ...]
    section: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a patch shows of one side of a file: its pieces, and the numbers of the lines that it changes."""

    pieces: tuple[Piece, ...] = ()
    changed: frozenset[int] = frozenset()

    @property
    def lines(self) -> Iterator[str]:
        """All lines that are shown, in their order."""
        return (line for piece in self.pieces for line in piece.lines)


@dataclass(frozen=True, slots=True)
class Item:
    """Lines of the file that are one or more whole declarations or definitions; `name` of a whole function, or ""."""

    name: str
    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of the function `name`, lines `first` to `last`, the last whole statement of which ends on line `read`.

    `text` is a definition of it that begins on line `first` less one, or empty where none can be made.
    """

    name: str
    first: int
    last: int
    read: int
    text: str
    code: str
    """The visible lines, comments blanked."""


def cut(pieces: Iterable[Piece]) -> tuple[tuple[Item, ...], tuple[Fragment, ...]]:
    """Return the whole items and the fragments of functions that the pieces of a file show."""
    parts = [part for piece in pieces for part in _parts(piece)]
    items = tuple(part for part in parts if isinstance(part, Item))
    return items, tuple(part for part in parts if isinstance(part, Fragment))


def assemble(parts: Iterable[tuple[int, str]]) -> str:
    """Return a file in which each text starts at its line (from 1; from 0, what has no line goes), blank lines between.

    A text that starts on the last line of the one above it shares that line.
    """
    out: list[str] = []
    for first, text in sorted(parts):
        lines = text.split("\n")[first < 1 :]
        out += [""] * (first - 1 - len(out))
        if first >= 1 and len(out) >= first:
            out[-1] = f"{out[-1]} {lines.pop(0)}"
        out += lines
    return "\n".join([*out, ""])


def _parts(piece: Piece) -> Iterator[Item | Fragment]:
    if _UNTYPED.match(piece.section):  # the type of the function stands on a line of its own, above its name
        piece = replace(piece, section=f"int {piece.section}")
    code = _code(piece.lines)
    at = 0
    if _starts_inside(code, piece.section):
        end = next((i for i, line in enumerate(code) if line.startswith("}")), None)
        last = len(code) - 1 if end is None else end
        made = _fragment(piece, code, 0, last, piece.section)
        if made is not None and not (end is not None and code[end].startswith("};")):
            yield made
        at = last + 1
    while at < len(code):
        brace = next((i for i in range(at, len(code)) if _opens(code, i)), None)
        if brace is None:
            yield from _item(piece, code, at, len(code))
            return
        head = brace
        while head > at and code[head - 1].strip() and not re.match(r"[#}]|.*;\s*$", code[head - 1]):
            head -= 1
        yield from _item(piece, code, at, head)
        end = next((i for i in range(brace, len(code)) if code[i].startswith("}")), None)
        text = "\n".join(code[head : brace + 1])
        name = _HEAD.match(text)
        if name is None and head == at == 0 and _HEAD.match(piece.section):
            made = _fragment(piece, code, brace + 1, len(code) - 1 if end is None else end, piece.section)
            if made is not None:
                yield made
        elif end is None:
            made = _fragment(piece, code, head, len(code) - 1, "")
            if made is not None and name is not None:
                yield made
        elif name is not None:
            yield Item(name[1], piece.first + head, code[head : end + 1])
        at = len(code) if end is None else end + 1


def _item(piece: Piece, code: Sequence[str], start: int, end: int) -> Iterator[Item]:
    """Yield the lines between functions, if there is any C in them, less a declaration that their end cuts off."""
    depth, whole = 0, start
    for at in range(start, end):
        line = _TEXT.sub("", code[at]).strip()
        depth += sum(map(line.count, "({")) - sum(map(line.count, ")}"))
        if depth <= 0 and (not line or line[0] == "#" or line[-1] in ";}"):
            whole = at + 1
    if any(line.strip() for line in code[start:whole]):
        yield Item("", piece.first + start, tuple(code[start:whole]))


def _blanked(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _code(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines with their comments blanked, also one that began above them."""
    text = "\n".join(lines)
    begin, end = text.find("/*"), text.find("*/")
    if end >= 0 and (begin < 0 or end < begin):
        text = _blanked(text[: end + 2]) + text[end + 2 :]
    return tuple(_COMMENT.sub(lambda m: _blanked(m[0]) if m[0].startswith("/") else m[0], text).split("\n"))


def _opens(code: Sequence[str], at: int) -> bool:
    """Whether the body of a function opens on a line: with a brace in the first column, or behind its head."""
    line = code[at]
    return line.startswith("{") or (line[:1].isalpha() and line.rstrip().endswith("{") and ")" in line)


def _starts_inside(code: Sequence[str], section: str) -> bool:
    """Whether the first line stands in the body of the function that the section names."""
    for at, line in enumerate(code):
        if line.startswith("}"):
            return bool(_HEAD.match(section))
        if _opens(code, at) or ((line[:1].isalpha() or line[:1] == "_") and not _LABEL.match(line)):
            return False
    return any(line.strip() for line in code) and bool(_HEAD.match(section)) and not section.rstrip().endswith(";")


def _fragment(piece: Piece, code: Sequence[str], start: int, last: int, section: str) -> Fragment | None:
    """Return lines `start` to `last` as a function, if it has a name: with its own head, or under the section's."""
    code = code[start : last + 1]
    if not code:
        return None
    head = _head(section)
    named = _HEAD.match(head or "\n".join(code).lstrip())
    if named is None:
        return None
    first, visible = piece.first + start, _closed_arms(code)
    body = "\n".join(visible or ())
    end = _finished(_TEXT.sub(lambda match: _blanked(match[0]), body))
    text = None if visible is None else _completed(head, body[:end] + _blanked(body[end:]))
    read = first + body[:end].count("\n")
    return Fragment(named[1], first, piece.first + last, read, text or "", "\n".join(code))


def _head(section: str) -> str:
    """Return a whole function head out of the line that a diff shows of it, which is cut at 80 bytes."""
    text = section.strip().rstrip("{").rstrip()
    if text.count("(") > text.count(")"):
        text = text[: text.rfind(",")] if "," in text and not text.endswith("(") else text[: text.find("(") + 1]
        text += ")" * (text.count("(") - text.count(")"))
    return text


def _closed_arms(code: Sequence[str]) -> list[str] | None:
    """Return the lines less the conditionals of the preprocessor that reach out of them; None where an arm is cut."""
    kept, opened = list(code), list[int]()
    for at, line in enumerate(code):
        match = _ARM.match(line)
        if match is None:
            continue
        if match[1].startswith("if"):
            opened.append(at)
        elif match[1] != "endif":
            if not opened:
                return None
        elif opened:
            opened.pop()
        else:
            kept[at] = ""
    for at in opened:
        kept[at] = ""
        if any((match := _ARM.match(line)) and match[1].startswith("el") for line in code[at + 1 :]):
            return None
    return kept


def _finished(body: str) -> int:
    """Return how much of the text holds whole statements, where its end cuts one off within parentheses."""
    parens = whole = 0
    for match in re.finditer(r"[(){};]", body):
        parens = parens + 1 if match[0] == "(" else max(parens - (match[0] == ")"), 0)
        if not parens and match[0] not in "()":
            whole = match.end()
    return whole if parens else len(body)


def _completed(head: str, body: str) -> str | None:
    """Return a function out of some of its lines, every bracket closed; None where a statement is cut in its brackets.

    With a `head` the lines stand in the body; without one they begin with it.
    """
    brackets = _brackets(_TEXT.sub(lambda match: _blanked(match[0]), body))
    if brackets is None:
        return None
    before, behind = brackets
    ends = bool(re.search(r"(?m)^}", body))
    if head and ends:
        if not before:  # a brace in the first column that closes none of the function's
            return None
        before.pop()  # the function's own brace, which `head` opens
    last = body.rstrip()
    if ends:
        tail = ""
    elif _INCOMPLETE.search(last[-_LONGEST:]):
        tail = f" {UNSEEN}();"
    else:
        tail = f" + {UNSEEN}();" if last and last[-1] not in ";{}:" else ""
    labels = [name for name in dict.fromkeys(_GOTO.findall(body)) if not re.search(rf"(?m)^\s*{name}\s*:", body)]
    if head and not ends:
        behind.insert(0, "}")
    if labels and not behind:
        return None
    tail += " ".join([*behind[:0:-1], *(f"{name}: ;" for name in labels), *behind[:1]])
    opening = " ".join([head, "{", *reversed(before)]) if head else ""
    return f"{opening}\n{body}{tail}"


def _brackets(body: str) -> tuple[list[str], list[str]] | None:
    """Return what opens the brackets that the lines close, innermost first, and what closes those they open.

    None where a parenthesis stays open.
    """
    before: list[str] = []
    behind: list[str] = []
    parens = 0
    for match in re.finditer(r"[(){}]", body):
        sign, rest = match[0], body[match.end() :].lstrip()
        if sign == "(":
            parens += 1
        elif parens:
            parens -= sign == ")"
            if sign == "{":
                return None
        elif sign == ")":
            if before or behind:
                return None
            joined = "" if body.lstrip().startswith(("&&", "||")) else "&& "
            before.append(f"if ({UNSEEN}() {joined}" if rest.startswith("{") else f"{UNSEEN}(")
        elif sign == "{":
            behind.append(f"}} while ({UNSEEN}());" if _DO.search(body[: match.start()]) else "}")
        elif behind:
            behind.pop()
        else:
            before.append("do {" if re.match(r"while\b", rest) else f"if ({UNSEEN}()) {{")
    return None if parens else (before, behind)
