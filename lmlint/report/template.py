"""Text templates: those that come with lmlint, and those of a user's folder that stand in for them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Template, Undefined, nodes
from jinja2.exceptions import TemplateError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jinja2.nodes import Node

NAMES = ("finding", "short", "still", "fixed", "positive", "footer")
SUFFIX = ".txt.j2"
MOST_BYTES = 64 * 1024
"""Of one template, and of what it says."""
_DEEP = 2
_FILTERS = ("default", "first", "last", "length", "lower", "trim", "upper")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
    nodes.Filter, nodes.Test, nodes.Tuple, nodes.List,
)  # fmt: skip
"""With these alone, and loops two deep, a template ends, and says no more than a multiple of what it is given."""


class Templates:
    """The templates that are in force."""

    def __init__(self, folder: Path | None) -> None:
        """Take the user's folder, where there is one; InputError where it is none or holds what nothing asks for."""
        self._folder = folder
        self._made: dict[str, tuple[Template, str]] = {}
        if folder is None:
            return
        if not folder.is_dir():
            raise InputError(f"{folder}: not a folder of templates")
        known = [f"{name}{SUFFIX}" for name in NAMES]
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if path.name not in known:
                raise InputError(f"{path}: no template is called that; they are {', '.join(known)}")

    def say(self, name: str, values: Mapping[str, object]) -> str:
        """Return what a template says of the values; InputError names the line of a template that cannot say it."""
        template, where = self._template(name)
        said: list[str] = []
        size = 0
        try:
            for piece in template.generate(values):
                said.append(piece)
                size += len(piece)
                if size > MOST_BYTES:
                    raise InputError(f"{where}: says more than {MOST_BYTES} characters; make it say less")
        except TemplateError as error:
            raise InputError(f"{where}: line {_line(error, where)}: {error.message}") from None
        except (TypeError, ValueError, KeyError, IndexError) as error:  # what an expression of the template made
            raise InputError(f"{where}: line {_line(error, where)}: {error}") from None
        return "".join(said)

    def _template(self, name: str) -> tuple[Template, str]:
        if name not in self._made:
            self._made[name] = self._load(name)
        return self._made[name]

    def _load(self, name: str) -> tuple[Template, str]:
        own = self._folder / f"{name}{SUFFIX}" if self._folder is not None else None
        if own is not None and own.is_file():
            text, where = _read(own), str(own)
        else:
            file = files("lmlint.report") / "templates" / f"{name}{SUFFIX}"
            text, where = file.read_text(encoding="utf-8"), f"{name}{SUFFIX}"
        environment = _environment()
        try:
            tree = environment.parse(text, name, where)
            _check(tree, where)
            code = environment.compile(tree, name, where)
        except TemplateSyntaxError as error:
            raise InputError(f"{where}: line {error.lineno}: {error.message}") from None
        except RecursionError:
            raise InputError(f"{where}: its expressions are nested too deeply; write them flat") from None
        return Template.from_code(environment, code, environment.globals), where


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES} bytes; make it smaller")
        return data.decode()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8") from None


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False, finalize=_text
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS} | {"join": _join}
    made.tests = {name: made.tests[name] for name in ("defined", "undefined", "none", "equalto", "in")}
    return made


def _text(value: object) -> object:
    """Return what may stand in a text: the words of anything else would differ from run to run."""
    if isinstance(value, str | int | Undefined):
        return value
    raise TemplateRuntimeError(f"{type(value).__name__} is no text; say its parts, or join them")


def _join(value: Sequence[str], between: str = "") -> str:
    if isinstance(value, str):
        raise TemplateRuntimeError("join: takes a list of texts")
    return between.join(value)


def _check(tree: Node, where: str, loops: int = 0) -> None:
    """Raise InputError where a template holds what could keep it from ending or make it say without bounds."""
    for node in tree.iter_child_nodes():
        inside = loops + isinstance(node, nodes.For)
        if not isinstance(node, _ALLOWED):
            raise InputError(f"{where}: line {node.lineno}: templates have no {_name(node)}; use if, for and filters")
        if inside > _DEEP or (isinstance(node, nodes.For) and node.recursive):
            raise InputError(f"{where}: line {node.lineno}: loops are at most {_DEEP} deep; write it flat")
        if isinstance(node, nodes.Filter) and not all(isinstance(one, nodes.Const) for one in node.args):
            raise InputError(f"{where}: line {node.lineno}: filter `{node.name}` takes plain texts and numbers only")
        _check(node, where, inside)


def _name(node: Node) -> str:
    return "calls" if isinstance(node, nodes.Call) else f"`{type(node).__name__.lower()}`"


def _line(error: BaseException, where: str) -> int:
    """Return the line of the template on which an error was raised."""
    return max((line for name, line in _frames(error) if name == where), default=1)


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    trace: Any = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
