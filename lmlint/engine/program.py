"""A file and a rule, made ready for execution: constants per geometry, functions by name, who calls whom."""

from __future__ import annotations

import re
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any

from lmlint.engine.amount import Amount, Symbol, constant, number, of
from lmlint.engine.arithmetic import binary, literal, unary
from lmlint.engine.elsewhere import NOWHERE
from lmlint.limits import DEFAULT
from lmlint.pattern import bare, is_metavariable
from lmlint.source import Node, parse_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from lmlint.engine.elsewhere import Elsewhere
    from lmlint.engine.value import Value
    from lmlint.limits import Limits
    from lmlint.pattern import Bindings, Table
    from lmlint.rule import Meaning, Rule
    from lmlint.source import Function, Source

_STORE = re.compile(r"(?:\*\s*\(?\w+\)?|\])\s*=[^=]")
"""Text that may assign through a pointer or to an element."""
_RECORDS, _MOVES = frozenset({"add", "sub", "use"}), frozenset({"map", "unmap"})
"""Actions whose account an argument tells."""
BOOLEAN = frozenset({"bool", "_Bool"})
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")


TOO_LARGE = "amounts too large to be followed"
TOO_DEEP = "calls and code nested too deep to be followed"


class Undecided(Exception):  # noqa: N818 - not an error of the user's, but the verdict "cannot tell"
    """Why a function cannot be judged, and where."""

    def __init__(self, reason: str, node: Node | None = None) -> None:
        """Keep the reason and the construct."""
        super().__init__(reason)
        self.reason = reason
        self.node = node


class OutOfTime(Undecided):
    """The file has had its time: nothing more is said of it."""


class Program:
    """A source file under a rule, with what it takes from other files; its time runs from when it is made."""

    def __init__(self, source: Source, rule: Rule, elsewhere: Elsewhere = NOWHERE, *, limits: Limits = DEFAULT) -> None:
        """Look up the rule's constants and the file's functions."""
        self.source = source
        self.rule = rule
        self.elsewhere = elsewhere
        self.limits = limits
        self._end = monotonic() + limits.seconds
        self.undone = ""
        """Why not everything was looked at; "" where it was."""
        self.width = len(rule.geometries)
        self.levels: Mapping[str, frozenset[str]] = {name: level.kinds for name, level in rule.levels.items()}
        self._constants: dict[str, Amount] = {}
        self._opaque: set[str] = set()
        """Names that are no constants."""
        self.labels: dict[Symbol, str] = {}
        self.sums: dict[Amount, str] = {}
        """The names of tallies by what they come to."""
        self._fresh = 0
        self._found: dict[tuple[int, int], tuple[Node, tuple[Meaning, Bindings] | None]] = {}
        names = list(rule.geometries)
        for key in rule.geometries[names[0]]:
            self._constants[key] = constant(rule.geometries[g][key] for g in names)
        self._pending = dict(rule.constants)

    def in_time(self, node: Node | None = None) -> None:
        """Look at the clock; raises OutOfTime where the file has had its time."""
        if monotonic() > self._end:
            self.undone = f"more than {self.limits.seconds} seconds (limit `seconds`)"
            raise OutOfTime(self.undone, node)

    def few(self, paths: int, node: Node) -> None:
        """Look at a number of paths side by side; raises Undecided where they are too many to go on."""
        if paths > self.limits.paths:
            raise Undecided(f"more than {self.limits.paths} paths (limit `paths`)", node)

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions by name; of two with one name, the one that knows the counter, else the first."""
        chosen: dict[str, Function] = {}
        for function in self.source.functions:
            old = chosen.get(function.name)
            if old is None or (self.rule.array in function.names and self.rule.array not in old.names):
                chosen[function.name] = function
        return {**chosen, **self.elsewhere.functions}

    @property
    def definitions(self) -> tuple[Function, ...]:
        """All functions and macros, those of one name too, and those found in other files."""
        return (*self.source.functions, *self.source.macros.values(), *self.elsewhere.definitions)

    @cached_property
    def named(self) -> Mapping[str, Function]:
        """The functions and the macros that are used like them, by name; a macro may be the stub of a function."""
        known = {name for name, function in self.functions.items() if self.rule.array in function.names}
        macros = {**self.source.macros, **self.elsewhere.macros}
        return {**self.functions, **{name: m for name, m in macros.items() if name not in known}}

    @cached_property
    def acting(self) -> Mapping[str, frozenset[tuple[str, frozenset[str]]]]:
        """What the functions and macros do themselves: (action, levels) pairs; those that do nothing are left out."""
        writers = self.rule.writers
        actions = {"write", "fill", "clear", "populate", "map", "unmap", "add", "sub"}
        out: dict[str, frozenset[tuple[str, frozenset[str]]]] = {}
        for name, function in self.named.items():
            if not function.names & writers and not _STORE.search(function.text):
                continue
            found = {
                (m.action, m.detail or frozenset()) for m in self._primitives(function.body) if m.action in actions
            }
            found -= {(action, levels) for action, levels in found if action == "populate" and not self._leafy(levels)}
            if self.rule.array in function.names:
                found.add(("use", frozenset()))
            if any(self._stores(node) for node in function.body.walk()):
                found.add(("store", frozenset()))
            if found:
                out[name] = frozenset(found)
        return out

    def _leafy(self, levels: frozenset[str]) -> bool:
        return any(self.rule.levels[level].leaf for level in levels)

    def _stores(self, node: Node) -> bool:
        """Whether a node assigns through a pointer or to an element: to an entry, perhaps."""
        if node.type != "assignment_expression" or node.op != "=" or self.primitive(node) is not None:
            return False
        return bare(node.field("left")).type in {"pointer_expression", "subscript_expression"}

    def _primitives(self, body: Node) -> Iterator[Meaning]:
        for node in body.walk():
            if node.type in {"call_expression", "assignment_expression", "update_expression"}:
                found = self.primitive(node)
                if found is not None:
                    yield from self.rule.meant(found[0])

    @cached_property
    def touching(self) -> frozenset[str]:
        """The functions and macros that write entries or move the counter, themselves or through others they name."""
        return self._naming(set(self.acting), tables=False)

    @cached_property
    def recorders(self) -> frozenset[str]:
        """The touching functions and macros that only record: nothing they reach writes an entry."""
        others = {n for n in self.touching if any(a not in {"add", "sub", "use"} for a, _ in self.acting.get(n, ()))}
        return self.touching - self._naming(others, tables=False)

    @cached_property
    def callers(self) -> Mapping[str, frozenset[str]]:
        """The functions and macros that call each function."""
        called: dict[str, set[str]] = {}
        for function in self.definitions:
            for name in set(_CALL.findall(function.text)) - {function.name}:
                called.setdefault(name, set()).add(function.name)
        return {name: frozenset(by) for name, by in called.items()}

    def above(self, name: str) -> frozenset[str]:
        """Return the functions and macros that call a function, themselves or through others."""
        found: set[str] = set()
        work = [name]
        while work:
            more = self.callers.get(work.pop(), frozenset()) - found
            found |= more
            work += more
        return frozenset(found)

    @cached_property
    def recorded(self) -> Mapping[str, frozenset[str]]:
        """The accounts that a function or macro may record in by its own text."""
        accounts = frozenset(self.rule.accounts)
        return {
            name: (self.named[name].names & accounts) or accounts
            for name in self.touching
            if self.named[name].names & self.recorders or any(a in _RECORDS for a, _ in self.acting.get(name, ()))
        }

    @cached_property
    def movable(self) -> Mapping[str, frozenset[str]]:
        """The accounts that a function or macro may move by its own text: those it records, and those it writes."""
        out: dict[str, frozenset[str]] = {}
        for name in self.touching:
            acts = self.acting.get(name, frozenset())
            moved = set(self.recorded.get(name, ()))
            if any(action in _MOVES for action, _ in acts):
                moved |= (self.named[name].names & self.rule.accounts.keys()) or self.rule.accounts.keys()
            for action, levels in acts:
                names = levels if action != "store" else self.rule.levels
                moved |= {account for level in names for account in self.rule.levels[level].leaf.values()}
            out[name] = frozenset(moved)
        return out

    def serves_others(self, name: str) -> bool:
        """Whether a function also serves another region, and neither counts nor can know where: its callers have to."""
        told = any(p.name in self.rule.where for p in self.named[name].parameters)
        filtered = any(m.action == "region" for pairs in self.rule.primitives.entries.values() for _, m in pairs)
        if not self.rule.where or filtered or told or name in self.recording:
            return False
        return bool(self.above(name) & self.rule.outside.keys())

    def settleable(self, name: str, accounts: frozenset[str]) -> bool:
        """Whether a direct caller records, or functions further above may move every one of the accounts.

        What a function records itself is its own affair: a caller settles it that may move the same account.
        """
        self.in_time()
        movable: set[str] = set()
        own = name in self.recording and accounts <= self.named[name].names
        for caller in self.above(name):
            moved = self.movable.get(caller, frozenset())
            movable |= moved
            if moved and not own and name in self.named[caller].names and caller in self.recording:
                return True
        return accounts <= movable

    @cached_property
    def recording(self) -> frozenset[str]:
        """The touching functions and macros that record by their own text."""
        return frozenset(
            name
            for name in self.touching
            if self.named[name].names & self.recorders
            or any(action in {"add", "sub", "use"} for action, _ in self.acting.get(name, ()))
        )

    @cached_property
    def recording_below(self) -> frozenset[str]:
        """The functions and macros from which a record can be reached, by what they name."""
        records = {name for name, acts in self.acting.items() if any(action in {"add", "sub"} for action, _ in acts)}
        return self._naming(records)

    @cached_property
    def locking_names(self) -> frozenset[str]:
        """The functions and macros in which a lock is taken or released, themselves or through others they name."""
        return self._naming({name for name, f in self.named.items() if f.names & self.asking})

    @cached_property
    def asking(self) -> frozenset[str]:
        """The identifiers that take or release locks, or ask the region filter."""
        patterns = [pattern for pairs in self.rule.locking.entries.values() for pattern, _ in pairs]
        words = {n.text for p in patterns for n in p.node.walk() if n.type == "identifier" and not is_metavariable(n)}
        return frozenset(words) | self._heads("region")

    @cached_property
    def filtering(self) -> frozenset[str]:
        """The functions and macros that ask the region filter, themselves or through others they name.

        As good as the filter is to ask a parameter for the value by which it says that something is counted.
        """
        words = self._heads("region") | self.rule.modes
        return self._naming({name for name, f in self.named.items() if f.names & words})

    def _heads(self, *actions: str) -> frozenset[str]:
        """Return the names of the calls by which the rule's primitives of these actions are known."""
        entries = self.rule.primitives.entries.items()
        return frozenset(key[1] for key, pairs in entries for _, m in pairs if m.action in actions) - {""}

    @cached_property
    def worth_following(self) -> frozenset[str]:
        """The functions and macros that have a bearing on how a record is reached."""
        return self.recording_below | self.locking_names | self.filtering

    @cached_property
    def bearing(self) -> frozenset[str]:
        """The identifiers by which an expression shows that it has a bearing on how a record is reached."""
        tables = {v for v, held in self.source.initialisers.items() if held & self.recording_below}
        return self.worth_following | self.asking | self._heads("dies") | tables | {self.rule.array}

    @cached_property
    def _users(self) -> Mapping[str, list[str]]:
        """The functions and macros that name each identifier."""
        users: dict[str, list[str]] = {}
        for name, function in self.named.items():
            for used in function.names:
                users.setdefault(used, []).append(name)
        return users

    @cached_property
    def _tables(self) -> Mapping[str, list[str]]:
        """The initialised variables that hold each identifier."""
        tables: dict[str, list[str]] = {}
        for variable, held in self.source.initialisers.items():
            for name in held:
                tables.setdefault(name, []).append(variable)
        return tables

    @cached_property
    def asked_for(self) -> frozenset[str]:
        """What functions and macros other than itself name, directly or in the tables that they name."""
        found: set[str] = set()
        for function in self.definitions:
            own = function.names - {function.name}
            found |= own
            for variable in own & self.source.initialisers.keys():
                found |= self.source.initialisers[variable]
        return frozenset(found)

    def leading_to(self, name: str) -> frozenset[str]:
        """Return a function, and the functions and macros inside the region that reach it, by what they name."""
        return self._naming({name}, past=self.rule.outside.keys())

    def _naming(self, names: set[str], *, tables: bool = True, past: AbstractSet[str] = frozenset()) -> frozenset[str]:
        """Return the functions and macros of these names, and all that name them, or tables that hold them.

        Those to be left out are passed by, with what only names them.
        """
        found, work, looked = set(names), list(names), set[str]()
        while work:
            name = work.pop()
            held_in = [v for v in self._tables.get(name, ()) if v not in looked] if tables else []
            looked.update(held_in)
            more = {user for one in (name, *held_in) for user in self._users.get(one, ())} - found - past
            found |= more
            work += more
        return frozenset(found)

    @cached_property
    def looking(self) -> frozenset[str]:
        """The names of the calls that lead to entries or test them, and of what is read as one."""
        members = self.rule.shown("read") - self._heads("read") - self.rule.signs
        return self._heads("walk", "grow", "enter", "find", "test") | members

    @cached_property
    def finding(self) -> frozenset[str]:
        """The functions and macros that look an entry up by its address, themselves or through others."""
        return self._naming({name for name, function in self.named.items() if function.names & self._heads("find")})

    def is_on(self, condition: Node) -> bool:
        """Whether the condition of an `#if` or `#ifdef` asks for just the option that the counter exists with."""
        condition = bare(condition)
        if condition.type == "identifier":
            return condition.text in self._options
        if condition.type == "call_expression":
            found = self.primitive(condition)
            return found is not None and found[0].action == "on"
        return condition.type == "preproc_defined" and condition.kids[0].text in self._options

    @cached_property
    def _options(self) -> frozenset[str]:
        found = (p.node for pairs in self.rule.primitives.entries.values() for p, m in pairs if m.action == "on")
        handed = (node.fields["arguments"] for node in found if "arguments" in node.fields)
        return frozenset(n.text for node in handed for n in node.walk() if n.type == "identifier")

    def is_root(self, function: Function) -> bool:
        """Whether nobody in sight calls a function, or not only those in sight do: its address is taken."""
        return function.name not in self.callers or function.name in self.source.initialised

    def is_dead(self, function: Function) -> bool:
        """Whether a static function is named nowhere but where it is defined."""
        return function.static and self.source.mentions.get(function.name, 0) < 2  # noqa: PLR2004 - the definition is one

    def uses(self, name: str) -> int:
        """Return how often a function or macro is named, where it is defined left out."""
        inside = sum(name in f.names for f in self.elsewhere.definitions)
        return self.source.mentions.get(name, 0) + inside - (name not in self.elsewhere)

    @cached_property
    def counted(self) -> frozenset[str]:
        """The functions that are reached from a root inside the counted region."""
        found = {f.name for f in self.source.functions if self.is_root(f) and not self.is_dead(f)} - set(
            self.rule.outside
        )
        work = list(found)
        while work:
            function = self.functions.get(work.pop())
            named = set() if function is None else {n for n in function.names if n in self.functions}
            more = named - found - set(self.rule.outside)
            found |= more
            work += more
        return frozenset(found)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Names that make a function without effects worth following into: accounts, sizes, tests of entries."""
        tests = self._heads(
            "test",
            "keep",
            "make",
            "bits",
            "walk",
            "grow",
            "enter",
            "find",
            "step",
            "noncont",
            "cont",
            "read",
            "region",
            "on",
            "off",
        )
        mentioned = frozenset(self.source.mentions).union(*(f.names for f in self.elsewhere.definitions))
        names = {name for name in mentioned if self.rule.allocates(name)}
        return frozenset(tests | names | self.rule.modes | set(self.rule.accounts) | set(self.rule.constants)) - {""}

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """Names of sizes to use in sentences: those of the accounts first."""
        accounts = [size for size in self.rule.accounts.values() if size.isidentifier()]
        return tuple(
            dict.fromkeys([*accounts, *(n for g in self.rule.geometries.values() for n in g), *self.rule.constants])
        )

    def level_sizes(self, text: str) -> Amount:
        """Return a size that the rule names, per geometry."""
        node = parse_expression(text)
        value = None if node is None else self.evaluate(node)
        if value is None:
            raise Undecided(f"the rule's size `{text}` is not a constant")
        return value

    def size(self, account: str) -> Amount:
        """Return the size of one leaf of an account, in bytes."""
        return self.level_sizes(self.rule.accounts[account])

    def constant(self, name: str) -> Amount | None:
        """Return a constant of the rule or of the file's macros, per geometry, or None."""
        if name in self._constants:
            return self._constants[name]
        if name in self._opaque:
            return None
        if name in self._pending:
            node = parse_expression(self._pending.pop(name))
        else:
            self._opaque.add(name)  # until it is known; for good where it is not, or it would be asked for ever
            node = self.source.constants.get(name) or self.elsewhere.constants.get(name)
        value = None if node is None else self.evaluate(node, frozenset({name}))
        if value is not None:
            self._constants[name] = value
            self._opaque.discard(name)
        return value

    def evaluate(self, node: Node, busy: frozenset[str] = frozenset()) -> Amount | None:
        """Return a constant expression's value, or None."""
        if node.type == "parenthesized_expression":
            return self.evaluate(node.kids[0], busy)
        if node.type == "number_literal":
            return literal(node.text, self.width)
        if node.type == "identifier":
            return None if node.text in busy else self.constant(node.text)
        if node.type == "cast_expression":
            return self.evaluate(node.field("value"), busy)
        if node.type == "unary_expression":
            inner = self.evaluate(node.field("argument"), busy)
            return None if inner is None or inner.constant is None else unary(node.op, inner)
        if node.type == "binary_expression":
            left, right = self.evaluate(node.field("left"), busy), self.evaluate(node.field("right"), busy)
            if left is not None and right is not None:
                made = binary(node.op, left, right)
                return made if made is not None and made.constant is not None else None
        return None

    def primitive(self, node: Node) -> tuple[Meaning, Bindings] | None:
        """Return what the rule says of an expression, with its bindings; looked up once a node."""
        return self._find(self.rule.primitives, node)

    def locking(self, node: Node) -> tuple[Meaning, Bindings] | None:
        """Return what the rule says an expression does to locks, with its bindings."""
        return self._find(self.rule.locking, node)

    def _find(self, table: Table[Meaning], node: Node) -> tuple[Meaning, Bindings] | None:
        key = (id(table), id(node))
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = (node, table.find(node))  # the node is kept, or its id could come again
        return known[1]

    def is_tool(self, name: str) -> bool:
        """Whether a function of another file only writes entries, and leaves the counting to whoever uses it."""
        return name in self.elsewhere and name not in self.recording

    def line(self, node: Node) -> str:
        """Return the line of a node in words, with the file where it is not the checked one."""
        return f"line {node.line}" + (f" of {node.path}" if node.path not in {"", self.source.path} else "")

    def is_changed(self, node: Node, changed: frozenset[int]) -> bool:
        """Whether a node stands on one of the lines of the checked file that a patch has changed."""
        return node.line in changed and node.path in {"", self.source.path}

    def fresh(self, op: str, *args: Any) -> Symbol:
        """Return a symbol that occurs nowhere else."""
        self._fresh += 1
        return Symbol(op, (*args, self._fresh))

    def unknown(self, op: str, *args: Any) -> Amount:
        """Return an amount of which nothing is known."""
        return of(self.fresh(op, *args), self.width)

    def label(self, value: Value, name: str) -> None:
        """Remember a variable's name for the symbol it holds, to be used in sentences."""
        if isinstance(value, Amount) and value.symbol is not None and value.symbol.op in {"step", "call", "alloc"}:
            self.labels.setdefault(value.symbol, name)

    def name_like(self, amount: Amount, symbol: Symbol) -> None:
        """Call what is one symbol as another one is called."""
        if amount.symbol is not None and symbol in self.labels:
            self.labels[amount.symbol] = self.labels[symbol]

    def number(self, value: int) -> Amount:
        """Return a plain number."""
        return number(value, self.width)
