"""One patch of what is suggested for the files of a review, and what is left without a suggestion."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.fix.candidates import KINDS
from lmlint.fix.combine import combined, name_in_diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.finding import Finding, InputReport


@dataclass(frozen=True, slots=True)
class Fixes:
    """A patch for the tree after the last of the reviewed patches, and one line for each finding that it leaves."""

    text: str
    left: tuple[str, ...]


def fixes(reports: Sequence[InputReport]) -> Fixes:
    """Return the patch of all suggestions for what reports find that is new, of severity error or warning.

    Of patches that change one file one after the other, the last shows what is left to do.
    """
    last: dict[tuple[str, str, str], tuple[int, Finding]] = {}
    wanted: dict[tuple[str, str, str], Finding] = {}
    for number, report in enumerate(reports):
        for finding in report.findings:
            key = (finding.rule, finding.id, finding.place.file)
            if finding.state in {"new", "unchanged"}:
                last[key] = (number, finding)
            if finding.state == "new" and finding.severity != "note":
                wanted[key] = finding
    ends: dict[str, int] = {}
    for _, _, path in wanted:
        ends[path] = max(number for (_, _, file), (number, _) in last.items() if file == path)
    parts, left = [], []
    for path, number in sorted(ends.items()):
        found = [last[key] for key in wanted if key[2] == path]
        here = [finding for at, finding in found if at == number]
        parts.append(combined(here, reports[number].sources))
        for at, finding in found:
            why = _why(finding, reports[at]) if at == number else "another input changes the file; give it by itself"
            if why:
                left.append(f"{path}:{finding.place.line}: {finding.kind}: no suggestion: {why} (id {finding.id})")
    return Fixes("".join(parts), tuple(left))


def _why(finding: Finding, report: InputReport) -> str:
    """Return why a finding has no suggestion, "" where it has one."""
    if finding.suggestion is not None:
        return ""
    if report.base.state == "hunks":
        return "only hunks of the file are known; give a tree with --tree"
    if finding.kind not in KINDS:
        return "no single record mends this kind"
    if name_in_diff(finding.place.file) is None:
        return "no patch can name the file"
    return "no single statement was found that balances it and adds no finding"


def write(text: str, path: Path, inputs: Iterable[str]) -> None:
    """Write a patch at once or not at all; InputError where it cannot be, or where an input would be overwritten."""
    for name in inputs:
        if path.exists() and Path(name).exists() and path.samefile(name):
            raise InputError(f"{path}: an input; name another file for the patch")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".lmlint-", delete=False) as file:
            file.write(text.encode(errors="surrogateescape"))
        try:
            Path(file.name).chmod(0o666 & ~_mask())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _mask() -> int:
    """Return what no new file may be used for; reading it takes setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
