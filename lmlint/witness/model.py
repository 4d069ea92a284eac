"""The model machine that a rule describes: its code, its geometries, and the operations to run on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lmlint.source import outline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmlint.rule import Rule
    from lmlint.source import Dialect, Item

VARIABLE = re.compile(r"\$(\w+)")
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
    windows: tuple[str, ...]
    physical: str
    table_bits: str
    table_mask: str
    cont_bit: str
    leaf: str
    prots: tuple[str, ...]
    direct: tuple[tuple[str, str], ...]
    """What a function that is called directly is given, by glob of a parameter's type and name."""
    entries: Mapping[str, int]
    """By the type of an entry, its level counted from the top."""
    ignore: re.Pattern[str]
    stops: frozenset[str]
    prints: frozenset[str]
    enabled: frozenset[str]
    report: tuple[str, ...]
    operations: tuple[Operation, ...]
    counter: str
    accounts: tuple[str, ...]

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
        geometries={key: data["geometry"][key] for key in rule.geometries},
        code=data["code"],
        stages=tuple(stages),
        root=data["root"],
        region=(data["region"][0], data["region"][1]),
        other=(data["other"][0], data["other"][1]),
        windows=tuple(data["windows"]),
        physical=data["physical"],
        table_bits=data["table_bits"],
        table_mask=data["table_mask"],
        cont_bit=data["cont_bit"],
        leaf=data["leaf"],
        prots=tuple(data["prots"]),
        direct=tuple(data.get("direct", {}).items()),
        entries={rule.levels[stage.name].type: depth for depth, stage in enumerate(stages)},
        ignore=_globs(data.get("ignore", [])),
        stops=frozenset(data.get("stops", [])),
        prints=frozenset(data.get("prints", [])),
        enabled=frozenset(data.get("enabled", [])),
        report=tuple(data.get("report", [])),
        operations=tuple(_operation(each) for each in rule.operations),
        counter=rule.array,
        accounts=tuple(rule.accounts),
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
