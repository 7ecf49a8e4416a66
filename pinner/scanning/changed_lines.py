"""The lines that changed since a revision: what `check --diff-base` looks at.

Git gives the content of the revision, and the comparison is made here: what `git diff` says of a work tree depends on
filters, attributes and the index, all of which a checkout may bring.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import NamedTuple

from pinner.model.errors import UsageError
from pinner.model.occurrence import Occurrence
from pinner.model.report import Report
from pinner.model.source import Location, Source
from pinner.scanning.git import GitFailed, Repository, blobs, commit_of, find_repository, run_git, tree

MOST_LINES = 10_000
"""How many lines that may differ are compared one by one, which takes long. All of more count as changed."""

MOST_PAIRS = 20_000
"""How many pairs of a new file and one that is gone are compared. With more, no file counts as moved."""

LARGEST_MOVED = 128 * 1024
"""How many bytes a file that moved may have had."""


class ChangedLines(NamedTuple):
    """The lines that differ from a revision, by real path, and the files of which it has a version.

    A file without a version there has no lines that are known to be unchanged.
    """

    lines: Mapping[str, list[range]]
    known: frozenset[str]

    def touches(self, path: str, where: Location) -> bool:
        """Return whether a place lies on a line that changed."""
        real = os.path.realpath(path)
        if real not in self.known:
            return True
        return any(where.line < part.stop and part.start <= where.end_line for part in self.lines.get(real, ()))

    def touches_reference(self, occurrence: Occurrence) -> bool:
        """Return whether a reference stands on a line that changed."""
        return self.touches(occurrence.path, occurrence.where)

    def includes(self, path: str) -> bool:
        """Return whether any line of a file changed."""
        real = os.path.realpath(path)
        return real not in self.known or real in self.lines

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
            errors=tuple(each for each in report.errors if self.includes(each.path)),
        )


def changed_since(revision: str, sources: Iterable[Source]) -> ChangedLines:
    """Return what differs in `sources` from where the working directory's branch left `revision`.

    Raises UsageError where there is no Git, no work tree or no such revision.
    """
    try:
        repository = find_repository(os.curdir)
        if repository is None:
            raise GitFailed("not a git repository")
        return _compare(repository, _base(repository, revision), sources)
    except GitFailed as error:
        raise UsageError(f"--diff-base {revision}: {error}") from error


def _base(repository: Repository, revision: str) -> str:
    """Return the commit where the branch left `revision`, or that revision where a shallow clone does not hold it."""
    commit = commit_of(repository, revision)
    try:
        return run_git(repository, ["merge-base", commit, "HEAD"]).decode().strip()
    except GitFailed:
        return commit


def _compare(repository: Repository, commit: str, sources: Iterable[Source]) -> ChangedLines:
    files = tree(repository, commit)
    above = os.path.join(repository.work_tree, "")
    now = {real: source.data for source in sources if (real := os.path.realpath(source.path)).startswith(above)}
    names = {real: real.removeprefix(above).replace(os.sep, "/") for real in now}
    contents = blobs(repository, (files[name] for name in names.values() if name in files))
    old = {real: contents[files[name]] for real, name in names.items() if files.get(name) in contents}
    new = {real: now[real] for real, name in names.items() if name not in files}
    gone = [each for name, each in files.items() if not os.path.lexists(above + name)] if new else []
    if len(new) * len(gone) <= MOST_PAIRS:
        old |= _moved(new, blobs(repository, gone, limit=LARGEST_MOVED).values())
    changed = {real: _changed(data, now[real]) for real, data in old.items()}
    return ChangedLines({real: parts for real, parts in changed.items() if parts}, frozenset(old))


def _moved(new: Mapping[str, bytes], gone: Iterable[bytes]) -> dict[str, bytes]:
    """Return the old content of files that moved: that of which at least half is still there, as Git has it."""
    candidates = [(data, Counter(_lines(data))) for data in gone]
    moved: dict[str, bytes] = {}
    for real, data in new.items():
        lines = Counter(_lines(data))
        alike = [((lines & others).total() / max(lines.total(), others.total()), old) for old, others in candidates]
        share, old = max(alike, default=(0.0, b""))
        if share >= 0.5:
            moved[real] = old
    return moved


def _changed(before: bytes, after: bytes) -> list[range]:
    """Return the lines of `after` that `before` does not have, 1-based, and the one below each deletion."""
    old, new = _lines(before), _lines(after)
    start = _equal(zip(old, new, strict=False))
    old, new = old[start:], new[start:]
    end = _equal(zip(reversed(old), reversed(new), strict=False))
    old, new = old[: len(old) - end], new[: len(new) - end]
    if len(old) + len(new) > MOST_LINES:
        return [range(start, start + len(new) + 2)]
    # Only here: few files differ.
    from difflib import SequenceMatcher

    return [
        _part(removed=old_end - old_at, first=start + at, added=new_end - at)
        for kind, old_at, old_end, at, new_end in SequenceMatcher(None, old, new).get_opcodes()
        if kind != "equal"
    ]


def _part(*, removed: int, first: int, added: int) -> range:
    start = first + 1 if added else first
    return range(start, start + max(added, 1) + (removed > added))


def _lines(data: bytes) -> list[bytes]:
    """Return the lines, whatever ends Git gave them when it checked them out."""
    return data.replace(b"\r\n", b"\n").split(b"\n")


def _equal(pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """Count the pairs before the first of which the two differ."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
