"""The bot's state against a model of it in plain Python: any calls in any order, undone, kept and opened again."""

from __future__ import annotations

import copy
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lmlint.bot.rows import (
    MAIL_KINDS,
    OUTBOX_STATES,
    SERIES_STATES,
    STANDINGS,
    VERBS,
    VERDICTS,
    FindingRow,
    MailRow,
    Objection,
    OutboxRow,
    PatchRow,
    SeriesRow,
)
from lmlint.bot.store import Store
from tests.botwork import FINDING, MAIL, MAIL_OUT, NOW, PATCH, SERIES

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

NAMES = ("", "<0@x>", "<1@x>", "<2@x>")
IDS = st.sampled_from(NAMES)
ANSWERS = ("<a@x>", "<b@x>", "<c@x>")
BODIES = ("", "one", "two")
FINDINGS = ("00000000", "11111111", "22222222")
TIMES = st.integers(NOW, NOW + 3)
PLACE = st.integers(0, 9)


@dataclass
class Model:
    """What the state should hold, in the order of the ids."""

    marks: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[MailRow, str, str]] = field(default_factory=list)
    """Each with the message id and the body by which it is found."""
    series: list[SeriesRow] = field(default_factory=list)
    patches: list[PatchRow] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)

    def mail_of(self, message_id: str) -> MailRow | None:
        """Return the mail of an id, duplicates last."""
        found = [row for row, name, _ in self.mails if name == message_id != ""]
        return min(found, key=lambda row: (row.kind == "duplicate", row.id), default=None)

    def seen(self, message_id: str, body: str) -> MailRow | None:
        """Return the mail of an id, else of a body."""
        found = [row for row, _, text in self.mails if text == body != ""]
        by_body = min(found, key=lambda row: (row.kind == "duplicate", row.id), default=None)
        return self.mail_of(message_id) or by_body

    def thread(self, references: list[str]) -> SeriesRow | None:
        """Return the series of the last id that belongs to one."""
        for reference in reversed(references):
            mail = self.mail_of(reference)
            answers = [row.series for row in self.outbox if row.message_id == reference]
            series = (mail.series if mail else 0) or (answers[0] if answers else 0)
            if series:
                return self.series[series - 1]
        return None


class Machine(RuleBasedStateMachine):
    """Calls of the store, each of them done to the model as well."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "state.db")
        self.model = Model()
        self.open_transactions: list[tuple[AbstractContextManager[None], Model]] = []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            while self.open_transactions:
                self.leave(kept=False)
            self.store.close()
            shutil.rmtree(self.folder)

    @precondition(lambda self: len(self.open_transactions) < 3)
    @rule()
    def enter(self) -> None:
        transaction = self.store.transaction()
        transaction.__enter__()
        self.open_transactions.append((transaction, copy.deepcopy(self.model)))

    @precondition(lambda self: self.open_transactions)
    @rule(kept=st.booleans())
    def leave(self, *, kept: bool) -> None:
        transaction, before = self.open_transactions.pop()
        if kept:
            transaction.__exit__(None, None, None)
        else:
            error = InterruptedError()
            assert not transaction.__exit__(InterruptedError, error, None)
            self.model = before

    @precondition(lambda self: not self.open_transactions)
    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "state.db", create=False)

    @rule(source=st.sampled_from("ab"), mark=st.text(max_size=3))
    def set_mark(self, source: str, mark: str) -> None:
        self.store.set_mark(source, mark)
        self.model.marks[source] = mark.encode("utf-8", "backslashreplace").decode()

    @rule(
        message_id=IDS,
        body=st.sampled_from(BODIES),
        kind=st.sampled_from(MAIL_KINDS),
        series=PLACE,
        number=st.integers(0, 3),
        data=st.binary(max_size=2),
        received=TIMES,
    )
    def add_mail(  # noqa: PLR0913, PLR0917  # one for each column that matters
        self, message_id: str, body: str, kind: str, series: int, number: int, data: bytes, received: int
    ) -> None:
        series = series if series <= len(self.model.series) else 0
        row = replace(MAIL, message_id=message_id, body=body, kind=kind, series=series, number=number, data=data)
        row = replace(row, received=received, id=len(self.model.mails) + 1)
        assert self.store.add_mail(replace(row, id=0)) == row.id
        if not data and not series and kind != "bad":
            row = replace(row, message_id="", body="", author="", subject="", sent=0, number=0, total=0)
        self.model.mails.append((row, message_id, body))

    @precondition(lambda self: self.model.mails)
    @rule(place=PLACE, kind=st.sampled_from(MAIL_KINDS))
    def set_mail(self, place: int, kind: str) -> None:
        place %= len(self.model.mails)
        self.store.set_mail(place + 1, kind=kind, reason="why")
        row, message_id, body = self.model.mails[place]
        self.model.mails[place] = (replace(row, kind=kind, reason="why"), message_id, body)

    @rule(
        title=st.sampled_from("xy"),
        change_id=st.sampled_from(("", "c")),
        version=st.integers(1, 2),
        name=st.sampled_from("pq"),
        state=st.sampled_from(SERIES_STATES),
        place=PLACE,
    )
    def put_series(self, title: str, change_id: str, version: int, name: str, state: str, place: int) -> None:  # noqa: PLR0913, PLR0917  # the same
        """Add one, or change one."""
        row = replace(SERIES, title=title, change_id=change_id, version=version, list=name, state=state)
        if place < len(self.model.series):
            row = replace(row, id=place + 1, previous=place)
            self.store.set_series(row)
            self.model.series[place] = row
            return
        row = replace(row, id=len(self.model.series) + 1, previous=len(self.model.series))
        assert self.store.add_series(replace(row, id=0)) == row.id
        self.model.series.append(row)

    @precondition(lambda self: self.model.series)
    @rule(
        place=PLACE,
        verdicts=st.lists(st.sampled_from(VERDICTS), max_size=3),
        found=st.lists(
            st.tuples(st.integers(-1, 2), st.sampled_from(FINDINGS), st.sampled_from(STANDINGS)), max_size=3
        ),
    )
    def review(self, place: int, verdicts: list[str], found: list[tuple[int, str, str]]) -> None:
        series = place % len(self.model.series) + 1
        patches = [replace(PATCH, series=series, number=n, verdict=verdict) for n, verdict in enumerate(verdicts)]
        findings = [
            replace(FINDING, series=series, patch=min(patch, len(patches) - 1), finding=name, standing=standing)
            for patch, name, standing in found
        ]
        old = {row.number: row.id for row in self.model.patches if row.series == series}
        ids = self.store.replace_review(series, patches, findings)
        assert [old.get(patch.number, which) for patch, which in zip(patches, ids, strict=True)] == list(ids)
        assert len({*ids, *(row.id for row in self.model.patches if row.series != series)}) == len(ids) + sum(
            row.series != series for row in self.model.patches
        )
        gone = set(old.values()) - set(ids)
        self.model.patches = [row for row in self.model.patches if row.series != series]
        self.model.patches += [replace(patch, id=which) for patch, which in zip(patches, ids, strict=True)]
        self.model.findings = [row for row in self.model.findings if row.series != series]
        self.model.findings += [replace(row, patch=ids[row.patch] if row.patch >= 0 else 0) for row in findings]
        self.model.outbox = [replace(row, patch=0) if row.patch in gone else row for row in self.model.outbox]

    @rule(
        message_id=st.sampled_from((*ANSWERS, "<0@x>")),
        state=st.sampled_from(OUTBOX_STATES),
        thread=IDS,
        findings=st.lists(st.sampled_from(FINDINGS), max_size=2, unique=True),
        sent=TIMES,
        place=PLACE,
    )
    def queue(self, message_id: str, state: str, thread: str, findings: list[str], sent: int, place: int) -> None:  # noqa: PLR0913, PLR0917  # the same
        row = replace(MAIL_OUT, message_id=message_id, state=state, thread=thread, findings=tuple(findings), sent=sent)
        if self.model.patches:
            patch = self.model.patches[place % len(self.model.patches)]
            row = replace(row, series=patch.series, patch=patch.id)
        known = [old.id for old in self.model.outbox if old.message_id == message_id]
        which = self.store.queue(row)
        if known:
            assert [which] == known
        else:
            assert which == len(self.model.outbox) + 1
            self.model.outbox.append(replace(row, id=which))

    @precondition(lambda self: self.model.outbox)
    @rule(place=PLACE, state=st.none() | st.sampled_from(OUTBOX_STATES), due=st.none() | TIMES, sent=st.none() | TIMES)
    def set_outbox(self, place: int, state: str | None, due: int | None, sent: int | None) -> None:
        place %= len(self.model.outbox)
        row = self.model.outbox[place]
        self.store.set_outbox(row.id, state=state, due=due, sent=sent)
        self.model.outbox[place] = replace(
            row, state=state or row.state, due=due or row.due, sent=row.sent if sent is None else sent
        )

    @rule(finding=st.sampled_from(("", *FINDINGS)), verb=st.sampled_from(VERBS), message_id=IDS, thread=IDS, at=TIMES)
    def object(self, finding: str, verb: str, message_id: str, thread: str, at: int) -> None:
        row = Objection(0, finding, verb, "a@x.org", message_id, "mm", 0, thread, at, "dkim x.org")
        same = [
            old.id
            for old in self.model.objections
            if (old.message_id, old.verb, old.finding) == (message_id, verb, finding)
        ]
        which = self.store.object(row)
        if same:
            assert [which] == same
        else:
            self.model.objections.append(replace(row, id=which))

    @invariant()
    def marks_and_mails_agree(self) -> None:
        for source in "ab":
            assert self.store.mark(source) == self.model.marks.get(source, "")
        for message_id in NAMES:
            assert self.store.mail_of(message_id) == self.model.mail_of(message_id)
            for body in BODIES:
                assert self.store.seen(message_id, body) == self.model.seen(message_id, body)
        for series in self.model.series:
            mails = [row for row, _, _ in self.model.mails if row.series == series.id]
            assert self.store.mails(series.id) == tuple(sorted(mails, key=lambda row: (row.number, row.id)))
        for references in ([*NAMES, *ANSWERS], list(NAMES), ["<0@x>"]):
            assert self.store.series_of_thread(references) == self.model.thread(references)

    @invariant()
    def series_and_reviews_agree(self) -> None:
        rows = self.model.series
        assert self.store.open_series() == tuple(row for row in rows if row.state == "open")
        assert self.store.all_series(2, 4) == tuple(reversed([row for row in rows if row.id < 4]))[:2]
        for change_id, name, version in (("", "", 0), ("c", "", 0), ("c", "p", 0), ("", "q", 2)):
            found = [
                row
                for row in rows
                if (row.title == "x" or row.change_id == change_id != "")
                and row.list in ({name} if name else {"p", "q"})
                and version in {0, row.version}
            ]
            assert self.store.find_series(
                list=name, author=SERIES.author, title="x", change_id=change_id, version=version
            ) == tuple(sorted(found, key=lambda row: (row.version, row.id)))
        for row in rows:
            patches = [patch for patch in self.model.patches if patch.series == row.id]
            assert self.store.patches(row.id) == tuple(sorted(patches, key=lambda patch: patch.number))
            findings = [replace(one, id=0) for one in self.store.findings(row.id)]
            assert findings == [one for one in self.model.findings if one.series == row.id]

    @invariant()
    def the_outbox_agrees(self) -> None:
        rows = self.model.outbox
        assert self.store.outbox() == tuple(rows)
        assert self.store.outbox("held", "parked") == tuple(row for row in rows if row.state in {"held", "parked"})
        assert self.store.due(NOW + 1) == tuple(row for row in rows if row.state == "waiting" and row.due <= NOW + 1)
        sent = [row for row in rows if row.state in {"sent", "dry"} and row.sent > NOW]
        assert self.store.sent_since(NOW + 1) == len(sent)
        for thread in NAMES:
            told: dict[str, OutboxRow] = {}
            for row in rows:
                if row.thread == thread and row.state != "dropped":
                    told = {**dict.fromkeys(row.findings, row), **told}
            assert self.store.told(thread) == told
            if thread:
                assert self.store.sent_since(NOW + 1, thread=thread) == sum(row.thread == thread for row in sent)
            assert self.store.stopped(thread) == any(
                row.verb == "stop" and row.thread == thread for row in self.model.objections
            )

    @invariant()
    def objections_and_figures_agree(self) -> None:
        rows = self.model.objections
        assert self.store.objections() == tuple(rows)
        silenced: dict[str, Objection] = {}
        for row in rows:
            if row.verb in {"wrong", "wontfix"}:
                silenced.setdefault(row.finding, row)
        assert self.store.silenced() == silenced
        figures = self.store.figures()
        kinds = [row.kind for row, _, _ in self.model.mails]
        assert figures.mails == {kind: kinds.count(kind) for kind in kinds}
        states = [row.state for row in self.model.outbox]
        assert figures.outbox == {state: states.count(state) for state in states}
        assert sum(figures.patches.values()) == len(self.model.patches)
        assert sum(figures.standings.values()) == len(self.model.findings)
        assert sum(day.seen for day in figures.days) == kinds.count("patch")


Machine.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
test_any_calls_in_any_order = Machine.TestCase
