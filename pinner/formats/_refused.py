"""Files that cannot be read."""

from typing import NamedTuple

from pinner.finding import Problem, Reading


class Refused(NamedTuple):
    """The reader of a file of which nothing can be said but why."""

    problem: Problem

    def read(self) -> Reading:
        """The problem."""
        return Reading((), problems=(self.problem,))

    def outline(self) -> tuple[str, ...]:
        """Nothing."""
        return ()
