"""A new rule: a file to start from, and a corpus folder with a first case."""

from __future__ import annotations

import re
from pathlib import Path

from lmlint.authoring.listing import CORPUS
from lmlint.error import InputError
from lmlint.rule import builtin_rules

RULES = "rules"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_HERE = Path(__file__).parent
_PLACE = "@NAME@"


def start(name: str, folder: Path) -> tuple[Path, Path]:
    """Write rules/NAME.toml and corpus/NAME/first.c in a folder, and return both; nothing is overwritten."""
    if _NAME.fullmatch(name) is None:
        raise InputError(
            f"`{name}` is no name for a rule; use letters, digits, - and _, and begin with neither of these"
        )
    if (builtin_rules() / f"{name}.toml").exists():
        raise InputError(f"`{name}` is the name of a rule that comes with lmlint; give another name")
    rule, cases = folder / RULES / f"{name}.toml", folder / CORPUS / name
    for path in (rule, cases):
        if path.is_symlink() or path.exists():
            raise InputError(f"{path}: is there already; give another name, or move it away")
    case = cases / "first.c"
    for path, skeleton in ((rule, "skeleton.toml"), (case, "skeleton.c")):
        text = (_HERE / skeleton).read_text(encoding="utf-8").replace(_PLACE, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
    return rule, case
