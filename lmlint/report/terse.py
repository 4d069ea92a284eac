"""The report as editors and users of `checkpatch --terse` read it: a line for each new finding, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.report import brief
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, InputReport


def render(reports: Sequence[InputReport]) -> str:
    """Return `path:line:column: severity: message [kind id]` for each new finding; columns are in bytes."""
    return "".join(f"{line(finding)}\n" for _, finding in brief.new(reports))


def line(finding: Finding) -> str:
    """Return the line of a finding, without its end."""
    place = finding.place
    return f"{printable(place.file)}:{place.line}:{place.column}: {finding.severity}: {brief.sentence(finding)}"
