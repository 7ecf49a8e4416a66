"""Reads a YAML file of any kind: what the kind finds becomes occurrences, suppressions, problems and an outline.

A kind gives `open_yaml` the words without which a file names no image, and a function that walks over the nodes
and adds each reference to a `YamlReader`.
"""

import re
from bisect import bisect_left
from collections.abc import Callable

from pinner.formats._base import Reader, Refused
from pinner.formats.variables.digest_placement import (
    WrittenReference,
    literal,
    occurrence_at,
    read_reference,
    read_word,
)
from pinner.formats.variables.expansion import COMPOSE, Dialect
from pinner.formats.variables.scope import Scope, Word
from pinner.formats.variables.text import Text
from pinner.formats.yaml.comments import Suppressions
from pinner.formats.yaml.document import YamlFile, compose, decode
from pinner.formats.yaml.nodes import Entry, Node
from pinner.model.occurrence import Decision, Link, Occurrence, Problem, Reading, Suppression
from pinner.model.reference import Reference
from pinner.model.source import Source, Span

NOT_ONE_PIECE = "escapes or line breaks stand in the reference: write it in one piece and run pinner again"
_SPACE = " \t\r\n"
_LATEST = b":latest"


def byte_search(*words: str) -> re.Pattern[bytes]:
    """Return a search for one of `words`, for what may hide one (tags, escapes, UTF-16), and for ignore comments."""
    return re.compile(rb"(?i)pinner:|!|\\|\0|" + b"|".join(re.escape(word.encode()) for word in words))


def open_yaml(source: Source, search: re.Pattern[bytes], collect: Callable[[YamlFile], "YamlReader"]) -> Reader:
    """Return a reader of the file in `source`, whose references `collect` collects if `search` finds anything."""
    text = decode(source)
    if isinstance(text, Problem):
        return Refused(text)
    if text.isascii() and not search.search(source.data):
        return _NoReferences()
    file = compose(source, text)
    return Refused(file) if isinstance(file, Problem) else collect(file)


class _NoReferences:
    """The reader of a file that holds none, and nothing to edit."""

    def read(self) -> Reading:
        return Reading(())

    def outline(self) -> tuple[str, ...]:
        return ()


class YamlReader:
    """Collects the references of one file. What aliases lead to is read once, however many there are.

    `kind` is that of the document whose references are added. `dialect` is how variables are written, None where
    there are none.
    """

    def __init__(self, file: YamlFile, dialect: Dialect | None = None, *, kind: str = "") -> None:
        self.file = file
        self.kind = kind
        self.source = file.source
        self._has_variables = dialect is not None
        self._scope = Scope(dialect or COMPOSE)
        self.decisions: list[Decision] = []
        self.links: list[Link] = []
        self._suppressions = Suppressions(file)
        self._occurrences: list[Occurrence] = []
        self._embedded: list[tuple[Reader, Reading]] = []
        self._embedded_places: set[tuple[Span, object]] = set()
        self._seen: set[int] = set()
        self._added: dict[int, int] = {}

    # What kinds add.

    def is_new(self, node: Node) -> bool:
        """Return whether this is the first time that `node` is asked about, or was added."""
        is_new = id(node) not in self._seen
        self._seen.add(id(node))
        return is_new

    def add_reference(self, entry: Entry, context: str, platform: str | None = None) -> None:
        """Add the reference that is all of a scalar. White space round it, or alone, says nothing."""
        text = strip(self.file.text_of(entry.value))
        if text.chars:
            self.add(self.read_reference(text), entry, context, platform)

    def add(
        self,
        written: WrittenReference,
        entry: Entry,
        context: str,
        platform: str | None = None,
        *,
        is_partial: bool = False,
    ) -> None:
        """Add a reference that stands in the value of `entry`. One of the same node has one more context."""
        if not self.is_new(entry.value):
            self.add_context(entry.value, context)
            return
        occurrence = occurrence_at(
            written,
            self.source.path,
            self.source.locate(written.span),
            context,
            platform=platform,
            suppressions=self._suppressions.of(entry),
            kind=self.kind,
        )
        self.add_occurrence(occurrence._replace(is_partial=is_partial), entry.value)

    def add_occurrence(self, occurrence: Occurrence, node: Node) -> None:
        """Add a reference that is made of more than one scalar, of which `node` is the one that aliases repeat."""
        self._added[id(node)] = len(self._occurrences)
        self._occurrences.append(occurrence)

    def add_context(self, node: Node, context: str) -> None:
        """Note that what was added for `node` stands at `context` too."""
        index = self._added.get(id(node))
        if index is not None:
            occurrence = self._occurrences[index]
            if context not in (occurrence.context, *occurrence.also):
                self._occurrences[index] = occurrence._replace(also=(*occurrence.also, context))

    def suppressions_of(self, entry: Entry) -> tuple[Suppression, ...]:
        """Return the comments that speak of a line on which the key or the value stands."""
        return self._suppressions.of(entry)

    def add_embedded(self, entry: Entry, embedded: Reader) -> None:
        """Add all that a file says which is the value of `entry`. It may be read more than once, in different ways."""
        reading = embedded.read()
        suppressions = self._suppressions.of(entry)
        for each in reading.occurrences:
            if (each.span, each.target) not in self._embedded_places:
                self._embedded_places.add((each.span, each.target))
                suppressed = each._replace(suppressions=suppressions + each.suppressions, kind=self.kind)
                self._occurrences.append(suppressed)
        self._embedded.append((embedded, reading))

    def read_word(self, text: Text) -> Word | WrittenReference:
        """Return `text` with its variables expanded, or the reference where they are malformed."""
        return read_word(text, self._scope) if self._has_variables else literal(text)

    def read_expanded(self, word: Word) -> WrittenReference:
        """Return the reference that `word` stands for."""
        return read_reference(word, self._scope)

    def read_reference(self, text: Text) -> WrittenReference:
        """Return the reference in `text`; nothing is written where it is not in one piece."""
        word = self.read_word(text)
        if isinstance(word, WrittenReference):
            return word
        written = self.read_expanded(word)
        run = text.run
        if run is None or self.source.data[run.start : run.end] != text.chars.encode("latin-1"):
            return refuse(written, NOT_ONE_PIECE)
        return written

    # What has been collected.

    def read(self) -> Reading:
        """Return everything that was added, in the order of the file."""
        suppressions, problems = self._suppressions.all(), self.file.problems()
        for _, reading in self._embedded:
            suppressions.update(reading.suppressions)
            problems.update(reading.problems)
        occurrences = sorted(self._occurrences, key=lambda occurrence: occurrence.span)
        return Reading(
            occurrences=tuple(occurrences),
            suppressions=tuple(sorted(suppressions)),
            problems=tuple(sorted(problems)),
            decisions=tuple(self.decisions),
            links=tuple(self.links),
        )

    def outline(self) -> tuple[str, ...]:
        """Return every node's tag, and its value without the digests that pinner writes and without `:latest`."""
        dropped = {offset for each in self._occurrences for offset in _suffix(each, self.source)}
        # Where a reference stands, the value is compared as it is written: ruamel.yaml may have seen spaces for tabs.
        places = sorted(dropped.union(each.span.start for each in self._occurrences))
        outline = [line for embedded, _ in self._embedded for line in embedded.outline()]
        for node in self.file.nodes:
            value = self._value_without(dropped, node, places) if node.id == "scalar" else len(node.value)
            outline.append(f"{node.tag} {node.anchor} {value}")
        return tuple(outline)

    def _value_without(self, dropped: set[int], node: Node, places: list[int]) -> str:
        """Return a scalar's value without the `dropped` bytes, if one of `places` lies in it."""
        start, end = self.file.span_of(node)
        at = bisect_left(places, start)
        if at == len(places) or places[at] >= end:
            return str(node.value)
        text = self.file.text_of(node)
        kept = "".join(char for char, offset in zip(text.chars, text.offsets, strict=True) if offset not in dropped)
        return kept.encode("latin-1").decode("utf-8", "replace")


def strip(text: Text) -> Text:
    """Return `text` without the white space round it."""
    stripped = text.chars.lstrip(_SPACE)
    start = len(text.chars) - len(stripped)
    return text.cut(start, start + len(stripped.rstrip(_SPACE)))


def refuse(written: WrittenReference, reason: str) -> WrittenReference:
    """Return `written` without a place for a digest; only what is a reference has a place to lose."""
    if not isinstance(written.target, Reference):
        return written
    return written._replace(place=None, unwritable=reason, dead_variable=None)


def _suffix(occurrence: Occurrence, source: Source) -> range:
    """Return the offsets of an occurrence's digest and of a `:latest` before it."""
    if occurrence.place is None:
        return range(0)
    end, stop = occurrence.place.span
    end -= len("@") if occurrence.place.holds_digest and not occurrence.place.bare else 0
    return range(end - len(_LATEST) if source.data.endswith(_LATEST, 0, end) else end, stop)
