"""The arms of `#if`: under which condition each line of a file is compiled, and which configurations tell two apart."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING

from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from lmlint.engine.program import Program
    from lmlint.rule import Build
    from lmlint.source import Node

MAX_NAMES = 9
"""How many options a comparison may depend on: it looks at every way of setting them."""
MAX_FLIPS = 3
MAX_DEEP, MAX_ARMS = 32, 64
"""How deep conditionals may nest, and how many arms one may have, before nothing is said of them."""
MAX_SIZE = 2_000
"""How long a condition may grow, with the conditions of the macros that it hangs on, before nothing is said of it."""
MAX_LOOKED_UP = 6
"""How many macros may hang on each other."""
_UNSURE = "?"

_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)\b((?:\\\n|[^\n])*)", re.MULTILINE)
_ENUM = re.compile(r"enum\b[^;{}()]*+(?:\{([^{}]*)\})?")
"""A head without a body matches as well, or the search would look at it again from every word in it."""
_OPENS = frozenset({"if", "ifdef", "ifndef"})
_TURNS = frozenset({"elif", "elifdef", "elifndef", "else"})
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Formula:
    """A condition: an option by its name, or `true`, `not`, `and`, `or` of others.

    A name with a `?` before it hangs on what the file itself defines, so that nothing can be said of it.
    """

    op: str
    name: str = ""
    parts: tuple[Formula, ...] = ()
    size: int = field(init=False, repr=False, compare=False)
    """How many formulas it consists of."""

    def __post_init__(self) -> None:
        """Count."""
        object.__setattr__(self, "size", 1 + sum(part.size for part in self.parts))

    def holds(self, on: AbstractSet[str]) -> bool:
        """Whether it is true where just these options are on."""
        if self.op == "name":
            return self.name in on
        if self.op == "not":
            return not self.parts[0].holds(on)
        return any(p.holds(on) for p in self.parts) if self.op == "or" else all(p.holds(on) for p in self.parts)

    def names(self) -> frozenset[str]:
        """Return the options that it depends on."""
        return frozenset({self.name} if self.op == "name" else ()).union(*(p.names() for p in self.parts))


TRUE = Formula("and")
FALSE = Formula("or")


def negated(formula: Formula) -> Formula:
    """Return the opposite."""
    return Formula("not", parts=(formula,))


def both(formulas: Iterable[Formula]) -> Formula:
    """Return the condition that all of these hold."""
    return Formula("and", parts=tuple(f for f in formulas if f != TRUE))


def either(formulas: Iterable[Formula]) -> Formula:
    """Return the condition that one of these holds."""
    return Formula("or", parts=tuple(formulas))


@dataclass(frozen=True, slots=True)
class Flip:
    """Two configurations that one or a few options tell apart, in words."""

    without: str
    """Where something is compiled that is not covered."""
    there: str
    """Where it would be."""


def _where(settings: Mapping[str, bool]) -> str:
    return "where " + " and ".join(f"`{name}` is {'on' if value else 'off'}" for name, value in settings.items())


class Arms:
    """The conditionals of a file."""

    def __init__(self, code: bytes, build: Build) -> None:
        """Read the directives of a text without comments."""
        self.code = code.decode("latin-1")  # one character a byte: offsets are those of the grammar
        self.build = build
        self.directives: list[tuple[int, int, str]] = []
        """Where each directive begins and ends, and its word."""
        self.defined: dict[str, list[int]] = {}
        """The lines on which each macro is defined; -1 where it is undefined again."""
        self._lines = [0]
        self._stacks: list[tuple[tuple[tuple[str, bool], ...], ...]] = [()]
        self._known: dict[object, Formula] = {}
        self._busy: set[str] = set()
        self._read()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.code))]

    def line(self, offset: int) -> int:
        """Return the line, from 1, of an offset."""
        return bisect_right(self._starts, offset)

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, both from 1."""
        return self._starts[line - 1] + column - 1

    def column(self, offset: int) -> int:
        """Return the column, from 1, of an offset."""
        return offset - self._starts[self.line(offset) - 1] + 1

    @cached_property
    def enums(self) -> tuple[tuple[int, int], ...]:
        """Where the enumerators of each enum begin and end."""
        return tuple(m.span(1) for m in _ENUM.finditer(self.code) if m[1] is not None)

    def _read(self) -> None:
        stack: list[tuple[tuple[str, bool], ...]] = []
        for match in _DIRECTIVE.finditer(self.code):
            word, rest = match[1], match[2].replace("\\\n", " ").strip()
            self.directives.append((match.start(), match.end(), word))
            if word in {"define", "undef"}:
                name = _NAME.match(rest)
                if name is not None:
                    line = self.line(match.start()) if word == "define" else -1
                    self.defined.setdefault(name[0], []).append(line)
                continue
            if word in _OPENS:
                stack.append(((_test(word, rest), True),))
            elif word in _TURNS and stack:
                before = tuple((text, False) for text, _ in stack[-1])
                arm = before if word == "else" else (*before, (_test(word.removeprefix("el"), rest), True))
                stack[-1] = arm if len(arm) <= MAX_ARMS else ((_UNSURE, True),)
            elif word == "endif" and stack:
                stack.pop()
            else:
                continue
            self._lines.append(self.line(match.start()) + 1)
            self._stacks.append(tuple(stack) if len(stack) <= MAX_DEEP else (((_UNSURE, True),),))

    @property
    def any(self) -> bool:
        """Whether there is a conditional at all."""
        return len(self._lines) > 1

    def at(self, line: int) -> Formula:
        """Return the condition under which a line is compiled."""
        stack = self._stacks[bisect_right(self._lines, line) - 1]
        if stack not in self._known:
            tests = [(self.condition(text), truth) for arm in stack for text, truth in arm]
            arms = [formula if truth else negated(formula) for formula, truth in tests]
            formula = both(arms)
            formula = formula if formula.size <= MAX_SIZE else Formula("name", _UNSURE)
            if self._busy:
                return formula  # made while a macro that it hangs on is looked up
            self._known[stack] = formula
        return self._known[stack]

    @cached_property
    def every(self) -> frozenset[str]:
        """The options that some line of the file is compiled by."""
        return frozenset().union(*(self.at(line).names() for line in self._lines))

    def names(self, first: int, last: int) -> frozenset[str]:
        """Return the options that some line between these is compiled by."""
        lines = [first, *(line for line in self._lines if first < line <= last)]
        return frozenset().union(*(self.at(line).names() for line in lines))

    def condition(self, text: str) -> Formula:
        """Return the condition that an expression of the preprocessor states."""
        node = parse_expression(re.sub(r"\bdefined\s+(\w+)", r"defined(\1)", text))
        return self._opaque(text) if node is None else self._of(node)

    def _of(self, node: Node) -> Formula:
        if node.type == "parenthesized_expression" and len(node.kids) == 1:
            return self._of(node.kids[0])
        if node.type == "number_literal":
            return FALSE if node.text in {"0", "0L", "0UL"} else TRUE
        if node.type == "unary_expression" and node.op == "!":
            return negated(self._of(node.field("argument")))
        if node.type == "binary_expression" and node.op in {"&&", "||"}:
            sides = (self._of(node.field("left")), self._of(node.field("right")))
            return both(sides) if node.op == "&&" else either(sides)
        if node.type == "call_expression" and node.field("function").text in {"defined", *self.build.enabled}:
            arguments = node.field("arguments").kids
            if len(arguments) == 1 and arguments[0].type == "identifier":
                return self._defined(arguments[0].text)
        return self._opaque(node.text)

    def _defined(self, name: str) -> Formula:
        if name in self.build.always:
            return TRUE
        if name not in self.defined:
            return Formula("name", name)
        lines = self.defined[name]
        if name in self._busy or -1 in lines or len(lines) > MAX_ARMS or len(self._busy) > MAX_LOOKED_UP:
            return Formula("name", f"?{name}")
        self._busy.add(name)
        try:
            return either(self.at(line) for line in lines)
        finally:
            self._busy.discard(name)

    def _opaque(self, text: str) -> Formula:
        unsure = any(name in self.defined for name in _NAME.findall(text))
        return Formula("name", ("?" if unsure else "") + " ".join(text.split()))

    def is_option(self, name: str) -> bool:
        """Whether a name is that of an option, which may be on or off."""
        return fnmatchcase(name, self.build.option) and name.isidentifier()

    def worlds(self, names: Iterable[str]) -> Iterator[frozenset[str]]:
        """Yield the options that are on, for every way of setting these that there may be."""
        ordered = sorted(names)
        choice = set(self.build.geometry.values())
        for values in product((False, True), repeat=len(ordered)):
            on = frozenset(name for name, value in zip(ordered, values, strict=True) if value)
            chosen = len(on & choice)
            if chosen > 1 or (not chosen and choice and choice <= set(ordered)):
                continue
            if all(need in on or need not in ordered for name in on for need in self._needs(name)):
                yield on

    def _needs(self, name: str) -> list[str]:
        return [need for glob, need in self.build.implies.items() if need != name and fnmatchcase(name, glob)]

    def possible(self, *formulas: Formula) -> bool:
        """Whether all of these can hold at once; True where there is too much to look at."""
        names = frozenset().union(*(f.names() for f in formulas))
        return len(names) > MAX_NAMES or any(all(f.holds(on) for f in formulas) for on in self.worlds(names))

    def flip(self, use: Formula, cover: Formula, gates: frozenset[str]) -> Flip | None:
        """Return what makes the difference where `use` holds without `cover`, or None where nobody can be sure.

        Only options make one. Where `use` hangs on options that `cover` does not know, one may imply another: then
        only the gates, which the counter hangs on, are believed to be independent.
        """
        names = use.names() | cover.names()
        if len(names) > MAX_NAMES or any(name.startswith("?") for name in names):
            return None
        foreign = use.names() - cover.names()
        free = sorted(name for name in cover.names() if self.is_option(name) and (not foreign or name in gates))
        worlds = list(self.worlds(names))
        bad = [on for on in worlds if use.holds(on) and not cover.holds(on)]
        good = {on for on in worlds if cover.holds(on)}
        for size in range(1, min(MAX_FLIPS, len(free)) + 1):
            for some in combinations(free, size):
                for on in bad:
                    if on ^ frozenset(some) in good:
                        settings = self._reason(cover, on, worlds, some)
                        return Flip(_where(settings), _where({name: name not in on for name in some}))
        return None

    @staticmethod
    def _reason(
        cover: Formula, on: frozenset[str], worlds: list[frozenset[str]], some: tuple[str, ...]
    ) -> dict[str, bool]:
        """Return as few of the settings of a configuration as it takes to see that it is not covered."""
        settings = {name: name in on for name in sorted(cover.names(), key=lambda n: (n not in some, n))}
        for name in [n for n in settings if n not in some]:
            fewer = {n: v for n, v in settings.items() if n != name}
            if not any(cover.holds(w) for w in worlds if all((n in w) == v for n, v in fewer.items())):
                settings = fewer
        return settings

    def text(self, start: int, end: int, on: AbstractSet[str]) -> str:
        """Return a piece of the code with what is not compiled where just these options are on blanked."""
        piece = self.code[start:end]
        out, line = [], self.line(start)
        hidden = {
            n
            for s, e, word in self.directives
            if start <= s < end and word not in {"define", "undef"}
            for n in range(self.line(s), self.line(e) + 1)
        }
        active = frozenset(on)
        for number, text in enumerate(piece.split("\n"), line):
            kept = number not in hidden and self.at(number).holds(active)
            out.append(text if kept else " " * len(text))
        return "\n".join(out)


@lru_cache(maxsize=1)
def arms_of(program: Program) -> Arms:
    """Return the conditionals of a program's file, whose rule has a [build]."""
    build = program.rule.build
    assert build is not None  # noqa: S101 - asked by both callers
    return Arms(program.source.code, build)


def _test(word: str, rest: str) -> str:
    """Return the expression of a directive; `ifdef X` asks whether X is defined."""
    if word in {"ifdef", "ifndef"}:
        name = _NAME.match(rest)
        return f"{'!' if word == 'ifndef' else ''}defined({name[0] if name is not None else '_'})"
    return rest
