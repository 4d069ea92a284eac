"""The sieve passes over no mail in which a patch to a file of a rule is found, and looks at each for a short time."""

from __future__ import annotations

import base64
import fnmatch
import quopri
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.bot.sieve import COMMAND, COVER, NOTHING, OWN, PATCH, Look, Sieve, head
from lmlint.error import InputError
from lmlint.patch.diff import read_diff
from lmlint.patch.mail import read_letter, read_mail

if TYPE_CHECKING:
    from collections.abc import Callable

GLOBS = ("arch/arm64/mm/*.c", "arch/arm64/include/asm/*.h")
SIEVE = Sieve(GLOBS)
HUNK = "@@ -1,3 +1,3 @@ int f(int a, int b)\n a(1, 2);\n-\told(1, 2);\n+\tnew(1, 2);\n b(1, 2);\n"
FIELDS = b"From: A <a@example.org>\nSubject: [PATCH] mm: a thing\nMessage-ID: <1@example.org>\n"


def escaped(path: str) -> str:
    """Return a name as git quotes it, every byte of it escaped that may be."""
    return '"' + "".join(f"\\{ord(c):03o}" if c.isalpha() else c for c in path) + '"'


SHAPES: dict[str, Callable[[str], str]] = {
    "git": lambda path: (
        f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n{HUNK}"
    ),
    "plain": lambda path: f"--- a/{path}\n+++ b/{path}\n{HUNK}",
    "dates": lambda path: f"--- old/{path}\t2026-01-01 00:00:00\n+++ new/{path}\t2026-01-02 00:00:00\n{HUNK}",
    "no prefix": lambda path: (
        f"diff --git {path} {path}\nindex 1111111..2222222 100644\n--- {path}\n+++ {path}\n{HUNK}"
    ),
    "created": lambda path: (
        f"diff --git a/{path} b/{path}\nnew file mode 100644\nindex 0000000..2222222\n--- /dev/null\n+++ b/{path}\n"
        "@@ -0,0 +1,1 @@\n+int a;\n"
    ),
    "deleted": lambda path: (
        f"diff --git a/{path} b/{path}\ndeleted file mode 100644\nindex 1111111..0000000\n--- a/{path}\n+++ /dev/null\n"
        "@@ -1,1 +0,0 @@\n-int a;\n"
    ),
    "emptied": lambda path: f"diff --git a/{path} b/{path}\nold mode 100644\nnew mode 100755\n",
    "renamed to": lambda path: (
        f"diff --git a/other.c b/{path}\nsimilarity index 100%\nrename from other.c\nrename to {path}\n"
    ),
    "renamed from": lambda path: (
        f"diff --git a/{path} b/other.c\nsimilarity index 90%\nrename from {path}\nrename to other.c\n"
        f"--- a/{path}\n+++ b/other.c\n{HUNK}"
    ),
    "copied": lambda path: f"diff --git a/{path} b/b.c\nsimilarity index 100%\ncopy from {path}\ncopy to b.c\n",
    "escaped": lambda path: (
        f"diff --git {escaped('a/' + path)} {escaped('b/' + path)}\nindex 1111111..2222222 100644\n"
        f"--- {escaped('a/' + path)}\n+++ {escaped('b/' + path)}\n{HUNK}"
    ),
    "second": lambda path: f"--- a/mm/a.c\n+++ b/mm/a.c\n{HUNK}--- a/{path}\n+++ b/{path}\n{HUNK}",
}


def quote(text: bytes, mark: bytes = b"> ") -> bytes:
    """Return what a mailer makes of a text that it quotes."""
    return b"".join((mark + line if line else mark.rstrip()) + b"\n" for line in text.removesuffix(b"\n").split(b"\n"))


def stuffed(text: bytes) -> bytes:
    """Return a text with the space-stuffing of format=flowed."""
    return b"".join(b" " * line.startswith(b" ") + line + b"\n" for line in text.removesuffix(b"\n").split(b"\n"))


def all_quoted(text: bytes) -> bytes:
    """Return a text as quoted-printable, each byte of it."""
    return b"=\n".join(b"".join(b"=%02X" % byte for byte in line) for line in text.splitlines(keepends=True))


def lonely(text: bytes) -> bytes:
    """Return a flowed text with soft breaks before the names of files."""
    return stuffed(text).replace(b"\n+++ ", b"\n+++ \n").replace(b"\n--- ", b"\n--- \n").replace(b", 2);", b", \n2);")


def typed(kind: bytes, text: bytes, encoding: bytes = b"8bit") -> bytes:
    return FIELDS + b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding + b"\n\n" + text


def part(text: bytes, more: bytes = b"") -> bytes:
    kind = b'MIME-Version: 1.0\nContent-Type: multipart/mixed;\n\tboundary="=_b"\n\nnot for people\n'
    said = b"\n--=_b\nContent-Type: text/plain\n\nHello.\n\n--=_b\n" + more + text + b"\n--=_b--\n"
    return FIELDS + kind + said


ATTACHED = b'Content-Type: text/x-patch; name="a.patch"\nContent-Disposition: attachment\n'
IN_BASE64 = b"content-transfer-encoding:\n BASE64\n\n"
FLOWED = b"text/plain; charset=utf-8; Format=Flowed"
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "bare": lambda text: text,
    "mail": lambda text: FIELDS + b"\nWhy.\n---\n" + text + b"-- \n2.43\n",
    "CRLF": lambda text: (FIELDS + b"\nWhy.\n---\n" + text).replace(b"\n", b"\r\n"),
    "mbox": lambda text: b"From a@example.org Thu Jan  1 00:00:00 2026\n" + FIELDS + b"\n" + text,
    "reply, page": lambda text: b"[PATCH] mm: a thing\n\nA at example.org\n\n" + quote(text),
    "reply": lambda text: FIELDS.replace(b"[", b"Re: [") + b"\nA wrote:\n" + quote(text) + b"\nWhy?\n",
    "reply, no blanks": lambda text: FIELDS + b"\n" + quote(text, b">"),
    "reply, deep": lambda text: FIELDS + b"\n" + quote(quote(quote(text)), b">"),
    "base64": lambda text: typed(b"text/plain", base64.encodebytes(text), b" Base64 "),
    "base64, CRLF": lambda text: typed(b"text/plain", base64.encodebytes(text.replace(b"\n", b"\r\n")), b"base64"),
    "QP": lambda text: typed(b"text/plain", quopri.encodestring(text), b"quoted-PRINTABLE"),
    "QP, all": lambda text: typed(b"text/plain", all_quoted(text), b"quoted-printable"),
    "attached": lambda text: part(base64.encodebytes(text), ATTACHED + IN_BASE64),
    "attached, plain": lambda text: part(text, ATTACHED + b"\n"),
    "forwarded": lambda text: part(FIELDS + b"\n" + text, b"Content-Type: message/rfc822\n\n"),
    "forwarded, encoded": lambda text: part(
        typed(b"text/plain", base64.encodebytes(text), b"base64"), b"Content-Type: message/rfc822\n\n"
    ),
    "flowed": lambda text: typed(FLOWED, stuffed(text)),
    "flowed, quoted": lambda text: typed(FLOWED, quote(stuffed(text))),
    "flowed, broken": lambda text: typed(FLOWED, stuffed(text).replace(b", 2);", b", \n2);")),
    "flowed, name on its own": lambda text: typed(FLOWED, lonely(text)),
    "flowed, name broken": lambda text: typed(FLOWED + b"; DelSp=yes", stuffed(text).replace(b"/arm64", b"/ar \nm64")),
    "UTF-16": lambda text: typed(
        b"text/plain; charset=utf-16", base64.encodebytes(text.decode().encode("utf-16")), b"base64"
    ),
    "UTF-7": lambda text: typed(
        b'text/plain;\n\tcharset="UTF-7"', text.decode().encode("utf-7").replace(b"arch/", b"+AGEAcgBjAGg-/")
    ),
    "EBCDIC": lambda text: typed(b"text/plain; charset = cp037", text.decode().encode("cp037")),
    "garbage": lambda text: b"X-\xff: \x00\nX-Base64:\nx-A:\n" + b" y\n" * 500 + FIELDS + b"\n\xff\xfe \x0c\n" + text,
    "odd header": lambda text: b"not a field\n" + FIELDS + b"\n" + text,
}  # fmt: skip


def touches(data: bytes) -> bool:
    """Whether a check of the mail finds a patch to a file of interest, by its own readers."""
    try:
        files = read_diff(read_mail(data, "m").diff, "m").files
    except InputError:
        return False
    paths = {path for one in files for path in (one.old_path, one.new_path) if path}
    return any(fnmatch.fnmatchcase(path, glob) for path in paths for glob in GLOBS)


PLAIN = ("plain", "dates", "second")
UNREAD = {("flowed, name on its own", shape) for shape in PLAIN} | {
    ("flowed, name broken", shape) for shape in PLAIN[:2]
}
"""Where our own reader finds no diff: its first lines are broken."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
def test_a_patch_to_a_file_of_a_rule_is_never_passed_over(way: str, shape: str) -> None:
    data = WAYS[way](SHAPES[shape]("arch/arm64/mm/mmu.c").encode())
    assert touches(data) == ((way, shape) not in UNREAD)
    assert SIEVE.look(data) == Look(PATCH, patch=True) if "reply" not in way else SIEVE.look(data).wanted == PATCH


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "escaped"])
@pytest.mark.parametrize("way", [way for way in WAYS if way != "flowed, name broken"])
def test_a_patch_to_another_file_is_passed_over(way: str, shape: str) -> None:
    data = WAYS[way](SHAPES[shape]("drivers/net/arch_arm64_mm.c").encode())
    assert SIEVE.look(data).wanted == NOTHING
    assert SIEVE.look(data).patch or "reply" in way


SEEDS = [WAYS[way](SHAPES[shape]("arch/arm64/mm/mmu.c").encode()) for way in WAYS for shape in SHAPES]
PIECES = [
    b"\n",
    b" ",
    b"\t",
    b"> ",
    b'"',
    b"\\",
    b"\r",
    b"\0",
    b"\xa0",
    b"\xef\xbb\xbf",
    b"=",
    b"=\n",
    b"-- \n",
    b"--=_b\n",
]
PUT = st.one_of(st.sampled_from(PIECES), st.binary(max_size=4))
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), PUT), max_size=4)


@settings(max_examples=1500)
@given(st.sampled_from(SEEDS), EDITS)
def test_nor_is_one_that_was_tampered_with(data: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for where, gone, new in edits:
        at = int(len(data) * where)
        data = data[:at] + new + data[at + gone :]
    assert SIEVE.look(data).wanted or not touches(data)


@given(
    st.sampled_from([*GLOBS, "*.c", "?*", "[a-z]*/arm64/*.c", "arch/*/mm/*.c", "a[!b]c*"]),
    st.text("abc/.[]!*?", max_size=9),
)
def test_of_any_glob_the_literal_stands_in_every_path(glob: str, tail: str) -> None:
    path = f"arch/arm64/mm/{tail}.c"
    if fnmatch.fnmatchcase(path, glob):
        assert Sieve([glob]).look(SHAPES["git"](path).encode()).wanted == PATCH


HEADERS = [
    (b"Subject: [PATCH 0/3] mm: things\n\nWords.\n", COVER),
    (b"From: a@example.org\nSUBJECT : [RFC PATCH v2 00/12]\n mm: things\n\nWords.\n", COVER),
    (b"Subject:\r\n\t[PATCH v2 0/\r\n 7] mm: things\r\n\r\nWords.\r\n", COVER),
    (b"Subject: =?utf-8?q?=5BPATCH_0/3=5D_mm=3A_things?=\n\nWords.\n", COVER),
    (b"Subject: =?utf-8?B?W1BBVENIIDAvM10gbW06IHRoaW5ncw==?=\n\nWords.\n", COVER),
    (b"Subject: Re: [PATCH 0/3] mm: things\n\nWords.\n", NOTHING),
    (b"Subject: words\n\nSubject: [PATCH 0/3] mm: things\n", NOTHING),
    (b"Subject: Re: words\n\n#lmlint: wrong 0123abcd\n", COMMAND),
    (b"Subject: Re: words\n\nThanks.\n\n #LMLint: stop\n", COMMAND),
    (b"Subject: Re: words\n\nThanks.\r\n\xc2\xa0#lmlint: stop\r\n", COMMAND),
    (b"Subject: Re: words\n\n> #lmlint: wrong 0123abcd\n", NOTHING),
    (b"Subject: Re: words\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"#lmlint: stop\n"), COMMAND),
    (b"Subject: Re: words\nContent-Transfer-Encoding: quoted-printable\n\n=23lmli=\nnt: stop\n", COMMAND),
    (b"Subject: Re: [PATCH] mm: x\nX-Mailer: lmlint 1.0\n\nWords.\n", OWN),
    (b"Subject: Re: [PATCH] mm: x\nx-mailer:\n lmlint 1.0\n\n#lmlint: wrong ID\n", OWN),
    (b"Subject: words\n\nX-Mailer: lmlint 1.0\n", NOTHING),
    (b"Subject: words about lmlint\n\nWhat is lmlint? # lmlint is a program.\n", NOTHING),
    (b"Subject: [PATCH] mm: x\nContent-Transfer-Encoding: base64\n\n!!!!\n", PATCH),
    (b"Subject: words\nContent-Transfer-Encoding: base64\n\n!!!!\n", NOTHING),
    (b"Subject: a crash in arch/arm64/mm/mmu.c\n\n+++ it crashes\n at arch/arm64/mm/mmu.c:17\n", NOTHING),
    (b"", NOTHING),
    (b"\n", NOTHING),
]


@pytest.mark.parametrize(("data", "wanted"), HEADERS, ids=range(len(HEADERS)))
def test_covers_commands_and_own_mails_are_known(data: bytes, wanted: str) -> None:
    assert SIEVE.look(data).wanted == wanted


@given(
    st.sampled_from(SEEDS[:3]),
    st.sampled_from(["Subject", "sUbJeCt", "SUBJECT"]),
    st.integers(0, 3),
    st.integers(1, 99),
)
def test_whatever_the_reader_takes_for_a_cover_is_one(data: bytes, key: str, folds: int, total: int) -> None:
    subject = f"[PATCH v3 {0:0{folds + 1}}/{total}] mm: things".replace(" ", "\n \t" if folds else " ")
    mail = data.replace(b"Subject: [PATCH] mm: a thing", f"{key}: {subject}".encode()).replace(b"diff", b"dif")
    read = read_letter(mail, "m").mail
    assert bool(read.total and not read.number and not read.reply) == (SIEVE.look(mail).wanted == COVER)


def test_the_header_of_a_mail_of_no_interest_keeps_what_a_thread_is_known_by() -> None:
    data = (
        b"From x@example.org Thu Jan  1 00:00:00 2026\nReceived: a\n\tb\nFROM: A <a@example.org>\nto: b@example.org\n"
    )
    data += b"Subject: [PATCH 1/2]\n mm: x\nMessage-Id: <1@x>\nReferences: <2@x>\n <3@x>\n"
    data += b"Date: Thu, 1 Jan 2026 10:00:00 +0000\n"
    full, short = data + b"\nWords.\nSubject: none\n", head(data + b"\nWords.\nSubject: none\n")
    one, other = (read_letter(mail, "m").mail for mail in (full, short))
    assert one == other
    assert one.references == ("<2@x>", "<3@x>")
    assert one.number == 1
    assert b"Received" not in short
    assert head(b"") == b""
    assert len(head(b"References:" + b"\n <a@b>" * 300_000)) <= 16 * 1024


MB = 1 << 20
HOSTILE = {
    "quote marks": b">" * MB,
    "a header without an end": b"a:\n b\n" * (MB // 6),
    "a long subject": b"Subject: " + b"[" * MB + b"\n\n",
    "a folded subject": b"Subject: [" + b"\n " * (MB // 2) + b"\n\n",
    "a long mailer": b"X-Mailer:" + b" " * MB + b"\n\n",
    "many mailers": b"X-Mailer: \n" * (MB // 11),
    "charsets": b"charset=" * (MB // 8) + b"\n",
    "charsets and blanks": (b"charset" + b" " * 999 + b"=" + b"\t" * 999) * (MB // 2007),
    "names": b"\n+++ " + b"arch/arm64/m/" * (MB // 13),
    "a name far away": b"\n" * (MB // 2) + b"arch/arm64/mm/" + b"\n+++ x" * (MB // 12),
    "quotes": b'+++ "' * (MB // 5) + b"\\",
    "quotes of names": b'\n--- "' + b'"a\\' * (MB // 3),
    "soft breaks": b"Content-Type: text/plain; format=flowed\n\n+++ " + b" \n> " * (MB // 4),
    "commands": b"\n lmlint #" * (MB // 10),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\nbase64\n" + b"--b\n" * (MB // 4) + b"--b--\n",
    "encoded words": b"Subject: " + b"=?utf-8?q?x?= " * (MB // 14) + b"\n\n",
    "equal signs": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=  " * (MB // 3),
    "newlines": b"\n" * MB + b"base64",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_takes_no_longer_than_others_of_its_size(name: str) -> None:
    start = time.process_time()
    SIEVE.look(HOSTILE[name])
    head(HOSTILE[name])
    assert time.process_time() - start < 2  # square time would take minutes
