"""Helpers of the counter that are not there, or not the same, in a configuration that compiles their callers."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lmlint.engine.argument import plain
from lmlint.engine.arms import TRUE, Flip, Formula, arms_of, both, either
from lmlint.engine.signatures import differ, parameters, spelled, type_text
from lmlint.finding import Finding, Note, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.engine.program import Program
    from lmlint.source import Function, Parameter

KIND = "missing-stub"
MAX_NOTES = 4
_STRING = re.compile(r'(?<!\\)"(?:\\.|[^"\\\n])*"')
_WORD = re.compile(r"\w")
_BEFORE = re.compile(r"[;{}]")
_STATIC = re.compile(r"\bstatic\b")
_PROTOTYPE = re.compile(r"\w+\s*\([^;{]*\)\s*;")


def stub_findings(program: Program, path: str) -> list[Finding]:
    """Return where the file does not build because something of the counter is missing in one arm of an `#if`."""
    if program.rule.build is None:
        return []
    stubs = _Stubs(program, path)
    return stubs.findings() if stubs.arms.any else []


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition of a helper: a function, or a macro (`function` is None), whose `count` is None for any number."""

    name: str
    place: Place
    when: Formula
    count: int | None
    function: Function | None
    static: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Use:
    """A place that names something, and the function it stands in."""

    place: Place
    when: Formula
    function: Function


class _Stubs:
    def __init__(self, program: Program, path: str) -> None:
        self.program = program
        self.path = path
        self.arms = arms_of(program)
        self.functions = sorted(program.source.functions, key=lambda f: f.span)
        self._bodies = [function.span[0] for function in self.functions]
        self._found: dict[str, list[int]] = {}

    def findings(self) -> list[Finding]:
        found = list(self._array())
        for name in self.helpers:
            self.program.in_time()
            made = self._missing(name) or self._mismatch(name)
            if made is not None:
                found.append(made)
        return found

    # what is looked at

    @cached_property
    def gates(self) -> frozenset[str]:
        """The options that the counter hangs on."""
        names = frozenset().union(*(f.names() for f in self._holders))
        on = [p.text for pairs in self.program.rule.primitives.entries.values() for p, m in pairs if m.action == "on"]
        return frozenset(
            n for n in names.union(*(self.arms.condition(t).names() for t in on)) if self.arms.is_option(n)
        )

    @cached_property
    def helpers(self) -> tuple[str, ...]:
        """The functions and macros that are conditional and have to do with the counter."""
        rule, recorders = self.program.rule, self.program.recorders
        found: dict[str, None] = {}
        for function in self.program.source.functions:
            names = self.arms.at(function.line).names()
            if names and (rule.array in function.names or function.name in recorders or names & self.gates):
                found[function.name] = None
        for name, lines in self.arms.defined.items():
            macro = self.program.source.macros.get(name)
            if macro is not None and (rule.array in macro.names or name in recorders):
                found |= dict.fromkeys([name] if any(line > 0 and self.arms.at(line).names() for line in lines) else [])
        return tuple(found)

    def _places(self, name: str) -> list[int]:
        """Return the offsets of a name in the code."""
        if name not in self._found:
            self._found[name] = _offsets(self.arms.code, name)
        return self._found[name]

    @cached_property
    def _holders(self) -> tuple[Formula, ...]:
        """The conditions under which the array is declared in this file."""
        offsets = self._places(self.program.rule.array)
        return tuple(self.arms.at(self.arms.line(o)) for o in offsets if self._inside(o) is None)

    def _inside(self, offset: int) -> Function | str | None:
        """Return the function in whose body an offset lies, the word of the directive, or None at file scope."""
        at = bisect_right(self.arms.directives, (offset, 1 << 60, ""))
        if at and self.arms.directives[at - 1][1] > offset:
            return self.arms.directives[at - 1][2]
        at = bisect_right(self._bodies, offset)
        function = self.functions[at - 1] if at else None
        return function if function is not None and offset < function.span[1] else None

    def _at(self, offset: int) -> Place:
        return Place(self.path, self.arms.line(offset), self.arms.column(offset))

    def _uses(self, name: str) -> list[_Use]:
        out = []
        for offset in self._places(name):
            function = self._inside(offset)
            if function is not None and not isinstance(function, str) and not function.damaged:
                out.append(_Use(self._at(offset), self.arms.at(self.arms.line(offset)), function))
        return out

    def _definitions(self, name: str) -> list[_Definition]:
        """Return the definitions of a name, in source order."""
        code, out = self.arms.code, []
        for function in self.functions:
            if function.name == name and not function.damaged:
                head = code[self.arms.offset(function.line, function.column) : function.span[0]]
                place = Place(self.path, function.line, function.column)
                when = self.arms.at(function.line)
                static = _STATIC.search(self._statement(self.arms.offset(function.line, function.column))) is not None
                count = _count(function.parameters, head)
                out.append(_Definition(name, place, when, count, function, static, _folded(head)))
        for start, end, word in self.arms.directives:
            macro = re.match(rf"[ \t]*#[ \t]*define[ \t]+({name})\b(\([^)]*\))?", code[start:end])
            if word != "define" or macro is None:
                continue
            names = [p.strip() for p in (macro[2] or "()")[1:-1].split(",")]
            count = None if macro[2] is None or names[-1].endswith("...") else len([n for n in names if n])
            place = self._at(start + macro.start(1))
            when = self.arms.at(place.line)
            out.append(
                _Definition(name, place, when, count, None, static=True, text=_folded(macro[1] + (macro[2] or "")))
            )
        return sorted(out, key=lambda d: d.place)

    def _covers(self, name: str, definitions: list[_Definition]) -> Formula:
        """Return where something by this name is there; whatever is not understood is taken to be a definition."""
        covers = [d.when for d in definitions]
        places = {d.place for d in definitions}
        for offset in self._places(name):
            inside = self._inside(offset)
            unread = not isinstance(inside, str) and inside is not None and inside.damaged
            if (inside is None or unread) and self._at(offset) not in places and not self._promised(offset):
                covers.append(self.arms.at(self.arms.line(offset)))
        return either(dict.fromkeys(covers))

    def _promised(self, offset: int) -> bool:
        """Whether a file-scope name is that of a static prototype, which is no definition."""
        rest = self.arms.code[offset : offset + 1000]
        return _STATIC.search(self._statement(offset)) is not None and _PROTOTYPE.match(rest) is not None

    def _statement(self, offset: int) -> str:
        """Return what stands before an offset, from the beginning of its statement."""
        at = bisect_right(self.arms.directives, (offset, 0, "")) - 1
        start = self.arms.directives[at][1] if at >= 0 else 0
        return _BEFORE.split(self.arms.code[max(start, offset - 1000) : offset])[-1]

    # what is found

    def _array(self) -> Iterator[Finding]:
        array = self.program.rule.array
        outside = [o for o in self._places(array) if self._inside(o) is None]
        where = next((o for o in outside if _STATIC.search(self._statement(o))), None)
        if where is None or TRUE in self._holders:
            return
        told = set()
        for use in self._uses(array):
            flip = self.arms.flip(use.when, either(self._holders), self.gates)
            if flip is None or use.function.name in told:
                continue
            told.add(use.function.name)
            name = use.function.name
            message = f"`{name}` is compiled {flip.without} as well, and `{array}` is not declared there"
            note = Note(self._at(where), f"`{array}` is declared only {flip.there}")
            yield plain(self.program, KIND, name, use.place, message, (note,), array)

    def _missing(self, name: str) -> Finding | None:
        definitions = self._definitions(name)
        main = self._main(definitions)
        if main is None or not main.static:
            return None  # a header may have the stub of what other files call
        covers = self._covers(name, definitions)
        lost: list[tuple[_Use, Flip]] = []
        for use in self._uses(name):
            flip = self.arms.flip(use.when, covers, self.gates)
            if flip is not None:
                lost.append((use, flip))
        if not lost:
            return None
        use, flip = lost[0]
        callers = list(dict.fromkeys(u.function.name for u, _ in lost))
        more = f" and {len(callers) - 1} more use" if len(callers) > 1 else " uses"
        message = f"`{name}` is not defined {flip.without}, and `{callers[0]}`{more} it there"
        notes = [
            Note(u.place, f"`{u.function.name}` uses `{name}` {f.without} as well")
            for u, f in {u.function.name: (u, f) for u, f in reversed(lost)}.values()
        ]
        notes = sorted(notes, key=lambda n: n.place)[:MAX_NOTES]
        return plain(self.program, KIND, name, main.place, message, tuple(notes), main.text)

    def _main(self, definitions: list[_Definition]) -> _Definition | None:
        """Return the definition that moves the counter, else the first."""
        knows = {self.program.rule.array, *self.program.recorders}
        real = [d for d in definitions if d.function is not None and d.function.names & knows]
        return next(iter([*real, *definitions]), None)

    def _mismatch(self, name: str) -> Finding | None:
        definitions = self._definitions(name)
        main = self._main(definitions)
        uses = self._uses(name)
        for stub in definitions:
            if main is None or stub is main or self.arms.possible(stub.when, main.when):
                continue
            flip = self.arms.flip(stub.when, main.when, self.gates | main.when.names())
            if flip is None:
                continue
            shared = [u for u in uses if all(self.arms.possible(both((u.when, d.when))) for d in (main, stub))]
            difference = _difference(main, stub, flip, called=bool(shared))
            if difference:
                notes = [Note(main.place, f"the definition {flip.there}: `{main.text}`")]
                notes += [Note(u.place, f"`{u.function.name}` uses it in both configurations") for u in shared[:1]]
                return plain(self.program, KIND, name, stub.place, difference, tuple(notes), stub.text)
        return None


def _offsets(code: str, name: str) -> list[int]:
    """Return where a name occurs, strings left out."""
    out = []
    at = code.find(name)
    while at >= 0:
        end = at + len(name)
        whole = not (_WORD.match(code, end) or (at and _WORD.match(code, at - 1)))
        if whole and _STRING.sub("", code[code.rfind("\n", 0, at) + 1 : at]).count('"') % 2 == 0:
            out.append(at)
        at = code.find(name, end)
    return out


def _count(parameters: tuple[Parameter, ...], head: str) -> int | None:
    if "..." in head:
        return None
    return len([p for p in parameters if not (p.type == "void" and not p.stars and not p.name)])


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:200]


def _difference(main: _Definition, stub: _Definition, flip: Flip, *, called: bool) -> str:
    """Return in what two definitions differ, "" where they are alike."""
    name, here, there = f"`{main.name}`", flip.without, flip.there
    if None not in {main.count, stub.count} and main.count != stub.count:
        if not called:
            return ""
        return f"{name} takes {parameters(stub.count)} {here}, and {parameters(main.count)} {there}"
    a, b = main.function, stub.function
    if a is None or b is None:
        return ""
    if main.static != stub.static:
        words = ("static", "not static") if stub.static else ("not static", "static")
        return f"{name} is {words[0]} {here}, and {words[1]} {there}"
    if not called:
        return ""
    for mine, other in zip(a.parameters, b.parameters, strict=False):
        if differ(type_text(mine), type_text(other)):
            return f"{name} takes `{type_text(other)}` {here}, and `{type_text(mine)}` {there}"
    if differ(spelled(a.returns), spelled(b.returns)):
        return f"{name} returns `{spelled(b.returns)}` {here}, and `{spelled(a.returns)}` {there}"
    return ""
