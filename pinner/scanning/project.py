"""What files mean together.

A Compose project is made of its `.env`, of the files that it includes, extends and overrides, and of the Dockerfiles
that its services build, with what their builds give them.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pinner.formats import DOCKERFILE, DOTENV, Format
from pinner.formats.compose import MAIN_FILES, OVERRIDES
from pinner.formats.compose.reader import NamedFile, ServiceBuild
from pinner.formats.compose.services import Layer, Services, find
from pinner.formats.dockerfile.reader import Build
from pinner.formats.variables.scope import Scope
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Entry, Node
from pinner.formats.yaml.reader import YamlReader
from pinner.model.occurrence import Occurrence, Reading, Suppression
from pinner.model.source import Span
from pinner.scanning.build_args import BuildsReader, ConfiguredBuilds
from pinner.scanning.compose_model import ComposeFile, Model, Role, scalars_of, value_of
from pinner.scanning.container_values import note_container_values
from pinner.scanning.discovery import Found
from pinner.scanning.dockerfiles import Dockerfile, default_dockerfile, open_dockerfile
from pinner.scanning.environment import Environments
from pinner.scanning.file_groups import FileGroups
from pinner.scanning.followed import Files, Finder, Followed, NotRead, is_remote
from pinner.scanning.naming_files import NamingFile, open_naming_files
from pinner.scanning.readings import ProjectReading, ScannedFile, merged, used_in

_MOST_INCLUDED = 1000
_DEEPEST_INCLUDE = 100


class Project:
    """Reads Compose files, and the files that they name, as Compose reads them.

    `compose_files` are paths with the format that they are in; `contents` holds bytes to read in the place of files,
    `builds` are those that configurations tell of.
    `is_reported` tells of a path whether it was asked about: what it leads to is reported as well.
    """

    def __init__(
        self,
        finder: Finder,
        compose_format: Format,
        is_reported: Callable[[str], bool],
        contents: Mapping[str, bytes] | None = None,
        builds: Iterable[ConfiguredBuilds] = (),
    ) -> None:
        self._format = compose_format
        self._is_reported = is_reported
        self._files = Files(finder, contents or {})
        self._environments = Environments(self._files)
        self._configured = [BuildsReader(each, self._files, self._environments.base) for each in builds]
        self._compose: dict[str, ComposeFile] = {}
        self._models: list[Model] = []
        self._extended: dict[tuple[str, str, int], Model] = {}
        self._included: dict[tuple[str, ...], Model] = {}
        self._including: set[tuple[str, ...]] = set()
        self._mains: dict[str, Model | None] = {}
        self._builds: dict[str, list[Build]] = {}
        self._makes: dict[str, set[str]] = {}
        self._readers_of_builds: dict[str, BuildsReader] = {}
        self._dockerfiles: dict[str, Dockerfile] = {}
        self._naming: dict[str, NamingFile] = {}
        self._groups = FileGroups()

    # What is read.

    def add_folder(self, folder: str) -> None:
        """Read the project of a folder, with all that it includes and extends."""
        main = self._main(folder)
        if main is not None:
            self._read_extended(main)

    def add_files(self, folder: str, named: Iterable[str]) -> None:
        """Read those of the Compose files `named` in a folder that no project has read, each beside the project."""
        main = self._main(folder)
        for path in filter(None, map(self._path_of, named)):
            if path not in self._compose:
                self._add_model([path], folder, self._environments.of_folder(folder), beside=main)

    @property
    def folders(self) -> set[str]:
        """The folders of the Compose files and `.env` that were read so far, also of what links among them mean."""
        paths = [*self._compose, *self._environments.readers]
        paths += [os.path.relpath(os.path.realpath(path)) for path in paths if os.path.islink(path)]
        return {os.path.dirname(path) for path in paths}

    def add_dockerfiles(self, paths: Iterable[str]) -> None:
        """Read Dockerfiles of whose builds a configuration tells."""
        for path in paths:
            self._builds.setdefault(path, [])

    def add_naming_files(self, named: Iterable[Found]) -> None:
        """Read files of other kinds that name Dockerfiles, with what they pass to their builds."""
        self._naming |= open_naming_files(named, self._files, self._environments.base)
        for owner, file in self._naming.items():
            self._add_merged(file.compose_files(self._files.finder))
            for path, build in file.builds(self._files.finder):
                self._groups.join(owner, path)
                self._builds.setdefault(path, []).append(build)

    def _add_merged(self, found: list[Followed]) -> None:
        """Read Compose files that another file names together. The first of them runs without the others as well."""
        if len(found) <= 1:
            return
        folder, paths = found[0].folder, [each.path for each in found]
        model = self._add_model(paths, folder, self._environments.of_folder(folder), role=Role.MERGED)
        if model is not None:
            self._read_extended(model)

    def read(self) -> ProjectReading:
        """Return how all files read, once everything has been added."""
        self._note_extenders()
        models = sorted(self._models, key=lambda each: each.precedence)
        builds = [(model, build) for model in models for build in self._collect(model)]
        # First those that run: what others lack matters where nothing that runs builds the same Dockerfile.
        for model, build in sorted(builds, key=lambda each: not each[0].runs_build(each[1])):
            self._add_build(model, build)
        for path, found in self._builds.items():
            self._open_dockerfile(path, found)
        for file in self._compose.values():
            for reader in file.readers:
                reader.add_uses()
        return self._result()

    # Compose files.

    def _main(self, folder: str) -> Model | None:
        """Return the model of the files that Compose finds by itself in a folder, None if there are none."""
        if folder in self._mains:
            return self._mains[folder]
        self._mains[folder] = None
        env = self._environments.of_folder(folder)
        named = env.value_of("COMPOSE_FILE")
        if named:
            separator = env.value_of("COMPOSE_PATH_SEPARATOR") or os.pathsep
            place = self._environments.place_of("COMPOSE_FILE", folder)
            found = self._follow_all(named.split(separator), folder, place)
            paths = [each.path for each in found]
            folder_of_project = found[0].folder if found else folder
            if folder_of_project != folder:
                env = self._environments.below(env, self._environments.default_in(folder_of_project))
        else:
            names = (_first(folder, MAIN_FILES), _first(folder, OVERRIDES))
            paths = [path for name in names if name and (path := self._path_of(name))] if names[0] else []
            folder_of_project = folder
        if paths:
            role = Role.NAMED if named else Role.FOUND
            self._mains[folder] = self._add_model(paths, folder_of_project, env, role=role)
        return self._mains[folder]

    def _path_of(self, path: str) -> str | None:
        """Return the path by which a file that nothing names is read, None where it is excluded or ignored."""
        found = self._files.finder.find(*os.path.split(path))
        return found.path if isinstance(found, Followed) and not found.is_excluded else None

    def _add_model(
        self,
        paths: list[str],
        folder: str,
        env: Scope,
        *,
        role: Role = Role.FOUND,
        beside: Model | None = None,
        above: Model | None = None,
    ) -> Model | None:
        """Read files that Compose merges: `beside` the main one of their folder, or included by the model `above`."""
        files = [file for path in paths if (file := self._open(path)) is not None]
        yamls = [file.yaml for file in files if file.yaml is not None]
        if not yamls:
            return None
        extended: list[tuple[YamlFile, Node, Model | None]] = []

        def extend(owner: YamlFile, node: Node) -> Services | None:
            known = next((model for file, each, model in extended if each is node and file is owner), None)
            if known is None and not any(each is node for _, each, _ in extended):
                known = self._extend(model, owner, node)
                extended.append((owner, node, known))
            return known.services if known else None

        # What is included has the name of the project that includes it, whatever it says.
        project = above.services.project if above else None
        model = Model(Services(yamls, extend, env.value_of, project), files, folder, env, role)
        self._models.append(model)
        model.add_readers(self._environments)
        if beside is not None:
            model.lay_over(beside)
            self._groups.unite(beside.files[0].source.path, files[0].source.path)
        for path in [*(file.source.path for file in files), *self._environments.paths_of(env)]:
            self._groups.join(files[0].source.path, path)
        for yaml in yamls:
            self._include(model, yaml)
        return model

    def _open(self, path: str) -> ComposeFile | None:
        if path not in self._compose and (source := self._files.read(path)) is not None:
            self._compose[path] = ComposeFile(source, self._format)
        return self._compose.get(path)

    def _extend(self, model: Model, owner: YamlFile, node: Node) -> Model | None:
        """Return the model of the file that an `extends` names."""
        if node.id != "scalar":
            return None
        reader = model.readers.get(id(owner)) or next(iter(model.readers.values()))
        path = reader.expanded(node, owner)
        folder = model.folder_of(owner)
        if model.may_lack(path, owner):
            return None
        found = self._follow(NamedFile(path=path, entry=Entry(node, node), file=owner, context="extends.file"), folder)
        if found is None:
            return None
        key = (found.path, found.folder, id(model.env))
        if key not in self._extended:
            base = self._add_model([found.path], found.folder, model.env, role=Role.EXTENDED)
            if base is None:
                return None
            self._extended[key] = base
        base = self._extended[key]
        self._groups.join(owner.source.path, found.path)
        model.add_extended(base)
        return base

    def _include(self, model: Model, file: YamlFile) -> None:
        for number, document in zip(model.services.documents_of(file), file.documents, strict=True):
            if document.id != "mapping":
                continue
            entry = find(model.services.fields_of(file, document, "the file"), "include")
            if entry is None or entry.value.id != "sequence":
                continue
            for item in entry.value.value:
                self._include_one(model, file, item, number)

    def _include_one(self, model: Model, file: YamlFile, item: Node, document: int) -> None:
        """Read what an item of `include` names, with its own `.env` below that of the files that include it."""
        fields = {} if item.id == "scalar" else model.services.fields_of(file, item, "include")
        path = item if item.id == "scalar" else value_of(fields, "path")
        reader = model.readers[id(file)]
        folder = model.folder_of(file)
        all_named = [_named(reader, file, node, "include") for node in scalars_of(path)]
        found = [self._follow(each, folder) for each in all_named if not model.may_lack(each.path, file)]
        paths = [each.path for each in found if each]
        if not paths or self._is_too_much(paths[0], file, item):
            return
        directory = value_of(fields, "project_directory")
        project = next(each.folder for each in found if each)
        if directory is not None and (named := reader.expanded(directory, file)) is not None:
            project = os.path.normpath(os.path.join(folder, named))
        key = (*paths, str(id(model.env)), project)
        if tuple(paths) in self._including:
            return
        if key not in self._included:
            self._including.add(tuple(paths))
            env = self._environments.below(model.env, self._env_files(fields, project, folder, reader, file))
            included = self._add_model(paths, project, env, role=Role.NAMED, above=model)
            self._including.discard(tuple(paths))
            if included is None:
                return
            self._included[key] = included
        included = self._included[key]
        if included is not model:
            model.include(included, document)
        for each in paths:
            self._groups.join(file.source.path, each)

    def _is_too_much(self, path: str, file: YamlFile, item: Node) -> bool:
        """Return whether a file that is included is not read for the sake of time, which is noted."""
        is_too_much = len(self._included) >= _MOST_INCLUDED or len(self._including) >= _DEEPEST_INCLUDE
        if is_too_much:
            detail = f"more than {_MOST_INCLUDED} files are included, or more than {_DEEPEST_INCLUDE} one in another"
            self._files.note(file.source.path, path, detail, file.span_of(item), context="include")
        return is_too_much

    def _env_files(
        self, fields: Mapping[str, Entry], project: str, folder: str, reader: YamlReader, file: YamlFile
    ) -> list[str]:
        node = value_of(fields, "env_file")
        if node is None:
            return self._environments.default_in(project)
        found = [
            self._follow(_named(reader, file, each, "include.env_file"), folder)
            for each in scalars_of(node)
            if each.value != os.devnull
        ]
        return [path for each in found if each and (path := self._environments.read(each.path))]

    # Dockerfiles.

    def _collect(self, model: Model) -> list[ServiceBuild]:
        builds = model.read_services()
        note_container_values(model, self._environments)
        return builds

    def _add_build(self, model: Model, build: ServiceBuild) -> None:
        """Note the build of a Dockerfile, or that it is not read."""
        is_run = model.runs_build(build)
        build = build._replace(may_be_missing=build.may_be_missing or not is_run)
        found = self._dockerfile_of(model, build)
        if found is None and not build.may_be_missing:
            place = f"{build.folder.file.source.path}:{build.folder.file.line_of(build.folder.entry.value)}"
            for name, index in build.build.args.items():
                sentence = f"{place} gives {name} to a build whose Dockerfile is not read, which may see the digest"
                self._environments.base.note_reader(index, sentence)
        is_first = found is not None and found.path not in self._builds
        # Without a value, the argument would be used in two ways, and take no digest.
        if found and (is_run or is_first or (model.role is Role.FOUND and build.build.is_known)):
            for file in (build.folder.file, *build.files):
                self._groups.join(file.source.path, found.path)
            self._builds.setdefault(found.path, []).append(build.build._replace(is_run=is_run or is_first))
            if made := model.services.scalar(build.name, "image"):
                self._makes.setdefault(found.path, set()).add(made)

    def _dockerfile_of(self, model: Model, build: ServiceBuild) -> Followed | None:
        """Return the Dockerfile of a build, None where it is not read. That is noted unless it may be missing."""
        folder, base = build.folder, model.folder_of(build.base)
        if folder.path is None or is_remote(folder.path):
            return None if build.may_be_missing else self._follow(folder, base)
        named = build.dockerfile or folder
        path = build.dockerfile.path if build.dockerfile else default_dockerfile(os.path.join(base, folder.path))
        joined = None if path is None else os.path.join(folder.path, path)
        if build.may_be_missing and not (joined and os.path.isfile(os.path.join(base, joined))):
            return None
        return self._follow(
            NamedFile(path=joined, entry=named.entry, file=named.file, context=named.context), base, label=path
        )

    def _open_dockerfile(self, path: str, builds: list[Build]) -> None:
        source = self._files.read(path)
        if source is None:
            return
        configured = [each.build_of(path) for each in self._configured]
        self._dockerfiles[path] = open_dockerfile(source, builds, configured, self._environments.base)
        for each, build in zip(self._configured, configured, strict=True):
            if build is not None and each.source is not None:
                self._groups.join(path, each.source.path)
                self._readers_of_builds[each.source.path] = each

    # What is followed, and belongs together.

    def _follow_all(
        self, paths: list[str], folder: str, place: tuple[str, Span, tuple[Suppression, ...]]
    ) -> list[Followed]:
        """Return those of some paths, which a value at a place names, that are read; that others are not is noted."""
        owner, span, suppressions = place
        found = []
        for path in filter(None, paths):
            followed = self._files.finder.find(folder, path)
            if isinstance(followed, NotRead):
                self._files.note(owner, path, followed.detail, span, suppressions, names=path)
            elif followed.is_excluded:
                self._files.excluded.add(followed.path)
            else:
                self._groups.join(owner, followed.path)
                found.append(followed)
        return found

    def _follow(self, named: NamedFile, folder: str, label: str | None = None) -> Followed | None:
        """Return the file that an entry names; None where it is not read, which is noted."""
        found = self._files.finder.find(folder, named.path)
        if isinstance(found, Followed):
            if not found.is_excluded:
                return found
            self._files.excluded.add(found.path)
            return None
        file, node = named.file, named.entry.value
        text = named.path if node.id != "scalar" else str(node.value)
        reader = next(iter(self._compose[file.source.path].readers), None)
        suppressions = reader.suppressions_of(named.entry) if reader else ()
        detail = found.detail if label is None or label == text else f"{label}: {found.detail}"
        span = file.span_of(node)
        self._files.note(file.source.path, text or "", detail, span, suppressions, named.context, named.path)
        return None

    def _read_extended(self, model: Model) -> list[Layer]:
        """Read the files that a model's services extend, and return the layers that come from them."""
        merged = {id(model.services), *(id(each.services) for each in model.beneath.values())}
        layers = [layer for name in model.services.names for layer in model.services.chain(name)]
        return [layer for layer in layers if id(layer.services) not in merged]

    def _note_extenders(self) -> None:
        """Tell each model which others extend services of its files. What these name is read on the way."""
        extenders: dict[int, list[Model]] = {}
        extended = [(model, layer) for model in self._models for layer in self._read_extended(model)]
        known = {id(model.services): model for model in self._models}
        for model, layer in extended:
            base = known.get(id(layer.services))
            if base is None:
                continue  # The main file without its override, which another file lies over.
            base.inherited.add(layer.name)
            # What is extended may extend more, in files that were read after `model` had been made.
            model.add_extended(base)
            extenders.setdefault(id(layer.file), []).append(model)
        mains = [id(model) for model in self._mains.values()]
        for model in self._models:
            found = [each for yaml in model.services.files for each in extenders.get(id(yaml), ()) if each is not model]
            # What Compose finds by itself runs also where another file extends a service of it.
            model.extenders = [*dict.fromkeys(found), *([model] if found and id(model) in mains else [])]

    # How all of it reads.

    def _result(self) -> ProjectReading:
        """Return all files, and what of them is reported."""
        files = self._files_in_force()
        known = [*self._groups.leading(), *files, *self._files.failures]
        reported = self._groups.reachable(filter(self._is_reported, known))
        used = {path: kept for path, file in files.items() if (kept := used_in(reported, path, file.reading))}
        return ProjectReading(
            files={path: file for path, file in files.items() if path in reported}
            | {path: self._in_force(path, reading) for path, reading in used.items()},
            beside={path: file for path, file in files.items() if path not in reported},
            failures={path: reason for path, reason in self._files.failures.items() if path in reported},
            groups=self._groups.numbers(files),
            excluded=len(self._files.excluded),
        )

    def _files_in_force(self) -> dict[str, ScannedFile]:
        """Read everything, and give each occurrence to the file in which it stands."""
        readings = self._readings()
        by_path = self._occurrences_by_path(readings.values())
        files: dict[str, ScannedFile] = {}
        for path, reading in readings.items():
            here = tuple(sorted(by_path.get(path, ()), key=lambda each: (each.span, each.context)))
            unread = tuple(self._files.unread.get(path, ()))
            files[path] = self._in_force(path, reading._replace(occurrences=here, unread=unread))
        return files

    def _readings(self) -> dict[str, Reading]:
        """Return what each file says, also of places in other files."""
        readings = {path: file.read() for path, file in self._compose.items()}
        readings |= {path: dockerfile.read() for path, dockerfile in self._dockerfiles.items()}
        readings |= {path: env.read() for path, env in self._environments.readers.items()}
        readings |= {path: builds.read() for path, builds in self._readers_of_builds.items()}
        return readings | {path: file.reading for path, file in self._naming.items()}

    def _occurrences_by_path(self, readings: Iterable[Reading]) -> dict[str, list[Occurrence]]:
        """Return the occurrences of all files by the file in which each stands, with the comments on its value."""
        found: dict[str, list[Occurrence]] = {}
        on_values = self._suppressions_of_values()
        for each in merged(each for reading in readings for each in reading.occurrences):
            ignores = on_values.get((each.path, each.span), ()) if each.used_at else ()
            found.setdefault(each.path, []).append(each._replace(suppressions=each.suppressions + ignores))
        return found

    def _suppressions_of_values(self) -> dict[tuple[str, Span], tuple[Suppression, ...]]:
        """Return the ignore comments on values that other files use, by the path and the span of each value."""
        found = [(path, each.suppressions_of_values) for path, each in self._environments.readers.items()]
        found += [(path, each.suppressions_of_values) for path, file in self._compose.items() for each in file.readers]
        found += [(path, each.suppressions_of_values) for path, each in self._naming.items()]
        return {(path, span): ignores for path, on_values in found for span, ignores in on_values.items()}

    def _in_force(self, path: str, reading: Reading) -> ScannedFile:
        if path in self._environments.readers:
            env = self._environments.readers[path]
            dotenv_outline = partial(env.outline, reading.occurrences)
            return ScannedFile(source=env.source.standalone(), format=DOTENV, reading=reading, outline=dotenv_outline)
        if path in self._dockerfiles:
            source = self._dockerfiles[path].source.standalone()
            makes = frozenset(self._makes.get(path, ()))
            return ScannedFile(source=source, format=DOCKERFILE, reading=reading, makes=makes)
        if path in self._naming:
            return self._naming[path].in_force(reading)
        if path in self._readers_of_builds:
            return self._readers_of_builds[path].in_force(reading)
        file = self._compose[path]
        outline = partial(file.readers[0].outline, reading.occurrences) if file.readers else None
        return ScannedFile(source=file.source.standalone(), format=file.format, reading=reading, outline=outline)


def _first(folder: str, names: Iterable[str]) -> str | None:
    """Return the first of some files that is in a folder."""
    paths = (os.path.normpath(os.path.join(folder, name)) for name in names)
    return next((path for path in paths if os.path.isfile(path)), None)


def _named(reader: YamlReader, file: YamlFile, node: Node, context: str) -> NamedFile:
    return NamedFile(path=reader.expanded(node, file), entry=Entry(node, node), file=file, context=context)
