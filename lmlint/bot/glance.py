"""The status of the bot as text that is read at a glance: what needs a person comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.outcome import listed
from lmlint.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.bot.status import SeriesStatus, SourceStatus, Status

_WIDTH = 11
_LONGEST = 72
"""How much of a title is shown."""
_LONGEST_LINE = 300
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def shown(status: Status) -> str:
    """Return the status as text; whatever mails hold cannot drive a terminal."""
    return "".join(f"{_cut(printable(line))}\n" for line in _lines(status))


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."


def age(seconds: int) -> str:
    """Return a time that has passed in its largest unit: "3 h"."""
    for size, name in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "0 min" if seconds < 0 else f"{seconds} s"


def _lines(status: Status) -> Iterator[str]:
    yield from _trouble(status)
    yield _row("sending", _sending(status))
    yield ""
    for one in status.lists:
        newest = f"newest mail {age(status.now - one.newest)} old" if one.newest else "no mail yet"
        yield _row("list", f"{one.name}: {newest}; answers {one.answer}")
        for source in status.sources:
            if source.list == one.name:
                yield _row("", f"{source.kind} {source.path}: {_lag(source)}")
    yield ""
    yield _row("mails", _counts(status.mails))
    yield _row("series", _counts(status.series))
    yield _row("patches", _counts(status.patches))
    yield _row("findings", _counts(status.findings))
    if status.standings:
        yield _row("", f"in all versions: {_counts(status.standings)}")
    yield _row("queue", _counts(status.outbox))
    yield _row("objections", _counts(status.objections))
    yield ""
    yield from _series("open", [(one, _waiting(one, status.now)) for one in status.open], status.series.get("open", 0))
    yield from _series("last", [(one, _review(one, status.now)) for one in status.reviewed])
    yield _row("versions", ", ".join(f"{name} {version}" for name, version in status.versions.items()))
    yield _row("rules", ", ".join(f"{name} ({text})" for name, text in status.rules.items()) or "none")
    yield _row("settings", status.settings)
    yield _row("state", status.state)


def _trouble(status: Status) -> Iterator[str]:
    """Yield what needs a person."""
    lines = [f"{source.list}: {source.error}" for source in status.sources if source.error]
    lines += [f"mail {one.id} to {listed(one.recipients)} is parked: {one.reason}" for one in status.parked]
    more = status.outbox.get("parked", 0) - len(status.parked)
    lines += [f"{more} more mails are parked: lmlint bot queue list --state parked"] if more > 0 else []
    if held := status.outbox.get("held", 0):
        lines.append(f"{held} {'mails wait' if held > 1 else 'mail waits'} for a moderator: lmlint bot queue list")
    lines += [f"series {one.id} failed ({one.title[:_LONGEST]}): {one.error}" for one in status.failed]
    lines += [f"an objection names the finding {one}, which no series has" for one in status.unknown]
    lines += [f"a command of {one.author} was not obeyed: {one.reason}" for one in status.ignored]
    if lines:
        yield "needs a look:"
        yield from (f"  {line}" for line in lines)
        yield ""


def _sending(status: Status) -> str:
    if status.stopped:
        return f"stopped: {status.stopped}"
    if status.transport == "dry":
        return "dry: no way of sending is set"
    return f"by {status.transport}, in a run with --send"


def _lag(source: SourceStatus) -> str:
    if source.error:
        return "cannot be read, see above"
    if not source.mark:
        return f"not read yet, {source.behind} {source.unit} wait"
    return f"{source.behind} {source.unit} behind" if source.behind else "all read"


def _counts(counts: Mapping[str, int]) -> str:
    """Return a total and its parts, the largest first."""
    if not sum(counts.values()):
        return "0"
    parts = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return f"{sum(counts.values())}: " + ", ".join(f"{number} {name}" for name, number in parts)


def _series(name: str, rows: list[tuple[SeriesStatus, str]], count: int = 0) -> Iterator[str]:
    for at, (one, what) in enumerate(rows):
        cut = one.title if len(one.title) <= _LONGEST else f"{one.title[:_LONGEST]}..."
        yield _row("" if at else name, f"{one.id} v{one.version} {cut}")
        yield _row("", f"    {one.list}, {one.author}: {what}")
    if count > len(rows):
        yield _row("", f"and {count - len(rows)} more")
    if rows:
        yield ""


def _waiting(one: SeriesStatus, now: int) -> str:
    return f"{one.mails} of {max(one.total, 1)} patches touch a rule's file; came {age(now - one.first)} ago"


def _review(one: SeriesStatus, now: int) -> str:
    patches = f"{one.patches} patch{'' if one.patches == 1 else 'es'}"
    what = f"{one.findings} finding{'' if one.findings == 1 else 's'} in {patches}"
    return f"{what}, {one.state} {age(now - one.reviewed)} ago in {one.seconds:.1f} s"


def _row(name: str, text: str) -> str:
    return f"{name:{_WIDTH}}{text}".rstrip()
