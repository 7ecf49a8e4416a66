"""The file kinds that pinner reads: Dockerfiles and Compose files by readers of their own, all others by a table."""

from pinner.formats import compose, dockerfile
from pinner.formats._base import Format
from pinner.formats.places import Places

__all__ = ["COMPOSE", "DOCKERFILE", "FORMATS", "Format", "Places", "file_patterns", "kind_names"]

DOCKERFILE: Format = dockerfile
COMPOSE: Format = compose
FORMATS: tuple[Format, ...] = (DOCKERFILE, COMPOSE)
"""Those that are known by their names; every other YAML or JSON file is opened to see what it is."""


def kind_names() -> tuple[str, ...]:
    """Return the names of all kinds of files, as the configuration and the list of references have them."""
    from pinner.formats.places.table import KINDS

    return (*(each.NAME for each in FORMATS), *(kind.name for kind in KINDS))


def file_patterns() -> str:
    """Return the expression that the hooks search in paths: the files of which the name alone says what they are."""
    from pinner.formats.places.table import KINDS

    kinds = (kind.pattern for kind in KINDS if not kind.is_by_content)
    return "|".join([*(each.FILES for each in FORMATS), *kinds])
