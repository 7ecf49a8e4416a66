"""Where the ignore comments of a Dockerfile stand, and what each speaks for."""

from bisect import bisect_right

from pinner.finding import Ignore
from pinner.formats._ignores import read_ignore
from pinner.formats._instructions import Division, count_directives
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
        for number, line in enumerate(division.lines, 1):
            if line.is_comment and "pinner:" in line.chars:
                self._add(number, source)

    def at(self, number: int) -> tuple[Ignore, ...]:
        """The comments that speak for the 1-based line `number` of the text."""
        above = self._of_instruction.get(self._position(number), ())
        return (*above, *self._of_line.get(number, ()))

    def _add(self, number: int, source: Source) -> None:
        text = self._division.lines[number - 1].text
        comment = text.cut(text.chars.index("#"))
        ignore = read_ignore(str(comment), source.locate(comment.extent))
        position = self._position(number)
        inside = position >= 0 and number <= self._division.instructions[position].end
        if ignore is None or (inside and number > self._division.instructions[position].last):
            return
        self.ignores.append(ignore)
        for directive in self._directives_above(number):
            self._of_line.setdefault(directive, []).append(ignore)
        below = self._below(number)
        if inside:
            self._of_line.setdefault(below, []).append(ignore)
        elif below in self._starts[position + 1 : position + 2]:
            self._of_instruction.setdefault(position + 1, []).append(ignore)

    def _directives_above(self, number: int) -> range:
        """The lines of the parser directives, if `number` is the first line after them."""
        count = count_directives(self._division.lines)
        follows = all(line.is_blank for line in self._division.lines[count : number - 1])
        return range(1, count + 1 if follows else 1)

    def _position(self, number: int) -> int:
        """The index of the instruction that line `number` belongs to, or follows."""
        return bisect_right(self._starts, number) - 1

    def _below(self, number: int) -> int:
        """The first line below `number` that is no comment."""
        lines = self._division.lines
        while number < len(lines) and lines[number].is_comment:
            number += 1
        return number + 1
