"""When what failed is tried again: always later, never at random, and a way of sending that fails as a whole at once.

No reading of a clock is compared with another one that is more than the longest pause away: clocks jump.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmlint.bot.store import Store

ATTEMPTS = 38
"""After as many a mail is parked: five days, at the pauses that `pause` gives."""

_FIRST, _LONGEST = 60, 4 * 3600
_LONGEST_HALT = 30 * 60
_MARK = "(sending)"
"""What no source can be called."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing goes out: how often in a row a way of sending failed, and when it is tried again."""

    failures: int
    due: int
    reason: str
    transport: str
    """Which way of sending failed; another one is tried at once."""


def pause(failures: int) -> int:
    """Return the seconds to wait after so many failures: 1, 2, 4, ... minutes, and never more than four hours."""
    return min(_FIRST << min(max(failures - 1, 0), 20), _LONGEST)


def rest(failures: int) -> int:
    """Return the seconds for which a way of sending is left alone after so many failures: half an hour at most.

    Whoever mends a password should not have to wait for hours; and a server must not take us for who guesses them.
    """
    return min(pause(failures), _LONGEST_HALT)


def halt_of(store: Store) -> Halt | None:
    """Return why nothing goes out, or None."""
    import json  # noqa: PLC0415  # of use only when something failed

    mark = store.mark(_MARK)
    return Halt(**json.loads(mark)) if mark else None


def set_halt(store: Store, halt: Halt | None) -> None:
    """Keep why nothing goes out, or that it does again."""
    import json  # noqa: PLC0415  # as above

    if halt is None:
        if store.mark(_MARK):
            store.set_mark(_MARK, "")
    else:
        store.set_mark(_MARK, json.dumps(asdict(halt)))
