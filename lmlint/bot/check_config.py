"""The command `lmlint bot check-config`: the settings in plain words, and what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.commands import CLEAN, FAILED, FOUND, WIDTH, Answer, rules_of

if TYPE_CHECKING:
    import argparse

_EXAMPLE = "example.toml"


def run(arguments: argparse.Namespace) -> Answer:
    """Return what the settings mean: status 1 where some are dangerous, 2 where the bot cannot work with them."""
    if arguments.example:
        return Answer(CLEAN, example())
    from lmlint.bot.checks import problems  # noqa: PLC0415  # not for the example
    from lmlint.bot.explained import explain  # noqa: PLC0415  # as above
    from lmlint.bot.settings import load_settings  # noqa: PLC0415  # as above
    from lmlint.report.text import printable  # noqa: PLC0415  # as above

    settings = load_settings(arguments.config)
    text = explain(settings, rules_of(settings.config.rules, ()), os.environ, WIDTH)
    found = [(one.grave, f"{settings.origin(one.where)}: ", one.what) for one in problems(settings, os.environ)]
    warnings = [f"{where}warning: {what}" for grave, where, what in found if not grave]
    text += "\n".join(["", *warnings]) if warnings else ""
    errors = tuple(f"{where}{what}" for grave, where, what in found if grave)
    shown = "".join(f"{printable(line)}\n" for line in text.splitlines())
    return Answer(FAILED if errors else FOUND if found else CLEAN, shown, errors)


def example() -> str:
    """Return a configuration with every key of the bot and what it is for."""
    return (Path(__file__).parent / _EXAMPLE).read_text(encoding="utf-8")
