"""Bytes of a file, positions in them, and edits to them. A leaf: standard library only.

Offsets are byte offsets into the file as it lies on disk. Lines end at ``\\n`` alone, as BuildKit
and Git see them, never at what `str.splitlines` takes for a line end.
"""

import os
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from pinner.model.errors import ReadError, WriteError
from pinner.model.files import is_inside, read_file, reason_of, replace_file, require_writable

_BLOCK = 4096
# More than any file has bytes.
_STRIDE = 1 << 40
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Span(NamedTuple):
    """A half-open range of byte offsets."""

    start: int
    end: int


class Edit(NamedTuple):
    """Replace the bytes of `span` by the UTF-8 bytes of `text`."""

    span: Span
    text: str


class Location(NamedTuple):
    """Where a span lies: 1-based lines and columns, columns in code points, `end_column` exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source:
    """The bytes of one file. `path` is the path as the user gave it or discovery found it.

    Offsets count from `base`. Of files that belong together, which are the `files` that it is added to, each has
    another one: so one number tells in which file a character stands, and where.
    """

    __slots__ = ("_breaks", "_files", "base", "data", "path")

    def __init__(self, path: str, data: bytes, files: "list[Source] | None" = None) -> None:
        self.path = path
        self.data = data
        self._breaks: list[int] | None = None
        self._files = files
        self.base = 0
        if files is not None:
            self.base = len(files) * _STRIDE
            files.append(self)

    def owner(self, offset: int) -> "Source":
        """Return the file, among those that belong together, in which the character of an offset from a base stands."""
        return self._files[offset // _STRIDE] if self._files else self

    def standalone(self) -> "Source":
        """Return this file as one that belongs to no others, whose offsets count from 0."""
        return Source(self.path, self.data)

    def local(self, span: Span) -> Span:
        """Return `span` as bytes of this file, counted from 0."""
        return span if not self.base else Span(span.start - self.base, span.end - self.base)

    def text_at(self, span: Span) -> bytes:
        """Return the bytes of `span`."""
        return self.data[span.start - self.base : span.end - self.base]

    def line_of(self, offset: int) -> int:
        """Return the 1-based line of a byte offset."""
        offset -= self.base
        block = offset // _BLOCK
        above = self._line_breaks()[block] if block else 0
        return above + self.data.count(b"\n", block * _BLOCK, offset) + 1

    def line_start(self, offset: int) -> int:
        """Return the byte offset of the first byte of the line that `offset` is on."""
        return self.data.rfind(b"\n", 0, offset) + 1

    def locate(self, span: Span) -> Location:
        """Return the lines and columns of `span`. A byte-order mark takes no column."""
        start, end = span.start - self.base, span.end - self.base
        line, first = self.line_of(span.start), self.data.rfind(b"\n", 0, start) + 1
        until = self.data[first:end]
        if until.isascii() and b"\n" not in until:
            return Location(line=line, column=start - first + 1, end_line=line, end_column=end - first + 1)
        return Location(
            line=line, column=self._column(start), end_line=self.line_of(span.end), end_column=self._column(end)
        )

    def line_text(self, line: int) -> str:
        """Return the text of a 1-based line without its end, for people to read."""
        block = max(bisect_left(self._line_breaks(), line - 1) - 1, 0)
        start = block * _BLOCK
        for _ in range(line - 1 - self._line_breaks()[block]):
            start = self.data.index(b"\n", start) + 1
        end = self.data.find(b"\n", start)
        return self._decode(start, len(self.data) if end < 0 else end).rstrip("\r\n")

    def _line_breaks(self) -> list[int]:
        """Return how many lines end before each block: a table of lines would take more room than the file."""
        if self._breaks is None:
            counts = (self.data.count(b"\n", at, at + _BLOCK) for at in range(0, len(self.data), _BLOCK))
            self._breaks = [0, *accumulate(counts)]
        return self._breaks

    def _column(self, offset: int) -> int:
        return len(self._decode(self.line_start(offset), offset)) + 1

    def _decode(self, start: int, end: int) -> str:
        # To editors the mark is no character; a column that counted it would be one too far on line 1.
        if start == 0 and self.data.startswith(UTF8_BOM):
            start = min(len(UTF8_BOM), end)
        return self.data[start:end].decode("utf-8", "replace")


def same_file(one: int, other: int) -> bool:
    """Tell whether two offsets of files that belong together lie in one of them."""
    return one // _STRIDE == other // _STRIDE


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return `data` with all `edits` made. An edit that is given twice is made once.

    Raises ValueError when two edits touch the same bytes: that is a mistake of the caller.
    """
    parts: list[bytes] = []
    at = 0
    # Several occurrences may have their digest in one place, such as the default of one ARG.
    for span, text in sorted(set(edits)):
        if span.start < at or not span.start <= span.end <= len(data):
            raise ValueError(f"edit of {span.start}:{span.end} overlaps another or leaves the file")
        parts += data[at : span.start], text.encode()
        at = span.end
    return b"".join([*parts, data[at:]])


def read_source(path: str) -> Source:
    """Read the regular file at `path`. Raise ReadError with a reason for people."""
    return Source(path, read_file(path))


def write_source(source: Source, data: bytes, root: str | None = None) -> None:
    """Put `data` in the place of `source`'s bytes, in one step, or raise WriteError and change nothing.

    A link is followed; with `root`, a real path, only to a file below that folder. A file that is read-only, or that no
    longer holds the bytes that were read, is left alone; one that holds `data` already, from a run beside this one, is
    as it should be. What the rename loses is told in `pinner.model.files`.
    """
    path = source.path
    try:
        target = os.path.realpath(path) if root is not None or os.path.islink(path) else path
        if root is not None and not is_inside(target, root):
            raise WriteError(path, f"it lies outside of {root}, behind a link; nothing was written")
        status = os.stat(target)
        require_writable(path, status)
        found = read_file(target)
        if found == data:
            return
        # Somebody saved the file meanwhile: the offsets of the edits may not fit it.
        if found != source.data:
            raise WriteError(path, "the file changed while pinner was at work; run pinner again")
        replace_file(target, data, status)
    except ReadError as error:
        raise WriteError(path, f"cannot write: {error.reason}") from error
    except OSError as error:
        raise WriteError(path, f"cannot write: {reason_of(error)}") from error
