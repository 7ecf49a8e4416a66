"""A YAML file as ruamel.yaml composes it, with the byte offsets of its scalars. Nothing is ever dumped."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from pinner.finding import Problem
from pinner.formats._scalars import Piece, content_start, header_end, pieces
from pinner.formats.variables.text import Text, join
from pinner.source import UTF8_BOM, Source, Span

MAX_DEPTH = 100
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_LINES = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_HASH = re.compile(r"(?<![^ \t])#")
_STRETCH = 1024
# Line breaks or nothing to one YAML reader, and text to another: what one takes for a key, another takes for a comment.
_DISPUTED = re.compile("[\x85\u2028\u2029\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Node(Protocol):
    """A node of ruamel.yaml. `value` is a string, a list of nodes, or a list of pairs of nodes."""

    id: str
    tag: str
    anchor: str | None
    style: str | None
    value: Any
    start_mark: Any
    end_mark: Any


class Comment(NamedTuple):
    """A comment from its `#` on, and the line it speaks of: its own, or the next if it fills its own.

    Lines count from 0 and end at a lone CR too, as in ruamel.yaml's marks.
    """

    text: str
    span: Span
    line: int


def decode(source: Source) -> str | Problem:
    """The text of a file without its byte-order mark, or why it is none."""
    if source.data.startswith(_UTF16_BOMS):
        return Problem(1, "the file is UTF-16: save it as UTF-8")
    try:
        return source.data.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        at = error.start + len(source.data) - len(error.object)
        return Problem(source.line_of(at), "the file is not UTF-8: save it as UTF-8")


def compose(source: Source, text: str) -> "Yaml | Problem":
    """The documents of a file whose text is `text`, or why it is no YAML.

    ruamel.yaml takes no tab between a key's colon and its value; Compose does. A second try is made
    on a copy with a space for every tab, in which every offset is the same.
    """
    documents = _compose(source, text)
    if isinstance(documents, Problem) and "\t" in text:
        without_tabs = text.replace("\t", " ")
        again = _compose(source, without_tabs)
        if not isinstance(again, Problem):
            return Yaml(source, text, without_tabs, again)
    return documents if isinstance(documents, Problem) else Yaml(source, text, text, documents)


def _compose(source: Source, text: str) -> list[Node] | Problem:
    from pinner.formats import _ruamel

    try:
        return _ruamel.compose(text, MAX_DEPTH)
    except Exception as error:  # noqa: BLE001 - ruamel.yaml raises ValueError, OverflowError and others too
        return _problem(source, text, error)


def _problem(source: Source, text: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark else getattr(error, "position", 0)
    line = source.line_of(_byte_offset(source, text, index))
    if type(error).__name__ == "MaxDepthExceededError" or isinstance(error, RecursionError):
        return Problem(line, f"the YAML is nested more than {MAX_DEPTH} levels deep")
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Problem(line, f"not valid YAML: {what}")


def _byte_offset(source: Source, text: str, index: int) -> int:
    return len(source.data) - len(text[index:].encode())


class Yaml:
    """A composed file. Offsets are the file's, in bytes; ruamel.yaml's marks count characters."""

    def __init__(self, source: Source, text: str, composed: str, documents: list[Node]) -> None:
        self.source = source
        self.documents = documents
        self.nodes = list(_walk(documents))
        self._text = text
        self._composed = composed
        self._stretches: list[int] | None = None

    def offset(self, index: int) -> int:
        """The byte offset of a character."""
        if self._stretches is None:
            self._stretches = self._measure()
        stretch = index // _STRETCH
        return self._stretches[stretch] + len(self._text[stretch * _STRETCH : index].encode())

    def line_of(self, node: Node) -> int:
        """The 1-based line on which a node begins."""
        return self.source.line_of(self.offset(node.start_mark.index))

    def span_of(self, node: Node) -> Span:
        """Where a node stands, without its tag and anchor."""
        start, end = self._bounds(node)
        return Span(self.offset(start), self.offset(end))

    def text_of(self, node: Node) -> Text:
        """A scalar's value. Characters that stand for others (escapes, folds) have the offset of the last of those.

        Where ruamel.yaml's value is not found in the file (it takes NEL for a line break), they have offsets
        of the scalar in order, and do not stand there.
        """
        start, end = self._bounds(node)
        found = pieces(self._composed[start:end], node.style, node.value)
        if found is None:
            chars = _latin1(node.value)
            first, last = self.offset(start), self.offset(end) - 1
            return Text(chars, [min(first + index, last) for index in range(len(chars))])
        return join([self._piece_text(start, piece) for piece in found if piece.chars] or [Text("", ())])

    def scalar_bounds(self, node: Node) -> tuple[int, int]:
        """The characters from a scalar's first to its last, without the first line of a block scalar."""
        start, end = self._bounds(node)
        return (start + header_end(self._composed[start:end]) if node.style in ("|", ">") else start), end

    def comments(self, word: str) -> Iterator[Comment]:
        """The comments in which `word` stands, from the last to the first."""
        if word not in self._text:
            return
        scalars = [self.scalar_bounds(node) for node in self.nodes if node.id == "scalar"]
        lines = [(match.start(), match[0].rstrip("\r\n")) for match in _LINES.finditer(self._text)]
        following = len(lines)
        for number, (start, line) in reversed(list(enumerate(lines))):
            fills = line.lstrip(" \t").startswith("#")
            following = following if fills else number
            if word in line and (at := _comment_in(line, start, scalars)) is not None and word in line[at:]:
                yield Comment(line[at:], Span(self.offset(start + at), self.offset(start + len(line))), following)

    def problems(self) -> Iterator[Problem]:
        """What ruamel.yaml composes and Compose refuses or reads as something else.

        Keys that stand twice, halves of surrogate pairs, text that is hidden in base64, and line breaks in dispute.
        """
        yield from self._disputed()
        escapes, tags = "\\" in self._text, "!" in self._text
        for node in self.nodes:
            if tags and node.tag == "tag:yaml.org,2002:binary":
                yield Problem(self.line_of(node), "!!binary hides what stands here: write it as plain text")
            if node.id == "mapping":
                yield from self._duplicate_keys(node)
            elif escapes and node.id == "scalar" and _SURROGATE.search(node.value):
                yield Problem(self.line_of(node), "not valid YAML: an escape stands for half a character")

    def _disputed(self) -> Iterator[Problem]:
        """The first character on whose meaning YAML readers do not agree. In quotes they do."""
        if self._text.isascii() or not _DISPUTED.search(self._text):
            return
        scalars = (node for node in self.nodes if node.id == "scalar" and node.style in ("'", '"'))
        quoted = [(node.start_mark.index, node.end_mark.index) for node in scalars]
        for match in _DISPUTED.finditer(self._text):
            if not _is_in(match.start(), quoted):
                line = self.source.line_of(self.offset(match.start()))
                yield Problem(line, f"U+{ord(match[0]):04X} is a line break to some YAML readers alone: remove it")
                return

    def _duplicate_keys(self, mapping: Node) -> Iterator[Problem]:
        seen: dict[str, Node] = {}
        for key in (key for key, _ in mapping.value if key.id == "scalar"):
            if key.value in seen:
                first = self.line_of(seen[key.value])
                yield Problem(self.line_of(key), f'the key "{key.value}" is already on line {first}')
            seen.setdefault(key.value, key)

    def _bounds(self, node: Node) -> tuple[int, int]:
        start, end = node.start_mark.index, node.end_mark.index
        return start + content_start(self._composed[start:end]), end

    def _piece_text(self, base: int, piece: Piece) -> Text:
        start, end = base + piece.start, base + piece.end
        if self._composed[start:end] != piece.chars:
            chars = _latin1(piece.chars)
            return Text(chars, [self.offset(end) - 1] * len(chars))
        chars = _latin1(self._text[start:end])
        first = self.offset(start)
        return Text(chars, range(first, first + len(chars)))

    def _measure(self) -> list[int]:
        """The byte offset of every 1024th character."""
        at = len(self.source.data) - len(self._text.encode())
        starts = [at]
        for start in range(0, len(self._text), _STRETCH):
            at += len(self._text[start : start + _STRETCH].encode())
            starts.append(at)
        return starts


def _walk(documents: list[Node]) -> Iterator[Node]:
    """Every node once, in the file's order."""
    seen: set[int] = set()
    waiting = documents[::-1]
    while waiting:
        node = waiting.pop()
        if node.anchor is not None:
            if id(node) in seen:
                continue
            seen.add(id(node))
        yield node
        if node.id == "sequence":
            waiting += node.value[::-1]
        elif node.id == "mapping":
            waiting += [child for pair in reversed(node.value) for child in reversed(pair)]


def _comment_in(line: str, start: int, scalars: list[tuple[int, int]]) -> int | None:
    """Where the comment begins in a line that begins at `start`: no `#` of a scalar begins one."""
    for match in _HASH.finditer(line):
        at = start + match.start()
        if not _is_in(at, scalars):
            return match.start()
    return None


def _is_in(at: int, ranges: list[tuple[int, int]]) -> bool:
    """Whether one of the `ranges`, which are in order, holds the index `at`."""
    index = bisect_right(ranges, (at, sys.maxsize)) - 1
    return index >= 0 and at < ranges[index][1]


def _latin1(chars: str) -> str:
    return chars.encode("utf-8", "replace").decode("latin-1")
