"""The services of a Compose file as Compose sees them: merge keys, several documents, `extends`."""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from pinner.formats.variables.expansion import known, with_defaults
from pinner.formats.yaml import nodes
from pinner.formats.yaml.document import MAX_DEPTH, YamlFile
from pinner.formats.yaml.mappings import Fields, Mappings, first_of_each
from pinner.formats.yaml.nodes import Entry, Node
from pinner.model.errors import InvalidReference
from pinner.model.reference import parse

_NULLS = ("", "~", "null", "Null", "NULL")


class Layer(NamedTuple):
    """What the document of a number says of a service. `replaces` is set where earlier documents no longer count."""

    fields: Fields
    replaces: bool
    document: int


def is_null(node: Node) -> bool:
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
    entry = fields.get(name)
    if entry is None:
        return next((entry for key, entry in fields.items() if key.lower() == name), None)
    return entry


class Services:
    """The services of a file. `layers` holds what each document says of a service, in order."""

    def __init__(self, file: YamlFile) -> None:
        self.layers: dict[str, list[Layer]] = {}
        self._file = file
        self._mappings = Mappings(file, _without_resets)
        self._pairs: dict[int, Mapping[str, str | None]] = {}
        self._project = ""
        self._owned: dict[tuple[str, str], Entry | None] = {}
        documents = [self.fields_of(document, "the file") for document in file.documents]
        self._first_document = 0
        for number, fields in enumerate(documents):
            self._read_document(number, fields)
        if not any("services" in fields for fields in documents):
            self._complain_of_version_1(documents)
        self._builds = {name: self._does_build(name) for name in self.layers}
        self._built = BuiltImages()
        self._collect_built()

    def fields_of(self, node: Node, what: str) -> Fields:
        """Return the entries of a mapping and of what it merges; of anything else, none."""
        if is_null(node) or is_reset(node):
            return {}
        if node.id == "mapping":
            return self._mappings.fields(node)
        self._file.complain(node, f"{what} is not a mapping")
        return {}

    def items_of(self, entry: Entry | None, what: str) -> Iterable[tuple[int, Node]]:
        """Return the items of a list with their numbers; of anything else, none."""
        if entry is None or is_null(entry.value) or is_reset(entry.value):
            return ()
        if entry.value.id != "sequence":
            self._file.complain(entry.value, f"{what} is not a list")
            return ()
        return enumerate(entry.value.value)

    def pairs_of(self, entry: Entry | None, what: str) -> dict[str, str | None]:
        """Return the pairs of a mapping or of a list of `name=value`; None is a value from outside the file."""
        if entry is not None and is_reset(entry.value):
            return {}
        if entry is None or entry.value.id != "mapping":
            items = [item.value.partition("=") for _, item in self.items_of(entry, what) if item.id == "scalar"]
            return {name: known(value) if equals else None for name, equals, value in items}
        return {
            name: None if value.id != "scalar" or is_null(value) else known(value.value)
            for name, (_, value) in self._mappings.fields(entry.value).items()
        }

    def builds_of(self, name: str) -> list[Node]:
        """Return the `build` mappings that make up a service's build, those that hold first."""
        found = []
        for service in self._ancestry(name):
            for layer in self._layers_that_count(service):
                build = find(layer.fields, "build")
                if build is not None and build.value.id == "mapping":
                    found.append(build.value)
                if build is not None and replaces(build.value):
                    break
        return found

    def all_pairs(self, builds: Iterable[Node], key: str) -> Mapping[str, str | None]:
        """Return the names and values below `key` in all `builds` together."""
        pairs: Mapping[str, str | None] = {}
        for build in builds:
            entry = find(self.fields_of(build, "build"), key)
            more = self._pairs_once(entry, key)
            pairs = {**more, **pairs} if pairs else more
            if entry is not None and replaces(entry.value):
                break
        return pairs

    def _pairs_once(self, entry: Entry | None, what: str) -> Mapping[str, str | None]:
        """Return `pairs_of`, worked out once for a node that many services share."""
        if entry is None:
            return {}
        if id(entry.value) not in self._pairs:
            self._pairs[id(entry.value)] = self.pairs_of(entry, what)
        return self._pairs[id(entry.value)]

    def effective(self, name: str, key: str) -> Entry | None:
        """Return what holds for a service after all documents and everything that it extends."""
        for service in self._ancestry(name):
            entry = self._own(service, key)
            if entry is not None:
                return None if is_reset(entry.value) else entry
        return None

    def builds(self, name: str) -> bool:
        """Return whether a service's image is built, so that its `image` is the name of the result."""
        return self._builds[name]

    def is_built(self, image: str, name: str) -> bool:
        """Return whether `image` is the name of what some service builds whenever the service `name` runs."""
        return self._built.has(image, self._profiles(name))

    def built_images(self) -> Iterator[tuple[str, Node]]:
        """Yield the names that services give what they build, without variables that have defaults, and their nodes."""
        for name in self.layers:
            image = self.effective(name, "image")
            if image is not None and image.value.id == "scalar" and self.effective(name, "build") is not None:
                yield with_defaults(image.value.value.strip()), image.value

    def _read_document(self, number: int, document: Fields) -> None:
        if "name" in document and document["name"].value.id == "scalar":
            self._project = document["name"].value.value
        if "services" not in document:
            return
        services = document["services"].value
        if replaces(services):
            self._first_document = number
        for name, entry in self.fields_of(services, "services").items():
            layer = Layer(self.fields_of(entry.value, f"services.{name}"), replaces(entry.value), number)
            self.layers.setdefault(name, []).append(layer)

    def _complain_of_version_1(self, documents: list[Fields]) -> None:
        """Complain of images at the top: Compose takes a file without `services` for one that says nothing at all."""
        for name, entry in (pair for fields in documents for pair in fields.items()):
            if name.startswith("x-") or entry.value.id != "mapping":
                continue
            image = self.fields_of(entry.value, name).get("image")
            if image is not None and image.value.id == "scalar" and not is_null(image.value):
                message = f"{name} has an image, but Compose reads only what stands below services: move it there"
                self._file.complain(entry.key, message)

    def _own(self, name: str, key: str) -> Entry | None:
        """Return what the last document that speaks of a service's `key` says; the value may be a `!reset`."""
        if (name, key) not in self._owned:
            entries = (find(layer.fields, key) for layer in self._layers_that_count(name))
            said = (entry for entry in entries if entry is not None and not is_null(entry.value))
            self._owned[name, key] = next(said, None)
        return self._owned[name, key]

    def _layers_that_count(self, name: str) -> Iterator[Layer]:
        """Yield the layers of a service, the last one first, back to where everything is replaced."""
        for layer in reversed(self.layers[name]):
            if layer.document < self._first_document:
                return
            yield layer
            if layer.replaces:
                return

    def _ancestry(self, name: str) -> Iterator[str]:
        """Yield a service and those of this file that it extends."""
        following: str | None = name
        for _ in range(MAX_DEPTH):
            if following is None or following not in self.layers:
                return
            yield following
            following = self._extended(following)

    def _extended(self, name: str) -> str | None:
        entry = self._own(name, "extends")
        if entry is None or is_reset(entry.value):
            return None
        if entry.value.id == "scalar":
            return str(entry.value.value)
        fields = self.fields_of(entry.value, f"services.{name}.extends")
        file, service = fields.get("file"), fields.get("service")
        if file is not None and not self._is_this_file(file.value):
            return None
        return service.value.value if service is not None and service.value.id == "scalar" else None

    def _is_this_file(self, node: Node) -> bool:
        path = self._file.source.path.replace("\\", "/")
        return node.id == "scalar" and posixpath.normpath(node.value) == posixpath.basename(path)

    def _does_build(self, name: str) -> bool:
        policy = self.effective(name, "pull_policy")
        if policy is not None and policy.value.id == "scalar" and with_defaults(policy.value.value) == "build":
            return True
        return self.effective(name, "build") is not None

    def _collect_built(self) -> None:
        """Note the names of the images that the services build: without `image`, project and service."""
        for name in self.layers:
            if self.effective(name, "build") is None:
                continue
            image = self.effective(name, "image")
            if image is not None and image.value.id == "scalar" and image.value.value:
                self._built.add(image.value.value, self._profiles(name))
            elif self._project:
                self._built.add(f"{self._project}-{name}", self._profiles(name))

    def _profiles(self, name: str) -> list[str]:
        """Return the profiles of a service; without any it always runs."""
        items = self.items_of(self.effective(name, "profiles"), f"services.{name}.profiles")
        return [item.value for _, item in items if item.id == "scalar"]


class BuiltImages:
    """The images that a file builds, with the profiles in which they are built: who uses one of them pulls nothing."""

    def __init__(self) -> None:
        self._always: set[str] = set()
        self._in_profiles: dict[str, set[str]] = {}

    def add(self, image: str, profiles: Collection[str]) -> None:
        """Note that `image` is built in `profiles`, or always if there are none."""
        if profiles:
            self._in_profiles.setdefault(_comparable(image), set()).update(profiles)
        else:
            self._always.add(_comparable(image))

    def has(self, image: str, profiles: Collection[str]) -> bool:
        """Return whether `image` is built whenever something runs that has `profiles`, or always runs without any."""
        if not (self._always or self._in_profiles):
            return False
        image = _comparable(image)
        return image in self._always or (bool(profiles) and self._in_profiles.get(image, set()).issuperset(profiles))


def _comparable(image: str) -> str:
    """Return an image's canonical name and tag; names with variables are compared as they are written.

    A digest comes from a registry, so an image with a digest is never one that is built here.
    """
    image = with_defaults(image.strip())
    try:
        reference = parse(image)
    except InvalidReference:
        return image
    return str(reference if reference.digest else reference.by_tag())


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
