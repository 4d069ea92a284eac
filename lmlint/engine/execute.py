"""Functions: each is run along every path, once, and gives its summary."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lmlint.engine.adopted import adopt
from lmlint.engine.amount import Symbol, TooLarge, of
from lmlint.engine.calls import call
from lmlint.engine.effects import decided
from lmlint.engine.evaluate import Evaluator
from lmlint.engine.premises import settle
from lmlint.engine.program import BOOLEAN, TOO_DEEP, TOO_LARGE, Program, Undecided
from lmlint.engine.state import State
from lmlint.engine.statements import LOOPS, Outcome, statement
from lmlint.engine.summary import Row, Summary, compress, make_row, merge, settled
from lmlint.engine.value import (
    Atom,
    Entry,
    Loc,
    Pointer,
    Prot,
    Value,
    Version,
)
from lmlint.limits import DEFAULT

if TYPE_CHECKING:
    from lmlint.engine.trace import Place
    from lmlint.source import Function, Node, Parameter

MAX_STEPS = 20_000
"""Statements and rows of calls that one function may take under the usual limits; more paths may take more steps."""
MAX_TOTAL = 60_000
"""The same for a file."""


class Executor:
    """Runs the functions of a program, callees first, and keeps their summaries."""

    def __init__(self, program: Program) -> None:
        """Start with no summary known."""
        self.program = program
        self.evaluator = Evaluator(program, partial(call, self))
        self.summaries: dict[str, Summary | Undecided] = {}
        self.running: list[str] = []
        self._matters: dict[str, bool] = {}
        self.flags: list[set[str]] = [set()]
        self.reached: dict[int, dict[Place, None]] = {}
        """Where each closed row is reached from, by the row's identity; a dict, for the order."""
        self._steps = 0
        self._total = 0
        more = max(1, program.limits.paths // DEFAULT.paths)
        self._most, self._most_in_all = MAX_STEPS * more, MAX_TOTAL * more

    # functions

    def summary(self, function: Function) -> Summary:
        """Return a function's summary; raises Undecided with the reason why there is none."""
        key = f"{function.name}:{function.line}"
        known = self.summaries.get(key)
        if known is None:
            if key in self.running:
                raise Undecided(f"`{function.name}` is recursive")
            self.running.append(key)
            steps, self._steps = self._steps, 0
            self.flags.append({p.name for p in function.parameters if p.type in BOOLEAN})
            try:
                known = self._run(function)
            except Undecided as reason:
                known = reason
            except RecursionError:
                known = Undecided(TOO_DEEP)
            except TooLarge:
                known = Undecided(TOO_LARGE)
            finally:
                self.running.pop()
                self.flags.pop()
                self._steps = steps
            self.summaries[key] = known
        if isinstance(known, Undecided):
            raise known
        return known

    def runs(self, function: Function) -> bool:
        """Whether a function is being summarised just now."""
        return f"{function.name}:{function.line}" in self.running

    def has_run(self, function: Function) -> bool:
        """Whether a function was summarised, or it was tried."""
        return f"{function.name}:{function.line}" in self.summaries

    def matters(self, function: Function) -> bool:
        """Whether a function needs a summary: it acts, is handed entries, or calls one that leaves something open.

        One that is told whether anything is counted may tell its callees otherwise.
        """
        rule = self.program.rule
        if any(p.name in rule.where for p in function.parameters):
            return True
        if function.macro or function.name in self.program.acting or function.names & self.program.recorders:
            return True
        if any(p.stars and rule.level_of_type.get(p.type) and rule.levels[rule.level_of_type[p.type]].leaf
               for p in function.parameters):  # fmt: skip
            return True
        key = f"{function.name}:{function.line}"
        known = self._matters.get(key)
        if known is None:
            self._matters[key] = True  # in a cycle, look
            named = (self.program.named.get(n) for n in function.names)
            callees = [
                f for f in named if f is not None and f.name in self.program.touching and f.name != function.name
            ]
            try:
                known = any(map(self._leaves_open, sorted(callees, key=lambda f: f.line)))
            except RecursionError:
                known = True  # its summary will say so
            self._matters[key] = known
        return known

    def _leaves_open(self, function: Function) -> bool:
        if not self.matters(function):
            return False
        if function.macro:
            return True
        try:
            summary = self.summary(function)
            return bool(summary.closed) or any(row.delta or row.carried for row in summary.compressed)
        except Undecided:
            return True

    def _run(self, function: Function) -> Summary:
        state = State(self.program.levels)
        for parameter in function.parameters:
            if parameter.name:
                state.types = {**state.types, parameter.name: parameter.type + "*" * parameter.stars}
                state.env[parameter.name] = self.initial(parameter)
        if function.body.broken:
            message = "C that lmlint cannot parse"
            raise Undecided(
                message, next(n for n in function.body.walk() if n.broken and not any(k.broken for k in n.kids))
            )
        rows = []
        outcomes = [
            end for start in decided(self.program, function, state) for end in self.statement(function.body, start)
        ]
        for path, signal in outcomes:
            _lands(function, (path, signal))
            returns = signal[1] if signal is not None and signal[0] == "return" else None
            ends = [end for one in adopt(self, path) for end in settle(self.program, one)]
            rows += [make_row(end, returns) for end in ends]
        has_loops = any(n.type in LOOPS for n in function.body.walk())
        merged = merge(rows)
        closed = tuple(row for row in merged if row.delta and not self._stays_open(function, row))
        seen = [settled(row) if any(row is c for c in closed) else row for row in merged]
        flagged = any(p.name in self.program.rule.where for p in function.parameters)
        return Summary(function, tuple(rows), compress(seen, flagged=flagged), closed, len(outcomes), has_loops)

    def _stays_open(self, function: Function, row: Row) -> bool:
        """Whether a caller in sight may settle a row that does not balance, or see to it that it never comes to it."""
        if self.program.is_root(function) and function.name not in self.program.callers:
            return True
        if function.name in self.program.rule.outside or function.name in self.program.recorders:
            return True
        if self.program.is_tool(function.name) or self.program.serves_others(function.name):
            return True
        accounts = frozenset(a for a in row.delta if isinstance(a, str))
        return accounts != row.delta.keys() or self.program.settleable(function.name, accounts)

    def initial(self, parameter: Parameter) -> Value:
        """Return what a parameter is worth when the function starts."""
        rule = self.program.rule
        level = rule.level_of_type.get(parameter.type)
        if level is not None and parameter.stars == 1:
            return Pointer(Loc(("param", parameter.name), self.program.number(0), level))
        if level is not None and parameter.stars == 0:
            return Entry(Version(level, ("param", parameter.name)))
        if parameter.type in rule.prot_types and parameter.stars == 0:
            return Prot(Atom(Symbol("bit", (parameter.name,))))
        return of(Symbol("param", (parameter.name,)), self.program.width)

    # statements

    def statement(self, node: Node, state: State) -> list[Outcome]:
        """Return every way a statement can end: the path, and the jump it takes, if any."""
        self.count(node)
        return statement(self, node, state)

    def count(self, node: Node) -> None:
        """Count a statement or the row of a call; raises Undecided where a function or the file has had too many."""
        self._steps += 1
        self._total += 1
        if self._steps > self._most or self._total > self._most_in_all:
            most = self._most if self._steps > self._most else self._most_in_all
            raise Undecided(f"more than {most} steps (limit `paths`)", node)
        self.program.in_time(node)


def _lands(function: Function, outcome: Outcome) -> None:
    """Raise Undecided where a path ends in a jump to a label that stands within another block."""
    signal = outcome[1]
    labels = function.body.walk() if signal is not None and signal[0] == "goto" else ()
    for node in labels:
        if node.type == "labeled_statement" and signal is not None and node.field("label").text == signal[1]:
            raise Undecided(f"a jump into a block, to `{signal[1]}`", node)
