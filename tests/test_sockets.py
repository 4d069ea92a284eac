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
from lmlint.report.verdict import verdict
from tests.gitrepo import git, repository
from tests.test_hook import BAD, GOOD, OLD, PATH

if TYPE_CHECKING:
    from pathlib import Path


PROGRAM = [sys.executable, "-P", "-c", "from lmlint.cli import entry; entry()"]


def finding(severity: str, state: str = "new") -> Finding:
    return Finding("r", "missing-sub", severity, "f", Place("a.c", 7, 1), "says \x1b[31m", (), (), "c", state=state)


def said(verdict: str) -> FunctionVerdict:
    return FunctionVerdict("a.c", "f", "r", verdict, "why", ())


def report(*findings: Finding, verdict: str = BALANCED, base: str = "proved", rule: str = "r") -> InputReport:
    rules = (rule,) if rule else ()
    return InputReport("mail", "patch", "s", "<i>", Base(base), rules, (said(verdict),), findings)


CASES = [
    ((report(),), (), "pass", "nothing new"),
    ((), (), "pass", "no file of a rule is changed"),
    ((report(rule=""),), (), "pass", "no file of a rule is changed"),
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
    found, line = verdict(reports, errors)
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
    assert verdict([made], ())[0] == "fail"


def mail_of(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "[PATCH] x"
    mail["From"] = "A Writer <writer@example.org>"
    mail.set_content(text)
    return mail


def b4_runs(command: list[str], mail: EmailMessage, where: Path) -> list[dict[str, Any]]:
    """Return what b4 makes of a check command that it runs on a mail."""
    checks = pytest.importorskip("b4.review.checks", reason="b4 is not installed")
    results: list[dict[str, Any]] = checks._run_external_cmd(command, mail, str(where))  # noqa: SLF001  # b4's own reader
    return results


def b4_reads(tmp_path: Path, status: int, text: str) -> list[dict[str, Any]]:
    """Return what b4 makes of a check command that prints this and exits so."""
    (tmp_path / "out").write_text(text)
    script = "import sys; sys.stdin.read(); print(open(sys.argv[1]).read(), end=''); sys.exit(int(sys.argv[2]))"
    return b4_runs([sys.executable, "-c", script, str(tmp_path / "out"), str(status)], mail_of("text\n"), tmp_path)


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
    monkeypatch.chdir(tmp_path)
    told = b4.LoreMessage.run_local_check(command, "x", mail_of("text\n"), nocache=True)
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("coding", ["7bit", "8bit", "quoted-printable", "base64", "parts"])
def test_b4_runs_the_command_on_a_mail(tmp_path: Path, coding: str) -> None:
    where = repository(tmp_path / "linux", {PATH: OLD})
    command = [*PROGRAM, "b4-check"]
    for text, status, summary in ((BAD, "fail", "1 error"), (GOOD, "pass", "nothing new")):
        (where / PATH).write_bytes(b"#define three=20\n" + text)  # what quoted-printable would take for a space
        git(where, "add", PATH)
        mail = mail_of("")
        mail.set_content("Change it.\n---\n" + git(where, "diff", "HEAD"), cte=coding.replace("parts", "7bit"))
        if coding == "parts":
            mail.make_mixed()
        (result,) = b4_runs(command, mail, where)
        assert (result["tool"], result["status"], result["summary"]) == ("lmlint", status, summary)
        assert ("missing-sub" in result["details"]) == (status == "fail")
        assert "base proved" in result["details"]
    (result,) = b4_runs(command, mail_of("Looks good to me.\n"), where)
    assert (result["tool"], result["status"]) == ("lmlint", "fail")
    assert result["summary"].startswith("not checked: <stdin>: ")


@pytest.mark.parametrize(("text", "status"), [(BAD, 1), (GOOD, 0)])
def test_nipa_runs_the_command_in_the_tree(tmp_path: Path, text: bytes, status: int) -> None:
    where = repository(tmp_path / "linux", {PATH: OLD})
    (where / PATH).write_bytes(text)
    git(where, "commit", "-qam", "change")
    command = json.loads(sockets.nipa_info(sys.executable))["run"]
    ours, theirs = os.pipe()
    environment = {**os.environ, "DESC_FD": str(theirs)}
    done = subprocess.run(command, cwd=where, env=environment, pass_fds=[theirs], capture_output=True, check=False)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        assert stream.read() == ("1 error\n" if status else "nothing new\n")
    assert (done.returncode, done.stderr) == (status, b"")
    assert (b"missing-sub" in done.stdout) == bool(status)


def test_a_patch_that_nipa_has_applied_cannot_silence_itself(tmp_path: Path) -> None:
    where = repository(tmp_path / "linux", {PATH: OLD})
    (where / PATH).write_bytes(BAD)
    found = subprocess.run([*PROGRAM, "check", PATH], cwd=where, capture_output=True, text=True, check=False).stdout
    id_ = found.partition("= id ")[2][:8]
    allow = f'[[allow]]\nid = "{id_}"\nreason = "trust me"\n'
    (where / "lmlint.toml").write_text(allow, encoding="utf-8")
    lines = BAD.split(b"\n")
    at = int(found.partition(f"{PATH}:")[2].partition(":")[0]) - 1
    lines[at] += b" // lmlint: allow missing-sub: trust me"
    (where / PATH).write_bytes(b"\n".join(lines))
    git(where, "add", ".")
    git(where, "commit", "-qm", "change")
    done = subprocess.run([*PROGRAM, "nipa"], cwd=where, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    (tmp_path / "lmlint.toml").write_text(allow, encoding="utf-8")  # above the tree: of whoever runs NIPA
    assert subprocess.run([*PROGRAM, "nipa"], cwd=where, capture_output=True, check=False).returncode == 0
