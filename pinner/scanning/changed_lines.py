"""What changed since a revision: what `check --diff-base` looks at.

That is the lines that differ, and the references that the revision's file does not have: the default of an ARG changes
them without their lines. Git gives the content of the revision, and the comparison is made here: what `git diff` says
of a work tree depends on filters, attributes and the index, all of which a checkout may bring.
"""

import os
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import NamedTuple

from pinner.model.errors import UsageError
from pinner.model.occurrence import Occurrence, Reading, is_decided_elsewhere
from pinner.model.report import Report
from pinner.model.source import Location
from pinner.scanning.decisions import decided
from pinner.scanning.earlier import readings_of
from pinner.scanning.git import GitFailed, Repository, blobs, commit_of, find_repository, links, run_git, tree
from pinner.scanning.readings import ScannedFile
from pinner.scanning.scan import Scan
from pinner.scanning.suppressions import identity

MOST_LINES = 10_000
"""How many lines that may differ are compared one by one, which takes long. All of more count as changed."""

MOST_PAIRS = 20_000
"""How many pairs of a new file and one that is gone are compared. With more, no file counts as moved."""

LARGEST_MOVED = 128 * 1024
"""How many bytes a file that moved may have had."""


MOST_LINKS = 40
"""How many links a path may lead through, as in Linux."""


class ChangedLines(NamedTuple):
    """The lines that differ from a revision, by path, and the paths of which it has a version.

    A file without a version there has no lines that are known to be unchanged. `references` are the places of those
    that the version does not have.
    """

    lines: Mapping[str, list[range]]
    known: frozenset[str]
    references: frozenset[tuple[str, Location]] = frozenset()

    def touches(self, path: str, where: Location) -> bool:
        """Return whether a place lies on a line that changed, or is that of a reference which did."""
        if path not in self.known or (path, where) in self.references:
            return True
        return any(where.line < part.stop and part.start <= where.end_line for part in self.lines.get(path, ()))

    def touches_reference(self, occurrence: Occurrence) -> bool:
        """Return whether a reference changed, or a line on which it stands."""
        return self.touches(occurrence.path, occurrence.where)

    def restrict(self, report: Report) -> Report:
        """Return the part of a report that is about lines that changed, and about files in which there are any."""
        findings = tuple(each for each in report.findings if self.touches(each.path, each.where))
        suppressed = tuple(each for each in report.suppressed if self.touches(each.finding.path, each.finding.where))
        unchecked = tuple(each for each in report.unchecked if self.touches(each.path, each.where))
        ignored = report.summary.ignored - len(report.suppressed) + len(suppressed)
        return report._replace(
            summary=report.summary._replace(findings=len(findings), unchecked=len(unchecked), ignored=ignored),
            findings=findings,
            unchecked=unchecked,
            suppressed=suppressed,
            errors=tuple(each for each in report.errors if each.path not in self.known or each.path in self.lines),
        )


def changed_since(revision: str, scan: Scan, kind_of: Callable[[str], str | None]) -> ChangedLines:
    """Return what differs in a scan's files from where the working directory's branch left `revision`.

    `kind_of` tells the kind of a path that a search would read: a file that had none was not looked at before it got
    its name. Raises UsageError where there is no Git, no work tree or no such revision.
    """
    scanned = {**scan.builders, **scan.files}
    try:
        repository = find_repository(os.curdir)
        if repository is None:
            raise GitFailed("not a git repository")
        before = _before(repository, _base(repository, revision), scanned, kind_of)
    except GitFailed as error:
        raise UsageError(f"--diff-base {revision}: {error}") from error
    differing = {path: data for path, data in before.items() if data != scanned[path].source.data}
    changed = {path: _changed(data, scanned[path].source.data) for path, data in differing.items()}
    lines = {path: parts for path, parts in changed.items() if parts}
    # A file of a project that is new gave none of the values that others had.
    new = {path: b"" for path in scan.groups if path in scanned and path not in before}
    earlier = readings_of(scan, new | differing)
    known = {path: set(map(identity, reading.occurrences)) for path, reading in earlier.items() if path in scan.files}
    references = {
        (path, each.where)
        for path, identities in known.items()
        for each in scan.files[path].reading.occurrences
        if identity(each) not in identities
    }
    references |= _no_longer_decided(scan, earlier)
    return ChangedLines(lines=lines, known=frozenset(before), references=frozenset(references))


def _no_longer_decided(scan: Scan, earlier: Mapping[str, Reading]) -> set[tuple[str, Location]]:
    """Return the places of images on which a builder or a kustomization decided before, and decides no more.

    `earlier` are the readings of the files that differ.
    """
    if not any(reading.decisions for reading in earlier.values()):
        return set()
    files, builders = (
        {path: file._replace(reading=earlier.get(path, file.reading)) for path, file in part.items()}
        for part in (scan.files, scan.builders)
    )
    decided_before = {
        (path, identity(each))
        for path, file in decided(files, builders).items()
        for each in file.reading.occurrences
        if is_decided_elsewhere(each)
    }
    return {
        (path, each.where)
        for path, file in scan.files.items()
        for each in file.reading.occurrences
        if (path, identity(each)) in decided_before and not is_decided_elsewhere(each)
    }


def _base(repository: Repository, revision: str) -> str:
    """Return the commit where the branch left `revision`, or that revision where a shallow clone does not hold it."""
    commit = commit_of(repository, revision)
    try:
        return run_git(repository, ["merge-base", commit, "HEAD"]).decode().strip()
    except GitFailed:
        return commit


def _before(
    repository: Repository, commit: str, scanned: Mapping[str, ScannedFile], kind_of: Callable[[str], str | None]
) -> dict[str, bytes]:
    """Return the content that the files of a run had in a commit, by path, without those that it does not have."""
    files = tree(repository, commit)
    above = os.path.join(repository.work_tree, "")
    names = {path: name for path in scanned if (name := repository.name_of(path))}
    real_names = {path: os.path.realpath(path).removeprefix(above).replace(os.sep, "/") for path in names}
    linked = {path for path, name in names.items() if name != real_names[path]}
    targets = links(repository, commit) if linked else {}
    for path in linked:
        names[path] = _behind_links(names[path], targets)
        # A new link to a file that was read under its own name before makes no new file of it.
        if names[path] not in files and kind_of(os.path.realpath(path)) == scanned[path].format.NAME:
            names[path] = real_names[path]
    contents = blobs(repository, (files[name] for name in names.values() if name in files))
    old = {path: contents[files[name]] for path, name in names.items() if files.get(name) in contents}
    new = {path: scanned[path].source.data for path, name in names.items() if not (name in files or path in linked)}
    gone = [name for name in files if not os.path.lexists(above + name)] if new else []
    return old | _moved(repository, new, {name: files[name] for name in gone}, kind_of)


def _behind_links(name: str, targets: Mapping[str, str]) -> str:
    """Return where a path leads in a commit with the links `targets`, to no file where that is outside or a loop."""
    for _ in range(MOST_LINKS):
        folders = [name[:at] for at, char in enumerate(name) if char == "/"]
        link = next((each for each in (*folders, name) if each in targets), None)
        if link is None:
            return name
        name = posixpath.normpath(posixpath.join(posixpath.dirname(link), targets[link]) + name[len(link) :])
    return ""


def _moved(
    repository: Repository, new: Mapping[str, bytes], gone: Mapping[str, str], kind_of: Callable[[str], str | None]
) -> dict[str, bytes]:
    """Return the old content of files that moved: that of which at least half is still there, as Git has it.

    `gone` are the blobs of files that are no more, by path from the top of the work tree.
    """
    kinds = {name: kind_of(os.path.join(repository.work_tree, name.replace("/", os.sep))) for name in gone}
    gone = {name: each for name, each in gone.items() if kinds[name]}
    if len(new) * len(gone) > MOST_PAIRS:
        return {}
    contents = blobs(repository, gone.values(), limit=LARGEST_MOVED)
    candidates = [
        (kinds[name], contents[each], Counter(_lines(contents[each])))
        for name, each in gone.items()
        if each in contents
    ]
    moved: dict[str, bytes] = {}
    for path, data in new.items():
        kind, lines = kind_of(path), Counter(_lines(data))
        alike = [
            ((lines & others).total() / max(lines.total(), others.total()), old)
            for its_kind, old, others in candidates
            if its_kind == kind
        ]
        share, old = max(alike, default=(0.0, b""))
        # From 50 % on Git takes it for a rename: git-diff(1), `-M`.
        if share >= 0.5:
            moved[path] = old
    return moved


def _changed(before: bytes, after: bytes) -> list[range]:
    """Return the lines of `after` that `before` does not have, 1-based, and the one below each deletion."""
    # What is alike at both ends goes first: the comparison takes the square of the number of lines.
    old, new = _lines(before), _lines(after)
    start = _equal(zip(old, new, strict=False))
    old, new = old[start:], new[start:]
    end = _equal(zip(reversed(old), reversed(new), strict=False))
    old, new = old[: len(old) - end], new[: len(new) - end]
    if len(old) + len(new) > MOST_LINES:
        return [range(start, start + len(new) + 2)]
    # Only here: few files differ.
    from difflib import SequenceMatcher

    parts = []
    for kind, old_at, old_end, at, new_end in SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            removed, added = old_end - old_at, new_end - at
            # Where nothing is left of what was there, the line above counts as well.
            first = start + at + 1 if added else start + at
            parts.append(range(first, first + max(added, 1) + (removed > added)))
    return parts


def _lines(data: bytes) -> list[bytes]:
    """Return the lines, whatever ends Git gave them when it checked them out."""
    return data.replace(b"\r\n", b"\n").split(b"\n")


def _equal(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """Count the pairs before the first of which the two differ."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
