"""The addresses of a header field: whatever the field holds, what comes out can stand in a field of our own."""

# The standard library's getaddresses is not used: before Python 3.11.10 it takes '"a"b@c <d@e>' for an address that
# the field does not hold, and later ones give up the whole field for one address that is bad.

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.patch.subject import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FIELD = 1 << 16
"""How many bytes of one field are read."""
MAX_ADDRESS = 1000
"""How long an address may be, with its name and all comments."""
MAX_NAME = 100

# White space is folded before these are asked. Where nothing closes a quote, its token takes all that follows, and that
# is read anew as if there were no quotes: to look for an end from every quote of a long field would take minutes.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*(?:"|\\?\Z)|\((?:\\.|[^()\\])*\)?|<[^<>]*>|[,;]|[^",;(<]+|.')
_BARE = re.compile(r"<[^<>]*>|[,;]|[^,;<]+|.")
_ANGLED = re.compile(r"(.*)< ?([^<> ]*) ?>")
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|\(((?:\\.|[^()\\])*)\)')
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
_GROUP = re.compile(r"[^\"@<>():]*:")
# No quoted local part and nothing but ASCII; a dash in front could be taken for an option by what sends the mail.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SPEC = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_MAX_SPEC = 254


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address and the name that stands with it; both are one line of printable text."""

    name: str
    spec: str

    @property
    def key(self) -> str:
        """What two spellings of one address have in common."""
        return self.spec.lower()

    @property
    def domain(self) -> str:
        """What stands behind the `@`."""
        return self.spec.rpartition("@")[2]

    @property
    def who(self) -> str:
        """The name, or the address where there is none."""
        return self.name or self.spec


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a field in order, and what stands in it and is none, as it was written."""

    good: tuple[Address, ...] = ()
    bad: tuple[str, ...] = ()


NOBODY = Addresses()


def read_addresses(raw: bytes) -> Addresses:
    """Return the addresses of an unfolded field, of which at most `MAX_FIELD` bytes are read."""
    try:
        text = raw[:MAX_FIELD].decode("utf-8")
    except UnicodeDecodeError:
        text = raw[:MAX_FIELD].decode("latin-1")
    good: list[Address] = []
    bad: list[str] = []
    for piece in _pieces(text):
        found = read_address(piece)
        if found is not None:
            good.append(found)
        elif piece.strip():
            bad.append(piece.strip())
    return Addresses(tuple(good), tuple(bad))


def read_address(text: str) -> Address | None:
    """Return the one address that a text is, or None: `Name <a@b>`, `a@b` or `a@b (Name)`."""
    text = " ".join(text[: MAX_ADDRESS + 1].split())
    if len(text) > MAX_ADDRESS:
        return None
    plain = " ".join(_COMMENT.sub(lambda found: found[1] or " ", text).split())
    if match := _ANGLED.fullmatch(plain):
        name, spec = match[1], match[2]
    else:
        name, spec = " ".join(comment for _, comment in _COMMENT.findall(text)), plain.strip()
    if len(spec) > _MAX_SPEC or not _SPEC.fullmatch(spec) or ".." in spec or ".@" in spec:
        return None
    name = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), name.strip())
    return Address(decode(name.encode("utf-8", "replace"))[:MAX_NAME].strip(), spec)


def distinct(addresses: Iterable[Address], without: Iterable[Address] = ()) -> tuple[Address, ...]:
    """Return the addresses, each once, in order, less some; case makes no difference."""
    seen = {address.key for address in without}
    kept: dict[str, Address] = {}
    for address in addresses:
        if address.key not in seen:
            kept.setdefault(address.key, address)
    return tuple(kept.values())


def _pieces(text: str) -> list[str]:
    """Return what the commas of a field separate, without the names of groups."""
    pieces: list[list[str]] = [[]]
    tokens = _TOKEN.findall(" ".join(text.split()))
    if tokens and tokens[-1].startswith('"') and not _QUOTED.fullmatch(tokens[-1]):
        tokens[-1:] = _BARE.findall(tokens[-1])
    for token in tokens:
        if token in {",", ";"}:
            pieces.append([])
        else:
            pieces[-1].append(token)
    texts = ("".join(parts) for parts in pieces)
    return [text[match.end() :] if (match := _GROUP.match(text)) else text for text in texts]
