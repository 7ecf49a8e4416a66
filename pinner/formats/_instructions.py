"""A Dockerfile's lines, instructions and words, as BuildKit's `frontend/dockerfile/parser` sees them."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats._spaces import ASCII_SPACES, space_width, trim
from pinner.formats._text import Text, join

if TYPE_CHECKING:
    from pinner.formats._heredocs import Heredoc

INSTRUCTIONS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER"
    " VOLUME WORKDIR".split()
)
MAX_LINE = 65535
WORD_SEPARATORS = "\t\v\f\r "
_BOM = "\xef\xbb\xbf"
# White space as Go understands it, which a vertical tab is not: BuildKit must find a directive where pinner does.
_DIRECTIVE = re.compile(r"[\t\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(.+?)[\t\f\r ]*\Z")
_FIRST_WORD = re.compile(r"\s*(\S*).*", re.ASCII | re.DOTALL)
_DIRECTIVES = ("escape", "syntax", "check")


class Malformed(Exception):
    """BuildKit's parser refuses the file; `line` is 1-based, within the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Line(NamedTuple):
    """One physical line without its line end and the byte-order mark. `start` is its index in the `whole` text."""

    whole: Text
    start: int
    chars: str
    is_comment: bool
    is_blank: bool

    @property
    def text(self) -> Text:
        """The line's characters with their offsets."""
        return self.whole.cut(self.start, self.start + len(self.chars))


class Instruction(NamedTuple):
    """One instruction: its lines joined, its 1-based first and last line, and the last of its heredocs.

    The characters from index `starts[n]` on stand in the file's `whole` text from index `places[n]` on.
    """

    whole: Text
    starts: tuple[int, ...]
    places: tuple[int, ...]
    chars: str
    first: int
    last: int
    end: int

    def cut(self, start: int, end: int) -> Text:
        """The characters from `start` to `end` with their offsets."""
        if len(self.starts) == 1:
            place = self.places[0]
            return self.whole.cut(place + start, place + min(end, len(self.chars)))
        cuts = []
        for index in range(max(bisect_right(self.starts, start) - 1, 0), len(self.starts)):
            at, place = self.starts[index], self.places[index]
            if at >= end:
                break
            stop = min(end, *self.starts[index + 1 : index + 2], len(self.chars))
            cuts.append(self.whole.cut(place + max(start - at, 0), place + stop - at))
        return join(cuts)


class Division(NamedTuple):
    """A Dockerfile divided. `directives` are the parser directives' values, by name in lower case."""

    lines: list[Line]
    instructions: list[Instruction]
    directives: dict[str, Text]
    escape: str


def divide(text: Text) -> Division:
    """All lines, instructions and directives of a Dockerfile. Raises Malformed."""
    lines = list(_lines(text))
    _refuse_disputed_directive(lines)
    directives = _read_directives(lines)
    escape = directives["escape"].chars if "escape" in directives else "\\"
    instructions = list(_instructions(lines, escape))
    if not instructions:
        raise Malformed(1, "the file has no instructions")
    return Division(lines, instructions, directives, escape)


def _lines(text: Text) -> Iterator[Line]:
    start = len(_BOM) if text.chars.startswith(_BOM) else 0
    for number, raw in enumerate(text.chars[start:].split("\n"), 1):
        chars = raw.rstrip("\r")
        if len(chars) > MAX_LINE:
            raise Malformed(number, f"dockerfile line greater than max allowed size of {MAX_LINE}")
        content = chars.lstrip(ASCII_SPACES)
        if content[:1] > "~" and space_width(content, 0):
            content = content[trim(content, 0, len(content))[0] :]
        if start < len(text.chars):
            yield Line(text, start, chars, content[:1] == "#", not content)
        start += len(raw) + 1


def _refuse_disputed_directive(lines: list[Line]) -> None:
    """Newer BuildKits skip more white space after the `#` than older ones, and so find more directives."""
    for number, line in enumerate(lines, 1):
        start, end = trim(line.chars, 0, len(line.chars))
        if not line.is_comment:
            return
        after = trim(line.chars, start + 1, end)[0]
        match = _DIRECTIVE.match(line.chars, after)
        is_directive = match is not None and match[1].lower() in _DIRECTIVES
        if is_directive and line.chars[start + 1 : after].strip("\t\f\r "):
            raise Malformed(number, "not every BuildKit reads this directive: put a plain space after its #")
        if not is_directive and not line.chars.startswith("#!"):
            return


def _read_directives(lines: list[Line]) -> dict[str, Text]:
    """The directives at the top of the file: https://docs.docker.com/reference/dockerfile/#parser-directives."""
    found: dict[str, Text] = {}
    for number, line in enumerate(lines, 1):
        name, value = _directive(line.text.cut(trim(line.chars, 0, len(line.chars))[0]), "#")
        if name is None:
            break
        if name in found:
            raise Malformed(number, f"only one {name} parser directive can be used")
        if name == "escape" and value.chars not in ("\\", "`"):
            raise Malformed(number, f"invalid escape token '{value}' does not match ` or \\")
        found[name] = value
    return found


def syntax_of(lines: list[Line]) -> Text | None:
    """The reference of the frontend that BuildKit would load (`DetectSyntax`).

    Unlike other directives it may follow a shebang or stand after `//`, but may not be indented.
    """
    first = 1 if lines and lines[0].chars.startswith("#!") else 0
    for prefix in ("#", "//"):
        for line in islice(lines, first, None):
            name, value = _directive(line.text, prefix)
            if name is None:
                break
            if name == "syntax":
                return value.cut(0, (value.chars + " ").index(" "))
    return None


def count_directives(lines: list[Line]) -> int:
    """How many lines at the top are parser directives, or a shebang above them."""
    count = 1 if lines and lines[0].chars.startswith("#!") else 0
    while count < len(lines) and _directive(lines[count].text, "#")[0] is not None:
        count += 1
    return count


def _directive(text: Text, prefix: str) -> tuple[str | None, Text]:
    match = _DIRECTIVE.match(text.chars, len(prefix)) if text.chars.startswith(prefix) else None
    if match is None or (name := match[1].lower()) not in _DIRECTIVES:
        return None, text
    return name, text.cut(match.start(2), match.end(2))


def _instructions(lines: list[Line], escape: str) -> Iterator[Instruction]:
    at = 0
    while at < len(lines):
        if lines[at].is_comment or lines[at].is_blank:
            at += 1
            continue
        goes_on = _continues(lines[at].chars, escape)
        instruction = _joined(lines, at, escape) if goes_on else _one_line(lines[at], at)
        if "<<" in instruction.chars:
            instruction = instruction._replace(end=_body_end(lines, instruction))
        yield instruction
        at = instruction.end


def _continues(chars: str, escape: str) -> bool:
    """Whether a line goes on in the next: it ends in one escape character, and spaces or tabs."""
    if escape not in chars:
        return False
    stripped = chars.rstrip(" \t")
    return stripped.endswith(escape) and not stripped.endswith(escape * 2)


def _body_end(lines: list[Line], instruction: Instruction) -> int:
    """The 1-based last line of the heredocs of an instruction, or its own last line if it has none."""
    from pinner.formats._heredocs import heredocs_of

    end = instruction.last
    for heredoc in heredocs_of(instruction.chars):
        start, end = end, _terminator(lines, end, heredoc) + 1
        if end > len(lines):
            raise Malformed(instruction.first, "unterminated heredoc")
        if heredoc.is_spaced and _may_be_instructions(lines[start:end]):
            raise Malformed(instruction.first, "not every BuildKit takes this for a heredoc: put no space after the <<")
    return end


def _may_be_instructions(heredoc: list[Line]) -> bool:
    """Whether a BuildKit that sees no heredoc in `<< EOF` may accept the heredoc's lines, the last one included."""
    lines = [line.chars for line in heredoc if not (line.is_comment or line.is_blank)]
    are_instructions = [_FIRST_WORD.sub(r"\1", line).upper() in INSTRUCTIONS for line in lines]
    is_swallowed = any("<<" in line or line.rstrip(" \t").endswith(("\\", "`")) for line in lines)
    return any(are_instructions[:1]) and (are_instructions[-1] or is_swallowed)


def _terminator(lines: list[Line], start: int, heredoc: "Heredoc") -> int:
    for at in range(start, len(lines)):
        chars = lines[at].chars
        if (chars.lstrip("\t") if heredoc.strips_tabs else chars) == heredoc.name:
            return at
    return len(lines)


def _one_line(line: Line, at: int) -> Instruction:
    """The instruction that is the line of index `at` alone."""
    skipped, _ = trim(line.chars, 0, len(line.chars))
    return Instruction(line.whole, (0,), (line.start + skipped,), line.chars[skipped:], at + 1, at + 1, at + 1)


def _joined(lines: list[Line], first: int, escape: str) -> Instruction:
    """The instruction that begins on the line of index `first` and goes on below, without heredocs."""
    starts: list[int] = []
    places: list[int] = []
    parts: list[str] = []
    length = 0
    for at in range(first, len(lines)):
        line = lines[at]
        if line.is_comment or line.is_blank:
            continue
        goes_on = _continues(line.chars, escape)
        chars, skipped = line.chars.rstrip(" \t")[:-1] if goes_on else line.chars, 0
        if not parts:
            skipped, stop = trim(chars, 0, len(chars))
            if skipped == stop:
                continue
        starts.append(length)
        places.append(line.start + skipped)
        parts.append(chars[skipped:])
        length += len(parts[-1])
        if not goes_on:
            break
    return Instruction(lines[0].whole, tuple(starts), tuple(places), "".join(parts), first + 1, at + 1, at + 1)
