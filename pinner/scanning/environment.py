"""The variables of Compose projects: the values in the `.env` files of their folders."""

import os
import re
from contextlib import suppress

from pinner.formats.dotenv.reader import DotenvReader
from pinner.formats.variables.expansion import COMPOSE, LITERAL, ExpansionError
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Problem, Suppression
from pinner.model.source import Span
from pinner.scanning.followed import Files, Followed, NotRead

_ENV = ".env"
# The names of files, profiles and the project are among them (Compose's documentation, "Pre-defined variables").
_CONTROL = "COMPOSE_"
_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_PROJECT_NAME = "COMPOSE_PROJECT_NAME"
# What compose-go takes out of the folder's name (`loader.NormalizeProjectName`).
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")


class Environments:
    """The scopes of the variables that Compose files see, made from the `.env` files among `files`."""

    def __init__(self, files: Files) -> None:
        self.readers: dict[str, DotenvReader] = {}
        self.base = Scope(COMPOSE, files.base)
        self._files = files
        self._scopes: dict[tuple[str, ...], Scope] = {}
        self._paths: dict[int, list[str]] = {}
        self._project_names: dict[str, int] = {}
        self._declared: dict[str, list[int]] = {}

    def of_folder(self, folder: str) -> Scope:
        """Return the variables of the `.env` in a folder, none of which count where one of them says so."""
        scope = self.below(None, self.default_in(folder))
        return self.below(None, []) if scope.value_of("COMPOSE_DISABLE_ENV_FILE") in _TRUE else scope

    def default_in(self, folder: str) -> list[str]:
        """Return the `.env` in a folder, if Compose and pinner read one there."""
        path = self.read(os.path.normpath(os.path.join(folder, _ENV)))
        return [path] if path else []

    def below(self, above: Scope | None, paths: list[str]) -> Scope:
        """Return the variables of some `.env` files, of which those in `above` come first."""
        if above and not paths:
            return above
        key = (str(id(above)) if above else "", *paths)
        if key not in self._scopes:
            scope = Scope(COMPOSE, beside=self.base)
            if above:
                scope.bind_all(above)
            for path in paths:
                self._declare(scope, path, above)
            self._scopes[key] = scope
            self._paths[id(scope)] = [*(self._paths[id(above)] if above else ()), *paths]
        return self._scopes[key]

    def bind_project_name(self, scope: Scope, name: str, folder: str) -> None:
        """Give `scope` the name of its project, where no `.env` says it: without a name, that is the folder's."""
        if scope.look_up(_PROJECT_NAME) is None:
            known = name or _NOT_IN_NAMES.sub("", os.path.basename(os.path.abspath(folder)).lower()).lstrip("_-")
            if known not in self._project_names:
                text = Text.of_str(known)
                index = self.base.declare(_PROJECT_NAME, text, LITERAL, is_visible=False)
                assert index is not None
                self._project_names[known] = index
            scope.bind(_PROJECT_NAME, self._project_names[known])

    def paths_of(self, scope: Scope) -> list[str]:
        """Return the files from which a scope was made."""
        return self._paths[id(scope)]

    def read(self, path: str) -> str | None:
        """Return the path by which a `.env` is read, None where it is not there, is excluded, or is ignored by Git."""
        if path in self.readers:
            return path
        if not self._files.is_there(path):
            return None
        found = self._files.finder.find(*os.path.split(path))
        if isinstance(found, NotRead):
            # What Git ignores is the environment of one machine; where it cannot say so, that is told.
            if found.is_unclear:
                self._files.note(path, path, found.detail)
            return None
        if found.is_excluded:
            self._files.excluded.add(path)
            return None
        if found.path not in self.readers:
            source = self._files.read(found.path)
            if source is None:
                return None
            self.readers[found.path] = DotenvReader(source)
        return found.path

    def note_env_file(self, scope: Scope, folder: str, named: str | None, place: str) -> None:
        """Note that at `place` a container gets all that a file says, in which values of `scope` may stand.

        Whatever project takes its values from the same file, the digest would stand in it.
        """
        path = os.path.normpath(os.path.join(folder, named or ""))
        real = os.path.realpath(path)
        known = next((each for each in self.readers if os.path.realpath(each) == real), None)
        if known is not None:
            for index in self._declared.get(known, ()):
                self.base.note_reader(index, f"{place} gives all of {known} to a container, which would see the digest")
        elif scope.visible:
            self._note_values(scope, folder, named, place)

    def _note_values(self, scope: Scope, folder: str, named: str | None, place: str) -> None:
        """Note what the values in an `env_file` read: Compose replaces variables in it by those of the project."""
        found = self._files.finder.find(folder, named)
        if not isinstance(found, Followed) or found.is_excluded:
            return
        source = self._files.read(found.path)
        for name, value, expands, _ in DotenvReader(source).assignments if source else ():
            used = {name} if value is None else set[str]()
            with suppress(ExpansionError):
                used |= scope.expand(value).used if value is not None and expands else set()
            for each in used:
                sentence = f"{place} gives {each} to a container by {found.path}, which would see the digest"
                scope.note_reader(scope.look_up(each), sentence)

    def place_of(self, name: str, folder: str) -> tuple[str, Span, tuple[Suppression, ...]]:
        """Return where the value of a variable stands that the `.env` of a folder gives, with its ignore comments."""
        path = self.default_in(folder)[0]
        # Of several values the last one holds.
        for each, value, _, suppressions in reversed(self.readers[path].assignments):
            if each == name and value is not None and value.offsets:
                return path, value.extent, suppressions
        return path, Span(0, 0), ()

    def _declare(self, scope: Scope, path: str, above: Scope | None) -> None:
        reader = self.readers[path]
        for name, value, expands, _ in reader.assignments:
            if value is None or not name or (above and above.look_up(name) is not None):
                continue
            try:
                index = scope.declare(name, value, COMPOSE if expands else LITERAL)
                self._declared.setdefault(path, []).extend([] if index is None else [index])
                if name.startswith(_CONTROL):
                    scope.note_reader(index, f"Compose itself reads {name}, and would see the digest")
            except ExpansionError as error:
                line = reader.source.line_of(value.offsets[0]) if value.offsets else 1
                reader.problem = reader.problem or Problem(line, f"the value of {name} cannot be read: {error}")
