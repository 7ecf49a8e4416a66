"""Where the ignore comments of a Dockerfile stand, and the lines that each speaks for."""

from collections.abc import Iterator
from typing import NamedTuple

from pinner.finding import Ignore
from pinner.formats._ignores import parse_ignore
from pinner.formats._instructions import Division
from pinner.source import Source


class Scoped(NamedTuple):
    """An ignore comment, and the 1-based first and last line of the text that it covers."""

    first: int
    last: int
    ignore: Ignore


def ignores_of(division: Division, source: Source) -> Iterator[Scoped]:
    """The ignore comments of a Dockerfile. A comment covers the instruction below it."""
    for number, line in enumerate(division.lines, 1):
        if line.is_comment and "pinner:" in line.text.chars:
            comment = line.text.cut(line.text.chars.index("#"))
            parsed = parse_ignore(str(comment))
            covered = _covered_lines(division, number)
            if parsed is not None and covered is not None:
                yield Scoped(*covered, Ignore(source.locate(comment.extent), *parsed, str(comment)))


def _covered_lines(division: Division, number: int) -> tuple[int, int] | None:
    """The lines that a comment on line `number` speaks for; None inside a heredoc, where it is no comment."""
    for instruction in division.instructions:
        if number < instruction.first:
            between = division.lines[number : instruction.first - 1]
            touches = all(line.is_comment for line in between)
            return (instruction.first, instruction.end) if touches else (number, number)
        if number <= instruction.end:
            return (number, instruction.last) if number < instruction.last else None
    return number, number
