"""Single edits to the v8 result, each of which makes the counters drift."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.variant import At, Change, Variant, put

RECORD = r"lm_meminfo_(add|sub)\(addr, (.+), (\w+)\);"

PTES, PMDS, PUDS = "alloc_init_cont_pte", "init_pmd", "alloc_init_pud"
HOT_PTE, HOT_PMD, HOT_PUD = "unmap_hotplug_pte_range", "unmap_hotplug_pmd_range", "unmap_hotplug_pud_range"
HOT_CPTE, HOT_CPMD = "unmap_hotplug_cont_pte_range", "unmap_hotplug_cont_pmd_range"
SPLIT, TO_PMD, TO_PUD, TO_PTE = (
    "split_kernel_leaf_mapping_locked",
    "split_to_ptes_pmd_entry",
    "split_to_ptes_pud_entry",
    "split_to_ptes_pte_entry",
)

POPULATE, CONVERT, CLEAR, SUB_HALF, ADD_HALF = "populate", "convert", "clear", "sub-half", "add-half"
"""What a record stands for: a new leaf; one side of a split; a cleared leaf; one half of a CONT block's correction
before its entries are cleared one by one."""


@dataclass(frozen=True, slots=True)
class Record:
    """One accounting call of v8, found as the `nth` of its function."""

    function: str
    nth: int
    operation: str
    account: str
    role: str
    write: str
    accounts: tuple[str, str]
    sizes: tuple[str, ...]
    arm: bool = False

    @property
    def name(self) -> str:
        """Name it for a reader."""
        return f"{self.function}-{self.operation}-{self.account}"

    @property
    def at(self) -> tuple[At, ...]:
        """Where its absence shows: the write, and for a half of a correction what is left of it."""
        half = self.role in {SUB_HALF, ADD_HALF}
        calls = {HOT_PTE: HOT_CPTE, HOT_PMD: HOT_CPMD}
        caller = (At(calls[self.function], rf"{self.function}\("),) if self.function in calls else ()
        return (At(self.function, self.write), *caller, *((At(self.function, RECORD),) if half else ()))

    @property
    def functions(self) -> tuple[str, ...]:
        """Where a finding may be: a cleared entry may be one of a block, which the caller corrects."""
        return (self.function, *{HOT_PTE: (HOT_CPTE,), HOT_PMD: (HOT_CPMD,)}.get(self.function, ()))


RECORDS = (
    Record(PTES, 1, "add", "CONT_PTE", POPULATE, r"\binit_pte\(", ("PTE", "CONT_PMD"),
           ("PAGE_SIZE", "(end - addr)", "PMD_SIZE", "CONT_PTES"), arm=True),
    Record(PTES, 2, "add", "PTE", POPULATE, r"\binit_pte\(", ("CONT_PTE", "PMD"),
           ("PAGE_SIZE", "(end - addr)", "CONT_PTE_SIZE", "((next - addr) >> PAGE_SHIFT)"), arm=True),
    Record(PMDS, 1, "add", "CONT_PMD", POPULATE, r"pmd_set_huge\(", ("PMD", "CONT_PTE"),
           ("PAGE_SIZE", "(end - addr)", "CONT_PMD_SIZE"), arm=True),
    Record(PMDS, 2, "add", "PMD", POPULATE, r"pmd_set_huge\(", ("CONT_PMD", "PTE"),
           ("PAGE_SIZE", "(end - addr)", "CONT_PMD_SIZE"), arm=True),
    Record(PUDS, 1, "add", "PUD", POPULATE, r"pud_set_huge\(", ("PMD", "CONT_PMD"),
           ("PMD_SIZE", "(end - addr)", "CONT_PMD_SIZE"), arm=True),
    Record("split_contpte", 1, "sub", "CONT_PTE", CONVERT, r"__set_pte\(", ("PTE", "PMD"),
           ("PAGE_SIZE", "PMD_SIZE", "CONT_PTES", "CONT_PMDS * PAGE_SIZE")),
    Record("split_contpte", 2, "add", "PTE", CONVERT, r"__set_pte\(", ("CONT_PTE", "PMD"),
           ("PAGE_SIZE", "PMD_SIZE", "CONT_PTES", "0x10000")),
    Record("split_pmd", 1, "sub", "PMD", CONVERT, r"__(set_pte|pmd_populate)\(", ("CONT_PMD", "PTE"),
           ("PAGE_SIZE", "CONT_PTE_SIZE", "CONT_PMD_SIZE", "0x200000")),
    Record("split_pmd", 2, "add", "CONT_PTE", CONVERT, r"__(set_pte|pmd_populate)\(", ("PTE", "PMD"),
           ("PAGE_SIZE", "CONT_PTE_SIZE", "PTRS_PER_PTE"), arm=True),
    Record("split_pmd", 3, "add", "PTE", CONVERT, r"__(set_pte|pmd_populate)\(", ("CONT_PTE", "PMD"),
           ("PAGE_SIZE", "CONT_PTE_SIZE", "CONT_PTES * PAGE_SIZE"), arm=True),
    Record("split_contpmd", 1, "sub", "CONT_PMD", CONVERT, r"set_pmd\(", ("PMD", "PTE"),
           ("PMD_SIZE", "PUD_SIZE", "CONT_PTE_SIZE", "CONT_PTES * PMD_SIZE")),
    Record("split_contpmd", 2, "add", "PMD", CONVERT, r"set_pmd\(", ("CONT_PMD", "PUD"),
           ("PMD_SIZE", "PUD_SIZE", "CONT_PMDS * PAGE_SIZE")),
    Record("split_pud", 1, "sub", "PUD", CONVERT, r"(set_pmd|__pud_populate)\(", ("PMD", "CONT_PTE"),
           ("PMD_SIZE", "CONT_PMD_SIZE", "PAGE_SIZE")),
    Record("split_pud", 2, "add", "CONT_PMD", CONVERT, r"(set_pmd|__pud_populate)\(", ("PMD", "PUD"),
           ("PMD_SIZE", "CONT_PMD_SIZE", "PTRS_PER_PMD * PAGE_SIZE"), arm=True),
    Record("split_pud", 3, "add", "PMD", CONVERT, r"(set_pmd|__pud_populate)\(", ("CONT_PMD", "PTE"),
           ("PMD_SIZE", "CONT_PMD_SIZE", "(PUD_SIZE >> PAGE_SHIFT)"), arm=True),
    Record(HOT_PTE, 1, "sub", "PTE", CLEAR, r"__pte_clear\(", ("CONT_PTE", "PMD"),
           ("PMD_SIZE", "CONT_PTE_SIZE", "(end - addr)")),
    Record(HOT_CPTE, 1, "sub", "CONT_PTE", SUB_HALF, rf"\b{HOT_PTE}\(", ("PTE", "PMD"),
           ("PAGE_SIZE", "PMD_SIZE", "(end - addr)")),
    Record(HOT_CPTE, 2, "add", "PTE", ADD_HALF, rf"\b{HOT_PTE}\(", ("CONT_PTE", "PMD"),
           ("PAGE_SIZE", "PMD_SIZE", "(end - addr)")),
    Record(HOT_PMD, 1, "sub", "PMD", CLEAR, r"pmd_clear\(", ("CONT_PMD", "PTE"),
           ("PAGE_SIZE", "CONT_PMD_SIZE", "(end - addr)", "(next - addr)")),
    Record(HOT_CPMD, 1, "sub", "CONT_PMD", SUB_HALF, rf"\b{HOT_PMD}\(", ("PMD", "CONT_PTE"),
           ("PMD_SIZE", "CONT_PTE_SIZE", "(end - addr)")),
    Record(HOT_CPMD, 2, "add", "PMD", ADD_HALF, rf"\b{HOT_PMD}\(", ("CONT_PMD", "PTE"),
           ("PMD_SIZE", "CONT_PTE_SIZE", "(end - addr)")),
    Record(HOT_PUD, 1, "sub", "PUD", CLEAR, r"pud_clear\(", ("PMD", "CONT_PMD"),
           ("PMD_SIZE", "CONT_PMD_SIZE", "(end - addr)", "(next - addr)")),
)  # fmt: skip


def _on(record: Record, family: str, new: str, kinds: tuple[str, ...], suffix: str = "") -> Variant:
    old = RECORD if family != "delete" or record.arm else rf"^[ \t]*{RECORD}\n"
    change = Change(record.function, old, new, record.nth)
    name = f"{family}-{record.name}{suffix}"
    return Variant(name, family, (change,), kinds, record.functions, record.at)


def _delete(record: Record) -> Variant:
    # Without the add of a correction a block is subtracted twice: whole by the caller, page by page by the callee.
    kinds = (
        ("double-count", "phantom-count", "missing-add")
        if record.role == ADD_HALF
        else (f"missing-{record.operation}",)
    )
    return _on(record, "delete", ";" if record.arm else "", kinds)


def _duplicate(record: Record) -> Variant:
    kinds = ("double-count", "phantom-count") if record.role == ADD_HALF else ("double-count",)
    again = r"{ \g<0> \g<0> }" if record.arm else r"\g<0>\n\t\g<0>"
    found = _on(record, "duplicate", again, kinds)
    same = rf"lm_meminfo_{record.operation}\(addr, .*, {record.account}\);"
    return Variant(
        found.name, found.family, found.changes, kinds, found.functions, (*found.at, At(record.function, same))
    )


def _swap(record: Record) -> Variant:
    other = "sub" if record.operation == "add" else "add"
    kinds: tuple[str, ...] = ("wrong-amount", f"missing-{record.operation}")
    if record.role == ADD_HALF:
        kinds = ("wrong-amount", "double-count", "phantom-count", "missing-add")
    return _on(record, "swap", rf"lm_meminfo_{other}(addr, \2, \3);", kinds)


def _account(record: Record) -> list[Variant]:
    found: list[Variant] = []
    for account in record.accounts:
        kinds: tuple[str, ...] = ("wrong-account",)
        if record.role == ADD_HALF:
            kinds += ("phantom-count", "double-count")
        elif record.role == CONVERT and account in _other_side(record):
            kinds += ("missing-sub", "missing-add")  # the two records of the conversion now cancel
        found.append(_on(record, "account", rf"lm_meminfo_\1(addr, \2, {account});", kinds, f"-as-{account}"))
    return found


def _other_side(record: Record) -> set[str]:
    operation = "sub" if record.operation == "add" else "add"
    return {each.account for each in RECORDS if each.function == record.function and each.operation == operation}


def _size(record: Record) -> list[Variant]:
    found = []
    for size in record.sizes:
        kinds: tuple[str, ...] = ("wrong-amount",)
        if record.role == ADD_HALF:
            kinds += ("double-count", "phantom-count")
        name = re.sub(r"\W+", "-", size).strip("-")
        found.append(_on(record, "size", rf"lm_meminfo_\1(addr, {size}, \3);", kinds, f"-{name}"))
    return found


def _records() -> list[Variant]:
    found: list[Variant] = []
    for record in RECORDS:
        found += [_delete(record), _duplicate(record), _swap(record), *_account(record), *_size(record)]
    return found


def _one(  # noqa: PLR0913, PLR0917  # one row of a table, most rows without the last three
    name: str,
    family: str,
    changes: tuple[Change, ...],
    kinds: tuple[str, ...],
    at: tuple[At, ...] = (),
    also: tuple[str, ...] = (),
    functions: tuple[str, ...] = (),
) -> Variant:
    where = functions or tuple(dict.fromkeys(change.function for change in changes))
    return Variant(f"{family}-{name}", family, changes, kinds, where, at, also)


GUARDED = (
    (PTES, "if (count_lm) {", r"(?m)^\t\tbool count_lm = (.*);", r"\binit_pte\(|lm_meminfo_add"),
    (PMDS, "if (count_lm) {", r"(?m)^\t\tbool count_lm = (.*);", r"pmd_set_huge\(|lm_meminfo_add"),
    (PUDS, "if (count_lm)", r"(?m)^\t\tbool count_lm = (.*);", r"pud_set_huge\(|lm_meminfo_add"),
)
BOTH = ("missing-add", "double-count")


def _guards() -> list[Variant]:
    found = []
    for function, guard, definition, line in GUARDED:
        at = (At(function, line),)
        open_brace = guard[13:].strip()
        for name, change in (
            ("if", put(function, guard, open_brace or "if (true)")),
            ("true", Change(function, definition, "\t\tbool count_lm = true;")),
            ("or", put(function, guard, guard.replace("count_lm", "count_lm || flags == 0"))),
        ):
            found.append(_one(f"{function}-{name}", "guard-drop", (change,), ("double-count",), at))
        for name, change in (
            ("if", put(function, guard, guard.replace("count_lm", "!count_lm"))),
            ("definition", Change(function, definition, r"\t\tbool count_lm = !\1;")),
        ):
            found.append(_one(f"{function}-{name}", "guard-invert", (change,), BOTH, at, BOTH))
        wrong = Change(function, definition, "\t\tbool count_lm = false;")
        found.append(_one(f"{function}-never", "guard-other", (wrong,), ("missing-add",), at))
    found += [
        _one(
            f"{HOT_CPTE}-present",
            "guard-drop",
            (put(HOT_CPTE, "pte_present(pte) && pte_cont(pte)", "pte_present(pte)"),),
            ("wrong-account", "phantom-count"),
            (At(HOT_CPTE, RECORD), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("double-count",),
        ),
        _one(
            f"{HOT_CPTE}-whole",
            "guard-drop",
            (Change(HOT_CPTE, r"if \(pte_present.*\{", "{"),),
            ("wrong-account", "phantom-count"),
            (At(HOT_CPTE, RECORD), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("double-count",),
        ),
        _one(
            f"{HOT_CPTE}-not",
            "guard-invert",
            (put(HOT_CPTE, "&& pte_cont(pte)", "&& !pte_cont(pte)"),),
            ("wrong-account", "phantom-count"),
            (At(HOT_CPTE, RECORD), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("missing-sub", "double-count"),
        ),
        _one(
            f"{HOT_CPMD}-leaf",
            "guard-drop",
            (put(HOT_CPMD, "pmd_leaf(pmd) && pmd_cont(pmd)", "pmd_leaf(pmd)"),),
            ("wrong-account", "phantom-count"),
            (At(HOT_CPMD, RECORD), At(HOT_CPMD, rf"\b{HOT_PMD}\(")),
            ("double-count",),
        ),
        _one(
            f"{HOT_CPMD}-not",
            "guard-invert",
            (put(HOT_CPMD, "&& pmd_cont(pmd)", "&& !pmd_cont(pmd)"),),
            ("wrong-account", "phantom-count"),
            (At(HOT_CPMD, RECORD), At(HOT_CPMD, rf"\b{HOT_PMD}\(")),
            ("missing-sub", "double-count"),
        ),
        _one(
            "split_pmd-to_cont",
            "guard-invert",
            (Change("split_pmd", r"if \(to_cont\)(?=\n.*lm_)", "if (!to_cont)"),),
            ("wrong-account",),
            (At("split_pmd", r"__set_pte\(|lm_meminfo_add"),),
        ),
        _one(
            "split_pud-to_cont",
            "guard-invert",
            (Change("split_pud", r"if \(to_cont\)(?=\n.*lm_)", "if (!to_cont)"),),
            ("wrong-account",),
            (At("split_pud", r"set_pmd\(|lm_meminfo_add"),),
        ),
        _one(
            f"{PTES}-cont",
            "guard-invert",
            (put(PTES, "if (pgprot_val(__prot) & PTE_CONT)", "if (!(pgprot_val(__prot) & PTE_CONT))"),),
            ("wrong-account",),
            (At(PTES, r"\binit_pte\(|lm_meminfo_add"),),
        ),
        _one(
            f"{PTES}-prot",
            "guard-other",
            (put(PTES, "if (pgprot_val(__prot) &", "if (pgprot_val(prot) &"),),
            ("wrong-account",),
            (At(PTES, r"\binit_pte\(|lm_meminfo_add"),),
        ),
        _one(
            f"{PMDS}-cont",
            "guard-invert",
            (put(PMDS, "if (pgprot_val(prot) & PTE_CONT)", "if (!(pgprot_val(prot) & PTE_CONT))"),),
            ("wrong-account",),
            (At(PMDS, r"pmd_set_huge\(|lm_meminfo_add"),),
        ),
    ]
    return found


ALLOCATE = r"^\tp.._phys = pgd_pgtable_alloc_init_mm_gfp"
FAIL = r"^\tif \(p.._phys == INVALID_PHYS_ADDR\)\n\t\treturn -ENOMEM;"


def _allocations() -> list[Variant]:
    found = []
    for function, size in (("split_pmd", "PMD"), ("split_pud", "PUD")):
        line = f"\tlm_meminfo_sub(addr, {size}_SIZE, {size});\n"
        away = put(function, line, "")
        at = (At(function, r"return -ENOMEM|return -EN|lm_meminfo_"),)
        fail = rf"\tif (p{'te' if size == 'PMD' else 'md'}_phys == INVALID_PHYS_ADDR) {{\n"
        undo = rf"\t\tlm_meminfo_add(addr, {size}_SIZE, {size});\n"
        above = Change(function, ALLOCATE, line + r"\g<0>")
        wrong = "error-path"
        found += [
            _one(f"{function}-before", "above-alloc", (away, above), (wrong,), at),
            _one(f"{function}-between", "above-alloc", (away, Change(function, FAIL, line + r"\g<0>")), (wrong,), at),
            _one(
                f"{function}-top",
                "above-alloc",
                (away, Change(function, r"^\tint i;\n", r"\g<0>\n" + line)),
                (wrong,),
                at,
            ),
            _one(
                f"{function}-undo-twice",
                "above-alloc",
                (away, above, Change(function, FAIL, f"{fail}{undo}{undo}\t\treturn -ENOMEM;\n\t}}")),
                (wrong, "double-count"),
                at,
            ),
            _one(
                f"{function}-undo-increments",
                "above-alloc",
                (away, above, Change(function, FAIL, f"{fail}{undo}\t\treturn -ENOMEM;\n\t}}".replace("_add", "_sub"))),
                (wrong, "double-count"),
                at,
            ),
            _one(
                f"{function}-undo-without",
                "above-alloc",
                (Change(function, FAIL, f"{fail}{undo}\t\treturn -ENOMEM;\n\t}}"),),
                (wrong, "phantom-count"),
                at,
            ),
        ]
    sub = Change("split_pud", r"^\tlm_meminfo_sub.*\n", "")
    moved = (
        sub,
        Change(TO_PUD, r"\t\tret = split_pud", r"\t{\n\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\g<0>"),
        Change(TO_PUD, r"gfp, false\);\n", r"\g<0>\t}\n"),
        Change(SPLIT, r"^\t\tret = split_pud", r"\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n\g<0>"),
    )
    places = (At(SPLIT, "split_pud|PUD"), At(TO_PUD, "split_pud|PUD"), At("split_pud", r"return -E"))
    found.append(_one("in-callers", "above-alloc", moved, ("error-path",), places))
    return found


def _conversions() -> list[Variant]:
    """Drop both halves, or spoil both alike (one half alone is in the family `delete`)."""
    found = []
    for function, callee, sizes in (
        (HOT_CPTE, HOT_PTE, ("CONT_PTE", "PAGE_SIZE")),
        (HOT_CPMD, HOT_PMD, ("CONT_PMD", "PMD_SIZE")),
    ):
        at = (At(function, rf"\b{callee}\(|{RECORD}|if \(p.._"), At(callee, r"_clear\(|lm_meminfo_sub"))
        block, entry = sizes
        both = (function, callee)
        found += [
            _one(
                f"{function}-both",
                "half-conversion",
                (Change(function, RECORD, ";", 0),),
                ("wrong-account",),
                at,
                functions=both,
            ),
            _one(
                f"{function}-small",
                "half-conversion",
                (put(function, f"{block}_SIZE", entry, 0),),
                ("wrong-amount", "wrong-account"),
                at,
                functions=both,
            ),
            _one(
                f"{function}-crossed",
                "half-conversion",
                (
                    put(function, "meminfo_sub", "meminfo_x"),
                    put(function, "meminfo_add", "meminfo_sub"),
                    put(function, "meminfo_x", "meminfo_add"),
                ),
                ("wrong-amount", "wrong-account", "missing-sub"),
                at,
                ("double-count", "phantom-count"),
                functions=both,
            ),
        ]
    for function, size, entry, write in (
        ("split_contpte", "CONT_PTE_SIZE", "PAGE_SIZE", r"__set_pte\("),
        ("split_contpmd", "CONT_PMD_SIZE", "PMD_SIZE", r"set_pmd\("),
    ):
        only = (At(function, rf"{write}|{RECORD}"),)
        found += [
            _one(
                f"{function}-both",
                "half-conversion",
                (Change(function, RECORD, ";", 0),),
                ("wrong-account", "missing-sub", "missing-add"),
                only,
                ("missing-add", "missing-sub"),
            ),
            _one(f"{function}-small", "half-conversion", (put(function, size, entry, 0),), ("wrong-amount",), only),
            _one(
                f"{function}-crossed",
                "half-conversion",
                (
                    put(function, "meminfo_sub", "meminfo_x"),
                    put(function, "meminfo_add", "meminfo_sub"),
                    put(function, "meminfo_x", "meminfo_add"),
                ),
                ("wrong-amount", "wrong-account", "missing-sub"),
                only,
                ("missing-add",),
            ),
        ]
    calls = (
        At(SPLIT, r"split_(pmd|contp..)\(|pmd_cont|pte_cont"),
        At(TO_PMD, r"split_(pmd|contpmd)\("),
        At(TO_PTE, "split_contpte"),
    )
    for function in (SPLIT, TO_PMD):
        at = (At(function, r"split_(pmd|contpmd)\("), At("split_pmd", r"lm_meminfo_sub|__pmd_populate"))
        found += [
            _one(
                f"{function}-skipped",
                "half-conversion",
                (Change(function, r"if \(pmd_cont\(pmd\)\)\n\s*split_contpmd\(.*\);", ";"),),
                ("wrong-account",),
                at,
                functions=(function, "split_pmd"),
            ),
            _one(
                f"{function}-always",
                "half-conversion",
                (Change(function, r"if \(pmd_cont\(pmd\)\)\n\s*", ""),),
                ("phantom-count", "wrong-account"),
                calls,
                ("double-count",),
                (function, "split_contpmd"),
            ),
        ]
    for function in (SPLIT, TO_PTE):
        found.append(
            _one(
                f"{function}-always-pte",
                "half-conversion",
                (Change(function, r"if \(pte_cont\(pte\)\)\n\s*", ""),),
                ("phantom-count", "wrong-account"),
                calls,
                ("double-count",),
                (function, "split_contpte"),
            )
        )
    forgotten = (
        Change("split_contpmd", rf"^\t{RECORD}\n", "", 0),
        Change(
            TO_PMD,
            r"^\t*split_contpmd.*;",
            "\t\t{\n\t\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n\\g<0>\n"
            "\t\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t\t}",
        ),
    )
    found.append(
        _one(
            "one-caller-forgotten",
            "half-conversion",
            forgotten,
            ("missing-sub", "wrong-account", "missing-add"),
            (At(SPLIT, r"split_contpmd\("), At("split_contpmd", r"set_pmd\(")),
            ("missing-add",),
            (SPLIT, "split_contpmd"),
        )
    )
    return found


LATE = ("missing-add", "stale-guard")
HOISTED = ("stale-guard", "double-count", "missing-add")


def _stale() -> list[Variant]:
    drop_pte = Change(HOT_CPTE, r"^\t\tpte = __ptep_get\(ptep\);\n", "")
    drop_pmd = Change(HOT_CPMD, r"^\t\tpmd = READ_ONCE\(\*pmdp\);\n", "")
    return [
        _one(
            f"{PTES}-late",
            "stale-guard",
            (
                Change(PTES, r"^\t\tbool count_lm = .*;", "\t\tbool count_lm;"),
                Change(PTES, r"^\t\tinit_pte\(.*;\n", r"\g<0>\t\tcount_lm = pte_none(__ptep_get(ptep));\n"),
            ),
            LATE,
            (At(PTES, r"\binit_pte\(|lm_meminfo_add|if \(count_lm"),),
        ),
        _one(
            f"{PMDS}-late",
            "stale-guard",
            (put(PMDS, "if (count_lm)", "if (pmd_none(READ_ONCE(*pmdp)))"),),
            LATE,
            (At(PMDS, r"pmd_set_huge\(|lm_meminfo_add"),),
        ),
        _one(
            f"{PUDS}-late",
            "stale-guard",
            (put(PUDS, "if (count_lm)", "if (pud_none(READ_ONCE(*pudp)))"),),
            LATE,
            (At(PUDS, r"pud_set_huge\(|lm_meminfo_add"),),
        ),
        _one(
            f"{PTES}-hoisted",
            "stale-guard",
            (
                Change(PTES, r"^\t\tbool count_lm = .*;\n", ""),
                Change(PTES, r"^\tdo \{", "\tbool count_lm = pte_none(__ptep_get(ptep));\n\n\\g<0>"),
            ),
            HOISTED,
            (At(PTES, r"\binit_pte\(|lm_meminfo_add|if \(count_lm"),),
            BOTH,
        ),
        _one(
            f"{PMDS}-hoisted",
            "stale-guard",
            (
                Change(PMDS, r"^\t\tbool count_lm = .*;\n", ""),
                Change(PMDS, r"^\tdo \{", "\tbool count_lm = pmd_none(READ_ONCE(*pmdp));\n\n\\g<0>"),
            ),
            HOISTED,
            (At(PMDS, r"pmd_set_huge\(|lm_meminfo_add|if \(count_lm"),),
            BOTH,
        ),
        _one(
            f"{PUDS}-hoisted",
            "stale-guard",
            (
                Change(PUDS, r"^\t\tbool count_lm = .*;\n", ""),
                Change(PUDS, r"^\tdo \{", "\tbool count_lm = pud_none(READ_ONCE(*pudp));\n\n\\g<0>"),
            ),
            HOISTED,
            (At(PUDS, r"pud_set_huge\(|lm_meminfo_add|if \(count_lm"),),
            BOTH,
        ),
        _one(
            f"{PTES}-table",
            "stale-guard",
            (Change(PTES, r"(?<=bool count_lm = ).*;", "pmd_none(pmd);"),),
            LATE,
            (At(PTES, r"\binit_pte\(|lm_meminfo_add|if \(count_lm"),),
        ),
        _one(
            "split_pmd-snapshot",
            "stale-guard",
            (
                put(
                    "split_pmd",
                    "lm_meminfo_sub(addr, PMD_SIZE, PMD);",
                    "lm_meminfo_sub(addr, PMD_SIZE, pmd_cont(pmd) ? CONT_PMD : PMD);",
                ),
            ),
            ("stale-guard", "wrong-account"),
            (At("split_pmd", r"__pmd_populate|lm_meminfo_sub"), At(SPLIT, r"split_pmd\("), At(TO_PMD, r"split_pmd\(")),
            functions=("split_pmd", SPLIT, TO_PMD),
        ),
        _one(
            f"{TO_PMD}-after-split",
            "stale-guard",
            (
                Change("split_pmd", r"^\tlm_meminfo_sub.*\n", ""),
                Change(
                    TO_PMD,
                    r"^\t\tret = split_pmd.*\n",
                    "\\g<0>\t\tif (!ret)\n\t\t\tlm_meminfo_sub(addr, PMD_SIZE, pmd_cont(pmd) ? CONT_PMD : PMD);\n",
                ),
                Change(
                    SPLIT,
                    r"(ret = split_pmd.*\n\t\tif \(ret\)\n\t\t\tgoto out;\n)",
                    "\\1\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n",
                ),
            ),
            ("stale-guard", "wrong-account"),
            (At(TO_PMD, r"split_(cont)?pmd\(|lm_meminfo_sub"),),
            functions=(TO_PMD,),
        ),
        _one(
            f"{TO_PMD}-read-again",
            "stale-guard",
            (
                Change("split_contpmd", rf"^\t{RECORD}\n", "", 0),
                Change(
                    SPLIT,
                    r"^\t*split_contpmd.*;",
                    "\t\t{\n\t\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n\\g<0>\n"
                    "\t\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t\t}",
                ),
                Change(
                    TO_PMD,
                    r"^\t\t\tsplit_contpmd.*;\n",
                    "\\g<0>\t\tif (pmd_cont(pmdp_get(pmdp))) {\n\t\t\tlm_meminfo_sub(addr, CONT_PMD_SIZE, CONT_PMD);\n"
                    "\t\t\tlm_meminfo_add(addr, CONT_PMD_SIZE, PMD);\n\t\t}\n",
                ),
            ),
            ("stale-guard", "missing-sub", "wrong-account", "missing-add"),
            (At(TO_PMD, r"split_contpmd\("), At("split_contpmd", r"set_pmd\(")),
            ("missing-add",),
            (TO_PMD, "split_contpmd"),
        ),
        _one(
            "split_contpte-after",
            "stale-guard",
            (
                Change(
                    "split_contpte", r"^\t(lm_meminfo_add.*)", "\tif (pte_cont(__ptep_get(ptep - CONT_PTES)))\n\t\t\\1"
                ),
            ),
            LATE,
            (At("split_contpte", r"__set_pte\("),),
        ),
        _one(
            f"{HOT_CPTE}-after",
            "stale-guard",
            (
                drop_pte,
                Change(
                    HOT_CPTE,
                    r"(?s)(\t\tif \(pte_present.*?\n\t\t\}\n)\n(\t\tunmap_hotplug_pte_range.*?\n)",
                    "\\2\n\t\tpte = __ptep_get(ptep);\n\\1",
                ),
            ),
            ("wrong-account", "stale-guard"),
            (At(HOT_CPTE, rf"\b{HOT_PTE}\(|{RECORD}"), At(HOT_PTE, "__pte_clear|lm_")),
            ("missing-sub",),
            (HOT_CPTE, HOT_PTE),
        ),
        _one(
            f"{HOT_CPMD}-after",
            "stale-guard",
            (
                drop_pmd,
                Change(
                    HOT_CPMD,
                    r"(?s)(\t\tif \(pmd_leaf.*?\n\t\t\}\n)\n(\t\tunmap_hotplug_pmd_range.*?\n)",
                    "\\2\n\t\tpmd = READ_ONCE(*pmdp);\n\\1",
                ),
            ),
            ("wrong-account", "stale-guard"),
            (At(HOT_CPMD, rf"\b{HOT_PMD}\(|{RECORD}"), At(HOT_PMD, "pmd_clear|lm_")),
            ("missing-sub",),
            (HOT_CPMD, HOT_PMD),
        ),
        _one(
            f"{HOT_CPTE}-hoisted",
            "stale-guard",
            (drop_pte, Change(HOT_CPTE, r"^\tdo \{", "\tpte = __ptep_get(pte_offset_kernel(pmdp, addr));\n\\g<0>")),
            ("stale-guard", "wrong-account", "phantom-count"),
            (At(HOT_CPTE, rf"\b{HOT_PTE}\(|{RECORD}|if \(pte_p"), At(HOT_PTE, "__pte_clear|lm_")),
            ("double-count", "missing-sub"),
            (HOT_CPTE, HOT_PTE),
        ),
        _one(
            f"{HOT_CPMD}-hoisted",
            "stale-guard",
            (drop_pmd, Change(HOT_CPMD, r"^\tdo \{", "\tpmd = READ_ONCE(*pmd_offset(pudp, addr));\n\\g<0>")),
            ("stale-guard", "wrong-account", "phantom-count"),
            (At(HOT_CPMD, rf"\b{HOT_PMD}\(|{RECORD}|if \(pmd_l"), At(HOT_PMD, "pmd_clear|lm_")),
            ("double-count", "missing-sub"),
            (HOT_CPMD, HOT_PMD),
        ),
        _one(
            f"{HOT_PTE}-hoisted",
            "stale-guard",
            (
                Change(HOT_PTE, r"^\t\tpte = __ptep_get\(ptep\);\n", ""),
                Change(HOT_PTE, r"^\tdo \{", "\tpte = __ptep_get(ptep);\n\\g<0>"),
            ),
            ("stale-guard", "phantom-count"),
            (At(HOT_PTE, r"__pte_clear\(|lm_meminfo_sub|pte_none"),),
            ("double-count", "missing-sub", "phantom-count", "wrong-account"),
            (HOT_PTE, HOT_CPTE),
        ),
        _one(
            f"{HOT_PTE}-after",
            "stale-guard",
            (Change(HOT_PTE, r"lm_meminfo_sub", r"if (pte_present(__ptep_get(ptep)))\n\t\t\t\g<0>"),),
            ("missing-sub", "stale-guard"),
            (At(HOT_PTE, r"__pte_clear\("), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("wrong-account", "double-count"),
            (HOT_PTE, HOT_CPTE),
        ),
        _one(
            f"{HOT_PMD}-after",
            "stale-guard",
            (Change(HOT_PMD, r"lm_meminfo_sub", r"if (pmd_leaf(READ_ONCE(*pmdp)))\n\t\t\t\t\g<0>"),),
            ("missing-sub", "stale-guard"),
            (At(HOT_PMD, r"pmd_clear\("), At(HOT_CPMD, rf"\b{HOT_PMD}\(")),
            ("wrong-account", "double-count"),
            (HOT_PMD, HOT_CPMD),
        ),
        _one(
            f"{HOT_PUD}-after",
            "stale-guard",
            (Change(HOT_PUD, r"lm_meminfo_sub", r"if (pud_leaf(READ_ONCE(*pudp)))\n\t\t\t\t\g<0>"),),
            ("missing-sub", "stale-guard"),
            (At(HOT_PUD, r"pud_clear\("),),
        ),
    ]


SUBBED = ("split_contpte", "split_pmd", "split_contpmd", "split_pud", HOT_PTE, HOT_CPTE, HOT_PMD, HOT_CPMD, HOT_PUD)
ADDED = (PTES, PMDS, PUDS, "split_contpte", "split_pmd", "split_contpmd", "split_pud", HOT_CPTE, HOT_CPMD)


def _helpers() -> list[Variant]:
    found = []
    for helper, users, old, missing in (
        ("lm_meminfo_sub", SUBBED, "-=", "missing-sub"),
        ("lm_meminfo_add", ADDED, r"\+=", "missing-add"),
    ):
        at = tuple(At(user, r"lm_meminfo_|_clear\(|set_p|init_pte\(|unmap_hotplug_p.._range\(") for user in users)
        other = "+=" if helper.endswith("sub") else "-="
        for name, new, kinds in (
            ("reversed", other, ("wrong-amount", missing)),
            ("twice", f"{old[-2:]} 2 *", ("wrong-amount", "double-count")),
        ):
            change = Change(helper, old, new)
            also = ("wrong-amount", "double-count", "phantom-count", "wrong-account", "missing-add", "missing-sub")
            found.append(_one(f"{helper}-{name}", "helper-body", (change,), kinds, at, also, (*users, helper)))
        change = Change(helper, r"\[type\]", "[PTE]")
        found.append(
            _one(
                f"{helper}-account",
                "helper-body",
                (change,),
                ("wrong-account",),
                at,
                ("missing-add", "missing-sub", "phantom-count", "double-count", "wrong-amount"),
                (*users, helper),
            )
        )
        change = Change(helper, r"^\t\tlm_meminfo.*", "\t\t;")
        found.append(
            _one(
                f"{helper}-empty",
                "helper-body",
                (change,),
                (missing,),
                at,
                ("phantom-count", "double-count", "wrong-account"),
                (*users, helper),
            )
        )
    return found


def _moved() -> list[Variant]:
    """Put a record where another set of paths passes."""
    return [
        _one(
            f"{HOT_PTE}-above-none",
            "misplaced",
            (
                Change(HOT_PTE, rf"^\t*{RECORD}\n", ""),
                Change(HOT_PTE, r"^\t\tif \(pte_none", "\t\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n\\g<0>"),
            ),
            ("phantom-count",),
            (At(HOT_PTE, "continue"),),
            ("double-count",),
            (HOT_PTE, HOT_CPTE),
        ),
        _one(
            f"{HOT_PTE}-freed-only",
            "misplaced",
            (
                Change(HOT_PTE, rf"^\t*{RECORD}\n", ""),
                Change(HOT_PTE, r"if \(free_mapped\) \{\n", "\\g<0>\t\t\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n"),
            ),
            ("missing-sub",),
            (At(HOT_PTE, r"__pte_clear\("), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("wrong-account", "double-count", "phantom-count"),
            (HOT_PTE, HOT_CPTE),
        ),
        _one(
            f"{HOT_PTE}-after-loop",
            "misplaced",
            (
                Change(HOT_PTE, rf"^\t*{RECORD}\n", ""),
                Change(HOT_PTE, r"^\t\} while.*\n", "\\g<0>\tlm_meminfo_sub(addr, PAGE_SIZE, PTE);\n"),
            ),
            ("wrong-amount", "missing-sub"),
            (At(HOT_PTE, r"__pte_clear\("), At(HOT_CPTE, rf"\b{HOT_PTE}\(")),
            ("wrong-account", "phantom-count", "double-count"),
            (HOT_PTE, HOT_CPTE),
        ),
        _one(
            f"{HOT_PMD}-above-leaf",
            "misplaced",
            (
                Change(HOT_PMD, rf"^\t*{RECORD}\n", ""),
                Change(HOT_PMD, r"^\t\tif \(pmd_leaf", "\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n\\g<0>"),
            ),
            ("phantom-count", "double-count"),
            (At(HOT_PMD, HOT_CPTE),),
            ("wrong-account",),
            (HOT_PMD, HOT_CPMD),
        ),
        _one(
            f"{HOT_PUD}-freed-only",
            "misplaced",
            (
                Change(HOT_PUD, rf"^\t*{RECORD}\n", ""),
                Change(HOT_PUD, r"if \(free_mapped\) \{\n", "\\g<0>\t\t\t\tlm_meminfo_sub(addr, PUD_SIZE, PUD);\n"),
            ),
            ("missing-sub",),
            (At(HOT_PUD, r"pud_clear\("),),
        ),
        _one(
            f"{PUDS}-every-branch",
            "misplaced",
            (
                Change(PUDS, r"^\t\t\tif \(count_lm\)\n.*\n", ""),
                Change(
                    PUDS,
                    r"^\t\tphys \+= next - addr;",
                    "\t\tif (count_lm)\n\t\t\tlm_meminfo_add(addr, next - addr, PUD);\n\\g<0>",
                ),
            ),
            ("phantom-count", "double-count", "wrong-account"),
            (At(PUDS, r"alloc_init_cont_pmd\("),),
            ("double-count", "wrong-account"),
        ),
        _one(
            "alloc_init_cont_pmd-again",
            "misplaced",
            (
                Change(
                    "alloc_init_cont_pmd",
                    r"^\t\tphys \+= next - addr;",
                    "\t\tlm_meminfo_add(addr, next - addr, PMD);\n\\g<0>",
                ),
            ),
            ("double-count", "phantom-count"),
            (At("alloc_init_cont_pmd", r"\binit_pmd\("),),
            ("wrong-account",),
        ),
        _one(
            "split_contpte-in-loop",
            "misplaced",
            (
                Change("split_contpte", r"^\tlm_meminfo_add.*\n", ""),
                Change(
                    "split_contpte",
                    r"^(\tfor .*)\n(.*;)\n",
                    "\\1 {\n\\2\n\t\tlm_meminfo_add(addr, CONT_PTE_SIZE, PTE);\n\t}\n",
                ),
            ),
            ("wrong-amount", "double-count"),
            (At("split_contpte", r"__set_pte\(|lm_"),),
        ),
        _one(
            "split_pmd-one-arm",
            "misplaced",
            (
                Change("split_pmd", r"^\tlm_meminfo_sub.*\n", ""),
                Change(
                    "split_pmd",
                    r"(\tif \(to_cont\))\n(\t\tlm_meminfo_add.*)",
                    "\\1 {\n\t\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n\\2\n\t}",
                ),
            ),
            ("missing-sub",),
            (At("split_pmd", r"__(pmd_populate|set_pte)\("),),
        ),
    ]


def _writes() -> list[Variant]:
    """Change what is done and leave what is recorded."""

    def around(function: str, write: str) -> tuple[At, ...]:
        return (At(function, rf"{write}|{RECORD}|for \("),)

    pmd, pud = around("split_pmd", r"__(set_pte|pmd_populate)\("), around("split_pud", r"(set_pmd|__pud_populate)\(")
    pte, contpmd = around("split_contpte", r"__set_pte\("), around("split_contpmd", r"set_pmd\(")
    clear = r"^\tprot = __pgprot\(pgprot_val\(prot\) & ~PTE_CONT\);\n"
    amount, account = ("wrong-amount",), ("wrong-account",)
    return [
        _one(
            "split_pmd-keeps-cont",
            "writes",
            (Change("split_pmd", clear, ""),),
            account,
            (*pmd, At(TO_PMD, r"split_pmd\(")),
            functions=("split_pmd", TO_PMD),
        ),
        _one("split_pmd-never-cont", "writes", (Change("split_pmd", r"prot\) \| PTE_CONT", "prot)"),), account, pmd),
        _one("split_pud-never-cont", "writes", (Change("split_pud", r"prot\) \| PTE_CONT", "prot)"),), account, pud),
        _one(
            "split_pmd-always-cont", "writes", (Change("split_pmd", r"if \(to_cont\)\n\t\t(?=prot)", ""),), account, pmd
        ),
        _one(
            "split_contpte-stays",
            "writes",
            (Change("split_contpte", r"pte_mknoncont\((.*)\)\)", r"\1)"),),
            ("phantom-count", "wrong-account"),
            pte,
            ("double-count",),
        ),
        _one(
            "split_contpmd-stays",
            "writes",
            (Change("split_contpmd", r"pmd_mknoncont\((.*)\)\)", r"\1)"),),
            ("phantom-count", "wrong-account"),
            contpmd,
            ("double-count",),
        ),
        _one(
            "split_contpte-short", "writes", (put("split_contpte", "i < CONT_PTES", "i < CONT_PTES - 1"),), amount, pte
        ),
        _one("split_contpte-from-one", "writes", (put("split_contpte", "i = 0", "i = 1"),), amount, pte),
        _one(
            "split_contpte-other-level",
            "writes",
            (put("split_contpte", "i < CONT_PTES", "i < CONT_PMDS"),),
            amount,
            pte,
        ),
        _one(
            "split_contpmd-long",
            "writes",
            (put("split_contpmd", "i < CONT_PMDS", "i <= CONT_PMDS"),),
            ("wrong-amount", "missing-sub", "missing-add"),
            contpmd,
            ("missing-add",),
        ),
        _one("split_pmd-few", "writes", (put("split_pmd", "i < PTRS_PER_PTE", "i < CONT_PTES"),), amount, pmd),
        _one("split_pud-few", "writes", (put("split_pud", "i < PTRS_PER_PMD", "i < PTRS_PER_PMD / 2"),), amount, pud),
        _one(
            "split_contpte-no-loop",
            "writes",
            (Change("split_contpte", r"^\tfor.*\n\t", ""),),
            amount,
            pte,
            ("missing-sub",),
        ),
        _one(
            f"{PTES}-cont-after",
            "writes",
            (Change(PTES, r"(\t\tinit_pte\(.*), __prot\)", r"\1, prot)"),),
            account,
            (At(PTES, r"\binit_pte\(|lm_meminfo_add"),),
        ),
        _one(
            f"{HOT_PMD}-not-cleared",
            "writes",
            (Change(HOT_PMD, r"^\t*pmd_clear.*\n", ""),),
            ("phantom-count",),
            (At(HOT_PMD, RECORD),),
            ("double-count", "wrong-account"),
            (HOT_PMD, HOT_CPMD),
        ),
        _one(
            f"{HOT_PUD}-not-cleared",
            "writes",
            (Change(HOT_PUD, r"^\t*pud_clear.*\n", ""),),
            ("phantom-count",),
            (At(HOT_PUD, RECORD),),
            ("double-count",),
        ),
        _one(
            f"{PUDS}-not-set",
            "writes",
            (Change(PUDS, r"^\t*pud_set_huge.*\n", ""),),
            ("phantom-count",),
            (At(PUDS, RECORD),),
        ),
        _one(
            "split_pmd-not-populated",
            "writes",
            (Change("split_pmd", r"^\t__pmd_populate.*\n", ""),),
            ("phantom-count", "double-count"),
            (At("split_pmd", rf"{RECORD}|__set_pte"),),
            ("wrong-account", "missing-sub"),
            ("split_pmd", SPLIT, TO_PMD),
        ),
    ]


DRIFTS: tuple[Variant, ...] = (
    *_records(),
    *_guards(),
    *_allocations(),
    *_conversions(),
    *_stale(),
    *_helpers(),
    *_moved(),
    *_writes(),
)
