"""The corpus runner holds cases to what they say, and the built-in corpus holds the tool to what it claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.corpus import Case, Count, builtin_corpus, cases, check, run
from lmlint.error import InputError
from lmlint.expect import WORDS, Expectation, expectations
from lmlint.kinds import KINDS
from lmlint.patch.base import rebuild
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail
from lmlint.patch.tree import open_trees
from lmlint.rule import Rule, builtin_rules, load_rules

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules((builtin_rules(),), ())
BUILTIN = cases(builtin_corpus(), RULES)
PREAMBLE = (builtin_corpus() / "arm64-lm-meminfo" / "preamble.h").read_bytes()
INCLUDED = "/* include: preamble.h */\n"
MAP_PAGE = """\
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));%s
}
"""


@pytest.mark.parametrize("case", BUILTIN, ids=lambda case: case.path.name)
def test_builtin_corpus(case: Case) -> None:
    assert not check(case).failures


def test_builtin_corpus_has_a_bad_case_for_every_kind() -> None:
    stated = [one for case in BUILTIN for one in expectations(case.path.read_bytes()).of("expect")]
    assert {one.kind for one in stated} >= set(KINDS)


def test_builtin_corpus_cases_say_why_they_exist() -> None:
    for case in BUILTIN:
        if case.path.suffix == ".c":
            text = re.sub(r"\A(/\* include: [\w.]+ \*/\n)*", "", case.path.read_text(encoding="utf-8"))
            assert re.match(r'/\*(\n \*)? ["A-Z0-9]', text), case.path.name
            assert not expectations(text.split("*/")[0].encode() + b"*/").stated, case.path.name


def test_story_patches_prove_their_base() -> None:
    for case in BUILTIN:
        if case.path.name.startswith("story-"):
            diffs = parse_diff(read_mail(case.path.read_bytes(), case.name).diff, case.name)
            (file,) = rebuild(diffs, open_trees([str(case.path.parent / "tree")]), case.name)
            assert file.base.state == "proved"


def rule(name: str = "arm64-lm-meminfo") -> Rule:
    return next(one for one in RULES if one.name == name)


def failures(folder: Path, text: str) -> list[str]:
    (folder / "preamble.h").write_bytes(PREAMBLE)
    (folder / "case.c").write_text(text, encoding="utf-8")
    return [failure.removeprefix(f"{folder.name}/") for failure in check(Case(folder / "case.c", (rule(),))).failures]


# ---- what a comment says ----


def stated(text: str) -> list[tuple[str, int, str, str]]:
    found = expectations(text.encode())
    assert not found.mistakes
    return [(one.word, one.line, one.kind, one.text) for one in found.stated]


def mistakes(text: str) -> list[tuple[int, str]]:
    return [(mistake.line, mistake.message) for mistake in expectations(text.encode()).mistakes]


def test_on_the_line() -> None:
    assert stated('\nf(); // expect: double-count "PMD"\n') == [("expect", 2, "double-count", "PMD")]
    assert stated("f(); /* missing: missing-sub */ g();") == [("missing", 1, "missing-sub", "")]


def test_alone_means_the_line_below() -> None:
    assert stated("\t/* noisy: error-path */\nf();") == [("noisy", 2, "error-path", "")]


def test_a_stack_speaks_of_one_line() -> None:
    text = "// expect: missing-add\n/* expect: missing-sub */\nf(); // expect: wrong-amount\n"
    assert [line for _, line, _, _ in stated(text)] == [3, 3, 3]


def test_comments_apart_are_no_stack() -> None:
    text = "// expect: missing-add\nf();\n\n// expect: missing-sub\ng();\n"
    assert [line for _, line, _, _ in stated(text)] == [2, 5]


def test_the_other_words() -> None:
    assert stated("// expect: nothing") == [("expect", 2, "nothing", "")]
    assert stated("// summary: PMD -PMD_SIZE, PTE +PMD_SIZE") == [("summary", 2, "", "PMD -PMD_SIZE, PTE +PMD_SIZE")]
    assert stated('// cannot-tell: "recursion"') == [("cannot-tell", 2, "", "recursion")]
    assert stated("// cannot-tell:") == [("cannot-tell", 2, "", "")]
    assert stated("// include: preamble.h") == [("include", 2, "", "preamble.h")]


def test_literals_and_prose_say_nothing() -> None:
    text = (
        'char *a = "// expect: foo"; int b = \'"\'; /* We expect the worst. Note: it comes. */ // https://expect.org\n'
    )
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("// expects: missing-add", "`expect:` is meant"),
        ("// Expect: missing-add", "`expect:` is meant"),
        ("// cannot tell: loop", "`cannot-tell:` is meant"),
        ("// expect missing-add", "lacks a colon"),
        ("// expect: foo", "`foo` is no kind"),
        ("// expect:", "must be `expect: KIND`"),
        ("// expect: missing-add, missing-sub", "must be `expect: KIND`"),
        ('// expect: missing-add "', "must be `expect: KIND`"),
        ("// missing: nothing", "`nothing` is no kind"),
        ("// summary:", "must be `summary:"),
        ("// cannot-tell: loop", "must be `cannot-tell:"),
        ("// include: ../preamble.h", "of the same folder"),
        ("/* prose\n * expect: missing-add\n */", "a comment of its own"),
        ("// expect: nothing\n// expect: missing-add", "said to be clean"),
    ],
)
def test_what_looks_like_an_expectation_must_be_one(text: str, part: str) -> None:
    ((_, message),) = mistakes(text)
    assert part in message


def test_a_mistake_knows_its_line() -> None:
    assert [line for line, _ in mistakes("int a;\n\n/* one\n * two\n * noisy: error-path\n */")] == [5]


WRITTEN = st.tuples(
    st.sampled_from(["expect", "missing", "noisy"]),
    st.sampled_from(sorted(KINDS)),
    st.text(st.characters(codec="ascii", exclude_characters='"*/\\', categories=["L", "N", "P", "Zs"]), max_size=9),
    st.sampled_from(["// {}", "/* {} */", "/*{}*/", "//{}"]),
    st.booleans(),
    st.lists(st.sampled_from(["", "int a;", 'char *s = "/*";', "/* prose\n */", "'\"';", "// it's"]), max_size=3),
)


@given(st.lists(WRITTEN, max_size=6))
def test_what_is_written_is_read(written: list[tuple[str, str, str, str, bool, list[str]]]) -> None:
    code, expected = "", []
    for word, kind, text, comment, alone, above in written:
        code += "".join(f"{line}\n" for line in above)
        said = f'{word}: {kind} "{text}"' if text else f"{word}: {kind}"
        line = code.count("\n") + 1
        code += f"{comment.format(said)}\nf();\n" if alone else f"f(); {comment.format(said)}\n"
        expected.append(Expectation(word, line + alone, line, kind, text))
    found = expectations(code.encode())
    assert not found.mistakes
    assert list(found.stated) == expected


@given(st.binary())
def test_any_bytes_are_read(data: bytes) -> None:
    lines = data.count(b"\n") + 1
    found = expectations(data)
    assert all(1 <= one.comment <= lines and one.word in WORDS for one in found.stated)
    assert all(1 <= one.line <= lines for one in found.mistakes)


@given(st.text(), st.sampled_from(WORDS))
def test_a_word_with_its_colon_is_never_prose(rest: str, word: str) -> None:
    rest = rest.replace("\n", " ").lstrip(":")
    found = expectations(f"// {word}: {rest}".encode(errors="replace"))
    assert len(found.stated) + len(found.mistakes) == 1


# ---- matched both ways ----


def test_as_expected(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + MAP_PAGE % " // expect: missing-add") == []


def test_lines_map_back_over_the_preamble(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + "// summary: PTE +PAGE_SIZE\n" + MAP_PAGE % "")
    assert failure.startswith("case.c:7: unexpected error missing-add: ")


def test_expected_and_not_found(tmp_path: Path) -> None:
    text = INCLUDED + MAP_PAGE % " // expect: missing-add\n\tlm_meminfo_add(va, PAGE_SIZE, PTE);"
    assert failures(tmp_path, text) == ["case.c:6: expected missing-add is not found"]


def test_expected_with_another_text(tmp_path: Path) -> None:
    first, second = failures(tmp_path, INCLUDED + MAP_PAGE % ' // expect: missing-add "no such words"')
    assert first == 'case.c:6: expected missing-add "no such words" is not found'
    assert second.startswith("case.c:6: unexpected error missing-add: ")


def test_no_expectation_at_all(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + "int a;\n") == [
        "case.c:1: no expectation at all; a clean case says `expect: nothing`"
    ]


MAP_BOTH = """\
void map_both(pud_t *big, pte_t *small, unsigned long pfn)
{
	if (!pud_none(pudp_get(big)) || !pte_none(__ptep_get(small)))
		return;
	/* expect: missing-add */
	/* expect: missing-add "PTE" */
	__set_pte(small, pfn_pte(pfn, PAGE_KERNEL)); set_pud(big, pfn_pud(pfn, PAGE_KERNEL));
}
"""


def test_expectations_with_a_text_choose_first(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + MAP_BOTH) == []


def test_missing_and_found(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + MAP_PAGE % " // missing: missing-add")
    assert failure == "case.c:6: missing missing-add is found now: turn `missing:` into `expect:`"


def test_missing_and_not_found(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + "int a; // missing: missing-add\n") == []


def test_noisy_and_found(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + MAP_PAGE % " // noisy: missing-add") == []


def test_noisy_and_silent(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + "int a; // noisy: missing-add\n")
    assert failure == "case.c:2: noisy missing-add fell silent: delete the comment"


def test_mistakes_fail(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + "// expects: foo\n// expect: nothing\nint a;\n")
    assert failure == "case.c:2: `expects:` is no expectation; `expect:` is meant?"


def test_an_include_that_is_not_there(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, "// include: nowhere.h\n")
    assert failure.startswith("case.c:1: ")
    assert "nowhere.h" in failure


def test_summary_of_another_ledger(tmp_path: Path) -> None:
    text = INCLUDED + "// expect: nothing\n/* summary: PMD +PMD_SIZE */\n"
    (failure,) = failures(tmp_path, text + MAP_PAGE % "\n\tlm_meminfo_add(va, PAGE_SIZE, PTE);")
    assert failure.startswith("case.c:3: no row of map_page is `PMD +PMD_SIZE`; it has: ")
    assert "PTE +PAGE_SIZE" in failure


def test_summary_without_a_function(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + "// summary: PTE +PAGE_SIZE\n\nint a;\n")
    assert failure == "case.c:2: `summary:` must stand on or above the line of a function definition"


RECURSES = """\
%svoid unmap_both(pte_t *slot, unsigned long va, int n)
{
	__pte_clear(&init_mm, va, slot);
	if (n)
		unmap_both(slot + 1, va + PAGE_SIZE, n - 1);
}
"""


def test_cannot_tell_as_expected(tmp_path: Path) -> None:
    assert failures(tmp_path, INCLUDED + RECURSES % "/* cannot-tell: */\n") == []


def test_cannot_tell_unexpected(tmp_path: Path) -> None:
    (failure,) = failures(tmp_path, INCLUDED + RECURSES % "/* expect: nothing */\n")
    assert failure.startswith("case.c:3: cannot tell of unmap_both: ")


def test_cannot_tell_and_told(tmp_path: Path) -> None:
    text = INCLUDED + '/* cannot-tell: "loop" */\n' + MAP_PAGE % "\n\tlm_meminfo_add(va, PAGE_SIZE, PTE);"
    (failure,) = failures(tmp_path, text)
    assert failure == "case.c:2: map_page should not be told for `loop`; it is"


# ---- which cases ----


def test_cases_of_sub_folders_named_like_a_rule(tmp_path: Path) -> None:
    inside = tmp_path / "arm64-lm-meminfo"
    inside.mkdir()
    for path in (inside / "one.c", inside / "two.patch", inside / "three.h", tmp_path / "four.c"):
        path.touch()
    assert [case.name for case in cases(tmp_path, RULES)] == ["arm64-lm-meminfo/one.c", "arm64-lm-meminfo/two.patch"]


def test_cases_of_a_folder_named_like_a_rule(tmp_path: Path) -> None:
    inside = tmp_path / "arm64-lm-meminfo"
    inside.mkdir()
    (inside / "one.c").touch()
    (case,) = cases(inside, RULES)
    assert [one.name for one in case.rules] == ["arm64-lm-meminfo"]


def test_cases_of_any_other_folder_go_through_every_rule(tmp_path: Path) -> None:
    (tmp_path / "one.c").touch()
    (case,) = cases(tmp_path, RULES)
    assert case.rules == RULES


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \*\.c or \*\.patch"):
        run(tmp_path, RULES)
    with pytest.raises(InputError, match="not a folder"):
        run(tmp_path / "nowhere", RULES)


# ---- what is counted ----


def test_counts() -> None:
    count = Count(expected=4, found=3, noisy=1)
    assert (count.missing, count.precision, count.recall) == (1, "75%", "75%")
    assert (Count().precision, Count().recall) == ("-", "-")


def test_the_table(tmp_path: Path) -> None:
    (tmp_path / "preamble.h").write_bytes(PREAMBLE)
    (tmp_path / "bad.c").write_text(INCLUDED + MAP_PAGE % " // expect: missing-add", encoding="utf-8")
    (tmp_path / "good.c").write_text("/* expect: nothing */\n", encoding="utf-8")
    (tmp_path / "owned.c").write_text("int a; /* missing: missing-add */\n", encoding="utf-8")
    result = run(tmp_path, RULES)
    assert result.ok
    assert result.counts["missing-add"] == Count(expected=2, found=1)
    assert result.text.splitlines() == [
        "kind             expected  found  missing  noisy  precision  recall",
        "missing-add             2      1        1      0       100%     50%",
        "total                   2      1        1      0       100%     50%",
        "",
        "3 cases, 1 of them clean; 0 failures",
    ]
