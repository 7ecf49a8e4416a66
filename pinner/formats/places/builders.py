"""Which images a repository builds itself: what Skaffold and the build action say of the names of results."""

import re
from collections.abc import Iterable, Iterator

from pinner.formats._builders import builder_decisions
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Mappings
from pinner.formats.yaml.nodes import Node
from pinner.model.occurrence import Decision

BUILD_ACTION = "docker/build-push-action"

_SKAFFOLD = "skaffold/"
_SEPARATORS = re.compile(r"[\s,]+")


def built_by_documents(file: YamlFile, mappings: Mappings) -> Iterator[Decision]:
    """Yield what Skaffold's artifacts and the `tags` of build actions say in a YAML file."""
    for document in file.documents:
        fields = mappings.fields(document) if document.id == "mapping" else {}
        version = fields.get("apiVersion")
        if version is not None and str(version.value.value).startswith(_SKAFFOLD):
            # Skaffold gives artifacts a tag of its own, whatever stands behind their names.
            names = _values(mappings, document, ("build", "artifacts", "[]", "image"))
            names += _values(mappings, document, ("profiles", "[]", "build", "artifacts", "[]", "image"))
            yield from (each for name in names for each in _of_node(file, name, names_tag=False))
        elif "jobs" in fields or "runs" in fields:
            steps = _values(mappings, document, ("jobs", "*", "steps", "[]"))
            steps += _values(mappings, document, ("runs", "steps", "[]"))
            for step in steps:
                uses = (str(each.value).lower() for each in _values(mappings, step, ("uses",)))
                if any(each.startswith(f"{BUILD_ACTION}@") for each in uses):
                    tags = _values(mappings, step, ("with", "tags"))
                    yield from (each for node in tags for each in _of_node(file, node))


def _of_node(file: YamlFile, node: Node, *, names_tag: bool = True) -> Iterable[Decision]:
    if node.id != "scalar":
        return ()
    # An expression may hold spaces, which separate no tags. Behind the last end of one no other is looked for.
    before, end, after = node.value.rpartition("}}")
    text = re.sub(r"\$\{\{.*?\}\}", "${}", before + end, flags=re.DOTALL) + after
    found = builder_decisions(filter(None, _SEPARATORS.split(text)), file.source.path, file.line_of(node))
    return found if names_tag else (each._replace(tag=None) for each in found)


def _values(mappings: Mappings, node: Node, keys: tuple[str, ...]) -> list[Node]:
    """Return what stands at the end of `keys` below a node, `*` being any key and `[]` any item."""
    found = [node]
    for key in keys:
        below: list[Node] = []
        for each in found:
            if each.id == "sequence" and key == "[]":
                below += each.value
            elif each.id == "mapping":
                below += [entry.value for name, entry in mappings.fields(each).items() if key in ("*", name)]
        # By aliases one node may stand in many places, which say the same.
        found = list({id(each): each for each in below}.values())
    return found
