"""A run among other programs: it ends when asked to, tells systemd how it is, and keeps others out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.case import Case, case_of
from lmlint.bot.desk import desk_of
from lmlint.bot.feed import TEMPORARY
from lmlint.bot.incoming import Incoming
from lmlint.bot.intake import take_all
from lmlint.bot.judge import Judged, judge
from lmlint.bot.service import alone
from lmlint.bot.settings import load_settings
from lmlint.bot.worker import Done, Workers, limit_of
from lmlint.error import InputError
from tests.followed import NOW, Followed, small, story

if TYPE_CHECKING:
    from pathlib import Path

BOT = [sys.executable, "-c", "from lmlint.cli import entry; entry()", "bot"]


@pytest.fixture
def bot(tmp_path: Path) -> Followed:
    return Followed(tmp_path, "[limits]\nseconds = 1\n")


def case(bot: Followed) -> Case:
    """Return a case of one patch."""
    desk = desk_of(load_settings(bot.config), "arm")
    with bot.store() as store:
        take_all(store, desk, [Incoming("s", "arm", "a mail", small(), "m", wanted="patch", patch=True)], NOW)
        return case_of(store, desk, 1, NOW)


def spins(_: Case) -> Judged:
    while True:
        pass


def sleeps(_: Case) -> Judged:
    time.sleep(60)
    raise InputError("slept")


def crashes(_: Case) -> Judged:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise InputError("lives")


def recurses(one: Case) -> Judged:
    return recurses(one)


def refuses(_: Case) -> Judged:
    raise InputError("no tree")


def ignores_the_keyboard(one: Case) -> Judged:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return judge(one)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (spins, "the review took more than 2 seconds (limit `seconds`)"),
        (sleeps, "the review took more than 2 seconds (limit `seconds`)"),
        (crashes, "the review was ended by signal 11: a bug of lmlint; report it, with the series"),
        (recurses, "the review ended with status 1: a bug of lmlint; report it, with the series"),
        (refuses, "no tree"),
    ],
)
def test_a_review_that_goes_wrong_takes_nothing_with_it(bot: Followed, work: object, said: str) -> None:
    one = case(bot)
    assert limit_of(one) == 2
    with Workers(2, work) as workers:  # type: ignore[arg-type]  # mypy joins the functions of the parameters to objects
        workers.start(one)
        done: list[Done] = []
        while workers.cases:
            done += workers.done(0.2)
    assert [item.verdict for item in done] == [said]


def test_what_is_not_done_when_the_bot_ends_is_ended(bot: Followed) -> None:
    began = time.monotonic()
    with Workers(1, sleeps) as workers:
        workers.start(case(bot))
        assert workers.free == 0
    assert time.monotonic() - began < 5


def test_a_signal_to_all_processes_does_not_spoil_a_review(bot: Followed) -> None:
    with Workers(1, ignores_the_keyboard) as workers:
        workers.start(case(bot))
        (done,) = workers.done(20)
    assert isinstance(done.verdict, Judged)


def test_two_runs_do_not_work_at_once(bot: Followed) -> None:
    state = bot.folder / "state.db"
    with alone(state):
        done = subprocess.run(
            [*BOT, "run", "--once", "--config", bot.config], capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"lmlint: {state}: another `lmlint bot` works on it; wait for its end, or stop it\n"
    with alone(state):  # it was let go
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("abstract", [False, True])
def test_a_run_tells_systemd_and_ends_with_0_when_asked(bot: Followed, number: int, abstract: bool) -> None:  # noqa: FBT001
    name = f"\0lmlint-test-{os.getpid()}" if abstract else str(bot.folder / "notify")
    bot.comes(small())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(name)
        channel.settimeout(30)
        environment = {**os.environ, "NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "400000"}
        command = [*BOT, "run", "--send", "--interval", "3600", "--config", str(bot.config)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            said: list[str] = []
            while "STATUS=waits for mail" not in said or said[-3:] != ["WATCHDOG=1"] * 3:
                said += channel.recv(4096).decode().split("\n")
            process.send_signal(number)
            output = process.communicate(timeout=30)[0].decode()
            while said[-1] != "STOPPING=1":
                said += channel.recv(4096).decode().split("\n")
        assert process.returncode == 0, output
    assert said[0] == "READY=1"
    assert [one for one in said if one.startswith("STATUS=")] == [
        "STATUS=takes in what is new",
        "STATUS=reviews",
        "STATUS=sends",
        "STATUS=waits for mail",
    ]
    assert "Traceback" not in output
    assert len(bot.sent) == 1


def test_a_signal_in_the_middle_of_a_backlog_ends_it_and_the_next_run_goes_on(bot: Followed) -> None:
    for number in range(20):
        bot.comes(small(name=f"W{number}"))
    command = [*BOT, "run", "--once", "--config", str(bot.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("series 3 "):
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    with bot.store() as store:
        states = [one.state for one in store.all_series(99)]
    assert {"open", "reviewed"} == set(states)
    bot.run()
    with bot.store() as store:
        assert [one.state for one in store.all_series(99)] == ["reviewed"] * 20


def feed(bot: Followed, data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [*BOT, "feed", "--list", "arm", "--config", str(bot.config), *options]
    return subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)


def test_a_mail_is_fed(bot: Followed) -> None:
    separator = b"From mail@example.org Mon Jan 12 09:00:00 2026\n"
    assert feed(bot, small()).returncode == 0
    assert feed(bot, separator + small(name="Box")).returncode == 0
    two = separator + small(name="Ann") + b"\n" + separator + small(name="Bob") + b"\n"
    assert feed(bot, two).returncode == 0
    for nothing in (b"", b"hello", b"From: a@b.c\nSubject: hello\n\nhello\n", b"\0\xff" * 50, small()):
        done = feed(bot, nothing)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    bot.run()
    assert len(bot.sent) == 4


def test_a_mail_that_cannot_be_kept_is_left_to_who_brings_it(bot: Followed) -> None:
    good = bot.config.read_text(encoding="utf-8")
    for broken in (
        good.replace('state = "state.db"', 'state = "no/such/folder/state.db"'),
        good.replace('"arm"', '"other"'),
        "nonsense",
    ):
        bot.config.write_text(broken, encoding="utf-8")
        done = feed(bot, story(1))
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (TEMPORARY, b"", 1)
    bot.config.write_text(good, encoding="utf-8")
    assert feed(bot, small()).returncode == 0


def test_mails_that_are_fed_at_once_are_all_kept(bot: Followed) -> None:
    command = [*BOT, "feed", "--list", "arm", "--config", str(bot.config)]
    feeders = []
    for number in range(4):
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(small(name=f"W{number}"))
        feeders.append(process)
    for process in feeders:
        process.communicate(timeout=60)
    assert [process.returncode for process in feeders] == [0] * 4
    with bot.store() as store:
        assert store.figures().mails == {"patch": 4}
