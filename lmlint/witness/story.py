"""A drift as a reader gets it: the operations, what is mapped and what is counted, and the line that a user sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.finding import geometry_text
from lmlint.witness.machine import Stopped
from lmlint.witness.search import replay
from lmlint.witness.session import CALL, LEAF
from lmlint.witness.shot import shot
from lmlint.witness.table import signed

if TYPE_CHECKING:
    from lmlint.finding import Shot
    from lmlint.witness.session import Done, Session, Step

KILO = 10


@dataclass(frozen=True, slots=True)
class Story:
    """A sequence after which counters and table differ; `accounts`: what is mapped and counted where they do.

    Amounts are in the unit of the counter: bytes, or entries.
    """

    geometry: str
    operations: tuple[str, ...]
    accounts: tuple[tuple[str, int, int], ...]
    meminfo: tuple[str, ...]
    functions: frozenset[str]
    """Functions of which an activation does not balance in an account that drifts."""
    lines: frozenset[tuple[str, int]]
    """The function and line of every statement that runs in the operation that drifts."""
    direct: str = ""
    """The function that is called by itself, perhaps as its callers never would; "" where operations show the drift."""
    machine: str = ""
    blamed: frozenset[str] = frozenset()
    """The deepest of those functions that are in charge of both mapping and counting."""
    before: Shot | None = None
    after: Shot | None = None
    """The page table around the last operation; None for one that is too large to be shown."""
    sizes: tuple[int, ...] = ()
    """Of each of the accounts the size of an entry, where the counter counts entries."""

    @property
    def text(self) -> str:
        """The story in lines."""
        width = max(len(line) for line in self.operations) if self.operations else 0
        width = max(width - 12, 40)
        told = []
        for number, line in enumerate(self.operations, 1):
            what, arrow, result = line.partition(" -> ")
            told.append(f"  {number}. {what:{width}}{arrow}{result}".rstrip())
        name = max(7, *(len(account) for account, _, _ in self.accounts)) if self.accounts else 7
        rows = [f"  {'account':{name}} {'mapped':>20} {'counted':>20} {'difference':>20}"]
        if self.sizes:
            rows = [
                f"  {'account':{name}} {'entries mapped':>20} {'entries counted':>20} {'difference':>20} {'in kB':>12}"
            ]
        for number, (account, mapped, counted) in enumerate(self.accounts):
            off = signed(counted - mapped)
            kilobytes = f" {off * self.sizes[number] >> KILO:+12}" if self.sizes else ""
            rows.append(f"  {account:{name}} {mapped:20} {counted:20} {off:+20}{kilobytes}")
        seen = [f"  {line}" for line in self.meminfo]
        return "\n".join((f"on a model machine ({self.machine}):", *told, *rows, *seen))

    def __str__(self) -> str:
        """Return the story in lines."""
        return self.text


@dataclass(frozen=True, slots=True)
class Run:
    """A run of steps: its operations in lines, the accounts that differ, what a user sees, the table around the end."""

    lines: tuple[str, ...]
    accounts: tuple[tuple[str, int, int], ...]
    meminfo: tuple[str, ...]
    before: Shot | None
    after: Shot | None
    sizes: tuple[int, ...]
    """The sizes of an entry of these accounts, where the counter counts entries."""


def told(session: Session, steps: tuple[Step, ...]) -> Run:
    """Run the steps and tell what they come to."""
    table = session.table
    session.reset()
    lines, before, after = [], None, shot(table)
    for step, done in replay(session, steps):
        before, after = after, shot(table)
        lines.append(_line(session, step, done))
    mapped, counted = table.mapped(), table.counted()
    rows = tuple(
        (account, have, count)
        for account, have, count in zip(table.accounts, mapped, counted, strict=True)
        if have != count
    )
    sizes = dict(zip(table.accounts, table.leaf_sizes, strict=True))
    by_entry = tuple(sizes[account] for account, _, _ in rows) if table.by_entry else ()
    return Run(tuple(lines), rows, _meminfo(session, rows), before, after, by_entry)


def machine_of(session: Session) -> str:
    """Describe the machine of a geometry."""
    levels = session.table.levels
    blocks = list(dict.fromkeys(str(level.block) for level in reversed(levels) if level.cont >= 0))
    held = f", blocks of {' and '.join(blocks)}" if blocks else ""
    return f"{geometry_text(session.geometry)}, {levels[-1].entries} entries a table{held}"


def _line(session: Session, step: Step, done: Done) -> str:
    table = session.table
    operation = session.operations.get(step.name)
    elsewhere = table.other[0] <= step.start < table.other[1]
    base = table.other[0] if elsewhere else table.low
    extra = " of the other region" if elsewhere and operation is None else ""
    where = f"[{step.start - base:#x}, {step.end - base:#x})"
    picks = dict(step.picks)
    if step.name == LEAF:
        level = table.levels[len(table.levels) - 1 - picks["level"]]
        size = (level.block if picks["cont"] == 1 else 1) << level.shift
        if picks["cont"] > 1:
            return f"given: tables down to the entry for {step.start - base:#x}{extra}"
        account = table.accounts[level.cont if picks["cont"] else level.plain]
        return f"given: {account} mapped at [{step.start - base:#x}, {step.start - base + size:#x}){extra}"
    if operation is not None:
        extra += "".join(f", {name} {operation.choose[name][place]}" for name, place in step.picks if place)
    elif step.name.startswith(CALL) and picks["prot"]:
        extra += f", prot {session.model.prots[picks['prot']]}"
    if step.failing:
        extra += f", request {step.failing} for memory fails"
    return f"{step.name} {where}{extra} -> {done.result}"


def _meminfo(session: Session, rows: tuple[tuple[str, int, int], ...]) -> tuple[str, ...]:
    wrong = _report(session)
    session.table.settle()
    right = _report(session)
    table, places = session.table, {name: number for number, name in enumerate(session.table.accounts)}
    in_bytes = [
        (name, table.bytes_of(places[name], have), table.bytes_of(places[name], count)) for name, have, count in rows
    ]
    plain = tuple(f"{name}: {count >> KILO} kB ({have >> KILO} kB are mapped)" for name, have, count in in_bytes)
    if not wrong or len(wrong) != len(right):
        return plain
    found = []
    for bad, good in zip(wrong, right, strict=True):
        if bad != good:
            amount = good.rpartition(":")[2].strip()
            found.append(f"/proc/meminfo: {' '.join(bad.split()):34} ({amount} are mapped)")
    return tuple(found) or plain


def _report(session: Session) -> list[str]:
    session.machine.printed.clear()
    for name in session.model.report:
        cell = session.program.cell(name)
        if cell is None:
            continue
        session.machine.begin(0)
        try:
            cell.run([0, *[0 for _ in cell.parameters]])
        except Stopped:
            return []
    return "".join(session.machine.printed).splitlines()
