"""Dockerfiles as short strings: `@D` stands for a digest."""

from typing import NamedTuple

from pinner.formats import DOCKERFILE
from pinner.formats.dockerfile.flags import Command, read_command, word_spans
from pinner.formats.dockerfile.instructions import Division
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Occurrence, Reading
from pinner.model.source import Source
from tests.support import pinning
from tests.support.pinning import DIGEST


def expanded(text: str) -> str:
    return text.replace("@D", f"@{DIGEST}")


def source_of(text: str) -> Source:
    return Source("Dockerfile", expanded(text).encode())


class Lines(NamedTuple):
    """The 1-based first and last line of an instruction, and the last one of its heredocs."""

    first: int
    last: int
    end: int


class Statement(NamedTuple):
    """An instruction with its lines and its words, for comparisons with other parsers."""

    name: str
    lines: Lines
    words: list[Text]


def statements(division: Division) -> list[Statement]:
    """The instructions. Those whose words pinner does not read are as they would be if it did."""
    every = list(division.every_instruction())
    read = [each.start for each in division.instructions if not each.name]
    assert read == [each.start for each in every if not each.name]
    found = []
    for instruction in every:
        lines = Lines(first=instruction.first_line, last=instruction.last_line, end=instruction.end_line)
        line = instruction.joined()
        command = read_command(line.chars)
        assert not instruction.name or (instruction.name == command.name and not _may_name_image(command))
        spans = word_spans(line.chars, command.start, command.end)
        found.append(Statement(command.name, lines, [line.cut(*span) for span in spans]))
    return found


def _may_name_image(command: Command) -> bool:
    return command.name in ("FROM", "ARG", "ONBUILD") or any(
        flag.name.lower() in ("from", "mount") for flag in command.flags
    )


def reading(text: str) -> Reading:
    return DOCKERFILE.read(source_of(text))


def only(text: str) -> Occurrence:
    (occurrence,) = reading(text).occurrences
    return occurrence


def pin(text: str) -> str:
    return pinning.pinned(source_of(text), DOCKERFILE).decode().replace(f"@{DIGEST}", "@D")


def unpin(text: str) -> str:
    return pinning.unpinned(source_of(text), DOCKERFILE).decode().replace(f"@{DIGEST}", "@D")
