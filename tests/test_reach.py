"""How records are reached: locks along paths, single threads, and what a verdict presumes of callers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lmlint import cli
from lmlint.engine.check import analyse
from lmlint.engine.explain import prove
from lmlint.engine.reach import Reach, roots
from tests.small import PATH, RULE, checker, text

if TYPE_CHECKING:
    from pathlib import Path

ADD = "lm_meminfo_add(va, PAGE_SIZE, PTE);"
LOCKS = "static DEFINE_SPINLOCK(one);\nstatic DEFINE_MUTEX(two);\nstatic DECLARE_RWSEM(three);\n"


def locks(body: str, more: str = "") -> list[set[str]]:
    """Return the locks held at the records that a function with this body reaches, one set a way."""
    program = checker(f"{LOCKS}{more}void f(unsigned long va, bool flag)\n{{\n{body}\n}}\n").program
    (root,) = [one for one in roots(program) if one.name == "f"]
    return sorted(({held.name for held in one.locks} for one in Reach(program).arrivals(root)), key=sorted)


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (f"spin_lock(&one); {ADD} spin_unlock(&one);", [{"one"}]),
        (f"spin_lock(&one); spin_unlock(&one); {ADD}", [set()]),
        (f"spin_lock_irqsave(&one, flags); mutex_lock(&two); {ADD}", [{"one", "two"}]),
        (f"if (flag) mutex_lock(&two); {ADD} if (flag) mutex_unlock(&two);", [set(), {"two"}]),
        (f"if (flag) mutex_lock(&two); else spin_lock(&one); {ADD}", [{"one"}, {"two"}]),
        (f"if (flag) mutex_lock(&two); if (!flag) return; {ADD}", [{"two"}]),
        (f"if (!spin_trylock(&one)) return; {ADD}", [{"one"}]),
        (f"if (mutex_lock_interruptible(&two)) return; {ADD}", [{"two"}]),
        (f"int err; err = mutex_lock_killable(&two); if (err) goto out; {ADD} out: return;", [{"two"}]),
        (f"guard(mutex)(&two); {ADD}", [{"two"}]),
        (f"{{ guard(mutex)(&two); }} {ADD}", [set()]),
        (f"scoped_guard(spinlock_irqsave, &one) {{ {ADD} }}", [{"one"}]),
        (f"scoped_guard(spinlock_irqsave, &one) {{ }} {ADD}", [set()]),
        (f"while (more()) {{ mutex_lock(&two); {ADD} mutex_unlock(&two); }}", [{"two"}]),
        (f"do {{ mutex_unlock(&two); mutex_lock(&two); }} while (more()); {ADD}", [{"two"}]),
        (f"for (;;) {{ spin_lock(&one); if (done()) break; spin_unlock(&one); }} {ADD}", [{"one"}]),
        (f"switch (mode()) {{ case 1: mutex_lock(&two); break; default: mutex_lock(&two); }} {ADD}", [{"two"}]),
        (f"mutex_lock(&two); if (flag) goto out; {ADD} out: mutex_unlock(&two);", [{"two"}]),
        (f"struct mutex *which = flag ? &two : &two; mutex_lock(&two); {ADD} mutex_unlock(&two);", [{"two"}]),
        (f"BUG_ON(!mutex_trylock(&two)); {ADD}", [{"two"}]),
        (f"#ifdef CONFIG_X\nmutex_lock(&two);\n#else\nmutex_lock(&two);\n#endif\n{ADD}", [{"two"}]),
    ],
)  # fmt: skip
def test_the_locks_on_a_path(body: str, held: list[set[str]]) -> None:
    assert locks(body) == sorted(held, key=sorted)


def test_a_lock_that_is_handed_down_is_the_callers() -> None:
    helper = f"static void g(unsigned long va, struct mutex *m)\n{{ mutex_lock(m); {ADD} mutex_unlock(m); }}\n"
    assert locks("g(va, &two);", helper) == [{"two"}]


def test_a_pointer_stands_for_its_lock() -> None:
    assert locks(f"struct mutex *m = &two; mutex_lock(m); {ADD} mutex_unlock(m);") == [{"two"}]
    assert locks(f"struct mutex *m; m = &two; mutex_lock(m); mutex_unlock(&two); {ADD}") == [set()]


def test_a_lock_that_only_callers_know_has_no_name() -> None:
    (held,) = locks(f"mutex_lock(&pages[va].lock); {ADD}")
    assert held == {""}


def test_a_callee_may_return_with_the_lock() -> None:
    assert locks(f"take(); {ADD}", "static void take(void)\n{ mutex_lock(&two); }\n") == [{"two"}]


def test_a_callee_may_say_whether_it_has_the_lock() -> None:
    helper = "static bool take(void)\n{ if (!spin_trylock(&one)) return false; return true; }\n"
    assert locks(f"if (!take()) return; {ADD}", helper) == [{"one"}]


def test_a_macro_may_take_the_lock() -> None:
    assert locks(f"HOLD(); {ADD}", "#define HOLD() mutex_lock(&two)\n") == [{"two"}]


def test_recursion_ends() -> None:
    code = f"void f(unsigned long va)\n{{ spin_lock(&one); {ADD} spin_unlock(&one); f(va); }}\n"
    program = checker(LOCKS + code).program
    assert [len(Reach(program).arrivals(root)) for root in roots(program)] == [1]


MAP = """
void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
"""


def test_strict_makes_a_warning_of_what_callers_must_see_to() -> None:
    assert analyse(text(MAP), PATH, RULE).findings == ()
    found = analyse(text(MAP), PATH, RULE, strict=True).findings
    assert {one.severity for one in found} == {"warning"}
    told = sorted((one.function, one.message.partition(" only if ")[2]) for one in found)
    assert [name for name, _ in told] == ["map_page", "unmap_page", "unmap_page"]
    assert "hold a lock in common" in told[0][1]
    assert {"`*slot` is a leaf" in sentence for _, sentence in told[1:]} == {True, False}


def test_strict_keeps_the_ids_apart() -> None:
    found = analyse(text(MAP), PATH, RULE, strict=True).findings
    assert len({one.id for one in found}) == len(found)


def test_a_proof_says_what_balances() -> None:
    proofs = {one.name: one.proof for one in prove(text(MAP), PATH, RULE).functions}
    assert "does and records PTE +PAGE_SIZE" in proofs["map_page"]
    assert "otherwise nothing is done or recorded" in proofs["map_page"]
    assert "does and records PTE -PAGE_SIZE" in proofs["unmap_page"]


def test_what_does_not_balance_has_no_proof() -> None:
    (verdict,) = prove(text("void f(pmd_t *p)\n{\n\tpmd_clear(p);\n}\n"), PATH, RULE).functions
    assert (verdict.verdict, verdict.proof) == ("finding", ())


def test_strict_decides_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mmu.c"
    file.write_bytes(text(MAP))
    assert cli.main(["check", str(file)]) == 0
    assert cli.main(["check", "--strict", str(file)]) == 1
    assert "warning[presumption]" in capsys.readouterr().out


def test_a_clean_file_explains_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mmu.c"
    file.write_bytes(text(MAP))
    assert cli.main(["check", "--explain-clean", str(file)]) == 0
    told = capsys.readouterr().out
    assert "`map_page`\n    does and records PTE +PAGE_SIZE\n" in told
    assert "assuming callers see to it that `*slot` is a leaf" in told
    assert "taken for granted: " in told
    assert cli.main(["check", "--explain-clean", "--format", "json", str(file)]) == 0
    (report,) = json.loads(capsys.readouterr().out)["inputs"]
    assert all(function["proof"] for function in report["functions"])
