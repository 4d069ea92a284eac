"""An outbox to test with: its mails, and a bot's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.bot.rows import OutboxRow
from lmlint.bot.settings import HOUR, ListSettings, Settings, Transport
from lmlint.mailing.address import Address

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
NOW = 1_700_000_000
LIST = "arm"
MAIL = (
    b"From: bot@example.com\nTo: a@example.org\nSubject: Re: [PATCH] x\nMessage-ID: %s\n"
    b"Date: Tue, 14 Nov 2023 22:13:20 +0000\nContent-Type: text/plain; charset=utf-8\n\n"
    b"On a day, J\xc3\xb6rg wrote:\n.\n..two dots\n\nIs it counted?\n\n-- \nlmlint\n"
)


def row(number: int, **changed: object) -> OutboxRow:
    message_id = f"<lmlint-{number}@example.com>"
    made = OutboxRow(
        id=0, message_id=message_id, series=0, patch=0, list=LIST, thread="<t@example.org>",
        data=MAIL % message_id.encode(), sender="bot@example.com", recipients=("a@example.org", "b@example.org"),
        state="waiting", reason="", attempts=0, due=NOW, created=NOW - HOUR, sent=0, findings=("e758ccb6",),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def settings(folder: Path, transport: Transport, **changed: object) -> Settings:
    made = Settings(
        folder / "lmlint.toml", Address("lmlint", "bot@example.com"), folder / "state", folder / "stop",
        lists=(ListSettings(LIST),), transport=transport,
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def smtp(port: int, **changed: object) -> Transport:
    made = Transport("smtp", HOST, port, "none", timeout=5)
    return replace(made, **changed)  # type: ignore[arg-type]


def wire(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")
