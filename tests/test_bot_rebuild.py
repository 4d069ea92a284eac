"""A state that is lost is made anew from what the sources hold, and nothing is told twice."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import dkim  # type: ignore[import-untyped]
import pytest

from lmlint.bot.desk import desk_of
from lmlint.bot.incoming import Incoming
from lmlint.bot.rebuild import HELD, rebuild, remember
from lmlint.bot.settings import load_settings
from lmlint.error import InputError
from tests.followed import BOT, DAY, NOW, Followed, Log, header, small, story, told, with_fields

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bot(tmp_path: Path) -> Followed:
    return Followed(tmp_path, lists={"arm": 'answer = "list"\n'})


def lose(bot: Followed) -> None:
    for one in bot.folder.glob("state.db*"):
        one.unlink()


def anew(bot: Followed, *sent: Path) -> Log:
    log = Log()
    assert rebuild(load_settings(bot.config), sent, 1, log, lambda: bot.now) == ()
    return log


def test_what_was_told_is_not_told_again(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    bot.comes(bot.sent[0])  # as the list brings it
    bot.now += DAY
    bot.comes(story(2))
    bot.run()
    bot.comes(bot.sent[1])
    before = bot.sent
    with bot.store() as store:
        series = store.all_series(9)
        findings = [[(one.finding, one.standing, one.since) for one in store.findings(row.id)] for row in series]
    lose(bot)
    bot.now += DAY
    assert "0 mails are held" in anew(bot).text
    with bot.store() as store:
        again = store.all_series(9)
        assert [(one.version, one.title, one.previous) for one in again] == [
            (one.version, one.title, one.previous) for one in series
        ]
        assert [[(one.finding, one.standing, one.since) for one in store.findings(row.id)] for row in again] == findings
        assert {one.message_id: one.findings for one in store.outbox("sent")} == {
            header(one, "Message-ID"): tuple(told(one)) for one in before
        }
        assert all(one.told for row in again for one in store.findings(row.id) if one.standing == "new")
    bot.run()
    assert bot.sent == before
    bot.comes(
        story(
            1,
            {
                "Message-ID": "<again@example.org>",
                "Subject": "[PATCH v3] x",
                "References": "<lm-meminfo-pat-v1@example.org>",
            },
        )
    )
    bot.run()
    assert bot.sent == before, "told in this thread before the state was lost"


def test_a_version_below_a_mail_of_a_lost_state_is_answered(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    (first,) = bot.sent
    bot.comes(first)
    lose(bot)
    anew(bot)
    chain = f"<lm-meminfo-pat-v1@example.org> {header(first, 'Message-ID')}"
    bot.comes(story(2, {"References": chain}))
    bot.comes(small({"References": chain}, name="Robot"))
    bot.now += DAY
    bot.run()
    assert [header(one, "In-Reply-To") for one in bot.sent] == [
        "<lm-meminfo-pat-v1@example.org>",
        "<lm-meminfo-pat-v2@example.org>",
    ]


def test_what_nobody_was_told_is_held(bot: Followed) -> None:
    bot.comes(small())
    bot.run(send=False)
    with bot.store() as store:
        (mail,) = store.outbox("waiting")
    lose(bot)
    assert "1 mails are held" in anew(bot).text
    with bot.store() as store:
        (held,) = store.outbox("held")
        assert (held.message_id, held.reason) == (mail.message_id, HELD)
    bot.run()
    assert bot.sent == []


def test_copies_of_what_was_sent_count(bot: Followed) -> None:
    bot.comes(small())
    bot.run()
    lose(bot)
    bot.now += DAY
    for place in ("cur", "tmp"):
        (bot.folder / "out" / place).mkdir(exist_ok=True)
    assert "0 mails are held" in anew(bot, bot.folder / "out").text


def test_a_state_that_is_there_is_left_alone(bot: Followed) -> None:
    bot.run()
    with pytest.raises(InputError, match="is there; move it away"):
        rebuild(load_settings(bot.config), (), 1, Log(), lambda: NOW)
    lose(bot)
    (bot.folder / "state.db-wal").touch()
    with pytest.raises(InputError, match=r"state\.db-wal: is there"):
        rebuild(load_settings(bot.config), (), 1, Log(), lambda: NOW)


def test_a_source_that_cannot_be_read_keeps_it_from_being_finished(bot: Followed) -> None:
    bot.comes(small())
    (bot.folder / "arm" / "new").rename(bot.folder / "away")
    (error,) = rebuild(load_settings(bot.config), (), 1, Log(), lambda: NOW)
    assert "arm" in error
    assert not (bot.folder / "state.db").exists()
    (bot.folder / "away").rename(bot.folder / "arm" / "new")
    anew(bot)
    with bot.store() as store:
        assert len(store.all_series(9)) == 1


def test_only_mails_of_the_bots_own_are_remembered(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    (mail,) = bot.sent
    lose(bot)
    desk = desk_of(load_settings(bot.config), "arm")
    head, _, body = mail.partition(b"\n\n")
    encoded = with_fields(head + b"\n\n" + base64.encodebytes(body), {"Content-Transfer-Encoding": "base64"})
    with bot.store() as store:
        for forged in (
            with_fields(mail, {"From": "Eve <eve@example.org>"}),
            with_fields(mail, {"Message-ID": f"<lmlint-{'a' * 32}@evil.example.com>"}),
            with_fields(mail, {"Message-ID": "<mine@example.net>"}),
        ):
            remember(store, desk, Incoming("s", "arm", "n", forged, "m", wanted="own"))
        remember(store, desk, Incoming("s", "arm", "n", mail, "m", wanted="reply"))
        assert store.outbox() == ()
        for data in (encoded, mail.replace(b"\n", b"\r\n"), mail):
            remember(store, desk, Incoming("s", "arm", "n", data, "m", wanted="own"))
        (row,) = store.outbox()
        assert (row.findings, row.sender, row.thread) == (tuple(told(mail)), BOT, "<lm-meminfo-pat-v1@example.org>")
        assert replace(row, data=b"").state == "sent"


def test_objections_are_restored(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": 'answer = "list"\n'}, bot='trust-results-of = "mx.example.org"')
    bot.now = int(time.time())  # what signs takes the time from this machine's clock
    bot.comes(small())
    bot.run()
    (mail,) = bot.sent
    (finding,) = told(mail)
    bot.comes(mail)
    said = (
        b"From: Pat Example <pat@example.org>\nSubject: Re: [PATCH] x\nMessage-ID: <no@example.org>\n"
        b"Date: Mon, 2 Feb 2026 09:00:00 +0000\nTo: bot@example.net\n"
        + f"In-Reply-To: {header(mail, 'Message-ID')}\n\n#lmlint: wrong {finding}\n".encode()
    )
    key = base64.b64encode(b"k" * 32)
    signature = dkim.sign(said, b"s", b"example.org", key, signature_algorithm=b"ed25519-sha256")
    bot.comes(
        b"Received: from mail.example.org by mx.example.org with ESMTPS; today\n"
        b"Authentication-Results: mx.example.org; dkim=pass header.d=example.org header.s=s\n" + signature + said
    )
    bot.run()
    with bot.store() as store:
        (objection,) = store.objections()
        assert (objection.finding, objection.verb, objection.author) == (finding, "wrong", "pat@example.org")
    lose(bot)
    bot.now += DAY
    anew(bot)
    with bot.store() as store:
        assert [(one.finding, one.verb, one.message_id) for one in store.objections()] == [
            (finding, "wrong", "<no@example.org>")
        ]
    bot.comes(
        small({"Message-ID": "<v2@example.org>", "Subject": "[PATCH v2] arm64: mm: count, as the hunks alone show it"})
    )
    bot.run()
    assert bot.sent == [mail], "what was called wrong is never told again"
