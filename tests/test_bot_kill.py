"""The bot is killed again and again: every patch is reviewed, no mail is lost, and none goes out in two wordings."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.followed import Followed, header, small, with_fields
from tests.smtpserver import Keeper, aiosmtpd

if TYPE_CHECKING:
    from pathlib import Path

KILLS, MOST = 20, 60
RUN = [sys.executable, "-c", "from lmlint.cli import entry; entry()", "bot", "run", "--once", "--send"]


def start(bot: Followed, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*RUN, "--config", str(bot.config), *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=bot.folder
    )


def finish(bot: Followed) -> str:
    with start(bot) as process:
        said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0, said
    return said


def today(data: bytes) -> bytes:
    """Return a mail that came a moment ago by the clock of this machine."""
    return with_fields(data, {"Date": time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())})


def test_killed_at_any_moment_it_loses_nothing_and_says_nothing_twice(tmp_path: Path) -> None:
    dice = random.Random(6)  # noqa: S311  # a schedule, not a secret
    keeper = Keeper()
    names = ["First"]
    killed = 0
    with aiosmtpd(keeper) as port:
        server = f'per-hour = 999\n[bot.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        bot = Followed(tmp_path, lists={"arm": "per-hour = 999\n"}, bot=server)
        bot.comes(today(small(name="First")))
        finish(bot)
        began = time.monotonic()
        finish(bot)  # with nothing to do: what it takes to start
        idle = time.monotonic() - began
        while killed < KILLS:
            names.append(f"W{len(names)}")
            bot.comes(today(small(name=names[-1])))
            process = start(bot)
            if len(names) % 5 == 0:  # the server has the mail, and nobody hears its answer
                keeper.told = lambda _, process=process: process.kill()
                process.communicate(timeout=60)
                keeper.told = None
            else:  # while it reads, judges, keeps or sends
                time.sleep(dice.uniform(0.6, 1.8) * idle)
                process.kill()
                process.communicate(timeout=60)
            killed += process.returncode == -signal.SIGKILL
            assert len(names) < MOST, f"{killed} of {len(names)} runs were killed in time"
        finish(bot)
        with bot.store() as store:
            for row in store.outbox("waiting"):  # it waits for its next attempt
                store.set_outbox(row.id, due=0)
        finish(bot)
    with bot.store() as store:
        rows = store.outbox()
        assert {row.state for row in store.all_series(999)} == {"reviewed"}
        assert {row.state for row in rows} == {"sent"}
        assert sorted(header(row.data, "In-Reply-To") for row in rows) == sorted(
            f"<small-{n.lower()}@example.org>" for n in names
        )
        assert len(rows) == len(names)
        for row in rows:
            assert [one.told for one in store.findings(row.series)] == [row.id]
    wanted = {header(row.data, "Message-ID"): row.data.replace(b"\n", b"\r\n") for row in rows}
    taken = [(header(mail.data.replace(b"\r\n", b"\n"), "Message-ID"), mail.data) for mail in keeper.mails]
    assert all(data == wanted[message_id] for message_id, data in taken), "one wording for one Message-ID"
    assert {message_id for message_id, _ in taken} == wanted.keys()
    assert len(taken) > len(wanted), "those whose answer nobody heard came again"
