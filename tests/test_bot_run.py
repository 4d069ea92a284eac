"""The bot from end to end: mails come, series are judged, and each is answered as the settings say, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.desk import desk_of
from lmlint.bot.run import Orders, run
from lmlint.bot.settings import load_settings
from lmlint.bot.site import build
from lmlint.mailing.lint import Rules, lint
from tests.followed import BOT, DAY, FILE, HOUR, TREE, Followed, Log, header, small, story, told, with_fields
from tests.gitrepo import git, repository

if TYPE_CHECKING:
    from pathlib import Path

V1 = ["e3448730", "99797ca8", "e9ccff24"]
SMALL = ["26346fee"]
V2 = ["0994e5ac", "e758ccb6", "f6901258"]


@pytest.fixture
def bot(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_the_author_is_answered_once(bot: Followed) -> None:
    bot.comes(story(1))
    log = bot.run()
    (mail,) = bot.sent
    assert told(mail) == V1
    assert (header(mail, "To"), header(mail, "Cc")) == ("Pat Example <pat@example.org>", "")
    assert header(mail, "In-Reply-To") == "<lm-meminfo-pat-v1@example.org>"
    assert lint(mail, Rules(program=True)) == ()
    assert "mail 1: sent" in log.lines
    for _ in range(2):
        bot.now += HOUR
        assert bot.run().lines == []
    assert bot.sent == [mail]


def test_by_default_nobody_is_answered_and_the_results_are_kept(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": 'answer = "nobody"\n'})
    bot.comes(story(1))
    bot.run()
    assert bot.sent == []
    with bot.store() as store:
        assert store.outbox() == ()
        (series,) = store.all_series(9)
        (patch,) = store.patches(series.id)
        assert (series.state, series.version, series.author) == ("reviewed", 1, "pat@example.org")
        assert (patch.verdict, patch.base.partition(":")[0]) == ("findings", "proved")
        assert [(one.finding, one.standing, one.told) for one in store.findings(series.id)] == [
            (one, "new", 0) for one in V1
        ]
        figures = store.figures()
        assert (figures.mails, figures.patches) == ({"patch": 1}, {"findings": 1})


def test_without_send_the_same_bytes_wait(bot: Followed) -> None:
    bot.comes(small())
    log = bot.run(send=False)
    assert "mail 1: would be sent" in log.lines
    assert bot.sent == []
    with bot.store() as store:
        (row,) = store.outbox("waiting")
    bot.now += DAY
    bot.run()
    assert bot.sent == [row.data]


def test_a_second_version_is_told_what_is_new_and_what_is_fixed(bot: Followed) -> None:
    for version in (1, 2, 3, 4):
        bot.comes(story(version))
        bot.run()
        bot.now += DAY
    first, second, fourth = bot.sent  # the third is clean, and nobody asked for praise
    assert (told(first), told(second)) == (V1, V2)
    assert [one in second.decode() for one in V1] == [True] * 3
    assert "Fixed since v1: missing-sub" in second.decode()
    assert "Fixed" not in first.decode()
    assert header(fourth, "In-Reply-To") == "<lm-meminfo-pat-v4@example.org>"
    with bot.store() as store:
        rows = store.all_series(9)[::-1]
        assert [(one.version, one.previous) for one in rows] == [
            (1, 0),
            (2, rows[0].id),
            (3, rows[1].id),
            (4, rows[2].id),
        ]
        standing = [{one.finding: one.standing for one in store.findings(row.id)} for row in rows]
        assert {one: standing[1][one] for one in (*V1, *V2)} == dict.fromkeys(V1, "fixed") | dict.fromkeys(V2, "new")
        assert [one.verdict for row in rows for one in store.patches(row.id)] == [
            "findings",
            "findings",
            "clean",
            "findings",
        ]


def test_what_is_there_still_is_not_argued_again(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    bot.comes(
        story(
            1,
            {
                "Message-ID": "<again@example.org>",
                "Subject": "[PATCH v2] arm64: mm: another title",
                "References": "<lm-meminfo-pat-v1@example.org>",
            },
        )
    )
    bot.comes(story(1, {"Message-ID": "<third@example.org>", "Subject": "[PATCH v3] arm64: mm: a third title"}))
    bot.now += DAY
    bot.run()
    # The second stands in the thread of the first, where all is told; a newer one is here besides.
    _, third = sorted(bot.sent, key=lambda one: header(one, "In-Reply-To") != "<lm-meminfo-pat-v1@example.org>")
    assert header(third, "In-Reply-To") == "<third@example.org>"
    assert told(third) == V1
    assert third.count(b"Still present since v1") == 3


def test_a_finding_is_told_once_in_a_thread(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    bot.comes(
        story(
            1,
            {
                "Message-ID": "<again@example.org>",
                "Subject": "[PATCH v2] arm64: mm: another title",
                "References": "<lm-meminfo-pat-v1@example.org>",
            },
        )
    )
    bot.now += DAY
    bot.run()
    assert len(bot.sent) == 1
    with bot.store() as store:
        newest = store.all_series(1)[0]
        assert [(one.standing, one.since, one.told) for one in store.findings(newest.id)] == [("present", "v1", 1)] * 3


def test_one_patch_through_three_lists_is_one_review(tmp_path: Path) -> None:
    quiet = 'answer = "nobody"\n'
    bot = Followed(tmp_path, lists={"a": quiet, "b": quiet, "c": ""})
    footer = b"\n_______________________________________________\nlist mailing list\n"
    bot.comes(small(), "a")
    bot.comes(
        with_fields(small(), {"Message-ID": "<new@b.example.org>"}) + footer, "b"
    )  # a list that writes its own ids
    bot.comes(
        with_fields(small(), {"Subject": "[c-list] [PATCH] arm64: mm: count, as the hunks alone show it"}) + footer, "c"
    )
    bot.run()
    assert len(bot.sent) == 1, "the list that answers has the series"
    with bot.store() as store:
        (series,) = store.all_series(9)
        assert series.list == "c"
        assert store.figures().mails == {"patch": 1, "duplicate": 2}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"From": f"Bot <{BOT}>"}, "own"),
        ({"X-Loop": BOT}, "own"),
        ({"Auto-Submitted": "auto-generated"}, "bot"),
        ({"Auto-Submitted": "auto-replied; owner-email=x@example.org"}, "bot"),
        ({"Return-Path": "<>"}, "bot"),
        ({"From": "Mail Delivery <MAILER-DAEMON@mx.example.org>"}, "bot"),
    ],
)
def test_programs_are_never_answered(bot: Followed, fields: dict[str, str], kind: str) -> None:
    bot.comes(small(fields))
    bot.run()
    assert bot.sent == []
    with bot.store() as store:
        assert store.figures().mails == {kind: 1}


@pytest.mark.parametrize("fields", [{"Precedence": "bulk"}, {"Auto-Submitted": "no"}, {"X-Loop": "other@example.org"}])
def test_what_lists_add_is_no_sign_of_a_program(bot: Followed, fields: dict[str, str]) -> None:
    bot.comes(small(fields))
    bot.run()
    assert len(bot.sent) == 1


def test_two_bots_do_not_talk(tmp_path: Path) -> None:
    # Each follows the other's list, and gets what the other sends as mail of that list.
    bots = [Followed(tmp_path / name, bot="") for name in ("one", "two")]
    bots[1].config.write_text(bots[1].config.read_text().replace(BOT, "other@example.com"), encoding="utf-8")
    for bot in bots:
        bot.comes(small())
    for _ in range(3):
        for bot in bots:
            bot.run()
            bot.now += HOUR
        for bot, other in (bots, bots[::-1]):
            for mail in bot.sent:
                other.comes(mail)
    assert [len(bot.sent) for bot in bots] == [1, 1]


def test_a_patch_below_ones_own_mail_is_answered_to_the_author_of_the_thread_only(bot: Followed) -> None:
    bot.comes(story(1))
    bot.run()
    (own,) = bot.sent
    chain = f"<lm-meminfo-pat-v1@example.org> {header(own, 'Message-ID')}"
    bot.comes(story(2, {"References": chain}))
    bot.comes(story(2, {"References": chain, "Subject": "[PATCH] arm64: mm: a program's try"}, name="Robot"))
    bot.now += DAY
    bot.run()
    assert {header(one, "To") for one in bot.sent} == {"Pat Example <pat@example.org>"}
    assert len(bot.sent) == 2
    with bot.store() as store:
        states = {one.author: (one.state, one.error) for one in store.all_series(9)[:2]}
        assert states["robot@example.org"][0] == "muted"
        assert "answers a mail of the bot" in states["robot@example.org"][1]
        assert states["pat@example.org"][0] == "reviewed"


def test_without_a_message_id_it_is_judged_and_not_answered(bot: Followed) -> None:
    bot.comes(small({"Message-ID": ""}))
    bot.run()
    bot.comes(small({"Message-ID": ""}))
    bot.run()
    assert bot.sent == []
    with bot.store() as store:
        (series,) = store.all_series(9)
        assert (series.state, len(store.findings(series.id))) == ("reviewed", 1)
        assert "no Message-ID" in series.error


def test_a_newer_version_that_is_here_keeps_the_older_from_being_answered(bot: Followed) -> None:
    bot.comes(story(1))
    bot.comes(story(2))
    bot.run()
    (mail,) = bot.sent
    assert told(mail) == V2
    assert "v1" not in re.sub(r"\[PATCH v1\]|^>.*$", "", mail.decode(), flags=re.MULTILINE), "nobody was told of v1"


def test_history_is_not_answered(bot: Followed) -> None:
    bot.comes(small({"Date": "Mon, 12 Jan 2026 09:00:00 +0000"}))
    bot.comes(
        b"From: a@example.org\nSubject: hello\nDate: Mon, 2 Feb 2026 09:00:00 +0000\nMessage-ID: <x@y.z>\n\nhello\n"
    )
    bot.run()
    assert bot.sent == []
    with bot.store() as store:
        (series,) = store.all_series(9)
        assert (series.state, "days older" in series.error) == ("muted", True)
        assert len(store.findings(series.id)) == 1


def test_moderated_mails_are_held(bot: Followed) -> None:
    bot.comes(small())
    bot.run(moderate=True)
    assert bot.sent == []
    with bot.store() as store:
        (held,) = store.outbox("held")
        assert "moderator" in held.reason
        store.set_outbox(held.id, state="waiting")
    bot.run(moderate=True)
    assert bot.sent == [held.data]


def test_an_embargo_delays(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": "embargo-hours = 6\n"})
    bot.comes(small())
    bot.run()
    assert bot.sent == []
    bot.now += 6 * HOUR
    bot.run()
    assert len(bot.sent) == 1


def test_praise_is_sent_where_it_is_asked_for_and_once(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": "positive = true\n"})
    bot.comes(story(3))
    bot.run()
    (mail,) = bot.sent
    assert told(mail) == []
    with bot.store() as store, store.transaction():
        (series,) = store.all_series(9)
        store.set_series(type(series)(**{name: getattr(series, name) for name in series.__slots__} | {"state": "open"}))
    bot.now += DAY
    bot.run()
    assert bot.sent == [mail]


def posted(folder: Path, *options: str) -> list[bytes]:
    """Return a real series of git's: a file of no rule, a patch that miscounts, and one of no rule again."""
    files = {FILE: (TREE / FILE).read_bytes(), "README": b"one\n"}
    where = repository(folder, files)
    for name, text in (("README", b"two\n"), (FILE, None), ("README", b"three\n")):
        if text is None:
            git(where, "apply", "--include", FILE, given=story(1).decode())
        else:
            (where / name).write_bytes(text)
        git(where, "commit", "-qam", f"change {name} to {len(text or b'')}")
    git(
        where,
        "format-patch",
        "-q",
        "-3",
        "--cover-letter",
        "--thread=shallow",
        "--base=HEAD~3",
        *options,
        "-o",
        "mails",
    )
    mails = [one.read_bytes().partition(b"\n")[2] for one in sorted((where / "mails").iterdir())]
    date = "Mon, 2 Feb 2026 09:00:00 +0000"
    return [with_fields(one, {"Date": date}).replace(b"*** SUBJECT HERE ***", b"count it") for one in mails]


def test_a_series_of_git_is_judged_once_it_is_whole(bot: Followed, tmp_path: Path) -> None:
    cover, first, second, third = posted(tmp_path / "repo")
    for mail in (first, cover, second):
        bot.comes(mail)
    bot.run()
    assert bot.sent == []
    bot.comes(third)
    bot.run()
    (answer,) = bot.sent
    assert told(answer) == V1
    assert header(answer, "In-Reply-To") == header(second, "Message-ID")
    assert header(answer, "References") == f"{header(cover, 'Message-ID')} {header(second, 'Message-ID')}"
    with bot.store() as store:
        (series,) = store.all_series(9)
        assert (series.title, series.total, series.root) == ("count it", 3, header(cover, "Message-ID"))
        assert [(one.number, one.verdict) for one in store.patches(series.id)] == [
            (1, "out-of-scope"),
            (2, "findings"),
            (3, "out-of-scope"),
        ]


def test_a_series_that_lacks_a_patch_is_judged_after_a_while_and_again_when_it_comes(bot: Followed) -> None:
    bot.comes(part(1, 3))
    bot.comes(part(3, 3))
    bot.run()
    assert bot.sent == []
    bot.now += HOUR
    bot.run()
    assert [header(one, "In-Reply-To") for one in bot.sent] == ["<part1@example.org>", "<part3@example.org>"]
    bot.comes(part(2, 3))
    bot.run()
    assert [header(one, "In-Reply-To")[5:6] for one in bot.sent] == ["1", "2", "3"]
    with bot.store() as store:
        (series,) = store.all_series(9)
        assert [one.number for one in store.patches(series.id)] == [1, 2, 3]
        assert (series.state, series.first, series.last) == ("reviewed", bot.now - HOUR, bot.now)


def test_the_clock_may_jump(bot: Followed) -> None:
    bot.comes(part(1, 2))
    bot.now += 365 * DAY
    bot.run()
    bot.now -= 365 * DAY
    bot.run()  # the wait for the rest of the series begins anew
    assert bot.sent == []
    bot.now += HOUR
    bot.run()
    assert len(bot.sent) == 1
    for jump in (365, -730, 365):
        bot.now += jump * DAY
        bot.comes(
            small(
                {"Date": "Tue, 3 Feb 2026 09:00:00 +0000", "Message-ID": f"<jump{bot.now}@example.org>"},
                name=f"Jump{bot.now}",
            )
        )
        bot.run()
    assert len(bot.sent) == 4
    before = bot.sent
    bot.run()
    assert bot.sent == before


def test_more_than_the_cap_is_told_in_one_digest(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": "per-series = 2\n"})
    for number in (1, 2, 3, 4):
        bot.comes(part(number, 4))
    bot.run()
    single, digest = bot.sent
    assert header(single, "In-Reply-To") == "<part1@example.org>"
    assert header(digest, "In-Reply-To") == "<part2@example.org>"
    assert lint(digest, Rules(program=True)) == ()
    assert [f"arm64: mm: part {number}" in digest.decode() for number in (1, 2, 3, 4)] == [False, True, True, True]
    with bot.store() as store:
        (series,) = store.all_series(9)
        rows = store.findings(series.id)
        assert len({one.finding for one in rows}) == 4
        assert [one.told for one in rows] == [1, 2, 2, 2]
        assert [row.patch != 0 for row in store.outbox()] == [True, False]
        assert all(one.finding in digest.decode() for one in rows[1:])


def part(number: int, total: int) -> bytes:
    """Return a patch of a series, each of which miscounts in a file of its own."""
    references = "" if number == 1 else "<part1@example.org>"
    subject = f"[PATCH {number}/{total}] arm64: mm: part {number}"
    fields = {"Subject": subject, "Message-ID": f"<part{number}@example.org>", "References": references}
    return small(fields, file=f"unseen{number}.c").replace(
        b"next - va, PMD", b"next - va + %d - %d, PMD" % (number, number)
    )


def test_the_stop_file_keeps_everything_in(bot: Followed) -> None:
    (bot.folder / "stop").touch()
    bot.comes(small())
    assert "stop file" in bot.run().text
    assert bot.sent == []
    (bot.folder / "stop").unlink()
    bot.run()
    assert len(bot.sent) == 1


HOSTILE = [
    {"Subject": "[PATCH] x\n Bcc: victim@example.com\n\tTo: victim@example.com"},
    {"Subject": "[PATCH] x\rBcc: victim@example.com\r\rbody"},
    {"Subject": "=?utf-8?q?=5BPATCH=5D_x=0D=0ABcc=3A_victim=40example=2Ecom?="},
    {"From": '"x\r\n\tBcc: victim@example.com" <pat@example.org>'},
    {"References": " ".join(f"<{n}@example.org>" for n in range(10_000))},
    {"Message-ID": "<a@b>\r\n\tBcc: <victim@example.com>"},
    {"Message-ID": f"<{'a' * 2000}@example.org>"},
    {"From": "-oQ/tmp/x@example.org"},
    {"Reply-To": "victim@example.com, other@example.com", "To": "list@example.org"},
    {"To": ",\n ".join(f"p{n}@example.org" for n in range(10_000))},
    {"Subject": "[PATCH] a\0b"},
    {"Date": "Mon, 99 Jan 99999 99:99:99 +9999"},
]


def test_hostile_headers_stay_data(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": 'answer = "recipients"\nper-hour = 100\n'}, bot="per-hour = 100")
    for at, fields in enumerate(HOSTILE):
        bot.comes(small(fields, name=f"Nasty{at}"))
    bot.comes(small(name="Other"))
    log = bot.run()
    assert any(header(one, "To") == "Other Example <other@example.org>" for one in bot.sent), "it stops nothing"
    assert len(bot.sent) >= len(HOSTILE) - 2, log.text  # what has no id, or nobody to answer, is not answered
    for mail in bot.sent:
        assert lint(mail, Rules(program=True)) == ()
        names = [line.partition(b":")[0] for line in mail.partition(b"\n\n")[0].split(b"\n") if line[:1] not in b" \t"]
        assert b"Bcc" not in names
        assert len(names) == len(set(names))
        assert b"\r" not in mail
    with bot.store() as store:
        assert all(len(row.recipients) <= 100 for row in store.outbox())
        assert {one.state for one in store.all_series(99)} == {"reviewed"}


def test_what_cannot_be_read_is_kept_as_bad_and_stops_nothing(tmp_path: Path) -> None:
    bot = Followed(tmp_path, "[limits]\nbytes = 20000\n")
    bot.comes(story(1).replace(b"\n\n", b"\n\n" + b"x" * 30_000, 1))
    bot.comes(story(1, {"Message-ID": "<cut@example.org>"})[:-3000])
    bot.comes(b"\0" * 100)
    bot.comes(small(name="Other"))
    bot.run()
    with bot.store() as store:
        assert store.figures().mails["bad"] == 2
    assert len(bot.sent) == 1


def test_many_at_once_are_the_same_as_one_by_one(tmp_path: Path) -> None:
    mails = []
    for name, jobs in (("one", 1), ("two", 2)):
        bot = Followed(tmp_path / name)
        for who in ("Ann", "Bob", "Cyd"):
            bot.comes(small(name=who))
            bot.comes(
                small(
                    {"Subject": "[PATCH v2] arm64: mm: other", "Message-ID": f"<{who}@example.org>", "References": ""},
                    name=who,
                )
            )
        bot.run(jobs=jobs)
        mails.append(bot.sent)
    assert mails[0] == mails[1]
    assert len(mails[0]) == 3


def test_a_series_of_a_list_that_is_followed_no_more_is_put_aside(bot: Followed) -> None:
    bot.comes(part(1, 2))
    bot.run()
    (bot.folder / "arm" / "new" / "000001.host").unlink()  # else it would come to the other list as well
    bot.config.write_text(
        bot.config.read_text(encoding="utf-8").replace('name = "arm"', 'name = "other"'), encoding="utf-8"
    )
    bot.now += DAY
    bot.run()
    with bot.store() as store:
        assert [(one.state, one.error) for one in store.all_series(9)] == [
            ("muted", "its list arm is followed no more")
        ]


def test_what_anybody_says_is_looked_at_and_kept_with_the_mail(bot: Followed) -> None:
    bot.comes(small())
    bot.run()
    (mail,) = bot.sent
    bot.comes(
        b"From: Eve <eve@example.com>\nSubject: Re: x\nMessage-ID: <eve@example.com>\n"
        + f"In-Reply-To: {header(mail, 'Message-ID')}\n\n#lmlint: stop\n".encode()
    )
    bot.run()
    with bot.store() as store:
        assert store.objections() == ()
        (reply,) = (store.mail(which) for which in store.kept_mails("reply"))
        assert reply.reason == "stop: ignored: it is neither from the author of the patch nor from a listed maintainer"


def test_what_nobody_was_told_of_an_older_version_is_told_in_full(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": 'answer = "nobody"\n'})
    bot.comes(small())
    bot.run()
    bot.config.write_text(bot.config.read_text(encoding="utf-8").replace('"nobody"', '"author"'), encoding="utf-8")
    bot.comes(
        small({"Subject": "[PATCH v2] arm64: mm: count, as the hunks alone show it", "Message-ID": "<v2@example.org>"})
    )
    bot.run()
    (mail,) = bot.sent
    assert told(mail) == SMALL
    assert b"Still present" not in mail
    with bot.store() as store:
        assert [one.standing for one in store.findings(store.all_series(1)[0].id)] == ["present"]


def test_versions_in_the_wrong_order_are_held_against_each_other_all_the_same(bot: Followed) -> None:
    bot.comes(story(2))
    bot.run()
    bot.comes(story(4))
    bot.comes(story(3))
    bot.now += DAY
    bot.run()
    second, fourth = bot.sent
    assert told(second) == V2
    assert "Fixed since v2: double-count" in fourth.decode()
    with bot.store() as store:
        older = {row.version: row.previous and store.series(row.previous).version for row in store.all_series(9)}
    assert older == {2: 0, 3: 2, 4: 3}


def test_a_tree_that_is_gone_for_a_while_costs_no_review(tmp_path: Path) -> None:
    tree = tmp_path / "mounted" / "linux"
    bot = Followed(tmp_path, lists={"arm": f'trees = ["{tree}"]\n', "mm": f'trees = ["{TREE}"]\n'})
    bot.comes(story(1))
    bot.comes(small(name="Kim"), "mm")
    log = Log()
    errors = run(load_settings(bot.config), Orders(once=True, send=True), log, lambda: bot.now)
    assert errors == (
        f"{tree}: neither a directory nor a git repository; give the kernel tree before the patch with --tree",
    )
    assert [header(one, "In-Reply-To") for one in bot.sent] == ["<small-kim@example.org>"]
    tree.parent.mkdir()
    tree.symlink_to(TREE)
    bot.run()
    assert [told(one) for one in bot.sent] == [V1, SMALL]


def test_nothing_that_is_published_tells_where_the_trees_are(tmp_path: Path) -> None:
    tree = repository(tmp_path / "linux" / "ours", {FILE: (TREE / FILE).read_bytes()})
    bot = Followed(tmp_path, lists={"arm": f'trees = ["{tree}", "{TREE}"]\nper-thread = 9\n'})
    bot.comes(story(1))
    bot.comes(small({"Subject": "[PATCH] on nothing"}, file="mmu.c"))
    bot.run(moderate=True)
    with bot.store() as store:
        for row in store.outbox("held"):
            store.set_outbox(row.id, state="parked", reason=f"{tmp_path}/out/new/x: another mail has this Message-ID")
        assert store.outbox("parked")
        build(store, load_settings(bot.config), tmp_path / "pages")
    pages = [one.read_text(encoding="utf-8") for one in (tmp_path / "pages").rglob("*.html")]
    assert sum("from <bdi>ours</bdi>" in one for one in pages) == 1
    assert [one for one in pages if str(tmp_path) in one or str(TREE) in one] == []


def test_a_tree_at_the_root_hides_nothing_else(tmp_path: Path) -> None:
    bot = Followed(tmp_path, lists={"arm": f'trees = ["/", "{tmp_path}", "{tmp_path}/linux"]\n'})
    desk = desk_of(load_settings(bot.config), "arm")
    assert desk.unplaced(f"{FILE}: not in {tmp_path}/linux") == f"{FILE}: not in linux"
