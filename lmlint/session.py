"""What a check is given, read as patches and files and reviewed: mails, mailboxes, folders, revisions, changes, C."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT as DEFAULT_LIMITS
from lmlint.patch.tree import Origin, Trees, open_trees
from lmlint.review import DEFAULT, Options, Review, review_file
from lmlint.scope import C_SUFFIXES
from lmlint.stack import review_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import FileIO
    from typing import BinaryIO

    from lmlint.finding import InputReport
    from lmlint.limits import Limits
    from lmlint.patch.box import Message
    from lmlint.patch.git import Repository
    from lmlint.patch.history import Change
    from lmlint.patch.mail import Mail
    from lmlint.patch.series import Series
    from lmlint.rule import Rule

STDIN, STDIN_NAME = "-", "<stdin>"
_BOX = 16
"""How many times the limit `bytes` all mails of one box may have together."""


@dataclass(frozen=True, slots=True)
class Session:
    """The rules, the trees and the options of one check."""

    rules: Sequence[Rule]
    trees: Sequence[str] = ()
    options: Options = DEFAULT
    received: Callable[[bytes], bytes] = bytes
    """What standard input goes through before it is read: who hands it on may have altered it."""

    def check(self, names: Sequence[str], *, staged: bool = False, worktree: bool = False) -> Review:
        """Return the reports of all inputs in their order; what cannot be read is an error and hides no other.

        A name is a file, a folder, `-` for standard input, or what git calls a revision or a range.
        """
        reports: list[InputReport] = []
        errors: list[str] = []
        with open_trees(self.trees, soft=True, limits=self.options.limits) as trees:
            run = _Run(self, trees)
            for source in _sources(names, staged=staged, worktree=worktree):
                try:
                    made = run.of(source)
                except InputError as error:
                    errors.append(str(error))
                    continue
                reports += made.reports
                errors += made.errors
        return Review(tuple(reports), tuple(errors))


@dataclass(frozen=True, slots=True)
class _Source:
    """What one input is: `kind` is `mails` (files that may be one series), `name`, `staged` or `worktree`."""

    kind: str
    names: tuple[str, ...] = ()


def _sources(names: Sequence[str], *, staged: bool, worktree: bool) -> Iterator[_Source]:
    """Yield the inputs: patch files that stand side by side may belong together."""
    if "" in names:
        raise InputError("check: an input without a name (an unset variable?); give a patch, a C file or a revision")
    mails: list[str] = []
    for name in (*names, ""):
        if name not in {"", STDIN} and not name.endswith(C_SUFFIXES) and Path(name).is_file():
            mails.append(name)
            continue
        if mails:
            yield _Source("mails", tuple(mails))
            mails = []
        if name:
            yield _Source("name", (name,))
    if staged:
        yield _Source("staged")
    if worktree:
        yield _Source("worktree")


@dataclass(frozen=True, slots=True)
class _Run:
    """One check under way."""

    session: Session
    trees: Trees

    def of(self, source: _Source) -> Review:
        """Return the review of one input."""
        if source.kind == "mails":
            return self.files(source.names)
        return self.named(source.names[0]) if source.kind == "name" else self.uncommitted(source.kind)

    def named(self, name: str) -> Review:
        """Return the review of what one name stands for."""
        if name == STDIN:
            return self.box(self.session.received(read_stdin(self.session.options.limits.bytes * _BOX)), STDIN_NAME)
        if name.endswith(C_SUFFIXES):
            return Review((self.c_file(name),))
        if Path(name).is_dir():
            from lmlint.patch.box import read_folder
            from lmlint.patch.series import arrange

            limits = self.session.options.limits
            return self.series(arrange(read_folder(Path(name), name, limits), name, limits))
        if name != "HEAD" and os.path.lexists(name):  # a bare repository has a file of this name
            return self.box(read_file(name, self.session.options.limits.bytes), name)
        return self.revisions(name)

    def c_file(self, name: str) -> InputReport:
        """Return the report of a C file as it is."""
        session = self.session
        data = read_file(name, session.options.limits.bytes)
        from lmlint.rule import rules_for

        rules = rules_for(session.rules, name, data)
        return review_file(data, name, rules, session.options, looked_up(name, rules, session.options.limits))

    def files(self, names: Sequence[str]) -> Review:
        """Return the review of patch files; those that are numbered are one series, the others stand alone."""
        from lmlint.patch.box import read_box
        from lmlint.patch.mail import read_letter
        from lmlint.patch.series import arrange

        limits, reviews = self.session.options.limits, list[Review]()
        grouped: list[tuple[str, tuple[Message, ...]]] = []
        alone: list[tuple[str, tuple[Message, ...]]] = []
        for name in names:
            try:
                messages = read_box(read_file(name, limits.bytes * _BOX), name, limits)
                numbered = (
                    len(names) > 1 and len(messages) == 1 and read_letter(messages[0].data, name, limits).mail.total
                )
                (grouped if numbered else alone).append((name, messages))
            except InputError as error:
                reviews.append(Review((), (str(error),)))
        if len(grouped) == 1:
            alone, grouped = [*alone, *grouped], []
        boxes = [(name, messages) for name, messages in alone]
        if grouped:
            boxes.append((grouped[0][0], tuple(message for _, messages in grouped for message in messages)))
        order = {name: at for at, name in enumerate(names)}
        for name, messages in sorted(boxes, key=lambda box: order[box[0]]):
            try:
                reviews.append(self.series(arrange(messages, name, limits)))
            except InputError as error:
                reviews.append(Review((), (str(error),)))
        return _joined(reviews)

    def box(self, data: bytes, name: str) -> Review:
        """Return the review of a mail, a diff or a mailbox."""
        from lmlint.patch.box import read_box
        from lmlint.patch.series import arrange

        limits = self.session.options.limits
        return self.series(arrange(read_box(data, name, limits), name, limits))

    def series(self, found: Sequence[Series]) -> Review:
        """Return the review of series that came by mail: what their own lines allow counts for nothing."""
        reviews = []
        for one in found:
            made = self.patches(one.patches, replace(self.session.options, trusted=False), self.trees)
            reports = noticed(made.reports, one.notices)
            reviews.append(Review(reports, (*one.errors, *made.errors)))
        return _joined(reviews)

    def patches(self, mails: Sequence[Mail], options: Options, trees: Trees) -> Review:
        """Return the review of patches that build on each other."""
        return review_patches(mails, trees, self.session.rules, options)

    def revisions(self, name: str) -> Review:
        """Return the review of the commits that a revision or a range names."""
        from lmlint.patch.history import commits, patch, touched

        repository = self.repository(name)
        found = commits(repository, name)
        globs = self.globs
        if not found:
            return Review((_nothing(name, f"{name}: there is no commit in this range"),))
        chosen = touched(repository, found, globs) if ".." in name else found
        changes = [patch(repository, commit, globs) for commit in chosen]
        made = self.changes(changes, repository)
        if len(chosen) == len(found):
            return made
        left = f"{name}: {len(found) - len(chosen)} of {len(found)} commits touch no file of a rule"
        if made.reports:
            return Review(noticed(made.reports, (left,)), made.errors)
        return Review((_nothing(name, left),), made.errors)

    def uncommitted(self, kind: str) -> Review:
        """Return the review of the index or of the work tree, against the last commit."""
        from lmlint.patch import history
        from lmlint.patch.diff import read_diff

        repository = self.repository("")
        change = (history.staged if kind == "staged" else history.worktree)(repository, self.globs)
        other = repository.commit("MERGE_HEAD")
        if other is not None and change.diff:  # what the other side brings is not new
            paths = [file.path for file in read_diff(change.diff, change.name, repository.limits).files]
            texts = {path: text for path in paths if (text := repository.file(other, path)) is not None}
            change = replace(change, others={path: (text,) for path, text in texts.items()})
        return self.changes([change], repository)

    def changes(self, changes: Sequence[Change], repository: Repository) -> Review:
        """Return the review of changes that git shows, each against its own parent."""
        from lmlint.patch.mail import Mail
        from lmlint.patch.tree import Tree

        limits = self.session.options.limits
        own = Trees((Tree(str(repository), repository=repository, limits=limits),))
        mails = [
            Mail(change.name, change.subject, "", change.diff, author=change.author, base_commit=change.parent)
            for change in changes
        ]
        return review_patches(
            mails,
            own,
            self.session.rules,
            self.session.options,
            stacked=False,
            merged=[change.others for change in changes],
        )

    @property
    def globs(self) -> tuple[str, ...]:
        """The paths that any rule has something to say of."""
        return tuple(dict.fromkeys(glob for rule in self.session.rules for glob in (*rule.files, *rule.lookup)))

    def repository(self, name: str) -> Repository:
        """Return the repository around the current directory, or the first of the trees that knows the revision."""
        from lmlint.patch.git import find_repository

        here = find_repository(limits=self.session.options.limits)
        known = [tree.repository for tree in self.trees.trees if tree.repository is not None]
        asked = name.replace("...", "..").rpartition("..")[2] or "HEAD"
        for repository in (here, *known):
            if repository is not None and (not name or repository.commit(asked) is not None):
                return repository
        if not name:
            raise InputError("no git repository here; change into one")
        where = "this is no git repository" if here is None else f"no revision of {here}"
        raise InputError(f"{name}: No such file or directory, and {where}; give a patch, a C file or a revision")


def _joined(reviews: Sequence[Review]) -> Review:
    return Review(
        tuple(report for made in reviews for report in made.reports),
        tuple(error for made in reviews for error in made.errors),
    )


def noticed(reports: Sequence[InputReport], notices: Sequence[str], *, last: bool = False) -> tuple[InputReport, ...]:
    """Return the reports, the first of them (or the last) with more notices."""
    made = list(reports)
    if made and notices:
        at = len(made) - 1 if last else 0
        made[at] = replace(made[at], notices=(*made[at].notices, *notices) if last else (*notices, *made[at].notices))
    return tuple(made)


def _nothing(name: str, notice: str) -> InputReport:
    from lmlint.finding import Base, InputReport

    return InputReport(name, "patch", "", "", Base("none"), (), (), (), notices=(notice,))


def looked_up(name: str, rules: Sequence[Rule], limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Return, by path, what the rules look up in the tree that a file lies in, as its path shows."""
    found: dict[str, bytes] = {}
    parts = Path(name).absolute().parts
    for rule in rules:
        top = next((at for at in range(1, len(parts)) if rule.lookup and rule.applies("/".join(parts[at:]))), None)
        if top is not None:
            with open_trees([str(PurePath(*parts[:top]))], limits=limits) as trees:
                found |= trees.files(rule.lookup, Origin(trees.trees[0]))
            found.pop("/".join(parts[top:]), None)
    return found


def read_stdin(most: int) -> bytes:
    """Return what stands on standard input, at most `most` bytes of text; InputError as of `read_file`."""
    import io

    try:
        with io.FileIO(0, closefd=False) as stream:
            return _bounded(stream, STDIN_NAME, most)
    except OSError as error:  # closed
        raise InputError(f"{STDIN_NAME}: {error.strerror}; give a mail or a diff") from error


def read_file(name: str, most: int) -> bytes:
    """Return a file's text, at most `most` bytes; InputError where it cannot be read, is longer or is binary."""
    try:
        with Path(name).open("rb") as stream:
            return _bounded(stream, name, most)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error


def _bounded(stream: BinaryIO | FileIO, name: str, most: int) -> bytes:
    """Return what a stream holds, at most `most` bytes, of text."""
    chunks, room = list[bytes](), most
    while chunk := stream.read(min(room + 1, 1 << 20)):
        chunks.append(chunk)
        room -= len(chunk)
        if room < 0:
            raise InputError(f"{name}: more than {most} bytes (limit `bytes`); give less at a time")
    data = b"".join(chunks)
    if b"\0" in data:
        raise InputError(f"{name}: a binary file, neither C nor a patch")
    return data
