"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

from typing import TYPE_CHECKING

from pinner.formats._files import DOCKERFILE_FILES

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.reference import Reference
    from pinner.source import Source

NAME = "dockerfile"
FILES = DOCKERFILE_FILES
COST = 50


def glance(source: "Source") -> "tuple[Reference, ...] | None":
    """The references of a Dockerfile with nothing in it for a rule to find; None where it has to be read."""
    from pinner.formats import _glance

    return _glance.glance(source.data)


def read(source: "Source") -> "Reading":
    """Everything that a Dockerfile says."""
    from pinner.formats import _dockerfile

    return _dockerfile.open_source(source).read()


def outline(source: "Source") -> tuple[str, ...]:
    """What no edit may change: instructions with their lines, and stages."""
    from pinner.formats import _dockerfile

    return _dockerfile.open_source(source).outline()


def reread(source: "Source") -> "tuple[Reading, tuple[str, ...]]":
    """What `read` and `outline` say of a file that has references, at the cost of one of them."""
    from pinner.formats import _dockerfile

    reader = _dockerfile.open_source(source)
    return reader.read(), reader.outline()
