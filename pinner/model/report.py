"""The report of a run, from which every output is made. A leaf."""

from collections.abc import Mapping
from typing import NamedTuple

from pinner.model.occurrence import Finding, Suppression
from pinner.model.source import Location, Source


class Unchecked(NamedTuple):
    """A reference that could not be checked. `reason` is a slug, `detail` a sentence for people."""

    path: str
    where: Location
    text: str
    context: str
    reason: str
    detail: str


class FileFailure(NamedTuple):
    """A file that could not be read, understood or written. `line` is None where no line is to blame."""

    path: str
    line: int | None
    message: str


class Provenance(NamedTuple):
    """What the publisher of an index says of it in annotations; None for what is missing. It is no evidence."""

    version: str | None = None
    revision: str | None = None
    source: str | None = None
    created: str | None = None
    base_name: str | None = None
    base_digest: str | None = None


class Explanation(NamedTuple):
    """Why a digest changed.

    `why` is a word of `pinner.updating.explanation`, None where nothing was asked. `before` and `after` are None where
    an index says nothing. `current` is whether the tag names the new digest now, `tag_digest` the digest that it names
    in its place. `first_seen` is when the tag was first seen to name the new digest (RFC 3339, UTC).
    """

    why: str | None = None
    before: Provenance | None = None
    after: Provenance | None = None
    compare_url: str | None = None
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    current: bool = False
    tag_digest: str | None = None
    first_seen: str | None = None


class Change(NamedTuple):
    """A digest that was written, or would be with `--diff`. None stands for no digest.

    `note` is a sentence that people should know about it, empty where there is none.
    """

    path: str
    where: Location
    image: str
    old: str | None
    new: str | None
    note: str = ""
    explanation: Explanation = Explanation()


class Kept(NamedTuple):
    """A place that an update left as it is, and why.

    `reason` is a slug, `detail` a sentence for people. `refused` where what the tag names now must not be taken.
    """

    path: str
    where: Location
    image: str
    reason: str
    detail: str
    refused: bool = False


class Suppressed(NamedTuple):
    """A finding that an ignore comment hides."""

    finding: Finding
    suppression: Suppression


class Summary(NamedTuple):
    """The counts that every output shows.

    `changed`, `kept`, `refused` and `unchecked` count places, each in one of them alone; none that is `pinned` is
    unchecked.
    `ignored` counts findings that comments hide, those of rules that are switched off, and images that the
    configuration leaves alone, `known` the findings of the baseline, `outdated` those of the baseline that are there
    no more, `excluded` the files that were passed over.
    """

    files: int
    references: int
    pinned: int
    findings: int
    unchecked: int
    ignored: int = 0
    changed: int = 0
    kept: int = 0
    refused: int = 0
    known: int = 0
    outdated: int = 0
    excluded: int = 0


class Report(NamedTuple):
    """The result of a run, sorted by path and position. `sources` holds the files as they were read.

    `is_written` tells that the changes are in the files; otherwise they are those that would be made.
    """

    summary: Summary
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    errors: tuple[FileFailure, ...] = ()
    changes: tuple[Change, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    kept: tuple[Kept, ...] = ()
    sources: Mapping[str, Source] = {}
    is_written: bool = True

    @property
    def refused(self) -> tuple[Kept, ...]:
        """The updates that must not be made."""
        return tuple(kept for kept in self.kept if kept.refused)
