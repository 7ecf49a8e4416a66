"""The nodes of a YAML file, as ruamel.yaml composes them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

TAG = "tag:yaml.org,2002:"
_NOT_STRINGS = frozenset(f"{TAG}{kind}" for kind in ("bool", "float", "int", "null", "timestamp"))


class Node(Protocol):
    """A node of ruamel.yaml. `value` is a string, a list of nodes, or a list of pairs of nodes.

    The marks hold the `index` of a character and its `line`, both from 0. A lone CR ends a line too.
    """

    id: str
    tag: str
    anchor: str | None
    style: str | None
    value: Any
    start_mark: Any
    end_mark: Any


class Entry(NamedTuple):
    """A key and its value. An item of a sequence stands for both."""

    key: Node
    value: Node


def is_null(node: Node) -> bool:
    """Return whether a node is the null value."""
    return node.id == "scalar" and node.tag == f"{TAG}null"


def is_string(node: Node) -> bool:
    """Return whether a scalar is a string: `1.10` and `012` are not."""
    return node.tag not in _NOT_STRINGS


def walk(documents: Iterable[Node]) -> Iterator[Node]:
    """Yield every node once, in the order of the file."""
    seen: set[int] = set()
    waiting = list(documents)[::-1]
    while waiting:
        node = waiting.pop()
        # Only what has an anchor can be reached twice.
        if node.anchor is not None:
            if id(node) in seen:
                continue
            seen.add(id(node))
        yield node
        if node.id == "sequence":
            waiting += node.value[::-1]
        elif node.id == "mapping":
            waiting += [child for pair in reversed(node.value) for child in reversed(pair)]
