"""What the rest of the program knows of a format."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from pinner.model.occurrence import Problem, Reading

if TYPE_CHECKING:
    from pinner.model.source import Source


class Reader(Protocol):
    """What has been opened, for looks of two kinds at the cost of one."""

    def read(self) -> Reading:
        """Return everything that the file says. What a file may hold never raises: that is a Problem."""
        ...

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change: the outline of an edited file must equal that of the file as it was.

        Raises WriteError where that cannot be told.
        """
        ...


class Refused(NamedTuple):
    """The reader of a file of which nothing can be said but why."""

    problem: Problem

    def read(self) -> Reading:
        """Return the problem alone."""
        return Reading((), problems=(self.problem,))

    def outline(self) -> tuple[str, ...]:
        """Return nothing: such a file is never edited."""
        return ()


class Format(Protocol):
    """What a module of `pinner.formats` offers."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """What people call it: in messages, in the configuration, in the list of references."""
        ...

    @property
    def FILES(self) -> str:  # noqa: N802
        """An expression that is searched in a path with `/` between its parts."""
        ...

    def open(self, source: "Source") -> Reader:
        """Return a reader of the file."""
        ...

    def read(self, source: "Source") -> Reading:
        """Return what a reader of the file reads."""
        ...
