"""A mail comes in: what it is, and what follows from it, kept in one step."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.dates import note_dates
from lmlint.bot.rows import MailRow
from lmlint.bot.series import adopt, parents, place, posting, root_of
from lmlint.bot.sieve import COMMAND
from lmlint.bot.signature import Patience
from lmlint.error import InputError
from lmlint.mailing.answered import is_id
from lmlint.patch.diff import read_diff
from lmlint.patch.mail import Mail, read_letter, read_mail
from lmlint.patch.mime import open_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lmlint.bot.desk import Desk
    from lmlint.bot.incoming import Incoming
    from lmlint.bot.settings import Settings
    from lmlint.bot.signature import Zone
    from lmlint.bot.store import Store

BATCH = 200
"""How many mails are kept in one step."""
LONGEST_REASON = 300
PATIENCE = 10.0
"""How many seconds a step may wait for keys: nobody else can write the state meanwhile. The rest is asked for later."""
_ENCODED = re.compile(rb"^content-transfer-encoding:\s*(?:base64|quoted-printable)", re.IGNORECASE | re.MULTILINE)
_SPEAKS = re.compile(rb"#\s?lmlint", re.IGNORECASE)
_END = re.compile(rb"\n\r?\n")
_NULL = re.compile(rb"\s*<\s*>\s*")
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster)@.*")


def take_all(  # noqa: PLR0913  # what is kept, and what of it is optional
    store: Store,
    desk: Desk,
    mails: Iterable[Incoming],
    now: int,
    *,
    source: str = "",
    watch: Callable[[Incoming], None] = lambda _: None,
) -> list[MailRow]:
    """Keep some mails, and the mark of the source that they come from, in one step; return their rows.

    `watch` is told of each of them before it is kept, in the same step.
    """
    rows, mark = list[MailRow](), ""
    zone = Patience(PATIENCE)
    with store.transaction():
        for came in mails:
            watch(came)
            rows.append(take(store, desk, came, now, zone))
            mark = came.mark
        note_dates(store, desk.list.name, [row.sent for row in rows], now)
        if source and rows:
            store.set_mark(source, mark)
    return rows


def take(store: Store, desk: Desk, came: Incoming, now: int, zone: Zone) -> MailRow:
    """Keep a mail and what follows from it, and return its row; to be called in a transaction.

    `zone` gives the keys of signatures. Whatever the mail holds, there is a row in the end: what cannot be read is
    `bad`, with the reason.
    """
    blank = MailRow(0, "", "", desk.list.name, "", "", 0, now, "other", "", 0, 0, 0, b"")
    step = _Step(store, desk, came, now, zone)
    if came.error:
        return step.add(replace(blank, kind="bad", reason=came.error))
    try:
        letter = read_letter(came.data, came.name, desk.settings.config.limits)
    except InputError as error:
        return step.add(replace(blank, kind="bad", reason=str(error)))
    mail = letter.mail
    mail = replace(mail, message_id=mail.message_id if is_id(mail.message_id) else "")
    row = replace(
        blank,
        message_id=mail.message_id,
        author=mail.author,
        subject=mail.subject,
        sent=mail.sent,
        number=mail.number,
        total=mail.total,
    )
    if (known := store.mail_of(mail.message_id)) is not None and known.kind != "bad":
        return step.again(row, known)
    if not came.wanted:
        return step.uninteresting(row, mail, patch=came.patch)
    kind, reason = _machine(came.data, mail.author, desk.settings)
    if kind:
        return step.add(replace(row, kind=kind, reason=reason))
    made = step.person(row, mail, diff=letter.holds == "diff")
    return made if made.kind == "duplicate" or not step.speaks else step.obeyed(made)


def speaks(data: bytes) -> bool:
    """Whether a mail may speak to the bot, as its bytes show: the text of one that is encoded may do so as well."""
    return _SPEAKS.search(data) is not None or _ENCODED.search(data) is not None


@dataclass(frozen=True, slots=True)
class _Step:
    """One mail on its way into the state."""

    store: Store
    desk: Desk
    came: Incoming
    now: int
    zone: Zone

    @property
    def speaks(self) -> bool:
        """Whether the mail may speak to the bot."""
        return self.came.wanted == COMMAND or speaks(self.came.data)

    def add(self, row: MailRow) -> MailRow:
        """Keep a mail."""
        row = replace(row, reason=row.reason[:LONGEST_REASON])
        return replace(row, id=self.store.add_mail(row))

    def person(self, row: MailRow, mail: Mail, *, diff: bool) -> MailRow:
        """Keep a mail that no program wrote, and that may be of interest; `diff` is whether it holds one unquoted."""
        if mail.total and not mail.number and not mail.reply:
            body = "" if mail.message_id else _hash(self.came.data)
            if (known := self.store.seen("", body)) is not None:
                return self.again(replace(row, body=body), known)
            series = adopt(self.store, mail, self.now)
            return self.add(replace(row, kind="cover", body=body, series=series, data=self.came.data))
        if not mail.reply and (diff or mail.patch):
            return self.patch(row, mail)
        kind = "reply" if mail.reply else "other"
        return self.add(replace(row, kind=kind, data=self.came.data if self.speaks else b""))

    def patch(self, row: MailRow, mail: Mail) -> MailRow:
        """Keep a patch: of one that touches no file of a rule, only that it came."""
        limits = self.desk.settings.config.limits
        try:
            diff = read_mail(self.came.data, self.came.name, limits).diff
            files = read_diff(diff, self.came.name, limits).files
        except InputError as error:
            return self.add(replace(row, kind="bad", reason=str(error)))
        paths = {path for one in files for path in (one.old_path, one.new_path) if path is not None}
        if not any(map(self.desk.concerns, paths)):
            return self.uninteresting(row, mail, patch=True)
        row = replace(row, body=_body(diff, mail))
        if (known := self.store.seen("", row.body)) is not None and known.kind != "bad":
            return self.again(row, known)
        series = place(self.store, mail, self.desk.list.name, self.now)
        return self.add(replace(row, kind="patch", series=series, data=self.came.data))

    def uninteresting(self, row: MailRow, mail: Mail, *, patch: bool) -> MailRow:
        """Keep that a mail came; of a patch its number, by which its series is known to be whole."""
        if not patch or mail.reply:
            return self.add(row)
        if mail.number and (key := posting(root_of(mail), mail.author, mail.version, mail.total)):
            self.store.note_outside(key, mail.number)
        return self.add(replace(row, kind="patch", reason="it touches no file of a rule"))

    def again(self, row: MailRow, known: MailRow) -> MailRow:
        """Keep that a mail came once more; of the lists it came through, the one that answers gets its series."""
        name, settings = self.desk.list.name, self.desk.settings
        if known.series and known.list != name:
            series = self.store.series(known.series)
            if series.state == "open" and _rank(settings, name) < _rank(settings, series.list):
                self.store.set_series(replace(series, list=name))
        return self.add(replace(row, kind="duplicate", reason=f"mail {known.id} is the same"))

    def obeyed(self, row: MailRow) -> MailRow:
        """Have the commands in a mail obeyed, and keep with it what was done."""
        from lmlint.bot.feedback import obey  # noqa: PLC0415  # of use to few mails, and slow to load

        settings, data = self.desk.settings, self.came.data
        done = obey(self.store, settings, self.desk.list, row, data, self.now, zone=self.zone)[:LONGEST_REASON]
        if not done:
            return row
        self.store.set_mail(row.id, kind=row.kind, reason=done)
        return replace(row, reason=done)


def _rank(settings: Settings, name: str) -> tuple[bool, int]:
    """Return by what the list of a series is chosen among those it came through: one that answers, the first named."""
    names = [one.name for one in settings.lists]
    if name not in names:  # it was, when the series came
        return True, len(names)
    at = names.index(name)
    return settings.lists[at].answer == "nobody", at


def _machine(data: bytes, author: str, settings: Settings) -> tuple[str, str]:
    """Return `own` or `bot` and why a program wrote a mail, "" twice where a person did as far as it tells.

    Precedence is not looked at: lists put `bulk` on every mail.
    """
    fields = list(_fields(data))
    own = settings.sender.key
    if author == own:
        return "own", "it is from the bot's own address"
    if any(own.encode() in value.lower() for key, value in fields if key == "x-loop"):
        return "own", "its X-Loop names the bot"
    if any(value.split(b";")[0].strip().lower() != b"no" for key, value in fields if key == "auto-submitted"):
        return "bot", "a program wrote it, as its Auto-Submitted says"
    if any(_NULL.fullmatch(value) for key, value in fields if key == "return-path") or _DAEMON.fullmatch(author):
        return "bot", "it is a report of a mail system"
    return "", ""


def _fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the header fields of a mail, repeated ones as well, by name in lower case."""
    head = data[: end.end()] if (end := _END.search(data)) else data
    for key, value in open_mail(head.split(b"\n"))[0].items():
        yield key.partition(" ")[0], value


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _body(diff: bytes, mail: Mail) -> str:
    """Return what tells a patch from any other whatever lists add to it: what it changes, and whose it is."""
    whose = (mail.author, mail.title, str(mail.version), f"{mail.number}/{mail.total}", str(mail.resend))
    return f"{_hash(diff)}-{_hash(*(one.encode('utf-8', 'surrogateescape') for one in whose))}"


def answers_us(store: Store, mail: Mail, author: str) -> bool:
    """Whether a mail stands below one of the bot's own in a thread that another author began: it may be a program's."""
    for parent in reversed(parents(mail)):
        if (own := store.outbox_of(parent)) is not None:
            if own.series:
                return store.series(own.series).author != author
            answered = parents(read_letter(own.data, own.message_id).mail)  # of a state that was lost
            known = store.mail_of(answered[-1]) if answered else None
            return known is None or known.author != author
    return False
