"""Dockerfiles. The reader is imported when there is something to read: a hook may have a Compose file only."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinner.formats._base import Reader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source

NAME = "dockerfile"
# A capital letter tells `Dockerfile.go`, an image for Go, from `dockerfile.go`, a source file in Go.
FILES = (
    r"(^|/)([^/]*(\.|[_-](?=[DC])))?([Dd]ocker|[Cc]ontainer)file$"
    r"|(^|/)(?![dc][^/]*\.(c|cc|cpp|go|h|java|kt|lua|php|rb|rs|vim)$)([Dd]ocker|[Cc]ontainer)file"
    r"(?![^/]*\.(bak|bash|cfg|conf|containerignore|csv|diff|dockerignore|drawio|gif|golden|html|ico|ini|jpe?g|js|json"
    r"|lock|log|md|orig|out|patch|pdf|png|ps1|py|rego|rej|rst|sh|snap|sum|svg|swp|toml|ts|tsx|txt|webp|xml|ya?ml)$)"
    r"[._-][^/]*[^/~]$"
)
# A line of many `#` is a comment as any other; one that begins with `#X#` bears the mark of a template.
_COMMENT = rb"#(?!\w+#)"


def open(source: "Source") -> "Reader":  # noqa: A001 - files are opened
    """Return a reader of a Dockerfile. Its outline is the instructions with their lines, and the stages."""
    from pinner.formats.dockerfile import reader

    return reader.open_source(source)


def claims(source: "Source") -> bool:
    """Tell whether a file begins with an instruction, the directive that names a frontend or a template's mark."""
    from pinner.formats._templates import has_mark
    from pinner.formats.dockerfile.instructions import INSTRUCTIONS

    for line in source.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        text = line.strip()
        if not text or re.match(_COMMENT, text):
            continue
        first = text.split(None, 1)[0].decode("latin-1").upper()
        return first in INSTRUCTIONS or has_mark(text.decode("latin-1")) or _begins_with_an_instruction(source)
    return False


def _begins_with_an_instruction(source: "Source") -> bool:
    """Tell whether BuildKit finds a known instruction first, with lines joined, or a `syntax` directive of any form."""
    from pinner.formats.dockerfile.instructions import INSTRUCTIONS, WORD_SEPARATORS, Malformed, divide
    from pinner.formats.variables.text import Text

    try:
        division = divide(Text.of_bytes(source.data))
    except Malformed:
        return False
    first = next(division.every_instruction(), None)
    word = re.split(f"[{WORD_SEPARATORS}]", first.joined().chars, maxsplit=1)[0] if first else ""
    return division.syntax is not None or word.upper() in INSTRUCTIONS


def read(source: "Source") -> "Reading":
    """Return everything that the file says."""
    return open(source).read()
