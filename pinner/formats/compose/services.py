"""The services of a Compose model as Compose sees them: merge keys, several documents and files, `extends`."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from pinner.formats.compose.arguments import Pair, Values, pair_of_entry, pair_of_item
from pinner.formats.variables.expansion import with_values
from pinner.formats.yaml import nodes
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Fields, Mappings, first_of_each
from pinner.formats.yaml.nodes import MAX_DEPTH, Entry, Node
from pinner.model.errors import InvalidReference
from pinner.model.reference import parse

_NULLS = ("", "~", "null", "Null", "NULL")


class Layer(NamedTuple):
    """What the document of a number, which stands in `file`, says of a service.

    `replaces` is set where earlier documents no longer count.
    """

    fields: Fields
    replaces: bool
    document: int
    file: YamlFile


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

    `layers` holds what each document says of a service, in order. `extend` finds the services of other files, `values`
    are those of the variables. `project` is the name of the project, empty where nothing tells it; what the files and
    the variables say counts if it is not given.
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
        self._owned: dict[tuple[str, str], tuple[Entry, YamlFile] | None] = {}
        self._users: dict[int, list[str]] | None = None
        self._first_document = 0
        number = 0
        for file in files:
            documents = [self.fields_of(file, document, "the file") for document in file.documents]
            for fields in documents:
                self._read_document(number, fields, file)
                number += 1
            if not any("services" in fields for fields in documents):
                self._complain_of_version_1(documents, file)
        self.project = (values("COMPOSE_PROJECT_NAME") or self.project) if project is None else project

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

    def pairs_of(self, file: YamlFile, entry: Entry | None, what: str) -> dict[str, Pair]:
        """Return the pairs of a mapping or of a list of `name=value`."""
        if entry is None or is_reset(entry.value):
            return {}
        if entry.value.id == "mapping":
            fields = self.fields_of(file, entry.value, what)
            return {name: pair_of_entry(each, file) for name, each in fields.items()}
        items = (item for _, item in self.items_of(file, entry, what) if item.id == "scalar")
        return dict(pair_of_item(item, file, self._values) for item in items)

    def builds_of(self, name: str) -> list[tuple[Entry, YamlFile]]:
        """Return the `build` values that make up a service's build, those that hold first."""
        found = []
        for services, service in self._ancestry(name):
            for layer in services.layers_that_count(service):
                build = find(layer.fields, "build")
                if build is None:
                    continue
                if not (says_nothing(build.value) or is_reset(build.value)):
                    found.append((build, layer.file))
                if replaces(build.value):
                    return found
        return found

    def build_fields(self, name: str, key: str) -> list[tuple[Entry, YamlFile]]:
        """Return the entries of `key` in the builds of a service, those that hold first."""
        found = []
        for build, file in self.builds_of(name):
            if build.value.id != "mapping":
                continue
            entry = find(self.fields_of(file, build.value, "build"), key)
            if entry is not None:
                found.append((entry, file))
                if replaces(entry.value):
                    break
        return found

    def build_pairs(self, name: str, key: str) -> dict[str, Pair]:
        """Return the names and values below `key` in all builds of a service together."""
        pairs: dict[str, Pair] = {}
        for entry, file in self.build_fields(name, key):
            pairs = {**self.pairs_of(file, entry, f"services.{name}.build.{key}"), **pairs}
        return {each: pair for each, pair in pairs.items() if not is_reset(pair.entry.value)}

    def effective(self, name: str, key: str) -> tuple[Entry, YamlFile] | None:
        """Return what holds for a service after all documents and everything that it extends, and where it stands."""
        for services, service in self._ancestry(name):
            owned = services.own(service, key)
            if owned is not None:
                return None if is_reset(owned[0].value) else owned
        return None

    def scalar(self, name: str, key: str) -> str | None:
        """Return the text that holds for a service, with its variables replaced; None where there is none."""
        found = self.effective(name, key)
        if found is None or found[0].value.id != "scalar" or says_nothing(found[0].value):
            return None
        return self.in_force(str(found[0].value.value))

    def builds(self, name: str) -> bool:
        """Return whether a service's image is built, so that its `image` is the name of the result."""
        if name not in self.layers:
            return False
        return self.scalar(name, "pull_policy") == "build" or bool(self.builds_of(name))

    def are_outputs(self, name: str, image: Node) -> set[bool]:
        """Return whether the services for which an `image` of the service `name` holds build it."""
        return {self.builds(each) for each in self.users_of(image) or [name]}

    @cached_property
    def built_images(self) -> "BuiltImages":
        """The names of the images that the services build: without `image`, project and service."""
        built = BuiltImages()
        for name in self.layers:
            if not self.builds_of(name):
                continue
            image = self.effective(name, "image")
            if image is not None and image[0].value.id == "scalar" and image[0].value.value:
                built.add(self.in_force(image[0].value.value), self.profiles(name))
            elif self.project:
                built.add(f"{self.project}-{name}", self.profiles(name))
        return built

    def users_of(self, image: Node) -> list[str]:
        """Return the services for which an `image` holds, of those that are in these files.

        One that Compose neither pulls nor builds (`pull_policy: build` without a `build`) is left out beside others.
        """
        if self._users is None:
            self._users = {}
            idle = {name for name in self.layers if self.is_idle(name)}
            # The idle ones last, when it is known whether an image has other users.
            for name in sorted(self.layers, key=idle.__contains__):
                found = self.effective(name, "image")
                if found is not None and not (name in idle and id(found[0].value) in self._users):
                    self._users.setdefault(id(found[0].value), []).append(name)
        return self._users.get(id(image), [])

    def is_idle(self, name: str) -> bool:
        """Return whether Compose neither pulls nor builds the image of a service."""
        return self.scalar(name, "pull_policy") == "build" and not self.builds_of(name)

    def extended(self, name: str) -> Iterator[tuple["Services", str]]:
        """Yield what a service extends, and what that extends."""
        ancestry = self._ancestry(name)
        next(ancestry, None)
        yield from ancestry

    def profiles(self, name: str) -> list[str]:
        """Return the profiles of a service; without any it always runs."""
        found = self.effective(name, "profiles")
        if found is None:
            return []
        items = self.items_of(found[1], found[0], f"services.{name}.profiles")
        return [self.in_force(item.value) for _, item in items if item.id == "scalar"]

    def own(self, name: str, key: str) -> tuple[Entry, YamlFile] | None:
        """Return what the last document that speaks of a service's `key` says; the value may be a `!reset`."""
        if (name, key) not in self._owned:
            entries = ((find(layer.fields, key), layer.file) for layer in self.layers_that_count(name))
            said = ((entry, file) for entry, file in entries if entry is not None and not says_nothing(entry.value))
            self._owned[name, key] = next(said, None)
        return self._owned[name, key]

    def layers_that_count(self, name: str) -> Iterator[Layer]:
        """Yield the layers of a service, the last one first, back to where everything is replaced."""
        for layer in reversed(self.layers[name]):
            if layer.document < self._first_document:
                return
            yield layer
            if layer.replaces:
                return

    def _read_document(self, number: int, document: Fields, file: YamlFile) -> None:
        if "name" in document and document["name"].value.id == "scalar":
            self.project = self.in_force(document["name"].value.value)
        if "services" not in document:
            return
        services = document["services"].value
        if replaces(services):
            self._first_document = number
        for name, entry in self.fields_of(file, services, "services").items():
            fields = self.fields_of(file, entry.value, f"services.{name}")
            self.layers.setdefault(name, []).append(
                Layer(fields=fields, replaces=replaces(entry.value), document=number, file=file)
            )

    def _complain_of_version_1(self, documents: list[Fields], file: YamlFile) -> None:
        """Complain of images at the top: Compose takes a file without `services` for one that says nothing at all."""
        for name, entry in (pair for fields in documents for pair in fields.items()):
            if name.startswith("x-") or entry.value.id != "mapping":
                continue
            image = self.fields_of(file, entry.value, name).get("image")
            if image is not None and image.value.id == "scalar" and not says_nothing(image.value):
                message = f"{name} has an image, but Compose reads only what stands below services: move it there"
                file.complain(entry.key, message)

    def _ancestry(self, name: str) -> Iterator[tuple["Services", str]]:
        """Yield a service and those that it extends, with the services that they belong to."""
        following: tuple[Services, str] | None = (self, name)
        # Services that extend one another in a circle are for Compose to refuse.
        for _ in range(MAX_DEPTH):
            if following is None or following[1] not in following[0].layers:
                return
            yield following
            services, service = following
            following = services.extended_by(service)

    def extended_by(self, name: str) -> tuple["Services", str] | None:
        """Return the service that a service extends, with the services that it belongs to."""
        found = self.own(name, "extends")
        if found is None or is_reset(found[0].value):
            return None
        (_, node), owner = found
        if node.id == "scalar":
            return self, self.in_force(node.value)
        fields = self.fields_of(owner, node, f"services.{name}.extends")
        file, service = fields.get("file"), fields.get("service")
        services: Services | None = self
        if file is not None and not says_nothing(file.value):
            # A file may name itself.
            name = posixpath.normpath(self.in_force(file.value.value)) if file.value.id == "scalar" else ""
            is_own = name == posixpath.basename(owner.source.path.replace("\\", "/"))
            services = self if is_own else self._extend(owner, file.value)
        if services is None or service is None or service.value.id != "scalar":
            return None
        return services, self.in_force(service.value.value)


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
