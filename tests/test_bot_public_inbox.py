"""A real public-inbox is read as its own programs write it, and what they bring from elsewhere: by NNTP, IMAP, HTTP."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.incoming import Asked, Incoming
from lmlint.bot.settings import MAILDIR, PUBLIC_INBOX, Source
from lmlint.bot.sieve import PATCH, Sieve
from lmlint.bot.source import poll
from lmlint.error import InputError
from tests.archive import GLOBS, Mailer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = ("public-inbox-init", "public-inbox-mda", "public-inbox-httpd", "public-inbox-nntpd", "public-inbox-imapd")
MISSING = [name for name in (*PROGRAMS, "lei", "curl") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt-get install public-inbox lei curl)"
)
MAILER = Mailer()
IN_SCOPE = 500
ADDRESS = "list@example.org"


@dataclass(frozen=True, slots=True)
class Site:
    """A home of its own for public-inbox, with an inbox called `test`."""

    home: Path

    def run(self, *command: str, given: bytes = b"") -> str:
        """Run one of its programs, and return what it prints."""
        done = subprocess.run(
            command, env=self.environment(), cwd=self.home, input=given, capture_output=True, check=False, timeout=60
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == 0, f"{command}: {said}"
        return said

    def environment(self) -> dict[str, str]:
        home = str(self.home)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "XDG_", "PI_"))}
        return kept | {
            "HOME": home,
            "XDG_RUNTIME_DIR": f"{home}/run",
            "PI_CONFIG": f"{home}/config",
            "PI_EMERGENCY": f"{home}/emergency",
            "ORIGINAL_RECIPIENT": ADDRESS,
            "LC_ALL": "C",
        }

    def deliver(self, *numbers: int, date: str = "") -> None:
        """Deliver mails of the archive by the inbox's own delivery agent."""
        for number in numbers:
            mail = MAILER.mail(number)
            mail = re.sub(rb"\nDate: [^\n]*", b"\nDate: " + date.encode(), mail) if date else mail
            self.run("public-inbox-mda", "--no-precheck", given=mail)

    @contextmanager
    def daemon(self, name: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        """Run one of its daemons on loopback, and return its URL and its process."""
        log = self.home / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [name, "-W0", "-l", "127.0.0.1:0"], env=self.environment(), cwd=self.home, stdout=out, stderr=out
            )
        try:
            end = time.monotonic() + 20
            while not (bound := re.search(r"^# bound (\w+://\S+)$", log.read_text(), re.MULTILINE)):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)
            yield bound[1], process
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site with mails 0, 1 and the one in scope in its inbox; to be copied."""
    home = tmp_path_factory.mktemp("filled") / "home"
    (home / "run").mkdir(parents=True, mode=0o700)
    (home / "emergency").mkdir()
    made = Site(home)
    inbox = str(home / "inbox")
    made.run("public-inbox-init", "-V2", "-j1", "--ng", "test.list", "test", inbox, "http://localhost/test", ADDRESS)
    made.run("git", "config", "-f", str(home / "config"), "publicinboxmda.spamcheck", "none")
    made.deliver(0, 1, IN_SCOPE)
    made.run("public-inbox-index", "--all")  # what is delivered later is then found by searches, too
    return made


@pytest.fixture
def site(filled: Site, tmp_path: Path) -> Iterator[Site]:
    """Return a filled site of the test's own; lei's daemon is ended with it."""
    home = tmp_path / "home"
    shutil.copytree(filled.home, home)
    config = (filled.home / "config").read_text()
    (home / "config").write_text(config.replace(str(filled.home), str(home)))
    yield Site(home)
    if (home / "run" / "lei").exists():
        Site(home).run("lei", "daemon-kill")


class Reader:
    """Reads a source and keeps its mark."""

    def __init__(self, kind: str, path: Path) -> None:
        """Start without a mark."""
        self.source, self.mark = Source(kind, path, path.name), ""
        self.said: list[str] = []

    def read(self) -> list[tuple[int, str]]:
        """Return the numbers of the mails that came, and what the sieve says of them."""
        mails = list(poll(self.source, self.mark, Asked("l", Sieve(GLOBS), 0, say=self.said.append)))
        self.mark = mails[-1].mark if mails else self.mark
        assert not [mail.error for mail in mails if mail.error]
        return [(number(mail), mail.wanted) for mail in mails]


def number(mail: Incoming) -> int:
    found = re.search(rb"^Message-ID: <(\d+)\.archive@", mail.data, re.MULTILINE)
    assert found is not None
    return int(found[1])


FIRST = [(0, ""), (1, ""), (IN_SCOPE, PATCH)]


def test_an_inbox_is_followed_as_mail_is_delivered_learnt_and_purged(site: Site) -> None:
    reader = Reader(PUBLIC_INBOX, site.home / "inbox")
    assert reader.read() == FIRST
    site.run("public-inbox-learn", "rm", given=MAILER.mail(0))
    site.deliver(2)
    assert reader.read() == [(2, "")]
    site.run("public-inbox-purge", str(site.home / "inbox"), given=MAILER.mail(1))
    site.deliver(3)
    again = reader.read()
    assert again[-1] == (3, "")
    assert 1 not in dict(again)
    (said,) = reader.said
    assert said.startswith("inbox: 0.git: its history was rewritten; it ")
    assert reader.read() == []


def test_a_mirror_is_followed_as_it_is_fetched(site: Site) -> None:
    with site.daemon("public-inbox-httpd") as (url, _):
        mirror = site.home / "mirror"
        site.run("public-inbox-clone", "-q", f"{url}/test/", str(mirror))
        reader = Reader(PUBLIC_INBOX, mirror)
        assert reader.read() == FIRST
        site.deliver(2, 3)
        site.run("public-inbox-fetch", "-q", "-C", str(mirror))
        assert reader.read() == [(2, ""), (3, "")]
        assert not reader.said


def test_the_first_format_is_refused_until_it_is_converted(site: Site) -> None:
    old, new = site.home / "old", site.home / "new"
    shutil.rmtree(site.home / "inbox")
    (site.home / "config").unlink()
    site.run("public-inbox-init", "-V1", "test", str(old), "http://localhost/test", ADDRESS)
    site.run("git", "config", "-f", str(site.home / "config"), "publicinboxmda.spamcheck", "none")
    site.deliver(0, 1, IN_SCOPE)
    with pytest.raises(InputError, match=r"or convert it \(public-inbox-convert OLD NEW\)$"):
        Reader(PUBLIC_INBOX, old).read()
    site.run("public-inbox-convert", "--no-index", str(old), str(new))
    assert Reader(PUBLIC_INBOX, new).read() == FIRST


@pytest.mark.parametrize(
    ("program", "group"), [("public-inbox-nntpd", "test.list"), ("public-inbox-imapd", "test.list.0")]
)
def test_lei_brings_mail_by_nntp_and_imap_into_a_maildir(site: Site, program: str, group: str) -> None:
    maildir = site.home / "mail"
    with site.daemon(program) as (url, _):
        site.run("lei", "convert", "-o", f"maildir:{maildir}", f"{url}/{group}")
    reader = Reader(MAILDIR, maildir)
    assert sorted(reader.read()) == FIRST
    assert reader.read() == []


def test_lei_keeps_a_maildir_up_to_date_with_an_archive_on_the_web(site: Site) -> None:
    maildir = site.home / "mail"
    with site.daemon("public-inbox-httpd") as (url, process):
        # The whole threads of what touches the folder; of an archive elsewhere as of this one.
        search = ("lei", "q", "--threads", f"--output=maildir:{maildir}", "--only", f"{url}/test/")
        site.run(*search, "dfn:arch/arm64/mm/*")
        reader = Reader(MAILDIR, maildir)
        assert reader.read() == [(IN_SCOPE, PATCH)]
        site.deliver(IN_SCOPE + 1000, date=formatdate())
        process.send_signal(signal.SIGHUP)  # or it searches what it had opened, for a while
        came, end = list[tuple[int, str]](), time.monotonic() + 20
        while not came and time.monotonic() < end:
            site.run("lei", "up", str(maildir))
            came = reader.read()
        assert came == [(IN_SCOPE + 1000, PATCH)]
        assert reader.read() == []
        assert not reader.said
