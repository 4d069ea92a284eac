"""Bad input, generated: every reader answers or raises InputError in one line, soon, in little memory, inside the tree.

`LMLINT_FUZZ=N` tries N times as many examples.
"""

from __future__ import annotations

import base64
import faulthandler
import os
import quopri
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lmlint import config, toml
from lmlint.allow import comments
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
from lmlint.review import Options, review_file, review_patches
from lmlint.rule import builtin_rules, load_rule
from lmlint.source import outline, parse
from tests.small import PATH, PREAMBLE, RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MORE = int(os.environ.get("LMLINT_FUZZ", "1"))
LIMITS = Limits(bytes=2**20, mails=50, files=50, hunks=500, functions=500, paths=200, nesting=100, seconds=2)
PATIENCE = 60
"""How many seconds one test of one example may take, before the run is ended with a traceback."""
INPUTS = Path(__file__).resolve().parents[2] / "shared" / "inputs"
CORPUS = builtin_corpus() / RULE.name
TREE = CORPUS / "tree"


def often(count: int) -> settings:
    return settings(
        max_examples=count * MORE,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    faulthandler.dump_traceback_later(PATIENCE * MORE + 300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def survives(call: Callable[[], object]) -> None:
    """Call; what the input causes is an InputError of one line, and nothing else."""
    try:
        call()
    except InputError as error:
        assert str(error)
        assert "\n" not in str(error)


# what is fed


PATCHES = [path.read_bytes() for path in sorted(CORPUS.glob("*.patch"))]
REAL = [path.read_bytes() for path in sorted((INPUTS / "mail").glob("*"))] if INPUTS.is_dir() else []
CODE = [
    PREAMBLE.encode() + path.read_bytes() if b"lm_meminfo[" not in path.read_bytes() else path.read_bytes()
    for path in sorted(CORPUS.glob("*.c"))
]
NASTY = [b"\0", b"\f", b"\r\n", b"\r", b"\xff", b"\xc3\x28", b"\xe2\x80\xa8", b"\x1b[2J", b"\xc2\xa0", b"=\n", b"=3D",
         b"\t", b"\\\n", b"/*", b"*/", b"//", b'"', b"'", b"#if 0\n", b"#endif\n", b"#else\n", b"#define X(a) a ## a\n",
         b"{", b"}", b"(", b")", b";", b"\n\n", b"-- \n", b"> ", b"--- a/x.c\n", b"+++ b/x.c\n", b"@@ -1 +1 @@\n",
         b"diff --git a/x b/y\n", b"GIT binary patch\n", b"From x@y Thu Jan  1 00:00:00 1970\n", b"goto out;", b"return;",
         b"while (1)", b"switch (x) { case 1:", b"x ? y :", b"a && b || ", b"sizeof", b"lm_meminfo[", b"*p = ",
         b"99999999999999999999", b"0x", b"1e9", b"<<", b"%", b"/ 0", b"Content-Transfer-Encoding: base64\n",
         b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n", b"index 0000..1111\n", b"rename to ../x\n"]  # fmt: skip


def mutated(data: bytes, edits: list[tuple[int, int, int, bytes]]) -> bytes:
    """Return the data after edits: what to do, where, how much (per mille of the whole), what to put in."""
    for what, where, much, new in edits:
        at, size = len(data) * where // 1000, max(1, len(data) * much // 20_000)
        lines = data.split(b"\n")
        row, rows = len(lines) * where // 1000, max(1, len(lines) * much // 20_000)
        row = min(row, len(lines) - 1)
        if what == 0:
            data = data[:at] + new + data[at:]
        elif what == 1:
            data = data[:at] + data[at + size :]
        elif what == 2:
            data = data[:at] + bytes(byte ^ 1 << much % 8 for byte in data[at : at + 1]) + data[at + 1 :]
        elif what == 3:
            data = b"\n".join([*lines[:row], *lines[row : row + rows] * 2, *lines[row + rows :]])
        elif what == 4:
            data = b"\n".join([*lines[:row], *lines[row + rows :]])
        elif what == 5:
            data = b"\n".join([*lines[:row], *reversed(lines[row : row + rows + 1]), *lines[row + rows + 1 :]])
        elif what == 6:
            data = data[:at]
        elif what == 7:
            data = data[:at] + new * (1 + much) + data[at:]
        elif what == 8:
            data = data.replace(b"\n", b"\r\n" if much % 2 else b"\n\f")
        else:
            data = b"\n".join([*lines[:row], b" ".join(lines[row : row + rows + 1]), *lines[row + rows + 1 :]])
    return data


EDITS = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 1000), st.integers(0, 1000), st.one_of(st.sampled_from(NASTY), st.binary(max_size=8))
    ),
    max_size=6,
)  # fmt: skip


def near(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Draw bytes that are nearly one of the seeds."""
    return st.builds(mutated, st.sampled_from(seeds), EDITS)


HEAD = (b"From: A B <a@example.org>\nSubject: [PATCH v3 2/5] arm64: mm: x\nMessage-ID: <1@example.org>\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\n")  # fmt: skip


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
        b"From a@example.org Thu Jan  1 00:00:00 2026\n" + plain + b"\n\nFrom a@example.org Thu Jan  1 00:00:00 2026\n" + plain,
    ]  # fmt: skip


MAILS = [mail for patch in PATCHES for mail in mails(patch)] + REAL
ANY = st.binary(max_size=400)


# mails and patches


def read_patch(data: bytes) -> None:
    for diff in parse_diff(read_mail(data, "mail", LIMITS).diff, "mail", LIMITS):
        survives(lambda diff=diff: apply_diff(diff, b"\n".join(line[1:] for h in diff.hunks for line in h.lines)))
        survives(lambda diff=diff: apply_diff(diff, b"a\n\n}\n"))


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
            survives(lambda function=function: function.body)

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
SETTINGS = [b'rule = ["a"]\nstrict = true\ntrees = ["x"]\n[limits]\nseconds = 3\n[[allow]]\nid = "x"\nreason = "y"\n']


@given(st.one_of(ANY, near(RULES)))
@often(60)
def test_rules(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "fuzz.toml"
    file.write_bytes(data)
    survives(lambda: load_rule(file))


@given(st.one_of(ANY, near(SETTINGS), near([b"[tool.lmlint]\n" + one for one in SETTINGS])), st.booleans())
@often(80)
def test_settings(tmp_path: Path, data: bytes, project: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    for name in ("lmlint.toml", "pyproject.toml"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / ("pyproject.toml" if project else "lmlint.toml")).write_bytes(data)
    survives(lambda: config.render(config.load(tmp_path)))
    survives(lambda: toml.loads(data, "a.toml"))
    survives(lambda: toml.lines(data))
