"""Comments that speak to pinner: `# pinner: ignore[rule-id, rule-id] reason`."""

import re

_IGNORE = re.compile(r"#\s*pinner:\s*ignore(?:\[(?P<rules>[a-z0-9,\s-]*)\])?(?=\s|$)\s*(?P<reason>.*)")


def parse_ignore(comment: str) -> tuple[tuple[str, ...], str] | None:
    """The rules (none: all of them) and the reason of an ignore comment, which starts at its `#`."""
    match = _IGNORE.match(comment)
    if match is None:
        return None
    rules = tuple(rule for part in (match["rules"] or "").split(",") if (rule := part.strip()))
    return rules, match["reason"].strip()
