"""Files in, occurrences out: what every command begins with."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pinner.discovery import Found
from pinner.errors import ReadError
from pinner.exemptions import NO_EXEMPTIONS, Exemptions
from pinner.finding import Ignore, Occurrence, Reading
from pinner.formats import Format
from pinner.report import FileFailure
from pinner.source import Source, read_source


class ScannedFile(NamedTuple):
    """One file as it was read."""

    source: Source
    format: Format
    reading: Reading


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the exemptions applied."""

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    exemptions: Exemptions = NO_EXEMPTIONS

    @property
    def occurrences(self) -> list[Occurrence]:
        """Every occurrence, sorted by path and position."""
        return [occurrence for file in self.files.values() for occurrence in file.reading.occurrences]

    @property
    def ignores(self) -> list[tuple[str, Ignore]]:
        """Every ignore comment with its path."""
        return [(path, ignore) for path, file in self.files.items() for ignore in file.reading.ignores]


def scan_files(
    found: Iterable[Found], failures: Iterable[FileFailure] = (), exemptions: Exemptions = NO_EXEMPTIONS
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand."""
    files: dict[str, ScannedFile] = {}
    unread: list[FileFailure] = []
    for path, file_format in found:
        try:
            files[path] = scan_source(read_source(path), file_format, exemptions)
        except ReadError as error:
            unread.append(FileFailure(path, None, error.reason))
    return Scan(files, (*failures, *unread, *_problems(files)), exemptions)


def scan_stdin(source: Source, file_format: Format, exemptions: Exemptions = NO_EXEMPTIONS) -> Scan:
    """Return the scan of the one file that came through standard input."""
    files = {source.path: scan_source(source, file_format, exemptions)}
    return Scan(files, tuple(_problems(files)), exemptions)


def scan_source(source: Source, file_format: Format, exemptions: Exemptions) -> ScannedFile:
    """Read what is already in memory."""
    return ScannedFile(source, file_format, exemptions.apply(file_format.read(source)))


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [FileFailure(path, *problem) for path, file in files.items() for problem in file.reading.problems]
