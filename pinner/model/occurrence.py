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


class Opaque(NamedTuple):
    """A reference that the file alone does not determine. `reason` tells the user what to do.

    `variables` are those whose missing values are all that is wrong, `known` is what is there of its text and of the
    values that lack them.
    """

    reason: str
    variables: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

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

    `until` is the last day on which it counts, as written. `void` says why it does not count, empty if it does. One
    that is `malformed` cannot be read and covers nothing. `path` is set where it stands in another file than what it
    speaks of.
    """

    where: Location
    rules: tuple[str, ...]
    reason: str
    text: str
    until: str | None = None
    whole_file: bool = False
    void: str = ""
    malformed: bool = False
    path: str = ""

    def covers(self, rule: str) -> bool:
        """Return whether the comment suppresses findings of a rule."""
        return not self.malformed and (not self.rules or rule in self.rules)


class Place(NamedTuple):
    """Where the digest of a reference goes: bytes of a file, which need not be the one that names the image.

    `span` is that of the digest that stands there, empty where one is to be inserted. `bare` is a key of its own for
    the digest, in which no `@` joins it to a name, and no `algorithm` stands if one is given here. `removal` takes the
    digest away where more changes than that: a plain scalar of YAML gets quotes if what is left of it would be null or
    a number.
    """

    path: str
    span: Span
    bare: bool = False
    removal: Edit | None = None
    algorithm: str = ""

    @property
    def holds_digest(self) -> bool:
        """Return whether a digest stands there."""
        return self.span.start < self.span.end


class Decider(StrEnum):
    """What decides on the image of a place, other than the reference that stands there."""

    BUILDER = "builder"
    """A file that says that the repository builds an image of this name."""
    KUSTOMIZATION = "kustomization"
    """An entry of a kustomization that replaces the name, the tag or the digest of all images of this name."""
    IMAGE_POLICY = "image-policy"
    """A controller of Flux, which writes the line itself."""


class Decision(NamedTuple):
    """A file decides on the images of a name. `tag` is None where it decides on all of them, whatever their tags.

    `name` is `registry/repository` of what a builder builds, the name as it is written of what a kustomization
    replaces, and the marker of an image policy. `path` and `line` are where that is said. `place` and `unwritable` are
    those that the occurrence has but for an image policy, which keeps pinner from writing. `new_name` is the name that
    the images have afterwards, empty where it stays; with `keeps_tag` nothing else changes, and the images are judged
    where their tag stands.
    """

    by: Decider
    name: str
    tag: str | None
    path: str
    line: int
    place: Place | None = None
    unwritable: str | None = None
    new_name: str = ""
    keeps_tag: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class BuildArgument(NamedTuple):
    """The value that a file passes to an ARG of a Dockerfile that it names.

    `value` has one character a byte, and is None where it is not known. `span` is where it stands in the file, as it is
    if it `is_as_written`; an `obstacle` says why no digest can be written there. `suppressions` are the ignore comments
    on it.
    """

    name: str
    value: str | None
    span: Span
    is_as_written: bool = True
    obstacle: str = ""
    suppressions: tuple[Suppression, ...] = ()


class Link(NamedTuple):
    """A file or a folder that another file names. `path` starts at that file's folder.

    `kind` is what the file that names it takes it for. `suppressions` are the ignore comments on the place that names
    it. The build of a Dockerfile gets `args` and the named `contexts`. A link that `is_guess` names what is usual, and
    the path of one that `may_start_at_root` is one from the folder where the tool is run.
    """

    path: str
    kind: str
    where: Location
    context: str
    suppressions: tuple[Suppression, ...] = ()
    args: tuple[BuildArgument, ...] = ()
    contexts: tuple[str, ...] = ()
    is_guess: bool = False
    may_start_at_root: bool = False


class Use(NamedTuple):
    """A place that uses a value which stands elsewhere."""

    path: str
    where: Location
    context: str


class Occurrence(NamedTuple):
    """One place where a reference is written, and the one place where its digest goes.

    `text` is as written, without quotes. `place` is None where nothing can be written, and then `unwritable` says why
    and what to do. `stage` is set where BuildKit would pull an image although a build stage was meant; `dead_variable`
    names a variable that a digest switches off. `platform` is the literal platform that the place asks for.
    `suppressions` are the ignore comments on it; `image_ignored` is set where `ignore-images` names the image;
    `similar_stage` is the name of an earlier stage that a misspelt name may mean.
    `kind` is that of the document, `also` the further contexts that aliases and merge keys give the same bytes.
    `decision` is set where something else decides on the image, `is_partial` where its tag stands somewhere else and
    none does not mean latest. `drops_digest` is set where it takes away the digest of an image that stands elsewhere.
    `used_at` are the places that use the image, if this is where a value of theirs stands. `built` is set for the name
    of an image that is built: to the `pull_policy`, empty if there is none.
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
    kind: str = ""
    also: tuple[str, ...] = ()
    decision: Decision | None = None
    is_partial: bool = False
    drops_digest: bool = False
    used_at: tuple[Use, ...] = ()
    built: str | None = None


class Problem(NamedTuple):
    """A line that the format does not allow. Nothing is written to such a file."""

    line: int
    message: str


class PassedOver(StrEnum):
    """Why a file that was opened is not one of the files that are checked."""

    NO_KIND = "no-kind"
    """Neither its name nor its content is that of a kind."""
    OFF = "off"
    """It is of kinds that the configuration switches off."""


class Unread(NamedTuple):
    """A file that a file names and that is not read: where it is named, and why it is not read.

    `path` is what `text` stands for, empty where a variable without a value stands in it.
    """

    where: Location
    text: str
    path: str
    context: str
    detail: str
    suppressions: tuple[Suppression, ...] = ()


class Template(NamedTuple):
    """A file that its tool would refuse because it still has to be rendered: where that shows, and how.

    `literals` are the 1-based lines of the references in it that are written out.
    """

    where: Location
    text: str
    literals: tuple[int, ...] = ()


class PlatformStages(NamedTuple):
    """A base image whose name depends on the platform and is that of a build stage on some: `FROM base-$TARGETARCH`.

    `names` are the platforms with what the place stands for there, `with_stage` those on which that is an earlier
    stage. `usual` are the platforms that count where none are configured.
    """

    where: Location
    text: str
    context: str
    names: tuple[tuple[str, str | None], ...]
    with_stage: tuple[str, ...]
    usual: tuple[str, ...]
    suppressions: tuple[Suppression, ...] = ()


class Reading(NamedTuple):
    """All that a format read from one file. Nothing else is said of a template.

    `decisions` are what the file decides for other files, `links` the files that it names. `passed_over` says why the
    file is none of those that are checked; its decisions count all the same.
    """

    occurrences: tuple[Occurrence, ...]
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    decisions: tuple[Decision, ...] = ()
    links: tuple[Link, ...] = ()
    passed_over: PassedOver | None = None
    template: Template | None = None
    unread: tuple[Unread, ...] = ()
    platform_stages: tuple[PlatformStages, ...] = ()


class Fix(NamedTuple):
    """Edits of the file at `path` that make a finding go away."""

    title: str
    path: str
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """Finding of a rule at one place.

    `command` is the command that mends it, `pin` or `update`; None where a person has to. `variables` are those without
    a value, if it is about them.
    """

    rule: str
    severity: Severity
    path: str
    where: Location
    text: str
    context: str
    message: str
    fix: Fix | None = None
    used_at: tuple[Use, ...] = ()
    command: str | None = None
    variables: tuple[str, ...] = ()


def is_built(occurrence: Occurrence) -> bool:
    """Return whether the repository itself builds the image."""
    return occurrence.decision is not None and occurrence.decision.by is Decider.BUILDER


def is_decided_elsewhere(occurrence: Occurrence) -> bool:
    """Return whether the image is judged and pinned in another place, or built, and so not here."""
    return occurrence.decision is not None and occurrence.decision.by is not Decider.IMAGE_POLICY


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
        return place.removal or Edit(Span(place.span.start - len(joint), place.span.end), "")
    assert is_digest(digest)
    digest = digest.removeprefix(place.algorithm)
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
    return Fix(title=f"Pin to {digest}", path=occurrence.place.path, edits=edits)
