"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

from typing import TYPE_CHECKING

from pinner.formats._files import DOCKERFILE_FILES

if TYPE_CHECKING:
    from pinner.formats._base import Reader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source

NAME = "dockerfile"
FILES = DOCKERFILE_FILES


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """Return a reader of a Dockerfile. Its outline is the instructions with their lines, and the stages."""
    from pinner.formats.dockerfile import reader

    return reader.open_source(source)


def claims(source: "Source") -> bool:
    """Tell whether the first instruction of a file, or a template mark before it, is one of a Dockerfile."""
    from pinner.formats._templates import has_mark
    from pinner.formats.dockerfile.instructions import INSTRUCTIONS

    for line in source.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        text = line.strip()
        if not text or (text.startswith(b"#") and not text.endswith(b"#")):
            continue
        first = text.split(None, 1)[0].decode("latin-1").upper()
        return first in INSTRUCTIONS or has_mark(text.decode("latin-1"))
    return False


def read(source: "Source") -> "Reading":
    """Return everything that the file says."""
    return open(source).read()
