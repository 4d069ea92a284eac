"""The tree before and after a patch: proof by blob id, and what a tree may not do."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lmlint.error import InputError
from lmlint.patch import base
from lmlint.patch.base import Rebuilt, blob_id, rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
BEFORE, AFTER = b"int a;\nint b;\nint c;\n", b"int a;\nlong b;\nint c;\n"
OLD, NEW = blob_id(BEFORE), blob_id(AFTER)
BODY = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1,3 +1,3 @@\n int a;\n-int b;\n+long b;\n int c;\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "mm").mkdir(parents=True)
    (root / "mm" / "x.c").write_bytes(BEFORE)
    return root


def patch(index: str = "", body: str = BODY) -> bytes:
    return f"diff --git a/mm/x.c b/mm/x.c\n{index}{body}".encode()


def one(data: bytes, tree: Path | None) -> Rebuilt:
    (rebuilt,) = rebuild(parse_diff(data, "p"), tree, "p")
    return rebuilt


def test_a_blob_id_is_gits() -> None:
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize(
    ("index", "state"),
    [
        (f"index {OLD[:7]}..{NEW[:7]} 100644\n", "proved"),
        (f"index {OLD}..{NEW}\n", "proved"),
        (f"index {OLD[:6]}..{NEW[:6]} 100644\n", "applied"),
        (f"index {OLD[:12]}..{'1' * 12} 100644\n", "applied"),
        (f"index {'1' * 12}..{NEW[:12]} 100644\n", "applied"),
        (f"index {hashlib.sha256(BEFORE).hexdigest()}..{hashlib.sha256(AFTER).hexdigest()} 100644\n", "applied"),
        ("", "applied"),
    ],
)
def test_both_ids_prove_the_base(tree: Path, index: str, state: str) -> None:
    rebuilt = one(patch(index), tree)
    assert (rebuilt.before, rebuilt.after, rebuilt.changed) == (BEFORE, AFTER, frozenset({2}))
    assert (rebuilt.base.state, rebuilt.base.path, rebuilt.base.blob, rebuilt.base.result) == (
        state,
        "mm/x.c",
        OLD,
        NEW,
    )


def test_a_created_file_needs_no_tree(tree: Path) -> None:
    text = b"a\n"
    body = "--- /dev/null\n+++ b/mm/n.c\n@@ -0,0 +1 @@\n+a\n"
    data = f"diff --git a/mm/n.c b/mm/n.c\nnew file mode 100644\nindex 0000000..{blob_id(text)[:9]}\n{body}".encode()
    for root in (None, tree):
        rebuilt = one(data, root)
        assert (rebuilt.before, rebuilt.after, rebuilt.changed, rebuilt.base.state) == (
            None,
            text,
            frozenset({1}),
            "proved",
        )
        assert (rebuilt.base.blob, rebuilt.base.result) == ("", blob_id(text))
    (tree / "mm" / "n.c").write_bytes(b"")
    with pytest.raises(InputError, match="there before the patch creates it"):
        one(data, tree)


def test_a_deleted_and_a_renamed_file(tree: Path) -> None:
    body = "--- a/mm/x.c\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-int a;\n-int b;\n-int c;\n"
    gone = one(patch(f"deleted file mode 100644\nindex {OLD[:9]}..{'0' * 9}\n", body), tree)
    assert (gone.path, gone.after, gone.changed, gone.base.state) == ("mm/x.c", None, frozenset(), "proved")
    moved = one(b"diff --git a/mm/x.c b/y.c\nsimilarity index 100%\nrename from mm/x.c\nrename to y.c\n", tree)
    assert (moved.path, moved.before, moved.after, moved.base.state) == ("y.c", BEFORE, BEFORE, "applied")


def test_what_to_do_is_said(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^p: mm/x\.c is needed .* --tree DIR$"):
        one(patch(), None)
    (tree / "mm" / "x.c").write_bytes(AFTER)
    with pytest.raises(InputError, match=r"^p: mm/x\.c: hunk @@ -1,3 .*the tree holds the patched text already\)$"):
        one(patch(f"index {OLD[:12]}..{NEW[:12]} 100644\n"), tree)
    (tree / "mm" / "x.c").write_bytes(b"other\n")
    with pytest.raises(InputError, match=rf"made on blob {OLD[:12]}, the tree has [0-9a-f]{{12}}\)$"):
        one(patch(f"index {OLD[:12]}..{NEW[:12]} 100644\n"), tree)
    for root in (tmp_path / "nowhere", tree / "mm"):
        with pytest.raises(InputError, match=r"^p: mm/x\.c cannot be read in .*--tree DIR"):
            one(patch(), root)


def test_no_symlink_leads_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    file = tree / "mm" / "x.c"
    outside = tmp_path / "secret"
    outside.write_bytes(BEFORE)
    file.unlink()
    file.symlink_to(outside)
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


def test_only_regular_files_of_a_bearable_size_are_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_FILE", len(BEFORE) - 1)
    with pytest.raises(InputError, match="larger than"):
        one(patch(), tree)
    (tree / "mm" / "x.c").unlink()
    os.mkfifo(tree / "mm" / "x.c")
    with pytest.raises(InputError, match="not a regular file"):
        one(patch(), tree)


@pytest.mark.parametrize(
    ("mail", "result"),
    [
        ("v8-reply.txt", "783a473c71ed36febdfb5c900d66a04d74ec22de"),
        ("v7.patch", "e6c1d591a4efc9d448e8ec562ba25236cd686a89"),
    ],
)
def test_the_real_mails_are_proved(mail: str, result: str) -> None:
    if not INPUTS.is_dir():
        pytest.skip("the real mails are not beside the project")
    diff = read_mail((INPUTS / "mail" / mail).read_bytes(), mail).diff
    (rebuilt,) = rebuild(parse_diff(diff, mail), INPUTS / "tree", mail)
    assert (rebuilt.base.state, rebuilt.base.result) == ("proved", result)
    assert rebuilt.base.blob == "dd85e093ffdb1773f5f1f665eaff2b3ae74564e9"
