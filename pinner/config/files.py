"""The configuration file: finding it, reading it, and where in it a key stands."""

import os
import re
from functools import partial
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
    `revision` names the Git revision in which it was found, empty for the disk.
    """

    path: str
    text: str
    table: dict[str, Any]
    is_named: bool = False
    revision: str = ""

    @property
    def folder(self) -> str:
        """Where its paths start."""
        return os.path.dirname(self.path) or os.curdir

    def place_of(self, key: str) -> str:
        """Return the path, with the line if there is just one on which `key` stands as a key."""
        key = rf"(\b|(?<=[\"'])){re.escape(key)}[\"']?\s*[=.\]]"
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) if re.search(key, line)]
        shown = _shown(self.path, self.revision)
        return f"{shown}:{lines[0]}" if len(lines) == 1 else shown


def find(folder: str, revision: "Revision | None" = None) -> ConfigFile | None:
    """Return the configuration of the first folder that has one, from `folder` upwards. Raises UsageError.

    With a revision the files are those that it holds, and the disk is not looked at.
    """
    read = partial(_of_revision, revision) if revision else _of_disk
    at, above = os.path.abspath(folder), ""
    while at != above:
        for name in NAMES:
            if (file := read(os.path.relpath(os.path.join(at, name)))) is not None:
                return file
        at, above = os.path.dirname(at), at
    return None


def read_named(path: str) -> ConfigFile:
    """Return the configuration in a file that was named. Raises UsageError where there is none."""
    file = _read(path, is_named=True)
    if file is None:
        raise UsageError(f"{path}: there is no table [tool.pinner] in it")
    return file


def _of_disk(path: str) -> ConfigFile | None:
    # What is no folder counts, be it a link to nothing: a configuration that cannot be read is no absent one.
    if not os.path.lexists(path) or os.path.isdir(path):
        return None
    return _read(path, is_named=False)


def _of_revision(revision: "Revision", path: str) -> ConfigFile | None:
    data = revision.read(path)
    if data is None or not _may_configure(path, data):
        return None
    return _configuration(path, data, revision=revision.name)


def _read(path: str, *, is_named: bool) -> ConfigFile | None:
    try:
        data = read_file(path, MAX_SIZE)
    except ReadError as error:
        raise UsageError(f"{path}: cannot read the configuration: {error.reason}") from error
    if not _may_configure(path, data):
        return None
    if not is_named:
        _require_own(path)
    return _configuration(path, data, is_named=is_named)


def _may_configure(path: str, data: bytes) -> bool:
    return os.path.basename(path) != PYPROJECT or re.search(_MAY_CONFIGURE, data) is not None


def _configuration(path: str, data: bytes, *, is_named: bool = False, revision: str = "") -> ConfigFile | None:
    """Return the configuration in the content of a file; None for a pyproject.toml without one."""
    shown = _shown(path, revision)
    text, table = _parse(data, shown)
    if os.path.basename(path) != PYPROJECT:
        return ConfigFile(path=path, text=text, table=table, is_named=is_named, revision=revision)
    tools = table.get("tool")
    if not isinstance(tools, dict) or "pinner" not in tools:
        return None
    if not isinstance(tools["pinner"], dict):
        raise UsageError(f"{shown}: tool.pinner is not a table")
    return ConfigFile(path=path, text=text, table=tools["pinner"], is_named=is_named, revision=revision)


def _shown(path: str, revision: str) -> str:
    return f"{revision}:{path}" if revision else path


def _require_own(path: str) -> None:
    """Refuse a link out of the checkout: what is wrong with the file behind it would be shown, and its keys."""
    folder = os.path.realpath(os.path.dirname(path) or os.curdir)
    if not is_inside(os.path.realpath(path), checked_root(folder) or folder):
        raise UsageError(f"{path}: the configuration is a link that leaves the checkout: name the file with --config")


def _parse(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}") from error
    except ValueError as error:
        # Python's own limit, which names a function of Python as the way out.
        raise UsageError(f"{path}: this is no TOML: a number has too many digits") from error
    except RecursionError as error:
        raise UsageError(f"{path}: this is no TOML: it is nested too deeply") from error
