"""A rule: one TOML file that says what a counter counts and which primitives write page-table entries.

Checked when loaded: an unknown key, a missing key or a value of the wrong type is an error that names file,
line and key.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmlint import agreement, metavariables, modelled, sizes, toml
from lmlint.error import InputError
from lmlint.pattern import Table, compile_expression, is_metavariable, names_in, words_in
from lmlint.schema import UNITS, Mistake, typed
from lmlint.scope import builtin_folder
from lmlint.source import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmlint.source import Node


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
    tests: Mapping[str, frozenset[str]]
    """The kinds that each function which asks what a value is is true of."""


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
    unit: str
    """What the counter counts: bytes, or entries."""
    index: Mapping[str, int]
    """Where in the counter each account stands, as far as the rule says so."""
    where: Mapping[str, str]
    """The parameters that say whether what a function does is counted, and the value by which; "" for a boolean one."""
    accounts: Mapping[str, str]
    geometries: Mapping[str, Mapping[str, int]]
    constants: Mapping[str, str]
    levels: Mapping[str, Level]
    primitives: Table[Meaning]
    prot_types: frozenset[str]
    physical: frozenset[str]
    """The C types of physical addresses."""
    bit: str
    table_bits: frozenset[str]
    """Names of bits that make a value made of bits one that points to a table."""
    fail: frozenset[str]
    error: str
    inside: Mapping[str, str]
    """The functions that serve the counted region alone, with the reason."""
    outside: Mapping[str, str]
    shared: Mapping[str, str]
    """The functions that serve the counted region and others, so that whoever records below them has to ask which."""
    remaps: Mapping[str, str]
    """The functions that also come to entries which are leaves already, with the reason."""
    repaints: Mapping[str, tuple[Node, str]]
    """Those that write only over leaves, with the condition under which they do, and why."""
    adopts: Mapping[str, tuple[Node, str]]
    """The functions that take leaves over which nobody has counted, with the condition under which they do, and why."""
    hidden: Mapping[str, str]
    """What functions do whose definitions are not in sight, as C."""
    lock_patterns: tuple[tuple[str, Meaning], ...]
    single: frozenset[str]
    """Attributes of functions that run while there is one thread."""
    holds: Mapping[str, tuple[str, ...]]
    """The locks that callers outside the file hold when they call a function."""
    assumptions: tuple[tuple[str, str], ...]
    dialect: Dialect
    build: Build | None
    report: Report | None
    example_before: str
    """What stands before both examples: the counter, and what moves it."""
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
        words = found.union({self.array, self.bit}, self.table_bits, self.fail, *sizes)
        globs = (re.escape(name).replace(r"\*", r"\w*") for name in sorted(found) if "*" in name)
        return words, re.compile("|".join(globs) or r"(?!)")

    @property
    def modes(self) -> frozenset[str]:
        """The values of parameters that say that something is counted."""
        return frozenset(value for value in self.where.values() if value)

    @cached_property
    def sole(self) -> str:
        """The one account of a counter that is a variable or a member; "" where there are several."""
        return next(iter(self.accounts)) if len(self.accounts) == 1 else ""

    @cached_property
    def signs(self) -> frozenset[str]:
        """The names by which a file shows that it has to count: the counter, and what moves it or is counted."""
        counter = re.compile(rf"\b{re.escape(self.array)}\b")
        return frozenset(
            {self.array, *self.modes, *(name for name, code in self.hidden.items() if counter.search(code))}
        )

    def counts_in(self, text: bytes) -> bool:
        """Whether a file may have to do with the counter: a quick look."""
        return any(name.encode() in text for name in self.signs)

    @cached_property
    def writers(self) -> frozenset[str]:
        """The names by which a function shows that it writes entries or moves the counter."""
        return self.shown("write", "fill", "clear", "populate", "map", "unmap", "add", "sub") | self.signs

    def shown(self, *actions: str) -> frozenset[str]:
        """Return the names by which code shows that it uses a primitive of these actions: of calls, else all in it."""
        found: set[str] = set()
        for (kind, name), pairs in self.primitives.entries.items():
            for pattern, meaning in pairs:
                if any(one.action in actions for one in self.meant(meaning)):
                    found |= {name} if kind == "call_expression" else words_in(pattern)
        return frozenset(found) - {""}

    def meant(self, meaning: Meaning) -> tuple[Meaning, ...]:
        """Return what a primitive means: of one that stands for something else, what all in that does."""
        if meaning.action != "expand":
            return (meaning,)
        found = (self.primitives.find(node) for node in meaning.detail.walk())
        return tuple(one[0] for one in found if one is not None and one[0].action != "expand")

    @cached_property
    def asked(self) -> frozenset[str]:
        """The names of bits that the rule says what they tell of an entry, where they are and-ed with its value."""
        pairs = self.primitives.entries.get(("binary_expression", "&"), ())
        sides = (side for p, m in pairs if m.action == "expand" for side in p.node.kids)
        return frozenset(side.text for side in sides if side.type == "identifier" and not is_metavariable(side))

    @cached_property
    def member(self) -> bool:
        """Whether the counter is a member of a structure."""
        pairs = (pair for found in self.primitives.entries.values() for pair in found)
        nodes = (n for p, m in pairs if m.action in {"add", "sub"} for n in p.node.walk())
        return any(n.type == "field_identifier" and n.text == self.array for n in nodes)


def builtin_rules() -> Path:
    """Return the folder of the rules that come with lmlint: in the wheel, or in the checkout."""
    return Path(builtin_folder())


def load_rules(folders: Sequence[Path], names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules of the folders, by name, or only those named; raises InputError when one is bad or missing."""
    ours = builtin_rules()  # which the tests have looked at
    return tuple(load_rule(path, trusted=path.parent == ours) for path in rule_files(folders, names))


def rule_files(folders: Sequence[Path], names: Sequence[str]) -> tuple[Path, ...]:
    """Return the files of the rules in the folders, by name; of two with one name, that of the later folder.

    Where `names` are given, only those; raises InputError where there is none of a name.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: not a folder of rules")
        found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    for name in names:
        if name not in found:
            raise InputError(f"no rule is called `{name}`; there are: {', '.join(sorted(found)) or 'none'}")
    return tuple(found[name] for name in sorted(found) if not names or name in names)


def rules_for(rules: Sequence[Rule], name: str, data: bytes) -> tuple[Rule, ...]:
    """Return the rules that a file given by name is meant for: those that are about it by its path, or its text.

    A file of a rule's corpus is that rule's. Raises InputError where neither tells and several could be meant.
    """
    parts = Path(name).absolute().parts
    paths = ["/".join(parts[at:]) for at in range(1, len(parts))]
    fitting = tuple(rule for rule in rules if rule.name in parts[:-1] or any(map(rule.applies, paths)))
    if fitting:
        return fitting
    awake = tuple(rule for rule in rules if rule.counts_in(data))
    if len(awake) > 1:
        names = ", ".join(rule.name for rule in awake)
        raise InputError(f"{name}: its path fits no rule, and its text fits {names}; say which with --rule")
    return awake or tuple(rules)


def load_rule(path: Path, *, trusted: bool = False) -> Rule:
    """Return the rule in a file; raises InputError naming the file, the line and the key that is wrong.

    A `trusted` one is known to hold no mistake, and is not looked at for any.
    """
    text = toml.read(path)
    data = toml.attempt(text)
    if isinstance(data, toml.Slip):
        raise InputError(f"{path}:{data.line or 1}: {data.what}")
    found = () if trusted else mistakes(data)
    if found:
        places = toml.places(text)
        first = min(found, key=lambda one: (not one.key, places.line(one.key)))  # what is missing stands nowhere
        more = f" (and {len(found) - 1} more: `lmlint rules check` says all)" if len(found) > 1 else ""
        raise InputError(f"{path}:{places.line(first.key)}: {first.what}{more}")
    return build(path.stem, data)


def mistakes(data: Mapping[str, Any], *, late: bool = False) -> tuple[Mistake, ...]:
    """Return all that is wrong with a rule; `late` also with what is compiled when it is first asked for."""
    known, found = typed(data)
    return (
        *found,
        *agreement.mistakes(known),
        *sizes.mistakes(known),
        *modelled.mistakes(known),
        *metavariables.mistakes(known, late=late),
    )


def _flag(text: str) -> tuple[str, str]:
    """Return the name of a parameter, and the value by which it says that something is counted; "" where it is true."""
    name, _, value = text.partition("==")
    return name.strip(), value.strip()


def _patterns(data: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    counter, values = data["counter"], data.get("values", {})
    for key in ("add", "sub", "read", "on"):
        for text in counter.get(key, []):
            off = key == "on" and text.startswith("!")
            yield text.replace("$C", counter["array"]).removeprefix("!" if off else ""), Meaning("off" if off else key)
    for name, level in data.get("level", {}).items():
        yield from _level_patterns(name, level, data["level"])
    for key in ("make", "bits"):
        for name, texts in values.get(key, {}).items():
            yield from ((text, Meaning(key, name)) for text in texts)
    for section, keys in _PLAIN.items():
        for key in keys:
            for text in data.get(section, {}).get(key, []):
                yield text, Meaning(key)
    for text, expression in values.get("expand", {}).items():  # last: what has a meaning of its own is not rewritten
        yield text, Meaning("expand", detail=compile_expression(expression))


def _level_patterns(name: str, level: Mapping[str, Any], levels: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for key in ("read", "write", "clear", "populate", "fill"):
        for text in level.get(key, []):  # one spelling may serve several levels
            yield text, Meaning(key, name, frozenset(n for n, other in levels.items() if text in other.get(key, [])))
    for key in ("walk", "grow", "enter"):
        for text in level.get(key, []):
            yield text, Meaning(key, name, level.get("below", ""))
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
    "counter": ("region",),
    "moves": ("map", "unmap"),
    "values": (
        "valid",
        "find",
        "keep",
        "cont",
        "noncont",
        "same_block",
        "safe_change",
        "aligned",
        "align_down",
        "index",
    ),
    "table": ("alloc", "virt", "phys"),
    "control": ("stops", "dies", "passes", "ignore"),
}
"""Keys whose patterns mean what the key says, and nothing more."""


def build(name: str, data: Mapping[str, Any]) -> Rule:
    """Return the rule that a file is which has no mistakes."""
    pairs = list(_patterns(data))
    levels = {key: _level(key, level) for key, level in data.get("level", {}).items()}
    levels |= {level.name: level for level in (_unseen(levels, data) if data.get("moves") else ())}
    source, values, control = (data.get(s, {}) for s in ("source", "values", "control"))
    example = data.get("example", {})
    return Rule(
        name=name,
        summary=data["summary"],
        why=data.get("why", "").strip(),
        files=tuple(data["files"]),
        lookup=tuple(data.get("lookup", [])),
        array=data["counter"]["array"],
        unit=data["counter"].get("unit", UNITS[0]),
        index=dict(data["counter"].get("index", {})),
        where=dict(_flag(text) for text in data["counter"].get("where", [])),
        accounts=dict(data["account"]),
        geometries={key: dict(numbers) for key, numbers in data["geometry"].items()},
        constants=dict(data.get("constant", {})),
        levels=levels,
        primitives=Table.of(pairs),
        prot_types=frozenset(values.get("prot", [])),
        physical=frozenset(values.get("physical", [])),
        bit=values.get("bit", ""),
        table_bits=frozenset(values.get("table", [])),
        fail=frozenset(data.get("table", {}).get("fail", [])),
        error=control.get("error", ""),
        inside={f: entry["why"] for entry in data.get("inside", []) for f in entry["functions"]},
        outside={f: entry["why"] for entry in data.get("outside", []) for f in entry["functions"]},
        shared={f: entry["why"] for entry in data.get("shared", []) for f in entry["functions"]},
        remaps={f: entry["why"] for entry in data.get("remaps", []) if "when" not in entry for f in entry["functions"]},
        repaints={
            f: (compile_expression(entry["when"]), entry["why"])
            for entry in data.get("remaps", [])
            if "when" in entry
            for f in entry["functions"]
        },
        adopts={
            f: (compile_expression(entry["when"]), entry["why"])
            for entry in data.get("adopts", [])
            for f in entry["functions"]
        },
        hidden=dict(data.get("hidden", {})),
        lock_patterns=tuple(_lock_patterns(data)),
        single=frozenset(data.get("locks", {}).get("single", [])),
        holds={f: tuple(entry["locks"]) for entry in data.get("holds", []) for f in entry["functions"]},
        assumptions=tuple((entry["fact"], entry["why"]) for entry in data.get("assume", [])),
        dialect=Dialect(*(tuple(source.get(key, ())) for key in ("attributes", "calls", "loops", "scopes"))),
        build=_build(data),
        report=_report(data),
        example_before=example.get("before", "").strip("\n"),
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
    return Report(
        print=tuple(report.get("print", [])),
        length=tuple(report.get("length", [])),
        label=report.get("label", _NO_SIZE),
        size=report.get("size", _NO_SIZE),
        unit=dict(report.get("unit", {})),
        sometimes={account: frozenset(names) for account, names in report.get("sometimes", {}).items()},
    )


def _unseen(levels: Mapping[str, Level], data: Mapping[str, Any]) -> Iterator[Level]:
    """Yield a level for each account of which leaves are moved and no entry is ever seen."""
    seen = {account for level in levels.values() for account in level.leaf.values()}
    for account in (one for one in data["account"] if one not in seen):
        name = f"({account})"  # no name of a level or of a C type
        yield _level(name, {"type": name, "leaf": {"plain": account}})


def _level(name: str, data: Mapping[str, Any]) -> Level:
    kinds = {"none"} | set(data.get("leaf", {})) | ({"table"} if data.get("below") else set())
    tests = {test: frozenset(which) for test, which in data.get("test", {}).items()}
    return Level(name, data["type"], dict(data.get("leaf", {})), data.get("below", ""), data.get("entries", ""),
                 data.get("block", ""), frozenset(kinds), tests)  # fmt: skip
