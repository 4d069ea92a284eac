"""A list that a bot follows, for the tests: its settings, the mails that come, and those that the bot sends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.bot.run import Orders, run
from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "arm64-lm-meminfo"
TREE = CORPUS / "tree"
FILE = "arch/arm64/mm/mmu.c"
NOW = 1_769_990_400
"""2 February 2026: when the fourth version of the corpus's story came."""
HOUR, DAY = 3600, 86_400
BOT = "bot@example.net"
_STORY = {1: "hotremove-forgotten", 2: "double-count", 3: "clean", 4: "race"}


def story(version: int, fields: Mapping[str, str] | None = None, *, name: str = "Pat") -> bytes:
    """Return a version of the corpus's story as a mail of somebody, with other header fields where they are given."""
    data = (CORPUS / f"story-v{version}-{_STORY[version]}.patch").read_bytes().partition(b"\n")[2]
    data = data.replace(b"Pat Example", f"{name} Example".encode()).replace(b"pat@", f"{name.lower()}@".encode())
    data = data.replace(b"<lm-meminfo-v", f"<lm-meminfo-{name.lower()}-v".encode())
    return with_fields(data, fields or {})


def small(fields: Mapping[str, str] | None = None, *, name: str = "Pat", file: str = "unseen.c") -> bytes:
    """Return a short patch with one finding, which its hunks alone prove, as a mail of somebody."""
    data = (CORPUS / "hunks-bad-counted-again.patch").read_bytes().replace(b"unseen.c", file.encode())
    data = data.replace(b"Pat Example", f"{name} Example".encode()).replace(b"pat@", f"{name.lower()}@".encode())
    data = data.replace(b"<bad-counted-again@", f"<small-{name.lower()}@".encode())
    return with_fields(data, fields or {})


def with_fields(data: bytes, fields: Mapping[str, str]) -> bytes:
    """Return a mail with header fields in place of its own; one that is "" is left out."""
    head, _, body = data.partition(b"\n\n")
    for key, value in fields.items():
        head = re.sub(rf"(?mi)^{key}:.*(?:\n[ \t].*)*\n?".encode(), b"", head + b"\n").rstrip(b"\n")
        head += f"\n{key}: {value}".encode() if value else b""
    return head + b"\n\n" + body


def told(mail: bytes) -> list[str]:
    """Return the ids that a mail of the bot's tells."""
    return re.findall(r"^\[[a-z-]+ ([0-9a-f]{8})\]$", mail.decode(), re.MULTILINE)


def header(mail: bytes, name: str) -> str:
    """Return a field of a mail, unfolded; "" where it has none."""
    match = re.search(rf"(?mi)^{name}: *(.*(?:\n[ \t].*)*)", mail.partition(b"\n\n")[0].decode())
    return " ".join(match[1].split()) if match else ""


@dataclass(slots=True)
class Log:
    """Keeps what a run says."""

    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def progress(self, done: int, count: int) -> None:
        """Hold progress to its bounds."""
        assert 0 <= done <= count

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.lines)


class Followed:
    """A bot in a folder of its own: maildirs for what comes and what goes, and settings."""

    def __init__(self, folder: Path, top: str = "", /, lists: Mapping[str, str] | None = None, bot: str = "") -> None:
        """Write the settings; `lists` are more keys by the name of each list, `bot` more of the table `bot`."""
        self.folder = folder
        self.now = NOW
        lists = lists if lists is not None else {"arm": ""}
        given = f'trees = ["{TREE}"]\n{top}\n[bot]\nfrom = "Bot <{BOT}>"\nstate = "state.db"\n{bot}\n'
        if "[bot.smtp]" not in bot:
            given += '[bot.maildir]\npath = "out"\n'
        for name, more in lists.items():
            keys = f'name = "{name}"\naddress = "{name}@lists.example.org"\n'
            if "maildir" not in more:
                keys += f'maildir = "{name}"\n'
            for key, value in (("answer", '"author"'), ("moderate", "false"), ("embargo-hours", "0")):
                keys += "" if f"{key} " in more else f"{key} = {value}\n"
            given += f"[[bot.list]]\n{keys}{more}\n"
            for place in ("new", "cur", "tmp"):
                (folder / name / place).mkdir(parents=True)
        self.config = folder / "lmlint.toml"
        self.config.write_text(given, encoding="utf-8")
        self._count = 0

    def comes(self, data: bytes, where: str = "arm") -> None:
        """Have a mail come to a list."""
        self._count += 1
        (self.folder / where / "new" / f"{self._count:06}.host").write_bytes(data)

    def run(self, *, send: bool = True, moderate: bool = False, jobs: int = 1) -> Log:
        """Make one round."""
        log = Log()
        orders = Orders(once=True, send=send, moderate=moderate, jobs=jobs)
        errors = run(load_settings(self.config), orders, log, lambda: self.now)
        assert errors == (), errors
        return log

    def store(self) -> Store:
        """Open the state."""
        return Store(self.folder / "state.db")

    @property
    def sent(self) -> list[bytes]:
        """The mails that went out, by their date and the mail that they answer."""
        folder = self.folder / "out" / "new"
        mails = [one.read_bytes() for one in sorted(folder.iterdir())] if folder.is_dir() else []
        return sorted(mails, key=lambda one: header(one, "In-Reply-To"))
