"""The kinds of files that pinner reads. To add one: a module here and a line in FORMATS.

Names of files, settings, help texts and the patterns of the hooks follow from that line.
"""

from pinner.formats import compose, dockerfile
from pinner.formats._base import Format

__all__ = ["COMPOSE", "DOCKERFILE", "FORMATS", "Format", "compose", "dockerfile", "file_patterns", "labels"]

DOCKERFILE: Format = dockerfile
COMPOSE: Format = compose
FORMATS: tuple[Format, ...] = (DOCKERFILE, COMPOSE)


def file_patterns() -> str:
    """Return the regular expression that the hooks search in paths: the union of all FILES."""
    return "|".join(each.FILES for each in FORMATS)


def labels(conjunction: str, ending: str = "") -> str:
    """Return what the files of all formats are called: `Dockerfiles and Compose files` for `and` and `s`."""
    *others, last = (each.LABEL + ending for each in FORMATS)
    return f"{', '.join(others)} {conjunction} {last}" if others else last
