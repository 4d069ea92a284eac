"""Where mails come from: a public-inbox, a maildir, an mbox, or standard input, each read from its own mark on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.folder import behind_maildir, read_maildir
from lmlint.bot.inbox import behind_inbox, read_inbox
from lmlint.bot.incoming import Asked, Incoming
from lmlint.bot.mbox import behind_mbox, feed, read_mbox
from lmlint.bot.sieve import Sieve
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.bot.settings import Source

__all__ = ["Asked", "Incoming", "behind", "feed", "poll"]


def poll(source: Source, mark: str, asked: Asked) -> Iterator[Incoming]:
    """Yield the mails that came since the mark ("" for all), as far as they are whole.

    The mail of each step is yielded before the next is read. A mail that cannot be read is yielded with its `error`,
    and stops nothing; InputError where the source itself cannot be read. Closing the generator ends every process that
    it started.
    """
    if source.kind == "public-inbox":
        return read_inbox(source, mark, asked)
    if source.kind == "maildir":
        return read_maildir(source, mark, asked)
    if source.kind == "mbox":
        return read_mbox(source, mark, asked)
    raise InputError(f"{source.name}: no source is of the kind {source.kind[:60]!a}")


def behind(source: Source, mark: str) -> tuple[int, str]:
    """Return how much came since the mark, and in what it is counted: "mails", or "bytes" where mails have no borders.

    Nothing of a mail is read. InputError where the source cannot be read.
    """
    asked = Asked("", Sieve(()), 0, progress=lambda _done, _total: None)
    if source.kind == "mbox":
        return behind_mbox(source, mark, asked), "bytes"
    count = behind_inbox if source.kind == "public-inbox" else behind_maildir
    return count(source, mark, asked), "mails"
