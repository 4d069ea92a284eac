"""The hook as a file in a repository: written, chained before another's, and taken away again."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.hook import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

BEFORE = ".before-lmlint"
"""What the name of another's hook ends in, once ours is chained to it."""

_HEAD = """\
#!/bin/sh
# Written by `lmlint hook install`; `lmlint hook uninstall` takes it away.
"""
_BODY = """\
before="$0{before}"
if [ -x "$before" ]; then
	{feed}"$before" "$@" || exit $?
fi
python={python}
status=127
if [ -x "$python" ]; then
	{feed}"$python" -P -c '{program}' {stage} "$@"
	status=$?
fi
case $status in
126 | 127)
	if command -v lmlint >/dev/null 2>&1; then
		{feed}lmlint hook run {stage} "$@"
		status=$?
	fi
	;;
esac
case $status in
126 | 127)
	# Nothing is known against the change, and whoever makes it may not be able to mend this.
	echo "lmlint: not found, so nothing is checked; install it and run \\`lmlint hook install --{stage}\\`" >&2
	status=0
	;;
esac
exit "$status"
"""
_KEEP = """\
pushed=$(cat)
given() {
	[ -z "$pushed" ] || printf '%s\\n' "$pushed"
}
"""
"""For pre-push: git says what is pushed once, and each of the programs has to be told."""
_PROGRAM = """
try:
	from lmlint.start import entry
except ModuleNotFoundError:
	raise SystemExit(127)
entry()
"""
# -P in the hook: the change that is checked may bring a module of any name, and git runs a hook amid the files.


def text(stage: str, python: str) -> bytes:
    """Return the hook of a stage; `python` is the interpreter that has lmlint, an absolute path."""
    keep, feed = (_KEEP, "given | ") if stage == "pre-push" else ("", "")
    made = _BODY.format(before=BEFORE, feed=feed, python=shlex.quote(python), program=_PROGRAM, stage=stage)
    return os.fsencode(_HEAD + keep + made)


def install(where: Path, stages: Sequence[str], *, force: bool = False, chain: bool = False) -> tuple[str, ...]:
    """Return what was done, one line a hook; InputError where another's hook stands there, and then nothing is done.

    `force` overwrites it, `chain` keeps it under a name that ends in BEFORE: it is then called first, and its failure
    fails the hook. What was chained once stays so.
    """
    if not sys.executable:
        raise InputError("this Python does not know its own path; run lmlint with another")
    folder = hooks_folder(where)
    others = [stage for stage in stages if _is_there(folder / stage) and not is_ours(folder / stage)]
    for stage in others:
        path, kept = folder / stage, folder / (stage + BEFORE)
        if path.is_dir() and not path.is_symlink():
            raise InputError(f"{path}: a folder; move it away")
        if not (force or chain):
            raise InputError(f"{path}: not a hook of lmlint; --chain calls it first, --force overwrites it")
        if chain and _is_there(kept):
            raise InputError(f"{kept}: another hook is kept there; move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_write(folder, stage, keep=chain and stage in others) for stage in stages)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: {error.strerror}; git looks for its hooks in {folder}"
        ) from error


def uninstall(where: Path, stages: Sequence[str]) -> tuple[str, ...]:
    """Return what was done, one line a hook: ours are taken away, and what they were chained to is put back.

    No stage stands for every one that has a hook of ours.
    """
    folder = hooks_folder(where)
    try:
        stages = stages or [stage for stage in STAGES if is_ours(folder / stage)]
        return tuple(_remove(folder / stage) for stage in stages) or (f"{folder}: there is no hook of lmlint",)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}; the hook may still be there") from error


def hooks_folder(where: Path) -> Path:
    """Return where git looks for the hooks of the repository around a directory: core.hooksPath, or its own folder."""
    top = Path(_git(where, "--show-toplevel"))
    return top / _git(top, "--git-path", "hooks")  # a relative core.hooksPath starts where hooks are run


def is_ours(path: Path) -> bool:
    """Whether a file is a hook that lmlint wrote; a link is its maker's, wherever it leads."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_HEAD)) == _HEAD.encode()


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _write(folder: Path, stage: str, *, keep: bool) -> str:
    """Put a hook in its place at once: git may be running one."""
    path, kept = folder / stage, folder / (stage + BEFORE)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{stage}-", delete=False) as file:
        try:
            file.write(text(stage, sys.executable))
            file.close()
            Path(file.name).chmod(0o777 & ~_umask())
            if keep:
                path.rename(kept)
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    return f"{path}: installed" + (f"; it calls {kept.name} first" if _is_there(kept) else "")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _remove(path: Path) -> str:
    kept = path.with_name(path.name + BEFORE)
    if not _is_there(path):
        return f"{path}: there is no hook"
    if not is_ours(path):
        return f"{path}: not a hook of lmlint; it stays"
    if _is_there(kept):
        kept.replace(path)
        return f"{path}: removed; the hook that it was chained to is back"
    path.unlink()
    return f"{path}: removed"


def _git(where: Path, *asked: str) -> str:
    """Return what `git rev-parse` says; InputError where there is no repository with a work tree."""
    try:
        done = subprocess.run(["git", "rev-parse", *asked], cwd=where, capture_output=True, check=False)
    except OSError as error:
        raise InputError(f"git: {error.strerror}; install git") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").split("\n")[0].removeprefix("fatal: ")
        raise InputError(f"{where}: {said}; change into a repository with a work tree")
    return os.fsdecode(done.stdout).removesuffix("\n")
