"""What the rest of the program knows of a format."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from pinner.formats._templates import as_template
from pinner.model.occurrence import Problem, Reading, Template

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
    template: Template | None = None

    def unless_template(self, source: "Source") -> "Refused":
        """Return this reader, or one that says that the file in `source` is a template."""
        return self._replace(template=as_template(self.read(), source).template)

    def read(self) -> Reading:
        """Return the problem alone, or that the file still has to be rendered."""
        return Reading((), template=self.template) if self.template else Reading((), problems=(self.problem,))

    def outline(self) -> tuple[str, ...]:
        """Return nothing: such a file is never edited."""
        return ()


class Format(Protocol):
    """What a module of `pinner.formats` offers.

    FILES is searched in the path of a file.
    """

    NAME: str
    FILES: str

    def claims(self, source: "Source") -> bool:
        """Tell by its content whether a file may be of this format, where its name does not decide."""
        ...

    def open(self, source: "Source") -> Reader:
        """Return a reader of the file."""
        ...

    def read(self, source: "Source") -> Reading:
        """Return what a reader of the file reads."""
        ...
