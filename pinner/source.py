"""Bytes of a file, positions in them, and edits to them. A leaf: standard library only.

Offsets are byte offsets into the file as it lies on disk. Lines end at ``\\n`` alone, as BuildKit
and Git see them, never at what `str.splitlines` takes for a line end.
"""

import os
import stat
from bisect import bisect_left
from collections.abc import Iterable
from contextlib import suppress
from itertools import accumulate
from typing import NamedTuple

from pinner.errors import ReadError, WriteError

_BINARY = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY
# Fails where there is anything of that name already, be it a link.
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_BLOCK = 4096
UTF8_BOM = b"\xef\xbb\xbf"


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
    """The bytes of one file. `path` is the path as the user gave it or discovery found it."""

    __slots__ = ("_breaks", "data", "path")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._breaks: list[int] | None = None

    def line_of(self, offset: int) -> int:
        """Return the 1-based line of a byte offset."""
        block = offset // _BLOCK
        return self._line_breaks()[block] + self.data.count(b"\n", block * _BLOCK, offset) + 1

    def line_start(self, offset: int) -> int:
        """Return the byte offset of the first byte of the line that `offset` is on."""
        return self.data.rfind(b"\n", 0, offset) + 1

    def locate(self, span: Span) -> Location:
        """Return the lines and columns of `span`. A byte-order mark takes no column."""
        start, end = span
        line, column = self.line_of(start), self._column(start)
        if self.data.find(b"\n", start, end) < 0:
            return Location(line, column, line, column + len(self._decode(start, end)))
        return Location(line, column, self.line_of(end), self._column(end))

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
        if start == 0 and self.data.startswith(UTF8_BOM):
            start = min(len(UTF8_BOM), end)
        return self.data[start:end].decode("utf-8", "replace")


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """`data` with all `edits` made. An edit that is given twice is made once.

    Raises ValueError when two edits touch the same bytes: that is a mistake of the caller.
    """
    parts: list[bytes] = []
    at = 0
    for span, text in sorted(set(edits)):
        if span.start < at or not span.start <= span.end <= len(data):
            raise ValueError(f"edit of {span.start}:{span.end} overlaps another or leaves the file")
        parts += data[at : span.start], text.encode()
        at = span.end
    return b"".join([*parts, data[at:]])


def read_source(path: str) -> Source:
    """The file at `path`. Raises ReadError with a reason for people.

    Only regular files are read: a FIFO or a device in a pull request must not hang the reader.
    """
    try:
        handle = os.open(path, _READ)
        try:
            status = os.fstat(handle)
            # A folder fails when it is read, with a better reason.
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                raise ReadError(path, "not a regular file")
            return Source(path, _read(handle, status.st_size))
        finally:
            os.close(handle)
    except OSError as error:
        raise ReadError(path, _reason(error)) from error


def write_source(source: Source, data: bytes) -> None:
    """Put `data` in the place of `source`'s bytes, in one step, or raise WriteError and change nothing.

    A symlink is written through. The file's mode stays, and its owner where that is allowed. A file
    that is read-only, or that no longer holds the bytes that were read, is left alone; one that holds
    `data` already, from a run beside this one, is as it should be.
    """
    try:
        target = os.path.realpath(source.path) if os.path.islink(source.path) else source.path
        status = os.stat(target)
        if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
            raise WriteError(source.path, "the file is read-only; nothing was written")
        found = read_source(target).data
        if found == data:
            return
        if found != source.data:
            raise WriteError(source.path, "the file changed while pinner was at work; run pinner again")
        _replace(target, data, status)
    except ReadError as error:
        raise WriteError(source.path, f"cannot write: {error.reason}") from error
    except OSError as error:
        raise WriteError(source.path, f"cannot write: {_reason(error)}") from error


def _replace(target: str, data: bytes, status: os.stat_result) -> None:
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.pinner")
    handle = os.open(temporary, _CREATE, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        _take_after(temporary, status)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _take_after(path: str, status: os.stat_result) -> None:
    """Give the file at `path` the owner and the mode of another."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    # After the owner: a change of the owner takes special bits away.
    os.chmod(path, stat.S_IMODE(status.st_mode))


def _read(handle: int, size: int) -> bytes:
    """All that there is, which may be more or less than `size` by now."""
    parts = []
    while part := os.read(handle, max(size + 1, 4096)):
        parts.append(part)
    return b"".join(parts)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
