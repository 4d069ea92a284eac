"""The rules for mail that goes out: each is broken once, and a good mail breaks none."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.cli import main
from lmlint.mailing.compose import SIGNATURE
from lmlint.mailing.lint import Rules, columns, lint

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """From: A Person <a@example.org>
To: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>
Cc: list@example.org
Subject: Re: [PATCH] mm: count
Date: Mon, 19 Jan 2026 09:00:00 +0000
Message-ID: <two@example.org>
In-Reply-To: <one@example.org>
References: <zero@example.org>
 <one@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
"""
QUOTE = """
On Mon, Jörg wrote:

> diff --git a/a.c b/a.c
> --- a/a.c
> +++ b/a.c
> @@ -1,9 +1,10 @@
[ ... ]
>  three
>  four
>  five
>  six
> -seven
> +a line of a patch that is far longer than seventy-two columns, which is no fault of who quotes it

Why?

> @@ -20,2 +21,3 @@
>  20
> +21

And https://example.org/a/link/that/is/far/longer/than/seventy-two/columns/stays/one/word
https://example.org/a/link/that/is/far/longer/than/seventy-two/columns/stays/one/word

-- >8 --
--- a/a.c
+++ b/a.c
@@ -1 +1 @@
-a
+a line of a patch that is far longer than seventy-two columns, which is no fault of who suggests it

{SIGNATURE}
A Person, in a footer
  lmlint check --tree linux and --more options than stand in a line of seventy-two columns
"""
QUOTE = QUOTE.replace("{SIGNATURE}", SIGNATURE)
GOOD = HEAD + QUOTE
MANY = "".join(f">  {number}\n" for number in range(7))


def faults(mail: str | bytes, rules: Rules = Rules()) -> list[tuple[int, str]]:  # noqa: B008  # it is frozen
    data = mail.encode() if isinstance(mail, str) else mail
    return [(fault.line, fault.rule) for fault in lint(data, rules)]


def line(mail: str, text: str) -> int:
    """Return the number of the first line that holds a text."""
    return next(number for number, one in enumerate(mail.split("\n"), 1) if text in one)


def test_a_good_mail_breaks_no_rule() -> None:
    assert faults(GOOD) == []
    assert faults(GOOD.replace("\n", "\r\n")) == []
    assert faults("From someone Mon Jan 19 09:00:00 2026\n" + GOOD) == []


HEADERS = [
    ("From: A Person <a@example.org>\n", "", 1, "header"),
    ("To: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\nCc: list@example.org\n", "", 1, "header"),
    ("Date: Mon, 19 Jan 2026 09:00:00 +0000\n", "", 1, "header"),
    ("Date: Mon, 19 Jan 2026 09:00:00 +0000\n", "Date: soon\n", 5, "header"),
    ("Message-ID: <two@example.org>\n", "", 1, "header"),
    ("Message-ID: <two@example.org>\n", "Message-ID: two@example.org\n", 6, "thread"),
    ("Message-ID: <two@example.org>\n", "Message-ID: <two>\n", 6, "thread"),
    ("Cc: list@example.org\n", "Cc: list@example.org\nCc: other@example.org\n", 4, "header"),
    ("Cc: list@example.org\n", "Cc: list at example.org\n", 3, "header"),
    ("Cc: list@example.org\n", "Cc: Jörg <list@example.org>\n", 3, "header"),
    ("Cc: list@example.org\n", "Cc: list@example.org\nno field\n", 4, "header"),
    ("Subject: Re: [PATCH]", "Subject: [PATCH]", 4, "subject"),
    (" <one@example.org>\n", " <other@example.org>\n", 7, "thread"),
    ("charset=utf-8", "charset=iso-8859-1", 11, "encoding"),
    ("charset=utf-8", "charset=utf-8; format=flowed", 11, "encoding"),
    ("text/plain; charset=utf-8", "multipart/mixed; boundary=x", 11, "encoding"),
    ("text/plain; charset=utf-8", "text/html; charset=utf-8", 11, "encoding"),
    ("Encoding: 8bit", "Encoding: base64", 12, "encoding"),
    ("Encoding: 8bit", "Encoding: quoted-printable", 12, "encoding"),
    ("Encoding: 8bit", "Encoding: 7bit", 12, "encoding"),
]


@pytest.mark.parametrize(("old", "new", "number", "rule"), HEADERS)
def test_a_header_that_breaks_a_rule_is_named(old: str, new: str, number: int, rule: str) -> None:
    assert old in HEAD
    assert (number, rule) in faults(HEAD.replace(old, new, 1) + QUOTE)


BODIES = [
    ("Why?", "word " * 15, "word word", "columns"),
    ("Why?", "Reviewed-by: A Person <a@example.org>", "Reviewed-by", "review-tag"),
    ("Why?", "  acked-BY : A Person", "acked-BY", "review-tag"),
    ("Why?", "Reported-and-tested-by: A Person", "Reported-and", "review-tag"),
    (
        "--- a/a.c\n+++ b/a.c\n@@ -1 +",
        "Signed-off-by: A Person\n--- a/a.c\n+++ b/a.c\n@@ -1 +",
        "Signed-off",
        "review-tag",
    ),
    ("Why?", "pw-bot: changes-requested", "pw-bot", "pw-bot"),
    ("Why?", "<div>Why?</div>", "<div>", "html"),
    ("Why?", "Why\x1b[31m?", "Why", "control"),
    ("Why?", "Why\r?", "Why", "control"),
    ("Why?", "W" * 999, "WWW", "line-length"),
    (">  three\n", MANY, "Why?", "quote-long"),
    ("And https", "[ ... ]\nAnd https", "", ""),
    ("\n-- >8 --", "\n> more\n\n-- >8 --", "> more", "quote-end"),
    ("A Person, in", "-- \nA Person, in", "", "signature"),
    ("A Person, in", "> A Person, in", "> A Person", "quote-end"),
    ("Why?", "Why?\n\n> -- \n> 2.43.0\n\nThat.", "> -- ", "quote-signature"),
    ("> @@ -1,9", "> --\n> @@ -1,9", "", "quote-signature"),
    (">  three", "> --", "", ""),
]


@pytest.mark.parametrize(("old", "new", "where", "rule"), BODIES)
def test_a_body_that_breaks_a_rule_is_named(old: str, new: str, where: str, rule: str) -> None:
    mail = HEAD + QUOTE.replace(old, new, 1)
    assert mail != GOOD
    found = faults(mail)
    assert {name for _, name in found} == ({rule} if rule else set())
    if where:
        assert any(number == line(mail, where) for number, _ in found)


def test_a_subject_may_be_encoded_as_a_whole() -> None:
    assert faults(GOOD.replace("Subject: Re: [PATCH]", "Subject: =?utf-8?b?UmU6IFtQQVRDSF0gw6Q=?=")) == []


def test_nothing_but_quotes_is_nothing_said() -> None:
    assert "quote-end" in {rule for _, rule in faults(HEAD + "\n> a\n> b\n")}
    assert "quote-end" in {rule for _, rule in faults(HEAD + "\nWords.\n\n> a\n[ ... ]\n\n-- \nme\n")}


def test_bytes_that_are_no_utf_8_and_too_many_are_named() -> None:
    assert (15, "encoding") in faults(HEAD.encode() + b"\n\nJ\xf6rg\n")
    assert (1, "size") in faults(HEAD + "\n" + "word\n" * 20_001)
    assert faults(HEAD + "\nword")[-1] == (14, "line-length")


def test_a_program_says_that_it_is_one() -> None:
    assert {rule for _, rule in faults(GOOD, Rules(program=True))} == {"program"}
    assert {rule for _, rule in faults("X-Mailer: lmlint 0.1\n" + GOOD)} == {"program"}
    more = "Auto-Submitted: auto-replied\nX-Loop: a@example.org\nX-Mailer: lmlint 0.1\n"
    assert faults(more + GOOD) == []


def test_a_person_may_vouch_for_a_patch_and_a_program_never() -> None:
    mail = GOOD.replace("Why?", "Reviewed-by: A Person <a@example.org>")
    assert faults(mail, Rules(tags=True)) == []
    assert "review-tag" in {rule for _, rule in faults(mail, Rules(program=True, tags=True))}


def test_a_draft_may_lack_what_is_filled_in_later() -> None:
    lines = [one for one in GOOD.split("\n") if not one.startswith(("To:", "Cc:", "Date:"))]
    assert faults("\n".join(lines), Rules(draft=True)) == []
    assert [rule for _, rule in faults("\n".join(lines))] == ["header", "header"]


def test_columns_are_characters() -> None:
    assert columns("a" * 72) == columns("漢" * 72) == 72
    assert columns("a\tb") == 9
    assert columns("e\u0301") == 1


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_can_be_held_against_the_rules(data: bytes) -> None:
    found = lint(data, Rules())
    assert found == tuple(sorted(found, key=lambda fault: (fault.line, fault.rule, fault.message)))
    assert all(1 <= fault.line <= data.count(b"\n") + 2 for fault in found)


def test_the_command_names_file_line_and_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = GOOD.replace("Why?", "Acked-by: A")
    (tmp_path / "good").write_text(GOOD)
    (tmp_path / "bad").write_text(bad)
    separator = "From lmlint Mon Jan 19 09:00:00 2026\n"
    (tmp_path / "box").write_text(f"{separator}{GOOD}\n{separator}{bad}\n")
    assert main(["lint-mail", str(tmp_path / "good")]) == 0
    assert capsys.readouterr().out == ""
    number = line(bad, "Acked-by")
    assert main(["lint-mail", str(tmp_path / "bad")]) == 1
    what = "review-tag: a trailer that vouches for or tracks a patch"
    assert capsys.readouterr().out == f"{tmp_path}/bad:{number}: {what}\n"
    assert main(["lint-mail", str(tmp_path / "box")]) == 1
    assert capsys.readouterr().out == f"{tmp_path}/box:{line((tmp_path / 'box').read_text(), 'Acked-by')}: {what}\n"
    asked = [sys.executable, "-P", "-c", "from lmlint.cli import entry; entry()", "lint-mail", "-"]
    ran = subprocess.run(asked, input=bad.encode(), capture_output=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout.decode()) == (1, f"<stdin>:{number}: {what}\n")
    assert main(["lint-mail", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_the_command_holds_quotes_against_the_mail_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = [one[2:] for one in GOOD.split("\n") if one.startswith("> ")]
    (tmp_path / "mail").write_text(GOOD)
    (tmp_path / "one").write_text("Subject: a\n\n" + "\n".join(quoted) + "\n")
    (tmp_path / "other").write_text("Subject: a\n\n" + "\n".join(quoted).replace(" five", " 5") + "\n")
    asked = ["lint-mail", str(tmp_path / "mail"), "--answers"]
    assert main([*asked, str(tmp_path / "one")]) == 0
    assert main([*asked, str(tmp_path / "other")]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f'{tmp_path}/mail:{line(GOOD, ">  five")}: quote: ">  five" does not stand there')
