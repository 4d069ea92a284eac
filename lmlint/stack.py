"""Patches that build on each other: each is judged on what those before it have left, and blamed for what it brings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lmlint.engine.check import Analysis, may_wake
from lmlint.error import InputError
from lmlint.finding import Base, Finding, FunctionVerdict, InputReport, Note, number
from lmlint.limits import DEFAULT as LIMITS
from lmlint.patch.base import Rebuilt, blob_id, rebuild
from lmlint.patch.diff import read_diff
from lmlint.review import DEFAULT, Known, Options, Review, review, shown_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmlint.engine.cutting import Excerpt
    from lmlint.limits import Limits
    from lmlint.patch.diff import FileDiff
    from lmlint.patch.mail import Mail
    from lmlint.patch.tree import Trees
    from lmlint.rule import Rule

_WEAKEST_FIRST = ("none", "hunks", "applied", "proved")


def review_patches(  # noqa: PLR0913 -- the patches, what they are held against, and how
    patches: Sequence[Mail],
    trees: Trees,
    rules: Sequence[Rule],
    options: Options = DEFAULT,
    *,
    stacked: bool = True,
    merged: Sequence[Mapping[str, tuple[bytes, ...]]] = (),
) -> Review:
    """Return the report of each patch of a series; one that cannot be read or applied is an error of the review.

    A `stacked` patch is made on top of those before it. `merged`, for each patch, are texts by path of which what is
    found in them is not new: those of the other parents of a merge.
    """
    reviewer = _Reviewer(trees, rules, options)
    reports: list[InputReport] = []
    errors: list[str] = []
    for at, mail in enumerate(patches):
        try:
            reports.append(reviewer.report(mail, merged[at] if merged else {}))
        except InputError as error:
            errors.append(str(error))
        if not stacked:
            reviewer.overlay.clear()
    return Review(_bisected([_unsettled(report, reviewer.changes) for report in reports]), tuple(errors))


def review_patch(mail: Mail, trees: Trees, rules: Sequence[Rule], options: Options = DEFAULT) -> InputReport:
    """Return the report of one patch; InputError where it cannot be read or applied."""
    return _Reviewer(trees, rules, options).report(mail, {})


@dataclass(slots=True)
class _Reviewer:
    """Reviews patches one after the other, each on what those before it have left."""

    trees: Trees
    rules: Sequence[Rule]
    options: Options
    overlay: dict[str, bytes | None] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """The paths of files that patches change of which only hunks are known: what a tree holds is not their text."""
    changes: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    """Of each patch so far: its name, what a message calls it, and the paths of its files under a rule."""
    _found: dict[tuple[str, str, str, int], tuple[Finding, ...]] = field(default_factory=dict)
    """What was found, by rule, path, blob id and the files looked up: what a patch leaves, the next one meets."""
    _brought: set[str] = field(default_factory=set)
    """The ids of what the patches so far have brought."""
    _stood: dict[str, bytes | None] = field(default_factory=dict)
    """By path, the text before the first patch: what an earlier one brings is not the user's word either."""

    def report(self, mail: Mail, merged: Mapping[str, tuple[bytes, ...]]) -> InputReport:
        """Return the report of a patch, and keep what it leaves of the files."""
        limits = self.options.limits
        diff = read_diff(mail.diff, mail.name, limits) if mail.diff else None
        covered = [one for one in (diff.files if diff else ()) if self._covers(one)]
        self.changes.append((mail.name, mail.subject or mail.name, frozenset(one.path for one in covered)))
        files = rebuild(
            covered,
            self.trees,
            mail.name,
            overlay=self.overlay,
            base_commit=mail.base_commit,
            prerequisites=mail.prerequisites,
        )
        earlier = dict(self.overlay)
        for one, file in zip(covered, files, strict=True):
            if file.base.state != "none":
                if one.old_path not in {None, one.path} and not one.copied:
                    self.overlay[str(one.old_path)] = None
                self.overlay[file.path] = file.after
        functions: list[FunctionVerdict] = []
        after: list[Finding] = []
        before: list[Finding] = []
        bases = self._bases(files)
        for one, file, base in zip(covered, files, bases, strict=True):
            for rule in (rule for rule in self.rules if rule.applies(file.path)):
                if base.state == "hunks":
                    analysis, old = hunks_alone(one, rule, limits)
                else:
                    analysis, old = self._file(file, rule, earlier, merged.get(file.path, ()))
                functions += analysis.functions
                after += analysis.findings
                before += old
        texts = {file.path: file.after for file in files if file.after is not None}
        places = {file.path: file for file in files}
        for file, rule in self._dependents(files, earlier):
            analysis, old = self._file(file, rule, earlier, ())
            functions += analysis.functions
            after += analysis.findings
            before += old
            texts[file.path] = file.after or b""
            places.setdefault(file.path, file)
            self._stood.setdefault(file.path, file.before)
        findings = review(number(after), number(before))
        findings, contradictions = self.options.replayed(
            findings,
            functions,
            texts,
            self.rules,
            lambda path, rule: self._others(places[path], rule, self.overlay),
        )
        notices = [*(diff.notices if diff else ()), *self._notices(covered, files, bases)]
        report = InputReport(
            name=mail.name,
            kind="patch",
            subject=mail.subject,
            message_id=mail.message_id,
            base=min(bases, key=lambda base: _WEAKEST_FIRST.index(base.state), default=Base("none")),
            rules=tuple(rule.name for rule in self.rules if any(self._concerns(rule, one) for one in covered)),
            functions=tuple(functions),
            findings=findings,
            granted=self.options.granted(self.rules),
            contradictions=contradictions,
            sources=shown_sources(texts, findings),
            notices=tuple(dict.fromkeys(notices)),
            diff=mail.diff,
            letter=mail.data,
        )
        for one, file in zip(covered, files, strict=True):
            if file.base.state != "none":
                self._stood.setdefault(file.path, self._stood.get(one.old_path or file.path, file.before))
        stood = {path: text for path in texts if (text := self._stood.get(path))}
        report = self.options.silenced(report, texts, stood)
        made = self.options.suggested(report, self._known(files), frozenset(self._brought))
        self._brought |= {finding.id for finding in made.findings if finding.state == "new"}
        return made

    def _known(self, files: Sequence[Rebuilt]) -> Iterator[Known]:
        """Yield the files of a patch of which the whole text after it is known."""
        for file in files:
            for rule in self.rules:
                if file.after is not None and rule.applies(file.path):
                    others = self._others(file, rule, self.overlay)
                    yield Known(file.after, file.path, rule, file.changed, others)

    def _bases(self, files: Sequence[Rebuilt]) -> list[Base]:
        """Return the base of each file, `hunks` where nothing else is known of it; keep which those are."""
        bases = []
        for file in files:
            alone = file.base.state == "none" and file.before is None and file.after is None
            if alone:
                self.unknown.add(file.path)
            bases.append(replace(file.base, state="hunks", path=file.path) if alone else file.base)
        return bases

    def _notices(self, covered: Sequence[FileDiff], files: Sequence[Rebuilt], bases: Sequence[Base]) -> Iterator[str]:
        """Yield what is to be said of the bases, and of files of which no rule can say anything."""
        for base in bases:
            yield from base.notices
        for one, file, base in zip(covered, files, bases, strict=True):
            alone = base.state == "hunks" or (file.origin is None and one.old_path is not None) or self.unknown
            if alone and not any(rule.applies(base.path) for rule in self.rules):
                yield f"{base.path}: other files look definitions up in it, which takes a tree; give one with --tree"
        for one in covered:
            for rule in self.rules:
                if one.old_path and one.new_path and rule.applies(one.old_path) and not rule.applies(one.new_path):
                    left = f"it leaves the files of {rule.name}, which says nothing of it any more"
                    yield f"{one.path} was {one.old_path}: {left}"

    def _covers(self, diff: FileDiff) -> bool:
        return any(self._concerns(rule, diff) for rule in self.rules)

    def _concerns(self, rule: Rule, diff: FileDiff) -> bool:
        paths = {path for path in (diff.old_path, diff.new_path) if path is not None}
        return any(rule.applies(path) or rule.looks_up(path) for path in paths)

    def _file(
        self, file: Rebuilt, rule: Rule, earlier: Mapping[str, bytes | None], merged: Sequence[bytes]
    ) -> tuple[Analysis, Sequence[Finding]]:
        """Return what is said of a file after the patch, and what was found before it."""
        found: dict[str, Finding] = {}
        for text in (file.before, *merged):
            if text is not None:
                found |= {finding.id: finding for finding in number(self._before(text, file, rule, earlier))}
        old = list(found.values())
        if file.after is None:
            return Analysis((), ()), old
        others = self._others(file, rule, self.overlay)
        analysis = self.options.analysis(file.after, file.path, rule, file.changed, others)
        self._found[self._key(file.after, file.path, rule, others)] = analysis.findings
        return analysis, old

    def _before(
        self, text: bytes, file: Rebuilt, rule: Rule, earlier: Mapping[str, bytes | None]
    ) -> tuple[Finding, ...]:
        others = self._others(file, rule, earlier)
        key = self._key(text, file.path, rule, others)
        if key not in self._found:
            plain = replace(self.options, proofs=False)
            self._found[key] = plain.analysis(text, file.path, rule, frozenset(), others).findings
        return self._found[key]

    def _key(self, text: bytes, path: str, rule: Rule, others: Mapping[str, bytes]) -> tuple[str, str, str, int]:
        return rule.name, path, blob_id(text), hash(frozenset(others.items()))

    def _others(self, file: Rebuilt, rule: Rule, overlay: Mapping[str, bytes | None]) -> Mapping[str, bytes]:
        """Return the files that the rule looks up, from the base of a file, earlier patches put over them."""
        if not rule.lookup:
            return {}
        found = self.trees.files(rule.lookup, file.origin, overlay)
        found.pop(file.path, None)
        return found

    def _dependents(self, files: Sequence[Rebuilt], earlier: Mapping[str, bytes | None]) -> list[tuple[Rebuilt, Rule]]:
        """Return the files of a rule that the patch leaves alone while it changes a file that they look up."""
        found: list[tuple[Rebuilt, Rule]] = []
        touched = {file.path for file in files}
        for rule in self.rules:
            looked = next((f for f in files if rule.looks_up(f.path) and f.base.state != "none"), None)
            if looked is not None:
                held = self.trees.files(rule.files, looked.origin, earlier)
                for path, text in sorted(held.items()):
                    file = Rebuilt(path, text, text, frozenset(), replace(looked.base, path=path), looked.origin)
                    if path not in touched | self.unknown and may_wake(
                        text, rule, self._others(file, rule, self.overlay)
                    ):
                        found.append((file, rule))
        return found


def hunks_alone(diff: FileDiff, rule: Rule, limits: Limits = LIMITS) -> tuple[Analysis, Sequence[Finding]]:
    """Return what the hunks of a file prove by themselves after the patch, and what they prove before it."""
    from lmlint.engine.cutting import Excerpt  # loaded where there is no tree
    from lmlint.engine.hunks import analyse_hunks

    before, now = excerpt(diff, old=True), excerpt(diff)
    was = analyse_hunks(before, Excerpt(), diff.path, rule, limits)
    return analyse_hunks(now, before, diff.path, rule, limits), was.findings


def excerpt(diff: FileDiff, *, old: bool = False) -> Excerpt:
    """Return what the hunks show of a file after the patch, or before it."""
    from lmlint.engine.cutting import Excerpt, Piece

    shown, changed = [], set[int]()
    for hunk in diff.hunks:
        first = (hunk.old_index if old else hunk.new_index) + 1
        lines = [line for line in hunk.lines if line[:1] != (b"+" if old else b"-")]
        changed |= {first + at for at, line in enumerate(lines) if line[:1] != b" "}
        text = tuple(line[1:].rstrip(b"\r\n").decode(errors="surrogateescape") for line in lines)
        shown.append(Piece(first, text, hunk.section.decode(errors="replace")))
    return Excerpt(tuple(shown), frozenset(changed))


def _unsettled(report: InputReport, changes: Sequence[tuple[str, str, frozenset[str]]]) -> InputReport:
    """Return the report; what its hunks alone prove is a note where a later patch of the series changes the file too.

    Whether that one repairs it, no hunk shows.
    """
    if report.base.state != "hunks":
        return report
    names = [name for name, _, _ in changes]
    later = changes[names.index(report.name) + 1 :]
    findings = []
    for finding in report.findings:
        by = next((subject for _, subject, paths in later if finding.place.file in paths), "")
        if finding.state == "new" and by:
            why = Note(finding.place, f"`{by}` changes this file as well, and may repair it; give a tree to know")
            findings.append(replace(finding, severity="note", notes=(*finding.notes, why)))
        else:
            findings.append(finding)
    return replace(report, findings=tuple(findings))


def _bisected(reports: Sequence[InputReport]) -> tuple[InputReport, ...]:
    """Return the reports, each finding that a later patch repairs made a note on bisecting."""
    repairs: dict[tuple[str, str], str] = {}
    out: list[InputReport] = []
    for report in reversed(reports):
        findings = []
        for finding in report.findings:
            by = repairs.get((finding.rule, finding.id), "")
            if finding.state == "new" and by:
                findings.append(replace(finding, state="repaired", severity="note", repaired=by, suggestion=None))
            else:
                findings.append(finding)
        for finding in report.findings:
            if finding.state == "fixed":
                repairs[finding.rule, finding.id] = report.subject or report.name
            elif finding.state == "new":
                repairs.pop((finding.rule, finding.id), None)
        out.append(replace(report, findings=tuple(findings)))
    return tuple(reversed(out))
