"""What became of findings from version to version: on real reviews, and on findings that are made up."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lmlint.cli import main
from lmlint.compare import FIXED, NEW, PRESENT, STATUSES, UNSURE, compare
from lmlint.finding import Base, Contradiction, Finding, FunctionVerdict, InputReport, Note, Place, number
from lmlint.report import versions
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session
from lmlint.version import is_backwards, names

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus" / "arm64-lm-meminfo"
TREE = CORPUS / "tree"
V1, V2, V3, V4 = sorted(CORPUS.glob("story-v*.patch"))
HUNKS, GUARDED = (CORPUS / f"hunks-{name}.patch" for name in ("bad-counted-again", "good-guard-in-a-gap"))
INPUTS = ROOT.parent / "shared" / "inputs"
FILE = "arch/arm64/mm/mmu.c"
SCHEMA = json.loads(files("lmlint.report").joinpath("versions.json").read_text(encoding="utf-8"))


def found(
    kind: str = "missing-sub", line: int = 10, *, state: str = "new", text: str = "clear(slot)", why: str = "it is so"
) -> Finding:
    place = Place(FILE, line, 1)
    return Finding(
        "a-rule", kind, "error", "f", place, f"`f`: {kind}", (Note(place, why),), (), f"f: {text}", state=state
    )


def version(
    *findings: Finding,
    subject: str = "",
    base: str = "proved",
    functions: tuple[FunctionVerdict, ...] = (),
    source: str = "",
) -> list[InputReport]:
    known = {verdict.name for verdict in functions}
    told = [FunctionVerdict(FILE, name, "a-rule", "balanced", "", ()) for name in ("f", "g") if name not in known]
    return [
        InputReport(
            "a.patch",
            "patch",
            subject,
            "",
            Base(base, FILE),
            ("a-rule",),
            (*functions, *told),
            number(findings),
            sources=((FILE, source),),
        )
    ]


def told(result: list[list[InputReport]], errors: list[list[str]] | None = None) -> list[tuple[str, str, int, str]]:
    """Return the status, the version, the line and the remark of each finding."""
    made = compare(result, errors or ())
    return [(one.status, one.since, one.finding.place.line, one.remark) for one in made.standings]


def test_new_present_and_fixed() -> None:
    old = version(found("missing-add", 3), found(line=7), subject="[PATCH] a")
    made = compare([old, version(found(line=9), found("double-count", 5), subject="[PATCH v2] a")])
    assert made.names == ("v1", "v2")
    assert [one.place.line for one in (*made.new, *made.present, *made.fixed)] == [5, 9, 3]
    assert made.unsure == ()
    assert made.since == {found("missing-add").id: "v1", found().id: "v1"}
    assert {one.patch for one in made.standings} == {"[PATCH] a", "[PATCH v2] a"}


def test_a_gap_ends_what_is_present() -> None:
    assert told([version(found()), version(found()), version(found())]) == [(PRESENT, "the 1st", 10, "")]
    assert told([version(found()), version(), version(found())]) == [
        (NEW, "the 3rd", 10, "it stood in the 1st, and not in the 2nd")
    ]
    assert told([version(found()), version(), version(found()), version(found())]) == [(PRESENT, "the 3rd", 10, "")]
    assert told([version(found()), version(), version()]) == [(FIXED, "the 1st", 10, "")]


def test_a_gap_that_is_not_proved_is_none() -> None:
    between = version(base="hunks")
    assert told([version(found()), between, version(found())]) == [
        (PRESENT, "the 1st", 10, "the 2nd was judged from its hunks alone")
    ]
    assert told([version(), between, version(found())]) == [
        (NEW, "the 3rd", 10, "it may not be new: the 2nd was judged from its hunks alone")
    ]
    assert told([version(found()), between, version()]) == [(FIXED, "the 1st", 10, "")]


def test_what_is_no_news_of_a_version_is_none_of_it() -> None:
    assert told([version(found(state="unchanged")), version(found(state="unchanged"))]) == []
    repaired = replace(found(state="repaired"), repaired="a: repair")
    assert told([version(found()), version(repaired)]) == [
        (FIXED, "the 1st", 10, "`a: repair` repairs what an earlier patch of the 2nd brings")
    ]
    assert told([version(repaired), version(found())]) == [(NEW, "the 2nd", 10, "")]


UNTOLD = FunctionVerdict(FILE, "f", "a-rule", "cannot-tell", "a loop", ())


@pytest.mark.parametrize(
    ("newer", "why"),
    [
        (version(base="hunks"), "the 2nd was judged from its hunks alone"),
        (version(functions=(UNTOLD,)), "in the 2nd, lmlint cannot tell what `f` does"),
        (version(found(state="allowed")), "it is allowed in the 2nd"),
        (version(found(state="unchanged")), "it is there before the 2nd already"),
        ([replace(version()[0], functions=())], f"the 2nd does not change {FILE}"),
        (
            [replace(version()[0], functions=(replace(UNTOLD, name="moved"),))],
            "`f` is gone, and lmlint cannot tell what `moved` does",
        ),
        (
            [replace(version()[0], contradictions=(Contradiction(FILE, "f", "a-rule", ()),))],
            "in the 2nd, the witness contradicts what is proved of `f`",
        ),
    ],
)
def test_what_may_still_be_there_is_not_fixed(newer: list[InputReport], why: str) -> None:
    assert told([version(found()), newer]) == [(UNSURE, "the 1st", 10, why)]


def test_what_stands_in_the_way_elsewhere_does_not_matter() -> None:
    assert told([version(found()), version(functions=(replace(UNTOLD, name="g"),))]) == [(FIXED, "the 1st", 10, "")]
    through = replace(found(), notes=(Note(Place(FILE, 1, 1), "it calls", function="g"),))
    assert told([version(through), version(functions=(replace(UNTOLD, name="g"),))])[0][0] == UNSURE


def test_an_error_leaves_both_in_doubt() -> None:
    why = "a part of the {} could not be reviewed"
    assert told([version(found()), version()], [[], ["no"]]) == [(UNSURE, "the 1st", 10, why.format("2nd"))]
    assert told([version(), version(found())], [["no"], []]) == [
        (NEW, "the 2nd", 10, f"it may not be new: {why.format('1st')}")
    ]


def test_a_function_that_is_gone_takes_its_findings_along() -> None:
    gone = [replace(version()[0], functions=(FunctionVerdict(FILE, "g", "a-rule", "balanced", "", ()),))]
    assert told([version(found()), gone]) == [(FIXED, "the 1st", 10, "")]


def test_where_the_rule_sleeps_nothing_is_proved() -> None:
    diff = f"--- a/{FILE}\n+++ b/{FILE}\n@@ -1 +1 @@\n-a\n+b\n".encode()
    (one,) = told([version(found()), [replace(version()[0], functions=(), diff=diff)]])
    assert one[:3] == (UNSURE, "the 1st", 10)
    assert one[3].startswith(f"the rule a-rule sleeps in {FILE} of the 2nd")


def check(path: Path, text: str) -> list[InputReport]:
    path.write_text(text)
    return list(Session(load_rules([builtin_rules()], [])).check([str(path)]).reports)


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("lm_meminfo", "dm_stat", UNSURE),  # the counter: the rule sleeps
        ("lm_meminfo_sub", "account_unmap", PRESENT),  # its helper
        ("drop_block", "zap_block", PRESENT),  # the function itself
        ("slot", "entry", PRESENT),  # what it has at hand
    ],
)
def test_another_name_fixes_nothing(tmp_path: Path, old: str, new: str, status: str) -> None:
    text = """enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };
static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_sub(unsigned long addr, unsigned long size, enum lm_type type)
{
	if (__is_lm_address(addr))
		lm_meminfo[type] -= size;
}

void drop_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, PUD);
}
"""
    made = compare([check(tmp_path / "a.c", text), check(tmp_path / "a.c", text.replace(old, new))])
    assert [one.status for one in made.standings] == [status]


def test_another_kind_at_the_same_place_is_another_finding() -> None:
    other = found("wrong-amount")
    assert told([version(found()), version(other)]) == [
        (NEW, "the 2nd", 10, ""),
        (FIXED, "the 1st", 10, f"`f` has wrong-amount now (id {other.id})"),
    ]


SOURCE = "first\nx\nclear(slot)\ny\n\n\n\n\nsecond\nclear(slot)\nz"


def test_of_two_that_look_alike_the_right_one_is_fixed() -> None:
    two = version(found(line=3), found(line=10), source=SOURCE)
    lines = SOURCE.split("\n")
    assert told([two, version(found(line=6), source="\n".join(lines[4:]))]) == [
        (PRESENT, "the 1st", 6, ""),
        (FIXED, "the 1st", 3, ""),
    ]
    assert told([two, version(found(line=3), source="\n".join(lines[:7]))]) == [
        (PRESENT, "the 1st", 3, ""),
        (FIXED, "the 1st", 10, ""),
    ]
    assert told([version(found(line=6), source="\n".join(lines[4:])), two]) == [
        (NEW, "the 2nd", 3, ""),
        (PRESENT, "the 1st", 10, ""),
    ]


def test_of_two_that_look_alike_the_argument_tells_which() -> None:
    two = version(found(line=3, why="one way"), found(line=10, why="another"))
    assert told([two, version(found(line=5, why="another"), source="changed")])[1] == (FIXED, "the 1st", 3, "")


def test_of_two_that_cannot_be_told_apart_none_is_picked() -> None:
    made = told([version(found(line=3), found(line=10)), version(found(line=7), source="changed")])
    assert [one[:2] for one in made] == [(PRESENT, "the 1st"), (FIXED, "the 1st")]
    assert made[1][3].startswith("it is one of several that look alike")


@given(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 40)), max_size=6), min_size=1, max_size=4))
def test_every_finding_is_told_once(history: list[list[tuple[str, int]]]) -> None:
    series = [version(*(found(text=text, line=line) for text, line in sorted(set(one)))) for one in history]
    made = compare(series)
    newest = [finding for report in series[-1] for finding in report.findings]
    assert sorted(one.id for one in (*made.new, *made.present)) == sorted(one.id for one in newest)
    assert len(made.present) <= sum(len(set(one)) for one in history[-2:-1])
    assert len(made.standings) == sum(len(getattr(made, status)) for status in STATUSES)
    assert compare(series) == made
    ids = [{finding.id for report in one for finding in report.findings} for one in series]
    assert {one.id for one in made.fixed} <= set().union(*ids)


def test_what_versions_are_called() -> None:
    def tagged(*subjects: str) -> tuple[str, ...]:
        return names([version(subject=subject) for subject in subjects])

    assert tagged("[PATCH] a", "[PATCH v2] a") == ("v1", "v2")
    assert tagged("[v7 PATCH] a", "[v8 PATCH] b") == ("v7", "v8")
    assert tagged("[PATCH v2] a", "[PATCH v2 RESEND] a") == ("the 1st", "the 2nd")
    assert tagged("a: a commit", "[PATCH v2] a") == ("the 1st", "the 2nd")
    assert tagged(*["a"] * 12)[9:] == ("the 10th", "the 11th", "the 12th")


def test_the_story_of_the_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(V2), str(V4), "--tree", str(TREE)]) == 1
    out = capsys.readouterr().out
    new, present, fixed = (
        out.index(f"\n{head}:\n") for head in ("new in v4", "still present since v2", "fixed since v2")
    )
    assert new < out.index("warning[racy-counter]") < out.index("note[sampled-guard]") < present
    assert present < out.index("note[clipped-range]") < fixed
    assert out.count("error[double-count]") == out[fixed:].count("error[double-count]") == 3
    assert out.splitlines()[0] == f"v2: {V2}: [PATCH v2] arm64: mm: show the use of the linear map in /proc/meminfo"
    assert out.endswith("\n\nlmlint: v2 to v4: 2 new, 2 still present, 3 fixed\n")


def test_what_is_fixed_is_no_reason_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(V1), str(V2), str(V3), "--tree", str(TREE)]) == 0
    out = capsys.readouterr().out
    assert out.index("fixed since v2:") < out.index("fixed since v1:")
    assert "    = it stood in v1, and not in v2\n" in out


def test_the_json_keeps_to_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", str(HUNKS), str(GUARDED), "--format", "json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert {one["status"] for one in alone["findings"]} == {"unsure"}
    assert main(["compare", str(V3), str(V4), "--tree", str(TREE), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["patches"][0]["base"]) for one in document["versions"]] == [
        ("v3", "proved"),
        ("v4", "proved"),
    ]
    assert [(one["status"], one["since"], one["kind"]) for one in document["findings"]] == [
        ("new", "v4", "racy-counter"),
        *[("present", "v3", kind) for kind in ("sampled-guard", "clipped-range", "clipped-range")],
    ]
    Draft202012Validator.check_schema(SCHEMA)
    for made in (alone, document):
        Draft202012Validator(SCHEMA).validate(made)
    assert set(SCHEMA["properties"]["findings"]["items"]["properties"]["status"]["enum"]) == set(STATUSES)


def test_the_schema_is_closed() -> None:
    def objects(schema: object) -> list[dict[str, object]]:
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        own = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
        return own + [one for value in inner for one in objects(value)]

    for schema in objects(SCHEMA):
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])  # type: ignore[call-overload]


def test_what_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(V1)]) == 2
    assert "give two versions or more" in capsys.readouterr().err
    assert main(["compare", str(V1), str(tmp_path / "absent.patch")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "absent.patch" in said.err
    for at in (1, 2):
        text = V1.read_text(encoding="utf-8").replace("[PATCH v1]", f"[PATCH v1 {at}/2]")
        (tmp_path / f"{at}.patch").write_text(text, encoding="utf-8")
    assert main(["compare", str(tmp_path / "1.patch"), str(tmp_path / "2.patch"), "--tree", str(TREE)]) == 2
    assert "patches of one series" in capsys.readouterr().err
    assert main(["compare", str(V2), str(V1), "--tree", str(TREE)]) == 2
    assert "give the oldest first" in capsys.readouterr().err
    assert not is_backwards([[], version(subject="[PATCH v2] a"), version(subject="[PATCH v2] b")])


def test_a_version_with_an_error_is_compared_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = V3.read_text(encoding="utf-8").replace("[PATCH v3]", "[PATCH v3 1/2]")
    (tmp_path / "1.patch").write_text(good, encoding="utf-8")
    assert main(["compare", str(V2), str(tmp_path), "--tree", str(TREE)]) == 0
    assert capsys.readouterr().out.count("    = of v3, 1 of 2 patches are given\n") == 3
    broken = good.replace("1/2]", "2/2]").replace("<lm-meminfo-v3@", "<other@")
    (tmp_path / "2.patch").write_text(broken, encoding="utf-8")  # the same change once more: it does not apply
    assert main(["compare", str(V2), str(tmp_path), "--tree", str(TREE)]) == 2
    said = capsys.readouterr()
    assert "2.patch: " in said.err
    assert said.out.count("    = a part of v3 could not be reviewed\n") == 3
    assert said.out.endswith("2 still present, 3 not found any more, but not proved fixed\n")


def test_commits_are_versions_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for path in TREE.rglob("*.[ch]"):
        to = tmp_path / path.relative_to(TREE)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    git("add", ".")
    git("commit", "-m", "base")
    for name, patch in (("one", V2), ("two", V3)):
        git("checkout", "-b", name, "main")
        git("apply", str(patch))
        git("commit", "-am", f"mm: {name}")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "main..one", "main..two"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("the 1st: main..one: mm: one\nthe 2nd: main..two: mm: two\n\nnew in the 2nd:\n")
    assert "\nfixed since the 1st:\n" in out


def test_a_series_says_which_patch_brings_it() -> None:
    reports = [*version(found(), subject="[PATCH v2 1/2] a"), *version(subject="[PATCH v2 2/2] b")]
    old = version(subject="[PATCH 1/2] a")
    text = versions.render(compare([old, reports]), [("v1.mbox", old), ("v2.mbox", reports)], color=False, width=200)
    assert f"(id {found().id}), brought by `[PATCH v2 1/2] a`\n" in text
    assert "v2: v2.mbox: 2 patches\n" in text


@pytest.mark.skipif(not INPUTS.is_dir(), reason="../shared has no real patches")
def test_the_real_series(capsys: pytest.CaptureFixture[str]) -> None:
    mails = [str(INPUTS / "mail" / name) for name in ("v7.patch", "v8-reply.txt")]
    assert main(["compare", *mails, "--tree", str(INPUTS / "tree"), "--format", "json"]) == 1
    assert [(one["status"], one["since"], one["kind"]) for one in json.loads(capsys.readouterr().out)["findings"]] == [
        ("new", "v8", "sampled-guard"),
        ("present", "v7", "racy-counter"),
        ("present", "v7", "clipped-range"),
        ("present", "v7", "clipped-range"),
        *[("fixed", "v7", "double-count")] * 3,
    ]


def test_without_a_tree_nothing_is_proved_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session(load_rules([builtin_rules()], []))
    made = compare([session.check([str(one)]).reports for one in (HUNKS, GUARDED)])
    assert [one.kind for one in made.unsure] == ["double-count"]
    assert [one.remark for one in made.standings] == ["the 2nd was judged from its hunks alone"]
