"""Read files and return their occurrences: what every command begins with."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, Format, kind_names
from pinner.model.errors import ReadError
from pinner.model.files import checked_root, is_inside
from pinner.model.occurrence import Occurrence, PassedOver, Reading, Suppression
from pinner.model.reference import Reference
from pinner.model.report import FileFailure
from pinner.model.source import Source, read_source
from pinner.scanning.decisions import decided
from pinner.scanning.discovery import Found
from pinner.scanning.kind_settings import ALL_KINDS, KindSettings
from pinner.scanning.suppressions import NO_SUPPRESSION_SETTINGS, SuppressionSettings, as_allowed

if TYPE_CHECKING:
    from pinner.scanning.revision import Revision

_UNKNOWN = "neither its name nor its content is that of a file that pulls images: say what it is with extend-include"


class ScannedFile(NamedTuple):
    """One file as it was read. `root` is the folder out of which no write may lead, None for a file that was named."""

    source: Source
    format: Format
    reading: Reading
    root: str | None = None


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the suppressions applied.

    `excluded` counts the files that were passed over. `builders` are files of no kind that say what is built.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS
    excluded: int = 0
    kind_settings: KindSettings = ALL_KINDS
    builders: Mapping[str, ScannedFile] = {}

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
    kind_settings: KindSettings = ALL_KINDS,
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand.

    A file outside of what is checked, behind a link, is a failure if it holds references. With
    `accept_pinned_outside` it is none if all of them are pinned, and nothing of it is shown.
    """
    opened = _Opened(suppression_settings, kind_settings)
    opened.read(found)
    pins = _pins(opened.files.values()) if accept_pinned_outside and opened.outside else None
    # Last, since a digest behind a link may conflict with one of any other file.
    for file in opened.outside:
        why_not = _refuse_outside(file, pins)
        if why_not:
            opened.fail(file.source.path, f"the link leads out of what is checked{why_not}")
        else:
            # Counted as read, with nothing to show or to edit.
            opened.files[file.source.path] = file._replace(reading=Reading(()))
    files = dict(sorted(opened.files.items()))
    return Scan(
        files=decided(files, opened.builders),
        failures=(*failures, *opened.unread, *_problems(files)),
        suppression_settings=suppression_settings,
        excluded=excluded + opened.off,
        kind_settings=kind_settings,
        builders=opened.builders,
    )


class _Opened:
    """Files as they are read one after the other."""

    def __init__(self, suppression_settings: SuppressionSettings, kind_settings: KindSettings) -> None:
        self.files: dict[str, ScannedFile] = {}
        self.builders: dict[str, ScannedFile] = {}
        self.outside: list[ScannedFile] = []
        self.unread: list[FileFailure] = []
        self.off = 0
        self._suppression_settings = suppression_settings
        self._kind_settings = kind_settings

    def read(self, found: Iterable[Found]) -> None:
        """Read the files, and those that they name and that no name tells."""
        named: list[Found] = []
        for each in found:
            try:
                source = read_source(each.path)
            except ReadError as error:
                if not _is_passed_over(each):
                    self.fail(each.path, error.reason)
                continue
            file = scan_source(source, each.format, self._suppression_settings, self._kind_settings)
            file = file._replace(root=each.root)
            self._add(file, each)
            named += self._named_by(file)
        following = [each for each in named if os.path.normpath(each.path) not in self.files]
        if following:
            self.read({os.path.normpath(each.path): each for each in following}.values())

    def fail(self, path: str, message: str, line: int | None = None) -> None:
        """Note that a file, or what a line of it names, is not read."""
        self.unread.append(FileFailure(path=path, line=line, message=message))

    def _add(self, file: ScannedFile, found: Found) -> None:
        reading = file.reading
        if reading.passed_over is None:
            if found.is_outside:
                self.outside.append(file)
            else:
                self.files[found.path] = file
            return
        if reading.passed_over is PassedOver.OFF:
            self.off += 1
        elif found.root is None and not reading.decisions:
            self.fail(found.path, _UNKNOWN)
        if reading.decisions and not found.is_outside:
            self.builders[found.path] = file

    def _named_by(self, file: ScannedFile) -> Iterator[Found]:
        """Yield the Dockerfiles and Compose files that a file names, of any names."""
        folder = os.path.dirname(file.source.path)
        for link in file.reading.links:
            if link.kind not in (DOCKERFILE.NAME, COMPOSE.NAME) or link.kind in self._kind_settings.off:
                continue
            path = os.path.normpath(os.path.join(folder, link.path))
            real = os.path.realpath(folder or os.curdir)
            root = file.root or checked_root(real) or real
            if "$" in link.path or not os.path.isfile(path) or not is_inside(os.path.realpath(path), root):
                self.fail(file.source.path, f"it names {link.path}, which is no file of what is checked", link.line)
            else:
                yield Found(path=path, format=self._kind_settings.format_of(link.kind), root=root)


def _is_passed_over(found: Found) -> bool:
    """Return whether a file that cannot be read is none whose name says that it would hold references."""
    if found.root is None or found.format.NAME in kind_names():
        return False
    return not os.path.isfile(found.path) or found.path.endswith(".json")


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
    source: Source,
    file_format: Format,
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS,
    kind_settings: KindSettings = ALL_KINDS,
) -> Scan:
    """Return the scan of the one file that came through standard input."""
    file = scan_source(source, file_format, suppression_settings, kind_settings)
    failures = _problems({source.path: file})
    if file.reading.passed_over is PassedOver.NO_KIND:
        failures.append(FileFailure(path=source.path, line=None, message=_UNKNOWN))
    return Scan(
        files={source.path: file},
        failures=tuple(failures),
        suppression_settings=suppression_settings,
        kind_settings=kind_settings,
    )


def scan_source(
    source: Source,
    file_format: Format,
    suppression_settings: SuppressionSettings,
    kind_settings: KindSettings = ALL_KINDS,
) -> ScannedFile:
    """Read what is already in memory."""
    reading = kind_settings.apply(suppression_settings.apply(file_format.read(source)))
    return ScannedFile(source=source, format=file_format, reading=reading)


def with_suppressions_of(scan: Scan, revision: "Revision") -> Scan:
    """Return a scan in which the ignore comments and the builders count that the revision has as well.

    Raises UsageError.
    """
    commented = {path: file for path, file in scan.files.items() if file.reading.suppressions}
    earlier = readings_of(scan, revision.read_checked(commented))
    restricted = {
        path: file._replace(reading=as_allowed(file.reading, earlier.get(path, Reading(()))))
        for path, file in commented.items()
    }
    files = {**scan.files, **restricted}
    building = {path: file for path, file in {**scan.builders, **files}.items() if file.reading.decisions}
    earlier = readings_of(scan, revision.read_checked(building))
    allowed = {path: _as_decided(file, earlier.get(path, Reading(()))) for path, file in building.items()}
    files |= {path: file for path, file in allowed.items() if path in files}
    builders = {path: file for path, file in allowed.items() if path in scan.builders}
    return scan._replace(files=decided(files, builders), builders=builders)


def readings_of(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, Reading]:
    """Return how files of a scan, by their paths, would read with other content, with the suppressions applied."""
    files = {**scan.builders, **scan.files}
    return {
        path: scan_source(Source(path, data), files[path].format, scan.suppression_settings, scan.kind_settings).reading
        for path, data in contents.items()
    }


def _as_decided(file: ScannedFile, earlier: Reading) -> ScannedFile:
    """Return a file that decides on no more than it did: what is built is not pinned."""
    known = {(each.by, each.name, each.tag) for each in earlier.decisions}
    decisions = tuple(each for each in file.reading.decisions if (each.by, each.name, each.tag) in known)
    return file._replace(reading=file.reading._replace(decisions=decisions))


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [
        FileFailure(path=path, line=problem.line, message=problem.message)
        for path, file in files.items()
        for problem in file.reading.problems
    ]
