"""What the rest of the program knows of a format."""

from typing import Protocol

from pinner.finding import Reading
from pinner.source import Source


class Format(Protocol):
    """What a module of `pinner.formats` offers. FILES is searched in the path of a file."""

    NAME: str
    FILES: str

    def read(self, source: Source) -> Reading:
        """Everything that the file says. Never raises for what a file may hold: that is a Problem."""
        ...

    def outline(self, source: Source) -> tuple[str, ...]:
        """What no edit may change: that of an edited file must equal that of the file as it was."""
        ...
