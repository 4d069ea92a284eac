"""The review as a mail: made from real patches and mails, read by git and by Python's own parser."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import functools
import io
import os
import quopri
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.cli import main
from lmlint.finding import Finding, Note, Place
from lmlint.mailing.address import Address, read_address, read_addresses
from lmlint.mailing.answered import MAX_IDS, Answered, answered_subject, every_line, read_answered
from lmlint.mailing.compose import Head
from lmlint.mailing.lint import Rules, lint
from lmlint.mailing.outbox import mbox
from lmlint.mailing.proof import disproved
from lmlint.mailing.quote import CUT, lines_of, quote
from lmlint.patch.box import read_box
from lmlint.reply import MOST_FINDINGS, Request, replies, told
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session
from tests.gitrepo import git, repository

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "arm64-lm-meminfo"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "inputs"
TREE = CORPUS / "tree"
PATH = "arch/arm64/mm/mmu.c"
SMALL = CORPUS / "hunks-bad-whole.patch"
V1, V2, V3 = (next(CORPUS.glob(f"story-v{number}-*.patch")) for number in (1, 2, 3))
ME = ("--from", "A Reviewer <reviewer@example.net>")
PROGRAM = [sys.executable, "-P", "-c", "from lmlint.cli import entry; entry()"]

Capture = pytest.CaptureFixture[bytes]


def reply(*arguments: object, status: int = 1, tree: Path | None = TREE) -> tuple[bytes, str]:
    """Run `lmlint reply` and return what it prints, and what it says on standard error."""
    said, told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        trees = () if tree is None else ("--tree", str(tree))
        assert main(["reply", *map(str, arguments), *trees, *ME]) == status, told.getvalue()
    said.flush()
    assert isinstance(said.buffer, io.BytesIO)
    return said.buffer.getvalue(), told.getvalue()


@functools.cache
def review(*arguments: str | Path, status: int = 1) -> bytes:
    """Return a review of the corpus, about which there is nothing to be told."""
    data, said = reply(*arguments, status=status)
    assert said == ""
    return data


def parsed(data: bytes) -> EmailMessage:
    """Return a mail as Python reads it; nothing in it may be damaged."""
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    for value in mail.values():
        assert not getattr(value, "defects", ())
    return mail


def body(data: bytes) -> str:
    return data.partition(b"\n\n")[2].decode()


def quoted(data: bytes) -> list[str]:
    return [line for line in body(data).split("\n") if line.startswith(">")]


def with_headers(*fields: str, source: Path = V2) -> bytes:
    """Return a patch of the corpus with other header fields."""
    text = source.read_bytes()
    return "".join(f"{line}\n" for line in fields).encode("utf-8", "surrogateescape") + text[text.index(b"\n\n") + 1 :]


PLAIN = (
    "From: Pat Example <pat@example.org>",
    "To: list@example.org",
    "Subject: [PATCH v2] mm: count",
    "Date: Mon, 19 Jan 2026 09:00:00 +0000",
    "Message-ID: <two@example.org>",
)


# what a review is


def test_a_review_answers_its_patch() -> None:
    data, said = reply(V2)
    mail = parsed(data)
    assert said == ""
    assert mail["From"] == "A Reviewer <reviewer@example.net>"
    assert mail["To"] == "Pat Example <pat@example.org>"
    assert mail["Subject"] == "Re: [PATCH v2] arm64: mm: show the use of the linear map in /proc/meminfo"
    assert mail["In-Reply-To"] == mail["References"] == "<lm-meminfo-v2@example.org>"
    assert mail["Date"].datetime.isoformat() == "2026-01-19T09:00:00+00:00"
    assert re.fullmatch(r"<lmlint-[0-9a-f]{32}@example\.net>", mail["Message-ID"])
    assert (mail["Auto-Submitted"], mail["X-Loop"]) == ("auto-replied", "reviewer@example.net")
    assert (mail.get_content_charset(), mail["Content-Transfer-Encoding"]) == ("utf-8", "8bit")
    assert lint(data, Rules()) == ()


def test_a_comment_stands_below_its_line_and_nothing_is_quoted_after_the_last() -> None:
    data = review(V2)
    lines = body(data).split("\n")
    assert lines[0] == "On Mon, 19 Jan 2026 09:00:00 +0000, Pat Example wrote:"
    heads = [line for line in lines if line.startswith("> @@")]
    assert len(heads) == 3
    for account in ("CONT_PTE : PTE);", "CONT_PMD : PMD);", "PUD);"):
        at = next(n for n, line in enumerate(lines) if line.startswith("> +") and line.endswith(account))
        assert lines[at + 1] == ""
        assert lines[at + 2][:1] not in {"", ">"}
        assert sum(line.startswith(("> +", "> -", ">  ")) for line in lines[at - 6 : at]) <= 5
    last = max(n for n, line in enumerate(lines) if line.startswith(">"))
    assert any(line and line != CUT for line in lines[last + 1 : lines.index("-- ")])
    ids = re.findall(r"\[double-count (\w{8})\]", body(data))
    assert ids == ["0994e5ac", "e758ccb6", "f6901258"]


def test_all_that_is_quoted_stands_in_the_patch() -> None:
    data = review(V2)
    source = iter(V2.read_text().split("\n"))
    for line in quoted(data):
        assert line[2:] in source


def test_without_findings_there_is_no_mail_unless_asked_for() -> None:
    assert review(V3, status=0) == b""
    data = review(V3, "--positive")
    assert lint(data, Rules()) == ()
    assert quoted(data) == []
    assert parsed(data)["In-Reply-To"] == "<lm-meminfo-v3@example.org>"
    since = body(review(V3, "--positive", "--previous", V2))
    assert since.startswith("Fixed since v2: double-count")
    assert since.endswith(body(data))


def test_of_very_many_findings_the_first_are_told_and_how_many_there_are_besides() -> None:
    reports = Session(load_rules([builtin_rules()], []), [str(TREE)], Options()).check([str(V2)]).reports
    errors = told(reports[0])
    many = replace(reports[0], findings=errors * 20)
    (letter,) = replies([many], Request(Address("", "a@example.org"))).letters
    assert body(letter.data).count("[double-count") == MOST_FINDINGS
    assert f"\n\n{len(errors) * 20 - MOST_FINDINGS} more were found and left out here.\n\n-- \n" in body(letter.data)


def test_notes_are_never_mailed() -> None:
    data = review(V1)
    assert "sampled-guard" not in body(data)
    assert "missing-sub" in body(data)


def test_an_allowed_finding_is_not_mailed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [f'[[allow]]\nid = "{one}"\nreason = "no"\n' for one in ("0994e5ac", "e758ccb6", "f6901258")]
    (tmp_path / "lmlint.toml").write_text("\n".join(entries))
    monkeypatch.chdir(tmp_path)
    reply(V2, status=0)


def test_what_earlier_versions_had_is_not_told_again() -> None:
    once, again, later = review(V2), review(V2, "--previous", V2), review(V2, "--previous", V1)
    assert body(again).count("Still present since") == 3
    assert "Fixed since" not in body(again)
    assert len(again) < len(once)
    assert "Still present" not in body(later)
    assert re.search(r"Fixed since v1:[^\[]*e3448730", body(later))
    assert "sampled-guard" not in body(later)
    assert len({parsed(data)["Message-ID"] for data in (once, again)}) == 2


def test_an_earlier_version_that_cannot_be_read_leaves_nothing_to_send(tmp_path: Path) -> None:
    (tmp_path / "old.patch").write_text("no patch\n")
    data, said = reply(V2, "--previous", tmp_path / "old.patch", status=2)
    assert data == b""
    assert "old.patch" in said
    data, said = reply(V1, "--previous", V2, status=2)
    assert data == b""
    assert "give the oldest first" in said


def test_a_suggestion_stands_below_scissors_and_applies_on_top(capsysbinary: Capture, tmp_path: Path) -> None:
    data = review(V1, "--suggest")
    assert lint(data, Rules()) == ()
    text = body(data)
    assert text.count("\n-- >8 --\n") == 1
    assert text.index("[missing-sub") < text.index("-- >8 --") < text.index("\n-- \n")
    place = repository(tmp_path / "linux", {PATH: (TREE / PATH).read_bytes()})
    git(place, "am", str(V1))
    (tmp_path / "review").write_bytes(data)
    git(place, "am", "--scissors", str(tmp_path / "review"))
    assert git(place, "log", "-1", "--format=%s").startswith("fixup! arm64: mm:")
    (tmp_path / "mmu.c").write_text(git(place, "show", f"HEAD:{PATH}"))
    assert main(["check", str(tmp_path / "mmu.c"), "--format", "terse"]) == 0
    assert b"error" not in capsysbinary.readouterr().out


def test_b4_reads_it_as_a_reply_that_endorses_nothing() -> None:
    b4 = pytest.importorskip("b4", reason="b4 is not installed")
    read = b4.LoreMessage(parsed(review(V2)))
    assert (read.reply, read.in_reply_to, read.trailers) == (True, "lm-meminfo-v2@example.org", [])


# how patches come


def encoded(kind: str) -> bytes:
    """Return the second version of the story as mail of some kind, with a word that is no ASCII in its hunks."""
    head, _, text = V2.read_bytes().partition(b"\n\n")
    text = text.replace(b"expect: double-count", "compté: double-count".encode())
    head = head.partition(b"\n")[2] + b"\nMIME-Version: 1.0\nContent-Type: text/plain; charset="
    stuffed = b"\n".join(b" " + line if line.startswith((b" ", b">", b"From ")) else line for line in text.split(b"\n"))
    how = "\nContent-Transfer-Encoding: "
    kinds = {
        "base64": (f"utf-8{how}base64", base64.encodebytes(text)),
        "quoted-printable": (f"utf-8{how}quoted-printable", quopri.encodestring(text)),
        "iso-8859-1": (f"iso-8859-1{how}8bit", text.decode().encode("latin-1")),
        "crlf": ("utf-8", text),
        "flowed": ("utf-8; format=flowed", stuffed),
        "soft": ("utf-8; format=flowed", stuffed.replace(b"_add(va, next", b"_add(va, \nnext")),
        "quoted": ("utf-8", b"I quote:\n\n" + b"\n".join(b"> " + line for line in text.split(b"\n")) + b"\n"),
    }
    claim, made = kinds[kind]
    whole = head + claim.encode() + b"\n\n" + made
    return whole.replace(b"\n", b"\r\n") if kind == "crlf" else whole


@pytest.mark.parametrize("kind", ["base64", "quoted-printable", "iso-8859-1", "crlf", "flowed", "soft", "quoted"])
def test_every_kind_of_mail_is_quoted_as_it_stands(kind: str, tmp_path: Path) -> None:
    patch = tmp_path / "patch.eml"
    patch.write_bytes(encoded(kind))
    data, _ = reply(patch)
    mail = email.message_from_bytes(encoded(kind), policy=email.policy.default)
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    source = iter(text.decode(mail.get_content_charset() or "utf-8").replace("\r\n", "\n").split("\n"))
    for line in quoted(data):
        assert line.removeprefix(">").removeprefix(" ") in source
    assert "compté" in body(data)
    assert body(data).count("[double-count") == 3
    assert lint(data, Rules()) == ()


def test_what_is_in_no_charset_is_refused(tmp_path: Path) -> None:
    patch = tmp_path / "patch.eml"
    text = with_headers(*PLAIN, "Content-Type: text/plain; charset=utf-8")
    patch.write_bytes(text.replace(b"+\t\t\tlm_meminfo_add(", b"+\t\t\t/* \xe9 */ lm_meminfo_add("))
    data, said = reply(patch, status=2)
    assert data == b""
    assert re.search(r"patch\.eml: line \d+ of its diff is not in the charset that its mail names", said)


def test_a_line_that_no_mail_can_hold_is_not_quoted(tmp_path: Path) -> None:
    long = b"x" * 1100
    for where, status in ((b"+\t\t/* expect: double-count */", 1), (b"+\t\tlm_meminfo_add(va, next - va,", 2)):
        text = with_headers(*PLAIN)
        patch = tmp_path / "patch.eml"
        at = text.index(where, text.index(b"fill_cont_ptes(pmd_t *dir"))
        patch.write_bytes(text[:at] + where.replace(b"*/", b"") + b" /* " + long + b" */" + text[at + len(where) :])
        data, said = reply(patch, status=status)
        assert (b"x" * 80 in data) is False
        assert ("has more than 996 bytes" in said) is (status == 2)


def test_a_plain_diff_and_a_commit_make_a_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = V2.read_bytes()
    (tmp_path / "plain.diff").write_bytes(text[text.index(b"diff --git") :])
    data, said = reply(tmp_path / "plain.diff")
    lacks = "a Message-ID that it can answer (--in-reply-to), a recipient (--to), a date (--date)"
    assert f"plain.diff: the review is a draft: it lacks {lacks}\n" in said
    assert {"To", "Date", "In-Reply-To"}.isdisjoint(parsed(data).keys())
    assert lint(data, Rules(draft=True)) == ()
    full, said = reply(tmp_path / "plain.diff", "--in-reply-to", "a@b", "--to", "x@example.org", "--date", "0")
    assert said == ""
    assert (parsed(full)["In-Reply-To"], parsed(full)["To"]) == ("<a@b>", "x@example.org")
    assert parsed(full)["Date"] == "Thu, 01 Jan 1970 00:00:00 +0000"
    place = repository(tmp_path / "linux", {PATH: (TREE / PATH).read_bytes()})
    git(place, "am", str(V2))
    monkeypatch.chdir(place)
    commit, said = reply("HEAD", tree=place)
    assert parsed(commit)["Subject"] == "Re: arm64: mm: show the use of the linear map in /proc/meminfo"
    assert "is a draft" in said
    assert quoted(commit)[3:] == quoted(data)[3:]


def test_a_series_gets_a_mail_for_each_patch_that_needs_one(tmp_path: Path) -> None:
    place = repository(tmp_path / "linux", {PATH: (TREE / PATH).read_bytes()})
    git(place, "am", str(V3))
    text = (place / PATH).read_text()
    for name in ("drop_ptes", "drop_puds"):
        start = text.index(f"static void {name}(")
        at = text.index("lm_meminfo_sub(", start)
        text = text[: text.rindex("\n", 0, at)] + text[text.index(";", at) + 1 :]
        (place / PATH).write_text(text)
        git(place, "commit", "-aqm", f"mm: forget {name}")
    git(place, "commit", "--allow-empty", "-qm", "nothing")
    git(place, "format-patch", "-q", "-o", str(tmp_path / "out"), "--thread", "--to=list@example.org", "HEAD~3..HEAD~1")
    git(place, "reset", "-q", "--hard", "HEAD~3")
    box = tmp_path / "reviews.mbox"
    data, said = reply(tmp_path / "out", tree=place)
    assert said == ""
    box.write_bytes(data)
    messages = read_box(data, "box")
    first, second = (parsed(message.data) for message in messages)
    sent = [parsed(path.read_bytes()) for path in sorted((tmp_path / "out").iterdir())]
    assert [first["In-Reply-To"], second["In-Reply-To"]] == [mail["Message-ID"] for mail in sent]
    assert second["References"].split() == [sent[0]["Message-ID"], sent[1]["Message-ID"]]
    assert "drop_ptes" in first.get_content()
    assert "drop_ptes" not in second.get_content()
    assert first["Cc"] == "list@example.org"
    split = tmp_path / "split"
    split.mkdir()
    assert git(tmp_path, "mailsplit", "--mboxrd", f"-o{split}", str(box)).strip() == "2"
    for part, message in zip(sorted(split.iterdir()), messages, strict=True):
        info = git(tmp_path, "mailinfo", str(tmp_path / "msg"), str(tmp_path / "diff"), given=part.read_text())
        assert "Email: reviewer@example.net" in info
        assert part.read_bytes().partition(b"\n")[2].rstrip() == message.data.partition(b"\n")[2].rstrip()


def test_a_mailbox_holds_each_review_once(tmp_path: Path) -> None:
    box = tmp_path / "box"
    assert reply(SMALL, "--to-mbox", box, tree=None) == (b"", "")
    made = box.read_bytes()
    reply(SMALL, "--to-mbox", box, tree=None)
    assert box.read_bytes() == made
    reply(V2, "--to-mbox", box)
    assert box.read_bytes().startswith(made)
    answered = [parsed(message.data)["In-Reply-To"] for message in read_box(box.read_bytes(), "box")]
    assert answered == ["<bad-whole@example.org>", "<lm-meminfo-v2@example.org>"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box"]


def test_what_is_no_mailbox_is_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("mine\n")
    _, said = reply(V2, "--to-mbox", notes, status=2)
    assert "is there, and is no mailbox" in said
    assert notes.read_text() == "mine\n"
    _, said = reply(V2, "--to-mbox", tmp_path, status=2)
    assert "is no file" in said
    _, said = reply(V2, "--to-mbox", tmp_path / "none" / "box", status=2)
    assert "cannot be written" in said


def test_one_that_fails_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad.patch").write_text("--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n")
    data, said = reply(tmp_path / "bad.patch", V2, TREE / PATH, status=2)
    assert body(data).count("[double-count") == 3
    assert "bad.patch" in said
    assert "there is no patch to answer" in said


def test_a_patch_that_no_rule_knows_needs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.patch").write_text("--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n")
    assert reply(tmp_path / "a.patch", "--positive", status=0)[0] == b""


# who is answered


def answer(folder: Path, *fields: str) -> tuple[EmailMessage, str]:
    (folder / "p.eml").write_bytes(with_headers(*fields, source=SMALL))
    data, said = reply(folder / "p.eml", tree=None)
    return parsed(data), said


def test_recipients_are_all_that_the_patch_names_once_and_without_oneself(tmp_path: Path) -> None:
    others = '=?utf-8?q?J=C3=B6rg?= <joerg@example.org>,\n\t"A Reviewer" <REVIEWER@example.net>'
    bad = "undisclosed:;, broken at example.org, <-oQ/tmp@example.org>"
    more = ('Reply-To: "Doe, Jane (TI)" <jane@example.org>', f"Cc: LIST@example.org, {others},\n {bad}")
    mail, said = answer(tmp_path, *PLAIN, *more)
    assert mail["To"] == '"Doe, Jane (TI)" <jane@example.org>'
    assert mail["Cc"] == "list@example.org, Jörg <joerg@example.org>"
    assert "left out 2 of its addresses, which are none: 'broken at example.org', '<-oQ/tmp@example.org>'" in said


def test_too_many_recipients_are_cut_and_told(tmp_path: Path) -> None:
    crowd = ", ".join(f"u{n}@example.org" for n in range(10_000))
    mail, said = answer(tmp_path, *PLAIN, f"Cc: {crowd}")
    assert len(mail["Cc"].addresses) + len(mail["To"].addresses) == 100
    assert "recipients: the first 100 are kept" in said


def test_options_take_the_place_of_what_the_mail_says() -> None:
    data, _ = reply(V2, "--to", "Ä <a@example.org>", "--to", "b@example.org", "--cc", "")
    mail = parsed(data)
    assert (mail["To"], mail["Cc"]) == ("Ä <a@example.org>, b@example.org", None)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--from", "nobody", "--from: 'nobody' is no address"),
        ("--to", "a@b\nBcc: c@d", "--to: "),
        ("--in-reply-to", "a b", "--in-reply-to: "),
        ("--date", "yesterday", "--date: 'yesterday' is no date"),
    ],
)
def test_a_bad_option_is_named(option: str, value: str, says: str, capsysbinary: Capture) -> None:
    assert main(["reply", str(V2), "--tree", str(TREE), *ME, option, value]) == 2
    assert says in capsysbinary.readouterr().err.decode()


def test_where_nobody_can_be_answered_no_mail_is_written(tmp_path: Path) -> None:
    fields = [field for field in PLAIN if not field.startswith(("From:", "To:"))]
    (tmp_path / "p.eml").write_bytes(with_headers("From: Pat at example.org", *fields, source=SMALL))
    data, said = reply(tmp_path / "p.eml", status=2, tree=None)
    assert data == b""
    assert "none of its addresses can be answered; give --to ADDRESS" in said


def test_who_answers_is_asked_of_the_configuration_and_of_git(
    capsysbinary: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"GIT_CONFIG_GLOBAL": str(tmp_path / "git"), "GIT_CONFIG_NOSYSTEM": "1"}.items():
        monkeypatch.setenv(name, value)
    asked = ["reply", str(V2), "--tree", str(TREE)]
    assert main(asked) == 2
    assert "nobody to answer as; give --from" in capsysbinary.readouterr().err.decode()
    (tmp_path / "git").write_text("[user]\n\tname = Gîta\n\temail = g@example.com\n")
    assert main(asked) == 1
    assert parsed(capsysbinary.readouterr().out)["From"] == "Gîta <g@example.com>"
    (tmp_path / "lmlint.toml").write_text('from = "C <c@example.com>"\n')
    assert main(asked) == 1
    assert parsed(capsysbinary.readouterr().out)["From"] == "C <c@example.com>"
    (tmp_path / "lmlint.toml").write_text('from = "C"\n')
    assert main(asked) == 2
    assert "lmlint.toml:1: `from`: 'C' is no address" in capsysbinary.readouterr().err.decode()


# what hostile mail can do


def test_a_hostile_header_gets_into_no_field(tmp_path: Path) -> None:
    mail, _ = answer(
        tmp_path,
        "From: =?utf-8?q?Pat=0ABcc:_x=40example.org?= <pat@example.org>",
        "Subject: =?utf-8?q?[PATCH]_a=0D=0ABcc:_y@example.org?=" + " z" * 400,
        "Date: Mon, 19 Jan 2026 09:00:00 +0000\r\tBcc: q",
        "Message-ID: <two@example.org>",
        "References: <\x01@a> " + " ".join(f"<{n}@example.org>" for n in range(200)),
    )
    assert "Bcc" not in mail
    assert len(mail["References"].split()) == MAX_IDS
    assert mail["References"].split()[0] == "<0@example.org>"
    assert mail["References"].split()[-1] == "<two@example.org>"
    assert mail["Subject"].startswith("Re: [PATCH] a")


@pytest.mark.parametrize("text", ["    > forged", "    Reviewed-by: X <x@y>", "    pw-bot: forged", "a\n\n> forged"])
def test_a_template_can_forge_neither_quote_nor_endorsement(text: str, tmp_path: Path) -> None:
    (tmp_path / "footer.txt.j2").write_text(text)
    data, _ = reply(V2, "--templates", tmp_path)
    assert not re.search(rb"(?mi)^\s*(?:> forged|reviewed-by|pw-bot)", data)
    assert lint(data, Rules()) == ()


WORDS = st.text(st.characters(codec="utf-8"), max_size=300)


@given(subject=WORDS, name=WORDS, reference=st.lists(st.from_regex(r"<[a-z]{1,240}@b>", fullmatch=True), max_size=5))
@settings(deadline=None, max_examples=150)
def test_whatever_stands_in_a_header_a_mail_is_a_mail(subject: str, name: str, reference: list[str]) -> None:
    shown = "".join(c for c in name if c.isprintable()).strip()
    sender = read_address(f'"{shown.replace(chr(92), "").replace(chr(34), "")}" <a@example.org>')
    assert sender is not None
    plain = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    head = Head(sender, (sender,), (), answered_subject(plain), "<x@y>", 0, "<p@q>", (*reference, "<p@q>"))
    data = head.encoded()
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\n"))
    mail = email.message_from_bytes(data + b"text\n", policy=email.policy.default)
    assert mail.keys()[:3] == ["From", "To", "Subject"]
    assert mail["From"].addresses[0].addr_spec == "a@example.org"
    assert mail["References"].split() == [*reference, "<p@q>"]
    assert lint(data + b"text\n", Rules(program=True)) == ()
    assert mail["Subject"] == head.subject


def test_a_subject_has_one_re() -> None:
    assert answered_subject("Re: RE: Aw: [PATCH] a") == "Re: [PATCH] a"
    assert answered_subject("[PATCH] Re: a") == "Re: [PATCH] Re: a"
    assert answered_subject("return early") == "Re: return early"
    assert answered_subject("Re: ") == "Re: (no subject)"


@pytest.mark.parametrize(
    ("field", "specs"),
    [
        ('O"Brien <a@b>, c@d', ["a@b", "c@d"]),
        ("x <a@b, c@d", ["c@d"]),
        ('A (c, d) <a@b>, "B, C" <b@c>, <d@e>', ["a@b", "b@c", "d@e"]),
        ("group: a@b, c@d;, e@f", ["a@b", "c@d", "e@f"]),
        (f'"{"x" * 2000}" <a@b>, c@d', ["c@d"]),
    ],
)
def test_one_bad_address_takes_no_other_along(field: str, specs: list[str]) -> None:
    assert [address.spec for address in read_addresses(field.encode()).good] == specs


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 30_000, "(\\" * 30_000, "a" * 60_000, f"a <{' ' * 60_000}", "a  b" * 15_000]
)
def test_a_long_field_is_read_in_no_time(text: str) -> None:
    start = time.monotonic()
    read_addresses(text.encode())
    assert time.monotonic() - start < 2


@given(st.binary(max_size=200))
def test_any_bytes_are_addresses_or_none(raw: bytes) -> None:
    for address in read_addresses(raw).good:
        assert address.spec.isascii()
        assert address.name.isprintable()
        assert read_address(address.spec) == Address("", address.spec)


# the proof


LINES = st.lists(st.sampled_from([b"a", b"b", b"+c", b"", b"> d"]), max_size=12)


@given(source=LINES, kept=st.lists(st.booleans(), min_size=12, max_size=12))
def test_what_is_left_of_a_text_is_proved(source: list[bytes], kept: list[bool]) -> None:
    wanted = [line for line, keep in zip(source, kept, strict=False) if keep]
    mail = b"A: b\n\n" + b"".join((b"> " + line if line else b">") + b"\nwords\n" for line in wanted)
    assert disproved(mail, source) is None


@given(source=LINES, said=LINES)
def test_nothing_else_is(source: list[bytes], said: list[bytes]) -> None:
    mail = b"A: b\n\n" + b"".join((b"> " + line if line else b">") + b"\n" for line in said)
    at = 0
    for line in said:
        at = source.index(line, at) + 1 if line in source[at:] else len(source) + 1
    assert (disproved(mail, source) is None) == (at <= len(source))


def test_a_changed_byte_and_another_order_are_refused() -> None:
    data = review(V2)
    source = every_line(V2.read_bytes(), "v2")
    assert disproved(data, source) is None
    places = [m.start() for m in re.finditer(rb"^> [+ @d]", data, re.MULTILINE)]
    for at in places:
        assert disproved(data[: at + 3] + b"\x7f" + data[at + 4 :], source) is not None
    first, second = (m.group() for m in list(re.finditer(rb"^> @@.*\n", data, re.MULTILINE))[:2])
    swapped = data.replace(first, b"#").replace(second, first).replace(b"#", second)
    found = disproved(swapped, source)
    assert found is not None
    assert found[0] > swapped[: swapped.index(second)].count(b"\n")


# same input, same bytes


def test_two_runs_are_the_same_to_the_byte(tmp_path: Path) -> None:
    shutil.copy(V2, tmp_path / "v2.patch")
    out = []
    for seed, zone, locale, columns in (("1", "UTC", "C", "80"), ("77", "Asia/Tokyo", "en_US.ISO-8859-1", "40")):
        more = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "COLUMNS": columns, "PYTHONUTF8": "0"}
        asked = [*PROGRAM, "reply", "v2.patch", "--tree", str(TREE), "--from", "Ö <o@example.net>"]
        ran = subprocess.run(asked, cwd=tmp_path, env=os.environ | more, capture_output=True, check=False, timeout=60)
        assert (ran.returncode, ran.stderr) == (1, b"")
        out.append(ran.stdout)
    assert out[0] == out[1]


def test_a_mail_that_says_something_else_has_another_id(tmp_path: Path) -> None:
    (tmp_path / "still.txt.j2").write_text("Still there. [{{ id }}]")
    (tmp_path / "finding.txt.j2").write_text("Why? [{{ id }}]")
    options = ("--templates", str(tmp_path)), ("--to", "x@example.org")
    mails = [parsed(reply(SMALL, *one, tree=None)[0]) for one in (*options, ())]
    assert len({mail["Message-ID"] for mail in mails}) == len({mail.get_content() for mail in mails}) == len(options)
    suggesting, plain = parsed(review(V1, "--suggest")), parsed(review(V1))
    assert suggesting["Message-ID"] != plain["Message-ID"]


def test_the_environment_may_set_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    data, _ = reply(SMALL, tree=None)
    assert parsed(data)["Date"] == "Fri, 02 Jan 1970 00:00:00 +0000"
    data, _ = reply(SMALL, "--date", "Sat, 3 Jan 1970 01:00:00 +0100", tree=None)
    assert parsed(data)["Date"] == "Sat, 03 Jan 1970 00:00:00 +0000"


# places


def made(diff: str) -> tuple[Answered, bytes]:
    data = diff.encode()
    return read_answered(data, "d"), data


DIFF = """diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1,12 +1,13 @@ int f(void)
 1
 2
 3
 4
 5
 6
-7
+7b
 8
 9
+10
 11
 12
 13
@@ -50,3 +51,4 @@
 50
+51
 51
 52
diff --git a/b.c b/b.c
--- a/b.c
+++ b/b.c
@@ -1 +1,2 @@
 1
+2
"""


def test_hunks_without_comment_are_cut() -> None:
    answered, data = made(DIFF)
    lines = lines_of(data, "d")
    text = quote(answered, lines, [(lines.added["a.c", 7], "here"), (lines.context["a.c", 9], "and"), (25, "last")])
    assert text.split("\n") == [
        "> diff --git a/a.c b/a.c", "> --- a/a.c", "> +++ b/a.c", "> @@ -1,12 +1,13 @@ int f(void)",
        CUT, ">  3", ">  4", ">  5", ">  6", "> -7", "> +7b", "", "here", "",
        ">  8", ">  9", "", "and", "",
        "> diff --git a/b.c b/b.c", "> --- a/b.c", "> +++ b/b.c", "", "last", "",
    ]  # fmt: skip


def at(*lines: int, file: str = "a.c") -> Finding:
    """Return a finding whose own place is the first line, and whose argument has the others."""
    places = [Place(file, line, 1) for line in lines]
    notes = tuple(Note(place, "") for place in places[1:])
    return Finding("r", "missing-sub", "error", "f", places[0], "says", notes, (), "c")


def test_a_comment_stands_at_its_line_or_near_it_in_the_argument_or_below_the_header() -> None:
    lines = lines_of(DIFF.encode(), "d")
    assert lines.anchor(at(7)) == lines.added["a.c", 7]
    assert lines.anchor(at(9, 7)) == lines.context["a.c", 9]
    assert lines.anchor(at(30, 9, 52)) == lines.added["a.c", 52]
    assert lines.anchor(at(30, 31, 9)) == lines.context["a.c", 9]
    assert DIFF.split("\n")[lines.anchor(at(30))] == "+++ b/a.c"
    assert DIFF.split("\n")[lines.anchor(at(30, file="b.c"))] == "+++ b/b.c"
    assert DIFF.split("\n")[lines.anchor(at(30, file="c.c"))] == "+++ b/a.c"


def test_mboxrd_is_undone_by_our_own_reading() -> None:
    mail = b"From: a@b\nSubject: s\n\nFrom here\n>From there\n"
    assert [message.data.partition(b"\n")[2] for message in read_box(mbox([(mail, 0), (mail, None)]), "b")] == [
        mail
    ] * 2


# the real thing

real = pytest.mark.skipif(not SHARED.is_dir(), reason="the real inputs are not beside this checkout")


@real
def test_the_real_v7_is_answered() -> None:
    data, said = reply(SHARED / "mail" / "v7.patch", tree=SHARED / "tree")
    mail = parsed(data)
    assert said == ""
    assert mail["Cc"] == "linux-arm-kernel@lists.infradead.org, linux-kernel@vger.kernel.org"
    assert mail["References"] == "<20260519163657.1259416-1-yang@os.amperecomputing.com>"
    assert body(data).count("[double-count") == 3
    assert body(data).count("[racy-counter") == 1
    assert lint(data, Rules()) == ()


@real
def test_the_real_v8_is_quoted_as_its_author_quotes_it() -> None:
    source = SHARED / "mail" / "v8-reply.txt"
    data, said = reply(source, tree=SHARED / "tree")
    assert "is a draft" in said
    assert all(line.startswith("> >") for line in quoted(data))
    assert "> > +static inline void lm_meminfo_add(unsigned long addr, unsigned long size," in quoted(data)
    assert body(data).count("[racy-counter") == 1
    full, said = reply(source, "--in-reply-to", "<v8@example.org>", "--to", "a@b", "--date", "1", tree=SHARED / "tree")
    assert said == ""
    assert lint(full, Rules()) == ()
    again, _ = reply(source, "--previous", SHARED / "mail" / "v7.patch", tree=SHARED / "tree")
    assert "Still present since v7" in body(again)
    assert body(again).count("double-count in") == 3
