"""The report of a run, from which every output is made. A leaf."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.model.occurrence import Finding, Suppression
from pinner.model.source import Location, Source

if TYPE_CHECKING:
    from pinner.model.changes import Change, Kept


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
    changes: tuple["Change", ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    kept: tuple["Kept", ...] = ()
    sources: Mapping[str, Source] = {}
    is_written: bool = True

    @property
    def refused(self) -> "tuple[Kept, ...]":
        """The updates that must not be made."""
        return tuple(kept for kept in self.kept if kept.refused)
