"""Where an installed hook begins: the command line takes longer to load than most hooks need in all."""

from __future__ import annotations

import io
import os
import sys

from lmlint.error import InputError
from lmlint.hook import run

TYPE_CHECKING = False  # typing takes as long to load as Python to start
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_INTERRUPTED = 130


def entry() -> NoReturn:
    """Run the hook that the arguments name, and leave."""
    stdin = sys.stdin.buffer if sys.stdin else io.BytesIO()  # None where the caller closed it
    try:
        status = run(sys.argv[1], stdin, _check)
    except InputError as error:
        from lmlint.cli import complain  # noqa: PLC0415 (needed only where something is wrong)

        status = complain(str(error))
    except KeyboardInterrupt:
        status = _INTERRUPTED
    os._exit(status)  # the command line has flushed what it printed


def _check(arguments: Sequence[str]) -> int:
    from lmlint.cli import main  # noqa: PLC0415 (needed only where a file of a rule is touched)

    return main(["check", *arguments])
