"""Which plots are made of the figures: per day, per week, and how long a patch takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.metrics import BUCKETS, binned
from lmlint.bot.plot import Chart, Series
from lmlint.bot.rows import Day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmlint.bot.rows import Figures

DAY = 86_400
DAYS, WEEKS = 42, 52
"""How far back plots go, from the last day on which anything happened."""
_MONDAY = 3
"""1970 began on a Thursday."""


def charts(figures: Figures) -> tuple[Chart, ...]:
    """Return the plots, in the order in which they are shown; none where nothing has happened yet."""
    days = [day for day in figures.days if 0 < day.start < _LAST]  # a clock gone wrong must not stretch the axis
    if not days:
        return ()
    daily = _over("day", "day (UTC)", _filled(days, DAY, DAYS))
    weekly = _over("week", "week, by its Monday (UTC)", _filled(_weeks(days), 7 * DAY, WEEKS))
    made = [chart for pair in zip(daily, weekly, strict=True) for chart in pair]
    seconds = [each for _, each in figures.seconds]
    return (*made, _times(seconds)) if seconds else tuple(made)


def quantile(seconds: Sequence[float], part: float) -> float:
    """Return the time below which a part of all times lies; 0 where there is none."""
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def date(seconds: int) -> str:
    """Return the day of a time, "2026-01-31"; "-" where it is no day that a calendar has."""
    from datetime import UTC, datetime  # noqa: PLC0415  # of use to pages only

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d") if 0 < seconds < _LAST else "-"


_LAST = 253_402_300_800
"""The year 10000."""


def _weeks(days: Iterable[Day]) -> list[Day]:
    """Return weeks in place of days, each by its Monday."""
    weeks: dict[int, Day] = {}
    for day in days:
        start = day.start - (day.start // DAY + _MONDAY) % 7 * DAY
        old = weeks.get(start, Day(start, 0, 0, 0, 0, 0))
        weeks[start] = Day(
            start,
            old.seen + day.seen,
            old.scope + day.scope,
            old.clean + day.clean,
            old.findings + day.findings,
            old.disputed + day.disputed,
        )
    return [weeks[start] for start in sorted(weeks)]


def _filled(days: Sequence[Day], step: int, most: int) -> tuple[Day, ...]:
    """Return the last of them, those on which nothing happened as well."""
    there = {day.start: day for day in days}
    last = days[-1].start
    first = max(days[0].start, last - (most - 1) * step)
    first = min(first, last - 6 * step)  # a bar alone would be as wide as the plot
    return tuple(there.get(start, Day(start, 0, 0, 0, 0, 0)) for start in range(first, last + 1, step))


def _over(name: str, across: str, days: Sequence[Day]) -> tuple[Chart, ...]:
    labels = tuple(date(day.start)[5:] for day in days)
    when = f"from {date(days[0].start)} to {date(days[-1].start)}"
    seen = tuple(day.seen for day in days)
    clean = tuple(day.clean for day in days)
    found = tuple(day.findings for day in days)
    other = tuple(max(day.scope - day.clean - day.findings, 0) for day in days)
    disputed = tuple(day.disputed for day in days)
    return (
        Chart(
            f"seen-{name}",
            f"Patches seen per {name}",
            f"{sum(seen)} patches {when}, {max(seen)} in one {name} at most.",
            across,
            "patches",
            labels,
            (Series("seen", "seen", seen),),
        ),
        Chart(
            f"scope-{name}",
            f"Patches in scope per {name}, by verdict",
            f"{sum(clean)} clean, {sum(found)} with findings and {sum(other)} others {when}.",
            across,
            "patches in scope",
            labels,
            (
                Series("clean", "clean", clean),
                Series("with findings", "found", found),
                Series("cannot tell, or failed", "other", other),
            ),
        ),
        Chart(
            f"disputed-{name}",
            f"Findings disputed per {name}",
            f"{sum(disputed)} findings were called wrong, or not to be fixed, {when}.",
            across,
            "findings",
            labels,
            (Series("disputed", "disputed", disputed),),
        ),
    )


def _times(seconds: Sequence[float]) -> Chart:
    counts = binned(seconds)
    used = [at for at, count in enumerate(counts) if count]
    first, last = max(used[0] - 1, 0), min(used[-1] + 2, len(counts))
    names = [*(f"\u2264{bound:g}" for bound in BUCKETS), f">{BUCKETS[-1]:g}"]
    middle, most = quantile(seconds, 0.5), quantile(seconds, 0.95)
    return Chart(
        "seconds",
        "Time per patch",
        f"{len(seconds)} reviews: half took at most {middle:.2f} s a patch, 95 of 100 at most {most:.2f} s.",
        "seconds per patch, on average over its series",
        "series",
        tuple(names[first:last]),
        (Series("series", "seen", tuple(counts[first:last])),),
    )
