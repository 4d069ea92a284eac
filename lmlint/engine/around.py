"""What a reader wants to know around a finding: from where its place is reached, and under which label it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lmlint.engine.reports import reports_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lmlint.engine.printed import Entry
    from lmlint.engine.program import Program
    from lmlint.finding import Finding
    from lmlint.source import Function

MAX_LABEL = 40
"""How long a label may be, in characters."""


def placed(findings: Iterable[Finding], program: Program) -> Iterator[Finding]:
    """Yield the findings with their entry points and the labels of their accounts, as far as these are known."""
    known: dict[str, tuple[str, ...]] = {}
    labels: Mapping[str, tuple[tuple[str, str], ...]] | None = None
    for finding in findings:
        name = finding.function
        if name not in known:
            known[name] = entries(name, program)
        if finding.ledger and labels is None:
            labels = printed_labels(program)
        yield replace(
            finding,
            entries=finding.entries or known[name],
            ledger=tuple(replace(line, labels=(labels or {}).get(line.account, ())) for line in finding.ledger),
        )


def entries(name: str, program: Program) -> tuple[str, ...]:
    """Return the functions of the checked file that others may call and that lead to a function, in source order.

    What the rule says to be outside the counted region leads nowhere.
    """
    leading = program.leading_to(name) - program.elsewhere.functions.keys() - program.rule.outside.keys()
    found = [program.functions[one] for one in leading & program.functions.keys()]
    return tuple(f.name for f in sorted(found, key=lambda f: (f.line, f.name)) if _is_open(f, program))


def _is_open(function: Function, program: Program) -> bool:
    """Whether other files may call a function: by its name, or through an address that nobody in sight asks for."""
    return not function.static or not (function.name in program.asked_for or program.is_dead(function))


def printed_labels(program: Program) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return, for each account, the geometries in which it has leaves and is printed, with its label.

    Left out is what is printed under several labels or an unknown one; nothing is told where a report function cannot
    be followed.
    """
    reports = reports_of(program)
    if reports is None or reports.told[1]:
        return {}
    found: dict[tuple[str, int], set[str]] = {}
    for way in (way for ways in reports.told[0].values() for way in ways):
        for entry in way.entries:
            found.setdefault((entry.account, way.geometry), set()).add(_label(entry))
        for account in way.mentioned - {entry.account for entry in way.entries}:
            found.setdefault((account, way.geometry), set()).add("")
    out: dict[str, tuple[tuple[str, str], ...]] = {}
    for (account, geometry), shown in sorted(found.items(), key=lambda one: one[0]):
        name = reports.geometries[geometry]
        if len(shown) == 1 and "" not in shown and program.rule.has_leaves(account, name):
            out[account] = (*out.get(account, ()), (name, shown.pop()))
    return out


def _label(entry: Entry) -> str:
    """Return the label of a counter that is printed, "" where it is not known or is none that a line could quote."""
    text = " ".join(str(entry.label).split()).rstrip(": ")
    unknown = entry.gap or entry.unset or not text.isprintable() or len(text) > MAX_LABEL
    return "" if unknown else text
