"""The README quotes what lmlint prints."""

from __future__ import annotations

from pathlib import Path

from lmlint.report.text import render
from lmlint.review import Options, review_patch
from lmlint.rule import builtin_rules, load_rules

ROOT = Path(__file__).parent.parent
CASE = ROOT / "corpus" / "arm64-lm-meminfo" / "story-v2-double-count.patch"


def printed(options: Options) -> str:
    rules, tree = load_rules([builtin_rules()], []), CASE.parent / "tree"
    return render([review_patch(CASE.read_bytes(), CASE.name, tree, rules, options)], color=False, width=100)


def test_what_the_readme_quotes_is_what_is_printed() -> None:
    _, finding, _, story, *_ = (ROOT / "README.md").read_text(encoding="utf-8").split("```\n")
    assert finding in printed(Options())
    assert "".join(f"      {line}\n" for line in story.splitlines()) in printed(Options(witness=True))
