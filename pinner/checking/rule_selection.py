"""Which rules run on which files, and the severity of their findings. Pure."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from pinner.model.occurrence import Severity
from pinner.rules import RULES
from pinner.scanning.gitignore import Patterns

ALL_RULES = frozenset(rule.ID for rule in RULES)


class Override(NamedTuple):
    """A selection for some files: `select` switches rules on there, then `ignore` switches rules off."""

    files: Patterns
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}


class ActiveRules(NamedTuple):
    """The rules that run on one file, and their severities where those are not the rules' own."""

    running: frozenset[str]
    severity: Mapping[str, Severity]

    def overridden_by(self, override: Override) -> "ActiveRules":
        """Return these rules with what an override changes."""
        running = (self.running | set(override.select)) - set(override.ignore)
        return ActiveRules(running, {**self.severity, **override.severity})


class RuleSelection(NamedTuple):
    """`select` holds the rules that run, empty for all, but for those of `ignore`; then each override that matches."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    overrides: tuple[Override, ...] = ()

    def by_path(self) -> Callable[[str], ActiveRules]:
        """Return a function from a path to the rules that run there."""
        usual = ActiveRules((frozenset(self.select) or ALL_RULES) - set(self.ignore), self.severity)
        overrides = [(override.files.matcher(), override) for override in self.overrides]

        @cache
        def active_rules_of(path: str) -> ActiveRules:
            active = usual
            for matches, override in overrides:
                active = active.overridden_by(override) if matches(path) else active
            return active

        return active_rules_of


DEFAULT_SELECTION = RuleSelection()
