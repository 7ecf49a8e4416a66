"""Globs on the canonical names of images: `ghcr.io/us/**`, `docker.io/library/*`.

`*` and `?` stop at a slash and `**` does not, so that `*.example.com/**` cannot be met by a path that a
stranger chooses on a registry of his own. A leading `!` negates; of several globs the last that matches decides.
"""

import re
from collections.abc import Callable, Iterable

from pinner.model.reference import DOCKER_HUB, Reference

_TOKEN = re.compile(r"\*\*|\*|\?|.", re.DOTALL)
_WILD = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_HOST = re.compile(r"[*?.:]|^localhost$|^\[")


def check_glob(text: str) -> str:
    """Return `text` if it can match an image at all. Raises ValueError that says what to write."""
    glob = text.removeprefix("!")
    first, slash, rest = glob.partition("/")
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
    compiled: list[tuple[bool, re.Pattern[str]]] = []
    for glob in globs:
        tokens = _TOKEN.findall(glob.removeprefix("!"))
        pattern = "".join(_WILD.get(token) or re.escape(token) for token in tokens)
        compiled.append((not glob.startswith("!"), re.compile(pattern, re.DOTALL)))

    def matches(reference: Reference) -> bool:
        decisions = (decision for decision, glob in reversed(compiled) if glob.fullmatch(reference.name))
        return next(decisions, False)

    return matches
