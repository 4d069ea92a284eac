"""Series: which of the mails in a thread are the patches, in which order, and in which version."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.limits import Limits
from lmlint.patch.box import Message, read_box, read_folder
from lmlint.patch.diff import parse_diff
from lmlint.patch.series import Series, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

GIT = shutil.which("git")
B4 = shutil.which("b4", path=str(Path(sys.executable).parent)) or shutil.which("b4")
SEPARATOR = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"
BASE = "0123456789012345678901234567890123456789"


def diff(name: str, text: str = "new") -> bytes:
    head = f"diff --git a/{name} b/{name}\nindex 1111111..2222222 100644\n--- a/{name}\n+++ b/{name}\n"
    return f"{head}@@ -1,3 +1,3 @@\n a\n-old\n+{text}\n b\n".encode()


def mail(  # noqa: PLR0913 (the fields of a mail)
    subject: str,
    body: bytes | None = None,
    *,
    id: str = "",  # noqa: A002 (the name of the field)
    to: str = "",
    author: str = "Jane <jane@example.org>",
    day: int = 1,
) -> bytes:
    """Return a mail; without a body it holds a diff of a file named after its title."""
    title = subject.rpartition("] ")[2].replace(" ", "_")
    said = diff(f"{title}.c") if body is None else body
    fields = f"From: {author}\nDate: Thu, {day} Jan 2026 10:00:00 +0100\nSubject: {subject}\n"
    fields += f"Message-ID: <{id}>\n" * bool(id) + f"In-Reply-To: <{to}>\nReferences: <{to}>\n" * bool(to)
    return f"{fields}\nWhy.\n---\n".encode() + said


def quoted(data: bytes) -> bytes:
    return b"On Monday Jane wrote:\n" + b"".join(b"> " + line + b"\n" for line in data.split(b"\n"))


def sort(*mails: bytes, name: str = "box") -> tuple[Series, ...]:
    return arrange([Message(f"box: mail {n}", data) for n, data in enumerate(mails, 1)], name)


def one(*mails: bytes) -> Series:
    (series,) = sort(*mails)
    return series


def told(series: Series) -> list[tuple[int, str]]:
    return [(patch.version, patch.title) for patch in series.patches]


COVER = mail("[PATCH v2 0/3] all of it", b"Words.\n\nbase-commit: " + BASE.encode() + b"\n", id="c2", day=2)
PATCHES = [mail(f"[PATCH v2 {n}/3] part {n}", id=f"p2{n}", to="c2", day=2) for n in (1, 2, 3)]
OLD = [mail("[PATCH 0/3] all of it", b"Words.\n", id="c1")]
OLD += [mail(f"[PATCH {n}/3] part {n}", diff(f"part_{n}.c", "other"), id=f"p1{n}", to="c1") for n in (1, 2, 3)]
WHOLE = [(2, "part 1"), (2, "part 2"), (2, "part 3")]


def test_patches_are_put_in_order_and_the_cover_is_left_out() -> None:
    series = one(PATCHES[2], PATCHES[0], COVER, PATCHES[1])
    assert told(series) == WHOLE
    assert (series.name, series.notices, series.errors) == ("box", (), ())
    assert {patch.base_commit for patch in series.patches} == {BASE}
    assert [patch.name for patch in series.patches] == ["box: mail 2", "box: mail 4", "box: mail 1"]
    assert [parse_diff(patch.diff, "p")[0].path for patch in series.patches] == ["part_1.c", "part_2.c", "part_3.c"]


@settings(max_examples=60)
@given(st.permutations([COVER, *PATCHES, *OLD, mail("Re: [PATCH 1/3] part 1", b"No.\n", id="r", to="p11")]))
def test_the_order_of_arrival_does_not_matter(mails: Sequence[bytes]) -> None:
    series = one(*mails)
    assert told(series) == WHOLE
    assert series.notices == (
        'box: v1 of "all of it" left out: v2 is here',
        "box: 1 mail without a patch of its own ignored",
    )
    assert series.errors == ()


def test_deep_and_absent_threads_hold_a_series_together() -> None:
    deep = [mail(f"[PATCH {n}/3] d{n}", id=f"d{n}", to=f"d{n - 1}" if n > 1 else "") for n in (1, 2, 3)]
    other = [mail(f"[PATCH {n}/3] e{n}", id=f"e{n}", to="gone", author="x@y") for n in (1, 2, 3)]
    loose = [mail(f"[PATCH {n}/3] f{n}", id=f"f{n}", author="z@y") for n in (1, 2, 3)]
    bare = [mail(f"[PATCH {n}/3] g{n}", author=f"w{n}@y") for n in (1, 2, 3)]
    mixed = [each for row in zip(deep, other, loose, bare, strict=True) for each in row]
    titles = [[patch.title for patch in series.patches] for series in sort(*mixed)]
    assert titles == [["d1", "d2", "d3"], ["e1", "e2", "e3"], ["f1", "f2", "f3"], ["g1", "g2", "g3"]]


def test_versions_are_known_by_thread_change_id_or_title() -> None:
    first, second = "[PATCH] mm: one thing", "[PATCH v2] mm: another thing"
    independent = sort(mail(first, id="a"), mail(second, id="b"))
    assert [told(series) for series in independent] == [[(1, "mm: one thing")], [(2, "mm: another thing")]]
    thread = one(mail(first, id="a"), mail(second, id="b", to="a"))
    assert told(thread) == [(2, "mm: another thing")]
    assert thread.notices == ('box: v1 of "mm: one thing" left out: v2 is here',)
    trailer = [b"\nchange-id: 20260101-x-1\n---\n" + diff(f"{n}.c") for n in "ab"]
    change = one(mail(first, trailer[0], id="a"), mail(second, trailer[1], id="b", author="else@x"))
    assert (told(change), change.patches[0].change_id) == ([(2, "mm: another thing")], "20260101-x-1")
    title = one(mail("[PATCH v3] mm: t", id="a"), mail("[PATCH v4 1/1] mm: t", diff("u.c"), id="b"))
    assert told(title) == [(4, "mm: t")]
    assert len(sort(mail("[PATCH v3] mm: t", id="a"), mail("[PATCH v4] mm: t", id="b", author="else@x"))) == 2
    answers = sort(mail("[PATCH] x", id="a"), mail("[PATCH v2] y", id="b", to="a", author="else@x"))
    assert [series.name for series in answers] == ["box: mail 1", "box: mail 2"], "another's patch is no version"


def test_a_resend_wins_over_what_it_repeats() -> None:
    series = one(mail("[PATCH RESEND v4] mm: t", id="b", day=9), mail("[PATCH v4] mm: t", id="a"))
    assert (series.patches[0].resend, series.notices) == (
        True,
        ('box: v4 of "mm: t" left out: it was sent again later',),
    )
    again = [mail(f"[PATCH RESEND {n}/2] t{n}", id=f"b{n}", to="a1", day=9) for n in (1, 2)]
    series = one(*again, mail("[PATCH 1/2] t1", id="a1"), mail("[PATCH 2/2] t2", id="a2", to="a1"))
    assert [patch.message_id for patch in series.patches] == ["<b1>", "<b2>"]


def test_a_version_of_some_patches_replaces_those() -> None:
    series = one(*OLD, mail("[PATCH v2 2/3] part 2", id="n", to="p12", day=4))
    assert told(series) == [(1, "part 1"), (2, "part 2"), (1, "part 3")]
    assert (series.notices, series.errors) == (("box: v2 has 1 of 3 patches; the others are those of v1",), ())


def test_the_same_mail_is_taken_once() -> None:
    footer = b"_______________________________________________\nlist mailing list\n"
    series = one(*PATCHES, *(patch + b"\n" + footer for patch in PATCHES))
    assert (told(series), series.notices) == (WHOLE, ())
    assert len(one(mail("[PATCH] x"), mail("[PATCH] x")).patches) == 1
    other = one(mail("[PATCH] x", id="a"), mail("[PATCH] x", diff("y.c"), id="a"))
    assert other.notices == ("box: mail 2: has the Message-ID of box: mail 1 and another diff; the first is taken",)
    cut = PATCHES[0][:-4]
    assert one(cut, *PATCHES).errors == (), "a whole copy stands in for a damaged one"
    twice = one(*PATCHES, mail("[PATCH v2 2/3] part 2", diff("z.c"), id="late", to="c2", day=5))
    assert twice.patches[1].message_id == "<late>"
    assert twice.notices == ("box: mail 2: left out: box: mail 4 has the same number and is later",)


def test_replies_are_taken_only_where_the_patch_itself_is_not_here() -> None:
    whole = mail("Re: [PATCH v2 1/3] part 1", quoted(diff("part_1.c")), id="r1", to="c2> <p21", author="bob@x")
    part = mail("Re: [PATCH v2 1/3] part 1", quoted(diff("part_1.c")[:-8]) + b"\nWhy?\n", id="r2", to="p21")
    inline = mail("Re: [PATCH v2 1/3] part 1", b"How about this?\n" + diff("other.c"), id="r3", to="p21")
    series = one(*PATCHES, whole, part, inline)
    assert (told(series), series.notices) == (WHOLE, ("box: 3 mails without a patch of their own ignored",))
    series = one(part, whole, *PATCHES[1:])
    assert (told(series), series.patches[0].reply) == (WHOLE, True)
    assert len(one(whole, whole.replace(b"r1", b"r4")).patches) == 1
    with pytest.raises(InputError, match=r"^box: none of 2 mails holds a whole patch; "):
        sort(part, mail("[GIT PULL] mm", b"Please pull.\n"))


def test_chatter_and_pull_requests_are_counted() -> None:
    chatter = [
        mail("[GIT PULL] mm", b"Please pull.\n"),
        mail("[BUG] oops", b"Words.\n"),
        mail("[RFC] idea", b"Words.\n"),
    ]
    series = one(*chatter, *PATCHES, mail("[PATCH 0/2] other", b"Words.\n", id="o"))
    assert (told(series), series.notices) == (WHOLE, ("box: 4 mails without a patch of their own ignored",))


def test_a_missing_or_damaged_patch_is_an_error_and_the_others_stay() -> None:
    series = one(*PATCHES[1:])
    assert told(series) == WHOLE[1:]
    assert series.errors == ("box: patch 1/3 of v2 is missing; give the whole series",)
    assert one(*(mail(f"[PATCH {n}/9999] x{n}") for n in (1, 5))).errors == (
        "box: patches 2/9999, 3/9999, 4/9999, 6/9999, 7/9999 and 9992 more of v1 are missing; give the whole series",
    )
    series = one(PATCHES[0], PATCHES[1][:-4], PATCHES[2])
    assert told(series) == [WHOLE[0], WHOLE[2]]
    (error,) = series.errors
    assert re.match(r"box: mail 2: line 17: .*cut off.*; ", error)
    lost = mail("[PATCH v2 2/3] part 2", b"", id="p22", to="c2")
    assert "box: mail 2: line 1: no diff found" in one(PATCHES[0], lost, PATCHES[2]).errors[0]
    html = lost.replace(b"\n\n", b"\nContent-Type: text/html\n\n", 1)
    assert "HTML only" in one(PATCHES[0], html, PATCHES[2]).errors[0]
    with pytest.raises(InputError, match=r"^box: mail 1: line 1: no diff found"):
        sort(lost, lost)


def test_an_input_of_one_patch_stands_alone() -> None:
    single = arrange([Message("m", PATCHES[1])], "m")
    assert single[0].notices == ("m: patch 2/3 of v2 without the rest of its series",)
    assert (told(single[0]), single[0].errors) == ([(2, "part 2")], ())
    assert told(arrange([Message("m", diff("x.c"))], "m")[0]) == [(1, "")]
    with pytest.raises(InputError, match=r"^m: line 17: .*cut off"):
        arrange([Message("m", PATCHES[1][:-4])], "m")
    with pytest.raises(InputError, match=r"^m: line 1: no diff found"):
        arrange([Message("m", COVER)], "m")
    with pytest.raises(InputError, match=r"^m: line 1: a cover letter"):  # git writes an interdiff into it
        arrange([Message("m", mail("[PATCH v2 0/1] x", b"Interdiff against v1:\n" + diff("x.c")))], "m")


def test_a_mail_too_large_is_an_error_beside_the_others() -> None:
    messages = [Message("a", PATCHES[0] + b"\n" * 5000), Message("b", mail("[PATCH] x"))]
    (series,) = arrange(messages, "f", Limits(bytes=4000))
    assert series.errors == ("a: more than 4000 bytes (limit `bytes`); give a smaller mail",)


def git(tree: Path, *words: str) -> bytes:
    environment = {
        "PATH": str(GIT).rpartition("/")[0],
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "HOME": str(tree),
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }
    identity = ["-c", "user.name=Jane Doe", "-c", "user.email=jane@example.org"]
    run = subprocess.run(["git", *identity, *words], cwd=tree, env=environment, capture_output=True, check=True)
    return run.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with three patches on a base (branch v1), and three others of the same names (v2)."""
    if GIT is None:
        pytest.skip("git is not installed")
    tree = tmp_path_factory.mktemp("tree")
    git(tree, "init", "-q", "-b", "main")
    lines = [f"\tline{n}();\n" for n in range(40)]
    (tree / "x.c").write_text("".join(lines), encoding="utf-8")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "base")
    for branch in ("v1", "v2"):
        git(tree, "checkout", "-q", "-b", branch, "main")
        changed = list(lines)
        for n in (1, 2, 3):
            changed[n * 10] = f"\t{branch}_{n}();\n"
            (tree / "x.c").write_text("".join(changed), encoding="utf-8")
            git(tree, "commit", "-q", "-a", "-m", f"mm: change {n}\n\nFrom the start.")
    return tree


TITLES = [(1, "mm: change 1"), (1, "mm: change 2"), (1, "mm: change 3")]


@pytest.mark.parametrize(
    "words", [["--numbered"], ["-N"], ["--attach"], ["--cover-letter"], ["-N", "--zero-commit"], ["-N", "--thread"]]
)
def test_what_format_patch_writes_is_one_series(words: list[str], tree: Path, tmp_path: Path) -> None:
    box = read_box(git(tree, "format-patch", "--stdout", "--base=main", *words, "main..v1"), "m.mbox")
    git(tree, "format-patch", "-q", "--base=main", "-o", str(tmp_path), *words, "main..v1")
    base = git(tree, "rev-parse", "main").decode().strip()
    for messages in (box, read_folder(tmp_path, "out")):
        (series,) = arrange(messages, "s")
        assert (told(series), series.notices, series.errors) == (TITLES, (), ())
        assert {patch.base_commit for patch in series.patches} == {base}
        assert [f"+\tv1_{n}();".encode() in patch.diff for n, patch in enumerate(series.patches, 1)] == [True] * 3


def thread(tree: Path, tmp_path: Path) -> bytes:
    """Return the mbox of a thread: two versions as git writes them, the second in reply to the first, and replies."""
    mails: list[bytes] = []
    for version in ("1", "2"):
        options = ["--in-reply-to=<first@example.org>"] if version == "2" else []
        words = [
            "-q",
            "--thread",
            "--cover-letter",
            "--base=main",
            f"-v{version}",
            *options,
            "-o",
            str(tmp_path / version),
        ]
        git(tree, "format-patch", *words, f"main..v{version}")
        data = b"\n".join(path.read_bytes() for path in sorted((tmp_path / version).iterdir()))
        first = re.findall(rb"(?i)message-id: <(cover[^>]*)>", data)[0]
        mails.append(data.replace(first, b"first@example.org" if version == "1" else b"second@example.org"))
    patch = read_box(mails[1], "")[1].data
    parent = (re.findall(rb"(?i)message-id: (<.*>)", patch) or [b""])[0]
    body = patch.partition(b"\n\n")[2]
    for n, text in enumerate((quoted(body[:-80]), quoted(body), b"Fine.\n\nReviewed-by: Bob <bob@example.org>\n")):
        head = b"From: Bob <bob@example.org>\nSubject: Re: [PATCH v2 1/3] mm: change 1\nMessage-ID: <r%d@x>\n" % n
        date = b"Date: Fri, 2 Jan 2026 00:00:00 +0000\n"
        mails.append(SEPARATOR + head + date + b"In-Reply-To: " + parent + b"\nReferences: " + parent + b"\n\n" + text)
    return b"\n".join(mails)


def test_a_thread_of_two_versions(tree: Path, tmp_path: Path) -> None:
    data = thread(tree, tmp_path)
    for box in (data, data.replace(b"\n", b"\r\n")):
        (series,) = arrange(read_box(box, "t.mbox"), "t.mbox")
        assert told(series) == [(2, title) for _, title in TITLES]
        assert series.notices == (
            't.mbox: v1 of "*** SUBJECT HERE ***" left out: v2 is here',
            "t.mbox: 3 mails without a patch of their own ignored",
        )
        assert series.errors == ()
        assert {patch.base_commit for patch in series.patches} == {git(tree, "rev-parse", "main").decode().strip()}
        assert all(parse_diff(patch.diff, "p")[0].path == "x.c" for patch in series.patches)


@pytest.mark.skipif(B4 is None, reason="b4 is not installed")
@pytest.mark.parametrize("form", ["mbox", "maildir"])
def test_what_b4_am_writes_is_read(form: str, tree: Path, tmp_path: Path) -> None:
    # b4 reads a box with the standard library, which takes every such line for a new mail.
    (tmp_path / "t.mbox").write_bytes(thread(tree, tmp_path).replace(b"\nFrom the", b"\n>From the"))
    command = ["b4", "--offline-mode", "-n", "am", "-m", "t.mbox", "-C", "-o", "out", *["-M"] * (form == "maildir")]
    path = f"{str(B4).rpartition('/')[0]}:{str(GIT).rpartition('/')[0]}"
    environment = {
        "PATH": path,
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "XDG_CACHE_HOME": str(tmp_path),
    }
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    (out,) = [path for path in (tmp_path / "out").iterdir() if path.suffix in {".mbx", ".maildir"}]
    messages = read_folder(out, "out") if out.is_dir() else read_box(out.read_bytes(), "out")
    (series,) = arrange(messages, "out")
    assert (told(series), series.errors) == ([(2, title) for _, title in TITLES], ())
    if form == "mbox":  # beside the patches lies the cover letter, which names the base
        (series,) = arrange(read_folder(tmp_path / "out", "out"), "out")
        base = git(tree, "rev-parse", "main").decode().strip()
        assert [patch.base_commit for patch in series.patches] == [base] * 3
        assert series.errors == ()


PIECE = st.sampled_from(
    [
        *PATCHES,
        *OLD,
        COVER,
        diff("x.c"),
        diff("x.c")[:-5],
        quoted(diff("x.c")),
        SEPARATOR,
        b"\n",
        b"Subject: [PATCH 1/2] x\n",
        b"Message-ID: <c2>\n",
        b"References: <p11> <c2>\n",
        b"In-Reply-To: <p21>\n",
        b"change-id: x\n",
        b"From: a@b\n",
    ]
)


@settings(max_examples=300)
@given(st.lists(st.lists(PIECE | st.binary(max_size=9), max_size=5).map(b"".join), min_size=1, max_size=8))
def test_nothing_but_an_input_error_comes_of_any_mails(mails: list[bytes]) -> None:
    with contextlib.suppress(InputError):
        found = sort(*mails)
        lines = [line for series in found for line in (*series.notices, *series.errors)]
        assert all("\n" not in line for line in lines)
        assert all(series.patches or series.errors for series in found)


def test_many_mails_take_no_quadratic_time() -> None:
    loose = [mail(f"[PATCH {n}/3000] t", diff("x.c", f"{n}"), id=f"a{n}") for n in range(1, 1501)]
    chain = [mail("Re: words", b"Words.\n", id=f"b{n}", to=f"b{n + 1}") for n in range(1500)]
    singles = [mail("[PATCH] same", diff("x.c", f"s{n}"), id=f"c{n}") for n in range(1500)]
    covers = [mail("[PATCH 0/2] same", b"", id=f"d{n}") for n in range(1500)]
    others = [mail(f"[PATCH v{n}] same", diff("x.c", f"s{n}"), id=f"e{n}", author=f"a{n}@x") for n in range(1500)]
    found = sort(*chain, *loose, *singles, *covers, *others)
    assert len(found) == 3001
