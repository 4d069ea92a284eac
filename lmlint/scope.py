"""Which paths any rule has something to say of, read without loading a rule: what a hook asks first.

Loading the rules takes many times what Python takes to start, so only the top of each file is read, line by line. What
is not written in the plain way is None, "not known", and then the rules themselves have to be asked.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing takes as long to load as Python to start
if TYPE_CHECKING:
    from collections.abc import Iterator

C_SUFFIXES = (".c", ".h")
CONFIGURATIONS = ("lmlint.toml", "pyproject.toml")

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./*")
"""What git, as a pathspec, and fnmatch read alike."""
_KEYS = ("files", "lookup")
_QUOTES = '"""'
_MOST = 1024 * 1024
"""Bytes read of a configuration file, which may be no larger."""


def builtin_folder() -> str:
    """Return the folder of the rules that come with lmlint: in the wheel, or in the checkout."""
    here = os.path.dirname(os.path.realpath(__file__))
    inside = os.path.join(here, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "rules")


def covered(folder: str) -> tuple[str, ...] | None:
    """Return the globs of the files that the rules of a folder check or look definitions up in; None: not known."""
    globs: list[str] = []
    try:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".toml"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found = globs_of(file.read(_MOST))
                if found is None:
                    return None
                globs += found
    except (OSError, UnicodeDecodeError):  # the rules themselves say what is wrong
        return None
    return tuple(dict.fromkeys(globs))


def globs_of(rule: str) -> tuple[str, ...] | None:
    """Return the globs in the keys `files` and `lookup` of a rule, which is TOML; None where that takes a real reader.

    The keys must stand before the first table, each a list of plain strings on one line.
    """
    found: dict[str, tuple[str, ...]] = {}
    lines = iter(rule.split("\n"))
    for line in lines:
        key, _, value = (part.strip() for part in line.partition("="))
        if key.startswith("["):
            break
        if not key or key.startswith("#"):
            continue
        if key in _KEYS:
            globs = _strings(value)
            if globs is None or key in found:
                return None
            found[key] = globs
        elif not key.isidentifier() or not _ends(value, lines):
            return None
    return found["files"] + found.get("lookup", ()) if "files" in found else None


def brings_rules(start: str) -> bool:
    """Whether a configuration file in a directory, or in one above it, may name rules of its own."""
    here = start
    while True:
        for name in CONFIGURATIONS:
            if _may_name_rules(os.path.join(here, name), name):
                return True
        above = os.path.dirname(here)
        if above == here:
            return False
        here = above


def _may_name_rules(path: str, name: str) -> bool:
    if not os.path.lexists(path):
        return False
    if not os.path.isfile(path):  # a pipe would never end; the configuration's own reader says what is wrong
        return True
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST + 1)
    except OSError:
        return True
    if name == CONFIGURATIONS[1] and b"lmlint" not in data:
        return False
    return len(data) > _MOST or b"rules" in data or b"\\" in data  # TOML may spell any key with escapes


def _strings(value: str) -> tuple[str, ...] | None:
    """Return the strings of a list that stands on one line."""
    body, closed, rest = value.removeprefix("[").partition("]")
    if not value.startswith("[") or not closed or (rest.strip() and not rest.strip().startswith("#")):
        return None
    items = [item.strip() for item in body.split(",")]
    if not items[-1]:
        items.pop()
    if any(len(item) < 3 or item[0] != '"' or item[-1] != '"' or set(item[1:-1]) - _PLAIN for item in items):  # noqa: PLR2004
        return None
    return tuple(item[1:-1] for item in items)


def _ends(value: str, lines: Iterator[str]) -> bool:
    """Whether a value is a plain string, of whose further lines all are taken."""
    if value.startswith(_QUOTES):
        more = value[len(_QUOTES) :]
        while _QUOTES not in more:
            if "\\" in more:
                return False
            more = next(lines, _QUOTES + "?")
        return more.strip().endswith(_QUOTES) and more.count('"') == len(_QUOTES) and "\\" not in more
    return len(value) > 1 and value[0] == '"' and value.find('"', 1) == len(value) - 1 and "\\" not in value
