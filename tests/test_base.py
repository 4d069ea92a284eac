"""The text before and after a patch: proof by blob id, where the text comes from, and what a tree may not do."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmlint.error import InputError
from lmlint.limits import DEFAULT
from lmlint.patch.base import Rebuilt, blob_id, rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail
from lmlint.patch.tree import open_trees
from tests.gitrepo import git, repository

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
BEFORE, AFTER = b"int a;\nint b;\nint c;\n", b"int a;\nlong b;\nint c;\n"
OLD, NEW = blob_id(BEFORE), blob_id(AFTER)
BODY = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1,3 +1,3 @@\n int a;\n-int b;\n+long b;\n int c;\n"
PLACED = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -2,4 +2,4 @@\n int a;\n-int b;\n+long b;\n int c;\n int d;\n"
CREATES = "--- /dev/null\n+++ b/mm/n.c\n@@ -0,0 +1 @@\n+a\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "mm").mkdir(parents=True)
    (root / "mm" / "x.c").write_bytes(BEFORE)
    return root


def patch(index: str = "", body: str = BODY) -> bytes:
    return f"diff --git a/mm/x.c b/mm/x.c\n{index}{body}".encode()


def one(data: bytes, *names: Path, overlay: Mapping[str, bytes | None] | None = None, base: str = "") -> Rebuilt:
    with open_trees([str(name) for name in names]) as trees:
        (rebuilt,) = rebuild(parse_diff(data, "p"), trees, "p", overlay=overlay, base_commit=base)
    return rebuilt


def test_a_blob_id_is_gits() -> None:
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert blob_id(b"", 64) == "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"


LONG = (blob_id(BEFORE, 64), blob_id(AFTER, 64))


@pytest.mark.parametrize(
    ("index", "state", "ids"),
    [
        (f"index {OLD[:7]}..{NEW[:7]} 100644\n", "proved", (OLD, NEW)),
        (f"index {OLD}..{NEW}\n", "proved", (OLD, NEW)),
        (f"index {OLD[:6]}..{NEW[:6]} 100644\n", "applied", (OLD, NEW)),
        (f"index {OLD[:12]}..{'1' * 12} 100644\n", "applied", (OLD, NEW)),
        (f"index {'1' * 12}..{NEW[:12]} 100644\n", "applied", (OLD, NEW)),
        (f"index {OLD[:12]}..{LONG[1][:12]} 100644\n", "applied", (OLD, NEW)),
        (f"index {LONG[0]}..{LONG[1]} 100644\n", "proved", LONG),
        (f"index {LONG[0][:12]}..{LONG[1][:12]} 100644\n", "proved", LONG),
        (f"index {LONG[0]}..{'1' * 64} 100644\n", "applied", LONG),
        (f"index {hashlib.sha256(BEFORE).hexdigest()}..{LONG[1]} 100644\n", "applied", LONG),
        ("", "applied", (OLD, NEW)),
    ],
)
def test_both_ids_prove_the_base(tree: Path, index: str, state: str, ids: tuple[str, str]) -> None:
    rebuilt = one(patch(index), tree)
    assert (rebuilt.before, rebuilt.after, rebuilt.changed) == (BEFORE, AFTER, frozenset({2}))
    assert (rebuilt.base.state, rebuilt.base.path, rebuilt.base.blob, rebuilt.base.result) == (state, "mm/x.c", *ids)
    assert (rebuilt.base.source, rebuilt.base.offsets, rebuilt.base.notices) == (str(tree), (0,), ())


def test_a_created_file_needs_no_tree(tree: Path) -> None:
    text = b"a\n"
    head = "diff --git a/mm/n.c b/mm/n.c\nnew file mode 100644\n"
    named = f"{head}index 0000000..{blob_id(text)[:9]}\n{CREATES}".encode()
    for roots, data, state in (
        ((), named, "proved"),
        ((tree,), named, "proved"),
        ((), (head + CREATES).encode(), "applied"),
        ((tree,), (head + CREATES).encode(), "applied"),
    ):
        made = one(data, *roots)
        assert (made.before, made.after, made.changed, made.base.state) == (None, text, frozenset({1}), state)
        assert (made.base.blob, made.base.result) == ("", blob_id(text))
    (tree / "mm" / "n.c").write_bytes(b"")
    assert one(named, tree).base.state == "proved"
    with pytest.raises(InputError, match=r"^p: mm/n\.c is there in .* before the patch creates it"):
        one((head + CREATES).encode(), tree)


def test_a_deleted_and_a_renamed_file(tree: Path) -> None:
    body = "--- a/mm/x.c\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-int a;\n-int b;\n-int c;\n"
    gone = one(patch(f"deleted file mode 100644\nindex {OLD[:9]}..{'0' * 9}\n", body), tree)
    assert (gone.path, gone.after, gone.changed, gone.base.state) == ("mm/x.c", None, frozenset(), "proved")
    moved = one(b"diff --git a/mm/x.c b/y.c\nsimilarity index 100%\nrename from mm/x.c\nrename to y.c\n", tree)
    assert (moved.path, moved.before, moved.after, moved.base.state) == ("y.c", BEFORE, BEFORE, "applied")
    mode = one(b"diff --git a/mm/x.c b/mm/x.c\nold mode 100644\nnew mode 100755\n", tree)
    assert (mode.before, mode.after, mode.changed, mode.base.state) == (BEFORE, BEFORE, frozenset(), "applied")


def test_without_trees_nothing_is_known() -> None:
    unknown = one(patch(f"index {OLD}..{NEW}\n"))
    assert (unknown.path, unknown.before, unknown.after, unknown.origin) == ("mm/x.c", None, None, None)
    assert (unknown.base.state, unknown.base.notices) == ("none", ())


def test_what_to_do_is_said(tree: Path, tmp_path: Path) -> None:
    (tree / "mm" / "x.c").write_bytes(AFTER)
    with pytest.raises(InputError, match=rf"^p: mm/x\.c: hunk @@ -1,3 .*\({tree} holds the patched text already\)$"):
        one(patch(f"index {OLD[:12]}..{NEW[:12]} 100644\n"), tree)
    (tree / "mm" / "x.c").write_bytes(b"other\n")
    with pytest.raises(InputError, match=rf"made on blob {OLD[:12]}, {tree} has [0-9a-f]{{12}}\)$"):
        one(patch(f"index {OLD[:12]}..{NEW[:12]} 100644\n"), tree)
    with pytest.raises(InputError, match=rf"^p: mm/x\.c: hunk .*\(tried: {tree}\)$"):
        one(patch(), tree)
    other = blob_id(b"other\n")[:12]
    with pytest.raises(InputError, match=rf"\({tree} has the very blob {other} that the patch is made on\)$"):
        one(patch(f"index {other}..{NEW[:12]} 100644\n"), tree)
    with pytest.raises(InputError, match=r"^p: mm/x\.c cannot be read in .*--tree DIR"):
        one(patch(), tree / "mm")
    for name in (tmp_path / "nowhere", tree / "mm" / "x.c"):
        with pytest.raises(InputError, match=rf"^{name}: neither a directory nor a git repository"):
            open_trees([str(name)])


def test_no_symlink_leads_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    file = tree / "mm" / "x.c"
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "x.c").write_bytes(BEFORE)
    file.unlink()
    file.symlink_to(outside / "x.c")
    with pytest.raises(InputError, match="leads out of"):
        one(patch(), tree)
    file.unlink()
    (tree / "real.c").write_bytes(BEFORE)
    file.symlink_to("../real.c")
    assert one(patch(), tree).before == BEFORE
    file.unlink()
    file.symlink_to("x.c")
    with pytest.raises(InputError, match="cannot be read"):
        one(patch(), tree)
    file.unlink()
    (tree / "mm").rmdir()
    (tree / "mm").symlink_to(outside)
    with pytest.raises(InputError, match="leads out of"):
        one(patch(), tree)
    with open_trees([str(tree)]) as trees:
        assert trees.files(["mm/*.c"], next(trees.origins())) == {}
        assert trees.files(["*.c"], next(trees.origins())) == {"real.c": BEFORE}


def test_nothing_is_read_in_dot_git(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/y.c": BEFORE})
    (root / ".git" / "x.c").write_bytes(BEFORE)
    (root / "mm" / "x.c").symlink_to("../.git/x.c")
    with pytest.raises(InputError, match=r"^p: mm/x\.c leads into \.git"):
        one(patch(), root)
    with open_trees([str(root)]) as trees:
        assert list(trees.files(["*"], next(trees.origins()))) == ["mm/y.c"]


def test_only_regular_files_of_a_bearable_size_are_read(tree: Path) -> None:
    limits = replace(DEFAULT, bytes=len(BEFORE) - 1)
    with pytest.raises(InputError, match=r"larger than 20 bytes \(limit `bytes`\)"):
        rebuild(parse_diff(patch(), "p"), open_trees([str(tree)], limits=limits), "p")
    (tree / "mm" / "x.c").unlink()
    os.mkfifo(tree / "mm" / "x.c")
    with pytest.raises(InputError, match="not a regular file"):
        one(patch(), tree)


def test_what_the_series_has_made_is_the_base(tree: Path) -> None:
    (tree / "mm" / "x.c").write_bytes(b"other\n")
    for roots in ((tree,), ()):
        made = one(patch(f"index {OLD[:9]}..{NEW[:9]}\n"), *roots, overlay={"mm/x.c": BEFORE})
        assert (made.after, made.base.state, made.base.source) == (AFTER, "proved", "an earlier patch of the series")
    for overlay, what in (
        ({"mm/x.c": None}, "an earlier patch of the series has removed it"),
        ({"mm/x.c": b"no\n"}, "hunk @@ -1,3 .*earlier patch of the series"),
    ):
        with pytest.raises(InputError, match=what):
            one(patch(), tree, overlay=overlay)
        assert one(patch(), overlay=overlay).base.state == "none"
    created = f"diff --git a/mm/n.c b/mm/n.c\nnew file mode 100644\n{CREATES}".encode()
    with pytest.raises(InputError, match="an earlier patch of the series has made it"):
        one(created, tree, overlay={"mm/n.c": b"b\n"})
    (tree / "mm" / "n.c").write_bytes(b"removed by an earlier patch\n")
    assert one(created, tree, overlay={"mm/n.c": None}).after == b"a\n"


def test_the_named_blob_is_found_in_any_repository(tmp_path: Path, tree: Path) -> None:
    (tree / "mm" / "x.c").write_bytes(b"int z;\n" + BEFORE)
    root = repository(tmp_path / "r", {"mm/x.c": BEFORE, "mm/h.h": b"old\n"})
    (root / "mm" / "x.c").write_bytes(b"later\n")
    (root / "mm" / "h.h").write_bytes(b"new\n")
    git(root, "commit", "-qam", "later")
    git(tmp_path, "clone", "-q", "--bare", str(root), "b.git")
    data = patch(f"index {OLD[:12]}..{NEW[:12]} 100644\n")
    for name in (root, tmp_path / "b.git"):
        with open_trees([str(tree), str(name)]) as trees:
            (made,) = rebuild(parse_diff(data, "p"), trees, "p")
            assert (made.before, made.base.state, made.base.source) == (BEFORE, "proved", f"a blob in {name}")
            assert trees.files(["mm/*.h"], made.origin) == {"mm/h.h": b"new\n"}
            assert trees.files(["mm/*.h"], made.origin, {"mm/h.h": None, "mm/i.h": b"i", "i.h": b"j"}) == {
                "mm/i.h": b"i"
            }
    # What is changed and not committed is a tree, too, and the commit that is checked out comes next.
    (root / "mm" / "x.c").write_bytes(BEFORE)
    assert one(data, root).base.source == str(root)


def test_the_base_commit_is_preferred(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/x.c": BEFORE, "mm/h.h": b"old\n"})
    base = git(root, "rev-parse", "HEAD").strip()
    (root / "mm" / "h.h").write_bytes(b"new\n")
    git(root, "commit", "-qam", "later")
    source = f"base-commit {base[:12]} in {root}"
    for index, state in ((f"index {OLD}..{NEW}\n", "proved"), ("", "applied")):
        with open_trees([str(root)]) as trees:
            (made,) = rebuild(parse_diff(patch(index), "p"), trees, "p", base_commit=base)
            assert (made.base.state, made.base.source) == (state, source)
            assert trees.files(["*.h"], made.origin) == {"mm/h.h": b"old\n"}
    assert one(patch(), root, base="1" * 40).base.source == str(root)
    assert one(patch(), root, base="main").base.source == str(root)  # a claim in a mail names no branch


def test_prerequisites_are_applied_to_the_base_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/old.c": b"int a;\nint b;\n", "mm/z.c": b"z\n"})
    base = git(root, "rev-parse", "HEAD").strip()
    git(root, "checkout", "-qb", "side")
    git(root, "mv", "mm/old.c", "mm/x.c")
    (root / "mm" / "z.c").write_bytes(b"zz\n")
    git(root, "commit", "-qam", "move")
    (root / "mm" / "x.c").write_bytes(BEFORE)
    git(root, "commit", "-qam", "grow")
    ids = []
    for commit in ("HEAD~1", "HEAD"):
        shown = git(root, "show", "--no-renames", commit)
        ids.append(git(root, "patch-id", "--stable", given=shown).split()[0])
    git(root, "checkout", "-q", "main")
    git(root, "tag", "kept", "side")
    # The blob itself would be found by its id: an index line that names another keeps it out.
    data = patch()
    with open_trees([str(root)]) as trees:
        (made,) = rebuild(parse_diff(data, "p"), trees, "p", base_commit=base, prerequisites=[*ids, "f" * 40])
        assert (made.before, made.after, made.base.state) == (BEFORE, AFTER, "applied")
        assert made.base.source == f"base-commit {base[:12]} in {root} with 2 prerequisites"
        assert made.base.notices == ("prerequisite patch ffffffffffff is in none of the trees",)
    git(root, "branch", "-qD", "side")
    git(root, "tag", "-d", "kept")
    with (
        open_trees([str(root)]) as trees,
        pytest.raises(InputError, match=rf"^p: mm/x\.c .*patch {ids[0][:12]} is in no"),
    ):
        rebuild(parse_diff(data, "p"), trees, "p", base_commit=base, prerequisites=ids)


def test_the_tree_with_the_least_offsets_is_taken(tmp_path: Path) -> None:
    text = BEFORE + b"int d;\nint e;\n"
    roots = []
    for count in (9, 4, 6):
        roots.append(tmp_path / str(count))
        (roots[-1] / "mm").mkdir(parents=True)
        (roots[-1] / "mm" / "x.c").write_bytes(b"\n" * count + text)
    made = one(patch(body=PLACED), *roots)
    assert (made.base.source, made.base.offsets, made.base.state) == (str(roots[1]), (3,), "applied")
    exact = repository(tmp_path / "r", {"mm/x.c": b"\n" + text})
    assert one(patch(body=PLACED), *roots, exact).base.source == str(exact)
    (exact / "mm" / "x.c").write_bytes(b"\n\n" + text)
    made = one(patch(body=PLACED), *roots, exact)
    assert (made.base.source, made.base.offsets) == (f"HEAD of {exact}", (0,))
    (exact / "mm" / "x.c").unlink()  # as in a sparse checkout
    assert one(patch(body=PLACED), exact).base.source == f"HEAD of {exact}"


def test_a_tree_must_fit_all_files(tmp_path: Path) -> None:
    roots = []
    for name in ("first", "second"):
        roots.append(tmp_path / name)
        (roots[-1] / "mm").mkdir(parents=True)
        (roots[-1] / "mm" / "x.c").write_bytes(BEFORE)
        (roots[-1] / "mm" / "y.c").write_bytes(BEFORE if name == "second" else b"")
    data = patch() + patch().replace(b"x.c", b"y.c")
    trees = open_trees([str(root) for root in roots])
    assert {made.base.source for made in rebuild(parse_diff(data, "p"), trees, "p")} == {str(roots[1])}


def test_the_repository_around_is_no_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "r", {"mm/x.c": BEFORE})
    monkeypatch.chdir(root / "mm")
    with open_trees([], soft=True) as trees:
        (made,) = rebuild(parse_diff(patch(f"index {OLD}..{NEW}\n"), "p"), trees, "p")
        assert (made.base.state, made.base.source) == ("proved", "..")
        (root / "mm" / "x.c").write_bytes(b"other\n")
        git(root, "commit", "-qam", "other")
        (lost,) = rebuild(parse_diff(patch(), "p"), trees, "p")
        assert (lost.before, lost.after, lost.base.state) == (None, None, "none")
        assert len(lost.base.notices) == 1
        assert lost.base.notices[0].startswith("mm/x.c: hunk @@ -1,3 +1,3 @@ does not apply")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert open_trees([], soft=True).trees == ()
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = open_trees([], soft=True)
    assert missing.trees == ()
    assert "git is not installed" in missing.notices[0]
    assert rebuild(parse_diff(patch(), "p"), missing, "p")[0].base.notices == missing.notices
    # What the user names is a promise, also where soft trees would do.
    with pytest.raises(InputError, match="cannot be read"):
        rebuild(parse_diff(patch(), "p"), open_trees([str(tmp_path)], soft=True), "p")


def test_what_git_does_not_store_as_a_file_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/real.c": BEFORE})
    (root / "mm" / "x.c").symlink_to("real.c")
    git(root, "add", ".")
    git(root, "commit", "-qm", "link")
    git(root, "update-index", "--add", "--cacheinfo", "160000", "1" * 40, "sub")
    git(root, "commit", "-qm", "sub")
    git(tmp_path, "clone", "-q", "--bare", str(root), "b.git")
    with pytest.raises(InputError, match=r"^p: mm/x\.c is a symlink in commit [0-9a-f]{12} of .*b\.git"):
        one(patch(), tmp_path / "b.git")
    for path, what in (("sub", "is a submodule"), ("mm", "is a directory"), ("mm/real.c/x", "is not in HEAD of")):
        with pytest.raises(InputError, match=what):
            one(patch().replace(b"mm/x.c", path.encode()), tmp_path / "b.git")
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    with pytest.raises(InputError, match=r"empty\.git has no commit"):
        one(patch(), tmp_path / "empty.git")


def test_a_dot_git_that_is_none_opens_no_repository_above(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/x.c": BEFORE, "inner/mm/y.c": b""})
    (root / "inner" / ".git").mkdir()
    with pytest.raises(InputError, match=r"^p: mm/x\.c cannot be read in .*/inner "):
        one(patch(f"index {OLD}..{NEW}\n"), root / "inner")
    (tmp_path / "link").symlink_to(root)
    (root / "mm" / "x.c").unlink()
    assert one(patch(), tmp_path / "link").base.source == f"HEAD of {tmp_path / 'link'}"


def test_what_is_looked_up_is_bounded(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {f"a/{n}.h": b"x" * 50 for n in range(4)} | {"a/b/c.h": b"c", "o.h": b"o"})
    for limits, what in (
        (replace(DEFAULT, files=3), "limit `files`"),
        (replace(DEFAULT, bytes=50), "4 times 50 bytes .limit `bytes`"),
    ):
        with open_trees([str(root)], limits=limits) as trees:
            for origin in trees.origins():
                with pytest.raises(InputError, match=what):
                    trees.files(["a/*.h"], origin)
    with open_trees([str(root)]) as trees:
        for origin in trees.origins():
            assert list(trees.files(["a/*.h", "a/1.h"], origin)) == ["a/0.h", "a/1.h", "a/2.h", "a/3.h", "a/b/c.h"]
            assert list(trees.files(["o.h"], origin)) == ["o.h"]
            assert list(trees.files(["../*", "/etc/*"], origin)) == []


@pytest.mark.parametrize(
    ("mail", "result"),
    [
        ("v8-reply.txt", "783a473c71ed36febdfb5c900d66a04d74ec22de"),
        ("v7.patch", "e6c1d591a4efc9d448e8ec562ba25236cd686a89"),
    ],
)
def test_the_real_mails_are_proved(mail: str, result: str, tmp_path: Path) -> None:
    if not INPUTS.is_dir():
        pytest.skip("the real mails are not beside the project")
    diff = read_mail((INPUTS / "mail" / mail).read_bytes(), mail).diff
    path = "arch/arm64/mm/mmu.c"
    root = repository(tmp_path / "r", {path: (INPUTS / "tree" / path).read_bytes()})
    git(root, "commit", "-qm", "gone", "--allow-empty")
    git(tmp_path, "clone", "-q", "--bare", str(root), "b.git")
    for tree in (INPUTS / "tree", root, tmp_path / "b.git"):
        with open_trees([str(tree)]) as trees:
            (rebuilt,) = rebuild(parse_diff(diff, mail), trees, mail)
        assert (rebuilt.base.state, rebuilt.base.result) == ("proved", result)
        assert rebuilt.base.blob == "dd85e093ffdb1773f5f1f665eaff2b3ae74564e9"


@pytest.mark.skipif(shutil.which("ps") is None, reason="ps lists the processes")
def test_no_process_is_left(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"mm/x.c": BEFORE})
    (root / "mm" / "x.c").write_bytes(b"other\n")
    trees = open_trees([str(root)])
    rebuild(parse_diff(patch(f"index {OLD}..{NEW}\n"), "p"), trees, "p")
    mine = ["ps", "-ww", "-o", "args=", "--ppid", str(os.getpid())]
    running = subprocess.run(mine, capture_output=True, text=True, check=False).stdout
    assert "cat-file --batch" in running
    trees.close()
    assert "cat-file" not in subprocess.run(mine, capture_output=True, text=True, check=False).stdout
