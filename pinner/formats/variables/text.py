"""Characters that remember where in the file they stand."""

from collections.abc import Iterable, Iterator, Sequence

from pinner.model.source import Source, Span

NOWHERE = -1


class Text:
    """A run of bytes as latin-1 characters, one character a byte, and the file's byte offset of each.

    An offset is NOWHERE for a character that does not stand in the file. One character a byte keeps
    offsets exact for files that are not UTF-8, which BuildKit reads too.
    """

    __slots__ = ("chars", "offsets")

    def __init__(self, chars: str, offsets: Sequence[int]) -> None:
        self.chars = chars
        self.offsets = offsets

    @classmethod
    def of_bytes(cls, data: bytes, base: int = 0) -> "Text":
        """Return the whole of a file."""
        return cls(data.decode("latin-1"), range(base, base + len(data)))

    @classmethod
    def of_str(cls, value: str) -> "Text":
        """Return a string that stands nowhere in the file."""
        return cls.made_up(value.encode("utf-8", "replace").decode("latin-1"))

    @classmethod
    def made_up(cls, chars: str) -> "Text":
        """Return latin-1 characters, one a byte, that stand nowhere in the file."""
        return cls(chars, [NOWHERE] * len(chars))

    def cut(self, start: int, end: int | None = None) -> "Text":
        """Return the characters from `start` to `end`, as a slice would."""
        return Text(self.chars[start:end], self.offsets[start:end])

    def with_insertion(self, at: int, chars: str) -> "Text":
        """Return this text with `chars` inserted before byte offset `at`, if it holds the byte before that."""
        if at - 1 == NOWHERE or at - 1 not in self.offsets:
            return self
        # Of several characters that an escape stands for, all of which have its end, the last.
        index = len(self.offsets) - self.offsets[::-1].index(at - 1)
        return join([self.cut(0, index), Text.made_up(chars), self.cut(index)])

    @property
    def run(self) -> Span | None:
        """Return the span that these characters fill without a gap, if they do."""
        if not self.offsets or self.offsets[0] == NOWHERE:
            return None
        first = self.offsets[0]
        # What was cut out of a file is a range, of which nothing has to be compared.
        if isinstance(self.offsets, range) or list(self.offsets) == list(range(first, first + len(self.offsets))):
            return Span(first, first + len(self.offsets))
        return None

    @property
    def extent(self) -> Span:
        """Return the smallest span that holds these characters; there must be one that stands in the file."""
        return Span(self.offsets[0], self.offsets[-1] + 1)

    def __str__(self) -> str:
        return self.chars if self.chars.isascii() else self.chars.encode("latin-1").decode("utf-8", "replace")


def join(texts: Iterable[Text]) -> Text:
    """Return the texts one after the other."""
    parts = list(texts)
    if len(parts) == 1:
        return parts[0]
    return Text("".join(part.chars for part in parts), [offset for part in parts for offset in part.offsets])


def line_in_file(text: Text, line: int, source: Source) -> int:
    """Return the line in the file of the 1-based `line` of `text`."""
    at = 0
    for _ in range(line - 1):
        at = text.chars.find("\n", at) + 1
    offset = text.offsets[min(at, len(text.offsets) - 1)] if text.offsets else 0
    return source.line_of(max(offset, source.base))


def values_of_option(text: Text, name: str) -> Iterator[Text]:
    """Yield the values of an option in a text of `name=value` with commas between them."""
    start = 0
    for option in text.chars.split(","):
        key, equals, _ = option.partition("=")
        if equals and key.strip() == name:
            yield text.cut(start + len(key) + 1, start + len(option))
        start += len(option) + 1
