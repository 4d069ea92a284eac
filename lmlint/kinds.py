"""The kinds of finding: how severe each is, what it means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """One shape that the difference between done and recorded can have, or one thing else that is wrong with a counter.

    `question` is what a review ends with, `question_more` the same where a part of what is recorded was done, or a
    parameter and not an address says what is counted; `effect`
    is what follows for a user, where the ledger does not say it. `unseen` is why no run of the code could show it, ""
    where one can; `confirmed` the severity that it is raised to when a run does.
    """

    name: str
    severity: str
    meaning: str
    remedy: str
    question: str
    question_more: str = ""
    effect: str = ""
    unseen: str = ""
    confirmed: str = ""


_ALL = (
    Kind(
        "missing-add",
        "error",
        "A path maps a leaf, and the counter of that leaf's account is not raised by the leaf's size. The counter "
        "stays too low, and wraps below zero when the leaf is unmapped and counted out later.",
        "Add the leaf's size to its account on the path that writes the entry, or in every caller of it.",
        question="Should it be added where the entry is written, or does a caller in another file count it?",
        effect="The counter may wrap below zero when the same memory is unmapped and subtracted later.",
    ),
    Kind(
        "missing-sub",
        "error",
        "A path unmaps a leaf, or replaces it with a table, and the counter of the leaf's account is not lowered. The "
        "counter goes on reporting memory that is no longer mapped at that size.",
        "Subtract the old leaf's size from its account on the path that clears or replaces the entry.",
        question="Should it be subtracted where the entry changes, or does a caller in another file count it?",
    ),
    Kind(
        "double-count",
        "error",
        "The counter moves for bytes that were counted before: an entry that was already mapped is written again (a "
        "change of permissions populates it anew), or caller and callee both record one change. The counter drifts "
        "further with every such call.",
        "Read the entry before it is written and count only when it was empty, or count in one of the two functions.",
        question="Should this be counted only where the entry was empty before?",
        question_more="Should one of the two records go?",
    ),
    Kind(
        "phantom-count",
        "error",
        "The counter moves on a path that does nothing to any entry: the record stands where the decision is taken "
        "and not where the entry is written, and the path goes another way.",
        "Record next to the write of the entry, or only on the paths on which the callee really writes.",
        question="Should the counter move only on the paths on which the entry is written?",
    ),
    Kind(
        "wrong-account",
        "error",
        "The entry changes at one level and the record goes to the account of another: the right bytes in the wrong "
        "bucket, such as an entry written with the contiguous bit and counted without it. The total holds and both "
        "accounts drift.",
        "Choose the account by the same condition that chooses how the entry is written.",
        question="Should the account be chosen by the same condition as how the entry is written?",
    ),
    Kind(
        "wrong-amount",
        "error",
        "The right account moves by another size than the leaf has, in at least one page-size geometry; or a split or "
        "collapse takes out another total than it puts in.",
        "Record the size of the leaf's level; the finding names the geometries in which the two sizes differ.",
        question="Should the counter move by just what the entries gain or lose?",
    ),
    Kind(
        "error-path",
        "error",
        "A path that fails leaves the counter and the page table apart: recorded before the step that then fails, or "
        "done and not undone, or undone twice.",
        "Move the record behind the last step that can fail, or take it back on the failing path.",
        question="Should a path that fails leave the counter and the entries as it found them?",
    ),
    Kind(
        "stale-guard",
        "error",
        "The condition that decides whether to count tests a value that was read before the entry was changed, so it "
        "speaks of an entry that is no longer there.",
        "Read the entry again after the change, or take the decision before it and keep the answer.",
        question="Should the entry be read again after the change, or the answer be kept from before it?",
    ),
    Kind(
        "unfiltered-region",
        "error",
        "The counter is for one region of the address space, and it moves without asking whether the address lies in "
        "it, on a path that also maps or unmaps another region; or the filter is asked about something else than the "
        "address that the entry maps, such as a physical address, the entry's own address or the end of the range.",
        "Ask the region filter about the mapped virtual address in every helper that moves the counter.",
        question="Should the region filter be asked here, about the virtual address that the entry maps?",
        question_more="Should this be recorded only where the function is told to count?",
        effect="What the counter shows is then not what is mapped in its region.",
    ),
    Kind(
        "racy-counter",
        "warning",
        "The counter is read, changed and written back by plain C from two entry points that hold no lock in common, "
        "so that one of two simultaneous updates gets lost.",
        "Make the counter atomic, or take one lock around every update of it.",
        question="Is there a lock around both that this file does not show, or should the counter be atomic?",
        effect="Once that happens, the counter stays off by the amount that was lost.",
        unseen="the witness runs one thread at a time",
    ),
    Kind(
        "missing-stub",
        "error",
        "What moves the counter exists in one arm of an #if only, or with another signature or linkage in the other, "
        "and code that is compiled in both uses it: the kernel does not build where counting is off.",
        "Give the other arm an empty `static inline` with the same parameters, or move the code under the same #if.",
        question="Does this build in both configurations?",
        unseen="the witness runs the configuration in which the counter exists",
    ),
    Kind(
        "unreported-account",
        "warning",
        "The report leaves an account of the counter out, prints it twice, or prints one that nothing ever counts: "
        "what a user adds up is not what is mapped.",
        "Print each account once, and count what is printed.",
        question="Should the report print every account that is counted, and each once?",
        effect="What a user adds up from the report is then not what is mapped.",
        unseen="the report is evaluated in every configuration, and not run",
    ),
    Kind(
        "wrong-label",
        "warning",
        "The report prints an account under the size of another leaf in at least one page-size geometry, or in "
        "another unit than it says.",
        "Give the account the label of its own leaf size in every geometry, and convert its bytes to the unit printed.",
        question="Should the label be the size of the account's own leaf in every geometry?",
        effect="What a user reads there is then not what is mapped at that size.",
        unseen="the report is evaluated in every configuration, and not run",
    ),
    Kind(
        "sampled-guard",
        "note",
        "The verdict holds only under an assumption: the guard looks at one entry, and the amount covers a run of "
        "entries that are taken to be in the same state.",
        "Say why the entries of the run share one state, or count them one by one where they are written.",
        question="What keeps the entries of the run in one state?",
        confirmed="warning",
    ),
    Kind(
        "clipped-range",
        "note",
        "The verdict holds only under an assumption: the size of a whole block is recorded for a range that the "
        "caller's end may cut short.",
        "Say what keeps the range from ending inside a block, or record the length of the range.",
        question="What keeps the range from ending inside a block?",
        confirmed="warning",
    ),
    Kind(
        "valid-toggle",
        "note",
        "The valid bit of a counted entry is switched and the counter stays as it is: right where the counter means "
        "to count what is mapped or merely hidden, and an assumption everywhere else.",
        "Say in the changelog that hidden entries stay counted, or count at the switch.",
        question="Is a hidden entry meant to stay counted?",
        unseen="the counter stays in step with what is mapped or hidden, as the model counts",
    ),
    Kind(
        "presumption",
        "warning",
        "The verdict holds only if the callers in other files see to something: what the entry that they hand over "
        "holds, or which lock they hold. Told with --strict alone.",
        "State it in a comment or assert it, and see that every caller keeps to it.",
        question="Do all callers see to that?",
        unseen="what callers in other files do is not here to be run",
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""Every kind by its name, in the order in which `lmlint test` counts them."""
