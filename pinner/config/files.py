"""The configuration file: finding it, reading it, and where in it a key stands."""

import os
import re
from typing import Any, NamedTuple

from pinner.errors import UsageError

PYPROJECT = "pyproject.toml"
NAMES = ("pinner.toml", ".pinner.toml", PYPROJECT)

# TOML can spell the letters of `pinner` as they are or as escapes, and in no third way.
_MAY_CONFIGURE = re.compile(rb"pinner|\\[uUx]")


class ConfigFile(NamedTuple):
    """A file that configures pinner, and its table: that of `[tool.pinner]` in a pyproject.toml."""

    path: str
    text: str
    table: dict[str, Any]

    @property
    def folder(self) -> str:
        """Where its paths start."""
        return os.path.dirname(self.path) or os.curdir

    def place_of(self, key: str) -> str:
        """The path, with the line if there is just one on which `key` stands as a key."""
        key = rf"(\b|(?<=[\"'])){re.escape(key)}[\"']?\s*[=.\]]"
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) if re.search(key, line)]
        return f"{self.path}:{lines[0]}" if len(lines) == 1 else self.path


def find(folder: str) -> ConfigFile | None:
    """The configuration of the first folder that has one, from `folder` upwards. Raises UsageError."""
    at, above = os.path.abspath(folder), ""
    while at != above:
        for name in NAMES:
            path = os.path.join(at, name)
            if os.path.isfile(path) and (file := _read(os.path.relpath(path))) is not None:
                return file
        at, above = os.path.dirname(at), at
    return None


def read_file(path: str) -> ConfigFile:
    """The configuration in a file that was named. Raises UsageError where there is none."""
    file = _read(path)
    if file is None:
        raise UsageError(f"{path}: there is no table [tool.pinner] in it")
    return file


def _read(path: str) -> ConfigFile | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the configuration: {error.strerror}") from error
    is_pyproject = os.path.basename(path) == PYPROJECT
    if is_pyproject and not _MAY_CONFIGURE.search(data):
        return None
    text, table = _parse(data, path)
    if not is_pyproject:
        return ConfigFile(path, text, table)
    tools = table.get("tool")
    if not isinstance(tools, dict) or "pinner" not in tools:
        return None
    if not isinstance(tools["pinner"], dict):
        raise UsageError(f"{path}: tool.pinner is not a table")
    return ConfigFile(path, text, tools["pinner"])


def _parse(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is no TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: this is no TOML: it is nested too deeply") from error
