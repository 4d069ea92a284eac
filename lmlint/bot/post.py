"""What is due goes out: the state is kept before a mail is handed over and after, so that a crash only repeats it."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.backoff import ATTEMPTS, Halt, halt_of, pause, rest, set_halt
from lmlint.bot.deliver import opened
from lmlint.bot.outcome import AGAIN, BETWEEN, LOST, PARKED, REFUSED, SENT, Outcome, listed, said
from lmlint.bot.settings import DRY, HOUR
from lmlint.error import InputError
from lmlint.mailing.address import read_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lmlint.bot.rows import OutboxRow
    from lmlint.bot.settings import Settings
    from lmlint.bot.store import Store

DAY = 24 * HOUR
_LEFT_OUT = "left out for good: "
_UNSENDABLE = re.compile(rb"\r(?!\n)|\0")


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one mail: SENT, AGAIN or PARKED, or DRY where it would have been sent; and what there is to say.

    An empty state: nothing was done, somebody else took it out of the queue meanwhile.
    """

    id: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did, in order; how many mails are due and wait for the next; why nothing (more) is sent, or ""."""

    steps: tuple[Step, ...] = ()
    waiting: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class _At:
    """What a round goes by, from its first mail to its last."""

    store: Store
    settings: Settings
    now: int


def send_due(
    store: Store, settings: Settings, now: int, *, send: bool, going: Callable[[], bool] = lambda: True
) -> Sent:
    """Hand over what is due at `now`, as many mails as the caps of this hour allow, and return what became of them.

    Without `send`, nothing is handed over and nothing changes: the steps say which mails would be sent. Before each
    mail, `going` is asked whether to go on. InputError where the state cannot be kept: then no mail follows.
    """
    if send:
        _mend_clock(store, settings, now)
    due = [row for row in store.outbox("waiting") if row.due <= now]
    rows = _allowed(store, settings, now, due)
    if stopped := halted(store, settings, now):
        return Sent((), len(due), stopped)
    if not send:
        return Sent(tuple(Step(row.id, DRY) for row in rows), len(due) - len(rows))
    if not rows:
        return Sent((), len(due))
    with ExitStack() as stack:
        try:
            deliver = stack.enter_context(opened(settings.transport))
        except InputError as error:
            return Sent((), len(due), _halt(store, settings, now, str(error)))
        steps, stopped = _round(_At(store, settings, now), rows, deliver, going)
    return Sent(steps, len(due) - len(steps), stopped)


def _round(
    at: _At, rows: Sequence[OutboxRow], deliver: Callable[[OutboxRow], Outcome], going: Callable[[], bool]
) -> tuple[tuple[Step, ...], str]:
    """Hand over mails one by one; return what became of them, and why not of all."""
    steps: list[Step] = []
    for row in rows:
        stopped = _stop_file(at.settings.stop_file) if going() else "asked to end"
        if stopped:
            return tuple(steps), stopped
        step, outcome = _send(at.store, at.now, row.id, deliver)
        steps.append(step)
        if outcome.ends == REFUSED:
            return tuple(steps), _halt(at.store, at.settings, at.now, outcome.reason)
        set_halt(at.store, None)
        if outcome.ends == LOST:
            return tuple(steps), outcome.reason
    return tuple(steps), ""


def halted(store: Store, settings: Settings, now: int) -> str:
    """Return why nothing is sent for now, in words: the stop file, or a way of sending that failed; "" where it is."""
    if stopped := _stop_file(settings.stop_file):
        return stopped
    halt = halt_of(store)
    if halt is None or halt.transport != str(settings.transport) or not now < halt.due <= now + rest(halt.failures):
        return ""
    return f"{halt.reason}; tried again in {-(-(halt.due - now) // 60)} min"


def _stop_file(path: Path) -> str:
    """Return that the stop file is there, or that this cannot be told, or ""."""
    try:
        path.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path}: it cannot be told whether the stop file is there ({error.strerror})"
    return f"{path}: the stop file is there; delete it to let mails go out"


def _halt(store: Store, settings: Settings, now: int, reason: str) -> str:
    """Note that this way of sending fails, so that it is left alone for a while; return the reason."""
    before = halt_of(store)
    failures = 1 if before is None or before.transport != str(settings.transport) else before.failures + 1
    set_halt(store, Halt(failures, now + rest(failures), reason, str(settings.transport)))
    return reason


def _mend_clock(store: Store, settings: Settings, now: int) -> None:
    """Let mails that a clock gone wrong has put off for too long wait as long as they should, from now on."""
    embargo = {one.name: one.embargo for one in settings.lists}
    for row in store.outbox("waiting"):
        wait, latest = pause(row.attempts), pause(row.attempts)
        if not row.attempts:
            wait = embargo.get(row.list, 0)
            latest = wait + DAY
        if row.due > now + latest:
            store.set_outbox(row.id, due=now + wait)


def _allowed(store: Store, settings: Settings, now: int, due: list[OutboxRow]) -> list[OutboxRow]:
    """Return the mails that this hour has room for: of all lists together, and of each."""
    room = settings.per_hour - _lately(store, now)
    rooms = {one.name: one.per_hour - _lately(store, now, one.name) for one in settings.lists}
    allowed = []
    for row in due:
        if room > 0 and rooms.get(row.list, 1) > 0:
            allowed.append(row)
            room -= 1
            if row.list in rooms:
                rooms[row.list] -= 1
    return allowed


def _lately(store: Store, now: int, list_name: str = "") -> int:
    """Return how many mails went out in the hour that ends now; what a clock gone wrong sent later than now is none."""
    return store.sent_since(now - HOUR + 1, list=list_name) - store.sent_since(now + 1, list=list_name)


def _send(store: Store, now: int, which: int, deliver: Callable[[OutboxRow], Outcome]) -> tuple[Step, Outcome]:
    """Hand over one mail between two transactions: the first says that it is tried, the second what came of it."""
    with store.transaction():
        row = store.outbox_mail(which)
        if row.state != "waiting" or row.due > now:  # another process was faster
            return Step(which, ""), Outcome("")
        if row.attempts >= ATTEMPTS:  # each of which was cut off by a crash
            outcome = Outcome(PARKED, f"given up: {row.attempts} attempts, and none of them came to an end")
        else:
            outcome = _unsendable(row)
            store.set_outbox(which, attempts=row.attempts + 1, due=now + pause(row.attempts + 1))
    if not outcome.state:
        fit = tuple(one for one in row.recipients if _is_address(one))
        outcome = deliver(replace(row, recipients=fit))
        if outcome.state == AGAIN and outcome.ends != REFUSED and row.attempts + 1 >= ATTEMPTS:
            outcome = replace(outcome, state=PARKED, reason=f"given up after {ATTEMPTS} attempts: {outcome.reason}")
    return _keep(store, now, row, outcome), outcome


def _unsendable(row: OutboxRow) -> Outcome:
    """Return why a mail can be sent in no way, or an outcome without a state."""
    if not _is_address(row.sender):
        return Outcome(PARKED, f"the sender is no address: {said(ascii(row.sender[:60]))}")
    if not any(map(_is_address, row.recipients)):
        return Outcome(PARKED, "none of the recipients is an address")
    if _UNSENDABLE.search(row.data):
        return Outcome(PARKED, "the mail holds a zero byte, or a carriage return that ends no line")
    return Outcome("")


def _is_address(text: str) -> bool:
    """Whether a text is an address and nothing else: in ASCII, without blanks, no dash in front."""
    found = read_address(text)
    return found is not None and found.spec == text


def _keep(store: Store, now: int, row: OutboxRow, outcome: Outcome) -> Step:
    """Keep what came of an attempt."""
    bad = [said(ascii(one[:60])) for one in row.recipients if not _is_address(one)]
    parts = [part for part in row.reason.split(BETWEEN) if part.startswith(_LEFT_OUT)]
    if bad and not parts:
        parts.append(f"{_LEFT_OUT}{listed(bad)} (no address)")
    parts += [_LEFT_OUT + outcome.left_out] if outcome.left_out else []
    parts = [*dict.fromkeys(parts), *([outcome.reason] if outcome.reason else [])]
    reason = BETWEEN.join(parts)
    with store.transaction():
        if outcome.state == SENT:
            store.set_outbox(row.id, state="sent", sent=now, reason=reason)
        elif store.outbox_mail(row.id).state != "waiting":
            return Step(row.id, "", "taken out of the queue while it was sent")
        elif outcome.state == PARKED:
            store.set_outbox(row.id, state="parked", reason=reason)
        elif outcome.ends == REFUSED:  # not the mail's fault: it counts for nothing
            store.set_outbox(row.id, attempts=row.attempts, due=row.due, reason=reason)
        else:
            store.set_outbox(row.id, reason=reason, recipients=outcome.left or None)
    return Step(row.id, outcome.state, reason)
