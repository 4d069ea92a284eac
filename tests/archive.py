"""Makes a public-inbox of many mails and measures how fast it is gone through: `python -m tests.archive [COUNT]`.

The mails are as a kernel list has them: patches to many files, replies that quote them, covers, and other talk. One in
a thousand touches a file of some rule. Each is made from its number alone.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.bot.incoming import Asked
from lmlint.bot.settings import PUBLIC_INBOX, Source
from lmlint.bot.sieve import PATCH, Sieve
from lmlint.bot.source import poll
from lmlint.limits import DEFAULT
from lmlint.mutate.table import bar
from tests.gitrepo import git

if TYPE_CHECKING:
    from collections.abc import Iterator

GLOBS = ("arch/arm64/mm/*.c", "arch/arm64/include/asm/*.h")
EPOCH = 40_000
"""How many mails an epoch of the archive holds."""

_IN_SCOPE = 1_000
_TALK = """the of to a is in that it for this we be not on with are as if but can you so will have at by from an do or
page table entry lock driver patch value when only which should would function change device memory error return case
call time kernel fix then there same into after before need driver's read write free path code commit tree"""
_WORDS = _TALK.split()
_DATE = "Mon, 12 Jan 2026 09:00:00 +0000"
_FOLDERS = ("drivers/net", "fs/ext4", "mm", "net/core", "arch/x86/mm", "arch/arm64/kvm", "tools/perf", "sound/soc")
_TYPES = ("int", "void", "u64", "struct page *", "unsigned long", "bool")


@dataclass(frozen=True, slots=True)
class Mailer:
    """Makes the mails of an archive, by their numbers from 0."""

    seed: int = 0

    def mail(self, number: int) -> bytes:
        """Return a mail: of ten, four patches, a cover now and then, and else replies and talk."""
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311 (no secrets)
        if number % _IN_SCOPE == _IN_SCOPE // 2:
            return self._patch(number, chance, "arch/arm64/mm", 1 + number // _IN_SCOPE % 3)
        kind = chance.random()
        if kind < 0.40:
            return self._patch(number, chance, chance.choice(_FOLDERS), chance.choice((1, 1, 2, 3, 4, 6, 9)))
        if kind < 0.45:
            total = chance.randint(2, 20)
            said = self._talk(chance, 30)
            return self._letter(number, chance, f"[PATCH v2 0/{total}] {self._title(chance)}", said)
        if kind < 0.85:
            said = self._diff(chance, chance.choice(_FOLDERS), chance.choice((1, 1, 2)))
            quoted = "".join(f"> {line}\n" for line in said.splitlines())
            subject = f"Re: [PATCH {chance.randint(1, 9)}/9] {self._title(chance)}"
            return self._letter(number, chance, subject, self._talk(chance, 6) + quoted + self._talk(chance, 12))
        return self._letter(number, chance, f"Re: {self._title(chance)}", self._talk(chance, 40))

    def _patch(self, number: int, chance: random.Random, folder: str, files: int) -> bytes:
        place = chance.randint(1, 9)
        body = self._talk(chance, 12) + "Signed-off-by: A Writer <writer@example.org>\n---\n\n"
        body += self._diff(chance, folder, files) + "-- \n2.43.0\n"
        return self._letter(number, chance, f"[PATCH v2 {place}/9] {self._title(chance)}", body)

    def _letter(self, number: int, chance: random.Random, subject: str, body: str) -> bytes:
        relays = "".join(
            f"Received: from mx{n}.example.org (mx{n}.example.org [192.0.2.{n}])\n\tby mx{n + 1}.example.org (Mail)"
            f" with ESMTPS id {chance.getrandbits(48):012X}\n\tfor <list@example.org>; {_DATE}\n"
            for n in range(4)
        )
        signed = "".join(f"\t{chance.getrandbits(320):080x}\n" for _ in range(5))
        reply = f"In-Reply-To: <{number - 1}.archive@example.org>\n" if subject.startswith("Re:") else ""
        encoding, text = "8bit", body
        way = chance.random()
        if way < 0.03:
            encoding, text = "base64", base64.encodebytes(body.encode()).decode()
        elif way < 0.15:
            encoding, text = "quoted-printable", body.replace("=", "=3D")
        return (
            f"{relays}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\n{signed}"
            f"From: Writer {number % 700} <writer{number % 700}@example.org>\nTo: list@example.org\n"
            f"Cc: linux-kernel@example.org, maintainer@example.org\nSubject: {subject}\n"
            f"Date: {_DATE}\nMessage-ID: <{number}.archive@example.org>\n{reply}"
            "List-Id: <list.example.org>\nPrecedence: bulk\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{text}"
        ).encode()

    @staticmethod
    def _title(chance: random.Random) -> str:
        return " ".join(chance.choices(_WORDS, k=7))

    @staticmethod
    def _talk(chance: random.Random, lines: int) -> str:
        return "".join(" ".join(chance.choices(_WORDS, k=11)) + "\n" for _ in range(lines)) + "\n"

    def _diff(self, chance: random.Random, folder: str, files: int) -> str:
        return "".join(self._file(chance, f"{folder}/file{chance.randint(1, 400)}.c") for _ in range(files))

    @staticmethod
    def _file(chance: random.Random, path: str) -> str:
        blobs = f"{chance.getrandbits(48):012x}..{chance.getrandbits(48):012x}"
        parts = [f"diff --git a/{path} b/{path}\nindex {blobs} 100644\n--- a/{path}\n+++ b/{path}\n"]
        shift = 0
        for n in range(chance.randint(2, 9)):
            start, added = 40 + 100 * n, chance.randint(1, 14)
            words = chance.choices(_WORDS, k=40)
            parts.append(
                f"@@ -{start},6 +{start + shift},{6 + added} @@ {chance.choice(_TYPES)} {words[0]}_{words[1]}\n"
            )
            parts += [f" \t{words[k]}->{words[k + 1]} = {words[k + 2]}({words[k + 3]}, {k});\n" for k in range(3)]
            parts += [f'+\tif (!{words[k]}) pr_warn("{words[k + 9]} %d\\n", {k});\n' for k in range(added)]
            parts += [f" \t{words[k]}_{words[k + 1]}(&{words[k + 2]}->lock);\n" for k in range(20, 23)]
            shift += added
        return "".join(parts)


def make(folder: Path, count: int, *, per_epoch: int = EPOCH, seed: int = 0) -> Source:
    """Return a public-inbox in a folder, with mails 0 to `count` - 1 in epochs of so many."""
    mailer = Mailer(seed)
    for first in range(0, max(count, 1), per_epoch):
        epoch = folder / "git" / f"{first // per_epoch}.git"
        epoch.mkdir(parents=True)
        git(epoch, "init", "-q", "--bare", "-b", "master")
        append(epoch, (mailer.mail(number) for number in range(first, min(first + per_epoch, count))))
    return Source(PUBLIC_INBOX, folder, folder.name)


def append(epoch: Path, mails: Iterator[bytes], *, name: str = "m") -> None:
    """Add mails to an epoch, a commit each, as public-inbox does: the commit's tree has nothing but the mail."""
    process = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=epoch, stdin=subprocess.PIPE)
    assert process.stdin is not None
    there = subprocess.run(["git", "rev-parse", "-q", "--verify", "HEAD"], cwd=epoch, check=False, capture_output=True)
    old = b"from refs/heads/master^0\n" if there.returncode == 0 else b""
    for number, mail in enumerate(mails):
        process.stdin.write(
            b"commit refs/heads/master\ncommitter A Writer <writer@example.org> 1768208400 +0000\ndata 0\n"
            + (old if number == 0 else b"")
            + f"deleteall\nM 100644 inline {name}\ndata {len(mail)}\n".encode()
            + mail
            + b"\n"
        )
    process.stdin.close()
    assert process.wait() == 0


def main() -> int:
    """Measure, and print the figures; returns 1 where a mail is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.archive", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=5_000, help="how many mails (default: 5000)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="the archive: made there, or used where it is there")
    parser.add_argument("-j", "--jobs", type=int, action="append", help="processes; may be repeated (default: 1, 2)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch) / "archive"
        if not folder.exists():
            start = time.perf_counter()
            make(folder, given.count)
            print(f"made {given.count} mails in {time.perf_counter() - start:.1f} s")
        source = Source(PUBLIC_INBOX, folder, "archive")
        return max(_measure(source, jobs) for jobs in given.jobs or (1, 2))


def _measure(source: Source, jobs: int) -> int:
    """Print what one run through an archive takes, and what it finds."""
    terminal = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if terminal and (done % 100 == 0 or done == total):
            print(f"\r{bar(done, total)}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    asked = Asked("archive", Sieve(GLOBS), now=0, limits=DEFAULT, jobs=jobs, progress=show)
    counts: dict[str, int] = {}
    found = set()
    size, mark = 0, ""
    start, before = time.perf_counter(), os.times()
    for mail in poll(source, "", asked):
        counts[mail.wanted] = counts.get(mail.wanted, 0) + 1
        if mail.wanted == PATCH:
            found.add(mail.data.partition(b"Message-ID: <")[2].partition(b".")[0])
        size += len(mail.data)
        mark = mail.mark
    took, after = time.perf_counter() - start, os.times()
    busy = sum(after[:4]) - sum(before[:4])
    total = sum(counts.values())
    wanted = {str(n).encode() for n in range(_IN_SCOPE // 2, total, _IN_SCOPE)}
    said = ", ".join(f"{number} {why or 'nothing'}" for why, number in sorted(counts.items()))
    print(f"-j{jobs}: {total} mails in {took:.1f} s, {total / took:.0f} mails/s, {busy:.1f} s of processors")
    print(f"  {size / 1e6:.0f} MB handed over; ", end="")
    print(f"{len(json.loads(mark))} epochs: {said}; in scope: {len(wanted)}, of which missed: {len(wanted - found)}")
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main())
