"""The files of a tree before and after a patch, and the proof that they are the author's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.finding import Base
from lmlint.patch.diff import apply_diff
from lmlint.patch.git import SHA1, SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmlint.patch.diff import FileDiff
    from lmlint.patch.tree import Origin, Trees

MIN_ID = 7
ORDER = "give the patches of a series in their order"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One file before and after a patch; None is a file that is not there.

    Where `base.state` is `none`, no text is known. `origin` is where other files of the same base are read.
    """

    path: str
    before: bytes | None
    after: bytes | None
    changed: frozenset[int]
    base: Base
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """One patch and what is known of its base."""

    trees: Trees
    overlay: Mapping[str, bytes | None]
    base_commit: str
    prerequisites: tuple[str, ...]


def blob_id(data: bytes, length: int = SHA1) -> str:
    """Return the id that git gives a file with this text, `length` hex digits: SHA-1 or SHA-256."""
    made = hashlib.sha256 if length == SHA256 else hashlib.sha1
    return made(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def rebuild(  # noqa: PLR0913 (all that is known of a base)
    diffs: Sequence[FileDiff],
    trees: Trees,
    name: str,
    *,
    overlay: Mapping[str, bytes | None] | None = None,
    base_commit: str = "",
    prerequisites: Sequence[str] = (),
) -> tuple[Rebuilt, ...]:
    """Return every file of the patch before and after it.

    The text before is, in this order: what the earlier patches of the series have made of the file (`overlay`: None is
    a file that they have removed); the blob that the index line names; the file in `base_commit` with the patches of
    the ids `prerequisites` applied; the file of the first tree where the rest of the patch applies, with the least
    offsets.
    InputError names the file and the hunk that fit nowhere; without trees, or with soft ones, the base is `none` then.
    """
    job = _Job(trees, overlay or {}, base_commit, tuple(prerequisites))
    made: dict[str, Rebuilt] = {}
    reasons: list[str] = []
    for diff in diffs:
        try:
            if (known := _known(diff, job, reasons)) is not None:
                made[diff.path] = known
        except InputError as error:
            made[diff.path] = _unfit(diff, job, name, (str(error),))
    rest = [diff for diff in diffs if diff.path not in made]
    if rest:
        notices: list[str] = []
        found = _on_base_commit(rest, job, notices) or _on_a_tree(rest, job, reasons)
        if found is None:
            notices += (*trees.notices, *reasons[:1])
            found = [_unfit(diff, job, name, tuple(notices)) for diff in rest]
        made |= {one.path: _noted(one, notices) for one in found}
    return tuple(made[diff.path] for diff in diffs)


def _known(diff: FileDiff, job: _Job, reasons: list[str]) -> Rebuilt | None:
    """Return a file whose base is certain: made by the series, created by the patch, or the very blob that it names."""
    overlay = job.overlay
    if diff.old_path is None:
        if overlay.get(diff.path) is not None:
            raise InputError(f"{diff.path} is created twice: an earlier patch of the series has made it; {ORDER}")
        made = _fit(diff, None, "", None)
        return made if made.base.state == "proved" or diff.path in overlay or not job.trees.trees else None
    if diff.old_path in overlay:
        text = overlay[diff.old_path]
        if text is None:
            raise InputError(f"{diff.old_path} is changed, but an earlier patch of the series has removed it; {ORDER}")
        origin = next(job.trees.at(job.base_commit), None) or next(job.trees.origins(), None)
        return _fit(diff, text, "an earlier patch of the series", origin)
    for text, source, origin in _named(diff.old_path, diff.old_blob, job):
        try:
            return _fit(diff, text, source, origin)
        except InputError as error:
            reasons.append(str(error))
    return None


def _named(path: str, blob: str, job: _Job) -> Iterator[tuple[bytes, str, Origin | None]]:
    """Yield the texts that have the id of an index line, each with where it was found."""
    if len(blob) < MIN_ID:
        return
    for origin in chain(job.trees.at(job.base_commit), job.trees.origins()):
        try:
            text = origin.read(path)
        except InputError:  # said where it matters: when nothing else fits
            continue
        if any(blob_id(text, length).startswith(blob) for length in (SHA1, SHA256)):
            yield text, str(origin), origin
    for tree in job.trees.trees:
        stored = tree.repository.blob(blob) if tree.repository is not None else None
        if stored is not None:
            yield stored, f"a blob in {tree.name}", tree.head()


def _on_base_commit(diffs: Sequence[FileDiff], job: _Job, notices: list[str]) -> list[Rebuilt] | None:
    """Return the files on the base commit with the prerequisites applied, None where it is not here or does not fit."""
    from lmlint.patch import prerequisite  # noqa: PLC0415 (few patches name a base commit)

    for origin in job.trees.at(job.base_commit):
        repository = origin.tree.repository
        if repository is None:
            continue
        repositories = [tree.repository for tree in job.trees.trees if tree.repository is not None]
        patches = prerequisite.find(repositories, job.prerequisites, origin.commit)
        notices += [
            f"prerequisite patch {one[:12]} is in none of the trees" for one in job.prerequisites if one not in patches
        ]
        many = f"{len(patches)} prerequisite{'s' * (len(patches) > 1)}"
        source = f"{origin} with {many}" if patches else str(origin)
        wanted = [diff.old_path for diff in diffs if diff.old_path is not None]
        try:
            built = prerequisite.texts(repository, origin.commit, patches, wanted)
            return [_fit(diff, _before(diff, origin, built), source, origin) for diff in diffs]
        except InputError as error:
            notices.append(f"not on {source}: {error}")
    return None


def _on_a_tree(diffs: Sequence[FileDiff], job: _Job, reasons: list[str]) -> list[Rebuilt] | None:
    """Return the files in the first tree that they all fit, with the least offsets; without one, say why."""
    best: tuple[int, list[Rebuilt]] | None = None
    for origin in job.trees.origins():
        try:
            made = [_fit(diff, _before(diff, origin, {}), str(origin), origin) for diff in diffs]
        except InputError as error:
            reasons.append(str(error))
            continue
        moved = sum(abs(offset) for one in made for offset in one.base.offsets)
        if best is None or moved < best[0]:
            best = moved, made
        if not moved:
            break
    if best is None and job.trees.trees and not reasons:
        reasons.append(f"{job.trees.trees[0].name} has no commit; give the tree before the patch with --tree")
    return best[1] if best else None


def _before(diff: FileDiff, origin: Origin, built: Mapping[str, bytes | None]) -> bytes | None:
    """Return the text that a diff starts from."""
    if diff.old_path is not None:
        if diff.old_path not in built:
            return origin.read(diff.old_path)
        if (known := built[diff.old_path]) is None:
            raise InputError(f"{diff.old_path} is removed by a prerequisite; {ORDER}")
        return known
    if built.get(diff.path) is not None or (diff.path not in built and origin.has(diff.path)):
        raise InputError(
            f"{diff.path} is there in {origin} before the patch creates it; give the tree before the patch"
        )
    return None


def _fit(diff: FileDiff, before: bytes | None, source: str, origin: Origin | None) -> Rebuilt:
    """Return a file before and after its diff; InputError names the hunk that does not fit."""
    try:
        applied = apply_diff(diff, before or b"")
    except InputError as error:
        raise InputError(f"{error}{_mismatch(diff, before, source)}") from None
    after = None if diff.new_path is None else applied.after
    ids = [
        tuple("" if text is None else blob_id(text, length) for text in (before, after)) for length in (SHA1, SHA256)
    ]
    # A mode change has no index line, and the empty side of a created or deleted file no id.
    proofs = [
        bool(diff.old_blob or diff.new_blob) and _same(diff.old_blob, old) and _same(diff.new_blob, new)
        for old, new in ids
    ]
    long = SHA256 in {len(diff.old_blob), len(diff.new_blob)}
    blob, result = ids[proofs.index(True) if any(proofs) else long]
    state = "proved" if any(proofs) else "applied"
    base = Base(state, diff.path, blob, result, source, applied.offsets)
    return Rebuilt(diff.path, before, after, applied.changed, base, origin)


def _same(short: str, full: str) -> bool:
    """Whether an abbreviated id names the text; no id names the text that is not there."""
    return len(short) >= MIN_ID and full.startswith(short) if full else not short


def _mismatch(diff: FileDiff, before: bytes | None, where: str) -> str:
    """Return what the index line knows about a base that does not fit."""
    if before is None:
        return ""
    old, new = diff.old_blob, diff.new_blob
    blob, long = (blob_id(before, length) for length in (SHA1, SHA256))
    if not old:
        return f" (tried: {where})"
    if _same(old, blob) or _same(old, long):
        return f" ({where} has the very blob {old[:12]} that the patch is made on)"
    if _same(new, blob) or _same(new, long):
        return f" ({where} holds the patched text already)"
    return f" (the patch is made on blob {old[:12]}, {where} has {(long if len(old) == SHA256 else blob)[:12]})"


def _unfit(diff: FileDiff, job: _Job, name: str, notices: tuple[str, ...]) -> Rebuilt:
    """Return a file of which only the hunks are known; an error where the user has named the tree."""
    if job.trees.trees and not job.trees.soft:
        raise InputError(f"{name}: {'; '.join(reversed(notices))}")
    return Rebuilt(diff.path, None, None, frozenset(), Base("none", diff.path, notices=notices))


def _noted(rebuilt: Rebuilt, notices: Sequence[str]) -> Rebuilt:
    return replace(rebuilt, base=replace(rebuilt.base, notices=tuple(notices)))
