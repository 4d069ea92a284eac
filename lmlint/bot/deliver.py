"""The ways by which mails go out, as the configuration names them."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmlint.bot.outcome import Outcome
    from lmlint.bot.rows import OutboxRow
    from lmlint.bot.settings import Transport


@contextmanager
def opened(transport: Transport) -> Iterator[Callable[[OutboxRow], Outcome]]:
    """Yield what hands over one mail, which it never changes; InputError where no mail at all could go out."""
    if transport.kind == "smtp":
        from lmlint.bot.smtp import connected  # noqa: PLC0415  # smtplib and ssl are slow to load

        with connected(transport) as deliver:
            yield deliver
    elif transport.kind == "sendmail":
        from lmlint.bot.sendmail import handed  # noqa: PLC0415  # each way loads what it needs

        yield partial(handed, transport)
    elif transport.kind == "maildir" and transport.path is not None:
        from lmlint.bot.maildir import delivered, made  # noqa: PLC0415  # as above

        yield partial(delivered, made(transport.path))
    else:
        raise InputError("no way to send is configured; see `lmlint bot check-config`")
