"""Compose files: every place where a service names an image that is pulled.

The rules are those of the Compose specification and of compose-go, Docker Compose's reader.
"""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pinner.finding import Ignore, Invalid, Occurrence, Problem, Reading
from pinner.formats._ignores import read_ignore
from pinner.formats._inline import NOT_ONE_PIECE, InlineDockerfile
from pinner.formats._refused import Refused
from pinner.formats._services import Entry, Services, find, is_null, is_reset, is_string
from pinner.formats._yaml import Node, Yaml, compose, decode
from pinner.formats.variables.digest_placement import TEMPLATE, Placement, literal, occurrence_at, place, read_word
from pinner.formats.variables.expansion import COMPOSE, with_defaults
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text
from pinner.reference import Reference
from pinner.source import Source, Span

_IMAGE_CONTEXT = "docker-image://"
_SPACE = " \t\r\n"
_MAX_BUILDS = 20
_NOT_A_STRING = "to YAML this is no string: put quotes round it"
_SCHEME_IN_VARIABLE = "docker-image:// stands in a variable: write it before the variable and run pinner again"
# Every way to a reference leads over one of these words, or over an escape in one.
_MAY_HOLD_REFERENCES = re.compile(rb"(?i)image|dockerfile_inline|additional_contexts|pinner:|!|\\|\0")


def open_source(source: Source) -> "_Reader | _NoReferences | Refused":
    """A reader of the Compose file in `source`."""
    text = decode(source)
    if isinstance(text, Problem):
        return Refused(text)
    if text.isascii() and not _MAY_HOLD_REFERENCES.search(source.data):
        return _NoReferences()
    with _no_collection():
        yaml = compose(source, text)
    if isinstance(yaml, Problem):
        return Refused(yaml)
    reader = _Reader(yaml)
    reader.collect()
    return reader


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away: all nodes are in use, and it would look through them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _NoReferences:
    """The reader of a file that holds none, and nothing to edit."""

    def read(self) -> Reading:
        return Reading(())

    def outline(self) -> tuple[str, ...]:
        return ()


class _Reader:
    """Reads one file. What aliases lead to is read once, however many there are."""

    def __init__(self, yaml: Yaml) -> None:
        self.yaml = yaml
        self.source = yaml.source
        self.services = Services(yaml)
        self.scope = Scope(COMPOSE)
        self.occurrences: list[Occurrence] = []
        self.inline: list[tuple[InlineDockerfile, Reading]] = []
        self.ignores: dict[int, list[Ignore]] = {}
        self.holders: dict[int, Node] = {}
        self._seen: set[int] = set()
        self._builds_read: dict[int, set[tuple[int, ...]]] = {}
        self._inline_places: set[tuple[Span, object]] = set()

    def collect(self) -> None:
        """Read everything."""
        self._read_ignores()
        for name in self.services.layers:
            self._read_service(name)
        self.occurrences.sort(key=lambda occurrence: occurrence.span)

    def read(self) -> Reading:
        """What has been collected."""
        ignores = {ignore for ignores in self.ignores.values() for ignore in ignores}
        problems = {*self.yaml.problems(), *self.services.problems}
        for _, reading in self.inline:
            ignores.update(reading.ignores)
            problems.update(reading.problems)
        return Reading(tuple(self.occurrences), tuple(sorted(ignores)), tuple(sorted(problems)))

    # Positions.

    def _read_service(self, name: str) -> None:
        path = f"services.{name}"
        platform = self._platform(name)
        for layer in self.services.layers[name]:
            image = find(layer.fields, "image")
            if image is not None and not self.services.builds(name):
                self._read_image(image, name, f"{path}.image", platform)
            self._read_pre_start(find(layer.fields, "pre_start"), name)
            self._read_volumes(find(layer.fields, "volumes"), name)
            self._read_build(find(layer.fields, "build"), f"{path}.build")
        self._read_inlines(name, f"{path}.build.dockerfile_inline")

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
        if entry is None or entry.value.id == "scalar" or not self._is_new(entry.value):
            return
        fields = self.services.fields_of(entry.value, path)
        self._read_contexts(find(fields, "additional_contexts"), f"{path}.additional_contexts")

    def _read_contexts(self, entry: Entry | None, path: str) -> None:
        if entry is None or entry.value.id != "mapping":
            for _, item in self._new_items(entry, path):
                if item.id == "scalar":
                    text = self.yaml.text_of(item)
                    name = text.chars.partition("=")[0]
                    self._read_context(Entry(item, item), text.cut(len(name) + 1), f"{path}.{text.cut(0, len(name))}")
            return
        for name, context in self.services.fields_of(entry.value, path).items():
            if context.value.id == "scalar":
                self._read_context(context, self.yaml.text_of(context.value), f"{path}.{name}")

    def _new_items(self, entry: Entry | None, path: str) -> Iterable[tuple[int, Node]]:
        return self.services.items_of(entry, path) if entry is not None and self._is_new(entry.value) else ()

    def _is_new(self, node: Node) -> bool:
        is_new = id(node) not in self._seen
        self._seen.add(id(node))
        return is_new

    # References.

    def _read_image(self, entry: Entry, service: str, context: str, platform: str | None = None) -> None:
        node = entry.value
        if is_null(node) or is_reset(node):
            return
        if node.id != "scalar":
            hint = f": {TEMPLATE}" if node.id == "mapping" else ""
            if self._is_new(node):
                self.services.complain(node, f"{context} is not a string{hint}")
        elif not is_string(node):
            self._note(Placement(self.yaml.span_of(node), node.value, Invalid(_NOT_A_STRING)), entry, context)
        elif not self.services.is_built(node.value, service):
            text = _strip(self.yaml.text_of(node))
            if text.chars:
                self._note(self._place(text), entry, context, platform)

    def _read_context(self, entry: Entry, text: Text, context: str) -> None:
        text = _strip(text)
        if text.chars.startswith(_IMAGE_CONTEXT):
            self._note(self._place(text.cut(len(_IMAGE_CONTEXT))), entry, context)
            return
        word = read_word(text, self.scope)
        if "$" not in text.chars or isinstance(word, Placement):
            return
        value = word.expansion.value
        if value.chars.startswith(_IMAGE_CONTEXT):
            placement = place(literal(value.cut(len(_IMAGE_CONTEXT))), self.scope)
            self._note(_refuse(placement, _SCHEME_IN_VARIABLE), entry, context)
        elif word.expansion.unknown and not value.chars:
            self._note(place(word, self.scope), entry, context)

    def _place(self, text: Text) -> Placement:
        word = read_word(text, self.scope)
        if isinstance(word, Placement):
            return word
        placement = place(word, self.scope)
        run = text.run
        if run is None or self.source.data[run.start : run.end] != text.chars.encode("latin-1"):
            return _refuse(placement, NOT_ONE_PIECE)
        return placement

    def _note(self, placement: Placement, entry: Entry, context: str, platform: str | None = None) -> None:
        if not self._is_new(entry.value):
            return
        self.holders[id(entry.value)] = entry.value
        where = self.source.locate(placement.span)
        ignores = self._ignores_of(entry)
        occurrence = occurrence_at(placement, self.source.path, where, context, platform=platform, ignores=ignores)
        self.occurrences.append(occurrence)

    def _read_inlines(self, name: str, context: str) -> None:
        """The inline Dockerfiles of a service, with the arguments and contexts that its whole build has."""
        builds = self.services.builds_of(name)
        for build in builds:
            entry = find(self.services.fields_of(build, context), "dockerfile_inline")
            if entry is None or is_null(entry.value) or is_reset(entry.value):
                continue
            if entry.value.id != "scalar":
                self.services.complain(entry.value, f"{context} is not a string")
            elif self._is_new_build(entry.value, builds):
                self._read_inline(entry, builds, context)

    def _is_new_build(self, text: Node, builds: list[Node]) -> bool:
        """Whether an inline Dockerfile was not read yet with these arguments and contexts."""
        read = self._builds_read.setdefault(id(text), set())
        build = tuple(id(entry.value) for each in builds for entry in self._what_matters(each))
        if build in read:
            return False
        read.add(build)
        if len(read) > _MAX_BUILDS:
            self.services.complain(text, f"more than {_MAX_BUILDS} different builds share this dockerfile_inline")
        return len(read) <= _MAX_BUILDS

    def _what_matters(self, build: Node) -> Iterator[Entry]:
        for key in ("args", "additional_contexts"):
            entry = find(self.services.fields_of(build, "build"), key)
            if entry is not None:
                yield entry

    def _read_inline(self, entry: Entry, builds: list[Node], context: str) -> None:
        self.holders[id(entry.value)] = entry.value
        text = self.yaml.text_of(entry.value)
        args = self.services.all_pairs(builds, "args")
        contexts = self.services.all_pairs(builds, "additional_contexts")
        inline = InlineDockerfile(self.source, text, args, contexts)
        reading = inline.read(context)
        ignores = self._ignores_of(entry)
        for each in reading.occurrences:
            if (each.span, each.target) not in self._inline_places:
                self._inline_places.add((each.span, each.target))
                self.occurrences.append(each._replace(ignores=ignores + each.ignores))
        self.inline.append((inline, reading))

    # Comments and the outline.

    def _read_ignores(self) -> None:
        for comment in self.yaml.comments("pinner:"):
            ignore = read_ignore(comment.text, self.source.locate(comment.span))
            if ignore is not None:
                self.ignores.setdefault(comment.line, []).append(ignore)

    def _ignores_of(self, entry: Entry) -> tuple[Ignore, ...]:
        """The comments that speak of a line on which the key or the value stands."""
        if not self.ignores:
            return ()
        key, value = entry
        last = value.start_mark.line if value.style in ("|", ">") else value.end_mark.line
        lines = {key.start_mark.line, *range(value.start_mark.line, last + 1)}
        return tuple(sorted(ignore for line in lines for ignore in self.ignores.get(line, ())))

    def outline(self) -> tuple[str, ...]:
        """Every node's tag, and its value without the digests that pinner writes and without `:latest`."""
        dropped = {offset for each in self.occurrences for offset in _suffix(each, self.source)}
        outline = [line for inline, _ in self.inline for line in inline.outline()]
        for node in self.yaml.nodes:
            value = node.value if node.id == "scalar" else len(node.value)
            if id(node) in self.holders:
                text = self.yaml.text_of(node)
                value = "".join(
                    char for char, offset in zip(text.chars, text.offsets, strict=True) if offset not in dropped
                )
            outline.append(f"{node.tag} {node.anchor} {value}")
        return tuple(outline)


def _strip(text: Text) -> Text:
    stripped = text.chars.lstrip(_SPACE)
    start = len(text.chars) - len(stripped)
    return text.cut(start, start + len(stripped.rstrip(_SPACE)))


def _refuse(placement: Placement, reason: str) -> Placement:
    """`placement` without a place for a digest; only what is a reference has a place to lose."""
    if not isinstance(placement.target, Reference):
        return placement
    return placement._replace(insert_at=None, digest=None, unwritable=reason, dead_variable=None)


def _suffix(occurrence: Occurrence, source: Source) -> range:
    """The bytes of an occurrence's digest and of a `:latest` before it."""
    if occurrence.digest is not None:
        end = occurrence.digest.start - len("@")
        stop = occurrence.digest.end
    elif occurrence.insert_at is not None:
        end = stop = occurrence.insert_at
    else:
        return range(0)
    latest = b":latest"
    return range(end - len(latest) if source.data.endswith(latest, 0, end) else end, stop)
