"""How far a list has come by the dates of its own mails, by which it is told what is history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.bot.store import Store

DAY = 24 * 3600
_MARK = "(newest) "
"""With the name of a list: what no source can be called."""


def note_dates(store: Store, name: str, dates: Iterable[int], now: int) -> None:
    """Keep the newest date of a list's mails, as far as it is not in the future.

    What is old is told by it: not by the clock, which may be wrong by a year, and not by a mail alone, whose date may
    be anything.
    """
    newest = max((date for date in dates if date <= now + DAY), default=0)
    if newest > newest_date(store, name):
        store.set_mark(_MARK + name, str(newest))


def newest_date(store: Store, name: str) -> int:
    """Return the newest date of a list's mails in seconds since 1970, 0 where there is none."""
    return int(store.mark(_MARK + name) or 0)
