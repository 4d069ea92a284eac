"""A mail as bytes: its header, its body, and a Message-ID that says what it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint import __version__
from lmlint.mailing import fields
from lmlint.report.paragraphs import clean, laid_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.mailing.address import Address
    from lmlint.mailing.answered import Answered

COLUMNS = 72
SIGNATURE = "-- "
SCISSORS = "-- >8 --"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Head:
    """What the header of an answer says; "" and empty where that is not known, and the field is left out.

    `date` is in seconds since 1970, None where nothing tells it.
    """

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    message_id: str
    date: int | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()

    @property
    def draft(self) -> bool:
        """Whether it lacks what a mail must have to be sent."""
        return not self.to or self.date is None

    def encoded(self) -> bytes:
        """Return the header, with the blank line below it."""
        parts = [fields.addresses("From", [self.sender])]
        parts += [fields.addresses("To", self.to)] if self.to else []
        parts += [fields.addresses("Cc", self.cc)] if self.cc else []
        parts.append(fields.words("Subject", self.subject))
        if self.date is not None:
            parts.append(f"Date: {shown_date(self.date)}\n".encode())
        parts.append(fields.ids("Message-ID", [self.message_id]))
        if self.in_reply_to:
            parts.append(fields.ids("In-Reply-To", [self.in_reply_to]))
            parts.append(fields.ids("References", self.references))
        parts += [
            b"MIME-Version: 1.0\n",
            b"Content-Type: text/plain; charset=utf-8\n",
            b"Content-Transfer-Encoding: 8bit\n",
            b"Auto-Submitted: auto-replied\n",
            f"X-Loop: {self.sender.spec}\n".encode(),
            f"X-Mailer: lmlint {__version__}\n\n".encode(),
        ]
        return b"".join(parts)


def shown_date(seconds: int) -> str:
    """Return a time as a header has it, in UTC."""
    from datetime import UTC, datetime  # noqa: PLC0415  # of use only to mails that have one
    from email.utils import format_datetime  # noqa: PLC0415

    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def message_id(said: Sequence[str], sender: Address) -> str:
    """Return the id of a mail that says this: the same words, the same id."""
    digest = hashlib.sha256("\0".join(said).encode("utf-8", "surrogateescape")).hexdigest()
    return f"<lmlint-{digest[:32]}@{sender.domain}>"


def attribution(answered: Answered) -> str:
    """Return who wrote what is quoted, and when, as far as the mail tells; "" where it does not say who."""
    if answered.writer is None:
        return ""
    who = answered.writer.who[:_LONGEST_NAME]
    return laid_out(clean(f"On {answered.date}, {who} wrote:" if answered.date else f"{who} wrote:"))


def body(parts: Sequence[str], diff: str, title: str, footer: str) -> str:
    """Return the body of a mail: its parts with blank lines between them, a patch below a scissors line, a footer.

    `title` is what the patch is called once `git am --scissors` has applied it.
    """
    text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    if diff:
        text += f"\n\n{SCISSORS}\nSubject: {title}\n\n---\n{diff.rstrip(chr(10))}"
    return f"{text}\n\n{SIGNATURE}\n{footer.strip(chr(10))}\n"
