"""A public-inbox in its second format: bare git repositories, its epochs, each commit of which brings one mail.

The repositories are a stranger's: git is told to run, fetch and believe nothing that they name, and only reads objects.
The mark is the last commit of each epoch that was dealt with. Where a history was rewritten, as when a mail is purged,
the reading goes on from the last commit that both histories have, or starts again: mails may come twice, but none is
passed over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.bot.epoch import commits, git
from lmlint.bot.incoming import Asked, Incoming
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lmlint.bot.settings import Source
    from lmlint.bot.sift import Sifted

_EPOCH = re.compile(r"(0|[1-9]\d{0,5})\.git")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MANY = 1_000
"""How many new commits of an epoch are worth processes of their own."""


@dataclass(frozen=True, slots=True)
class _News:
    """What is new in an epoch: its commits after one ("" for all) up to its newest, and how many they are."""

    number: str
    folder: Path
    newest: str
    after: str
    count: int


def read_inbox(source: Source, mark: str, asked: Asked) -> Iterator[Incoming]:
    """Yield the mails since the mark, by epochs; InputError where the folder is no public-inbox or git cannot read."""
    marks = _marks(mark, source, asked)
    news = [one for one in (_news(epoch, marks, source, asked) for epoch in _epochs(source)) if one is not None]
    total, done = sum(one.count for one in news), 0
    for one in news:
        for sifted in _sifted(one, asked):
            marks[one.number] = sifted.commit
            done += 1
            asked.done(min(done, total), total)
            name = f"{source.name}: {one.number}.git {sifted.commit[:12]}"
            error = f"{name}: {sifted.error}" if sifted.error else ""
            look = sifted.look
            yield Incoming(
                source.name, asked.list, name, sifted.data, json.dumps(marks), look.wanted, look.patch, error
            )


def behind_inbox(source: Source, mark: str, asked: Asked) -> int:
    """Return how many commits came since the mark; InputError as for `read_inbox`. `asked` has a `progress`."""
    marks = _marks(mark, source, asked)
    return sum(one.count for epoch in _epochs(source) if (one := _news(epoch, marks, source, asked)) is not None)


def _sifted(news: _News, asked: Asked) -> Iterator[Sifted]:
    """Yield the mails of an epoch, gone through the sieve."""
    from lmlint.bot.sift import sift, sift_in_processes  # noqa: PLC0415 (most polls bring nothing)

    listed = commits(news.folder, news.newest, news.after)
    if asked.jobs > 1 and news.count >= _MANY:
        return sift_in_processes(news.folder, listed, asked.sieve, asked.limits.bytes, asked.jobs)
    return sift(news.folder, listed, asked.sieve, asked.limits.bytes)


def _epochs(source: Source) -> list[tuple[int, Path]]:
    """Return the epochs of an inbox, the oldest first."""
    folder = source.path / "git"
    try:
        found = [(match, entry) for entry in folder.iterdir() if (match := _EPOCH.fullmatch(entry.name))]
        epochs = sorted((int(match[1]), entry.resolve(strict=True)) for match, entry in found)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks
        if (source.path / "HEAD").is_file() and (source.path / "objects").is_dir():
            what = "a public-inbox of the first format, or a single epoch; give the folder above git/"
            raise InputError(f"{source.path}: {what}, or convert it (public-inbox-convert OLD NEW)") from None
        reason = getattr(error, "strerror", None) or "a loop of symlinks"
        what = f"no public-inbox: {folder} cannot be read ({reason})"
        raise InputError(f"{source.path}: {what}; give the folder that holds git/0.git") from None
    if not epochs:
        raise InputError(f"{source.path}: no public-inbox: no epoch in {folder}; give the folder that holds git/0.git")
    return epochs


def _news(epoch: tuple[int, Path], marks: dict[str, str], source: Source, asked: Asked) -> _News | None:
    """Return what is new in an epoch, None for nothing."""
    number, folder = str(epoch[0]), epoch[1]
    status, newest = git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if status > 1 or (not status and not _COMMIT.fullmatch(newest)):
        raise InputError(f"{folder}: git cannot read this epoch; fetch it again")
    mark = marks.get(number, "")
    if status:  # no commit yet: one that is being made, or was left out of a mirror
        return None
    if newest == mark:
        return None
    after = mark
    if mark:
        _, after = git(folder, "merge-base", mark, newest)
        after = after if _COMMIT.fullmatch(after) else ""
        if after != mark:
            where = f"goes on after commit {after[:12]}" if after else "is read from its start"
            asked.tell(f"{source.name}: {number}.git: its history was rewritten; it {where}")
    count = 0
    if asked.jobs > 1 or asked.progress is not None:
        _, text = git(folder, "rev-list", "--count", "--first-parent", newest, *([f"^{after}"] if after else []), "--")
        count = int(text) if text.isascii() and text.isdecimal() else 0
    return _News(number, folder, newest, after, count)


def _marks(mark: str, source: Source, asked: Asked) -> dict[str, str]:
    """Return the last commit of each epoch, as a mark says."""
    if not mark:
        return {}
    try:
        data = json.loads(mark)
    except ValueError:
        data = None
    good = isinstance(data, dict) and all(isinstance(one, str) and _COMMIT.fullmatch(one) for one in data.values())
    if not good:
        asked.tell(f"{source.name}: its mark cannot be read; all mails are read again")
        return {}
    return dict(data)
