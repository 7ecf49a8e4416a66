"""Composes the nodes of YAML documents (YAML 1.2.2, section 3.1.2) of the events that ruamel.yaml parses.

The composer of ruamel.yaml takes an eighth of the time that it takes to read a file, and its nodes keep their marks and
tags: about four objects for each, at all of which the garbage collector looks over and over.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from ruamel.yaml import (
    YAML,
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingNode,
    MappingStartEvent,
    ScalarEvent,
    ScalarNode,
    SequenceNode,
    SequenceStartEvent,
)

from pinner.formats.yaml.nodes import MAX_DEPTH, STRING, Entry, Node

_KINDS: dict[type, Any] = {ScalarEvent: ScalarNode, SequenceStartEvent: SequenceNode, MappingStartEvent: MappingNode}


class ComposeError(Exception):
    """Why no nodes can be composed, in `problem`, and where, as the errors of ruamel.yaml say it."""

    def __init__(self, problem: str, problem_mark: Any) -> None:
        super().__init__(problem)
        self.problem = problem
        self.problem_mark = problem_mark


class TooDeepError(ComposeError):
    """Nodes stand in one another, more of them than pinner reads."""


def compose_documents(text: str) -> list[list[Node]]:
    """Return the nodes of each document in the order of the file, each node once: the first one is the root.

    Raises ComposeError and what ruamel.yaml raises, which is not only YAMLError.
    """
    yaml = _parser()
    # What the directives of the file before say holds there alone.
    yaml.version = None
    yaml.doc_infos.clear()
    # Closed whatever happens: only then the parser is where a file begins.
    with closing(yaml.parse(text)) as events:
        return [_DocumentNodes(yaml, events).nodes for event in events if isinstance(event, DocumentStartEvent)]


class Token(NamedTuple):
    """A token by the name of its class, from the character `start` on a 1-based line to `end`."""

    name: str
    line: int
    start: int
    end: int


def scan_tokens(text: str) -> tuple[list[Token], str, int]:
    """Return the tokens of a text, and why and at which character there are no more."""
    found: list[Token] = []
    with closing(_parser().scan(text)) as tokens:
        try:
            for each in tokens:
                start, end = each.start_mark, each.end_mark
                token = Token(name=type(each).__name__, line=start.line + 1, start=start.index, end=end.index)
                found.append(token)
        except Exception as error:  # noqa: BLE001 - ruamel.yaml raises ValueError, OverflowError and others too
            mark = getattr(error, "problem_mark", None)
            return found, str(getattr(error, "problem", "")), mark.index if mark else len(text)
    return found, "", len(text)


@cache
def _parser() -> YAML:
    """Return the parser of all files: one for each would leave hundreds of objects that refer to one another."""
    # The parser in C crashes where a file is nested deeply.
    return YAML(typ="safe", pure=True)


class _DocumentNodes:
    """The nodes of the document that has begun in `events`; anchors are those of one document."""

    def __init__(self, yaml: YAML, events: Iterator[Any]) -> None:
        self.nodes: list[Node] = []
        self._resolver = yaml.resolver
        # By their first characters, what plain scalars may be but strings in the version that the document says.
        self._not_strings = yaml.resolver.versioned_resolver
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._compose(next(events), 1)

    def _compose(self, event: Any, depth: int) -> Node:
        """Return the node that begins with `event`, which is the document's at a depth of 1, or the one it aliases."""
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise ComposeError(f"found undefined alias {event.anchor!r}", event.start_mark)
            return self._anchors[event.anchor]
        if depth > MAX_DEPTH:
            raise TooDeepError("too deep", event.start_mark)
        node = self._new_node(event)
        self.nodes.append(node)
        # An alias means the last node before it that has the anchor (section 3.2.2.2), which may be one it stands in.
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if node.id != "scalar":
            self._fill(node, depth)
        return node

    def _fill(self, collection: Node, depth: int) -> None:
        """Compose what stands in a collection at a depth, up to the event that ends it."""
        children = []
        for event in self._events:
            if isinstance(event, CollectionEndEvent):
                collection.end = event.end_mark.index
                break
            children.append(self._compose(event, depth + 1))
        is_mapping = collection.id == "mapping"
        collection.value = list(map(Entry, children[::2], children[1::2])) if is_mapping else children

    def _new_node(self, event: Any) -> Node:
        """Return the node that begins with `event`, a collection without what stands in it."""
        kind = _KINDS[type(event)]
        is_scalar = kind is ScalarNode
        tag = event.tag
        # `!` alone stands for the tag that the node has without one.
        if tag is None or tag == "!":
            tag = self._tag_without_one(event, kind)
        return Node(
            id=kind.id,
            tag=sys.intern(tag),
            anchor=event.anchor,
            style=event.style if is_scalar else None,
            value=event.value if is_scalar else [],
            start=event.start_mark.index,
            end=event.end_mark.index,
        )

    def _tag_without_one(self, event: Any, kind: type) -> str:
        """Return the tag of a node of which none is written (section 10.3.2)."""
        # Most scalars begin as nothing but a string does: to ask the resolver about them takes ten times as long.
        if kind is ScalarNode and event.value[:1] not in self._not_strings:
            return STRING
        return str(self._resolver.resolve(kind, event.value if kind is ScalarNode else [], event.implicit))
