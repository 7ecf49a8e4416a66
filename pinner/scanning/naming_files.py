"""Files such as devcontainer.json and Bake's, which name Dockerfiles with what their builds get, or Compose files."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

from pinner.formats import COMPOSE as COMPOSE_FILES
from pinner.formats import DOCKERFILE, Format
from pinner.formats.dockerfile.reader import Build
from pinner.formats.variables.expansion import COMPOSE
from pinner.formats.variables.scope import Scope
from pinner.model.occurrence import BuildArgument, Reading, Suppression
from pinner.model.source import Source, Span
from pinner.scanning.discovery import Found
from pinner.scanning.followed import Files, Finder, Followed, follow_links
from pinner.scanning.readings import ScannedFile


class NamingFile:
    """A file with its reading. `source` has the offsets of its project, in which the values are declared."""

    def __init__(self, source: Source, file_format: Format, base: Scope) -> None:
        self.source = source.standalone()
        self._format = file_format
        self._reader = file_format.open(self.source)
        self.reading = self._reader.read()
        self._first = source.base
        self._base = base
        self._declared: dict[BuildArgument, int | None] = {}

    def builds(self, finder: Finder) -> Iterator[tuple[str, Build]]:
        """Yield the paths of the Dockerfiles that the file names and that are read, each with its build."""
        links = (link for link in self.reading.links if link.kind == DOCKERFILE.NAME)
        for link, found in follow_links(links, os.path.dirname(self.source.path), finder)[0]:
            if not found.is_excluded:
                args = {each.name: self._declare(each) for each in link.args}
                yield found.path, Build(args=args, contexts=frozenset(link.contexts), scope=self._base)

    def compose_files(self, finder: Finder) -> list[Followed]:
        """Return the Compose files that the file names and that are read, in the order in which Compose merges them."""
        links = (link for link in self.reading.links if link.kind == COMPOSE_FILES.NAME)
        followed, _ = follow_links(links, os.path.dirname(self.source.path), finder)
        return [found for _, found in followed if not found.is_excluded]

    def in_force(self, reading: Reading) -> ScannedFile:
        """Return the file with `reading`, which holds what the projects of other files say of it as well."""
        # Imported here: a Compose file alone needs no table of kinds.
        from pinner.formats.places.bake_reader import BakeReader
        from pinner.formats.places.reader import PlacesReader

        reader, outline = self._reader, self._reader.outline
        if isinstance(reader, PlacesReader | BakeReader):
            outline = partial(reader.outline, reading.occurrences)
        return ScannedFile(source=self.source, format=self._format, reading=reading, outline=outline)

    @property
    def suppressions_of_values(self) -> dict[Span, tuple[Suppression, ...]]:
        """The ignore comments on the values that builds get, by where these stand."""
        return {each.span: each.suppressions for each in self._declared}

    def _declare(self, argument: BuildArgument) -> int | None:
        if argument not in self._declared:
            scope = Scope(COMPOSE, beside=self._base)
            self._declared[argument] = scope.declare_argument(argument, self._first)
        return self._declared[argument]


def open_naming_files(named: Iterable[Found], files: Files, base: Scope) -> dict[str, NamingFile]:
    """Return files by their paths, without those that cannot be read."""
    sources = ((each, files.read(each.path)) for each in named)
    return {each.path: NamingFile(source, each.format, base) for each, source in sources if source is not None}
