"""What b4 and NIPA are told: the verdict on a patch in the words that each of them reads.

b4 0.16: `review-perpatch-check-cmd` gives the mail on standard input and reads JSON; the older `am-perpatch-check-cmd`
and `prep-perpatch-check-cmd` take every line that is printed for a warning, and for a failure where it holds `ERROR:`.
NIPA: core/test.py; a patch test runs in the tree, where HEAD is the patch.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.report import brief
from lmlint.report.text import printable, render
from lmlint.report.verdict import FAIL, PASS, WARN, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmlint.finding import InputReport

WARNING = 250
"""NIPA's exit status for a patch with warnings and no errors."""

_STATUS = {PASS: 0, WARN: 1, FAIL: 1}
_FAILED = 2
_WIDTH = 100


def b4_mail(data: bytes) -> bytes:
    """Return a mail as it was, out of what b4 gives a check command.

    b4 hands on the decoded text below the headers of the mail, which still say how it was encoded, or that it has
    parts. Decoding it once more would alter a diff that holds `=20`.
    """
    head, end, body = data.partition(b"\n\n")
    kept: list[bytes] = []
    dropped = False
    for line in head.split(b"\n"):
        name, _, value = line.lower().partition(b":")
        if not line.startswith((b" ", b"\t")):
            parts = name == b"content-type" and value.strip().startswith(b"multipart/")
            dropped = parts or name == b"content-transfer-encoding"
            if parts:
                kept.append(b"Content-Type: text/plain; charset=utf-8")
        if not dropped:
            kept.append(line)
    return b"\n".join(kept) + end + body


def b4_check(reports: Sequence[InputReport], errors: Sequence[str]) -> tuple[int, str]:
    """Return the exit status and the JSON for b4's review: one result, since b4 keeps one for a mail and a tool."""
    status, summary = verdict(reports, errors)
    result = {"tool": "lmlint", "status": status, "summary": summary, "url": "", "details": _details(reports, errors)}
    return _FAILED if errors else _STATUS[status], json.dumps([result], indent=2) + "\n"


def b4_lines(reports: Sequence[InputReport], errors: Sequence[str]) -> tuple[int, str]:
    """Return the exit status and the lines for `b4 am` and `b4 prep --check`, none where nothing is new."""
    lines = [f"ERROR: not checked: {printable(error)}" for error in errors]
    for _, finding in brief.new(reports):
        if finding.severity != "note":
            place = f"{printable(finding.place.file)}:{finding.place.line}"
            said = printable(finding.message)
            lines.append(f"{place}: {finding.severity.upper()}: {said} [{finding.kind} {finding.id}]")
    return _FAILED if errors else _STATUS[verdict(reports, errors)[0]], "".join(f"{line}\n" for line in lines)


def nipa(reports: Sequence[InputReport], errors: Sequence[str]) -> tuple[int, str, str]:
    """Return NIPA's exit status (0 passes, 250 warns, all else fails), the report, and the line for patchwork."""
    status, summary = verdict(reports, errors)
    code = _FAILED if errors else {PASS: 0, WARN: WARNING, FAIL: 1}[status]
    return code, _details(reports, errors), summary


def tell_nipa(summary: str, environment: Mapping[str, str]) -> None:
    """Write the line for patchwork where NIPA reads it; a run by hand names no place, and needs none."""
    number = environment.get("DESC_FD")
    if number is None:
        return
    try:
        os.write(int(number), f"{summary}\n".encode())
    except (OSError, ValueError, OverflowError):
        raise InputError(f"DESC_FD={number!a}: not an open file descriptor; let NIPA run this") from None


def nipa_info(python: str) -> str:
    """Return the info.json of a folder in NIPA's tests/patch; `python` is the interpreter that has lmlint, absolute.

    -P: the test runs in the tree, where the patch may bring a module of any name.
    """
    command = [python, "-P", "-c", "from lmlint.cli import entry; entry()", "nipa"]
    return json.dumps({"run": command}, indent=2) + "\n"


def _details(reports: Sequence[InputReport], errors: Sequence[str]) -> str:
    told = "".join(f"lmlint: {printable(error)}\n" for error in errors)
    return told + render(reports, color=False, width=_WIDTH)
