"""The bot's table of lmlint.toml: what it asks for, and what is wrong with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.bot.check_config import example
from lmlint.bot.explained import explain
from lmlint.bot.settings import ListSettings, Settings, Source, Transport, load_settings
from lmlint.config import load
from lmlint.error import InputError
from lmlint.mailing.address import Address
from lmlint.rule import builtin_rules

LEAST = """\
[bot]
from = "lmlint bot <lmlint@example.org>"
state = "state.db"

[[bot.list]]
name = "mm"
"""
FULL = """\
rules = ["more"]
trees = ["linux"]

[bot]
from = "lmlint bot <lmlint@example.org>"
state = "run/state.db"
stop-file = "/etc/stop"
per-hour = 7
trust-results-of = "MX.example.org"

[bot.smtp]
host = "::1"
security = "tls"
credentials = "password"
timeout-seconds = 9

[[bot.list]]
name = "mm"
address = "Linux MM <Linux-MM@lists.example.org>"
public-inbox = "inbox"
maildir = ["/var/mail/one", "two"]
mbox = ["box"]
rule = "arm64-lm-meminfo"
trees = ["next", "linux.git"]
answer = "list"
positive = true
moderate = false
embargo-hours = 1.5
settle-minutes = 0
per-hour = 6
per-thread = 5
per-series = 4
maintainers = ["M <M@example.org>", "n@example.org"]
mute = ["*@robots.example"]
mute-subjects = ["*[GIT PULL]*"]

[[bot.list]]
name = "arm"
"""


def written(folder: Path, text: str, name: str = "lmlint.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def message(folder: Path, text: str) -> str:
    """Return what is wrong with a file, without its path."""
    path = written(folder, text)
    with pytest.raises(InputError) as caught:
        load_settings(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


def with_bot(lines: str) -> str:
    return LEAST.replace('state = "state.db"\n', f'state = "state.db"\n{lines}\n')


OURS = tuple(sorted(path.stem for path in builtin_rules().glob("*.toml")))
"""The names of the rules that come with lmlint."""


def with_list(lines: str) -> str:
    return f"{LEAST}{lines}\n"


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    settings = load_settings(written(tmp_path, FULL))
    mm = ListSettings(
        "mm",
        "linux-mm@lists.example.org",
        (
            Source("public-inbox", tmp_path / "inbox", f"mm:public-inbox:{tmp_path}/inbox"),
            Source("maildir", Path("/var/mail/one"), "mm:maildir:/var/mail/one"),
            Source("maildir", tmp_path / "two", f"mm:maildir:{tmp_path}/two"),
            Source("mbox", tmp_path / "box", f"mm:mbox:{tmp_path}/box"),
        ),
        ("arm64-lm-meminfo",),
        "list",
        True,  # noqa: FBT003  # a field
        5400,
        6,
        5,
        4,
        (tmp_path / "next", tmp_path / "linux.git"),
        ("m@example.org", "n@example.org"),
        ("*@robots.example",),
        ("*[GIT PULL]*",),
        False,  # noqa: FBT003  # as above
        0,
    )
    assert settings == Settings(
        tmp_path / "lmlint.toml",
        Address("lmlint bot", "lmlint@example.org"),
        tmp_path / "run/state.db",
        Path("/etc/stop"),
        7,
        (mm, ListSettings("arm", rules=OURS, trees=(tmp_path / "linux",))),
        Transport("smtp", "::1", 465, "tls", tmp_path / "password", timeout=9),
        ("mx.example.org",),
        load(tmp_path),
    )
    assert settings.list("arm") is settings.lists[1]
    with pytest.raises(InputError, match="no list is called 'x'; there are: mm, arm"):
        settings.list("x")


def test_what_is_left_out_is_harmless(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, LEAST))
    assert (settings.transport.kind, settings.per_hour, settings.authserv) == ("dry", 20, ())
    assert settings.stop_file == tmp_path / "stop"
    (one,) = settings.lists
    assert (one.answer, one.moderate, one.positive, one.sources, one.mute) == ("nobody", True, False, (), ())
    assert one.embargo == 6 * 3600
    assert one.rules == OURS


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ('[bot.smtp]\nhost = "m.example.org"', Transport("smtp", "m.example.org", 587, "starttls")),
        ('[bot.smtp]\nhost = "localhost"\nsecurity = "none"', Transport("smtp", "localhost", 25, "none")),
        ("[bot.sendmail]", Transport("sendmail", command=("/usr/sbin/sendmail",))),
        (
            '[bot.sendmail]\ncommand = ["msmtp", "-a", "a", "-a"]\ntimeout-seconds = 5',
            Transport("sendmail", command=("msmtp", "-a", "a", "-a"), timeout=5),
        ),
        ('[bot.maildir]\npath = "/srv/out"', Transport("maildir", path=Path("/srv/out"))),
    ],
)
def test_mails_go_out_one_way(tmp_path: Path, text: str, transport: Transport) -> None:
    assert load_settings(written(tmp_path, with_bot(text))).transport == transport


def test_the_sender_may_be_that_of_all_mails(tmp_path: Path) -> None:
    rest = LEAST.replace('from = "lmlint bot <lmlint@example.org>"\n', "")
    assert load_settings(written(tmp_path, f'from = "Me <me@example.org>"\n{rest}')).sender.spec == "me@example.org"
    assert message(tmp_path, rest).startswith("line 1: `from` is missing from `bot`; add from = ")
    assert message(tmp_path, f'from = "me"\n{rest}') == "line 1: `from`: 'me' is no address; give `Name <address>`"


def test_the_rules_of_the_file_hold_for_its_lists(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/other.toml").touch()
    rules = 'rules = ["more"]\n'
    assert load_settings(written(tmp_path, rules + LEAST)).lists[0].rules == tuple(sorted((*OURS, "other")))
    assert load_settings(written(tmp_path, f'{rules}rule = ["other"]\n{LEAST}')).lists[0].rules == ("other",)
    found = load_settings(written(tmp_path, f'{rules}rule = ["other"]\n' + with_list('rule = "arm64-lm-meminfo"')))
    assert found.lists[0].rules == ("arm64-lm-meminfo",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bot = 1\n", "line 1: `bot` must be a table: [bot]"),
        ("strict = true\n", "has no table [bot]; `lmlint bot check-config --example` shows one"),
        ("strikt = true\n" + LEAST, "line 1: unknown key `strikt`; is `strict` meant?"),
        (with_bot("per-our = 1"), "line 4: unknown key `bot.per-our`; is `per-hour` meant? the keys are from, state,"),
        (with_bot('[bot.smtp]\nhost = "m"\npasswort = "x"'), "line 6: unknown key `bot.smtp.passwort`; "),
        (with_bot('[bot.sendmail]\ncomand = "x"'), "line 5: unknown key `bot.sendmail.comand`; is `command` meant?"),
        (with_bot('[bot.maildir]\nhost = "x"'), "line 5: unknown key `bot.maildir.host`; the keys are path"),
        (with_list('rules = ["x"]'), "line 7: unknown key `bot.list.0.rules`; is `rule` meant?"),
        (with_list('"a\\u001bb" = 1'), "line 7: unknown key `bot.list.0.a?b`; the keys are name,"),
        (LEAST.replace("state", "stat"), "line 3: unknown key `bot.stat`; is `state` meant?"),
        (LEAST.replace('state = "state.db"\n', ""), '`state` is missing from `bot`; add state = "FILE"'),
        (LEAST.replace('"state.db"', '""'), "line 3: `state` must be a text, not empty and of one line"),
        (LEAST.replace('"state.db"', '"a\\nb"'), "line 3: `state` must be a text, not empty and of one line"),
        (LEAST.replace("lmlint@example.org", "x"), "line 2: `from`: 'lmlint bot <x>' is no address; give"),
        (LEAST.replace("lmlint@example.org", "-x@example.org"), "line 2: `from`: "),
        (LEAST.partition("[[")[0], "no list to follow; add [[bot.list]] with a name"),
        (LEAST.replace("[[bot.list]]", "[bot.list]"), "line 5: `bot.list` must be a list of tables: [[bot.list]]"),
        (LEAST.replace('name = "mm"', ""), '`name` is missing from `bot.list.0`; add name = "..."'),
        (LEAST.replace('"mm"', '"../mm"'), "line 6: `name` must be of letters, digits,"),
        (LEAST.replace('"mm"', f'"{"m" * 65}"'), "line 6: `name` must be of letters, digits,"),
        (LEAST.replace('"mm"', "7"), "line 6: `name` must be a text"),
        (with_list('[[bot.list]]\nname = "MM"'), "line 8: two lists are called `MM`; give one of them another name"),
        (
            with_list('address = "a@b.org"\n[[bot.list]]\nname = "x"\naddress = "A <A@b.org>"'),
            "line 10: two lists have the address `a@b.org`; put them into one",
        ),
        (
            with_list('maildir = "a"\n[[bot.list]]\nname = "x"\nmaildir = "b/../a"'),
            "line 10: `{}/b/../a` is a source of `mm` as well; a mail would belong to both",
        ),
        (with_list('maildir = ["a", "a"]'), "line 7: `maildir` names 'a' twice; delete one"),
        (with_list("mbox = [7]"), "line 7: `mbox` must be a text or a list of texts, none of them empty or"),
        (with_list('answer = "everybody"'), "line 7: `answer` must be one of nobody, author, list, recipients"),
        (with_list('answer = ["list"]'), "line 7: `answer` must be one of nobody, author, list, recipients"),
        (with_list('answer = "list"'), "line 7: `mm` answers to the list, and has no `address`; add it"),
        (with_list('moderate = "no"'), "line 7: `moderate` must be true or false"),
        (with_list("embargo-hours = -1"), "line 7: `embargo-hours` must be a number from 0 to 720"),
        (with_list("embargo-hours = nan"), "line 7: `embargo-hours` must be a number from 0 to 720"),
        (with_list("embargo-hours = true"), "line 7: `embargo-hours` must be a number from 0 to 720"),
        (with_list('embargo-hours = "6"'), "line 7: `embargo-hours` must be a number from 0 to 720"),
        (with_list("settle-minutes = 1e9"), "line 7: `settle-minutes` must be a number from 0 to 10080"),
        (with_list("per-thread = 0"), "line 7: `per-thread` must be a whole number from 1 to 10000"),
        (with_list("per-series = 1.0"), "line 7: `per-series` must be a whole number from 1 to 10000"),
        (with_list("per-hour = true"), "line 7: `per-hour` must be a whole number from 1 to 10000"),
        (with_list("per-series = 6"), "line 7: `per-series` is more than `per-thread`, which a series is part of"),
        (with_list('rule = ["x"]'), "line 7: no rule is called 'x'; there are: arm64-lm-meminfo"),
        ('rule = ["x"]\n' + LEAST, "line 1: no rule is called 'x'; there are: arm64-lm-meminfo"),
        (with_list('address = "lmlint@EXAMPLE.org"'), "line 7: the bot writes as `lmlint@example.org`, and would"),
        (with_list('maintainers = ["lmlint@example.org"]'), "line 7: `lmlint@example.org` is the bot itself; leave"),
        (with_list('maintainers = ["a, b"]'), "line 7: `maintainers`: 'a, b' is no address; give `Name <address>`"),
        (with_list('mute = "*"'), "line 7: a pattern of `mute` is a text of at most 200 characters, not `*` alone"),
        (with_list(f'mute-subjects = ["{"*a" * 101}"]'), "line 7: a pattern of `mute-subjects` is a text of at most"),
        (with_bot("smtp = 1"), "line 4: `bot.smtp` must be a table: [bot.smtp]"),
        (with_bot("[bot.smtp]"), '`host` is missing from `bot.smtp`; add host = "mail.example.org"'),
        (with_bot('[bot.smtp]\nhost = "a b"'), "line 5: `host` must be the name or the address of one host"),
        (with_bot('[bot.smtp]\nhost = "a"\nport = 65536'), "line 6: `port` must be a whole number from 1 to 65535"),
        (with_bot('[bot.smtp]\nhost = "a"\nsecurity = "ssl"'), "line 6: `security` must be one of starttls, tls, none"),
        (
            with_bot('[bot.smtp]\nhost = "a"\nsecurity = "none"\ncredentials = "c"'),
            "line 6: the password would cross the network in the clear; set",
        ),
        (with_bot('[bot.smtp]\nhost = "a"\n[bot.maildir]\npath = "b"'), "line 6: mails go out one way: [bot.smtp] or"),
        (with_bot('[bot.sendmail]\ncommand = ["-x"]'), "line 5: `command` begins with the program, then its options"),
        (with_bot("[bot.maildir]"), '`path` is missing from `bot.maildir`; add path = "FOLDER"'),
        (with_bot('stop-file = "state.db"'), "line 4: `stop-file` is the state; give it another path"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    found = message(tmp_path, text)
    assert re.sub(r"^line \d+: (?=`(?:state|name|host|path)` is missing|no list)", "", found).startswith(
        said.replace("{}", str(tmp_path))
    )


def test_what_is_missing_is_told_with_the_line_of_its_table(tmp_path: Path) -> None:
    assert message(tmp_path, LEAST.replace('name = "mm"', "")).startswith("line 5: `name` is missing")
    assert message(tmp_path, with_bot("[bot.smtp]")).startswith("line 4: `host` is missing")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_settings(tmp_path / "nothing.toml")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"has no table `tool\.lmlint`; add it, or give another file"):
        load_settings(tmp_path / "pyproject.toml")


def test_any_file_name_will_do(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, LEAST, "bot.conf")).list("mm").name == "mm"
    moved = re.sub(r"^(\[+)", r"\1tool.lmlint.", LEAST, flags=re.MULTILINE)
    assert load_settings(written(tmp_path, moved, "pyproject.toml")).list("mm").name == "mm"
    with pytest.raises(InputError, match=r"pyproject\.toml: line 7: `answer` must be one of"):
        load_settings(written(tmp_path, f'{moved}answer = "x"\n', "pyproject.toml"))


def test_the_nearest_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, LEAST)
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    assert load_settings(None).path == tmp_path / "lmlint.toml"
    monkeypatch.chdir(tmp_path)
    assert load_settings(Path("lmlint.toml")).state == tmp_path / "state.db"


def test_other_commands_do_not_look_into_the_table(tmp_path: Path) -> None:
    written(tmp_path, "strict = true\n[bot]\nunheard-of = 1\n")
    config = load(tmp_path)
    assert config.strict
    assert set(config.origins) == {"strict"}
    code = "import sys; from pathlib import Path; from lmlint.config import load; load(Path(sys.argv[1]))"
    code += "; print([name for name in sys.modules if name.startswith(('lmlint.bot', 'lmlint.mailing', 'sqlite3'))])"
    made = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=30, check=True
    )
    assert made.stdout == "[]\n"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**6) | st.floats() | st.text(max_size=5) | st.just("a@b.example"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "host", "path"]), inner),
    max_leaves=6,
)
KEYS = st.sampled_from([*re.findall(r"^(?:# )?([a-z-]+) = ", example(), re.MULTILINE), "smtp", "sendmail", "list", "x"])


def as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(as_toml(one) for one in value if one is not None)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {as_toml(one)}' for key, one in value.items() if one is not None)}}}"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    return repr(value)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_stands_there_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, object], inner: dict[str, object]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    tables = ({"from": "a@c.example", "state": "s", **top}, {"name": "mm", **inner})
    lines = [[f"{key} = {as_toml(one)}" for key, one in table.items() if one is not None] for table in tables]
    more = [] if "list" in top else ["[[bot.list]]", *lines[1]]
    path = written(folder, "\n".join(["[bot]", *lines[0], *more]) + "\n", "any.toml")
    try:
        settings = load_settings(path)
    except InputError as error:
        said = str(error)
    else:
        said = f"{path}: line ..."
        assert all(one.rules and one.name for one in settings.lists)
        assert "Stop file" in explain(settings, (), {}, 100)
    assert said.startswith(f"{path}: line ")
    assert said.isprintable()


def test_the_example_has_every_key_and_is_right(tmp_path: Path) -> None:
    text = example()
    settings = load_settings(written(tmp_path, text))
    assert (settings.transport.kind, settings.lists[0].answer, settings.lists[0].moderate) == ("smtp", "nobody", True)
    for table in ("sendmail", "maildir"):
        other = re.sub(r"^\[bot\.smtp\]\n(?:.+\n)+", "", text, flags=re.MULTILINE)
        commented = re.search(rf"^# \[bot\.{table}\]\n(?:# .*\n)+", other, re.MULTILINE)
        assert commented is not None
        other = other.replace(commented[0], commented[0].replace("# [", "[").replace("\n# ", "\n"))
        assert load_settings(written(tmp_path, other)).transport.kind == table
    tables = ("[bot.smtp]\nhost = 'a'", "[bot.sendmail]", "[bot.maildir]\npath = 'a'")
    wrong = [with_list("x = 1"), with_bot("x = 1"), *(with_bot(f"{table}\nx = 1") for table in tables)]
    keys = {key for one in wrong for key in message(tmp_path, one).partition("the keys are ")[2].split(", ")}
    assert {key for key in keys if not re.search(rf"^(?:# )?(?:{key} = |\[+bot\.{key}\])", text, re.MULTILINE)} == set()
