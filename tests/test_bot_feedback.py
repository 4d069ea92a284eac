"""What people tell the bot: read from their own words only, proved by real signatures, and obeyed once."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dkim  # type: ignore[import-untyped]
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from lmlint.bot.authentic import Proof, prove
from lmlint.bot.feedback import FIRST_PAUSE, MOST_RECHECKS, TRIES, obey, retry
from lmlint.bot.rows import MailRow
from lmlint.bot.settings import ListSettings, Settings, Transport
from lmlint.bot.signature import Patience, dns_texts
from lmlint.bot.spoken import MOST, commands, of_lines
from lmlint.bot.store import Store
from lmlint.cli import main
from lmlint.error import InputError
from tests.botwork import FINDING, MAIL, MAIL_OUT, PATCH, SERIES
from tests.dnsserver import NameServer
from tests.followed import DAY, HOUR, Followed, header, story, told
from tests.outbox import settings as bot_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 4_000_000_000
"""Later than the time at which the signatures are made, which is that of the clock."""
AUTHOR, MAINTAINER = "a@x.org", "chief@kernel.example"
ID, OTHER_ID = "deadbeef", "0badcafe"
THREAD = "<m@x>"
HEADER = [
    b"From: A U Thor <a@x.org>",
    b"To: list@lists.example",
    b"Subject: Re: [PATCH] mm: x",
    b"Date: Tue, 14 Nov 2023 22:13:20 +0000",
    b"Message-ID: <r1@x.org>",
    b"In-Reply-To: <o@x>",
    b"References: <m@x> <o@x>",
    b"Content-Type: text/plain; charset=utf-8",
]
BODY = b"Hello,\n\n#lmlint: wrong deadbeef\n"
SIGNED = [b"from", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"content-type"]


def letter(body: bytes = BODY, **changed: bytes | None) -> bytes:
    """Return a mail to sign: `from_` and so on take the place of its fields, None leaves one out."""
    lines = {line.partition(b":")[0].decode().lower(): line for line in HEADER}
    for key, value in changed.items():
        name = key.rstrip("_").replace("_", "-")
        lines[name] = b"" if value is None else name.title().encode() + b": " + value
    return b"\n".join(filter(None, lines.values())) + b"\n\n" + body


@dataclass(frozen=True)
class World:
    """Who can sign what, and the name server that has the keys."""

    key: bytes
    server: NameServer

    def sign(self, data: bytes, domain: bytes = b"x.org", selector: bytes = b"s", **options: object) -> bytes:
        given = {"include_headers": SIGNED, "linesep": b"\n", **options}
        made: bytes = dkim.sign(data, selector, domain, self.key, **given)
        return made.replace(b"\r\n", b"\n") + data

    def zone(self, name: str) -> tuple[bytes, ...] | None:
        return dns_texts(name, self.server.resolver())

    def prove(self, data: bytes, author: str = AUTHOR, authserv: tuple[str, ...] = ()) -> Proof:
        return prove(data, author, NOW, authserv, self.zone)


@pytest.fixture(scope="module")
def key() -> tuple[bytes, bytes]:
    """Return a private key and its public record, made by a real program."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a key with")
    made = subprocess.run(
        ["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True, timeout=60
    ).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=made, check=True, capture_output=True, timeout=60
    ).stdout
    return made, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture
def world(key: tuple[bytes, bytes]) -> Iterator[World]:
    private, record = key
    names = ("x.org", "kernel.example", "evil.example", "org")
    with NameServer({f"s._domainkey.{name}.": record for name in names}) as server:
        yield World(private, server)


# What is spoken.


def verbs(body: bytes, **fields: bytes) -> list[tuple[str, str]]:
    return [(one.verb, one.finding) for one in commands(letter(body, **fields), "m")]


def test_the_commands_of_a_mail() -> None:
    body = (
        b"#lmlint: wrong deadbeef\n#LMLINT:WontFix  0BADCAFE - it is\x1b meant\n#lmlint: recheck\r\n"
        b"#lmlint: stop -- enough \xe2\x80\x94 really\n#lmlint: wrong [deadbeef].\n#lmlint: obey me\n"
    )
    found = commands(letter(body), "m")
    assert [(one.verb, one.finding, one.line, one.why) for one in found] == [
        ("wrong", "deadbeef", 1, ""),
        ("wontfix", "0badcafe", 2, "it is\\x1b meant"),
        ("recheck", "", 3, ""),
        ("stop", "", 4, "enough \u2014 really"),
        ("wrong", "deadbeef", 5, ""),
        ("", "", 6, "obey me"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"> #lmlint: stop\n",
        b">> #lmlint: stop\n",
        b" #lmlint: stop\n",
        b"please #lmlint: stop\n",
        b'reply with "#lmlint: stop"\n',
        b"> quoted\r#lmlint: stop\n",
        b"-- \n#lmlint: stop\n",
        b"--\n#lmlint: stop\n",
        b"-- \t\n#lmlint: stop\n",
        b"diff --git a/b b/b\n#lmlint: stop\n",
        b"--- a/b\n+++ b/b\n#lmlint: stop\n",
        b"@@ -1 +1 @@\n#lmlint: stop\n",
        b"-----Original Message-----\nFrom: a@x.org\n\n#lmlint: stop\n",
        b"---------- Forwarded message ---------\n#lmlint: stop\n",
        b"________________________________\nFrom: a@x.org\n#lmlint: stop\n",
        b"#lmlint stop\n",
        b"\n",
        b"",
    ],
)
def test_what_is_not_said_by_the_author(body: bytes) -> None:
    assert verbs(b"Hello,\n" + body) == []


def test_what_stands_between_quotes_is_said() -> None:
    assert verbs(b"> diff --git a/b b/b\n> -- \n#lmlint: stop\n> more\n---\n#lmlint: recheck\n") == [
        ("stop", ""),
        ("recheck", ""),
    ]


@pytest.mark.parametrize("text", ["wrong", "wrong deadbee", "wrong deadbeef0", "wrong g0000000", "stop deadbeef",
                                  "wrong deadbeef because", "\u017ftop", "rechec\u212a", "stopped"])  # fmt: skip
def test_what_is_not_understood(text: str) -> None:
    assert verbs(f"#lmlint: {text}\n".encode()) == [("", "")]


def part(kind: bytes, text: bytes, more: bytes = b"") -> bytes:
    return b"--B\nContent-Type: " + kind + b"\n" + more + b"\n" + text + b"\n"


MIXED = b"multipart/mixed; boundary=B"
SAID = b"#lmlint: stop\n"


@pytest.mark.parametrize(
    ("body", "is_said"),
    [
        (part(b"text/plain", SAID) + part(b"text/plain", b"a list's footer") + b"--B--\n", True),
        (part(b"text/plain", b"see attachment") + part(b"text/plain", SAID) + b"--B--\n", False),
        (part(b"text/plain", SAID, b"Content-Disposition: attachment; filename=a\n") + b"--B--\n", False),
        (part(b"message/rfc822", b"From: a@x.org\nSubject: x\n\n" + SAID) + b"--B--\n", False),
        (part(b"text/html", SAID) + b"--B--\n", False),
        (part(b"text/x-patch", SAID) + b"--B--\n", False),
        (part(b"multipart/alternative; boundary=C", b"--C\n\n" + SAID + b"--C--\n") + b"--B--\n", True),
        (part(b"text/plain", base64.b64encode(SAID), b"Content-Transfer-Encoding: base64\n") + b"--B--\n", True),
        (SAID + part(b"text/plain", b"preamble") + b"--B--\n", False),
    ],
)
def test_only_the_first_part_is_the_author_s_own(body: bytes, is_said: bool) -> None:  # noqa: FBT001  # of a table
    assert verbs(body, content_type=MIXED) == ([("stop", "")] if is_said else [])


def test_a_damaged_text_is_an_error() -> None:
    for body in (part(b"text/plain", SAID), b"nothing"):
        with pytest.raises(InputError, match="no end"):
            commands(letter(body, content_type=MIXED), "m")
    with pytest.raises(InputError, match="base64"):
        commands(letter(SAID, content_transfer_encoding=b"base64"), "m")


WORDS = st.sampled_from(
    [b"#lmlint: stop", b"#lmlint:", b"> ", b"\n", b"\r", b"-- ", b"diff --git a b", b"wrong", b" deadbeef", b" - why",
     b"\xff", b"\xe2\x80\xae", b"\0", b"#lmlint: wrong deadbeef", b"x", b"\t"]
)  # fmt: skip


@given(st.lists(WORDS | st.binary(max_size=9), max_size=30).map(b"".join))
def test_any_text_gives_known_commands_from_the_start_of_lines(text: bytes) -> None:
    lines = text.split(b"\n")
    found = of_lines(lines)
    assert len(found) <= MOST + 1
    for one in found:
        line = lines[one.line - 1]
        assert line.lower().startswith(b"#lmlint")
        assert one.verb in {"", "wrong", "wontfix", "stop", "recheck"}
        assert bool(one.finding) == (one.verb in {"wrong", "wontfix"})
        assert one.verb == "" or one.verb.encode() in line.lower()
        assert re.fullmatch(r"|[0-9a-f]{8}", one.finding)
        assert one.finding.encode() in line.lower()
        assert one.why.isprintable()
        assert not {b"--", b"-- "} & {earlier.rstrip(b"\r") for earlier in lines[: one.line]}


@given(st.lists(st.sampled_from(["wrong", "wontfix"]), max_size=40), st.data())
def test_what_is_written_is_read(given_verbs: list[str], data: st.DataObject) -> None:
    ids = [data.draw(st.from_regex(r"[0-9a-f]{8}", fullmatch=True)) for _ in given_verbs]
    text = "".join(f"> q\n#lmlint: {verb} {one} - r {one}\n" for verb, one in zip(given_verbs, ids, strict=True))
    read = of_lines(text.encode().split(b"\n"))
    assert [(one.verb, one.finding, one.why) for one in read] == [
        (verb, one, f"r {one}") for verb, one in zip(given_verbs, ids, strict=True)
    ][: MOST + 1]


# What is proved by a signature.


@pytest.mark.parametrize("canonicalize", [(b"simple", b"simple"), (b"relaxed", b"relaxed")])
def test_a_good_signature(world: World, canonicalize: tuple[bytes, bytes]) -> None:
    signed = world.sign(letter(), canonicalize=canonicalize)
    assert world.prove(signed) == Proof("dkim x.org", threaded=True)
    assert world.prove(signed.replace(b"\n", b"\r\n")) == Proof("dkim x.org", threaded=True)
    assert world.prove(b"From a@x.org Tue Nov 14 22:13:20 2023\n" + signed).by == "dkim x.org"
    assert world.prove(b"DKIM-Signature: v=1; d=lists.example; junk\n" + signed).by == "dkim x.org"
    assert world.server.asked[-1] == "s._domainkey.x.org."


def test_a_signature_with_ed25519(world: World) -> None:
    private = SigningKey.generate()
    world.server.records["e._domainkey.x.org."] = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(
        bytes(private.verify_key)
    )
    edwards = replace(world, key=base64.b64encode(bytes(private)))
    signed = edwards.sign(letter(), selector=b"e", signature_algorithm=b"ed25519-sha256")
    assert world.prove(signed).by == "dkim x.org"
    assert world.prove(signed.replace(b"deadbeef", b"0badcafe")).why == "the DKIM signature is not good"


def test_a_subdomain_is_proved_by_the_domain_above_it_and_not_the_other_way(world: World) -> None:
    below = letter(from_=b"a@mail.x.org")
    assert world.prove(world.sign(below), "a@mail.x.org").by == "dkim x.org"
    world.server.records["s._domainkey.mail.x.org."] = world.server.records["s._domainkey.x.org."]
    assert "is of mail.x.org" in world.prove(world.sign(letter(), b"mail.x.org")).why
    world.server.records["s._domainkey.il.x.org."] = world.server.records["s._domainkey.x.org."]
    assert "is of il.x.org" in world.prove(world.sign(below, b"il.x.org"), "a@mail.x.org").why
    assert "is of evilx.org" in world.prove(world.sign(letter(), b"evilx.org")).why
    assert "names no domain" in world.prove(world.sign(letter(), b"org")).why


def unfit(data: bytes) -> list[tuple[str, bytes]]:
    """Return what may be done to a signed mail by somebody on its way, with a name."""
    head, _, body = data.partition(b"\n\n")
    chief = b"From: chief@x.org"
    return [
        ("the body is changed", data.replace(b"deadbeef", b"0badcafe")),
        ("the body is longer", data + b"#lmlint: stop\n"),
        ("the text is changed to another case", data.replace(b"Hello", b"HELLO")),
        ("From is changed", data.replace(b"a@x.org", b"chief@x.org")),
        ("a second From before", chief + b"\n" + data),
        ("a second From after", head + b"\n" + chief + b"\n\n" + body),
        ("a From that one reader skips and another reads", data.replace(b"From:", b"From : chief@x.org\nFrom:", 1)),
        ("a From that hides behind a carriage return", data.replace(b"Subject:", b"X: y\r" + chief + b"\nSubject:")),
        ("a line that is no field", data.replace(b"Subject:", b"nothing\nSubject:", 1)),
        ("a folded line at the top", b" x\n" + data),
        ("a folded From", data.replace(b"From: A U Thor", b"From: chief@x.org,\n A U Thor")),
        ("the signature is gone", data[data.index(b"From:") :]),
        ("the signature names another selector", data.replace(b"s=s;", b"s=t;", 1)),
        ("the thread is another", data.replace(b"References: <m@x>", b"References: <n@x>")),
        ("a second thread", data.replace(b"References:", b"References: <n@x>\nReferences:", 1)),
        ("the text is said to be encoded", data.replace(b"Subject:", b"Content-Transfer-Encoding: base64\nSubject:")),
        ("the text is said to be in parts", data.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=B")),
        ("a second type", data.replace(b"Content-Type:", b"Content-Type: text/html\nContent-Type:", 1)),
        ("the signature is cut", re.sub(rb" b=[^;]{9}", b" b=", data, count=1)),
        ("the length is left open", data.replace(b"v=1;", b"v=1; l=5;", 1)),
        ("it has expired", data.replace(b"v=1;", b"v=1; x=1600000000;", 1)),
        ("a tag is there twice", data.replace(b"v=1;", b"v=1; d=x.org;", 1)),
        ("a signature of blanks", data.replace(b"v=1;", b"v=1;" + b" " * 5000, 1)),
        ("a long line", data + b"x" * 1001 + b"\n"),
    ]


def test_forged_mails_prove_nothing(world: World) -> None:
    signed = world.sign(letter())
    for name, forged in unfit(signed):
        assert forged != signed, name
        for author in (AUTHOR, "chief@x.org"):
            proof = world.prove(forged, author)
            assert (proof.by, proof.later) == ("", False), name
            assert proof.why, name
    assert world.prove(signed, "chief@x.org").why == "From is not one plain address"


def test_a_hostile_mail_takes_no_time(world: World) -> None:
    signed = world.sign(letter())
    start = time.process_time()
    blanks = b"\n".join([(b" " * 199 + b"x") * 4] * 300)
    for hostile in (
        world.sign(letter(blanks), canonicalize=(b"relaxed", b"relaxed")),
        world.sign(letter(b"x" + b" " * 10**6)),
        signed.replace(b"v=1;", b"v=1; " + b"\n " * 20_000, 1),
        signed.replace(b"v=1;", b"v=1; z=" + b"a \n " * 2000 + b";", 1),
        signed.replace(b"From:", b"From: " + b"(" * 50_000 + b"\nX:", 1),
        RECEIVED + b"Authentication-Results: " + b"(" * 10**6 + b"\n" + signed,
        letter(part(b"multipart/mixed; boundary=B", b"") * 5000, content_type=MIXED),
    ):
        world.prove(hostile, authserv=(MX,))
        with suppress(InputError):
            commands(hostile, "m")
    assert time.process_time() - start < 5


def test_what_a_signature_must_not_leave_open(world: World) -> None:
    def why(**options: bool | bytes) -> str:
        return world.prove(world.sign(letter(), b"x.org", b"s", **options)).why

    assert "l=" in why(length=True)
    assert "cover From" not in why()
    assert "of a kind" in why(signature_algorithm=b"rsa-sha1")
    stranger = world.sign(letter(from_=b"a@evil.example"), b"evil.example")
    assert world.prove(stranger, "a@evil.example").by == "dkim evil.example"  # who is believed, and may say nothing
    assert "is of evil.example" in world.prove(world.sign(letter(), b"evil.example")).why
    no_from = re.sub(rb"h=from *:", b"h=", world.sign(letter()).replace(b"\n ", b" "), count=1)
    assert "cover From" in world.prove(no_from).why
    assert world.prove(letter()).why == "no DKIM signature"
    for long in (b"x" * 1000, b"x" + b" " * 200 + b"x"):
        assert "a long run of blanks" in world.prove(world.sign(letter(long))).why
    assert world.prove(world.sign(letter(b"x" * 998 + b"\n" + b" " * 199 + b"x"))).by
    wide = world.sign(letter()).replace(b"v=1;", b"v=1;" + b" " * 40, 1)
    assert world.prove(wide).why == "the DKIM signature cannot be read"
    dated = world.sign(letter()).replace(b"v=1;", b"v=1; x=3999999999;", 1)
    assert "has expired" in world.prove(dated).why  # for us, while the clock of the library says otherwise
    assert "not good" in world.prove(dated.replace(b"x=3999999999", b"x=4000000001")).why
    assert "of the future" in prove(world.sign(letter()), AUTHOR, 1_700_000_000, (), world.zone).why


def test_a_thread_that_is_not_covered_is_not_proved(world: World) -> None:
    covered = [b"from", b"date", b"content-type"]
    proof = world.prove(world.sign(letter(), include_headers=covered))
    assert (proof.by, proof.threaded) == ("dkim x.org", False)
    bare = letter(in_reply_to=None, references=None)
    replayed = world.sign(bare, include_headers=covered).replace(b"Subject:", b"References: <m@x>\nSubject:")
    assert not world.prove(replayed).threaded
    oversigned = world.sign(bare, include_headers=SIGNED).replace(b"Subject:", b"References: <m@x>\nSubject:")
    assert world.prove(oversigned).by == ""


def test_a_type_that_is_not_covered_must_change_nothing(world: World) -> None:
    covered = [b"from", b"date", b"references", b"in-reply-to"]
    plain = world.sign(letter(content_type=None), include_headers=covered)
    assert world.prove(plain).by == "dkim x.org"

    def claimed(data: bytes, field: bytes) -> Proof:
        return world.prove(data.replace(b"Subject:", field + b"\nSubject:", 1))

    assert claimed(plain, b"Content-Type: text/plain; charset=iso-8859-1").by
    assert claimed(plain, b"Content-Transfer-Encoding: 8bit").by
    assert claimed(plain, b"Content-Transfer-Encoding: quoted-printable").by
    assert not claimed(plain, b"Content-Type: multipart/mixed; boundary=B").by
    hidden = world.sign(letter(b"=23lmlint: stop\n", content_type=None), include_headers=covered)
    assert claimed(hidden, b"X-Nothing: 1").by
    assert not claimed(hidden, b"Content-Transfer-Encoding: quoted-printable").by
    seven = world.sign(letter(b"+ACM-lmlint: stop\n", content_type=None), include_headers=covered)
    assert not claimed(seven, b"Content-Type: text/plain; charset=utf-7").by
    attached = part(b"text/plain", b"see there") + part(b"text/plain", SAID) + b"--B--\n"
    mixed = world.sign(letter(attached, content_type=MIXED), include_headers=covered)
    assert not world.prove(mixed).by
    assert not world.prove(mixed.replace(MIXED, b"text/plain")).by
    assert world.prove(world.sign(letter(attached, content_type=MIXED))).by == "dkim x.org"


@pytest.mark.parametrize(
    "record",
    [b"", b"v=DKIM1; p=", b"v=DKIM2; p=%s", b"k=rsa; t=y; p=%s", b"k=rsa; s=web; p=%s", b"k=rsa; h=sha1; p=%s",
     b"k=dsa; p=%s", b"p=AAAA", b"p=%s; p=%s", b"p=!!!", b"k=ed25519; p=AAAA", b"p=%s; n=" + b"A" * 1200, b"junk"]
)  # fmt: skip
def test_keys_that_are_none(world: World, record: bytes) -> None:
    signed = world.sign(letter())
    good = world.server.records["s._domainkey.x.org."].rpartition(b"p=")[2]
    world.server.records["s._domainkey.x.org."] = record.replace(b"%s", good)
    assert world.prove(signed) == Proof(why="the DKIM signature is not good")
    world.server.records["s._domainkey.x.org."] = b"p=" + good
    assert world.prove(signed).by == "dkim x.org"


def test_a_name_server_that_fails_is_asked_again_later(world: World) -> None:
    signed = world.sign(letter())
    world.server.broken = True
    assert world.prove(signed) == Proof(why="the key of the DKIM signature cannot be had now", later=True)
    world.server.broken = False
    del world.server.records["s._domainkey.x.org."]
    assert world.prove(signed) == Proof(why="the DKIM signature is not good")


# What is proved by a host that is trusted.

MX = "mx.example.org"
RECEIVED = b"Received: from mail.x.org (mail.x.org [192.0.2.1]) by mx.example.org (Postfix) with ESMTPS; today\n"
RESULT = (
    b"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x.org;\n dkim=pass header.d=x.org header.s=s\n"
)


@pytest.fixture
def unknown(world: World) -> bytes:
    """Return a signed mail whose key nobody has any more."""
    world.server.records.clear()
    return world.sign(letter())


def trusted(world: World, data: bytes) -> str:
    return world.prove(data, authserv=(MX,)).by


@pytest.mark.parametrize(
    "above",
    [
        RECEIVED + RESULT,
        RESULT + RECEIVED,
        b"Received: by mx.example.org (LMTP); today\n" + RECEIVED + RESULT,
        RECEIVED + RESULT.replace(b"header.d=x.org", b"header.i=@x.org"),
        RECEIVED + RESULT.replace(b"mx.example.org;", b"(by; us) MX.Example.ORG 1;"),
        RECEIVED + RESULT + RECEIVED + RESULT.replace(b"=pass", b"=fail"),
        RECEIVED + RESULT.replace(b" dkim", b" dkim=fail header.d=y.org; dkim"),
    ],
)
def test_a_trusted_host_is_believed(world: World, unknown: bytes, above: bytes) -> None:
    assert trusted(world, above + unknown) == f"authentication-results {MX}"
    assert world.prove(above + unknown).by == ""
    assert world.prove(above + unknown, authserv=("mx.other.example",)).by == ""


FOREIGN = b"Received: from mx.example.org by archive.example with ESMTP; today\n"


@pytest.mark.parametrize(
    "above",
    [
        RESULT,  # no host says that it took the mail in
        FOREIGN + RECEIVED + RESULT,  # the sender wrote both: another host took the mail in
        FOREIGN + RESULT,
        FOREIGN + RESULT + RECEIVED,
        RESULT + FOREIGN + RECEIVED,
        RECEIVED + FOREIGN + RESULT,
        RECEIVED + RESULT.replace(b"mx.example.org", b"mx.evil.example") + RESULT,
        RECEIVED + RESULT.replace(b"=pass", b"=fail") + RESULT,
        RECEIVED.replace(b"from mail.x.org", b"from by mx.example.org by") + RESULT,
        RECEIVED.replace(b"by mx.example.org", b"(by mx.example.org) by archive.example") + RESULT,
        RECEIVED.replace(b"from mail.x.org", b"from x y mx.example.org by archive.example") + RESULT,
        RECEIVED + RESULT.replace(b"header.s=s", b"header.s=s (open"),
        RECEIVED + RESULT.replace(b"header.s=s", b'header.s=s reason="open'),
        RECEIVED + RESULT.replace(b"header.d=x.org", b"header.d=y.org"),
        RECEIVED + RESULT.replace(b"header.d=x.org", b""),
        RECEIVED + RESULT.replace(b"header.s=s", b"header.s=t"),
        RECEIVED + RESULT.replace(b"header.s=s", b"header.b=AAAAAAAA"),
        RECEIVED + RESULT.replace(b"header.d=x.org", b"header.d=y.org header.d=x.org"),
        RECEIVED + RESULT.replace(b"dkim=pass", b'dkim=fail reason="; dkim=pass header.d=x.org"'),
        RECEIVED + RESULT.replace(b"dkim=pass", b"(; dkim=pass header.d=x.org"),
        RECEIVED + RESULT.replace(b"dkim=pass", b'"dkim=pass header.d=x.org'),
        RECEIVED + RESULT.replace(b"dkim=pass", b"dmarc=pass"),
        RECEIVED + b"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=a@x.org\n",
        RECEIVED + b"Authentication-Results:\n",
        RECEIVED + RESULT.replace(b"mx.example.org;", b"mx.example.org;" + b" " * 9000),
    ],
)  # fmt: skip
def test_what_a_sender_may_have_written_is_not_believed(world: World, unknown: bytes, above: bytes) -> None:
    assert trusted(world, above + unknown) == ""


def test_a_trusted_host_does_not_make_good_what_a_signature_leaves_open(world: World) -> None:
    above = RECEIVED + RESULT
    assert trusted(world, above + letter()) == ""
    assert trusted(world, above + world.sign(letter(), length=True) + SAID) == ""
    assert trusted(world, above + world.sign(letter(), b"evil.example")) == ""
    assert trusted(world, b"From: chief@x.org\n" + above + world.sign(letter())) == ""
    proof = world.prove(above + world.sign(letter(), include_headers=[b"from", b"content-type"]), authserv=(MX,))
    assert (proof.by, proof.threaded) == (f"authentication-results {MX}", False)


_WITHOUT = """
import sys
from lmlint.bot.authentic import prove
proof = prove(sys.stdin.buffer.read(), "a@x.org", 4_000_000_000, ("mx.example.org",))
print(proof.by or proof.why)
assert not {"dkim", "dns"} & set(sys.modules)
"""


def test_without_the_library_a_trusted_host_is_still_believed(world: World, tmp_path: Path) -> None:
    packages = Path(dkim.__file__).parent.parent
    for entry in packages.iterdir():
        if not entry.name.startswith(("dkim", "dns", "__")):
            (tmp_path / entry.name).symlink_to(entry)
    root = Path(__file__).resolve().parent.parent
    signed = world.sign(letter())

    def said(data: bytes) -> str:
        return subprocess.run(
            [sys.executable, "-S", "-c", _WITHOUT],
            input=data,
            env={"PYTHONPATH": f"{root}:{tmp_path}"},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout.decode()

    assert said(signed) == "dkimpy is not installed (lmlint[bot]), so no signature can be checked\n"
    assert said(RECEIVED + RESULT + signed) == f"authentication-results {MX}\n"


# What is done.


@dataclass(frozen=True)
class Bench:
    """A state with a series that has two findings, one mail that told the first, and who may object."""

    store: Store
    settings: Settings
    world: World

    def say(self, data: bytes, author: str = AUTHOR, now: int = NOW) -> str:
        """Have a mail obeyed as intake does."""
        match = re.search(rb"^Message-ID: (.*)$", data, re.MULTILINE | re.IGNORECASE)
        found = match[1].decode() if match else ""
        blank = MailRow(0, found, "", "mm", author, "Re: x", 0, now, "reply", "", 0, 0, 0, data)
        with self.store.transaction():
            row = replace(blank, id=self.store.add_mail(blank))
            said = obey(self.store, self.settings, self.settings.list("mm"), row, data, now, zone=self.world.zone)
            self.store.set_mail(row.id, kind=row.kind, reason=said)
            return said

    def told(self, text: bytes, author: str = AUTHOR, **fields: bytes | None) -> str:
        """Say a text in a signed mail of its author."""
        data = letter(text, from_=author.encode(), **fields)
        return self.say(self.world.sign(data, author.rpartition("@")[2].encode()), author)


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Iterator[Bench]:
    lists = (ListSettings("mm", maintainers=(MAINTAINER,)), ListSettings("net", maintainers=("chief@x.org",)))
    with Store(tmp_path / "state") as store:
        series = store.add_series(replace(SERIES, state="reviewed", root=THREAD))
        mail = store.add_mail(replace(MAIL, series=series, data=b"x"))
        out = store.queue(replace(MAIL_OUT, series=series, findings=(ID, OTHER_ID)))
        findings = [replace(FINDING, told=out), replace(FINDING, finding=OTHER_ID, kind="leak", told=out)]
        store.replace_review(series, [replace(PATCH, mail=mail)], findings)
        yield Bench(store, bot_settings(tmp_path, Transport(), lists=lists), world)


def test_an_objection_silences_a_finding_for_good(bench: Bench) -> None:
    said = bench.told(b"#lmlint: wrong deadbeef - the\x07 lock is held\n> #lmlint: wrong 0badcafe\n")
    assert said == "wrong deadbeef: never told again (dkim x.org)"
    (row,) = bench.store.objections()
    assert (row.finding, row.verb, row.author, row.message_id) == (ID, "wrong", AUTHOR, "<r1@x.org>")
    assert (row.list, row.series, row.thread, row.at, row.proof) == ("mm", 1, THREAD, NOW, "dkim x.org")
    assert row.why == "the\\x07 lock is held"
    assert set(bench.store.silenced()) == {ID}
    (mail,) = bench.store.outbox()  # it was to tell another finding as well, which is told anew
    assert (mail.state, mail.reason) == ("dropped", "withdrawn: wrong deadbeef, says a@x.org")
    assert bench.store.series(1).state == "open"
    again = bench.told(b"#lmlint: wrong deadbeef\n", message_id=b"<r2@x.org>")
    assert again == "wrong deadbeef: known already, by <r1@x.org>"
    assert len(bench.store.objections()) == 1


def test_a_mail_that_went_out_is_left_alone(bench: Bench) -> None:
    bench.store.set_outbox(1, state="sent", sent=NOW)
    assert "never told again" in bench.told(b"#lmlint: wontfix deadbeef\n")
    assert bench.store.outbox_mail(1).state == "sent"
    assert bench.store.series(1).state == "reviewed"


def test_stop_mutes_the_thread_and_recheck_opens_the_series(bench: Bench) -> None:
    said = bench.told(b"#lmlint: stop\n#lmlint: recheck\n")
    assert (
        said == "stop: the bot keeps out of the thread (dkim x.org); recheck: series 1 is reviewed again (dkim x.org)"
    )
    assert bench.store.stopped(THREAD)
    assert not bench.store.stopped("<n@x>")
    assert bench.store.outbox_mail(1).state == "dropped"
    assert bench.store.series(1).state == "open"
    assert not bench.store.silenced()


def test_a_recheck_is_bounded(bench: Bench) -> None:
    said = [bench.told(b"#lmlint: recheck\n", message_id=b"<r%d@x.org>" % n) for n in range(MOST_RECHECKS + 1)]
    assert [("reviewed again (" in one) for one in said] == [True] * MOST_RECHECKS + [False]
    later = letter(b"#lmlint: recheck\n", message_id=b"<later@x.org>")
    assert "is reviewed again" in bench.say(bench.world.sign(later), now=NOW + 86_401)


def test_who_may_object(bench: Bench) -> None:
    for nobody in ("b@x.org", "chief@x.org", "a@evil.example"):
        said = bench.told(b"#lmlint: wrong deadbeef\n#lmlint: stop\n", nobody)
        assert (
            said
            == "wrong deadbeef, stop: ignored: it is neither from the author of the patch nor from a listed maintainer"
        )
    assert bench.world.server.asked == []  # a stranger's mail makes the bot ask nobody
    assert bench.store.objections() == ()
    assert "never told again" in bench.told(b"#lmlint: wrong deadbeef\n", MAINTAINER)
    assert bench.store.objections()[0].proof == "dkim kernel.example"


def test_whoever_sends_a_patch_again_is_no_judge_of_it_unless_it_was_they_who_were_told(bench: Bench) -> None:
    store = bench.store
    second = store.add_series(replace(SERIES, author="b@evil.example", root="<copy@x>"))
    store.replace_review(second, [PATCH], [FINDING])
    assert "neither" in bench.told(b"#lmlint: wrong deadbeef\n", "b@evil.example")
    out = store.queue(replace(MAIL_OUT, message_id="<o2@x>", series=second, thread="<copy@x>", findings=(ID,)))
    assert "neither" in bench.told(b"#lmlint: wrong deadbeef\n", "b@evil.example", message_id=b"<r2@x>")
    store.set_outbox(out, state="sent", sent=NOW)
    assert "never told" in bench.told(b"#lmlint: wrong deadbeef\n", "b@evil.example", message_id=b"<r3@x>")


def test_what_is_not_obeyed_is_said(bench: Bench) -> None:
    assert bench.told(b"Fine.\n") == ""
    assert bench.told(b"#lmlint: wrong 00000000\n#lmlint: be quiet\n") == (
        "wrong 00000000: ignored: no finding has this id; `be quiet`: ignored: it is not understood"
    )
    lost = bench.told(b"#lmlint: stop\n", references=b"<no@x>", in_reply_to=None)
    assert lost == "stop: ignored: the mail answers no patch and no mail of the bot that is known"
    assert bench.say(letter()) == "wrong deadbeef: ignored: no DKIM signature"
    assert "no Message-ID" in bench.told(b"#lmlint: wrong deadbeef\n", message_id=None)
    data = bench.world.sign(
        letter(b"#lmlint: stop\n#lmlint: wrong deadbeef\n"), include_headers=[b"from", b"content-type"]
    )
    assert bench.say(data) == (
        "stop: ignored: the DKIM signature does not cover which mail this one answers; "
        "wrong deadbeef: never told again (dkim x.org)"
    )
    damaged = letter(b"!", content_transfer_encoding=b"base64")
    assert bench.say(damaged).startswith("its commands cannot be read: ")


def test_no_more_than_some_commands_are_obeyed(bench: Bench) -> None:
    text = b"".join(b"#lmlint: wrong %08x\n" % n for n in range(MOST)) + b"#lmlint: wrong deadbeef\n"
    said = bench.told(text)
    assert said.endswith(f"more: ignored: no more than {MOST} commands of a mail are obeyed")
    assert bench.store.objections() == ()


def test_forged_mails_change_nothing(bench: Bench) -> None:
    signed = bench.world.sign(letter(BODY + b"#lmlint: stop\n"))
    for _, forged in unfit(signed):
        bench.say(forged)
        bench.say(forged, MAINTAINER)
    assert bench.store.objections() == ()
    assert bench.store.outbox_mail(1).state == "waiting"


def test_a_proof_that_has_to_wait(bench: Bench) -> None:
    server = bench.world.server
    server.broken = True
    zone = bench.world.zone
    why = "wrong deadbeef: ignored: the key of the DKIM signature cannot be had now"
    assert bench.say(bench.world.sign(letter())) == f"{why}; tried again later"
    go = partial(retry, bench.store, bench.settings, zone=zone)
    assert go(NOW) == ()
    assert go(NOW + FIRST_PAUSE) == (f"mail 2: {why}; tried again later",)
    assert go(NOW + FIRST_PAUSE * 2) == ()
    assert len(go(NOW - DAY * 365)) == 1  # the clock was set back: it does not wait for a year
    assert go(NOW - DAY * 365) == ()
    server.broken = False
    assert go(NOW + FIRST_PAUSE * 3) == ("mail 2: wrong deadbeef: never told again (dkim x.org)",)
    assert bench.store.mail(2).reason == "wrong deadbeef: never told again (dkim x.org)"
    assert go(NOW + 10**6) == ()
    assert len(bench.store.objections()) == 1


def test_slow_name_servers_cannot_hold_the_state_for_long(bench: Bench) -> None:
    asked: list[str] = []

    def slow(name: str) -> tuple[bytes, ...] | None:
        asked.append(name)
        time.sleep(0.05)
        return bench.world.zone(name)

    zone = Patience(0.08, slow)
    mails = [letter(message_id=f"<{n}@x.org>".encode()) for n in range(5)]
    proofs = [prove(bench.world.sign(one), AUTHOR, NOW, zone=zone) for one in mails]
    assert [one.by for one in proofs] == ["dkim x.org"] * 2 + [""] * 3
    assert [one.later for one in proofs] == [False] * 2 + [True] * 3
    assert len(asked) == 2


def test_a_proof_is_not_waited_for_for_ever(bench: Bench) -> None:
    bench.world.server.broken = True
    bench.say(bench.world.sign(letter()))
    now = NOW
    said: list[str] = []
    while now < NOW + 100 * FIRST_PAUSE * 2**TRIES and (not said or "given up" not in said[-1]):
        now += FIRST_PAUSE
        said += retry(bench.store, bench.settings, now, zone=bench.world.zone)
    assert len(said) == TRIES - 1
    assert said[-1].endswith("cannot be had now; given up")
    assert retry(bench.store, bench.settings, now + 10**7, zone=bench.world.zone) == ()
    assert bench.store.objections() == ()


# The list of disputes.

CONFIG = '[bot]\nfrom = "lmlint bot <bot@example.com>"\nstate = "state"\n\n[[bot.list]]\nname = "mm"\n'


def test_disputes(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "lmlint.toml"
    config.write_text(CONFIG, encoding="utf-8")
    words = ["bot", "disputes", "--config", str(config)]
    assert main(words) == 0
    assert capsys.readouterr().out == "no disputes\n"
    bench.told(b"#lmlint: wontfix 0badcafe\n#lmlint: wrong deadbeef - held\n#lmlint: recheck\n")
    store = bench.store
    gone = replace(store.objections()[0], id=0, finding="11111111", message_id="", why="\x1b[2J")
    store.object(gone)
    assert main(words) == 0
    first, second, third = capsys.readouterr().out.split("\n\n")
    assert first.splitlines() == [
        "wrong deadbeef: drift in f (a.c:7), rule rule",
        "    off by one",
        "    patch: mm: x <m@x>",
        "    why: held",
        "    by: a@x.org, Tue, 02 Oct 2096 07:06:40 +0000, proved by dkim x.org",
        "    mail: <r1@x.org> on mm",
    ]
    assert second.startswith("wontfix 0badcafe: leak in f")
    assert third.splitlines()[:2] == ["wontfix 11111111: no review holds it any more", "    why: \\x1b[2J"]
    assert main([*words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert [(one["verb"], one["id"]) for one in document["disputes"]] == [
        ("wrong", ID),
        ("wontfix", OTHER_ID),
        ("wontfix", "11111111"),
    ]
    assert document["disputes"][0]["finding"]["message"] == "off by one"
    assert document["disputes"][0]["patch"] == {"subject": "mm: x", "message_id": "<m@x>"}
    assert document["disputes"][2]["finding"] is None


# From end to end: the mails come by a maildir, the keys from the system's name server.


@pytest.fixture
def followed(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Followed:
    world.server.records["s._domainkey.example.org."] = world.server.records["s._domainkey.x.org."]
    monkeypatch.setattr(dns.resolver, "default_resolver", world.server.resolver())
    made = Followed(tmp_path)
    made.now = NOW
    made.comes(story(1))
    made.run()
    return made


def reply(world: World, mail: bytes, text: bytes, which: int, *fields: bytes) -> bytes:
    """Return the signed answer of the patch's author to a mail of the bot."""
    own = header(mail, "Message-ID").encode()
    data = letter(
        text,
        from_=b"Pat Example <pat@example.org>",
        message_id=b"<reply-%d@example.org>" % which,
        in_reply_to=own,
        references=header(mail, "References").encode() + b" " + own,
    )
    return world.sign(b"".join(field + b"\n" for field in fields) + data, b"example.org")


def test_an_objection_from_end_to_end(world: World, followed: Followed) -> None:
    (mail,) = followed.sent
    first, *others = told(mail)
    wrong = b"> quoted\n\n#lmlint: wrong " + first.encode() + b" - it is counted by the caller\n"
    followed.comes(reply(world, mail, wrong, 1, b"Auto-Submitted: auto-replied"))
    followed.comes(reply(world, mail, wrong, 2).replace(b"by the caller", b"by nobody"))
    followed.run()
    with followed.store() as store:
        assert store.objections() == ()
    world.server.broken = True
    followed.comes(reply(world, mail, wrong, 3))
    followed.run()
    world.server.broken = False
    followed.now += HOUR
    log = followed.run()
    assert f"wrong {first}: never told again (dkim example.org)" in log.text
    with followed.store() as store:
        (row,) = store.objections()
        assert (row.finding, row.message_id, row.why) == (first, "<reply-3@example.org>", "it is counted by the caller")
    followed.now += DAY
    followed.comes(story(1, {"Message-ID": "<v2@example.org>", "Subject": "[PATCH v2] arm64: mm: another title"}))
    followed.run()
    (_, second) = followed.sent
    assert told(second if header(second, "In-Reply-To") == "<v2@example.org>" else followed.sent[0]) == others


def test_stop_from_end_to_end(world: World, followed: Followed) -> None:
    (mail,) = followed.sent
    followed.comes(reply(world, mail, b"#lmlint: stop\n", 1))
    followed.run()
    followed.now += DAY
    root = header(mail, "References").split()[0]
    followed.comes(story(2, {"In-Reply-To": root, "References": root}))
    followed.run()
    assert followed.sent == [mail]
