"""The second opinion: what the witness makes of findings, and of functions that were proved balanced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lmlint import cli, corpus
from lmlint.corpus import builtin_corpus
from lmlint.engine.check import Analysis, analyse
from lmlint.finding import BALANCED
from lmlint.replay import second_opinion, stories
from lmlint.review import Options, review_file
from tests.edits import INPUTS, version
from tests.small import PATH, RULE, text

if TYPE_CHECKING:
    from pathlib import Path

    from lmlint.finding import InputReport

TABLE = (builtin_corpus() / RULE.name / "pagetable.c").read_bytes()
LOST = TABLE.replace(
    b"\tlm_meminfo_sub(va, PMD_SIZE, PMD);\n\tlm_meminfo_add(va, PMD_SIZE, to_cont",
    b"\tlm_meminfo_add(va, PMD_SIZE, to_cont",
)
UNMAP = """
void unmap_page(pte_t *slot, unsigned long va)
{
	if (!pte_none(__ptep_get(slot)) && !pte_cont(__ptep_get(slot)))
		__pte_clear(&init_mm, va, slot);
}
"""


def reviewed(data: bytes) -> InputReport:
    return review_file(data, PATH, [RULE], Options(witness=True))


def test_the_two_judges_agree_over_the_corpus_or_the_case_says_why() -> None:
    result = corpus.run(None, (RULE,), witness=True)
    assert result.ok, result.text


def test_a_judge_that_disagrees_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "case.c").write_text(text(UNMAP.replace("slot);\n}", "slot); // expect: missing-sub\n}")).decode())
    assert corpus.run(tmp_path, (RULE,), witness=True).ok
    said = (tmp_path / "case.c").read_text().replace("sub\n", "sub\n\t// not-replayed:\n")
    (tmp_path / "case.c").write_text(
        said.replace("// expect: missing-sub\n\t// not-replayed:", "/* expect: missing-sub */ // not-replayed:")
    )
    assert "should not be replayed; it is" in corpus.run(tmp_path, (RULE,), witness=True).text


def test_a_finding_is_confirmed_by_its_story() -> None:
    (finding,) = reviewed(text(UNMAP)).findings
    assert finding.replay is not None
    assert finding.replay.state == "confirmed"
    assert any("unmap_page" in line for line in finding.replay.story)
    assert any(line.split()[:1] == ["PTE"] for line in finding.replay.story)


def test_operations_tell_the_story_of_a_whole_file() -> None:
    errors = [one for one in reviewed(LOST).findings if one.severity == "error"]
    assert errors
    for one in errors:
        assert one.replay is not None
        assert any("split" in line for line in one.replay.story)
        assert not any("call " in line for line in one.replay.story)


def test_what_cannot_be_run_says_why() -> None:
    code = UNMAP.replace("__pte_clear", "unheard_of(va);\n\t\t__pte_clear").replace("if (", "if (unheard_of(va) && ")
    (finding,) = reviewed(text(code)).findings
    assert finding.replay is not None
    assert finding.replay.state == "not replayed"
    assert "`unheard_of`" in finding.replay.reason


def test_an_assumption_that_is_shown_to_fail_becomes_a_warning() -> None:
    found = {one.kind: one for one in reviewed(TABLE).findings}
    assert found["sampled-guard"].severity == "warning"
    assert found["sampled-guard"].replay is not None
    assert found["clipped-range"].severity == "note"
    assert found["clipped-range"].replay is not None
    assert "no operation shows it" in found["clipped-range"].replay.reason or found["clipped-range"].replay.reason


def test_a_balanced_function_that_drifts_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = analyse(LOST, PATH, RULE)
    verdicts = tuple(replace(one, verdict=BALANCED) for one in honest.functions)
    (drift, *_) = second_opinion((), verdicts, LOST, PATH, RULE).contradictions
    assert drift.function == "break_pmd"
    assert drift.story

    def blind(*_: object, **__: object) -> Analysis:
        return Analysis(verdicts, ())

    monkeypatch.setattr("lmlint.review.analyse", blind)
    (report,) = [reviewed(LOST)]
    assert [one.function for one in report.contradictions][:1] == ["break_pmd"]


def test_a_contradiction_is_printed_and_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mmu.c"
    file.write_bytes(LOST)
    verdicts = tuple(replace(one, verdict=BALANCED) for one in analyse(LOST, str(file), RULE).functions)
    monkeypatch.setattr("lmlint.review.analyse", lambda *_, **__: Analysis(verdicts, ()))
    assert cli.main(["check", "--witness", str(file)]) == 2
    printed = capsys.readouterr().out
    assert "`break_pmd` was proved balanced, and drifts:" in printed
    assert "This is a bug of lmlint" in printed


def test_no_witness_no_story() -> None:
    assert all(one.replay is None for one in review_file(LOST, PATH, [RULE]).findings)


def test_the_witness_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mmu.c"
    file.write_bytes(text(UNMAP))
    assert cli.main(["witness", str(file)]) == 1
    assert "1 drift in" in capsys.readouterr().out
    file.write_bytes(text(UNMAP.replace("slot);\n}", "slot), lm_meminfo_sub(va, PAGE_SIZE, PTE);\n}")))
    assert cli.main(["witness", str(file)]) == 0
    assert "no drift in" in capsys.readouterr().out


def test_one_seed_one_story() -> None:
    assert stories(TABLE, PATH, RULE, 3, 150) == stories(TABLE, PATH, RULE, 3, 150)


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
@pytest.mark.parametrize("mail", ["v7.patch", "v8-reply.txt"])
def test_the_real_patches_are_replayed(mail: str) -> None:
    rebuilt = version(mail)
    assert rebuilt.after is not None
    report = reviewed(rebuilt.after)
    assert report.contradictions == ()
    states = {(one.kind, one.severity, one.replay.state) for one in report.findings if one.replay is not None}
    assert ("racy-counter", "warning", "not replayed") in states
    assert ("clipped-range", "note", "not replayed") in states
    if mail == "v7.patch":
        confirmed = [
            one.function for one in report.findings if one.kind == "double-count" and one.replay and one.replay.story
        ]
        assert confirmed == ["alloc_init_cont_pte", "init_pmd", "alloc_init_pud"]
    else:
        assert ("sampled-guard", "warning", "confirmed") in states
