"""The rule's primitives: what each does to the entries and the ledgers, and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.arithmetic import ored
from lmlint.engine.effects import is_counted, leaf_worth, read_at, record, store
from lmlint.engine.made import bits, contiguous, keep, make, of_bits, valid
from lmlint.engine.operators import account_of, as_pointer
from lmlint.engine.program import Undecided
from lmlint.engine.summary import Premise
from lmlint.engine.value import (
    NONE,
    Aligned,
    Atom,
    Compare,
    Entry,
    Formula,
    Loc,
    Pointer,
    Prot,
    Safe,
    Test,
    Truth,
    Value,
    Version,
    Virtual,
    both,
)
from lmlint.engine.walks import block, enter, find, grow, walk
from lmlint.pattern import head, metavariable

if TYPE_CHECKING:
    from lmlint.engine.evaluate import Evaluator, Paths
    from lmlint.engine.state import State
    from lmlint.rule import Meaning
    from lmlint.source import Node


def primitive(evaluator: Evaluator, node: Node, meaning: Meaning, found: Any, state: State) -> Paths:
    """Return the paths through a use of one of the rule's primitives."""
    action = meaning.action
    if action in {"add", "sub"}:
        return _record(evaluator, node, action, found, state)
    if action == "find":
        return find(evaluator, node, found, state)
    if action == "stops":
        return [(s, evaluator.program.number(0)) for s, truth in evaluator.condition(found["c"], state) if not truth]
    handler = _PRIMITIVES.get(action)
    if handler is None:
        return evaluator.opaque(node, state)
    out: Paths = []
    names = tuple(found)
    for after, values in evaluator.values([found[n] for n in names], state):
        out += handler(evaluator, node, meaning, dict(zip(names, values, strict=True)), after)
    return out


def _record(evaluator: Evaluator, node: Node, action: str, found: Any, state: State) -> Paths:
    names = [name for name in ("a", "n") if name in found]
    out: Paths = []
    for after, values in evaluator.values([found[name] for name in names], state):
        known = dict(zip(names, values, strict=True))
        account = account_of(known["a"]) if "a" in known else evaluator.program.rule.sole
        out += record(node, action, account, known.get("n", evaluator.program.number(1)), after)
    return out


def _read(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    pointer = found.get("p")
    if not meaning.level:
        return [(state, evaluator.program.unknown("call", node.text))]
    if not isinstance(pointer, Pointer):
        return [(state, Entry(Version(meaning.level, ("unknown", evaluator.program.fresh("fresh", node.text)))))]
    return [(state, Entry(read_at(pointer.loc, state)))]


def _write(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    pointer, value = found["p"], found["v"]
    if isinstance(pointer, Pointer) and len(meaning.detail) > 1:
        level = pointer.loc.level
    else:
        level = value.version.level if isinstance(value, Entry) and len(meaning.detail) > 1 else meaning.level
    if level not in meaning.detail or (len(meaning.detail) > 1 and not isinstance(pointer, Pointer | Virtual)):
        return [(state, evaluator.program.number(0))]  # a general spelling, used for something that is no entry
    pointer = as_pointer(evaluator.program, pointer, level)
    if isinstance(value, Entry):
        version = value.version
    elif isinstance(value, Prot):
        version = Version(level, ("make", value.bit, evaluator.program.fresh("fresh", "value")))
    else:
        made = of_bits(evaluator.program, value, level) if evaluator.program.rule.table_bits else None
        made = Version(level, ("none",)) if isinstance(value, Amount) and value.is_zero else made
        if made is None and is_counted(evaluator.program, state):
            raise Undecided(f"`{node.text}` writes a value lmlint cannot follow", node)
        version = made or Version(level, ("unknown", evaluator.program.fresh("fresh", "value")))
    if isinstance(value, Entry) and value.switched and isinstance(pointer, Pointer):
        state = _switched(evaluator, node, pointer, version, state)
    return store(evaluator.program, node, pointer, version, state)


def _switched(evaluator: Evaluator, node: Node, pointer: Pointer, version: Version, state: State) -> State:
    """Return the path on which an entry is written back as it was, but for its valid bit: it stays counted."""
    leaves = frozenset(evaluator.program.rule.levels[version.level].leaf)
    if state.read(pointer.loc) != version or not state.kinds_of(version) & leaves:
        return state
    new = state.copy()
    text = "a leaf whose valid bit is switched is meant to stay as it is in the counter"
    new.notes = (*new.notes, Premise("valid-toggle", node, new.macro or node, new.stack, text))
    return new


def _clear(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    pointer = as_pointer(evaluator.program, found["p"], meaning.level)
    paths = store(evaluator.program, node, pointer, Version(meaning.level, ("none",)), state)
    return [(s, evaluator.program.number(0)) for s, _ in paths]


def _fill(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    pointer, paths = found["p"], [state]
    if isinstance(
        pointer, Pointer
    ):  # the primitive's contract: where the entry is known to hold something, it is broken
        paths = state.narrow(read_at(pointer.loc, state), NONE) or paths
    return [end for path in paths for end in _write(evaluator, node, meaning, found, path)]


def _populate(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    table = found["t"]
    which = evaluator.program.fresh("fresh", "table")
    if isinstance(table, Amount) and table.symbol is not None:
        which = table.symbol
    elif isinstance(table, Pointer) and table.loc.base[0] == "fresh":
        which = table.loc.base[1]
    version = Version(meaning.level, ("table", which))
    return store(evaluator.program, node, as_pointer(evaluator.program, found["p"], meaning.level), version, state)


def _step(evaluator: Evaluator, _node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    start, end = found["a"], found["e"]
    if not isinstance(start, Amount) or not isinstance(end, Amount):
        return [(state, evaluator.program.unknown("call", "step"))]
    unit: Any = ""
    if meaning.detail:
        unit = evaluator.program.level_sizes(meaning.detail).constant
    return [(state, of(Symbol("step", (state.norm(start), state.norm(end), unit)), evaluator.program.width))]


def _test(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    value = found["x"]
    if isinstance(value, Entry):
        level = value.version.level  # of several levels with a test of one name, that of the value says what it means
        true = evaluator.program.rule.levels[level].tests.get(head(node)[1], meaning.detail)
        return [(state, Truth(Test(value.version, true & evaluator.program.levels[level])))]
    return [(state, Truth(Atom(evaluator.program.fresh("call", "test"))))]


def _safe(evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    old, new = found["old"], found["new"]
    if isinstance(old, Entry) and isinstance(new, Entry):
        return [(state, Truth(Safe(old.version, new.version)))]
    return [(state, Truth(Atom(evaluator.program.fresh("call", "safe"))))]


def _aligned(evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    value, unit = found["x"], found["n"]
    if isinstance(value, Amount) and isinstance(unit, Amount) and unit.constant is not None and all(unit.constant):
        formula: Formula = True
        for part in ored(value):
            formula = both(formula, Aligned(state.norm(part), unit.constant))
        return [(state, Truth(formula))]
    return [(state, Truth(Atom(evaluator.program.fresh("call", "aligned"))))]


def _align_down(evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    value, unit = found["x"], found["n"]
    if isinstance(value, Amount) and isinstance(unit, Amount):
        return [(state, of(Symbol("align", (state.norm(value), unit)), evaluator.program.width))]
    return [(state, evaluator.program.unknown("call", "align"))]


def _index(evaluator: Evaluator, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    value = found["a"]
    if isinstance(value, Virtual):
        value = of(Symbol("virtual", (state.norm(value.table),)), evaluator.program.width)
    if isinstance(value, Amount):
        return [(state, of(Symbol("index", (state.norm(value),)), evaluator.program.width))]
    return [(state, evaluator.program.unknown("call", node.text))]


def _alloc(evaluator: Evaluator, _node: Node, _meaning: Meaning, _found: dict[str, Value], state: State) -> Paths:
    return [(state, evaluator.program.unknown("alloc"))]


def _virt(evaluator: Evaluator, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    table = found["t"]
    return [(state, Virtual(table) if isinstance(table, Amount) else evaluator.program.unknown("call", node.text))]


def _phys(evaluator: Evaluator, node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    value = found["t"]
    if isinstance(value, Virtual):
        return [(state, value.table)]
    if isinstance(value, Pointer) and value.loc.base[0] == "fresh":
        return [(state, of(value.loc.base[1], evaluator.program.width))]
    if isinstance(value, Pointer) and value.loc.base[0] == "param" and value.loc.index.is_zero:
        return [(state, of(Symbol("param", value.loc.base[1:]), evaluator.program.width))]
    return [(state, evaluator.program.unknown("call", node.text))]


def _map(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    """Return the path on which a call maps or unmaps leaves, and that on which it fails: its result is below zero."""
    program, account = evaluator.program, account_of(found["a"])
    level = next((n for n, one in program.rule.levels.items() if account in one.leaf.values()), "")
    if not level and program.rule.unit == "entries":  # whatever the account, one entry is one
        level = next(n for n, one in program.rule.levels.items() if one.leaf)
    if not level:
        raise Undecided(f"the account of `{node.text}` cannot be followed", node)
    many = found.get("n", leaf_worth(program, level))
    if not isinstance(many, Amount):
        raise Undecided(f"the amount of `{node.text}` is not a number lmlint can follow", node)
    result = program.unknown("call", node.text)
    out: Paths = []
    for path in state.assume(Compare("<", result), truth=False):
        new = path.copy()
        counted = is_counted(program, new)
        moved = {account: many if meaning.action == "map" else -many}
        if not counted:
            new.apart |= set(moved.items())
            moved = {}
        for amount in moved.values():
            new.add(new.done, account, amount)
        old, now = ("none", "plain") if meaning.action == "map" else ("plain", "none")
        loc = Loc(("unknown", program.fresh("fresh", "entry")), program.number(0), level)
        new.log("write", node, loc=loc, old=old, new=now, replaced=(), moved=moved, counted=counted)
        out.append((new, result))
    for path in state.assume(Compare("<", result), truth=True):
        new = path.copy()
        new.failed = True
        out.append((new, result))
    return out


def _dies(_evaluator: Evaluator, _node: Node, _meaning: Meaning, _found: dict[str, Value], _state: State) -> Paths:
    return []


def _passes(_evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    return [(state, found["c"])]


def _region(_evaluator: Evaluator, _node: Node, _meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    # What is outside the counted region is not in the ledger, so only the paths inside it are followed.
    new = state.copy()
    new.filtered = (found["addr"],)
    return [(new, Truth(formula=True))]


def _on(_evaluator: Evaluator, _node: Node, _meaning: Meaning, _found: dict[str, Value], state: State) -> Paths:
    return [(state, Truth(formula=True))]


def _off(_evaluator: Evaluator, _node: Node, _meaning: Meaning, _found: dict[str, Value], state: State) -> Paths:
    return [(state, Truth(formula=False))]


def _expand(evaluator: Evaluator, node: Node, meaning: Meaning, found: dict[str, Value], state: State) -> Paths:
    inside = state.copy()
    inside.env = {metavariable(name): value for name, value in found.items()}
    inside.macro = state.macro or node  # where it stands in the file
    out: Paths = []
    for after, value in evaluator.value(meaning.detail, inside):
        new = after.copy()
        new.env, new.macro = dict(state.env), state.macro
        out.append((new, value))
    return out


_PRIMITIVES: dict[str, Any] = {
    "read": _read, "write": _write, "fill": _fill, "clear": _clear, "populate": _populate,
    "walk": walk, "grow": grow, "enter": enter, "step": _step, "test": _test, "keep": keep, "valid": valid,
    "cont": contiguous, "noncont": contiguous, "make": make, "bits": bits, "map": _map, "unmap": _map,
    "same_block": block, "safe_change": _safe, "aligned": _aligned,
    "align_down": _align_down, "index": _index, "alloc": _alloc, "virt": _virt,
    "phys": _phys, "dies": _dies, "passes": _passes,
    "region": _region, "on": _on, "off": _off,
    "expand": _expand,
}  # fmt: skip
