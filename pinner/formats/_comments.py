"""Where the ignore comments of a Dockerfile stand, and what each speaks for."""

from bisect import bisect_right

from pinner.finding import Ignore
from pinner.formats._instructions import Division, Line, count_directives
from pinner.source import Source


class Comments:
    """The ignore comments of a Dockerfile.

    One above an instruction speaks for all of it, one inside an instruction for the line below. The first
    line after the parser directives speaks for them, too, for a comment above them would end them. A line
    of a heredoc is no comment.
    """

    def __init__(self, division: Division, source: Source) -> None:
        self.ignores: list[Ignore] = []
        self._division = division
        self._starts = [instruction.first for instruction in division.instructions]
        self._of_instruction: dict[int, list[Ignore]] = {}
        self._of_line: dict[int, list[Ignore]] = {}
        lines = division.lines
        numbers = [number for number, line in enumerate(lines, 1) if line.is_comment and "pinner:" in line.chars]
        if numbers:
            self._below = _lines_below(lines)
            self._directives = count_directives(lines)
            self._first = _first_after(lines, self._directives)
        for number in numbers:
            self._add(number, source)

    def at(self, number: int) -> tuple[Ignore, ...]:
        """The comments that speak for the 1-based line `number` of the text."""
        above = self._of_instruction.get(self._position(number), ())
        return (*above, *self._of_line.get(number, ()))

    def _add(self, number: int, source: Source) -> None:
        from pinner.formats._ignores import read_ignore

        text = self._division.lines[number - 1].text
        comment = text.cut(text.chars.index("#"))
        ignore = read_ignore(str(comment), source.locate(comment.extent))
        position = self._position(number)
        inside = position >= 0 and number <= self._division.instructions[position].end
        if ignore is None or (inside and number > self._division.instructions[position].last):
            return
        self.ignores.append(ignore)
        if number == self._first:
            for directive in range(1, self._directives + 1):
                self._of_line.setdefault(directive, []).append(ignore)
        below = self._below[number - 1]
        if inside:
            self._of_line.setdefault(below, []).append(ignore)
        elif below in self._starts[position + 1 : position + 2]:
            self._of_instruction.setdefault(position + 1, []).append(ignore)

    def _position(self, number: int) -> int:
        """The index of the instruction that line `number` belongs to, or follows."""
        return bisect_right(self._starts, number) - 1


def _lines_below(lines: list[Line]) -> list[int]:
    """For every line the number of the first line below that is no comment."""
    below: list[int] = []
    following = len(lines) + 1
    for number in range(len(lines), 0, -1):
        below.append(following)
        if not lines[number - 1].is_comment:
            following = number
    return below[::-1]


def _first_after(lines: list[Line], directives: int) -> int:
    """The number of the first line after the parser directives that is not blank."""
    return next((number for number in range(directives + 1, len(lines)) if not lines[number - 1].is_blank), len(lines))
