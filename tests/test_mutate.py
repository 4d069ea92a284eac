"""Variants of a file: made from its tree, each a single edit, and judged by the proof and by runs."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint import cli
from lmlint.mutate.edit import NEUTRAL, Edit, Variant, changed, of, unified
from lmlint.mutate.families import FAMILIES, variants
from lmlint.mutate.judge import CANNOT_RUN, CRASHED, DRIFTS, FOUND, HOLDS, SILENT, Judge, Outcome, Told
from lmlint.mutate.run import OnTables, assess, run
from lmlint.mutate.table import DISAGREE, Result, Summary, bar
from lmlint.patch.diff import apply_diff, parse_diff
from lmlint.rule import Rule, builtin_rules, load_rules
from lmlint.source import unreadable
from lmlint.witness import Pool

if TYPE_CHECKING:
    from lmlint.mutate.judge import Witness

PAGETABLE = Path(__file__).parents[1] / "corpus" / "arm64-lm-meminfo" / "pagetable.c"
REAL = Path(__file__).parents[2] / "shared" / "inputs"
LONG = 20_000
"""Bytes from which only some variants of a file are read again here; a run reads all, and counts what is unreadable."""

COUNTING = {"tally", "leave", "repeat", "flag"}
"""The families of code that counts entries in local tallies: tests/test_mutate_counting.py has such a file."""

SAMPLE = 3
"""How many variants of each family are judged here; `lmlint mutate` judges all."""

SMALL = b"""enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };
static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long addr, unsigned long size, enum lm_type type)
{
	if (__is_lm_address(addr))
		lm_meminfo[type] += size;
}

static void lm_meminfo_sub(unsigned long addr, unsigned long size, enum lm_type type)
{
	if (__is_lm_address(addr))
		lm_meminfo[type] -= size;
}

static void map_page(pte_t *slot, unsigned long va, pgprot_t prot)
{
	pte_t was = __ptep_get(slot);
	bool fresh = pte_none(was);

	/* caf\xc3\xa9 \xe2\x80\xa6 */
	__set_pte(slot, pfn_pte(va >> PAGE_SHIFT, prot));
	BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
	if (fresh)
		lm_meminfo_add(va, PAGE_SIZE, PTE);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
}

void map_one(pte_t *slot, unsigned long va)
{
	map_page(slot, va, PAGE_KERNEL);
}
"""


@cache
def rule() -> Rule:
    (found,) = load_rules([builtin_rules()], ["arm64-lm-meminfo"])
    return found


@cache
def file(name: str) -> bytes:
    if name == "pagetable.c":
        return PAGETABLE.read_bytes()
    if name == "small.c":
        return SMALL
    from tests.edits import v8  # noqa: PLC0415  # it needs the real inputs

    return v8()[1].encode()


@cache
def all_of(name: str) -> tuple[Variant, ...]:
    return variants(file(name), name, rule())


FILES = [
    "small.c",
    "pagetable.c",
    pytest.param("v8", marks=pytest.mark.skipif(not REAL.is_dir(), reason="the real inputs are not here")),
]


@pytest.mark.parametrize("name", FILES)
def test_every_variant_is_read_by_the_grammar(name: str) -> None:
    before, limit = file(name).decode("latin-1"), unreadable(file(name), rule().dialect)
    chosen = all_of(name)[:: 10 if len(before) > LONG else 1]
    bad = [one.name for one in chosen if unreadable(one.text(before).encode("latin-1"), rule().dialect) > limit]
    assert bad == []


@pytest.mark.parametrize("name", FILES[1:])
def test_every_family_yields_something(name: str) -> None:
    families = [one.family for one in all_of(name)]
    assert list(dict.fromkeys(families)) == [family for family in FAMILIES if family not in COUNTING]
    neutral = {one.name.split("-" + one.function)[0] for one in all_of(name) if one.family == NEUTRAL}
    assert len(neutral) >= 35


@pytest.mark.parametrize("name", FILES)
def test_names_and_order_are_fixed(name: str) -> None:
    assert len({one.name for one in all_of(name)}) == len(all_of(name))
    assert variants(file(name), name, rule()) == all_of(name)


@pytest.mark.parametrize("name", FILES)
def test_a_variant_changes_something_and_only_in_its_ranges(name: str) -> None:
    before = file(name).decode("latin-1")
    for one in all_of(name):
        after, low, kept = one.text(before), 0, 0
        assert after != before, one.name
        for edit in one.edits:
            assert before[low : edit.start] == after[kept : kept + edit.start - low], one.name
            kept += edit.start - low + len(edit.new)
            low = edit.end
        assert before[low:] == after[kept:], one.name


EXAMPLES = {
    "delete-unmap_page-1-sub-CONT_PTE-PTE": """
-	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
""",
    "duplicate-map_page-1-add-PTE": """
-		lm_meminfo_add(va, PAGE_SIZE, PTE);
+		{
+			lm_meminfo_add(va, PAGE_SIZE, PTE);
+			lm_meminfo_add(va, PAGE_SIZE, PTE);
+		}
""",
    "account-unmap_page-1-sub-CONT_PTE-PTE-PTE-as-PMD": """
-	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
+	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PMD);
""",
    "guard-drop-map_page-1-if": """
-	if (fresh)
-		lm_meminfo_add(va, PAGE_SIZE, PTE);
+	lm_meminfo_add(va, PAGE_SIZE, PTE);
""",
    "stale-guard-map_page-1-late": """
-	if (fresh)
+	if (pte_none(__ptep_get(slot)))
""",
    "helper-body-lm_meminfo_sub-turned": """
-		lm_meminfo[type] -= size;
+		lm_meminfo[type] += size;
""",
    "neutral-guard-helper-map_page-1": """
+static void count_if_1(bool wanted_1, unsigned long addr, unsigned long size, enum lm_type type)
+{
+	if (wanted_1)
+		lm_meminfo_add(addr, size, type);
+}
+
-	if (fresh)
-		lm_meminfo_add(va, PAGE_SIZE, PTE);
+	count_if_1(fresh, va, PAGE_SIZE, PTE);
""",
    "neutral-account-by-if-unmap_page-1": """
-	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
+	{
+		if (pte_cont(was))
+			lm_meminfo_sub(va, PAGE_SIZE, CONT_PTE);
+		else
+			lm_meminfo_sub(va, PAGE_SIZE, PTE);
+	}
""",
    "neutral-record-inlined-map_page-1": """
-		lm_meminfo_add(va, PAGE_SIZE, PTE);
+		{
+			unsigned long addr_1 = va;
+			unsigned long size_1 = PAGE_SIZE;
+			enum lm_type type_1 = PTE;
+			{
+				if (__is_lm_address(addr_1))
+					lm_meminfo[type_1] += size_1;
+			}
+		}
""",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_variant_looks_like(name: str) -> None:
    before = SMALL.decode("latin-1")
    (one,) = [one for one in all_of("small.c") if one.name == name]
    lines = unified(before, one.text(before), "small.c").split("\n")[2:]
    assert sorted(line for line in lines if line[:1] in {"+", "-"}) == sorted(EXAMPLES[name].strip("\n").split("\n"))


def test_nothing_inside_a_macro_is_edited() -> None:
    text = SMALL.replace(
        b"static void map_page",
        b"#define COUNT(va) \\\n\tdo { lm_meminfo_add(va, PAGE_SIZE, PTE); } while (0)\n\nstatic void map_page",
    ).replace(b"\t\tlm_meminfo_add(va, PAGE_SIZE, PTE);\n}", b"\t\tCOUNT(va);\n}")
    low, high = text.index(b"#define"), text.index(b"static void map_page")
    found = variants(text, "small.c", rule())
    assert not [one.name for one in found for edit in one.edits if edit.start < high and edit.end > low]
    assert {one.name for one in found} >= {"delete-map_page-1-add", "duplicate-map_page-1-add"}


@given(st.text("ab\n\t ", max_size=60), st.data())
def test_edits_replace_their_ranges_and_nothing_else(before: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(before)), max_size=6)))
    new = st.text("xyz\n ", max_size=5)
    pairs = zip(places[::2], places[1::2], strict=False)
    edits = [Edit(low, high, data.draw(new)) for low, high in pairs]
    one = of("f", "n", "g", edits)
    after, taken = one.text(before), {n for edit in edits for n in range(edit.start, edit.end)}
    for offset in set(range(len(before))) - taken:
        place = one.moved(offset)
        assert place is not None
        assert after[place] == before[offset]
    if after != before:
        diff = unified(before, after, "file.c")
        (parsed,) = parse_diff(diff.encode(), "test")
        assert apply_diff(parsed, before.encode()).after == after.encode()


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        of("f", "n", "g", [Edit(0, 4, ""), Edit(3, 5, "")])


def test_the_lines_of_an_edit() -> None:
    before = "one\ntwo\nthree\n"
    gone, new = of("f", "n", "g", [Edit(4, 8, "")]), of("f", "n", "g", [Edit(4, 4, "\tnew\n\n")])
    assert gone.edited(before) == {2}
    assert new.edited(before) == {2}
    assert changed(before, unified(before, new.text(before), "file.c")) == {2, 3}
    assert [gone.moved(offset) for offset in (0, 5, 8)] == [0, None, 4]


def nothing(_text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
    return CANNOT_RUN, f"there is no witness, {closely=}", ()


@cache
def judge() -> Judge:
    return Judge(file("pagetable.c"), "pagetable.c", rule(), nothing)


# Variants that change nothing that is counted, or that a caller in the file makes up for.
EQUIVALENT = ("-twice", "-gone", "-long", "-CONT_PTE_SIZE", "-skipped")


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != NEUTRAL])
def test_what_drifts_is_found_of_a_right_kind_at_a_right_place(family: str) -> None:
    chosen = [
        one
        for one in all_of("pagetable.c")
        if one.family == family and not one.name.endswith(EQUIVALENT) and "-PMD-as-" not in one.name
    ]
    for one in chosen[:: max(len(chosen) // SAMPLE, 1)]:
        outcome = judge().judge(one)
        result = assess(one, judge().before, outcome)
        assert (outcome.static, result.kind, result.place) == (FOUND, True, True), (one.name, outcome)


def test_rewrites_are_silent() -> None:
    chosen = [one for one in all_of("pagetable.c") if one.family == NEUTRAL]
    first = {one.name.split("-" + one.function)[0]: one for one in reversed(chosen)}
    for one in first.values():
        assert judge().judge(one).static == SILENT, one.name


def counting(text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
    adds, subs = text.count(b"\tlm_meminfo_add("), text.count(b"\tlm_meminfo_sub(")
    return (HOLDS, f"{closely=}", ()) if (adds, subs) == (1, 1) else (DRIFTS, "", ("map 0x1000", "PTE is off by 4 kB"))


def stub(_data: bytes, _path: str, _rule: Rule) -> Witness:
    return counting


def test_a_run_counts_every_variant() -> None:
    seen: list[tuple[int, int, str]] = []
    only = ["delete-", "duplicate-map_page", "record-block-map_page", "size-cast-map_page"]
    summary = run(
        SMALL,
        "small.c",
        rule(),
        jobs=1,
        only=only,
        progress=lambda done, count, result: seen.append((done, count, result.variant.name)),
        witness=stub,
    )
    assert [done for done, _, _ in seen] == list(range(1, len(seen) + 1))
    assert {count for _, count, _ in seen} == {len(seen)} == {len(summary.results)}
    counts = summary.counts()
    assert counts["delete"]["variants"] == counts["delete"]["drifting"] == counts["delete"]["line"] == 2
    assert counts["all"]["variants"] == 3
    assert summary.neutral() == {"variants": 2, "flagged": 0, "drifting": 0, "holding": 2, "not_run": 0}
    data = json.loads(json.dumps(summary.data()))
    assert data["schema"] == 1
    (deleted,) = [one for one in data["variants"] if one["name"] == "delete-map_page-1-add-PTE"]
    assert deleted["witness"] == "drifts"
    assert deleted["story"] == ["map 0x1000", "PTE is off by 4 kB"]
    assert "-\t\tlm_meminfo_add(va, PAGE_SIZE, PTE);\n" in deleted["diff"]
    assert "rewrites: 2 variants, 0 flagged" in summary.text()


def test_the_bar() -> None:
    assert bar(0, 8, 8) == "[........] 0 of 8"
    assert bar(3, 8, 8) == "[###.....] 3 of 8"
    assert bar(0, 0, 2) == "[..] 0 of 0"


def failing(text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
    raise RuntimeError(f"cannot look at {len(text)} bytes, {closely=}")


def breaking(_data: bytes, _path: str, _rule: Rule) -> Witness:
    return failing


def test_a_variant_that_breaks_a_judge_is_counted_as_such() -> None:
    summary = run(SMALL, "small.c", rule(), jobs=1, only=["delete-map"], witness=breaking)
    (result,) = summary.results
    assert result.outcome.static == CRASHED
    assert result.outcome.reason.startswith("RuntimeError: cannot look at")
    assert summary.counts()["all"]["neither"] == 1
    assert "decided by neither" in summary.text()


def result(family: str, static: str, witness: str, *, kind: bool = False, place: bool = False) -> Result:
    told = (Told("missing-add", "error", "f", 1, ""),) if static == FOUND else ()
    outcome = Outcome(static, told, witness=witness)
    return Result(Variant(family, f"{family}-x", "f", ()), outcome, 1, "", kind=kind, place=place)


def test_the_table_counts_both_judges_apart() -> None:
    summary = Summary(
        "file.c",
        "rule",
        (
            result("delete", FOUND, DRIFTS, kind=True, place=True),
            result("delete", FOUND, DRIFTS, kind=True),
            result("delete", SILENT, DRIFTS),
            result("delete", "cannot-tell", DRIFTS),
            result("delete", FOUND, HOLDS),
            result("delete", SILENT, HOLDS),
            result("delete", FOUND, CANNOT_RUN),
            result("delete", SILENT, CANNOT_RUN),
            result(NEUTRAL, SILENT, HOLDS),
            result(NEUTRAL, "cannot-tell", DRIFTS),
        ),
    )
    assert list(summary.counts()["delete"].values()) == [8, 4, 2, 2, 1, 1, 2, 1, 2, 1, 1]
    assert summary.counts()["all"] == summary.counts()["delete"]
    assert summary.neutral() == {"variants": 2, "flagged": 1, "drifting": 1, "holding": 1, "not_run": 0}
    for title in ("drifting and not found", "at another place", "the judges disagree", "a rewrite that drifts"):
        assert title in summary.text()
    assert not summary.ok
    assert [one.wrong for one in summary.results if one.outcome.witness == HOLDS] == [DISAGREE, "", ""]
    assert Summary("file.c", "rule", summary.results[:1]).ok
    assert not Summary("file.c", "rule", summary.results[:2]).ok


def test_the_witness_tells_drifts_from_rewrites() -> None:
    witness = OnTables(file("pagetable.c"), Pool.of(file("pagetable.c"), "pagetable.c", rule(), size=30))
    before = file("pagetable.c").decode("latin-1")
    wanted = {
        "delete-break_pmd-1-sub-PMD": DRIFTS,
        "guard-drop-fill_pmds-1-if": DRIFTS,
        "half-conversion-drop_cont_ptes-no-both": DRIFTS,
        "neutral-record-macro-fill_puds-1": HOLDS,
        "neutral-loop-extracted-break_cont_pmd-1": HOLDS,
        "neutral-records-to-callers-all-break_cont_pte-1": HOLDS,
    }
    for one in all_of("pagetable.c"):
        if one.name in wanted:
            verdict, _, story = witness(one.text(before).encode("latin-1"), closely=True)
            assert verdict == wanted.pop(one.name), one.name
            assert bool(story) is (verdict == DRIFTS)
    assert not wanted


def test_the_command_prints_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mmu.c"
    path.write_bytes(PAGETABLE.read_bytes())
    assert cli.main(["mutate", str(path), "--only", "delete-break", "-j", "1"]) == 0
    told = capsys.readouterr()
    assert told.out.split("\n")[0].split()[:3] == ["family", "variants", "drifting"]
    assert re.search(r"^all +\d+ ", told.out, re.MULTILINE)
    assert told.err == ""  # no terminal, no bar


def test_the_command_prints_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mmu.c"
    path.write_bytes(PAGETABLE.read_bytes())
    assert cli.main(["mutate", str(path), "--only", "duplicate-drop_ptes", "-j", "1", "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert said["file"] == str(path)
    assert [one["witness"] for one in said["variants"]] == [DRIFTS] * len(said["variants"])
    assert said["variants"][0]["story"]


def test_a_file_without_a_counter_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.c"
    path.write_text("int nothing;\n")
    assert cli.main(["mutate", str(path)]) == 2
    assert "no rule's counter occurs in it" in capsys.readouterr().err
