"""Diffs: what is read, what is refused, and where a hunk lands."""

from __future__ import annotations

import difflib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from lmlint.error import InputError
from lmlint.limits import Limits
from lmlint.patch.diff import FileDiff, apply_diff, parse_diff, read_diff

BEFORE = b"".join(b"line %d\n" % n for n in range(1, 41))
HEAD = b"diff --git a/mm/x.c b/mm/x.c\nindex 1111111..2222222 100644\n--- a/mm/x.c\n+++ b/mm/x.c\n"
HUNK = b"@@ -9,3 +9,4 @@ f\n line 9\n-line 10\n+ten\n+eleven\n line 11\n"
GIT = shutil.which("git")


def make(before: list[bytes], after: list[bytes], context: int = 3) -> bytes:
    """Return difflib's diff of two lists of lines; it knows no missing newline, so the marker is added here."""
    lines = difflib.diff_bytes(difflib.unified_diff, before, after, b"a/mm/x.c", b"b/mm/x.c", n=context)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)


def one(data: bytes) -> FileDiff:
    (diff,) = parse_diff(data, "p")
    return diff


def test_a_diff_is_read() -> None:
    diff = one(HEAD + HUNK)
    assert (diff.path, diff.old_path, diff.new_path) == ("mm/x.c", "mm/x.c", "mm/x.c")
    assert (diff.old_blob, diff.new_blob) == ("1111111", "2222222")
    assert [(h.old_start, h.old_length, h.new_start, h.new_length) for h in diff.hunks] == [(9, 3, 9, 4)]
    assert diff.hunks[0].lines == (b" line 9\n", b"-line 10\n", b"+ten\n", b"+eleven\n", b" line 11\n")


def test_a_hunk_applies_where_it_says() -> None:
    applied = apply_diff(one(HEAD + HUNK), BEFORE)
    assert applied.after == BEFORE.replace(b"line 10\n", b"ten\neleven\n")
    assert applied.changed == {10, 11}
    assert applied.offsets == (0,)


def test_the_line_after_a_removal_is_changed() -> None:
    removal = b"@@ -9,3 +9,2 @@\n line 9\n-line 10\n line 11\n"
    assert apply_diff(one(HEAD + removal), BEFORE).changed == {10}
    at_end = b"@@ -38,3 +38,2 @@\n line 38\n line 39\n-line 40\n"
    assert apply_diff(one(HEAD + at_end), BEFORE).changed == {39}


@pytest.mark.parametrize("shift", [-8, -1, 1, 7])
def test_a_hunk_may_move(shift: int) -> None:
    before = b"new\n" * shift + BEFORE if shift > 0 else b"".join(BEFORE.splitlines(keepends=True)[-shift:])
    applied = apply_diff(one(HEAD + HUNK), before)
    assert applied.after == before.replace(b"line 10\n", b"ten\neleven\n")
    assert applied.offsets == (shift,)


def test_the_nearest_match_wins() -> None:
    block = b"a\nb\nc\n"
    hunk = b"@@ -11,3 +11,3 @@\n a\n-b\n+B\n c\n"
    near = b"1\n2\n3\n4\n5\n" + block + b"6\n7\n" + block + b"8\n9\n"
    assert apply_diff(one(HEAD + hunk), near).offsets == (0,)
    assert apply_diff(one(HEAD + hunk), b"0\n" + near).offsets == (1,)
    assert apply_diff(one(HEAD + hunk), near[2:]).offsets == (-1,)
    assert apply_diff(one(HEAD + hunk), near.removesuffix(block + b"8\n9\n")).offsets == (-5,)


def test_a_later_hunk_never_lands_before_an_earlier_one() -> None:
    hunks = b"@@ -5,3 +5,3 @@\n a\n-b\n+B\n c\n@@ -9,3 +9,3 @@\n x\n-y\n+Y\n z\n"
    with pytest.raises(InputError, match=r"^mm/x.c: hunk @@ -9,3 \+9,3 @@ does not apply"):
        apply_diff(one(HEAD + hunks), b"x\ny\nz\n-\na\nb\nc\n-\n-\n")


def test_a_hunk_without_context_below_ends_the_file() -> None:
    hunk = b"@@ -2,2 +2,3 @@\n a\n b\n+c\n"
    assert apply_diff(one(HEAD + hunk), b"0\na\nb\n").after == b"0\na\nb\nc\n"
    with pytest.raises(InputError, match="does not apply"):
        apply_diff(one(HEAD + hunk), b"0\na\nb\nmore\n")


def test_a_diff_without_context_is_refused() -> None:
    with pytest.raises(InputError, match="no context lines"):
        apply_diff(one(HEAD + b"@@ -10 +10 @@\n-line 10\n+ten\n"), BEFORE)


def test_a_failing_hunk_is_named_with_the_reason() -> None:
    with pytest.raises(InputError, match=r'^mm/x.c: hunk @@ -9,3 \+9,4 @@ .* line 10 of the file is "line Ten" where'):
        apply_diff(one(HEAD + HUNK), BEFORE.replace(b"line 10", b"line Ten"))
    with pytest.raises(InputError, match="the file ends where"):
        apply_diff(one(HEAD + HUNK), b"line 1\n")
    with pytest.raises(InputError, match="tabs, spaces or line ends differ"):
        apply_diff(one(HEAD + HUNK), BEFORE.replace(b" ", b"\t"))


def test_a_missing_newline_at_the_end() -> None:
    lost = b"@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"
    assert apply_diff(one(HEAD + lost), b"a\nb\n").after == b"a\nb"
    gained = b"@@ -1,2 +1,2 @@\n a\n-b\n\\ Kein Zeilenumbruch am Dateiende.\n+b\n"
    assert apply_diff(one(HEAD + gained), b"a\nb").after == b"a\nb\n"
    with pytest.raises(InputError, match="does not apply"):
        apply_diff(one(HEAD + gained), b"a\nb\n")


def test_bytes_that_end_lines_elsewhere_are_kept() -> None:
    odd = "a\x0cb\x1cc\x85d\u2028e\x0bf\xa0\rg".encode() + b"\xff\x00"
    data = HEAD + b"@@ -1,2 +1,3 @@\n " + odd + b"\n+" + odd + b"\r\n b\n"
    assert apply_diff(one(data), odd + b"\nb\n").after == odd + b"\n" + odd + b"\r\nb\n"


def test_an_empty_context_line_may_have_lost_its_space() -> None:
    data = HEAD + b"@@ -1,3 +1,4 @@\n a\n\n+x\n b\n"
    assert apply_diff(one(data), b"a\n\nb\n").after == b"a\n\nx\nb\n"


NEW = b"diff --git a/mm/n.c b/mm/n.c\nnew file mode 100644\nindex 0000000..1234567\n--- /dev/null\n+++ b/mm/n.c\n"
GONE = b"diff --git a/mm/n.c b/mm/n.c\ndeleted file mode 100644\nindex 1234567..0000000\n--- a/mm/n.c\n+++ /dev/null\n"
MOVE = b"diff --git a/mm/o.c b/mm/n.c\nsimilarity index %d%%\nrename from mm/o.c\nrename to mm/n.c\n"


def test_created_deleted_and_renamed_files() -> None:
    created = one(NEW + b"@@ -0,0 +1,2 @@\n+a\n+b\n")
    assert (created.old_path, created.new_path, created.old_blob, created.new_blob) == (None, "mm/n.c", "", "1234567")
    assert apply_diff(created, b"").changed == {1, 2}
    with pytest.raises(InputError, match="does not apply"):
        apply_diff(created, b"there\n")
    deleted = one(GONE + b"@@ -1,2 +0,0 @@\n-a\n-b\n")
    assert (deleted.path, deleted.new_path, deleted.new_blob) == ("mm/n.c", None, "")
    assert apply_diff(deleted, b"a\nb\n").after == b""
    with pytest.raises(InputError, match="does not apply"):
        apply_diff(deleted, b"a\nb\nc\n")
    renamed = one(MOVE % 100)
    assert (renamed.path, renamed.old_path, renamed.hunks) == ("mm/n.c", "mm/o.c", ())
    edited = one(MOVE % 90 + b"index 1234567..89abcde 100644\n--- a/mm/o.c\n+++ b/mm/n.c\n" + HUNK)
    assert (edited.old_path, edited.new_path, edited.old_blob) == ("mm/o.c", "mm/n.c", "1234567")


def test_mode_changes_empty_files_and_other_headers() -> None:
    mode = one(b"diff --git a/mm/x.c b/mm/x.c\nold mode 100644\nnew mode 100755\n")
    assert (mode.path, mode.hunks) == ("mm/x.c", ())
    empty = one(b"diff --git a/e.c b/e.c\nnew file mode 100644\nindex 0000000..e69de29\n")
    assert (empty.path, empty.old_path) == ("e.c", None)
    assert one(b"--- linux.orig/mm/x.c\t2020-01-01\n+++ linux/mm/x.c\t2020-01-02\n" + HUNK).path == "mm/x.c"
    assert one(b"--- mm/x.c\n+++ mm/x.c\n" + HUNK).path == "mm/x.c"
    assert one(b'--- "a/mm/\\303\\251\\t.c"\n+++ b/mm/x.c\n'.replace(b"\\t", b"") + HUNK).old_path == "mm/é.c"
    old = one(b"--- o/n.c\t1970\n+++ n/n.c\n@@ -0,0 +1 @@\n+a\n")
    assert (old.old_path, old.new_path) == (None, "n.c")


BINARY = b"diff --git a/a.bin b/a.bin\nindex 1111111..2222222 100644\n"
TEXT = HEAD + HUNK
NOTICES = {
    "binary": (BINARY + b"Binary files a/a.bin and b/a.bin differ\n", "binary file a.bin is not read"),
    "binary text": (
        BINARY + b"GIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n\nliteral 0\nHcmV?d00001\n\n",
        "binary file a.bin is",
    ),
    "binary, plain": (b"Binary files a/a.bin and b/a.bin differ\n", "binary file a.bin is not read"),
    "new binary": (b"Binary files /dev/null and b/a.bin differ\n", "binary file a.bin is not read"),
    "symlink": (
        NEW.replace(b"100644", b"120000").replace(b"n.c", b"n") + b"@@ -0,0 +1 @@\n+a\n",
        "symlink mm/n is not read",
    ),
    "submodule": (
        TEXT.replace(b"mm/x.c", b"sub").replace(b"100644", b"160000"),
        "submodule sub is not read",
    ),
    "one side only": (
        b"Only in b/mm: notes.txt\n",
        '"Only in b/mm: notes.txt": a file whose text the diff does not show',
    ),
}


@pytest.mark.parametrize("case", NOTICES)
def test_what_is_no_text_is_told(case: str) -> None:
    data, notice = NOTICES[case]
    diff = read_diff(TEXT + data, "p")
    assert [file.path for file in diff.files] == ["mm/x.c"]
    assert len(diff.notices) == 1
    assert diff.notices[0].startswith(notice)
    assert parse_diff(TEXT + data + NEW + b"@@ -0,0 +1 @@\n+a\n", "p")[1].path == "mm/n.c"
    if case != "one side only":
        assert read_diff(data, "p").files == ()
        with pytest.raises(InputError, match=r"^p: line 1: .* is not read: no text to read; "):
            parse_diff(data, "p")


def test_renames_copies_and_modes_are_told() -> None:
    assert read_diff(MOVE % 100, "p").notices == ("mm/o.c renamed to mm/n.c",)
    assert read_diff((MOVE % 100).replace(b"rename", b"copy"), "p").notices == ("mm/o.c copied to mm/n.c",)
    mode = read_diff(b"diff --git a/mm/x.c b/mm/x.c\nold mode 100644\nnew mode 100755\n", "p")
    assert mode.notices == ("mode of mm/x.c changed from 100644 to 100755",)
    assert read_diff(TEXT, "p").notices == ()
    # git tells a file that becomes a symlink as deleted and created.
    link = NEW.replace(b"100644", b"120000").replace(b"n.c", b"n") + b"@@ -0,0 +1 @@\n+a\n"
    both = read_diff(GONE.replace(b"n.c", b"n") + b"@@ -1 +0,0 @@\n-a\n" + link, "p")
    assert ([file.path for file in both.files], both.notices) == (["mm/n"], ("symlink mm/n is not read",))


def test_each_cap_is_named_when_reached() -> None:
    two = TEXT + NEW + b"@@ -0,0 +1 @@\n+a\n"
    for limits, what in (
        (Limits(files=1), r"line 11: more than 1 files \(limit `files`\)"),
        (Limits(hunks=1), r"line 16: more than 1 hunks \(limit `hunks`\)"),
        (Limits(bytes=99), r"line 1: more than 99 bytes \(limit `bytes`\)"),
    ):
        with pytest.raises(InputError, match=f"^p: {what}; give a smaller patch"):
            parse_diff(two, "p", limits)
    assert len(parse_diff(two, "p", Limits(files=2, hunks=2))) == 2


def test_prose_and_a_signature_stand_around_the_diffs() -> None:
    data = b"Hello\n\n" + HEAD + HUNK + b"\n" + NEW + b"@@ -0,0 +1 @@\n+a\n-- \n2.47.0\n\n"
    assert [diff.path for diff in parse_diff(data, "p")] == ["mm/x.c", "mm/n.c"]


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    data = HEAD + b"@@ -1,3 +1,3 @@\n a\n--- a/mm/y.c\n+++ b/mm/y.c\n b\n"
    assert apply_diff(one(data), b"a\n-- a/mm/y.c\nb\n").after == b"a\n++ b/mm/y.c\nb\n"


SECOND = b"@@ -20,2 +21,3 @@\n line 20\n+x\n line 21\n"
BROKEN = {
    "nothing": (b"", "holds no diff"),
    "prose": (b"hello\nworld\n", "holds no diff"),
    "quoted": (b"> " + HEAD.replace(b"\n", b"\n> "), "holds no diff"),
    "wrapped": (HEAD + HUNK.replace(b"+eleven", b"+ele\nven"), "line 10: .*no prefix"),
    "wrapped at the end": (HEAD + b"@@ -1 +1,2 @@\n a\n+b\nc d\n", "line 8: .*wrapped"),
    "cut off": (HEAD + HUNK[:-9], "cut off"),
    "too few counted": (HEAD + HUNK.replace(b"+9,4", b"+9,3"), "line 10: .*do not match"),
    "too many lines": (HEAD + HUNK + b" line 12\n", "line 11: .*more lines"),
    "doubled lines": (HEAD + HUNK.replace(b"\n", b"\n\n"), "line "),
    "lost prefix": (HEAD + HUNK.replace(b" line 9", b"\tline 9"), "line 6: .*no prefix"),
    "a hunk cut out": (HEAD + SECOND, "one is missing"),
    "out of order": (HEAD + SECOND.replace(b"+21", b"+20") + HUNK, "overlaps"),
    "hunk alone": (HUNK, "stands apart"),
    "hunk after prose": (HEAD + HUNK + b"\n[...]\n" + SECOND, "stands apart"),
    "no hunks": (HEAD, 'no hunk after the "\\+\\+\\+" line'),
    "no names": (HEAD[: HEAD.index(b"---")], "no hunk"),
    "half a name": (HEAD[: HEAD.index(b"+++")], 'no "\\+\\+\\+" line'),
    "empty hunk": (HEAD + b"@@ -1,0 +1,0 @@\n", "is empty"),
    "line zero": (HEAD + b"@@ -0,1 +1 @@\n-a\n+b\n", "line 0"),
    "marker first": (HEAD + b"@@ -1 +1 @@\n\\ No newline\n-a\n+b\n", "belongs to no line"),
    "marker early": (HEAD + b"@@ -1,2 +1,2 @@\n-a\n\\ No newline\n-b\n+a\n+b\n", "before the end"),
    "combined": (b"diff --cc mm/x.c\nindex 1,2..3\n--- a/mm/x.c\n+++ b/mm/x.c\n@@@ -1 -1 +1 @@@\n", "combined"),
    "binary C": (b"diff --git a/x.c b/x.c\nindex 1111111..2222222\nGIT binary patch\nliteral 1\n", "no text file"),
    "binary C, plain": (b"Binary files a/x.c and b/x.c differ\n", "binary file"),
    "only binary": (
        b"diff --git a/x.png b/x.png\nindex 1111111..2222222 100644\nBinary files a/x.png and b/x.png differ\n",
        "binary file x.png is not read: no text to read",
    ),
    "symlink": (NEW.replace(b"100644", b"120000") + b"@@ -0,0 +1 @@\n+a\n", "no text file"),
    "one side only": (HEAD + HUNK + b"Only in b/mm: y.c\n", "shows nothing of a C file"),
    "non-breaking spaces": (HEAD + HUNK.replace(b"\n line 11", b"\n\xc2\xa0line 11"), "line 10: non-breaking spaces"),
    "twice": (HEAD + HUNK + HEAD + HUNK, "second diff"),
    "index": (HEAD.replace(b"1111111", b"11x") + HUNK, "index line"),
    "names": (HEAD.replace(b"+++ b/mm/x.c", b"+++ b/mm/y.c") + HUNK, "disagree"),
    "created with context": (NEW + b"@@ -1,1 +1,2 @@\n a\n+b\n", "other lines"),
    "no file at all": (b"--- /dev/null\n+++ /dev/null\n" + HUNK, "both names"),
    "half a rename": (b"diff --git a/o.c b/nn.c\nrename from o.c\n", "cannot be read"),
    "quoting": (b'--- "a/x\n+++ "b/x\n' + HUNK, "quoted"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_damage_is_refused_by_line(case: str) -> None:
    data, why = BROKEN[case]
    with pytest.raises(InputError, match=why) as caught:
        parse_diff(data, "p")
    assert str(caught.value).startswith("p: line ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x.c", "mm/../../x.c", "mm/./x.c", "mm//x.c", "", ".git/config", "mm/.GIT/x", ".git ./x"),
        *("mm\\..\\x.c", "mm/x.c\r", "mm/\u202ex.c", "mm/\x1b[2J.c"),
    ],
)
def test_a_path_that_could_leave_the_tree_is_refused(path: str) -> None:
    raw = path.encode()
    with pytest.raises(InputError, match=r"^p: line 1: "):
        parse_diff(b"--- a/" + raw + b"\n+++ b/" + raw + b"\n" + HUNK, "p")


@pytest.mark.parametrize("quoted", [rb'"a/mm/\000.c"', rb'"a/mm/\377.c"', rb'"a/..\057x.c"', rb'"a/mm\\x.c"'])
def test_quoting_hides_no_path(quoted: bytes) -> None:
    with pytest.raises(InputError, match="not a plain path"):
        parse_diff(b"--- " + quoted + b"\n+++ " + quoted.replace(b"a/", b"b/", 1) + b"\n" + HUNK, "p")


LINE = st.sampled_from(
    [b"", b"a", b"b", b"\tc", b"-- d", b"++ e", b"@@ -1 +1 @@", b"\xe9\x85", b"f\r", b"\\ x", b"\x0c"]
)
FILE = st.lists(LINE, max_size=30)


ENDS = st.sampled_from([b"\n", b""])


def lines_of(parts: list[bytes], end: bytes) -> list[bytes]:
    """Return lines with their newlines, the last one with `end`, and none where that leaves nothing."""
    data = b"\n".join(parts) + end if parts else b""
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + (
        [data.split(b"\n")[-1]] if data.split(b"\n")[-1] else []
    )


@given(FILE, FILE, ENDS, ENDS, st.integers(1, 5))
def test_a_diff_applied_gives_what_it_was_made_from(
    old: list[bytes], new: list[bytes], old_end: bytes, new_end: bytes, context: int
) -> None:
    before, after = lines_of(old, old_end), lines_of(new, new_end)
    data = make(before, after, context)
    if not data:
        return
    diff = one(data)
    applied = apply_diff(diff, b"".join(before))
    assert applied.after == b"".join(after)
    assert set(applied.offsets) == {0}
    unchanged = [line for at, line in enumerate(after, 1) if at not in applied.changed]
    assert all(line in before for line in unchanged)
    theirs = PatchSet.from_string(data, encoding="latin-1")[0]
    ours = [line.rstrip(b"\n").decode("latin-1") for hunk in diff.hunks for line in hunk.lines]
    assert ours == [str(line).rstrip("\n") for hunk in theirs for line in hunk if line.line_type in {" ", "+", "-"}]


@pytest.mark.skipif(GIT is None, reason="git is not installed")
@settings(max_examples=30, deadline=None)
@given(FILE, FILE, FILE, ENDS)
def test_git_agrees(old: list[bytes], new: list[bytes], above: list[bytes], end: bytes) -> None:
    before, after = b"".join(lines_of(old, end)), b"".join(lines_of(new, b"\n"))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)

        def git(*words: str) -> subprocess.CompletedProcess[bytes]:
            command = ["git", "-c", "core.autocrlf=false", "-c", "core.safecrlf=false", *words]
            environment = {"PATH": str(Path(GIT or "").parent), "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": folder}
            return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)

        git("init", "-q")
        (tree / "x.c").write_bytes(before)
        git("add", "x.c")
        (tree / "x.c").write_bytes(after)
        data = git("diff", "--text", "--full-index").stdout
        if not data:
            return
        diff = one(data)
        assert apply_diff(diff, before).after == after
        moved = b"".join(line + b"\n" for line in above) + before
        (tree / "x.c").write_bytes(moved)
        (tree / "p").write_bytes(data)
        applied = git("apply", "--whitespace=nowarn", "p").returncode == 0
        if not applied:
            # git matches a hunk before an earlier one; where it cannot, neither can this.
            with pytest.raises(InputError, match="does not apply"):
                apply_diff(diff, moved)
        elif len(diff.hunks) == 1:
            assert apply_diff(diff, moved).after == (tree / "x.c").read_bytes()


PIECE = st.sampled_from(
    [
        *(HEAD, HUNK, SECOND, NEW, GONE, MOVE, b"diff --git a/x b/x\n", b"--- a/x\n", b"+++ b/x\n", b"@@ -1 +1 @@\n"),
        *(
            b"+a\n",
            b"-a\n",
            b" a\n",
            b"\\ No newline\n",
            b"\n",
            b"-- \n",
            b"index 1234567..89abcde\n",
            b"GIT binary patch\n",
        ),
        *(b'--- "a/\\303\\"\n', b"rename from x\n", b"rename to y\n", b"--- /dev/null\n", b"+++ /dev/null\n"),
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECE | st.binary(max_size=12), max_size=25).map(b"".join), st.binary(max_size=60))
def test_nothing_but_an_input_error_comes_of_any_bytes(data: bytes, before: bytes) -> None:
    try:
        diffs = parse_diff(data, "p")
        for diff in diffs:
            for text in (before, BEFORE, b"a\n", b""):
                apply_diff(diff, text)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)


def test_a_hostile_file_takes_no_quadratic_time() -> None:
    lines = [b"a\n"] * 60_000
    hunk = b"@@ -30001,30001 +30001,30002 @@\n" + b" a\n" * 15_000 + b"+x\n" + b" a\n" * 15_000 + b" b\n"
    with pytest.raises(InputError, match="does not apply"):
        apply_diff(one(HEAD + hunk), b"".join(lines))
