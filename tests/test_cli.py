"""The command line: exit statuses, one line for each thing that could not be read, and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lmlint import __version__, cli, commands
from lmlint.error import InputError
from lmlint.finding import Base, Finding, FunctionVerdict, InputReport, Place
from lmlint.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lmlint.rule import Rule

PROGRAM = [sys.executable, "-c", "from lmlint.cli import entry; entry()"]
PATH = "arch/arm64/mm/mmu.c"
HELPERS = """\
static unsigned long lm_meminfo[5];
static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}
"""
SILENT = (
    HELPERS + "void unmap(pmd_t *slot, unsigned long va)\n{\n\tif (pmd_leaf(pmdp_get(slot)))\n\t\tpmd_clear(slot);\n}\n"
)
GONE = HELPERS + "int nothing(void)\n{\n\treturn 0;\n}\n"
PATCH = f"""\
--- a/{PATH}
+++ b/{PATH}
@@ -6,2 +6,7 @@
 }}
 /* end */
+void unmap(pmd_t *slot, unsigned long va)
+{{
+	if (pmd_leaf(pmdp_get(slot)))
+		pmd_clear(slot);
+}}
"""


def finding(severity: str, state: str) -> Finding:
    return Finding("r", "missing-sub", severity, "f", Place("a.c", 1, 1), "m", (), (), "c", state=state)


REPORT = InputReport("a.c", "file", "", "", Base("none"), ("r",), (), ())


def review_says(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    def review_file(_data: bytes, name: str, rules: Sequence[Rule], *_: object) -> InputReport:
        assert rules
        return replace(REPORT, name=name, findings=findings)

    monkeypatch.setattr("lmlint.session.review_file", review_file)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.c"
    path.write_text("int x;\n")
    return str(path)


def lmlint(*arguments: str, data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a user does, in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *arguments], input=data, capture_output=True, env={**os.environ, **environment}, check=False
    )


@pytest.mark.parametrize(
    ("severity", "state", "status"),
    [
        ("error", "new", commands.FOUND),
        ("warning", "new", commands.FOUND),
        ("note", "new", commands.CLEAN),
        ("error", "unchanged", commands.CLEAN),
        ("error", "fixed", commands.CLEAN),
    ],
)
def test_only_what_is_new_and_no_note_decides(
    monkeypatch: pytest.MonkeyPatch, file: str, severity: str, state: str, status: int
) -> None:
    review_says(monkeypatch, finding(severity, state))
    assert cli.main(["check", file]) == status


def test_a_broken_input_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    review_says(monkeypatch, finding("error", "new"))
    assert cli.main(["check", "--format", "json", "missing.c", file, file]) == commands.FAILED
    out, err = capsys.readouterr()
    assert [report["name"] for report in json.loads(out)["inputs"]] == [file, file]
    assert err == "lmlint: missing.c: No such file or directory\n"


def test_inputs_may_follow_an_option(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", file, "--format", "json", file, "--no-strict", "missing.c"]) == commands.FAILED
    out, err = capsys.readouterr()
    assert [report["name"] for report in json.loads(out)["inputs"]] == [file, file]
    assert err == "lmlint: missing.c: No such file or directory\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check"],
        ["check", "--colour", "a.c"],
        ["check", "a.c", "--strict", "b.c", "--colour"],
        ["explain", "double-count", "missing-add"],
        ["check", "missing.patch"],
        ["check", "."],
        ["check", "--tree", "missing", "a.c"],
        ["check", "--rule", "missing", "a.c"],
        ["check", "--rules", "missing", "a.c"],
        ["explain", "missing-nothing"],
        ["explain", "missing.c:f"],
        ["test", "missing"],
    ],
)
def test_what_cannot_run_says_so_in_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert cli.main(arguments) == commands.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lmlint: ")
    assert err.count("\n") == 1


def test_a_binary_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.c"
    path.write_bytes(b"\x7fELF\0\0")
    assert cli.main(["check", str(path)]) == commands.FAILED
    assert "a binary file" in capsys.readouterr().err


def test_errors_cannot_drive_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    def review_file(*_: object) -> InputReport:
        raise InputError("\033[2J\nfirst hunk")

    monkeypatch.setattr("lmlint.session.review_file", review_file)
    assert cli.main(["check", file]) == commands.FAILED
    assert capsys.readouterr().err == "lmlint: \\x1b[2J\\nfirst hunk\n"


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "color"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour(  # noqa: PLR0913, PLR0917 -- a table of cases
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    choice: str,
    terminal: bool,  # noqa: FBT001 -- a column of the table
    environment: dict[str, str],
    color: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    review_says(monkeypatch, finding("error", "new"))
    assert cli.main(["check", "--color", choice, file]) == commands.FOUND
    assert ("\033" in capsys.readouterr().out) is color


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert cli.main(["explain", kind]) == commands.CLEAN
    out = capsys.readouterr().out
    assert out.startswith(f"{kind} ({KINDS[kind].severity})\n")
    assert "What to do: " in out
    assert "lm_meminfo_sub(" in out


def test_a_patch_from_standard_input(tmp_path: Path) -> None:
    target = tmp_path / PATH
    target.parent.mkdir(parents=True)
    target.write_text(HELPERS + "/* end */\n")
    done = lmlint("check", "-", "--tree", str(tmp_path), data=PATCH.encode())
    assert (done.returncode, done.stderr) == (commands.FOUND, b"")
    assert b"error[missing-sub]: " in done.stdout
    assert b"--> arch/arm64/mm/mmu.c:11:3" in done.stdout
    assert b"lmlint: <stdin>: " in done.stdout


def test_a_patch_that_no_rule_covers_needs_no_tree() -> None:
    done = lmlint("check", "-", data=PATCH.replace("arch/arm64", "arch/other").encode())
    assert (done.returncode, done.stderr) == (commands.CLEAN, b"")
    assert b"nothing to check" in done.stdout


def test_standard_input_without_a_patch_is_never_clean() -> None:
    done = lmlint("check", "-", data=b"From the above it follows that all is well.\n")
    assert (done.returncode, done.stdout) == (commands.FAILED, b"")
    assert done.stderr.startswith(b"lmlint: <stdin>: ")


def test_a_file_is_checked_and_explained(tmp_path: Path) -> None:
    path = tmp_path / "mmu.c"
    path.write_text(SILENT)
    assert lmlint("check", str(path)).returncode == commands.FOUND
    done = lmlint("explain", f"{path}:unmap")
    assert (done.returncode, done.stderr) == (commands.CLEAN, b"")
    assert b"PMD" in done.stdout
    done = lmlint("explain", f"{path}:remap")
    assert (done.returncode, done.stderr.count(b"\n")) == (commands.FAILED, 1)
    path.write_text(GONE)
    assert lmlint("check", str(path)).returncode == commands.CLEAN


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "mmu.c"
    path.write_text(SILENT)
    runs = {lmlint("check", str(path), PYTHONHASHSEED=seed, COLUMNS=seed).stdout for seed in ("1", "2", "40")}
    assert len(runs) == 1


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run([*PROGRAM, "explain", "missing-add"], stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (commands.FAILED, b"")


@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full", ">&- 2>&- <&-", "2>/dev/full >&-"])
def test_what_is_wrong_ends_in_its_status_where_nobody_reads_it(end: str) -> None:
    command = ["sh", "-c", f'"$@" {end}', "sh", *PROGRAM, "check", "no.such.file"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (commands.FAILED, b"")


def test_the_version_is_told_without_loading_the_engine() -> None:
    code = "import sys; from lmlint.cli import main\ntry: main(['--version'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    version, _, modules = done.stdout.partition("\n")
    assert version == f"lmlint {__version__}"
    assert not {"tree_sitter", "unidiff", "jinja2", "tomllib", "lmlint.rule"} & set(modules.split())


def test_verdicts_without_findings_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    def review_file(_data: bytes, name: str, _rules: Sequence[Rule], *_: object) -> InputReport:
        return replace(REPORT, name=name, functions=(FunctionVerdict(name, "f", "r", "cannot-tell", "why", ()),))

    monkeypatch.setattr("lmlint.session.review_file", review_file)
    assert cli.main(["check", file]) == commands.CLEAN
    assert "`f`: why" in capsys.readouterr().out
