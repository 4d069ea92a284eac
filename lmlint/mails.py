"""The commands that write mails and check them: what they are asked, and what they do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmlint.commands import CLEAN, FAILED, FOUND, Answer, configured, errors_of, read, review, session_of, start_of
from lmlint.error import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterator, Sequence

    from lmlint.compare import Comparison
    from lmlint.config import Config
    from lmlint.finding import InputReport
    from lmlint.mailing.address import Address

_RULES = """
Rules: 72 columns for one's own words (quoted text, what stands below a scissors line, single words such as links, and
indented lines below "-- " may be longer); text/plain in UTF-8, 8bit, not flowed; From, Subject, Date, Message-ID and To
or Cc, none twice, all in ASCII; an answer has "Re: " and names what it answers in References; no Reviewed-by and its
kin, no pw-bot command, no HTML; five quoted lines of a hunk above a commented one, no quoted signature, nothing quoted
below the last words of one's own; one signature delimiter; no line over 998 bytes, no mail over 100000. A mail that
says that lmlint wrote it, and any mail with --bot, needs Auto-Submitted, X-Loop and X-Mailer as well.
Exit status: 0 nothing is wrong, 1 something is, 2 could not run.
"""


def add_commands(parsers: argparse._SubParsersAction[Any], parents: Sequence[argparse.ArgumentParser]) -> None:
    """Add the commands to the command line; `parents` have the options of `check`."""
    reply = parsers.add_parser(
        "reply",
        parents=list(parents),
        help="answer patches by mail",
        description="Write the review of each patch as the mail that answers it. Notes, and what the patch does not "
        "bring, are never mailed; no mail is sent.",
        epilog="Who is written to: Reply-To or the author, and in Cc all other recipients of the patch but oneself; "
        "Mail-Followup-To is not heeded. Exit status: 0 nothing to say, 1 a review was written, 2 could not run.",
    )
    reply.add_argument("input", nargs="*", metavar="INPUT", help="as of check")
    reply.add_argument("--staged", action="store_true", help="what is staged for the next commit")
    reply.add_argument("--worktree", action="store_true", help="all changes of tracked files since the last commit")
    where = reply.add_mutually_exclusive_group()
    where.add_argument(
        "--to-mbox",
        type=Path,
        metavar="FILE",
        help="add the mails to this mbox, which is made where it is not there; one that it holds is not added again",
    )
    where.add_argument(
        "--stdout", action="store_true", help="print the mail as it is, several of them as an mbox (the default)"
    )
    reply.add_argument("--from", dest="sender", metavar="ADDRESS", help="who answers (default: key `from`, git's user)")
    reply.add_argument("--to", action="append", metavar="ADDRESS", help="in place of the author; may be repeated")
    reply.add_argument("--cc", action="append", metavar="ADDRESS", help="in place of the others; '' for nobody")
    reply.add_argument("--in-reply-to", metavar="ID", help="what is answered, where the patch has no Message-ID")
    reply.add_argument(
        "--date", help="of the answer, as mail has it or in seconds since 1970 (default: that of the mail answered)"
    )
    reply.add_argument("--positive", action="store_true", help="answer patches in which nothing is found as well")
    reply.add_argument(
        "--previous",
        action="append",
        default=[],
        metavar="INPUT",
        help="an earlier version, of which nothing is told again; may be repeated, the oldest first",
    )
    reply.add_argument("--templates", type=Path, metavar="DIR", help="templates in place of the built-in ones")
    reply.set_defaults(run=write, explain_clean=False, format=None)

    lint = parsers.add_parser(
        "lint-mail",
        help="hold a mail that goes out against the rules of kernel lists",
        description="Print what is wrong with an outgoing mail, or with each mail of a mailbox.",
        epilog=_RULES,
    )
    lint.add_argument("mail", metavar="FILE", help="a mail, or a mailbox; - is standard input")
    lint.add_argument("--answers", metavar="MAIL", help="the mail that is answered: every quoted line must stand there")
    lint.add_argument("--bot", action="store_true", help="a program wrote it")
    lint.add_argument("--draft", action="store_true", help="recipients and date may be missing")
    lint.add_argument("--tags", action="store_true", help="a person's own Reviewed-by and its kin may stand in it")
    lint.set_defaults(run=check)


def write(arguments: argparse.Namespace) -> Answer:
    """Return the mails that answer patches, or add them to a mailbox."""
    if not (arguments.input or arguments.staged or arguments.worktree):
        raise InputError("reply: nothing to answer; give a patch, a revision, --staged or --worktree")
    from dataclasses import replace

    from lmlint.mailing.outbox import add, mbox
    from lmlint.reply import Request, replies

    config = configured(arguments, start_of(arguments.input))
    request = Request(
        _sender(arguments.sender, config),
        _addresses("--to", arguments.to),
        _addresses("--cc", arguments.cc),
        _message_id(arguments.in_reply_to),
        _date(arguments.date),
        positive=arguments.positive,
        templates=arguments.templates,
        limits=config.limits,
    )
    made = review(arguments, config, arguments.input)
    comparison = _compared(arguments.previous, made.reports, made.errors, config)
    names = {name for report in made.reports for name in report.rules}
    answers = replies(made.reports, replace(request, rules=hashes_of(names, config), comparison=comparison))
    mails = [(letter.data, letter.date) for letter in answers.letters]
    wrong = (*errors_of(made), *answers.errors)
    data = b""
    if arguments.to_mbox is not None:
        if mails:
            add(arguments.to_mbox, mails, config.limits)
    elif len(mails) == 1:
        data = mails[0][0]
    else:
        data = mbox(mails)
    contradicted = any(report.contradictions for report in made.reports)
    status = FAILED if wrong or contradicted else FOUND if mails else CLEAN
    return Answer(status, errors=(*answers.notices, *wrong), data=data)


def check(arguments: argparse.Namespace) -> Answer:
    """Return what is wrong with a mail, a line each."""
    from lmlint.mailing.answered import every_line
    from lmlint.mailing.lint import Rules, lint
    from lmlint.mailing.proof import disproved
    from lmlint.report.text import printable

    rules = Rules(True if arguments.bot else None, draft=arguments.draft, tags=arguments.tags)
    lines = []
    quotable = every_line(read(arguments.answers), arguments.answers) if arguments.answers is not None else None
    name, data = _outgoing(arguments.mail)
    for first, mail in _mails(data, name):
        found = [(fault.line, fault.rule, fault.message) for fault in lint(mail, rules)]
        if quotable is not None and (unproved := disproved(mail, quotable)) is not None:
            found.append((unproved[0], "quote", unproved[1]))
        lines += [f"{name}:{line + first}: {rule}: {what}" for line, rule, what in found]
    return Answer(FOUND if lines else CLEAN, "".join(f"{printable(line)}\n" for line in lines))


def _outgoing(name: str) -> tuple[str, bytes]:
    """Return what a file is called in messages, and its text; `-` is standard input."""
    from lmlint.limits import DEFAULT
    from lmlint.session import STDIN, STDIN_NAME, read_stdin

    return (STDIN_NAME, read_stdin(DEFAULT.bytes)) if name == STDIN else (name, read(name))


def _mails(data: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the mails of a file, each with the number of the lines above it."""
    from lmlint.patch.box import read_box

    above = data[: len(data) - len(data.lstrip(b"\r\n"))].count(b"\n")
    for message in read_box(data, name):
        yield above, message.data
        above += message.data.count(b"\n") + 1  # the blank line between two mails of a box is none of either


def _sender(given: str | None, config: Config) -> Address:
    """Return who answers: as the option says, else the configuration, else git."""
    from lmlint.mailing.address import Address, read_address

    where, text = ("--from", given) if given is not None else (f"{config.origin('from')}: `from`", config.from_)
    if not text:
        from lmlint.patch.identity import identity

        name, spec = identity()
        where, text = "git's user.email", spec
        found = read_address(spec)
        if found is not None:
            return Address(" ".join(name.split())[:100] if name.isprintable() else "", found.spec)
    found = read_address(text)
    if found is None:
        what = f"{where}: {text[:60]!a} is no address" if text else "nobody to answer as"
        raise InputError(f"{what}; give --from 'Name <address>', the key `from` of lmlint.toml, or git's user.email")
    return found


def _addresses(option: str, given: Sequence[str] | None) -> tuple[Address, ...] | None:
    """Return the addresses that an option gives, None where it is not given."""
    if given is None:
        return None
    from lmlint.mailing.address import read_addresses

    found = [read_addresses(one.encode("utf-8", "replace")) for one in given]
    for bad in (bad for one in found for bad in one.bad):
        raise InputError(f"{option}: {bad[:60]!a} is no address; give `Name <address>`")
    return tuple(address for one in found for address in one.good)


def _message_id(given: str | None) -> str:
    """Return a message id in angle brackets, "" where none is given."""
    from lmlint.mailing.answered import is_id

    text = "" if given is None else given.strip()
    text = text if not text or text.startswith("<") else f"<{text}>"
    if given is not None and not is_id(text):
        raise InputError(f"--in-reply-to: {given[:60]!a} is no message id; give the patch's, as `<...@...>`")
    return text


def _date(given: str | None) -> int | None:
    """Return the date that an option or the environment gives, in seconds since 1970, None where neither does."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    name, text = ("--date", given) if given is not None else ("SOURCE_DATE_EPOCH", os.environ.get("SOURCE_DATE_EPOCH"))
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= len("253402300799"):
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()), 0)
    except (ValueError, OverflowError):
        example = "give it as `Mon, 12 Jan 2026 09:00:00 +0000`, or in seconds"
        raise InputError(f"{name}: {text[:60]!a} is no date; {example}") from None


def _compared(
    previous: Sequence[str], reports: Sequence[InputReport], errors: Sequence[str], config: Config
) -> Comparison | None:
    """Return what became of the findings of earlier versions, None where there is none; InputError for one unread."""
    if not previous:
        return None
    from lmlint.compare import compare
    from lmlint.version import is_backwards

    session = session_of(config)
    older = [session.check([name]) for name in previous]
    for error in (error for one in older for error in one.errors):  # what was told before would be told again
        raise InputError(error)
    versions = [*(one.reports for one in older), reports]
    if is_backwards(versions):
        raise InputError(
            "--previous: an older version comes after a newer one; give the oldest first, the answered last"
        )
    return compare(versions, [*(() for _ in older), errors], config.limits)


def hashes_of(names: Collection[str], config: Config) -> dict[str, str]:
    """Return a hash of the text of each rule by its name."""
    import hashlib

    from lmlint.rule import builtin_rules

    paths = [(name, folder / f"{name}.toml") for name in sorted(names) for folder in (builtin_rules(), *config.rules)]
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths if path.is_file()}
