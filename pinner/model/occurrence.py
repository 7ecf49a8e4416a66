"""Occurrences, findings and fixes: what readers find, and what rules say of it. A leaf.

The types are named tuples: frozen, and several times cheaper to import than dataclasses, which
counts in a hook.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from pinner.model.reference import DEFAULT_TAG, Reference, is_digest
from pinner.model.source import Edit, Location, Span


class Severity(IntEnum):
    """Severity of a finding; `--fail-on` compares."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word that users write and read."""
        return self.name.lower()


class Applicability(StrEnum):
    """Whether a fix may be made without review: the meanings are ruff's."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Opaque(NamedTuple):
    """A reference that the file alone does not determine. `reason` tells the user what to do."""

    reason: str

    # As tuples the two kinds with one reason would be equal, and one key of a dictionary.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and self.reason == other.reason

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Opaque, self.reason))


class Invalid(NamedTuple):
    """Text in a reference's place that is no reference. `reason` is distribution's."""

    reason: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Invalid) and self.reason == other.reason

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Invalid, self.reason))


class Suppression(NamedTuple):
    """A `# pinner: ignore[…]` or `ignore-file[…]` comment. `rules` is empty where it names none and so covers all.

    `until` is the last day on which it counts, as written. `void` says why it does not count, empty if it does.
    """

    where: Location
    rules: tuple[str, ...]
    reason: str
    text: str
    until: str | None = None
    whole_file: bool = False
    void: str = ""

    def covers(self, rule: str) -> bool:
        """Return whether the comment suppresses findings of a rule."""
        return not self.rules or rule in self.rules


class Place(NamedTuple):
    """Where the digest of a reference goes: bytes of a file, which need not be the one that names the image.

    `span` is that of the digest that stands there, empty where one is to be inserted. `bare` is a key of its own for
    the digest, in which no `@` joins it to a name.
    """

    path: str
    span: Span
    bare: bool = False

    @property
    def holds_digest(self) -> bool:
        """Return whether a digest stands there."""
        return self.span.start < self.span.end


class Occurrence(NamedTuple):
    """One place where a reference is written, and the one place where its digest goes.

    `text` is as written, without quotes. `place` is None where nothing can be written, and then `unwritable` says why
    and what to do. `stage` is set where BuildKit would pull an image although a build stage was meant; `dead_variable`
    names a variable that a digest switches off. `platform` is the literal platform that the place asks for.
    `suppressions` are the ignore comments on it; `image_ignored` is set where `ignore-images` names the image;
    `similar_stage` is the name of an earlier stage that a misspelt name may mean.
    """

    path: str
    span: Span
    where: Location
    text: str
    target: Reference | Invalid | Opaque
    context: str
    place: Place | None = None
    unwritable: str | None = None
    stage: str | None = None
    dead_variable: str | None = None
    platform: str | None = None
    suppressions: tuple[Suppression, ...] = ()
    image_ignored: bool = False
    similar_stage: str | None = None


class Problem(NamedTuple):
    """A line that the format does not allow. Nothing is written to such a file."""

    line: int
    message: str


class Reading(NamedTuple):
    """The reading of one file."""

    occurrences: tuple[Occurrence, ...]
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()


class Fix(NamedTuple):
    """Edits of the file at `path` that make a finding go away."""

    title: str
    applicability: Applicability
    path: str
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """Finding of a rule at one place.

    `command` is the command that mends it, `pin` or `update`; None where a person has to.
    """

    rule: str
    severity: Severity
    path: str
    where: Location
    text: str
    context: str
    message: str
    fix: Fix | None = None
    command: str | None = None


def edit_of(occurrence: Occurrence, digest: str | None) -> Edit:
    """Return the edit that gives `occurrence` the `digest`, or takes its digest away.

    It is one of the file at `occurrence.place.path`. An untagged name becomes `name:latest@sha256:…`: that is what it
    means, and updaters read it.
    """
    target, place = occurrence.target, occurrence.place
    assert isinstance(target, Reference) and place
    joint = "" if place.bare else "@"
    if digest is None:
        assert place.holds_digest
        return Edit(Span(place.span.start - len(joint), place.span.end), "")
    assert is_digest(digest)
    if place.holds_digest:
        return Edit(place.span, digest)
    # A separate key for the digest has no room for a tag, which then has a key of its own.
    tag = "" if target.tag or place.bare else f":{DEFAULT_TAG}"
    return Edit(place.span, f"{tag}{joint}{digest}")


def fix_of(occurrence: Occurrence, digest: str) -> Fix | None:
    """Return the fix that a finding on `occurrence` offers, None where nothing can be written."""
    if occurrence.place is None:
        return None
    edits = (edit_of(occurrence, digest),)
    return Fix(title=f"Pin to {digest}", applicability=Applicability.SAFE, path=occurrence.place.path, edits=edits)
