"""A counter of entries: ledgers, findings and reports say entries, and kB where a user sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lmlint.corpus import builtin_corpus
from lmlint.engine.amount import Symbol, constant, number, of
from lmlint.engine.check import Checker
from lmlint.engine.explain import prove
from lmlint.engine.quantity import geometry_sizes, quantity
from lmlint.engine.signs import known_sign
from lmlint.engine.value import Compare, Formula
from lmlint.engine.words import ledger_amount
from lmlint.finding import ENTRIES, Base, Finding, InputReport, LedgerLine, geometry_text
from lmlint.report import html, machine, sarif, terse, text
from lmlint.report.effect import effect_of
from lmlint.report.prose import tell
from lmlint.rule import load_rule

RULE = load_rule(Path(__file__).parent / "entries.toml")
PATH = "arch/small/mm/leaves.c"
BEFORE = """enum leaf { LEAF_NONE, LEAF_PAGE, LEAF_BLOCK, LEAF_HUGE, LEAF_NR };
static unsigned long leaf_count[LEAF_NR];
static void note_leaves(int level, unsigned long n)
{
	leaf_count[level] += n;
}
void sound(pmd_t *slot)
{
	if (!pmd_leaf(pmdp_get(slot)))
		return;
	pmd_clear(slot);
	note_leaves(LEAF_BLOCK, -1);
}
void sound_page(pte_t *slot)
{
	if (pte_none(ptep_get(slot)))
		return;
	pte_clear(0, 0, slot);
	note_leaves(LEAF_PAGE, -1);
}
"""
REPORT = """void report(struct seq_file *m)
{
	seq_printf(m, "DirectMap4k: %8lu kB\\n", leaf_count[LEAF_PAGE] << 2);
#ifdef CONFIG_WIDE
	seq_printf(m, "DirectMap2M: %8lu kB\\n", leaf_count[LEAF_BLOCK] << 11);
	if (huge_leaves)
		seq_printf(m, "DirectMap1G: %8lu kB\\n", leaf_count[LEAF_HUGE] << 20);
#else
	seq_printf(m, "DirectMap4M: %8lu kB\\n", leaf_count[LEAF_BLOCK] << 12);
	seq_printf(m, "DirectMap4G: %8lu kB\\n", leaf_count[LEAF_HUGE] << 22);
#endif
}
void huge(pud_t *slot)
{
	if (pud_leaf(pudp_get(slot))) {
		pud_clear(slot);
		leaf_count[LEAF_HUGE]--;
	}
}
"""
PROGRAM_OF_ITS_OWN = [sys.executable, "-c", "from lmlint.cli import entry; entry()"]
PROGRAM = Checker(BEFORE.encode(), PATH, RULE).program


def report_of(code: str) -> InputReport:
    source = BEFORE + code
    made = prove(source.encode(), PATH, RULE)
    return InputReport(
        PATH, "file", "", "", Base("none"), (RULE.name,), made.functions, made.findings, sources=((PATH, source),)
    )


def found(code: str) -> list[Finding]:
    return [finding for finding in report_of(code).findings if finding.severity == "error"]


def told(code: str) -> list[str]:
    """Return what is found in code, a kind and a message each."""
    return [f"{finding.kind}: {finding.message}" for finding in found(code)]


def labels(code: str) -> list[str]:
    return [f.message for f in report_of(code).findings if f.kind in {"wrong-label", "unreported-account"}]


def walk(body: str, *, after: str, start: str = "0", more: str = "", kind: str = "void") -> str:
    """Return a function that goes through entries with a tally."""
    return (
        f"{kind} walk(pte_t *slot, unsigned long addr, unsigned long stop, pgprot_t prot{more})\n{{\n"
        f"\tunsigned long pages = {start};\n\n"
        f"\tfor (; addr < stop; addr += PAGE_SIZE, slot++) {{\n{body}\t}}\n{after}}}\n"
    )


CLEAR = "\t\tif (pte_none(ptep_get(slot)))\n\t\t\tcontinue;\n\t\tpte_clear(0, addr, slot);\n\t\tpages++;\n"
FILL = "\t\tif (!pte_none(ptep_get(slot)))\n\t\t\tcontinue;\n\t\tset_pte(slot, pfn_pte(0, prot));\n\t\tpages++;\n"


# ---- words ----


def test_amounts_of_entries() -> None:
    table = PROGRAM.level_sizes("PTRS_PER_PTE")
    span = of(Symbol("param", ("stop",)), 2) - of(Symbol("param", ("addr",)), 2)
    pages = span.over((4096, 4096))
    assert pages is not None
    assert ledger_amount(number(1, 2), PROGRAM) == "+1"
    assert ledger_amount(-table, PROGRAM) == "-PTRS_PER_PTE"
    assert ledger_amount(table - number(1, 2), PROGRAM) == "+{wide: 511, narrow: 1023}"
    assert ledger_amount(pages, PROGRAM) == "+(stop - addr) / PAGE_SIZE"
    assert ledger_amount(PROGRAM.size("LEAF_BLOCK"), PROGRAM) == "+PMD_SIZE"


def test_quantities_of_entries() -> None:
    assert str(quantity(number(-1, 2), PROGRAM)) == "1 entry"
    assert quantity(number(-1, 2), PROGRAM).them == "it"
    assert str(quantity(number(512, 2), PROGRAM)) == "512 entries"
    assert str(quantity(constant((512, 1024)), PROGRAM)) == "512 entries (wide)"
    assert str(quantity(of(Symbol("param", ("n",)), 2), PROGRAM)) == "`n` entries"
    rounds = of(Symbol("count", (Symbol("loop", (1,)), 2)), 2)
    assert quantity(rounds, PROGRAM).of("LEAF_PAGE") == "1 entry of LEAF_PAGE in each of the rounds of one kind"


def test_what_a_user_sees_is_in_kb() -> None:
    every = frozenset(RULE.geometries)
    assert geometry_sizes(number(-1, 2), "LEAF_BLOCK", PROGRAM, every) == (
        "wide: -1 entry (-2048 kB)",
        "narrow: -1 entry (-4096 kB)",
    )
    unknown = Symbol("param", ("level",))
    assert geometry_sizes(number(2, 2), unknown, PROGRAM, frozenset({"wide"})) == ("wide: +2 entries",)


def test_geometries_that_are_no_page_sizes() -> None:
    assert geometry_text("16K") == "16K pages"
    assert geometry_text("64-bit") == "64-bit"


# ---- findings ----

BLOCK = "void f(pmd_t *slot, pgprot_t prot)\n{\n\tif (!pmd_leaf(pmdp_get(slot)))\n\t\treturn;\n%s}\n"
CLEARED = BLOCK % "\tpmd_clear(slot);\n\tnote_leaves(LEAF_BLOCK, %s);\n"
RECORD = "\tnote_leaves(LEAF_PAGE, pages);\n"
WRITE = "\t\tset_pte(slot, pfn_pte(0, prot));\n"
ALL, MAPPING = "(stop - addr) / PAGE_SIZE", "(rounds that map an entry)"
SPLIT = (
    "void f(pud_t *slot, pgprot_t prot)\n{\n\tpmd_t *table = alloc_table();\n\n"
    "\tif (!pud_leaf(pudp_get(slot)))\n\t\treturn;\n"
    "\tfor (int i = 0; i < PTRS_PER_PMD; i++)\n\t\tset_pmd(table + i, pfn_pmd(i, prot));\n"
    "\tpud_populate(0, slot, table);\n%s}\n"
)
CASES = [
    (
        BLOCK % "\tpmd_clear(slot);\n",
        "missing-sub: `f` takes 1 entry of LEAF_BLOCK away and never subtracts it from the counter",
    ),
    (
        BLOCK % "\tset_pmd(slot, pfn_pmd(0, prot));\n\tnote_leaves(LEAF_BLOCK, 1);\n",
        "double-count: `f` counts 1 entry of LEAF_BLOCK that was mapped, and counted, before",
    ),
    (CLEARED % "1", "wrong-amount: `f` adds 1 entry of LEAF_BLOCK where it must subtract it"),
    (
        CLEARED % "-PMD_SIZE",
        (
            "wrong-amount: `f` changes LEAF_BLOCK by -1 entry and records -PMD_SIZE, which is bytes where entries are "
            "counted: off by 2097151 entries (wide)"
        ),
    ),
    (
        SPLIT % "\tnote_leaves(LEAF_BLOCK, -1);\n\tnote_leaves(LEAF_PAGE, PTRS_PER_PTE);\n",
        "wrong-account: `f` changes 1 entry of LEAF_HUGE and records it as LEAF_BLOCK",
    ),
    (
        SPLIT % "\tnote_leaves(LEAF_HUGE, -1);\n\tnote_leaves(LEAF_PAGE, PTRS_PER_PMD * PTRS_PER_PTE);\n",
        (
            "wrong-account: `f` changes 512 entries (wide) of LEAF_BLOCK and records 262144 entries (wide) of "
            "LEAF_PAGE "
            "instead"
        ),
    ),
    (
        walk(CLEAR, after=RECORD),
        "wrong-amount: `walk` adds `pages` entries of LEAF_PAGE where it must subtract them",
    ),
    (
        walk(FILL, after=RECORD.replace("PAGE", "BLOCK")),
        "wrong-account: `walk` changes `pages` entries of LEAF_PAGE and records them as LEAF_BLOCK",
    ),
    (walk(FILL, after=""), "missing-add: `walk` maps `pages` entries as LEAF_PAGE and never adds them to the counter"),
    (
        walk(FILL.replace(WRITE, f"\t\tif (odd(addr))\n\t\t\treturn;\n{WRITE}"), after=RECORD),
        "missing-add: `walk` maps `pages` entries as LEAF_PAGE and never adds them to the counter",
    ),
    (
        walk(
            FILL.replace(WRITE, f"\t\tif (odd(addr))\n\t\t\treturn -ENOMEM;\n{WRITE}"),
            after=f"{RECORD}\treturn 0;\n",
            kind="int",
        ),
        "error-path: `walk` fails and leaves the counter of LEAF_PAGE off by `pages` entries",
    ),
    (
        walk(
            CLEAR.replace("\t\tpages++;", "\t\tif (odd(addr))\n\t\t\tcontinue;\n\t\tpages++;"),
            after=RECORD.replace("pages", "-pages"),
        ),
        (
            "missing-sub: `walk` takes 1 entry of LEAF_PAGE away in each of the rounds that clear an entry and "
            "count nothing, "
            "and never subtracts it from the counter"
        ),
    ),
    (
        walk(FILL.replace("!pte_none(ptep_get(slot))", "odd(addr)"), after=RECORD),
        (
            "double-count: `walk` counts 1 entry of LEAF_PAGE that was mapped, and counted, before, in each of the "
            "rounds that "
            "write over a leaf"
        ),
    ),
    (
        walk(FILL.replace(WRITE, f"\t\tif (!odd(addr))\n\t{WRITE}"), after=RECORD),
        (
            "phantom-count: `walk` counts 1 entry of LEAF_PAGE in each of the rounds that count and write nothing "
            "on a path "
            "that changes no such leaf"
        ),
    ),
    (
        walk(CLEAR, after=RECORD.replace("pages", "-pages"), more=", bool counted"),
        "unfiltered-region: `walk` counts `pages` entries of LEAF_PAGE although `counted` is false",
    ),
    (
        walk(FILL.replace("\t\tpages++;\n", "").replace("\t\tif", "\t\tpages++;\n\t\tif", 1), after=RECORD),
        f"double-count: `walk` counts {ALL} entries of LEAF_PAGE that were mapped, and counted, before",
    ),
    (
        walk(
            CLEAR.replace("\t\tpages++;\n", "").replace("\t\tif", "\t\tpages++;\n\t\tif", 1),
            after=RECORD.replace("p", "-p"),
        ),
        f"phantom-count: `walk` counts {ALL} entries of LEAF_PAGE on a path that changes no such leaf",
    ),
    (
        walk(FILL, after=RECORD, start="1"),
        f"wrong-amount: `walk` changes LEAF_PAGE by +{MAPPING} entries and records +pages: off by 1 entry",
    ),
    (
        CLEARED % "-1" + "void g(pmd_t *slot, pgprot_t prot)\n{\n\tif (!pmd_leaf(pmdp_get(slot)))\n\t\treturn;\n"
        "\tf(slot, prot);\n\tnote_leaves(LEAF_BLOCK, -1);\n}\n",
        "double-count: `g` counts 1 entry of LEAF_BLOCK more than once",
    ),
]


CLEARS, SIGN, FORGOTTEN, UNCOUNTED = (
    next(code for code, message in CASES if message.startswith(start))
    for start in ("missing-sub: `f`", "wrong-amount: `walk`", "missing-sub: `walk`", "unfiltered-region")
)


@pytest.mark.parametrize(("code", "message"), CASES)
def test_what_is_found(code: str, message: str) -> None:
    assert told(code) == [message]


@pytest.mark.parametrize(
    "code",
    [
        walk(FILL, after="\tnote_leaves(LEAF_PAGE, pages);\n"),
        walk(CLEAR, after="\tnote_leaves(LEAF_PAGE, -pages);\n"),
        walk(CLEAR, after="\tif (counted)\n\t\tnote_leaves(LEAF_PAGE, -pages);\n", more=", bool counted"),
        walk(FILL, after="\tif (pages)\n\t\tnote_leaves(LEAF_PAGE, pages);\n"),
    ],
)
def test_what_balances(code: str) -> None:
    assert told(code) == []


def test_the_path_shows_the_round_and_the_tally() -> None:
    (finding,) = found(FORGOTTEN)
    steps = [(note.step, note.message.partition("` ")[2]) for note in finding.notes if note.step != "branch"]
    assert steps == [
        ("loop", ""),
        ("write", "writes an entry that was a leaf and is now empty: LEAF_PAGE -1"),
        ("record", "records LEAF_PAGE -pages"),
        ("end", "ends; recorded less done: LEAF_PAGE +(rounds that clear an entry and count nothing)"),
    ]
    (finding,) = found(SIGN)
    assert ("tally", "adds 1 to `pages`") in [(n.step, n.message.partition("` ")[2]) for n in finding.notes]


# ---- reports ----


def test_the_ledger_says_its_unit_and_the_label() -> None:
    said = text.render([report_of(REPORT + CLEARS)], color=False, width=100)
    assert " = ledger (entries):  account     done  recorded  difference\n" in said
    assert " wide: +1 entry (+2048 kB) in DirectMap2M\n" in said
    assert " narrow: +1 entry (+4096 kB) in DirectMap4M\n" in said
    assert " bytes" not in said


def test_json_says_the_unit_and_keeps_its_shape() -> None:
    document = json.loads(machine.render([report_of(REPORT + CLEARS)]))
    schema = json.loads(files("lmlint").joinpath("report", "schema.json").read_text(encoding="ascii"))
    Draft202012Validator(schema).validate(document)
    (finding,) = document["inputs"][0]["findings"]
    (line,) = finding["ledger"]
    assert (line["unit"], line["done"], line["difference"]) == (ENTRIES, "-1", "+1")
    assert line["figures"][0] == {"geometry": "wide", "done": -(2 << 20), "recorded": 0}
    for code, _ in CASES:
        Draft202012Validator(schema).validate(json.loads(machine.render([report_of(code)])))


def test_other_formats() -> None:
    report = report_of(REPORT + CLEARS)
    assert "takes 1 entry of LEAF_BLOCK away" in terse.render([report])
    made = json.loads(sarif.render([report]))
    assert made["runs"][0]["results"][0]["properties"]["ledger"][0]["unit"] == ENTRIES
    page = html.render([report], ())
    assert "The ledger, in entries" in page
    assert "<td>+2 MB</td>" in page
    assert ", wide</caption>" in page or "with wide</caption>" in page


def test_mails_speak_of_what_the_user_sees() -> None:
    report = report_of(REPORT + CLEARS)
    (mail,) = tell(report.findings, report, {}, None)
    said = " ".join(mail.text.split())
    assert "leaves DirectMap2M 2 MB too high (wide; DirectMap4M 4 MB with narrow)." in said
    report = report_of(REPORT + SIGN)
    (mail,) = tell(report.findings, report, {}, None)
    said = " ".join(mail.text.split())
    assert "clears an entry that was a leaf (LEAF_PAGE -1) and then adds 1 to pages. It then adds pages to" in said
    assert "Each such call leaves DirectMap4k too high by 2 * pages entries." in said


def test_geometries_that_show_the_same_are_named_together() -> None:
    line = LedgerLine("A", "-1", "0", "+1", drift="high", figures=(("a", -1024, 0), ("b", -1024, 0), ("c", -2048, 0)))
    made = replace(found(CLEARS)[0], ledger=(replace(line, unit=ENTRIES),))
    assert effect_of(made) == "Each such call leaves the A counter 1 kB too high (a and b; 2 kB with c)."
    assert "(a; 1 kB with b, 2 kB with c)" in effect_of(replace(made, ledger=(line,)))


def test_what_conditions_show_of_a_sign() -> None:
    addr, stop = (of(Symbol("param", (name,)), 2) for name in ("addr", "stop"))
    pages = (stop - addr).over((4096, 4096))
    assert pages is not None
    ahead: dict[Formula, bool] = {Compare("<", addr - stop): True}
    assert known_sign(pages, ahead) == 1
    assert known_sign(-pages, ahead) == -1
    assert known_sign(pages + addr, ahead) == 0
    assert known_sign(pages, dict.fromkeys(ahead, False)) == 0
    rounds = of(Symbol("count", (Symbol("loop", (1,)), 2)), 2)
    assert known_sign(-rounds, {}) == -1
    assert known_sign(rounds - stop, {}) == 0


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    case = builtin_corpus() / "arm64-lm-meminfo" / "account-parameter-bad-swapped.c"
    path = tmp_path / "arch" / "arm64" / "mm" / "case.c"
    path.parent.mkdir(parents=True)
    path.write_bytes((case.parent / "preamble.h").read_bytes() + case.read_bytes())
    said = {
        subprocess.run(
            [*PROGRAM_OF_ITS_OWN, "check", "--format", "json", str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(said) == 1
    assert b"wrong-account" in said.pop()


def test_a_parameter_that_says_what_is_counted_is_asked_for() -> None:
    report = report_of(UNCOUNTED)
    (mail,) = tell(report.findings, report, {}, None)
    assert "Should this be recorded only where the function is told to count?" in mail.text


# ---- labels ----


def test_entries_are_printed_in_the_unit_that_is_said() -> None:
    assert labels(REPORT) == []
    by_size = REPORT.replace("<< 12", "* (PMD_SIZE >> 10)").replace("<< 2)", "* (PAGE_SIZE / 1024))")
    assert labels(by_size) == []
    atomic = REPORT.replace("leaf_count[LEAF_PAGE] <<", "atomic_long_read(&leaf_count[LEAF_PAGE]) <<")
    assert labels(atomic) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<< 2)", "<< 3)", "`report` prints LEAF_PAGE as 8 kB an entry where its leaf is 4 kB"),
        ("<< 2)", "<< 12)", "`report` prints LEAF_PAGE as 4096 kB an entry where its leaf is 4 kB"),
        (" << 2)", ")", "`report` prints LEAF_PAGE as 1 kB an entry where its leaf is 4 kB"),
        ("<< 12)", "<< 11)", "`report` prints LEAF_BLOCK as 2048 kB an entry where its leaf is 4096 kB (narrow)"),
        ("<< 11)", ">> 10)", "`report` prints LEAF_BLOCK as 1/1024 kB an entry where its leaf is 2048 kB (wide)"),
        ('%8lu kB\\n", leaf_count[LEAF_PAGE] <<', '%8lu MB\\n", leaf_count[LEAF_PAGE] <<',
         "`report` prints LEAF_PAGE as 4 MB an entry where its leaf is 4k"),
        ("DirectMap4M", "DirectMap2M", "`report` prints LEAF_BLOCK as `2M` where its leaf is 4M (narrow)"),
    ],
)  # fmt: skip
def test_a_wrong_factor_is_a_wrong_label(old: str, new: str, message: str) -> None:
    assert old in REPORT
    assert labels(REPORT.replace(old, new)) == [message]


def test_accounts_by_number() -> None:
    loop = (
        'static const char *const names[] = { [1] = "4k", [2] = "2M" };\nvoid report(struct seq_file *m)\n{\n'
        "#ifdef CONFIG_WIDE\n\tfor (int i = 1; i < 3; i++)\n"
        '\t\tseq_printf(m, "DirectMap%s: %lu kB\\n", names[i], leaf_count[i] << SHIFT);\n#endif\n}\n'
    )
    assert any("prints LEAF_PAGE and LEAF_BLOCK as 4 kB" in m or "prints LEAF_BLOCK as 4 kB" in m
               for m in labels(loop.replace("SHIFT", "2")))  # fmt: skip
    assert not any("LEAF_BLOCK as" in m for m in labels(loop.replace("SHIFT", "(2 + 9 * (i - 1))")))


def test_an_account_that_is_only_asked_about_need_not_be_printed() -> None:
    less = REPORT[: REPORT.index("void huge")].replace("\tif (huge_leaves)\n", "")
    less = "".join(line for line in less.splitlines(keepends=True) if "LEAF_HUGE" not in line)
    asked = "int level_of(pud_t *slot)\n{\n\treturn pud_leaf(pudp_get(slot)) ? LEAF_HUGE : LEAF_BLOCK;\n}\n"
    assert labels(less + asked) == []
