"""A real mail server takes what the bot sends, by SMTP and by its own sendmail: Debian's opensmtpd, run in front."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.outcome import SENT
from lmlint.bot.post import send_due
from lmlint.bot.settings import Transport
from lmlint.bot.store import Store
from tests.outbox import HOST, NOW, row, settings, smtp
from tests.smtpserver import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = shutil.which("smtpd", path="/usr/sbin:/usr/local/sbin")
CONTROL = Path("/var/run/smtpd.sock")

pytestmark = pytest.mark.skipif(
    SERVER is None or os.geteuid() != 0, reason="needs root, and opensmtpd (apt-get install opensmtpd)"
)


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), 1) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


@pytest.fixture
def server() -> Iterator[tuple[int, Path]]:
    """Run opensmtpd, and yield its port and the maildir into which it delivers what is for example.org."""
    assert SERVER is not None
    if (
        CONTROL.exists()
        and subprocess.run(["smtpctl", "show", "stats"], capture_output=True, check=False).returncode == 0
    ):
        pytest.skip("another opensmtpd is running")
    # Its delivery runs as nobody, who may not look into the folders of pytest.
    with tempfile.TemporaryDirectory() as folder:
        box, config, port = Path(folder) / "box", Path(folder) / "smtpd.conf", free_port()
        Path(folder).chmod(0o755)
        box.mkdir()
        box.chmod(0o777)
        config.write_text(
            'table all { "@" = nobody }\n'
            f"listen on {HOST} port {port}\n"
            f'action "in" maildir "{box}" virtual <all>\n'
            'match from any for domain "example.org" action "in"\n',
            encoding="ascii",
        )
        running = subprocess.Popen([SERVER, "-d", "-f", str(config)], stderr=subprocess.DEVNULL)
        try:
            assert wait_for(lambda: answers(port))
            yield port, box
        finally:
            running.terminate()
            running.wait(10)


def body(data: bytes) -> bytes:
    """Return a mail without the fields that a server puts above it."""
    return data[data.index(b"From: bot@example.com") :]


def test_opensmtpd_takes_and_delivers_the_very_bytes(server: tuple[int, Path], tmp_path: Path) -> None:
    port, box = server
    recipients = ("a@example.org", "-x@example.org", "b@elsewhere.example")
    with Store(tmp_path / "state") as store:
        one = store.queue(row(1, recipients=recipients))
        made = send_due(store, settings(tmp_path, smtp(port)), NOW, send=True)
        assert [(step.id, step.state) for step in made.steps] == [(one, SENT)], made
        assert "b@elsewhere.example (550 Invalid recipient" in store.outbox_mail(one).reason
        two = store.queue(row(2, recipients=("c@example.org",)))
        program = Transport("sendmail", command=("/usr/sbin/sendmail",), timeout=20)
        made = send_due(store, settings(tmp_path, program), NOW, send=True)
        assert [(step.id, step.state) for step in made.steps] == [(two, SENT)], made
    assert wait_for(lambda: (box / "new").is_dir() and len(list((box / "new").iterdir())) == 2)
    delivered = sorted(body(file.read_bytes()) for file in (box / "new").iterdir())
    assert delivered == [row(1).data, row(2).data]
