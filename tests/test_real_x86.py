"""What lmlint must say of the x86 files of Linux 6.12 as they are, and of single edits to them.

The kernel's text is read from beside the checkout, never copied into it; without it these tests are skipped. An edit is
a pair of patterns, which show where it goes and hold no line of that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from lmlint.finding import BALANCED, FINDING
from tests.linux import check, needs, text

pytestmark = needs("arch/x86/mm/pat")

RULE = "x86-direct-pages"
WIDE, NARROW, ATTRIBUTES = (f"arch/x86/mm/{name}.c" for name in ("init_64", "init_32", "pat/set_memory"))
REAL = {
    ("missing-sub", "phys_pmd_init"),
    ("missing-sub", "phys_pud_init"),
    ("missing-sub", "remove_pte_table"),
}
"""What is wrong in 6.12.

An entry of 2M or 1G gives way to a table whose pages are counted, while it stays counted itself: whoever maps anew with
other sizes gets there, as memory encryption does at boot, where the rule takes that for the first coming. And a return
in the middle of the loop that unmaps loses the tally; its test of the address never holds.
"""

BALANCING = {
    WIDE: ("remove_pmd_table", "remove_pud_table", "free_pte_table", "free_pmd_table", "vmemmap_set_pmd"),
    NARROW: ("kernel_physical_mapping_init", "native_pagetable_init"),
    ATTRIBUTES: ("__split_large_page", "split_large_page", "populate_pmd", "populate_pud", "unmap_pmd_range"),
}


def test_every_function_is_told_and_three_are_wrong() -> None:
    found = set()
    for path, functions in BALANCING.items():
        analysis = check(RULE, path)
        found |= {(f.kind, f.function) for f in analysis.findings}
        verdicts = {verdict.name: verdict.verdict for verdict in analysis.functions}
        assert set(functions) <= verdicts.keys()
        assert {verdicts[name] for name in functions} == {BALANCED}
        assert set(verdicts.values()) <= {BALANCED, FINDING}
    assert found == REAL


def test_a_file_that_does_not_count_is_left_alone() -> None:
    for name in ("pgtable", "kasan_init_64", "ident_map", "pti"):
        analysis = check(RULE, f"arch/x86/mm/{name}.c")
        assert (analysis.functions, analysis.findings) == ((), ())


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: in which function of which file, what is replaced by what, and the kinds that it may be told as."""

    name: str
    path: str
    function: str
    old: str
    new: str
    kinds: frozenset[str]
    at: str = ""
    """The function that is to blame, where that is another one."""


def edit(name: str, path: str, function: str, old: str, new: str, *kinds: str, at: str = "") -> Edit:  # noqa: PLR0913  # the fields
    """Return an edit."""
    return Edit(f"{function}-{name}", path, function, old, new, frozenset(kinds), at)


ASKED = r"if \(direct\)(\s*update_page_count)"
TAKEN = r"if \(direct\)\s*update_page_count\(\w+, -pages\);"
SPLIT = r"split_page_count\(level\)"
FOUND = r"if \(!after_bootmem\)\s*pages\+\+;"
EDITS = [
    *(
        edit(name, WIDE, f"phys_{level}_init", old, new, *kinds)
        for level in ("pte", "pmd", "pud")
        for name, old, new, kinds in (
            ("record-deleted", r"update_page_count\(\w+, pages\);", "", ("missing-add",)),
            ("found-never", FOUND, "", ("missing-add",)),
            ("found-always", FOUND, "pages++;", ("double-count", "wrong-amount")),
            ("tally-forgotten", r"pages\+\+;(?=\s*(?:spin_lock|set_pte))", "", ("missing-add",)),
            ("tally-twice", r"pages\+\+;(?=\s*(?:spin_lock|set_pte))", "pages += 2;", ("wrong-amount", "double-count")),
            ("bytes", r"(update_page_count\(\w+, pages)\)", r"\1 * PAGE_SIZE)", ("wrong-amount",)),
            ("from-one", r"pages = 0", "pages = 1", ("wrong-amount", "phantom-count")),
        )
    ),
    *(
        edit(name, WIDE, f"remove_{level}_table", old, new, *kinds)
        for level in ("pte", "pmd", "pud")
        for name, old, new, kinds in (
            ("sign-lost", r"-pages\)", "pages)", ("wrong-amount",)),
            ("flag-dropped", ASKED, r"\1", ("unfiltered-region",)),
            ("flag-turned", ASKED, r"if (!direct)\1", ("unfiltered-region", "missing-sub")),
            ("tally-forgotten", r"pages\+\+;", "", ("missing-sub",)),
            ("clear-forgotten", rf"{level}_clear\([^;]*\);", "", ("phantom-count",)),
        )
    ),
    edit("record-deleted", WIDE, "remove_pmd_table", TAKEN, "", "missing-sub"),
    edit("record-deleted", WIDE, "remove_pud_table", TAKEN, "", "missing-sub"),
    edit("counted", WIDE, "vmemmap_free", r"false", "true", "unfiltered-region"),
    edit("not-counted", WIDE, "kernel_physical_mapping_remove", r"true", "false", "missing-sub"),
    edit("flag-lost", WIDE, "remove_pmd_table", r"(remove_pte_table\([^;]*)direct", r"\1false", "missing-sub"),
    edit("2M-lost", NARROW, "kernel_physical_mapping_init", r"update_page_count\(\w+, pages_2m\);", "", "missing-add"),
    edit("4K-lost", NARROW, "kernel_physical_mapping_init", r"pages_4k\+\+;", "", "missing-add"),
    edit("not-counted", ATTRIBUTES, "__split_large_page", SPLIT, "", "missing-sub", at="__set_pmd_pte"),
    edit("as-2M", ATTRIBUTES, "__split_large_page", SPLIT, "split_page_count(PG_LEVEL_2M)", "wrong-account"),
    edit("one-too-few", ATTRIBUTES, "__split_large_page", r"i < PTRS_PER_PTE", "i < PTRS_PER_PTE - 1", "wrong-amount"),
    edit("512", ATTRIBUTES, "split_page_count", r"\+= PTRS_PER_PTE", "+= 512", "wrong-amount", at="__split_large_page"),
    edit("other-shift", ATTRIBUTES, "arch_report_meminfo", r"<< 11", "<< 12", "wrong-label"),
    edit("anywhere", ATTRIBUTES, "__split_large_page", r"if \(virt_addr_valid\(address\)\)", "", "unfiltered-region"),
]  # fmt: skip
NEUTRAL = [
    edit("only-where-any", WIDE, "phys_pmd_init", r"(update_page_count\(\w+, pages\);)", r"if (pages) \1"),
    edit("plus-one", WIDE, "phys_pud_init", r"pages\+\+;(?=\s*spin_lock)", "pages += 1;"),
    edit("from-zero", WIDE, "remove_pmd_table", r"-pages\)", "0 - pages)"),
    edit("tally-first", WIDE, "remove_pud_table", r"(pud_clear\(pud\);.*?)(pages\+\+;)", r"\2 \1"),
    edit("each-round", WIDE, "remove_pud_table", r"pages\+\+;", "if (direct) update_page_count(PG_LEVEL_1G, -1);"),
]  # fmt: skip


def edited(change: Edit) -> str:
    """Return the file of an edit with that made to it, once."""
    whole = text(change.path)
    start = re.search(rf"\b{change.function}\([^;{{]*\)\s*\{{", whole)
    assert start is not None
    end = whole.index("\n}\n", start.end())
    body, times = re.subn(change.old, change.new, whole[start.end() : end], count=1, flags=re.DOTALL)
    assert times == 1
    return whole[: start.end()] + body + whole[end:]


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.name)
def test_an_edit_that_miscounts_is_told_where_it_is_made(change: Edit) -> None:
    standing = {(f.kind, f.function, f.message) for f in check(RULE, change.path).findings}
    found = [
        f for f in check(RULE, change.path, edited(change)).findings if (f.kind, f.function, f.message) not in standing
    ]
    mine = [f for f in found if f.kind in change.kinds and f.function == (change.at or change.function)]
    assert mine, [(f.kind, f.function, f.message) for f in found]


@pytest.mark.parametrize("change", NEUTRAL, ids=lambda change: change.name)
def test_a_rewrite_that_counts_the_same_brings_nothing_new(change: Edit) -> None:
    analysis = check(RULE, change.path, edited(change))
    assert {(f.kind, f.function) for f in analysis.findings} <= REAL
    assert {verdict.verdict for verdict in analysis.functions} <= {BALANCED, FINDING}
