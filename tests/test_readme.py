"""The README quotes what lmlint prints."""

from __future__ import annotations

from pathlib import Path

from lmlint.report.text import render
from lmlint.review import review_patch
from lmlint.rule import builtin_rules, load_rules

ROOT = Path(__file__).parent.parent
CASE = ROOT / "corpus" / "arm64-lm-meminfo" / "story-v2-double-count.patch"


def test_the_finding_in_the_readme_is_the_one_that_is_printed() -> None:
    report = review_patch(CASE.read_bytes(), CASE.name, CASE.parent / "tree", load_rules([builtin_rules()], []))
    quoted = (ROOT / "README.md").read_text(encoding="utf-8").split("```\n")[1]
    assert quoted in render([report], color=False, width=100)
