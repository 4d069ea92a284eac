"""Checks a file against a rule: a verdict for every function that touches it, and the findings."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import TooLarge
from lmlint.engine.argument import argue
from lmlint.engine.around import placed
from lmlint.engine.assumed import premise_findings, stricter
from lmlint.engine.blame import Blame
from lmlint.engine.elsewhere import look_up
from lmlint.engine.execute import Executor
from lmlint.engine.flags import flag_findings
from lmlint.engine.labels import judge_labels
from lmlint.engine.program import TOO_DEEP, TOO_LARGE, OutOfTime, Program, Undecided
from lmlint.engine.races import race_findings, shared_updates, unfiltered_findings, unknown_locks
from lmlint.engine.regions import address_findings, records
from lmlint.engine.state import BELOW, Carried
from lmlint.engine.stranded import stranded_findings
from lmlint.engine.stubs import stub_findings
from lmlint.engine.summary import UNSUMMED
from lmlint.engine.value import Atom
from lmlint.engine.words import kinds_text, ledger_text, version_text
from lmlint.finding import BALANCED, CANNOT_TELL, FINDING, Finding, FunctionVerdict
from lmlint.limits import DEFAULT, Limits
from lmlint.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmlint.engine.blame import Cause
    from lmlint.engine.summary import Row, Summary
    from lmlint.rule import Rule
    from lmlint.source import Function, Node


NONE: Mapping[str, bytes] = MappingProxyType({})
"""No other file to look anything up in."""


OUTSIDE = "outside the counted region"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a check of one file against one rule says."""

    functions: tuple[FunctionVerdict, ...]
    findings: tuple[Finding, ...]


def analyse(  # noqa: PLR0913  # what a check is about, and what it is asked for
    text: bytes,
    path: str,
    rule: Rule,
    changed: frozenset[int] = frozenset(),
    *,
    strict: bool = False,
    others: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT,
) -> Analysis:
    """Return the verdicts and findings of a file; `changed` are the lines (from 1) that a patch has changed.

    `others` are the texts, by path, of the files of the same tree that the rule looks definitions up in: those of
    functions are followed, and a finding may stand in one of these files. A rule sleeps in a file that neither names
    its counter nor uses a function there that does. `strict` makes a warning of every assumption. What goes beyond
    the limits cannot be told, and the verdict names the limit; a file that goes beyond them by itself is an InputError.
    """
    if not may_wake(text, rule, others):
        return Analysis((), ())
    checker = Checker(text, path, rule, others, limits=limits)
    return checker.analysis(changed, strict=strict) if checker.awake else Analysis((), ())


def may_wake(text: bytes, rule: Rule, others: Mapping[str, bytes]) -> bool:
    """Whether the counter is named in a file or in one that definitions are looked up in: a quick look."""
    return rule.counts_in(text) or any(rule.counts_in(other) for other in others.values())


def ledgers(text: bytes, path: str, rule: Rule, others: Mapping[str, bytes] = NONE) -> dict[str, set[str]]:
    """Return, for every function with a summary, the ledgers of its rows, done and recorded, as text."""
    checker = Checker(text, path, rule, others)
    out: dict[str, set[str]] = {}
    for summary in checker.summaries.values() if checker.awake else ():
        texts = out.setdefault(summary.function.name, set())
        for row in summary.rows:
            texts |= {ledger_text(row.done, checker.program), ledger_text(row.recorded, checker.program)}
    return out


class Checker:
    """A file under a rule, with the summaries of its functions."""

    def __init__(
        self, text: bytes, path: str, rule: Rule, others: Mapping[str, bytes] = NONE, *, limits: Limits = DEFAULT
    ) -> None:
        """Parse the file and summarise the functions that matter to the rule, and those of `others` that it uses."""
        self.path = path
        source = parse(text, path, rule.dialect, limits=limits)
        self.program = Program(source, rule, look_up(source, rule, others), limits=limits)
        found = self.program.elsewhere.definitions
        self.awake = bool(({rule.array} | rule.modes) & source.names) or any(rule.array in made.names for made in found)
        self.summaries: Mapping[str, Summary] = {}
        self.undecided: dict[str, tuple[Function, Undecided]] = {}
        self.passed: dict[str, str] = {}
        """Functions that were passed by, for they serve another region and move no counter, with how that is known."""
        if self.awake:
            self._summarise()

    def _summarise(self) -> None:
        executor = self.executor = Executor(self.program)
        made: dict[str, Summary] = {}
        for function in (*self.program.source.functions, *self.program.elsewhere.functions.values()):
            if function.name in self.program.elsewhere and not executor.has_run(function):
                continue  # nothing that was followed in this file calls it
            if function.name not in self.program.touching:
                continue
            why = self._why_elsewhere(function)
            if why:
                self.passed[f"{function.name}:{function.line}"] = why
                continue
            if not executor.matters(function):
                continue
            try:
                made[f"{function.name}:{function.line}"] = executor.summary(function)
            except Undecided as reason:
                self.undecided[f"{function.name}:{function.line}"] = (function, reason)
        self.summaries = made

    def _why_elsewhere(self, function: Function) -> str:
        """Return why a function serves another region, where only such functions come to it and it moves no counter."""
        program = self.program
        if function.name in program.counted or function.name in program.recording_below:
            return ""
        roots = ({function.name} | program.above(function.name)) & program.rule.outside.keys()
        return program.rule.outside.get(function.name) or "".join(program.rule.outside[r] for r in sorted(roots)[:1])

    # what is said

    def analysis(self, changed: frozenset[int], *, strict: bool = False) -> Analysis:
        """Return the verdicts and the findings; `strict` makes a warning of every assumption."""
        try:
            return self._analysis(changed, strict=strict)
        except OutOfTime as late:
            return self._given_up(late.reason)
        except RecursionError:
            return self._given_up(TOO_DEEP)
        except TooLarge:
            return self._given_up(TOO_LARGE)

    def _given_up(self, reason: str) -> Analysis:
        """Return that nothing can be told of any function of the file that has to do with the rule by its own text."""
        program, rule = self.program, self.program.rule.name
        return Analysis(
            tuple(
                FunctionVerdict(self.path, function.name, rule, CANNOT_TELL, reason, (), function.line)
                for function in program.source.functions
                if function.name in program.acting or function.names & program.recorders
            ),
            (),
        )

    def _analysis(self, changed: frozenset[int], *, strict: bool) -> Analysis:
        blame = Blame(self.program, self.summaries, changed, self.executor.reached)
        causes: list[Cause] = []
        findings: dict[Any, Finding] = {}
        told: Iterable[Finding]
        doubts: dict[str, tuple[str, Node | None]] = {}
        presumed: dict[str, list[str]] = {}
        self._reach_roots()
        for summary in self.summaries.values():
            self.program.in_time()
            name = summary.function.name
            if name not in self.program.counted or self._is_helper(summary.function):
                continue
            rows = [row for row in summary.closed if self.executor.reached.get(id(row)) or self._is_sure(summary, row)]
            presumptions: list[str] = []
            if self.program.is_root(summary.function):
                rows, presumptions = self.reportable(summary)
            presumed[name] = presumptions
            known = []
            for row in rows:
                inner = blame.origin(name, row)[1]
                if inner.doubtful or BELOW in inner.delta:
                    doubts.setdefault(name, _doubt(inner))
                else:
                    known.append(row)
            stranded = None if self.program.is_root(summary.function) else self._stranded(summary)
            if stranded is not None:
                doubts.setdefault(name, stranded)
            causes += blame.causes(name, known)
        for cause in blame.first_causes(causes):
            finding = argue(cause, self.program, self.path)
            findings.setdefault((finding.kind, finding.function, finding.place), finding)
        for note in premise_findings(self.program, self.path, self.summaries.values()):
            findings.setdefault((note.kind, note.place), note)
        updates = shared_updates(self.program)
        for root, sentence in unknown_locks(self.program, updates).items():
            presumed.setdefault(root, []).append(sentence)
        others = [
            *race_findings(self.program, self.path, updates, changed),
            *(unfiltered_findings(self.program, self.path) if self._is_any_unfiltered() else ()),
            *stranded_findings(self.program, self.path, self.summaries.values()),
            *flag_findings(self.program, self.path),
            *address_findings(self.program, self.path, self.summaries.values()),
        ]
        told_at = {(finding.kind, finding.place) for finding in findings.values()}  # with a path, which says more
        findings |= {(o.kind, o.place): o for o in others if (o.kind, o.place) not in told_at}
        labels, untold = judge_labels(self.program, self.path)
        for finding in (*stub_findings(self.program, self.path), *labels):
            findings.setdefault((finding.kind, finding.construct, finding.place), finding)
        told = findings.values()
        if strict:
            told = stricter(told, presumed, self.program, self.path)
        ordered = tuple(placed(sorted(told, key=lambda f: (f.place, f.kind, f.function)), self.program))
        verdicts = self._verdicts(ordered, doubts, presumed)
        listed = {verdict.name for verdict in verdicts}
        return Analysis((*verdicts, *(verdict for verdict in untold if verdict.name not in listed)), ordered)

    def _reach_roots(self) -> None:
        """Note what the entry points come to under conditions of their own that nobody in sight decides."""
        for summary in self.summaries.values():
            function = summary.function
            if self.program.is_root(function) and function.name in self.program.counted:
                met = frozenset[Carried]().union(*(row.carried for row in summary.rows))
                for lost in sorted(met, key=lambda one: one.order):
                    self.executor.reached.setdefault(lost.row, {})[lost.function, lost.node] = None

    def _is_any_unfiltered(self) -> bool:
        """Whether a record may be made without asking the region filter: a quick look before the long one."""
        return bool(self.undecided) or any(not e.data["filtered"] for _, e in records(self.summaries.values()))

    def _is_helper(self, function: Function) -> bool:
        """Whether a function only records, for whoever calls it; one that comes to entries ought to change them."""
        if function.name not in self.program.recorders:
            return False
        handed = any(p.stars and p.type in self.program.rule.level_of_type for p in function.parameters)
        looks = bool(function.names & self.program.looking)
        return not ((handed or looks) and self.program.is_root(function))

    def _is_elsewhere(self, function: Function) -> bool:
        """Whether a function serves another region only, and can move no counter."""
        return function.name in self.program.rule.outside and function.name not in self.program.recording_below

    def _is_sure(self, summary: Summary, row: Row) -> bool:
        """Whether a row asks nothing of its callers, one of which cannot be judged: it is one that is come to."""
        callers = self.program.callers.get(summary.function.name, frozenset())
        if not any(function.name in callers for function, _ in self.undecided.values()):
            return False
        return not row.facts and not any(version.origin[0] in {"at", "param"} for version in row.kinds)

    def _stranded(self, summary: Summary) -> tuple[str, Node | None] | None:
        """Return why nothing can be said of rows that callers ought to settle: one of these cannot be judged itself."""
        undecided = {function.name: reason for function, reason in self.undecided.values()
                     if not self._is_elsewhere(function)}  # fmt: skip
        leaving = {s.function.name for s in self.summaries.values() if any(row.delta or row.carried for row in s.rows)}
        work, seen = [summary.function.name], set[str]()
        while work:
            name = work.pop()
            if name in undecided:
                return (f"its caller `{name}` cannot be judged: {undecided[name].reason}", undecided[name].node)
            if name in leaving and name not in seen:
                work += sorted(self.program.callers.get(name, ()), reverse=True)
            seen.add(name)
        return None

    def reportable(self, summary: Summary) -> tuple[list[Row], list[str]]:
        """Return the rows that nobody in sight settles, and what their callers are presumed to see to.

        A function nobody in sight calls may expect something of the entry it is handed. Where it never looks at that
        entry and does and records the same for some kinds of it, those are what it expects.
        """
        rows = [r for r in summary.rows if r.delta and not any(_outside_bit(f) and t for f, t in r.facts.items())]
        presumptions: list[str] = []
        tested = frozenset().union(*(r.tested for r in summary.rows)) if summary.rows else frozenset()
        versions = sorted(
            {v for r in rows for v in r.kinds if v.origin[0] in {"at", "param"} and v not in tested}, key=repr
        )
        for version in versions:
            full = self.program.levels[version.level]
            good = frozenset().union(
                *(r.kinds.get(version, full) for r in summary.rows if r.balanced and r.recorded), frozenset()
            )
            bad = frozenset().union(*(r.kinds.get(version, full) for r in rows), frozenset())
            if good and not good <= bad:
                expected = good - bad
                rows = [r for r in rows if r.kinds.get(version, full) & expected]
                presumptions.append(
                    f"callers see to it that {version_text(version, self.program)} is {kinds_text(expected)}"
                )
        return rows, presumptions

    def _verdicts(
        self,
        findings: Iterable[Finding],
        doubts: Mapping[str, tuple[str, Node | None]],
        presumed: Mapping[str, list[str]],
    ) -> tuple[FunctionVerdict, ...]:
        wrong = {f.function for f in findings if f.severity != "note"}
        faulty = {f.function for f in findings if f.severity == "error"}
        came = {name for places in self.executor.reached.values() for name, _ in places}
        out = []
        rule = self.program.rule
        for function in self.program.source.functions:
            key = f"{function.name}:{function.line}"
            if key in self.passed and (function.names | {function.name}) & self.program.acting.keys():
                why = (f"{OUTSIDE}: {self.passed[key]}",)
                out.append(FunctionVerdict(self.path, function.name, rule.name, BALANCED, "", why, function.line))
            if key in self.undecided:
                reason = self.undecided[key][1]
                if function.name in self.program.acting or function.names & self.program.recorders:
                    where = f" ({self.program.line(reason.node)})" if reason.node is not None else ""
                    out.append(
                        FunctionVerdict(
                            self.path, function.name, rule.name, CANNOT_TELL, reason.reason + where, (), function.line
                        )
                    )
                continue
            summary = self.summaries.get(key)
            if summary is None or (
                (self._is_helper(function) or not _acts(summary)) and function.name not in faulty | came
            ):
                if function.name in faulty:  # by what it calls
                    out.append(FunctionVerdict(self.path, function.name, rule.name, FINDING, "", (), function.line))
                continue
            assumptions = [p.text for r in summary.rows if r.balanced for p in r.premises]
            if function.name in rule.outside:
                assumptions.append(f"{OUTSIDE}: {rule.outside[function.name]}")
            elif (
                any(r.delta for r in summary.rows) and function.name not in wrong and not self.program.is_root(function)
            ):
                assumptions.append("what is left open here is settled, or cannot happen, in every caller in this file")
            assumptions += presumed.get(function.name, [])
            verdict, reason_text = BALANCED, ""
            if function.name in wrong:
                verdict = FINDING
            elif function.name in doubts:
                verdict = CANNOT_TELL
                text, node = doubts[function.name]
                reason_text = text + (f" ({self.program.line(node)})" if node is not None else "")
            elif self.program.undone and function.name in self.program.recording_below:
                verdict = CANNOT_TELL
                reason_text = f"how its records are reached: {self.program.undone}"
            unique = tuple(dict.fromkeys(assumptions))
            out.append(
                FunctionVerdict(self.path, function.name, rule.name, verdict, reason_text, unique, function.line)
            )
        return tuple(out)


def _doubt(row: Row) -> tuple[str, Node | None]:
    if row.unknown:
        return row.unknown[0]
    if BELOW in row.delta:
        return ("takes away a table that nothing shows to be empty", None)
    return (f"{UNSUMMED} and cannot be summed", None)


def _outside_bit(formula: Any) -> bool:
    return isinstance(formula, Atom) and formula.symbol.op == "bit"


def _acts(summary: Summary) -> bool:
    """Whether some row writes a leaf or records, itself or through a callee whose row does not balance by itself."""
    if any(row.premises for row in summary.rows):
        return True
    for row in summary.rows:
        for event in row.events.all() if row.events else []:
            events = [event, *(e for way in event.data["ways"] for e in way)] if event.what == "loop" else [event]
            for one in events:
                if one.what == "record" or (one.what == "write" and one.data["moved"]):
                    return True
                if one.what == "call" and one.data["row"].delta:
                    return True
    return False
