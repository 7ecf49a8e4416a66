"""The facts that rules check, the Protocol of a rule, and helpers that make findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from pinner.model.occurrence import (
    Finding,
    Occurrence,
    PlatformStages,
    Severity,
    Suppression,
    Template,
    fix_of,
    is_decided_elsewhere,
)
from pinner.model.reference import Reference
from pinner.model.resolution import PinStatus

_BUILDING_KINDS = ("", "dockerfile", "compose", "dotenv")


class Facts(NamedTuple):
    """The facts that rules check: every occurrence of the run, sorted by path and position.

    `unused_suppressions` are the ignore comments, with their path, that hid no finding of the other rules.
    `statuses` holds the pin statuses of the targets, None where none was asked; a target that could not
    be asked is not among them. `templates` are the files that still have to be rendered, with their path.
    `platform_stages` are bases that are stages on some platforms, with their path; `platforms` those that are
    configured, empty if none are.
    """

    occurrences: Sequence[Occurrence]
    unused_suppressions: Sequence[tuple[str, Suppression]] = ()
    statuses: Mapping[Reference, PinStatus] | None = None
    templates: Sequence[tuple[str, Template]] = ()
    platform_stages: Sequence[tuple[str, PlatformStages]] = ()
    platforms: Sequence[str] = ()


class Rule(Protocol):
    """A module of this package. An ONLINE rule finds nothing unless registries were asked."""

    ID: str
    SUMMARY: str
    SEVERITY: Severity
    ONLINE: bool

    def check(self, facts: Facts) -> Iterable[Finding]:
        """Return the findings of the rule, in any order. Pure."""
        ...


def finding_at(
    occurrence: Occurrence,
    rule: str,
    severity: Severity,
    message: str,
    digest: str | None = None,
    command: str | None = None,
) -> Finding:
    """Return a finding of `rule` at an occurrence, whose fix pins to `digest` where that can be written.

    `command` is the command that mends such findings: it counts where something can be written.
    """
    return Finding(
        rule=rule,
        severity=severity,
        path=occurrence.path,
        where=occurrence.where,
        text=occurrence.text,
        context=occurrence.context,
        message=message,
        fix=fix_of(occurrence, digest) if digest else None,
        used_at=occurrence.used_at,
        command=command if occurrence.place else None,
    )


def with_pin_status(facts: Facts) -> Iterator[tuple[Occurrence, PinStatus]]:
    """Yield the images whose pin status is known, with it."""
    if not facts.statuses:
        return
    for occurrence in facts.occurrences:
        target = _image(occurrence)
        if target and (status := facts.statuses.get(target)):
            yield occurrence, status


def move_of(status: PinStatus) -> tuple[str | None, str]:
    """Return the digest to which `update` moves a pin, None where it does not, and what is to be said of that."""
    if status.refused:
        return None, f"; pinner update refuses that: {status.refused}"
    if status.held:
        return None, f"; it stays for now: {status.held}"
    if status.target not in (None, status.current):
        return status.target, f", and pinner update moves the pin to {status.target}"
    return status.current, ""


def unpinned_image(occurrence: Occurrence) -> Reference | None:
    """Return the reference of an image that is not pinned, else None. A stage that was meant is no image.

    Nor is what the repository builds, or what a kustomization replaces: that is pinned there.
    """
    target = None if is_decided_elsewhere(occurrence) else _image(occurrence)
    return target if target and target.digest is None else None


def severity_at(occurrence: Occurrence, severity: Severity) -> Severity:
    """Return the severity of what only a person can put right: a warning in other files than those that build.

    Manifests and pipelines are templates and are overridden far more often than Dockerfiles and Compose files.
    """
    return severity if occurrence.kind in _BUILDING_KINDS else min(severity, Severity.WARNING)


def pinned_image(occurrence: Occurrence) -> Reference | None:
    """Return the reference of an image that is pinned, else None."""
    target = _image(occurrence)
    return target if target and target.digest is not None else None


def _image(occurrence: Occurrence) -> Reference | None:
    is_pulled = occurrence.stage is None and occurrence.built is None
    return occurrence.target if is_pulled and isinstance(occurrence.target, Reference) else None
