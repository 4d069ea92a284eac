"""The command `lmlint bot rebuild`: a lost state, made anew from the sources and the bot's own mails in them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from lmlint.bot.feedback import obey
from lmlint.bot.intake import LONGEST_REASON, speaks
from lmlint.bot.round import Out, Round
from lmlint.bot.rows import OutboxRow
from lmlint.bot.series import parents
from lmlint.bot.service import alone, asked_to_end
from lmlint.bot.settings import MAILDIR, MBOX, Settings, Source, load_settings
from lmlint.bot.sieve import OWN
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, FAILED, Answer
from lmlint.error import InputError
from lmlint.patch.mail import read_letter
from lmlint.patch.mime import read_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lmlint.bot.desk import Desk
    from lmlint.bot.incoming import Incoming

HELD = "made by `lmlint bot rebuild`: look whether it was sent before"
_OWN_ID = re.compile(r"<lmlint-[0-9a-f]{32}@([^<>\s@]+)>")
_TOLD = re.compile(rb"\[[a-z-]+\s+([0-9a-f]{8})\]")
_FOOTER = re.compile(rb"\bfindings?\s+([0-9a-f]{8}(?:,\s+[0-9a-f]{8})*)\b")
_SIGNATURE = b"-- "


def command(config: Path | None, sent: Sequence[Path], jobs: int, out: Out) -> Answer:
    """Make the state of the settings in a file anew; status 2 where it is not finished."""
    errors = rebuild(load_settings(config), sent, jobs, out)
    return Answer(FAILED if errors else CLEAN, errors=errors)


def rebuild(
    settings: Settings,
    sent: Sequence[Path],
    jobs: int,
    out: Out,
    clock: Callable[[], int] = lambda: int(time.time()),
) -> tuple[str, ...]:
    """Make a state anew and put it in its place once it is whole; return what kept it from being finished.

    Every mail of the sources is read, those of the bot's own among them and in `sent` count as told, and everything is
    reviewed; the mails that this makes are held. InputError where there is a state. One that was not finished is gone
    on with.
    """
    target = settings.state
    for path in (target, *(target.with_name(f"{target.name}-{end}") for end in ("wal", "journal"))):
        if path.exists():
            raise InputError(f"{path}: is there; move it away, with all files beside it whose names begin like its own")
    made = target.with_name(f"{target.name}.rebuilt")
    with asked_to_end() as asked, alone(target):
        with Store(made) as store:
            work = Round(store, settings, out, clock, lambda: not asked.is_set(), jobs=jobs, held=HELD, hurry=True)
            work.watch = lambda desk, came: remember(store, desk, came)
            for path in sent:
                kind = MAILDIR if path.is_dir() else MBOX
                work.read_source(work.desk(settings.lists[0].name), Source(kind, path.absolute(), f"(sent) {path}"))
            work.read()
            if not work.errors:
                work.judge()
                _listen(work)
                work.judge()  # what is told anew for it is held as well
            if asked.is_set():
                return (f"{made}: not finished; call it again to go on",)
            if work.errors:
                return tuple(dict.fromkeys(work.errors))
            held = len(store.outbox("held"))
        if made.with_name(f"{made.name}-wal").exists():
            raise InputError(f"{made}: another program has it open; end that one, and call this again")
        made.replace(target)
    out.say(f"{target}: made anew; {held} mails are held: `lmlint bot queue list` shows them")
    return ()


def _listen(work: Round) -> None:
    """Obey what people said: only now are the findings there that they spoke of."""
    for which in work.store.kept_mails("reply", "cover", "patch", "other"):
        mail = work.store.mail(which)
        if speaks(mail.data) and work.going():
            with work.store.transaction():
                listed = work.settings.list(mail.list)
                done = obey(work.store, work.settings, listed, mail, mail.data, work.clock())[:LONGEST_REASON]
                work.store.set_mail(which, kind=mail.kind, reason=done)
            work.out.say(f"mail {which}: {done}")


def remember(store: Store, desk: Desk, came: Incoming) -> None:
    """Keep a mail of the bot's own as sent, with the findings that it tells; any other mail is left alone."""
    if came.wanted != OWN or came.error:
        return
    sender = desk.settings.sender
    limits = desk.settings.config.limits
    try:
        mail = read_letter(came.data, came.name, limits).mail
        texts = read_texts(came.data.split(b"\n"), came.name)[1]
    except InputError:
        return
    match = _OWN_ID.fullmatch(mail.message_id)
    if match is None or match[1].lower() != sender.domain.lower() or mail.author != sender.key:
        return
    thread = parents(mail)
    findings = dict.fromkeys(one for text in texts for one in _told(text.lines))
    store.queue(
        OutboxRow(
            0,
            mail.message_id,
            0,
            0,
            desk.list.name,
            thread[0] if thread else "",
            came.data,
            sender.spec,
            (),
            "sent",
            "found among the mails of a source",
            0,
            mail.sent,
            mail.sent,
            mail.sent,
            tuple(findings),
        )
    )


def _told(lines: Sequence[bytes]) -> list[str]:
    """Return the ids of the findings that a mail tells: below each of them, and in the footer."""
    own = [line.rstrip(b"\r") for line in lines if not line.startswith(b">")]
    end = next((at for at, line in enumerate(own) if line == _SIGNATURE), len(own))
    text, footer = b"\n".join(own[:end]), b" ".join(own[end:])
    named = [one for match in _FOOTER.finditer(footer) for one in re.findall(rb"[0-9a-f]{8}", match[1])]
    return [one.decode("ascii") for one in (*_TOLD.findall(text), *named)]
