"""What a user sees of a finding: which line of the report ends too high or too low, and by how much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.finding import BYTES, geometry_text
from lmlint.report.words import human, listed, sized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmlint.finding import Finding, LedgerLine, Replay

_DIRECTIONS = {"high": " too high", "low": " too low", "": " off"}
_MODEL = re.compile(r"on a model machine \((.+)\):")
_OPERATION = re.compile(r"\s+\d+\. (.+?)(?:\s+-> (\S+))?")
_RANGE = re.compile(r"(?:call )?(.+? \[[^)]*\)(?: of the other region)?)(?:, (.+))?")
_CALL = re.compile(r"call (\w+) (.+)")
_SEEN = re.compile(r"\s+(?:\S+: )?(\w+): +(\d+ \w+) +\((\d+ \w+) are mapped\)")
_UNKNOWN = re.compile(r"^[+-]\((what [^()]*)\)$")
_IN_ROUNDS = re.compile(r"(?:(\w+) \* )?(?:\((rounds[^()]*)\)|(rounds))")
"""So many entries in each of some rounds of a loop."""
_MANY = 4


def effect_of(finding: Finding) -> str:
    """Return what each such call leaves behind, in a sentence; "" where no ledger tells it."""
    lines = [line for line in finding.ledger if line.difference != "0"]
    if not lines:
        return ""
    each = any("each round" in note.message for note in finding.notes)
    one = "Each such round" if each else "Each such call"
    known = [line for line in lines if line.figures]
    if len(known) < len(lines):
        return f"{one} leaves {listed(map(_symbolic, lines))}."
    geometries = list(dict.fromkeys(name for line in lines for name, _, _ in line.figures))
    shown = [name for name in geometries if any(_off(line, name) for line in lines)]
    first, rest = shown[0], shown[1:]
    told = listed(f"{_named(line, first)} {_by(line, first)}" for line in lines if _off(line, first))
    alike = all(_by(line, name) == _by(line, first) for line in lines for name, _, _ in line.figures)
    if alike and all(_has_one_name(line, geometries) for line in lines):
        return f"{one} leaves {told}."
    same = [name for name in rest if _is_same(lines, first, name)]
    others = _elsewhere({name: _other(lines, first, name) for name in rest if name not in same})
    return f"{one} leaves {told}{_with(listed([first, *same]), others, sole=len(geometries) == 1)}."


def _is_same(lines: Sequence[LedgerLine], first: str, geometry: str) -> bool:
    """Whether another geometry shows just what the first one does, as it may where entries are counted."""
    if any(line.unit == BYTES for line in lines):
        return False
    return all(
        (_named(line, first), _off(line, first)) == (_named(line, geometry), _off(line, geometry)) for line in lines
    )


def _with(first: str, others: str, *, sole: bool) -> str:
    """Return with which geometries something is so, and what is with others, as a remark; "" where there is but one."""
    if sole and geometry_text(first) == first:
        return ""
    return f" ({geometry_text(first)}{f'; {others}' if others else ''})"


def witnessed(replay: Replay | None) -> str:
    """Return the story that confirms a finding, in a sentence; "" where there is none."""
    if replay is None or not replay.story:
        return ""
    model = _MODEL.fullmatch(replay.story[0])
    where = f"On a model page table{f' ({model[1]})' if model else ''}"
    steps = [(found[1], found[2] or "0") for line in replay.story if (found := _OPERATION.fullmatch(line))]
    seen = [found.groups() for line in replay.story if (found := _SEEN.fullmatch(line))]
    given = [text.removeprefix("given: ") for text, _ in steps if text.startswith("given: ")]
    run = [_ran(text, result) for text, result in steps if not text.startswith("given: ")]
    if not run or not seen:
        return f"{where} the counters and the entries were seen to differ."
    start = f" with {listed(given)}" if given else ""
    ran = " followed by ".join(run) if len(run) <= _MANY else f"a sequence of {len(run)} steps that ends with {run[-1]}"
    left = listed(f"{name} at {shown} with {right} mapped" for name, shown, right in seen)
    return f"{where}{start}, {ran} leaves {left}."


def _ran(text: str, result: str) -> str:
    """Return an operation of the model, and what it returns where that is no zero."""
    call = _CALL.fullmatch(text)
    text = f"{call[1]}() on {call[2]}" if call else text
    head, mark, more = text.partition("), ")
    beside = ", ".join([*([more] if mark else []), *([f"returns {result}"] if result != "0" else [])])
    return f"{head}{')' if mark else ''}{f' ({beside})' if beside else ''}"


def _symbolic(line: LedgerLine) -> str:
    """Return by what expression an account is off, under its labels in each geometry."""
    amount = line.difference
    if line.unit != BYTES and _UNKNOWN.fullmatch(amount):
        amount = amount[1:]
    elif line.drift == "low" or (not line.drift and amount.startswith("-(")):
        amount = negated(amount)
    amount = re.sub(r"^\((what [^)]*)\)$", r"\1", amount.removeprefix("+"))
    labels = list(line.labels)
    name = labels[0][1] if labels else f"the {line.account} counter"
    others = _elsewhere({geometry: label for geometry, label in labels[1:] if label != name})
    alike = len(labels) > 1 and not others
    where = _with(labels[0][0], others, sole=len(labels) == 1) if labels and not alike else ""
    return f"{name}{_DIRECTIONS[line.drift]} by {_much(amount, line.unit)}{where}"


def _much(amount: str, unit: str) -> str:
    """Return an amount with its unit, in words."""
    if amount.startswith("what "):
        return sized(amount)
    if unit == BYTES:
        return f"{sized(amount)} bytes"
    in_rounds = _IN_ROUNDS.fullmatch(amount)
    if in_rounds:
        return f"{_entries(in_rounds[1] or '1')} in each of the {in_rounds[2] or in_rounds[3]}"
    if amount.isidentifier() and amount.islower():
        return f"as many entries as {amount} says"
    return sized(_entries(amount), unit)


def _entries(number: str) -> str:
    return f"{number} entr{'y' if number == '1' else 'ies'}"


def negated(amount: str) -> str:
    """Return an amount, a sum of terms, with the opposite sign: `-a + b` becomes `a - b`."""
    terms = re.findall(r"([+-])?\s*((?:\([^()]*\)|\{[^{}]*\}|[^+\-(){}])+)", amount)
    turned = [("+" if mark == "-" else "-", text.strip()) for mark, text in terms]
    ordered = [*(t for t in turned if t[0] == "+"), *(t for t in turned if t[0] == "-")]
    return "".join(f" {mark} {text}" for mark, text in ordered).removeprefix(" + ").strip()


def _elsewhere(texts: Mapping[str, str]) -> str:
    """Return what holds in each geometry, each text once: `32 MB with 16K, 512 MB with 64K`."""
    alike: dict[str, list[str]] = {}
    for geometry, text in texts.items():
        alike.setdefault(text, []).append(geometry)
    return ", ".join(f"{text} with {listed(names)}" for text, names in alike.items())


def _off(line: LedgerLine, geometry: str) -> int:
    return next((counted - did for name, did, counted in line.figures if name == geometry), 0)


def _by(line: LedgerLine, geometry: str) -> str:
    off = _off(line, geometry)
    return f"{human(abs(off))}{_DIRECTIONS['high' if off > 0 else 'low']}"


def _named(line: LedgerLine, geometry: str) -> str:
    labels: Mapping[str, str] = dict(line.labels)
    return labels.get(geometry) or f"the {line.account} counter"


def _has_one_name(line: LedgerLine, geometries: Sequence[str]) -> bool:
    """Whether no geometry need be said for what an account is called: it has no label, or one in several of them."""
    return not line.labels or (len(geometries) > 1 and len({_named(line, name) for name in geometries}) == 1)


def _other(lines: Sequence[LedgerLine], first: str, geometry: str) -> str:
    """Return what another geometry shows, shorter where that can be: the direction is said once, one amount once."""
    there = [line for line in lines if _off(line, geometry)]
    turned = any((_off(line, geometry) > 0) is not (_off(line, first) > 0) for line in there)
    amounts = {human(abs(_off(line, geometry))) for line in there}
    labels = [dict(line.labels).get(geometry, "") for line in there]
    if turned or len(there) < len(lines):
        return listed(f"{_named(line, geometry)} {_by(line, geometry)}" for line in there)
    if len(amounts) == 1:
        each = " each" if len(there) > 1 else ""
        (amount,) = amounts
        return f"{listed(labels)} {amount}{each}" if all(labels) else f"{amount}{each}"
    return listed(f"{_named(line, geometry)} {human(abs(_off(line, geometry)))}" for line in there)
