"""A rule for a driver that does not exist, written from rules/README.md alone, and what is said of mistakes in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from lmlint import corpus
from lmlint.authoring.inspection import inspect
from lmlint.rule import load_rules

HERE = Path(__file__).parent / "invented"
RULE = HERE / "rules" / "tarn.toml"
TEXT = RULE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((HERE / "rules").glob("*.toml")), ids=lambda path: path.stem)
def test_a_rule_works(path: Path) -> None:
    assert inspect(path) == ()
    result = corpus.run(HERE / "corpus", load_rules([HERE / "rules"], [path.stem]))
    assert result.ok, result.text
    assert sum(count.found for count in result.counts.values()) >= 3


@dataclass(frozen=True)
class Slip:
    """A mistake: what is written instead of what, the key that is named, and words of the message.

    The line is the first on which `at` stands afterwards; unless it is given, that of the new text.
    """

    old: str
    new: str
    key: str
    said: tuple[str, ...]
    at: str = ""
    severity: str = "error"


SLIPS = {
    "a key with a slip": Slip('populate = ["tarn_dir_link($p, $t)"]', 'poulate = ["tarn_dir_link($p, $t)"]',
                              "level.dir.poulate", ("is `populate` meant?",)),
    "a key of another section": Slip("[table]\n", '[table]\nadd = ["x"]\n', "table.add", ("is `counter.add` meant?",),
                                     at='add = ["x"]'),
    "a section with a slip": Slip("[control]", "[controls]", "controls", ("is `control` meant?",)),
    "a key that is missing": Slip('array = "tarn_pinned"\n', "", "counter",
                                  ("`counter.array` is missing", 'array = "..."'), at="[counter]"),
    "a level without its type": Slip('type = "tarn_dir_t"\n', "", "level.dir", ("`level.dir.type` is missing",),
                                     at="[level.dir]"),
    "a text for a list": Slip('walk = ["tarn_slot_of($p, $a)"]', 'walk = "tarn_slot_of($p, $a)"', "level.dir.walk",
                              ("must be a list of texts", "not a text")),
    "a number for a text": Slip('TILES_PER_SLAB = "64"', "TILES_PER_SLAB = 64", "constant.TILES_PER_SLAB",
                                ("must be a text", "not a whole number")),
    "a text for a number": Slip("TILE_SHIFT = 14", 'TILE_SHIFT = "14"', "geometry.big-tiles.TILE_SHIFT",
                                ("must be a whole number",)),
    "a unit that is none": Slip('unit = "entries"', 'unit = "pages"', "counter.unit", ("one of bytes, entries",)),
    "a leaf of no account": Slip('leaf = { plain = "TARN_SLAB" }', 'leaf = { plain = "TARN_SLABS" }',
                                 "level.dir.leaf.plain", ("is `TARN_SLAB` meant?",)),
    "a leaf of no kind": Slip('leaf = { plain = "TARN_SLAB" }', 'leaf = { large = "TARN_SLAB" }',
                              "level.dir.leaf.large", ("plain or cont",)),
    "a test of no kind": Slip('tarn_dir_slab = ["plain"]', 'tarn_dir_slab = ["leaf"]', "level.dir.test.tarn_dir_slab",
                              ("`leaf` is no kind", "none, table, plain, cont")),
    "a test that is a call": Slip('tarn_dir_slab = ["plain"]', '"tarn_dir_slab($x)" = ["plain"]',
                                  "level.dir.test.tarn_dir_slab($x)", ("bare name of a function",)),
    "a level below that is none": Slip('below = "slot"', 'below = "slots"', "level.dir.below", ("is `slot` meant?",)),
    "a level below itself": Slip('below = "slot"', 'below = "dir"', "level.dir.below", ("leads back to `dir`",)),
    "a way down from the lowest level": Slip('below = "slot"\n', "", "level.dir.populate", ("add `below`",),
                                             at="populate ="),
    "a pattern without its pointer": Slip("tarn_slot_set($p, $v)", "tarn_slot_set($slot, $v)", "level.slot.write.0",
                                          ("must name $p (the pointer to the entry)", "is `$slot` meant to be `$p`?")),
    "a pattern without the table": Slip("tarn_dir_link($p, $t)", "tarn_dir_link($p, $x)", "level.dir.populate.0",
                                        ("must name $t", "is `$x` meant")),
    "a step that names no end": Slip("tarn_dir_end($a, $e)", "tarn_dir_end($a, $end)",
                                     "level.dir.step.tarn_dir_end($a, $end)", ("$e (the end)", "`$end`")),
    "a record without its account": Slip('add = ["$C[$a] += $n",', 'add = ["$C[$k] += $n",', "counter.add.0",
                                         ("must name $a", "is `$k` meant to be `$a`?")),
    "the counter where it is not known": Slip('index = ["tarn_slot_index($a)"]', 'index = ["$C[$a]"]',
                                              "values.index.0", ("[counter] only",)),
    "a bracket that is not closed": Slip('"tarn_slot_get($p)"', '"tarn_slot_get($p"', "level.slot.read.0",
                                         ("not a C expression", "1 `(` and 0 `)`")),
    "a statement for an expression": Slip('"tarn_dir_get($p)"', '"tarn_dir_get($p);"', "level.dir.read.0",
                                          ("leave the `;` out",)),
    "a size of an unknown constant": Slip('TARN_TILE = "TILE_SIZE"', 'TARN_TILE = "TILES_SIZE"', "account.TARN_TILE",
                                          ("neither in [constant] nor in [geometry.*]", "is `TILE_SIZE` meant?")),
    "a constant that is itself": Slip('TILE_SIZE = "1 << TILE_SHIFT"', 'TILE_SIZE = "SLAB_SIZE / 64"',
                                      "constant.TILE_SIZE", ("defined by itself",)),
    "a constant in one geometry only": Slip("TILE_SHIFT = 14", "TILES_SHIFT = 14", "geometry.big-tiles",
                                            ("misses `TILE_SHIFT`", "[geometry.small-tiles]"),
                                            at="[geometry.big-tiles]"),
    "a size of nothing": Slip('TILES_PER_SLAB = "64"', 'TILES_PER_SLAB = "0"', "account.TARN_SLAB",
                              ("is 0 in geometry small-tiles",), at='TARN_SLAB = "'),
    "a size without a value": Slip('TILES_PER_SLAB = "64"', 'TILES_PER_SLAB = "64 / 0"', "constant.TILES_PER_SLAB",
                                   ("has no value",)),
    "two accounts at one place": Slip("TARN_SLAB = 1 }", "TARN_SLAB = 0 }", "counter.index.TARN_SLAB",
                                      ("stands at 0, and so does `TARN_TILE`",)),
    "a place of no account": Slip("TARN_SLAB = 1 }", "TARN_SLB = 1 }", "counter.index.TARN_SLB",
                                  ("is `TARN_SLAB` meant?",)),
    "a parameter with its type": Slip('where = ["pinned"]', 'where = ["bool pinned"]', "counter.where.0",
                                      ("must be the name of a parameter",)),
    "a value of no level": Slip('dir = ["tarn_slab', 'dirs = ["tarn_slab', "values.make.dirs", ("is `dir` meant?",)),
    "an exception without a reason": Slip('why = "it fills a directory of its own, which no device uses"\n', "",
                                          "outside.0", ("`outside.why` is missing", "[[outside]]"), at="[[outside]]"),
    "an exception that is a text": Slip('functions = ["tarn_selftest"]', 'functions = "tarn_selftest"',
                                        "outside.0.functions", ("must be a list of texts",)),
    "an adoption that is no C": Slip(
        "[[assume]]", '[[adopts]]\nfunctions = ["f"]\nwhen = "if early"\nwhy = "w"\n[[assume]]', "adopts.0.when",
        ("not a C expression",), at='when = "if early"'),
    "an adoption with metavariables": Slip(
        "[[assume]]", '[[adopts]]\nfunctions = ["f"]\nwhen = "$x"\nwhy = "w"\n[[assume]]', "adopts.0.when",
        ("without metavariables",), at='when = "$x"'),
    "a move without an account": Slip("[table]", '[moves]\nmap = ["tarn_open($dev)"]\n\n[table]', "moves.map.0",
                                      ("must name $a", "is `$dev` meant to be `$a`?"), at="map ="),
    "a definition under another name": Slip("void tarn_account(", "void tarn_acount(", "hidden.tarn_account",
                                            ("must be the definition of `tarn_account`",), at="tarn_account = "),
    "a declaration for a definition": Slip(
        "tarn_account = '''\nvoid", "tarn_count = 'void tarn_count(int kind);'\ntarn_account = '''\nvoid",
        "hidden.tarn_count", ("does not define `tarn_count`", "with its body"), at="tarn_count = "),
    "C that is none": Slip("tarn_pinned[kind] += count;\n\tmutex", "tarn_pinned[kind += count;\n\tmutex",
                           "hidden.tarn_account", ("the grammar of C cannot read `tarn_pinned[kind += count;`",),
                           at="\ttarn_pinned[kind +="),
    "TOML that is none": Slip('[level.dir]\ntype = "tarn_dir_t"', '[level.dir]\ntype = "tarn_dir_t', "",
                              ("mend the TOML",), at='type = "tarn_dir_t'),
    "a key twice": Slip('below = "slot"', 'below = "slot"\nbelow = "slots"', "",
                        ("Cannot overwrite a value", '`below = "slots"`')),
    "a bad example that is good": Slip("\ttarn_account(TARN_TILE, -1);\n}\n'''\ngood",
                                       "\tif (pinned)\n\t\ttarn_account(TARN_TILE, -1);\n}\n'''\ngood", "example.bad",
                                       ("it must give one",), at="bad = "),
    "a good example that is bad": Slip("\tif (pinned)\n\t\ttarn_account(TARN_TILE, -1);\n}\n'''\n",
                                       "\tif (pinned)\n\t\ttarn_account(TARN_SLAB, -1);\n}\n'''\n", "example.good",
                                       ("found is wrong-account",), at="\t\ttarn_account(TARN_SLAB, -1)"),
    "an error that is no regular expression": Slip('error = "E[A-Z0-9]+"', 'error = "E[A-Z0-9+"', "control.error",
                                                   ("is no regular expression: unterminated",), at='error = "E'),
    "a name for a call": Slip('alloc = ["tarn_table_alloc(...)"]', 'alloc = ["tarn_table_alloc"]', "table.alloc.0",
                              ("write `tarn_table_alloc(...)`",)),
    "a name for a lock's call": Slip('take = ["mutex_lock($l)"]', 'take = ["mutex_lock($l)"]\nalone = ["stop_all"]',
                                     "locks.alone.0", ("write `stop_all(...)`",), at="alone ="),
    "a pattern of anything": Slip('slot = ["tarn_slot($bus, $prot)"]', 'slot = ["$prot"]', "values.make.slot.0",
                                  ("`$prot` stands for anything", "write the call or the operator around it")),
    "a pattern of anything at all": Slip('read = ["tarn_slot_get($p)"]', 'read = ["($p)"]', "level.slot.read.0",
                                         ("stands for anything",)),
    "one of several names for an account": Slip(
        "[table]", '[moves]\nmap = ["tarn_open($dev, $key, $kind, $n)"]\n\n[table]', "moves.map.0",
        ("must name $a", "is `$kind` meant to be `$a`?"), at="map ="),
    "a pointer for an entry": Slip('type = "tarn_slot_t"', 'type = "tarn_slot_t *"', "level.slot.type",
                                   ("is a pointer", "leave the `*` out: `tarn_slot_t`")),
    "a pointer for a protection": Slip("make = { slot", 'prot = ["tarn_prot_t*"]\nmake = { slot', "values.prot.0",
                                       ("is a pointer", "leave the `*` out: `tarn_prot_t`"), at="prot ="),
    "a type that is none": Slip('type = "tarn_slot_t"', 'type = "tarn_slot_t[]"', "level.slot.type", ("is no C type",)),
    "a summary of nothing": Slip('summary = "tarn_pinned[] drifts from the translation entries of the device"',
                                 'summary = " "', "summary", ("is empty", "what goes wrong")),
    "a summary of two lines": Slip('summary = "tarn_pinned[] drifts ', 'summary = "tarn_pinned[]\\ndrifts ', "summary",
                                   ("must be one line",)),
    "a reason of nothing": Slip('why = "it fills a directory of its own, which no device uses"', 'why = " "',
                                "outside.0.why", ("`outside.why` is empty", "give the reason")),
    "a fact of nothing": Slip('fact = "a new table is empty"', 'fact = ""', "assume.0.fact", ("is empty",)),
    "an absolute path": Slip('files = ["drivers/', 'files = ["/usr/src/linux/drivers/', "files.0",
                             ("from the top of a kernel tree",)),
    # what only looks wrong
    "an account that nothing is in": Slip('TARN_SLAB = "SLAB_SIZE"', 'TARN_SLAB = "SLAB_SIZE"\nTARN_HUGE = "SLAB_SIZE"',
                                          "account.TARN_HUGE", ("is no level's `leaf`",), at="TARN_HUGE",
                                          severity="warning"),
    "a level that nothing touches": Slip(
        "[level.dir.test]", '[level.odd]\ntype = "tarn_odd_t"\n\n[level.dir.test]', "level.odd",
        ("never read nor written",), at="[level.odd]", severity="warning"),
    "a pattern behind another": Slip('"tarn_slot_set($p, $v)"', '"tarn_slot_set($p, $v)", "tarn_slot_set($p, $v)"',
                                     "level.slot.write.1", ("is never reached", "`level.slot.write`"),
                                     severity="warning"),
    "a pattern of another meaning behind one": Slip(
        'stops = ["BUG_ON($c)"]', 'stops = ["tarn_dir_clear($c, $d)"]', "control.stops.0",
        ("is never reached", "`level.dir.clear`"), severity="warning"),
    "a test that is never true": Slip('tarn_slot_busy = ["plain"]', 'tarn_slot_busy = ["table"]',
                                      "level.slot.test.tarn_slot_busy", ("it is never true",), severity="warning"),
    "a lock that is never released": Slip('release = ["mutex_unlock($l)"]\n', "", "locks.take", ("no `release`",),
                                          at='take = ["mutex_lock', severity="warning"),
    "an amount by another name": Slip('"$C[$a] -= $n"', '"$C[$a] -= $count"', "counter.sub.0",
                                      ("`$count` stands for anything", "call it `$n`"), severity="warning"),
    "a definition that is never looked at": Slip(
        'add = ["$C[$a] += $n",', 'add = ["tarn_account($a, $n)", "$C[$a] += $n",', "hidden.tarn_account",
        ("is never looked at",), at="tarn_account = ", severity="warning"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_mistake_is_explained(tmp_path: Path, slip: Slip) -> None:
    assert TEXT.count(slip.old) >= 1
    text = TEXT.replace(slip.old, slip.new, 1)
    path = tmp_path / "tarn.toml"
    path.write_text(text, encoding="utf-8")
    at = slip.at or slip.new.split("\n")[-1]
    line = text[: text.index(at)].count("\n") + 1
    told = inspect(path)
    mine = [one for one in told if one.key == slip.key and one.line == line and one.severity == slip.severity]
    assert any(all(word in one.what for word in slip.said) for one in mine), [one.text("tarn.toml") for one in told]


def test_examples_that_are_missing_or_about_something_else(tmp_path: Path) -> None:
    path = tmp_path / "tarn.toml"
    before = TEXT[: TEXT.index("[example]")]
    path.write_text(before, encoding="utf-8")
    assert [(one.severity, one.what.split(" is")[0]) for one in inspect(path)] == [
        ("warning", "key `example.bad`"), ("warning", "key `example.good`")
    ]  # fmt: skip
    path.write_text(f"{before}[example]\nbad = 'int f(void) {{ return tarn_account; }}'\ngood = 'int f(void);'\n")
    line = before.count("\n") + 2
    asleep, useless = sorted(inspect(path), key=lambda one: -one.line)
    assert asleep.text("x").startswith(
        f"x:{line + 1}: error: key `example.good`: the rule sleeps where none of tarn_acc"
    )
    assert useless.text("x").startswith(f"x:{line}: error: key `example.bad`: no function in it touches")


TWO = """\
summary = "two rings"
files = ["drivers/two/*.c"]
why = "what is too high keeps the device awake"

[counter]
array = "two_used"
unit = "entries"
add = ["$C[$a]++"]
sub = ["$C[$a]--"]

[account]
SHORT = "256"
LONG = "2048"

[geometry.default]
UNUSED = 1

[level.short]
type = "short_t"
leaf = { plain = "SHORT" }
write = ["slot_set($p, $v)", "$p->state = $v"]
clear = ["$p->state = IDLE"]
test = { slot_odd = ["plain"] }

[level.long]
type = "long_t"
leaf = { plain = "LONG" }
write = ["slot_set($p, $v)"]
clear = ["slot_wipe($p)"]
test = { slot_odd = ["none"] }

[example]
before = "static long two_used[2];"
bad = '''
void drop(short_t *slot)
{
	if (!slot_odd(*slot))
		return;
	slot->state = IDLE;
}
'''
good = '''
void drop(short_t *slot)
{
	if (!slot_odd(*slot))
		return;
	slot->state = IDLE;
	two_used[SHORT]--;
}

void lose(long_t *slot)
{
	if (slot_odd(*slot))
		return;
	slot_wipe(slot);
	two_used[LONG]--;
}
'''
"""


def test_levels_that_stand_alone_and_what_they_share(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TWO, encoding="utf-8")
    assert [one.text("two.toml") for one in inspect(path)] == []
    path.write_text(TWO.replace('slot_odd = ["none"]', 'slot_odd = ["plain"]'), encoding="utf-8")
    assert {one.key for one in inspect(path)} == {"example.good"}


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = TEXT
    made = [
        slip for slip in SLIPS.values() if slip.severity == "error" and slip.key and "\n" not in slip.old + slip.new
    ]
    apart: list[Slip] = []
    for slip in made:
        if text.count(slip.old) == 1 and not any(slip.old in one.old or one.old in slip.old for one in apart):
            text = text.replace(slip.old, slip.new)
            apart.append(slip)
    path = tmp_path / "tarn.toml"
    path.write_text(text, encoding="utf-8")
    told = {(one.key, one.line) for one in inspect(path)}
    lines = {slip.key: text[: text.index(slip.new)].count("\n") + 1 for slip in apart if not slip.at}
    assert len(lines) > 12
    assert set(lines.items()) - told == set()
