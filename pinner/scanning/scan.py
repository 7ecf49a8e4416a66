"""Files in, occurrences out: what every command begins with."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, DOTENV, Format
from pinner.model.errors import ReadError
from pinner.model.files import checked_root, is_inside
from pinner.model.occurrence import Occurrence, Reading, Suppression, Unread
from pinner.model.reference import Reference
from pinner.model.report import FileFailure
from pinner.model.source import Source, read_source
from pinner.scanning.discovery import Found
from pinner.scanning.suppressions import NO_SUPPRESSION_SETTINGS, SuppressionSettings, as_allowed

if TYPE_CHECKING:
    from pinner.scanning.readings import ProjectReading
    from pinner.scanning.revision import Revision

MAIN_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose finds by itself, in the order of its preference."""
_MAX_LEVELS = 100
# Never passed over for their content.
_EXACT_NAMES = ("dockerfile", "containerfile")


class ScannedFile(NamedTuple):
    """One file as it was read. `root` is the folder out of which no write may lead, None for a file that was named.

    `outline` is what no edit may change, where a project tells that.
    """

    source: Source
    format: Format
    reading: Reading
    root: str | None = None
    outline: tuple[str, ...] = ()


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the suppressions applied.

    `excluded` counts the files that were passed over, `unknown` are those that were named and are of no kind. `groups`
    tells which files belong together, by a number, and `read_again` how those read if some of them held other bytes.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS
    excluded: int = 0
    groups: Mapping[str, int] = {}
    unknown: tuple[str, ...] = ()
    read_again: "Callable[[Mapping[str, bytes]], ProjectReading | None]" = lambda _: None

    @property
    def unread(self) -> list[tuple[str, Unread]]:
        """Every file that a file names and that was not read, with the path of the file that names it."""
        return [(path, unread) for path, file in self.files.items() for unread in file.reading.unread]

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
    excludes: Callable[[str], bool] = lambda _: False,
    accept_pinned_outside: bool = False,
    skip_unknown: bool = False,
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand.

    Compose files are read with all that they name, but for what `excludes` leaves out. A file outside of what is
    checked, behind a link, is a failure if it holds references. With `accept_pinned_outside` it is none if all of them
    are pinned, and nothing of it is shown. A file that was named and is of no kind is `unknown`, or with
    `skip_unknown` passed over.
    """
    found, unknown = _by_content(found)
    read_again = partial(_read_projects, [each for each in found if not each.is_outside], excludes)
    project = read_again({})
    files = _files_of(project, found, suppression_settings) if project else {}
    failed = project.failures.items() if project else ()
    unread = [FileFailure(path=path, line=None, message=reason) for path, reason in failed]
    outside: list[ScannedFile] = []
    for each in found:
        if each.path in files or each.format is DOTENV:
            continue
        try:
            file = scan_source(read_source(each.path), each.format, suppression_settings)._replace(root=each.root)
        except ReadError as error:
            unread.append(FileFailure(path=each.path, line=None, message=error.reason))
            continue
        if each.is_outside:
            outside.append(file)
        else:
            files[each.path] = file
    pins = _pins(files.values()) if accept_pinned_outside else None
    for file in outside:
        why_not = _refuse_outside(file, pins)
        if why_not:
            unread.append(
                FileFailure(path=file.source.path, line=None, message=f"the link leads out of what is checked{why_not}")
            )
        else:
            files[file.source.path] = file._replace(reading=Reading(()))
    return Scan(
        files=dict(sorted(files.items())),
        failures=(*failures, *dict.fromkeys(unread), *_problems(files)),
        suppression_settings=suppression_settings,
        excluded=excluded + (project.excluded if project else 0) + (len(unknown) if skip_unknown else 0),
        unknown=() if skip_unknown else tuple(unknown),
        groups=project.groups if project else {},
        read_again=read_again,
    )


def _by_content(found: Iterable[Found]) -> tuple[list[Found], list[str]]:
    """Return the files without those that are of no kind, and the paths of those of them that were named."""
    kept: list[Found] = []
    unknown: list[str] = []
    for each in found:
        is_exact = each.format is not DOCKERFILE or os.path.basename(each.path).lower() in _EXACT_NAMES
        if (is_exact and not each.by_content) or _is_of_its_kind(each):
            kept.append(each)
        elif each.is_named and each.by_content:
            unknown.append(each.path)
    return kept, unknown


def _is_of_its_kind(found: Found) -> bool:
    """Tell by its content whether a file is of the kind that its name suggests. What cannot be read is: it fails."""
    try:
        source = read_source(found.path)
    except ReadError:
        return found.is_named or not found.by_content
    return found.format.claims(source)


def _files_of(
    project: "ProjectReading", found: Iterable[Found], suppression_settings: SuppressionSettings
) -> dict[str, ScannedFile]:
    """Return the files of all projects; one that was followed may not be written out of the root of the others."""
    roots = {each.path: each.root for each in found}
    followed_from = next((root for root in roots.values() if root is not None), None)
    return {
        path: ScannedFile(
            source=file.source,
            format=file.format,
            reading=suppression_settings.apply(file.reading),
            root=roots.get(path, followed_from),
            outline=file.outline,
        )
        for path, file in project.files.items()
    }


def _read_projects(
    found: Sequence[Found], excludes: Callable[[str], bool], contents: Mapping[str, bytes]
) -> "ProjectReading | None":
    """Return how the files of Compose projects read, with `contents` for what some hold; None without any."""
    named: dict[str, list[str]] = {}
    for each in found:
        folder = os.path.dirname(each.path)
        if each.format is COMPOSE:
            named.setdefault(folder, []).append(each.path)
        elif each.format is DOTENV:
            # Named, it stands for the Compose files beside it.
            beside = _compose_files_in(folder) if each.is_named else []
            named.setdefault(folder, []).extend(beside)
    reported = {each.path for each in found}.union(*named.values())
    for folder in {os.path.dirname(each.path) for each in found if each.format is DOCKERFILE}:
        for above in _folders_with_compose(folder):
            named.setdefault(above, [])
    if not named:
        return None
    # Imported here: what reads YAML takes longer to import than a Dockerfile takes to check.
    from pinner.scanning.followed import Finder
    from pinner.scanning.project import Project

    project = Project(Finder(excludes, reported), COMPOSE, reported.__contains__, contents)
    for folder, paths in sorted(named.items()):
        project.add_folder(folder, paths)
    return project.read()


def _compose_files_in(folder: str) -> list[str]:
    names = sorted(os.listdir(folder or os.curdir))
    return [os.path.join(folder, name) for name in names if re.search(COMPOSE.FILES, name)]


@cache
def _folders_with_compose(folder: str) -> tuple[str, ...]:
    """Return the folders, from this one up to the checked root, in which Compose would find a file by itself."""
    real = os.path.realpath(folder or os.curdir)
    root = os.path.realpath(checked_root(real) or real)
    found = []
    for _ in range(_MAX_LEVELS):
        if any(os.path.isfile(os.path.join(folder, name)) for name in MAIN_FILES):
            found.append(folder)
        if os.path.realpath(folder or os.curdir) == root or not is_inside(os.path.realpath(folder or os.curdir), root):
            break
        folder = os.path.normpath(os.path.join(folder, os.pardir))
    return tuple(found)


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
