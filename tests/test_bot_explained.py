"""`lmlint bot check-config`: the settings in words, and what is dangerous in them; the units of systemd."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from ast import literal_eval
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from lmlint.bot.check_config import run
from lmlint.bot.checks import problems
from lmlint.bot.explained import explain, span
from lmlint.bot.settings import Settings, Source, Transport, load_settings
from lmlint.commands import FAILED, FOUND, Answer, rules_of
from tests.gitrepo import repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOBODY = 65534
LOGIN = MappingProxyType({"LMLINT_SMTP_USER": "u", "LMLINT_SMTP_PASSWORD": "p"})


def written(folder: Path, text: str) -> Path:
    path = folder / "lmlint.toml"
    path.write_text(text, encoding="utf-8")
    return path


def asked(path: Path | None, *, shown: bool = False) -> Answer:
    return run(argparse.Namespace(config=path, example=shown))


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def sound(tmp_path: Path) -> Settings:
    """Return settings with which nothing is wrong but that all lies in a folder for temporary files."""
    return made(tmp_path)


def made(tmp_path: Path) -> Settings:
    """Return such settings, and make all that they name."""
    repository(tmp_path / "linux", {"a.c": b"int x;\n"})
    (tmp_path / "inbox/git/0.git").mkdir(parents=True)
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (tmp_path / "box").touch()
    (tmp_path / "password").write_text("user:a secret", encoding="utf-8")
    (tmp_path / "password").chmod(0o600)
    text = """\
        [bot]
        from = "lmlint bot <lmlint@example.org>"
        state = "state.db"
        trust-results-of = "mx.example.org"
        [bot.smtp]
        host = "mail.example.org"
        credentials = "password"
        [[bot.list]]
        name = "mm"
        address = "mm@lists.example.org"
        answer = "author"
        maintainers = "m@example.org"
        public-inbox = "inbox"
        maildir = "mail"
        mbox = "box"
        trees = "linux"
        """
    written(tmp_path, re.sub(r"^ +", "", text, flags=re.MULTILINE).replace('"m@example.org"', '["m@example.org"]'))
    (tmp_path / "lmlint.toml").chmod(0o644)
    return load_settings(tmp_path / "lmlint.toml")


def found(settings: Settings, environment: Mapping[str, str] = MappingProxyType({})) -> list[tuple[str, str]]:
    """Return what is wrong: the key and the severity; that the state lies among temporary files is left out."""
    return [
        (one.where, "error" if one.grave else "warning")
        for one in problems(settings, environment)
        if "files are cleared away" not in one.what
    ]


def test_nothing_is_wrong_with_what_is_sound(sound: Settings) -> None:
    assert found(sound) == []


def one_list(**given: object) -> Callable[[Settings], Settings]:
    return lambda settings: replace(settings, lists=(replace(settings.lists[0], **given),))  # type: ignore[arg-type]  # any


def way(transport: Transport) -> Callable[[Settings], Settings]:
    return lambda settings: replace(settings, transport=transport)


@pytest.mark.parametrize(
    ("change", "where", "severity"),
    [
        (one_list(answer="list", moderate=False), "list.0.moderate", "warning"),
        (one_list(answer="recipients", moderate=False), "list.0.moderate", "warning"),
        (one_list(answer="list", positive=True), "list.0.positive", "warning"),
        (one_list(answer="list", mute=("mm@*",)), "list.0.mute", "warning"),
        (one_list(embargo=0), "list.0.embargo-hours", "warning"),
        (one_list(maintainers=()), "list.0.maintainers", "warning"),
        (one_list(trees=()), "list.0.trees", "warning"),
        (one_list(trees=(Path("/nowhere"),)), "list.0.trees", "error"),
        (one_list(sources=(Source("public-inbox", Path("/usr"), "x"),)), "list.0.public-inbox", "error"),
        (one_list(sources=(Source("public-inbox", Path("/nowhere"), "x"),)), "list.0.public-inbox", "error"),
        (one_list(sources=(Source("maildir", Path("/usr"), "x"),)), "list.0.maildir", "error"),
        (one_list(sources=(Source("mbox", Path("/usr"), "x"),)), "list.0.mbox", "error"),
        (one_list(sources=(Source("mbox", Path("/nowhere"), "x"),)), "list.0.mbox", "warning"),
        (one_list(sources=(Source("mbox", Path("/nowhere/else"), "x"),)), "list.0.mbox", "error"),
        (way(Transport()), "list.0.answer", "warning"),
        (way(Transport("smtp", "m.example.org", 25, "none")), "smtp.security", "warning"),
        (way(Transport("smtp", "m.example.org", credentials=Path("/nowhere"))), "smtp.credentials", "error"),
        (way(Transport("sendmail", command=("/nowhere/sendmail",))), "sendmail.command", "error"),
        (way(Transport("maildir", path=Path("/nowhere/out"))), "maildir.path", "error"),
        (lambda settings: replace(settings, state=Path("/nowhere/state")), "state", "error"),
        (lambda settings: replace(settings, state=settings.state.parent), "state", "error"),
    ],
)
def test_what_is_dangerous_or_missing_is_told(
    sound: Settings, change: Callable[[Settings], Settings], where: str, severity: str
) -> None:
    assert found(change(sound)) == [(where, severity)]


def test_nobody_is_warned_of_answers_to_nobody(sound: Settings) -> None:
    assert found(one_list(answer="nobody", moderate=False, embargo=0, maintainers=())(way(Transport())(sound))) == []


def test_a_password_that_others_can_read_is_no_password(sound: Settings) -> None:
    path = sound.path.parent / "password"
    path.chmod(0o640)
    (one,) = [one for one in problems(sound, {}) if one.where == "smtp.credentials"]
    assert one.grave
    assert "chmod 600" in one.what
    assert "secret" not in one.what
    assert found(sound, LOGIN) == []  # they take its place
    assert found(sound, {"LMLINT_SMTP_USER": "u"}) == [("smtp.credentials", "error")]


def test_a_password_in_the_clear_is_an_error(sound: Settings) -> None:
    clear = way(Transport("smtp", "m.example.org", 25, "none"))(sound)
    assert found(clear, LOGIN) == [("smtp.security", "error")]


def test_a_configuration_that_all_can_write_is_told(sound: Settings) -> None:
    sound.path.chmod(0o666)
    assert found(sound) == [("", "warning")]


def test_a_state_among_temporary_files_is_told(sound: Settings) -> None:
    told = [one for one in problems(replace(sound, state=Path("/tmp/x.db")), {}) if one.where == "state"]  # noqa: S108  # nothing is written
    assert [one.grave for one in told] == [False]
    assert "cleared away" in told[0].what


def test_what_may_not_be_read_or_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = made(folder)
        for path, mode in ((folder / "box", 0), (folder / "linux", 0), (folder / "inbox", 0), (folder, 0o555)):
            path.chmod(mode)
        told = as_a_user(sound)
        for part in (folder, folder / "linux", folder / "inbox"):
            part.chmod(0o700)
    assert [one for one in told if one[0] != "smtp.credentials"] == [  # which are root's, where root runs this
        ("state", "error"),
        ("list.0.public-inbox", "error"),
        ("list.0.mbox", "error"),
        ("list.0.trees", "error"),
    ]


def as_a_user(settings: Settings) -> list[tuple[str, str]]:
    """Return what is wrong for a user who is not root, and not who made the files where that is root."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            os.write(into, repr(found(settings)).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as stream:
        told = stream.read()
    assert os.waitpid(child, 0)[1] == 0
    return [(str(where), str(severity)) for where, severity in literal_eval(told.decode())]


def test_who_is_told_what_and_when_is_said_in_words(sound: Settings) -> None:
    rules = rules_of((), ("arm64-lm-meminfo",))
    (rule,) = rules
    text = explain(sound, rules, {}, 100)
    assert max(map(len, text.splitlines())) <= max(100, max(map(len, text.split())) + 14)
    said = plain(text)
    folder = sound.path.parent
    for sentence in (
        "Mails from lmlint bot <lmlint@example.org>",
        "By SMTP to mail.example.org, port 587, encrypted (STARTTLS), as the user in",
        "At most 20 mails an hour in all. Nothing is sent unless `lmlint bot run` is given --send",
        f"{folder}/stop: while it is there, nothing is sent. It is not there now.",
        f"{folder}/state.db, which is not there yet; the first run makes it.",
        "the Authentication-Results that mx.example.org put on top of it.",
        "List mm <mm@lists.example.org>",
        f"The public-inbox {folder}/inbox, the maildir {folder}/mail and the mbox {folder}/box; and what",
        f"Patches that touch {rule.files[0]}",
        "(rule arm64-lm-meminfo). The rest of a series is waited for until 30 minutes after its last mail.",
        f"looked up in {folder}/linux (a git repository).",
        "A patch to mm that miscounts: a mail to its author, Cc nobody, 6 hours after the review, and not before a ",
        "person approves it (`lmlint bot queue`). At most 3 mails for a series, 5 in a thread, 10 an hour.",
        "A patch in which nothing is found: nobody is told.",
        "The author of a patch, and m@example.org.",
        "Never written to: lmlint@example.org itself, and addresses that programs read.",
    ):
        assert sentence in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (one_list(answer="nobody"), "miscounts: nobody is told; the review is in the state and on the pages"),
        (one_list(answer="list"), "miscounts: a mail to mm@lists.example.org, Cc its author, 6 hours after"),
        (one_list(answer="recipients"), "a mail to its author, Cc all whom the patch was sent to, lists included, 6"),
        (one_list(embargo=0, moderate=False), "Cc nobody, at once. At most 3 mails"),
        (one_list(embargo=5400, per_series=1), "1 hour 30 minutes after the review, and not before a person"),
        (one_list(per_series=1), "At most 1 mail for a series"),
        (one_list(positive=True), "nothing is found: a mail to its author, Cc nobody, by the same rules."),
        (one_list(positive=True, answer="nobody"), "nothing is found: nobody is told."),
        (one_list(maintainers=()), "The author of a patch alone."),
        (one_list(settle=0), "The rest of a series is not waited for."),
        (one_list(sources=()), "Nothing by itself: mails come through `lmlint bot feed --list mm`."),
        (one_list(trees=()), "None: what a patch does not show is not known."),
        (one_list(trees=(Path("/nowhere"),)), "/nowhere (cannot be used, see below)"),
        (one_list(mute=("a", "b")), "Nor is a or b, and no patch of theirs is answered."),
        (one_list(mute_subjects=("*[x]*",)), "No answer to the subject `*[x]*`."),
        (way(Transport()), "Nothing can be sent: there is no [bot.smtp], [bot.sendmail] or [bot.maildir]."),
        (
            way(Transport("smtp", "localhost", 25, "none")),
            "localhost, port 25, on this machine, not encrypted, without",
        ),
        (way(Transport("sendmail", command=("a", "-b"))), "By the program a -b. At most"),
        (way(Transport("maildir", path=Path("/out"))), "Into the maildir /out, where another program or a person"),
        (lambda settings: replace(settings, stop_file=settings.path), "It is there now: nothing is sent."),
        (lambda settings: replace(settings, state=settings.path), "lmlint.toml, 1 KiB."),
    ],
)
def test_each_setting_has_its_words(sound: Settings, change: Callable[[Settings], Settings], sentence: str) -> None:
    assert sentence in plain(explain(change(sound), rules_of((), ()), {}, 100))


def test_a_user_in_the_environment_is_said(sound: Settings) -> None:
    assert "as the user in LMLINT_SMTP_USER, given" in plain(explain(sound, (), {"LMLINT_SMTP_USER": "who"}, 100))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "no time"), (1, "1 second"), (5400, "1 hour 30 minutes"), (86400 * 2 + 61, "2 days 1 minute")],
)
def test_spans_are_words(seconds: int, words: str) -> None:
    assert span(seconds) == words


def test_the_status_says_whether_the_bot_can_work(sound: Settings) -> None:
    answer = asked(sound.path)
    assert answer.status == FOUND  # the state lies among temporary files
    assert "\nlmlint.toml:3: warning: " in answer.text
    assert answer.errors == ()
    shutil.rmtree(sound.path.parent / "inbox")
    answer = asked(sound.path)
    assert answer.status == FAILED
    assert answer.errors == (f"lmlint.toml:13: {sound.path.parent}/inbox is not there; mend the path",)


def test_hostile_names_are_printable(tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[31mb"
    folder.mkdir()
    answer = asked(written(folder, '[bot]\nfrom = "a@b.example"\nstate = "s"\n[[bot.list]]\nname = "mm"\n'))
    assert all(line.isprintable() for line in answer.text.splitlines())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", ["lmlint-bot.service", "lmlint-bot-once.service", "lmlint-bot.timer"])
def test_the_units_are_what_systemd_takes(tmp_path: Path, unit: str) -> None:
    shutil.copytree(Path(__file__).resolve().parent.parent / "examples", tmp_path / "units")
    for path in (tmp_path / "units").iterdir():  # the program may be anywhere
        path.write_text(
            path.read_text(encoding="utf-8").replace("/usr/local/bin/lmlint", "/bin/true"), encoding="utf-8"
        )
    command = ["systemd-analyze", "--recursive-errors=no", "verify", str(tmp_path / "units" / unit)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    if unit.endswith(".service"):
        judged = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(tmp_path / "units" / unit)]
        assert subprocess.run(judged, capture_output=True, timeout=60, check=False).returncode == 0
