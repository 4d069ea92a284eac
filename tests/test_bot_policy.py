"""Who the bot answers, when, and how often at most: whatever a mail's header says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmlint.bot.policy import MAX_TEXT, Sent, allowance, due, matches, muted, recipients
from lmlint.bot.settings import ANSWERS, ListSettings, Settings
from lmlint.mailing.address import Address, Addresses, read_addresses
from lmlint.mailing.answered import Answered, read_answered
from lmlint.reply import MOST_RECIPIENTS

BOT = Address("lmlint bot", "lmlint@bots.example.org")
LIST = "linux-mm@lists.example.org"
MUTED = ("quiet@example.org", "*@robots.example")
PATCH = b"""From: %b
To: %b
Cc: %b
Reply-To: %b
Subject: [PATCH] mm: x
Message-ID: <1@example.org>
Date: Mon, 12 Jan 2026 09:00:00 +0000

---
diff --git a/x.c b/x.c
--- a/x.c
+++ b/x.c
@@ -1 +1 @@
-int x;
+int y;
"""


def the_list(**given: Any) -> ListSettings:  # noqa: ANN401  # the type of each is its field's
    return ListSettings("mm", **{"address": LIST, "mute": MUTED, "answer": "recipients", **given})


def the_settings(*lists: ListSettings) -> Settings:
    return Settings(Path("lmlint.toml"), BOT, Path("state"), Path("stop"), lists=lists)


def answered(*, sender: str = "", to: str = "", cc: str = "", reply_to: str = "") -> Answered:
    fields = [read_addresses(one.encode()) for one in (sender, to, cc, reply_to)]
    return Answered("a mail", True, (), (), author=fields[0], to=fields[1], cc=fields[2], reply_to=fields[3])  # noqa: FBT003  # a field


def chosen(one: ListSettings, mail: Answered) -> tuple[list[str], list[str]]:
    to, cc = recipients(the_settings(one), one, mail)
    return [each.spec for each in to], [each.spec for each in cc]


MAIL = answered(
    sender="An Author <author@example.org>",
    to=f"{LIST}, Maintainer <maintainer@example.org>",
    cc="other@example.org, quiet@example.org, lmlint@bots.example.org",
)


@pytest.mark.parametrize(
    ("answer", "to", "cc"),
    [
        ("nobody", [], []),
        ("author", ["author@example.org"], []),
        ("list", [LIST], ["author@example.org"]),
        ("recipients", ["author@example.org"], [LIST, "maintainer@example.org", "other@example.org"]),
    ],
)
def test_each_answer_goes_where_it_says(answer: str, to: list[str], cc: list[str]) -> None:
    assert chosen(the_list(answer=answer), MAIL) == (to, cc)


def test_recipients_are_those_of_reply() -> None:
    data = PATCH % (b"A <a@example.org>", b"l@example.org, m@example.org", b"A@example.org, n@example.org", b"r@x.org")
    mail = read_answered(data, "p")
    to, cc = recipients(the_settings(), the_list(), mail)
    assert [one.spec for one in to] == ["r@x.org"]
    assert [one.spec for one in cc] == ["l@example.org", "m@example.org", "A@example.org", "n@example.org"]


@pytest.mark.parametrize(
    ("reply_to", "to"),
    [
        ("home@example.org", ["home@example.org"]),
        (LIST.upper(), ["author@example.org"]),  # a list that puts itself there
        ("one@example.org, two@example.org", ["author@example.org"]),
        ("lmlint@bots.example.org", ["author@example.org"]),
        ("x@robots.example", ["author@example.org"]),
        ("mm+subscribe-x=y@lists.example.org", ["author@example.org"]),
    ],
)
def test_a_mail_to_the_author_goes_nowhere_else(reply_to: str, to: list[str]) -> None:
    mail = answered(sender="author@example.org", reply_to=reply_to)
    assert chosen(the_list(answer="author"), mail) == (to, [])


def test_an_author_who_is_the_list_is_not_told() -> None:
    assert chosen(the_list(answer="author"), answered(sender=f"An Author via mm <{LIST}>")) == ([], [])


def test_another_list_of_the_bot_is_no_author() -> None:
    one, other = the_list(answer="author"), ListSettings("arm", address="arm@lists.example.org")
    mail = answered(sender="author@example.org", reply_to="arm@lists.example.org")
    to, cc = recipients(the_settings(one, other), one, mail)
    assert ([each.spec for each in to], cc) == (["author@example.org"], ())


@pytest.mark.parametrize(
    "spec",
    [
        "majordomo@vger.example.org",
        "MAILER-DAEMON@example.org",
        "no-reply@example.org",
        "noreply@example.org",
        "linux-mm-request@example.org",
        "linux-mm-confirm+0123abc@example.org",
        "owner-linux-mm@example.org",
        "linux-mm+subscribe@example.org",
        "linux-mm+unsubscribe-a=b.example@example.org",
        "linux-mm+confsub-0123@example.org",
        "linux-mm+owner@example.org",
        "linux-mm-leave@example.org",
    ],
)
def test_what_a_program_reads_is_never_written_to(spec: str) -> None:
    mail = answered(sender=f"{spec}, author@example.org", cc=spec, to=spec)
    for answer in ("author", "list", "recipients"):
        assert spec not in str(chosen(the_list(answer=answer), mail))


@pytest.mark.parametrize(
    "spec", ["a.b+linux@example.org", "owner@example.org", "help@example.org", "x+list@example.org"]
)
def test_people_with_odd_names_are_written_to(spec: str) -> None:
    assert chosen(the_list(answer="author"), answered(sender=spec)) == ([spec], [])


def test_ten_thousand_recipients_are_a_hundred() -> None:
    many = ", ".join(f"p{at}@example.org" for at in range(10_000))
    mail = Answered(
        "a mail",
        headed=True,
        lines=(),
        places=(),
        author=read_addresses(b"author@example.org"),
        cc=Addresses(tuple(Address("", one) for one in many.split(", "))),
    )
    to, cc = chosen(the_list(), mail)
    assert to == ["author@example.org"]
    assert len(cc) == MOST_RECIPIENTS - 1
    assert cc[0] == "p0@example.org"


def test_ten_thousand_authors_are_a_hundred_and_leave_room_for_nobody() -> None:
    many = Addresses(tuple(Address("", f"p{at}@example.org") for at in range(10_000)))
    to, cc = chosen(the_list(), Answered("a mail", headed=True, lines=(), places=(), author=many, cc=many))
    assert (len(to), cc) == (MOST_RECIPIENTS, [])


def test_who_is_in_to_is_not_in_cc_as_well() -> None:
    mail = answered(sender="author@example.org", to="Author@Example.org, b@example.org", cc="B@example.org")
    assert chosen(the_list(), mail) == (["author@example.org"], ["b@example.org"])


def test_nobody_is_left_where_all_are_muted() -> None:
    mail = answered(sender="quiet@example.org", to="a@robots.example", cc="lmlint@bots.example.org")
    assert chosen(the_list(), mail) == ([], [])
    assert chosen(the_list(mute=(*MUTED, LIST), answer="list"), mail) == ([], [])


def test_the_author_is_told_where_the_list_is_muted() -> None:
    assert chosen(the_list(mute=(LIST,), answer="list"), MAIL) == (["author@example.org"], [])


SPECS = st.sampled_from(
    [
        BOT.spec,
        BOT.spec.upper(),
        LIST,
        "quiet@example.org",
        "QUIET@Example.org",
        "a@robots.example",
        "a@example.org",
        "b@example.org",
        "mm-request@lists.example.org",
        "mailer-daemon@example.org",
    ]
)
ADDRESSES = st.builds(Addresses, st.lists(st.builds(Address, st.just(""), SPECS), max_size=6).map(tuple))


@given(st.sampled_from(ANSWERS), ADDRESSES, ADDRESSES, ADDRESSES, ADDRESSES)
def test_nobody_is_written_to_who_must_not_be(
    answer: str, author: Addresses, reply_to: Addresses, to: Addresses, cc: Addresses
) -> None:
    one = the_list(answer=answer)
    mail = Answered("m", headed=True, lines=(), places=(), author=author, reply_to=reply_to, to=to, cc=cc)
    written, copied = recipients(the_settings(one), one, mail)
    keys = [each.key for each in (*written, *copied)]
    assert len(keys) == len(set(keys))
    assert not {BOT.key, "quiet@example.org", "a@robots.example", "mailer-daemon@example.org"} & set(keys)
    assert "mm-request@lists.example.org" not in keys
    named = {each.key for field in (author, reply_to, to, cc) for each in field.good}
    assert set(keys) <= named | ({LIST} if answer == "list" else set())
    assert written or not copied
    if answer == "nobody":
        assert not keys
    if answer == "author":
        assert len(written) <= 1
        assert not copied
        assert LIST not in keys
    if answer == "list":
        assert keys[0] == LIST
        assert len(keys) <= 2


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
@example(b"x@y.example", b"a@b.example\n\t,\rBcc: c@d.example", b"", b"")
def test_hostile_headers_leave_addresses_of_one_line(sender: bytes, to: bytes, cc: bytes, reply_to: bytes) -> None:
    fields = [read_addresses(one) for one in (sender, to, cc, reply_to)]
    mail = Answered("m", headed=True, lines=(), places=(), author=fields[0], to=fields[1], cc=fields[2])
    for answer in ("author", "list", "recipients"):
        for field in recipients(the_settings(), the_list(answer=answer), mail):
            assert all(each.spec.isascii() and each.spec.isprintable() and each.name.isprintable() for each in field)


@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 60),
    st.builds(Sent, st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)),
)
def test_no_cap_is_ever_exceeded_and_nothing_is_lost(
    per_hour: int, per_thread: int, per_series: int, wanted: int, sent: Sent
) -> None:
    one = the_list(per_hour=per_hour, per_thread=per_thread, per_series=per_series)
    found = allowance(one, wanted, sent)
    assert found.single + found.digest + found.silent == wanted
    assert min(found.single, found.digest, found.silent) >= 0
    assert found.digest != 1  # a digest of one mail is that mail
    assert found.mails <= max(0, per_thread - sent.thread)
    assert found.mails <= max(0, per_series - sent.series)
    assert found.mails <= max(1, per_hour - sent.hour)
    if sent.thread < per_thread and sent.series < per_series:
        assert not found.silent
        assert bool(found.mails) == bool(wanted)
    else:
        assert not found.mails


@pytest.mark.parametrize(
    ("wanted", "sent", "single", "digest", "silent"),
    [
        (3, Sent(), 3, 0, 0),
        (7, Sent(), 2, 5, 0),
        (2, Sent(thread=4), 0, 2, 0),
        (1, Sent(thread=4), 1, 0, 0),
        (2, Sent(thread=5), 0, 0, 2),
        (2, Sent(series=3), 0, 0, 2),
        (3, Sent(hour=9), 0, 3, 0),
        (3, Sent(hour=99), 0, 3, 0),
        (1, Sent(hour=99), 1, 0, 0),
    ],
)
def test_what_is_beyond_the_caps_is_one_digest(wanted: int, sent: Sent, single: int, digest: int, silent: int) -> None:
    found = allowance(the_list(per_hour=10, per_thread=5, per_series=3), wanted, sent)
    assert (found.single, found.digest, found.silent) == (single, digest, silent)


def test_an_answer_waits_for_the_embargo() -> None:
    assert due(the_list(embargo=6 * 3600), 1_768_208_400) == 1_768_208_400 + 21_600
    assert due(the_list(embargo=0), 7) == 7


def test_a_muted_author_or_subject_is_not_answered() -> None:
    one = the_list(mute_subjects=("*[GIT PULL]*", "[rfc *"))
    assert muted(one, "Quiet@Example.ORG", "x") == "the address matches `quiet@example.org` of `mute`"
    assert muted(one, "a@robots.example", "x") == "the address matches `*@robots.example` of `mute`"
    assert muted(one, "a@example.org", "Re: [GIT\n PULL] mm") == "the subject matches `*[GIT PULL]*` of `mute-subjects`"
    assert muted(one, "a@example.org", "[RFC PATCH] mm").endswith("`[rfc *` of `mute-subjects`")
    assert muted(one, "a@example.org", "[PATCH] mm: not an [RFC x]") == ""
    assert muted(one, "a@example.org", "[PATCH] GIT PULL") == ""


def oracle(pattern: str, text: str) -> bool:
    """Return what the two say, by trying every length that each `*` may stand for."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(oracle(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return text[:1] == pattern[0] and oracle(pattern[1:], text[1:])


@given(st.text("ab*[", max_size=7), st.text("ab[]", max_size=7))
@example("*ab*b", "ab")
@example("a*a", "a")
def test_a_star_stands_for_any_text(pattern: str, text: str) -> None:
    assert matches(pattern, text) == oracle(pattern, text)


def test_only_the_beginning_of_a_long_subject_counts() -> None:
    assert matches("*end", "x" * (MAX_TEXT - 3) + "end")
    assert not matches("*end", "x" * (MAX_TEXT - 2) + "end")


def test_no_pattern_takes_long() -> None:
    start = time.process_time()
    assert not matches("*a" * 100 + "b", "a" * 1_000_000)
    assert not matches("*" * 200 + "b", "a" * 1_000_000)
    assert time.process_time() - start < 1
