"""What the rest of the program knows of a format."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pinner.finding import Reading
    from pinner.reference import Reference
    from pinner.source import Source


class Reader(Protocol):
    """What has been opened, for looks of two kinds at the cost of one."""

    def read(self) -> "Reading":
        """Everything that the file says. Never raises for what a file may hold: that is a Problem."""
        ...

    def outline(self) -> tuple[str, ...]:
        """What no edit may change: that of an edited file must equal that of the file as it was."""
        ...


class Format(Protocol):
    """What a module of `pinner.formats` offers.

    FILES is searched in the path of a file. COST is how long it takes to read one, in microseconds, roughly.
    """

    NAME: str
    FILES: str
    COST: int

    def glance(self, source: "Source", *, many: bool = False) -> "tuple[Reference, ...] | None":
        """The references of a file that needs no reading: all pinned, and nothing in it for a rule to find.

        One for each occurrence, all with tag and digest. None where the file has to be read. With `many` it is one of
        hundreds: preparations pay.
        """
        ...

    def open(self, source: "Source") -> Reader:
        """A reader of the file."""
        ...

    def read(self, source: "Source") -> "Reading":
        """What a reader of the file reads."""
        ...
