"""SMTP servers on loopback: aiosmtpd, which keeps what it accepts, and one of our own that misbehaves as it is told."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller

from tests.outbox import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Accepted:
    """A mail that the server took, with its envelope."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class Keeper:
    """Keeps what is accepted; `refuse` names recipients and what they are answered, each answer once or for ever.

    `told` is called with each mail once it is kept, before the server answers.
    """

    mails: list[Accepted] = field(default_factory=list)
    refuse: dict[str, list[str]] = field(default_factory=dict)
    told: Callable[[Accepted], None] | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: ANN401, N802  # as aiosmtpd calls it
        answers = self.refuse.get(address)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802  # as aiosmtpd calls it
        mail = Accepted(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content)
        self.mails.append(mail)
        if self.told is not None:
            self.told(mail)
        return "250 taken"


@contextmanager
def aiosmtpd(keeper: Keeper, **options: Any) -> Iterator[int]:  # noqa: ANN401  # what the controller takes
    """Run aiosmtpd, and yield its port."""
    controller = Controller(keeper, hostname=HOST, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


class Scripted:
    """A server that answers each verb as it is told; "cut" closes the connection, "hang" says nothing, ever.

    Verbs are CONNECT, EHLO, MAIL, RCPT, DATA, END (what follows the mail), RSET and QUIT. Of several answers the last
    one stays. "drip" sends one byte of an answer every tenth of a second; HALF cuts the connection amid the mail.
    """

    HALF = "HALF"

    def __init__(self, **answers: list[str]) -> None:
        """Listen; answers begin in a `with` statement."""
        self.answers = {
            "CONNECT": ["220 here"],
            "EHLO": ["250-here\r\n250 8BITMIME"],
            "DATA": ["354 go on"],
            "END": ["250 taken"],
            "QUIT": ["221 bye"],
            **answers,
        }
        self.verbs: list[str] = []
        self.lines: list[str] = []
        self.mails: list[bytes] = []
        self.connections = 0
        self._over = threading.Event()
        self._server = socket.create_server((HOST, 0))
        self._server.settimeout(0.05)
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the door."""
        self._over.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.settimeout(None)
            with connection, connection.makefile("rb") as stream:
                try:
                    self._talk(connection, stream)
                except OSError:  # the other side is gone
                    continue

    def _talk(self, connection: socket.socket, stream: Any) -> None:  # noqa: ANN401  # a buffered reader
        going = self._say(connection, "CONNECT")
        while going and (line := stream.readline()):
            verb = line[:4].decode("latin-1").upper().strip()
            self.verbs.append(verb)
            self.lines.append(line.decode("latin-1").rstrip("\r\n"))
            going = self._say(connection, verb)
            if going and verb == "DATA" and self._last.startswith("354"):
                if self.answers["END"][0] == self.HALF:
                    stream.read(20)
                    return
                mail = []
                while (line := stream.readline()) != b".\r\n" and line:
                    mail.append(line)
                self.mails.append(b"".join(mail))
                going = self._say(connection, "END")

    def _say(self, connection: socket.socket, verb: str) -> bool:
        answers = self.answers.get(verb, ["250 ok"])
        self._last = answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == "cut":
            return False
        if answer == "hang":
            self._over.wait(30)
            return False
        if answer == "drip":
            while not self._over.wait(0.1):
                connection.sendall(b"2")
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return True


def wait_for(what: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether something comes true in time."""
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()
