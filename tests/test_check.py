"""Checks of whole files: sleep, verdicts, and paths that must not get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lmlint.corpus import builtin_corpus
from lmlint.engine.check import Checker, analyse
from lmlint.finding import BALANCED, CANNOT_TELL
from lmlint.finding import FINDING as FOUND
from tests.edits import INPUTS, v8
from tests.small import PATH, RULE, text

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = sorted((builtin_corpus() / RULE.name).glob("*.c"))


def read(path: Path) -> bytes:
    return path.read_bytes() if path.name == "pagetable.c" else text(path.read_text(encoding="utf-8"))


CLEAR = b"void f(pmd_t *p)\n{\n\tpmd_clear(p);\n}\n"


def test_a_rule_sleeps_without_its_counter() -> None:
    analysis = analyse(CLEAR, PATH, RULE)
    assert (analysis.functions, analysis.findings) == ((), ())
    assert not Checker(CLEAR, PATH, RULE).summaries


def test_a_comment_does_not_wake_a_rule() -> None:
    assert not Checker(b"/* lm_meminfo */\n" + CLEAR, PATH, RULE).awake


def test_a_counter_wakes_it() -> None:
    analysis = analyse(b"unsigned long lm_meminfo[5];\n" + CLEAR, PATH, RULE)
    assert [v.verdict for v in analysis.functions] == [FOUND]
    assert {f.function for f in analysis.findings} == {"f"}


def test_an_empty_file() -> None:
    assert analyse(b"", PATH, RULE).functions == ()


def lost(checker: Checker) -> list[str]:
    """Return the functions that end with no path at all."""
    return [key for key, summary in checker.summaries.items() if not summary.rows or not summary.compressed]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_no_function_of_the_corpus_ends_with_no_path(path: Path) -> None:
    assert not lost(Checker(read(path), PATH, RULE))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_two_runs_say_the_same(path: Path) -> None:
    assert analyse(read(path), PATH, RULE) == analyse(read(path), PATH, RULE)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_verdicts_and_findings_agree(path: Path) -> None:
    analysis = analyse(read(path), PATH, RULE)
    errors = {f.function for f in analysis.findings if f.severity == "error"}
    for verdict in analysis.functions:
        assert verdict.verdict in {BALANCED, FOUND, CANNOT_TELL}
        assert (verdict.verdict == FOUND) is (verdict.name in errors)
        assert bool(verdict.reason) is (verdict.verdict == CANNOT_TELL)


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_no_function_of_the_real_file_ends_with_no_path() -> None:
    path, code = v8()
    checker = Checker(code.encode(), path, RULE)
    assert checker.summaries
    assert not lost(checker)
