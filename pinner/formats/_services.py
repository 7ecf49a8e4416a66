"""The services of a Compose file as Compose sees them: merge keys, several documents, `extends`.

No alias is ever copied: every mapping is merged once, and all merges together are bounded.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pinner.finding import Problem
from pinner.formats._built import BuiltImages
from pinner.formats._yaml import MAX_DEPTH, Node, Yaml
from pinner.formats.variables.expansion import known, with_defaults

MAX_MERGED = 300_000
_TAG = "tag:yaml.org,2002:"
_NULLS = ("", "~", "null", "Null", "NULL")
_NOT_STRINGS = frozenset(f"{_TAG}{kind}" for kind in ("bool", "float", "int", "null", "timestamp"))


class Entry(NamedTuple):
    """A key and its value."""

    key: Node
    value: Node


Fields = dict[str, Entry]


class Layer(NamedTuple):
    """What the document of a number says of a service. `replaces` is set where earlier documents no longer count."""

    fields: Fields
    replaces: bool
    document: int


def is_null(node: Node) -> bool:
    """Whether a value says nothing. `!override` does not make a string of it."""
    if node.id != "scalar":
        return False
    return node.tag == f"{_TAG}null" or (node.tag == "!override" and node.style is None and node.value in _NULLS)


def is_reset(node: Node) -> bool:
    """Whether a value takes away what other documents say (Compose specification, "Merge")."""
    return node.tag == "!reset"


def replaces(node: Node) -> bool:
    """Whether other documents' values no longer count beside this one."""
    return node.tag in ("!reset", "!override")


def is_string(node: Node) -> bool:
    """Whether a scalar is a string: `1.10` and `yes: 012` are not."""
    return node.tag not in _NOT_STRINGS


def find(fields: Fields, name: str) -> Entry | None:
    """The entry of a name. Compose's decoder falls back on names that differ in case, and so does this."""
    entry = fields.get(name)
    if entry is None:
        return next((entry for key, entry in fields.items() if key.lower() == name), None)
    return entry


class Services:
    """The services of a file. `layers` holds what each document says of a service, in order."""

    def __init__(self, yaml: Yaml) -> None:
        self.layers: dict[str, list[Layer]] = {}
        self.problems: dict[Problem, None] = {}
        self._yaml = yaml
        self._merged: dict[int, Fields] = {}
        self._pairs: dict[int, Mapping[str, str | None]] = {}
        self._merging: set[int] = set()
        self._merged_entries = 0
        self._project = ""
        self._owned: dict[tuple[str, str], Entry | None] = {}
        documents = [self.fields_of(document, "the file") for document in yaml.documents]
        self._first_document = 0
        for number, fields in enumerate(documents):
            self._read_document(number, fields)
        if not any("services" in fields for fields in documents):
            self._complain_of_version_1(documents)
        self._builds = {name: self._does_build(name) for name in self.layers}
        self._built = BuiltImages()
        self._collect_built()

    def complain(self, node: Node, message: str) -> None:
        """Note that Compose would refuse the file because of `node`."""
        self.problems[Problem(self._yaml.line_of(node), message)] = None

    def fields_of(self, node: Node, what: str) -> Fields:
        """The entries of a mapping and of what it merges; of anything else, none."""
        if is_null(node) or is_reset(node):
            return {}
        if node.id == "mapping":
            return self._merge(node)
        self.complain(node, f"{what} is not a mapping")
        return {}

    def items_of(self, entry: Entry | None, what: str) -> Iterable[tuple[int, Node]]:
        """The items of a list with their numbers; of anything else, none."""
        if entry is None or is_null(entry.value) or is_reset(entry.value):
            return ()
        if entry.value.id != "sequence":
            self.complain(entry.value, f"{what} is not a list")
            return ()
        return enumerate(entry.value.value)

    def pairs_of(self, entry: Entry | None, what: str) -> dict[str, str | None]:
        """Names and values of a mapping or of a list of `name=value`; None is a value from outside the file."""
        if entry is not None and is_reset(entry.value):
            return {}
        if entry is None or entry.value.id != "mapping":
            items = [item.value.partition("=") for _, item in self.items_of(entry, what) if item.id == "scalar"]
            return {name: known(value) if equals else None for name, equals, value in items}
        return {
            name: None if value.id != "scalar" or is_null(value) else known(value.value)
            for name, (_, value) in self._merge(entry.value).items()
        }

    def builds_of(self, name: str) -> list[Node]:
        """The `build` mappings that make up a service's build, those that hold first."""
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
        """The names and values below `key` in all `builds` together."""
        pairs: Mapping[str, str | None] = {}
        for build in builds:
            entry = find(self.fields_of(build, "build"), key)
            more = self._pairs_once(entry, key)
            pairs = {**more, **pairs} if pairs else more
            if entry is not None and replaces(entry.value):
                break
        return pairs

    def _pairs_once(self, entry: Entry | None, what: str) -> Mapping[str, str | None]:
        """`pairs_of`, worked out once for a node that many services share."""
        if entry is None:
            return {}
        if id(entry.value) not in self._pairs:
            self._pairs[id(entry.value)] = self.pairs_of(entry, what)
        return self._pairs[id(entry.value)]

    def effective(self, name: str, key: str) -> Entry | None:
        """What holds for a service after all documents and everything that it extends."""
        for service in self._ancestry(name):
            entry = self._own(service, key)
            if entry is not None:
                return None if is_reset(entry.value) else entry
        return None

    def builds(self, name: str) -> bool:
        """Whether a service's image is built, so that its `image` is the name of the result."""
        return self._builds[name]

    def is_built(self, image: str, name: str) -> bool:
        """Whether `image` is the name of what some service builds whenever the service `name` runs."""
        return self._built.has(image, self._profiles(name))

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
        """Compose takes a file without `services` for one that says nothing at all."""
        for name, entry in (pair for fields in documents for pair in fields.items()):
            if name.startswith("x-") or entry.value.id != "mapping":
                continue
            image = self.fields_of(entry.value, name).get("image")
            if image is not None and image.value.id == "scalar" and not is_null(image.value):
                message = f"{name} has an image, but Compose reads only what stands below services: move it there"
                self.complain(entry.key, message)

    def _merge(self, node: Node, depth: int = 0) -> Fields:
        """A mapping's own entries, then those that it merges: the first one of a name holds."""
        if id(node) in self._merged:
            return self._merged[id(node)]
        if id(node) in self._merging or depth > MAX_DEPTH:
            self.complain(node, f"merge keys lead back to themselves, or are more than {MAX_DEPTH} deep")
            return {}
        self._merging.add(id(node))
        fields: Fields = {}
        resets: Fields = {}
        for key, value in node.value:
            if key.id == "scalar" and key.tag != f"{_TAG}merge":
                _add(Entry(key, value), key.value, fields, resets)
        for source in self._merge_sources(node):
            for name, entry in self._merged_from(source, depth).items():
                _add(entry, name, fields, resets)
        self._merging.remove(id(node))
        # Compose takes a `!reset` out of its mapping before it merges, so that what is merged holds.
        # A build that is taken away counts as gone all the same: it would hide an image.
        build = {name: entry for name, entry in resets.items() if name == "build"}
        self._merged[id(node)] = resets | fields | build
        return self._merged[id(node)]

    def _merged_from(self, source: Node, depth: int) -> Fields:
        merged = self._merge(source, depth + 1)
        self._merged_entries += len(merged)
        if self._merged_entries <= MAX_MERGED:
            return merged
        self.complain(source, "merge keys make the file larger than pinner reads")
        return {}

    def _merge_sources(self, node: Node) -> Iterator[Node]:
        for key, value in node.value:
            if key.id != "scalar" or key.tag != f"{_TAG}merge":
                continue
            for source in value.value if value.id == "sequence" else (value,):
                if source.id == "mapping":
                    yield source
                else:
                    self.complain(key, "a merge key takes a mapping or a list of mappings")

    def _own(self, name: str, key: str) -> Entry | None:
        """What the last document that speaks of a service's `key` says; the value may be a `!reset`."""
        if (name, key) not in self._owned:
            entries = (find(layer.fields, key) for layer in self._layers_that_count(name))
            said = (entry for entry in entries if entry is not None and not is_null(entry.value))
            self._owned[name, key] = next(said, None)
        return self._owned[name, key]

    def _layers_that_count(self, name: str) -> Iterator[Layer]:
        """The layers of a service, the last one first, back to where everything is replaced."""
        for layer in reversed(self.layers[name]):
            if layer.document < self._first_document:
                return
            yield layer
            if layer.replaces:
                return

    def _ancestry(self, name: str) -> Iterator[str]:
        """A service and those of this file that it extends."""
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
        path = self._yaml.source.path.replace("\\", "/")
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
        """The profiles of a service; without any it always runs."""
        items = self.items_of(self.effective(name, "profiles"), f"services.{name}.profiles")
        return [item.value for _, item in items if item.id == "scalar"]


def _add(entry: Entry, name: str, fields: Fields, resets: Fields) -> None:
    (resets if is_reset(entry.value) else fields).setdefault(name, entry)
