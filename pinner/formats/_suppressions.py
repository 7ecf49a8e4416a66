"""Comments that speak to pinner: `# pinner: ignore[rule-id, rule-id] until=2027-01-31 reason`."""

import re

from pinner.model.occurrence import Suppression
from pinner.model.source import Location

MARK = "pinner"
"""What every comment that speaks to pinner holds."""

_IGNORE = r"#\s*pinner:\s*ignore(?P<file>-file)?(?:\[(?P<rules>[a-z0-9,\s-]*)\])?(?!\s*\[)(?=\s|$)(?P<rest>.*)"
_MEANT = r"#\s*pinner(?:\s*:|\s+(?P<word>[A-Za-z-]+))"
_WORDS = ("ignore", "ignore-file")
# Fillers and blanks that Unicode counts among letters and symbols.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_UNTIL = r"(?:^|\s)until=(\S*)"


def read_suppression(comment: str, where: Location) -> Suppression | None:
    """Return what an ignore comment says, which starts at its `#`; None for any other comment.

    One that is meant to be one and cannot be read is `malformed`.
    """
    match = re.match(_IGNORE, comment)
    rules = tuple(rule for part in (match["rules"] or "").split(",") if (rule := part.strip())) if match else ()
    # Brackets that name no rule are a mistake: all rules are meant by no brackets alone.
    if match is None or (match["rules"] is not None and not rules):
        is_meant = match is not None or _is_meant(comment)
        return Suppression(where=where, rules=(), reason="", text=comment, malformed=True) if is_meant else None
    until = re.search(_UNTIL, match["rest"])
    reason = " ".join(re.sub(_UNTIL, "", match["rest"], count=1).split())
    reason = reason if _is_visible(reason) else ""
    return Suppression(
        where=where,
        rules=rules,
        reason=reason,
        text=comment,
        until=until[1] if until else None,
        whole_file=bool(match["file"]),
    )


def _is_meant(comment: str) -> bool:
    """Tell whether a comment speaks to pinner: after its name comes a colon, or a word like `ignore`."""
    match = re.match(_MEANT, comment)
    if match is None or match["word"] is None:
        return match is not None
    word = match["word"].lower()
    # Where the two part, nothing more may differ than one letter: another, one too many, one too few.
    return any(
        word[:at] == meant[:at] and word[at + a :] == meant[at + b :]
        for meant in _WORDS
        for at in range(len(meant) + 1)
        for a, b in ((0, 0), (1, 1), (1, 0), (0, 1))
    )


def _is_visible(text: str) -> bool:
    """Whether anything of `text` can be seen: a letter, a number, a sign, and not white space or format characters."""
    if text.isascii():
        return any("!" <= char <= "~" for char in text)
    # A reason has to be readable for whoever reviews the change; a format character passes for one to a program only.
    from unicodedata import category

    return any(category(char)[0] in "LNPS" and char not in _BLANK for char in text)
