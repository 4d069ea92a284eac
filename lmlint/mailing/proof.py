"""The proof that a mail quotes only what stands in the mail that it answers, byte for byte and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.patch.scan import show

if TYPE_CHECKING:
    from collections.abc import Iterable


def disproved(mail: bytes, answered: Iterable[bytes]) -> tuple[int, str] | None:
    """Return the first quoted line that does not stand in `answered` below those before it: its number, and why.

    `mail` is the whole mail in its last bytes, not encoded; `answered` are the lines of the texts that it answers.
    """
    lines = [line.removesuffix(b"\r") for line in mail.split(b"\n")]
    body = lines.index(b"") if b"" in lines else len(lines)
    left = iter(answered)
    for number, line in enumerate(lines[body:], body + 1):
        if not line.startswith(b">"):
            continue
        wanted = b"" if line == b">" else line.removeprefix(b"> ")
        # A mark without a blank behind it is no quote that can be held against anything. Of lines that are the same,
        # the first will do: it leaves the most for those that follow.
        if wanted == line or not any(wanted == one for one in left):
            return number, f"{show(line)} does not stand there in the mail that is answered"
    return None
