"""What every rule module needs: the facts it judges, the Protocol it fulfils, findings from places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from pinner.model.occurrence import Finding, Fix, Ignore, Occurrence, Severity, Template, fix_of
from pinner.model.reference import Reference
from pinner.model.resolution import State


class Facts(NamedTuple):
    """What the rules judge: every occurrence of the run, sorted by path and position.

    `unused_ignores` are the ignore comments, with their path, that hid no finding of the other rules.
    `states` is what registries say of the targets, None where none was asked; a target that could not
    be asked is not among them. `templates` are the files that still have to be rendered, with their path.
    """

    occurrences: Sequence[Occurrence]
    unused_ignores: Sequence[tuple[str, Ignore]] = ()
    states: Mapping[Reference, State] | None = None
    templates: Sequence[tuple[str, Template]] = ()


class Rule(Protocol):
    """What a module of this package offers. An ONLINE rule finds nothing unless registries were asked."""

    ID: str
    SUMMARY: str
    SEVERITY: Severity
    ONLINE: bool

    def check(self, facts: Facts) -> Iterable[Finding]:
        """The rule's findings, in any order. Pure."""
        ...


def finding_at(occurrence: Occurrence, rule: str, severity: Severity, message: str, fix: Fix | None = None) -> Finding:
    """What `rule` says of the place that `occurrence` is."""
    place = occurrence.path, occurrence.where, occurrence.text, occurrence.context
    return Finding(rule, severity, *place, message, fix, used_at=occurrence.used_at)


def examined(facts: Facts) -> Iterator[tuple[Occurrence, State]]:
    """The images of which a registry told the state."""
    for occurrence in facts.occurrences:
        target = _image(occurrence)
        if target and facts.states and (state := facts.states.get(target)):
            yield occurrence, state


def fix_to(occurrence: Occurrence, digest: str | None) -> Fix | None:
    """The fix that pins to `digest`; None where there is none or nothing can be written."""
    return fix_of(occurrence, digest) if digest else None


def lacks_digest(occurrence: Occurrence) -> Reference | None:
    """The reference of an image that is known but not pinned. A stage that was meant is no image."""
    target = _image(occurrence)
    return target if target and target.digest is None else None


def has_digest(occurrence: Occurrence) -> Reference | None:
    """The reference of an image that is pinned."""
    target = _image(occurrence)
    return target if target and target.digest is not None else None


def _image(occurrence: Occurrence) -> Reference | None:
    is_pulled = occurrence.stage is None and occurrence.built is None
    return occurrence.target if is_pulled and isinstance(occurrence.target, Reference) else None
