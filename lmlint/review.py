"""From an input to its report: what is found after a patch, less what was there before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.engine.check import analyse
from lmlint.finding import Base, Finding, FunctionVerdict, InputReport
from lmlint.patch.base import Rebuilt, rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lmlint.rule import Rule

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


def review_patch(data: bytes, name: str, tree: Path | None, rules: Sequence[Rule]) -> InputReport:
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
                before += analyse(file.before, file.path, rule).findings
            if file.after is not None:
                analysis = analyse(file.after, file.path, rule, file.changed)
                functions += analysis.functions
                after += analysis.findings
    findings = review(number(after), number(before))
    return InputReport(
        name=name,
        kind="patch",
        subject=mail.subject,
        message_id=mail.message_id,
        base=_weakest(files),
        rules=tuple(rule.name for rule in rules if any(rule.applies(file.path) for file in files)),
        functions=tuple(functions),
        findings=findings,
        sources=_sources({file.path: file.after for file in files if file.after is not None}, findings),
    )


def review_file(data: bytes, name: str, rules: Sequence[Rule]) -> InputReport:
    """Return the report of a C file as it is; every rule is tried, wherever the file lies."""
    analyses = [analyse(data, name, rule) for rule in rules]
    findings = number(finding for analysis in analyses for finding in analysis.findings)
    return InputReport(
        name=name,
        kind="file",
        subject="",
        message_id="",
        base=Base("none"),
        rules=tuple(rule.name for rule in rules),
        functions=tuple(verdict for analysis in analyses for verdict in analysis.functions),
        findings=findings,
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
