"""Unified diffs of edits that keep the number of lines, as `git apply` takes them.

Edits never add or remove a line, so old and new lines correspond, and no search for the longest
common subsequence is needed, which would take seconds for large files.
"""

import os
from collections.abc import Iterator

CONTEXT_LINES = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"


def unified_diff(path: str, old: bytes, new: bytes) -> bytes:
    """The difference of two versions of the file at `path`, which have equally many lines; empty if none."""
    before, after = _lines(old), _lines(new)
    changed = [at for at, (left, right) in enumerate(zip(before, after, strict=True)) if left != right]
    if not changed:
        return b""
    name = os.path.relpath(path).replace(os.sep, "/")
    header = b"--- " + _name(f"a/{name}") + b"\n+++ " + _name(f"b/{name}") + b"\n"
    return header + b"".join(_hunk(before, after, first, last) for first, last in _ranges(changed, len(before)))


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _name(name: str) -> bytes:
    """A file name as Git writes it: quoted like a C string where it holds anything special."""
    raw = os.fsencode(name)
    if all(byte >= 0x20 and byte not in b'"\\\x7f' for byte in raw):
        # A tab ends the name: without it, one with spaces would not be read back.
        return raw + b"\t" if b" " in raw else raw
    quoted = "".join(chr(byte) if 0x20 <= byte < 0x7F and chr(byte) not in '"\\' else f"\\{byte:03o}" for byte in raw)
    return f'"{quoted}"'.encode()


def _ranges(changed: list[int], count: int) -> Iterator[tuple[int, int]]:
    """The first line and the line after the last of every hunk."""
    first = last = changed[0]
    for at in [*changed[1:], count + 2 * CONTEXT_LINES + 1]:
        if at - last > 2 * CONTEXT_LINES:
            yield max(first - CONTEXT_LINES, 0), min(last + CONTEXT_LINES + 1, count)
            first = at
        last = at


def _hunk(before: list[bytes], after: list[bytes], first: int, last: int) -> bytes:
    size = f"{first + 1},{last - first}"
    parts = [f"@@ -{size} +{size} @@\n".encode()]
    removed: list[bytes] = []
    added: list[bytes] = []
    for old, new in zip(before[first:last], after[first:last], strict=True):
        if old == new:
            parts += [*removed, *added, _line(b" ", old)]
            removed, added = [], []
        else:
            removed.append(_line(b"-", old))
            added.append(_line(b"+", new))
    return b"".join([*parts, *removed, *added])


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n" + _NO_NEWLINE
