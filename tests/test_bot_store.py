"""The bot's state: what is kept is found again, and stays, through kills, full disks and other processes."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.database import Database
from lmlint.bot.rows import MAIL_KINDS, OUTBOX_STATES, SERIES_STATES, STANDINGS, VERBS, VERDICTS, Day, Objection
from lmlint.bot.schema import APPLICATION, STEPS, prepare
from lmlint.bot.store import Store
from lmlint.error import InputError
from tests.botwork import FINDING, MAIL, MAIL_OUT, NOW, PATCH, SERIES, step

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OBJECTION = Objection(0, "deadbeef", "wrong", "a@x.org", "<r@x>", "mm", 0, "<m@x>", NOW, "dkim x.org")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


@contextmanager
def program(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a bot's work until the end of the test at the latest."""
    command = [sys.executable, "-m", "tests.botwork", str(path), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def raw(path: Path, query: str) -> list[tuple[object, ...]]:
    """Ask the file itself, past the store."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


# What is kept, and how it is found again


def test_a_mark_of_each_source(store: Store) -> None:
    assert store.mark("a") == ""
    store.set_mark("a", "1")
    store.set_mark("b", "x y\n")
    store.set_mark("a", "2")
    assert (store.mark("a"), store.mark("b")) == ("2", "x y\n")


def test_a_mail_in_use_is_kept_whole(store: Store) -> None:
    series = store.add_series(SERIES)
    first = store.add_mail(replace(MAIL, series=series, number=2))
    second = store.add_mail(replace(MAIL, message_id="<n@x>", body="c", data=b"\xff\x00", series=series))
    assert store.mail(first) == replace(MAIL, id=first, series=series, number=2)
    assert [mail.id for mail in store.mails(series)] == [second, first]
    assert store.mail(second).data == b"\xff\x00"
    bad = store.add_mail(replace(MAIL, kind="bad", reason="no text", message_id="<bad@x>"))
    assert store.mail(bad).message_id == "<bad@x>"


def test_a_mail_of_no_interest_keeps_hashes_only(store: Store, path: Path) -> None:
    name = store.add_mail(replace(MAIL, kind="other", message_id="<a-long-name@x>", body="b" * 64, subject="private"))
    row = store.mail(name)
    assert (row.message_id, row.body, row.author, row.subject, row.sent, row.number) == ("", "", "", "", 0, 0)
    assert (row.list, row.kind, row.received) == ("mm", "other", NOW)
    assert store.seen("<a-long-name@x>", "") == row
    assert store.seen("", "b" * 64) == row
    assert store.mail_of("<a-long-name@y>") is None
    store.close()
    assert b"private" not in path.read_bytes()
    assert b"a-long-name" not in path.read_bytes()


def test_seen_by_message_id_first_and_then_by_body(store: Store) -> None:
    assert store.seen("<m@x>", "b") is None
    by_body = store.add_mail(replace(MAIL, message_id="<other@x>"))
    assert store.seen("<m@x>", "b") == store.mail(by_body)
    by_id = store.add_mail(replace(MAIL, body="c"))
    assert store.seen("<m@x>", "b") == store.mail(by_id)
    assert store.seen("<n@x>", "d") is None


def test_mails_without_message_id_or_body_are_never_the_same(store: Store) -> None:
    store.add_mail(replace(MAIL, message_id="", body=""))
    assert store.seen("", "") is None
    assert store.mail_of("") is None


def test_a_duplicate_does_not_hide_the_mail_it_repeats(store: Store) -> None:
    duplicate = store.add_mail(replace(MAIL, kind="duplicate"))
    kept = store.add_mail(replace(MAIL, data=b"mail"))
    found = store.mail_of("<m@x>")
    assert found is not None
    assert found.id == kept != duplicate


def test_a_mail_changes_its_kind(store: Store) -> None:
    which = store.add_mail(replace(MAIL, data=b"mail"))
    store.set_mail(which, kind="bad", reason="damaged: wrapped lines")
    assert store.mail(which) == replace(MAIL, id=which, data=b"mail", kind="bad", reason="damaged: wrapped lines")
    assert store.figures().mails == {"bad": 1}


def test_hostile_text_and_numbers_are_kept_as_what_can_be_kept(store: Store) -> None:
    bad = replace(MAIL, message_id="<\udcff@x>", subject="a\x00b\ud800", sent=10**30, total=-(10**30), data=b"x")
    which = store.add_mail(bad)
    found = store.mail(which)
    assert (found.message_id, found.subject) == ("<\\udcff@x>", "a\x00b\\ud800")
    assert found.sent > 10**18
    assert found.total < -(10**18)
    assert store.mail_of("<\udcff@x>") == found
    assert store.mail_of("<\udcfe@x>") is None


def test_series_are_found_by_change_id_or_by_author_and_title(store: Store) -> None:
    first = store.add_series(SERIES)
    second = store.add_series(replace(SERIES, version=2, change_id="c", list="other", previous=first))
    renamed = store.add_series(replace(SERIES, version=3, change_id="c", title="mm: y"))
    store.add_series(replace(SERIES, author="b@x.org"))
    store.add_series(replace(SERIES, title="mm: z"))

    def found(list: str = "", version: int = 0, change_id: str = "") -> list[int]:  # noqa: A002  # as in Store
        same = store.find_series(list=list, author="a@x.org", title="mm: x", change_id=change_id, version=version)
        return [row.id for row in same]

    assert found() == [first, second]
    assert found(change_id="c") == [first, second, renamed]
    assert found(list="mm", change_id="c") == [first, renamed]
    assert found(version=2) == [second]
    assert found(version=4) == []
    assert store.series(second).previous == first


def test_series_open_and_all(store: Store) -> None:
    ids = [store.add_series(replace(SERIES, title=str(number))) for number in range(5)]
    assert [row.id for row in store.open_series()] == ids
    done = replace(store.series(ids[1]), state="failed", error="no base", seconds=1.5, reviewed=NOW)
    store.set_series(done)
    assert store.series(ids[1]) == done
    assert [row.id for row in store.open_series()] == [ids[0], *ids[2:]]
    assert [row.id for row in store.all_series(2)] == [ids[4], ids[3]]
    assert [row.id for row in store.all_series(9, ids[3])] == [ids[2], ids[1], ids[0]]


def test_the_series_of_a_thread_by_its_mails_and_by_its_answers(store: Store) -> None:
    one, two = store.add_series(SERIES), store.add_series(replace(SERIES, version=2))
    store.add_mail(replace(MAIL, series=one))
    store.add_mail(replace(MAIL, message_id="<n@x>", series=two))
    store.add_mail(replace(MAIL, message_id="<talk@x>", kind="reply"))
    store.queue(replace(MAIL_OUT, series=one))

    def of(*references: str) -> int:
        found = store.series_of_thread(references)
        return 0 if found is None else found.id

    assert of() == of("<none@x>", "<talk@x>", "") == 0
    assert of("<m@x>", "<n@x>", "<talk@x>") == two
    assert of("<n@x>", "<m@x>") == one
    assert of("<o@x>") == one


def test_series_of_one_thread_and_their_answers(store: Store) -> None:
    ids = [
        store.add_series(replace(SERIES, version=n, root=root))
        for n, root in ((1, "<m@x>"), (2, "<m@x>"), (1, "<n@x>"))
    ]
    assert [row.id for row in store.series_of_root("<m@x>")] == ids[:2]
    assert store.series_of_root("<none@x>") == ()
    first = store.queue(replace(MAIL_OUT, series=ids[1], state="dropped"))
    store.queue(replace(MAIL_OUT, series=ids[0], message_id="<p@x>"))
    last = store.queue(replace(MAIL_OUT, series=ids[1], message_id="<q@x>"))
    assert [row.id for row in store.answers(ids[1])] == [first, last]
    assert store.answers(ids[2]) == ()


def test_replies_with_a_command(store: Store) -> None:
    ids = [
        store.add_mail(replace(MAIL, kind=kind, message_id=f"<{n}@x>", data=data))
        for n, (kind, data) in enumerate(
            (("reply", b"a"), ("reply", b""), ("patch", b"b"), ("reply", b"c"), ("bad", b"d"))
        )
    ]
    assert [row.id for row in store.replies(9)] == [ids[3], ids[0]]
    assert [row.id for row in store.replies(1)] == [ids[3]]
    assert store.kept_mails("reply", "patch") == (ids[0], ids[2], ids[3])


def test_patches_outside_every_rule_are_known_by_number(store: Store) -> None:
    for number in (2, 5, 2):
        store.note_outside("posting", number)
    store.note_outside("another", 1)
    assert store.outside("posting") == {2, 5}
    assert store.outside("none") == frozenset()


def test_a_review_takes_the_place_of_the_one_before(store: Store) -> None:
    series = store.add_series(SERIES)
    mails = [store.add_mail(replace(MAIL, message_id=f"<{n}@x>", series=series, number=n)) for n in (1, 2, 3)]
    rows = [replace(PATCH, mail=mail, number=n, series=series) for n, mail in enumerate(mails, 1)]
    ids = store.replace_review(series, rows, [replace(FINDING, patch=1), replace(FINDING, patch=-1, standing="fixed")])
    assert store.patches(series) == tuple(replace(row, id=which) for row, which in zip(rows, ids, strict=True))
    assert [(row.patch, row.standing) for row in store.findings(series)] == [(ids[1], "new"), (0, "fixed")]
    told = store.queue(replace(MAIL_OUT, series=series, patch=ids[1]))
    gone = store.queue(replace(MAIL_OUT, message_id="<p@x>", series=series, patch=ids[0]))
    again = store.replace_review(
        series, [replace(rows[2], verdict="clean"), rows[1]], [replace(FINDING, patch=1, told=told)]
    )
    assert again == (ids[2], ids[1])
    assert [(row.id, row.verdict) for row in store.patches(series)] == [(ids[1], "findings"), (ids[2], "clean")]
    (finding,) = store.findings(series)
    assert (finding.patch, finding.told) == (ids[1], told)
    assert (store.outbox_mail(told).patch, store.outbox_mail(gone).patch) == (ids[1], 0)
    assert store.patch(ids[1]).series == series


def test_a_review_that_cannot_be_kept_leaves_the_one_before(store: Store) -> None:
    series = store.add_series(SERIES)
    store.replace_review(series, [PATCH], [FINDING])
    before = (store.patches(series), store.findings(series))
    with pytest.raises(sqlite3.IntegrityError):
        store.replace_review(series, [], [replace(FINDING, patch=-1, told=99)])
    assert (store.patches(series), store.findings(series)) == before


def test_findings_by_id_in_every_version(store: Store) -> None:
    ids = [store.add_series(replace(SERIES, version=n)) for n in (1, 2)]
    for series in ids:
        store.replace_review(series, [PATCH], [FINDING, replace(FINDING, finding="00000000")])
    assert [row.series for row in store.findings_of("deadbeef")] == ids
    assert store.findings_of("ffffffff") == ()


def test_the_outbox_keeps_bytes_and_takes_a_message_id_once(store: Store) -> None:
    which = store.queue(MAIL_OUT)
    assert store.outbox_mail(which) == replace(MAIL_OUT, id=which)
    assert store.queue(replace(MAIL_OUT, data=b"others")) == which
    assert store.outbox() == (replace(MAIL_OUT, id=which),)
    assert store.outbox_of("<o@x>") == store.outbox_mail(which)
    assert store.outbox_of("<m@x>") is None


def test_the_outbox_by_state_and_by_time(store: Store) -> None:
    for number, state in enumerate(OUTBOX_STATES):
        store.queue(replace(MAIL_OUT, message_id=f"<{number}@x>", state=state, due=NOW))
    late = store.queue(replace(MAIL_OUT, message_id="<late@x>", due=NOW + 1))
    waiting = store.outbox("waiting")
    assert [row.message_id for row in waiting] == ["<1@x>", "<late@x>"]
    assert [row.state for row in store.outbox("dry", "held")] == ["held", "dry"]
    assert len(store.outbox()) == len(OUTBOX_STATES) + 1
    assert store.due(NOW - 1) == ()
    assert store.due(NOW) == waiting[:1]
    assert store.due(NOW + 1) == waiting
    store.set_outbox(late, due=NOW, attempts=3, reason="451 later")
    assert store.due(NOW)[1] == replace(waiting[1], due=NOW, attempts=3, reason="451 later")
    store.set_outbox(late)
    store.set_outbox(late, state="sent", sent=NOW + 9, attempts=0, recipients=("one@x", "two\n@x"))
    row = store.outbox_mail(late)
    assert (row.state, row.sent, row.attempts, row.recipients) == ("sent", NOW + 9, 0, ("one@x", "two\n@x"))


def test_what_was_told_in_a_thread(store: Store) -> None:
    first = store.queue(replace(MAIL_OUT, findings=("1", "2")))
    second = store.queue(replace(MAIL_OUT, message_id="<p@x>", findings=("2", "3"), state="held"))
    store.queue(replace(MAIL_OUT, message_id="<q@x>", findings=("4",), state="dropped"))
    store.queue(replace(MAIL_OUT, message_id="<r@x>", findings=("5",), thread="<other@x>"))
    told = store.told("<m@x>")
    assert {finding: row.id for finding, row in told.items()} == {"1": first, "2": first, "3": second}
    store.set_outbox(first, state="dropped")
    assert {finding: row.id for finding, row in store.told("<m@x>").items()} == {"2": second, "3": second}


def test_what_counts_for_the_caps(store: Store) -> None:
    series = store.add_series(SERIES)
    rows = [("sent", NOW, "mm", "<m@x>"), ("sent", NOW - 9, "mm", "<n@x>"), ("dry", NOW + 1, "other", "<m@x>")]
    for number, (state, sent, name, thread) in enumerate(rows):
        out = replace(MAIL_OUT, message_id=f"<{number}@x>", state=state, sent=sent, list=name, thread=thread)
        store.queue(replace(out, series=series if number == 1 else 0))
    for state in ("held", "waiting", "parked", "dropped"):
        store.queue(replace(MAIL_OUT, message_id=f"<{state}@x>", state=state, sent=NOW))
    assert [store.sent_since(when) for when in (0, NOW - 9, NOW - 8, NOW, NOW + 1, NOW + 2)] == [3, 3, 2, 2, 1, 0]
    assert store.sent_since(0, list="mm") == 2
    assert store.sent_since(0, thread="<m@x>") == 2
    assert store.sent_since(0, thread="<m@x>", list="mm") == 1
    assert store.sent_since(0, series=series) == 1
    assert store.sent_since(0, waiting=True) == 5
    assert store.sent_since(NOW + 1, waiting=True) == 1


def test_objections(store: Store) -> None:
    first = store.object(OBJECTION)
    assert store.object(replace(OBJECTION, at=NOW + 5)) == first
    store.object(replace(OBJECTION, message_id="<s@x>", verb="wontfix"))
    store.object(replace(OBJECTION, verb="wontfix", finding="00000000"))
    store.object(replace(OBJECTION, verb="recheck", finding="", message_id="<t@x>"))
    assert not store.stopped("<m@x>")
    store.object(replace(OBJECTION, verb="stop", finding="", message_id="<u@x>"))
    assert store.stopped("<m@x>")
    assert not store.stopped("<n@x>")
    assert [row.verb for row in store.objections()] == ["wrong", "wontfix", "wontfix", "recheck", "stop"]
    silenced = store.silenced()
    assert {finding: row.id for finding, row in silenced.items()} == {"deadbeef": first, "00000000": 3}
    assert silenced["deadbeef"] == replace(OBJECTION, id=first)


def test_figures(store: Store) -> None:
    today, day = NOW // 86400 * 86400, 86400
    empty = store.figures()
    assert (empty.mails, empty.seconds, empty.days) == ({}, (), ())
    series = store.add_series(replace(SERIES, state="reviewed", reviewed=NOW, seconds=3.0))
    store.add_series(replace(SERIES, version=2, state="failed", reviewed=NOW + 1, seconds=9.0))
    mails = [store.add_mail(replace(MAIL, message_id=f"<{n}@x>", received=today + n * day)) for n in (0, 0, 1)]
    store.add_mail(replace(MAIL, kind="reply", message_id="<z@x>"))
    patches = [
        replace(PATCH, number=n, mail=mail, verdict=verdict)
        for n, (mail, verdict) in enumerate(zip(mails, ("findings", "clean", "out-of-scope"), strict=True))
    ]
    store.replace_review(series, patches, [FINDING, replace(FINDING, patch=-1, standing="fixed")])
    store.queue(MAIL_OUT)
    store.object(replace(OBJECTION, at=today + 2 * day))
    store.object(replace(OBJECTION, verb="wontfix", at=today + 3 * day - 1))
    store.object(replace(OBJECTION, verb="stop", finding="", at=today))
    figures = store.figures()
    assert (figures.mails, figures.series) == ({"patch": 3, "reply": 1}, {"reviewed": 1, "failed": 1})
    assert figures.patches == {"findings": 1, "clean": 1, "out-of-scope": 1}
    assert (figures.findings, figures.standings) == ({"drift": 1}, {"new": 1, "fixed": 1})
    assert (figures.outbox, figures.objections) == ({"waiting": 1}, {"wrong": 1, "wontfix": 1, "stop": 1})
    assert figures.seconds == ((NOW, 1.0),)
    assert figures.days == (
        Day(today, 2, 2, 1, 1, 0),
        Day(today + day, 1, 0, 0, 0, 0),
        Day(today + 2 * day, 0, 0, 0, 0, 1),
    )


@pytest.mark.parametrize("what", ["mail", "series", "patch", "outbox_mail"])
def test_an_id_that_is_not_there(store: Store, path: Path, what: str) -> None:
    with pytest.raises(InputError) as error:
        getattr(store, what)(7)
    assert str(error.value) == f"{path}: there is no {what.removesuffix('_mail')} 7"


def test_a_change_of_what_is_not_there(store: Store) -> None:
    with pytest.raises(InputError, match="there is no outbox 7"):
        store.set_outbox(7, state="sent")
    with pytest.raises(InputError, match="there is no series 7"):
        store.set_series(replace(SERIES, id=7))


def test_the_file_takes_the_words_that_the_rows_know_and_no_others(store: Store) -> None:
    series = store.add_series(SERIES)
    for kind in MAIL_KINDS:
        store.add_mail(replace(MAIL, kind=kind))
    for state in SERIES_STATES:
        store.add_series(replace(SERIES, state=state))
    findings = [replace(FINDING, standing=standing) for standing in STANDINGS]
    store.replace_review(series, [replace(PATCH, verdict=verdict) for verdict in VERDICTS], findings)
    for verb in VERBS:
        store.object(replace(OBJECTION, verb=verb))
    for wrong in (
        lambda: store.add_mail(replace(MAIL, kind="Patch")),
        lambda: store.add_series(replace(SERIES, state="")),
        lambda: store.replace_review(series, [replace(PATCH, verdict="good")], []),
        lambda: store.queue(replace(MAIL_OUT, state="gone")),
        lambda: store.queue(replace(MAIL_OUT, message_id="")),
        lambda: store.object(replace(OBJECTION, verb="no")),
    ):
        with pytest.raises(sqlite3.IntegrityError):
            wrong()


# Transactions


def interrupted(store: Store) -> None:
    """Do a step, and an inner one, and raise."""
    with store.transaction():
        step(store, 1)
        store.set_mark("list", "2")
        with store.transaction():
            store.set_mark("inner", "2")
        raise InterruptedError


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store, path: Path) -> None:
    with pytest.raises(InterruptedError):
        interrupted(store)
    assert (store.mark("list"), store.outbox(), store.all_series(9)) == ("", (), ())
    with store.transaction():
        step(store, 1)
        store.set_mark("list", "2")
        with Store(path) as other:  # nobody sees half of it
            assert (other.mark("list"), other.outbox()) == ("", ())
    assert (store.mark("list"), len(store.outbox())) == ("2", 1)


def test_an_inner_transaction_is_undone_by_itself(store: Store) -> None:
    with store.transaction():
        store.set_mark("list", "1")
        with pytest.raises(InterruptedError):
            interrupted(store)
        with store.transaction():
            store.set_mark("c", "3")
    assert [store.mark(name) for name in ("list", "inner", "c")] == ["1", "", "3"]
    assert store.outbox() == ()


# The file: made, brought up, refused


def test_a_state_is_made_once_and_found_again(path: Path) -> None:
    with Store(path) as store:
        store.set_mark("a", "1")
    assert raw(path, "PRAGMA user_version") == [(len(STEPS),)]
    assert raw(path, "PRAGMA journal_mode") == [("wal",)]
    with Store(path, create=False) as store:
        assert store.mark("a") == "1"
    assert sorted(path.parent.iterdir()) == [path]  # the log is gone with the last one who used it


def test_a_state_that_is_not_there(path: Path) -> None:
    with pytest.raises(InputError, match="there is no state of lmlint bot"):
        Store(path, create=False)
    assert not path.exists()
    with pytest.raises(InputError, match="the folder must be there"):
        Store(path / "state.db")


@pytest.mark.parametrize("name", [":memory:", "a?mode=memory", "a%20b#c", "-x", "ü \n"])
def test_names_that_mean_something_to_sqlite(tmp_path: Path, name: str) -> None:
    with Store(tmp_path / name) as store:
        store.set_mark("a", "1")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "data", [b"From nobody\n\nthis is no database, it is a mailbox\n" * 40, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        Store(path)
    assert str(error.value).startswith(f"{path}: is no state of lmlint bot: not an SQLite file")
    assert path.read_bytes() == data


def test_a_folder_in_the_place_of_the_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        Store(path)


@pytest.mark.parametrize("statement", ["CREATE TABLE moz_places (id)", "PRAGMA user_version = 1"])
def test_the_database_of_another_program_is_left_alone(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(InputError, match="is the SQLite file of another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_newer_state_is_refused_and_left_alone(path: Path) -> None:
    Store(path).close()
    newer = len(STEPS) + 1
    raw(path, f"PRAGMA user_version = {newer}")
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        Store(path)
    assert str(error.value).startswith(f"{path}: has version {newer}, and this lmlint knows {newer - 1} at most")
    assert path.read_bytes() == before


def test_an_interrupted_creation_is_completed(path: Path) -> None:
    path.touch()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # killed after this, before the tables are kept
    assert path.stat().st_size > 0
    with Store(path, create=False) as store:
        step(store, 1)
        assert len(store.outbox()) == 1


def test_a_creation_that_fails_leaves_nothing_half_made(path: Path) -> None:
    with closing(Database(path, create=True, wait=1)) as database, pytest.raises(sqlite3.OperationalError):
        prepare(database, (*STEPS, ("CREATE TABLE more (id)", "no statement")))
    assert raw(path, "SELECT count(*) FROM sqlite_master") == [(0,)]
    assert raw(path, "PRAGMA application_id") == [(0,)]


def test_a_state_is_brought_to_the_next_version_with_all_it_holds(path: Path) -> None:
    with Store(path) as store:
        step(store, 1)
        before = (store.outbox(), store.all_series(9))
    more = (
        *STEPS,
        ("ALTER TABLE mark ADD COLUMN at INTEGER NOT NULL DEFAULT 7", "INSERT INTO mark VALUES ('s', '', 8)"),
    )
    with closing(Database(path, create=False, wait=1)) as database:
        with pytest.raises(sqlite3.OperationalError):
            prepare(database, (*more[:-1], (*more[-1], "no statement")))
        assert database.rows("PRAGMA user_version") == [(len(STEPS),)]
        assert database.rows("SELECT * FROM mark") == []
        for _ in range(2):  # the second time there is nothing to do
            prepare(database, more)
        assert database.rows("SELECT * FROM mark") == [("s", "", 8)]
        assert database.rows("PRAGMA user_version") == [(len(STEPS) + 1,)]
    assert raw(path, "PRAGMA application_id") == [(APPLICATION,)]
    raw(path, f"PRAGMA user_version = {len(STEPS)}")
    with Store(path) as store:
        assert (store.outbox(), store.all_series(9)) == before


# Faults


def sound(path: Path) -> int:
    """Return the mark of a state that was left at any moment, after a look at all that must hold."""
    with Store(path) as store:
        mark = int(store.mark("list") or 0)
        answers = store.outbox()
        series = store.all_series(mark + 9)
        assert store.figures().mails == {
            kind: count
            for kind, count in (("other", len(range(0, mark, 3))), ("patch", mark - len(range(0, mark, 3))))
            if count
        }
        assert [row.message_id for row in answers] == [f"<answer-{n}@x>" for n in range(mark) if n % 3]
        assert len(series) == len(answers)
        assert {row.state for row in series} <= {"reviewed"}
        for answer in answers:
            (finding,) = store.findings(answer.series)
            assert answer.findings == (finding.finding,)
            assert (finding.told, finding.patch) == (answer.id, answer.patch)
            assert answer.data == MAIL_OUT.data
        for number in range(mark):
            assert store.mail_of(f"<{number}@x>") is not None
        assert store.mail_of(f"<{mark}@x>") is None
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    assert raw(path, "PRAGMA foreign_key_check") == []
    return mark


def test_killed_again_and_again_nothing_is_lost_or_half_done(path: Path) -> None:
    chance = random.Random(6)  # noqa: S311  # moments, not secrets
    mark = 0
    recovered = 0
    for kill in range(15):
        with program(path, "work") as child:
            assert child.stdout is not None
            if kill % 5:  # else it is killed while it starts: in the very first one, while it makes the tables
                assert child.stdout.readline() == "open\n"
            first = child.stdout.readline() if kill % 5 == 1 else ""  # some of them get on, however slow the disk is
            time.sleep(chance.uniform(0, 0.06 if kill % 5 else 0.25))
            child.send_signal(signal.SIGKILL)
            said = [line for line in (first + child.stdout.read()).splitlines() if line != "open"]
            assert child.wait(30) == -signal.SIGKILL
        log = path.with_name(path.name + "-wal")
        recovered += log.exists() and log.stat().st_size > 0
        now = sound(path)
        assert now >= max([mark, *map(int, said)])
        mark = now
    assert mark >= 15
    assert recovered > 7


def test_a_state_that_is_written_by_two(path: Path) -> None:
    with program(path, "work") as one, program(path, "work") as two:
        for child in (one, two):
            assert child.stdout is not None
            assert child.stdout.readline() == "open\n"
        for child in (one, two):
            assert child.stdout is not None
            assert [bool(child.stdout.readline()) for _ in range(3)] == [True] * 3
    assert sound(path) >= 30


def test_made_by_six_at_once(path: Path) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(program(path, "make")) for _ in range(6)]
        for number in range(15):
            for child in children:
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
            for child in children:
                assert child.stdout is not None
                assert child.stdout.readline() == f"{number}\n", child.communicate(timeout=30)[1]
    assert raw(path.with_name("state.db14"), "SELECT * FROM mark") == [("list", "1")]


def test_made_while_another_looks_at_the_empty_file(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM sqlite_master").fetchall()
        with pytest.raises(InputError, match="another program has kept it busy"):
            Store(path, wait=0.1)
        end = threading.Timer(0.3, other.rollback)
        end.start()
        with Store(path) as store:
            store.set_mark("a", "1")
        end.join()


def test_a_state_that_another_keeps_locked(path: Path) -> None:
    with program(path, "hold") as child, Store(path, wait=0.1) as store:
        assert child.stdout is not None
        assert [child.stdout.readline() for _ in range(2)] == ["open\n", "held\n"]
        assert store.figures().mails == {}  # who only reads waits for nobody
        with pytest.raises(InputError) as error:
            store.set_mark("a", "1")
        assert str(error.value).startswith(f"{path}: another program has kept it busy for 0.1 s;")
        with pytest.raises(InputError, match="busy"), store.transaction():
            pytest.fail("there is no transaction")
        child.communicate(timeout=30)
        store.set_mark("a", "1")


def test_a_limit_on_the_size_of_files_ends_in_one_line_and_loses_nothing(path: Path) -> None:
    with program(path, "fill", str(900_000)) as child:
        out, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert err.startswith(f"{path}: the disk ")
    assert err.count("\n") == 1
    kept = int(out.splitlines()[-1])
    with Store(path) as store:
        assert int(store.mark("list")) == kept > 4
        assert [store.mail_of(f"<{n}@x>") is not None for n in range(kept + 2)] == [*[True] * kept, False, False]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_full_disk_ends_in_one_line_and_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    if (unshare := shutil.which("unshare")) is None:
        pytest.skip("a small disk needs unshare, of util-linux")
    script = """
        mount -t tmpfs -o size=600k tmpfs "$1" || exit 77
        "$2" -m tests.botwork "$1/state.db" fill || echo "status $?"
        "$2" -m tests.botwork "$1/state.db" fill || echo "status $?"
        mount -o remount,size=8m "$1"
        cp "$1"/state.db* "$3"
    """
    command = [unshare, "-m", "sh", "-c", script, "sh", str(folder), sys.executable, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77 or done.stderr.startswith("unshare: "):
        pytest.skip("a small disk needs the right to mount one")
    assert done.stdout.count("status 2") == 2
    assert [line.partition(": ")[2][:16] for line in done.stderr.splitlines()] == ["the disk is full"] * 2
    kept = max(int(line) for line in done.stdout.split() if line.isdigit() and line != "2")
    with Store(tmp_path / "state.db") as store:
        assert int(store.mark("list")) == kept > 4
        assert store.figures().mails == {"patch": kept}
    assert raw(tmp_path / "state.db", "PRAGMA integrity_check") == [("ok",)]


def given_up(database: Database) -> None:
    """Go on in a transaction that SQLite has ended, as it does by itself where some disks are full."""
    with database.transaction():
        database.change("INSERT INTO mark VALUES ('a', '1')")
        database.change("ROLLBACK")
        database.change("INSERT INTO mark VALUES ('b', '2')")


def test_nothing_goes_on_after_sqlite_has_given_up_a_transaction(path: Path) -> None:
    with closing(Database(path, create=True, wait=1)) as database:
        prepare(database)
        with pytest.raises(InputError, match="nothing of this step is kept"):
            given_up(database)
        assert database.rows("SELECT * FROM mark") == []
        with database.transaction():
            database.change("INSERT INTO mark VALUES ('c', '3')")
        assert database.rows("SELECT source FROM mark") == [("c",)]


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Store(folder / "old.db").close()
    (folder / "old.db").chmod(0o444)
    folder.chmod(0o555)
    script = """
import os, sys
from tests.botwork import main
if os.getuid() == 0:
    os.chdir(sys.argv[1])  # the folders above may be closed to others
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
else:
    os.chdir(sys.argv[1])
sys.exit(max(main("new.db", "open"), 10 * main("old.db", "open")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (20, "")
    lines = done.stderr.splitlines()
    assert [line.partition(";")[0] for line in lines] == ["new.db: cannot be written", "old.db: cannot be written"]
    assert sorted(path.name for path in folder.iterdir()) == ["old.db"]


def test_a_damaged_state_is_told(path: Path) -> None:
    with Store(path) as store, store.transaction():
        for number in range(300):
            step(store, number)
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 12288)
    path.write_bytes(data)
    with pytest.raises(InputError, match="is damaged; move it away and restore the state"), Store(path) as store:
        store.figures()


def test_every_look_up_goes_through_an_index(store: Store, path: Path) -> None:
    series = store.add_series(SERIES)
    store.add_mail(replace(MAIL, series=series))
    asked: list[str] = []
    store._database._connection.set_trace_callback(asked.append)  # noqa: SLF001  # what SQLite is really asked
    store.seen("<no@x>", "no")
    store.mails(series)
    store.find_series(list="mm", author="a", title="b", change_id="c", version=2)
    store.open_series()
    store.all_series(9)
    store.all_series(9, 7)
    store.series_of_thread(["<no@x>"])
    store.series_of_root("<no@x>")
    store.outside("no")
    store.replace_review(series, [PATCH], [FINDING])
    store.replace_review(series, [], [])
    store.findings_of("deadbeef")
    store.told("<m@x>")
    store.queue(replace(MAIL_OUT, series=series))
    store.outbox("held", "parked")
    store.answers(series)
    store.due(NOW)
    store.set_outbox(1, state="sent")
    store.sent_since(NOW)
    store.sent_since(NOW, list="mm", waiting=True)
    store.sent_since(0, thread="<m@x>", waiting=True)
    store.object(OBJECTION)
    store.stopped("<m@x>")
    store.replies(9)
    queries = [query for query in asked if query.startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(queries) > 25
    plans = {query: [str(row[3]) for row in raw(path, f"EXPLAIN QUERY PLAN {query}")] for query in queries}
    scans = {line for plan in plans.values() for line in plan if line.startswith("SCAN")}
    # These two hold nothing but what is asked for.
    assert scans == {"SCAN series USING INDEX series_open", "SCAN mail USING INDEX mail_commands"}
