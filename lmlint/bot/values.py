"""The values of a table of the bot's configuration, typed and bounded; errors name the file, the line and the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.config import known
from lmlint.mailing.address import Address, read_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lmlint.config import File
    from lmlint.error import InputError

_LONGEST = 60
"""Of a value, as messages show it."""


@dataclass(frozen=True, slots=True)
class Values:
    """A table of a configuration file; `where` is its dotted name and a dot, as the file's lines are kept."""

    file: File
    where: str
    data: Mapping[str, Any]

    def only(self, keys: Sequence[str]) -> None:
        """Raise InputError for a key that is none of these."""
        known(self.file, self.where, self.data, keys)

    def error(self, key: str, what: str) -> InputError:
        """Return the error of a key of the table, or of the table itself where the key is ""."""
        return self.file.error((self.where + key).rstrip("."), what)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return what is true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"`{key}` must be true or false")
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(key, f"`{key}` must be a whole number from {least} to {most}")
        return value

    def seconds(self, key: str, default: float, unit: int, most: int) -> int:
        """Return a span of time, given as a number of units, in seconds; `most` is in units as well."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
            raise self.error(key, f"`{key}` must be a number from 0 to {most}")
        return round(value * unit)

    def text(self, key: str, default: str = "") -> str:
        """Return a text of one line; "" may be had by leaving it out only."""
        value = self.data.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.error(key, f"`{key}` must be a text, not empty and of one line")
        return value

    def needed(self, key: str, what: str) -> str:
        """Return a text that has to be there; `what` says what to add where it is not."""
        if key not in self.data:
            raise self.error("", f"`{key}` is missing from `{self.where.rstrip('.')}`; {what}")
        return self.text(key)

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """Return one of some words."""
        value = self.data.get(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.error(key, f"`{key}` must be one of {', '.join(choices)}")
        return value

    def texts(self, key: str, *, single: bool = False) -> tuple[str, ...]:
        """Return a list of texts, none of them twice; where a `single` one will do, it may stand without brackets."""
        values = self.words(key, single=single)
        for at, one in enumerate(values):
            if one in values[:at]:
                raise self.error(key, f"`{key}` names {one[:_LONGEST]!a} twice; delete one")
        return values

    def words(self, key: str, *, single: bool = False) -> tuple[str, ...]:
        """Return a list of texts, as `texts` does, in which one may stand more than once."""
        value = self.data.get(key, [])
        values = [value] if single and isinstance(value, str) else value
        if not isinstance(values, list) or not all(
            isinstance(one, str) and one and one.isprintable() for one in values
        ):
            shape = "a text or a list of texts" if single else "a list of texts"
            raise self.error(key, f"`{key}` must be {shape}, none of them empty or unprintable")
        return tuple(values)

    def address(self, key: str) -> Address | None:
        """Return a mail address, with or without a name; None where it is left out."""
        text = self.text(key)
        return self._address(key, text) if text else None

    def addresses(self, key: str) -> tuple[str, ...]:
        """Return a list of mail addresses, in lower case and without names."""
        return tuple(dict.fromkeys(self._address(key, one).key for one in self.texts(key)))

    def path(self, key: str) -> Path | None:
        """Return a path, relative to the file; None where it is left out."""
        text = self.text(key)
        return self.file.path.parent / text if text else None

    def paths(self, key: str, *, single: bool = False) -> tuple[Path, ...]:
        """Return paths, relative to the file."""
        return tuple(self.file.path.parent / one for one in self.texts(key, single=single))

    def table(self, key: str) -> Values:
        """Return a table within the table."""
        value = self.data[key]
        if not isinstance(value, dict):
            name = (self.where + key).rstrip(".")
            raise self.error(key, f"`{name}` must be a table: [{name}]")
        return Values(self.file, f"{self.where}{key}.", value)

    def tables(self, key: str) -> tuple[Values, ...]:
        """Return the tables of an array; none where it is left out."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.error(key, f"`{self.where}{key}` must be a list of tables: [[{self.where}{key}]]")
        return tuple(Values(self.file, f"{self.where}{key}.{at}.", one) for at, one in enumerate(value))

    def _address(self, key: str, text: str) -> Address:
        found = read_address(text)
        if found is None:
            raise self.error(key, f"`{key}`: {text[:_LONGEST]!a} is no address; give `Name <address>`")
        return found
