"""C text as functions and trees, whatever the text is."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.source import MAX_NESTING, Dialect, Source, blank, parse, parse_expression
from tests.small import RULE

DIALECT = RULE.dialect
SECOND = 1.0


def source(text: str | bytes) -> Source:
    return parse(text.encode() if isinstance(text, str) else text, "mm/a.c", DIALECT)


words = st.sampled_from(
    [word.encode("latin-1") for word in ("__init ", "__section(x)", "__aligned(8) ", "for_each_mem_range(i, a, b)")]
    + [b"\n", b"\\\n", b"/* ", b"*/", b"//", b'"', b"'", b"#define A ", b"#if X\n", b"#endif\n", b"\xff", b"\r\n"]
    + [b"static int f(void) {", b"}", b"(", b")", b"while (x) ", b"lm_meminfo[PTE] += 1;"]
)


@given(st.one_of(st.binary(max_size=400), st.lists(words, max_size=60).map(b"".join)))
@settings(deadline=None)
def test_blanking_keeps_the_length_and_every_newline(text: bytes) -> None:
    clean = blank(text, DIALECT)
    assert len(clean) == len(text)
    assert [i for i, c in enumerate(clean) if c == 10] == [i for i, c in enumerate(text) if c == 10]


@given(st.one_of(st.binary(max_size=400), st.lists(words, max_size=60).map(b"".join)))
@settings(deadline=None)
def test_any_bytes_can_be_parsed(text: bytes) -> None:
    found = source(text)
    for function in [*found.functions, *found.macros.values()]:
        assert function.body.type
        assert function.line <= text.count(b"\n") + 1


DEEP = {
    "parentheses": ("x = " + "(" * 5000, "1" + ")" * 5000 + ";"),
    "negations": ("x = " + "!" * 5000, "1;"),
    "sums": ("x = 1", " + a" * 5000 + ";"),
    "blocks": ("{" * 5000, "}" * 5000),
    "else if": ("if (a) ;", "else if (a) ;" * 5000),
    "calls": ("f(" * 5000, ")" * 5000 + ";"),
}


@pytest.mark.parametrize(("before", "after"), DEEP.values(), ids=DEEP)
def test_deep_nesting_is_refused_with_file_and_line(before: str, after: str) -> None:
    (function,) = source(f"\n\nvoid f(int a)\n{{\n\t{before}{after}\n}}\n").functions
    with pytest.raises(InputError, match=rf"^mm/a\.c:5: code nested more than {MAX_NESTING} deep") as caught:
        _ = function.body
    assert "\n" not in str(caught.value)


def test_a_deep_macro_is_refused_where_it_stands() -> None:
    macro = source(f"\n#define DEEP(x) {'(' * 500}x{')' * 500}\n").macros["DEEP"]
    with pytest.raises(InputError, match=r"^mm/a\.c:2: "):
        _ = macro.body


def test_a_deep_constant_is_no_constant() -> None:
    assert source(f"#define DEEP {'(' * 500}1{')' * 500}\n#define ONE 1\n").constants.keys() == {"ONE"}
    assert parse_expression("(" * 500 + "1" + ")" * 500) is None


@pytest.mark.parametrize(
    "text",
    ["/* " * 50000, '"' * 100000, "//\\\n" * 50000, "/*/" * 50000, "__section(" * 20000, "#if A\n" * 5000, "(" * 50000],
)
def test_hostile_text_takes_no_long_time(text: str) -> None:
    start = time.perf_counter()
    source(text)
    assert time.perf_counter() - start < SECOND


def test_attributes_are_seen_and_do_not_break_the_tree() -> None:
    (function,) = source("static void __init __maybe_unused unmap(pmd_t *slot) __section(x)\n{\n\tg();\n}\n").functions
    assert (function.name, function.line, function.static) == ("unmap", 1, True)
    assert function.attributes == {"__init", "__maybe_unused"}
    assert not function.body.broken
    assert [(p.name, p.type, p.stars) for p in function.parameters] == [("slot", "pmd_t", 1)]


def test_a_loop_macro_is_a_loop() -> None:
    (function,) = source("void f(void)\n{\n\tfor_each_mem_range(i, a, b) {\n\t\tg(i);\n\t}\n}\n").functions
    (loop,) = [node for node in function.body.walk() if node.type == "while_statement"]
    assert (loop.line, loop.column) == (3, 2)
    assert not function.body.broken


def test_a_loop_macro_can_be_defined() -> None:
    assert source("#define for_each_x(i) for (i = 0; i < 4; i++)\n").macros.keys() <= {"for_each_x"}


def test_a_function_may_be_defined_twice() -> None:
    found = source("#ifdef A\nstatic int f(int a) { return a; }\n#else\nstatic int f(int a) { return 0; }\n#endif\n")
    assert [(f.name, f.line) for f in found.functions] == [("f", 2), ("f", 4)]


def test_macros_are_functions_or_constants() -> None:
    found = source(
        "#define SHIFT 12\n#define SIZE (1 << SHIFT)\n#define ADD(a, b) \\\n"
        "\tdo { f(a); g(b); } while (0)\n#define EMPTY\n"
    )
    assert found.constants.keys() == {"SHIFT", "SIZE"}
    macro = found.macros["ADD"]
    assert (macro.macro, [p.name for p in macro.parameters], macro.line) == (True, ["a", "b"], 3)
    assert {"f", "g"} <= macro.names


def test_function_pointers_and_return_types() -> None:
    (function,) = source("pte_t *walk(pmd_t **slots, void (*fn)(int), int n[4]) { return 0; }\n").functions
    assert function.returns == "pte_t*"
    assert [(p.name, p.stars, p.function) for p in function.parameters] == [
        ("slots", 2, False),
        ("fn", 1, True),
        ("n", 1, False),
    ]


def test_an_address_that_is_taken_is_known() -> None:
    assert "walk" in source("static const struct ops ops = { .entry = walk };\n").initialised


@pytest.mark.parametrize(
    "text",
    ["/* counter */", "// counter", "// a \\\n counter", "/* unfinished counter", "char q = '\"'; /* counter \" */"],
)
def test_a_comment_does_not_mention(text: str) -> None:
    assert "counter" not in source(text + "\n").names


def test_code_mentions() -> None:
    found = source('char *a = "/*"; counter++; /* counter */ counter--;\n')
    assert found.mentions["counter"] == 2


@given(st.lists(st.sampled_from(["a", "f", "lm_meminfo", "x1"]), max_size=8))
def test_every_identifier_is_counted(names: list[str]) -> None:
    mentions = source("".join(f"int {name};\n" for name in names)).mentions
    assert all(mentions[name] == names.count(name) for name in names)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_positions_are_those_of_the_text_as_given(gaps: list[int]) -> None:
    text = "".join("\n" * gap + f"__init void f{i}(void) {{ }}\n" for i, gap in enumerate(gaps))
    lines = text.split("\n")
    for function in source(text).functions:
        assert re.match(rf"f{function.name[1:]}\(", lines[function.line - 1][function.column - 1 :])


def test_no_dialect_changes_nothing() -> None:
    assert blank(b"void __init f(void) {}", Dialect()) == b"void __init f(void) {}"


def test_an_else_of_some_configurations_is_taken_to_be_there() -> None:
    text = b"""void f(int a)
{
	if (a)
		g();
#ifdef CONFIG_H
	/* for those who want it */
	else if (h(a)) {
		k();
	}
#endif
	done();
}
"""
    clean = blank(text, Dialect())
    assert len(clean) == len(text)
    assert b"#" not in clean
    (function,) = parse(text, "f.c", Dialect()).functions
    assert not function.body.broken
    assert [node.type for node in function.body.kids] == ["if_statement", "expression_statement"]


@pytest.mark.parametrize("directive", ["#else\n", "#elif defined(CONFIG_K)\n"])
def test_an_else_with_another_arm_is_left_alone(directive: str) -> None:
    text = f"if (a)\n\tg();\n#ifdef CONFIG_H\nelse h();\n{directive}k();\n#endif\n".encode()
    assert blank(text, Dialect()) == text
