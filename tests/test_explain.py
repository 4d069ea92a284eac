"""Explaining: a function's summary as people read it."""

from __future__ import annotations

import pytest

from lmlint.corpus import builtin_corpus
from lmlint.engine.check import Checker
from lmlint.engine.explain import WIDTH, explain_function
from lmlint.error import InputError
from tests.small import PATH, RULE, text

PAGETABLE = (builtin_corpus() / RULE.name / "pagetable.c").read_bytes()
NAMES = sorted({f.name for f in Checker(PAGETABLE, PATH, RULE).program.source.functions})

SMALL = """
static void fill(pmd_t *slot, pgprot_t prot)
{
	set_pmd(slot, pfn_pmd(0, prot));
}

int map(pmd_t *slot, unsigned long va, gfp_t gfp)
{
	if (!pmd_none(pmdp_get(slot)))
		return -EEXIST;
	fill(slot, PAGE_KERNEL);
	lm_meminfo_add(va, PMD_SIZE, PMD);
	return 0;
}

void unmap(pmd_t *slot)
{
	if (pmd_leaf(pmdp_get(slot)))
		pmd_clear(slot);
}

void loop(pmd_t *slot, int n)
{
	pmd_clear(slot);
	if (n)
		loop(slot, n - 1);
}

int nothing(int n)
{
	return n;
}
"""


def explain(function: str) -> str:
    return explain_function(text(SMALL), PATH, RULE, function)


def test_a_balanced_function() -> None:
    line = text(SMALL)[: text(SMALL).index(b"int map")].count(b"\n") + 1
    assert (
        explain("map")
        == f"""\
map(slot, va, gfp), small.c:{line}, rule arm64-lm-meminfo
balanced

A call can end in 2 ways.

where `*slot` is not empty:
    does      nothing
    records   nothing
    returns   -EEXIST, and fails
    verdict   balanced: no leaf and no counter moves

where `*slot` is empty:
    does      PMD +PMD_SIZE
    records   the same
    returns   0
    leaves    `*slot` a leaf
    verdict   balanced
"""
    )


def test_an_open_function_names_its_callers() -> None:
    told = explain("fill")
    assert "where `*slot` is empty and `prot` has PTE_CONT:\n    does      CONT_PMD +PMD_SIZE\n" in told
    assert "verdict   open: followed into from `map`" in told


def test_a_finding_is_told() -> None:
    told = explain("unmap")
    assert "\nfinding\n" in told
    assert "\nerror missing-sub on line" in told
    assert "verdict   finding, for nobody in sight settles it: recorded less done is PMD +PMD_SIZE\n" in told


def test_what_cannot_be_told_has_a_reason() -> None:
    assert "\ncannot tell: " in explain("loop")
    assert "recursive" in explain("loop")


def test_a_function_that_has_no_part_in_it() -> None:
    assert "does not touch the rule" in explain("nothing")


def test_a_recorder() -> None:
    told = explain("lm_meminfo_add")
    assert "only records: it is judged where it is called" in told
    assert "records   bucket +bytes" in told


@pytest.mark.parametrize(
    ("name", "near"), [("umap", "near it: unmap"), ("meminfo", "lm_meminfo_add"), ("zzzz", "`zzzz`")]
)
def test_a_name_that_is_not_there(name: str, near: str) -> None:
    with pytest.raises(InputError, match=near) as caught:
        explain(name)
    assert "\n" not in str(caught.value)


def test_a_rule_that_sleeps() -> None:
    with pytest.raises(InputError, match="sleeps here, for `lm_meminfo` does not occur"):
        explain_function(b"void f(void) { }\n", PATH, RULE, "f")


@pytest.mark.parametrize("name", NAMES)
def test_every_function_of_the_page_table_is_explained(name: str) -> None:
    told = explain_function(PAGETABLE, PATH, RULE, name)
    assert told.startswith(f"{name}(")
    assert told.endswith("\n")
    assert not any(len(line) > WIDTH for line in told.splitlines()[1:])
    assert not any(word in told for word in ("Symbol(", "frozenset", "Version(", "Loc(", "None", "?"))
    paragraphs = told.split("\n\n")[2:]
    assert len(set(paragraphs)) == len(paragraphs)


def test_two_definitions_are_told_one_after_the_other() -> None:
    assert explain_function(PAGETABLE, PATH, RULE, "lm_meminfo_add").count("lm_meminfo_add(va, bytes, bucket), ") == 2


def test_rounds_are_told() -> None:
    told = explain_function(PAGETABLE, PATH, RULE, "drop_ptes")
    assert "each round does and records PTE -PAGE_SIZE, or nothing" in told


def test_a_settled_row_names_who_settles_it() -> None:
    assert "open: settled by `fill_cont_ptes`" in explain_function(PAGETABLE, PATH, RULE, "fill_ptes")
