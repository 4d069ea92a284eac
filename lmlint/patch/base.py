"""The files of a tree before and after a patch, and the proof that they are the author's."""

from __future__ import annotations

import hashlib
import os.path
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.finding import Base
from lmlint.patch.diff import FileDiff, apply_diff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_FILE = 16 * 1024 * 1024
MIN_ID = 7


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One file before and after a patch; None is a file that is not there."""

    path: str
    before: bytes | None
    after: bytes | None
    changed: frozenset[int]
    base: Base


def blob_id(data: bytes) -> str:
    """Return the id that git gives a file with this text."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def rebuild(diffs: Sequence[FileDiff], tree: Path | None, name: str) -> tuple[Rebuilt, ...]:
    """Return every file of the patch before and after it, with the file before read below `tree`."""
    return tuple(_rebuild(diff, tree, name) for diff in diffs)


def _rebuild(diff: FileDiff, tree: Path | None, name: str) -> Rebuilt:
    """Return one file before and after its diff."""
    before = None
    if diff.old_path is not None:
        before = _read(diff.old_path, tree, name)
    elif tree is not None and os.path.lexists(tree / diff.path):
        raise InputError(f"{name}: {diff.path} is there before the patch creates it; give the tree before the patch")
    blob = "" if before is None else blob_id(before)
    try:
        applied = apply_diff(diff, before or b"")
    except InputError as error:
        raise InputError(f"{name}: {error}{_mismatch(diff, blob)}") from None
    after = None if diff.new_path is None else applied.after
    result = "" if after is None else blob_id(after)
    # A mode change has no index line, and the empty side of a created or deleted file no id.
    proved = (diff.old_blob or diff.new_blob) and _same(diff.old_blob, blob) and _same(diff.new_blob, result)
    base = Base("proved" if proved else "applied", diff.path, blob, result)
    return Rebuilt(diff.path, before, after, applied.changed, base)


def _same(short: str, full: str) -> bool:
    """Whether an abbreviated id names the text; no id names the text that is not there."""
    return len(short) >= MIN_ID and full.startswith(short) if full else not short


def _mismatch(diff: FileDiff, blob: str) -> str:
    """Return what the index line knows about a base that does not fit."""
    if not diff.old_blob or not blob or _same(diff.old_blob, blob):
        return ""
    if _same(diff.new_blob, blob):
        return " (the tree holds the patched text already)"
    return f" (the patch is made on blob {diff.old_blob}, the tree has {blob[:12]})"


def _read(path: str, tree: Path | None, name: str) -> bytes:
    """Return a file below the tree; no symlink leads out of it."""
    if tree is None:
        raise InputError(f"{name}: {path} is needed as it was before the patch; give the kernel tree with --tree DIR")
    try:
        file = (tree / path).resolve(strict=True)
        if not file.is_relative_to(tree.resolve(strict=True)):
            raise InputError(f"{name}: {path} leads out of {tree} through a symlink; give the tree that holds it")
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name}: {path} in {tree} is not a regular file; give another tree with --tree DIR")
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks
        reason = getattr(error, "strerror", None) or "a loop of symlinks"
        what = f"{path} cannot be read in {tree} ({reason})"
        raise InputError(f"{name}: {what}; give the tree before the patch with --tree DIR") from None
    if len(data) > MAX_FILE:
        raise InputError(f"{name}: {path} in {tree} is larger than {MAX_FILE} bytes; give a smaller file")
    return data
