"""Bad input, generated: every reader answers or raises InputError in one line, soon, in little memory, inside the tree.

`LMLINT_FUZZ=N` tries N times as many examples.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import quopri
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lmlint import config, toml
from lmlint.allow import comments
from lmlint.authoring.inspection import inspect
from lmlint.corpus import builtin_corpus
from lmlint.engine.check import analyse
from lmlint.engine.explain import prove
from lmlint.error import InputError
from lmlint.expect import expectations
from lmlint.limits import Limits
from lmlint.patch.box import Message, read_box
from lmlint.patch.diff import apply_diff, parse_diff
from lmlint.patch.mail import read_mail
from lmlint.patch.series import arrange
from lmlint.patch.tree import open_trees
from lmlint.replay import second_opinion
from lmlint.report import machine
from lmlint.report.text import render
from lmlint.review import Options, review_file
from lmlint.rule import builtin_rules, load_rule
from lmlint.source import outline, parse
from lmlint.stack import review_patches
from tests.small import PATH, PREAMBLE, RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MORE = int(os.environ.get("LMLINT_FUZZ", "1"))
LIMITS = Limits(bytes=2**20, mails=50, files=50, hunks=500, functions=500, paths=200, nesting=100, seconds=2)
PATIENCE = 120
"""How many seconds one test may take for every MORE, before the run is ended with a traceback."""
INPUTS = Path(__file__).resolve().parents[2] / "shared" / "inputs"
CORPUS = builtin_corpus() / RULE.name
TREE = CORPUS / "tree"


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """End the run where a test hangs, and say where."""
    faulthandler.dump_traceback_later(PATIENCE * MORE, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def often(count: int) -> settings:
    return settings(
        max_examples=count * MORE,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


def survives(call: Callable[[], object]) -> None:
    """Call; what the input causes is an InputError of one line, and nothing else."""
    message = "nothing"
    try:
        call()
    except InputError as error:
        message = str(error)
    assert message
    assert "\n" not in message


# what is fed


PATCHES = [path.read_bytes() for path in sorted(CORPUS.glob("*.patch"))]
REAL = [path.read_bytes() for path in sorted((INPUTS / "mail").glob("*"))] if INPUTS.is_dir() else []
CODE = [
    PREAMBLE.encode() + path.read_bytes() if b"lm_meminfo[" not in path.read_bytes() else path.read_bytes()
    for path in sorted(CORPUS.glob("*.c"))
]
NASTY = [b"\0", b"\f", b"\r\n", b"\r", b"\xff", b"\xc3\x28", b"\xe2\x80\xa8", b"\x1b[2J", b"\xc2\xa0", b"=\n", b"=3D",
         b"\t", b"\\\n", b"/*", b"*/", b"//", b'"', b"'", b"#if 0\n", b"#endif\n", b"#else\n",
         b"#define X(a) a ## a\n",
         b"{", b"}", b"(", b")", b";", b"\n\n", b"-- \n", b"> ", b"--- a/x.c\n", b"+++ b/x.c\n", b"@@ -1 +1 @@\n",
         b"diff --git a/x b/y\n", b"GIT binary patch\n", b"From x@y Thu Jan  1 00:00:00 1970\n", b"goto out;",
         b"return;",
         b"while (1)", b"switch (x) { case 1:", b"x ? y :", b"a && b || ", b"sizeof", b"lm_meminfo[",
         b"*p = ",
         b"99999999999999999999", b"0x", b"1e9", b"<<", b"%", b"/ 0", b"Content-Transfer-Encoding: base64\n",
         b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n", b"index 0000..1111\n",
         b"rename to ../x\n"]  # fmt: skip


def in_bytes(data: bytes, what: int, at: int, much: int, new: bytes) -> bytes:
    """Return the data after an edit at an offset."""
    size = max(1, len(data) * much // 20_000)
    head, tail = data[:at], data[at:]
    bit = bytes(byte ^ 1 << much % 8 for byte in tail[:1])
    return (head + new + tail, head + tail[size:], head + bit + tail[1:], head, head + new * (1 + much) + tail)[what]


def in_lines(data: bytes, what: int, row: int, much: int) -> bytes:
    """Return the data after an edit of some lines: doubled, deleted, turned around, joined, or ended otherwise."""
    lines = data.split(b"\n")
    rows = max(1, len(lines) * much // 20_000)
    above, here, below = lines[:row], lines[row : row + rows + 1], lines[row + rows + 1 :]
    if what == 4:
        return data.replace(b"\n", b"\r\n" if much % 2 else b"\n\f")
    made = (here * 2, [], here[::-1], [b" ".join(here)])[what]
    return b"\n".join([*above, *made, *below])


def mutated(data: bytes, edits: list[tuple[int, int, int, bytes]]) -> bytes:
    """Return the data after edits: what to do, where and how much (per mille of the whole), what to put in."""
    for what, where, much, new in edits:
        if what < 5:
            data = in_bytes(data, what, len(data) * where // 1000, much, new)
        else:
            data = in_lines(data, what - 5, data.count(b"\n") * where // 1000, much)
    return data


EDITS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.integers(0, 1000),
        st.integers(0, 1000),
        st.one_of(st.sampled_from(NASTY), st.binary(max_size=8)),
    ),
    max_size=6,
)


def near(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Draw bytes that are nearly one of the seeds."""
    return st.builds(mutated, st.sampled_from(seeds), EDITS)


HEAD = (b"From: A B <a@example.org>\nSubject: [PATCH v3 2/5] arm64: mm: x\nMessage-ID: <1@example.org>\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\n")  # fmt: skip


START = b"From a@example.org Thu Jan  1 00:00:00 2026\n"


def mails(patch: bytes) -> list[bytes]:
    """Return a patch as mailers send it."""
    plain = HEAD + b"\n" + patch
    coded = HEAD + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
    parts = (HEAD + b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\n' + patch
             + b"\n--x\nContent-Type: text/html\n\n<p>\n--x--\n")  # fmt: skip
    return [
        patch,
        plain,
        coded + b"base64\n\n" + base64.encodebytes(patch),
        coded + b"quoted-printable\n\n" + quopri.encodestring(patch),
        parts,
        HEAD + b"\n" + b"".join(b"> " + line + b"\n" for line in patch.split(b"\n")),
        HEAD + b"Content-Type: text/plain; format=flowed\n\n" + patch.replace(b"\n ", b"\n  "),
        START + plain + b"\n\n" + START + plain,
    ]


MAILS = [mail for patch in PATCHES for mail in mails(patch)] + REAL
ANY = st.binary(max_size=400)


# mails and patches


def read_patch(data: bytes) -> None:
    for diff in parse_diff(read_mail(data, "mail", LIMITS).diff, "mail", LIMITS):
        survives(partial(apply_diff, diff, b"\n".join(line[1:] for hunk in diff.hunks for line in hunk.lines)))
        survives(partial(apply_diff, diff, b"a\n\n}\n"))


@given(st.one_of(ANY, near(MAILS)))
@often(250)
def test_mails_and_diffs(data: bytes) -> None:
    survives(lambda: read_patch(data))
    survives(lambda: parse_diff(data, "diff", LIMITS))


@given(st.lists(near(MAILS), min_size=1, max_size=4))
@often(100)
def test_boxes_and_series(found: list[bytes]) -> None:
    survives(lambda: arrange(read_box(b"\n".join(found), "box", LIMITS), "box", LIMITS))
    survives(lambda: arrange([Message(f"box: {at}", data) for at, data in enumerate(found)], "box", LIMITS))


@given(near(MAILS), st.booleans())
@often(60)
def test_reviews_of_patches(data: bytes, tree: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    def review() -> None:
        with open_trees([str(TREE)] if tree else [], limits=LIMITS) as trees:
            found = [
                patch for series in arrange(read_box(data, "box", LIMITS), "box", LIMITS) for patch in series.patches
            ]
            made = review_patches(found, trees, [RULE], Options(limits=LIMITS, proofs=tree))
            assert not any("\n" in error for error in made.errors)
            render(list(made.reports), color=tree, width=80)
            machine.render(list(made.reports))

    survives(review)


# C


@given(st.one_of(ANY, near(CODE)))
@often(150)
def test_c_is_parsed_or_refused(data: bytes) -> None:
    def read() -> None:
        for function in parse(data, "a.c", RULE.dialect, limits=LIMITS).functions:
            survives(partial(getattr, function, "body"))

    survives(read)
    survives(lambda: [item.node for item in outline(data, "a.c", RULE.dialect)])
    survives(lambda: comments(data, "a.c", limits=LIMITS))


@given(near(CODE))
@often(150)
def test_c_is_judged(data: bytes) -> None:
    survives(lambda: analyse(data, PATH, RULE, frozenset(range(40)), strict=True, limits=LIMITS))


@given(near(CODE))
@often(30)
def test_c_is_proved_and_reported(data: bytes) -> None:
    def review() -> None:
        report = review_file(data, PATH, [RULE], Options(proofs=True, limits=LIMITS))
        render([report], color=True, width=80)
        machine.render([report])

    survives(review)
    survives(lambda: prove(data, PATH, RULE, limits=LIMITS))


@given(near(CODE))
@often(10)
def test_c_is_run(data: bytes) -> None:
    def run() -> None:
        analysis = analyse(data, PATH, RULE, limits=LIMITS)
        second_opinion(analysis.findings, analysis.functions, data, PATH, RULE, limits=LIMITS)

    survives(run)


# what a user writes


@given(st.one_of(ANY, near([path.read_bytes() for path in sorted(CORPUS.glob("*.c"))])))
@often(80)
def test_expectations(data: bytes) -> None:
    survives(lambda: expectations(data))


RULES = [path.read_bytes() for path in sorted(builtin_rules().glob("*.toml"))]
RULES += [path.read_bytes() for path in sorted((Path(__file__).parent / "invented" / "rules").glob("*.toml"))]
SETTINGS = [b'rule = ["a"]\nstrict = true\ntrees = ["x"]\n[limits]\nseconds = 3\n[[allow]]\nid = "x"\nreason = "y"\n']


@given(st.one_of(ANY, near(RULES)))
@often(60)
def test_rules(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "fuzz.toml"
    file.write_bytes(data)
    survives(lambda: load_rule(file))
    survives(lambda: inspect(file))


@given(st.one_of(ANY, near(SETTINGS), near([b"[tool.lmlint]\n" + one for one in SETTINGS])), st.booleans())
@often(80)
def test_settings(tmp_path: Path, data: bytes, project: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    for name in ("lmlint.toml", "pyproject.toml"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / ("pyproject.toml" if project else "lmlint.toml")).write_bytes(data)
    survives(lambda: config.render(config.load(tmp_path)))
    survives(lambda: toml.loads(data, "a.toml") and toml.lines(data))


# paths


DRIVER = """
import json, os, sys
from lmlint import commands
from lmlint.cli import main

tree, folder, allowed = sys.argv[1:]
opened, watching = set(), False


def hook(event, arguments):
    if watching and event == "open" and isinstance(arguments[0], (str, bytes)):
        opened.add(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(hook)
files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
main(["check", "--tree", tree, files[0]])  # what is imported late is imported now
watching = True
for file in files:
    status = main(["check", "--tree", tree, file])
    assert status in {0, 1, 2}, status
watching = False
print(json.dumps(sorted(opened)), file=sys.stderr)
"""
PARTS = st.sampled_from([
    "..", ".", "", ".git", ".GIT", ".git.", ".git ", "git~1", "out", "loop", "away.c", "real.c", "mm", "\\..\\..",
    "C:",
    "a\tb", "\x1b[2J", "x" * 300, "%2e%2e", "~", "-rf", "$(id)", "config", "fifo.c", "\u202e.c", "\udcff.c", "dev",
    "null",
])  # fmt: skip
PATHS = st.builds(
    lambda top, parts, end: top + "/".join(parts) + end,
    st.sampled_from(["arch/arm64/mm/", "/", "", "/arch/arm64/mm/", "arch/arm64/mm/../mm/", "arch/arm64/mm/out/"]),
    st.lists(PARTS, min_size=1, max_size=5),
    st.sampled_from(["", ".c", "/mmu.c", "/"]),
)
LINE = "int outside;\n"


def to(path: str, other: str, quoted: bool) -> bytes:  # noqa: FBT001  # drawn by hypothesis
    """Return a patch that asks for files at two paths."""
    old, new = (
        json.dumps(f"{side}/{name}") if quoted else f"{side}/{name}"
        for side, name in zip("ab", (path, other), strict=True)
    )
    head = f"diff --git {old} {new}\n" + (f"rename from {path}\nrename to {other}\n" if path != other else "")
    body = f"--- {old}\n+++ {new}\n@@ -1 +1,2 @@\n {LINE}+int lm_meminfo[1];\n"
    return (head + body).encode("utf-8", "surrogateescape")


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """Return a tree whose symlinks lead out of it, next to files that are none of its own."""
    tree = tmp_path / "tree"
    folder = tree / "arch" / "arm64" / "mm"
    (folder / "out").parent.mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in (outside, folder, tree / ".git", tmp_path):
        place.mkdir(exist_ok=True)
        for name in ("mmu.c", "real.c", "config", "config.c"):
            (place / name).write_text(LINE)
    (folder / "out").symlink_to(outside)
    (folder / "away.c").symlink_to(outside / "mmu.c")
    (folder / "loop").symlink_to("loop")
    (folder / "real").symlink_to("..")
    os.mkfifo(folder / "fifo.c")
    (tree / "arch" / "arm64" / "include").mkdir()
    (tree / "arch" / "arm64" / "include" / "asm").symlink_to(outside)
    (outside / "counter.h").write_text("extern int lm_meminfo[];\n")
    return tree


@given(st.data())
@settings(often(1), max_examples=3 * MORE)
def test_no_file_outside_the_tree_is_opened(tree: Path, data: st.DataObject) -> None:
    folder = tree.parent / "patches"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "000").write_bytes(to("arch/arm64/mm/mmu.c", "arch/arm64/mm/mmu.c", quoted=False))
    (folder / "001").write_bytes(to("arch/arm64/mm/out/mmu.c", "arch/arm64/mm/out/mmu.c", quoted=False))
    (folder / "002").write_bytes(to("arch/arm64/mm/../../../../mmu.c", "arch/arm64/mm/mmu.c", quoted=False))
    for at in range(3, 80):
        path = data.draw(PATHS)
        other = path if data.draw(st.booleans()) else data.draw(PATHS)
        (folder / f"{at:03}").write_bytes(to(path, other, quoted=data.draw(st.booleans())))
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER, tree, folder, ""],
        cwd=tree.parent, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    opened = [Path(name) for name in json.loads(ran.stderr.splitlines()[-1])]
    top, own = tree.resolve(), folder.resolve()
    assert top / "arch" / "arm64" / "mm" / "mmu.c" in opened
    assert not any((top / ".git") in path.parents for path in opened)
    strange = [path for path in opened if tree.parent.resolve() in path.parents and not {top, own} & {*path.parents}]
    assert strange == []
    assert not any(path.is_relative_to("/dev") and path.name != "null" for path in opened)


# memory


LARGE = {
    "parens.c": b"int f(void) { return " + b"(" * 10**6,
    "calls.c": b"a(" * 500_000,
    "casts.c": b"int f(void) { return " + b"(a)" * 300_000 + b"1; }",
    "statements.c": b"void f(pte_t *p) {" + b"a = b;\n" * 150_000 + b"__set_pte(p, 0); }",
    "blocks.c": b"void f(pte_t *p)" + b"{" * 90 + b"__set_pte(p, 0);\n" * 20_000 + b"}" * 90,
    "words.c": b"a b " * 250_000,
    "macro.c": b"#define A(x) do { " + b"f(x); \\\n" * 100_000 + b"} while (0)\n",
    "box.patch": (START + HEAD + b"\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n\n") * 5_000,
    "coded.patch": b"Content-Transfer-Encoding: base64\n\n" + b"QUFBQUFBQUFB\n" * 80_000,
    "hunks.patch": b"--- a/x.c\n+++ b/x.c\n" + b"@@ -1 +1 @@\n-a\n+b\n" * 50_000,
    "lines.patch": b"--- a/x.c\n+++ b/x.c\n@@ -0,0 +1,300000 @@\n" + b"+\n" * 300_000,
}
ROOM = 768 * 1024 * 1024


@pytest.mark.parametrize("name", LARGE)
def test_memory_is_bounded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((b"lm_meminfo\n" if name.endswith(".c") else b"") + LARGE[name])
    ran = subprocess.run(
        [sys.executable, "-c", "from lmlint.cli import entry; entry()", "check", "--limit", "seconds=2", name],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
    )  # fmt: skip
    assert ran.returncode in {0, 1, 2}, ran.stderr[-2000:]
    assert b"Traceback" not in ran.stderr
