"""A unified diff as data, and its exact application to the text before."""

# unidiff is not used: it names no line in its errors, passes over what it does not know, and drops the difference
# between an empty and a blank line, while the mail reader needs a scanner that ends by counts anyway. The tests
# hold this parser to unidiff's reading, and to git's.

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.scan import ADVICE, Hunk, Section, scan, show

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["C_SUFFIXES", "Applied", "Diff", "FileDiff", "Hunk", "apply_diff", "parse_diff", "read_diff"]

C_SUFFIXES = (".c", ".h", ".S")
MAX_LINES = 500_000

_INDEX = re.compile(rb"([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: [0-7]+)?")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_PREFIXED = re.compile(rb"[abciow12]/")
_NULL = b"/dev/null"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a diff does to one file; paths are relative to the tree, blob ids abbreviated or empty."""

    path: str
    old_path: str | None
    new_path: str | None
    old_blob: str
    new_blob: str
    hunks: tuple[Hunk, ...]
    copied: bool = False
    """Whether the old file stays as it is."""
    first: int = field(default=0, compare=False)
    """Which line of the diff, from 0, the file's part starts at."""


@dataclass(frozen=True, slots=True)
class Diff:
    """The text files of a diff, and a line on each rename, mode and file without text in it."""

    files: tuple[FileDiff, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The text after a diff, its changed lines, and how far each hunk had to move."""

    after: bytes
    changed: frozenset[int]
    offsets: tuple[int, ...]


def parse_diff(data: bytes, name: str, limits: Limits = DEFAULT) -> tuple[FileDiff, ...]:
    """Return the text files of a unified diff; one that has none is refused."""
    diff = read_diff(data, name, limits)
    if not diff.files:
        raise InputError(f"{name}: line 1: {'; '.join(diff.notices)}: no text to read; give a diff of text files")
    return diff.files


def read_diff(data: bytes, name: str, limits: Limits = DEFAULT) -> Diff:
    """Return the text files of a unified diff, and a notice on whatever else it changes; refused where it is damaged.

    C as a binary file, a symlink or a submodule is refused: its text is wanted and not there.
    """
    if len(data) > limits.bytes:
        raise InputError(f"{name}: line 1: more than {limits.bytes} bytes (limit `bytes`); give a smaller patch")
    lines = data.split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        raise InputError(f"{name}: line {MAX_LINES}: more than {MAX_LINES} lines; give a smaller patch")
    if not lines[-1]:
        lines.pop()
    found: dict[str, FileDiff] = {}
    notices: list[str] = []
    for section in scan(lines, lambda at: f"{name}: line {at + 1}", limits=limits):
        place = f"{name}: line {section.first + 1}"
        if section.only:
            notices.append(f"{show(section.only)}: a file whose text the diff does not show")
            continue
        diff = _file_diff(section, place)
        kind = _kind(section)
        notices += _notices(section, diff, kind)
        if kind:
            if diff.path.endswith(C_SUFFIXES):
                raise InputError(f"{place}: {diff.path} is no text file in this diff; make a diff of its text")
            continue
        if diff.path in found:
            raise InputError(f"{place}: {diff.path} has a second diff; give one patch of a series at a time")
        found[diff.path] = diff
    if not found and not notices:
        raise InputError(f"{name}: line 1: holds no diff; give a unified diff or a mail that holds one")
    return Diff(tuple(found.values()), tuple(notices))


def apply_diff(diff: FileDiff, before: bytes) -> Applied:
    """Return the text after `diff`: every context line must match, but a hunk may move to its nearest match."""
    starts = [0]
    for line in before.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    if before.endswith(b"\n") or not before:
        starts.pop()
    starts[-1] = len(before)
    out: list[bytes] = []
    changed: set[int] = set()
    offsets: list[int] = []
    done = count = 0
    for hunk in diff.hunks:
        old = b"".join(line[1:] for line in hunk.lines if line[:1] != b"+")
        at = _locate(hunk, old, before, starts, done)
        if at is None:
            raise InputError(_refusal(diff.path, hunk, before, starts))
        keep = before[done:at]
        count += keep.count(b"\n")
        out.append(keep)
        changed |= _changed(hunk, count)
        out.extend(line[1:] for line in hunk.lines if line[:1] != b"-")
        count += hunk.new_length
        done = at + len(old)
        offsets.append(bisect_left(starts, at) - hunk.old_index)
    out.append(before[done:])
    after = b"".join(out)
    if diff.new_path is None and after:
        raise InputError(f"{diff.path}: the diff deletes the file but leaves some of its text; {ADVICE}")
    last = after.count(b"\n") + (not after.endswith(b"\n"))
    return Applied(after, frozenset(min(n, last) for n in changed) if after else frozenset(), tuple(offsets))


def _locate(hunk: Hunk, old: bytes, before: bytes, starts: Sequence[int], done: int) -> int | None:
    """Return the offset of the hunk's old text nearest to the place it names, as git does, or None.

    A hunk without context after its last change ends the file, and one that starts at line 1 starts it.
    """
    at_end = hunk.lines[-1][:1] != b" " or not old.endswith(b"\n")
    if hunk.old_start <= 1 or at_end:
        at = len(before) - len(old) if at_end else 0
        fits = at >= done and before.startswith(old, at) and (at == 0 or before[at - 1 : at] == b"\n")
        return at if fits and (hunk.old_start > 1 or at == 0) else None
    home = starts[min(hunk.old_index, len(starts) - 1)]
    if home >= done and before.startswith(old, home):
        return home
    # Bytes are searched, not lines: bytes.find is linear whatever the file holds. The newline in front anchors the
    # match to the start of a line.
    text, needle = b"\n" + before, b"\n" + old
    later = text.find(needle, max(home, done))
    earlier = text[done : home + len(needle)][::-1].find(needle[::-1]) if home > done else -1
    places = [later] if later >= 0 else []
    if earlier >= 0:
        places.append(min(home + len(needle), len(text)) - earlier - len(needle))
    return min(places, key=lambda at: (abs(bisect_left(starts, at) - hunk.old_index), at < home), default=None)


def _changed(hunk: Hunk, above: int) -> set[int]:
    """Return the lines that a hunk changes, when `above` lines of the result stand above it."""
    changed: set[int] = set()
    line, added, removed = above + 1, False, False
    for text in (*hunk.lines, b" "):
        sign = text[:1]
        if sign == b" ":
            if removed and not added:
                changed.add(line)
            added = removed = False
        if sign == b"+":
            added = True
            changed.add(line)
        removed |= sign == b"-"
        line += sign != b"-"
    return changed


def _refusal(path: str, hunk: Hunk, before: bytes, starts: Sequence[int]) -> str:
    """Return why a hunk does not apply."""
    old = [line[1:] for line in hunk.lines if line[:1] != b"+"]
    exact = b"".join(old)
    squeezed = b"".join(exact.split())
    if not any(line[:1] == b" " for line in hunk.lines) and hunk.old_start > 1:
        why = "it has no context lines; make the diff with three of them"
    elif exact not in before and squeezed and squeezed in b"".join(before.split()):
        why = f"tabs, spaces or line ends differ from the file's, so one of the two is damaged; {ADVICE}"
    else:
        why = "its context is found nowhere"
        last = len(starts) - 1
        for number, want in enumerate(old, hunk.old_index):
            have = before[starts[min(number, last)] : starts[min(number + 1, last)]]
            if have != want:
                said = f"line {number + 1} of the file is {show(have.rstrip())}" if have else "the file ends"
                why = f"{said} where the patch has {show(want.rstrip())}"
                break
        why += "; give the tree that the patch was made on with --tree DIR"
    return f"{path}: hunk {hunk.header} does not apply: {why}"


def _kind(section: Section) -> str:
    """Return what a section changes where it is no text file, as far as its headers say, or nothing."""
    keys = (b"old mode", b"new mode", b"new file mode", b"deleted file mode")
    modes = [section.headers.get(key, b"") for key in keys]
    modes += section.headers.get(b"index", b"").split(b" ")[1:]
    for kind, mode in (("symlink", b"120"), ("submodule", b"160")):
        if any(each.startswith(mode) for each in modes):
            return kind
    return "binary file" if section.binary else ""


def _notices(section: Section, diff: FileDiff, kind: str) -> list[str]:
    """Return what a section does besides changing lines of text."""
    notices = []
    if diff.old_path and diff.new_path and diff.old_path != diff.new_path:
        how = "copied" if b"copy from" in section.headers else "renamed"
        notices.append(f"{diff.old_path} {how} to {diff.new_path}")
    modes = [section.headers.get(key, b"").strip().decode("ascii", "replace") for key in (b"old mode", b"new mode")]
    if all(mode.isdecimal() for mode in modes):
        notices.append(f"mode of {diff.path} changed from {modes[0]} to {modes[1]}")
    if kind:
        notices.append(f"{kind} {diff.path} is not read")
    return notices


def _file_diff(section: Section, place: str) -> FileDiff:
    """Return the section with its names and ids checked."""
    headers = section.headers
    old, new = _names(section, place)
    if old is None and new is None:
        raise InputError(f"{place}: both names are /dev/null; {ADVICE}")
    if (old is None and any(h.old_length for h in section.hunks)) or (
        new is None and any(h.new_length for h in section.hunks)
    ):
        raise InputError(f"{place}: a file that is created or deleted has other lines, too; {ADVICE}")
    index = _INDEX.fullmatch(headers.get(b"index", b"")) if b"index" in headers else None
    if b"index" in headers and index is None:
        raise InputError(f"{place}: the index line is damaged; {ADVICE}")
    ids = [blob.decode() if blob.strip(b"0") else "" for blob in index.groups()] if index else ["", ""]
    path = new if new is not None else old
    return FileDiff(path or "", old, new, ids[0], ids[1], section.hunks, b"copy from" in headers, section.first)


def _names(section: Section, place: str) -> tuple[str | None, str | None]:
    """Return the two paths, None where the file is created or deleted; all lines that give them must agree."""
    headers, pairs = section.headers, list[tuple[bytes | None, bytes | None]]()
    created, deleted = b"new file mode" in headers, b"deleted file mode" in headers
    if section.old:
        pairs.append(_strip(_unquote(section.old, place), _unquote(section.new, place)))
        created |= pairs[0][0] is None
        deleted |= pairs[0][1] is None
        if not section.git and len(section.hunks) == 1:  # plain diff -N names a file that is not there
            hunk = section.hunks[0]
            created |= not hunk.old_start and not hunk.old_length
            deleted |= not hunk.new_start and not hunk.new_length
    for key in (b"rename", b"copy"):
        if key + b" from" in headers and key + b" to" in headers:
            pairs.append((_unquote(headers[key + b" from"], place), _unquote(headers[key + b" to"], place)))
            break
    else:
        if section.git:
            pairs.append(_git_names(section.git, place))
    old = next((a for a, _ in pairs if a is not None), None)
    new = next((b for _, b in pairs if b is not None), None)
    if any((a not in {old, None}) or (b not in {new, None}) for a, b in pairs):
        raise InputError(f"{place}: the lines that name the file disagree; {ADVICE}")
    return (
        None if created or old is None else _path(old, place),
        None if deleted or new is None else _path(new, place),
    )


def _git_names(rest: bytes, place: str) -> tuple[bytes, bytes]:
    """Return the names in a `diff --git` line of a file that keeps its name."""
    if rest.startswith(b'"'):
        half = len(rest) // 2
        old, new = _unquote(rest[:half], place), _unquote(rest[half + 1 :], place)
    else:
        half = len(rest) // 2
        old, new = rest[:half], rest[half + 1 :]
    first, second = _strip(old, new)
    if len(rest) % 2 == 0 or first is None or first != second:
        raise InputError(f"{place}: the file's name cannot be read; {ADVICE}")
    return first, first


def _unquote(text: bytes, place: str) -> bytes:
    """Return a file name without git's quoting and without the time that may follow a tab."""
    if not text.startswith(b'"'):
        return text.split(b"\t", 1)[0]
    body = text.split(b"\t", 1)[0][1:-1]
    if len(text) < 3 or not text.endswith(b'"') or b'"' in body.replace(b'\\"', b""):  # noqa: PLR2004
        raise InputError(f"{place}: the quoted file name {show(text)} cannot be read; {ADVICE}")

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if len(code) > 1 else _LETTERS.get(code, code)

    return _ESCAPE.sub(plain, body)


def _strip(old: bytes, new: bytes) -> tuple[bytes | None, bytes | None]:
    """Return the names without their first component, as `-p1` does, unless the diff was made without prefixes."""
    if _NULL in (old, new):
        one = [None if name == _NULL else name[2:] if _PREFIXED.match(name) else name for name in (old, new)]
        return one[0], one[1]
    if old == new or b"/" not in old or b"/" not in new:
        return old, new
    return old.split(b"/", 1)[1], new.split(b"/", 1)[1]


def _path(raw: bytes, place: str) -> str:
    """Return a path from the patch as text, refused where it could lead out of the tree."""
    parts = raw.split(b"/")
    bad = any(part in {b"", b".", b".."} or part.lower().rstrip(b" .") == b".git" for part in parts)
    path = raw.decode("utf-8", "surrogateescape")  # a surrogate is not printable, so what is not UTF-8 is refused
    if bad or "\\" in path or not path.isprintable():
        raise InputError(f"{place}: the path {show(raw)} is not a plain path below the tree; {ADVICE}")
    return path
