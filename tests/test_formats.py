"""The formats for other programs: held to their schemas, and read as their readers read them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lmlint import cli, commands, config
from lmlint.finding import CANNOT_TELL, Base, Contradiction, Finding, FunctionVerdict, InputReport, Note, Place, Replay
from lmlint.kinds import KINDS
from lmlint.report import github, gitlab, html, machine, patchwork, rdjson, sarif, terse, text
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session
from tests.edits import INPUTS
from tests.test_cli import SILENT
from tests.test_report import FILE, FOUND, REPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmlint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
STORY = ROOT / "corpus" / "arm64-lm-meminfo" / "story-v2-double-count.patch"
SCHEMAS = Path(__file__).parent / "schemas"
RENDERERS: dict[str, Callable[[Sequence[InputReport]], str]] = {
    "json": machine.render,
    "terse": terse.render,
    "sarif": sarif.render,
    "rdjson": rdjson.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "patchwork": patchwork.render,
    "html": html.render,
}
MAKER = "sarif-multitool"
"""The validator of those who keep the schema of SARIF, from npm."""


@cache
def schema(name: str) -> Draft202012Validator:
    found = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def told(*findings: Finding, **changes: Any) -> InputReport:  # noqa: ANN401  # the type of each is its field's
    return replace(REPORT, findings=findings, **changes)


def sarif_run(report: InputReport) -> dict[str, Any]:
    document = json.loads(sarif.render([report]))
    schema("sarif-2.1.0").validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def issues(*reports: InputReport) -> list[dict[str, Any]]:
    made = json.loads(gitlab.render(reports))
    schema("gitlab").validate(made)
    assert isinstance(made, list)
    return made


def check(report: InputReport) -> dict[str, Any]:
    made = json.loads(patchwork.render([report]))
    schema("patchwork").validate(made)
    assert isinstance(made, dict)
    return made


# Every format


@cache
def rules() -> tuple[Rule, ...]:
    return load_rules([builtin_rules()], [])


@cache
def reports(name: str, tree: str = "") -> tuple[InputReport, ...]:
    made = Session(rules(), [tree] if tree else []).check([name])
    assert made.errors == ()
    return made.reports


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("version", ["story", "v7"])
def test_a_finding_has_the_same_id_in_every_format(name: str, version: str) -> None:
    if version == "v7" and not INPUTS.is_dir():
        pytest.skip("the real inputs are not beside this checkout")
    v7 = str(INPUTS / "mail" / "v7.patch"), str(INPUTS / "tree")
    made = reports(*v7) if version == "v7" else reports(str(STORY), str(ROOT))
    ids = [finding.id for report in made for finding in report.findings if finding.state == "new"]
    assert len(ids) >= 3
    shown = RENDERERS[name](made)
    assert [id_ for id_ in ids if id_ not in shown] == []
    assert all(f"id {id_}, " in text.render(made, color=False, width=100) for id_ in ids)


def test_the_command_line_knows_every_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert set(config.FORMATS) == {"text", *RENDERERS}
    (tmp_path / "a.c").write_text(SILENT)
    name = str(tmp_path / "a.c")
    for form, render in RENDERERS.items():
        assert cli.main(["check", "--format", form, name]) == commands.FOUND
        assert capsys.readouterr().out == render(reports(name))
    (tmp_path / "lmlint.toml").write_text('format = "terse"\n')
    assert cli.main(["check", name]) == commands.FOUND
    assert capsys.readouterr().out == terse.render(reports(name))


@pytest.mark.parametrize("form", ["terse", "github", "gitlab", "rdjson"])
def test_a_fault_of_lmlint_is_told_where_the_format_has_no_word_for_it(
    form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.c").write_text(SILENT)
    wrong = replace(REPORT, contradictions=(Contradiction("a.c", "g", "some-rule", ("PTE is off",)),))
    monkeypatch.setattr("lmlint.session.review_file", lambda *_: wrong)
    assert cli.main(["check", "--format", form, str(tmp_path / "a.c")]) == commands.FAILED
    assert "a.c: `g` was proved balanced, and drifts" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["unchanged", "fixed", "repaired", "allowed"])
def test_programs_that_comment_on_a_patch_hear_only_what_is_new(state: str) -> None:
    old = told(FOUND.with_state(state))
    assert terse.render([old]) == github.render([old]) == ""
    assert json.loads(rdjson.render([old]))["diagnostics"] == []
    assert check(old)["state"] == "success"


HOSTILE = st.text(max_size=40) | st.sampled_from(
    [
        "::error::x",
        "a\n::set-env name=X::y",
        "%0A::stop-commands::x",
        "<script>alert(1)</script>",
        "</script>",
        "[x](javascript:alert(1))",
        "{0} {name}",
        "\x1b[2J\x07\x9b31m",
        "\u202e\u2028\x85\x0c",
        "\udce9\ud800",
        "a.c:1:1: error: b [double-count 00000000]",
        "##[error]x",
        "a,b=c:d%25;]",
        "\r\n",
        "\x00",
        "\U0001f600",
    ]
)
PATHS = st.binary(min_size=1, max_size=20).map(lambda raw: raw.decode(errors="surrogateescape")) | st.sampled_from(
    ["a,line=1::b.c", "%2Fa.c", "/abs/a.c", "a b.c", "a:b.c", "//host/a.c", "a?b#c.c", FILE]
)
PLACES = st.builds(Place, PATHS, st.integers(1, 9), st.integers(1, 30))
FINDINGS = st.builds(
    Finding,
    rule=st.just("some-rule"),
    kind=st.sampled_from(sorted(KINDS)),
    severity=st.sampled_from(["error", "warning", "note"]),
    function=HOSTILE,
    place=PLACES,
    message=HOSTILE,
    notes=st.lists(st.builds(Note, PLACES, HOSTILE), max_size=3).map(tuple),
    ledger=st.just(FOUND.ledger),
    construct=st.text("abc", max_size=3),
    state=st.sampled_from(["new", "unchanged", "fixed", "repaired", "allowed"]),
    replay=st.none() | st.builds(Replay, st.lists(HOSTILE, max_size=2).map(tuple), HOSTILE),
    repaired=HOSTILE,
    allowed=HOSTILE,
    in_source=st.booleans(),
)
SOURCES = st.binary(max_size=80).map(lambda raw: ((FILE, raw.decode(errors="surrogateescape")),))
INPUT = st.builds(
    InputReport,
    name=HOSTILE,
    kind=st.sampled_from(["patch", "file"]),
    subject=HOSTILE,
    message_id=HOSTILE,
    base=st.builds(Base, st.sampled_from(["proved", "applied", "hunks", "none"])),
    rules=st.just(("some-rule",)),
    functions=st.lists(
        st.builds(FunctionVerdict, PATHS, HOSTILE, st.just("some-rule"), st.just(CANNOT_TELL), HOSTILE, st.just(())),
        max_size=2,
    ).map(tuple),
    findings=st.lists(FINDINGS, max_size=4).map(tuple),
    contradictions=st.lists(
        st.builds(Contradiction, PATHS, HOSTILE, st.just("some-rule"), st.tuples(HOSTILE)), max_size=1
    ).map(tuple),
    sources=SOURCES,
    notices=st.lists(HOSTILE, max_size=2).map(tuple),
    complaints=st.lists(HOSTILE, max_size=2).map(tuple),
)
INPUTS_GIVEN = st.lists(INPUT, max_size=3)


def texts(made: object) -> list[str]:
    """Return every text of a JSON document."""
    if isinstance(made, dict):
        return [found for item in made.items() for part in item for found in texts(part)]
    if isinstance(made, list):
        return [found for item in made for found in texts(item)]
    return [made] if isinstance(made, str) else []


@settings(max_examples=25)
@given(INPUTS_GIVEN)
def test_hostile_text_stays_text(given_: list[InputReport]) -> None:
    documents: dict[str, Any] = {name: json.loads(RENDERERS[name](given_)) for name in ("sarif", "rdjson", "gitlab")}
    schema("sarif-2.1.0").validate(documents["sarif"])
    schema("rdjson").validate(documents["rdjson"])
    schema("gitlab").validate(documents["gitlab"])
    documents["patchwork"] = [json.loads(line) for line in patchwork.render(given_).splitlines()]
    for made in documents["patchwork"]:
        schema("patchwork").validate(made)
    assert len(documents["patchwork"]) == sum(report.kind == "patch" for report in given_)
    for name, render in RENDERERS.items():
        shown = render(given_)
        assert shown == render(given_)
        shown.encode()  # no lone surrogate
        if name in documents:
            assert shown.isascii()
            # Readers in Go, Ruby and C# refuse half of a surrogate pair, and databases a NUL.
            assert [one for one in texts(documents[name]) if re.search("[\ud800-\udfff\x00\x1b]", one)] == []
        else:
            assert all(line.isprintable() for line in shown.split("\n"))


# terse

LINE = re.compile(
    r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>error|warning|note): (?P<message>.*) "
    r"\[(?P<kind>[a-z-]+) (?P<id>[0-9a-f]{8})\]"
)


def test_the_terse_line() -> None:
    assert terse.render([REPORT]) == (
        f"{FILE}:4:3: error: `f` counts PMD_SIZE of PMD that were already mapped [double-count {FOUND.id}]\n"
    )


@settings(max_examples=40)
@given(INPUTS_GIVEN)
def test_a_terse_line_is_one_finding(given_: list[InputReport]) -> None:
    lines = terse.render(given_).split("\n")[:-1]
    new = [finding for report in given_ for finding in report.findings if finding.state == "new"]
    assert len(lines) == len(new)
    for line, finding in zip(lines, new, strict=True):
        found = LINE.fullmatch(line)
        assert found is not None
        assert (found["kind"], found["id"]) == (finding.kind, finding.id)
        if ":" not in finding.place.file:
            place = finding.place
            assert (found["file"], found["line"]) == (text.printable(place.file), str(place.line))
            assert (found["column"], found["severity"]) == (str(place.column), finding.severity)
            assert found["message"] == text.printable(finding.message)


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_jumps_to_every_line(tmp_path: Path) -> None:
    made = reports(str(STORY), str(ROOT))
    (tmp_path / "errors").write_text(terse.render(made))
    shown = "map(getqflist(), {_, e -> [bufname(e.bufnr), e.lnum, e.col, e.type, e.valid]})"
    script = [
        "set errorformat=%f:%l:%c:\\ %t%*[a-z]:\\ %m",
        "cgetfile errors",
        f"call writefile([json_encode({shown})], 'read')",
        "qa!",
    ]
    given_ = [part for line in script for part in ("-c", line)]
    command = ["vim", "-Nu", "NONE", "-i", "NONE", "-es", *given_]
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, check=False, timeout=30)
    read = json.loads((tmp_path / "read").read_text())
    places = [(finding.place, finding.severity) for report in made for finding in report.findings]
    assert read == [[place.file, place.line, place.column, severity[0], 1] for place, severity in places]


# SARIF


def test_a_sarif_result() -> None:
    run = sarif_run(REPORT)
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "double-count"
    assert rule["fullDescription"]["text"] == KINDS["double-count"].meaning
    assert rule["help"]["text"] == KINDS["double-count"].remedy
    assert result["level"] == rule["defaultConfiguration"]["level"] == "error"
    assert result["message"]["text"] == f"{FOUND.message} [double-count {FOUND.id}]"
    assert result["partialFingerprints"] == {"lmlintId/v1": FOUND.id}
    assert (result["baselineState"], result["suppressions"]) == ("new", [])
    (where,) = result["locations"]
    assert where["logicalLocations"] == [{"name": "f", "kind": "function"}]
    assert where["physicalLocation"] == {
        "artifactLocation": {"uri": FILE},
        "region": {"startLine": 4, "startColumn": 3, "snippet": {"text": "count(addr, next - addr, PMD);"}},
    }
    ((thread,),) = [flow["threadFlows"] for flow in result["codeFlows"]]
    steps = [step["location"] for step in thread["locations"]]
    assert [step["message"]["text"] for step in steps] == [note.message for note in FOUND.notes]
    nested = replace(FOUND, notes=(FOUND.notes[0], replace(FOUND.notes[1], within=True)))
    again = sarif_run(replace(REPORT, findings=(nested,)))["results"][0]["codeFlows"][0]["threadFlows"][0]
    assert [step["nestingLevel"] for step in again["locations"]] == [0, 1]
    # The text of the other file is not there, so its columns cannot be told in UTF-16 code units.
    assert [step["physicalLocation"]["region"] for step in steps] == [
        {"startLine": 3, "startColumn": 2},
        {"startLine": 7},
    ]
    assert run["columnKind"] == "utf16CodeUnits"


def test_the_short_description_is_one_sentence() -> None:
    for rule in sarif_run(REPORT)["tool"]["driver"]["rules"]:
        short, full = rule["shortDescription"]["text"], rule["fullDescription"]["text"]
        assert full.startswith(short[:-1])
        assert short.endswith(".")
        assert ". " not in short


@pytest.mark.parametrize(
    ("state", "baseline"),
    [("new", "new"), ("repaired", "new"), ("unchanged", "unchanged"), ("fixed", "absent"), ("allowed", None)],
)
def test_a_patch_is_held_against_its_base_and_a_file_against_none(state: str, baseline: str | None) -> None:
    found = told(FOUND.with_state(state))
    assert sarif_run(found)["results"][0].get("baselineState") == baseline
    assert "baselineState" not in sarif_run(replace(found, kind="file"))["results"][0]


@pytest.mark.parametrize(("in_source", "kind"), [(True, "inSource"), (False, "external")])
def test_an_allowed_finding_is_suppressed_where_it_was_allowed(in_source: bool, kind: str) -> None:  # noqa: FBT001
    (result,) = sarif_run(told(replace(FOUND, state="allowed", allowed="checked by hand", in_source=in_source)))[
        "results"
    ]
    assert result["suppressions"] == [{"kind": kind, "status": "accepted", "justification": "checked by hand"}]


def test_a_comment_and_an_id_allow_in_different_places(tmp_path: Path) -> None:
    plain, commented = tmp_path / "a.c", tmp_path / "b.c"
    plain.write_text(SILENT)
    commented.write_text(SILENT.replace("pmd_clear(slot);", "pmd_clear(slot); /* lmlint: allow missing-sub: tested */"))
    (by_comment,) = reports(str(commented))
    (finding,) = reports(str(plain))[0].findings
    (by_id,) = Session(rules(), [], Options(allowed={finding.id: "tested"})).check([str(plain)]).reports
    said = [run["results"][0]["suppressions"][0]["kind"] for run in map(sarif_run, (by_comment, by_id))]
    assert said == ["inSource", "external"]


@pytest.mark.parametrize(
    ("line", "column", "unit"),
    [
        ("\tcount();", 2, 2),
        ("/* é */ count();", 10, 9),
        ("/* 😀 */ count();", 12, 10),
        ("/* \udce9 */ count();", 9, 9),
        ("short", 40, 6),
    ],
)
def test_columns_are_counted_in_utf16(line: str, column: int, unit: int) -> None:
    found = told(replace(FOUND, place=Place(FILE, 1, column)), sources=((FILE, line),))
    region = sarif_run(found)["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startColumn"] == unit
    assert region["snippet"]["text"] == line.encode(errors="surrogateescape")[column - 1 :].decode()
    assert f",col={unit}," in github.render([found])


@settings(max_examples=40)
@given(PATHS)
def test_a_uri_is_the_path_byte_for_byte(path: str) -> None:
    place = sarif_run(told(replace(FOUND, place=Place(path, 1, 1))))["results"][0]["locations"][0]["physicalLocation"]
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9_.~/%:-]+", uri)
    assert (":" in uri) is path.startswith("/")
    assert unquote_to_bytes(uri.removeprefix("file://")) == path.encode(errors="surrogateescape")


def test_a_message_is_no_template_and_no_link() -> None:
    (result,) = sarif_run(told(replace(FOUND, message="`slot[i](x)` of {0}")))["results"]
    assert result["message"]["text"] == f"`slot[i\\](x)` of {{{{0}}}} [double-count {FOUND.id}]"


def test_what_stands_beside_the_findings_is_told() -> None:
    (invocation,) = sarif_run(replace(REPORT, notices=("a mail was left out",)))["invocations"]
    assert invocation["executionSuccessful"] is True
    assert [(one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]] == [
        ("note", f"cannot tell: h in {FILE}: a loop over `list` has no bound"),
        ("note", "a mail was left out"),
    ]
    fault = Contradiction(FILE, "g", "some-rule", ("map 0x1000", "PTE is off"))
    (invocation,) = sarif_run(replace(REPORT, contradictions=(fault,)))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["level"] == "error"


def test_each_input_is_a_run() -> None:
    document = json.loads(sarif.render([REPORT, replace(REPORT, name="v8.patch")]))
    assert [run["automationDetails"]["id"] for run in document["runs"]] == ["lmlint/v7.patch", "lmlint/v8.patch"]


@pytest.mark.skipif(shutil.which(MAKER) is None, reason=f"{MAKER} of npm's @microsoft/sarif-multitool is not there")
def test_the_validator_of_sarif_has_nothing_to_object(tmp_path: Path) -> None:
    states = ("new", "unchanged", "fixed", "repaired", "allowed")
    every = told(*(replace(FOUND, state=state, ordinal=at) for at, state in enumerate(states)))
    (tmp_path / "made.sarif").write_text(sarif.render([every, *reports(str(STORY), str(ROOT))]))
    command = [MAKER, "validate", "made.sarif", "--output", "said.sarif"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    (run,) = json.loads((tmp_path / "said.sarif").read_text(encoding="utf-8-sig"))["runs"]
    said = {(result["ruleId"], result.get("level", "warning")) for result in run["results"]}
    # It misses a home page, which there is none of.
    assert {rule for rule, level in said if level in {"error", "warning"}} <= {"SARIF2005"}


# reviewdog


def test_an_rdjson_diagnostic() -> None:
    document = json.loads(rdjson.render([REPORT]))
    schema("rdjson").validate(document)
    assert document["source"] == {"name": "lmlint"}
    assert document["diagnostics"] == [
        {
            "message": f"{FOUND.message} [double-count {FOUND.id}]\n"
            "3: the entry is a leaf already\nmm/other.c:7: the caller counts it",
            "location": {"path": FILE, "range": {"start": {"line": 4, "column": 3}}},
            "severity": "ERROR",
            "code": {"value": "double-count"},
            "original_output": terse.render([REPORT]).rstrip("\n"),
        }
    ]


def test_the_words_for_severities_are_their_own() -> None:
    found = told(*(replace(FOUND, severity=severity) for severity in ("error", "warning", "note")))
    document = json.loads(rdjson.render([found]))
    assert [one["severity"] for one in document["diagnostics"]] == ["ERROR", "WARNING", "INFO"]
    assert [line.partition(" ")[0] for line in github.render([found]).splitlines()] == [
        "::error",
        "::warning",
        "::notice",
    ]


# GitHub


def command(line: str) -> tuple[str, dict[str, str], str]:
    """Return a workflow command as the runner reads it: its name, its properties and its text."""
    assert line.startswith("::")
    head, end, data = line[2:].partition("::")
    assert end
    name, _, properties = head.partition(" ")
    pairs = [part.split("=", 1) for part in properties.strip().split(",") if part]
    # The percent sign comes last, so that what it makes is not decoded again.
    escapes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    read = {key: value for key, value in pairs if value}
    for code, char in escapes.items():
        read = {key: value.replace(code, char) for key, value in read.items()}
        if char not in ":,":
            data = data.replace(code, char)
    return name, read, data


@settings(max_examples=40)
@given(INPUTS_GIVEN)
def test_the_runner_reads_back_what_was_found(given_: list[InputReport]) -> None:
    lines = github.render(given_).split("\n")[:-1]
    new = [finding for report in given_ for finding in report.findings if finding.state == "new"]
    assert len(lines) == len(new)
    for line, finding in zip(lines, new, strict=True):
        name, properties, data = command(line)
        assert name == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
        assert properties["file"] == text.printable(finding.place.file)
        assert properties["line"] == str(finding.place.line)
        assert properties["title"] == f"{finding.kind} {finding.id}"
        assert set(properties) <= {"file", "line", "col", "title"}
        first, *steps = data.split("\n")
        assert first == f"{text.printable(finding.message)} [{finding.kind} {finding.id}]"
        assert len(steps) == len(finding.notes)
        for step, note in zip(steps, finding.notes, strict=True):
            assert step.endswith(f"{note.place.line}: {text.printable(note.message)}")


def test_the_whole_github_command() -> None:
    found = told(replace(FOUND, place=Place("a,b:c%.c", 4, 3), message="100% of a::b, c", notes=FOUND.notes[1:]))
    assert github.render([found]) == (
        f"::error file=a%2Cb%3Ac%25.c,line=4,title=double-count {FOUND.id}::"
        f"100%25 of a::b, c [double-count {FOUND.id}]%0Amm/other.c:7: the caller counts it\n"
    )


# GitLab


def test_a_gitlab_issue() -> None:
    (issue,) = issues(REPORT)
    assert issue["fingerprint"].startswith(FOUND.id)
    del issue["fingerprint"]
    assert issue == {
        "description": f"{FOUND.message} [double-count {FOUND.id}]",
        "check_name": "double-count",
        "severity": "major",
        "location": {"path": FILE, "lines": {"begin": 4}},
    }


def test_gitlab_hears_what_stands_after_the_last_patch() -> None:
    # It takes what a report leaves out for mended, so what was there before must be in it.
    assert len(issues(told(FOUND.with_state("unchanged")))) == 1
    assert [issues(told(FOUND.with_state(state))) for state in ("fixed", "allowed", "repaired")] == [[], [], []]
    moved = replace(FOUND, place=Place(FILE, 9, 3), state="unchanged")
    (issue,) = issues(REPORT, told(moved))
    assert issue["location"]["lines"]["begin"] == 9
    assert issues(REPORT, told(FOUND.with_state("fixed"))) == []


@settings(max_examples=40)
@given(INPUTS_GIVEN)
def test_fingerprints_are_unique(given_: list[InputReport]) -> None:
    fingerprints = [issue["fingerprint"] for issue in issues(*given_)]
    assert len(fingerprints) == len(set(fingerprints))


def test_the_same_function_in_two_files_is_two_issues() -> None:
    assert len(issues(told(FOUND, replace(FOUND, place=Place("b.c", 1, 1))))) == 2


# Patchwork


@pytest.mark.parametrize(
    ("severity", "state", "summary"),
    [("error", "fail", "1 error"), ("warning", "warning", "1 warning"), ("note", "success", "1 note")],
)
def test_a_check_of_a_patch(severity: str, state: str, summary: str) -> None:
    assert check(told(replace(FOUND, severity=severity))) == {
        "msgid": "<1@example.org>",
        "state": state,
        "context": "lmlint",
        "description": f"{summary}; 1 function cannot be told ({FOUND.id})",
        "target_url": None,
    }


def test_a_description_names_a_few_ids_and_counts_the_rest() -> None:
    many = [replace(FOUND, ordinal=at) for at in range(patchwork.IDS + 2)]
    said = check(told(*many))["description"]
    assert said.endswith(f"{many[patchwork.IDS - 1].id} and 2 more)")
    assert check(told(*many, functions=()))["description"].startswith(f"{len(many)} errors (")


def test_a_check_belongs_to_a_patch() -> None:
    assert patchwork.render([replace(REPORT, kind="file")]) == ""
    assert len(patchwork.render([REPORT, REPORT]).splitlines()) == 2
