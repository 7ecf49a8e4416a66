"""The names of what a repository builds, as files say them that build it."""

import re
from collections.abc import Iterable, Iterator

from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Decider, Decision
from pinner.model.reference import parse

_VARIABLE = re.compile(r"\$\{[^}]*+(?:\}|\Z)|\$\w+")


def builder_decisions(names: Iterable[str], path: str, line: int) -> Iterator[Decision]:
    """Yield a decision for each name that is literal. Without a tag, or with one that is open, it is on all tags."""
    for name in names:
        if name.rfind("${") > name.rfind("}"):
            continue  # No tool reads a variable that is not closed.
        before, colon, tag = name.rpartition(":")
        # A colon before the last slash belongs to a port; the slashes of `app:${V/a/b}` divide nothing.
        has_tag = bool(colon) and "/" not in _VARIABLE.sub("", tag) and "@" not in name
        try:
            built = parse(before if has_tag else name)
        except InvalidReference:
            continue
        literal = tag if has_tag and tag and not _VARIABLE.search(tag) else None
        yield Decision(by=Decider.BUILDER, name=built.name, tag=literal, path=path, line=line)
