"""`dockerfile_inline`: a Dockerfile inside a Compose file, in which Compose replaces its own variables first."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress

from pinner.formats import _base
from pinner.formats.dockerfile.reader import Build, open_text
from pinner.formats.variables.digest_placement import (
    NOT_ONE_PIECE,
    WrittenReference,
    occurrence_at,
    read_reference,
    read_word,
)
from pinner.formats.variables.expansion import COMPOSE, ExpansionError, end_of_variable
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text, join
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Problem, Reading
from pinner.model.reference import Reference
from pinner.model.source import Source, Span

# Stands for a variable without a value. It may be part of a reference and of a stage's name.
_OPEN = "pinner0open0variable"
# The word of an instruction that is an image, with Compose's expressions of one level in it.
_WORD = r"((?:\$\{[^{}\n]*\}|[^\s{}])+)"
_FROM = re.compile(rf"[ \t]*(?i:FROM)[ \t]+(?:--platform=\S+[ \t]+)?{_WORD}")
_COPY = re.compile(rf"[ \t]*(?i:COPY)(?:[ \t]+--\S+)*?[ \t]+--from={_WORD}")
_NO_DEFAULT = "a Compose variable without a default stands in it: write ${NAME:-…} with the default that is meant"
_IN_THE_WAY = "a Compose variable stands in it: give the Dockerfile an ARG with a default instead and write $${NAME}"


class InlineDockerfile:
    """The value of a `dockerfile_inline` in `source`, with what its build gives it.

    `scope` is that of the Compose file, `context` the place in it.
    """

    def __init__(self, source: Source, text: Text, build: Build, scope: Scope, *, context: str) -> None:
        self._source = source
        self._written = text
        self._scope = scope
        self._variables: list[tuple[int, int]] = []
        self._is_open = False
        self._reader = self._open(build, context)
        for start, end in self._variables:
            with suppress(ExpansionError):
                self._scope.add_word(self._written.cut(*self._word_of(start, end)))

    def _open(self, build: Build, context: str) -> _base.Reader:
        try:
            text = join(list(self._interpolated()))
        except ExpansionError as error:
            line = self._source.line_of(self._written.offsets[0])
            message = f"{context}: {error}; write $$ for a $ that the Dockerfile is to see"
            return _base.Refused(Problem(line, message))
        return open_text(text, self._source, f"{context} > ", build)

    def read(self) -> Reading:
        """Return everything that the Dockerfile says."""
        reading = self._reader.read()
        return reading._replace(occurrences=tuple(self._checked(each) for each in reading.occurrences))

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change in the Dockerfile."""
        return self._reader.outline()

    def _interpolated(self) -> Iterator[Text]:
        """Yield the text with Compose's variables replaced by their values or defaults."""
        text, at = self._written, 0
        while (start := text.chars.find("$", at)) >= 0:
            yield text.cut(at, start)
            at = end_of_variable(text.chars, start, COMPOSE)
            expression = text.cut(start, at)
            if expression.chars == "$$":
                yield expression.cut(0, 1)
                continue
            self._variables.append((start, at))
            expansion = self._scope.expand(expression)
            self._is_open |= bool(expansion.unknown)
            value = Text.made_up(_OPEN) if expansion.unknown else expansion.value
            # A default stands in the expression, and a digest may go there; a value from elsewhere has no place here.
            if all(expression.offsets[0] <= offset <= expression.offsets[-1] for offset in value.offsets):
                yield value
            elif value.chars:
                yield Text(value.chars, [expression.offsets[0]] + [expression.offsets[-1]] * (len(value.chars) - 1))
        yield text.cut(at)

    def _checked(self, occurrence: Occurrence) -> Occurrence:
        """Return `occurrence`, without a place for its digest where a Compose variable or an escape allows none."""
        if occurrence.unwritable:
            occurrence = occurrence._replace(unwritable=occurrence.unwritable.replace("${", "$${"))
        if occurrence.path != self._source.path or occurrence.used_at:
            return occurrence
        if self._variables:
            occurrence = self._checked_for_variables(occurrence)
        if occurrence.path != self._source.path:
            return occurrence
        # What an edit replaces, the digest where there is one, must stand in the file as YAML reads it.
        place = occurrence.place
        span = place.span if place and place.holds_digest else occurrence.span
        chars = self._written.chars[self._index(span.start) : self._index(span.end - 1) + 1]
        if self._bytes(span) != chars.encode("latin-1"):
            return _refuse(occurrence, NOT_ONE_PIECE)
        return occurrence._replace(text=self._bytes(occurrence.span).decode("utf-8", "replace"))

    def _checked_for_variables(self, occurrence: Occurrence) -> Occurrence:
        if _OPEN in (occurrence.platform or ""):
            occurrence = occurrence._replace(platform=None)
        start, end = self._index(occurrence.span.start), self._index(occurrence.span.end - 1) + 1
        first, last = self._variable_before(start + 1), self._variable_before(end)
        if last is not None and last[1] > start:
            start = min(start, first[0]) if first is not None and first[1] > start else start
            return self._placed_by_compose(occurrence, start, max(end, last[1]))
        if self._is_open and (isinstance(occurrence.target, Invalid) or _OPEN in str(occurrence.target)):
            return occurrence._replace(target=Opaque(_NO_DEFAULT))
        return _refuse(occurrence, _IN_THE_WAY) if self._edits_word_with_variable(occurrence) else occurrence

    def _placed_by_compose(self, occurrence: Occurrence, start: int, end: int) -> Occurrence:
        """Return an occurrence with a Compose variable in it: the digest's place follows from that variable."""
        word = read_word(self._written.cut(start, end), self._scope)
        placement = word if isinstance(word, WrittenReference) else read_reference(word, self._scope)
        where = placement._replace(place=None, unwritable=occurrence.unwritable, target=occurrence.target)
        if isinstance(placement.target, Opaque):
            where = where._replace(target=placement.target)
        elif placement.target != occurrence.target or (occurrence.unwritable and not _is_pinned(placement)):
            where = where._replace(unwritable=_IN_THE_WAY if occurrence.place else occurrence.unwritable)
        else:
            where = placement
        placed = occurrence_at(
            where, self._source, occurrence.context, platform=occurrence.platform, suppressions=occurrence.suppressions
        )
        return placed._replace(stage=occurrence.stage)

    def _word_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the reference in which a variable stands: to this a digest may go. Elsewhere it is the variable alone.

        Which words are references is what the Dockerfile's instructions say that stand on one line.
        """
        chars = self._written.chars
        first = chars.rfind("\n", 0, start) + 1
        last = chars.find("\n", end)
        line = chars[first : last if last >= 0 else len(chars)]
        match = _FROM.match(line) or _COPY.match(line)
        if match and first + match.start(1) <= start and end <= first + match.end(1):
            return first + match.start(1), first + match.end(1)
        return start, end

    def _edits_word_with_variable(self, occurrence: Occurrence) -> bool:
        """Return whether the digest would go into the default of an ARG in which a Compose variable stands."""
        if occurrence.place is None:
            return False
        at = self._index(occurrence.place.span.end - 1)
        chars = self._written.chars
        start = end = at
        while start and not chars[start - 1].isspace():
            start -= 1
        while end < len(chars) and not chars[end].isspace():
            end += 1
        variable = self._variable_before(end)
        return variable is not None and variable[1] > start

    def _bytes(self, span: Span) -> bytes:
        return self._source.data[span.start : span.end]

    def _index(self, offset: int) -> int:
        """Return the index of the character at an offset in the Compose file."""
        return bisect_left(self._written.offsets, offset + self._source.base)

    def _variable_before(self, index: int) -> tuple[int, int] | None:
        """Return the last variable that begins before `index`."""
        at = bisect_right(self._variables, (index - 1, len(self._written.chars))) - 1
        return self._variables[at] if at >= 0 else None


def _is_pinned(written: WrittenReference) -> bool:
    """Return whether a digest stands in one piece in a variable's value, which the Dockerfile's text cannot tell."""
    return isinstance(written.target, Reference) and bool(written.target.digest) and written.place is not None


def _refuse(occurrence: Occurrence, reason: str) -> Occurrence:
    if occurrence.place is None:
        return occurrence
    return occurrence._replace(place=None, unwritable=reason, dead_variable=None)
