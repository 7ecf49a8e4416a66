"""Variables in references: what BuildKit and Compose make of `$V`, `${V:-default}` and the like.

The rules are those of BuildKit's `frontend/dockerfile/shell/lex.go` and of the interpolation in the
Compose specification. Every character of a result remembers where in the file it came from.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from pinner.formats.variables.shell_patterns import InvalidGlob, replace, trim_matching
from pinner.formats.variables.text import Text, join

# No reference is longer, and a few lines of `${V}${V}` would come to gigabytes.
MAX_LENGTH = 4096
MAX_DEPTH = 32
# POSIX shell, 2.5.2, as `isSpecialParam` of lex.go has them. All are empty in a build.
_SPECIAL_PARAMETERS = "@*#?-$!0"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")


class Missing(Enum):
    """Why a variable has no value that the file gives."""

    UNSET = "known to be empty: nothing can set it"
    NO_DEFAULT = "whoever builds may set it, and it has no default"
    BUILD_TIME = "the build sets it, whatever the file says"


Lookup = Callable[[str], Text | Missing]


class ExpansionError(Exception):
    """The text is not what the format allows; the message is for people."""


class Expansion(NamedTuple):
    """What a word stands for. `used` are the variables it names, `unknown` those that leave it open."""

    value: Text
    used: frozenset[str]
    unknown: tuple[str, ...]


class Dialect(NamedTuple):
    """How variables are written: `escape` is the Dockerfile's escape character, None means Compose.

    Where `is_literal` is set, nothing means anything but itself.
    """

    escape: str | None
    is_literal: bool = False

    def is_plain(self, chars: str) -> bool:
        """Tell whether `chars` stand for themselves."""
        if self.is_literal:
            return True
        if "$" in chars:
            return False
        return self.escape is None or not ("'" in chars or '"' in chars or self.escape in chars)


COMPOSE = Dialect(None)
LITERAL = Dialect(None, is_literal=True)
_DOCKERFILE = Dialect("\\")


def expand(word: Text, lookup: Lookup, dialect: Dialect) -> Expansion:
    """`word` with quotes, escapes and variables processed. Raises ExpansionError."""
    if dialect.is_plain(word.chars):
        return Expansion(value=word, used=_NO_NAMES, unknown=())
    lexer = _Lexer(word, lookup, dialect)
    value = lexer.read_until(None)
    return Expansion(value=value, used=frozenset(lexer.used), unknown=tuple(lexer.unknown))


def with_values(value: str, values: Callable[[str], str | None] = lambda _: None) -> str:
    """`value` with its Compose variables replaced by their values or defaults, or as it is where one has none."""
    if "$" not in value:
        return value

    def look_up(name: str) -> Text | Missing:
        found = values(name)
        return Missing.NO_DEFAULT if found is None else Text.of_str(found)

    try:
        expansion = expand(Text.of_str(value), look_up, COMPOSE)
    except ExpansionError:
        return value
    return value if expansion.unknown else str(expansion.value)


def end_of_variable(chars: str, start: int, dialect: Dialect = _DOCKERFILE) -> int:
    """Return the index after the variable expression whose `$` is at `start`. Raises ExpansionError."""
    lexer = _Lexer(Text(chars, range(len(chars))), lambda _: Missing.NO_DEFAULT, dialect)
    lexer.at = start
    lexer.read_variable()
    return lexer.at


class _Lexer:
    """One pass over a word. Recursion follows the nesting of `${…}` and is bounded by MAX_DEPTH."""

    def __init__(self, word: Text, lookup: Lookup, dialect: Dialect) -> None:
        self.word = word
        self.chars = word.chars
        self.at = 0
        self.depth = 0
        self.used: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self._lookup = lookup
        self._dialect = dialect

    def read_until(self, stop: str | None, raw_escapes: bool = False) -> Text:
        """Everything up to `stop`, which is consumed; None stands for the end of the word."""
        parts: list[Text] = []
        length = 0
        while self.at < len(self.chars):
            char = self.chars[self.at]
            if char == stop:
                self.at += 1
                return join(parts)
            parts.append(self._read_part(char, raw_escapes))
            length += len(parts[-1].chars)
            if length > MAX_LENGTH:
                raise ExpansionError(f"it is longer than {MAX_LENGTH} characters")
        if stop is not None:
            raise ExpansionError(f"a {stop} is missing")
        return join(parts)

    def _read_part(self, char: str, raw_escapes: bool) -> Text:
        if char == "$":
            return self.read_variable()
        if char == '"' and self._dialect.escape is not None:
            return self._read_double_quotes(raw_escapes)
        if char == "'" and self._dialect.escape is not None:
            start, end = self.at + 1, self.chars.find("'", self.at + 1)
            if end < 0:
                raise ExpansionError("a closing ' is missing")
            self.at = end + 1
            return self.word.cut(start, end)
        if char == self._dialect.escape:
            # In a pattern the backslash stays: there it makes a star a star (`processStopOn` with `rawEscapes`).
            start = self.at if raw_escapes else self.at + 1
            self.at = min(self.at + 2, len(self.chars))
            return self.word.cut(start, self.at)
        self.at += 1
        return self.word.cut(self.at - 1, self.at)

    def _read_double_quotes(self, raw_escapes: bool) -> Text:
        escape = self._dialect.escape
        parts: list[Text] = []
        self.at += 1
        while self.at < len(self.chars):
            char = self.chars[self.at]
            if char == '"':
                self.at += 1
                return join(parts)
            if char == "$":
                parts.append(self.read_variable())
                continue
            # As in a shell, a backslash between double quotes stands for itself before anything else.
            if char == escape and self.chars[self.at + 1 : self.at + 2] in ('"', "$", escape):
                if raw_escapes:
                    parts.append(self.word.cut(self.at, self.at + 1))
                self.at += 1
            parts.append(self.word.cut(self.at, self.at + 1))
            self.at += 1
        raise ExpansionError('a closing " is missing')

    def read_variable(self) -> Text:
        """Return the value of the expression whose `$` stands here."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpansionError(f"variables are nested more than {MAX_DEPTH} deep")
        start = self.at
        self.at += 1
        if self._peek() == "{":
            value = self._read_expression()
        elif self._dialect == COMPOSE and self._peek() == "$":
            self.at += 1
            value = self.word.cut(start + 1, start + 2)
        elif name := self._read_name():
            value = self._plain_value(name)
        elif self._dialect == COMPOSE:
            raise ExpansionError("a $ that starts no variable is written $$")
        else:
            value = self.word.cut(start, start + 1)
        self.depth -= 1
        return value

    def _read_expression(self) -> Text:
        self.at += 1
        name = self._read_name()
        if not name:
            raise ExpansionError("${ is followed by no variable name")
        operator = self._peek()
        self.at += 1
        if operator == "}":
            return self._plain_value(name)
        if operator == ":":
            operator += self._peek()
            self.at += 1
        match operator[-1:]:
            case "-" | "+" | "?":
                return self._chosen(name, operator)
            case ("#" | "%") as end if self._dialect != COMPOSE:
                return self._trimmed(name, end, self.read_until("}", raw_escapes=True).chars)
            case "/" if self._dialect != COMPOSE and operator == "/":
                return self._replaced(name)
            case _:
                raise ExpansionError(f"${{{name}{operator} is no substitution that pinner knows")

    def _chosen(self, name: str, operator: str) -> Text:
        """Return the variable or the word of `${V:-word}`, `${V:+word}`, `${V:?word}`, and the same without a colon."""
        before = self.unknown.copy()
        word = self.read_until("}")
        inside, self.unknown = self.unknown, before
        self.used[name] = None
        value = self._lookup(name)
        missing = isinstance(value, Missing) or (operator[0] == ":" and not value.chars)
        match operator[-1], missing:
            case _ if value is Missing.BUILD_TIME:
                pass
            case ("-", True) | ("+", False):
                # Only a word that is taken leaves anything open.
                self.unknown |= inside
                return word
            case "+", True:
                return _EMPTY
            case "?", True if value is not Missing.NO_DEFAULT:
                raise ExpansionError(f"{name} must be set: {str(word) or 'it has no default'}")
        return self._plain_value(name)

    def _trimmed(self, name: str, end: str, pattern: str) -> Text:
        value = self._plain_value(name)
        greedy = pattern.startswith(end)
        try:
            start, stop = trim_matching(pattern[greedy:], value.chars, from_end=end == "%", greedy=greedy)
        except InvalidGlob as error:
            raise ExpansionError(str(error)) from error
        return value.cut(start, stop)

    def _replaced(self, name: str) -> Text:
        every = self._peek() == "/"
        self.at += every
        pattern = self.read_until("/", raw_escapes=True).chars
        # A digest in the replacement would stay for every other value that has the pattern.
        replacement = Text.made_up(self.read_until("}", raw_escapes=True).chars)
        if every and "$" in replacement.chars:
            raise ExpansionError("a $ in the replacement of a pattern stands for a part of the match")
        value = self._plain_value(name)
        try:
            pieces = replace(pattern, value.chars, every)
        except InvalidGlob as error:
            raise ExpansionError(str(error)) from error
        if pieces.count(None) * len(replacement.chars) > MAX_LENGTH:
            raise ExpansionError(f"it is longer than {MAX_LENGTH} characters")
        return join(replacement if piece is None else value.cut(*piece) for piece in pieces)

    def _plain_value(self, name: str) -> Text:
        self.used[name] = None
        value = self._lookup(name)
        if isinstance(value, Text):
            return value
        if value is not Missing.UNSET:
            self.unknown[name] = None
        return _EMPTY

    def _read_name(self) -> str:
        start = self.at
        first = self._peek()
        # `$12` is one positional parameter to BuildKit, and no variable to Compose.
        if first in _DIGITS:
            while self._dialect != COMPOSE and self._peek() in _DIGITS:
                self.at += 1
        elif self._dialect != COMPOSE and first and first in _SPECIAL_PARAMETERS:
            self.at += 1
        else:
            while width := self._width_in_name():
                self.at += width
        return self.chars[start : self.at]

    def _width_in_name(self) -> int:
        """Return how many characters the next letter, digit or underscore takes, 0 where there is none.

        To BuildKit the letters of every alphabet are letters; here they are UTF-8, one character a byte.
        """
        char = self._peek()
        if char in _LETTERS or char in _DIGITS:
            return 1
        if char < "\x80" or self._dialect == COMPOSE:
            return 0
        letter = self.chars[self.at : self.at + 4].encode("latin-1").decode("utf-8", "replace")[0]
        return len(letter.encode()) if letter.isalpha() or letter.isdecimal() else 0

    def _peek(self) -> str:
        return self.chars[self.at : self.at + 1]


_EMPTY = Text("", ())
_NO_NAMES: frozenset[str] = frozenset()
