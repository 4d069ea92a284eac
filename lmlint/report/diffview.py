"""The lines that a page shows: the hunks of a patch, and what else of a file a finding steps on, in file order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.diff import read_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmlint.finding import InputReport
    from lmlint.patch.diff import FileDiff, Hunk

Wanted = dict[str, dict[int, str]]
"""By file, the lines of its text after the patch that have to be seen, each with the function that it lies in."""

MOST = 5_000
"""How many lines one input shows at most; those near a wanted line come first."""
NEAR = 12
"""How far from a wanted line a line is kept where not all can be."""
AROUND_PATCH, AROUND_FILE = 4, 8
"""How many lines stand around a wanted one that no hunk shows, and in a file that is no patch."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line: `sign` is as in a diff, `old` and `new` are its numbers, 0 on the side that does not have it."""

    sign: str
    old: int
    new: int
    text: str
    ended: bool = True
    """Whether a newline ends it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """So many lines that are left out."""

    count: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together: a hunk of the patch, or code that it leaves alone (`patch` is False)."""

    label: str
    patch: bool
    rows: tuple[Row | Gap, ...]
    functions: tuple[str, ...] = ()
    """Of code that no hunk shows: the functions in which the wanted lines lie."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file; `change` says in words what the patch does to it beside changing lines, "" where it does nothing else."""

    path: str
    change: str
    blocks: tuple[Block, ...]


def views(report: InputReport, wanted: Mapping[str, Mapping[int, str]], most: int = MOST) -> tuple[FileView, ...]:
    """Return the files of a report, each with the wanted lines in it, as far as their text is known."""
    texts = {path: text.split("\n") for path, text in report.sources}
    diffs = _diffs(report)
    made = []
    for diff in diffs:
        lines, asked = texts.pop(diff.path, []), wanted.get(diff.path, {})
        hunks = [_block(hunk, lines) for hunk in diff.hunks]
        seen = {row.new for hunk in hunks for row in hunk.rows if isinstance(row, Row)}
        left = {at: function for at, function in asked.items() if at not in seen}
        blocks = [*hunks, *_excerpts(lines, left, seen, AROUND_PATCH)]
        made.append(FileView(diff.path, _change(diff), tuple(sorted(blocks, key=_first))))
    around = AROUND_PATCH if report.kind == "patch" else AROUND_FILE
    change = "not changed by this patch" if report.kind == "patch" else ""
    for path, lines in texts.items():
        blocks = list(_excerpts(lines, wanted.get(path, {}), set(), around))
        if blocks:
            made.append(FileView(path, change, tuple(blocks)))
    return _bounded(made, wanted, most)


def _diffs(report: InputReport) -> tuple[FileDiff, ...]:
    if not report.diff:
        return ()
    try:
        return read_diff(report.diff, report.name).files
    except InputError:  # under other limits than those that it was read with; the page then has excerpts alone
        return ()


def _block(hunk: Hunk, lines: Sequence[str]) -> Block:
    """Return a hunk, its numbers those that it has in the text after the patch."""
    rows = []
    old, new = hunk.old_index, hunk.new_index
    moved = _moved(hunk, lines)
    for raw in hunk.lines:
        sign = raw[:1].decode("ascii")
        old += sign != "+"
        new += sign != "-"
        text = raw[1:].removesuffix(b"\n").decode(errors="surrogateescape")
        rows.append(Row(sign, old if sign != "+" else 0, new + moved if sign != "-" else 0, text, raw.endswith(b"\n")))
    section = hunk.section.decode(errors="surrogateescape").strip()
    return Block(f"{hunk.header} {section}".rstrip(), patch=True, rows=tuple(rows))


def _moved(hunk: Hunk, lines: Sequence[str]) -> int:
    """Return by how many lines a hunk stands elsewhere in the text than it says: where the patch had to move."""
    shown = [line[1:].removesuffix(b"\n").decode(errors="surrogateescape") for line in hunk.lines if line[:1] != b"-"]
    if not shown or lines[hunk.new_index : hunk.new_index + len(shown)] == shown:
        return 0
    # As apply_diff does, text is searched and not lines: that is linear whatever the file holds.
    text, needle = "\n".join(("", *lines, "")), "\n".join(("", *shown, ""))
    home = sum(len(line) + 1 for line in lines[: hunk.new_index])
    places = (text.find(needle, home), text.rfind(needle, 0, home + len(needle)))
    moves = [text.count("\n", 0, at) - hunk.new_index for at in places if at >= 0]
    return min(moves, key=abs, default=0)


def _excerpts(lines: Sequence[str], wanted: Mapping[int, str], taken: set[int], around: int) -> Iterator[Block]:
    """Yield the lines around the wanted ones, those that are `taken` left out; ranges that touch are one."""
    shown = sorted(
        {
            at
            for line in wanted
            if 1 <= line <= len(lines)
            for at in range(max(line - around, 1), min(line + around, len(lines)) + 1)
            if at not in taken
        }
    )
    start = 0
    for end in range(1, len(shown) + 1):
        if end == len(shown) or shown[end] != shown[end - 1] + 1:
            run = shown[start:end]
            start = end
            functions = dict.fromkeys(wanted[at] for at in run if wanted.get(at))
            yield Block(
                f"lines {run[0]} to {run[-1]}",
                patch=False,
                rows=tuple(Row(" ", 0, at, lines[at - 1]) for at in run),
                functions=tuple(functions),
            )


def _first(block: Block) -> int:
    return next((row.new for row in block.rows if isinstance(row, Row) and row.new), 0)


def _change(diff: FileDiff) -> str:
    if diff.old_path is None:
        return "new file"
    if diff.new_path is None:
        return "deleted"
    if diff.old_path != diff.path:
        return f"{'copied' if diff.copied else 'renamed'} from {diff.old_path}"
    return ""


def _bounded(files: Sequence[FileView], wanted: Mapping[str, Mapping[int, str]], most: int) -> tuple[FileView, ...]:
    """Return the files with `most` lines, and a gap for whatever is left out; what is near a wanted line stays."""
    if sum(len(block.rows) for file in files for block in file.blocks) <= most:
        return tuple(files)
    near = {(path, at + by) for path, lines in wanted.items() for at in lines for by in range(-NEAR, NEAR + 1)}
    left = most - sum(_kept(row, file.path, near) for file in files for block in file.blocks for row in block.rows)
    made = []
    for file in files:
        blocks = []
        for block in file.blocks:
            rows: list[Row | Gap] = []
            for row in block.rows:
                kept = _kept(row, file.path, near)
                left -= not kept
                if kept or left >= 0:
                    rows.append(row)
                elif rows and isinstance(last := rows[-1], Gap):
                    rows[-1] = Gap(last.count + 1)
                else:
                    rows.append(Gap(1))
            blocks.append(Block(block.label, block.patch, tuple(rows), block.functions))
        made.append(FileView(file.path, file.change, tuple(blocks)))
    return tuple(made)


def _kept(row: Row | Gap, path: str, near: set[tuple[str, int]]) -> bool:
    return isinstance(row, Row) and (path, row.new) in near
