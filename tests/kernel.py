"""Check the page-table code of a kernel tree by every rule, and count the verdicts: `python -m tests.kernel --help`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lmlint.error import InputError
from lmlint.finding import CANNOT_TELL
from lmlint.limits import DEFAULT
from lmlint.review import review_file
from lmlint.rule import builtin_rules, load_rules
from lmlint.session import looked_up, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.finding import Finding, FunctionVerdict
    from lmlint.rule import Rule

PACKAGE = "linux-source-6.12"
"""Debian's package of an unchanged kernel."""
WANTED = ("arch/*/mm/*", "arch/*/include/*", "arch/s390/boot/*")


@dataclass(slots=True)
class Count:
    """What was said of the files of one architecture."""

    files: int = 0
    awake: int = 0
    seconds: float = 0.0
    functions: list[FunctionVerdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """Return the line of the table."""
        verdicts = [one.verdict for one in self.functions]
        shares = "  ".join(f"{verdicts.count(v):8}" for v in ("balanced", "finding", CANNOT_TELL))
        told = sum(one.severity != "note" for one in self.findings)
        return f"{name:12}{self.files:6}{self.awake:7}{len(verdicts):11}  {shares}  {told:8}{self.seconds:9.1f}"


def fetch(folder: Path) -> Path:
    """Return a folder with the wanted files of Debian's kernel package, fetched by apt and unpacked."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / PACKAGE
    if not tree.is_dir():
        subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True)
        (package,) = folder.glob(f"{PACKAGE}_*.deb")
        subprocess.run(["dpkg", "-x", package.name, "unpacked"], cwd=folder, check=True)
        (archive,) = (folder / "unpacked").rglob("*.tar.*")
        wanted = [f"{PACKAGE}/{glob}" for glob in WANTED]
        subprocess.run(["tar", "-xf", str(archive), "--wildcards", *wanted], cwd=folder, check=True)
    return tree


def check(path: Path, tree: Path, rules: Sequence[Rule], count: Count) -> None:
    """Add what is said of one file to the count of its architecture."""
    name = path.relative_to(tree).as_posix()
    meant = [rule for rule in rules if rule.applies(name)]
    count.files += 1
    if not meant:
        return
    begun = time.monotonic()
    try:
        data = read_file(str(path), DEFAULT.bytes)
        report = review_file(data, name, meant, others=looked_up(str(path), meant))
    except InputError as error:
        count.errors.append(str(error))
        return
    count.seconds += time.monotonic() - begun
    count.awake += bool(report.functions)
    count.functions += report.functions
    count.findings += report.findings


def table(tree: Path, architectures: Sequence[str]) -> str:
    """Return the counts of the page-table code of the architectures in a tree, then all that was found or left open."""
    rules = load_rules([builtin_rules()], ())
    lines = ["architecture files  awake  functions  balanced   finding  can't tell  findings  seconds"]
    told: list[str] = []
    every: list[FunctionVerdict] = []
    for name in architectures:
        count = Count()
        for path in sorted((tree / "arch" / name).glob("**/*.c")):
            if path.parent.name in {"mm", "boot"} or "mm" in path.parts:
                check(path, tree, rules, count)
        lines.append(count.row(name))
        every += count.functions
        told += [f"{f.place.file}:{f.place.line}: {f.severity} {f.kind}: {f.message}" for f in count.findings]
        told += [f"{v.file}:{v.line}: cannot tell of {v.name}: {v.reason}" for v in count.functions
                 if v.verdict == CANNOT_TELL]  # fmt: skip
        told += count.errors
    open_ones = sum(one.verdict == CANNOT_TELL for one in every)
    share = 100 * open_ones / len(every) if every else 0.0
    return "\n".join([*lines, f"cannot tell: {open_ones} of {len(every)} functions, {share:.1f} %", "", *told])


def main() -> int:
    """Print the table; the status is 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.kernel", description=__doc__)
    parser.add_argument("tree", type=Path, help="a kernel tree, or with --fetch the folder to fetch one into")
    parser.add_argument("--fetch", action="store_true", help=f"fetch Debian's {PACKAGE} into the folder, by apt-get")
    parser.add_argument("--arch", nargs="+", default=["arm64", "x86", "s390", "powerpc", "riscv", "loongarch"])
    arguments = parser.parse_args()
    tree = fetch(arguments.tree) if arguments.fetch else arguments.tree
    if not (tree / "arch").is_dir():
        print(f"{tree}: no arch/ in it; give a kernel tree", file=sys.stderr)
        return 2
    print(table(tree, arguments.arch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
