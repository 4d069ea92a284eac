"""From an input to its report: what is found after a patch, less what was there before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.engine.check import analyse
from lmlint.finding import Base, Contradiction, Finding, FunctionVerdict, InputReport
from lmlint.patch.base import Rebuilt, rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lmlint.engine.check import Analysis
    from lmlint.rule import Rule


@dataclass(frozen=True, slots=True)
class Options:
    """What a review is asked for.

    `strict` makes warnings of assumptions, `proofs` has every verdict prove itself.

    `witness` has findings replayed, and drifts looked for that nobody found.
    """

    strict: bool = False
    proofs: bool = False
    witness: bool = False

    def analysis(self, text: bytes, path: str, rule: Rule, changed: frozenset[int] = frozenset()) -> Analysis:
        """Return what is said of a file under a rule; `changed` are the lines that a patch has changed."""
        if not self.proofs:
            return analyse(text, path, rule, changed, strict=self.strict)
        from lmlint.engine.explain import prove

        return prove(text, path, rule, changed, strict=self.strict)

    def replayed(
        self,
        findings: tuple[Finding, ...],
        verdicts: Sequence[FunctionVerdict],
        texts: Mapping[str, bytes],
        rules: Sequence[Rule],
    ) -> tuple[tuple[Finding, ...], tuple[Contradiction, ...]]:
        """Return the findings, replayed where that is asked for, and what contradicts the verdicts."""
        if not self.witness:
            return findings, ()
        from lmlint.replay import second_opinion

        contradictions: list[Contradiction] = []
        made = {finding.id: finding for finding in findings}
        for path, text in texts.items():
            for rule in rules:
                here = [f for f in findings if (f.place.file, f.rule) == (path, rule.name)]
                said = [v for v in verdicts if (v.file, v.rule) == (path, rule.name)]
                if said or here:
                    opinion = second_opinion(here, said, text, path, rule)
                    made |= {finding.id: finding for finding in opinion.findings}
                    contradictions += opinion.contradictions
        return tuple(made[finding.id] for finding in findings), tuple(contradictions)

    def granted(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """Return what the rules take for granted, where proofs are asked for."""
        return tuple(f"{fact}: {why}" for rule in rules for fact, why in rule.assumptions) if self.proofs else ()


DEFAULT = Options()
_WEAKEST_FIRST = ("none", "applied", "proved")


def number(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in source order, those that look alike told apart by their ordinals."""
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in sorted(findings, key=_order):
        key = (finding.rule, finding.kind, finding.construct)
        numbered.append(replace(finding, ordinal=seen[key]))
        seen[key] += 1
    return tuple(numbered)


def review(after: Sequence[Finding], before: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of both sides, each new, unchanged or fixed, in a fixed order."""
    old, now = {finding.id for finding in before}, {finding.id for finding in after}
    stated = [finding.with_state("unchanged" if finding.id in old else "new") for finding in after]
    stated += [finding.with_state("fixed") for finding in before if finding.id not in now]
    return tuple(sorted(stated, key=_order))


def review_patch(
    data: bytes, name: str, tree: Path | None, rules: Sequence[Rule], options: Options = DEFAULT
) -> InputReport:
    """Return the report of a patch, as a plain diff or in a mail, against the kernel tree that it changes."""
    mail = read_mail(data, name)
    covered = [diff for diff in parse_diff(mail.diff, name) if any(rule.applies(diff.path) for rule in rules)]
    files = rebuild(covered, tree, name) if covered else ()
    functions: list[FunctionVerdict] = []
    after: list[Finding] = []
    before: list[Finding] = []
    for file in files:
        for rule in (rule for rule in rules if rule.applies(file.path)):
            if file.before is not None:
                before += analyse(file.before, file.path, rule, strict=options.strict).findings
            if file.after is not None:
                analysis = options.analysis(file.after, file.path, rule, file.changed)
                functions += analysis.functions
                after += analysis.findings
    findings = review(number(after), number(before))
    texts = {file.path: file.after for file in files if file.after is not None}
    findings, contradictions = options.replayed(findings, functions, texts, rules)
    return InputReport(
        name=name,
        kind="patch",
        subject=mail.subject,
        message_id=mail.message_id,
        base=_weakest(files),
        rules=tuple(rule.name for rule in rules if any(rule.applies(file.path) for file in files)),
        functions=tuple(functions),
        findings=findings,
        granted=options.granted(rules),
        contradictions=contradictions,
        sources=_sources(texts, findings),
    )


def review_file(data: bytes, name: str, rules: Sequence[Rule], options: Options = DEFAULT) -> InputReport:
    """Return the report of a C file as it is; every rule is tried, wherever the file lies."""
    analyses = [options.analysis(data, name, rule) for rule in rules]
    functions = [verdict for analysis in analyses for verdict in analysis.functions]
    findings = number(finding for analysis in analyses for finding in analysis.findings)
    findings, contradictions = options.replayed(findings, functions, {name: data}, rules)
    return InputReport(
        name=name,
        kind="file",
        subject="",
        message_id="",
        base=Base("none"),
        rules=tuple(rule.name for rule in rules),
        functions=tuple(functions),
        findings=findings,
        granted=options.granted(rules),
        contradictions=contradictions,
        sources=_sources({name: data}, findings),
    )


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.place
    return place.file, place.line, place.column, finding.kind, finding.id


def _weakest(files: Sequence[Rebuilt]) -> Base:
    """Return the base that a whole patch can claim: that of its least certain file."""
    bases = [file.base for file in files]
    return min(bases, key=lambda base: _WEAKEST_FIRST.index(base.state), default=Base("none"))


def _sources(texts: dict[str, bytes], findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Return the text of each file that a finding stands in; bytes that are not UTF-8 survive as surrogates."""
    shown = {finding.place.file for finding in findings if finding.state != "fixed"}
    return tuple((path, text.decode(errors="surrogateescape")) for path, text in texts.items() if path in shown)
