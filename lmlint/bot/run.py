"""The command `lmlint bot run`: round after round in the foreground, until it is asked to end."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.bot.round import Out, Round
from lmlint.bot.service import Service, alone, asked_to_end
from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, FAILED, Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from lmlint.bot.settings import Settings

__all__ = ["Orders", "Out", "command", "run"]

_MODERATE = "waits for a moderator (--moderate)"


@dataclass(frozen=True, slots=True)
class Orders:
    """What a run is asked for; `interval` is in seconds."""

    once: bool = False
    send: bool = False
    moderate: bool = False
    jobs: int = 1
    interval: int = 60


def command(config: Path | None, orders: Orders, out: Out) -> Answer:
    """Run the bot as the settings in a file say; status 2 where a part of a single round could not be done."""
    errors = run(load_settings(config), orders, out)
    return Answer(FAILED if errors else CLEAN, errors=errors)


def run(
    settings: Settings, orders: Orders, out: Out, clock: Callable[[], int] = lambda: int(time.time())
) -> tuple[str, ...]:
    """Run the bot until it is asked to end, or for one round; return what could not be done in the last one.

    InputError where the state cannot be opened or kept, or another run works on it. Of a run that goes on, what could
    not be done is said once, and tried again in every round.
    """
    service = Service(os.environ)
    with asked_to_end() as asked, alone(settings.state), Store(settings.state) as store:
        work = Round(
            store,
            settings,
            out,
            clock,
            lambda: not asked.is_set(),
            service.alive,
            orders.jobs,
            _MODERATE if orders.moderate else "",
        )
        service.ready()
        told: tuple[str, ...] = ()
        try:
            while True:
                work.errors.clear()
                service.status("takes in what is new")
                work.read()
                service.status("reviews")
                work.judge()
                if work.going():
                    service.status("sends")
                    work.send(send=orders.send)
                errors = tuple(dict.fromkeys(work.errors))
                if orders.once or asked.is_set():
                    return errors
                for line in errors:
                    if line not in told:
                        out.say(line)
                told = errors
                service.status("waits for mail")
                _wait(asked, orders.interval, service)
                if asked.is_set():
                    return ()
        finally:
            service.stopping()


def _wait(asked: Event, seconds: float, service: Service) -> None:
    """Wait so long, or until the bot is asked to end, and say meanwhile that it is alive."""
    while seconds > 0 and not asked.is_set():
        step = min(seconds, service.beat or seconds)
        asked.wait(step)
        seconds -= step
        service.alive()
