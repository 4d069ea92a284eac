"""Where mails come from: each is handed over once, from its source's own mark on, whatever becomes of the source."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.incoming import Asked, Incoming
from lmlint.bot.settings import MAILDIR, MBOX, PUBLIC_INBOX, Source
from lmlint.bot.sieve import COVER, NOTHING, PATCH, Sieve
from lmlint.bot.source import feed, poll
from lmlint.error import InputError
from lmlint.limits import Limits
from tests import archive
from tests.gitrepo import git

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_768_208_400
SIEVE = Sieve(archive.GLOBS)
DIFF = b"--- a/arch/arm64/mm/mmu.c\n+++ b/arch/arm64/mm/mmu.c\n@@ -1 +1 @@\n-a\n+b\n"


def letter(number: int, body: bytes = DIFF, subject: str = "[PATCH] mm: x") -> bytes:
    head = f"From: A <a@example.org>\nSubject: {subject}\nMessage-ID: <{number}@example.org>\n"
    return head.encode() + b"\nWhy.\n---\n" + body


class Reader:
    """Reads a source as the bot does: it keeps the mark of the last mail that it took, and what is said."""

    def __init__(self, kind: str, path: Path, **limits: int) -> None:
        """Start without a mark."""
        self.source = Source(kind, path, path.name)
        self.limits = Limits(**limits)
        self.mark = ""
        self.said: list[str] = []

    def read(self, most: int = -1, *, now: int = NOW, jobs: int = 1, sieve: Sieve = SIEVE) -> list[Incoming]:
        """Return the mails that came, so many at most."""
        asked = Asked("linux-mm", sieve, now, self.limits, jobs, self.said.append)
        taken: list[Incoming] = []
        mails = poll(self.source, self.mark, asked)
        for mail in mails:
            if len(taken) == most:
                mails.close()  # type: ignore[attr-defined]  # a generator, as its docstring says
                break
            taken.append(mail)
            self.mark = mail.mark
        return taken

    def ids(self, most: int = -1, *, now: int = NOW, jobs: int = 1) -> list[int]:
        """Return the numbers of the mails that came."""
        return list(map(number, self.read(most, now=now, jobs=jobs)))


def number(mail: Incoming) -> int:
    """Return the number of one of our mails, by its Message-ID."""
    return int(mail.data.partition(b"Message-ID: <")[2].partition(b"@")[0].partition(b".")[0])


# A public-inbox


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Return an inbox of two epochs, with mails 0 to 5."""
    folder = tmp_path / "inbox"
    for epoch, numbers in ((0, range(4)), (1, range(4, 6))):
        add(folder, epoch, *map(letter, numbers))
    shutil.copytree(folder / "git" / "0.git", folder / "all.git")  # holds them all again
    return folder


def add(folder: Path, epoch: int, *mails: bytes, name: str = "m") -> Path:
    """Add mails to an epoch, which is made where it is not there."""
    where = folder / "git" / f"{epoch}.git"
    if not where.exists():
        where.mkdir(parents=True)
        git(where, "init", "-q", "--bare", "-b", "master")
    archive.append(where, iter(mails), name=name)
    return where


def test_epochs_are_followed_as_they_roll(inbox: Path) -> None:
    reader = Reader(PUBLIC_INBOX, inbox)
    assert reader.ids() == [0, 1, 2, 3, 4, 5]
    assert reader.ids() == []
    add(inbox, 1, letter(6))
    add(inbox, 2, letter(7), letter(8))
    add(inbox, 10, letter(9))
    assert reader.ids() == [6, 7, 8, 9]
    assert reader.ids() == []
    assert json.loads(reader.mark).keys() == {"0", "1", "2", "10"}
    assert not reader.said


def test_a_mail_is_handed_over_whole_or_by_its_header(inbox: Path) -> None:
    add(inbox, 1, letter(6, b"+++ b/mm/a.c\n@@ -1 +1 @@\n-a\n+b\n"), letter(7, b"", "[PATCH 0/2] mm: y"))
    mails = Reader(PUBLIC_INBOX, inbox).read()
    assert [(mail.wanted, mail.patch) for mail in mails[5:]] == [(PATCH, True), (NOTHING, True), (COVER, False)]
    assert mails[5].data == letter(5)
    assert mails[6].data == letter(6).partition(b"\n\n")[0]
    assert (mails[5].source, mails[5].list, mails[5].error) == ("inbox", "linux-mm", "")
    assert mails[5].name.startswith("inbox: 1.git ")


def test_the_reading_goes_on_where_it_was_broken_off(inbox: Path) -> None:
    reader = Reader(PUBLIC_INBOX, inbox)
    assert [reader.ids(most) for most in (1, 2, 2, 9, 9)] == [[0], [1, 2], [3, 4], [5], []]


@pytest.mark.parametrize("kept", [True, False], ids=["old commits there", "old commits gone"])
def test_a_rewritten_history_is_told_and_loses_nothing(inbox: Path, *, kept: bool) -> None:
    reader = Reader(PUBLIC_INBOX, inbox)
    reader.ids()
    epoch = inbox / "git" / "0.git"
    if kept:
        base = git(epoch, "rev-parse", "HEAD~2").strip()
        git(epoch, "update-ref", "refs/heads/master", base)
        archive.append(epoch, iter([letter(3), letter(10)]))
    else:
        shutil.rmtree(epoch)
        add(inbox, 0, letter(0), letter(1), letter(3), letter(10))
    assert reader.ids() == ([3, 10] if kept else [0, 1, 3, 10])
    (said,) = reader.said
    where = f"goes on after commit {base[:12]}" if kept else "is read from its start"
    assert said == f"inbox: 0.git: its history was rewritten; it {where}"
    assert reader.ids() == []


def test_a_mail_that_is_taken_away_is_no_mail(inbox: Path) -> None:
    reader = Reader(PUBLIC_INBOX, inbox)
    reader.ids()
    add(inbox, 1, letter(2), name="d")
    assert reader.ids() == []
    add(inbox, 1, letter(6))
    assert reader.ids() == [6]


def test_an_epoch_without_a_commit_is_empty(inbox: Path) -> None:
    add(inbox, 2)
    reader = Reader(PUBLIC_INBOX, inbox)
    assert reader.ids() == [0, 1, 2, 3, 4, 5]
    add(inbox, 2, letter(6))
    assert reader.ids() == [6]


def test_a_mail_that_is_too_large_is_an_error_of_its_own(inbox: Path) -> None:
    add(inbox, 1, letter(6, b"x" * 300_000), letter(7))
    reader = Reader(PUBLIC_INBOX, inbox, bytes=100_000)
    mails = reader.read()
    assert list(map(number, mails)) == list(range(8))
    assert mails[6].error == f"{mails[6].name}: more than 100000 bytes (limit `bytes`)"
    assert [mail.error for mail in mails if mail is not mails[6]] == [""] * 7
    assert mails[7].data == letter(7)
    assert reader.ids() == []


def test_a_damaged_mail_stops_nothing(inbox: Path) -> None:
    epoch = add(inbox, 1, letter(6), letter(7), letter(8), letter(9))
    for commit in ("HEAD~2", "HEAD~1"):
        blob = git(epoch, "rev-parse", f"{commit}:m").strip()
        damage(epoch, blob)
    reader = Reader(PUBLIC_INBOX, inbox)
    mails = reader.read()
    assert [mail.error.partition(": ")[2].partition("; ")[0][20:] for mail in mails if mail.error] == [
        "git cannot read this mail"
    ] * 2
    assert [number(mail) for mail in mails if not mail.error] == [0, 1, 2, 3, 4, 5, 6, 9]
    assert reader.read() == []


def damage(epoch: Path, blob: str) -> None:
    """Damage one object of a repository, whose packs are unpacked."""
    packs = sorted((epoch / "objects" / "pack").glob("*.pack"))
    for pack in packs:
        moved = epoch / pack.name
        pack.rename(moved)
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as stream:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=epoch, stdin=stream, check=True)
        moved.unlink()
    path = epoch / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:20] + b"damaged")


def test_a_tree_in_place_of_a_mail_is_told(inbox: Path) -> None:
    epoch = inbox / "git" / "1.git"
    tree = git(epoch, "mktree", given=f"040000 tree {git(epoch, 'rev-parse', 'HEAD^{tree}').strip()}\tm\n").strip()
    commit = git(epoch, "commit-tree", "-p", "HEAD", "-m", "", tree).strip()
    git(epoch, "update-ref", "refs/heads/master", commit)
    add(inbox, 1, letter(6))
    mails = Reader(PUBLIC_INBOX, inbox).read()
    assert mails[6].error == f"{mails[6].name}: the commit holds no mail"
    assert mails[7].data == letter(6)


def test_an_epoch_that_git_cannot_read_is_refused(inbox: Path) -> None:
    (inbox / "git" / "1.git" / "HEAD").write_text("nonsense\n")
    reader = Reader(PUBLIC_INBOX, inbox)
    with pytest.raises(InputError, match=r"1\.git: git cannot read this epoch; fetch it again$"):
        reader.read()


def test_a_mark_that_cannot_be_read_starts_again(inbox: Path) -> None:
    reader = Reader(PUBLIC_INBOX, inbox)
    for mark in ("nonsense", '["a"]', '{"0": "--all"}', '{"0": 1}'):
        reader.mark, reader.said = mark, []
        assert reader.ids() == [0, 1, 2, 3, 4, 5]
        assert reader.said == ["inbox: its mark cannot be read; all mails are read again"]


def test_nothing_that_a_repository_names_is_run(inbox: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{ran}'\n")
    program.chmod(0o755)
    epoch = inbox / "git" / "0.git"
    for key in ("core.pager", "core.fsmonitor", "core.editor", "core.sshCommand", "core.askPass", "gpg.program"):
        git(epoch, "config", key, str(program))
    for key, value in (("log.showSignature", "true"), ("core.alternateRefsCommand", str(program))):
        git(epoch, "config", key, value)
    git(epoch, "config", "extensions.partialClone", "origin")
    git(epoch, "config", "remote.origin.url", f"ext::{program}")
    git(epoch, "config", "remote.origin.promisor", "true")
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(program, epoch / "hooks" / name) if (epoch / "hooks").is_dir() else None
    (epoch / "info").mkdir(exist_ok=True)
    (epoch / "info" / "attributes").write_text("m diff=x filter=x\n")
    git(epoch, "config", "diff.x.textconv", str(program))
    git(epoch, "config", "filter.x.smudge", str(program))
    blob = git(epoch, "rev-parse", "HEAD~1:m").strip()
    damage(epoch, blob)
    (epoch / "objects" / blob[:2] / blob[2:]).unlink()  # a mail that a lazy fetch would bring
    assert Reader(PUBLIC_INBOX, inbox).ids() == [0, 1, 3, 4, 5]
    assert not ran.exists(), ran.read_text()


def test_another_owner_does_not_matter(inbox: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a repository to somebody else")
    for path in [inbox, *inbox.rglob("*")]:
        os.chown(path, 12345, 12345)
    assert Reader(PUBLIC_INBOX, inbox).ids() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            "missing",
            r"no public-inbox: .*/git cannot be read \(No such file or directory\); give the folder that holds",
        ),
        ("empty", r"no public-inbox: no epoch in .*/git; give the folder that holds git/0.git$"),
        ("bare", r"a public-inbox of the first format, or a single epoch; give the folder above git/, or convert it"),
    ],
)
def test_what_is_no_inbox_is_refused(tmp_path: Path, make: str, said: str) -> None:
    folder = tmp_path / "there"
    if make == "empty":
        (folder / "git").mkdir(parents=True)
    if make == "bare":
        folder.mkdir()
        git(folder, "init", "-q", "--bare")
    with pytest.raises(InputError, match=said):
        Reader(PUBLIC_INBOX, folder).read()


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    archive.make(folder, 2_200, per_epoch=1_100)
    add(folder, 1, letter(9_000, b"x" * 300_000), letter(9_001))
    one, two = (Reader(PUBLIC_INBOX, folder, bytes=200_000) for _ in range(2))
    assert two.read(3, jobs=2) == one.read(3)
    rest = one.read()
    assert len(rest) == 2_199
    assert two.read(jobs=3) == rest
    assert one.mark == two.mark
    assert {str(mail.wanted) for mail in rest} == {PATCH, COVER, NOTHING}
    assert sum(mail.error != "" for mail in rest) == 1


def test_all_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    archive.make(folder, 1_500)
    program = f"""
import os, sys
from pathlib import Path
from lmlint.bot.incoming import Asked
from lmlint.bot.settings import PUBLIC_INBOX, Source
from lmlint.bot.sieve import Sieve
from lmlint.bot.source import poll
for mail in poll(Source(PUBLIC_INBOX, Path({str(folder)!r}), "x"), "", Asked("l", Sieve(["x"]), 0, jobs=2)):
    os.kill(os.getpid(), 9)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # What it started holds these pipes as well: they end when all of them have ended.
        out, err = process.communicate(timeout=20)
    assert process.returncode == -9
    assert (out, err) == (b"", b"")


def test_progress_is_told(inbox: Path) -> None:
    told: list[tuple[int, int]] = []
    asked = Asked("l", SIEVE, NOW, progress=lambda done, total: told.append((done, total)))
    assert len(list(poll(Source(PUBLIC_INBOX, inbox, "inbox"), "", asked))) == 6
    assert told == [(n, 6) for n in range(1, 7)]


# A maildir


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """Return an empty maildir."""
    for name in ("tmp", "new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    return tmp_path / "box"


def deliver(maildir: Path, number: int, data: bytes | None = None, name: str = "") -> Path:
    """Deliver a mail as a delivery agent does."""
    name = name or f"{1_700_000_000 + number}.{number}.host"
    path = maildir / "tmp" / name
    path.write_bytes(letter(number) if data is None else data)
    os.utime(path, ns=(number * 10**9, number * 10**9))
    return path.rename(maildir / "new" / name)


def test_a_maildir_is_read_and_left_as_it_is(maildir: Path) -> None:
    for number in (3, 1, 2):
        deliver(maildir, number)
    before = sorted((str(path), path.stat()) for path in maildir.rglob("*"))
    reader = Reader(MAILDIR, maildir)
    assert reader.ids() == [1, 2, 3]
    assert reader.ids() == []
    after = sorted((str(path), path.stat()) for path in maildir.rglob("*"))
    assert [(path, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in before] == [
        (path, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in after
    ]
    assert not reader.said


def test_a_mail_that_is_moved_or_flagged_does_not_come_again(maildir: Path) -> None:
    paths = [deliver(maildir, number) for number in (1, 2)]
    reader = Reader(MAILDIR, maildir)
    assert reader.ids() == [1, 2]
    moved = paths[0].rename(maildir / "cur" / f"{paths[0].name}:2,S")
    paths[1].unlink()
    deliver(maildir, 3)
    assert reader.ids() == [3]
    moved.rename(maildir / "cur" / f"{paths[0].name}:2,RS")
    assert reader.ids() == []


def test_a_maildir_that_was_broken_off_goes_on(maildir: Path) -> None:
    for number in range(1, 1_203):
        deliver(maildir, number)
    reader = Reader(MAILDIR, maildir)
    first = reader.ids(700)
    rest = reader.ids()
    assert first == list(range(1, 701))
    assert rest == list(range(501, 1_203)), "the mark stands behind every 500th, and no mail is left out"
    assert reader.ids() == []


def test_an_old_file_that_slips_in_is_found(maildir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a maildir looks like after some days: everything was moved there longer ago than names are kept for.
    monkeypatch.setattr("lmlint.bot.folder.RECENT", -(10**18))
    for number in range(1, 50):
        deliver(maildir, number)
    reader = Reader(MAILDIR, maildir)
    assert reader.ids() == list(range(1, 50))
    mark = json.loads(reader.mark)
    assert (mark["names"], mark["older"]) == ("", 49), "it does not grow for ever"
    assert reader.ids() == []
    deliver(maildir, 50)
    assert 50 in reader.ids()
    assert reader.said == ["box: the clock was set back, or old files were put into it; all mails are read again"]


def test_a_clock_that_is_set_back_loses_nothing(maildir: Path) -> None:
    deliver(maildir, 1)
    reader = Reader(MAILDIR, maildir)
    assert reader.ids() == [1]
    mark = json.loads(reader.mark)
    year = 365 * 24 * 3600 * 10**9
    reader.mark = json.dumps(mark | {"looked": mark["looked"] + year, "cut": mark["cut"] + year, "older": 1})
    deliver(maildir, 2)
    assert 2 in reader.ids()
    assert len(reader.said) == 1
    deliver(maildir, 3)
    assert reader.ids() == [3]


def test_what_is_no_mail_in_a_maildir_stops_nothing(maildir: Path) -> None:
    deliver(maildir, 1)
    deliver(maildir, 2, letter(2, b"x" * 200_000))
    os.mkfifo(maildir / "new" / "pipe")
    (maildir / "new" / "link").symlink_to("/etc/passwd")
    (maildir / "cur" / "folder").mkdir()
    (maildir / "cur" / ".hidden").write_text("x")
    (maildir / "tmp" / "half").write_bytes(letter(9))
    reader = Reader(MAILDIR, maildir, bytes=100_000)
    mails = reader.read()
    assert sorted(mail.error for mail in mails if mail.error) == [
        "box: cur/folder: not a regular file",
        "box: new/1700000002.2.host: more than 100000 bytes (limit `bytes`)",
        "box: new/link: not a regular file",
        "box: new/pipe: not a regular file",
    ]
    assert [number(mail) for mail in mails if not mail.error] == [1]
    assert reader.read() == []


def test_what_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no maildir that can be read: new/: No such file or directory; give"):
        Reader(MAILDIR, tmp_path).read()


# An mbox


def boxed(*mails: bytes, end: bytes = b"\n\n") -> bytes:
    """Return mails as an mbox, by the rules of mboxrd."""
    parts = []
    for mail in mails:
        quoted = b"\n".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in mail.split(b"\n")
        )
        parts.append(b"From a@example.org Thu Jan  1 00:00:00 2026\n" + quoted)
    return b"\n\n".join(parts) + end


def test_an_mbox_is_read_as_it_grows(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    body = DIFF + b"\nFrom the above it follows.\n>From here, too.\n\nFrom a@b Thu Jan  1 00:00:00 2026\nX: y\n"
    box.write_bytes(boxed(letter(1), letter(2, body)))
    reader = Reader(MBOX, box)
    mails = reader.read(now=NOW)
    assert [mail.data.partition(b"\n")[2] for mail in mails] == [letter(1) + b"\n", letter(2, body) + b"\n"]
    assert reader.ids() == []
    with box.open("ab") as stream:
        stream.write(boxed(letter(3)))
    assert reader.ids(now=NOW) == [3]
    assert not reader.said


def test_a_mail_that_is_written_waits_until_it_is_whole(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    whole = boxed(letter(1), letter(2))
    reader = Reader(MBOX, box)
    second = whole.index(b"From a@", 9)
    for end in range(0, len(whole), 7):
        box.write_bytes(whole[:end])
        os.utime(box, (NOW, NOW))
        seen = reader.ids(now=NOW + 9)
        assert seen in ([], [1])
        assert (seen == [1]) <= (end > second)
    box.write_bytes(whole)
    os.utime(box, (NOW, NOW))
    assert 2 not in reader.ids(now=NOW + 9)
    assert reader.ids(now=NOW + 11) == [2]
    assert reader.ids(now=NOW + 11) == []


def test_without_a_blank_line_the_last_mail_waits_longer(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    box.write_bytes(boxed(letter(1), end=b""))
    os.utime(box, (NOW, NOW))
    reader = Reader(MBOX, box)
    assert reader.ids(now=NOW + 100) == []
    assert reader.said == ["box.mbox: byte 0: no blank line below the last mail; it waits for the rest"]
    assert reader.ids(now=NOW + 300) == [1]


@pytest.mark.parametrize("how", ["cut off", "replaced", "another"])
def test_an_mbox_that_was_rotated_is_read_from_its_start(tmp_path: Path, how: str) -> None:
    box = tmp_path / "box.mbox"
    box.write_bytes(boxed(letter(1), letter(2)))
    reader = Reader(MBOX, box)
    assert reader.ids() == [1, 2]
    if how == "cut off":
        box.write_bytes(boxed(letter(3)))
    elif how == "replaced":
        box.write_bytes(boxed(*map(letter, range(3, 40))))
    else:
        box.rename(tmp_path / "box.mbox.1")
        box.write_bytes(boxed(letter(3)))
    assert reader.ids()[0] == 3
    assert reader.said == ["box.mbox: the file was cut off or replaced; it is read from its start"]
    assert reader.ids() == []


def test_an_mbox_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    box.write_bytes(boxed(*map(letter, range(9))))
    reader = Reader(MBOX, box)
    assert [reader.ids(most) for most in (1, 3, 9, 9)] == [[0], [1, 2, 3], [4, 5, 6, 7, 8], []]


def test_a_mail_larger_than_memory_may_hold_is_an_error_of_its_own(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    box.write_bytes(boxed(letter(1), letter(2, b"From x\n\nFrom y\n" * 400_000), letter(3)).replace(b"\n", b"\r\n"))
    reader = Reader(MBOX, box, bytes=50_000)
    mails = reader.read()
    assert list(map(number, mails)) == [1, 2, 3]
    assert [bool(mail.error) for mail in mails] == [False, True, False]
    assert len(mails[1].data) < 1_000
    assert reader.ids() == []


def test_the_rest_of_a_mail_that_was_taken_too_early_is_passed_over(tmp_path: Path) -> None:
    box = tmp_path / "box.mbox"
    box.write_bytes(boxed(letter(1)))
    reader = Reader(MBOX, box)
    assert reader.ids() == [1]
    with box.open("ab") as stream:
        stream.write(b"more of it\n\n" + boxed(letter(2)))
    assert reader.ids() == [2]
    assert len(reader.said) == 1
    assert "taken too early" in reader.said[0]


def test_what_is_no_mbox_is_refused(tmp_path: Path) -> None:
    box = tmp_path / "box"
    reader = Reader(MBOX, box)
    with pytest.raises(InputError, match=r"box: cannot be read \(No such file or directory\); give an mbox"):
        reader.read()
    box.write_bytes(letter(1) + b"\n\n")
    with pytest.raises(
        InputError, match=r"box: line 1: no mbox; its first line must start with `From ` and have a date"
    ):
        reader.read()
    box.unlink()
    os.mkfifo(box)
    with pytest.raises(InputError, match=r"box: not a regular file; give an mbox"):
        reader.read()
    box.unlink()
    box.write_bytes(b"")
    assert reader.ids() == []


# Standard input


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (letter(1), [1]),
        (boxed(letter(1)), [1]),
        (boxed(letter(1), end=b""), [1]),
        (b"\n\n" + boxed(letter(1), letter(2)), [1, 2]),
        (letter(1, b"\n" + boxed(letter(2), letter(3))), [1]),
        (b"", []),
    ],
)
def test_standard_input_is_a_mail_or_an_mbox(data: bytes, ids: list[int]) -> None:
    mails = list(feed(io.BytesIO(data), "standard input", Asked("l", Sieve(["*"]), NOW)))
    assert list(map(number, mails)) == ids
    assert {mail.mark for mail in mails} <= {""}
    assert [mail.name for mail in mails] == (
        ["standard input"] if len(ids) == 1 else [f"standard input: mail {n}" for n in ids]
    )


def test_a_large_mbox_on_standard_input_is_cut_as_by_the_reader_of_boxes() -> None:
    mailer = archive.Mailer()
    whole = [mailer.mail(n) for n in range(600)]
    mails = list(feed(io.BytesIO(boxed(*whole)), "-", Asked("l", Sieve(["*", ""]), NOW)))
    assert [number(mail) for mail in mails] == list(range(600))
    wanted = [mail.data.partition(b"\n")[2] for mail in mails if mail.wanted]
    assert len(wanted) > 400
    assert wanted == [f"{one.decode()}\n".encode() for one, mail in zip(whole, mails, strict=True) if mail.wanted]


def test_an_unknown_kind_of_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x: no source is of the kind 'imap'"):
        poll(Source("imap", tmp_path, "x"), "", Asked("l", SIEVE, NOW))
