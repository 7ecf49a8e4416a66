"""Which rules run on which files, and the severity of their findings. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
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

RuleSelection = Callable[[str], ActiveRules]
"""From the path of a file to the rules that run on it."""


def select_rules(
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    severity: Mapping[str, Severity] = {},
    overrides: Iterable[Override] = (),
) -> RuleSelection:
    """Return what runs where: the rules of `select`, all if it is empty, without `ignore`; then what overrides say."""
    matchers = [(override.files.matcher(), override) for override in overrides]

    @cache
    def active_rules_of(path: str) -> ActiveRules:
        running = set(select or ALL_RULES).difference(ignore)
        severities = {**severity}
        # One after another: a later override may switch a rule on again, with what earlier ones say of its severity.
        for matches, override in matchers:
            if matches(path):
                running = running.union(override.select).difference(override.ignore)
                severities |= override.severity
        return {rule: severities.get(rule) for rule in running}

    return active_rules_of


DEFAULT_SELECTION = select_rules()
