"""The quick answer to what the rules cover is the slow one, or says that it does not know."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint import scope
from lmlint.rule import builtin_rules, load_rules

SLOW = {"argparse", "dataclasses", "lmlint.cli", "pathlib", "re", "subprocess", "tomllib", "tree_sitter", "typing"}
STRINGS = st.sampled_from(
    ['"a/*.c"', '"b.h"', "'c'", '"d\\u0065"', '"é"', '"x]"', '"a,b"', '"#"', '"?"', '"[ab]"', '""', '"""', "'''"]
)
LISTS = st.builds(
    lambda items, comma, rest: f"[{', '.join(items)}{comma}]{rest}",
    st.lists(STRINGS, max_size=3),
    st.sampled_from(["", ",", ",\n", "\n"]),
    st.sampled_from(["", "  ", " # why", ' # "]']),
)
VALUES = (
    STRINGS | LISTS | st.sampled_from(['"""\n', '"""one line"""', "{files = []}", "1", '"""a\n', "[\n", '"x" # files'])
)
KEYS = st.sampled_from(["files", "lookup", "summary", "why", '"files"', '"lookup"', "a.files", "lookup.x", "'lookup'"])
LINES = st.builds("{} = {}".format, KEYS, VALUES) | st.sampled_from(
    ["", "# files = 1", "[table]", "[[files]]", '"""', 'files = ["fake"]', '\\"""', "]", '  files = ["x"]', "'''"]
)


def test_the_built_in_rules_are_read_as_the_rules_themselves_say() -> None:
    rules = load_rules([builtin_rules()], [])
    globs = scope.covered(scope.builtin_folder())
    assert globs
    assert set(globs) == {glob for rule in rules for glob in (*rule.files, *rule.lookup)}
    assert Path(scope.builtin_folder()) == builtin_rules()


@given(st.lists(LINES, max_size=6).map("\n".join))
def test_what_is_read_line_by_line_is_what_the_whole_file_says(text: str) -> None:
    found = scope.globs_of(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if found is not None:
        assert list(found) == data["files"] + data.get("lookup", [])


@pytest.mark.parametrize(
    ("rule", "globs"),
    [
        ('files = ["a/*.c", "b.c"]\nlookup = ["h/*.h"] # why\n', ("a/*.c", "b.c", "h/*.h")),
        ('summary = "x"\nwhy = """\nfiles = ["no"]\n"""\nfiles = ["yes"]\n[t]\nlookup = ["no"]\n', ("yes",)),
        ('lookup = ["h.h"]\n', None),
        ('files = [\n"a.c"]\n', None),
        ('files = ["a[bc].c"]\n', None),
        ('files = ["a.c"]\n"lookup" = ["h.h"]\n', None),
        ('files = ["a.c"]\nwhy = """\nopen\n', None),
    ],
)
def test_a_rule_that_is_not_plain_is_not_known(rule: str, globs: tuple[str, ...] | None) -> None:
    assert scope.globs_of(rule) == globs


def test_one_rule_that_is_not_plain_makes_the_folder_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('files = ["a.c"]\n')
    assert scope.covered(str(tmp_path)) == ("a.c",)
    (tmp_path / "b.toml").write_bytes(b'files = ["\xff"]\n')
    assert scope.covered(str(tmp_path)) is None
    assert scope.covered(str(tmp_path / "missing")) is None


@pytest.mark.parametrize(
    ("name", "text", "brings"),
    [
        ("lmlint.toml", 'trees = ["."]\nrule = ["arm64-lm-meminfo"]\n', False),
        ("lmlint.toml", 'rules = ["mine"]\n', True),
        ("lmlint.toml", '"r\\u0075les" = ["mine"]\n', True),
        ("pyproject.toml", '[tool.other]\nrules = ["a\\\\b"]\n', False),
        ("pyproject.toml", '[tool.lmlint]\nrules = ["mine"]\n', True),
        ("pyproject.toml", "[tool.lmlint]\nstrict = true\n", False),
    ],
)
def test_rules_of_the_users_own_are_not_overlooked(tmp_path: Path, name: str, text: str, *, brings: bool) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert not scope.brings_rules(str(below))
    (tmp_path / name).write_text(text)
    assert scope.brings_rules(str(below)) == brings


def test_what_cannot_be_read_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "lmlint.toml").symlink_to(tmp_path / "nowhere")
    assert scope.brings_rules(str(tmp_path))


def test_a_hook_loads_nothing_slow() -> None:
    program = "import sys; old = set(sys.modules); import lmlint.start; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "lmlint.start" in loaded
    assert not loaded & SLOW
