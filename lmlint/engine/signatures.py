"""Types of C as text: one spelling for each, and whether two are certainly not the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmlint.source import Parameter


def parameters(count: int | None) -> str:
    """Return a number of parameters in words."""
    return "no parameter" if not count else f"{count} parameter{'s' if count != 1 else ''}"


def type_text(parameter: Parameter) -> str:
    """Return the type of a parameter in one spelling."""
    return spelled(parameter.type + "*" * parameter.stars) + (" (*)()" if parameter.function else "")


_WORDS = frozenset({"void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool", "_Bool"})


def spelled(text: str) -> str:
    """Return a type in one spelling out of those that C has for it."""
    base, stars = re.sub(r"\s*\*", "*", text).rstrip("*"), text.count("*")
    words = base.split()
    if words and set(words) <= _WORDS:
        if set(words) & {"short", "long", "unsigned", "signed"} and "double" not in words and "char" not in words:
            words = [w for w in words if w != "int"] or ["int"]
            words = [w for w in words if w != "signed"] or ["int"]
            words = ["unsigned", "int"] if words == ["unsigned"] else words
        words = ["bool" if w == "_Bool" else w for w in words]
        words.sort(key=lambda w: (w != "unsigned", w))
    return " ".join(words) + (" " + "*" * stars if stars else "")


def differ(one: str, other: str) -> bool:
    """Whether two types are certainly not the same: a typedef's name may stand for anything but a pointer to it."""
    if one == other:
        return False
    if one.count("*") == other.count("*") and any(_is_alias(t) for t in (one, other)):
        return False
    return not any(_is_alias(t) and t.count("*") < u.count("*") for t, u in ((one, other), (other, one)))


def _is_alias(text: str) -> bool:
    words = text.replace("*", " ").replace("(", " ").replace(")", " ").split()
    return not (set(words) <= _WORDS or (words and words[0] in {"struct", "union", "enum"}))
