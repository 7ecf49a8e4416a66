"""Division of a Dockerfile into instructions, as BuildKit's `frontend/dockerfile/parser` divides it.

Every physical line is looked at once. Only an instruction whose words matter is joined into one logical line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinner.formats.dockerfile.whitespace import ASCII_SPACES, is_comment_or_blank, trim, with_ascii_spaces
from pinner.formats.variables.text import Text, join

if TYPE_CHECKING:
    from pinner.formats.dockerfile.heredocs import Heredoc

INSTRUCTIONS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER"
    " VOLUME WORKDIR".split()
)
MAX_LINE = 65535
WORD_SEPARATORS = "\t\v\f\r "
_BOM = "\xef\xbb\xbf"
# White space as Go understands it, which a vertical tab is not: BuildKit must find a directive where pinner does.
_DIRECTIVE = r"[\t\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(.*[^\t\f\r ]|.)[\t\f\r ]*\Z"
_FIRST_WORD = r"(?as)\s*(\S*).*"
_MAY_BE_DIRECTIVE = re.compile(
    # Only one `#` or `/` may end the first part: with more choices a line of many takes the square of its length.
    rf"(?:{_BOM})?(?:#!|[^\w\n#/]*[#/][^\w\n]*(?:syntax|escape|check)[\t\f\r ]*=)",
    re.ASCII | re.IGNORECASE,
)
_DIRECTIVES = ("escape", "syntax", "check")
# An instruction of these names no image, unless it has flags; what may lead to flags is no such start of a word.
_WITHOUT_IMAGE = INSTRUCTIONS.difference(("ARG", "FROM", "ONBUILD"))
_STARTS_OF_WORDS = frozenset(map(chr, range(ord("!"), ord("~") + 1))).difference("-\\`")


class Malformed(Exception):
    """A file that BuildKit's parser refuses; `line` is 1-based, within the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class LogicalLine:
    """The lines of one instruction, joined.

    The characters from index `starts[n]` on stand in the file's `whole` text from index `places[n]` on.
    """

    __slots__ = ("_places", "_starts", "_whole", "chars")

    def __init__(self, chars: str, whole: Text, starts: Sequence[int], places: Sequence[int]) -> None:
        self.chars = chars
        self._whole = whole
        self._starts = starts
        self._places = places

    def cut(self, start: int, end: int) -> Text:
        """Return the characters from `start` to `end`, not beyond the last, with their offsets."""
        if len(self._starts) == 1:
            place, whole = self._places[0], self._whole
            return Text(whole.chars[place + start : place + end], whole.offsets[place + start : place + end])
        cuts = []
        for index in range(max(bisect_right(self._starts, start) - 1, 0), len(self._starts)):
            at, place = self._starts[index], self._places[index]
            if at >= end:
                break
            stop = min(end, *self._starts[index + 1 : index + 2], len(self.chars))
            cuts.append(self._whole.cut(place + max(start - at, 0), place + stop - at))
        return join(cuts)

    def take(self, indexes: Sequence[int]) -> Text:
        """Return the characters at some indexes, in their order."""
        if isinstance(indexes, range):
            return self.cut(indexes.start, indexes.stop)
        return join([self.cut(index, index + 1) for index in indexes])


class Instruction:
    """One instruction in the `whole` text: from index `start` to `stop`, and to `end` with its heredocs.

    `first_line`, `last_line` and `end_line` are the 1-based lines of the same. `name` is set where that is all that
    matters: the instruction is known, and names no image.
    """

    __slots__ = ("end", "end_line", "escape", "first_line", "last_line", "name", "start", "stop", "whole")

    def __init__(
        self, whole: Text, escape: str, name: str, start: int, stop: int, first_line: int, last_line: int
    ) -> None:
        self.whole = whole
        self.escape = escape
        self.name = name
        self.start = start
        self.stop = self.end = stop
        self.first_line = first_line
        self.last_line = self.end_line = last_line

    def joined(self) -> LogicalLine:
        """Return the instruction as one line: without line ends, escape characters, comments and blank lines."""
        whole, escape, at = self.whole, self.escape, self.start
        chars = whole.chars[at : self.stop]
        if "\n" not in chars and escape not in chars:
            return LogicalLine(chars.rstrip("\r"), whole, (0,), (at,))
        starts: list[int] = []
        places: list[int] = []
        parts: list[str] = []
        length = 0
        for number, raw in enumerate(chars.split("\n")):
            if number and is_comment_or_blank(raw):
                at += len(raw) + 1
                continue
            chars, skipped = raw.rstrip("\r"), 0
            if _continues(raw, escape):
                chars = chars.rstrip(" \t")[:-1]
            if not parts:
                skipped = trim(chars, 0, len(chars))[0]
            if skipped < len(chars) or parts:
                starts.append(length)
                places.append(at + skipped)
                parts.append(chars[skipped:])
                length += len(parts[-1])
            at += len(raw) + 1
        return LogicalLine("".join(parts), whole, starts, places)


class Division(NamedTuple):
    """A Dockerfile divided. `syntax` is the reference of the frontend that BuildKit would load.

    Of the `instructions` below the first FROM those are left out of which only the name matters.
    """

    text: Text
    instructions: list[Instruction]
    syntax: Text | None
    escape: str

    def every_instruction(self) -> Iterator[Instruction]:
        """Yield all instructions."""
        return _instructions(self.text, self.escape, every=True)


def divide(text: Text) -> Division:
    """Return the instructions and directives of a Dockerfile. Raises Malformed."""
    _refuse_long_line(text.chars)
    escape, syntax = "\\", None
    # Directives end at the first line that is none.
    if _MAY_BE_DIRECTIVE.match(text.chars):
        directives = _read_directives(text)
        escape = directives["escape"].chars if "escape" in directives else escape
        syntax = _read_syntax(text)
    instructions = list(_instructions(text, escape, every=False))
    if not instructions:
        raise Malformed(1, "the file has no instructions")
    return Division(text=text, instructions=instructions, syntax=syntax, escape=escape)


def count_directives(text: Text) -> int:
    """Count the lines at the top that are parser directives, or a shebang above them."""
    return sum(1 for _ in _directive_lines(text))


def physical_lines(text: Text) -> Iterator[tuple[int, str]]:
    """Yield each physical line: its index in the text, and its characters without line end and byte-order mark."""
    chars = text.chars
    start = len(_BOM) if chars.startswith(_BOM) else 0
    while start < len(chars):
        end = chars.find("\n", start)
        end = len(chars) if end < 0 else end
        yield start, chars[start:end].rstrip("\r")
        start = end + 1


# Directives: https://docs.docker.com/reference/dockerfile/#parser-directives


def _refuse_long_line(chars: str) -> None:
    if len(chars) <= MAX_LINE:
        return
    for number, raw in enumerate(chars.removeprefix(_BOM).split("\n"), 1):
        if len(raw) > MAX_LINE and len(raw.rstrip("\r")) > MAX_LINE:
            raise Malformed(number, f"dockerfile line greater than max allowed size of {MAX_LINE}")


def _read_directives(text: Text) -> dict[str, Text]:
    """Return the values of the directives at the top of the file, by name in lower case.

    Raises Malformed for one that only newer BuildKits find, which skip more white space after the `#` than older ones.
    """
    found: dict[str, Text] = {}
    is_top = True
    for number, (at, chars) in enumerate(physical_lines(text), 1):
        start, end = trim(chars, 0, len(chars))
        if not chars.startswith("#", start):
            break
        after = trim(chars, start + 1, end)[0]
        match = re.match(_DIRECTIVE, chars[after:])
        name = match[1].lower() if match else ""
        if match and name in _DIRECTIVES and chars[start + 1 : after].strip("\t\f\r "):
            raise Malformed(number, "not every BuildKit reads this directive: put a plain space after its #")
        if not match or name not in _DIRECTIVES:
            if not chars.startswith("#!"):
                break
            is_top = False
        elif is_top:
            _add_directive(found, name, text.cut(at + after + match.start(2), at + after + match.end(2)), number)
    return found


def _add_directive(found: dict[str, Text], name: str, value: Text, number: int) -> None:
    if name in found:
        raise Malformed(number, f"only one {name} parser directive can be used")
    if name == "escape" and value.chars not in ("\\", "`"):
        raise Malformed(number, f"invalid escape token '{value}' does not match ` or \\")
    found[name] = value


def _read_syntax(text: Text) -> Text | None:
    """Return the reference of the frontend that BuildKit would load (`DetectSyntax`). Raises Malformed.

    Unlike other directives it may follow a shebang or stand after `//`, but may not be indented.
    """
    for prefix in ("#", "//"):
        for number, (name, value) in enumerate(_directive_lines(text, prefix), 1):
            if name == "syntax":
                reference = value.cut(0, (value.chars + " ").index(" "))
                if not reference.chars:
                    raise Malformed(number, "the directive syntax has no value")
                return reference
    return None


def _directive_lines(text: Text, prefix: str = "#") -> Iterator[tuple[str, Text]]:
    """Yield the name and value of every directive at the top, and an empty name for a shebang above them."""
    for number, (at, chars) in enumerate(physical_lines(text)):
        directive = _directive(text, at, at + len(chars), prefix)
        if directive is not None:
            yield directive
        elif number == 0 and chars.startswith("#!"):
            yield "", text.cut(at, at)
        else:
            return


def _directive(text: Text, start: int, end: int, prefix: str) -> tuple[str, Text] | None:
    """Return the name in lower case and the value of the directive on a line that begins with `prefix`."""
    chars = text.chars
    if not chars.startswith(prefix, start, end):
        return None
    start += len(prefix)
    match = re.match(_DIRECTIVE, chars[start:end])
    if match is None or (name := match[1].lower()) not in _DIRECTIVES:
        return None
    return name, text.cut(start + match.start(2), start + match.end(2))


# Instructions


def _instructions(text: Text, escape: str, *, every: bool) -> Iterator[Instruction]:
    """Yield the instructions, without `every` from the first FROM on only those of which more than the name matters."""
    chars = with_ascii_spaces(text.chars)
    at, number, size = len(_BOM) if chars.startswith(_BOM) else 0, 1, len(chars)
    may_have_heredocs, wants_all = "<" in chars, True
    while at < size:
        stop, first = chars.find("\n", at), number
        stop = size if stop < 0 else stop
        line = chars[at:stop]
        content = line.lstrip(ASCII_SPACES)
        at, number = stop + 1, number + 1
        if not content or content[0] == "#":
            continue
        start, last = stop - len(content), first
        if escape in line:
            stop, last = _end_of_lines(chars, line, stop, first, escape)
            at, number = stop + 1, last + 1
        word, _, rest = content.partition(" ")
        is_plain = word in _WITHOUT_IMAGE and rest[:1] in _STARTS_OF_WORDS
        if is_plain and not (wants_all or may_have_heredocs):
            continue
        instruction = Instruction(text, escape, word if is_plain else "", start, stop, first, last)
        if may_have_heredocs and chars.find("<", start, stop) >= 0:
            end = instruction.end = _end_of_heredocs(instruction)
            instruction.end_line = last + chars.count("\n", stop, end)
            at, number = end + 1, instruction.end_line + 1
        if wants_all or not is_plain:
            yield instruction
        wants_all = every or (wants_all and word != "FROM")


def _end_of_lines(chars: str, line: str, stop: int, number: int, escape: str) -> tuple[int, int]:
    """Return the index of the end of an instruction, and the number of its last line.

    Its first `line` ends at index `stop`. Comments and blank lines may follow a line that goes on; those that end the
    file are taken for a part of it.
    """
    size = len(chars)
    while stop < size and _continues(line, escape):
        line = ""
        while stop < size and is_comment_or_blank(line):
            at, number = stop + 1, number + 1
            stop = chars.find("\n", at)
            stop = size if stop < 0 else stop
            line = chars[at:stop]
    # Behind the last line end there is no line.
    return stop, number if line else number - 1


def _end_of_line(chars: str, at: int) -> int:
    end = chars.find("\n", at)
    return len(chars) if end < 0 else end


def _continues(chars: str, escape: str) -> bool:
    """Tell whether a line continues: it ends in one escape character, and spaces or tabs."""
    if chars[-1:] != escape:
        if escape not in chars:
            return False
        chars = chars.rstrip("\r").rstrip(" \t")
    return chars[-1:] == escape and chars[-2:-1] != escape


# Heredocs


def _end_of_heredocs(instruction: Instruction) -> int:
    """Return the index of the end of the last heredoc's last line, or of the instruction if it has none."""
    chars, end = instruction.whole.chars, instruction.stop
    joined = instruction.joined().chars
    if "<<" not in joined:
        return end
    from pinner.formats.dockerfile.heredocs import UnclearHeredoc, heredocs_of

    try:
        opened = heredocs_of(joined)
    except UnclearHeredoc as error:
        raise Malformed(_line_number(chars, instruction.start), str(error)) from error
    for heredoc in opened.heredocs:
        body = end + 1
        end = _end_of_terminator(chars, body, heredoc)
        if end < 0:
            raise Malformed(_line_number(chars, instruction.start), "unterminated heredoc")
        if opened.is_disputed and _may_be_instructions(chars[body:end].split("\n")):
            message = "not every BuildKit takes this for a heredoc: put no space after the <<, and no ${…} on the line"
            raise Malformed(_line_number(chars, instruction.start), message)
    return end


def _end_of_terminator(chars: str, at: int, heredoc: "Heredoc") -> int:
    """Return the index of the end of the line that ends a heredoc, -1 if there is none."""
    while (found := chars.find(heredoc.name, at)) >= 0:
        start = max(chars.rfind("\n", at, found) + 1, at)
        at = _end_of_line(chars, found)
        line = chars[start:at].rstrip("\r")
        if (line.lstrip("\t") if heredoc.strips_tabs else line) == heredoc.name:
            return at
    return -1


def _may_be_instructions(body: list[str]) -> bool:
    """Tell whether a BuildKit that sees no heredoc in `<< EOF` may accept its lines, the terminator included."""
    lines = [line.rstrip("\r") for line in body if not is_comment_or_blank(line)]
    are_instructions = [re.sub(_FIRST_WORD, r"\1", line).upper() in INSTRUCTIONS for line in lines]
    is_swallowed = any("<<" in line or _may_continue(line) for line in lines)
    return any(are_instructions[:1]) and (are_instructions[-1] or is_swallowed)


def _may_continue(line: str) -> bool:
    return line.rstrip(" \t").endswith(("\\", "`"))


def _line_number(chars: str, at: int) -> int:
    return chars.count("\n", 0, at) + 1
