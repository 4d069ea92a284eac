"""What the shells offer on TAB: the command is asked as argcomplete asks it, and each real shell sources its script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lmlint.commands import SHELLS
from lmlint.completion import script
from lmlint.kinds import KINDS
from lmlint.rule import builtin_rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND = f"#!{sys.executable}\nfrom lmlint.cli import entry\nentry()\n"
SEPARATOR = "\v"


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    """Return a folder to stand in, with `lmlint` on the PATH that `environment` gives."""
    command = tmp_path / "bin" / "lmlint"
    command.parent.mkdir()
    command.write_text(COMMAND)
    command.chmod(0o755)
    place = tmp_path / "here"
    (place / "arch").mkdir(parents=True)
    for name in ("mmu.c", "0001-fix.patch", "a b.mbox", "two\nlines.c", "$(id).c", ".hidden.c"):
        (place / name).write_text("")
    return place


def environment(place: Path, **more: str) -> Mapping[str, str]:
    return os.environ | {"PATH": f"{place.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"} | more


def offered(place: Path, line: str, shell: str = "bash") -> set[str]:
    """Return what is offered for a line with the cursor at its end."""
    told = place.parent / "told"
    asked = environment(
        place,
        _ARGCOMPLETE="1",
        _ARGCOMPLETE_SHELL=shell,
        _ARGCOMPLETE_SUPPRESS_SPACE="1",
        _ARGCOMPLETE_IFS=SEPARATOR,
        _ARGCOMPLETE_STDOUT_FILENAME=str(told),
        COMP_LINE=line,
        COMP_POINT=str(len(line)),
        COMP_TYPE="9",
    )
    ran = subprocess.run(["lmlint"], cwd=place, env=asked, capture_output=True, check=False, timeout=30)
    assert (ran.stdout, ran.stderr) == (b"", b"")
    return set(filter(None, told.read_text().split(SEPARATOR)))


def git(place: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=place, check=True, capture_output=True, timeout=30)


def test_subcommands_and_options_are_offered(place: Path) -> None:
    assert {"check", "explain", "test", "completion"} <= offered(place, "lmlint ")
    assert offered(place, "lmlint che") == {"check"}
    assert {"--rule", "--strict", "--tree"} <= offered(place, "lmlint check --")
    assert offered(place, "lmlint check --format ") == {"text", "json"} | offered(place, "lmlint check --format ")
    assert offered(place, "lmlint completion ") == set(SHELLS)


def test_files_are_offered_by_what_the_argument_takes(place: Path) -> None:
    found = offered(place, "lmlint check ")
    assert {"mmu.c", "0001-fix.patch", "arch/", "a\\ b.mbox", "\\$\\(id\\).c"} <= found
    assert not any("\n" in name or "hidden" in name for name in found)
    assert offered(place, "lmlint check .") == {".hidden.c"}
    assert {"mmu.c", "arch/"} <= offered(place, "lmlint witness ")
    assert "0001-fix.patch" not in offered(place, "lmlint witness ")
    assert offered(place, "lmlint check --tree ") == {"arch/"}
    assert {"a\\ b.mbox", "arch/"} <= offered(place, "lmlint lint-mail ")
    assert offered(place, f"lmlint check {place}/m") == {f"{place}/mmu.c"}
    assert offered(place, "lmlint check nowhere/") == set()


def test_kinds_rules_and_limits_are_offered(place: Path) -> None:
    assert {*KINDS, "mmu.c:"} <= offered(place, "lmlint explain ")
    assert offered(place, "lmlint explain double") == {name for name in KINDS if name.startswith("double")}
    assert offered(place, "lmlint check --rule ") == {path.stem for path in builtin_rules().glob("*.toml")}
    assert offered(place, "lmlint check --limit sec") == {"seconds="}


def test_what_rules_takes_is_offered(place: Path) -> None:
    (place / "mine.toml").write_text("")
    assert {"check", "new"} <= offered(place, "lmlint rules ")
    assert offered(place, "lmlint rules check ") == {"mine.toml", "arch/"}
    assert offered(place, "lmlint rules --format ") == {"text", "json"}
    assert offered(place, "lmlint rules new ") == set()


def test_branches_are_offered_in_a_repository(place: Path) -> None:
    assert "HEAD" not in offered(place, "lmlint check ")
    git(place, "init")
    git(place, "commit", "--allow-empty", "-m", "a")
    git(place, "branch", "topic/meminfo")
    git(place, "branch", "$(touch${IFS}pwned)")
    found = offered(place, "lmlint check ")
    assert {"HEAD", "main", "topic/meminfo", "mmu.c"} <= found
    assert not any("pwned" in name for name in found)
    assert offered(place, "lmlint check main..to") == {"main..topic/meminfo"}
    assert offered(place, "lmlint check main...to") == {"main...topic/meminfo"}


def test_nothing_of_it_is_loaded_where_no_shell_asks(place: Path) -> None:
    seen = (
        "import sys; from lmlint.cli import main; main(['explain', 'double-count']); "
        "print('argcomplete' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", seen], cwd=place, capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout.endswith("False\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script(place: Path, shell: str) -> None:
    asked = ["lmlint", "completion", shell]
    ran = subprocess.run(
        asked, cwd=place, env=environment(place), capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout.rstrip("\n") == script(shell).rstrip("\n")
    assert "lmlint" in ran.stdout


BASH = """source "$1"
COMP_LINE='lmlint ch'; COMP_POINT=9; COMP_WORDS=(lmlint ch); COMP_TYPE=9
complete -p lmlint
_python_argcomplete lmlint
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """source $argv[1]
complete --do-complete 'lmlint ch'
"""
ZSH = """autoload -Uz compinit && compinit -u -D -d "$2" && source "$1" && print -r -- ${_comps[lmlint]}
_describe() { print -r -- "${(@P)2}" }
BUFFER='lmlint ch'; CURSOR=9; words=(lmlint ch); _python_argcomplete
"""


@pytest.mark.parametrize(("shell", "driver"), [("bash", BASH), ("zsh", ZSH), ("fish", FISH)])
def test_a_real_shell_completes(place: Path, shell: str, driver: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    made, drive = place.parent / f"made.{shell}", place.parent / f"drive.{shell}"
    made.write_text(script(shell))
    drive.write_text(driver)
    clean = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    home = environment(place, HOME=str(place.parent), XDG_CONFIG_HOME=str(place.parent))
    check = subprocess.run([program, "-n", made], env=home, capture_output=True, text=True, check=False, timeout=30)
    assert (check.returncode, check.stderr) == (0, "")
    asked = [program, *clean, str(drive), str(made), str(place.parent / "dump")]
    ran = subprocess.run(asked, cwd=place, env=home, capture_output=True, text=True, check=False, timeout=30)
    words = ran.stdout.replace(":", " ").split()  # a description stands behind a colon
    assert "check" in words, ran.stderr
    assert "explain" not in words
