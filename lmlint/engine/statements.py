"""Statements: each gives the paths through it, with the jump that every path takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Symbol
from lmlint.engine.loops import again, loop
from lmlint.engine.operators import as_type, compare
from lmlint.engine.program import Undecided
from lmlint.engine.state import Event, State
from lmlint.engine.value import Atom, Formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.engine.evaluate import Paths
    from lmlint.engine.execute import Executor
    from lmlint.source import Node

Signal = tuple[str, Any] | None
"""A jump: `return` and its value, `goto` and its label, `break` or `continue`; None where a statement just ends."""
Outcome = tuple[State, Signal]

LOOPS = frozenset({"for_statement", "while_statement", "do_statement"})


def statement(executor: Executor, node: Node, state: State) -> list[Outcome]:
    """Return every way a statement can end: the path, and the jump it takes, if any."""
    if node.type in LOOPS:
        return loop(executor, node, state)
    handler = _STATEMENTS.get(node.type)
    if handler is not None:
        return handler(executor, node, state)
    if node.broken or node.type == "ERROR":
        raise Undecided("C that lmlint cannot parse", node)
    return [(after, None) for after, _ in executor.evaluator.value(node, state)]


def block(executor: Executor, kids: tuple[Node, ...], state: State) -> list[Outcome]:
    """Return the ways through statements in order; a goto to a label among them goes on there."""
    labels = {k.field("label").text: i for i, k in enumerate(kids) if k.type == "labeled_statement"}
    restarted = _restarted(kids)
    work = [(0, state)]
    out: list[Outcome] = []
    while work:
        index, path = work.pop()
        if index == len(kids):
            out.append((path, None))
            continue
        if id(kids[index]) in restarted:
            out += again(executor, kids[index:], restarted[id(kids[index])], path)
            continue
        results = _joined(executor.statement(kids[index], path))
        for after, signal in reversed(results):
            if signal is None:
                work.append((index + 1, after))
            elif signal[0] == "goto" and signal[1] in labels:
                if labels[signal[1]] <= index:
                    raise Undecided(f"a backward goto to `{signal[1]}`", kids[index])
                work.append((labels[signal[1]], after))
            else:
                out.append((after, signal))
        executor.program.few(len(work) + len(out), kids[index])
    return out


def _restarted(kids: tuple[Node, ...]) -> dict[int, str]:
    """Return the labels among statements that something at them or after them jumps back to, by the statement."""
    found = {}
    for index, kid in enumerate(kids):
        if kid.type == "labeled_statement":
            label = kid.field("label").text
            jumps = (n for later in kids[index:] for n in later.walk() if n.type == "goto_statement")
            if any(jump.field("label").text == label for jump in jumps):
                found[id(kid)] = label
    return found


def _compound(executor: Executor, node: Node, state: State) -> list[Outcome]:
    return block(executor, node.kids, state)


def _expression(executor: Executor, node: Node, state: State) -> list[Outcome]:
    if not node.kids:
        return [(state, None)]
    return [(after, None) for after, _ in executor.evaluator.value(node.kids[0], state)]


def _declaration(executor: Executor, node: Node, state: State) -> list[Outcome]:
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
        paths = [s for p in paths for s in _declare(executor, names[0], kind + "*" * stars, kid.fields.get("value"), p)]
    return [(path, None) for path in paths]


def _if(executor: Executor, node: Node, state: State) -> list[Outcome]:
    out: list[Outcome] = []
    for after, truth in executor.evaluator.condition(node.field("condition"), state):
        branch = node.fields.get("consequence" if truth else "alternative")
        out += [(after, None)] if branch is None else executor.statement(branch, after)
    return out


def _else(executor: Executor, node: Node, state: State) -> list[Outcome]:
    return block(executor, node.kids, state)


def _return(executor: Executor, node: Node, state: State) -> list[Outcome]:
    if not node.kids:
        state = state.copy()
        state.log("return", node)
        return [(state, ("return", None))]
    out: list[Outcome] = []
    for after, value in executor.evaluator.value(node.kids[0], state):
        new = after.copy()
        new.log("return", node, value=value)
        out.append((new, ("return", value)))
    return out


def _jump(_executor: Executor, node: Node, state: State) -> list[Outcome]:
    return [(state, (node.type.removesuffix("_statement"), None))]


def _goto(_executor: Executor, node: Node, state: State) -> list[Outcome]:
    return [(state, ("goto", node.field("label").text))]


def _labeled(executor: Executor, node: Node, state: State) -> list[Outcome]:
    return block(executor, tuple(k for k in node.kids if k.type != "statement_identifier"), state)


def _switch(executor: Executor, node: Node, state: State) -> list[Outcome]:
    body = node.field("body").kids
    out: list[Outcome] = []
    for after, subject in executor.evaluator.value(node.field("condition"), state):
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
                for s, label in executor.evaluator.value(case.field("value"), path):
                    formula = compare(executor.program, "==", subject, label)
                    formula = Atom(executor.program.fresh("call", "case")) if formula is None else formula
                    for one, truth in executor.evaluator.decide(case.field("value"), formula, s):
                        if truth:
                            out += _cases(executor, body[index:], one)
                        else:
                            rest.append(one)
            paths = rest
        for path in paths:
            out += [(path, None)] if default is None else _cases(executor, body[default:], path)
    return out


def _conditional_text(executor: Executor, node: Node, state: State) -> list[Outcome]:
    """Follow both arms of an `#if` inside a function, the same way wherever its condition stands again."""
    condition = node.fields.get("condition") or node.fields.get("name")
    alternative = node.fields.get("alternative")
    skip = {id(condition), id(alternative)}
    text = "" if condition is None else condition.text
    negative = node.type == "preproc_ifdef" and node.text.startswith("#ifndef")
    formula: Formula = text == "1" if text in {"0", "1"} else Atom(Symbol("name", (f"#if {text}",)))
    if condition is not None and executor.program.is_on(condition):  # the ledger is of where the counter exists
        formula = True
    out: list[Outcome] = []
    for path, truth in executor.evaluator.decide(condition or node, formula, state):
        if truth is not negative:
            out += block(executor, tuple(k for k in node.kids if id(k) not in skip), path)
        elif alternative is None:
            out.append((path, None))
        elif alternative.type == "preproc_else":
            out += block(executor, alternative.kids, path)
        else:
            out += _conditional_text(executor, alternative, path)
    return out


def _nothing(_executor: Executor, _node: Node, state: State) -> list[Outcome]:
    return [(state, None)]


def _declare(executor: Executor, name: str, kind: str, value: Node | None, state: State) -> list[State]:
    out = []
    paths: Paths = [(state, executor.program.number(0))] if value is None else executor.evaluator.value(value, state)
    for after, worth in paths:
        new = after.copy()
        new.types = {**new.types, name: kind}
        new.env.pop(name, None)
        if value is not None:
            base, stars = kind.replace("*", "").strip(), kind.count("*")
            new.env[name] = as_type(executor.program, worth, base, stars)
            executor.program.label(worth, name)
        out.append(new)
    return out


def _cases(executor: Executor, cases: tuple[Node, ...], state: State) -> list[Outcome]:
    kids: list[Node] = []
    for case in cases:
        skip = {id(case.fields["value"])} if "value" in case.fields else set()
        kids += [k for k in case.kids if id(k) not in skip]
    return [(s, None if signal == ("break", None) else signal) for s, signal in block(executor, tuple(kids), state)]


def _joined(results: list[Outcome]) -> list[Outcome]:
    """Merge paths that differ in nothing but what they know about conditions that no longer matter."""
    if len(results) < 2:  # noqa: PLR2004 - nothing to merge
        return results
    out: dict[Any, Outcome] = {}
    for state, signal in results:
        key = (
            signal,
            *(frozenset(m.items()) for m in (state.env, state.memory, state.kinds, state.done, state.recorded)),
            frozenset(item for item in state.equal.items() if not _is_passing(item[0])),
            frozenset(state.epochs.items()),
            *(
                state.notes,
                state.uniform,
                state.failed,
                state.own,
                state.unknown,
                state.stack,
                state.touched,
                state.linked,
                state.escaped,
                state.carried,
            ),
            len(state.outer),
        )
        old = out.get(key)
        if old is None:
            out[key] = (state, signal)
        else:
            kept = old[0].copy()
            kept.equal = {s: a for s, a in old[0].equal.items() if state.equal.get(s) == a}
            kept.facts = {f: t for f, t in old[0].facts.items() if state.facts.get(f) is t}
            kept.tested = old[0].tested | state.tested
            kept.empty = old[0].empty & state.empty
            kept.full = old[0].full & state.full
            kept.events = _shared(old[0].events, state.events)
            out[key] = (kept, signal)
    return list(out.values())


def _is_passing(symbol: Symbol) -> bool:
    """Whether a symbol is a global, whose value, told by a condition, is forgotten where paths meet again."""
    return symbol.op == "name" and not str(symbol.args[0]).endswith(")")


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
    "compound_statement": _compound, "expression_statement": _expression,
    "declaration": _declaration, "if_statement": _if, "else_clause": _else,
    "return_statement": _return, "break_statement": _jump, "continue_statement": _jump,
    "goto_statement": _goto, "labeled_statement": _labeled, "switch_statement": _switch,
    "preproc_if": _conditional_text, "preproc_ifdef": _conditional_text,
    "preproc_elif": _conditional_text, "preproc_def": _nothing, "type_definition": _nothing,
    "preproc_call": _nothing, "struct_specifier": _nothing, "enum_specifier": _nothing,
    "preproc_function_def": _nothing, "preproc_include": _nothing,
}  # fmt: skip
