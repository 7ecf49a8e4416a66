"""The shell patterns of `${V#p}`, `${V%p}` and `${V/p/r}`: `*`, `?` and backslash escapes.

A pattern is divided at its stars, and each piece between them looked for where the one before it was found: no
pattern of a hostile file takes longer than length of the pattern times length of the value.
"""

import re
from itertools import pairwise

_ANY = "*"
_ONE = "?"
_Token = tuple[str, bool]
_Piece = re.Pattern[str]


class InvalidGlob(ValueError):
    """The pattern is one that BuildKit refuses."""


def trim_matching(pattern: str, value: str, *, from_end: bool, greedy: bool) -> tuple[int, int]:
    """Return what is left of `value`, as start and end, without its shortest (or longest) match at one end."""
    tokens, chars = _tokens(pattern), value
    if from_end:
        # A suffix is a prefix of what is read backwards.
        tokens, chars = tokens[::-1], value[::-1]
    first, *others = _pieces(tokens)
    found = first.match(chars)
    length = (_end(others, chars, found.end(), greedy=greedy) or 0) if found else 0
    return (0, len(value) - length) if from_end else (length, len(value))


def replace(pattern: str, value: str, every: bool) -> list[tuple[int, int] | None]:
    """Return `value` in pieces: (start, end) stays, None is a match that the replacement takes the place of."""
    tokens = _tokens(pattern)
    if not tokens or (not value and all(token == (_ANY, True) for token in tokens)):
        return _with_insertions(value, every)
    first, *others = _pieces(tokens)
    pieces: list[tuple[int, int] | None] = []
    kept = at = 0
    while at < len(value) and (found := first.search(value, at)):
        end = _end(others, value, found.end(), greedy=True)
        if end is None:
            # What comes after the first star stands nowhere behind this match, nor behind a later one.
            break
        pieces += (kept, found.start()), None
        kept = at = end
        if not every:
            break
    return [*pieces, (kept, len(value))]


def _with_insertions(value: str, every: bool) -> list[tuple[int, int] | None]:
    """Return `value` with matches of nothing: before the first character, or round every one, as Go's regexp has it."""
    if not every:
        return [None, (0, len(value))]
    # One character a byte: those that continue a character of UTF-8 begin none.
    starts = [at for at, char in enumerate(value) if not "\x80" <= char <= "\xbf"]
    pieces: list[tuple[int, int] | None] = [None]
    for piece in pairwise([*starts, len(value)]):
        pieces += piece, None
    return pieces


def _pieces(tokens: list[_Token]) -> list[_Piece]:
    """Return what stands before, between and after the stars; each matches text of one length."""
    expressions = [""]
    for char, is_wild in tokens:
        if is_wild and char == _ANY:
            expressions.append("")
        else:
            expressions[-1] += "." if is_wild else re.escape(char)
    return [re.compile(expression, re.DOTALL) for expression in expressions]


def _end(pieces: list[_Piece], value: str, at: int, *, greedy: bool) -> int | None:
    """Return where a match ends whose first piece ends at index `at`, `pieces` being the others; None without one."""
    if not pieces:
        return at
    *between, last = pieces
    for piece in between:
        found = piece.search(value, at)
        if found is None:
            return None
        at = found.end()
    if not greedy:
        found = last.search(value, at)
        return found.end() if found else None
    # The longest match ends with the last piece furthest to the right.
    ends = (found.end() for start in range(len(value), at - 1, -1) if (found := last.match(value, start)))
    return next(ends, None)


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
