"""The report for people: each finding with its source line, its argument and its ledger."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from lmlint.finding import (
    BALANCED,
    CANNOT_TELL,
    FINDING,
    Base,
    Finding,
    InputReport,
    LedgerLine,
    Replay,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RESET, _BOLD, _FRAME = "\033[0m", "\033[1m", "\033[1;34m"
_COLORS = {"error": "\033[1;31m", "warning": "\033[1;33m", "note": "\033[1;36m"}
_TAB = 8
_BLOB = 12
_TOKEN = re.compile(rb"\w+|.")


def render(reports: Sequence[InputReport], *, color: bool, width: int) -> str:
    """Return the whole report as text; sentences are wrapped at `width`, source lines and tables are not."""
    paint = _Paint(color=color)
    return "\n".join("".join(f"{line}\n" for line in _report(report, paint, width)) for report in reports)


def printable(text: str) -> str:
    """Return the text with every control character spelt out, so that it cannot drive a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class _Paint:
    """Wraps text in a terminal's colours, or leaves it alone."""

    __slots__ = ("_color",)

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self._color and text else text


def _report(report: InputReport, paint: _Paint, width: int) -> Iterator[str]:
    sources = dict(report.sources)
    for finding in report.findings:
        if finding.state == "new":
            yield from _finding(finding, sources.get(finding.place.file, ""), paint, width)
            yield ""
    for finding in report.findings:
        if finding.state != "new":
            yield from _wrap(f"{finding.state}: ", _terse(finding), width)
    for notice in report.notices:
        yield from _wrap("notice: ", printable(notice), width)
    yield from _proofs(report, width)
    yield from _troubles(report, width)
    if report.kind == "patch":
        if report.subject:
            yield f"patch: {printable(report.subject)}"
        yield from _base(report.base)
    yield f"lmlint: {printable(report.name)}: {_summary(report)}"


def _proofs(report: InputReport, width: int) -> Iterator[str]:
    """Yield the proof of every balanced function and what it leans on, where proofs were asked for."""
    if not any(verdict.proof for verdict in report.functions):
        return
    for verdict in report.functions:
        if verdict.verdict == BALANCED:
            yield f"balanced: {printable(verdict.file)}:{verdict.line}: `{printable(verdict.name)}`"
            for sentence in verdict.proof:
                yield from _wrap("    ", printable(sentence), width)
            for sentence in verdict.assumptions:
                yield from _wrap("    assuming ", printable(sentence), width)
            yield ""
    for sentence in report.granted:
        yield from _wrap("taken for granted: ", printable(sentence), width)


def _troubles(report: InputReport, width: int) -> Iterator[str]:
    """Yield what lmlint cannot tell, and where it has told something wrong."""
    for verdict in report.functions:
        if verdict.verdict == CANNOT_TELL:
            said = f"{verdict.file}: `{verdict.name}`: {verdict.reason}"
            yield from _wrap("cannot tell: ", printable(said), width)
    for one in report.contradictions:
        yield f"contradiction: {printable(one.file)}: `{printable(one.function)}` was proved balanced, and drifts:"
        yield from (f"    {printable(line)}" for line in one.story)
        yield "    This is a bug of lmlint: please report it, with the file."


def _finding(finding: Finding, source: str, paint: _Paint, width: int) -> Iterator[str]:
    color, place = _COLORS[finding.severity], finding.place
    head, *rest = _wrap(f"{finding.severity}[{finding.kind}]: ", printable(finding.message), width)
    label, _, sentence = head.partition(": ")
    yield f"{paint(color, label)}{paint(_BOLD, f': {sentence}')}"
    yield from (paint(_BOLD, line) for line in rest)
    margin = " " * len(str(place.line))
    yield f"{margin}{paint(_FRAME, '-->')} {printable(place.file)}:{place.line}:{place.column}"
    lines = source.split("\n")
    if place.line <= len(lines):
        shown, caret = _quote(lines[place.line - 1], place.column)
        yield f"{margin} {paint(_FRAME, '|')}"
        yield f"{paint(_FRAME, f'{place.line} |')} {shown}"
        yield f"{margin} {paint(_FRAME, '|')} {paint(color, caret)}"
    for note in finding.notes:
        where = f"{note.place.line}: "
        if note.place.file != place.file:
            where = f"{printable(note.place.file)}:{where}"
        yield from _item(margin, where, printable(note.message), paint, width)
    if finding.ledger:
        table = _table(finding.ledger)
        yield f"{margin} {paint(_FRAME, '=')} ledger:  {table[0]}"
        yield from (f"{margin}            {line}" for line in table[1:])
    if finding.replay is not None:
        yield from _replay(finding.replay, margin, paint, width)
    yield from _item(margin, "id ", f"{finding.id}, rule {finding.rule}", paint, width)


def _replay(replay: Replay, margin: str, paint: _Paint, width: int) -> Iterator[str]:
    yield from _item(
        margin, "witness: ", printable(f"{replay.state}{': ' * bool(replay.reason)}{replay.reason}"), paint, width
    )
    yield from (f"{margin}   {printable(line)}" for line in replay.story)


def _item(margin: str, head: str, sentence: str, paint: _Paint, width: int) -> Iterator[str]:
    first, *rest = _wrap(f"{margin} = {head}", sentence, width)
    yield first.replace("=", paint(_FRAME, "="), 1)
    yield from rest


def _wrap(head: str, sentence: str, width: int) -> list[str]:
    """Return the lines of `head` and a sentence that hangs from it; a word wider than the line is left whole."""
    lines = textwrap.wrap(
        sentence,
        max(width - len(head), width // 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [(head if not index else " " * len(head)) + line for index, line in enumerate(lines or [""])]


def _quote(line: str, column: int) -> tuple[str, str]:
    """Return a source line as it is shown, and the caret line under the token at `column` (in bytes, from 1)."""
    raw = line.encode(errors="surrogateescape").rstrip()
    token = _TOKEN.match(raw, column - 1)
    start, end = token.span() if token else (len(raw), len(raw))
    left, right = _shown(raw[:start]), _shown(raw[:end])
    return _shown(raw), " " * len(left) + "^" + "~" * (len(right) - len(left) - 1)


def _shown(raw: bytes) -> str:
    return printable(raw.decode(errors="surrogateescape").expandtabs(_TAB))


def _table(ledger: Sequence[LedgerLine]) -> list[str]:
    """Return the ledger in columns; the sizes of a difference stand below it, one geometry a line."""
    rows = [("account", "done", "recorded", "difference")]
    for line in ledger:
        rows.append((line.account, line.done, line.recorded, line.difference))
        rows += [("", "", "", size) for size in line.sizes]
    rows = [(printable(a), printable(b), printable(c), printable(d)) for a, b, c, d in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _terse(finding: Finding) -> str:
    place = finding.place
    after = f", which `{finding.repaired}` repairs: a bisection may stop on this patch" if finding.repaired else ""
    after += f", allowed: {finding.allowed}" if finding.allowed else ""
    return printable(
        f"{finding.severity}[{finding.kind}] {place.file}:{place.line}:{place.column}: "
        f"{finding.message} (id {finding.id}){after}"
    )


def _base(base: Base) -> Iterator[str]:
    blobs = f" ({base.blob[:_BLOB]} -> {base.result[:_BLOB]})" if base.blob and base.result else ""
    source = f", from {printable(base.source)}" if base.source else ""
    if base.state == "proved":
        yield f"base proved{blobs}{source}"
    elif base.state == "applied":
        moved = [f"{offset:+d}" for offset in base.offsets]
        offsets = f", hunks moved by {', '.join(moved)} lines" if any(base.offsets) else ""
        yield f"base not proved: the patch applies, its index line names other blobs or none{blobs}{source}{offsets}"
    elif base.state == "hunks":
        yield "no base: what follows is said from the hunks alone, and every gap between them is unknown"


def _summary(report: InputReport) -> str:
    if not report.rules:
        return "nothing to check: no file of a rule is changed"
    if not report.functions and report.base.state == "hunks":
        return "from the hunks alone: they touch no counter and no entry"
    if not report.functions:
        return "the rule sleeps: the file has no counter, or no function that touches it"
    counts = Counter(verdict.verdict for verdict in report.functions)
    found = Counter(finding.severity for finding in report.findings if finding.state == "new")
    told = [_count(found[severity], severity) for severity in _COLORS if found[severity]]
    old = Counter(finding.state for finding in report.findings if finding.state != "new")
    told += [f"{number} {state}" for state, number in sorted(old.items())]
    alone = "from the hunks alone: " if report.base.state == "hunks" else ""
    touching = f"{_count(counts.total(), 'function')} touch{'es' if counts.total() == 1 else ''}"
    return (
        f"{alone}{touching} {', '.join(report.rules)}: "
        f"{counts[BALANCED]} balanced, {counts[FINDING]} with findings, {counts[CANNOT_TELL]} cannot tell"
        f"{'; ' + ', '.join(told) if told else ''}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
