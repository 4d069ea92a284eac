"""Hooks: what they check, how they are installed, and that git and the framework pre-commit obey them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmlint import hook, install
from lmlint.error import InputError
from tests.gitrepo import WHO, git, repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PATH = "arch/arm64/mm/mmu.c"
HELPERS = """\
static unsigned long lm_meminfo[5];
static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}
"""
UNMAP = """\
void unmap(pmd_t *slot, unsigned long va)
{{
	pmd_t old = pmdp_get(slot);

	if (pmd_leaf(old) && !pmd_cont(old)) {{
		pmd_clear(slot);
{}	}}
}}
"""
OLD = (HELPERS + "int nothing(void)\n{\n\treturn 0;\n}\n").encode()
BAD = (HELPERS + UNMAP.format("")).encode()
GOOD = (HELPERS + UNMAP.format("\t\tlm_meminfo_sub(va, PMD_SIZE, PMD);\n")).encode()
ZEROS = "0" * 40
GONE = "1" * 40


@pytest.fixture(autouse=True)
def no_hook_runs_this(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what git and pre-commit told a hook that may be running these tests."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "PRE_COMMIT")):
            monkeypatch.delenv(name)
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a file of a rule and one of none; it is the current directory."""
    where = repository(tmp_path / "linux", {PATH: OLD, "README": b"x\n"})
    monkeypatch.chdir(where)
    return where


def planned(stage: str = "pre-commit", pushed: str = "", **environment: str) -> tuple[str, ...]:
    return hook.plan(stage, io.BytesIO(pushed.encode()), environment)


def stage(where: Path, path: str, text: bytes) -> None:
    (where / path).write_bytes(text)
    git(where, "add", path)


def commit(where: Path, path: str, text: bytes, message: str = "change") -> str:
    stage(where, path, text)
    git(where, "commit", "-qnm", message)
    return head(where)


def head(where: Path, name: str = "HEAD") -> str:
    return git(where, "rev-parse", name).strip()


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg"])
def test_a_staged_file_of_a_rule_is_checked_and_no_other(repo: Path, name: str) -> None:
    assert planned(name) == ()
    stage(repo, "README", b"y\n")
    assert planned(name) == ()
    (repo / PATH).write_bytes(BAD)
    assert planned(name) == ()
    git(repo, "add", PATH)
    assert planned(name) == ("--staged",)


def test_a_file_that_leaves_the_rule_is_checked(repo: Path) -> None:
    git(repo, "mv", PATH, "away.c")
    assert planned() == ("--staged",)
    git(repo, "reset", "-q", "--hard")
    git(repo, "rm", "-q", PATH)
    assert planned() == ("--staged",)


def test_where_git_cannot_say_the_check_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert planned() == ("--staged",)
    git(tmp_path, "init", "-q")
    stage(tmp_path, "README", b"y\n")  # nothing to compare with before the first commit
    assert planned() == ("--staged",)


def test_neither_a_folder_nor_a_setting_hides_a_file(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(repo, PATH, BAD)
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    (repo / "sub").mkdir()
    monkeypatch.chdir(repo / "sub")
    assert planned() == ("--staged",)


def test_rules_of_the_users_own_are_asked(repo: Path) -> None:
    stage(repo, "README", b"y\n")
    (repo / "lmlint.toml").write_text('rules = ["mine"]\n')
    assert planned() == ("--staged",)


def test_without_git_the_reason_is_said(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(repo, "README", b"y\n")
    monkeypatch.setenv("PATH", str(repo))
    with pytest.raises(InputError, match=r"^git: No such file or directory; install git$"):
        planned()


def commits_of(where: Path, asked: Sequence[str]) -> list[str]:
    """Return the commits that a check of these arguments would see."""
    ranges = [["rev-list", name] if ".." in name else ["rev-list", "-1", name] for name in asked]
    return [line for one in ranges for line in git(where, *one).split()]


def line(local: str, remote: str = ZEROS, name: str = "refs/heads/x") -> str:
    return f"{name} {local} {name} {remote}\n"


def test_what_is_pushed_is_checked_as_ranges(repo: Path) -> None:
    first = head(repo)
    git(repo, "update-ref", "refs/remotes/origin/main", first)
    readme = commit(repo, "README", b"y\n")
    assert planned("pre-push", line(readme, first)) == ()
    bad = commit(repo, PATH, BAD)
    good = commit(repo, PATH, GOOD)
    assert planned("pre-push", line(good, first)) == (f"{first}..{good}",)
    assert planned("pre-push", line(good)) == (f"{first}..{good}",)
    assert planned("pre-push", line(good, bad)) == (f"{bad}..{good}",)
    assert planned("pre-push", line(good, GONE)) == (f"{first}..{good}",)
    assert planned("pre-push", f"HEAD@{{1 day ago}} {good} refs/heads/x {first}\n") == (f"{first}..{good}",)
    assert planned("pre-push", line(good, good)) == ()
    assert planned("pre-push", line(ZEROS, good, "(delete)")) == ()
    assert planned("pre-push") == ()


def test_several_refs_tags_and_a_forced_push(repo: Path) -> None:
    first = head(repo)
    git(repo, "update-ref", "refs/remotes/origin/main", first)
    old = commit(repo, PATH, BAD)
    git(repo, "reset", "-q", "--hard", first)
    good = commit(repo, PATH, GOOD)
    git(repo, "tag", "-am", "v1", "v1")
    git(repo, "tag", "-am", "file", "file", head(repo, "HEAD:README"))
    assert planned("pre-push", line(good, old)) == (f"{first}..{good}",)
    assert planned("pre-push", line(head(repo, "v1"), name="refs/tags/v1")) == (f"{first}..{good}",)
    assert planned("pre-push", line(head(repo, "file"), name="refs/tags/file")) == ()
    asked = planned("pre-push", line(good) + line(old, name="refs/heads/y") + line(ZEROS, good))
    assert set(asked) == {f"{first}..{good}", f"{first}..{old}"}


def test_a_merge_and_what_remotes_have(repo: Path) -> None:
    first = head(repo)
    git(repo, "checkout", "-qb", "upstream")
    theirs = commit(repo, PATH, GOOD)
    git(repo, "update-ref", "refs/remotes/origin/main", theirs)
    git(repo, "checkout", "-q", "main")
    mine = commit(repo, "arch/arm64/mm/init.c", GOOD)
    git(repo, "merge", "-qm", "merge", "upstream")
    merge = head(repo)
    last = commit(repo, PATH, BAD)
    asked = planned("pre-push", line(last, first))
    assert sorted(commits_of(repo, asked)) == sorted([mine, merge, last])
    assert asked == (f"{first}..{mine}", merge, f"{merge}..{last}")


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_whole_history_is_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    where = repository(tmp_path / "linux", {PATH: OLD}, f"--object-format={form}")
    monkeypatch.chdir(where)
    first, last = head(where), commit(where, PATH, BAD)
    expected = (first, f"{first}..{last}")
    assert planned("pre-push", line(last, "0" * len(last))) == expected
    assert planned("pre-push", "", PRE_COMMIT_LOCAL_BRANCH="refs/heads/main") == expected


def test_the_framework_says_what_is_pushed(repo: Path) -> None:
    first = head(repo)
    last = commit(repo, PATH, BAD)
    git(repo, "update-ref", "refs/remotes/origin/main", last)
    for name in hook.STAGES:
        assert planned(name, "", PRE_COMMIT_FROM_REF=first, PRE_COMMIT_TO_REF="main") == (f"{first}..{last}",)
    assert planned("pre-push", "", PRE_COMMIT_FROM_REF="main", PRE_COMMIT_TO_REF="main") == ()
    with pytest.raises(InputError, match=r"^'--all': no commit of this repository; "):
        planned("pre-push", "", PRE_COMMIT_FROM_REF="--all", PRE_COMMIT_TO_REF="main")


@pytest.mark.parametrize("pushed", ["x\n", line("--all"), line("1" * 39), f"{line(GONE)[:-1]} b\n"])
def test_what_git_never_says_is_refused(repo: Path, pushed: str) -> None:
    assert repo.is_dir()
    with pytest.raises(InputError, match=r"^<stdin>: line 2: not what git gives"):
        planned("pre-push", line(ZEROS, GONE) + pushed)


def test_a_hook_ends_as_its_check_does(repo: Path) -> None:
    stage(repo, PATH, BAD)
    asked: list[Sequence[str]] = []

    def check(arguments: Sequence[str]) -> int:
        asked.append(arguments)
        return 7

    assert hook.run("commit-msg", io.BytesIO(), check, environment={}) == 7
    assert asked == [("--staged",)]
    git(repo, "reset", "-q", "--hard")
    assert hook.run("pre-commit", io.BytesIO(), check, environment={}) == 0
    with pytest.raises(InputError, match=r"^no hook is called `post-rewrite`; the hooks are "):
        hook.run("post-rewrite", io.BytesIO(), check, environment={})
    assert len(asked) == 1


def tried(where: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run git with its hooks."""
    environment = {**os.environ, **more}
    return subprocess.run(["git", *arguments], cwd=where, env=environment, capture_output=True, text=True, check=False)


def test_git_obeys_the_hook(repo: Path) -> None:
    (told,) = install.install(repo, ["pre-commit"])
    path = repo / ".git" / "hooks" / "pre-commit"
    assert told == f"{path}: installed"
    assert os.access(path, os.X_OK)
    stage(repo, PATH, BAD)
    done = tried(repo, "commit", "-qm", "bad")
    assert (done.returncode, head(repo)) == (1, head(repo, "main"))
    assert "missing-sub" in done.stdout + done.stderr
    (repo / PATH).write_bytes(OLD)  # what is committed counts, not what lies in the work tree
    assert tried(repo, "commit", "-qm", "bad").returncode == 1
    (repo / PATH).write_bytes(GOOD)
    assert tried(repo, "commit", "-qm", "good", PATH).returncode == 0  # git keeps another index for this
    stage(repo, "README", b"y\n")
    done = tried(repo, "commit", "-qm", "other")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_installed_hook_needs_no_open_streams_and_says_what_it_cannot_do(repo: Path) -> None:
    install.install(repo, ["pre-commit"])
    command = ["sh", "-c", 'exec "$@" <&- >&-', "sh", str(repo / ".git" / "hooks" / "pre-commit")]
    assert subprocess.run(command, cwd=repo, capture_output=True, check=False).returncode == 0
    refs = {**os.environ, "PRE_COMMIT_FROM_REF": "no", "PRE_COMMIT_TO_REF": "no"}
    done = subprocess.run(command, cwd=repo, env=refs, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:38]) == (2, "lmlint: 'no': no commit of this reposi")


def test_a_push_is_refused(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(repo, "push", "-q", "origin", "main")
    install.install(repo, ["pre-push"])
    commit(repo, PATH, BAD)
    assert tried(repo, "push", "-q", "origin", "main").returncode != 0
    assert tried(repo, "push", "-q", "origin", "main:new").returncode != 0
    git(repo, "reset", "-q", "--hard", "HEAD^")
    commit(repo, PATH, GOOD)
    assert tried(repo, "push", "-q", "origin", "main", "main:new").returncode == 0
    assert tried(repo, "push", "-q", "origin", ":new").returncode == 0


def test_the_message_hook_checks_the_change(repo: Path) -> None:
    install.install(repo, ["commit-msg"])
    stage(repo, PATH, BAD)
    assert tried(repo, "commit", "-qm", "bad").returncode == 1
    stage(repo, PATH, GOOD)
    assert tried(repo, "commit", "-qm", "good").returncode == 0


@pytest.mark.parametrize("setting", ["hooks", "/absolute", "~/hooks"])
def test_the_folder_that_git_reads_is_the_one(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    setting = str(tmp_path / "absolute") if setting == "/absolute" else setting
    git(repo, "config", "core.hooksPath", setting)
    (repo / "sub").mkdir()
    install.install(repo / "sub", ["pre-commit"])
    stage(repo, PATH, BAD)
    assert tried(repo / "sub", "commit", "-qm", "bad").returncode == 1
    (told,) = install.uninstall(repo / "sub", ["pre-commit"])
    assert told.endswith("/pre-commit: removed")
    assert tried(repo / "sub", "commit", "-qm", "bad").returncode == 0


def test_a_worktree_has_the_hooks_of_its_repository(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", str(tmp_path / "other"))
    install.install(tmp_path / "other", ["pre-commit"])
    assert install.is_ours(repo / ".git" / "hooks" / "pre-commit")
    stage(tmp_path / "other", PATH, BAD)
    assert tried(tmp_path / "other", "commit", "-qm", "bad").returncode == 1


def test_outside_of_a_work_tree_there_is_nothing_to_hook(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a git repository.*; change into a repository with a work tree$"):
        install.install(tmp_path, ["pre-commit"])
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(InputError, match=r"must be run in a work tree; change into"):
        install.install(tmp_path / "bare.git", ["pre-commit"])


def another(repo: Path, name: str, text: str) -> Path:
    """Write a hook of somebody else's."""
    path = repo / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def files(repo: Path) -> Mapping[str, bytes]:
    folder = repo / ".git" / "hooks"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".sample"}


def test_anothers_hook_is_never_overwritten_unasked(repo: Path) -> None:
    theirs = another(repo, "pre-push", "exit 0")
    before = files(repo)
    with pytest.raises(InputError, match=r"pre-push: not a hook of lmlint; --chain calls it first, --force overwrites"):
        install.install(repo, ["pre-commit", "pre-push"])
    assert files(repo) == before
    assert install.uninstall(repo, hook.STAGES) == (
        f"{theirs.with_name('pre-commit')}: there is no hook",
        f"{theirs}: not a hook of lmlint; it stays",
        f"{theirs.with_name('commit-msg')}: there is no hook",
    )
    assert files(repo) == before
    install.install(repo, ["pre-push"], force=True)
    assert install.is_ours(theirs)


def test_a_chained_hook_is_called_first_and_comes_back(repo: Path) -> None:
    theirs = another(repo, "pre-commit", 'echo "theirs: $# $GIT_INDEX_FILE"; test ! -e stop')
    before = files(repo)
    (told,) = install.install(repo, ["pre-commit"], chain=True)
    assert told.endswith("; it calls pre-commit.before-lmlint first")
    after = files(repo)
    assert install.install(repo, ["pre-commit"])[0] == told
    assert install.install(repo, ["pre-commit"], chain=True)[0] == told
    assert files(repo) == after
    (repo / "stop").touch()
    stage(repo, PATH, BAD)
    done = tried(repo, "commit", "-qm", "bad")
    assert (done.returncode, done.stdout + done.stderr) == (1, "theirs: 0 .git/index\n")
    (repo / "stop").unlink()
    done = tried(repo, "commit", "-qm", "bad")
    assert done.returncode == 1
    assert "theirs: 0" in done.stdout + done.stderr
    assert "missing-sub" in done.stdout + done.stderr
    assert install.uninstall(repo, ["pre-commit"])[0].endswith("removed; the hook that it was chained to is back")
    assert files(repo) == before
    assert os.access(theirs, os.X_OK)


def test_a_chained_push_hook_reads_what_is_pushed(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    another(repo, "pre-push", 'cat > "$1.seen"; echo "$@" >> "$1.seen"')
    install.install(repo, ["pre-push"], chain=True)
    bad = commit(repo, PATH, BAD)
    assert tried(repo, "push", "-q", "origin", "main").returncode != 0
    seen = (repo / "origin.seen").read_text().split("\n")
    assert seen == [f"refs/heads/main {bad} refs/heads/main {ZEROS}", f"origin {tmp_path / 'remote.git'}", ""]
    another(repo, "pre-push.before-lmlint", "exit 0")  # a program that reads nothing of what it is told
    git(repo, "reset", "-q", "--hard", "HEAD^")
    assert tried(repo, "push", "-q", "origin", "main").returncode == 0


def test_what_was_kept_is_never_lost(repo: Path) -> None:
    another(repo, "pre-commit", "exit 0")
    another(repo, "pre-commit.before-lmlint", "exit 1")
    before = files(repo)
    with pytest.raises(InputError, match=r"pre-commit.before-lmlint: another hook is kept there; move it away$"):
        install.install(repo, ["pre-commit"], chain=True)
    assert files(repo) == before


def test_a_link_is_its_makers(repo: Path, tmp_path: Path) -> None:
    install.install(repo, ["pre-commit"])
    path = repo / ".git" / "hooks" / "pre-commit"
    shutil.move(path, tmp_path / "shared")
    path.symlink_to(tmp_path / "shared")
    with pytest.raises(InputError, match=r"not a hook of lmlint"):
        install.install(repo, ["pre-commit"])
    install.install(repo, ["pre-commit"], force=True)
    assert not path.is_symlink()
    assert (tmp_path / "shared").is_file()


def test_folders_that_cannot_be_written_are_named(repo: Path) -> None:
    git(repo, "config", "core.hooksPath", "/dev/null")
    with pytest.raises(InputError, match=r"^/dev/null: .*; git looks for its hooks in /dev/null$"):
        install.install(repo, ["pre-commit"])
    git(repo, "config", "core.hooksPath", "hooks")
    (repo / "hooks" / "pre-commit").mkdir(parents=True)
    with pytest.raises(InputError, match=r"hooks/pre-commit: a folder; move it away$"):
        install.install(repo, ["pre-commit"], force=True)


@pytest.mark.parametrize("name", hook.STAGES)
def test_a_missing_lmlint_says_so_and_stops_nobody(repo: Path, tmp_path: Path, name: str) -> None:
    odd = str(tmp_path / "it's $(touch oops) `touch oops`\n" / "python")
    path = another(repo, name, "")
    path.write_bytes(install.text(name, odd))
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("sh", "cat", "git"):
        (programs / program).symlink_to(shutil.which(program) or "")
    missing = f"lmlint: not found, so nothing is checked; install it and run `lmlint hook install --{name}`\n"
    command = [str(path), "origin", "url"]
    done = subprocess.run(
        command, cwd=repo, env={"PATH": str(programs)}, input=line(GONE), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", missing)
    (programs / "lmlint").write_text('#!/bin/sh\necho "$@"\ncat\nexit 3\n')
    (programs / "lmlint").chmod(0o755)
    done = subprocess.run(
        command, cwd=repo, env={"PATH": str(programs)}, input=line(GONE), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, f"hook run {name} origin url\n{line(GONE)}")
    assert not (repo / "oops").exists()


def test_a_python_that_lost_lmlint_is_a_missing_one(repo: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    path = another(repo, "pre-commit", "")
    path.write_bytes(install.text("pre-commit", str(python)))
    stage(repo, PATH, BAD)
    done = tried(repo, "commit", "-qm", "bad", PATH=os.pathsep.join(["/usr/bin", "/bin"]))
    assert done.returncode == 0
    assert "lmlint: not found, so nothing is checked; " in done.stderr


def test_a_module_in_the_tree_is_not_loaded(repo: Path) -> None:
    install.install(repo, ["pre-commit"])
    (repo / "lmlint").mkdir()
    for path in ("lmlint/__init__.py", "lmlint/start.py", "os.py", "io.py", "argparse.py"):
        (repo / path).write_text("open('oops', 'w')\n")
    stage(repo, PATH, BAD)
    assert tried(repo, "commit", "-qm", "bad").returncode == 1
    assert not (repo / "oops").exists()


def test_a_hook_with_nothing_to_check_loads_next_to_nothing(repo: Path) -> None:
    # `python -m tests.bench --hook` measures what this comes to.
    stage(repo, "README", b"y\n")
    told = "import os, sys; sys.argv = ['', 'pre-commit']; os._exit = lambda status: print(status, *sys.modules)"
    code = f"{told}; from lmlint.start import entry; entry()"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    status, *loaded = done.stdout.split()
    assert status == "0"
    slow = {"typing", "dataclasses", "subprocess", "pathlib", "re", "tomllib", "argparse", "tree_sitter", "lmlint.rule"}
    assert not slow & set(loaded)


@pytest.fixture
def framework(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository where the program pre-commit runs our hooks, as .pre-commit-hooks.yaml declares them.

    Only their language is another: an environment of their own would take a minute, and the network.
    """
    pytest.importorskip("pre_commit", reason="the program pre-commit is not installed")
    programs = Path(sys.executable).parent
    if not (programs / "lmlint").is_file():
        pytest.skip("the program lmlint is not installed")
    text = (ROOT / ".pre-commit-hooks.yaml").read_bytes()
    hooks = repository(tmp_path / "hooks", {".pre-commit-hooks.yaml": text})
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    names = "".join(f"  - id: {name}\n    language: system\n" for name in ("lmlint", "lmlint-push"))
    config = f"repos:\n- repo: {hooks}\n  rev: {head(hooks)}\n  hooks:\n{names}"
    (repo / ".pre-commit-config.yaml").write_text(config)
    git(repo, "add", ".pre-commit-config.yaml")
    git(repo, "commit", "-qm", "hooks")
    for kind in ("pre-commit", "pre-push"):
        subprocess.run([programs / "pre-commit", "install", "-t", kind], check=True, capture_output=True)
    return repo


def test_pre_commit_stops_a_bad_commit_and_a_bad_push(framework: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(framework, "remote", "add", "origin", str(tmp_path / "remote.git"))
    stage(framework, PATH, BAD)
    done = tried(framework, "commit", "-qm", "bad")
    assert done.returncode == 1
    assert "missing-sub" in done.stdout + done.stderr
    stage(framework, PATH, GOOD)
    done = tried(framework, "commit", "-qm", "good")
    assert done.returncode == 0, done.stderr
    assert "Passed" in done.stderr
    stage(framework, "README", b"y\n")
    done = tried(framework, "commit", "-qm", "other")
    assert "(no files to check)Skipped" in done.stderr
    assert tried(framework, "push", "-q", "origin", "main").returncode == 0
    commit(framework, PATH, BAD)
    done = tried(framework, "push", "origin", "main")
    assert done.returncode != 0
    assert "missing-sub" in done.stdout + done.stderr
    assert tried(framework, "push", "origin", "main:new").returncode != 0
    commit(framework, PATH, GOOD)
    assert tried(framework, "push", "origin", "HEAD^^:refs/heads/old").returncode == 0


def test_the_commands_install_and_uninstall(repo: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-c", "from lmlint.cli import entry; entry()", "hook", *arguments]
        return subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)

    done = run("install", "--pre-commit", "--commit-msg")
    assert (done.returncode, done.stdout.count(": installed\n")) == (0, 2)
    stage(repo, PATH, BAD)
    assert run("run", "pre-commit").returncode == 1
    done = run("uninstall")
    assert (done.returncode, done.stdout.count("\n"), done.stdout.count(": removed\n")) == (0, 2, 2)
    assert run("uninstall").stdout == f"{repo / '.git' / 'hooks'}: there is no hook of lmlint\n"
    another(repo, "pre-commit", "exit 0")
    assert run("install").returncode == 2
    assert run("install", "--chain").returncode == 0
