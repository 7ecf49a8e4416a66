"""Compose files: every place where a service names an image that is pulled, and the builds of its services.

The rules are those of the Compose specification and of compose-go, Docker Compose's reader.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from pinner.formats._base import Reader
from pinner.formats._templates import TEMPLATE
from pinner.formats.compose.aliases import repeated_values
from pinner.formats.compose.arguments import Pair
from pinner.formats.compose.inline_dockerfile import InlineDockerfile
from pinner.formats.compose.services import Layer, Services, find, is_reset, says_nothing
from pinner.formats.dockerfile.reader import Build
from pinner.formats.variables.digest_placement import WrittenReference, literal
from pinner.formats.variables.expansion import COMPOSE, LITERAL, ExpansionError
from pinner.formats.variables.text import Text, values_of_option
from pinner.formats.yaml.document import YamlFile, compose_source
from pinner.formats.yaml.mappings import Mappings, is_manifest
from pinner.formats.yaml.nodes import Entry, Node, is_string
from pinner.formats.yaml.reader import NOT_A_STRING, YamlReader, byte_search, open_yaml, refuse, strip
from pinner.model.occurrence import Invalid, Problem
from pinner.model.source import Source

KIND = "compose"
_IMAGE_CONTEXT = "docker-image://"
_MAX_BUILDS = 20
_SCHEME_IN_VARIABLE = "docker-image:// stands in a variable: write it before the variable and run pinner again"
_BUILT_AND_PULLED = "one service builds it and another one, which extends that, pulls it: give each an image of its own"
_SYNTAX = "BUILDKIT_SYNTAX"
# With any other policy Compose asks for the image before another service of the project has built it.
_WITHOUT_PULL = ("", "build", "never", "missing", "if_not_present")
# What stands at the top of files of other kinds that have services as well.
_OTHER_KINDS = frozenset(("jobs", "stages", "steps", "pipelines", "apiVersion"))
# Every way to a reference leads over one of these words.
_KEYS = byte_search("image", "dockerfile_inline", "additional_contexts", _SYNTAX, "sbom")


class NamedFile(NamedTuple):
    """A file or a folder that a node of `file` names. `path` is None where a variable without a value stands in it."""

    path: str | None
    entry: Entry
    file: YamlFile
    context: str


class ServiceBuild(NamedTuple):
    """How the service `name` is built from a Dockerfile. `folder` is its build context.

    That is relative to the folder of the file `base`, and the project's where nothing says it. `dockerfile` is relative
    to the build context, None where it has its usual name. `files` are those that say something of the build.
    Where the Dockerfile `may_be_missing`, that it is not there is no fault.
    """

    name: str
    folder: NamedFile
    is_said: bool
    base: YamlFile
    dockerfile: NamedFile | None
    build: Build
    files: tuple[YamlFile, ...]
    may_be_missing: bool = False

    @property
    def path(self) -> tuple[str | None, str | None]:
        """Return the paths of the build context and of the Dockerfile in it."""
        return self.folder.path, self.dockerfile.path if self.dockerfile else ""


def open_source(source: Source) -> Reader:
    """Return a reader of the Compose file in `source`, read by itself."""
    return open_yaml(source, _KEYS, _collect)


def claims(source: Source) -> bool:
    """Tell whether a file is a Compose file by its content."""
    file = _composed(source)
    return file is not None and claims_file(file)


def claims_file(file: YamlFile) -> bool:
    """Tell whether the services at the top of a file are those of Compose, and nothing there is of another kind."""
    tops = [each for each in file.documents if not says_nothing(each)]
    if any(each.id != "mapping" for each in tops):
        return False
    # As Compose reads them: documents are merged into one, and each may get its services by a merge key.
    model = Services([file])
    documents = [model.fields_of(file, each, "the file") for each in tops]
    if any(is_manifest(fields) or not _OTHER_KINDS.isdisjoint(fields) for fields in documents):
        return False
    services = [fields["services"].value for fields in documents if "services" in fields]
    named = [entry.value for node in services for entry in model.fields_of(file, node, "services").values()]
    values = (*(each for each in services if not says_nothing(each)), *named)
    if not all(each.id == "mapping" or is_reset(each) for each in values):
        return False
    layers = (layer.fields for layers in model.layers.values() for layer in layers)
    return any(find(fields, key) for fields in layers for key in ("image", "build", "extends"))


def are_all_manifests(source: Source) -> bool:
    """Tell whether all documents of a file are manifests of Kubernetes, and none has services as well."""
    file = _composed(source)
    if file is None:
        return False
    mappings = Mappings(file)
    documents = [mappings.fields(each) for each in file.documents if each.id == "mapping"]
    return bool(documents) and all(is_manifest(fields) and "services" not in fields for fields in documents)


def _composed(source: Source) -> YamlFile | None:
    file = compose_source(source)
    return None if isinstance(file, Problem) else file


def _collect(file: YamlFile) -> YamlReader:
    reader = YamlReader(file, COMPOSE, kind=KIND, repeated=repeated_values(file))
    services = Services([file])
    model = ModelReader(services, {id(file): reader})
    for name in services.layers:
        model.read(name)
        # Its Dockerfile is another file, and this one is read by itself.
        list(model.read_build(name))
    return reader


class ModelReader:
    """Adds to the `readers` of its files, by their identity, what the services of a model name.

    `are_outputs` tells of the services for which an `image` holds whether they build, so that it is the name of what
    comes out; `is_built` whether some service builds an image whenever another one runs; `holding` gives the services
    in which the `image` of a service holds, and the name of one for which it does.
    """

    def __init__(
        self,
        services: Services,
        readers: Mapping[int, YamlReader],
        are_outputs: Callable[[str, Node, YamlFile], set[bool]] | None = None,
        is_built: Callable[[str, list[str]], bool] | None = None,
        holding: Callable[[str, Node, YamlFile], tuple[Services, str]] | None = None,
    ) -> None:
        self.services = services
        self._readers = readers
        self._are_outputs = are_outputs or (lambda name, image, _: services.are_outputs(name, image))
        self._is_built = is_built or services.built_images.has
        self._holding = holding or (lambda name, _, __: (services, name))
        self._builds_read: dict[int, set[tuple[int, ...]]] = {}
        self._declared: dict[int, int | None] = {}

    def read(self, name: str) -> None:
        """Add everything that the service `name` names in the files of the model."""
        path = f"services.{name}"
        platform = self._platform(name)
        for layer in self.services.layers[name]:
            image = find(layer.fields, "image")
            if image is not None:
                self._read_image(image, name, layer, f"{path}.image", platform)
            self._read_pre_start(layer, name)
            self._read_volumes(layer, name)
            build = find(layer.fields, "build")
            if build is not None and build.value.id != "scalar" and self._reader(layer).is_new(build.value):
                self._read_build(layer.file, build, f"{path}.build")

    def _reader(self, owner: Layer | YamlFile) -> YamlReader:
        return self._readers[id(owner.file if isinstance(owner, Layer) else owner)]

    def _platform(self, name: str) -> str | None:
        found = self.services.effective(name, "platform")
        if found is None or found[0].value.id != "scalar" or "$" in found[0].value.value:
            return None
        return str(found[0].value.value)

    def _read_pre_start(self, layer: Layer, name: str) -> None:
        path = f"services.{name}.pre_start"
        for index, item in self._new_items(layer.file, find(layer.fields, "pre_start"), path):
            image = find(self.services.fields_of(layer.file, item, f"{path}[{index}]"), "image")
            if image is not None:
                self._read_beside(image, layer, f"{path}[{index}].image")

    def _read_volumes(self, layer: Layer, name: str) -> None:
        path = f"services.{name}.volumes"
        for index, item in self._new_items(layer.file, find(layer.fields, "volumes"), path):
            if item.id != "mapping":
                continue
            fields = self.services.fields_of(layer.file, item, path)
            kind, source = find(fields, "type"), find(fields, "source")
            if source is None or kind is None or kind.value.id != "scalar":
                continue
            named = self.services.in_force(source.value.value) if source.value.id == "scalar" else None
            if self.services.in_force(kind.value.value) == "image" and named not in self.services.names:
                self._read_beside(source, layer, f"{path}[{index}].source")

    def _new_items(self, file: YamlFile, entry: Entry | None, path: str) -> Iterable[tuple[int, Node]]:
        if entry is None or not self._reader(file).is_new(entry.value):
            return ()
        return self.services.items_of(file, entry, path)

    # Images

    def _read_beside(self, entry: Entry, layer: Layer, context: str) -> None:
        """Add an image that a service pulls beside its own."""
        policy = self.services.scalar(layer.name, "pull_policy") or ""
        self._read_pulled(entry, layer.file, self.services.profiles(layer.name), policy, context)

    def _read_image(self, entry: Entry, name: str, layer: Layer, context: str, platform: str | None) -> None:
        """Add the `image` of a service, which names what is pulled, or what is built."""
        node, outputs = entry.value, self._are_outputs(name, entry.value, layer.file)
        services, user = self._holding(name, node, layer.file)
        if outputs == {False} and services.is_idle(user):
            return  # Others share it.
        profiles, policy = services.profiles(user), services.scalar(user, "pull_policy") or ""
        if node.id != "scalar" or outputs == {False}:
            self._read_pulled(entry, layer.file, profiles, policy, context, platform)
            return
        if says_nothing(node) or is_reset(node):
            return
        reader, image = self._reader(layer), self.services.in_force(node.value)
        if False in outputs and not self._is_built(image, profiles):
            # Whoever inherits it without the build pulls it, but the name of what is built takes no digest.
            placement = reader.read_reference(layer.file.text_of(node))
            reader.add(refuse(placement, _BUILT_AND_PULLED), entry, context, platform)
        elif False not in outputs or services.builds(user):
            reader.add_reference(entry, context, platform, policy)

    def _read_pulled(
        self,
        entry: Entry,
        file: YamlFile,
        profiles: list[str],
        policy: str,
        context: str,
        platform: str | None = None,
    ) -> None:
        node, reader = entry.value, self._reader(file)
        if says_nothing(node) or is_reset(node):
            return
        if node.id != "scalar":
            hint = f": {TEMPLATE}" if node.id == "mapping" else ""
            if reader.is_new(node):
                file.complain(node, f"{context} is not a string{hint}")
        elif not is_string(node):
            reader.add(
                WrittenReference(span=file.span_of(node), text=node.value, target=Invalid(NOT_A_STRING)),
                entry,
                context,
            )
        elif not self._is_built(self.services.in_force(node.value), profiles):
            reader.add_reference(entry, context, platform)
        elif policy not in _WITHOUT_PULL:
            reader.add_reference(entry, context, platform, policy)

    # Builds

    def _read_build(self, file: YamlFile, build: Entry, path: str) -> None:
        """Add the images that a build names beside its Dockerfile's."""
        fields = self.services.fields_of(file, build.value, path)
        contexts = f"{path}.additional_contexts"
        for name, pair in self.services.pairs_of(file, find(fields, "additional_contexts"), contexts).items():
            if pair.text is not None:
                self._read_context(pair, f"{contexts}.{name}")
        syntax = self.services.pairs_of(file, find(fields, "args"), f"{path}.args").get(_SYNTAX)
        if syntax is not None:
            self._read_syntax(syntax, f"{path}.args.{_SYNTAX}")
        sbom = find(fields, "sbom")
        if sbom is not None and sbom.value.id == "scalar":
            self._read_sbom(file, sbom, f"{path}.sbom")

    def _read_sbom(self, file: YamlFile, entry: Entry, context: str) -> None:
        """Add the generator of an SBOM, a field of its comma-separated options."""
        for generator in values_of_option(file.text_of(entry.value), "generator"):
            self._reader(file).add_text(generator, entry, context)

    def _read_syntax(self, pair: Pair, context: str) -> None:
        """Add the image of the frontend that an argument names, perhaps with the value that the environment has."""
        reader, entry = self._reader(pair.file), pair.entry
        if pair.obstacle and pair.text is not None:
            reader.add(refuse(reader.read_expanded(literal(pair.text)), pair.obstacle), entry, context)
        elif pair.text is not None:
            reader.add_text(pair.text, entry, context)
        elif reader.scope.look_up(_SYNTAX) is not None:
            # What stands there is the name; its value is read as that of a variable would be.
            offset = pair.file.span_of(pair.entry.value).start
            variable = f"${{{_SYNTAX}}}"
            reader.add_text(Text(variable, [offset] * len(variable)), entry, context)

    def _read_context(self, pair: Pair, context: str) -> None:
        """Add the image of a build context, unless it is known to be of another kind."""
        assert pair.text is not None
        reader, text, entry = self._reader(pair.file), strip(pair.text), pair.entry
        if text.chars.startswith(_IMAGE_CONTEXT) and not pair.obstacle:
            reader.add_text(text.cut(len(_IMAGE_CONTEXT)), entry, context)
            return
        word = literal(text) if pair.obstacle else reader.read_word(text) if "$" in text.chars else None
        if word is None or isinstance(word, WrittenReference):
            return
        value = word.expansion.value
        if value.chars.startswith(_IMAGE_CONTEXT):
            placement = reader.read_expanded(literal(value.cut(len(_IMAGE_CONTEXT))))
            reader.add(refuse(placement, pair.obstacle or _SCHEME_IN_VARIABLE), entry, context)
        elif word.expansion.unknown and not value.chars:
            reader.add(reader.read_expanded(word), entry, context)

    def read_build(self, name: str) -> Iterator[ServiceBuild]:
        """Add the inline Dockerfile of a service, or yield where its Dockerfile is, with what its build gives it."""
        builds, path = self.services.builds_of(name), f"services.{name}.build"
        if not builds:
            return
        inline = [(entry, layer.file) for entry, layer in self.services.build_fields(name, "dockerfile_inline")]
        inline = [(entry, file) for entry, file in inline if not (says_nothing(entry.value) or is_reset(entry.value))]
        for entry, file in inline:
            if entry.value.id != "scalar":
                file.complain(entry.value, f"{path}.dockerfile_inline is not a string")
            elif self._is_new_build(name, entry.value, file):
                text, scope = file.text_of(entry.value), self._reader(file).scope
                context = f"{path}.dockerfile_inline"
                embedded = InlineDockerfile(file.source, text, self._build(name), scope, context=context)
                self._reader(file).add_embedded(entry, embedded)
        if inline:
            return
        entry, layer = builds[0]
        loaded = _as_loaded(builds, self.services)
        folder = self._field(loaded, "context", path)
        yield ServiceBuild(
            name=name,
            folder=folder or NamedFile(path=".", entry=entry, file=layer.file, context=path),
            is_said=folder is not None,
            base=folder.file if folder else loaded[-1][1].project.files[0],
            dockerfile=self._field(builds, "dockerfile", path),
            build=self._build(name),
            files=tuple(layer.file for _, layer in builds),
        )

    def _field(self, builds: Iterable[tuple[Entry, Layer]], key: str, path: str) -> NamedFile | None:
        """Return the file or folder that a field of a service's build names; a `build` in one word is its context."""
        for build, layer in builds:
            entry, context = build, path
            if build.value.id != "scalar":
                found = find(self.services.fields_of(layer.file, build.value, path), key)
                if found is None or says_nothing(found.value):
                    continue
                entry, context = found, f"{path}.{key}"
            elif key != "context":
                continue
            # Said to be empty or taken away, it is the usual one.
            is_said = entry.value.id == "scalar" and entry.value.value and not is_reset(entry.value)
            return self._named(layer.file, entry, context) if is_said else None
        return None

    def _named(self, file: YamlFile, entry: Entry, context: str) -> NamedFile:
        path = self._reader(file).expanded(entry.value, file)
        return NamedFile(path=path, entry=entry, file=file, context=context)

    def _build(self, name: str) -> Build:
        """Return what the build of a service gives to its Dockerfile."""
        args = {}
        for key, pair in self.services.build_pairs(name, "args").items():
            # Compose passes one without a value only if its environment has one.
            if key != _SYNTAX and (pair.is_given or self._reader(pair.file).scope.look_up(key) is not None):
                args[key] = self._declare(key, pair)
        scope = next((self._readers[id(file)].scope for file in self.services.files), None)
        return Build(args=args, contexts=self.services.build_pairs(name, "additional_contexts").keys(), scope=scope)

    def _declare(self, name: str, pair: Pair) -> int | None:
        """Return the index of a build argument, None where nothing says what it is."""
        if id(pair.entry.value) not in self._declared:
            scope = self._reader(pair.file).scope
            # Its variables are no use of their own: what matters is what the Dockerfile makes of the argument.
            if not pair.obstacle:
                self._reader(pair.file).is_new(pair.entry.value)
            index = None if pair.is_given else scope.look_up(name)
            if pair.text is not None:
                if pair.text.offsets:
                    reader, span = self._reader(pair.file), pair.text.extent
                    reader.suppressions_of_values[reader.source.local(span)] = reader.suppressions_of(pair.entry)
                with suppress(ExpansionError):
                    dialect = LITERAL if pair.obstacle else None
                    index = scope.declare(name, pair.text, dialect, is_visible=False)
            if why_not := pair.obstacle or self._reader(pair.file).repeated.get(id(pair.entry.value)):
                scope.note_reader(index, why_not)
            self._declared[id(pair.entry.value)] = index
        return self._declared[id(pair.entry.value)]

    def _is_new_build(self, name: str, node: Node, file: YamlFile) -> bool:
        """Return whether an inline Dockerfile was not read yet with these arguments and contexts."""
        read = self._builds_read.setdefault(id(node), set())
        keys = ("args", "additional_contexts")
        build = tuple(id(entry.value) for key in keys for entry, _ in self.services.build_fields(name, key))
        if build in read:
            return False
        read.add(build)
        if len(read) > _MAX_BUILDS:
            file.complain(node, f"more than {_MAX_BUILDS} different builds share this dockerfile_inline")
        return len(read) <= _MAX_BUILDS


def _as_loaded(builds: list[tuple[Entry, Layer]], services: Services) -> list[tuple[Entry, Layer]]:
    """Return the part of a build that ends with a project that is included, all of it where none is.

    Compose sets the usual context when a project is loaded: after `extends`, and before an including project merges
    it (compose-go, `transform.SetDefaultValues`). What lies beneath says nothing of the context any more.
    """
    is_own = [layer.project is services for _, layer in builds]
    first = is_own.index(False) if False in is_own else len(builds)
    return builds[: next((at for at in range(first, len(builds)) if is_own[at]), len(builds))]
