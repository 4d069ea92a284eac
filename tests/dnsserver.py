"""A name server on loopback that knows the TXT records of a few names, over UDP."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "127.0.0.1"


class NameServer:
    """Answers what it is asked while it is in a `with` statement; `records` may change meanwhile.

    `broken` makes every answer SERVFAIL. `asked` are the names that it was asked for.
    """

    def __init__(self, records: Mapping[str, bytes]) -> None:
        """Take the records by name, with its last dot."""
        self.records = dict(records)
        self.asked: list[str] = []
        self.broken = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def resolver(self) -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=False)
        made.nameservers = [HOST]
        made.port = self._socket.getsockname()[1]
        return made

    def _serve(self) -> None:
        while True:
            data, who = self._socket.recvfrom(4096)
            if not data:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(), who)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        made = dns.message.make_response(query)
        made.flags |= dns.flags.RA
        name = query.question[0].name
        self.asked.append(name.to_text())
        text = self.records.get(name.to_text().lower())
        if self.broken:
            made.set_rcode(dns.rcode.SERVFAIL)
        elif text is None:
            made.set_rcode(dns.rcode.NXDOMAIN)
        else:
            pieces = " ".join(f'"{text[at : at + 200].decode("ascii")}"' for at in range(0, len(text) or 1, 200))
            made.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", pieces))
        return made
