"""What the mails of one list are held against: its settings, its rules, and the cheap filter made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lmlint.bot.sieve import Sieve
from lmlint.patch.tree import open_trees
from lmlint.rule import builtin_rules, load_rules

if TYPE_CHECKING:
    from lmlint.bot.settings import ListSettings, Settings
    from lmlint.patch.tree import Trees
    from lmlint.rule import Rule


@dataclass(frozen=True, slots=True)
class Desk:
    """One list, and all that its mails are held against."""

    settings: Settings
    list: ListSettings
    rules: tuple[Rule, ...]
    sieve: Sieve = field(repr=False)

    def concerns(self, path: str) -> bool:
        """Whether a rule has something to say of a file, or looks definitions up in it."""
        return any(rule.applies(path) or rule.looks_up(path) for rule in self.rules)

    def open_trees(self) -> Trees:
        """Return the trees in which bases are looked for; InputError where one of them is not there."""
        return open_trees([str(tree) for tree in self.list.trees], limits=self.settings.config.limits)

    def unplaced(self, text: str) -> str:
        """Return a text without where the trees are on this machine: the state is published."""
        for tree in sorted(self.list.trees, key=lambda one: len(str(one)), reverse=True):
            text = text.replace(str(tree), tree.name) if tree.name else text  # the root is no secret
        return text


def desk_of(settings: Settings, name: str) -> Desk:
    """Return the desk of a list; InputError where no list is called that, or a rule cannot be read."""
    one = settings.list(name)
    rules = load_rules([builtin_rules(), *settings.config.rules], one.rules)
    globs = dict.fromkeys(glob for rule in rules for glob in (*rule.files, *rule.lookup))
    return Desk(settings, one, rules, Sieve(globs))
