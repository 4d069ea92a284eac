"""The command line: reads what it names, prints what is found, and is the only place that prints."""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lmlint import __version__, commands, mails
from lmlint.authoring import options as authoring
from lmlint.bot import options
from lmlint.commands import CLEAN, FAILED
from lmlint.config import COLORS, FORMATS
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.mutate.table import Result

_INTERRUPTED = 130
_GARBAGE = 50_000


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 nothing new of severity error or warning, 1 something, 2 could not run."""
    gc.set_threshold(_GARBAGE)  # paths are many small objects, and few of them are cycles
    try:
        arguments = _parsed(argv)
        answer = arguments.run(arguments)
    except InputError as error:
        return complain(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    for line in answer.errors:
        complain(line)
    return _write(answer.text, answer.data) or answer.status


def entry() -> NoReturn:
    """Run the command line and leave at once: taking a proof apart, object by object, costs a tenth of its time."""
    if "_ARGCOMPLETE" in os.environ:
        from lmlint.completion import complete

        complete(_parser())
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, full or gone: said already
            stream.flush()
    os._exit(status)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; inputs may also follow an option, which argparse takes for the end of them."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    inputs = getattr(arguments, "input", None)
    if rest and (not isinstance(inputs, list) or any(word.startswith("-") and word != "-" for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        arguments.input = [*(inputs or ()), *rest]
    return arguments


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (`{self.prog} --help` says more)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lmlint",
        description="A static patch-review bot for Linux kernel page-table code.",
        epilog="Exit status: 0 nothing new of severity error or warning, 1 something, 2 could not run.",
    )
    parser.add_argument("--version", action="version", version=f"lmlint {__version__}")
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")

    rules = _Parser(add_help=False)
    rules.add_argument("--rule", action="append", default=[], metavar="NAME", help="only this rule; may be repeated")
    rules.add_argument(
        "--rules", action="append", default=[], type=Path, metavar="DIR", help="a folder of more rules; may be repeated"
    )

    checking = _Parser(add_help=False)
    checking.add_argument(
        "--tree",
        action="append",
        default=[],
        metavar="DIR|GIT",
        help="a kernel tree that the patches are made on, a directory or a repository; may be repeated",
    )
    checking.add_argument(
        "--limit",
        action="append",
        default=[],
        type=_limit,
        metavar="NAME=N",
        help="another cap on what an input may ask for; may be repeated; `lmlint config` lists them",
    )
    checking.add_argument(
        "--strict", action=argparse.BooleanOptionalAction, help="make a warning of every assumption a verdict rests on"
    )
    checking.add_argument(
        "--witness",
        action=argparse.BooleanOptionalAction,
        help="run the functions on a model page table and replay every finding",
    )
    checking.add_argument("--color", choices=COLORS, help="auto, the default: on a terminal only")

    # Of its own: what a command sets as the default of an option holds for every command that shares it.
    suggesting = _Parser(add_help=False)
    suggesting.add_argument(
        "--suggest",
        action=argparse.BooleanOptionalAction,
        help="look for a single statement that cures a finding, and show it where it is proved to",
    )

    telling = _Parser(add_help=False)
    telling.add_argument(
        "--explain-clean",
        action=argparse.BooleanOptionalAction,
        help="print the proof of every balanced function, with its assumptions",
    )
    telling.add_argument("--format", choices=FORMATS, help="for people or for programs (default text)")

    check = parsers.add_parser(
        "check", parents=[rules, checking, suggesting, telling], help="review patches, commits and C files"
    )
    check.add_argument(
        "input",
        nargs="*",
        metavar="INPUT",
        help="FILE.c or FILE.h as it is; a mail, a diff, a mailbox, a maildir or a folder of patches; - for standard "
        "input; a revision or a range of a git repository",
    )
    check.add_argument("--staged", action="store_true", help="what is staged for the next commit")
    check.add_argument("--worktree", action="store_true", help="all changes of tracked files since the last commit")
    check.set_defaults(run=lambda arguments: commands.check(arguments, _screen()))

    shown = parsers.add_parser(
        "config",
        parents=[rules, checking, suggesting, telling],
        help="print what is in force, and where it comes from",
    )
    shown.add_argument("input", nargs="?", metavar="FILE", help="for this file (default: the current folder)")
    shown.set_defaults(run=commands.config)

    compare = parsers.add_parser(
        "compare", parents=[rules, checking], help="what is new, still present and fixed since earlier versions"
    )
    compare.add_argument(
        "input", nargs="*", metavar="VERSION", help="what `check` takes as one input, two or more, the oldest first"
    )
    compare.add_argument("--format", choices=("text", "json"), help="for people or for programs (default text)")
    compare.set_defaults(
        run=lambda arguments: commands.compare(arguments, _screen()), explain_clean=False, suggest=False
    )

    fix = parsers.add_parser("fix", parents=[rules, checking], help="write a patch of what `check --suggest` suggests")
    fix.add_argument("input", nargs="*", metavar="INPUT", help="as of check")
    fix.add_argument("--staged", action="store_true", help="what is staged for the next commit")
    fix.add_argument("--worktree", action="store_true", help="all changes of tracked files since the last commit")
    fix.add_argument("-o", "--output", type=Path, metavar="FILE", help="where the patch goes (default standard output)")
    fix.set_defaults(run=commands.fix, suggest=True, explain_clean=False, format=None)

    _add_hooks(parsers, rules)
    mails.add_commands(parsers, [rules, checking, suggesting])
    options.add_commands(parsers, _Log)

    explain = parsers.add_parser("explain", parents=[rules], help="show a function's summary or what a kind means")
    explain.add_argument("subject", metavar="FILE.c:FUNCTION|KIND")
    explain.set_defaults(run=commands.explain)

    authoring.add_commands(parsers, rules)
    _add_measures(parsers, rules)

    completion = parsers.add_parser("completion", help="print the script that makes a shell complete the command")
    completion.add_argument("shell", choices=commands.SHELLS, help="the shell that sources it")
    completion.set_defaults(run=commands.completion)
    return parser


def _add_measures(parsers: argparse._SubParsersAction[_Parser], rules: _Parser) -> None:
    """Add the commands that measure: by running a file, by editing it, and on a corpus."""
    witness = parsers.add_parser(
        "witness", parents=[rules], help="run a C file on a model page table and look for drifts"
    )
    witness.add_argument("file", metavar="FILE.c")
    witness.add_argument("--seed", type=int, default=0, metavar="N", help="another N, other sequences (default 0)")
    witness.add_argument("--sequences", type=_count, default=600, metavar="N", help="how many to run (default 600)")
    witness.set_defaults(run=commands.witness)

    mutate = parsers.add_parser(
        "mutate", parents=[rules], help="measure: every single edit of a correct file, judged twice"
    )
    mutate.add_argument("file", metavar="FILE.c")
    mutate.add_argument(
        "-j",
        "--jobs",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes (default: one a processor)",
    )
    mutate.add_argument("--only", action="append", default=[], metavar="TEXT", help="edits whose name holds TEXT")
    mutate.add_argument("--json", action="store_true", help="print data for programs instead of the table")
    mutate.set_defaults(run=_mutate)

    test = parsers.add_parser("test", parents=[rules], help="measure the rules on a corpus")
    test.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a corpus of your own; else the built-in one")
    test.add_argument("--witness", action="store_true", help="hold the verdicts against the witness as well")
    test.set_defaults(run=commands.test)


def _add_hooks(parsers: argparse._SubParsersAction[_Parser], rules: _Parser) -> None:
    """Add the commands that other programs call: git, b4 and NIPA."""
    hook = parsers.add_parser("hook", help="check what git is about to commit or push")
    actions = hook.add_subparsers(required=True, metavar="ACTION")
    for name, what in (("install", "write the hook into this repository"), ("uninstall", "take it away again")):
        action = actions.add_parser(name, help=what)
        action.add_argument("--pre-commit", action="store_true", help="the staged change, at each commit (the default)")
        action.add_argument("--pre-push", action="store_true", help="each new commit, before it is pushed")
        action.add_argument(
            "--commit-msg", action="store_true", help="the staged change, where another hook is the pre-commit one"
        )
        if name == "install":
            action.add_argument("--force", action="store_true", help="overwrite a hook that lmlint did not write")
            action.add_argument("--chain", action="store_true", help="keep such a hook, and call it first")
        action.set_defaults(run=commands.hook_install if name == "install" else commands.hook_uninstall)
    run = actions.add_parser("run", help="what an installed hook calls")
    run.add_argument("stage", choices=("pre-commit", "pre-push", "commit-msg"))
    run.add_argument("rest", nargs="*", metavar="ARGUMENT", help="what git hands to the hook")
    run.set_defaults(run=_hook_run)

    trees = _Parser(add_help=False)
    trees.add_argument("--tree", action="append", default=[], metavar="DIR|GIT", help="as of check; may be repeated")
    b4 = parsers.add_parser("b4-check", parents=[rules, trees], help="review a mail on standard input for b4")
    b4.add_argument("--lines", action="store_true", help="for am-perpatch-check-cmd: lines instead of JSON")
    b4.set_defaults(run=commands.b4_check)
    nipa = parsers.add_parser("nipa", parents=[rules, trees], help="review the commit at HEAD as a test of NIPA")
    nipa.add_argument("--info", action="store_true", help="print the info.json of this test")
    nipa.set_defaults(run=commands.nipa)


def _hook_run(arguments: argparse.Namespace) -> commands.Answer:
    from lmlint.hook import run

    stdin = sys.stdin.buffer if sys.stdin else io.BytesIO()  # None where the caller closed it
    return commands.Answer(run(arguments.stage, stdin, lambda asked: main(["check", *asked])))


def _count(text: str) -> int:
    """Return a number of things, which is at least one."""
    if not text.isdecimal() or not 0 < int(text[:9]) < 10**6:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 1 to 999999")
    return int(text)


def _limit(text: str) -> tuple[str, int]:
    """Return a limit's name and value out of NAME=N."""
    name, _, value = text.partition("=")
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=N")
    return name, int(value[:10])


def _mutate(arguments: argparse.Namespace) -> commands.Answer:
    progress = _Progress(quiet=arguments.json)
    try:
        return commands.mutate(arguments, progress)
    finally:
        progress.done()


class _Progress:
    """Shows on a terminal how far a run is, and prints what went wrong as it comes."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, done: int, count: int, result: Result) -> None:
        from lmlint.mutate.table import bar
        from lmlint.report.text import printable

        if result.wrong and not self._quiet:
            self._clear()
            print(printable(f"{result.wrong}: {result.text}"), flush=True)
        if self._bar:
            print(f"\r{bar(done, count)}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Take the bar away."""
        self._clear()

    def _clear(self) -> None:
        if self._bar:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class _Log:
    """Prints what a long run does, as it does it, and on a terminal how far it is."""

    def __init__(self) -> None:
        self._bar = sys.stderr is not None and sys.stderr.isatty()
        self._shown = False

    def say(self, line: str) -> None:
        """Print a line."""
        from lmlint.report.text import printable

        self._clear()
        if sys.stdout is not None:
            print(printable(line), flush=True)

    def progress(self, done: int, count: int) -> None:
        """Show how far it is."""
        from lmlint.mutate.table import bar

        if self._bar and done < count:
            print(f"\r{bar(done, count)}", end="", file=sys.stderr, flush=True)
            self._shown = True
        elif self._bar:
            self._clear()

    def _clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def _terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()  # None where the caller closed it


def _screen() -> commands.Screen:
    return commands.Screen(shutil.get_terminal_size().columns if _terminal() else None)


def _write(text: str, data: bytes = b"") -> int:
    """Print the text, or the bytes as they are; return FAILED where the reader is gone or the disk is full."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if data and sys.stdout is not None:
            sys.stdout.buffer.write(data)
        print(text, end="", flush=True)
    except OSError as error:
        # What is left in the buffer would fail once more, and loudly, when the interpreter closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED if isinstance(error, BrokenPipeError) else complain(f"standard output: {error.strerror}")
    return CLEAN


def complain(message: str) -> int:
    """Say what is wrong; return FAILED."""
    from lmlint.report.text import printable

    if sys.stderr is not None:  # else it would go to standard output, amid what programs read
        with contextlib.suppress(OSError):  # nobody reads it; the status says it as well
            print(f"lmlint: {printable(message)}", file=sys.stderr)
    return FAILED
