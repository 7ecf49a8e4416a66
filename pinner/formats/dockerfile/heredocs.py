"""Which heredocs an instruction's line opens, by the rules of BuildKit's `heredocsFromLine`.

BuildKit divides the line by its shell lexer (`frontend/dockerfile/shell/lex.go`) with all variables unset and kept as
they are written. That lexer has changed: where its versions may not agree, the line is read as each of them reads it.
"""

import codecs
import re
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from pinner.formats.dockerfile.whitespace import trim

MAX_DEPTH = 32

_HEREDOC = re.compile(r"[0-9]*<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_JSON_ARRAY = re.compile(r'\s*\[\s*(?:"(?:[^"\\]|\\.)*"\s*(?:,\s*"(?:[^"\\]|\\.)*"\s*)*)?\]\s*\Z', re.ASCII)
_FLAGS = re.compile(r"(?:\s+--\S*)*\s+", re.ASCII)
_INSTRUCTIONS = ("ADD", "COPY", "RUN")
# Go's unicode.IsSpace.
_SPACES = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))
_SPECIAL_PARAMETERS = frozenset("@*#?-$!0")
_BOM = "\ufeff"


class Heredoc(NamedTuple):
    """A heredoc's terminator, one character a byte, and whether tabs before it are ignored (`<<-`)."""

    name: str
    strips_tabs: bool


class Opened(NamedTuple):
    """The heredocs that a line opens, in order. `is_disputed` where some versions of BuildKit see none."""

    heredocs: tuple[Heredoc, ...]
    is_disputed: bool = False


class UnclearHeredoc(ValueError):
    """A line in which versions of BuildKit see different heredocs, or that no version reads."""


NONE = Opened(())


# The files of a repository hold the same instructions over and over.
@lru_cache(maxsize=512)
def heredocs_of(chars: str) -> Opened:
    """Return the heredocs that an instruction opens. Raise UnclearHeredoc.

    `chars` is its logical line, one character a byte.
    """
    keyword, rest = _split_keyword(chars)
    if keyword == "ONBUILD":
        keyword, rest = _split_keyword(rest[trim(rest, 0, len(rest))[0] :])
    if keyword not in _INSTRUCTIONS or _is_json(rest):
        return NONE
    text = _decoded(chars)
    newest = _HeredocLexer(text, _Version())
    readings = {_read(newest)}
    if newest.is_disputed:
        readings.update(
            _read(_HeredocLexer(text, _Version(**dict(zip(_Version._fields, flags, strict=True)))))
            for flags in product((True, False), repeat=len(_Version._fields))
        )
    found = sorted(readings, key=len)
    if len(found) > 2 or (len(found) == 2 and found[0]):
        raise UnclearHeredoc("not every BuildKit sees the same heredoc here: write its name without ${…} and spaces")
    return Opened(found[-1], is_disputed=len(found) == 2)


def _split_keyword(chars: str) -> tuple[str, str]:
    keyword = re.match(r"\S*", chars, re.ASCII)
    assert keyword is not None
    return keyword[0].upper(), chars[keyword.end() :]


def _is_json(rest: str) -> bool:
    flags = _FLAGS.match(rest)
    return _JSON_ARRAY.match(rest, flags.end() if flags else 0) is not None


def _decoded(chars: str) -> str:
    """Return the code points that Go sees: each byte that is no part of UTF-8 as one U+FFFD."""
    return chars.encode("latin-1").decode("utf-8", _AS_GO)


def _one_each(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd", error.start + 1


_AS_GO = "pinner-as-go"
codecs.register_error(_AS_GO, _one_each)


def _read(lexer: "_HeredocLexer") -> tuple[Heredoc, ...]:
    try:
        words = lexer.words()
    except _Refused:
        # BuildKit drops the error, and the words with it.
        return ()
    return tuple(heredoc for word in words if (heredoc := _parse(word, lexer.version)) is not None)


def _parse(word: str, version: "_Version") -> Heredoc | None:
    """Return the heredoc that a word is (`heredocFromMatch`)."""
    match = _HEREDOC.match(word)
    if match is None or not match[2]:
        return None
    try:
        names = _HeredocLexer(match[2], version, keeps_quotes=False, keeps_escapes=False).words()
        raw = _HeredocLexer(match[2], version, keeps_escapes=False).words()
    except _Refused as error:
        raise UnclearHeredoc(f"the heredoc's name cannot be read: {error}") from error
    if len(names) != 1:
        return None
    if len(raw) != 1:
        raise UnclearHeredoc("the heredoc's name cannot be read: its quotes do not agree")
    return Heredoc(names[0].encode("utf-8", "surrogatepass").decode("latin-1"), match[1] == "-")


class _Refused(ValueError):
    """What BuildKit's lexer refuses."""


class _Version(NamedTuple):
    """In what versions of the lexer differ; the defaults are those of the newest.

    `joins`: white space after `<<` is part of the word. `is_strict`: `${x:#y}` and the like are refused. `forgets`:
    what stands in a word before `${x-y}` is lost, as the words of both share a buffer. `knows_patterns`: `${x#y}` and
    `${x/y/z}` are read.
    """

    joins: bool = True
    is_strict: bool = True
    forgets: bool = True
    knows_patterns: bool = True


class _HeredocLexer:
    """One pass over a text. Recursion follows the nesting of `${…}` and is bounded by MAX_DEPTH."""

    def __init__(self, text: str, version: _Version, *, keeps_quotes: bool = True, keeps_escapes: bool = True) -> None:
        # Go's text/scanner passes over a byte-order mark at the start.
        self._text = text.removeprefix(_BOM)
        self.version = version
        self._keeps_quotes = keeps_quotes
        self._keeps_escapes = keeps_escapes
        self._at = 0
        self._depth = 0
        self._word = ""
        self.is_disputed = False

    def words(self) -> list[str]:
        """Return the words of the text. Raise _Refused, or UnclearHeredoc for what is nested too deep."""
        return self._read_until("", keeps_escapes=self._keeps_escapes)[1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _read_until(self, stop: str, *, keeps_escapes: bool) -> tuple[str, list[str]]:
        """Return what stands before `stop`, or before the end of the text, and its words (`processStopOn`)."""
        # Each `${…}` with a word leads here again.
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnclearHeredoc(f"variables are nested more than {MAX_DEPTH} deep")
        before, self._keeps_escapes = self._keeps_escapes, keeps_escapes
        outer, self._word = self._word, ""
        result: list[str] = []
        words: list[str] = []
        while (char := self._peek()) and char != stop:
            part = self._read_part(char, words)
            result.append(part)
        if stop and not char:
            raise _Refused(f"a {stop} is missing")
        self._at += len(stop)
        if self._word:
            words.append(self._word)
        self._word = "" if self.version.forgets else outer
        self._keeps_escapes = before
        self._depth -= 1
        return "".join(result), words

    def _read_part(self, char: str, words: list[str]) -> str:
        match char:
            case "$":
                part = self._read_variable()
                for each in part:
                    self._add(each, words)
                return part
            case "'" | '"':
                part = self._read_single_quotes() if char == "'" else self._read_double_quotes()
            case "<":
                part = self._read_less_than()
            case "\\":
                part = self._read_escape()
            case _:
                self._add(self._next(), words)
                return char
        self._word += part
        return part

    def _add(self, char: str, words: list[str]) -> None:
        if char not in _SPACES:
            self._word += char
        elif self._word:
            words.append(self._word)
            self._word = ""

    def _read_escape(self) -> str:
        escape = self._next() if self._keeps_escapes else self._next()[:0]
        return escape + self._next()

    def _read_less_than(self) -> str:
        self._at += 1
        if self._peek() != "<":
            return "<"
        self._at += 1
        start = self._at
        while self._peek() in ("\t", "\r", " "):
            self._at += 1
        if self._at > start:
            self.is_disputed = True
            self._at = self._at if self.version.joins else start
        return "<<" + self._text[start : self._at]

    def _read_single_quotes(self) -> str:
        start = self._at
        end = self._text.find("'", start + 1)
        if end < 0:
            raise _Refused("a closing ' is missing")
        self._at = end + 1
        return self._text[start : self._at] if self._keeps_quotes else self._text[start + 1 : end]

    def _read_double_quotes(self) -> str:
        quote = self._next() if self._keeps_quotes else self._next()[:0]
        parts = [quote]
        while (char := self._peek()) != '"':
            if not char:
                raise _Refused('a closing " is missing')
            if char == "$":
                parts.append(self._read_variable())
                continue
            self._at += 1
            if char == "\\":
                parts.append(char if self._keeps_escapes else "")
                if not self._peek():
                    continue
                if self._peek() in '"$\\':
                    char = self._next()
            parts.append(char)
        self._at += 1
        return "".join([*parts, quote])

    def _read_variable(self) -> str:
        """Return a variable as it stands here, but for quotes and escapes in its word (`processDollar`)."""
        self._at += 1
        if self._peek() != "{":
            return "$" + self._read_name()
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise _Refused("a ${ is followed by no variable name")
        name = self._read_name()
        modifier = self._next()
        if modifier == "}":
            return f"${{{name}}}"
        self.is_disputed = True
        if modifier == "/":
            every = self._next() if self._peek() == "/" else ""
            pattern, _ = self._read_until("/", keeps_escapes=True)
            replacement, _ = self._read_until("}", keeps_escapes=True)
            return self._checked(f"${{{name}/{every}{pattern}/{replacement}}}", modifier)
        if modifier == ":":
            modifier += self._next()
        elif modifier not in ("+", "-", "?", "#", "%"):
            raise _Refused(f"${{{name}{modifier} is no substitution")
        word, _ = self._read_until("}", keeps_escapes=modifier[-1:] in ("#", "%"))
        return self._checked(f"${{{name}{modifier}{word}}}", modifier)

    def _checked(self, variable: str, modifier: str) -> str:
        """Return `variable`, unless the version refuses its modifier."""
        is_known = modifier[-1:] in "+-?" or (self.version.knows_patterns and len(modifier) == 1)
        if (self.version.is_strict or len(modifier) == 1) and not is_known:
            raise _Refused(f"{modifier} is no substitution")
        return variable

    def _read_name(self) -> str:
        start = self._at
        if self._peek().isdecimal():
            while self._peek().isdecimal():
                self._at += 1
        elif self._peek() in _SPECIAL_PARAMETERS:
            self._at += 1
        else:
            while self._peek().isalpha() or self._peek().isdecimal() or self._peek() == "_":
                self._at += 1
        return self._text[start : self._at]
