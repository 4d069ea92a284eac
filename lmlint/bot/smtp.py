"""Mails handed to a server by SMTP: what it answers at each step, and what that means for the mail."""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Timer
from typing import TYPE_CHECKING

from lmlint.bot.credentials import credentials
from lmlint.bot.outcome import AGAIN, LOST, PARKED, REFUSED, SENT, Outcome, listed, said
from lmlint.bot.settings import LOOPBACK
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lmlint.bot.rows import OutboxRow
    from lmlint.bot.settings import Transport

_PATIENCE = 4
"""How many times the timeout, which holds for one step, a whole mail may take: a server may answer drop by drop."""
_GREETING, _CLOSING, _PERMANENT = 220, 421, 500
_WHO_ARE_YOU = (530, 534, 535, 538)
"""The server wants to know who sends, or takes no password this way: RFC 4954."""
_END = re.compile(rb"\r?\n")


@contextmanager
def connected(transport: Transport) -> Iterator[Callable[[OutboxRow], Outcome]]:
    """Connect, and yield what hands over one mail; InputError where the server takes no mail from us."""
    server = _open(transport)
    try:
        yield partial(_send, server, transport.timeout)
    finally:
        with suppress(OSError), _within(server, transport.timeout):  # what was accepted stays so without it
            server.quit()
        server.close()


def _open(transport: Transport) -> smtplib.SMTP:
    name = f"{transport.host}:{transport.port}"
    login = credentials(transport.credentials, os.environ)
    if login and transport.security == "none" and transport.host not in LOOPBACK:
        raise InputError(f"{name}: a password is never sent in the clear; set `security` to starttls or tls")
    context = ssl.create_default_context()
    if transport.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=transport.timeout, context=context)
    else:
        server = smtplib.SMTP(timeout=transport.timeout)
    # connect() leaves it out, and certificates are held against it.
    server._host = transport.host  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        with _within(server, _PATIENCE * transport.timeout):
            _greet(server, transport, name, context)
            if login:
                server.login(*login)
    except InputError:
        server.close()
        raise
    except (OSError, UnicodeError) as error:  # smtplib's own are a kind of OSError; UnicodeError: no name of a host
        server.close()
        raise InputError(f"{name}: {_trouble(error, transport)}") from error
    return server


def _greet(server: smtplib.SMTP, transport: Transport, name: str, context: ssl.SSLContext) -> None:
    """Connect and say hello, under TLS where that is asked for."""
    code, text = server.connect(transport.host, transport.port)
    if code != _GREETING:
        raise InputError(f"{name}: takes no mail: {said(f'{code} {_text(text)}')}")
    server.ehlo_or_helo_if_needed()
    if transport.security == "starttls":
        if not server.has_extn("starttls"):
            raise InputError(f"{name}: offers no STARTTLS; set `security` to tls, or to none on a machine of your own")
        server.starttls(context=context)
        server.ehlo_or_helo_if_needed()


def _trouble(error: Exception, transport: Transport) -> str:  # noqa: PLR0911  # one for each trouble
    """Return in words why no connection came about."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the login: {_reply(error)}; look at the credentials"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "offers no login; take the credentials away, or name another port"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"takes no mail: {_reply(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({said(error.verify_message)})"
    if isinstance(error, ssl.SSLError):
        return f"speaks no TLS that we understand ({said(error.reason or str(error))}); look at `security` and `port`"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"no answer within {transport.timeout} seconds"
    what = "cannot be found" if isinstance(error, socket.gaierror | UnicodeError) else "cannot be reached"
    return f"{what} ({said(str(getattr(error, 'strerror', None) or error))})"


def _send(server: smtplib.SMTP, timeout: int, row: OutboxRow) -> Outcome:
    """Hand over one mail; a connection that breaks means that it is handed over again, if it must be twice."""
    data = _END.sub(b"\r\n", row.data)
    options = [f"size={len(data)}"] if server.has_extn("size") else []
    if not data.isascii():
        if not server.has_extn("8bitmime"):
            return Outcome(PARKED, "the server takes no mail of 8 bits (8BITMIME); send through another one")
        options.append("body=8bitmime")
    try:
        with _within(server, _PATIENCE * timeout):
            outcome = _handed(server, row, options, data)
            if outcome.state != SENT and outcome.ends != LOST:
                server.rset()
            return outcome
    except OSError as error:
        return Outcome(AGAIN, f"the connection broke ({said(str(error))})", ends=LOST)


def _handed(server: smtplib.SMTP, row: OutboxRow, options: list[str], data: bytes) -> Outcome:
    """Go through the steps of one mail."""
    code, text = server.mail(row.sender, options)
    if not _done(code):
        return _refusal("MAIL", code, text)
    left: list[tuple[str, str]] = []
    out: list[tuple[str, str]] = []
    for recipient in row.recipients:
        code, text = server.rcpt(recipient)
        if code == _CLOSING:
            return _refusal("RCPT", code, text)
        if not _done(code):
            (left if code < _PERMANENT else out).append((recipient, said(f"{code} {_text(text)}")))
    if len(left) + len(out) < len(row.recipients) and (refusal := _data(server, data)) is not None:
        return refusal
    if left:
        return Outcome(AGAIN, f"RCPT: {_named(left)}", _named(out), tuple(who for who, _ in left))
    if len(out) == len(row.recipients):
        return Outcome(PARKED, "every recipient is refused", _named(out))
    return Outcome(SENT, left_out=_named(out))


def _data(server: smtplib.SMTP, data: bytes) -> Outcome | None:
    """Hand over the mail itself; return why it is not taken, None where it is."""
    try:
        code, text = server.data(data)
    except smtplib.SMTPDataError as error:  # what is answered to the wish to send it
        return _refusal("DATA", error.smtp_code, error.smtp_error)
    return None if _done(code) else _refusal("DATA", code, text)


def _named(recipients: Sequence[tuple[str, str]]) -> str:
    """Return recipients, each with what the server says of it."""
    return listed([f"{who} ({why})" for who, why in recipients])


def _done(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004  # RFC 5321, 4.2.1


def _refusal(step: str, code: int, text: bytes | str) -> Outcome:
    """Return what the answer to a step means: later, never as it is, or that the server takes no mail from us."""
    why = said(f"{step}: {code} {_text(text)}")
    if code in _WHO_ARE_YOU:
        return Outcome(AGAIN, why, ends=REFUSED)
    return Outcome(PARKED if code >= _PERMANENT else AGAIN, why, ends=LOST if code == _CLOSING else "")


def _reply(error: smtplib.SMTPResponseException) -> str:
    return said(f"{error.smtp_code} {_text(error.smtp_error)}")


def _text(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")


@contextmanager
def _within(server: smtplib.SMTP, seconds: int) -> Iterator[None]:
    """Cut the connection where what is done in it takes longer; TimeoutError then, whatever came of it."""
    over = Event()
    timer = Timer(seconds, _cut, [server, over])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if over.is_set():  # smtplib takes half a line for an answer
        raise TimeoutError(f"not done within {seconds} seconds")


def _cut(server: smtplib.SMTP, over: Event) -> None:
    over.set()
    if server.sock is not None:
        with suppress(OSError):  # gone already
            # That of the plain socket: an SSL socket's own would take apart what the other thread reads from.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)
