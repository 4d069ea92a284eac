"""What a review says of a finding: short, plain, in 72 columns, and not to be forged by what it quotes."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.corpus import builtin_corpus
from lmlint.engine.check import analyse
from lmlint.error import InputError
from lmlint.expect import INCLUDE, LOOKUP, expectations
from lmlint.finding import (
    BALANCED,
    CANNOT_TELL,
    FINDING,
    Base,
    Finding,
    FunctionVerdict,
    InputReport,
    LedgerLine,
    Move,
    Note,
    Place,
    Replay,
    Suggestion,
    number,
)
from lmlint.kinds import KINDS
from lmlint.report.effect import effect_of, negated
from lmlint.report.paragraphs import clean, laid_out
from lmlint.report.prose import fixed, footer, positive, tell
from lmlint.report.template import MOST_BYTES, NAMES
from lmlint.report.words import few, human
from lmlint.review import Options
from lmlint.session import Session
from tests.small import RULE

CORPUS = builtin_corpus() / RULE.name
INPUTS = Path(__file__).resolve().parents[2] / "shared" / "inputs"
PLACE = Place("arch/arm64/mm/mmu.c", 151, 4)
REPORT = InputReport("a.patch", "patch", "", "", Base("none"), (RULE.name,), (), ())
FORBIDDEN = re.compile(
    r"\b(critical|severe|serious|broken|bug|bugs|danger\w*|fatal|must fix|unfortunately|please|great|amazing)\b|-by:",
    re.IGNORECASE,
)
FORGED = re.compile(r"\s*(?:[>#+-]|From |8<|%<|@@|diff |[\w-]{2,}:)")
"""How a line begins that is a quote, a command, a diff, a signature, a new mail of a mailbox, scissors or a tag."""


def finding(**changes: object) -> Finding:
    """Return a double count with all that a finding can hold."""
    ledger = LedgerLine(
        "PMD",
        "0",
        "+PMD_SIZE",
        "+PMD_SIZE",
        (),
        "high",
        (("4K", 0, 2 << 20), ("16K", 0, 32 << 20), ("64K", 0, 512 << 20)),
        (("4K", "DirectMap2M"), ("16K", "DirectMap32M"), ("64K", "DirectMap512M")),
    )
    notes = (
        Note(PLACE, "take it that `safe(a, b)` is true", "branch", "set_huge", "safe(a, b)"),
        Note(PLACE, "`set_huge` writes an entry that was a leaf and is now a leaf: no account", "write", "set_huge"),
        Note(PLACE, "`init_pmd` records", "record", "init_pmd", recorded=(Move("PMD", "+PMD_SIZE"),)),
        Note(PLACE, "`init_pmd` returns 0; recorded less done: PMD +PMD_SIZE", "end", "init_pmd"),
    )
    made = Finding(
        RULE.name,
        "double-count",
        "error",
        "init_pmd",
        PLACE,
        "`init_pmd` counts 2 MB (4K pages) of PMD that were mapped, and counted, before",
        notes,
        (ledger,),
        "init_pmd: add",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # any field


def say(*findings: Finding, report: InputReport = REPORT, templates: Path | None = None) -> str:
    """Return what is said of findings, one after the other."""
    return "\n\n".join(told.text for told in tell(findings, report, {}, templates))


def flat(text: str) -> str:
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, its last line, the id, left out."""
    return re.split(r"(?<=[.?])\s+", flat(text.rpartition("\n\n")[0]))


def argued(text: str) -> str:
    """Return what is wrong and how it comes about, as `sentences` takes a text."""
    first, *_ = text.split("\n\n")
    return f"{first}\n\n"


def check_lines(text: str) -> None:
    """Hold a text to what every mail keeps to."""
    lines = text.split("\n")
    assert max(map(len, lines)) <= 72
    assert [line for line in lines if FORGED.match(line)] == []
    assert text.replace("\n", "").isprintable()
    assert not text.endswith("\n")
    assert "\n\n\n" not in text


@cache
def of_corpus() -> tuple[tuple[str, InputReport], ...]:
    """Return the reports of the whole corpus, by case."""
    found = []
    for path in sorted(CORPUS.glob("*.c")):
        text = path.read_bytes()
        said = expectations(text)
        head = b"".join((CORPUS / one.text).read_bytes().rstrip() + b"\n" for one in said.of(INCLUDE))
        others = {one.text: (CORPUS / one.text).read_bytes() for one in said.of(LOOKUP)}
        strict = any(one.kind == "presumption" for one in said.stated)
        made = analyse(head + text, path.name, RULE, strict=strict, others=others)
        report = replace(REPORT, name=path.name, functions=made.functions, findings=number(made.findings))
        found.append((path.name, report))
    for path in sorted(CORPUS.glob("*.patch")):
        found += [(path.name, report) for report in checked(path, CORPUS / "tree")]
    return tuple(found)


@cache
def checked(path: Path, *trees: Path, witness: bool = False) -> tuple[InputReport, ...]:
    options = Options(witness=witness)
    return (
        Session((RULE,), list(map(str, trees)), options, bytes).check([str(path)], staged=False, worktree=False).reports
    )


def errors(report: InputReport) -> tuple[Finding, ...]:
    return tuple(one for one in report.findings if one.severity == "error" and one.state == "new")


# every finding


def test_every_kind_of_the_corpus_is_said_in_plain_sentences() -> None:
    told = [(name, one) for name, report in of_corpus() for one in tell(report.findings, report, {}, None)]
    assert {one.finding.kind for _, one in told} == KINDS.keys()
    for name, one in told:
        check_lines(one.text)
        *_, question, last = one.text.split("\n\n")
        assert last == f"[{one.finding.kind} {one.finding.id}]", name
        assert question.endswith("?"), name
        assert 2 <= len(sentences(one.text)) <= 10, one.text
        assert not FORBIDDEN.search(one.text), one.text
        assert "`" not in one.text, one.text
        assert "{" not in one.text, one.text
        assert not re.search(r"\blines?\b|mmu\.c|\.c:\d", one.text), one.text


def test_every_finding_with_a_ledger_names_its_function_and_what_a_user_sees() -> None:
    for _, report in of_corpus():
        for told in tell(report.findings, report, {}, None):
            if not told.finding.ledger:
                continue
            assert f"{told.finding.function}()" in told.text
            for line in told.finding.ledger:
                if line.difference != "0":
                    assert any(name in told.text for name in (line.account, *(label for _, label in line.labels)))
            assert re.search(r"leaves .* (too high|too low|off)\b", flat(told.text))


def test_a_path_is_told_in_at_most_six_sentences() -> None:
    for _, report in of_corpus():
        for told in tell(report.findings, report, {}, None):
            assert len(sentences(argued(told.text))) <= 6, told.text


def test_the_same_findings_give_the_same_text() -> None:
    for _, report in of_corpus():
        assert tell(report.findings, report, {}, None) == tell(report.findings, report, {}, None)


def test_each_finding_has_its_text_in_the_given_order() -> None:
    (report,) = checked(CORPUS / "story-v2-double-count.patch", CORPUS / "tree")
    backwards = tuple(reversed(report.findings))
    assert tuple(told.finding for told in tell(backwards, report, {}, None)) == backwards


# the story of a double count


def test_the_double_counts_of_the_story() -> None:
    (report,) = checked(CORPUS / "story-v2-double-count.patch", CORPUS / "tree", witness=True)
    pages, blocks, huge = (told.text for told in tell(errors(report), report, {}, None))
    for text in (pages, blocks, huge):
        check_lines(text)
        assert 2 <= len(sentences(argued(text))) <= 6
        assert len(sentences(text)) <= 8
        assert text.split("\n\n")[-2].endswith("?")
        assert not re.search(r"\b\d{2,}\b(?! ?(kB|MB|GB|TB|K))", re.sub(r"\[(0x|double).*?[\])]", "", text)), text
    assert "fill_cont_ptes() counts next - va bytes of PTE" in flat(pages)
    assert "it calls fill_ptes(), which writes what was mapped already, and then adds" in flat(pages)
    assert "DirectMap4k too high by next - va bytes (4K pages; DirectMap16k with 16K," in flat(pages)
    assert "followed by map [0x0, 0x1000) leaves DirectMap4k at 8 kB with 4 kB mapped." in flat(pages)
    assert "fill_pmds() is reached from arch_add_memory()." in flat(blocks)
    assert (
        "Each such round leaves DirectMap2048k 2 MB too high "
        "(4K pages; DirectMap32768k 32 MB with 16K, DirectMap524288k 512 MB with 64K)." in flat(blocks)
    )
    assert flat(huge).startswith("The same as in fill_pmds(), when pgattr_change_is_safe(")
    assert "is true: fill_puds() counts 1 GB (4K pages) of PUD that were mapped, and counted, before." in flat(huge)
    assert "DirectMap1048576k 1 GB too high (4K pages)." in flat(huge)  # other page sizes have no such leaf


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_the_double_counts_of_the_real_patch() -> None:
    (report,) = checked(INPUTS / "mail" / "v7.patch", INPUTS / "tree")
    pages, blocks, huge = (told.text for told in tell(errors(report), report, {}, None))
    for text in (pages, blocks, huge):
        check_lines(text)
        assert 2 <= len(sentences(argued(text))) <= 6
        assert len(sentences(text)) <= 8
        assert text.split("\n\n")[-2].endswith("?")
    assert "pmd_set_huge() writes a leaf over a leaf, which changes no account. init_pmd() then adds" in flat(blocks)
    assert "DirectMap2M 2 MB too high (4K pages; DirectMap32M 32 MB with 16K, DirectMap512M 512 MB" in flat(blocks)
    assert flat(huge).startswith("The same as in init_pmd(), when p4d_none(p4d) is false and in pud_set_huge() ")
    assert "pgattr_change_is_safe(...) is true: alloc_init_pud() counts 1 GB (4K pages) of PUD" in flat(huge)
    assert "alloc_init_cont_pte() is reached from" in flat(pages)


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")
def test_a_premise_is_told_without_what_only_points_at_it() -> None:
    (premise,) = [f for f in dict(of_corpus())["sampled-guard-note-run-of-pages.c"].findings if f.severity == "note"]
    text = flat(say(replace(premise, severity="warning")))
    assert "which alone is looked at." in text
    assert "cannot see" not in text


def test_a_remark_on_a_write_ends_with_a_comma() -> None:
    (first, *_) = errors(checked(CORPUS / "story-v2-double-count.patch", CORPUS / "tree")[0])[1:]
    assert "it writes a leaf over a leaf, which changes no account, and then adds PMD_SIZE" in flat(say(first))


def test_a_table_that_is_linked_nowhere() -> None:
    text = flat(" ".join(say(one) for one in dict(of_corpus())["table-link-bad-never-linked.c"].findings))
    assert "and never links the table that was filled, so that what was written into it maps nothing." in text


def test_what_the_rule_knows_of_a_function_is_said_of_it() -> None:
    (report,) = checked(CORPUS / "hunks-bad-counted-again.patch")
    assert report.base.state == "hunks"
    text = " ".join(flat(say(one)) for one in errors(report))
    assert re.search(r"This is said from the hunks alone; of \w+\(\) the rule says: it populates", text)


def test_the_race_of_the_real_patch() -> None:
    (report,) = checked(INPUTS / "mail" / "v8-reply.txt", INPUTS / "tree")
    race = flat(next(t.text for t in tell(report.findings, report, {}, None) if t.finding.kind == "racy-counter"))
    assert "from split_kernel_leaf_mapping() under pgtable_split_lock and from arch_remove_memory() under" in race
    assert "an update can get lost" in race
    assert "pgtable_split_lock is taken, and lm_meminfo_add() updates the counter, reached through" in race


# causes


def of(kind: str, function: str, *, step: str = "write", add: str = "+", amount: int = 4096) -> Finding:
    """Return a finding of its own cause: what its path does and how its ledger is off."""
    sign = 1 if add == "+" else -1
    ledger = LedgerLine(
        "PTE",
        "0",
        f"{add}PAGE_SIZE",
        f"{add}PAGE_SIZE",
        (),
        "high" if sign > 0 else "low",
        (("4K", 0, sign * amount),),
    )
    notes = (
        Note(PLACE, "writes an entry that was a leaf and is now a leaf: no account", step, function, "fill"),
        Note(PLACE, "", "record", function, recorded=(Move("PTE", f"{add}PAGE_SIZE"),)),
    )
    made = finding(kind=kind, function=function, notes=notes, ledger=(ledger,), construct=function)
    return replace(made, message=f"`{function}` counts it")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (of("double-count", "g"), True),
        (of("double-count", "g", amount=65536), True),
        (of("phantom-count", "g"), False),
        (of("double-count", "g", step="call"), False),
        (of("double-count", "g", add="-"), False),
        (replace(of("double-count", "g"), rule="other"), False),
        (replace(of("double-count", "g"), severity="warning"), False),
    ],
)
def test_findings_of_one_cause_are_told_once(other: Finding, *, same: bool) -> None:
    first, second = tell((of("double-count", "f"), other), REPORT, {}, None)
    assert first.text.startswith("f() counts it.")
    assert second.text.startswith("The same as in f(): g() counts it." if same else "g() counts it.")
    assert human(abs(other.ledger[0].figures[0][2])) in second.text


def test_one_that_is_told_in_short_loses_neither_its_amounts_nor_its_effect() -> None:
    text = flat(tell((of("double-count", "f"), of("double-count", "g", amount=65536)), REPORT, {}, None)[1].text)
    assert "Each such call leaves the PTE counter 64 kB too high" in text
    assert text.endswith(f"[double-count {of('double-count', 'g').id}]")


def test_what_an_earlier_version_had_is_not_argued_again() -> None:
    old, new = of("double-count", "f"), of("double-count", "g")
    told = tell((old, new), REPORT, {old.id: "v1"}, None)
    assert told[0].text == f"Still present since v1: f() counts it.\n\n[double-count {old.id}]"
    assert told[1].text.startswith("g() counts it. It writes")  # the first of its cause that is argued
    (again,) = tell((old,), REPORT, {old.id: "the 2nd"}, None)
    assert again.text.startswith("Still present since the 2nd version: f() counts it.")
    assert fixed((old,), {old.id: "the 1st"}, None).startswith("Fixed since the 1st version: double-count in f()")


def test_a_message_without_a_ledger_is_one_cause_with_another_that_differs_in_names_alone() -> None:
    stub = finding(kind="missing-stub", notes=(), ledger=(), message="`add` is not defined where `X` is off")
    same = replace(stub, message="`sub` is not defined where `X` is off", construct="b")
    other = replace(stub, message="`sub` is static where `X` is off", construct="c")
    texts = [told.text.split(":")[0] for told in tell((stub, same, other), REPORT, {}, None)]
    assert texts[1] == "The same again"
    assert not texts[2].startswith("The same")


# what a user sees


def test_directions_and_amounts_in_every_geometry() -> None:
    line = finding().ledger[0]
    assert effect_of(finding()) == (
        "Each such call leaves DirectMap2M 2 MB too high "
        "(4K pages; DirectMap32M 32 MB with 16K, DirectMap512M 512 MB with 64K)."
    )
    low = replace(line, drift="low", difference="-PMD_SIZE", figures=(("4K", 2 << 20, 0), ("64K", 1 << 20, 0)))
    assert effect_of(finding(ledger=(low,))) == (
        "Each such call leaves DirectMap2M 2 MB too low (4K pages; DirectMap512M 1 MB with 64K)."
    )
    bare = replace(line, labels=(), figures=(("4K", 0, 4096), ("16K", 0, 4096)))
    assert effect_of(finding(ledger=(bare,))) == "Each such call leaves the PMD counter 4 kB too high."
    some = replace(line, labels=(), figures=(("4K", 5, 5), ("16K", 0, 4096), ("64K", 4096, 0)), drift="")
    assert effect_of(finding(ledger=(some,))) == (
        "Each such call leaves the PMD counter 4 kB too high (16K pages; the PMD counter 4 kB too low with 64K)."
    )


def test_two_accounts_that_drift_apart() -> None:
    high = replace(finding().ledger[0], labels=())
    low = replace(high, account="PTE", drift="low", figures=tuple((g, b, a) for g, a, b in high.figures))
    assert effect_of(finding(ledger=(high, low))) == (
        "Each such call leaves the PMD counter 2 MB too high and the PTE counter 2 MB too low "
        "(4K pages; 32 MB each with 16K, 512 MB each with 64K)."
    )


@pytest.mark.parametrize(
    ("difference", "drift", "said"),
    [
        ("+next - addr", "high", "too high by next - addr bytes"),
        ("+va - stop", "low", "too low by stop - va bytes"),
        ("-PUD_SIZE * rounds", "low", "too low by PUD_SIZE * rounds bytes"),
        ("+next - PMD_SIZE - va", "", "off by next - PMD_SIZE - va bytes"),
        ("-(what the rounds add up to)", "low", "too low by what the rounds add up to"),
    ],
)
def test_an_amount_that_is_an_expression(difference: str, drift: str, said: str) -> None:
    line = LedgerLine("PMD", "0", difference, difference, (), drift)
    assert effect_of(finding(ledger=(line,))) == f"Each such call leaves the PMD counter {said}."


def test_the_opposite_of_an_amount() -> None:
    assert negated("+va - stop") == "stop - va"
    assert negated("-a - b") == "a + b"
    assert negated("-PAGE_SIZE * (what - it) + b") == "PAGE_SIZE * (what - it) - b"


def test_bytes_in_human_units() -> None:
    assert [human(n) for n in (1, 4095, 4096, 2 << 20, 3 << 30, 4 << 40)] == [
        "1 byte",
        "4095 bytes",
        "4 kB",
        "2 MB",
        "3 GB",
        "4 TB",
    ]


# what may stand beside it


def test_the_story_of_the_witness_is_one_sentence() -> None:
    story = (
        "on a model machine (4K pages, 8 entries a table):",
        "  1. given: PUD mapped at [0x0, 0x40000)",
        "  2. call split [0x0, 0x1000), request 1 for memory fails -> -12",
        "  account mapped counted difference",
        "  PUD: 0 kB (256 kB are mapped)",
    )
    assert (
        "On a model page table (4K pages, 8 entries a table) with PUD mapped at [0x0, 0x40000), split() on "
        "[0x0, 0x1000) (request 1 for memory fails, returns -12) leaves PUD at 0 kB with 256 kB mapped."
    ) in flat(say(finding(replay=Replay(story))))
    assert "model page table" not in say(finding(replay=Replay(reason="no run shows it")))
    assert "were seen to differ" in flat(say(finding(replay=Replay(("on another machine",)))))


def test_a_fix_is_announced_and_not_shown() -> None:
    text = say(finding(suggestion=Suggestion("a.c", 1, 1, ("x",), "--- a\n+++ b\n")))
    assert "A possible fix is at the end of this mail." in flat(text)
    assert "+++" not in text


def test_entry_points_are_named_where_the_path_does_not_name_them() -> None:
    assert "is reached from" not in say(finding(entries=("init_pmd",)))
    text = flat(say(finding(entries=tuple("abcdef"))))
    assert "init_pmd() is reached from a(), b(), c(), d() and 2 more." in text


def test_names_of_functions_get_parentheses_and_others_do_not() -> None:
    verdict = FunctionVerdict("a.c", "helper", RULE.name, BALANCED, "", ())
    message = "`init_pmd` and `helper` differ in `some_lock`, `pmd_leaf(pmd)` and `two words`"
    text = flat(say(finding(message=message), report=replace(REPORT, functions=(verdict,))))
    assert text.startswith('init_pmd() and helper() differ in some_lock, pmd_leaf(pmd) and "two words".')


def test_long_conditions_are_shortened_or_left_out() -> None:
    long = "x" * 70
    branch = finding().notes[0]
    rest = finding().notes[1:]
    call = replace(branch, subject=f"safe({long})", message=f"take it that `safe({long})` is true")
    assert "When safe(...) is true, set_huge() writes" in flat(say(finding(notes=(call, *rest))))
    other = replace(branch, subject=f"a && {long}", message=f"take it that `a && {long}` is true")
    assert "xxx" not in say(finding(notes=(other, *rest)))


def test_comparisons_that_are_false_are_turned() -> None:
    branch = replace(finding().notes[0], subject="a == b", message="take it that `a == b` is false")
    assert "When a != b, set_huge() writes" in flat(say(finding(notes=(branch, *finding().notes[1:]))))


def test_conditions_say_in_which_function_they_are_tested() -> None:
    first, *rest = finding().notes
    own = replace(first, function="init_pmd", subject="own", message="take it that `own` is false")
    record = rest[1]
    assert "When safe(a, b) is true in set_huge(), it adds" in flat(say(finding(notes=(first, record))))
    assert "When own is false and in set_huge() safe(a, b) is true, it adds" in flat(
        say(finding(notes=(own, first, record)))
    )


def test_of_a_long_path_what_does_not_balance_is_kept() -> None:
    idle = [
        Note(PLACE, f"`f{n}` writes an entry that was empty and is now a table: none", "write", f"f{n}", done=(one,))
        for n, one in enumerate([Move("PUD", "+PUD_SIZE")] * 9)
    ]
    text = flat(say(finding(notes=(*idle, *finding().notes))))
    assert "f3()" not in text
    assert "init_pmd() then adds PMD_SIZE to the PMD counter." in text


# a patch as a whole


def test_what_is_fixed_is_one_paragraph() -> None:
    one, other, third = of("double-count", "f"), of("missing-sub", "g"), of("missing-add", "h")
    text = fixed((one, other, third), {one.id: "v1", other.id: "v1", third.id: "v2"}, None)
    assert flat(text) == (
        f"Fixed since v1: double-count in f() ({one.id}), missing-sub in g() ({other.id}). "
        f"Fixed since v2: missing-add in h() ({third.id})."
    )
    assert "\n\n" not in text
    check_lines(text)
    assert not fixed((), {}, None)


def verdict(name: str, kind: str, reason: str = "", *assumptions: str) -> FunctionVerdict:
    return FunctionVerdict("a.c", name, RULE.name, kind, reason, assumptions)


def test_a_patch_without_findings_is_said_to_be_no_more_than_was_proved() -> None:
    functions = (verdict("f", BALANCED, "", "callers see to `slot`"), verdict("g", CANNOT_TELL, "`goto` into a block"))
    text = positive(replace(REPORT, functions=functions, base=Base("proved", "a.c", "a" * 40, "b" * 40)), None)
    check_lines(text)
    assert "one function records in the counters just what it does to the entries" in flat(text)
    assert "This assumes: callers see to slot." in flat(text)
    assert "Nothing can be told of g() (goto into a block)." in flat(text)
    assert flat(text).endswith("this endorses nothing.")
    assert "blob ids that the patch names" in flat(text)


@pytest.mark.parametrize(
    ("functions", "base", "said", "unsaid"),
    [
        ((), "proved", "has nothing to say of it", "every path"),
        ((verdict("g", CANNOT_TELL, "why"),), "proved", "Nothing can be told of g() (why).", "every path"),
        ((verdict("f", BALANCED),), "hunks", "Judged from the hunks alone, every gap between them unknown:", "blob"),
        ((verdict("f", BALANCED),), "applied", "is not the text that its index line names", "blob"),
        ((verdict("f", FINDING),), "proved", "1 function carries a finding.", "every path"),
    ],
)
def test_nothing_is_said_to_be_clean_that_was_not_proved(
    functions: tuple[FunctionVerdict, ...], base: str, said: str, unsaid: str
) -> None:
    text = flat(positive(replace(REPORT, functions=functions, base=Base(base)), None))
    assert said in text
    assert unsaid not in text
    assert not FORBIDDEN.search(text)


def test_many_verdicts_stay_short() -> None:
    functions = tuple(
        verdict(f"f{n}", BALANCED if n % 2 else CANNOT_TELL, f"reason {n}", f"fact {n}") for n in range(200)
    )
    text = positive(replace(REPORT, functions=functions), None)
    assert len(text) < 1500
    assert "and 92 more" in flat(text)
    assert "and 96 more." in flat(text)


def test_the_footer_says_who_wrote_it_and_how_to_object() -> None:
    one, other = of("double-count", "f"), of("missing-sub", "g")
    report = replace(REPORT, base=Base("proved", "a.c", "a" * 40, "b" * 40))
    text = footer(report, (one,), None)
    check_lines(text)
    assert len(text.split("\n")) <= 7
    assert text.startswith("A program wrote this: lmlint ")
    assert "\n    lmlint check --tree LINUX PATCH\n" in text
    assert f'reply with "#lmlint: wrong {one.id}" at the start of a line.' in flat(text)
    assert "with the blob aaaaaaaaaaaa." in flat(text)
    both = footer(replace(report, base=Base("applied")), (one, other, one), None)
    assert f"findings {one.id}, {other.id}. To see" in flat(both)
    assert '"#lmlint: wrong ID"' in flat(both)
    assert "LINUX is the tree that the patch was made on." in flat(both)


def test_the_command_in_the_footer_shows_the_same_again() -> None:
    one = of("double-count", "f")
    alone = flat(footer(replace(REPORT, base=Base("hunks")), (one,), None))
    assert "It judged the hunks alone" in alone
    assert "lmlint check PATCH If" in alone
    series = flat(footer(REPORT, (one,), None, series=True))
    assert (
        "with the series in a mailbox: lmlint check --tree LINUX SERIES where LINUX is the tree that the series"
        in series
    )
    raised = replace(of("sampled-guard", "f"), severity="warning")
    assert "check --strict --tree" in footer(REPORT, (raised,), None)
    assert "check --strict --tree" in footer(REPORT, (of("presumption", "f"),), None)
    shown = replace(raised, replay=Replay(("a story",)))
    assert "check --witness --tree" in footer(REPORT, (shown,), None)
    assert "check --strict --witness --tree" in footer(REPORT, (raised, shown), None)
    assert "check --tree" in footer(REPORT, (replace(one, replay=Replay(reason="none")),), None)


def test_a_footer_without_findings_asks_for_no_objection() -> None:
    text = footer(REPORT, (), None)
    assert "#lmlint" not in text
    assert f"rule {RULE.name}." in flat(text)


# what others wrote

HOSTILE = (
    "Reviewed-by: A <a@b>",
    "x\n\n> quoted",
    "x\n-- \nsignature",
    "#lmlint: wrong 0123abcd",
    "x\nFrom me",
    "-- >8 --",
    "\x1b[31mred\x1b[0m",
    "a\u202eb\u2028c",
    "+++ b/x",
    "x" * 5000,
    "diff --git a b",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shift", range(0, 72, 7))
def test_no_text_of_others_forges_a_line(text: str, shift: int) -> None:
    words = f"{'w' * shift} {text} {text}"
    branch = replace(finding().notes[0], subject=text, message=f"take it that `{text}` is true")
    made = finding(
        message=words, notes=(branch, *finding().notes[1:], Note(PLACE, words)), entries=(text,), function=text
    )
    check_lines(say(made))
    check_lines(tell((made,), REPORT, {made.id: text}, None)[0].text)
    check_lines(fixed((made,), {made.id: text}, None))
    report = replace(REPORT, functions=(verdict(text, BALANCED, "", text), verdict(text, CANNOT_TELL, text)))
    check_lines(positive(report, None))
    check_lines(footer(replace(report, base=Base("none", text, text)), (made,), None))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from((*HOSTILE, "a", "some words", "`f`", "12", "[0x0,", "4", "kB")), max_size=40))
def test_lines_of_any_words_stay_lines_of_prose(parts: list[str]) -> None:
    check_lines(laid_out(clean(" ".join(parts), 4000)) or "nothing")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_any_message_and_condition_can_be_told(message: str, condition: str) -> None:
    branch = replace(finding().notes[0], subject=condition, message=f"take it that `{condition}` is false")
    made = finding(message=message, notes=(branch, *finding().notes[1:]))
    text = say(made)
    check_lines(text)
    assert text.endswith(f"[double-count {made.id}]")


def test_an_indented_line_stays_a_line_and_cannot_be_forged_either() -> None:
    assert laid_out("words\n    lmlint check\nmore") == "words\n    lmlint check\nmore"
    assert laid_out("    Reviewed-by: me\n\n\t> quote") == "    | Reviewed-by: me\n\n        | > quote"
    check_lines(laid_out("    " + "word " * 60))


def test_a_word_that_must_not_begin_a_line_takes_the_one_before_along() -> None:
    text = f"{'w' * 60} and Signed-off-by: somebody"
    assert laid_out(text) == f"{'w' * 60}\nand Signed-off-by: somebody"
    assert laid_out("Acked-by: me") == "| Acked-by: me"


def test_lists_are_cut_short() -> None:
    assert few(["a"]) == "a"
    assert few(["a", "b", "c"]) == "a, b and c"
    assert few(["a", "b", "c"], 2) == "a, b and 1 more"


# templates


def test_a_folder_stands_in_for_single_templates(tmp_path: Path) -> None:
    (tmp_path / "finding.txt.j2").write_text(
        "{{ message }}\n\n{% for one in path %}\n    {{ loop.index }}. {{ one }}\n{% endfor %}\n\n"
        "{{ severity | upper }}{% if not effect %}!{% endif %} {{ path | length }}\n"
    )
    text = say(of("double-count", "f"), of("double-count", "g"), templates=tmp_path)
    assert "\n    1. It writes a leaf over a leaf, which changes no account" in text
    assert "\n\nERROR 1\n\n" in text
    assert "The same as in f(): g() counts it." in text  # the others are those of lmlint


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a\n{{ nothing_such }}", 2, "'nothing_such' is undefined"),
        ("{% if %}", 1, "Expected an expression"),
        ("\n\n{% for a in path %}", 3, "Unexpected end of template"),
        ("{% for a in range(9) %}{% endfor %}", 1, "templates have no calls"),
        ("x\n{{ message.upper() }}", 2, "templates have no calls"),
        ("{% include 'short.txt.j2' %}", 1, "templates have no `include`"),
        ("{% macro f() %}{% endmacro %}", 1, "templates have no `macro`"),
        ("{% set x = message %}", 1, "templates have no `assign`"),
        ("{{ 'a' * 999999999 }}", 1, "templates have no `mul`"),
        ("{{ message ~ message }}", 1, "templates have no `concat`"),
        ("{{ message.__class__ }}", 1, "unsafe"),
        ("{{ path }}", 1, "list is no text"),
        ("{{ path[0].upper }}", 1, "is no text"),
        ("{{ message | join }}", 1, "join: takes a list of texts"),
        ("{{ path | join(message) }}", 1, "plain texts"),
        ("{{ message | shell }}", 1, "No filter named 'shell'"),
        ("{{ message < 3 }}", 1, "not supported"),
        ("{% for a in path %}{% for b in path %}{% for c in path %}{% endfor %}{% endfor %}{% endfor %}", 1, "2 deep"),
        ("{% for a in path recursive %}{% endfor %}", 1, "loops are at most"),
    ],
)
def test_a_wrong_template_is_an_error_that_names_the_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    path = tmp_path / "finding.txt.j2"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        say(finding(), templates=tmp_path)
    assert str(caught.value).startswith(f"{path}: line {line}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_template_that_never_ends_saying_is_cut(tmp_path: Path) -> None:
    text = "{% for a in message %}{% for b in message %}{{ message }}{% endfor %}{% endfor %}"
    (tmp_path / "finding.txt.j2").write_text(text)
    with pytest.raises(InputError, match=f"says more than {MOST_BYTES} characters"):
        say(finding(), templates=tmp_path)


def test_templates_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder of templates"):
        say(finding(), templates=tmp_path / "none")
    odd = tmp_path / "findings.txt.j2"
    odd.write_text("")
    with pytest.raises(InputError, match=r"no template is called that; they are finding\.txt\.j2"):
        say(finding(), templates=tmp_path)
    odd.unlink()
    own = tmp_path / "finding.txt.j2"
    own.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        say(finding(), templates=tmp_path)
    own.write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(InputError, match="larger than"):
        say(finding(), templates=tmp_path)
    own.write_text("{{ " + "(" * 5000 + ")" * 5000 + " }}")
    with pytest.raises(InputError, match=r"nested too deeply"):
        say(finding(), templates=tmp_path)


def test_a_users_template_cannot_forge_by_accident(tmp_path: Path) -> None:
    (tmp_path / "finding.txt.j2").write_text("Reviewed-by: {{ message }}\n\n> {{ message }}\x07\n")
    check_lines(say(finding(), templates=tmp_path))


def test_every_template_says_what_it_is_given() -> None:
    folder = Path(__file__).resolve().parent.parent / "lmlint" / "report" / "templates"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.txt.j2" for name in NAMES)
    for path in folder.iterdir():
        assert path.read_text(encoding="utf-8").startswith("{#\nWhat "), path


def test_a_light_command_loads_no_templates() -> None:
    code = "import sys, lmlint.cli, lmlint.commands, lmlint.session; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
