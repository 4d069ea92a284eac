"""What is said of a text: what is found in it, less what was there before, and less what its user allows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.allow import comments, silence
from lmlint.engine.check import Analysis, analyse
from lmlint.finding import Base, Contradiction, Finding, FunctionVerdict, InputReport, in_order, number
from lmlint.limits import DEFAULT as LIMITS
from lmlint.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lmlint.rule import Rule


@dataclass(frozen=True, slots=True)
class Options:
    """What a review is asked for.

    `strict` makes warnings of assumptions, `proofs` has every verdict prove itself.

    `witness` has findings replayed, and drifts looked for that nobody found; `suggest` has single statements looked for
    that cure them. `allowed` are the findings, by id, that
    the user's configuration silences, with the reasons; a patch that is `trusted` may silence some itself, by comments.
    Where they are not `heard`, no comment silences anything. `some` says that not all rules are asked.
    """

    strict: bool = False
    proofs: bool = False
    witness: bool = False
    suggest: bool = False
    limits: Limits = LIMITS
    allowed: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = True
    heard: bool = True
    some: bool = False

    def analysis(
        self, text: bytes, path: str, rule: Rule, changed: frozenset[int], others: Mapping[str, bytes]
    ) -> Analysis:
        """Return what is said of a file under a rule; `changed` are the lines that a patch has changed.

        `others` are the files in which the functions that it calls may stand.
        """
        if not self.proofs:
            return analyse(text, path, rule, changed, strict=self.strict, others=others, limits=self.limits)
        from lmlint.engine.explain import prove

        return prove(text, path, rule, changed, strict=self.strict, others=others, limits=self.limits)

    def replayed(
        self,
        findings: tuple[Finding, ...],
        verdicts: Sequence[FunctionVerdict],
        texts: Mapping[str, bytes],
        rules: Sequence[Rule],
        around: Callable[[str, Rule], Mapping[str, bytes]],
    ) -> tuple[tuple[Finding, ...], tuple[Contradiction, ...]]:
        """Return the findings, replayed where that is asked for, and what contradicts the verdicts.

        `around` gives, by path and rule, the files in which the functions that a file calls may stand.
        """
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
                    opinion = second_opinion(
                        here, said, text, path, rule, others=around(path, rule), limits=self.limits
                    )
                    made |= {finding.id: finding for finding in opinion.findings}
                    contradictions += opinion.contradictions
        return tuple(made[finding.id] for finding in findings), tuple(contradictions)

    def silenced(self, report: InputReport, texts: Mapping[str, bytes], old: Mapping[str, bytes]) -> InputReport:
        """Return the report, the findings that the user allows marked, with what is to be said of such permissions.

        `old` are the texts before a patch: what the patch brings is not the user's word, unless it is trusted.
        """
        heard = texts.items() if self.heard else ()
        allows = [allow for path, text in heard for allow in comments(text, path, limits=self.limits)]
        stood = Counter(
            (allow.path, allow.kind, allow.reason)
            for path, text in (old if allows and not self.trusted else {}).items()
            for allow in comments(text, path, limits=self.limits)
        )
        stands = Counter((allow.path, allow.kind, allow.reason) for allow in allows)
        made = silence(
            report.findings,
            allows,
            self.allowed,
            () if self.some else report.functions,
            added=frozenset(  # one may move with its code; of one that is copied, none can be told to be the old one
                (allow.path, allow.line)
                for allow in allows
                if stands[key := (allow.path, allow.kind, allow.reason)] > stood[key]
            ),
            trusted=self.trusted,
            strict=self.strict,
        )
        notices = tuple(dict.fromkeys((*report.notices, *made.notices)))
        return replace(report, findings=made.findings, notices=notices, complaints=made.errors)

    def suggested(self, report: InputReport, known: Iterable[Known], also: frozenset[str] = frozenset()) -> InputReport:
        """Return the report, its findings with suggestions where these are asked for and hold.

        `known` are its files of which the whole text is known. What is not new gets one where it is `also` asked for.
        """
        if not self.suggest:
            return report
        from lmlint.fix.proof import Subject
        from lmlint.fix.suggest import suggested

        subjects = [
            Subject(one.text, one.path, one.rule, one.changed, one.others, strict=self.strict, limits=self.limits)
            for one in known
        ]
        return replace(report, findings=suggested(report.findings, subjects, also))

    def granted(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """Return what the rules take for granted, where proofs are asked for."""
        return tuple(f"{fact}: {why}" for rule in rules for fact, why in rule.assumptions) if self.proofs else ()


DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Known:
    """A file of which the whole text is known, the rule it is checked with, and what else the check was given."""

    text: bytes
    path: str
    rule: Rule
    changed: frozenset[int]
    others: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Review:
    """The reports of patches that build on each other, and one line for each of them that cannot be reviewed."""

    reports: tuple[InputReport, ...]
    errors: tuple[str, ...] = ()


def review(after: Sequence[Finding], before: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of both sides, each new, unchanged or fixed, in a fixed order."""
    old, now = {finding.id for finding in before}, {finding.id for finding in after}
    stated = [finding.with_state("unchanged" if finding.id in old else "new") for finding in after]
    stated += [finding.with_state("fixed") for finding in before if finding.id not in now]
    return tuple(sorted(stated, key=in_order))


def review_file(
    data: bytes, name: str, rules: Sequence[Rule], options: Options = DEFAULT, others: Mapping[str, bytes] | None = None
) -> InputReport:
    """Return the report of a C file as it is; every rule is tried, wherever the file lies.

    `others` are the files of its tree in which the functions that it calls may stand.
    """
    analyses = [options.analysis(data, name, rule, frozenset(), others or {}) for rule in rules]
    functions = [verdict for analysis in analyses for verdict in analysis.functions]
    findings = number(finding for analysis in analyses for finding in analysis.findings)
    findings, contradictions = options.replayed(
        findings, functions, {name: data}, rules, lambda _path, _rule: others or {}
    )
    report = InputReport(
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
        sources=shown_sources({name: data}, findings),
    )
    known = [Known(data, name, rule, frozenset(), others or {}) for rule in rules]
    return options.suggested(options.silenced(report, {name: data}, {}), known)


def shown_sources(texts: dict[str, bytes], findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Return the text of each file that a finding stands in; bytes that are not UTF-8 survive as surrogates."""
    shown = {finding.place.file for finding in findings if finding.state != "fixed"}
    return tuple((path, text.decode(errors="surrogateescape")) for path, text in texts.items() if path in shown)
