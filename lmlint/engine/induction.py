"""Induction: how often a loop runs, and what a round's amount comes to over all rounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, constant, number
from lmlint.engine.arithmetic import rebuild, rounds
from lmlint.engine.looptext import has_effect
from lmlint.engine.state import truth_of
from lmlint.engine.value import And, Compare, Formula, Loc, Not, Pointer, Substitution, Value, Version, negated
from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.execute import Executor
    from lmlint.engine.looptext import Text
    from lmlint.engine.state import Region, State
    from lmlint.engine.statements import Outcome
    from lmlint.source import Node


@dataclass(frozen=True)
class Induction:
    """How often a loop runs: `span` is how far the tested value has to go, `stride` how far a round takes it.

    `start` and `end` are what the variable goes from and to, where it is one variable; `extra` counts rounds beyond
    span / stride.
    """

    span: Amount
    stride: Amount
    start: Amount
    end: Amount
    extra: int


@dataclass
class Rounds:
    """The representative round: its symbols, the path before the loop, the state it starts in, and the ways it ends."""

    id: Symbol
    names: dict[Symbol, Value]
    start: State
    writes: bool
    begin: State
    normal: list[State]
    exits: list[Outcome]

    @cached_property
    def touched(self) -> frozenset[Region]:
        """The regions that some round writes to."""
        return frozenset().union(*(row.touched for row in self.normal))

    @cached_property
    def records(self) -> bool:
        """Whether some round records."""
        return any(row.own for row in self.normal)


def change(executor: Executor, made: Rounds, values: dict[Symbol, Value]) -> Substitution:
    """Return the symbols of the round in terms of these values, or of those before the loop."""

    def symbol(item: Symbol) -> Amount | None:
        if item not in made.names:
            return None
        value = values.get(item, made.names[item])
        if isinstance(value, Pointer):
            return value.loc.index
        return value if isinstance(value, Amount) else executor.program.unknown("call", "round")

    def none(_item: Any) -> None:
        return None

    return Substitution(symbol, rebuild, none, none, none, lambda loc: Version(loc.level, ("at", loc, 0)), none)


def how_often(executor: Executor, text: Text, made: Rounds) -> Induction | None:
    """Return how often a loop runs, None where that cannot be said."""
    if text.test is None or not made.normal:
        return None
    after_effect = not text.checks_first and has_effect(text.test)
    at_end = made.normal[0] if after_effect else made.begin
    probe = made.begin.copy()
    if after_effect:
        probe.env = dict(_before_test(executor, text, made) or at_end.env)
    values = executor.evaluator.value(text.test, probe)
    if len(values) != 1:
        conjunct = _first_compare(executor, text.test, probe)
        far = None if conjunct is None else distance(conjunct)
    else:
        formula = truth(values[0][1])
        far = distance(negated(formula) if text.until else formula)
    if far is None:
        return None
    amount, inclusive = far
    strides = {_stride(executor, made, amount, s) for s in made.normal}
    if len(strides) != 1:
        return None
    stride = next(iter(strides))
    if stride is None or stride.is_zero:
        return None
    if inclusive:
        amount -= stride
    first = change(executor, made, {})
    moving = [s for s in amount.symbols() if s in made.names]
    start = made.start.norm(first.amount(amount))
    low, high = start, executor.program.number(0)
    if len(moving) == 1 and isinstance(made.names[moving[0]], Amount):
        low = made.start.norm(made.names[moving[0]])  # type: ignore[arg-type]
        high = low - start
    return Induction(_whole_rounds(-start, stride), stride, low, high, int(after_effect))


def _stride(executor: Executor, made: Rounds, amount: Amount, end: State) -> Amount | None:
    values = {}
    for symbol in made.names:
        name = str(symbol.args[1])
        if name in end.env:
            values[symbol] = end.env[name]
    if any(isinstance(values.get(s), Amount) is False and s in values and not isinstance(values[s], Pointer)
           for s in amount.symbols() if s in made.names):  # fmt: skip
        return None
    return change(executor, made, values).amount(amount) - amount


def scale(amount: Amount, induction: Induction | None, state: State, loop_id: Symbol) -> Amount | None:
    """Return what a round's amount comes to over all rounds, None where that cannot be said."""
    if amount.is_zero:
        return amount
    if induction is None:
        return None
    stride = state.norm(induction.stride)
    for unit in (stride, induction.stride):
        ratio = amount.ratio(unit)
        if ratio is not None:
            extra = amount if induction.extra else number(0, amount.width)
            return constant(ratio) * induction.span + extra
    if any(moves(s, loop_id) for s in amount.symbols()):
        return _mixed(amount, induction, state, loop_id)
    known = stride.constant
    if known is not None:
        times = induction.span.over(known)
        return None if times is None else amount * times + (amount if induction.extra else number(0, amount.width))
    step = next((s for s in induction.stride.symbols() if s.op == "step"), None)
    if step is not None and amount.constant is not None:
        return amount * rounds(induction.start, induction.end, step.args[2])  # type: ignore[arg-type]
    return None


def _mixed(amount: Amount, induction: Induction, state: State, loop_id: Symbol) -> Amount | None:
    """Return the sum of an amount that is a multiple of the stride and something that stays the same."""
    moving = {m: cs for m, cs in induction.stride.terms if any(moves(s, loop_id) for s in m)}
    found = dict(amount.terms)
    for monomial, coefficients in moving.items():
        if monomial in found and all(coefficients):
            unit = constant(coefficients).constant or coefficients
            factor = constant(found[monomial]).over(unit)
            rest = None if factor is None else amount - factor * induction.stride
            if rest is None or any(moves(s, loop_id) for s in rest.symbols()):
                return None
            total = scale(rest, induction, state, loop_id)
            return None if factor is None or total is None else factor * induction.span + total
    return None


def moves(item: Any, loop_id: Symbol) -> bool:
    """Whether anything that changes from round to round occurs in an item."""
    if isinstance(item, Symbol):
        return (item.op == "round" and item.args[0] == loop_id) or any(moves(a, loop_id) for a in item.args)
    if isinstance(item, Amount):
        return any(moves(s, loop_id) for s in item.symbols())
    if isinstance(item, tuple):
        return any(moves(i, loop_id) for i in item)
    if hasattr(item, "__dataclass_fields__"):
        return any(moves(getattr(item, name), loop_id) for name in item.__dataclass_fields__)
    return False


def truth(value: Value) -> Formula:
    """Return the condition that a value is not zero; what says nothing is taken to be true."""
    formula = truth_of(value)
    return formula if formula is not None else True


def distance(formula: Formula) -> tuple[Amount, bool] | None:
    """Return the amount that grows (or falls) to zero while the condition holds, and whether zero itself still runs."""
    if isinstance(formula, Not) and isinstance(formula.inner, Compare):
        if formula.inner.op == "==":
            return formula.inner.amount, False
        return -formula.inner.amount, True
    if isinstance(formula, Compare) and formula.op == "<":
        return formula.amount, False
    if isinstance(formula, And):
        return distance(formula.left) or distance(formula.right)
    return None


def _first_compare(executor: Executor, test: Node, state: State) -> Formula | None:
    inner = bare(test)
    if inner.type == "binary_expression" and inner.op == "&&":
        return _first_compare(executor, inner.field("left"), state) or _first_compare(
            executor, inner.field("right"), state
        )
    values = executor.evaluator.value(inner, state)
    if len(values) == 1:
        formula = truth(values[0][1])
        return formula if distance(formula) is not None else None
    return None


def _before_test(executor: Executor, text: Text, made: Rounds) -> dict[str, Value] | None:
    """Return the variables as they are when the test at the end of a round begins."""
    state = made.begin.copy()
    paths = [state]
    for part in [*([text.update] if text.update is not None else []), *text.before]:
        paths = [after for path in paths for after, _ in executor.evaluator.value(part, path)]
    return paths[0].env if len(paths) == 1 else None


def _whole_rounds(span: Amount, stride: Amount) -> Amount:
    """Return the span rounded up to whole rounds, where both are known."""
    far, step = span.constant, stride.constant
    if far is None or step is None or not all(step):
        return span
    return constant(-(-f // s) * s for f, s in zip(far, step, strict=True))


def is_entry(version: Version, loop_id: Symbol) -> bool:
    """Whether a version is what a round finds in an entry that changes from round to round."""
    return version.origin[0] == "at" and moves(version.origin[1], loop_id) and not _deep(version.origin[1], loop_id)


def _deep(loc: Loc, loop_id: Symbol) -> bool:
    """Whether the entry lies below an entry that itself changes from round to round."""
    return loc.base[0] in {"table", "block"} and moves(loc.base[1], loop_id)
