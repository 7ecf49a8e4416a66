"""Patterns of file names in the syntax of `.gitignore`."""

import os
import re
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Stars multiply: to match takes as many steps as the length of a path to the power of their number. With these, a path
# of 4,000 characters takes a second at the worst.
MOST_STARS = 3
MOST_DOUBLE_STARS = 2


class TooManyStars(ValueError):
    """A pattern that could take for ever to match."""


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
        try:
            spec = compile_patterns(self.lines)
        except ValueError as error:
            raise UsageError(str(error)) from error
        return lambda path: spec.match_file(os.path.relpath(path, self.folder))


NO_PATTERNS = Patterns()


def compile_patterns(lines: Iterable[str]) -> "GitIgnoreSpec":
    """Return the lines of a `.gitignore` as one pattern. Raises ValueError for one that is none, or TooManyStars."""
    from pathspec import GitIgnoreSpec

    lines = list(lines)
    for line in lines:
        _require_few_stars(line)
    try:
        with warnings.catch_warnings():
            # Of a class such as `[[:alpha:]]` Python says that its meaning may change.
            warnings.simplefilter("ignore", FutureWarning)
            return GitIgnoreSpec.from_lines(lines)
    except re.error as error:
        raise ValueError(f"{', '.join(lines)} holds no valid range: {error.msg}") from error


def _require_few_stars(line: str) -> None:
    """Raise TooManyStars. A `*` alone between two slashes matches in one way, and so does a `**` at the end."""
    if line.startswith("#"):
        return
    if "***" in line:
        raise TooManyStars(f"{line} has three * in a row")
    parts = line.strip().lstrip("!").strip("/").removesuffix("/**").split("/")
    if sum(part.count("*") for part in parts if part not in ("*", "**")) > MOST_STARS:
        raise TooManyStars(f"{line} has more than {MOST_STARS} * beside other characters")
    if parts.count("**") > MOST_DOUBLE_STARS:
        raise TooManyStars(f"{line} has more than {MOST_DOUBLE_STARS} ** before its end")
