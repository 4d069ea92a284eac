"""The state as metrics in Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.bot.rows import MAIL_KINDS, OUTBOX_STATES, SERIES_STATES, STANDINGS, VERBS, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmlint.bot.rows import Figures

BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
"""The upper bounds by which times are counted, in seconds."""


@dataclass(frozen=True, slots=True)
class Known:
    """What metrics tell beside the figures; times are in seconds since 1970, 0 for never."""

    version: str
    stopped: bool
    newest: Mapping[str, int]
    """The newest date of each list's mails."""
    reviewed: int
    sent: int


def binned(seconds: Iterable[float]) -> list[int]:
    """Return how many times are in each bucket, those above the last bound at the end."""
    counts = [0] * (len(BUCKETS) + 1)
    for one in seconds:
        counts[bisect_left(BUCKETS, one)] += 1
    return counts


def render(figures: Figures, known: Known) -> str:
    """Return the metrics; a count that is nought is there, so that alarms can be set on it."""
    return "".join(f"{line}\n" for line in _lines(figures, known))


def _lines(figures: Figures, known: Known) -> Iterator[str]:
    yield from _metric("info", "gauge", "The lmlint that wrote this.", [({"version": known.version}, 1)])
    yield from _metric("stopped", "gauge", "Whether the stop file keeps mails from going out.", [({}, known.stopped)])
    seen = sum(figures.mails.values())
    yield from _metric("mails_seen_total", "counter", "Mails read from all sources.", [({}, seen)])
    for name, label, what, known_names, counts in (
        ("mails", "kind", "Mails by what they are held to be.", MAIL_KINDS, figures.mails),
        ("series", "state", "Versions of series by state.", SERIES_STATES, figures.series),
        ("patches", "verdict", "Patches of series by verdict.", VERDICTS, figures.patches),
        ("findings", "kind", "Findings by kind, each once in however many versions.", (), figures.findings),
        ("finding_standings", "standing", "Findings by standing, each once a version.", STANDINGS, figures.standings),
        ("outbox_mails", "state", "Mails of the bot by state.", OUTBOX_STATES, figures.outbox),
    ):
        yield from _metric(name, "gauge", what, _by(label, known_names, counts))
    objections = _by("verb", VERBS, figures.objections)
    yield from _metric("objections_total", "counter", "Commands from replies that were obeyed, by verb.", objections)
    newest = [({"list": name}, when) for name, when in known.newest.items() if when]
    what = "The newest date of a list's mails, as they say it."
    yield from _metric("list_newest_mail_timestamp_seconds", "gauge", what, newest)
    times = (("last_review", known.reviewed, "a review"), ("last_sent_mail", known.sent, "a mail sent"))
    for name, when, of in times:
        what = f"The time of {of}, the last one; 0 is never."
        yield from _metric(f"{name}_timestamp_seconds", "gauge", what, [({}, when)])
    yield from _histogram([each for _, each in figures.seconds])


def _by(label: str, names: Sequence[str], counts: Mapping[str, int]) -> list[tuple[dict[str, str], int]]:
    """Return a sample for each name that there may be or is."""
    there = dict.fromkeys([*names, *sorted(counts)])
    return [({label: name}, counts.get(name, 0)) for name in there]


def _histogram(seconds: Sequence[float]) -> Iterator[str]:
    name = "patch_review_seconds"
    yield f"# HELP lmlint_{name} The time that the patches of a series took on average, for each review."
    yield f"# TYPE lmlint_{name} histogram"
    total = 0
    for bound, count in zip([*map(repr, BUCKETS), "+Inf"], binned(seconds), strict=True):
        total += count
        yield _sample(f"{name}_bucket", {"le": bound}, total)
    yield _sample(f"{name}_sum", {}, sum(seconds))
    yield _sample(f"{name}_count", {}, total)


def _metric(name: str, kind: str, what: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    yield f"# HELP lmlint_{name} {what}"
    yield f"# TYPE lmlint_{name} {kind}"
    for labels, value in samples:
        yield _sample(name, labels, value)


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"lmlint_{name}{f'{{{told}}}' if told else ''} {int(value) if value == int(value) else repr(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
