"""The command `lmlint bot feed`: a mail on standard input, from procmail, a mail server or another program."""

from __future__ import annotations

import io
import sys
from itertools import islice
from typing import TYPE_CHECKING

from lmlint.bot.desk import desk_of
from lmlint.bot.incoming import Asked
from lmlint.bot.intake import BATCH, take_all
from lmlint.bot.mbox import feed
from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, Answer
from lmlint.error import InputError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from lmlint.bot.settings import Settings

TEMPORARY = 75
"""EX_TEMPFAIL of sysexits.h: who called keeps the mail and tries again."""


def command(config: Path | None, name: str, now: int) -> Answer:
    """Take the mail on standard input; whatever keeps it from being kept, the status is 75, so that no mail is lost."""
    stream = io.BytesIO() if sys.stdin is None else sys.stdin.buffer  # None where the caller closed it
    try:
        take_in(load_settings(config), name, stream, now)
    except InputError as error:
        return Answer(TEMPORARY, errors=(str(error),))
    return Answer(CLEAN)


def take_in(settings: Settings, name: str, stream: IO[bytes], now: int) -> int:
    """Keep the mail, or the mails of an mbox, that a stream gives, and return how many there are."""
    desk = desk_of(settings, name)
    asked = Asked(desk.list.name, desk.sieve, now, settings.config.limits)
    count = 0
    with Store(settings.state) as store:
        mails = feed(stream, "<stdin>", asked)
        while batch := list(islice(mails, BATCH)):
            count += len(take_all(store, desk, batch, now))
    return count
