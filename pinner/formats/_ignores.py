"""Comments that speak to pinner: `# pinner: ignore[rule-id, rule-id] until=2027-01-31 reason`."""

import re

from pinner.finding import Ignore
from pinner.source import Location

_IGNORE = re.compile(r"#\s*pinner:\s*ignore(?P<file>-file)?(?:\[(?P<rules>[a-z0-9,\s-]*)\])?(?=\s|$)(?P<rest>.*)")
_UNTIL = re.compile(r"(?:^|\s)until=(\S*)")


def read_ignore(comment: str, where: Location) -> Ignore | None:
    """What an ignore comment says, which starts at its `#`; None for any other comment."""
    match = _IGNORE.match(comment)
    if match is None:
        return None
    rules = tuple(rule for part in (match["rules"] or "").split(",") if (rule := part.strip()))
    until = _UNTIL.search(match["rest"])
    reason = " ".join(_UNTIL.sub("", match["rest"], count=1).split())
    return Ignore(where, rules, reason, comment, until[1] if until else None, bool(match["file"]))
