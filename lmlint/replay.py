"""The second opinion: findings are replayed by the witness, and drifts nobody found are held against the proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lmlint.engine.program import Program
from lmlint.error import InputError
from lmlint.finding import BALANCED, Contradiction, Replay
from lmlint.kinds import KINDS
from lmlint.limits import DEFAULT, Limits
from lmlint.source import parse
from lmlint.witness import NONE, Story, Witness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmlint.finding import Finding, FunctionVerdict
    from lmlint.rule import Rule


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Findings, each with what the witness made of it, and drifts of functions that were proved balanced."""

    findings: tuple[Finding, ...]
    contradictions: tuple[Contradiction, ...]


def second_opinion(  # noqa: PLR0913  # what was found where, and what bounds the second look
    findings: Sequence[Finding],
    verdicts: Sequence[FunctionVerdict],
    text: bytes,
    path: str,
    rule: Rule,
    *,
    others: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT,
) -> SecondOpinion:
    """Return what the witness says of what was found in a file under one rule, in the seconds that the limits allow.

    `others` are the files, by path, in which definitions are found that the file lacks.
    """
    witness = Witness(text, path, rule, others=others, seconds=limits.seconds)
    replayed = tuple(_replayed(finding, witness) for finding in findings)
    if witness.trouble:
        return SecondOpinion(replayed, ())
    return SecondOpinion(replayed, tuple(_contradictions(replayed, verdicts, witness)))


def _replayed(finding: Finding, witness: Witness) -> Finding:
    if finding.state == "fixed":
        return finding
    kind = KINDS[finding.kind]
    shown: Story | str = kind.unseen or witness.confirm(finding)
    if isinstance(shown, str):
        return replace(finding, replay=Replay(reason=shown))
    if shown.direct and kind.confirmed:
        return replace(
            finding, replay=Replay(reason=f"no operation shows it; only a bare call of `{shown.direct}` would")
        )
    severity = kind.confirmed or finding.severity
    lines = tuple(shown.text.rstrip("\n").split("\n"))
    around = (shown.before, shown.after) if shown.before and shown.after else (None, None)
    return replace(finding, severity=severity, replay=Replay(lines, "", *around))


def _contradictions(
    findings: Sequence[Finding], verdicts: Sequence[FunctionVerdict], witness: Witness
) -> list[Contradiction]:
    """Return the drifts for which only functions are to blame that were proved balanced and carry no finding."""
    told = {finding.function for finding in findings if finding.state != "fixed"}
    balanced = {verdict.name: verdict for verdict in verdicts if verdict.verdict == BALANCED}
    found = []
    for story in witness.drifts():
        if story.blamed and story.blamed <= balanced.keys() and not told & (story.functions | story.blamed):
            name = min(story.blamed, key=lambda one: (balanced[one].line, one))
            lines = tuple(story.text.rstrip("\n").split("\n"))
            found.append(Contradiction(balanced[name].file, name, balanced[name].rule, lines))
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What running a file by itself has shown: how many drifts, and all of it in lines."""

    drifts: int
    lines: tuple[str, ...]


def stories(text: bytes, path: str, rule: Rule, seed: int, sequences: int) -> Told:
    """Return what the witness sees in a file: by operations, and by calls of what no operation reaches.

    Raises InputError where nothing of the file can be run.
    """
    witness = Witness(text, path, rule, seed=seed, sequences=sequences)
    found = list(witness.drifts())
    if witness.trouble:
        raise InputError(f"{path}: {witness.trouble}")
    program = Program(parse(text, path, rule.dialect), rule)
    worth = program.touching - program.recorders - program.rule.outside.keys()
    for name in witness.unreached:
        story = witness.drift_of(name) if name in worth else None
        if story is not None and story.text not in {one.text for one in found}:
            found.append(story)
    lines = [line for story in found for line in (*story.text.rstrip("\n").split("\n"), "")]
    reasons = sorted((name, reason) for name, reason in witness.reasons.items() if name in worth | {""})
    lines += [f"cannot run{f' `{name}`' if name else ' a sequence'}: {reason}" for name, reason in reasons]
    count = f"{len(found)} drift{'' if len(found) == 1 else 's'}" if found else "no drift"
    lines.append(
        f"lmlint: {path}: {count} in {sequences} sequences of seed {seed}; {len(witness.reached)} functions ran"
    )
    return Told(len(found), tuple(lines))
