"""The files that files name: where they are, and whether they belong to what is checked."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from pinner.formats.places import FILES, PATCH
from pinner.model.errors import ReadError
from pinner.model.files import checked_root, is_inside
from pinner.model.occurrence import Link, Suppression, Unread
from pinner.model.source import Source, Span, read_source
from pinner.scanning.decisions import KUSTOMIZATIONS, OF_KUSTOMIZATIONS
from pinner.scanning.git import GitFailed, find_repository, run_git

_REMOTE = re.compile(
    r"(?:[a-z]+::)?(?:[a-z][a-z0-9+.-]*+://|git@|github\.com[/:]|[^/\\][^/\\@]*+@[^/\\][^/\\:]*+:)", re.IGNORECASE
)
_PART_OF_THE_TREE = "--literal-pathspecs ls-files --cached --others --exclude-standard -z --".split()


class Followed(NamedTuple):
    """A file that may be read, by a path like those of discovery, and whether the configuration leaves it out.

    `folder` is that of the name by which it was asked for, from which Compose goes on; `path` may be what a link means.
    """

    path: str
    folder: str
    is_excluded: bool = False


class NotRead(NamedTuple):
    """Why a file is not read, for people. `is_unclear` where Git could not be asked about it."""

    detail: str
    is_unclear: bool = False


def is_remote(path: str) -> bool:
    """Tell whether a path is an address: of a repository, an archive or an artifact."""
    return _REMOTE.match(path) is not None


class Finder:
    """Finds the files that other files name. `excludes` tells which of them the configuration leaves out.

    `known` are the paths that discovery found, which keep their spelling and belong to the tree. Each file is found by
    one path, whatever links lead to it: it is read and written once. Those that are `taken` are there, even where
    the disk has nothing or a link in their place.
    """

    def __init__(
        self,
        excludes: Callable[[str], bool] = lambda _: False,
        known: Iterable[str] = (),
        taken: Iterable[str] = (),
    ) -> None:
        self._excludes = excludes
        spellings = set(known)
        self._known = {os.path.realpath(path): path for path in spellings}
        self._known |= {os.path.abspath(path): path for path in (*taken, *spellings)}
        self._is_ignored = cache(_is_ignored)

    def find(self, folder: str, path: str | None) -> Followed | NotRead:
        """Return the file that a file in `folder` calls `path`; None stands for a variable without a value."""
        if path is None:
            return NotRead("a variable without a value stands in its path")
        if is_remote(path):
            return NotRead("it is remote, and pinner reads local files only")
        # Every function of `os` raises ValueError for it.
        if "\0" in path:
            return NotRead("that is no file name")
        joined = os.path.normpath(os.path.join(folder, os.path.expanduser(path) if path.startswith("~/") else path))
        start = os.path.dirname(joined)
        known = self._known.get(os.path.abspath(joined)) or self._known.get(os.path.realpath(joined))
        if known is not None:
            return Followed(path=known, folder=start)
        try:
            why_not = self._why_not(folder, joined)
        except GitFailed as error:
            return NotRead(f"Git cannot be asked whether it ignores it: {error}", is_unclear=True)
        if why_not:
            return NotRead(why_not)
        is_excluded = self._excludes(joined)
        if not is_excluded:
            self._known[os.path.realpath(joined)] = joined
        return Followed(path=joined, folder=start, is_excluded=is_excluded)

    def _why_not(self, folder: str, path: str) -> str:
        """Return why a file is not read, empty if it is. Raises GitFailed."""
        real, start = os.path.realpath(path), os.path.realpath(folder or os.curdir)
        root = checked_root(start) or start
        # The real path: a link may lead out of the tree, or to what Git keeps, which holds credentials.
        if not is_inside(real, root) or ".git" in os.path.relpath(real, root).lower().split(os.sep):
            return f"it lies outside of {os.path.basename(root) or root}, which is checked"
        if not os.path.isfile(path):
            return "there is no such file"
        return "Git ignores it" if self._is_ignored(real) else ""


def follow_links(
    links: Iterable[Link], folder: str, finder: Finder
) -> tuple[list[tuple[Link, Followed]], list[Unread]]:
    """Return what the links of a file in `folder` lead to, and what of it is not read. No variable has a value here.

    A folder that a kustomization names stands for the kustomization in it.
    """
    followed: list[tuple[Link, Followed]] = []
    unread: list[Unread] = []
    for link in links:
        if link.kind in OF_KUSTOMIZATIONS:
            found = finder.find(folder, _file_of_kustomization(folder, link.path))
        else:
            found = _find(link, folder, finder)
        if isinstance(found, Followed):
            # Resources of the usual names are found without a kustomization that names them.
            if link.kind not in OF_KUSTOMIZATIONS:
                followed.append((link, found))
            elif link.kind == PATCH or not re.search(FILES, found.path):
                followed.append((link._replace(kind="kubernetes"), found))
        if isinstance(found, Followed) or link.is_guess:
            continue
        note = Unread(
            where=link.where,
            text=link.path,
            path=link.path,
            context=link.context,
            detail=found.detail,
            suppressions=link.suppressions,
        )
        unread.append(note)
    return followed, unread


def _find(link: Link, folder: str, finder: Finder) -> Followed | NotRead:
    """Return the file that a link means, from `folder`, or where that is none and it may be, from the checked root."""
    path = None if "$" in link.path else link.path
    found = finder.find(folder, path)
    if isinstance(found, Followed) or not link.may_start_at_root:
        return found
    real = os.path.realpath(folder or os.curdir)
    at_root = finder.find(os.path.relpath(checked_root(real) or real), path)
    return at_root if isinstance(at_root, Followed) else found


def _file_of_kustomization(folder: str, path: str) -> str:
    """Return the file that a kustomization in `folder` means: where it names a folder, the kustomization there."""
    if is_remote(path) or not os.path.isdir(os.path.join(folder, path)):
        return path
    names = (os.path.join(path, name) for name in KUSTOMIZATIONS)
    return next((name for name in names if os.path.isfile(os.path.join(folder, name))), f"{path}/{KUSTOMIZATIONS[0]}")


class Files:
    """The files of projects that were read, and what became of the others. `contents` holds bytes to read instead."""

    def __init__(self, finder: Finder, contents: Mapping[str, bytes]) -> None:
        self.finder = finder
        self.failures: dict[str, str] = {}
        self.excluded: set[str] = set()
        self.unread: dict[str, list[Unread]] = {}
        self._contents = contents
        self._sources: list[Source] = []
        self.base = Source("", b"", self._sources)
        self._by_path: dict[str, Source] = {}

    def is_there(self, path: str) -> bool:
        """Tell whether there is anything of that name. A link to nothing is nothing, as it is to Compose."""
        try:
            os.stat(path)
        except (FileNotFoundError, ValueError):  # ValueError for what can be no name
            return path in self._contents
        except OSError:
            pass
        return True

    def read(self, path: str) -> Source | None:
        """Return the file at `path`, in which offsets count from a base of its own; None where it cannot be read."""
        try:
            data = self._contents[path] if path in self._contents else read_source(path).data
        except ReadError as error:
            self.failures[path] = error.reason
            return None
        self._by_path[path] = Source(path, data, self._sources)
        return self._by_path[path]

    def note(
        self,
        path: str,
        text: str,
        detail: str,
        span: Span | None = None,
        suppressions: tuple[Suppression, ...] = (),
        context: str = "",
        names: str | None = None,
    ) -> None:
        """Note that what the file at `path` names at a span is not read. `names` is what `text` stands for."""
        source = self._by_path.get(path) or Source(path, b"")
        where = source.locate(span or Span(source.base, source.base))
        noted = self.unread.setdefault(path, [])
        unread = Unread(
            where=where, text=text, path=names or "", context=context, detail=detail, suppressions=suppressions
        )
        if unread not in noted:
            noted.append(unread)


def _is_ignored(path: str) -> bool:
    """Tell whether Git ignores the file at a real path. Raises GitFailed where it cannot be asked in a work tree."""
    repository = find_repository(os.path.dirname(path))
    if repository is None:
        return False
    # A file that is tracked is no ignored one, whatever `.gitignore` says: gitignore(5).
    return not run_git(repository, [*_PART_OF_THE_TREE, repository.name_of(path) or ""])
