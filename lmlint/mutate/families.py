"""Every variant of a file, family by family, in a fixed order and each with a name of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.mutate import counting, drifting, flags, guards, stale, writes
from lmlint.mutate.code import Code
from lmlint.mutate.edit import NEUTRAL
from lmlint.mutate.neutral import rewrites
from lmlint.mutate.record import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lmlint.mutate.edit import Variant
    from lmlint.rule import Rule

FAMILIES: Mapping[str, Callable[[Code, Records], Iterator[Variant]]] = {
    "delete": drifting.delete,
    "duplicate": drifting.duplicate,
    "swap": drifting.swap,
    "account": drifting.account,
    "size": drifting.size,
    "guard-drop": guards.drop,
    "guard-invert": guards.invert,
    "above-alloc": drifting.above_allocation,
    "half-conversion": drifting.half_conversion,
    "stale-guard": stale.stale,
    "helper-body": writes.helper,
    "write": writes.write,
    "bound": writes.bound,
    "tally": counting.tally,
    "leave": counting.leave,
    "repeat": counting.repeat,
    "flag": flags.flag,
    NEUTRAL: rewrites,
}
"""The families of edits that make the counter drift, and the rewrites that do not."""


def variants(data: bytes, path: str, rule: Rule, only: Sequence[str] = ()) -> tuple[Variant, ...]:
    """Return the variants of a file whose family or name holds one of the texts, or all."""
    code = Code(data, path, rule)
    records = Records(code)
    seen: Counter[str] = Counter()
    found = []
    for family in FAMILIES.values():
        for one in family(code, records):
            name = f"{one.family}-{one.name}"
            seen[name] += 1
            found.append(replace(one, name=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return tuple(one for one in found if not only or any(text in one.name for text in only))
