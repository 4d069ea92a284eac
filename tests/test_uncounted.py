"""Architectures that count nothing: they write the same kinds of entries, and nothing may be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lmlint.engine.check import analyse
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from lmlint.rule import Rule

RULES = load_rules([builtin_rules()], ())
CODE = b"""
static void map_pages(pte_t *table, unsigned long va, unsigned long stop, unsigned long pfn, pgprot_t prot, bool direct)
{
	pte_t *slot = table + pte_index(va);
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++, pfn++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(pfn, prot));
		pages++;
	}
	if (direct)
		pr_debug("%lu pages\\n", pages);
}

void __meminit drop_block(pmd_t *slot, unsigned long va)
{
	if (pmd_leaf(pmdp_get(slot)))
		pmd_clear(slot);
}
"""
PLACES = ["arch/riscv/mm/init.c", "arch/riscv/mm/pageattr.c", "arch/loongarch/mm/init.c", "arch/loongarch/mm/pgtable.c"]


@pytest.mark.parametrize("place", PLACES)
def test_no_rule_is_about_them(place: str) -> None:
    assert not [rule.name for rule in RULES if rule.applies(place)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_rule_says_anything_even_if_it_is_asked(rule: Rule) -> None:
    analysis = analyse(CODE, PLACES[0], rule)
    assert (analysis.functions, analysis.findings) == ((), ())


@pytest.mark.parametrize("place", PLACES)
def test_a_check_of_such_a_file_is_silent(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_bytes(CODE)
    (report,) = Session(RULES).check([str(path)]).reports
    assert (report.findings, report.functions) == ((), ())
