"""The file kinds that pinner reads. To add one: a module here and a line in FORMATS."""

from pinner.formats import compose, dockerfile, dotenv
from pinner.formats._base import Format

__all__ = ["COMPOSE", "DOCKERFILE", "DOTENV", "FORMATS", "Format", "compose", "dockerfile", "dotenv"]

DOCKERFILE: Format = dockerfile
COMPOSE: Format = compose
DOTENV: Format = dotenv
FORMATS: tuple[Format, ...] = (DOCKERFILE, COMPOSE, DOTENV)
