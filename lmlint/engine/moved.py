"""Which accounts the records of a file can move, as far as names tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.pattern import bare

if TYPE_CHECKING:
    from lmlint.engine.program import Program
    from lmlint.source import Function, Node


def moved(program: Program, reports: frozenset[str]) -> frozenset[str] | None:
    """Return the accounts that something in the file adds to or takes from, None where nobody can tell."""
    flow = _Flow(program, reports)
    return flow.accounts()


class _Flow:
    def __init__(self, program: Program, reports: frozenset[str]) -> None:
        self.program, self.reports = program, reports
        self.busy: set[tuple[str, str]] = set()

    def accounts(self) -> frozenset[str] | None:
        array, find = self.program.rule.array, self.program.rule.primitives.find
        found: set[str] = set()
        for function in self.program.definitions:
            if array not in function.names or function.name in self.reports:
                continue
            read = 0
            nodes = list(function.body.walk())
            for node in nodes:
                match = find(node) if node.type.endswith("_expression") else None
                if match is None or match[0].action not in {"add", "sub"}:
                    continue
                read += sum(k.type == "identifier" and k.text == array for k in node.walk())
                sole = frozenset({self.program.rule.sole})
                accounts = self._of(match[1]["a"], function) if "a" in match[1] else sole
                if accounts is None:
                    return None
                found |= accounts
            if read != sum(k.type == "identifier" and k.text == array for k in nodes):
                return None  # the counter is used in another way
        return frozenset(found)

    def _of(self, node: Node, function: Function) -> frozenset[str] | None:
        """Return the accounts that an index can be."""
        self.program.in_time(node)
        node = bare(node)
        if node.type == "conditional_expression":
            sides = [self._of(node.field(key), function) for key in ("consequence", "alternative")]
            return self._joined(sides)
        if node.type != "identifier":
            return None
        if node.text in self.program.rule.accounts:
            return frozenset({node.text})
        key = (function.name, node.text)
        if key in self.busy:
            return frozenset()
        self.busy.add(key)
        try:
            names = [p.name for p in function.parameters]
            return self._passed(function, names.index(node.text)) if node.text in names else self._local(*key)
        finally:
            self.busy.discard(key)

    @staticmethod
    def _joined(sets: list[frozenset[str] | None]) -> frozenset[str] | None:
        known = [s for s in sets if s is not None]
        return frozenset().union(*known) if len(known) == len(sets) else None

    def _passed(self, function: Function, index: int) -> frozenset[str] | None:
        """Return the accounts that callers pass."""
        name = function.name
        if not function.static or name in self.program.source.initialised or self._assigned(function, index):
            return None
        found: list[frozenset[str] | None] = []
        for caller in self.program.definitions:
            if name not in caller.names or caller.name == name:
                continue
            nodes = list(caller.body.walk())
            calls = [n for n in nodes if n.type == "call_expression" and n.field("function").text == name]
            if len(calls) != sum(n.type == "identifier" and n.text == name for n in nodes):
                return None
            for call in calls:
                arguments = call.field("arguments").kids
                found.append(self._of(arguments[index], caller) if index < len(arguments) else None)
        return self._joined(found)

    @staticmethod
    def _assigned(function: Function, index: int) -> bool:
        name = function.parameters[index].name
        kinds = {"assignment_expression", "update_expression", "pointer_expression"}
        return any(
            n.type in kinds and bare(n.fields.get("left") or n.field("argument")).text == name
            for n in function.body.walk()
        )

    def _local(self, name: str, variable: str) -> frozenset[str] | None:
        """Return the accounts that a local variable is set to."""
        function = self.program.named[name]
        found: list[frozenset[str] | None] = []
        for node in function.body.walk():
            if node.type == "init_declarator" and node.field("declarator").text == variable:
                found.append(self._of(node.field("value"), function))
            elif node.type == "assignment_expression" and bare(node.field("left")).text == variable:
                found.append(self._of(node.field("right"), function) if node.op == "=" else None)
            elif node.type in {"update_expression", "pointer_expression"} and node.field("argument").text == variable:
                found.append(None)
        return self._joined(found) if found else None
