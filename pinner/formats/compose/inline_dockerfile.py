"""`dockerfile_inline`: a Dockerfile inside a Compose file, in which Compose replaces its own variables first."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping

from pinner.formats import _base
from pinner.formats.dockerfile.reader import Build, open_text
from pinner.formats.variables.digest_placement import WrittenReference, read_reference, read_word
from pinner.formats.variables.expansion import COMPOSE, ExpansionError, Missing, end_of_variable, expand
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text, join
from pinner.formats.yaml.reader import NOT_ONE_PIECE
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Place, Problem, Reading
from pinner.model.source import Source, Span

# Stands for a variable without a value. It may be part of a reference and of a stage's name.
_OPEN = "pinner0open0variable"
_NO_DEFAULT = "a Compose variable without a default stands in it: write ${NAME:-…} with the default that is meant"
_IN_THE_WAY = "a Compose variable stands in it: give the Dockerfile an ARG with a default instead and write $${NAME}"


class InlineDockerfile:
    """The value of a `dockerfile_inline` in `source`, with the `args` (None: whoever builds sets it) and contexts.

    `context` is its place in the Compose file. To be read before it is asked for its outline.
    """

    def __init__(
        self,
        source: Source,
        text: Text,
        args: Mapping[str, str | None],
        contexts: Collection[str],
        *,
        context: str,
    ) -> None:
        self._source = source
        self._written = text
        self._context = context
        self._build = Build(_Arguments(args), contexts)
        self._variables: list[tuple[int, int]] = []
        self._is_open = False
        self._reader: _base.Reader | None = None

    def read(self) -> Reading:
        """Return everything that the Dockerfile says."""
        try:
            text = join(list(self._interpolated()))
        except ExpansionError as error:
            line = self._source.line_of(self._written.offsets[0])
            message = f"{self._context}: {error}; write $$ for a $ that the Dockerfile is to see"
            return Reading((), problems=(Problem(line, message),))
        self._reader = open_text(text, self._source, f"{self._context} > ", self._build)
        reading = self._reader.read()
        return reading._replace(occurrences=tuple(self._checked(each) for each in reading.occurrences))

    def outline(self) -> tuple[str, ...]:
        """Return what no edit may change in the Dockerfile."""
        return self._reader.outline() if self._reader else ()

    def _interpolated(self) -> Iterator[Text]:
        """Yield the text with Compose's variables replaced by their defaults."""
        text, at = self._written, 0
        while (start := text.chars.find("$", at)) >= 0:
            yield text.cut(at, start)
            at = end_of_variable(text.chars, start, COMPOSE)
            expression = text.cut(start, at)
            if expression.chars == "$$":
                yield expression.cut(0, 1)
                continue
            self._variables.append((start, at))
            expansion = expand(expression, lambda _: Missing.NO_DEFAULT, COMPOSE)
            if expansion.unknown:
                self._is_open = True
                yield Text(_OPEN, [expression.offsets[0]] + [expression.offsets[-1]] * (len(_OPEN) - 1))
            else:
                yield expansion.value
        yield text.cut(at)

    def _checked(self, occurrence: Occurrence) -> Occurrence:
        """Return `occurrence`, without a place for its digest where a Compose variable or an escape allows none."""
        if occurrence.unwritable:
            occurrence = occurrence._replace(unwritable=occurrence.unwritable.replace("${", "$${"))
        if self._variables:
            occurrence = self._checked_for_variables(occurrence)
        if not self._is_verbatim(_digest_of(occurrence) or occurrence.span):
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
        scope = Scope(COMPOSE)
        word = read_word(self._written.cut(start, end), scope)
        written = word if isinstance(word, WrittenReference) else read_reference(word, scope)
        occurrence = occurrence._replace(span=written.span, text=written.text, where=self._source.locate(written.span))
        if isinstance(written.target, Opaque):
            return occurrence._replace(target=written.target)
        if written.target != occurrence.target or occurrence.unwritable:
            return _refuse(occurrence, _IN_THE_WAY)
        return occurrence._replace(
            place=Place(occurrence.path, written.place) if written.place else None,
            unwritable=written.unwritable,
            dead_variable=written.dead_variable,
        )

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

    def _is_verbatim(self, span: Span) -> bool:
        """Return whether YAML writes what stands there as it is."""
        chars = self._written.chars[self._index(span.start) : self._index(span.end - 1) + 1]
        return self._bytes(span) == chars.encode("latin-1")

    def _bytes(self, span: Span) -> bytes:
        return self._source.data[span.start : span.end]

    def _index(self, offset: int) -> int:
        return bisect_left(self._written.offsets, offset)

    def _variable_before(self, index: int) -> tuple[int, int] | None:
        """Return the last variable that begins before `index`."""
        at = bisect_right(self._variables, (index - 1, len(self._written.chars))) - 1
        return self._variables[at] if at >= 0 else None


class _Arguments(Mapping[str, Text | None]):
    """Build arguments as the defaults of ARGs. Many services may share many of them, and few are asked for."""

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Text | None:
        return _literal(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _literal(value: str | None) -> Text | None:
    """Return a build argument as the default of an ARG, in which some characters would mean something else."""
    if value is None or any(char in value for char in "$'\"\\`"):
        return None
    return Text.made_up(value.encode("utf-8", "replace").decode("latin-1"))


def _refuse(occurrence: Occurrence, reason: str) -> Occurrence:
    if occurrence.place is None:
        return occurrence
    return occurrence._replace(place=None, unwritable=reason, dead_variable=None)


def _digest_of(occurrence: Occurrence) -> Span | None:
    place = occurrence.place
    return place.span if place and place.holds_digest else None
