"""The rules there are: what each is about, and how many cases its corpus has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.corpus import builtin_corpus, case_files
from lmlint.rule import builtin_rules, load_rule, rule_files

if TYPE_CHECKING:
    from collections.abc import Sequence

CORPUS = "corpus"
"""The folder of cases, beside a folder of rules."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule: its file ("" for one that comes with lmlint), what it counts, and the cases of its corpus."""

    name: str
    summary: str
    files: tuple[str, ...]
    counter: str
    unit: str
    accounts: tuple[str, ...]
    cases: int
    path: str

    def text(self) -> str:
        """Return the rule in two lines."""
        cases = f"{self.cases} case{'' if self.cases == 1 else 's'}"
        where = f"; {self.path}" if self.path else ""
        about = f"{', '.join(self.files)}; counts {self.unit} in {self.counter}[]; {cases}{where}"
        return f"{self.name}: {self.summary}\n    {about}\n"

    def data(self) -> dict[str, object]:
        """Return the rule as JSON has it."""
        return asdict(self)


def listed(folders: Sequence[Path], names: Sequence[str]) -> tuple[Listed, ...]:
    """Return the rules of the folders, by name, or only those named; InputError where one is bad or missing."""
    return tuple(_listed(path) for path in rule_files([builtin_rules(), *folders], names))


def _listed(path: Path) -> Listed:
    rule = load_rule(path)
    own = path.parent == builtin_rules()
    cases = (builtin_corpus() if own else Path(path.parent.parent, CORPUS)) / rule.name
    count = len(case_files(cases)) if cases.is_dir() else 0
    shown = "" if own else str(path)
    return Listed(rule.name, rule.summary, rule.files, rule.array, rule.unit, tuple(rule.accounts), count, shown)
