"""Mails handed to a program such as sendmail: addresses as arguments, the mail on its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from lmlint.bot.credentials import PASSWORD, USER
from lmlint.bot.outcome import AGAIN, LOST, PARKED, REFUSED, SENT, Outcome, said

if TYPE_CHECKING:
    from lmlint.bot.rows import OutboxRow
    from lmlint.bot.settings import Transport

_NEVER = (os.EX_DATAERR, os.EX_NOUSER, os.EX_NOHOST)
"""The exit statuses that no second attempt would change."""


def handed(transport: Transport, row: OutboxRow) -> Outcome:
    """Run the program once, never through a shell; what it says on standard error stands in the reason."""
    command = [*transport.command, "-i", "-f", row.sender, "--", *row.recipients]
    environment = {name: value for name, value in os.environ.items() if name not in {USER, PASSWORD}}
    try:
        running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # an interrupt at the terminal is for the bot, which ends between two mails
        )
    except OSError as error:
        return Outcome(AGAIN, f"{said(command[0])}: cannot be run ({error.strerror})", ends=REFUSED)
    try:
        _, told = running.communicate(row.data, transport.timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        return Outcome(AGAIN, f"{said(command[0])}: not done within {transport.timeout} seconds", ends=LOST)
    if running.returncode == 0:
        return Outcome(SENT)
    reason = f"{said(command[0])}: status {running.returncode}: {said(told[-1000:]) or 'it says nothing'}"
    return Outcome(PARKED if running.returncode in _NEVER else AGAIN, reason)
