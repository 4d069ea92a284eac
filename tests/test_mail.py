"""Mail as it really comes in: what is undone, and what is refused."""

from __future__ import annotations

import base64
import quopri
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, getaddresses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.limits import Limits
from lmlint.patch import mail as module
from lmlint.patch.diff import apply_diff, parse_diff
from lmlint.patch.mail import read_letter, read_mail
from lmlint.patch.subject import read_subject

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


def test_a_letter_tells_what_its_headers_and_trailers_say() -> None:
    commit, other = b"0123456789" * 4, b"abcdef0123" * 4
    text = (
        b"Why.\n---\nbase-commit: "
        + commit
        + b"\nprerequisite-patch-id: "
        + commit
        + b"\nprerequisite-patch-id: "
        + other
    )
    text += b"\nbase-commit: " + other + b"\nchange-id: 20260101-b4-x\nprerequisite-patch-id: none\n"
    head = b'From: "Doe, Jane (TI)" <J.Doe@Example.ORG>\nDate: Tue, 9 Jun 2026 17:06:31 -0700\n'
    head += b"Subject: Re: [RFC PATCH net-next v3\n 2/5] mm: x\nMessage-ID: <1@x>\nIn-Reply-To: <0@x>\n"
    head += b"References: <a@x>\n\t<0@x>\n\n"
    letter = read_letter(head + text, "m")
    mail = letter.mail
    assert (letter.holds, mail.diff, mail.author, mail.sent) == ("nothing", b"", "j.doe@example.org", 1781050000 - 9)
    assert (mail.number, mail.total, mail.version, mail.title, mail.reply) == (2, 5, 3, "mm: x", True)
    assert (mail.in_reply_to, mail.references) == (("<0@x>",), ("<a@x>", "<0@x>"))
    assert (mail.base_commit, mail.change_id) == (commit.decode(), "20260101-b4-x")
    assert mail.prerequisites == (commit.decode(), other.decode())
    whole = read_mail(head + text + DIFF, "m")
    assert whole == replace(mail, diff=DIFF, data=head + text + DIFF)
    assert read_letter(head + text + quote(DIFF), "m").holds == "quoted"
    assert read_letter(head + text + DIFF[:-9], "m").holds == "diff"
    assert read_letter(HEADERS + HTML + DIFF, "m").holds == "unreadable"
    assert read_letter(encoded(b"!", b"base64"), "m").mail.subject == "[PATCH] mm: count twice"
    assert read_mail(READ["archive"], "m").reply
    with pytest.raises(InputError, match="limit `bytes`"):
        read_letter(DIFF, "m", Limits(bytes=9))


@pytest.mark.parametrize(
    "raw",
    [
        *('"Doe, Jane (TI)" <j@x.org>', "Jane <J@X.org>", "j@x.org", "j@x.org (Jane, D <no@no>)", "<j@x.org>"),
        *('"a\\"<no@no>" <j@x.org>', "=?utf-8?q?J=C3=A9?= <j@x.org>", "Jane via L <j@x.org>, Bob <b@x.org>"),
    ],
)
def test_the_author_is_an_address(raw: str) -> None:
    mail = read_mail(b"From: " + raw.encode() + b"\nSubject: x\n\n" + DIFF, "m")
    assert mail.author == getaddresses([raw])[0][1].lower() == "j@x.org"


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 (the zone follows)
def test_a_date_is_read_as_the_standard_library_reads_it(naive: datetime, minutes: int) -> None:
    when = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    data = b"Date: " + format_datetime(when).encode() + b"\nSubject: x\n\n" + DIFF
    assert read_mail(data, "m").sent == int(when.timestamp())


@pytest.mark.parametrize(
    "raw", [b"", b"yesterday", b"Mon, 31 Feb 2026 10:00:00 +0000", b"1 Foo 2026 10:00", b"9 Jun 0000 99:99"]
)
def test_a_date_that_is_none_is_0(raw: bytes) -> None:
    assert read_mail(b"Date: " + raw + b"\nSubject: x\n\n" + DIFF, "m").sent == 0


@pytest.mark.parametrize(
    ("subject", "number", "total", "version", "title"),
    [
        ("[PATCH v3 2/5] x", 2, 5, 3, "x"),
        ("[v8 PATCH] x: y", 0, 0, 8, "x: y"),
        ("[PATCH v6,19/24] x", 19, 24, 6, "x"),
        ("[RFC PATCH net-next] x", 0, 0, 1, "x"),
        ("[PATCH 2/5 v3] x", 2, 5, 3, "x"),
        ("[PATCHv2 02/10] x", 2, 10, 2, "x"),
        ("[PATCH net-next v2 1/3] x", 1, 3, 2, "x"),
        ("[RFC v2 PATCH 1/2] x", 1, 2, 2, "x"),
        ("[linux-next][PATCH v2 1/3] x", 1, 3, 2, "x"),
        ("[list] Re: [PATCH-v3 1/2] x", 1, 2, 3, "x"),
        ("[v6,19/24] x", 19, 24, 6, "x"),
        ("[PATCH [v2] 1/2] x", 1, 2, 2, "x"),
        ("[PATCH 3 of 7] x", 3, 7, 1, "x"),
        ("[PATCH 2/5v3] x", 2, 5, 3, "x"),
        ("[PATCH 5.10 01/10] x", 1, 10, 1, "x"),
        ("[PATCH v6.1 00/12] x", 0, 12, 1, "x"),
        ("[PATCH 6/5] x", 0, 0, 1, "x"),
        ("[PATCH v2", 0, 0, 1, "[PATCH v2"),
        ("x [PATCH v2 1/2]", 0, 0, 1, "x [PATCH v2 1/2]"),
        ("[PATCH] [ARM] x 1/2 v3", 0, 0, 1, "x 1/2 v3"),
        ("=?utf-8?q?=5BPATCH_v2_1/3=5D?= =?utf-8?q?_x?=", 1, 3, 2, "x"),
    ],
)
def test_the_tags_of_a_subject(subject: str, number: int, total: int, version: int, title: str) -> None:
    mail = read_mail(b"Subject: " + subject.encode() + b"\n\n" + DIFF, "m")
    assert (mail.number, mail.total, mail.version, mail.title) == (number, total, version, title)


WORDS = ["net-next", "RFC", "mm", "6.12", "stable", "-next", "bpf-next", "v6.1"]
COUNTS = st.tuples(st.integers(0, 40), st.integers(1, 40)).map(sorted).map(tuple)


@given(st.data())
def test_any_tag_made_of_the_parts_reads_back(data: st.DataObject) -> None:
    version = data.draw(st.none() | st.integers(1, 99), "version")
    count = data.draw(st.none() | COUNTS, "count")
    resend, reply = data.draw(st.booleans(), "resend"), data.draw(st.booleans(), "reply")
    parts = [*data.draw(st.lists(st.sampled_from(WORDS), max_size=3)), "PATCH", *["RESEND"] * resend]
    parts += [f"v{version}"] if version else []
    parts += [f"{count[0]:0{len(str(count[1]))}}/{count[1]}"] if count else []
    parts = data.draw(st.permutations(parts))
    if version and data.draw(st.booleans()):
        parts.remove(f"v{version}")
        parts[parts.index("PATCH")] = f"PATCHv{version}"
    tag = f"[{data.draw(st.sampled_from([' ', ', ', ',', '] [', '][', '  '])).join(parts)}]"
    tag = data.draw(st.sampled_from([tag, tag.lower(), tag.upper()]), "tag")
    tags = read_subject(f"{'Re: ' * reply}{tag} mm: do v9 7/8 [x]")
    said = (tags.title, tags.version, (tags.number, tags.total), tags.patch, tags.resend, tags.reply)
    assert said == ("mm: do v9 7/8 [x]", version or 1, count or (0, 0), True, resend, reply)


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


FLOWED = b"Content-Type: text/plain; charset=utf-8; format=flowed"


def flow(data: bytes, mark: bytes = b"") -> bytes:
    """Return a text as a mailer flows it: stuffed, soft breaks after some blanks, fixed lines without trailing ones."""
    out = []
    for line in data.removesuffix(b"\n").split(b"\n"):
        pieces = re.split(rb"(?<=, )", line.rstrip(b" "))
        for piece in pieces:
            stuffed = b" " * (piece[:1] in {b" ", b">", b"F"}) + piece
            out.append((mark + stuffed if stuffed or not mark else mark.rstrip()) + b"\n")
    return b"".join(out)


@pytest.mark.parametrize("mark", [b"", b"> "])
def test_soft_line_breaks_of_a_flowed_text_are_joined(mark: bytes) -> None:
    flowed = flow(STAT + b"\n" + DIFF, mark)
    assert b"count(left, \n" in flowed, "a line is broken"
    words = b"On Monday A wrote:\n" if mark else b""
    mail = HEADERS + FLOWED + b"\n\n" + words + flowed
    for data in (mail, mail.replace(b"\n", b"\r\n")):
        assert read_mail(data, "m").diff.replace(b"\n\n", b"\n \n") == DIFF
    delsp = flowed.replace(b", \n", b",  \n")
    data = HEADERS + FLOWED + b"; DelSp=yes\n\n" + words + delsp
    assert read_mail(data, "m").diff.replace(b"\n\n", b"\n \n") == DIFF
    with pytest.raises(InputError, match=r"no prefix|without the quote prefix"):
        read_mail(mail.replace(b"; format=flowed", b""), "m")
    lines = mail.count(b"\n", 0, mail.index(b"@@ -20")) + 1
    with pytest.raises(InputError, match=r"^m: line \d+: ") as caught:  # a line of the mail, not of the joined text
        read_mail(re.sub(rb"\n[^\n]*\treturn left;", b"", mail), "m")
    assert int(str(caught.value).split()[2].rstrip(":")) < lines


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "UTF_16BE", "utf-32", "utf-7", "cp037", "CP500"])
def test_a_charset_without_ascii_is_converted(charset: str) -> None:
    text = DIFF.decode().replace("é", "e" if charset in {"cp037", "CP500"} else "é")
    kind = b"text/plain; charset=" + charset.encode()
    body = text.encode(charset)
    assert body != text.encode()
    mail = encoded(base64.encodebytes(body), b"base64", kind)
    assert read_mail(mail, "m").diff == text.encode()
    if charset in {"utf-16", "utf-32"}:
        with pytest.raises(InputError, match=f"^m: line 8: the text is no valid {charset}"):
            read_mail(encoded(base64.encodebytes(body[:-1]), b"base64", kind), "m")
    # The claim is a lie: the bytes stay.
    assert read_mail(encoded(DIFF, b"8bit", kind), "m").diff == DIFF


@pytest.mark.parametrize(
    "charset", ["latin-1", "shift_jis", "gb18030", "iso-2022-jp", "idna", "bz2", "no-such", "utf-8"]
)
def test_the_bytes_of_other_charsets_stay(charset: str) -> None:
    kind = b'text/plain; charset="' + charset.encode() + b'"'
    assert read_mail(encoded(DIFF + b"\\ x\n", b"8bit", kind), "m").diff.startswith(DIFF)


def test_a_charset_that_doubles_the_tilde() -> None:
    plain, kind = DIFF.decode().replace("é", "\u4e2d").replace("= 8", "= ~8"), b"text/plain; charset=hz"
    body = plain.encode("hz")
    assert b"= ~~8" in body
    assert read_mail(encoded(body, b"7bit", kind), "m").diff == plain.encode()
    with pytest.raises(InputError, match="line 8: the text is no valid hz"):
        read_mail(encoded(DIFF.replace(b"= 8", b"= ~8"), b"8bit", kind), "m")


def test_a_byte_order_mark_hides_no_line() -> None:
    mark = b"\xef\xbb\xbf"
    assert read_mail(mark + DIFF, "m").diff == DIFF
    assert read_mail(encoded(base64.encodebytes(mark + DIFF), b"base64"), "m").diff == DIFF
    with pytest.raises(InputError, match=r"^m: line 1: a file in UTF-16, as PowerShell writes it; "):
        read_mail(DIFF.decode().encode("utf-16"), "m")


SPACES = DIFF.replace(b"\t", b" " * 8)
WRAPPED = DIFF.replace(b"count(left, SIZE);", b"count(left,\nSIZE);")
PLAIN = DIFF.replace(b"\xc3\xa9", b"e")
BROKEN = {
    "blanks squeezed": (PLAIN.replace(b"\t\t", b" ").replace(b"\t", b" "), "line 1: the blanks of .* squeezed to one"),
    "indent stripped": (PLAIN.replace(b"\t", b"").replace(b"int left = 8", b"break"), "lost their indent"),
    "hard blanks": (
        SPACES.replace(b" " * 8, b"\xc2\xa0" * 8),
        "line 7: non-breaking spaces stand in place of blanks inside",
    ),
    "hard blanks as indent": (
        PLAIN.replace(b"\t", b"\xc2\xa0" * 8),
        "line 1: non-breaking spaces stand in place of the blanks",
    ),
    "hard blanks, all": (DIFF.replace(b" ", b"\xc2\xa0"), "line 1: non-breaking spaces stand in place of the diff's"),
    "hard blanks, latin-1": (PLAIN.replace(b" ", b"\xa0"), "line 1: non-breaking spaces stand in place of the diff's"),
    "hard blanks at the front": (DIFF.replace(b"\n \t", b"\n\xc2\xa0\t"), "line 7: non-breaking spaces"),
    "entities": (DIFF.replace(b"left = 8", b"p-&gt;left = 8"), "HTML entities"),
    "quoted-printable without its header": (
        DIFF.replace(b" = 8", b" =3D 8").replace(b"go()", b"go(a =3D b)"),
        "header is lost",
    ),
    "blank lines lost": (DIFF.replace(b" \n", b""), "line 13: .*wrapped, glued or cut off"),
    "blank lines doubled": (DIFF.replace(b"\n \n", b"\n \n \n"), "line 16: .*more lines than"),
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
    with pytest.raises(InputError, match=r"more than 10 bytes \(limit `bytes`\)"):
        read_mail(DIFF, "m", Limits(bytes=10))
    two = DIFF + DIFF.replace(b"mm/x.c", b"mm/y.c")
    with pytest.raises(InputError, match=r"^m: line 20: more than 1 files \(limit `files`\)"):
        read_mail(two, "m", Limits(files=1))
    with pytest.raises(InputError, match=r"^m: line 15: more than 1 hunks \(limit `hunks`\)"):
        read_mail(DIFF, "m", Limits(hunks=1))
    monkeypatch.setattr(module, "MAX_LINES", 10)
    with pytest.raises(InputError, match="more than 10 lines"):
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


HOSTILE = [
    *(b">" * 200_000, b"> " * 100_000 + b"\n", b"a:\n b\n" * 50_000, b"=?" * 400 + b"\n" + DIFF),
    *(b"Subject: x\nReferences:" + b"\n <a@b>" * 300_000 + b"\n\n", b"Subject: " + b"[" * 500_000 + b"\n\n"),
    HEADERS + FLOWED + b"\n\n" + DIFF[:-40] + b"+a \n" * 300_000,
    HEADERS + b"Content-Type: text/plain" + b';a="\\' * 300_000 + b"\n\n",
    b"From: " + b'"(' * 300_000 + b"\nDate: " + b"1 " * 300_000 + b"\n\n",
    HEADERS + b"\n" + b"> " * 300_000 + b"base-commit: 1\n" * 10_000,
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_mail_takes_no_quadratic_time(data: bytes) -> None:
    read_letter(data, "m")
    with pytest.raises(InputError) if DIFF not in data else pytest.MonkeyPatch.context():
        read_mail(data, "m")


@pytest.mark.parametrize("name", ["v8-reply.txt", "v7.patch"])
def test_the_real_mails_are_read(name: str) -> None:
    if not INPUTS.is_dir():
        pytest.skip("the real mails are not beside the project")
    data = (INPUTS / "mail" / name).read_bytes()
    mail = read_mail(data, name)
    assert mail.subject.endswith("PATCH] arm64: mm: show direct mapping use in /proc/meminfo")
    assert replace(read_mail(data.replace(b"\n", b"\r\n"), name), data=data) == mail
    assert read_mail(mail.diff, name).diff == mail.diff
    assert mail.diff.count(b"\n@@ -") > 20
