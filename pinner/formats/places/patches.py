"""Patches of manifests: JSON patches, as RFC 6902 has them, and strategic merges, which are parts of manifests."""

from collections.abc import Iterator

from pinner.formats.places.inline import inline_file
from pinner.formats.places.literals import read_text
from pinner.formats.places.paths import Reached, Walk
from pinner.formats.places.table import BY_NAME, Kind
from pinner.formats.variables.digest_placement import WrittenReference, occurrence_at
from pinner.formats.variables.text import NOWHERE, Text
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Mappings, text_at
from pinner.formats.yaml.nodes import Node, is_null, is_string
from pinner.formats.yaml.reader import NOT_A_STRING, YamlReader, refuse, strip
from pinner.model.occurrence import Invalid, Opaque, Problem

MANIFESTS = BY_NAME["kubernetes"]
"""The kind of what is patched."""

_WRITING = ("add", "replace")
_TAKING = ("copy", "move")
_IMAGE_KEYS = ("image", "reference")
_TAKEN = "the patch takes the image from elsewhere: write its value out to have it checked"
_IN_PARTS = "its parts stand at keys of their own in a patch: write them into the values that are patched"


def is_json_patch(node: Node, mappings: Mappings) -> bool:
    """Return whether a document is a list of operations, each with a path."""
    items = node.value if node.id == "sequence" else []
    return bool(items) and all(
        item.id == "mapping" and {"op", "path"} <= mappings.fields(item).keys() for item in items
    )


def written_images(patch: Node, file: YamlFile, mappings: Mappings, kind: Kind, context: str) -> Iterator[Reached]:
    """Yield the images that the operations of a patch write, as if its values stood in a document of `kind`.

    Where an operation takes the image from elsewhere in the document, its path is what is reached.
    """
    walk = Walk(file, mappings)
    for number, item in enumerate(patch.value):
        fields = mappings.fields(item) if item.id == "mapping" else {}
        operation, keys, at = text_at(fields, "op"), _keys(text_at(fields, "path")), f"{context}[{number}]"
        if operation in _WRITING and "value" in fields:
            value = fields["value"]
            reached = list(walk.reach_below(keys, value, kind, f"{at}.value"))
            if not reached and keys[-1] == "image":
                # Of a resource of any other kind.
                reached.append(Reached(path=0, entry=value, context=f"{at}.value"))
            yield from reached
        elif operation in _TAKING and keys[-1] in _IMAGE_KEYS:
            yield Reached(path=0, entry=fields["path"], context=f"{at}.path")


def is_taken(reached: Reached) -> bool:
    """Return whether an operation takes the image from elsewhere."""
    return reached.context.endswith(".path")


def taken(path: Text) -> WrittenReference:
    """Return what stands for an image that an operation takes from elsewhere, and puts at a `path`."""
    return WrittenReference(span=path.extent, text=str(path), target=Opaque(_TAKEN))


def add_inline_patch(reader: YamlReader, reached: Reached) -> None:
    """Add the images that a patch in the text of a scalar writes: their bytes are those of the file."""
    text = reader.file.text_of(reached.entry.value)
    patch = inline_file(text, reader.source.path)
    if isinstance(patch, Problem):
        reader.file.complain(reached.entry.value, f"the patch is {patch.message}")
    if patch is None or isinstance(patch, Problem):
        return
    mappings = Mappings(patch)
    for document in patch.documents:
        if document.id == "sequence":
            found = written_images(document, patch, mappings, MANIFESTS, reached.context)
        else:
            found = Walk(patch, mappings).reach(document, MANIFESTS, reached.context)
        for each in found:
            _add_image(reader, reached, each, patch, text)
    for problem in sorted(patch.problems()):
        reader.file.complain(reached.entry.value, f"the patch: {problem.message}")


def _add_image(reader: YamlReader, whole: Reached, image: Reached, patch: YamlFile, text: Text) -> None:
    """Add an image that stands in a `patch`, which is the `text` of what was reached as a `whole`."""
    node = image.entry.value
    parts = node.value if node.id == "mapping" else []
    node = next((value for key, value in parts if key.value == "repository"), node)
    inner = strip(patch.text_of(node)) if node.id == "scalar" and not is_null(node) else Text("", ())
    if not inner.chars:
        return
    if not reader.is_new(node):
        # An alias in the patch leads to it again.
        reader.add_context(node, image.context)
        return
    here = Text(inner.chars, [each if each == NOWHERE else text.offsets[each] for each in inner.offsets])
    written = taken(here) if is_taken(image) else read_text(reader, here)
    if parts:
        written = refuse(written, _IN_PARTS)
    if not is_string(node):
        written = written._replace(target=Invalid(NOT_A_STRING), place=None)
    occurrence = occurrence_at(
        written,
        reader.source,
        image.context,
        platform=None,
        suppressions=reader.suppressions_of(whole.entry),
        kind=reader.kind,
    )
    reader.add_occurrence(occurrence._replace(is_partial=bool(parts)), node)


def _keys(pointer: str) -> list[str | int]:
    """Return the keys of a JSON pointer (RFC 6901). A number is an item of a list, and so is what stands behind it."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return [0 if part == "-" or part.isdecimal() else part for part in parts] or [""]
