"""Reads a YAML file of any kind: what the kind finds becomes occurrences, suppressions, problems and an outline.

A kind gives `open_yaml` the words without which a file names no image, and a function that walks over the nodes
and adds each reference to a `YamlReader`.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

from pinner.formats._base import Reader, Refused
from pinner.formats._builders import builder_decisions
from pinner.formats._templates import as_template
from pinner.formats.variables.digest_placement import (
    NOT_ONE_PIECE,
    WrittenReference,
    literal,
    occurrence_at,
    read_reference,
    read_word,
    written_offsets,
)
from pinner.formats.variables.expansion import COMPOSE, Dialect, ExpansionError
from pinner.formats.variables.scope import Scope, Word
from pinner.formats.variables.text import Text
from pinner.formats.yaml.comments import Suppressions
from pinner.formats.yaml.document import YamlFile, compose, decode, is_plain_string
from pinner.formats.yaml.nodes import Entry, Node
from pinner.model.occurrence import Decision, Link, Occurrence, Place, PlatformStages, Problem, Reading, Suppression
from pinner.model.reference import Reference
from pinner.model.source import Edit, Source, Span, same_file

NOT_A_STRING = "to YAML this is no string: put quotes round it"
_SPACE = " \t\r\n"
# An escape in double quotes (YAML 1.2, section 5.7), as it ends at the offset that its character has.
_ESCAPE = re.compile(rb"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^\r\n])\Z")
_LONGEST_ESCAPE = len(r"\U0001F600")


def byte_search(*words: str) -> re.Pattern[bytes]:
    """Return a search for one of `words`, for what may hide one (tags, escapes, UTF-16), and for ignore comments."""
    return re.compile(rb"(?i)pinner|!|\\|\0|" + b"|".join(re.escape(word.encode()) for word in words))


def open_yaml(source: Source, search: re.Pattern[bytes], collect: Callable[[YamlFile], "YamlReader"]) -> Reader:
    """Return a reader of the file in `source`, whose references `collect` collects if `search` finds anything."""
    text = decode(source)
    if isinstance(text, Problem):
        return Refused(text)
    if text.isascii() and not search.search(source.data):
        return _NoReferences()
    file = compose(source, text)
    if isinstance(file, Problem):
        # Imported here: most files are what they should be.
        from pinner.formats.yaml.marks import refused

        return refused(file, source)
    return collect(file)


class _NoReferences:
    """The reader of a file that holds none, and nothing to edit."""

    def read(self) -> Reading:
        return Reading(())

    def outline(self) -> tuple[str, ...]:
        return ()


class _Pending(NamedTuple):
    word: Word | WrittenReference
    text: Text | None
    entry: Entry
    context: str
    platform: str | None = None
    built: str | None = None
    kind: str = ""
    is_partial: bool = False


class YamlReader:
    """Collects the references of one file. What aliases lead to is read once, however many there are.

    `dialect` is how the kind writes variables, None where it has none; `scope` holds the values that they have, if any
    are known. `kind` is that of the document whose references are added. `repeated` tells of nodes, by their identity,
    why they take no digest: by an alias they stand somewhere else as well.
    """

    def __init__(
        self,
        file: YamlFile,
        dialect: Dialect | None = None,
        scope: Scope | None = None,
        *,
        kind: str = "",
        repeated: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self.file = file
        self.kind = kind
        self.repeated = repeated
        self.source = file.source
        self._has_variables = dialect is not None
        self.scope = scope or Scope(dialect or COMPOSE, file.source)
        self._suppressions = Suppressions(file)
        # The ignore comments on values that are references of other files, by where these stand.
        self.suppressions_of_values: dict[Span, tuple[Suppression, ...]] = {}
        self.decisions: list[Decision] = []
        self.links: list[Link] = []
        self._pending: list[_Pending] = []
        self._made: list[tuple[Occurrence, Node]] = []
        self._contexts: dict[int, list[str]] = {}
        self._occurrences: list[Occurrence] = []
        self._embedded: list[tuple[Reader, Entry]] = []
        self._embedded_readings: list[Reading] = []
        self._platform_stages: list[PlatformStages] = []
        self._seen: set[int] = set()

    # What kinds add.

    def is_new(self, node: Node) -> bool:
        """Return whether this is the first time that `node` is asked about, or was added."""
        is_new = id(node) not in self._seen
        self._seen.add(id(node))
        return is_new

    def add_reference(self, entry: Entry, context: str, platform: str | None = None, built: str | None = None) -> None:
        """Add the reference that is all of a scalar. White space round it, or alone, says nothing.

        `built` is set where it is the name of an image that is built: to the pull policy.
        """
        self.add_text(self.file.text_of(entry.value), entry, context, platform, built)

    def add_text(
        self, text: Text, entry: Entry, context: str, platform: str | None = None, built: str | None = None
    ) -> None:
        """Add the reference in `text`, a part of the value of `entry`; it is placed when all has been collected."""
        text = strip(text)
        if not text.chars:
            return
        self.add_context(entry.value, context)
        if self.is_new(entry.value):
            word = self.read_word(text)
            self._pending.append(
                _Pending(
                    word=word,
                    text=text,
                    entry=entry,
                    context=context,
                    platform=platform,
                    built=built,
                    kind=self.kind,
                )
            )

    def add(
        self,
        placement: WrittenReference,
        entry: Entry,
        context: str,
        platform: str | None = None,
        *,
        is_partial: bool = False,
    ) -> None:
        """Add what stands in the value of `entry`. What was added for the same node has one more context."""
        self.add_context(entry.value, context)
        if self.is_new(entry.value):
            self._pending.append(
                _Pending(
                    word=placement,
                    text=None,
                    entry=entry,
                    context=context,
                    platform=platform,
                    kind=self.kind,
                    is_partial=is_partial,
                )
            )

    def add_occurrence(self, occurrence: Occurrence, node: Node) -> None:
        """Add a reference that is made of more than one scalar, of which `node` is the one that aliases repeat."""
        self.add_context(node, occurrence.context)
        self._made.append((occurrence, node))

    def add_context(self, node: Node, context: str) -> None:
        """Note that what is added for `node` stands at `context`."""
        contexts = self._contexts.setdefault(id(node), [])
        if context not in contexts:
            contexts.append(context)

    def add_embedded(self, entry: Entry, embedded: Reader) -> None:
        """Add all that a file says which is the value of `entry`. It may be read more than once, in different ways."""
        self._seen.add(id(entry.value))
        self._embedded.append((embedded, entry))

    def add_uses(self) -> None:
        """Register every other scalar that uses a variable: to its values a digest would be news."""
        for node in self.file.nodes:
            if node.id == "scalar" and "$" in node.value and (self.is_new(node) or id(node) in self.repeated):
                with suppress(ExpansionError):
                    self.scope.add_word(self.file.text_of(node), is_reference=False)

    def suppressions_of(self, entry: Entry) -> tuple[Suppression, ...]:
        """Return the ignore comments that speak of an entry."""
        return self._suppressions.of(entry)

    def read_word(self, text: Text) -> Word | WrittenReference:
        """Return `text` with its variables expanded, or its placement where they are malformed."""
        return read_word(text, self.scope) if self._has_variables else literal(text)

    def expanded(self, node: Node, file: YamlFile) -> str | None:
        """Return the text of a scalar of a file with its variables replaced, None where one has no value.

        To values of these variables a digest would be news: they are noted as used.
        """
        text = file.text_of(node)
        if "$" not in text.chars:
            return str(node.value)
        try:
            expansion = self.scope.add_word(text).expansion
        except ExpansionError:
            return None
        return None if expansion.unknown else str(expansion.value)

    def read_expanded(self, word: Word) -> WrittenReference:
        """Return the placement of what `word` stands for."""
        return read_reference(word, self.scope)

    def read_reference(self, text: Text) -> WrittenReference:
        """Return the placement of the reference in `text`, by what is known of its variables so far."""
        return self._place(self.read_word(text), text)

    def _place(self, word: Word | WrittenReference, text: Text | None) -> WrittenReference:
        """Return the placement of a reference; nothing is written where it is not in one piece."""
        placement = word if isinstance(word, WrittenReference) else self.read_expanded(word)
        if text is None or (placement.place and not same_file(placement.place.start, self.source.base)):
            return placement
        # Where there are variables, an escape may hide one, of which a digest would have to know.
        is_here = self._is_in_one_piece(text) or (not self._has_variables and self.stands_here(text))
        return placement if is_here else refuse(placement, NOT_ONE_PIECE)

    def _is_in_one_piece(self, text: Text) -> bool:
        run = text.run
        return run is not None and self.source.text_at(run) == text.chars.encode("latin-1")

    def stands_here(self, text: Text) -> bool:
        """Return whether the characters of `text` stand in the file, each as itself or as an escape in quotes.

        A digest that is written behind the last of them is then behind all of them, and in the same scalar.
        """
        data, base = self.source.data, self.source.base
        places = zip(text.chars.encode("latin-1"), (offset - base for offset in text.offsets), strict=True)
        return all(
            data[at] == char or _ESCAPE.search(data, max(at - _LONGEST_ESCAPE, 0), at + 1) for char, at in places
        )

    def with_removal(self, place: Place, node: Node) -> Place:
        """Return the place of a digest in `node`, with what taking it away takes where what is left is no string."""
        start, end = self.source.local(self.file.span_of(node))
        is_end_of_node = place.path == self.source.path and start <= place.span.start < place.span.end == end
        if not is_end_of_node or node.style is not None:
            return place
        # Without the digest and the @ before it.
        rest = self.source.data[start : place.span.start - 1].decode()
        return place if is_plain_string(rest) else place._replace(removal=Edit(Span(start, end), f'"{rest}"'))

    def _settle(self) -> None:
        """Make occurrences of all that was added, once."""
        for word, text, entry, context, platform, built, kind, is_partial in self._pending:
            placement = self._place(word, text)
            # What stands there all the same has a place: it can be taken away.
            if placement.place is not None and placement.place.start == placement.place.end:
                placement = self._if_it_takes_one(placement, entry.value, built)
            ignores = self._suppressions.of(entry)
            occurrence = occurrence_at(
                placement, self.source, context, platform=platform, suppressions=ignores, kind=kind
            )
            also = tuple(self._contexts[id(entry.value)][1:])
            place = occurrence.place and self.with_removal(occurrence.place, entry.value)
            self._occurrences.append(occurrence._replace(place=place, built=built, is_partial=is_partial, also=also))
            if built is not None and text is not None:
                # What is open stays as it is written, and may be any tag.
                name = word.expansion.value if isinstance(word, Word) and not word.expansion.unknown else text
                self.decisions += builder_decisions([str(name)], self.source.path, self.file.line_of(entry.value))
        self._occurrences += [made._replace(also=tuple(self._contexts[id(node)][1:])) for made, node in self._made]
        self._pending.clear()
        self._made.clear()
        self._settle_embedded()

    def _if_it_takes_one(self, placement: WrittenReference, node: Node, built: str | None) -> WrittenReference:
        """Return a placement without a place where a node takes no digest, as the name of what is built does not."""
        if built is not None:
            return placement._replace(place=None)
        return refuse(placement, self.repeated[id(node)]) if id(node) in self.repeated else placement

    def _settle_embedded(self) -> None:
        # Builds with other arguments read the same inline Dockerfile again: what they say alike counts once.
        places: set[tuple[str, Span, object]] = set()
        for embedded, entry in self._embedded[len(self._embedded_readings) :]:
            reading, ignores = embedded.read(), self._suppressions.of(entry)
            self._embedded_readings.append(reading)
            for stages in reading.platform_stages:
                self._platform_stages.append(stages._replace(suppressions=ignores + stages.suppressions))
            for each in reading.occurrences:
                if (each.path, each.span, each.target) in places:
                    continue
                places.add((each.path, each.span, each.target))
                suppressed = each._replace(suppressions=ignores + each.suppressions, kind=self.kind)
                if each.place is not None and not each.place.holds_digest and id(entry.value) in self.repeated:
                    suppressed = suppressed._replace(place=None, unwritable=self.repeated[id(entry.value)])
                self._occurrences.append(suppressed)

    # What has been collected.

    def read(self) -> Reading:
        """Return everything that was added, in the order of the file."""
        self._settle()
        ignores, found = self._suppressions.all(), self.file.problems()
        problems = set(found)
        for reading in self._embedded_readings:
            ignores.update(reading.suppressions)
            problems.update(reading.problems)
        occurrences = sorted(self._occurrences, key=lambda occurrence: (occurrence.path, occurrence.span))
        reading = Reading(
            occurrences=tuple(occurrences),
            suppressions=tuple(sorted(ignores)),
            problems=tuple(sorted(problems)),
            decisions=tuple(self.decisions),
            links=tuple(self.links),
            platform_stages=tuple(dict.fromkeys(self._platform_stages)),
        )
        may_be_template = problems and all(found.values())
        return as_template(reading, self.source, self.kind) if may_be_template else reading

    def outline(self, occurrences: Iterable[Occurrence] | None = None) -> tuple[str, ...]:
        """Return every node's tag, and its value without the digests that pinner writes and without `:latest`.

        `occurrences` are those that stand in this file, by default those that were collected here. A scalar in which
        one stands has no tag here: `20` is a number, and with a digest behind it a string.
        """
        self._settle()
        found = list(self._occurrences if occurrences is None else occurrences)
        dropped = {offset for each in found for offset in written_offsets(each, self.source)}
        touched = self._scalars_at(found)
        outline = [line for embedded, _ in self._embedded for line in embedded.outline()]
        for node in self.file.nodes:
            if id(node) in touched:
                text = self.file.text_of(node)
                pairs = zip(text.chars, text.offsets, strict=True)
                kept = "".join(char for char, offset in pairs if offset not in dropped)
                outline.append(f"{node.anchor} {kept.encode('latin-1').decode('utf-8', 'replace')}")
            else:
                value = node.value if node.id == "scalar" else len(node.value)
                outline.append(f"{node.tag} {node.anchor} {value}")
        return tuple(outline)

    def _scalars_at(self, occurrences: Iterable[Occurrence]) -> set[int]:
        """Return the identities of the scalars in which references stand, whole or in parts, or where digests go.

        They are compared as they are written: ruamel.yaml may have seen spaces for tabs.
        """
        here, base = self.source.path, self.source.base
        found = list(occurrences)
        spans = [each.span for each in found if each.path == here]
        spans += [each.place.span for each in found if each.place and each.place.path == here]
        spans.sort()
        starts = [start + base for start, _ in spans]
        reach = list(accumulate((end + base for _, end in spans), max))
        touched: set[int] = set()
        for node in (each for each in self.file.nodes if each.id == "scalar" and spans):
            start, end = self.file.span_of(node)
            last = bisect_right(starts, end) - 1
            if last >= 0 and reach[last] >= start:
                touched.add(id(node))
        return touched


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
