"""Paths through the nodes of a document: which nodes they lead to, and under which contexts."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from pinner.formats.places.table import Kind
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Mappings
from pinner.formats.yaml.nodes import MAX_DEPTH, Entry, Node

# How many entries and items are walked through again, for the contexts that aliases and merge keys give them. Without a
# bound a few aliases of aliases would be walked through for years. What was not walked through yet is whatever their
# number: nothing may hide behind aliases.
_MAX_REPEATED = 100_000
# How often one `!reference` may lead to another: as often as GitLab follows them.
_MAX_REFERENCES = 10
# The segments that are no names: each item of a list, any key or item, any number of them.
_ITEM, _ANY, _ANY_NUMBER = ("[]",), ("*",), ("**",)

_Segments = tuple[tuple[str, ...], ...]
_State = tuple[int, int]


class Reached(NamedTuple):
    """A node that the path of a number leads to, and the way to it."""

    path: int
    entry: Entry
    context: str


class Walk:
    """The way through the documents of one file. Merge keys are followed."""

    def __init__(self, file: YamlFile, mappings: Mappings) -> None:
        self._file = file
        self._mappings = mappings
        self._walked: set[tuple[int, frozenset[_State], str]] = set()
        self._repeated = 0
        self._is_too_deep = False

    def reach(self, document: Node, kind: Kind, context: str = "") -> Iterator[Reached]:
        """Yield what the paths of `kind` lead to in a document that stands at `context`, in the order of the file."""
        paths = [_segments(path.keys) for path in kind.paths]
        states = frozenset(_entered(paths, ((at, 0) for at in range(len(paths)))))
        self._document = document
        yield from self._below(document, states, kind, context)

    def _below(
        self, node: Node, states: frozenset[_State], kind: Kind, context: str, depth: int = 1
    ) -> Iterator[Reached]:
        if node.id == "scalar" or not states or self._is_too_much(node, states, kind, depth):
            return
        paths = [_segments(path.keys) for path in kind.paths]
        if node.id == "mapping":
            children: Iterable[tuple[str | int, Entry]] = self._mappings.fields(node).items()
        else:
            children = ((number, Entry(item, item)) for number, item in enumerate(node.value))
        for key, entry in children:
            following = frozenset(_entered(paths, _after(paths, states, kind, context, key)))
            if following:
                above = f"{context}." if context else ""
                name = f"{context}[{key}]" if isinstance(key, int) else f"{above}{key}"
                if kind.reference and entry.value.tag == kind.reference:
                    # It is no list of images: its keys lead to one, or to a list of which the items come here.
                    found = self._referred(entry.value, kind)
                    if found is None:
                        continue
                    entry, name = found
                    following |= {(at, position - 1) for at, position in following if _is_item(paths[at], position)}
                ends = sorted(at for at, position in following if position == len(paths[at]))
                yield from (Reached(path=at, entry=entry, context=name) for at in ends)
                yield from self._below(entry.value, following, kind, name, depth + 1)

    def _referred(self, reference: Node, kind: Kind) -> tuple[Entry, str] | None:
        """Return the entry to which the keys of a reference lead from the top of its document, and its context."""
        entry, keys = Entry(reference, reference), list[str]()
        for _ in range(_MAX_REFERENCES):
            keys = [str(item.value) for item in entry.value.value] if entry.value.id == "sequence" else []
            entry = Entry(self._document, self._document)
            for key in keys:
                fields = self._mappings.fields(entry.value) if entry.value.id == "mapping" else {}
                if key not in fields:
                    return None
                entry = fields[key]
            if entry.value.tag != kind.reference:
                return entry, ".".join(keys)
        return None

    def _is_too_much(self, node: Node, states: frozenset[_State], kind: Kind, depth: int) -> bool:
        """Return whether a mapping or a list is walked through no more: too often, or too deep behind aliases."""
        # By aliases nodes that are no deeper than the composer takes stand in one another without end.
        if depth > MAX_DEPTH:
            # Of a chain of aliases every link is: one of them says it.
            if self._is_too_deep:
                return True
            self._is_too_deep = True
            self._file.complain(node, f"by its aliases the YAML is nested more than {MAX_DEPTH} levels deep")
            return True
        key = (id(node), states, kind.name)
        if key not in self._walked:
            self._walked.add(key)
            return False
        self._repeated += 1 + len(self._mappings.fields(node) if node.id == "mapping" else node.value)
        return self._repeated > _MAX_REPEATED


def _after(
    paths: Sequence[_Segments], states: frozenset[_State], kind: Kind, context: str, key: str | int
) -> Iterator[_State]:
    """Yield the states after a key of what stands at `context`, or after an item where `key` is a number."""
    # Into what is closed, or no job, a path leads only if it names the key.
    by_name = key in kind.closed or (not context and key in kind.reserved)
    is_inserted = isinstance(key, str) and kind.inserts != "" and key.startswith(kind.inserts)
    for at, position in states:
        segment = paths[at][position] if position < len(paths[at]) else ()
        if segment in (_ANY, _ANY_NUMBER):
            if not by_name:
                yield at, position + (segment == _ANY)
        elif _names(segment, key):
            yield at, position + 1
        if is_inserted:
            yield at, position
            # Instead of an item of a list a list of more items may be inserted.
            if _is_item(paths[at], position):
                yield at, position - 1


def _is_item(path: _Segments, position: int) -> bool:
    """Return whether the items of a list lead to a position of a path."""
    return position > 0 and path[position - 1] == _ITEM


def _entered(paths: Sequence[_Segments], states: Iterable[_State]) -> Iterator[_State]:
    """Yield the states, and those behind a `**`, which may be no key at all."""
    for at, position in states:
        yield at, position
        if position < len(paths[at]) and paths[at][position] == _ANY_NUMBER:
            yield at, position + 1


def _names(segment: tuple[str, ...], key: str | int) -> bool:
    if isinstance(key, int) or segment == _ITEM:
        return isinstance(key, int) and segment == _ITEM
    return any(key.endswith(each[1:]) if each.startswith("*") else key == each for each in segment)


@cache
def _segments(keys: str) -> _Segments:
    """Return the keys of a path one by one, each as the names it may have: `{a,b}[].c` is `a` or `b`, `[]` and `c`."""
    parts = keys.replace("[]", ".[]").split(".")
    return tuple(tuple(part.strip("{}").split(",")) for part in parts if part)
