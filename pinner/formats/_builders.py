"""The names of what a repository builds, as files say them that build it."""

import re
from collections.abc import Iterable, Iterator

from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Decider, Decision
from pinner.model.reference import parse

_VARIABLE = r"\$\{.*?\}|\$\w+"


def builder_decisions(names: Iterable[str], path: str, line: int) -> Iterator[Decision]:
    """Yield a decision for each name that is literal. Without a tag, or with one that is open, it is on all tags."""
    for name in names:
        repository, tag = _without_tag(name)
        try:
            built = parse(repository)
        except InvalidReference:
            continue
        literal = tag if tag and not re.search(_VARIABLE, tag) else None
        yield Decision(by=Decider.BUILDER, name=built.name, tag=literal, path=path, line=line)


def _without_tag(name: str) -> tuple[str, str]:
    """Return a name and its tag: a colon before the last slash belongs to a port."""
    before, colon, tag = name.rpartition(":")
    return (before, tag) if colon and "/" not in re.sub(_VARIABLE, "", tag) and "@" not in name else (name, "")
