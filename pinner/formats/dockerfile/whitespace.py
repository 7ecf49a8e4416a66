"""White space as Go's unicode.IsSpace has it, in UTF-8 that is read as latin-1.

Python's own idea of white space must not be used on such text: it would take half of an `à` for a space.
"""

import re

ASCII_SPACES = "\t\n\v\f\r "
_WIDE_SPACES = tuple(
    space.encode().decode("latin-1")
    for space in "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_WIDE_SPACE = "|".join(_WIDE_SPACES)
_SPACE_STARTS = frozenset(ASCII_SPACES).union(wide[0] for wide in _WIDE_SPACES)
_SPACE_ENDS = frozenset(ASCII_SPACES).union(wide[-1] for wide in _WIDE_SPACES)


def trim(chars: str, start: int, end: int) -> tuple[int, int]:
    """Return `start` and `end` moved past the white space at both ends (Go's strings.TrimSpace)."""
    if start < end and "!" <= chars[start] <= "~" and "!" <= chars[end - 1] <= "~":
        return start, end
    while start < end and (width := space_width(chars, start)):
        start += width
    while start < end and chars[end - 1] in _SPACE_ENDS:
        wide = next((len(wide) for wide in _WIDE_SPACES if chars.endswith(wide, start, end)), 0)
        if not wide and chars[end - 1] not in ASCII_SPACES:
            break
        end -= wide or 1
    return start, end


def is_comment_or_blank(chars: str) -> bool:
    """Tell whether a line of a Dockerfile is no part of any instruction."""
    content = chars.lstrip(ASCII_SPACES)
    if content and content[0] > "~":
        content = content[trim(content, 0, len(content))[0] :]
    return not content or content[0] == "#"


def space_width(chars: str, at: int) -> int:
    """Return how many characters the white space at index `at` takes; 0 where there is none."""
    if chars[at] not in _SPACE_STARTS:
        return 0
    if chars[at] in ASCII_SPACES:
        return 1
    return next((len(wide) for wide in _WIDE_SPACES if chars.startswith(wide, at)), 0)


def with_ascii_spaces(chars: str) -> str:
    """Return `chars` with form feeds in the place of white space beyond ASCII, every other character where it was."""
    return chars if chars.isascii() else re.sub(_WIDE_SPACE, lambda space: "\f" * len(space[0]), chars)
