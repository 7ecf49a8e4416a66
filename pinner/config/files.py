"""The configuration file: finding it, reading it, and where in it a key stands."""

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pinner.model.errors import ReadError, UsageError
from pinner.model.files import checked_root, is_inside, read_file

if TYPE_CHECKING:
    from pinner.scanning.revision import Revision

PYPROJECT = "pyproject.toml"
NAMES = ("pinner.toml", ".pinner.toml", PYPROJECT)

# TOML can spell the letters of `pinner` as they are or as escapes, and in no third way.
_MAY_CONFIGURE = rb"pinner|\\[uUx]"


MAX_SIZE = 1024 * 1024
"""The most bytes that a configuration may have: to parse as much takes a second."""


class ConfigFile(NamedTuple):
    """A file that configures pinner, and its table: that of `[tool.pinner]` in a pyproject.toml.

    One that a flag or a variable names may say more than one that was found: see `pinner.config.found`.
    `prefix` is the Git revision in which it was found, as it stands before a path in messages; empty for the disk.
    """

    path: str
    text: str
    table: dict[str, Any]
    is_named: bool = False
    prefix: str = ""

    @property
    def folder(self) -> str:
        """Where its paths start."""
        return os.path.dirname(self.path) or os.curdir

    def place_of(self, key: str) -> str:
        """Return the path, with the line if there is just one on which `key` stands as a key."""
        key = rf"(\b|(?<=[\"'])){re.escape(key)}[\"']?\s*[=.\]]"
        # tomllib tells no positions. Where the text may mean several places, a wrong line would be worse than none.
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) if re.search(key, line)]
        place = f"{self.prefix}{self.path}"
        return f"{place}:{lines[0]}" if len(lines) == 1 else place


def find_config_file(folder: str, revision: "Revision | None" = None) -> ConfigFile | None:
    """Return the configuration of the first folder that has one, from `folder` upwards. Raises UsageError.

    With a revision the files are those that it holds, and the disk is not looked at.
    """
    at, above = os.path.abspath(folder), ""
    while at != above:
        for name in NAMES:
            path = os.path.relpath(os.path.join(at, name))
            data = None
            if revision:
                data = revision.read(path)
            # What is no folder counts, be it a link to nothing: a configuration that cannot be read is no absent one.
            elif os.path.lexists(path) and not os.path.isdir(path):
                data = _read(path)
            if data is not None and (file := _configuration(path, data, revision=revision)):
                return file
        at, above = os.path.dirname(at), at
    return None


def read_named(path: str) -> ConfigFile:
    """Return the configuration in a file that was named. Raises UsageError where there is none."""
    file = _configuration(path, _read(path), is_named=True)
    if file is None:
        raise UsageError(f"{path}: there is no table [tool.pinner] in it")
    return file


def _read(path: str) -> bytes:
    try:
        return read_file(path, MAX_SIZE)
    except ReadError as error:
        raise UsageError(f"{path}: cannot read the configuration: {error.reason}") from error


def _configuration(
    path: str, data: bytes, *, is_named: bool = False, revision: "Revision | None" = None
) -> ConfigFile | None:
    """Return the configuration in the content of a file; None for a pyproject.toml without one."""
    is_pyproject = os.path.basename(path) == PYPROJECT
    if is_pyproject and not re.search(_MAY_CONFIGURE, data):
        return None
    if not is_named and not revision:
        # Before it is parsed: what is wrong with a file behind a link out of the checkout would be shown, and its keys.
        folder = os.path.realpath(os.path.dirname(path) or os.curdir)
        if not is_inside(os.path.realpath(path), checked_root(folder) or folder):
            raise UsageError(
                f"{path}: the configuration is a link that leaves the checkout: name the file with --config"
            )
    prefix = f"{revision.name}:" if revision else ""
    text, table = _parse(data, prefix + path)
    if is_pyproject:
        table = table.get("tool")
        if not isinstance(table, dict) or "pinner" not in table:
            return None
        table = table["pinner"]
        if not isinstance(table, dict):
            raise UsageError(f"{prefix}{path}: tool.pinner is not a table")
    return ConfigFile(path=path, text=text, table=table, is_named=is_named, prefix=prefix)


def _parse(data: bytes, path: str) -> tuple[str, Any]:
    import tomllib

    try:
        # tomllib refuses the byte-order mark with which editors on Windows begin a file.
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}") from error
    except ValueError as error:
        # Python's own limit, which names a function of Python as the way out.
        raise UsageError(f"{path}: this is no TOML: a number has too many digits") from error
    except RecursionError as error:
        raise UsageError(f"{path}: this is no TOML: it is nested too deeply") from error
