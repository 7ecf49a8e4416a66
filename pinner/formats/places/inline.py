"""YAML in the text of a scalar: patches in kustomizations, and values of charts in manifests."""

import re
from typing import NamedTuple

from pinner.formats._base import Reader
from pinner.formats._templates import TEMPLATE, has_mark
from pinner.formats.places.paths import Reached
from pinner.formats.variables.digest_placement import NOT_ONE_PIECE, WrittenReference, occurrence_at
from pinner.formats.variables.text import NOWHERE, Text
from pinner.formats.yaml.document import YamlFile, compose_source
from pinner.formats.yaml.reader import YamlReader, strip
from pinner.model.occurrence import Occurrence, Opaque, Place, Problem, Reading
from pinner.model.reference import Reference
from pinner.model.source import Edit, Source, Span

# An escape may hide the word.
_IMAGE = re.compile(r"[iI]mage|\\")


def inline_file(text: Text, path: str) -> YamlFile | Problem | None:
    """Return the YAML in the `text` of a scalar of the file at `path`, why it is none, or None if it names no image."""
    if not _IMAGE.search(text.chars):
        return None
    return compose_source(Source(path, text.chars.encode("latin-1")))


def add_inline_yaml(reader: YamlReader, reached: Reached, file: YamlFile, inner: Reader) -> None:
    """Add what `inner` reads in the `file` that is the values of a chart."""
    value = reached.entry.value
    for problem in sorted(file.problems()):
        reader.file.complain(value, f"the values: {problem.message}")
    is_block, text = value.style in ("|", ">"), reader.file.text_of(value)
    reader.add_embedded(reached.entry, _InlineYaml(inner=inner, text=text, source=reader.source, is_block=is_block))


def refuse_inline_yaml(reader: YamlReader, reached: Reached, problem: Problem) -> None:
    """Add what does not parse: a template, which an ApplicationSet renders before it is read, or a complaint."""
    text = reader.file.text_of(reached.entry.value)
    if not has_mark(text.chars):
        reader.file.complain(reached.entry.value, f"the values are {problem.message}")
        return
    first = strip(text).chars.partition("\n")[0]
    occurrence = occurrence_at(
        WrittenReference(span=text.extent, text=first, target=Opaque(TEMPLATE)),
        reader.source,
        reached.context,
        platform=None,
        suppressions=reader.suppressions_of(reached.entry),
        kind=reader.kind,
    )
    reader.add_occurrence(occurrence, reached.entry.value)


class _InlineYaml(NamedTuple):
    """What `inner` reads in the `text` of a scalar of `source`, as what stands there.

    A digest is written only where the text `is_block`: between quotes it would have to be escaped as they need it.
    """

    inner: Reader
    text: Text
    source: Source
    is_block: bool

    def read(self) -> Reading:
        """Return the references, each where it stands in the file."""
        found = self.inner.read()
        return Reading(tuple(self._placed(each) for each in found.occurrences))

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change."""
        return self.inner.outline()

    def _placed(self, occurrence: Occurrence) -> Occurrence:
        if (policy := occurrence.decision) is not None:
            # The reader of the whole file looks for markers of Flux: the lines of the text are not those of the file.
            occurrence = occurrence._replace(place=policy.place, unwritable=policy.unwritable, decision=None)
        span = self._span(occurrence.span) or Span(self.text.extent.start, self.text.extent.end)
        place = self._place(occurrence.place) if occurrence.place and self.is_block else None
        has_lost_it = isinstance(occurrence.target, Reference) and occurrence.place is not None and place is None
        return occurrence._replace(
            span=span,
            where=self.source.locate(span),
            place=place,
            unwritable=NOT_ONE_PIECE if has_lost_it else occurrence.unwritable,
            suppressions=(),
        )

    def _place(self, place: Place) -> Place | None:
        span, removal = self._span(place.span), place.removal
        at = self._span(removal.span) if removal else None
        if span is None or (removal and at is None):
            return None
        return place._replace(span=span, removal=Edit(at, removal.text) if removal and at else None)

    def _span(self, span: Span) -> Span | None:
        """Return where a span of the text stands in the file, None where its characters come from no bytes there.

        An empty span is behind the character before it.
        """
        offsets = self.text.offsets[max(span.start - 1, 0) : span.end]
        if NOWHERE in offsets or not offsets:
            return None
        start = offsets[0] + 1 if span.start == span.end else self.text.offsets[span.start]
        return Span(start, offsets[-1] + 1)
