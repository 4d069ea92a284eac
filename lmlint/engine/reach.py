"""How the records of a file are reached: from which entry point, under which locks, behind which region filter.

The proof of the ledger works from the bottom up and stops where everything balances; this is a walk down from the
entry points. A path knows the locks it holds, which conditions on plain variables it has taken, and whether the region
filter has let it pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.engine.flow import DECLARATORS, Flow, Signal
from lmlint.engine.program import BOOLEAN, Undecided
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.engine.program import Program
    from lmlint.engine.trace import Place
    from lmlint.source import Function, Node

UNKNOWN = ""
"""The name of a lock, or of a callback, that only the callers know."""
MAX_WAYS = 24
"""Ways side by side from which on the conditions that tell them apart are forgotten."""
MAX_DEPTH = 16
MAX_STEPS = 20_000
_OFTEN = 64
"""How many expressions are looked at between two looks at the clock."""
_JUMPS = frozenset({"return_statement", "goto_statement", "break_statement", "continue_statement", "labeled_statement",
                    "case_statement"})  # fmt: skip
LITERALS = {"true": True, "false": False, "NULL": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that a path holds; `scope` is the block at whose end a guard releases it, by line and column."""

    name: str
    shared: bool = False
    scope: tuple[int, int] | None = None
    node: Node | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Way:
    """A path through one function so far.

    `locks` are those that were taken and are held, `released` the names of those that were given back and were the
    caller's; `facts` are conditions taken, `names` what pointers stand for. `filtered`: the region filter has let it
    pass; `alone`: nobody else runs.
    """

    locks: frozenset[Held] = frozenset()
    released: frozenset[str] = frozenset()
    facts: frozenset[tuple[str, bool]] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()
    filtered: bool = False
    alone: bool = False

    def fact(self, name: str) -> bool | None:
        """Return whether a variable is known to be true or false."""
        return True if (name, True) in self.facts else False if (name, False) in self.facts else None

    def bind(self, name: str, *, truth: bool | None, target: str = UNKNOWN) -> Way:
        """Return the path on which a variable has been assigned."""
        facts = self.facts - {(name, True), (name, False)} | ({(name, truth)} if truth is not None else set())
        names = frozenset(n for n in self.names if n[0] != name) if self.names else self.names
        names |= {(name, target)} if target else set()
        return self if (facts, names) == (self.facts, self.names) else replace(self, facts=facts, names=names)

    def without(self, name: str) -> Way:
        """Return the path on which a lock has been released."""
        left = frozenset(held for held in self.locks if held.name != name)
        return replace(self, locks=left, released=self.released if left != self.locks else self.released | {name})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as one path comes to it.

    `frames` lead to it from the function where the path starts, outermost first; `locks` and `released` are a `Way`'s.
    """

    frames: tuple[Place, ...]
    locks: frozenset[Held]
    released: frozenset[str]
    filtered: bool
    alone: bool
    atomic: bool

    @property
    def root(self) -> str:
        """The function where the path starts."""
        return self.frames[0][0]

    def below(self, frame: Place, way: Way) -> Arrival:
        """Return the same record as the caller's path comes to it, through a call at `frame`."""
        return replace(self, frames=(frame, *self.frames), locks=_held(way, self.locks, self.released))


Exit = tuple[frozenset[Held], frozenset[str], bool, bool | None]
"""How a call ends: the locks taken and those released, whether filtered, and what it returns, where that is known."""


def _held(way: Way, taken: frozenset[Held], released: frozenset[str]) -> frozenset[Held]:
    return frozenset(held for held in way.locks if held.name not in released) | taken


def roots(program: Program) -> list[Function]:
    """Return the functions that somebody outside the file calls, and from which a record can be reached."""
    reaching, named = program.recording_below, program.asked_for
    return [
        f
        for f in program.functions.values()
        if f.name in reaching
        and f.name not in program.elsewhere
        and (f.name in program.rule.holds or (f.name not in named and not program.is_dead(f)))
    ]


class Reach(Flow[Way]):
    """The ways to the records of a program, function by function, each walked once for what is known of its flags."""

    def __init__(self, program: Program) -> None:
        """Start with nothing walked."""
        self.program = program
        self.active: list[str] = []
        self.found: dict[object, Arrival] = {}
        self._known: dict[tuple[str, Way], tuple[tuple[Exit, ...], tuple[Arrival, ...]]] = {}
        self._dull: dict[int, bool] = {}
        self._declared: dict[str, frozenset[str]] = {}
        self._steps = 0

    def arrivals(self, root: Function) -> list[Arrival]:
        """Return how the records are reached from an entry point; raises Undecided where there are too many ways."""
        self.active, self._steps = [], 0
        self.program.in_time(root.body)
        way = Way(locks=frozenset(Held(name) for name in self.program.rule.holds.get(root.name, ())))
        _, found = self.enter(root, Way(), ())
        return [replace(one, locks=_held(way, one.locks, one.released)) for one in found]

    def statement(self, node: Node, way: Way) -> list[tuple[Way, Signal]]:
        """Return every way a statement can end; one that has no bearing on records is passed over."""
        return [(self._past(node, way), None)] if self._is_dull(node) else super().statement(node, way)

    def _is_dull(self, node: Node) -> bool:
        """Whether nothing in a node takes a lock, asks the filter, leads to a record or jumps."""
        known = self._dull.get(id(node))
        if known is None:
            telling = self.program.bearing | self.program.rule.where.keys()
            shown = node.type in _JUMPS or (node.type == "identifier" and node.text in telling)
            if node.type == "pointer_expression" and node.op == "&":  # of a global lock, perhaps
                shown |= node.kids[0].type == "identifier" and self._stands_for(node.kids[0].text, Way()) is None
            known = not shown and all([self._is_dull(kid) for kid in node.kids])  # noqa: C419 - all of them, for the cache
            self._dull[id(node)] = known
        return known

    def _stands_for(self, name: str, way: Way) -> str | None:
        """Return what a variable points to, as far as that is known; None where it is no variable of the function."""
        bound = next((target for variable, target in way.names if variable == name), None)
        if bound is not None:
            return bound
        return UNKNOWN if any(name in self._variables(outer) for outer in self._scopes()) else None

    def _scopes(self) -> list[str]:
        """Return the functions whose variables are seen: the innermost one, and those around it where it is a macro."""
        seen: list[str] = []
        for name in reversed(self.active):
            seen.append(name)
            if not self.program.named[name].macro:
                break
        return seen

    def _variables(self, name: str) -> frozenset[str]:
        known = self._declared.get(name)
        if known is None:
            function = self.program.named[name]
            declared = {
                inner.text
                for node in function.body.walk()
                if node.type == "declaration"
                for kid in node.kids
                if kid.type in DECLARATORS
                for inner in kid.fields.get("declarator", kid).walk()
                if inner.type == "identifier"
            }
            known = self._declared[name] = frozenset(declared | {p.name for p in function.parameters})
        return known

    def _past(self, node: Node, way: Way) -> Way:
        """Return the path past something dull: what it assigns is no longer known."""
        for inner in node.walk() if way.facts else ():
            name = bare(inner.kids[0]) if inner.type in {"assignment_expression", "update_expression"} else inner
            if name is not inner and name.type == "identifier" and way.fact(name.text) is not None:
                way = way.bind(name.text, truth=None, target=self._stands_for(name.text, way) or UNKNOWN)
        return way

    # functions

    def enter(
        self, function: Function, way: Way, arguments: Iterable[tuple[bool | None, str]]
    ) -> tuple[tuple[Exit, ...], tuple[Arrival, ...]]:
        """Return how a call can end and the records in it, for what is known of its arguments' truth and targets."""
        begin = Way(filtered=way.filtered, alone=way.alone or bool(function.attributes & self.program.rule.single))
        if function.macro:  # it sees the names around it
            begin = replace(begin, facts=way.facts, names=way.names)
        given = list(arguments)
        for index, parameter in enumerate(function.parameters):
            truth, target = given[index] if index < len(given) else (None, UNKNOWN)
            begin = begin.bind(parameter.name, truth=truth, target=target)
        key = (function.name, begin)
        if key in self._known:
            return self._known[key]
        if function.name in self.active or len(self.active) >= MAX_DEPTH:
            return ((frozenset(), frozenset(), way.filtered, None),), ()
        self.active.append(function.name)
        outer, self.found = self.found, {}
        exits: dict[Exit, None] = {}
        for end, value in self._body(function, begin):
            exits[end.locks, end.released, end.filtered, value] = None
        self._known[key] = (tuple(exits), tuple(self.found.values()))
        self.found = outer
        self.active.pop()
        return self._known[key]

    def _body(self, function: Function, way: Way) -> Iterable[tuple[Way, bool | None]]:
        single = function.body.kids[0] if function.macro and len(function.body.kids) == 1 else None
        if single is not None and single.type == "expression_statement" and single.kids:
            return self.branch(single.kids[0], way)
        ends: list[tuple[Way, bool | None]] = []
        for end, signal in self.statement(function.body, way):
            value = signal[1] if signal is not None and signal[0] == "return" else None
            ends.append((end, value if isinstance(value, bool) else None))
        return ends

    def _call(self, node: Node, way: Way) -> list[tuple[Way, bool | None]]:
        """Return the ways through a call, with what it returns where that is known."""
        callee, arguments = node.field("function"), list(node.field("arguments").kids)
        ways = [way]
        for argument in arguments:
            ways = self.thinned(after for one in ways for after in self.effects(argument, one))
        name = callee.text
        out: list[tuple[Way, bool | None]] = []
        for one in ways:
            target = self._stands_for(name, one) or name
            function = self.program.named.get(target)
            if function is not None and target in self.program.worth_following:
                out += self._follow(node, function, arguments, one)
            else:
                self._callbacks(node, arguments, one)
                out.append((self._forgotten(arguments, one), None))
        return out

    def _follow(self, node: Node, function: Function, arguments: list[Node], way: Way) -> list[tuple[Way, bool | None]]:
        names = [p.name for p in function.parameters] + [""] * len(arguments)  # a macro may be given more
        flags = {p.name for p in function.parameters if p.type in BOOLEAN}
        ways: list[tuple[Way, tuple[tuple[bool | None, str], ...]]] = [(way, ())]
        for name, argument in zip(names, arguments, strict=False):
            deciding = name in flags and self._decides(argument)
            more = []
            for one, given in ways:
                told = self.branch(argument, one) if deciding else [(one, self._given(name, argument, one))]
                more += [(after, (*given, (truth, self._target(argument, after)))) for after, truth in told]
            ways = more
        return [end for one, given in ways for end in self._entered(node, function, arguments, one, given)]

    def _entered(  # a call, and what is known of it
        self,
        node: Node,
        function: Function,
        arguments: list[Node],
        way: Way,
        given: Iterable[tuple[bool | None, str]],
    ) -> list[tuple[Way, bool | None]]:
        exits, found = self.enter(function, way, given)
        self._hand_up(node, found, way)
        after = self._forgotten(arguments, way)
        out: list[tuple[Way, bool | None]] = []
        for taken, released, filtered, truth in exits:
            locks = _held(after, taken, released)
            others = released - {held.name for held in after.locks}
            out.append((replace(after, locks=locks, released=after.released | others, filtered=filtered), truth))
        return out

    def _hand_up(self, node: Node, found: Iterable[Arrival], way: Way) -> None:
        for one in found:
            own = {held.name for held in way.locks}
            made = replace(one.below((self.active[-1], node), way), released=way.released | (one.released - own))
            key = (id(made.frames[-1][1]), made.locks, made.released, made.filtered, made.alone)
            self.found.setdefault(key, made)

    def _callbacks(self, node: Node, arguments: list[Node], way: Way) -> None:
        """Follow the functions that a call out of the file is handed: it is taken to call them before it returns."""
        found = self.program.locking(node)
        alone = way.alone or (found is not None and found[0].action == "alone")
        for argument in arguments:
            target = self._target(argument, way)
            names = self.program.source.initialisers.get(target, frozenset()) | {target}
            for name in sorted(names & self.program.recording_below & self.program.functions.keys()):
                inside = replace(way, alone=alone)
                self._hand_up(node, self.enter(self.program.functions[name], inside, ())[1], inside)

    # what expressions do

    def effects(self, node: Node, way: Way) -> list[Way]:
        """Return the ways through an expression."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Undecided(f"more than {MAX_STEPS} steps to its records", node)
        if not self._steps % _OFTEN:
            self.program.in_time(node)
        node = bare(node)
        if self._is_dull(node):
            return [self._past(node, way)]
        if node.type in {"binary_expression", "conditional_expression"} and node.op in {"&&", "||", ""}:
            return self.thinned(after for after, _ in self.branch(node, way))
        if node.type in {"assignment_expression", "update_expression", "call_expression"}:
            return self._acts(node, way)
        ways = [way]
        for kid in node.kids:
            ways = self.thinned(after for one in ways for after in self.effects(kid, one))
        return ways

    def _acts(self, node: Node, way: Way) -> list[Way]:
        found = self.program.primitive(node)
        action = "" if found is None else found[0].action
        if found is not None and action in {"add", "sub"}:
            ways = [way]
            for value in found[1].values():
                ways = self.thinned(after for one in ways for after in self.effects(value, one))
            for one in ways:
                if "n" not in found[1] or self._truth(found[1]["n"], one) is not False:  # nothing is no record
                    self._arrive(node, one)
            return ways
        if found is not None and action == "stops":
            return self.thinned(after for after, truth in self.branch(found[1]["c"], way) if not truth)
        if action == "dies":
            return []
        if node.type == "call_expression":
            return self.thinned(replace(after, filtered=way.filtered) for after, _ in self._locking(node, way))
        if node.type == "assignment_expression":
            return self._assign(node, way)
        ways = [way]
        for kid in node.kids:
            ways = self.thinned(after for one in ways for after in self.effects(kid, one))
        changed = bare(node.kids[0]) if node.kids else node
        return [one.bind(changed.text, truth=None) for one in ways]

    def _arrive(self, node: Node, way: Way) -> None:
        found = self.program.locking(node)
        atomic = found is not None and found[0].action == "atomic"
        made = Arrival(((self.active[-1], node),), way.locks, way.released, way.filtered, way.alone, atomic)
        self.found.setdefault((id(node), way.locks, way.released, way.filtered, way.alone), made)

    def _assign(self, node: Node, way: Way) -> list[Way]:
        left, right = bare(node.field("left")), node.field("right")
        if left.type != "identifier":
            ways = self.effects(left, way)
            return self.thinned(after for one in ways for after in self.effects(right, one))
        return self.assigned(left.text, right, way) if node.op == "=" else self.effects(right, way)

    def assigned(self, name: str, value: Node | None, way: Way) -> list[Way]:
        """Return the ways past an assignment to a variable, or past its declaration."""
        if value is None:
            return [way.bind(name, truth=None)]
        if self._decides(value):
            return self.thinned(after.bind(name, truth=truth) for after, truth in self.branch(value, way))
        return self.thinned(
            after.bind(name, truth=self._truth(value, after), target=self._target(value, after))
            for after in self.effects(value, way)
        )

    def _decides(self, node: Node) -> bool:
        """Whether a value is worth remembering: it tells whether a lock was taken, or what the filter said."""
        calls = [n for n in node.walk() if n.type == "call_expression"]
        return any(self._asks(call) for call in calls)

    def _asks(self, call: Node) -> bool:
        found, lock = self.program.primitive(call), self.program.locking(call)
        if found is not None and found[0].action == "region":
            return True
        return (lock is not None and lock[0].action in {"try", "trial"}) or (
            call.field("function").text in self.program.filtering
        )

    def _forgotten(self, arguments: list[Node], way: Way) -> Way:
        for argument in arguments:
            inner = bare(argument)
            if inner.type == "pointer_expression" and inner.op == "&" and bare(inner.kids[0]).type == "identifier":
                name = bare(inner.kids[0]).text
                if way.fact(name) is not None:
                    way = way.bind(name, truth=None, target=self._stands_for(name, way) or UNKNOWN)
        return way

    # locks

    def _locking(self, node: Node, way: Way) -> list[tuple[Way, bool | None]]:
        found = self.program.locking(node)
        if found is None or found[0].action in {"atomic", "alone"}:
            return self._call(node, way)
        action, lock = found[0].action, found[1]["l"]
        name = self._target(lock, way)
        if action == "release":
            return [(way.without(name), None)]
        scope = (self.block.line, self.block.column) if action in {"guard", "share_guard"} and self.block else None
        taken = replace(way, locks=way.locks | {Held(name, action in {"share", "share_guard"}, scope, node)})
        if action in {"try", "trial"}:
            return [(taken, action == "try"), (way, action != "try")]
        return [(taken, None)]

    def left_block(self, node: Node, way: Way) -> Way:
        """Return the path past the end of a block, where guards release what they hold."""
        place = (node.line, node.column)
        if any(held.scope == place for held in way.locks):
            return replace(way, locks=frozenset(held for held in way.locks if held.scope != place))
        return way

    def scoped(self, node: Node, way: Way) -> Way | None:
        """Return the path into the block of a scoped guard, None where a condition is none."""
        found = self.program.locking(node)
        if found is None or found[0].action not in {"guard", "share_guard"}:
            return None
        held = Held(self._target(found[1]["l"], way), found[0].action == "share_guard", (node.line, node.column), node)
        return replace(way, locks=way.locks | {held})

    def _target(self, node: Node, way: Way) -> str:
        """Return the name of what an expression points to: that of a global object, or UNKNOWN."""
        inner = bare(node)
        while inner.type in {"cast_expression", "pointer_expression"}:
            if inner.op == "*":
                return UNKNOWN
            inner = bare(inner.fields.get("value") or inner.kids[-1])
        if inner.type == "identifier":
            known = self._stands_for(inner.text, way)
            return inner.text if known is None else known
        local = any(n.type == "identifier" and self._stands_for(n.text, way) is not None for n in inner.walk())
        return UNKNOWN if local or inner.type == "call_expression" else "".join(inner.text.split())

    # conditions

    def branch(self, node: Node, way: Way) -> list[tuple[Way, bool]]:
        """Return the ways on which a condition is true and those on which it is false."""
        inner = bare(node)
        if inner.type == "binary_expression" and inner.op in {"&&", "||"}:
            out: list[tuple[Way, bool]] = []
            for after, truth in self.branch(inner.field("left"), way):
                done = truth is (inner.op == "||")
                out += [(after, truth)] if done else self.branch(inner.field("right"), after)
            return out
        if inner.type == "unary_expression" and inner.op == "!":
            return [(after, not truth) for after, truth in self.branch(inner.field("argument"), way)]
        if inner.type == "binary_expression" and inner.op in {"==", "!="}:
            literal = LITERALS.get(bare(inner.field("right")).text)
            asked = inner.field("left") if literal is False else self._mode(inner)
            if asked is not None:
                found = self.branch(asked, way)
                return [(after, truth is (inner.op == ("!=" if literal is False else "=="))) for after, truth in found]
        if inner.type == "conditional_expression":
            arms = [inner.field("alternative"), inner.fields.get("consequence", inner.field("condition"))]
            return [
                end
                for after, truth in self.branch(inner.field("condition"), way)
                for end in self.branch(arms[truth], after)
            ]
        if inner.type == "assignment_expression" and inner.op == "=" and bare(inner.field("left")).type == "identifier":
            name = bare(inner.field("left")).text
            found = self.branch(inner.field("right"), way)
            return [(after.bind(name, truth=truth), truth) for after, truth in found]
        return self._decided(inner, way)

    def _decided(self, node: Node, way: Way) -> list[tuple[Way, bool]]:
        truth = self._truth(node, way)
        if truth is not None:
            return [(way, truth)]
        if node.type == "identifier":
            target = self._stands_for(node.text, way)
            if target is None or not self._remembers(node.text):
                return [(way, True), (way, False)]
            ways = [(way.bind(node.text, truth=t, target=target), t) for t in (True, False)]
            asks = node.text in self.program.rule.where  # whether this is counted: as good as the filter
            return [(replace(after, filtered=after.filtered or (t and asks)), t) for after, t in ways]
        if node.type != "call_expression":
            return [(after, t) for after in self.effects(node, way) for t in (True, False)]
        found = self.program.primitive(node)
        action = "" if found is None else found[0].action
        if found is not None and action == "region":
            return [(replace(way, filtered=True), True)]  # what lies outside the region is not counted
        if action in {"on", "off"}:
            return [(way, action == "on")]
        if found is not None and action == "passes":
            return self.branch(found[1]["c"], way)
        ends = self._locking(node, way)
        return [(after, t) for after, known in ends for t in ((True, False) if known is None else (known,))]

    def _remembers(self, name: str) -> bool:
        """Whether the same test may decide again: over a flag, or where locks and the filter are used."""
        function = self.program.named[self.active[-1]]
        flags = {p.name for p in function.parameters if p.type in BOOLEAN or self.program.rule.where.get(p.name)}
        return name in flags or bool(function.names & self.program.asking)

    def _mode(self, node: Node) -> Node | None:
        """Return the parameter that a comparison asks for the value by which it says that something is counted."""
        sides = (bare(node.field("left")), bare(node.field("right")))
        for one, other in (sides, sides[::-1]):
            if other.text and self.program.rule.where.get(one.text) == other.text:
                return one
        return None

    def _given(self, name: str, argument: Node, way: Way) -> bool | None:
        """Return the truth of what a parameter is given: of one that has such a value, whether it is this one."""
        inner, value = bare(argument), self.program.rule.where.get(name)
        if not value or self._stands_for(inner.text, way) is not None:
            return self._truth(argument, way)
        return inner.text == value if inner.type == "identifier" else None

    def _truth(self, node: Node, way: Way) -> bool | None:
        inner = bare(node)
        if inner.type == "unary_expression" and inner.op == "!":
            known = self._truth(inner.field("argument"), way)
            return None if known is None else not known
        if inner.type == "conditional_expression" and "consequence" in inner.fields:
            known = self._truth(inner.field("condition"), way)
            return None if known is None else self._truth(inner.field("consequence" if known else "alternative"), way)
        asked = self._mode(inner) if inner.type == "binary_expression" and inner.op in {"==", "!="} else None
        if asked is not None:
            known = self._truth(asked, way)
            return None if known is None else known is (inner.op == "==")
        return (
            way.fact(inner.text)
            if inner.type == "identifier" and self._stands_for(inner.text, way) is not None
            else (LITERALS.get(inner.text))
        )

    def returned(self, value: Node, way: Way) -> list[tuple[Way, bool | None]]:
        """Return the ways past a `return`, with whether its value is true where that is known."""
        if self._decides(value) or self._truth(value, way) is not None:
            return [*self.branch(value, way)]
        return [(after, None) for after in self.effects(value, way)]

    def thinned(self, ways: Iterable[Way]) -> list[Way]:
        """Return the ways without doubles, and without their conditions where they are too many."""
        found = dict.fromkeys(ways)
        if len(found) > MAX_WAYS:
            found = dict.fromkeys(replace(way, facts=frozenset()) for way in found)
        return list(found)
