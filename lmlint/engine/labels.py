"""What the report functions of a file print of the counter: accounts left out or printed twice, and wrong labels."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lmlint.engine.argument import construct, plain
from lmlint.engine.moved import moved
from lmlint.engine.printed import LEAF, Entry, Fault, size_text, wrong
from lmlint.engine.reports import reports_of
from lmlint.finding import CANNOT_TELL, Finding, FunctionVerdict, Note, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmlint.engine.program import Program
    from lmlint.engine.reports import Reports, Way
    from lmlint.source import Node

LABEL, ACCOUNT = "wrong-label", "unreported-account"


def judge_labels(program: Program, path: str) -> tuple[list[Finding], list[FunctionVerdict]]:
    """Return what the report functions get wrong, and a verdict for each that cannot be told."""
    reports = reports_of(program)
    return ([], []) if reports is None else _Labels(program, path, reports).judge()


_Faults = list[tuple[int, Fault]]
"""What is wrong with one account, each with the index of its geometry."""


class _Labels:
    def __init__(self, program: Program, path: str, reports: Reports) -> None:
        self.program, self.path, self.reports, self.report = program, path, reports, reports.report
        self.geometries, self.unit = reports.geometries, program.rule.unit

    def judge(self) -> tuple[list[Finding], list[FunctionVerdict]]:
        found: list[Finding] = []
        doubts: list[FunctionVerdict] = []
        ways, untold = self.reports.told
        for function, reason in untold:
            where = f" (line {reason.node.line})" if reason.node is not None else ""
            text = f"its report is not judged: {reason.reason}{where}"
            doubts.append(FunctionVerdict(self.path, function.name, self.program.rule.name, CANNOT_TELL, text, ()))
        borrowed: set[str] = set()
        for name, each in ways.items():
            found += self._wrong(name, each, borrowed)
            found += self._twice(name, each)
        if ways and not doubts and self.reports.static:
            found += self._unprinted(ways, borrowed)
            found += self._unmoved(ways)
        return found, doubts

    # what is found

    def _size(self, account: str, geometry: int) -> int:
        return int((self.program.size(account).constant or (0,) * self.program.width)[geometry])

    def _wrong(self, name: str, ways: list[Way], borrowed: set[str]) -> Iterator[Finding]:
        told: dict[tuple[str, str, Place], list[tuple[int, Fault]]] = {}
        usual = {account for account in self.report.sometimes if self._usual(account, ways)}
        for index in range(len(self.geometries)):
            for account in self.program.rule.accounts:
                size = self._size(account, index)
                with_it = [[e for e in way.entries if e.account == account] for way in ways if way.geometry == index]
                bad = [[f for e in each if (f := wrong(e, size, self.report, self.unit))] for each in with_it if each]
                if not all(bad) or account in usual:
                    continue  # one way prints it rightly, and it may be the only one there is
                for fault in dict.fromkeys(f for each in bad for f in each):
                    place = self._at(fault.node)
                    told.setdefault((account, fault.what, place), []).append((index, fault))
        merged: dict[tuple[str, Place], dict[str, _Faults]] = {}
        faults: _Faults
        for (account, what, place), faulty in told.items():
            once = dict(reversed(faulty))
            faults = [(index, once[index]) for index in sorted(once)]
            # What is wrong of one account everywhere may be wrong of others that the same call prints: one mistake.
            all_over = len(faults) == len(self.geometries)
            call = self._at(faults[0][1].entry.call)
            merged.setdefault((what, call if all_over else place), {})[account] = faults
        for (_, place), each in merged.items():
            many = len(each) > 1
            for account, faults in list(each.items())[:1] if many else each.items():
                owner = self._owner(faults)
                borrowed |= {owner} - {""}
                where = place if many else self._at(faults[0][1].node)
                yield self._label(name, list(each), account, where, faults, owner)

    def _usual(self, account: str, ways: list[Way]) -> bool:
        """Whether an account that not all geometries have is printed under one label, which is right somewhere."""
        printed = [(e, way.geometry) for way in ways for e in way.entries if e.account == account]
        right = any(wrong(e, self._size(account, index), self.report, self.unit) is None for e, index in printed)
        return right and len({str(e.label) for e, _ in printed}) == 1

    def _at(self, node: Node) -> Place:
        return Place(self.path, node.line, node.column)

    def _owner(self, faults: list[tuple[int, Fault]]) -> str:
        """Return the account whose size the label is in every geometry, or ""."""
        for account in self.program.rule.accounts:
            if len(faults) == len(self.geometries) and all(
                fault.size == self._size(account, index) for index, fault in faults
            ):
                return account
        return ""

    def _label(  # noqa: PLR0913, PLR0917  # the parts of one sentence
        self, name: str, accounts: list[str], account: str, place: Place, faults: _Faults, owner: str
    ) -> Finding:
        first = faults[0][1]
        call = self._at(first.entry.call)
        names = [self.geometries[index] for index, _ in faults]
        where = "" if len(names) == len(self.geometries) else f" ({', '.join(names)})"
        all_of = " and ".join([", ".join(accounts[:-1]), accounts[-1]] if len(accounts) > 1 else accounts)
        if first.what == "size":
            each = [
                f"`{fault.shown}` where {LEAF} is {size_text(self._size(account, index))}" for index, fault in faults
            ]
            alike = len(set(each)) == 1 and not where
            sizes = each[:1] if alike else [f"{text} ({name})" for text, name in zip(each, names, strict=True)]
            under = f"under the label of {owner}: " if owner else "as "
            rest = "" if len(accounts) == 1 else f", and likewise {', '.join(accounts[1:])}"
            message = f"`{name}` prints {account} {under}{', '.join(sizes)}{rest}"
        elif first.what == "unset":
            message = f"`{name}` prints {all_of} under a label that is never set{where}"
        else:
            shown = first.shown if len(accounts) == 1 else first.shown.replace(LEAF, f"a leaf of {account}")
            message = f"`{name}` prints {all_of} {shown}{where}"
        notes = () if call == place else (Note(call, f"`{name}` prints {account} here"),)
        text = f"{account} {construct(first.node)}"
        return plain(self.program, LABEL, name, place, message, notes, text)

    def _twice(self, name: str, ways: list[Way]) -> Iterator[Finding]:
        told = set()
        for way in ways:
            seen: dict[tuple[str, str, object], Entry] = {}
            printing = {e.account: [w for w in ways if w.geometry == way.geometry and e.account in w.mentioned]
                        for e in way.entries}  # fmt: skip
            for entry in way.entries:
                if entry.gap or not str(entry.label).strip():
                    continue
                key = (entry.account, " ".join(str(entry.label).split()), entry.factor)
                before = seen.setdefault(key, entry)
                certain = way.conditions <= 1 or all(
                    sum(e.account == entry.account for e in w.entries) > 1 for w in printing[entry.account]
                )
                if before is entry or entry.account in told or not certain:
                    continue
                told.add(entry.account)
                place = self._at(entry.call)
                first = self._at(before.call)
                notes = (Note(first, f"`{name}` prints {entry.account} here as well"),)
                text = f"{entry.account} {construct(entry.call)}"
                yield plain(self.program, ACCOUNT, name, place, f"`{name}` prints {entry.account} twice", notes, text)

    def _elsewhere(self) -> frozenset[str]:
        """Return the names in functions and macros that do not report."""
        return frozenset().union(*(f.names for f in self.program.definitions if f.name not in self.reports.within))

    def _counting(self) -> frozenset[str]:
        """Return the names in functions and macros that record, and in those that these call."""
        known = self.program.named
        recording = self.program.recording - self.reports.within
        called = frozenset().union(*(known[name].names for name in recording)) & known.keys() - self.reports.within
        return frozenset().union(*(known[name].names for name in recording | called))

    def _unprinted(self, ways: Mapping[str, list[Way]], borrowed: set[str]) -> Iterator[Finding]:
        every = [way for each in ways.values() for way in each]
        if not any(way.entries for way in every):
            return
        named = self._counting()
        printing = next(name for name, each in ways.items() if any(way.entries for way in each))
        function = self.program.functions[printing]
        for account in dict.fromkeys(a for level in self.program.rule.levels.values() for a in level.leaf.values()):
            there = {way.geometry for way in every if account in way.mentioned}
            lost = [g for i, g in enumerate(self.geometries) if i not in there]
            if not lost or account not in named or account in borrowed or (there and account in self.report.sometimes):
                continue
            where = "" if not there else f" ({', '.join(lost)})"
            message = f"`{printing}` never prints {account}, which is counted{where}"
            place = Place(self.path, function.line, function.column)
            yield plain(self.program, ACCOUNT, printing, place, message, (), account)

    def _unmoved(self, ways: Mapping[str, list[Way]]) -> Iterator[Finding]:
        named = self._elsewhere()
        still = [a for a in self.program.rule.accounts if a not in named]
        known = moved(self.program, self.reports.within) if still else None
        if not known:
            return  # nothing moves the counter here, or nobody can tell what does
        for name, each in ways.items():
            first = {e.account: e for way in reversed(each) for e in reversed(way.entries)}
            counts = Counter(e.account for way in each for e in way.entries)
            for account in (a for a in still if counts[a] and a not in known):
                place = self._at(first[account].call)
                message = f"`{name}` prints {account}, and nothing in this file ever counts it"
                yield plain(self.program, ACCOUNT, name, place, message, (), f"{account} is never counted")
