"""The report for people: each finding with its source line, its argument and its ledger."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from lmlint.finding import (
    BALANCED,
    BYTES,
    CANNOT_TELL,
    FINDING,
    Base,
    Finding,
    InputReport,
    LedgerLine,
    Replay,
    Suggestion,
)
from lmlint.report.layout import BOLD, COLORS, FRAME, Layout, columns, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAB = 8
_CONTINUES, _CONTINUED = 0xC0, 0x80
"""Of a byte of UTF-8, the bits that say so, and what they are where the byte continues a character."""
_BLOB = 12
_TOKEN = re.compile(rb"\w+|.")
_MANY = 5
"""Up to so many findings need no overview."""


def render(reports: Sequence[InputReport], *, color: bool, width: int, terminal: bool = False) -> str:
    """Return the whole report as text; sentences are wrapped at `width`, in columns.

    Source lines and tables keep to it on a `terminal` only: elsewhere nothing is cut.
    """
    layout = Layout(width, color=color, terminal=terminal)
    parts = ["".join(f"{line}\n" for line in _report(report, layout)) for report in reports]
    overview = "".join(f"{line}\n" for line in _overview(reports, layout))
    return "\n".join([*parts, overview] if overview else parts)


def printable(text: str) -> str:
    """Return the text with every control character spelt out, so that it cannot drive a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _report(report: InputReport, layout: Layout) -> Iterator[str]:
    sources = dict(report.sources)
    for finding in report.findings:
        if finding.state == "new":
            yield from _finding(finding, sources.get(finding.place.file, ""), layout)
            yield ""
    for finding in report.findings:
        if finding.state != "new":
            yield from layout.wrap(f"{finding.state}: ", sentence(finding))
    for notice in report.notices:
        yield from layout.wrap("notice: ", printable(notice))
    yield from _proofs(report, layout)
    yield from _troubles(report, layout)
    if report.kind == "patch":
        if report.subject:
            yield from layout.flow("patch: ", printable(report.subject))
        yield from (line for told in _base(report.base) for line in layout.flow("", told))
    yield from layout.flow("lmlint: ", f"{printable(report.name)}: {_summary(report)}")


def _overview(reports: Sequence[InputReport], layout: Layout) -> Iterator[str]:
    """Yield what is new, a line a kind with its functions, where it is more than one sees at a glance."""
    found = [finding for report in reports for finding in report.findings if finding.state == "new"]
    if len(found) <= _MANY:
        return
    guilty = sum(any(finding.state == "new" for finding in report.findings) for report in reports)
    yield from layout.flow("", f"{len(found)} findings in {guilty} of {_count(len(reports), 'input')}:")
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(found, key=lambda one: list(COLORS).index(one.severity)):
        kinds.setdefault((finding.severity, finding.kind), []).append(finding)
    for (severity, kind), ones in kinds.items():
        label = f"{severity}[{kind}]"
        functions = ", ".join(f"`{name}`" for name in dict.fromkeys(one.function for one in ones))
        first, *rest = layout.wrap(f"{len(ones):4} {label}: ", printable(functions))
        yield first.replace(label, layout.paint(COLORS[severity], label), 1)
        yield from rest


def _proofs(report: InputReport, layout: Layout) -> Iterator[str]:
    """Yield the proof of every balanced function and what it leans on, where proofs were asked for."""
    if not any(verdict.proof for verdict in report.functions):
        return
    for verdict in report.functions:
        if verdict.verdict == BALANCED:
            yield from layout.flow("balanced: ", printable(f"{verdict.file}:{verdict.line}: `{verdict.name}`"))
            for sentence in verdict.proof:
                yield from layout.wrap("    ", printable(sentence))
            for sentence in verdict.assumptions:
                yield from layout.wrap("    assuming ", printable(sentence))
            yield ""
    for sentence in report.granted:
        yield from layout.wrap("taken for granted: ", printable(sentence))


def _troubles(report: InputReport, layout: Layout) -> Iterator[str]:
    """Yield what lmlint cannot tell, and where it has told something wrong."""
    for verdict in report.functions:
        if verdict.verdict == CANNOT_TELL:
            said = f"{verdict.file}: `{verdict.name}`: {verdict.reason}"
            yield from layout.wrap("cannot tell: ", printable(said))
    for one in report.contradictions:
        said = f"{one.file}: `{one.function}` was proved balanced, and drifts:"
        yield from layout.flow("contradiction: ", printable(said))
        yield from (f"    {line}" for line in layout.squeeze([printable(line) for line in one.story], 4))
        yield from layout.flow("    ", "This is a bug of lmlint: please report it, with the file.")


def _finding(finding: Finding, source: str, layout: Layout) -> Iterator[str]:
    color, place = COLORS[finding.severity], finding.place
    label = f"{finding.severity}[{finding.kind}]"
    head, *rest = layout.wrap(f"{label}: ", printable(finding.message))
    yield f"{layout.paint(color, label)}{layout.paint(BOLD, head[len(label) :])}"
    yield from (layout.paint(BOLD, line) for line in rest)
    margin = " " * len(str(place.line))
    yield f"{margin}{layout.paint(FRAME, '-->')} {printable(place.file)}:{place.line}:{place.column}"
    lines = source.split("\n")
    if place.line <= len(lines):
        room = layout.width - len(margin) - len(" | ") if layout.terminal else None
        shown, caret = _quote(lines[place.line - 1], place.column, room)
        yield f"{margin} {layout.paint(FRAME, '|')}"
        yield f"{layout.paint(FRAME, f'{place.line} |')} {shown}"
        yield f"{margin} {layout.paint(FRAME, '|')} {layout.paint(color, caret)}"
    for note in finding.notes:
        where = f"{note.place.line}: "
        if note.place.file != place.file:
            where = f"{printable(note.place.file)}:{where}"
        yield from _item(margin, where, printable(note.message), layout)
    yield from _ledger(finding.ledger, margin, layout)
    if finding.replay is not None:
        yield from _replay(finding.replay, margin, layout)
    if finding.suggestion is not None:
        yield from _suggestion(finding.suggestion, margin, layout)
    yield from _item(margin, "id ", f"{finding.id}, rule {finding.rule}", layout)


def _ledger(ledger: Sequence[LedgerLine], margin: str, layout: Layout) -> Iterator[str]:
    """Yield the ledger as a table beside its name, or below it, or as a list, as there is room."""
    if not ledger:
        return
    unit = "" if ledger[0].unit == BYTES else f" ({ledger[0].unit})"
    rows, head = _rows(ledger), f"{margin} {layout.paint(FRAME, '=')} ledger{unit}:"
    table = layout.table(rows)
    main = iter(layout.table([row for row in rows if row[0]]))
    folded = [next(main) if row[0] else f"  {row[-1]}" for row in rows]
    beside, below = len(margin) + len(f" = ledger{unit}:  "), len(margin) + len(" = ")
    for lines in (table, folded):
        if layout.fits(lines, beside):
            yield f"{head}  {lines[0]}"
            yield from (" " * beside + line for line in lines[1:])
            return
    yield head
    lines = folded if layout.fits(folded, below) else layout.listed(rows, below)
    yield from (" " * below + line for line in lines)


def _replay(replay: Replay, margin: str, layout: Layout) -> Iterator[str]:
    said = f"{replay.state}{': ' * bool(replay.reason)}{replay.reason}"
    yield from _item(margin, "witness: ", printable(said), layout)
    below = f"{margin}   "
    yield from (below + line for line in layout.squeeze([printable(line) for line in replay.story], len(below)))


def _suggestion(edit: Suggestion, margin: str, layout: Layout) -> Iterator[str]:
    """Yield the hunks of an edit, tabs as blanks."""
    yield from _item(margin, "suggestion: ", "with this it balances, and no finding is added", layout)
    hunks = [_shown(line.encode(errors="surrogateescape")).rstrip() for line in edit.diff.split("\n")[2:-1]]
    below = f"{margin}   "
    yield from ((below + line).rstrip() for line in layout.hunks(hunks, len(below)))


def _item(margin: str, head: str, sentence: str, layout: Layout) -> Iterator[str]:
    first, *rest = layout.wrap(f"{margin} = {head}", sentence, len(margin) + 5)
    yield first.replace("=", layout.paint(FRAME, "="), 1)
    yield from rest


def _quote(line: str, column: int, room: int | None) -> tuple[str, str]:
    """Return a source line as it is shown, and the caret line under the token at `column` (in bytes, from 1).

    Where there is only so much `room`, in columns, the line is cut around the token.
    """
    raw = line.encode(errors="surrogateescape").rstrip()
    token = _TOKEN.match(raw, column - 1)
    start, end = token.span() if token else (len(raw), len(raw))
    while raw[end : end + 1] and raw[end] & _CONTINUES == _CONTINUED:  # a character of several bytes
        end += 1
    shown, left, right = _shown(raw), _shown(raw[:start]), _shown(raw[:end])
    if room is None:
        before, size = columns(left), columns(right) - columns(left)
    else:
        shown, before, size = excerpt(shown, len(left), len(right), room)
    return shown, " " * before + "^" + "~" * (size - 1)


def _shown(raw: bytes) -> str:
    return printable(raw.decode(errors="surrogateescape").expandtabs(_TAB))


def _rows(ledger: Sequence[LedgerLine]) -> list[list[str]]:
    """Return the ledger as a table; the sizes of a difference stand below it, one geometry a line."""
    rows = [["account", "done", "recorded", "difference"]]
    for line in ledger:
        rows.append([line.account, line.done, line.recorded, line.difference])
        labels = dict(line.labels)
        for size in line.sizes:  # of one geometry alone, its name goes without saying
            label = labels.get(size.partition(":")[0], "") if ":" in size else next(iter(labels.values()), "")
            rows.append(["", "", "", f"{size} in {label}" if label else size])
    return [[printable(cell) for cell in row] for row in rows]


def sentence(finding: Finding) -> str:
    """Return a finding in one sentence: its kind, its place, its message, its id, and why it is no news."""
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
    told = [_count(found[severity], severity) for severity in COLORS if found[severity]]
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
