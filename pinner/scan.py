"""Files in, occurrences out: what every command begins with."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.discovery import Found
from pinner.exemptions import NO_EXEMPTIONS, Exemptions, as_allowed
from pinner.finding import Ignore, Occurrence, Reading
from pinner.formats import Format
from pinner.looks import Look, Looks, Read, Settled
from pinner.reference import Reference
from pinner.report import FileFailure
from pinner.source import Source

if TYPE_CHECKING:
    from pinner.revision import Revision


class ScannedFile(NamedTuple):
    """One file as it was read. `outline` is what no edit may change, where that was asked for.

    `root` is the folder out of which no write may lead, None for a file that was named.
    """

    source: Source
    format: Format
    reading: Reading
    outline: tuple[str, ...] | None = None
    root: str | None = None


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the exemptions applied.

    `settled` are the files in which a glance was enough, with their references: all are pinned, and no
    rule finds anything there unless a registry is asked. They are not among `files`. `excluded` counts the files that
    were passed over.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    exemptions: Exemptions = NO_EXEMPTIONS
    settled: Mapping[str, tuple[Reference, ...]] = {}
    excluded: int = 0

    @property
    def occurrences(self) -> list[Occurrence]:
        """Every occurrence, sorted by path and position."""
        return [occurrence for file in self.files.values() for occurrence in file.reading.occurrences]

    @property
    def ignores(self) -> list[tuple[str, Ignore]]:
        """Every ignore comment with its path."""
        return [(path, ignore) for path, file in self.files.items() for ignore in file.reading.ignores]


def scan_files(
    found: Iterable[Found],
    failures: Iterable[FileFailure] = (),
    looks: Looks | None = None,
    *,
    excluded: int = 0,
) -> Scan:
    """Read every file, by `looks`, which may have begun. One that cannot be read is a failure; all others stand."""
    looks = looks or Looks()
    seen = dict(looks.of(found))
    torn = _torn(seen.values())
    if torn:
        again = [each for each, look in seen.items() if not torn.isdisjoint(_settled_tags(look))]
        seen |= Looks(looks.exemptions).of(again)
    files = {
        each.path: ScannedFile(look.source, each.format, look.reading, look.outline, each.root)
        for each, look in seen.items()
        if isinstance(look, Read)
    }
    failed = [look for look in seen.values() if isinstance(look, FileFailure)]
    settled = {each.path: look.references for each, look in seen.items() if isinstance(look, Settled)}
    return Scan(files, (*failures, *failed, *_problems(files)), looks.exemptions, settled, excluded)


def scan_stdin(source: Source, file_format: Format, exemptions: Exemptions = NO_EXEMPTIONS) -> Scan:
    """The scan of the one file that came through standard input."""
    files = {source.path: scan_source(source, file_format, exemptions)}
    return Scan(files, tuple(_problems(files)), exemptions)


def scan_source(source: Source, file_format: Format, exemptions: Exemptions) -> ScannedFile:
    """Read what is already in memory."""
    return ScannedFile(source, file_format, exemptions.apply(file_format.read(source)))


def with_ignores_of(scan: Scan, revision: "Revision") -> Scan:
    """Return a scan in which the ignore comments count that the revision has as well. Raises UsageError."""
    commented = {path: file for path, file in scan.files.items() if file.reading.ignores}
    earlier = readings_of(scan, revision.read_checked(commented))
    restricted = {
        path: file._replace(reading=as_allowed(file.reading, earlier.get(path, Reading(()))))
        for path, file in commented.items()
    }
    return scan._replace(files={**scan.files, **restricted})


def readings_of(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, Reading]:
    """Return how files of a scan, by their paths, would read with other content, with the exemptions applied."""
    return {
        path: scan_source(Source(path, data), scan.files[path].format, scan.exemptions).reading
        for path, data in contents.items()
    }


def _torn(looks: Iterable[Look]) -> set[Reference]:
    """The tags that are pinned to more than one digest: a rule has to see all their places."""
    pins: set[Reference] = set()
    for look in looks:
        pins.update(_pins(look))
    seen: set[Reference] = set()
    torn: set[Reference] = set()
    for pin in pins:
        tag = pin.by_tag()
        (torn if tag in seen else seen).add(tag)
    return torn


def _pins(look: Look) -> Iterable[Reference]:
    match look:
        case Settled(references):
            return references
        case Read(_, reading):
            targets = (occurrence.target for occurrence in reading.occurrences)
            return (target for target in targets if isinstance(target, Reference) and target.digest)
    return ()


def _settled_tags(look: Look) -> Iterable[Reference]:
    return (reference.by_tag() for reference in look.references) if isinstance(look, Settled) else ()


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [FileFailure(path, *problem) for path, file in files.items() for problem in file.reading.problems]
