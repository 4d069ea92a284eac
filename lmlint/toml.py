"""A TOML file as data, and the line of each of its keys; the only import of tomllib."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1024 * 1024
"""Of one TOML file."""
MAX_PARTS = 100
"""Of one key, between its dots, as `_PARTS` counts them: tomllib takes time that grows with their square."""

_LONGEST = 200
"""Of what tomllib says, which may quote a key of any length."""

_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
_PARTS = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
_TOKEN = re.compile(
    r""""{3}(?:[^"\\]++|\\.|"(?!""))*+"{3,5}|'{3}(?:[^']++|'(?!''))*+'{3,5}"""  # before the plain strings
    r"""|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|\#[^\n]*+|\n|[\[\]{}=.]|[^\s"'\#\[\]{}=.]++""",
    re.DOTALL,
)


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
    import tomllib  # noqa: PLC0415  # start-up is kept free of it: most commits meet no TOML file

    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}: line {line}: not UTF-8; save the file as UTF-8") from error
    if (long := _PARTS.search(text)) is not None:
        line = text.count("\n", 0, long.start()) + 1
        raise InputError(f"{name}: line {line}: a key of more than {MAX_PARTS} parts; give it fewer")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError(f"{name}: arrays or tables are nested too deeply; nest them less") from error
    except ValueError as error:  # tomllib's own, and int's where a number has too many digits
        where = _WHERE.search(str(error))
        if where is None:
            raise InputError(f"{name}: {error}") from error
        line = int(where[1] or text.count("\n", 0, len(text) - 1) + 1)
        what = str(error)[: where.start()][:_LONGEST] + ("" if where[1] else " (end of document)")
        raise InputError(f"{name}: line {line}: {what}; mend the TOML") from error


def lines(data: bytes) -> dict[str, int]:
    """Return the line on which each key of a valid TOML file stands, from 1, by its dotted name.

    The tables of an array are numbered from 0 ("allow.0.id"); keys within a value, such as an inline table, are left
    out.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, line = "", 1
    words: list[str] = []
    brackets, valued = 0, False
    depth = 0
    for token in _TOKEN.finditer(data.decode()):
        word = token[0]
        if word == "\n":
            line += 1
            if not depth:
                words, brackets, valued = [], 0, False
        elif valued:
            depth += (word in {"[", "{"}) - (word in {"]", "}"})
            line += word.count("\n")
        elif word == "[":
            brackets += 1
        elif word == "]" and words:
            table = "".join(words)
            if brackets > 1:
                counts[table] = counts.get(table, -1) + 1
                table += f".{counts[table]}"
            found.setdefault(table, line)
            words = []
        elif word == "=":
            found.setdefault(".".join(filter(None, (table, "".join(words)))), line)
            valued = True
        elif not word.startswith("#"):
            words.append(word.strip("\"'"))
    return found
