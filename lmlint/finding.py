"""What a check returns: findings, verdicts and the report of one input."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BALANCED, FINDING, CANNOT_TELL = "balanced", "finding", "cannot-tell"
BYTES, ENTRIES = "bytes", "entries"
"""What a counter may count in."""


_PAGES = re.compile(r"\d+[kKMG](?:(?:, | and )\d+[kKMG])*")


def geometry_text(names: str) -> str:
    """Return geometries as a sentence calls them: most are named by the size of their pages."""
    return f"{names} pages" if _PAGES.fullmatch(names) else names


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; `line` and `column` count from 1, `column` in bytes."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Move:
    """What a step does to an account or records in it: a signed amount in the words of the file ("+PMD_SIZE")."""

    account: str
    amount: str


@dataclass(frozen=True, slots=True)
class Note:
    """One step of the argument: a place and a sentence.

    On the path of an imbalance, `step` is what it is: `branch`, `write`, `record`, `call`, `loop`, `lost` (a table that
    is linked nowhere), `tally` (a variable is raised that is recorded later), `adopt` (a leaf that nobody has counted
    is taken over), `untold` (a callee is told to count nothing, and changes leaves) or `end`; elsewhere it is "".
    `function` is where the step is taken; `done` and `recorded` are what it adds to the ledger. `subject` is what it is
    about: the condition of a branch, the callee of a call, the variable of a tally.

    A loop or a call has what all of its steps add; these follow it, are `within` it, and add nothing more. Where the
    ledger is that of one round of a loop, the loop has nothing itself, and its steps count. What balances adds nothing,
    and no step that adds is left out: the amounts of the steps that are not `within` add up to the ledger's.
    """

    place: Place
    message: str
    step: str = ""
    function: str = ""
    subject: str = ""
    done: tuple[Move, ...] = ()
    recorded: tuple[Move, ...] = ()
    within: bool = False


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One account of a path: what was done and recorded, in the counter's `unit`, as text.

    `difference` is recorded minus done; `sizes` gives it per geometry ("4K: +2097152 (+2048 kB)"), empty where it is
    symbolic or nothing differs. `drift` is `high` where the counter ends above what is mapped, `low` where below, else
    "". `figures` are, per geometry that has leaves of the account, its name and the bytes done and recorded, where
    they are known; `labels` its name and the label under which the file's report prints the account, where it does.
    """

    account: str
    done: str
    recorded: str
    difference: str
    sizes: tuple[str, ...] = ()
    drift: str = ""
    figures: tuple[tuple[str, int, int], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    unit: str = BYTES


@dataclass(frozen=True, slots=True)
class Cell:
    """An entry of the model's page table that is not empty.

    It spans `size` bytes from `start`, in bytes from the region's start; `account` is that of its leaf, "" for a table.
    """

    level: str
    start: int
    size: int
    account: str


@dataclass(frozen=True, slots=True)
class Shot:
    """The model's page table at one moment, and for each account the bytes mapped and counted."""

    cells: tuple[Cell, ...]
    accounts: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What the witness made of a finding: the `story` that shows it, in lines, or the `reason` why there is none.

    `before` and `after` show the page table around the last operation of the story.
    """

    story: tuple[str, ...] = ()
    reason: str = ""
    before: Shot | None = None
    after: Shot | None = None

    @property
    def state(self) -> str:
        """`confirmed`, or `not replayed`."""
        return "confirmed" if self.story else "not replayed"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An edit of the text after the patch that makes a finding go away, and was checked to do so.

    `lines` (without newlines) replace `count` lines of the file from `line` (from 1) on; where `count` is 0, they come
    before that line. `diff` is the same as a unified diff, from the top of the tree.
    """

    file: str
    line: int
    count: int
    lines: tuple[str, ...]
    diff: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A proved imbalance, or an assumption that a verdict needed (severity `note`).

    `construct` is the function and the text that the finding is about, whatever line of it a patch has changed.
    """

    rule: str
    kind: str
    severity: str
    function: str
    place: Place
    message: str
    notes: tuple[Note, ...]
    ledger: tuple[LedgerLine, ...]
    construct: str
    ordinal: int = 0
    state: str = "new"
    replay: Replay | None = None
    """None where no witness was asked for."""
    repaired: str = ""
    """The later patch of the series that repairs it, where one does."""
    allowed: str = ""
    """Why it is silenced (state `allowed`), in the words of whoever silenced it; "" where nobody did."""
    in_source: bool = False
    """Whether a comment at its line silences it, and not its id elsewhere."""
    suggestion: Suggestion | None = None
    """None where none was asked for, or none holds."""
    entries: tuple[str, ...] = ()
    """Functions that other files may call, through which the place is reached, in source order."""

    @property
    def id(self) -> str:
        """Eight hex digits that survive a rebase: they depend on no line number."""
        key = "\0".join((self.rule, self.kind, self.construct, str(self.ordinal)))
        return hashlib.sha256(key.encode()).hexdigest()[:8]

    def with_state(self, state: str) -> Finding:
        """Return the same finding as `new`, `unchanged`, `fixed`, or `repaired` by a later patch of the series."""
        return replace(self, state=state)


def number(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in source order, those that look alike told apart by their ordinals."""
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in sorted(findings, key=in_order):
        key = (finding.rule, finding.kind, finding.construct)
        numbered.append(replace(finding, ordinal=seen[key]))
        seen[key] += 1
    return tuple(numbered)


def in_order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Return what findings are sorted by: the place, then the kind and the id."""
    place = finding.place
    return place.file, place.line, place.column, finding.kind, finding.id


@dataclass(frozen=True, slots=True)
class FunctionVerdict:
    """What was proved of one function that touches a rule; `reason` says why a verdict is `cannot-tell`.

    `proof`, where it was asked for, says what every way through the function does and records, one sentence each.
    """

    file: str
    name: str
    rule: str
    verdict: str
    reason: str
    assumptions: tuple[str, ...]
    line: int = 0
    proof: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A drift that the witness shows in a function that was proved balanced: a fault of lmlint."""

    file: str
    function: str
    rule: str
    story: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """Where the text before a patch came from.

    `proved`: the base and the result have the blob ids that the patch's index line names; `applied`: the patch
    applied, ids absent or different; `hunks`: only the hunks are known; `none`: no patch, or nothing that it fits.
    `blob` and `result` are git blob ids, or "". `source` says in words where the text was, `offsets` by how many lines
    each hunk had to move.
    """

    state: str
    path: str = ""
    blob: str = ""
    result: str = ""
    source: str = ""
    offsets: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputReport:
    """Everything said of one input; `kind` is `patch` or `file`."""

    name: str
    kind: str
    subject: str
    message_id: str
    base: Base
    rules: tuple[str, ...]
    functions: tuple[FunctionVerdict, ...]
    findings: tuple[Finding, ...]
    contradictions: tuple[Contradiction, ...] = ()
    granted: tuple[str, ...] = ()
    """Where proofs were asked for: what the rules take for granted everywhere, with the reason."""
    sources: tuple[tuple[str, str], ...] = ()
    """(file, text after) for every file with a finding: renderers quote lines from it."""
    notices: tuple[str, ...] = ()
    """One line each on what was left out or taken otherwise than one would expect."""
    complaints: tuple[str, ...] = ()
    """One line each on what is wrong in comments of the text that speak to lmlint."""
    diff: bytes = b""
    """The patch as a clean diff, "" for a file."""
    letter: bytes = b""
    """The mail that the patch came in, byte for byte; empty where it came in none."""
