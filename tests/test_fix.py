"""Suggestions: what is offered, how it is spelt, that it is proved, and that git applies it."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from lmlint import cli
from lmlint.finding import Finding, InputReport, Suggestion, number
from lmlint.fix.combine import applied, combined, name_in_diff, suggestion
from lmlint.fix.proof import Subject, added_lines, moved
from lmlint.fix.spot import wrapped
from lmlint.fix.suggest import suggested
from lmlint.limits import Limits
from lmlint.report import rdjson, sarif
from lmlint.review import Options
from lmlint.session import Session
from tests.edits import INPUTS, rule
from tests.fixes import PAGETABLE, REAL, broken, correct, mended, of_case

CORPUS = Path(__file__).parents[1] / "corpus" / "arm64-lm-meminfo"
SCHEMAS = Path(__file__).parent / "schemas"
STORY = CORPUS / "story-v1-hotremove-forgotten.patch"
TREE = CORPUS / "tree"
MMU = "arch/arm64/mm/mmu.c"

HELPERS = """enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };
static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long addr, unsigned long size, enum lm_type type)
{
	if (__is_lm_address(addr))
		lm_meminfo[type] += size;
}

static void lm_meminfo_sub(unsigned long addr, unsigned long size, enum lm_type type)
{
	if (__is_lm_address(addr))
		lm_meminfo[type] -= size;
}
"""


def told(text: str, path: str = "small.c") -> tuple[Finding, ...]:
    subject = Subject(text.encode(errors="surrogateescape"), path, rule())
    return suggested(number(subject.base.findings), [subject])


def fixed(function: str, helpers: str = HELPERS) -> str:
    """Return a function, of which there is one finding, with what is suggested for it."""
    (one,) = [one for one in told(helpers + function) if one.severity != "note"]
    assert one.suggestion is not None
    return (applied(helpers + function, [one.suggestion]) or "").removeprefix(helpers)


# what is offered

BRACES = """void unmap_block(pud_t *slot, unsigned long addr)
{
	if (pud_leaf(pudp_get(slot)))
		pud_clear(slot);
}
"""
BOTH_ARMS = """void unmap_block(pud_t *slot, unsigned long addr)
{
	if (pud_none(pudp_get(slot)))
		return;
	else if (pud_leaf(pudp_get(slot)))
		pud_clear(slot);
	else
		flush_tlb_all();
}
"""
COMMENT = """void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot); /* gone
					for good */
	flush_tlb_all();
}
"""
KINDS = """void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was))
		return;
	__pte_clear(&init_mm, va, slot);
}
"""
CONDITION = """void map_page(pte_t *slot, unsigned long addr, unsigned long pfn)
{
	pte_t was = __ptep_get(slot);

	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
}
"""
EMPTY = """void map_block(pud_t *slot, unsigned long addr, unsigned long pfn)
{
	bool fresh = pud_none(pudp_get(slot));

	if (pud_table(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	if (fresh)
		;
}
"""


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        (
            BRACES,
            "slot)))\n\t\tpud_clear(slot);\n",
            "slot))) {\n\t\tpud_clear(slot);\n\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\t}\n",
        ),
        (
            BOTH_ARMS,
            "slot)))\n\t\tpud_clear(slot);\n\telse\n\t\tflush_tlb_all();\n",
            (
                "slot))) {\n\t\tpud_clear(slot);\n\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n"
                "\t} else {\n\t\tflush_tlb_all();\n\t}\n"
            ),
        ),
        (COMMENT, "for good */\n", "for good */\n\tlm_meminfo_sub(va, PAGE_SIZE, PTE);\n"),
        (
            KINDS,
            "va, slot);\n",
            "va, slot);\n\tlm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);\n",
        ),
        (
            CONDITION,
            "KERNEL));\n",
            "KERNEL));\n\tif (pte_none(was))\n\t\tlm_meminfo_add(addr, PAGE_SIZE, PTE);\n",
        ),
        (EMPTY, "\t\t;\n", "\t\tlm_meminfo_add(addr, PUD_SIZE, PUD);\n"),
    ],
    ids=["braces", "both arms", "comment", "kinds", "condition", "empty"],
)
def test_a_record_is_put_as_the_kernel_puts_one(function: str, old: str, new: str) -> None:
    assert function.count(old) == 1
    assert fixed(function) == function.replace(old, new)


def test_a_file_that_counts_in_place_goes_on_doing_so() -> None:
    plain = """enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };
static unsigned long lm_meminfo[NR_LM_TYPE];

void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!__is_lm_address(va) || !pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo[PUD] += PUD_SIZE;
}
"""
    function = """void unmap_block(pud_t *slot, unsigned long va)
{
	if (!__is_lm_address(va) || !pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
}
"""
    (one,) = [one for one in told(plain + function) if one.kind == "missing-sub"]
    assert one.suggestion is not None
    assert one.suggestion.lines == ("\tlm_meminfo[PUD] -= PUD_SIZE;",)


def test_line_ends_are_those_of_the_file() -> None:
    (one,) = [one for one in told((HELPERS + UNMAP % "addr").replace("\n", "\r\n")) if one.severity != "note"]
    assert one.suggestion is not None
    assert one.suggestion.lines == ("\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\r",)


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("wrong-account-bad-level.c", "+\tlm_meminfo_add(va, PMD_SIZE, PMD);"),
        ("wrong-amount-bad-pages-for-bytes.c", "+\tlm_meminfo_add(va, PAGE_SIZE, PTE);"),
        ("error-path-bad-undo-forgotten.c", "+\t\tlm_meminfo_sub(va, PMD_SIZE, PMD);"),
        ("lookup-bad-callee-in-other-file.c", "+\tlm_meminfo_sub(va, PAGE_SIZE, PTE);"),
        ("guard-bad-scoped.c", "+\t\tlm_meminfo_sub(va, PAGE_SIZE, PTE);"),
        ("missing-sub-bad-table-over-leaf.c", "+\tlm_meminfo_sub(va, PMD_SIZE, PMD);"),
    ],
)
def test_a_case_is_cured(case: str, line: str) -> None:
    (one,) = [one for one in of_case(CORPUS / case) if one.severity != "note"]
    assert one.suggestion is not None
    assert line in one.suggestion.diff


# what is not offered


@pytest.mark.parametrize(
    "case",
    [
        "loop-bad-for-each.c",  # no virtual address is at hand
        "option-bad-ifdef-inside.c",  # it is there, in one configuration
        "stale-guard-bad-tested-after-write.c",  # it is there, behind a wrong condition
        "error-path-bad-undo-twice.c",  # one too many
        "error-path-bad-sub-before-allocation.c",  # too early
        "alignment-bad-untested-block.c",  # not the record is wrong
        "double-count-bad-permission-change.c",
        "helper-bad-adds-where-it-should-subtract.c",
    ],
)
def test_where_no_record_is_missing_none_is_offered(case: str) -> None:
    found = [one for one in of_case(CORPUS / case) if one.severity != "note"]
    assert found
    assert [one.suggestion for one in found] == [None] * len(found)


NO_HELPER = HELPERS[: HELPERS.index("static void lm_meminfo_sub")]
TWO = """int split_block(unsigned long va, pmd_t *slot, phys_addr_t table)
{
	pmd_t was = pmdp_get(slot);
	pte_t *page;
	int i;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pmd_pfn(was) + i, PAGE_KERNEL));
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	return 0;
}
"""
UNMAP = """void unmap_block(pud_t *slot, unsigned long %s)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
}
"""


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (NO_HELPER + UNMAP % "addr", {"missing-sub"}),
        (HELPERS + UNMAP % "stop", {"missing-sub"}),
        (HELPERS + TWO, {"wrong-account", "missing-sub", "missing-add"}),
    ],
    ids=["no helper", "no address", "two records"],
)
def test_what_cannot_be_said_in_one_statement_is_not_said(text: str, kinds: set[str]) -> None:
    found = [one for one in told(text) if one.severity != "note"]
    assert {one.kind for one in found} <= kinds
    assert found
    assert {one.suggestion for one in found} == {None}


def test_hunks_alone_get_none(tmp_path: Path) -> None:
    patch = tmp_path / "hunks.patch"
    patch.write_bytes((CORPUS / "hunks-bad-whole.patch").read_bytes())
    (report,) = Session([rule()], [], Options(suggest=True)).check([str(patch)]).reports
    loud = [one for one in report.findings if one.severity != "note"]
    assert report.base.state == "hunks"
    assert loud
    assert {one.suggestion for one in loud} == {None}


def test_a_raised_limit_holds_for_edits_too() -> None:
    deep = f"static void deep(unsigned long va, pte_t *slot)\n{{\n\t__set_pte(slot, {'(' * 120}va{')' * 120});\n}}\n"
    subject = Subject((HELPERS + UNMAP % "addr" + deep).encode(), "small.c", rule(), limits=Limits(nesting=200))
    (one,) = [one for one in suggested(number(subject.base.findings), [subject]) if one.kind == "missing-sub"]
    assert one.suggestion is not None


def test_what_stands_in_a_header_is_left_to_its_own_patch() -> None:
    found = [one for one in of_case(CORPUS / "lookup-bad-header-forgets.c") if one.severity != "note"]
    assert {one.place.file: one.suggestion is not None for one in found} == {
        "header-forgets.h": False,
        "lookup-bad-header-forgets.c": True,
    }


def test_nobody_asks_nobody_gets() -> None:
    (report,) = Session([rule()], [str(TREE)]).check([str(STORY)]).reports
    assert {one.suggestion for one in report.findings} == {None}


# the patch that is written


@cache
def story() -> InputReport:
    (report,) = Session([rule()], [str(TREE)], Options(suggest=True)).check([str(STORY)]).reports
    return report


def git(*words: str | Path) -> None:
    subprocess.run(["git", *map(str, words)], check=True, capture_output=True)


def test_git_applies_the_patch_and_nothing_is_found_after_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    work = tmp_path / "tree" / MMU
    work.parent.mkdir(parents=True)
    work.write_bytes((TREE / MMU).read_bytes())
    out = tmp_path / "fix.patch"
    assert cli.main(["fix", str(STORY), "--tree", str(TREE), "-o", str(out)]) == 0
    assert out.read_text() == combined(story().findings, story().sources)
    assert out.read_text().count("\n+\t") == 3
    for patch in (STORY, out):
        git(
            "-C", tmp_path / "tree", "apply", "--whitespace=error-all" if patch == out else "--whitespace=nowarn", patch
        )
    assert cli.main(["check", str(work)]) == 0
    assert "error[" not in capfd.readouterr().out
    assert not list(tmp_path.glob(".lmlint-*"))


def test_without_a_file_the_patch_goes_to_standard_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "small.c", tmp_path / "fix.patch"
    file.write_text(HELPERS + UNMAP % "addr")
    for more in ([], ["-o", str(out)]):
        assert cli.main(["fix", str(file), *more]) == 0
    shown = capfd.readouterr()
    assert shown.out == out.read_text() != ""
    assert shown.err == ""


def test_what_has_no_suggestion_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.c"
    file.write_text(HELPERS + UNMAP % "stop")
    assert cli.main(["fix", str(file)]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "missing-sub: no suggestion: no single statement" in err


def test_nothing_to_fix_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fix.patch"
    assert cli.main(["fix", str(CORPUS / PAGETABLE), "-o", str(out)]) == 0
    assert capfd.readouterr() == ("", "lmlint: nothing to fix\n")
    assert not out.exists()


def test_what_cannot_be_told_is_not_called_right(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.c"
    file.write_text(HELPERS + UNMAP.replace("pud_clear(slot);", "if (1 else pud_clear(slot);") % "addr")
    assert cli.main(["fix", str(file)]) == 0
    assert capfd.readouterr().err.startswith("lmlint: nothing to fix; 1 cannot tell (")


def test_an_input_is_never_overwritten(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.c"
    file.write_text(HELPERS + UNMAP % "addr")
    link = tmp_path / "link"
    link.symlink_to(file)
    for name in (file, link):
        assert cli.main(["fix", str(file), "-o", str(name)]) == 2
        assert "an input" in capfd.readouterr().err
    assert file.read_text() == HELPERS + UNMAP % "addr"


def test_a_byte_that_is_no_text_goes_through(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "small.c"
    text = (HELPERS + UNMAP % "addr").encode().replace(b"\tpud_clear", b"\t/* caf\xe9 */\n\tpud_clear")
    file.write_bytes(text)
    assert cli.main(["fix", str(file)]) == 0
    assert b"\t/* caf\xe9 */" in capfdbinary.readouterr().out


def test_of_a_series_the_last_patch_says_what_is_left(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    repository = tmp_path / "tree"
    file = repository / MMU
    file.parent.mkdir(parents=True)
    (repository / "x").write_text("x")
    git("init", "-q", repository)
    for text in ("int first;\n", HELPERS + UNMAP % "addr", "int first;\n" + HELPERS + UNMAP % "addr"):
        file.write_text(text)
        git("-C", repository, "add", "-A")
        git("-C", repository, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "change")
    git("-C", repository, "format-patch", "-q", "-2", "-o", tmp_path / "series")
    git("-C", repository, "checkout", "-q", "HEAD~2")
    assert cli.main(["fix", str(tmp_path / "series"), "--tree", str(repository)]) == 0
    out = capfd.readouterr().out
    (tmp_path / "fix.patch").write_text(out)
    git("-C", repository, "checkout", "-q", "-")
    git("-C", repository, "apply", "--check", tmp_path / "fix.patch")
    assert out.count("@@ -") == 1


# what other programs are told


def test_sarif_has_the_edit_as_whole_lines() -> None:
    document = json.loads(sarif.render([story()]))
    Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())).validate(document)
    results = document["runs"][0]["results"]
    edits = [edit for one in results for edit in one.get("fixes", [])]
    assert len(edits) == 3
    source = dict(story().sources)[MMU].split("\n")
    for edit in reversed(edits):
        (change,) = edit["artifactChanges"]
        (replacement,) = change["replacements"]
        region = replacement["deletedRegion"]
        assert (region["startColumn"], region["endColumn"]) == (1, 1)
        new = replacement["insertedContent"]["text"].removesuffix("\n").split("\n")
        source[region["startLine"] - 1 : region["endLine"] - 1] = new
    assert "\n".join(source) == applied(
        dict(story().sources)[MMU], [s for f in story().findings if (s := f.suggestion)]
    )


def test_rdjson_has_the_edit_as_reviewdog_makes_one_of_a_diff() -> None:
    document = json.loads(rdjson.render([story()]))
    Draft202012Validator(json.loads((SCHEMAS / "rdjson.json").read_text())).validate(document)
    edits = [edit for one in document["diagnostics"] for edit in one.get("suggestions", [])]
    assert len(edits) == 3
    for edit in edits:
        assert edit["range"]["start"] == edit["range"]["end"]
        assert edit["range"]["start"]["column"] == 1
        assert edit["text"].endswith(";\n")


def test_the_report_shows_the_lines(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.c"
    file.write_text(HELPERS + UNMAP % "addr")
    assert cli.main(["check", "--suggest", str(file)]) == 1
    assert capfd.readouterr().out.count("= suggestion: ") == 1


# the parts


def test_suggestions_that_meet_are_not_applied_together() -> None:
    one, other = Suggestion("f", 2, 1, ("x",), ""), Suggestion("f", 2, 0, ("y",), "")
    assert applied("a\nb\nc", [one]) == "a\nx\nc"
    assert applied("a\nb\nc", [other]) == "a\ny\nb\nc"
    assert applied("a\nb\nc", [one, other]) is None


def test_lines_move_with_what_is_put_before_them() -> None:
    made = (Suggestion("f", 5, 0, ("x", "y"), ""), Suggestion("f", 2, 2, ("z",), ""))
    assert added_lines(made) == {2, 4, 5}
    assert moved(frozenset({1, 2, 4, 5}), made) == {1, 2, 3, 4, 5, 6}


def test_a_step_from_text_to_text_is_as_small_as_can_be() -> None:
    one = suggestion("d/f.c", "a\nb\nc\n", "a\nb\nb\nc\n")
    assert one is not None
    assert (one.line, one.count, one.lines) == (3, 0, ("b",))
    assert suggestion("f.c", "a\n", "a\n") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.c", "a.c"), ("./a.c", "a.c"), ("/x/a.c", "x/a.c"), ("../a.c", None), ("a\nb.c", None), ('a".c', None)],
)
def test_a_path_that_a_patch_cannot_name_gets_none(path: str, name: str | None) -> None:
    assert name_in_diff(path) == name


def test_long_lines_are_cut_behind_a_comma() -> None:
    words = [f"argument_number_{number}" for number in range(9)]
    lines = wrapped([f"record({', '.join(words)});"], "\t\t")
    assert len(lines) == 3
    assert all(len(line.expandtabs(8)) <= 100 for line in lines)
    assert all(line.startswith("\t\t       argument") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == f"record({', '.join(words)});"


# how often it is right


FILES = [
    PAGETABLE,
    pytest.param(REAL, marks=pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not here")),
]


@pytest.mark.parametrize("name", FILES)
def test_what_was_deleted_is_suggested(name: str) -> None:
    """`python -m tests.fixes` tries all of them, and holds them against the witness."""
    chosen = broken(name, ("delete",))[:8:4]
    results = [mended(name, one, witness=False) for one in chosen]
    assert [(one.mended, one.same, one.wrong) for one in results] == [(True, True, "")] * 2


def test_the_witness_holds_with_what_is_suggested() -> None:
    chosen = [one for one in broken(PAGETABLE, ("delete",)) if one.function == "drop_ptes"]
    results = [mended(PAGETABLE, one) for one in chosen]
    assert [(one.mended, one.same, one.wrong) for one in results] == [(True, True, "")]


def test_a_correct_file_gets_no_suggestion() -> None:
    assert {one.suggestion for one in told(correct(PAGETABLE).decode())} == {None}
