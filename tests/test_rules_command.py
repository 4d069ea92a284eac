"""The command `lmlint rules`: the list, the look at a rule file, the file to start from; and the page about rules."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lmlint.authoring.inspection import inspect
from lmlint.cli import main
from lmlint.corpus import builtin_corpus
from lmlint.metavariables import WANTED, mistakes
from lmlint.rule import builtin_rules, load_rules
from lmlint.schema import RULE, names, typed
from lmlint.toml import places

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILTIN = load_rules([builtin_rules()], [])
HERE = Path(__file__).parent


# ---- the list ----


def test_every_rule_is_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rules"]) == 0
    text = capsys.readouterr().out
    for rule in BUILTIN:
        assert f"{rule.name}: {rule.summary}\n" in text
        assert f"counts {rule.unit} in {rule.array}[]" in text


def test_the_list_is_data_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "--format", "json", "--rule", "arm64-lm-meminfo"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    cases = [path for path in (builtin_corpus() / "arm64-lm-meminfo").iterdir() if path.suffix in {".c", ".patch"}]
    assert (one["name"], one["unit"], one["cases"], one["path"]) == ("arm64-lm-meminfo", "bytes", len(cases), "")


def test_rules_of_the_configuration_and_of_a_folder_are_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["rules", "new", "mine"])
    capsys.readouterr()
    assert main(["rules", "--rules", "rules", "--rule", "mine"]) == 0
    given = capsys.readouterr().out
    assert "1 case; rules/mine.toml" in given
    (tmp_path / "lmlint.toml").write_text('rules = ["rules"]\nrule = ["mine"]\n')
    assert main(["rules"]) == 0
    assert "1 case; " in capsys.readouterr().out
    assert main(["rules", "--rule", "none"]) == 2
    assert "no rule is called `none`" in capsys.readouterr().err


# ---- a new one ----


def test_a_new_rule_works_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "new", "my-counter"]) == 0
    said = capsys.readouterr().out
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "corpus/my-counter/first.c", "rules/my-counter.toml"
    ]  # fmt: skip
    commands = re.findall(r"^    lmlint (.*)", said, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:  # what it says to run next
        assert main(command.split()) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    assert "@" not in (tmp_path / "rules/my-counter.toml").read_text().replace("@arch", "")


def test_nothing_is_ever_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "old.toml").write_text("mine")
    (tmp_path / "rules" / "link.toml").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "corpus" / "cases").mkdir(parents=True)
    for name in ("old", "link", "cases"):
        assert main(["rules", "new", name]) == 2
        assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "rules" / "old.toml").read_text() == "mine"
    assert not (tmp_path / "rules" / "cases.toml").exists()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "-x", "a b", "a.toml", "x" * 61, "a\nb", "ä"])
def test_only_names_that_are_safe(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "new", "--", name]) == 2
    assert "is no name for a rule" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_no_name_of_a_rule_that_is_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "new", "arm64-lm-meminfo"]) == 2
    assert "comes with lmlint" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").write_text("a file")
    assert main(["rules", "new", "mine"]) == 2
    assert capsys.readouterr().err.startswith("lmlint: rules/mine.toml: ")


# ---- the look at a rule ----


@pytest.mark.parametrize("rule", BUILTIN, ids=lambda rule: rule.name)
def test_nothing_is_wrong_with_a_rule_that_comes_with_lmlint(rule: Any) -> None:  # noqa: ANN401  # a parameter
    path = builtin_rules() / f"{rule.name}.toml"
    assert [one.text(path.name) for one in inspect(path)] == []


def test_files_folders_and_what_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["rules", "new", "good"])
    main(["rules", "new", "bad"])
    bad = tmp_path / "rules" / "bad.toml"
    text = bad.read_text()
    bad.write_text(text.replace("why =", "wy =").replace('type = "pmd_t"', "type = 1"))
    capsys.readouterr()
    assert main(["rules", "check", "rules", "gone.toml"]) == 2
    told = capsys.readouterr()
    assert "rules/good.toml: nothing is wrong\n" in told.out
    assert re.search(r"^rules/bad\.toml:\d+: error: unknown key `wy`; is `why` meant\?", told.out, re.MULTILINE)
    assert re.search(r"^rules/bad\.toml:\d+: error: key `level\.pmd\.type` must be a text", told.out, re.MULTILINE)
    assert told.err.startswith("lmlint: gone.toml: ")
    assert main(["rules", "check", "--format", "json", "rules/bad.toml"]) == 2
    (one,) = json.loads(capsys.readouterr().out)
    lines = [line for line, text in enumerate(bad.read_text().split("\n"), 1) if "wy =" in text or "type = 1" in text]
    assert [(p["line"], p["key"], p["severity"]) for p in one["problems"]] == [
        (lines[0], "wy", "error"), (lines[1], "level.pmd.type", "error")
    ]  # fmt: skip
    bad.write_text(re.sub(r'why = """.*?"""\n', "", text, flags=re.DOTALL))
    assert main(["rules", "check", "rules/bad.toml"]) == 1
    assert ": warning: key `why` is missing" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert main(["rules", "check", "empty"]) == 2


def test_a_rule_that_cannot_be_loaded_says_how_many_mistakes_there_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["rules", "new", "bad"])
    path = tmp_path / "rules" / "bad.toml"
    path.write_text(path.read_text().replace("array =", "arrays =").replace('type = "pmd_t"', "type = 1"))
    capsys.readouterr()
    assert main(["rules", "--rules", "rules"]) == 2
    assert "rules/bad.toml:" in (told := capsys.readouterr().err)
    assert "(and 1 more: `lmlint rules check` says all)" in told


# ---- where keys stand ----

PLACED = """\
a.b = [1, [2,
  "x"], { c = 1, "d e" = '''
text''' }]
"q.r" = { s = { t = "u" }, v = [] }  # [no] = table

[[list]]
k = 1
[list.sub]
[[list.more]]
[[list]]
[list.sub]
'l' = \"\"\"
two
lines\"\"\"
"""


def test_every_key_and_value_has_its_line() -> None:
    found = places(PLACED.encode())
    assert set(found.keys) == set(_keys((), tomllib.loads(PLACED)))
    assert found.keys["a", "b", "1", "1"] == 2
    assert found.keys["a", "b", "2", "d e"] == 2
    assert found.texts["a", "b", "2", "d e"] == 3
    assert found.keys["q.r", "s", "t"] == 4
    assert [found.keys["list", one] for one in "01"] == [6, 10]
    assert found.keys["list", "0", "more", "0"] == 9
    assert (found.keys["list", "1", "sub", "l"], found.texts["list", "1", "sub", "l"]) == (12, 13)
    assert found.line(("list", "1", "gone")) == 10
    assert found.line(("gone",)) == 1


@pytest.mark.parametrize("rule", BUILTIN, ids=lambda rule: rule.name)
def test_every_key_of_a_rule_has_its_line(rule: Any) -> None:  # noqa: ANN401  # a parameter
    text = (builtin_rules() / f"{rule.name}.toml").read_bytes()
    assert set(places(text).keys) == set(_keys((), tomllib.loads(text.decode())))


def _keys(above: tuple[str, ...], value: object) -> Iterator[tuple[str, ...]]:
    if above:
        yield above
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _keys((*above, str(key)), one)


# ---- the page about rules ----

PAGE = (HERE.parent / "rules" / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| (.*) \| `(.*)` \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A line of the page's tables: the key, what it means, an example."""

    key: str
    meaning: str
    example: str


ROWS = [Row(*found.groups()) for found in ROW.finditer(PAGE)]


def general(key: str) -> str:
    """Return a key of the page as the schema names it."""
    return ".".join("*" if part.isupper() and part != "C" else part for part in key.split("."))


def test_the_page_has_every_key_and_no_other() -> None:
    documented = [general(row.key) for row in ROWS]
    assert sorted(documented) == sorted(names())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_an_example_of_the_page_is_accepted(row: Row) -> None:
    *above, _ = row.key.split(".")
    heading = {"account": "account", "geometry": "geometry.X", "constant": "constant", "level": "level.x"}
    section = heading.get(above[0], above[0]) if above else ""
    if row.key.startswith("model.level."):
        section = "model.level.x"
    if row.key.startswith("hidden."):
        section = "hidden"
    double = section and section in RULE.of and type(RULE.of[section]).__name__ == "Tables"
    data = tomllib.loads((f"[[{section}]]\n" if double else f"[{section}]\n" if section else "") + row.example)
    known, found = typed(data)
    assert [one.what for one in found if "is missing" not in one.what] == []
    assert [one.what for one in mistakes(known, late=True)] == []
    assert general(row.key) in {general_of(key) for key in _keys((), data)}


def general_of(key: tuple[str, ...]) -> str:
    """Return a key of data as the schema names it, as far as it is one."""
    for name in names():
        parts = name.split(".")
        plain = [part for part in key if not part.isdigit()]
        if len(parts) == len(plain) and all(a in {"*", b} for a, b in zip(parts, plain, strict=True)):
            return name
    return ""


def test_the_page_names_the_metavariables_that_must_be_there() -> None:
    meanings = {general(row.key): row.meaning for row in ROWS}
    kinds = {"values.make": "values.make.*", "values.bits": "values.bits.*", "values.expand": "values.expand.*",
             "level.*.step": "level.*.step.*"}  # fmt: skip
    for kind, wanted in WANTED.items():
        if kind.startswith(("locks", "moves")):  # said once for the section
            continue
        bold = set(re.findall(r"\*\*\$(\w+)\*\*", meanings[kinds.get(kind, kind)]))
        assert bold == wanted.needed, kind


def test_the_whole_rule_of_the_page_has_nothing_wrong(tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert blocks
    for at, block in enumerate(blocks):
        path = tmp_path / f"block{at}.toml"
        path.write_text(block)
        assert [one.text(path.name) for one in inspect(path)] == []


def test_the_commands_of_the_page_are_there() -> None:
    for command in re.findall(r"(?:`|^)lmlint ([a-z-]+)", PAGE, re.MULTILINE):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        assert caught.value.code == 0
