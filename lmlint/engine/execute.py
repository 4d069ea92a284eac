"""Statements and calls: runs a function symbolically along every path and gives its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine import loops
from lmlint.engine.amount import Amount, Symbol, of
from lmlint.engine.evaluate import MAX_DEPTH, Evaluator, Paths, low_mask
from lmlint.engine.program import Program, Undecided, binary, unary
from lmlint.engine.state import Event, Frame, Region, State, region, rounds
from lmlint.engine.summary import Row, Summary, Uniform, compress, make_row, merge, settled
from lmlint.engine.value import (
    Account,
    Atom,
    Compare,
    Entry,
    Formula,
    Loc,
    Not,
    Pointer,
    Prot,
    Substitution,
    Truth,
    Value,
    Version,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.source import Function, Node, Parameter

Signal = tuple[str, Any] | None
Outcome = tuple[State, Signal]

MAX_PATHS = 3000
MAX_STEPS = 20_000
"""Statements and rows of calls that one function may take."""
MAX_TOTAL = 60_000
"""The same for a file."""
INLINE_PATHS = 12
LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})
RETURN, BREAK, CONTINUE, GOTO = "return", "break", "continue", "goto"


class Executor:
    """Runs the functions of a program, callees first, and keeps their summaries."""

    def __init__(self, program: Program) -> None:
        """Start with no summary known."""
        self.program = program
        self.evaluator = Evaluator(program, self.call)
        self.summaries: dict[str, Summary | Undecided] = {}
        self._running: list[str] = []
        self._matters: dict[str, bool] = {}
        self._flags: list[set[str]] = [set()]
        self.reached: set[int] = set()
        self._steps = 0
        self._total = 0

    # functions

    def summary(self, function: Function) -> Summary:
        """Return a function's summary; raises Undecided with the reason why there is none."""
        key = f"{function.name}:{function.line}"
        known = self.summaries.get(key)
        if known is None:
            if key in self._running:
                raise Undecided(f"`{function.name}` is recursive")
            self._running.append(key)
            steps, self._steps = self._steps, 0
            self._flags.append({p.name for p in function.parameters if p.type in BOOLEAN})
            try:
                known = self._run(function)
            except Undecided as reason:
                known = reason
            except RecursionError:
                known = Undecided("calls and code nested too deep to be followed")
            finally:
                self._running.pop()
                self._flags.pop()
                self._steps = steps
            self.summaries[key] = known
        if isinstance(known, Undecided):
            raise known
        return known

    def matters(self, function: Function) -> bool:
        """Whether a function needs a summary: it acts, is handed entries, or calls one that leaves something open."""
        rule = self.program.rule
        if function.macro or function.name in self.program.acting or function.names & self.program.recorders:
            return True
        if any(p.stars and rule.level_of_type.get(p.type) and rule.levels[rule.level_of_type[p.type]].leaf
               for p in function.parameters):  # fmt: skip
            return True
        key = f"{function.name}:{function.line}"
        known = self._matters.get(key)
        if known is None:
            self._matters[key] = True  # in a cycle, look
            named = (self.program.source.macros.get(n) or self.program.functions.get(n) for n in function.names)
            callees = [
                f for f in named if f is not None and f.name in self.program.touching and f.name != function.name
            ]
            known = self._matters[key] = any(map(self._leaves_open, sorted(callees, key=lambda f: f.line)))
        return known

    def _leaves_open(self, function: Function) -> bool:
        if not self.matters(function):
            return False
        if function.macro:
            return True
        try:
            summary = self.summary(function)
            return bool(summary.closed) or any(row.delta for row in summary.compressed)
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
        outcomes = self.statement(function.body, state)
        for path, signal in outcomes:
            returns = signal[1] if signal is not None and signal[0] == RETURN else None
            rows += [make_row(end, returns) for end in loops.settle(self, path)]
        has_loops = any(n.type in LOOPS for n in function.body.walk())
        merged = merge(rows)
        closed = tuple(row for row in merged if row.delta and not self._stays_open(function, row))
        seen = [settled(row) if any(row is c for c in closed) else row for row in merged]
        return Summary(function, tuple(rows), compress(seen), closed, len(outcomes), has_loops)

    def _stays_open(self, function: Function, row: Row) -> bool:
        """Whether a caller in sight may settle a row that does not balance, or see to it that it never comes to it."""
        if self.program.is_root(function) and function.name not in self.program.callers:
            return True
        if function.name in self.program.rule.outside or function.name in self.program.recorders:
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
        self._count(node)
        if node.type in LOOPS:
            return loops.loop(self, node, state)
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            return handler(self, node, state)
        if node.broken or node.type == "ERROR":
            raise Undecided("C that lmlint cannot parse", node)
        return [(after, None) for after, _ in self.evaluator.value(node, state)]

    def _count(self, node: Node) -> None:
        """Count a statement or the row of a call; raises Undecided where a function or the file has had too many."""
        self._steps += 1
        self._total += 1
        if self._steps > MAX_STEPS or self._total > MAX_TOTAL:
            raise Undecided(f"more than {MAX_STEPS if self._steps > MAX_STEPS else MAX_TOTAL} steps", node)

    def block(self, kids: tuple[Node, ...], state: State) -> list[Outcome]:
        """Return the ways through statements in order; a goto to a label among them goes on there."""
        labels = {k.field("label").text: i for i, k in enumerate(kids) if k.type == "labeled_statement"}
        work = [(0, state)]
        out: list[Outcome] = []
        while work:
            index, path = work.pop()
            if index == len(kids):
                out.append((path, None))
                continue
            results = _joined(self.statement(kids[index], path))
            for after, signal in reversed(results):
                if signal is None:
                    work.append((index + 1, after))
                elif signal[0] == GOTO and signal[1] in labels:
                    if labels[signal[1]] <= index:
                        raise Undecided(f"a backward goto to `{signal[1]}`", kids[index])
                    work.append((labels[signal[1]], after))
                else:
                    out.append((after, signal))
            if len(work) + len(out) > MAX_PATHS:
                raise Undecided(f"more than {MAX_PATHS} paths", kids[index])
        return out

    def _compound(self, node: Node, state: State) -> list[Outcome]:
        return self.block(node.kids, state)

    def _expression(self, node: Node, state: State) -> list[Outcome]:
        if not node.kids:
            return [(state, None)]
        return [(after, None) for after, _ in self.evaluator.value(node.kids[0], state)]

    def _declaration(self, node: Node, state: State) -> list[Outcome]:
        kind = node.fields["type"].text if "type" in node.fields else ""
        paths = [state]
        for kid in node.kids:
            if kid.type not in {"init_declarator", "identifier", "pointer_declarator", "array_declarator"}:
                continue
            declarator = kid.fields.get("declarator", kid) if kid.type == "init_declarator" else kid
            stars = sum(n.type in {"pointer_declarator", "array_declarator"} for n in declarator.walk())
            names = [n.text for n in declarator.walk() if n.type == "identifier"]
            if not names:
                continue
            paths = [s for p in paths for s in self._declare(names[0], kind + "*" * stars, kid.fields.get("value"), p)]
        return [(path, None) for path in paths]

    def _declare(self, name: str, kind: str, value: Node | None, state: State) -> list[State]:
        out = []
        paths: Paths = [(state, self.program.number(0))] if value is None else self.evaluator.value(value, state)
        for after, worth in paths:
            new = after.copy()
            new.types = {**new.types, name: kind}
            new.env.pop(name, None)
            if value is not None:
                base, stars = kind.replace("*", "").strip(), kind.count("*")
                new.env[name] = self.evaluator.typed(worth, base, stars)
                self.evaluator.label(worth, name)
            out.append(new)
        return out

    def _if(self, node: Node, state: State) -> list[Outcome]:
        out: list[Outcome] = []
        for after, truth in self.evaluator.condition(node.field("condition"), state):
            branch = node.fields.get("consequence" if truth else "alternative")
            out += [(after, None)] if branch is None else self.statement(branch, after)
        return out

    def _else(self, node: Node, state: State) -> list[Outcome]:
        return self.block(node.kids, state)

    def _return(self, node: Node, state: State) -> list[Outcome]:
        if not node.kids:
            state = state.copy()
            state.log("return", node)
            return [(state, (RETURN, None))]
        out: list[Outcome] = []
        for after, value in self.evaluator.value(node.kids[0], state):
            new = after.copy()
            new.log("return", node, value=value)
            out.append((new, (RETURN, value)))
        return out

    def _jump(self, node: Node, state: State) -> list[Outcome]:
        return [(state, (node.type.removesuffix("_statement"), None))]

    def _goto(self, node: Node, state: State) -> list[Outcome]:
        return [(state, (GOTO, node.field("label").text))]

    def _labeled(self, node: Node, state: State) -> list[Outcome]:
        return self.block(tuple(k for k in node.kids if k.type != "statement_identifier"), state)

    def _switch(self, node: Node, state: State) -> list[Outcome]:
        body = node.field("body").kids
        out: list[Outcome] = []
        for after, subject in self.evaluator.value(node.field("condition"), state):
            paths = [after]
            default: int | None = None
            for index, case in enumerate(body):
                if case.type != "case_statement":
                    continue
                if "value" not in case.fields:
                    default = index
                    continue
                rest: list[State] = []
                for path in paths:
                    for s, label in self.evaluator.value(case.field("value"), path):
                        formula = self.evaluator._compare("==", subject, label)
                        formula = Atom(self.program.fresh("call", "case")) if formula is None else formula
                        for one, truth in self.evaluator.decide(case.field("value"), formula, s):
                            if truth:
                                out += self._cases(body[index:], one)
                            else:
                                rest.append(one)
                paths = rest
            for path in paths:
                out += [(path, None)] if default is None else self._cases(body[default:], path)
        return out

    def _cases(self, cases: tuple[Node, ...], state: State) -> list[Outcome]:
        kids: list[Node] = []
        for case in cases:
            skip = {id(case.fields["value"])} if "value" in case.fields else set()
            kids += [k for k in case.kids if id(k) not in skip]
        return [(s, None if signal == (BREAK, None) else signal) for s, signal in self.block(tuple(kids), state)]

    def _conditional_text(self, node: Node, state: State) -> list[Outcome]:
        """Follow both arms of an `#if` inside a function, the same way wherever its condition stands again."""
        condition = node.fields.get("condition") or node.fields.get("name")
        alternative = node.fields.get("alternative")
        skip = {id(condition), id(alternative)}
        text = "" if condition is None else condition.text
        negative = node.type == "preproc_ifdef" and node.text.startswith("#ifndef")
        formula: Formula = text == "1" if text in {"0", "1"} else Atom(Symbol("name", (f"#if {text}",)))
        out: list[Outcome] = []
        for path, truth in self.evaluator.decide(condition or node, formula, state):
            if truth is not negative:
                out += self.block(tuple(k for k in node.kids if id(k) not in skip), path)
            elif alternative is None:
                out.append((path, None))
            elif alternative.type == "preproc_else":
                out += self.block(alternative.kids, path)
            else:
                out += self._conditional_text(alternative, path)
        return out

    def _nothing(self, _node: Node, state: State) -> list[Outcome]:
        return [(state, None)]

    # calls

    def call(self, node: Node, name: str, arguments: list[Node], state: State) -> Paths | None:
        """Return the paths through a call of a function or macro of the file, None where there is nothing to follow."""
        macro = self.program.source.macros.get(name)
        function = macro if macro is not None else self.program.functions.get(name)
        if function is None:
            return None
        touches = name in self.program.touching
        if not touches and not function.names & self.program.telling:
            return None
        if touches and not self.matters(function):
            return None  # it leaves nothing open, and is handed no entry
        if len(state.stack) >= MAX_DEPTH:
            raise Undecided(f"calls nested more than {MAX_DEPTH} deep at `{name}`", node)
        if function.macro:
            return self._inline(node, function, arguments, state)
        try:
            summary = self.summary(function)
        except Undecided as reason:
            if not touches:
                return None
            message = reason.reason if reason.reason.startswith("calls ") else f"calls `{name}`: {reason.reason}"
            raise Undecided(message, node) from reason
        if not summary.loops and summary.paths <= INLINE_PATHS:
            return self._inline(node, function, arguments, state)
        if not touches:
            return None
        return self._apply(node, summary, arguments, state)

    def _arguments(
        self, function: Function, arguments: list[Node], state: State
    ) -> list[tuple[State, dict[str, Value]]]:
        paths: list[tuple[State, dict[str, Value]]] = [(state, {})]
        for parameter, argument in zip(function.parameters, arguments, strict=False):
            new = []
            for path, env in paths:
                for after, value in self.evaluator.value(argument, path):
                    typed = self.evaluator.typed(value, parameter.type, parameter.stars) if parameter.type else value
                    new.append((after, {**env, parameter.name: typed}))
            paths = new
        return paths

    def _inline(self, node: Node, function: Function, arguments: list[Node], state: State) -> Paths:
        out: Paths = []
        types = {p.name: p.type + "*" * p.stars for p in function.parameters if p.name}
        for after, env in self._arguments(function, arguments, state):
            new = after.copy()
            new.outer = (*new.outer, (new.env, new.types))
            new.env, new.types = dict(env), types
            if function.macro:  # a macro sees the names around it, and stands where it is used
                new.env = {**after.env, **env}
                new.types = {**after.types, **types}
                new.macro = new.macro or node
            else:
                new.stack = (*new.stack, Frame(new.macro or node, function.name))
                new.macro = None
                if function.name in self.program.touching - self.program.recorders:
                    new.log("enter", function.body)
            body = function.body
            single = (
                body.kids[0] if function.macro and body.kids and body.kids[0].type == "expression_statement" else None
            )
            if single is not None and single.kids:
                ends = [(s, (RETURN, v)) for s, v in self.evaluator.value(single.kids[0], new)]
            else:
                ends = self.statement(body, new)  # type: ignore[assignment]
            for end, signal in ends:
                done = end.copy()
                env_back, types_back = done.outer[-1]
                done.env, done.types, done.outer, done.stack = dict(env_back), types_back, done.outer[:-1], after.stack
                done.macro = after.macro
                value = (
                    signal[1]
                    if signal is not None and signal[1] is not None
                    else self.program.unknown("call", function.name)
                )
                out.append((done, value))
        return out

    def _apply(self, node: Node, summary: Summary, arguments: list[Node], state: State) -> Paths:
        out: Paths = []
        for before, env in self._arguments(summary.function, arguments, state):
            for row in summary.compressed:
                out += self._apply_row(node, summary, row, env, before)
            for row in summary.closed:
                out += self._reach(node, summary, row, env, before)
        return out

    def _reach(self, node: Node, summary: Summary, row: Row, env: dict[str, Value], before: State) -> Paths:
        """Note that a row which nobody settles is reached; where that is up to the caller's own caller, hand it on."""
        change = self.substitution(env, before)
        flags = self._flags[-1]
        handed = any(
            _is_handed(actual) and not before.kinds_of(actual) <= kinds
            for version, kinds in row.kinds.items()
            if (actual := change.version(version))
        )
        if handed or any(_is_flag(f, flags) for f in map(change.formula, row.facts)):
            return self._apply_row(node, summary, row, env, before)
        counted = self._running[-1].partition(":")[0] in self.program.counted
        if counted and id(row) not in self.reached and self._apply_row(node, summary, settled(row), env, before):
            self.reached.add(id(row))
        return []

    def substitution(self, env: dict[str, Value], state: State) -> Substitution:
        """Return the callee's symbols in the caller's terms."""

        def symbol(item: Symbol) -> Amount | None:
            if item.op == "param":
                value = env.get(str(item.args[0]))
                if isinstance(value, Amount):
                    return state.norm(value)
                if isinstance(value, Truth):
                    return of(Symbol("truth", (value.formula,)), self.program.width)
                return self.program.unknown("call", item.args[0])
            return None

        def parameter(name: str) -> Loc | None:
            value = env.get(name)
            return value.loc if isinstance(value, Pointer) else None

        def entry(name: str) -> Version | None:
            value = env.get(name)
            return value.version if isinstance(value, Entry) else None

        def bit(item: Symbol) -> Formula | None:
            return self.evaluator.prot(env[str(item.args[0])]) if item.op == "bit" and item.args[0] in env else None

        def account(item: Symbol) -> Any:
            value = env.get(str(item.args[0])) if item.op == "param" else None
            if isinstance(value, Account):
                return value.name
            return value.symbol if isinstance(value, Amount) and value.symbol is not None else item

        return Substitution(symbol, self.rebuild, parameter, entry, bit, state.read, account)

    def rebuild(self, op: str, args: tuple[Any, ...]) -> Amount | None:
        """Return a symbol's worth again after its operands have changed."""
        if op == "rounds":
            return rounds(*args)
        if len(args) == 2 and all(isinstance(a, Amount) for a in args):  # noqa: PLR2004 - a binary operator
            if op == "&" and low_mask(args[1]) is not None:
                return None
            return binary(op, *args)
        if op in {"~", "-"} and isinstance(args[0], Amount):
            return unary(op, args[0])
        return None

    def _apply_row(self, node: Node, summary: Summary, row: Row, env: dict[str, Value], before: State) -> Paths:
        self._count(node)
        start = before.copy()
        change = self.substitution(env, start)
        paths = [start]
        was = {v: start.kinds_of(change.version(v)) for v in row.kinds}
        for fact, truth in row.facts.items():
            formula = change.formula(fact)
            paths = [b for a in paths for b in a.assume(formula, truth=truth)]
        for version, kinds in row.kinds.items():
            actual = change.version(version)
            paths = [b for a in paths for b in a.narrow(actual, kinds)]
        out: Paths = []
        for path in paths:
            new = path.copy()
            if row.round is not None and not new.delta():
                done, recorded = ({a: change.amount(n) for a, n in ledger.items()} for ledger in row.round)
                new.round = (done, recorded)
            for ledger, total in ((row.done, new.done), (row.recorded, new.recorded)):
                for account, amount in ledger.items():
                    name = change.account(account) if isinstance(account, Symbol) else account
                    new.add(total, name, new.norm(change.amount(amount)))
            for premise in row.uniform:
                self._take_over(node, premise, change, was.get(premise.version), new)
            new.failed |= row.failed
            new.unknown += row.unknown
            places = {change.loc(loc): kinds for loc, kinds in row.left.items()}
            replaced = tuple(new.memory[loc] for loc in places if loc in new.memory)
            new.forget(self._regions(row, change, before))
            for loc, kinds in places.items():
                version = Version(loc.level, ("left", self.program.fresh("fresh", "left")))
                new.put(loc, version)
                new.kinds[version] = kinds
            returns = (
                self.program.unknown("call", summary.function.name)
                if row.returns is None
                else change.value(row.returns)
            )
            new.log("call", node, function=summary.function, row=row, returns=returns, replaced=replaced)
            out.append((new, returns))
        return out

    def _regions(self, row: Row, change: Substitution, state: State) -> list[Region]:
        """Return the regions that a callee's row has written to, in the caller's terms."""
        out = []
        for base, depth in sorted(row.touched, key=repr):
            if base[0] == "fresh":
                continue
            loc = change.loc(Loc(base, self.program.number(0), next(iter(self.program.levels))))
            root, above = region(loc)
            if base[0] != "param" or loc.base != base or base[1] not in state.env:
                out.append((root, above + depth))
        return out

    def _take_over(
        self, node: Node, premise: Uniform, change: Substitution, was: frozenset[str] | None, state: State
    ) -> None:
        """Discharge a callee's premise about a run of entries, hand it on, or note that the verdict rests on it."""
        actual = change.version(premise.version)
        full = self.program.levels[actual.level]
        start, end = state.norm(change.amount(premise.start)), state.norm(change.amount(premise.end))
        if actual.origin[0] == "none" or self.in_block(actual.level, premise.kinds, start, end, state):
            return
        guarded = was is not None and was != full
        state.uniform += (Uniform(actual, premise.kinds, start, end, node, guarded),)

    def in_block(self, level: str, kinds: frozenset[str], start: Amount, end: Amount, state: State) -> bool:
        """Whether the run [start, end) lies in one contiguous block and the kinds only tell contiguous from other."""
        full = self.program.levels[level]
        if not (kinds == {"cont"} or kinds >= full - {"cont", "table"}):
            return False
        block = self.program.rule.levels[level].block
        if not block:
            return False
        unit = self.program.level_sizes(block)
        ends = [end, *(of(s, self.program.width) for s, known in state.equal.items() if known == end)]
        for candidate in ends:
            symbol = candidate.symbol
            if (
                symbol is not None
                and symbol.op == "step"
                and symbol.args[2] == unit.constant
                and symbol.args[0] == start
            ):
                return True
        return end - start == unit


BOOLEAN = frozenset({"bool", "_Bool"})


def _is_handed(version: Version) -> bool:
    """Whether a version is that of an entry which the caller hands over."""
    origin = version.origin
    return bool(origin[0] == "param" or (origin[0] == "at" and origin[1].base[0] == "param"))


def _is_flag(fact: Formula, flags: set[str]) -> bool:
    """Whether a fact is about a boolean parameter."""
    inner = fact.inner if isinstance(fact, Not) else fact
    symbol = inner.amount.symbol if isinstance(inner, Compare) else None
    return symbol is not None and symbol.op == "param" and symbol.args[0] in flags


def _joined(results: list[Outcome]) -> list[Outcome]:
    """Merge paths that differ in nothing but what they know about conditions that no longer matter."""
    if len(results) < 2:  # noqa: PLR2004 - nothing to merge
        return results
    out: dict[Any, Outcome] = {}
    for state, signal in results:
        key = (
            signal if signal is None or signal[0] != RETURN else (RETURN, signal[1]),
            *(frozenset(m.items()) for m in (state.env, state.memory, state.kinds, state.done, state.recorded)),
            *(frozenset(m.items()) for m in (state.equal, state.epochs)),
            *(state.notes, state.uniform, state.failed, state.own, state.unknown, state.stack, state.touched),
            len(state.outer),
        )
        old = out.get(key)
        if old is None:
            out[key] = (state, signal)
        else:
            kept = old[0].copy()
            kept.facts = {f: t for f, t in old[0].facts.items() if state.facts.get(f) is t}
            kept.tested = old[0].tested | state.tested
            kept.empty = old[0].empty & state.empty
            kept.events = _shared(old[0].events, state.events)
            out[key] = (kept, signal)
    return list(out.values())


def _shared(one: Event | None, other: Event | None) -> Event | None:
    """Return the steps up to the fork, unless something more than a decision was taken since."""
    seen = set()
    while other is not None:
        seen.add(id(other))
        other = other.before
    last = one
    while last is not None and id(last) not in seen:
        if last.what != "branch":
            return one
        last = last.before
    return last


_STATEMENTS: dict[str, Callable[[Executor, Node, State], list[Outcome]]] = {
    "compound_statement": Executor._compound, "expression_statement": Executor._expression,
    "declaration": Executor._declaration, "if_statement": Executor._if, "else_clause": Executor._else,
    "return_statement": Executor._return, "break_statement": Executor._jump, "continue_statement": Executor._jump,
    "goto_statement": Executor._goto, "labeled_statement": Executor._labeled, "switch_statement": Executor._switch,
    "preproc_if": Executor._conditional_text, "preproc_ifdef": Executor._conditional_text,
    "preproc_elif": Executor._conditional_text, "preproc_def": Executor._nothing, "type_definition": Executor._nothing,
    "preproc_call": Executor._nothing, "struct_specifier": Executor._nothing, "enum_specifier": Executor._nothing,
    "preproc_function_def": Executor._nothing, "preproc_include": Executor._nothing,
}  # fmt: skip
