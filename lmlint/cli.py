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

from lmlint import __version__
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import InputReport
    from lmlint.mutate.table import Result
    from lmlint.review import Options
    from lmlint.rule import Rule

CLEAN, FOUND, FAILED = 0, 1, 2
_INTERRUPTED = 130
_GARBAGE = 50_000
_STDIN, _STDIN_NAME = "-", "<stdin>"
_C_SUFFIXES = (".c", ".h")
_WIDTH = 100
"""Where sentences wrap when the output is no terminal, so that the same input gives the same bytes everywhere."""


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 nothing new of severity error or warning, 1 something, 2 could not run."""
    gc.set_threshold(_GARBAGE)  # paths are many small objects, and few of them are cycles
    try:
        arguments = _parser().parse_args(argv)
        status, text = arguments.run(arguments)
    except InputError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    return _write(text) or status


def entry() -> NoReturn:
    """Run the command line and leave at once: taking a proof apart, object by object, costs a tenth of its time."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, full or gone: said already
            stream.flush()
    os._exit(status)


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
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    rules = _Parser(add_help=False)
    rules.add_argument("--rule", action="append", default=[], metavar="NAME", help="only this rule; may be repeated")
    rules.add_argument(
        "--rules", action="append", default=[], type=Path, metavar="DIR", help="a folder of more rules; may be repeated"
    )

    check = commands.add_parser("check", parents=[rules], help="review patches and C files")
    check.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help="FILE.c or FILE.h as it is; anything else, and - for standard input, is a patch or a mail with one",
    )
    check.add_argument("--tree", type=Path, metavar="DIR", help="the kernel tree that the patches change")
    check.add_argument("--strict", action="store_true", help="make a warning of every assumption a verdict rests on")
    check.add_argument(
        "--explain-clean", action="store_true", help="print the proof of every balanced function, with its assumptions"
    )
    check.add_argument(
        "--witness", action="store_true", help="run the functions on a model page table and replay every finding"
    )
    check.add_argument("--format", choices=("text", "json"), default="text", help="for people or for programs")
    check.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="auto: on a terminal only")
    check.set_defaults(run=_check)

    explain = commands.add_parser("explain", parents=[rules], help="show a function's summary or what a kind means")
    explain.add_argument("subject", metavar="FILE.c:FUNCTION|KIND")
    explain.set_defaults(run=_explain)

    witness = commands.add_parser(
        "witness", parents=[rules], help="run a C file on a model page table and look for drifts"
    )
    witness.add_argument("file", metavar="FILE.c")
    witness.add_argument("--seed", type=int, default=0, metavar="N", help="another N, other sequences (default 0)")
    witness.add_argument("--sequences", type=_count, default=600, metavar="N", help="how many to run (default 600)")
    witness.set_defaults(run=_witness)

    mutate = commands.add_parser(
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

    test = commands.add_parser("test", parents=[rules], help="measure the rules on a corpus")
    test.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a corpus of your own; else the built-in one")
    test.add_argument("--witness", action="store_true", help="hold the verdicts against the witness as well")
    test.set_defaults(run=_test)
    return parser


def _count(text: str) -> int:
    """Return a number of things, which is at least one."""
    if not text.isdecimal() or not 0 < int(text[:9]) < 10**6:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 1 to 999999")
    return int(text)


def _check(arguments: argparse.Namespace) -> tuple[int, str]:
    from lmlint.review import Options

    if arguments.tree is not None and not arguments.tree.is_dir():
        raise InputError(f"--tree {arguments.tree}: not a directory")
    rules = _rules(arguments)
    options = Options(strict=arguments.strict, proofs=arguments.explain_clean, witness=arguments.witness)
    reports, statuses = [], [CLEAN]
    for name in arguments.input:
        try:
            report = _review(name, arguments.tree, rules, options)
        except InputError as error:
            statuses.append(_complain(str(error)))
            continue
        reports.append(report)
        if any(finding.state == "new" and finding.severity != "note" for finding in report.findings):
            statuses.append(FOUND)
        if report.contradictions:
            statuses.append(FAILED)
    if arguments.format == "json":
        from lmlint.report import machine

        return max(statuses), machine.render(reports)
    from lmlint.report import text

    width = shutil.get_terminal_size().columns if _terminal() else _WIDTH
    return max(statuses), text.render(reports, color=_color(arguments.color), width=width)


def _review(name: str, tree: Path | None, rules: Sequence[Rule], options: Options) -> InputReport:
    from lmlint.review import review_file, review_patch

    data = _read(name)
    if name.endswith(_C_SUFFIXES):
        return review_file(data, name, rules, options)
    return review_patch(data, _STDIN_NAME if name == _STDIN else name, tree, rules, options)


def _explain(arguments: argparse.Namespace) -> tuple[int, str]:
    name, colon, function = arguments.subject.rpartition(":")
    rules = _rules(arguments)
    if colon:
        from lmlint.engine.explain import explain_function
        from lmlint.report.text import printable

        data = _read(name)
        lines = [line for rule in rules for line in explain_function(data, name, rule, function).splitlines()]
        return CLEAN, "".join(f"{printable(line)}\n" for line in lines)
    from textwrap import fill

    from lmlint.kinds import KINDS

    if function not in KINDS:
        raise InputError(f"{function}: neither FILE.c:FUNCTION nor a kind; the kinds are {', '.join(KINDS)}")
    kind = KINDS[function]
    page = [f"{kind.name} ({kind.severity})", fill(kind.meaning, _WIDTH), fill(f"What to do: {kind.remedy}", _WIDTH)]
    for rule in rules:
        page += [f"Bad, in the example of {rule.name}:", rule.example_bad, "Good:", rule.example_good]
    return CLEAN, "\n\n".join(page) + "\n"


def _witness(arguments: argparse.Namespace) -> tuple[int, str]:
    from lmlint.replay import stories
    from lmlint.report.text import printable

    data = _read(arguments.file)
    found = [stories(data, arguments.file, rule, arguments.seed, arguments.sequences) for rule in _rules(arguments)]
    lines = [line for told in found for line in told.lines]
    return FOUND if any(told.drifts for told in found) else CLEAN, "".join(f"{printable(line)}\n" for line in lines)


def _mutate(arguments: argparse.Namespace) -> tuple[int, str]:
    import json

    from lmlint.mutate.run import run

    data = _read(arguments.file)
    rules = [rule for rule in _rules(arguments) if rule.array.encode() in data]
    if not rules:
        raise InputError(f"{arguments.file}: no rule's counter occurs in it, so there is nothing to edit")
    progress = _Progress(quiet=arguments.json)
    found = [
        run(data, arguments.file, rule, jobs=arguments.jobs, only=arguments.only, progress=progress) for rule in rules
    ]
    progress.done()
    status = CLEAN if all(summary.ok for summary in found) else FOUND
    if arguments.json:
        return status, json.dumps([summary.data() for summary in found], indent=2) + "\n"
    return status, "\n".join(summary.text() for summary in found)


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


def _test(arguments: argparse.Namespace) -> tuple[int, str]:
    from lmlint import corpus

    result = corpus.run(arguments.folder, _rules(arguments), witness=arguments.witness)
    return CLEAN if result.ok else FOUND, result.text.rstrip() + "\n"


def _rules(arguments: argparse.Namespace) -> tuple[Rule, ...]:
    from lmlint.rule import builtin_rules, load_rules

    return load_rules([builtin_rules(), *arguments.rules], arguments.rule)


def _read(name: str) -> bytes:
    try:
        data = io.FileIO(0, closefd=False).readall() if name == _STDIN else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from error
    if b"\0" in data:
        raise InputError(f"{name}: a binary file, neither C nor a patch")
    return data


def _terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()  # None where the caller closed it


def _color(choice: str) -> bool:
    if choice == "auto":
        return _terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def _write(text: str) -> int:
    """Print the text; return FAILED where the reader is gone or the disk is full."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, end="", flush=True)
    except OSError as error:
        # What is left in the buffer would fail once more, and loudly, when the interpreter closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED if isinstance(error, BrokenPipeError) else _complain(f"standard output: {error.strerror}")
    return CLEAN


def _complain(message: str) -> int:
    from lmlint.report.text import printable

    print(f"lmlint: {printable(message)}", file=sys.stderr)
    return FAILED
