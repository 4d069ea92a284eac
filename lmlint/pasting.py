"""Macros that paste names together into functions: what each use of one at the top of a file defines, as a macro."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST, LONGEST = 256, 4096
"""How many definitions are made of one file, and how many bytes of text of each."""
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)\(([\w\s,]*)\)((?:[^\n\\]|\\\n|\\.)*)", re.MULTILINE)
_USE = re.compile(rb"^([A-Za-z_]\w*)[ \t]*\(([\w \t,]*)\)[ \t]*;?[ \t]*$", re.MULTILINE)
_WORD = re.compile(rb"[A-Za-z_]\w*")
_FUNCTION = re.compile(rb"[^{}();]*?([A-Za-z_]\w*)\s*\(([^(){}]*)\)\s*(\{.*\})\s*;?\s*", re.DOTALL)


def pasted(code: bytes) -> Iterator[bytes]:
    """Yield the functions that macros with `##` define where they are used, each as a `#define` on the line of its use.

    `code` is C without comments. C99 6.10.3: parameters are replaced, and what stands on both sides of `##` is joined.
    """
    macros = {m[1]: (_listed(m[2]), m[3]) for m in _DEFINE.finditer(code) if b"##" in m[3] and b"{" in m[3]}
    if macros:
        yield from islice(_definitions(code, macros), MOST)


def _definitions(code: bytes, macros: dict[bytes, tuple[list[bytes], bytes]]) -> Iterator[bytes]:
    for use in _USE.finditer(code):
        parameters, body = macros.get(use[1], ([], b""))
        arguments = _listed(use[2])
        if not body or len(arguments) != len(parameters) or len(body) > LONGEST:
            continue
        values = dict(zip(parameters, arguments, strict=True))
        text = _WORD.sub(lambda word, values=values: values.get(word[0], word[0]), body.replace(b"\\\n", b" "))  # type: ignore[misc]
        made = _FUNCTION.fullmatch(re.sub(rb"\s*##\s*", b"", text))
        if made is not None:
            names = b", ".join(_WORD.findall(part)[-1] for part in made[2].split(b",") if _WORD.search(part))
            yield b"\n" * code.count(b"\n", 0, use.start()) + b"#define %b(%b) %b\n" % (made[1], names, made[3])


def _listed(text: bytes) -> list[bytes]:
    return [part.strip() for part in text.split(b",")]
