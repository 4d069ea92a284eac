"""The configuration file: where it is found, what is wrong with it, and what is in force."""

from __future__ import annotations

import os
import time
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint import toml
from lmlint.allow import MAX_REASON, tidy
from lmlint.config import COLORS, FORMATS, Config, find, load, render, with_options
from lmlint.error import InputError
from lmlint.limits import DEFAULT, MOST_NESTING, Limits

FULL = """\
# what this project asks for
trees = [
    "../linux",  # with a "[bracket" and a = sign
    "/srv/linux.git",
]
rules = ["more"]
rule = ["arm64-lm-meminfo"]
strict = true
"explain-clean" = true
format = "json"
color = 'never'

[limits]
seconds = 5
mails = 7

[[allow]]
id = "e758ccb6"
reason = \"\"\"the boot path
counts it\"\"\"

[[allow]]
reason = "seen"
id = "00000001"
"""


def written(folder: Path, content: str | bytes, name: str = "lmlint.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def message(folder: Path, content: str | bytes, name: str = "lmlint.toml") -> str:
    with pytest.raises(InputError) as caught:
        load(written(folder, content, name))
    text = str(caught.value)
    assert text.startswith(f"{folder / name}: ")
    assert "\n" not in text
    return text.removeprefix(f"{folder / name}: ")


def outcome(folder: Path) -> Config | str:
    try:
        return load(folder)
    except InputError as error:
        return str(error)


def same(one: Config, other: Config) -> bool:
    return replace(one, origins={}, path=None) == replace(other, origins={}, path=None)


def test_every_key_is_read(tmp_path: Path) -> None:
    config = load(written(tmp_path, FULL))
    assert config.path == tmp_path / "lmlint.toml"
    assert config.trees == (tmp_path / "../linux", Path("/srv/linux.git"))
    assert config.rules == (tmp_path / "more",)
    assert config.rule == ("arm64-lm-meminfo",)
    assert (config.strict, config.witness, config.explain_clean) == (True, False, True)
    assert (config.format, config.color) == ("json", "never")
    assert config.limits == replace(DEFAULT, seconds=5, mails=7)
    assert config.allow == {"e758ccb6": "the boot path counts it", "00000001": "seen"}


def test_every_value_says_where_it_comes_from(tmp_path: Path) -> None:
    config = load(written(tmp_path, FULL))
    assert dict(config.origins) == {
        "trees": "lmlint.toml:2",
        "rules": "lmlint.toml:6",
        "rule": "lmlint.toml:7",
        "strict": "lmlint.toml:8",
        "explain-clean": "lmlint.toml:9",
        "format": "lmlint.toml:10",
        "color": "lmlint.toml:11",
        "limits.seconds": "lmlint.toml:14",
        "limits.mails": "lmlint.toml:15",
        "allow.e758ccb6": "lmlint.toml:17",
        "allow.00000001": "lmlint.toml:22",
    }
    assert config.origin("witness") == config.origin("limits.bytes") == "default"


def test_inline_values_have_the_line_of_the_key_around_them(tmp_path: Path) -> None:
    text = '\nlimits = { mails = 7 }\nallow = [\n  { id = "00000001", reason = "seen" },\n]\n'
    origins = load(written(tmp_path, text.replace("\n", "\r\n"))).origins
    assert origins == {"limits.mails": "lmlint.toml:2", "allow.00000001": "lmlint.toml:3"}


def test_nothing_is_found_above_a_folder_without_one(tmp_path: Path) -> None:
    if find(tmp_path) is not None:
        pytest.skip("there is a configuration above the folder for temporary files")
    assert load(tmp_path) == Config()
    written(tmp_path, "[tool.other]\n", "pyproject.toml")
    assert find(tmp_path) is None


def test_the_nearest_file_upwards_is_taken_whole(tmp_path: Path) -> None:
    deep = written(tmp_path / "a/b/c", "int x;", "x.c")
    written(tmp_path, "strict = true\n")
    assert find(deep / "x.c") == find(deep) == tmp_path / "lmlint.toml"
    written(tmp_path / "a", "[tool.lmlint]\nwitness = true\n", "pyproject.toml")
    assert find(deep / "gone.c") == tmp_path / "a/pyproject.toml"
    config = load(deep)
    assert (config.strict, config.witness, config.origin("witness")) == (False, True, "pyproject.toml:2")
    written(tmp_path / "a", "")
    assert find(deep) == tmp_path / "a/lmlint.toml"
    written(tmp_path / "a/b", "[tool]\nname = 'lmlint'\n", "pyproject.toml")  # it speaks of us, and not to us
    assert find(deep) == tmp_path / "a/lmlint.toml"


def test_a_relative_start_is_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "strict = true\n")
    monkeypatch.chdir(written(tmp_path / "sub", "", "x.c"))
    assert find(Path("x.c")) == find(Path()) == tmp_path / "lmlint.toml"


def test_the_folders_above_are_those_of_the_file_system(tmp_path: Path) -> None:
    written(tmp_path / "real/sub", "int x;", "x.c")
    written(tmp_path / "real", "strict = true\n")
    written(tmp_path / "links", "witness = true\n")
    (tmp_path / "links/sub").symlink_to(tmp_path / "real/sub")
    assert find(tmp_path / "links/sub/x.c") == tmp_path / "real/lmlint.toml"
    # A link in the place of a file takes no configuration from where it leads.
    (tmp_path / "links/y.c").symlink_to(tmp_path / "real/sub/x.c")
    assert find(tmp_path / "links/y.c") == tmp_path / "links/lmlint.toml"


def test_broken_toml_of_others_is_not_ours(tmp_path: Path) -> None:
    written(tmp_path, "strict = true\n")
    deep = written(tmp_path / "a", "[project", "pyproject.toml")
    assert find(deep) == tmp_path / "lmlint.toml"
    assert message(deep, "[tool.lmlint", "pyproject.toml").startswith("line 1: ")


WRONG = {
    "a slip": ("\nstict = true", "line 2: unknown key `stict`; is `strict` meant? the keys are trees, rules, "),
    "a far slip": ("zzz = 1", "line 1: unknown key `zzz`; the keys are "),
    "an underscore": ("explain_clean = true", "is `explain-clean` meant?"),
    "a line break in a key": ('"a\\nb" = 1', "unknown key `a?b`"),
    "a key without end": (f"{'k' * 500000} = 1", f"unknown key `{'k' * 60}`"),
    "an inner key": ("origins = {}", "unknown key `origins`"),
    "an unknown limit": ("[limits]\nbyte = 1", "line 2: unknown key `limits.byte`; is `bytes` meant?"),
    "limits that are no table": ("limits = 1", "line 1: `limits` must be a table"),
    "a limit out of range": ("[limits]\nbytes = 0", "line 2: limit `bytes` must be a whole number"),
    "a limit that is true": ("limits.bytes = true", "line 1: limit `bytes` must be a whole number"),
    "a limit of many digits": (f"limits.bytes = 0x{'f' * 100_000}", "line 1: limit `bytes` must be a whole number"),
    "a number of many digits": (f"limits.bytes = {'9' * 100_000}", "digits"),
    "a flag that is a number": ("strict = 1", "line 1: `strict` must be true or false"),
    "a flag that is a text": ('explain-clean = "yes"', "`explain-clean` must be true or false"),
    "a list that is a text": ('trees = "../linux"', "line 1: `trees` must be a list of texts"),
    "a list of numbers": ("rules = [1]", "`rules` must be a list of texts"),
    "an empty name": ('rule = [""]', "`rule` must be a list of texts"),
    "a NUL in a path": ('trees = ["a\\u0000"]', "`trees` must be a list of texts"),
    "an unknown format": ('format = "xml"', "line 1: `format` must be one of text, json"),
    "a format that is a list": ("format = []", "`format` must be one of text, json"),
    "an unknown color": ('color = "red"', "`color` must be one of auto, always, never"),
    "a sender that is a number": ("from = 1", "line 1: `from` must be a text"),
    "allow that is no list": ("allow = 1", "`allow` must be a list of tables"),
    "allow of texts": ('allow = ["e758ccb6"]', "`allow` must be a list of tables"),
    "allow with a slip": ('[[allow]]\nid = "e758ccb6"\nwhy = "x"', "line 3: unknown key `allow.0.why`"),
    "no reason": ('\n[[allow]]\nid = "e758ccb6"', "line 2: `allow` of `e758ccb6` gives no reason"),
    "an empty reason": ('[[allow]]\nid = "e758ccb6"\nreason = " . "', "gives no reason"),
    "a reason that is a number": ('[[allow]]\nid = "e758ccb6"\nreason = 1', "gives no reason"),
    "no id": ('[[allow]]\nreason = "x"', "line 1: `id` of an `allow` must be the eight hex digits"),
    "an id that is a number": ('[[allow]]\nreason = "x"\nid = 12345678', "line 3: `id` of an `allow`"),
    "a short id": ('[[allow]]\nid = "e758ccb"\nreason = "x"', "line 2: `id` of an `allow`"),
    "an id and a line end": ('[[allow]]\nid = "e758ccb6\\n"\nreason = "x"', "line 2: `id` of an `allow`"),
    "an id twice": (
        '[[allow]]\nid = "e758ccb6"\nreason = "x"\n[[allow]]\nid = "E758CCB6"\nreason = "y"',
        "line 5: `e758ccb6` is allowed twice",
    ),
    "no TOML": ("strict = true\ntrees = [\n\n", "line 3: "),
    "no value": ("strict =\n", "line 1: "),
    "no UTF-8": (b"strict = true\n# \xff", "line 2: not UTF-8"),
    "deep arrays": (f"trees = {'[' * 50_000}", "nested too deeply"),
    "many dots": (f"strict = true\na{'.a' * 200_000} = 1", "line 2: a key of more than 100 parts"),
    "many bytes": (b"#" * (toml.MAX_BYTES + 1), "larger than 1048576 bytes"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    start = time.process_time()
    assert said in message(tmp_path, content)
    assert time.process_time() - start < 5


def test_what_is_wrong_in_pyproject_has_its_line(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.lmlint.limits]\nbyte = 1\n'
    assert message(tmp_path, text, "pyproject.toml").startswith("line 5: unknown key `limits.byte`")
    assert message(tmp_path, "[tool]\nlmlint = 3\n", "pyproject.toml") == "line 2: `tool.lmlint` must be a table"


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lmlint.toml")
    with pytest.raises(InputError, match="not a regular file"):
        load(tmp_path)
    (tmp_path / "lmlint.toml").unlink()
    (tmp_path / "lmlint.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path)


def test_the_command_line_goes_over_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, FULL))
    changed = with_options(
        config, strict=False, witness=True, trees=[Path("t")], rule=[], rules=None, color=None, limits={"mails": 9}
    )
    assert (changed.strict, changed.witness, changed.trees) == (False, True, (Path("t"),))
    assert (changed.rule, changed.rules, changed.color) == (config.rule, config.rules, config.color)
    assert changed.limits == replace(config.limits, mails=9)
    origins = {key: changed.origin(key) for key in ("strict", "trees", "rule", "limits.mails", "limits.seconds")}
    assert origins == {
        "strict": "command line",
        "trees": "command line",
        "rule": "lmlint.toml:7",
        "limits.mails": "command line",
        "limits.seconds": "lmlint.toml:14",
    }


def test_a_bad_limit_of_the_command_line() -> None:
    with pytest.raises(InputError, match="no limit is called `byte`"):
        with_options(Config(), limits={"byte": 1})


def test_what_is_in_force_is_toml_with_remarks(tmp_path: Path) -> None:
    text = render(with_options(load(written(tmp_path, FULL)), witness=True))
    lines = text.splitlines()
    assert lines[0] == f'# "{tmp_path}/lmlint.toml"'
    assert [line.split() for line in lines if line.startswith(("strict", "witness", "mails", "bytes"))] == [
        ["strict", "=", "true", "#", "from", "lmlint.toml:8"],
        ["witness", "=", "true", "#", "from", "command", "line"],
        ["bytes", "=", "16777216", "#", "from", "default"],
        ["mails", "=", "7", "#", "from", "lmlint.toml:15"],
    ]
    short = [line for line in lines if "  # from" in line and not line.startswith(("trees", "rules"))]
    assert len({line.index("  # from") for line in short}) == 1
    assert set(tomllib.loads(text)) == {
        "trees", "rules", "rule", "strict", "witness", "suggest", "explain-clean", "format", "color", "from", "limits",
        "allow",
    }  # fmt: skip
    assert set(tomllib.loads(render(Config()))) == set(tomllib.loads(text))
    assert set(tomllib.loads(text)["limits"]) == {one.name for one in fields(Limits)}


names = st.text(min_size=1).filter(str.isprintable)
paths = names.filter(lambda name: name.strip("./")).map(lambda name: Path("/") / name)
configs = st.builds(
    Config,
    trees=st.lists(paths).map(tuple),
    rules=st.lists(paths).map(tuple),
    rule=st.lists(names).map(tuple),
    strict=st.booleans(),
    witness=st.booleans(),
    explain_clean=st.booleans(),
    format=st.sampled_from(FORMATS),
    color=st.sampled_from(COLORS),
    from_=st.text().filter(str.isprintable),
    limits=st.builds(
        Limits, **{one.name: st.integers(1, MOST_NESTING if one.name == "nesting" else 10**9) for one in fields(Limits)}
    ),
    allow=st.dictionaries(st.text("0123456789abcdef", min_size=8, max_size=8), st.text().map(tidy).filter(bool)),
)


@given(configs)
def test_any_configuration_survives_being_printed(tmp_path_factory: pytest.TempPathFactory, config: Config) -> None:
    folder = written(tmp_path_factory.getbasetemp() / "printed", render(config))
    again = load(folder)
    assert same(again, config)
    assert same(load(written(folder, render(again))), config)


def test_a_path_that_is_not_utf_8_is_shown(tmp_path: Path) -> None:
    config = with_options(Config(), trees=[tmp_path / os.fsdecode(b"a\xff")])
    assert tomllib.loads(render(config))["trees"] == [f"{tmp_path}/a\ufffd"]


PIECES = st.sampled_from([*FULL.split("\n"), "[[allow]]", "[limits]", "=", '"', "'''", '"""', "[", "]", "{", "}", "\\"])


@given(st.binary() | st.lists(PIECES).map(lambda lines: "\n".join(lines).encode()) | st.text().map(str.encode))
def test_any_bytes_are_a_configuration_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = written(tmp_path_factory.getbasetemp() / "any", data)
    config = outcome(folder)
    if isinstance(config, Config):
        assert same(load(written(folder, render(config))), config)
    else:
        assert config.startswith(f"{folder}/lmlint.toml: ")


def test_reasons_are_bounded_and_printable() -> None:
    long = tidy("x" * 1000)
    assert len(long) == MAX_REASON
    assert tidy(long) == long
    assert tidy("a\x1b[31m\u202eb\r\n\tc") == "a [31m b c"
    assert not tidy(" \n.-:")


def test_the_line_of_each_key() -> None:
    text = 'a = """\nb = 1\n"""\n[t.u] # [x]\n"c" = \'\'\'\n[y]\n\'\'\'\n  d.e = [1,\n2]\nf = 1\n'
    text += '[[g]]\n[[g]]\nh = "]"\ni = 1'
    assert tomllib.loads(text)
    assert toml.lines(text.encode()) == {
        "a": 1, "t.u": 4, "t.u.c": 5, "t.u.d.e": 8, "t.u.f": 10, "g.0": 11, "g.1": 12, "g.1.h": 13, "g.1.i": 14
    }  # fmt: skip
