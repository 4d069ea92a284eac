"""DKIM signatures: which of a mail's can prove anything, and whether one is good."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from dns.resolver import Resolver

    from lmlint.mailing.heading import Heading

Zone: TypeAlias = "Callable[[str], tuple[bytes, ...] | None]"
"""Gives the TXT records of a name: none where there are none, None where that cannot be told now."""

FIELD = "dkim-signature"
MOST = 5
"""How many signatures of a mail are looked at."""
LONGEST_LINE = 998
"""In bytes, as RFC 5322 has it; the library takes time in the square of a run of blanks."""

_SECONDS = 4.0
_SLOP = 36_000
"""Seconds that a sender's clock may be ahead."""
_LONGEST_FIELD = 6000
_LONGEST_KEY = 1500
"""Bytes of a record: RSA of 8192 bits has room, and none that takes seconds to compute with."""
_ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_SELECTOR = re.compile(rf"(?=.{{1,190}}\Z){_LABEL}(?:\.{_LABEL})*")
_TAG = re.compile(r"([A-Za-z]\w*)\s*=\s*(.*)", re.DOTALL | re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,12}")
_RUN = re.compile(r"\s{40}")
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that proves who a mail is from, if it is good."""

    at: int
    """Which of the mail's, from the top, from 0."""
    domain: str
    selector: str
    signed: frozenset[str]
    """The names of the fields that it covers, in lower case."""
    value: str
    """The signature itself, in base64 without blanks."""


def signatures(head: Heading, domain: str, now: int) -> tuple[tuple[Signature, ...], str]:
    """Return the signatures of a mail that would prove that it comes from a domain, or why there is none.

    A signature is of the domain itself or of one above it, covers From and the whole body, and has not expired.
    """
    found: list[Signature] = []
    why = "no DKIM signature"
    for at, (_, value) in enumerate(head.fields.get(FIELD, [])[:MOST]):
        made = _usable(at, value, domain, now)
        if isinstance(made, Signature):
            found.append(made)
        else:
            why = made
    return tuple(found), "" if found else why


def is_good(data: bytes, signature: Signature, zone: Zone) -> bool | None:
    """Whether a signature fits a mail and its domain's key; None where the key cannot be had now."""
    import dkim  # type: ignore[import-untyped]  # noqa: PLC0415  # of use to few mails, and slow to load
    from dkim.crypto import UnparsableKeyError  # type: ignore[import-untyped]  # noqa: PLC0415  # as above

    unknown = False

    def key(name: bytes, timeout: float = 0) -> bytes | None:  # noqa: ARG001  # the zone has its own
        nonlocal unknown
        records = zone(name.decode("ascii"))
        unknown = records is None
        return _key(records or ())

    try:
        good = dkim.DKIM(data, minkey=1024).verify(idx=signature.at, dnsfunc=key)
    except (
        dkim.DKIMException,
        UnparsableKeyError,
        ValueError,  # whatever else a hostile key or signature makes the library stumble over
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
    ):
        good = False
    return None if unknown else bool(good)


def dns_texts(name: str, resolver: Resolver | None = None) -> tuple[bytes, ...] | None:
    """Return the TXT records of a name, asked of the system's name servers by default; None where none answers."""
    import dns.exception  # noqa: PLC0415  # of use to few mails, and slow to load
    import dns.resolver  # noqa: PLC0415  # as above

    try:
        asked = resolver or dns.resolver.get_default_resolver()
        answer = asked.resolve(name, "TXT", lifetime=_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return tuple(b"".join(record.strings) for record in answer)


class Patience:
    """A zone that waits for answers so many seconds in all: what comes after that is not known for now.

    Who waits may hold the state meanwhile, and whose name servers are slow may send many mails.
    """

    def __init__(self, seconds: float, zone: Zone = dns_texts) -> None:
        """Have all of the time left."""
        self._left = seconds
        self._zone = zone

    def __call__(self, name: str) -> tuple[bytes, ...] | None:
        """Return the TXT records of a name, None where they cannot be told now."""
        if self._left <= 0:
            return None
        began = time.monotonic()
        records = self._zone(name)
        self._left -= time.monotonic() - began
        return records


def _usable(at: int, value: bytes, domain: str, now: int) -> Signature | str:
    """Return a signature, or why it would prove nothing."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return "the DKIM signature cannot be read"
    tags = _tags(text)
    if len(text) > _LONGEST_FIELD or _RUN.search(text) or tags is None or tags.get("v") != "1":
        return "the DKIM signature cannot be read"
    by, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    signed = frozenset(_BLANK.sub("", tags.get("h", "")).lower().split(":"))
    if not (_DOMAIN.fullmatch(by) and _SELECTOR.fullmatch(selector)):
        return "the DKIM signature names no domain"
    wrong = (
        (domain != by and not domain.endswith(f".{by}"), f"the DKIM signature is of {by}, the sender of {domain}"),
        (tags.get("a") not in _ALGORITHMS, "the DKIM signature is of a kind that proves nothing"),
        ("l" in tags, "the DKIM signature leaves the end of the body open (l=)"),
        ("from" not in signed, "the DKIM signature does not cover From"),
        (not _in_time(tags, now), "the DKIM signature has expired, or is of the future"),
    )
    for is_so, why in wrong:
        if is_so:
            return why
    return Signature(at, by, selector, signed, _BLANK.sub("", tags.get("b", "")))


def _in_time(tags: dict[str, str], now: int) -> bool:
    start, end = tags.get("t", "0"), tags.get("x", "9" * 12)
    if not (_NUMBER.fullmatch(start) and _NUMBER.fullmatch(end)):
        return False
    return int(start) <= now + _SLOP and now < int(end)


def _key(records: tuple[bytes, ...]) -> bytes | None:
    """Return the one record that may be used: no key of a domain that only tests, and none for another purpose."""
    if len(records) != 1 or len(records[0]) > _LONGEST_KEY:
        return None
    tags = _tags(records[0].decode("ascii", "replace"))
    if tags is None or not tags.get("p"):
        return None
    uses, flags, hashes = (_listed(tags.get(key, default)) for key, default in (("s", "*"), ("t", ""), ("h", "sha256")))
    return records[0] if uses & {"*", "email"} and "y" not in flags and "sha256" in hashes else None


def _listed(text: str) -> frozenset[str]:
    return frozenset(_BLANK.sub("", text).lower().split(":"))


def _tags(text: str) -> dict[str, str] | None:
    """Return the tags of a signature or a key; None where they are none, or one is there twice."""
    parts = [part.strip() for part in text.strip().split(";")]
    if not parts[-1]:
        parts.pop()
    found = [_TAG.fullmatch(part) for part in parts]
    tags = {match[1]: match[2].strip() for match in found if match}
    return tags if len(tags) == len(parts) else None
