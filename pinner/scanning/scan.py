"""Read files and return their occurrences: what every command begins with."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, DOTENV, FORMATS, Format, Places, kind_names
from pinner.formats.compose import holds_manifests
from pinner.model.errors import ReadError
from pinner.model.files import checked_root
from pinner.model.occurrence import Occurrence, PassedOver, Reading, Suppression, Unread
from pinner.model.reference import Reference
from pinner.model.report import FileFailure
from pinner.model.source import Source, read_source
from pinner.scanning.compose_folders import (
    compose_files_by_folder,
    compose_files_in,
    folders_above,
    is_claimed,
    is_compose,
    names_compose_files,
)
from pinner.scanning.decisions import OF_KUSTOMIZATIONS, decided
from pinner.scanning.discovery import Found
from pinner.scanning.kind_settings import ALL_KINDS, KindSettings
from pinner.scanning.readings import ProjectReading, ScannedFile
from pinner.scanning.suppressions import NO_SUPPRESSION_SETTINGS, SuppressionSettings

if TYPE_CHECKING:
    from pinner.scanning.build_args import ConfiguredBuilds
    from pinner.scanning.followed import Finder

_BUILDERS = ("skaffold.yaml", "skaffold.yml", "docker-bake.hcl", "docker-bake.json")
# It names Compose files and Dockerfiles, most of which stand beside it.
_DEVCONTAINER = "devcontainer.json"
_MAX_LEVELS = 100
# Never passed over for their content.
_EXACT_NAMES = ("dockerfile", "containerfile")


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the suppressions applied.

    `excluded` counts the files that were passed over, `unknown` are those that were named and are of no kind, `no_kind`
    those that were found and are of none, `builders` those that decide on images and are not checked themselves.
    `platforms` are those that matter, empty if none are configured. `groups` tells which files belong together, by a
    number, and `read_again` how those read if some of them held other bytes.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS
    excluded: int = 0
    kind_settings: KindSettings = ALL_KINDS
    builders: Mapping[str, ScannedFile] = {}
    groups: Mapping[str, int] = {}
    unknown: tuple[str, ...] = ()
    no_kind: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    read_again: Callable[[Mapping[str, bytes]], ProjectReading | None] = lambda _: None

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
    kind_settings: KindSettings = ALL_KINDS,
    skip_unknown: bool = False,
    builds: Sequence["ConfiguredBuilds"] = (),
) -> Scan:
    """Read every file. One that cannot be read becomes a failure beside those of discovery; all others stand.

    Compose files are read with all that they name, but for what `excludes` leaves out, and Dockerfiles with what the
    configured `builds` pass. A file outside of what is checked, behind a link, is a failure if it holds references.
    With `accept_pinned_outside` it is none if all of them are pinned, and nothing of it is shown. A file that was named
    and is of no kind is `unknown`, or with `skip_unknown` passed over.
    """
    opened = _Opened(suppression_settings, kind_settings, excludes)
    found = list(opened.sort_out(found))
    # What a search passed over there would not be read for a project either, unless it is of a kind that is off.
    searched = (
        set[str]() if kind_settings.off else {os.path.dirname(each.path) for each in found if each.root is not None}
    )
    # Before the projects: a Compose file that a devcontainer names is one of them, whatever its name.
    followed = opened.read(each for each in found if isinstance(each.format, Places))
    # What kustomizations name, whatever it is called and holds: such files name no others.
    opened.read_named([each for each in followed if isinstance(each.format, Places)])
    found += followed
    inside = [each for each in found if not each.is_outside]
    folders = {os.path.dirname(each.path) for each in inside if each.format in FORMATS or opened.may_be_built(each)}
    opened.find_devcontainers({os.path.dirname(each.path) for each in inside if each.is_named})
    read_again = partial(_read_projects, inside, opened.naming, folders, searched, excludes, builds)
    project = read_again({})
    if project is not None:
        opened.add_project(project, found)
    opened.read(each for each in found if _is_left(each, opened.files))
    opened.find_builders({os.path.dirname(each.path) for each in found if each.is_named})
    opened.find_kustomizations([each.path for each in found if each.is_named])
    # Last, since a digest behind a link may conflict with one of any other file.
    if opened.outside:
        opened.judge_outside(accepts_pinned=accept_pinned_outside)
    return Scan(
        files=decided(dict(sorted(opened.files.items())), opened.builders),
        failures=(*failures, *dict.fromkeys(opened.unread), *_problems(opened.files)),
        suppression_settings=suppression_settings,
        excluded=excluded + opened.excluded + (len(opened.unknown) if skip_unknown else 0),
        kind_settings=kind_settings,
        builders=opened.builders,
        groups=project.groups if project else {},
        unknown=() if skip_unknown else tuple(opened.unknown),
        no_kind=tuple(opened.no_kind),
        read_again=read_again,
    )


class _Opened:
    """Files as they are read one after the other."""

    def __init__(
        self,
        suppression_settings: SuppressionSettings,
        kind_settings: KindSettings,
        excludes: Callable[[str], bool],
    ) -> None:
        self.files: dict[str, ScannedFile] = {}
        self.builders: dict[str, ScannedFile] = {}
        self.outside: list[ScannedFile] = []
        self.unread: list[FileFailure] = []
        self.unknown: list[str] = []
        self.no_kind: list[str] = []
        self.naming: list[Found] = []
        self.excluded = 0
        self._found: set[str] = set()
        self._suppression_settings = suppression_settings
        self._kind_settings = kind_settings
        self._excludes = excludes
        self._finder: Finder | None = None

    def sort_out(self, found: Iterable[Found]) -> Iterator[Found]:
        """Yield the files but for those that are no Dockerfiles. Of Compose files and manifests the content decides."""
        for each in found:
            self._found.add(os.path.normpath(each.path))
            if isinstance(each.format, Places) and not each.format.kind and is_compose(each.path):
                each = each._replace(format=COMPOSE)
            elif each.format is COMPOSE and is_claimed(each.path, holds_manifests):
                each = each._replace(format=self._kind_settings.places())
            if each.format is COMPOSE and COMPOSE.NAME in self._kind_settings.off:
                self.excluded += 1
            elif each.format is not DOCKERFILE or _is_dockerfile(each):
                yield each
            elif each.is_named:
                self.unknown.append(each.path)

    def add_project(self, project: ProjectReading, found: Iterable[Found]) -> None:
        """Add the files of all projects; one that was followed may not be written out of the root of the others."""
        roots = {each.path: each.root for each in found}
        followed_from = next((root for root in roots.values() if root is not None), None)
        for path, reason in project.failures.items():
            self.fail(path, reason)
        self.excluded += project.excluded
        for path, file in project.files.items():
            reading = prepared(file.reading, file.format, self._suppression_settings, self._kind_settings)
            # What a file of the table names and is not read was noted when it was read.
            unread = reading.unread or (self.files[path].reading.unread if path in self.files else ())
            reading = reading._replace(unread=unread)
            self.files[path] = file._replace(reading=reading, root=roots.get(path, followed_from))
        # Where no Compose file is read, none builds anything.
        beside = {} if COMPOSE.NAME in self._kind_settings.off else project.beside
        self.builders |= {path: file for path, file in beside.items() if file.reading.decisions}

    def read(self, found: Iterable[Found]) -> list[Found]:
        """Read the files, and return the Dockerfiles and Compose files that they name and that were not found."""
        named: list[Found] = []
        for each in found:
            try:
                source = read_source(each.path)
            except ReadError as error:
                if not _is_passed_over(each):
                    self.fail(each.path, error.reason)
                continue
            file = scan_source(source, each.format, self._suppression_settings, self._kind_settings, each.root)
            if file.reading.links and not each.is_outside:
                file, found_here = self._follow(file)
                named += found_here
                if any(link.kind in (DOCKERFILE.NAME, COMPOSE.NAME) for link in file.reading.links):
                    self.naming.append(each)
            self._add(file, each)
        news = (each for each in named if each.path not in self._found or isinstance(each.format, Places))
        return list({each.path: each for each in news}.values())

    def read_named(self, found: Iterable[Found]) -> None:
        """Read files that others name, unless they were read: what names them says of which kind they are."""
        news = [each for each in found if each.path not in self.files]
        paths = {each.path for each in news}
        self.no_kind = [path for path in self.no_kind if path not in paths]
        self.unknown = [path for path in self.unknown if path not in paths]
        self.read(news)

    def may_be_built(self, found: Found) -> bool:
        """Return whether a file that was named holds a reference that somebody may build: one without a digest."""
        return found.is_named and found.path in self.files and not _is_pinned(self.files[found.path])

    def find_devcontainers(self, folders: Iterable[str]) -> None:
        """Note what names files in these folders, so that a named file is judged as the whole tree is."""
        if "devcontainer" in self._kind_settings.off:
            return
        for path in sorted(os.path.join(folder, _DEVCONTAINER) for folder in folders):
            if path not in self._found and os.path.isfile(path) and self._belongs(path):
                self.naming.append(Found(path=path, format=self._kind_settings.places()))

    def find_builders(self, folders: Iterable[str]) -> None:
        """Read what builds images in these folders and above, so that a named file is judged as the whole tree is."""
        if all(map(_is_pinned, self.files.values())):
            return
        paths = {os.path.join(folder, name) for folder in folders_above(folders) for name in _BUILDERS}
        for path in sorted(paths - self.files.keys() - self.builders.keys()):
            if not os.path.isfile(path) or not self._belongs(path):
                continue
            with suppress(ReadError):
                source, places = read_source(path), self._kind_settings.places()
                file = scan_source(source, places, self._suppression_settings, self._kind_settings)
                if file.reading.decisions:
                    self.builders[path] = file

    def find_kustomizations(self, named: Iterable[str]) -> None:
        """Read the kustomizations that may replace an image of a named file: they may stand anywhere in its tree."""
        files = [self.files[path] for path in named if path in self.files]
        occurrences = [each for file in files if isinstance(file.format, Places) for each in file.reading.occurrences]
        if not occurrences or "kustomize" in self._kind_settings.off:
            return
        # Imported here: most runs are given a folder, or files that are no manifests.
        from pinner.scanning.kustomizations import kustomizations_for

        known = self.files.keys() | self.builders.keys()
        for source in kustomizations_for(occurrences, lambda path: path in known or self._excludes(path)):
            file_format = self._kind_settings.places()
            self.builders[source.path] = scan_source(
                source, file_format, self._suppression_settings, self._kind_settings
            )

    def judge_outside(self, *, accepts_pinned: bool) -> None:
        """Let the files behind links that lead out pass, or note why they cannot."""
        from pinner.scanning.outside import pins_of, refuse_outside

        pins = pins_of(self.files.values()) if accepts_pinned else None
        for file in self.outside:
            why_not = refuse_outside(file, pins)
            if why_not:
                self.fail(file.source.path, f"the link leads out of what is checked{why_not}")
            else:
                # Counted as read, with nothing to show or to edit.
                self.files[file.source.path] = file._replace(reading=Reading(()))

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
            self.excluded += 1
        elif found.is_named and not reading.decisions:
            self.unknown.append(found.path)
        elif not found.is_outside:
            self.no_kind.append(found.path)
        if reading.decisions and not found.is_outside:
            self.builders[found.path] = file

    def _made_finder(self) -> "Finder":
        # Made when the first file names another: it looks up where every file that was found really is.
        if self._finder is None:
            from pinner.scanning.followed import Finder

            self._finder = Finder(self._excludes, self._found)
        return self._finder

    def _belongs(self, path: str) -> bool:
        """Return whether a search of the tree would read a file: what is excluded or ignored by Git decides nothing."""
        from pinner.scanning.followed import Followed

        found = self._made_finder().find(*os.path.split(path))
        return isinstance(found, Followed) and not found.is_excluded

    def _follow(self, file: ScannedFile) -> tuple[ScannedFile, list[Found]]:
        """Return a file with what it names and is not read, and the files that it names and that are to be read."""
        from pinner.scanning.followed import follow_links

        kinds = {DOCKERFILE.NAME, COMPOSE.NAME, *OF_KUSTOMIZATIONS} - self._kind_settings.off
        folder = os.path.dirname(file.source.path)
        links = (each for each in file.reading.links if each.kind in kinds)
        followed, unread = follow_links(links, folder, self._made_finder())
        real = os.path.realpath(folder or os.curdir)
        root = file.root or checked_root(real) or real
        self.excluded += len({each.path for _, each in followed if each.is_excluded})
        named = [
            Found(path=found.path, format=self._kind_settings.format_of(link.kind), root=root)
            for link, found in followed
            if not found.is_excluded
        ]
        return file._replace(reading=file.reading._replace(unread=tuple(unread))), named


def _is_pinned(file: ScannedFile) -> bool:
    """Return whether all references of a file have digests."""
    targets = (each.target for each in file.reading.occurrences)
    return all(isinstance(each, Reference) and each.digest for each in targets)


def _is_left(found: Found, read: Mapping[str, ScannedFile]) -> bool:
    """Return whether a file is to be read by itself: the table of kinds and the projects did not read it."""
    return found.path not in read and found.format is not DOTENV and not isinstance(found.format, Places)


def _is_passed_over(found: Found) -> bool:
    """Return whether a file that cannot be read is none whose name says that it would hold references."""
    if found.is_named or found.format.NAME in kind_names():
        return False
    return not os.path.isfile(found.path) or found.path.endswith(".json")


def _is_dockerfile(found: Found) -> bool:
    """Tell whether a file is a Dockerfile: by its exact name, or by its content where its name may mean another."""
    if os.path.basename(found.path).lower() in _EXACT_NAMES and not found.by_content:
        return True
    try:
        source = read_source(found.path)
    except ReadError:
        return found.is_named or not found.by_content
    return DOCKERFILE.claims(source)


def _read_projects(
    found: Sequence[Found],
    naming: Sequence[Found],
    folders: set[str],
    searched: set[str],
    excludes: Callable[[str], bool],
    builds: Sequence["ConfiguredBuilds"],
    contents: Mapping[str, bytes],
) -> ProjectReading | None:
    """Return how the files of projects read, with `contents` for what some hold; None where there is none.

    They are those of `folders` and above. In those that were `searched` the Compose files are those that were found.
    The files in `naming` are of other kinds, and name Dockerfiles or Compose files.
    """
    read = compose_files_by_folder(found)
    reported = {each.path for each in found}.union(*read.values())
    dockerfiles = [each.path for each in found if each.format is DOCKERFILE]
    # What a named file means, and where its digests go, depends on Compose files that nobody named.
    for folder in folders_above(folders) - searched:
        others = compose_files_in(folder)
        if others or names_compose_files(folder):
            read.setdefault(folder, []).extend(others)
    has_entry = [each.matcher() for each in builds]
    configured = [path for path in dockerfiles if any(matches(path) for matches in has_entry)]
    if not (read or configured or naming):
        return None
    # Imported here: what reads YAML takes longer to import than a Dockerfile takes to check.
    from pinner.scanning.followed import Finder
    from pinner.scanning.project import Project

    project = Project(Finder(excludes, reported, contents), COMPOSE, reported.__contains__, contents, builds)
    # Before the folders: what is named together is no project of its own.
    project.add_naming_files(naming)
    known = searched | read.keys()
    while read:
        for folder in sorted(read):
            project.add_folder(folder)
        # What a project includes or extends is no project of its own.
        for folder, paths in sorted(read.items()):
            project.add_files(folder, paths)
        # What was followed may take its values from a `.env` that others beside it read as well.
        read = {folder: compose_files_in(folder) for folder in project.folders - known}
        known |= read.keys()
    project.add_dockerfiles(configured)
    return project.read()


def scan_stdin(
    source: Source,
    file_format: Format,
    suppression_settings: SuppressionSettings = NO_SUPPRESSION_SETTINGS,
    kind_settings: KindSettings = ALL_KINDS,
    builds: Sequence["ConfiguredBuilds"] = (),
) -> Scan:
    """Return the scan of the one file that came through standard input. The values of `builds` stay as they are.

    Of the files that it names those that cannot be read are told, and nothing of the others.
    """
    if file_format is COMPOSE and holds_manifests(source):
        file_format = kind_settings.places()
    is_built = file_format is DOCKERFILE and any(each.matcher()(source.path) for each in builds)
    if file_format is DOCKERFILE and not is_built:
        file = scan_source(source, file_format, suppression_settings, kind_settings)
        return _scan_of(file, suppression_settings, kind_settings)
    # Imported here: what reads YAML takes longer to import than a Dockerfile takes to check.
    from pinner.scanning.standard_input import read_alone, with_unread

    if not is_built:
        file = scan_source(source, file_format, suppression_settings, kind_settings)
        return _scan_of(with_unread(file, kind_settings.off), suppression_settings, kind_settings)
    read_again = partial(read_alone, source.path, [each._replace(path=None) for each in builds])
    opened = _Opened(suppression_settings, kind_settings, excludes=lambda _: False)
    opened.add_project(read_again({source.path: source.data}), ())
    scan = _scan_of(opened.files[source.path], suppression_settings, kind_settings)
    return scan._replace(groups={source.path: 0}, read_again=read_again)


def _scan_of(file: ScannedFile, suppression_settings: SuppressionSettings, kind_settings: KindSettings) -> Scan:
    return Scan(
        files={file.source.path: file},
        unknown=(file.source.path,) if file.reading.passed_over is PassedOver.NO_KIND else (),
        failures=tuple(_problems({file.source.path: file})),
        suppression_settings=suppression_settings,
        kind_settings=kind_settings,
    )


def scan_source(
    source: Source,
    file_format: Format,
    suppression_settings: SuppressionSettings,
    kind_settings: KindSettings = ALL_KINDS,
    root: str | None = None,
) -> ScannedFile:
    """Read what is already in memory."""
    reading = prepared(file_format.read(source), file_format, suppression_settings, kind_settings)
    return ScannedFile(source=source, format=file_format, reading=reading, root=root)


def prepared(
    reading: Reading, file_format: Format, suppression_settings: SuppressionSettings, kind_settings: KindSettings
) -> Reading:
    """Return the reading of a file as the run sees it: with what is left alone marked."""
    if file_format is DOTENV:
        reading = reading._replace(occurrences=tuple(each._replace(kind=DOTENV.NAME) for each in reading.occurrences))
    return kind_settings.apply(suppression_settings.apply(reading))


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [
        FileFailure(path=path, line=problem.line, message=problem.message)
        for path, file in files.items()
        for problem in file.reading.problems
    ]
