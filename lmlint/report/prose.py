"""What a review says of findings, in plain sentences: the text below a quoted line, and what ends the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint import __version__
from lmlint.finding import BALANCED, BYTES, CANNOT_TELL, FINDING
from lmlint.kinds import KINDS
from lmlint.report.effect import effect_of, witnessed
from lmlint.report.paragraphs import clean, laid_out
from lmlint.report.remarks import ALONE
from lmlint.report.steps import conditions_of, path_of, shape
from lmlint.report.template import Templates
from lmlint.report.words import cause_of, few, functions_in, named, sentence, spoken, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lmlint.finding import Finding, InputReport

_DOUBLE = "double-count"
_FILTER = "unfiltered-region"
"""The kind that has a ledger where a parameter says that nothing is counted."""
_STRICT = "presumption"
"""The kind that is told where every presumption is a warning."""
_MANY = 4
_IDS = 8
_BLOB = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What a mail says of a finding: lines of at most 72 columns, no newline at the end of the last."""

    finding: Finding
    text: str


def tell(
    findings: Sequence[Finding], report: InputReport, previous: Mapping[str, str], templates: Path | None
) -> tuple[Told, ...]:
    """Return what a mail says of each finding, in the given order.

    `previous` are the ids that an earlier mail told, each with the version since which it is there ("v1"): they are not
    argued again. Of findings of one cause the first is told in full and the others in short. `templates` is a folder
    with a user's own texts; InputError says what is wrong with one.
    """
    made = Templates(templates)
    first: dict[tuple[object, ...], str] = {}
    out = []
    for finding in findings:
        values = _values(finding, report)
        if finding.id in previous:
            text = made.say("still", {**values, "since": _version(previous[finding.id])})
        elif (cause := _cause(finding)) in first:
            text = made.say("short", {**values, "first": first[cause]})
        else:
            first[cause] = str(values["function"])
            text = made.say("finding", values)
        out.append(Told(finding, laid_out(text)))
    return tuple(out)


def positive(report: InputReport, templates: Path | None) -> str:
    """Return what a mail says of a patch in which nothing is found: what was proved, on what grounds, and what not."""
    verdicts = {kind: [f for f in report.functions if f.verdict == kind] for kind in (BALANCED, CANNOT_TELL, FINDING)}
    names = frozenset(verdict.name for verdict in report.functions)
    balanced = [f"{clean(verdict.name)}()" for verdict in verdicts[BALANCED]]
    texts = (text for verdict in verdicts[BALANCED] for text in verdict.assumptions)
    assumed = dict.fromkeys(text for text in texts if text != ALONE)
    untold = [{"function": f"{clean(v.name)}()", "reason": spoken(v.reason, names)} for v in verdicts[CANNOT_TELL]]
    values = {
        "rules": list(dict.fromkeys(clean(verdict.rule) for verdict in report.functions)),
        "balanced": few(balanced, _IDS),
        "number": len(balanced),
        "assumed": [spoken(text, names) for text in list(assumed)[:_MANY]],
        "assumed_more": max(len(assumed) - _MANY, 0),
        "untold": untold[:_MANY],
        "untold_more": max(len(untold) - _MANY, 0),
        "found": len(verdicts[FINDING]),
        "base": report.base.state,
        "blob": clean(report.base.blob[:_BLOB]),
    }
    return laid_out(Templates(templates).say("positive", values))


def fixed(findings: Sequence[Finding], previous: Mapping[str, str], templates: Path | None) -> str:
    """Return a short paragraph on findings that are gone, by the version since which they were there; "" where none."""
    if not findings:
        return ""
    groups: dict[str, list[dict[str, object]]] = {}
    for finding in findings:
        names = functions_in(finding)
        values: dict[str, object] = {
            "kind": finding.kind,
            "id": finding.id,
            "function": named(clean(finding.function), names),
            "message": sentence(spoken(finding.message, names, unit_of(finding))),
        }
        groups.setdefault(_version(previous.get(finding.id, "")), []).append(values)
    listed = [{"since": since, "findings": group} for since, group in groups.items()]
    return laid_out(Templates(templates).say("fixed", {"groups": listed}))


def rest(number: int) -> str:
    """Return what a mail says of findings that it has no room for, "" where there are none."""
    return f"{number} more {'was' if number == 1 else 'were'} found and left out here." if number else ""


def footer(report: InputReport, findings: Sequence[Finding], templates: Path | None, *, series: bool = False) -> str:
    """Return what stands below the line `-- `: who wrote this, how to see it for oneself, how to object.

    `series` is whether the patch stands on others, so that it is not to be seen by itself.
    """
    ids = list(dict.fromkeys(finding.id for finding in findings))
    rules = list(dict.fromkeys(clean(finding.rule) for finding in findings)) or [clean(rule) for rule in report.rules]
    values = {
        "tool": f"lmlint {__version__}",
        "rules": rules[:_MANY],
        "ids": ids[:_IDS],
        "more": max(len(ids) - _IDS, 0),
        "base": report.base.state,
        "series": series,
        "blob": clean(report.base.blob[:_BLOB]),
        "options": _options(findings),
    }
    return laid_out(Templates(templates).say("footer", values))


def _version(name: str) -> str:
    """Return a version as a sentence calls it: `v2`, or `the 2nd version`."""
    return clean(f"{name} version" if name.startswith("the ") else name)


def _options(findings: Sequence[Finding]) -> list[str]:
    """Return the options without which a check tells these findings otherwise."""
    shown = [one for one in findings if one.replay is not None and one.replay.story]
    raised = [one for one in findings if KINDS[one.kind].severity == "note" and one not in shown]
    strict = raised or any(one.kind == _STRICT for one in findings)
    return [*(["--strict"] if strict else []), *(["--witness"] if shown else [])]


def _values(finding: Finding, report: InputReport) -> dict[str, object]:
    """Return what the templates of a finding may say."""
    functions = functions_in(finding) | {verdict.name for verdict in report.functions}
    kind = KINDS[finding.kind]
    path = path_of(finding, functions)
    message = sentence(spoken(finding.message, functions, unit_of(finding)))
    said = " ".join([message, *path])
    here = finding.entries if any(f"{name}()" not in said for name in finding.entries) else ()
    partly = _is_partly_done(finding)
    low = any(line.drift == "low" for line in finding.ledger)
    seen = [effect_of(finding), kind.effect if low or not finding.ledger else ""]
    return {
        "message": message,
        "path": list(path),
        "conditions": conditions_of(finding),
        "effect": clean(" ".join(text for text in seen if text)),
        "entries": few([f"{clean(name)}()" for name in here]),
        "confirmed": clean(witnessed(finding.replay)),
        "suggested": finding.suggestion is not None,
        "question": kind.question_more if partly and kind.question_more else kind.question,
        "kind": finding.kind,
        "id": finding.id,
        "rule": clean(finding.rule),
        "severity": finding.severity,
        "file": clean(finding.place.file),
        "function": named(clean(finding.function), functions),
    }


def _is_partly_done(finding: Finding) -> bool:
    """Whether a part of what is recorded was done, or a parameter and no address says what is counted."""
    if finding.kind == _FILTER:
        return bool(finding.ledger)
    if finding.kind == _DOUBLE and unit_of(finding) != BYTES:
        return "more than once" in finding.message
    return any(line.done != "0" for line in finding.ledger if line.difference != "0")


def _cause(finding: Finding) -> tuple[object, ...]:
    """Return what findings of one cause have in common: the shapes of what is off and of the way there.

    Where there is no ledger, the words of the finding stand for that, names left out.
    """
    if not finding.ledger:
        texts = (finding.message, *(note.message for note in finding.notes))
        return (finding.rule, finding.kind, finding.severity, *map(cause_of, texts))
    off = sorted(
        (line.drift, line.done == "0", line.recorded == "0") for line in finding.ledger if line.difference != "0"
    )
    return (finding.rule, finding.kind, finding.severity, tuple(off), shape(finding))
