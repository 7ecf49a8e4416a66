"""What the rest of the program knows of a format."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.source import Source


class Reader(Protocol):
    """What has been opened, for looks of two kinds at the cost of one."""

    def read(self) -> "Reading":
        """Everything that the file says. Never raises for what a file may hold: that is a Problem."""
        ...

    def outline(self) -> tuple[str, ...]:
        """What no edit may change: that of an edited file must equal that of the file as it was.

        Raises WriteError where that cannot be told.
        """
        ...


class Format(Protocol):
    """What a module of `pinner.formats` offers.

    FILES is searched in the path of a file.
    """

    NAME: str
    FILES: str

    def open(self, source: "Source") -> Reader:
        """A reader of the file."""
        ...

    def read(self, source: "Source") -> "Reading":
        """What a reader of the file reads."""
        ...
