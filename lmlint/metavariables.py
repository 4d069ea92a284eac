"""The patterns of a rule, and the `$metavariables` that each must name: what lmlint reads off what they match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError
from lmlint.pattern import bare, compile_pattern, is_metavariable, metavariable
from lmlint.schema import Mistake, listed, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.toml import Key

COUNTER = "$C"
"""What stands for the name of the counter, in the patterns of [counter]."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The metavariables of a kind of pattern: those it must name, and those it may; others stand for anything."""

    needed: frozenset[str]
    known: frozenset[str] = frozenset()


def _wanted(needed: str, known: str = "") -> Wanted:
    return Wanted(frozenset(needed.split()), frozenset(known.split()))


WANTED = {
    "counter.add": _wanted("a", "n"),
    "counter.sub": _wanted("a", "n"),
    "counter.read": _wanted("", "a"),
    "counter.on": _wanted("", "a"),
    "counter.atomic": _wanted("", "a n"),
    "counter.region": _wanted("addr"),
    "level.*.read": _wanted("p"),
    "level.*.write": _wanted("p v"),
    "level.*.fill": _wanted("p v"),
    "level.*.clear": _wanted("p"),
    "level.*.populate": _wanted("p t"),
    "level.*.walk": _wanted("p a"),
    "level.*.grow": _wanted("p a"),
    "level.*.enter": _wanted("v"),
    "level.*.step": _wanted("a e"),
    "values.keep": _wanted("x"),
    "values.valid": _wanted("x"),
    "values.cont": _wanted("x"),
    "values.noncont": _wanted("x"),
    "values.make": _wanted("prot"),
    "values.bits": _wanted("x"),
    "values.expand": _wanted(""),
    "values.find": _wanted("a level"),
    "values.same_block": _wanted("p n"),
    "values.safe_change": _wanted("old new"),
    "values.aligned": _wanted("x n"),
    "values.align_down": _wanted("x n"),
    "values.index": _wanted("a"),
    "moves.map": _wanted("a", "n"),
    "moves.unmap": _wanted("a", "n"),
    "table.alloc": _wanted(""),
    "table.virt": _wanted("t"),
    "table.phys": _wanted("t"),
    "control.stops": _wanted("c"),
    "control.dies": _wanted(""),
    "control.passes": _wanted("c"),
    "control.ignore": _wanted(""),
    **{f"locks.{key}": _wanted("l") for key in
       ("take", "share", "try", "trial", "release", "guard", "share_guard")},
    "locks.alone": _wanted(""),
    "report.print": _wanted("", "format text label value"),
    "report.length": _wanted("a"),
}  # fmt: skip
"""By key, `*` standing for a name that the rule chooses; `values.make` and `values.bits` have one list a level."""
_RECORDS = ("counter.add", "counter.sub")
_CALLS = frozenset({"table.alloc", "control.dies", "control.ignore", "locks.alone", "counter.atomic"})
"""Those that are calls, and need no metavariable by which a name that stands alone would show."""
LATE = ("locks", "counter.atomic")
"""What is compiled when it is first asked for: loading a rule does not look at its patterns."""


@dataclass(frozen=True, slots=True)
class Use:
    """A pattern of a rule: where it stands, under which key of `WANTED`, and its text, `$C` replaced."""

    key: Key
    kind: str
    text: str


def uses(data: Mapping[str, Any]) -> Iterator[Use]:
    """Yield every pattern of a rule, in the order of its keys."""
    counter = data.get("counter", {}).get("array", "counter")
    for kind in WANTED:
        section, *rest = kind.split(".")
        if rest[0] == "*":
            for name, level in data.get(section, {}).items():
                yield from _found((section, name, rest[1]), kind, level.get(rest[1], []))
        else:
            found = data.get(section, {}).get(rest[0], [])
            for use in _found((section, rest[0]), kind, found):
                own = section == "counter"
                yield Use(use.key, kind, use.text.replace(COUNTER, counter)) if own else use


def mistakes(data: Mapping[str, Any], *, late: bool = False) -> Iterator[Mistake]:
    """Yield what is wrong with the patterns of a rule; of those that are compiled late only if asked."""
    sole = len(data.get("account", {})) == 1
    for use in uses(data):
        if late or not use.kind.startswith(LATE):
            yield from _judged(use, sole=sole)


def _found(key: Key, kind: str, value: object) -> Iterator[Use]:
    """Yield the patterns below a key: a list of them, lists by level, or a table whose keys they are."""
    if isinstance(value, list):
        yield from (Use(place, kind, text) for place, text in listed(key, value))
    elif isinstance(value, dict) and kind in {"values.make", "values.bits"}:
        for name, texts in value.items():
            yield from _found((*key, name), kind, texts)
    elif isinstance(value, dict):
        yield from (Use((*key, text), kind, text) for text in value)


def _judged(use: Use, *, sole: bool) -> Iterator[Mistake]:
    """Yield what is wrong with a pattern; `sole`: there is one account, which a record need not name."""
    name = name_of(use.key) if use.kind not in {"level.*.step", "values.expand"} else name_of(use.key[:-1])
    try:
        pattern = compile_pattern(use.text)
    except InputError as error:
        yield Mistake(use.key, f"key `{name}`: {error}; {_cure(use.text)}")
        return
    whole = bare(pattern.node)
    if whole.type == "identifier" and is_metavariable(whole):
        what = "stands for anything, so that it says nothing; write the call or the operator around it"
        yield Mistake(use.key, f"key `{name}`: pattern `{use.text}` {what}")
        return
    if use.kind in _CALLS and whole.type == "identifier":
        what = f"is a name, and a call is meant; write `{use.text}(...)`"
        yield Mistake(use.key, f"key `{name}`: pattern `{use.text}` {what}")
        return
    used = set(pattern.variables)
    alone = {node.text for node in pattern.node.walk()}
    for one in sorted(used):
        if metavariable(one) not in alone:
            what = f"`${one}` is no expression by itself there; a $name stands for one"
            yield Mistake(use.key, f"key `{name}`: pattern `{use.text}`: {what}")
            return
    wanted = WANTED[use.kind]
    if "C" in used:
        yield Mistake(
            use.key, f"key `{name}`: pattern `{use.text}`: `{COUNTER}` is the counter in [counter] only; name it"
        )
    missing = wanted.needed - used - ({"a"} if sole and use.kind in _RECORDS else set())
    extra = sorted(used - wanted.needed - wanted.known - {"C"})
    if missing:
        guess = _meant(min(missing), extra)
        meant = f"; is `${guess}` meant to be `${min(missing)}`?" if guess else ""
        all_of = ", ".join(f"${each} ({_MEANS[each]})" for each in sorted(missing))
        yield Mistake(use.key, f"key `{name}`: pattern `{use.text}` must name {all_of}{meant}")
    elif use.kind == "report.print" and not used & {"format", "text", "value"}:
        what = "must name what it prints: $format, $text, or $label and $value"
        yield Mistake(use.key, f"key `{name}`: pattern `{use.text}` {what}")


_MEANS = {
    "a": "the account or address", "addr": "the address that is asked about", "c": "the condition", "e": "the end",
    "l": "the lock", "level": "where the account is stored", "n": "the size", "new": "the value after",
    "old": "the value before", "p": "the pointer to the entry", "prot": "the protection", "t": "the table",
    "v": "the value", "x": "what is asked about",
}  # fmt: skip


_ALSO = {
    "a": "account acct kind class level which idx type unit addr address start va", "addr": "address va virt start",
    "c": "cond condition", "e": "end limit next stop", "l": "lock mutex sem", "level": "lvl kind",
    "n": "count num nr size unit amount", "new": "next now after", "old": "prev was before",
    "p": "ptr pointer ptep pmdp pudp slot entry ent", "prot": "pgprot flags attr perm", "t": "table tab pgtable",
    "v": "value val new pte pmd entry ent", "x": "value val v entry ent bits",
}  # fmt: skip
"""Names by which people call what a metavariable is for."""


def _meant(missing: str, extra: list[str]) -> str:
    """Return which of the names that stand for anything is meant to be one that is missing; "" where none shows it."""
    if len(extra) == 1:
        return extra[0]
    words = _ALSO.get(missing, "").split()
    return min((one for one in extra if one.lower() in words), key=lambda one: words.index(one.lower()), default="")


def _cure(text: str) -> str:
    """Return what to do about a text that is no C expression."""
    if text.rstrip().endswith(";"):
        return "leave the `;` out: an expression is needed, no statement"
    for first, last in ("()", "[]"):
        if text.count(first) != text.count(last):
            return f"it has {text.count(first)} `{first}` and {text.count(last)} `{last}`"
    if re.search(r"\$(?!\w)", text):
        return "a `$` needs a name behind it"
    return "write the call or expression as the kernel does, with a $name for each part that varies"
