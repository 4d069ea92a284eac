"""What a long run owes the system around it: it ends when asked to, says how it is, and is the only one of its kind."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import FrameType

_MICRO = 10**6
_LONGEST_STATUS = 200


class Service:
    """Tells a service manager how the bot is, by systemd's protocol, where there is one that asks."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the address and the watchdog's time from the environment."""
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        said = environment.get("WATCHDOG_USEC", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.beat = int(said) / _MICRO / 2 if mine and said.isdecimal() and int(said) else 0.0
        """In seconds, how often `alive` must be called; 0 where nobody asks."""

    def ready(self) -> None:
        """Say that the bot is at work."""
        self._tell("READY=1")

    def status(self, line: str) -> None:
        """Say what the bot does, in one line; and that it is alive."""
        shown = "".join(c if c.isprintable() else " " for c in line[:_LONGEST_STATUS])
        self._tell(f"STATUS={shown}\nWATCHDOG=1")

    def alive(self) -> None:
        """Say that the bot is alive."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the bot is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(self._address)  # nobody listens, or too slowly: the work goes on
            channel.send(text.encode("utf-8", "replace"))


@contextmanager
def asked_to_end() -> Iterator[Event]:
    """Yield what is set once a signal asks the bot to end; a second one ends it at once."""
    asked = Event()

    def note(number: int, _: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        signal.signal(number, note)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Hold the lock of a state; InputError where another run holds it."""
    path = state.with_name(f"{state.name}.lock")
    try:
        with path.open("a", encoding="ascii") as stream:
            try:
                # A lock of this process, not of the open file: the processes that it forks do not hold it.
                fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):
                raise InputError(f"{state}: another `lmlint bot` works on it; wait for its end, or stop it") from None
            yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
