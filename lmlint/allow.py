"""Findings silenced with a reason: by a comment at their line, or by their ids.

    /* lmlint: allow KIND: reason */
    // lmlint: allow KIND: reason

A comment speaks of its own line; alone on its lines, of the line directly below; within a statement of several lines,
also of the line where that begins. A silenced finding keeps its verdict and is still told, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.finding import CANNOT_TELL
from lmlint.kinds import KINDS
from lmlint.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.finding import Finding, FunctionVerdict, InputReport
    from lmlint.limits import Limits

MAX_REASON = 200
"""How many characters of a reason are kept."""

_STRICT_KIND = "presumption"
"""The kind that is told with --strict alone, so that no other run can miss it."""

_MARK = re.compile(rb"lmlint[ \t]*:", re.IGNORECASE)
# Each alternative takes a literal or a comment up to where it must end at the latest, so that no byte is read twice.
_TOKEN = re.compile(
    rb'/\*.*?(?:\*/|\Z)|//(?:\\\r?\n|[^\n])*+|"(?:[^"\\\n]++|\\(?:\r\n|.)?)*+"?'
    rb"|'(?:[^'\\\n]++|\\(?:\r\n|.)?)*+'?"
    rb"|\\\r?\n|\n|[(){};#]|[^\s\"'/(){};#\\]++|[/\\]",
    re.DOTALL,
)
_WORD = re.compile(r"lmlint\s*:\s*(?P<rest>.*)", re.IGNORECASE)
_HIDDEN = re.compile(r"lmlint\s*:\s*allow\b", re.IGNORECASE)
_ALLOW = re.compile(r"allow\s+(?P<kind>[\w-]+)(?:\s*:\s*(?P<reason>.*))?", re.IGNORECASE)
_SHOWN = "`/* lmlint: allow KIND: reason */`"


@dataclass(frozen=True, slots=True)
class Allow:
    """A comment that allows findings of a kind on some lines, or what is `wrong` with it; lines count from 1.

    The comment stands from `line` to `last`, and speaks of `lines`.
    """

    kind: str
    reason: str
    path: str
    line: int
    last: int
    lines: tuple[int, ...] = ()
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Silenced:
    """The findings, some of them `allowed`; what is wrong with comments; what else is to be said of them."""

    findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    notices: tuple[str, ...]


def tidy(reason: str) -> str:
    """Return a reason on one line, printable and not long; "" where it says nothing."""
    text = " ".join("".join(char if char.isprintable() else " " for char in reason).split())
    if not any(char.isalnum() for char in text):
        return ""
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 3].rstrip() + "..."


def comments(text: bytes, path: str, *, limits: Limits = DEFAULT) -> tuple[Allow, ...]:
    """Return the comments of a C text that speak to lmlint, in source order; those after the cap are one mistake."""
    if _MARK.search(text) is None:
        return ()
    scan = _Scan(path, limits.comments)
    for token in _TOKEN.finditer(text):
        scan.take(token[0])
        if scan.full:
            break
    return tuple(replace(allow, lines=tuple(sorted(lines))) for allow, lines in scan.found)


def silence(  # noqa: PLR0913  # the caller knows of each by itself
    findings: Sequence[Finding],
    allows: Sequence[Allow],
    ids: Mapping[str, str],
    verdicts: Sequence[FunctionVerdict] = (),
    *,
    added: frozenset[tuple[str, int]] = frozenset(),
    trusted: bool = True,
    strict: bool = False,
) -> Silenced:
    """Return the findings of one input, those allowed by a comment or an id (with its reason) in the state `allowed`.

    `verdicts` are those of the rules that were asked; a comment that silences nothing is told only in a function that
    they judge. `added` are the (file, line) that the patch has changed: unless it is `trusted`, its own comments
    silence nothing.
    """
    errors: list[str] = []
    notices: list[str] = []
    speaking: dict[tuple[str, str, int], list[Allow]] = {}
    standing: list[Allow] = []
    for allow in allows:
        if not trusted and any((allow.path, line) in added for line in range(allow.line, allow.last + 1)):
            what = f"`allow {allow.kind}`" if allow.kind else "a comment for lmlint"
            notices.append(f"{allow.path}:{allow.line}: the patch itself adds {what}, which silences nothing here")
        elif allow.wrong:
            errors.append(f"{allow.path}:{allow.line}: {allow.wrong}")
        else:
            standing.append(allow)
            for line in allow.lines:
                speaking.setdefault((allow.path, allow.kind, line), []).append(allow)
    used: set[Allow] = set()
    made = []
    for finding in findings:
        if finding.state in {"new", "unchanged"}:
            here = speaking.get((finding.place.file, finding.kind, finding.place.line), [])
            used.update(here)
            reason = here[0].reason if here else ids.get(finding.id)
            if reason is None:
                made.append(finding)
            else:
                made.append(replace(finding, state="allowed", allowed=reason, in_source=bool(here)))
        else:
            made.append(finding)
    notices += [
        f"{allow.path}:{allow.line}: `allow {allow.kind}` silences nothing any more; delete it"
        for allow in standing
        if allow not in used and (strict or allow.kind != _STRICT_KIND) and _judged(allow, verdicts)
    ]
    return Silenced(tuple(made), tuple(errors), tuple(notices))


def unused(ids: Mapping[str, str], reports: Iterable[InputReport]) -> tuple[str, ...]:
    """Return a sentence for each id that no finding of a whole run has; `ids` says where each of them stands.

    A run that judged no function says nothing of any id, and none knows which function an id was for.
    """
    told = list(reports)
    judged = sum(verdict.verdict != CANNOT_TELL for report in told for verdict in report.functions)
    seen = {finding.id for report in told for finding in report.findings}
    if not judged:
        return ()
    return tuple(
        f"{where}: nothing found in this run has the allowed id {id_} (functions judged: {judged}); "
        "delete it if it was for one of these"
        for id_, where in ids.items()
        if id_ not in seen
    )


def _judged(allow: Allow, verdicts: Sequence[FunctionVerdict]) -> bool:
    """Whether a finding where the comment speaks would have been found: nothing there is `cannot-tell`."""
    here = [verdict for verdict in verdicts if verdict.file == allow.path]
    line = max(allow.lines, default=allow.line)
    # What stands above the first function that a rule judges belongs to none.
    first = max((verdict.line for verdict in here if verdict.line <= line), default=0)
    return bool(here) and all(verdict.verdict != CANNOT_TELL for verdict in here if verdict.line == first)


@dataclass(slots=True)
class _Scan:
    """Where a scan of C text is: its line, the statement around it, and the comments that wait for their code."""

    path: str
    room: int
    line: int = 1
    statement: int = 0
    """The first line of the statement that is open, or of the one that ended last."""
    open: bool = False
    depth: int = 0
    directive: bool = False
    coded: int = 0
    """The last line with code."""
    edge: int = 0
    """The last line of the last comment."""
    waiting: list[set[int]] = field(default_factory=list)
    found: list[tuple[Allow, set[int]]] = field(default_factory=list)
    full: bool = False

    def take(self, token: bytes) -> None:
        """Go on by one token."""
        if token.startswith((b"/*", b"//")):
            self._comment(token)
        elif token == b"\n":
            if self.directive:
                self.directive, self.open, self.depth = False, False, 0
        elif token[:1] != b"\\":
            self._code(token)
        self.line += token.count(b"\n")

    def _comment(self, token: bytes) -> None:
        last = self.line + token.count(b"\n")
        if self.line > self.edge + 1:
            self.waiting.clear()
        self.edge = last
        allow = _read(token, self.path, self.line, last)
        if allow is None:
            return
        if len(self.found) == self.room:
            self.full = True
            wrong = f"more than {self.room} comments for lmlint (limit `comments`); the rest of them is not read"
            self.found.append((replace(allow, kind="", reason="", wrong=wrong), set()))
            return
        lines: set[int] = set()
        if self.coded == self.line:
            lines |= {self.line, self.statement}
        else:
            lines |= {self.statement} if self.open else set()
            self.waiting.append(lines)
        self.found.append((allow, lines))

    def _code(self, token: bytes) -> None:
        if self.line <= self.edge + 1:
            for lines in self.waiting:
                lines.add(self.line)
        self.waiting.clear()
        if token == b"#" and self.coded != self.line:
            self.directive, self.open, self.depth = True, False, 0
        self.coded = self.line
        if not self.open or token == b"}":
            self.statement = self.line
        if token in {b"{", b"}"}:
            self.open, self.depth = False, 0
            return
        self.depth = max(0, self.depth + (token == b"(") - (token == b")"))
        self.open = token != b";" or self.depth > 0


def _read(token: bytes, path: str, first: int, last: int) -> Allow | None:
    """Return what a comment says to lmlint; None for all others."""
    if _MARK.search(token) is None:
        return None
    body = (token[2:-2] if token.startswith(b"/*") and token.endswith(b"*/") else token[2:]).decode(errors="replace")
    rows = [row.strip().lstrip("*").strip() for row in body.split("\n")]
    word = _WORD.match(" ".join(rows).strip())
    if word is None:
        at = next((at for at, row in enumerate(rows) if _HIDDEN.match(row)), None)
        wrong = f"`lmlint: allow` needs a comment of its own: {_SHOWN}"
        return None if at is None else Allow("", "", path, first + at, last, wrong=wrong)
    said = _ALLOW.match(word["rest"])
    if said is None:
        wrong = f"`lmlint: {tidy(word['rest'])[:40]}` is not understood; write {_SHOWN}"
        return Allow("", "", path, first, last, wrong=wrong)
    kind, reason = said["kind"], tidy(said["reason"] or "")
    if kind not in KINDS:
        return Allow("", "", path, first, last, wrong=_unknown(kind[:40]))
    wrong = "" if reason else f"`allow {kind}` gives no reason; write `/* lmlint: allow {kind}: reason */`"
    return Allow(kind, reason, path, first, last, wrong=wrong)


def _unknown(kind: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only a slip needs it

    near = get_close_matches(kind, KINDS, 1)
    meant = f"is `{near[0]}` meant? " if near else ""
    return f"`{kind}` is no kind; {meant}the kinds are {', '.join(KINDS)}"
