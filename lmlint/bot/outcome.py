"""What came of handing a mail over, in the words that all ways of sending share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

SENT, AGAIN, PARKED = "sent", "again", "parked"
LOST, REFUSED = "lost", "refused"
BETWEEN = " | "
"""Stands between the parts of a reason, and inside none of them."""

_LONGEST = 200
_MOST = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mail: SENT; AGAIN, to be tried later; PARKED, which waits for a person.

    `left_out` says which recipients will never have it, and why; `left` has those that are to be tried again where
    others took it or were refused for good. `ends` is LOST where the connection is gone, and REFUSED where no other
    mail would fare better, so that this one is not to blame.
    """

    state: str
    reason: str = ""
    left_out: str = ""
    left: tuple[str, ...] = ()
    ends: str = ""


def said(text: str | bytes) -> str:
    """Return what a server or a program said as one short line that can stand in a reason."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    line = printable(" ".join(text.split())).replace("|", "/")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def listed(parts: Sequence[str]) -> str:
    """Return the first of several things and how many more there are."""
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return ", ".join([*parts[:_MOST], *more])
