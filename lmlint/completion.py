"""What the shell offers on TAB: files, revisions, rules, kinds and limits; argcomplete speaks with the shells.

Names that come from a folder or a repository are offered only where they cannot be taken for anything but a name.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from lmlint.scope import C_SUFFIXES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    Completer = Callable[..., Iterable[str]]

_MOST_FILES = 2_000
"""How many entries of a folder are looked at."""
_MOST_REVISIONS = 200
_PATIENCE = 2
"""How many seconds git may take to tell its branches."""
_REVISION = re.compile(r"[\w./+@-]+")
"""What may be offered of the names that git allows, which include those of shell commands."""


def script(shell: str) -> str:
    """Return the text that makes a shell (bash, zsh or fish) complete the command when it is sourced."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415  # of use only here

    return shellcode(["lmlint"], shell=shell)


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell where it asks what may come next, and leave the process then; else return."""
    from argcomplete import autocomplete  # noqa: PLC0415  # every other command would load it
    from argcomplete.completers import ChoicesCompleter  # noqa: PLC0415  # as above

    _attach(parser)
    autocomplete(parser, always_complete_options=False, default_completer=ChoicesCompleter({}))


def _attach(parser: argparse.ArgumentParser) -> None:
    """Say of every argument of the command and its subcommands what completes it."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to walk a parser
        found = _completer(action)
        if found is not None:
            vars(action)["completer"] = found
        if isinstance(action.choices, dict):
            for inner in action.choices.values():
                _attach(inner)


def _completer(action: argparse.Action) -> Completer | None:
    """Return what completes an argument, by its name; None where its choices do, or nothing can."""
    known: dict[str, Completer] = {
        "input": _inputs,
        "tree": _folders,
        "rules": _folders,
        "folder": _folders,
        "subject": _subjects,
        "file": _c_files,
        "rule_files": _toml_files,
        "mail": _mails,
        "answers": _mails,
        "to_mbox": _mails,
        "templates": _folders,
        "previous": _inputs,
        "rule": _rules,
        "limit": _limits,
    }
    return known.get(action.dest)


def _inputs(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # what else argcomplete hands to a completer
    yield from _files(prefix)
    yield from _revisions(prefix)


def _folders(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    return (name for name in _files(prefix) if name.endswith("/"))


def _c_files(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    return (name for name in _files(prefix) if name.endswith(("/", *C_SUFFIXES)))


def _toml_files(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    return (name for name in _files(prefix) if name.endswith(("/", ".toml")))


def _mails(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    return _files(prefix)


def _subjects(prefix: str, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    from lmlint.kinds import KINDS  # noqa: PLC0415  # of use only here

    yield from KINDS
    yield from (name if name.endswith("/") else f"{name}:" for name in _c_files(prefix))


def _rules(parsed_args: argparse.Namespace, **_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    from lmlint.rule import builtin_rules  # noqa: PLC0415  # of use only here

    for folder in (builtin_rules(), *(getattr(parsed_args, "rules", None) or ())):
        yield from sorted(path.stem for path in folder.glob("*.toml"))


def _limits(**_: Any) -> Iterator[str]:  # noqa: ANN401  # as above
    from dataclasses import fields  # noqa: PLC0415  # of use only here

    from lmlint.limits import Limits  # noqa: PLC0415  # of use only here

    return (f"{field.name}=" for field in fields(Limits))


def _files(prefix: str) -> Iterator[str]:
    """Yield the files and the folders, these with a slash, whose names begin with a prefix."""
    start = prefix.rpartition("/")[2]
    above = prefix[: len(prefix) - len(start)]
    try:
        with os.scandir(os.path.expanduser(above) or ".") as entries:  # noqa: PTH111  # as the prefix came
            for _, entry in zip(range(_MOST_FILES), entries, strict=False):
                hidden = entry.name.startswith(".") and not start.startswith(".")
                if entry.name.startswith(start) and not hidden and entry.name.isprintable():
                    yield above + entry.name + ("/" if entry.is_dir() else "")
    except OSError:
        return


def _revisions(prefix: str) -> Iterator[str]:
    """Yield the branches and tags of the repository around, also as the end of a range; nothing where there is none."""
    import subprocess  # noqa: PLC0415  # of use only here

    head, dots, _ = prefix.rpartition("..")
    wanted = ["git", "for-each-ref", f"--count={_MOST_REVISIONS}", "--sort=-creatordate", "--format=%(refname:short)"]
    try:
        told = subprocess.run(
            [*wanted, "refs/heads", "refs/tags", "refs/remotes"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if told.returncode == 0:
        names = ["HEAD", *told.stdout.decode("utf-8", "replace").split()]
        yield from (f"{head}{dots}{name}" for name in names if _REVISION.fullmatch(name) and not name.startswith("-"))
