"""What the values of a rule must agree on: accounts and levels that exist, and expressions that are C."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from lmlint.schema import KINDS, UNITS, Mistake, listed, name_of
from lmlint.source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lmlint.toml import Key

_NAME = re.compile(r"[A-Za-z_]\w*")
_FLAG = re.compile(r"[A-Za-z_]\w*(?:\s*==\s*[A-Za-z_]\w*)?")
_TYPE = re.compile(r"[A-Za-z_]\w*(?: [A-Za-z_]\w*)*")
_VARIABLE = re.compile(r"\$\w+")
_EXCEPTIONS = ("inside", "outside", "shared", "holds", "remaps", "adopts")
_WORDS = {
    "summary": "say in one line what goes wrong; it heads what is told",
    "why": "give the reason; it is printed where it matters",
    "fact": "say what the patterns take for granted",
}
"""The keys that are for people to read, and what to write there."""


def mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what does not agree in a rule whose keys have the right types."""
    judges = (_said, _files, _counter, _levels, _below, _values, _exceptions, _report)
    for judge in judges:
        yield from judge(data)


def which(name: str, known: Collection[str]) -> str:
    """Return which of the names that are known may be meant, and all of them."""
    near = get_close_matches(name, known, 1)
    return f"{f'is `{near[0]}` meant? ' if near else ''}there are: {', '.join(known) or 'none'}"


def known_account(key: Key, account: str, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the mistake of a name that is no account."""
    if account not in data.get("account", {}):
        what = f"key `{name_of(key)}`: `{account}` is no account; {which(account, data.get('account', {}))}"
        yield Mistake(key, what)


def _said(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the texts for people that say nothing."""
    said: list[tuple[Key, Mapping[str, Any]]] = [((), data)]
    for section in (*_EXCEPTIONS, "assume"):
        said += [((section, str(at)), entry) for at, entry in enumerate(data.get(section, []))]
    for above, entry in said:
        for name in (one for one in _WORDS if not entry.get(one, "said").strip()):
            key = (*above, name)
            yield Mistake(key, f"key `{name_of(key)}` is empty: {_WORDS[name]}")
    if "\n" in data.get("summary", "").strip():
        yield Mistake(("summary",), "key `summary` must be one line; what more there is to say goes into `why`")


def _files(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in ("files", "lookup"):
        for key, glob in listed((name,), data.get(name, [])):
            if glob.startswith(("/", "./")) or ".." in glob.split("/") or not glob:
                what = "is no path from the top of a kernel tree; write it as in arch/x/mm/*.c"
                yield Mistake(key, f"key `{name}`: `{glob}` {what}")
    for name in ("account", "geometry", "level"):
        if name in data and not data[name]:
            what = {"account": "an account", "level": "a level"}.get(name, "a [geometry.NAME]")
            yield Mistake((name,), f"key `{name}` is empty; there must be {what}")


def _counter(data: Mapping[str, Any]) -> Iterator[Mistake]:
    counter = data.get("counter", {})
    array = counter.get("array", "a")
    if not _NAME.fullmatch(array):
        yield Mistake(("counter", "array"), f"key `counter.array`: `{array}` must be one C name, that of the counter")
    unit = counter.get("unit", UNITS[0])
    if unit not in UNITS:
        yield Mistake(("counter", "unit"), f"key `counter.unit`: `{unit}` must be one of {', '.join(UNITS)}")
    places: dict[int, str] = {}
    for account, place in counter.get("index", {}).items():
        key: Key = ("counter", "index", account)
        yield from known_account(key, account, data)
        other = places.setdefault(place, account)
        if place < 0:
            yield Mistake(key, f"key `{name_of(key)}` must be 0 or more: it is an index of the counter")
        if other != account:
            what = f"stands at {place}, and so does `{other}`; give each account a place of its own"
            yield Mistake(key, f"key `{name_of(key)}`: `{account}` {what}")
    for key, name in listed(("counter", "where"), counter.get("where", [])):
        if not _FLAG.fullmatch(name):
            what = "must be the name of a parameter, or `name == CONSTANT`, and nothing more"
            yield Mistake(key, f"key `counter.where`: `{name}` {what}")


def _levels(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, level in data.get("level", {}).items():
        yield from _type(("level", name, "type"), level.get("type", "t"))
        yield from _kinds(("level", name), level, data)
        below = level.get("below", "")
        if below and below not in data["level"]:
            what = f"no level is called `{below}`; {which(below, data['level'])}"
            yield Mistake(("level", name, "below"), f"key `level.{name}.below`: {what}")
        for down in ("walk", "grow", "enter", "populate"):
            if level.get(down) and not below:
                what = "leads to a table, and the level has none below; add `below`"
                yield Mistake(("level", name, down), f"key `level.{name}.{down}` {what}")


def _type(key: Key, text: str) -> Iterator[Mistake]:
    """Yield the mistake of a text that is no C type, or that of a pointer."""
    name = " ".join(text.replace("*", " ").split())
    if "*" in text and _TYPE.fullmatch(name):
        what = f"`{text}` is a pointer, and what it points to is meant; leave the `*` out: `{name}`"
        yield Mistake(key, f"key `{name_of(key)}`: {what}")
    elif not _TYPE.fullmatch(text):
        what = f"`{text}` is no C type; write it as the kernel does, as in `pte_t` or `struct slot`"
        yield Mistake(key, f"key `{name_of(key)}`: {what}")


def _kinds(above: Key, level: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with the leaves of a level and with the tests of what an entry is."""
    for kind, account in level.get("leaf", {}).items():
        here = (*above, "leaf", kind)
        if kind not in {"plain", "cont"}:
            yield Mistake(here, f"key `{name_of(here)}`: the kind of a leaf is plain or cont, not `{kind}`")
        yield from known_account(here, account, data)
    for test, kinds in level.get("test", {}).items():
        here = (*above, "test", test)
        if not _NAME.fullmatch(test):
            yield Mistake(here, f"key `{name_of(here)}` must be the bare name of a function: it is given the value")
        for kind in (one for one in kinds if one not in KINDS):
            yield Mistake(here, f"key `{name_of(here)}`: `{kind}` is no kind; the kinds are {', '.join(KINDS)}")


def _below(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the levels that are below themselves."""
    levels = data.get("level", {})
    for name in levels:
        seen, below = {name}, levels[name].get("below", "")
        while below in levels and below not in seen:
            seen.add(below)
            below = levels[below].get("below", "")
        if below == name:
            what = f"leads back to `{name}`; the level of the smallest leaves has no `below`"
            yield Mistake(("level", name, "below"), f"key `level.{name}.below` {what}")


def _values(data: Mapping[str, Any]) -> Iterator[Mistake]:
    values = data.get("values", {})
    for section in ("make", "bits"):
        for name in values.get(section, {}):
            if name not in data.get("level", {}):
                what = f"no level is called `{name}`; {which(name, data.get('level', {}))}"
                yield Mistake(("values", section, name), f"key `values.{section}`: {what}")
    for pattern, code in values.get("expand", {}).items():
        key = ("values", "expand", pattern)
        yield from expression(key, code, f"values.expand: `{pattern}`")
        unknown = sorted(set(_VARIABLE.findall(code)) - set(_VARIABLE.findall(pattern)))
        if unknown:
            what = f"`{unknown[0]}` is not in the pattern on the left"
            yield Mistake(key, f"key `values.expand`: `{pattern}` = `{code}`: {what}; name it there")
    yield from _regular(("control", "error"), data.get("control", {}).get("error", ""))
    for section in ("prot", "physical"):
        for place, name in listed(("values", section), values.get(section, [])):
            yield from _type(place, name)
    yield from _bare(("values", "table"), values.get("table", []))
    yield from _bare(("table", "fail"), data.get("table", {}).get("fail", []))


def _bare(above: Key, names: list[str]) -> Iterator[Mistake]:
    for key, name in listed(above, names):
        if not _NAME.fullmatch(name):
            yield Mistake(key, f"key `{name_of(key)}`: `{name}` must be one C name")


def _exceptions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    for section in _EXCEPTIONS:
        for at, entry in enumerate(data.get(section, [])):
            key: Key = (section, str(at))
            if entry.get("functions") == []:
                yield Mistake((*key, "functions"), f"key `{section}.functions` is empty; name a function, or delete it")
            yield from _bare((*key, "functions"), entry.get("functions", []))
            if "when" in entry:
                yield from expression((*key, "when"), entry["when"], f"{section}.when", variables=False)
    for name, code in data.get("hidden", {}).items():
        if f"{name}(" not in code:
            what = f"must be the definition of `{name}`, in C; `{name}(` is not in it"
            yield Mistake(("hidden", name), f"key `hidden.{name}` {what}")


def _report(data: Mapping[str, Any]) -> Iterator[Mistake]:
    build, report = data.get("build"), data.get("report")
    if report is not None and build is None:
        yield Mistake(("report",), "a [report] needs a [build] that says which option selects each geometry")
    selects = {} if build is None else build.get("geometry", {})
    if build is not None and set(selects) != set(data.get("geometry", {})):
        what = f"must give an option for each geometry: {', '.join(data.get('geometry', {}))}"
        yield Mistake(("build", "geometry"), f"key `build.geometry` {what}")
    for name in ("label", "size"):
        text = (report or {}).get(name, "()()")
        wrong = tuple(_regular(("report", name), text))
        yield from wrong
        if not wrong and re.compile(text).groups != 2:  # noqa: PLR2004 - the number and its letter
            what = "must have two groups: the number, and one of k, M, G, T"
            yield Mistake(("report", name), f"key `report.{name}` {what}")
    for account, geometries in (report or {}).get("sometimes", {}).items():
        key = ("report", "sometimes", account)
        yield from known_account(key, account, data)
        if not geometries or not all(one in data.get("geometry", {}) for one in geometries):
            known = ", ".join(data.get("geometry", {}))
            yield Mistake(key, f"key `report.sometimes.{account}` must be a list of geometries, out of {known}")


def _regular(key: Key, text: str) -> Iterator[Mistake]:
    """Yield the mistake of a text that is no regular expression."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        what = f"`{text}` is no regular expression: {error}; write one of Python's"
        yield Mistake(key, f"key `{name_of(key)}`: {what}")


def expression(key: Key, text: str, shown: str, *, variables: bool = True) -> Iterator[Mistake]:
    """Yield the mistake of a value that is no C expression, or has metavariables where none can be."""
    plain = _VARIABLE.sub("variable", text) if variables else text
    if parse_expression(plain) is None:
        yield Mistake(key, f"key `{shown}`: `{text}` is not a C expression")
    elif not variables and "$" in text:
        yield Mistake(key, f"key `{shown}`: `{text}` is C without metavariables; leave the `$` out")
