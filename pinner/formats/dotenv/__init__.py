"""Files of variables, from which Compose takes values. The reader is imported when there is something to read."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinner.formats.dotenv.reader import DotenvReader
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source

NAME = "dotenv"
FILES = r"(^|/)\.env$"


def claims(_: "Source") -> bool:
    """Return false: only its name tells what a `.env` is."""
    return False


def open(source: "Source") -> "DotenvReader":  # noqa: A001 - files are opened
    """Return a reader of a `.env`."""
    from pinner.formats.dotenv.reader import DotenvReader

    return DotenvReader(source)


def read(source: "Source") -> "Reading":
    """Return what the file says by itself."""
    return open(source).read()
