"""What a run has to say, before anybody decides how to write it. A leaf: outputs read it."""

from collections.abc import Mapping
from typing import NamedTuple

from pinner.finding import Finding, Ignore
from pinner.source import Location, Source


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


class Change(NamedTuple):
    """A digest that was written, or would be with `--diff`. None stands for no digest."""

    path: str
    where: Location
    image: str
    old: str | None
    new: str | None


class Suppressed(NamedTuple):
    """A finding that an ignore comment hides."""

    finding: Finding
    ignore: Ignore


class Summary(NamedTuple):
    """The counts that every output shows."""

    files: int
    references: int
    pinned: int
    findings: int
    unchecked: int
    ignored: int = 0
    changed: int = 0


class Report(NamedTuple):
    """The result of a run, sorted by path and position. `sources` holds the files as they were read."""

    summary: Summary
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    errors: tuple[FileFailure, ...] = ()
    changes: tuple[Change, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    sources: Mapping[str, Source] = {}
