"""What lmlint.toml, or [tool.lmlint] of pyproject.toml, asks for, and where each value in force comes from.

A configuration is only ever one of the user's own files, in or above the folder of what is checked, never part of a
patch. Paths in it are relative to its folder.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lmlint import toml
from lmlint.allow import tidy
from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

NAME, OTHER = "lmlint.toml", "pyproject.toml"
DEFAULTED, GIVEN = "default", "command line"
FORMATS = ("text", "json", "terse", "sarif", "rdjson", "github", "gitlab", "patchwork", "html")
COLORS = ("auto", "always", "never")

_TABLE = "tool.lmlint"
_ID = re.compile(r"[0-9a-fA-F]{8}")
_LONGEST = 60
"""Of a key, as messages show it."""
_WIDEST = 60
"""Where the remarks of `render` stand at the latest, but for longer values."""


@dataclass(frozen=True, slots=True)
class Config:
    """The values in force; a key of the file has dashes where its field here has underscores.

    `allow` gives the reason for each id of a finding that is silenced. `origins` says where a value comes from, by key
    ("explain-clean", "limits.bytes", "allow.e758ccb6"): "lmlint.toml:3", "command line", or "default". `path` is the
    file that was read, or None.
    """

    trees: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    rule: tuple[str, ...] = ()
    strict: bool = False
    witness: bool = False
    suggest: bool = False
    explain_clean: bool = False
    format: str = "text"
    color: str = "auto"
    from_: str = ""
    """Who a mail is from, as `Name <address>`."""
    limits: Limits = DEFAULT
    allow: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    path: Path | None = None

    def origin(self, key: str) -> str:
        """Return where the value of a key comes from."""
        return self.origins.get(key, DEFAULTED)


_FIELDS = {
    one.name.rstrip("_").replace("_", "-"): one.name for one in fields(Config) if one.name not in {"origins", "path"}
}
_KEYS = tuple(_FIELDS)
_LIMITS = tuple(one.name for one in fields(Limits))
BOT = "bot"
"""The key of what `lmlint bot` reads; nothing else looks into it."""


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file: its values, and the lines of its keys (which begin with `prefix`)."""

    path: Path
    data: Mapping[str, Any]
    lines: Mapping[str, int]
    prefix: str = ""

    def line(self, key: str) -> int:
        """Return the line of a key, or of what it stands in; 0 where neither is found."""
        name = self.prefix + key
        while name and name not in self.lines:
            name = name.rpartition(".")[0]
        return self.lines.get(name, 0)

    def origin(self, key: str) -> str:
        """Return the file and the line of a key."""
        line = self.line(key)
        return f"{self.path.name}:{line}" if line else self.path.name

    def error(self, key: str, what: str) -> InputError:
        """Return the error of a key."""
        line = self.line(key)
        return InputError(f"{self.path}: {f'line {line}: ' if line else ''}{what}")


def find(start: Path) -> Path | None:
    """Return the configuration file nearest to a file or folder, in its folder or above; None where there is none."""
    found = _found(start)
    return None if found is None else found.path


def load(start: Path) -> Config:
    """Return the configuration for a file or folder; raises InputError that names the file, the line and the key."""
    file = _found(start)
    return Config() if file is None else interpret(file)


def read_file(path: Path) -> File:
    """Return a configuration file of any name; InputError where it cannot be read, or is a pyproject without ours."""
    if path.name != OTHER:
        data = toml.read(path)
        return File(path, toml.loads(data, str(path)), toml.lines(data))
    file = _pyproject(path)
    if file is None:
        raise InputError(f"{path}: has no table `{_TABLE}`; add it, or give another file")
    return file


def interpret(file: File) -> Config:
    """Return the configuration that a file is; raises InputError that names the file, the line and the key."""
    known(file, "", file.data, (*_KEYS, BOT))
    made: dict[str, Any] = {"path": file.path}
    origins = {key: file.origin(key) for key in file.data if key not in {"limits", "allow", BOT}}
    for key, value in file.data.items():
        if key == BOT:
            continue
        if key == "limits":
            made[key] = _limits(file, value, origins)
        elif key == "allow":
            made[key] = _allow(file, value, origins)
        elif key in {"trees", "rules"}:
            made[key] = tuple(file.path.parent / one for one in _texts(file, key, value))
        elif key == "rule":
            made[key] = _texts(file, key, value)
        elif key in {"format", "color", "from"}:
            made[_FIELDS[key]] = _text(file, key, value)
        elif isinstance(value, bool):
            made[key.replace("-", "_")] = value
        else:
            raise file.error(key, f"`{key}` must be true or false")
    return Config(**made, origins=MappingProxyType(origins))


def with_options(config: Config, **given: Any) -> Config:  # noqa: ANN401  # the type of each is its field's
    """Return the configuration with what the command line gives in place of the file's, by field.

    None and an empty list are what was not given. `limits` is a mapping of names to numbers, and those that it leaves
    out stay; raises InputError for one that is no limit or out of range.
    """
    made = {name: value for name, value in given.items() if value is not None and value not in ((), [], {})}
    origins = {**config.origins, **{name.replace("_", "-"): GIVEN for name in made if name != "limits"}}
    limits = config.limits
    for name, value in made.pop("limits", {}).items():
        limits = limits.changed(name, value)
        origins[f"limits.{name}"] = GIVEN
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in made.items()}
    return replace(config, **values, limits=limits, origins=MappingProxyType(origins))


def render(config: Config) -> str:
    """Return every key in force as TOML, each with a remark that says where its value comes from."""
    rows = [(key, getattr(config, _FIELDS[key]), key) for key in _KEYS if key not in {"limits", "allow"}]
    if not config.allow:
        rows.append(("allow", (), "allow"))
    blocks = [[_row(*row) for row in rows]]
    blocks.append([("[limits]", ""), *(_row(name, getattr(config.limits, name), f"limits.{name}") for name in _LIMITS)])
    for id_, reason in config.allow.items():
        where = f"allow.{id_}"
        blocks.append([("[[allow]]", ""), _row("id", id_, where), _row("reason", reason, where)])
    width = max(len(text) for block in blocks for text, _ in block if len(text) <= _WIDEST)
    head = f"# {NAME}: none found" if config.path is None else f"# {_quoted(str(config.path))}"
    parts = [[head]]
    parts += [
        [f"{text:{width}}  # from {config.origin(key)}" if key else text for text, key in block] for block in blocks
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _found(start: Path) -> File | None:
    """Return the nearest configuration file, read."""
    # The folders above are then those that ".." means; a file that is a link counts where the link stands.
    folder = os.path.isdir(start)  # noqa: PTH112  # Path.is_dir raises where the folder may not be searched
    here = Path(os.path.realpath(start if folder else start.parent))
    for above in (here, *here.parents):
        if os.path.lexists(path := above / NAME):
            return read_file(path)
        if os.path.lexists(path := above / OTHER):
            file = _pyproject(path)
            if file is not None:
                return file
    return None


def _pyproject(path: Path) -> File | None:
    """Return our table of a pyproject.toml, or None where it has none."""
    data = toml.read(path)
    if b"lmlint" not in data:  # most have nothing for us, and need not be parsed
        return None
    tool = toml.loads(data, str(path)).get("tool")
    if not isinstance(tool, dict) or "lmlint" not in tool:
        return None
    file = File(path, {}, toml.lines(data), f"{_TABLE}.")
    if not isinstance(tool["lmlint"], dict):
        raise file.error("", f"`{_TABLE}` must be a table")
    return replace(file, data=tool["lmlint"])


def known(file: File, where: str, table: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Raise InputError for a key that is none of those known, with the one that may be meant."""
    for key in table:
        if key in keys:
            continue
        from difflib import get_close_matches  # noqa: PLC0415  # only a slip needs it

        shown = "".join(char if char.isprintable() else "?" for char in key[:_LONGEST])
        near = get_close_matches(shown, keys, 1)
        meant = f"is `{near[0]}` meant? " if near else ""
        raise file.error(where + key, f"unknown key `{where}{shown}`; {meant}the keys are {', '.join(keys)}")


def _texts(file: File, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one and one.isprintable() for one in value):
        raise file.error(key, f"`{key}` must be a list of texts, none of them empty or unprintable")
    return tuple(value)


def _text(file: File, key: str, value: object) -> str:
    if key != "from":
        return _choice(file, key, value, FORMATS if key == "format" else COLORS)
    if not isinstance(value, str) or not value.isprintable():
        raise file.error(key, "`from` must be a text, `Name <address>`")
    return value


def _choice(file: File, key: str, value: object, choices: Collection[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise file.error(key, f"`{key}` must be one of {', '.join(choices)}")
    return value


def _limits(file: File, table: object, origins: dict[str, str]) -> Limits:
    if not isinstance(table, dict):
        raise file.error("limits", "`limits` must be a table of numbers")
    known(file, "limits.", table, _LIMITS)
    limits = DEFAULT
    for name, value in table.items():
        key = f"limits.{name}"
        try:
            limits = limits.changed(name, value)
        except InputError as error:
            raise file.error(key, str(error)) from error
        origins[key] = file.origin(key)
    return limits


def _allow(file: File, entries: object, origins: dict[str, str]) -> Mapping[str, str]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise file.error("allow", '`allow` must be a list of tables: [[allow]] with id = "..." and reason = "..."')
    made: dict[str, str] = {}
    for at, entry in enumerate(entries):
        key = f"allow.{at}"
        known(file, f"{key}.", entry, ("id", "reason"))
        id_, reason = entry.get("id"), entry.get("reason")
        if not isinstance(id_, str) or _ID.fullmatch(id_) is None:
            raise file.error(f"{key}.id", "`id` of an `allow` must be the eight hex digits that a finding is told with")
        if not isinstance(reason, str) or not tidy(reason):
            raise file.error(key, f'`allow` of `{id_}` gives no reason; add reason = "why this finding is wrong"')
        id_ = id_.lower()
        if id_ in made:
            raise file.error(f"{key}.id", f"`{id_}` is allowed twice; delete one")
        made[id_] = tidy(reason)
        origins[f"allow.{id_}"] = file.origin(key)
    return MappingProxyType(made)


def _row(key: str, value: object, where: str) -> tuple[str, str]:
    """Return a line of TOML, and the key whose origin it is told with."""
    return f"{key} = {_value(value)}", where


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """Return text as a TOML string; bytes that are not UTF-8, which TOML cannot say, show as U+FFFD."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
