"""What the configuration says of the builds of Dockerfiles: `[[build-args]]`."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pinner.scanning.gitignore import Patterns

if TYPE_CHECKING:
    from pinner.formats.dockerfile.reader import Build
    from pinner.formats.variables.scope import Scope
    from pinner.formats.variables.text import Text
    from pinner.model.occurrence import Reading
    from pinner.model.source import Source
    from pinner.scanning.followed import Files
    from pinner.scanning.readings import ScannedFile

_PYPROJECT = "pyproject.toml"
# As a build argument it takes the place of the line `# syntax=`: BuildKit's frontend/dockerfile/builder.
_SYNTAX = "BUILDKIT_SYNTAX"


class BuildArgs(NamedTuple):
    """What the builds of some Dockerfiles pass: the values of ARGs by name, and the names of additional contexts."""

    files: Patterns
    values: Mapping[str, str] = {}
    contexts: tuple[str, ...] = ()


class ConfiguredBuilds(NamedTuple):
    """The entries of one configuration. `path` is its file, None where nothing can be written to that.

    Of several entries that match a Dockerfile the last counts.
    """

    entries: tuple[BuildArgs, ...]
    path: str | None = None

    def matcher(self) -> Callable[[str], bool]:
        """Return what tells whether there is an entry for a Dockerfile."""
        matchers = [entry.files.matcher() for entry in self.entries]
        return lambda path: any(matches(path) for matches in matchers)


class BuildsReader:
    """The builds of one configuration, whose values are declared beside the variables of `base`."""

    def __init__(self, builds: ConfiguredBuilds, files: "Files", base: "Scope") -> None:
        # Imported here: without an entry in the configuration nothing of this is needed.
        from pinner.formats.build_arguments import BuildArgumentsReader

        self._entries = builds.entries
        self._matchers = [entry.files.matcher() for entry in builds.entries]
        self._base = base
        self._builds: dict[int, Build] = {}
        self._syntaxes: list[Text] = []
        self.source: Source | None = files.read(builds.path) if builds.path else None
        self.reader: BuildArgumentsReader | None = None
        if self.source is not None:
            table = ("tool", "pinner") if os.path.basename(self.source.path) == _PYPROJECT else ()
            self.reader = BuildArgumentsReader(self.source, table)

    def build_of(self, path: str) -> "Build | None":
        """Return the build of a Dockerfile, None where no entry matches."""
        number = next((at for at in reversed(range(len(self._entries))) if self._matchers[at](path)), None)
        if number is None:
            return None
        if number not in self._builds:
            self._builds[number] = self._declared(number)
        return self._builds[number]

    def read(self) -> "Reading":
        """Return the frontends that builds name: the whole build is handed to such an image."""
        from pinner.formats.variables.digest_placement import literal, occurrence_at, read_reference
        from pinner.model.occurrence import Problem, Reading

        assert self.source is not None
        occurrences, problems = [], []
        for text in self._syntaxes:
            if text.run is None:
                problems.append(Problem(1, f"write the value of {_SYNTAX} without escapes, so that it can be judged"))
                continue
            written = read_reference(literal(text), self._base)
            context = f"build-args.values.{_SYNTAX}"
            occurrences.append(occurrence_at(written, self.source, context, platform=None, suppressions=()))
        return Reading(tuple(occurrences), problems=tuple(dict.fromkeys(problems)))

    def in_force(self, reading: "Reading") -> "ScannedFile":
        """Return the configuration with what is read in it."""
        from pinner.formats import build_arguments
        from pinner.scanning.readings import ScannedFile

        assert self.source is not None
        assert self.reader is not None
        source = self.source.standalone()
        return ScannedFile(source=source, format=build_arguments, reading=reading, outline=self.reader.outline)

    def _declared(self, number: int) -> "Build":
        from pinner.formats.dockerfile.reader import Build
        from pinner.formats.variables.expansion import COMPOSE, LITERAL, ExpansionError
        from pinner.formats.variables.scope import Scope
        from pinner.formats.variables.text import Text

        entry, scope = self._entries[number], Scope(COMPOSE, beside=self._base)
        made_up = {name: Text.of_str(value) for name, value in entry.values.items()}
        args: dict[str, int | None] = {}
        for name, text in (self.reader.values(number) if self.reader else made_up).items():
            if name == _SYNTAX:
                self._syntaxes.append(text)
                continue
            # What is passed is passed as it is, also where it looks like a variable; what cannot be read has no value.
            args[name] = None
            with suppress(ExpansionError):
                args[name] = scope.declare(name, text, LITERAL, is_visible=False)
        return Build(args=args, contexts=frozenset(entry.contexts), scope=self._base)
