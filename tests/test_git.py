"""Git repositories as they are found, and their commits, index and work tree as patches."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.limits import DEFAULT
from lmlint.patch.base import blob_id, rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.git import Repository, find_repository
from lmlint.patch.history import Change, commits, find_patches, patch, staged, touched, worktree
from lmlint.patch.tree import open_trees
from tests.gitrepo import git, repository

LINES = [b"line %d\n" % n for n in range(40)]
TEXT = b"".join(LINES)


def edited(at: int, text: bytes, of: bytes = TEXT) -> bytes:
    """Return a text with one of its lines replaced."""
    lines = of.splitlines(keepends=True)
    lines[at] = text
    return b"".join(lines)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "r", {"mm/x.c": TEXT, "mm/y.c": b"y\n", "doc.txt": b"doc\n"})


def found(path: Path) -> Repository:
    repo = find_repository(path)
    assert repo is not None
    return repo


def write(root: Path, text: bytes, path: str = "mm/x.c") -> None:
    (root / path).write_bytes(text)


def commit(root: Path, subject: str = "change") -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", subject)
    return git(root, "rev-parse", "HEAD").strip()


def sides(change: Change, *names: Path) -> dict[str, tuple[bytes | None, bytes | None, str]]:
    """Return the texts before and after a change, and how sure they are, by path."""
    with open_trees([str(name) for name in names]) as trees:
        made = rebuild(parse_diff(change.diff, change.name), trees, change.name)
    return {one.path: (one.before, one.after, one.base.state) for one in made}


def test_a_repository_is_found_from_any_path_inside(root: Path, tmp_path: Path) -> None:
    for path in (root, root / "mm", root / "mm" / "x.c"):
        assert (found(path).directory, found(path).work_tree, found(path).id_length) == (root / ".git", root, 40)
    assert found(root / ".git" / "objects").work_tree is None
    git(tmp_path, "clone", "-q", "--bare", str(root), "b.git")
    assert (found(tmp_path / "b.git" / "refs").directory, found(tmp_path / "b.git").work_tree) == (
        tmp_path / "b.git",
        None,
    )
    git(root, "worktree", "add", "-q", "../linked", "HEAD~0")
    assert found(tmp_path / "linked" / "mm").work_tree == tmp_path / "linked"
    with found(tmp_path / "linked") as linked, found(root) as main:
        assert linked.commit("HEAD") == main.commit("main")
    assert find_repository(tmp_path / "nowhere" / "x") is None


def test_what_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find_repository(tmp_path) is None
    if os.getuid() == 0:
        shutil.chown(root, 12345)
        with pytest.raises(InputError, match=r"git refuses the repository: detected dubious ownership"):
            find_repository(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"git is not installed; install git"):
        find_repository(root)


def test_objects(root: Path) -> None:
    first = commit(root)
    with found(root) as repo:
        blob = git(root, "rev-parse", "HEAD:mm/x.c").strip()
        assert repo.blob(blob) == repo.blob(blob[:7]) == repo.file(first, "mm/x.c") == TEXT
        tree = git(root, "rev-parse", "HEAD^{tree}").strip()
        for name in (first, tree, first[:9], "0" * 40, blob[:3], blob + "0", "HEAD:mm/x.c", "", "-p", blob.upper()):
            assert repo.blob(name) is None
        for path in ("mm/z.c", "z/x.c", "mm/x.c/y", "../r/mm/x.c", "mm//x.c"):
            assert repo.file(first, path) is None
        assert repo.commit("HEAD") == repo.commit("main") == repo.commit(first[:8]) == first
        for name in ("", "nope", "--all", "-p", "HEAD\nHEAD", "HEAD:mm/x.c", tree, "\udc80"):
            assert repo.commit(name) is None
        assert repo.files(first, ["mm/*.c"]) == ["mm/x.c", "mm/y.c"]
        assert repo.files(first, ["*"]) == ["doc.txt", "mm/x.c", "mm/y.c"]
        assert repo.files(first, ["[d]oc.txt", "mm/[!x].c"]) == ["doc.txt", "mm/y.c"]
        assert repo.files(first, ["no/*"]) == []
        repo.close()
        assert repo.blob(blob) == TEXT


def test_a_short_id_that_several_objects_share(root: Path) -> None:
    seen: dict[str, bytes] = {}
    for text in (b"%d" % number for number in range(10_000)):
        blob = blob_id(text)
        if blob[:4] in seen:
            break
        seen[blob[:4]] = text
    write(root, text, "1.txt")
    write(root, seen[blob[:4]], "2.txt")
    git(root, "add", "-A")
    with found(root) as repo:
        assert repo.blob(blob[:4]) is None
        assert repo.blob(blob[:12]) is not None
        # A branch that is called like a blob is what git finds; it is not what the index line means.
        git(root, "branch", blob[:12])
        assert repo.blob(blob[:12]) is None


def test_an_object_that_is_too_large(root: Path) -> None:
    repo = find_repository(root, limits=replace(DEFAULT, bytes=100))
    assert repo is not None
    with repo:
        with pytest.raises(InputError, match=r"blob [0-9a-f]{12} has more than 100 bytes \(limit `bytes`\)"):
            repo.file(repo.commit("HEAD") or "", "mm/x.c")
        assert repo.file(repo.commit("HEAD") or "", "mm/y.c") == b"y\n"
        write(root, b"".join(reversed(LINES)))
        with pytest.raises(InputError, match=r"more than 100 bytes \(limit `bytes`\)"):
            worktree(repo)


def test_revisions(root: Path) -> None:
    first, second, third = git(root, "rev-parse", "HEAD").strip(), commit(root, "2"), commit(root, "3")
    git(root, "tag", "-a", "-m", "tag", "v1", second)
    git(root, "checkout", "-q", "-b", "side", second)
    side = commit(root, "side")
    with found(root) as repo:
        for revisions, expected in {
            "HEAD": (side,),
            "v1": (second,),
            "main~2": (first,),
            "v1..main": (third,),
            "v1..": (side,),
            f"{first}..main": (second, third),
            "main..side": (side,),
            "..main": (third,),
            "HEAD..HEAD": (),
        }.items():
            assert commits(repo, revisions) == expected, revisions
        assert set(commits(repo, "main...side")) == {third, side}
        for bad in (
            "nope",
            "nope..HEAD",
            "HEAD..nope",
            "--all",
            "--output=x..HEAD",
            "HEAD..--output=x",
            "",
            "HEAD:mm/x.c",
        ):
            with pytest.raises(InputError, match=r"names no commit in ") as error:
                commits(repo, bad)
            assert str(error.value).startswith(f"{bad}: ")
    assert not (root / "x").exists()
    short = find_repository(root, limits=replace(DEFAULT, mails=1))
    assert short is not None
    with short, pytest.raises(InputError, match=r"more than 1 commits \(limit `mails`\)"):
        commits(short, f"{first}..main")


def test_a_commit_is_a_patch(root: Path) -> None:
    write(root, edited(5, b"five\n"))
    write(root, b"new\n", "mm/n.c")
    (root / "mm" / "y.c").unlink()
    (root / "doc.txt").chmod(0o755)
    made = commit(root, "mm: do\n  what\n\nit says")
    with found(root) as repo:
        change = patch(repo, made)
        assert (change.name, change.subject) == (f'{made[:12]} ("mm: do what")', "mm: do what")
        assert (change.author, change.commit, change.others) == ("writer@example.org", made, {})
        assert change.parent == repo.commit("HEAD~1")
        assert sides(change, root) == {
            "mm/x.c": (TEXT, edited(5, b"five\n"), "proved"),
            "mm/n.c": (None, b"new\n", "proved"),
            "mm/y.c": (b"y\n", None, "proved"),
            "doc.txt": (b"doc\n", b"doc\n", "applied"),
        }
        assert list(sides(patch(repo, made, ["mm/*.c"]), root)) == ["mm/n.c", "mm/x.c", "mm/y.c"]
        assert list(sides(patch(repo, made, ["mm/[n]*"]), root)) == ["mm/n.c"]
        assert patch(repo, made, ["arch/*"]).diff == patch(repo, commit(root)).diff == b""
        with pytest.raises(InputError, match=r"commit 111111111111 is not here"):
            patch(repo, "1" * 40)
    few = find_repository(root, limits=replace(DEFAULT, files=2))
    assert few is not None
    with few, pytest.raises(InputError, match=r"more than 2 files \(limit `files`\)"):
        patch(few, made)


LINE = st.sampled_from([b"a\n", b"b\n", b"\n", b"\r\n", b"diff --git a/x b/x\n", b"--- a/x\n", b"@@ -1 +1 @@\n"])
ENDS = st.sampled_from([b"", b"end", b"\0\xff", b"\f\x85\n"])
FILE = st.tuples(st.lists(LINE, max_size=30), ENDS).map(lambda parts: b"".join(parts[0]) + parts[1])


@given(st.lists(st.tuples(FILE, st.none() | FILE), min_size=1, max_size=12))
@settings(max_examples=10, deadline=None)
def test_what_git_says_is_what_was_committed(pairs: list[tuple[bytes, bytes | None]]) -> None:
    expected: dict[str, tuple[bytes | None, bytes | None, str]] = {}
    with TemporaryDirectory() as folder:
        root = repository(Path(folder) / "r", {f"{at}.c": before for at, (before, _) in enumerate(pairs)})
        for at, (before, after) in enumerate(pairs):
            if after is None:
                (root / f"{at}.c").unlink()
            else:
                write(root, after, f"{at}.c")
            if after != before:
                expected[f"{at}.c"] = before, after, "proved"
        made = commit(root)
        with found(root) as repo:
            change = patch(repo, made)
            assert (sides(change, root) if expected else {}) == expected
            assert bool(change.diff) == bool(expected)


def test_the_first_commit_and_odd_messages(root: Path) -> None:
    with found(root) as repo:
        first = patch(repo, repo.commit("HEAD") or "")
        assert first.parent == ""
        assert sides(first)["mm/x.c"] == (None, TEXT, "proved")
        message = root / "message"
        for raw, coding, subject in (
            (b"caf\xe9\n", "ISO-8859-1", "caf\xe9"),
            (b"caf\xe9\n", "no-such-coding", "caf\ufffd"),
            (b"\n", "utf-8", ""),
            ("mm: \x1b[31m\u202ered\n".encode(), "utf-8", "mm: [31m red"),
        ):
            message.write_bytes(raw)
            git(root, "-c", f"i18n.commitEncoding={coding}", "commit", "-q", "--allow-empty", "--allow-empty-message",
                "-F", str(message))  # fmt: skip
            assert patch(repo, repo.commit("HEAD") or "").subject == subject


def test_a_rename_is_followed(root: Path) -> None:
    git(root, "mv", "mm/x.c", "moved.c")
    write(root, edited(5, b"five\n"), "moved.c")
    made = commit(root)
    with found(root) as repo:
        for globs in ((), ("mm/*",), ("moved.c",)):
            assert sides(patch(repo, made, globs), root) == {"moved.c": (TEXT, edited(5, b"five\n"), "proved")}
        assert touched(repo, [made], ["mm/*"]) == touched(repo, [made], ["moved.c"]) == (made,)


def test_submodules_and_symlinks_are_no_text(root: Path) -> None:
    git(root, "update-index", "--add", "--cacheinfo", "160000", "1" * 40, "sub")
    (root / "link").symlink_to("doc.txt")
    git(root, "add", "link")
    write(root, edited(5, b"five\n"))
    git(root, "add", "mm")
    git(root, "commit", "-qm", "odd")
    with found(root) as repo:
        assert list(sides(patch(repo, repo.commit("HEAD") or ""), root)) == ["mm/x.c"]


def merged(root: Path) -> tuple[bytes, bytes]:
    """Leave a merge of two branches that both change mm/x.c in the index, and return the texts of the two."""
    ours, theirs = edited(2, b"ours\n"), edited(30, b"theirs\n")
    git(root, "checkout", "-qb", "side")
    write(root, theirs)
    write(root, b"theirs\n", "mm/y.c")
    commit(root, "theirs")
    git(root, "checkout", "-q", "main")
    write(root, ours)
    commit(root, "ours")
    git(root, "merge", "-q", "--no-commit", "side")
    return ours, theirs


def test_a_merge_is_what_differs_from_all_its_parents(root: Path) -> None:
    ours, theirs = merged(root)
    write(root, edited(15, b"evil\n", edited(30, b"theirs\n", ours)))
    made = commit(root, "merge")
    with found(root) as repo:
        change = patch(repo, made)
        assert sides(change, root) == {"mm/x.c": (ours, (root / "mm" / "x.c").read_bytes(), "proved")}
        assert change.others == {"mm/x.c": (theirs,)}
        assert touched(repo, [made], ["mm/x.c"]) == (made,)
        assert touched(repo, [made], ["mm/y.c"]) == ()
        assert patch(repo, made, ["mm/y.c"]).diff == b""


def test_a_merge_sees_through_a_rename(root: Path) -> None:
    git(root, "checkout", "-qb", "side")
    git(root, "mv", "mm/x.c", "mm/new.c")
    commit(root, "rename")
    git(root, "checkout", "-q", "main")
    write(root, edited(2, b"ours\n"))
    commit(root, "ours")
    git(root, "merge", "-q", "-m", "merge", "side")
    with found(root) as repo:
        change = patch(repo, repo.commit("HEAD") or "")
        assert change.others == {"mm/new.c": (TEXT,)}
        assert b"rename from mm/x.c" in change.diff
        assert b"+line" not in change.diff


def test_touched_commits(root: Path) -> None:
    made = [git(root, "rev-parse", "HEAD").strip()]
    for number in range(6):
        write(root, edited(number, b"x\n"), "mm/x.c" if number % 2 else "doc.txt")
        made.append(commit(root, str(number)))
    with found(root) as repo:
        assert touched(repo, made, ["mm/*.c"]) == (made[0], made[2], made[4], made[6])
        assert touched(repo, made[::-1], ["mm/x.c", "nothing"]) == (made[6], made[4], made[2], made[0])
        assert touched(repo, made, ["doc*", "mm/*"]) == tuple(made)
        assert touched(repo, [], ["*"]) == touched(repo, made, []) == ()


def test_what_is_not_committed(root: Path) -> None:
    one, two = edited(5, b"five\n"), edited(6, b"six\n", edited(5, b"five\n"))
    write(root, one)
    write(root, b"new\n", "mm/n.c")
    git(root, "add", "-A")
    write(root, two)
    write(root, b"untracked\n", "mm/u.c")
    os.utime(root / "doc.txt", (1, 1))  # touched, and the same
    index = (root / ".git" / "index").read_bytes()
    with found(root) as repo:
        assert sides(staged(repo), root) == {"mm/x.c": (TEXT, one, "proved"), "mm/n.c": (None, b"new\n", "proved")}
        now = worktree(repo)
        # The blob after is the work tree's own: git names it, though it is not stored.
        assert sides(now, root)["mm/x.c"][:2] == (TEXT, two)
        assert list(sides(now, root)) == ["mm/n.c", "mm/x.c"]
        assert list(sides(worktree(repo, ["mm/x*"]), root)) == ["mm/x.c"]
        assert (staged(repo).name, now.name, now.parent) == (
            "staged changes",
            "uncommitted changes",
            repo.commit("HEAD"),
        )
        assert staged(repo, ["no"]).diff == worktree(repo, ["no"]).diff == b""
    assert (root / ".git" / "index").read_bytes() == index
    git(root, "clone", "-q", "--bare", ".", "../b.git")
    with found(root.parent / "b.git") as bare, pytest.raises(InputError, match="a bare repository has no work tree"):
        worktree(bare)


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "new")
    write(tmp_path / "new", b"a\n", "a.c")
    git(tmp_path / "new", "add", ".")
    with found(tmp_path / "new") as repo:
        for change in (staged(repo), worktree(repo)):
            assert sides(change, tmp_path / "new")["a.c"][:2] == (None, b"a\n")
            assert change.parent == ""
        with pytest.raises(InputError, match="HEAD: names no commit"):
            commits(repo, "HEAD")


def test_a_conflict_is_named(root: Path) -> None:
    git(root, "checkout", "-qb", "side")
    write(root, edited(5, b"theirs\n"))
    commit(root)
    git(root, "checkout", "-q", "main")
    write(root, edited(5, b"ours\n"))
    commit(root)
    with pytest.raises(AssertionError, match="git merge"):
        git(root, "merge", "-q", "side")
    with found(root) as repo:
        for change in (staged, worktree):
            with pytest.raises(InputError, match=r"changes: mm/x\.c is not merged; resolve the conflict first"):
                change(repo)
            assert change(repo, ["doc*"]).diff == b""


NASTY = """
[color]
	ui = always
[core]
	pager = false
	fsmonitor = MARK
	hooksPath = HOOKS
	quotePath = false
	attributesFile = ATTRIBUTES
[diff]
	noprefix = true
	mnemonicPrefix = true
	external = MARK
	algorithm = patience
	renames = copies
	context = 0
	interHunkContext = 40
	relative = true
	submodule = log
	orderFile = /nowhere
	suppressBlankEmpty = true
	wordRegex = .
	colorMoved = zebra
	indentHeuristic = false
[diff "odd"]
	textconv = MARK
	command = MARK
	binary = true
[filter "odd"]
	clean = MARK
	smudge = MARK
	process = MARK
	required = true
[log]
	showSignature = true
[gpg]
	program = MARK
[alias]
	diff = !MARK
"""


def test_no_setting_of_a_user_changes_a_patch(root: Path, tmp_path: Path) -> None:
    text = edited(20, b"\n", TEXT)
    write(root, text)
    write(root, TEXT, "mm/\u00e9 x.c")
    commit(root, "blank")
    write(root, edited(25, b"x\n", edited(18, b"y\n", text)))
    write(root, edited(1, b"x\n"), "mm/\u00e9 x.c")
    made = commit(root, "change")
    write(root, edited(3, b"z\n", text))
    plain: list[Change] = []
    with found(root) as repo:
        plain += [patch(repo, made), worktree(repo)]
    mark, hooks = tmp_path / "mark", tmp_path / "hooks"
    mark.write_text(f"#!/bin/sh\ntouch {tmp_path}/run\ncat\n", encoding="ascii")
    mark.chmod(0o755)
    hooks.mkdir()
    shutil.copy(mark, hooks / "post-index-change")
    (tmp_path / "attributes").write_text("*.c diff=odd filter=odd\n", encoding="ascii")
    config = NASTY.replace("MARK", str(mark)).replace("HOOKS", str(hooks))
    with (root / ".git" / "config").open("a", encoding="ascii") as file:
        file.write(config.replace("ATTRIBUTES", str(tmp_path / "attributes")))
    with found(root / "mm") as repo:
        assert [patch(repo, made), worktree(repo)] == plain
        assert staged(repo).diff == b""
        assert touched(repo, [made], ["mm/*"]) == (made,)
    assert not (tmp_path / "run").exists()
    # The marker works: git itself runs it in the same repository, and takes it for a filter that is broken.
    with pytest.raises(AssertionError, match="filter odd failed"):
        git(root, "-c", "diff.orderFile=/dev/null", "--no-pager", "show", "--ext-diff", "HEAD")
    assert (tmp_path / "run").exists()


def test_an_attribute_hides_no_file(root: Path) -> None:
    write(root, b"*.c -diff\n*.c export-ignore\n", ".gitattributes")
    write(root, edited(5, b"five\n"))
    made = commit(root)
    with found(root) as repo:
        assert sides(patch(repo, made, ["mm/*"]), root) == {"mm/x.c": (TEXT, edited(5, b"five\n"), "proved")}


def test_in_a_hook_git_says_what_the_index_is(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repository(tmp_path / "other", {"o.c": TEXT})
    write(root, edited(5, b"five\n"))
    # As `git commit FILE` does: an index of its own, named from the top of the work tree.
    shutil.copy(root / ".git" / "index", root / ".git" / "next")
    git(root, "add", "-A", more={"GIT_INDEX_FILE": str(root / ".git" / "next")})
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next")
    for told in ({}, {"GIT_DIR": ".git"}, {"GIT_DIR": ".git", "GIT_WORK_TREE": "."}):
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        for path in (Path(), root, root / "mm"):
            with found(path) as repo:
                assert (repo.directory, repo.work_tree) == (root / ".git", root)
                assert b"+five" in staged(repo).diff
        with found(other) as repo:
            assert repo.directory == other / ".git"
            assert staged(repo).diff == worktree(repo).diff == b""
    monkeypatch.delenv("GIT_INDEX_FILE")
    with found(Path()) as repo:
        assert staged(repo).diff == b""


def test_no_variable_changes_a_patch(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(root, edited(5, b"five\n"))
    made = commit(root)
    with found(root) as repo:
        plain = patch(repo, made, ["mm/*"])
    for name, value in {
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "-u0",
        "GIT_ICASE_PATHSPECS": "1",
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_PAGER": "false",
        "GIT_GRAFT_FILE": "/nowhere",
        "LC_ALL": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    with found(root) as repo:
        assert patch(repo, made, ["mm/*"]) == plain
    assert not (tmp_path / "trace").exists()


def test_replaced_objects_are_read_as_they_were(root: Path) -> None:
    blob = git(root, "rev-parse", "HEAD:mm/x.c").strip()
    git(root, "replace", blob, git(root, "rev-parse", "HEAD:mm/y.c").strip())
    with found(root) as repo:
        assert repo.blob(blob) == TEXT


def test_a_shallow_clone_names_the_parent_that_is_missing(root: Path, tmp_path: Path) -> None:
    write(root, edited(5, b"five\n"))
    made = commit(root)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    with found(tmp_path / "shallow") as repo:
        assert commits(repo, "HEAD") == (made,)
        with pytest.raises(InputError, match=rf"^{made[:12]}: its parent [0-9a-f]{{12}} .*git fetch --deepen=1$"):
            patch(repo, made)


def test_a_partial_clone_fetches_nothing(root: Path, tmp_path: Path) -> None:
    write(root, edited(5, b"five\n"))
    made = commit(root)
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{root}", "partial")
    blob = git(root, "rev-parse", "HEAD:mm/x.c").strip()
    with found(tmp_path / "partial") as repo:
        assert repo.blob(blob) is None
        assert repo.commit("HEAD") == made
        with pytest.raises(InputError, match=rf"mm/x\.c is not stored in .*fetch blob {blob[:12]}"):
            repo.file(made, "mm/x.c")
        with pytest.raises(InputError, match=r"git lacks an object \(a partial clone\?\)"):
            patch(repo, made)
    missing = git(tmp_path / "partial", "rev-list", "--objects", "--missing=print", "--all")
    assert f"?{blob}" in missing


def test_a_repository_with_sha_256(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/x.c": TEXT}, "--object-format=sha256")
    write(root, edited(5, b"five\n"))
    made = commit(root)
    write(root, edited(6, b"six\n"))
    with found(root) as repo:
        assert (repo.id_length, len(made)) == (64, 64)
        change = patch(repo, made)
        assert sides(change, root) == {"mm/x.c": (TEXT, edited(5, b"five\n"), "proved")}
        assert sides(worktree(repo), root)["mm/x.c"][:2] == (edited(5, b"five\n"), edited(6, b"six\n"))
        assert sides(patch(repo, change.parent), root)["mm/x.c"] == (None, TEXT, "proved")
        assert repo.files(made, ["*"]) == ["mm/x.c"]


def test_a_sparse_checkout(root: Path) -> None:
    git(root, "sparse-checkout", "set", "--no-cone", "/doc.txt")
    assert not (root / "mm").exists()
    with found(root) as repo:
        assert worktree(repo).diff == staged(repo).diff == b""
    write(root, b"other\n", "doc.txt")
    with found(root) as repo:
        assert list(sides(worktree(repo), root)) == ["doc.txt"]


def test_patches_are_found_by_their_ids(root: Path) -> None:
    base = git(root, "rev-parse", "HEAD").strip()
    made, ids = [], []
    for number in (3, 20):
        write(root, edited(number, b"x\n", (root / "mm" / "x.c").read_bytes()))
        made.append(commit(root))
        ids.append(git(root, "patch-id", "--stable", given=git(root, "show")).split()[0])
    git(root, "checkout", "-q", "--detach", base)
    with found(root) as repo:
        assert find_patches(repo, [*ids, "0" * 40], base) == dict(zip(ids, made, strict=True))
        assert find_patches(repo, ids[1:], "") == {ids[1]: made[1]}
        assert find_patches(repo, ids, made[0]) == {ids[1]: made[1]}
        assert find_patches(repo, ids, made[1]) == {}


def test_a_repository_that_is_damaged(root: Path) -> None:
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    with found(root) as repo:
        first = repo.commit("HEAD") or ""
        (root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
        with pytest.raises(InputError, match=r"^.*/r: git lacks an object .* or finds it damaged; see git fsck$"):
            patch(repo, first)
        assert repo.file(first, "mm/x.c") is None
