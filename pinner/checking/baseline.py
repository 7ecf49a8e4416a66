"""The findings that a project has decided to live with for now, so that only new ones fail.

They are told apart by path, rule and text, and counted, so that lines may move. Paths start at the baseline's folder.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinner.model.errors import ReadError, UsageError, WriteError
from pinner.model.files import read_file, write_file
from pinner.model.occurrence import Finding
from pinner.model.report import Report
from pinner.scanning.earlier import readings_in
from pinner.scanning.scan import Scan
from pinner.scanning.suppressions import identity

if TYPE_CHECKING:
    from pinner.scanning.revision import Revision

SCHEMA_VERSION = 1


class KnownFinding(NamedTuple):
    """The key of a finding. `path` is relative to the baseline's folder, with `/`."""

    path: str
    rule: str
    text: str


class Baseline(NamedTuple):
    """How many findings of each kind are known."""

    folder: str
    counts: Mapping[KnownFinding, int]

    def apply(
        self,
        report: Report,
        may_be_outdated: Callable[[str, str], bool],
        may_be_known: Callable[[Finding], bool] = lambda _: True,
    ) -> Report:
        """Return `report` without what is known, the first of equal findings first.

        What is known and was not found is outdated, where `may_be_outdated` says that the run looked for that
        rule in that file (paths are relative to the working directory). `may_be_known` is asked once of each finding
        for which there is an entry.
        """
        # Counted, not matched one to one: of equal findings nobody can tell which one is the new one.
        left = Counter(self.counts)
        new: list[Finding] = []
        for finding in report.findings:
            entry = _entry_of(finding, self.folder)
            if left[entry] > 0 and may_be_known(finding):
                left[entry] -= 1
            else:
                new.append(finding)
        outdated = sum(
            count
            for entry, count in left.items()
            if count > 0 and may_be_outdated(os.path.relpath(os.path.join(self.folder, entry.path)), entry.rule)
        )
        known = len(report.findings) - len(new)
        summary = report.summary._replace(findings=len(new), known=known, outdated=outdated)
        return report._replace(summary=summary, findings=tuple(new))


def baseline_of(findings: Iterable[Finding], file: str) -> Baseline:
    """Return the baseline, to be kept in `file`, that knows all of `findings`."""
    folder = os.path.dirname(file) or os.curdir
    return Baseline(folder, Counter(_entry_of(finding, folder) for finding in findings))


def read_baseline(file: str, revision: "Revision | None" = None) -> Baseline:
    """Read the baseline in a file. Raises UsageError.

    With a revision a file of the work tree is read as it stands there.
    """
    import json

    try:
        content: bytes | None
        if revision is None or not revision.holds(file):
            content = read_file(file)
        elif (content := revision.read(file)) is None:
            raise UsageError(f"{revision.name}:{file}: there is no such baseline; --write-baseline makes one")
        document = json.loads(content)
        counts = {
            KnownFinding(path=str(each["path"]), rule=str(each["rule"]), text=str(each["text"])):
            # Python writes no integer of many digits, and the sum of all is written.
            min(int(each["count"]), sys.maxsize)
            for each in document["entries"]
        }
        version = document["schema_version"]
    except ReadError as error:
        raise UsageError(f"{file}: cannot read the baseline: {error.reason}; --write-baseline makes one") from error
    # json takes `Infinity`, of which int() makes an OverflowError, and recurses into what is nested.
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UsageError(f"{file}: this is no baseline; --write-baseline makes one") from error
    if version != SCHEMA_VERSION:
        raise UsageError(f"{file}: this baseline has version {version}, pinner knows {SCHEMA_VERSION}")
    return Baseline(os.path.dirname(file) or os.curdir, counts)


def write_baseline(file: str, baseline: Baseline) -> None:
    """Write a baseline into its file, sorted. Raises UsageError."""
    import json

    entries = [entry._asdict() | {"count": count} for entry, count in sorted(baseline.counts.items())]
    text = json.dumps({"schema_version": SCHEMA_VERSION, "entries": entries}, indent=2)
    try:
        write_file(file, f"{text}\n".encode())
    except WriteError as error:
        raise UsageError(f"{file}: cannot write the baseline: {error.reason}") from error


def _entry_of(finding: Finding, folder: str) -> KnownFinding:
    return KnownFinding(
        path=os.path.relpath(finding.path, folder).replace(os.sep, "/"), rule=finding.rule, text=finding.text
    )


def held_by(revision: "Revision", report: Report, scan: Scan) -> Callable[[Finding], bool]:
    """Return whether a revision has the reference of a finding in the file of that path, as often as it was found.

    What a finding about no reference is known by is its text alone.
    """
    # By reference and not by line: the lines of a file move with every edit.
    now = {(each.path, each.where): identity(each) for each in scan.occurrences}
    earlier = readings_in(revision, scan, {each.path for each in report.findings} & scan.files.keys())
    there = Counter((path, identity(each)) for path, reading in earlier.items() for each in reading.occurrences)
    found: Counter[tuple[str, str, object]] = Counter()

    def held(finding: Finding) -> bool:
        known = now.get((finding.path, finding.where))
        if known is None:
            return True
        found[finding.rule, finding.path, known] += 1
        return found[finding.rule, finding.path, known] <= there[finding.path, known]

    return held
