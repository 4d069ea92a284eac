"""How long a whole cold check of a patch takes, as a ratio, where the time goes, and the peak memory.

Run by hand: `python -m tests.bench PATCH TREE FILE`, with the file of the tree that the patch changes; `python -m
tests.bench --hook` measures what a hook costs that has nothing to check, against a Python that does nothing.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 15
AIM_RATIO, AIM_MEMORY = 5.0, 64.0
BARE = """
import sys, tree_sitter, tree_sitter_c
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
parser.parse(open(sys.argv[1], "rb").read())
"""
CHECK = "from lmlint.cli import entry; entry()"


def main() -> None:
    """Measure both processes in turns, so that a busy moment of the machine meets both."""
    if sys.argv[1:] == ["--hook"]:
        _hook()
        return
    patch, tree, file = sys.argv[1:]
    runs = [(_run(CHECK, "check", patch, "--tree", tree), _run(BARE, file)) for _ in range(ROUNDS)]
    check, bare = (statistics.median(run[side][0] for run in runs) for side in (0, 1))
    memory = max(run[0][1] for run in runs)
    print(f"lmlint check {check * 1000:.0f} ms, import and parse {bare * 1000:.0f} ms (medians of {ROUNDS})")
    print(f"ratio  {check / bare:.2f} (aim: at most {AIM_RATIO})")
    print(f"memory {memory:.1f} MB at the peak (aim: at most {AIM_MEMORY})")
    _phases(Path(patch), Path(tree))


def _hook() -> None:
    """Print how long a pre-commit hook takes in a repository where nothing of a rule is staged."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        for command in (["init", "-q"], [*author, "commit", "-q", "-m", "x", "--allow-empty"]):
            subprocess.run(["git", *command], check=True)
        program = "import sys; sys.argv[1:] = ['pre-commit']; from lmlint.start import entry; entry()"
        runs = [(_run(program)[0], _run("pass")[0]) for _ in range(2 * ROUNDS)]
    hook, bare = (statistics.median(run[side] for run in runs) for side in (0, 1))
    print(f"hook {hook * 1000:.1f} ms, Python that does nothing {bare * 1000:.1f} ms (medians of {2 * ROUNDS})")
    print(f"ratio  {hook / bare:.2f}")


def _run(program: str, *arguments: str) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of one fresh process."""
    command = [sys.executable, "-c", program, *arguments]
    start = time.perf_counter()
    silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=silence)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in {0, 1}:
        sys.exit("the measured program could not run")
    return seconds, usage.ru_maxrss / 1024


def _phases(patch: Path, tree: Path) -> None:
    """Print what each step of one check costs in this process, where nothing is loaded yet."""
    with _phase("import"):
        from lmlint.engine.check import analyse
        from lmlint.patch.base import rebuild
        from lmlint.patch.diff import parse_diff
        from lmlint.patch.mail import read_mail
        from lmlint.patch.tree import open_trees
        from lmlint.report import text
        from lmlint.rule import builtin_rules, load_rules
        from lmlint.stack import review_patch
    with _phase("load the rules"):
        rules = load_rules([builtin_rules()], [])
    data = patch.read_bytes()
    with _phase("read and rebuild the patch"):
        files = rebuild(parse_diff(read_mail(data, patch.name).diff, patch.name), open_trees([str(tree)]), patch.name)
    for file in files:
        for side, source in (("before", file.before), ("after", file.after)):
            with _phase(f"analyse {file.path} {side}"):
                for rule in rules:
                    analyse(source or b"", file.path, rule)
    report = review_patch(read_mail(data, patch.name), open_trees([str(tree)]), rules)
    with _phase("render"):
        text.render([report], color=False, width=100)


@contextmanager
def _phase(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"  {(time.perf_counter() - start) * 1000:6.1f} ms  {name}")


if __name__ == "__main__":
    main()
