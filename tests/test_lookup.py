"""Definitions that a checked file lacks are looked up in other files of its tree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lmlint.engine.check import Checker, analyse
from lmlint.engine.elsewhere import look_up
from lmlint.engine.explain import explain_function, prove
from lmlint.error import InputError
from lmlint.finding import BALANCED, CANNOT_TELL, FINDING, Place
from lmlint.rule import load_rule
from lmlint.source import parse
from tests.small import PATH, PREAMBLE, RULE, text

if TYPE_CHECKING:
    from pathlib import Path

    from lmlint.engine.check import Analysis

HEADER = "arch/arm64/include/asm/lm.h"
COUNTER = PREAMBLE.replace("static unsigned long lm_meminfo", "extern unsigned long lm_meminfo")
UNMAP = """
void unmap(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	erase(slot, va);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
"""
ERASE = "static inline void erase(pte_t *slot, unsigned long va)\n{\n\t__pte_clear(&init_mm, va, slot);\n}\n"


def found(code: bytes, others: dict[str, str], changed: frozenset[int] = frozenset()) -> Analysis:
    return analyse(code, PATH, RULE, changed, others={path: other.encode() for path, other in others.items()})


def kinds(analysis: Analysis) -> list[tuple[str, str]]:
    return [(f.kind, f.place.file) for f in analysis.findings if f.severity == "error"]


def taken(code: str, others: dict[str, str]) -> set[str]:
    """Return the names of the functions, macros and constants that a file takes from others."""
    source = parse(code.encode(), PATH, RULE.dialect)
    made = look_up(source, RULE, {path: other.encode() for path, other in others.items()})
    return {*made.functions, *made.macros, *made.constants}


# ---- the rule ----


def test_a_rule_says_where_to_look() -> None:
    assert RULE.looks_up(HEADER)
    assert not RULE.looks_up("include/linux/mm.h")
    assert not replace(RULE, lookup=()).looks_up(HEADER)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"asm/*.h"', "key `lookup` must be a list of texts .* not"),
        ("[1]", "key `lookup` must be a list of texts"),
    ],
)
def test_lookup_is_a_list_of_globs(tmp_path: Path, value: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'summary = "s"\nfiles = []\nlookup = {value}\n', encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_rule(path)


@pytest.mark.parametrize(
    "name",
    ["pmd_clear", "__set_pte", "pte_offset_kernel", "pmd_leaf", "PMD_SIZE", "CONT_PTE", "PTE_CONT", "lm_meminfo",
     "pgd_pgtable_alloc_init_mm", "atomic_long_read", "mutex_lock", "PAGE_SHIFT", "INVALID_PHYS_ADDR"],
)  # fmt: skip
def test_what_the_rule_speaks_of(name: str) -> None:
    assert RULE.speaks_of(name)


@pytest.mark.parametrize("name", ["lm_meminfo_sub", "pmd_clear_all", "x_set_pte", "addr", "metavariable_p"])
def test_what_the_rule_does_not_speak_of(name: str) -> None:
    assert not RULE.speaks_of(name)


# ---- what wakes the rule ----


def test_helpers_in_a_header_wake_the_rule() -> None:
    code = UNMAP.replace("PTE);", "PMD);").encode()
    assert not analyse(code, PATH, RULE).functions
    assert kinds(found(code, {HEADER: COUNTER + ERASE})) == [("wrong-account", PATH)]


def test_a_header_that_is_not_used_wakes_nothing() -> None:
    code = b"void f(pmd_t *slot)\n{\n\tpmd_clear(slot);\n}\n"
    assert not found(code, {HEADER: COUNTER}).functions
    assert not Checker(code, PATH, RULE, {HEADER: COUNTER.encode()}).awake


def test_a_file_is_no_other_file_of_its_own() -> None:
    code = text("void f(pmd_t *slot, unsigned long va)\n{\n\tg(slot, va);\n}\n")
    assert found(code, {PATH: COUNTER + ERASE.replace("erase", "g")}) == found(code, {})


# ---- what is followed ----


def test_a_callee_in_a_header_is_followed() -> None:
    assert not found(text(UNMAP), {HEADER: ERASE}).findings
    assert kinds(found(text(UNMAP), {})) == [("phantom-count", PATH)]


def test_a_callee_in_another_file_is_followed_through_a_third() -> None:
    more = {"arch/arm64/mm/a.c": "void erase(pte_t *slot, unsigned long va)\n{\n\tgo(slot, va);\n}\n",
            "arch/arm64/mm/b.c": ERASE.replace("static inline ", "").replace("erase", "go")}  # fmt: skip
    assert not found(text(UNMAP), more).findings


def test_a_static_function_of_another_c_file_is_not_meant() -> None:
    assert "erase" not in taken(UNMAP, {"arch/arm64/mm/a.c": ERASE})
    between = "void erase(pte_t *slot, unsigned long va)\n{\n\tgo(slot, va);\n}\n"
    hidden = {"arch/arm64/mm/a.c": ERASE.replace("erase", "go") + between}
    assert not taken(UNMAP, hidden), "what it calls is not to be had by that name"


def test_of_two_definitions_the_one_that_counts_is_taken() -> None:
    stub = "static inline void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket) { }\n"
    for order in ((COUNTER, stub), (stub, COUNTER)):
        analysis = found(UNMAP.encode(), {HEADER: order[0], "b.h": order[1], "c.h": ERASE})
        assert [(v.name, v.verdict) for v in analysis.functions] == [("unmap", BALANCED)]


def test_the_file_comes_first() -> None:
    own = ERASE.replace("__pte_clear(&init_mm, va, slot);", "")
    assert kinds(found(text(own + UNMAP), {HEADER: ERASE})) == [("phantom-count", PATH)]


def test_macros_and_numbers_of_a_header_are_used() -> None:
    header = "#define erase(slot, va) __pte_clear(&init_mm, va, slot)\n#define LM_UNIT (2 * PAGE_SIZE / 2)\n"
    code = UNMAP.replace("PAGE_SIZE", "LM_UNIT")
    assert not found(text(code), {HEADER: header}).findings
    twice = header + "#if 0\n#define LM_UNIT PMD_SIZE\n#endif\n"
    assert taken(code, {HEADER: header}) == {"erase", "LM_UNIT"}
    assert taken(code, {HEADER: twice}) == {"erase"}, "nobody knows which of the two is compiled"


def test_what_has_no_bearing_is_not_taken() -> None:
    header = "static inline int sum(int a, int b)\n{\n\treturn a + b;\n}\nvoid pmd_clear(pmd_t *p)\n{\n\t*p = 0;\n}\n"
    assert not taken("void f(pmd_t *p)\n{\n\tpmd_clear(p);\n\tsum(1, 2);\n}\n", {HEADER: header})


# ---- what cannot be read ----


@pytest.mark.parametrize(
    "other",
    [
        ERASE.replace("{", "{ ) %% ("),
        ERASE.replace("__pte_clear(&init_mm, va, slot);", "{" * 150 + "__pte_clear(&init_mm, va, slot);" + "}" * 150),
        "#define erase(slot, va) ({ __pte_clear(&init_mm, va, slot); })\n",
        "void erase(pte_t *slot, unsigned long va);\n",
        "\x00\x00erase(((((",
    ],
)
def test_what_cannot_be_read_stays_unknown(other: str) -> None:
    assert found(text(UNMAP), {HEADER: other}) == found(text(UNMAP), {})


def test_bytes_that_are_no_text_stay_unknown() -> None:
    junk = {HEADER: b"erase(\xff\xfe\x00lm_meminfo erase(pte_t *\xe2\x28", "b.h": b""}
    assert analyse(text(UNMAP), PATH, RULE, others=junk) == analyse(text(UNMAP), PATH, RULE)


def test_a_call_in_a_circle_through_a_header_cannot_be_told() -> None:
    header = "static inline void again(pte_t *slot, unsigned long va)\n{\n\tunmap(slot + 1, va + PAGE_SIZE);\n}\n"
    code = UNMAP.replace("PTE);", "PTE);\n\tagain(slot, va);")
    (verdict,) = found(text(code), {HEADER: header + ERASE}).functions
    assert (verdict.name, verdict.verdict) == ("unmap", CANNOT_TELL)
    assert "recursive" in verdict.reason


# ---- where it is said ----


def test_a_fault_of_a_header_names_the_header() -> None:
    header = """
static inline void drop(pmd_t *slot, unsigned long va)
{
	if (!pmd_leaf(pmdp_get(slot)))
		return;
	if (!pmd_cont(pmdp_get(slot)))
		lm_meminfo_sub(va, PMD_SIZE, PMD);
	pmd_clear(slot);
}
"""
    code = text("void f(pmd_t *slot, unsigned long va)\n{\n\tdrop(slot, va);\n}\n")
    analysis = found(code, {HEADER: header})
    (finding,) = analysis.findings
    assert (finding.kind, finding.function, finding.place) == ("missing-sub", "drop", Place(HEADER, 8, 2))
    assert {note.place.file for note in finding.notes} == {HEADER}
    assert {verdict.file for verdict in analysis.functions} <= {PATH}
    everywhere = frozenset(range(1, 100))
    assert found(code, {HEADER: header}, everywhere).findings[0].function in {"drop", "f"}


def test_lines_of_a_header_are_no_changed_lines() -> None:
    header = "\n" * 40 + ERASE
    code = text(UNMAP.replace("\tlm_meminfo_sub(va, PAGE_SIZE, PTE);\n", ""))
    changed = frozenset(range(41, 45))
    assert [f.place.file for f in found(code, {HEADER: header}, changed).findings] == [PATH]


def test_the_caller_of_what_never_counts_is_to_blame() -> None:
    code = UNMAP + UNMAP.replace("unmap", "lose").replace("\tlm_meminfo_sub(va, PAGE_SIZE, PTE);\n", "")
    analysis = found(text(code), {HEADER: ERASE})
    assert [(f.kind, f.function, f.place.file) for f in analysis.findings] == [("missing-sub", "lose", PATH)]
    assert {v.name: v.verdict for v in analysis.functions} == {"unmap": BALANCED, "lose": FINDING}


def test_a_race_between_helpers_of_a_header_is_found_there() -> None:
    locked = UNMAP.replace("unmap", "other").replace("\tlm_m", "\tmutex_lock(&lm_lock);\n\tlm_m")
    code = "static DEFINE_MUTEX(lm_lock);\n" + UNMAP + locked
    (finding,) = (f for f in found(code.encode(), {HEADER: COUNTER + ERASE}).findings if f.kind == "racy-counter")
    assert finding.place.file == HEADER
    assert {note.place.file for note in finding.notes} == {HEADER, PATH}


# ---- proofs and explanations ----


def test_a_function_is_explained_with_what_is_looked_up() -> None:
    others = {HEADER: (COUNTER + ERASE).encode()}
    told = explain_function(UNMAP.encode(), PATH, RULE, "unmap", others=others)
    assert "does      PTE -PAGE_SIZE\n    records   the same" in told
    with pytest.raises(InputError, match="sleeps here"):
        explain_function(UNMAP.encode(), PATH, RULE, "unmap")
    (verdict,) = prove(UNMAP.encode(), PATH, RULE, others=others).functions
    assert "does and records PTE -PAGE_SIZE" in verdict.proof
    assert not prove(UNMAP.encode(), PATH, RULE).functions
