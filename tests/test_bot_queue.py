"""The mails that wait, before a moderator: listed, shown byte for byte, let go, taken out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.post import send_due
from lmlint.bot.settings import Transport, load_settings
from lmlint.bot.store import Store
from lmlint.cli import main
from tests.outbox import NOW, row, settings

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[bot]
from = "lmlint bot <bot@example.com>"
state = "state"

[bot.maildir]
path = "box"

[[bot.list]]
name = "arm"
embargo-hours = 0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lmlint.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def queue(config: Path, *words: str) -> int:
    return main(["bot", "queue", words[0], "--config", str(config), *words[1:]])


def test_a_held_mail_goes_out_once_it_is_approved(
    config: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with Store(tmp_path / "state") as store:
        one, two = (store.queue(row(number, state="held")) for number in (1, 2))
        later = store.queue(row(3, state="held", due=int(time.time()) + 7200))
        bot = load_settings(config)
        assert not send_due(store, bot, NOW, send=True).steps
        assert queue(config, "approve", str(one), str(later), str(one)) == 0
        said = capfdbinary.readouterr().out.decode().splitlines()
        assert said[0].startswith(f"mail {later} goes out at ")
        assert said[0].endswith(": the embargo of its list")
        assert said[1:] == [f"mail {one} goes out with the next round"]
        assert queue(config, "show", str(two)) == 0
        shown = capfdbinary.readouterr().out
        assert shown == row(2).data
        assert [step.id for step in send_due(store, bot, int(time.time()), send=True).steps] == [one]
        (sent,) = (tmp_path / "box" / "new").iterdir()
        assert sent.read_bytes() == row(1).data
        assert [store.outbox_mail(which).state for which in (one, two, later)] == ["sent", "held", "waiting"]


def test_what_is_dropped_never_goes_out(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path / "state") as store:
        ids = [store.queue(row(n, state=state)) for n, state in enumerate(("held", "waiting", "parked", "sent"))]
        assert queue(config, "drop", *map(str, ids)) == 2  # one of them is sent: nothing is done
        assert (
            capsys.readouterr().err == "lmlint: mail 4 is sent: only what is held or waiting or parked can be dropped\n"
        )
        assert [store.outbox_mail(which).state for which in ids] == ["held", "waiting", "parked", "sent"]
        assert queue(config, "drop", "--reason", "not\nnow \x1b[2J", *map(str, ids[:3])) == 0
        assert capsys.readouterr().out == "mail 1 is dropped\nmail 2 is dropped\nmail 3 is dropped\n"
        assert [store.outbox_mail(which).state for which in ids[:3]] == ["dropped"] * 3
        assert store.outbox_mail(ids[0]).reason == "not now \\x1b[2J"
        assert not send_due(store, load_settings(config), NOW, send=True).steps
        assert queue(config, "approve", "1") == 2
        assert "mail 1 is dropped: only what is held or parked can be approved" in capsys.readouterr().err
        assert queue(config, "approve", "77") == 2
        assert "77" in capsys.readouterr().err


def test_a_parked_mail_is_tried_again_from_the_start(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path / "state") as store:
        one = store.queue(row(1, state="parked", reason="DATA: 554 no", attempts=9, due=NOW + 10**9))
        assert queue(config, "approve", str(one)) == 0
        assert capsys.readouterr().out == f"mail {one} goes out with the next round\n"
        kept = store.outbox_mail(one)
        assert (kept.state, kept.reason, kept.attempts) == ("waiting", "", 0)
        assert send_due(store, load_settings(config), int(time.time()), send=True).steps[0].state == "sent"


def test_the_list_tells_what_a_moderator_needs_and_drives_no_terminal(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    created = int(time.time()) - 3 * 3600 - 60
    hostile = row(1).data.replace(b"Subject: Re: [PATCH] x", b"Subject: \x1b[2J =?utf-8?q?=E2=80=AEevil=0D=0ABcc:_x?=")
    with Store(tmp_path / "state") as store:
        store.queue(row(1, state="held", data=hostile, created=created))
        store.queue(row(2, state="parked", reason="DATA: 554 no", created=created, recipients=("a@example.org",) * 9))
        store.queue(row(3, attempts=2, due=int(time.time()) + 900, created=created))
        store.queue(row(4, state="sent", created=created))
    assert queue(config, "list") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split() == ["1", "held", "3", "h", "arm", "to", "a@example.org,", "b@example.org"]
    assert lines[1].endswith("evil Bcc: x")
    assert lines[2].split() == ["tells", "e758ccb6"]
    assert lines[3].endswith("and 4 more")
    assert "DATA: 554 no" in out
    assert "tried 2 times, not before " in out
    assert all(char.isprintable() or char == "\n" for char in out)
    assert "Bcc" not in [line.split(":")[0] for line in lines]
    assert "    4" not in out
    (tmp_path / "stop").touch()
    assert queue(config, "list", "--state", "sent") == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0]
        == f"nothing is sent for now: {tmp_path / 'stop'}: the stop file is there; delete it to let mails go out"
    )
    assert lines[1].split()[:2] == ["4", "sent"]
    assert queue(config, "list", "--state", "dry") == 0
    assert capsys.readouterr().out.endswith("no mails\n")


def test_without_a_state_there_is_no_queue(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert queue(config, "list") == 2
    assert "state" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_what_is_shown_is_what_a_server_gets(config: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "state") as store:
        store.queue(row(1))
        bot = settings(tmp_path, Transport("maildir", path=tmp_path / "box"))
        dry = send_due(store, bot, NOW, send=False)
        before = [store.outbox_mail(step.id).data for step in dry.steps]
        send_due(store, bot, NOW, send=True)
    assert [file.read_bytes() for file in (tmp_path / "box" / "new").iterdir()] == before
    assert config.is_file()
