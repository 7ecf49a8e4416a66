"""The files that files name: where they are, and whether they belong to what is checked."""

import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from pinner.model.files import checked_root, is_inside
from pinner.scanning.git import GitFailed, find_repository, run_git

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@|github\.com/|[^/\\]+@[^/\\]+:")
_PART_OF_THE_TREE = "--literal-pathspecs ls-files --cached --others --exclude-standard -z --".split()


class Followed(NamedTuple):
    """A file that may be read, by a path like those of discovery, and whether the configuration leaves it out."""

    path: str
    is_excluded: bool = False


class NotRead(NamedTuple):
    """Why a file is not read, for people."""

    detail: str


class Finder:
    """Finds the files that other files name. `excludes` tells which of them the configuration leaves out.

    `known` are the paths that discovery found, which keep their spelling and belong to the tree.
    """

    def __init__(self, excludes: Callable[[str], bool] = lambda _: False, known: Iterable[str] = ()) -> None:
        self._excludes = excludes
        self._known = {os.path.realpath(path): path for path in known}
        self._is_ignored = cache(_is_ignored)

    def find(self, folder: str, path: str | None) -> Followed | NotRead:
        """Return the file that a file in `folder` calls `path`; None stands for a variable without a value."""
        if path is None:
            return NotRead("a variable without a value stands in its path")
        if _REMOTE.match(path):
            return NotRead("it is remote, and pinner reads local files only")
        if "\0" in path:
            return NotRead("that is no file name")
        joined = os.path.normpath(os.path.join(folder, os.path.expanduser(path) if path.startswith("~/") else path))
        known = self._known.get(os.path.realpath(joined))
        if known is not None:
            return Followed(known)
        why_not = self._why_not(folder, joined)
        return NotRead(why_not) if why_not else Followed(joined, self._excludes(joined))

    def _why_not(self, folder: str, path: str) -> str:
        real = os.path.realpath(path)
        root = os.path.realpath(checked_root(folder or os.curdir) or folder or os.curdir)
        if not is_inside(real, root) or ".git" in os.path.relpath(real, root).lower().split(os.sep):
            return f"it lies outside of {os.path.basename(root) or root}, which is checked"
        if not os.path.isfile(path):
            return "there is no such file"
        try:
            return "Git ignores it" if self._is_ignored(real) else ""
        except GitFailed as error:
            return f"Git cannot be asked whether it ignores it: {error}"


def _is_ignored(path: str) -> bool:
    """Tell whether Git ignores the file at a real path. Raises GitFailed where it cannot be asked in a work tree."""
    repository = find_repository(os.path.dirname(path))
    if repository is None:
        return False
    relative = os.path.relpath(path, repository.work_tree).replace(os.sep, "/")
    return not run_git(repository, [*_PART_OF_THE_TREE, relative])
