"""A rule: one TOML file that says what a counter counts and which primitives write page-table entries.

Checked when loaded: an unknown key, a missing key or a value of the wrong type is an error that names file and key.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmlint import toml
from lmlint.error import InputError
from lmlint.pattern import Table, compile_expression, compile_pattern, names_in
from lmlint.schema import check
from lmlint.scope import builtin_folder
from lmlint.source import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the page table: the type of its entries, what a leaf of each kind is counted as, what lies below."""

    name: str
    type: str
    leaf: Mapping[str, str]
    below: str
    entries: str
    block: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a matched primitive does: an action, the level it acts on, and a detail (a unit, kinds)."""

    action: str
    level: str = ""
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Build:
    """How the kernel is configured: the names of options (a glob) and what is true of them.

    `enabled` are the macros that test an option, `always` those that are on wherever the file is compiled, `implies`
    what each option (a glob) needs, `geometry` the option that selects each geometry: one of them is on.
    """

    option: str
    enabled: frozenset[str]
    always: frozenset[str]
    implies: Mapping[str, str]
    geometry: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """How the counter is printed: the primitives ($format and what follows it, $text, or $label and $value).

    `label` finds a size in printed text and `size` in the name of a constant (a number and one of kMGT); `unit` gives
    the bytes of the units that follow a number; `sometimes` gives, for each account of which not all geometries have
    leaves, those that do.
    """

    print: tuple[str, ...]
    length: tuple[str, ...]
    label: str
    size: str
    unit: Mapping[str, int]
    sometimes: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Rule:
    """A rule, its patterns compiled."""

    name: str
    summary: str
    why: str
    files: tuple[str, ...]
    lookup: tuple[str, ...]
    """Where definitions are found that a file uses and does not have (globs), read from the same base."""
    array: str
    accounts: Mapping[str, str]
    geometries: Mapping[str, Mapping[str, int]]
    constants: Mapping[str, str]
    levels: Mapping[str, Level]
    primitives: Table[Meaning]
    prot_types: frozenset[str]
    physical: frozenset[str]
    """The C types of physical addresses."""
    bit: str
    fail: frozenset[str]
    error: str
    outside: Mapping[str, str]
    remaps: Mapping[str, str]
    """The functions that also come to entries which are leaves already, with the reason."""
    hidden: Mapping[str, str]
    """What functions do that the hunks of a patch call and seldom show, as C."""
    lock_patterns: tuple[tuple[str, Meaning], ...]
    single: frozenset[str]
    """Attributes of functions that run while there is one thread."""
    holds: Mapping[str, tuple[str, ...]]
    """The locks that callers outside the file hold when they call a function."""
    assumptions: tuple[tuple[str, str], ...]
    dialect: Dialect
    build: Build | None
    report: Report | None
    example_bad: str
    example_good: str
    model: Mapping[str, Any]
    """The machine that the witness runs a file on, as the file says it; empty where there is none."""
    operations: tuple[Mapping[str, Any], ...]

    def applies(self, path: str) -> bool:
        """Whether the rule is about the file at this path of a kernel tree."""
        return any(fnmatch.fnmatchcase(path, glob) for glob in self.files)

    def looks_up(self, path: str) -> bool:
        """Whether definitions that a checked file lacks are looked up in the file at this path of its kernel tree."""
        return any(fnmatch.fnmatchcase(path, glob) for glob in self.lookup)

    def has_leaves(self, account: str, geometry: str) -> bool:
        """Whether a geometry has leaves of an account."""
        known = self.report.sometimes if self.report is not None else {}
        return geometry in known.get(account, {geometry})

    @cached_property
    def locking(self) -> Table[Meaning]:
        """What takes and releases locks, and which updates of the counter are atomic; compiled when first asked for."""
        return Table.of(self.lock_patterns)

    @cached_property
    def level_of_type(self) -> Mapping[str, str]:
        """The level whose entries have a C type."""
        return {level.type: level.name for level in self.levels.values()}

    def allocates(self, name: str) -> bool:
        """Whether a call of this name allocates a table."""
        return self._allocators.fullmatch(name) is not None

    @cached_property
    def _allocators(self) -> re.Pattern[str]:
        texts = [p.text for pairs in self.primitives.entries.values() for p, m in pairs if m.action == "alloc"]
        names = (re.escape(text.partition("(")[0]).replace(r"\*", r"\w*") for text in texts)
        return re.compile("|".join(names) or r"(?!)")

    def speaks_of(self, name: str) -> bool:
        """Whether the rule says itself what a name means, so that nobody looks its definition up."""
        words, globs = self._spoken
        return name in words or globs.fullmatch(name) is not None

    @cached_property
    def _spoken(self) -> tuple[frozenset[str], re.Pattern[str]]:
        """The names in the rule, and a pattern for those that are globs."""
        tables = (self.primitives, self.locking)
        found = frozenset().union(*(names_in(p) for t in tables for pairs in t.entries.values() for p, _ in pairs))
        sizes = (self.accounts, self.constants, *self.geometries.values())
        words = found.union({self.array, self.bit}, self.fail, *sizes)
        globs = (re.escape(name).replace(r"\*", r"\w*") for name in sorted(found) if "*" in name)
        return words, re.compile("|".join(globs) or r"(?!)")

    @cached_property
    def writers(self) -> frozenset[str]:
        """The names by which a function shows that it writes entries or moves the counter."""
        actions = ("write", "clear", "populate", "add", "sub")
        calls = {key: found for key, found in self.primitives.entries.items() if key[0] == "call_expression" and key[1]}
        return frozenset(key[1] for key, found in calls.items() for _, m in found if m.action in actions) | {self.array}


def builtin_rules() -> Path:
    """Return the folder of the rules that come with lmlint: in the wheel, or in the checkout."""
    return Path(builtin_folder())


def load_rules(folders: Sequence[Path], names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules of the folders, by name, or only those named; raises InputError when one is bad or missing."""
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: not a folder of rules")
        found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    for name in names:
        if name not in found:
            raise InputError(f"no rule is called `{name}`; there are: {', '.join(sorted(found)) or 'none'}")
    return tuple(load_rule(found[name]) for name in sorted(found) if not names or name in names)


def load_rule(path: Path) -> Rule:
    """Return the rule in a file; raises InputError naming the file and the key that is wrong."""
    data = toml.loads(toml.read(path), str(path))
    try:
        check(data)
        return _built(path.stem, data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _patterns(data: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    counter, values = data["counter"], data.get("values", {})
    for key in ("add", "sub", "read"):
        for text in counter.get(key, []):
            yield text.replace("$C", counter["array"]), Meaning(key)
    for name, level in data["level"].items():
        yield from _level_patterns(name, level, data["level"])
    for text, expression in values.get("expand", {}).items():
        yield text, Meaning("expand", detail=compile_expression(expression))
    for name, texts in values.get("make", {}).items():
        for text in texts:
            yield text, Meaning("make", name)
    for section, keys in _PLAIN.items():
        for key in keys:
            for text in data.get(section, {}).get(key, []):
                yield text, Meaning(key)


def _level_patterns(name: str, level: Mapping[str, Any], levels: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key in ("read", "write", "clear", "populate"):
        for text in level.get(key, []):  # one spelling may serve several levels
            yield text, Meaning(key, name, frozenset(n for n, other in levels.items() if text in other.get(key, [])))
    for text in level.get("walk", []):
        yield text, Meaning("walk", name, level.get("below", ""))
    for text, unit in level.get("step", {}).items():
        yield text, Meaning("step", name, unit)
    for test, kinds in level.get("test", {}).items():
        yield f"{test}($x)", Meaning("test", name, frozenset(kinds))


def _lock_patterns(data: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key, texts in data.get("locks", {}).items():
        if key != "single":
            yield from ((text, Meaning(key)) for text in texts)
    for text in data["counter"].get("atomic", []):
        yield text.replace("$C", data["counter"]["array"]), Meaning("atomic")


_PLAIN = {
    "counter": ("region", "on"),
    "values": ("valid", "keep", "cont", "noncont", "same_block", "safe_change", "aligned", "align_down", "index"),
    "table": ("alloc", "virt", "phys"),
    "control": ("stops", "dies", "passes", "ignore"),
}
"""Keys whose patterns mean what the key says, and nothing more."""
_VARIABLES = {"write": {"p", "v"}, "clear": {"p"}, "populate": {"p", "t"}, "walk": {"p", "a"}, "step": {"a", "e"},
              "keep": {"x"}, "valid": {"x"}, "make": {"prot"}, "same_block": {"p", "n"}, "safe_change": {"old", "new"},
              "region": {"addr"}, "virt": {"t"}, "phys": {"t"}, "stops": {"c"}, "passes": {"c"}}  # fmt: skip


def _built(name: str, data: Mapping[str, Any]) -> Rule:
    pairs = list(_patterns(data))
    for text, meaning in pairs:
        missing = _VARIABLES.get(meaning.action, set()) - set(compile_pattern(text).variables)
        if missing:
            raise InputError(f"pattern `{text}` ({meaning.action}) must name ${', $'.join(sorted(missing))}")
    levels = {key: _level(key, level) for key, level in data["level"].items()}
    source, values, control = (data.get(s, {}) for s in ("source", "values", "control"))
    example = data.get("example", {})
    return Rule(
        name=name,
        summary=data["summary"],
        why=data.get("why", "").strip(),
        files=tuple(data["files"]),
        lookup=tuple(data.get("lookup", [])),
        array=data["counter"]["array"],
        accounts=dict(data["account"]),
        geometries={key: dict(numbers) for key, numbers in data["geometry"].items()},
        constants=dict(data.get("constant", {})),
        levels=levels,
        primitives=Table.of(pairs),
        prot_types=frozenset(values.get("prot", [])),
        physical=frozenset(values.get("physical", [])),
        bit=values.get("bit", ""),
        fail=frozenset(data.get("table", {}).get("fail", [])),
        error=control.get("error", ""),
        outside={f: entry["why"] for entry in data.get("outside", []) for f in entry["functions"]},
        remaps={f: entry["why"] for entry in data.get("remaps", []) for f in entry["functions"]},
        hidden=dict(data.get("hidden", {})),
        lock_patterns=tuple(_lock_patterns(data)),
        single=frozenset(data.get("locks", {}).get("single", [])),
        holds={f: tuple(entry["locks"]) for entry in data.get("holds", []) for f in entry["functions"]},
        assumptions=tuple((entry["fact"], entry["why"]) for entry in data.get("assume", [])),
        dialect=Dialect(*(tuple(source.get(key, ())) for key in ("attributes", "calls", "loops", "scopes"))),
        build=_build(data),
        report=_report(data),
        example_bad=example.get("bad", "").strip("\n"),
        example_good=example.get("good", "").strip("\n"),
        model=data.get("model", {}),
        operations=tuple(data.get("operation", [])),
    )


_NO_SIZE = "(?!)()()"
"""What no text matches."""


def _build(data: Mapping[str, Any]) -> Build | None:
    build = data.get("build")
    if build is None:
        return None
    return Build(
        option=build.get("option", "*"),
        enabled=frozenset(build.get("enabled", [])),
        always=frozenset(build.get("always", [])),
        implies=dict(build.get("implies", {})),
        geometry=dict(build["geometry"]),
    )


def _report(data: Mapping[str, Any]) -> Report | None:
    report = data.get("report")
    if report is None:
        return None
    for text in (*report.get("print", []), *report.get("length", [])):
        compile_pattern(text)
    return Report(
        print=tuple(report.get("print", [])),
        length=tuple(report.get("length", [])),
        label=report.get("label", _NO_SIZE),
        size=report.get("size", _NO_SIZE),
        unit=dict(report.get("unit", {})),
        sometimes={account: frozenset(names) for account, names in report.get("sometimes", {}).items()},
    )


def _level(name: str, data: Mapping[str, Any]) -> Level:
    kinds = {"none"} | set(data.get("leaf", {})) | ({"table"} if data.get("below") else set())
    return Level(name, data["type"], dict(data.get("leaf", {})), data.get("below", ""), data.get("entries", ""),
                 data.get("block", ""), frozenset(kinds))  # fmt: skip
