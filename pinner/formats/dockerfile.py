"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

from typing import TYPE_CHECKING

from pinner.formats._files import DOCKERFILE_FILES

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.formats._base import Reader
    from pinner.reference import Reference
    from pinner.source import Source

NAME = "dockerfile"
FILES = DOCKERFILE_FILES
COST = 50


def glance(source: "Source", *, many: bool = False) -> "tuple[Reference, ...] | None":
    """The references of a Dockerfile with nothing in it for a rule to find; None where it has to be read."""
    from pinner.formats import _glance, _possessive

    if not (many and _possessive.IS_RELIABLE):
        return _glance.glance(source.data)
    from pinner.formats._advance import ADVANCE

    return _glance.glance(source.data, ADVANCE)


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """A reader of a Dockerfile. Its outline are the instructions with their lines, and the stages."""
    from pinner.formats import _dockerfile

    return _dockerfile.open_source(source)


def read(source: "Source") -> "Reading":
    """Everything that the file says."""
    return open(source).read()
