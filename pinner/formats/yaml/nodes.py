"""The nodes of a YAML file."""

from typing import Any, NamedTuple

MAX_DEPTH = 100
TAG = "tag:yaml.org,2002:"
STRING = f"{TAG}str"
_NOT_STRINGS = frozenset(f"{TAG}{kind}" for kind in ("bool", "float", "int", "null", "timestamp"))


class Node:
    """A node, by its `id` a scalar, a sequence or a mapping, from the character `start` of the file to `end`.

    `value` is a string, a list of nodes, or a list of entries. A scalar without a `style` is plain. An alias is the
    node that has the `anchor`.
    """

    __slots__ = ("anchor", "end", "id", "start", "style", "tag", "value")

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - as ruamel.yaml calls it
        tag: str,
        anchor: str | None,
        style: str | None,
        value: Any,
        start: int,
        end: int,
    ) -> None:
        self.id = id
        self.tag = tag
        self.anchor = anchor
        self.style = style
        self.value = value
        self.start = start
        self.end = end


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
