"""Mail as it really comes in: what is undone, and what is refused."""

from __future__ import annotations

import base64
import quopri
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.patch import mail as module
from lmlint.patch.diff import apply_diff, parse_diff
from lmlint.patch.mail import read_mail

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
DIFF = b"""\
diff --git a/mm/x.c b/mm/x.c
index 1111111..2222222 100644
--- a/mm/x.c
+++ b/mm/x.c
@@ -4,7 +4,8 @@ static int walk(void)
 {
 \tint left = 8;
\x20
-\tcount(left);
+\tcount(left, SIZE);
+\tcount(right);
 \t/* caf\xc3\xa9 */
\x20
 \treturn left;
@@ -20,3 +21,3 @@ int more(void)
 \tif (x)
-\t\tstop();
+\t\tgo();
 }
"""
STAT = b" mm/x.c | 5 +++--\n 1 file changed, 3 insertions(+), 2 deletions(-)\n"
HEADERS = b"From: A <a@example.org>\nSubject: [PATCH] mm: count\n twice\nMessage-ID: <1@example.org>\n"
MAIL = HEADERS + b"\nWhy.\n---\n" + STAT + b"\n" + DIFF + b"-- \n2.47.0\n\n"


def quote(data: bytes, mark: bytes = b"> ") -> bytes:
    """Return what a mailer makes of a text that it quotes: an empty line gets no blank."""
    return b"".join((mark + line if line else mark.rstrip()) + b"\n" for line in data.removesuffix(b"\n").split(b"\n"))


def stuff(data: bytes) -> bytes:
    """Return a text with the space-stuffing of format=flowed."""
    return b"".join(b" " * line.startswith(b" ") + line + b"\n" for line in data.removesuffix(b"\n").split(b"\n"))


def encoded(body: bytes, encoding: bytes, kind: bytes = b"text/plain; charset=utf-8") -> bytes:
    return HEADERS + b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body


def parts(*bodies: bytes, kind: bytes = b"mixed", end: bytes = b"\n--b=_1--\n") -> bytes:
    head = b"Content-Type: multipart/" + kind + b';\n boundary="b=_1"\n\npreamble'
    return HEADERS + head + b"".join(b"\n--b=_1\n" + body for body in bodies) + end


TEXT, HTML = b"Content-Type: text/plain\n\n", b"Content-Type: text/html\n\n"
ATTACHED = b"Content-Type: application/octet-stream; name=x.patch\nContent-Transfer-Encoding: base64\n\n"

READ = {
    "plain diff": DIFF,
    "no last newline": DIFF[:-1],
    "format-patch": MAIL,
    "mbox": b"From 0123456789 Mon Sep 17 00:00:00 2001\n" + MAIL,
    "From in the text": MAIL.replace(b"Why.", b"Why.\n\nFrom the above it follows.\n>From here, too."),
    "CRLF": MAIL.replace(b"\n", b"\r\n"),
    "plain CRLF": DIFF.replace(b"\n", b"\r\n"),
    "base64": encoded(base64.encodebytes(MAIL.split(b"\n\n", 1)[1]), b"base64"),
    "base64 CRLF": encoded(base64.encodebytes(DIFF.replace(b"\n", b"\r\n")), b"BASE64"),
    "quoted-printable": encoded(quopri.encodestring(b"Why =\n" + DIFF), b"quoted-printable"),
    "lying charset": encoded(DIFF, b"8bit", b"text/plain; charset=us-ascii"),
    "no such charset": encoded(DIFF, b"8bit", b"text/plain; charset*=idna''x-none; charset=\xff"),
    "broken content type": encoded(DIFF, b"8bit", b"text"),
    "attachment": parts(TEXT + b"Hello.\n", ATTACHED + base64.encodebytes(DIFF)),
    "alternative": parts(TEXT + DIFF, HTML + b"<p>" + DIFF, kind=b"alternative"),
    "signed": parts(TEXT + DIFF, b"Content-Type: application/pgp-signature\n\n...\n", kind=b"signed; protocol=x"),
    "part without headers": parts(b"\n" + DIFF),
    "forwarded": parts(TEXT + b"See below.\n", b"Content-Type: message/rfc822\n\n" + MAIL),
    "reply": HEADERS + b"\nOn Monday A wrote:\n" + quote(STAT + DIFF) + b"\nI like it.\n",
    "reply, no blank after the mark": HEADERS + b"\n" + quote(DIFF, b">"),
    "reply, twice quoted": HEADERS + b"\n" + quote(b"Words.\n" + quote(DIFF) + b"\nMore.\n"),
    "reply, twice quoted without blanks": HEADERS + b"\n" + quote(DIFF, b">> "),
    "comments between hunks": quote(DIFF).replace(b"> @@ -20", b"\n+1 for that.\n- Or not?\n\n> @@ -20"),
    "comments inside a hunk": quote(DIFF).replace(b"> +\tcount(r", b"\nWhy this?\n\nI ask.\n\n> +\tcount(r"),
    "stuffed": HEADERS + b"Content-Type: text/plain; format=flowed\n\n" + stuff(DIFF),
    "flowed but not stuffed": HEADERS + b"Content-Type: text/plain; format=flowed\n\n" + DIFF,
    "quoted and stuffed": quote(b"Words.\n" + stuff(STAT + DIFF)),
    "quoted, stuffed, no diffstat": quote(stuff(DIFF)),
    "archive": b"[v2 PATCH] mm: count twice\n\nA at example.org\n\n"
    + quote(stuff(DIFF))
    + b"\n\n\nMore information about\n",
    "prose at the same level": quote(b"Changelog.\n\n> An older word.\n\n" + DIFF + b"\nThanks.\n"),
    "blank context lines stripped": DIFF.replace(b"\n \n", b"\n\n"),
}


@pytest.mark.parametrize("case", READ)
def test_the_diff_comes_out_byte_for_byte(case: str) -> None:
    got = read_mail(READ[case], "m").diff
    assert got.replace(b"\n\n", b"\n \n") == DIFF


def test_subject_and_message_id() -> None:
    mail = read_mail(MAIL, "m")
    assert (mail.name, mail.subject, mail.message_id) == ("m", "[PATCH] mm: count twice", "<1@example.org>")
    assert read_mail(READ["archive"], "m").subject == "[v2 PATCH] mm: count twice"
    assert read_mail(b"Re: words\nSubject: x\nMessage-Id: <2@x>\nno colon here\n\n" + DIFF, "m").subject == "x"
    plain = read_mail(DIFF, "m")
    assert (plain.subject, plain.message_id) == ("", "")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"=?utf-8?q?caf=C3=A9?= =?iso-8859-1?b?6Q==?=", "caféé"),
        ("é".encode(), "é"),
        (b"\xe9", "é"),
        (b"=?no-such?q?=E9?=", "é"),
        (b"=?idna?q?=E9?=", "é"),
        (b"=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        (b"=?utf-8?b?\xc3\xa9\xc3\xa9?=", "=?utf-8?b?éé?="),
        (b"=?utf-8?q?a=0Ab=1B[2J?=", "a b [2J"),
    ],
)
def test_a_subject_is_one_line_of_text(raw: bytes, said: str) -> None:
    assert read_mail(b"Subject: " + raw + b"\n\n" + DIFF, "m").subject == said


def test_an_unstuffed_diff_stays_as_it_is() -> None:
    """Context of a comment starts with two blanks by itself."""
    comment = b"--- a/x.c\n+++ b/x.c\n@@ -2,2 +2,3 @@\n  * one\n+ * two\n  * three\n"
    assert read_mail(comment, "m").diff == comment
    assert read_mail(quote(comment), "m").diff == comment
    assert read_mail(HEADERS + b"\n" + comment, "m").diff == comment
    assert read_mail(quote(b" x.c | 1 +\n" + comment), "m").diff == comment
    assert read_mail(quote(b"  x.c | 1 +\n" + stuff(comment)), "m").diff == comment


def test_bytes_that_end_lines_elsewhere_are_kept() -> None:
    odd = "a\x0cb\x1cc\x85d\u2028e\x0bf\rg".encode() + b"\xff\x00"
    diff = b"--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,3 @@\n " + odd + b"\n+\t" + odd + b"\r\n b\r\n"
    for data in (diff, quote(diff), encoded(base64.encodebytes(diff), b"base64"), HEADERS + b"\n" + diff):
        assert read_mail(data, "m").diff == diff
    assert read_mail(diff.replace(b"\n", b"\r\n"), "m").diff == diff


def test_files_follow_each_other() -> None:
    other = DIFF.replace(b"x.c", b"y.c")
    assert read_mail(b"Words.\n\n" + DIFF + b"\nWords.\n" + other + b"--\nA\n", "m").diff == DIFF + other


SPACES = DIFF.replace(b"\t", b" " * 8)
WRAPPED = DIFF.replace(b"count(left, SIZE);", b"count(left,\nSIZE);")
BROKEN = {
    "empty": (b"", "line 1: no diff found"),
    "prose": (b"Hello.\n", "line 1: no diff found"),
    "cover letter": (HEADERS + b"\nWords.\n---\n" + STAT, "no diff found"),
    "wrapped": (WRAPPED, 'line 11: "SIZE\\);" inside hunk'),
    "wrapped, in a mail": (HEADERS + b"\n" + WRAPPED, "line 16: "),
    "wrapped when quoted": (quote(DIFF).replace(b"left, SIZE", b"left,\nSIZE"), "line 11: .*without the quote prefix"),
    "wrapped and quoted": (quote(WRAPPED), 'line 11: "SIZE'),
    "wrapped header": (DIFF.replace(b"static int walk", b"static\nint walk"), "line 6: .*no prefix"),
    "glued": (DIFF.replace(b" \n-\tc", b"-\tc"), "line 14: .*no prefix"),
    "glued at the end": (DIFF.replace(b" }\n", b""), "line 18: .*cut off"),
    "doubled": (DIFF.replace(b"\n", b"\n\n"), "no hunk"),
    "tabs lost": (SPACES.replace(b"x.c", b"y.c"), "line 1: the tabs of .* have become spaces"),
    "tabs lost, in a mail": (MAIL.replace(DIFF, SPACES), "have become spaces"),
    "indent lost": (DIFF.replace(b" \tint", b"\tint"), "line 7: .*no prefix"),
    "truncated": (DIFF[: DIFF.index(b"+\t\tgo")], "cut off"),
    "truncated between hunks": (MAIL[: MAIL.index(b"@@ -20")], "2 added lines where the diffstat counts 3"),
    "truncated between files": (MAIL.replace(b"1 file", b"2 files"), "1 files where the diffstat counts 2"),
    "hunk snipped": (quote(DIFF[: DIFF.index(b"@@ -4")] + DIFF[DIFF.index(b"@@ -20") :]), "one is missing"),
    "hunk snipped with a mark": (quote(DIFF.replace(b"@@ -20", b"[...]\n@@ -20")), "stands apart"),
    "lines snipped": (quote(DIFF.replace(b" \t/* caf\xc3\xa9 */\n", b"...\n")), "no prefix"),
    "counts": (DIFF.replace(b"+4,8", b"+4,7"), "do not match"),
    "two levels": (DIFF + quote(DIFF), "line 20: a second diff is quoted differently"),
    "HTML only": (HEADERS + HTML + b"<pre>" + DIFF, "HTML only"),
    "HTML part only": (parts(HTML + DIFF), "HTML only"),
    "HTML page": (b"\n<!DOCTYPE html>\n<pre>\n" + DIFF, "page of HTML"),
    "image only": (parts(b"Content-Type: image/png\n\n" + DIFF), "no text"),
    "combined": (DIFF.replace(b"diff --git a/mm/x.c b/mm/x.c", b"diff --cc mm/x.c"), "line 1: a combined diff"),
    "binary": (b"diff --git a/x.c b/x.c\nindex 1111111..2222222\nGIT binary patch\nliteral 1\n", "line 1: a C file"),
    "two mails": (b"".join(b"From 01 Mon Sep 17 00:00:00 2001\n" + MAIL for _ in "ab"), "holds 2 mails"),
    "two parts": (parts(TEXT + DIFF, TEXT + DIFF), "2 parts of the mail hold a diff"),
    "no end": (parts(TEXT + DIFF, end=b""), "end of a multipart body is missing"),
    "no boundary": (HEADERS + b"Content-Type: multipart/mixed\n\n" + DIFF, "end of a multipart body is missing"),
    "bad base64": (encoded(base64.encodebytes(DIFF) + b"-- \nfooter\n", b"base64"), 'line \\d+: "-- " is not base64'),
    "cut base64": (encoded(base64.encodebytes(DIFF)[:-2], b"base64"), "damaged base64"),
    "bad quoted-printable": (encoded(DIFF + b"a=b\n", b"quoted-printable"), "not quoted-printable"),
    "unknown encoding": (encoded(DIFF, b"x-uue"), "unknown transfer encoding"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_damage_is_refused_in_one_line(case: str) -> None:
    data, why = BROKEN[case]
    with pytest.raises(InputError, match=why) as caught:
        read_mail(data, "m")
    assert str(caught.value).startswith("m: ")
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value), "what to do"


def test_each_cap_is_named_when_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = HEADERS + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000))
    with pytest.raises(InputError, match="more than 10 levels"):
        read_mail(deep + TEXT + DIFF + b"".join(b"--%d--\n" % n for n in range(1999, -1, -1)), "m")
    with pytest.raises(InputError, match="more than 10 levels"):
        read_mail(HEADERS + b"Content-Type: message/rfc822\n\n" * 2000 + DIFF, "m")
    with pytest.raises(InputError, match="more than 100 parts"):
        read_mail(parts(*[TEXT + b"a\n"] * 200), "m")
    monkeypatch.setattr(module, "MAX_LINES", 10)
    with pytest.raises(InputError, match="more than 10 lines"):
        read_mail(DIFF, "m")
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="more than 10 bytes"):
        read_mail(DIFF, "m")


def test_a_cut_never_passes_unseen() -> None:
    """A mail cut anywhere is refused here or when it is applied, or lacks nothing but its last newline."""
    (whole,) = parse_diff(DIFF, "m")
    old = [b"".join(line[1:] for line in hunk.lines if line[:1] != b"+") for hunk in whole.hunks]
    before = b"top\n" * 3 + old[0] + b"mid\n" * 9 + old[1] + b"end\n"
    after = apply_diff(whole, before).after
    for at in range(len(DIFF) - 1):
        for data in (MAIL[: MAIL.index(DIFF) + at], quote(STAT + DIFF[:at]), quote(stuff(STAT + DIFF[:at]))):
            with pytest.raises(InputError):
                apply_diff(parse_diff(read_mail(data, "m").diff, "m")[0], before)
    assert apply_diff(parse_diff(read_mail(DIFF[:-1], "m").diff, "m")[0], before).after == after


PIECE = st.sampled_from(
    [
        *(
            DIFF,
            MAIL,
            HEADERS,
            STAT,
            TEXT,
            HTML,
            ATTACHED,
            quote(DIFF),
            quote(stuff(DIFF)),
            SPACES,
            b"\n",
            b"\r\n",
            b"> ",
        ),
        *(
            b"Content-Type: multipart/mixed; boundary=x\n\n",
            b"--x\n",
            b"--x--\n",
            b"Content-Transfer-Encoding: base64\n",
        ),
        *(
            b"Content-Transfer-Encoding: quoted-printable\n\n",
            b"Subject: =?x?b?=?=\n",
            b"From ",
            b"diff --git a/x b/x\n",
        ),
        *(
            b"Content-Type: message/rfc822\n\n",
            b"--- a/x\n+++ b/x\n",
            b"@@ -1 +1 @@\n",
            b"+a\n",
            b"-a\n",
            b"@@ -4,7 +4,8 @@\n",
        ),
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECE | st.binary(max_size=12), max_size=10).map(b"".join))
def test_nothing_but_an_input_error_comes_of_any_bytes(data: bytes) -> None:
    try:
        read_mail(data, "m")
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)


@pytest.mark.parametrize(
    "data", [b">" * 200_000, b"> " * 100_000 + b"\n", b"a:\n b\n" * 50_000, b"=?" * 400 + b"\n" + DIFF]
)
def test_hostile_mail_takes_no_quadratic_time(data: bytes) -> None:
    with pytest.raises(InputError) if DIFF not in data else pytest.MonkeyPatch.context():
        read_mail(data, "m")


@pytest.mark.parametrize("name", ["v8-reply.txt", "v7.patch"])
def test_the_real_mails_are_read(name: str) -> None:
    if not INPUTS.is_dir():
        pytest.skip("the real mails are not beside the project")
    data = (INPUTS / "mail" / name).read_bytes()
    mail = read_mail(data, name)
    assert mail.subject.endswith("PATCH] arm64: mm: show direct mapping use in /proc/meminfo")
    assert read_mail(data.replace(b"\n", b"\r\n"), name) == mail
    assert read_mail(mail.diff, name).diff == mail.diff
    assert mail.diff.count(b"\n@@ -") > 20
