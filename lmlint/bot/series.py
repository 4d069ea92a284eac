"""Which series a patch belongs to, when all of it is here, and which versions it has besides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.bot.rows import MailRow, SeriesRow
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.mail import read_letter
from lmlint.patch.subject import read_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.bot.store import Store
    from lmlint.patch.mail import Mail

LOOK_BACK = 200
"""How many of the newest series are looked through for one of the same author."""
MOST_REFERENCES = 50
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Kin:
    """The nearest other versions of a series, None where none is known."""

    older: SeriesRow | None
    newer: SeriesRow | None


def parents(mail: Mail) -> tuple[str, ...]:
    """Return the ids of the mails that a mail follows in its thread, the first of the thread first."""
    known = tuple(dict.fromkeys((*mail.references, *mail.in_reply_to)))
    return known if len(known) <= MOST_REFERENCES else (known[0], *known[1 - MOST_REFERENCES :])


def root_of(mail: Mail) -> str:
    """Return the id of the first mail of the thread, "" where neither the mail nor what it answers has one."""
    return (*parents(mail), mail.message_id)[0]


def posting(root: str, author: str, version: int, total: int) -> str:
    """Return what the patches of one posting have in common and no others, "" where no thread holds them together."""
    return "\0".join((root, author, str(version), str(total))) if root and total > 1 else ""


def place(store: Store, mail: Mail, where: str, now: int) -> int:
    """Return the id of the series that a patch in scope belongs to, which is open from now on; make it if need be.

    `where` is the list that the patch came through.
    """
    found = next((one for one in _postings(store, mail) if mail.number not in _numbers(store.mails(one.id))), None)
    cover = _cover(store, mail)
    if found is None:
        title = mail.title if cover is None else read_subject(cover.subject).title
        return store.add_series(
            SeriesRow(
                0,
                where,
                mail.author,
                title[:_LONGEST_TITLE],
                mail.version,
                mail.total,
                mail.change_id or _change_id(cover),
                root_of(mail),
                "open",
                now,
                now,
                0,
                0,
                0.0,
                "",
            )
        )
    first = cover is None and all(mail.number < number for number in _numbers(store.mails(found.id)))
    title = mail.title[:_LONGEST_TITLE] if first else found.title
    change_id = found.change_id or mail.change_id
    store.set_series(replace(found, state="open", last=now, title=title, change_id=change_id))
    return found.id


def adopt(store: Store, cover: Mail, now: int) -> int:
    """Return the id of the series that a cover letter belongs to, 0 where none of its patches in scope is here yet."""
    found = next(iter(_postings(store, cover)), None)
    if found is None:
        return 0
    title = cover.title[:_LONGEST_TITLE] or found.title
    store.set_series(
        replace(found, last=max(found.last, now), title=title, change_id=found.change_id or cover.change_id)
    )
    return found.id


def outside(store: Store, row: SeriesRow) -> frozenset[int]:
    """Return the numbers of the patches of a series that touch no file of a rule."""
    key = posting(row.root, row.author, row.version, row.total)
    return store.outside(key) if key else frozenset()


def is_ready(store: Store, row: SeriesRow, settle: int, now: int) -> bool:
    """Whether a series is whole, or nothing came of it for so many seconds.

    Where the clock was set back, the wait begins anew: it never takes longer than that.
    """
    here = _numbers(store.mails(row.id)) | outside(store, row)
    if row.total <= 1 or here.issuperset(range(1, row.total + 1)):
        return True
    if row.last > now:
        store.set_series(replace(row, last=now))
        return False
    return now - row.last >= settle


def covers(store: Store, mails: Sequence[MailRow]) -> tuple[MailRow, ...]:
    """Return the cover letters of a series, given its mails: they may have come before any patch in scope."""
    found = {one.id: one for one in mails if one.kind == "cover"}
    for one in mails:
        if one.kind == "patch" and (cover := _cover(store, _read(one))) is not None:
            found.setdefault(cover.id, cover)
    return tuple(found.values())


def kin(store: Store, row: SeriesRow) -> Kin:
    """Return the versions before and after a series: by change-id, title, thread, or one of its patches; one author."""
    mails = [one for one in store.mails(row.id) if one.kind == "patch"]
    thread = _thread(store, row, mails)
    titles, contents = _alike(mails)
    again = any(read_subject(one.subject).resend for one in mails)
    found = store.find_series(
        list="", author=row.author, title=row.title, change_id=row.change_id, version=0
    ) + store.all_series(LOOK_BACK)
    older: list[SeriesRow] = []
    newer: list[SeriesRow] = []
    for one in {one.id: one for one in found if one.author == row.author and one.id != row.id}.values():
        same = (one.change_id and one.change_id == row.change_id) or one.title == row.title
        if not same:
            others = _alike([other for other in store.mails(one.id) if other.kind == "patch"])
            same = bool(titles & others[0] or contents & others[1])
        if one.version != row.version:
            if same or one.id in thread or one.root == row.root:
                (older if one.version < row.version else newer).append(one)
        elif same:
            (older if (one.id < row.id) or (again and one.first < row.first) else newer).append(one)
    return Kin(
        max(older, key=lambda one: (one.version, one.id), default=None),
        min(newer, key=lambda one: (one.version, one.id), default=None),
    )


def _postings(store: Store, mail: Mail) -> Iterable[SeriesRow]:
    """Yield the series that are of the same posting as a patch or cover letter, as far as it is one of several."""
    if mail.total <= 1:
        return
    like = (mail.author, mail.version, mail.total)
    root = root_of(mail)
    found = store.series_of_root(root) if root else ()
    if not parents(mail):  # sent without a thread: what waits for more of its kind
        found = (*found, *store.open_series())
    for one in found:
        if (one.author, one.version, one.total) == like and (one.root == root or mail.number):
            yield one


def _numbers(mails: Iterable[MailRow]) -> set[int]:
    return {one.number for one in mails if one.kind == "patch"}


def _cover(store: Store, mail: Mail) -> MailRow | None:
    """Return the cover letter of a patch, as far as it is here."""
    for parent in reversed(parents(mail)):
        row = store.mail_of(parent)
        if row is not None and row.kind == "cover" and (row.author, row.total) == (mail.author, mail.total):
            return row if read_subject(row.subject).version == mail.version else None
    return None


def _change_id(cover: MailRow | None) -> str:
    return "" if cover is None else _read(cover).change_id


def _read(row: MailRow, limits: Limits = DEFAULT) -> Mail:
    """Return what a mail that was read once before says of itself."""
    return read_letter(row.data, row.message_id, limits).mail


def _thread(store: Store, row: SeriesRow, mails: Iterable[MailRow]) -> set[int]:
    """Return the ids of the series whose mails the mails of a series follow."""
    ids = {parent for one in mails for parent in parents(_read(one))}
    found = {other.series for parent in ids if (other := store.mail_of(parent)) is not None}
    return found - {0, row.id}


def _alike(mails: Iterable[MailRow]) -> tuple[set[str], set[str]]:
    """Return the titles of patches, and hashes of what they change."""
    rows = list(mails)
    return {read_subject(one.subject).title for one in rows} - {""}, {content_of(one.body) for one in rows} - {""}


def content_of(body: str) -> str:
    """Return the part of a patch's body hash that says what it changes, whoever sends it under whatever name."""
    return body.partition("-")[0]
