"""The interpreter computes as C does, stops at what it does not know, and never runs away."""

from __future__ import annotations

import pytest

from lmlint.rule import builtin_rules, load_rules
from lmlint.witness import Story, Witness
from lmlint.witness.machine import Discarded, NotListed, Stopped
from lmlint.witness.model import Model, items_of, model_of, prelude
from lmlint.witness.program import Program, Watch, started
from lmlint.witness.provided import formatted
from lmlint.witness.search import play
from lmlint.witness.session import Session
from tests.small import PREAMBLE

(RULE,) = load_rules([builtin_rules()], ["arm64-lm-meminfo"])


def model() -> Model:
    found = model_of(RULE)
    assert found is not None
    return found


MODEL = model()


def program(code: str, geometry: str = "4K") -> Program:
    made = started(MODEL, Watch(), prelude(MODEL, geometry))
    made.load(items_of(MODEL, code.encode(), "x.c"), own=True)
    return made


def run(body: str, before: str = "") -> int:
    """Return what a function of this body returns."""
    made = program(f"{before}\nlong f(void) {{ {body} }}")
    made.machine.begin(0)
    return made.evaluate("f()")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("return 1 + 2 * 3;", 7),
        ("unsigned int a = 0; return a - 1;", 0xFFFFFFFF),
        ("unsigned long a = 0; return a - 1 == ~0UL;", 1),
        ("int a = -7; return a / 2 * 100 + a % 2;", -301),
        ("return -1 < 0U;", 0),
        ("return (u8)300 + (signed char)200;", 44 - 56),
        ("bool b = 256; return b;", 1),
        ("int i = 5; return i++ * 10 + ++i;", 57),
        ("int i = 3, s = 0; while (i--) s += i; return s;", 3),
        ("int i, s = 0; for (i = 0; i < 9; i++) { if (i == 2) continue; if (i == 5) break; s += i; } return s;", 8),
        ("int s = 0; do { s++; } while (s < 4); return s;", 4),
        ("int s = 0; again: s++; if (s < 3) goto again; return s;", 3),
        (
            "int s = 0; switch (2) { case 1: s = 1; case 2: s += 2; case 3: s += 4; break; default: s = 9; } return s;",
            6,
        ),
        ("unsigned long v[3] = { 1, 2, 3 }; unsigned long *p = v; p += 2; return *p - p[-2] + (p - v);", 4),
        ("int x = 1, *p = &x; *p += 4; return x;", 5),
        ("static int n; n += 3; return n;", 3),
        ("return sizeof(pte_t) + sizeof(int);", 12),
        ("return (int){ 5 } + ({ int q = 2; q; });", 7),
        ("return 0 && undefined_name;", 0),
        ("return IS_ENABLED(CONFIG_PROC_FS) + 2 * IS_ENABLED(CONFIG_NOT_THERE);", 1),
        ("struct mm_walk w = { .action = ACTION_CONTINUE }; struct mm_walk *p = &w; return p->action;", 1),
        ("return max(3, 4) * 10 + min_t(int, -1, 2);", 39),
        ("pte_t *p = (pte_t *)0x1018; return (long)PTR_ALIGN_DOWN(p, sizeof(*p) * 4);", 0x1000),
    ],
)
def test_it_computes_as_c_does(body: str, value: int) -> None:
    assert run(body) == value


def test_macros_take_their_arguments_by_name() -> None:
    assert run("int a = 1; BUMP(a); BUMP(a); return a;", "#define BUMP(x) do { x += 2; } while (0)") == 5
    assert run("return TWICE(TWICE(3));", "#define TWICE(x) ((x) * 2)") == 12


def test_functions_are_called_through_pointers() -> None:
    code = (
        "static int one(int a) { return a + 1; } struct ops { int (*go)(int); }; static struct ops o = { .go = one };"
    )
    assert run("int (*fn)(int) = one; return fn(1) * 10 + o.go(2);", code) == 23


def test_what_stands_under_conditions_counts_where_they_hold() -> None:
    code = "#ifdef CONFIG_NOT_THERE\nint a = 1;\n#elif defined(CONFIG_PROC_FS) && !defined(X)\nint a = 2;\n#endif\n"
    assert run("\n#if 0\nreturn 1;\n#else\nreturn a;\n#endif\n", code) == 2


@pytest.mark.parametrize("body", ["for (;;) ;", "again: goto again;", "return f();", "return *(int *)8;", "BUG();",
                                  "return 1 / (f != f);", 'panic("no");'])  # fmt: skip
def test_a_run_that_goes_wrong_is_discarded(body: str) -> None:
    with pytest.raises(Discarded):
        run(body)


@pytest.mark.parametrize(
    "body",
    [
        "return open(1);",
        "return nothing;",
        'asm volatile ("nop");',
        "struct q x = y; return 0;",
        "goto in; if (f) { in: return 1; } return 0;",
    ],
)
def test_what_is_not_listed_stops_the_run(body: str) -> None:
    with pytest.raises(NotListed, match=r"list|interpret|object|jumps"):
        run(body)


def test_names_from_the_file_never_reach_python() -> None:
    with pytest.raises(NotListed):
        run("return __class__.__init__;")
    with pytest.raises(Stopped):
        run("return machine->memory;")


def test_text_is_formatted_as_printf_does() -> None:
    assert formatted("%s: %8lu kB %5d%% %lx\n", [7, 12, -3, 255], {7: "Map"}) == "Map:       12 kB    -3% ff\n"


GOOD = (
    PREAMBLE
    + """
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}
"""
)


def test_a_function_that_nothing_reaches_is_called_by_itself() -> None:
    story = Witness(GOOD.replace("PAGE_SIZE, PTE", "2 * PAGE_SIZE, PTE").encode(), "x.c", RULE).drift_of("map_page")
    assert isinstance(story, Story)
    assert story.direct == "map_page"
    assert [account for account, _, _ in story.accounts] == ["PTE"]
    assert "blocks of" in story.text


def test_a_function_that_balances_does_not_drift() -> None:
    assert Witness(GOOD.encode(), "x.c", RULE).drift_of("map_page") is None


def test_the_reason_says_what_is_not_listed() -> None:
    witness = Witness(GOOD.replace("pte_none(", "is_it_empty(").encode(), "x.c", RULE)
    assert witness.drift_of("map_page") is None
    assert witness.reasons["map_page"] == "`is_it_empty` is not a primitive that the rule lists"


@pytest.mark.parametrize(
    "text", ["", "int", "void f( {{{", "static unsigned long lm_meminfo[5];", "#define X X\nint a = X;", "\0\xff"]
)
def test_no_text_is_an_error(text: str) -> None:
    witness = Witness(text.encode("latin-1"), "x.c", RULE)
    assert witness.drifts() == ()
    assert witness.drift_of("f") is None


def test_locks_and_guards_do_nothing_here() -> None:
    assert run("guard(mutex)(&anything); mutex_lock(&other); return 4;") == 4


def test_what_is_called_alone_keeps_to_what_callers_may_do() -> None:
    elsewhere = GOOD.replace("\tlm_meminfo_add(va", "\tif (__is_lm_address(va))\n\t\tlm_meminfo_add(va")
    assert Witness(elsewhere.encode(), "x.c", RULE).drift_of("map_page") is None
    assert (
        Witness((GOOD + "void both(pte_t *p) { map_page(p, 0, 0); }").encode(), "x.c", RULE).drift_of("map_page")
        is None
    )


def corpus() -> str:
    return (builtin_rules().parent / "corpus" / "arm64-lm-meminfo" / "pagetable.c").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def witness() -> Witness:
    return Witness(corpus().encode(), "pagetable.c", RULE)


def test_the_corpus_file_drifts_only_where_one_entry_speaks_for_many(witness: Witness) -> None:
    stories = witness.drifts()
    assert stories
    assert {story.blamed for story in stories} == {frozenset({"fill_cont_ptes"})}
    assert {account for story in stories for account, _, _ in story.accounts} == {"PTE"}
    assert all("DirectMap" in line for story in stories for line in story.meminfo)
    assert {"break_pud", "drop_cont_ptes", "fill_puds", "to_pages_pmd"} <= witness.reached


def test_a_story_is_the_same_for_the_same_seed(witness: Witness) -> None:
    again = Witness(corpus().encode(), "pagetable.c", RULE)
    assert [story.text for story in again.drifts()] == [story.text for story in witness.drifts()]


@pytest.mark.parametrize("geometry", ["4K", "16K", "64K"])
def test_sequences_depend_on_the_seed_alone(geometry: str) -> None:
    items = items_of(MODEL, corpus().encode(), "pagetable.c")
    one, two = (play(Session(items, MODEL, geometry), "seed") for _ in range(2))
    assert one.steps == two.steps
    assert len(one.steps) > 2
