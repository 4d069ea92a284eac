"""The messages of a mailbox: a file of one or more mails, a maildir, or a folder of patch files."""

# The standard library's mailbox is not used: it takes any body line that starts with "From " for a new mail, undoes no
# mboxrd quoting, follows symlinks and opens what is no file.

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = (".patch", ".mbox", ".mbx", ".cover", ".eml", ".diff", ".mail")

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}"
_ZONE = rb"(?: +(?:[A-Z]{1,5}|[+-]\d{4}))"
# The sender may hold blanks ("a at b"), be a dash, or miss; mailers differ in where they put the time zone.
_SEPARATOR = re.compile(
    rb"From (?:.{0,400} )?" + _DAY + rb" +\d\d?:\d\d(?::\d\d)?" + _ZONE + rb"? +\d{4}" + _ZONE + rb"?"
)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Message:
    """One mail or one plain diff as it came, and the name that messages give it."""

    name: str
    data: bytes


def read_box(data: bytes, name: str, limits: Limits = DEFAULT) -> tuple[Message, ...]:
    """Return the mails of an mbox by the rules of mboxrd, or the whole as one message.

    A `From ` line separates mails where it holds a date, stands below a blank line, and a header field follows it.
    """
    starts: list[int] = []
    first = len(data) - len(data.lstrip(b"\r\n"))
    # Only a file that starts with a separator is an mbox: in a single mail such a line is quoted or forwarded text.
    if is_separator(data, first):
        for at in _candidates(data, first):
            if is_separator(data, at):
                starts.append(at)
                if len(starts) > limits.mails:
                    raise InputError(f"{name}: more than {limits.mails} mails (limit `mails`); give a smaller mailbox")
    if not starts:
        return (Message(name, data),)
    ends = [*starts[1:], len(data)]
    mails = [taken_out(data[at:end]) for at, end in zip(starts, ends, strict=True)]
    if len(mails) == 1:
        return (Message(name, mails[0]),)
    return tuple(Message(f"{name}: mail {number}", mail) for number, mail in enumerate(mails, 1))


def is_separator(data: bytes, at: int) -> bool:
    """Whether the line at this offset starts a mail of an mbox; what stands above it is not looked at."""
    if not data.startswith(b"From ", at):
        return False
    end = data.find(b"\n", at, at + _LONGEST)
    return (
        end > 0
        and _SEPARATOR.fullmatch(data[at:end].rstrip()) is not None
        and _FIELD.match(data[end + 1 : end + _LONGEST]) is not None
    )


def taken_out(mail: bytes) -> bytes:
    """Return a mail as it was before it was put into an mbox, but for its separator."""
    return _QUOTED.sub(rb"\1", _without_gap(mail))


def read_folder(path: Path, name: str, limits: Limits = DEFAULT) -> tuple[Message, ...]:
    """Return the messages of a maildir, or of a folder of patch files and mailboxes, in the order of their file names.

    Hidden files and a maildir's tmp/ are passed over; what leads out of the folder or is no file is refused by name.
    """
    try:
        root = path.resolve(strict=True)
        maildir = (root / "cur").is_dir() and (root / "new").is_dir()
        places = [root / "cur", root / "new"] if maildir else [root]
        files = sorted(_files(places, name, limits, maildir=maildir), key=lambda file: (file.name, file.parent.name))
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks
        raise InputError(f"{name}: cannot be read ({_reason(error)}); give another folder") from None
    if not files:
        what = "a maildir without mails" if maildir else f"no file in it ends in {', '.join(SUFFIXES)}"
        raise InputError(f"{name}: {what}; give the patches as git format-patch writes them")
    messages: list[Message] = []
    for file in files:
        shown = f"{name}/{_printable(str(file.relative_to(root)))}"
        data = _read(file, root, shown, limits)
        messages += [Message(shown, data)] if maildir else read_box(data, shown, limits)
        if len(messages) > limits.mails:
            raise InputError(f"{name}: more than {limits.mails} mails (limit `mails`); give a smaller folder")
    return tuple(messages)


def _candidates(data: bytes, first: int) -> Iterator[int]:
    """Yield the offsets of the `From ` lines that start the box or follow a blank line."""
    yield first
    at = first
    while (at := data.find(b"\nFrom ", at)) >= 0:
        # The line above is empty but for the carriage return of its own end.
        if data[max(at - 2, 0) : at].removesuffix(b"\r").endswith(b"\n"):
            yield at + 1
        at += 1


def _without_gap(mail: bytes) -> bytes:
    """Return a mail without the blank line that separates it from the next."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        if mail.endswith(gap):
            return mail[: -len(gap) // 2]
    return mail


def _files(places: list[Path], name: str, limits: Limits, *, maildir: bool) -> Iterator[Path]:
    """Yield the files that may hold mails; their number is capped before any is read."""
    count = 0
    for place in places:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not (maildir or entry.name.lower().endswith(SUFFIXES)):
                    continue
                count += 1
                if count > limits.mails:
                    raise InputError(f"{name}: more than {limits.mails} mails (limit `mails`); give a smaller folder")
                yield place / entry.name


def _read(file: Path, root: Path, shown: str, limits: Limits) -> bytes:
    """Return a regular file below the root; no symlink leads out of it, and nothing that could block is opened."""
    try:
        real = file.resolve(strict=True)
        if not real.is_relative_to(root):
            raise InputError(f"{shown}: leads out of the folder through a symlink; give the file that it names")
        if not stat.S_ISREG(real.stat().st_mode):
            raise InputError(f"{shown}: not a regular file; move it away")
        # Should the file be replaced by a pipe now, opening it would wait for a writer.
        with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as stream:  # noqa: PTH123 (a descriptor)
            data = stream.read(limits.bytes + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks
        raise InputError(f"{shown}: cannot be read ({_reason(error)}); mend or move it") from None
    if len(data) > limits.bytes:
        raise InputError(f"{shown}: more than {limits.bytes} bytes (limit `bytes`); give a smaller file")
    return data


def _reason(error: OSError | RuntimeError) -> str:
    return getattr(error, "strerror", None) or "a loop of symlinks"


def _printable(text: str) -> str:
    """Return a file name as one line of text."""
    return "".join(c if c.isprintable() else "?" for c in text)
