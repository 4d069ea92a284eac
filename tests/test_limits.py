"""The caps on one input: each is named where it is reached, and none of them is reached by what people write."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.engine.check import analyse
from lmlint.engine.explain import explain_function, prove
from lmlint.error import InputError
from lmlint.finding import BALANCED, CANNOT_TELL, FunctionVerdict
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.diff import parse_diff
from lmlint.patch.mail import read_mail
from lmlint.replay import second_opinion
from lmlint.source import Dialect, parse
from tests.small import PATH, RULE, text

CLEAR = "void clear(pmd_t *p, unsigned long addr)\n{\n\tpmd_clear(p);\n\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n}\n"
NAMES = [field.name for field in fields(Limits)]


def verdicts(code: str, limits: Limits) -> dict[str, FunctionVerdict]:
    return {verdict.name: verdict for verdict in analyse(text(code), PATH, RULE, limits=limits).functions}


# the values


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_can_be_changed_alone(name: str) -> None:
    changed = DEFAULT.changed(name, 7)
    assert getattr(changed, name) == 7
    assert replace(changed, **{name: getattr(DEFAULT, name)}) == DEFAULT


@pytest.mark.parametrize("name", NAMES)
@given(value=st.one_of(st.integers(max_value=0), st.integers(10**9 + 1), st.booleans(), st.text(), st.floats()))
def test_a_limit_is_a_number_in_range(name: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"^limit `{name}` must be a whole number from 1 to \d+$"):
        DEFAULT.changed(name, value)


def test_another_name_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"^no limit is called `hours`; the limits are bytes, .*seconds$"):
        DEFAULT.changed("hours", 1)


def test_nesting_is_no_deeper_than_calls_can_go() -> None:
    with pytest.raises(InputError, match="limit `nesting` must be a whole number from 1 to 200"):
        DEFAULT.changed("nesting", 10_000)


# reading


def test_a_large_file_is_refused_by_name() -> None:
    parse(b"int a;", "a.c", Dialect(), limits=Limits(bytes=6))
    with pytest.raises(InputError, match=r"^a\.c: more than 6 bytes \(limit `bytes`\); .*smaller file$"):
        parse(b"int a;\n", "a.c", Dialect(), limits=Limits(bytes=6))


def test_functions_and_macros_are_counted() -> None:
    code = b"void a(void) { }\nint b;\n#define C(x) (x)\nvoid d(void) { }\n"
    assert len(parse(code, "a.c", Dialect(), limits=Limits(functions=3)).functions) == 2
    with pytest.raises(InputError, match=r"^a\.c:4: more than 2 functions and macros \(limit `functions`\); "):
        parse(code, "a.c", Dialect(), limits=Limits(functions=2))


def nested(levels: int) -> bytes:
    return b"void f(void)\n" + b"{" * levels + b"}" * levels + b"\n"


def test_nesting_is_counted_in_levels() -> None:
    assert parse(nested(9), "a.c", Dialect(), limits=Limits(nesting=9)).functions[0].body.kids
    (function,) = parse(nested(9), "a.c", Dialect(), limits=Limits(nesting=8)).functions
    with pytest.raises(InputError, match=r"^a\.c:2: code nested more than 8 deep \(limit `nesting`\)"):
        _ = function.body


def test_more_levels_than_python_has_are_refused_as_well() -> None:
    (function,) = parse(nested(5_000), "a.c", Dialect(), limits=Limits(nesting=10_000)).functions
    with pytest.raises(InputError, match=r"\(limit `nesting`\)"):
        _ = function.body


@pytest.mark.parametrize("name", ["bytes", "files", "hunks"])
def test_a_patch_names_the_limit_it_reaches(name: str) -> None:
    one = b"--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-a\n+b\n"
    patch = one.replace(b"{0}", b"x") + one.replace(b"{0}", b"y")
    assert len(parse_diff(read_mail(patch, "p").diff, "p")) == 2
    limits = DEFAULT.changed(name, 1)
    with pytest.raises(InputError, match=rf"\(limit `{name}`\)"):
        parse_diff(read_mail(patch, "p", limits).diff, "p", limits)


# judging


def test_the_usual_limits_change_nothing() -> None:
    assert verdicts(CLEAR, DEFAULT)["clear"].verdict == BALANCED
    assert verdicts(CLEAR, Limits(paths=1_000_000, seconds=10**6)) == verdicts(CLEAR, DEFAULT)


def branches(count: int) -> str:
    body = "".join(f"\tif (x{i})\n\t\tpmd_clear(p + {i});\n" for i in range(count))
    return f"void f(pmd_t *p)\n{{\n{body}}}\n"


def test_paths_are_named() -> None:
    told = verdicts(branches(6) + CLEAR, Limits(paths=20))
    assert (told["f"].verdict, told["clear"].verdict) == (CANNOT_TELL, BALANCED)
    assert told["f"].reason.startswith("more than 20 paths (limit `paths`) (line ")


def test_paths_inside_one_expression_are_named() -> None:
    sums = " + ".join(f"(x{i} && y{i})" for i in range(40))
    told = verdicts(f"void f(pmd_t *p)\n{{\n\tint n = {sums};\n\n\tpmd_clear(p + n);\n}}\n", DEFAULT)
    assert told["f"].reason.startswith("more than 3000 paths (limit `paths`)")


def slow(count: int) -> str:
    """Return a function that takes as many steps as it may."""
    return branches(count).replace("void f", "void slow")


def test_time_is_named_and_ends_the_file() -> None:
    limits = Limits(seconds=1, paths=10**6)
    begun = time.monotonic()
    told = verdicts(CLEAR + slow(40) + CLEAR.replace("clear(", "later(", 1), limits)
    assert time.monotonic() - begun < 5
    assert {told[name].verdict for name in ("slow", "later")} == {CANNOT_TELL}
    assert "more than 1 seconds (limit `seconds`)" in told["slow"].reason
    assert "more than 1 seconds (limit `seconds`)" in told["later"].reason


def test_proofs_and_explanations_keep_to_the_limits() -> None:
    limits = Limits(paths=20)
    assert "(limit `paths`)" in prove(text(branches(6)), PATH, RULE, limits=limits).functions[0].reason
    assert "(limit `paths`)" in explain_function(text(branches(6)), PATH, RULE, "f", limits=limits)


def test_the_witness_keeps_to_the_time() -> None:
    lost = CLEAR.replace("\tlm_meminfo_sub(addr, PMD_SIZE, PMD);\n", "")
    analysis = analyse(text(lost), PATH, RULE)
    # A limit of none at all is no option, but it is a clock that has run down before anything starts.
    opinion = second_opinion(
        analysis.findings, analysis.functions, text(lost), PATH, RULE, limits=replace(DEFAULT, seconds=0)
    )
    assert [finding.replay.story for finding in opinion.findings if finding.replay is not None] == [()]


# what would take longer than it is worth


def timed(code: str) -> float:
    begun = time.monotonic()
    with suppress(InputError):
        analyse(text(code), PATH, RULE, limits=Limits(seconds=2))
    return time.monotonic() - begun


NASTY = {
    "static": "static " * 20_000,
    "static-lines": "static\n" * 20_000,
    "enum": "enum " * 20_000,
    "quotes": "int a = " + '\\"' * 50_000,
    "comments": "\n#define A " + '"/*" ' * 20_000 + "\n",
    "subscripts": "lm_meminfo[" * 10_000,
    "elif": "#if A\n" + "#elif B\n" * 10_000 + "int a;\n#endif\n",
    "if": "#if A\n" * 5_000 + "int a;\n" + "#endif\n" * 5_000,
    "defined": "".join(
        f"#if defined(A{i}) || defined(B{i})\n#define A{i + 1}\n#define B{i + 1}\n#endif\n" for i in range(60)
    ),
    "chain": "".join(f"void f{i}(void)\n{{\n\tf{i + 1}();\n}}\n" for i in range(2_000))
    + "void f2000(pmd_t *p)\n{\n\tpmd_clear(p);\n}\n",
    "constants": "".join(f"#define C{i} (C{i + 1} * C{i + 1})\n" for i in range(60))
    + "void f(pmd_t *p)\n{\n\tpmd_clear(p + C0);\n}\n",
    "products": "void f(pmd_t *p)\n{\n\tpmd_clear(p + " + " * ".join(f"(a{i} + b{i})" for i in range(40)) + ");\n}\n",
    "squares": "void f(pmd_t *p)\n{\n\tunsigned long x = 1000000007;\n\n"
    + "\tx = x * x;\n" * 40
    + "\tpmd_clear(p + x);\n}\n",
    "shifts": "void f(pmd_t *p, unsigned long x)\n{\n" + "\tx = x ^ (x >> 1);\n" * 60 + "\tpmd_clear(p + x);\n}\n",
    "bits": "void f(pte_t *p, pgprot_t a, pgprot_t b)\n{\n"
    + "\ta = a | b;\n\tb = b | a;\n" * 60
    + "\t__set_pte(p, pfn_pte(0, a));\n}\n",
    "roots": "".join(f"void f{i}(void)\n{{\n\tlm_meminfo_add(0, PMD_SIZE, PMD);\n}}\n" for i in range(1_000)),
}
"""What takes the square of its length, or more, for those who do not look out."""


@pytest.mark.parametrize("name", NASTY)
def test_no_text_takes_more_time_than_it_may(name: str) -> None:
    assert timed(NASTY[name]) < 8
