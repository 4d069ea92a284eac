"""The kinds of finding: how severe each is, what it means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """One shape that the difference between done and recorded can have."""

    name: str
    severity: str
    meaning: str
    remedy: str


_ALL = (
    Kind(
        "missing-add",
        "error",
        "A path maps a leaf, and the counter of that leaf's account is not raised by the leaf's size. The counter "
        "stays too low, and wraps below zero when the leaf is unmapped and counted out later.",
        "Add the leaf's size to its account on the path that writes the entry, or in every caller of it.",
    ),
    Kind(
        "missing-sub",
        "error",
        "A path unmaps a leaf, or replaces it with a table, and the counter of the leaf's account is not lowered. The "
        "counter goes on reporting memory that is no longer mapped at that size.",
        "Subtract the old leaf's size from its account on the path that clears or replaces the entry.",
    ),
    Kind(
        "double-count",
        "error",
        "The counter moves for bytes that were counted before: an entry that was already mapped is written again (a "
        "change of permissions populates it anew), or caller and callee both record one change. The counter drifts "
        "further with every such call.",
        "Read the entry before it is written and count only when it was empty, or count in one of the two functions.",
    ),
    Kind(
        "phantom-count",
        "error",
        "The counter moves on a path that does nothing to any entry: the record stands where the decision is taken "
        "and not where the entry is written, and the path goes another way.",
        "Record next to the write of the entry, or only on the paths on which the callee really writes.",
    ),
    Kind(
        "wrong-account",
        "error",
        "The entry changes at one level and the record goes to the account of another: the right bytes in the wrong "
        "bucket, such as an entry written with the contiguous bit and counted without it. The total holds and both "
        "accounts drift.",
        "Choose the account by the same condition that chooses how the entry is written.",
    ),
    Kind(
        "wrong-amount",
        "error",
        "The right account moves by another size than the leaf has, in at least one page-size geometry; or a split or "
        "collapse takes out another total than it puts in.",
        "Record the size of the leaf's level; the finding names the geometries in which the two sizes differ.",
    ),
    Kind(
        "error-path",
        "error",
        "A path that fails leaves the counter and the page table apart: recorded before the step that then fails, or "
        "done and not undone, or undone twice.",
        "Move the record behind the last step that can fail, or take it back on the failing path.",
    ),
    Kind(
        "stale-guard",
        "error",
        "The condition that decides whether to count tests a value that was read before the entry was changed, so it "
        "speaks of an entry that is no longer there.",
        "Read the entry again after the change, or take the decision before it and keep the answer.",
    ),
    Kind(
        "sampled-guard",
        "note",
        "The verdict holds only under an assumption: the guard looks at one entry, and the amount covers a run of "
        "entries that are taken to be in the same state.",
        "Say why the entries of the run share one state, or count them one by one where they are written.",
    ),
    Kind(
        "clipped-range",
        "note",
        "The verdict holds only under an assumption: the size of a whole block is recorded for a range that the "
        "caller's end may cut short.",
        "Say what keeps the range from ending inside a block, or record the length of the range.",
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""Every kind by its name, in the order in which `lmlint test` counts them."""
