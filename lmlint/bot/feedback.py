"""What people tell the bot is obeyed, where they may say it and it is proved to be theirs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.authentic import Proof, prove
from lmlint.bot.rows import Objection
from lmlint.bot.series import parents
from lmlint.bot.signature import dns_texts
from lmlint.bot.spoken import MOST, Command, commands
from lmlint.error import InputError
from lmlint.patch.mail import read_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmlint.bot.rows import MailRow, SeriesRow
    from lmlint.bot.settings import ListSettings, Settings
    from lmlint.bot.signature import Zone
    from lmlint.bot.store import Store

TRIES = 8
"""How often a key is asked for; the pauses double, and make about ten hours in all."""
FIRST_PAUSE = 300
"""In seconds."""
MOST_WAITING = 100
MOST_A_ROUND = 10
MOST_RECHECKS = 5
"""Of a series in a day: a review takes time, and a mail can be sent again with another Message-ID."""

_DAY = 86_400
_MARK = "(feedback)"
"""What no source can be called."""
_CANNOT = "it is neither from the author of the patch nor from a listed maintainer"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail whose proof is to be tried again: how often it was, and when it is next, in seconds since 1970."""

    mail: int
    tries: int
    due: int


@dataclass(frozen=True, slots=True)
class _Order:
    """A command and the series that it is about; `refused` is why it is not obeyed, "" where the sender may give it."""

    command: Command
    series: SeriesRow | None
    refused: str

    @property
    def name(self) -> str:
        """The command as it is spoken of."""
        return " ".join(filter(None, (self.command.verb, self.command.finding))) or f"`{self.command.why[:40]}`"


def obey(  # noqa: PLR0913, PLR0917  # intake has no more to say of a mail, and no less
    store: Store,
    settings: Settings,
    list_settings: ListSettings,
    mail: MailRow,
    data: bytes,
    now: int,
    *,
    zone: Zone = dns_texts,
) -> str:
    """Return what was done about the commands in a mail or why not, "" where it holds none; inside a transaction.

    A proof is looked for, over the network, only where the author is somebody who may object. Where the network is
    what is missing, the mail is tried again by `retry`.
    """
    said, later = _obeyed(store, settings, list_settings, mail, data, now, zone)
    return f"{said}; {_wait(store, _Waiting(mail.id, 0, now), now)}" if later and mail.data else said


def retry(store: Store, settings: Settings, now: int, *, zone: Zone = dns_texts) -> tuple[str, ...]:
    """Try again what could not be proved before, and is due; return what came of each mail, in words.

    Each is a transaction of its own, in which the network may be waited for.
    """
    told: list[str] = []
    due = [one for one in _waiting(store) if one.due <= now or one.due > now + _DAY]  # a clock may have been set back
    for one in due[:MOST_A_ROUND]:
        with store.transaction():
            _keep(store, [other for other in _waiting(store) if other.mail != one.mail])
            mail = store.mail(one.mail)
            names = {known.name: known for known in settings.lists}
            if mail.list not in names:
                said, later = f"its list {mail.list} is followed no more", False
            else:
                said, later = _obeyed(store, settings, names[mail.list], mail, mail.data, now, zone)
            if later:
                said = f"{said}; {_wait(store, one, now)}"
            store.set_mail(mail.id, kind=mail.kind, reason=said[:300])
            told.append(f"mail {mail.id}: {said}")
    return tuple(told)


def _obeyed(  # noqa: PLR0913, PLR0917  # as above
    store: Store,
    settings: Settings,
    list_settings: ListSettings,
    mail: MailRow,
    data: bytes,
    now: int,
    zone: Zone,
) -> tuple[str, bool]:
    """Return what was done about the commands in a mail, and whether more of them may be obeyed later."""
    try:
        spoken = commands(data, mail.message_id)
        parent_ids = parents(read_letter(data, mail.message_id, settings.config.limits).mail)
    except InputError as error:
        return f"its commands cannot be read: {error}", False
    if not spoken:
        return "", False
    lists = {one.name: one for one in (*settings.lists, list_settings)}
    orders = [_order(store, lists, mail.author, parent_ids, one) for one in _distinct(spoken[:MOST])]
    proof = None
    if any(not one.refused for one in orders):
        proof = prove(data, mail.author, now, settings.authserv, zone)
    told = []
    for one in orders:
        if one.refused or proof is None:
            told.append((one.name, f"ignored: {one.refused}"))
        elif not proof.by:
            told.append((one.name, f"ignored: {proof.why}"))
        else:
            told.append((one.name, _done(store, one, mail, proof, now)))
    if len(spoken) > MOST:
        told.append(("more", f"ignored: no more than {MOST} commands of a mail are obeyed"))
    return "; ".join(_joined(told)), proof is not None and proof.later


def _distinct(spoken: Sequence[Command]) -> Iterator[Command]:
    """Yield the commands, each thing once."""
    known = set()
    for one in spoken:
        key = (one.verb, one.finding, "" if one.verb else one.why)
        if key not in known:
            known.add(key)
            yield one


def _joined(told: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield what came of all commands, those of one fate together."""
    for fate in Counter(fate for _, fate in told):
        yield f"{', '.join(name for name, other in told if other == fate)}: {fate}"


def _order(
    store: Store, lists: dict[str, ListSettings], author: str, parent_ids: Sequence[str], command: Command
) -> _Order:
    """Return what a command is about, and whether its sender may give it."""
    if not command.verb:
        return _Order(command, None, "it is not understood")
    if not command.finding:
        series = store.series_of_thread(parent_ids)
        if series is None:
            return _Order(command, None, "the mail answers no patch and no mail of the bot that is known")
        return _Order(command, series, "" if _may(lists, author, series) else _CANNOT)
    held = [store.series(one) for one in dict.fromkeys(row.series for row in store.findings_of(command.finding))]
    if not held:
        return _Order(command, None, "no finding has this id")
    # Whoever sends another's patch again is no judge of what was found in it, unless it was they who were told.
    for at, series in enumerate(held):
        if series.author == author and at and series.author != held[0].author:
            told = store.told(series.root).get(command.finding) if series.root else None
            if told is None or told.state != "sent":
                continue
        if _may(lists, author, series):
            return _Order(command, series, "")
    return _Order(command, held[0], _CANNOT)


def _may(lists: dict[str, ListSettings], author: str, series: SeriesRow) -> bool:
    """Whether somebody may give commands about a series: its author, and the maintainers of its list."""
    return bool(author) and (
        author == series.author or (series.list in lists and author in lists[series.list].maintainers)
    )


def _done(store: Store, order: _Order, mail: MailRow, proof: Proof, now: int) -> str:
    """Do what a command asks for, and return what was done."""
    command, series = order.command, order.series
    if series is None:
        return "ignored: it is about no series"
    if why := _needless(store, command, series, mail.message_id, now) or _unproved(command, mail, proof):
        return why
    store.object(
        Objection(
            0,
            command.finding,
            command.verb,
            mail.author,
            mail.message_id,
            mail.list,
            series.id,
            series.root,
            now,
            proof.by,
            command.why,
        )
    )
    if command.verb == "recheck":
        store.set_series(replace(series, state="open"))
        return f"series {series.id} is reviewed again ({proof.by})"
    if command.verb == "stop":
        _withdraw(store, f"withdrawn: told to stop by {mail.author}", thread=series.root)
        return f"the bot keeps out of the thread ({proof.by})"
    _withdraw(store, f"withdrawn: {command.verb} {command.finding}, says {mail.author}", finding=command.finding)
    return f"never told again ({proof.by})"


def _unproved(command: Command, mail: MailRow, proof: Proof) -> str:
    """Return what a proof lacks for a command, "" where nothing."""
    if not mail.message_id:
        return "ignored: the mail has no Message-ID to record it with"
    if not command.finding and not proof.threaded:
        return "ignored: the DKIM signature does not cover which mail this one answers"
    return ""


def _needless(store: Store, command: Command, series: SeriesRow, message_id: str, now: int) -> str:
    """Return why a command changes nothing, "" where it may."""
    before = [one for one in store.objections() if (one.verb, one.finding) == (command.verb, command.finding)]
    if command.verb == "recheck" and all(one.message_id != message_id for one in before):
        often = sum(one.series == series.id and abs(now - one.at) < _DAY for one in before) >= MOST_RECHECKS
        return f"ignored: the series was reviewed again {MOST_RECHECKS} times in a day" if often else ""
    known = [one for one in before if command.finding or one.thread == series.root]
    return f"known already, by {known[0].message_id}" if known else ""


def _withdraw(store: Store, reason: str, *, thread: str = "", finding: str = "") -> None:
    """Drop the mails that are not sent yet, of a thread or with a finding; what else these tell is written anew."""
    for row in store.outbox("held", "waiting", "parked"):
        if (thread and row.thread == thread) or (finding and finding in row.findings):
            store.set_outbox(row.id, state="dropped", reason=reason)
            if finding and len(row.findings) > 1 and row.series:
                store.set_series(replace(store.series(row.series), state="open"))


def _wait(store: Store, before: _Waiting, now: int) -> str:
    """Have a mail tried again later, and return that in words."""
    tries = before.tries + 1
    others = [one for one in _waiting(store) if one.mail != before.mail]
    if tries >= TRIES or len(others) >= MOST_WAITING:
        return "given up"
    _keep(store, [*others, _Waiting(before.mail, tries, now + FIRST_PAUSE * 2 ** (tries - 1))])
    return "tried again later"


def _waiting(store: Store) -> list[_Waiting]:
    return [_Waiting(*one) for one in json.loads(store.mark(_MARK) or "[]")]


def _keep(store: Store, waiting: Sequence[_Waiting]) -> None:
    store.set_mark(_MARK, json.dumps([(one.mail, one.tries, one.due) for one in waiting]))
