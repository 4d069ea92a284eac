"""Imports run one way, and each library is imported in one place."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "lmlint"
ORDER = (
    "error",
    "limits",
    "scope",
    "hook",
    "install",
    "toml",
    "finding",
    "kinds",
    "pasting",
    "source",
    "pattern",
    "schema",
    "agreement",
    "sizes",
    "modelled",
    "metavariables",
    "rule",
    "engine",
    "witness",
    "replay",
    "patch",
    "mutate",
    "fix",
    "allow",
    "config",
    "review",
    "stack",
    "session",
    "version",
    "compare",
    "report",
    "mailing",
    "reply",
    "sockets",
    "expect",
    "corpus",
    "completion",
    "commands",
    "mails",
    "authoring",
    "bot",
    "cli",
    "start",
)
"""A module imports only from modules that stand before it; those of one folder form no cycle when they are loaded."""

KNOWS_NOTHING_OF = {
    "witness": {"kinds", "engine"},
    "patch": {"kinds", "source", "pattern", "rule", "engine", "witness", "replay"},
    "mailing": {"kinds", "source", "pattern", "rule", "engine", "witness", "replay", "mutate", "fix", "review"},
    "report": {"source", "pattern", "rule", "engine", "witness", "replay", "patch", "review"},
}
MAY_STILL_KNOW = {"report.diffview": {"patch"}}
"""A page shows the patch itself, and there is one reader of diffs."""
HOME = {
    "argcomplete": "completion",
    "dkim": "bot.signature",
    "dns": "bot.signature",
    "sqlite3": "bot.database",
    "tree_sitter": "source",
    "tree_sitter_c": "source",
    "tomllib": "toml",
    "unidiff": "patch.diff",
}

OWN_PAGES = {"bot.markup"}
"""The bot's pages show its state, which a report knows nothing of."""

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}


def imports(module: str, *, for_types: bool = True) -> set[str]:
    """Return the full names that a module imports, wherever in it the import stands."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    if not for_types:
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own(module: str, *, for_types: bool = True) -> set[str]:
    """Return the modules of lmlint that a module imports."""
    names = {
        name.removeprefix("lmlint.") for name in imports(module, for_types=for_types) if name.startswith("lmlint.")
    }
    return {found for name in names for found in (name, name.rpartition(".")[0]) if found in MODULES}


def top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    place = ORDER.index(top(module))
    above = {name for name in own(module) if top(name) != top(module)}
    assert {name for name in above if ORDER.index(top(name)) > place} == set()
    unknown = KNOWS_NOTHING_OF.get(top(module), set()) - MAY_STILL_KNOW.get(module, set())
    assert {name for name in above if top(name) in unknown} == set()


def test_there_is_no_cycle() -> None:
    # Two modules that call each other may name each other's types; only one of them may need the other to be loaded.
    needs = {module: own(module, for_types=False) for module in MODULES}
    assert tuple(TopologicalSorter(needs).static_order())


@pytest.mark.parametrize("module", MODULES)
def test_each_library_has_one_home(module: str) -> None:
    libraries = {top(name) for name in imports(module)}
    assert {name for name in libraries if HOME.get(name, module) != module} == set()
    assert not libraries & {"jinja2", "markupsafe"} or top(module) == "report" or module in OWN_PAGES
