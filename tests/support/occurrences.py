"""Occurrences made by hand, for tests that start behind the readers."""

from typing import Any

from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Invalid, Occurrence
from pinner.model.reference import Reference, parse
from pinner.model.source import Location, Source, Span

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64


def target_of(text: str) -> Reference | Invalid:
    """What a reader makes of a literal reference."""
    try:
        return parse(text)
    except InvalidReference as error:
        return Invalid(str(error))


def occurrence(text: str, path: str = "Dockerfile", line: int = 1, context: str = "FROM", **fields: Any) -> Occurrence:
    """`FROM text` on a line of a Dockerfile. `fields` replace what follows from the text."""
    start = len("FROM ")
    where = Location(line, start + 1, line, start + 1 + len(text))
    fields.setdefault("target", target_of(text))
    return Occurrence(path, Span(start, start + len(text)), where, text, context=context, **fields)


def occurrence_in(source: Source, text: str, context: str = "FROM", at: int = 0, **fields: Any) -> Occurrence:
    """The first place of `text` in `source`, from the byte offset `at` on."""
    start = source.data.index(text.encode(), at)
    span = Span(start, start + len(text.encode()))
    fields.setdefault("target", target_of(text))
    return Occurrence(source.path, span, source.locate(span), text, context=context, **fields)


def insertion(occurrence: Occurrence) -> int | None:
    """Return the byte offset at which a missing digest is inserted."""
    place = occurrence.place
    return place.span.start if place and not place.holds_digest else None


def digest_span(occurrence: Occurrence) -> Span | None:
    """Return the span of a digest that stands there."""
    place = occurrence.place
    return place.span if place and place.holds_digest else None
