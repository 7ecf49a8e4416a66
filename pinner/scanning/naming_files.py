"""Files of the table of kinds that name Dockerfiles, and say what their builds get: args and named contexts."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

from pinner.formats import DOCKERFILE, Format
from pinner.formats.dockerfile.reader import Build
from pinner.formats.variables.expansion import COMPOSE, LITERAL, ExpansionError
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text
from pinner.model.occurrence import BuildArgument, Reading
from pinner.model.source import Source
from pinner.scanning.discovery import Found
from pinner.scanning.followed import Files, Finder, follow_links
from pinner.scanning.readings import ScannedFile


class NamingFile:
    """A file with its reading. `source` has the offsets of its project, in which the values are declared."""

    def __init__(self, source: Source, file_format: Format, base: Scope) -> None:
        self.source = Source(source.path, source.data)
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

    def in_force(self, reading: Reading) -> ScannedFile:
        """Return the file with all that is read in it, with the ignore comments of the values that stand here."""
        # Imported here: a Compose file alone needs no table of kinds.
        from pinner.formats.places.bake_reader import BakeReader
        from pinner.formats.places.reader import PlacesReader

        comments = {each.span: each.suppressions for each in self._declared}
        occurrences = tuple(
            each._replace(suppressions=each.suppressions + comments.get(each.span, ())) if each.used_at else each
            for each in reading.occurrences
        )
        reader, outline = self._reader, self._reader.outline
        if isinstance(reader, PlacesReader | BakeReader):
            outline = partial(reader.outline, occurrences)
        reading = reading._replace(occurrences=occurrences)
        return ScannedFile(source=self.source, format=self._format, reading=reading, outline=outline)

    def _declare(self, argument: BuildArgument) -> int | None:
        """Return the index of a build argument, None where its value is not known."""
        if argument.value is None:
            return None
        if argument not in self._declared:
            self._declared[argument] = None
            start, end = argument.span.start + self._first, argument.span.end + self._first
            # With escapes none of it stands there: all of it has the offset of its last byte.
            offsets = range(start, end) if argument.is_as_written else [end - 1] * len(argument.value)
            scope, text = Scope(COMPOSE, beside=self._base), Text(argument.value, offsets)
            with suppress(ExpansionError):
                self._declared[argument] = scope.declare(argument.name, text, LITERAL, is_visible=False)
            if argument.obstacle:
                scope.note_reader(self._declared[argument], argument.obstacle)
        return self._declared[argument]


def open_naming_files(named: Iterable[Found], files: Files, base: Scope) -> dict[str, NamingFile]:
    """Return files by their paths, without those that cannot be read."""
    sources = ((each, files.read(each.path)) for each in named)
    return {each.path: NamingFile(source, each.format, base) for each, source in sources if source is not None}
