"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinner.formats._base import Reader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source

NAME = "dockerfile"
LABEL = "Dockerfile"
# A capital letter tells `Dockerfile.go`, an image for Go, from `dockerfile.go`, a source file in Go.
FILES = (
    r"(^|/)([^/]*(\.|[_-](?=[DC])))?([Dd]ocker|[Cc]ontainer)file$"
    r"|(^|/)(?![dc][^/]*\.(c|cc|cpp|go|h|java|kt|lua|php|rb|rs|vim)$)([Dd]ocker|[Cc]ontainer)file"
    r"(?![^/]*\.(bak|bash|cfg|conf|containerignore|diff|dockerignore|html|ini|js|json|lock|log|md|orig|patch|ps1|py"
    r"|rej|rst|sh|swp|toml|ts|tsx|txt|xml|ya?ml)$)[._-][^/]*[^/~]$"
)


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """Return a reader of a Dockerfile. Its outline is the instructions with their lines, and the stages."""
    from pinner.formats.dockerfile import reader

    return reader.open_source(source)


def read(source: "Source") -> "Reading":
    """Return everything that the file says."""
    return open(source).read()
