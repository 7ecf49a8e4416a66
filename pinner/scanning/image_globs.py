"""Globs on the canonical names of images: `ghcr.io/us/**`, `docker.io/library/*`.

`*` and `?` stop at a slash and `**` does not, so that `*.example.com/**` cannot be met by a path that a
stranger chooses on a registry of his own. A leading `!` negates; of several globs the last that matches decides.
Matching steps through all states at once: what a regular expression would try one after the other grows with a power of
the number of stars.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from pinner.model.reference import DOCKER_HUB, Reference

_TOKEN = re.compile(r"\*\*|\*|\?|.", re.DOTALL)
# A registry's host has at most 253 characters and a repository 255.
_LONGEST = 512
_HOST = re.compile(r"[*?.:]|^localhost$|^\[")


def check_glob(text: str) -> str:
    """Return `text` if it can match an image at all. Raises ValueError that says what to write."""
    glob = text.removeprefix("!")
    first, slash, rest = glob.partition("/")
    if len(glob) > _LONGEST:
        raise ValueError(f"{text} matches no image: no name has more than {_LONGEST} characters")
    if glob == "**":
        return text
    if not _HOST.search(first) or not (slash or first.startswith("**")):
        path = glob if slash else f"library/{glob}"
        raise ValueError(f"{text} matches no image: canonical names start with a registry, as {DOCKER_HUB}/{path} does")
    if rest.rpartition("/")[2].partition(":")[1] or "@" in rest:
        raise ValueError(f"{text} matches no image: leave tag and digest out")
    return text


def glob_matcher(globs: Iterable[str]) -> Callable[[Reference], bool]:
    """Return a function that tells whether the globs match the name of a reference."""
    compiled = [(not glob.startswith("!"), _TOKEN.findall(glob.removeprefix("!"))) for glob in globs]

    @cache
    def matches(name: str) -> bool:
        return next((decision for decision, tokens in reversed(compiled) if _matches(tokens, name)), False)

    return lambda reference: len(reference.name) <= _LONGEST and matches(reference.name)


def _matches(tokens: Sequence[str], name: str) -> bool:
    """Return whether the tokens match all of a name. A state is how many of them have matched so far."""
    states = _with_stars_skipped({0}, tokens)
    for char in name:
        following = set()
        for state in states - {len(tokens)}:
            wanted = tokens[state]
            if wanted == "**" or (wanted == "*" and char != "/"):
                following.add(state)
            elif wanted == char or (wanted == "?" and char != "/"):
                following.add(state + 1)
        states = _with_stars_skipped(following, tokens)
    return len(tokens) in states


def _with_stars_skipped(states: Iterable[int], tokens: Sequence[str]) -> set[int]:
    """Return the states, and those that are reached where a star matches nothing."""
    reached = set()
    for state in states:
        reached.add(state)
        while state < len(tokens) and tokens[state] in ("*", "**"):
            state += 1
            reached.add(state)
    return reached
