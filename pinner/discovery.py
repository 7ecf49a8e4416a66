"""Paths in, files out, each with its format; sorted, each file once.

A file that is named is read whatever its name. In a folder the names decide, and what `.gitignore`
leaves out stays out: inside a Git work tree Git itself is asked, so that tracked files are never
left out silently; elsewhere the `.gitignore` files found on the way are followed.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from pinner.errors import ReadError
from pinner.formats import COMPOSE, DOCKERFILE, FORMATS, Format
from pinner.git import GitFailed, start
from pinner.patterns import NO_PATTERNS, Patterns
from pinner.report import FileFailure
from pinner.source import read_source

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".jj"))
_TRACKED = "ls-files --cached -z --".split()
_UNTRACKED = "ls-files --others --exclude-standard -z --".split()

Include = Mapping[str, Patterns]
NO_INCLUDE: Include = {}


class Found(NamedTuple):
    """A file to read."""

    path: str
    format: Format


class Discovery(NamedTuple):
    """What the paths hold, sorted by path, the paths that are not there, and how many were excluded."""

    files: tuple[Found, ...]
    failures: tuple[FileFailure, ...]
    excluded: int


class _Notes:
    """What is noticed on the way through folders."""

    def __init__(self) -> None:
        self.failures: list[FileFailure] = []
        self.links = False


def discover(
    paths: Iterable[str],
    exclude: Patterns = NO_PATTERNS,
    include: Include = NO_INCLUDE,
) -> Discovery:
    """The files behind `paths`. Files that are named obey `exclude` too: a hook names every file.

    `include` holds patterns of further files by the name of the format that they have.
    """
    paths = tuple(paths)
    found: set[str] = set()
    kept: list[Found] = []
    notes = _Notes()
    by_name = _namer(include)
    excludes = exclude.matcher()
    for file in _behind(paths, by_name, notes):
        if file.path in found:
            continue
        found.add(file.path)
        if not excludes(file.path):
            kept.append(file)
    # No folder is entered through a link: below one path, only a link can be a file's second name.
    may_repeat = len(paths) > 1 or notes.links
    files = sorted(_once_each(kept) if may_repeat else kept, key=lambda file: file.path)
    return Discovery(tuple(files), tuple(notes.failures), len(found) - len(kept))


def _behind(paths: Iterable[str], by_name: Callable[[str], Format | None], notes: _Notes) -> Iterator[Found]:
    for path in paths:
        if os.path.isdir(path):
            yield from _in_folder(os.path.normpath(path), by_name, notes)
        elif os.path.lexists(path):
            yield Found(path, by_name(path) or _by_extension(path))
        else:
            notes.failures.append(FileFailure(path, None, "no such file or folder"))


def format_of(path: str, include: Include = NO_INCLUDE) -> Format:
    """The format of a file that was named: by its name, else YAML is Compose and all else a Dockerfile."""
    return _namer(include)(path) or _by_extension(path)


def _namer(include: Include) -> Callable[[str], Format | None]:
    """What tells the format of a path by its name: what is included goes before the usual names."""
    included = [(include[each.NAME].matcher(), each) for each in FORMATS if include.get(each.NAME, NO_PATTERNS).lines]
    if not included:
        return _by_name
    return lambda path: next((each for matches, each in included if matches(path)), None) or _by_name(path)


def _by_name(path: str) -> Format | None:
    # What a pattern finds lies in the last part of the path, though it may look at what is before that.
    at = path.rfind("/")
    for search, each in _searches():
        if search(path, at):
            return each
    return None


@cache
def _searches() -> list[tuple[Callable[[str, int], object], Format]]:
    return [(re.compile(each.FILES).search, each) for each in FORMATS]


def _by_extension(path: str) -> Format:
    return COMPOSE if path.endswith((".yaml", ".yml")) else DOCKERFILE


def _in_folder(folder: str, by_name: Callable[[str], Format | None], notes: _Notes) -> Iterator[Found]:
    listed = _listed_by_git(folder, notes) if _in_work_tree(folder) else None
    for path in _walk(folder, notes) if listed is None else listed:
        named = by_name(path.replace(os.sep, "/"))
        if named is not None:
            yield Found(path, named)


def _listed_by_git(folder: str, notes: _Notes) -> Iterator[str] | None:
    """The files that Git knows or would take; None where Git is missing or refuses."""
    try:
        # Git takes most of its time to look for what is not tracked: that goes on beside the rest.
        untracked = start(_UNTRACKED, folder)
    except GitFailed:
        return None
    try:
        tracked = start(_TRACKED, folder)()
    except GitFailed:
        with suppress(GitFailed):
            untracked()
        return None
    return chain(_files_of_git(folder, tracked, notes), _untracked(folder, untracked, notes))


def _untracked(folder: str, listed: Callable[[], bytes], notes: _Notes) -> Iterator[str]:
    try:
        names = listed()
    except GitFailed:
        yield from _walk(folder, notes)
    else:
        yield from _files_of_git(folder, names, notes)


def _files_of_git(folder: str, listed: bytes, notes: _Notes) -> Iterator[str]:
    above = _prefix(folder)
    # A file in conflict is listed once for each side.
    for name in dict.fromkeys(os.fsdecode(listed).split("\0")):
        path = above + name.replace("/", os.sep)
        if name.endswith("/"):
            path = os.path.normpath(path)
        mode = _mode(path) if name else None
        if mode is None:
            if _by_name(name):
                yield path
        elif stat.S_ISDIR(mode):
            yield from _below(path, folder, notes)
        else:
            notes.links = notes.links or stat.S_ISLNK(mode)
            yield path


def _mode(path: str) -> int | None:
    """The mode of a file or a link; None where there is none."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return None


def _below(path: str, folder: str, notes: _Notes) -> Iterable[str]:
    """The files of a submodule or another repository, of which Git names the folder only."""
    # In a submodule that is not checked out, Git names the folder itself.
    is_repository = path != folder and os.path.lexists(os.path.join(path, ".git"))
    listed = _listed_by_git(path, notes) if is_repository else None
    return _walk(path, notes) if listed is None else listed


def _in_work_tree(folder: str) -> bool:
    at = os.path.abspath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        at, child = os.path.dirname(at), at
        if at == child:
            return False
    return True


def _walk(folder: str, notes: _Notes) -> Iterator[str]:
    waiting: list[tuple[str, tuple[_Ignores, ...]]] = [(folder, ())]
    while waiting:
        folder, rules = waiting.pop()
        entries = {entry.name: entry for entry in _entries(folder, notes)}
        if ".gitignore" in entries:
            rules = (*rules, _Ignores(folder, notes))
        above = _prefix(folder)
        for name, entry in entries.items():
            is_folder = entry.is_dir(follow_symlinks=False)
            path = above + name
            if name in _VERSION_CONTROL or (rules and any(rule.ignores(path, is_folder) for rule in rules)):
                continue
            if is_folder:
                waiting.append((path, rules))
            else:
                notes.links = notes.links or entry.is_symlink()
                yield path


def _entries(folder: str, notes: _Notes) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        notes.failures.append(FileFailure(folder, None, f"cannot list the folder: {error.strerror}"))
        return ()


class _Ignores:
    """The `.gitignore` of one folder."""

    def __init__(self, folder: str, notes: _Notes) -> None:
        self._folder = folder
        path = os.path.join(folder, ".gitignore")
        try:
            text = read_source(path).data.decode("utf-8-sig", "surrogateescape")
        except ReadError as error:
            notes.failures.append(FileFailure(path, None, error.reason))
            text = ""
        self._spec = _compile(text.split("\n"))

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether `path`, which lies below the folder, is left out."""
        relative = os.path.relpath(path, self._folder)
        return self._spec.match_file(relative + "/" if is_folder else relative)


def _compile(lines: list[str]) -> "GitIgnoreSpec":
    """The patterns in `lines`. What is no pattern matches nothing, as in Git."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _prefix(folder: str) -> str:
    """What goes before a name in `folder`."""
    return "" if folder == os.curdir else os.path.join(folder, "")


def _once_each(files: list[Found]) -> Iterable[Found]:
    """Without the second and later names of one file: they are one place to edit.

    Names of different formats count each: a Dockerfile that is a link to a Compose file is read as both.
    """
    real_folder = cache(os.path.realpath)
    by_target: dict[tuple[str, str], Found] = {}
    for file in sorted(files, key=lambda file: (os.path.islink(file.path), file.path)):
        by_target.setdefault((_target(file.path, real_folder), file.format.NAME), file)
    return by_target.values()


def _target(path: str, real_folder: Callable[[str], str]) -> str:
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.join(real_folder(folder), name)
