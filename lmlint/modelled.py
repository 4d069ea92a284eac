"""What the model machine of a rule and its operations must agree on; lmlint/witness/model.py says what is what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.agreement import expression, known_account, which
from lmlint.schema import Mistake, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.toml import Key

_DRAWS = frozenset({"any", "bytes", "empty", "mapped", "whole", "address"})
_SINGLE = ("root", "physical", "table_bits", "leaf_bits", "table_mask", "cont_bit", "leaf")
_LISTED = ("region", "other", "windows", "prots")


def mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what does not agree in a rule whose keys have the right types."""
    model = data.get("model")
    if model is not None:
        yield from _model(model, data)
        yield from _expressions(model)
    elif data.get("operation"):
        yield Mistake(("operation", "0"), "an [[operation]] needs a [model] to run on; add one, or delete it")
    yield from _operations(data)


def _model(model: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield where the machine lacks what every one needs, or speaks of what is not in the rule."""
    levels = data.get("level", {})
    links = [key for key in ("table_bits", "leaf_bits") if key in model]
    if len(levels) > 1 and "table_mask" not in model:
        yield Mistake(("model",), "key `model.table_mask` is missing: the bits of an entry that are a table's address")
    if len(levels) > 1 and len(links) != 1:
        what = "needs either `table_bits` or `leaf_bits`: what tells a link to a table from a leaf"
        yield Mistake(("model",), f"key `model` {what}")
    for name, names in (("level", levels), ("geometry", data.get("geometry", {}))):
        if name in model and set(model[name]) != set(names):
            yield Mistake(("model", name), f"key `model.{name}` must have the keys {', '.join(names)}")
    for name in ("region", "other"):
        if name in model and len(model[name]) != 2:  # noqa: PLR2004  # a start and an end
            yield Mistake(("model", name), f"key `model.{name}` must be a start and an end")
    for account in model.get("mapped", {}):
        yield from known_account(("model", "mapped", account), account, data)


def _expressions(model: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the values that must be C and are not."""
    for name, said in model.get("level", {}).items():
        for part, text in said.items():
            yield from expression(("model", "level", name, part), text, f"model.level.{name}.{part}")
    for section in ("direct", "mapped"):
        for name, text in model.get(section, {}).items():
            yield from expression(("model", section, name), text, f"model.{section}.{name}")
    for name in (one for one in _SINGLE if one in model):
        yield from expression(("model", name), model[name], f"model.{name}")
    for name in _LISTED:
        for key, text in listed(("model", name), model.get(name, [])):
            yield from expression(key, text, f"model.{name}")


def _operations(data: Mapping[str, Any]) -> Iterator[Mistake]:
    named = [operation.get("name", "") for operation in data.get("operation", [])]
    for at, operation in enumerate(data.get("operation", [])):
        key: Key = ("operation", str(at))
        draws = operation.get("draws", "any")
        if draws.removeprefix("other-") not in _DRAWS:
            what = f"`{draws}` must be one of {', '.join(sorted(_DRAWS))}, perhaps with other- before it"
            yield Mistake((*key, "draws"), f"key `operation.draws`: {what}")
        for name, values in operation.get("choose", {}).items():
            if not values:
                yield Mistake((*key, "choose", name), f"key `operation.choose.{name}` must be a list of expressions")
            for place, text in listed((*key, "choose", name), values):
                yield from expression(place, text, f"operation.choose.{name}")
        for place, name in listed((*key, "before"), operation.get("before", [])):
            if name not in named:
                yield Mistake(place, f"key `operation.before`: no operation is called `{name}`; {which(name, named)}")
        yield from expression((*key, "call"), operation.get("call", "0"), "operation.call")
