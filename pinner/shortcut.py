"""`pinner check FILE...` where a glance at each file is enough: the hook that has nothing to say.

It imports next to nothing, which is most of what such a hook costs. Where there is anything else to do — a folder
to search, a file to read, a configuration, a finding — the answer is None and the command itself is run.
"""

import os
from collections.abc import Mapping, Sequence

from pinner.errors import ReadError
from pinner.formats import _glance
from pinner.reference import Reference
from pinner.source import read_source

MOST_FILES = 200
CONFIGURATION = ("pinner.toml", ".pinner.toml", "pyproject.toml")
ENVIRONMENT_PREFIX = "PINNER_"


def check(paths: Sequence[str], environ: Mapping[str, str] = os.environ) -> str | None:
    """The summary of a check that finds nothing; None where the command has to be run."""
    if not 0 < len(paths) <= MOST_FILES or _is_configured(environ):
        return None
    if len(set(map(os.path.realpath, paths))) < len(paths):
        return None
    looks = []
    for path in paths:
        look = _look(path)
        if look is None:
            return None
        looks.append(look)
    return None if _disagree(looks) else _summary(looks)


def _look(path: str) -> tuple[Reference, ...] | None:
    # A file that is named is a Dockerfile unless it is YAML: see pinner.discovery.
    if path == "-" or path.endswith((".yaml", ".yml")):
        return None
    try:
        return _glance.glance(read_source(path).data)
    except ReadError:
        return None


def _disagree(looks: Sequence[tuple[Reference, ...]]) -> bool:
    """Whether one tag is pinned to two digests."""
    pins = {pin for look in looks for pin in look}
    return len({pin.by_tag() for pin in pins}) < len(pins)


def _summary(looks: Sequence[tuple[Reference, ...]]) -> str:
    files = "1 file" if len(looks) == 1 else f"{len(looks)} files"
    count = sum(map(len, looks))
    return f"{files}, {'1 reference' if count == 1 else f'{count} references'}: {count} pinned, 0 findings, 0 unchecked"


def _is_configured(environ: Mapping[str, str]) -> bool:
    """Whether there may be settings; `pinner.config` decides whether there are."""
    if any(name.startswith(ENVIRONMENT_PREFIX) for name in environ):
        return True
    at, above = os.getcwd(), ""
    while at != above:
        if any(_may_configure(os.path.join(at, name)) for name in CONFIGURATION):
            return True
        at, above = os.path.dirname(at), at
    return False


def _may_configure(path: str) -> bool:
    if not os.path.lexists(path):
        return False
    try:
        data = read_source(path).data
    except ReadError:
        return True
    # Letters can be spelled as escapes.
    return not path.endswith("pyproject.toml") or b"pinner" in data or b"\\" in data
