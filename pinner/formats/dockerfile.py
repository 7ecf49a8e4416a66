"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

from pinner.finding import Reading
from pinner.formats._files import DOCKERFILE_FILES
from pinner.source import Source

NAME = "dockerfile"
FILES = DOCKERFILE_FILES


def read(source: Source) -> Reading:
    """Everything that a Dockerfile says."""
    from pinner.formats import _dockerfile

    return _dockerfile.read(source)


def outline(source: Source) -> tuple[str, ...]:
    """What no edit may change: instructions with their lines, and stages."""
    from pinner.formats import _dockerfile

    return _dockerfile.outline(source)
