"""Rewrites of the v8 result that leave the counters right: a check stays silent on each."""

from __future__ import annotations

from tests.drifts import (
    HOT_CPMD,
    HOT_CPTE,
    HOT_PMD,
    HOT_PTE,
    HOT_PUD,
    PMDS,
    PTES,
    PUDS,
    RECORD,
    SPLIT,
    TO_PMD,
    TO_PTE,
    TO_PUD,
)
from tests.variant import NEUTRAL, Change, Variant, put, rename

CONTPTE, CONTPMD, PMD, PUD = "split_contpte", "split_contpmd", "split_pmd", "split_pud"
ADD, SUB = "lm_meminfo_add", "lm_meminfo_sub"
FILE = ""


def _is(name: str, *changes: Change) -> Variant:
    return Variant(name, NEUTRAL, changes)


def _before(function: str, text: str) -> Change:
    """Put a new function or macro before a function."""
    return Change(function, r"\A", text.replace("\\", r"\\") + "\n")


def _head(text: str) -> Change:
    """Put a macro or a function before the first user of the helpers."""
    return _before("init_pte", text)


def _gone(function: str, nth: int = 0) -> Change:
    """Take away one record of a function, or all."""
    return Change(function, rf"^[ \t]*{RECORD}\n", "", nth)


RENAMES = (
    _is("rename-init_pte", *rename("init_pte", old_pte="was", ptep="slot", addr="va", phys="pa")),
    _is("rename-alloc_init_cont_pte", *rename(PTES, count_lm="fresh", addr="va", next="stop", ptep="slot")),
    _is("rename-init_pmd", *rename(PMDS, count_lm="fresh", old_pmd="before", pmdp="slot", prot="attrs", end="limit")),
    _is("rename-alloc_init_pud", *rename(PUDS, count_lm="fresh", old_pud="before", pudp="slot", next="n")),
    _is("rename-split_contpte", *rename(CONTPTE, addr="va", ptep="slot", i="left")),
    _is("rename-split_contpmd", *rename(CONTPMD, addr="va", pmdp="slot", i="n")),
    _is("rename-split_pmd", *rename(PMD, pte_phys="table", prot="attrs", ptep="slot", to_cont="contiguous", pmd="old")),
    _is("rename-split_pud", *rename(PUD, pmd_phys="table", prot="attrs", pmdp="slot", to_cont="blocks", addr="va")),
    _is("rename-split_kernel_leaf", *rename(SPLIT, pmdp="slot", pmd="leaf", ptep="pos", pte="entry", ret="err")),
    _is("rename-unmap_pte", *rename(HOT_PTE, addr="va", ptep="slot", pte="old", free_mapped="vmemmap")),
    _is("rename-unmap_cont_pte", *rename(HOT_CPTE, addr="va", ptep="first", pte="sample", next="stop")),
    _is("rename-unmap_pmd", *rename(HOT_PMD, addr="va", pmdp="slot", pmd="old", next="stop")),
    _is(
        "rename-helpers-parameters",
        *rename(ADD, addr="va", size="bytes", type="bucket"),
        *rename(SUB, addr="x", size="n"),
    ),
    _is("rename-helpers", *rename(FILE, lm_meminfo_add="direct_map_grow", lm_meminfo_sub="direct_map_shrink")),
    _is(
        "rename-functions",
        *rename(
            FILE,
            init_pte="fill_ptes",
            split_contpte="break_contpte",
            split_pmd="break_pmd",
            unmap_hotplug_pte_range="clear_ptes",
            init_pmd="fill_pmds",
        ),
    ),
)

FOR_PTE = r"^\tfor \(i = 0; i < CONT_PTES; i\+\+, ptep\+\+\)\n\t\t(__set_pte\(.*\);)"
FOR_PMD = r"^\tfor \(i = 0; i < CONT_PMDS; i\+\+, pmdp\+\+\)\n\t\t(set_pmd\(.*\);)"
FOR_TABLE = r"^\tfor \(i = 0; i < PTRS_PER_PTE; i\+\+, ptep\+\+, pfn\+\+\)\n\t\t(__set_pte\(.*\);)"
FOR_BLOCKS = r"^\tfor \(i = 0; i < PTRS_PER_PMD; i\+\+, pmdp\+\+, pfn \+= step\)\n\t\t(set_pmd\(.*\);)"
DO, WHILE = r"^\tdo \{", r"^\t\} while \((.*)\);"

LOOPS = (
    _is(
        "loop-contpte-while",
        Change(CONTPTE, FOR_PTE, r"\ti = 0;\n\twhile (i < CONT_PTES) {\n\t\t\1\n\t\ti++;\n\t\tptep++;\n\t}"),
    ),
    _is("loop-contpte-do", Change(CONTPTE, FOR_PTE, r"\ti = 0;\n\tdo {\n\t\t\1\n\t} while (ptep++, ++i < CONT_PTES);")),
    _is(
        "loop-contpte-do-unequal",
        Change(CONTPTE, FOR_PTE, r"\ti = 0;\n\tdo {\n\t\t\1\n\t\tptep++;\n\t} while (++i != CONT_PTES);"),
    ),
    _is("loop-contpte-down", Change(CONTPTE, FOR_PTE, r"\tfor (i = CONT_PTES; i > 0; i--, ptep++)\n\t\t\1")),
    _is(
        "loop-contpte-while-down",
        Change(CONTPTE, FOR_PTE, r"\ti = CONT_PTES;\n\twhile (i--) {\n\t\t\1\n\t\tptep++;\n\t}"),
    ),
    _is(
        "loop-contpte-do-down",
        Change(CONTPTE, FOR_PTE, r"\ti = CONT_PTES;\n\tdo {\n\t\t\1\n\t\tptep++;\n\t} while (--i);"),
    ),
    _is("loop-contpte-from-one", Change(CONTPTE, FOR_PTE, r"\tfor (i = 1; i <= CONT_PTES; i++, ptep++)\n\t\t\1")),
    _is("loop-contpte-unequal", put(CONTPTE, "i < CONT_PTES", "i != CONT_PTES")),
    _is("loop-contpte-step", put(CONTPTE, "i++, ptep++", "i += 1, ptep += 1")),
    _is("loop-contpte-prefix", put(CONTPTE, "i++, ptep++", "++i, ++ptep")),
    _is("loop-contpte-turned", put(CONTPTE, "i < CONT_PTES", "CONT_PTES > i")),
    _is(
        "loop-contpte-index",
        Change(
            CONTPTE,
            FOR_PTE,
            "\tfor (i = 0; i < CONT_PTES; i++)\n\t\t__set_pte(&ptep[i], pte_mknoncont(__ptep_get(&ptep[i])));",
        ),
    ),
    _is(
        "loop-contpte-offset",
        Change(
            CONTPTE,
            FOR_PTE,
            "\tfor (i = 0; i < CONT_PTES; i++)\n\t\t__set_pte(ptep + i, pte_mknoncont(__ptep_get(ptep + i)));",
        ),
    ),
    _is(
        "loop-contpte-backwards",
        Change(
            CONTPTE,
            FOR_PTE,
            "\tfor (i = CONT_PTES - 1; i >= 0; i--)\n\t\t__set_pte(ptep + i, pte_mknoncont(__ptep_get(ptep + i)));",
        ),
    ),
    _is(
        "loop-contpte-local",
        Change(
            CONTPTE,
            FOR_PTE,
            "\tfor (i = 0; i < CONT_PTES; i++, ptep++) {\n\t\tpte_t pte = __ptep_get(ptep);\n\n"
            "\t\tpte = pte_mknoncont(pte);\n\t\t__set_pte(ptep, pte);\n\t}",
        ),
    ),
    _is(
        "loop-contpte-break",
        Change(CONTPTE, FOR_PTE, r"\tfor (i = 0;; i++, ptep++) {\n\t\tif (i == CONT_PTES)\n\t\t\tbreak;\n\t\t\1\n\t}"),
    ),
    _is("loop-contpte-declared", Change(CONTPTE, r"^\tint i;\n\n", ""), put(CONTPTE, "for (i = 0", "for (int i = 0")),
    _is(
        "loop-contpte-bound",
        Change(CONTPTE, r"^\tint i;", "\tconst int count = CONT_PTES;\n\tint i;"),
        put(CONTPTE, "i < CONT_PTES", "i < count"),
    ),
    _is(
        "loop-contpte-pointer",
        Change(CONTPTE, r"^\tint i;", "\tpte_t *last;"),
        Change(CONTPTE, FOR_PTE, r"\tfor (last = ptep + CONT_PTES; ptep < last; ptep++)\n\t\t\1"),
    ),
    _is(
        "loop-contpte-pointer-unequal",
        Change(CONTPTE, r"^\tint i;", "\tpte_t *last;"),
        Change(CONTPTE, FOR_PTE, r"\tlast = ptep + CONT_PTES;\n\tdo {\n\t\t\1\n\t} while (++ptep != last);"),
    ),
    _is(
        "loop-contpmd-while",
        Change(CONTPMD, FOR_PMD, r"\ti = 0;\n\twhile (i < CONT_PMDS) {\n\t\t\1\n\t\ti++;\n\t\tpmdp++;\n\t}"),
    ),
    _is(
        "loop-contpmd-index",
        Change(
            CONTPMD,
            FOR_PMD,
            "\tfor (i = 0; i < CONT_PMDS; i++)\n\t\tset_pmd(&pmdp[i], pmd_mknoncont(READ_ONCE(pmdp[i])));",
        ),
    ),
    _is(
        "loop-contpmd-do-down",
        Change(CONTPMD, FOR_PMD, r"\ti = CONT_PMDS;\n\tdo {\n\t\t\1\n\t\tpmdp++;\n\t} while (--i > 0);"),
    ),
    _is(
        "loop-split_pmd-body-steps",
        Change(PMD, FOR_TABLE, r"\tfor (i = 0; i < PTRS_PER_PTE; i++) {\n\t\t\1\n\t\tptep++;\n\t\tpfn++;\n\t}"),
    ),
    _is(
        "loop-split_pmd-index",
        Change(
            PMD, FOR_TABLE, "\tfor (i = 0; i < PTRS_PER_PTE; i++)\n\t\t__set_pte(&ptep[i], pfn_pte(pfn + i, prot));"
        ),
    ),
    _is(
        "loop-split_pmd-while-down",
        Change(PMD, FOR_TABLE, "\ti = PTRS_PER_PTE;\n\twhile (i--)\n\t\t__set_pte(ptep++, pfn_pte(pfn++, prot));"),
    ),
    _is(
        "loop-split_pud-index",
        Change(
            PUD,
            FOR_BLOCKS,
            "\tfor (i = 0; i < PTRS_PER_PMD; i++)\n\t\tset_pmd(pmdp + i, pfn_pmd(pfn + i * step, prot));",
        ),
    ),
    _is(
        "loop-split_pud-do",
        Change(PUD, FOR_BLOCKS, r"\ti = 0;\n\tdo {\n\t\t\1\n\t\tpfn += step;\n\t} while (pmdp++, ++i < PTRS_PER_PMD);"),
    ),
    _is(
        "loop-init_pte-for",
        Change("init_pte", DO, "\tfor (; addr != end; ptep++, addr += PAGE_SIZE) {"),
        Change("init_pte", WHILE, "\t}"),
    ),
    _is(
        "loop-init_pte-while",
        Change("init_pte", DO, "\twhile (addr < end) {"),
        Change("init_pte", WHILE, "\t\tptep++;\n\t\taddr += PAGE_SIZE;\n\t}"),
    ),
    _is(
        "loop-cont_pte-while", Change(PTES, DO, "\twhile (addr != end) {"), Change(PTES, WHILE, "\t\taddr = next;\n\t}")
    ),
    _is("loop-cont_pte-for", Change(PTES, DO, "\tfor (; addr != end; addr = next) {"), Change(PTES, WHILE, "\t}")),
    _is(
        "loop-cont_pte-break",
        Change(PTES, DO, "\tfor (;;) {"),
        Change(PTES, WHILE, "\t\taddr = next;\n\t\tif (addr == end)\n\t\t\tbreak;\n\t}"),
    ),
    _is(
        "loop-init_pmd-for", Change(PMDS, DO, "\tfor (; addr < end; pmdp++, addr = next) {"), Change(PMDS, WHILE, "\t}")
    ),
    _is(
        "loop-pud-while",
        Change(PUDS, DO, "\twhile (addr != end) {"),
        Change(PUDS, WHILE, "\t\tpudp++;\n\t\taddr = next;\n\t}"),
    ),
    _is(
        "loop-unmap_pte-for",
        Change(HOT_PTE, DO, "\tfor (; addr < end; ptep++, addr += PAGE_SIZE) {"),
        Change(HOT_PTE, WHILE, "\t}"),
    ),
    _is(
        "loop-unmap_pmd-for",
        Change(HOT_PMD, DO, "\tfor (; addr < end; pmdp++, addr = next) {"),
        Change(HOT_PMD, WHILE, "\t}"),
    ),
    _is("loop-unmap_pmd-unequal", put(HOT_PMD, "addr < end", "addr != end")),
    _is(
        "loop-unmap_pud-for", Change(HOT_PUD, DO, "\tfor (; addr < end; addr = next) {"), Change(HOT_PUD, WHILE, "\t}")
    ),
    _is(
        "loop-unmap_cont_pte-while",
        Change(HOT_CPTE, DO, "\twhile (addr < end) {"),
        Change(HOT_CPTE, WHILE, "\t\taddr = next;\n\t}"),
    ),
    _is(
        "loop-unmap_cont_pmd-for",
        Change(HOT_CPMD, DO, "\tfor (; addr < end; addr = next) {"),
        Change(HOT_CPMD, WHILE, "\t}"),
    ),
)

SECTION = r"(?s)if \((\(\(addr.*?\) == 0)\) \{\n(.*?\n)\t\t\} else \{\n(.*?\n)\t\t\}\n(?=\t\tphys)"
LEAF = r"(?s)if \((p.d_leaf\(p.d\))\) \{\n(.*?)\t\t\tcontinue;\n\t\t\}\n(.*?)(\t\} while)"
ARMS = r"if \((.*)\)\n(.*;)\n(\s*else)\n(.*;)"
CONT_IF = r"(?s)\t\tif \((p.._\w+)\((p..)\) && (p.._cont)\(p..\)\) \{\n(.*?)\t\t\}\n\n(\t\tunmap_hotplug.*?;\n)"

BRANCHES = (
    _is("if-cont_pte-inverted", Change(PTES, ARMS, r"if (!(\1))\n\4\n\3\n\2")),
    _is("if-cont_pte-zero", Change(PTES, ARMS, r"if ((\1) == 0)\n\4\n\3\n\2")),
    _is(
        "if-cont_pte-nonzero",
        put(PTES, "if (pgprot_val(__prot) & PTE_CONT)", "if ((pgprot_val(__prot) & PTE_CONT) != 0)"),
    ),
    _is("if-init_pmd-inverted", Change(PMDS, ARMS, r"if (!(\1))\n\4\n\3\n\2")),
    _is(
        "if-split_pmd-inverted",
        Change(PMD, r"if \(to_cont\)\n(.*lm_.*)\n\telse\n(.*)", r"if (!to_cont)\n\2\n\telse\n\1"),
    ),
    _is(
        "if-split_pud-false",
        Change(PUD, r"if \(to_cont\)\n(.*lm_.*)\n\telse\n(.*)", r"if (to_cont == false)\n\2\n\telse\n\1"),
    ),
    _is("if-split_pmd-two-ifs", Change(PMD, r"^\telse\n(?=.*lm_)", "\tif (!to_cont)\n")),
    _is("if-init_pmd-section", Change(PMDS, SECTION, r"if (!(\1)) {\n\3\t\t} else {\n\2\t\t}\n")),
    _is(
        "if-init_pmd-de-morgan",
        Change(
            PMDS,
            r"(?s)if \((\(\(addr.*?) == 0 &&(.*?) == 0\) \{\n(.*?\n)\t\t\} else \{\n(.*?\n)\t\t\}\n(?=\t\tphys)",
            r"if (\1 != 0 ||\2 != 0) {\n\4\t\t} else {\n\3\t\t}\n",
        ),
    ),
    _is("if-init_pmd-nots", Change(PMDS, r"(?s)if \((\(\(addr.*?) == 0 &&(\s*)(.*?) == 0\) \{", r"if (!\1 &&\2!\3) {")),
    _is(
        "if-init_pmd-alignments",
        Change(
            PMDS,
            r"\(\(addr \| next \| phys\) & ~PMD_MASK\) == 0",
            "(addr & ~PMD_MASK) == 0 && (next & ~PMD_MASK) == 0 && (phys & ~PMD_MASK) == 0",
        ),
    ),
    _is(
        "if-init_pmd-aligned-local",
        Change(
            PMDS, r"^\t\tnext = pmd_addr_end.*\n", "\\g<0>\t\tbool aligned = !((addr | next | phys) & ~PMD_MASK);\n"
        ),
        Change(PMDS, r"if \(\(\(addr \| next \| phys\) & ~PMD_MASK\) == 0", "if (aligned"),
    ),
    _is(
        "if-init_pmd-is-aligned",
        Change(PMDS, r"\(\(addr \| next \| phys\) & ~PMD_MASK\) == 0", "IS_ALIGNED(addr | next | phys, PMD_SIZE)"),
    ),
    _is(
        "if-init_pmd-size",
        Change(
            PMDS, r"\(\(addr \| next \| phys\) & ~PMD_MASK\) == 0", "next - addr == PMD_SIZE && (phys & ~PMD_MASK) == 0"
        ),
    ),
    _is("if-pud-nested", Change(PUDS, r"(?s)if \(count_lm\)\n(\t\t\t\tlm_\S+ .*?;)", r"if (count_lm) {\n\1\n\t\t\t}")),
    _is(
        "if-init_pmd-flat",
        Change(
            PMDS,
            r"(?s)if \(count_lm\) \{\n\t*if \((.*?)\)\n(.*?)\t*else\n(.*?)\t\t\t\}\n",
            r"if (count_lm && (\1))\n\2\t\t\telse if (count_lm)\n\3",
        ),
    ),
    _is(
        "if-cont_pte-goto",
        Change(
            PTES,
            r"(?s)\t\tif \(count_lm\) \{\n(.*?)\n\t\t\}\n(.*?)\t\tptep \+=",
            r"\t\tif (!count_lm)\n\t\t\tgoto step;\n\1\nstep:\n\t\tptep +=",
        ),
    ),
    _is("if-cont_pte-empty-arm", Change(PTES, r"if \(count_lm\) \{", "if (!count_lm) {\n\t\t\t;\n\t\t} else {")),
    _is(
        "if-unmap_pte-nested",
        Change(
            HOT_PTE,
            r"(?s)if \(pte_none\(pte\)\)\n\t*continue;\n\n(.*?)(\t\} while)",
            r"if (!pte_none(pte)) {\n\1\t\t}\n\2",
        ),
    ),
    _is(
        "if-unmap_pte-early",
        Change(HOT_PTE, r"(?s)if \(free_mapped\) \{\n(.*?)\n\t\t\}\n", r"if (!free_mapped)\n\t\t\tcontinue;\n\1\n"),
    ),
    _is("if-unmap_pmd-inverted", Change(HOT_PMD, LEAF, r"if (!\1) {\n\3\t\t\tcontinue;\n\t\t}\n\2\4")),
    _is("if-unmap_pmd-else", Change(HOT_PMD, LEAF, r"if (\1) {\n\2\t\t} else {\n\3\t\t}\n\4")),
    _is("if-unmap_pud-else", Change(HOT_PUD, LEAF, r"if (!\1) {\n\3\t\t} else {\n\2\t\t}\n\4")),
    _is("if-unmap_pmd-table-first", Change(HOT_PMD, LEAF, r"if (pmd_table(pmd)) {\n\3\t\t\tcontinue;\n\t\t}\n\2\4")),
    _is(
        "if-unmap_pmd-goto",
        Change(
            HOT_PMD,
            r"(?s)if \(pmd_none\(pmd\)\)\n\t*continue;(.*)(\t\} while)",
            r"if (pmd_none(pmd))\n\t\t\tgoto step;\1step:;\n\2",
        ),
    ),
    _is(
        "if-unmap_cont_pte-nested",
        Change(HOT_CPTE, CONT_IF, r"\t\tif (\1(\2)) {\n\t\t\tif (\3(\2)) {\n\4\t\t\t}\n\t\t}\n\n\5"),
    ),
    _is(
        "if-unmap_cont_pte-de-morgan",
        Change(HOT_CPTE, CONT_IF, r"\t\tif (!\1(\2) || !\3(\2)) {\n\t\t\t;\n\t\t} else {\n\4\t\t}\n\n\5"),
    ),
    _is(
        "if-unmap_cont_pte-continue",
        Change(HOT_CPTE, CONT_IF, r"\t\tif (!(\1(\2) && \3(\2))) {\n\5\t\t\tcontinue;\n\t\t}\n\4\5"),
    ),
    _is(
        "if-unmap_cont_pte-both-arms",
        Change(HOT_CPTE, CONT_IF, r"\t\tif (\1(\2) && \3(\2)) {\n\4\t\t\t\5\t\t} else {\n\t\5\t\t}\n"),
    ),
    _is("if-unmap_cont_pte-turned", Change(HOT_CPTE, CONT_IF, r"\t\tif (\3(\2) && \1(\2)) {\n\4\t\t}\n\n\5")),
    _is(
        "if-unmap_cont_pte-local",
        Change(HOT_CPTE, CONT_IF, r"\t\tbool block = \1(\2) && \3(\2);\n\n\t\tif (block) {\n\4\t\t}\n\n\5"),
    ),
    _is("if-unmap_cont_pte-after", Change(HOT_CPTE, CONT_IF, r"\5\n\t\tif (\1(\2) && \3(\2)) {\n\4\t\t}\n")),
    _is("if-unmap_cont_pte-only-cont", put(HOT_CPTE, "pte_present(pte) && pte_cont(pte)", "pte_cont(pte)")),
    _is(
        "if-unmap_cont_pmd-nested", Change(HOT_CPMD, CONT_IF, r"\t\tif (\1(\2))\n\t\t\tif (\3(\2)) {\n\4\t\t\t}\n\n\5")
    ),
    _is("if-unmap_cont_pmd-late", Change(HOT_CPMD, CONT_IF, r"\5\t\tif (!\1(\2) || !\3(\2))\n\t\t\tcontinue;\n\4")),
    _is(
        "if-split_to_ptes-early",
        Change(TO_PMD, r"(?s)if \(pmd_leaf\(pmd\)\) \{\n(.*?)\n\t\}\n", r"if (!pmd_leaf(pmd))\n\t\treturn 0;\n\1\n"),
    ),
    _is(
        "if-split_to_ptes-pte-early",
        Change(TO_PTE, r"if \(pte_cont\(pte\)\)\n", "if (!pte_cont(pte))\n\t\treturn 0;\n\n"),
    ),
    _is("if-split_to_ptes-pud-return", Change(TO_PUD, r"\t\tret = split_pud\((.*)\);", r"\t\treturn split_pud(\1);")),
    _is("if-split_kernel_leaf-returns", put(SPLIT, "goto out;", "return ret;", 0), Change(SPLIT, r"^out:\n", "")),
    _is(
        "if-split_pmd-switch",
        Change(
            PMD,
            r"if \(to_cont\)\n(.*lm_.*)\n\telse\n(.*)",
            r"switch (to_cont) {\n\tcase true:\n\1\n\t\tbreak;\n\tdefault:\n\2\n\t\tbreak;\n\t}",
        ),
    ),
    _is(
        "if-init_pmd-goto",
        Change(PMDS, r"^\tunsigned long next;\n", "\\g<0>\tint err = 0;\n"),
        put(PMDS, "return ret;", "goto failed;"),
        Change(PMDS, r"^\t\t\tint ret;\n\n", ""),
        put(PMDS, "unsigned long next;", "unsigned long next;\n\tint ret = 0;"),
        Change(PMDS, r"^\treturn 0;", "failed:\n\treturn ret;"),
    ),
    _is(
        "if-pud-return",
        Change(
            PUDS, r"if \(ret\)\n\t*goto out;", "if (ret) {\n\t\t\t\tpud_clear_fixmap();\n\t\t\t\treturn ret;\n\t\t\t}"
        ),
    ),
    _is(
        "if-split_pmd-goto",
        Change(PMD, r"return -ENOMEM;", "goto nomem;"),
        Change(PMD, r"^\treturn 0;", "\\g<0>\n\nnomem:\n\treturn -ENOMEM;"),
    ),
    _is(
        "if-split_pud-result",
        Change(PUD, r"^\tint i;", "\tint i, ret = -ENOMEM;"),
        put(PUD, "return -ENOMEM;", "goto out;"),
        Change(PUD, r"^\treturn 0;", "\tret = 0;\nout:\n\treturn ret;"),
    ),
)

CHOSEN = (
    _is(
        "type-cont_pte-ternary",
        Change(
            PTES,
            r"(?s)if \((pgprot_val\(__prot\).*?)\)\n.*?else\n\s*lm.*?;",
            r"enum lm_type type = (\1) ? CONT_PTE : PTE;\n\n\t\t\tlm_meminfo_add(addr, next - addr, type);",
        ),
    ),
    _is(
        "type-cont_pte-if",
        Change(
            PTES,
            ARMS,
            r"enum lm_type type;\n\n\t\t\tif (\1)\n\t\t\t\ttype = CONT_PTE;\n\t\t\telse\n\t\t\t\ttype = PTE;\n"
            r"\t\t\tlm_meminfo_add(addr, next - addr, type);",
        ),
    ),
    _is(
        "type-cont_pte-before",
        Change(PTES, ARMS, "lm_meminfo_add(addr, next - addr, type);"),
        Change(
            PTES, r"^\t\tinit_pte", "\t\tenum lm_type type = pgprot_val(__prot) & PTE_CONT ? CONT_PTE : PTE;\n\n\\g<0>"
        ),
    ),
    _is(
        "type-init_pmd-default",
        Change(
            PMDS,
            ARMS,
            r"enum lm_type type = PMD;\n\n\t\t\t\tif (\1)\n\t\t\t\t\ttype = CONT_PMD;\n"
            r"\t\t\t\tlm_meminfo_add(addr, next - addr, type);",
        ),
    ),
    _is("type-init_pmd-argument", Change(PMDS, ARMS, r"lm_meminfo_add(addr, next - addr, (\1) ? CONT_PMD : PMD);")),
    _is(
        "type-init_pmd-once",
        Change(PMDS, ARMS, "lm_meminfo_add(addr, next - addr, kind);"),
        Change(
            PMDS,
            r"^\tunsigned long next;",
            "\tconst enum lm_type kind = (pgprot_val(prot) & PTE_CONT) ? CONT_PMD : PMD;\n\\g<0>",
        ),
    ),
    _is(
        "type-split_pmd-ternary",
        Change(
            PMD, r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;", "lm_meminfo_add(addr, PMD_SIZE, to_cont ? CONT_PTE : PTE);"
        ),
    ),
    _is(
        "type-split_pmd-top",
        Change(PMD, r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;", "lm_meminfo_add(addr, PMD_SIZE, to);"),
        Change(PMD, r"^\tpte_t \*ptep;", "\tenum lm_type to = to_cont ? CONT_PTE : PTE;\n\\g<0>"),
    ),
    _is(
        "type-split_pmd-with-bit",
        Change(PMD, r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;", "lm_meminfo_add(addr, PMD_SIZE, to);"),
        Change(PMD, r"^\tpte_t \*ptep;", "\tenum lm_type to = PTE;\n\\g<0>"),
        Change(PMD, r"if \(to_cont\)\n(\t\tprot.*)", "if (to_cont) {\n\\1\n\t\tto = CONT_PTE;\n\t}"),
    ),
    _is("type-split_pmd-by-bit", Change(PMD, r"if \(to_cont\)(?=\n.*lm_)", "if (pgprot_val(prot) & PTE_CONT)")),
    _is(
        "type-split_pud-if",
        Change(
            PUD,
            r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;",
            "enum lm_type to;\n\n\tif (to_cont)\n\t\tto = CONT_PMD;\n\telse\n\t\tto = PMD;\n"
            "\tlm_meminfo_add(addr, PUD_SIZE, to);",
        ),
    ),
    _is(
        "type-split_pud-switch",
        Change(
            PUD,
            r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;",
            "enum lm_type to = PMD;\n\n\tswitch (to_cont) {\n\tcase true:\n\t\tto = CONT_PMD;\n\t}\n"
            "\tlm_meminfo_add(addr, PUD_SIZE, to);",
        ),
    ),
    _is(
        "type-unmap_pmd-local",
        Change(HOT_PMD, RECORD, r"enum lm_type type = PMD;\n\n\t\t\tlm_meminfo_sub(addr, PMD_SIZE, type);"),
    ),
)

COUNT_NEW = """static void count_new(unsigned long addr, unsigned long size, pgprot_t prot)
{
	if (pgprot_val(prot) & PTE_CONT)
		lm_meminfo_add(addr, size, CONT_PTE);
	else
		lm_meminfo_add(addr, size, PTE);
}
"""  # kernel style
MOVE = """static inline void lm_meminfo_move(unsigned long addr, unsigned long size,
				   enum lm_type from, enum lm_type to)
{
	lm_meminfo_sub(addr, size, from);
	lm_meminfo_add(addr, size, to);
}
"""  # noqa: E101  # kernel style
MOVE_DIRECT = """#ifdef CONFIG_PROC_FS
static inline void lm_meminfo_move(unsigned long addr, unsigned long size,
				   enum lm_type from, enum lm_type to)
{
	if (!__is_lm_address(addr))
		return;
	lm_meminfo[from] -= size;
	lm_meminfo[to] += size;
}
#else
static inline void lm_meminfo_move(unsigned long addr, unsigned long size, enum lm_type from, enum lm_type to) { }
#endif
"""  # noqa: E101  # kernel style
MOD = """#ifdef CONFIG_PROC_FS
static inline void lm_meminfo_mod(unsigned long va, long delta, enum lm_type type)
{
	if (__is_lm_address(va))
		lm_meminfo[type] += delta;
}
#else
static inline void lm_meminfo_mod(unsigned long va, long delta, enum lm_type type) { }
#endif
"""  # kernel style
UPDATE = """#ifdef CONFIG_PROC_FS
static inline void lm_meminfo_update(unsigned long addr, unsigned long size,
				     enum lm_type type, bool grow)
{
	if (!__is_lm_address(addr))
		return;
	if (grow)
		lm_meminfo[type] += size;
	else
		lm_meminfo[type] -= size;
}
#else
static inline void lm_meminfo_update(unsigned long addr, unsigned long size,
				     enum lm_type type, bool grow) { }
#endif
"""  # noqa: E101  # kernel style
IF_LM = r"if \(count_lm\) \{\n(?:.*\n){4}\t*\}\n"

EXTRACTED = (
    _is(
        "extract-count_new",
        _before(PTES, COUNT_NEW),
        Change(PTES, IF_LM, "if (count_lm)\n\t\t\tcount_new(addr, next - addr, __prot);\n"),
    ),
    _is(
        "extract-count_new-guard",
        _before(
            PTES,
            COUNT_NEW.replace("pgprot_t prot", "pgprot_t prot, bool count").replace(
                "{\n\tif", "{\n\tif (!count)\n\t\treturn;\n\tif"
            ),
        ),
        Change(PTES, IF_LM, "count_new(addr, next - addr, __prot, count_lm);\n"),
    ),
    _is(
        "extract-count_new-pmd",
        _before(PMDS, COUNT_NEW.replace("PTE);", "PMD);")),
        Change(PMDS, IF_LM, "if (count_lm)\n\t\t\t\tcount_new(addr, next - addr, prot);\n"),
    ),
    _is(
        "extract-pte_type",
        _head(
            "static enum lm_type pte_type(pgprot_t prot)\n{\n"
            "\treturn pgprot_val(prot) & PTE_CONT ? CONT_PTE : PTE;\n}\n"
        ),
        Change(PTES, ARMS, "lm_meminfo_add(addr, next - addr, pte_type(__prot));"),
    ),
    _is(
        "extract-pmd_type-ifs",
        _head(
            "static enum lm_type pmd_type(pgprot_t prot)\n{\n\tif (pgprot_val(prot) & PTE_CONT)\n\t\treturn CONT_PMD;\n"
            "\n\treturn PMD;\n}\n"
        ),
        Change(PMDS, ARMS, "lm_meminfo_add(addr, next - addr, pmd_type(prot));"),
    ),
    _is(
        "extract-is_new",
        _head("static bool is_new(pmd_t pmd)\n{\n\treturn pmd_none(pmd);\n}\n"),
        put(PMDS, "= pmd_none(old_pmd)", "= is_new(old_pmd)"),
    ),
    _is(
        "extract-is_new-pointer",
        _head("static inline bool is_new(pte_t *ptep)\n{\n\treturn pte_none(__ptep_get(ptep));\n}\n"),
        put(PTES, "= pte_none(__ptep_get(ptep))", "= is_new(ptep)"),
    ),
    _is(
        "extract-is_cont_leaf",
        _before(HOT_CPMD, "static bool pmd_is_cont_leaf(pmd_t pmd)\n{\n\treturn pmd_leaf(pmd) && pmd_cont(pmd);\n}\n"),
        put(HOT_CPMD, "pmd_leaf(pmd) && pmd_cont(pmd)", "pmd_is_cont_leaf(pmd)"),
    ),
    _is(
        "extract-move",
        _head(MOVE),
        _gone(CONTPTE, 2),
        Change(CONTPTE, RECORD, "lm_meminfo_move(addr, CONT_PTE_SIZE, CONT_PTE, PTE);"),
    ),
    _is(
        "extract-move-direct",
        _head(MOVE_DIRECT),
        _gone(CONTPMD, 1),
        Change(CONTPMD, RECORD, "lm_meminfo_move(addr, CONT_PMD_SIZE, CONT_PMD, PMD);"),
    ),
    _is(
        "extract-move-unmap",
        _head(MOVE),
        _gone(HOT_CPTE, 2),
        Change(HOT_CPTE, RECORD, "lm_meminfo_move(addr, CONT_PTE_SIZE, CONT_PTE, PTE);"),
        _gone(HOT_CPMD, 2),
        Change(HOT_CPMD, RECORD, "lm_meminfo_move(addr, CONT_PMD_SIZE, CONT_PMD, PMD);"),
    ),
    _is(
        "extract-move-split_pmd",
        _head(MOVE),
        _gone(PMD, 1),
        Change(
            PMD,
            r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;",
            "lm_meminfo_move(addr, PMD_SIZE, PMD, to_cont ? CONT_PTE : PTE);",
        ),
    ),
    _is(
        "extract-delta",
        _head(MOD),
        Change(CONTPTE, RECORD, r"lm_meminfo_mod(addr, -CONT_PTE_SIZE, \3);"),
        Change(CONTPTE, RECORD, r"lm_meminfo_mod(addr, \2, \3);"),
    ),
    _is("extract-delta-cast", _head(MOD), Change(HOT_PMD, RECORD, r"lm_meminfo_mod(addr, -(long)\2, \3);")),
    _is(
        "extract-update",
        _head(UPDATE),
        Change(PUD, r"lm_meminfo_sub\((.*)\);", r"lm_meminfo_update(\1, false);", 0),
        Change(PUD, r"lm_meminfo_add\((.*)\);", r"lm_meminfo_update(\1, true);", 0),
    ),
    _is(
        "extract-contpte-loop",
        _before(
            CONTPTE,
            "static void ptes_mknoncont(pte_t *ptep)\n{\n\tint i;\n\n\tfor (i = 0; i < CONT_PTES; i++, ptep++)\n"
            "\t\t__set_pte(ptep, pte_mknoncont(__ptep_get(ptep)));\n}\n",
        ),
        Change(CONTPTE, FOR_PTE, "\tptes_mknoncont(ptep);"),
        Change(CONTPTE, r"^\tint i;\n\n", ""),
    ),
    _is(
        "extract-contpte-loop-count",
        _before(
            CONTPTE,
            "static void ptes_mknoncont(pte_t *ptep, int count)\n{\n\twhile (count--) {\n"
            "\t\t__set_pte(ptep, pte_mknoncont(__ptep_get(ptep)));\n\t\tptep++;\n\t}\n}\n",
        ),
        Change(CONTPTE, FOR_PTE, "\tptes_mknoncont(ptep, CONT_PTES);"),
        Change(CONTPTE, r"^\tint i;\n\n", ""),
    ),
    _is(
        "extract-pte-noncont",
        _before(
            CONTPTE,
            "static void pte_clear_cont(pte_t *ptep)\n{\n\t__set_pte(ptep, pte_mknoncont(__ptep_get(ptep)));\n}\n",
        ),
        Change(CONTPTE, r"__set_pte\(.*;", "pte_clear_cont(ptep);"),
    ),
    _is(
        "extract-split_pmd-fill",
        _before(
            PMD,
            "static void fill_pte_table(pte_t *ptep, unsigned long pfn, pgprot_t prot)\n{\n\tint i;\n\n"
            "\tfor (i = 0; i < PTRS_PER_PTE; i++, ptep++, pfn++)\n\t\t__set_pte(ptep, pfn_pte(pfn, prot));\n}\n",
        ),
        Change(PMD, FOR_TABLE, "\tfill_pte_table(ptep, pfn, prot);"),
        Change(PMD, r"^\tint i;\n", ""),
    ),
    _is(
        "extract-split_pmd-record",
        _before(
            PMD,
            "static void count_pmd_split(unsigned long addr, bool to_cont)\n{\n\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n"
            "\tlm_meminfo_add(addr, PMD_SIZE, to_cont ? CONT_PTE : PTE);\n}\n",
        ),
        _gone(PMD, 1),
        Change(PMD, r"if \(to_cont\)\n.*lm_.*\n\telse\n.*;", "count_pmd_split(addr, to_cont);"),
    ),
    _is(
        "extract-unmap-conversion",
        _before(
            HOT_CPTE,
            "static void uncount_cont_pte(unsigned long addr, pte_t pte)\n{\n"
            "\tif (!pte_present(pte) || !pte_cont(pte))\n\t\treturn;\n\n"
            "\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n\tlm_meminfo_add(addr, CONT_PTE_SIZE, PTE);\n}\n",
        ),
        Change(HOT_CPTE, CONT_IF, r"\t\tuncount_cont_pte(addr, \2);\n\5"),
    ),
    _is(
        "extract-unmap-conversion-pointer",
        _before(
            HOT_CPMD,
            "static void uncount_cont_pmd(unsigned long addr, pmd_t *pmdp)\n{\n"
            "\tpmd_t pmd = READ_ONCE(*pmdp);\n\n\tif (pmd_leaf(pmd) && pmd_cont(pmd)) {\n"
            "\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n"
            "\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t}\n}\n",
        ),
        Change(HOT_CPMD, CONT_IF, r"\t\tuncount_cont_pmd(addr, pmdp);\n\5"),
    ),
    _is(
        "extract-clear-leaf",
        _before(
            HOT_PMD,
            "static void clear_pmd_leaf(pmd_t *pmdp, unsigned long addr)\n{\n\tpmd_clear(pmdp);\n"
            "\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n}\n",
        ),
        _gone(HOT_PMD),
        put(HOT_PMD, "pmd_clear(pmdp)", "clear_pmd_leaf(pmdp, addr)"),
    ),
    _is(
        "extract-clear-pte",
        _before(
            HOT_PTE,
            "static void clear_pte(unsigned long addr, pte_t *ptep)\n{\n\t__pte_clear(&init_mm, addr, ptep);\n"
            "\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n}\n",
        ),
        _gone(HOT_PTE),
        Change(HOT_PTE, r"__pte_clear\(.*;", "clear_pte(addr, ptep);"),
    ),
    _is(
        "extract-map_block",
        _before(
            PMDS,
            "static void map_pmd_block(pmd_t *pmdp, unsigned long addr, phys_addr_t phys, pgprot_t prot)\n{\n"
            "\tbool fresh = pmd_none(READ_ONCE(*pmdp));\n\n\tpmd_set_huge(pmdp, phys, prot);\n"
            "\tif (!fresh)\n\t\treturn;\n"
            "\tlm_meminfo_add(addr, PMD_SIZE, pgprot_val(prot) & PTE_CONT ? CONT_PMD : PMD);\n}\n",
        ),
        put(PMDS, "pmd_set_huge(pmdp, phys, prot);", "map_pmd_block(pmdp, addr, phys, prot);"),
        Change(PMDS, IF_LM, ";\n"),
        Change(PMDS, r"^\t\tbool count_lm.*\n", ""),
    ),
    _is(
        "extract-split-if-leaf",
        _before(
            TO_PMD,
            "static void split_if_cont(unsigned long addr, pmd_t *pmdp, pmd_t pmd)\n{\n\tif (pmd_cont(pmd))\n"
            "\t\tsplit_contpmd(addr, pmdp);\n}\n",
        ),
        Change(TO_PMD, r"if \(pmd_cont\(pmd\)\)\n\s*split_contpmd.*;", "split_if_cont(addr, pmdp, pmd);"),
    ),
    _is(
        "extract-allocate",
        _before(
            PMD,
            "static phys_addr_t alloc_pte_table(gfp_t gfp)\n{\n"
            "\treturn pgd_pgtable_alloc_init_mm_gfp(PGTABLE_LEVEL_PTE, gfp);\n}\n",
        ),
        Change(PMD, r"= pgd_pgtable_alloc_init_mm_gfp\(.*\);", "= alloc_pte_table(gfp);"),
    ),
)

INLINED = (
    _is(
        "inline-add",
        Change(
            CONTPTE,
            r"lm_meminfo_add\(addr, (.*), (.*)\);",
            r"\n#ifdef CONFIG_PROC_FS\n\tif (__is_lm_address(addr))\n\t\tlm_meminfo[\2] += \1;\n#endif",
        ),
    ),
    _is(
        "inline-sub",
        Change(
            HOT_PMD,
            r"lm_meminfo_sub\(addr, (.*), (.*)\);",
            r"\n#ifdef CONFIG_PROC_FS\n\t\t\tif (__is_lm_address(addr))\n\t\t\t\tlm_meminfo[\2] -= \1;\n#endif",
        ),
    ),
    _is(
        "inline-both",
        Change(
            CONTPMD,
            r"lm_meminfo_sub\(addr, (.*), (.*)\);",
            r"\n#ifdef CONFIG_PROC_FS\n\tif (__is_lm_address(addr)) {\n"
            r"\t\tlm_meminfo[\2] -= \1;\n\t\tlm_meminfo[PMD] += \1;\n\t}\n#endif",
        ),
        _gone(CONTPMD),
    ),
    _is(
        "inline-add-in-loop",
        Change(
            PMDS,
            r"lm_meminfo_add\(addr, (.*), PMD\);",
            r"{\n#ifdef CONFIG_PROC_FS\n\t\t\t\t\tlm_meminfo[PMD] += __is_lm_address(addr) ? \1 : 0;\n"
            r"#endif\n\t\t\t\t}",
        ),
    ),
    _is(
        "inline-pmd_set_huge",
        put(
            PMDS,
            "pmd_set_huge(pmdp, phys, prot);",
            "set_pmd(pmdp, pfn_pmd(__phys_to_pfn(phys), mk_pmd_sect_prot(prot)));",
        ),
    ),
    _is(
        "inline-pmd_set_huge-guarded",
        Change(
            PMDS,
            r"^\t*pmd_set_huge.*\n",
            "\t\t\tpmd_t new_pmd = pfn_pmd(__phys_to_pfn(phys), mk_pmd_sect_prot(prot));\n\n"
            "\t\t\tif (pgattr_change_is_safe(READ_ONCE(pmd_val(*pmdp)), pmd_val(new_pmd)))\n"
            "\t\t\t\tset_pmd(pmdp, new_pmd);\n",
        ),
    ),
    _is(
        "inline-pud_set_huge",
        put(
            PUDS,
            "pud_set_huge(pudp, phys, prot);",
            "set_pud(pudp, pfn_pud(__phys_to_pfn(phys), mk_pud_sect_prot(prot)));",
        ),
    ),
    _is(
        "inline-split_contpte",
        Change(
            TO_PTE,
            r"split_contpte\(addr, ptep\);",
            "{\n\t\tint i;\n\n\t\tptep = PTR_ALIGN_DOWN(ptep, sizeof(*ptep) * CONT_PTES);\n"
            "\t\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n\t\tlm_meminfo_add(addr, CONT_PTE_SIZE, PTE);\n"
            "\t\tfor (i = 0; i < CONT_PTES; i++)\n\t\t\t__set_pte(ptep + i, pte_mknoncont(__ptep_get(ptep + i)));\n\t}",
        ),
    ),
    _is(
        "inline-split_contpmd",
        Change(
            TO_PMD,
            r"split_contpmd\(addr, pmdp\);",
            "{\n\t\t\tpmd_t *first = PTR_ALIGN_DOWN(pmdp, sizeof(*pmdp) * CONT_PMDS);\n\t\t\tint i;\n\n"
            "\t\t\tfor (i = 0; i < CONT_PMDS; i++, first++)\n\t\t\t\tset_pmd(first, pmd_mknoncont(pmdp_get(first)));\n"
            "\t\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n"
            "\t\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t\t}",
        ),
    ),
    _is(
        "inline-init_pte",
        Change(
            PTES,
            r"\t\tinit_pte\(ptep, addr, next, phys, __prot\);",
            "\t\tunsigned long va = addr;\n\t\tphys_addr_t pa = phys;\n\t\tpte_t *p = ptep;\n\n"
            "\t\tfor (; va != next; va += PAGE_SIZE, pa += PAGE_SIZE, p++) {\n\t\t\tpte_t old = __ptep_get(p);\n\n"
            "\t\t\t__set_pte_nosync(p, pfn_pte(__phys_to_pfn(pa), __prot));\n"
            "\t\t\tBUG_ON(!pgattr_change_is_safe(pte_val(old), pte_val(__ptep_get(p))));\n\t\t}",
        ),
    ),
    _is("inline-init_clear_pgtable", put(PTES, "init_clear_pgtable(ptep);", "clear_page(ptep);\n\t\tdsb(ishst);")),
    _is(
        "inline-allocate",
        Change(
            PMD,
            r"pgd_pgtable_alloc_init_mm_gfp\(PGTABLE_LEVEL_PTE, gfp\)",
            "__pgd_pgtable_alloc(&init_mm, gfp, PGTABLE_LEVEL_PTE)",
        ),
    ),
)

AROUND_CONTPMD = (
    "{\n\t\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n\t\t\tsplit_contpmd(addr, pmdp);\n"
    "\t\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t\t}"
)
AFTER_CONTPTE = (
    "{\n\t\tsplit_contpte(addr, ptep);\n\t\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n"
    "\t\tlm_meminfo_add(addr, CONT_PTE_SIZE, PTE);\n\t}"
)

MOVED = (
    _is(
        "move-contpmd-to-callers",
        _gone(CONTPMD),
        put(SPLIT, "split_contpmd(addr, pmdp);", AROUND_CONTPMD),
        put(TO_PMD, "split_contpmd(addr, pmdp);", AROUND_CONTPMD),
    ),
    _is(
        "move-contpte-to-callers",
        _gone(CONTPTE),
        put(SPLIT, "split_contpte(addr, ptep);", AFTER_CONTPTE),
        put(TO_PTE, "split_contpte(addr, ptep);", AFTER_CONTPTE),
    ),
    _is(
        "move-contpte-sub-to-callers",
        _gone(CONTPTE, 1),
        put(
            SPLIT,
            "split_contpte(addr, ptep);",
            "{\n\t\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n\t\tsplit_contpte(addr, ptep);\n\t}",
        ),
        put(
            TO_PTE,
            "split_contpte(addr, ptep);",
            "{\n\t\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n\t\tsplit_contpte(addr, ptep);\n\t}",
        ),
    ),
    _is(
        "move-split_pud-sub-to-callers",
        _gone(PUD, 1),
        Change(
            SPLIT,
            r"(ret = split_pud.*\n\t\tif \(ret\)\n\t\t\tgoto out;\n)",
            "\\1\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n",
        ),
        Change(
            TO_PUD,
            r"(\t\tret = split_pud.*\n)",
            "\t{\n\\1\t\tif (!ret)\n\t\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\t}\n",
        ),
    ),
    _is(
        "move-split_pud-to-callers",
        _gone(PUD, 1),
        Change(PUD, r"^\tif \(to_cont\)\n.*lm_.*\n\telse\n.*;\n", ""),
        Change(
            SPLIT,
            r"(ret = split_pud.*\n\t\tif \(ret\)\n\t\t\tgoto out;\n)",
            "\\1\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\t\tlm_meminfo_add(addr, PUD_SIZE, CONT_PMD);\n",
        ),
        Change(
            TO_PUD,
            r"(\t\tret = split_pud.*\n)",
            "\t{\n\\1\t\tif (ret)\n\t\t\treturn ret;\n\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n"
            "\t\tlm_meminfo_add(addr, PUD_SIZE, PMD);\n\t}\n",
        ),
    ),
    _is(
        "move-split_pmd-sub-to-callers",
        _gone(PMD, 1),
        Change(
            SPLIT,
            r"(ret = split_pmd.*\n\t\tif \(ret\)\n\t\t\tgoto out;\n)",
            "\\1\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n",
        ),
        Change(TO_PMD, r"(\t\tret = split_pmd.*\n)", "\\1\t\tif (!ret)\n\t\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n"),
    ),
    _is(
        "move-split_pmd-undo-in-caller",
        _gone(PMD, 1),
        Change(
            SPLIT,
            r"(ret = split_pmd.*\n\t\tif \(ret\)\n\t\t\tgoto out;\n)",
            "\\1\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n",
        ),
        Change(
            TO_PMD,
            r"(\t\tret = split_pmd.*\n)",
            "\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n\\1\t\tif (ret)\n\t\t\tlm_meminfo_add(addr, PMD_SIZE, PMD);\n",
        ),
    ),
    _is(
        "move-pte-page-by-page",
        Change(PTES, rf"^\t\t{IF_LM}\n", ""),
        Change(PTES, r"^\t\tbool count_lm.*\n", ""),
        Change(
            "init_pte",
            r"^\t\tphys \+= PAGE_SIZE;",
            "\t\tif (pte_none(old_pte)) {\n\t\t\tif (pgprot_val(prot) & PTE_CONT)\n"
            "\t\t\t\tlm_meminfo_add(addr, PAGE_SIZE, CONT_PTE);\n\t\t\telse\n"
            "\t\t\t\tlm_meminfo_add(addr, PAGE_SIZE, PTE);\n\t\t}\n\\g<0>",
        ),
    ),
    _is(
        "move-pte-page-by-page-ternary",
        Change(PTES, rf"^\t\t{IF_LM}\n", ""),
        Change(PTES, r"^\t\tbool count_lm.*\n", ""),
        Change(
            "init_pte",
            r"^\t\t__set_pte_nosync.*\n",
            "\t\tif (pte_none(old_pte))\n"
            "\t\t\tlm_meminfo_add(addr, PAGE_SIZE, pgprot_val(prot) & PTE_CONT ? CONT_PTE : PTE);\n\\g<0>",
        ),
    ),
    _is(
        "move-unmap-pte-by-entry",
        Change(HOT_CPTE, CONT_IF, r"\5"),
        Change(HOT_PTE, RECORD, "lm_meminfo_sub(addr, PAGE_SIZE, pte_cont(pte) ? CONT_PTE : PTE);"),
    ),
    _is(
        "move-unmap-pmd-by-entry",
        Change(HOT_CPMD, CONT_IF, r"\5"),
        Change(
            HOT_PMD,
            RECORD,
            "if (pmd_cont(pmd))\n\t\t\t\tlm_meminfo_sub(addr, PMD_SIZE, CONT_PMD);\n\t\t\telse\n"
            "\t\t\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);",
        ),
    ),
    _is(
        "move-contpte-by-entry",
        _gone(CONTPTE),
        Change(
            CONTPTE,
            FOR_PTE,
            r"\tfor (i = 0; i < CONT_PTES; i++, ptep++) {\n\t\t\1\n\t\tlm_meminfo_sub(addr, PAGE_SIZE, CONT_PTE);\n"
            r"\t\tlm_meminfo_add(addr, PAGE_SIZE, PTE);\n\t}",
        ),
    ),
    _is(
        "move-split_pmd-by-entry",
        Change(PMD, r"^\tif \(to_cont\)\n.*lm_.*\n\telse\n.*;\n", ""),
        Change(
            PMD,
            FOR_TABLE,
            r"\tfor (i = 0; i < PTRS_PER_PTE; i++, ptep++, pfn++) {\n\t\t\1\n"
            r"\t\tlm_meminfo_add(addr, PAGE_SIZE, to_cont ? CONT_PTE : PTE);\n\t}",
        ),
    ),
    _is(
        "move-to-function-end",
        _gone(CONTPTE, 1),
        Change(CONTPTE, r"^\}", "\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n}"),
    ),
    _is(
        "move-to-function-start",
        _gone(CONTPTE, 2),
        Change(CONTPTE, r"^\tlm_meminfo_sub", "\tlm_meminfo_add(addr, CONT_PTE_SIZE, PTE);\n\\g<0>"),
    ),
    _is(
        "move-split_pmd-sub-after",
        _gone(PMD, 1),
        Change(PMD, r"^\t__pmd_populate.*\n", "\\g<0>\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n"),
    ),
    _is(
        "move-split_pmd-add-before",
        Change(PMD, r"(\tfor .*\n\t*__set_pte.*\n)(\tif \(to_cont\)\n.*\n\telse\n.*;\n)", r"\2\1"),
    ),
    _is(
        "move-split_pud-add-after",
        Change(PUD, r"(?s)(\tif \(to_cont\)\n\t\tlm.*?else\n.*?;\n)(.*?\t__pud_populate.*?;\n)", r"\2\1"),
    ),
    _is(
        "move-unmap_pmd-sub-before",
        _gone(HOT_PMD),
        Change(HOT_PMD, r"^\t*pmd_clear", "\t\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n\\g<0>"),
    ),
    _is(
        "move-unmap_pte-sub-last",
        _gone(HOT_PTE),
        Change(HOT_PTE, r"^\t\} while", "\t\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n\\g<0>"),
    ),
    _is("move-init_pmd-add-before", Change(PMDS, r"(?s)(\t*pmd_set_huge.*?\n)\n(.*?\n\t\t\t\}\n)", r"\2\1")),
    _is("move-init_pmd-add-after-check", Change(PMDS, rf"(?s)(\t\t\t{IF_LM[:-2]}\n)(.*?\)\)\)\);\n)", r"\2\1")),
    _is("move-cont_pte-add-before", Change(PTES, rf"(\t\tinit_pte.*\n)\n(\t\t{IF_LM})", r"\2\1")),
    _is(
        "move-unmap-halves-apart",
        _gone(HOT_CPTE, 1),
        Change(
            HOT_CPTE,
            r"^\t\tunmap_hotplug_pte_range.*\n",
            "\\g<0>\t\tif (pte_present(pte) && pte_cont(pte))\n\t\t\tlm_meminfo_sub(addr, CONT_PTE_SIZE, CONT_PTE);\n",
        ),
    ),
    _is("swap-unmap-halves", Change(HOT_CPTE, r"^(.*lm_meminfo_sub.*\n)(.*lm_meminfo_add.*\n)", r"\2\1")),
    _is("swap-unmap-halves-pmd", Change(HOT_CPMD, r"^(.*lm_meminfo_sub.*\n)(.*lm_meminfo_add.*\n)", r"\2\1")),
    _is(
        "undo-split_pmd",
        _gone(PMD, 1),
        Change(PMD, r"^\tpte_phys = ", "\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n\\g<0>"),
        Change(
            PMD, r"\)\n\t\treturn -ENOMEM;", ") {\n\t\tlm_meminfo_add(addr, PMD_SIZE, PMD);\n\t\treturn -ENOMEM;\n\t}"
        ),
    ),
    _is(
        "undo-split_pud-goto",
        _gone(PUD, 1),
        Change(PUD, r"^\tpmd_phys = ", "\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\\g<0>"),
        Change(PUD, r"return -ENOMEM;", "goto undo;"),
        Change(PUD, r"^\treturn 0;", "\\g<0>\n\nundo:\n\tlm_meminfo_add(addr, PUD_SIZE, PUD);\n\treturn -ENOMEM;"),
    ),
)

LM_ADD = "#define LM_ADD(a, s, t) lm_meminfo_add((a), (s), (t))\n"
LM_DO = "#define LM_ADD(a, s, t) do { lm_meminfo_add(a, s, t); } while (0)\n"
LM_MOVE = (
    "#define LM_MOVE(a, s, from, to)\t\t\t\t\\\n\tdo {\t\t\t\t\t\t\\\n\t\tlm_meminfo_sub(a, s, from);\t\t\\\n"
    "\t\tlm_meminfo_add(a, s, to);\t\t\\\n\t} while (0)\n"
)

MACROS = (
    _is("macro-function", _head(LM_ADD), Change(PTES, r"lm_meminfo_add\(", "LM_ADD(", 0)),
    _is("macro-do-while", _head(LM_DO), Change(PMDS, r"lm_meminfo_add\(", "LM_ADD(", 0)),
    _is(
        "macro-do-while-split",
        _head(LM_DO),
        Change(PMD, r"lm_meminfo_add\(", "LM_ADD(", 0),
        Change(PUD, r"lm_meminfo_add\(", "LM_ADD(", 0),
    ),
    _is(
        "macro-two-calls",
        _head(LM_MOVE),
        _gone(CONTPTE, 2),
        Change(CONTPTE, RECORD, "LM_MOVE(addr, CONT_PTE_SIZE, CONT_PTE, PTE);"),
    ),
    _is(
        "macro-two-calls-unmap",
        _head(LM_MOVE),
        _gone(HOT_CPMD, 2),
        Change(HOT_CPMD, RECORD, "LM_MOVE(addr, CONT_PMD_SIZE, CONT_PMD, PMD);"),
    ),
    _is("macro-size", _head("#define BLOCK_BYTES PMD_SIZE\n"), Change(PMD, r"addr, PMD_SIZE", "addr, BLOCK_BYTES", 0)),
    _is(
        "macro-size-function",
        _head("#define pages_to_bytes(n) ((n) * PAGE_SIZE)\n"),
        put(CONTPTE, "CONT_PTE_SIZE", "pages_to_bytes(CONT_PTES)", 0),
    ),
    _is(
        "macro-guard",
        _head("#define is_new_pte(p) pte_none(__ptep_get(p))\n"),
        put(PTES, "= pte_none(__ptep_get(ptep))", "= is_new_pte(ptep)"),
    ),
    _is(
        "macro-type",
        _head("#define pte_type(prot) (pgprot_val(prot) & PTE_CONT ? CONT_PTE : PTE)\n"),
        Change(PTES, ARMS, "lm_meminfo_add(addr, next - addr, pte_type(__prot));"),
    ),
    _is(
        "macro-conditional",
        _head("#define LM_ADD_IF(c, a, s, t) do { if (c) lm_meminfo_add(a, s, t); } while (0)\n"),
        Change(PUDS, r"if \(count_lm\)\n\s*lm_meminfo_add\(", "LM_ADD_IF(count_lm, "),
    ),
)

LM_IF = r"if \(count_lm\)"
GUARDS = (
    _is("guard-pmd-not-present", put(PMDS, "= pmd_none(old_pmd)", "= !pmd_present(old_pmd)")),
    _is("guard-pmd-value", put(PMDS, "= pmd_none(old_pmd)", "= pmd_val(old_pmd) == 0")),
    _is("guard-pmd-not-value", put(PMDS, "= pmd_none(old_pmd)", "= !pmd_val(old_pmd)")),
    _is("guard-pmd-read", put(PMDS, "= pmd_none(old_pmd)", "= pmd_none(READ_ONCE(*pmdp))")),
    _is("guard-pmd-get", put(PMDS, "pmd_none(old_pmd)", "pmd_none(pmdp_get(pmdp))")),
    _is("guard-pmd-direct", Change(PMDS, LM_IF, "if (pmd_none(old_pmd))"), Change(PMDS, r"^\t\tbool count_lm.*\n", "")),
    _is("guard-pud-direct", Change(PUDS, LM_IF, "if (pud_none(old_pud))"), Change(PUDS, r"^\t\tbool count_lm.*\n", "")),
    _is("guard-pud-value", put(PUDS, "= pud_none(old_pud)", "= !pud_val(old_pud)")),
    _is("guard-pud-get", put(PUDS, "READ_ONCE(*pudp);\n\t\tbool", "pudp_get(pudp);\n\t\tbool")),
    _is("guard-pte-value", put(PTES, "= pte_none(__ptep_get(ptep))", "= !pte_val(__ptep_get(ptep))")),
    _is(
        "guard-pte-local",
        Change(
            PTES,
            r"^\t\tbool count_lm = .*;",
            "\t\tpte_t first = __ptep_get(ptep);\n\t\tbool count_lm = pte_none(first);",
        ),
    ),
    _is(
        "guard-pte-later",
        Change(PTES, r"^\t\tbool count_lm = .*;", "\t\tpte_t first = __ptep_get(ptep);"),
        Change(PTES, LM_IF, "if (pte_none(first))"),
    ),
    _is("guard-pte-assigned", Change(PTES, r"^\t\tbool count_lm = (.*);", r"\t\tbool count_lm;\n\n\t\tcount_lm = \1;")),
    _is(
        "guard-pte-function-scope",
        Change(PTES, r"^\t\tbool count_lm = (.*);", r"\t\tcount_lm = \1;"),
        Change(PTES, r"^\tpte_t \*ptep;", "\\g<0>\n\tbool count_lm;"),
    ),
    _is(
        "guard-pte-negative",
        Change(PTES, r"^\t\tbool count_lm = (.*);", r"\t\tbool live = !\1;"),
        Change(PTES, LM_IF, "if (!live)"),
    ),
    _is("guard-pte-int", Change(PTES, r"bool count_lm = (.*);", r"int count_lm = \1 ? 1 : 0;")),
    _is("guard-pte-compared", Change(PTES, LM_IF, "if (count_lm == true)")),
    _is("guard-pte-double-not", Change(PTES, LM_IF, "if (!!count_lm)")),
    _is(
        "guard-pmd-if-else",
        Change(
            PMDS,
            r"^\t\tbool count_lm = .*;",
            "\t\tbool count_lm;\n\n\t\tif (pmd_none(old_pmd))\n\t\t\tcount_lm = true;\n\t\telse\n"
            "\t\t\tcount_lm = false;",
        ),
    ),
    _is("guard-pmd-twice", Change(PMDS, LM_IF, "if (count_lm && pmd_none(old_pmd))")),
    _is("guard-pmd-constant", put(PMDS, "bool count_lm", "const bool count_lm")),
    _is("guard-unmap_pte-present", Change(HOT_PTE, r"lm_meminfo_sub", r"if (pte_present(pte))\n\t\t\t\g<0>")),
    _is("guard-unmap_pmd-snapshot", Change(HOT_PMD, r"lm_meminfo_sub", r"if (pmd_leaf(pmd))\n\t\t\t\t\g<0>")),
    _is(
        "guard-unmap_pte-freed-else",
        _gone(HOT_PTE),
        Change(
            HOT_PTE,
            r"(?s)if \(free_mapped\) (\{.*?\n\t\t\})\n",
            r"if (free_mapped) \1 else {\n\t\t\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n\t\t}\n",
        ),
    ),
    _is("guard-unmap_pmd-not-freed", Change(HOT_PMD, r"lm_meminfo_sub", r"if (!free_mapped)\n\t\t\t\t\g<0>")),
    _is(
        "guard-unmap_pud-both",
        _gone(HOT_PUD),
        Change(
            HOT_PUD,
            r"(?s)if \(free_mapped\) \{(.*?)(\n\t\t\t\})\n",
            r"if (free_mapped) {\n\t\t\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\1\2 else {\n"
            r"\t\t\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\t\t\t}\n",
        ),
    ),
    _is("guard-unmap_pte-none-value", put(HOT_PTE, "pte_none(pte)", "!pte_val(pte)")),
    _is(
        "guard-split_contpte-early",
        Change(CONTPTE, r"^\tint i;", "\tpte_t pte = __ptep_get(ptep);\n\tint i;"),
        Change(CONTPTE, r"^\t(lm_meminfo_add.*)", "\tif (pte_cont(pte))\n\t\t\\1"),
    ),
    _is(
        "guard-split_contpte-inside",
        Change(CONTPTE, r"^\tint i;\n", "\\g<0>\n\tif (!pte_cont(__ptep_get(ptep)))\n\t\treturn;\n"),
        Change(SPLIT, r"if \(pte_cont\(pte\)\)\n\s*", ""),
        Change(TO_PTE, r"if \(pte_cont\(pte\)\)\n\s*", ""),
    ),
    _is("guard-to_ptes-read-again", Change(TO_PMD, r"(ret = split_pmd\(addr, pmdp, )pmd", r"\1pmdp_get(pmdp)")),
    _is("guard-to_ptes-refresh", Change(TO_PMD, r"^\t\tret = split_pmd", "\t\tpmd = pmdp_get(pmdp);\n\\g<0>")),
)


def _sizes() -> list[Variant]:
    found = []
    for function, old, news in (
        (
            CONTPTE,
            "CONT_PTE_SIZE",
            (
                "CONT_PTES * PAGE_SIZE",
                "(CONT_PTES << PAGE_SHIFT)",
                "(~CONT_PTE_MASK + 1)",
                "(PAGE_SIZE * CONT_PTES)",
                "(1UL << CONT_PTE_SHIFT)",
            ),
        ),
        (
            CONTPMD,
            "CONT_PMD_SIZE",
            (
                "CONT_PMDS * PMD_SIZE",
                "(~CONT_PMD_MASK + 1)",
                "(CONT_PMDS * PTRS_PER_PTE * PAGE_SIZE)",
                "-CONT_PMD_MASK",
            ),
        ),
        (
            PMD,
            "addr, PMD_SIZE",
            (
                "addr, ~PMD_MASK + 1",
                "addr, 1UL << PMD_SHIFT",
                "addr, PTRS_PER_PTE * PAGE_SIZE",
                "addr, (unsigned long)PTRS_PER_PTE << PAGE_SHIFT",
            ),
        ),
        (PUD, "addr, PUD_SIZE", ("addr, PTRS_PER_PMD * PMD_SIZE", "addr, 1UL << PUD_SHIFT", "addr, ~PUD_MASK + 1")),
        (
            HOT_PTE,
            "addr, PAGE_SIZE, PTE",
            ("addr, 1UL << PAGE_SHIFT, PTE", "addr, ~PAGE_MASK + 1, PTE", "addr, BIT(PAGE_SHIFT), PTE"),
        ),
        (
            HOT_PMD,
            "addr, PMD_SIZE, PMD",
            ("addr, PTRS_PER_PTE * PAGE_SIZE, PMD", "addr, PMD_SIZE - PAGE_SIZE + PAGE_SIZE, PMD"),
        ),
        (HOT_CPTE, "addr, CONT_PTE_SIZE", ("addr, CONT_PTES * PAGE_SIZE", "addr, next - addr")),
        (HOT_CPMD, "addr, CONT_PMD_SIZE", ("addr, CONT_PMDS * PMD_SIZE", "addr, next - addr")),
        (PTES, "(next - addr), CONT_PTE", ("CONT_PTE_SIZE, CONT_PTE", "CONT_PTES * PAGE_SIZE, CONT_PTE")),
        (PMDS, "(next - addr)", ("PMD_SIZE", "(PTRS_PER_PTE * PAGE_SIZE)", "(~PMD_MASK + 1)", "(-addr + next)")),
        (PUDS, "(next - addr)", ("PUD_SIZE", "(1UL << PUD_SHIFT)")),
    ):
        found += [_is(f"size-{function}-{number}", put(function, old, new, 0)) for number, new in enumerate(news, 1)]
    return found


SIZES = (
    *_sizes(),
    _is("size-one-half-clipped", put(HOT_CPTE, "CONT_PTE_SIZE, PTE", "next - addr, PTE")),
    _is(
        "size-local",
        Change(PTES, r"^\t\tinit_pte", "\t\tunsigned long size = next - addr;\n\n\\g<0>"),
        put(PTES, "(next - addr)", "size", 0),
    ),
    _is(
        "size-local-step",
        Change(PTES, r"^\t\tinit_pte", "\t\tconst unsigned long size = next - addr;\n\n\\g<0>"),
        put(PTES, "next - addr;\n\t} w", "size;\n\t} w"),
        put(PTES, "(next - addr)", "size", 0),
    ),
    _is(
        "size-local-constant",
        Change(CONTPMD, r"^\tint i;", "\tconst unsigned long size = CONT_PMD_SIZE;\n\tint i;"),
        put(CONTPMD, "addr, CONT_PMD_SIZE", "addr, size", 0),
    ),
    _is(
        "size-local-counted",
        Change(CONTPTE, r"^\tint i;", "\tunsigned long done = 0;\n\tint i;"),
        Change(CONTPTE, FOR_PTE, r"\tfor (i = 0; i < CONT_PTES; i++, ptep++) {\n\t\t\1\n\t\tdone += PAGE_SIZE;\n\t}"),
        put(CONTPTE, "addr, CONT_PTE_SIZE, PTE", "addr, done, PTE"),
    ),
    _is(
        "size-two-parts",
        Change(
            CONTPTE,
            r"^\tlm_meminfo_add.*",
            "\tlm_meminfo_add(addr, PAGE_SIZE, PTE);\n\tlm_meminfo_add(addr, CONT_PTE_SIZE - PAGE_SIZE, PTE);",
        ),
    ),
    _is(
        "size-step",
        Change(PUD, r"addr, PUD_SIZE", "addr, PTRS_PER_PMD * PMD_SIZE", 0),
        put(PUD, "PMD_SIZE >> PAGE_SHIFT", "PTRS_PER_PTE"),
    ),
)

HELPER = r"^\tif \(__is_lm_address\(addr\)\)\n\t\t(lm_meminfo.*)"
MISC = (
    _is(
        "misc-unused",
        Change(PMDS, r"^\tunsigned long next;", "\\g<0>\n\tunsigned long blocks = 0;"),
        Change(PMDS, r"^\t\tphys \+=", "\t\tblocks++;\n\\g<0>"),
    ),
    _is(
        "misc-debug",
        Change(CONTPTE, r"^\tlm_meminfo_sub", '\tpr_debug("splitting %lx\\\\n", addr);\n\\g<0>'),
        Change(PMD, r"^\tlm_meminfo_sub", '\tpr_debug("splitting %lx (%d)\\\\n", addr, to_cont);\n\\g<0>'),
    ),
    _is(
        "misc-warn",
        Change(CONTPMD, r"^\tlm_meminfo_sub", "\tWARN_ON_ONCE(!IS_ALIGNED(addr, PMD_SIZE));\n\\g<0>"),
        Change(HOT_PTE, r"^\t\tlm_meminfo_sub", "\t\tWARN_ON_ONCE(addr >= end);\n\\g<0>"),
    ),
    _is(
        "misc-comments",
        Change(
            FILE, r"^(\t+)(lm_meminfo_(add|sub)\(.*;)$", r"\1/* keep /proc/meminfo right: lm_meminfo_add() */ \2", 0
        ),
    ),
    _is(
        "misc-comment-lines",
        Change(
            HOT_PMD,
            r"^(\t*)(lm_meminfo_sub.*)",
            r"\1/*\n\1 * if (pmd_none(pmd)) lm_meminfo_sub(addr, PMD_SIZE, PMD);\n\1 */\n\1\2 // done",
        ),
    ),
    _is(
        "misc-old-code",
        Change(CONTPTE, r"^\tlm_meminfo_add", "#if 0\n\tlm_meminfo_add(addr, PAGE_SIZE, CONT_PTE);\n#endif\n\\g<0>"),
    ),
    _is(
        "misc-lock",
        Change(CONTPTE, r"^\tlm_meminfo_sub", "\tspin_lock(&swapper_pgdir_lock);\n\\g<0>"),
        Change(CONTPTE, r"^\tlm_meminfo_add.*", "\\g<0>\n\tspin_unlock(&swapper_pgdir_lock);"),
    ),
    _is(
        "misc-blocks",
        Change(PMD, r"^\tlm_meminfo_sub.*", "\t{\n\t\\g<0>\n\t}"),
        Change(PUD, r"^\tlm_meminfo_sub.*", "\tdo {\n\t\\g<0>\n\t} while (0);"),
    ),
    _is("misc-comma", Change(HOT_CPTE, r"(lm_meminfo_sub.*);\n\s*(lm_meminfo_add.*;)", r"\1, \2")),
    _is("misc-cast", Change(FILE, r"(?<=\t)lm_meminfo_add\(addr, ", "lm_meminfo_add((unsigned long)addr, ", 0)),
    _is("misc-parentheses", Change(HOT_PMD, RECORD, "lm_meminfo_sub((addr), (PMD_SIZE), (PMD));")),
    _is(
        "misc-likely",
        Change(PTES, LM_IF, "if (likely(count_lm))"),
        Change(
            HOT_CPTE,
            r"if \(pte_present\(pte\) && pte_cont\(pte\)\)",
            "if (unlikely(pte_present(pte) && pte_cont(pte)))",
        ),
    ),
    _is(
        "misc-inline",
        Change(CONTPTE, r"\Astatic void", "static inline void"),
        Change(CONTPMD, r"\Astatic void", "static inline void"),
    ),
    _is("misc-not-cont-first", put(SPLIT, "GFP_PGTABLE_KERNEL, true", "GFP_PGTABLE_KERNEL, false", 0)),
    _is("misc-pud-keeps-bit", Change(PUD, r"^\tprot = __pgprot\(pgprot_val\(prot\) & ~PTE_CONT\);\n", "")),
    _is(
        "misc-pmd-bit-cleared-else",
        Change(PMD, r"^\tprot = __pgprot\(pgprot_val\(prot\) & ~PTE_CONT\);\n", ""),
        Change(
            PMD,
            r"if \(to_cont\)\n(\t\tprot = .*)",
            r"if (to_cont)\n\1\n\telse\n\t\tprot = __pgprot(pgprot_val(prot) & ~PTE_CONT);",
        ),
    ),
    _is(
        "misc-address-alias",
        Change(CONTPTE, r"^\tint i;", "\tunsigned long va = addr;\n\tint i;"),
        Change(CONTPTE, r"_(add|sub)\(addr", r"_\1(va", 0),
    ),
    _is(
        "misc-pointer-alias",
        Change(HOT_PMD, r"^\t\tpmd = READ_ONCE\(\*pmdp\);", "\t\tpmd_t *slot = pmdp;\n\n\t\tpmd = READ_ONCE(*slot);"),
        put(HOT_PMD, "pmd_clear(pmdp)", "pmd_clear(slot)"),
    ),
    _is(
        "misc-snapshot-alias",
        Change(
            HOT_CPTE,
            r"if \(pte_present\(pte\) && pte_cont\(pte\)\)",
            "pte_t first = pte;\n\n\t\tif (pte_present(first) && pte_cont(first))",
        ),
    ),
    _is("misc-table-pointer", put(PMD, "ptep = (pte_t *)phys_to_virt(pte_phys);", "ptep = phys_to_virt(pte_phys);")),
    _is("misc-reverse-declarations", Change(HOT_CPTE, r"^(\tunsigned long next;\n)(\tpte_t.*\n)", r"\2\1")),
    _is("misc-configured-out", Change(ADD, HELPER, "\tif (!IS_ENABLED(CONFIG_PROC_FS))\n\t\treturn;\n\\g<0>")),
    _is(
        "helper-early-return",
        Change(ADD, HELPER, r"\tif (!__is_lm_address(addr))\n\t\treturn;\n\n\t\1"),
        Change(SUB, HELPER, r"\tif (!__is_lm_address(addr))\n\t\treturn;\n\n\t\1"),
    ),
    _is(
        "helper-assignment",
        put(ADD, "lm_meminfo[type] += size", "lm_meminfo[type] = lm_meminfo[type] + size"),
        put(SUB, "lm_meminfo[type] -= size", "lm_meminfo[type] = lm_meminfo[type] - size"),
    ),
    _is("helper-negative", put(SUB, "lm_meminfo[type] -= size", "lm_meminfo[type] += -size")),
    _is("helper-sub-through-add", Change(SUB, HELPER, "\tlm_meminfo_add(addr, -size, type);")),
    _is(
        "helper-parameter-order",
        Change(
            FILE,
            r"(lm_meminfo_add\(unsigned long addr), unsigned long size,\s*enum lm_type type",
            r"\1, enum lm_type type, unsigned long size",
            0,
        ),
        Change(FILE, r"(\tlm_meminfo_add\()addr, (.*), (\w+)\);", r"\1addr, \3, \2);", 0),
    ),
    _is(
        "helper-local",
        Change(
            ADD,
            HELPER,
            "\tunsigned long *counter = &lm_meminfo[type];\n\n\tif (__is_lm_address(addr))\n\t\t*counter += size;",
        ),
    ),
    _is(
        "helper-macro",
        Change(
            FILE,
            r"(?s)static inline void lm_meminfo_add\((?:.*?)\n\}\n",
            "#define lm_meminfo_add(addr, size, type) do { if (__is_lm_address(addr)) lm_meminfo[type] "
            "+= (size); } while (0)\n",
        ),
    ),
    _is(
        "helper-atomic",
        put(FILE, "static unsigned long lm_meminfo[", "static atomic_long_t lm_meminfo["),
        put(FILE, "lm_meminfo[type] += size", "atomic_long_add(size, &lm_meminfo[type])"),
        put(FILE, "lm_meminfo[type] -= size", "atomic_long_sub(size, &lm_meminfo[type])"),
        Change(FILE, r"lm_meminfo\[(\w+)\] >> 10", r"atomic_long_read(&lm_meminfo[\1]) >> 10", 0),
    ),
    _is(
        "helper-locked",
        Change(ADD, HELPER, "\tspin_lock(&swapper_pgdir_lock);\n\\g<0>\n\tspin_unlock(&swapper_pgdir_lock);"),
    ),
)

REWRITES: tuple[Variant, ...] = (
    *RENAMES,
    *LOOPS,
    *BRANCHES,
    *CHOSEN,
    *EXTRACTED,
    *INLINED,
    *MOVED,
    *MACROS,
    *GUARDS,
    *SIZES,
    *MISC,
)
