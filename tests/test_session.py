"""What a check is given: commits, changes, mailboxes, folders and bases, through the command that a user types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail
from tests.gitrepo import WHO, git, repository

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(__file__).parent.parent / "corpus" / "arm64-lm-meminfo"
TREE = CORPUS / "tree"
PATH = "arch/arm64/mm/mmu.c"
SCHEMA = json.loads((Path(__file__).parent.parent / "lmlint" / "report" / "schema.json").read_text(encoding="utf-8"))
PROGRAM = [sys.executable, "-c", "from lmlint.cli import entry; entry()"]
DOUBLE, CLEAN = "story-v2-double-count.patch", "story-v3-clean.patch"


def result(name: str) -> bytes:
    """Return the file after a patch of the corpus."""
    from lmlint.patch.diff import apply_diff  # noqa: PLC0415 -- used by this one

    (diff,) = parse_diff(read_mail((CORPUS / name).read_bytes(), name).diff, name)
    return apply_diff(diff, (TREE / PATH).read_bytes()).after


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository: one commit counts twice, the next touches nothing of a rule, the third repairs the first."""
    root = repository(tmp_path_factory.mktemp("story") / "linux", {PATH: (TREE / PATH).read_bytes(), "README": b"1\n"})
    for subject, path, text in (
        ("mm: count the linear map", PATH, result(DOUBLE)),
        ("docs: say so", "README", b"2\n"),
        ("mm: do not count again", PATH, result(CLEAN)),
    ):
        (root / path).write_bytes(text)
        git(root, "commit", "-qam", subject)
    return root


def lmlint(
    where: Path, *arguments: str, data: bytes = b"", more: Mapping[str, str] | None = None
) -> tuple[int, list[dict[str, Any]], str]:
    """Return the status, the reports and the complaints of a check in a directory."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [*PROGRAM, "check", "--format", "json", *arguments],
        cwd=where,
        input=data,
        capture_output=True,
        env={**keep, **WHO, **(more or {})},
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    report = json.loads(done.stdout) if done.stdout else {"inputs": []}
    if done.stdout:
        jsonschema.validate(report, SCHEMA)
    inputs = report["inputs"]
    return done.returncode, inputs, done.stderr.decode()


def kinds(report: Mapping[str, Any], state: str = "new") -> list[str]:
    return [f["kind"] for f in report["findings"] if f["state"] == state and f["severity"] != "note"]


# git


def test_a_commit_is_judged_against_its_parent(story: Path) -> None:
    status, (report,), errors = lmlint(story, "HEAD~2")
    assert (status, kinds(report), errors) == (1, ["double-count"] * 3, "")
    assert report["base"]["state"] == "proved"
    assert report["subject"] == "mm: count the linear map"
    status, (report,), _ = lmlint(story, "HEAD")
    assert (status, kinds(report), kinds(report, "fixed")) == (0, [], ["double-count"] * 3)


def test_what_a_later_commit_repairs_is_a_note_on_bisecting(story: Path) -> None:
    status, (first, last), errors = lmlint(story, "HEAD~3..HEAD")
    assert (status, errors) == (0, "")
    repaired = [finding for finding in first["findings"] if finding["state"] == "repaired"]
    assert [f["kind"] for f in repaired] == ["double-count"] * 3
    assert {(f["severity"], f["repaired"]) for f in repaired} == {("note", "mm: do not count again")}
    assert kinds(last, "fixed") == ["double-count"] * 3
    assert first["notices"] == ["HEAD~3..HEAD: 1 of 3 commits touch no file of a rule"]


def test_a_finding_that_stays_is_blamed_on_one_commit(story: Path) -> None:
    git(story, "checkout", "-q", "-b", "stays", "HEAD~2")
    text = (story / PATH).read_text()
    (story / PATH).write_text(text + "\nint more(void)\n{\n\treturn 0;\n}\n")
    git(story, "commit", "-qam", "mm: more")
    try:
        status, reports, _ = lmlint(story, "main~3..stays")
    finally:
        git(story, "checkout", "-q", "main")
    assert status == 1
    assert [kinds(report) for report in reports] == [["double-count"] * 3, []]
    assert kinds(reports[1], "unchanged") == ["double-count"] * 3


def test_a_range_without_a_file_of_a_rule_is_quiet(story: Path) -> None:
    status, (report,), errors = lmlint(story, "HEAD~2..HEAD~1")
    assert (status, report["findings"], errors) == (0, [], "")
    assert report["notices"] == ["HEAD~2..HEAD~1: 1 of 1 commits touch no file of a rule"]


def test_a_merge_answers_for_what_neither_parent_holds(story: Path) -> None:
    git(story, "checkout", "-q", "-b", "side", "HEAD~3")
    (story / "README").write_text("3\n")
    git(story, "commit", "-qam", "side")
    git(story, "merge", "-q", "-X", "theirs", "--no-edit", "main~2")
    try:
        _, (clean,), _ = lmlint(story, "HEAD")
        assert kinds(clean) == []  # the file is that of one parent
        text = (story / PATH).read_text()
        (story / PATH).write_text(
            text.replace("lm_meminfo_add(va, CONT_PTE_SIZE, PTE)", "lm_meminfo_add(va, 1, PTE)", 1)
        )
        assert (story / PATH).read_text() != text
        git(story, "commit", "-qa", "--amend", "--no-edit")
        status, (evil,), _ = lmlint(story, "HEAD")
    finally:
        git(story, "checkout", "-q", "main")
    assert status == 1
    assert kinds(evil) == ["wrong-amount"]  # and not what the second parent brings


def test_the_staged_change_and_the_work_tree(story: Path) -> None:
    status, (nothing,), errors = lmlint(story, "--staged")
    assert (status, nothing["findings"], errors) == (0, [], "")
    try:
        (story / PATH).write_bytes(result(DOUBLE))
        status, (report,), _ = lmlint(story / "arch", "--worktree")
        assert (status, kinds(report), report["base"]["state"]) == (1, ["double-count"] * 3, "proved")
        assert lmlint(story, "--staged")[0] == 0
        git(story, "add", PATH)
        (story / PATH).write_bytes(result(CLEAN))
        assert lmlint(story, "--staged")[0] == 1
        assert lmlint(story, "--worktree")[0] == 0
    finally:
        git(story, "reset", "-q", "--hard")


def test_a_merge_under_way_answers_for_neither_side(story: Path) -> None:
    git(story, "checkout", "-q", "-b", "ours", "HEAD~3")
    (story / "README").write_text("4\n")
    git(story, "commit", "-qam", "ours")
    try:
        git(story, "merge", "-q", "--no-commit", "--no-ff", "main~2")
        status, (report,), _ = lmlint(story, "--staged")
        assert (status, kinds(report), kinds(report, "unchanged")) == (0, [], ["double-count"] * 3)
    finally:
        git(story, "merge", "--abort")
        git(story, "checkout", "-q", "main")


@pytest.mark.parametrize("name", ["no-such-branch", "HEAD..nowhere", "--", "HEAD~99"])
def test_what_is_neither_file_nor_revision_is_refused(story: Path, name: str) -> None:
    status, reports, errors = lmlint(story, *([] if name == "--" else [name]))
    assert (status, reports, errors.count("\n")) == (2, [], 1)


def test_a_revision_of_a_tree_that_is_named(story: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(story), "linux.git")
    status, (report,), _ = lmlint(tmp_path, "main~2", "--tree", "linux.git")
    assert (status, kinds(report)) == (1, ["double-count"] * 3)


# mails


@pytest.fixture(scope="module")
def mails(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the three commits as git writes them: a folder of patches, a mailbox, a maildir."""
    where = tmp_path_factory.mktemp("mails")
    git(story, "format-patch", "-q", "--cover-letter", "-o", str(where / "folder"), "HEAD~3..HEAD")
    (where / "box.mbox").write_text(git(story, "format-patch", "--stdout", "HEAD~3..HEAD"))
    for name in ("cur", "new", "tmp"):
        (where / "maildir" / name).mkdir(parents=True)
    for at, patch in enumerate(sorted((where / "folder").iterdir(), reverse=True)):
        (where / "maildir" / "new" / f"17.{at}.host").write_bytes(patch.read_bytes())
    return where


@pytest.mark.parametrize("form", ["folder", "box.mbox", "maildir", "files"])
@pytest.mark.parametrize("base", ["bare", "directory"])
def test_a_series_is_one_in_every_form(story: Path, mails: Path, tmp_path: Path, form: str, base: str) -> None:
    tree = TREE
    if base == "bare":
        git(tmp_path, "clone", "-q", "--bare", str(story), "linux.git")
        tree = tmp_path / "linux.git"
    names = [form] if form != "files" else [str(path) for path in sorted((mails / "folder").glob("000[1-3]*"))]
    status, reports, errors = lmlint(mails, *names, "--tree", str(tree))
    assert (status, errors) == (0, "")
    assert [report["subject"].partition("] ")[2] for report in reports] == [
        "mm: count the linear map",
        "docs: say so",
        "mm: do not count again",
    ]
    assert [report["base"]["state"] for report in reports] == ["proved", "none", "proved"]
    assert [f["state"] for f in reports[0]["findings"] if f["kind"] == "double-count"] == ["repaired"] * 3
    assert kinds(reports[2], "fixed") == ["double-count"] * 3


def test_patches_that_are_no_series_stand_alone(tmp_path: Path) -> None:
    names = [str(CORPUS / name) for name in (DOUBLE, CLEAN)]
    status, reports, _ = lmlint(tmp_path, *names, "--tree", str(TREE))
    assert status == 1
    assert [kinds(report) for report in reports] == [["double-count"] * 3, []]


def test_the_newest_version_of_a_thread_is_taken(tmp_path: Path) -> None:
    box = b"".join(
        b"From x Mon Sep 17 00:00:00 2001\n" + (CORPUS / name).read_bytes().partition(b"\n")[2] + b"\n"
        for name in (CLEAN, DOUBLE)
    )
    (tmp_path / "thread.mbox").write_bytes(box)
    status, (report,), errors = lmlint(tmp_path, "thread.mbox", "--tree", str(TREE))
    assert (status, errors) == (0, "")
    assert report["subject"].startswith("[PATCH v3]")
    assert "v2" in report["notices"][0]


def test_a_missing_patch_is_named_and_the_rest_is_checked(mails: Path, tmp_path: Path) -> None:
    names = [str(path) for path in sorted((mails / "folder").glob("000[12]*"))]
    status, reports, errors = lmlint(tmp_path, *names, "--tree", str(TREE))
    assert status == 2
    assert kinds(reports[0]) == ["double-count"] * 3
    assert "patch 3/3 of v1 is missing" in errors


def test_a_patch_that_does_not_apply_leaves_the_others(mails: Path, tmp_path: Path) -> None:
    (tmp_path / "tree" / PATH).parent.mkdir(parents=True)
    (tmp_path / "tree" / PATH).write_text("int x;\n")
    status, reports, errors = lmlint(mails, "box.mbox", "--tree", str(tmp_path / "tree"))
    assert (status, errors.count("\n")) == (2, 2)
    assert [report["subject"] for report in reports] == ["[PATCH 2/3] docs: say so"]


# bases


def test_the_repository_around_is_a_tree_that_may_not_fit(story: Path, tmp_path: Path) -> None:
    patch = str(CORPUS / DOUBLE)
    status, (report,), _ = lmlint(story, patch)
    assert (status, report["base"]["state"]) == (1, "proved")
    other = repository(tmp_path / "other", {"a": b"1\n"})
    status, (report,), errors = lmlint(other, patch)
    assert (status, report["base"]["state"], errors) == (0, "hunks", "")
    assert all("from the hunks alone" in json.dumps(verdict) for verdict in report["functions"])


def test_of_several_trees_the_one_that_fits_is_named(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    for folder, above in ((far, b"\n\n"), (near, b"")):
        (folder / PATH).parent.mkdir(parents=True)
        (folder / PATH).write_bytes(above + (TREE / PATH).read_bytes())
    data = b"\n".join(line for line in (CORPUS / DOUBLE).read_bytes().split(b"\n") if not line.startswith(b"index "))
    status, (report,), _ = lmlint(tmp_path, "-", "--tree", "far", "--tree", "near", data=data)
    assert (status, report["base"]["state"], report["base"]["source"]) == (1, "applied", "near")
    status, (report,), _ = lmlint(tmp_path, "-", "--tree", "far", data=data)
    assert (status, report["base"]["source"], set(report["base"]["offsets"])) == (1, "far", {2})


def test_trees_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "lmlint.toml").write_text(f'trees = ["{TREE}"]\n')
    status, (report,), _ = lmlint(tmp_path, "-", data=(CORPUS / DOUBLE).read_bytes())
    assert (status, report["base"]["state"]) == (1, "proved")


def test_the_right_tree_is_asked_for_where_none_fits(story: Path, tmp_path: Path) -> None:
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_bytes(result(CLEAN))
    status, reports, errors = lmlint(story, str(CORPUS / DOUBLE), "--tree", str(tmp_path))
    assert (status, reports, errors.count("\n")) == (2, [], 1)
    assert PATH in errors
    assert "hunk @@ -" in errors


def test_what_names_nothing_is_told(story: Path) -> None:
    status, (report,), errors = lmlint(story, "HEAD..HEAD~1")
    assert (status, report["notices"], errors) == (0, ["HEAD..HEAD~1: there is no commit in this range"], "")
    status, _, errors = lmlint(story, "HEAD", "")
    assert (status, errors[:34], errors.count("\n")) == (2, "lmlint: check: an input without a ", 1)


def test_standard_input_that_is_closed_is_named(story: Path) -> None:
    command = ["sh", "-c", '"$@" <&-', "sh", *PROGRAM, "check", "-"]
    done = subprocess.run(command, cwd=story, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr[:17], done.stderr.count("\n")) == (2, "", "lmlint: <stdin>: ", 1)


# silenced findings


def test_a_comment_counts_where_the_user_wrote_it_and_not_where_a_mail_brings_it(story: Path, tmp_path: Path) -> None:
    lines = result(DOUBLE).decode().split("\n")
    _, (report,), _ = lmlint(story, "HEAD~2")
    first = next(f for f in report["findings"] if f["kind"] == "double-count")
    lines[first["line"] - 1] += " /* lmlint: allow double-count: seen with Pat */"
    git(story, "checkout", "-q", "-b", "allowed", "HEAD~3")
    try:
        (story / PATH).write_text("\n".join(lines))
        _, (staged,), _ = lmlint(story, "--worktree")
        git(story, "commit", "-qam", "mm: count, and allow it")
        mail = git(story, "format-patch", "--stdout", "-1").encode()
    finally:
        git(story, "checkout", "-q", "-f", "main")
    assert len(kinds(staged)) == 2
    assert [f["allowed"] for f in staged["findings"] if f["state"] == "allowed"] == ["seen with Pat"]
    _, (mailed,), _ = lmlint(tmp_path, "-", "--tree", str(TREE), data=mail)
    assert len(kinds(mailed)) == 3
    assert any("silences nothing here" in notice for notice in mailed["notices"])


@pytest.mark.parametrize("stands", [False, True])
def test_neither_an_earlier_mail_nor_a_copy_makes_a_comment_the_users(
    story: Path, tmp_path: Path, *, stands: bool
) -> None:
    said = "/* lmlint: allow double-count: seen with Pat */"
    _, (report,), _ = lmlint(story, "HEAD~2")
    lines = result(DOUBLE).decode().split("\n")
    lines[next(f for f in report["findings"] if f["kind"] == "double-count")["line"] - 1] += f" {said}"
    first, last = (TREE / PATH).read_text() + f"{said}\n", "\n".join(lines) + (f"{said}\n" if stands else "")
    where = repository(tmp_path / "linux", {PATH: (first if stands else (TREE / PATH).read_text()).encode()})
    (where / PATH).write_text(first)
    git(where, "commit", "-q", "--allow-empty", "-am", "mm: allow it")
    (where / PATH).write_text(last)
    git(where, "commit", "-qam", "mm: count")
    mails = git(where, "format-patch", "--stdout", "-1" if stands else "-2").encode()
    git(where, "checkout", "-q", "HEAD~2")
    status, reports, errors = lmlint(where, "-", data=mails)
    assert (status, errors, len(kinds(reports[-1])), kinds(reports[-1], "allowed")) == (1, "", 3, [])
    assert any("silences nothing here" in notice for notice in reports[-1]["notices"])


def test_an_id_in_the_configuration_silences_with_a_reason(tmp_path: Path) -> None:
    data = (CORPUS / DOUBLE).read_bytes()
    _, (report,), _ = lmlint(tmp_path, "-", "--tree", str(TREE), data=data)
    ids = [f["id"] for f in report["findings"] if f["kind"] == "double-count"]
    entries = "".join(f'[[allow]]\nid = "{id_}"\nreason = "known"\n' for id_ in [*ids, "00000000"])
    (tmp_path / "lmlint.toml").write_text(entries)
    status, (report,), _ = lmlint(tmp_path, "-", "--tree", str(TREE), data=data)
    assert (status, kinds(report), kinds(report, "allowed")) == (0, [], ["double-count"] * 3)
    assert any("00000000" in notice for notice in report["notices"])


# files that are looked up

HEADER = "arch/arm64/include/asm/counted.h"
USER = "arch/arm64/mm/erase.c"
COUNTED = (CORPUS / "preamble.h").read_bytes()
TAKES = """\
static inline void erase(pmd_t *slot, unsigned long va)
{
	if (pmd_leaf(pmdp_get(slot))) {
		pmd_clear(slot);
		lm_meminfo_sub(va, PMD_SIZE, PMD);
	}
}
"""
CALLS = b"void unmap(pmd_t *slot, unsigned long va)\n{\n\terase(slot, va);\n}\n"


def test_a_header_that_is_changed_alone_is_judged_where_it_is_used(tmp_path: Path) -> None:
    files = {HEADER: TAKES.encode(), USER: COUNTED + CALLS}
    root = repository(tmp_path / "linux", files)
    _, (whole,), _ = lmlint(root, USER)
    assert ("unmap", "balanced") in [(v["name"], v["verdict"]) for v in whole["functions"]], whole["findings"]
    (root / HEADER).write_text(TAKES.replace("\t\tlm_meminfo_sub(va, PMD_SIZE, PMD);\n", ""))
    status, (report,), _ = lmlint(root, "--worktree")
    assert (status, kinds(report)) == (1, ["missing-sub"])
    assert report["base"]["state"] == "proved"
