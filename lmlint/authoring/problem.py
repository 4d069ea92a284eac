"""What is wrong with a rule, or looks wrong, by line and key."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a line of a rule's file, its key (dotted, "" for the whole file), and how grave it is."""

    line: int
    key: str
    severity: str
    what: str

    def data(self) -> dict[str, object]:
        """Return the problem as JSON has it."""
        return {"line": self.line, "key": self.key, "severity": self.severity, "message": self.what}

    def text(self, path: str) -> str:
        """Return the problem in one line, as compilers tell theirs."""
        return f"{path}:{self.line}: {self.severity}: {self.what}"
