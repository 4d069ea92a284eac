"""Which series a mail belongs to, and which versions it has: whatever the order in which its mails come."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.case import case_of
from lmlint.bot.desk import desk_of
from lmlint.bot.incoming import Incoming
from lmlint.bot.intake import take_all
from lmlint.bot.judge import judge
from lmlint.bot.record import fail, keep
from lmlint.bot.rows import Objection
from lmlint.bot.series import is_ready, kin, outside
from lmlint.bot.settings import load_settings
from tests.followed import HOUR, NOW, Followed, small, with_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lmlint.bot.desk import Desk
    from lmlint.bot.store import Store

COVER = b"From: Pat Example <pat@example.org>\nSubject: [PATCH 0/3] the cover\nMessage-ID: <0@example.org>\n\nbase\n"


@pytest.fixture
def bot(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


@pytest.fixture
def desk(bot: Followed) -> Desk:
    return desk_of(load_settings(bot.config), "arm")


@pytest.fixture
def store(bot: Followed) -> Iterator[Store]:
    with bot.store() as made:
        yield made


def take(store: Store, desk: Desk, *mails: bytes, now: int = NOW) -> None:
    looks = [(data, desk.sieve.look(data)) for data in mails]
    take_all(
        store, desk, [Incoming("s", "arm", "a mail", data, "m", one.wanted, one.patch) for data, one in looks], now
    )


def patch(number: int, total: int, *, scope: bool = True, **fields: str) -> bytes:
    fields = {"Message-ID": f"<{number}@example.org>", "References": "<0@example.org>"} | {
        key.replace("_", "-"): value for key, value in fields.items()
    }
    data = small({"Subject": f"[PATCH {number}/{total}] part {number}", **fields}, file=f"unseen{number}.c")
    return data if scope else data.replace(b"arch/arm64/mm/", b"drivers/")


MAILS = {"cover": COVER, "first": patch(1, 3, scope=False), "second": patch(2, 3), "third": patch(3, 3)}


@pytest.mark.parametrize("order", list(itertools.permutations(MAILS)))
def test_the_order_of_arrival_makes_no_difference(store: Store, desk: Desk, order: tuple[str, ...]) -> None:
    for at, name in enumerate(order):
        take(store, desk, MAILS[name])
        series = store.all_series(9)
        here = {*order[: at + 1]} >= {"first", "second", "third"}
        assert [is_ready(store, one, HOUR, NOW) for one in series] == ([here] if series else [])
    (one,) = store.all_series(9)
    assert (one.title, one.root, one.total, one.version) == ("the cover", "<0@example.org>", 3, 1)
    assert outside(store, one) == {1}
    assert [mail.number for mail in store.mails(one.id) if mail.kind == "patch"] == [2, 3]


def test_a_series_without_a_thread_is_put_together_and_one_number_is_of_one_posting(store: Store, desk: Desk) -> None:
    take(store, desk, patch(1, 2, References=""), patch(2, 2, References=""))
    take(store, desk, patch(1, 2, References="", Message_ID="<again@example.org>").replace(b"next - va", b"end - va"))
    assert [len(store.mails(one.id)) for one in store.all_series(9)] == [1, 2]


OLD = {"Message-ID": "<old@example.org>"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"Subject": "[PATCH] one"}, {"Subject": "[PATCH v2] one"}),
        ({"Subject": "[PATCH v2] one"}, {"Subject": "[PATCH v7] one"}),
        ({"Subject": "[PATCH] one"}, {"Subject": "[PATCH v2] two", "References": "<old@example.org>"}),
        ({"Subject": "[PATCH] one"}, {"Subject": "[PATCH RESEND] one"}),
        ({"Subject": "[PATCH] one"}, {"Subject": "[PATCH v2 2/9] one"}),
        ({"Subject": "[PATCH 1/2] one"}, {"Subject": "[PATCH v2] two"}),  # the same change
    ],
)
def test_versions_are_known(store: Store, desk: Desk, old: dict[str, str], new: dict[str, str]) -> None:
    take(store, desk, small({**OLD, **old}))
    changed = small({"Message-ID": "<new@example.org>", **new})
    take(
        store, desk, changed if "two" in new["Subject"] else changed.replace(b"next - va", b"end - va"), now=NOW + HOUR
    )
    newer, older = store.all_series(9)
    assert (kin(store, newer).older, kin(store, newer).newer) == (older, None)
    assert (kin(store, older).older, kin(store, older).newer) == (None, newer)


def test_a_change_id_tells_versions(store: Store, desk: Desk) -> None:
    for version, title in ((1, "one"), (2, "two")):
        data = small({"Message-ID": f"<{title}@example.org>", "Subject": f"[PATCH v{version}] {title}"})
        data = data.replace(b"next - va", b"next - va + %d" % version)
        take(store, desk, data.replace(b"\n---\n", b"\n---\nchange-id: 20260112-x-0123456789ab\n", 1))
    newer, older = store.all_series(9)
    assert newer.change_id == older.change_id == "20260112-x-0123456789ab"
    assert kin(store, newer).older == older


@pytest.mark.parametrize(
    "new",
    [
        {"Subject": "[PATCH v2] one", "From": "Eve <eve@example.org>"},  # somebody else's
        {"Subject": "[PATCH] two"},
        {"Subject": "[PATCH] two", "References": "<old@example.org>"},  # a thread alone makes no version
    ],
)
def test_what_is_no_version(store: Store, desk: Desk, new: dict[str, str]) -> None:
    take(store, desk, small({**OLD, "Subject": "[PATCH] one"}))
    take(store, desk, small({"Message-ID": "<new@example.org>", **new}).replace(b"next - va", b"end - va"))
    newer, older = store.all_series(9)
    assert kin(store, newer).older is None
    assert kin(store, older).newer is None


def test_replies_are_no_patches(store: Store, desk: Desk) -> None:
    take(store, desk, with_fields(small(), {"Subject": "Re: [PATCH] one"}))
    quoted = small().partition(b"\n\n")
    take(
        store,
        desk,
        with_fields(
            quoted[0] + b"\n\n" + b"\n".join(b"> " + line for line in quoted[2].split(b"\n")),
            {"Message-ID": "<q@example.org>"},
        ),
    )
    assert store.all_series(9) == ()
    assert store.figures().mails == {"reply": 2}


def test_a_verdict_on_what_has_changed_meanwhile_is_not_kept(store: Store, desk: Desk) -> None:
    take(store, desk, patch(1, 2))
    case = case_of(store, desk, 1, NOW)
    verdict = judge(case)
    take(store, desk, patch(2, 2))
    assert not keep(store, case, verdict, 1.0, None)
    assert not fail(store, case, 1.0, "no")
    assert (store.series(1).state, store.patches(1), store.outbox()) == ("open", (), ())
    case = case_of(store, desk, 1, NOW)
    assert keep(store, case, judge(case), 1.0, None)
    assert (store.series(1).state, len(store.patches(1)), len(store.outbox())) == ("reviewed", 2, 1)


def test_an_objection_that_comes_during_a_review_counts(store: Store, desk: Desk) -> None:
    take(store, desk, small())
    case = case_of(store, desk, 1, NOW)
    verdict = judge(case)
    (finding,) = (one.finding for one in verdict.findings)
    store.object(
        Objection(
            0, finding, "wrong", "pat@example.org", "<no@example.org>", "arm", 1, case.row.root, NOW, "dkim example.org"
        )
    )
    assert not keep(store, case, verdict, 1.0, None)
    case = case_of(store, desk, 1, NOW)
    assert judge(case).drafts == ()


def test_in_a_thread_that_was_stopped_nobody_is_answered(store: Store, desk: Desk) -> None:
    take(store, desk, small())
    root = store.series(1).root
    store.object(
        Objection(0, "", "stop", "pat@example.org", "<no@example.org>", "arm", 1, root, NOW, "dkim example.org")
    )
    case = case_of(store, desk, 1, NOW)
    verdict = judge(case)
    assert verdict.drafts == ()
    assert keep(store, case, verdict, 1.0, None)
    assert (store.series(1).state, store.series(1).error) == ("muted", "the bot was told to keep out of the thread")
