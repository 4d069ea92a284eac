"""The command `lmlint rules` on the command line: what is asked, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmlint.commands import CLEAN, FAILED, FOUND, Answer
from lmlint.error import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from lmlint.authoring.problem import Problem

_FORMATS = ("text", "json")
_CHECK = """
Exit status: 0 nothing is wrong, 1 something looks wrong, 2 something is wrong, and the rule cannot be used.
"""
_STARTED = """\
{rule}
{case}
The rule works as it is, on invented names: what is marked EDIT is to be made yours, a step at a time. After each:
    lmlint rules check {rule}
    lmlint test --rules {folder} {cases}
rules/README.md of lmlint explains every key.
"""


def add_commands(parsers: argparse._SubParsersAction[Any], rules: argparse.ArgumentParser) -> None:
    """Add the command `rules` to the command line; `rules` are the options that choose some."""
    command = parsers.add_parser("rules", parents=[rules], help="list the rules; check one of your own, or start one")
    command.add_argument("--format", choices=_FORMATS, default="text", help="for people or for programs (default text)")
    command.set_defaults(run=listing)
    actions = command.add_subparsers(metavar="ACTION")
    check = actions.add_parser("check", help="say all that is wrong with rule files, by line and key", epilog=_CHECK)
    check.add_argument("rule_files", nargs="+", type=Path, metavar="FILE", help="NAME.toml, or a folder of such files")
    check.add_argument("--format", choices=_FORMATS, default="text", help="for people or for programs (default text)")
    check.set_defaults(run=inspection)
    new = actions.add_parser("new", help="write rules/NAME.toml and corpus/NAME in this folder, to start from")
    new.add_argument("name", metavar="NAME", help="of the rule: letters, digits, - and _")
    new.set_defaults(run=started)


def listing(arguments: argparse.Namespace) -> Answer:
    """Return the rules that are in force here."""
    from lmlint.authoring.listing import listed
    from lmlint.config import load, with_options

    config = with_options(load(Path()), rules=arguments.rules, rule=arguments.rule)
    found = listed([Path(folder) for folder in config.rules], config.rule)
    if arguments.format == "json":
        return Answer(CLEAN, json.dumps([one.data() for one in found], indent=2) + "\n")
    return Answer(CLEAN, _printable("".join(one.text() for one in found)))


def inspection(arguments: argparse.Namespace) -> Answer:
    """Return what is wrong with rule files."""
    from lmlint.authoring.inspection import inspect
    from lmlint.authoring.problem import ERROR

    found: dict[str, Sequence[Problem]] = {}
    errors = []
    for path in _files(arguments.rule_files):
        try:
            found[str(path)] = inspect(path)
        except InputError as error:
            errors.append(str(error))
    problems = [one for each in found.values() for one in each]
    grave = errors or any(one.severity == ERROR for one in problems)
    status = FAILED if grave else FOUND if problems else CLEAN
    if arguments.format == "json":
        data = [{"file": path, "problems": [one.data() for one in each]} for path, each in found.items()]
        return Answer(status, json.dumps(data, indent=2) + "\n", tuple(errors))
    text = "".join(_told(path, each) for path, each in found.items())
    return Answer(status, _printable(text), tuple(errors))


def started(arguments: argparse.Namespace) -> Answer:
    """Return what was written for a new rule."""
    from lmlint.authoring.start import start

    rule, case = start(arguments.name, Path())
    text = _STARTED.format(rule=rule, case=case, folder=rule.parent, cases=case.parent)
    return Answer(CLEAN, text)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and those of the folders; raises InputError where a folder has none."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path}: no *.toml here; give a rule file, or a folder of them")
        found += inside
    return found


def _told(path: str, problems: Sequence[Problem]) -> str:
    return "".join(f"{one.text(path)}\n" for one in problems) or f"{path}: nothing is wrong\n"


def _printable(text: str) -> str:
    from lmlint.report.text import printable

    return "".join(f"{printable(line)}\n" for line in text.splitlines())
