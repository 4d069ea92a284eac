"""A verdict becomes part of the state: its patches, its findings and its mails, in one step or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.bot.case import is_current
from lmlint.bot.policy import due
from lmlint.bot.rows import OutboxRow

if TYPE_CHECKING:
    from lmlint.bot.case import Case
    from lmlint.bot.drafting import Draft
    from lmlint.bot.judge import Judged
    from lmlint.bot.store import Store

_LONGEST = 1000


def keep(store: Store, case: Case, judged: Judged, seconds: float, held: str | None) -> bool:
    """Keep a verdict that took so long; return False, and keep nothing, where the state has changed since.

    The mails are held for the reason `held`, or wait until they are due where that is None.
    """
    with store.transaction():
        if not is_current(store, case):
            return False
        series = case.row.id
        patches = store.replace_review(series, judged.patches, judged.findings)  # mails name the ids of patches
        told = {finding: row.id for finding, row in store.told(case.row.root).items()} if case.row.root else {}
        for draft in judged.drafts:
            row = _outbox(case, draft, patches[draft.patch] if draft.patch >= 0 else 0, held)
            told |= dict.fromkeys(draft.findings, store.queue(row))
        rows = [replace(one, told=told.get(one.finding, 0)) for one in judged.findings]
        store.replace_review(series, judged.patches, rows)
        if judged.failed:
            state, error = "failed", judged.failed
        elif case.silent:
            state, error = "muted", case.silent
        else:
            state, error = "reviewed", "; ".join(judged.notices)
        done = replace(case.row, state=state, reviewed=case.now, seconds=seconds, error=error[:_LONGEST])
        store.set_series(done)
    return True


def fail(store: Store, case: Case, seconds: float, reason: str) -> bool:
    """Keep that a series could not be judged, and why; return False where the state has changed since."""
    with store.transaction():
        if not is_current(store, case):
            return False
        error = case.desk.unplaced(reason)[:_LONGEST]
        done = replace(case.row, state="failed", reviewed=case.now, seconds=seconds, error=error)
        store.set_series(done)
    return True


def _outbox(case: Case, draft: Draft, patch: int, held: str | None) -> OutboxRow:
    row = case.row
    return OutboxRow(
        0,
        draft.message_id,
        row.id,
        patch,
        row.list,
        row.root,
        draft.data,
        case.desk.settings.sender.spec,
        draft.recipients,
        "waiting" if held is None else "held",
        held or "",
        0,
        due(case.desk.list, case.now),
        case.now,
        0,
        draft.findings,
    )
