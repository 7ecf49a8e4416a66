"""Compose files that are merged into one model, with the variables that they see."""

import os
from collections.abc import Mapping

from pinner.formats import Format
from pinner.formats.compose.services import Services, says_nothing
from pinner.formats.variables.expansion import COMPOSE
from pinner.formats.variables.scope import Scope
from pinner.formats.yaml.document import YamlFile, compose, decode
from pinner.formats.yaml.nodes import Entry, Node
from pinner.formats.yaml.reader import YamlReader
from pinner.model.occurrence import Problem
from pinner.model.source import Source
from pinner.scanning.environment import Environments


class Model:
    """Files that Compose merges, with the variables that they see. `folder` is that of the project."""

    def __init__(self, services: Services, files: list["ComposeFile"], folder: str, env: Scope) -> None:
        self.services = services
        self.files = files
        self.folder = folder
        self.env = env
        self.readers: dict[int, YamlReader] = {}
        # The models that Compose merges with this one: what one of them builds is built in all.
        self.related: list[Model] = []
        # The models that extend services of this one's files, directly or by way of others.
        self.extenders: list[Model] = []
        self._outputs: dict[int, set[bool]] = {}

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
                known = YamlReader(file.yaml, COMPOSE, scope, kind="compose")
                file.readers.append(known)
            self.readers[id(file.yaml)] = known

    def folder_of(self, owner: YamlFile) -> str:
        """Return the folder to which the paths in a file are relative, which may be one that is extended."""
        is_own = any(file.yaml is owner for file in self.files)
        return self.folder if is_own else os.path.dirname(owner.source.path)

    def builds(self, name: str) -> bool:
        """Return whether a service is built, here or in a model that Compose merges with this one."""
        return any(name in each.services.layers and each.services.builds(name) for each in [self, *self.related])

    def are_outputs(self, name: str, image: Node) -> set[bool]:
        """Return whether the services for which an `image` holds build it.

        What another file extends runs as the services there, and by itself only where none of these inherits it.
        """
        # Kept, since many services may share an image by an alias or a merge key.
        if id(image) not in self._outputs:
            own = [(self, each) for each in self.services.users_of(image)]
            extending = [(model, each) for model in self.extenders for each in model.services.users_of(image)]
            self._outputs[id(image)] = {model.builds(each) for model, each in extending or own}
        return self._outputs[id(image)] or {self.builds(name)}

    def is_built(self, image: str, profiles: list[str]) -> bool:
        """Tell whether some service builds an image whenever something runs that has `profiles`."""
        running = [each for model in self.extenders or [self] for each in (model, *model.related)]
        return any(each.services.built_images.has(image, profiles) for each in running)


class ComposeFile:
    """A Compose file with its nodes, or the problem that makes it none."""

    def __init__(self, source: Source, format_: Format) -> None:
        self.source = source
        self.format = format_
        self.yaml: YamlFile | None = None
        self.problem: Problem | None = None
        self.readers: list[YamlReader] = []
        text = decode(source)
        found = text if isinstance(text, Problem) else compose(source, text)
        if isinstance(found, Problem):
            self.problem = found
        else:
            self.yaml = found


def value_of(fields: Mapping[str, Entry], name: str) -> Node | None:
    """Return the value of a field, None for a null or where there is none."""
    entry = fields.get(name)
    return None if entry is None or says_nothing(entry.value) else entry.value


def scalars_of(node: Node | None) -> list[Node]:
    """Return a scalar alone, or those in a list."""
    if node is None or node.id == "scalar":
        return [] if node is None else [node]
    return [each for each in node.value if each.id == "scalar"] if node.id == "sequence" else []
