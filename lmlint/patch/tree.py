"""A kernel tree: a directory, a work tree or a bare repository, and the files that it holds at some point."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.git import find_repository, folders, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from lmlint.patch.git import Repository

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_TOTAL = 4
"""How many times the limit `bytes` all files looked up together may have."""


class Tree:
    """One tree as the user names it; git is asked only when the directory alone does not do.

    `directory` is None for a repository without files; messages call the tree by its `name`.
    """

    __slots__ = ("_found", "_repository", "directory", "limits", "name")

    def __init__(self, name: str, *, repository: Repository | None = None, limits: Limits = DEFAULT) -> None:
        """Look at what `name` is, or take the repository as it; InputError where it is neither kind of tree."""
        path = Path(name)
        if repository is None and not path.is_dir():
            what = "neither a directory nor a git repository"
            raise InputError(f"{name}: {what}; give the kernel tree before the patch with --tree")
        bare = all((path / part).exists() for part in ("HEAD", "objects", "refs"))
        self.name = name
        self.directory = repository.work_tree if repository else None if bare else path
        self.limits = limits
        self._repository = repository
        self._found = repository is not None or (not bare and not os.path.lexists(path / ".git"))

    @property
    def repository(self) -> Repository | None:
        """The repository whose top the tree is, or None."""
        if not self._found:
            found = find_repository(self.name, limits=self.limits)
            # A `.git` that is none has git look further up.
            if found is not None and Path(self.name).resolve() in {found.work_tree, found.directory}:
                self._repository = found
            self._found = True
        return self._repository

    def head(self) -> Origin | None:
        """Return the commit that is checked out, None where there is none."""
        commit = self.repository.commit("HEAD") if self.repository is not None else None
        return Origin(self, commit, f"HEAD of {self.name}") if commit else None

    def close(self) -> None:
        """End the processes that read the tree."""
        if self._repository is not None:
            self._repository.close()

    def read(self, path: str) -> bytes:
        """Return a file below the directory; InputError says why there is none. No symlink leads out of the tree."""
        root = self.directory or Path()
        try:
            top = root.resolve(strict=True)
            file = (root / path).resolve(strict=True)
            if not file.is_relative_to(top):
                raise InputError(f"{path} leads out of {self.name} through a symlink; give the tree that holds it")
            if any(part.lower() == ".git" for part in file.relative_to(top).parts):
                raise InputError(f"{path} leads into .git of {self.name}; give another tree with --tree DIR")
            if not stat.S_ISREG(file.stat().st_mode):
                raise InputError(f"{path} in {self.name} is not a regular file; give another tree with --tree DIR")
            with file.open("rb") as stream:
                data = stream.read(self.limits.bytes + 1)
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks
            reason = getattr(error, "strerror", None) or "a loop of symlinks"
            what = f"{path} cannot be read in {self.name} ({reason})"
            raise InputError(f"{what}; give the tree before the patch with --tree DIR") from None
        if len(data) > self.limits.bytes:
            most = f"{self.limits.bytes} bytes (limit `bytes`)"
            raise InputError(f"{path} in {self.name} is larger than {most}; give a smaller file")
        return data

    def has(self, path: str) -> bool:
        """Whether anything has this path below the directory."""
        return self.directory is not None and os.path.lexists(self.directory / path)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where texts are read: the files that lie in a tree, or those of one commit, a full id, of its repository."""

    tree: Tree
    commit: str = ""
    label: str = ""
    """What a message calls it, where the name of the tree does not say it all."""

    def __str__(self) -> str:
        """Return what a message calls it."""
        return self.label or self.tree.name

    def has(self, path: str) -> bool:
        """Whether there is a file at this path."""
        return self._at_commit(path) is not None if self.commit else self.tree.has(path)

    def read(self, path: str) -> bytes:
        """Return the text of a file; InputError says why there is none."""
        if not self.commit:
            return self.tree.read(path)
        text = self._at_commit(path)
        if text is None:
            raise InputError(f"{path} is not in {self}; give the tree before the patch with --tree")
        return text

    def files(self, globs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the text of every regular file that matches any of the globs, sorted by path.

        InputError where they are more than limit `files`, or four times limit `bytes` together.
        """
        globs = tuple(globs)
        limits, room = self.tree.limits, _TOTAL * self.tree.limits.bytes
        repository = self.tree.repository if self.commit else None
        paths = repository.files(self.commit, globs) if repository else sorted(set(_walk(self.tree, globs)))
        if len(paths) > limits.files:
            what = f"more than {limits.files} files match {', '.join(globs)} (limit `files`)"
            raise InputError(f"{self}: {what}; name fewer with `lookup`")
        for path in paths:
            text = self.read(path)
            room -= len(text)
            if room < 0:
                what = f"the files that match {', '.join(globs)} have more than {_TOTAL} times {limits.bytes} bytes"
                raise InputError(f"{self}: {what} (limit `bytes`); name fewer with `lookup`")
            yield path, text

    def _at_commit(self, path: str) -> bytes | None:
        repository = self.tree.repository
        return repository.file(self.commit, path) if repository else None


class Trees:
    """The trees that a patch may be made on, in the order in which they are asked.

    A patch that fits none of them is an error. Where none is given and they are `soft`, the tree is the repository
    around the current directory, looked for when it is first asked, and nobody has promised that a patch fits it.
    """

    __slots__ = ("_limits", "_trees", "notices", "soft")

    def __init__(self, trees: Iterable[Tree] = (), *, soft: bool = False, limits: Limits = DEFAULT) -> None:
        """Hold the trees; `notices` says why there is none where git cannot look for one."""
        given = tuple(trees)
        self.soft = soft and not given
        self.notices: tuple[str, ...] = ()
        self._limits = limits
        self._trees = None if self.soft else given

    def __enter__(self) -> Self:
        """Return the trees themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that read them."""
        self.close()

    def close(self) -> None:
        """End the processes that read them."""
        for tree in self._trees or ():
            tree.close()

    @property
    def trees(self) -> tuple[Tree, ...]:
        """The trees themselves."""
        if self._trees is None:
            self._trees = ()
            try:
                if (found := find_repository(limits=self._limits)) is not None:
                    self._trees = (Tree(os.path.relpath(str(found)), repository=found, limits=self._limits),)
            except InputError as error:  # git is missing, or refuses
                self.notices = (str(error),)
        return self._trees

    def files(
        self, globs: Iterable[str], origin: Origin | None, overlay: Mapping[str, bytes | None] | None = None
    ) -> dict[str, bytes]:
        """Return the files that match any of the globs at the origin of a file, earlier patches put over them."""
        globs = tuple(globs)
        return applied_over(dict(origin.files(globs)) if origin else {}, overlay or {}, globs)

    def at(self, commit: str) -> Iterator[Origin]:
        """Yield where a commit, named by its id, is found."""
        for tree in self.trees if _COMMIT.fullmatch(commit) else ():
            if tree.repository is not None and (found := tree.repository.commit(commit)):
                yield Origin(tree, found, f"base-commit {found[:12]} in {tree.name}")

    def origins(self) -> Iterator[Origin]:
        """Yield what the trees hold: files as they lie there, then those of the commit that is checked out."""
        for tree in self.trees:
            if tree.directory is not None:
                yield Origin(tree)
            if (head := tree.head()) is not None:
                yield head


def open_trees(names: Sequence[str], *, soft: bool = False, limits: Limits = DEFAULT) -> Trees:
    """Return the trees of these names; where there is none and `soft`, the repository around the current directory.

    InputError names one that is neither a directory nor a repository.
    """
    return Trees((Tree(name, limits=limits) for name in names), soft=soft, limits=limits)


def _walk(tree: Tree, globs: tuple[str, ...]) -> Iterator[str]:
    """Yield the regular files below the directory that match, through no symlink and into no `.git`."""
    if tree.directory is None:
        return
    root = tree.directory.resolve()
    for folder in folders(globs) or [""]:
        top = root / folder
        if top.resolve() != top or not top.is_relative_to(root):  # `..`, a symlink on the way, or an absolute path
            continue
        for here, below, names in os.walk(top) if top.is_dir() else [(str(top.parent), [], [top.name])]:
            below[:] = [name for name in below if name.lower() != ".git"]
            for name in names:
                path = Path(here, name)
                relative = path.relative_to(root).as_posix()
                if matches(relative, globs) and path.is_file() and not path.is_symlink():
                    yield relative


def applied_over(
    files: Mapping[str, bytes], overlay: Mapping[str, bytes | None], globs: Iterable[str]
) -> dict[str, bytes]:
    """Return the files with those of the overlay that match put over them; None in it removes one."""
    globs = tuple(globs)
    laid = {**files, **{path: text for path, text in overlay.items() if matches(path, globs)}}
    return {path: text for path, text in laid.items() if text is not None}
