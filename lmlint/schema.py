"""The shape of a rule file: its keys, their types, and what their values must agree on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError
from lmlint.pattern import compile_expression
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KINDS = ("none", "table", "plain", "cont")
"""What an entry can hold: nothing, a pointer to a table, a leaf, a leaf that is part of a contiguous block."""

_LIST, _TEXT, _MAP = list, str, dict


def _lists(*keys: str) -> dict[str, type]:
    return dict.fromkeys(keys, _LIST)


_SHAPE: dict[str, dict[str, type]] = {
    "source": _lists("attributes", "calls", "loops", "scopes"),
    "counter": {"array": _TEXT, **_lists("add", "sub", "atomic", "read", "region", "on")},
    "locks": _lists("take", "share", "try", "trial", "release", "guard", "share_guard", "alone", "single"),
    "values": {**_lists("prot", "keep", "valid", "physical", "cont", "noncont", "same_block", "safe_change", "aligned",
                        "align_down", "index"), "make": _MAP, "expand": _MAP, "bit": _TEXT},
    "table": _lists("alloc", "fail", "virt", "phys"),
    "control": {**_lists("stops", "dies", "passes", "ignore"), "error": _TEXT},
    "build": {"option": _TEXT, "enabled": _LIST, "always": _LIST, "implies": _MAP, "geometry": _MAP},
    "report": {"print": _LIST, "length": _LIST, "label": _TEXT, "size": _TEXT, "unit": _MAP, "sometimes": _MAP},
    "example": {"bad": _TEXT, "good": _TEXT},
    "model": {**dict.fromkeys(("code", "root", "physical", "table_bits", "table_mask", "cont_bit", "leaf"), _TEXT),
              **_lists("region", "other", "windows", "prots", "ignore", "stops", "prints", "enabled", "report"),
              "level": _MAP, "geometry": _MAP, "direct": _MAP},
}  # fmt: skip
_TOP = {"summary": _TEXT, "files": _LIST, "lookup": _LIST, "why": _TEXT, "account": _MAP, "geometry": _MAP,
        "constant": _MAP, "level": _MAP, "outside": _LIST, "holds": _LIST, "assume": _LIST, "remaps": _LIST,
        "hidden": _MAP, "operation": _LIST}  # fmt: skip
_LEVEL = {"type": _TEXT, "below": _TEXT, "entries": _TEXT, "leaf": _MAP, "read": _LIST, "write": _LIST, "clear": _LIST,
          "populate": _LIST, "walk": _LIST, "step": _MAP, "block": _TEXT, "test": _MAP}  # fmt: skip
_OPERATION = {
    "name": _TEXT,
    "call": _TEXT,
    "needs": _LIST,
    "draws": _TEXT,
    "choose": _MAP,
    "fails": bool,
    "weight": int,
    "before": _LIST,
}
_DRAWS = frozenset({"any", "bytes", "empty", "mapped", "whole", "address"})
_REQUIRED = ("summary", "files", "counter", "account", "geometry", "level")


def check(data: Mapping[str, Any]) -> None:
    """Raise InputError, naming the key, where a rule is not of this shape."""
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
    _check_operations(data)
    _check_model(data)
    _check_report(data)


def _typed(where: str, table: Mapping[str, Any], shape: Mapping[str, type[Any]]) -> None:
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if key not in shape:
            raise InputError(f"unknown key `{name}`; known here: {', '.join(sorted(shape))}")
        if not isinstance(value, shape[key]):
            raise InputError(f"key `{name}` must be a {shape[key].__name__}, not a {type(value).__name__}")
        of_texts = isinstance(value, list) and key not in {"outside", "holds", "assume", "remaps", "operation"}
        if of_texts and not all(isinstance(v, str) for v in value):
            raise InputError(f"key `{name}` must be a list of strings")


def _check_report(data: Mapping[str, Any]) -> None:
    build, report = data.get("build"), data.get("report")
    if report is not None and build is None:
        raise InputError("a [report] needs a [build] that says which option selects each geometry")
    if build is not None and set(build.get("geometry", {})) != set(data["geometry"]):
        raise InputError("key `build.geometry` must give an option for each geometry")
    for key in ("label", "size"):
        try:
            groups = re.compile((report or {}).get(key, "()()")).groups
        except re.error as error:
            raise InputError(f"key `report.{key}`: {error}") from error
        if groups != 2:  # noqa: PLR2004 - the number and its letter
            raise InputError(f"key `report.{key}` must have two groups: the number, and one of k, M, G, T")
    for account, geometries in (report or {}).get("sometimes", {}).items():
        if account not in data["account"]:
            raise InputError(f"key `report.sometimes`: `{account}` is no account")
        if not isinstance(geometries, list) or not geometries or not all(one in data["geometry"] for one in geometries):
            raise InputError(f"key `report.sometimes.{account}` must be a list of geometries")
    _check_tables(build or {}, report or {})


def _check_tables(build: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    shapes = {"build.geometry": str, "build.implies": str, "report.unit": int}
    for name, kind in shapes.items():
        section, _, table = name.partition(".")
        for key, value in (build if section == "build" else report).get(table, {}).items():
            if not isinstance(value, kind):
                raise InputError(f"key `{name}.{key}` must be a {kind.__name__}")


def _check_entries(data: Mapping[str, Any]) -> None:
    entries: tuple[tuple[str, set[str]], ...] = (
        ("outside", {"functions", "why"}),
        ("holds", {"functions", "locks", "why"}),
        ("remaps", {"functions", "why"}),
        ("assume", {"fact", "why"}),
    )
    for name, code in data.get("hidden", {}).items():
        if not isinstance(code, str) or f"{name}(" not in code:
            raise InputError(f"key `hidden.{name}` must be the definition of `{name}`, in C")
    for section, fields in entries:
        for entry in data.get(section, []):
            if not isinstance(entry, dict) or set(entry) != fields:
                raise InputError(f"each [[{section}]] has the keys {', '.join(sorted(fields))}")
            for key, value in entry.items():
                if isinstance(value, list) is not (key in {"functions", "locks"}):
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


def _check_operations(data: Mapping[str, Any]) -> None:
    for operation in data.get("operation", []):
        if not isinstance(operation, dict) or not {"name", "call", "needs", "draws"} <= set(operation):
            raise InputError("each [[operation]] has the keys call, draws, name, needs")
        _typed("operation", operation, _OPERATION)
        draws = operation["draws"]
        if draws.removeprefix("other-") not in _DRAWS:
            raise InputError(f"key `operation.draws`: `{draws}` must be one of {', '.join(sorted(_DRAWS))}")
        choices = operation.get("choose", {})
        if not all(isinstance(values, list) and values for values in choices.values()):
            raise InputError("key `operation.choose` must give each variable a list of expressions")
        _check_expressions("operation.choose", [(key, t) for key, each in choices.items() for t in each])
        _check_expressions("operation", [("call", operation["call"])])


def _check_model(data: Mapping[str, Any]) -> None:
    model = data.get("model", {})
    if not model:
        return
    optional = {"direct", "ignore", "stops", "prints", "enabled", "report"}
    for key in sorted(set(_SHAPE["model"]) - optional - set(model)):
        raise InputError(f"key `model.{key}` is missing")
    for key, names in (("level", data["level"]), ("geometry", data["geometry"])):
        if set(model[key]) != set(names):
            raise InputError(f"key `model.{key}` must have the keys {', '.join(names)}")
    for key in ("region", "other"):
        if len(model[key]) != 2:  # noqa: PLR2004  # a start and an end
            raise InputError(f"key `model.{key}` must be a start and an end")
    for name, said in model["level"].items():
        if not isinstance(said, dict) or not {"shift", "entries"} <= set(said) <= {"shift", "entries", "block"}:
            raise InputError(f"key `model.level.{name}` has the keys shift, entries and perhaps block")
        _check_expressions(f"model.level.{name}", said.items())
    _check_expressions("model.direct", model.get("direct", {}).items())
    single = ("root", "physical", "table_bits", "table_mask", "cont_bit", "leaf")
    listed = ("region", "other", "windows", "prots")
    _check_expressions("model", [*((k, model[k]) for k in single), *((k, text) for k in listed for text in model[k])])


def _check_expressions(section: str, pairs: Iterable[tuple[str, object]]) -> None:
    """Raise InputError where a value of a section is not a C expression."""
    for key, text in pairs:
        if not isinstance(text, str):
            raise InputError(f"key `{section}.{key}` must be a str, not a {type(text).__name__}")
        compile_expression(text)


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
