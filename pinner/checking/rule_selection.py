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


ActiveRules = Mapping[str, Severity | None]
"""The rules that run on one file, and their severities, None where those are the rules' own."""


class RuleSelection(NamedTuple):
    """`select` holds the rules that run, empty for all, but for those of `ignore`; then each override that matches."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    overrides: tuple[Override, ...] = ()

    def by_path(self) -> Callable[[str], ActiveRules]:
        """Return a function from a path to the rules that run there."""
        overrides = [(override.files.matcher(), override) for override in self.overrides]

        @cache
        def active_rules_of(path: str) -> ActiveRules:
            running = set(self.select or ALL_RULES).difference(self.ignore)
            severity = {**self.severity}
            # One after another: a later override may switch a rule on again, which has the severities of all.
            for matches, override in overrides:
                if matches(path):
                    running = running.union(override.select).difference(override.ignore)
                    severity |= override.severity
            return {rule: severity.get(rule) for rule in running}

        return active_rules_of


DEFAULT_SELECTION = RuleSelection()
