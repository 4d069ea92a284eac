"""What the hunks of a patch prove alone: little, and nothing false."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.engine.cutting import Item, Piece, assemble, cut
from lmlint.engine.hunks import ALONE
from lmlint.finding import BALANCED, CANNOT_TELL, FINDING, InputReport
from lmlint.patch.mail import read_mail
from lmlint.patch.tree import Trees
from lmlint.rule import builtin_rules, load_rules
from lmlint.stack import review_patch, review_patches
from tests.edits import EDITS, INPUTS, version
from tests.variant import Variant, apply

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules([builtin_rules()], ["arm64-lm-meminfo"])
PATH = "arch/arm64/mm/mmu.c"
MAIL = INPUTS / "mail"
needs_inputs = pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")

COUNTER = """\
+enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };
+static unsigned long lm_meminfo[NR_LM_TYPE];
+
+static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type type)
+{
+	if (__is_lm_address(va))
+		lm_meminfo[type] += bytes;
+}
+
+static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type type)
+{
+	if (__is_lm_address(va))
+		lm_meminfo[type] -= bytes;
+}
+
"""
HEAD = "static int init_pmd(pmd_t *slot, unsigned long va, unsigned long end,"


def hunk(section: str, body: str, at: int, shift: int) -> tuple[str, int]:
    """Return a hunk whose lines carry their signs, and by how many lines it moves what follows."""
    lines = body.splitlines()
    old = sum(line[:1] != "+" for line in lines)
    new = sum(line[:1] != "-" for line in lines)
    return f"@@ -{at},{old} +{at + shift},{new} @@ {section}\n{body}", new - old


def diff(*hunks: tuple[str, str], counter: bool = True) -> bytes:
    """Return the diff of these hunks, (section, lines), a hundred lines apart, below one that defines the counter."""
    text, shift, at = f"--- a/{PATH}\n+++ b/{PATH}\n", 0, 10
    for section, body in ((("", f" #include <a.h>\n{COUNTER} int unrelated;\n"),) if counter else ()) + hunks:
        made, grown = hunk(section, body, at, shift)
        text, shift, at = text + made, shift + grown, at + 100
    return text.encode()


def check(data: bytes) -> InputReport:
    return review_patch(read_mail(data, "x.patch"), Trees(), RULES)


POPULATE = """\
 		    (flags & NO_BLOCK_MAPPINGS) == 0) {
 			pmd_set_huge(slot, phys, prot);
 
+			lm_meminfo_add(va, next - va, PMD);
 			/*
 			 * What was a block before stays
"""


def test_a_leaf_that_is_counted_whatever_was_there_is_counted_again() -> None:
    report = check(diff((HEAD, POPULATE)))
    assert [(f.kind, f.function, f.severity) for f in report.findings] == [("double-count", "init_pmd", "error")]
    (found,) = report.findings
    # The counter's hunk is 19 lines long; the record is the fourth line of the second one.
    assert found.place.line == 110 + len(COUNTER.splitlines()) + 3
    assert found.notes[0].message.startswith(ALONE)
    assert {note.place.line for note in found.notes} == {found.place.line}
    (verdict,) = report.functions
    assert (verdict.verdict, verdict.assumptions[0]) == (FINDING, ALONE)
    assert report.base.state == "hunks"


GUARDED = POPULATE.replace("+			lm", "+			if (first)\n+				lm")
UNKNOWN = POPULATE.replace("NO_BLOCK", "not_known(slot) & NO_BLOCK")
EMPTY = POPULATE.replace(" 			pmd_set_huge", "+			if (pmd_none(*slot))\n 			pmd_set_huge")
MOVED = ("", " int before;\n-static unsigned long lm_meminfo[NR_LM_TYPE];\n int after;\n")
TAKEN_BACK = (
    HEAD,
    " 		old = READ_ONCE(*slot);\n+		lm_meminfo_sub(va, size_of_leaf(old), PMD);\n 		step();\n",
)
FRESH = (HEAD, " 	do {\n+		unsigned long fresh = PMD_SIZE * pmd_none(*slot);\n 		step();\n")
TIMES = POPULATE.replace("next - va", "fresh")
CALLER = (
    "static int alloc_init_cont_pmd(pud_t *pudp)",
    " 	do {\n+		recount(slot);\n 		err = init_pmd(slot, va, next);\n",
)
KEPT_AWAY = (HEAD, " 	do {\n+		if (pmd_leaf(*slot))\n+			continue;\n 		step();\n")


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(diff((HEAD, GUARDED)), id="a guard that a gap defines"),
        pytest.param(diff((HEAD, POPULATE), counter=False), id="a counter that a gap may move, too"),
        pytest.param(diff(MOVED, (HEAD, POPULATE)), id="a counter that is only moved"),
        pytest.param(diff(KEPT_AWAY, (HEAD, POPULATE)), id="a branch that the patch adds above"),
        pytest.param(diff(TAKEN_BACK, (HEAD, POPULATE)), id="a count that the patch takes back above"),
        pytest.param(diff(FRESH, (HEAD, TIMES)), id="an amount that the patch computes above"),
        pytest.param(diff((HEAD, POPULATE), CALLER), id="a caller to which the patch adds code"),
        pytest.param(diff((HEAD, UNKNOWN)), id="a callee that is not to be seen"),
        pytest.param(diff((HEAD, EMPTY)), id="an entry that is empty"),
    ],
)
def test_what_a_gap_may_settle_is_not_told(patch: bytes) -> None:
    report = check(patch)
    assert [finding.kind for finding in report.findings if finding.severity != "note"] == []
    assert [v.name for v in report.functions if v.verdict == CANNOT_TELL and v.reason.startswith(ALONE)] == ["init_pmd"]


def test_what_a_later_patch_may_repair_is_a_note() -> None:
    first, other = diff((HEAD, POPULATE)), diff(KEPT_AWAY, counter=False)
    apart = other.replace(PATH.encode(), b"arch/arm64/mm/fault.c")
    severities = []
    for second in (other, apart):
        mails = [read_mail(data, name) for data, name in ((first, "1.patch"), (second, "2.patch"))]
        reports = review_patches(mails, Trees(), RULES).reports
        (found,) = reports[0].findings
        severities.append(
            (found.kind, found.severity, "`2.patch` changes this file as well" in found.notes[-1].message)
        )
    assert severities == [("double-count", "note", True), ("double-count", "error", False)]


def test_a_header_of_the_series_takes_a_tree_too() -> None:
    header = "arch/arm64/include/asm/lm.h"
    made = f"--- /dev/null\n+++ b/{header}\n@@ -0,0 +1 @@\n+static int a;\n"
    changed = f"--- a/{header}\n+++ b/{header}\n@@ -1 +1 @@\n-static int a;\n+static int b;\n"
    mails = [read_mail(data.encode(), name) for data, name in ((made, "1.patch"), (changed, "2.patch"))]
    (_, report) = review_patches(mails, Trees(), RULES).reports
    assert [notice.partition(": ")[2][:33] for notice in report.notices] == ["other files look definitions up i"]


CUT = POPULATE.replace(
    " 			/*\n 			 * What was a block before stays\n",
    " 			BUG_ON(!pgattr_change_is_safe(pmd_val(was),\n",
)


def test_a_statement_that_the_hunk_cuts_off_is_not_read() -> None:
    assert [f.kind for f in check(diff((HEAD, CUT))).findings] == ["double-count"]
    settled = CUT.replace(
        " 			BUG_ON(", "+			lm_meminfo_sub(va, next - va, PMD);\n+			BUG_ON("
    )
    assert check(diff((HEAD, settled))).findings == ()
    hidden = CUT.replace(
        " 			BUG_ON(!pgattr_change_is_safe(pmd_val(was),\n", "+			lm_meminfo_sub(va,\n"
    )
    assert check(diff((HEAD, hidden))).findings == ()


def test_functions_of_which_the_rule_knows_nothing_are_not_accused() -> None:
    report = check(diff((HEAD.replace("init_pmd", "fill_pmds"), POPULATE)))
    assert (report.findings, report.functions[0].verdict) == ((), CANNOT_TELL)


WHOLE = """\
 int before;
 
+static void split(unsigned long va, pte_t *slot)
+{
+	int i;
+
+	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
+	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
+	for (i = 0; i < CONT_PTES; i++, slot++)
+		__set_pte(slot, pte_mknoncont(__ptep_get(slot)));
+	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
+}
+
 int after;
"""


def test_a_section_may_name_a_function_without_its_type() -> None:
    body = ("\tset_entry(slot, made);", "\tpages++;")
    _, (fragment,) = cut([Piece(10, body, "fill_table(struct slot *slot, unsigned")])
    assert fragment.name == "fill_table"
    assert cut([Piece(10, body, "DEFINE_LOCK(fill_lock);")])[1] == ()


def test_a_function_that_stands_whole_in_a_hunk_is_judged() -> None:
    report = check(diff(("", WHOLE)))
    assert [(v.name, v.verdict, v.assumptions[0]) for v in report.functions] == [("split", BALANCED, ALONE)]
    wrong = check(diff(("", WHOLE.replace("CONT_PTE_SIZE, PTE", "PAGE_SIZE, PTE"))))
    assert [(f.kind, f.function) for f in wrong.findings] == [("wrong-amount", "split")]
    caller = (
        "static void f(pte_t *slot)",
        " 	x();\n+	split(va, slot);\n+	lm_meminfo_add(va, 16, PTE);\n 	y();\n",
    )
    settled = check(diff(("", WHOLE.replace("CONT_PTE_SIZE, PTE", "PAGE_SIZE, PTE")), caller))
    assert settled.findings == ()
    unseen = check(diff(("", WHOLE.replace("+	int i;", "+	int i = clear_some(slot);"))))
    assert [(v.verdict, "clear_some" in v.reason) for v in unseen.functions] == [(CANNOT_TELL, True)]


@needs_inputs
@pytest.mark.parametrize(("mail", "kinds"), [("v7.patch", {"double-count"}), ("v8-reply.txt", set())])
def test_the_real_patches_without_a_tree(mail: str, kinds: set[str]) -> None:
    report = check((MAIL / mail).read_bytes())
    assert {finding.kind for finding in report.findings} == kinds
    assert {f.function for f in report.findings} <= {"alloc_init_cont_pte", "init_pmd", "alloc_init_pud"}
    for verdict in report.functions:
        assert ALONE in (verdict.reason, *verdict.assumptions) or verdict.reason.startswith(f"{ALONE}: ")
    assert {v.name for v in report.functions if v.verdict == BALANCED} == {"split_contpte", "split_contpmd"}


@needs_inputs
@pytest.mark.parametrize("variant", EDITS[::15], ids=lambda v: v.name)
def test_of_every_edit_nothing_false_is_told(variant: Variant, tmp_path: Path) -> None:
    real = version("v8-reply.txt")
    assert real.before is not None
    assert real.after is not None
    (tmp_path / "a").write_bytes(real.before)
    (tmp_path / "b").write_text(apply(real.after.decode(), variant))
    done = subprocess.run(["git", "diff", "--no-index", "a", "b"], cwd=tmp_path, capture_output=True, check=False)
    hunks = done.stdout[done.stdout.index(b"@@") :]
    report = check(f"--- a/{PATH}\n+++ b/{PATH}\n".encode() + hunks)
    assert {finding.kind for finding in report.findings} <= {*variant.kinds, *variant.also}


TEXTS = (
    "|}|{|int f(int a)|\tif (a) {|\t}|\t} else {|\tdo {|\t} while (a);|\tg(a,|\t  b);|out:|\tgoto out;|#ifdef A|#else|"
    '#endif|/*| * text| */|\tx("}");|};|static int x;|\treturn 0;|\telse|\tfor (;;)|struct s {'
)
LINES = st.lists(st.sampled_from(TEXTS.split("|")), max_size=30)


@given(LINES, st.sampled_from(["", "int f(int a, int b,", "static void g(", "struct s {", "out:"]))
def test_any_lines_can_be_cut(lines: list[str], section: str) -> None:
    items, fragments = cut([Piece(5, tuple(lines), section)])
    last = 4 + len(lines)
    for part in items:
        assert 5 <= part.first <= part.first + len(part.lines) - 1 <= last
    for fragment in fragments:
        assert 5 <= fragment.first <= fragment.last <= last
        assert not fragment.text or fragment.text.count("\n") == fragment.last - fragment.first + 1
    text = assemble([(item.first, "\n".join(item.lines)) for item in items])
    shown = text.split("\n")
    for item in items:
        assert shown[item.first - 1 : item.first - 1 + len(item.lines)] == list(item.lines)


ARMS = """\
 #ifdef A
 	if (x) {
 #else
 	if (y) {
 #endif
+		pmd_clear(slot);
 	}
 }
"""


@pytest.mark.parametrize("body", [ARMS, " 	if (x) {\n+		pmd_clear(slot);\n }\n"])
def test_a_brace_too_many_is_no_end_of_the_function(body: str) -> None:
    report = check(diff((HEAD, body)))
    assert [(v.name, v.verdict) for v in report.functions] == [("init_pmd", CANNOT_TELL)]


def test_a_file_that_is_seen_from_its_first_line_to_its_last_is_whole() -> None:
    text = "int x;\n\nstatic int f(int a)\n{\n\treturn a;\n}\n\nint g(void)\n{\n\treturn 0;\n}"
    items, fragments = cut([Piece(1, tuple(text.split("\n")))])
    assert [item.name for item in items if isinstance(item, Item)] == ["", "f", "g"]
    assert fragments == ()
    assert assemble((item.first, "\n".join(item.lines)) for item in items).split() == text.split()
