"""What a git hook runs: nothing where no file of any rule is touched, else the check of exactly what is at stake.

The first question must cost little more than Python's own start, so it is git's to answer, and whatever loads slowly
(typing, dataclasses, subprocess, pathlib, re) stays out of here.
"""

from __future__ import annotations

import os

from lmlint.error import InputError
from lmlint.scope import brings_rules, builtin_folder, covered

TYPE_CHECKING = False  # typing takes as long to load as Python to start
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

STAGES = ("pre-commit", "pre-push", "commit-msg")

_STAGED = ("--staged",)
_MOST = 10_000
"""Refs, and commits, of one push; the check has limits of its own."""
_FIELDS = 4
_ID_LENGTHS = (40, 64)
_LINE = 8192
"""Bytes of one line of a push: two names of at most 4096."""
_DIFFERENT_PATHS = ("GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS")


def run(
    stage: str,
    stdin: BinaryIO,
    check: Callable[[Sequence[str]], int],
    *,
    environment: Mapping[str, str] = os.environ,
) -> int:
    """Return the exit status of a hook: 0 lets git go on.

    `stdin` is what git gives a pre-push hook; `check` takes the arguments of `lmlint check` and returns its status.
    commit-msg reads no message: it checks the staged change, for whoever has another pre-commit hook.
    """
    if stage not in STAGES:
        raise InputError(f"no hook is called `{stage}`; the hooks are {', '.join(STAGES)}")
    asked = plan(stage, stdin, environment)
    return check(asked) if asked else 0


def plan(stage: str, stdin: BinaryIO, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what `lmlint check` has to be given, nothing where no file of any rule is touched.

    The framework pre-commit says in the environment what is pushed; it may be told to check a range in any stage.
    """
    ends = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    if ends[0] and ends[1]:
        return _range(ends[0], ends[1])
    if stage != "pre-push":
        return _STAGED if _touched(["diff-index", "--cached", "--quiet", "HEAD"], lists=False) else ()
    branch = environment.get("PRE_COMMIT_LOCAL_BRANCH")
    if branch:  # a whole history is pushed, and pre-commit names no range
        tip = _commit(branch)
        return _new(([tip] if tip else []), [])
    tips, known = _pushed(stdin)
    return _new(tips, known)


def _pushed(stdin: BinaryIO) -> tuple[list[str], list[str]]:
    """Return the ids that are pushed, and those that the remote has; a ref that is deleted pushes nothing."""
    tips, known = [], []
    number = 0
    while line := stdin.readline(_LINE):
        number += 1
        fields = line.decode("utf-8", "replace").rsplit(maxsplit=_FIELDS - 1)  # as `HEAD@{1 day ago}` has spaces
        if len(fields) != _FIELDS or not _is_id(fields[1]) or not _is_id(fields[3]):
            raise InputError(f"<stdin>: line {number}: not what git gives a pre-push hook; let git run the hook")
        if number > _MOST:
            raise InputError(f"<stdin>: more than {_MOST} refs; push fewer at a time")
        if fields[1].strip("0"):
            tips.append(fields[1])
            if fields[3].strip("0"):
                known.append(fields[3])
    return tips, known


def _new(tips: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the commits that no remote has, as ranges, where they touch a file of a rule.

    What the remote has may be unknown here (somebody else pushed, and a forced push replaces it): it excludes nothing.
    A tag of a file or of a tree pushes no commit.
    """
    if not tips:
        return ()
    asked = ["--ignore-missing", *tips, "--not", *known, "--remotes"]
    return _ranges(asked) if _touched(["rev-list", "--full-history", "--max-count=1", *asked]) else ()


def _range(first: str, last: str) -> tuple[str, ...]:
    """Return the commits between two names, whatever remotes have, where they touch a file of a rule."""
    ends = _commit(first), _commit(last)
    for name, found in zip((first, last), ends, strict=True):
        if not found:
            raise InputError(f"{name!a}: no commit of this repository; give pre-commit another range")
    asked = [ends[1], "--not", ends[0]]
    return _ranges(asked) if _touched(["rev-list", "--full-history", "--max-count=1", *asked]) else ()


def _ranges(asked: Sequence[str]) -> tuple[str, ...]:
    """Return commits as `A..B` where they stand in one line, so that each is read with the ones before it.

    A merge and a first commit stand alone: what is to be left out before them is more than one commit, or none.
    """
    status, out = _git(["rev-list", "--topo-order", "--reverse", "--parents", f"--max-count={_MOST + 1}", *asked])
    if status:
        raise InputError("git cannot list what is pushed; see git fsck")
    lines = [line.split() for line in out.decode().split("\n") if line]
    if len(lines) > _MOST:
        raise InputError(f"more than {_MOST} new commits; fetch from the remotes first, or push less")
    found: list[tuple[str, str]] = []
    for commit, *parents in lines:
        if len(parents) != 1:
            found.append(("", commit))
        elif found and parents[0] == found[-1][1] and found[-1][0]:
            found[-1] = found[-1][0], commit
        else:
            found.append((parents[0], commit))
    return tuple(f"{first}..{last}" if first else last for first, last in found)


def _touched(command: Sequence[str], *, lists: bool = True) -> bool:
    """Whether a file of any rule is among what git compares, or may be.

    `lists`: the command lists commits. Else it says it by its exit status. Where git fails, the check says why.
    """
    globs = covered(builtin_folder())
    if globs is None or brings_rules(os.getcwd()):
        return True
    status, out = _git([*command, "--", *(f":(top){glob}" for glob in globs)])
    return bool(status or (lists and out))


def _commit(name: str) -> str:
    """Return the id of the commit that a name stands for, "" where there is none."""
    status, out = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"])
    return "" if status else out.decode().strip()


def _is_id(text: str) -> bool:
    return len(text) in _ID_LENGTHS and all(char in "0123456789abcdef" for char in text)


def _git(arguments: Sequence[str]) -> tuple[int, bytes]:
    """Return the exit status of git and what it prints; subprocess takes longer to load than git to answer."""
    told = {name: value for name, value in os.environ.items() if name not in _DIFFERENT_PATHS}
    ours, theirs = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, theirs, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    try:
        child = os.posix_spawnp("git", ["git", "--no-pager", *arguments], told, file_actions=actions)
    except OSError as error:
        os.close(ours)
        raise InputError(f"git: {error.strerror}; install git") from None
    finally:
        os.close(theirs)
    with open(ours, "rb") as stream:
        out = stream.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), out
