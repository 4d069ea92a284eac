"""A git repository, read through the program git; nothing that its configuration names is run."""

from __future__ import annotations

import fnmatch
import os
import re
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from lmlint.error import InputError
from lmlint.limits import DEFAULT, Limits
from lmlint.patch.process import HOOK_PATHS, end, launch, read, safe_environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Mapping, Sequence
    from typing import IO, Self

SHA1, SHA256 = 40, 64

_MIN_ID = 4
_HEX = re.compile(r"[0-9a-f]+")
_WILD = re.compile(r"[*?\[]")
_REGULAR = (b"100644", b"100755", b"100664")
_NO_FILE = {b"120000": "a symlink", b"160000": "a submodule", b"40000": "a directory"}
_MOST = 1 << 28
"""Bytes of a list of names or commits; a change is held to the limit of the user."""


class Repository:
    """A git repository: its objects, and git run on it.

    `directory` is the git directory, `work_tree` the top of the checkout (None for a bare repository), both without
    symlinks; `id_length` is the hex digits of an object id. One `git cat-file` runs from the first object on until
    `close`, or the end of a `with`.
    """

    __slots__ = (
        "__weakref__",
        "_batch",
        "_environment",
        "_stop",
        "_trees",
        "directory",
        "id_length",
        "limits",
        "work_tree",
    )

    def __init__(
        self,
        directory: Path,
        work_tree: Path | None,
        id_length: int,
        environment: Mapping[str, str],
        limits: Limits = DEFAULT,
    ) -> None:
        """Hold what `find_repository` found; nothing is run yet."""
        self.directory: Final = directory
        self.work_tree: Final = work_tree
        self.id_length: Final = id_length
        self.limits: Final = limits
        pinned = {"GIT_DIR": str(directory)} | ({"GIT_WORK_TREE": str(work_tree)} if work_tree else {})
        self._environment: Final = {**environment, **pinned}
        self._trees: Final[dict[str, dict[bytes, tuple[bytes, str]]]] = {}
        self._batch: subprocess.Popen[bytes] | None = None
        self._stop: weakref.finalize[[subprocess.Popen[bytes], int], Repository] | None = None

    def __enter__(self) -> Self:
        """Return the repository itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End its process."""
        self.close()

    def __str__(self) -> str:
        """Return the path to name in a message."""
        return str(self.work_tree or self.directory)

    def close(self) -> None:
        """End the process that reads objects; the next object starts another."""
        if self._stop is not None:
            self._stop()
        self._batch = self._stop = None
        self._trees.clear()

    @property
    def empty_tree(self) -> str:
        """The id of the tree without files, which git knows without storing it."""
        if self.id_length == SHA1:
            return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"

    def commit(self, revision: str) -> str | None:
        """Return the full id of the commit that a revision names, or None."""
        found = self._object(revision + "^{commit}") if revision else None
        return found[0] if found else None

    def commit_text(self, commit: str) -> bytes:
        """Return a commit as git stores it: headers, an empty line, the message."""
        found = self._object(commit)
        if found is None or found[1] != b"commit":
            raise InputError(f"{self}: commit {commit[:12]} is not here; fetch it")
        return found[2]

    def blob(self, blob: str) -> bytes | None:
        """Return the text that a full or short id names, None where it is unknown or stands for several blobs."""
        if not _HEX.fullmatch(blob) or not _MIN_ID <= len(blob) <= self.id_length:
            return None
        found = self._object(blob)
        # A branch may be called like a short id, and is then what git finds.
        return found[2] if found and found[1] == b"blob" and found[0].startswith(blob) else None

    def file(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, None where there is none; InputError where it is no file or is not stored here."""
        tree = self._object(commit + "^{tree}")
        *folders, last = os.fsencode(path).split(b"/")
        here = tree[0] if tree else ""
        for folder in folders:
            mode, here = self._entries(here).get(folder, (b"", ""))
            if mode != b"40000":
                return None
        mode, blob = self._entries(here).get(last, (b"", ""))
        if not blob:
            return None
        if mode not in _REGULAR:
            what = _NO_FILE.get(mode, "no regular file")
            raise InputError(f"{path} is {what} in commit {commit[:12]} of {self}; give a tree where it is a file")
        if (text := self.blob(blob)) is None:
            raise InputError(f"{path} is not stored in {self} (a partial clone?); fetch blob {blob[:12]}")
        return text

    def files(self, commit: str, globs: Iterable[str]) -> list[str]:
        """Return the paths of the regular files of a commit that match any of the globs, sorted."""
        globs = tuple(globs)
        out = self.run(["ls-tree", "-r", "-z", "--full-tree", commit, "--", *folders(globs)])
        found = []
        for entry in out.split(b"\0")[:-1]:
            head, _, raw = entry.partition(b"\t")
            path = os.fsdecode(raw)
            if head.split(b" ", 1)[0] in _REGULAR and matches(path, globs):
                found.append(path)
        return sorted(found)

    def run(
        self, arguments: Sequence[str], *, stdin: bytes = b"", into: Sequence[str] = (), most: int = _MOST
    ) -> bytes:
        """Return what git prints, where `into` names a second command of git, what that makes of it.

        InputError where a command fails or prints more than `most` bytes.
        """
        import tempfile  # noqa: PLC0415 (slow to import, and most checks do not need it)
        from subprocess import PIPE  # noqa: PLC0415

        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            first = self._start(arguments, given, PIPE)
            processes = [first]
            if into:
                processes.append(self._start(into, first.stdout, PIPE))
            out, whole = b"", False
            try:
                out = read(processes[-1].stdout, most)
                whole = len(out) <= most
            finally:
                for process in reversed(processes):
                    end(process, os.getpid(), kill=not whole)
        if not whole:
            limit = " (limit `bytes`)" if most == self.limits.bytes else ""
            raise InputError(f"{self}: git gives more than {most} bytes{limit}; ask for less")
        if any(process.returncode for process in processes):
            raise InputError(f"{self}: git lacks an object (a partial clone?) or finds it damaged; see git fsck")
        return out

    def _start(self, arguments: Sequence[str], stdin: IO[bytes] | int | None, stdout: int) -> subprocess.Popen[bytes]:
        """Start git on this repository."""
        return launch(arguments, stdin, stdout, self.work_tree or self.directory, self._environment)

    def _object(self, name: str) -> tuple[str, bytes, bytes] | None:
        """Return the id, type and bytes of an object, or None."""
        from subprocess import PIPE  # noqa: PLC0415 (slow to import, and a directory needs no git)

        asked = name.encode("utf-8", "surrogateescape")
        if b"\n" in asked or b"\0" in asked:
            return None
        if self._batch is None:
            self._batch = self._start(["cat-file", "--batch"], PIPE, PIPE)
            self._stop = weakref.finalize(self, end, self._batch, os.getpid())
        to, back = cast("IO[bytes]", self._batch.stdin), cast("IO[bytes]", self._batch.stdout)
        try:
            to.write(asked + b"\n")
            to.flush()
            head = back.readline()
        except BrokenPipeError:
            head = b""
        fields = head.split()
        if not head:  # git ends where a partial clone lacks an object
            self.close()
        if len(fields) != 3 or head.endswith((b" missing\n", b" ambiguous\n")):  # noqa: PLR2004
            return None
        size = int(fields[2])
        if size > (self.limits.bytes if fields[1] == b"blob" else _MOST):
            self.close()
            most = f"{self.limits.bytes} bytes (limit `bytes`)"
            raise InputError(f"{self}: {fields[1].decode()} {fields[0].decode()[:12]} has more than {most}")
        data = back.read(size + 1)[:-1]
        return fields[0].decode(), fields[1], data

    def _entries(self, tree: str) -> dict[bytes, tuple[bytes, str]]:
        """Return mode and id of every entry of a tree; none where there is no such tree."""
        if tree not in self._trees:
            found = self._object(tree) if tree else None
            data, at = found[2] if found and found[1] == b"tree" else b"", 0
            entries = {}
            while at < len(data):
                end = data.index(b"\0", at)
                mode, _, name = data[at:end].partition(b" ")
                at = end + 1 + self.id_length // 2
                entries[name] = mode, data[end + 1 : at].hex()
            self._trees[tree] = entries
        return self._trees[tree]


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path is one that any of the globs names; `*` stands for slashes, too."""
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)


def folders(globs: Iterable[str]) -> list[str]:
    """Return the folders, or files, that hold whatever matches the globs; none where it may lie anywhere."""
    inside = [glob for glob in globs if not glob.startswith("/") and ".." not in glob.split("/")]
    found = {glob[: wild.start()].rpartition("/")[0] if (wild := _WILD.search(glob)) else glob for glob in inside}
    return [] if "" in found else sorted(found)


def find_repository(path: Path | str = ".", *, limits: Limits = DEFAULT) -> Repository | None:
    """Return the repository that a path lies in, or None; InputError where git is missing or refuses it.

    What git tells a hook (GIT_DIR, GIT_INDEX_FILE) holds for the current repository, and for no other.
    """
    start = Path(os.path.abspath(path))  # noqa: PTH100 (as the user wrote it: no symlink is resolved)
    if not start.is_dir():
        start = start.parent
    if not start.is_dir():
        return None
    told = any(name in os.environ for name in HOOK_PATHS)
    if told and start == Path.cwd():
        return _discover(start, safe_environment(current=True), limits)
    found = _discover(start, safe_environment(current=False), limits)
    if told and found is not None:
        current = _discover(Path.cwd(), safe_environment(current=True), limits)
        if current is not None and current.directory == found.directory:
            return current
    return found


def _discover(start: Path, environment: Mapping[str, str], limits: Limits) -> Repository | None:
    from subprocess import PIPE  # noqa: PLC0415 (slow to import, and a directory needs no git)

    asked = ["--show-object-format", "--is-inside-work-tree", "--absolute-git-dir", "--show-toplevel"]
    process = launch(["rev-parse", *asked], None, PIPE, start, environment, PIPE)
    out, complaint = process.communicate()
    lines = os.fsdecode(out).split("\n")
    if process.returncode and len(lines) < len(asked):
        said = complaint.decode("utf-8", "replace").split("\n")[0].removeprefix("fatal: ")
        if said.startswith("not a git repository"):
            return None
        plain = "".join(c if c.isprintable() else " " for c in said)
        raise InputError(f"{start}: git refuses the repository: {plain}; run git status there")
    top = Path(lines[3]).resolve() if lines[1] == "true" else None
    return Repository(Path(lines[2]).resolve(), top, SHA256 if lines[0] == "sha256" else SHA1, environment, limits)
