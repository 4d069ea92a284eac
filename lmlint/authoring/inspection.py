"""A look at one rule file: all that is wrong with it, and what looks wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmlint import toml
from lmlint.authoring import code, doubts, examples
from lmlint.authoring.problem import ERROR, WARNING, Problem
from lmlint.error import InputError
from lmlint.rule import build, mistakes
from lmlint.schema import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lmlint.schema import Mistake


def inspect(path: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the rule in a file, by line; raises InputError where the file cannot be read.

    What only looks wrong is told once nothing is wrong: most of it would follow from what is.
    """
    text = toml.read(path)
    data = toml.attempt(text)
    if isinstance(data, toml.Slip):
        return (Problem(data.line or 1, "", ERROR, data.what),)
    places = toml.places(text)
    found = [_problem(one, places, ERROR) for one in (*mistakes(data, late=True), *code.mistakes(typed(data)[0]))]
    if not found:
        try:
            found += _deeper(path.stem, data, places)
        except InputError as error:  # of a rule that is whole and too large
            found.append(Problem(1, "", ERROR, str(error)))
    return tuple(sorted(found, key=lambda one: one.line))


def _deeper(name: str, data: Mapping[str, Any], places: toml.Places) -> Iterator[Problem]:
    """Yield what is seen once the rule is used: examples that fail, and what looks wrong."""
    rule = build(name, data)
    yield from examples.problems(rule, data, places)
    yield from (_problem(one, places, WARNING) for one in doubts.doubts(rule, data))


def _problem(one: Mistake, places: toml.Places, severity: str) -> Problem:
    line = places.line(one.key) if one.line == 0 else places.texts.get(one.key, places.line(one.key)) + one.line - 1
    return Problem(line, ".".join(one.key), severity, one.what)
