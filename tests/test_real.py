"""What lmlint must say of the real patches, of single edits to v8 and of rewrites that leave it right.

The kernel's text is read from beside the checkout, never copied into it; without it these tests are skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.drifts import DRIFTS, RECORD, RECORDS
from tests.edits import EDITS, INPUTS, STANDING, check, errors, judge, rule, v8, version
from tests.rewrites import REWRITES
from tests.variant import NEUTRAL, Change, Variant, apply, quoted_run, span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

pytestmark = pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")

COUNTING = ("alloc_init_cont_pte", "init_pmd", "alloc_init_pud")
BALANCED = (
    *COUNTING,
    "split_contpte",
    "split_pmd",
    "split_contpmd",
    "split_pud",
    "unmap_hotplug_pte_range",
    "unmap_hotplug_cont_pte_range",
    "unmap_hotplug_pmd_range",
    "unmap_hotplug_cont_pmd_range",
    "unmap_hotplug_pud_range",
)
ELSEWHERE = [variant for variant in DRIFTS if variant.family not in {"account", "size", "swap"}]
"""Edits whose finding may stand elsewhere when no changed line points at the edit."""

# Known wrong answers; one that is put right fails, and asks for its line here to go.
TWICE = {
    "guard-invert-unmap_hotplug_cont_pte_range-not",
    "guard-invert-unmap_hotplug_cont_pmd_range-not",
    "half-conversion-split_kernel_leaf_mapping_locked-always",
    "half-conversion-split_to_ptes_pmd_entry-always",
    "helper-body-lm_meminfo_sub-empty",
    "helper-body-lm_meminfo_add-empty",
    "writes-split_contpmd-stays",
    "delete-unmap_hotplug_pte_range-sub-PTE",
    "delete-unmap_hotplug_pmd_range-sub-PMD",
}
TOLD_TWICE = {
    True: TWICE
    | {
        "account-unmap_hotplug_pte_range-sub-PTE-as-CONT_PTE",
        "account-unmap_hotplug_pmd_range-sub-PMD-as-CONT_PMD",
    },
    False: TWICE
    | {
        "delete-unmap_hotplug_cont_pte_range-sub-CONT_PTE",
        "delete-unmap_hotplug_cont_pmd_range-sub-CONT_PMD",
    },
}
"""Found, and what follows from it elsewhere is told as well: edits by whether the changed lines are known."""
MISPLACED = {
    True: set[str](),
    False: {
        "delete-unmap_hotplug_cont_pte_range-sub-CONT_PTE",
        "delete-unmap_hotplug_cont_pmd_range-sub-CONT_PMD",
        "half-conversion-split_kernel_leaf_mapping_locked-always",
        "half-conversion-split_to_ptes_pmd_entry-always",
        "half-conversion-split_kernel_leaf_mapping_locked-always-pte",
        "half-conversion-split_to_ptes_pte_entry-always-pte",
    },
}
"""Found with the right kind, and told at the callee where the fault lies with its caller."""

SILENT = (
    "free_empty_pte_table",
    "free_empty_pmd_table",
    "free_empty_pud_table",
    "free_empty_p4d_table",
    "__pmd_free_pte_page",
    "pud_free_pmd_page",
    "pmd_clear_huge",
    "pud_clear_huge",
    "pmd_set_huge",
    "pud_set_huge",
    "vmemmap_set_pmd",
    "alloc_init_cont_pmd",
    "alloc_init_p4d",
    "__set_fixmap",
    "set_swapper_pgd",
    "map_entry_trampoline",
    "create_idmap",
    "modify_prot_start_ptes",
    "modify_prot_commit_ptes",
)


def test_the_base_alone_is_silent() -> None:
    before = version("v8-reply.txt").before
    assert before is not None
    analysis = check(before.decode(), before.decode(), v8()[0], changed=False)
    assert analysis.findings == ()
    assert analysis.functions == ()


@pytest.mark.parametrize("mail", ["v7.patch", "v8-reply.txt"])
def test_the_base_and_the_result_are_the_authors(mail: str) -> None:
    assert version(mail).base.state == "proved"


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "file"])
def test_v7_counts_three_functions_twice_and_does_nothing_else_wrong(as_patch: bool) -> None:  # noqa: FBT001
    rebuilt = version("v7.patch")
    assert rebuilt.before is not None
    assert rebuilt.after is not None
    before = rebuilt.before if as_patch else rebuilt.after
    analysis = check(before.decode(), rebuilt.after.decode(), rebuilt.path, changed=as_patch)
    loud = [one for one in analysis.findings if one.severity != "note" and one.kind not in STANDING]
    assert sorted((one.kind, one.severity, one.function) for one in loud) == sorted(
        ("double-count", "error", function) for function in COUNTING
    )
    lines = rebuilt.after.decode().splitlines()
    for one in loud:
        assert re.search(r"lm_meminfo_add|init_pte\(|p[mu]d_set_huge\(", lines[one.place.line - 1])
    assert Counter(one.kind for one in analysis.findings if one.severity == "note")["clipped-range"] == 2
    assert not [one.name for one in analysis.functions if one.verdict == "cannot-tell"]


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "file"])
def test_v8_is_clean_under_three_assumptions(as_patch: bool) -> None:  # noqa: FBT001
    before = version("v8-reply.txt").before
    assert before is not None
    path, text = v8()
    analysis = check(before.decode() if as_patch else text, text, path, changed=as_patch)
    found = [one for one in analysis.findings if one.kind not in STANDING]
    assert sorted((one.kind, one.severity, one.function) for one in found) == [
        ("clipped-range", "note", "unmap_hotplug_cont_pmd_range"),
        ("clipped-range", "note", "unmap_hotplug_cont_pte_range"),
        ("sampled-guard", "note", "alloc_init_cont_pte"),
    ]
    verdicts = {one.name: one.verdict for one in analysis.functions}
    assert "cannot-tell" not in verdicts.values()
    assert [verdicts.get(name) for name in BALANCED] == ["balanced"] * len(BALANCED)


ADD, SUB = r"^(\t+)lm_meminfo\[type\] \+= size;", r"^(\t+)lm_meminfo\[type\] -= size;"
ATOMIC = (
    Change("", r"static unsigned long (lm_meminfo\[)", r"static atomic_long_t \1"),
    Change("", ADD, r"\1atomic_long_add(size, &lm_meminfo[type]);"),
    Change("", SUB, r"\1atomic_long_sub(size, &lm_meminfo[type]);"),
    Change("", r"lm_meminfo\[(\w+)\] >> 10", r"atomic_long_read(&lm_meminfo[\1]) >> 10", 0),
)
SPINLOCK = (
    Change("", r"^(static unsigned long lm_meminfo)", r"static DEFINE_SPINLOCK(count_lock);\n\1"),
    Change("", ADD, r"{\n\1spin_lock(&count_lock);\n\g<0>\n\1spin_unlock(&count_lock);\n\1}"),
    Change("", SUB, r"{\n\1spin_lock(&count_lock);\n\g<0>\n\1spin_unlock(&count_lock);\n\1}"),
)


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "file"])
@pytest.mark.parametrize("mail", ["v7.patch", "v8-reply.txt"])
def test_splits_race_with_hot_remove(mail: str, as_patch: bool) -> None:  # noqa: FBT001
    rebuilt = version(mail)
    assert rebuilt.before is not None
    assert rebuilt.after is not None
    before = rebuilt.before if as_patch else rebuilt.after
    analysis = check(before.decode(), rebuilt.after.decode(), rebuilt.path, changed=as_patch)
    (race,) = [one for one in analysis.findings if one.kind in STANDING]
    assert (race.severity, race.function) == ("warning", "lm_meminfo_add")
    assert "`split_kernel_leaf_mapping` under `pgtable_split_lock`" in race.message
    assert "`arch_remove_memory` under `mem_hotplug_lock`" in race.message
    assert "lm_meminfo[type] += size" in rebuilt.after.decode().splitlines()[race.place.line - 1]


ONE_LOCK = tuple(
    Change(function, line, r"\tguard(mutex)(&pgtable_split_lock);\n\g<0>")
    for function, line in (
        ("__remove_pgd_mapping", r"^\tWARN_ON\(pgdir"),
        ("arch_add_memory", r"^\tret = __create_pgd"),
    )
)


@pytest.mark.parametrize("changes", [ATOMIC, SPINLOCK, ONE_LOCK], ids=["atomic", "spinlock", "one-lock"])
def test_a_counter_that_is_safe_does_not_race(changes: tuple[Change, ...]) -> None:
    path, text = v8()
    after = apply(text, Variant("safe", NEUTRAL, changes))
    analysis = check(after, after, path, changed=False)
    assert {one.severity for one in analysis.findings} == {"note"}
    assert {one.verdict for one in analysis.functions} == {"balanced"}


@pytest.mark.parametrize("helper", ["lm_meminfo_add", "lm_meminfo_sub"])
def test_a_lost_filter_counts_other_regions(helper: str) -> None:
    path, text = v8()
    after = apply(text, Variant("filter", "filter", (Change(helper, r"^\tif \(__is_lm_address\(addr\)\)\n\t", ""),)))
    (one,) = [one for one in check(after, after, path, changed=False).findings if one.severity == "error"]
    assert (one.kind, one.function) == ("unfiltered-region", helper)
    assert "lm_meminfo[type]" in after.splitlines()[one.place.line - 1]


@pytest.mark.parametrize("mail", ["v7.patch", "v8-reply.txt"])
def test_places_that_use_the_same_names_stay_silent(mail: str) -> None:
    rebuilt = version(mail)
    assert rebuilt.after is not None
    text = rebuilt.after.decode()
    findings = check(text, text, rebuilt.path, changed=False).findings
    assert [name for name in SILENT if name not in text] == []
    assert not [one for one in findings if one.function in SILENT]


def sampled(variants: Sequence[Variant], every: int, known: AbstractSet[str] = frozenset()) -> list[Variant]:
    """Return one variant of so many, and those with a known wrong answer; `python -m tests.edits` runs them all."""
    return [one for number, one in enumerate(variants) if number % every == 0 or one.name in known]


@pytest.mark.parametrize(
    "variant", sampled(DRIFTS, 3, TOLD_TWICE[True] | MISPLACED[True]), ids=lambda variant: variant.name
)
def test_an_edit_is_found_with_its_kind_at_its_place(variant: Variant) -> None:
    _found(variant, changed=True)


@pytest.mark.parametrize(
    "variant", sampled(ELSEWHERE, 5, TOLD_TWICE[False] | MISPLACED[False]), ids=lambda variant: variant.name
)
def test_an_edit_is_found_without_a_patch(variant: Variant) -> None:
    _found(variant, changed=False)


def _found(variant: Variant, *, changed: bool) -> None:
    path, text = v8()
    after = apply(text, variant)
    verdict = judge(variant, text, after, check(text, after, path, changed=changed))
    assert verdict.kind, verdict.got
    assert verdict.place is (variant.name not in MISPLACED[changed]), verdict.got
    assert bool(verdict.extra) is (variant.name in TOLD_TWICE[changed]), verdict.extra


@pytest.mark.parametrize("variant", sampled(REWRITES, 5), ids=lambda variant: variant.name)
def test_a_rewrite_stays_silent(variant: Variant) -> None:
    path, text = v8()
    after = apply(text, variant)
    assert judge(variant, text, after, check(text, after, path, changed=False)).got == ()


def test_the_edits_cover_every_record() -> None:
    text = v8()[1]
    calls = set()
    for record in RECORDS:
        start, end = span(text, record.function)
        matches = list(re.finditer(RECORD, text[start:end]))
        operation, _, account = matches[record.nth - 1].groups()
        assert (operation, account) == (record.operation, record.account)
        calls.add(start + matches[record.nth - 1].start())
    assert calls == {match.start() for match in re.finditer(RECORD, text)}


def test_every_edit_changes_something_and_parses_as_well_as_v8() -> None:
    text = v8()[1]
    limit = errors(text)
    for variant in EDITS:
        after = apply(text, variant)
        assert after != text, variant.name
        assert errors(after) <= limit, variant.name
    assert len({variant.name for variant in EDITS}) == len(EDITS)


@pytest.mark.parametrize("name", ["drifts.py", "rewrites.py"])
def test_no_kernel_text_is_copied(name: str) -> None:
    assert quoted_run((Path(__file__).parent / name).read_text(), v8()[1]) == ""


def test_the_rule_sleeps_elsewhere() -> None:
    assert not rule().applies("arch/riscv/mm/init.c")
