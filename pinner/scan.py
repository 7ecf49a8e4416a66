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


class ScannedFile(NamedTuple):
    """One file as it was read."""

    source: Source
    format: Format
    reading: Reading


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the exemptions applied.

    `excluded` counts the files that were passed over, `behind_links` the references, all pinned, of files that only
    their number may be said of.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    exemptions: Exemptions = NO_EXEMPTIONS
    excluded: int = 0
    behind_links: int = 0

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
    may_pass_links: bool = False,
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand.

    With `may_pass_links` a link that leads out of what is checked is none where all is pinned there: for a check that
    asks no registry.
    """
    files: dict[str, ScannedFile] = {}
    unread: list[FileFailure] = []
    behind_links = 0
    for each in found:
        try:
            source = read_source(each.path)
        except ReadError as error:
            unread.append(FileFailure(each.path, None, error.reason))
            continue
        if not each.is_outside:
            files[each.path] = scan_source(source, each.format, exemptions)
            continue
        reading = each.format.read(source)
        if why := _why_left_alone(reading, each.format, may_pass_links):
            unread.append(FileFailure(each.path, None, why))
        else:
            # Nothing of the content, which may be secret, goes on.
            files[each.path] = ScannedFile(Source(each.path, b""), each.format, Reading(()))
            behind_links += len(reading.occurrences)
    return Scan(files, (*failures, *unread, *_problems(files)), exemptions, excluded, behind_links)


def _why_left_alone(reading: Reading, file_format: Format, may_pass_links: bool) -> str | None:
    """Return why a file behind a link that leads out of what is checked counts as unread."""
    outside = "the link leads out of what is checked"
    if reading.problems:
        return f"{outside}, and its target is no {file_format.NAME}"
    targets = [each.target for each in reading.occurrences]
    is_pinned = all(isinstance(target, Reference) and target.tag and target.digest for target in targets)
    if targets and not (may_pass_links and is_pinned and not reading.ignores):
        return f"{outside}: its references were left alone; name it to follow it"
    return None


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
