"""A rule: one TOML file that says what a counter counts and which primitives write page-table entries.

Checked when loaded: an unknown key, a missing key or a value of the wrong type is an error that names file and key.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError
from lmlint.pattern import Table, compile_expression, compile_pattern
from lmlint.source import Dialect, parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KINDS = ("none", "table", "plain", "cont")
"""What an entry can hold: nothing, a pointer to a table, a leaf, a leaf that is part of a contiguous block."""

_LIST, _TEXT, _MAP = list, str, dict
_SHAPE: dict[str, dict[str, type]] = {
    "source": {"attributes": _LIST, "calls": _LIST, "loops": _LIST},
    "counter": {"array": _TEXT, "add": _LIST, "sub": _LIST, "read": _LIST, "region": _LIST, "on": _LIST},
    "values": {"prot": _LIST, "keep": _LIST, "make": _MAP, "cont": _LIST, "noncont": _LIST, "bit": _TEXT,
               "same_block": _LIST, "safe_change": _LIST, "expand": _MAP, "aligned": _LIST, "align_down": _LIST,
               "index": _LIST},
    "table": {"alloc": _LIST, "fail": _LIST, "virt": _LIST, "phys": _LIST},
    "control": {"stops": _LIST, "dies": _LIST, "passes": _LIST, "ignore": _LIST, "error": _TEXT},
    "example": {"bad": _TEXT, "good": _TEXT},
}  # fmt: skip
_TOP = {"summary": _TEXT, "files": _LIST, "why": _TEXT, "account": _MAP, "geometry": _MAP,
        "constant": _MAP, "level": _MAP, "outside": _LIST, "assume": _LIST}  # fmt: skip
_LEVEL = {"type": _TEXT, "below": _TEXT, "entries": _TEXT, "leaf": _MAP, "read": _LIST, "write": _LIST, "clear": _LIST,
          "populate": _LIST, "walk": _LIST, "step": _MAP, "block": _TEXT, "test": _MAP}  # fmt: skip
_REQUIRED = ("summary", "files", "counter", "account", "geometry", "level")


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


@dataclass(frozen=True)
class Rule:
    """A rule, its patterns compiled."""

    name: str
    summary: str
    why: str
    files: tuple[str, ...]
    array: str
    accounts: Mapping[str, str]
    geometries: Mapping[str, Mapping[str, int]]
    constants: Mapping[str, str]
    levels: Mapping[str, Level]
    primitives: Table[Meaning]
    prot_types: frozenset[str]
    bit: str
    fail: frozenset[str]
    error: str
    outside: Mapping[str, str]
    assumptions: tuple[tuple[str, str], ...]
    dialect: Dialect
    example_bad: str
    example_good: str

    def applies(self, path: str) -> bool:
        """Whether the rule is about the file at this path of a kernel tree."""
        return any(fnmatch.fnmatchcase(path, glob) for glob in self.files)

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

    @cached_property
    def writers(self) -> frozenset[str]:
        """The names by which a function shows that it writes entries or moves the counter."""
        actions = ("write", "clear", "populate", "add", "sub")
        calls = {key: found for key, found in self.primitives.entries.items() if key[0] == "call_expression" and key[1]}
        return frozenset(key[1] for key, found in calls.items() for _, m in found if m.action in actions) | {self.array}


def builtin_rules() -> Path:
    """Return the folder of the rules that come with lmlint: in the wheel, or in the checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "rules"
    return inside if inside.is_dir() else here.parent / "rules"


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
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    try:
        _check(data)
        return _built(path.stem, data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _typed(where: str, table: Mapping[str, Any], shape: Mapping[str, type[Any]]) -> None:
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if key not in shape:
            raise InputError(f"unknown key `{name}`; known here: {', '.join(sorted(shape))}")
        if not isinstance(value, shape[key]):
            raise InputError(f"key `{name}` must be a {shape[key].__name__}, not a {type(value).__name__}")
        of_texts = isinstance(value, list) and key not in {"outside", "assume"}
        if of_texts and not all(isinstance(v, str) for v in value):
            raise InputError(f"key `{name}` must be a list of strings")


def _check(data: Mapping[str, Any]) -> None:
    _typed("", data, {**_TOP, **dict.fromkeys(_SHAPE, dict)})
    for key in _REQUIRED:
        if key not in data:
            raise InputError(f"key `{key}` is missing")
    for section, shape in _SHAPE.items():
        _typed(section, data.get(section, {}), shape)
    if "array" not in data["counter"]:
        raise InputError("key `counter.array` is missing")
    for name, level in data["level"].items():
        _check_level(name, level, data)
    _check_entries(data)
    _check_sizes(data)


def _check_entries(data: Mapping[str, Any]) -> None:
    entries: tuple[tuple[str, set[str]], ...] = (
        ("outside", {"functions", "why"}),
        ("assume", {"fact", "why"}),
    )
    for section, fields in entries:
        for entry in data.get(section, []):
            if not isinstance(entry, dict) or set(entry) != fields:
                raise InputError(f"each [[{section}]] has the keys {', '.join(sorted(fields))}")
            for key, value in entry.items():
                if isinstance(value, list) is not (key == "functions"):
                    raise InputError(f"key `{section}.{key}` must be a {'text' if isinstance(value, list) else 'list'}")


def _check_level(name: str, level: object, data: Mapping[str, Any]) -> None:
    if not isinstance(level, dict) or "type" not in level:
        raise InputError(f"key `level.{name}.type` is missing")
    _typed(f"level.{name}", level, _LEVEL)
    for kind, account in level.get("leaf", {}).items():
        if kind not in {"plain", "cont"} or account not in data["account"]:
            raise InputError(
                f"key `level.{name}.leaf.{kind}`: `{account}` must be an account, and the kind plain or cont"
            )
    for test, kinds in level.get("test", {}).items():
        if not isinstance(kinds, list) or not set(kinds) <= set(KINDS):
            raise InputError(f"key `level.{name}.test.{test}` must be a list out of {', '.join(KINDS)}")
    if level.get("below", "") not in {"", *data["level"]}:
        raise InputError(f"key `level.{name}.below`: no level is called `{level['below']}`")


def _check_sizes(data: Mapping[str, Any]) -> None:
    geometries = data["geometry"]
    for name, values in geometries.items():
        if not isinstance(values, dict) or not all(isinstance(number, int) for number in values.values()):
            raise InputError(f"key `geometry.{name}` must be a table of whole numbers")
    if not geometries or any(set(values) != set(next(iter(geometries.values()))) for values in geometries.values()):
        raise InputError("every [geometry.*] must define the same constants, and there must be one")
    known = {*next(iter(geometries.values())), *data.get("constant", {})}
    for key, text in _sizes(data):
        node = parse_expression(text) if isinstance(text, str) else None
        if node is None:
            raise InputError(f"key `{key}`: `{text}` is not a C expression")
        unknown = [n.text for n in node.walk() if n.type == "identifier" and n.text not in known]
        if unknown:
            raise InputError(f"key `{key}`: `{unknown[0]}` is neither in [constant] nor in [geometry.*]")


def _sizes(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every key whose value is a size, with that value."""
    for section in ("account", "constant"):
        for key, text in data.get(section, {}).items():
            yield f"{section}.{key}", text
    for name, level in data["level"].items():
        for key in ("entries", "block"):
            if key in level:
                yield f"level.{name}.{key}", level[key]
        for pattern, unit in level.get("step", {}).items():
            if unit != "":
                yield f"level.{name}.step.{pattern}", unit


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


_PLAIN = {
    "counter": ("region", "on"),
    "values": ("keep", "cont", "noncont", "same_block", "safe_change", "aligned", "align_down", "index"),
    "table": ("alloc", "virt", "phys"),
    "control": ("stops", "dies", "passes", "ignore"),
}
"""Keys whose patterns mean what the key says, and nothing more."""
_VARIABLES = {"write": {"p", "v"}, "clear": {"p"}, "populate": {"p", "t"}, "walk": {"p", "a"}, "step": {"a", "e"},
              "keep": {"x"}, "make": {"prot"}, "same_block": {"p", "n"}, "safe_change": {"old", "new"},
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
        array=data["counter"]["array"],
        accounts=dict(data["account"]),
        geometries={key: dict(numbers) for key, numbers in data["geometry"].items()},
        constants=dict(data.get("constant", {})),
        levels=levels,
        primitives=Table.of(pairs),
        prot_types=frozenset(values.get("prot", [])),
        bit=values.get("bit", ""),
        fail=frozenset(data.get("table", {}).get("fail", [])),
        error=control.get("error", ""),
        outside={f: entry["why"] for entry in data.get("outside", []) for f in entry["functions"]},
        assumptions=tuple((entry["fact"], entry["why"]) for entry in data.get("assume", [])),
        dialect=Dialect(*(tuple(source.get(key, ())) for key in ("attributes", "calls", "loops"))),
        example_bad=example.get("bad", "").strip("\n"),
        example_good=example.get("good", "").strip("\n"),
    )


def _level(name: str, data: Mapping[str, Any]) -> Level:
    kinds = {"none"} | set(data.get("leaf", {})) | ({"table"} if data.get("below") else set())
    return Level(name, data["type"], dict(data.get("leaf", {})), data.get("below", ""), data.get("entries", ""),
                 data.get("block", ""), frozenset(kinds))  # fmt: skip
