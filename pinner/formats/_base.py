"""The Protocols of a format and of its reader."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from pinner.formats._templates import as_template
from pinner.model.occurrence import Problem, Reading, Template

if TYPE_CHECKING:
    from pinner.model.source import Source


class Reader(Protocol):
    """An opened file, whose reading and outline share one parse."""

    def read(self) -> Reading:
        """Return everything that the file says. What a file may hold never raises: that is a Problem."""
        ...

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change: the outline of an edited file must equal that of the file as it was.

        Raises WriteError where that cannot be told.
        """
        ...


class Refused(NamedTuple):
    """The reader of a file that cannot be parsed."""

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
    """A module of `pinner.formats`, or a value that offers the same.

    NAME is its identifier. FILES is a regular expression that is searched in the whole path of a file, with `/` between
    its parts. It goes further than Renovate's and Dependabot's where a
    name can hardly mean anything else, and leaves out names whose extension says that the file is something else.
    """

    @property
    def NAME(self) -> str: ...  # noqa: N802

    @property
    def FILES(self) -> str: ...  # noqa: N802

    def claims(self, source: "Source") -> bool:
        """Tell by its content whether a file may be of this format, where its name does not decide."""
        ...

    def open(self, source: "Source") -> Reader:
        """Return a reader of the file."""
        ...

    def read(self, source: "Source") -> Reading:
        """Return what a reader of the file reads."""
        ...
