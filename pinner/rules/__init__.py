"""What pinner checks. To add a rule: a module here and a line in RULES.

A rule module's docstring is its documentation: `pinner explain` prints it and the documentation is
made from it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from pinner.finding import Finding, Ignore, Occurrence, Severity


class Facts(NamedTuple):
    """What the rules judge: every occurrence of the run, sorted by path and position.

    `unused_ignores` are the ignore comments, with their path, that hid no finding of the other rules.
    """

    occurrences: Sequence[Occurrence]
    unused_ignores: Sequence[tuple[str, Ignore]] = ()


class Rule(Protocol):
    """What a module of this package offers."""

    ID: str
    SUMMARY: str
    SEVERITY: Severity

    def check(self, facts: Facts) -> Iterable[Finding]:
        """The rule's findings, in any order. Pure."""
        ...
