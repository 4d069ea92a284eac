"""The mails that answer a series: which are due, to whom, and what of it was told before."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.digest import digest
from lmlint.bot.policy import allowance, recipients
from lmlint.bot.settings import NOBODY
from lmlint.compare import FIXED, NEW, PRESENT, Comparison
from lmlint.error import InputError
from lmlint.finding import CANNOT_TELL, InputReport
from lmlint.mailing.answered import read_answered
from lmlint.mails import hashes_of
from lmlint.reply import Request, reply, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.bot.case import Case
    from lmlint.bot.rows import MailRow
    from lmlint.finding import Finding
    from lmlint.mailing.address import Address
    from lmlint.mailing.answered import Answered

_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]+>)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that is to be sent: `patch` is the place of the patch that it answers, -1 for a digest."""

    patch: int
    message_id: str
    data: bytes
    recipients: tuple[str, ...]
    findings: tuple[str, ...]


def verdict_of(report: InputReport) -> str:
    """Return the verdict on a patch in one of the words of the state."""
    if not report.rules:
        return "out-of-scope"
    if told(report):
        return "findings"
    if report.contradictions or any(one.verdict == CANNOT_TELL for one in report.functions):
        return "cannot-tell"
    return "clean"


def drafts_of(
    case: Case, reports: Sequence[tuple[MailRow, InputReport | str]], comparison: Comparison | None
) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """Return the mails that a series is answered with, and what a person should know of them.

    `reports` are those of its patches in scope, or why there is none; `comparison` is with older versions.
    """
    if case.silent or case.desk.list.answer == NOBODY:
        return (), ()
    wanted: list[tuple[int, InputReport, list[Finding]]] = []
    done = set(case.told | case.silenced)
    for at, (mail, report) in enumerate(reports):
        if isinstance(report, str):
            continue
        found = [one for one in told(report) if one.id not in done]
        done |= {one.id for one in found}
        praise = case.desk.list.positive and verdict_of(report) == "clean" and mail.id not in case.praised
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
