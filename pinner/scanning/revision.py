"""A revision of the repository that is checked: what `check --policy-from` goes by in place of the change."""

import os
import stat
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from pinner.model.errors import ReadError, UsageError
from pinner.model.files import read_file
from pinner.scanning.git import GitFailed, Repository, blobs, commit_of, find_repository, run_git, tree

_LINK = b"120000 "


class Revision(NamedTuple):
    """A commit. `name` is what the user calls it, `files` are its regular files: their blobs by path from the top."""

    name: str
    commit: str
    repository: Repository
    files: Mapping[str, str]

    def holds(self, path: str) -> bool:
        """Return whether a path lies in the work tree, so that the revision decides what is there."""
        return self.repository.name_of(path) is not None

    def read(self, path: str) -> bytes | None:
        """Return what a file is in the revision, None where there is none, whatever the change has put in its place.

        Raises UsageError for a link, whose content would be the change's, and where Git fails.
        """
        name = self.repository.name_of(path)
        if name is None:
            return None
        if name not in self.files:
            self._refuse_link(name)
            return None
        content = self._content([name])
        if name not in content:
            raise UsageError(f"{self.name}:{path}: this file is too large")
        return content[name]

    def read_checked(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return what files that are checked are in the revision, without those that it does not have.

        What is reached through a link of the work tree is not there: it has another name. Raises UsageError where Git
        fails.
        """
        names: dict[str, str] = {}
        for path in paths:
            name = self.repository.name_of(os.path.realpath(path)) or ""
            # A link may lead to the work tree, and none below its top to the file.
            above = os.path.abspath(path).removesuffix(name.replace("/", os.sep))
            if name and above.endswith(os.sep) and os.path.samefile(above, self.repository.work_tree):
                names[path] = name
        content = self._content(names.values())
        return {path: content[name] for path, name in names.items() if name in content}

    def names_without_file(self) -> set[str]:
        """Return the absolute paths at which the revision has files and the work tree none.

        What is behind a link is another file.
        """
        top = os.path.realpath(self.repository.work_tree)
        is_folder = cache(lambda folder: os.path.realpath(folder) == folder)
        paths = (os.path.join(top, *name.split("/")) for name in self.files)
        return {path for path in paths if not (_is_regular(path) and is_folder(os.path.dirname(path)))}

    def require_unchanged(self, path: str) -> None:
        """Raise UsageError unless a file that is read from the disk is as the revision has it, or lies elsewhere."""
        if not self.holds(path):
            return
        try:
            now = read_file(path)
        except ReadError:
            now = None
        if self.read(path) != now:
            raise UsageError(
                f"{path}: this file is not the one of --policy-from {self.name}: name one outside of the tree"
            )

    def _content(self, names: Iterable[str]) -> dict[str, bytes]:
        wanted = {name: self.files[name] for name in names if name in self.files}
        try:
            content = blobs(self.repository, wanted.values())
        except GitFailed as error:
            raise UsageError(f"--policy-from {self.name}: {error}") from error
        return {name: content[each] for name, each in wanted.items() if each in content}

    def _refuse_link(self, name: str) -> None:
        try:
            listed = run_git(self.repository, ["ls-tree", "-z", "--full-tree", self.commit, "--", name])
        except GitFailed as error:
            raise UsageError(f"--policy-from {self.name}: {error}") from error
        # The path that a link of the revision names would be looked up in the work tree, which the change has written.
        if listed.startswith(_LINK):
            raise UsageError(f"{self.name}:{name}: this is a link, which --policy-from does not follow: make it a file")


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def find_revision(name: str) -> Revision:
    """Return a revision of the repository that holds the working directory. Raises UsageError where there is none."""
    repository = find_repository(os.curdir)
    if repository is None:
        raise UsageError(f"--policy-from {name}: this folder is in no Git work tree")
    try:
        commit = commit_of(repository, name)
        return Revision(name=name, commit=commit, repository=repository, files=tree(repository, commit))
    except GitFailed as error:
        raise UsageError(f"--policy-from {name}: {error}") from error
