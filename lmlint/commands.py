"""What each command of the command line does: from its arguments to an exit status and what is to be printed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from lmlint.error import InputError
from lmlint.scope import C_SUFFIXES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from lmlint.config import Config
    from lmlint.finding import InputReport
    from lmlint.mutate.table import Result
    from lmlint.review import Review
    from lmlint.rule import Rule
    from lmlint.session import Session

CLEAN, FOUND, FAILED = 0, 1, 2
_TWO = 2
WIDTH = 100
"""Where sentences wrap when the output is no terminal, so that the same input gives the same bytes everywhere."""
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Answer:
    """An exit status, the text for standard output and the lines for standard error."""

    status: int
    text: str = ""
    errors: tuple[str, ...] = ()
    data: bytes = b""
    """What goes to standard output byte for byte, in place of a text."""


class Look(TypedDict):
    """How text is laid out: in colours or not, how wide, in columns, and whether on a terminal."""

    color: bool
    width: int
    terminal: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """What is known of the terminal: None for the width where there is none."""

    width: int | None = None

    def colored(self, choice: str) -> bool:
        """Whether to use colours, as `--color` and the environment say."""
        if choice == "auto":
            plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
            return self.width is not None and not plain
        return choice == "always"

    def look(self, choice: str) -> Look:
        """Return how text is laid out, in the words of the renderers; `choice` is that of `--color`."""
        terminal = self.width is not None
        return {"color": self.colored(choice), "width": self.width or WIDTH, "terminal": terminal}


def configured(arguments: argparse.Namespace, start: Path) -> Config:
    """Return the configuration that is in force for files in a folder, the command line over the file."""
    from lmlint.config import load, with_options

    given = {
        "trees": arguments.tree,
        "rules": arguments.rules,
        "rule": arguments.rule,
        "strict": arguments.strict,
        "explain_clean": arguments.explain_clean,
        "witness": arguments.witness,
        "suggest": arguments.suggest,
        "format": arguments.format,
        "color": arguments.color,
        "limits": dict(arguments.limit),
    }
    return with_options(load(start), **given)


def start_of(names: Sequence[str]) -> Path:
    """Return where the configuration of these inputs is looked for: at the first C file, or in the current folder.

    A mail may lie anywhere, and who can write there is not who reads it.
    """
    return next((Path(name) for name in names if name.endswith(C_SUFFIXES)), Path())


def review(
    arguments: argparse.Namespace,
    config: Config,
    names: Sequence[str],
    received: Callable[[bytes], bytes] = bytes,
    *,
    heard: bool = True,
) -> Review:
    """Return what is said of the inputs; `received` is what standard input goes through before it is read.

    Unless comments are `heard`, what they allow counts for nothing.
    """
    from dataclasses import replace

    from lmlint.allow import unused
    from lmlint.session import noticed

    session = session_of(config, received, heard=heard)
    made = session.check(names, staged=arguments.staged, worktree=arguments.worktree)
    stale = unused({id_: config.origin(f"allow.{id_}") for id_ in config.allow}, made.reports)
    return replace(made, reports=noticed(made.reports, stale, last=True))


def session_of(config: Config, received: Callable[[bytes], bytes] = bytes, *, heard: bool = True) -> Session:
    """Return what reviews inputs as a configuration asks; `received` and `heard` are as of `review`."""
    from lmlint.review import Options
    from lmlint.session import Session

    options = Options(
        strict=config.strict,
        proofs=config.explain_clean,
        witness=config.witness,
        suggest=config.suggest,
        limits=config.limits,
        allowed=config.allow,
        heard=heard,
        some=bool(config.rule),
    )
    return Session(rules_of(config.rules, config.rule), [str(tree) for tree in config.trees], options, received)


def status_of(made: Review) -> int:
    """Return the exit status of a review."""
    statuses = [CLEAN, *(FAILED for _ in errors_of(made))]
    for report in made.reports:
        if any(finding.state == "new" and finding.severity != "note" for finding in report.findings):
            statuses.append(FOUND)
        if report.contradictions:
            statuses.append(FAILED)
    return max(statuses)


def errors_of(made: Review) -> tuple[str, ...]:
    """Return what could not be read, and what is wrong in comments that speak to lmlint."""
    return (*made.errors, *(line for report in made.reports for line in report.complaints))


def check(arguments: argparse.Namespace, screen: Screen) -> Answer:
    """Return the report of patches, revisions, changes and C files."""
    if not (arguments.input or arguments.staged or arguments.worktree):
        raise InputError("check: nothing to check; give a patch, a C file, a revision, --staged or --worktree")
    config = configured(arguments, start_of(arguments.input))
    made = review(arguments, config, arguments.input)
    if config.format == "text":
        from lmlint.report import text

        shown = text.render(made.reports, **screen.look(config.color))
        return Answer(status_of(made), shown, errors_of(made))
    if config.format == "html":
        from lmlint.report import html

        shown = html.render(made.reports, made.errors)
        return Answer(status_of(made), shown, (*errors_of(made), *_faults(made)))
    return Answer(status_of(made), _renderer(config.format)(made.reports), (*errors_of(made), *_faults(made)))


def compare(arguments: argparse.Namespace, screen: Screen) -> Answer:
    """Return what became of the findings of a series from version to version; each input is one version."""
    if len(arguments.input) < _TWO:
        raise InputError("compare: give two versions or more, the oldest first")
    from lmlint.compare import FIXED, UNSURE
    from lmlint.compare import compare as compared
    from lmlint.report import versions
    from lmlint.version import is_backwards, is_split

    config = configured(arguments, start_of(arguments.input))
    session = session_of(config)
    made = [session.check([name]) for name in arguments.input]
    if is_split([one.reports for one in made]):
        raise InputError("compare: these are patches of one series; give each version as a folder, mailbox or range")
    if is_backwards([one.reports for one in made]):
        raise InputError("compare: an older version comes after a newer one; give the oldest first")
    errors = tuple(dict.fromkeys(line for one in made for line in (*errors_of(one), *_faults(one))))
    if not all(one.reports for one in made):  # of one that cannot be read, nothing is known to be new or gone
        return Answer(FAILED, errors=errors)
    result = compared([one.reports for one in made], [one.errors for one in made], config.limits)
    there = any(one.status not in {FIXED, UNSURE} and one.finding.severity != "note" for one in result.standings)
    status = FAILED if errors else FOUND if there else CLEAN
    inputs = [(name, one.reports) for name, one in zip(arguments.input, made, strict=True)]
    if config.format == "json":
        return Answer(status, versions.as_json(result, inputs, [one.errors for one in made]), errors)
    return Answer(status, versions.render(result, inputs, **screen.look(config.color)), errors)


def _faults(made: Review) -> tuple[str, ...]:
    """Return the verdicts that the witness contradicts, for whom the format at hand may have no word for them."""
    return tuple(
        f"{one.file}: `{one.function}` was proved balanced, and drifts: a bug of lmlint; report it, with the file"
        for report in made.reports
        for one in report.contradictions
    )


def _renderer(name: str) -> Callable[[Sequence[InputReport]], str]:
    """Return the renderer of a format for programs; each loads only what it needs."""
    if name == "terse":
        from lmlint.report.terse import render
    elif name == "sarif":
        from lmlint.report.sarif import render
    elif name == "rdjson":
        from lmlint.report.rdjson import render
    elif name == "github":
        from lmlint.report.github import render
    elif name == "gitlab":
        from lmlint.report.gitlab import render
    elif name == "patchwork":
        from lmlint.report.patchwork import render
    else:
        from lmlint.report.machine import render
    return render


def config(arguments: argparse.Namespace) -> Answer:
    """Return the configuration in force, and where each value comes from."""
    from lmlint.config import render

    return Answer(CLEAN, render(configured(arguments, start_of([arguments.input] if arguments.input else []))))


def fix(arguments: argparse.Namespace) -> Answer:
    """Return one patch of all that is suggested, or write it to a file; what has no suggestion is said."""
    from lmlint.finding import CANNOT_TELL
    from lmlint.fix.patch import fixes, write

    if not (arguments.input or arguments.staged or arguments.worktree):
        raise InputError("fix: nothing to fix; give a patch, a C file, a revision, --staged or --worktree")
    made = review(arguments, configured(arguments, start_of(arguments.input)), arguments.input)
    found = fixes(made.reports)
    errors = (*errors_of(made), *_faults(made))
    unsure = sum(one.verdict == CANNOT_TELL for report in made.reports for one in report.functions)
    said = f"nothing to fix{f'; {unsure} cannot tell (lmlint check says of what, and why)' if unsure else ''}"
    nothing = () if found.text or found.left or errors else (said,)
    if found.text and arguments.output is not None:
        write(found.text, arguments.output, arguments.input)
    data = found.text.encode(errors="surrogateescape") if arguments.output is None else b""
    status = FAILED if errors else FOUND if found.left else CLEAN
    return Answer(status, errors=(*errors, *found.left, *nothing), data=data)


def hook_install(arguments: argparse.Namespace) -> Answer:
    """Write the hooks that were asked for into the repository around the current directory."""
    from lmlint.install import install

    done = install(Path(), _stages(arguments) or ("pre-commit",), force=arguments.force, chain=arguments.chain)
    return Answer(CLEAN, "".join(f"{line}\n" for line in done))


def hook_uninstall(arguments: argparse.Namespace) -> Answer:
    """Take the hooks that were asked for away again."""
    from lmlint.install import uninstall

    return Answer(CLEAN, "".join(f"{line}\n" for line in uninstall(Path(), _stages(arguments))))


def _stages(arguments: argparse.Namespace) -> tuple[str, ...]:
    asked = {"pre-commit": arguments.pre_commit, "pre-push": arguments.pre_push, "commit-msg": arguments.commit_msg}
    return tuple(stage for stage, given in asked.items() if given)


def b4_check(arguments: argparse.Namespace) -> Answer:
    """Return what b4 is told of the mail on standard input; what could not be checked is part of it."""
    from lmlint.sockets import b4_check as verdict
    from lmlint.sockets import b4_lines, b4_mail

    made = _asked(arguments, "-", b4_mail)
    return Answer(*(b4_lines if arguments.lines else verdict)(made.reports, errors_of(made)))


def nipa(arguments: argparse.Namespace) -> Answer:
    """Return what NIPA is told of the commit at HEAD, and write the line for patchwork."""
    import sys

    from lmlint import sockets

    if arguments.info:
        return Answer(CLEAN, sockets.nipa_info(sys.executable))
    made = _asked(arguments, "HEAD", sent=True)
    status, text, summary = sockets.nipa(made.reports, errors_of(made))
    sockets.tell_nipa(summary, os.environ)
    return Answer(status, text)


def _asked(
    arguments: argparse.Namespace, name: str, received: Callable[[bytes], bytes] = bytes, *, sent: bool = False
) -> Review:
    """Return the review of one input for a program that wants an answer whatever happens.

    No comment is heard: an earlier patch of the series may have brought it. `sent`: the patch is applied, so that a
    configuration that lies in the work tree may be of its making.
    """
    from argparse import Namespace

    from lmlint.patch.git import find_repository
    from lmlint.review import Review

    unset = dict.fromkeys(("strict", "explain_clean", "witness", "suggest", "format", "color"))
    given = Namespace(**vars(arguments), **unset, limit=[], staged=False, worktree=False)
    try:
        top = repository.work_tree if sent and (repository := find_repository()) is not None else None
        return review(given, configured(given, top.parent if top else Path()), [name], received, heard=False)
    except InputError as error:
        return Review((), (str(error),))


def explain(arguments: argparse.Namespace) -> Answer:
    """Return a function's summary, or what a kind means."""
    name, colon, function = arguments.subject.rpartition(":")
    rules = rules_of(arguments.rules, arguments.rule)
    if colon:
        from lmlint.engine.explain import explain_function
        from lmlint.report.text import printable
        from lmlint.rule import rules_for
        from lmlint.session import looked_up

        data = read(name)
        rules = rules_for(rules, name, data)
        others = looked_up(name, rules)
        pages = [explain_function(data, name, rule, function, others=others) for rule in rules]
        lines = [line for page in pages for line in page.splitlines()]
        return Answer(CLEAN, "".join(f"{printable(line)}\n" for line in lines))
    from textwrap import fill

    from lmlint.kinds import KINDS

    if function not in KINDS:
        raise InputError(f"{function}: neither FILE.c:FUNCTION nor a kind; the kinds are {', '.join(KINDS)}")
    kind = KINDS[function]
    page = [f"{kind.name} ({kind.severity})", fill(kind.meaning, WIDTH), fill(f"What to do: {kind.remedy}", WIDTH)]
    for rule in rules:
        page += [f"Bad, in the example of {rule.name}:", rule.example_bad, "Good:", rule.example_good]
    return Answer(CLEAN, "\n\n".join(page) + "\n")


def witness(arguments: argparse.Namespace) -> Answer:
    """Return the drifts that running a file shows."""
    from lmlint.replay import stories
    from lmlint.report.text import printable
    from lmlint.rule import rules_for

    data = read(arguments.file)
    rules = rules_for(rules_of(arguments.rules, arguments.rule), arguments.file, data)
    found = [stories(data, arguments.file, rule, arguments.seed, arguments.sequences) for rule in rules]
    lines = [line for told in found for line in told.lines]
    status = FOUND if any(told.drifts for told in found) else CLEAN
    return Answer(status, "".join(f"{printable(line)}\n" for line in lines))


def mutate(arguments: argparse.Namespace, progress: Callable[[int, int, Result], None]) -> Answer:
    """Return the table of single edits of a file, each before both judges."""
    import json

    from lmlint.mutate.run import run
    from lmlint.rule import rules_for

    data = read(arguments.file)
    known = rules_for(rules_of(arguments.rules, arguments.rule), arguments.file, data)
    rules = [rule for rule in known if rule.counts_in(data)]
    if not rules:
        raise InputError(f"{arguments.file}: no rule's counter occurs in it, so there is nothing to edit")
    found = [
        run(data, arguments.file, rule, jobs=arguments.jobs, only=arguments.only, progress=progress) for rule in rules
    ]
    status = CLEAN if all(summary.ok for summary in found) else FOUND
    if arguments.json:
        return Answer(status, json.dumps([summary.data() for summary in found], indent=2) + "\n")
    return Answer(status, "\n".join(summary.text() for summary in found))


def test(arguments: argparse.Namespace) -> Answer:
    """Return how the rules do on a corpus."""
    from lmlint import corpus

    result = corpus.run(arguments.folder, rules_of(arguments.rules, arguments.rule), witness=arguments.witness)
    return Answer(CLEAN if result.ok else FOUND, result.text.rstrip() + "\n")


def completion(arguments: argparse.Namespace) -> Answer:
    """Return the script that makes a shell complete the command."""
    from lmlint.completion import script

    return Answer(CLEAN, script(arguments.shell))


def rules_of(folders: Sequence[str | Path], names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the built-in rules and those of other folders, or those of these names."""
    from lmlint.rule import builtin_rules, load_rules

    return load_rules([builtin_rules(), *map(Path, folders)], names)


def read(name: str) -> bytes:
    """Return a file's text; InputError where it cannot be read, is too large or is none."""
    from lmlint.limits import DEFAULT
    from lmlint.session import read_file

    return read_file(name, DEFAULT.bytes)
