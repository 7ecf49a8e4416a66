"""Compose files. The reader is imported when there is something to read: a hook may have a Dockerfile only."""

from typing import TYPE_CHECKING

from pinner.formats._files import COMPOSE_FILES

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.reference import Reference
    from pinner.source import Source

NAME = "compose"
FILES = COMPOSE_FILES
COST = 2500


def glance(_: "Source", *, many: bool = False) -> "tuple[Reference, ...] | None":  # noqa: ARG001 - Format has it
    """None: what YAML means takes a YAML parser to tell."""
    return None


def read(source: "Source") -> "Reading":
    """Everything that a Compose file says."""
    from pinner.formats import _compose

    return _compose.read(source)


def outline(source: "Source") -> tuple[str, ...]:
    """What no edit may change: every node's tag and value, and the outlines of inline Dockerfiles."""
    from pinner.formats import _compose

    return _compose.outline(source)
