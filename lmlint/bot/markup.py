"""Pages from templates: what is not ours is escaped, and what cannot be seen in it is spelt out."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from lmlint import __version__
from lmlint.bot.charts import date
from lmlint.report.shown import CODE, CUT, LONGEST, ODD, full_name, sentence, source_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Template

    from lmlint.report.shown import Piece

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
"""What a browser may do with a page: take its style from the site, and nothing else."""
STYLE = "style.css"
_LONGEST = 300
_CACHED = 2048
"""Lists, authors and kinds come again and again."""
_DAY = 86_400


def page(template: str, here: str, what: Mapping[str, object], up: str = "") -> bytes:
    """Return a page in ASCII; `here` is its part of the site, `up` leads from its folder to that of the site."""
    made = _template(template).render(up=up, here=here, version=__version__, policy=POLICY, **what)
    return made.encode("ascii", "xmlcharrefreplace")


def own(name: str) -> bytes:
    """Return a part of the site that came with this package."""
    return files("lmlint").joinpath("bot", "pages", name).read_bytes()


@lru_cache(_CACHED)
def say(text: str) -> Markup:
    """Return a line of somebody's as it stands on a page; what stands in backticks is shown as code."""
    return whole(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def whole(text: str) -> Markup:
    """Return the same of what may be longer: a sentence or a few."""
    plain = _plain(text) and "`" not in text and len(text) <= LONGEST
    inner = escape(text) if plain else _shown(sentence(text))
    return Markup("<bdi>") + inner + Markup("</bdi>")


def verbatim(text: str) -> Markup:
    """Return text of several lines as it stands in a `pre`."""
    return Markup("\n").join(escape(line) if _plain(line) else _shown(source_line(line)) for line in text.split("\n"))


def minute(seconds: int) -> str:
    """Return a time to the minute, in UTC."""
    day = date(seconds)
    return day if day == "-" else f"{day} {seconds % _DAY // 3600:02}:{seconds % 3600 // 60:02}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _shown(pieces: Iterable[Piece]) -> Markup:
    return Markup().join(_piece(one) for one in pieces)


def _piece(one: Piece) -> Markup:
    if one.look == ODD:
        return Markup('<span class="odd" title="{}">{}</span>').format(full_name(one.text), one.text)
    if one.look == CUT:
        return Markup('<span class="aside">{}</span>').format(one.text)
    if one.look == CODE:
        return Markup("<code>{}</code>").format(one.text)
    return escape(one.text)


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.html.j2")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(lambda name: own(name).decode("ascii")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"say": say, "whole": whole, "verbatim": verbatim, "date": date, "minute": minute, "count": count}
    return made
