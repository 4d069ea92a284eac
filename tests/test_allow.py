"""Findings silenced with a reason: which comments count, what they speak of, and what is said of them."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.allow import MAX_REASON, Allow, Silenced, comments, silence, unused
from lmlint.engine.check import analyse
from lmlint.finding import Base, Finding, FunctionVerdict, InputReport, Place
from lmlint.limits import DEFAULT
from tests import small

PATH = "mm/a.c"


def allows(code: str) -> tuple[Allow, ...]:
    """Return the comments of a text in which ALLOW stands for a whole one."""
    return comments(code.replace("ALLOW", "/* lmlint: allow missing-add: why */").encode(), PATH)


def lines(code: str) -> list[tuple[int, ...]]:
    return [allow.lines for allow in allows(code)]


def finding(line: int, kind: str = "missing-add", state: str = "new", file: str = PATH) -> Finding:
    place = Place(file, line, 1)
    return Finding("r", kind, "error", "f", place, "", (), (), f"f: {line}", state=state)


def verdict(name: str, line: int, said: str = "finding") -> FunctionVerdict:
    return FunctionVerdict(PATH, name, "r", said, "", (), line)


def report(*findings: Finding, functions: tuple[FunctionVerdict, ...] = ()) -> InputReport:
    return InputReport("x", "patch", "", "", Base("none"), ("r",), functions, findings)


def test_a_comment_gives_a_kind_and_a_reason() -> None:
    expected = Allow("missing-add", "the boot path: counts it", PATH, 2, 2, (2,))
    for text in (
        "\nf(); /* lmlint: allow missing-add: the boot path: counts it */",
        "\nf(); // lmlint: allow missing-add: the boot path: counts it\n",
        "\nf(); /*lmlint:allow   missing-add:the boot path:  counts it*/ g();",
        "\r\nf(); // LMLINT: allow missing-add : the boot path: counts it\r\n",
    ):
        assert comments(text.encode(), PATH) == (expected,)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_comment_may_span_lines(end: str) -> None:
    text = "/* lmlint: allow\n * missing-add:\n *\tthe boot path\n * counts it\n */\nf();\n".replace("\n", end)
    assert comments(text.encode(), PATH) == (Allow("missing-add", "the boot path counts it", PATH, 1, 5, (6,)),)


def test_other_comments_and_literals_say_nothing() -> None:
    assert not allows("int f(void) { return 1; } /* see lmlint: it counts */")
    assert not allows('s = "ALLOW"; t = "\\"ALLOW\\\n ALLOW"; c = \'"\'; d = \'\\\'\';')
    assert not allows('s = "\\\r\nALLOW";')
    assert len(allows("c = '\"'; ALLOW")) == 1
    assert len(allows('s = "//"; ALLOW')) == 1


def test_text_within_a_comment_is_no_comment() -> None:
    assert not allows("// a /* lmlint: allow missing-add: why")
    assert not allows("// a \\\n// lmlint: allow missing-add: why")


WRONG = {
    "no reason": ("allow missing-add", "`allow missing-add` gives no reason; write `/* lmlint: allow missing-add: "),
    "an empty reason": ("allow missing-add: - ", "`allow missing-add` gives no reason"),
    "no colon": ("allow missing-add because", "`allow missing-add` gives no reason"),
    "an unknown kind": ("allow mising-add: why", "`mising-add` is no kind; is `missing-add` meant? the kinds are "),
    "a far kind": ("allow x: why", "`x` is no kind; the kinds are missing-add, "),
    "no kind": ("allow: why", "`lmlint: allow: why` is not understood; write `/* lmlint: allow KIND: reason */`"),
    "another word": ("ignore missing-add: why", "`lmlint: ignore missing-add: why` is not understood"),
}


@pytest.mark.parametrize(("said", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_comment_is_an_error(said: str, wrong: str) -> None:
    found = comments(f"\nf(); /* lmlint: {said} */".encode(), PATH)
    assert [(allow.line, allow.wrong[: len(wrong)]) for allow in found] == [(2, wrong)]
    silenced = silence([finding(2)], found, {})
    assert silenced.findings == (finding(2),)
    assert [error[: len(wrong) + 10] for error in silenced.errors] == [f"{PATH}:2: {wrong}"]
    assert not silenced.notices


def test_an_allow_within_a_longer_comment_would_go_unread() -> None:
    found = allows("/*\n * About f.\n * lmlint: allow missing-add: why\n */\nf();")
    assert [(allow.line, allow.wrong) for allow in found] == [
        (3, "`lmlint: allow` needs a comment of its own: `/* lmlint: allow KIND: reason */`")
    ]


def test_reasons_are_bounded_and_printable() -> None:
    text = f"f(); // lmlint: allow missing-add: \x1b]0;x\u202e{'y' * 1000}"
    (allow,) = comments(text.encode() + b"\xff", PATH)
    assert len(allow.reason) == MAX_REASON
    assert allow.reason.isprintable()


def test_the_cap_is_named() -> None:
    text = b"f(); // lmlint: allow missing-add: why\n" * 5
    found = comments(text, PATH, limits=replace(DEFAULT, comments=3))
    wrong = "more than 3 comments for lmlint (limit `comments`); the rest of them is not read"
    assert [(allow.line, allow.wrong) for allow in found] == [(1, ""), (2, ""), (3, ""), (4, wrong)]


SPEAKS = {
    "behind its code": ("a();\nf(); ALLOW\nb();", [(2,)]),
    "before its code": ("a();\nALLOW f();\nb();", [(2,)]),
    "above its code": ("a();\nALLOW\nf();\nb();", [(3,)]),
    "above, further comments between": ("ALLOW\n/* a\n b */ // c\nf();", [(4,)]),
    "two above": ("ALLOW\nALLOW\nf();", [(3,), (3,)]),
    "above, and nothing directly below": ("a();\nALLOW\n\nf();", [()]),
    "above, and a comment after a gap": ("a();\nALLOW\n\n// b\nf();", [()]),
    "above the end": ("a();\nALLOW\n", [()]),
    "behind the first line of a statement": ("a();\nf(x, ALLOW\n  y);\nb();", [(2,)]),
    "behind a middle line of a statement": ("a();\nf(x,\n  y, ALLOW\n  z);", [(2, 3)]),
    "alone within a statement": ("a();\nf(x,\n  ALLOW\n  y);", [(2, 4)]),
    "behind the last line of a statement": ("a();\nf(x,\n  y); ALLOW\nb();", [(2, 3)]),
    "behind a condition": ("if (a &&\n    b) { ALLOW\n c();\n}", [(1, 2)]),
    "behind a brace": ("{ f();\n} ALLOW\n", [(2,)]),
    "above a brace": ("{ f();\nALLOW\n}\n", [(3,)]),
    "in a for statement": ("a();\nfor (i = 0; i < n;\n  i++) ALLOW\n  f();", [(2, 3)]),
    "in a macro": ("a()\n#define F(x) \\\n  f(x); \\\n ALLOW \\\n g(x)\nb();", [(5,)]),
    "behind a directive": ("a();\n#ifdef A\nf(); ALLOW\n#endif", [(3,)]),
    "behind a string of two lines": ('a();\nf("a\\\n b"); ALLOW', [(2, 3)]),
    "behind a string that does not end": ('a();\nb("x\nf(); ALLOW', [(2, 3)]),
    "behind, over two lines": ("f(); /* lmlint: allow missing-add:\n why */\ng();", [(1,)]),
    "before, over two lines": ("/* lmlint: allow missing-add:\n why */ g();\nh();", [(2,)]),
}


@pytest.mark.parametrize(("text", "spoken"), SPEAKS.values(), ids=SPEAKS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_which_lines_a_comment_speaks_of(text: str, spoken: list[tuple[int, ...]], end: str) -> None:
    assert lines(text.replace("\n", end)) == spoken


def test_a_finding_of_the_kind_on_the_line_is_allowed_and_keeps_the_reason() -> None:
    found = [
        finding(2),
        finding(2, "missing-sub"),
        finding(3),
        finding(2, file="mm/b.c"),
        finding(2, state="unchanged"),
    ]
    silenced = silence(found, allows("\nf(); ALLOW\ng();"), {})
    assert [(one.state, one.allowed) for one in silenced.findings] == [
        ("allowed", "why"), ("new", ""), ("new", ""), ("new", ""), ("allowed", "why")
    ]  # fmt: skip
    assert silenced.findings[0].id == found[0].id
    assert silenced == Silenced(silenced.findings, (), ())


@pytest.mark.parametrize("state", ["fixed", "repaired", "allowed"])
def test_only_what_is_there_can_be_allowed(state: str) -> None:
    gone = finding(1, state=state)
    assert silence([gone], allows("f(); ALLOW"), {gone.id: "by id"}).findings == (gone,)


def test_a_finding_is_allowed_by_its_id() -> None:
    one, other = finding(1), finding(2)
    silenced = silence([one, other], (), {one.id: "by id", "00000000": "another"})
    assert silenced == Silenced((replace(one, state="allowed", allowed="by id"), other), (), ())


def test_a_comment_that_silences_nothing_is_told() -> None:
    said = f"{PATH}:3: `allow missing-add` silences nothing any more; delete it"
    text = allows("f()\n{\n a(); ALLOW\n}\n")
    assert silence([], text, {}, [verdict("f", 1, "balanced")]).notices == (said,)
    assert silence([finding(3, "missing-sub")], text, {}, [verdict("f", 1)]).notices == (said,)
    assert silence([finding(3, state="fixed")], text, {}, [verdict("f", 1, "balanced")]).notices == (said,)


def test_a_comment_in_what_was_not_judged_is_not_called_stale() -> None:
    text = allows("f()\n{\n a(); ALLOW\n}\ng()\n{\n b();\n}\n")
    assert not silence([], text, {}).notices
    assert not silence([], text, {}, [verdict("f", 1, "cannot-tell"), verdict("g", 5)]).notices
    assert not silence([], text, {}, [verdict("f", 1, "balanced"), verdict("f", 1, "cannot-tell")]).notices
    assert silence([], text, {}, [verdict("f", 1, "balanced"), verdict("g", 5, "cannot-tell")]).notices


def test_what_strict_alone_finds_is_stale_in_a_strict_run_alone() -> None:
    text = comments(b"f() { // lmlint: allow presumption: why\n}", PATH)
    judged = [verdict("f", 1, "balanced")]
    assert not silence([], text, {}, judged).notices
    assert silence([], text, {}, judged, strict=True).notices


def test_a_patch_by_mail_silences_nothing_by_its_own_comments() -> None:
    text = allows("f(); ALLOW\ng(); ALLOW\n")
    found, judged = [finding(1), finding(2)], [verdict("f", 1)]
    silenced = silence(found, text, {}, judged, added=frozenset({(PATH, 1)}), trusted=False)
    assert [one.state for one in silenced.findings] == ["new", "allowed"]
    assert silenced.notices == (f"{PATH}:1: the patch itself adds `allow missing-add`, which silences nothing here",)
    trusted = silence(found, text, {}, judged, added=frozenset({(PATH, 1)}))
    assert [one.state for one in trusted.findings] == ["allowed", "allowed"]
    assert not trusted.notices


def test_a_patch_by_mail_cannot_change_a_comment_in_part_or_break_a_run() -> None:
    text = allows("/* lmlint: allow missing-add:\n why */\nf();\n// lmlint: allow nonsense\n")
    added = frozenset({(PATH, 2), (PATH, 4)})
    silenced = silence([finding(3)], text, {}, added=added, trusted=False)
    assert silenced.findings == (finding(3),)
    assert not silenced.errors
    assert [re.sub("which.*", "", notice) for notice in silenced.notices] == [
        f"{PATH}:1: the patch itself adds `allow missing-add`, ",
        f"{PATH}:4: the patch itself adds a comment for lmlint, ",
    ]


def test_an_unused_id_is_told_only_of_a_run_that_judged_something() -> None:
    one = finding(1)
    ids = {one.id: "lmlint.toml:3", "00000000": "lmlint.toml:7"}
    assert unused(ids, [report(), report(functions=(verdict("f", 1, "cannot-tell"),))]) == ()
    (said,) = unused(ids, [report(one, functions=(verdict("f", 1),)), report()])
    assert said == (
        "lmlint.toml:7: nothing found in this run has the allowed id 00000000 (functions judged: 1); "
        "delete it if it was for one of these"
    )


@pytest.mark.parametrize(
    "code",
    [
        "{\n\t/* lmlint: allow missing-sub:\n\t * an example */\n\tpmd_clear(slot);\n}",
        "{\n\tpmd_clear(slot); // lmlint: allow missing-sub: an example\n}",
        "{\n\tpmd_clear(\n\t\tslot); /* lmlint: allow missing-sub: an example */\n}",
        "{\n\tpmd_clear(\n\t\t// lmlint: allow missing-sub: an example\n\t\tslot);\n}",
    ],
)
def test_a_real_finding_is_silenced_and_the_verdict_stands(code: str) -> None:
    data = small.text(f"void unmap_block(pmd_t *slot)\n{{\n\tif (pmd_leaf(pmdp_get(slot)))\n\t{code}\n}}\n")
    told = analyse(data, PATH, small.RULE)
    silenced = silence(told.findings, comments(data, PATH), {}, told.functions)
    assert [(one.kind, one.state, one.allowed) for one in silenced.findings] == [
        ("missing-sub", "allowed", "an example")
    ]
    assert (silenced.errors, silenced.notices) == ((), ())
    assert [verdict.verdict for verdict in told.functions] == ["finding"]


CODE = st.sampled_from(
    [b"/*", b"*/", b"//", b'"', b"'", b"\\", b"\n", b"\r\n", b"{", b"}", b"(", b")", b";", b"#", b" ", b"f", b"lmlint:",
     b"lmlint: allow missing-add: why", b" allow ", b"presumption", b":", b"*", b"\xff"]
)  # fmt: skip


@given(st.binary() | st.lists(CODE).map(b"".join))
def test_any_bytes_are_read(text: bytes) -> None:
    count = text.count(b"\n") + 1
    for allow in comments(text + b"// lmlint:", PATH):
        assert 1 <= allow.line <= allow.last <= count
        assert allow.wrong or allow.reason
        assert all(1 <= line <= count for line in allow.lines)


@given(st.lists(CODE).map(b"".join))
def test_a_comment_at_the_end_is_found_wherever_the_code_before_is_whole(text: bytes) -> None:
    clean = re.sub(rb"[/\"'\\*]", b"", text) + b"\nf(); // lmlint: allow double-count: why"
    assert comments(clean, PATH)[-1].kind == "double-count"


LONG = {
    "quotes": b'"\\' * 500_000,
    "apostrophes": b"'\\" * 500_000,
    "open comments": b"/*" * 500_000,
    "slashes": b"/\\\n" * 300_000,
    "backslashes": b"\\" * 1_000_000,
    "marks": b"lmlint" + b" " * 1_000_000,
    "many marks": b"/* lmlint: " * 100_000,
    "comments alone": b"//\n" * 300_000,
    "allows alone": b"// lmlint: allow missing-add: why\n" * 30_000,
    "one long reason": b"// lmlint: allow missing-add: " + b"y " * 500_000,
    "one wide comment": b"/* lmlint: allow missing-add: " + b"\n *" * 300_000 + b" why */",
    "words": b"allow" * 200_000,
    "parentheses": b"(" * 500_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_time_grows_with_the_length_alone(text: bytes) -> None:
    start = time.process_time()
    comments(b"// lmlint:\n" + text, PATH)
    comments(b"// lmlint:\n" + text + b"/* lmlint:", PATH)
    assert time.process_time() - start < 8  # what is read twice a byte takes minutes
