"""What lmlint must say of the powerpc files of Linux 6.12 as they are, and of single edits to them.

The kernel's text is read from beside the checkout, never copied into it; without it these tests are skipped. An edit
is a pair of patterns, which show where it goes and hold no line of that text. A sample of them is run, and all of them
where LMLINT_EVERY_EDIT is set: each takes as long as a check of the file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import pytest

from lmlint.finding import BALANCED
from tests.linux import check, needs, text

pytestmark = needs("arch/powerpc/mm/book3s64")

RULE = "powerpc-direct-pages"
RADIX, REPORT, HASH = (f"arch/powerpc/mm/book3s64/{name}.c" for name in ("radix_pgtable", "pgtable", "hash_utils"))
DORMANT = ("unfiltered-region", "radix__vmemmap_remove_mapping")
"""It tells the walkers that vmemmap is counted. With radix nobody calls it: vmemmap_free() takes another way."""

BALANCING = (
    "early_map_kernel_page",
    "__map_kernel_page",
    "create_physical_mapping",
    "free_pte_table",
    "free_pmd_table",
    "remove_pte_table",
    "remove_pmd_table",
    "remove_pud_table",
)
ELSEWHERE = (
    "vmemmap_set_pmd",
    "radix__vmemmap_pte_populate",
    "pud_set_huge",
    "pmd_set_huge",
    "pud_clear_huge",
    "pmd_clear_huge",
    "pud_free_pmd_page",
    "pmd_free_pte_page",
    "radix__pmdp_collapse_flush",
)


def test_every_function_of_the_radix_file_is_told_and_one_is_wrong() -> None:
    analysis = check(RULE, RADIX)
    assert {(f.kind, f.function) for f in analysis.findings} == {DORMANT}
    verdicts = {verdict.name: verdict.verdict for verdict in analysis.functions}
    assert {name for name, verdict in verdicts.items() if verdict != BALANCED} <= {DORMANT[1]}
    assert {*BALANCING, *ELSEWHERE} <= verdicts.keys()


def test_the_report_prints_entries_as_the_labels_say() -> None:
    analysis = check(RULE, REPORT)
    assert analysis.findings == ()
    assert {verdict.verdict for verdict in analysis.functions} == {BALANCED}


def test_the_hash_file_counts_nothing_and_nothing_is_said_of_it() -> None:
    analysis = check(RULE, HASH)
    assert analysis.findings == ()
    assert analysis.functions == ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: in which function, what is replaced by what (once), and the kinds that it may be told as."""

    name: str
    function: str
    old: str
    new: str
    kinds: frozenset[str]
    at: str = ""
    """The function that is to blame, where that is another one."""


def edit(name: str, function: str, old: str, new: str, *kinds: str, at: str = "") -> Edit:
    """Return an edit."""
    return Edit(name, function, old, new, frozenset(kinds), at)


RECORD = r"if \(direct\)\s*update_page_count\(\w+, -pages\);"
EDITS = [
    edit("add-deleted", "create_physical_mapping", r"update_page_count\(psize, 1\);", "", "missing-add"),
    edit("add-twice", "create_physical_mapping", r"(update_page_count\(psize, 1\);)", r"\1 \1", "double-count"),
    edit("add-as-sub", "create_physical_mapping", r"(update_page_count\(psize, )1", r"\1-1", "wrong-amount"),
    edit("add-pages", "create_physical_mapping", r"(update_page_count\(psize, )1", r"\1mapping_size >> PAGE_SHIFT",
         "wrong-amount"),
    edit("add-before-the-result", "create_physical_mapping", r"(if \(rc\)\s*return rc;)\s*(update_\w+\(psize, 1\);)",
         r"\2 \1", "error-path"),
    edit("add-after-the-loop", "create_physical_mapping", r"(update_page_count\(psize, 1\);)(\s*\})", r"\2 \1",
         "wrong-account", "wrong-amount", "missing-add", "phantom-count", "error-path"),
    edit("other-size-2M", "create_physical_mapping", r"psize = MMU_PAGE_2M", "psize = MMU_PAGE_1G", "wrong-account"),
    edit("other-size-1G", "create_physical_mapping", r"psize = MMU_PAGE_1G", "psize = MMU_PAGE_2M", "wrong-account"),
    edit("other-size-page", "create_physical_mapping", r"psize = mmu_\w+", "psize = MMU_PAGE_2M", "wrong-account"),
    edit("mapped-larger", "create_physical_mapping", r"(mapping_size = )PMD_SIZE", r"\1PUD_SIZE", "wrong-account"),
    *(
        edit(f"{what}-{level}", f"remove_{level}_table", old, new, *kinds)
        for level in ("pte", "pmd", "pud")
        for what, old, new, kinds in (
            ("sub-deleted", RECORD, "", ("missing-sub",)),
            ("sub-as-add", r"-pages\)", "pages)", ("wrong-amount",)),
            ("flag-dropped", r"if \(direct\)(\s*update)", r"\1", ("unfiltered-region",)),
            ("flag-turned", r"if \(direct\)(\s*update)", r"if (!direct)\1", ("unfiltered-region", "missing-sub")),
            ("bytes", r"-pages\)", "-pages * PAGE_SIZE)", ("wrong-amount",)),
            ("tally-forgotten", r"pages\+\+;", "", ("missing-sub",)),
            ("tally-twice", r"pages\+\+;", "pages += 2;", ("wrong-amount",)),
            ("clear-forgotten", r"pte_clear\([^;]*;(\s*pages)", r"\1", ("phantom-count",)),
        )
    ),
    edit("tally-reset", "remove_pmd_table", r"(if \(!pmd_present)", r"pages = 0; \1", "wrong-amount", "missing-sub"),
    edit("other-account-2M", "remove_pmd_table", r"MMU_PAGE_2M, -pages", "MMU_PAGE_1G, -pages", "wrong-account",
         at="remove_pud_table"),  # which records in that account as well
    edit("other-account-1G", "remove_pud_table", r"MMU_PAGE_1G, -pages", "MMU_PAGE_2M, -pages", "wrong-account"),
    edit("tally-above-the-test", "remove_pte_table", r"(if \(!pte_present)", r"pages++; \1",
         "wrong-amount", "phantom-count"),
    edit("guard-dropped", "remove_pte_table", r"if \(!pte_present\(\*pte\)\)\s*continue;", "", "phantom-count"),
    edit("leaves-early", "remove_pte_table", r"(if \(!pte_present)", r"if (pte_special(*pte)) return; \1",
         "missing-sub", "error-path"),
    edit("unused-pages-of-all", "remove_pte_table", r"!direct && (vmemmap_page_is_unused)", r"\1", "missing-sub"),
    edit("unused-blocks-of-all", "remove_pmd_table", r"!direct && (vmemmap_pmd_is_unused)", r"\1", "missing-sub"),
    edit("handed-false", "remove_pud_table", r"(remove_pmd_table\(.*?)direct", r"\1false", "missing-sub"),
    edit("handed-true", "remove_pud_table", r"(remove_pmd_table\(.*?)direct", r"\1true", "unfiltered-region"),
    edit("section-not-counted", "radix__remove_section_mapping", r"true", "false", "missing-sub"),
    edit("vmemmap-counted", "radix__vmemmap_free", r"false", "true", "unfiltered-region"),
    edit("vmemmap-counts", "radix__vmemmap_create_mapping", r"(BUG_ON\(ret\);)",
         r"update_page_count(MMU_PAGE_2M, 1); \1", "unfiltered-region"),
]  # fmt: skip
EVERY = 1 if os.environ.get("LMLINT_EVERY_EDIT") else 4
NEUTRAL = [
    edit("each-round", "remove_pud_table", r"pages\+\+;", "if (direct) update_page_count(MMU_PAGE_1G, -1);"),
    edit("only-where-any", "remove_pud_table", r"if \(direct\)(\s*update)", r"if (direct && pages)\1"),
    edit("from-zero", "remove_pmd_table", r"-pages\)", "0 - pages)"),
    edit("plus-one", "remove_pmd_table", r"pages\+\+;", "pages += 1;"),
    edit("tally-first", "remove_pud_table", r"(pte_clear\(.*?\);)(\s*)(pages\+\+;)", r"\3\2\1"),
]


def edited(change: Edit) -> str:
    """Return the radix file with one edit made to it."""
    whole = text(RADIX)
    start = re.search(rf"^(?:static |int |void )[^;]*?\b{change.function}\([^;{{]*\)\s*\{{", whole, re.MULTILINE)
    assert start is not None
    end = whole.index("\n}\n", start.end())
    body, times = re.subn(change.old, change.new, whole[start.end() : end], count=1, flags=re.DOTALL)
    assert times == 1
    return whole[: start.end()] + body + whole[end:]


@pytest.mark.parametrize("change", EDITS[::EVERY], ids=lambda change: change.name)
def test_an_edit_that_miscounts_is_told_where_it_is_made(change: Edit) -> None:
    found = [f for f in check(RULE, RADIX, edited(change)).findings if (f.kind, f.function) != DORMANT]
    assert found
    assert {f.kind for f in found} <= change.kinds
    assert {f.function for f in found} == {change.at or change.function}


@pytest.mark.parametrize("change", NEUTRAL, ids=lambda change: change.name)
def test_a_rewrite_that_counts_the_same_is_not_flagged(change: Edit) -> None:
    analysis = check(RULE, RADIX, edited(change))
    assert {(f.kind, f.function) for f in analysis.findings} == {DORMANT}
