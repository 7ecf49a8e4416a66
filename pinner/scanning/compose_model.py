"""Compose files that are merged into one model, with the variables that they see."""

import os
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from functools import cached_property, partial
from itertools import accumulate

from pinner.formats import Format
from pinner.formats.compose import OVERRIDES
from pinner.formats.compose.aliases import repeated_values
from pinner.formats.compose.reader import ModelReader, ServiceBuild
from pinner.formats.compose.services import BEFORE_ALL, Services, says_nothing
from pinner.formats.variables.expansion import COMPOSE
from pinner.formats.variables.scope import Scope
from pinner.formats.yaml.document import YamlFile, compose_source
from pinner.formats.yaml.marks import refused
from pinner.formats.yaml.nodes import Entry, Node
from pinner.formats.yaml.reader import YamlReader
from pinner.model.occurrence import Occurrence, Problem, Reading
from pinner.model.source import Source
from pinner.scanning.environment import Environments
from pinner.scanning.readings import of_runs, united


class Role(Enum):
    """Why files are merged."""

    FOUND = "found"
    """They were found in a folder."""
    NAMED = "named"
    """`COMPOSE_FILE` or an `include` names them."""
    MERGED = "merged"
    """A file that is none of Compose names them together. The first of them runs without the others as well."""
    EXTENDED = "extended"
    """An `extends` names the file."""


class Model:
    """Files that Compose merges, with the variables that they see. `folder` is that of the project."""

    def __init__(self, services: Services, files: list["ComposeFile"], folder: str, env: Scope, role: Role) -> None:
        self.services = services
        self.files = files
        self.folder = folder
        self.env = env
        self.role = role
        for number, file in enumerate(files):
            file.models.append(self)
            file.is_named |= role is Role.NAMED or (role is Role.MERGED and number > 0)
        # The readers of its files and of those that it extends, by the identity of each file.
        self.readers: dict[int, YamlReader] = {}
        # The models that extend services of this one's files, directly or by way of others, and those services.
        self.extenders: list[Model] = []
        self.inherited: set[str] = set()
        # The models whose services are merged beneath its own, by their identity, and the models that include it.
        self.beneath: dict[int, Model] = {}
        self.includers: list[Model] = []
        # Where it lies over a main file: the services of that file alone, and its own without them.
        self._main: Services | None = None
        self._alone: Services | None = None
        self.folders = {id(file.yaml): folder for file in files if file.yaml is not None}
        self._outputs: dict[int, set[bool]] = {}
        self._until: dict[int, Services] = {}

    def add_readers(self, environments: Environments) -> None:
        """Give each file a reader that sees the model's variables, of which the name of the project is always one."""
        for file in self.files:
            if file.yaml is None:
                continue
            scope = Scope(COMPOSE, beside=environments.base)
            scope.bind_all(self.env)
            environments.bind_project_name(scope, self.services.project, self.folder)
            known = next((each for each in file.readers if each.scope.sees_the_same(scope)), None)
            if known is None:
                known = YamlReader(file.yaml, COMPOSE, scope, kind="compose", repeated=repeated_values(file.yaml))
                file.readers.append(known)
            self.readers[id(file.yaml)] = known

    def include(self, included: "Model", document: int) -> None:
        """Merge the services of a model that the document of a number includes beneath those of this one."""
        for services in filter(None, (self.services, self._alone)):
            services.put_beneath(included.services, document, is_included=True)
        included.includers.append(self)
        self._add_beneath(included)

    def lay_over(self, main: "Model") -> None:
        """Merge the services of a folder's main file beneath these: `docker compose -f MAIN -f FILE`.

        With `-f` Compose reads no override by itself.
        """
        self._alone = self.services.until(self.services.files[-1])
        self._main = main.until(main.services.files[0])
        self.services.put_beneath(self._main, BEFORE_ALL, is_included=False)
        self._add_beneath(main)

    def _add_beneath(self, model: "Model") -> None:
        self.beneath |= {id(each): each for each in (model, *model.beneath.values())}
        for file, folder in model.folders.items():
            self.folders.setdefault(file, folder)

    def folder_of(self, owner: YamlFile) -> str:
        """Return the folder to which the paths in a file are relative, which may be one that is extended."""
        # The folder that is checked is the empty string.
        folder = self.folders.get(id(owner))
        return os.path.dirname(owner.source.path) if folder is None else folder

    def may_lack(self, path: str | None, owner: YamlFile) -> bool:
        """Return whether a file that one of these names need not be there: another project has it, which names that."""
        if self.role is not Role.FOUND or not any(each.is_named for each in self.files if each.yaml is owner):
            return False
        return path is None or not os.path.exists(os.path.join(self.folder_of(owner), path))

    def add_extended(self, other: "Model") -> None:
        """Add the files of a model whose services this one extends, as they are read there, unless they are its own."""
        self.readers = other.readers | self.readers
        self.folders = other.folders | self.folders

    def until(self, file: YamlFile) -> Services:
        """Return the services as they are without the files that are merged after one."""
        if file is self.services.files[-1]:
            return self.services
        if id(file) not in self._until:
            self._until[id(file)] = self.services.until(file)
        return self._until[id(file)]

    @cached_property
    def tops(self) -> list["Model"]:
        """The outermost models that include this one, or this one where none does: as their services its own run."""
        found = {id(top): top for each in self.includers for top in each.tops}
        return list(found.values()) or [self]

    def read_services(self) -> list[ServiceBuild]:
        """Read what the services name in the files of this model, and return the builds.

        What is included is built as the model has it that includes it. A service that others extend is not built by
        itself where it does not say from what.
        """
        readers = dict(self.readers)
        for each in self.beneath.values():
            for file, reader in each.readers.items():
                readers.setdefault(file, reader)
        merged = ModelReader(self.services, readers, self.are_outputs, self.is_built, self.holding)
        for name in self.services.layers:
            merged.read(name)
        if self.includers:
            return []
        others = self._main.names if self._main else ()
        names = [name for name in self.services.names if name in self.services.layers or name not in others]
        builds = {name: build for name in names for build in merged.read_build(name)}
        found = [build for name, build in builds.items() if build.is_said or name not in self.inherited]
        return [*found, *self._read_alone(builds, readers)]

    def _read_alone(
        self, builds: Mapping[str, ServiceBuild], readers: Mapping[int, YamlReader]
    ) -> Iterator[ServiceBuild]:
        """Yield what is built otherwise without the main file beneath, or without the override on top.

        A build counts only where it says its context and gives an argument another value, or leads to another
        Dockerfile: what it leaves to the other file, a build without that would lack.
        """
        has_override = os.path.basename(self.services.files[-1].source.path) in OVERRIDES
        alone = self._alone or (self.until(self.services.files[0]) if has_override else self.services)
        if alone is self.services:
            return
        reader = ModelReader(alone, readers)
        for name in alone.names:
            has_other_args = self._has_other_args(alone, name)
            if not has_other_args and alone.build_fields(name, "dockerfile_inline"):
                continue
            for build in reader.read_build(name):
                is_other = name not in builds or build.path != builds[name].path
                if build.is_said and (is_other or has_other_args):
                    yield build._replace(may_be_missing=True)

    def _has_other_args(self, alone: Services, name: str) -> bool:
        """Return whether a build gives an argument a value that the merged one replaces or takes away."""
        merged = {key: pair.entry.value for key, pair in self.services.build_pairs(name, "args").items()}
        return any(merged.get(key) is not pair.entry.value for key, pair in alone.build_pairs(name, "args").items())

    @property
    def precedence(self) -> int:
        """The order in which models are read: of several that have a file, the first decides what the file says.

        What runs by itself comes first, then what another file merges over it, then that alone, which nobody may run.
        """
        if self.role is Role.MERGED:
            return 1
        return 2 if self.role is Role.FOUND and self.files[0].is_named else 0

    def runs(self, file: "ComposeFile", name: str) -> bool:
        """Return whether a service of a file runs as it is here.

        It does not where the file was found, and another one names it as part of its project, or where others of its
        services are extended.
        """
        if self.role is Role.EXTENDED:
            return name in self.inherited or not (file.runs_by_itself or name in file.inherited)
        return self.role is not Role.FOUND or not file.is_named

    def runs_build(self, build: ServiceBuild) -> bool:
        """Return whether a service runs as it is here with what one of these files says of its build."""
        own = [file for file in self.files if any(file.yaml is each for each in build.files)]
        return not own or any(self.runs(file, build.name) for file in own)

    def are_outputs(self, name: str, image: Node, file: YamlFile) -> set[bool]:
        """Return whether the services for which an `image` of a file holds build it: both values where they differ.

        What another file extends runs as the services there, and by itself only where none of these inherits it. What a
        later file replaces is judged without that file: a machine that does not have it runs that.
        """
        # Kept, since many services may share an image by an alias or a merge key.
        if id(image) not in self._outputs:
            own = [(top, each) for top in self.tops for each in top.services.users_of(image)]
            others = [top for model in self.extenders for top in model.tops]
            extending = [(top, each) for top in others for each in top.services.users_of(image)]
            self._outputs[id(image)] = {top.services.builds(each) for top, each in extending or own}
        return self._outputs[id(image)] or {self.until(file).builds(name)}

    def holding(self, name: str, image: Node, file: YamlFile) -> tuple[Services, str]:
        """Return the services in which the `image` of a service holds, and the name of one for which it does."""
        for top in self.tops:
            if users := top.services.users_of(image):
                return top.services, name if name in users else users[0]
        return self.until(file), name

    def is_built(self, image: str, profiles: list[str]) -> bool:
        """Return whether some service builds an image whenever something runs that has `profiles`."""
        running = (top for each in self.extenders or [self] for top in each.tops)
        return any(top.services.built_images.has(image, profiles) for top in running)


class ComposeFile:
    """A Compose file with its nodes, or the problem that makes it none."""

    def __init__(self, source: Source, format_: Format) -> None:
        self.source = source
        self.format = format_
        self.yaml: YamlFile | None = None
        self.problem: Problem | None = None
        self.readers: list[YamlReader] = []
        self.models: list[Model] = []
        # Whether another file names this one as part of its project.
        self.is_named = False
        found = compose_source(source)
        if isinstance(found, Problem):
            self.problem = found
        else:
            self.yaml = found

    @cached_property
    def runs_by_itself(self) -> bool:
        """Whether all services of the file run in some project, and not only those that others extend."""
        return any(each.role is not Role.EXTENDED for each in self.models)

    @cached_property
    def inherited(self) -> set[str]:
        """The services of the file that others extend."""
        return set[str]().union(*(each.inherited for each in self.models))

    def read(self) -> Reading:
        """Return what the file says in all models that have it, once it is known which services others extend."""
        if self.problem:
            return refused(self.problem, self.source).read()
        if len(self.readers) <= 1:
            return united([reader.read() for reader in self.readers] or [Reading(())])
        run: dict[int, set[str]] = {id(reader): set() for reader in self.readers}
        for model in self.models:
            names = (name for name in model.services.layers if model.runs(self, name))
            run[id(model.readers[id(self.yaml)])].update(names)
        return of_runs([(each.read(), partial(_is_of, run[id(each)])) for each in self.readers], self.source.path)


def _is_of(services: Collection[str], occurrence: Occurrence) -> bool:
    """Return whether an occurrence stands in one of some services, perhaps by an alias."""
    for context in (occurrence.context, *occurrence.also):
        # A name may have a dot in it.
        _, *fields = context.split(".")
        if any(name in services for name in accumulate(fields, "{}.{}".format)):
            return True
    return False


def value_of(fields: Mapping[str, Entry], name: str) -> Node | None:
    """Return the value of a field, None for a null or where there is none."""
    entry = fields.get(name)
    return None if entry is None or says_nothing(entry.value) else entry.value


def scalars_of(node: Node | None) -> list[Node]:
    """Return a scalar alone, or those in a list."""
    if node is None or node.id == "scalar":
        return [] if node is None else [node]
    return [each for each in node.value if each.id == "scalar"] if node.id == "sequence" else []
