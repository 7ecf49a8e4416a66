"""Dockerfiles in force: each is read once for every build of it that is known."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from pinner.formats._base import Reader
from pinner.formats.dockerfile.reader import Build, open_source
from pinner.formats.variables.scope import Scope
from pinner.model.occurrence import Occurrence, Reading
from pinner.model.source import Source
from pinner.scanning.readings import of_builds

_NAME = "Dockerfile"
_NAMES_CONTEXT = "another build has a named context of this name: give the image or that context another one"


class Dockerfile(NamedTuple):
    """A Dockerfile with a reader for each of its builds, and whether that `is_run`.

    `contexts` are the named contexts of some of the builds, and not of all.
    """

    source: Source
    readers: tuple[tuple[Reader, bool], ...]
    contexts: frozenset[str] = frozenset()

    def read(self) -> Reading:
        """Return what all builds read."""
        reading = of_builds([(reader.read(), is_run) for reader, is_run in self.readers], self.source.path)
        return reading._replace(occurrences=tuple(map(self._without_contexts, reading.occurrences)))

    def _without_contexts(self, occurrence: Occurrence) -> Occurrence:
        """Return an occurrence without its place where a digest would take a build away from its named context."""
        if occurrence.path != self.source.path or not self.contexts.intersection(_names(occurrence.text)):
            return occurrence
        return occurrence._replace(place=None, unwritable=_NAMES_CONTEXT)


def _names(text: str) -> tuple[str, str]:
    return text, text.removesuffix(":latest")


def open_dockerfile(
    source: Source, builds: Sequence[Build], configured: Sequence[Build | None], base: Scope
) -> Dockerfile:
    """Return a Dockerfile with the `builds` of services, and for each configuration what it says of the build.

    A configured build stands for the plain one, which nobody may run: it is what is built, so that the defaults which
    it replaces are out of force. `base` is the scope beside which all arguments are declared.
    """
    of_each = [set(build.contexts) for build in builds if build.is_run]
    of_all = set.intersection(*of_each) if of_each else set[str]()
    of_any = frozenset(set[str]().union(*of_each))
    plain = Build(args={}, contexts=of_all, scope=base, is_run=any(each is not None for each in configured))
    first = [each or plain for each in configured] or [plain]
    known = [each if each.is_run else each._replace(contexts=of_any.union(each.contexts)) for each in builds]
    distinct = {(*sorted(each.args.items(), key=str), each.is_run, frozenset(each.contexts)): each for each in known}
    return Dockerfile(
        source=source,
        readers=tuple((open_source(source, each), each.is_run) for each in (*first, *distinct.values())),
        contexts=of_any - of_all,
    )


def default_dockerfile(context: str) -> str:
    """Return the name of the Dockerfile in a build context: BuildKit takes lower case where there is no other."""
    is_lower = not os.path.lexists(os.path.join(context, _NAME)) and os.path.isfile(
        os.path.join(context, _NAME.lower())
    )
    return _NAME.lower() if is_lower else _NAME
