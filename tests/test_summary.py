"""Summaries: the rows of small functions, and what callers make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lmlint.engine.amount import Amount
from lmlint.engine.words import amount_text, condition_text, kinds_text, ledger_text, location_text, version_text
from tests.small import checker, kinds, reason, verdicts

if TYPE_CHECKING:
    from lmlint.engine.summary import Row


def rows(code: str, function: str) -> list[str]:
    """Return every row of a function in one line: conditions, done, recorded, return, what is left."""
    made = checker(code)
    program = made.program

    def line(row: Row) -> str:
        conditions = [condition_text(f, program, truth=t) for f, t in row.facts.items()]
        conditions += [f"{version_text(v, program)} {kinds_text(k)}" for v, k in row.kinds.items()]
        left = [f"{location_text(loc, program)} {kinds_text(k)}" for loc, k in row.left.items()]
        value = amount_text(row.returns, program) if isinstance(row.returns, Amount) else "-"
        told = [
            ", ".join(sorted(conditions)),
            ledger_text(row.done, program),
            ledger_text(row.recorded, program),
            value,
        ]
        return " | ".join([*told, ", ".join(sorted(left))])

    return sorted(line(row) for s in made.summaries.values() if s.function.name == function for row in s.rows)


def test_a_write_forks_over_what_the_entry_was() -> None:
    assert rows("void f(pmd_t *p)\n{\n\tpmd_clear(p);\n}\n", "f") == [
        "`*p` a contiguous leaf | CONT_PMD -PMD_SIZE | nothing | - | `*p` empty",
        "`*p` a leaf | PMD -PMD_SIZE | nothing | - | `*p` empty",
        "`*p` a table | whatever the table holds -(what the table maps) | nothing | - | `*p` empty",
        "`*p` empty | nothing | nothing | - | `*p` empty",
    ]


def test_the_bit_of_a_parameter_chooses_the_account() -> None:
    code = (
        "void f(pte_t *p, pgprot_t prot)\n{\n\tif (pte_none(__ptep_get(p)))\n\t\t__set_pte(p, pfn_pte(0, prot));\n}\n"
    )
    assert [row for row in rows(code, "f") if "PAGE_SIZE" in row] == [
        "`*p` empty, `prot` has PTE_CONT | CONT_PTE +PAGE_SIZE | nothing | - | `*p` a contiguous leaf",
        "`*p` empty, `prot` has no PTE_CONT | PTE +PAGE_SIZE | nothing | - | `*p` a leaf",
    ]


FAILS = """
int f(pmd_t *p, pmd_t was, unsigned long va, gfp_t gfp, bool to_cont)
{
	phys_addr_t table = lm_pgtable_alloc(0, gfp);

	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	if (!pmd_none(pmdp_get(p)))
		return 1;
	lm_meminfo_add(va, PMD_SIZE, to_cont ? CONT_PMD : PMD);
	set_pmd(p, to_cont ? pmd_mkcont(pfn_pmd(0, PAGE_KERNEL)) : pfn_pmd(0, PAGE_KERNEL));
	return 0;
}
"""


def test_returns_and_conditions_on_parameters() -> None:
    assert rows(FAILS, "f") == [
        " | nothing | nothing | -ENOMEM | ",
        "`*p` a table or a leaf, contiguous or not | nothing | nothing | 1 | ",
        "`*p` empty, `to_cont != 0` | CONT_PMD +PMD_SIZE | CONT_PMD +PMD_SIZE | 0 | `*p` a contiguous leaf",
        "`*p` empty, `to_cont == 0` | PMD +PMD_SIZE | PMD +PMD_SIZE | 0 | `*p` a leaf",
    ]
    failed = [row.failed for s in checker(FAILS).summaries.values() if s.function.name == "f" for row in s.rows]
    assert sorted(failed) == [False, False, False, True]


SPLIT = """
static void plain(pte_t *p, unsigned long va)
{
	int i;

	p = PTR_ALIGN_DOWN(p, sizeof(*p) * CONT_PTES);
	for (i = 0; i < CONT_PTES; i++, p++)
		__set_pte(p, pte_mknoncont(__ptep_get(p)));
	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
}

void f(pte_t *p, unsigned long va)
{
	if (!pte_cont(__ptep_get(p)))
		return;
	plain(p, va);
	pte_clear(&init_mm, va, p);
	lm_meminfo_sub(va, PAGE_SIZE, %s);
}
"""


def test_what_a_callee_leaves_behind_is_what_the_caller_finds() -> None:
    assert kinds(SPLIT % "PTE") == []
    assert verdicts(SPLIT % "PTE") == {"plain": "balanced", "f": "balanced"}
    assert kinds(SPLIT % "CONT_PTE") == ["wrong-account"]


def test_an_open_row_is_settled_by_the_caller() -> None:
    code = "static void g(pmd_t *p)\n{\n\tset_pmd(p, pfn_pmd(0, PAGE_KERNEL));\n}\n"
    caller = "void f(pmd_t *p, unsigned long va)\n{\n\tif (!pmd_none(pmdp_get(p)))\n\t\treturn;\n\tg(p);\n%s}\n"
    assert kinds(code + caller % "\tlm_meminfo_add(va, PMD_SIZE, PMD);\n") == []
    assert kinds(code + caller % "") == ["missing-add"]


ACCOUNT = """
static void count(unsigned long va, unsigned long size, enum lm_type from, enum lm_type to)
{
	lm_meminfo_sub(va, size, from);
	lm_meminfo_add(va, size, to);
}

void f(pmd_t *p, unsigned long va)
{
	pmd_t was = pmdp_get(p);

	if (!pmd_leaf(was) || !pmd_cont(was))
		return;
	set_pmd(p, pmd_mknoncont(was));
	count(va, PMD_SIZE, %s);
}
"""


def test_an_account_is_a_parameter() -> None:
    assert rows(ACCOUNT % "CONT_PMD, PMD", "count") == [" | nothing | from -size, to +size | - | "]
    assert kinds(ACCOUNT % "CONT_PMD, PMD") == []
    assert kinds(ACCOUNT % "PMD, CONT_PMD")


PREDICATE = """
static bool empty(pmd_t *p)
{
	return pmd_none(pmdp_get(p));
}

void f(pmd_t *p, unsigned long va)
{
	if (%sempty(p))
		return;
	set_pmd(p, pfn_pmd(0, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}
"""


def test_a_predicate_is_followed_into() -> None:
    assert kinds(PREDICATE % "!") == []
    assert kinds(PREDICATE % "")


def test_recursion_cannot_be_told() -> None:
    code = "void f(pmd_t *p, int n)\n{\n\tif (n)\n\t\tf(p, n - 1);\n\tpmd_clear(p);\n}\n"
    assert verdicts(code) == {"f": "cannot-tell"}
    assert "recursive" in reason(code, "f")


UNTOLD = {
    "backward goto": "void g(pmd_t *p, int n)\n{\nagain:\n\tf(p);\n\tif (n--)\n\t\tgoto again;\n}\n",
    "recursion": "void g(pmd_t *p, int n)\n{\n\tf(p);\n\tif (n)\n\t\tg(p, n - 1);\n}\n",
}


@pytest.mark.parametrize("caller", UNTOLD.values(), ids=UNTOLD)
def test_an_undecided_caller_is_never_silence(caller: str) -> None:
    code = "static void f(pmd_t *p)\n{\n\tpmd_clear(p);\n}\n" + caller
    assert "cannot-tell" in verdicts(code).values() or kinds(code)
