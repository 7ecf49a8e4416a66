"""Dockerfiles in force: each is read once for every build of it that is known."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from pinner.formats._base import Reader
from pinner.formats.dockerfile.reader import Build, open_source, open_text
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Reading
from pinner.model.source import Source
from pinner.scanning.readings import of_builds, united

_NAME = "Dockerfile"


class Dockerfile(NamedTuple):
    """A Dockerfile with a reader for each of its builds, the first of them the plain one unless it `is_configured`."""

    source: Source
    readers: tuple[Reader, ...]
    is_configured: bool

    def read(self) -> Reading:
        """Return what all builds read."""
        found = [reader.read() for reader in self.readers]
        return united(found) if self.is_configured else of_builds(found, self.source.path)


def open_dockerfile(
    source: Source, builds: Sequence[Build], configured: Sequence[Build | None], base: Scope
) -> Dockerfile:
    """Return a Dockerfile with the `builds` of services, and for each configuration what it says of the build.

    A configured build stands for the plain one: it is what is built, so that the defaults which it replaces are out of
    force. `base` is the scope beside which all arguments are declared.
    """
    contexts = set.intersection(*(set(build.contexts) for build in builds)) if builds else set()
    plain = Build(args={}, contexts=contexts, scope=base)
    distinct = {(tuple(sorted(each.args.items(), key=str)), frozenset(each.contexts)): each for each in builds}
    first = [each or plain for each in configured] or [plain]
    readers = tuple(_open(source, build) for build in (*first, *distinct.values()))
    return Dockerfile(source=source, readers=readers, is_configured=any(each is not None for each in configured))


def _open(source: Source, build: Build) -> Reader:
    if source.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return open_source(source)
    return open_text(Text.of_bytes(source.data, source.base), source, "", build)


def default_dockerfile(context: str) -> str:
    """Return the name of the Dockerfile in a build context: BuildKit takes lower case where there is no other."""
    is_lower = not os.path.lexists(os.path.join(context, _NAME)) and os.path.isfile(
        os.path.join(context, _NAME.lower())
    )
    return _NAME.lower() if is_lower else _NAME
