"""`.env`, from which Compose takes the values of variables: the grammar of compose-go's `dotenv` package."""

import re
from typing import NamedTuple

from pinner.formats._suppressions import MARK, read_suppression
from pinner.formats.variables.digest_placement import written_offsets
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Occurrence, Problem, Reading, Suppression
from pinner.model.source import UTF8_BOM, Source, Span

# White space that ends no line, as compose-go has it, and all of Go's unicode.IsSpace. The text is UTF-8.
_BLANKS = "\t\v\f\r \x85\xa0"
_SPACES = _BLANKS + "\n\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_EXPORT = re.compile(r"export[\t\n\f\r ]+")
_NAME_CHARS = frozenset("_.-[]")
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-9]{0,3})")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


class Assignment(NamedTuple):
    """A variable with the text of its value, None where the shell's value is passed on.

    `expands` is set where variables in the value are replaced, `suppressions` are the comments that speak of it.
    """

    name: str
    value: Text | None
    expands: bool
    suppressions: tuple[Suppression, ...]


class DotenvReader:
    """The assignments of a file in their order, its ignore comments, and why Compose would refuse it if it would."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.assignments: list[Assignment] = []
        self.problem: Problem | None = None
        self._ignores: list[Suppression] = []
        try:
            self._chars = source.data.removeprefix(UTF8_BOM).decode()
        except UnicodeDecodeError:
            self._chars = ""
            self.problem = Problem(1, "the file is not UTF-8: save it as UTF-8")
        self._start = source.base + len(source.data) - len(self._chars.encode())
        self._is_ascii = self._chars.isascii()
        self._at = 0
        if self.problem is None:
            self._read()

    def read(self) -> Reading:
        """Return what the file says by itself: which images its values name depends on the Compose files beside it."""
        problems = (self.problem,) if self.problem else ()
        return Reading(occurrences=(), suppressions=tuple(self._ignores), problems=problems)

    @property
    def suppressions_of_values(self) -> dict[Span, tuple[Suppression, ...]]:
        """The ignore comments on the values, by where these stand."""
        placed = ((value, each) for _, value, _, each in self.assignments if value is not None and value.offsets)
        return {self.source.local(value.extent): each for value, each in placed}

    def outline(self, occurrences: tuple[Occurrence, ...] = ()) -> tuple[str, ...]:
        """Return the names and values without the digests that pinner writes, and without `:latest` before them."""
        dropped = {offset for each in occurrences for offset in written_offsets(each, self.source)}
        outline = []
        for name, value, expands, _ in self.assignments:
            if value is None:
                outline.append(name)
                continue
            pairs = zip(value.chars, value.offsets, strict=True)
            kept = "".join(char for char, offset in pairs if offset not in dropped)
            outline.append(f"{name} {expands} {kept}")
        return tuple(outline)

    def _read(self) -> None:
        above: list[Suppression] = []
        while self._skip_to_statement(above):
            line = self._at
            problem = self._read_assignment(tuple(above))
            above.clear()
            if problem:
                self.problem = Problem(self.source.line_of(self._offset(line)), problem)
                return

    def _skip_to_statement(self, above: list[Suppression]) -> bool:
        """Go to the next statement, over comments and white space. The comments right above it are put into `above`."""
        while True:
            start = self._at
            while self._at < len(self._chars) and self._chars[self._at] in _SPACES:
                self._at += 1
            if self._chars.count("\n", start, self._at) > 1:
                above.clear()
            if not self._chars.startswith("#", self._at):
                return self._at < len(self._chars)
            start, end = self._at, self._chars.find("\n", self._at)
            self._at = len(self._chars) if end < 0 else end
            comment = self._chars[start : self._at].rstrip("\r")
            if MARK in comment:
                span = Span(self._offset(start), self._offset(start + len(comment)))
                if ignore := read_suppression(comment, self.source.locate(span)):
                    self._ignores.append(ignore)
                    above.append(ignore)

    def _read_assignment(self, suppressions: tuple[Suppression, ...]) -> str:
        """Read a statement and return why Compose refuses it, empty if it does not (`locateKeyName`)."""
        exported = _EXPORT.match(self._chars, self._at)
        if exported:
            self._at += len("export")
            self._skip_blanks()
            if self._at == len(self._chars):
                return "export is followed by no name"
        start = self._at
        while self._at < len(self._chars) and self._chars[self._at] not in "=:\n":
            char = self._chars[self._at]
            if not (char in _BLANKS or char in _NAME_CHARS or char.isalpha() or char.isnumeric()):
                return f"unexpected character {char!r} in the name of a variable"
            self._at += 1
        if self._at == len(self._chars):
            # Compose takes a name without a line end for the value of a variable without a name.
            return ""
        name = self._chars[start : self._at].rstrip(_SPACES)
        # A name alone on its line passes the shell's value on.
        is_inherited = self._chars[self._at] == "\n"
        self._at += 1
        if " " in name:
            return "the name of a variable holds a space"
        self._skip_blanks()
        if is_inherited:
            self.assignments.append(Assignment(name=name, value=None, expands=False, suppressions=suppressions))
            return ""
        return self._read_value(name, suppressions)

    def _skip_blanks(self) -> None:
        while self._at < len(self._chars) and self._chars[self._at] in _BLANKS:
            self._at += 1

    def _read_value(self, name: str, suppressions: tuple[Suppression, ...]) -> str:
        quote = self._chars[self._at : self._at + 1]
        if quote in ("'", '"') and quote:
            return self._read_quoted(name, quote, suppressions)
        end = self._chars.find("\n", self._at)
        end = len(self._chars) if end < 0 else end
        # A # after anything but a space belongs to the value, as in `node#20`.
        comment = self._chars.find(" #", self._at, end)
        stop = end if comment < 0 else comment
        value = self._chars[self._at : stop].rstrip(_SPACES)
        text = self._text(self._at, self._at + len(value))
        self.assignments.append(Assignment(name=name, value=text, expands=True, suppressions=suppressions))
        self._at = end + 1
        return ""

    def _read_quoted(self, name: str, quote: str, suppressions: tuple[Suppression, ...]) -> str:
        """Read a value in quotes. A backslash keeps the quote after it, and stands for itself before anything else."""
        chars, kept, at = self._chars, list[int](), self._at + 1
        while at < len(chars) and chars[at] != quote:
            if chars[at] == "\\" and at + 1 < len(chars):
                if chars[at + 1] != quote:
                    kept.append(at)
                at += 1
            kept.append(at)
            at += 1
        if at >= len(chars):
            return "a value in quotes has no end"
        self._at = at + 1
        value = self._joined(kept) if quote == "'" else self._unescaped(self._joined(kept))
        self.assignments.append(Assignment(name=name, value=value, expands=quote == '"', suppressions=suppressions))
        return ""

    def _unescaped(self, text: Text) -> Text:
        """Return a value with the escapes undone that are known in double quotes; `\\$` becomes Compose's `$$`."""
        chars, offsets, at = "", list[int](), 0
        for match in _ESCAPE.finditer(text.chars):
            chars += text.chars[at : match.start()]
            offsets += text.offsets[at : match.start()]
            code = match[0][1:]
            if code == "$":
                meant = "$$"
            elif code[0] == "0":
                # Three octal digits after the 0 are a character; compose-go leaves fewer as they are.
                meant = chr(int(code[1:], 8)) if len(code) == 4 and int(code[1:], 8) < 128 else match[0]
            else:
                meant = _ESCAPED.get(code, match[0])
            chars += meant
            offsets += [text.offsets[match.end() - 1]] * len(meant)
            at = match.end()
        if not at:
            return text
        return Text(chars + text.chars[at:], [*offsets, *text.offsets[at:]])

    def _text(self, start: int, end: int) -> Text:
        chars = self._chars[start:end].encode().decode("latin-1")
        first = self._offset(start)
        return Text(chars, range(first, first + len(chars)))

    def _joined(self, kept: list[int]) -> Text:
        """Return the characters at some indexes."""
        if not kept:
            return Text("", ())
        if kept[-1] - kept[0] == len(kept) - 1:
            return self._text(kept[0], kept[-1] + 1)
        parts = [self._text(at, at + 1) for at in kept]
        return Text("".join(each.chars for each in parts), [offset for each in parts for offset in each.offsets])

    def _offset(self, index: int) -> int:
        return self._start + (index if self._is_ascii else len(self._chars[:index].encode()))
