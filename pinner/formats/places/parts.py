"""References whose parts stand at keys of their own: in the values of Helm charts and in kustomizations."""

import re

from pinner.formats._templates import TEMPLATE
from pinner.formats.places.literals import is_open
from pinner.formats.yaml.mappings import Fields, text_at
from pinner.formats.yaml.nodes import Entry, Node, is_null, is_string
from pinner.formats.yaml.reader import YamlReader, strip
from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Place
from pinner.model.reference import Reference, parse
from pinner.model.source import Edit, Span

# What a chart makes of a number, and what a registry calls the tag, are the same text for these alone.
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]*")
_OF_REFERENCE = ("registry", "repository", "tag", "digest")
KEYS_OF_VALUES = ("registry", "repository", "image", "tag", "digest", "sha")
"""The keys of an image's parts in the values of a chart."""
_SHA = r"((sha256:)?[0-9a-f]{64})?"

_KEYS_OF_OVERRIDE = {"tag": "newTag", "digest": "digest", "suffix": "tagSuffix"}

_NUMBER = "to YAML this tag is a number: put quotes round it"
_OPEN = "its parts are filled in later: write them out to have the image checked"
_NO_TAG = "no tag is written here: write the tag beside it and run pinner again"
_CHART = "the chart gives it a tag: write one here to have the image checked"
_LABELS = (
    'charts put the tag into labels, which take no digest: add digest: "" if the chart has that key, or see helm-write'
)
_NULL = 'nothing stands at digest, and nothing is null: write digest: "" and run pinner again'
_EMPTY_SHA = (
    "some charts put sha256: before what stands at sha, others do not: write the digest there as the chart takes it"
)
_SUFFIX = "tagSuffix takes away the digest of the image: write the whole tag at newTag and run pinner again"
_NO_KEY = 'there is no tag to write it behind: add digest: "" or newTag'


def add_values(reader: YamlReader, node: Node, fields: Fields, context: str, *, writes_tag: bool) -> None:
    """Add the image of a mapping in the values of a chart, if it is one."""
    repository = repository_of(fields)
    if repository is None:
        return
    tag, digest = fields.get("tag"), fields.get("digest") or _sha_of(fields)
    parts = _Parts(reader, registry=fields.get("registry"), repository=repository, tag=tag, digest=digest)
    if not parts.texts["repository"]:
        return
    target, place, why_not = parts.target(), parts.digest_place(), ""
    if isinstance(target, Reference) and place is None:
        place, why_not = parts.tag_place() if target.digest or writes_tag else None, _LABELS
    if isinstance(target, Reference) and target.tag is None:
        place, why_not = None, _NO_TAG
        target = target if digest is not None or target.digest else Opaque(_CHART)
    parts.add(node, context, target, place, parts.refusal or why_not)


def repository_of(fields: Fields) -> Entry | None:
    """Return the entry with the repository of a mapping in the values of a chart, None where that is no image."""
    repository = fields.get("repository") or fields.get("image")
    return repository if fields.keys() & {"tag", "digest"} or _sha_of(fields) else None


def add_override(reader: YamlReader, node: Node, fields: Fields, context: str) -> None:
    """Add the image of an entry of a kustomization's `images`."""
    # An empty name is none to Kustomize.
    for repository in (fields.get("newName"), fields.get("name")):
        entries = {key: fields.get(name) for key, name in _KEYS_OF_OVERRIDE.items()}
        parts = _Parts(reader, repository=repository, **entries)
        if parts.texts["repository"]:
            break
    else:
        return
    target, place, why_not = parts.target(), parts.digest_place(), _NO_KEY
    if place is None and parts.texts["tag"]:
        place = parts.tag_place()
    elif isinstance(target, Reference) and not target.tag and not target.digest:
        why_not = _NO_TAG if place else _NO_KEY
        place = None
    # Kustomize joins it to the tag of the image and leaves the digest out, unless the entry has one of the others.
    if parts.texts["suffix"] and place is None and not parts.texts["tag"]:
        why_not = _SUFFIX
    drops_digest = bool(parts.texts["tag"] or parts.texts["suffix"]) and not parts.texts["digest"]
    parts.add(node, context, target, place, parts.refusal or why_not, drops_digest=drops_digest)


def _sha_of(fields: Fields) -> Entry | None:
    """Return the entry `sha`, where some charts take a digest or its digits, unless it holds anything else."""
    sha = fields.get("sha")
    is_text = sha is not None and sha.value.id == "scalar" and is_string(sha.value)
    return sha if is_text and re.fullmatch(_SHA, text_at(fields, "sha")) else None


class _Parts:
    """The parts of one reference. `texts` holds the text of each, empty where there is none.

    A suffix is joined to a tag that stands elsewhere, and is no part of the reference. `has_number` is set where the
    tag is a number to YAML, `algorithm` where the chart puts it before the digits of the digest. `refusal` says why
    `digest_place` or `tag_place` found no place, where there is something to do about it.
    """

    def __init__(self, reader: YamlReader, **entries: Entry | None) -> None:
        self.reader = reader
        self.entries = {
            name: entry for name, entry in entries.items() if entry is not None and entry.value.id == "scalar"
        }
        self.texts = dict.fromkeys((*_OF_REFERENCE, "suffix"), "")
        for name, entry in self.entries.items():
            self.texts[name] = "" if is_null(entry.value) else str(strip(reader.file.text_of(entry.value)))
        tag = self.entries.get("tag")
        digest = self.entries.get("digest")
        is_digits = digest is not None and digest.key.value == "sha" and ":" not in self.texts["digest"]
        self.algorithm = "sha256:" if is_digits else ""
        if self.texts["digest"]:
            self.texts["digest"] = self.algorithm + self.texts["digest"]
        self.has_number = tag is not None and self.texts["tag"] != "" and not is_string(tag.value)
        self.refusal = ""

    def target(self) -> Reference | Invalid | Opaque:
        """Return what the parts stand for together."""
        texts = [self.texts[name] for name in _OF_REFERENCE]
        if any(is_open(text) for text in texts):
            is_template = any("{{" in text for text in texts)
            return Opaque(TEMPLATE if is_template else _OPEN)
        if self.has_number and not _PLAIN_NUMBER.fullmatch(self.texts["tag"]):
            return Opaque(_NUMBER)
        try:
            return parse(self.text)
        except InvalidReference as error:
            return Invalid(str(error))

    @property
    def text(self) -> str:
        """Return the reference in one piece."""
        registry, repository, tag, digest = (self.texts[name] for name in _OF_REFERENCE)
        name = f"{registry}/{repository}" if registry else repository
        tag = f":{tag}" if tag else ""
        return f"{name}{tag}@{digest}" if digest else f"{name}{tag}"

    def digest_place(self) -> Place | None:
        """Return the place at the key `digest`, None where there is none, or nothing can be written there.

        A digest that stands behind the tag has its place there.
        """
        entry = self.entries.get("digest")
        if entry is None or "@" in self.texts["tag"]:
            return None
        if is_null(entry.value):
            self.refusal = _NULL
            return None
        # Charts of the same names differ in this, such as kube-state-metrics: the digits alone would be no digest.
        if entry.key.value == "sha" and not self.texts["digest"]:
            self.refusal = _EMPTY_SHA
            return None
        span = self._inside(entry.value)
        # A plain scalar of which nothing is left would be null.
        removal = Edit(span, '""') if span and entry.value.style is None else None
        if span is None:
            return None
        return Place(self.reader.source.path, span, bare=True, removal=removal, algorithm=self.algorithm)

    def tag_place(self) -> Place | None:
        """Return the place behind the tag, or that of the digest that stands there."""
        entry = self.entries.get("tag")
        end = self._end_of(entry.value) if entry else None
        if entry is None or end is None:
            return None
        if self.has_number:
            self.refusal = _NUMBER
            return None
        digest = self.texts["tag"].partition("@")[2]
        if self.reader.source.text_at(Span(end - len(digest), end)) != digest.encode():
            return None
        place = Place(self.reader.source.path, Span(end - len(digest), end))
        return self.reader.with_removal(place, entry.value)

    def add(
        self,
        node: Node,
        context: str,
        target: Reference | Invalid | Opaque,
        place: Place | None,
        why: str,
        *,
        drops_digest: bool = False,
    ) -> None:
        """Add the occurrence."""
        reference = target if isinstance(target, Reference) else None
        spans = [self.reader.file.span_of(entry.value) for entry in self.entries.values()]
        span = Span(min(each.start for each in spans), max(each.end for each in spans))
        comments = {each for entry in self.entries.values() for each in self.reader.suppressions_of(entry)}
        occurrence = Occurrence(
            path=self.reader.source.path,
            span=span,
            where=self.reader.source.locate(span),
            text=self.text,
            target=target,
            context=context,
            place=place if reference else None,
            unwritable=why if reference and place is None and not reference.digest else None,
            suppressions=tuple(sorted(comments)),
            kind=self.reader.kind,
            is_partial=reference is not None and not reference.tag,
            drops_digest=drops_digest,
        )
        self.reader.add_occurrence(occurrence, node)

    def _end_of(self, node: Node) -> int | None:
        """Return where the text of a scalar ends, None where that is not known."""
        text = strip(self.reader.file.text_of(node))
        if text.chars:
            return text.extent.end if self.reader.stands_here(text) else None
        span = self._inside(node)
        return span.end if span else None

    def _inside(self, node: Node) -> Span | None:
        """Return where the text of a scalar stands, None where it is not in one piece."""
        text = strip(self.reader.file.text_of(node))
        if text.chars:
            # A run may be one of characters that escapes stand for: the bytes there decide.
            run, data = text.run, self.reader.source.data
            return run if run and data[run.start : run.end] == text.chars.encode("latin-1") else None
        span = self.reader.file.span_of(node)
        return Span(span.start + 1, span.end - 1) if node.style in ("'", '"') else None
