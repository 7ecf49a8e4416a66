"""The mappings of a YAML file with their merge keys (`<<`) resolved.

No alias is ever copied: every mapping is merged once, and all merges together are bounded.
"""

from collections.abc import Callable, Iterable, Iterator

from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import MAX_DEPTH, TAG, Entry, Node, is_string

MAX_MERGED = 300_000
_MERGE = f"{TAG}merge"

Fields = dict[str, Entry]
Combine = Callable[[Iterable[Entry]], Fields]


def first_of_each(entries: Iterable[Entry]) -> Fields:
    """Return the entries by their keys: the first one of a key holds."""
    fields: Fields = {}
    for entry in entries:
        fields.setdefault(entry.key.value, entry)
    return fields


def text_at(fields: Fields, key: str) -> str:
    """Return the text of the scalar at a key, empty where there is none."""
    entry = fields.get(key)
    return str(entry.value.value) if entry is not None and entry.value.id == "scalar" else ""


def is_manifest(fields: Fields) -> bool:
    """Return whether the entries of a document are those of a Kubernetes object: strings say its API and its kind."""
    values = [fields[key].value for key in ("apiVersion", "kind") if key in fields]
    return len(values) == 2 and all(each.id == "scalar" and is_string(each) and each.value for each in values)


class Mappings:
    """The mappings of a file. `combine` chooses among a mapping's own entries and, after them, those that it merges."""

    def __init__(self, file: YamlFile, combine: Combine = first_of_each) -> None:
        self._file = file
        self._combine = combine
        self._merged: dict[int, Fields] = {}
        self._merging: set[int] = set()
        self._merged_entries = 0

    def fields(self, node: Node, depth: int = 0) -> Fields:
        """Return the entries of a mapping and of what it merges. Keys that are no scalars are left out."""
        if id(node) in self._merged:
            return self._merged[id(node)]
        if id(node) in self._merging or depth > MAX_DEPTH:
            self._file.complain(node, f"merge keys lead back to themselves, or are more than {MAX_DEPTH} deep")
            return {}
        self._merging.add(id(node))
        own = [entry for entry in node.value if entry.key.id == "scalar" and entry.key.tag != _MERGE]
        merged = list(self._merge(node, depth))
        self._merging.remove(id(node))
        self._merged[id(node)] = self._combine([*own, *merged])
        return self._merged[id(node)]

    def _merge(self, node: Node, depth: int) -> Iterator[Entry]:
        """Yield the entries of the mappings that a mapping merges, as long as they are not too many."""
        for key, value in node.value:
            if key.id != "scalar" or key.tag != _MERGE:
                continue
            for source in value.value if value.id == "sequence" else (value,):
                if source.id != "mapping":
                    self._file.complain(key, "a merge key takes a mapping or a list of mappings")
                    continue
                fields = self.fields(source, depth + 1)
                self._merged_entries += len(fields)
                # Each may merge twice what another one merges: the sizes double, line by line.
                if self._merged_entries > MAX_MERGED:
                    self._file.complain(source, "merge keys make the file larger than pinner reads")
                else:
                    yield from fields.values()
