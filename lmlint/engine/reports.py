"""The report functions of a file, and what each path through them prints in each geometry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from lmlint.engine.arms import arms_of
from lmlint.engine.printed import Entry, entries, mentioned
from lmlint.engine.printing import Printer
from lmlint.engine.program import TOO_DEEP, Undecided
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from lmlint.engine.expressions import Path
    from lmlint.engine.program import Program
    from lmlint.rule import Build, Report
    from lmlint.source import Function

MAX_OPTIONS = 3
_STATIC = re.compile(r"^[ \t]*static\b([^;{}()]*+)", re.MULTILINE)
_LONGEST = 1_000
"""How long a subscript may be, in characters."""


@dataclass(frozen=True, slots=True)
class Way:
    """What one path through a report function prints in one geometry."""

    geometry: int
    entries: tuple[Entry, ...]
    mentioned: frozenset[str]
    conditions: int


@lru_cache(maxsize=1)
def reports_of(program: Program) -> Reports | None:
    """Return the functions of a program that print the counter, None where none can; worked out once a program."""
    rule = program.rule
    if rule.report is None or rule.build is None:
        return None
    names = frozenset(text.partition("(")[0] for text in rule.report.print)
    return None if names.isdisjoint(program.source.mentions) else Reports(program, rule.report, rule.build, names)


class Reports:
    """The functions that print the counter."""

    def __init__(self, program: Program, report: Report, build: Build, prints: frozenset[str]) -> None:
        """Keep the rule's words: `prints` are the names of the printing primitives."""
        self.program, self.report, self.build, self.prints = program, report, build, prints
        self.geometries = list(program.rule.geometries)
        self.arms = arms_of(program)

    @cached_property
    def within(self) -> frozenset[str]:
        """The functions and macros that print what the counter holds, themselves or through others."""
        named, array = self.program.named, self.program.rule.array
        changes = {n for n, acts in self.program.acting.items() if any(a in {"add", "sub"} for a, _ in acts)}
        quiet = {n: f.names for n, f in named.items() if n not in changes}
        printing = {n for n, f in named.items() if f.names & self.prints}
        reading = {n for n, names in quiet.items() if array in names}
        for found in (printing, reading):
            work = list(found)
            while work:
                name = work.pop()
                more = [n for n, names in quiet.items() if n not in found and name in names]
                found.update(more)
                work += more
        return frozenset(printing & reading)

    @cached_property
    def functions(self) -> list[Function]:
        """The report functions: nothing else that prints the counter calls them."""
        inner = {n for name in self.within for n in self.program.named[name].names if n in self.within and n != name}
        own = self.program.functions.keys() - self.program.elsewhere.functions.keys()
        found = [self.program.functions[n] for n in (self.within - inner) & own]
        return sorted(found, key=lambda f: f.line)

    @cached_property
    def static(self) -> bool:
        """Whether the array is static, so that no other file prints or moves it."""
        array = re.compile(rf"\b{re.escape(self.program.rule.array)}\b")
        return any(array.search(match[1]) for match in _STATIC.finditer(self.arms.code))

    @cached_property
    def _gates(self) -> frozenset[str]:
        """The options that are on wherever the counter exists."""
        array = re.escape(self.program.rule.array)
        first = re.search(rf"^[^\n#;{{}}]*\b{array}\b\s*\[[^\]]{{0,{_LONGEST}}}\]\s*[;=]", self.arms.code, re.MULTILINE)
        names = frozenset() if first is None else self.arms.at(self.arms.line(first.start())).names()
        return frozenset(n for n in names if self.arms.is_option(n)) - set(self.build.geometry.values())

    @cached_property
    def told(self) -> tuple[dict[str, list[Way]], list[tuple[Function, Undecided]]]:
        """What each report function prints on its paths, and those of which that cannot be told, with the reason."""
        ways: dict[str, list[Way]] = {}
        doubts: list[tuple[Function, Undecided]] = []
        for function in self.functions:
            try:
                ways[function.name] = self._ways(function)
            except Undecided as reason:
                doubts.append((function, reason))
            except RecursionError:
                doubts.append((function, Undecided(TOO_DEEP)))
        return ways, doubts

    def _ways(self, function: Function) -> list[Way]:
        """Return what each path through a report function prints; raises Undecided where that cannot be followed."""
        out = []
        start, end = function.span
        choice = frozenset(self.build.geometry.values())
        inside = self.arms.names(function.line, self.arms.line(end))
        for index, geometry in enumerate(self.geometries):
            base = self._gates | {self.build.geometry[geometry]}
            known = base | choice
            values = {n: self._settled(n, index, base) for n in self.arms.every - known}
            base |= {n for n, value in values.items() if value}
            known |= {n for n, value in values.items() if value is not None}
            free = inside - known
            if len(free) > MAX_OPTIONS:
                raise Undecided("what it prints depends on too many options")
            for world in self.arms.worlds(free):
                on = world | base
                if not self.arms.at(self.arms.line(start)).holds(on):
                    continue
                printer = Printer(self.program, self.arms, index, on, known | free)
                out += [self._way(index, printer, path, len(free)) for path in printer.paths(function)]
        return out

    def _settled(self, name: str, geometry: int, on: frozenset[str]) -> bool | None:
        """Return whether a condition of the preprocessor holds in a geometry, None where that is open."""
        if name.isidentifier() or name.startswith("?"):
            return None
        node = parse_expression(name)
        return None if node is None else Printer(self.program, self.arms, geometry, on, on).truth(node)

    def _way(self, geometry: int, printer: Printer, path: Path, options: int) -> Way:
        made = tuple(entries(path.out, self.report, printer.account_of))
        return Way(geometry, made, mentioned(path.out), options + len(path.taken))
