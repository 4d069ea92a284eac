"""The commands over the mails that wait: listed, shown as they would be sent, let go, or taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.outcome import listed, said
from lmlint.bot.post import halted
from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, Answer
from lmlint.error import InputError
from lmlint.mailing.compose import shown_date
from lmlint.mailing.heading import read_heading
from lmlint.patch.subject import decode
from lmlint.report.text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from lmlint.bot.rows import OutboxRow
    from lmlint.bot.settings import Settings

OPEN = ("held", "waiting", "parked")
"""The states of mails of which it is not settled what becomes of them."""

_AGES = ((86_400, "d"), (3600, "h"), (60, "min"))


def show_list(arguments: argparse.Namespace, now: int) -> Answer:
    """Return the mails in the states asked for, those that are not settled by default."""
    settings = load_settings(arguments.config)
    with _opened(settings) as store:
        rows = store.outbox(*(arguments.state or OPEN))
        stopped = halted(store, settings, now)
    head = f"nothing is sent for now: {printable(stopped)}\n" if stopped else ""
    return Answer(CLEAN, head + ("".join(_entry(row, now) for row in rows) or "no mails\n"))


def show_mail(arguments: argparse.Namespace) -> Answer:
    """Return a mail as it is sent, byte for byte."""
    with _opened(load_settings(arguments.config)) as store:
        return Answer(CLEAN, data=store.outbox_mail(arguments.id).data)


def approve(arguments: argparse.Namespace, now: int) -> Answer:
    """Let held mails go, and try parked ones again; none of them where one cannot be."""
    with _opened(load_settings(arguments.config)) as store, store.transaction():
        rows = _rows(store, arguments.id, ("held", "parked"), "approved")
        for row in rows:
            due = row.due if row.state == "held" else now
            store.set_outbox(row.id, state="waiting", reason="", attempts=0, due=due)
    later = [row for row in rows if row.state == "held" and row.due > now]
    lines = [f"mail {row.id} goes out at {shown_date(row.due)}: the embargo of its list" for row in later]
    lines += [f"mail {row.id} goes out with the next round" for row in rows if row not in later]
    return Answer(CLEAN, "".join(f"{line}\n" for line in lines))


def drop(arguments: argparse.Namespace) -> Answer:
    """Take mails out of the queue for good; none of them where one is sent already."""
    why = said(arguments.reason) if arguments.reason else ""
    with _opened(load_settings(arguments.config)) as store, store.transaction():
        rows = _rows(store, arguments.id, OPEN, "dropped")
        for row in rows:
            store.set_outbox(row.id, state="dropped", reason=why)
    return Answer(CLEAN, "".join(f"mail {row.id} is dropped\n" for row in rows))


def _opened(settings: Settings) -> Store:
    """Return the state that is there; a command that looks at it makes none."""
    return Store(settings.state, create=False)


def _rows(store: Store, ids: Sequence[int], states: Sequence[str], done: str) -> list[OutboxRow]:
    """Return mails by their ids, each once; InputError where one is in none of these states."""
    rows = [store.outbox_mail(one) for one in dict.fromkeys(ids)]
    for row in rows:
        if row.state not in states:
            raise InputError(f"mail {row.id} is {row.state}: only what is {' or '.join(states)} can be {done}")
    return rows


def _entry(row: OutboxRow, now: int) -> str:
    """Return what the list says of one mail; whatever its subject holds cannot drive a terminal."""
    subject = decode(read_heading(row.data).value("subject"))
    first = f"{row.id:>5}  {row.state:8}{_age(now - row.created):>7}  {row.list}  to {listed(row.recipients)}"
    lines = [first, f"       {subject}"]
    lines += [f"       tells {', '.join(row.findings)}"] if row.findings else []
    if row.state in OPEN and row.due > now:
        tried = f"tried {row.attempts} times, " if row.attempts else ""
        lines.append(f"       {tried}not before {shown_date(row.due)}")
    lines += [f"       {row.reason}"] if row.reason else []
    return "".join(f"{printable(line)}\n" for line in lines)


def _age(seconds: int) -> str:
    """Return a time that has passed, in its largest unit."""
    for size, name in _AGES:
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "now"
