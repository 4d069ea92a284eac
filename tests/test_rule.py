"""Rules are data: what is wrong with one is said in one line, and its examples run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lmlint.authoring.examples import analysed
from lmlint.authoring.inspection import inspect
from lmlint.error import InputError
from lmlint.kinds import KINDS
from lmlint.rule import Rule, builtin_rules, load_rule, load_rules

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules([builtin_rules()], [])

SMALL = """\
summary = "a counter drifts"
files = ["mm/*.c"]

[counter]
array = "counts"
add = ["$C[$a] += $n"]

[account]
PTE = "PAGE_SIZE"

[geometry.4K]
PAGE_SHIFT = 12

[constant]
PAGE_SIZE = "1 << PAGE_SHIFT"

[level.pte]
type = "pte_t"
leaf = { plain = "PTE" }
write = ["set_pte($p, $v)"]

[level.pte.test]
pte_none = ["none"]
"""


def load(folder: Path, content: str | bytes) -> Rule:
    path = folder / "small.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_rule(path)


def test_the_small_rule_loads(tmp_path: Path) -> None:
    rule = load(tmp_path, SMALL)
    assert (rule.name, rule.array, rule.files) == ("small", "counts", ("mm/*.c",))
    assert rule.applies("mm/a.c")
    assert not rule.applies("fs/a.c")
    assert rule.levels["pte"].kinds == {"none", "plain"}
    assert rule.has_leaves("PTE", "16K")
    assert not load(tmp_path, SMALL + REPORT).has_leaves("PTE", "16K")


REPORT = """
[report]
sometimes = { PTE = ["4K"] }

[build]
geometry = { 4K = "CONFIG_4K" }
"""
WRONG = {
    "unknown top key": (SMALL.replace("summary", "sumary"), "unknown key `sumary`"),
    "unknown section": (SMALL + "[extra]\n", "unknown key `extra`"),
    "unknown key in a section": (SMALL.replace("array =", 'arrays = "x"\narray ='), "unknown key `counter.arrays`"),
    "unknown key in a level": (SMALL.replace("write =", "writes ="), "unknown key `level.pte.writes`"),
    "missing summary": (SMALL.replace('summary = "a counter drifts"\n', ""), "key `summary` is missing"),
    "missing counter": (
        SMALL.replace("[counter]", "[values]").replace("array", "bit").replace("add", "keep"),
        "`counter` is missing",
    ),
    "missing array": (SMALL.replace('array = "counts"\n', ""), "key `counter.array` is missing"),
    "missing level type": (SMALL.replace('type = "pte_t"\n', ""), "key `level.pte.type` is missing"),
    "text for a list": (SMALL.replace('["mm/*.c"]', '"mm/*.c"'), "key `files` must be a list"),
    "list for a text": (SMALL.replace('"a counter drifts"', '["a"]'), "key `summary` must be a text"),
    "number in a list": (SMALL.replace('["mm/*.c"]', "[1]"), "key `files` must be a list of texts; a whole"),
    "leaf of no account": (SMALL.replace('plain = "PTE"', 'plain = "PMD"'), "key `level.pte.leaf.plain`"),
    "leaf of no kind": (SMALL.replace('plain = "PTE"', 'table = "PTE"'), "key `level.pte.leaf.table`"),
    "test of no kind": (SMALL.replace('["none"]', '["nothing"]'), "key `level.pte.test.pte_none`"),
    "below no level": (SMALL.replace('type = "pte_t"', 'type = "pte_t"\nbelow = "ptf"'), "key `level.pte.below`"),
    "geometries that differ": (SMALL.replace("[constant]", "[geometry.16K]\nPAGE = 14\n[constant]"), "geometry"),
    "no geometry": (SMALL.replace("[geometry.4K]\nPAGE_SHIFT = 12", "[geometry]"), "geometry"),
    "size that is no C": (SMALL.replace('"1 << PAGE_SHIFT"', '"1 <<"'), "key `constant.PAGE_SIZE`"),
    "pattern that is no C": (SMALL.replace("set_pte($p, $v)", "set_pte($p"), "pattern `set_pte($p`"),
    "pattern without its variable": (SMALL.replace("set_pte($p, $v)", "set_pte($p)"), "must name $v"),
    "outside without a reason": (SMALL + '[[outside]]\nfunctions = ["f"]\n', "outside"),
    "assume with a slip": (SMALL + '[[assume]]\nfacts = "f"\nwhy = "w"\n', "assume"),
    "report of no account": (SMALL + REPORT.replace("PTE", "PMD"), "key `report.sometimes.PMD`: `PMD` is no account"),
    "report of no geometry": (SMALL + REPORT.replace("4K", "16K", 1), "key `report.sometimes.PTE`"),
    "no TOML": (SMALL + "[", "end of document"),
    "no UTF-8": (SMALL.encode() + b'why = "\xff"\n', "UTF-8"),
    "account that is a number": (SMALL.replace('PTE = "PAGE_SIZE"', "PTE = 4096"), "key `account.PTE`"),
    "geometry that is a text": (SMALL.replace("PAGE_SHIFT = 12", 'PAGE_SHIFT = "12"'), "geometry"),
    "geometry that is a list": (SMALL.replace("[geometry.4K]\nPAGE_SHIFT = 12", "[geometry]\nx = [1]"), "geometry"),
    "level that is a text": (SMALL.split("[level.pte]", maxsplit=1)[0] + '[level]\npte = "x"\n', "level.pte"),
    "account of an unknown size": (SMALL.replace('"PAGE_SIZE"', '"PAGE_SIZES"'), "account.PTE"),
    "step of a number": (SMALL.replace("write =", 'step = { "pte_end($a, $e)" = 1 }\nwrite ='), "level.pte.step"),
    "functions that are a text": (SMALL + '[[outside]]\nfunctions = "f"\nwhy = "w"\n', "outside"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, content)
    message = str(caught.value)
    where = re.match(rf"{re.escape(str(tmp_path / 'small.toml'))}:(\d+): ", message)
    assert where is not None
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    assert 1 <= int(where[1]) <= text.count("\n") + 1
    assert "\n" not in message
    told = inspect(tmp_path / "small.toml")
    assert any(said in one.what for one in told)
    assert any(one.what in message for one in told)


def test_a_rule_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no rule is called `x`; there are: arm64-lm-meminfo"):
        load_rules([builtin_rules()], ["x"])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder of rules"):
        load_rules([tmp_path / "gone"], [])


def test_a_later_folder_takes_the_place_of_a_rule(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    names = [rule.name for rule in load_rules([builtin_rules(), tmp_path], [])]
    assert names == sorted([*(rule.name for rule in RULES), "small"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_examples_of_a_rule_are_bad_and_good(rule: Rule) -> None:
    bad, good = (analysed(rule, code) for code in (rule.example_bad, rule.example_good))
    assert [f.kind for f in bad.findings if KINDS[f.kind].severity == "error"]
    assert not good.findings
    assert [v.verdict for v in good.functions] == ["balanced"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_gives_its_reasons(rule: Rule) -> None:
    assert rule.why
    assert all(rule.outside.values())
    assert all(fact and why for fact, why in rule.assumptions)
