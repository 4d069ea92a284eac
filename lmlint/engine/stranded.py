"""Callees that map and count in a table which no entry ever points to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.engine.argument import construct, place_of, plain
from lmlint.finding import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmlint.engine.program import Program
    from lmlint.engine.summary import Summary
    from lmlint.finding import Finding, Place

KIND = "phantom-count"


def stranded_findings(program: Program, path: str, summaries: Iterable[Summary]) -> list[Finding]:
    """Return the calls whose callee balances, in a table that is linked nowhere on a path that does not fail.

    What a function itself writes into such a table is not done, so its ledger shows that by itself.
    """
    found: dict[Place, Finding] = {}
    for summary in summaries:
        name = summary.function.name
        if name not in program.counted:
            continue
        for row in summary.rows:
            for event in row.events.all() if row.events and row.unlinked and not row.failed else []:
                events = [event, *(e for way in event.data["ways"] for e in way)] if event.what == "loop" else [event]
                for one in events:
                    callee = one.data["function"].name if one.what == "call" else ""
                    if callee not in program.recording_below or not one.data["inside"] & row.unlinked:
                        continue
                    place = place_of(one.node, path)
                    message = f"`{name}` has `{callee}` map and count in a table that no entry points to"
                    notes = [Note(place, "the table was allocated here and is linked nowhere: it maps nothing")]
                    finding = plain(program, KIND, name, place, message, notes, construct(one.node))
                    found.setdefault(place, finding)
    return list(found.values())
