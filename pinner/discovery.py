"""Paths in, files out, each with its format; sorted, each file once.

A file that is named is read whatever its name. In a folder the names decide, and what `.gitignore`
leaves out stays out: inside a Git work tree Git itself is asked, so that tracked files are never
left out silently; elsewhere the `.gitignore` files found on the way are followed.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, FORMATS, Format
from pinner.report import FileFailure

_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".jj"))
_GIT_LIST = "git -c core.fsmonitor=false ls-files --cached --others --exclude-standard -z --".split()


class Found(NamedTuple):
    """A file to read."""

    path: str
    format: Format


class Discovery(NamedTuple):
    """What the paths hold, sorted by path, the paths that are not there, and how many were excluded."""

    files: tuple[Found, ...]
    failures: tuple[FileFailure, ...]
    excluded: int


def discover(paths: Iterable[str], exclude: Iterable[str] = ()) -> Discovery:
    """The files behind `paths`. `exclude` holds patterns in the syntax of `.gitignore`.

    Files that are named obey `exclude` too: a hook names every file.
    """
    found: dict[str, Found] = {}
    failures: list[FileFailure] = []
    for path in paths:
        if os.path.isdir(path):
            found.update((file.path, file) for file in _in_folder(os.path.normpath(path), failures))
        elif os.path.lexists(path):
            found.setdefault(path, Found(path, format_of(path)))
        else:
            failures.append(FileFailure(path, None, "no such file or folder"))
    kept = _without_excluded(found, tuple(exclude))
    files = sorted(_once_each(kept), key=lambda file: file.path)
    return Discovery(tuple(files), tuple(failures), len(found) - len(kept))


def format_of(path: str) -> Format:
    """The format of a file that was named: by its name, else YAML is Compose and all else a Dockerfile."""
    return _by_name(path) or (COMPOSE if path.endswith((".yaml", ".yml")) else DOCKERFILE)


def _by_name(path: str) -> Format | None:
    return next((each for each in FORMATS if re.search(each.FILES, path)), None)


def _in_folder(folder: str, failures: list[FileFailure]) -> Iterator[Found]:
    for path in _listed_by_git(folder, failures) or _walk(folder, (), failures):
        shown = path.replace(os.sep, "/")
        by_name = _by_name(shown)
        if by_name is not None:
            yield Found(path, by_name)


def _listed_by_git(folder: str, failures: list[FileFailure]) -> Iterator[str] | None:
    """The files that Git knows or would take; None where `folder` is in no work tree or Git is missing."""
    if not _in_work_tree(folder):
        return None
    import subprocess

    try:
        run = subprocess.run(_GIT_LIST, cwd=folder, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    names = dict.fromkeys(os.fsdecode(name) for name in run.stdout.split(b"\0") if name)
    return _files_of_git(folder, names, failures)


def _files_of_git(folder: str, names: Iterable[str], failures: list[FileFailure]) -> Iterator[str]:
    for name in names:
        path = _join(folder, name.rstrip("/"))
        if os.path.isdir(path) and not os.path.islink(path):
            # A submodule, or another repository: Git names the folder only.
            yield from _listed_by_git(path, failures) or _walk(path, (), failures)
        elif os.path.lexists(path) or _by_name(name):
            yield path


def _in_work_tree(folder: str) -> bool:
    at = os.path.abspath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        at, child = os.path.dirname(at), at
        if at == child:
            return False
    return True


def _walk(folder: str, rules: tuple["_Ignores", ...], failures: list[FileFailure]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        failures.append(FileFailure(folder, None, f"cannot list the folder: {error.strerror}"))
        return
    if any(entry.name == ".gitignore" for entry in entries):
        rules = (*rules, _Ignores(folder))
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        path = _join(folder, entry.name)
        if entry.name in _VERSION_CONTROL or any(rule.ignores(path, is_folder) for rule in rules):
            continue
        if is_folder:
            yield from _walk(path, rules, failures)
        else:
            yield path


class _Ignores:
    """The `.gitignore` of one folder."""

    def __init__(self, folder: str) -> None:
        from pathspec import GitIgnoreSpec

        self._folder = folder
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
            self._spec = GitIgnoreSpec.from_lines(file)

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether `path`, which lies below the folder, is left out."""
        relative = os.path.relpath(path, self._folder)
        return self._spec.match_file(relative + "/" if is_folder else relative)


def _join(folder: str, name: str) -> str:
    return name if folder == os.curdir else os.path.join(folder, name)


def _without_excluded(found: dict[str, Found], exclude: tuple[str, ...]) -> list[Found]:
    if not exclude:
        return list(found.values())
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(exclude)
    return [file for path, file in found.items() if not spec.match_file(os.path.relpath(path))]


def _once_each(files: list[Found]) -> Iterable[Found]:
    """Without the second and later names of one file: a symlink and its target are one place to edit."""
    if not any(os.path.islink(file.path) for file in files):
        return files
    by_target: dict[str, Found] = {}
    for file in sorted(files, key=lambda file: (os.path.islink(file.path), file.path)):
        by_target.setdefault(os.path.realpath(file.path), file)
    return by_target.values()
