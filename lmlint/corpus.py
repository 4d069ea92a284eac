"""The measure of the tool: cases with expectations in their comments, run and matched both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.engine.assumed import PRESUMED
from lmlint.engine.check import Analysis, analyse, ledgers
from lmlint.engine.cutting import assemble
from lmlint.error import InputError
from lmlint.expect import (
    CANNOT_TELL,
    DRIFTS,
    EXPECT,
    INCLUDE,
    LOOKUP,
    MISSING,
    NOISY,
    NOT_REPLAYED,
    NOTHING,
    SUMMARY,
    Expectation,
    Expectations,
    expectations,
)
from lmlint.finding import CANNOT_TELL as UNTOLD
from lmlint.finding import Finding, FunctionVerdict, number
from lmlint.kinds import KINDS
from lmlint.patch.base import rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail
from lmlint.patch.tree import open_trees
from lmlint.review import review
from lmlint.source import parse
from lmlint.stack import excerpt, hunks_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmlint.patch.diff import FileDiff
    from lmlint.rule import Rule


@dataclass(frozen=True, slots=True)
class Case:
    """One file of a corpus and the rules that it is run through."""

    path: Path
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """The case as failures name it: folder and file."""
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True, slots=True)
class Count:
    """How one kind fares: bugs in the corpus, those found, and findings that should not be."""

    expected: int = 0
    found: int = 0
    noisy: int = 0

    @property
    def missing(self) -> int:
        """The bugs that are not found."""
        return self.expected - self.found

    @property
    def precision(self) -> str:
        """The share of findings that are right, in percent; "-" without any."""
        return _percent(self.found, self.found + self.noisy)

    @property
    def recall(self) -> str:
        """The share of bugs that are found, in percent; "-" without any."""
        return _percent(self.found, self.expected)

    def __add__(self, other: Count) -> Count:
        """Return the sum of two counts."""
        return Count(self.expected + other.expected, self.found + other.found, self.noisy + other.noisy)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one case gives: its failures, the counts of the kinds it is about, and whether it is a clean one."""

    failures: tuple[str, ...]
    counts: Mapping[str, Count]
    clean: bool


@dataclass(frozen=True, slots=True)
class CorpusResult:
    """What a corpus gives: the table and failures as text, whether all is as expected, and the counts per kind."""

    text: str
    ok: bool
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class _Code:
    """One C text of a case and what is expected of it.

    `shift` lines of the analysed `text`, those of `preamble`, stand before the lines of the case. `others` are the
    texts of the files that definitions are looked up in.
    """

    label: str
    text: bytes
    said: Expectations
    shift: int = 0
    preamble: str = ""
    others: Mapping[str, bytes] = field(default_factory=dict)

    def at(self, line: int) -> str:
        """Return the place of a line of the case as failures name it."""
        return f"{self.label}:{line}"

    def analysed(self, line: int) -> str:
        """Return the place of a line of the analysed text as failures name it."""
        return f"{self.preamble}:{line}" if line <= self.shift else self.at(line - self.shift)


@dataclass(frozen=True, slots=True)
class _Subject:
    """One C text and what was found in it: findings, functions that cannot be told, ledgers, definitions by line."""

    code: _Code
    findings: tuple[Finding, ...]
    verdicts: tuple[FunctionVerdict, ...]
    untold: Mapping[str, str]
    ledgers: Mapping[str, frozenset[str]]
    functions: Mapping[int, str]

    def function(self, line: int) -> str:
        """Return the function that is defined on a line of the case, or whose type alone stands there, or ""."""
        line += self.code.shift
        return self.functions.get(line) or self.functions.get(line + 1, "")


def builtin_corpus() -> Path:
    """Return the folder of the corpus that comes with lmlint: in the wheel, or in the checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "corpus"
    return inside if inside.is_dir() else here.parent / "corpus"


def run(folder: Path | None, rules: tuple[Rule, ...], *, witness: bool = False) -> CorpusResult:
    """Return the result of a corpus, the built-in one by default; raises InputError when it holds no case.

    With `witness` the second judge runs every case too, and the two must agree or the case say why they do not.
    """
    found = cases(folder or builtin_corpus(), rules)
    results = [check(case, witness=witness) for case in found]
    counts = {kind: sum((result.counts.get(kind, Count()) for result in results), Count()) for kind in KINDS}
    failures = [failure for result in results for failure in result.failures]
    clean = sum(result.clean for result in results)
    lines = [*_table(counts), "", f"{len(found)} cases, {clean} of them clean; {len(failures)} failures", *failures]
    return CorpusResult("\n".join(lines) + "\n", not failures, counts)


def cases(folder: Path, rules: Sequence[Rule]) -> tuple[Case, ...]:
    """Return the cases of a folder: those of its sub-folders named like a rule, or else its own."""
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder of cases")
    named = {rule.name: rule for rule in rules}
    inside: list[tuple[Path, tuple[Rule, ...]]]
    inside = [(folder / name, (rule,)) for name, rule in named.items() if (folder / name).is_dir()]
    own = (named[folder.resolve().name],) if folder.resolve().name in named else tuple(rules)
    found = tuple(Case(path, chosen) for place, chosen in inside or [(folder, own)] for path in case_files(place))
    if not found:
        raise InputError(f"{folder}: no *.c or *.patch here, nor in a sub-folder named like a rule")
    return found


def check(case: Case, *, witness: bool = False) -> CaseResult:
    """Return what a case gives when it is run and its expectations are matched both ways, by both judges if asked."""
    try:
        subjects = _patched(case) if case.path.suffix == ".patch" else _plain(case)
    except (InputError, OSError) as error:
        return CaseResult((f"{case.name}:1: {error}",), {}, clean=False)
    failures: list[str] = []
    counts: dict[str, Count] = {}
    for subject in subjects:
        failures += [f"{subject.code.at(mistake.line)}: {mistake.message}" for mistake in subject.code.said.mistakes]
        failures += _match_findings(subject, counts)
        failures += _match_functions(subject)
        if witness and subject.functions:
            failures += [one for rule in case.rules for one in _match_witness(subject, rule)]
    if all(one.word in {INCLUDE, LOOKUP} for subject in subjects for one in subject.code.said.stated):
        failures.append(f"{case.name}:1: no expectation at all; a clean case says `expect: nothing`")
    return CaseResult(tuple(failures), counts, clean=any(subject.code.said.clean for subject in subjects))


def case_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are cases, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".c", ".patch"})


def _plain(case: Case) -> tuple[_Subject, ...]:
    """Return the text of a C file, what it includes put before it, and the texts that it looks definitions up in."""
    text = case.path.read_bytes()
    said = expectations(text)
    names = [one.text for one in said.of(INCLUDE)]
    head = b"".join((case.path.parent / name).read_bytes().rstrip(b"\n") + b"\n" for name in names)
    preamble = f"{case.path.parent.name}/{', '.join(names)}"
    beside = [case.path.parent / one.text for one in said.of(LOOKUP)]
    others = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in beside}
    code = _Code(case.name, head + text, said, head.count(b"\n"), preamble, others)
    strict = any(one.kind == PRESUMED for one in said.stated)
    found = [analyse(code.text, case.name, rule, strict=strict, others=others) for rule in case.rules]
    findings = number(_all(found))
    here = tuple(f for f in findings if f.place.file not in others)
    subjects = [_subject(case, code, found, here)]
    for path, other in others.items():
        there = tuple(f for f in findings if f.place.file == path)
        subjects.append(_Subject(_Code(path, other, _of_findings(expectations(other))), there, (), {}, {}, {}))
    return tuple(subjects)


def _of_findings(said: Expectations) -> Expectations:
    """Return what a file that definitions are looked up in expects of whoever does so."""
    stated = (one for one in said.stated if one.word in {EXPECT, MISSING, NOISY} and one.kind != NOTHING)
    return Expectations(tuple(stated), said.mistakes)


def _patched(case: Case) -> tuple[_Subject, ...]:
    """Return the texts that a patch makes, against the tree beside it; of a file that is not there, the hunks alone."""
    name, tree = case.name, case.path.parent / "tree"
    diffs = parse_diff(read_mail(case.path.read_bytes(), name).diff, name)
    subjects = [
        _shown(case, diff) for diff in diffs if diff.old_path is not None and not (tree / diff.old_path).exists()
    ]
    known = [diff for diff in diffs if diff.old_path is None or (tree / diff.old_path).exists()]
    for file in rebuild(known, open_trees([str(tree)]), name):
        if file.after is None:
            continue
        found = [analyse(file.after, file.path, rule, file.changed) for rule in case.rules]
        before = [analyse(file.before, file.path, rule) for rule in case.rules if file.before is not None]
        stated = review(number(_all(found)), number(_all(before)))
        # A patch answers for what it brings: neither what was there before nor what it mends is news.
        news = tuple(finding for finding in stated if finding.state == "new")
        code = _Code(f"{name}:{file.path}", file.after, expectations(file.after))
        subjects.append(_subject(case, code, found, news))
    return tuple(subjects)


def _shown(case: Case, diff: FileDiff) -> _Subject:
    """Return what the hunks of a file show, each line where it stands."""
    lines = assemble((piece.first, "\n".join(piece.lines)) for piece in excerpt(diff).pieces)
    text = lines.encode(errors="surrogateescape")
    sides = [hunks_alone(diff, rule) for rule in case.rules]
    found = [after for after, _ in sides]
    stated = review(number(_all(found)), number(finding for _, before in sides for finding in before))
    code = _Code(f"{case.name}:{diff.path}", text, expectations(text))
    return _subject(case, code, found, tuple(finding for finding in stated if finding.state == "new"))


def _all(analyses: Iterable[Analysis]) -> Iterator[Finding]:
    return (finding for analysis in analyses for finding in analysis.findings)


def _subject(case: Case, code: _Code, found: Sequence[Analysis], findings: tuple[Finding, ...]) -> _Subject:
    rows: dict[str, frozenset[str]] = {}
    functions: dict[int, str] = {}
    for rule in case.rules:
        functions |= {one.line: one.name for one in parse(code.text, code.label, rule.dialect).functions}
        # Only a case that asks for ledgers pays for them.
        for name, ledger in ledgers(code.text, code.label, rule, code.others).items() if code.said.of(SUMMARY) else ():
            rows[name] = rows.get(name, frozenset()) | {_canonical(row) for row in ledger}
    verdicts = [verdict for analysis in found for verdict in analysis.functions]
    functions |= {verdict.line: verdict.name for verdict in verdicts}  # a fragment does not begin with its head
    untold = {verdict.name: verdict.reason for verdict in verdicts if verdict.verdict == UNTOLD}
    return _Subject(code, findings, tuple(verdicts), untold, rows, functions)


def _canonical(row: str) -> str:
    """Return a ledger's text with its accounts in alphabetical order: a comment need not know the rule's."""
    return ", ".join(sorted(" ".join(part.split()) for part in row.split(",")))


def _match_findings(subject: _Subject, counts: dict[str, Count]) -> Iterator[str]:
    """Yield what findings and expectations do not have in common, and count both."""
    code = subject.code
    left = list(subject.findings)
    for word, real, wanted in ((EXPECT, True, True), (MISSING, True, False), (NOISY, False, True)):
        # Those with a text choose first: the others take any finding of their kind.
        for one in sorted(code.said.of(word), key=lambda one: not one.text):
            if one.kind == NOTHING:
                continue
            hit = next((finding for finding in left if _fits(one, finding, code.shift)), None)
            seen = hit is not None
            if hit is not None:
                left.remove(hit)
            _count(counts, one.kind, Count(int(real), int(real and seen), int(seen and not real)))
            if seen != wanted:
                yield f"{code.at(one.comment)}: {_SURPRISE[word].format(_quoted(one))}"
    for finding in left:
        _count(counts, finding.kind, Count(noisy=1))
        yield f"{code.analysed(finding.place.line)}: unexpected {finding.severity} {finding.kind}: {finding.message}"


_SURPRISE = {
    EXPECT: "expected {} is not found",
    MISSING: "missing {} is found now: turn `missing:` into `expect:`",
    NOISY: "noisy {} fell silent: delete the comment",
}


def _count(counts: dict[str, Count], kind: str, more: Count) -> None:
    counts[kind] = counts.get(kind, Count()) + more


def _fits(one: Expectation, finding: Finding, shift: int) -> bool:
    return finding.kind == one.kind and finding.place.line == one.line + shift and one.text in finding.message


def _quoted(one: Expectation) -> str:
    return f'{one.kind} "{one.text}"' if one.text else one.kind


def _match_functions(subject: _Subject) -> Iterator[str]:
    """Yield what the functions do not say of themselves: their ledgers, and that they cannot be told."""
    code = subject.code
    explained = set()
    for one in (*code.said.of(SUMMARY), *code.said.of(CANNOT_TELL)):
        name = subject.function(one.line)
        if not name:
            yield f"{code.at(one.comment)}: `{one.word}:` must stand on or above the line of a function definition"
        elif one.word == SUMMARY:
            rows = subject.ledgers.get(name, frozenset())
            if _canonical(one.text) not in rows:
                has = "; ".join(sorted(rows)) or "no row"
                yield f"{code.at(one.comment)}: no row of {name} is `{one.text}`; it has: {has}"
        else:
            explained.add(name)
            reason = subject.untold.get(name)
            if reason is None or one.text not in reason:
                meant = f" for `{one.text}`" if one.text else ""
                has = "is" if reason is None else f"is not, because: {reason}"
                yield f"{code.at(one.comment)}: {name} should not be told{meant}; it {has}"
    lines = {name: line for line, name in subject.functions.items()}
    for name, reason in subject.untold.items():
        if name not in explained:
            yield f"{code.analysed(lines.get(name, code.shift + 1))}: cannot tell of {name}: {reason}"


def _match_witness(subject: _Subject, rule: Rule) -> Iterator[str]:
    """Yield where the two judges disagree and the case does not say why."""
    from lmlint.replay import second_opinion

    code = subject.code
    path = subject.verdicts[0].file if subject.verdicts else code.label
    opinion = second_opinion(subject.findings, subject.verdicts, code.text, path, rule, others=code.others)
    silent = {one.line + code.shift: one for one in code.said.of(NOT_REPLAYED)}
    for finding in opinion.findings:
        kind = KINDS[finding.kind]
        if finding.replay is None or kind.unseen or kind.confirmed:
            continue
        said = silent.pop(finding.place.line, None)
        reason = finding.replay.reason
        if reason and said is None:
            yield f"{code.analysed(finding.place.line)}: {finding.kind} is not replayed: {reason}"
        elif said is not None and not (reason and said.text in reason):
            has = f"it is not, because: {reason}" if reason else "it is: delete the comment"
            yield f"{code.at(said.comment)}: {finding.kind} should not be replayed; {has}"
    yield from (f"{code.at(said.comment)}: no finding on this line that could be replayed" for said in silent.values())
    excused = {subject.function(one.line): one for one in code.said.of(DRIFTS)}
    for drift in opinion.contradictions:
        if excused.pop(drift.function, None) is None:
            story = "".join(f"\n    {line}" for line in drift.story)
            yield f"{code.label}: `{drift.function}` was proved balanced, and drifts:{story}"
    for name, one in excused.items():
        yield f"{code.at(one.comment)}: `{name}` does not drift: delete the comment"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "-"


def _table(counts: Mapping[str, Count]) -> list[str]:
    """Return the lines of the table: a head, each kind that occurs, and the total."""
    row = "{:<16}{:>9}{:>7}{:>9}{:>7}{:>11}{:>8}".format
    shown = {kind: count for kind, count in counts.items() if count != Count()}
    shown["total"] = sum(shown.values(), Count())
    head = row("kind", "expected", "found", "missing", "noisy", "precision", "recall")
    return [head] + [
        row(kind, one.expected, one.found, one.missing, one.noisy, one.precision, one.recall)
        for kind, one in shown.items()
    ]
