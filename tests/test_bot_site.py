"""The status, the pages and the metrics of the bot: what they say, and that nothing hostile gets out of its text."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmlint.bot import metrics, plot
from lmlint.bot.charts import charts
from lmlint.bot.glance import shown
from lmlint.bot.publish import MARKER, published
from lmlint.bot.rows import Day, Figures, MailRow, Objection
from lmlint.bot.site import build
from lmlint.bot.status import gather
from lmlint.bot.store import Store
from lmlint.cli import main
from lmlint.error import InputError
from tests.botwork import NOW
from tests.chromium import PROGRAM, browser
from tests.gitrepo import git
from tests.sitework import DAY, HOSTILE, fill, hostile, settings_in
from tests.test_html import CONTRAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmlint.bot.settings import Settings
    from tests.chromium import Chromium

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of a state with months of work and an attacker in it."""
    folder = tmp_path_factory.mktemp("bot")
    settings = settings_in(folder)
    with Store(settings.state) as store:
        fill(store, 180)
        hostile(store)
        build(store, settings, folder / "site")
    return folder / "site"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


class Links(HTMLParser):
    """Reads a page: every element, where it leads, and its ids."""

    def __init__(self, page: str) -> None:
        """Read it at once."""
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what matters of an element."""
        self.tags.add(tag)
        found = dict(attrs)
        self.names |= set(found)
        self.links += [value or "" for name in ("href", "src") if (value := found.get(name, "")) != ""]
        self.ids += [value or "" for name, value in attrs if name == "id"]


# The pages


def test_every_link_leads_to_a_page_of_the_site_and_no_page_is_lost(made: Path) -> None:
    reached = {"index.html", "metrics.prom", MARKER}
    for name, data in contents(made).items():
        if not name.endswith(".html") or name.startswith("review/"):
            continue
        page = Links(data.decode("ascii"))
        assert len(set(page.ids)) == len(page.ids)
        for link in page.links:
            assert not re.match(r"[a-z]+:|/", link), link
            path, _, fragment = link.partition("#")
            to = Path(os.path.normpath(made / Path(name).parent / path)) if path else made / name
            assert to.is_file(), (name, link)
            reached.add(str(to.relative_to(made)))
            if fragment and to == made / name:
                assert fragment in page.ids
    assert reached == set(contents(made))


def test_nothing_in_the_pages_runs_and_names_come_from_ids_alone(made: Path) -> None:
    allowed = re.compile(
        r"(series/\d+|mail/\d+|review/[0-9a-f]{32}|index(-\d+)?|queue|disputes|figures|about)\.html"
        r"|style\.css|metrics\.prom|\.lmlint-site"
    )
    for name, data in contents(made).items():
        assert allowed.fullmatch(name), name
        if name.endswith(".html") and not name.startswith("review/"):
            page = Links(data.decode("ascii"))
            assert not page.tags & {"script", "style", "img", "iframe", "object", "form", "base"}
            assert not {one for one in page.names if one.startswith("on") or one == "style"}
            assert b'Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;self&#39;;' in data


def test_what_a_page_of_a_series_says(made: Path) -> None:
    page = (made / "series" / "4.html").read_text(encoding="ascii")
    for words in (
        "Versions side by side",
        "Version 3",
        "Version 2",
        "Version 1",
        "fixed",
        "1 touches no file of a rule",
    ):
        assert words in page
    assert len(re.findall(r'href="\.\./review/', page)) == 3
    assert re.search(r'href="\.\./mail/\d+\.html', page)


def test_the_bytes_of_a_mail_are_shown_as_text(made: Path) -> None:
    pages = [data.decode("ascii") for name, data in contents(made).items() if name.startswith("mail/")]
    assert any("&gt; +\tcount(PMD);" in page for page in pages)
    last = [page for page in pages if "&lt;script&gt;alert(1)" in page]
    assert last
    assert '<span class="odd" title="a byte that is not UTF-8">&lt;FF&gt;</span>' in last[0]


def test_the_same_state_gives_the_same_bytes_and_files_stay_the_same_files(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with Store(settings.state) as store:
        fill(store, 12)
        build(store, settings, tmp_path / "one")
        before = contents(tmp_path / "one")
        build(store, settings, tmp_path / "two")
        assert contents(tmp_path / "two") == before
        stamp = (tmp_path / "one" / "series" / "1.html").stat()
        again = build(store, settings, tmp_path / "one")
        assert again.same == again.files
        after = (tmp_path / "one" / "series" / "1.html").stat()
        assert (after.st_ino, after.st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)
        assert contents(tmp_path / "one") == before
        assert sorted(one.name for one in tmp_path.iterdir() if "lmlint-" in one.name) == []


def test_an_empty_state_has_pages_too(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with Store(settings.state) as store:
        build(store, settings, tmp_path / "site")
    assert b"No series" in (tmp_path / "site" / "index.html").read_bytes()
    assert b"Nothing has happened yet" in (tmp_path / "site" / "figures.html").read_bytes()


# Publication


def test_a_failure_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    with published(tmp_path / "site") as draft:
        draft.put("index.html", b"one")

    def fails() -> None:
        with published(tmp_path / "site") as draft:
            draft.put("index.html", b"two")
            raise InputError("stop")

    with pytest.raises(InputError, match="stop"):
        fails()
    assert (tmp_path / "site" / "index.html").read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["site"]


def test_what_is_no_site_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("home", "file"):
        with pytest.raises(InputError, match="no site of lmlint bot"), published(tmp_path / name):
            pass
    assert (tmp_path / "home" / "letter").read_text(encoding="utf-8") == "mine"


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with (
        published(tmp_path / "site"),
        pytest.raises(InputError, match="another lmlint writes a site"),
        published(tmp_path / "site"),
    ):
        pass


def test_a_link_is_followed_to_the_site_it_names_and_leftovers_go(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / ".real.lmlint-new").mkdir()
    (tmp_path / ".real.lmlint-new" / "old").write_text("left by a kill", encoding="utf-8")
    with published(tmp_path / "link") as draft:
        draft.put("index.html", b"one")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "index.html").read_bytes() == b"one"
    assert not (tmp_path / "real" / "old").exists()


# Plots


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.text(max_size=20))
def test_a_plot_is_well_formed_and_its_bars_are_as_high_as_their_values(values: list[int], text: str) -> None:
    text = "".join(c for c in text if c.isprintable())
    chart = plot.Chart(
        "x", text, text, text, text, tuple(map(str, values)), (plot.Series(text, "seen", tuple(values)),)
    )
    root = ET.fromstring(plot.draw(chart))  # noqa: S314  # our own
    assert [root.find(f"{SVG}{name}") is not None for name in ("title", "desc")] == [True, True]
    bars = [float(one.attrib["height"]) for one in root.iter(f"{SVG}rect")]
    some = [one for one in values if one]
    assert len(bars) == len(some)
    for bar, value in zip(bars, some, strict=True):
        assert math.isclose(bar / max(bars), value / max(some), abs_tol=0.01)
    ticks = list(root.iter(f"{SVG}line"))
    assert 2 <= len(ticks) <= 6


def test_days_without_anything_are_in_the_plot_and_weeks_begin_on_monday() -> None:
    monday = 19_675 * DAY  # 2023-11-13
    days = (Day(monday, 3, 1, 1, 0, 0), Day(monday + 9 * DAY, 5, 2, 1, 1, 1))
    found = {chart.name: chart for chart in charts(Figures({}, {}, {}, {}, {}, {}, {}, ((NOW, 0.3),), days))}
    assert found["seen-day"].series[0].values == (3, 0, 0, 0, 0, 0, 0, 0, 0, 5)
    assert found["seen-week"].series[0].values[-2:] == (3, 5)
    assert found["seen-week"].labels[-2:] == ("11-13", "11-20")
    assert [one.values[-1] for one in found["scope-week"].series] == [1, 1, 0]
    assert found["seconds"].rows == (("\u22640.5", (1,)),)


# Metrics


def test_the_official_parser_reads_the_metrics() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="needs prometheus_client")
    seconds = tuple((NOW, each) for each in (0.01, 0.3, 0.3, 7.0, 9999.0))
    figures = Figures(
        {"patch": 3, "own": 1}, {"open": 1}, {"clean": 2}, {'a"\\\n': 4}, {}, {"sent": 5}, {"wrong": 6}, seconds, ()
    )
    text = metrics.render(figures, metrics.Known("1.0", stopped=True, newest={"mm": NOW}, reviewed=NOW, sent=0))
    found = {one.name: one for one in parser.text_string_to_metric_families(text)}
    assert all(name.startswith("lmlint_") and one.documentation for name, one in found.items())
    assert found["lmlint_mails_seen"].samples[0].value == 4
    assert found["lmlint_findings"].samples[0].labels == {"kind": 'a"\\\n'}
    buckets = {
        one.labels["le"]: one.value for one in found["lmlint_patch_review_seconds"].samples if "le" in one.labels
    }
    assert (buckets["0.01"], buckets["0.2"], buckets["0.5"], buckets["500.0"], buckets["+Inf"]) == (1, 1, 3, 4, 5)
    assert found["lmlint_stopped"].samples[0].value == 1


# The status


def status_of(settings: Settings, store: Store) -> str:
    return shown(gather(store, settings, NOW + 40 * DAY))


def test_the_status_says_what_needs_a_person(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.stop_file.touch()
    with Store(settings.state) as store:
        fill(store, 40)
        store.object(Objection(0, "ffffffff", "wrong", "a@x", "<1@x>", "linux-mm", 0, "", NOW, "dkim x"))
        reply = MailRow(0, "<2@x>", "b", "linux-mm", "eve@x", "Re", NOW, NOW, "reply", "not the author", 0, 0, 0, b"x")
        store.add_mail(reply)
        store.add_mail(dataclasses.replace(reply, message_id="<3@x>", reason=""))  # its command stood in a quote
        text = status_of(settings, store)
    for words in (
        "is parked: 550 no such user",
        "wait for a moderator",
        "finding ffffffff, which no series has",
        "a command of eve@x was not obeyed: not the author",
        "stopped: ",
        "linux-mm: no mail yet; answers author",
    ):
        assert words in text, words
    assert text.index("needs a look") == 0


def test_hostile_mails_cannot_drive_a_terminal(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with Store(settings.state) as store:
        hostile(store)
        text = status_of(settings, store)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(len, text.splitlines())) < 400


def test_the_lag_of_each_kind_of_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox = tmp_path / "inbox" / "git" / "0.git"
    inbox.mkdir(parents=True)
    git(inbox, "init", "-q", "--bare", ".")
    tree = git(inbox, "write-tree").strip()
    head = git(inbox, "commit-tree", "-m", "a mail", tree).strip()
    git(inbox, "update-ref", "HEAD", head)
    for part in ("new", "cur", "tmp"):
        (tmp_path / "maildir" / part).mkdir(parents=True)
    (tmp_path / "maildir" / "new" / "1").write_bytes(b"Subject: x\n\nx\n")
    (tmp_path / "mbox").write_bytes(b"From x Mon Jan 12 09:00:00 2026\nSubject: x\n\nx\n\n")
    settings_in(tmp_path)
    config = tmp_path / "lmlint.toml"
    sources = 'public-inbox = "inbox"\nmaildir = "maildir"\nmbox = ["mbox", "absent"]\n'
    config.write_text(config.read_text(encoding="utf-8") + sources, encoding="utf-8")
    assert main(["bot", "status", "--config", str(config)]) == 2
    assert "there is no state" in capsys.readouterr().err
    with Store(tmp_path / "state.db"):
        pass
    assert main(["bot", "status", "--config", str(config), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    lags = {
        one["path"].rpartition("/")[2]: (one["behind"], one["unit"], bool(one["error"])) for one in found["sources"]
    }
    assert lags["inbox"] == (1, "mails", False)
    assert lags["maildir"] == (1, "mails", False)
    assert lags["mbox"] == (len((tmp_path / "mbox").read_bytes()), "bytes", False)
    assert lags["absent"][2]
    assert main(["bot", "site", "--config", str(config), str(tmp_path / "www")]) == 0
    assert (tmp_path / "www" / "index.html").is_file()


# In a browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not PROGRAM:
        pytest.skip("needs Chromium")
    with browser(tmp_path_factory.mktemp("chromium")) as seen:
        yield seen


def shown_pages(made: Path) -> list[Path]:
    series = sorted((made / "series").iterdir(), key=lambda one: int(one.stem))
    mails = sorted((made / "mail").iterdir(), key=lambda one: int(one.stem))
    names = ("index", "queue", "disputes", "figures", "about")
    return [*(made / f"{name}.html" for name in names), series[1], *series[-len(HOSTILE) :], mails[2], mails[-3]]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark"), (360, "dark"), (1280, "light")])
def test_pages_in_a_browser(made: Path, page: Chromium, width: int, scheme: str) -> None:
    page.size(width)
    page.media("screen", scheme)
    contrast = CONTRAST.replace("LEAST", "4.5").replace(
        'parse(getComputedStyle(text.parentElement.querySelector(".cell")).fill)', "ground(text)"
    )
    for path in shown_pages(made):
        page.open(path)
        assert page.troubles() == []
        assert {url for url in page.requests() if not url.startswith(made.as_uri())} == set()
        assert page.eval("getComputedStyle(document.querySelector('main')).display") == "grid", "the style is there"
        assert page.eval("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path.name
        page.eval("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        count, low = page.eval(contrast)
        assert (count > 10, low) == (True, []), path.name


def test_bars_are_seen_on_light_and_dark(made: Path, page: Chromium) -> None:
    for scheme in ("light", "dark"):
        page.media("screen", scheme)
        page.open(made / "figures.html")
        script = (
            """[...new Set([...document.querySelectorAll('.plot rect')].map((one) => getComputedStyle(one).fill))]"""
        )
        colours = page.eval(script)
        assert len(colours) == 5
        assert "rgb(0, 0, 0)" not in colours
