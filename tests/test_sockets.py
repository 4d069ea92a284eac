"""The verdict in the words of b4 and NIPA: read by b4's own code, and by a process with NIPA's descriptor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from lmlint import sockets
from lmlint.error import InputError
from lmlint.finding import BALANCED, CANNOT_TELL, Base, Contradiction, Finding, FunctionVerdict, InputReport, Place

if TYPE_CHECKING:
    from pathlib import Path


def finding(severity: str, state: str = "new") -> Finding:
    return Finding("r", "missing-sub", severity, "f", Place("a.c", 7, 1), "says \x1b[31m", (), (), "c", state=state)


def said(verdict: str) -> FunctionVerdict:
    return FunctionVerdict("a.c", "f", "r", verdict, "why", ())


def report(*findings: Finding, verdict: str = BALANCED, base: str = "proved", rule: str = "r") -> InputReport:
    rules = (rule,) if rule else ()
    return InputReport("mail", "patch", "s", "<i>", Base(base), rules, (said(verdict),), findings)


CASES = [
    ((report(),), (), "pass", "nothing new"),
    ((), (), "pass", "no rule covers a file of this patch"),
    ((report(rule=""),), (), "pass", "no rule covers a file of this patch"),
    ((report(finding("error", "unchanged")),), (), "pass", "nothing new"),
    ((report(finding("error", "repaired")),), (), "pass", "nothing new"),
    ((report(finding("error", "allowed")),), (), "pass", "nothing new"),
    ((report(finding("note")),), (), "pass", "1 note"),
    ((report(verdict=CANNOT_TELL),), (), "pass", "nothing new; 1 function cannot be told"),
    ((report(base="hunks"),), (), "pass", "nothing new; from the hunks alone"),
    ((report(finding("warning")),), (), "warn", "1 warning"),
    ((report(finding("warning")), report(finding("error"), finding("error"))), (), "fail", "2 errors; 1 warning"),
    ((), ("<stdin>: wrapped lines",), "fail", "not checked: <stdin>: wrapped lines"),
    ((report(finding("warning")),), ("x" * 99,), "fail", "not checked: " + "x" * 63 + "..."),
]


@pytest.mark.parametrize(("reports", "errors", "status", "summary"), CASES)
def test_only_what_is_new_counts_and_doubt_is_counted(
    reports: tuple[InputReport, ...], errors: tuple[str, ...], status: str, summary: str
) -> None:
    found, line = sockets.verdict(reports, errors)
    assert (found, line) == (status, summary)
    assert len(line) < 80
    code, text = sockets.b4_check(reports, errors)
    (result,) = json.loads(text)
    assert (result["tool"], result["status"], result["summary"]) == ("lmlint", status, line)
    assert code == (2 if errors else int(status != "pass"))
    code, _, line = sockets.nipa(reports, errors)
    assert code == (2 if errors else {"pass": 0, "warn": 250, "fail": 1}[status])


def test_a_fault_of_lmlint_is_no_verdict() -> None:
    made = InputReport("m", "patch", "", "", Base("none"), ("r",), (), (), (Contradiction("a.c", "f", "r", ("x",)),))
    assert sockets.verdict([made], ())[0] == "fail"


def b4_reads(tmp_path: Path, status: int, text: str) -> list[dict[str, Any]]:
    """Return what b4 makes of a check command that prints this and exits so."""
    checks = pytest.importorskip("b4.review.checks", reason="b4 is not installed")
    (tmp_path / "out").write_text(text)
    script = "import sys; sys.stdin.read(); print(open(sys.argv[1]).read(), end=''); sys.exit(int(sys.argv[2]))"
    command = [sys.executable, "-c", script, str(tmp_path / "out"), str(status)]
    mail = EmailMessage()
    mail["Subject"] = "[PATCH] x"
    mail.set_content("text\n")
    results: list[dict[str, Any]] = checks._run_external_cmd(command, mail, str(tmp_path))  # noqa: SLF001  # b4's own reader
    return results


@pytest.mark.parametrize(("reports", "errors", "status", "summary"), CASES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_b4_reads_one_result(
    tmp_path: Path, reports: tuple[InputReport, ...], errors: tuple[str, ...], status: str, summary: str
) -> None:
    (result,) = b4_reads(tmp_path, *sockets.b4_check(reports, errors))
    assert (result["tool"], result["status"], result["summary"]) == ("lmlint", status, summary)
    assert "\x1b" not in result["details"]
    assert all(error in result["details"] for error in errors)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_older_commands_of_b4_read_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    b4 = pytest.importorskip("b4", reason="b4 is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(b4, "MAIN_CONFIG", {"cache-expire": "10"})
    found = [report(finding("error"), finding("warning"), finding("note"), finding("error", "unchanged"))]
    status, lines = sockets.b4_lines(found, ["mail: no diff"])
    assert status == 2
    (tmp_path / "out").write_text(lines)
    command = [sys.executable, "-c", "import sys; print(open(sys.argv[1]).read(), end='')", str(tmp_path / "out")]
    mail = EmailMessage()
    mail.set_content("text\n")
    monkeypatch.chdir(tmp_path)
    told = b4.LoreMessage.run_local_check(command, "x", mail, nocache=True)
    assert [flag for flag, _ in told] == ["fail", "fail", "warning"]
    assert "a.c:7: ERROR: says \\x1b[31m [missing-sub " in lines
    assert sockets.b4_lines([report(finding("note"))], ()) == (0, "")


def test_nipa_reads_the_summary_from_its_descriptor() -> None:
    ours, theirs = os.pipe()
    program = "import os; from lmlint.sockets import tell_nipa; tell_nipa('2 errors', os.environ)"
    environment = {**os.environ, "DESC_FD": str(theirs)}
    subprocess.run([sys.executable, "-c", program], env=environment, pass_fds=[theirs], check=True)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        assert stream.read() == "2 errors\n"


def test_a_descriptor_that_is_none_is_named() -> None:
    sockets.tell_nipa("x", {})
    for number in ("", "x", "-1", "987", "9" * 30):
        with pytest.raises(InputError, match=f"^DESC_FD='{number}': not an open file descriptor; "):
            sockets.tell_nipa("x", {"DESC_FD": number})


def test_nipa_can_start_what_the_info_names(tmp_path: Path) -> None:
    command = json.loads(sockets.nipa_info(sys.executable))["run"]
    assert command[0].startswith("/")
    assert command[-1] == "nipa"
    (tmp_path / "lmlint").mkdir()
    (tmp_path / "lmlint" / "__init__.py").write_text("raise SystemExit('a module of the patch is loaded')\n")
    done = subprocess.run([*command[:-1], "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:7]) == (0, "lmlint ")
