"""The model machine that a rule describes: its code, its geometries, and the operations to run on it.

What a rule says in [model], all of it C of our own. An entry that is empty is 0, whatever it is elsewhere; entries are
eight bytes; tables are small (8 entries serve well) and page sizes real.

| key | meaning |
|---|---|
| `code` | types, constants, and a macro or a function for every primitive; what the file defines takes its place |
| `root` | the address of the table at the top |
| `region` | from where to where the addresses are counted |
| `table_bits` | an entry above the lowest level is a link to a table where all of these are set, and else a leaf ... |
| `leaf_bits` | ... or, instead: it is a leaf where one of these is set, and else a link |
| `table_mask` | the bits of a link that are the address of the table |
| `level` | of each level the `shift` of its index, its `entries` a table, and `block`: how many make a block |
| `geometry` | code that goes before `code` in each geometry; without it there is none |
| `other` | a second region in the same tables that is not counted; without it there is none |
| `physical` | the physical address of `$virt`, which is what links hold; without it the same |
| `windows` | how far into the region a sequence may start; without it at its start |
| `cont_bit` | the bit of a leaf that is part of a contiguous block; without it there are none |
| `leaf` | puts a leaf at `$virt`, on `$level` from the lowest one, 0; with `$cont` 1 a block, with 2 tables alone |
| `prots` | the values that `$prot` can take; without it 0 |
| `direct` | by glob of type and name, what a parameter is given where a function is called by itself |
| `mapped` | by account, what is mapped besides what the table holds, in the counter's unit |
| `report`, `prints` | the functions that print the counters, and what they print with |
| `enabled` | the macros that ask whether an option is on: whether `code` defines its name |
| `stops` | the calls after which nothing can be said |
| `ignore` | globs of the calls that do nothing and give 0 |

The counter and the helper that moves it may stand in the file, in the model, in a file of `lookup` that knows the
counter, or in [hidden], looked for in this order. A parameter that `counter.where` names is true, in a call by itself,
where the addresses are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lmlint.source import outline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.rule import Rule
    from lmlint.source import Dialect, Item

VARIABLE = re.compile(r"\$(\w+)")
NONE: Mapping[str, bytes] = MappingProxyType({})
"""No other file."""
PREFIX = "witness_variable_"
"""What stands for the `$` of a variable in C."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One level of the table: the shift of its index, its number of entries, how many make one block."""

    name: str
    shift: str
    entries: str
    block: str
    below: str
    plain: str
    cont: str
    """The accounts of its leaves; "" where it has none."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be done to the machine: a C expression with `$variables`, and what must hold for it.

    `draws` says how its range is drawn: `any` (whatever overlaps), `bytes` (the same, and its ends may lie inside a
    page), `empty`, `mapped`, `whole` (its ends split no leaf), `address`, or one of these in the other region, with
    `other-` before it. `choose` gives the values of other variables, the plainest first.
    """

    name: str
    call: str
    needs: frozenset[str]
    draws: str
    choose: Mapping[str, tuple[str, ...]]
    fails: bool
    weight: int
    before: frozenset[str]
    """The operations that it never follows."""


@dataclass(frozen=True, eq=False)
class Model:
    """All that a rule says of its model machine."""

    name: str
    dialect: Dialect
    geometries: Mapping[str, str]
    """By the name of a geometry, its C code."""
    code: str
    stages: tuple[Stage, ...]
    """From the level at the top down."""
    root: str
    region: tuple[str, str]
    other: tuple[str, str]
    """Addresses that the same tables serve and no counter is about; from 0 to 0 where there are none."""
    windows: tuple[str, ...]
    physical: str
    table_bits: str
    """An entry above the lowest level is a link where all of these are set; "" where `leaf_bits` decide."""
    leaf_bits: str
    """An entry above the lowest level that is not empty is a leaf where one of these is set, and else a link."""
    table_mask: str
    cont_bit: str
    leaf: str
    prots: tuple[str, ...]
    mapped: Mapping[str, str]
    """By account, what is mapped besides what the table holds."""
    direct: tuple[tuple[str, str], ...]
    """What a function that is called directly is given, by glob of a parameter's type and name."""
    entries: Mapping[str, int]
    """By the type of an entry, its level counted from the top."""
    where: Mapping[str, str]
    """The parameters that say whether what a function does is counted, and the value by which; "" for a boolean one."""
    ignore: re.Pattern[str]
    stops: frozenset[str]
    prints: frozenset[str]
    enabled: frozenset[str]
    report: tuple[str, ...]
    operations: tuple[Operation, ...]
    counter: str
    accounts: tuple[str, ...]
    index: Mapping[str, int]
    """Where in the counter an account stands whose name no code gives a value."""
    worth: Mapping[str, str]
    """By account, the size of one leaf in bytes."""
    by_entry: bool
    """Whether a leaf is worth one in the counter, rather than its size."""
    hidden: str
    """Definitions of functions that are used and stand neither in the file nor in one that it finds them in."""

    def applicable(self, names: frozenset[str]) -> dict[str, Operation]:
        """Return the operations that a file with these functions has, each in its first spelling that fits."""
        found: dict[str, Operation] = {}
        for operation in self.operations:
            if operation.needs <= names:
                found.setdefault(operation.name, operation)
        return found


def model_of(rule: Rule) -> Model | None:
    """Return the rule's model; None where it has none."""
    data = rule.model
    if not data:
        return None
    upper = {level.below for level in rule.levels.values() if level.below}
    name = next((each for each in rule.levels if each not in upper), "")
    stages: list[Stage] = []
    while name and len(stages) < len(rule.levels):
        level, said = rule.levels[name], data["level"][name]
        leaf = level.leaf
        stages.append(Stage(name, said["shift"], said["entries"], said.get("block", "1"), level.below,
                            leaf.get("plain", ""), leaf.get("cont", "")))  # fmt: skip
        name = level.below
    return Model(
        name=rule.name,
        dialect=rule.dialect,
        geometries={key: data.get("geometry", {}).get(key, "") for key in rule.geometries},
        code=data["code"],
        stages=tuple(stages),
        root=data["root"],
        region=(data["region"][0], data["region"][1]),
        other=tuple(data.get("other", ("0", "0"))),
        windows=tuple(data.get("windows", ("0",))),
        physical=data.get("physical", "$virt"),
        table_bits=data.get("table_bits", ""),
        leaf_bits=data.get("leaf_bits", "0"),
        table_mask=data.get("table_mask", "0"),
        cont_bit=data.get("cont_bit", "0"),
        leaf=data.get("leaf", ""),
        prots=tuple(data.get("prots", ("0",))),
        mapped=dict(data.get("mapped", {})),
        direct=tuple(data.get("direct", {}).items()),
        entries={rule.levels[stage.name].type: depth for depth, stage in enumerate(stages)},
        where=rule.where,
        ignore=_globs(data.get("ignore", [])),
        stops=frozenset(data.get("stops", [])),
        prints=frozenset(data.get("prints", [])),
        enabled=frozenset(data.get("enabled", [])),
        report=tuple(data.get("report", [])),
        operations=tuple(_operation(each) for each in rule.operations),
        counter=rule.array,
        accounts=tuple(rule.accounts),
        index=rule.index,
        worth=rule.accounts,
        by_entry=rule.unit == "entries",
        hidden="\n".join(rule.hidden.values()),
    )


def _operation(data: Mapping[str, Any]) -> Operation:
    return Operation(
        data["name"],
        data["call"],
        frozenset(data["needs"]),
        data["draws"],
        {key: tuple(values) for key, values in data.get("choose", {}).items()},
        data.get("fails", False),
        data.get("weight", 1),
        frozenset(data.get("before", [])),
    )


def _globs(names: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name).replace(r"\*", r"\w*") for name in names) or r"(?!)")


def spelled(text: str) -> str:
    """Return an expression in which every `$name` is an identifier."""
    return VARIABLE.sub(lambda match: PREFIX + match[1], text)


@cache
def _items(text: str, name: str, dialect: Dialect) -> tuple[Item, ...]:
    return tuple(outline(text.encode(), f"rules/{name}.toml", dialect))


def prelude(model: Model, geometry: str) -> tuple[Item, ...]:
    """Return the code of the model in one geometry; what the geometry says goes before what all of them share."""
    return tuple(
        item for text in (model.geometries[geometry], model.code) for item in _items(text, model.name, model.dialect)
    )


def items_of(model: Model, text: bytes, path: str) -> tuple[Item, ...]:
    """Return what a file defines, ready for every geometry."""
    return tuple(outline(text, path, model.dialect))


@lru_cache(maxsize=32)
def _outlined(text: bytes, path: str, dialect: Dialect) -> tuple[Item, ...]:
    return tuple(outline(text, path, dialect))


def around(model: Model, path: str, others: Mapping[str, bytes]) -> tuple[Item, ...]:
    """Return what stands around a file: the other files that know the counter, and what the rule says of the rest.

    A name that the file or the model defines is never taken from here; of two definitions, the first one is.
    """
    counter = re.compile(rb"\b%s\b" % re.escape(model.counter.encode()))
    texts = [(name, text) for name, text in others.items() if name != path and counter.search(text)]
    texts.append((f"rules/{model.name}.toml", model.hidden.encode()))
    return tuple(item for name, text in texts for item in _outlined(text, name, model.dialect))
