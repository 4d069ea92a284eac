"""The page: what it says, that nothing in it comes from outside, and how it behaves in a real browser."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.finding import (
    Base,
    Cell,
    Contradiction,
    Finding,
    InputReport,
    LedgerLine,
    Move,
    Note,
    Place,
    Replay,
    Shot,
    Suggestion,
)
from lmlint.report import diffview, html, picture, shown
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session
from tests.chromium import PROGRAM, browser
from tests.test_report import EMPTY, FILE, FOUND, REPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chromium import Chromium

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus" / "arm64-lm-meminfo"
WIDTHS = (360, 800, 1280, 2560)
AA = 4.5
"""The least contrast that WCAG 2.2 asks of text, level AA."""

SOURCE = (
    "int f(void)\n{\n\tif (x)\n\t\tset(slot);\n\tif (y)\n\t\tcount(PMD);\n\tcount(PMD);\n\treturn 0;\n}\n" + "\n" * 40
)
TAIL = "int g(void)\n{\n\treturn h();\n}\n"
DIFF = b"""diff --git a/arch/arm64/mm/mmu.c b/arch/arm64/mm/mmu.c
--- a/arch/arm64/mm/mmu.c
+++ b/arch/arm64/mm/mmu.c
@@ -3,4 +3,6 @@ int f(void)
 \tif (x)
 \t\tset(slot);
-\treturn 1;
+\tif (y)
+\t\tcount(PMD);
+\tcount(PMD);
 \treturn 0;
"""
PATH = replace(
    FOUND,
    place=Place(FILE, 7, 2),
    message="`f` counts `PMD` twice",
    notes=(
        Note(Place(FILE, 4, 3), "`f` writes an entry", "write", "f", done=(Move("PMD", "+PMD_SIZE"),)),
        Note(Place(FILE, 6, 3), "`f` records PMD", "record", "f", recorded=(Move("PMD", "+PMD_SIZE"),)),
        Note(Place(FILE, 7, 2), "`f` records PMD again", "record", "f", recorded=(Move("PMD", "+PMD_SIZE"),)),
        Note(Place(FILE, 52, 9), "`g` calls `h`", "call", "g", "h"),
        Note(Place(FILE, 8, 2), "`f` returns", "end", "f"),
    ),
    ledger=(
        LedgerLine(
            "PMD",
            "+PMD_SIZE",
            "+2 * PMD_SIZE",
            "+PMD_SIZE",
            drift="high",
            figures=(("4K", 2 << 20, 4 << 20), ("64K", 512 << 20, 1 << 30)),
            labels=(("4K", "DirectMap2M"),),
        ),
    ),
)
OTHER = replace(FOUND, kind="racy-counter", severity="warning", place=Place(FILE, 4, 3), notes=(), ledger=(), ordinal=1)
BEFORE = Shot((Cell("pmd", 0, 1 << 15, ""), Cell("pte", 0, 4096, "PTE")), (("PTE", 4096, 4096), ("PMD", 0, 0)))
AFTER = Shot((*BEFORE.cells, Cell("pmd", 1 << 15, 1 << 15, "PMD")), (("PTE", 4096, 4096), ("PMD", 32768, 65536)))
PLAYED = replace(PATH, replay=Replay(("on a model machine:", "  1. map -> 0"), before=BEFORE, after=AFTER))
MADE = replace(REPORT, findings=(OTHER, PLAYED), sources=((FILE, SOURCE + TAIL),), diff=DIFF)


@cache
def story(name: str = "story-v2-double-count.patch") -> tuple[InputReport, ...]:
    rules = load_rules([builtin_rules()], [])
    made = Session(rules, [str(CORPUS / "tree")], Options(witness=True)).check([str(CORPUS / name)])
    assert made.errors == ()
    return made.reports


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, and its text without script and style."""

    def __init__(self, page: str) -> None:
        """Read it at once."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[str] = []
        self.own: dict[str, str] = {}
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))
        self._inside = tag if tag in {"script", "style"} else ""

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self._inside:
            self.own[self._inside] = self.own.get(self._inside, "") + data
        else:
            self.parts.append(data)

    @property
    def text(self) -> str:
        """The text, white space folded."""
        return re.sub(r"\s+", " ", "".join(self.parts))


# What it says


def test_the_same_reports_give_the_same_bytes() -> None:
    assert html.render([MADE, REPORT]) == html.render([MADE, REPORT])


def test_everything_that_is_said_of_an_input_is_on_the_page() -> None:
    states = [replace(FOUND.with_state(state), ordinal=at) for at, state in enumerate(("unchanged", "fixed"), 2)]
    states += [replace(FOUND, ordinal=4, state="repaired", repaired="mm: mend"), replace(FOUND, ordinal=5)]
    states[-1] = replace(states[-1], state="allowed", allowed="counted by hand")
    suggestion = Suggestion(FILE, 7, 1, (), "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n x\n-\tcount(PMD);\n")
    made = replace(
        MADE,
        findings=(replace(PLAYED, suggestion=suggestion, entries=("paging_init",)), *states),
        notices=("a mail was left out",),
        complaints=("mmu.c: line 9: no reason",),
        contradictions=(Contradiction(FILE, "g", "some-rule", ("map 0x1000", "PTE is off")),),
    )
    page = Reader(html.render([made], ["v2.patch: wrapped lines"]))
    for said in (
        "v2.patch: wrapped lines", "mm: count", "fail", "proved", "some-rule", "f counts PMD twice", PLAYED.id,
        "a mail was left out", "mmu.c: line 9: no reason", "PTE is off", "a loop over list has no bound", "unchanged",
        "fixed", "a later patch repairs it, mm: mend", "1 fixed, 1 repaired by a later patch, 1 unchanged",
        "allowed: counted by hand", "assuming a pgprot has no bit", "paging_init",
        "DirectMap2M", "+2 MB", "+512 MB", "counted too high", "1. map -> 0",
        "pte: PTE, 1 entry of 4 kB, 0x0 to 0x1000", "pmd: PMD, 1 entry of 32 kB, 0x8000 to 0x10000, changed",
        "The counter moves for bytes that were counted before",
    ):  # fmt: skip
        assert said in page.text, said


def test_a_page_without_findings_and_one_without_inputs_say_so() -> None:
    assert "nothing new" in Reader(html.render([EMPTY])).text
    assert "the rule sleeps" in Reader(html.render([EMPTY])).text
    assert "Nothing was checked" in Reader(html.render([])).text
    gone = Reader(html.render([], ["a.patch: cut off"])).text
    assert "a.patch: cut off" in gone


def test_a_series_has_a_table_of_contents() -> None:
    page = Reader(html.render([MADE, replace(MADE, subject="mm: second")]))
    links = [one["href"] for tag, one in page.elements if tag == "a"]
    assert {"#s1", "#s2"} <= set(links)
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link} <= set(ids)


def test_the_page_is_held_by_a_policy_that_names_its_own_style_and_script() -> None:
    page = Reader(html.render([MADE]))
    (policy,) = [one["content"] for tag, one in page.elements if tag == "meta" and "http-equiv" in one]
    for tag, text in page.own.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert str(policy).startswith("default-src 'none'; ")
    assert set(page.own) == {"style", "script"}
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert [name for name in attributes if name.startswith("on")] == []
        assert {"src", "action", "srcset", "xlink:href"} & set(attributes) == set()
        assert str(attributes.get("href", "#")).startswith("#")


# The lines


def numbers(view: diffview.FileView) -> list[tuple[str, int, int]]:
    return [(r.sign, r.old, r.new) for block in view.blocks for r in block.rows if isinstance(r, diffview.Row)]


def test_hunks_and_the_lines_that_a_path_steps_on_stand_in_file_order() -> None:
    (view,) = diffview.views(MADE, {FILE: {4: "f", 52: "g"}})
    assert [(block.patch, block.functions) for block in view.blocks] == [(True, ()), (False, ("g",))]
    assert numbers(view)[:7] == [
        (" ", 3, 3), (" ", 4, 4), ("-", 5, 0), ("+", 0, 5), ("+", 0, 6), ("+", 0, 7), (" ", 6, 8),
    ]  # fmt: skip
    assert view.blocks[1].label == "lines 48 to 54"


def test_a_hunk_is_shown_where_it_stands_and_not_where_it_says() -> None:
    moved = replace(MADE, sources=((FILE, "\n\n\n" + SOURCE),))
    (view,) = diffview.views(moved, {FILE: {10: "f"}})
    assert len(view.blocks) == 1
    assert numbers(view)[0] == (" ", 3, 6)
    assert numbers(view)[-1] == (" ", 6, 11)


def test_a_file_is_shown_around_its_findings() -> None:
    made = replace(EMPTY, findings=(replace(FOUND, place=Place("a.c", 30, 1)),), sources=(("a.c", "x;\n" * 99),))
    (view,) = diffview.views(made, {"a.c": {30: "f", 34: "f", 80: ""}})
    assert [block.label for block in view.blocks] == ["lines 22 to 42", "lines 72 to 88"]
    assert view.change == ""


def test_a_huge_patch_is_cut_and_says_so() -> None:
    count = 3 * diffview.MOST
    lines = "".join(f"+line {at}\n" for at in range(1, count + 1))
    head = f"--- /dev/null\n+++ b/{FILE}\n@@ -0,0 +1,{count} @@\n"
    text = "".join(f"line {at}\n" for at in range(1, count + 1))
    made = replace(MADE, diff=(head + lines).encode(), sources=((FILE, text),), findings=())
    (view,) = diffview.views(made, {FILE: {count - 5: "f"}})
    gaps = [row.count for block in view.blocks for row in block.rows if isinstance(row, diffview.Gap)]
    assert len(numbers(view)) == diffview.MOST
    assert sum(gaps) == count - diffview.MOST
    assert ("+", 0, count - 5) in numbers(view)
    found = replace(FOUND, place=Place(FILE, count - 5, 1), notes=())
    page = Reader(html.render([replace(made, findings=(found,))]))
    assert f"{gaps[0]} lines left out" in page.text


def test_many_findings_are_cut_and_counted() -> None:
    last = replace(FOUND, place=Place(FILE, 9, 1), notes=())
    many = (*(replace(OTHER, ordinal=at) for at in range(html.MOST_CARDS + 1)), last)
    page = Reader(html.render([replace(MADE, findings=many)]))
    assert "2 more findings left out" in page.text
    cards = [one for tag, one in page.elements if tag == "article"]
    assert len(cards) == html.MOST_CARDS
    assert cards[-1]["class"] == "card error"


def test_a_page_of_many_patches_keeps_what_is_near_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_LINES", 300)
    count = 200
    text = "".join(f"line {at}\n" for at in range(1, count + 1))
    head = f"--- /dev/null\n+++ b/{FILE}\n@@ -0,0 +1,{count} @@\n"
    diff = head + "".join(f"+{line}\n" for line in text.splitlines())
    found = replace(FOUND, place=Place(FILE, 90, 1), notes=())
    made = replace(MADE, diff=diff.encode(), sources=((FILE, text),), findings=(found,))
    page = Reader(html.render([made] * 3))
    rows = [one["id"] for tag, one in page.elements if tag == "tr" and one.get("class") == "add"]
    assert len(rows) == 200 + 100 + 2 * diffview.NEAR + 1
    assert {"r1-1-90", "r2-1-90", "r3-1-90"} <= set(rows)


def test_an_amount_is_kept_whole_and_a_hyphen_is_not_one() -> None:
    pieces = shown.sentence("PTE +PAGE_SIZE, PMD -64 `a -b` x - y well-known -")
    assert [piece.text for piece in pieces if piece.look == shown.AMOUNT] == ["+PAGE_SIZE", "-64"]


def test_what_a_loop_or_a_call_adds_says_which_step_has_it_already() -> None:
    inner = [replace(note, within=True) for note in PATH.notes[1:3]]
    call = replace(PATH.notes[3], recorded=(Move("PMD", "+2 * PMD_SIZE"),))
    page = Reader(html.render([replace(MADE, findings=(replace(PATH, notes=(PATH.notes[0], call, *inner)),))]))
    assert page.text.count("within step 2") == 2


# Text that is not ours


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202eb", "a<U+202E>b"),
        ("\x00\x1b[2J", "<U+0000><U+001B>[2J"),
        ("x\u200b\u3164\ufe0f", "x<U+200B><U+3164><U+FE0F>"),
        ("\udce9t", "<E9>t"),
        ("\ud800", "<U+D800>"),
        ("\u00e9 \u4e16", "\u00e9 \u4e16"),
        ("a" * 2003, "a" * 2000 + " (3 characters left out)"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, seen: str) -> None:
    assert shown.flat(text) == seen
    assert "".join(piece.text for piece in shown.source_line(text)) == seen
    assert all(shown.full_name(piece.text) for piece in shown.sentence(text) if piece.look == shown.ODD)


@settings(max_examples=60)
@given(st.text(max_size=60), st.sets(st.integers(1, 70), max_size=5))
def test_a_source_line_loses_nothing_and_shows_nothing_unseen(text: str, columns: set[int]) -> None:
    pieces = shown.source_line(text, columns)
    joined = "".join(piece.text for piece in pieces)
    assert joined.replace("\t", "").isprintable()
    if text.isprintable() and text.isascii():
        assert joined == text


def test_tokens_stand_for_themselves() -> None:
    pieces = shown.source_line("\tcount(PMD); /* \u00e9 */ x;", (2, 8, 23))
    assert [(piece.text, piece.column) for piece in pieces if piece.column] == [("count", 2), ("PMD", 8), ("x", 23)]


# Geometry


def test_bars_share_one_scale_and_a_zero() -> None:
    plain = picture.bars([("PMD", 1, 4), ("PTE", 0, 0)])
    assert [(bar.account, bar.real_at, bar.counted_at, bar.zero) for bar in plain] == [
        ("PMD", ("0.00%", "25.00%"), ("0.00%", "100.00%"), "0.00%")
    ]
    (both,) = picture.bars([("PMD", -1, 3)])
    assert (both.real_at, both.counted_at, both.zero) == (("0.00%", "25.00%"), ("25.00%", "75.00%"), "25.00%")


def percent(share: str) -> float:
    return float(share.removesuffix("%"))


CELLS = st.lists(
    st.builds(
        lambda at, order, account: Cell(f"l{order}", at << (12 + 3 * order), 1 << (12 + 3 * order), account),
        st.integers(0, 20), st.integers(0, 3), st.sampled_from(["", "PTE", "PMD"]),
    ),
    max_size=12, unique_by=lambda cell: (cell.level, cell.start),
)  # fmt: skip


@settings(max_examples=60)
@given(CELLS, CELLS)
def test_cells_are_drawn_inside_the_picture_in_order(was: list[Cell], now: list[Cell]) -> None:
    before, after = picture.pictures(Shot(tuple(was), ()), Shot(tuple(now), ()))
    assert [level.name for level in before.levels] == [level.name for level in after.levels]
    for cells, made, other in ((was, before, now), (now, after, was)):
        for level in made.levels:
            at = 0.0
            for run in level.runs:
                assert percent(run.at) >= at - 0.02
                assert percent(run.wide) > 0
                at = percent(run.at) + percent(run.wide)
            assert at <= 100.02
            drawn = sum(len(run.ticks) + 1 for run in level.runs)
            assert drawn == sum(cell.level == level.name for cell in cells)
            new = {cell for cell in cells if cell.level == level.name} - set(other)
            assert any(run.changed for run in level.runs) is bool(new)


# In a browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not PROGRAM:
        pytest.skip("no Chromium is installed")
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture
def page(chromium: Chromium, tmp_path: Path) -> Page:
    return Page(chromium, tmp_path / "page.html")


class Page:
    """A browser, and a page that is loaded anew by every test."""

    def __init__(self, chromium: Chromium, path: Path) -> None:
        """Take a browser, and where to put the page."""
        self.chromium = chromium
        self.path = path

    def load(self, *reports: InputReport, width: int = 1280, scheme: str = "light", media: str = "screen") -> Chromium:
        """Load the page of reports, and return the browser."""
        self.path.write_text(html.render(reports), encoding="ascii")
        self.chromium.media(media, scheme)
        self.chromium.size(width)
        self.chromium.open(self.path)
        return self.chromium


STATE = """(() => {
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.innerText.trim());
  const card = document.querySelector(".card.open");
  const seen = (one) => getComputedStyle(one).visibility === "visible";
  const folded = (one) => one.innerText.trim().replace(/\\s+/g, " ");
  const cell = (one) => [...one.querySelectorAll("[data-step]")].filter(seen).map(folded);
  const row = (one) => Number(one.id.split("-").pop());
  return {
    open: card && card.id,
    current: card && texts("#" + card.id + " [aria-current=step] .said"),
    now: [...document.querySelectorAll("tr.now")].map(row),
    walked: [...document.querySelectorAll("tr.walked")].map(row),
    path: [...document.querySelectorAll("tr.path")].map(row),
    marks: Object.fromEntries([...document.querySelectorAll("td.mark")].filter((m) => m.textContent)
      .map((m) => [row(m.parentElement), m.textContent])),
    here: texts(".here"),
    ledger: card && [...card.querySelectorAll(".ledger tbody td")].map(cell),
    focus: document.activeElement.closest(".steps a, button.head") && document.activeElement.innerText.trim(),
    progress: card && card.querySelector(".progress") && card.querySelector(".progress").textContent,
  };
})()"""
ALL = [
    ["1 +PMD_SIZE"], ["2 +PMD_SIZE", "3 +PMD_SIZE"], [],
    ["+PMD_SIZE"], ["+2 * PMD_SIZE"], ["+PMD_SIZE", "counted too high"],
]  # fmt: skip
FIRST = f"f-{PLAYED.id}"


def test_a_page_asks_nothing_of_the_network_and_is_silent(page: Page) -> None:
    seen = page.load(*story(), MADE)
    seen.press("n", "j", "j", "Escape", "p", "?", "Escape", "End")
    seen.click("[data-action=theme]")
    assert seen.requests() == [page.path.as_uri()]
    assert seen.troubles() == []
    assert seen.eval("performance.getEntriesByType('resource').length") == 0


def test_the_policy_is_in_force(page: Page) -> None:
    seen = page.load(MADE)
    seen.eval("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)><b style=color:red>x</b>')")
    assert len([one for one in seen.troubles() if "Content Security Policy" in one]) >= 2


def test_the_first_error_is_open_with_its_whole_path(page: Page) -> None:
    state = page.load(MADE).eval(STATE)
    assert (state["open"], state["path"], state["now"], state["walked"]) == (FIRST, [4, 6, 7, 8, 52], [], [])
    assert state["marks"] == {"4": "1", "6": "2", "7": "3", "8": "5", "52": "4"}
    assert state["ledger"] == ALL
    assert state["progress"] == "5 steps"


def test_keys_walk_the_path_and_the_ledger_fills(page: Page) -> None:
    seen = page.load(MADE)
    seen.press("j")
    state = seen.eval(STATE)
    assert (state["current"], state["now"], state["walked"]) == (["f writes an entry"], [4], [])
    assert state["here"] == ["set"]
    assert state["ledger"] == [["1 +PMD_SIZE"], [], [], [], [], []]
    assert "f writes an entry" in state["focus"]
    seen.press("j", "ArrowRight")
    state = seen.eval(STATE)
    assert (state["now"], state["walked"], state["progress"]) == ([7], [4, 6], "step 3 of 5")
    assert state["ledger"] == [["1 +PMD_SIZE"], ["2 +PMD_SIZE", "3 +PMD_SIZE"], [], [], [], []]
    seen.press("k")
    assert seen.eval(STATE)["ledger"][1] == ["2 +PMD_SIZE"]
    seen.press("ArrowLeft", "k")
    assert seen.eval(STATE)["now"] == [4]
    seen.press("ArrowDown")
    assert seen.eval(STATE)["now"] == [6]
    seen.press("End")
    state = seen.eval(STATE)
    assert (state["now"], state["walked"], state["ledger"]) == ([8], [4, 6, 7, 52], ALL)
    seen.press("Home")
    assert seen.eval(STATE)["now"] == [4]
    seen.press("Escape")
    state = seen.eval(STATE)
    assert (state["now"], state["path"], state["ledger"]) == ([], [4, 6, 7, 8, 52], ALL)
    seen.press("Escape")
    assert seen.eval(STATE)["open"] is None
    assert seen.troubles() == []


def test_clicks_do_what_keys_do_and_bring_the_line_into_view(page: Page) -> None:
    seen = page.load(MADE)
    seen.click(f"#{FIRST} .steps li:nth-child(4) a")
    state = seen.eval(STATE)
    assert (state["now"], state["current"]) == ([52], ["g calls h"])
    box = seen.eval(BOX)
    assert 0 <= box[0] < box[1] <= 900
    seen.click(f"#{FIRST} [data-action=next]")
    assert seen.eval(STATE)["now"] == [8]
    seen.click(".remark.warning a")
    assert seen.eval(STATE)["open"] == f"f-{OTHER.id}"
    seen.press("j")
    assert seen.eval(STATE)["now"] == []
    seen.click(f"#f-{OTHER.id} button.head")
    assert seen.eval(STATE)["open"] is None
    assert seen.troubles() == []


def test_keys_go_from_finding_to_finding(page: Page) -> None:
    seen = page.load(MADE)
    seen.press("n")
    assert seen.eval(STATE)["open"] == f"f-{OTHER.id}"
    seen.press("p")
    state = seen.eval(STATE)
    assert state["open"] == FIRST
    assert "double-count" in state["focus"]
    expanded = "[...document.querySelectorAll('button.head')].map((one) => one.getAttribute('aria-expanded'))"
    assert seen.eval(expanded) == ["false", "true"]


def test_the_help_opens_with_a_key_and_closes_with_another(page: Page) -> None:
    seen = page.load(MADE)
    seen.press("?")
    assert seen.eval("document.getElementById('help').open") is True
    seen.press("j")
    assert seen.eval(STATE)["now"] == []
    seen.press("Escape")
    assert seen.eval("document.getElementById('help').open") is False


def test_a_filter_hides_findings_and_keys_pass_over_them(page: Page) -> None:
    seen = page.load(MADE)
    seen.click("[data-filter=error]")
    visible = "[...document.querySelectorAll('.card, .remark')].filter((one) => one.checkVisibility()).length"
    assert seen.eval(visible) == 2
    assert seen.eval("document.querySelector('[data-filter=error]').getAttribute('aria-pressed')") == "false"
    assert seen.eval(STATE)["open"] == f"f-{OTHER.id}"
    seen.press("n")
    assert seen.eval(STATE)["open"] == f"f-{OTHER.id}"
    seen.click("[data-filter=error]")
    assert seen.eval(visible) == 4


def test_an_address_names_a_finding(page: Page) -> None:
    seen = page.load(MADE)
    seen.open(page.path, f"#f-{OTHER.id}")
    assert seen.eval(STATE)["open"] == f"f-{OTHER.id}"


def test_an_address_may_change_later_and_opens_what_is_folded(page: Page) -> None:
    seen = page.load(replace(MADE, findings=(OTHER, PLAYED, replace(OTHER, state="unchanged", ordinal=7))))
    seen.press("j", "j")
    seen.click(f"#{FIRST} a.id")
    assert seen.eval(STATE)["now"] == [6]
    assert seen.eval("location.hash") == f"#{FIRST}"
    seen.eval(f"location.hash = '#f-{OTHER.id}'")
    seen.wait(f"document.querySelector('.card.open').id === 'f-{OTHER.id}'")
    assert seen.eval(SHUT) > 0
    seen.click(".facts a")
    seen.wait("document.querySelector('#old1').open")


def test_the_theme_follows_the_system_until_it_is_chosen(page: Page) -> None:
    light = "getComputedStyle(document.documentElement).backgroundColor"
    seen = page.load(MADE, scheme="dark")
    dark = seen.eval(light)
    seen.click("[data-action=theme]")
    assert seen.eval(light) != dark
    seen.click("[data-action=theme]")
    assert seen.eval(light) == dark


def test_a_narrow_window_keeps_the_step_at_its_foot(page: Page) -> None:
    seen = page.load(MADE, width=360)
    assert seen.eval("document.getElementById('walker').checkVisibility()") is False
    seen.press("j", "j")
    assert "step 2 of 5: f records PMD" in seen.eval("document.getElementById('walker').innerText")
    seen.click("#walker [data-action=next]")
    assert seen.eval(STATE)["now"] == [7]
    seen.click("#walker [data-action=whole]")
    assert seen.eval("document.getElementById('walker').checkVisibility()") is False


LONG = replace(MADE, diff=DIFF.replace(b"count(PMD);\n \t", b"count(PMD);" + b"x" * 10_000 + b"\n \t"))


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_scroll_and_the_page_does_not(page: Page, width: int) -> None:
    seen = page.load(*story(), LONG, *map(nasty, NASTY), width=width)
    for keys in ((), ("n", "j"), ("p", "p", "End"), ("p", "p")):
        seen.press(*keys)
        assert seen.eval("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert seen.eval(CUT) == 0


def test_a_ledger_of_two_accounts_fits_its_panel_and_names_stay_whole(page: Page) -> None:
    moves = tuple(Move(name, f"{sign}CONT_PTE_SIZE") for name, sign in (("PTE", "+"), ("CONT_PTE", "-")))
    note = replace(PATH.notes[0], done=moves, recorded=moves)
    lines = tuple(
        replace(PATH.ledger[0], account=m.account, done=m.amount, recorded="0", difference=m.amount) for m in moves
    )
    found = replace(PLAYED, notes=(note, replace(note, within=True)), ledger=lines)
    script = """(() => {
      const over = [...document.querySelectorAll('.open .ledger')].map((t) => t.offsetWidth - t.parentElement.clientWidth);
      const lines = [...document.querySelectorAll('.open .bars th[scope=rowgroup] bdi')].map((one) => one.getClientRects().length);
      const cells = [...document.querySelectorAll('.open .ledger td')].filter((one) => one.scrollWidth > one.clientWidth);
      return [Math.max(...over), Math.max(...lines), cells.length];
    })()"""  # noqa: E501  # a script
    for width in (1400, 2560):
        over, names, cells = page.load(replace(MADE, findings=(found,)), width=width).eval(script)
        assert (over <= 0, names, cells) == (True, 1, 0)


HIDDEN = """[...document.querySelectorAll('.body, .steps li, .ledger td *, .remark')]
  .filter((one) => !one.checkVisibility({ visibilityProperty: true })).length"""
CUT = """[...document.querySelectorAll('.message, .said, .pin, button, h1, h2, h3')]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1).length"""
BOX = "(() => { const b = document.querySelector('tr.now').getBoundingClientRect(); return [b.top, b.bottom] })()"
SHUT = "document.querySelectorAll('details:not([open])').length"

CONTRAST = """(() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = (rgb) => {
    const part = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.slice(0, 3).map((v) => part(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
      if (colour[3] !== 0) throw new Error("half transparent: " + at.className);
    }
    return [255, 255, 255, 1];
  };
  const low = [];
  let seen = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !one.checkVisibility({ visibilityProperty: true })) continue;
    if (one.closest("script, style, title, .unseen")) continue;
    const text = one.closest("svg text");
    const style = getComputedStyle(one);
    const back = text ? parse(getComputedStyle(text.parentElement.querySelector(".cell")).fill) : ground(one);
    const found = ratio(parse(text ? style.fill : style.color), back);
    seen += 1;
    if (found < LEAST) low.push([one.className, walk.currentNode.data.slice(0, 30), Math.round(found * 100) / 100]);
  }
  return [seen, low];
})()"""


@pytest.mark.parametrize(
    ("media", "scheme"), [("screen", "light"), ("screen", "dark"), ("print", "light"), ("print", "dark")]
)
def test_all_text_stands_out_from_its_ground(page: Page, media: str, scheme: str) -> None:
    odd = replace(PLAYED, message="a\u202eb", suggestion=Suggestion(FILE, 1, 1, (), "@@ x\n-a\n+b\n"), ordinal=7)
    made = replace(MADE, findings=(OTHER, odd), notices=("a notice",), complaints=("a complaint",))
    seen = page.load(*story(), made, media=media, scheme=scheme)
    seen.eval("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    for keys in ((), ("j", "j"), ("n", "n", "n", "n", "n", "n", "End"), ("?",)):
        seen.press(*keys)
        count, low = seen.eval(CONTRAST.replace("LEAST", str(AA)))
        assert count > 300
        assert low == []


def test_marks_that_carry_meaning_stand_out_too(page: Page) -> None:
    # 3:1 is what WCAG asks of them; bars, edges of cells and severities.
    for scheme in ("light", "dark"):
        seen = page.load(MADE, scheme=scheme)
        script = """(() => {
          const root = document.querySelector('.card.open');
          const ground = getComputedStyle(root).backgroundColor;
          const pick = (selector, what) => getComputedStyle(root.querySelector(selector))[what];
          return [ground, pick('.real', 'fill'), pick('.counted', 'fill'), pick('.leaf .cell', 'stroke'),
            pick('.change', 'stroke'), pick('.table .cell', 'stroke'), pick('button', 'color')];
        })()"""
        ground, *marks = [luminance(colour) for colour in seen.eval(script)]
        assert [mark for mark in marks if (max(mark, ground) + 0.05) / (min(mark, ground) + 0.05) < 3] == []


def luminance(colour: str) -> float:
    def part(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (part(int(number) / 255) for number in re.findall(r"\d+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_tab_reaches_every_control_and_the_focus_is_seen(page: Page) -> None:
    seen = page.load(MADE)
    seen.eval(
        "window.all = [...document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('dialog'))"
    )
    total = seen.eval("all.length")
    assert total > 20
    order = []
    for _ in range(total):
        seen.press("Tab")
        at, ring = seen.eval(
            "[all.indexOf(document.activeElement), getComputedStyle(document.activeElement).outlineStyle]"
        )
        order.append(at)
        assert ring == "solid"
    assert order == list(range(total))


def test_every_control_has_a_name_and_every_picture_words(page: Page) -> None:
    seen = page.load(MADE)
    seen.call("Accessibility.enable")
    nodes = seen.call("Accessibility.getFullAXTree")["nodes"]
    seen.call("Accessibility.disable")
    named: dict[str, list[str]] = {}
    for node in nodes:
        if not node.get("ignored"):
            named.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    for role in ("button", "link", "region", "image", "table", "article"):
        assert named.get(role, []) != [], role
    for role in ("button", "link", "region", "image"):
        assert [name for name in named[role] if not name.strip()] == [], role
    assert any(name.startswith("pmd: pmd: PMD, 1 entry of 32 kB") or "PMD, 1 entry" in name for name in named["image"])


def test_all_of_it_is_printed(page: Page) -> None:
    seen = page.load(MADE, media="print")
    seen.press("j")
    assert seen.eval(HIDDEN) == 0
    assert seen.eval("getComputedStyle(document.querySelector('.panel')).position") == "static"
    assert seen.eval("document.querySelector('.top .buttons').checkVisibility()") is False
    page.load(MADE, scheme="dark")
    seen.eval(f"addEventListener('beforeprint', () => {{ window.opened = {SHUT} }})")
    assert seen.pdf().startswith(b"%PDF-")
    assert seen.eval("opened") == 0
    assert seen.eval("document.querySelectorAll('details[open]').length") == 0


def test_the_page_can_be_read_without_its_script(page: Page) -> None:
    page.chromium.scripts(on=False)
    try:
        seen = page.load(MADE)
        assert seen.eval(HIDDEN) == 0
        assert seen.eval("document.querySelector('.top .buttons').checkVisibility()") is False
        seen.click(f"#{FIRST} .steps li:nth-child(4) a")
        assert seen.eval("document.querySelector('tr:target').id").endswith("-52")
    finally:
        page.chromium.scripts(on=True)


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></style></script><svg onload=alert(1)>",
    "' onfocus=alert(1) autofocus x='",
    "{{7*7}}{% raw %}${7*7}",
    "a\u202eb\u2066c\u200bd\x00\x1b[2J\r\n\x85\u2028e",
    "<!--",
    "]]>&lt;&#60;&amp;",
    "`<b>`",
    "javascript:alert(1)",
    "\udce9\ud800",
    "x" * 10_000,
)
HOSTILE = st.sampled_from(NASTY) | st.text(max_size=30)


def nasty(text: str) -> InputReport:
    place, other = Place(text, 1, 1), Place("h.h", 2, 3)
    finding = Finding(
        rule="some-rule",
        kind="double-count",
        severity="error",
        function=text,
        place=place,
        message=text,
        notes=(Note(place, text, text, text, text, (Move(text, text),), (Move(text, text),)), Note(other, text)),
        ledger=(LedgerLine(text, text, text, text, (text,), "high", ((text, 1, 2),), ((text, text),)),),
        construct="x",
        replay=Replay((text,), text, Shot((Cell(text, 0, 8, text),), ((text, 1, 2),)), Shot((), ((text, 1, 3),))),
        entries=(text,),
        suggestion=Suggestion(text, 1, 1, (text,), text),
    )
    old = replace(finding, state="allowed", allowed=text, ordinal=1)
    verdicts = tuple(replace(one, file=text, name=text, reason=text, assumptions=(text,)) for one in REPORT.functions)
    raw = text.replace("\n", " ").encode(errors="replace")
    return InputReport(
        name=text, kind="patch", subject=text, message_id=text, base=Base("applied", text, "aa", "bb", text, (1,)),
        rules=("some-rule",), functions=verdicts, findings=(finding, old), granted=(text,), sources=((text, text),),
        contradictions=(Contradiction(text, text, text, (text,)),), notices=(text,), complaints=(text,),
        diff=b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@ " + raw + b"\n-" + raw + b"\n+" + raw + b"\xe9\n",
    )  # fmt: skip


@cache
def harmless() -> Reader:
    return Reader(html.render([nasty("x")], ["x"]))


@settings(max_examples=40)
@given(HOSTILE)
def test_hostile_text_makes_no_markup(text: str) -> None:
    plain, page = harmless(), Reader(html.render([nasty(text)], [text]))
    extra = {tag for tag, _ in page.elements} - {tag for tag, _ in plain.elements}
    assert extra <= {"span"}
    assert {name for _, one in page.elements for name in one} <= {name for _, one in plain.elements for name in one}
    assert page.own == plain.own
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert all(part.replace("\n", "").replace("\t", "").isprintable() for part in page.parts)


def test_a_browser_takes_hostile_text_for_text(page: Page) -> None:
    seen = page.load(*map(nasty, NASTY))
    seen.press("n", "j", "j", "n", "End", "p")
    assert seen.troubles() == []
    assert seen.requests() == [page.path.as_uri()]
    assert seen.eval("document.querySelectorAll('script').length") == 1
    assert seen.eval("document.querySelectorAll('img, iframe, [onload], [onerror], [autofocus], b b').length") == 0
    said = seen.eval("[...document.querySelectorAll('.message')].map((one) => one.textContent)")
    assert said[4] == NASTY[4]
    assert said[5].startswith("a<U+202E>b<U+2066>c<U+200B>d<U+0000><U+001B>[2J<U+000D><U+000A><U+0085><U+2028>e")
    assert said[10] == "<E9><U+D800>"
    assert said[11] == "x" * 2000 + " (8000 characters left out)"
    assert seen.eval("document.title") == "lmlint: 12 inputs"


def test_the_step_is_seen_in_the_panel_beside_its_line(page: Page) -> None:
    script = """(() => {
      const box = (one) => document.querySelector(one).getBoundingClientRect();
      return [box("tr.now"), box("[aria-current=step]")].map((one) => one.top >= 0 && one.bottom <= innerHeight);
    })()"""
    for width in (1280, 2560):
        seen = page.load(*story(), width=width)
        for key in ("j",) * 6 + ("n",) + ("j",) * 6 + ("n",) + ("j",) * 6:
            seen.press(key)
            if key == "j":
                assert seen.eval(script) == [True, True]


def test_a_real_page_walks_to_its_own_ledger(page: Page) -> None:
    seen = page.load(*story())
    findings = [one for report in story() for one in report.findings if one.ledger]
    assert findings
    for finding in findings:
        seen.open(page.path, f"#f-{finding.id}")
        seen.press("j", "End")
        state = seen.eval(STATE)
        cells = [cell for cell in state["ledger"] if cell]
        line = finding.ledger[-1]
        assert cells[-1][0] == line.difference
        assert cells[-2] == [line.recorded]
        assert cells[-3] == [line.done]
        assert state["now"] == [finding.notes[-1].place.line]
        assert state["progress"] == f"step {len(finding.notes)} of {len(finding.notes)}"
