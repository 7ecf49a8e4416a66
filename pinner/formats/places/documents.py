"""The documents of a file, and the kinds of the table that claim each."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pinner.formats.places import Places
from pinner.formats.places.patches import MANIFESTS, is_json_patch
from pinner.formats.places.table import Claim, Kind
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Fields, Mappings, is_manifest, text_at
from pinner.formats.yaml.nodes import Node


class PlacesDocument(NamedTuple):
    """A document, or an item of a list: its context, and what it is claimed by."""

    node: Node
    context: str
    fields: Fields


def documents_of_file(file: YamlFile, mappings: Mappings) -> Iterator[PlacesDocument]:
    """Yield the documents, and the items of Kubernetes lists as such: what an item does not say, its list does.

    Of those that are lists, only JSON patches are yielded.
    """
    waiting = [PlacesDocument(node=document, context="", fields={}) for document in reversed(file.documents)]
    lists: set[int] = set()
    while waiting:
        node, context, above = waiting.pop()
        if is_json_patch(node, mappings):
            yield PlacesDocument(node=node, context=context, fields={})
        if node.id != "mapping":
            continue
        fields = mappings.fields(node)
        items = fields.get("items")
        if not (items and items.value.id == "sequence" and text_at(fields, "kind").endswith("List")):
            yield PlacesDocument(node=node, context=context, fields={**above, **fields})
        elif id(node) not in lists:
            # By an alias a list may be an item of itself.
            lists.add(id(node))
            says = () if text_at(fields, "kind") == "List" else ("apiVersion", "kind")
            said = {key: fields[key] for key in says if key in fields}
            below = f"{context}.items" if context else "items"
            waiting += [
                PlacesDocument(node=item, context=f"{below}[{number}]", fields=said)
                for number, item in enumerate(items.value.value)
            ][::-1]


def kinds_claiming(kinds: tuple[Kind, ...], document: PlacesDocument, choice: Places, path: str) -> tuple[Kind, ...]:
    """Return the kinds that claim a document: the first one by its content, and the first one by the name of its file.

    A manifest is one whatever the name of its file: nothing may hide from the other tool that reads it.
    """
    if document.node.id == "sequence":
        return (MANIFESTS,) if MANIFESTS in kinds else ()
    if choice.kind:
        return kinds
    claiming = [kind for kind in kinds if _claims(kind.claim, document.fields)]
    named = [kind for kind in claiming if not kind.is_by_content][:1]
    if named and named[0].claim.api_version:
        return tuple(named)
    if is_manifest(document.fields):
        named = [kind for kind in named if kind.takes_manifests(path.replace("\\", "/"))]
    # By its content first: it knows better what stands at a path of both.
    return (*[kind for kind in claiming if kind.is_by_content][:1], *named)


def _claims(claim: Claim, fields: Fields) -> bool:
    """Return whether a document holds what one of a kind does."""
    # An item of a PodList is a Pod, which it need not say.
    name = text_at(fields, "kind").removesuffix("List")
    is_version = not claim.api_version or re.fullmatch(claim.api_version, text_at(fields, "apiVersion"))
    is_kind = (not claim.kinds or name in claim.kinds) and name not in claim.other_kinds
    return all(key in fields for key in claim.has) and bool(is_version) and is_kind
