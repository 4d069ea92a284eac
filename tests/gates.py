"""Every gate of the project, in one run: format, lint, types, the wheel in an empty environment, and the tests."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
COMMANDS = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "tests": [PYTHON, "-m", "pytest", "-n", "auto", "--dist", "worksteal"],
}
CLEAN, FOUND = 0, 1


def main() -> int:
    """Return 0 when every gate is passed; each is run, whatever became of the others."""
    failed = [] if _wheel() else ["wheel"]
    failed += [name for name, command in COMMANDS.items() if _run(name, command, ROOT) != CLEAN]
    if failed:
        print(f"gates not passed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def _wheel() -> bool:
    """Return whether the wheel, in an empty environment, runs its own corpus and the README's main command."""
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        venv.create(away / "venv", with_pip=True)
        programs = away / "venv" / "bin"
        if _run("build", [PYTHON, "-m", "build", "--wheel", "--outdir", folder, str(ROOT)], away) != CLEAN:
            return False
        wheel, *_ = away.glob("*.whl")
        if _run("install", [str(programs / "pip"), "install", "--quiet", str(wheel)], away) != CLEAN:
            return False
        package, *_ = away.glob("venv/lib/*/site-packages/lmlint")
        lmlint = str(programs / "lmlint")
        # The README's paths lead into the checkout; from the installed package, they lead to what the wheel brought.
        main_job = shlex.split(_readme_command("check").rpartition("&& ")[2])  # what comes before it sets up
        shown = _run("check", [lmlint, *main_job[1:]], package)
        return shown in {CLEAN, FOUND} and _run("corpus", [lmlint, "test"], away) == CLEAN


def _run(name: str, command: list[str], folder: Path) -> int:
    print(f"== {name}", flush=True)
    return subprocess.run(command, cwd=folder, check=False).returncode


def _readme_command(mark: str) -> str:
    """Return the command that stands under a mark in the README."""
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.+)\n```", (ROOT / "README.md").read_text(encoding="utf-8"))
    if not found:
        sys.exit(f"README.md: no command under <!-- {mark} -->")
    return found[1]


if __name__ == "__main__":
    sys.exit(main())
