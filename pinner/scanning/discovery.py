"""Find the files behind paths, each with its format; sorted, each file once.

A file that is named is read whatever its name. In a folder the names decide, and what `.gitignore`
leaves out stays out: inside a Git work tree Git itself is asked, so that tracked files are never
left out silently; elsewhere the `.gitignore` files found on the way are followed. Where Git cannot be
asked inside a work tree, `.gitignore` leaves out nothing.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, FORMATS, Format
from pinner.model.errors import ReadError
from pinner.model.files import is_git_name, is_inside
from pinner.model.report import FileFailure
from pinner.model.source import read_source
from pinner.scanning.git import GitFailed, Repository, find_repository, run_git, start_git
from pinner.scanning.gitignore import NO_PATTERNS, Patterns, TooManyStars, compile_patterns
from pinner.scanning.kind_settings import ALL_KINDS, KindSettings

_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".jj"))
_TRACKED = "ls-files --cached -z --".split()
_UNTRACKED = "ls-files --others --exclude-standard -z --".split()

_NOT_BELOW = "the index of Git lists this path, which is none below the work tree; it was not read"

_Waiting = list[tuple[str, Repository | None]]

IncludePatterns = Mapping[str, Patterns]
NOTHING_INCLUDED: IncludePatterns = {}


class Found(NamedTuple):
    """A file to read. `root` is the checked root where a folder was searched, None for a file that was named.

    `is_outside` where a link leads out of that root. `is_named` where the user named it, `by_content` where its name
    says nothing of its format: its content decides.
    """

    path: str
    format: Format
    is_outside: bool = False
    root: str | None = None
    is_named: bool = False
    by_content: bool = False


class Discovery(NamedTuple):
    """The files, sorted by path, the paths that are not there, how many files were excluded, and warnings."""

    files: tuple[Found, ...]
    failures: tuple[FileFailure, ...]
    excluded: int
    warnings: tuple[str, ...] = ()


class _Notes:
    """Failures, links and refusals of Git that are met on the way through folders, and which of these are no links."""

    def __init__(self) -> None:
        self.failures: list[FileFailure] = []
        self.links: set[str] = set()
        self.refusals: list[tuple[str, GitFailed]] = []
        self.plain: set[str] = set()

    def warnings(self) -> tuple[str, ...]:
        """Return one line for people where Git could not be asked."""
        if not self.refusals:
            return ()
        folder, error = self.refusals[0]
        others = f" (nor in {len(self.refusals) - 1} more)" if len(self.refusals) > 1 else ""
        return (f"nothing in {folder}{others} is left out by .gitignore, since Git cannot be asked: {error}",)


def discover(
    paths: Iterable[str],
    exclude: Patterns = NO_PATTERNS,
    include: IncludePatterns = NOTHING_INCLUDED,
    kinds: KindSettings = ALL_KINDS,
) -> Discovery:
    """Return the files behind `paths`. Files that are named obey `exclude` too: a hook names every file.

    `include` holds patterns of further files by the name of the format that they have.
    """
    # Files first: what is named is followed, wherever a link of that name leads.
    paths = sorted(paths, key=os.path.isdir)
    found: set[str] = set()
    kept: list[Found] = []
    notes = _Notes()
    by_name = _namer(include, kinds)
    excludes = exclude.matcher()
    for file in _behind(paths, by_name, notes):
        if file.path in found:
            continue
        found.add(file.path)
        # A file of a Compose file's name may hold manifests: that is told when it is opened.
        is_off = file.format.NAME in kinds.off and file.format is not COMPOSE
        if not is_off and not excludes(file.path):
            kept.append(file)
    # No folder is entered through a link: below one path, only a link can be a file's second name.
    may_repeat = len(paths) > 1 or bool(notes.links)
    files = sorted(_once_each(kept) if may_repeat else kept, key=lambda file: file.path)
    return Discovery(
        files=tuple(files), failures=tuple(notes.failures), excluded=len(found) - len(kept), warnings=notes.warnings()
    )


def _behind(paths: Iterable[str], by_name: Callable[[str], Format | None], notes: _Notes) -> Iterator[Found]:
    for path in paths:
        if os.path.isdir(path):
            yield from _in_folder(os.path.normpath(path), by_name, notes)
        elif os.path.lexists(path):
            known = by_name(path)
            yield Found(path=path, format=known or DOCKERFILE, is_named=True, by_content=known is None)
        else:
            notes.failures.append(FileFailure(path=path, line=None, message="no such file or folder"))


def format_of(path: str, include: IncludePatterns = NOTHING_INCLUDED, kinds: KindSettings = ALL_KINDS) -> Format:
    """Return the format of a file that was named: by its name, else that of a Dockerfile."""
    return _namer(include, kinds)(path.replace(os.sep, "/")) or DOCKERFILE


def kinds_of_search(
    exclude: Patterns = NO_PATTERNS,
    include: IncludePatterns = NOTHING_INCLUDED,
    kinds: KindSettings = ALL_KINDS,
) -> Callable[[str], str | None]:
    """Return what tells the kind of a path that a search would read; that is None for one that it would pass over."""
    by_name, excludes = _namer(include, kinds), exclude.matcher()

    def kind_of(path: str) -> str | None:
        named = by_name(path.replace(os.sep, "/"))
        return None if named is None or excludes(path) else named.NAME

    return kind_of


def _namer(include: IncludePatterns, kinds: KindSettings) -> Callable[[str], Format | None]:
    """Return a function from a path to its format by name: what is included goes before the usual names."""
    included = [(patterns.matcher(), kinds.format_of(kind)) for kind, patterns in include.items() if patterns.lines]
    places = kinds.places()

    def by_name(path: str) -> Format | None:
        for matches, each in included:
            if matches(path):
                return each
        return _by_name(path) or (places if re.search(places.FILES, path) else None)

    return by_name


def _by_name(path: str) -> Format | None:
    for search, each in _searches():
        if search(path):
            return each
    return None


@cache
def _searches() -> list[tuple[Callable[[str], object], Format]]:
    # Compiled when it is asked: the first format is that of most files.
    return [(partial(re.search, each.FILES), each) for each in FORMATS]


def _in_folder(folder: str, by_name: Callable[[str], Format | None], notes: _Notes) -> Iterator[Found]:
    repository = find_repository(folder)
    root = _root(folder, repository)
    notes.plain.add("" if folder == os.curdir else folder)
    for path in _listed(folder, repository, notes):
        named = by_name(path.replace(os.sep, "/"))
        if named is not None:
            is_linked = path in notes.links or not _is_plain(os.path.dirname(path), notes.plain)
            leaves = is_linked and not is_inside(os.path.realpath(path), root)
            yield Found(path=path, format=named, is_outside=leaves, root=root)


def _is_plain(folder: str, plain: set[str]) -> bool:
    """Return whether no part of a path is a link. `plain` holds the folders of which that is known, and grows."""
    above: list[str] = []
    while folder not in plain:
        parent = os.path.dirname(folder)
        if parent == folder or os.path.islink(folder):
            return False
        above.append(folder)
        folder = parent
    plain.update(above)
    return True


def _root(folder: str, repository: Repository | None) -> str:
    """Return the checked root: the work tree, else the working directory, or the folder if it lies outside of that."""
    if repository:
        return repository.work_tree
    real, working = os.path.realpath(folder), os.path.realpath(os.curdir)
    return working if is_inside(real, working) else real


def _listed(folder: str, repository: Repository | None, notes: _Notes) -> Iterator[str]:
    """Yield the files in a folder and in the repositories below it, each of which has its own rules."""
    waiting: _Waiting = [(folder, repository)]
    while waiting:
        folder, repository = waiting.pop()
        if repository is None:
            yield from _walk(folder, waiting, notes)
            continue
        try:
            yield from _listed_by_git(folder, repository, waiting, notes)
        except GitFailed as error:
            notes.refusals.append((folder, error))
            yield from _walk(folder, waiting, notes, obeys_gitignore=False)


def _listed_by_git(folder: str, repository: Repository, waiting: _Waiting, notes: _Notes) -> Iterator[str]:
    """Yield the files that Git knows or would take. Raises GitFailed, perhaps after some files."""
    below = os.path.relpath(os.path.realpath(folder), repository.work_tree).replace(os.sep, "/")
    only = [] if below == os.curdir else [below]
    # Git takes most of its time to look for what is not tracked: that goes on beside the rest.
    with start_git(repository, [*_UNTRACKED, *only]) as untracked:
        tracked = run_git(repository, [*_TRACKED, *only])
        yield from _files_of_git(folder, only, tracked, waiting, notes)
        yield from _files_of_git(folder, only, untracked.output(), waiting, notes)


def _files_of_git(folder: str, only: Sequence[str], listed: bytes, waiting: _Waiting, notes: _Notes) -> Iterator[str]:
    above, skipped = _prefix(folder), sum(len(each) + 1 for each in only)
    # A file in conflict is listed once for each side.
    for name in filter(None, dict.fromkeys(os.fsdecode(listed).split("\0"))):
        # Of a submodule that is not checked out Git names the folder itself.
        name = name.removesuffix("/")
        if any(map(_is_no_part, name.split("/"))):
            notes.failures.append(FileFailure(path=name, line=None, message=_NOT_BELOW))
            continue
        rest = name[skipped:]
        path = above + rest.replace("/", os.sep) if rest else folder
        mode = _mode(path)
        if mode is None:
            if _by_name(name):
                yield path
        elif stat.S_ISDIR(mode):
            yield from _below(path, folder, waiting, notes)
        else:
            if stat.S_ISLNK(mode):
                notes.links.add(path)
            yield path


@cache
def _is_no_part(part: str) -> bool:
    """Return whether a name with this part may lie outside of the work tree or belong to Git: an index lists any."""
    return part in ("", os.curdir, os.pardir) or is_git_name(part) or (os.sep != "/" and os.sep in part)


def _mode(path: str) -> int | None:
    """Return the mode of a file or a link, None where there is none."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return None


def _below(path: str, folder: str, waiting: _Waiting, notes: _Notes) -> Iterator[str]:
    """Yield the files of a submodule or another repository, of which Git names the folder only."""
    if path != folder and os.path.lexists(os.path.join(path, ".git")):
        waiting.append((path, find_repository(path)))
    else:
        yield from _walk(path, waiting, notes, obeys_gitignore=False)


def _walk(start: str, waiting: _Waiting, notes: _Notes, *, obeys_gitignore: bool = True) -> Iterator[str]:
    """Yield the files in a folder. The repositories in it are left to Git."""
    folders: list[tuple[str, tuple[_GitIgnore, ...]]] = [(start, ())]
    while folders:
        folder, rules = folders.pop()
        entries = {entry.name: entry for entry in _entries(folder, notes)}
        if ".git" in entries and folder != start:
            waiting.append((folder, find_repository(folder)))
            continue
        if obeys_gitignore and ".gitignore" in entries:
            rules = (*rules, _GitIgnore(folder, notes))
        above = _prefix(folder)
        is_plain = os.path.dirname(above) in notes.plain
        for name, entry in entries.items():
            is_folder = entry.is_dir(follow_symlinks=False)
            path = above + name
            if name in _VERSION_CONTROL or (rules and any(rule.leaves_out(path, is_folder) for rule in rules)):
                continue
            if is_folder:
                folders.append((path, rules))
                # What was listed as a folder is no link, and need not be asked again for each file in it.
                notes.plain.update((path,) if is_plain else ())
                continue
            if entry.is_symlink():
                notes.links.add(path)
            yield path


def _entries(folder: str, notes: _Notes) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        notes.failures.append(FileFailure(path=folder, line=None, message=f"cannot list the folder: {error.strerror}"))
        return ()


class _GitIgnore:
    """The `.gitignore` of one folder."""

    def __init__(self, folder: str, notes: _Notes) -> None:
        self._folder = folder
        path = os.path.join(folder, ".gitignore")
        try:
            text = read_source(path).data.decode("utf-8-sig", "surrogateescape")
        except ReadError as error:
            notes.failures.append(FileFailure(path=path, line=None, message=error.reason))
            text = ""
        self._spec = compile_patterns(_patterns(path, text.split("\n"), notes))

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Return whether `path`, which lies below the folder, is left out."""
        relative = os.path.relpath(path, self._folder)
        return self._spec.match_file(relative + "/" if is_folder else relative)


def _patterns(path: str, lines: Iterable[str], notes: _Notes) -> Iterator[str]:
    """Yield the lines that are patterns. What is none matches nothing, as in Git; what takes too long is a failure."""
    for number, line in enumerate(lines, 1):
        try:
            compile_patterns([line])
        except TooManyStars as error:
            notes.failures.append(FileFailure(path=path, line=number, message=f"{error}; the line was passed over"))
        except ValueError:
            pass
        else:
            yield line


def _prefix(folder: str) -> str:
    """Return what goes before a name in `folder`."""
    return "" if folder == os.curdir else os.path.join(folder, "")


def _once_each(files: list[Found]) -> Iterable[Found]:
    """Return the files without the second and later names of each: they are one place to edit.

    Names of different formats count each: a Dockerfile that is a link to a Compose file is read as both.
    """
    real_folder = cache(os.path.realpath)
    by_target: dict[tuple[str, str], Found] = {}
    for file in sorted(files, key=lambda file: (file.is_outside, os.path.islink(file.path), file.path)):
        by_target.setdefault((_target(file.path, real_folder), file.format.NAME), file)
    return by_target.values()


def _target(path: str, real_folder: Callable[[str], str]) -> str:
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.join(real_folder(folder), name)
