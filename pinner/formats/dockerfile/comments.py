"""The ignore comments of a Dockerfile, and the lines that each speaks for."""

import re
from bisect import bisect_right

from pinner.formats._suppressions import MARK, read_suppression
from pinner.formats.dockerfile.instructions import Division, count_directives, physical_lines
from pinner.formats.dockerfile.whitespace import trim
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Suppression
from pinner.model.source import Source

BEHIND = "is a part of the instruction and hides nothing: put it on the line above"
_BEHIND = rf"(?<=\s)#\s*{MARK}:"


class Comments:
    """The ignore comments of a Dockerfile.

    One above an instruction speaks for all of it, one inside an instruction for the line below. The first
    line after the parser directives speaks for them, too, for a comment above them would end them. A line
    of a heredoc is no comment. Behind an instruction there are no comments: one there is void, so that findings say so.
    """

    def __init__(self, division: Division, source: Source) -> None:
        self.suppressions: list[Suppression] = []
        self._of_instruction: dict[int, list[Suppression]] = {}
        self._of_line: dict[int, list[Suppression]] = {}
        text = division.text
        if MARK not in text.chars:
            return
        lines = [_Line(text, at, chars) for at, chars in physical_lines(text)]
        self._instructions = list(division.every_instruction())
        self._firsts = [each.first_line for each in self._instructions]
        self._below = _lines_below(lines)
        self._directives = count_directives(text)
        self._first = _first_after(lines, self._directives)
        for number, line in enumerate(lines, 1):
            if line.is_comment and MARK in line.chars:
                self._add(number, line.comment, source)
            elif MARK in line.chars:
                self._add_behind(number, lines, source)

    def at(self, number: int) -> tuple[Suppression, ...]:
        """Return the comments that speak for the 1-based line `number` of the text."""
        above = self._of_instruction.get(self._position(number), ())
        return (*above, *self._of_line.get(number, ()))

    def _add(self, number: int, comment: Text, source: Source) -> None:
        suppression = read_suppression(str(comment), source.locate(comment.extent))
        position = self._position(number)
        inside = position >= 0 and number <= self._instructions[position].end_line
        if suppression is None or (inside and number > self._instructions[position].last_line):
            return
        self.suppressions.append(suppression)
        if number == self._first:
            for directive in range(1, self._directives + 1):
                self._of_line.setdefault(directive, []).append(suppression)
        below = self._below[number - 1]
        if inside:
            self._of_line.setdefault(below, []).append(suppression)
        elif below in self._firsts[position + 1 : position + 2]:
            self._of_instruction.setdefault(position + 1, []).append(suppression)

    def _add_behind(self, number: int, lines: "list[_Line]", source: Source) -> None:
        position = self._position(number)
        mark = re.search(_BEHIND, lines[number - 1].chars)
        # Behind FROM it would be more arguments than FROM takes: the reader says that itself.
        is_from = lines[self._firsts[position] - 1].chars.split(None, 1)[0].upper() == "FROM"
        if not mark or is_from or number > self._instructions[position].last_line:
            return
        comment = lines[number - 1].text_from(mark.start())
        if (suppression := read_suppression(str(comment), source.locate(comment.extent))) is not None:
            self.suppressions.append(suppression._replace(void=BEHIND, whole_file=False))
            self._of_instruction.setdefault(position, []).append(self.suppressions[-1])

    def _position(self, number: int) -> int:
        """Return the index of the instruction that line `number` belongs to, or follows."""
        return bisect_right(self._firsts, number) - 1


class _Line:
    """One physical line."""

    def __init__(self, text: Text, start: int, chars: str) -> None:
        at = trim(chars, 0, len(chars))[0]
        self.start = start
        self.chars = chars
        self.is_blank = at == len(chars)
        self.is_comment = chars.startswith("#", at)
        self._text = text
        self._at = at

    @property
    def comment(self) -> Text:
        """Return the comment on this line, from its `#` on."""
        return self.text_from(self._at)

    def text_from(self, at: int) -> Text:
        """Return what stands on this line from an index on."""
        return self._text.cut(self.start + at, self.start + len(self.chars))


def _lines_below(lines: list[_Line]) -> list[int]:
    """Return for every line the number of the first line below that is no comment."""
    below: list[int] = []
    following = len(lines) + 1
    for number in range(len(lines), 0, -1):
        below.append(following)
        if not lines[number - 1].is_comment:
            following = number
    return below[::-1]


def _first_after(lines: list[_Line], directives: int) -> int:
    """Return the number of the first line after the parser directives that is not blank."""
    return next((number for number in range(directives + 1, len(lines)) if not lines[number - 1].is_blank), len(lines))
