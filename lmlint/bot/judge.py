"""The verdict on a series: its review, what became of what earlier versions had, and the mails that tell it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.drafting import Draft, drafts_of, verdict_of
from lmlint.bot.rows import FindingRow, PatchRow
from lmlint.compare import NEW, PRESENT, Comparison, compare
from lmlint.error import InputError
from lmlint.finding import Base, InputReport
from lmlint.patch.mail import read_letter, read_mail
from lmlint.reply import told
from lmlint.report import html
from lmlint.report.verdict import verdict
from lmlint.review import Options
from lmlint.stack import review_patches

if TYPE_CHECKING:
    from lmlint.bot.case import Case, Posted
    from lmlint.bot.desk import Desk
    from lmlint.bot.rows import MailRow
    from lmlint.patch.mail import Mail
    from lmlint.patch.tree import Trees

_LOST = "{}: could not be reviewed"


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
    drafts, notices = drafts_of(case, now.reports, comparison if old else None)
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
        rows.append(replace(blank, verdict=verdict_of(report), base=where, summary=said, page=page))
    taken = {mail.number for mail, _ in now.reports}
    outside = sorted(case.newest.outside - taken)
    rows += [PatchRow(0, 0, 0, number, "", "", "out-of-scope", "", "", b"") for number in outside]
    return tuple(rows)


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
