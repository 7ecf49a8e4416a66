"""Unified diffs of edits that keep the number of lines, as `git apply` takes them.

Edits never add or remove a line, so old and new lines correspond, and no search for the longest
common subsequence is needed, which would take seconds for large files. For the same reason a hunk can be left out
without a change to the others.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pinner.model.escaping import is_harmless
from pinner.model.files import checked_root, is_inside

CONTEXT_LINES = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"
_LATIN = re.compile("[\udca0-\udcff]")
"""Bytes that are no UTF-8, and no C1 controls where a terminal takes them for Latin-1."""


class Diff(NamedTuple):
    """The bytes of a diff, and the ranges of lines, counted from 1, whose hunks are left out of it."""

    data: bytes
    left_out: tuple[range, ...] = ()


def folder_to_apply_in(paths: Iterable[str]) -> str:
    """Return the real folder for which a diff of some files is made: the working directory if all lie below it.

    Otherwise it is the work tree that holds them. Git takes no name that leads out of where it works.
    """
    working = os.getcwd()
    folders = {os.path.dirname(os.path.realpath(path)) for path in paths}
    if all(is_inside(folder, working) for folder in folders):
        return working
    return os.path.commonpath([checked_root(folder) or folder for folder in folders])


def unified_diff(path: str, old: bytes, new: bytes, folder: str | None = None) -> Diff:
    """Return the difference of two versions of the file at `path`, which have equally many lines.

    It is for `folder`, a real one, by default the working directory. A hunk with characters that must reach neither a
    terminal nor a build log is left out, since it could not be applied with anything else in their place.
    """
    before, after = _lines(old), _lines(new)
    changed = [at for at, (left, right) in enumerate(zip(before, after, strict=True)) if left != right]
    shown, left_out = [], []
    for first, last in _ranges(changed, len(before)):
        hunk = _hunk(before, after, first, last)
        if _is_harmless(hunk):
            shown.append(hunk)
        else:
            left_out.append(range(first + 1, last + 1))
    # What is behind a link gets the edit, and Git takes no link for a file.
    relative = os.path.relpath(os.path.realpath(path), folder).replace(os.sep, "/")
    names = _name(f"a/{relative}"), _name(f"b/{relative}")
    header = b"--- %s\n+++ %s\n" % names
    if folder not in (None, os.getcwd()):
        # With this line Git takes the names from the top of its work tree, and not from wherever it is called.
        header = b"diff --git %s %s\n" % tuple(name.rstrip(b"\t") for name in names) + header
    return Diff(header + b"".join(shown) if shown else b"", tuple(left_out))


def _is_harmless(data: bytes) -> bool:
    return is_harmless(_LATIN.sub("", data.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")))


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _name(name: str) -> bytes:
    """Return a file name as Git writes it: quoted like a C string where it holds anything special."""
    raw = os.fsencode(name)
    if not any(byte in raw for byte in b'"\\\t\n') and _is_harmless(raw):
        # A tab ends the name: without it, one with spaces would not be read back.
        return raw + b"\t" if b" " in raw else raw
    plain = frozenset(range(0x20, 0x7F)) - frozenset(b'"#\\')
    quoted = "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in raw)
    return f'"{quoted}"'.encode()


def _ranges(changed: list[int], count: int) -> Iterator[tuple[int, int]]:
    """Yield the first line of every hunk and the line after its last."""
    if not changed:
        return
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
