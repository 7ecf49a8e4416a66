"""Patterns of file names in the syntax of `.gitignore`."""

import os
from collections.abc import Callable
from typing import NamedTuple

from pinner.model.errors import UsageError


class Patterns(NamedTuple):
    """Lines of a `.gitignore` that would lie in `folder`."""

    lines: tuple[str, ...] = ()
    folder: str = os.curdir

    def matcher(self) -> Callable[[str], bool]:
        """Return a function that tells whether a path, relative or absolute, matches; the last line that does decides.

        Raises UsageError for a line that is no pattern.
        """
        if not self.lines:
            return lambda _: False
        from pathspec import GitIgnoreSpec

        try:
            spec = GitIgnoreSpec.from_lines(self.lines)
        except ValueError as error:
            raise UsageError(str(error)) from error
        return lambda path: spec.match_file(os.path.relpath(path, self.folder))


NO_PATTERNS = Patterns()
