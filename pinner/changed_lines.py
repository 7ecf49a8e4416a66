"""The lines that changed since a revision, by Git: what `check --diff-base` looks at."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pinner.errors import UsageError
from pinner.finding import Occurrence
from pinner.git import GitFailed, git
from pinner.report import Report
from pinner.source import Location

# Whatever the user's configuration or the repository's attributes say, but for `-diff` and `binary`.
_DIFF = (
    "diff --unified=0 --inter-hunk-context=0 --find-renames --no-color --no-ext-diff --no-textconv --no-relative"
    " --submodule=short --src-prefix=a/ --dst-prefix=b/"
).split()
_BINARIES = "diff --numstat -z --no-renames --no-ext-diff --no-textconv --no-relative".split()
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class ChangedLines(NamedTuple):
    """The lines that differ from a revision, and the files that it has and that have not changed.

    A file of which Git knows nothing has no lines that are known to be unchanged.
    """

    lines: Mapping[str, list[range]]
    known: frozenset[str]

    def touches(self, path: str, where: Location) -> bool:
        """Whether a place lies on a line that changed."""
        real = os.path.realpath(path)
        if real not in self.known:
            return True
        return any(where.line < part.stop and part.start <= where.end_line for part in self.lines.get(real, ()))

    def touches_reference(self, occurrence: Occurrence) -> bool:
        """Whether a reference stands on a line that changed."""
        return self.touches(occurrence.path, occurrence.where)

    def includes(self, path: str) -> bool:
        """Whether any line of a file changed."""
        real = os.path.realpath(path)
        return real not in self.known or real in self.lines

    def restrict(self, report: Report) -> Report:
        """The part of a report that is about lines that changed, and about files in which there are any."""
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


def changed_since(revision: str) -> ChangedLines:
    """What changed in the work tree since the working directory's branch left `revision`.

    Raises UsageError where there is no Git, no work tree or no such revision.
    """
    try:
        top = os.fsdecode(git(["rev-parse", "--show-toplevel"], os.curdir)).removesuffix("\n")
        base = _base(revision, top)
        lines = _parse(git([*_DIFF, base, "--"], top))
        binaries = _binaries(git([*_BINARIES, base, "--"], top))
        tracked = git(["ls-files", "-z"], top).split(b"\0")
    except GitFailed as error:
        raise UsageError(f"--diff-base {revision}: {error}") from error
    folder = os.path.realpath(top)
    known = {os.path.join(folder, os.fsdecode(name)) for name in {*tracked} - binaries if name}
    return ChangedLines({os.path.join(folder, name): parts for name, parts in lines.items()}, frozenset(known))


def _base(revision: str, top: str) -> str:
    """The commit where the branch left `revision`; in a shallow clone, which may not hold it, that revision itself."""
    try:
        commit = git(["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], top).decode().strip()
    except GitFailed as error:
        raise GitFailed("there is no such commit here; a shallow clone has to fetch it first") from error
    try:
        return git(["merge-base", commit, "HEAD"], top).decode().strip()
    except GitFailed:
        return commit


def _parse(patch: bytes) -> dict[str, list[range]]:
    """The lines of each new file that a patch without context adds. The one below a deletion counts, too."""
    found: dict[str, list[range]] = {}
    lines = iter(patch.split(b"\n"))
    path = ""
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line.removeprefix(b"+++ "))
        elif hunk := _HUNK.match(line):
            removed, first, added = (int(number) if number is not None else 1 for number in hunk.groups())
            _skip(lines, removed + added)
            stop = first + max(added, 1) + (removed > added)
            found.setdefault(path, []).append(range(first, stop))
    return found


def _skip(lines: Iterator[bytes], count: int) -> None:
    """Leave the lines of a hunk behind, between which may stand the remark that a line has no end."""
    while count:
        count -= not next(lines).startswith(b"\\")


def _path(text: bytes) -> str:
    """A path of a patch's head: in quotes where it has special characters, with a tab behind it where it has spaces."""
    text = text.removesuffix(b"\t")
    if text.startswith(b'"'):
        text = text[1:-1].decode("unicode_escape").encode("latin-1")
    return os.fsdecode(text.removeprefix(b"b/"))


def _binaries(numbers: bytes) -> set[bytes]:
    """The files for which Git shows no lines: they count as changed in all of theirs."""
    return {entry.rpartition(b"\t")[2] for entry in numbers.split(b"\0") if entry.startswith(b"-\t-\t")}
