"""Compose files. The reader is imported when there is something to read: a hook may have a Dockerfile only."""

import re
from typing import TYPE_CHECKING

from pinner.model.source import UTF16_BOMS

if TYPE_CHECKING:
    from pinner.formats._base import Reader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source

NAME = "compose"
# Workflows named after the Compose project they test are common, and are no Compose files.
FILES = (
    r"(^|/)(?<!\.github/workflows/)([^/]*\.|([^/]*[._-])?(docker|podman|container)[_-])?compose([._-][^/]*)?\.ya?ml$"
)
MAIN_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose finds by itself, in the order of its preference."""
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""What it reads beside one of these, the first that is there."""
# At any depth: a merge key may bring it to the top. The key `/services` of an API is another.
SERVICES_KEY = rb"(?<![\w./-])services[\"']?\s*:"
# Escapes and base64 may hide the key.
_MAY_BE_MANIFEST = rb"apiVersion|\\[xuU\r\n]|binary"


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """Return a reader of a Compose file. Its outline holds every node, and those of the inline Dockerfiles."""
    from pinner.formats.compose import reader

    return reader.open_source(source)


def claims(source: "Source") -> bool:
    """Tell by its content whether a file is a Compose file, whatever its name."""
    # Compose reads UTF-16, and pinner says that it does not. In that, characters of ASCII have a zero each.
    is_utf16 = source.data.startswith(UTF16_BOMS)
    if not re.search(SERVICES_KEY, source.data.replace(b"\0", b"") if is_utf16 else source.data):
        return False
    from pinner.formats.compose import reader

    return is_utf16 or reader.claims(source)


def holds_manifests(source: "Source") -> bool:
    """Tell whether all documents of a file are manifests of Kubernetes: kubectl reads those, whatever its name."""
    if not re.search(_MAY_BE_MANIFEST, source.data):
        return False
    from pinner.formats.compose import reader

    return reader.are_all_manifests(source)


def read(source: "Source") -> "Reading":
    """Return everything that the file says."""
    return open(source).read()
