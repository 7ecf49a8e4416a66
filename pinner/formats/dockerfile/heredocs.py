"""Which heredocs an instruction's line opens, by the rules of BuildKit's `heredocsFromLine`."""

import re
from typing import NamedTuple

from pinner.formats.dockerfile.whitespace import space_width, trim
from pinner.formats.variables.expansion import ExpansionError, end_of_variable

_HEREDOC = re.compile(r"[0-9]*<<(-?)([\t\f\r ]*)([^<]*)\Z")
_JSON_ARRAY = re.compile(r'\s*\[\s*(?:"(?:[^"\\]|\\.)*"\s*(?:,\s*"(?:[^"\\]|\\.)*"\s*)*)?\]\s*\Z', re.ASCII)
_FLAGS = re.compile(r"(?:\s+--\S*)*\s+", re.ASCII)
_QUOTED = re.compile(r"""\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)\"""")
_INSTRUCTIONS = ("ADD", "COPY", "RUN")


class Heredoc(NamedTuple):
    """A heredoc's terminator, whether tabs before it are ignored (`<<-`), and whether white space follows the `<<`."""

    name: str
    strips_tabs: bool
    is_spaced: bool


def heredocs_of(chars: str) -> list[Heredoc]:
    """Return the heredocs that an instruction opens, in order."""
    keyword, rest = _split_keyword(chars)
    if keyword == "ONBUILD":
        keyword, rest = _split_keyword(rest[trim(rest, 0, len(rest))[0] :])
    if keyword not in _INSTRUCTIONS or _is_json(rest):
        return []
    try:
        words = _words(chars)
    except (ExpansionError, IndexError):
        return []
    return [heredoc for word in words if (heredoc := _parse(word)) is not None]


def _split_keyword(chars: str) -> tuple[str, str]:
    keyword = re.match(r"\S*", chars, re.ASCII)
    assert keyword is not None
    return keyword[0].upper(), chars[keyword.end() :]


def _is_json(rest: str) -> bool:
    flags = _FLAGS.match(rest)
    return _JSON_ARRAY.match(rest, flags.end() if flags else 0) is not None


def _parse(word: str) -> Heredoc | None:
    match = _HEREDOC.match(word)
    if match is None or not match[3]:
        return None
    name = _unquote(match[3])
    return Heredoc(name, match[1] == "-", bool(match[2])) if name else None


def _unquote(word: str) -> str:
    """Return a terminator without quotes and escapes, empty where it is not exactly one word."""
    if len(_words(word)) != 1:
        return ""
    return _QUOTED.sub(lambda match: "".join(filter(None, match.groups())), word)


def _words(chars: str) -> list[str]:
    """Return the shell words of a line, quotes and escapes kept. White space after `<<` joins two words.

    Raises ExpansionError for what BuildKit's lexer refuses; BuildKit then sees no heredoc.
    """
    words: list[str] = []
    word_start: int | None = None
    at = 0
    while at < len(chars):
        if width := space_width(chars, at):
            if word_start is not None:
                words.append(chars[word_start:at])
                word_start = None
            at += width
            continue
        word_start = at if word_start is None else word_start
        at = _end_of_part(chars, at)
    return words if word_start is None else [*words, chars[word_start:]]


def _end_of_part(chars: str, at: int) -> int:
    """Return the index after the quoted string, escape, variable, `<<` or plain character at `at`."""
    match chars[at]:
        case "'":
            return _find(chars, "'", at + 1)
        case '"':
            return _end_of_double_quotes(chars, at + 1)
        case "\\":
            return at + 2
        case "$":
            return end_of_variable(chars, at)
        case "<" if chars.startswith("<<", at):
            at += 2
            while at < len(chars) and chars[at] in " \t":
                at += 1
            return at
    return at + 1


def _end_of_double_quotes(chars: str, at: int) -> int:
    while at < len(chars):
        if chars[at] == '"':
            return at + 1
        if chars[at] == "$":
            at = end_of_variable(chars, at)
        else:
            at += 2 if chars[at] == "\\" else 1
    raise ExpansionError('a closing " is missing')


def _find(chars: str, char: str, at: int) -> int:
    end = chars.find(char, at)
    if end < 0:
        raise ExpansionError(f"a closing {char} is missing")
    return end + 1
