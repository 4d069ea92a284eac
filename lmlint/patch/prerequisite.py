"""A base commit with the patches that a series names as its prerequisites put on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.diff import apply_diff, read_diff
from lmlint.patch.history import find_patches, patch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.patch.diff import FileDiff
    from lmlint.patch.git import Repository


def find(repositories: Iterable[Repository], ids: Sequence[str], base: str) -> dict[str, tuple[FileDiff, ...]]:
    """Return the files of those prerequisites, by patch id in the order given, that any repository has as a commit."""
    found: dict[str, tuple[FileDiff, ...]] = {}
    for repository in repositories:
        missing = [one for one in ids if one not in found]
        # A repository without the base commit may still have the patches: then all of its newest commits are searched.
        known = repository.commit(base) if missing else None
        for one, commit in find_patches(repository, missing, known or "").items() if missing else ():
            change = patch(repository, commit)
            found[one] = read_diff(change.diff, change.name, repository.limits).files if change.diff else ()
    return {one: found[one] for one in ids if one in found}


def texts(
    repository: Repository, base: str, patches: Mapping[str, Sequence[FileDiff]], wanted: Iterable[str]
) -> dict[str, bytes | None]:
    """Return those files of the commit `base` that the patches change, after them; None for one that they remove.

    Only files that `wanted` names are built. InputError names the patch that does not apply.
    """
    needed = set(wanted)
    for files in reversed(list(patches.values())):
        needed |= {diff.old_path for diff in files if diff.old_path and diff.path in needed}
    built: dict[str, bytes | None] = {}
    for one, files in patches.items():
        made: dict[str, bytes | None] = {}
        gone: dict[str, None] = {}
        for diff in files:
            if needed.isdisjoint({diff.old_path, diff.path}):
                continue
            before = b""
            if diff.old_path is not None:
                known = built[diff.old_path] if diff.old_path in built else repository.file(base, diff.old_path)
                before = known or b""
                gone[diff.old_path] = None
            try:
                after = apply_diff(diff, before).after
            except InputError as error:
                raise InputError(f"prerequisite {one[:12]} does not apply: {error}") from None
            if diff.new_path is not None:
                made[diff.new_path] = after
        built |= gone | made
    return built
