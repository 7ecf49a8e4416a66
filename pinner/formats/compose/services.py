"""The services of a Compose model as Compose sees them: merge keys, several documents and files, `extends`."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from pinner.formats.compose.arguments import Pair, Values, pair_of_entry, pair_of_item
from pinner.formats.variables.expansion import with_values
from pinner.formats.yaml import nodes
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Fields, Mappings, first_of_each, is_manifest
from pinner.formats.yaml.nodes import MAX_DEPTH, Entry, Node
from pinner.model.errors import InvalidReference
from pinner.model.reference import parse

# kubectl applies it all the same, so that what it names may not be passed over.
_MANIFEST = "this is a Kubernetes manifest, which Compose refuses: keep it in a file of its own"
_NULLS = ("", "~", "null", "Null", "NULL")
# The number of what lies beneath the first document.
BEFORE_ALL = -1


class Layer(NamedTuple):
    """What the document of a number, which stands in `file`, says of a service of a `name`.

    `replaces` is set where earlier documents no longer count. `services` are those to which the file belongs, `project`
    those whose project a layer belongs to once it is merged: another one only for what is included.
    """

    name: str
    fields: Fields
    replaces: bool
    document: int
    file: YamlFile
    services: "Services"
    project: "Services"


Extend = Callable[[YamlFile, Node], "Services | None"]
"""Gives the services of another file that a node in a file names, None where they are not known."""


def says_nothing(node: Node) -> bool:
    """Return whether a value says nothing. `!override` does not make a string of it."""
    is_overriding = node.id == "scalar" and node.tag == "!override" and node.style is None
    return nodes.is_null(node) or (is_overriding and node.value in _NULLS)


def is_reset(node: Node) -> bool:
    """Return whether a value takes away what other documents say (Compose specification, "Merge")."""
    return node.tag == "!reset"


def replaces(node: Node) -> bool:
    """Return whether other documents' values no longer count beside this one."""
    return node.tag in ("!reset", "!override")


def find(fields: Fields, name: str) -> Entry | None:
    """Return the entry of a name. Compose's decoder falls back on names that differ in case, and so does this."""
    if name in fields or name not in map(str.lower, fields):
        return fields.get(name)
    return next(entry for key, entry in fields.items() if key.lower() == name)


class Services:
    """The services of the files that are merged into one model, in that order, the last one on top.

    `layers` holds what each document says of a service, in order, `names` are those of all services, also of what lies
    beneath. `extend` finds the services of other files, `values` are those of the variables. `project` is the name of
    the project, empty where nothing tells it; what the files and the variables say counts if it is not given.
    """

    def __init__(
        self,
        files: Sequence[YamlFile],
        extend: Extend = lambda _, __: None,
        values: Values = lambda _: None,
        project: str | None = None,
    ) -> None:
        self.layers: dict[str, list[Layer]] = {}
        self.files = files
        self.project = ""
        self._values = values
        self._mappings = {id(file): _mappings_of(file) for file in files}
        self._extend = extend
        self._said: dict[tuple[str, str], tuple[Entry, Layer] | None] = {}
        self._chains: dict[str, tuple[Layer, ...]] = {}
        self._users: dict[int, list[str]] | None = None
        self._documents: dict[int, range] = {}
        self._replacing: list[int] = []
        self._put: list[tuple[Services, int, bool]] = []
        self._beneath: dict[str, dict[int, tuple[Services, bool]]] = {}
        number = 0
        for file in files:
            documents = [self.fields_of(file, document, "the file") for document in file.documents]
            self._documents[id(file)] = range(number, number + len(documents))
            for node, fields in zip(file.documents, documents, strict=True):
                if is_manifest(fields):
                    file.complain(node, _MANIFEST)
            for fields in documents:
                self._read_document(number, fields, file)
                number += 1
            if not any("services" in fields for fields in documents):
                self._complain_of_version_1(documents, file)
        self.end = number
        self.names = dict.fromkeys(self.layers)
        self.project = (values("COMPOSE_PROJECT_NAME") or self.project) if project is None else project

    def documents_of(self, file: YamlFile) -> range:
        """Return the numbers of a file's documents."""
        return self._documents[id(file)]

    def put_beneath(self, services: "Services", document: int, *, is_included: bool) -> None:
        """Merge services beneath the document of a number and over those before it, included or of the same project."""
        self._put.append((services, document, is_included))
        for name in services.names:
            self.names[name] = None
            self._beneath.setdefault(name, {}).setdefault(document, (services, is_included))

    def until(self, file: YamlFile) -> "Services":
        """Return the services as they are without the files that are merged after one."""
        files = self.files[: next(at for at, each in enumerate(self.files, 1) if each is file)]
        services = Services(files, self._extend, self._values, self.project)
        for each, document, is_included in self._put:
            if document < self._documents[id(file)].stop:
                services.put_beneath(each, document, is_included=is_included)
        return services

    def in_force(self, text: str) -> str:
        """Return a text with its variables replaced, as it is where one has neither a value nor a default."""
        return with_values(text, self._values)

    def fields_of(self, file: YamlFile, node: Node, what: str) -> Fields:
        """Return the entries of a mapping and of what it merges; of anything else, none."""
        if says_nothing(node) or is_reset(node):
            return {}
        if node.id == "mapping":
            # What is extended may stand in a file of another model.
            if id(file) not in self._mappings:
                self._mappings[id(file)] = _mappings_of(file)
            return self._mappings[id(file)].fields(node)
        file.complain(node, f"{what} is not a mapping")
        return {}

    def items_of(self, file: YamlFile, entry: Entry | None, what: str) -> Iterable[tuple[int, Node]]:
        """Return the items of a list with their numbers; of anything else, none."""
        if entry is None or says_nothing(entry.value) or is_reset(entry.value):
            return ()
        if entry.value.id != "sequence":
            file.complain(entry.value, f"{what} is not a list")
            return ()
        return enumerate(entry.value.value)

    def pairs_of(self, file: YamlFile, entry: Entry | None, what: str, *, only_names: bool = False) -> dict[str, Pair]:
        """Return the pairs of a mapping or of a list of `name=value`, or those of which there may be names alone."""
        if entry is None or is_reset(entry.value):
            return {}
        if entry.value.id == "mapping":
            fields = self.fields_of(file, entry.value, what)
            names = [name for name, each in fields.items() if not only_names or nodes.is_null(each.value)]
            return {name: pair_of_entry(fields[name], file) for name in names}
        items = (item for _, item in self.items_of(file, entry, what) if item.id == "scalar")
        chosen = (item for item in items if not only_names or "=" not in item.value or "$" in item.value)
        return dict(pair_of_item(item, file, self._values) for item in chosen)

    def builds_of(self, name: str) -> list[tuple[Entry, Layer]]:
        """Return the `build` values that make up a service's build, those that hold first."""
        found = []
        for layer in self.chain(name):
            build = find(layer.fields, "build")
            if build is None:
                continue
            if not (says_nothing(build.value) or is_reset(build.value)):
                found.append((build, layer))
            if replaces(build.value):
                break
        return found

    def build_fields(self, name: str, key: str) -> list[tuple[Entry, Layer]]:
        """Return the entries of `key` in the builds of a service, those that hold first."""
        found = []
        for build, layer in self.builds_of(name):
            if build.value.id != "mapping":
                continue
            entry = find(self.fields_of(layer.file, build.value, "build"), key)
            if entry is not None:
                found.append((entry, layer))
                if replaces(entry.value):
                    break
        return found

    def build_pairs(self, name: str, key: str) -> dict[str, Pair]:
        """Return the names and values below `key` in all builds of a service together."""
        pairs: dict[str, Pair] = {}
        for entry, layer in self.build_fields(name, key):
            pairs = {**layer.services.pairs_of(layer.file, entry, f"services.{name}.build.{key}"), **pairs}
        return {each: pair for each, pair in pairs.items() if not is_reset(pair.entry.value)}

    def effective(self, name: str, key: str) -> tuple[Entry, Layer] | None:
        """Return what holds for a service after all that Compose merges, and where it stands."""
        if (name, key) not in self._said:
            entries = ((find(layer.fields, key), layer) for layer in self.chain(name))
            said = ((entry, layer) for entry, layer in entries if entry is not None and not says_nothing(entry.value))
            found = next(said, None)
            self._said[name, key] = None if found is None or is_reset(found[0].value) else found
        return self._said[name, key]

    def scalar(self, name: str, key: str) -> str | None:
        """Return the text that holds for a service, with its variables replaced; None where there is none."""
        found = self.effective(name, key)
        if found is None or found[0].value.id != "scalar" or says_nothing(found[0].value):
            return None
        return found[1].services.in_force(str(found[0].value.value))

    def builds(self, name: str) -> bool:
        """Return whether a service's image is built, so that its `image` is the name of the result."""
        if name not in self.names:
            return False
        return self.scalar(name, "pull_policy") == "build" or bool(self.builds_of(name))

    def are_outputs(self, name: str, image: Node) -> set[bool]:
        """Return whether the services for which an `image` of the service `name` holds build it."""
        return {self.builds(each) for each in self.users_of(image) or [name]}

    @cached_property
    def built_images(self) -> "BuiltImages":
        """The names of the images that the services build: without `image`, project and service."""
        built = BuiltImages()
        for name in self.names:
            if not self.builds_of(name):
                continue
            image = self.effective(name, "image")
            if image is not None and image[0].value.id == "scalar" and image[0].value.value:
                built.add(image[1].services.in_force(image[0].value.value), self.profiles(name))
            elif self.project:
                built.add(f"{self.project}-{name}", self.profiles(name))
        return built

    def users_of(self, image: Node) -> list[str]:
        """Return the services for which an `image` holds, of those that are in these files or beneath.

        One that Compose neither pulls nor builds (`pull_policy: build` without a `build`) is left out beside others.
        """
        if self._users is None:
            self._users = {}
            idle = {name for name in self.names if self.is_idle(name)}
            # The idle ones last, when it is known whether an image has other users.
            for name in sorted(self.names, key=idle.__contains__):
                found = self.effective(name, "image")
                if found is not None and not (name in idle and id(found[0].value) in self._users):
                    self._users.setdefault(id(found[0].value), []).append(name)
        return self._users.get(id(image), [])

    def is_idle(self, name: str) -> bool:
        """Return whether Compose neither pulls nor builds the image of a service."""
        return self.scalar(name, "pull_policy") == "build" and not self.builds_of(name)

    def profiles(self, name: str) -> list[str]:
        """Return the profiles of a service; without any it always runs."""
        found = self.effective(name, "profiles")
        if found is None:
            return []
        entry, layer = found
        items = self.items_of(layer.file, entry, f"services.{name}.profiles")
        return [layer.services.in_force(item.value) for _, item in items if item.id == "scalar"]

    def chain(self, name: str) -> tuple[Layer, ...]:
        """Return everything that makes up a service, what holds first.

        Compose puts together what a document says and what it extends, merges that over what the document includes,
        and all of it over the documents before (compose-go, `loader.loadYamlFile`).
        """
        if name not in self._chains:
            self._chains[name] = tuple(self.walk(name, range(BEFORE_ALL, self.end), self, set()))
        return self._chains[name]

    def walk(
        self, name: str, documents: range, project: "Services", seen: set[tuple[int, str]], depth: int = 0
    ) -> Iterator[Layer]:
        """Yield the layers of a service in some of the documents that were not `seen` yet."""
        if depth > MAX_DEPTH:
            return
        layers = {layer.document: layer for layer in self.layers.get(name, ()) if layer.document in documents}
        beneath = {each: put for each, put in self._beneath.get(name, {}).items() if each in documents}
        first = max((each for each in self._replacing if each in documents), default=BEFORE_ALL)
        for document in sorted({*layers, *beneath}, reverse=True):
            if document < first:
                return
            layer = layers.get(document)
            # Services that extend one another in a circle are for Compose to refuse.
            if layer is not None and (id(layer.fields), name) not in seen:
                seen.add((id(layer.fields), name))
                yield layer if layer.project is project else layer._replace(project=project)
                yield from self._walk_extended(layer, project, seen, depth + 1)
                if layer.replaces:
                    return
            services, is_included = beneath.get(document, (self, False))
            # What is included twice is the same: ways to it double from level to level.
            if services is not self and (id(services), name) not in seen:
                seen.add((id(services), name))
                everything = range(BEFORE_ALL, services.end)
                yield from services.walk(name, everything, services if is_included else project, seen, depth + 1)

    def _read_document(self, number: int, document: Fields, file: YamlFile) -> None:
        if "name" in document and document["name"].value.id == "scalar":
            self.project = self.in_force(document["name"].value.value)
        if "services" not in document:
            return
        services = document["services"].value
        if replaces(services):
            self._replacing.append(number)
        for name, entry in self.fields_of(file, services, "services").items():
            fields = self.fields_of(file, entry.value, f"services.{name}")
            layer = Layer(
                name=name,
                fields=fields,
                replaces=replaces(entry.value),
                document=number,
                file=file,
                services=self,
                project=self,
            )
            self.layers.setdefault(name, []).append(layer)

    def _complain_of_version_1(self, documents: list[Fields], file: YamlFile) -> None:
        """Complain of images at the top: Compose takes a file without `services` for one that says nothing at all."""
        for name, entry in (pair for fields in documents for pair in fields.items()):
            if name.startswith("x-") or entry.value.id != "mapping":
                continue
            image = self.fields_of(file, entry.value, name).get("image")
            if image is not None and image.value.id == "scalar" and not says_nothing(image.value):
                message = f"{name} has an image, but Compose reads only what stands below services: move it there"
                file.complain(entry.key, message)

    def _walk_extended(
        self, layer: Layer, project: "Services", seen: set[tuple[int, str]], depth: int
    ) -> Iterator[Layer]:
        """Yield the layers of the service that a layer extends: one of the same document, or of another file."""
        entry = find(layer.fields, "extends")
        if entry is None or says_nothing(entry.value) or is_reset(entry.value):
            return
        node, document = entry.value, range(layer.document, layer.document + 1)
        if node.id == "scalar":
            yield from self.walk(self.in_force(node.value), document, project, seen, depth)
            return
        fields = self.fields_of(layer.file, node, f"services.{layer.name}.extends")
        file, service = fields.get("file"), fields.get("service")
        if service is None or service.value.id != "scalar":
            return
        name = self.in_force(service.value.value)
        if file is None or says_nothing(file.value):
            yield from self.walk(name, document, project, seen, depth)
            return
        # A file may name itself.
        path = posixpath.normpath(self.in_force(file.value.value)) if file.value.id == "scalar" else ""
        if path == posixpath.basename(layer.file.source.path.replace("\\", "/")):
            yield from self.walk(name, self._documents[id(layer.file)], project, seen, depth)
        elif (services := self._extend(layer.file, file.value)) is not None:
            yield from services.walk(name, range(BEFORE_ALL, services.end), project, seen, depth)


class BuiltImages:
    """The images that a file builds, with the profiles in which they are built: who uses one of them pulls nothing."""

    def __init__(self) -> None:
        self.always: set[str] = set()
        self.in_profiles: dict[str, set[str]] = {}

    def add(self, image: str, profiles: Collection[str]) -> None:
        """Note that `image` is built in `profiles`, or always if there are none."""
        if profiles:
            self.in_profiles.setdefault(_comparable(image), set()).update(profiles)
        else:
            self.always.add(_comparable(image))

    def has(self, image: str, profiles: Collection[str]) -> bool:
        """Return whether `image` is built whenever something runs that has `profiles`, or always runs without any."""
        if not (self.always or self.in_profiles):
            return False
        image = _comparable(image)
        return image in self.always or (bool(profiles) and self.in_profiles.get(image, set()).issuperset(profiles))


def _comparable(image: str) -> str:
    """Return an image's canonical name and tag; names with open variables are compared as they are written.

    A digest comes from a registry, so an image with a digest is never one that is built here.
    """
    image = image.strip()
    try:
        reference = parse(image)
    except InvalidReference:
        return image
    return str(reference if reference.digest else reference.by_tag())


def _mappings_of(file: YamlFile) -> Mappings:
    # ruamel.yaml makes a new string of a node's tag each time, and most files have none of their own.
    return Mappings(file, _without_resets if "!" in file.text else first_of_each)


def _without_resets(entries: Iterable[Entry]) -> Fields:
    """Return the first entry of each key that is no `!reset`; a `!reset` alone stays.

    Compose takes a `!reset` out of its mapping before it merges, so that what is merged holds. A build that is
    taken away counts as gone all the same: it would hide an image.
    """
    entries = list(entries)
    resets = first_of_each(entry for entry in entries if is_reset(entry.value))
    fields = first_of_each(entry for entry in entries if not is_reset(entry.value))
    build = {name: entry for name, entry in resets.items() if name == "build"}
    return resets | fields | build
