"""What the model provides besides its C code: new pages, requests that fail, and calls that do nothing or stop.

Besides what the rule names, its code may call `model_page(size, words)` (the address of a new page, or 0),
`model_fails()` (whether this request is the one that fails), `model_zero(start, size)`, `model_like(pointer, value)`
(the value as a pointer of that type) and `model_stop()`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lmlint.witness.ctype import INT, MASK, ULONG, VOID_POINTER
from lmlint.witness.machine import Discarded, NotListed
from lmlint.witness.scope import Ex, constant, convert

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.source import Node
    from lmlint.witness.model import Model
    from lmlint.witness.scope import Frame, Names, Scope

MAX_WIDTH = 80
"""How wide one number is printed at the most: formats are text that nobody has checked."""
_FORMAT = re.compile(r"%(-?0?\d*)(?:\.\d+)?(?:hh|h|ll|l|z)?([a-zA-Z%])")


def special(model: Model, names: Names, scope: Scope, name: str, arguments: tuple[Node, ...]) -> Ex | None:
    """Return a call of what the model provides itself; None where it does not."""
    if name in model.stops or name == "model_stop":
        return _stop(name)
    if name in model.enabled:
        on = len(arguments) == 1 and names.holds(f"defined({arguments[0].text})")
        return constant(int(on), INT)
    if name in model.prints:
        return _printed(scope, arguments)
    if model.ignore.fullmatch(name):
        return constant(0, INT)
    found = _OWN.get(name)
    if found is None:
        return None
    count, make = found
    if len(arguments) != count:
        raise NotListed(f"`{name}` takes {count} arguments")
    return make(scope, [scope.expr(each) for each in arguments])


def provides(model: Model, name: str) -> bool:
    """Whether a name is one that the model gives its own meaning, without any code."""
    named = name in model.stops or name in model.enabled or name in model.prints
    return named or name in _OWN or name == "model_stop" or model.ignore.fullmatch(name) is not None


def _stop(name: str) -> Ex:
    def run(_: Frame) -> int:
        raise Discarded(f"the code stops itself with `{name}`")

    return Ex(run, INT)


def _page(scope: Scope, values: list[Ex]) -> Ex:
    machine, size, words = scope.machine, values[0].run, values[1].run
    return Ex(lambda frame: machine.page(size(frame), words(frame)), ULONG)


def _fails(scope: Scope, _: list[Ex]) -> Ex:
    machine = scope.machine
    return Ex(lambda _: int(machine.fails()), INT)


def _zero(scope: Scope, values: list[Ex]) -> Ex:
    machine, start, size = scope.machine, convert(values[0], ULONG).run, values[1].run
    return Ex(lambda frame: machine.zero(start(frame), size(frame)), VOID_POINTER)


def _like(_: Scope, values: list[Ex]) -> Ex:
    return Ex(convert(values[1], ULONG).run, values[0].type)


_OWN: dict[str, tuple[int, Callable[[Scope, list[Ex]], Ex]]] = {
    "model_page": (2, _page),
    "model_fails": (0, _fails),
    "model_zero": (2, _zero),
    "model_like": (2, _like),
}


def _printed(scope: Scope, arguments: tuple[Node, ...]) -> Ex:
    runs = [scope.expr(each).run for each in arguments[1:]]
    machine = scope.machine
    if not runs:
        return constant(0, INT)

    def run(frame: Frame) -> int:
        form, *values = [each(frame) for each in runs]
        machine.printed.append(formatted(machine.texts.get(form, ""), values, machine.texts))
        return 0

    return Ex(run, INT)


def formatted(form: str, values: list[int], texts: dict[int, str]) -> str:
    """Return what C's printf makes of a format; strings are known by their addresses."""
    rest = list(values)

    def one(match: re.Match[str]) -> str:
        width, kind = match[1], match[2]
        if kind == "%":
            return "%"
        value = rest.pop(0) if rest else 0
        if kind == "s":
            text = texts.get(value, "?")
        elif kind in "xp":
            text = f"{value & MASK:x}"
        else:
            text = str(int(value))
        size = min(int(width.strip("-")[:9] or 0), MAX_WIDTH)
        if width.startswith("-"):
            return text.ljust(size)
        return text.zfill(size) if width.startswith("0") else text.rjust(size)

    return _FORMAT.sub(one, form)
