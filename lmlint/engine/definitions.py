"""What a file defines in one configuration: macros, enumerators, and the declarations of its constants."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from lmlint.engine.program import Undecided
from lmlint.source import parse_block

if TYPE_CHECKING:
    from lmlint.engine.arms import Arms
    from lmlint.engine.program import Program
    from lmlint.source import Function, Node

Macro = tuple[tuple[str, ...] | None, "Node"]
"""The parameters of a macro, None where it has no list of them, and its body."""


class Definitions:
    """The definitions of a file that are compiled where just some options are on."""

    def __init__(self, program: Program, arms: Arms, on: frozenset[str], known: frozenset[str]) -> None:
        """Keep which options are on, and of which that is known; nothing is looked up before it is needed."""
        self.program, self.arms, self.on, self.known = program, arms, on, known
        self._macros: dict[str, Macro | None] = {}

    def compiled(self, first: int, last: int = 0) -> bool | None:
        """Whether a line is compiled, None where that is open, or for a line up to the last one."""
        if self.arms.names(first, max(first, last)) - self.known:
            return None
        return self.arms.at(first).holds(self.on)

    def function(self, name: str) -> Function | None:
        """Return the function of this name that is compiled; raises Undecided where that is open."""
        found = None
        for function in self.program.source.functions:
            if function.name == name:
                compiled = self.compiled(function.line)
                if compiled is None:
                    raise Undecided(f"which `{name}` is compiled depends on more than the geometry")
                found = function if compiled and found is None else found
        return found

    @cached_property
    def enumerators(self) -> tuple[tuple[str, str, bool], ...]:
        """The enumerators of the file in order: the name, the value's text or "", whether an enum begins with it."""
        out = []
        for start, end in self.arms.enums:
            if not self.compiled(self.arms.line(start), self.arms.line(end)):
                continue
            first = True
            for part in self.arms.text(start, end, self.on).split(","):
                name, _, text = (p.strip() for p in part.partition("="))
                if name.isidentifier():
                    out.append((name, text, first))
                    first = False
        return tuple(out)

    def macro(self, name: str) -> Macro | None:
        """Return the parameters and the body of a macro that is defined in this configuration."""
        if name not in self._macros:
            self._macros[name] = self._macro(name)
        return self._macros[name]

    def _macro(self, name: str) -> Macro | None:
        for line in self.arms.defined.get(name, ()):
            compiled = None if line < 1 else self.compiled(line)
            if compiled is None:
                return None
            if not compiled:
                continue
            start = self.arms.offset(line, 1)
            text = next(self.arms.code[s:e] for s, e, _ in self.arms.directives if s == start)
            match = re.match(rf"[ \t]*#[ \t]*define[ \t]+{name}\b(\([^)]*\))?", text)
            if match is None:
                return None
            body = text[match.end() :].replace("\\\n", " \n").strip()
            if not body:
                return None
            names = None if match[1] is None else tuple(n.strip() for n in match[1][1:-1].split(",") if n.strip())
            if "#" in body:
                return None
            block = parse_block("{" + body + ";}", line)
            return None if block is None else (names, block)
        return None

    def declaration(self, name: str) -> Node | None:
        """Return the declaration of a file-scope constant that is initialised."""
        code = self.arms.code
        for match in re.finditer(rf"\b{name}\b\s*(?:\[[^\]]{{0,1000}}\]\s*)*=(?!=)", code):
            if any(f.span[0] <= match.start() < f.span[1] for f in self.program.source.functions):
                continue
            start, end = _start(code, match.start()), _end(code, match.end())
            compiled = self.compiled(self.arms.line(match.start()), self.arms.line(end - 1))
            if compiled is None or "const" not in code[start : match.start()].split():
                return None
            if not compiled:
                continue
            text = self.arms.text(start, end, self.on)
            block = parse_block("{\n" + text + "}", self.arms.line(start) - 1)
            return block.kids[0] if block is not None and len(block.kids) == 1 else None
        return None


def _start(code: str, name: int) -> int:
    """Return where the declaration begins that declares the name at an offset."""
    start = max(code.rfind(mark, 0, name) for mark in ";}\n") + 1
    if code[start - 1 : start] == "}":  # of a struct that is spelled out
        depth, start = 1, start - 1
        while start and depth:
            start -= 1
            depth += {"}": 1, "{": -1}.get(code[start], 0)
        start = max(code.rfind(mark, 0, start) for mark in ";}\n") + 1
    return start


def _end(code: str, start: int) -> int:
    """Return where a declaration ends that begins before `start`."""
    depth = 0
    for match in re.compile(r'(?<!\\)"(?:\\.|[^"\\\n])*"|[{};]').finditer(code, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0] == ";" and not depth:
            return match.end()
    return len(code)
