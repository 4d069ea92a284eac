"""Variants of code that counts entries: local tallies, flags that say whether to count, conversions of entries."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lmlint.mutate.edit import NEUTRAL, Variant, unified
from lmlint.mutate.families import FAMILIES, variants
from lmlint.mutate.judge import CANNOT_RUN, DRIFTS, FOUND, HOLDS, SILENT, Judge
from lmlint.mutate.run import OnTables, assess
from lmlint.rule import Rule, load_rule
from lmlint.source import unreadable
from lmlint.witness import Pool

PLOTS = Path(__file__).parent / "plots"
TEXT = (PLOTS / "plots.c").read_bytes()
BEFORE = TEXT.decode("latin-1")
ABSENT = {"stale-guard", "helper-body"}
"""Families of which this file has nothing: no guard tests an entry, and the helper is not in it."""


@cache
def rule() -> Rule:
    return load_rule(PLOTS / "plots.toml")


@cache
def every() -> tuple[Variant, ...]:
    return variants(TEXT, "plots.c", rule())


def test_every_family_yields_something_that_is_read() -> None:
    assert list(dict.fromkeys(one.family for one in every())) == [name for name in FAMILIES if name not in ABSENT]
    limit = unreadable(TEXT, rule().dialect)
    bad = [one.name for one in every() if unreadable(one.text(BEFORE).encode("latin-1"), rule().dialect) > limit]
    assert not bad
    assert len({one.name for one in every()}) == len(every())
    assert all(one.text(BEFORE) != BEFORE for one in every())


EXAMPLES = {
    "tally-empty_small-gone-1-gone": """
-		gone++;
""",
    "tally-empty_small-gone-1-by-size": """
-		gone++;
+		gone += SMALL_SIZE;
""",
    "tally-empty_small-gone-1-before-guard": """
+		gone++;
-		gone++;
""",
    "tally-fill_small-made-1-in-the-other-arm": """
-			continue;
+			{
+				made++;
+				continue;
+			}
-		made++;
""",
    "tally-unmap_plots-gone-1-below-if": """
-				gone++;
+			gone++;
""",
    "tally-fill_small-made-1-behind-loop": """
-		made++;
+	made++;
""",
    "tally-map_plots-made-1-reset": """
+		made = 0;
""",
    "tally-empty_small-gone-recorded-and-one": """
-		count_plots(SMALL, -gone);
+		count_plots(SMALL, -(gone + 1));
""",
    "leave-map_plots-made-1-break-1": """
-				break;
+				return err;
""",
    "leave-map_plots-made-1-on-error": """
+	if (err)
+		return err;
""",
    "repeat-fill_small-made-1-instead": """
-	if (counted)
-		count_plots(SMALL, made);
+		if (counted)
+			count_plots(SMALL, made);
""",
    "flag-map_plots-fill_small-1-never": """
-		fill_small(dir, at, next, shade, counted);
+		fill_small(dir, at, next, shade, false);
""",
    "half-conversion-split_big-accounts-turned": """
-	count_plots(BIG, -1);
-	count_plots(SMALL, PLOTS);
+	count_plots(SMALL, -1);
+	count_plots(BIG, PLOTS);
""",
    "guard-drop-empty_small-1-never": """
-	if (counted)
+	if (false)
""",
    "neutral-tally-down-empty_small-1": """
-		gone++;
+		gone -= 1;
-		count_plots(SMALL, -gone);
+		count_plots(SMALL, -(-gone));
""",
    "neutral-tally-in-two-fill_small-1": """
+	unsigned long made_1 = 0;
-		made++;
+		made_1++;
-		count_plots(SMALL, made);
+		count_plots(SMALL, (made + made_1));
""",
    "neutral-record-each-round-empty_small-1": """
-		gone++;
+		{
+			if (counted)
+				count_plots(SMALL, -1);
+		}
-	if (counted)
-		count_plots(SMALL, -gone);
""",
    "neutral-tally-or-nothing-fill_small-1": """
-	if (counted)
-		count_plots(SMALL, made);
+	count_plots(SMALL, (counted) ? made : 0);
""",
    "neutral-tally-if-any-fill_small-1": """
-	if (counted)
-		count_plots(SMALL, made);
+	{
+		if (made)
+			if (counted)
+				count_plots(SMALL, made);
+	}
""",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_variant_looks_like(name: str) -> None:
    (one,) = [one for one in every() if one.name == name]
    lines = unified(BEFORE, one.text(BEFORE), "plots.c").split("\n")[2:]
    assert sorted(line for line in lines if line[:1] in {"+", "-"}) == sorted(EXAMPLES[name].strip("\n").split("\n"))


def nothing(_text: bytes, /, *, closely: bool) -> tuple[str, str, tuple[str, ...]]:
    return CANNOT_RUN, f"there is no witness, {closely=}", ()


@cache
def judge() -> Judge:
    return Judge(TEXT, "plots.c", rule(), nothing)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith(NEUTRAL)])
def test_it_is_found_as_what_it_is(name: str) -> None:
    (one,) = [one for one in every() if one.name == name]
    outcome = judge().judge(one)
    result = assess(one, BEFORE, outcome)
    assert (outcome.static, result.kind) == (FOUND, True), outcome


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith(NEUTRAL)])
def test_rewrites_are_silent(name: str) -> None:
    (one,) = [one for one in every() if one.name == name]
    assert judge().judge(one).static == SILENT


def test_the_witness_knows_drifts_from_rewrites() -> None:
    witness = OnTables(TEXT, Pool.of(TEXT, "plots.c", rule(), size=60))
    chosen = [one for one in every() if one.name in EXAMPLES]
    for one in chosen:
        verdict, _, _ = witness(one.text(BEFORE).encode("latin-1"), closely=one.family != NEUTRAL)
        assert verdict == (HOLDS if one.family == NEUTRAL else DRIFTS), one.name


def test_a_loop_that_counts_becomes_a_function_that_returns_the_tally() -> None:
    (one,) = [one for one in every() if one.name == "neutral-tally-returned-unmap_plots-1"]
    text = one.text(BEFORE)
    head = "static unsigned long tallied_1(unsigned long at, unsigned long end, unsigned long gone, bool counted)"
    assert f"{head}\n{{\n\tunsigned long next;\n\tfor (; at < end; at = next) {{" in text
    assert "\tgone = tallied_1(at, end, gone, counted);\n\tif (counted)" in text
    assert judge().judge(one).static == SILENT


def test_a_flag_keeps_its_name() -> None:
    renamed = [one for one in every() if one.name.startswith("neutral-rename-")]
    assert renamed
    assert all("counted_" not in edit.new for one in renamed for edit in one.edits)
