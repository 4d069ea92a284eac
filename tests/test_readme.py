"""The README quotes what lmlint prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lmlint.cli import main
from lmlint.patch.mail import read_mail
from lmlint.patch.tree import open_trees
from lmlint.report.text import render
from lmlint.review import Options
from lmlint.rule import builtin_rules, load_rules
from lmlint.stack import review_patch

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CASE = ROOT / "corpus" / "arm64-lm-meminfo" / "story-v2-double-count.patch"


def printed(options: Options) -> str:
    rules, trees = load_rules([builtin_rules()], []), open_trees([str(CASE.parent / "tree")])
    report = review_patch(read_mail(CASE.read_bytes(), CASE.name), trees, rules, options)
    return render([report], color=False, width=100)


def test_what_the_readme_quotes_is_what_is_printed() -> None:
    _, finding, _, story, *_ = README.split("```\n")
    assert finding in printed(Options())
    assert "".join(f"      {line}\n" for line in story.splitlines()) in printed(Options(witness=True))


@pytest.mark.parametrize("name", ["story-v2-double-count.patch", "story-v4-race.patch"])
def test_the_reviews_in_the_readme_are_those_that_are_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = re.search(rf"<!-- reply {re.escape(name)} -->\n```\n(.*?)```\n", README, re.DOTALL)
    assert quoted is not None
    patch, tree = CASE.parent / name, CASE.parent / "tree"
    assert main(["reply", str(patch), "--tree", str(tree), "--from", "lmlint@example.org"]) == 1
    _, _, body = capsys.readouterr().out.partition("\n\n")
    assert quoted[1] == body
