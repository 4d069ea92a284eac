"""Values of entries: how they are made, of what bits, and what is changed in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.amount import Amount, Symbol
from lmlint.engine.arithmetic import mentions, ored
from lmlint.engine.effects import at_level
from lmlint.engine.operators import BITS, contiguous_bit
from lmlint.engine.state import tables_in
from lmlint.engine.value import Entry, Prot, Value, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.engine.evaluate import Evaluator, Paths
    from lmlint.engine.program import Program
    from lmlint.engine.state import State
    from lmlint.rule import Meaning
    from lmlint.source import Node


def keep(_evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a value that stays what it is."""
    return [(state, found["x"])]


def valid(_evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a value of which the valid bit is set or cleared."""
    value = found["x"]
    return [(state, Entry(value.version, switched=True) if isinstance(value, Entry) else value)]


def contiguous(_evaluator: Evaluator, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return a value of which the contiguous bit is set or cleared."""
    value = found["x"]
    if isinstance(value, Entry):
        return [(state, Entry(Version(value.version.level, (meaning.action, value.version))))]
    return [(state, Prot(meaning.action == "cont"))]


def make(evaluator: Evaluator, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return the value of an entry with a protection: a leaf, or a table where its bits say so."""
    program, prot = evaluator.program, found["prot"]
    if isinstance(prot, Amount) and _is_table(program, prot):
        return [(state, Entry(Version(meaning.level, ("table", _table(program, found.values())))))]
    bit = contiguous_bit(program, prot)
    return [(state, Entry(Version(meaning.level, ("make", bit, program.fresh("fresh", "entry")))))]


def bits(evaluator: Evaluator, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return the value of an entry that is made of bits.

    Zero is an empty entry; a bit that says so makes a table; an entry whose bits were changed stays what it was; other
    bits that are or-ed together are a leaf. Of any other number nothing is known.
    """
    program, value = evaluator.program, found["x"]
    if isinstance(value, Entry):
        return [(state, Entry(at_level(value.version, meaning.level), value.switched))]
    made = of_bits(program, value, meaning.level)
    return [(state, Entry(made or Version(meaning.level, ("unknown", program.fresh(BITS)))))]


def of_bits(program: Program, value: Value, level: str) -> Version | None:
    """Return what an entry of a level is that is made of these bits, None where they do not tell."""
    if isinstance(value, Prot):
        return Version(level, ("make", value.bit, program.fresh("fresh", "entry")))
    if not isinstance(value, Amount):
        return None
    if value.is_zero:
        return Version(level, ("none",))
    if _is_table(program, value):
        return Version(level, ("table", _table(program, [value])))
    if len(ored(value)) > 1:
        return Version(level, ("make", contiguous_bit(program, value), program.fresh("fresh", "entry")))
    return None


def _table(program: Program, values: Iterable[Value]) -> Symbol:
    """Return the table that an entry made of these values points to: a new one, or one that the caller hands over."""
    parts = [part for value in values for part in (ored(value) if isinstance(value, Amount) else (value,))]
    new = frozenset().union(*map(tables_in, parts))
    handed = {s for part in parts if isinstance(part, Amount) for s in part.symbols() if s.op == "param"}
    return min(new or handed, key=repr, default=program.fresh("fresh", "table"))


def _is_table(program: Program, value: Amount) -> bool:
    """Whether bits are those of an entry that points to a table."""
    return any(mentions(value, name) for name in program.rule.table_bits)
