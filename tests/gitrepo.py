"""Git repositories for the tests, made by git and read by none of its users' settings."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "A Writer",
    "GIT_AUTHOR_EMAIL": "writer@example.org",
    "GIT_COMMITTER_NAME": "A Writer",
    "GIT_COMMITTER_EMAIL": "writer@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(where: Path, *arguments: str, given: str = "", more: Mapping[str, str] | None = None) -> str:
    """Run git in a directory and return what it prints."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=where,
        env={**keep, **WHO, **(more or {})},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def repository(where: Path, files: Mapping[str, bytes], *options: str) -> Path:
    """Make a repository with one commit of these files."""
    where.mkdir(parents=True)
    git(where, "init", "-q", "-b", "main", *options)
    for path, text in files.items():
        (where / path).parent.mkdir(parents=True, exist_ok=True)
        (where / path).write_bytes(text)
    git(where, "add", ".")
    git(where, "commit", "-qm", "first")
    return where
