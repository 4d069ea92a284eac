"""The settings of the bot in plain words: what would be sent to whom, when, and what would not."""

from __future__ import annotations

import os
from textwrap import fill
from typing import TYPE_CHECKING

from lmlint.bot.checks import has_dkim, kind_of_tree
from lmlint.bot.credentials import USER
from lmlint.bot.settings import AUTHOR, DRY, HOUR, LIST, LOOPBACK, MINUTE, NOBODY, SENDMAIL, SMTP
from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmlint.bot.settings import ListSettings, Settings, Transport
    from lmlint.rule import Rule

_LABEL = 12
_INDENT = 2
_PLURALS = {"day": 24 * HOUR, "hour": HOUR, "minute": MINUTE, "second": 1}
_SECURITY = {"starttls": "encrypted (STARTTLS)", "tls": "encrypted (TLS)", "none": "not encrypted"}


def explain(settings: Settings, rules: Sequence[Rule], environment: Mapping[str, str], width: int) -> str:
    """Return what the settings mean; `rules` are those that there are, `width` is in columns.

    Trees, the state and the stop file are looked at, and whether the environment gives a user for SMTP.
    """
    parts = [
        ("Mails from", f"{settings.sender.name} <{settings.sender.spec}>".strip()),
        ("Sending", _sending(settings, environment)),
        ("Stop file", f"{settings.stop_file}: while it is there, nothing is sent. {_stopped(settings)}"),
        ("State", f"{settings.state}, {_size(settings)}"),
        ("Objections", _proof(settings)),
    ]
    blocks = [f"{settings.path}\n", _laid_out(parts, width, 0)]
    for one in settings.lists:
        title = f"List {one.name}" + (f" <{one.address}>" if one.address else "")
        rows = [
            ("Reads", _reads(one)),
            ("Reviews", _reviews(one, rules)),
            ("Trees", _trees(one, settings)),
            ("Miscounts", f"A patch to {one.name} that miscounts: {_answer(one)}"),
            ("Clean", f"A patch in which nothing is found: {_clean(one)}"),
            ("Objecting", _objecting(one)),
            ("Muted", _muted(one, settings)),
        ]
        blocks.append(f"{title}\n{_laid_out(rows, width, _INDENT)}")
    return "\n".join(blocks)


def span(seconds: int) -> str:
    """Return a span of time in words, in its two largest units: `6 hours`, `1 hour 30 minutes`."""
    words = []
    for unit, size in _PLURALS.items():
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) or "no time"


def _laid_out(rows: Iterable[tuple[str, str]], width: int, indent: int) -> str:
    """Return rows of a label and a text that wraps beside it."""
    hang = " " * (indent + _LABEL)
    return "".join(
        fill(
            text,
            width,
            initial_indent=f"{' ' * indent}{label:{_LABEL}}",
            subsequent_indent=hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
        for label, text in rows
    )


def _sending(settings: Settings, environment: Mapping[str, str]) -> str:
    if settings.transport.kind == DRY:
        return "Nothing can be sent: there is no [bot.smtp], [bot.sendmail] or [bot.maildir]. All runs are dry."
    how = _transport(settings.transport, environment)
    caps = f"At most {_count(settings.per_hour, 'mail')} an hour in all."
    return f"{how}. {caps} Nothing is sent unless `lmlint bot run` is given --send: without it, a run is dry."


def _transport(transport: Transport, environment: Mapping[str, str]) -> str:
    if transport.kind == SMTP:
        if environment.get(USER):
            user = f"as the user in {USER}"
        elif transport.credentials is not None:
            user = f"as the user in {transport.credentials}"
        else:
            user = "without a password"
        local = ", on this machine" if transport.host in LOOPBACK else ""
        return (
            f"By SMTP to {transport.host}, port {transport.port}{local}, {_SECURITY[transport.security]}, {user}, "
            f"given up after {span(transport.timeout)} of silence"
        )
    if transport.kind == SENDMAIL:
        return f"By the program {' '.join(transport.command)}"
    return f"Into the maildir {transport.path}, where another program or a person takes them"


def _stopped(settings: Settings) -> str:
    return "It is there now: nothing is sent." if os.path.lexists(settings.stop_file) else "It is not there now."


def _size(settings: Settings) -> str:
    if not settings.state.exists():
        return "which is not there yet; the first run makes it."
    return f"{-(-settings.state.stat().st_size // 1024)} KiB."


def _proof(settings: Settings) -> str:
    ways = ["a DKIM signature of its sender's domain"] if has_dkim() else []
    if settings.authserv:
        ways.append(f"the Authentication-Results that {_listed(settings.authserv)} put on top of it")
    if not ways:
        return "None is believed: dkimpy is not installed (lmlint[bot]), and `trust-results-of` names no host."
    return f"A mail with `#lmlint:` commands is believed on the strength of {' or '.join(ways)}."


def _reads(one: ListSettings) -> str:
    if not one.sources:
        return f"Nothing by itself: mails come through `lmlint bot feed --list {one.name}`."
    told = _listed([f"the {source.kind} {source.path}" for source in one.sources])
    return f"{told[0].upper()}{told[1:]}; and what `lmlint bot feed --list {one.name}` is given."


def _reviews(one: ListSettings, rules: Sequence[Rule]) -> str:
    used = [rule for rule in rules if rule.name in one.rules]
    told = _listed([f"{_listed(rule.files)} (rule {rule.name})" for rule in used])
    settle = f"is waited for until {span(one.settle)} after its last mail" if one.settle else "is not waited for"
    return f"Patches that touch {told}. The rest of a series {settle}."


def _trees(one: ListSettings, settings: Settings) -> str:
    if not one.trees:
        return "None: what a patch does not show is not known."
    told = []
    for path in one.trees:
        try:
            told.append(f"{path} ({kind_of_tree(path, settings)})")
        except InputError:
            told.append(f"{path} (cannot be used, see below)")
    return f"The files that a patch changes are looked up in {_listed(told)}."


def _answer(one: ListSettings) -> str:
    """Return who is written to, when and how often."""
    if one.answer == NOBODY:
        return "nobody is told; the review is in the state and on the pages of `lmlint bot site`."
    when = f"{span(one.embargo)} after the review" if one.embargo else "at once"
    held = ", and not before a person approves it (`lmlint bot queue`)" if one.moderate else ""
    caps = f"{_count(one.per_series, 'mail')} for a series, {one.per_thread} in a thread, {one.per_hour} an hour"
    rest = "What a series has beyond that is told in one digest; what a full thread has beyond it is not mailed."
    return f"{_to_whom(one)}, {when}{held}. At most {caps}. {rest}"


def _to_whom(one: ListSettings) -> str:
    if one.answer == AUTHOR:
        return "a mail to its author, Cc nobody"
    if one.answer == LIST:
        return f"a mail to {one.address}, Cc its author"
    return "a mail to its author, Cc all whom the patch was sent to, lists included"


def _clean(one: ListSettings) -> str:
    if one.answer == NOBODY or not one.positive:
        return "nobody is told."
    return f"{_to_whom(one)}, by the same rules."


def _objecting(one: ListSettings) -> str:
    return f"The author of a patch{f', and {_listed(one.maintainers)}' if one.maintainers else ' alone'}."


def _muted(one: ListSettings, settings: Settings) -> str:
    never = f"Never written to: {settings.sender.spec} itself, and addresses that programs read."
    if one.mute:
        never += f" Nor is {_listed(one.mute, 'or')}, and no patch of theirs is answered."
    if one.mute_subjects:
        never += f" No answer to the subject {_listed([f'`{pattern}`' for pattern in one.mute_subjects], 'or')}."
    return never


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
