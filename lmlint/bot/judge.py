"""The verdict on a series: its review, what became of what earlier versions had, and the mails that tell it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.digest import digest
from lmlint.bot.policy import allowance, recipients
from lmlint.bot.rows import FindingRow, PatchRow
from lmlint.bot.settings import NOBODY
from lmlint.compare import FIXED, NEW, PRESENT, Comparison, compare
from lmlint.error import InputError
from lmlint.finding import CANNOT_TELL, Base, InputReport
from lmlint.mailing.answered import read_answered
from lmlint.mails import hashes_of
from lmlint.patch.mail import read_letter, read_mail
from lmlint.reply import Request, reply, told
from lmlint.report import html
from lmlint.report.verdict import verdict
from lmlint.review import Options
from lmlint.stack import review_patches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.bot.case import Case, Posted
    from lmlint.bot.desk import Desk
    from lmlint.bot.rows import MailRow
    from lmlint.finding import Finding
    from lmlint.mailing.address import Address
    from lmlint.mailing.answered import Answered
    from lmlint.patch.mail import Mail
    from lmlint.patch.tree import Trees

_LOST = "{}: could not be reviewed"
_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]+>)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that is to be sent: `patch` is the place of the patch that it answers, -1 for a digest."""

    patch: int
    message_id: str
    data: bytes
    recipients: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict: rows without ids, the mails, and what a person should know, a line each.

    A finding's `patch` is the place of its patch in `patches`, -1 where none of them has it. `failed` is why nothing of
    the series could be reviewed, else "".
    """

    patches: tuple[PatchRow, ...]
    findings: tuple[FindingRow, ...]
    drafts: tuple[Draft, ...]
    notices: tuple[str, ...]
    failed: str = ""


@dataclass(frozen=True, slots=True)
class _Version:
    """The review of one version: the report of each patch in scope, or why there is none."""

    reports: tuple[tuple[MailRow, InputReport | str], ...]
    others: tuple[InputReport, ...]
    """In place of the patches out of scope."""

    @property
    def good(self) -> tuple[InputReport, ...]:
        """The reports that there are."""
        return tuple(one for _, one in self.reports if isinstance(one, InputReport))

    @property
    def errors(self) -> tuple[str, ...]:
        """Why there are no others."""
        return tuple(one for _, one in self.reports if isinstance(one, str))


def prepare() -> None:
    """Load what every verdict needs and takes long to load: processes that are forked later have it then."""
    html.render(())


def judge(case: Case) -> Judged:
    """Return the verdict on the newest version of a case, and the mails; InputError where no tree can be read."""
    config = case.desk.settings.config
    options = Options(
        strict=config.strict,
        witness=config.witness,
        suggest=config.suggest,
        limits=config.limits,
        allowed=config.allow,
        trusted=False,
        some=True,
    )
    plain = replace(options, witness=False, suggest=False)
    with case.desk.open_trees() as trees:
        trees.soft = True  # nobody has promised that what comes to a list is made on one of them
        *old, now = [_review(one, case, trees, options if one is case.newest else plain) for one in case.versions]
    every = [*old, now]
    comparison = compare([[*one.good, *one.others] for one in every], [one.errors for one in every], config.limits)
    rows = _patch_rows(case, now)
    findings = _finding_rows(comparison, now)
    drafts, notices = _drafts(case, now, comparison if old else None)
    nothing = "; ".join(now.errors) if now.errors and not now.good else ""
    return Judged(rows, findings, drafts, (*now.errors, *notices), nothing)


def _review(posted: Posted, case: Case, trees: Trees, options: Options) -> _Version:
    """Return the review of a version; patches that cannot be read leave the others to be reviewed."""
    limits = options.limits
    said = [read_letter(one.data, _name(one), limits).mail for one in posted.covers]
    read: dict[int, Mail | str] = {}
    for one in posted.patches:
        try:
            read[one.id] = read_mail(one.data, _name(one), limits)
        except InputError as error:
            read[one.id] = str(error)
    mails = [one for one in read.values() if not isinstance(one, str)]
    base = next((one.base_commit for one in (*said, *mails) if one.base_commit), "")
    needs = next((one.prerequisites for one in (*said, *mails) if one.prerequisites), ())
    based = [
        replace(one, base_commit=one.base_commit or base, prerequisites=one.prerequisites or needs) for one in mails
    ]
    made = review_patches(based, trees, case.desk.rules, options)
    reports = {one.name: one for one in made.reports}
    pairs: list[tuple[MailRow, InputReport | str]] = []
    for one in posted.patches:
        name = _name(one)
        failed = read[one.id]
        why = failed if isinstance(failed, str) else next((e for e in made.errors if e.startswith(name)), "")
        made_of = reports.get(name)
        pairs.append((one, _unplaced(made_of, case.desk) if made_of else case.desk.unplaced(why) or _LOST.format(name)))
    row = posted.row
    tag = f"PATCH v{row.version}"
    others = tuple(
        InputReport(f"{n}/{row.total}", "patch", f"[{tag} {n}/{row.total}]", "", Base("none"), (), (), ())
        for n in sorted(posted.outside - {one.number for one in posted.patches})
    )
    return _Version(tuple(pairs), others)


def _unplaced(report: InputReport, desk: Desk) -> InputReport:
    """Return a report without where the trees are on this machine: its page is published."""
    source, notices = desk.unplaced(report.base.source), tuple(map(desk.unplaced, report.base.notices))
    base = replace(report.base, source=source, notices=notices)
    return replace(report, base=base, notices=tuple(map(desk.unplaced, report.notices)))


def _name(row: MailRow) -> str:
    """Return what messages call a mail; no two mails of the state have the same name."""
    return f"mail {row.id}" + (f" {row.message_id}" if row.message_id else "")


def _patch_rows(case: Case, now: _Version) -> tuple[PatchRow, ...]:
    rows = []
    for mail, report in now.reports:
        blank = PatchRow(0, 0, mail.id, mail.number, mail.subject, mail.message_id, "failed", "", "", b"")
        if isinstance(report, str):
            rows.append(replace(blank, summary=report))
            continue
        base = report.base
        where = f"{base.state}: {base.source}" if base.source else base.state
        page = zlib.compress(html.render([report]).encode("ascii"), 9) if report.rules else b""
        said = verdict([report], ())[1]
        rows.append(replace(blank, verdict=_verdict(report), base=where, summary=said, page=page))
    taken = {mail.number for mail, _ in now.reports}
    outside = sorted(case.newest.outside - taken)
    rows += [PatchRow(0, 0, 0, number, "", "", "out-of-scope", "", "", b"") for number in outside]
    return tuple(rows)


def _verdict(report: InputReport) -> str:
    """Return the verdict on a patch in one of the words of the state."""
    if not report.rules:
        return "out-of-scope"
    if told(report):
        return "findings"
    if report.contradictions or any(one.verdict == CANNOT_TELL for one in report.functions):
        return "cannot-tell"
    return "clean"


def _finding_rows(comparison: Comparison, now: _Version) -> tuple[FindingRow, ...]:
    """Return what became of every finding that a mail may tell."""
    rows = []
    places = {
        finding.id: at
        for at, (_, report) in enumerate(now.reports)
        if isinstance(report, InputReport)
        for finding in told(report)
    }
    for one in comparison.standings:
        finding = one.finding
        if finding.severity == "note":
            continue
        rows.append(
            FindingRow(
                0,
                0,
                places.get(finding.id, -1) if one.status in {NEW, PRESENT} else -1,
                finding.id,
                finding.rule,
                finding.kind,
                finding.severity,
                finding.function,
                finding.place.file,
                finding.place.line,
                finding.message,
                one.status,
                "" if one.status == NEW else one.since,
                0,
            )
        )
    return tuple(rows)


def _drafts(case: Case, now: _Version, comparison: Comparison | None) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """Return the mails that the series is answered with, and what a person should know of them."""
    if case.silent or case.desk.list.answer == NOBODY:
        return (), ()
    wanted: list[tuple[int, InputReport, list[Finding]]] = []
    done = set(case.told | case.silenced)
    for at, (mail, report) in enumerate(now.reports):
        if isinstance(report, str):
            continue
        found = [one for one in told(report) if one.id not in done]
        done |= {one.id for one in found}
        praise = case.desk.list.positive and _verdict(report) == "clean" and mail.id not in case.praised
        if found or praise:
            wanted.append((at, report, found))
    allowed = allowance(case.desk.list, len(wanted), case.sent)
    notices: list[str] = []
    if allowed.silent:
        notices.append(f"{allowed.silent} mails are not sent: the thread or the series has its fill")
    drafts: list[Draft] = []
    names = {name for _, report, _ in wanted for name in report.rules}
    request = Request(
        case.desk.settings.sender,
        date=case.now,
        positive=case.desk.list.positive,
        rules=hashes_of(names, case.desk.settings.config),
        comparison=_known(comparison, case),
        limits=case.desk.settings.config.limits,
    )
    for at, report, found in wanted[: allowed.single]:
        try:
            answered = read_answered(report.letter, report.name, request.limits)
            to, cc = _reached(case, answered)
            letter, said = reply(report, found, replace(request, to=to, cc=cc), first=not drafts)
        except InputError as error:
            notices.append(str(error))
            continue
        notices += said
        drafts.append(_draft(at, letter.data, (*to, *cc), [one.id for one in found]))
    rest = [(report, found) for _, report, found in wanted[allowed.single :][: allowed.digest] if found]
    if rest:
        try:
            answered = read_answered(rest[0][0].letter, rest[0][0].name, request.limits)
            to, cc = _reached(case, answered)
            data, ids = digest(answered, rest, replace(request, to=to, cc=cc))
            drafts.append(_draft(-1, data, (*to, *cc), ids))
        except InputError as error:
            notices.append(str(error))
    return tuple(drafts), tuple(notices)


def _reached(case: Case, answered: Answered) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return To and Cc of an answer; InputError where a mail has no Message-ID, or nobody would get the answer."""
    if not answered.message_id:
        raise InputError(f"{answered.name}: has no Message-ID, and is not answered")
    to, cc = recipients(case.desk.settings, case.desk.list, answered)
    if not to:
        raise InputError(f"{answered.name}: none of its addresses may be answered")
    return to, cc


def _draft(patch: int, data: bytes, to: Sequence[Address], findings: Sequence[str]) -> Draft:
    found = _ID.search(data)
    assert found is not None  # noqa: S101  # every mail that is written has one
    return Draft(patch, found[1].decode("ascii"), data, tuple(one.spec for one in to), tuple(findings))


def _known(comparison: Comparison | None, case: Case) -> Comparison | None:
    """Return what became of the findings as far as mails told them: the rest is new to whoever reads the next one."""
    if comparison is None:
        return None
    known = case.before | case.told
    standings = tuple(
        replace(one, status=NEW) if one.status == PRESENT and one.finding.id not in known else one
        for one in comparison.standings
        if one.finding.id not in case.silenced and (one.status != FIXED or one.finding.id in known)
    )
    return replace(comparison, standings=standings)
