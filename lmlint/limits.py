"""How much one input may ask for: the caps that bound memory and time, each of them named where it is reached."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from lmlint.error import InputError

_MOST = 10**9
MOST_NESTING = 200
"""What follows a tree calls itself at every level, a few times over, and Python allows only a thousand calls."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps; reaching one ends the input or the function that reached it, with its name, and never silently."""

    bytes: int = 16 * 1024 * 1024
    """Of one mail, patch or C file."""
    mails: int = 10_000
    """Of one mbox, maildir or folder."""
    files: int = 2_000
    """Of one patch."""
    hunks: int = 20_000
    """Of one patch."""
    functions: int = 5_000
    """Of one C file."""
    comments: int = 1_000
    """Of one C file, those that speak to lmlint."""
    paths: int = 3_000
    """Through one function."""
    nesting: int = 100
    """Of blocks and expressions in C, in levels."""
    seconds: int = 60
    """For one C file under one rule."""

    def changed(self, name: str, value: object) -> Limits:
        """Return the same limits with another value for one of them; InputError names what is wrong."""
        known = [field.name for field in fields(self)]
        if name not in known:
            raise InputError(f"no limit is called `{name}`; the limits are {', '.join(known)}")
        most = MOST_NESTING if name == "nesting" else _MOST
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            raise InputError(f"limit `{name}` must be a whole number from 1 to {most}")
        return replace(self, **{name: value})


DEFAULT = Limits()
