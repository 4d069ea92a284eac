"""The README quotes what lmlint prints."""

from __future__ import annotations

from pathlib import Path

from lmlint.patch.mail import read_mail
from lmlint.patch.tree import open_trees
from lmlint.report.text import render
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.stack import review_patch

ROOT = Path(__file__).parent.parent
CASE = ROOT / "corpus" / "arm64-lm-meminfo" / "story-v2-double-count.patch"


def printed(options: Options) -> str:
    rules, trees = load_rules([builtin_rules()], []), open_trees([str(CASE.parent / "tree")])
    report = review_patch(read_mail(CASE.read_bytes(), CASE.name), trees, rules, options)
    return render([report], color=False, width=100)


def test_what_the_readme_quotes_is_what_is_printed() -> None:
    _, finding, _, story, *_ = (ROOT / "README.md").read_text(encoding="utf-8").split("```\n")
    assert finding in printed(Options())
    assert "".join(f"      {line}\n" for line in story.splitlines()) in printed(Options(witness=True))
