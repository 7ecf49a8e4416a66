"""The words of an instruction: flags with their quotes undone, arguments, and the fields of a mount.

After BuildKit's `extractBuilderFlags`, `parseWords` and `parseMount`. Every character keeps its place.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from pinner.formats.dockerfile.instructions import WORD_SEPARATORS
from pinner.formats.dockerfile.whitespace import trim, with_ascii_spaces
from pinner.formats.variables.text import Text, join

# Go's unicode.IsSpace of single bytes, which is how the flags are read.
_FLAG_SPACES = "\t\n\v\f\r \x85\xa0"
_WORD = re.compile(f"[^{WORD_SEPARATORS}]+")
_NAME = re.compile(f"([^{WORD_SEPARATORS}]*)[{_FLAG_SPACES}]*")
_SPACES = re.compile(f"[{_FLAG_SPACES}]*")
_PLAIN_FLAG = re.compile(rf"--([^={_FLAG_SPACES}'\"\\]+)(=?)([^{_FLAG_SPACES}'\"\\]*)(?:[{_FLAG_SPACES}]+|\Z)")
_PLAIN_WORD = re.compile(rf"[^{WORD_SEPARATORS}'\"\\`]*")
_BARE_FIELDS = ("ro", "readonly", "rw", "readwrite", "required")


class Flag(NamedTuple):
    """`--name=value`; value holds the indexes of its characters in the line, and is None without an equals sign."""

    name: str
    value: Sequence[int] | None


class Command(NamedTuple):
    """An instruction's name in capitals, its flags, and where its arguments begin and end."""

    name: str
    flags: tuple[Flag, ...]
    start: int
    end: int


class InvalidMount(ValueError):
    """A `--mount` that BuildKit refuses."""


# The files of a repository hold the same instructions over and over.
_kept = lru_cache(maxsize=512)


@_kept
def read_command(chars: str, at: int = 0) -> Command:
    """Return the command that begins at index `at` of a logical line: 0, or after ONBUILD."""
    at, end = trim(chars, at, len(chars))
    name = _NAME.match(chars, at, end)
    assert name is not None
    flags, start = _read_flags(chars, name.end(), end)
    # What is left is trimmed once more, of white space in UTF-8 as well (`splitCommand`).
    return Command(name=name[1].upper(), flags=tuple(flags), start=trim(chars, start, end)[0], end=end)


@_kept
def word_spans(chars: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the start and end of each argument between two indexes, divided at any white space, as FROM does."""
    return tuple(word.span() for word in _WORD.finditer(chars, start, end))


@_kept
def quoted_word_spans(chars: str, at: int, end: int, escape: str) -> tuple[tuple[int, int], ...]:
    """Return the start and end of each argument between two indexes, divided outside of quotes, as ARG does.

    Unlike FROM it divides at any white space of Unicode (`parseWords`).
    """
    chars = with_ascii_spaces(chars)
    spans = []
    while at < end:
        if chars[at] in WORD_SEPARATORS:
            at += 1
            continue
        start, at = at, _end_of(_PLAIN_WORD, chars, at, end)
        if at < end and chars[at] not in WORD_SEPARATORS:
            at = _end_of_word(chars, start, end, escape)
        spans.append((start, at))
    return tuple(spans)


def mount_source(value: Text) -> Text | None:
    """Return the `from` of a `--mount` value. Raises InvalidMount."""
    source = None
    for field in _csv_fields(value):
        key, equals, _ = field.chars.partition("=")
        if not equals and key.lower() not in _BARE_FIELDS:
            raise InvalidMount(f"invalid field '{field}' of --mount must be a key=value pair")
        if key.lower() == "from":
            source = field.cut(len(key) + 1)
    return source


def _end_of_word(chars: str, at: int, end: int, escape: str) -> int:
    quote = ""
    while at < end:
        char = chars[at]
        if char == escape and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in WORD_SEPARATORS:
            break
        at += 1
    return min(at, end)


def _read_flags(chars: str, at: int, end: int) -> tuple[list[Flag], int]:
    """Return the flags from index `at` on, and the index at which the arguments begin."""
    flags: list[Flag] = []
    while chars.startswith("--", at, end):
        plain = _PLAIN_FLAG.match(chars, at, end)
        if plain is not None:
            flags.append(Flag(plain[1], range(*plain.span(3)) if plain[2] else None))
            at = plain.end()
            continue
        kept, at = _read_flag_word(chars, at, end)
        word = "".join(chars[index] for index in kept)
        if word == "--":
            break
        name, equals, _ = word[2:].partition("=")
        flags.append(Flag(name, tuple(kept[len(name) + 3 :]) if equals else None))
        at = _end_of(_SPACES, chars, at, end)
    return flags, at


def _read_flag_word(chars: str, at: int, end: int) -> tuple[list[int], int]:
    """Return the indexes of a flag's characters but for quotes and backslashes, and the index after it."""
    kept, quote = [], ""
    while at < end:
        char = chars[at]
        if not quote and char in _FLAG_SPACES:
            break
        if not quote and char in "'\"":
            quote = char
        elif char == quote:
            quote = ""
        else:
            at += char == "\\"
            kept.append(at)
        at += 1
    return [index for index in kept if index < end], min(at, end)


def _end_of(pattern: re.Pattern[str], chars: str, at: int, end: int) -> int:
    """Return the index after the match of a `pattern` that may match nothing."""
    match = pattern.match(chars, at, end)
    return match.end() if match else at


def _csv_fields(value: Text) -> Iterator[Text]:
    """Yield the fields of one record of RFC 4180."""
    chars, at = value.chars, 0
    while at <= len(chars):
        if chars.startswith('"', at):
            field, at = _quoted_field(value, at + 1)
        else:
            end = chars.find(",", at)
            end = len(chars) if end < 0 else end
            field, at = value.cut(at, end), end
        if at < len(chars) and chars[at] != ",":
            raise InvalidMount("a quote in --mount ends before its field does")
        yield field
        at += 1


def _quoted_field(value: Text, at: int) -> tuple[Text, int]:
    parts: list[Text] = []
    while True:
        end = value.chars.find('"', at)
        if end < 0:
            raise InvalidMount('a closing " is missing in --mount')
        parts.append(value.cut(at, end))
        if not value.chars.startswith('""', end):
            return join(parts), end + 1
        parts.append(value.cut(end, end + 1))
        at = end + 2
