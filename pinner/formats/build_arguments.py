"""The values of `[[build-args]]` in pinner's own configuration, and where they stand in the file."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pinner.formats.variables.text import Text
from pinner.model.occurrence import Reading
from pinner.model.source import UTF8_BOM, Source

NAME = "build-args"
LABEL = "configuration"
# No file is one by its name: a run knows its configuration.
FILES = r"(?!)"
KEY = "build-args"
_VALUES = "values"
_WITHOUT_DIGEST = re.compile(r"(?::latest)?(?:@sha256:[0-9a-f]{64})?\Z")
_PROBE = "0probe0"
_MAX_CANDIDATES = 50


class BuildArgumentsReader:
    """The values of a configuration. `table` is the way to pinner's own table in it."""

    def __init__(self, source: Source, table: Sequence[str] = ()) -> None:
        self.source = source
        self._text = source.data.removeprefix(UTF8_BOM).decode("utf-8", "replace")
        self._start = len(source.data) - len(source.data.removeprefix(UTF8_BOM))
        self._document = _loads(self._text) or {}
        self._table = table

    def read(self) -> Reading:
        """Return nothing: which images the values name depends on the Dockerfiles that get them."""
        return Reading(())

    def outline(self) -> tuple[str, ...]:
        """Return the document without the digests of the values, and without `:latest` before them."""
        document = _loads(self._text) or {}
        for entry in _entries(document, self._table):
            values = entry[_VALUES] if isinstance(entry.get(_VALUES), dict) else {}
            for name, value in values.items():
                values[name] = _WITHOUT_DIGEST.sub("", value) if isinstance(value, str) else value
        return (repr(document),)

    def values(self, number: int) -> Mapping[str, Text]:
        """Return the values of the entry of an index. One that is not written as it reads stands nowhere."""
        entries = _entries(self._document, self._table)
        values = entries[number].get(_VALUES, {}) if number < len(entries) else {}
        return {name: self._text_of(number, name, value) for name, value in values.items() if isinstance(value, str)}

    def _text_of(self, number: int, name: str, value: str) -> Text:
        """Return a value with its bytes, found by what changes in the document when the file changes there.

        tomllib tells no positions, and a reader of TOML of our own could differ from it.
        """
        at = self._text.find(value) if value else -1
        for _ in range(_MAX_CANDIDATES):
            if at < 0:
                break
            end = at + len(value)
            expected = _loads(self._text) or {}
            _entries(expected, self._table)[number][_VALUES][name] = value + _PROBE
            if _loads(self._text[:end] + _PROBE + self._text[end:]) == expected:
                start = self.source.base + self._start + len(self._text[:at].encode())
                data = value.encode()
                return Text(data.decode("latin-1"), range(start, start + len(data)))
            at = self._text.find(value, at + 1)
        return Text.made_up(value.encode().decode("latin-1"))


def claims(_: Source) -> bool:
    """Tell that no content makes a file the configuration."""
    return False


def open(source: Source) -> BuildArgumentsReader:  # noqa: A001
    """Return a reader of the file."""
    return BuildArgumentsReader(source)


def read(source: Source) -> Reading:
    """Return what a reader of the file reads."""
    return open(source).read()


def _loads(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _entries(document: Mapping[str, Any], table: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of `[[build-args]]`, none where the file holds something else by now."""
    at: Any = document
    for name in (*table, KEY):
        at = at.get(name) if isinstance(at, dict) else None
    return [each for each in at if isinstance(each, dict)] if isinstance(at, list) else []
