"""The examples of a rule, run: the bad one must give a finding, the good one none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lmlint.authoring.problem import ERROR, Problem
from lmlint.engine.check import Analysis, analyse
from lmlint.finding import CANNOT_TELL
from lmlint.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.rule import Rule
    from lmlint.toml import Places


def analysed(rule: Rule, code: str) -> Analysis:
    """Return what is said of an example of a rule, the counter before it."""
    return analyse(f"{rule.example_before}\n{code}".encode(), f"{rule.name}.toml", rule)


def problems(rule: Rule, data: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    """Yield what is wrong with the examples: where in the file, and what is found instead."""
    for which, code in data.get("example", {}).items():
        if which == "before":
            continue
        key = ("example", which)
        line = places.line(key)
        # `before` goes without its outer newlines, and one follows it.
        shift = places.texts.get(key, line) - rule.example_before.count("\n") - 2
        made = analysed(rule, code)
        errors = [one for one in made.findings if KINDS[one.kind].severity == "error"]
        unsure = [one for one in made.functions if one.verdict == CANNOT_TELL]
        for one in unsure:
            what = f"key `example.{which}`: `{one.name}` cannot be told: {one.reason}"
            yield Problem(max(one.line + shift, line), f"example.{which}", ERROR, what)
        if not rule.counts_in(f"{rule.example_before}{code}".encode()):
            what = f"the rule sleeps where none of {', '.join(sorted(rule.signs))} occurs; use it, or add `before`"
            yield Problem(line, f"example.{which}", ERROR, f"key `example.{which}`: {what}")
        elif not made.functions:
            what = "no function in it touches an entry or the counter by a pattern of the rule"
            yield Problem(line, f"example.{which}", ERROR, f"key `example.{which}`: {what}")
        elif which == "bad" and not errors and not unsure:
            what = f"no error is found in it, and it must give one: {_cure(code)}"
            yield Problem(line, "example.bad", ERROR, f"key `example.bad`: {what}")
        elif which == "good":
            for found in made.findings:
                what = f"key `example.good` must be clean; found is {found.kind}: {found.message}"
                yield Problem(max(found.place.line + shift, line), "example.good", ERROR, what)


def _cure(code: str) -> str:
    """Return what to do about a bad example in which nothing is found."""
    if re.search(r"^static\b(?![^(;]*=)", code, re.MULTILINE):
        return "a static function that nothing calls is never at fault; leave `static` out, or call it"
    return "break the counting, test what the entry is (a caller might see to it), or mend the rule"
