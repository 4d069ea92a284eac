"""The real sources of Linux 6.12, where they are beside this checkout: data to run on, never copied into it.

They are looked for in `../shared/inputs/linux-6.12`, or where LMLINT_LINUX says, laid out as in the kernel's tree.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmlint.engine.check import Analysis, analyse
from lmlint.rule import builtin_rules, load_rule
from tests.edits import INPUTS

if TYPE_CHECKING:
    from lmlint.rule import Rule

LINUX = Path(os.environ.get("LMLINT_LINUX", str(INPUTS / "linux-6.12")))


def needs(folder: str) -> pytest.MarkDecorator:
    """Return the mark of tests that are skipped where a folder of the sources is not there."""
    return pytest.mark.skipif(not (LINUX / folder).is_dir(), reason=f"{LINUX / folder} is not there (LMLINT_LINUX)")


@cache
def rule(name: str) -> Rule:
    """Return a rule of ours."""
    return load_rule(builtin_rules() / f"{name}.toml")


def text(path: str) -> str:
    """Return a file of the sources."""
    return (LINUX / path).read_text(encoding="utf-8", errors="replace")


@cache
def _others(name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for pattern in rule(name).lookup:
        for path in sorted((LINUX / pattern).parent.glob("*")):
            if path.is_file() and fnmatchcase(path.name, Path(pattern).name):
                found[str(path.relative_to(LINUX))] = path.read_bytes()
    return found


@cache
def check(name: str, path: str, code: str | None = None) -> Analysis:
    """Return what a rule says of a file of the sources, or of other code in its place."""
    return analyse((text(path) if code is None else code).encode(), path, rule(name), others=_others(name))
