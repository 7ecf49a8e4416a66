"""The comments of a YAML file, and the suppressions among them."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from pinner.formats._suppressions import MARK, read_suppression
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Entry
from pinner.formats.yaml.scalars import is_in
from pinner.model.occurrence import Suppression
from pinner.model.source import Span

_BREAK = re.compile(r"\r\n?|\n")
_LINES = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_HASH = re.compile(r"(?<![^ \t])#")


class Comment(NamedTuple):
    """A comment from its `#` on, and the line it speaks of: its own, or the next if it fills its own.

    Lines count from 0 and end at a lone CR too, as YAML's do.
    """

    text: str
    span: Span
    line: int


class Suppressions:
    """The ignore comments of a file, by the line that they speak of."""

    def __init__(self, file: YamlFile) -> None:
        self._by_line: dict[int, list[Suppression]] = {}
        for comment in find_comments(file, MARK):
            ignore = read_suppression(comment.text, file.source.locate(comment.span))
            if ignore is not None:
                self._by_line.setdefault(comment.line, []).append(ignore)
        self._line_ends = [match.end() for match in _BREAK.finditer(file.text)] if self._by_line else []

    def all(self) -> set[Suppression]:
        """Return every ignore comment."""
        return {suppression for suppressions in self._by_line.values() for suppression in suppressions}

    def of(self, entry: Entry) -> tuple[Suppression, ...]:
        """Return the comments that speak of a line on which the key or the value stands."""
        if not self._by_line:
            return ()
        key, value = entry
        # A block scalar's own lines hold no comments, and it ends where the next node begins.
        end = value.start if value.style in ("|", ">") else value.end
        own, first, last = (bisect_right(self._line_ends, index) for index in (key.start, value.start, end))
        lines = {own, *range(first, last + 1)}
        return tuple(sorted(suppression for line in lines for suppression in self._by_line.get(line, ())))


def find_comments(file: YamlFile, word: str) -> Iterator[Comment]:
    """Yield the comments in which `word` stands, from the last to the first."""
    if word not in file.text:
        return
    scalars = [file.scalar_bounds(node) for node in file.nodes if node.id == "scalar"]
    lines = [(match.start(), match[0].rstrip("\r\n")) for match in _LINES.finditer(file.text)]
    following = len(lines)
    # From the last line on: a comment that fills its line speaks of the next one that is none.
    for number, (start, line) in reversed(list(enumerate(lines))):
        fills = line.lstrip(" \t").startswith("#")
        following = following if fills else number
        if word not in line:
            continue
        # No `#` of a scalar begins a comment.
        hashes = (match.start() for match in _HASH.finditer(line))
        at = next((at for at in hashes if not is_in(start + at, scalars)), len(line))
        if word in line[at:]:
            span = Span(file.offset(start + at), file.offset(start + len(line)))
            yield Comment(text=line[at:], span=span, line=following)
