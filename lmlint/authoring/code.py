"""The C in a rule: what the grammar cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint.error import InputError
from lmlint.schema import Mistake
from lmlint.source import Dialect, first_unreadable, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.toml import Key

_CURE = "mend it there, or name in [source] the kernel words that the C grammar does not know"


def mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the C of a rule that cannot be read, with its line within the text."""
    source = data.get("source", {})
    dialect = Dialect(*(tuple(source.get(key, ())) for key in ("attributes", "calls", "loops", "scopes")))
    for key, text in _codes(data):
        name = ".".join(key)
        line = first_unreadable(text.encode(), dialect)
        if line:
            shown = text.split("\n")[line - 1].strip()[:60]
            yield Mistake(key, f"key `{name}`: the grammar of C cannot read `{shown}`; {_CURE}", line)
        elif key[0] == "hidden":
            yield from _defines(key, text, dialect)


def _codes(data: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    model = data.get("model", {})
    yield from ((("hidden", name), text) for name, text in data.get("hidden", {}).items())
    yield from ((("model", "geometry", name), text) for name, text in model.get("geometry", {}).items())
    yield from ((("model", "code"), model[key]) for key in ("code",) if key in model)
    yield from ((("example", name), text) for name, text in data.get("example", {}).items())


def _defines(key: Key, text: str, dialect: Dialect) -> Iterator[Mistake]:
    name = key[-1]
    try:
        made = parse(text.encode(), name, dialect)
    except InputError as error:
        yield Mistake(key, f"key `hidden.{name}`: {error}")
        return
    if name not in {*(function.name for function in made.functions), *made.macros} and f"{name}(" in text:
        yield Mistake(key, f"key `hidden.{name}` does not define `{name}`; write the function with its body")
