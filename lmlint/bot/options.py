"""The commands of `lmlint bot` on the command line; each loads what it needs once it is called."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.bot.run import Out
    from lmlint.commands import Answer

_RUN = """
Without --send nothing is sent: what would be is printed, and stays in the queue. Ends with status 0 once a signal
(TERM, INT) asks for it, after the step at hand. Speaks systemd's protocol where NOTIFY_SOCKET is set (Type=notify,
watchdog).
Exit status: 0, 2 where a part could not be done.
"""
_FEED = """
Exit status: 0 the mail is kept, or is of no interest; 75 it could not be kept now: procmail and mail servers try again.
"""
_SITE = """
DIR is made anew beside itself and then exchanged as a whole, so that nobody sees half of it: the folder around it must
be writable, and DIR no mount point. A folder that is there must be empty, or a site. The pages show mails that are not
sent yet, with all their addresses: publish them only where that is meant.
"""
_REBUILD = """
For a state that is lost: every mail of the sources is read anew, and what the bot's own mails among them tell counts as
told. A mail that this makes is held until it is approved (`lmlint bot queue`): only you can know whether it was sent.
Where mails go to authors only, no list has them: give the folder that keeps copies of them with --sent.
"""


def add_commands(parsers: argparse._SubParsersAction[Any], out: Callable[[], Out]) -> None:
    """Add the command `bot` to the command line; `out` makes what a long run tells its progress to."""
    bot = parsers.add_parser("bot", help="follow mailing lists and answer their patches")
    actions = bot.add_subparsers(required=True, metavar="ACTION")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--config", type=Path, metavar="FILE", help="the settings (default: lmlint.toml in this folder or above)"
    )
    _add_run(actions, shared, out)
    _add_feed(actions, shared)
    _add_check_config(actions, shared)
    _add_queue(actions, shared)
    _add_status(actions, shared)
    _add_disputes(actions, shared)
    _add_site(actions, shared)
    _add_rebuild(actions, shared, out)


def _add_run(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser, out: Callable[[], Out]) -> None:
    run = actions.add_parser(
        "run", parents=[shared], help="read the lists, review, and answer, in the foreground", epilog=_RUN
    )
    run.add_argument("--once", action="store_true", help="one round, for cron and timers")
    run.add_argument("--send", action="store_true", help="let mails go out; else nothing is sent")
    run.add_argument("--moderate", action="store_true", help="hold every mail until it is approved, on all lists")
    _add_jobs(run)
    run.add_argument("--interval", type=_count, default=60, metavar="S", help="seconds between two rounds (default 60)")
    run.set_defaults(run=lambda arguments: _run(arguments, out))


def _add_feed(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    feed = actions.add_parser(
        "feed", parents=[shared], help="take a mail, or a mailbox, from standard input", epilog=_FEED
    )
    feed.add_argument("--list", required=True, metavar="NAME", help="the list of the settings that it belongs to")
    feed.set_defaults(run=_feed)


def _add_check_config(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    check = actions.add_parser(
        "check-config",
        parents=[shared],
        help="say in words what would be sent to whom",
        epilog="Exit status: 0 nothing is wrong, 1 something is dangerous, 2 the bot cannot work with it.",
    )
    check.add_argument("--example", action="store_true", help="print settings to start from, with every key")
    check.set_defaults(run=_check_config)


def _add_queue(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    queue = actions.add_parser("queue", help="the mails that wait: list, show, approve, drop")
    steps = queue.add_subparsers(required=True, metavar="STEP")
    shown = steps.add_parser("list", parents=[shared], help="what is held, waits, or cannot be sent")
    shown.add_argument(
        "--state", action="append", metavar="STATE", choices=_STATES, help=f"these instead: {', '.join(_STATES)}"
    )
    shown.set_defaults(run=_queue_list)
    show = steps.add_parser("show", parents=[shared], help="print a mail as it would be sent")
    show.add_argument("id", type=_count, metavar="ID")
    show.set_defaults(run=_queue_show)
    approve = steps.add_parser("approve", parents=[shared], help="let held mails go; try parked ones again")
    approve.add_argument("id", type=_count, nargs="+", metavar="ID")
    approve.set_defaults(run=_queue_approve)
    drop = steps.add_parser("drop", parents=[shared], help="never send these")
    drop.add_argument("id", type=_count, nargs="+", metavar="ID")
    drop.add_argument("--reason", metavar="TEXT", help="kept with them")
    drop.set_defaults(run=_queue_drop)


def _add_status(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    status = actions.add_parser(
        "status", parents=[shared], help="how far it has read, what it found, and what needs a person"
    )
    status.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    status.set_defaults(run=_status)


def _add_disputes(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    disputes = actions.add_parser(
        "disputes", parents=[shared], help="the findings that people called wrong, as a to-do list for the rules"
    )
    disputes.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    disputes.set_defaults(run=_disputes)


def _add_site(actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser) -> None:
    site = actions.add_parser(
        "site", parents=[shared], help="write the state as static pages, and metrics for Prometheus", epilog=_SITE
    )
    site.add_argument("folder", type=Path, metavar="DIR")
    site.set_defaults(run=_site)


def _add_rebuild(
    actions: argparse._SubParsersAction[Any], shared: argparse.ArgumentParser, out: Callable[[], Out]
) -> None:
    rebuild = actions.add_parser(
        "rebuild", parents=[shared], help="make a lost state anew from the sources", epilog=_REBUILD
    )
    rebuild.add_argument(
        "--sent",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="a maildir or mailbox with mails that the bot sent; may be repeated",
    )
    _add_jobs(rebuild)
    rebuild.set_defaults(run=lambda arguments: _rebuild(arguments, out))


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-j", "--jobs", type=_count, default=1, metavar="N", help="processes (default 1)")


_STATES = ("held", "waiting", "parked", "sent", "dropped", "dry")


def _run(arguments: argparse.Namespace, out: Callable[[], Out]) -> Answer:
    from lmlint.bot.run import Orders, command

    orders = Orders(
        once=arguments.once,
        send=arguments.send,
        moderate=arguments.moderate,
        jobs=arguments.jobs,
        interval=arguments.interval,
    )
    return command(arguments.config, orders, out())


def _feed(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.feed import command

    return command(arguments.config, arguments.list, _now())


def _check_config(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.check_config import run

    return run(arguments)


def _queue_list(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.queue import show_list

    return show_list(arguments, _now())


def _queue_show(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.queue import show_mail

    return show_mail(arguments)


def _queue_approve(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.queue import approve

    return approve(arguments, _now())


def _queue_drop(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.queue import drop

    return drop(arguments)


def _status(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.status import command

    return command(arguments.config, arguments.format, _now())


def _disputes(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.disputes import run

    return run(arguments)


def _site(arguments: argparse.Namespace) -> Answer:
    from lmlint.bot.site import command

    return command(arguments.config, arguments.folder)


def _rebuild(arguments: argparse.Namespace, out: Callable[[], Out]) -> Answer:
    from lmlint.bot.rebuild import command

    return command(arguments.config, arguments.sent, arguments.jobs, out())


def _now() -> int:
    """Return the time in seconds since 1970; only the command line and a run read the clock."""
    return int(time.time())


def _count(text: str) -> int:
    """Return a number that is at least one."""
    if not text.isdecimal() or not 0 < int(text[:9]) < 10**6:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 1 to 999999")
    return int(text)
