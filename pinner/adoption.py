"""What lets a large repository adopt pinner: a baseline of the findings that it has already."""

import os
from collections import Counter
from collections.abc import Callable

from pinner.baseline import baseline_of, read_baseline, write_baseline
from pinner.config import Settings
from pinner.exemptions import identity
from pinner.finding import Finding
from pinner.policy import Policy
from pinner.report import Report
from pinner.revision import Revision
from pinner.rules import RULES
from pinner.scan import Scan, readings_of


def without_known(report: Report, scan: Scan, settings: Settings, policy: Policy) -> Report:
    """`report` without the findings of the baseline; with `--write-baseline` that is made of all of them first."""
    if settings.write_baseline:
        baseline = baseline_of(report.findings, settings.write_baseline)
        write_baseline(settings.write_baseline, baseline)
    elif settings.baseline:
        baseline = read_baseline(settings.baseline, settings.policy_from)
    else:
        return report
    looked_for = _looked_for(report, settings, policy)
    if settings.policy_from is None:
        return baseline.apply(report, looked_for)
    return baseline.apply(report, looked_for, _held_by(settings.policy_from, report, scan))


def _held_by(revision: Revision, report: Report, scan: Scan) -> Callable[[Finding], bool]:
    """Whether a revision has the reference of a finding in the file of that path, as often as that rule found it.

    What a finding about no reference is known by is its text alone.
    """
    now = {(each.path, each.where): identity(each) for each in scan.occurrences}
    contents = revision.read_checked({each.path for each in report.findings} & scan.files.keys())
    earlier = readings_of(scan, contents)
    there = Counter((path, identity(each)) for path, reading in earlier.items() for each in reading.occurrences)
    found: Counter[tuple[str, str, object]] = Counter()

    def held(finding: Finding) -> bool:
        known = now.get((finding.path, finding.where))
        if known is None:
            return True
        found[finding.rule, finding.path, known] += 1
        return found[finding.rule, finding.path, known] <= there[finding.path, known]

    return held


def _looked_for(report: Report, settings: Settings, policy: Policy) -> Callable[[str, str], bool]:
    """Whether this run would have found what a rule says of a file; in a file that is gone no run finds anything."""
    ruling_of = policy.rulings()
    read = {os.path.relpath(path) for path in report.sources}
    possible = {rule.ID for rule in RULES if settings.online or not rule.ONLINE}

    def looked_for(path: str, rule: str) -> bool:
        return not os.path.lexists(path) or (path in read and rule in possible & ruling_of(path).running)

    return looked_for
