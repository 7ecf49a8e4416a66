"""The WWW-Authenticate field, read as RFC 9110 section 11.6.1 says and as registries write it.

Any case, unquoted values, several challenges in one field, token68, space around `=`, stray commas.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_MAX_FIELD = 8192
_SEPARATORS = re.compile(r"[\s,]*")
_WORD = re.compile(r"[^\s,=\"]+")
_EQUALS = re.compile(r"\s*=\s*")
# `scope=` could be a token68 by the grammar; registries mean a parameter without a value.
_TOKEN68 = re.compile(r"[ \t]+(?!(?:realm|service|scope|error)=)[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?$)', re.DOTALL)
_UNQUOTED = re.compile(r"[^\s,]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Challenge(NamedTuple):
    """One way to authenticate. `scheme` and the names in `parameters` are in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(fields: Iterable[str]) -> list[Challenge]:
    """Return the challenges of all WWW-Authenticate fields of a response, in their order, without garbage."""
    return [challenge for field in fields for challenge in _parse(field[:_MAX_FIELD])]


def _parse(field: str) -> list[Challenge]:
    challenges: list[Challenge] = []
    parameters: dict[str, str] = {}
    at = _skip(_SEPARATORS, field, 0)
    while at < len(field):
        word = _WORD.match(field, at)
        if word is None:
            at = _skip(_SEPARATORS, field, at + 1)
            continue
        name, at = word.group().lower(), word.end()
        if equals := _EQUALS.match(field, at):
            value, at = _value(field, equals.end())
            parameters.setdefault(name, value)
        else:
            parameters = {}
            challenges.append(Challenge(name, parameters))
            at = _skip(_TOKEN68, field, at)
        at = _skip(_SEPARATORS, field, at)
    return challenges


def _value(field: str, at: int) -> tuple[str, int]:
    if quoted := _QUOTED.match(field, at):
        return _ESCAPED.sub(r"\1", quoted.group(1)), quoted.end()
    end = _skip(_UNQUOTED, field, at)
    return field[at:end], end


def _skip(pattern: re.Pattern[str], field: str, at: int) -> int:
    match = pattern.match(field, at)
    return match.end() if match else at
