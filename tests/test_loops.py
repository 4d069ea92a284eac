"""Loops: how often the round of one runs is read from its values, whatever its form."""

from __future__ import annotations

import pytest

from tests.small import done, kinds, reason, verdicts

SET = "__set_pte(p, pfn_pte(i, PAGE_KERNEL));"
NEXT = "__set_pte(p++, pfn_pte(i, PAGE_KERNEL));"
AT = "__set_pte(p + i, pfn_pte(i, PAGE_KERNEL));"


def function(body: str, record: str = "") -> str:
    return f"""
void fill(pte_t *p, unsigned long addr, unsigned long end, int n)
{{
	unsigned long next;
	pte_t *q;
	int i, j;

	if (!pte_none(__ptep_get(p)))
		return;
	{body}
	{record}
}}
"""


TRIPS = {
    f"for (i = 0; i < 8; i++) {AT}": "8 * PAGE_SIZE",
    f"for (i = 1; i < 8; i++) {AT}": "7 * PAGE_SIZE",
    f"for (i = 0; i <= 8; i++) {AT}": "9 * PAGE_SIZE",
    f"for (i = 0; i != 8; ++i) {AT}": "8 * PAGE_SIZE",
    f"for (i = 0; 8 > i; i += 1) {AT}": "8 * PAGE_SIZE",
    f"for (i = 7; i >= 0; i--) {AT}": "8 * PAGE_SIZE",
    f"for (i = 8; i > 0; i--) {NEXT}": "8 * PAGE_SIZE",
    f"for (i = 8; i--;) {AT}": "8 * PAGE_SIZE",
    f"i = 8; while (i--) {NEXT}": "8 * PAGE_SIZE",
    f"i = 8; while (--i) {NEXT}": "7 * PAGE_SIZE",
    f"i = 8; while (i-- > 0) {NEXT}": "8 * PAGE_SIZE",
    f"i = 0; while (i++ < 8) {NEXT}": "8 * PAGE_SIZE",
    f"i = 0; do {NEXT} while (++i < 8);": "8 * PAGE_SIZE",
    f"i = 0; do {NEXT} while (i++ < 8);": "9 * PAGE_SIZE",
    f"i = 8; do {NEXT} while (--i);": "8 * PAGE_SIZE",
    f"i = 8; do {NEXT} while (i--);": "9 * PAGE_SIZE",
    f"for (i = 0; i < 8; i += 2) {NEXT}": "4 * PAGE_SIZE",
    f"for (i = 0; i < 8; i++) {{ {NEXT} i++; }}": "4 * PAGE_SIZE",
    f"for (i = 0; i < n; i++) {AT}": "PAGE_SIZE * n",
    f"for (i = 0; i < PTRS_PER_PTE; i++) {AT}": "PMD_SIZE",
    f"for (i = 0; i < CONT_PTES; i++) {AT}": "CONT_PTE_SIZE",
    f"for (i = 0; i < 4; i++) for (j = 0; j < 4; j++) {NEXT}": "16 * PAGE_SIZE",
    f"i = 0; for (q = p + 8; p < q; p++) {SET}": "8 * PAGE_SIZE",
    f"i = 0; for (; addr < end; addr += PAGE_SIZE) {NEXT}": "end - addr",
    f"i = 0; do {NEXT} while (addr += PAGE_SIZE, addr != end);": "end - addr",
    f"i = 0; for (;;) {{ if (addr >= end) break; {NEXT} addr += PAGE_SIZE; }}": "end - addr",
    f"i = 0; while (1) {{ {NEXT} addr += PAGE_SIZE; if (addr == end) break; }}": "end - addr",
    f"for (i = 0; i < 0; i++) {AT}": None,
    f"do {{ i = 0; {SET} }} while (0);": "PAGE_SIZE",
}
WRONG = {
    f"for (i = 0; i < 7; i += 2) {NEXT}": "4 * PAGE_SIZE",
}


def maps(body: str) -> set[str]:
    return {ledger for ledger in done(function(body), "fill") if ", CONT_PTE" not in ledger}


@pytest.mark.parametrize(("body", "amount"), TRIPS.items(), ids=TRIPS)
def test_trip_count(body: str, amount: str | None) -> None:
    assert maps(body) - {"nothing"} == ({f"PTE +{amount}"} if amount else set())


@pytest.mark.parametrize(("body", "amount"), WRONG.items(), ids=WRONG)
def test_trip_count_is_rounded_up(body: str, amount: str) -> None:
    assert maps(body) - {"nothing"} == {f"PTE +{amount}"}


@pytest.mark.parametrize("name", ["loop counter", "partition"])
def test_a_loop_that_may_not_run_has_a_row_that_does_nothing(name: str) -> None:
    body = {
        "loop counter": f"for (i = 0; i < n; i++) {AT}",
        "partition": f"i = 0; while (addr < end) {{ {NEXT} addr += PAGE_SIZE; }}",
    }
    assert "nothing" in maps(body[name])


PARTITIONED = """
static void map(pmd_t *p, unsigned long addr, unsigned long end)
{
	unsigned long next;

	do {
		pmd_t was = READ_ONCE(*p);

		next = pmd_addr_end(addr, end);
		if (pmd_none(was) && ((addr | next) & ~PMD_MASK) == 0) {
			set_pmd(p, pfn_pmd(addr, PAGE_KERNEL));
			lm_meminfo_add(addr, %s, PMD);
		}
		p++;
		addr = next;
	} while (addr != end);
}

void root(pmd_t *p, unsigned long addr, unsigned long end)
{
	map(p, addr, end);
}
"""


@pytest.mark.parametrize("size", ["next - addr", "PMD_SIZE"])
def test_an_aligned_part_is_a_whole_block(size: str) -> None:
    assert kinds(PARTITIONED % size) == []


def test_a_part_is_not_the_whole() -> None:
    assert kinds(PARTITIONED % "end - addr")


UNKNOWN = [f"for (i = 0; i < 8; i = 2 * i + 1) {NEXT}", f"for (i = 0; i < 8; i += n) {NEXT}"]


@pytest.mark.parametrize("body", UNKNOWN, ids=UNKNOWN)
def test_an_unknown_step_cannot_be_told(body: str) -> None:
    code = function(body, "lm_meminfo_add(addr, 8 * PAGE_SIZE, PTE);")
    assert verdicts(code)["fill"] == "cannot-tell"
    assert reason(code, "fill")
    assert kinds(code) == []


BACK = """
void unmap(pte_t *p, unsigned long addr, int n)
{
	while (n--) {
		pte_t was = __ptep_get(p);

		if (!pte_none(was)) {
			pte_clear(&init_mm, addr, p);
			lm_meminfo_sub(addr, %s, pte_cont(was) ? CONT_PTE : PTE);
		}
		p++;
		addr += PAGE_SIZE;
	}
}
"""


def test_rounds_that_balance_add_up_to_nothing() -> None:
    assert kinds(BACK % "PAGE_SIZE") == []
    assert verdicts(BACK % "PAGE_SIZE") == {"unmap": "balanced"}


def test_a_round_that_does_not_balance_is_found() -> None:
    assert kinds(BACK % "CONT_PTE_SIZE") == ["wrong-amount"]
