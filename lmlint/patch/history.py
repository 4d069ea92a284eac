"""Commits, the index and the work tree as patches."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.patch.git import folders, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.patch.git import Repository

MAX_SEARCHED = 2_000
"""How many commits are searched for the prerequisites of a patch."""

_RANGE = re.compile(r"(.*?)(\.{2,3})(.*)", re.DOTALL)
_AUTHOR = re.compile(rb"author [^<\n]*<([^<>\n]*)>")
_NOTHING = re.compile(rb"^diff --git [^\n]*\n(?=diff --git |\Z)", re.MULTILINE)
"""What git says of a file in the work tree that was touched and holds the same text."""
_REGULAR = (b"100644", b"100755", b"100664")

# Every setting of a user that changes what a diff looks like is answered here. --text: an attribute hides no C file.
_PLAIN = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--no-abbrev",
    "--full-index",
    "--text",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "-O/dev/null",
)
_RENAMES = ("-M", "-l1000")


@dataclass(frozen=True, slots=True)
class Change:
    """A commit, or what is not committed yet, as a patch.

    `diff` is a unified diff with full blob ids, empty where no file that was asked for is changed. `commit` and
    `parent` are full ids: `commit` is empty for what is not committed, `parent` where there is none.
    """

    name: str
    subject: str
    author: str
    diff: bytes
    commit: str = ""
    parent: str = ""
    others: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    """Of a merge, by path: the texts that its other parents have. The diff is the one against the first."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A changed file: the old mode and blob, and its two paths."""

    mode: bytes
    blob: str
    old: str
    new: str


def commits(repository: Repository, revisions: str) -> tuple[str, ...]:
    """Return the commits that `A`, `A..B`, `A...B`, `A..` or `..B` name, full ids, oldest first; `A` is one commit.

    InputError names a revision that is no commit, and a range of more commits than limit `mails`.
    """
    match = _RANGE.fullmatch(revisions)
    first, dots, last = match.groups() if match else ("", "", revisions)
    ends = [_commit(repository, end, revisions) for end in ((first or "HEAD", last or "HEAD") if dots else (last,))]
    if not dots:
        return tuple(ends)
    most = repository.limits.mails
    out = repository.run(["rev-list", "--topo-order", "--reverse", "--end-of-options", dots.join(ends)])
    found = tuple(out.decode().split())
    if len(found) > most:
        raise InputError(f"{revisions}: more than {most} commits (limit `mails`); give a shorter range")
    return found


def _commit(repository: Repository, revision: str, asked: str) -> str:
    if (commit := repository.commit(revision)) is None:
        which = "" if revision == asked else f"{revision} "
        raise InputError(f"{asked}: {which}names no commit in {repository}; give a commit, a branch, a tag or A..B")
    return commit


def touched(repository: Repository, among: Sequence[str], globs: Iterable[str]) -> tuple[str, ...]:
    """Return those of the commits, full ids, that change a file matching any of the globs.

    A merge changes the files in which it differs from all its parents.
    """
    globs = tuple(globs)
    command = ["diff-tree", "--stdin", "-r", "-c", "--root", "--no-renames", "--name-only", "-z"]
    given = "".join(commit + "\n" for commit in among).encode()
    out = repository.run([*command, "--ignore-submodules=dirty", "--", *folders(globs)], stdin=given)
    asked, found, here = set(among), set[str](), ""
    for name in out.split(b"\0"):
        text = os.fsdecode(name)
        if text in asked:
            here = text
        elif matches(text, globs):
            found.add(here)
    return tuple(commit for commit in among if commit in found)


def patch(repository: Repository, commit: str, globs: Iterable[str] = ()) -> Change:
    """Return what a commit, a full id, changes in the files that match any of the globs, or in all where none is given.

    A merge changes the files in which it differs from all its parents. InputError names a parent that is not here, and
    the limits `files` and `bytes` where they are reached.
    """
    text = repository.commit_text(commit)
    head, _, message = text.partition(b"\n\n")
    lines = head.split(b"\n")
    parents = [line[7:].decode() for line in lines if line.startswith(b"parent ")]
    coding = next((line[9:].decode("ascii", "replace") for line in lines if line.startswith(b"encoding ")), "utf-8")
    for parent in parents:
        if repository.commit(parent) is None:
            raise InputError(
                f"{commit[:12]}: its parent {parent[:12]} is not in {repository}, a shallow clone; git fetch --deepen=1"
            )
    subject = _subject(message, coding)
    author = next((match[1] for line in lines if (match := _AUTHOR.match(line))), b"").decode("utf-8", "replace")
    name = f'{commit[:12]} ("{subject}")'
    sides = parents or [repository.empty_tree]
    command = ["diff-tree", "-r", sides[0], commit]
    entries = _chosen(_entries(repository, command), globs)
    others: dict[str, list[bytes]] = {}
    for parent in sides[1:]:
        theirs = {entry.new: entry for entry in _entries(repository, ["diff-tree", "-r", parent, commit])}
        entries = [entry for entry in entries if entry.new in theirs]
        for entry in (theirs[entry.new] for entry in entries):
            if entry.mode in _REGULAR and (blob := repository.blob(entry.blob)) is not None:
                others.setdefault(entry.new, []).append(blob)
    diff = _diff(repository, command, entries, name)
    kept = {entry.new: tuple(others[entry.new]) for entry in entries if entry.new in others}
    return Change(name, subject, author, diff, commit, parents[0] if parents else "", kept)


def staged(repository: Repository, globs: Iterable[str] = ()) -> Change:
    """Return what the index holds and the last commit does not, of the files that match the globs."""
    head = repository.commit("HEAD")
    command = ["diff-index", "--cached", head or repository.empty_tree]
    return _uncommitted(repository, command, "staged changes", head, globs)


def worktree(repository: Repository, globs: Iterable[str] = ()) -> Change:
    """Return what the tracked files that match the globs hold and the last commit does not."""
    if repository.work_tree is None:
        raise InputError(f"{repository}: a bare repository has no work tree; give a commit")
    head = repository.commit("HEAD")
    # A clean filter is a program that the repository names. Without it, what it would alter is shown as changed.
    listed = repository.run(["config", "--null", "--list", "--name-only"]).decode("utf-8", "surrogateescape")
    quiet = {name.rpartition(".")[0] for name in listed.split("\0") if name.startswith("filter.")}
    off = [part for name in sorted(quiet) for key in _FILTER for part in ("-c", f"{name}.{key}")]
    command = [*off, "diff-index", head or repository.empty_tree]
    return _uncommitted(repository, command, "uncommitted changes", head, globs)


_FILTER = ("clean=", "process=", "required=false")


def find_patches(repository: Repository, ids: Iterable[str], base: str) -> dict[str, str]:
    """Return the commits, by stable patch id, that have any of the ids, of the newest that are not in `base`.

    An empty `base` holds no commit.
    """
    wanted = set(ids)
    heads = ["--all", *(["HEAD"] if repository.commit("HEAD") else [])]
    known = ["--not", base] if base else []
    among = repository.run(["rev-list", "--no-merges", f"--max-count={MAX_SEARCHED}", *heads, *known])
    command = ["diff-tree", "--stdin", "-r", "--unified=3", "--root", *_PLAIN, "--no-renames"]
    out = repository.run(command, stdin=among, into=["patch-id", "--stable"])
    pairs = [line.split() for line in out.decode().split("\n") if line]
    return {patch: commit for patch, commit in pairs if patch in wanted}


def _uncommitted(
    repository: Repository, command: Sequence[str], name: str, head: str | None, globs: Iterable[str]
) -> Change:
    globs = tuple(globs)
    for line in os.fsdecode(repository.run(["ls-files", "--unmerged", "--full-name", "-z"])).split("\0")[:-1]:
        path = line.partition("\t")[2]
        if not globs or matches(path, globs):
            raise InputError(f"{name}: {path} is not merged; resolve the conflict first")
    entries = _chosen(_entries(repository, command), globs)
    return Change(name, "", "", _diff(repository, command, entries, name), "", head or "")


def _entries(repository: Repository, command: Sequence[str]) -> list[_Entry]:
    """Return what a diff command of git lists."""
    out = repository.run([*command, "--raw", "-z", *_PLAIN, *_RENAMES, "--"])
    parts = iter(os.fsdecode(part) for part in out.split(b"\0")[:-1])
    found = []
    for head in parts:
        mode, _, blob, _, letter = head.removeprefix(":").split(" ")
        old = next(parts)
        new = next(parts) if letter[0] in "RC" else old
        found.append(_Entry(mode.encode(), blob, old, new))
    return found


def _chosen(entries: Sequence[_Entry], globs: Iterable[str]) -> list[_Entry]:
    globs = tuple(globs)
    return [entry for entry in entries if not globs or matches(entry.old, globs) or matches(entry.new, globs)]


def _diff(repository: Repository, command: Sequence[str], entries: Sequence[_Entry], name: str) -> bytes:
    """Return the diff of some of the files that the command lists."""
    limits = repository.limits
    if len(entries) > limits.files:
        raise InputError(f"{name}: more than {limits.files} files (limit `files`); give a smaller change")
    if not entries:
        return b""
    paths = sorted({path for entry in entries for path in (entry.old, entry.new)})
    diff = repository.run([*command, "--unified=3", *_PLAIN, *_RENAMES, "--", *paths], most=limits.bytes)
    return _NOTHING.sub(b"", diff)


def _subject(message: bytes, coding: str) -> str:
    """Return the first paragraph of a commit message as one printable line."""
    raw = message.lstrip(b"\n").split(b"\n\n", 1)[0]
    try:
        text = raw.decode(coding)
    except (LookupError, UnicodeDecodeError):  # the name of the encoding is a claim
        text = raw.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
