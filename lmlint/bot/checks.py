"""What stands in the way of the bot as the settings have it, and which of its settings are dangerous.

Nothing is changed and nobody is asked over the network.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.bot.credentials import credentials
from lmlint.bot.policy import matches
from lmlint.bot.settings import (
    DRY,
    LIST,
    LOOPBACK,
    MAILDIR,
    MBOX,
    NOBODY,
    PUBLIC_INBOX,
    RECIPIENTS,
    SENDMAIL,
    SMTP,
    TO_MAILDIR,
)
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.bot.settings import ListSettings, Settings, Source, Transport

_FLEETING = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108  # folders that are warned of, and never written to
_WRITERS = 0o002


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a setting; `where` is its key below `bot.`. Where it is `grave`, the bot cannot work."""

    where: str
    what: str
    grave: bool


def problems(settings: Settings, environment: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return what is wrong, first for all lists, then list by list; the environment may hold a password."""
    found = [*_state(settings), *_transport(settings.transport, environment), *_file(settings)]
    for at, one in enumerate(settings.lists):
        found += _sources(one, at)
        found += _trees(one, at, settings)
        if one.answer != NOBODY:
            found += _answers(one, at, settings)
    return tuple(found)


def has_dkim() -> bool:
    """Whether signatures can be checked: a library does it that may be absent."""
    from importlib.util import find_spec  # noqa: PLC0415  # of use only here

    return find_spec("dkim") is not None


def kind_of_tree(path: Path, settings: Settings) -> str:
    """Return what a tree is, in words; InputError where it is none."""
    from lmlint.patch.tree import Tree  # noqa: PLC0415  # only what asks for a tree needs git

    if not path.is_dir():
        raise InputError(f"{path} is neither a folder nor a git repository; mend the path")
    if not os.access(path, os.R_OK | os.X_OK):
        raise InputError(f"{path} cannot be read; let the bot's user read it")
    tree = Tree(str(path), limits=settings.config.limits)
    try:
        return "a folder" if tree.repository is None else "a git repository"
    finally:
        tree.close()


def _state(settings: Settings) -> Iterator[Problem]:
    state = settings.state
    if state.exists() or state.is_symlink():
        if not state.is_file():
            yield Problem("state", f"{state} is no file; give the bot a file of its own", grave=True)
        elif not os.access(state, os.R_OK | os.W_OK):
            yield Problem("state", f"{state} cannot be written; let the bot's user write it", grave=True)
    if not state.parent.is_dir():
        yield Problem("state", f"{state.parent} is no folder; make it, for the bot's user", grave=True)
    elif not os.access(state.parent, os.W_OK | os.X_OK):
        what = "cannot be written, and SQLite keeps files beside the state; let the bot's user write it"
        yield Problem("state", f"{state.parent} {what}", grave=True)
    real = Path(os.path.realpath(state))
    if any(real.is_relative_to(folder) for folder in _FLEETING):
        what = (
            "is where files are cleared away, and what is not known any more may be told twice; give it a lasting place"
        )
        yield Problem("state", f"{state.parent} {what}", grave=False)


def _transport(transport: Transport, environment: Mapping[str, str]) -> Iterator[Problem]:
    if transport.kind == SMTP:
        try:
            login = credentials(transport.credentials, environment)
        except InputError as error:
            yield Problem("smtp.credentials", str(error), grave=True)
            login = None
        if transport.security == "none" and transport.host not in LOOPBACK:
            what = f"{'the password and the mails' if login else 'mails'} cross the network to {transport.host} in the"
            yield Problem("smtp.security", f"{what} clear; set starttls or tls", grave=bool(login))
    elif transport.kind == SENDMAIL and shutil.which(transport.command[0]) is None:
        yield Problem("sendmail.command", f"{transport.command[0]}: no such program; give its path", grave=True)
    elif transport.kind == TO_MAILDIR and transport.path is not None:
        above = transport.path if transport.path.exists() else transport.path.parent
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            yield Problem("maildir.path", f"{above} is no folder that can be written; make it", grave=True)


def _file(settings: Settings) -> Iterator[Problem]:
    if settings.path.stat().st_mode & _WRITERS:
        what = "can be written by everybody, who then say whom the bot writes to; chmod o-w"
        yield Problem("", f"{settings.path} {what} {settings.path}", grave=False)


def _sources(one: ListSettings, at: int) -> Iterator[Problem]:
    for source in one.sources:
        what, grave = _source(source)
        if what:
            yield Problem(f"list.{at}.{source.kind}", f"{source.path} {what}", grave=grave)


def _source(source: Source) -> tuple[str, bool]:
    """Return what is wrong with a source, "" where nothing is, and whether the list cannot be followed for it."""
    path, kind = source.path, source.kind
    what, grave = "", True
    if not path.exists():
        grave = kind == PUBLIC_INBOX or not path.parent.is_dir()
        what = "is not there; mend the path" if grave else "is not there yet; until it is, no mail comes from it"
    elif not os.access(path, os.R_OK):
        what = "cannot be read; let the bot's user read it"
    elif kind == PUBLIC_INBOX and not any(path.glob("git/*.git")):
        what = "has no git/0.git; give the folder of a public-inbox in format v2"
    elif kind == MAILDIR and not ((path / "new").is_dir() and (path / "cur").is_dir()):
        what = "is no maildir: it lacks new/ or cur/; mend the path"
    elif kind == MBOX and not path.is_file():
        what = "is no file; give an mbox"
    return what, grave


def _trees(one: ListSettings, at: int, settings: Settings) -> Iterator[Problem]:
    where = f"list.{at}.trees"
    if not one.trees:
        yield Problem(where, "there is no tree, so each patch is judged by its hunks alone; add `trees`", grave=False)
    for path in one.trees:
        try:
            kind_of_tree(path, settings)
        except InputError as error:
            yield Problem(where, str(error), grave=True)


def _answers(one: ListSettings, at: int, settings: Settings) -> Iterator[Problem]:
    """Yield what is dangerous for a list on which somebody is answered."""
    where = f"list.{at}"
    public = one.answer in {LIST, RECIPIENTS}
    if public and not one.moderate:
        what = "the whole list reads what nobody has looked at; set moderate = true until you trust the bot"
        yield Problem(f"{where}.moderate", what, grave=False)
    if public and one.positive:
        what = "each patch in which nothing is found is answered in public; people call that noise"
        yield Problem(f"{where}.positive", what, grave=False)
    if not one.embargo:
        what = "mails go out at once, before the author's second mail or a second look; 1 or more is kinder"
        yield Problem(f"{where}.embargo-hours", what, grave=False)
    if not one.maintainers:
        what = "nobody but the author of a patch may object to a finding; name those who look after this code"
        yield Problem(f"{where}.maintainers", what, grave=False)
    if one.answer == LIST and any(matches(pattern, one.address) for pattern in one.mute):
        yield Problem(f"{where}.mute", f"it mutes the list itself, {one.address}; mails go to authors", grave=False)
    if not settings.authserv and not has_dkim():
        what = "no objection can be proved: install lmlint[bot] for DKIM, or name a host in `trust-results-of`"
        yield Problem(where, what, grave=False)
    if settings.transport.kind == DRY:
        what = "somebody is to be answered, and no [bot.smtp], [bot.sendmail] or [bot.maildir] says how"
        yield Problem(f"{where}.answer", what, grave=False)
