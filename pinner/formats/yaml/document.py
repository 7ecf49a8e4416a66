"""A YAML file as ruamel.yaml composes it, and the bytes that its nodes stand for. Nothing is ever dumped."""

import re
from collections.abc import Iterator
from itertools import accumulate, chain

from pinner.formats._templates import has_mark
from pinner.formats.variables.text import Text, join
from pinner.formats.yaml.definitions import without_definitions
from pinner.formats.yaml.nodes import MAX_DEPTH, TAG, Node, is_string
from pinner.formats.yaml.scalars import Piece, content_start, header_end, is_in, pieces
from pinner.model.occurrence import Problem
from pinner.model.source import UTF8_BOM, UTF16_BOMS, Source, Span

_STRETCH = 1024
# Line breaks or nothing to one YAML reader, and text to another: what one takes for a key, another takes for a comment.
_DISPUTED = re.compile("[\x85\u2028\u2029\ufeff]")
# How what is no string may begin: numbers, dates, words for true, false and null.
_MAY_BE_NO_STRING = re.compile(r"[0-9.+-]|[fnotyFNOTY~]\w{0,4}\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
# JSON writes a character as two escapes that belong together; YAML knows no such pairs.
_LONE_SURROGATE = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")

TOO_DEEP = f"the YAML is nested more than {MAX_DEPTH} levels deep"


def decode(source: Source) -> str | Problem:
    """Return the text of a file without its byte-order mark, or why it is none."""
    if source.data.startswith(UTF16_BOMS):
        return Problem(1, "the file is UTF-16: save it as UTF-8")
    try:
        return source.data.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        at = source.base + error.start + len(source.data) - len(error.object)
        return Problem(source.line_of(at), "the file is not UTF-8: save it as UTF-8")


def compose_source(source: Source) -> "YamlFile | Problem":
    """Return the documents of a file, or why it is no text or no YAML."""
    text = decode(source)
    return text if isinstance(text, Problem) else compose(source, text)


def compose(source: Source, text: str) -> "YamlFile | Problem":
    """Return the documents of the file whose text is `text`, or why it is no YAML.

    ruamel.yaml takes no tab between a key's colon and its value; Compose does. A second try is made
    on a copy with a space for every tab, in which every offset is the same.
    """
    composed = without_definitions(text)
    documents = _compose(source, text, composed)
    if isinstance(documents, Problem) and "\t" in composed:
        without_tabs = composed.replace("\t", " ")
        again = _compose(source, text, without_tabs)
        if not isinstance(again, Problem):
            return YamlFile(source, text, without_tabs, again)
    return documents if isinstance(documents, Problem) else YamlFile(source, text, composed, documents)


def _compose(source: Source, text: str, composed: str) -> list[list[Node]] | Problem:
    """Return the documents of what is `composed` in the place of `text`, which has the same characters' offsets."""
    # Imported here, since most files that are opened name no image and are not composed.
    from pinner.formats.yaml.composer import TooDeepError, compose_documents

    try:
        return compose_documents(composed)
    except Exception as error:  # noqa: BLE001 - ruamel.yaml raises ValueError, OverflowError and others too
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        index = mark.index if mark else getattr(error, "position", 0)
        line = source.line_of(source.base + len(source.data) - len(text[index:].encode()))
        if isinstance(error, TooDeepError):
            return Problem(line, TOO_DEEP)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        return Problem(line, f"not valid YAML: {what}")


def is_plain_string(text: str) -> bool:
    """Return whether YAML reads `text`, written without quotes, as a string: `1`, `1e3` and `null` are none."""
    if not _MAY_BE_NO_STRING.match(text):
        return True
    from pinner.formats.yaml.composer import compose_documents

    return any(is_string(nodes[0]) for nodes in compose_documents(text))


class YamlFile:
    """A composed file, of whose documents all nodes are given. Offsets are bytes of the file, indexes characters."""

    def __init__(self, source: Source, text: str, composed: str, documents: list[list[Node]]) -> None:
        self.source = source
        self.text = text
        self.documents = [nodes[0] for nodes in documents]
        self.nodes = list(chain.from_iterable(documents))
        self._composed = composed
        self._complaints: dict[Problem, bool] = {}
        self._stretches: list[int] | None = None
        # Where every character is one byte, its offset is its index and what stands before the text.
        self._first = source.base + len(source.data) - len(text) if text.isascii() else None

    def offset(self, index: int) -> int:
        """Return the byte offset of a character."""
        if self._first is not None:
            return self._first + index
        if self._stretches is None:
            # A number for every character would take more room than the file.
            starts = range(0, len(self.text), _STRETCH)
            sizes = (len(self.text[start : start + _STRETCH].encode()) for start in starts)
            first = self.source.base + len(self.source.data) - len(self.text.encode())
            self._stretches = list(accumulate(sizes, initial=first))
        stretch = index // _STRETCH
        return self._stretches[stretch] + len(self.text[stretch * _STRETCH : index].encode())

    def line_of(self, node: Node) -> int:
        """Return the 1-based line on which a node begins."""
        return self.source.line_of(self.offset(node.start))

    def span_of(self, node: Node) -> Span:
        """Return where a node stands, without its tag and anchor."""
        start, end = self._bounds(node)
        return Span(self.offset(start), self.offset(end))

    def text_of(self, node: Node) -> Text:
        """Return a scalar's value and where its characters stand.

        Characters that stand for others (escapes, folds) have the offset of the last of those. Where ruamel.yaml's
        value is not found in the file (it takes NEL for a line break), they have offsets of the scalar in order, and
        do not stand there.
        """
        start, end = self._bounds(node)
        found = pieces(self._composed[start:end], node.style, node.value)
        if found is None:
            chars = _latin1(node.value)
            first, last = self.offset(start), self.offset(end) - 1
            return Text(chars, [min(first + index, last) for index in range(len(chars))])
        return join([self._piece_text(start, piece) for piece in found if piece.chars] or [Text("", ())])

    def is_tagged(self, node: Node) -> bool:
        """Return whether a tag stands before a node."""
        return "!" in self._composed[node.start : self._bounds(node)[0]]

    def scalar_bounds(self, node: Node) -> tuple[int, int]:
        """Return the indexes of a scalar's first and last character, without the first line of a block scalar."""
        start, end = self._bounds(node)
        return (start + header_end(self._composed[start:end]) if node.style in ("|", ">") else start), end

    def complain(self, node: Node, message: str) -> None:
        """Note that what reads such files would refuse this one because of `node`."""
        is_mark = has_mark(node.value) if node.id == "scalar" else self.text.startswith("{{", node.start)
        self._complaints[Problem(self.line_of(node), message)] = is_mark

    def problems(self) -> dict[Problem, bool]:
        """Return the complaints, and what ruamel.yaml composes and others refuse or read as something else.

        Keys that stand twice, halves of surrogate pairs, text that is hidden in base64, and line breaks in dispute; of
        each, whether a mark of a template language stands in what is refused, and may be why.
        """
        problems = self._complaints | dict.fromkeys(self._disputed_characters(), False)
        escapes, tags = "\\" in self.text, "!" in self.text
        surrogate = _LONE_SURROGATE if self.source.path.endswith(".json") else _SURROGATE
        for node in self.nodes:
            if tags and node.tag == f"{TAG}binary":
                message = "!!binary hides what stands here: write it as plain text"
                problems[Problem(self.line_of(node), message)] = False
            if node.id == "mapping":
                problems.update(self._duplicate_keys(node))
            elif escapes and node.id == "scalar" and surrogate.search(node.value):
                message = "not valid YAML: an escape stands for half a character"
                problems[Problem(self.line_of(node), message)] = False
        return problems

    def _disputed_characters(self) -> Iterator[Problem]:
        """Yield the first character on whose meaning YAML readers do not agree. In quotes they do."""
        if self.text.isascii() or not _DISPUTED.search(self._composed):
            return
        scalars = (node for node in self.nodes if node.id == "scalar" and node.style in ("'", '"'))
        quoted = [(node.start, node.end) for node in scalars]
        for match in _DISPUTED.finditer(self._composed):
            if not is_in(match.start(), quoted):
                line = self.source.line_of(self.offset(match.start()))
                yield Problem(line, f"U+{ord(match[0]):04X} is a line break to some YAML readers alone: remove it")
                return

    def _duplicate_keys(self, mapping: Node) -> Iterator[tuple[Problem, bool]]:
        seen: dict[str, Node] = {}
        for key in (key for key, _ in mapping.value if key.id == "scalar"):
            if key.value in seen:
                first = self.line_of(seen[key.value])
                problem = Problem(self.line_of(key), f'the key "{key.value}" is already on line {first}')
                yield problem, has_mark(key.value)
            seen.setdefault(key.value, key)

    def _bounds(self, node: Node) -> tuple[int, int]:
        start, end = node.start, node.end
        return start + content_start(self._composed[start:end]), end

    def _piece_text(self, base: int, piece: Piece) -> Text:
        start, end = base + piece.start, base + piece.end
        if self._composed[start:end] != piece.chars:
            chars = _latin1(piece.chars)
            return Text(chars, [self.offset(end) - 1] * len(chars))
        chars = _latin1(self.text[start:end])
        first = self.offset(start)
        return Text(chars, range(first, first + len(chars)))


def _latin1(chars: str) -> str:
    return chars.encode("utf-8", "replace").decode("latin-1")
