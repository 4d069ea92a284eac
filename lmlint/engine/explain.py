"""A function's summary in words: every way a call of it can end, what that does and records, and who answers for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING

from lmlint.engine.amount import Amount
from lmlint.engine.calls import INLINE_PATHS
from lmlint.engine.check import NONE, Analysis, Checker, may_wake
from lmlint.engine.state import BELOW, difference
from lmlint.engine.summary import merge
from lmlint.engine.value import Entry, Pointer, Truth
from lmlint.engine.words import (
    amount_text,
    condition_text,
    kinds_text,
    ledger_text,
    location_text,
    version_text,
)
from lmlint.error import InputError
from lmlint.finding import BALANCED, FINDING
from lmlint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmlint.engine.program import Program
    from lmlint.engine.state import Event, Ledger
    from lmlint.engine.summary import Row, Summary, Uniform
    from lmlint.engine.value import Formula, Value
    from lmlint.rule import Rule
    from lmlint.source import Function

MAX_NEAR = 5
WIDTH = 100
NEVER = "never reached"


def explain_function(  # noqa: PLR0913  # what is explained, and what bounds it
    text: bytes,
    path: str,
    rule: Rule,
    function: str,
    *,
    others: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT,
) -> str:
    """Return the summary of a function as text; raises InputError where there is none to look for."""
    checker = Checker(text, path, rule, others, limits=limits)
    if not checker.awake:
        raise InputError(f"{path}: the rule {rule.name} sleeps here, for `{rule.array}` does not occur in the file")
    program = checker.program
    named = [f for f in program.source.functions if f.name == function]
    named += [f for f in (program.source.macros.get(function),) if f is not None]
    if not named:
        raise InputError(f"{path}: no function is called `{function}`{_near(function, program)}")
    analysis = checker.analysis(frozenset())
    return "\n".join("".join(f"{line}\n" for line in _page(one, checker, analysis)) for one in named)


def prove(  # noqa: PLR0913  # those of `analyse`
    text: bytes,
    path: str,
    rule: Rule,
    changed: frozenset[int] = frozenset(),
    *,
    strict: bool = False,
    others: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT,
) -> Analysis:
    """Return what `analyse` returns, each verdict with its proof: ledgers that balance, and who settles the others."""
    if not may_wake(text, rule, others):
        return Analysis((), ())
    checker = Checker(text, path, rule, others, limits=limits)
    if not checker.awake:
        return Analysis((), ())
    analysis = checker.analysis(changed, strict=strict)
    proved = []
    for verdict in analysis.functions:
        summary = checker.summaries.get(f"{verdict.name}:{verdict.line}")
        balanced = summary is not None and verdict.verdict == BALANCED and verdict.name not in rule.outside
        proof = tuple(_proof(summary, checker)) if summary is not None and balanced else ()
        proved.append(replace(verdict, proof=proof))
    return replace(analysis, functions=tuple(proved))


def _proof(summary: Summary, checker: Checker) -> list[str]:
    """Return what the ways through a function do and record, each sentence once."""
    program = checker.program
    told: dict[str, None] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    still = False
    for row in merge(summary.rows):
        if row.delta:
            standing = _standing(row, summary, checker)
            if NEVER not in standing:
                done, recorded = ledger_text(row.done, program), ledger_text(row.recorded, program)
                told[f"does {done} and records {recorded}: {standing.partition(';')[0]}"] = None
        elif row.done or row.recorded:
            told[f"does and records {ledger_text(row.done, program)}"] = None
        else:
            rounds = list(_rounds(row, program))
            for text, (line, known) in zip(rounds, _balanced_rounds(row, program), strict=True):
                if (line, frozenset(known)) not in seen:  # the same in another order is no news
                    told[text] = None
                seen.add((line, frozenset(known)))
            if row.own and not rounds:
                told["does what it records, in every round or callee"] = None
            still |= not rounds and not row.own
    return [*told, *(["otherwise nothing is done or recorded"] if still else [])]


def _near(name: str, program: Program) -> str:
    names = list(dict.fromkeys(program.named))
    close = get_close_matches(name, names, MAX_NEAR) or [n for n in names if name in n][:MAX_NEAR]
    return f"; near it: {', '.join(close)}" if close else ""


def _page(function: Function, checker: Checker, analysis: Analysis) -> Iterator[str]:
    """Yield the lines about one definition."""
    program, key = checker.program, f"{function.name}:{function.line}"
    parameters = ", ".join(p.name for p in function.parameters if p.name)
    yield f"{function.name}({parameters}), {PurePath(checker.path).name}:{function.line}, rule {program.rule.name}"
    summary = checker.summaries.get(key)
    if key in checker.undecided:
        reason = checker.undecided[key][1]
        where = f" ({program.line(reason.node)})" if reason.node is not None else ""
        yield f"cannot tell: {reason.reason}{where}"
    elif key in checker.passed:
        yield f"serves another region, and moves no counter: {checker.passed[key]}"
    elif summary is None:
        yield _nothing_to_tell(function, program)
    else:
        yield from _verdict(summary, checker, analysis)
        yield from _ways(summary, checker)


def _nothing_to_tell(function: Function, program: Program) -> str:
    if function.macro:
        return "a macro: it is followed wherever it is used"
    if function.name not in program.touching:
        return "does not touch the rule: neither it nor anything it calls in this file writes an entry or records"
    callees = sorted(n for n in function.names & program.touching if n != function.name)
    return f"does nothing of its own, and what it calls balances by itself: {_code(callees)}"


def _verdict(summary: Summary, checker: Checker, analysis: Analysis) -> Iterator[str]:
    """Yield what is said of the function as a whole: its verdict, its findings, what the verdict leans on."""
    name, program = summary.function.name, checker.program
    findings = [f for f in analysis.findings if f.function == name]
    verdicts = [v for v in analysis.functions if v.name == name]
    if name in program.recorders:
        yield "only records: it is judged where it is called"
    elif name in program.rule.outside:
        yield f"not judged: {program.rule.outside[name]}"
    elif not verdicts and not findings:
        yield "not judged: it moves no leaf and no counter itself, and leaves nothing open"
    for verdict in verdicts[:1] if name not in program.rule.outside else []:
        reason = f": {verdict.reason}" if verdict.reason else ""
        yield f"{verdict.verdict}{reason}"
        for text in verdict.assumptions:
            yield from _wrapped("", f"assuming that {text}", "    ")
    for finding in findings:
        yield from _wrapped(
            "", f"{finding.severity} {finding.kind} on line {finding.place.line}: {finding.message}", "    "
        )


# ---- the rows ----


@dataclass(frozen=True, slots=True)
class _Way:
    """Rows that read the same: the conditions of each, and what is said of all of them."""

    conditions: tuple[tuple[str, ...], ...]
    body: tuple[str, ...]


def _ways(summary: Summary, checker: Checker) -> Iterator[str]:
    rows = merge(summary.rows)
    told = [(row, tuple(_body(row, summary, checker))) for row in rows]
    ways = []
    for body in sorted(Counter(body for _, body in told), key=lambda lines: NEVER in lines[-1]):
        alike = _reduced([row for row, other in told if other == body], checker.program)
        conditions = (tuple(_conditions(row, checker.program)) for row in alike)
        ways.append(_Way(tuple(dict.fromkeys(conditions)), body))
    yield ""
    yield f"A call can end in {len(ways)} way{'s' if len(ways) > 1 else ''}."
    for way in ways:
        yield ""
        yield from _way_lines(way)


def _way_lines(way: _Way) -> Iterator[str]:
    if () in way.conditions:
        yield "for any arguments:"
    else:
        for index, parts in enumerate(way.conditions):
            end = "," if index < len(way.conditions) - 1 else ":"
            yield from _wrapped("", f"{'or where' if index else 'where'} {' and '.join(parts)}{end}", "    ")
    for line in way.body:
        word, _, rest = line.partition(" ")
        yield from _wrapped(f"    {word:<10}", rest, " " * 14)


def _wrapped(head: str, text: str, indent: str) -> list[str]:
    return wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _conditions(row: Row, program: Program) -> Iterator[str]:
    """Yield the conditions of a row in words: what entries hold first."""
    for version, kinds in row.kinds.items():
        if kinds != program.levels[version.level]:
            yield f"{version_text(version, program)} is {_kinds(kinds, version.level, program)}"
    yield from sorted(condition_text(formula, program, truth=truth) for formula, truth in row.facts.items())


def _kinds(kinds: frozenset[str], level: str, program: Program) -> str:
    """Return kinds in words, by what they leave out where that is shorter."""
    return "not empty" if kinds == program.levels[level] - {"none"} and len(kinds) > 1 else kinds_text(kinds)


def _reduced(rows: Sequence[Row], program: Program) -> list[Row]:
    """Return fewer rows with the same conditions: two that differ in one condition only are one without it."""
    left = [replace(row, kinds={v: k for v, k in row.kinds.items() if k != program.levels[v.level]}) for row in rows]
    index = 0
    while index < len(left):
        for other in range(index + 1, len(left)):
            joined = _joined(left[index], left[other], program)
            if joined is not None:
                left[index] = joined
                del left[other]
                index = -1
                break
        index += 1
    return left


def _joined(one: Row, other: Row, program: Program) -> Row | None:
    if _covers(one, other):
        return one
    if _covers(other, one):
        return other
    if one.kinds == other.kinds and one.facts.keys() == other.facts.keys():
        odd = [fact for fact, truth in one.facts.items() if other.facts[fact] is not truth]
        return replace(one, facts=_without(one.facts, odd[0])) if len(odd) == 1 else None
    if one.facts == other.facts and one.kinds.keys() == other.kinds.keys():
        differing = [v for v, kinds in one.kinds.items() if other.kinds[v] != kinds]
        if len(differing) == 1:
            version = differing[0]
            kinds = one.kinds[version] | other.kinds[version]
            rest = {v: k for v, k in one.kinds.items() if v != version}
            return replace(one, kinds=rest if kinds == program.levels[version.level] else {**one.kinds, version: kinds})
    return None


def _covers(wide: Row, narrow: Row) -> bool:
    """Whether the conditions of one row hold wherever those of the other do."""
    facts = all(narrow.facts.get(fact) is truth for fact, truth in wide.facts.items())
    return facts and all(v in narrow.kinds and narrow.kinds[v] <= kinds for v, kinds in wide.kinds.items())


def _without(facts: dict[Formula, bool], gone: Formula) -> dict[Formula, bool]:
    return {fact: truth for fact, truth in facts.items() if fact != gone}


# ---- one row ----


def _body(row: Row, summary: Summary, checker: Checker) -> Iterator[str]:
    """Yield what a row does, records, gives back and leaves behind, what it assumes, and who answers for it."""
    program = checker.program
    if row.done or row.recorded or not row.own:
        yield f"does {ledger_text(row.done, program)}"
        yield f"records {'the same' if row.recorded and not row.delta else ledger_text(row.recorded, program)}"
    rounds = list(dict.fromkeys(_rounds(row, program)))
    yield from rounds
    if row.own and not row.done and not row.recorded and not rounds:
        yield "does what it records, in every round or callee"
    returned = _returned(row, summary.function, program)
    if returned:
        yield f"returns {returned}"
    left = list(_left(row, program))
    if left:
        yield f"leaves {'; '.join(left)}"
    for text in dict.fromkeys([*(p.text for p in row.premises), *(_uniform(u, program) for u in row.uniform)]):
        yield f"assuming {text}"
    yield f"verdict {_standing(row, summary, checker)}"


def _rounds(row: Row, program: Program) -> Iterator[str]:
    """Yield what the rounds of the loops do that balance round by round."""
    for line, known in _balanced_rounds(row, program):
        yield f"loops on {line}: each round does and records {' or '.join(known)}, or nothing"


def _balanced_rounds(row: Row, program: Program) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the line of each loop that balances round by round, and what its rounds do, in words."""
    for event in row.events.all() if row.events else []:
        if event.what == "loop" and event.data["balanced"]:
            found = [_recorded(way) for way in event.data["ways"]]
            known = dict.fromkeys(ledger_text(one, program) for one in found if one)
            if known:
                yield program.line(event.node), tuple(known)


def _recorded(way: Iterable[Event]) -> Ledger | None:
    """Return what a round records by itself, None where a callee or an inner loop records for it."""
    total: Ledger = {}
    for event in way:
        if event.what == "record":
            total = difference(total, {event.data["account"]: -event.data["amount"]})
        elif (event.what == "call" and event.data["row"].recorded) or (
            event.what == "loop" and not event.data["balanced"]
        ):
            return None
    return total


def _returned(row: Row, function: Function, program: Program) -> str:
    fails = ", and fails" if row.failed else ""
    if row.returns is None:
        return "" if function.returns in {"", "void"} else f"what a caller cannot foresee{fails}"
    return f"{_value(row.returns, program)}{fails}"


def _value(value: Value, program: Program) -> str:
    if isinstance(value, Amount):
        return amount_text(value, program)
    if isinstance(value, Truth):
        return f"whether {condition_text(value.formula, program)}"
    if isinstance(value, Entry):
        return version_text(value.version, program)
    return f"a pointer to {location_text(value.loc, program)}" if isinstance(value, Pointer) else "a value"


def _left(row: Row, program: Program) -> Iterator[str]:
    """Yield what entries hold afterwards; those that hold what they held are left out."""
    alike: dict[str, list[str]] = {}
    for loc, kinds in row.left.items():
        if kinds != program.levels[loc.level]:
            alike.setdefault(kinds_text(kinds), []).append(location_text(loc, program))
    for kinds_in_words, places in alike.items():
        yield f"{' and '.join(sorted(places, key=len))} {kinds_in_words}"


def _uniform(run: Uniform, program: Program) -> str:
    first, kinds = version_text(run.version, program), _kinds(run.kinds, run.version.level, program)
    start, end = amount_text(run.start, program), amount_text(run.end, program)
    return f"every entry from {start} to {end} is {kinds}, as {first} is"


# ---- who answers for it ----


def _standing(row: Row, summary: Summary, checker: Checker) -> str:
    """Return whether a row balances, and where it does not, who settles it or what becomes of it."""
    name, program = summary.function.name, checker.program
    if not row.delta:
        return (
            "balanced"
            if row.done or row.recorded or row.own or row.touched
            else "balanced: no leaf and no counter moves"
        )
    off = f"recorded less done is {ledger_text(row.delta, program)}"
    if name in program.recorders:
        return "open: the caller does what this records"
    if name in program.rule.outside:
        return f"open, but outside what is counted; {off}"
    if name not in program.counted:
        return f"open, and reached from nowhere in the counted region; {off}"
    if program.is_root(summary.function):
        reportable, _ = checker.reportable(summary)
        if any(_covers(row, r) and r.delta == row.delta for r in reportable):
            return f"{_reported(row)}: {off}"
        return f"taken not to happen, by what callers are assumed to see to; {off}"
    if not summary.loops and summary.paths <= INLINE_PATHS:
        return f"open: followed into from {_code(sorted(program.callers[name]))}, and settled or told there; {off}"
    closed = [c for c in summary.closed if c == row]
    if closed:
        if any(checker.executor.reached.get(id(c)) for c in closed):
            return f"{_reported(row)}: {off}"
        return f"{NEVER} from {_code(sorted(program.callers.get(name, ())))}; {off}"
    return f"open: {_above(row, summary, checker)}; {off}"


def _reported(row: Row) -> str:
    doubtful = row.doubtful or BELOW in row.delta
    return "cannot tell" if doubtful else f"{FINDING}, for nobody in sight settles it"


def _above(row: Row, summary: Summary, checker: Checker) -> str:
    """Return what becomes of an open row in the functions that call this one."""
    name, program = summary.function.name, checker.program
    settles: set[str] = set()
    hands_on: set[str] = set()
    for caller in checker.summaries.values():
        if caller.function.name not in program.callers.get(name, ()):
            continue
        for outer in caller.rows:
            if any(e.what == "call" and e.data["row"].delta == row.delta for e in _calls(outer, name)):
                (hands_on if outer.delta else settles).add(caller.function.name)
    parts = [f"settled by {_code(sorted(settles))}"] if settles else []
    if hands_on - settles:
        parts.append(f"handed on by {_code(sorted(hands_on - settles))}")
    rest = program.callers.get(name, frozenset()) - settles - hands_on
    if rest:
        parts.append(f"settled or ruled out by {_code(sorted(rest))}")
    return ", ".join(parts) or "up to callers in other files"


def _calls(row: Row, name: str) -> Iterator[Event]:
    """Yield the calls of a function on a row's path, those in the rounds of its loops too."""
    work = row.events.all() if row.events else []
    while work:
        event = work.pop()
        if event.what == "call" and event.data["function"].name == name:
            yield event
        elif event.what == "loop":
            work += [inner for way in event.data["ways"] for inner in way]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
