"""Which characters of a YAML file make up a scalar's value: YAML 1.2, chapters 7 and 8.

ruamel.yaml decides what the value is. What stands here only finds the value's characters again, and
is believed where it arrives at the same value.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*)?)*)*")
_BREAK = re.compile(r"\r\n?|\n")
_LINE = re.compile(r"([^\r\n]*)(\r\n?|\n|\Z)")
_BREAKS = r"(?:\r\n?|\n)[ \t\r\n]*"
_PLAIN = re.compile(rf"(?P<breaks>{_BREAKS})")
_SINGLE = re.compile(rf"''|(?P<breaks>{_BREAKS})")
_DOUBLE = re.compile(rf"\\(?:x..|u.{{4}}|U.{{8}}|[^\r\n]|(?P<escaped>{_BREAKS}))|(?P<breaks>{_BREAKS})")


class Piece(NamedTuple):
    """`chars` of a value come from the file's characters between `start` and `end`."""

    start: int
    end: int
    chars: str


def content_start(raw: str) -> int:
    """Return where a node's own text begins: after its tag and its anchor."""
    match = _PROPERTIES.match(raw)
    return match.end() if match else 0


def pieces(raw: str, style: str | None, value: str) -> list[Piece] | None:
    """Return the pieces of `raw`, a scalar without tag and anchor, that make up `value`; None if they are not found."""
    match style:
        case "|" | ">":
            found = list(_block(raw, value, style == ">"))
        case "'" | '"':
            found = list(_flow(raw, 1, len(raw) - 1, _SINGLE if style == "'" else _DOUBLE, value))
        case _:
            found = list(_flow(raw, 0, len(raw), _PLAIN, value))
    return found if "".join(piece.chars for piece in found) == value else None


def header_end(raw: str) -> int:
    """Return where the first line of a block scalar ends: before it stand its indicators and a comment."""
    match = _BREAK.search(raw)
    return match.end() if match else len(raw)


def is_in(at: int, ranges: list[tuple[int, int]]) -> bool:
    """Return whether one of the `ranges`, which are in order, holds the index `at`."""
    index = bisect_right(ranges, (at, sys.maxsize)) - 1
    return index >= 0 and at < ranges[index][1]


def _flow(raw: str, start: int, end: int, special: re.Pattern[str], value: str) -> Iterator[Piece]:
    """Yield the pieces of a plain or quoted scalar: folded line breaks and escapes, and what stands between them."""
    length = 0
    if raw[start:end] == value:
        yield Piece(start=start, end=end, chars=value)
        return
    for match in special.finditer(raw, start, end):
        # A line break that is folded takes the spaces before it along; one that is escaped keeps them.
        kept = start + len(raw[start : match.start()].rstrip(" \t")) if match["breaks"] else match.start()
        yield Piece(start=start, end=kept, chars=raw[start:kept])
        length += kept - start
        chars = _replacement(match, value[length : length + 1])
        yield Piece(start=match.start(), end=match.end(), chars=chars)
        length += len(chars)
        start = match.end()
    yield Piece(start=start, end=end, chars=raw[start:end])


def _replacement(match: re.Match[str], char: str) -> str:
    """Return what a line break or an escape stands for; an escape stands for one character, which is `char`."""
    groups = match.groupdict()
    if breaks := groups["breaks"]:
        return "\n" * (len(_BREAK.findall(breaks)) - 1) or " "
    if escaped := groups.get("escaped"):
        return "\n" * (len(_BREAK.findall(escaped)) - 1)
    return char


def _block(raw: str, value: str, folded: bool) -> Iterator[Piece]:
    """Yield the pieces of a literal or folded scalar, with as many of its last line breaks as `value` has."""
    lines = [(*match.span(1), match.end()) for match in _LINE.finditer(raw, header_end(raw)) if match[0]]
    # What the first line with text has more in front than the value: an indicator may say less than stands there.
    kept = re.search(r"^( *)[^ \n]", value, re.MULTILINE)
    first = next((raw[start:stop] for start, stop, _ in lines if raw[start:stop].strip(" ")), "")
    indent = len(first) - len(first.lstrip(" ")) - (len(kept[1]) if kept else 0)
    contents = [(min(start + indent, stop), stop, end) for start, stop, end in lines]
    breaks = _folded_breaks(raw, contents) if folded else ["\n"] * len(lines)
    length = 0
    for (start, stop, end), line_break in zip(contents, breaks, strict=True):
        for piece in (
            Piece(start=start, end=stop, chars=raw[start:stop]),
            Piece(start=stop, end=end, chars=line_break),
        ):
            if length == len(value):
                return
            yield piece
            length += len(piece.chars)


def _folded_breaks(raw: str, contents: list[tuple[int, int, int]]) -> list[str]:
    """Return what the line break after every line of a folded scalar stands for (section 8.1.3)."""
    breaks = ["\n"] * len(contents)
    following: int | None = None
    for index in range(len(contents) - 1, -1, -1):
        start, stop, _ = contents[index]
        if start == stop:
            continue
        if following is not None and raw[start] not in " \t" and raw[contents[following][0]] not in " \t":
            breaks[index] = " " if following == index + 1 else ""
        following = index
    return breaks
