"""What a mail server of ours says of a mail: its Authentication-Results, believed only where it must have put them.

Whoever sends a mail may write such fields into it. One is believed only where all of this holds:

* it is the first Authentication-Results field of the mail, and names a trusted host;
* the first Received field of the mail was written by a trusted host: so the mail came from there straight to us;
* every Received field above the Authentication-Results was written by a trusted host as well.

What is left is a field that the sender wrote and the host let pass without adding its own: a host that is trusted has
to remove fields with its own name from what comes in (RFC 8601, section 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lmlint.bot.signature import Signature
    from lmlint.mailing.heading import Heading

_LONGEST = 8000
_FIELD, _RECEIVED = "authentication-results", "received"
_QUOTED = '"'
"""What stands in place of a quoted text: no name and no domain is equal to it."""


def vouched(head: Heading, signatures: Sequence[Signature], hosts: Collection[str]) -> tuple[str, Signature] | None:
    """Return the trusted host that found one of the signatures good, and which; None where none says so."""
    fields = head.fields.get(_FIELD, [])
    received = [(line, _by(value)) for line, value in head.fields.get(_RECEIVED, [])]
    if not fields or not received:
        return None
    line, value = fields[0]
    if any(by not in hosts for at, by in received if at < line) or received[0][1] not in hosts:
        return None
    parts = _parts(value)
    if not parts or not parts[0] or (host := _name(parts[0][0])) not in hosts:
        return None
    for part in parts[1:]:
        for one in signatures:
            if _is_of(part, one):
                return host, one
    return None


def _is_of(part: Sequence[str], signature: Signature) -> bool:
    """Whether one result says that a signature is good: it must name the domain, and nothing that differs."""
    if not part or part[0].lower() != "dkim=pass":
        return False
    pairs = [(key.lower(), value) for key, _, value in (token.partition("=") for token in part[1:])]
    said = dict(pairs)
    if len(said) != len(pairs):  # told twice: one of the two may be the sender's
        return False
    if "header.d" not in said and "header.i" not in said:
        return False
    identity = _name(said.get("header.i", f"@{signature.domain}").rpartition("@")[2])
    return (
        _name(said.get("header.d", signature.domain)) == signature.domain
        and (identity == signature.domain or identity.endswith(f".{signature.domain}"))
        and _name(said.get("header.s", signature.selector)) == signature.selector
        and signature.value.startswith(said.get("header.b", ""))
    )


def _by(received: bytes) -> str:
    """Return the host that wrote a Received field, "" where it is not certain: a sender chooses what follows `from`."""
    parts = _parts(received)
    words = parts[0] if parts else []
    lower = [word.lower() for word in words]
    if lower[:1] == ["from"] and lower[2:3] == ["by"]:
        words = words[2:]
    elif lower[:1] != ["by"]:
        return ""
    return _name(words[1]) if len(words) > 1 else ""


def _name(text: str) -> str:
    return text.lower().removesuffix(".")


def _parts(value: bytes) -> list[list[str]]:
    """Return the words of each part between semicolons, without comments; none where a comment or quote has no end."""
    words = [""]
    depth, quoted, chars = 0, False, iter(value[:_LONGEST].decode("latin-1"))
    for char in chars:
        if char == "\\" and (quoted or depth):
            next(chars, "")
        elif quoted:
            quoted = char != '"'
        elif depth or char in "()":
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth < 0:
                return []
            words[-1] += " "
        elif char == '"':
            quoted = True
            words[-1] += _QUOTED
        elif char == ";":
            words.append("")
        else:
            words[-1] += char
    return [] if depth or quoted or len(value) > _LONGEST else list(_split(words))


def _split(parts: Sequence[str]) -> Iterator[list[str]]:
    for part in parts:
        yield part.split()
