"""A TOML file as data, and the line of each of its keys; the only import of tomllib."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_BYTES = 1024 * 1024
"""Of one TOML file."""
MAX_PARTS = 100
"""Of one key, between its dots, as `_PARTS` counts them: tomllib takes time that grows with their square."""

_LONGEST = 200
"""Of what tomllib says, which may quote a key of any length."""

_WIDEST = 60
"""Of the line that it is about."""
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
_PARTS = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
_TOKEN = re.compile(
    r""""{3}(?:[^"\\]++|\\.|"(?!""))*+"{3,5}|'{3}(?:[^']++|'(?!''))*+'{3,5}"""  # before the plain strings
    r"""|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|\#[^\n]*+|\n|[\[\]{}=.,]|[^\s"'\#\[\]{}=.,]++""",
    re.DOTALL,
)

Key = tuple[str, ...]
"""A key with all that it stands in, from the top; the tables of a list, and its values, are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Why bytes are no TOML: the line, from 1 (0 where it is not known), and what is wrong."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a TOML file each key and each value of a list stands, and on which line the text of a string begins."""

    keys: Mapping[Key, int]
    texts: Mapping[Key, int]

    def line(self, key: Key) -> int:
        """Return the line of a key, or of the nearest that it stands in; 1 where there is none."""
        while key and key not in self.keys:
            key = key[:-1]
        return self.keys.get(key, 1)


def read(path: Path) -> bytes:
    """Return what a file holds; raises InputError where that is no regular file, too large, or not to be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: not a regular file; a TOML file is needed")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES} bytes; give a smaller TOML file")
    return data


def loads(data: bytes, name: str) -> dict[str, Any]:
    """Return TOML as data; raises InputError that names the file and the line."""
    made = attempt(data)
    if isinstance(made, Slip):
        raise InputError(f"{name}: {f'line {made.line}: ' if made.line else ''}{made.what}")
    return made


def attempt(data: bytes) -> dict[str, Any] | Slip:
    """Return TOML as data, or why it is none."""
    import tomllib  # noqa: PLC0415  # start-up is kept free of it: most commits meet no TOML file

    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return Slip(data.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8")
    if (long := _PARTS.search(text)) is not None:
        line = text.count("\n", 0, long.start()) + 1
        return Slip(line, f"a key of more than {MAX_PARTS} parts; give it fewer")
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Slip(0, "arrays or tables are nested too deeply; nest them less")
    except ValueError as error:  # tomllib's own, and int's where a number has too many digits
        where = _WHERE.search(str(error))
        if where is None:
            return Slip(0, str(error))
        line = int(where[1] or text.count("\n", 0, len(text) - 1) + 1)
        shown = text.split("\n")[line - 1].strip()[:_WIDEST]
        place = f" in `{shown}`" if shown and shown.isprintable() else ""
        what = str(error)[: where.start()][:_LONGEST] + (place if where[1] else " (end of document)")
        return Slip(line, f"{what}; mend the TOML")


def lines(data: bytes) -> dict[str, int]:
    """Return the line on which each key of a valid TOML file stands, from 1, by its dotted name.

    The tables of an array are numbered from 0 ("allow.0.id"); keys within a value, such as an inline table, are left
    out.
    """
    found: dict[str, int] = {}
    for key, line, kind in _Scanner().spots(data):
        if kind == _KEY:
            found.setdefault(".".join(key), line)
    return found


def places(data: bytes) -> Places:
    """Return where everything in a valid TOML file stands, what is within a value included."""
    keys: dict[Key, int] = {}
    texts: dict[Key, int] = {}
    for key, line, kind in _Scanner().spots(data):
        if kind == _TEXT:
            texts.setdefault(key, line)
            continue
        for end in range(1, len(key)):  # what only the name of a table inside it speaks of
            keys.setdefault(key[:end], line)
        keys.setdefault(key, line)
    return Places(keys, texts)


_KEY, _INNER, _TEXT = range(3)
"""What a spot is of: a key, or the name of a table; what stands within a value; the first line of a string."""
_Spot = tuple[Key, int, int]


@dataclass(slots=True)
class _Open:
    """A list or an inline table that is not closed yet: its bracket, its key, and what comes next in it."""

    bracket: str
    key: Key
    count: int = 0
    ready: bool = True


class _Scanner:
    """Goes through valid TOML word by word."""

    def __init__(self) -> None:
        self.last: dict[Key, int] = {}
        """How many tables each list of tables has, less one."""
        self.table: Key = ()
        self.key: Key = ()
        self.words: list[str] = []
        self.open: list[_Open] = []
        self.line, self.brackets, self.naming = 1, 0, True

    def spots(self, data: bytes) -> Iterator[_Spot]:
        """Yield each key, each value of a list and each string, with its line and what it is."""
        for token in _TOKEN.finditer(data.decode()):
            word = token[0]
            if word == "\n":
                self.line += 1
                if not self.open:
                    self.words, self.brackets, self.naming = [], 0, True
            elif not word.startswith("#"):
                yield from self._named(word) if self.naming else self._valued(word)

    def _named(self, word: str) -> Iterator[_Spot]:
        """Yield the spots of a word where a key, or the name of a table, is being read."""
        if word == "=":
            self.key = (*(self.open[-1].key if self.open else self.table), *self.words)
            yield self.key, self.line, _INNER if self.open else _KEY
            self.words, self.naming = [], False
        elif word == "[":
            self.brackets += 1
        elif word == "]" and self.words:
            self.table = self._numbered()
            yield self.table, self.line, _KEY
            self.words = []
        elif word == "}":  # an inline table without a key
            self.open.pop()
            self.naming = False
        elif word not in {".", "]"}:
            self.words.append(_name(word))

    def _valued(self, word: str) -> Iterator[_Spot]:
        """Yield the spots of a word where a value is being read."""
        if word == "," and self.open:
            self.open[-1].ready = True
            self.naming = self.open[-1].bracket == "{"
            return
        if word in {"]", "}"} and self.open:
            self.open.pop()
            return
        if self.open and self.open[-1].bracket == "[":
            around = self.open[-1]
            self.key = (*around.key, str(around.count - (not around.ready)))
            if around.ready:
                yield self.key, self.line, _INNER
                around.count, around.ready = around.count + 1, False
        if word in {"[", "{"}:
            self.open.append(_Open(word, self.key))
            self.naming = word == "{"
        elif word[0] in {'"', "'"}:
            yield self.key, self.line + word.startswith(('"""\n', "'''\n")), _TEXT
        self.line += word.count("\n")

    def _numbered(self) -> Key:
        """Return the key that a heading names: of a list of tables that is named on the way, the last one is meant."""
        key: Key = ()
        for at, word in enumerate(self.words, 1):
            key = (*key, word)
            if at == len(self.words) and self.brackets > 1:
                self.last[key] = self.last.get(key, -1) + 1
            if key in self.last:
                key = (*key, str(self.last[key]))
        return key


def _name(word: str) -> str:
    """Return what a word of a key says."""
    if word[0] == "'":
        return word[1:-1]
    if word[0] != '"':
        return word
    import tomllib  # noqa: PLC0415  # as above

    return word[1:-1] if "\\" not in word else str(tomllib.loads(f"k = {word}")["k"])
