"""What a file takes from other files of its tree: the functions, macros and numbers that it uses and does not define.

Only what has a bearing on the rule is taken, and nothing that the rule itself says the meaning of. What cannot be read
stays as unknown as if it had not been looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lmlint.rule import Rule
    from lmlint.source import Dialect, Function, Node, Source

_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_HEAD = re.compile(rb"^[A-Za-z_][^\n]*", re.MULTILINE)
"""A line that may begin a function: the kernel indents whatever stands in one."""
_CALLED = re.compile(rb"([A-Za-z_]\w*)[ \t]*\(")
_SILENT = frozenset({"on", "off", "valid", "expand", "stops", "dies", "passes", "ignore"})
"""Actions that by themselves are no reason to look into the function that uses them."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was found in other files, by name: functions, macros that are used like them, constant expressions."""

    functions: Mapping[str, Function]
    macros: Mapping[str, Function]
    constants: Mapping[str, Node]

    def __contains__(self, name: str) -> bool:
        """Whether a function or a macro was found in another file."""
        return name in self.functions or name in self.macros

    @property
    def definitions(self) -> tuple[Function, ...]:
        """The functions and the macros that are used like them."""
        return (*self.functions.values(), *self.macros.values())


NOWHERE = Elsewhere({}, {}, {})


def look_up(source: Source, rule: Rule, others: Mapping[str, bytes]) -> Elsewhere:
    """Return what a file uses of other files (path to text), directly or through what it uses there.

    A name that the file defines itself, or that the rule speaks of, is never looked up; what no file defines does what
    the rule says that it does where it cannot be seen.
    """
    files = {path: text for path, text in others.items() if path != source.path}
    known = files or rule.hidden.keys() & source.mentions.keys()
    return _Search(source, rule, files).found() if known else NOWHERE


class _Search:
    def __init__(self, source: Source, rule: Rule, files: Mapping[str, bytes]) -> None:
        self.source, self.rule, self.files = source, rule, files
        self.own = {*(f.name for f in source.functions), *source.macros, *source.constants}
        self.places: dict[str, list[tuple[str, int]]] = {}
        for path, text in files.items():
            for name, times in _heads(text).items():
                self.places.setdefault(name, []).append((path, times))
        self.functions: dict[str, Function] = {}
        self.macros: dict[str, Function] = {}
        self.constants: dict[str, Node] = {}

    def found(self) -> Elsewhere:
        wanted: dict[str, None] = dict.fromkeys(self.source.mentions)
        while wanted:
            more: dict[str, None] = {}
            for name in wanted:
                more |= dict.fromkeys(self._look(name))
            wanted = more
        kept = self._bearing()
        return Elsewhere(
            {name: f for name, f in self.functions.items() if name in kept},
            {name: m for name, m in self.macros.items() if name in kept},
            self.constants,
        )

    def _look(self, name: str) -> Iterator[str]:
        """Take a name's definitions in, and yield the names that they use."""
        if name in self.own or self.rule.speaks_of(name):
            return
        self.own.add(name)  # once is enough
        places = self.places.get(name, [])
        for path, _ in places:
            there = _parsed(self.files[path], path, self.rule.dialect)
            if there is None:
                continue
            for function in there.functions:
                if function.name == name and self._is_usable(function, there):
                    self._choose(function)
            macro = there.macros.get(name)
            if macro is not None and self._is_usable(macro, there):
                self.macros.setdefault(name, macro)
            if name in there.constants and sum(times for _, times in places) == 1:
                self.constants[name] = there.constants[name]  # of two, nobody knows which one is compiled
        if name in self.rule.hidden and name not in self.functions and name not in self.macros:
            there = _parsed(self.rule.hidden[name].encode(), f"{self.rule.name}.toml", self.rule.dialect)
            for function in there.functions if there is not None else ():
                self._choose(function)
        for made in (self.functions.get(name), self.macros.get(name)):
            yield from sorted(made.names) if made is not None else ()
        if name in self.constants:
            yield from (n.text for n in self.constants[name].walk() if n.type == "identifier")

    def _choose(self, function: Function) -> None:
        """Take a function in; of two with one name, the one that knows the counter, else the first."""
        old, array = self.functions.get(function.name), self.rule.array
        if old is None or (array in function.names and array not in old.names):
            self.functions[function.name] = function

    def _is_usable(self, function: Function, there: Source) -> bool:
        """Whether the checked file means this definition, and it can be read."""
        if function.path.endswith(".c"):
            private = {f.name for f in there.functions if f.static} | there.macros.keys()
            if function.name in private or function.names & private - {function.name}:
                return False  # what it calls is not to be had by that name in the checked file
        if function.macro:
            return "({" not in function.text
        if function.damaged:
            return False
        try:
            return not function.body.broken
        except InputError:
            return False

    def _bearing(self) -> frozenset[str]:
        """Return the definitions that show a word of the rule's, or use one that does, and that the file comes to."""
        words = _words(self.rule)
        named: dict[str, set[str]] = {}
        for made in (*self.functions.values(), *self.macros.values()):
            types = {p.type for p in made.parameters}
            named.setdefault(made.name, set()).update(made.names, types)
        kept = {name for name, names in named.items() if names & words or any(map(self.rule.allocates, names))}
        while True:
            more = {name for name, names in named.items() if name not in kept and names & kept}
            if not more:
                break
            kept |= more
        met = kept & self.source.mentions.keys()
        work = list(met)
        while work:
            more = named[work.pop()] & kept - met
            met |= more
            work += more
        return frozenset(met)


def _words(rule: Rule) -> frozenset[str]:
    """Return the names by which a function shows that it may have to do with entries, the counter or its locks."""
    tables = (rule.primitives.entries.items(), rule.locking.entries.items())
    heads = {key[1] for items in tables for key, pairs in items if key[0] == "call_expression"
             for _, meaning in pairs if meaning.action not in _SILENT}  # fmt: skip
    return frozenset({rule.array, *heads, *rule.accounts, *rule.constants, *rule.level_of_type}) - {""}


@lru_cache(maxsize=1024)
def _heads(text: bytes) -> Counter[str]:
    """Return the names that a file seems to define, with how often each; names that it only declares, too."""
    found: Iterable[bytes] = _DEFINE.findall(text)
    names = Counter(name.decode() for name in found)
    for line in _HEAD.findall(text):
        if b"{" in line or not line.rstrip().endswith(b";"):
            names.update({name.decode() for name in _CALLED.findall(line)})
    return names


@lru_cache(maxsize=64)
def _parsed(text: bytes, path: str, dialect: Dialect) -> Source | None:
    """Return a file as a tree, None where it cannot be read; kept, for every file of a patch looks up the same ones."""
    try:
        return parse(text, path, dialect)
    except InputError:
        return None
