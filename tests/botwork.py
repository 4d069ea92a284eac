"""A bot's work on a state, without a bot: run as a program that is killed, starved of disk, or kept waiting.

`python -m tests.botwork STATE work` reads a source of made-up mails from its mark on, a few a transaction, and prints
the mark after each of them; `fill` adds big mails until the disk is full; `hold` keeps the state locked until its input
ends; `make` makes STATE0, STATE1 and so on, one for each line of its input; `open` opens the state.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path

from lmlint.bot.rows import FindingRow, MailRow, OutboxRow, PatchRow, SeriesRow
from lmlint.bot.store import Store
from lmlint.error import InputError

NOW = 1_700_000_000
MAIL = MailRow(0, "<m@x>", "b", "mm", "a@x.org", "mm: x", NOW, NOW, "patch", "", 0, 1, 1, b"")
SERIES = SeriesRow(0, "mm", "a@x.org", "mm: x", 1, 1, "", "<m@x>", "open", NOW, NOW, 0, 0, 0.0, "")
PATCH = PatchRow(0, 0, 0, 1, "mm: x", "<m@x>", "findings", "base proved", "1 finding", b"page")
FINDING = FindingRow(0, 0, 0, "deadbeef", "rule", "drift", "error", "f", "a.c", 7, "off by one", "new", "", 0)
MAIL_OUT = OutboxRow(
    0, "<o@x>", 0, 0, "mm", "<m@x>", b"\x00\r\n\xff", "b@x", ("a@x.org",), "waiting", "", 0, NOW, NOW, 0, ("deadbeef",)
)


def step(store: Store, number: int) -> None:
    """Do with one mail what a bot does: keep it, review it, write the answer; every third one is of no interest."""
    name = f"<{number}@x>"
    mail = replace(MAIL, message_id=name, body=f"body {number}")
    if number % 3 == 0:
        store.add_mail(replace(mail, kind="other"))
        return
    series = store.add_series(replace(SERIES, root=name, title=f"mm: {number}"))
    kept = store.add_mail(replace(mail, series=series, data=b"x" * 3000))
    (patch,) = store.replace_review(series, [replace(PATCH, mail=kept, message_id=name)], [])
    finding = f"{number:08x}"
    out = replace(MAIL_OUT, message_id=f"<answer-{number}@x>", series=series, patch=patch, thread=name)
    told = store.queue(replace(out, findings=(finding,)))
    store.replace_review(
        series,
        [replace(PATCH, mail=kept, message_id=name)],
        [replace(FINDING, finding=finding, told=told)],
    )
    store.set_series(replace(store.series(series), state="reviewed", reviewed=NOW, seconds=0.5))


def work(store: Store) -> None:
    """Read on from the mark for ever."""
    while True:
        with store.transaction():
            number = int(store.mark("list") or 0)
            store.set_mark("list", str(number + 5))
            for one in range(number, number + 5):
                step(store, one)
        print(number + 5, flush=True)


def fill(store: Store) -> None:
    """Add mails of 20000 bytes until there is no room, two a transaction."""
    while True:
        with store.transaction():
            number = int(store.mark("list") or 0)
            for one in (number, number + 1):
                store.add_mail(replace(MAIL, message_id=f"<{one}@x>", data=b"x" * 20_000))
            store.set_mark("list", str(number + 2))
        print(number + 2, flush=True)


def make(state: str) -> None:
    """Make a state for every line of input."""
    for number, _ in enumerate(iter(sys.stdin.readline, "")):
        with Store(Path(f"{state}{number}")) as store:
            store.set_mark("list", "1")
        print(number, flush=True)


def main(state: str, what: str, *more: str) -> int:
    """Return 2 after an error of the state, which is printed."""
    if more:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(more[0]), int(more[0])))
    try:
        if what == "make":
            make(state)
            return 0
        with Store(Path(state)) as store:
            print("open", flush=True)
            if what == "work":
                work(store)
            elif what == "fill":
                fill(store)
            elif what == "hold":
                with store.transaction():
                    print("held", flush=True)
                    sys.stdin.read()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
