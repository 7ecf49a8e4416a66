"""The services of a Compose file as Compose sees them: merge keys, several documents, `extends`.

No alias is ever copied: every mapping is merged once, and all merges together are bounded.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pinner.errors import InvalidReference
from pinner.finding import Problem
from pinner.formats._text import Text
from pinner.formats._variables import COMPOSE, ExpansionError, Missing, expand
from pinner.formats._yaml import MAX_DEPTH, Node, Yaml
from pinner.reference import parse

MAX_MERGED = 300_000
_TAG = "tag:yaml.org,2002:"
_NOT_STRINGS = frozenset(f"{_TAG}{kind}" for kind in ("bool", "float", "int", "null", "timestamp"))


class Entry(NamedTuple):
    """A key and its value."""

    key: Node
    value: Node


Fields = dict[str, Entry]


class Layer(NamedTuple):
    """What one document says of a service. `replaces` is set where earlier documents no longer count."""

    fields: Fields
    replaces: bool


def is_null(node: Node) -> bool:
    """Whether a value says nothing."""
    return node.id == "scalar" and node.tag == f"{_TAG}null"


def is_reset(node: Node) -> bool:
    """Whether a value takes away what other documents say (Compose specification, "Merge")."""
    return node.tag == "!reset"


def is_string(node: Node) -> bool:
    """Whether a scalar is a string: `1.10` and `yes: 012` are not."""
    return node.tag not in _NOT_STRINGS


def find(fields: Fields, name: str) -> Entry | None:
    """The entry of a name. Compose's decoder falls back on names that differ in case, and so does this."""
    entry = fields.get(name)
    if entry is None:
        return next((entry for key, entry in fields.items() if key.lower() == name), None)
    return entry


def with_defaults(value: str) -> str:
    """`value` with the defaults of its variables, or as it is where they have none."""
    known = _known(value)
    return value if known is None else known


def _known(value: str) -> str | None:
    if "$" not in value:
        return value
    text = Text.made_up(value.encode("utf-8", "replace").decode("latin-1"))
    try:
        expansion = expand(text, lambda _: Missing.NO_DEFAULT, COMPOSE)
    except ExpansionError:
        return None
    return None if expansion.unknown else str(expansion.value)


class Services:
    """The services of a file. `layers` holds what each document says of a service, in order."""

    def __init__(self, yaml: Yaml) -> None:
        self.layers: dict[str, list[Layer]] = {}
        self.problems: dict[Problem, None] = {}
        self._yaml = yaml
        self._merged: dict[int, Fields] = {}
        self._merging: set[int] = set()
        self._merged_entries = 0
        self._project = ""
        documents = [self.fields_of(document, "the file") for document in yaml.documents]
        for fields in documents:
            self._read_document(fields)
        if not any("services" in fields for fields in documents):
            self._complain_of_version_1(documents)
        self._builds = {name: self._does_build(name) for name in self.layers}
        self._built = frozenset(self._built_names())

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
        if entry is None or entry.value.id != "mapping":
            items = [item.value.partition("=") for _, item in self.items_of(entry, what) if item.id == "scalar"]
            return {name: _known(value) if equals else None for name, equals, value in items}
        return {
            name: None if value.id != "scalar" or is_null(value) else _known(value.value)
            for name, (_, value) in self._merge(entry.value).items()
        }

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

    def is_built(self, image: str) -> bool:
        """Whether `image` is the name of what a service of this file builds."""
        return bool(self._built) and _comparable(image) in self._built

    def _read_document(self, document: Fields) -> None:
        if "name" in document and document["name"].value.id == "scalar":
            self._project = document["name"].value.value
        if "services" not in document:
            return
        for name, entry in self.fields_of(document["services"].value, "services").items():
            replaces = entry.value.tag in ("!reset", "!override")
            layer = Layer(self.fields_of(entry.value, f"services.{name}"), replaces)
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
        for key, value in node.value:
            if key.id == "scalar" and key.tag != f"{_TAG}merge":
                fields.setdefault(key.value, Entry(key, value))
        for source in self._merge_sources(node):
            self._add_missing(fields, source, depth)
        self._merging.remove(id(node))
        self._merged[id(node)] = fields
        return fields

    def _add_missing(self, fields: Fields, source: Node, depth: int) -> None:
        merged = self._merge(source, depth + 1)
        self._merged_entries += len(merged)
        if self._merged_entries > MAX_MERGED:
            self.complain(source, "merge keys make the file larger than pinner reads")
            return
        for name, entry in merged.items():
            fields.setdefault(name, entry)

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
        for layer in reversed(self.layers[name]):
            entry = find(layer.fields, key)
            if entry is not None and not is_null(entry.value):
                return entry
            if layer.replaces:
                return None
        return None

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

    def _built_names(self) -> Iterator[str]:
        """The names of the images that the services build: without `image`, project and service."""
        for name in self.layers:
            if self.effective(name, "build") is None:
                continue
            image = self.effective(name, "image")
            if image is not None and image.value.id == "scalar" and image.value.value:
                yield _comparable(image.value.value)
            elif self._project:
                yield _comparable(f"{self._project}-{name}")


def _comparable(image: str) -> str:
    """An image's canonical name and tag; names with variables are compared as they are written.

    A digest comes from a registry, so an image with a digest is never one that is built here.
    """
    image = with_defaults(image.strip())
    try:
        reference = parse(image)
    except InvalidReference:
        return image
    return str(reference if reference.digest else reference.by_tag())
