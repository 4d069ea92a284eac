"""Where a statement can go, and the edit that puts it there in the kernel's style: on a line, in tabs, in braces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.mutate.body import LOOPS
from lmlint.mutate.edit import Edit, indent, line_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.source import Node

FILL, BEFORE, AFTER = "fill", "before", "after"
WIDTH = 100
"""Columns of a line, a tab being eight of them."""
_TAB = 8
_BLOCKS = frozenset({"compound_statement", "case_statement", "preproc_if", "preproc_ifdef", "preproc_else",
                     "preproc_elif"})  # fmt: skip
_HEADS = LOOPS | {"if_statement", "else_clause"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a statement goes: instead of an empty one (`fill`), or `before` or `after` one; less `cost` is better."""

    body: Body
    node: Node
    how: str
    cost: int


def climb(body: Body, statement: Node) -> list[Node]:
    """Return a statement and the loops and branches around it, from the inside to the outside."""
    found = [statement]
    for one in body.above(statement):
        if one.type in LOOPS | {"if_statement"}:
            found.append(one)
        elif one.type not in _BLOCKS | {"else_clause"}:
            break
    return found


def put(code: Code, spot: Spot, lines: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edits that put lines (with tabs of their own, and no margin) at a spot, none where they cannot."""
    text, node = code.text, spot.node
    parent = spot.body.parent(node)
    start = line_start(text, node.start)
    if parent is None or text[start : node.start].strip():
        return _filled_behind(code, spot, lines)
    if spot.how == FILL:
        return (Edit(start, node.end, _set(code, lines, indent(text, node.start))),)
    if parent.type not in _BLOCKS:
        return _braced(code, spot, parent, lines) if parent.type in _HEADS else ()
    if spot.how == BEFORE:
        return (Edit(start, start, _set(code, lines, indent(text, node.start)) + newline(code)),)
    end = _line_end(text, node.end)
    if end is None:
        return ()
    return (Edit(end, end, newline(code) + _set(code, lines, indent(text, node.start))),)


def newline(code: Code) -> str:
    """Return what ends the lines of a file."""
    return "\r\n" if "\r\n" in code.text else "\n"


def wrapped(lines: Sequence[str], margin: str) -> list[str]:
    """Return lines behind a margin, those that are too long cut behind a comma and aligned with their first bracket."""
    found = []
    for line in lines:
        rest = margin + line
        column = _columns(rest.partition("(")[0]) + 1
        aligned = "\t" * (column // _TAB) + " " * (column % _TAB)
        while _columns(rest) > WIDTH and (cut := rest.rfind(", ", len(aligned), _fitting(rest))) > 0:
            found.append(rest[: cut + 1])
            rest = aligned + rest[cut + 2 :]
        found.append(rest)
    return found


def _fitting(line: str) -> int:
    return next((at for at in range(len(line), 0, -1) if _columns(line[:at]) <= WIDTH), 0)


def _columns(line: str) -> int:
    return len(line.expandtabs(_TAB))


def _set(code: Code, lines: Sequence[str], margin: str) -> str:
    return newline(code).join(wrapped(lines, margin))


def _line_end(text: str, offset: int) -> int | None:
    """Return where the line of a statement's end ends, comments behind it included; None where more code follows."""
    at = offset
    while True:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        rest = text[at:end].strip()
        if rest.startswith("/*"):
            close = text.find("*/", at)
            if close < 0:
                return None
            at = close + 2
        elif not rest or rest.startswith("//"):
            return end - (text[end - 1 : end] == "\r")
        else:
            return None


def _filled_behind(code: Code, spot: Spot, lines: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edit that puts lines in the place of an empty statement behind the head that it belongs to."""
    text, node = code.text, spot.node
    parent = spot.body.parent(node)
    if spot.how != FILL or parent is None or parent.type not in _HEADS:
        return ()
    margin = indent(text, node.start) + "\t"
    head = len(text[: node.start].rstrip())
    return (Edit(head, node.end, newline(code) + _set(code, lines, margin)),)


def _braced(code: Code, spot: Spot, parent: Node, lines: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edits that make a block of the lone statement of a branch or a loop, and of its other arm."""
    first, last = (lines, ()) if spot.how == BEFORE else ((), lines)
    branch = parent if parent.type == "if_statement" else spot.body.parent(parent)
    mine = _arm(code, parent, spot.node, first, last)
    if mine is None:
        return ()
    if branch is None or branch.type != "if_statement" or parent.type in LOOPS or "alternative" not in branch.fields:
        return (mine,)
    clause = branch.field("alternative")
    other = clause.kids[0] if spot.node is branch.field("consequence") and clause.kids else branch.field("consequence")
    if other.type in {"compound_statement", "if_statement"} or other is spot.node:
        return (_joined(code, mine, clause, spot.node),)
    holder = clause if other is not branch.field("consequence") else branch
    its = _arm(code, holder, other, (), ())
    if its is None:
        return ()
    both = sorted((mine, its))
    return (_joined(code, both[0], clause, branch.field("consequence")), both[1])


def _arm(code: Code, parent: Node, node: Node, first: Sequence[str], last: Sequence[str]) -> Edit | None:
    """Return the edit that puts braces around a statement on a line of its own, with lines before and after it."""
    text, eol = code.text, newline(code)
    head = len(text[: node.start].rstrip())
    end = _line_end(text, node.end)
    if text[line_start(text, node.start) : node.start].strip() or text[:head].endswith("*/") or end is None:
        return None
    margin, outer = indent(text, node.start), indent(text, parent.start)
    kept = [text[line_start(text, node.start) : end]]
    made = [*wrapped(first, margin), *kept, *wrapped(last, margin)]
    return Edit(head, end, " {" + eol + eol.join(made) + eol + outer + "}")


def _joined(code: Code, edit: Edit, clause: Node, node: Node) -> Edit:
    """Return the edit of a first arm, the `else` behind it pulled up to its closing brace."""
    if node.start > clause.start or code.text[edit.end : clause.start].strip():
        return edit
    return Edit(edit.start, clause.start, edit.new + " ")
