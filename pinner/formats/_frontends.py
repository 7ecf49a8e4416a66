"""The frontend of BuildKit that a Dockerfile asks for in `# syntax=`."""

from pinner.errors import InvalidReference
from pinner.formats._text import Text
from pinner.reference import parse

_OF_DOCKER = ("docker/dockerfile", "docker/dockerfile-upstream")


def is_foreign(syntax: Text | None) -> bool:
    """Whether it may know more instructions than Docker's own frontend does."""
    try:
        return syntax is not None and parse(syntax.chars).repository not in _OF_DOCKER
    except InvalidReference:
        return False
