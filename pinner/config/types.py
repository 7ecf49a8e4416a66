"""The types of settings. They are data: one table serves the reader, the JSON schema and the documentation."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Boolean(NamedTuple):
    """True or false."""


class Integer(NamedTuple):
    """A whole number from `minimum` on."""

    minimum: int
    maximum: int | None = None


class Number(NamedTuple):
    """A finite number from `minimum` on."""

    minimum: float
    maximum: float | None = None


class Choice(NamedTuple):
    """One of `choices`, which are `noun`s. `make` turns it into what `Settings` holds."""

    noun: str
    choices: tuple[str, ...]
    make: Callable[[str], object] = str


class String(NamedTuple):
    """A string. `meaning` says to people what it is, and `pattern`, a regular expression for all of it, to programs.

    `make` turns it into what `Settings` holds, or raises ValueError with a sentence for people.
    """

    meaning: str
    pattern: str
    make: Callable[[str], object] = str


class File(NamedTuple):
    """The path of a file; in a configuration file it starts at that file's folder.

    With `in_folder` a configuration that was found may name only files in its folder: see `pinner.config.found`.
    """

    in_folder: bool = False


class PatternList(NamedTuple):
    """Any number of lines in the syntax of `.gitignore`; a configuration file's start at that file's folder."""


class Reports(NamedTuple):
    """Formats of reports, each with `=FILE` behind it, or without and on standard output.

    At most one goes there, or several of those that may stand `together`.
    """

    formats: tuple[str, ...]
    together: frozenset[str]


class List(NamedTuple):
    """Any number of items."""

    item: "Choice | String | Table"


class OpenTable(NamedTuple):
    """A table with names of the user's choosing. The names in `special` have a type of their own."""

    name: Choice | String
    value: "Choice | String | PatternList | Table"
    special: "Mapping[str, Table]"


class Table(NamedTuple):
    """A table with the names of `keys`. `make` takes the values that are given as keyword arguments."""

    keys: "tuple[Key, ...]"
    make: Callable[..., object]


Type = Boolean | Integer | Number | Choice | String | File | PatternList | Reports | List | OpenTable | Table


class Key(NamedTuple):
    """One setting. `default` is as TOML would hold it, None where nothing is in force unless it is given.

    `example` is TOML. A key that is not `in_file` is known to the environment and the flags alone.
    """

    name: str
    type: Type
    default: Any
    summary: str
    example: str = ""
    required: bool = False
    in_file: bool = True

    @property
    def field(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")

    @property
    def in_environment(self) -> bool:
        """Return whether a variable can hold it: no table fits into one."""
        innermost = self.type.item if isinstance(self.type, List) else self.type
        return not isinstance(innermost, Table | OpenTable)
