"""Whether a mail is from whom it says: what counts as a proof, and why it was not one.

A proof is a DKIM signature of the sender's domain, checked here or by a mail server that is trusted. What the signature
does not cover anybody may have changed since: fields that say how the text is to be read, and which thread it belongs
to, count only as far as they are covered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.bot.checks import has_dkim
from lmlint.bot.results import vouched
from lmlint.bot.signature import LONGEST_LINE, Signature, dns_texts, is_good, signatures
from lmlint.bot.spoken import commands, of_lines
from lmlint.error import InputError
from lmlint.mailing.address import read_addresses
from lmlint.mailing.heading import read_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.bot.signature import Zone
    from lmlint.mailing.heading import Heading

MOST_BYTES = 256 * 1024
_ONCE = (
    "from",
    "date",
    "message-id",
    "subject",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
_THREAD = ("in-reply-to", "references")
_READING = ("content-type", "content-transfer-encoding")
_BARE = re.compile(rb"\r(?!\n)|\0")
_END = re.compile(rb"\n\r?\n")
_LONG = re.compile(rb"[^\n]{%d}|[ \t]{200}" % (LONGEST_LINE + 2))  # a carriage return may stand before the newline
_PLAIN = re.compile(rb"\s*text/plain\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_PART = re.compile(rb"content-(?:type|transfer-encoding|disposition)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves who a mail is from: `dkim example.org` or `authentication-results mx.example.org`.

    `by` is "" where nothing does; `why` says then what is missing, and `later` whether it is worth to try again.
    `threaded` is whether it is proved as well which mail this one answers.
    """

    by: str = ""
    why: str = ""
    threaded: bool = False
    later: bool = False


def prove(data: bytes, author: str, now: int, authserv: Sequence[str] = (), zone: Zone = dns_texts) -> Proof:
    """Return what proves that a mail is from the address that its reader took for the author's, in lower case.

    `authserv` are the hosts that are trusted; `zone` gives the keys, by the DNS unless it is told otherwise.
    """
    head = read_heading(data)
    if why := _unsound(data, head, author):
        return Proof(why=why)
    found, why = signatures(head, author.rpartition("@")[2], now)
    usable = [one for one in found if _reads_alike(data, head, one.signed)]
    if not usable:
        return Proof(why=why or "the DKIM signature does not cover how the text is to be read")
    if said := vouched(head, usable, authserv):
        return Proof(f"authentication-results {said[0]}", threaded=_threaded(head, said[1]))
    if not has_dkim():
        return Proof(why="dkimpy is not installed (lmlint[bot]), so no signature can be checked")
    later = False
    for one in usable:
        good = is_good(data, one, zone)
        if good:
            return Proof(f"dkim {one.domain}", threaded=_threaded(head, one))
        later |= good is None
    why = "the key of the DKIM signature cannot be had now" if later else "the DKIM signature is not good"
    return Proof(why=why, later=later)


def _unsound(data: bytes, head: Heading, author: str) -> str:
    """Return why no signature could prove anything of a mail: two readers may not read the same in it.

    Each line of the header is a field: the library that checks signatures skips some lines that others take for one.
    """
    end = _END.search(data)
    top = data[: end.end() if end else len(data)]
    if len(data) > MOST_BYTES or _LONG.search(data):
        return f"the mail has more than {MOST_BYTES} bytes, a line of more than {LONGEST_LINE}, or a long run of blanks"
    if head.stray or _BARE.search(top):
        return "the header of the mail is damaged"
    if twice := [name for name in _ONCE if len(head.fields.get(name, [])) > 1]:
        return f"the mail has a second {twice[0]} field"
    sender = read_addresses(head.value("from"))
    if sender.bad or [one.key for one in sender.good] != [author]:
        return "From is not one plain address"
    return ""


def _reads_alike(data: bytes, head: Heading, signed: frozenset[str]) -> bool:
    """Whether the commands are the author's, whatever was done to fields that are not covered.

    Many senders leave out Content-Type. That does no harm to a text in one part, in which the commands are the same
    when it is read as it stands.
    """
    if all(name in signed or name not in head.fields for name in _READING) and "content-type" in signed:
        return True
    kind = head.value("content-type") or b"text/plain"
    if not ("content-type" in signed or _PLAIN.fullmatch(kind)) or any(map(_PART.match, head.body)):
        return False
    try:
        read = commands(data, "")
    except InputError:
        return False
    plain = of_lines(list(head.body))
    return [(one.verb, one.finding) for one in read] == [(one.verb, one.finding) for one in plain]


def _threaded(head: Heading, signature: Signature) -> bool:
    return all(name in signature.signed for name in _THREAD if name in head.fields)
