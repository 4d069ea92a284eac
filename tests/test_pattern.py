"""Patterns: C with metavariables, matched against expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.pattern import Table, compile_pattern
from lmlint.source import parse_expression


def match(pattern: str, code: str) -> dict[str, str] | None:
    node = parse_expression(code)
    assert node is not None, code
    found = compile_pattern(pattern).match(node)
    return None if found is None else {name: bound.text for name, bound in found.items()}


@pytest.mark.parametrize(
    ("pattern", "code", "bound"),
    [
        ("set($p, $v)", "set(slot + 1, make(pfn))", {"p": "slot + 1", "v": "make(pfn)"}),
        ("set($p, $v)", "set((slot), (v))", {"p": "slot", "v": "v"}),
        ("$c[$a] += $n", "lm[which(x)] += size", {"c": "lm", "a": "which(x)", "n": "size"}),
        ("$c[$a] = $c[$a] + $n", "lm[i] = lm[i] + 4", {"c": "lm", "a": "i", "n": "4"}),
        ("$c[$a] = $c[$a] + $n", "(lm[i]) = (lm[(i)] + 4)", {"c": "lm", "a": "i", "n": "4"}),
        ("warn($c, ...)", 'warn(x, "text", 3)', {"c": "x"}),
        ("warn($c, ...)", "warn(x)", {"c": "x"}),
        ("alloc(...)", "alloc()", {}),
        ("*_alloc(...)", "pgd_table_alloc(level, gfp)", {}),
        ("*alloc*(...)", "alloc(level)", {}),
        ("*$p", "*slot", {"p": "slot"}),
        ("&$p", "&slot", {"p": "slot"}),
        ("READ_ONCE(*$p)", "READ_ONCE(*slot)", {"p": "slot"}),
        ("$p->next", "walk->next", {"p": "walk"}),
        ("$p->next", "walk.next", {"p": "&walk"}),
        ("$p->next = $v", "ring[i].next = 0", {"p": "&ring[i]", "v": "0"}),
        ("$p->next", "(*walk).next", {"p": "walk"}),
        ("$p->ring->used", "dev.ring->used", {"p": "&dev"}),
        ("$i++", "i++", {"i": "i"}),
        ("++$i", "++i", {"i": "i"}),
        ("!$x", "!ready", {"x": "ready"}),
    ],
)
def test_a_pattern_binds(pattern: str, code: str, bound: dict[str, str]) -> None:
    assert match(pattern, code) == bound


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("set($p, $v)", "set(slot)"),
        ("set($p, $v)", "set(slot, v, 1)"),
        ("set($p, $v)", "reset(slot, v)"),
        ("set($p, $v)", "ops->set(slot, v)"),
        ("$c[$a] = $c[$a] + $n", "lm[i] = lm[j] + 4"),
        ("$c[$a] += $n", "lm[i] -= 4"),
        ("$c[$a] += $n", "lm[i] = 4"),
        ("warn($c, ...)", "warn()"),
        ("*_alloc(...)", "alloc_page(level)"),
        ("*_alloc(...)", "ops->page_alloc(level)"),
        ("$p->ring->used", "dev->ring.used"),
        ("$p.next", "walk->next"),
        ("$p->next", "walk->prev"),
        ("$i++", "++i"),
        ("++$i", "i++"),
        ("$i++", "i--"),
        ("*$p", "&slot"),
        ("-$x", "!x"),
        ("$a == $b", "x != y"),
        ("same($x, $x)", "same(a, b)"),
        ("BIT(0)", "BIT(1)"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, code: str) -> None:
    assert match(pattern, code) is None


@pytest.mark.parametrize("text", ["", "f(", "$x $y", "int x", "a; b", "if (x) y", "f($x))", "}"])
def test_what_is_no_expression_is_no_pattern(text: str) -> None:
    with pytest.raises(InputError, match="is not a C expression") as caught:
        compile_pattern(text)
    assert "\n" not in str(caught.value)


def test_a_table_gives_the_first_meaning_that_matches() -> None:
    table = Table.of([("f($x, 0)", "zero"), ("f($x, $y)", "two"), ("*_f($x)", "glob"), ("$x + $y", "sum")])
    found = {code: table.find(node) for code in ("f(a, 0)", "f(a, 1)", "g_f(a)", "f(a)", "a + 1", "a - 1")
             if (node := parse_expression(code)) is not None}  # fmt: skip
    meanings = {code: None if hit is None else hit[0] for code, hit in found.items()}
    assert meanings == {
        "f(a, 0)": "zero",
        "f(a, 1)": "two",
        "g_f(a)": "glob",
        "f(a)": None,
        "a + 1": "sum",
        "a - 1": None,
    }


names = st.sampled_from(["a", "slot", "next", "PMD_SIZE", "0", "42"])
expressions = st.recursive(
    names,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "/", "&", "|", "<<", "==", "<", "&&"]), inner),
        st.builds("{}({})".format, st.sampled_from(["!", "~", "-"]), inner),
        st.builds("f_{}({}, {})".format, st.sampled_from("gh"), inner, inner),
        st.builds("array[{}]".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=12,
)


@given(expressions)
def test_an_expression_matches_itself(code: str) -> None:
    assert match(code, code) == {}
    assert match("$whole", code) is not None


@given(expressions, expressions)
def test_a_metavariable_stands_for_any_expression(one: str, other: str) -> None:
    found = match("call($x, $y, $x)", f"call({one}, {other}, {one})")
    assert found is not None
    if one != other:
        assert match("call($x, $x)", f"call({one}, {other})") is None


@given(expressions, expressions)
def test_different_expressions_do_not_match(one: str, other: str) -> None:
    if one.replace("(", "").replace(")", "") != other.replace("(", "").replace(")", ""):
        assert match(one, other) is None


@pytest.mark.parametrize(
    ("texts", "code", "first"),
    [
        (["$p->state = $v", "$p->state = IDLE"], "slot->state = IDLE", "$p->state = IDLE"),
        (["$p->state = $v", "$p->state = IDLE"], "slot->state = BUSY", "$p->state = $v"),
        (["set($p, $v)", "set($p, $p)"], "set(a, a)", "set($p, $p)"),
        (["set($p, ...)", "set($p, $v)", "set(top, $v)"], "set(top, 1)", "set(top, $v)"),
        (["set($p, ...)", "set(top, $v)", "set($p, $v)"], "set(slot, 1)", "set($p, $v)"),
        (["set($p, $v)", "set($p, ...)"], "set(slot, 1, 2)", "set($p, ...)"),
        (["*_alloc(...)", "page_alloc($n)"], "page_alloc(1)", "page_alloc($n)"),
        (["*_alloc(...)", "page_*_alloc(...)"], "page_table_alloc(1)", "page_*_alloc(...)"),
        (["set($p, 0)", "set(top, $v)"], "set(top, 0)", "set($p, 0)"),  # neither is the more special one
        (["set($p, $v)", "set($a, $b)"], "set(top, 0)", "set($p, $v)"),
    ],
)
def test_the_special_pattern_comes_before_the_general_one(texts: list[str], code: str, first: str) -> None:
    node = parse_expression(code)
    assert node is not None
    found = Table.of((text, text) for text in texts).find(node)
    assert found is not None
    assert found[0] == first
