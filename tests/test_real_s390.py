"""What lmlint must say of the s390 files of Linux 6.12 as they are, and of single edits to them.

The kernel's text is read from beside the checkout, never copied into it; without it these tests are skipped. An edit
is a pattern, which shows where it goes, and what is put there.
"""

from __future__ import annotations

import re

import pytest

from lmlint.finding import BALANCED
from tests.linux import check, needs, text

pytestmark = needs("arch/s390")

RULE = "s390-direct-pages"
ATTR, VMEM, BOOT = "arch/s390/mm/pageattr.c", "arch/s390/mm/vmem.c", "arch/s390/boot/vmem.c"
JUDGED = {
    ATTR: {
        "walk_pte_level",
        "split_pmd_page",
        "modify_pmd_page",
        "split_pud_page",
        "modify_pud_page",
        "__kernel_map_pages",
    },
    VMEM: {"modify_pte_table", "modify_pmd_table", "modify_pud_table", "vmem_unmap_4k_page"},
    BOOT: {"pgtable_pte_populate", "pgtable_pmd_populate", "pgtable_pud_populate"},
}


@pytest.mark.parametrize("path", [ATTR, VMEM, BOOT])
def test_every_function_has_a_verdict_and_none_cannot_be_told(path: str) -> None:
    analysis = check(RULE, path)
    judged = {verdict.name for verdict in analysis.functions}
    assert judged >= JUDGED[path]
    assert [v.name for v in analysis.functions if v.verdict != BALANCED and v.name != "split_pud_page"] == []


def test_the_image_of_the_kernel_is_split_and_counted_although_nobody_counted_it() -> None:
    """A defect of 6.12: vmem_map_init() protects the image, which the decompressor maps and does not count."""
    told = [finding for finding in check(RULE, ATTR).findings if finding.severity != "note"]
    assert [(f.kind, f.function) for f in told] == [("unfiltered-region", "split_pud_page")]
    assert {f.kind for f in check(RULE, ATTR).findings if f.severity == "note"} == {"valid-toggle"}


@pytest.mark.parametrize("path", [VMEM, BOOT])
def test_the_other_files_are_clean(path: str) -> None:
    assert check(RULE, path).findings == ()


RECORD = r"update_page_count\([^,;]*{}[^;]*;"
EDITS = [
    (ATTR, RECORD.format("4K, PTRS"), "", {"missing-add"}),
    (ATTR, RECORD.format("1M, -"), "", {"missing-sub"}),
    (ATTR, "1M, -1", "1M, 1", {"wrong-amount"}),
    (ATTR, "1M, -1", "2G, -1", {"wrong-account"}),
    (ATTR, "4K, PTRS_PER_PTE", "4K, PTRS_PER_PMD", {"wrong-amount"}),
    (ATTR, r"(?=pt_dir = )", "update_page_count(PG_DIRECT_MAP_1M, -1); ", {"error-path", "double-count"}),
    (ATTR, "<< 10", "<< 12", {"wrong-label"}),
    (VMEM, r"\bpages\+\+;", "", {"missing-add", "missing-sub"}),
    (VMEM, r"(!pte\)\s+)goto \w+", r"\1return ret", {"error-path"}),
    (VMEM, r"(add_pagetable\([^;]*), true, NULL", r"\1, false, NULL", {"missing-add"}),
    (VMEM, r"(ret = add_pagetable\([^;]*), false", r"\1, true", {"unfiltered-region"}),
]
for level in ("4K", "1M", "2G"):
    record = RECORD.format(level)
    EDITS += [
        (VMEM, rf"if \(direct\)\s+{record}", "", {"missing-add", "missing-sub"}),
        (VMEM, rf"if \(direct\)\s+(?={record})", "", {"unfiltered-region"}),
        (VMEM, rf"({level}, )add [^;:]*:", r"\1", {"wrong-amount"}),
        (BOOT, rf"if \(mode == \w+\)\s+{record}", "", {"missing-add"}),
        (BOOT, rf"if \(mode == \w+\)\s+(?={record})", "", {"unfiltered-region"}),
        (BOOT, rf"IDENTITY(?=\)\s+{record})", "DIRECT", {"missing-add"}),
    ]


@pytest.mark.parametrize(("path", "pattern", "put", "kinds"), EDITS)
def test_an_edit_is_found(path: str, pattern: str, put: str, kinds: set[str]) -> None:
    code, times = re.subn(pattern, put, text(path), count=1)
    assert times == 1
    before = {finding.id for finding in check(RULE, path).findings}
    now = check(RULE, path, code).findings
    assert {f.kind for f in now if f.id not in before and f.severity != "note"} & kinds
