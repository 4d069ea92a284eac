"""What the hunks of a patch prove by themselves, where no tree holds the rest of the file.

Every gap is unknown. A function that stands whole in a hunk, and calls nothing but what is known, is judged as in a
whole file. Of a function that does not, one thing can be proved: where the rule says that it also comes to entries
that are leaves already, and the visible lines count whatever the entry held, what was counted is counted again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from lmlint.engine.argument import argue
from lmlint.engine.around import placed
from lmlint.engine.blame import Blame
from lmlint.engine.check import Analysis, Checker
from lmlint.engine.cutting import UNSEEN, assemble, cut
from lmlint.finding import BALANCED, CANNOT_TELL, FINDING, FunctionVerdict, Note
from lmlint.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.engine.cutting import Excerpt, Fragment, Item
    from lmlint.engine.program import Program
    from lmlint.engine.summary import Row, Summary
    from lmlint.finding import Finding
    from lmlint.limits import Limits
    from lmlint.rule import Rule
    from lmlint.source import Node

ALONE = "from the hunks alone"
_STATIC = re.compile(r"^static\b(?=[^=;{(]{0,500}\()", re.MULTILINE)


def analyse_hunks(now: Excerpt, before: Excerpt, path: str, rule: Rule, limits: Limits = DEFAULT) -> Analysis:
    """Return what the lines of a file prove that a patch shows; a counter that stood `before` it is no new one.

    Each verdict says that it is made from the hunks alone; findings are only those that no gap can settle.
    """
    words = set(_words("\n".join(now.lines)))
    if not any(sign in word for sign in rule.signs for word in words) and not rule.writers & words:
        return Analysis((), ())
    items, fragments = cut(now.pieces)
    if not rule.signs & words:
        return Analysis(tuple(_uncounted(path, rule, items, fragments)), ())
    view = _View(path, rule, items, fragments, now.changed, limits)
    view.introduced &= rule.array not in _words("\n".join(before.lines))
    verdicts: dict[str, FunctionVerdict] = {}
    findings: list[Finding] = []
    for verdict, found in (*view.whole(), *view.partial()):
        old = verdicts.get(verdict.name)
        if old is None or verdict.verdict == FINDING:
            verdicts[verdict.name] = verdict
        findings += found
    return Analysis(tuple(sorted(verdicts.values(), key=lambda v: v.line)), tuple(sorted(findings, key=_order)))


def _uncounted(
    path: str, rule: Rule, items: Iterable[Item], fragments: Iterable[Fragment]
) -> Iterator[FunctionVerdict]:
    """Yield the functions that write entries, or name something like the counter, where no line shows the counter."""
    reason = f"{ALONE}: no line of them shows `{rule.array}`, so whether and by what it is counted is unknown"
    told = set[str]()
    shown = [(item.name, item.first, "\n".join(item.lines)) for item in items]
    shown += [(fragment.name, fragment.first, fragment.code) for fragment in fragments]
    for name, first, code in sorted(shown, key=lambda one: one[1]):
        if name and name not in told and (rule.array in code or rule.writers & set(_words(code))):
            told.add(name)
            yield FunctionVerdict(path, name, rule.name, CANNOT_TELL, reason, (), first)


def _order(finding: Finding) -> tuple[int, int, str]:
    return finding.place.line, finding.place.column, finding.kind


def _words(line: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", line)


class _View:
    """The visible part of one file under a rule."""

    def __init__(  # noqa: PLR0913, PLR0917 -- what is known of the file, once
        self,
        path: str,
        rule: Rule,
        items: tuple[Item, ...],
        fragments: tuple[Fragment, ...],
        changed: frozenset[int],
        limits: Limits,
    ) -> None:
        self.path = path
        self.limits = limits
        self.end = monotonic() + limits.seconds
        self.rule = rule
        self.changed = changed
        # Callers may stand in a gap, so no function is taken to be called from the visible lines alone.
        self.items = [(item.first, _STATIC.sub("      ", "\n".join(item.lines))) for item in items]
        self.names = {item.name for item in items} - {""}
        self.fragments = fragments
        self.shown = [(item.name, item.first, "\n".join(item.lines)) for item in items if item.name]
        self.shown += [(fragment.name, fragment.first, fragment.code) for fragment in fragments]
        # What the patch leaves alone does what the rule says, and no more of it is looked at.
        known = {item.name for item in items}
        known |= {f.name for f in fragments if any(line in changed for line in range(f.first, f.last + 1))}
        self.extra = "\n".join(code for name, code in rule.hidden.items() if name not in known)
        self.last = max((f + t.count("\n") for f, t in self.items), default=0)
        self.last = max([self.last, *(fragment.last for fragment in fragments)])
        lines = {first + at: line for first, text in self.items for at, line in enumerate(text.split("\n"))}
        defines = re.compile(rf"(?!extern\b)[A-Za-z_][\w\s*]*\b{re.escape(rule.array)}\s*(?:\[[^]]*\]\s*)*(?:=.*|;.*)")
        self.introduced = any(at in changed and defines.fullmatch(line) for at, line in lines.items())
        """Whether the patch defines the counter: no line of a gap can then move it."""

    def whole(self) -> Iterator[tuple[FunctionVerdict, list[Finding]]]:
        """Yield the verdicts, with their findings, of the functions that stand whole in the hunks."""
        checker = self.checker(self.items)
        if checker is None:
            return
        analysis = checker.analysis(self.changed)
        for verdict in analysis.functions:
            if verdict.name not in self.names or verdict.line > self.last:
                continue
            found = [f for f in analysis.findings if f.function == verdict.name and f.severity != "note"]
            kept = [f for f in found if self.stands(f, checker)]
            unknown = next(iter(_unknown(verdict.name, checker.program)), "")
            if unknown and not kept:
                yield self.doubt(verdict, f"calls `{unknown}`, which no hunk shows"), []
            elif kept and not unknown:
                yield replace(verdict, assumptions=(ALONE, *verdict.assumptions)), [self.told(f) for f in kept]
            elif verdict.verdict == BALANCED:
                yield replace(verdict, assumptions=(ALONE, *verdict.assumptions)), []
            elif verdict.verdict == CANNOT_TELL:
                yield self.doubt(verdict, verdict.reason), []
            else:
                yield self.doubt(verdict, "what it does not balance may be settled by a caller that no hunk shows"), []

    def stands(self, finding: Finding, checker: Checker) -> bool:
        """Whether no gap can settle a finding in a whole function.

        All records are visible where the patch defines the counter, and one that the function makes itself shows that
        it is in the counted region. Callers that record beside the call may settle it.
        """
        if not self.introduced or finding.kind in {"missing-stub", "racy-counter", "unfiltered-region"}:
            return False
        if not any(line.recorded != "0" for line in finding.ledger) or not any(
            line.done != "0" for line in finding.ledger
        ):
            return False
        recorders = checker.program.recorders
        calls = re.compile(rf"\b{re.escape(finding.function)}\s*\(")
        callers = [code for name, _, code in self.shown if name != finding.function and calls.search(code)]
        return not any(recorders & set(_words(code)) for code in callers)

    def partial(self) -> Iterator[tuple[FunctionVerdict, list[Finding]]]:
        """Yield the verdicts, with their findings, of the functions of which only fragments can be seen."""
        telling = self.rule.writers | self.names | self.rule.hidden.keys()
        for fragment in self.fragments:
            if not telling & (set(_words(fragment.code)) - {fragment.name}):
                continue
            reason = f"only lines {fragment.first} to {fragment.last} of it are to be seen"
            verdict = FunctionVerdict(self.path, fragment.name, self.rule.name, CANNOT_TELL, reason, (), fragment.first)
            if monotonic() > self.end:
                yield self.doubt(verdict, f"more than {self.limits.seconds} seconds (limit `seconds`)"), []
                continue
            checker = self.checker([*self.items, (fragment.first - 1, fragment.text)])
            if checker is None or not _acts(fragment, checker.program):
                continue
            found = self.counted_again(fragment, checker)
            if found:
                yield replace(verdict, verdict=FINDING, reason="", assumptions=(ALONE,)), found
            else:
                yield self.doubt(verdict, reason), []

    def counted_again(self, fragment: Fragment, checker: Checker) -> list[Finding]:
        """Return the finding that a leaf is counted again, where the visible lines of a fragment prove it."""
        functions = [f for f in checker.program.source.functions if f.name == fragment.name]
        if len(functions) != 1:
            return []
        function = functions[0]
        summary = checker.summaries.get(f"{function.name}:{function.line}")
        why = self.rule.remaps.get(fragment.name)
        if why is None or summary is None or not self.introduced or self.guarded(fragment):
            return []
        if function.damaged or any(_unknown(fragment.name, checker.program)):
            return []
        rows = _again(summary)
        if not rows:
            return []
        blame = Blame(checker.program, checker.summaries, self.changed, checker.executor.reached)
        causes = blame.first_causes(blame.causes(fragment.name, rows))
        argued = placed((argue(cause, checker.program, self.path) for cause in causes), checker.program)
        told = [self.told(finding, why) for finding in argued]
        return [finding for finding in told if finding.kind == "double-count" and finding.place.line in self.changed]

    def guarded(self, fragment: Fragment) -> bool:
        """Whether the patch adds code elsewhere in the function or in one that calls it: it may settle the count.

        The statement that the end of the fragment cuts off is elsewhere.
        """
        if any(at in self.changed for at in range(fragment.read + 1, fragment.last + 1)):
            return True
        calls = re.compile(rf"\b{re.escape(fragment.name)}\s*\(")
        return any(
            at in self.changed and line.strip()
            for name, first, code in self.shown
            if first != fragment.first and (name == fragment.name or calls.search(code))
            for at, line in enumerate(code.split("\n"), first)
        )

    def checker(self, parts: Iterable[tuple[int, str]]) -> Checker | None:
        """Return the analysis of a file made of these parts; None where the rule sleeps in it."""
        text = assemble([*parts, (self.last + 1, self.extra)]).encode("utf-8", "surrogateescape")
        checker = Checker(text, self.path, self.rule, limits=self.limits)
        return checker if checker.awake else None

    def told(self, finding: Finding, why: str = "") -> Finding:
        """Return a finding that says what it is made from, and names no line that the file does not have."""
        known = f"; of `{finding.function}` the rule says: {why}" if why else ""
        notes: list[Note] = [Note(finding.place, f"{ALONE}{known}")]
        place = finding.place
        for note in finding.notes:
            place = note.place if note.place.line <= self.last else place
            notes.append(replace(note, place=place))
        return replace(finding, notes=tuple(notes), entries=())  # of who calls what, the gaps may hold more

    def doubt(self, verdict: FunctionVerdict, reason: str) -> FunctionVerdict:
        """Return the verdict "cannot tell"."""
        return replace(verdict, verdict=CANNOT_TELL, reason=f"{ALONE}: {reason}", assumptions=())


def _acts(fragment: Fragment, program: Program) -> bool:
    """Whether the visible lines name something that writes entries or moves the counter."""
    names = program.rule.writers | program.recorders | program.touching
    return bool(names & (set(_words(fragment.code)) - {fragment.name}))


def _unknown(name: str, program: Program) -> Iterator[str]:
    """Yield what a function calls, itself or through others, that is neither a primitive nor to be seen."""
    seen, work = {name}, [name]
    while work:
        function = program.named.get(work.pop())
        for node in function.body.walk() if function is not None else ():
            called = _called(node, program)
            if called in program.named and called not in seen:
                seen.add(called)
                work.append(called)
            elif called and called not in program.named and called != UNSEEN:
                yield called


def _called(node: Node, program: Program) -> str:
    """Return the name of what a call calls, or nothing where the rule knows it."""
    if node.type != "call_expression" or program.primitive(node) is not None:
        return ""
    return node.field("function").text


def _again(summary: Summary) -> list[Row]:
    """Return the rows that count a leaf which was one before, where every way from such a write on does so."""
    rewriting = [row for row in summary.rows if _rewrites(row)]
    if not rewriting:
        return []
    common = set(rewriting[0].facts.items()).intersection(*(row.facts.items() for row in rewriting))
    for row in summary.rows:
        compatible = all(row.facts.get(formula, truth) == truth for formula, truth in common)
        if compatible and (row.balanced or row.doubtful) and not _excludes(row, rewriting):
            return []
    return [row for row in rewriting if not row.done and row.recorded]


def _rewrites(row: Row) -> bool:
    """Whether a row writes a leaf over a leaf, and nothing else."""
    writes = [e.data for e in row.events.all() if e.what == "write"] if row.events else []
    return bool(writes) and all(w["old"] == w["new"] and w["old"] in {"plain", "cont"} for w in writes)


def _excludes(row: Row, rewriting: Iterable[Row]) -> bool:
    """Whether a row is about entries of other kinds than those that are written."""
    return all(
        any(version in row.kinds and not row.kinds[version] & held for version, held in other.kinds.items())
        for other in rewriting
    )
