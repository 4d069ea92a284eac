"""What a terminal shows: nothing is wider than it, nothing is lost, and every colour ends."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmlint.compare import compare
from lmlint.finding import Base, Finding, InputReport, LedgerLine, Place, Replay, Suggestion
from lmlint.report import text, versions
from lmlint.report.layout import CUT, Layout, columns, excerpt
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus" / "arm64-lm-meminfo"
V1, V2 = sorted(CORPUS.glob("story-v*.patch"))[:2]
WIDTHS = (40, 60, 80, 200)
COLOR = re.compile(r"\033\[[\d;]*m")
SOURCE = re.compile(r"\d+ \| | +\| ")
REPEATED = {"account", "done", "recorded", "difference", "->", "="}
"""What a table has once, and a list beside each value, and what stands apart only where there is room."""


def shown(width: int, *arguments: str, folder: str = ".", **environment: str) -> str:
    """Return what the command prints on a terminal of this width, in a folder."""
    main = [sys.executable, "-c", "from lmlint.cli import entry; entry()", *arguments]
    known = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover
        os.chdir(folder)
        os.read(0, 1)  # until it has its width
        os.execve(main[0], main, {**known, "TERM": "xterm", "PYTHONPATH": str(ROOT), **environment})  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    os.write(terminal, b"\n")
    said = b""
    while True:
        try:
            said += os.read(terminal, 1 << 16)
        except OSError:  # the other end is closed
            break
    os.waitpid(child, 0)
    os.close(terminal)
    return said.decode().replace("\r\n", "\n")


def plain(said: str) -> str:
    return COLOR.sub("", said)


def words(said: str) -> Counter[str]:
    """Return the words of a report but for its source lines, which may be cut."""
    lines = [line for line in plain(said).split("\n") if not SOURCE.match(line)]
    return Counter(word for word in " ".join(lines).split() if word not in REPEATED)


def too_wide(said: str, width: int) -> list[str]:
    """Return the lines that do not fit, although they could be broken."""
    lines = [line for line in plain(said).split("\n") if columns(line) > width]
    return [line for line in lines if max(map(columns, line.split())) < width - 8]


ASKED = (str(V2), "--tree", str(CORPUS / "tree"))
SMALL = ("check", str(CORPUS / "hunks-bad-whole.patch"))


@cache
def story() -> InputReport:
    """Return the review of a patch, replayed: it has everything that a report can have."""
    session = Session(load_rules([builtin_rules()], []), [str(CORPUS / "tree")], Options(witness=True))
    (report,) = session.check([str(V2)]).reports
    return report


@cache
def of_story(width: int) -> str:
    return text.render([story()], color=True, width=width, terminal=True)


@pytest.fixture(scope="module")
def wide() -> str:
    return of_story(500)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_keeps_to_the_terminal(width: int, wide: str) -> None:
    said = of_story(width)
    assert too_wide(said, width) == []
    assert words(said) == words(wide)
    assert said.count("\n") >= wide.count("\n")


@cache
def compared() -> list[tuple[str, Sequence[InputReport]]]:
    session = Session(load_rules([builtin_rules()], []), [str(CORPUS / "tree")])
    return [(str(one), session.check([str(one)]).reports) for one in (V1, V2)]


def of_versions(width: int) -> str:
    made = compare([reports for _, reports in compared()])
    return versions.render(made, compared(), color=True, width=width, terminal=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_keeps_to_the_terminal(width: int) -> None:
    said = of_versions(width)
    assert too_wide(said, width) == []
    assert words(said) == words(of_versions(500))


def test_commands_ask_the_terminal_how_wide_it_is() -> None:
    _, reports = compared()[1]
    assert shown(60, "check", *ASKED) == text.render(reports, color=True, width=60, terminal=True)
    assert shown(60, "compare", str(V1), *ASKED) == of_versions(60)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_real_terminal_breaks_no_line_and_has_the_caret_in_its_place(width: int, tmp_path: Path) -> None:
    pyte = pytest.importorskip("pyte", reason="pyte, a terminal in Python, is not installed")
    source = (CORPUS / "pagetable.c").read_text(encoding="utf-8")
    wide = "/* \u65e5\u672c\u8a9e e\u0301 */ "
    source = re.sub(r"^(\t+)(\w+_clear\()", rf"\1{wide}\2", source, flags=re.MULTILINE)
    source = source.replace("lm_meminfo_sub(", "(void)(")
    (tmp_path / "\u8868.c").write_text(source, encoding="utf-8")
    said = shown(width, "check", "\u8868.c", folder=str(tmp_path))
    screen = pyte.Screen(width, said.count("\n") + 50)
    pyte.Stream(screen).feed(said.replace("\n", "\r\n"))
    rows = [[screen.buffer[y][x].data for x in range(width)] for y in range(screen.lines)]
    assert sum(any(cell.strip() for cell in row) for row in rows) == sum(bool(line) for line in said.split("\n"))
    carets = [(y, row.index("^")) for y, row in enumerate(rows) if "^" in row and "|" in row]
    assert len(carets) > 5
    for y, x in carets:
        size = sum(cell in {"^", "~"} for cell in rows[y])
        assert "".join(rows[y - 1][x : x + size]).isidentifier()
        assert not rows[y - 1][x - 1].isidentifier()


def test_every_colour_ends_on_its_line(wide: str) -> None:
    assert COLOR.search(wide)
    for line in wide.split("\n"):
        codes = COLOR.findall(line)
        assert codes[1::2] == ["\033[0m"] * (len(codes) // 2)
        assert len(codes) % 2 == 0
        assert "\033[0m" not in codes[::2]


def test_who_wants_no_colours_has_none() -> None:
    said = shown(500, *SMALL)
    assert COLOR.search(said)
    assert shown(500, *SMALL, NO_COLOR="1") == plain(said)
    assert shown(500, *SMALL, TERM="dumb") == plain(said)
    assert shown(500, *SMALL, "--color=never") == plain(said)
    assert shown(500, *SMALL, "--color=always", NO_COLOR="1") == said


def test_no_colour_is_lost_on_a_light_or_a_dark_background(wide: str) -> None:
    used = {code.strip("\033[m") for code in COLOR.findall(wide)}
    assert used <= {"0", "1", "1;31", "1;34", "1;35"}  # no yellow, no cyan, no white, no black


WORD = st.text(st.sampled_from("ab`_(),.+-\u00e9\u0301\u65e5\uff21\U0001f600"), min_size=1, max_size=25)


@example([], 20, "_" * 19, 0)
@given(st.lists(WORD, max_size=30), st.integers(20, 130), WORD, st.integers(0, 8))
def test_wrapping_loses_nothing(said: list[str], width: int, head: str, hang: int) -> None:
    lines = Layout(width, terminal=True).wrap(f"{head}: ", " ".join(said), hang)
    assert " ".join(lines).split() == f"{head}: {' '.join(said)}".split()
    for line in lines:
        assert columns(line) <= width or len(line.removeprefix(f"{head}: ").split()) == 1


@given(st.lists(WORD, min_size=1, max_size=30), st.integers(0, 30), st.integers(15, 130), st.data())
def test_a_cut_line_shows_what_it_is_about(said: list[str], blanks: int, room: int, data: st.DataObject) -> None:
    line = " " * blanks + " ".join(said)
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    cut, before, size = excerpt(line, start, end, room)
    assert columns(cut) <= room
    if columns(line) <= room:
        assert (cut, before, size) == (line, columns(line[:start]), columns(line[start:end]))
    inner = cut.removeprefix(CUT).removesuffix(CUT)
    assert inner in line
    assert before <= room
    if size == columns(line[start:end]):
        assert line[start:end] in cut


def test_a_terminal_counts_columns_and_not_characters() -> None:
    assert [columns(one) for one in ("a", "\u65e5", "e\u0301", "\uff21", "\u00e9", "\U0001f600")] == [1, 2, 1, 2, 1, 2]


FILE = "a.c"
FOUND = Finding(
    "r",
    "missing-sub",
    "error",
    "f",
    Place(FILE, 9, 1),
    "`f` is wrong",
    (),
    (LedgerLine("PMD", "0", "+SIZE", "+SIZE", ("4K: +2097152 bytes (+2048 kB)",), labels=(("4K", "DirectMap2M"),)),),
    "f: x",
)
REPORT = InputReport("a.patch", "patch", "", "", Base("proved"), ("r",), (), (FOUND,))


def render(report: InputReport, width: int, *, terminal: bool = True) -> list[str]:
    return text.render([report], color=False, width=width, terminal=terminal).split("\n")


def test_the_ledger_is_folded_as_there_is_room() -> None:
    assert render(REPORT, 90)[2:5] == [
        "  = ledger:  account  done  recorded  difference",
        "             PMD      0     +SIZE     +SIZE",
        "                                      4K: +2097152 bytes (+2048 kB) in DirectMap2M",
    ]
    assert render(REPORT, 70)[2:5] == [
        "  = ledger:  account  done  recorded  difference",
        "             PMD      0     +SIZE     +SIZE",
        "               4K: +2097152 bytes (+2048 kB) in DirectMap2M",
    ]
    assert render(REPORT, 50)[2:6] == [
        "  = ledger:",
        "    account  done  recorded  difference",
        "    PMD      0     +SIZE     +SIZE",
        "      4K: +2097152 bytes (+2048 kB) in DirectMap2M",
    ]
    assert render(REPORT, 36)[2:9] == [
        "  = ledger:",
        "    PMD",
        "      done        0",
        "      recorded    +SIZE",
        "      difference  +SIZE",
        "        4K: +2097152 bytes (+2048",
        "        kB) in DirectMap2M",
    ]
    assert render(REPORT, 60, terminal=False)[2:5] == render(REPORT, 90)[2:5]


def test_a_story_is_folded_as_there_is_room() -> None:
    story = (
        "on a machine:",
        "  1. map [0, 1)          -> 0",
        "  account         mapped          counted",
        "  PMD               4096             8192",
    )
    lines = render(replace(REPORT, findings=(replace(FOUND, replay=Replay(story)),)), 32)
    at = lines.index("    on a machine:")
    assert lines[at + 1 : at + 4] == [
        "      1. map [0, 1)  -> 0",
        "      account  mapped  counted",
        "      PMD      4096    8192",
    ]
    assert f"    {story[1]}" in render(replace(REPORT, findings=(replace(FOUND, replay=Replay(story)),)), 60)


def test_a_long_source_line_is_cut_on_a_terminal_only() -> None:
    line = "\t\tcount(" + "a, " * 100 + "b);"
    report = replace(REPORT, findings=(replace(FOUND, place=Place(FILE, 1, 3)),), sources=((FILE, line),))
    assert render(report, 40)[3:5] == ["1 | count(a, a, a, a, a, a, a, a, a, ...", "  | ^~~~~"]
    far = replace(REPORT, findings=(replace(FOUND, place=Place(FILE, 1, 309)),), sources=((FILE, line),))
    assert render(far, 40)[3:5] == ["1 | ...a, a, a, a, a, a, a, a, a, a, b);", "  | " + " " * 33 + "^"]
    assert render(report, 40, terminal=False)[3] == "1 | " + line.expandtabs()


def test_a_diff_stays_one_on_a_narrow_terminal() -> None:
    diff = "--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,4 @@\n \t\tif (one(of, many) && another)\n \t\t\tclear(x);\n \n"
    diff += "+\t\t\tcount(this, and, that, as,\tso many);\n \t\t}\n"
    report = replace(REPORT, findings=(replace(FOUND, ledger=(), suggestion=Suggestion(FILE, 3, 0, (), diff)),))
    assert render(report, 36)[5:12] == [
        "    @@ -1,3 +1,4 @@",
        "     if (one(of, many) && another)",
        "           clear(x);",
        "",
        "    +      count(this, and, that,",
        "    +      as,      so many);",
        "         }",
    ]
    assert "     if (one(of, many) && a..." in render(report, 30)
    wide = render(report, 80)
    assert wide[4] == "                    if (one(of, many) && another)"
    assert wide[7] == "    +                       count(this, and, that, as,      so many);"


def test_many_findings_are_summed_up() -> None:
    many = [replace(FOUND, function=name, ordinal=at) for at, name in enumerate("fghfgh")]
    many[5] = replace(many[5], severity="warning", kind="racy-counter")
    report = replace(REPORT, findings=tuple(many))
    said = text.render([report, replace(REPORT, findings=())], color=False, width=100)
    assert said.endswith(
        "\n\n6 findings in 1 of 2 inputs:\n   5 error[missing-sub]: `f`, `g`, `h`\n   1 warning[racy-counter]: `h`\n"
    )
    few = text.render([replace(report, findings=tuple(many[:5]))], color=False, width=100)
    assert " inputs:" not in few
