"""Runs a function that prints, in one geometry, on every path that unknown conditions leave, and keeps what appears.

This is no symbolic execution: values are concrete or unknown, loops are unrolled. What cannot be followed is Undecided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.engine import concrete
from lmlint.engine.concrete import Counters, Integer, Named, Table, Unknown, mixed
from lmlint.engine.expressions import BREAKS, CONTINUES, RETURNS, RUNS, Expressions, Path, key_of, patterns
from lmlint.engine.program import Undecided
from lmlint.pattern import bare
from lmlint.source import parse_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.engine.arms import Arms
    from lmlint.engine.concrete import Segment, Value
    from lmlint.engine.program import Program
    from lmlint.source import Function, Node

MAX_STEPS, MAX_PATHS, MAX_DEPTH = 4_000, 64, 6


class Printer(Expressions):
    """The functions of a file in one geometry and one configuration."""

    def __init__(self, program: Program, arms: Arms, geometry: int, on: frozenset[str], known: frozenset[str]) -> None:
        """Keep what is known."""
        super().__init__(program, arms, geometry, on, known)
        self.steps = 0
        self.calls: list[Node] = []
        self._blocks: dict[int, Node | None] = {}

    def paths(self, function: Function) -> list[Path]:
        """Return every way through a function."""
        return self._body(function, Path({p.name: Unknown() for p in function.parameters}))

    def _body(self, function: Function, path: Path) -> list[Path]:
        start, end = function.span
        if start not in self._blocks:
            self._blocks[start] = parse_block(self.arms.text(start, end, self.on), self.arms.line(start))
        block = self._blocks[start]
        if block is None or block.broken:
            raise Undecided(f"`{function.name}` does not parse in one configuration")
        return self.run(block, path)

    # statements

    def run(self, node: Node, path: Path) -> list[Path]:
        """Return the ways on from a statement."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Undecided("the report takes too many steps", node)
        self.program.in_time(node)
        if node.type in {"compound_statement", "case_statement"}:
            return self.sequence(node.kids, path)
        if node.type == "declaration":
            self.declare(node, path)
            return [path]
        if node.type == "expression_statement":
            return self._effect(bare(node.kids[0]), path) if node.kids else [path]
        if node.type == "if_statement":
            out: list[Path] = []
            alternative = node.fields.get("alternative")
            for branch, truth in self.decide(node.field("condition"), path):
                if truth:
                    out += self.run(node.field("consequence"), branch)
                else:
                    out += [branch] if alternative is None else self.run(alternative.kids[-1], branch)
            return self._few(out, node)
        if node.type in {"for_statement", "while_statement", "do_statement"}:
            return self._loop(node, path)
        if node.type == "switch_statement":
            return self._switch(node, path)
        if node.type == "return_statement":
            path.result = self.value(node.kids[0], path) if node.kids else Unknown()
            path.flow = RETURNS
            return [path]
        if node.type in {"break_statement", "continue_statement"}:
            path.flow = BREAKS if node.type == "break_statement" else CONTINUES
            return [path]
        if node.type in {"enum_specifier", "type_definition", "struct_specifier", ";"}:
            return [path]
        raise Undecided(f"lmlint does not follow `{node.type.replace('_', ' ')}` in a report", node)

    def sequence(self, nodes: Iterable[Node], path: Path) -> list[Path]:
        """Return the ways on from statements in a row."""
        ways = [path]
        for node in nodes:
            ways = [w for way in ways for w in (self.run(node, way) if way.flow == RUNS else [way])]
        return self._few(ways, None)

    @staticmethod
    def _few(paths: list[Path], node: Node | None) -> list[Path]:
        if len(paths) > MAX_PATHS:
            raise Undecided("the report has too many ways through it", node)
        return paths

    def _effect(self, node: Node, path: Path) -> list[Path]:
        if node.type == "call_expression":
            return self.call(node, path)
        self.value(node, path)
        return [path]

    def _loop(self, node: Node, path: Path) -> list[Path]:
        first = node.fields.get("initializer")
        if first is not None:
            if first.type == "declaration":
                self.declare(first, path)
            else:
                self.value(first, path)
        condition, update = node.fields.get("condition"), node.fields.get("update")
        ways, out = [path], []
        tested = node.type == "do_statement"
        while ways:
            rounds: list[Path] = []
            for way in ways:
                value = Integer(1) if tested or condition is None else self.value(condition, way)
                if not isinstance(value, Integer):
                    raise Undecided("nobody can tell how often this loop runs", node)
                if not value.value:
                    out.append(way)
                    continue
                for end in self.run(node.field("body"), way):
                    if end.flow in {BREAKS, RETURNS}:
                        end.flow = RUNS if end.flow == BREAKS else RETURNS
                        out.append(end)
                        continue
                    end.flow = RUNS
                    if update is not None:
                        self.value(update, end)
                    rounds.append(end)
            ways, tested = self._few(rounds, node), False
        return self._few(out, node)

    def _switch(self, node: Node, path: Path) -> list[Path]:
        value = self.value(node.field("condition"), path)
        cases = node.field("body").kids
        if any(case.type != "case_statement" for case in cases):
            raise Undecided("lmlint does not follow this `switch`", node)
        labels = [self.value(case.fields["value"], path) if "value" in case.fields else None for case in cases]
        default = labels.index(None) if None in labels else len(cases)
        known = isinstance(value, Integer | Named) and all(isinstance(x, type(value)) for x in labels if x is not None)
        starts = list(range(len(cases))) + ([] if None in labels else [len(cases)])
        if known:
            starts = [next((i for i, x in enumerate(labels) if x is not None and _same(x, value)), default)]
        out: list[Path] = []
        for start in starts:
            way = path if known else path.fork()
            if not known:
                way.taken = (*way.taken, (f"switch {node.line}", bool(start)))
            bodies = [k for case in cases[start:] for k in case.kids if k is not case.fields.get("value")]
            for end in self.sequence(bodies, way):
                end.flow = RUNS if end.flow == BREAKS else end.flow
                out.append(end)
        return self._few(out, node)

    # calls

    def call(self, node: Node, path: Path) -> list[Path]:
        """Return the ways on from a call."""
        report = self.program.rule.report
        found = None if report is None else patterns(report.print).find(node)
        if found is not None:
            path.out += self._printed(node, found[1], path)
            return [path]
        name = node.field("function").text
        arguments = node.field("arguments").kids
        function, macro = self.definitions.function(name), self.definitions.macro(name)
        if macro is not None and macro[0] is not None:
            return self._expanded(node, macro[0], macro[1], path)
        if function is None and macro is None and name in self.arms.defined:
            raise Undecided(f"lmlint does not follow the macro `{name}`", node)
        if function is None:
            self._foreign(node, path)
            path.result = mixed([self.value(a, path) for a in arguments])
            return [path]
        values = [self.value(a, path) for a in arguments]
        names = {p.name: v for p, v in zip(function.parameters, values, strict=False)}
        with _Frame(self, node):
            ends = self._body(function, replace(path, names=names, result=Unknown()))
        bound = [(p.name, bare(a)) for p, a in zip(function.parameters, arguments, strict=False)]
        return [replace(end, names=_handed_back(path, end, bound), flow=RUNS) for end in ends]

    def _expanded(self, node: Node, names: tuple[str, ...], body: Node, path: Path) -> list[Path]:
        arguments = node.field("arguments").kids
        values = [self.value(a, path) for a in arguments]
        with _Frame(self, node):
            inner = replace(path, result=Unknown(), names={**path.names, **dict(zip(names, values, strict=False))})
            if len(body.kids) == 1 and body.kids[0].type == "expression_statement" and body.kids[0].kids:
                expression = bare(body.kids[0].kids[0])
                if expression.type != "call_expression":
                    inner.result = self.value(expression, inner)
                    ends = [inner]
                else:
                    ends = self.call(expression, inner)
            else:
                ends = self.run(body, inner)
        for end in ends:
            kept = {k: v for k, v in end.names.items() if k not in names and k in path.names}
            end.names = {**path.names, **kept}
            end.flow = RUNS
        if len(ends) == 1:
            path.names, path.out, path.taken, path.result = ends[0].names, ends[0].out, ends[0].taken, ends[0].result
            return [path]
        return ends

    def _foreign(self, node: Node, path: Path) -> None:
        """Take in a call of what is not in this file: it may change what it is given the address of."""
        taken = mixed([self.value(a, path) for a in node.field("arguments").kids])
        for argument in map(bare, node.field("arguments").kids):
            for name in {k.text for k in argument.walk() if k.type == "identifier"} & set(path.names):
                if isinstance(path.names[name], Table):
                    path.names[name] = mixed([taken, path.names[name]])
            if argument.type == "pointer_expression" and argument.field("argument").text in path.names:
                path.names[argument.field("argument").text] = taken
        values = [self.value(a, path) for a in node.field("arguments").kids]
        if any(isinstance(v, Counters) for v in values):
            raise Undecided(f"`{node.field('function').text}` is handed all of the counter", node)

    def _printed(self, node: Node, found: Mapping[str, Node], path: Path) -> tuple[Segment, ...]:
        call = self.calls[0] if self.calls else node
        arguments = [bare(a) for a in node.field("arguments").kids]
        if "format" in found:
            after = next(i for i, a in enumerate(arguments) if a is found["format"]) + 1
            form = self.value(found["format"], path)
            return concrete.formatted(form, [self.value(a, path) for a in arguments[after:]], call)
        keys = ("text",) if "text" in found else ("label", "value")
        return tuple(s for key in keys for s in concrete.printed(self.value(found[key], path), call))


class _Frame:
    """A call that is followed: what is printed inside belongs to the outermost one."""

    def __init__(self, printer: Printer, node: Node) -> None:
        self.printer, self.node = printer, node

    def __enter__(self) -> None:
        if len(self.printer.calls) >= MAX_DEPTH:
            raise Undecided("the report calls too deeply", self.node)
        self.printer.calls.append(self.node)

    def __exit__(self, *_: object) -> None:
        self.printer.calls.pop()


def _handed_back(path: Path, end: Path, bound: list[tuple[str, Node]]) -> dict[str, Value]:
    """Return the variables after a call that ended somehow: it may have written what it was given the address of."""
    names = dict(path.names)
    for parameter, argument in bound:
        if argument.type == "identifier" and isinstance(names.get(argument.text), Table):
            names[argument.text] = end.names.get(parameter, Unknown())
        elif argument.type == "pointer_expression":
            names |= {k.text: Unknown() for k in argument.walk() if k.type == "identifier" and k.text in names}
    return names


def _same(one: Value, other: Value) -> bool:
    return key_of(one) == key_of(other)
