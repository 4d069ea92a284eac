"""What the bot's state holds, row by row; times are whole seconds since 1970 in UTC, 0 where never or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIL_KINDS = ("patch", "cover", "reply", "own", "bot", "other", "duplicate", "bad")
SERIES_STATES = ("open", "reviewed", "failed", "muted")
VERDICTS = ("clean", "findings", "cannot-tell", "out-of-scope", "failed")
STANDINGS = ("new", "present", "unsure", "fixed")
OUTBOX_STATES = ("held", "waiting", "sent", "parked", "dropped", "dry")
VERBS = ("wrong", "wontfix", "stop", "recheck")


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail that came in.

    Of a mail with neither data nor series, unless it is bad, only `id`, `list`, `received`, `kind` and `reason` are
    kept, and hashes that find it again by its message id and its body: the rest is "" and 0 when it is read.
    """

    id: int
    """0 before it is kept."""
    message_id: str
    """With its angle brackets, "" where it has none."""
    body: str
    """A hash of what the author wrote, the same whatever a list adds; "" where there is none."""
    list: str
    author: str
    """The address, in lower case."""
    subject: str
    sent: int
    """As its Date says, which may lie."""
    received: int
    """When the bot first read it."""
    kind: str
    """One of MAIL_KINDS."""
    reason: str
    """Why it is of that kind, or why nothing was done, in words."""
    series: int
    """0 where it belongs to none."""
    number: int
    """Of the patch in its series, 0 for a cover letter."""
    total: int
    data: bytes
    """The mail, b"" unless it is needed later: patches in scope, cover letters, replies with a command."""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One version of a series of patches."""

    id: int
    list: str
    author: str
    """The address, in lower case."""
    title: str
    """The subject without its brackets, of the cover letter or of the first patch."""
    version: int
    total: int
    change_id: str
    """As b4 has it in the cover letter, "" where there is none."""
    root: str
    """The message id of the first mail of the thread."""
    state: str
    """One of SERIES_STATES."""
    first: int
    """When its first mail was received."""
    last: int
    """When its last mail was received."""
    previous: int
    """The series that is the version before, 0 where there is none."""
    reviewed: int
    seconds: float
    """That the review took."""
    error: str
    """Why it failed or is muted."""


@dataclass(frozen=True, slots=True)
class PatchRow:
    """The review of one patch of a series."""

    id: int
    series: int
    mail: int
    """0 where its mail is not kept."""
    number: int
    subject: str
    message_id: str
    verdict: str
    """One of VERDICTS."""
    base: str
    """What it was applied to, in words."""
    summary: str
    page: bytes
    """The review as an HTML page, packed by zlib; b"" where there is none."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in one version of a series."""

    id: int
    series: int
    patch: int
    """0 where no patch of this version holds it, which is so of what is fixed."""
    finding: str
    """Its id, eight hex digits: the same in every version and every review."""
    rule: str
    kind: str
    severity: str
    function: str
    file: str
    line: int
    message: str
    standing: str
    """One of STANDINGS."""
    since: str
    """The version since which it is there, "v1"; "" where that is this one."""
    told: int
    """The mail of the outbox that told it, 0 where none did."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A mail of the bot's own, from the moment it is written until long after it is sent."""

    id: int
    message_id: str
    series: int
    patch: int
    """0 for a mail that answers no single patch, such as a digest."""
    list: str
    thread: str
    """The message id of the first mail of the thread."""
    data: bytes
    """What is sent, byte for byte."""
    sender: str
    recipients: tuple[str, ...]
    state: str
    """One of OUTBOX_STATES; `held` waits for a moderator, `dry` would have been sent."""
    reason: str
    attempts: int
    due: int
    """Not to be sent before."""
    created: int
    sent: int
    findings: tuple[str, ...]
    """The ids that it tells, in its order."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A command that was obeyed, and who gave it with what proof."""

    id: int
    finding: str
    """"" for `stop` and `recheck`."""
    verb: str
    """One of VERBS."""
    author: str
    message_id: str
    """Of the mail that holds the command."""
    list: str
    series: int
    thread: str
    at: int
    proof: str
    """`dkim example.org` or `authentication-results mx.example.org`."""
    why: str = ""
    """The reason that the command gives, "" where it gives none."""


@dataclass(frozen=True, slots=True)
class Day:
    """What happened to patches on one day, in UTC."""

    start: int
    """The first second of the day."""
    seen: int
    """Mails with a patch, in scope or not."""
    scope: int
    """Patches reviewed that touch a file of a rule."""
    clean: int
    findings: int
    """Patches with findings."""
    disputed: int
    """Findings called wrong or not to be fixed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of a state; a name that is counted nowhere is absent."""

    mails: Mapping[str, int]
    """By kind."""
    series: Mapping[str, int]
    """By state."""
    patches: Mapping[str, int]
    """By verdict."""
    findings: Mapping[str, int]
    """By kind; an id counts once, in however many versions it stands."""
    standings: Mapping[str, int]
    """By standing; an id counts once a version."""
    outbox: Mapping[str, int]
    """By state."""
    objections: Mapping[str, int]
    """By verb."""
    seconds: tuple[tuple[int, float], ...]
    """When a series was reviewed, and the seconds that each of its patches took; the oldest first."""
    days: tuple[Day, ...]
    """The days on which anything happened, the oldest first; a patch counts on the day its mail was received."""
