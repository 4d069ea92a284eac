"""The facts that renderers show beside a finding's text: steps, drift, labels, entry points, tables of the witness."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from lmlint.corpus import builtin_corpus, cases
from lmlint.engine.around import entries, printed_labels
from lmlint.engine.check import analyse
from lmlint.engine.program import Program
from lmlint.expect import INCLUDE, LOOKUP, expectations
from lmlint.report import machine
from lmlint.review import Options, review_file
from lmlint.session import Session
from lmlint.source import parse
from lmlint.witness.model import items_of, model_of
from lmlint.witness.session import LEAF, Step
from lmlint.witness.session import Session as Machine
from lmlint.witness.shot import shot
from tests.edits import INPUTS
from tests.small import PATH, RULE, checker, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lmlint.finding import Finding, InputReport, LedgerLine, Move, Shot

CORPUS = builtin_corpus() / RULE.name
SIZES = checker("").program
GEOMETRIES = list(RULE.geometries)
CASES = [case.path for case in cases(builtin_corpus(), [RULE])]


@cache
def checked(path: Path) -> tuple[Finding, ...]:
    """Return what is found in a case of the corpus, notes and all."""
    if path.suffix == ".patch":
        trees = [] if path.name.startswith("hunks") else [str(path.parent / "tree")]
        (report,) = Session([RULE], trees).check([str(path)]).reports
        return report.findings
    code = path.read_bytes()
    said = expectations(code)
    head = b"".join((path.parent / one.text).read_bytes().rstrip(b"\n") + b"\n" for one in said.of(INCLUDE))
    others = {one.text: (path.parent / one.text).read_bytes() for one in said.of(LOOKUP)}
    return analyse(head + code, path.name, RULE, others=others).findings


def found(code: str, kind: str = "") -> Finding:
    """Return the one error in a small file, or the one finding of a kind."""
    (one,) = [f for f in analyse(text(code), PATH, RULE).findings if f.kind == kind or (not kind and f.ledger)]
    return one


def line(finding: Finding, account: str) -> LedgerLine:
    """Return the line of an account in a finding's ledger."""
    (one,) = [line for line in finding.ledger if line.account == account]
    return one


# amounts as numbers: what is a constant is one, and of what is not, every name stands for some number


def value(amount: str, geometry: int) -> int:
    """Return the value of an amount in one geometry."""
    if amount.startswith(("+(", "-(")) and amount.endswith(")") and amount.count("(") == 1:
        return (-1 if amount[0] == "-" else 1) * value(amount[2:-1], geometry)
    total, sign = 0, 1
    for part in re.split(r"(?:^| )([+-]) ?(?![^{(]*[})])", amount):
        if part in {"+", "-"}:
            sign = 1 if part == "+" else -1
        elif part:
            product = sign
            for factor in part.split(" * "):
                product *= known(factor.strip("()"), geometry)
            total += product
    return total


def known(name: str, geometry: int) -> int:
    if name.isdigit():
        return int(name)
    if name.startswith("{"):
        return int(dict(re.findall(r"(\w+): (\d+)", name))[GEOMETRIES[geometry]])
    size = SIZES.constant(name) if name.isidentifier() else None
    if size is not None and size.constant is not None:
        return int(size.constant[geometry])
    return Random(f"{name} {geometry}").randrange(1 << 40)  # noqa: S311  # any number that no other name has


def sums(moves: Iterable[Move], geometry: int) -> dict[str, int]:
    """Return what moves add up to, by account, zeros left out."""
    total: dict[str, int] = {}
    for move in moves:
        total[move.account] = total.get(move.account, 0) + value(move.amount, geometry)
    return {account: number for account, number in total.items() if number}


def test_amounts_are_read() -> None:
    assert value("+PMD_SIZE", 0) == value("-PMD_SIZE", 0) * -1 == 1 << 21
    assert value("+next - addr", 0) == -value("-(next - addr)", 0) == value("-addr + next", 0) != 0
    assert value("-2 * PAGE_SIZE", 1) == -(1 << 15)
    assert value("+PAGE_SIZE * (what earlier rounds covered)", 0) == 4096 * known("what earlier rounds covered", 0)
    assert value("-{4K: 61440, 16K: 2080768, 64K: 2031616}", 2) == -2031616


# steps and ledgers


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_the_steps_add_up_to_the_ledger(path: Path) -> None:
    for finding in checked(path):
        steps = [note for note in finding.notes if not note.within]
        for geometry in range(len(GEOMETRIES)) if finding.ledger else ():
            for side in ("done", "recorded"):
                lines = {one.account: value(getattr(one, side), geometry) for one in finding.ledger}
                moved = sums((move for note in steps for move in getattr(note, side)), geometry)
                assert moved == {account: number for account, number in lines.items() if number}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_drift_and_figures_say_what_the_difference_says(path: Path) -> None:
    for one in (one for finding in checked(path) for one in finding.ledger):
        assert bool(one.figures) == (one.done[1:].count("- ") == 0 and not any(map(symbolic, (one.done, one.recorded))))
        signs = {(counted > did) - (counted < did) for _, did, counted in one.figures} - {0}
        if one.figures:
            assert [name for name, _, _ in one.figures] == [n for n in GEOMETRIES if RULE.has_leaves(one.account, n)]
            assert one.drift == ({1: "high", -1: "low"}[signs.pop()] if len(signs) == 1 else "")
        for geometry, (_, did, counted) in enumerate(one.figures):
            assert (did, counted) == (value(one.done, geometry), value(one.recorded, geometry))


def symbolic(amount: str) -> bool:
    """Whether an amount holds what is no constant."""
    names = re.findall(r"[A-Za-z_]\w*", re.sub(r"\{[^}]*\}", "", amount))
    return any(SIZES.constant(name) is None for name in names)


@pytest.mark.parametrize(("kind", "drift"), [("missing-add", "low"), ("missing-sub", "high"), ("double-count", "high")])
def test_a_kind_that_has_a_direction_drifts_that_way(kind: str, drift: str) -> None:
    first = [one.ledger for path in CASES for one in checked(path) if one.kind == kind and one.ledger]
    alone = [lines[0] for lines in first if len(lines) == 1 and (kind != "double-count" or lines[0].recorded[0] == "+")]
    assert len(alone) >= 5
    assert {one.drift for one in alone} == {drift}


RANGE = """
void unmap_pages(pte_t *slot, unsigned long va, unsigned long end)
{
	unsigned long next;

	do {
		next = pte_cont_addr_end(va, end);
		lm_meminfo_sub(va, next - va, CONT_PTE);
	} while (slot++, va = next, va != end);
}
"""


def test_what_is_taken_away_has_its_sign_in_front() -> None:
    finding = found(RANGE)
    (step,) = [note for note in finding.notes if note.step == "record"]
    assert [(move.account, move.amount) for move in step.recorded] == [("CONT_PTE", "-(next - va)")]
    assert "records CONT_PTE -(next - va)" in step.message
    assert line(finding, "CONT_PTE").drift == "low"
    assert line(finding, "CONT_PTE").figures == ()


TWICE = """
static void count(unsigned long va)
{
	lm_meminfo_add(va, PMD_SIZE, PMD);
}

void map_block(pmd_t *slot, pmd_t made, unsigned long va)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pmd_mknoncont(made));
	count(va);
	count(va);
}
"""


def test_what_is_done_twice_is_told_twice() -> None:
    finding = found(TWICE)
    steps = [(note.place.line, note.function) for note in finding.notes if note.step == "record"]
    assert [function for _, function in steps] == ["map_block", "map_block"]
    assert steps[0][0] + 1 == steps[1][0]


MAP_RUN = """
void map_run(pte_t *slot, pte_t made, unsigned long va)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	made = pte_mkcont(made);
	for (int i = 0; i < CONT_PTES; i++)
		__set_pte(slot + i, made);
	lm_meminfo_add(va, PAGES * PAGE_SIZE, CONT_PTE);
}
"""
"""A contiguous run has 16, 128 or 32 pages."""


@pytest.mark.parametrize(
    ("pages", "drift"), [("16", "low"), ("64", ""), ("128", "high"), ("256", "high"), ("8", "low")]
)
def test_a_drift_that_depends_on_the_geometry_has_no_direction(pages: str, drift: str) -> None:
    code = MAP_RUN.replace("PAGES", pages)
    assert line(found(code, "wrong-amount"), "CONT_PTE").drift == drift


# labels

REPORT = """
void arch_report_meminfo(struct seq_file *m)
{
	seq_printf(m, "DirectMap4k:  %8lu kB\\n", lm_meminfo[PTE] >> 10);
#ifdef CONFIG_ARM64_4K_PAGES
	seq_printf(m, "DirectMap2M:  %8lu kB\\n", lm_meminfo[PMD] >> 10);
#endif
	if (wide(m))
		seq_printf(m, "DirectMap32M: %8lu kB\\n", lm_meminfo[CONT_PMD] >> 10);
	else
		seq_printf(m, "Contiguous32M: %8lu kB\\n", lm_meminfo[CONT_PMD] >> 10);
	seq_printf(m, "%s: %8lu kB\\n", name_of(m), lm_meminfo[CONT_PTE] >> 10);
	seq_printf(m, "\\x1b[31mDirectMap1G: %8lu kB\\n", lm_meminfo[PUD] >> 10);
}
"""


def labels(code: str) -> dict[str, tuple[tuple[str, str], ...]]:
    return printed_labels(Program(parse(text(code), PATH, RULE.dialect), RULE))


def test_labels_are_those_of_the_report() -> None:
    assert labels(REPORT) == {
        "PTE": tuple((name, "DirectMap4k") for name in GEOMETRIES),
        "PMD": (("4K", "DirectMap2M"),),
    }
    assert line(found(TWICE + REPORT), "PMD").labels == (("4K", "DirectMap2M"),)


def test_no_labels_where_there_is_no_report_or_none_that_can_be_followed() -> None:
    assert labels("") == {}
    assert line(found(TWICE), "PMD").labels == ()
    jump = REPORT.replace("\tif (wide", '\tasm goto("" :::: out);\nout:\n\tif (wide')
    assert labels(jump.replace("if (wide(m))", "goto *table[wide(m)];\n\tif (1)")) == {}


# entry points

CALLS = """
static int unused(pmd_t *slot) { return fill(slot); }
static void fill(pmd_t *slot) { set_pmd(slot, __pmd(0)); }
static int each(pmd_t *slot) { fill(slot); return 0; }
static const struct mm_walk_ops ops = { .pmd_entry = each };
int later(struct mm_struct *mm) { return walk(mm, &ops); }
static int orphan(pmd_t *slot) { fill(slot); return 0; }
const struct mm_walk_ops given = { .pmd_entry = orphan };
static int at_boot(void) { fill(NULL); return 0; }
early_initcall(at_boot);
int middle(pmd_t *slot) { fill(slot); return 0; }
void top(pmd_t *slot) { middle(slot); }
void vmemmap_populate(pmd_t *slot) { fill(slot); }
void above(pmd_t *slot) { vmemmap_populate(slot); }
void elsewhere(void) { }
"""


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("fill", ("later", "orphan", "at_boot", "middle", "top")),
        ("each", ("later",)),
        ("middle", ("middle", "top")),
        ("top", ("top",)),
        ("unused", ()),
    ],
)
def test_entries_are_what_others_may_call(name: str, reached: tuple[str, ...]) -> None:
    assert entries(name, Program(parse(CALLS.encode(), PATH, RULE.dialect), RULE)) == reached


def test_every_kind_has_its_entries() -> None:
    assert found(TWICE).entries == ("map_block",)
    (racy,) = [f for f in checked(CORPUS / "story-v4-race.patch") if f.kind == "racy-counter"]
    assert racy.entries == ("split_kernel_leaf_mapping", "arch_add_memory")
    (unfiltered,) = checked(CORPUS / "unfiltered-region-bad-no-filter.c")
    assert unfiltered.entries == ("vmemmap_free",)


def test_hunks_alone_do_not_show_who_calls() -> None:
    (finding,) = [f for f in checked(CORPUS / "hunks-bad-counted-again.patch") if f.ledger]
    assert finding.entries == ()


# tables of the witness

UNMAP = """
void unmap_page(pte_t *slot, unsigned long va)
{
	if (!pte_none(__ptep_get(slot)) && !pte_cont(__ptep_get(slot)))
		__pte_clear(&init_mm, va, slot);
}
"""


@cache
def story() -> InputReport:
    """Return the second version of the corpus's series, replayed."""
    made = Session([RULE], [str(CORPUS / "tree")], Options(witness=True))
    (report,) = made.check([str(CORPUS / "story-v2-double-count.patch")]).reports
    return report


def check_shots(finding: Finding) -> tuple[Shot, Shot]:
    """Return the tables around the last operation of a story, after a look at what must hold for any."""
    assert finding.replay is not None
    before, after = finding.replay.before, finding.replay.after
    assert before is not None
    assert after is not None
    for one in (before, after):
        leaves = {account: sum(c.size for c in one.cells if c.account == account) for account in RULE.accounts}
        assert {account: mapped for account, mapped, _ in one.accounts} == leaves
        assert list(one.cells) == sorted(one.cells, key=lambda cell: (cell.start, -cell.size))
    assert all(mapped == counted for _, mapped, counted in before.accounts)
    off = {account: "high" if counted > mapped else "low" for account, mapped, counted in after.accounts
           if counted != mapped}  # fmt: skip
    told = [one.split()[:3] for one in finding.replay.story]
    assert [[account, str(mapped), str(counted)] for account, mapped, counted in after.accounts if account in off] == [
        words for words in told if words[0] in RULE.accounts
    ]
    said = {one.account: one.drift for one in finding.ledger if one.drift}
    assert off.keys() & said.keys()
    assert all(drift == said.get(account, drift) for account, drift in off.items())
    return before, after


def test_shots_of_a_count_that_is_made_again() -> None:
    seen = [finding for finding in story().findings if finding.replay is not None and finding.replay.story]
    assert len(seen) == 3
    for finding in seen:
        before, after = check_shots(finding)
        assert before.cells == after.cells


def test_shots_of_a_leaf_that_goes() -> None:
    (finding,) = review_file(text(UNMAP), PATH, [RULE], Options(witness=True)).findings
    before, after = check_shots(finding)
    assert set(before.cells) - set(after.cells) == {cell for cell in before.cells if cell.account == "PTE"} != set()
    assert {cell.level for cell in after.cells if not cell.account} >= {"pgd", "pud", "pmd"}


def test_what_is_not_confirmed_has_no_shot() -> None:
    others = [f.replay for f in story().findings if f.replay is not None and not f.replay.story]
    assert others
    assert all(replay.before is None and replay.after is None for replay in others)


def test_a_table_that_is_too_large_to_look_at_is_not_shown() -> None:
    model = model_of(RULE)
    assert model is not None
    machine_ = Machine(items_of(model, text(UNMAP), PATH), model, "4K")
    low = machine_.table.low
    for page in range(4):
        start = low + page * machine_.table.page
        machine_.run(Step(LEAF, start, start + machine_.table.page, (("level", 0), ("cont", 0))))
    seen = shot(machine_.table)
    assert seen is not None
    assert [cell.start for cell in seen.cells if cell.account] == [page * machine_.table.page for page in range(4)]
    assert shot(machine_.table, len(seen.cells)) == seen
    assert shot(machine_.table, len(seen.cells) - 1) is None


def test_the_json_of_a_replayed_series_keeps_to_the_schema() -> None:
    schema = json.loads(files("lmlint.report").joinpath("schema.json").read_text())
    document = json.loads(machine.render([story()]))
    Draft202012Validator(schema).validate(document)
    (one, *_) = [f for f in document["inputs"][0]["findings"] if f["witness"]["state"] == "confirmed"]
    assert one["entries"] == ["arch_add_memory"]
    assert one["ledger"][0]["drift"] == "high"
    assert [label["geometry"] for label in one["ledger"][0]["labels"]] == GEOMETRIES
    assert any("recorded" in note and note["function"] for note in one["notes"])
    assert one["witness"]["before"]["cells"] == one["witness"]["after"]["cells"] != []


# the real thing


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_v7_says_which_lines_a_user_sees() -> None:
    session = Session([RULE], [str(INPUTS / "tree")], Options(witness=True))
    (report,) = session.check([str(INPUTS / "mail" / "v7.patch")]).reports
    counted = {f.function: f for f in report.findings if f.kind == "double-count"}
    shown = {name: [(one.account, one.drift, one.labels) for one in f.ledger] for name, f in counted.items()}
    assert shown == {
        "alloc_init_cont_pte": [
            ("PTE", "high", (("4K", "DirectMap4k"), ("16K", "DirectMap16k"), ("64K", "DirectMap64k")))
        ],
        "init_pmd": [("PMD", "high", (("4K", "DirectMap2M"), ("16K", "DirectMap32M"), ("64K", "DirectMap512M")))],
        "alloc_init_pud": [("PUD", "high", (("4K", "DirectMap1G"),))],
    }
    above = ("create_mapping_noalloc", "mark_linear_text_alias_ro", "paging_init", "arch_add_memory")
    assert {f.entries for f in counted.values()} == {above}
    for finding in counted.values():
        before, after = check_shots(finding)
        assert before.cells == after.cells
    (racy,) = [f for f in report.findings if f.kind == "racy-counter"]
    assert racy.entries == ("split_kernel_leaf_mapping", "arch_remove_memory")
