"""Read files and return their occurrences: what every command begins with."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats import Format
from pinner.model.errors import ReadError
from pinner.model.occurrence import Occurrence, Reading, Suppression
from pinner.model.reference import Reference
from pinner.model.report import FileFailure
from pinner.model.source import Source, read_source
from pinner.scanning.discovery import Found
from pinner.scanning.suppressions import NO_SUPPRESSION_SETTINGS, SuppressionSettings, as_allowed

if TYPE_CHECKING:
    from pinner.scanning.revision import Revision


class ScannedFile(NamedTuple):
    """One file as it was read. `root` is the folder out of which no write may lead, None for a file that was named."""

    source: Source
    format: Format
    reading: Reading
    root: str | None = None


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the suppressions applied.

    `excluded` counts the files that were passed over.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS
    excluded: int = 0

    @property
    def occurrences(self) -> list[Occurrence]:
        """Every occurrence, sorted by path and position."""
        return [occurrence for file in self.files.values() for occurrence in file.reading.occurrences]

    @property
    def suppressions(self) -> list[tuple[str, Suppression]]:
        """Every ignore comment with its path."""
        return [(path, suppression) for path, file in self.files.items() for suppression in file.reading.suppressions]


def scan_files(
    found: Iterable[Found],
    failures: Iterable[FileFailure] = (),
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS,
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
    outside: list[ScannedFile] = []
    for each in found:
        try:
            file = scan_source(read_source(each.path), each.format, suppression_settings)._replace(root=each.root)
        except ReadError as error:
            unread.append(FileFailure(path=each.path, line=None, message=error.reason))
            continue
        if each.is_outside:
            outside.append(file)
        else:
            files[each.path] = file
    # Last, since a digest behind a link may conflict with one of any other file.
    pins = _pins(files.values()) if accept_pinned_outside else None
    for file in outside:
        why_not = _refuse_outside(file, pins)
        if why_not:
            unread.append(
                FileFailure(path=file.source.path, line=None, message=f"the link leads out of what is checked{why_not}")
            )
        else:
            # Counted as read, with nothing to show or to edit.
            files[file.source.path] = file._replace(reading=Reading(()))
    return Scan(
        files=dict(sorted(files.items())),
        failures=(*failures, *unread, *_problems(files)),
        suppression_settings=suppression_settings,
        excluded=excluded,
    )


def _pins(files: Iterable[ScannedFile]) -> dict[Reference, str]:
    """Return the digests of tags, one of each."""
    targets = (occurrence.target for file in files for occurrence in file.reading.occurrences)
    return {each.by_tag(): each.digest for each in targets if isinstance(each, Reference) and each.digest}


def _refuse_outside(file: ScannedFile, pins: Mapping[Reference, str] | None) -> str:
    """Return why a file behind a link cannot pass, empty if it can. None of its content is told: it may be secret.

    With `pins` it can if a check would find nothing: all is pinned under a tag, and to the digests in `pins`.
    """
    if file.reading.problems:
        return f", and its target is no {file.format.NAME}"
    targets = [each.target for each in file.reading.occurrences]
    if not targets or (pins is not None and all(_is_pinned(each, pins) for each in targets)):
        return ""
    return ": its references were left alone; name it to follow it"


def _is_pinned(target: object, pins: Mapping[Reference, str]) -> bool:
    if not (isinstance(target, Reference) and target.tag and target.digest):
        return False
    return pins.get(target.by_tag(), target.digest) == target.digest


def scan_stdin(
    source: Source, file_format: Format, suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS
) -> Scan:
    """Return the scan of the one file that came through standard input."""
    files = {source.path: scan_source(source, file_format, suppression_settings)}
    return Scan(files=files, failures=tuple(_problems(files)), suppression_settings=suppression_settings)


def scan_source(source: Source, file_format: Format, suppression_settings: SuppressionSettings) -> ScannedFile:
    """Read what is already in memory."""
    return ScannedFile(source=source, format=file_format, reading=suppression_settings.apply(file_format.read(source)))


def with_suppressions_of(scan: Scan, revision: "Revision") -> Scan:
    """Return a scan in which the ignore comments count that the revision has as well. Raises UsageError."""
    commented = {path: file for path, file in scan.files.items() if file.reading.suppressions}
    earlier = readings_of(scan, revision.read_checked(commented))
    restricted = {
        path: file._replace(reading=as_allowed(file.reading, earlier.get(path, Reading(()))))
        for path, file in commented.items()
    }
    return scan._replace(files={**scan.files, **restricted})


def readings_of(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, Reading]:
    """Return how files of a scan, by their paths, would read with other content, with the suppressions applied."""
    return {
        path: scan_source(Source(path, data), scan.files[path].format, scan.suppression_settings).reading
        for path, data in contents.items()
    }


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [
        FileFailure(path=path, line=problem.line, message=problem.message)
        for path, file in files.items()
        for problem in file.reading.problems
    ]
