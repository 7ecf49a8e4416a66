"""The file kinds that pinner reads. To add one: a module here and a line in FORMATS."""

from pinner.formats import compose, dockerfile
from pinner.formats._base import Format

__all__ = ["COMPOSE", "DOCKERFILE", "FORMATS", "Format", "compose", "dockerfile"]

DOCKERFILE: Format = dockerfile
COMPOSE: Format = compose
FORMATS: tuple[Format, ...] = (DOCKERFILE, COMPOSE)
