"""The command `lmlint bot disputes`: the findings that people called wrong, as a to-do list for the next rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, Answer
from lmlint.mailing.compose import shown_date
from lmlint.report.text import printable

if TYPE_CHECKING:
    import argparse

    from lmlint.bot.rows import FindingRow, Objection, PatchRow

SCHEMA_VERSION = 1
_VERBS = ("wrong", "wontfix")


def run(arguments: argparse.Namespace) -> Answer:
    """Return every objection to a finding, `wrong` before `wontfix` and the oldest first, as text or as JSON."""
    with Store(load_settings(arguments.config).state, create=False) as store:
        found = sorted(
            (one for one in store.objections() if one.verb in _VERBS), key=lambda one: _VERBS.index(one.verb)
        )
        disputed = [(one, *_of(store, one)) for one in found]
    if arguments.format == "json":
        import json  # noqa: PLC0415  # of use only here

        document = {"schema": SCHEMA_VERSION, "disputes": [_document(*one) for one in disputed]}
        return Answer(CLEAN, json.dumps(document, indent=2) + "\n")
    return Answer(CLEAN, "\n".join(_shown(*one) for one in disputed) or "no disputes\n")


def _of(store: Store, objection: Objection) -> tuple[FindingRow | None, PatchRow | None]:
    """Return the finding as the series has it that was objected to, or any other, and its patch.

    A later review may hold neither: a rule that was mended does not find it.
    """
    found = store.findings_of(objection.finding)
    row = next((one for one in found if one.series == objection.series), next(iter(found), None))
    return row, store.patch(row.patch) if row is not None and row.patch else None


def _document(objection: Objection, finding: FindingRow | None, patch: PatchRow | None) -> dict[str, object]:
    return {
        "verb": objection.verb,
        "id": objection.finding,
        "finding": None
        if finding is None
        else {
            "rule": finding.rule,
            "kind": finding.kind,
            "severity": finding.severity,
            "function": finding.function,
            "file": finding.file,
            "line": finding.line,
            "message": finding.message,
        },
        "patch": None if patch is None else {"subject": patch.subject, "message_id": patch.message_id},
        "list": objection.list,
        "author": objection.author,
        "at": objection.at,
        "proof": objection.proof,
        "why": objection.why,
        "message_id": objection.message_id,
    }


def _shown(objection: Objection, finding: FindingRow | None, patch: PatchRow | None) -> str:
    """Return what people read of a dispute; nothing in it can drive a terminal."""
    if finding is None:
        lines = [f"{objection.verb} {objection.finding}: no review holds it any more"]
    else:
        where = f"{finding.function} ({finding.file}:{finding.line})"
        lines = [f"{objection.verb} {objection.finding}: {finding.kind} in {where}, rule {finding.rule}"]
        lines.append(f"    {finding.message}")
    if patch is not None:
        lines.append(f"    patch: {patch.subject} {patch.message_id}".rstrip())
    if objection.why:
        lines.append(f"    why: {objection.why}")
    lines.append(f"    by: {objection.author}, {shown_date(objection.at)}, proved by {objection.proof}")
    lines.append(f"    mail: {objection.message_id or 'without an id'} on {objection.list}")
    return "".join(f"{printable(line)}\n" for line in lines)
