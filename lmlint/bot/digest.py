"""One mail for many patches: what is found in those of a series for which no mail of their own may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.mailing.answered import answered_subject
from lmlint.mailing.compose import Head, body, message_id
from lmlint.mailing.lint import Rules, lint
from lmlint.report import prose
from lmlint.report.paragraphs import clean, laid_out
from lmlint.report.words import functions_in, sentence, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport
    from lmlint.mailing.answered import Answered
    from lmlint.reply import Request

MOST = 50
"""How many findings one digest tells."""


def digest(
    answered: Answered, found: Sequence[tuple[InputReport, Sequence[Finding]]], request: Request
) -> tuple[bytes, tuple[str, ...]]:
    """Return the mail and the ids of the findings that it tells; InputError where it cannot be written.

    It answers one of the patches, from which its subject is taken; it quotes nothing.
    """
    parts = ["More is found in this series than it gets mails of its own for. In short:"]
    told: list[Finding] = []
    for report, findings in found:
        here = findings[: MOST - len(told)]
        if here:
            parts.append(f'In "{clean(report.subject)}":')
        told += here
        for one in here:
            names = functions_in(one) | {said.name for said in report.functions}
            parts.append(f"{sentence(spoken(one.message, names))} [{one.kind} {one.id}]")
    left = sum(len(findings) for _, findings in found) - len(told)
    if left:
        parts.append(f"And {left} more.")
    ids = [one.id for one in told]
    head = Head(
        request.sender,
        request.to or (),
        request.cc or (),
        answered_subject(answered.subject),
        message_id(["digest", answered.message_id, *ids], request.sender),
        request.date,
        answered.message_id,
        answered.chain,
    )
    footer = prose.footer(found[0][0], told, request.templates)
    data = head.encoded() + body([laid_out(part) for part in parts], "", "", footer).encode("utf-8", "backslashreplace")
    for fault in lint(data, Rules(program=True)):
        raise InputError(f"{answered.name}: line {fault.line} of the digest: {fault.rule}: {fault.message}")
    return data, tuple(ids)
