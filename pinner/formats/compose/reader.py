"""Compose files: every place where a service names an image that is pulled.

The rules are those of the Compose specification and of compose-go, Docker Compose's reader.
"""

from collections.abc import Iterable, Iterator

from pinner.formats._base import Reader
from pinner.formats._builders import builder_decisions
from pinner.formats.compose.inline_dockerfile import InlineDockerfile
from pinner.formats.compose.services import Services, find, is_null, is_reset
from pinner.formats.variables.digest_placement import TEMPLATE, WrittenReference, literal
from pinner.formats.variables.expansion import COMPOSE, with_defaults
from pinner.formats.variables.text import Text
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Entry, Node, is_string
from pinner.formats.yaml.reader import YamlReader, byte_search, open_yaml, refuse, strip
from pinner.model.occurrence import Invalid
from pinner.model.source import Source

KIND = "compose"
_IMAGE_CONTEXT = "docker-image://"
_MAX_BUILDS = 20
_NOT_A_STRING = "to YAML this is no string: put quotes round it"
_SCHEME_IN_VARIABLE = "docker-image:// stands in a variable: write it before the variable and run pinner again"
# Every way to a reference leads over one of these words.
_KEYS = byte_search("image", "dockerfile_inline", "additional_contexts")


def open_source(source: Source) -> Reader:
    """Return a reader of the Compose file in `source`."""
    return open_yaml(source, _KEYS, collect)


def collect(file: YamlFile) -> YamlReader:
    """Return a reader that holds what the services of a composed file name."""
    reader = YamlReader(file, COMPOSE, kind=KIND)
    services = _ServiceReader(reader)
    for name in services.services.layers:
        services.read(name)
    reader.decisions = [
        decision
        for image, node in services.services.built_images()
        for decision in builder_decisions([image], file.source.path, file.line_of(node))
    ]
    return reader


class _ServiceReader:
    """Adds to `reader` what the services of its file name."""

    def __init__(self, reader: YamlReader) -> None:
        self.reader = reader
        self.file = reader.file
        self.services = Services(reader.file)
        self._builds_read: dict[int, set[tuple[int, ...]]] = {}

    def read(self, name: str) -> None:
        """Add everything that the service `name` names."""
        path = f"services.{name}"
        platform = self._platform(name)
        for layer in self.services.layers[name]:
            image = find(layer.fields, "image")
            if image is not None and not self.services.builds(name):
                self._read_image(image, name, f"{path}.image", platform)
            self._read_pre_start(find(layer.fields, "pre_start"), name)
            self._read_volumes(find(layer.fields, "volumes"), name)
            self._read_build(find(layer.fields, "build"), f"{path}.build")
        self._read_inline_dockerfiles(name, f"{path}.build.dockerfile_inline")

    def _platform(self, name: str) -> str | None:
        platform = self.services.effective(name, "platform")
        if platform is None or platform.value.id != "scalar" or "$" in platform.value.value:
            return None
        return str(platform.value.value)

    def _read_pre_start(self, entry: Entry | None, name: str) -> None:
        path = f"services.{name}.pre_start"
        for index, item in self._new_items(entry, path):
            image = find(self.services.fields_of(item, f"{path}[{index}]"), "image")
            if image is not None:
                self._read_image(image, name, f"{path}[{index}].image")

    def _read_volumes(self, entry: Entry | None, name: str) -> None:
        path = f"services.{name}.volumes"
        for index, item in self._new_items(entry, path):
            if item.id != "mapping":
                continue
            fields = self.services.fields_of(item, path)
            kind, source = find(fields, "type"), find(fields, "source")
            if source is None or kind is None or kind.value.id != "scalar":
                continue
            is_service = source.value.id == "scalar" and source.value.value in self.services.layers
            if with_defaults(kind.value.value) == "image" and not is_service:
                self._read_image(source, name, f"{path}[{index}].source")

    def _read_build(self, entry: Entry | None, path: str) -> None:
        if entry is None or entry.value.id == "scalar" or not self.reader.is_new(entry.value):
            return
        fields = self.services.fields_of(entry.value, path)
        self._read_contexts(find(fields, "additional_contexts"), f"{path}.additional_contexts")

    def _read_contexts(self, entry: Entry | None, path: str) -> None:
        if entry is None or entry.value.id != "mapping":
            for _, item in self._new_items(entry, path):
                if item.id == "scalar":
                    text = self.file.text_of(item)
                    name = text.chars.partition("=")[0]
                    self._read_context(Entry(item, item), text.cut(len(name) + 1), f"{path}.{text.cut(0, len(name))}")
            return
        for name, context in self.services.fields_of(entry.value, path).items():
            if context.value.id == "scalar":
                self._read_context(context, self.file.text_of(context.value), f"{path}.{name}")

    def _new_items(self, entry: Entry | None, path: str) -> Iterable[tuple[int, Node]]:
        return self.services.items_of(entry, path) if entry is not None and self.reader.is_new(entry.value) else ()

    def _read_image(self, entry: Entry, service: str, context: str, platform: str | None = None) -> None:
        node = entry.value
        if is_null(node) or is_reset(node):
            return
        if node.id != "scalar":
            hint = f": {TEMPLATE}" if node.id == "mapping" else ""
            if self.reader.is_new(node):
                self.file.complain(node, f"{context} is not a string{hint}")
        elif not is_string(node):
            written = WrittenReference(self.file.span_of(node), node.value, Invalid(_NOT_A_STRING))
            self.reader.add(written, entry, context)
        elif not self.services.is_built(node.value, service):
            self.reader.add_reference(entry, context, platform)

    def _read_context(self, entry: Entry, text: Text, context: str) -> None:
        """Add the image of a build context, unless it is known to be of another kind."""
        text = strip(text)
        if text.chars.startswith(_IMAGE_CONTEXT):
            self.reader.add(self.reader.read_reference(text.cut(len(_IMAGE_CONTEXT))), entry, context)
            return
        word = self.reader.read_word(text)
        if "$" not in text.chars or isinstance(word, WrittenReference):
            return
        value = word.expansion.value
        if value.chars.startswith(_IMAGE_CONTEXT):
            written = self.reader.read_expanded(literal(value.cut(len(_IMAGE_CONTEXT))))
            self.reader.add(refuse(written, _SCHEME_IN_VARIABLE), entry, context)
        elif word.expansion.unknown and not value.chars:
            self.reader.add(self.reader.read_expanded(word), entry, context)

    def _read_inline_dockerfiles(self, name: str, context: str) -> None:
        """Add the inline Dockerfiles of a service, with the arguments and contexts that its whole build has."""
        builds = self.services.builds_of(name)
        for build in builds:
            entry = find(self.services.fields_of(build, context), "dockerfile_inline")
            if entry is None or is_null(entry.value) or is_reset(entry.value):
                continue
            if entry.value.id != "scalar":
                self.file.complain(entry.value, f"{context} is not a string")
            elif self._is_new_build(entry.value, builds):
                args = self.services.all_pairs(builds, "args")
                contexts = self.services.all_pairs(builds, "additional_contexts")
                text = self.file.text_of(entry.value)
                inline = InlineDockerfile(self.file.source, text, args, contexts, context=context)
                self.reader.add_embedded(entry, inline)

    def _is_new_build(self, text: Node, builds: list[Node]) -> bool:
        """Return whether an inline Dockerfile was not read yet with these arguments and contexts."""
        read = self._builds_read.setdefault(id(text), set())
        build = tuple(id(entry.value) for each in builds for entry in self._inputs_of(each))
        if build in read:
            return False
        read.add(build)
        if len(read) > _MAX_BUILDS:
            self.file.complain(text, f"more than {_MAX_BUILDS} different builds share this dockerfile_inline")
        return len(read) <= _MAX_BUILDS

    def _inputs_of(self, build: Node) -> Iterator[Entry]:
        """Yield what decides on how an inline Dockerfile of `build` is read."""
        for key in ("args", "additional_contexts"):
            entry = find(self.services.fields_of(build, "build"), key)
            if entry is not None:
                yield entry
