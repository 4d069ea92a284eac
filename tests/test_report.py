"""What the renderers print, and that the JSON keeps to its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lmlint.finding import Base, Finding, FunctionVerdict, InputReport, LedgerLine, Note, Place
from lmlint.report import machine, text

FILE = "arch/arm64/mm/mmu.c"
SOURCE = "void f(void)\n{\n\tif (x)\n\t\tcount(addr, next - addr, PMD);\n}\n"
FOUND = Finding(
    rule="some-rule",
    kind="double-count",
    severity="error",
    function="f",
    place=Place(FILE, 4, 3),
    message="`f` counts PMD_SIZE of PMD that were already mapped",
    notes=(
        Note(Place(FILE, 3, 2), "the entry is a leaf already"),
        Note(Place("mm/other.c", 7, 1), "the caller counts it"),
    ),
    ledger=(
        LedgerLine("PMD", "0", "+PMD_SIZE", "+PMD_SIZE", ("4K: +2097152 (+2048 kB)", "16K: +33554432 (+32768 kB)")),
    ),
    construct="count(addr, next - addr, PMD)",
)
REPORT = InputReport(
    name="v7.patch",
    kind="patch",
    subject="mm: count",
    message_id="<1@example.org>",
    base=Base("proved", FILE, "dd" * 20, "78" * 20),
    rules=("some-rule",),
    functions=(
        FunctionVerdict(FILE, "f", "some-rule", "finding", "", ()),
        FunctionVerdict(FILE, "g", "some-rule", "balanced", "", ("a pgprot has no bit",)),
        FunctionVerdict(FILE, "h", "some-rule", "cannot-tell", "a loop over `list` has no bound", ()),
    ),
    findings=(FOUND,),
    sources=((FILE, SOURCE),),
)
EMPTY = InputReport("a.c", "file", "", "", Base("none"), ("some-rule",), (), ())


def render(*reports: InputReport, color: bool = False, width: int = 100) -> str:
    return text.render(reports, color=color, width=width)


def test_the_whole_text() -> None:
    assert render(REPORT) == (
        "error[double-count]: `f` counts PMD_SIZE of PMD that were already mapped\n"
        " --> arch/arm64/mm/mmu.c:4:3\n"
        "  |\n"
        "4 |                 count(addr, next - addr, PMD);\n"
        "  |                 ^~~~~\n"
        "  = 3: the entry is a leaf already\n"
        "  = mm/other.c:7: the caller counts it\n"
        "  = ledger:  account  done  recorded   difference\n"
        "             PMD      0     +PMD_SIZE  +PMD_SIZE\n"
        "                                       4K: +2097152 (+2048 kB)\n"
        "                                       16K: +33554432 (+32768 kB)\n"
        f"  = id {FOUND.id}, rule some-rule\n"
        "\n"
        "cannot tell: arch/arm64/mm/mmu.c: `h`: a loop over `list` has no bound\n"
        "patch: mm: count\n"
        "base proved (dddddddddddd -> 787878787878)\n"
        "lmlint: v7.patch: 3 functions touch some-rule: 1 balanced, 1 with findings, 1 cannot tell; 1 error\n"
    )


def test_what_is_no_news_takes_one_sentence() -> None:
    repaired = replace(FOUND, state="repaired", severity="note", repaired="mm: repair")
    allowed = replace(FOUND, state="allowed", allowed="seen")
    old = (FOUND.with_state("unchanged"), FOUND.with_state("fixed"), repaired, allowed)
    lines = render(replace(REPORT, findings=old, notices=("a.bin: a binary file",)), width=300).splitlines()
    assert lines[0].startswith("unchanged: error[double-count] arch/arm64/mm/mmu.c:4:3: `f` counts")
    assert lines[1].startswith("fixed: error[double-count]")
    assert lines[2].startswith("repaired: note[double-count]")
    assert lines[2].endswith(f"(id {FOUND.id}), which `mm: repair` repairs: a bisection may stop on this patch")
    assert lines[3].endswith(f"(id {FOUND.id}), allowed: seen")
    assert lines[4] == "notice: a.bin: a binary file"


def test_reports_stand_apart() -> None:
    assert render(EMPTY, EMPTY) == f"{render(EMPTY)}\n{render(EMPTY)}"


def test_where_the_base_is_from_is_said() -> None:
    moved = Base("applied", FILE, "aa" * 20, "bb" * 20, "../linux", (0, 2))
    assert ", from ../linux, hunks moved by +0, +2 lines" in render(replace(REPORT, base=moved))
    assert "from the hunks alone" in render(replace(REPORT, base=Base("hunks", FILE)))


def test_no_verdict_is_silence() -> None:
    assert render(EMPTY) == "lmlint: a.c: the rule sleeps: the file has no counter, or no function that touches it\n"
    assert render(replace(EMPTY, rules=())) == "lmlint: a.c: nothing to check: no file of a rule is changed\n"
    assert "base not proved" in render(replace(REPORT, base=Base("applied", FILE, "aa" * 20, "bb" * 20)))


def test_notes_are_counted_and_shown() -> None:
    noted = replace(REPORT, findings=(replace(FOUND, kind="sampled-guard", severity="note"),))
    assert render(noted).startswith("note[sampled-guard]: ")
    assert render(noted).endswith("; 1 note\n")


def test_colour_is_there_when_asked_for_and_changes_nothing_else() -> None:
    colored = render(REPORT, color=True)
    assert "\033[1;31merror[double-count]\033[0m" in colored
    plain = colored
    for code in ("\033[0m", "\033[1m", "\033[1;31m", "\033[1;34m"):
        plain = plain.replace(code, "")
    assert plain == render(REPORT)


@pytest.mark.parametrize("evil", ["\033[2J", "\x07", "\x9b31m", "\u202e", "\r", "\x00", "\udce9"])
def test_untrusted_text_cannot_drive_a_terminal(evil: str) -> None:
    report = replace(
        REPORT,
        name=f"a{evil}",
        subject=f"s{evil}",
        functions=(FunctionVerdict(f"f{evil}", f"g{evil}", "r", "cannot-tell", f"because{evil}of", ()),),
        findings=(replace(FOUND, message=f"m{evil}", notes=(Note(Place(f"n{evil}", 1, 1), f"s{evil}"),)),),
        sources=((FILE, f"\n\n\n\t\tcount(/*{evil}*/);"),),
    )
    assert evil not in render(report)
    assert all(line.isprintable() for line in render(report).split("\n"))


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("\tx = y;", 2, "        ^"),
        ("a\tcount();", 3, "        ^~~~~"),
        ("/* \u00e9 */ count();", 10, "        ^~~~~"),
        ("a += b;", 3, "  ^"),
        ("short", 40, "     ^"),
        ("", 1, "^"),
    ],
)
def test_the_caret_stands_under_its_token(line: str, column: int, caret: str) -> None:
    report = replace(REPORT, findings=(replace(FOUND, place=Place(FILE, 1, column)),), sources=((FILE, line),))
    assert render(report).splitlines()[4] == f"  | {caret}"


def test_sentences_are_wrapped_below_themselves() -> None:
    long = replace(REPORT, findings=(replace(FOUND, notes=(Note(Place(FILE, 3, 2), "word " * 20),)),))
    steps = [line for line in render(long, width=60).splitlines() if "word" in line]
    assert [line.index("word") for line in steps] == [7, 7]
    assert max(map(len, steps)) <= 60


SCHEMA: dict[str, Any] = json.loads(files("lmlint.report").joinpath("schema.json").read_text())


def test_the_json_keeps_to_the_schema() -> None:
    document = json.loads(machine.render([REPORT, EMPTY]))
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["inputs"][0]["findings"][0] == {
        "id": FOUND.id,
        "rule": "some-rule",
        "kind": "double-count",
        "severity": "error",
        "state": "new",
        "file": FILE,
        "function": "f",
        "line": 4,
        "column": 3,
        "message": FOUND.message,
        "notes": [
            {"file": FILE, "line": 3, "column": 2, "message": "the entry is a leaf already"},
            {"file": "mm/other.c", "line": 7, "column": 1, "message": "the caller counts it"},
        ],
        "ledger": [{"account": "PMD", "done": "0", "recorded": "+PMD_SIZE", "difference": "+PMD_SIZE"}],
    }


def objects(schema: object) -> list[dict[str, Any]]:
    """Return every object schema in a schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    inner = [found for value in schema.values() for found in objects(value)]
    return [schema, *inner] if schema.get("type") == "object" else inner


ON_REQUEST = {"proof", "witness", "contradictions", "notices", "repaired", "allowed", "suggestion", "entries"}
"""Fields that are there only where an option asked for them, or where there is something to say."""
OF_A_STEP = {"step", "function", "subject", "done", "recorded", "within"}
OF_AN_ACCOUNT = {"unit", "drift", "figures", "labels"}
OF_A_REPLAY = {"before", "after"}


def optional(schema: dict[str, Any]) -> set[str]:
    """Return the fields that an object may lack."""
    found = set(ON_REQUEST)
    for group in (OF_A_STEP, OF_AN_ACCOUNT, OF_A_REPLAY):
        found |= group if group <= schema["properties"].keys() else set()
    return found


def test_the_schema_is_closed_and_describes_every_field() -> None:
    assert len(objects(SCHEMA)) == 21
    for schema in objects(SCHEMA):
        assert schema["additionalProperties"] is False
        assert schema["required"] == [name for name in schema["properties"] if name not in optional(schema)]
        assert all(field["description"] for field in schema["properties"].values())
