"""From what a check returns to mails: one for each patch of which there is something to say, held to every rule."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.fix.combine import combined
from lmlint.limits import DEFAULT, Limits
from lmlint.mailing import answered as reading
from lmlint.mailing.address import Address, distinct
from lmlint.mailing.compose import Head, attribution, body, message_id
from lmlint.mailing.lint import Rules, lint
from lmlint.mailing.proof import disproved
from lmlint.mailing.quote import Lines, lines_of, quote, unfit
from lmlint.patch.subject import read_subject
from lmlint.report import prose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lmlint.compare import Comparison
    from lmlint.finding import Finding, InputReport
    from lmlint.mailing.answered import Answered
    from lmlint.patch.diff import FileDiff

MOST_RECIPIENTS = 100
MOST_FINDINGS = 50
"""Of one mail: who has as many to mend will not read more."""
_GRAVE = ("error", "warning")
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Request:
    """How to answer: who does, and what takes the place of what the mails tell.

    `to` and `cc` are None where the mail that is answered decides. `date` is in seconds since 1970. `rules` gives a
    hash of each rule by name; `comparison` is with earlier versions, None where there are none.
    """

    sender: Address
    to: tuple[Address, ...] | None = None
    cc: tuple[Address, ...] | None = None
    in_reply_to: str = ""
    date: int | None = None
    positive: bool = False
    templates: Path | None = None
    rules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    comparison: Comparison | None = None
    limits: Limits = DEFAULT


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as bytes, and its date in seconds since 1970, None for a draft that has none yet."""

    data: bytes
    date: int | None


@dataclass(frozen=True, slots=True)
class Replies:
    """The mails in the order of the patches, what their sender should know, and why others could not be written."""

    letters: tuple[Letter, ...]
    notices: tuple[str, ...]
    errors: tuple[str, ...]


def replies(reports: Sequence[InputReport], request: Request) -> Replies:
    """Return the answers to the patches; one that cannot be written is an error and hides no other."""
    letters: list[Letter] = []
    notices: list[str] = []
    errors: list[str] = []
    for report in reports:
        findings = told(report)
        if report.kind != "patch":
            errors.append(f"{report.name}: a file as it is: there is no patch to answer; see `lmlint check`")
        elif findings or (request.positive and report.rules):
            try:
                letter, said = reply(report, findings, request, first=not letters)
            except InputError as error:
                errors.append(str(error))
                continue
            letters.append(letter)
            notices += said
    return Replies(tuple(letters), tuple(notices), tuple(errors))


def told(report: InputReport) -> tuple[Finding, ...]:
    """Return the findings that a mail tells: what the patch brings, and no note."""
    return tuple(one for one in report.findings if one.state == "new" and one.severity in _GRAVE)


def reply(
    report: InputReport, findings: Sequence[Finding], request: Request, *, first: bool
) -> tuple[Letter, tuple[str, ...]]:
    """Return the answer to a patch, and what its sender should know; InputError where none can be written.

    The `first` of several tells what earlier versions had and this one has not.
    """
    if report.letter:
        answered = reading.read_answered(report.letter, report.name, request.limits)
        quotable = reading.every_line(report.letter, report.name)
    else:
        answered = reading.bare(report.diff, report.name, report.subject)
        quotable = tuple(line for line in answered.lines if line is not None)
    since = _since(request.comparison)
    lines = lines_of(report.diff, report.name, request.limits)
    gravest = sorted(findings, key=lambda one: _GRAVE.index(one.severity))[:MOST_FINDINGS]
    diff, ordered, refused = _suggestions(report, sorted(gravest, key=lines.anchor))
    head, notices = _head(report, answered, lines, request)
    if ordered:
        texts = prose.tell(ordered, report, since, request.templates)
        comments = [(lines.anchor(one.finding), one.text) for one in texts]
        parts = [attribution(answered), quote(answered, lines, comments), prose.rest(len(findings) - len(ordered))]
    else:
        parts = [prose.positive(report, request.templates)]
    if first and request.comparison is not None:
        gone = [one for one in request.comparison.fixed if one.severity in _GRAVE]
        good_news = prose.fixed(gone, request.comparison.since, request.templates)
        parts.insert(len(parts) if ordered else 0, good_news)  # nothing stands below what ends a mail without findings
    subject = read_subject(head.subject)
    title = f"fixup! {subject.title}"[:_LONGEST_TITLE]
    footer = prose.footer(report, ordered, request.templates, series=subject.total > 1)
    text = body(parts, diff, title, footer)
    head = replace(head, message_id=message_id([*_basis(report, lines, request), head.in_reply_to, text], head.sender))
    data = head.encoded() + text.encode("utf-8", "backslashreplace")
    wrong = [(fault.line, fault.rule, fault.message) for fault in lint(data, Rules(program=True, draft=head.draft))]
    if (unproved := disproved(data, quotable)) is not None:
        wrong.insert(0, (unproved[0], "quote", unproved[1]))
    for line, rule, what in wrong:
        advice = "it is not written: mend the template, or report it"
        raise InputError(f"{report.name}: line {line} of its review: {rule}: {what}; {advice}")
    return Letter(data, head.date), (*notices, *refused)


def _since(comparison: Comparison | None) -> dict[str, str]:
    """Return, by the id of a finding that earlier versions had as well, the version since which it is there."""
    if comparison is None:
        return {}
    return {one.id: comparison.since[one.id] for one in comparison.present if one.id in comparison.since}


def _head(report: InputReport, answered: Answered, lines: Lines, request: Request) -> tuple[Head, tuple[str, ...]]:
    """Return the header of an answer, which has no Message-ID yet, and what its sender should know of it."""
    to, cc, notices = _recipients(answered, request)
    parent = answered.message_id or request.in_reply_to
    date = request.date if request.date is not None else answered.sent or None
    missing = [
        text
        for text, lacks in (
            ("a Message-ID that it can answer (--in-reply-to)", not parent),
            ("a recipient (--to)", not to),
            ("a date (--date)", date is None),
        )
        if lacks
    ]
    if missing:
        notices = (*notices, f"{answered.name}: the review is a draft: it lacks {', '.join(missing)}")
    path = next((one.path for one in lines.files), report.name)
    head = Head(
        request.sender,
        to,
        cc,
        reading.answered_subject(answered.subject or f"patch to {path}"),
        "",
        date,
        parent,
        answered.chain if answered.message_id or not parent else (*answered.chain, parent),
    )
    return head, notices


def _basis(report: InputReport, lines: Lines, request: Request) -> list[str]:
    """Return what a review rests on: the patch and the rules."""
    files = [part for one in lines.files for part in (one.path, _content(one))]
    return [*files, *(f"{name}={request.rules.get(name, '')}" for name in report.rules)]


def _content(file: FileDiff) -> str:
    """Return a hash of what a patch does to a file, as git's patch id has it: without blanks and line numbers."""
    lines = (b"".join(line.split()) for hunk in file.hunks for line in hunk.lines)
    return hashlib.sha256(b"\0".join(lines)).hexdigest()


def _recipients(
    answered: Answered, request: Request
) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[str, ...]]:
    """Return To and Cc, and what was left out; InputError where a mail names people and none can be reached."""
    notices = []
    to = answered.reply_to.good or answered.author.good if request.to is None else request.to
    cc = (*answered.to.good, *answered.cc.good) if request.cc is None else request.cc
    to = distinct(to)
    cc = distinct(cc, (*to, request.sender))
    used = [] if request.to is not None else [answered.reply_to if answered.reply_to.good else answered.author]
    used += [] if request.cc is not None else [answered.to, answered.cc]
    bad = list(dict.fromkeys(one for field_ in used for one in field_.bad))
    if bad:
        shown = ", ".join(ascii(one[:60]) for one in bad[:3]) + (", ..." if len(bad) > 3 else "")  # noqa: PLR2004
        notices.append(f"{answered.name}: left out {len(bad)} of its addresses, which are none: {shown}")
    if not to:
        to, cc = cc, ()
    if not to and answered.headed:
        raise InputError(f"{answered.name}: none of its addresses can be answered; give --to ADDRESS")
    if len(to) + len(cc) > MOST_RECIPIENTS:
        notices.append(f"{answered.name}: {len(to) + len(cc)} recipients: the first {MOST_RECIPIENTS} are kept")
        to = to[:MOST_RECIPIENTS]
        cc = cc[: MOST_RECIPIENTS - len(to)]
    return to, cc, tuple(notices)


def _suggestions(report: InputReport, findings: Sequence[Finding]) -> tuple[str, tuple[Finding, ...], tuple[str, ...]]:
    """Return one patch of all suggestions, the findings with those that it holds, and why others are left out."""
    diffs: dict[str, str] = {}
    refused = []
    for path in sorted({one.suggestion.file for one in findings if one.suggestion is not None}):
        part = combined([one for one in findings if one.suggestion and one.suggestion.file == path], report.sources)
        if why := _unfit(part) if part else "two of them change the same lines":
            refused.append(f"{report.name}: the suggestion is left out: {why}")
        else:
            diffs[path] = part
    kept = (
        one if one.suggestion and one.suggestion.file in diffs else replace(one, suggestion=None) for one in findings
    )
    return "".join(diffs.values()), tuple(kept), tuple(refused)


def _unfit(diff: str) -> str:
    """Return why a mail cannot hold a diff, or nothing."""
    try:
        return next((f"a line of it {why}" for line in diff.encode().split(b"\n") if (why := unfit(line))), "")
    except UnicodeEncodeError:
        return "a line of it is no UTF-8"
