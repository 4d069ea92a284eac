"""Small C files under the built-in rule: what tests of the engine share."""

from __future__ import annotations

from lmlint.corpus import builtin_corpus
from lmlint.engine.check import Checker, analyse
from lmlint.engine.words import ledger_text
from lmlint.rule import builtin_rules, load_rules

(RULE,) = load_rules([builtin_rules()], ["arm64-lm-meminfo"])
PREAMBLE = (builtin_corpus() / RULE.name / "preamble.h").read_text(encoding="utf-8")
PATH = "arch/arm64/mm/small.c"


def text(code: str) -> bytes:
    """Return code with the counter and its helpers before it."""
    return (PREAMBLE + code).encode()


def checker(code: str) -> Checker:
    """Return the summaries of a small file."""
    return Checker(text(code), PATH, RULE)


def kinds(code: str) -> list[str]:
    """Return the kinds of the errors in a small file, in source order."""
    return [f.kind for f in analyse(text(code), PATH, RULE).findings if f.severity == "error"]


def verdicts(code: str) -> dict[str, str]:
    """Return the verdict of every function that touches the rule."""
    return {v.name: v.verdict for v in analyse(text(code), PATH, RULE).functions}


def reason(code: str, function: str) -> str:
    """Return why a function cannot be told, "" where it can."""
    return next((v.reason for v in analyse(text(code), PATH, RULE).functions if v.name == function), "")


def done(code: str, function: str) -> set[str]:
    """Return what the rows of a function do, as ledgers."""
    made = checker(code)
    found = [s for s in made.summaries.values() if s.function.name == function]
    return {ledger_text(row.done, made.program) for summary in found for row in summary.rows}
