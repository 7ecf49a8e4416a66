"""The findings that a project has decided to live with for now, so that only new ones fail.

They are told by path, rule and text, and counted, so that lines may move. Paths start at the baseline's folder.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.model.errors import ReadError, UsageError, WriteError
from pinner.model.files import read_file, write_file
from pinner.model.occurrence import Finding
from pinner.model.report import Report

if TYPE_CHECKING:
    from pinner.scanning.revision import Revision

SCHEMA_VERSION = 1


class KnownFinding(NamedTuple):
    """What findings are told by. `path` is relative to the baseline's folder, with `/`."""

    path: str
    rule: str
    text: str


class Baseline(NamedTuple):
    """How many findings of each kind are known."""

    folder: str
    counts: Mapping[KnownFinding, int]

    def apply(self, report: Report, may_be_outdated: Callable[[str, str], bool]) -> Report:
        """`report` without what is known, the first of equal findings first.

        What is known and was not found is outdated, where `may_be_outdated` says that the run looked for that
        rule in that file (paths are relative to the working directory).
        """
        left = Counter(self.counts)
        new: list[Finding] = []
        for finding in report.findings:
            entry = _entry_of(finding, self.folder)
            left[entry] -= 1
            if left[entry] < 0:
                new.append(finding)
        outdated = sum(
            count for entry, count in left.items() if count > 0 and may_be_outdated(self._path_of(entry), entry.rule)
        )
        known = len(report.findings) - len(new)
        summary = report.summary._replace(findings=len(new), known=known, outdated=outdated)
        return report._replace(summary=summary, findings=tuple(new))

    def _path_of(self, entry: KnownFinding) -> str:
        return os.path.relpath(os.path.join(self.folder, entry.path))


def baseline_of(findings: Iterable[Finding], file: str) -> Baseline:
    """The baseline, to be kept in `file`, that knows all of `findings`."""
    folder = os.path.dirname(file) or os.curdir
    return Baseline(folder, Counter(_entry_of(finding, folder) for finding in findings))


def read_baseline(file: str, revision: "Revision | None" = None) -> Baseline:
    """The baseline in a file. Raises UsageError.

    With a revision a file of the work tree is read as it stands there.
    """
    import json

    try:
        document = json.loads(_content(file, revision))
        counts = {_read_entry(each): int(each["count"]) for each in document["entries"]}
        version = document["schema_version"]
    except ReadError as error:
        raise UsageError(f"{file}: cannot read the baseline: {error.reason}; --write-baseline makes one") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UsageError(f"{file}: this is no baseline; --write-baseline makes one") from error
    if version != SCHEMA_VERSION:
        raise UsageError(f"{file}: this baseline has version {version}, pinner knows {SCHEMA_VERSION}")
    return Baseline(os.path.dirname(file) or os.curdir, counts)


def write_baseline(file: str, baseline: Baseline) -> None:
    """Put a baseline into its file, sorted. Raises UsageError."""
    import json

    entries = [entry._asdict() | {"count": count} for entry, count in sorted(baseline.counts.items())]
    text = json.dumps({"schema_version": SCHEMA_VERSION, "entries": entries}, indent=2)
    try:
        write_file(file, f"{text}\n".encode())
    except WriteError as error:
        raise UsageError(f"{file}: cannot write the baseline: {error.reason}") from error


def _content(file: str, revision: "Revision | None") -> bytes:
    if revision is None or not revision.holds(file):
        return read_file(file)
    content = revision.read(file)
    if content is None:
        raise UsageError(f"{revision.name}:{file}: there is no such baseline; --write-baseline makes one")
    return content


def _read_entry(document: Mapping[str, object]) -> KnownFinding:
    return KnownFinding(*(str(document[name]) for name in KnownFinding._fields))


def _entry_of(finding: Finding, folder: str) -> KnownFinding:
    return KnownFinding(os.path.relpath(finding.path, folder).replace(os.sep, "/"), finding.rule, finding.text)
