"""Reads the documents of a file that pull images: what the table of the kinds says, and nothing else."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pinner.formats._base import Reader, Refused
from pinner.formats._templates import template_in
from pinner.formats.compose import reader as compose_reader
from pinner.formats.places import DEPLOYED, PATCH, Places, comments
from pinner.formats.places.bake import BAKE_FILES
from pinner.formats.places.bake_reader import KIND as BAKE
from pinner.formats.places.bake_reader import BakeReader
from pinner.formats.places.builders import built_by_documents
from pinner.formats.places.byte_search import (
    IMAGE_KEY,
    is_json_manifest,
    json_may_be_of_a_kind,
    may_be_manifest,
    may_hold_images,
)
from pinner.formats.places.devcontainer import read_build
from pinner.formats.places.documents import documents_of_file, kinds_claiming
from pinner.formats.places.inline import add_inline_yaml, inline_file, refuse_inline_yaml
from pinner.formats.places.literals import is_open, read_override, read_text, without_scheme
from pinner.formats.places.parts import KEYS_OF_VALUES, add_override, add_values, repository_of
from pinner.formats.places.patches import add_inline_patch, is_taken, taken, written_images
from pinner.formats.places.paths import Reached, Walk
from pinner.formats.places.table import BY_NAME, KINDS, Form, Kind, Path
from pinner.formats.variables.digest_placement import WrittenReference
from pinner.formats.variables.text import Text
from pinner.formats.yaml.document import YamlFile, compose_source
from pinner.formats.yaml.mappings import Fields, Mappings, text_at
from pinner.formats.yaml.nodes import Entry, Node, is_null, is_string
from pinner.formats.yaml.reader import NOT_A_STRING, YamlReader, refuse, strip
from pinner.model.occurrence import (
    BuildArgument,
    Decider,
    Decision,
    Invalid,
    Link,
    Occurrence,
    Opaque,
    PassedOver,
    Problem,
    Reading,
)
from pinner.model.reference import Reference, is_digest
from pinner.model.source import Source, Span

COMPOSE = compose_reader.KIND

_MAY_BE_REPOSITORY = "without a tag it may be one part of a reference: write the tag behind it and run pinner again"
_MAY_BE_CONTAINER = "a container of another file may have this name: write the tag behind it if it is an image"
_OF_SERVICE = "Azure finds the image when it runs: write image: REGISTRY.azurecr.io/REPOSITORY:TAG to have it checked"
_SHARED = "an anchor shares this tag or digest with other places: write it out at each of them and run pinner again"
_IMAGE_POLICY = "a controller of Flux writes this line: its image policy decides on the digest"
_MARKER = re.compile(rb'\{\s*"\$imagepolicy"\s*:')
# A text without one of these may as well be the name of a container, or any other string.
_SIGN = re.compile(r"[/:@]")
_NAME_OF_FILE = re.compile(r"\.(png|jpe?g|gif|svg|webp|ico|bmp|tiff?|iso|img|qcow2)$", re.IGNORECASE)


def open_source(source: Source, choice: Places) -> Reader:
    """Return a reader of the file in `source`."""
    path = source.path.replace("\\", "/")
    decisions: tuple[Decision, ...] = ()
    if choice.kind == BAKE if choice.kind else re.search(BAKE_FILES, path):
        bake = BakeReader(source)
        decisions = bake.read().decisions
        # kubectl reads JSON of any name.
        if not is_json_manifest(source.data):
            return _Nothing(decisions, PassedOver.OFF) if BAKE in choice.off else bake
    kinds = tuple(kind for kind in KINDS if (kind.name == choice.kind if choice.kind else kind.has_name(path)))
    named = [kind for kind in kinds if choice.kind or not kind.is_by_content]
    is_plain_json = not named and path.endswith(".json")
    if not may_hold_images(source.data, tuple(named)) or (is_plain_json and not json_may_be_of_a_kind(source.data)):
        # A file of a known name that pulls nothing was checked, unless all kinds that the name may mean are off.
        is_off = all(kind.name in choice.off for kind in named)
        return _Nothing(passed_over=PassedOver.OFF if is_off else None) if named else _Nothing(decisions)
    file = _compose_or_refuse(source, named)
    return _read_documents(file, kinds, choice, decisions) if isinstance(file, YamlFile) else file


def _compose_or_refuse(source: Source, named: Sequence[Kind]) -> YamlFile | Reader:
    """Return the documents of a file that has the name of the kinds `named`, or a reader if it does not parse."""
    data = comments.as_yaml(source.data) if any(kind.name == "devcontainer" for kind in named) else source.data
    as_yaml = Source(source.path, data)
    file = compose_source(as_yaml)
    if isinstance(file, Problem):
        # Imported here: most files are what they should be.
        from pinner.formats.yaml.marks import is_explained

        return _refuse(file, source, named, is_template=is_explained(file, as_yaml))
    file.source = source
    return file


def _refuse(problem: Problem, source: Source, named: Sequence[Kind], *, is_template: bool) -> Reader:
    """Return the reader of a file that does not parse: a template, an error, or one that is of no kind."""
    kind = named[0].name if named else ""
    is_manifest = may_be_manifest(source.data)
    has_image = named or is_manifest or IMAGE_KEY.search(source.data)
    template = template_in(source, kind) if has_image and is_template else None
    return Refused(problem, template) if template or named or is_manifest else _Nothing()


class _Nothing(NamedTuple):
    """The reader of a file in which no image is pulled."""

    decisions: tuple[Decision, ...] = ()
    passed_over: PassedOver | None = PassedOver.NO_KIND

    def read(self) -> Reading:
        return Reading((), decisions=self.decisions, passed_over=self.passed_over)

    def outline(self) -> tuple[str, ...]:
        return ()


def _read_documents(file: YamlFile, kinds: tuple[Kind, ...], choice: Places, decisions: tuple[Decision, ...]) -> Reader:
    """Return a reader of a composed file, by what its documents hold. `decisions` are those of a Bake file."""
    mappings = Mappings(file)
    documents = list(documents_of_file(file, mappings))
    claims = [kinds_claiming(kinds, document, choice, file.source.path) for document in documents]
    decisions += tuple(built_by_documents(file, mappings))
    if not any(claims):
        return _read_unclaimed(file, choice, decisions)
    claimed = [kind for each in claims for kind in each if kind.name not in choice.off]
    if not claimed:
        return _Nothing(decisions, PassedOver.OFF)
    is_gitlab = any(kind.name == "gitlab-ci" for kind in claimed)
    if b"{{" in file.source.data and (key := _key_of_braces(file, mappings, is_gitlab=is_gitlab)) is not None:
        problem = Problem(file.line_of(key), "not valid YAML: a mapping is the key of another")
        return _refuse(problem, file.source, claimed, is_template=True)
    reader = PlacesReader(file, mappings, choice, decisions)
    for document, each in zip(documents, claims, strict=True):
        for kind in each:
            if kind.name not in choice.off:
                reader.add_document(document.node, kind, document.context)
    return reader


def _read_unclaimed(file: YamlFile, choice: Places, decisions: tuple[Decision, ...]) -> Reader:
    """Return a reader of a file that no kind of the table claims: it may be one of Compose, whatever its name."""
    if choice.kind or not compose_reader.claims_file(file):
        return _Nothing(decisions)
    return _Nothing(decisions, PassedOver.OFF) if COMPOSE in choice.off else compose_reader.open_source(file.source)


def _key_of_braces(file: YamlFile, mappings: Mappings, *, is_gitlab: bool) -> Node | None:
    """Return a mapping that is a key: what YAML reads where `{{ }}` stands without quotes, and other tools refuse."""
    hidden: list[Span] = []
    if is_gitlab:
        # Ruby takes mappings for keys, and GitLab anything for what stands in a hidden job.
        tops = [mappings.fields(each).items() for each in file.documents if each.id == "mapping"]
        hidden = [Span(each.value.start, each.value.end) for top in tops for key, each in top if key.startswith(".")]
    for node in file.nodes:
        # What stands in the braces of a template has no values.
        if node.id == "mapping" and len(node.value) == 1 and is_null(node.value[0].value):
            key: Node = node.value[0].key
            is_key = key.id == "mapping" and all(is_null(value) for _, value in key.value)
            if is_key and not any(start <= key.start < end for start, end in hidden):
                return key
    return None


class PlacesReader:
    """Collects what the documents of one file name."""

    def __init__(self, file: YamlFile, mappings: Mappings, choice: Places, decisions: tuple[Decision, ...]) -> None:
        self._file = file
        self._mappings = mappings
        self._choice = choice
        self._reader = YamlReader(file)
        self._walk = Walk(file, mappings)
        self._reader.decisions += decisions
        self._containers: frozenset[str] = frozenset()
        self._parts: list[Entry] = []
        self._in_parts: set[str] = set()

    def add_document(self, document: Node, kind: Kind, context: str) -> None:
        """Add what the paths of `kind` lead to."""
        self._reader.kind = kind.name
        if document.id == "sequence":
            self._add_json_patch(document, kind, context)
            return
        self._containers = frozenset()
        self._in_parts = set()
        if kind.name == "azure-pipelines":
            names = kind._replace(paths=(Path("resources.containers[].container"),))
            values = (reached.entry.value for reached in Walk(self._file, self._mappings).reach(document, names))
            self._containers = frozenset(str(value.value) for value in values if value.id == "scalar")
        if kind.name == "gitlab-ci" and self._is_header(document):
            kind = kind._replace(reserved=kind.reserved | {"spec"})
        for reached in self._walk.reach(document, kind, context):
            self._add(reached, kind.paths[reached.path].form)
        if kind.name == "devcontainer":
            self._add_devcontainer(self._mappings.fields(document))
        elif kind.name == "kustomize":
            self._add_replacements(self._mappings.fields(document))
            self._add_files_of_kustomization(self._mappings.fields(document))
        elif kind.name in ("flux-kustomization", "argo-cd"):
            self._add_deployed(document, kind.name)

    def read(self) -> Reading:
        """Return everything that was added."""
        reading = self._reader.read()
        if b"&" in self._file.source.data:
            reading = reading._replace(occurrences=tuple(self._without_shared_places(reading.occurrences)))
        if b"$imagepolicy" not in self._file.source.data:
            return reading
        marked = [number for number, line in enumerate(self._file.source.data.split(b"\n"), 1) if _is_marked(line)]
        return reading._replace(occurrences=tuple(self._with_policy(each, marked) for each in reading.occurrences))

    def outline(self, occurrences: Sequence[Occurrence] | None = None) -> tuple[str, ...]:
        """Return what no edit may change. `occurrences` are those that stand in this file, by default its own."""
        return self._reader.outline(occurrences)

    def _is_header(self, document: Node) -> bool:
        """Return whether a document is the header of a GitLab pipeline: only before another one `spec` is no job."""
        # As GitLab's MultiDocYaml does, which leaves out empty documents before it counts.
        documents = [each for each in self._file.documents if each.value and not is_null(each)]
        return len(documents) > 1 and documents[0] is document

    def _add(self, reached: Reached, form: Form) -> None:
        node = reached.entry.value
        if form in (Form.VALUES, Form.KUSTOMIZE):
            if node.id == "mapping":
                self._add_parts(node, reached.context, form)
        elif form is Form.SERVICE:
            self._add_service(self._mappings.fields(node) if node.id == "mapping" else {}, reached.context)
        elif form in (Form.PATCH, Form.CHART_VALUES):
            if node.id == "scalar" and self._reader.is_new(node):
                self._add_inline(reached, form)
        elif node.id == "scalar" and not is_null(node):
            text = strip(self._file.text_of(node))
            if text.chars:
                self._add_scalar(reached, text, form)

    def _add_inline(self, reached: Reached, form: Form) -> None:
        """Add the images in the YAML that is the text of a scalar."""
        if form is Form.PATCH:
            add_inline_patch(self._reader, reached)
            return
        file = inline_file(self._file.text_of(reached.entry.value), self._file.source.path)
        if isinstance(file, Problem):
            refuse_inline_yaml(self._reader, reached, file)
        elif file is not None:
            inner = PlacesReader(file, Mappings(file), self._choice, ())
            for document in file.documents:
                inner.add_document(document, BY_NAME["helm-values"], reached.context)
            add_inline_yaml(self._reader, reached, file, inner)

    def _add_scalar(self, reached: Reached, text: Text, form: Form) -> None:
        """Add the image in the text of a scalar, if it is one."""
        match form:
            case Form.DOCKER_URL | Form.IMAGE_OR_URL:
                self._add_text(reached, without_scheme(text, is_needed=form is Form.DOCKER_URL))
            case Form.CONTAINER:
                self._add_container(reached, text)
            case Form.OVERRIDE:
                written, is_partial = read_override(self._reader, text)
                self._reader.add(written, reached.entry, reached.context, is_partial=is_partial)
            case Form.EXPRESSION:
                if is_open(text.chars):
                    self._add_text(reached, text)
            case Form.VALUE | Form.TAGGED:
                self._add_value(reached, text, form)
            case _:
                self._add_text(reached, text)

    def _add_container(self, reached: Reached, text: Text) -> None:
        # Azure takes what names no container of the pipeline for an image.
        if text.chars not in self._containers:
            is_name = not (_SIGN.search(text.chars) or is_open(text.chars))
            self._add_text(reached, text, _MAY_BE_CONTAINER if is_name else "")

    def _add_text(self, reached: Reached, text: Text, why_not: str = "") -> None:
        if not text.chars:
            return
        written = read_text(self._reader, text)
        written = refuse(written, why_not) if why_not else written
        if not is_string(reached.entry.value):
            written = written._replace(target=Invalid(NOT_A_STRING), place=None)
        self._reader.add(written, reached.entry, reached.context)

    def _add_value(self, reached: Reached, text: Text, form: Form) -> None:
        """Add a string in the values of a chart, if it is an image: many keys end in Image and hold something else."""
        is_text = is_string(reached.entry.value) and _SIGN.search(text.chars) and "://" not in text.chars
        is_part = form is Form.TAGGED and reached.entry.key.value in KEYS_OF_VALUES
        if not is_text or is_part or reached.context in self._in_parts:
            return
        # A digest alone is no name with a tag.
        if is_digest(text.chars) or _NAME_OF_FILE.search(text.chars):
            return
        written = read_text(self._reader, text)
        match written.target:
            case Reference(tag=None, digest=None):
                if form is Form.VALUE:
                    written = refuse(written, _MAY_BE_REPOSITORY)
                    self._reader.add(written, reached.entry, reached.context, is_partial=True)
            case Reference() | Opaque():
                self._reader.add(written, reached.entry, reached.context)

    def _add_service(self, fields: Fields, context: str) -> None:
        """Add the image of a container of Azure's registry service, which has a name and no tag."""
        repository = fields.get("repository")
        if text_at(fields, "type").upper() != "ACR" or "image" in fields or repository is None:
            return
        text = strip(self._file.text_of(repository.value)) if repository.value.id == "scalar" else Text("", ())
        if text.chars:
            written = WrittenReference(span=text.extent, text=str(text), target=Opaque(_OF_SERVICE))
            self._reader.add(written, repository, f"{context}.repository")

    def _add_json_patch(self, document: Node, kind: Kind, context: str) -> None:
        """Add the images that a list of operations writes."""
        for reached in written_images(document, self._file, self._mappings, kind, context):
            if is_taken(reached):
                text = self._file.text_of(reached.entry.value)
                self._reader.add(taken(text), reached.entry, reached.context)
            else:
                self._add(reached, Form.VALUES if reached.entry.value.id == "mapping" else Form.REFERENCE)

    def _add_parts(self, node: Node, context: str, form: Form) -> None:
        fields = self._mappings.fields(node)
        if form is Form.VALUES and "repository" not in fields and repository_of(fields):
            # The walk comes to it next, and it is no image of its own.
            self._in_parts.add(f"{context}.image")
        if not self._reader.is_new(node):
            self._reader.add_context(node, context)
            return
        if fields.keys() & {"repository", "image", "name", "newName"}:
            self._parts += [fields[key] for key in ("tag", "newTag", "digest", "sha") if key in fields]
        if form is Form.KUSTOMIZE:
            add_override(self._reader, node, fields, context)
        else:
            add_values(self._reader, node, fields, context, writes_tag=self._choice.writes_tag)

    def _add_replacements(self, fields: Fields) -> None:
        """Add the images to which a kustomization gives another name, tag or digest."""
        for item in (*_items(fields, "images"), *_items(fields, "imageTags")):
            entries = self._mappings.fields(item) if item.id == "mapping" else {}
            name, new_name = text_at(entries, "name"), text_at(entries, "newName")
            keeps_tag = not (text_at(entries, "newTag") or text_at(entries, "digest"))
            if name and not (keeps_tag and new_name in ("", name)):
                decision = Decision(
                    by=Decider.KUSTOMIZATION,
                    name=name,
                    tag=None,
                    path=self._file.source.path,
                    line=self._file.line_of(item),
                    new_name=new_name,
                    keeps_tag=keeps_tag,
                )
                self._reader.decisions.append(decision)

    def _add_files_of_kustomization(self, fields: Fields) -> None:
        """Add the resources, components and patches that a kustomization names."""
        for key in ("resources", "bases", "components"):
            # A component is always a kustomization, and works on the resources of the one that names it.
            self._add_links(fields, key, "kustomize" if key == "components" else "kubernetes")
        # An item of several lines is the patch itself.
        is_file = [
            item.id == "scalar" and not re.search(r"[\n{]", item.value)
            for item in _items(fields, "patchesStrategicMerge")
        ]
        self._add_links(fields, "patchesStrategicMerge", PATCH, chosen=is_file)
        for key in ("patches", "patchesJson6902"):
            for number, item in enumerate(_items(fields, key)):
                if item.id == "mapping":
                    self._add_links(self._mappings.fields(item), "path", PATCH, above=f"{key}[{number}].")

    def _add_deployed(self, document: Node, kind: str) -> None:
        """Add the folders that a controller builds: Flux's Kustomizations, and Argo CD's Applications."""
        fields = self._mappings.fields(document)
        specs = _mappings_at(self._mappings, fields, "spec")
        if kind == "argo-cd":
            templates = [each for spec in specs for each in _mappings_at(self._mappings, spec, "template")]
            specs += [each for template in templates for each in _mappings_at(self._mappings, template, "spec")]
            keys = ("source", "sources")
            specs = [each for spec in specs for key in keys for each in _mappings_at(self._mappings, spec, key)]
        for spec in specs:
            self._add_links(spec, "path", DEPLOYED)

    def _add_devcontainer(self, fields: Fields) -> None:
        """Add the Dockerfile and the Compose files that a devcontainer.json names."""
        fields_of_build = self._fields_at(fields, "build")
        build = read_build(self._reader, self._fields_at(fields_of_build, "args"), _items(fields_of_build, "options"))
        for each in build.images:
            if each.text is not None:
                self._add_text(Reached(path=0, entry=each.entry, context=each.context), each.text)
        for where, key, above in ((fields_of_build, "dockerfile", "build."), (fields, "dockerFile", "")):
            self._add_links(where, key, "dockerfile", above, build.args, build.contexts)
        self._add_links(fields, "dockerComposeFile", COMPOSE)

    def _fields_at(self, fields: Fields, key: str) -> Fields:
        entry = fields.get(key)
        return self._mappings.fields(entry.value) if entry is not None and entry.value.id == "mapping" else {}

    def _add_links(
        self,
        fields: Fields,
        key: str,
        kind: str,
        above: str = "",
        args: tuple[BuildArgument, ...] = (),
        contexts: tuple[str, ...] = (),
        chosen: Sequence[bool] | None = None,
    ) -> None:
        """Add what stands at a key, or each item of the list there that is `chosen`, as the path of a file."""
        if key not in fields:
            return
        value = fields[key].value
        entries = [fields[key]] if value.id == "scalar" else [Entry(item, item) for item in _items(fields, key)]
        for number, entry in enumerate(entries):
            if entry.value.id != "scalar" or is_null(entry.value) or not entry.value.value:
                continue
            if chosen is not None and not chosen[number]:
                continue
            link = Link(
                path=str(entry.value.value),
                kind=kind,
                where=self._file.source.locate(self._file.span_of(entry.value)),
                context=above + (key if value.id == "scalar" else f"{key}[{number}]"),
                suppressions=self._reader.suppressions_of(entry),
                args=args,
                contexts=contexts,
            )
            self._reader.links.append(link)

    def _without_shared_places(self, occurrences: Sequence[Occurrence]) -> Iterator[Occurrence]:
        """Yield the occurrences, without a place where a digest would be one of other images or values as well."""
        keys = {id(entry.key) for entry in self._parts}
        values = {id(entry.value) for entry in self._parts}
        others = [
            child
            for node in self._file.nodes
            if node.id != "scalar"
            for key, child in (node.value if node.id == "mapping" else ((item, item) for item in node.value))
            if child.anchor is not None and id(child) in values and id(key) not in keys
        ]
        held = {offset for node in others for offset in range(*self._file.span_of(node))}
        held |= {self._file.span_of(node).end for node in others}
        images: dict[Span, set[object]] = {}
        for each in occurrences:
            if each.place is not None:
                images.setdefault(each.place.span, set()).add(each.target)
        for each in occurrences:
            span = each.place.span if each.place and not each.place.holds_digest else None
            is_shared = span is not None and (len(images[span]) > 1 or span.start in held)
            yield each._replace(place=None, unwritable=_SHARED) if is_shared else each

    def _with_policy(self, occurrence: Occurrence, marked: Sequence[int]) -> Occurrence:
        """Return an occurrence, without a place if one of the lines that are `marked` is a line of it."""
        at = bisect_left(marked, occurrence.where.line)
        if at == len(marked) or marked[at] > occurrence.where.end_line:
            return occurrence
        line = self._file.source.line_text(marked[at])
        decision = Decision(
            by=Decider.IMAGE_POLICY,
            name=line[line.index("#") :].rstrip(),
            tag=None,
            path=self._file.source.path,
            line=marked[at],
            place=occurrence.place,
            unwritable=occurrence.unwritable,
        )
        is_reference = isinstance(occurrence.target, Reference)
        return occurrence._replace(place=None, unwritable=_IMAGE_POLICY if is_reference else None, decision=decision)


def _is_marked(line: bytes) -> bool:
    """Return whether a comment on a line is the marker of Flux's image policies."""
    # Looked for behind the first #, and not behind each.
    comment = line.find(b"#")
    return comment >= 0 and _MARKER.search(line, comment + 1) is not None


def _mappings_at(mappings: Mappings, fields: Fields, key: str) -> list[Fields]:
    """Return the mapping at a key, or those in the list there."""
    nodes = _items(fields, key) or ([fields[key].value] if key in fields else [])
    return [mappings.fields(node) for node in nodes if node.id == "mapping"]


def _items(fields: Fields, key: str) -> list[Node]:
    entry = fields.get(key)
    return list(entry.value.value) if entry is not None and entry.value.id == "sequence" else []
