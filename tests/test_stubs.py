"""Helpers that are missing, or another, in one arm of an `#if`; and every way to have them that is right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lmlint.engine.arms import TRUE, Arms
from lmlint.engine.check import analyse
from lmlint.engine.program import Program
from lmlint.engine.stubs import stub_findings
from lmlint.source import parse
from tests.edits import INPUTS, v8
from tests.small import PATH, RULE

if TYPE_CHECKING:
    from lmlint.finding import Finding

ENUM = "enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };\n"
ARRAY = "static unsigned long lm_meminfo[NR_LM_TYPE];\n"
SIGNATURE = "lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)"
ADD = f"static void {SIGNATURE}\n{{\n\tif (__is_lm_address(va))\n\t\tlm_meminfo[bucket] += bytes;\n}}\n"
STUB = f"static inline void {SIGNATURE} {{ }}\n"
MACRO = "#define lm_meminfo_add(va, bytes, bucket) do { } while (0)\n"
CALLER = """
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}
"""
ON = "#ifdef CONFIG_PROC_FS\n"


def found(code: str) -> list[Finding]:
    program = Program(parse((ENUM + code).encode(), PATH, RULE.dialect), RULE)
    return stub_findings(program, PATH)


def line(code: str, text: str) -> int:
    return (ENUM + code).split("\n").index(next(one for one in (ENUM + code).split("\n") if text in one)) + 1


GOOD = {
    "unconditional": ARRAY + ADD + CALLER,
    "else": f"{ON}{ARRAY}{ADD}#else\n{STUB}#endif\n{CALLER}",
    "macro": f"{ON}{ARRAY}{ADD}#else\n{MACRO}#endif\n{CALLER}",
    "macro of any number": f"{ON}{ARRAY}{ADD}#else\n#define lm_meminfo_add(...) do {{ }} while (0)\n#endif\n{CALLER}",
    "macro that names another": f"{ON}{ARRAY}{ADD}#else\n#define lm_meminfo_add noop\n#endif\n{CALLER}",
    "block of its own": f"{ON}{ARRAY}{ADD}#endif\n#if !defined(CONFIG_PROC_FS)\n{STUB}#endif\n{CALLER}",
    "is enabled": f"#if IS_ENABLED(CONFIG_PROC_FS)\n{ARRAY}{ADD}#endif\n"
    f"#ifndef CONFIG_PROC_FS\n{STUB}#endif\n{CALLER}",
    "elif": f"{ON}{ARRAY}{ADD}#elif defined(CONFIG_A)\n{STUB}#else\n{MACRO}#endif\n{CALLER}",
    "caller inside": f"{ON}{ARRAY}{ADD}{CALLER}#endif\n",
    "caller in an arm that implies it": f"{ON}{ARRAY}{ADD}#endif\n#ifdef CONFIG_PROC_PAGE_MONITOR\n{CALLER}#endif\n",
    "caller in both": f"{ON}{ARRAY}{ADD}#endif\n#if defined(CONFIG_A) && defined(CONFIG_PROC_FS)\n{CALLER}#endif\n",
    "caller never compiled": f"{ON}{ARRAY}{ADD}#endif\n#if 0\n{CALLER}#endif\n",
    "each page size": f"#if defined(CONFIG_ARM64_4K_PAGES)\n{ARRAY}{ADD}"
    f"#elif defined(CONFIG_ARM64_16K_PAGES)\n{ARRAY}{ADD}"
    f"#elif defined(CONFIG_ARM64_64K_PAGES)\n{ARRAY}{ADD}#endif\n{CALLER}",
    "always on": f"#ifdef CONFIG_MMU\n{ARRAY}{ADD}#endif\n{CALLER}",
    "may be defined by a header": f"{ON}{ARRAY}{ADD.replace('static ', '')}#endif\n{CALLER}",
    "prototype": f"void {SIGNATURE};\n{ON}{ARRAY}{ADD.replace('static ', '')}#endif\n{CALLER}",
    "guarded by its own name": f"{ON}{ARRAY}{ADD}#define lm_meminfo_add lm_meminfo_add\n#endif\n"
    f"#ifndef lm_meminfo_add\n{STUB}#endif\n{CALLER}",
    "a name for the option": f"{ON}#define COUNTED\n#endif\n#ifdef COUNTED\n{ARRAY}{ADD}#else\n{STUB}#endif\n{CALLER}",
    "a header's word": f"#ifndef LM_STUBS\n{ARRAY}{ADD}#endif\n{CALLER}",
    "foreign option that may imply it": f"{ARRAY}#ifdef CONFIG_A\n{ADD}#endif\n#ifdef CONFIG_B\n{CALLER}#endif\n",
    "other spelling of a type": f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('unsigned long va', 'long unsigned int va')}"
    f"#endif\n{CALLER}",
    "a typedef may be the same": f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('unsigned long bytes', 'size_t bytes')}"
    f"#endif\n{CALLER}",
    "named in comments and strings": f"{ON}{ARRAY}{ADD}#endif\n"
    'void f(void) { g("lm_meminfo_add"); /* lm_meminfo_add */ }\n',
    "a stub that does not parse": f"{ON}{ARRAY}{ADD}#else\n"
    f"static __new_attribute void __other {SIGNATURE} {{ }}\n#endif\n{CALLER}",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_builds_is_silent(name: str) -> None:
    assert [one.message for one in found(GOOD[name])] == []


HOTPLUG = f"{ON}{ARRAY}{ADD}#endif\n#ifdef CONFIG_MEMORY_HOTPLUG\n{CALLER}#endif\n"
BAD = {
    "nothing": (f"{ON}{ARRAY}{ADD}#endif\n{CALLER}", SIGNATURE, "is not defined where `CONFIG_PROC_FS` is off"),
    "hotplug": (HOTPLUG, SIGNATURE, "`map_block` uses it there"),
    "negative": (f"#ifndef CONFIG_A\n{ARRAY}{ADD}#endif\n{CALLER}", SIGNATURE, "where `CONFIG_A` is on"),
    "other option": (
        f"{ON}{ARRAY}{ADD}#elif defined(CONFIG_A)\n{STUB}#endif\n{CALLER}",
        SIGNATURE,
        "where `CONFIG_A` is off and `CONFIG_PROC_FS` is off",
    ),
    "nested": (
        f"#ifdef CONFIG_A\n{ON}{ARRAY}{ADD}#else\n{STUB}#endif\n#endif\n{CALLER}",
        SIGNATURE,
        "where `CONFIG_A` is off",
    ),
    "caller in the else arm": (f"{ON}{ARRAY}{ADD}#else\n{CALLER}#endif\n", SIGNATURE, "`CONFIG_PROC_FS` is off"),
    "static prototype": (f"static void {SIGNATURE};\n{ON}{ARRAY}{ADD}#endif\n{CALLER}", "+= bytes", ""),
    "macro with fewer": (
        f"{ON}{ARRAY}{ADD}#else\n{MACRO.replace(', bucket', '')}#endif\n{CALLER}",
        "#define",
        "takes 2 parameters where `CONFIG_PROC_FS` is off, and 3 parameters where `CONFIG_PROC_FS` is on",
    ),
    "function with more": (
        f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('bucket', 'bucket, int x')}#endif\n{CALLER}",
        "int x",
        "takes 4 parameters",
    ),
    "void": (
        f"{ON}{ARRAY}{ADD}#else\nstatic void lm_meminfo_add(void) {{ }}\n#endif\n{CALLER}",
        "(void)",
        "takes no parameter",
    ),
    "other type": (
        f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('enum lm_type', 'int')}#endif\n{CALLER}",
        "int bucket",
        "takes `int` where",
    ),
    "other result": (
        f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('void', 'int')}#endif\n{CALLER}",
        "inline int",
        "returns `int` where `CONFIG_PROC_FS` is off, and `void`",
    ),
    "not static": (
        f"{ON}{ARRAY}{ADD}#else\n{STUB.replace('static inline ', '')}#endif\n{CALLER}",
        SIGNATURE + " {",
        "is not static where",
    ),
    "array": (f"{ON}{ARRAY}#endif\n{ADD}{CALLER}", "+= bytes", "`lm_meminfo` is not declared there"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_build_is_found_once_on_its_line(name: str) -> None:
    code, place, message = BAD[name]
    (finding,) = found(code)
    assert (finding.kind, finding.severity, finding.ledger) == ("missing-stub", "error", ())
    assert message in finding.message
    assert name == "static prototype" or finding.place.line == line(code, place)
    assert finding.notes
    assert finding.construct.startswith(f"{finding.function}: ")


def test_it_is_part_of_the_check() -> None:
    code = (ENUM + BAD["nothing"][0]).encode()
    assert [f.kind for f in analyse(code, PATH, RULE).findings if f.severity == "error"] == ["missing-stub"]


def test_conditions_of_lines() -> None:
    assert RULE.build is not None
    code = b"#if defined(A) && !B\none\n#elif defined C\ntwo\n#else\nthree\n#endif\nfour\n"
    arms = Arms(code, RULE.build)
    worlds = [frozenset(names) for names in ((), ("A",), ("B",), ("C",), ("A", "B"), ("A", "C"))]
    holds = {
        text: [arms.at(number).holds(on) for on in worlds] for text, number in (("one", 2), ("two", 4), ("three", 6))
    }
    assert holds["one"] == [False, True, False, False, False, True]
    assert holds["two"] == [False, False, False, True, False, False]
    assert all(sum(each) == 1 for each in zip(*holds.values(), strict=True))
    assert arms.at(8) == TRUE


@pytest.mark.parametrize("code", ["#endif\n#else\n#if\nx\n", "#if (\n#elif\nx\n#endif\n", "#ifdef\n#ifndef 3\nx\n"])
def test_broken_directives_break_nothing(code: str) -> None:
    assert found(code + ARRAY + ADD) == []


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_the_real_file_without_its_stubs() -> None:
    path, text = v8()
    assert stub_findings(Program(parse(text.encode(), path, RULE.dialect), RULE), path) == []
    bare = re.sub(r"#else\n(static inline void lm_meminfo_\w+\([^{}]*\{\n\}\n\n?)+#endif", "#endif", text)
    assert bare != text
    findings = stub_findings(Program(parse(bare.encode(), path, RULE.dialect), RULE), path)
    assert [f.function for f in findings] == ["lm_meminfo_add", "lm_meminfo_sub"]
    for finding in findings:
        assert finding.function in bare.split("\n")[finding.place.line - 1]
