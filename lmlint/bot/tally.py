"""The counts of the bot's state, for its status, its pages and its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.bot.rows import Day, Figures

if TYPE_CHECKING:
    from lmlint.bot.database import Database

_DAY = 86400
_MAILS = "SELECT kind, sum(number) AS n FROM tally GROUP BY kind HAVING n > 0"
_SERIES = "SELECT state, count(*) FROM series GROUP BY state"
_PATCHES = "SELECT verdict, count(*) FROM patch GROUP BY verdict"
_FINDINGS = "SELECT kind, count(DISTINCT finding) FROM finding GROUP BY kind"
_STANDINGS = "SELECT standing, count(*) FROM finding GROUP BY standing"
_OUTBOX = "SELECT state, count(*) FROM outbox GROUP BY state"
_OBJECTIONS = "SELECT verb, count(*) FROM objection GROUP BY verb"
_SECONDS = """
    SELECT reviewed, seconds / (SELECT count(*) FROM patch WHERE patch.series = series.id)
    FROM series WHERE reviewed > 0 AND id IN (SELECT series FROM patch) ORDER BY reviewed, id
"""
_DAYS = """
    SELECT day, sum(seen), sum(scope), sum(clean), sum(findings), sum(disputed) FROM (
        SELECT day, number AS seen, 0 AS scope, 0 AS clean, 0 AS findings, 0 AS disputed
        FROM tally WHERE kind = 'patch' AND number > 0
        UNION ALL
        SELECT ifnull(mail.received, series.first) / 86400, 0, 1, verdict = 'clean', verdict = 'findings', 0
        FROM patch JOIN series ON series.id = patch.series LEFT JOIN mail ON mail.id = patch.mail
        WHERE verdict != 'out-of-scope'
        UNION ALL
        SELECT at / 86400, 0, 0, 0, 0, count(DISTINCT finding)
        FROM objection WHERE verb IN ('wrong', 'wontfix') GROUP BY at / 86400
    ) GROUP BY day ORDER BY day
"""


def figures(database: Database) -> Figures:
    """Return the counts of a state, all of one moment."""
    with database.transaction(reading=True):
        mails, series, patches, findings, standings, outbox, objections = (
            dict(database.rows(query))
            for query in (_MAILS, _SERIES, _PATCHES, _FINDINGS, _STANDINGS, _OUTBOX, _OBJECTIONS)
        )
        seconds = tuple((when, each) for when, each in database.rows(_SECONDS))
        days = tuple(Day(day * _DAY, *counts) for day, *counts in database.rows(_DAYS))
    return Figures(mails, series, patches, findings, standings, outbox, objections, seconds, days)
