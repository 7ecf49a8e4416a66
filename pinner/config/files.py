"""The configuration file: finding it, reading it, and where in it a key stands."""

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pinner.errors import UsageError

if TYPE_CHECKING:
    from pinner.revision import Revision

PYPROJECT = "pyproject.toml"
NAMES = ("pinner.toml", ".pinner.toml", PYPROJECT)

# TOML can spell the letters of `pinner` as they are or as escapes, and in no third way.
_MAY_CONFIGURE = re.compile(rb"pinner|\\[uUx]")


class ConfigFile(NamedTuple):
    """A file that configures pinner, and its table: that of `[tool.pinner]` in a pyproject.toml.

    `revision` names the Git revision in which it stands, empty for the work tree.
    """

    path: str
    text: str
    table: dict[str, Any]
    revision: str = ""

    @property
    def folder(self) -> str:
        """Where its paths start."""
        return os.path.dirname(self.path) or os.curdir

    def place_of(self, key: str) -> str:
        """The path, with the line if there is just one on which `key` stands as a key."""
        key = rf"(\b|(?<=[\"'])){re.escape(key)}[\"']?\s*[=.\]]"
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) if re.search(key, line)]
        shown = _shown(self.path, self.revision)
        return f"{shown}:{lines[0]}" if len(lines) == 1 else shown


def find(folder: str, revision: "Revision | None" = None) -> ConfigFile | None:
    """The configuration of the first folder that has one, from `folder` upwards. Raises UsageError.

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


def read_file(path: str) -> ConfigFile:
    """The configuration in a file that was named. Raises UsageError where there is none."""
    file = _read(path)
    if file is None:
        raise UsageError(f"{path}: there is no table [tool.pinner] in it")
    return file


def _of_disk(path: str) -> ConfigFile | None:
    return _read(path) if os.path.isfile(path) else None


def _of_revision(revision: "Revision", path: str) -> ConfigFile | None:
    data = revision.read(path)
    return None if data is None else _configuration(path, data, revision.name)


def _read(path: str) -> ConfigFile | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the configuration: {error.strerror}") from error
    return _configuration(path, data)


def _configuration(path: str, data: bytes, revision: str = "") -> ConfigFile | None:
    """The configuration that a file's content is; None for a pyproject.toml without one."""
    is_pyproject = os.path.basename(path) == PYPROJECT
    if is_pyproject and not _MAY_CONFIGURE.search(data):
        return None
    shown = _shown(path, revision)
    text, table = _parse(data, shown)
    if not is_pyproject:
        return ConfigFile(path, text, table, revision)
    tools = table.get("tool")
    if not isinstance(tools, dict) or "pinner" not in tools:
        return None
    if not isinstance(tools["pinner"], dict):
        raise UsageError(f"{shown}: tool.pinner is not a table")
    return ConfigFile(path, text, tools["pinner"], revision)


def _shown(path: str, revision: str) -> str:
    return f"{revision}:{path}" if revision else path


def _parse(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: this is no TOML: it is nested too deeply") from error
