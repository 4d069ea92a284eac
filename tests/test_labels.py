"""What the report function prints: each account once, under its own size, in each geometry; or nothing is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lmlint.corpus import builtin_corpus
from lmlint.engine.check import analyse
from lmlint.engine.labels import judge_labels
from lmlint.engine.program import Program
from lmlint.finding import CANNOT_TELL
from lmlint.rule import builtin_rules, load_rule
from lmlint.source import parse
from tests.edits import INPUTS, v8
from tests.small import PATH, RULE

if TYPE_CHECKING:
    from pathlib import Path

    from lmlint.finding import Finding

COUNTED = (builtin_corpus() / RULE.name / "counted.h").read_text(encoding="utf-8")
SIZES = {
    "4K": ("4k", "64k", "2M", "32M", "1G"),
    "16K": ("16k", "2M", "32M", "1G", "64G"),
    "64K": ("64k", "2M", "512M", "16G", "4T"),
}
ACCOUNTS = ("PTE", "CONT_PTE", "PMD", "CONT_PMD", "PUD")


def program(code: str) -> Program:
    return Program(parse((COUNTED + code).encode(), PATH, RULE.dialect), RULE)


def found(code: str) -> list[Finding]:
    return judge_labels(program(code), PATH)[0]


def reasons(code: str) -> list[str]:
    return [verdict.reason for verdict in judge_labels(program(code), PATH)[1]]


def report(body: str, before: str = "") -> str:
    return f"#ifdef CONFIG_PROC_FS\n{before}\nvoid arch_report_meminfo(struct seq_file *m)\n{{\n{body}\n}}\n#endif\n"


def arms(text: str) -> str:
    """Return a text for each geometry, in which %s becomes the label of the account whose name comes before it."""
    out = []
    for word, (geometry, sizes) in zip(("if", "elif", "elif"), SIZES.items(), strict=True):
        filled = text
        for account, size in zip(ACCOUNTS, sizes, strict=True):
            filled = filled.replace(f"<{account}>", f'"{size}"')
        out.append(f"#{word} defined(CONFIG_ARM64_{geometry}_PAGES)\n{filled}")
    return "\n".join([*out, "#endif"])


ASSIGNED = arms("\n".join(f"\tsize[{a}] = <{a}>;" for a in ACCOUNTS))
TABLE = arms(f"static const char *const size[] = {{ {', '.join(f'[{a}] = <{a}>' for a in ACCOUNTS)} }};")
LOOP = "\tfor (int i = 0; i < NR_LM_TYPE; i++)\n"
LINE = '\tseq_printf(m, "DirectMap%s:\\t%8lu kB\\n", size[i], lm_meminfo[i] >> 10);'
LINES = "\n".join(LINE.replace("[i]", f"[{a}]") for a in ACCOUNTS)
GOOD = {
    "assigned": report(f"\tconst char *size[NR_LM_TYPE];\n{ASSIGNED}\n{LINES}"),
    "assigned, in a loop": report(f"\tconst char *size[NR_LM_TYPE];\n{ASSIGNED}\n{LOOP}{LINE}"),
    "initialised": report(LOOP + LINE, TABLE),
    "counted down": report("\tint i = NR_LM_TYPE;\n\twhile (i-- > PTE)\n" + LINE, TABLE),
    "do": report(f"\tint i = 0;\n\tdo {{\n{LINE}\n\t}} while (++i != ARRAY_SIZE(size));", TABLE),
    "helper": report(
        LOOP + "\t\tshow(m, i);",
        f"{TABLE}\nstatic void show(struct seq_file *m, int i)\n{{\n\tif (i == PUD && !pud_sect_supported())\n"
        f"\t\treturn;\n{LINE}\n}}\n",
    ),
    "macro": report(
        "".join(f"\tshow({a});\n" for a in ACCOUNTS),
        f"{TABLE}\n#define kb(i) (READ_ONCE(lm_meminfo[i]) >> 10)\n"
        '#define show(i) seq_printf(m, "DirectMap%s: %lu kB\\n", \\\n\tsize[i], kb(i))\n',
    ),
    "rows": report(
        '\tfor (int i = 0; i < ARRAY_SIZE(rows); i++)\n\t\tseq_printf(m, "DirectMap%s: %lu kB\\n", rows[i].name, '
        "lm_meminfo[rows[i].which] >> 10);",
        arms(
            "static const struct {\n\tconst char *name;\n\tenum lm_type which;\n} rows[] = {\n"
            + "".join(f"\t{{ <{a}>, {a} }},\n" for a in ACCOUNTS)
            + "};"
        ),
    ),
    "in two prints": report(
        LOOP
        + '\t{\n\tseq_printf(m, "DirectMap%s: ", size[i]);\n'
        + '\tseq_printf(m, "%lu kB\\n", lm_meminfo[i] >> 10);\n\t}',
        TABLE,
    ),
    "without a size": report(
        "\n".join(f'\tseq_printf(m, "DirectMap{a}: %lu kB\\n", lm_meminfo[{a}] >> 10);' for a in ACCOUNTS)
    ),
    "in megabytes": report(LOOP + LINE.replace(">> 10", "/ (1024 * 1024)").replace("kB", "MB"), TABLE),
    "unknown label": report(LOOP + LINE.replace("size[i]", "lm_label(i)")),
    "a filled buffer": report(
        f"\tchar text[16];\n{LOOP}\t{{\n\tlm_format(text, sizeof(text), i);\n{LINE.replace('size[i]', 'text')}\t}}"
    ),
    "a size through a pointer": report(
        f"{LOOP}\t{{\n\tunsigned long n;\n\tconst char *unit = lm_unit(size[i], &n);\n"
        '\tseq_printf(m, "DirectMap%lu%s: %lu kB\\n", n, unit, lm_meminfo[i] >> 10);\n\t}',
        "static const unsigned long size[] = { PAGE_SIZE, CONT_PTE_SIZE, PMD_SIZE, CONT_PMD_SIZE, PUD_SIZE };\n"
        "static const char *lm_unit(unsigned long size, unsigned long *n)\n"
        '{\n\t*n = size >> 10;\n\treturn "k";\n}\n',
    ),
    "a helper that fills the names": report(
        f"\tconst char *size[NR_LM_TYPE];\n\tlm_names(size);\n{LOOP}{LINE}",
        f"static void lm_names(const char **size)\n{{\n{ASSIGNED}\n}}\n",
    ),
    "a helper whose result counts lines": report(
        LOOP + "\t\tlines += show(m, i);",
        f"{TABLE}\nstatic int show(struct seq_file *m, int i)\n{{\n{LINE}\n\treturn 1;\n}}\n",
    ),
    "somebody else's labels": report(LOOP + LINE, "extern const char *size[];"),
    "a table that an option chooses": report(
        LOOP + LINE, f'#ifdef CONFIG_A\nstatic const char * const size[] = {{ "1k" }};\n#else\n{TABLE}\n#endif'
    ),
    "other words": report('\tseq_printf(m, "%lu pages, %lu, %lu %lu (%lu)", ' + ", ".join(
        f"lm_meminfo[{a}] >> PAGE_SHIFT" for a in ACCOUNTS) + ");"),
    "no report at all": "",
}  # fmt: skip


LABELLED = [name for name, code in GOOD.items() if '[PUD] = "4T"' in code and name != "a table that an option chooses"]


@pytest.mark.parametrize("name", GOOD)
def test_a_right_report_is_silent(name: str) -> None:
    assert [one.message for one in found(GOOD[name])] == []
    assert reasons(GOOD[name]) == []


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("geometry", SIZES)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_wrong_size_is_found_where_it_is_written(name: str, geometry: str, account: str) -> None:
    size = SIZES[geometry][ACCOUNTS.index(account)]
    head, mark, tail = GOOD[name].partition(f"CONFIG_ARM64_{geometry}_PAGES")
    code = head + mark + tail.replace(f'[{account}] = "{size}"', f'[{account}] = "8k"', 1)
    (finding,) = found(code)
    assert (finding.kind, finding.severity) == ("wrong-label", "warning")
    assert finding.message == f"`arch_report_meminfo` prints {account} as `8k` where its leaf is {size} ({geometry})"
    assert '"8k"' in (COUNTED + code).split("\n")[finding.place.line - 1]


BAD = {
    "shift": (GOOD["initialised"].replace(">> 10", ">> 20"), "wrong-label", "in units of 1048576 bytes as kB"),
    "no shift": (GOOD["initialised"].replace(" >> 10", ""), "wrong-label", "in units of 1 byte as kB"),
    "left": (GOOD["initialised"].replace(">> 10", "<< 10"), "wrong-label", "in units of 1/1024 byte as kB"),
    "label of another": (
        GOOD["assigned"].replace("size[PMD], ", "size[PTE], "),
        "wrong-label",
        "prints PMD under the label of PTE: `4k` where its leaf is 2M (4K)",
    ),
    "another's counter": (GOOD["assigned"].replace("lm_meminfo[PMD]", "lm_meminfo[PTE]"), "wrong-label", "of PMD"),
    "never set": (
        GOOD["assigned"].replace('size[PMD] = "512M";', ""),
        "wrong-label",
        "prints PMD under a label that is never set (64K)",
    ),
    "one size for all": (
        GOOD["without a size"].replace("DirectMapPMD", "DirectMap2M"),
        "wrong-label",
        "prints PMD as `2M` where its leaf is 32M (16K), `2M` where its leaf is 512M (64K)",
    ),
    "left out": (
        GOOD["assigned"].replace(LINE.replace("[i]", "[CONT_PTE]"), ""),
        "unreported-account",
        "never prints CONT_PTE",
    ),
    "left out in one geometry": (
        GOOD["assigned"].replace(
            LINE.replace("[i]", "[CONT_PTE]"),
            "#ifndef CONFIG_ARM64_64K_PAGES\n" + LINE.replace("[i]", "[CONT_PTE]") + "\n#endif",
        ),
        "unreported-account",
        "never prints CONT_PTE, which is counted (64K)",
    ),
    "twice": (
        GOOD["assigned"].replace(LINE.replace("[i]", "[PMD]"), 2 * LINE.replace("[i]", "[PMD]")),
        "unreported-account",
        "prints PMD twice",
    ),
    "one too many": (
        GOOD["initialised"].replace(LINE, LINE + "\n" + LINE.replace("[i]", "[PUD]")),
        "unreported-account",
        "prints PUD twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_report_is_found_once(name: str) -> None:
    code, kind, message = BAD[name]
    (finding,) = found(code)
    assert (finding.kind, finding.severity, finding.function) == (kind, "warning", "arch_report_meminfo")
    assert message in finding.message
    assert finding.construct.startswith("arch_report_meminfo: ")


def test_an_account_that_nothing_counts() -> None:
    nothing = COUNTED.replace("cont ? CONT_PMD : PMD", "PMD") + GOOD["initialised"]
    made = Program(parse(nothing.encode(), PATH, RULE.dialect), RULE)
    assert [f.message for f in judge_labels(made, PATH)[0]] == [
        "`arch_report_meminfo` prints CONT_PMD, and nothing in this file ever counts it"
    ]
    computed = nothing.replace("va, PMD_SIZE, PMD", "va, PMD_SIZE, PMD + cont")
    assert not judge_labels(Program(parse(computed.encode(), PATH, RULE.dialect), RULE), PATH)[0]
    elsewhere = nothing.replace("static unsigned long lm_meminfo", "unsigned long lm_meminfo")
    assert not judge_labels(Program(parse(elsewhere.encode(), PATH, RULE.dialect), RULE), PATH)[0]


DOUBTS = {
    "a list": ("\tlist_for_each_entry(x, &list, node)\n" + LINE, "how often this loop runs"),
    "goto": ("\tif (!m)\n\t\tgoto out;\n" + LINE + "\nout:\n\treturn;", "goto"),
    "handed on": ("\tseq_puts(m, title);\n\tshow_all(m, lm_meminfo);", "handed all of the counter"),
    "endless": ('\tfor (;;)\n\t\tseq_printf(m, "%lu", lm_meminfo[PTE]);', "too many steps"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_cannot_be_followed_is_said(name: str) -> None:
    body, reason = DOUBTS[name]
    assert found(report(body)) == []
    (said,) = reasons(report(body))
    assert reason in said
    analysis = analyse((COUNTED + report(body)).encode(), PATH, RULE)
    assert [v.verdict for v in analysis.functions if v.name == "arch_report_meminfo"] == [CANNOT_TELL]


def test_a_rule_without_a_report_says_nothing(tmp_path: Path) -> None:
    text = (builtin_rules() / f"{RULE.name}.toml").read_text(encoding="utf-8")
    for section in ("report", "build"):
        text = re.sub(rf"^\[{section}\].*?(?=^\[)", "", text, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    rule = load_rule(tmp_path / "other.toml")
    assert (rule.report, rule.build) == (None, None)
    assert not analyse((COUNTED + BAD["shift"][0]).encode(), PATH, rule).findings


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_every_wrong_size_in_the_real_file() -> None:
    path, text = v8()
    assert judge_labels(Program(parse(text.encode(), path, RULE.dialect), RULE), path) == ([], [])
    sizes = list(re.finditer(r'size\[(\w+)\] = "(\w+)"', text))
    assert len(sizes) == 15
    for match in sizes:
        wrong = text[: match.start(2)] + "8" + text[match.start(2) :]
        (finding,) = judge_labels(Program(parse(wrong.encode(), path, RULE.dialect), RULE), path)[0]
        assert (finding.kind, finding.place.line) == ("wrong-label", text.count("\n", 0, match.start()) + 1)
        assert f"prints {match[1]} as `8{match[2]}` where its leaf is {match[2]} (" in finding.message
