"""The values of `[[build-args]]` in pinner's own configuration, and where they stand in the file."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pinner.formats.variables.text import NOWHERE, Text
from pinner.model.occurrence import Reading
from pinner.model.source import UTF8_BOM, Source

NAME = "build-args"
# No file is one by its name: a run knows its configuration.
FILES = r"(?!)"
KEY = "build-args"
_VALUES = "values"
_WRITTEN = re.compile(r"(?::latest)?(?:(?:@|\A)sha256:[0-9a-f]{64})?\Z")
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
                values[name] = _WRITTEN.sub("", value) if isinstance(value, str) else value
        return (repr(document),)

    def values(self, number: int) -> Mapping[str, Text]:
        """Return the values of the entry of an index, each with where its bytes stand."""
        entries = _entries(self._document, self._table)
        values = entries[number].get(_VALUES, {}) if number < len(entries) else {}
        texts = {}
        for name, value in values.items():
            if isinstance(value, str):
                data = value.encode()
                end = self._end_of(number, name, value, value)
                if end is not None:
                    offsets: Sequence[int] = range(end - len(data), end)
                else:
                    # With escapes none of it stands there: all of it has the offset of its last byte.
                    ends = (self._end_of(number, name, value, quote) for quote in ('"', "'"))
                    offsets = [next((each - 1 for each in ends if each is not None), NOWHERE)] * len(data)
                texts[name] = Text(data.decode("latin-1"), offsets)
        return texts

    def _end_of(self, number: int, name: str, value: str, mark: str) -> int | None:
        """Return the offset of the end of a value: after it if `mark` is that, else before the quote that closes it.

        It is where the value in the document grows when the file does: tomllib tells no positions, and a reader of TOML
        of our own could differ from it.
        """
        if not value:
            return None
        expected = _loads(self._text) or {}
        _entries(expected, self._table)[number][_VALUES][name] = value + _PROBE
        at = self._text.find(mark)
        # The same text may stand in comments and other values: only the place where a probe gives the value is it.
        for _ in range(_MAX_CANDIDATES):
            if at < 0:
                return None
            end = at + len(value) if mark == value else at
            if _loads(self._text[:end] + _PROBE + self._text[end:]) == expected:
                return self.source.base + self._start + len(self._text[:end].encode())
            at = self._text.find(mark, at + 1)
        return None


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
