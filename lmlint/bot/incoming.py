"""A mail as a source hands it over, and what every source is asked with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.bot.sieve import Sieve

BEGINNING = 64 * 1024
"""How many bytes are kept of a mail that is too large: its header, as a rule."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail, and the mark of its source once this mail is dealt with.

    The mark may lag behind the mail, so that mails come again after a crash; it is never ahead of it. `name` is for
    messages. `wanted` is what the sieve says ("" for a mail of no interest), `patch` whether the mail is a patch of
    any kind, in scope or not. `data` is the whole mail where it is wanted, else its header fields alone, those that say
    who, when, what, and in which thread. `error` is why a mail cannot be given whole: one line, and then nothing is
    known to be wanted.
    """

    source: str
    list: str
    name: str
    data: bytes
    mark: str
    wanted: str = ""
    patch: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked with: for which list, what is wanted, how much one mail may be, and what time it is.

    `now` is in seconds since 1970. With more than one of `jobs`, a backlog goes through the sieve in that many
    processes of their own. `say` is told, in one line, what a person should know; `progress` how many mails are done,
    and of how many.
    """

    list: str
    sieve: Sieve
    now: int
    limits: Limits = DEFAULT
    jobs: int = 1
    say: Callable[[str], None] | None = None
    progress: Callable[[int, int], None] | None = None

    def tell(self, line: str) -> None:
        """Say a line where someone listens."""
        if self.say is not None:
            self.say(line)

    def done(self, count: int, total: int) -> None:
        """Tell how far the poll is."""
        if self.progress is not None:
            self.progress(count, total)


def too_large(most: int) -> str:
    """Return what is wrong with a mail that is too large."""
    return f"more than {most} bytes (limit `bytes`)"
