"""Ignore comments: `# pinner: ignore[rule-id, rule-id] until=2027-01-31 reason`."""

import re

from pinner.model.occurrence import Suppression
from pinner.model.source import Location

_IGNORE = re.compile(r"#\s*pinner:\s*ignore(?P<file>-file)?(?:\[(?P<rules>[a-z0-9,\s-]*)\])?(?=\s|$)(?P<rest>.*)")
# Fillers and blanks that Unicode counts among letters and symbols.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_UNTIL = re.compile(r"(?:^|\s)until=(\S*)")


def read_suppression(comment: str, where: Location) -> Suppression | None:
    """Return the suppression in a comment that starts at its `#`, None for any other comment."""
    match = _IGNORE.match(comment)
    if match is None:
        return None
    rules = tuple(rule for part in (match["rules"] or "").split(",") if (rule := part.strip()))
    until = _UNTIL.search(match["rest"])
    reason = " ".join(_UNTIL.sub("", match["rest"], count=1).split())
    reason = reason if _is_visible(reason) else ""
    return Suppression(
        where=where,
        rules=rules,
        reason=reason,
        text=comment,
        until=until[1] if until else None,
        whole_file=bool(match["file"]),
    )


def _is_visible(text: str) -> bool:
    """Return whether anything of `text` can be seen: a letter, number or sign, not white space or format characters."""
    if text.isascii():
        return any("!" <= char <= "~" for char in text)
    from unicodedata import category

    return any(category(char)[0] in "LNPS" and char not in _BLANK for char in text)
