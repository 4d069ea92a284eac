"""The witness of counters that count entries: tallies, flags, helpers from elsewhere, leaves without an entry."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lmlint.rule import Rule, load_rule
from lmlint.witness import Pool, Witness

PLOTS = Path(__file__).parent / "plots"


@cache
def rule(name: str) -> Rule:
    return load_rule(PLOTS / f"{name}.toml")


def text(name: str = "plots", *edits: tuple[str, str]) -> bytes:
    code = (PLOTS / f"{name}.c").read_text(encoding="utf-8")
    for old, new in edits:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code.encode()


def witness(name: str = "plots", *edits: tuple[str, str]) -> Witness:
    return Witness(text(name, *edits), f"{name}.c", rule(name), sequences=150)


@pytest.mark.parametrize("name", ["plots", "bolts"])
def test_a_right_file_does_not_drift_and_all_of_it_runs(name: str) -> None:
    made = witness(name)
    assert made.drifts() == ()
    assert not made.reasons
    assert set(made.unreached) <= {"show_plots"}


def test_a_drift_is_told_in_entries_and_in_kilobytes() -> None:
    story, *_ = witness("plots", ("count_plots(BIG, -gone)", "count_plots(BIG, gone)")).drifts()
    head, row = (line.split() for line in story.text.splitlines()[-3:-1])
    assert head == ["account", "entries", "mapped", "entries", "counted", "difference", "in", "kB"]
    assert row == ["BIG", "0", "2", "+2", "+64"]
    assert story.meminfo == ("/proc/meminfo: Big: 64 kB                         (0 kB are mapped)",)
    assert story.machine == "4K pages, 8 entries a table"


def test_the_table_that_is_drawn_is_in_bytes() -> None:
    story, *_ = witness("plots", ("made++;\n\t}", "made += 2;\n\t}")).drifts()
    assert story.after is not None
    assert {name: (have, count) for name, have, count in story.after.accounts}["SMALL"] == (4096, 8192)


def test_below_zero_is_what_the_counter_would_show() -> None:
    story, *_ = witness("bolts", ("count_bolts(kind, 1)", "count_bolts(kind, -1)")).drifts()
    ((_, have, count),) = story.accounts
    assert (have, count) == (1, (1 << 64) - 1)
    assert "-2" in story.text


def test_what_is_done_by_calls_is_what_the_model_says() -> None:
    story, *_ = witness("bolts", ("\t\tif (err < 0)\n\t\t\tbreak;\n", "")).drifts()
    assert any("request 1 for memory fails" in line for line in story.operations)
    assert story.blamed == {"put_bolts"}


def test_a_flag_that_is_turned_is_seen() -> None:
    story, *_ = witness(
        "plots", ("fill_small(dir, at, next, shade, counted)", "fill_small(dir, at, next, shade, true)")
    ).drifts()
    assert any("map elsewhere" in line for line in story.operations)
    assert story.blamed


HELPER = b"""unsigned long plot_count[2];
void count_plots(int kind, unsigned long n)
{
	plot_count[kind] += %s;
}
"""


def test_the_helper_comes_from_the_file_that_has_it_and_else_from_the_rule() -> None:
    code, known = text(), rule("plots")
    for amount, drifts in ((b"n", False), (b"n + 1", True)):
        others = {"counts.c": HELPER % amount}
        assert bool(Witness(code, "plots.c", known, others=others, sequences=60).drifts()) is drifts
    beside = {"other.c": b"void count_plots(int kind, unsigned long n) { }"}  # knows nothing of the counter
    assert not Witness(code, "plots.c", known, others=beside, sequences=60).drifts()
    own = HELPER % b"n" + code
    assert not Witness(own, "plots.c", known, others={"counts.c": HELPER % b"n + 1"}, sequences=60).drifts()


def test_a_pool_judges_by_the_files_that_it_was_made_with() -> None:
    pool = Pool.of(text(), "plots.c", rule("plots"), others={"counts.c": HELPER % b"n"}, size=20)
    assert pool.left_out == 0
    assert pool.judge(text()).verdict == "holds"
    assert pool.judge(text("plots", ("count_plots(SMALL, PLOTS)", "count_plots(SMALL, PLOTS - 1)"))).verdict == "drifts"


def test_a_function_that_no_operation_reaches_is_called_with_a_flag_that_fits_the_place() -> None:
    code = text(
        "plots", ("if (counted)\n\t\tcount_plots(SMALL, made);", "if (!counted)\n\t\tcount_plots(SMALL, made);")
    )
    alone = code.replace(b"int map_plots(", b"int other_plots(")
    made = Witness(alone, "plots.c", rule("plots"), sequences=60)
    assert "map_plots" not in made.reached
    story = made.drift_of("other_plots") or made.drift_of("fill_small")
    assert story is not None
    assert story.direct
