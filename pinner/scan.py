"""Files in, occurrences out: what every command begins with."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.discovery import Found
from pinner.errors import ReadError
from pinner.exemptions import NO_EXEMPTIONS, Exemptions, as_allowed
from pinner.finding import Ignore, Occurrence, Reading
from pinner.formats import Format
from pinner.reference import Reference
from pinner.report import FileFailure
from pinner.source import Source, read_source

if TYPE_CHECKING:
    from pinner.revision import Revision

_OUTSIDE = "the link leads out of what is checked"


class ScannedFile(NamedTuple):
    """One file as it was read."""

    source: Source
    format: Format
    reading: Reading


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the exemptions applied.

    `excluded` counts the files that were passed over.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    exemptions: Exemptions = NO_EXEMPTIONS
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
    exemptions: Exemptions = NO_EXEMPTIONS,
    *,
    excluded: int = 0,
    accept_pinned_outside: bool = False,
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand.

    A file outside of what is checked, behind a link, is a failure if it holds references. With
    `accept_pinned_outside` it is none if all of them are pinned, and nothing of it is shown.
    """
    files: dict[str, ScannedFile] = {}
    unread: list[FileFailure] = []
    for each in found:
        match _scanned(each, exemptions, accept_pinned_outside):
            case ScannedFile() as file:
                files[each.path] = file
            case failure:
                unread.append(failure)
    return Scan(files, (*failures, *unread, *_problems(files)), exemptions, excluded)


def _scanned(found: Found, exemptions: Exemptions, accept_pinned_outside: bool) -> ScannedFile | FileFailure:
    try:
        source = read_source(found.path)
    except ReadError as error:
        return FileFailure(found.path, None, error.reason)
    if not found.is_outside:
        return scan_source(source, found.format, exemptions)
    why_not = _refuse_outside(found.format.read(source), found.format, accept_pinned_outside)
    if why_not:
        return FileFailure(found.path, None, f"{_OUTSIDE}{why_not}")
    return ScannedFile(source, found.format, Reading(()))


def _refuse_outside(reading: Reading, file_format: Format, accept_pinned: bool) -> str:
    """Return why a file behind a link cannot pass, empty if it can. None of its content is told: it may be secret."""
    if reading.problems:
        return f", and its target is no {file_format.NAME}"
    targets = [each.target for each in reading.occurrences]
    if not targets or (accept_pinned and all(isinstance(each, Reference) and each.digest for each in targets)):
        return ""
    return ": its references were left alone; name it to follow it"


def scan_stdin(source: Source, file_format: Format, exemptions: Exemptions = NO_EXEMPTIONS) -> Scan:
    """Return the scan of the one file that came through standard input."""
    files = {source.path: scan_source(source, file_format, exemptions)}
    return Scan(files, tuple(_problems(files)), exemptions)


def scan_source(source: Source, file_format: Format, exemptions: Exemptions) -> ScannedFile:
    """Read what is already in memory."""
    return ScannedFile(source, file_format, exemptions.apply(file_format.read(source)))


def with_ignores_of(scan: Scan, revision: "Revision") -> Scan:
    """Return a scan in which the ignore comments count that the revision has as well. Raises UsageError."""
    commented = {path: file for path, file in scan.files.items() if file.reading.ignores}
    earlier = revision.read_checked(commented)
    restricted = {path: _as_allowed(file, earlier.get(path), scan.exemptions) for path, file in commented.items()}
    return scan._replace(files={**scan.files, **restricted})


def _as_allowed(file: ScannedFile, earlier: bytes | None, exemptions: Exemptions) -> ScannedFile:
    if earlier is None:
        return file._replace(reading=as_allowed(file.reading, Reading(())))
    before = scan_source(Source(file.source.path, earlier), file.format, exemptions)
    return file._replace(reading=as_allowed(file.reading, before.reading))


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [FileFailure(path, *problem) for path, file in files.items() for problem in file.reading.problems]
