"""What looks wrong in a rule that can be used: accounts, levels and patterns that come to nothing."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from lmlint.metavariables import WANTED, uses
from lmlint.pattern import compile_pattern, covers
from lmlint.schema import Mistake, listed, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.pattern import Pattern
    from lmlint.rule import Meaning, Rule
    from lmlint.toml import Key

_TOUCHES = ("read", "write", "fill", "clear", "populate", "walk", "grow", "enter")
_SHARED = frozenset({"read", "write", "fill", "clear", "populate", "walk", "grow", "test"})
"""Patterns that may stand in several levels: the level is that of the pointer, or of the value that is tested."""
_AMOUNT = re.compile(r"n_?\w*|num\w*|nr\w*|count|amount|pages|entries|bytes|size|len|length|how_many", re.IGNORECASE)
"""Names by which people call an amount."""


def doubts(rule: Rule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what looks wrong in a rule without mistakes."""
    data = {"level": {}, **data}
    yield from _texts(data)
    yield from _accounts(data)
    yield from _levels(data)
    yield from _tests(rule, data)
    yield from _shadowed(rule, data)
    yield from _amounts(data)
    yield from _locks(data.get("locks", {}))
    yield from _spoken(rule, data)


def _texts(data: Mapping[str, Any]) -> Iterator[Mistake]:
    if not data["files"]:
        yield Mistake(("files",), "key `files` is empty: the rule looks at no file; name some")
    if "why" not in data:
        yield Mistake((), "key `why` is missing: say what breaks for a user, and what the rule cannot see")
    for which in ("bad", "good"):
        if which not in data.get("example", {}):
            what = f"key `example.{which}` is missing: a few lines of C on which to try the rule"
            yield Mistake(("example",), what)


def _accounts(data: Mapping[str, Any]) -> Iterator[Mistake]:
    counter = data["counter"]
    moves = data.get("moves", {})
    leaves = {account for level in data["level"].values() for account in level.get("leaf", {}).values()}
    for account in data["account"]:
        if account not in leaves and not moves and account not in counter.get("index", {}):
            what = f"`{account}` is no level's `leaf`, so that nothing is ever done in it; add it there, or delete it"
            yield Mistake(("account", account), f"key `account.{account}`: {what}")
    if not counter.get("add") and not counter.get("sub"):
        what = "has neither `add` nor `sub`: no record of the counter is known; name how it is added to"
        yield Mistake(("counter",), f"key `counter` {what}")
    index = counter.get("index", {})
    for account in data["account"]:
        if index and account not in index:
            what = f"does not say where `{account}` stands; give every account its place"
            yield Mistake(("counter", "index"), f"key `counter.index` {what}")


def _levels(data: Mapping[str, Any]) -> Iterator[Mistake]:
    types: dict[str, str] = {}
    values = data.get("values", {})
    for name, level in data["level"].items():
        plain = level.get("test") or any(name in values.get(key, {}) for key in ("make", "bits"))  # it may be plain C
        if not any(level.get(key) for key in _TOUCHES) and not plain and not data.get("moves"):
            what = f"has none of {', '.join(_TOUCHES[:5])}: its entries are never read nor written"
            yield Mistake(("level", name), f"key `level.{name}` {what}; name how, or delete the level")
        other = types.setdefault(level["type"], name)
        if other != name:
            what = f"is that of `{other}` as well, so that entries of the two are not told apart"
            yield Mistake(("level", name, "type"), f"key `level.{name}.type`: `{level['type']}` {what}")
        if "cont" in level.get("leaf", {}) and "block" not in level:
            what = "has leaves of kind cont, and no `block`: the size of the run that is one contiguous block"
            yield Mistake(("level", name, "leaf"), f"key `level.{name}` {what}")


def _tests(rule: Rule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, level in data["level"].items():
        can = rule.levels[name].kinds
        for test, kinds in level.get("test", {}).items():
            key = ("level", name, "test", test)
            if kinds and not can & set(kinds):  # an empty list says on purpose that it is never true
                has = ", ".join(sorted(can))
                what = f"is true of {', '.join(kinds)}, and an entry of `{name}` is one of {has}: it is never true"
                yield Mistake(key, f"key `{name_of(key)}` {what}")


def _shadowed(rule: Rule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the patterns that are never reached: one before them matches the same."""
    keys = _keys(data)
    for found in rule.primitives.entries.values():
        seen: list[tuple[Pattern, Meaning, Key]] = []
        for pattern, meaning in found:
            here = keys.get((pattern.text, meaning.action, meaning.level), [])
            key = here.pop(0) if here else ()
            covering = ((other, at) for other, first, at in seen
                        if covers(other, pattern) and not _one_of_several(other, first, pattern, meaning))  # fmt: skip
            for other, at in islice(covering, 1):
                what = f"is never reached: `{other.text}` in `{_shown(at)}` comes first and takes all of it; delete one"
                yield Mistake(key, f"key `{_shown(key)}`: `{pattern.text}` {what}")
            seen.append((pattern, meaning, key))


def _keys(data: Mapping[str, Any]) -> dict[tuple[str, str, str], list[Key]]:
    """Return where each pattern stands, by its text, its action and its level, in the order of the file."""
    found: dict[tuple[str, str, str], list[Key]] = {}
    for use in uses(data):
        section, *_, action = use.kind.split(".")
        level = use.key[1] if section == "level" else use.key[2] if action in {"make", "bits"} else ""
        off = action == "on" and use.text.startswith("!")  # what is false there
        found.setdefault((use.text.removeprefix("!") if off else use.text, "off" if off else action, level), []).append(
            use.key
        )
    for name, level_ in data["level"].items():
        for test in level_.get("test", {}):
            found.setdefault((f"{test}($x)", "test", name), []).append(("level", name, "test", test))
    return found


def _shown(key: Key) -> str:
    """Return a key as messages name it, without a pattern at its end."""
    return name_of(key[:-1] if key and "$" in key[-1] else key)


def _one_of_several(other: Pattern, first: Meaning, pattern: Pattern, meaning: Meaning) -> bool:
    """Whether two patterns are the same one, for several levels."""
    return other.text == pattern.text and first.action == meaning.action in _SHARED and first.level != meaning.level


def _amounts(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the patterns that may mean an amount and do not call it `$n`, and names that differ by case only."""
    for use in uses(data):
        used = set(compile_pattern(use.text).variables)
        wanted = WANTED[use.kind]
        for extra in sorted(used - wanted.needed - wanted.known):
            meant = extra.lower() if extra.lower() in wanted.known - used else ""
            if "n" in wanted.known - used and (_AMOUNT.fullmatch(extra) or re.search(r"[-+]=|[-+] ", use.text)):
                meant = "n"
            if meant:
                what = (
                    f"`{use.text}`: `${extra}` stands for anything, and is not looked at; call it `${meant}` if it is"
                )
                amount = "the amount; without `$n` each counts 1" if meant == "n" else f"what `${meant}` is for"
                yield Mistake(use.key, f"key `{name_of(use.key)}`: {what} {amount}")


def _locks(locks: Mapping[str, Any]) -> Iterator[Mistake]:
    taken = next((key for key in ("take", "share", "try", "trial") if locks.get(key)), "")
    if taken and not locks.get("release"):
        what = "is there, and no `release`: a lock that is taken once is held for ever; name how it is let go of"
        yield Mistake(("locks", taken), f"key `locks.{taken}` {what}")


def _spoken(rule: Rule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is said of functions that a pattern of the rule is about already, or said twice."""
    for name in rule.hidden:
        if rule.speaks_of(name):
            what = f"is never looked at: a pattern of the rule says already what `{name}` does; delete one of the two"
            yield Mistake(("hidden", name), f"key `hidden.{name}` {what}")
    for section in ("outside", "shared", "remaps", "adopts", "holds"):
        seen: set[str] = set()
        for at, entry in enumerate(data.get(section, [])):
            for key, name in listed((section, str(at), "functions"), entry["functions"]):
                if name in seen:
                    yield Mistake(key, f"key `{section}.functions`: `{name}` stands there twice; keep one")
                seen.add(name)
