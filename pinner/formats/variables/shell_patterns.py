"""The shell patterns of `${V#p}`, `${V%p}` and `${V/p/r}`: `*`, `?` and backslash escapes.

Matching steps through all states at once, so that no pattern of a hostile file takes longer than
length of the pattern times length of the value.
"""

from collections.abc import Iterator

_ANY = "*"
_ONE = "?"
_Token = tuple[str, bool]


class InvalidGlob(ValueError):
    """The pattern is one that BuildKit refuses."""


def trim_prefix(pattern: str, value: str, greedy: bool) -> tuple[int, int]:
    """Return what is left of `value`, as start and end, without its shortest (or longest) matching prefix."""
    return _matched_length(_tokens(pattern), value, greedy), len(value)


def trim_suffix(pattern: str, value: str, greedy: bool) -> tuple[int, int]:
    """Return what is left of `value`, as start and end, without its shortest (or longest) matching suffix."""
    return 0, len(value) - _matched_length(_tokens(pattern)[::-1], value[::-1], greedy)


def replace(pattern: str, value: str, every: bool) -> list[tuple[int, int] | None]:
    """`value` in pieces: (start, end) stays, None is a match that the replacement takes the place of."""
    tokens = _tokens(pattern)
    pieces: list[tuple[int, int] | None] = []
    kept = at = 0
    while at < len(value):
        end = max(_ends(tokens, value, at), default=at)
        if end == at:
            at += 1
            continue
        pieces += (kept, at), None
        kept = at = end
        if not every:
            break
    return [*pieces, (kept, len(value))]


def _matched_length(tokens: list[_Token], value: str, greedy: bool) -> int:
    ends = list(_ends(tokens, value, 0))
    return (max(ends) if greedy else min(ends)) if ends else 0


def _tokens(pattern: str) -> list[_Token]:
    """Return the pattern as (character, is it a wildcard)."""
    tokens: list[_Token] = []
    chars = iter(pattern)
    for char in chars:
        if char == "\\":
            char = next(chars, "")
            if char not in ("*", "?", "\\", "}", "/"):
                raise InvalidGlob(f"\\{char} is no escape in a pattern")
            tokens.append((char, False))
        else:
            tokens.append((char, char in (_ANY, _ONE)))
    return tokens


def _ends(tokens: list[_Token], value: str, start: int) -> Iterator[int]:
    """Yield every index at which a match of all `tokens` from `start` may end."""
    states = _skip_stars(tokens, {0})
    for index in range(start, len(value) + 1):
        if len(tokens) in states:
            yield index
        if index == len(value) or not states:
            return
        states = _skip_stars(tokens, _step(tokens, states, value[index]))


def _step(tokens: list[_Token], states: set[int], char: str) -> set[int]:
    following: set[int] = set()
    for state in states:
        if state < len(tokens):
            token, wild = tokens[state]
            if wild and token == _ANY:
                following.add(state)
            elif wild or token == char:
                following.add(state + 1)
    return following


def _skip_stars(tokens: list[_Token], states: set[int]) -> set[int]:
    """`states` with those that a `*` reaches by matching nothing."""
    reached = set(states)
    for state in states:
        while state < len(tokens) and tokens[state] == (_ANY, True):
            state += 1
            reached.add(state)
    return reached
