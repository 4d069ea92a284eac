"""The shape of a rule file: its keys and their types.

What the values must agree on is in `agreement`, what patterns must name in `metavariables`. Nothing here stops at the
first mistake: each is yielded, and what is wrong is left out of what the later looks are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmlint.toml import Key

KINDS = ("none", "table", "plain", "cont")
"""What an entry can hold: nothing, a pointer to a table, a leaf, a leaf that is part of a contiguous block."""
UNITS = ("bytes", "entries")
"""What a counter may count in."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a key of a rule, and what to do about it; `key` is where, as TOML nests it.

    `line` counts within the text of a string, from 1; 0 means the key itself.
    """

    key: Key
    what: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Keys:
    """A table whose keys are known, with the shape of each; those that are `needed` must be there."""

    of: Mapping[str, Shape]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """A table whose keys are names that the rule chooses."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Tables:
    """A list of tables, each headed [[...]]."""

    of: Keys


Shape = type | Keys | Names | Tables
"""A type of Python stands for itself, and `list` for a list of texts."""


def _texts(*keys: str) -> dict[str, Shape]:
    return dict.fromkeys(keys, list)


def _exempt(*more: str) -> Tables:
    """Return the shape of what is said of some functions, with the reason."""
    return Tables(Keys({"functions": list, **_texts(*more), "why": str}, ("functions", *more, "why")))


RULE = Keys({
    "summary": str,
    "files": list,
    "lookup": list,
    "why": str,
    "source": Keys(_texts("attributes", "calls", "loops", "scopes")),
    "counter": Keys({
        "array": str, "unit": str, "index": Names(int),
        **_texts("add", "sub", "atomic", "read", "region", "on", "where"),
    }, ("array",)),
    "account": Names(str),
    "geometry": Names(Names(int)),
    "constant": Names(str),
    "level": Names(Keys({
        "type": str, "below": str, "entries": str, "block": str, "leaf": Names(str),
        **_texts("read", "write", "fill", "clear", "populate", "walk", "grow", "enter"),
        "step": Names(str), "test": Names(list),
    }, ("type",))),
    "values": Keys({
        **_texts("prot", "physical", "valid", "keep", "cont", "noncont", "same_block", "safe_change", "aligned",
                 "align_down", "index", "table", "find"),
        "make": Names(list), "bits": Names(list), "expand": Names(str), "bit": str,
    }),
    "moves": Keys(_texts("map", "unmap")),
    "table": Keys(_texts("alloc", "fail", "virt", "phys")),
    "control": Keys({**_texts("stops", "dies", "passes", "ignore"), "error": str}),
    "locks": Keys(_texts("take", "share", "try", "trial", "release", "guard", "share_guard", "alone", "single")),
    "holds": _exempt("locks"),
    "inside": _exempt(),
    "outside": _exempt(),
    "shared": _exempt(),
    "remaps": Tables(Keys({"functions": list, "when": str, "why": str}, ("functions", "why"))),
    "adopts": Tables(Keys({"functions": list, "when": str, "why": str}, ("functions", "when", "why"))),
    "hidden": Names(str),
    "assume": Tables(Keys({"fact": str, "why": str}, ("fact", "why"))),
    "build": Keys({
        "option": str, **_texts("enabled", "always"), "implies": Names(str), "geometry": Names(str),
    }),
    "report": Keys({
        **_texts("print", "length"), "label": str, "size": str, "unit": Names(int), "sometimes": Names(list),
    }),
    "model": Keys({
        **dict.fromkeys(("code", "root", "physical", "table_bits", "leaf_bits", "table_mask", "cont_bit", "leaf"), str),
        **_texts("region", "other", "windows", "prots", "ignore", "stops", "prints", "enabled", "report"),
        "level": Names(Keys({"shift": str, "entries": str, "block": str}, ("shift", "entries"))),
        "geometry": Names(str), "direct": Names(str), "mapped": Names(str),
    }, ("code", "root", "region", "level")),
    "operation": Tables(Keys({
        "name": str, "call": str, "needs": list, "draws": str, "choose": Names(list), "fails": bool, "weight": int,
        "before": list,
    }, ("name", "call", "needs", "draws"))),
    "example": Keys({"before": str, "bad": str, "good": str}),
}, ("summary", "files", "counter", "account", "geometry", "level"))  # fmt: skip
"""A whole rule."""
_MOVING = Keys(RULE.of, tuple(key for key in RULE.needed if key != "level"))
"""One with [moves], in which nobody need see an entry."""

_CALLED = {str: "a text", list: "a list of texts", int: "a whole number", bool: "true or false", dict: "a table",
           float: "a number with a fraction"}  # fmt: skip
_STANDINS: dict[type, Any] = {str: "1", int: 1, list: []}
"""What is taken for a value of the wrong type whose name others may use."""
_SAMPLES = {str: '"..."', list: '["..."]', int: "12", bool: "true"}


def typed(data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Mistake, ...]]:
    """Return the keys of a rule that are known and of their type, and what is wrong with the others."""
    mistakes: list[Mistake] = []
    return _table((), data, _MOVING if data.get("moves") else RULE, mistakes), tuple(mistakes)


def name_of(key: Key) -> str:
    """Return a key as messages name it: the numbers of tables and of values in lists are left out."""
    numbered = {"geometry"}  # its names may be numbers
    return ".".join(part for at, part in enumerate(key) if not (at and part.isdigit() and key[0] not in numbered))


def names(shape: Shape = RULE, above: str = "") -> Iterator[str]:
    """Yield every key that a rule may have, `*` standing for a name that the rule chooses."""
    inner = {"*": shape.of} if isinstance(shape, Names) else getattr(shape, "of", {})
    if isinstance(shape, Tables):
        yield from names(shape.of, above)
        return
    for key, one in inner.items():
        full = f"{above}.{key}" if above else key
        if isinstance(one, type):
            yield full
        yield from names(one, full)


def _table(above: Key, table: Mapping[str, Any], shape: Keys, mistakes: list[Mistake]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in table.items():
        if key in shape.of:
            _keep(kept, (*above, key), value, shape.of[key], mistakes)
        else:
            mistakes.append(Mistake((*above, key), _unknown((*above, key), shape.of)))
    slips = {_near(key, shape.of) for key in table if key not in shape.of}
    for key in (one for one in shape.needed if one not in table and one not in slips):
        what = f"key `{name_of((*above, key))}` is missing; {_adding(above, key, shape)}"
        mistakes.append(Mistake(above, what))
    return kept


def _keep(kept: dict[str, Any], key: Key, value: object, shape: Shape, mistakes: list[Mistake]) -> None:
    """Add a value to what is kept, if it is of its shape; only the parts that are, of a table or a list."""
    wanted = shape if isinstance(shape, type) else list if isinstance(shape, Tables) else dict
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        mistakes.append(Mistake(key, f"key `{name_of(key)}` must be {_wanted(key, shape)}, not {_given(value)}"))
    elif isinstance(shape, Keys):
        kept[key[-1]] = _table(key, _mapping(value), shape, mistakes)
    elif isinstance(shape, Names):
        inner: dict[str, Any] = {}
        for name, one in _mapping(value).items():
            inner[name] = _STANDINS[shape.of] if isinstance(shape.of, type) else {}  # others may speak of the name
            _keep(inner, (*key, name), one, shape.of, mistakes)
        kept[key[-1]] = inner
    elif isinstance(value, list):
        of = shape.of if isinstance(shape, Tables) else str
        kept[key[-1]] = _items(key, value, of, mistakes)
    else:
        kept[key[-1]] = value


def _items(key: Key, values: Sequence[object], shape: Keys | type, mistakes: list[Mistake]) -> list[Any]:
    kept: list[Any] = []
    for at, value in enumerate(values):
        place = (*key, str(at))
        if isinstance(shape, Keys) and isinstance(value, dict):
            kept.append(_table(place, value, shape, mistakes))
        elif shape is str and isinstance(value, str):
            kept.append(value)
        else:
            what = "a list of texts" if shape is str else f"a list of tables, each headed [[{name_of(key)}]]"
            mistakes.append(Mistake(place, f"key `{name_of(key)}` must be {what}; {_given(value)} is in it"))
    return kept


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _wanted(key: Key, shape: Shape) -> str:
    if isinstance(shape, type):
        return f"{_CALLED[shape]} (`{key[-1]} = {_SAMPLES[shape]}`)"
    if isinstance(shape, Tables):
        return f"a list of tables, each headed [[{name_of(key)}]]"
    known = f" with the keys {', '.join(shape.of)}" if isinstance(shape, Keys) else ""
    return f"a table, headed [{name_of(key)}],{known}".rstrip(",")


def _given(value: object) -> str:
    return "a list" if isinstance(value, list) else _CALLED.get(type(value), f"a {type(value).__name__}")


def _adding(above: Key, key: str, shape: Keys) -> str:
    """Return what to add where a key is missing."""
    one = shape.of[key]
    if not isinstance(one, type):
        heading = f"[{key}.NAME]" if isinstance(one, Names) and not isinstance(one.of, type) else f"[{key}]"
        return f"add {heading}"
    heading = name_of(above)
    double = len(above) > 1 and above[-1].isdigit()
    where = f" under {f'[[{heading}]]' if double else f'[{heading}]'}" if above else " at the top"
    return f"add `{key} = {_SAMPLES[one]}`{where}"


def _unknown(key: Key, known: Mapping[str, Shape]) -> str:
    """Return that a key is unknown, and which one may be meant, here or elsewhere."""
    shown = "".join(char if char.isprintable() else "?" for char in name_of(key)[:120])
    elsewhere = [each for each in names() if each.rpartition(".")[2] == key[-1]]
    near = _near(key[-1], known) or (elsewhere or [""])[0]
    meant = f"is `{near}` meant? " if near else ""
    return f"unknown key `{shown}`; {meant}known here: {', '.join(sorted(known))}"


def _near(key: str, known: Mapping[str, Shape]) -> str:
    """Return the known key that a slip is nearest to, "" where it is near none."""
    from difflib import get_close_matches  # noqa: PLC0415  # only a slip needs it

    return next(iter(get_close_matches(key, known, 1)), "")


def listed(above: Key, texts: Iterable[str]) -> Iterator[tuple[Key, str]]:
    """Yield each text of a list with its key."""
    return (((*above, str(at)), text) for at, text in enumerate(texts))
