"""Ledgers: what is done and recorded adds up, and straight-line code is what a small page table says it is."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lmlint.engine.amount import Amount, constant, number
from lmlint.engine.state import Ledger, State, difference
from lmlint.engine.words import ledger_text
from tests.small import RULE, checker, kinds

PROGRAM = checker("").program
ACCOUNTS = list(RULE.accounts)

sizes = st.lists(st.integers(-8, 8), min_size=PROGRAM.width, max_size=PROGRAM.width).map(constant)
entries = st.tuples(st.sampled_from(ACCOUNTS), sizes)
ledgers = st.dictionaries(st.sampled_from(ACCOUNTS), sizes)


def nonzero(ledger: Ledger) -> Ledger:
    return {account: amount for account, amount in ledger.items() if not amount.is_zero}


@given(ledgers, ledgers, ledgers)
def test_differences(a: Ledger, b: Ledger, c: Ledger) -> None:
    assert difference(a, a) == {}
    assert difference(a, {}) == nonzero(a)
    assert difference(a, b) == {account: -amount for account, amount in difference(b, a).items()}
    assert difference(difference(a, b), c) == difference(difference(a, c), b)
    assert difference(difference(a, b), difference(a, c)) == difference(c, b)


@given(st.lists(entries), st.lists(entries))
def test_the_order_of_records_does_not_matter(
    done: list[tuple[str, Amount]], recorded: list[tuple[str, Amount]]
) -> None:
    def delta(done: list[tuple[str, Amount]], recorded: list[tuple[str, Amount]]) -> Ledger:
        state = State(PROGRAM.levels)
        for account, amount in done:
            state.add(state.done, account, amount)
        for account, amount in recorded:
            state.add(state.recorded, account, amount)
        return state.delta()

    assert delta(done, recorded) == delta(done[::-1], recorded[::-1])
    assert delta(done, done) == {}
    assert delta(done, [*done, *recorded]) == delta([], recorded)
    for account in ACCOUNTS:
        total = number(0, PROGRAM.width)
        for sign, items in ((-1, done), (1, recorded)):
            for name, amount in items:
                total += number(sign if name == account else 0, PROGRAM.width) * amount
        assert delta(done, recorded).get(account, number(0, PROGRAM.width)) == total


@given(ledgers)
def test_every_ledger_can_be_said(ledger: Ledger) -> None:
    said = ledger_text(nonzero(ledger), PROGRAM)
    assert said == "nothing" if not nonzero(ledger) else all(account in said for account in nonzero(ledger))


# ---- a concrete page table ----

SLOTS = 3
LEAF = {"plain": "PMD", "cont": "CONT_PMD"}

writes = st.tuples(st.just("write"), st.integers(0, SLOTS - 1), st.sampled_from(["plain", "cont"]))
clears = st.tuples(st.just("clear"), st.integers(0, SLOTS - 1), st.just("none"))
records = st.tuples(st.sampled_from(["add", "sub"]), st.integers(1, 3), st.sampled_from(["PMD", "CONT_PMD"]))
programs = st.lists(st.one_of(writes, clears, records), max_size=8)
Operation = tuple[str, int, str]


def c_of(operations: list[Operation]) -> str:
    lines = {
        "write": "set_pmd(slot + {0}, pfn_pmd(0, {1}));",
        "clear": "pmd_clear(slot + {0});",
        "add": "lm_meminfo_add(va, {0} * PMD_SIZE, {1});",
        "sub": "lm_meminfo_sub(va, {0} * PMD_SIZE, {1});",
    }
    prots = {"plain": "PAGE_KERNEL", "cont": "__pgprot(pgprot_val(PAGE_KERNEL) | PTE_CONT)"}
    empty = " || ".join(f"!pmd_none(pmdp_get(slot + {i}))" for i in range(SLOTS))
    body = "".join(f"\t{lines[what].format(number, prots.get(name, name))}\n" for what, number, name in operations)
    return f"void run(pmd_t *slot, unsigned long va)\n{{\n\tif ({empty})\n\t\treturn;\n{body}}}\n"


def model(operations: list[Operation]) -> tuple[dict[str, int], dict[str, int]]:
    """Return done and recorded, in blocks, of operations on a table that is empty at first."""
    table = ["none"] * SLOTS
    done, recorded = dict.fromkeys(LEAF.values(), 0), dict.fromkeys(LEAF.values(), 0)
    for what, count, name in operations:
        if what in {"add", "sub"}:
            recorded[name] += count if what == "add" else -count
            continue
        if table[count] != "none":
            done[LEAF[table[count]]] -= 1
        if name != "none":
            done[LEAF[name]] += 1
        table[count] = name
    return done, recorded


def ledger(blocks: dict[str, int]) -> Ledger:
    size = PROGRAM.size("PMD")
    return nonzero({account: number(count, PROGRAM.width) * size for account, count in blocks.items()})


@given(programs)
@settings(deadline=None)
def test_straight_line_code_is_what_the_page_table_says(operations: list[Operation]) -> None:
    rows = [r for s in checker(c_of(operations)).summaries.values() if s.function.name == "run" for r in s.rows]
    assume(rows)  # what does nothing has no summary
    done, recorded = model(operations)
    (ran,) = [row for row in rows if all(kinds == {"none"} for kinds in row.kinds.values()) and len(row.kinds) == SLOTS]
    assert (ran.done, ran.recorded) == (ledger(done), ledger(recorded))
    assert ran.delta == difference(ledger(recorded), ledger(done))
    others = [row for row in rows if row is not ran]
    assert all(not row.done and not row.recorded for row in others)


@given(programs)
@settings(deadline=None, max_examples=50)
def test_a_finding_is_given_exactly_where_the_ledgers_differ(operations: list[Operation]) -> None:
    assume(any(what in {"write", "clear"} for what, _, _ in operations))
    done, recorded = model(operations)
    assert bool(kinds(c_of(operations))) is (done != recorded)


def test_a_record_without_any_write_is_found() -> None:
    assert kinds(c_of([("add", 1, "PMD")])) == ["phantom-count"]
