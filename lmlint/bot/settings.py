"""What `[bot]` of lmlint.toml asks for: the lists that are followed, who is answered, and how mails go out.

A path in it is relative to the file's folder. No secret stands in it: a password is in a file of its own, or in the
environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.bot.values import Values
from lmlint.config import BOT, NAME, Config, File, find, interpret, read_file
from lmlint.error import InputError
from lmlint.scope import builtin_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lmlint.mailing.address import Address

NOBODY, AUTHOR, LIST, RECIPIENTS = ANSWERS = ("nobody", "author", "list", "recipients")
PUBLIC_INBOX, MAILDIR, MBOX = SOURCES = ("public-inbox", "maildir", "mbox")
DRY, SMTP, SENDMAIL, TO_MAILDIR = "dry", "smtp", "sendmail", "maildir"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOUR, MINUTE = 3600, 60

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]{0,252}")
_MOST_MAILS = 10_000
_MOST_HOURS = 24 * 30
_MOST_MINUTES = 60 * 24 * 7
_MOST_SECONDS = 3600
_MOST_PORT = 65535
_LONGEST_PATTERN = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Where mails of a list come from; `name` is what its high-water mark is kept under."""

    kind: str
    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class ListSettings:
    """A mailing list: what is read, what is reviewed, who is told, and how much at most.

    `address` is "" where none is given; addresses are in lower case. `rules` are names, never empty. `embargo` and
    `settle` (how long the rest of a series is waited for) are in seconds. `mute` are addresses and `mute_subjects`
    subjects, in both of which `*` stands for any text.
    """

    name: str
    address: str = ""
    sources: tuple[Source, ...] = ()
    rules: tuple[str, ...] = ()
    answer: str = NOBODY
    positive: bool = False
    embargo: int = 6 * HOUR
    per_hour: int = 10
    per_thread: int = 5
    per_series: int = 3
    trees: tuple[Path, ...] = ()
    maintainers: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()
    mute_subjects: tuple[str, ...] = ()
    moderate: bool = True
    settle: int = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Transport:
    """How mails go out; `kind` says which of the fields count. The timeout is in seconds."""

    kind: str = DRY
    host: str = ""
    port: int = PORTS["starttls"]
    security: str = "starttls"
    credentials: Path | None = None
    command: tuple[str, ...] = ()
    path: Path | None = None
    timeout: int = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """What the bot is to do; `config` is the rest of the same file, with the trees and rules of all lists.

    `authserv` are the hosts whose Authentication-Results are believed. While `stop_file` exists, nothing is sent.
    """

    path: Path
    sender: Address
    state: Path
    stop_file: Path
    per_hour: int = 20
    lists: tuple[ListSettings, ...] = ()
    transport: Transport = Transport()
    authserv: tuple[str, ...] = ()
    config: Config = field(default_factory=Config)
    file: File | None = field(default=None, repr=False, compare=False)
    """The file as it was read, which knows the lines of its keys."""

    def list(self, name: str) -> ListSettings:
        """Return the list of this name; InputError where there is none."""
        for one in self.lists:
            if one.name == name:
                return one
        there = ", ".join(one.name for one in self.lists) or "none"
        raise InputError(f"{self.path}: no list is called {name[:64]!a}; there are: {there}")

    def origin(self, key: str) -> str:
        """Return the file and line of a key below `bot.`, or of the table that lacks it."""
        return self.path.name if self.file is None else self.file.origin(f"{BOT}.{key}")


_KEYS = ("from", "state", "stop-file", "per-hour", "trust-results-of", SMTP, SENDMAIL, TO_MAILDIR, "list")
_LIST_KEYS = (
    "name",
    "address",
    *SOURCES,
    "rule",
    "trees",
    "answer",
    "positive",
    "moderate",
    "embargo-hours",
    "settle-minutes",
    "per-hour",
    "per-thread",
    "per-series",
    "maintainers",
    "mute",
    "mute-subjects",
)
_UNSET = ListSettings("")


def load_settings(path: Path | None) -> Settings:
    """Return the settings in a file, or in the configuration nearest to the current folder where none is given.

    InputError names the file, the line and the key. That a folder or a tree is there is not looked at.
    """
    if path is None and (path := find(Path())) is None:
        raise InputError(f"no {NAME} in this folder or above; give --config FILE (`lmlint bot check-config --example`)")
    file = read_file(path.absolute())
    config = interpret(file)
    top = Values(file, "", file.data)
    if BOT not in file.data:
        raise InputError(f"{path}: has no table [{BOT}]; `lmlint bot check-config --example` shows one")
    bot = top.table(BOT)
    bot.only(_KEYS)
    state = bot.file.path.parent / bot.needed("state", 'add state = "FILE": the SQLite file that the bot keeps')
    settings = Settings(
        file.path,
        _sender(bot, config),
        state,
        bot.path("stop-file") or state.parent / "stop",
        bot.number("per-hour", 20, 1, _MOST_MAILS),
        _lists(bot, config),
        _transport(bot),
        tuple(one.lower() for one in bot.texts("trust-results-of", single=True)),
        config,
        file,
    )
    _fit(bot, settings)
    return settings


def _sender(bot: Values, config: Config) -> Address:
    """Return who the mails are from: as the table says, else as the file says of all mails."""
    found = bot.address("from")
    if found is None and config.from_:
        found = Values(bot.file, "", bot.file.data).address("from")
    if found is None:
        raise bot.error("", '`from` is missing from `bot`; add from = "Name <address>", an address of the bot\'s own')
    return found


def _lists(bot: Values, config: Config) -> tuple[ListSettings, ...]:
    tables = bot.tables("list")
    if not tables:
        raise bot.error("list", "no list to follow; add [[bot.list]] with a name")
    there = _rule_names(config)
    names = _known_rules(Values(bot.file, "", bot.file.data), there) or there
    lists: list[ListSettings] = []
    for table in tables:
        made = _list(table, config, there, names)
        if made.name.lower() in {one.name.lower() for one in lists}:
            raise table.error("name", f"two lists are called `{made.name}`; give one of them another name")
        if made.address and made.address in {one.address for one in lists}:
            raise table.error("address", f"two lists have the address `{made.address}`; put them into one")
        taken = {realpath(source.path): one.name for one in lists for source in one.sources}
        for source in made.sources:
            if (other := taken.setdefault(realpath(source.path), made.name)) != made.name:
                what = f"`{source.path}` is a source of `{other}` as well; a mail would belong to both"
                raise table.error(source.kind, what)
        lists.append(made)
    return tuple(lists)


def _list(table: Values, config: Config, there: Sequence[str], names: Sequence[str]) -> ListSettings:
    """Return one list; of the rules that are `there`, those of these names hold where it names none."""
    table.only(_LIST_KEYS)
    name = table.needed("name", 'add name = "...": what the state and the pages call the list')
    if not _NAME.fullmatch(name):
        raise table.error("name", "`name` must be of letters, digits, `.`, `_` and `-`, 64 at most, no sign in front")
    address = table.address("address")
    answer = table.choice("answer", NOBODY, ANSWERS)
    if answer == LIST and address is None:
        raise table.error("answer", f"`{name}` answers to the list, and has no `address`; add it")
    return ListSettings(
        name,
        "" if address is None else address.key,
        tuple(
            Source(kind, path, f"{name}:{kind}:{path}") for kind in SOURCES for path in table.paths(kind, single=True)
        ),
        _known_rules(table, there) or tuple(names),
        answer,
        table.flag("positive", default=False),
        table.seconds("embargo-hours", _UNSET.embargo / HOUR, HOUR, _MOST_HOURS),
        table.number("per-hour", _UNSET.per_hour, 1, _MOST_MAILS),
        table.number("per-thread", _UNSET.per_thread, 1, _MOST_MAILS),
        table.number("per-series", _UNSET.per_series, 1, _MOST_MAILS),
        table.paths("trees", single=True) or config.trees,
        table.addresses("maintainers"),
        _patterns(table, "mute"),
        _patterns(table, "mute-subjects"),
        table.flag("moderate", default=True),
        table.seconds("settle-minutes", _UNSET.settle / MINUTE, MINUTE, _MOST_MINUTES),
    )


def _rule_names(config: Config) -> tuple[str, ...]:
    """Return the names of all rules that there are; what stands in them is not read."""
    folders = (Path(builtin_folder()), *config.rules)
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")}))


def _known_rules(table: Values, there: Collection[str]) -> tuple[str, ...]:
    """Return the rules that a table names."""
    names = table.texts("rule", single=True)
    for name in names:
        if name not in there:
            raise table.error("rule", f"no rule is called {name[:64]!a}; there are: {', '.join(there) or 'none'}")
    return tuple(sorted(names))


def _patterns(table: Values, key: str) -> tuple[str, ...]:
    """Return texts in which `*` may stand for any other."""
    patterns = table.texts(key, single=True)
    for one in patterns:
        if len(one) > _LONGEST_PATTERN or not one.strip("*"):
            what = f"a pattern of `{key}` is a text of at most {_LONGEST_PATTERN} characters, not `*` alone"
            raise table.error(key, f"{what}; to answer nobody, leave `answer` out")
    return patterns


def _transport(bot: Values) -> Transport:
    """Return how mails go out: as the one table says that is there."""
    given = [key for key in (SMTP, SENDMAIL, TO_MAILDIR) if key in bot.data]
    if not given:
        return Transport()
    if len(given) > 1:
        raise bot.error(given[1], f"mails go out one way: [bot.{given[0]}] or [bot.{given[1]}]; delete one")
    table = bot.table(given[0])
    if given[0] == SMTP:
        return _smtp(table)
    if given[0] == SENDMAIL:
        table.only(("command", "timeout-seconds"))
        command = table.words("command") or ("/usr/sbin/sendmail",)
        if command[0].startswith("-"):
            raise table.error("command", "`command` begins with the program, then its options")
        return Transport(SENDMAIL, command=command, timeout=_timeout(table))
    table.only(("path",))
    path = table.path("path")
    if path is None:
        raise table.error("", '`path` is missing from `bot.maildir`; add path = "FOLDER"')
    return Transport(TO_MAILDIR, path=path)


def _smtp(table: Values) -> Transport:
    table.only(("host", "port", "security", "credentials", "timeout-seconds"))
    host = table.needed("host", 'add host = "mail.example.org"')
    if not _HOST.fullmatch(host):
        raise table.error("host", "`host` must be the name or the address of one host; the port has a key of its own")
    security = table.choice("security", "starttls", tuple(PORTS))
    credentials = table.path("credentials")
    if credentials is not None and security == "none" and host not in LOOPBACK:
        what = "the password would cross the network in the clear"
        raise table.error("security", f'{what}; set security = "starttls" or "tls", or leave `credentials` out')
    port = table.number("port", PORTS[security], 1, _MOST_PORT)
    return Transport(SMTP, host, port, security, credentials, timeout=_timeout(table))


def _timeout(table: Values) -> int:
    return table.number("timeout-seconds", Transport().timeout, 1, _MOST_SECONDS)


def _fit(bot: Values, settings: Settings) -> None:
    """Raise InputError where keys do not go together: what would make the bot answer itself, or lose its state."""
    own = settings.sender.key
    for at, one in enumerate(settings.lists):
        table = Values(bot.file, f"{bot.where}list.{at}.", {})
        if one.address == own:
            raise table.error("address", f"the bot writes as `{own}`, and would answer itself; give it its own address")
        if own in one.maintainers:
            raise table.error("maintainers", f"`{own}` is the bot itself; leave it out")
        if one.per_series > one.per_thread:
            raise table.error("per-series", "`per-series` is more than `per-thread`, which a series is part of")
    if settings.stop_file == settings.state:
        raise bot.error("stop-file", "`stop-file` is the state; give it another path")
