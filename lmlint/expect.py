"""The expectations that a corpus case states in its C comments, and every comment that only looks like one.

    // expect: KIND "part of the message"    found on this line; the text may be left out
    // expect: nothing                       the whole case is clean
    // missing: KIND                         should be found on this line and is not
    // noisy: KIND                           is found on this line and should not be
    // summary: PMD -PMD_SIZE, PTE +PMD_SIZE a row of the function defined on this line does or records this
    // cannot-tell: "part of the reason"     the function defined on this line cannot be told; the text may be left out
    // not-replayed: "part of the reason"    the witness does not show the finding here; the text may be left out
    // drifts: "why"                         the witness shows a drift of the function defined on this line all the same
    // include: FILE                         that file of the same folder is put before the case
    // lookup: FILE                          definitions that the case lacks are looked up in that file of the folder,
                                             and what its own comments expect must be found there

A case that expects a `presumption` is checked as with --strict.
A comment alone on its line speaks of the next line; several below each other all speak of the line below the last.
Both kinds of C comment will do, on one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lmlint.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPECT, NOTHING, MISSING, NOISY, SUMMARY = "expect", "nothing", "missing", "noisy", "summary"
CANNOT_TELL, INCLUDE, LOOKUP = "cannot-tell", "include", "lookup"
NOT_REPLAYED, DRIFTS = "not-replayed", "drifts"
WORDS = (EXPECT, MISSING, NOISY, SUMMARY, CANNOT_TELL, NOT_REPLAYED, DRIFTS, INCLUDE, LOOKUP)

# Literals are matched so that a comment mark inside one is passed over.
_TOKEN = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_HEAD = re.compile(r"([A-Za-z]+(?:[ _-][A-Za-z]+)?)\s*:(?!:)\s*(.*)", re.DOTALL)
_BARE = re.compile(r"([A-Za-z]+(?:[ _-][A-Za-z]+)?)\s+([a-z-]+)\b")
_FINDING = re.compile(r'(?P<kind>[\w-]+)(?:\s+"(?P<text>[^"]+)")?')
_ARGUMENTS = {
    SUMMARY: re.compile(r"(?P<kind>)(?P<text>.+)"),
    CANNOT_TELL: re.compile(r'(?P<kind>)(?:"(?P<text>[^"]+)")?'),
    NOT_REPLAYED: re.compile(r'(?P<kind>)(?:"(?P<text>[^"]+)")?'),
    DRIFTS: re.compile(r'(?P<kind>)"(?P<text>[^"]+)"'),
    INCLUDE: re.compile(r"(?P<kind>)(?P<text>[\w.-]+)"),
    LOOKUP: re.compile(r"(?P<kind>)(?P<text>[\w.-]+)"),
}
_SHOWN = {
    EXPECT: 'KIND` or `KIND "part of the message"`',
    SUMMARY: "ACCOUNT +AMOUNT, ACCOUNT -AMOUNT`",
    CANNOT_TELL: '"part of the reason"`',
    NOT_REPLAYED: '"part of the reason"`',
    DRIFTS: '"why`',
    INCLUDE: "FILE` of the same folder",
    LOOKUP: "FILE` of the same folder",
}
# "expect" and "expects" are alike, "expect" and "inspect" are not.
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Expectation:
    """One comment: what it says (`word`), of which line, and its arguments (`kind`, or `nothing`; `text`)."""

    word: str
    line: int
    comment: int
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A comment that looks like an expectation and is none: its line and what is wrong with it."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Expectations:
    """All that a text expects, in source order."""

    stated: tuple[Expectation, ...]
    mistakes: tuple[Mistake, ...]

    def of(self, word: str) -> tuple[Expectation, ...]:
        """Return the expectations that begin with a word."""
        return tuple(one for one in self.stated if one.word == word)

    @property
    def clean(self) -> bool:
        """Whether the whole case is said to be clean."""
        return any(one.kind == NOTHING for one in self.of(EXPECT))


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment: its text without the marks, its first and last line, and whether nothing else stands on them."""

    text: str
    first: int
    last: int
    alone: bool


def expectations(text: bytes) -> Expectations:
    """Return what the comments of a C text expect; a comment alone on its line speaks of the next line of code."""
    code = text.decode(errors="replace")
    stated: list[Expectation] = []
    mistakes: list[Mistake] = []
    stacked: list[Expectation] = []
    for comment in _comments(code):
        read = _read(comment)
        if isinstance(read, Mistake):
            mistakes.append(read)
        elif read is not None:
            # Comments alone on adjoining lines are a stack: all of it speaks of the line below the last.
            if stacked and not (comment.alone and comment.first == stacked[-1].line):
                stated += stacked
                stacked = []
            if comment.alone:
                stacked = [_moved(one, comment.last + 1) for one in (*stacked, read)]
            else:
                stated.append(read)
    stated += stacked
    found = Expectations(tuple(stated), tuple(mistakes))
    return Expectations(found.stated, found.mistakes + _contradictions(found))


def _moved(one: Expectation, line: int) -> Expectation:
    return Expectation(one.word, line, one.comment, one.kind, one.text)


def _comments(code: str) -> Iterator[_Comment]:
    line, at = 1, 0
    for token in _TOKEN.finditer(code):
        if token[0][0] != "/":
            continue
        line += code.count("\n", at, token.start())
        at = token.start()
        start = code.rfind("\n", 0, token.start()) + 1
        end = code.find("\n", token.end())
        around = code[start : token.start()] + code[token.end() : len(code) if end < 0 else end]
        body = token[0][2:-2] if token[0].startswith("/*") else token[0][2:]
        yield _Comment(body, line, line + token[0].count("\n"), not around.strip())


def _read(comment: _Comment) -> Expectation | Mistake | None:
    """Return the expectation in a comment, what is wrong with it, or None for prose."""
    if comment.first != comment.last:
        return _hidden(comment)
    text = comment.text.strip()
    head = _HEAD.match(text)
    if head is None:
        bare = _BARE.match(text)
        if bare is not None and _alike(bare[1]) and bare[2] in (*KINDS, NOTHING):
            return Mistake(comment.first, f"`{text}` lacks a colon: `{_alike(bare[1])}: {bare[2]}`")
        return None
    meant = _alike(head[1])
    if not meant:
        return None
    if head[1] != meant:
        return Mistake(comment.first, f"`{head[1]}:` is no expectation; `{meant}:` is meant?")
    return _argued(meant, head[2].strip(), comment.first)


def _hidden(comment: _Comment) -> Mistake | None:
    """Return the mistake of an expectation that stands inside a longer comment, where it would go unread."""
    for offset, line in enumerate(comment.text.split("\n")):
        head = _HEAD.match(line.strip().lstrip("*").strip())
        if head is not None and head[1] in WORDS:
            return Mistake(comment.first + offset, f"`{head[1]}:` needs a comment of its own, on one line")
    return None


def _alike(word: str) -> str:
    """Return the word of an expectation that this one is or resembles, or ""."""
    return next(iter(get_close_matches(re.sub("[ _]", "-", word.lower()), WORDS, 1, _ALIKE)), "")


def _argued(word: str, rest: str, line: int) -> Expectation | Mistake:
    """Return the expectation that a word and its arguments make, or what is wrong with the arguments."""
    if word == EXPECT and rest == NOTHING:
        return Expectation(word, line, line, kind=NOTHING)
    argument = _ARGUMENTS.get(word, _FINDING).fullmatch(rest)
    if argument is None:
        return Mistake(line, f"`{word}: {rest}` must be `{word}: {_SHOWN.get(word, _SHOWN[EXPECT])}")
    kind, text = argument["kind"] or "", argument["text"] or ""
    if kind and kind not in KINDS:
        return Mistake(line, f"`{kind}` is no kind; the kinds are {', '.join(KINDS)}")
    return Expectation(word, line, line, kind, text)


def _contradictions(found: Expectations) -> tuple[Mistake, ...]:
    """Return the mistakes of a case that is said to be clean and expects something all the same."""
    if not found.clean:
        return ()
    return tuple(
        Mistake(one.comment, f"`{one.word}:` in a case that is said to be clean")
        for one in found.stated
        if one.word in (EXPECT, MISSING, NOISY, CANNOT_TELL) and one.kind != NOTHING
    )
