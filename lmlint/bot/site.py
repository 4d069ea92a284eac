"""The state as static pages: nothing in them runs, and nothing in their names comes from a mail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from lmlint import __version__
from lmlint.bot import metrics, plot
from lmlint.bot.chain import Chain, Version, name_of, read_version, roots
from lmlint.bot.charts import charts
from lmlint.bot.dates import newest_date
from lmlint.bot.markup import STYLE, own, page
from lmlint.bot.publish import published
from lmlint.bot.settings import load_settings
from lmlint.bot.store import Store
from lmlint.commands import CLEAN, Answer, rules_of
from lmlint.mailing.heading import read_heading
from lmlint.mails import hashes_of
from lmlint.patch.subject import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lmlint.bot.publish import Draft
    from lmlint.bot.rows import FindingRow, Objection, OutboxRow, SeriesRow
    from lmlint.bot.settings import Settings

PER_PAGE = 50
"""How many series a page of the index has."""
_WAITING = ("held", "parked", "waiting", "dry")
_MOST = 1000
"""How many mails and disputes one page lists."""
_ALL = 2**40


@dataclass(frozen=True, slots=True)
class Entry:
    """A series as the index has it; `versions` are numbers, verdicts and how many findings."""

    page: str
    row: SeriesRow
    versions: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of the bot as pages have it; `series` is the name of the page of its series, or ""."""

    row: OutboxRow
    subject: str
    page: str
    series: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """An objection, and the finding it is to, None where no series has it."""

    row: Objection
    finding: FindingRow | None
    series: str


@dataclass(slots=True)
class _Site:
    """The site while it is written."""

    store: Store
    settings: Settings
    draft: Draft
    roots: dict[int, int] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def page_of(self, series: int) -> str:
        """Return the name of the page that has a version of a series, "" where it belongs to none."""
        return name_of(self.roots[series]) if series in self.roots else ""

    def series(self) -> list[Entry]:
        """Write a page for each series and for each review; return what the index has, the newest first."""
        rows = self.store.all_series(_ALL)
        self.roots = roots(rows)
        chains: dict[int, list[SeriesRow]] = {}
        for row in rows:  # the newest first
            chains.setdefault(self.roots[row.id], []).append(row)
        return [self._chain(root, members) for root, members in chains.items()]

    def _chain(self, root: int, rows: Sequence[SeriesRow]) -> Entry:
        versions: list[Version] = []
        for row in sorted(rows, key=lambda one: (one.version, one.id)):
            version, reviews = read_version(self.store, row)
            versions.append(version)
            for name, data in reviews:
                if name not in self.written:
                    self.written.add(name)
                    self.draft.put(name, data)
        chain = Chain(tuple(versions))
        name = name_of(root)
        letters = {mail.id: self._letter(mail) for one in versions for mail in one.mails}
        self.draft.put(name, page("series", "", {"chain": chain, "letters": letters}, "../"))
        told = tuple((one.row.version, one.verdict, one.count) for one in versions)
        return Entry(name, chain.newest, told)

    def mails(self) -> None:
        """Write a page for each mail of the bot, and the queue."""
        listed: list[Letter] = []
        for row in self.store.outbox():
            letter = self._letter(row)
            text = row.data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
            self.draft.put(letter.page, page("mail", "", {"letter": letter, "text": text}, "../"))
            if row.state in _WAITING:
                listed.append(letter)
        listed.sort(key=lambda one: (_WAITING.index(one.row.state), -one.row.id))
        shown, left = listed[:_MOST], len(listed) - _MOST
        self.draft.put("queue.html", page("queue", "queue", {"letters": shown, "left": left}))

    def _letter(self, row: OutboxRow) -> Letter:
        subject = decode(read_heading(row.data).value("subject"))
        shown = replace(row, reason=self._unplaced(row.reason))
        return Letter(shown, subject, f"mail/{row.id}.html", self.page_of(row.series))

    def _unplaced(self, text: str) -> str:
        """Return a text without where the way by which mails go out is on this machine."""
        transport = self.settings.transport
        for path in (transport.path, *map(PurePath, transport.command[:1])):
            text = text.replace(str(path), path.name) if path is not None and path.name else text
        return text

    def disputes(self) -> None:
        """Write the page of objections, the newest first."""
        rows = self.store.objections()
        found = []
        for row in rows[::-1][:_MOST]:
            known = self.store.findings_of(row.finding) if row.finding else ()
            finding = known[-1] if known else None
            found.append(Dispute(row, finding, self.page_of(row.series or (finding.series if finding else 0))))
        what = {"disputes": found, "left": len(rows) - len(found)}
        self.draft.put("disputes.html", page("disputes", "disputes", what))

    def index(self, entries: Sequence[Entry]) -> None:
        """Write the index, a page for every so many series."""
        figures = self.store.figures()
        pages = max(-(-len(entries) // PER_PAGE), 1)
        for number in range(1, pages + 1):
            part = entries[(number - 1) * PER_PAGE : number * PER_PAGE]
            what = {
                "entries": part,
                "number": number,
                "pages": pages,
                "name": _index,
                "total": len(entries),
                "figures": figures,
            }
            self.draft.put(_index(number), page("index", "series", what))

    def figures(self, reviewed: int) -> None:
        """Write the plots and the metrics."""
        figures = self.store.figures()
        made = [(chart, plot.draw(chart)) for chart in charts(figures)]
        self.draft.put("figures.html", page("figures", "figures", {"charts": made, "figures": figures}))
        known = metrics.Known(
            __version__,
            self.settings.stop_file.exists(),
            {one.name: newest_date(self.store, one.name) for one in self.settings.lists},
            reviewed,
            max((one.sent for one in self.store.outbox("sent")), default=0),
        )
        self.draft.put("metrics.prom", metrics.render(figures, known).encode("utf-8"))

    def about(self) -> None:
        """Write what the bot is, what it follows, and by which rules."""
        used = {rule for one in self.settings.lists for rule in one.rules}
        config = self.settings.config
        rules = [one for one in rules_of(config.rules, ()) if one.name in used]
        what = {"settings": self.settings, "rules": rules, "hashes": hashes_of(used, config)}
        self.draft.put("about.html", page("about", "about", what))


def command(config: Path | None, folder: Path) -> Answer:
    """Write the site of the bot of a settings file; InputError where there is no state, or it cannot be written."""
    settings = load_settings(config)
    with Store(settings.state, create=False) as store:
        draft = build(store, settings, folder)
    return Answer(CLEAN, f"{folder}: {draft.files} files, {draft.same} of them as before\n")


def build(store: Store, settings: Settings, folder: Path) -> Draft:
    """Write the pages of one moment into a folder; the same state gives the same bytes."""
    with published(folder) as draft, store.moment():
        site = _Site(store, settings, draft)
        entries = site.series()
        site.mails()
        site.disputes()
        site.index(entries)
        site.figures(max((row.reviewed for row in store.all_series(_ALL)), default=0))
        site.about()
        draft.put(STYLE, own(STYLE))
    return draft


def _index(number: int) -> str:
    return "index.html" if number == 1 else f"index-{number}.html"
