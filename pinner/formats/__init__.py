"""The file kinds that pinner reads: Dockerfiles and Compose files by readers of their own, all others by a table."""

from pinner.formats import compose, dockerfile, dotenv
from pinner.formats._base import Format
from pinner.formats.places import Places

__all__ = [
    "COMPOSE",
    "DOCKERFILE",
    "DOTENV",
    "FORMATS",
    "Format",
    "Places",
    "file_patterns",
    "is_claimed_by_name",
    "kind_names",
]

DOCKERFILE: Format = dockerfile
COMPOSE: Format = compose
DOTENV: Format = dotenv
FORMATS: tuple[Format, ...] = (DOCKERFILE, COMPOSE, DOTENV)
"""Those that are known by their names; every other YAML or JSON file is opened to see what it is."""


def kind_names() -> tuple[str, ...]:
    """Return the names of all kinds of files, as the configuration and the list of references have them."""
    from pinner.formats.places.table import KINDS

    return (*(each.NAME for each in FORMATS), *(kind.name for kind in KINDS))


def is_claimed_by_name(path: str) -> bool:
    """Return whether the name of a file alone says of which kind of the table it is."""
    from pinner.formats.places.table import KINDS

    path = path.replace("\\", "/")
    return any(kind.has_name(path) for kind in KINDS if not kind.is_by_content)


def file_patterns() -> str:
    """Return the expression that the hooks search in paths: the files of which the name alone says what they are."""
    from pinner.formats.places.table import KINDS

    kinds = (kind.pattern for kind in KINDS if not kind.is_by_content)
    return "|".join([*(each.FILES for each in FORMATS), *kinds])
