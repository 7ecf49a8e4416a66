"""Compose files. The reader is imported when there is something to read: a hook may have a Dockerfile only."""

from typing import TYPE_CHECKING

from pinner.formats._files import COMPOSE_FILES

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.formats._base import Reader
    from pinner.source import Source

NAME = "compose"
FILES = COMPOSE_FILES


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """A reader of a Compose file. Its outline is every node's tag and value, and that of every inline Dockerfile."""
    from pinner.formats import _compose

    return _compose.open_source(source)


def read(source: "Source") -> "Reading":
    """Everything that the file says."""
    return open(source).read()
