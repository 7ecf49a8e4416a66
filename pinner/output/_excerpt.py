"""The line of a source that a finding is about, with a caret below it."""

from collections.abc import Iterator

from pinner.model.escaping import clean
from pinner.model.source import Location, Source

_AROUND = 60
_MARKED = 200
"""How many characters of a long line are shown around and under the caret."""
_INDENT = 4


def excerpt(source: Source, where: Location, width: int | None = None) -> Iterator[tuple[str, str, bool]]:
    """Yield the source line and the caret line, each as its margin, its text, and whether the text is the caret.

    No line is wider than `width` cells of a terminal, unless there is no room for a margin and a caret.
    """
    line = source.line_text(where.line)
    end = where.end_column - 1 if where.end_line == where.line else len(line)
    start = where.column - 1
    number = str(where.line)
    room = max(width - _INDENT - len(number) - 3, 1) if width else _AROUND + 3 + _MARKED + _AROUND
    marked = _fitting(_visible(line[start:end][:_MARKED]), room)
    before = _tail(line[:start], min(room - cells(marked), _AROUND + 3))
    after = _fitting(_visible(line[end:][:_AROUND]), room - cells(before) - cells(marked))
    yield f"{' ' * _INDENT}{number} | ", before + marked + after, False
    yield f"{' ' * (_INDENT + len(number))} | ", " " * cells(before) + "^" * max(cells(marked), 1), True


def cells(text: str) -> int:
    """Return how many cells of a terminal `text` takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _visible(text: str) -> str:
    return clean(text.replace("\t", "    "))


def _fitting(text: str, room: int) -> str:
    """Return the start of `text` that takes at most `room` cells."""
    while cells(text) > max(room, 0):
        text = text[:-1]
    return text


def _tail(text: str, room: int) -> str:
    """Return the end of `text` that takes at most `room` cells, behind dots where it is cut."""
    if cells(shown := _visible(text)) <= room:
        return shown
    dots = "..." if room > 3 else ""
    # The cut is made in the text as it stands in the file, so that no escape is taken apart.
    text = text[-_AROUND:]
    while text and cells(_visible(text)) > room - len(dots):
        text = text[1:]
    return dots + _visible(text)
